"""Which forces, in which model?"""
