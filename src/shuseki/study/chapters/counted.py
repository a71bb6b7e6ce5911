"""How many were born by area and period, when somebody else has counted them?

No records are needed: the births are those of the bundled register of corporations, or of a table
of the user's, by municipality or by area, and by period. Where plants stand is not known then, so
nothing that needs their points can be measured: K-density, clusters, distances.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.resources import as_file
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from shuseki.datasets.catalogue import dataset
from shuseki.datasets.companies import (
    CODES_DATE,
    MONTHS,
    WHOLE_MONTHS,
    CompanyMoves,
    CompanySeries,
    Kinds,
    company_moves,
    company_panel,
    company_series,
)
from shuseki.errors import DataError, ShusekiError, UnknownCodeError, examples
from shuseki.geography.areas import cities_of_wards, iso_date, require_codes
from shuseki.geography.bundled import COUNTRY
from shuseki.geography.districts import Division, aggregate
from shuseki.geography.gazetteers import Codes
from shuseki.language import Message, say, words_of
from shuseki.language.names import some_of
from shuseki.panel import ALL, Panel
from shuseki.reading.tables import read_table
from shuseki.report.blocks import Block, Bullets, Finding, Note, Section
from shuseki.report.tables import Table
from shuseki.results import Result
from shuseki.sources import Source
from shuseki.study.chapter import Beside, Brief, Chapter, Options, Running, Told

__all__ = ["COUNTED", "ByArea", "Counted", "counted_codes"]

REGISTER = "corporate-register"
BUNDLED = ("company-events", "company-moves")
TOTALS = ("births", "deaths", "net_change", "stock")
OF_RECORDS = ("measures", "events", "survival")
"""Chapters that count establishments themselves."""


class Counted(Options):
    """Counts by area and period that somebody has made: the register of corporations, or a file.

    A ``file`` has a column ``municipality`` (codes of ``date``) or ``area`` (codes of the region's
    division), ``births``, and may have ``period``, ``deaths``, ``net_change``, ``stock`` and
    ``births_<group>``; rows of several periods are added up from ``first`` to ``last``.
    """

    source: Literal["corporate-register", "file"]
    file: Path | None = None
    codes: Codes = COUNTRY
    date: str = CODES_DATE
    kinds: Kinds = "company"
    first: str = ""
    last: str = ""
    moves: bool = True


@dataclass(frozen=True, eq=False)
class ByArea:
    """Counts by area.

    Attributes
    ----------
    panel
        Area by period; ``births`` and what else was counted.
    units
        The same by municipality, where the counts are so fine.
    date
        Day of the municipality codes.
    series, moves
        What the register tells of the nation, and of moves; None for a file.
    """

    panel: Panel
    units: Panel | None
    date: str
    series: CompanySeries | None = None
    moves: CompanyMoves | None = None

    def by_area(self) -> pd.DataFrame:
        """Counts of all periods, index area."""
        return added_up(self.panel)

    def by(self, areas: Division) -> Panel:
        """Counts by the areas of another division.

        Raises
        ------
        DataError
            The counts are not by municipality.
        """
        if self.units is None:
            raise DataError(
                say(
                    "The births are counted by area. Expected a column municipality, to add them "
                    "up to other areas. Give the finer counts."
                )
            )
        return carried(self.units, areas, self.date)


class CountedChapter(Chapter[Counted, ByArea]):
    """Take the counts of others."""

    name = "counted"
    about = say(
        "Counts by area and period that somebody has made: the register of corporations, or a file."
    )
    options = Counted
    needs = ("region",)

    def check(self, asked: Counted, study: Any) -> Iterator[str]:
        """There must be one source of births, and what the options say must exist."""
        if study.has("births"):
            yield (
                say(
                    "stands beside [births]. Expected births from records or from a table, not "
                    "both. Leave one out."
                )
            )
        if not study.has("records"):
            for chapter in OF_RECORDS:
                if study.has(chapter):
                    yield (
                        say(
                            "stands without [records], but [{chapter}] counts establishments one "
                            "by one, and a table of births has none. Add [records], or leave "
                            "[{chapter}] out.",
                            chapter=chapter,
                        )
                    )
        if asked.source == "file" and asked.file is None:
            yield (
                say(
                    'source is "file" but counted.file is missing. Expected a CSV, Parquet or '
                    "xlsx table with municipality or area, and births. Name it."
                )
            )
        if asked.source == REGISTER:
            if asked.file is not None:
                yield say('file is named, but source is not "file". Leave one out.')
            if asked.codes == "any":
                yield say('codes is "any", but the register has codes of its own. Leave it out.')
            unknown = [m for m in (asked.first, asked.last) if m and m not in MONTHS]
            if unknown:
                yield (
                    say(
                        "first, last: no month {unknown}. Expected months from {months} to "
                        "{months_2}, such as {whole_months!r}.",
                        unknown=examples(unknown),
                        months=MONTHS[0],
                        months_2=MONTHS[-1],
                        whole_months=WHOLE_MONTHS[0],
                    )
                )
        if asked.first and asked.last and asked.first > asked.last:
            yield say(
                "first, {first}, is after last, {last}. Change one of the two.",
                first=asked.first,
                last=asked.last,
            )
        try:
            iso_date(asked.date)
        except ShusekiError as error:
            yield say("date: {why}", why=words_of(error))

    def run(self, asked: Counted, running: Running) -> ByArea:
        """Read the counts, and add them up to the areas."""
        regions: Division = running.answers["region"]
        with running.manifest.step(say("take the counts by area")) as entry:
            if asked.source == REGISTER:
                found = of_register(asked, regions)
                for name in BUNDLED:
                    bundled = dataset(name)
                    with as_file(bundled.folder / bundled.file) as path:
                        running.manifest.add_input(path)
            else:
                assert asked.file is not None
                running.manifest.add_input(asked.file)
                found = of_file(asked, asked.file, regions, running.study.study.encoding)
            counts = found.by_area()
            entry["periods"] = [found.panel.periods[0], found.panel.periods[-1]]
            entry["births"] = round(float(counts["births"].sum()), 1)
            if found.units is not None:
                entry["births_of_all_places"] = round(
                    float(np.nansum(found.units.values["births"])), 1
                )
        return found

    def results(self, answer: ByArea) -> dict[str, Result]:
        """Months and moves of the register."""
        found: dict[str, Result | None] = {"series": answer.series, "moves": answer.moves}
        return {name: one for name, one in found.items() if one is not None}

    def brief(self, answer: ByArea, told: Told) -> Brief:
        """Births and areas."""
        births = float(answer.by_area()["births"].sum())
        return Brief(
            notes=() if answer.series is None else (OTHER_UNITS,),
            numbers=(
                (f"{births:,.0f}", BORN if answer.series is None else COMPANIES_BORN),
                (f"{len(answer.panel.areas):,}", say("areas")),
            ),
        )

    def sections(self, answer: ByArea, told: Told) -> Iterator[Section]:
        """What was counted, month by month; who moved."""
        yield Section(say("Born, closed and moved"), list(_told(answer)))

    def tables(self, answer: ByArea) -> dict[str, Beside]:
        """The panel of counts."""
        return {"panel": Beside(answer.panel.to_frame(), None)}


BORN = say("births")
OTHER_UNITS = say(
    "What is born here is a registered company of any industry, counted at its head office; not a "
    "manufacturing plant, as in the 2006 paper. Findings about the one are no findings about the "
    "other. Moves and the registrar's clearings are told apart from births and deaths. K-density "
    "is not possible: no points of plants are known."
)
COMPANIES_BORN = say("companies born in the areas")


# ---- reading ----------------------------------------------------------------------------------


def of_register(asked: Counted, regions: Division) -> ByArea:
    """Counts of the bundled register."""
    first, last = asked.first or WHOLE_MONTHS[0], asked.last or WHOLE_MONTHS[-1]
    units = company_panel("municipality", kinds=asked.kinds, first=first, last=last)
    years = (max(2022, int(first[:4])), int(last[:4]))
    return ByArea(
        panel=company_panel(regions, kinds=asked.kinds, first=first, last=last),
        units=units,
        date=CODES_DATE,
        series=company_series(kinds=asked.kinds),
        moves=company_moves(regions, first=min(years), last=max(years)) if asked.moves else None,
    )


def of_file(asked: Counted, path: Path, regions: Division, encoding: str) -> ByArea:
    """Counts of a table of the user's."""
    table = read_table(
        path,
        codes_if_any=["municipality", "area"],
        text=["period"],
        numbers=TOTALS,
        required=["births"],
        encoding=encoding,
    )
    place = place_column(table, path)
    parts = [str(c) for c in table.columns for total in TOTALS if str(c).startswith(f"{total}_")]
    names = [*(total for total in TOTALS if total in table.columns), *dict.fromkeys(parts)]
    require_counts(table, names, path)
    period = "period" if "period" in table.columns else None
    panel = Panel.from_frame(
        table.reset_index(drop=True),
        area=place,
        industry=None,
        period=period,
        variables=names,
        sources=(Source(path.name, path.name, "", origin="user"),),
    )
    panel = panel.select(periods=periods_of(panel, asked, path))
    if place == "area" and regions.is_bundled_country:
        return ByArea(of_areas(panel, regions, path), None, asked.date)
    found = carried(panel, regions, asked.date)
    if regions.is_bundled_country:
        found = replace(found, notes=(*found.notes, *absent_places(panel, regions, asked.date)))
    return ByArea(found, panel, asked.date)


def require_counts(table: pd.DataFrame, names: list[str], path: Path) -> None:
    """Refuse rows that do not say a count: unknown is not nothing."""
    for name in names:
        if not pd.api.types.is_numeric_dtype(table[name]):
            raise DataError(
                say(
                    "{path}, {name!r}: {table}. Expected counts. Correct the column, or rename it.",
                    path=path.name,
                    name=name,
                    table=examples(table[name].unique()),
                )
            )
        unknown = table.index[table[name].isna()]
        if len(unknown):
            raise DataError(
                say(
                    "{path}, {name!r}: no count in rows {unknown} ({n_unknown} of {n_table}). "
                    "Expected one in every row; where nothing was counted, say 0. Fill them in, "
                    "or leave withheld places out of the areas.",
                    path=path.name,
                    name=name,
                    unknown=examples(unknown),
                    n_unknown=len(unknown),
                    n_table=len(table),
                )
            )
        negative = table.index[table[name] < 0]
        if len(negative) and not name.startswith("net_change"):
            raise DataError(
                say(
                    "{path}, {name!r}: negative in rows {negative}. Expected counts. Correct them.",
                    path=path.name,
                    name=name,
                    negative=examples(negative),
                )
            )


def absent_places(panel: Panel, regions: Division, date: str) -> tuple[Message, ...]:
    """Say which municipalities of the areas the table does not have: they count as 0."""
    given = {*panel.areas, *(cities_of_wards().get(code, code) for code in panel.areas)}
    lost = [code for code in regions.assignment(date).index if code not in given]
    if not lost:
        return ()
    return (
        say(
            "Municipalities of the areas that the table does not have, counted as 0: {places}.",
            places=some_of(lost),
        ),
    )


def place_column(table: pd.DataFrame, path: Path) -> str:
    """Which column names the places."""
    found = [name for name in ("municipality", "area") if name in table.columns]
    if len(found) != 1:
        both = (
            say("both columns municipality and area")
            if found
            else say("no column municipality or area")
        )
        raise DataError(
            say(
                "{path} has {both}. Expected one of the two. Rename or remove a column.",
                path=path.name,
                both=both,
            )
        )
    return found[0]


def counted_codes(asked: Counted, encoding: str) -> pd.DataFrame:
    """Codes of the places of a table of the user's, as areas: ``municipality`` and ``area``."""
    assert asked.file is not None
    table = read_table(asked.file, codes_if_any=["municipality", "area"], encoding=encoding)
    codes = sorted(table[place_column(table, asked.file)].unique())
    return pd.DataFrame({"municipality": codes, "area": codes})


def periods_of(panel: Panel, asked: Counted, path: Path) -> list[str]:
    """Periods from the first to the last asked for."""
    unknown = [one for one in (asked.first, asked.last) if one and one not in panel.periods]
    if unknown:
        raise UnknownCodeError.among(
            "period",
            unknown,
            list(panel.periods),
            say("Name periods that {file} has.", file=path.name),
        )
    first, last = asked.first or panel.periods[0], asked.last or panel.periods[-1]
    return [one for one in panel.periods if first <= one <= last]


def of_areas(panel: Panel, regions: Division, path: Path) -> Panel:
    """Counts by the areas of the division itself, which all must be there."""
    strange = [code for code in panel.areas if code not in regions.codes]
    if strange:
        raise UnknownCodeError.among("area", strange, list(regions.codes))
    lost = [code for code in regions.codes if code not in panel.areas]
    if lost:
        raise DataError(
            say(
                "{path} lacks {n_lost} of {n_codes} areas: {lost}. Expected every area of the "
                "division; where nothing was counted, say 0. Add them.",
                path=path.name,
                n_lost=len(lost),
                n_codes=len(regions.codes),
                lost=examples(lost),
            )
        )
    return replace(
        panel.select(areas=list(regions.codes)), division=regions.name,
        sources=(*panel.sources, *regions.sources),
    )  # fmt: skip


def carried(panel: Panel, regions: Division, date: str) -> Panel:
    """Add counts of places up to the areas of a division.

    Raises
    ------
    UnknownCodeError
        A code that was not valid on the day.
    DataError
        No place lies in any area.
    """
    if regions.is_bundled_country:
        require_codes(pd.Series(panel.areas), date, wards=True)
        added: Panel = aggregate(panel, regions, date=date, missing="skip").panel
        return replace(added, notes=panel.notes)
    area_of = dict(zip(regions.members["municipality"], regions.members["area"], strict=True))
    outside = [code for code in panel.areas if code not in area_of]
    if len(outside) == len(panel.areas):
        raise DataError(
            say(
                "No place of the counts lies in an area: {outside}. Expected codes of {regions}, "
                "such as {area_of}. Check the codes.",
                outside=examples(outside),
                regions=regions.name,
                area_of=examples(area_of),
            )
        )
    ways = np.zeros((len(regions.codes), len(panel.areas)))
    for k, code in enumerate(panel.areas):
        if code in area_of:
            ways[regions.codes.index(area_of[code]), k] = 1.0
    note: tuple[Message, ...] = ()
    if outside:
        note = (say("Places of the counts in no area: {places}.", places=some_of(outside)),)
    return Panel(
        regions.codes,
        (ALL,),
        panel.periods,
        {name: np.einsum("ap,pit->ait", ways, values) for name, values in panel.values.items()},
        division=regions.name,
        sources=(*panel.sources, *regions.sources),
        notes=(*panel.notes, *note),
    )


def added_up(panel: Panel) -> pd.DataFrame:
    """Counts of all periods by area; of a stock, that of the last period."""
    columns = {}
    for name, values in panel.values.items():
        of_areas = values.sum(axis=1)
        columns[name] = of_areas[:, -1] if name.startswith("stock") else of_areas.sum(axis=1)
    return pd.DataFrame(columns, index=pd.Index(panel.areas, name="area"))


# ---- telling ------------------------------------------------------------------------------------


def _told(answer: ByArea) -> Iterator[Block]:
    first, last = answer.panel.periods[0], answer.panel.periods[-1]
    if first == last == ALL:
        yield say("The births were counted by area in a table that comes with the study.")
    else:
        yield say(
            "The births were counted by area in a table that comes with the study, from {first} to "
            "{last}.",
            first=first,
            last=last,
        )
    if answer.panel.notes:
        yield Bullets(answer.panel.notes)
    yield Note(
        say(
            "No K-density and no clusters: a table of births has no points of plants, and these "
            "measures need them."
        )
    )
    if answer.series is not None:
        yield Finding(
            answer.series, title=say("Corporations born, closed and moved, month by month")
        )
    if answer.moves is not None:
        table = answer.moves.table
        shown = pd.concat([table.head(10), table.tail(10)]) if len(table) > 20 else table
        yield Finding(
            answer.moves,
            title=say("Moves are no births: who gained and who lost companies"),
            table=Table.of(
                answer.moves,
                name="company_moves",
                title=say("Moves of companies between areas, largest gains and losses"),
                frame=shown[["area_en", "area_ja", "moved_in", "moved_out", "net"]],
                digits=0,
            ),
        )


COUNTED = CountedChapter()
