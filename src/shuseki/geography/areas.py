"""Which areas existed on a date, and what were they called?

A municipality is a five-digit code (the first two digits are the prefecture) that was valid
between two dates. A *city* of more than 500,000 may be divided into *wards*, which have codes of
their own: statistics of establishments often come by ward, censuses of the whole city by city.
The 23 *special wards* of Tokyo are municipalities.

Takes a date: ``"2000-10-01"``, a ``datetime.date``, or a year, which means the census day,
1 October. Gives tables with one row per municipality.
Sources: e-Stat 廃置分合等情報, replayed from 1970 to 2024 (``derive/geography.py``); the replay
gives exactly the code lists of the censuses of 1995 to 2020 in Kondo's municipality converter.
Centres: MLIT 国土数値情報 N03, centre of the polygon at the first census after the code began.
Limits: 1995-01-01 to 2024-01-01; a ward has the centre of its city; English names are spelt from
the official readings by rule, without long vowels; the six villages of the Northern Territories,
for which no statistics exist, are left out.
"""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import pandas as pd

from shuseki.errors import ParameterError, UnknownCodeError, examples
from shuseki.sources import Source

__all__ = [
    "CODES",
    "Date",
    "Municipality",
    "check_codes",
    "city_of",
    "iso_date",
    "lookup",
    "municipalities",
    "population",
    "prefectures",
    "require_codes",
]

Date = str | int | datetime.date
FIRST_DAY, LAST_DAY = "1995-01-01", "2024-01-01"
CENSUS_DAY = "10-01"

CODES = Source(
    "MunicipalityCodes",
    "MIC, e-Stat 廃置分合等情報 (via jpcity); Kondo, K., Municipality Map Converter, RIETI TP",
    "1970-2024",
    terms="GoJ Standard Terms of Use 2.0; MIT; Kondo: free use with citation",
    origin="public",
)


@dataclass(frozen=True, slots=True)
class Municipality:
    """One municipality or ward between the dates on which its code and name were valid.

    ``valid_from`` is ``""`` before 1970, ``valid_to`` is ``""`` while it exists; ``valid_to``
    is the first day on which it no longer did. ``city`` is the code of a ward's city.
    """

    code: str
    name_ja: str
    name_en: str
    prefecture: str
    county_ja: str
    kind: str
    city: str
    valid_from: str
    valid_to: str
    latitude: float
    longitude: float


# ---- public verbs ------------------------------------------------------------------------


def municipalities(date: Date = 1995, *, wards: bool = False) -> pd.DataFrame:
    """List the municipalities that existed on a date.

    Parameters
    ----------
    date
        Day, or year (then 1 October), from 1995-01-01 to 2024-01-01.
    wards
        Whether to list the wards of designated cities too, beside their cities.

    Returns
    -------
    DataFrame
        ``code``, ``name_ja``, ``name_en``, ``prefecture``, ``county_ja``, ``kind``, ``city``,
        ``valid_from``, ``valid_to``, ``latitude``, ``longitude`` (degrees), in order of code.

    Examples
    --------
    >>> len(municipalities(1995)), len(municipalities(2020))
    (3255, 1741)
    """
    table = spells()
    day = iso_date(date)
    valid = (table["valid_from"] <= day) & ((table["valid_to"] == "") | (table["valid_to"] > day))
    if not wards:
        valid &= table["kind"] != "ward"
    return table[valid].reset_index(drop=True)


def lookup(code: str, date: Date | None = None) -> Municipality:
    """Find one municipality or ward, on a date or in its latest form.

    Raises
    ------
    UnknownCodeError
        The code was not valid then; the message names its likely successor.

    Examples
    --------
    >>> lookup("34206").name_en
    'Innoshima-shi'
    """
    if date is None:
        table = spells()
        found = table[table["code"] == str(code)]
        if found.empty:
            raise UnknownCodeError(f"Unknown municipality code: {explain(str(code), LAST_DAY)[1]}")
        return as_municipality(found.iloc[-1])
    require_codes([code], date, wards=True)
    table = municipalities(date, wards=True)
    return as_municipality(table[table["code"] == str(code)].iloc[0])


def check_codes(codes: Iterable[str], date: Date, *, wards: bool = False) -> pd.DataFrame:
    """Say which of some codes were not valid municipality codes on a date, and why.

    Parameters
    ----------
    codes
        Codes to check, repeated or not.
    date
        Day, or year (then 1 October).
    wards
        Whether codes of wards are accepted.

    Returns
    -------
    DataFrame
        One row per code that was not valid: ``code``; ``reason``, one of ``"ended"``,
        ``"not yet"``, ``"ward"``, ``"prefecture"``, ``"malformed"``, ``"unknown"``;
        ``successor``, the code to use instead where one is known, else ``""`` (several are
        separated by spaces, the largest share first); ``advice``, a sentence.

    Examples
    --------
    >>> print(check_codes(["34206"], 2010).at[0, "advice"])
    34206 (因島市, Innoshima-shi) was valid until 2006-01-10; its successor is 34205 (尾道市).
    """
    day = iso_date(date)
    known = set(municipalities(day, wards=wards)["code"])
    rows = [
        (code, *explain(code, day))
        for code in sorted({str(code) for code in codes})
        if code not in known
    ]
    return pd.DataFrame(
        [(code, reason, successor, advice) for code, reason, advice, successor in rows],
        columns=["code", "reason", "successor", "advice"],
    )


def require_codes(codes: Collection[str], date: Date, *, wards: bool = False) -> None:
    """Raise ``UnknownCodeError`` unless every code was valid on the date."""
    wrong = check_codes(codes, date, wards=wards)
    if len(wrong):
        raise UnknownCodeError(
            f"Unknown municipality code{'s' if len(wrong) > 1 else ''} on {iso_date(date)}: "
            f"{examples(wrong['code'])}. Expected five-digit codes valid on that day. "
            + " ".join(wrong["advice"].head(3))
        )


def city_of(codes: pd.Series) -> pd.Series:
    """Replace the codes of wards by those of their designated cities; leave the others."""
    table = spells()
    wards = table[table["kind"] == "ward"].set_index("code")["city"]
    return codes.map(wards[~wards.index.duplicated()]).fillna(codes)


def prefectures() -> pd.DataFrame:
    """List the 47 prefectures: ``code``, ``name_ja``, ``name_en``."""
    return read("prefectures.csv").copy()


def population(year: int) -> "pd.Series[float]":
    """Census population by the municipality codes of the census, index ``code``, persons."""
    table = populations()
    column = f"population_{year}"
    if column not in table.columns:
        years = [name.removeprefix("population_") for name in table.columns]
        raise ParameterError(
            f"No census population of {year} is bundled. Expected one of {', '.join(years)}."
        )
    return table[column].dropna()


def iso_date(date: Date) -> str:
    """Write a date as ``YYYY-MM-DD``; a year means the census day, 1 October."""
    if isinstance(date, int) or (isinstance(date, str) and date.isdigit() and len(date) == 4):
        day = f"{int(date):04d}-{CENSUS_DAY}"
    else:
        try:
            day = datetime.date.fromisoformat(str(date)[:10]).isoformat()
        except ValueError:
            raise ParameterError(
                f"Not a date: {date!r}. Expected YYYY-MM-DD, a date, or a year."
            ) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ParameterError(
            f"No municipality codes are known for {day}. Expected {FIRST_DAY} to {LAST_DAY}."
        )
    return day


def as_municipality(row: "pd.Series[Any]") -> Municipality:
    """Turn a row of the bundled table into a record."""
    fields: dict[str, Any] = {str(name): value for name, value in row.items()}
    fields |= {axis: float(fields[axis]) for axis in ("latitude", "longitude")}
    return Municipality(**fields)


# ---- what became of a code -------------------------------------------------------------


def explain(code: str, day: str) -> tuple[str, str, str]:
    """Reason, advice and successor(s) for a code that was not valid on a day."""
    table = spells()
    if not (len(code) == 5 and code.isdigit()):
        return malformed(code)
    found = table[table["code"] == code]
    if found.empty:
        if code.endswith("000") and "01" <= code[:2] <= "47":
            return "prefecture", f"{code} is a prefecture, not a municipality.", ""
        near = nearest_codes(code, municipalities(day)["code"])
        return "unknown", f"{code} was never valid from 1995 on; near it are {near}.", ""
    row = found.iloc[0] if found["valid_from"].min() > day else found.iloc[-1]
    name = f"{row['name_ja']}, {row['name_en']}" if row["name_en"] else str(row["name_ja"])
    if row["valid_to"] and row["valid_to"] <= day:
        after = heirs(code, day)
        names = spells().drop_duplicates("code", keep="last").set_index("code")["name_ja"]
        said = " and ".join(f"{heir} ({names[heir]})" for heir in after)
        follows = f"{'its successors are' if len(after) > 1 else 'its successor is'} {said}."
        return (
            "ended",
            f"{code} ({name}) was valid until {row['valid_to']}; "
            + (follows if after else "no successor is recorded."),
            " ".join(after),
        )
    if row["valid_from"] > day:
        table = edges()
        before = table[(table["to_code"] == code) & (table["date"] > day)]["from_code"]
        return (
            "not yet",
            f"{code} ({name}) became valid on {row['valid_from']}, after {day}; "
            f"it was formed from {examples(before) if len(before) else 'no older code'}.",
            "",
        )
    return (
        "ward",
        f"{code} ({name}) is a ward of {row['city']}: use the city's code, or accept wards.",
        str(row["city"]),
    )


def malformed(code: str) -> tuple[str, str, str]:
    """Guess what a code with another number of digits was meant to be."""
    table = spells()["code"]
    candidates = {
        "its leading zero was lost": f"0{code}",
        "its last digit is a check digit": code[:5] if len(code) == 6 else "",
        "it carries decimals": code.split(".")[0].zfill(5) if "." in code else "",
    }
    for why, candidate in candidates.items():
        if candidate and (table == candidate).any():
            return "malformed", f"{code!r} looks like {candidate}: {why}.", candidate
    return "malformed", f"{code!r} is not a five-digit code.", ""


def nearest_codes(code: str, known: "pd.Series[str]") -> str:
    """Give the three known codes of the same prefecture that are numerically nearest."""
    numbers = known.astype(int)
    same = known[known.str[:2] == code[:2]]
    pool = same if len(same) else known
    order = (numbers[pool.index] - int(code)).abs().sort_values(kind="stable").index[:3]
    return ", ".join(sorted(pool[order]))


def heirs(code: str, day: str) -> list[str]:
    """Follow a code to those that had replaced it by a day, the largest share first."""
    after = {
        old: [heir for heir, _ in sorted(heirs_, key=lambda pair: -pair[1])]
        for date, old, heirs_, _ in changes()
        if date <= day
    }
    current, settled = [code], False
    while not settled:
        following = list(dict.fromkeys(heir for old in current for heir in after.get(old, [old])))
        settled, current = following == current, following
    return [] if current == [code] else current


# ---- bundled tables -------------------------------------------------------------------


@lru_cache
def read(name: str) -> pd.DataFrame:
    """Read a bundled table of text."""
    with (files("shuseki.geography") / "data" / name).open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    return pd.DataFrame(table)


@lru_cache
def spells() -> pd.DataFrame:
    """All codes and names since 1995 with their dates, one row each."""
    table = read("municipalities.csv")
    return table.assign(
        latitude=pd.to_numeric(table["latitude"]), longitude=pd.to_numeric(table["longitude"])
    )


@lru_cache
def edges() -> pd.DataFrame:
    """Which code became which: ``date``, ``from_code``, ``to_code``, ``weight``, ``kind``."""
    table = read("succession.csv")
    return table.assign(weight=pd.to_numeric(table["weight"]))


@lru_cache
def changes() -> tuple[tuple[str, str, tuple[tuple[str, float], ...], str], ...]:
    """All changes of codes in order of date: date, old code, new codes with weights, kind."""
    found: dict[tuple[str, str], tuple[list[tuple[str, float]], str]] = {}
    table = edges().sort_values(["date", "from_code"], kind="stable")
    for date, old, heir, weight, kind in zip(
        *(table[c].tolist() for c in ("date", "from_code", "to_code", "weight", "kind")),
        strict=True,
    ):
        found.setdefault((date, old), ([], kind))[0].append((heir, weight))
    return tuple((date, old, tuple(heirs), kind) for (date, old), (heirs, kind) in found.items())


@lru_cache
def populations() -> pd.DataFrame:
    """Census population by code, one column per census."""
    table = read("population.csv").set_index("code")
    return pd.DataFrame({name: pd.to_numeric(table[name], errors="coerce") for name in table})
