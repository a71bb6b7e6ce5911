"""Which record is which?"""
