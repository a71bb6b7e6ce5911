"""At which distances are plants concentrated?"""
