"""May I look?"""
