"""How does this area stand, why, and what follows?"""
