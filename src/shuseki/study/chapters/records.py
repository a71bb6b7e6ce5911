"""Where do the establishments come from?"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import pandas as pd
from pydantic import Field, field_validator

from shuseki.datasets.census import synthetic_census
from shuseki.disk import scratch
from shuseki.errors import DataError, ShusekiError
from shuseki.geography.bundled import COUNTRY
from shuseki.geography.gazetteers import Codes
from shuseki.language import listed, say, words_of
from shuseki.reading.tables import read_table
from shuseki.reading.values import read_year
from shuseki.records.ingest import Delivery, bind, writing
from shuseki.records.layouts import Layout, known_layouts, layout
from shuseki.records.parts import parts_of
from shuseki.records.store import CONVERTER, Store
from shuseki.study.chapter import Brief, Chapter, Options, Running, Told

__all__ = ["RECORDS", "Opened", "Records", "Wave", "read_converter"]

SYNTHETIC = "synthetic-census"


class Wave(Options):
    """One file of records."""

    file: Path
    layout: str = "house"
    wave: int | None = None


class Records(Options):
    """Where the establishments come from: the synthetic census, or files of the user's."""

    may_be_absent: ClassVar[tuple[str, ...]] = ("store",)

    source: Literal["synthetic-census", "files"] = "synthetic-census"
    scale: float = Field(default=1.0, ge=0.01, le=100.0)
    seed: int = 2006
    waves: tuple[Wave, ...] = ()
    converter: Path | None = None
    store: Path | None = None
    codes: Codes | None = None
    layouts: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @field_validator("layouts")
    @classmethod
    def _readable(cls, layouts: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name, table in layouts.items():
            try:
                layout(table)
            except ShusekiError as error:
                raise ValueError(
                    say("layout {name!r}: {why}", name=name, why=words_of(error))
                ) from None
        return layouts

    def layout_of(self, wave: Wave) -> Layout:
        """The layout of a file: one of the study's, or a known one."""
        return layout(self.layouts.get(wave.layout, wave.layout), wave=wave.wave, codes=self.codes)

    @property
    def codes_of(self) -> Codes:
        """Whose the codes of places are."""
        if self.codes is not None:
            return self.codes
        said = {self.layout_of(wave).codes for wave in self.waves}
        return "any" if said == {"any"} else COUNTRY


@dataclass(frozen=True, eq=False)
class Opened:
    """The records of a study.

    Attributes
    ----------
    store
        The waves; closed when the run ends.
    folder
        Where temporary files of the records lie.
    """

    store: Store
    folder: Path


class RecordsChapter(Chapter[Records, Opened]):
    """Draw the synthetic census, or take in the user's files."""

    name = "records"
    about = say("Which establishments there were: a file of each wave, or a store.")
    options = Records

    def wanted(self, study: Any) -> bool:
        """Whether any other chapter counts establishments."""
        return bool(study.has("records") or study.has("births"))

    def check(self, asked: Records, study: Any) -> Iterator[str]:
        """Files need waves; layouts must be known."""
        if asked.source == "files" and not asked.waves:
            yield (
                say(
                    'source is "files" but no records.waves are named. Add one '
                    "[[records.waves]] table per file, with file, layout and wave."
                )
            )
        known = [*asked.layouts, *known_layouts()]
        for k, wave in enumerate(asked.waves):
            if wave.layout not in known:
                yield (
                    say(
                        "waves.{k}.layout: unknown layout {layout!r}. Expected one of {known}, or "
                        "a table [records.layouts.{layout}].",
                        k=k,
                        layout=wave.layout,
                        known=listed(known),
                    )
                )

    def run(self, asked: Records, running: Running) -> Opened:
        """Open the records; exactly the files that the study names are read.

        Whatever else the store holds is not read; meanwhile nobody writes to the store.
        """
        manifest, stack = running.manifest, running.stack
        place = stack.enter_context(scratch(what="study"))
        if asked.source == SYNTHETIC:
            with manifest.step(say("draw the synthetic census")) as entry:
                census = synthetic_census(place, scale=asked.scale, seed=asked.seed)
                entry["waves"] = dict(census.rows)
            store = stack.enter_context(closing(Store.open(place, sources=census.sources)))
            return Opened(store, place)
        folder = asked.store or place / "store"
        lock = stack.enter_context(writing(folder))
        with manifest.step(say("take in the records")) as entry:
            files = [Delivery(wave.file, asked.layout_of(wave)) for wave in asked.waves]
            taken = bind(files, folder)
            entry["files"] = taken.to_frame().to_dict("records")
            if taken.notes:
                entry["notes"] = list(taken.notes)
            entry["parts"] = list(taken.parts)
            there = (part.name for part in parts_of(folder, pass_damaged=True))
            entry["parts_not_read"] = sorted(set(there) - {*taken.parts})
        for wave, told in zip(asked.waves, taken.hashes, strict=True):
            manifest.add_input(wave.file, told)
        converter = None
        if asked.converter is not None:
            manifest.add_input(asked.converter)
            converter = read_converter(asked.converter)
        lock.share()
        opened = Store.open(folder, parts=taken.parts, converter=converter)
        return Opened(stack.enter_context(closing(opened)), folder)

    def is_confidential(self, answer: Opened) -> bool:
        """Whether the records are a user's."""
        return any(source.origin == "user" for source in answer.store.sources)

    def brief(self, answer: Opened, told: Told) -> Brief:
        """Say that the records are synthetic."""
        if told.study.records.source != SYNTHETIC:
            return Brief()
        return Brief(notes=(SYNTHETIC_NOTE,))


SYNTHETIC_NOTE = say(
    "The confidential records cannot be had. This run uses a synthetic census that was "
    "drawn to agree with the paper's print, as far as that can be true at once, so "
    "agreement is no evidence: it shows that the chain of computation works from records "
    "to verdicts. Public statistics are marked as such."
)


def read_converter(path: Path) -> pd.DataFrame:
    """Read a user's table of numbers that changed: waves are years, numbers stay text."""
    table = read_table(path, codes=list(CONVERTER))
    for name in ("from_wave", "to_wave"):
        years = [read_year(text)[0] for text in table[name]]
        if None in years:
            row = table.index[years.index(None)]
            raise DataError(
                say(
                    "{path}, {name!r}: {table!r} in row {row} is no year. Expected the year of a "
                    "wave, such as 1998. Correct it.",
                    path=path.name,
                    name=name,
                    table=table[name][row],
                    row=row,
                )
            )
        table[name] = pd.array(years, dtype="int32")
    return table[list(CONVERTER)]


RECORDS = RecordsChapter()
