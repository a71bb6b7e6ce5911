"""How does one answer leave the house as a table, without a report around it?

``Result.to_latex`` and ``Result.to_excel`` end here. The table is that of ``to_frame``, in the
reader's words, with notes and sources below it.

Takes: a result. Gives: LaTeX (``booktabs``) as text, or a workbook, which leaves through
``release``.
"""

import re
from pathlib import Path

from shuseki.release import whole_file
from shuseki.report.exports import to_excel, to_latex
from shuseki.report.tables import Table
from shuseki.results import Result

__all__ = ["latex", "table_of", "write_excel"]


def latex(result: Result, *, lang: str = "en", title: str = "") -> str:
    """Write the table of a result in LaTeX; its headline is the caption by default."""
    return to_latex(table_of(result, title), lang)


def write_excel(result: Result, path: str | Path, *, lang: str = "en", title: str = "") -> Path:
    """Write the table of a result into a workbook, and give its place.

    Raises
    ------
    OutputError
        The place is a folder, or may not be written.
    """
    place = Path(path)
    with whole_file(place) as new:
        new.write_bytes(to_excel([table_of(result, title)], lang))
    return place


def table_of(result: Result, title: str = "") -> Table:
    """Make the table of a result, named after its type, such as ``location-quotients``."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", type(result).__name__)
    return Table.of(result, name=name.lower(), title=title or result.headline())
