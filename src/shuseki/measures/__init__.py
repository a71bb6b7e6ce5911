"""How concentrated, where, and since when?"""
