"""What do neighbours, counts, other specifications and other borders make of the study's answer?

Where the deeper questions of ``shuseki.entry`` meet a study's own variables: one call asks them
all with one equation, and gives the answers by name::

    neighbours_<outcome>    is there spatial dependence, and of which kind?
    survival                which conclusions hold in spatial models?
    conley_<outcome>        standard errors that allow for it
    counts_<family>         births as counts; counts_effects tells them as the linear model's
    overdispersion          is the variance larger than the mean?
    equality                do high- and low-technology births answer to different things?
    atlas_null              would every other specification have said so, or luck?
    influence_<term>        which choice moves a coefficient?
    regions                 would other borders have said so?

Takes: the variables, the division and the accounts of a study; births by municipality for the
comparison of borders.
Gives: results by name.
Limits: accounts of districts are allotted to municipalities (``allotted_accounts``) in proportion
to public municipal figures: they add up to the districts exactly, but what they say inside a
district is made up, and marked so.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.datasets import regional_accounts
from shuseki.entry.atlas import atlas, influence, permutation_test, strongly_correlated
from shuseki.entry.conley import conley_errors
from shuseki.entry.counts import count_effects, count_model, overdispersion
from shuseki.entry.definitions import Definitions
from shuseki.entry.design import OUTLIER_RULES, Design
from shuseki.entry.equality import equality_of_coefficients
from shuseki.entry.regions import Units, compare_divisions
from shuseki.entry.spatial import (
    spatial_effects,
    spatial_model,
    spatial_tests,
    surviving_conclusions,
)
from shuseki.entry.variables import RegionalVariables
from shuseki.errors import AlignmentError, ConvergenceError
from shuseki.geography.areas import municipalities
from shuseki.geography.distances import distance_matrix_km
from shuseki.geography.districts import Division, division
from shuseki.geography.weights import (
    Neighbours,
    inverse_distance_neighbours,
    nearest_neighbours,
    neighbours_within,
)
from shuseki.results import Result
from shuseki.sources import Source

__all__ = ["allotted_accounts", "deeper", "definitions_of_neighbours"]

ALLOTTED = Source(
    "AllottedAccounts",
    "Accounts of districts allotted to their municipalities by public municipal figures",
    "1995-2000",
    origin="synthetic",
)
NEAREST = 5
Tell = Callable[[str], None]


def deeper(
    variables: RegionalVariables,
    regions: Division,
    accounts: pd.DataFrame,
    design: Design,
    *,
    births_by_municipality: pd.DataFrame | None = None,
    permutations: int = 99,
    draws: int = 100,
    seed: int = 0,
    tell: Tell = lambda said: None,
) -> dict[str, Result]:
    """Ask a study's variables every deeper question.

    Parameters
    ----------
    variables
        Of the study, with births.
    regions
        Its division; its centres say who is a neighbour.
    accounts
        Regional accounts behind the variables, index area.
    design
        The equation: its terms, outlier rule and first outcome.
    births_by_municipality
        Index municipality (codes of the division's date), ``births`` and ``births_<group>``;
        without them borders are not compared.
    permutations, draws, seed
        Of the atlas and of the random divisions.
    tell
        Called with what is being done.

    Returns
    -------
    dict
        Name → result.
    """
    rng = np.random.default_rng(seed)
    terms, outcomes = design.terms, variables.outcomes
    rule = OUTLIER_RULES[design.outliers]
    keep = {y: ~rule(variables.column(y).to_numpy()) for y in outcomes}
    table = variables.frame
    found: dict[str, Result] = {}

    tell("asking the neighbours")
    centres = _centres(regions, variables)
    complete = table[list(terms)].notna().all(axis=1).to_numpy()
    known = list(table.index[complete])
    weights = {
        label: near.to_w()
        for label, near in definitions_of_neighbours(known, centres[complete]).items()
    }
    distance = distance_matrix_km(centres)
    for outcome in outcomes:
        part = table[keep[outcome] & complete]
        found[f"neighbours_{outcome.lower()}"] = spatial_tests(
            part,
            outcome=outcome,
            terms=terms,
            neighbours=weights,
            seed=seed,
            sources=variables.sources,
        )
        used = keep[outcome] & complete
        found[f"conley_{outcome.lower()}"] = conley_errors(
            part,
            outcome=outcome,
            terms=terms,
            distances_km=distance[np.ix_(used, used)],
            sources=variables.sources,
        )
    found["survival"] = surviving_conclusions(
        table[complete],
        outcomes=outcomes,
        terms=terms,
        neighbours=weights,
        keep={y: rows[complete] for y, rows in keep.items()},
        sources=variables.sources,
    )
    lag = spatial_model(
        table[keep[design.outcome] & complete],
        outcome=design.outcome,
        terms=terms,
        neighbours=next(iter(weights.values())),
        kind="lag",
        label=next(iter(weights)),
        sources=variables.sources,
    )
    found["spatial_lag"] = lag
    found["spatial_effects"] = spatial_effects(lag)

    tell("counting the births")
    found |= _counts(variables, design)

    if {"START_H", "START_L"} <= set(outcomes):
        tell("comparing high and low technology")
        found["equality"] = equality_of_coefficients(
            table,
            outcomes=("START_H", "START_L"),
            terms=terms,
            keep=(keep["START_H"], keep["START_L"]),
            standardised=True,
            sources=variables.sources,
        )

    tell("estimating every specification")
    found |= _every_specification(variables, terms, permutations, rng, tell)

    if births_by_municipality is not None:
        tell("drawing other borders")
        found["regions"] = _borders(
            variables, regions, accounts, design, births_by_municipality, draws, rng
        )
    return found


def definitions_of_neighbours(codes: Sequence[str], centres: Floats) -> dict[str, Neighbours]:
    """Several definitions of a neighbour, none of which leaves an island.

    Parameters
    ----------
    codes, centres
        Areas and their centres in degrees, shape ``(n, 2)``.

    Returns
    -------
    dict
        The five nearest; the ten nearest; all within the shortest distance that leaves nobody
        alone; and inverse distance within twice that.
    """
    distance = distance_matrix_km(centres)
    np.fill_diagonal(distance, np.inf)
    reach = float(np.ceil(distance.min(axis=1).max()))
    return {
        f"nearest {NEAREST}": nearest_neighbours(codes, centres, NEAREST),
        f"nearest {2 * NEAREST}": nearest_neighbours(codes, centres, 2 * NEAREST),
        f"within {reach:g} km": neighbours_within(codes, centres, reach),
        f"inverse distance within {2 * reach:g} km": inverse_distance_neighbours(
            codes, centres, 2 * reach
        ),
    }


def allotted_accounts(
    accounts: pd.DataFrame, regions: Division, definitions: Definitions
) -> pd.DataFrame:
    """Allot the accounts of areas to their municipalities by public municipal figures.

    Parameters
    ----------
    accounts
        Index area; counts and amounts.
    regions
        The division of the accounts.
    definitions
        Of what is computed from them: columns that are no amounts are not divided.

    Returns
    -------
    DataFrame
        Index municipality. Every count and amount adds up to its area's; the land price of an
        area is that of each of its municipalities. A municipality's share of an amount is its
        share of the same public amount, or of the labour force where that is not published.
    """
    members = regions.members.set_index("municipality")["area"]
    members = members[members.isin(accounts.index)]
    public = regional_accounts("public", by=division("municipality", regions.date))
    key = public.reindex(members.index)
    people = key["labour_force_1995"].fillna(0.0)
    columns = {}
    for name in accounts.columns:
        own = accounts[name].reindex(members).to_numpy()
        if name in (*definitions.columns.highest, *definitions.columns.attributes):
            columns[name] = own
            continue
        size = key[name].astype(float) if name in key.columns else people
        size = size.fillna(0.0).clip(lower=0.0)
        total = size.groupby(members).transform("sum")
        empty = (total <= 0).to_numpy()
        everyone = people.groupby(members).transform("sum")
        alone = 1 / members.groupby(members).transform("size")
        share = np.where(empty, people / everyone, size / total.where(total > 0, 1.0))
        columns[name] = own * np.where(np.isfinite(share), share, alone)
    return pd.DataFrame(columns, index=members.index)


# ---- the questions ------------------------------------------------------------------------------


def _centres(regions: Division, variables: RegionalVariables) -> Floats:
    areas = regions.areas.set_index("code")
    lost = [code for code in variables.areas if code not in areas.index]
    if lost:
        raise AlignmentError(
            f"Areas of the variables that the division {regions.name} does not have: {lost[:5]}. "
            "Expected the same areas. Use the division of the study."
        )
    return areas.loc[list(variables.areas), ["latitude", "longitude"]].to_numpy(dtype=float)


def _counts(variables: RegionalVariables, design: Design) -> dict[str, Result]:
    counted = variables.frame[list(design.terms)].assign(
        **{name: variables.counts[name] for name in variables.outcomes},
        **{f"exposure of {name}": variables.exposure[name] for name in variables.outcomes},
    )
    groups = None
    if len(set(variables.area_groups)) > 1:
        groups = "prefecture"
        counted[groups] = list(variables.area_groups)
    found: dict[str, Result] = {}
    poisson = []
    for outcome in variables.outcomes:
        fit = count_model(
            counted,
            outcome=outcome,
            terms=design.terms,
            exposure=f"exposure of {outcome}",
            standard_errors="cluster" if groups else "HC1",
            groups=groups,
            sources=variables.sources,
        )
        poisson.append(fit)
        found[f"counts_poisson_{outcome.lower()}"] = fit
        used = counted[[outcome, *design.terms, f"exposure of {outcome}"]].dropna()
        found[f"overdispersion_{outcome.lower()}"] = overdispersion(
            used[outcome].to_numpy(dtype=float), fit.means, sources=variables.sources
        )
        families = ["negative_binomial"] + (["zero_inflated"] if fit.zeros else [])
        for family in families:
            try:
                found[f"counts_{family}_{outcome.lower()}"] = count_model(
                    counted,
                    outcome=outcome,
                    terms=design.terms,
                    exposure=f"exposure of {outcome}",
                    family=family,  # type: ignore[arg-type]
                    standard_errors="cluster" if groups else "HC1",
                    groups=groups,
                    sources=variables.sources,
                )
            except ConvergenceError:
                continue  # nothing that Poisson does not say: no overdispersion, no extra zeros
    found["counts_effects"] = count_effects(poisson, definitions=variables.definitions)
    return found


def _every_specification(
    variables: RegionalVariables,
    terms: Sequence[str],
    permutations: int,
    rng: np.random.Generator,
    tell: Tell,
) -> dict[str, Result]:
    table = variables.frame
    candidates = [name for name in variables.regressors if table[name].notna().any()]
    rules: dict[str, Any] = {
        "outlier_rules": {
            name: lambda y, drop=rule: ~drop(y) for name, rule in OUTLIER_RULES.items()
        },
        "never_together": strongly_correlated(table[candidates]),
    }
    if "metropolitan" in table.columns:
        rules["samples"] = {
            "all": lambda t: np.ones(len(t), dtype=bool),
            "without metropolitan": lambda t: ~t["metropolitan"].to_numpy(dtype=bool),
        }
    answer = atlas(
        table,
        outcomes=variables.outcomes,
        terms=candidates,
        sources=variables.sources,
        **rules,
    )
    found: dict[str, Result] = {"atlas": answer}
    found |= {f"influence_{t.lower()}": influence(answer, t) for t in terms if t in candidates}
    found["atlas_null"] = permutation_test(
        table,
        outcomes=variables.outcomes,
        terms=candidates,
        permutations=permutations,
        rng=rng,
        progress=lambda done, of: tell(f"exchanging outcomes, {done} of {of}"),
        sources=variables.sources,
        **rules,
    )
    return found


def _borders(
    variables: RegionalVariables,
    regions: Division,
    accounts: pd.DataFrame,
    design: Design,
    births: pd.DataFrame,
    draws: int,
    rng: np.random.Generator,
) -> Result:
    by_municipality = allotted_accounts(accounts, regions, variables.definitions)
    index = by_municipality.index
    places = municipalities(regions.date).set_index("code")
    centres = places.loc[index, ["latitude", "longitude"]].to_numpy(dtype=float)
    divisions: Mapping[str, pd.Series] = {
        regions.name: regions.members.set_index("municipality")["area"],
        "municipality": pd.Series(index, index=index),
        **{
            name: division(name, *(() if name.startswith("commuting") else (regions.date,)))
            .members.set_index("municipality")["area"]
            .reindex(index)
            for name in ("commuting-zone-1995", "prefecture")
        },
    }
    inside = births.reindex(index).fillna(0.0)
    return compare_divisions(
        Units(by_municipality, inside, centres),
        divisions,
        terms=design.terms,
        outcomes=(design.outcome,),
        random_areas=(len(variables.areas), 47),
        draws=draws,
        rng=rng,
        definitions=variables.definitions,
        outliers=design.outliers,
        sources=(*variables.sources, ALLOTTED),
    )
