"""Do the coefficients depend on how the areas are divided?

The same plants can be added up by municipality, district, commuting zone or prefecture, and the
coefficients need not agree (the modifiable areal unit problem). The same equation is estimated in
every division; and, to see how far coefficients differ when borders are arbitrary, in many random
divisions into contiguous areas.

A random division gives every link between neighbouring units a random length, its distance in km
times an Exp(1) draw, and every unit to the seed that is nearest by these links. The areas are
contiguous, because the shortest way from a seed to a unit stays in the seed's area.

Takes    regional accounts and births by the smallest unit; divisions of the units.
Gives    DivisionComparison: coefficients by division, and their spread over random divisions.
Sources  Openshaw (1984), The Modifiable Areal Unit Problem.
Checked  tests/entry/test_regions.py: by hand, and on births with a known truth.
Limits   amounts are added up, but for the columns of which the definitions say that an area has the
         highest of its units'.
         One equation, least squares: the rates of small units are noisy, and unweighted.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse, stats
from scipy.spatial import Delaunay, QhullError

from shuseki.arrays import Floats, Ints
from shuseki.entry.definitions import Definitions
from shuseki.entry.design import Design
from shuseki.entry.ols import estimate
from shuseki.entry.variables import RegionalVariables, regional_variables
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.distances import distance_km
from shuseki.language import Message, joined, listed, say, word
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = [
    "DivisionComparison",
    "Units",
    "add_up_accounts",
    "compare_divisions",
    "delaunay_links",
    "random_division",
]

RANDOM = ["areas", "draw", "n", "outcome", "term", "coefficient", "p_value"]
"""Columns of the random divisions."""

OPENSHAW = Source("Openshaw1984", "Openshaw, The Modifiable Areal Unit Problem, CATMOG 38", "1984")


class Units(NamedTuple):
    """The smallest units of a comparison.

    Attributes
    ----------
    accounts
        Index: unit codes. Counts and amounts, columns as in ``entry.variables``.
    counts
        Same index; ``births`` and ``births_<group>``, or another count.
    centres
        Latitude and longitude in degrees, shape ``(units, 2)``; only for random divisions.
    """

    accounts: pd.DataFrame
    counts: pd.DataFrame
    centres: Floats | None = None


# ---- result -----------------------------------------------------------------------------------


@result
class DivisionComparison(Result):
    """One equation in several divisions.

    Attributes
    ----------
    terms
        Regressors without the constant.
    table
        One row per division, outcome and term: ``areas``, ``n`` (areas used), ``coefficient``,
        ``standard_error``, ``low``, ``high`` (95%), ``p_value``.
    random
        One row per random division, outcome and term: ``areas``, ``draw``, ``n``,
        ``coefficient``, ``p_value``. Empty when none were asked for.
    reference
        The division that the others are compared with.
    """

    terms: tuple[str, ...]
    table: pd.DataFrame
    random: pd.DataFrame
    reference: str

    def agreement(self) -> pd.DataFrame:
        """How often the reference's sign is found again, per outcome and term.

        Returns
        -------
        DataFrame
            ``coefficient`` of the reference; ``same_sign`` divisions ``of_divisions`` others;
            and for the random divisions with the reference's number of areas (or all, without
            such): ``random_low``, ``random_high`` (2.5th and 97.5th percentile),
            ``random_same_sign_share``, ``random_significant_share`` (that sign at 5%), and
            ``percentile`` of the reference among them.
        """
        keys = ["outcome", "term"]
        own = self.table[self.table["division"] == self.reference]
        rows = []
        for _, row in own.iterrows():
            sign = np.sign(row["coefficient"])
            others = self.table[
                (self.table[keys] == row[keys]).all(axis=1)
                & (self.table["division"] != self.reference)
            ]
            entry = {
                "outcome": row["outcome"],
                "term": row["term"],
                "coefficient": row["coefficient"],
                "same_sign": int((np.sign(others["coefficient"]) == sign).sum()),
                "of_divisions": len(others),
            }
            if len(self.random):
                drawn = self.random[(self.random[keys] == row[keys]).all(axis=1)]
                alike = drawn[drawn["areas"] == row["areas"]]
                slopes = (drawn if alike.empty else alike)["coefficient"]
                sure = (drawn if alike.empty else alike)["p_value"] < 0.05
                same = np.sign(slopes) == sign
                entry |= {
                    "random_low": slopes.quantile(0.025),
                    "random_high": slopes.quantile(0.975),
                    "random_same_sign_share": same.mean(),
                    "random_significant_share": (same & sure).mean(),
                    "percentile": (slopes < row["coefficient"]).mean(),
                }
            rows.append(entry)
        return pd.DataFrame(rows)

    def to_frame(self) -> pd.DataFrame:
        """One row per division, outcome and term; random divisions by median and 95% range."""
        if self.random.empty:
            return self.table
        parts = self.random.groupby(["areas", "outcome", "term"], sort=False)
        summed = parts["coefficient"].describe(percentiles=[0.025, 0.5, 0.975]).reset_index()
        share = parts["p_value"].agg(lambda p: (p < 0.05).mean()).to_numpy()
        drawn = pd.DataFrame(
            {
                "division": [
                    f"random, {areas} areas, {int(count)} draws"
                    for areas, count in zip(summed["areas"], summed["count"], strict=True)
                ],
                "areas": summed["areas"],
                "n": parts["n"].median().astype(int).to_numpy(),
                "outcome": summed["outcome"],
                "term": summed["term"],
                "coefficient": summed["50%"],
                "low": summed["2.5%"],
                "high": summed["97.5%"],
                "significant_share": share,
            }
        )
        return pd.concat([self.table, drawn], ignore_index=True)

    def headline(self) -> Message:
        """How many slopes keep the sign of the reference."""
        found = self.agreement()
        parts = [
            say(
                "{kept} of {slopes} slopes by {reference} keep their sign in "
                "{others:count(other division)}",
                kept=int((found["same_sign"] == found["of_divisions"]).sum()),
                slopes=len(found),
                reference=word(self.reference),
                others=int(found["of_divisions"].iloc[0]),
            )
        ]
        if len(self.random):
            parts.append(
                say(
                    "{often} in at least 95% of {draws} random divisions",
                    often=int((found["random_same_sign_share"] >= 0.95).sum()),
                    draws=int(self.random["draw"].nunique()),
                )
            )
        sizes = self.table.groupby("division", sort=False)["n"].max()
        return say(
            "{text} (n = {sizes})",
            text=joined(parts, ", "),
            sizes=listed(
                say("{n} {division}", n=int(n), division=word(str(name)))
                for name, n in sizes.items()
            ),
        )


# ---- the public verbs -------------------------------------------------------------------------


def compare_divisions(
    units: Units,
    divisions: Mapping[str, pd.Series],
    *,
    terms: Sequence[str],
    outcomes: Sequence[str],
    reference: str | None = None,
    random_areas: Sequence[int] = (),
    draws: int = 100,
    rng: np.random.Generator | None = None,
    links: sparse.csr_array | None = None,
    definitions: Definitions,
    outliers: str = "printed",
    standard_errors: str = "HC1",
    sources: Sequence[Source] = (),
    progress: Callable[[int, int], None] | None = None,
) -> DivisionComparison:
    """Estimate one equation in several divisions of the same units.

    Parameters
    ----------
    units
        Accounts and births of the smallest units.
    divisions
        Label → area code by unit code. Units that a division does not name are left out of it.
    terms, outcomes
        Names of the variables of ``entry.variables``.
    reference
        The division to compare with; the first by default.
    random_areas
        Numbers of areas of the random divisions; none by default.
    draws, rng
        Random divisions of each number, and the generator (needed with ``random_areas``).
    links
        Lengths of the links between neighbouring units, km, shape ``(units, units)``; those of
        the Delaunay triangulation of the centres by default.
    definitions, outliers, standard_errors
        As for ``regional_variables`` and ``Design``.
    progress
        Called with (done, of how many) divisions.

    Raises
    ------
    UnknownCodeError
        A division that names none of the units, or an unknown reference.
    DataError
        Too few areas for the terms.
    """
    _check_units(units, divisions)
    if not divisions:
        raise ParameterError(say("No divisions were given. Expected at least one. Name one."))
    reference = reference if reference is not None else next(iter(divisions))
    if reference not in divisions:
        raise UnknownCodeError.among("division", [reference], list(divisions))
    if random_areas and rng is None:
        raise ParameterError(
            say(
                "Random divisions into {random_areas} areas without a generator. Expected "
                "rng=numpy.random.default_rng(seed). Pass one.",
                random_areas=examples(random_areas),
            )
        )
    designs = [
        Design(outcome, tuple(terms), outliers=outliers, standard_errors=standard_errors)
        for outcome in outcomes
    ]
    total = len(divisions) + len(random_areas) * draws
    named, drawn = [], []
    for label, areas in divisions.items():
        named.append(_equations(units, areas, designs, definitions).assign(division=label))
        if progress is not None:
            progress(len(named), total)
    if random_areas:
        assert rng is not None
        graph = links if links is not None else delaunay_links(_centres(units))
        index = units.accounts.index
        for count in random_areas:
            for draw in range(draws):
                areas = pd.Series(random_division(graph, count, rng).astype(str), index=index)
                drawn.append(_equations(units, areas, designs, definitions).assign(draw=draw))
                if progress is not None:
                    progress(len(named) + len(drawn), total)
    table = pd.concat(named, ignore_index=True)
    return DivisionComparison(
        terms=tuple(terms),
        table=table[["division", *table.columns[:-1]]],
        random=pd.concat(drawn, ignore_index=True)[RANDOM]
        if drawn
        else pd.DataFrame(columns=RANDOM),
        reference=reference,
        sources=(*sources, OPENSHAW),
    )


def _equations(
    units: Units, areas: pd.Series, designs: Sequence[Design], definitions: Definitions
) -> pd.DataFrame:
    """Estimate every equation in one division, one row per outcome and term."""
    variables = add_up_accounts(units, areas, definitions=definitions)
    frames = []
    for design in designs:
        fit = estimate(design, variables)
        reach = stats.t.ppf(0.975, fit.degrees_of_freedom) * fit.standard_errors
        frames.append(
            pd.DataFrame(
                {
                    "areas": len(variables.areas),
                    "n": fit.n,
                    "outcome": design.outcome,
                    "term": fit.terms,
                    "coefficient": fit.coefficients,
                    "standard_error": fit.standard_errors,
                    "low": fit.coefficients - reach,
                    "high": fit.coefficients + reach,
                    "p_value": fit.p,
                }
            ).iloc[1:]
        )
    return pd.concat(frames, ignore_index=True)


def add_up_accounts(
    units: Units,
    areas: pd.Series,
    *,
    definitions: Definitions,
    sources: Sequence[Source] = (),
) -> RegionalVariables:
    """Compute the variables of areas from the accounts of the units in them.

    Parameters
    ----------
    units
        Accounts and births by unit.
    areas
        Area code by unit code; units that are not named are left out.

    Notes
    -----
    An amount that is not known in a unit counts as 0, as in published totals; one that adds up to
    nothing although something is divided by it makes the variable unknown in that area.
    """
    named = areas.reindex(units.accounts.index)
    inside = named.notna().to_numpy()
    codes, position = np.unique(named[inside].astype(str), return_inverse=True)
    member = sparse.csr_array(
        (np.ones(inside.sum()), (position, np.flatnonzero(inside))),
        shape=(len(codes), len(inside)),
    )
    columns = [
        name
        for name in units.accounts.columns
        if name not in (*definitions.columns.highest, *definitions.columns.attributes)
    ]
    amounts = units.accounts[columns].to_numpy(dtype=float)
    summed = pd.DataFrame(member @ np.nan_to_num(amounts), index=codes, columns=columns)
    nowhere = [name for name in columns if units.accounts[name].isna().all()]
    summed[nowhere] = np.nan
    positive = [name for name in columns if name in definitions.positive]
    summed[positive] = summed[positive].where(summed[positive] > 0)
    for name in definitions.columns.highest:
        if name in units.accounts.columns:
            summed[name] = units.accounts[name][inside].groupby(position).max().to_numpy()
    born = pd.DataFrame(
        member @ units.counts.reindex(units.accounts.index).fillna(0.0).to_numpy(dtype=float),
        index=codes,
        columns=units.counts.columns,
    )
    return regional_variables(summed, born, definitions=definitions, sources=sources)


# ---- the arithmetic ---------------------------------------------------------------------------


def random_division(links: sparse.csr_array, areas: int, rng: np.random.Generator) -> Ints:
    """Divide units into contiguous areas at random.

    Parameters
    ----------
    links
        Length of the link between neighbouring units, km, symmetric, shape ``(n, n)``.
    areas
        How many.
    rng
        Source of the seeds and of the random lengths.

    Returns
    -------
    ndarray
        Area 0 … ``areas − 1`` of each unit, shape ``(n,)``. No area is empty.

    Examples
    --------
    >>> line = sparse.csr_array(np.diag(np.ones(3), 1) + np.diag(np.ones(3), -1))
    >>> random_division(line, 2, np.random.default_rng(1))
    array([0, 1, 1, 1])
    """
    n = links.shape[0]
    parts, part = sparse.csgraph.connected_components(links, directed=False)
    if not parts <= areas <= n:
        raise ParameterError(
            say(
                "{areas} areas of {n} units in {parts} unconnected parts. Expected {parts} to {n} "
                "areas. Choose another number, or link the parts.",
                areas=areas,
                n=n,
                parts=parts,
            )
        )
    order = rng.permutation(n)
    _, first = np.unique(part[order], return_index=True)
    rest = np.delete(order, first)
    seeds = np.sort(np.concatenate([order[first], rest[: areas - parts]]))
    upper = sparse.triu(links, format="coo")
    length = np.maximum(upper.data, 1e-6) * rng.exponential(size=upper.nnz)
    graph = sparse.csr_array((length, (upper.row, upper.col)), shape=(n, n))
    _, _, nearest = sparse.csgraph.dijkstra(
        graph, directed=False, indices=seeds, min_only=True, return_predecessors=True
    )
    position: Ints = np.searchsorted(seeds, nearest).astype(np.int64)
    return position


def delaunay_links(centres: Floats) -> sparse.csr_array:
    """Link units whose centres are neighbours in the Delaunay triangulation.

    Parameters
    ----------
    centres
        Latitude and longitude in degrees, shape ``(n, 2)``.

    Returns
    -------
    csr_array
        Great-circle length of each link, km, symmetric, shape ``(n, n)``.
    """
    if not np.isfinite(centres).all():
        rows = np.flatnonzero(~np.isfinite(centres).all(axis=1))
        raise DataError(
            say(
                "Units without a centre: rows {rows}. Expected degrees for every unit. Locate "
                "them, or leave them out.",
                rows=examples(rows),
            )
        )
    flat = np.column_stack(
        [centres[:, 1] * np.cos(np.radians(centres[:, 0].mean())), centres[:, 0]]
    )
    try:
        corners = Delaunay(flat).simplices
    except QhullError as error:
        raise DataError(
            say(
                "{n_centres} centres cannot be triangulated (too few, or all on one line). "
                "Expected at least three that are not on a line. Pass links of your own.",
                n_centres=len(centres),
            )
        ) from error
    pairs = np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1)
    i, j = np.unique(pairs, axis=0).T
    length = np.maximum(distance_km(centres[i], centres[j]), 1e-6)
    n = len(centres)
    return sparse.csr_array(
        (np.tile(length, 2), (np.concatenate([i, j]), np.concatenate([j, i]))), shape=(n, n)
    )


# ---- checks -------------------------------------------------------------------------------------


def _check_units(units: Units, divisions: Mapping[str, pd.Series]) -> None:
    index = units.accounts.index
    strange = units.counts.index.difference(index)
    if len(strange):
        raise AlignmentError(
            say(
                "Births in units without accounts: {strange}. Expected accounts for every unit "
                "with births. Convert one to the codes of the other.",
                strange=examples(strange),
            )
        )
    for label, areas in divisions.items():
        if areas.index.has_duplicates:
            twice = areas.index[areas.index.duplicated()].unique()
            raise DataError(
                say(
                    "Division {label} puts units into two areas: {twice}. Expected one row per "
                    "unit. Keep one row of each.",
                    label=label,
                    twice=examples(twice),
                )
            )
        if not len(index.intersection(areas.index)):
            raise UnknownCodeError.among(
                "unit",
                list(map(str, areas.index[:5])),
                list(map(str, index)),
                say(
                    "None of the units of division {label} has accounts: convert its codes.",
                    label=label,
                ),
            )


def _centres(units: Units) -> Floats:
    if units.centres is None:
        raise ParameterError(
            say(
                "Random divisions need the units' centres or links, and neither was given. Pass "
                "Units(..., centres=...) in degrees, or links=."
            )
        )
    if units.centres.shape != (len(units.accounts), 2):
        raise AlignmentError(
            say(
                "Centres have shape {centres_shape}. Expected one latitude and longitude per unit "
                "({n_accounts}). Give them in the order of the accounts.",
                centres_shape=units.centres.shape,
                n_accounts=len(units.accounts),
            )
        )
    return units.centres
