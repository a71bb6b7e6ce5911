"""Which areas existed on a date, and what were they called?

A municipality is a five-digit code (the first two digits are the prefecture) that was valid
between two dates. A *city* of more than 500,000 may be divided into *wards*, which have codes of
their own: statistics of establishments often come by ward, censuses of the whole city by city.
The 23 *special wards* of Tokyo are municipalities.

Takes a date: ``"2000-10-01"``, a ``datetime.date``, or a year, which means the census day,
1 October. Gives tables with one row per municipality.
Sources: e-Stat 廃置分合等情報, replayed from 1970 to 2024 (``derive/geography.py``); the replay
gives exactly the code lists of the censuses of 1995 to 2020 in Kondo's municipality converter. The
newest list is that of 2024-01-01; the register of corporations has no newer code up to August 2026.
Since 1970 no code has been given to a second municipality.
Centres: MLIT 国土数値情報 N03, centre of the polygon at the first census after the code began.
Check digits: JIS X 0402.
Limits: 1995-01-01 to 2024-01-01; a ward has the centre of its city; English names are spelt from
the official readings by rule, without long vowels; the six villages of the Northern Territories,
for which no statistics exist, are left out.
"""

import datetime
import numbers
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import pandas as pd

from shuseki.errors import ParameterError, UnknownCodeError, examples
from shuseki.language import Message, joined, listed, say
from shuseki.language.names import TwoNames, some_of
from shuseki.sources import Source

__all__ = [
    "CODES",
    "LAST_DAY",
    "Date",
    "Municipality",
    "check_codes",
    "check_digit",
    "city_of",
    "first_days",
    "heirs",
    "iso_date",
    "list_day",
    "lookup",
    "municipalities",
    "names",
    "origins",
    "population",
    "prefectures",
    "require_codes",
    "told_of_lists",
    "valid_days",
]

Date = str | int | datetime.date
FIRST_DAY, LAST_DAY = "1995-01-01", "2024-01-01"
"""The days of the oldest and the newest list of codes."""
CENSUS_DAY = "10-01"
NO_CODE = ("", "nan", "None", "<NA>")
"""What stands where there is no code."""

CODES = Source(
    "MunicipalityCodes",
    TwoNames(
        "MIC, e-Stat 廃置分合等情報 (via jpcity); Kondo, K., Municipality Map Converter, RIETI TP",
        "総務省統計局、e-Stat廃置分合等情報（jpcity経由）；近藤恵介、"
        "Municipality Map Converter、RIETI TP",
    ),
    "1970-2024",
    terms=TwoNames(
        "GoJ Standard Terms of Use 2.0; MIT; Kondo: free use with citation",
        "政府標準利用規約（第2.0版）；MIT；近藤：引用すれば自由に利用できる",
    ),
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
            raise UnknownCodeError(
                say(
                    "Unknown municipality code: {explain}",
                    explain=explain(str(code), LAST_DAY)[1],
                )
            )
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
        ``"not yet"``, ``"ward"``, ``"prefecture"``, ``"country"``, ``"county"`` (counties, branch
        offices, the special wards as a whole), ``"empty"``, ``"malformed"``, ``"unknown"``;
        ``successor``, the code to use instead where one is known, else ``""`` (several are
        separated by spaces, the largest share first); ``advice``, a ``Message``.

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
        dtype=object,  # text would keep the English of a message only
    )


def require_codes(codes: Collection[str], date: Date, *, wards: bool = False) -> None:
    """Raise ``UnknownCodeError`` unless every code was valid on the date."""
    wrong = check_codes(codes, date, wards=wards)
    if len(wrong):
        raise UnknownCodeError(
            say(
                "{n:count(municipality code)} unknown on {day}: {codes}. Expected five-digit "
                "codes valid on that day. {advice}",
                n=len(wrong),
                day=iso_date(date),
                codes=examples(wrong["code"]),
                advice=joined(wrong["advice"].head(3), " "),
            )
        )


def city_of(codes: pd.Series) -> pd.Series:
    """Replace the codes of wards by those of their designated cities; leave the others."""
    return codes.map(cities_of_wards()).fillna(codes)


def check_digit(code: str) -> str:
    """The sixth digit that JIS X 0402 puts after a code of five digits.

    The weights 6, 5, 4, 3, 2 of the five digits give a sum s; the digit is the last one of
    11 − s mod 11.

    Examples
    --------
    >>> check_digit("13111"), check_digit("01202")
    ('3', '5')
    """
    weighted = sum(weight * int(digit) for weight, digit in zip(range(6, 1, -1), code, strict=True))
    return str((11 - weighted % 11) % 10)


def list_day(date: Date) -> str:
    """The day whose list of codes tells about a date: the date itself, or the nearest list's.

    Examples
    --------
    >>> list_day("2025-12-31"), list_day("2000-12-31")
    ('2024-01-01', '2000-12-31')
    """
    return min(max(as_day(date), FIRST_DAY), LAST_DAY)


def told_of_lists(days: Collection[str]) -> tuple[Message, ...]:
    """Say which days have no list of codes, and by which list their codes are read.

    Examples
    --------
    >>> told_of_lists(["2000-12-31", "2025-12-31"])
    ('No list of municipality codes is newer than 2024-01-01; it is used for 2025-12-31.',)
    """
    early = sorted({day for day in days if day < FIRST_DAY})
    late = sorted({day for day in days if day > LAST_DAY})
    notes = []
    if early:
        notes.append(
            say(
                "No list of municipality codes is older than {day}; it is used for {days}.",
                day=FIRST_DAY,
                days=some_of(early),
            )
        )
    if late:
        notes.append(
            say(
                "No list of municipality codes is newer than {day}; it is used for {days}.",
                day=LAST_DAY,
                days=some_of(late),
            )
        )
    return tuple(notes)


def valid_days(codes: Iterable[str]) -> tuple[str, str] | None:
    """First and last day on which all of some codes were valid; None when there was none.

    Examples
    --------
    >>> valid_days(["12239", "12100"])
    ('2013-01-01', '2024-01-01')
    """
    first, last = FIRST_DAY, LAST_DAY
    begins, ends = first_days(), last_days()
    for code in codes:
        if code not in begins:
            return None
        first = max(first, begins[code])
        if ends[code]:
            before = datetime.date.fromisoformat(ends[code]) - datetime.timedelta(days=1)
            last = min(last, before.isoformat())
    return (first, last) if first <= last else None


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
            say(
                "No census population of {year} is bundled. Expected one of {years}.",
                year=year,
                years=listed(years),
            )
        )
    return table[column].dropna()


def iso_date(date: Date) -> str:
    """Write a date as ``YYYY-MM-DD``; a year means the census day, 1 October.

    Raises
    ------
    ParameterError
        It is no date, or no list of codes is known for it.
    """
    day = as_day(date)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ParameterError(
            say(
                "No municipality codes are known for {day}. Expected {first_day} to {last_day}.",
                day=day,
                first_day=FIRST_DAY,
                last_day=LAST_DAY,
            )
        )
    return day


def as_day(date: Date) -> str:
    """Write any date as ``YYYY-MM-DD``."""
    if isinstance(date, numbers.Integral) or (
        isinstance(date, str) and date.isdecimal() and len(date) == 4
    ):
        return f"{int(date):04d}-{CENSUS_DAY}"
    try:
        return datetime.datetime.fromisoformat(str(date)).date().isoformat()
    except ValueError:
        raise ParameterError(
            say(
                "Not a date: {date!r}. Expected YYYY-MM-DD, a date, or a year.",
                date=date,
            )
        ) from None


def as_municipality(row: "pd.Series[Any]") -> Municipality:
    """Turn a row of the bundled table into a record."""
    fields: dict[str, Any] = {str(name): value for name, value in row.items()}
    fields |= {axis: float(fields[axis]) for axis in ("latitude", "longitude")}
    return Municipality(**fields)


# ---- what became of a code -------------------------------------------------------------


def explain(code: str, day: str) -> tuple[str, Message, str]:
    """Reason, advice and successor(s) for a code that was not valid on a day."""
    if code in NO_CODE:
        return "empty", say("The code is empty."), ""
    if not (len(code) == 5 and code.isascii() and code.isdigit()):
        return malformed(code, repr(code))
    table = spells()
    found = table[table["code"] == code]
    if found.empty:
        if code == "00000":
            return "country", say("{code} is the whole country, not a municipality.", code=code), ""
        if code.endswith("000") and "01" <= code[:2] <= "47":
            said = say("{code} is a prefecture, not a municipality.", code=code)
            return "prefecture", said, ""
        if code in groups():
            said = say(
                "{code} ({name}) is a group of municipalities.", code=code, name=groups()[code]
            )
            return "county", said, ""
        near = nearest_codes(code, municipalities(day)["code"])
        said = say(
            "{code} was never valid from 1995 on; near it are {near}.", code=code, near=listed(near)
        )
        return "unknown", said, ""
    row = found.iloc[0] if found["valid_from"].min() > day else found.iloc[-1]
    both = f"{row['name_ja']}, {row['name_en']}" if row["name_en"] else str(row["name_ja"])
    name = TwoNames(both, str(row["name_ja"]))
    if row["valid_to"] and row["valid_to"] <= day:
        after = heirs(code, day)
        return "ended", until(code, name, row["valid_to"], after), " ".join(after)
    if row["valid_from"] > day:
        said = say(
            "{code} ({name}) became valid on {first}{whose}, after {day}; it was formed from "
            "{older}.",
            code=code,
            name=name,
            first=row["valid_from"],
            whose=say(" as a ward of {city}", city=row["city"]) if row["kind"] == "ward" else "",
            day=day,
            older=some_of(before) if (before := origins(code, day)) else say("no older code"),
        )
        return "not yet", said, ""
    said = say(
        "{code} ({name}) is a ward of {city}: use the city's code, or accept wards.",
        code=code,
        name=name,
        city=row["city"],
    )
    return "ward", said, str(row["city"])


def named(code: str) -> str:
    """A code with its name."""
    return say("{code} ({name})", code=code, name=names()[code]) if code in names() else code


def until(code: str, name: Message, last: str, after: list[str]) -> Message:
    """Say until when a code was valid, and what came after it."""
    about = {"code": code, "name": name, "last": last}
    heirs = joined(map(named, after), " and ")
    if not after:
        return say("{code} ({name}) was valid until {last}; no successor is recorded.", **about)
    return say(
        "{code} ({name}) was valid until {last}; its successor is {heirs}."
        if len(after) == 1
        else "{code} ({name}) was valid until {last}; its successors are {heirs}.",
        heirs=heirs,
        **about,
    )


def malformed(code: str, written: str) -> tuple[str, Message, str]:
    """Guess what a code with another number of digits was meant to be, and how it was written."""
    if code.isascii() and code.isdigit():
        whole = code.zfill(6)
        if len(code) in (5, 6) and whole[:5] in first_days():
            right = check_digit(whole[:5])
            said = (
                say(
                    "{code} looks like {like}: its last digit is a check digit.",
                    code=written,
                    like=whole[:5],
                )
                if right == whole[5]
                else say(
                    "{code} looks like {like}: but as a check digit its last digit would be "
                    "{digit}.",
                    code=written,
                    like=whole[:5],
                    digit=right,
                )
            )
            return "malformed", said, whole[:5]
        if len(code) == 4 and f"0{code}" in first_days():
            said = say(
                "{code} looks like {like}: its leading zero was lost.",
                code=written,
                like=f"0{code}",
            )
            return "malformed", said, f"0{code}"
    head, _, decimals = code.partition(".")
    if decimals and not decimals.strip("0") and head.zfill(5) in first_days():
        said = say(
            "{code} looks like {like}: it carries decimals.", code=written, like=head.zfill(5)
        )
        return "malformed", said, head.zfill(5)
    return "malformed", say("{code} is not a five-digit code.", code=written), ""


def nearest_codes(code: str, known: "pd.Series[str]") -> list[str]:
    """Give the three known codes of the same prefecture that are numerically nearest."""
    numbers = known.astype(int)
    same = known[known.str[:2] == code[:2]]
    pool = same if len(same) else known
    order = (numbers[pool.index] - int(code)).abs().sort_values(kind="stable").index[:3]
    return sorted(pool[order])


def heirs(code: str, day: str) -> list[str]:
    """Follow a code to those that had replaced it by a day, the largest share first.

    Wards are followed to wards. Empty when nothing had replaced it.
    """
    following = successors()
    current, settled = [code], False
    while not settled:
        after = [
            heir
            for old in current
            for heir in (
                following[old][1] if old in following and following[old][0] <= day else [old]
            )
        ]
        after = list(dict.fromkeys(after))
        settled, current = after == current, after
    return [] if current == [code] else current


def origins(code: str, day: str) -> list[str]:
    """Follow a code back to those of a day that it was formed from, the most populous first.

    A ward without an older ward goes back with its city. Empty when nothing older is recorded.
    """
    begins, before = first_days(), predecessors()
    found: set[str] = set()
    current, seen = [code], {code}
    while current:
        one = current.pop()
        older = [old for date, old in before.get(one, ()) if date > day]
        if not older and begins[one] > day and one in cities_of_wards():
            older = [cities_of_wards()[one]]
        if begins[one] <= day:
            found.add(one)
        current += [old for old in older if old not in seen]
        seen.update(older)
    people = populations().bfill(axis=1).iloc[:, 0]
    return sorted(found - {code}, key=lambda old: (-float(people.get(old, 0.0)), old))


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
def names() -> dict[str, str]:
    """The latest Japanese name of each code."""
    table = spells().drop_duplicates("code", keep="last")
    return dict(zip(table["code"], table["name_ja"], strict=True))


@lru_cache
def first_days() -> dict[str, str]:
    """The day from which each code was valid, ``""`` before 1970."""
    return {
        str(code): str(day) for code, day in spells().groupby("code")["valid_from"].min().items()
    }


@lru_cache
def last_days() -> dict[str, str]:
    """The day from which each code was valid no more, ``""`` while it is."""
    table = spells().sort_values("valid_from").drop_duplicates("code", keep="last")
    return dict(zip(table["code"], table["valid_to"], strict=True))


@lru_cache
def cities_of_wards() -> dict[str, str]:
    """The designated city of each ward."""
    wards = spells()[spells()["kind"] == "ward"]
    return dict(zip(wards["code"], wards["city"], strict=True))


@lru_cache
def groups() -> dict[str, str]:
    """Codes of counties, branch offices and of Tokyo's special wards as a whole, with names."""
    table = read("groups.csv")
    return dict(zip(table["code"], table["name_ja"], strict=True))


@lru_cache
def successors() -> dict[str, tuple[str, list[str]]]:
    """Code → the day of its end and what replaced it, the largest share first."""
    return {
        old: (date, [heir for heir, _ in sorted(after, key=lambda pair: -pair[1])])
        for date, old, after, _ in changes()
    }


@lru_cache
def predecessors() -> dict[str, list[tuple[str, str]]]:
    """Code → the codes that became part of it, with the days."""
    found: dict[str, list[tuple[str, str]]] = {}
    for date, old, after, _ in changes():
        for heir, _ in after:
            found.setdefault(heir, []).append((date, old))
    return found


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
