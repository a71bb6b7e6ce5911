"""How concentrated is an industry, and how specialised a place?"""
