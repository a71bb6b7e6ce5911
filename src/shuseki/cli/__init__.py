"""How does a study run from a terminal?"""
