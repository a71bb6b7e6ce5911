"""What does a cell say: a number, a day, a year, a code, or that there is none?

One grammar for every file: records, panels, sites, regional accounts, divisions. A cell that can
be read in two ways is never read in one of them; it is a fault that names itself.

Numbers
    ``1234``, ``1,234``, ``1 234``, ``35.56``, ``1e6``; full-width digits; ``−5``, ``－5``, ``△5``
    and ``▲5`` are below zero; ``35,56`` has a decimal comma. ``1,234`` is 1234 and ``1.234`` is
    1.234, unless the column (or a file whose fields are parted by semicolons) speaks for a decimal
    comma: then they are 1.234 and 1234, or faults where the column does not settle it.
    Signs of tables: ``-`` ``－`` nil; ``X`` ``χ`` ``***`` ``(x)`` withheld; ``…`` ``NA`` ``NaN``
    not available. Not numbers: ``inf``, ``1e400``, ``12%``, ``(5)``, ``1_000``, ``①``.
Days
    ``1998-04-01``, ``1998/4/1``, ``1998.4.1``, ``19980401``, ``1998年4月1日``, ``平成10年4月1日``,
    ``H10.4.1``, each also with a time of day, in its own zone. ``199804``, ``1998-04``,
    ``1998年4月``, ``平成10年4月`` and ``H10.4`` are months: the first day, and a ``Sign`` that says
    so. A year is no day; ``98/4/1`` and ``1/4/1998`` have two readings. The second is read when the
    caller says which comes first (``order``), for the whole column and never cell by cell.
Codes
    The text as written, without the spaces around it; full-width digits become plain ones.

Takes: Arrow arrays of text (or of numbers and days, from Parquet). Gives: numpy or Arrow arrays,
and a ``Sign`` for each cell.
Source of the signs: Statistics Bureau of Japan, 統計表の符号 (``-`` nil, ``X`` withheld, ``…`` not
available).
"""

import datetime
import math
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shuseki.arrays import Bools

__all__ = [
    "Cells",
    "Convention",
    "Evidence",
    "Order",
    "Sign",
    "as_text",
    "codes_of",
    "days_of",
    "is_missing",
    "numbers_of",
    "read_day",
    "read_number",
    "read_year",
    "years_of",
]

Array: TypeAlias = Any
"""An Arrow array or chunked array; pyarrow has no types to name."""

Convention: TypeAlias = Literal["point", "comma", "unsettled"]
"""Which sign parts whole from decimal where a cell alone does not say."""

Order: TypeAlias = Literal["auto", "day-month-year", "month-day-year"]
"""What ``1/4/1998`` means; under ``"auto"`` it has two readings."""


class Sign(IntEnum):
    """What a cell turned out to be."""

    READ = 0
    EMPTY = 1
    NIL = 2  # nothing: the value is 0
    WITHHELD = 3  # may not be shown: unknown
    ABSENT = 4  # there is none: unknown
    PARTIAL = 5  # a month: the value is its first day
    BROKEN = 6  # no value of this kind: unknown
    AMBIGUOUS = 7  # two readings: unknown


@dataclass(frozen=True, slots=True)
class Evidence:
    """How many cells of a column speak for which decimal sign.

    Attributes
    ----------
    comma, point
        Cells that can only be read with a decimal comma, or only with a decimal point.
    unsure
        Cells like ``1,234`` and ``1.234``, which can be read with either.
    """

    comma: int = 0
    point: int = 0
    unsure: int = 0

    def __add__(self, other: "Evidence") -> "Evidence":
        """Evidence of two stretches of a column."""
        return Evidence(
            self.comma + other.comma, self.point + other.point, self.unsure + other.unsure
        )

    def convention(self, *, semicolons: bool = False) -> Convention:
        """How the unsure cells are to be read.

        Parameters
        ----------
        semicolons
            Whether the file's fields are parted by semicolons, as where the comma is the decimal
            sign.
        """
        if not self.comma:
            return "unsettled" if semicolons and not self.point else "point"
        return "comma" if not self.point and self.comma >= self.unsure else "unsettled"


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A column that has been read.

    Attributes
    ----------
    values
        Numbers (``nan`` where unknown), shape ``(n,)``; days and years are Arrow arrays.
    signs
        A ``Sign`` for each cell, ``int8``, shape ``(n,)``.
    evidence
        Of numbers: which decimal sign the column speaks for.
    """

    values: Any
    signs: np.ndarray
    evidence: Evidence = Evidence()

    @property
    def faults(self) -> Bools:
        """Cells that are no value of the kind, or two."""
        broken: Bools = self.signs >= Sign.BROKEN
        return broken


# ---- columns ------------------------------------------------------------------------------

WHOLE = r"^[+-]?[0-9]{1,15}$"
POINT = r"^[+-]?([0-9]*\.([0-9]{1,2}|[0-9]{4,17})|0?\.[0-9]{3}|[0-9]{4,}\.[0-9]{3})$"
UNSURE_POINT = r"^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}$"


def numbers_of(column: Array, convention: Convention = "point") -> Cells:
    """Read a column of numbers.

    Parameters
    ----------
    column
        Arrow array of text, or of numbers.
    convention
        How ``1,234`` and ``1.234`` are read.

    Returns
    -------
    Cells
        ``values``: float64, shape ``(n,)``.
    """
    column = flat(column)
    if is_numeric(column.type):
        return stored_numbers(column)
    text = as_text(column)
    values = np.full(len(text), np.nan)
    signs = np.full(len(text), Sign.EMPTY, np.int8)
    rest = truth(pc.not_equal(text, ""))
    sure = unsure = comma = 0
    for pattern in (WHOLE, POINT, UNSURE_POINT):
        if not rest.any() or (pattern == UNSURE_POINT and convention != "point"):
            break
        plain = rest & truth(pc.match_substring_regex(text, pattern))
        if plain.any():
            found = text if plain.all() else text.filter(pa.array(plain))
            values[plain] = found.cast(pa.float64()).to_numpy(zero_copy_only=False)
            signs[plain] = Sign.READ
            rest &= ~plain
            n = int(plain.sum())
            sure += n if pattern == POINT else 0
            unsure += n if pattern == UNSURE_POINT else 0
    left = np.flatnonzero(rest)
    if left.size:
        distinct, at = distinct_of(text.take(pa.array(left)))
        read = [read_number(one, convention) for one in distinct]
        values[left] = np.array([value for value, _ in read], dtype=float)[at]
        signs[left] = np.array([sign for _, sign in read], dtype=np.int8)[at]
        speaks = np.array([speaks_for(one) for one in distinct])[at]
        comma = int((speaks == ",").sum())
        sure += int((speaks == ".").sum())
        unsure += int((speaks == "?").sum())
    return Cells(values, signs, Evidence(comma, sure, unsure))


def stored_numbers(column: Array) -> Cells:
    """Numbers that a file holds as such."""
    values = column.cast(pa.float64(), safe=False).fill_null(np.nan)
    values = np.array(values.to_numpy(zero_copy_only=False), dtype=float)
    signs = np.where(np.isnan(values), Sign.ABSENT, Sign.READ).astype(np.int8)
    signs[np.isinf(values)] = Sign.BROKEN
    signs[truth(column.is_null())] = Sign.EMPTY
    values[signs != Sign.READ] = np.nan
    return Cells(values, signs)


def days_of(column: Array, order: Order = "auto") -> Cells:
    """Read a column of days; a moment counts as the day that it is in its own zone.

    Parameters
    ----------
    column
        Arrow array of text, or of days and moments.
    order
        What ``1/4/1998`` means.

    Returns
    -------
    Cells
        ``values``: an Arrow array of ``date32``.
    """
    column = flat(column)
    kind = column.type
    if pa.types.is_date(kind) or (pa.types.is_timestamp(kind)):
        moments = pc.local_timestamp(column) if getattr(kind, "tz", None) else column
        days = moments.cast(pa.date32(), safe=False)
        missing = truth(column.is_null())
        return Cells(days, np.where(missing, Sign.EMPTY, Sign.READ).astype(np.int8))
    distinct, at = distinct_of(as_text(column))
    read = [read_day(one, order) for one in distinct]
    days = pa.array([day for day, _ in read], pa.date32()).take(pa.array(at))
    return Cells(days, np.array([sign for _, sign in read], dtype=np.int8)[at])


def years_of(column: Array) -> Cells:
    """Read a column of years.

    Returns
    -------
    Cells
        ``values``: an Arrow array of ``int32``.
    """
    distinct, at = distinct_of(as_text(flat(column)))
    read = [read_year(one) for one in distinct]
    years = pa.array([year for year, _ in read], pa.int32()).take(pa.array(at))
    return Cells(years, np.array([sign for _, sign in read], dtype=np.int8)[at])


def codes_of(column: Array) -> Array:
    """Read a column of codes: text, empty where there is none."""
    text = as_text(flat(column))
    odd = truth(pc.match_substring_regex(text, CODE_TO_MEND))
    if not odd.any():
        return text
    distinct, at = distinct_of(text)
    mended = ["" if is_missing(one) else one.translate(FULL_WIDTH).strip() for one in distinct]
    return pa.array(mended, pa.string()).take(pa.array(at))


def as_text(column: Array) -> Array:
    """Turn a column of any kind into text without the spaces around it; empty where null.

    A decimal number that is whole is written without decimals, a moment in its own zone.

    Raises
    ------
    pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError
        For bytes that are not UTF-8, and for lists and other nested kinds.
    """
    column = flat(column)
    kind = column.type
    if pa.types.is_null(kind):
        return pa.array([""] * len(column), pa.string())
    if pa.types.is_floating(kind):
        values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return pa.array([number_text(value) for value in values], pa.string())
    if pa.types.is_decimal(kind):
        said = [None if value is None else f"{value:f}" for value in column.to_pylist()]
        trimmed = [
            said_.rstrip("0").rstrip(".") if said_ and "." in said_ else said_ for said_ in said
        ]
        return pa.array(trimmed, pa.string()).fill_null("")
    if pa.types.is_timestamp(kind):
        moments = pc.local_timestamp(column) if kind.tz else column
        said = [None if m is None else m.isoformat(sep=" ") for m in moments.to_pylist()]
        midnight = [m.removesuffix(" 00:00:00") if m else m for m in said]
        return pa.array(midnight, pa.string()).fill_null("")
    if not pa.types.is_string(kind):
        column = column.cast(pa.string())
    return pc.utf8_trim_whitespace(column.fill_null(""))


def number_text(value: float) -> str:
    """Write a stored number as text: whole ones without decimals, nothing for ``nan``."""
    if math.isnan(value):
        return ""
    if value.is_integer():
        return str(int(value))
    return repr(float(value))


# ---- one cell ------------------------------------------------------------------------------

FULL_WIDTH = {0xFF01 + k: 0x21 + k for k in range(94)} | dict.fromkeys(
    (0x3000, 0xA0, 0x2009, 0x202F, 0x2007), " "
)
"""Full-width ASCII and the spaces of tables → plain ones."""
NOT_A_CODE = "^(nan|NaN|NAN|None|none|null|NULL|<NA>|#N/A|N/A|NaT)$"
CODE_TO_MEND = f"[\uff01-\uff5e\ufeff]|{NOT_A_CODE}"
MINUS = str.maketrans(dict.fromkeys("−‐‑–", "-"))
NIL = frozenset("-—―ー")
WITHHELD = frozenset({"x", "χ", "***", "**", "(x)", "(χ)", "(d)"})
ABSENT = frozenset(
    {"…", "...", "‥", "..", ".", "na", "n/a", "n.a.", "#n/a", "nan", "none", "null", "<na>", "nat"}
)
MISSING = frozenset({"", "nan", "none", "null", "<na>", "#n/a", "n/a", "nat"})
NUMBER = re.compile(r"(?:([-+△▲]) ?)?([0-9][0-9.,' ’]*|\.[0-9]+)(?:[eE]([+-]?[0-9]{1,4}))?")
SPACED = re.compile(r"[0-9]{1,3}(?:([ '’])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]+)?")
GROUPED = {
    ",": re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?"),
    ".": re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?"),
}
EITHER = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
DECIMAL = {".": re.compile(r"[0-9]*\.[0-9]*"), ",": re.compile(r"[0-9]+,[0-9]+")}


def is_missing(text: str) -> bool:
    """Whether a code or an identifier says that there is none: empty, or ``nan``.

    ``NA`` is a code: of Naples, and of Namibia.
    """
    return text.strip("\ufeff ").casefold() in MISSING


def read_number(text: str, convention: Convention = "point") -> tuple[float, Sign]:
    """Read one number.

    Examples
    --------
    >>> read_number("△1,234"), read_number("35,56"), read_number("X")
    ((-1234.0, <Sign.READ: 0>), (35.56, <Sign.READ: 0>), (nan, <Sign.WITHHELD: 3>))
    """
    unknown = float("nan")
    said = text.translate(FULL_WIDTH).translate(MINUS).strip()
    if not said:
        return unknown, Sign.EMPTY
    if said in NIL:
        return 0.0, Sign.NIL
    if said.casefold() in WITHHELD:
        return unknown, Sign.WITHHELD
    if said.casefold() in ABSENT:
        return unknown, Sign.ABSENT
    parts = NUMBER.fullmatch(said)
    if parts is None:
        return unknown, Sign.BROKEN
    sign, body, power = parts.groups()
    digits = plain_digits(body, convention)
    if digits is None or (power and not re.fullmatch(r"[0-9]+(\.[0-9]*)?|\.[0-9]+", body)):
        either = EITHER.fullmatch(body) is not None and not power
        return unknown, Sign.AMBIGUOUS if either else Sign.BROKEN
    value = float(digits + (f"e{power}" if power else ""))
    if math.isinf(value):
        return unknown, Sign.BROKEN
    return (-value if sign in ("-", "△", "▲") else value), Sign.READ


def plain_digits(body: str, convention: Convention) -> str | None:
    """Digits with a decimal point at most, of digits with separators; None when they are not."""
    if body.isdigit():
        return body
    if SPACED.fullmatch(body):
        return re.sub(r"[ '’]", "", body).replace(",", ".")
    if EITHER.fullmatch(body):
        mark = "," if "," in body else "."
        if convention == "unsettled":
            return None
        decimal = "." if convention == "point" else ","
        return body.replace(mark, "." if mark == decimal else "")
    for mark, other in ((",", "."), (".", ",")):
        if GROUPED[mark].fullmatch(body):
            return body.replace(mark, "").replace(other, ".")
    for mark in ".,":
        if DECIMAL[mark].fullmatch(body):
            return body.replace(mark, ".")
    return None


def speaks_for(text: str) -> str:
    """Which decimal sign a cell can only have: ``,`` or ``.``; ``?`` for either, else empty."""
    said = text.translate(FULL_WIDTH).translate(MINUS).strip()
    parts = NUMBER.fullmatch(said)
    if parts is None or plain_digits(parts[2], "point") is None:
        return ""
    body = re.sub(r"[ '’]", "", parts[2]) if SPACED.fullmatch(parts[2]) else parts[2]
    if EITHER.fullmatch(parts[2]):
        return "?"
    last = max(body.rfind(","), body.rfind("."))
    if last < 0:
        return ""
    mark, other = body[last], "," if body[last] == "." else "."
    if other not in body and GROUPED[mark].fullmatch(body) and body == parts[2]:
        return other  # 1,234,567: the comma groups
    return mark


def read_year(text: str) -> tuple[int | None, Sign]:
    """Read a year, four digits from 1500 to 2299.

    Examples
    --------
    >>> read_year("1998"), read_year("199803")
    ((1998, <Sign.READ: 0>), (None, <Sign.BROKEN: 6>))
    """
    said = text.translate(FULL_WIDTH).strip()
    if is_missing(said):
        return None, Sign.EMPTY
    parts = re.fullmatch(r"([0-9]{4})(?:\.0*)?", said)
    if parts is None or not 1500 <= int(parts[1]) < 2300:
        return None, Sign.BROKEN
    return int(parts[1]), Sign.READ


ERAS = {
    "明治": ("1868-01-25", "1912-07-30"),
    "大正": ("1912-07-30", "1926-12-25"),
    "昭和": ("1926-12-25", "1989-01-07"),
    "平成": ("1989-01-08", "2019-04-30"),
    "令和": ("2019-05-01", "2999-12-31"),
}
"""First and last day of each era. Source: National Diet Library of Japan, 元号一覧."""
LETTERS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
LETTERS |= {"㍾": "明治", "㍽": "大正", "㍼": "昭和", "㍻": "平成", "㋿": "令和"}
SOLAR_CALENDAR = 1873
"""Before it the days of 明治 were those of another calendar."""
TIME = (
    r"(?:[T ]\s*([01]?[0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9])(?:\.[0-9]+)?)?"
    r"\s*(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2}(?:\[[A-Za-z_/+-]+\])?|[+-][0-9]{2})?)?"
)
DAY = re.compile(
    r"(?:([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})|([0-9]{4})([0-9]{2})([0-9]{2})"
    r"|([0-9]{4})年\s*([0-9]{1,2})月\s*([0-9]{1,2})日)" + TIME
)
ERA_DAY = re.compile(
    r"(明治|大正|昭和|平成|令和|[MTSHRmtshr㍾㍽㍼㍻㋿])\s*([0-9]{1,2}|元)"
    r"(?:年\s*([0-9]{1,2})月\s*([0-9]{1,2})日|([-/.])([0-9]{1,2})\5([0-9]{1,2}))" + TIME
)
MONTH = re.compile(
    r"(1[5-9][0-9]{2}|2[0-2][0-9]{2})(?:[-/.]?(0[1-9]|1[0-2])|[-/]([1-9])|年\s*([0-9]{1,2})月)"
)
ERA_MONTH = re.compile(
    r"(明治|大正|昭和|平成|令和|[MTSHRmtshr㍾㍽㍼㍻㋿])\s*([0-9]{1,2}|元)"
    r"(?:年\s*([0-9]{1,2})月|[-/.]([0-9]{1,2}))"
)
TWO_READINGS = re.compile(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1([0-9]{2}|[0-9]{4})")
YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})" + TIME)


def read_day(text: str, order: Order = "auto") -> tuple[datetime.date | None, Sign]:
    """Read a day.

    Examples
    --------
    >>> read_day("H10.4.1")
    (datetime.date(1998, 4, 1), <Sign.READ: 0>)
    >>> read_day("199812")
    (datetime.date(1998, 12, 1), <Sign.PARTIAL: 5>)
    >>> read_day("1/4/1998"), read_day("1/4/1998", "day-month-year")
    ((None, <Sign.AMBIGUOUS: 7>), (datetime.date(1998, 4, 1), <Sign.READ: 0>))
    """
    said = text.translate(FULL_WIDTH).translate(MINUS).strip()
    if is_missing(said):
        return None, Sign.EMPTY if not said else Sign.ABSENT
    if parts := DAY.fullmatch(said):
        found = parts.groups()
        year, month, day = next(
            found[k : k + 4 : 1] if k else (found[0], found[2], found[3])
            for k in (0, 4, 7)
            if found[k]
        )[:3]
        if found[10] == "24":
            return None, Sign.BROKEN
        return calendar_day(int(year), int(month), int(day))
    if parts := ERA_DAY.fullmatch(said):
        era, nth, month, day, _, month_, day_, hour = parts.groups()[:8]
        name = LETTERS.get(era.upper(), era)
        first, last = (datetime.date.fromisoformat(end) for end in ERAS[name])
        year = first.year - 1 + (1 if nth == "元" else int(nth))
        found_, sign = calendar_day(year, int(month or month_), int(day or day_))
        if found_ is None or hour == "24" or not first <= found_ <= last:
            return None, Sign.BROKEN
        if name == "明治" and year < SOLAR_CALENDAR:
            return None, Sign.BROKEN
        return found_, sign
    if parts := MONTH.fullmatch(said):
        year, *months = parts.groups()
        found_, sign = calendar_day(int(year), int(next(filter(None, months))), 1)
        return found_, Sign.PARTIAL if sign == Sign.READ else sign
    if parts := ERA_MONTH.fullmatch(said):
        return era_month(*parts.groups())
    if parts := YEAR_LAST.fullmatch(said):
        one, _, other, year, hour = parts.groups()[:5]
        if order == "auto":
            return None, Sign.AMBIGUOUS
        day, month = (one, other) if order == "day-month-year" else (other, one)
        if hour == "24":
            return None, Sign.BROKEN
        return calendar_day(int(year), int(month), int(day))
    return None, Sign.AMBIGUOUS if TWO_READINGS.fullmatch(said) else Sign.BROKEN


def era_month(
    era: str, nth: str, month: str | None, month_: str | None
) -> tuple[datetime.date | None, Sign]:
    """First day of a month of an era; of its first month, the first day of the era."""
    name = LETTERS.get(era.upper(), era)
    first, last = (datetime.date.fromisoformat(end) for end in ERAS[name])
    year = first.year - 1 + (1 if nth == "元" else int(nth))
    found, _ = calendar_day(year, int(month or month_ or 0), 1)
    if found is None or (name == "明治" and year < SOLAR_CALENDAR):
        return None, Sign.BROKEN
    if (found.year, found.month) == (first.year, first.month):
        found = first
    return (found, Sign.PARTIAL) if first <= found <= last else (None, Sign.BROKEN)


def calendar_day(year: int, month: int, day: int) -> tuple[datetime.date | None, Sign]:
    """A day of the calendar, if there is one."""
    try:
        return datetime.date(year, month, day), Sign.READ
    except ValueError:
        return None, Sign.BROKEN


# ---- arrays --------------------------------------------------------------------------------


def flat(column: Array) -> Array:
    """One Arrow array, without dictionary, with plain text."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # no chunk at all
            column = pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    is_text = (
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_binary,
        pa.types.is_large_binary,
    )
    return column.cast(pa.string()) if any(test(kind) for test in is_text) else column


def is_numeric(kind: Any) -> bool:
    """Whether an Arrow type holds numbers."""
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def truth(mask: Array) -> Bools:
    """An Arrow array of booleans as numpy; null is false."""
    if isinstance(mask, pa.ChunkedArray):
        mask = mask.combine_chunks()
    found: Bools = np.array(mask.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)
    return found


def distinct_of(text: Array) -> tuple[list[str], np.ndarray]:
    """Distinct values, and the position of each cell's among them."""
    coded = text.dictionary_encode()
    return coded.dictionary.to_pylist(), coded.indices.to_numpy(zero_copy_only=False)
