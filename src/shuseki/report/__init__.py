"""How do we tell it?"""
