"""To which areas are establishments added up?"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from shuseki.errors import DataError, ParameterError, ShusekiError, UnknownCodeError, examples
from shuseki.geography.areas import iso_date
from shuseki.geography.districts import (
    BUNDLED,
    Division,
    division,
    division_from_table,
    division_of_any,
)
from shuseki.geography.outlines import read_outlines
from shuseki.language import listed, say, words_of
from shuseki.language.names import some_of
from shuseki.reading.tables import read_table
from shuseki.records.store import Store
from shuseki.records.tally import points_of_areas
from shuseki.study.chapter import Chapter, Options, Running
from shuseki.study.chapters.counted import counted_codes

__all__ = ["REGION", "Region"]

OF_RECORDS = "records"


class Region(Options):
    """Which areas: a named division, those of the records, or a table of the user's.

    ``division = "records"`` makes an area of every code that the records (or the counts) bear; it
    is the default where the codes are not those of the bundled country. ``file`` has the columns
    municipality and area.
    ``names`` is a table of areas: ``code`` and any of ``name_en``, ``name_ja``, ``parent``,
    ``latitude``, ``longitude``. ``outlines`` is a GeoJSON file whose features have a property
    ``code``.
    """

    division: str | None = None
    date: str = "1995-10-01"
    file: Path | None = None
    names: Path | None = None
    outlines: Path | None = None


class RegionChapter(Chapter[Region, Division]):
    """Divide the country."""

    name = "region"
    about = say("Which areas: a named division, those of the records, or a table of your own.")
    options = Region
    needs = ("records",)

    def wanted(self, study: Any) -> bool:
        """Whether anything is counted by area."""
        return bool(study.has("region") or study.has("births") or study.has("counted"))

    def check(self, asked: Region, study: Any) -> Iterator[str]:
        """Division and date must be known."""
        elsewhere = study.codes == "any"
        known = [OF_RECORDS] if elsewhere else [*BUNDLED, OF_RECORDS]
        if asked.division is not None and asked.division not in known:
            yield str(UnknownCodeError.among("division", [asked.division], known))
            return
        if asked.division == OF_RECORDS and not elsewhere and study.has("counted"):
            yield (
                say(
                    'division is "{of_records}", but there are no records. Expected one of '
                    "{bundled}, or a file. Name one.",
                    of_records=OF_RECORDS,
                    bundled=listed(BUNDLED),
                )
            )
        try:
            iso_date(asked.date)
            if asked.file is None and asked.division in BUNDLED:
                division(asked.division, asked.date)
        except ShusekiError as error:
            yield say("date: {why}", why=words_of(error))

    def run(self, asked: Region, running: Running) -> Division:
        """Find the areas; their names, points and outlines where the study gives them."""
        with running.manifest.step(say("divide the country")) as entry:
            for table in (asked.file, asked.names, asked.outlines):
                if table is not None:
                    running.manifest.add_input(table)
            found = divided(asked, running.study, lambda: areas_of_study(running))
            entry["areas"] = len(found.codes)
        return found


def divided(asked: Region, study: Any, own: Callable[[], Division]) -> Division:
    """The areas that a study asks for; ``own`` gives those of its records or counts."""
    encoding, codes = study.study.encoding, study.codes
    name = asked.division or (OF_RECORDS if codes == "any" else BUNDLED[0])
    if asked.file is not None:
        found = division_from_table(asked.file, date=asked.date, encoding=encoding, codes=codes)
    else:
        found = own() if name == OF_RECORDS else division(name, asked.date)
    if asked.names is not None:
        found = with_names(found, asked.names, encoding)
    if asked.outlines is not None:
        found = replace(found, outlines=read_outlines(asked.outlines, found.codes))
    return found


def division_of(study: Any) -> Division:
    """The areas that a study names, before it runs."""

    def own() -> Division:
        raise ParameterError(
            say(
                "The areas are those of the records. Expected records that are in a store. Run "
                "the study, or name a division."
            )
        )

    return divided(study.region, study, own)


def areas_of_study(running: Running) -> Division:
    """Every code that the records, or the counts, bear."""
    study = running.study
    if study.has("counted") and study.codes == "any":
        return division_of_any(counted_codes(study.counted, study.study.encoding), name=study.name)
    return areas_of_records(running.answers["records"].store, study.name)


def areas_of_records(store: Store, name: str) -> Division:
    """Every code that the records bear, with the middle of its located plants."""
    points = points_of_areas(store)
    members = pd.DataFrame({"municipality": points["code"], "area": points["code"]})
    return division_of_any(members, points.rename(columns={"code": "area"}), name=name)


def with_names(areas: Division, path: Path, encoding: str) -> Division:
    """Put the names, parents and points of a table of areas in the place of those there are."""
    words = ["name_en", "name_ja", "parent"]
    degrees = ["latitude", "longitude"]
    table = read_table(path, codes=["code"], text=words, numbers=degrees, encoding=encoding)
    twice = table["code"][table["code"].duplicated()].unique()
    if len(twice):
        raise DataError(
            say(
                "{path}: areas given twice: {twice}. Expected one row per area. Keep one of each.",
                path=path.name,
                twice=examples(twice),
            )
        )
    said = table.set_index("code")
    frame = areas.areas.copy()
    for column in (*words, *degrees):
        if column in said:
            given = frame["code"].map(said[column].to_dict())
            known = given.notna() & (given != "") if column in words else given.notna()
            frame[column] = given.where(known, frame.get(column, given))
    unnamed = [code for code in areas.codes if code not in said.index]
    notes = areas.notes
    if unnamed:
        note = say(
            "Areas that {file} does not name go by their codes: {names}.",
            file=path.name,
            names=some_of(unnamed),
        )
        notes = (*notes, note)
    return replace(areas, areas=frame, notes=notes)


REGION = RegionChapter()
