"""Which municipalities form one district?

A division puts municipalities into areas, each in at most one. Bundled are

- ``"district-253"``: the industrial districts (工業地区) of Okamuro 2006, codes ``001``–``253``,
  read from appendix table 3 of the paper, with a mark of confidence for every member;
- ``"prefecture"``: the 47 prefectures;
- ``"commuting-zone-1995"``: commuting zones from the commuting flows of the 1995 census;
- ``"municipality"``: every municipality for itself.

Any other division is a table with two columns, municipality and area; of any country, when its
``codes`` are said to be ``"any"``: then a code is a place in every wave, and areas may have a
parent, a point and an outline of the user's.

Takes municipality codes of a date; gives area codes. Codes of several dates, as records bear them,
are put into areas by ``Division.places``; wards go with their city, unless the division names them.
A panel by municipality is added up by
``aggregate``; where its codes are of another date than the division's, merged municipalities that
lie in two areas are divided by size, and the audit trail says so.
Sources: Okamuro 2006, appendix table 3; Adachi, Fukai, Kawaguchi, Saito, commuting zones.
Limits: 596 municipalities of 1995 are in none of the 253 districts; 94 members were completed from
context, where a line of the list was cut (``confidence`` and ``complete`` say which).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import shapely

from shuseki.arrays import Floats
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.areas import (
    CODES,
    Date,
    cities_of_wards,
    first_days,
    heirs,
    iso_date,
    list_day,
    municipalities,
    origins,
    prefectures,
    read,
    require_codes,
    valid_days,
)
from shuseki.geography.codes import are_of_japan, read_codes
from shuseki.geography.editions import edition
from shuseki.geography.gazetteers import Codes
from shuseki.geography.mergers import Conversion, Crosswalk, P, convert, crosswalk, size_on
from shuseki.language import Message, joined, say, words_of
from shuseki.language.names import some_of
from shuseki.reading.tables import as_codes, read_table
from shuseki.sources import OKAMURO_2006, Source

__all__ = [
    "BUNDLED",
    "Division",
    "aggregate",
    "division",
    "division_from_table",
    "division_of_members",
]

BUNDLED = ("district-253", "prefecture", "commuting-zone-1995", "municipality")
BASE_DATE = 1995

COMMUTING_ZONES = Source(
    "CommutingZones",
    "Adachi, D., T. Fukai, D. Kawaguchi, Y. Saito, Commuting Zones in Japan, RIETI DP 20-E-021",
    "1995",
    terms=say("cite the paper"),
    origin="public",
)


@dataclass(frozen=True, eq=False)
class Division:
    """A regional division.

    Attributes
    ----------
    name
        ``"district-253"``, … or the user's name.
    date
        Day whose municipality codes the members use.
    members
        ``municipality``, ``area``, ``confidence`` (``"high"``, ``"medium"``, ``"low"``). Wards may
        be members instead of their city.
    areas
        ``code``, ``name_ja``, ``name_en``, ``prefecture`` (of most people), ``latitude``,
        ``longitude`` (degrees, centre of population), ``municipalities`` (count), ``complete``
        (whether the list of members is certain).
    notes
        What was done to the codes of a user's table.
    codes_of
        Whose the codes of the members are: ``"japan"`` or ``"any"``.
    outlines
        Area code → its outline in degrees, where the user has given outlines.
    """

    name: str
    date: str
    members: pd.DataFrame
    areas: pd.DataFrame
    sources: tuple[Source, ...] = ()
    notes: tuple[str, ...] = ()
    codes_of: Codes = "japan"
    outlines: Mapping[str, shapely.Geometry] = field(default_factory=dict)

    @property
    def is_bundled_country(self) -> bool:
        """Whether its codes are those of the country whose statistics are bundled."""
        return self.codes_of == "japan"

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """What each area is a part of: its parent, or its prefecture; empty when unknown."""
        for column in ("parent", "prefecture"):
            if column in self.areas.columns:
                return tuple(self.areas[column].fillna("").astype(str))
        return ("",) * len(self.areas)

    def names(self, lang: str = "en") -> tuple[str, ...]:
        """Names of the areas in a language; the other language's, or the code, where it lacks."""
        first, second = ("name_ja", "name_en") if lang == "ja" else ("name_en", "name_ja")
        table = self.areas
        blank = pd.Series("", index=table.index)
        found = table.get(first, blank).fillna("")
        found = found.where(found != "", table.get(second, blank).fillna(""))
        return tuple(found.where(found != "", table["code"]).astype(str))

    @property
    def parent_kind(self) -> str:
        """What a parent is called: ``"prefecture"`` in Japan, else ``"parent"``."""
        return "prefecture" if self.codes_of == "japan" else "parent"

    def parent_names(self, lang: str = "en") -> dict[str, str]:
        """Parent → its name in a language; a user's parents are their own names."""
        if self.codes_of != "japan":
            return {parent: parent for parent in self.parents}
        column = "name_ja" if lang == "ja" else "name_en"
        table = prefectures()
        return dict(zip(table["code"], table[column], strict=True))

    @property
    def centres(self) -> Floats | None:
        """Latitude and longitude, degrees, shape ``(areas, 2)``; None when no area has them."""
        if not {"latitude", "longitude"} <= set(self.areas.columns):
            return None
        found = self.areas[["latitude", "longitude"]].to_numpy(dtype=float)
        return found if np.isfinite(found).any() else None

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Codes of the areas, in order."""
        return tuple(self.areas["code"])

    def crosswalk(
        self, date: Date | None = None, *, sizes: "pd.Series[float] | None" = None
    ) -> Crosswalk:
        """Lead from the municipalities of a date to the areas.

        Parameters
        ----------
        date
            Day of the municipality codes; the division's own by default.
        sizes
            Sizes that divide a municipality merged from several areas; population by default.
        """
        day = self.date if date is None else iso_date(date)
        return usual_way(self, day) if sizes is None else way(self, day, sizes)

    def assignment(self, date: Date | None = None) -> pd.DataFrame:
        """Put every municipality of a date into one area, that of its largest share.

        Returns
        -------
        DataFrame
            Index ``municipality``; ``area`` and ``share`` (1 unless the municipality was merged
            from several areas). Municipalities outside the division are left out.
        """
        table = self.crosswalk(date).table
        table = table.sort_values(["from_code", "weight"], ascending=[True, False])
        largest = table.drop_duplicates("from_code")
        largest = largest[largest["to_code"] != ""]
        return (
            largest[["from_code", "to_code", "weight"]]
            .set_axis(["municipality", "area", "share"], axis=1)
            .set_index("municipality")
        )

    def places(self, codes: Collection[str], date: Date) -> pd.DataFrame:
        """Put codes of several dates into areas, after bringing them to one day.

        Parameters
        ----------
        codes
            Codes of municipalities and wards, of any date since 1995.
        date
            The day; usually that of the last records.

        Returns
        -------
        DataFrame
            ``code``, ``municipality`` (on that day) and ``reason``, as of ``editions.edition``;
            ``area``, ``""`` outside the division; ``share`` of the municipality that lies in
            the area.
        """
        area_of = dict(zip(self.members["municipality"], self.members["area"], strict=True))
        if self.codes_of == "any":
            given = sorted({str(code) for code in codes})
            known = pd.DataFrame({"code": given, "municipality": given, "reason": "", "share": 1.0})
            return known.assign(area=[area_of.get(code, "") for code in given])
        by_ward = {cities_of_wards()[code] for code in area_of if code in cities_of_wards()}
        found = edition(codes, date, by_ward=by_ward)
        table = found.table.set_index("municipality", drop=False)
        known = self.assignment(found.day)
        if self.date > found.day:  # members of a later date than the records
            known = known.combine_first(self.assignment())
        area, share = known["area"].to_dict(), known["share"].to_dict()
        for unit in set(table.index) - set(area):
            area[unit], share[unit] = self._by_parts(unit, area_of)
        return table.assign(area=table.index.map(area), share=table.index.map(share)).reset_index(
            drop=True
        )

    def _by_parts(self, unit: str, area_of: Mapping[str, str]) -> tuple[str, float]:
        """Area of a code that is no municipality of the day: its own, or its largest part's."""
        if unit in area_of or unit not in first_days():
            return area_of.get(unit, ""), 1.0
        parts = (
            origins(unit, self.date) if first_days()[unit] > self.date else heirs(unit, self.date)
        )
        areas = [area_of.get(part, "") for part in parts]
        if not any(areas) and unit in cities_of_wards():
            areas = [area_of.get(cities_of_wards()[unit], "")]
        if not areas:
            return "", 1.0
        return areas[0], areas.count(areas[0]) / len(areas)

    def __repr__(self) -> str:
        return (
            f"<Division {self.name}: {len(self.areas):,} areas of {len(self.members):,} "
            f"municipalities on {self.date}>"
        )


# ---- public verbs ----------------------------------------------------------------------------


def division(name: str = "district-253", date: Date = BASE_DATE) -> Division:
    """Give a bundled division.

    Parameters
    ----------
    name
        One of ``BUNDLED``.
    date
        Day of the municipality codes, for ``"prefecture"`` and ``"municipality"``; the others
        are lists of 1995, and ``aggregate`` carries panels of other dates to them.

    Examples
    --------
    >>> division("district-253")
    <Division district-253: 253 areas of 2,659 municipalities on 1995-10-01>
    """
    if name not in BUNDLED:
        raise UnknownCodeError.among("division", [name], BUNDLED)
    day = iso_date(date)
    if name in ("district-253", "commuting-zone-1995") and day != iso_date(BASE_DATE):
        raise ParameterError(
            say(
                "Division {name!r} is a list of municipalities of {base_date}, asked for {day}. "
                "Leave the date out, and use .crosswalk(date) or aggregate(panel, division, "
                "date=...).",
                name=name,
                base_date=BASE_DATE,
                day=day,
            )
        )
    return bundled(name, day)


def division_from_table(
    table: pd.DataFrame | str | Path,
    *,
    name: str = "user",
    date: Date = BASE_DATE,
    municipality: str = "municipality",
    area: str = "area",
    encoding: str = "auto",
    codes: Codes = "japan",
) -> Division:
    """Make a division of a table with two columns.

    Parameters
    ----------
    table
        A table, or a CSV, Parquet or xlsx file, one row per municipality. Optional columns
        ``name_ja`` and ``name_en`` name the areas; ``parent``, ``latitude`` and ``longitude`` (of
        the area, degrees) are taken where ``codes`` is ``"any"``.
    name
        What to call the division.
    date
        Day of the municipality codes. Wards may stand beside or instead of their city.
    municipality, area
        Names of the two columns.
    encoding
        Of a text file, when it cannot be found.
    codes
        ``"japan"``: the codes are checked against the municipalities of the date. ``"any"``: a code
        is a place, whatever it looks like.

    Raises
    ------
    DataError
        A column is missing, a cell is empty, or a municipality is in two areas.
    UnknownCodeError
        A code was not valid on the date; the message names its likely successor.
    """
    if isinstance(table, str | Path):
        frame = read_table(
            table,
            codes_if_any=[municipality, area],
            text=["name_ja", "name_en", "parent"],
            numbers=["latitude", "longitude"],
            encoding=encoding,
        )
    else:
        frame = table
    missing = [column for column in (municipality, area) if column not in frame.columns]
    if missing:
        raise DataError(
            say(
                "Missing columns: {missing}. Found {columns}. Expected one column of municipality "
                "codes and one of area codes. Name them.",
                missing=examples(missing),
                columns=examples(frame.columns, 12),
            )
        )
    members = pd.DataFrame(
        {
            "municipality": as_codes(frame[municipality], municipality).to_numpy(),
            "area": as_codes(frame[area], area).to_numpy(),
        }
    )
    given = members["area"].to_numpy()
    members = members.drop_duplicates()
    twice = members[members["municipality"].duplicated(keep=False)].sort_values(
        ["municipality", "area"]
    )
    if len(twice):
        where = twice.groupby("municipality")["area"].agg(list)
        raise DataError(
            say(
                "Municipalities in more than one area: {where}. Expected each in at most one. "
                "Keep one row of each.",
                where=examples(
                    say("{code} in {areas}", code=code, areas=joined(both, " and "))
                    for code, both in where.items()
                ),
            )
        )
    if codes == "any":
        return division_of_any(members, frame.assign(area=given), name=name)
    members["municipality"], notes = _read(members["municipality"])
    _require_valid(members["municipality"], date)
    named = [column for column in ("name_ja", "name_en") if column in frame.columns]
    names = frame.assign(code=given).drop_duplicates("code").set_index("code")
    day = iso_date(date)
    members["confidence"] = "high"
    return Division(
        name,
        day,
        members.sort_values("municipality", ignore_index=True),
        describe(members, names[named], day),
        (Source(name, say("User's division"), day[:4], origin="user"), CODES),
        notes,
    )


def division_of_any(
    members: pd.DataFrame, areas: pd.DataFrame | None = None, *, name: str = "user"
) -> Division:
    """Make a division of codes that are those of no bundled list.

    Parameters
    ----------
    members
        ``municipality`` and ``area``, each municipality once.
    areas
        What is known of the areas, the first row of each: ``area``, and any of ``name_en``,
        ``name_ja``, ``parent``, ``latitude``, ``longitude`` (degrees).
    name
        What to call the division.
    """
    table = pd.DataFrame({"code": sorted(members["area"].unique())})
    known = pd.DataFrame({"area": []}) if areas is None else areas
    known = known.drop_duplicates("area").set_index("area")
    for column in ("name_en", "name_ja", "parent"):
        words = known[column].fillna("").to_dict() if column in known else {}
        table[column] = [str(words.get(code, "")) for code in table["code"]]
    for column in ("latitude", "longitude"):
        degrees = known[column].to_dict() if column in known else {}
        table[column] = [float(degrees.get(code, np.nan)) for code in table["code"]]
    table["municipalities"] = table["code"].map(members["area"].value_counts())
    table["complete"] = True
    return Division(
        name,
        "",
        members[["municipality", "area"]]
        .sort_values("municipality", ignore_index=True)
        .assign(confidence="high"),
        table,
        (Source(name, say("User's areas"), "", origin="user"),),
        codes_of="any",
    )


def division_of_members(table: pd.DataFrame, date: Date, codes: Codes = "japan") -> Division:
    """Make a division of a table of members whose date is not known.

    The codes are taken as those of the day nearest to ``date`` on which all of them were valid;
    of ``date`` where there was no such day.

    Parameters
    ----------
    table
        ``municipality`` and ``area``, each municipality once.
    codes
        Whose the codes are; of Japan's only when the members' look like them.
    """
    if codes == "any" or not are_of_japan(table["municipality"]):
        return division_of_any(table)
    day = list_day(date)
    if span := valid_days(table["municipality"]):
        day = min(max(day, span[0]), span[1])
    areas = pd.DataFrame({"code": sorted(table["area"].unique())})
    return Division("user", day, table[["municipality", "area"]], areas)


HOW_READ: Mapping[str, Message] = {
    "check digit": say("the last digit is a check digit"),
    "lost zero": say("with a check digit and without its zero"),
    "ambiguous": say("ambiguous"),
    "spelling": say("spelling"),
}
"""Ways of reading a code, by the name that ``read_codes`` gives them."""


def _read(codes: "pd.Series[str]") -> tuple["pd.Series[str]", tuple[Message, ...]]:
    """Read the codes of a user's table, with check digits or without."""
    odd = read_codes(codes)
    odd = odd[(odd["read"] != "") & (odd["read"] != odd["code"])]
    if odd.empty:
        return codes, ()
    meant = dict(zip(odd["code"], odd["read"], strict=True))
    note = say(
        "Codes of the division read otherwise than written: {codes}.",
        codes=some_of(
            say("{code} as {read} ({how})", code=code, read=read, how=HOW_READ[how])
            for code, read, how in zip(odd["code"], odd["read"], odd["how"], strict=True)
        ),
    )
    return codes.replace(meant), (note,)


def _require_valid(codes: "pd.Series[str]", date: Date) -> None:
    """Refuse codes that were not valid on the date, and say on which day all of them were."""
    try:
        require_codes(codes, date, wards=True)
    except UnknownCodeError as error:
        span = valid_days(codes)
        if span is None:
            raise
        raise UnknownCodeError(
            say(
                "{error} All codes of the table were valid from {span} to {span_2}: say date = "
                '"{span_2}".',
                error=words_of(error),
                span=span[0],
                span_2=span[1],
            )
        ) from None


def aggregate(
    panel: P,
    by: Division,
    *,
    date: Date | None = None,
    averages: dict[str, str] | None = None,
    missing: Literal["unknown", "skip"] = "unknown",
    sizes: "pd.Series[float] | None" = None,
) -> Conversion[P]:
    """Add a panel by municipality up to the areas of a division.

    Parameters
    ----------
    panel
        Values by municipality.
    by
        The division.
    date
        Day of the panel's municipality codes; the division's own by default.
    averages, missing
        As for ``mergers.convert``.
    sizes
        As for ``Division.crosswalk``.
    """
    return convert(panel, by.crosswalk(date, sizes=sizes), averages=averages, missing=missing)


def other_divisions(than: Division) -> dict[str, Division]:
    """Bundled divisions of the same country into larger areas, for comparison."""
    names = ("commuting-zone-1995", "prefecture")
    dates = {"prefecture": than.date}
    return {name: division(name, dates.get(name, BASE_DATE)) for name in names if name != than.name}


# ---- the way from municipalities to areas ------------------------------------------------------


@lru_cache(maxsize=128)
def usual_way(to: Division, day: str) -> Crosswalk:
    """Lead to the areas, dividing by population; kept, because every year of a panel asks."""
    return way(to, day, None)


def way(to: Division, day: str, sizes: "pd.Series[float] | None") -> Crosswalk:
    """Lead from the municipalities of a day to the areas."""
    members = _with_cities(to.members[["municipality", "area"]].assign(weight=1.0))
    own = Crosswalk(
        pd.DataFrame(
            {
                "from_code": members["municipality"],
                "to_code": members["area"],
                "weight": members["weight"],
                "kind": "member",
                "date": "",
            }
        ),
        say("municipality on {day}", day=to.date),
        to.name,
        to.areas,
        from_date=to.date,
        sources=to.sources,
    )
    return own if day == to.date else crosswalk(day, to.date, sizes=sizes).then(own)


def _with_cities(members: pd.DataFrame) -> pd.DataFrame:
    """Add the cities of which only wards are members: in equal parts, for wards have no sizes."""
    city = members["municipality"].map(cities_of_wards())
    wards = members.assign(municipality=city)[city.notna() & ~city.isin(members["municipality"])]
    if wards.empty:
        return members
    parts = wards.groupby(["municipality", "area"], as_index=False)["weight"].sum()
    parts["weight"] /= parts.groupby("municipality")["weight"].transform("sum")
    both: list[pd.DataFrame] = [members, pd.DataFrame(parts)]
    return pd.concat(both, ignore_index=True)


# ---- making the bundled ones -----------------------------------------------------------------


@lru_cache
def bundled(name: str, day: str) -> Division:
    """Read or derive a bundled division."""
    if name == "district-253":
        members = read("district_members.csv").rename(columns={"district": "area"})
        table = read("districts.csv")
        areas = table[["code", "name_ja", "name_en", "prefecture"]].assign(
            latitude=pd.to_numeric(table["latitude"]),
            longitude=pd.to_numeric(table["longitude"]),
            municipalities=table["code"].map(members["area"].value_counts()),
            complete=table["complete"] == "true",
        )
        kept = members[["municipality", "area", "confidence"]]
        return Division(
            name,
            day,
            kept,
            areas,
            (OKAMURO_2006.at(say("appendix table {number}", number=3)), CODES),
        )
    if name == "commuting-zone-1995":
        members = read("commuting_zones_1995.csv").rename(columns={"zone": "area"})
        members = members.assign(confidence="high")
        size = size_on(day)
        largest = members.assign(size=members["municipality"].map(size))
        largest = largest.sort_values("size", ascending=False).drop_duplicates("area")
        units = municipalities(day).set_index("code")
        names = pd.DataFrame(
            {
                column: largest["municipality"].map(units[column]).to_numpy()
                for column in ("name_ja", "name_en")
            },
            index=largest["area"].to_numpy(),
        )
        return Division(name, day, members, describe(members, names, day), (COMMUTING_ZONES, CODES))
    units = municipalities(day)
    own = name == "municipality"
    members = pd.DataFrame(
        {
            "municipality": units["code"],
            "area": units["code"] if own else units["prefecture"],
            "confidence": "high",
        }
    )
    names = (units if own else prefectures()).set_index("code")[["name_ja", "name_en"]]
    return Division(name, day, members, describe(members, names, day), (CODES,))


def describe(members: pd.DataFrame, names: pd.DataFrame, day: str) -> pd.DataFrame:
    """Table of areas: names, the prefecture of most people, the centre of population."""
    units = municipalities(day, wards=True).set_index("code")
    table = members.assign(
        size=members["municipality"].map(size_on(day)).fillna(0.0).to_numpy() + 1e-9,
        prefecture=members["municipality"].str[:2],
        latitude=members["municipality"].map(units["latitude"]),
        longitude=members["municipality"].map(units["longitude"]),
    )
    size = table.groupby("area")["size"].sum()
    areas = pd.DataFrame({"code": size.index})
    for column in ("name_ja", "name_en"):
        areas[column] = (
            areas["code"].map(names[column]).fillna("") if column in names else areas["code"]
        )
    by_prefecture = table.groupby(["area", "prefecture"])["size"].sum().reset_index()
    most = by_prefecture.sort_values("size", ascending=False).drop_duplicates("area")
    areas["prefecture"] = areas["code"].map(most.set_index("area")["prefecture"])
    for axis in ("latitude", "longitude"):
        weighted = (table[axis] * table["size"]).groupby(table["area"]).sum() / size
        areas[axis] = weighted.reindex(areas["code"]).round(4).to_numpy()
    areas["municipalities"] = areas["code"].map(members["area"].value_counts())
    areas["complete"] = True
    return areas
