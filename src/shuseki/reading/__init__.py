"""How is a file that a person gives read, without losing or changing a value?"""
