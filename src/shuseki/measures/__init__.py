"""How gathered, where, and since when?"""
