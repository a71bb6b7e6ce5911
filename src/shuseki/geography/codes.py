"""Which municipality does a code in a user's file mean?

A code has five digits. JIS X 0402 puts a sixth behind them, a check digit, and spreadsheets eat the
zero in front, so that ``12025`` may be the sixth-digit form of 01202 (012025) without its zero, and
``12106`` both 12106 and 01210 with its check digit. One code alone cannot tell; a file as a whole
can::

    six digits, the last one right      the first five                        131113 → 13111
    five digits, no code, but 0 + five digits end in the right check digit:
        the file holds six digits, or no other five      the first four       12025 → 01202
    five digits that are both:
        the file holds six digits, and no plain five     the first four       12106 → 01210
        the file holds plain five, and no six digits     as it stands
        it holds both                                    cannot be told
    four digits                                          never, only told     1202: 01202?

Takes: the codes of one file. Gives: what each is read as, and why; and which of a table's codes are
no municipalities (totals, counties, empty ones). Codes of other countries are left alone.
Source: JIS X 0402; codes as in ``areas``.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from shuseki.geography.areas import (
    LAST_DAY,
    NO_CODE,
    check_codes,
    check_digit,
    cities_of_wards,
    first_days,
    groups,
    malformed,
    named,
)
from shuseki.language import Message, joined, say

__all__ = ["are_of_japan", "not_municipalities", "read_codes"]

DECIMALS = re.compile(r"\.0*$")
NO_MUNICIPALITY = ("empty", "country", "prefecture", "county")


def read_codes(codes: Iterable[str]) -> pd.DataFrame:
    """Say what the codes of one file are read as, where that is not what is written.

    Parameters
    ----------
    codes
        All codes of a file, repeated or not: they are judged together.

    Returns
    -------
    DataFrame
        One row per code that is not read as it stands, or could be read otherwise: ``code``;
        ``read``, the five digits meant, ``""`` where that cannot be told; ``how``, one of
        ``"check digit"``, ``"lost zero"``, ``"spelling"`` (decimals, full width, blanks),
        ``"ambiguous"``, ``"malformed"``; ``advice``, a ``Message``.

    Examples
    --------
    >>> read_codes(["131113", "12025", "12106"])[["code", "read"]].to_numpy().tolist()
    [['12025', '01202'], ['12106', '01210'], ['131113', '13111']]
    >>> read_codes(["13111", "12106"]).empty
    True
    """
    written = {code: as_digits(code) for code in sorted({str(code) for code in codes})}
    texts = set(written.values())
    fives = {text for text in texts if len(text) == 5}
    plain = {text for text in fives if is_known(text)}
    shortened = {text for text in fives if checked(text)}
    style = Style(
        has_six=any(len(text) == 6 and checked(text) for text in texts),
        has_plain=bool(plain - shortened),
        has_shortened=bool(shortened - plain),
    )
    rows = []
    for code, text in written.items():
        if text == code and stands(text, style):
            continue  # most do, and have nothing to be said of them
        read, how, says = meant(code, text, style)
        if how == "as written":
            how = "spelling"
        rows.append((code, read, how, says))
    return pd.DataFrame(rows, columns=["code", "read", "how", "advice"], dtype=object)


@dataclass(frozen=True, slots=True)
class Style:
    """What kinds of code a file holds.

    Six digits with the right last one; five that are a code and cannot be the end of six; five
    that are no code and can.
    """

    has_six: bool
    has_plain: bool
    has_shortened: bool

    @property
    def has_five_only(self) -> bool:
        """Whether five digits are written as they are: some are, and none has a sixth."""
        return self.has_plain and not self.has_six


def stands(text: str, style: Style) -> bool:
    """Whether five digits are read as they are: not the end of six, or among codes of five."""
    if len(text) != 5 or not text.isdigit():
        return False
    return not checked(text) or (is_known(text) and style.has_five_only)


def meant(code: str, text: str, style: Style) -> tuple[str, str, Message]:
    """What one code is read as, how, and what to say; ``text`` is the code without its spelling."""
    written = repr(code)
    if stands(text, style):
        return text, "as written", say("{code} is read as {read}.", code=written, read=named(text))
    if len(text) == 6 and checked(text):
        says = say(
            "{code} is read as {read}: the last is a check digit.",
            code=written,
            read=named(text[:5]),
        )
        return text[:5], "check digit", says
    if len(text) == 5 and checked(text):
        return shortened(written, text, style)
    says = say("The code is empty.") if text in NO_CODE else malformed(text, written)[1]
    if len(text) == 4 and is_known(f"0{text}"):
        fill = say(
            "Write codes as text, or fill them up in the layout: {filled}.",
            filled='municipality = { join = ["…"], pad = [5] }',
        )
        says = joined([says, fill], " ")
    return "", "malformed", says


def shortened(written: str, text: str, style: Style) -> tuple[str, str, Message]:
    """What five digits are read as that may be the end of six, by the other codes of the file."""
    other = f"0{text[:4]}"
    grown = say("{other} with a check digit and without its zero", other=named(other))
    if not is_known(text):
        if style.has_five_only:
            says = say("{code} is no code; it may be {grown}.", code=written, grown=grown)
            return "", "malformed", says
        return other, "lost zero", say("{code} is read as {read}.", code=written, read=grown)
    either = say("{code} is {one}, or {other}", code=written, one=named(text), other=grown)
    if style.has_plain:
        says = say(
            "{either}; the file holds codes of five and of six digits. Write all alike.",
            either=either,
        )
        return "", "ambiguous", says
    if style.has_six or style.has_shortened:
        says = say(
            "{either}; the other codes of the file have check digits, so it is the second.",
            either=either,
        )
        return other, "lost zero", says
    says = say("{either}; nothing in the file tells; it is read as the first.", either=either)
    return text, "ambiguous", says


def not_municipalities(codes: Iterable[str]) -> pd.DataFrame:
    """Say which codes of a table of areas are no municipalities: totals, and empty ones.

    A designated city is a total where the table holds wards of it as well. A table whose codes
    are not those of Japan's municipalities (other countries, districts, prefectures) has no
    totals that could be known here; only its empty codes are told.

    Returns
    -------
    DataFrame
        ``code``, ``reason`` (``"empty"``, ``"country"``, ``"prefecture"``, ``"county"``,
        ``"total of its wards"``) and ``advice``.

    Examples
    --------
    >>> not_municipalities(["00000", "01000", "01100", "01202", ""])["reason"].tolist()
    ['empty', 'country', 'prefecture']
    >>> not_municipalities(["01", "02", "03"]).empty
    True
    """
    given = sorted({"" if pd.isna(code) else str(code).strip() for code in codes})
    told = check_codes(given, LAST_DAY, wards=True)[["code", "reason", "advice"]]
    told = told[told["reason"].isin(NO_MUNICIPALITY)]
    if not are_of_japan(given):
        known = {"empty"}
        if all(is_total(code) for code in given if code):  # prefectures and the nation
            known.add("country")
        return told[told["reason"].isin(known)].reset_index(drop=True)
    divided = {cities_of_wards()[code] for code in given if code in cities_of_wards()}
    totals = [
        (city, "total of its wards", say("{city} is there beside its wards.", city=named(city)))
        for city in sorted(divided.intersection(given))
    ]
    wholes = pd.DataFrame(totals, columns=told.columns, dtype=object)
    return pd.concat([told, wholes], ignore_index=True)


def are_of_japan(codes: Iterable[str]) -> bool:
    """Whether codes are those of Japanese municipalities: more than half of them, totals aside.

    Examples
    --------
    >>> are_of_japan(["13111", "14101", "99999"]), are_of_japan(["06037", "36061", "17031"])
    (True, False)
    """
    given = {str(code) for code in codes} - {""}
    areas = [code for code in given if not is_total(code)]
    return 2 * sum(code in first_days() for code in areas) > len(areas)


def as_digits(code: str) -> str:
    """A code without blanks, decimals and full-width digits."""
    return DECIMALS.sub("", unicodedata.normalize("NFKC", code).strip())


def is_total(code: str) -> bool:
    """Whether a code is the country's, a prefecture's, or a group's."""
    return code == "00000" or (code[2:] == "000" and "01" <= code[:2] <= "47") or code in groups()


def is_known(code: str) -> bool:
    """Whether five digits were ever the code of a municipality, a ward or a total."""
    return code in first_days() or is_total(code)


def checked(code: str) -> bool:
    """Whether five or six digits are a known code with its check digit, its zero lost or not."""
    if not (code.isascii() and code.isdigit()):
        return False
    whole = code.zfill(6)
    return is_known(whole[:5]) and check_digit(whole[:5]) == whole[5]
