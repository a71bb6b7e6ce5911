"""Which printed papers are bundled, and where?

A bundled paper is a folder of facts: the numbers of its tables and the claims of its prose,
typed in from the publication and checked against it. ``printed_paper`` reads one.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

from shuseki.entry.design import Design, read_designs
from shuseki.entry.hypotheses import Hypothesis, read_hypotheses
from shuseki.entry.printed import PrintedPaper
from shuseki.errors import UnknownCodeError

__all__ = [
    "PRINTED_PAPERS",
    "paper_folder",
    "printed_designs",
    "printed_hypotheses",
    "printed_paper",
]

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


def printed_designs(
    name: str = "okamuro-2006", *, standard_errors: str = "HC1"
) -> tuple[Design, ...]:
    """Equations of a bundled paper.

    Parameters
    ----------
    name
        One of ``PRINTED_PAPERS``.
    standard_errors
        The 2006 paper prints heteroskedasticity-robust t without naming the variant.

    Examples
    --------
    >>> len(printed_designs())
    12
    """
    return read_designs(paper_folder(name) / "designs.toml", standard_errors=standard_errors)


def printed_hypotheses(name: str = "okamuro-2006") -> tuple[Hypothesis, ...]:
    """Hypotheses of a bundled paper.

    Examples
    --------
    >>> [hypothesis.id for hypothesis in printed_hypotheses()]
    ['1', '2', '3a', '3b', '4a', '4b', '5', '6', '7']
    """
    return read_hypotheses(paper_folder(name) / "hypotheses.toml")
