"""Which municipalities form one district?

A division puts municipalities into areas, each in at most one. Bundled are

- ``"district-253"``: the industrial districts (工業地区) of Okamuro 2006, codes ``001``–``253``,
  read from appendix table 3 of the paper, with a mark of confidence for every member;
- ``"prefecture"``: the 47 prefectures;
- ``"commuting-zone-1995"``: commuting zones from the commuting flows of the 1995 census;
- ``"municipality"``: every municipality for itself.

Any other division is a table with two columns, municipality and area.

Takes municipality codes of a date; gives area codes. A panel by municipality is added up by
``aggregate``; where its codes are of another date than the division's, merged municipalities that
lie in two areas are divided by size, and the audit trail says so.
Sources: Okamuro 2006, appendix table 3; Adachi, Fukai, Kawaguchi, Saito, commuting zones.
Limits: 596 municipalities of 1995 are in none of the 253 districts; 94 members were completed from
context, where a line of the list was cut (``confidence`` and ``complete`` say which).
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.areas import (
    CODES,
    Date,
    iso_date,
    municipalities,
    prefectures,
    read,
    require_codes,
)
from shuseki.geography.mergers import Conversion, Crosswalk, P, convert, crosswalk, size_on
from shuseki.sources import OKAMURO_2006, Source

__all__ = ["BUNDLED", "Division", "aggregate", "division", "division_from_table"]

BUNDLED = ("district-253", "prefecture", "commuting-zone-1995", "municipality")
BASE_DATE = 1995

COMMUTING_ZONES = Source(
    "CommutingZones",
    "Adachi, D., T. Fukai, D. Kawaguchi, Y. Saito, Commuting Zones in Japan, RIETI DP 20-E-021",
    "1995",
    terms="cite the paper",
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
        ``municipality``, ``area``, ``confidence`` (``"high"``, ``"medium"``, ``"low"``).
    areas
        ``code``, ``name_ja``, ``name_en``, ``prefecture`` (of most people), ``latitude``,
        ``longitude`` (degrees, centre of population), ``municipalities`` (count), ``complete``
        (whether the list of members is certain).
    """

    name: str
    date: str
    members: pd.DataFrame
    areas: pd.DataFrame
    sources: tuple[Source, ...] = ()

    @property
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
            f"Division {name!r} is a list of municipalities of {BASE_DATE}, asked for {day}. "
            "Leave the date out, and use .crosswalk(date) or aggregate(panel, division, date=...)."
        )
    return bundled(name, day)


def division_from_table(
    table: pd.DataFrame | str | Path,
    *,
    name: str = "user",
    date: Date = BASE_DATE,
    municipality: str = "municipality",
    area: str = "area",
) -> Division:
    """Make a division of a table with two columns.

    Parameters
    ----------
    table
        A table, or a CSV file (UTF-8), one row per municipality. Optional columns ``name_ja``
        and ``name_en`` name the areas.
    name
        What to call the division.
    date
        Day of the municipality codes.
    municipality, area
        Names of the two columns.

    Raises
    ------
    DataError
        A column is missing, a cell is empty, or a municipality is in two areas.
    UnknownCodeError
        A code was not valid on the date; the message names its likely successor.
    """
    frame = pd.read_csv(table, dtype=str) if isinstance(table, str | Path) else table
    missing = [column for column in (municipality, area) if column not in frame.columns]
    if missing:
        raise DataError(
            f"Missing columns: {examples(missing)}. Found {examples(frame.columns, 12)}. "
            "Expected one column of municipality codes and one of area codes. Name them."
        )
    empty = frame[[municipality, area]].isna().any(axis=1)
    if empty.any():
        raise DataError(
            f"Empty cells in rows {examples(np.flatnonzero(empty))}. "
            "Expected a municipality and an area in every row. Fill or remove the rows."
        )
    members = pd.DataFrame(
        {
            "municipality": frame[municipality].astype(str).to_numpy(),
            "area": frame[area].astype(str).to_numpy(),
        }
    ).drop_duplicates()
    twice = members[members["municipality"].duplicated(keep=False)].sort_values(
        ["municipality", "area"]
    )
    if len(twice):
        where = twice.groupby("municipality")["area"].agg(" and ".join)
        raise DataError(
            f"Municipalities in more than one area: "
            f"{examples(f'{code} in {both}' for code, both in where.items())}. "
            "Expected each in at most one. Keep one row of each."
        )
    require_codes(members["municipality"], date)
    named = [column for column in ("name_ja", "name_en") if column in frame.columns]
    names = frame.assign(code=frame[area].astype(str)).drop_duplicates("code").set_index("code")
    day = iso_date(date)
    members["confidence"] = "high"
    return Division(
        name,
        day,
        members.sort_values("municipality", ignore_index=True),
        describe(members, names[named], day),
        (Source(name, "User's division", day[:4], origin="user"), CODES),
    )


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


# ---- the way from municipalities to areas ------------------------------------------------------


@lru_cache(maxsize=128)
def usual_way(to: Division, day: str) -> Crosswalk:
    """Lead to the areas, dividing by population; kept, because every year of a panel asks."""
    return way(to, day, None)


def way(to: Division, day: str, sizes: "pd.Series[float] | None") -> Crosswalk:
    """Lead from the municipalities of a day to the areas."""
    members = to.members
    own = Crosswalk(
        pd.DataFrame(
            {
                "from_code": members["municipality"],
                "to_code": members["area"],
                "weight": 1.0,
                "kind": "member",
                "date": "",
            }
        ),
        f"municipality on {to.date}",
        to.name,
        to.areas,
        from_date=to.date,
        sources=to.sources,
    )
    return own if day == to.date else crosswalk(day, to.date, sizes=sizes).then(own)


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
        return Division(name, day, kept, areas, (OKAMURO_2006.at("appendix table 3"), CODES))
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
    units = municipalities(day).set_index("code")
    table = members.assign(
        size=members["municipality"].map(size_on(day)).to_numpy() + 1e-9,
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
