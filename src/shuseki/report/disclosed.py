"""What of a report may be read, when its numbers come from confidential records?

Every part is shown to the gate before any of it is written: tables, maps, sentences that rest on
estimates, and the tables that a run puts beside its report. After the decision each part is given
back as it may be read: numbers that are suppressed are ``X``, maps leave their areas without a
value, and what is held is named with the reason. Pictures show what their tables show: where
something of the table is suppressed, the picture is left out, and the numbers inside those that
stay are rounded. A sentence in which a suppressed number stands is left out, whoever said it.

What is written in whichever format (HTML, LaTeX, Excel, CSV, Parquet, JSON) is written from these
parts.

Takes: a document, tables, a gate. Gives: the document and the tables as they may be read, and what
became of each.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from shuseki.errors import ParameterError
from shuseki.language import Message, say
from shuseki.release.disclosure.answers import declared
from shuseki.release.disclosure.gate import Checked, Gate, flagged
from shuseki.release.disclosure.numbers import Declared, Numbers
from shuseki.report.blocks import (
    Bullets,
    Document,
    Figure,
    Heading,
    Note,
    Part,
    Section,
)
from shuseki.report.blocks import Numbers as KeyNumbers
from shuseki.report.plots import plot
from shuseki.report.tables import Table
from shuseki.report.words import Lang, Text
from shuseki.results import Result, result

__all__ = ["Disclosed", "Disclosure", "Outcome", "disclosed", "disclosed_answer", "drawn"]

PICTURE_DIGITS = 4
SUPPRESSED = say("X: suppressed, so that no establishment can be recognised.")
WITHHELD = say("Numbers of this are suppressed, so that no establishment can be recognised.")
HELD_PICTURE = say("The picture is held: it would show numbers that are suppressed.")
HELD_WORDS = say("A sentence is held: a number in it is suppressed.")


@dataclass(frozen=True)
class Outcome:
    """What became of one table.

    Attributes
    ----------
    name
        Of the table, or of the file.
    verdict, why
        As the gate says.
    cells, suppressed
        Numbers from records, and how many of them are not written.
    """

    name: str
    verdict: str
    why: Text
    cells: int
    suppressed: int


@dataclass(frozen=True, eq=False)
class Disclosure:
    """A document as it may be read.

    Attributes
    ----------
    document
        Its parts, checked.
    tables
        The tables beside it, by name; those that are held are not there.
    outcomes
        What became of each, held ones included; ``pictures`` for pictures.
    """

    document: Document
    tables: Mapping[str, pd.DataFrame]
    outcomes: tuple[Outcome, ...]
    pictures: tuple[Outcome, ...] = field(default=())


@dataclass(frozen=True)
class Secrets:
    """Numbers that are suppressed.

    Attributes
    ----------
    everywhere
        Those that no figure has that is written.
    counts
        All of them; where a sentence counts establishments, it is not known which it means.
    """

    everywhere: frozenset[float]
    counts: frozenset[float]

    @classmethod
    def of(cls, gate: Gate) -> "Secrets":
        """Those of a gate that has decided."""
        return cls(gate.suppressed_values(), gate.suppressed_values(elsewhere=True))


def disclosed(
    document: Document, tables: Mapping[str, tuple[pd.DataFrame, Numbers | None]], gate: Gate
) -> Disclosure:
    """Check a report and the tables beside it, all together.

    Parameters
    ----------
    document
        The report.
    tables
        Name of a file → its frame, and what its numbers are.
    gate
        Nothing may have been decided by it.
    """
    parts = document.parts()
    entered: dict[Any, int] = {}
    for part in (part for section in parts for part in section):
        for thing, frame, numbers, name in _frames(part, gate):
            at = thing if isinstance(thing, tuple) else id(thing)
            if at not in entered:
                entered[at] = gate.enter(name, frame, numbers)
    beside = {name: gate.enter(name, *given) for name, given in tables.items()}
    gate.decide()
    checked = {key: gate.checked(number) for key, number in entered.items()}
    secret = Secrets.of(gate)
    outcomes: list[Outcome] = []
    pictures: list[Outcome] = []
    sections = []
    for section, given in zip(document.sections, parts, strict=True):
        blocks: list[Part] = []
        for part in given:
            blocks += _as_read(part, checked, secret, gate, outcomes, pictures)
        sections.append(Section(section.title, blocks))
    found = {name: gate.checked(number) for name, number in beside.items()}
    outcomes += [outcome(name, one) for name, one in found.items()]
    frames = {name: flagged(one) for name, one in found.items()}
    written = {name: frame for name, frame in frames.items() if frame is not None}
    return Disclosure(
        replace(document, sections=sections), written, tuple(outcomes), tuple(pictures)
    )


def outcome(name: str, one: Checked) -> Outcome:
    """What became of a table."""
    return Outcome(name, one.verdict, one.why or "", one.cells, one.suppressed)


def of_table(table: Table, gate: Gate) -> Declared:
    """What the numbers of a table are."""
    if isinstance(table.numbers, Result):
        return declared(table.numbers, gate.ledger.universes)
    return Declared(table.numbers)


def _frames(part: Part, gate: Gate) -> Iterator[tuple[Any, pd.DataFrame, Numbers | None, str]]:
    """What the gate must see of a part: what it is known by, its table, and what that holds."""
    table = part if isinstance(part, Table) else getattr(part, "rests", None)
    if table is not None:
        yield table.frame, table.frame, of_table(table, gate).numbers, table.name
    if isinstance(part, Figure) and part.values is not None:
        values = {"area": part.values.index.astype(str), "value": part.values.to_numpy()}
        yield part.values, pd.DataFrame(values), part.numbers, "map"
    if isinstance(part, KeyNumbers):
        for k, said in enumerate(part.numbers):
            if said is not None:
                yield (id(part), k), pd.DataFrame({"said": [1.0]}), said, "key numbers"
    if isinstance(part, Bullets) and part.numbers is not None:
        yield part, pd.DataFrame({"said": [1.0]}), part.numbers, "sentences"


# ---- parts as they may be read ------------------------------------------------------------------


def _as_read(
    part: Part,
    checked: Mapping[Any, Checked],
    secret: Secrets,
    gate: Gate,
    outcomes: list[Outcome],
    pictures: list[Outcome],
) -> list[Part]:
    if isinstance(part, Table):
        one = checked[id(part.frame)]
        outcomes.append(outcome(part.name, one))
        return [table_as_read(part, one, secret)]
    if isinstance(part, Heading):
        told = part.rests is not None and checked[id(part.rests.frame)].verdict == "released"
        if told and not tells(part.headline, secret):
            return [part]
        return [replace(part, headline=WITHHELD)]
    if isinstance(part, Figure):
        return _picture(part, checked, gate, pictures)
    if isinstance(part, KeyNumbers):
        rests = [checked.get((id(part), k)) for k in range(len(part.values))]
        values = [
            (value, words)
            for (value, words), one in zip(part.values, rests, strict=True)
            if (
                not numbers_in(value) & secret.everywhere
                if one is None
                else one.verdict == "released"
            )
            and not tells(words, secret)
        ]
        return [replace(part, values=values, numbers=())] if values else []
    if isinstance(part, Bullets):
        if part.numbers is not None:
            one = checked[id(part)]
            if one.verdict != "released":
                return [HELD_WORDS]
        return [replace(part, items=[item for item in part.items if not tells(item, secret)])]
    if isinstance(part, Note):
        return [] if tells(part.text, secret) else [part]
    return [HELD_WORDS] if tells(part, secret) else [part]


def table_as_read(table: Table, one: Checked, secret: Secrets) -> Part:
    """A table with its marks, or the reason why it is held."""
    if one.frame is None or one.marks is None:
        return say("“{title}” is held. {why}", title=table.title, why=one.why)
    same = len(one.frame) == len(table.frame)
    columns = list(one.frame.columns)
    digits = table.digits
    if isinstance(digits, pd.DataFrame):
        digits = digits[columns] if same else None
    endings = table.endings[columns] if table.endings is not None and same else None
    notes = tuple(note for note in table.notes if not few(note) and not tells(note, secret))
    marked = bool(one.marks.to_numpy().astype(bool).any())
    return replace(
        table,
        frame=one.frame,
        marks=one.marks if marked else None,
        digits=digits,
        endings=endings,
        notes=(*notes, SUPPRESSED) if one.suppressed else notes,
    )


def _picture(
    part: Figure, checked: Mapping[Any, Checked], gate: Gate, pictures: list[Outcome]
) -> list[Part]:
    name = f"picture {len(pictures) + 1}"
    if part.values is not None and callable(part.drawing):
        one = checked[id(part.values)]
        pictures.append(outcome(name, one))
        if one.frame is None or one.frame["value"].isna().all():
            return [HELD_PICTURE]
        values = pd.Series(
            one.frame["value"].to_numpy(dtype=float, na_value=np.nan), index=part.values.index
        )
        note = (SUPPRESSED,) if one.suppressed else ()
        return [replace(part, values=values, notes=(*(part.notes or ()), *note))]
    free = part.numbers == ()
    if isinstance(part.drawing, Result) and part.rests is not None:
        about = declared(part.drawing, gate.ledger.universes)
        one = checked[id(part.rests.frame)]
        free = about.picture == "table" and one.verdict == "released"
        pictures.append(
            Outcome(name, "released" if free else "held", "" if free else HELD_PICTURE, 0, 0)
        )
        if free and about.numbers:
            return [replace(part, drawing=_Rounded(about.drawn or part.drawing))]
    return [part] if free else [HELD_PICTURE]


@dataclass(frozen=True, eq=False)
class _Rounded:
    """Draws an answer with rounded numbers."""

    answer: Result

    def __call__(self, lang: Lang) -> go.Figure:
        return rounded(plot(self.answer, lang=lang))


def rounded(figure: go.Figure) -> go.Figure:
    """Round every number that is embedded in a picture to a few significant digits."""
    plain = go.Figure(figure).to_plotly_json()
    plain["data"] = [_rounded(trace) for trace in plain["data"]]
    return go.Figure(plain)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    if isinstance(value, np.ndarray):
        return [_rounded(one) for one in value.tolist()]
    if isinstance(value, float) and np.isfinite(value) and value:
        return float(f"{value:.{PICTURE_DIGITS}g}")
    return value


# ---- sentences ----------------------------------------------------------------------------------

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def numbers_in(text: str) -> set[float]:
    """Numbers that stand in a text."""
    return {float(found.replace(",", "")) for found in NUMBER.findall(text)}


COUNTING = ("n", "known", "lost", "start", "end", "left", "aside", "plants", "births", "deaths")
"""Blanks of sentences that count establishments."""


def tells(text: Any, secret: Secrets) -> bool:
    """Whether one of the numbers that a sentence was filled with is suppressed."""
    if isinstance(text, Message):
        if any(tells(one, secret) for one in (*text.values.values(), *text._parts)):
            return True
        return any(
            isinstance(value, int | float | np.number)
            and float(value) in (secret.counts if name in COUNTING else secret.everywhere)
            for name, value in text.values.items()
        )
    return False


FEWEST = 3


def few(note: Text) -> bool:
    """Whether a note tells of one or two establishments, such as those that were left out."""
    return isinstance(note, Message) and any(
        name in COUNTING and isinstance(value, int) and 0 < value < FEWEST
        for name, value in note.values.items()
    )


# ---- one answer ---------------------------------------------------------------------------------


@result
class Disclosed(Result):
    """An answer as it may be read.

    Attributes
    ----------
    frame
        Its table, with a column ``<name>_flag`` where numbers are suppressed.
    said
        Its headline.
    verdict, why
        What became of it.
    cells, suppressed
        Numbers from records, and how many of them are not written.
    picture
        Draws it, where it may be drawn.
    """

    frame: pd.DataFrame
    said: str
    verdict: str
    why: Text
    cells: int
    suppressed: int
    picture: Result | None = None

    def headline(self) -> str:
        """The headline of the answer, where it may be read."""
        return self.said

    def to_frame(self) -> pd.DataFrame:
        """The table, as it may be read."""
        return self.frame.copy()


def drawn(answer: Disclosed, lang: str = "en") -> go.Figure:
    """Draw an answer that may be drawn.

    Raises
    ------
    ParameterError
        Its picture is held.
    """
    if answer.picture is None:
        raise ParameterError(say(
                "{held_picture} Expected an answer of which nothing is suppressed. Leave --figure "
                "out, or use --internal.",
                held_picture=HELD_PICTURE,
            ))  # fmt: skip
    return rounded(plot(answer.picture, lang=lang))


def disclosed_answer(answers: Sequence[Result], gate: Gate) -> list[Disclosed]:
    """Check answers together, as ``disclosed`` checks a report."""
    about = [declared(one, gate.ledger.universes) for one in answers]
    numbers = [
        gate.enter(type(one).__name__, one.to_frame(), said.numbers)
        for one, said in zip(answers, about, strict=True)
    ]
    gate.decide()
    secret = Secrets.of(gate)
    out = []
    for one, said, number in zip(answers, about, numbers, strict=True):
        checked = gate.checked(number)
        whole = checked.verdict == "released"
        frame = flagged(checked)
        notes: tuple[str, ...] = tuple(
            note for note in one.notes if not tells(note, secret) and not few(note)
        )
        if checked.suppressed:
            notes = (*notes, SUPPRESSED)
        headline = one.headline()
        out.append(
            Disclosed(
                frame=pd.DataFrame() if frame is None else frame,
                said=headline if whole and not tells(headline, secret) else WITHHELD,
                verdict=checked.verdict,
                why=checked.why or "",
                cells=checked.cells,
                suppressed=checked.suppressed,
                picture=(said.drawn or one) if whole and said.picture == "table" else None,
                notes=notes,
                sources=one.sources,
            )
        )
    return out
