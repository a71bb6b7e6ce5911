"""How concentrated are industries, where, and since when?"""
