"""What is a chapter of a study?

A study is a list of chapters. Each declares

- its ``options``: a typed model of its table in the study file, so that the whole file is checked
  before anything runs, and a form can be made from it;
- what it ``needs``: other chapters, whose answers it takes;
- how it runs, and what results it then has;
- how it is told: its numbers and sentences in the summary, and its sections, in both languages;
- what its tables count (``universes``, and ``numbers`` of a table that is not an answer's own), so
  that they can be checked before they leave.

``study.run`` is a loop over the chapters that are wanted. A new room of the house adds a chapter
to ``study.chapters.CHAPTERS`` and touches no other.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

import pandas as pd
from pydantic import BaseModel, ConfigDict

from shuseki.language import Message
from shuseki.release.disclosure.figures import Universe
from shuseki.release.disclosure.numbers import Numbers as FromRecords
from shuseki.report.blocks import Section
from shuseki.report.words import Text
from shuseki.results import Result

if TYPE_CHECKING:
    from shuseki.study.manifest import Manifest
    from shuseki.study.specification import Study

__all__ = ["Beside", "Brief", "Chapter", "Options", "Running", "Told"]


class Options(BaseModel):
    """A table of the study file: frozen, and no unknown keys.

    A field of type ``Path`` is a file (``folders`` names those that are folders); a relative one is
    resolved against the folder of the study file, and it must exist.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    may_be_absent: ClassVar[tuple[str, ...]] = ()
    """Fields whose file or folder need not exist yet."""


O = TypeVar("O", bound=Options)  # noqa: E741
A = TypeVar("A")
Tell = Callable[[Mapping[str, Any]], None]
"""Called with what happens: ``event`` (``"step"``, ``"progress"``, ``"done"``), ``step``, …"""


@dataclass
class Running:
    """A run under way, as a chapter sees it.

    Attributes
    ----------
    study
        What was asked.
    manifest
        Where steps, inputs and counts are written down.
    answers
        Chapter → its answer, for the chapters that have run.
    stack
        What is closed when the run ends.
    """

    study: "Study"
    manifest: "Manifest"
    answers: dict[str, Any] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    def progress(self, done: int, of: int) -> None:
        """Tell how far the step under way is."""
        self.manifest.progress(done, of)


@dataclass(frozen=True)
class Told:
    """A run that is done, as a chapter tells it.

    Attributes
    ----------
    study
        What was asked.
    answers
        Chapter → its answer.
    """

    study: "Study"
    answers: Mapping[str, Any]


@dataclass(frozen=True)
class Brief:
    """What a chapter says in the summary.

    Attributes
    ----------
    notes
        Remarks in a box, above all else.
    numbers
        Key numbers: the value as it is read, what it is, and, where it comes from records, of what.
    sentences
        One statement each.
    rests
        What the numbers in the sentences are, where they come from records.
    """

    notes: tuple[Text, ...] = ()
    numbers: tuple[tuple[str, Text] | tuple[str, Text, FromRecords], ...] = ()
    sentences: tuple[Text, ...] = ()
    rests: FromRecords | None = None


@dataclass(frozen=True, eq=False)
class Beside:
    """A table that a chapter puts beside the report, as ``<name>.<ending>``.

    Attributes
    ----------
    frame
        The table.
    numbers
        What its numbers are, as far as they come from records.
    ending
        ``"parquet"`` or ``"csv"``.
    """

    frame: pd.DataFrame
    numbers: FromRecords | None
    ending: Literal["parquet", "csv"] = "parquet"


class Chapter(ABC, Generic[O, A]):
    """One chapter; see the module.

    Attributes
    ----------
    name
        Of the chapter, and of its table in the study file.
    about
        What it is about, in a sentence: the words over its part of a form.
    options
        Its table, typed.
    needs
        Chapters that must run before; one that is not wanted leaves no answer.
    after
        Its place in the report: it is told after what ran before it, unless this says otherwise.
    """

    name: ClassVar[str]
    about: ClassVar[Message]
    options: type[O]
    needs: ClassVar[tuple[str, ...]] = ()

    def wanted(self, study: "Study") -> bool:
        """Whether it runs: when the study file has its table."""
        return study.has(self.name)

    def check(self, asked: O, study: "Study") -> Iterator[str]:
        """Say what is wrong with the options that their types cannot tell, before anything runs."""
        return iter(())

    def reads(self, asked: O, study: "Study") -> Iterator[Path]:
        """Files and folders it reads, beside the fields of type ``Path``."""
        return iter(())

    @abstractmethod
    def run(self, asked: O, running: Running) -> A:
        """Do the work."""

    def results(self, answer: A) -> dict[str, Result]:
        """Results by name, in the order of the report."""
        return {}

    def brief(self, answer: A, told: Told) -> Brief:
        """What is said of it in the summary."""
        return Brief()

    def sections(self, answer: A, told: Told) -> Iterator[Section]:
        """Its part of the report."""
        return iter(())

    def tables(self, answer: A) -> dict[str, Beside]:
        """Tables of its own beside the report, by name."""
        return {}

    def is_confidential(self, answer: A) -> bool:
        """Whether the answer rests on records of a user."""
        return False

    def universes(self, answer: A) -> Iterator[Universe]:
        """What its numbers count: establishments over axes, for the control of disclosure."""
        return iter(())
