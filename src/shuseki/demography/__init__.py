"""Who came, who went?"""
