"""What did we set out to learn?"""
