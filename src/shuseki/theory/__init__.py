"""Why at all?"""
