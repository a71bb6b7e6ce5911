"""Why there?"""
