"""In what?"""
