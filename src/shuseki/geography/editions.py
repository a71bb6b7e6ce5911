"""Which municipality of one date is each code of several dates?

Records of different years bear codes of different editions. Before areas are compared, every code
is brought to the municipalities of one day::

    a ward                      its city (or itself, where wards are asked for)
    ended before the day        what replaced it; of several, the one with the largest share
    began after the day         what it was formed from, when that is one municipality
                                (a town that became a city); when it is several, these and the
                                code itself become one area under the code

Takes: codes and a day. Gives: an ``Edition``, a table of code and municipality. Codes that are no
Japanese ones stay as they are. Sources: as ``areas``. Limits: a code that went on while it took
over others cannot tell which of them is meant in a file of a later edition than its records.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from shuseki.geography.areas import (
    Date,
    cities_of_wards,
    first_days,
    heirs,
    list_day,
    municipalities,
    names,
    origins,
    told_of_lists,
)
from shuseki.geography.codes import are_of_japan
from shuseki.language import Message, say
from shuseki.language.names import some_of

__all__ = ["Edition", "edition", "moved"]


@dataclass(frozen=True, eq=False)
class Edition:
    """Codes brought to one day.

    Attributes
    ----------
    day
        Whose municipalities they are.
    table
        ``code``, ``municipality`` and ``reason``: ``""`` where they are the same, ``"ward"``,
        ``"ended"``, ``"divided"`` (several replaced it), ``"not yet"`` (it came later, from one),
        ``"merged later"`` (it came later, from several, or is one of them), ``"unknown"``.
    """

    day: str
    table: pd.DataFrame

    def of(self) -> dict[str, str]:
        """Code → municipality."""
        return dict(zip(self.table["code"], self.table["municipality"], strict=True))


def edition(codes: Collection[str], date: Date, *, by_ward: Collection[str] = ()) -> Edition:
    """Bring codes to the municipalities of a day.

    Parameters
    ----------
    codes
        Codes of any date since 1995.
    date
        The day; one after the newest list is read by that list.
    by_ward
        Designated cities whose wards stay apart.

    Examples
    --------
    >>> edition(["14101", "34206", "04423", "04216"], "2012-12-31").of()
    {'04216': '04423', '04423': '04423', '14101': '14100', '34206': '34205'}
    """
    day = list_day(date)
    given = sorted({str(code) for code in codes})
    same = pd.DataFrame({"code": given, "municipality": given, "reason": ""})
    if not are_of_japan(given):
        return Edition(day, same)
    begins, wards = first_days(), cities_of_wards()
    to, why = dict(zip(given, given, strict=True)), dict.fromkeys(given, "")
    for code in given:
        if code not in begins:
            why[code] = "unknown"
            continue
        unit = code if wards.get(code) in by_ward else wards.get(code, code)
        if begins[unit] > day:
            older = origins(unit, day)
            to[code] = older[0] if len(older) == 1 else unit
            why[code] = "not yet" if len(older) == 1 else "merged later"
        elif later := heirs(unit, day):
            to[code], why[code] = later[0], "ended" if len(later) == 1 else "divided"
        else:
            to[code], why[code] = unit, "ward" if unit != code else ""
    whole: dict[str, str] = {}  # part on the day → the newest area that it belongs to
    newer = {unit for unit in to.values() if begins.get(unit, "") > day}
    for unit in sorted(newer, key=lambda unit: (begins[unit], unit)):
        whole |= dict.fromkeys((unit, *origins(unit, day)), unit)
    for code, at in to.items():
        first = next(iter(origins(at, day)), at) if at in whole and begins[at] > day else at
        if first in whole:
            to[code], why[code] = whole[first], "merged later"
    return Edition(day, same.assign(municipality=list(to.values()), reason=list(why.values())))


def moved(counts: pd.DataFrame, days: Mapping[int, str], day: str) -> tuple[Message, ...]:
    """Say how many plants count elsewhere than under their code.

    Parameters
    ----------
    counts
        ``wave``, ``municipality``, ``plants``; ``municipality_then``, ``reason``, ``area`` and
        ``share`` as of ``Division.places``.
    days
        Wave → the day that it is a picture of.
    day
        The day to which the codes were brought.
    """
    if not are_of_japan(counts["municipality"]):
        return ()
    notes = list(told_of_lists(set(days.values())))
    inside, reason, day = counts["area"] != "", counts["reason"], list_day(day)
    valid = pd.Series(False, index=counts.index)
    for wave, when in days.items():
        then = municipalities(list_day(when), wards=True)["code"]
        valid |= (counts["wave"] == wave) & counts["municipality"].isin(then)

    def tell(rows: "pd.Series[bool]", says: Message) -> None:
        if rows.any():
            codes = sorted(counts.loc[rows, "municipality"].unique())
            notes.append(
                say(
                    "{says}: {n:,} ({places}).",
                    says=says,
                    n=int(counts.loc[rows, "plants"].sum()),
                    places=some_of(f"{code} {names().get(code, '')}".strip() for code in codes),
                )
            )

    tell(reason == "ward", say("Plants with codes of wards, counted with their city"))
    tell(
        reason.isin(("ended", "not yet")) & valid & inside,
        say(
            "Plants whose code was merged or renamed by {day}, counted with its successor", day=day
        ),
    )
    tell(
        ~valid & (reason != "unknown"),
        say(
            "Plants with a code of another date than their wave, counted with the place that it "
            "was on {day} as far as that is certain",
            day=day,
        ),
    )
    tell(
        reason == "merged later",
        say(
            "Plants with a code that was formed after {day} of several municipalities, and plants "
            "of these, counted as one area",
            day=day,
        ),
    )
    tell(
        reason == "divided",
        say("Plants with a code that was divided, counted with the larger part"),
    )
    tell(reason == "unknown", say("Plants with a code that no municipality of Japan ever had"))
    tell(
        inside & (counts["share"] < 1),
        say(
            "Plants in municipalities that by {day} belong to several areas, counted in that of "
            "the largest part",
            day=day,
        ),
    )
    return tuple(notes)
