"""What do the numbers of each kind of answer come from?

An answer that is computed from records says here, once, what its table holds (``numbers``), for
every place that shows it: report, workbook, command line, API. A kind that is not in ``KINDS`` is
held where the records are a user's.

Kinds are known by the name of their class, so that nothing is imported for an answer that is not
there; a test holds that every name is one.

Universes: ``births`` (axes ``area``, ``industry``, ``step``, ``industry_group``), ``events``
(``area``, ``industry``, ``period``, ``kind``), ``stocks`` (``area``, ``industry``, ``period``),
``outcomes`` (``area``, ``outcome``), ``survival`` (``group``, ``years``, ``kind``).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from shuseki.language import say
from shuseki.panel import ALL, Panel
from shuseki.release.disclosure.figures import COUNT, Ledger, Universe
from shuseki.release.disclosure.numbers import Cells, Declared, Free, Held, Numbers, Statistic

__all__ = [
    "BORN",
    "KINDS",
    "births_universe",
    "counted_as",
    "declared",
    "equations",
    "events_universe",
    "linkage_universe",
    "links",
    "municipal_freedom",
    "outcomes_universe",
    "stocks_universe",
    "survival_universe",
]

BORN: Mapping[str, str] = MappingProxyType({"step": "born"})
"""The births among the candidates."""

POINTS = say("It shows where single establishments are.")
POWERS = say("Sums of powers of employees tell the size of each establishment of a small cell.")
SIGNED = say("A difference of counts has no interval that would protect it.")


def declared(result: Any, universes: Collection[str]) -> Declared:
    """What the numbers of an answer come from.

    Parameters
    ----------
    result
        Any answer.
    universes
        Names of those at hand; an answer that needs another is held.
    """
    for kind in type(result).__mro__:
        if kind.__name__ in KINDS:
            found = KINDS[kind.__name__](result)
            needed = {
                part.universe
                for part in found.numbers or ()
                if isinstance(part, Cells | Statistic) and part.universe
            }
            return found if needed <= set(universes) else Declared(None, "never")
    return Declared(None, "never")


# ---- universes ----------------------------------------------------------------------------------


def births_universe(panel: Panel, funnel: Any, groups: Mapping[str, str]) -> Universe:
    """Births by area and industry, and the candidates that each step of the funnel set aside."""
    frame = panel.to_frame()[["area", "industry", "births"]]
    return _funnelled("births", frame, funnel, groups)


def linkage_universe(funnel: Any) -> Universe:
    """Births of a linked register, and the records that each step of the funnel set aside."""
    born = pd.DataFrame({"area": [ALL], "industry": [ALL], "births": [float(funnel.left)]})
    return _funnelled("linkage", born, funnel, {})


def _funnelled(name: str, born: pd.DataFrame, funnel: Any, groups: Mapping[str, str]) -> Universe:
    frame = born.assign(step="born")
    aside = [("", "", float(step.set_aside), step.name) for step in funnel.steps[1:]]
    rows = pd.concat(
        [frame, pd.DataFrame(aside, columns=["area", "industry", "births", "step"])],
        ignore_index=True,
    )
    axes = ["area", "industry", "step"]
    order = {step.name: k for k, step in enumerate(funnel.steps)} | {"born": len(funnel.steps)}
    for k in range(len(funnel.steps)):
        rows[f"left_{k}"] = np.where(rows["step"].map(order) > k, "yes", "no")
        axes.append(f"left_{k}")
    return Universe.from_frame(name, rows, axes, count="births", groups={"industry": dict(groups)})


def events_universe(panel: Panel, counts: pd.DataFrame) -> Universe:
    """What happened to establishments, and those that were there, by area, industry and wave.

    Births of a wave are there on its day or, by days of closing, have passed away before it: they
    are deaths of the same wave.
    """

    def parted(said: Any) -> dict[str, Any]:
        first = said["establishments"] - (
            said["births"] + said["reappearances"] + said["survivors"]
        )
        passed = np.maximum(-first, 0.0)
        return {
            "births": said["births"] - passed,
            "passed": passed,
            "reappearances": said["reappearances"],
            "moved": said["moves"],
            "stayed": said["survivors"] - said["moves"],
            "died": said["deaths"] - np.minimum(passed, said["deaths"]),
            "lapses": said["lapses"],
            "first": np.maximum(first, 0.0),
        }

    frame = panel.to_frame()
    for name in panel.values:
        frame[name] = frame[name].fillna(0.0)
    parts = parted(frame)
    keys = frame[["area", "industry", "period"]]
    rows = pd.concat([keys.assign(kind=kind, count=n) for kind, n in parts.items()])
    outside = []
    for wave, said in counts.set_index("wave").iterrows():
        inside = rows[rows["period"] == str(wave)].groupby("kind")["count"].sum()
        whole = parted(said.fillna(0.0).astype(float))
        outside += [
            ("", "", str(wave), kind, n - inside.get(kind, 0.0)) for kind, n in whole.items()
        ]
    columns = ["area", "industry", "period", "kind", "count"]
    rows = pd.concat([rows, pd.DataFrame(outside, columns=columns)], ignore_index=True)
    rows["inside"] = np.where(rows["area"] == "", "no", "yes")
    there = ("births", "reappearances", "moved", "stayed", "first")
    rows["there"] = np.where(rows["kind"].isin(there), "yes", "no")
    axes = ["area", "industry", "period", "kind", "inside", "there"]
    for axis, kinds in (
        ("survived", ("moved", "stayed")),
        ("born", ("births", "passed")),
        ("ended", ("died", "passed")),
    ):
        rows[axis] = np.where(rows["kind"].isin(kinds), "yes", "no")
        axes.append(axis)
    return Universe.from_frame("events", rows, axes)


def stocks_universe(panel: Panel, largest: pd.DataFrame) -> Universe:
    """Establishments and their amounts by area, industry and wave.

    Parameters
    ----------
    panel
        ``plants``, and amounts.
    largest
        ``area``, ``industry``, ``period``, and for each amount ``<amount>_largest`` and
        ``<amount>_second``.
    """
    frame = panel.to_frame().merge(largest, on=["area", "industry", "period"], how="left")
    amounts = [name for name in panel.values if f"{name}_largest" in largest.columns]
    return Universe.from_frame(
        "stocks", frame, ["area", "industry", "period"], count="plants", amounts=amounts
    )


def outcomes_universe(counts: pd.DataFrame) -> Universe:
    """Numerators of the rates that are no births: one row per area, columns are outcomes."""
    rows = counts.rename_axis("area").reset_index().melt("area", var_name="outcome")
    return Universe.from_frame("outcomes", rows, ["area", "outcome"], count="value")


def survival_universe(result: Any) -> Universe:
    """Plants by group and the age at which they died, or were last seen; by waves, by birth too."""
    rows = []
    for group, curve in result.curves.groupby("group", sort=False):
        at_risk, deaths = curve["at_risk"].to_numpy(float), curve["deaths"].to_numpy(float)
        later = np.append(at_risk[1:], 0.0)
        for k, years in enumerate(curve["years"]):
            gone = max(at_risk[k] - deaths[k] - later[k], 0.0)
            rows += [(group, years, "died", deaths[k], k), (group, years, "seen", gone, k)]
    frame = pd.DataFrame(rows, columns=["group", "years", "kind", "count", "place"])
    axes = ["group", "years", "kind"]
    if result.cohorts is not None:
        born = result.cohorts.assign(kind=np.where(result.cohorts["died"], "died", "seen"))
        born = born.rename(columns={"plants": "count"}).astype({"group": str, "wave": str})
        place = frame[["group", "years", "place"]].drop_duplicates()
        frame = born.merge(place, on=["group", "years"])
        axes += ["code", "wave"]
    for k in range(int(frame["place"].max()) + 1 if len(frame) else 0):
        frame[f"from_{k}"] = np.where(frame["place"] >= k, "yes", "no")
        axes.append(f"from_{k}")
    return Universe.from_frame("survival", frame, axes)


def links(ledger: Ledger) -> None:
    """Write down what is known between universes: the same plants, and one wave to the next."""
    there = ledger.universes
    if "events" in there:
        _wave_to_wave(ledger, there["events"])
        _without_passed(ledger, there["events"])
    for one, where, other, elsewhere in (
        ("births", BORN, "events", {"kind": "births"}),
        ("births", BORN, "events", {"born": "yes"}),
        ("stocks", {}, "events", {"there": "yes", "inside": "yes"}),
    ):
        if one in there and other in there:
            _same(ledger, there[one], where, there[other], elsewhere)
    if "survival" in there and "wave" in there["survival"].axes:
        _still_there(ledger, there["survival"])
        for name, born in (("events", {"kind": "births"}), ("births", BORN)):
            if name in there:
                _born(ledger, there["survival"], there[name], born)


def _still_there(ledger: Ledger, lives: Universe) -> None:
    """Those still there at an age, whom no table writes and who follow from those at risk.

    They are the births of a wave.
    """
    cells = lives.atoms[["group", "years"]].drop_duplicates()
    for group, years in cells.itertuples(index=False):
        cell = {"group": [group], "years": [years], "kind": ["seen"]}
        ledger.figure(lives.name, lives.rows(cell, 1)[0], 0.0)


def _born(ledger: Ledger, lives: Universe, other: Universe, where: Mapping[str, str]) -> None:
    """Those followed from their birth in a wave are the births of that wave."""
    axes = [axis for axis in ("area", "industry", "industry_group") if axis in other.axes]
    for by in ("code", "group"):
        cells = lives.atoms[[by, "wave"]].drop_duplicates()
        for code, wave in cells.itertuples(index=False):
            followed = lives.rows({by: [code], "wave": [wave]}, 1)[0]
            period = {"period": wave} if "period" in other.axes else {}
            places: list[dict[str, str]] = [{axis: code} for axis in axes]
            for place in [{}] if code == ALL else places:
                named = {axis: [one] for axis, one in {**where, **period, **place}.items()}
                born = other.rows(named, 1)[0]
                ledger.knows([(lives.name, followed, 1.0), (other.name, born, -1.0)])


def _wave_to_wave(ledger: Ledger, events: Universe) -> None:
    waves = sorted(events.atoms["period"].unique())
    areas = [ALL, *sorted(set(events.atoms["area"]) - {""})]
    for before, wave in pairwise(waves):
        for area in areas:

            def of(area: str = area, **named: str) -> tuple[int, ...]:
                return events.rows({"area": [area], **{k: [v] for k, v in named.items()}}, 1)[0]

            ledger.knows(
                [
                    ("events", of(period=before, there="yes"), 1.0),
                    ("events", of(period=wave, kind="died"), -1.0),
                    ("events", of(period=wave, kind="lapses"), -1.0),
                    ("events", of(period=wave, survived="yes"), -1.0),
                ]
            )


def _without_passed(ledger: Ledger, events: Universe) -> None:
    """Births that are there on the day of a wave, and deaths of those there the wave before.

    Where others passed away between the two, these are other figures than births and deaths, which
    no table writes, and which follow from establishments and survivors.
    """
    atoms = events.atoms[events.atoms["kind"] == "passed"]
    cells = atoms[["area", "industry", "period"]].drop_duplicates()
    named = {(a, i, p) for a, i, p in cells.itertuples(index=False)}
    named |= {(a, ALL, p) for a, _, p in named} | {(ALL, ALL, p) for _, _, p in named}
    for area, industry, period in sorted(named):
        for kind in ("births", "died"):
            cell = {"area": [area], "industry": [industry], "period": [period], "kind": [kind]}
            ledger.figure(events.name, events.rows(cell, 1)[0], 0.0)


def _same(
    ledger: Ledger,
    one: Universe,
    where: Mapping[str, str],
    other: Universe,
    elsewhere: Mapping[str, str],
) -> None:
    """Cells of two universes that hold the same plants: those that agree everywhere in a period."""
    axes = [axis for axis in ("area", "industry", "period") if axis in one.axes]
    for period in sorted(other.atoms["period"].unique()):
        first = _chosen(one.atoms, where if "period" not in axes else {**where, "period": period})
        second = _chosen(other.atoms, {**elsewhere, "period": period})
        by = ["area", "industry"]
        left, right = first.groupby(by)[COUNT].sum(), second.groupby(by)[COUNT].sum()
        if not left.equals(right.astype(left.dtype)) or left.empty:
            continue
        at_first, at_second = first.groupby(by).groups, second.groupby(by).groups
        for key in left.index:
            ledger.knows(
                [
                    (one.name, tuple(map(int, at_first[key])), 1.0),
                    (other.name, tuple(map(int, at_second[key])), -1.0),
                ]
            )


def _chosen(atoms: pd.DataFrame, where: Mapping[str, str]) -> pd.DataFrame:
    keep = np.ones(len(atoms), dtype=bool)
    for axis, code in where.items():
        keep &= (atoms[axis] == code).to_numpy()
    return atoms[keep]


# ---- births, events, survival -------------------------------------------------------------------


def of_births(result: Any) -> Declared:
    """Births by area and industry."""
    by = {"area": "area", "industry": "industry"}
    return Declared((Cells(universe="births", columns=["births"], by=by, where=BORN),), "never")


def of_funnel(result: Any, universe: str = "births") -> Declared:
    """Every step, and groups of what is left."""
    steps, groups = [step.name for step in result.steps], list(result.groups)
    every = [*steps, *groups]
    last = len(steps) - 1
    aside = {"step": [*steps, *("(none)" for _ in groups)]}
    left: dict[str, Sequence[str]] = {
        f"left_{k}": ["yes" if k == min(n, last) else ALL for n in range(len(every))]
        for k in range(len(steps))
    }
    left["industry_group"] = [ALL] * len(steps) + groups
    whole = dict(left) | {"left_0": ["yes"] * len(every)}
    total = {f"left_{last}": "yes"}
    printed = ["printed_left", "printed_set_aside"]
    return Declared(
        (
            Cells(universe=universe, columns=["set_aside", "set_aside_difference"], by=aside),
            Cells(universe=universe, columns=["left", "left_difference"], by=left),
            Cells(
                universe=universe,
                columns=["left_share"],
                by=whole,
                needs=[list(left), ["left_0"]],
                computed=True,
            ),
            Cells(universe=universe, columns=["left_share"], where=total, needs=[[]]),
            Free(columns=printed),
        )
    )


def of_continuity(result: Any) -> Declared:
    """The funnel from the records of the later wave to births."""
    return of_funnel(result.funnel, "linkage")


def of_drawn_links(result: Any) -> Declared:
    """Births, deaths and survivors over drawn matchings: written where the fewest are enough."""
    return Declared((Statistic(units=tuple(result.to_frame()["low"])),))


EVENT_AXES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "establishments": {"there": "yes"},
        "births": {"born": "yes"},
        "reappearances": {"kind": "reappearances"},
        "survivors": {"survived": "yes"},
        "moves": {"kind": "moved"},
        "deaths": {"ended": "yes"},
        "lapses": {"kind": "lapses"},
    }
)


def event_cells(by: Mapping[str, str], **where: str) -> Numbers:
    """Cells of a table of events."""
    return tuple(
        Cells(universe="events", columns=[name], by=by, where={**axes, **where})
        for name, axes in EVENT_AXES.items()
    )


def of_events(result: Any) -> Declared:
    """Events by wave."""
    return Declared(event_cells({"period": "wave"}))


def of_survival(result: Any) -> Declared:
    """Deaths and plants at risk; the share that lives is computed from all before."""
    curves = result.curves
    place = curves.groupby("group", sort=False).cumcount().to_numpy()
    last = int(place.max()) if len(place) else 0
    risk: dict[str, Any] = {
        f"from_{k}": ["yes" if k == at else ALL for at in place] for k in range(last + 1)
    }
    whole = list(risk)
    risk["group"] = "group"
    by = {"group": "group", "years": "years"}
    share = ["survival_share", "standard_error_share"]
    return Declared(
        (
            Cells(universe="survival", columns=["deaths"], by=by, where={"kind": "died"}),
            Cells(universe="survival", columns=["at_risk"], by=risk),
            Cells(
                universe="survival",
                columns=share,
                by={"group": "group"},
                where={"kind": "died"},
                every=("years",),
                computed=True,
            ),
            Cells(
                universe="survival",
                columns=share,
                by={"group": "group"} | {axis: ["yes"] * len(place) for axis in whole},
                needs=[[axis, "group"] for axis in whole],
                computed=True,
            ),
        )
    )


# ---- rates and equations ------------------------------------------------------------------------


def counted_as(definitions: Any, outcome: str) -> tuple[str, dict[str, str]] | None:
    """Universe of an outcome's counts, and where in it; None for one that has no protection."""
    found = next((one for one in definitions.outcomes if one.name == outcome), None)
    if found is None:
        return None
    what, _, group = found.counts.partition("_")
    if what == "births":
        return "births", {**BORN, **({"industry_group": group} if group else {})}
    return None if what == "net" else ("outcomes", {"outcome": outcome})


def of_ranking(result: Any) -> Declared:
    """Areas in the order of their rates."""
    counted = counted_as(result.definitions, result.outcome)
    if counted is None:
        return Declared((Held(why=SIGNED),), "never")
    universe, where = counted
    columns = [result.counted, "rate"]
    codes = list(map(str, result.table["area"]))
    return Declared(
        (
            Cells(
                universe=universe, columns=columns, by={"area": codes}, where=where, ranked="first"
            ),
            Free(columns=["rank"]),
        )
    )


def equations(
    definitions: Any,
    outcomes: Iterable[str],
    units: float,
    count: int,
    columns: Sequence[str] = (),
    same: str = "",
) -> Numbers:
    """Numbers estimated over areas from outcomes: coefficients, tests, verdicts.

    Parameters
    ----------
    units
        Residual degrees of freedom.
    count
        How many numbers are estimated from each outcome.
    same
        What names these numbers, where several tables tell them.
    """
    found: list[Statistic | Held] = []
    for outcome in dict.fromkeys(outcomes):
        counted = counted_as(definitions, outcome)
        if counted is None:
            found.append(Statistic(columns=columns, units=units))
            continue
        universe, where = counted
        found.append(
            Statistic(
                columns=columns,
                units=units,
                universe=universe,
                where=where,
                over=("area",),
                equations=count,
                same=same,
            )
        )
    return tuple(found)


def municipal_freedom(inside: pd.Series, area_of: pd.Series, numbers: int, units: float) -> float:
    """How many residual degrees of freedom equations over municipalities leave a reader.

    Births of municipalities are never written, those of the areas may be: of an area with m
    municipalities that have births, m - 1 numbers are unknown. Every number that is estimated of
    them is taken for an equation.

    Parameters
    ----------
    inside
        Births, by municipality.
    area_of
        Area of each municipality, same index.
    numbers
        How many are estimated.
    units
        Residual degrees of freedom of the smallest equation.

    Examples
    --------
    Twelve municipalities in three areas, all with births: nine unknown.

    >>> births = pd.Series(2.0, index=[str(k) for k in range(12)])
    >>> areas = pd.Series([k // 4 for k in range(12)], index=births.index)
    >>> municipal_freedom(births, areas, 4, 9.0)
    5.0
    """
    some = inside[inside > 0]
    unknown = len(some) - area_of.reindex(some.index).nunique()
    return float(min(units, unknown - numbers))


def of_fits(result: Any, columns: Sequence[Any] = ()) -> Declared:
    """Equations: none saturated, none with a term that is there for one area or two.

    Of equations on the same areas the coefficients are computed of the same sums (of births, and of
    births times each term), whichever terms they have: these are counted, and the sum of squares.
    """
    fits = getattr(result, "fits", None) or (result,)
    fits = tuple(fits) if not isinstance(fits, Mapping) else tuple(fits.values())
    units = min((freedom(fit) for fit in fits), default=0.0)
    numbers: list[Cells | Statistic | Free | Held] = []
    for outcome in dict.fromkeys(fit.design.outcome for fit in fits):
        terms: dict[tuple[str, ...], set[str]] = {}
        for fit in fits:
            if fit.design.outcome == outcome:
                terms.setdefault(tuple(fit.sample.areas), set()).update(fit.terms)
        count = sum(len(one) + 1 for one in terms.values())
        told = equations(fits[0].definitions, [outcome], units, count, columns, "equations")
        numbers += told
    return Declared(tuple(numbers))


FEWEST_AREAS = 3
WHOLLY = 0.99


def freedom(fit: Any) -> float:
    """Residual degrees of freedom; 0 where an equation tells the outcome of an area or two.

    It does where the fitted outcome of an area is its own (leverage 1), and where a term is not 0
    for fewer than three areas.
    """
    x = np.asarray(fit.sample.regressors, dtype=float)
    few = ((x != 0).sum(axis=0) < FEWEST_AREAS).any()
    few |= ((x != 1).sum(axis=0)[1:] < FEWEST_AREAS).any()
    leverage = np.einsum("ij,ji->i", x, np.linalg.pinv(x))
    return 0.0 if few or leverage.max() > WHOLLY else float(fit.n - x.shape[1])


# ---- measures -----------------------------------------------------------------------------------


def of_quotients(result: Any) -> Declared:
    """A quotient is computed of its cell, both margins and the total."""
    by, where = {"area": "area", "industry": "industry"}, {"period": result.period}
    needs = [["area", "industry"], ["area"], ["industry"], []]
    return Declared(
        (
            Cells(universe="stocks", columns=[result.variable], by=by, where=where),
            Cells(
                universe="stocks",
                columns=["location_quotient", "lower", "upper"],
                by=by,
                where=where,
                needs=needs,
                computed=True,
            ),
        )
    )


def whole_areas(result: Any, **where: str) -> Cells:
    """Columns that are computed of every industry of an area."""
    return Cells(
        universe="stocks",
        columns=[str(c) for c in result.to_frame().columns if c not in ("area", "area_name")],
        by={"area": "area"},
        where=where,
        every=("industry",),
        computed=True,
    )


def of_area_measure(result: Any) -> Declared:
    """One row per area, computed of all its industries in one period."""
    return Declared((whole_areas(result, period=result.period),))


def of_shift_share(result: Any) -> Declared:
    """Computed of all industries of an area in two periods."""
    return Declared(tuple(whole_areas(result, period=one) for one in (result.start, result.end)))


def of_industries(result: Any) -> Declared:
    """Indices of an industry over areas."""
    columns = list(result.to_frame().columns)
    amounts = [c for c in ("plants", "employment") if c in columns]
    indices = [c for c in columns if c not in {*amounts, "industry", "industry_name", "other",
                                               "other_name"}]  # fmt: skip
    period = getattr(result, "period", None)
    where = {} if period is None else {"period": period}
    names = [c for c in ("industry", "other") if c in columns]
    told = pd.concat([result.to_frame()[name] for name in names]) if names else pd.Series(dtype=str)
    rows = int(told.value_counts().max()) if len(told) else 0
    parts: list[Cells | Statistic] = [
        Cells(universe="stocks", columns=[*amounts, *indices], by={"industry": name}, where=where)
        for name in names
    ]
    parts += [
        Statistic(
            columns=indices,
            universe="stocks",
            by={"industry": name},
            where=where,
            over=("area",),
            equations=rows * len(indices),
        )
        for name in names
    ]
    return Declared(tuple(parts))


def of_local_moran(result: Any) -> Declared:
    """The value of an area is a quotient; what neighbours add is computed of all areas."""
    where = {"industry": result.industry, "period": result.period}
    by = {"area": "area"}
    quotient = Cells(
        universe="stocks",
        columns=["location_quotient_less_1"],
        by={**by, "industry": [result.industry] * len(result.areas)},
        where={"period": result.period},
        needs=[["area", "industry"], ["area"], ["industry"], []],
        computed=True,
    )
    columns = ["local_moran", "p", "kind"]
    rest = Cells(universe="stocks", columns=columns, where=where, every=("area",), computed=True)
    return Declared((quotient, rest))


def of_clusters(result: Any) -> Declared:
    """Areas that hold many plants of an industry: written where every area of it is."""
    where = {"industry": result.industry, "period": result.period}
    return Declared(
        (Cells(universe="stocks", columns=(), where=where, every=("area",), computed=True),)
    )


def of_points(result: Any) -> Declared:
    """Points of plants."""
    return Declared((Held(why=POINTS),), "never")


def of_distances(result: Any) -> Declared:
    """Distances between the plants of an industry, added up and smoothed.

    How many plants they are is told with one digit: an exact number may be one that is suppressed
    in a table of industries.
    """
    frame = result.to_frame()
    if "plants" not in frame:
        return Declared(None, "never")
    units = frame["plants"].to_numpy(float)
    if "other_plants" in frame:
        units = np.minimum(units, frame["other_plants"].to_numpy(float))
    counts = [name for name in ("plants", "other_plants") if name in frame]
    return Declared(
        (
            Statistic(units=tuple(units)),
            Statistic(columns=counts, units=tuple(units), digits=1),
        ),
        drawn=replace(
            result,
            **{
                name: np.array([int(float(f"{n:.0e}")) for n in getattr(result, name)])
                for name in counts
            },
        ),
    )


def of_externalities(result: Any) -> Declared:
    """Estimated over cells of area and industry: coefficients, their errors, and distances."""
    spans, channels, rings = np.shape(result.coefficient)
    numbers = 2 * spans * channels * rings + 6 * spans * channels + spans * rings
    units = min(result.observations) - channels * rings
    periods = dict.fromkeys(period for span in result.spans for period in span)
    return Declared(
        tuple(
            Statistic(
                units=units,
                universe="stocks",
                where={"period": period},
                over=("area", "industry"),
                equations=numbers,
            )
            for period in periods
        )
    )


def of_trends(result: Any) -> Declared:
    """Series of areas, and of all areas together."""
    areas = [ALL if code == "nation" else code for code in result.to_frame()["area"]]
    where = {"industry": result.industry}
    by: dict[str, Any] = {"area": areas, "period": "period"}
    index = f"index_{result.base}_100"
    return Declared(
        (
            Cells(universe="stocks", columns=[result.variable, index], by=by, where=where),
            Cells(
                universe="stocks",
                columns=[index],
                by={"area": areas},
                where={**where, "period": result.base},
                computed=True,
            ),
        )
    )


def of_contributions(result: Any) -> Declared:
    """Changes of parts between two periods."""
    axis = getattr(result, "by", "")
    if axis not in ("area", "industry"):
        return Declared(None, "never")
    columns = ["change", "contribution_points"]
    return Declared(
        tuple(
            Cells(
                universe="stocks",
                columns=columns,
                by={axis: "code"},
                where={"period": period},
                needs=[[axis], []],
                computed=True,
            )
            for period in (result.start, result.end)
        )
    )


def of_series(result: Any) -> Declared:
    """Stages of areas, judged by every period of the series."""
    frame = result.to_frame()
    columns = [c for c in frame if c not in ("area", "area_name", "industry", "industry_name")]
    by = {"area": "area", "industry": "industry"}
    return Declared(
        (
            Cells(
                universe="stocks", columns=columns, by=by, every=("industry", "period"),
                computed=True,
            ),
        )
    )  # fmt: skip


def of_tallied(result: Any) -> Declared:
    """Stocks by area, industry and wave; no powers of employees."""
    amounts = [name for name in result.panel.values if name not in POWER_NAMES]
    by = {"area": "area", "industry": "industry", "period": "period"}
    powers = [name for name in result.panel.values if name in POWER_NAMES]
    return Declared(
        (
            Cells(universe="stocks", columns=amounts, by=by),
            Held(columns=powers, why=POWERS),
        ),
        "never",
    )


POWER_NAMES = (
    "squared_employment",
    "cubed_employment",
    "fourth_power_employment",
    "plant_herfindahl",
)


def free(result: Any) -> Declared:
    """Nothing of records."""
    return Declared((Free(),))


def of_lives(result: Any) -> Declared:
    """Two kinds share a name: survival of plants, and conclusions that survive neighbours."""
    return of_survival(result) if hasattr(result, "curves") else Declared(None, "never")


KINDS: Mapping[str, Callable[[Any], Declared]] = MappingProxyType(
    {
        "Births": of_births,
        "Funnel": of_funnel,
        "Events": of_events,
        "Tallied": of_tallied,
        "Survival": of_lives,
        "Ranking": of_ranking,
        "Fit": of_fits,
        "Fits": of_fits,
        "LocationQuotients": of_quotients,
        "Specialisation": of_area_measure,
        "ShiftShare": of_shift_share,
        "Types": of_area_measure,
        "Concentration": of_industries,
        "Coagglomeration": of_industries,
        "Disagreement": of_industries,
        "LocalMoran": of_local_moran,
        "Clusters": of_clusters,
        "PointClusters": of_points,
        "IndividualM": of_points,
        "KDensity": of_distances,
        "MFunction": of_distances,
        "Ripley": of_distances,
        "Trends": of_trends,
        "Contributions": of_contributions,
        "LifeCycle": of_series,
        "ExternalityRange": of_externalities,
        "Continuity": of_continuity,
        "DrawnLinks": of_drawn_links,
        "Audit": free,
        "EntryExitRates": free,
        "TechnologyLevels": free,
        "InputOutput": free,
    }
)
"""Name of a kind of answer → what its numbers come from."""
