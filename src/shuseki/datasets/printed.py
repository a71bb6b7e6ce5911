"""Which printed papers are bundled, and where?

A bundled paper is a folder of facts: the numbers of its tables and the claims of its prose,
typed in from the publication and checked against it. ``printed_paper`` reads one.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

from shuseki.entry.printed import PrintedPaper
from shuseki.errors import UnknownCodeError

__all__ = ["PRINTED_PAPERS", "paper_folder", "printed_paper"]

PRINTED_PAPERS: dict[str, str] = {"okamuro-2006": "okamuro_2006"}
"""Name of each bundled paper → its folder."""


def printed_paper(name: str = "okamuro-2006") -> PrintedPaper:
    """Read a bundled paper.

    Parameters
    ----------
    name
        One of ``PRINTED_PAPERS``.

    Raises
    ------
    UnknownCodeError
        When no such paper is bundled; names the nearest.

    Examples
    --------
    >>> printed_paper("okamuro-2006").number("fit", "value", outcome="START", model="1",
    ...                                      statistic="adjusted_r2").text
    '0.544'
    """
    return PrintedPaper.read(paper_folder(name))


def paper_folder(name: str = "okamuro-2006") -> Traversable:
    """Folder of a bundled paper: its tables, designs and hypotheses."""
    if name not in PRINTED_PAPERS:
        raise UnknownCodeError.among("printed paper", [name], list(PRINTED_PAPERS))
    return files("shuseki.datasets") / "data" / PRINTED_PAPERS[name]
