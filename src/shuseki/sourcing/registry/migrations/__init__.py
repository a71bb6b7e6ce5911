"""How does a registry of yesterday become one of today?"""
