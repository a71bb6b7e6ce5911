"""May these numbers leave the house?

Microdata are confidential; results are not, after checking. ``rules`` says which numbers are
sensitive, ``figures`` which numbers of all the tables of a run are about the same establishments,
``suppression`` what is not written, ``audit`` what could still be computed, ``numbers`` what a
table says of itself, ``gate`` decides over all tables together, ``answers`` knows the kinds of
answers, and ``elsewhere`` checks a table that was made by another program.
"""
