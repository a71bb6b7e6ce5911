"""What is it called, in either language?

Whoever knows something says it once, in English with named blanks, and gets a ``Message``: a string
that can be told in Japanese too::

    message = say("row {row} ({latitude:g}, {longitude:g})", row=3, latitude=35.6, longitude=139.7)
    str(message)                    'row 3 (35.6, 139.7)'
    told(message, "ja")             '3行目（35.6, 139.7）'

The Japanese stands in ``ja/<room>.po``, one file for each room of the house, in the format of
gettext. Single words (columns, values of cells, units, names of results) stand in ``glossary.csv``;
``word`` puts one into a sentence.
"""

from shuseki.language.glossary import glossary, word
from shuseki.language.messages import (
    LANGUAGES,
    Lang,
    Message,
    check_language,
    joined,
    listed,
    say,
    told,
    words_of,
)

__all__ = [
    "LANGUAGES",
    "Lang",
    "Message",
    "check_language",
    "glossary",
    "joined",
    "listed",
    "say",
    "told",
    "word",
    "words_of",
]
