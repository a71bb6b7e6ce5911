"""Where are the clusters?"""
