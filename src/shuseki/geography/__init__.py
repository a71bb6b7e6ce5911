"""Where?"""
