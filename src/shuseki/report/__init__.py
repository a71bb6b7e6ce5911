"""How do we tell it?

`plot` draws a result; `Table` shows one; `Document` tells many; `render` makes the page;
`write_tables` makes the files; `shuseki.release` puts them on disk whole or not at all.
"""

from shuseki.report.blocks import (
    Bullets,
    Document,
    Figure,
    Finding,
    Note,
    Numbers,
    Section,
)
from shuseki.report.exports import write_tables
from shuseki.report.html import render
from shuseki.report.plots import plot
from shuseki.report.tables import Table, beside, wide

__all__ = [
    "Bullets",
    "Document",
    "Figure",
    "Finding",
    "Note",
    "Numbers",
    "Section",
    "Table",
    "beside",
    "plot",
    "render",
    "wide",
    "write_tables",
]
