"""What can we practise on?"""
