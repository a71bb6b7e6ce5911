"""Where does a model come to rest, and how does it get there?"""
