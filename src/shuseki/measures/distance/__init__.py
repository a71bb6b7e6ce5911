"""At which distance do plants gather?"""
