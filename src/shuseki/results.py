"""What does every answer offer its reader?

An answer is frozen. It holds the arrays, the parameters that made them, notes and sources;
it says itself in one line, and becomes a tidy table. It does not draw: ``report.plot`` does.

Declare one with ``@result``::

    @result
    class Concentration(Result):
        industries: tuple[str, ...]
        gamma: Floats

        def headline(self) -> str: ...
        def to_frame(self) -> pd.DataFrame: ...
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

import pandas as pd

from shuseki.sources import Source

__all__ = ["Result", "result"]

T = TypeVar("T")


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

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.headline()}>"
