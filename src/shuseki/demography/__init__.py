"""Which establishments opened and closed?"""
