"""What was printed, and can it be true?"""
