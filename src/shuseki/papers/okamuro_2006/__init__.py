"""What does the 2006 startup-rate paper print, and how is it rebuilt?"""
