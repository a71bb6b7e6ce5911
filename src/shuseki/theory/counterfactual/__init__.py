"""What would change on observed regions?"""
