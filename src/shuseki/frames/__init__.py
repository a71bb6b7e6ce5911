"""What can I call with a table of my own?"""
