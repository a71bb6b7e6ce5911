"""What would follow if a driver of the area were different?

Three answers, each by its own model, never added up:

``what_if``        Drivers of entry (unemployment, plant density, plant size …) moved within the
                   range that is observed among the areas, through a fitted equation: ``Δ rate =
                   Σ b_k Δx_k``, with ``± 1.645 Σ se_k |Δx_k|`` (90 %; without covariances
                   widths add up).
``through_theory`` Productivity, plant closures or transport costs of a district, through a
                   quantitative spatial model calibrated so that the observed districts are an
                   equilibrium (``bridges.world``): change of its employees in the long run.
``lock_in``        Where the district stands in the lifecycle model of ``theory.path_dependence``:
                   how far its plants are from the border beyond which a cluster falls into the
                   locked-in state, and the smallest shock of each scenario of figure 3-3 that
                   leads back to growth.

Takes: a base and an area. Gives: results. Sources: Okamuro (2006), tables 4–6; Redding and
Rossi-Hansberg (2017); Toyama (2010) as reported in the 2012 paper, figure 3-3.
Limits: an equation of differences between places is no experiment: it says how such places differ,
not what a policy does. The lifecycle model is a proposal of this package, not estimated; its
answers are an illustration.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.bridges.world import World, invert
from shuseki.datasets.catalogue import dataset, load
from shuseki.datasets.worlds import bundled_world_data
from shuseki.errors import ParameterError
from shuseki.geography.bundled import DISTRICTS
from shuseki.language import Message, listed, say
from shuseki.language.names import TwoNames
from shuseki.language.rows import in_both
from shuseki.profile.base import Base
from shuseki.profile.drivers import Equation, Z, equation
from shuseki.profile.indicators import Values
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012
from shuseki.theory.models.path_dependence import SCENARIOS

__all__ = [
    "LockIn",
    "TheoryEffects",
    "WhatIf",
    "lock_in",
    "steps_of",
    "through_theory",
    "what_if_of",
]


@result
class WhatIf(Result):
    """Effects of changed drivers on entry, ``J`` changes.

    Attributes
    ----------
    driver, before, after
        What was changed, ``J``.
    effect, lower, upper
        Of each change on the rate, with 90 % interval, ``(J,)``.
    total, total_lower, total_upper
        Of all together.
    predicted
        Rate before the changes.
    """

    area: str
    area_name: Message
    unit: Message
    driver: tuple[Message, ...]
    symbol: tuple[str, ...]
    before: Floats
    after: Floats
    effect: Floats
    lower: Floats
    upper: Floats
    total: float
    total_lower: float
    total_upper: float
    predicted: float

    def headline(self) -> Message:
        """Say the total effect."""
        return say(
            "{area}: with {changes}, {effect:+.2f} {unit} ({low:+.2f} to {high:+.2f}) on "
            "{predicted:.2f}",
            area=self.area_name,
            changes=listed(
                say("{driver} {after:.4g} instead of {before:.4g}", driver=d, after=a, before=b)
                for d, a, b in zip(self.driver, self.after, self.before, strict=True)
            ),
            effect=self.total,
            unit=self.unit,
            low=self.total_lower,
            high=self.total_upper,
            predicted=self.predicted,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per change."""
        return in_both(
            {
                "driver": self.driver[k],
                "symbol": self.symbol[k],
                "before": self.before[k],
                "after": self.after[k],
                "effect": self.effect[k],
                "effect_lower": self.lower[k],
                "effect_upper": self.upper[k],
            }
            for k in range(len(self.symbol))
        )


@result
class TheoryEffects(Result):
    """What changes of a district do to its employees in the long run of a calibrated model."""

    area: str
    area_name: Message
    shock: tuple[Message, ...]
    change_percent: Floats
    welfare_percent: Floats

    def headline(self) -> Message:
        """Say the first."""
        return say(
            "{area}: {shock} → employees {change:+.1f}% in the long run",
            area=self.area_name,
            shock=self.shock[0],
            change=self.change_percent[0],
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per shock."""
        return in_both(
            {
                "shock": self.shock[k],
                "employees_change_percent": self.change_percent[k],
                "welfare_change_percent": self.welfare_percent[k],
            }
            for k in range(len(self.shock))
        )


@result
class LockIn(Result):
    """How far a district is from the border of the locked-in state, and what would free it.

    Attributes
    ----------
    over_peak
        Employees now over their largest number on record.
    difference
        Difference m of what its people know, 0 to ½: half the standing of its variety.
    margin_percent
        Plants above (below: negative) the border, percent of the border.
    fall_percent
        How many of its plants would have to go before the model leads it there; 0 when it does.
    scenario, smallest, unit
        Smallest shock that leads back from the locked-in state (from where the area stands, if it
        stands below the border); infinite where none that was tried suffices.
    """

    area: str
    area_name: Message
    over_peak: float
    difference: float
    margin_percent: float
    fall_percent: float
    scenario: tuple[Message, ...]
    smallest: Floats
    unit: tuple[Message, ...]

    @property
    def locked(self) -> bool:
        """Whether the model leads it into the locked-in state."""
        return self.margin_percent < 0

    def headline(self) -> Message:
        """Say on which side of the border it stands."""
        return say(
            "{area} stands {margin:.0f}% below the border of the locked-in state (illustration)"
            if self.locked
            else "{area}: {fall:.0f}% of its plants would have to go before it is locked in "
            "(illustration)",
            area=self.area_name,
            margin=abs(self.margin_percent),
            fall=self.fall_percent,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per scenario of figure 3-3."""
        return in_both(
            {"scenario": self.scenario[k], "smallest_size": self.smallest[k], "unit": self.unit[k]}
            for k in range(len(self.scenario))
        )


# ---- entry ---------------------------------------------------------------------------------------


def what_if_of(
    base: Base, area: str, changes: Mapping[str, float | str], key: str = "births"
) -> WhatIf:
    """Move drivers of an area and follow the equation of entry.

    Parameters
    ----------
    base, area
        Where.
    changes
        Driver (symbol, or label in either language) → new value, or a change such as ``"+10%"``.
    key
        Which equation (``drivers.equations``).

    Raises
    ------
    UnknownCodeError
        No such driver.
    ParameterError
        Nothing was changed; a value lies outside what is observed among the areas.
    """
    if not changes:
        raise ParameterError(
            say(
                "Nothing was changed. Expected a driver and its new value. Give {{'UNEMPL': 0.05}}."
            )
        )
    of = equation(base, key)
    row = base.position(area)
    picked, after = [], []
    for name, given in changes.items():
        k = of.find(name)
        low, high = of.range_of(k)
        value = moved(given, float(of.given(row)[k]), of.terms[k].key)
        if not low <= value <= high:
            raise ParameterError(
                say(
                    "{name_given} = {value:.4g} lies outside what is observed. Expected {low:.4g} "
                    "to {high:.4g} among the {n_codes} areas. Choose within it.",
                    name_given=of.terms[k].key,
                    value=value,
                    low=low,
                    high=high,
                    n_codes=len(base.codes),
                )
            )
        if k in picked:
            raise ParameterError(
                say(
                    "{name_given} is changed twice. Name it once.",
                    name_given=of.terms[k].key,
                )
            )
        picked.append(k)
        after.append(value)
    return _effects(
        base, of, area, picked, np.array(after),
        say("How such places differ, not what a policy would do; other drivers held."),
    )  # fmt: skip


def moved(given: float | str, now: float, name: str) -> float:
    """The new value of a driver: a number, or a change in percent of what it is now.

    Examples
    --------
    >>> moved("+10%", 2.0, "DENS"), moved(3.0, 2.0, "DENS")
    (2.2, 3.0)
    """
    if isinstance(given, str):
        text = given.strip().replace("％", "%").replace("−", "-")
        try:
            if text.endswith("%"):
                return now * (1 + float(text[:-1]) / 100)
            value = float(text)
        except ValueError:
            raise ParameterError(
                say(
                    "{name}: {given!r} is no number and no change. Expected 0.05 or '+10%'.",
                    name=name,
                    given=given,
                )
            ) from None
    else:
        value = float(given)
    if not np.isfinite(value):
        raise ParameterError(
            say(
                "{name}: {given!r} is not finite. Expected a number.",
                name=name,
                given=given,
            )
        )
    return value


def steps_of(base: Base, area: str, key: str = "births") -> WhatIf:
    """Each driver moved by the step in which the paper tells its effect, one at a time.

    A step that leads outside the observed range is cut there.
    """
    of = equation(base, key)
    kept = [k for k in range(len(of.terms)) if of.known[k]]
    low = np.array([of.range_of(k)[0] for k in kept])
    high = np.array([of.range_of(k)[1] for k in kept])
    now = of.given(base.position(area))[kept]
    after = np.clip(now + np.array([of.terms[k].step for k in kept]), low, high)
    return _effects(
        base, of, area, kept, after,
        say("Each driver by itself, by the step in which the paper tells its effect."),
    )  # fmt: skip


def _effects(
    base: Base, of: Equation, area: str, picked: list[int], after: Floats, note: Message
) -> WhatIf:
    """What the equation says when the drivers ``picked`` of an area become ``after``."""
    row = base.position(area)
    x = of.given(row)
    before = x[picked]
    apart = after - before
    effect = of.coefficients[picked] * apart
    half = Z * of.errors[picked] * np.abs(apart)
    return WhatIf(
        area=area,
        area_name=_name(base, row),
        unit=of.unit,
        driver=tuple(of.terms[k].label for k in picked),
        symbol=tuple(of.terms[k].key for k in picked),
        before=before,
        after=after,
        effect=effect,
        lower=effect - half,
        upper=effect + half,
        total=float(effect.sum()),
        total_lower=float((effect - half).sum()),
        total_upper=float((effect + half).sum()),
        predicted=of.mean + float((of.coefficients * (x - of.mean_x)).sum()),
        notes=(note, *of.notes),
        sources=of.sources,
    )


# ---- theory --------------------------------------------------------------------------------------


SHOCKS: Mapping[str, Message] = {
    "productivity": say("productivity 5% higher"),
    "plant_closure": say("10% of its plants close"),
    "transport_cost": say("transport costs to all other districts 5% lower"),
}


def through_theory(base: Base, area: str) -> TheoryEffects | None:
    """Changes of a district through the calibrated model; ``None`` for other areas.

    Of the 253 districts the answers are bundled (``derive/profile_tables.py`` makes them with
    ``theory_table``).
    """
    if base.division.name != DISTRICTS:
        return None
    table = _theory()
    rows = table[table["area"] == area].set_index("shock")
    shown = [shock for shock in SHOCKS if shock in rows.index]
    if not shown:
        return None
    return TheoryEffects(
        area=area,
        area_name=_name(base, base.position(area)),
        shock=tuple(SHOCKS[shock] for shock in shown),
        change_percent=rows.loc[shown, "employees_change_percent"].to_numpy(float),
        welfare_percent=rows.loc[shown, "welfare_change_percent"].to_numpy(float),
        notes=(
            say(
                "Long run of a model in which people move freely between districts: an upper bound "
                "of what ten or twenty years show."
            ),
        ),
        sources=(dataset("profile-theory").source, dataset("manufacturing-municipal").source),
    )


@lru_cache
def _theory() -> pd.DataFrame:
    return load("profile-theory")


@lru_cache
def calibrated_districts() -> World:
    """The 253 districts as an equilibrium of 2001."""
    data = bundled_world_data(DISTRICTS)
    return invert(data.panel, within_km=data.within_km, names_ja=data.names_ja)


def theory_table(progress: object = None) -> pd.DataFrame:
    """Every shock in every district: ``area``, ``shock``, changes in percent."""
    world = calibrated_districts()
    rows = []
    for k, code in enumerate(world.codes):
        n = len(world.codes)
        toward = np.ones((n, n))
        toward[k], toward[:, k] = 0.95, 0.95
        toward[k, k] = 1.0
        toward = np.maximum(toward, 1 / world.model.iceberg)
        higher, closed = np.ones(n), np.zeros(n)
        higher[k], closed[k] = 1.05, 0.10
        changes = {
            "productivity": {"productivity": higher},
            "plant_closure": {"closed_share": closed},
            "transport_cost": {"transport_cost": toward},
        }
        for shock, change in changes.items():
            found = world.model.counterfactual(shock=shock, **change)  # type: ignore[arg-type]
            rows.append((code, shock, 100 * (found.employment[k] - 1), 100 * (found.welfare - 1)))
    columns = ["area", "shock", "employees_change_percent", "welfare_change_percent"]
    return pd.DataFrame(rows, columns=columns).round(4)


# ---- lock-in -------------------------------------------------------------------------------------


def lock_in(base: Base, values: Values, area: str) -> LockIn | None:
    """Place an area in the lifecycle model; ``None`` where its course or variety is unknown."""
    row = base.position(area)
    over_peak = size_over_peak(base, row)
    standing = (
        values.standing[row, values.column["variety"]] if "variety" in values.column else np.nan
    )
    if not np.isfinite(over_peak) or not np.isfinite(standing):
        return None
    difference = float(np.clip(0.5 * standing / 100, DIFFERENCES[0], DIFFERENCES[-1]))
    sizes, differences, border, smallest = _escape_grid()
    thriving = float(sizes[-1])
    log_size = float(np.clip(thriving + np.log(over_peak), sizes[0], thriving))
    edge = float(np.interp(difference, differences, border))
    fallen = log_size if log_size < edge else float(sizes[0])
    nearest = np.abs(sizes - fallen).argmin(), np.abs(differences - difference).argmin()
    return LockIn(
        area=area,
        area_name=_name(base, row),
        over_peak=over_peak,
        difference=difference,
        margin_percent=100 * (float(np.exp(log_size - edge)) - 1),
        fall_percent=100 * max(1 - float(np.exp(edge - log_size)), 0.0),
        scenario=tuple(one.name for one in SCENARIOS),
        smallest=smallest[:, *nearest],
        unit=tuple(one.unit for one in SCENARIOS),
        notes=(
            say(
                "An illustration: the lifecycle equations are a proposal, not estimated. Size is "
                "employees over their peak since 2002, difference of knowledge half the standing "
                "of variety. Sizes of different scenarios are in different units."
            ),
        ),
        sources=(AGGLOMERATION_2012.at(say("figure {number}", number="3-3")), *base.sources),
    )


DIFFERENCES = (0.02, 0.49)


def size_over_peak(base: Base, row: int) -> float:
    """Employees in the last known year over the largest number of the record."""
    panel = base.history
    if panel is None:
        return float("nan")
    name = "employees_4_plus" if "employees_4_plus" in panel.values else "employment"
    first = panel.periods.index("2002") if name == "employees_4_plus" else 0
    course = np.nansum(panel.values[name][row], axis=0)[first:]
    course = course[course > 0]
    return float(course[-1] / course.max()) if len(course) > 1 else float("nan")


@lru_cache
def _escape_grid() -> tuple[Floats, Floats, Floats, Floats]:
    """Log sizes, differences, border by difference, smallest shocks ``(5, sizes, differences)``."""
    table = load("profile-escapes")
    sizes = np.sort(table["log_plants"].unique())
    differences = np.sort(table["difference"].unique())
    border = table.drop_duplicates("difference").sort_values("difference")["border_log_plants"]
    cube = []
    for k in range(len(SCENARIOS)):
        wide = table.pivot(index="log_plants", columns="difference", values=f"scenario_{k + 1}")
        cube.append(wide.to_numpy(float, na_value=np.inf))
    return sizes, differences, border.to_numpy(float), np.stack(cube)


def _name(base: Base, row: int) -> Message:
    return TwoNames(base.names("en")[row], base.names("ja")[row])
