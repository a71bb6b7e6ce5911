"""Since when, in which stage, and with what effect on growth?"""
