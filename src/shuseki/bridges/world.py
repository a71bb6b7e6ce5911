"""What would change in the observed areas, by name?

Where data and theory meet: ``invert`` takes a panel and distances, or the name of a bundled
division, calibrates a quantitative spatial model of ``shuseki.theory`` so that the observed areas
are an equilibrium, and returns a ``World``, whose counterfactuals are asked for by the names of
areas.

Transport costs are ``T_rs = (d_rs / d_min)^δ``, with d_min the shortest distance of all, so that
every cost is ≥ 1. The distance within an area is that given (usual in gravity work:
``0.376 √(area km²)``, between two points of the area), or half the distance to the nearest
neighbour.

Takes: a panel with ``employment`` (or ``employees``) and ``wages_yen`` in one period,
distances in km. Gives: factors of change by area, with an audit and, on request, intervals from
parameter draws.
Sources: δ = 0.33, σ = 5, μ = 0.75: Redding and Rossi-Hansberg (2017). Data as in the panel.
Limits: manufacturing employees stand for people; one sector; straight distances, not roads.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats
from shuseki.datasets.worlds import bundled_world_data
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.distances import distance_matrix_km
from shuseki.geography.names import spelling_key
from shuseki.language import Message, joined, say
from shuseki.language.names import TwoNames
from shuseki.moved import renamed
from shuseki.panel import Panel
from shuseki.theory.models.counterfactual import Counterfactual
from shuseki.theory.models.quantitative_housing import HousingParameters
from shuseki.theory.models.quantitative_spatial import ObservedRegions, Parameters, Prior
from shuseki.theory.solving.space import check_parameters

__all__ = ["Foreign", "World", "invert"]

DISTANCE_ELASTICITY = 0.33
"""δ of Redding and Rossi-Hansberg (2017)."""
SHORTEST_KM = 0.5
"""No two areas are nearer than this."""


@dataclass(frozen=True)
class Foreign:
    """A foreign node: its people stay there.

    Parameters
    ----------
    name
        What to call it.
    employees
        Its size, persons.
    relative_wage
        Its wage over the mean at home.
    border_cost
        Iceberg cost of the border, > 1, on top of the way to it (the area's mean cost).
    """

    name: str
    employees: float
    relative_wage: float = 0.2
    border_cost: float = 2.0

    def __post_init__(self) -> None:
        check_parameters(
            say("Foreign {name!r}", name=self.name),
            employees=(self.employees, 0, np.inf),
            relative_wage=(self.relative_wage, 0, np.inf),
            border_cost=(self.border_cost, 1, np.inf),
        )


@dataclass(frozen=True, eq=False)
class World:
    """Areas with names, and the model calibrated on them.

    Attributes
    ----------
    model
        The calibrated model.
    codes
        Codes of the areas, foreign nodes last.
    names
        Names in the order of the codes, English and Japanese.
    division
        Name of the division.
    notes
        What was done to the data.
    """

    model: ObservedRegions
    codes: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]]
    division: str
    notes: tuple[Message, ...] = ()

    def find(self, area: str) -> int:
        """Position of an area by code, name, or one part of a compound name that no other has.

        The name as it stands comes first; other spellings of it are known too.

        Raises
        ------
        UnknownCodeError
            No area, or several, of that name.
        """
        lists = [self.codes, *self.names.values()]
        for key in (str, spelling_key):
            asked = key(area)
            for names in lists:
                hits = [k for k, name in enumerate(names) if key(name) == asked]
                if len(hits) > 1:
                    shown = examples(self.codes[k] for k in hits)
                    raise UnknownCodeError(
                        say(
                            "{n_hits} areas are called {area!r}. Expected one. Use a code: "
                            "{shown}.",
                            n_hits=len(hits),
                            area=area,
                            shown=shown,
                        )
                    )
                if hits:
                    return hits[0]
            parts = {
                k
                for names in self.names.values()
                for k, name in enumerate(names)
                if asked in map(key, name.replace("・", "-").split("-"))
            }
            if len(parts) == 1:
                return parts.pop()
        known: Collection[str] = [name for names in lists for name in names]
        raise UnknownCodeError.among("area", [area], known)

    def counterfactual(
        self,
        *,
        transport_cost: Mapping[tuple[str, str], float] | None = None,
        productivity: Mapping[str, float] | None = None,
        housing: Mapping[str, float] | None = None,
        plant_closure: Mapping[str, float] | None = None,
        draws: int = 0,
        prior: Prior | None = None,
        seed: int = 0,
        progress: Callable[[int, int], None] | None = None,
    ) -> Counterfactual:
        """Change something somewhere and solve for the new long run.

        Parameters
        ----------
        transport_cost
            Factor on the cost between two areas, both ways: ``{("A", "B"): 0.8}``. A
            foreign node goes by its name, and ``"*"`` means all areas: ``{("*", "China"): 0.7}``.
        productivity, housing
            Factor by area: ``{"A": 1.1}``.
        plant_closure
            Share of an area's plants that close, in [0, 1).
        draws
            Draws of the parameters for intervals; 0 for none.
        prior
            Ranges of the parameters.
        seed
            Of the draws.
        progress
            Called with draws done and draws in all.

        Raises
        ------
        UnknownCodeError
            No area, or several, of that name.
        ParameterError
            Nothing was changed; the observed state is unstable; a factor is not positive.
        """
        shocks = [
            *(
                say(
                    "transport cost {one} – {other} × {factor:g}",
                    one=self._called(one),
                    other=self._called(other),
                    factor=x,
                )
                for (one, other), x in (transport_cost or {}).items()
            ),
            *(
                say("productivity {area} × {factor:g}", area=self._called(area), factor=x)
                for area, x in (productivity or {}).items()
            ),
            *(
                say("housing {area} × {factor:g}", area=self._called(area), factor=x)
                for area, x in (housing or {}).items()
            ),
            *(
                say("plant closure {area} {share:g}%", area=self._called(area), share=100 * x)
                for area, x in (plant_closure or {}).items()
            ),
        ]
        if not shocks:
            raise ParameterError(
                say(
                    "Nothing was changed. Expected transport_cost, productivity, housing or "
                    "plant_closure. Name one."
                )
            )
        changes: dict[str, Any] = {
            "transport_cost": self._costs(transport_cost),
            "productivity": self._factors(productivity, 1.0),
            "housing": self._factors(housing, 1.0),
            "closed_share": self._factors(plant_closure, 0.0),
            "shock": joined(shocks),
        }
        if draws:
            found = self.model.with_draws(
                draws=draws, prior=prior, seed=seed, progress=progress, **changes
            )
        else:
            found = self.model.counterfactual(**changes)
        return replace(
            found,
            names=tuple(self._name(k) for k in range(len(self.names["en"]))),
            codes=self.codes,
            division=self.division,
            notes=(*found.notes, *self.notes),
        )

    def _name(self, k: int) -> TwoNames:
        return TwoNames(self.names["en"][k], self.names["ja"][k])

    def _called(self, area: str) -> str:
        """The name of an area in the reader's language, in whichever it was asked for."""
        return area if area == "*" else self._name(self.find(area))

    def _costs(self, changes: Mapping[tuple[str, str], float] | None) -> Floats | None:
        if not changes:
            return None
        factor = np.ones_like(self.model.iceberg)
        everywhere = np.flatnonzero(self.model.mobile)
        for (one, other), size in changes.items():
            rows = everywhere if one == "*" else np.array([self.find(one)])
            columns = everywhere if other == "*" else np.array([self.find(other)])
            factor[np.ix_(rows, columns)] = size
            factor[np.ix_(columns, rows)] = size
        if (factor * self.model.iceberg < 1).any():
            # an area is never nearer to another than to itself: stop at free transport
            low = np.argwhere(factor * self.model.iceberg < 1)
            r, s = low[0]
            raise ParameterError(
                say(
                    "A factor of {factor:g} brings the cost {names} – {names_2} from "
                    "{iceberg:.4g} below 1. Expected costs ≥ 1. Choose a factor of at least "
                    "{iceberg_2:.4g}.",
                    factor=factor[r, s],
                    names=self.names["en"][r],
                    names_2=self.names["en"][s],
                    iceberg=self.model.iceberg[r, s],
                    iceberg_2=1 / self.model.iceberg[r, s],
                )
            )
        return factor

    def _factors(self, changes: Mapping[str, float] | None, neutral: float) -> Floats | None:
        if not changes:
            return None
        factor = np.full(len(self.codes), neutral)
        for area, size in changes.items():
            factor[self.find(area)] = size
        return factor

    def to_frame(self) -> pd.DataFrame:
        """Observed values and fundamentals, one row per area."""
        world = self.model
        return pd.DataFrame(
            {
                "area": self.codes,
                "name_en": self.names["en"],
                "name_ja": self.names["ja"],
                "employees": world.employment,
                "wage_yen": world.wage,
                "productivity_index": world.productivity,
                "amenity_index": world.amenity,
                "market_access_index": world.market_access,
                "own_trade_share": np.diag(world.trade_shares),
            }
        )

    def __repr__(self) -> str:
        return (
            f"<World: {len(self.codes)} areas ({self.division}), dispersion by "
            f"{self.model.dispersion}>"
        )


@renamed(elasticities="parameters")
def invert(
    panel: Panel | str,
    distances: Floats | None = None,
    *,
    within_km: Floats | None = None,
    parameters: Parameters | None = None,
    distance_elasticity: float = DISTANCE_ELASTICITY,
    foreign: Sequence[Foreign] = (),
    names_ja: Sequence[str] = (),
) -> World:
    """Find the fundamentals that make the observed areas an equilibrium.

    Parameters
    ----------
    panel
        A panel with ``employment`` (or ``employees``) and ``wages_yen`` in one period and industry;
        or the name of a bundled division, with the names and the distances within its areas.
    distances
        Kilometres between areas, ``(areas, areas)``, > 0 on the diagonal too; great-circle
        distances of the panel's centres by default.
    within_km
        Distance within each area for these great-circle distances, shape ``(areas,)``; half the
        distance to the nearest neighbour by default.
    parameters
        With what keeps people apart: ``HousingParameters`` (the default) or
        ``ImmobileDemandParameters``.
    distance_elasticity
        δ > 0 of transport costs to distance.
    foreign
        Foreign nodes.
    names_ja
        Japanese names in the order of the areas; the panel's names by default.

    Raises
    ------
    DataError
        No centres and no distances; no employees anywhere.
    """
    check_parameters("invert", distance_elasticity=(distance_elasticity, 0, np.inf))
    if isinstance(panel, str):
        observed = bundled_world_data(panel)
        panel, names_ja = observed.panel, names_ja or observed.names_ja
        within_km = observed.within_km if within_km is None else within_km
    people, pay, keep, notes = _employment_and_wages(panel)
    if distances is None:
        apart = _distances(panel, within_km)
    else:
        apart = np.asarray(distances, dtype=float)
    if apart.shape != (len(panel.areas),) * 2:
        raise AlignmentError(
            say(
                "Distances of shape {apart_shape} for {n_areas} areas. Expected one row and one "
                "column per area of the panel, in its order.",
                apart_shape=apart.shape,
                n_areas=len(panel.areas),
            )
        )
    if not (apart > 0).all():
        raise DataError(
            say(
                "{n_apart} distances are 0, negative or missing. Expected km > 0, on the diagonal "
                "the distance within the area, about 0.376 √(area km²).",
                n_apart=int((~(apart > 0)).sum()),
            )
        )
    apart = apart[np.ix_(keep, keep)]
    iceberg = (apart / apart.min()) ** distance_elasticity
    codes = tuple(np.asarray(panel.areas)[keep])
    english = tuple(np.asarray(panel.area_names or panel.areas)[keep])
    japanese = tuple(np.asarray(names_ja)[keep]) if len(names_ja) else english
    iceberg, people, pay = _abroad(iceberg, people[keep], pay[keep], foreign)
    abroad = tuple(node.name for node in foreign)
    mobile = np.arange(len(people)) < len(codes)
    model = (parameters or HousingParameters()).invert(
        people, pay, iceberg, names=english + abroad, mobile=mobile, sources=panel.sources
    )
    return World(
        model=model,
        codes=codes + abroad,
        names={"en": english + abroad, "ja": japanese + abroad},
        division=panel.division,
        notes=notes,
    )


def _employment_and_wages(panel: Panel) -> tuple[Floats, Floats, Bools, tuple[Message, ...]]:
    """Employees, wage per employee, which areas can be used, and what was done."""
    workers = "employment" if "employment" in panel.values else "employees"
    for name in (workers, "wages_yen"):
        if panel.variable(name).shape[1:] != (1, 1):
            raise AlignmentError(
                say(
                    "The panel has {n_industries} industries and {n_periods} periods. Expected "
                    "one of each. Use panel.select(industries=..., periods=...).",
                    n_industries=len(panel.industries),
                    n_periods=len(panel.periods),
                )
            )
    people = panel.cross_section(workers)[:, 0]
    pay = panel.cross_section("wages_yen")[:, 0] / np.where(people > 0, people, np.nan)
    keep = people > 0
    if not keep.any():
        raise DataError(say("No area has employees. Expected employees > 0. Check the panel."))
    notes = []
    if not keep.all():
        notes.append(
            say(
                "{n} of {areas:count(area)} without known employees are left out.",
                n=int((~keep).sum()),
                areas=len(keep),
            )
        )
    unknown = keep & ~(pay > 0)
    if unknown.any():
        groups = np.asarray(panel.area_groups or ("",) * len(keep))
        mean = np.nansum(np.where(keep, pay * people, 0)) / people[keep & (pay > 0)].sum()
        for k in np.flatnonzero(unknown):
            near = keep & (pay > 0) & (groups == groups[k])
            pay[k] = np.average(pay[near], weights=people[near]) if near.any() else mean
        notes.append(
            say(
                "{n:count(withheld wage)} set to the mean of the area's group.",
                n=int(unknown.sum()),
            )
        )
    return people, pay, keep, tuple(notes)


def _distances(panel: Panel, within_km: Floats | None) -> Floats:
    """Kilometres between the centres, and within each area."""
    if panel.centres is None:
        raise DataError(
            say(
                "The panel has no centres. Expected latitude and longitude of each area, or "
                "distances. Pass distances=..., km."
            )
        )
    apart = distance_matrix_km(panel.centres)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.min(axis=1)
    within = np.maximum(nearest / 2, SHORTEST_KM) if within_km is None else within_km
    np.fill_diagonal(apart, within)
    return np.maximum(apart, SHORTEST_KM)


def _abroad(
    iceberg: Floats, people: Floats, pay: Floats, foreign: Sequence[Foreign]
) -> tuple[Floats, Floats, Floats]:
    """Add the foreign nodes: the way out is an area's mean cost, times the border."""
    n, f = len(people), len(foreign)
    if not f:
        return iceberg, people, pay
    costs = np.ones((n + f, n + f))
    costs[:n, :n] = iceberg
    way_out = np.exp(np.log(iceberg).mean(axis=1))
    for k, node in enumerate(foreign):
        costs[:n, n + k] = costs[n + k, :n] = way_out * node.border_cost
        for j in range(k):
            both = node.border_cost * foreign[j].border_cost
            costs[n + k, n + j] = costs[n + j, n + k] = both
        costs[n + k, n + k] = float(np.median(np.diag(iceberg)))
    mean = np.average(pay, weights=people)
    return (
        costs,
        np.concatenate([people, [node.employees for node in foreign]]),
        np.concatenate([pay, [node.relative_wage * mean for node in foreign]]),
    )
