"""When did each establishment begin, and when did it end?

Waves show an establishment on single days. Many registers also say when it opened and closed. The
spell of a plant joins both::

    start   the day of opening where it is known, else the day of the first wave that saw it
    end     the day of closing where the latest record knows it; else, when a later wave misses the
            plant, the day of that wave; else the plant lives on the day of the last wave

An establishment is there on a day d when start ≤ d < end. One whose days contradict each other
(closed before it opened) is dated by waves alone. Days of closing after the last wave are not used.

Takes: a store, the places of its codes, a converter of numbers. Gives: one row per plant, an Ibis
expression. Limits: the end that a wave shows is late by at most one interval; a plant that lapses
and returns is one spell.
"""

from collections.abc import Sequence
from itertools import pairwise

import ibis
import ibis.expr.types as ir

from shuseki.linkage.exact import STORED, Converter, carried, converter_of
from shuseki.records.store import Store
from shuseki.records.tally import Places, by_cell, wave_day

__all__ = ["spells"]


def spells(
    store: Store,
    waves: Sequence[int],
    *,
    places: Places,
    converter: Converter | str = STORED,
) -> ir.Table:
    """One row per plant, with the days between which it lived.

    Returns
    -------
    ir.Table
        ``plant`` and ``ended`` (together its key), ``area`` and ``industry`` of its first record,
        ``area_last`` and ``industry_last`` of its latest, ``start``, ``start_known``, ``end``,
        ``end_known``, ``died`` (by the day of the last wave), ``first_wave``, ``seen`` (31 December
        of it) and ``first_there`` (whether its first record shows it open); nothing is null save
        areas outside the division.
    """
    years = sorted(waves)
    store.check_waves(years)
    changed = converter_of(store, converter)
    columns = ["wave", "municipality", "industry", "opened", "closed"]
    records = ibis.union(*[carried(store, y, years[-1], changed, columns) for y in years])
    records = by_cell(records, places).rename(plant="id")
    whole = ibis.window(group_by=["plant", "ended"])
    day = ibis.date(records.wave, 12, 31)
    records = records.mutate(
        there=records.closed.isnull() | (records.closed > day),
        first=records.wave == records.wave.min().over(whole),
        last=records.wave == records.wave.max().over(whole),
    )
    one = records.group_by("plant", "ended").agg(
        first_wave=records.wave.min(),
        last_wave=records.wave.max(),
        last_there=records.wave.max(where=records.there),
        first_there=records.there.any(where=records["first"]),
        opened=records.opened.min(),
        closed=records.closed.max(where=records["last"]),
        area=records.area.max(where=records["first"]),
        area_last=records.area.max(where=records["last"]),
        industry=records.industry.max(where=records["first"]),
        industry_last=records.industry.max(where=records["last"]),
    )
    sane = (one.opened.isnull() | one.closed.isnull() | (one.opened <= one.closed)).fill_null(True)
    missed = dict(pairwise(years))
    missed_in = ibis.null("int64")
    if missed:  # one wave, of a register that keeps the closed, misses nobody
        missed_in = one.last_wave.cases(*missed.items(), else_=missed_in)
    final = ibis.literal(wave_day(years[-1])).cast("date")
    opened = ibis.ifelse(sane, one.opened, ibis.null("date"))
    closed = ibis.ifelse(sane & (one.closed <= final), one.closed, ibis.null("date"))
    seen = ibis.date(one.first_wave, 12, 31)
    gone = ibis.date(missed_in, 12, 31)
    return one.mutate(
        start=ibis.coalesce(opened, ibis.least(seen, ibis.coalesce(closed, seen))),
        start_known=opened.notnull(),
        end=ibis.coalesce(closed, gone, final),
        end_known=closed.notnull(),
        died=closed.notnull() | gone.notnull(),
        seen=seen,
    )
