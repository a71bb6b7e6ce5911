"""What is a report made of, before it is a page?

A `Document` is sections of blocks: data that any reader can be served from (`report.html` writes
them as one page). A block is whatever says it best::

    Document(
        ("Start-up rates", "開業率"),
        [
            Section(
                ("From candidates to births", "候補から開業へ"),
                [
                    ("Candidates are set aside step by step.", "候補を順に除外する。"),
                    run.funnel,                                   # headline, picture, table
                    Finding(run.verdicts, title=("Seven hypotheses", "七つの仮説")),
                    Table(name="table3", title=..., frame=...),
                    Figure(lambda lang: choropleth(..., lang=lang)),
                ],
            ),
        ],
    )

=====================  ==============================================================
block                  becomes
=====================  ==============================================================
string, or (en, ja)    a paragraph
`Result`               a `Finding` with everything it has
`Finding`              headline, picture, table, notes; any of them left out at will
`Figure`               a Plotly figure, drawn in the reader's language
`Table`                a table
`Numbers`              a row of key numbers
`Note`                 a boxed remark
`Bullets`              a list
=====================  ==============================================================
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import pandas as pd
import plotly.graph_objects as go

from shuseki.errors import ParameterError
from shuseki.language import say
from shuseki.release.disclosure.numbers import Numbers as FromRecords
from shuseki.report.plots.dispatch import has_picture
from shuseki.report.tables import Table
from shuseki.report.words import Text, result_words
from shuseki.results import Result
from shuseki.sources import Source

__all__ = [
    "Block",
    "Bullets",
    "Document",
    "Figure",
    "Finding",
    "Heading",
    "Note",
    "Numbers",
    "Part",
    "Section",
    "own_table",
]


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture.

    Attributes
    ----------
    drawing
        A Plotly figure, a result that has a picture, or a function of the language that draws.
    caption
        What it shows; the figure's own title by default.
    alt
        What a reader who cannot see it should know; caption and headline by default.
    notes, sources
        As for a table; those of the result where ``None``.
    values, numbers
        Values by area that are drawn, and what they are (``release.disclosure``): ``drawing`` then
        takes the language and the values, of which some may be missing.
    rests
        The table that shows what the picture shows.
    """

    drawing: go.Figure | Result | Callable[..., go.Figure]
    caption: Text = ""
    alt: Text = ""
    notes: tuple[Text, ...] | None = None
    sources: tuple[Source, ...] | None = None
    values: "pd.Series[float] | None" = None
    numbers: FromRecords | None = None
    rests: Table | None = None

    def __post_init__(self) -> None:
        drawn = self.drawing
        for name in ("notes", "sources"):
            if getattr(self, name) is None:
                object.__setattr__(
                    self, name, getattr(drawn, name, ()) if isinstance(drawn, Result) else ()
                )


@dataclass(frozen=True, eq=False)
class Finding:
    """An answer: its headline, its picture and its table.

    Attributes
    ----------
    result
        What was found.
    title
        Over the whole, and caption of the table; the name of its type by default.
    headline
        In place of the result's own; ``None`` for its own.
    picture
        Draw it, if there is a picture for its type.
    table
        Show its table; or another one in its place; or none.
    """

    result: Result
    title: Text = ""
    headline: Text | None = None
    picture: bool = True
    table: bool | Table = True


@dataclass(frozen=True, eq=False)
class Numbers:
    """A row of key numbers, each a value as it shall be read and what it is.

    Attributes
    ----------
    values
        Value and words.
    sources
        What they rest on.
    numbers
        What each value is, where it comes from records; empty where none does.
    """

    values: Sequence[tuple[str, Text]]
    sources: tuple[Source, ...] = ()
    numbers: Sequence[FromRecords | None] = ()


@dataclass(frozen=True, eq=False)
class Note:
    """A remark in a box."""

    text: Text


@dataclass(frozen=True, eq=False)
class Bullets:
    """A list of short statements, and what their numbers are where they come from records."""

    items: Sequence[Text]
    numbers: FromRecords | None = None


@dataclass(frozen=True, eq=False)
class Heading:
    """Title and headline of a finding; a headline in one version is in English."""

    title: Text
    headline: Text
    sources: tuple[Source, ...]
    rests: Table | None = None


Block: TypeAlias = (
    str | tuple[str, str] | Result | Finding | Figure | Table | Numbers | Note | Bullets | Heading
)


@dataclass(frozen=True, eq=False)
class Section:
    """A heading and what stands under it."""

    title: Text
    blocks: Sequence[Block]


@dataclass(frozen=True, eq=False)
class Document:
    """A report.

    Attributes
    ----------
    title, subtitle
        Of the whole.
    sections
        In reading order.
    sources
        To be listed beyond those that the blocks name.
    """

    title: Text
    sections: Sequence[Section]
    subtitle: Text = ""
    sources: tuple[Source, ...] = field(default=())

    def tables(self) -> tuple[Table, ...]:
        """Every table in reading order, ready for `shuseki.report.write_tables`."""
        return tuple(part for part in self._parts() if isinstance(part, Table))

    def all_sources(self) -> tuple[Source, ...]:
        """Every source that a block rests on, each once, in reading order."""
        found = [
            source for part in self._parts() for source in getattr(part, "sources", None) or ()
        ]
        return tuple(dict.fromkeys([*found, *self.sources]))

    @property
    def is_synthetic(self) -> bool:
        """Whether any block rests on synthetic data."""
        return any(source.origin == "synthetic" for source in self.all_sources())

    def _parts(self) -> Iterator["Part"]:
        return (part for section in self.parts() for part in section)

    def parts(self) -> tuple[tuple["Part", ...], ...]:
        """Sections with their findings taken apart, and tables with names of their own."""
        return self._taken_apart

    @cached_property
    def _taken_apart(self) -> tuple[tuple["Part", ...], ...]:
        taken: set[str] = set()
        return tuple(
            tuple(
                _named_apart(part, taken)
                for block in section.blocks
                for part in _taken_apart(block)
            )
            for section in self.sections
        )


# ---- findings taken apart ------------------------------------------------------------


Part: TypeAlias = str | tuple[str, str] | Heading | Figure | Table | Numbers | Note | Bullets


def own_table(result: Result, *, title: Text = "", numbers: FromRecords | None = None) -> Table:
    """Make the table of an answer, named after its type; ``numbers`` where its kind says none."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(result).__name__).lower()
    said = {} if numbers is None else {"numbers": numbers}
    title = title or result_words(type(result).__name__)
    return Table.of(result, name=name, title=title, **said)


def _taken_apart(block: Block) -> Iterator[Part]:
    if isinstance(block, Result):
        block = Finding(block)
    if not isinstance(block, Finding):
        yield _checked(block)
        return
    result = block.result
    title = block.title or result_words(type(result).__name__)
    headline = block.headline if block.headline is not None else result.headline()
    own = isinstance(block.table, Table)
    table = block.table if isinstance(block.table, Table) else own_table(result, title=title)
    yield Heading(title, headline, result.sources, table)
    if block.picture and has_picture(result):
        yield Figure(result, notes=() if block.table else result.notes, rests=table)
    if own or block.table:
        yield table


def _checked(block: Part) -> Part:
    """Refuse what is not a block, and say which blocks there are."""
    is_pair = isinstance(block, tuple) and len(block) == 2
    if isinstance(block, str | Heading | Figure | Table | Numbers | Note | Bullets) or is_pair:
        return block
    raise ParameterError(
        say(
            "A block of type {kind}. Expected a string, (English, Japanese), a Result, Finding, "
            "Figure, Table, Numbers, Note or Bullets. Give a frame a title and a name with "
            "Table(...).",
            kind=type(block).__name__,
        )
    )


def _named_apart(part: Part, taken: set[str]) -> Part:
    """Number the tables of one name, since names become anchors and files."""
    if not isinstance(part, Table):
        return part
    name, k = part.name, 2
    while name in taken:
        name, k = f"{part.name}-{k}", k + 1
    taken.add(name)
    return part if name == part.name else replace(part, name=name)
