"""Why do firms start there?"""
