"""Which establishments were there?"""
