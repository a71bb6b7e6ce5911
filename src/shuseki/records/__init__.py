"""Who was there?"""
