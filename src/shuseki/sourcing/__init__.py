"""Who could make it together?"""
