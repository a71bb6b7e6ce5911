"""What does every answer offer its reader?

An answer is frozen. It holds the arrays, the parameters that made them, notes and sources;
it says itself in one line, and becomes a tidy table.

It does not draw or write. ``plot``, ``to_latex`` and ``to_excel`` hand the answer to the rooms that
do, ``report`` and ``release``, which stand above this one: ``ABOVE`` names their functions, which
are looked up when they are called, so that an answer costs no plotting library.

Declare one with ``@result``::

    @result
    class Concentration(Result):
        industries: tuple[str, ...]
        gamma: Floats

        def headline(self) -> str: ...
        def to_frame(self) -> pd.DataFrame: ...
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from types import MappingProxyType
from typing import Any, TypeVar, dataclass_transform

import pandas as pd

from shuseki.sources import Source

__all__ = ["ABOVE", "Result", "result"]

T = TypeVar("T")

ABOVE: Mapping[str, str] = MappingProxyType(
    {
        "plot": "shuseki.report.plots:plot",
        "to_latex": "shuseki.report.answers:latex",
        "to_excel": "shuseki.report.answers:write_excel",
    }
)
"""Method of an answer → the function of a room above that does the work."""


@dataclass_transform(frozen_default=True, eq_default=False, kw_only_default=True)
def result(cls: type[T]) -> type[T]:
    """Declare an answer: a frozen dataclass, keyword-only, which keeps our ``repr``."""
    return dataclass(frozen=True, eq=False, repr=False, kw_only=True)(cls)


@result
class Result(ABC):
    """Base of every answer.

    Attributes
    ----------
    notes
        What a careful reader must know, one sentence each.
    sources
        Papers and data sets that the answer rests on.
    """

    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    @abstractmethod
    def headline(self) -> str:
        """Say the answer in one line, with its unit and its n."""

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """One row per estimate, tidy, units in the column names."""

    def column_labels(self) -> Mapping[str, str]:
        """Words over columns that mean something else here than in the glossary."""
        return {}

    @property
    def is_synthetic(self) -> bool:
        """Whether any source of the answer is synthetic data."""
        return any(source.origin == "synthetic" for source in self.sources)

    def summary(self) -> str:
        """Headline, table, notes and sources as text; the caller prints it."""
        lines = [self.headline(), self.to_frame().to_string(index=False)]
        lines += [f"Note: {note}" for note in self.notes]
        lines += [f"Source: {source}" for source in self.sources]
        return "\n".join(lines)

    def plot(self, *, lang: str = "en") -> Any:
        """Draw the answer as a Plotly figure (``report.plots``).

        Parameters
        ----------
        lang
            Language of titles, axes and hover texts, ``"en"`` or ``"ja"``.

        Raises
        ------
        ParameterError
            There is no picture for this kind of answer.
        """
        return resolve_name(ABOVE["plot"])(self, lang=lang)

    def to_latex(self, *, lang: str = "en", title: str = "") -> str:
        """Give the table of the answer in LaTeX (needs ``booktabs``), with notes and sources.

        Parameters
        ----------
        lang
            Language of the words, ``"en"`` or ``"ja"`` (which needs LuaLaTeX or XeLaTeX).
        title
            Caption; the headline by default.
        """
        written: str = resolve_name(ABOVE["to_latex"])(self, lang=lang, title=title)
        return written

    def to_excel(self, path: str | Path, *, lang: str = "en", title: str = "") -> Path:
        """Write the table of the answer into a workbook, with notes and sources.

        Parameters
        ----------
        path
            The file, such as ``"quotients.xlsx"``; written whole or not at all.
        lang, title
            As for ``to_latex``.

        Raises
        ------
        OutputError
            It is a folder, or may not be written.
        """
        place: Path = resolve_name(ABOVE["to_excel"])(self, path, lang=lang, title=title)
        return place

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.headline()}>"
