"""What do all other reasonable specifications find?

A regression table shows a few of the equations that could have been run. An atlas runs all of
them: every admissible set of regressors × outcome × outlier rule × sample × regional division
or rate convention × standard error, and says how often each variable comes out with which sign,
which choice moves its coefficient most, and whether so many significant results could be due to
chance.

All equations are estimated from cross-products. With columns centred and scaled, a subset of
regressors needs only the matching rows of the moment matrix C = Z'Z; and because e = y − Xb is
itself a combination of the columns of Z = (X, y), White's meat needs only fourth moments::

    Σ_i x_ij x_il e_i²  =  Σ_{a ≤ b} w_ab T[jl, ab],     T[jl, ab] = Σ_i x_ij x_il z_ia z_ib

with w_ab = (2 −δ_ab) c_a c_b and c = (1 for y, −b). One pass over the rows per sample serves
every subset. HC2 and HC3 need each equation's leverages and so one pass over the rows each.

Takes    tables of variables, one row per area; names of outcomes and terms; choices.
Gives    Atlas: one row per specification and term, exact to rounding.
Sources  Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4 (specification curve);
         White (1980) and MacKinnon and White (1985) for HC0–HC3; Saltelli et al. (2008) for the
         first-order and total shares of variance.
Checked  tests/entry/test_atlas.py: equality with statsmodels on random specifications.
Limits   slopes only (the intercept is in every equation but not reported). A specification in which
         one area alone decides a coefficient (leverage 1, such as the dummy of one area) has no
         robust standard error and is set aside, as ``estimate`` refuses it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numba
import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, joined, say
from shuseki.language.names import named, some_of
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = [
    "Atlas",
    "Choice",
    "Influence",
    "NullAtlas",
    "admissible_sets",
    "atlas",
    "influence",
    "permutation_test",
    "strongly_correlated",
    "subset_regressions",
]

STANDARD_ERRORS = ("classical", "HC0", "HC1", "HC2", "HC3")
SINGULAR = 1e-10
"""Smallest accepted pivot of a correlation matrix; below it the design counts as singular."""

SPECIFICATION_CURVE = Source(
    "SimonsohnEtAl2020",
    "Simonsohn, Simmons and Nelson, Specification curve analysis, Nature Human Behaviour 4",
    "2020",
)

OutlierRule = Callable[[Floats], Bools]

CHOICES = {
    "table": say("the table"),
    "outcome": say("the outcome"),
    "outliers": say("the outlier rule"),
    "sample": say("the sample"),
    "standard_errors": say("the standard errors"),
}
"""Choices by their column."""


@dataclass(frozen=True)
class Choice:
    """One sample on which sets of regressors are estimated.

    Attributes
    ----------
    labels
        What was chosen, e.g. ``{"outcome": "START", "outliers": "mean+3sd", "sample": "all"}``.
    outcome
        Shape ``(n,)``; ``nan`` where it is not known.
    regressors
        Shape ``(n, p)``; ``nan`` where not known.
    keep
        Which rows the outlier and sample rules leave, shape ``(n,)``.
    areas
        Names of the rows, for messages.
    """

    labels: Mapping[str, str]
    outcome: Floats
    regressors: Floats
    keep: Bools
    areas: tuple[str, ...] = ()


# ---- results ------------------------------------------------------------------------------


@result
class Atlas(Result):
    """Every specification's slopes.

    Attributes
    ----------
    terms
        Names of the regressors, length p.
    choices
        One row per specification: the labels of its sample, its standard error.
    included
        Which terms stand in each specification, shape ``(S, p)``.
    coefficients, standard_errors
        Slopes and their standard errors, shape ``(S, p)``; ``nan`` where a term is absent.
    n, r2
        Observations and R² of each, shape ``(S,)``.
    singular
        Specifications that could not be estimated, shape ``(S,)``: collinear terms, or too few
        areas.
    decided_alone
        Specifications set aside because one area alone decides a coefficient, shape ``(S,)``.
    """

    terms: tuple[str, ...]
    choices: pd.DataFrame
    included: Bools
    coefficients: Floats
    standard_errors: Floats
    n: Ints
    r2: Floats
    singular: Bools
    decided_alone: Bools

    def __len__(self) -> int:
        return len(self.n)

    @property
    def estimated(self) -> Bools:
        """Specifications that have slopes and standard errors, shape ``(S,)``."""
        return ~self.singular & ~self.decided_alone

    def t_values(self) -> Floats:
        """Slopes over their standard errors, shape ``(S, p)``."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.coefficients / self.standard_errors

    def p_values(self) -> Floats:
        """Two-sided, from Student's t with n − k − 1 degrees of freedom, shape ``(S, p)``."""
        freedom = self.n - self.included.sum(axis=1) - 1
        p: Floats = 2 * scipy.stats.t.sf(np.abs(self.t_values()), freedom[:, None])
        return p

    def support(self, level: float = 0.05, by: str | None = "outcome") -> pd.DataFrame:
        """Share of the specifications with a significant slope of either sign.

        Parameters
        ----------
        level
            Two-sided significance level.
        by
            A column of ``choices`` to tell apart, or ``None`` for all together.
        """
        significant = self.p_values() < level
        rows = []
        groups = (
            [("all", np.arange(len(self)))]
            if by is None
            else [
                (str(label), np.flatnonzero(self.choices[by] == label))
                for label in self.choices[by].unique()
            ]
        )
        for label, where in groups:
            for j, term in enumerate(self.terms):
                at = where[self.included[where, j] & self.estimated[where]]
                if not at.size:
                    continue
                slopes = self.coefficients[at, j]
                rows.append(
                    {
                        (by or "group"): label,
                        "term": term,
                        "specifications": at.size,
                        "median_coefficient": np.median(slopes),
                        "positive_share": np.mean(slopes > 0),
                        "significant_positive_share": np.mean(significant[at, j] & (slopes > 0)),
                        "significant_negative_share": np.mean(significant[at, j] & (slopes < 0)),
                    }
                )
        return pd.DataFrame(rows)

    def curve(self, term: str, **labels: str) -> pd.DataFrame:
        """Order the specifications that hold a term by its slope (the specification curve)."""
        j = self._position(term)
        keep = self.included[:, j] & self.estimated
        for column, value in labels.items():
            keep &= (self.choices[column] == value).to_numpy()
        at = np.flatnonzero(keep)
        at = at[np.argsort(self.coefficients[at, j], kind="stable")]
        half = scipy.stats.t.ppf(0.975, self.n[at] - self.included[at].sum(axis=1) - 1)
        frame = self.choices.iloc[at].reset_index(names="specification")
        slope, error = self.coefficients[at, j], self.standard_errors[at, j]
        return frame.assign(
            coefficient=slope,
            low=slope - half * error,
            high=slope + half * error,
            p_value=self.p_values()[at, j],
            n=self.n[at],
        )

    def _position(self, term: str) -> int:
        if term not in self.terms:
            raise UnknownCodeError.among("term", [term], self.terms)
        return self.terms.index(term)

    def to_frame(self) -> pd.DataFrame:
        """One row per specification and term in it."""
        s, j = np.nonzero(self.included)
        frame = self.choices.iloc[s].reset_index(names="specification")
        return frame.assign(
            term=np.array(self.terms)[j],
            coefficient=self.coefficients[s, j],
            standard_error=self.standard_errors[s, j],
            p_value=self.p_values()[s, j],
            n=self.n[s],
            r2=self.r2[s],
        )

    def headline(self) -> Message:
        """How many specifications, and how many failed."""
        failed, alone = int(self.singular.sum()), int(self.decided_alone.sum())
        parts = [
            say("{n:,} specifications of {terms:count(term)}", n=len(self), terms=len(self.terms))
        ]
        if failed:
            parts.append(say("{n:,} of them singular", n=failed))
        if alone:
            parts.append(say("{n:,} set aside: one area alone decides a term", n=alone))
        return joined(parts, ", ")


@result
class Influence(Result):
    """Which choice moves a coefficient most.

    Attributes
    ----------
    term
        The term whose slope varies.
    table
        One row per choice: ``first_order_share`` of the slope's variance that the choice
        explains alone, ``total_share`` that is left unexplained when only it is unknown.
    """

    term: str
    table: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """One row per choice, the most influential first."""
        return self.table

    def headline(self) -> Message:
        """The most influential choice."""
        first = self.table.iloc[0]
        return say(
            "{term}: the choice of {choice} alone explains {share:.0%} of the variance of its "
            "slope",
            term=self.term,
            choice=CHOICES.get(str(first["choice"]), str(first["choice"])),
            share=float(first["first_order_share"]),
        )


@result
class NullAtlas(Result):
    """Could so many significant slopes be due to chance?

    Attributes
    ----------
    table
        One row per term: the observed median slope, mean t and share of significant slopes in
        its direction, and the share of permutations whose mean t is at least as large.
    permutations
        How many times the outcome's residuals were exchanged among areas.
    """

    table: pd.DataFrame
    permutations: int

    def to_frame(self) -> pd.DataFrame:
        """One row per term."""
        return self.table

    def headline(self) -> Message:
        """How many terms pass at 5%."""
        passed = list(self.table.loc[self.table["p_value"] < 0.05, "term"])
        return say(
            "{passed} of {terms:count(term)} have a mean t over all equations that chance alone "
            "would exceed in less than 5% of {permutations:,} permutations: {names}",
            passed=len(passed),
            terms=len(self.table),
            permutations=self.permutations,
            names=named(passed),
        )


# ---- the public verbs -----------------------------------------------------------------------


def strongly_correlated(table: pd.DataFrame, threshold: float = 0.5) -> tuple[frozenset[str], ...]:
    """Name the pairs of columns whose correlation is at least ``threshold`` in size.

    The rule of the 2006 paper (p. 12): strongly correlated regressors never meet in one equation.
    """
    r = table.corr().to_numpy()
    names = list(map(str, table.columns))
    return tuple(
        frozenset((names[a], names[b]))
        for a, b in combinations(range(len(names)), 2)
        if abs(r[a, b]) >= threshold
    )


def admissible_sets(
    terms: Sequence[str],
    *,
    never_together: Sequence[frozenset[str]] = (),
    required: Sequence[str] = (),
    smallest: int = 1,
    largest: int | None = None,
) -> Bools:
    """Enumerate the sets of terms that the rules allow, shape ``(sets, p)``.

    Parameters
    ----------
    terms
        All candidate regressors (at most 24).
    never_together
        Sets of terms, all of which may not stand in one equation.
    required
        Terms that stand in every equation.
    smallest, largest
        Bounds on the number of terms.
    """
    p = len(terms)
    if p > 24:
        raise ParameterError(
            say(
                "{p} terms give 2^{p} subsets. Expected at most 24. Require some of them, or "
                "leave some out.",
                p=p,
            )
        )
    named = set(required).union(*never_together)
    unknown = named - set(terms)
    if unknown:
        raise UnknownCodeError.among("term", unknown, terms)
    codes = np.arange(1 << p, dtype=np.int64)
    bit = {term: np.int64(1 << j) for j, term in enumerate(terms)}

    def mask(group: Sequence[str] | frozenset[str]) -> np.int64:
        return np.int64(sum(int(bit[term]) for term in group))

    keep = (codes & mask(required)) == mask(required)
    for group in never_together:
        keep &= (codes & mask(group)) != mask(group)
    sets: Bools = ((codes[keep, None] >> np.arange(p)) & 1).astype(bool)
    size = sets.sum(axis=1)
    allowed: Bools = sets[(size >= smallest) & (size <= (p if largest is None else largest))]
    return allowed


def atlas(
    tables: pd.DataFrame | Mapping[str, pd.DataFrame],
    *,
    outcomes: Sequence[str],
    terms: Sequence[str],
    outlier_rules: Mapping[str, OutlierRule] | None = None,
    samples: Mapping[str, Callable[[pd.DataFrame], Bools]] | None = None,
    standard_errors: Sequence[str] = ("HC1",),
    never_together: Sequence[frozenset[str]] = (),
    required: Sequence[str] = (),
    smallest: int = 1,
    largest: int | None = None,
    sources: tuple[Source, ...] = (),
) -> Atlas:
    """Estimate every admissible specification.

    Parameters
    ----------
    tables
        One row per area, with the outcomes and the terms as columns; several tables (regional
        divisions, rate conventions) under their labels.
    outcomes, terms
        Column names.
    outlier_rules
        Label → rule from outcomes ``(n,)`` to the rows that stay; none by default.
    samples
        Label → rule from the table to the rows that stay; all by default.
    standard_errors
        Any of classical, HC0, HC1, HC2, HC3.
    never_together, required, smallest, largest
        See :func:`admissible_sets`.

    Notes
    -----
    Each equation uses the complete cases of its own terms, as the 2006 paper does for land prices.
    """
    given = {"all": tables} if isinstance(tables, pd.DataFrame) else dict(tables)
    for label, table in given.items():
        missing = [name for name in (*outcomes, *terms) if name not in table.columns]
        if missing:
            raise DataError(
                say(
                    "Table {label!r} lacks columns {missing}. Found {columns}. Name columns that "
                    "it has.",
                    label=label,
                    missing=examples(missing),
                    columns=examples(table.columns, 20),
                )
            )
    unknown = [name for name in standard_errors if name not in STANDARD_ERRORS]
    if unknown:
        raise UnknownCodeError.among("standard error", unknown, STANDARD_ERRORS)
    outlier_rules = outlier_rules or {"none": lambda y: np.isfinite(y)}
    samples = samples or {"all": lambda table: np.ones(len(table), dtype=bool)}
    choices = [
        Choice(
            labels={"table": label, "outcome": outcome, "outliers": rule, "sample": sample},
            outcome=(y := table[outcome].to_numpy(dtype=float)),
            regressors=table[list(terms)].to_numpy(dtype=float),
            keep=outlier_rules[rule](y) & np.asarray(samples[sample](table), dtype=bool),
            areas=tuple(map(str, table.index)),
        )
        for label, table in given.items()
        for outcome in outcomes
        for rule in outlier_rules
        for sample in samples
    ]
    sets = admissible_sets(
        terms,
        never_together=never_together,
        required=required,
        smallest=smallest,
        largest=largest,
    )
    if not len(sets):
        raise ParameterError(
            say(
                "No set of terms satisfies the rules. Found 0 admissible sets of {n_terms} terms. "
                "Relax never_together, required, smallest or largest.",
                n_terms=len(terms),
            )
        )
    return _estimate(choices, sets, tuple(terms), tuple(standard_errors), sources)


def influence(answer: Atlas, term: str) -> Influence:
    """Say which choice moves the slope of a term most.

    The slope is a function of the choices (table, outcome, outlier rule, sample, standard error
    and, per other term, in or out). First-order share: Var(E[slope | choice]) / Var(slope). Total
    share: E[Var(slope | all other choices)] / Var(slope), over the cells that hold several
    specifications. Outcomes are compared in standard deviations of their own slopes' median size.
    """
    j = answer._position(term)
    at = np.flatnonzero(answer.included[:, j] & answer.estimated)
    labels = answer.choices.iloc[at].drop(columns="standard_errors")
    factors = {str(c): labels[c].to_numpy() for c in labels if labels[c].nunique() > 1}
    for k, other in enumerate(answer.terms):
        if k != j and 0 < answer.included[at, k].sum() < at.size:
            factors[f"{other} in or out"] = answer.included[at, k].astype(str)
    slope = pd.Series(answer.coefficients[at, j])
    if "outcome" in factors:
        slope = slope / slope.abs().groupby(factors["outcome"]).transform("median")
    total = slope.var(ddof=0)
    if not factors or not total > 0:
        raise ParameterError(
            say(
                "The slope of {term} does not vary over {n} specifications. Expected at "
                "least two different choices. Add outlier rules, samples or terms.",
                term=term,
                n=at.size,
            )
        )
    frame = pd.DataFrame(factors).astype(str)
    rows = []
    for name in frame:
        others = [column for column in frame if column != name]
        first = slope.groupby(frame[name]).transform("mean").var(ddof=0) / total
        if others:
            inner = slope - slope.groupby([frame[c] for c in others]).transform("mean")
            rest = inner.pow(2).mean() / total
        else:
            rest = 1.0
        rows.append({"choice": name, "first_order_share": first, "total_share": rest})
    table = pd.DataFrame(rows).sort_values("first_order_share", ascending=False, ignore_index=True)
    return Influence(term=term, table=table, sources=answer.sources)


def permutation_test(
    tables: pd.DataFrame | Mapping[str, pd.DataFrame],
    *,
    outcomes: Sequence[str],
    terms: Sequence[str],
    permutations: int = 200,
    level: float = 0.05,
    rng: np.random.Generator,
    progress: Callable[[int, int], None] | None = None,
    **choices: object,
) -> NullAtlas:
    """Test each term against the atlas that chance alone would give.

    Whole rows of outcomes are exchanged among the areas of each table, so that no term matters
    while outcomes keep their distribution and their mutual correlation; the whole atlas is
    estimated again for each permutation. The statistic is the size of the mean t over all
    specifications that hold the term (Stouffer's, up to a constant);
    p = (1 + permutations at least as large) / (1 + permutations).

    Parameters
    ----------
    progress
        Called with (done, of how many).
    choices
        As for :func:`atlas`.
    """
    given = {"all": tables} if isinstance(tables, pd.DataFrame) else dict(tables)
    observed = atlas(given, outcomes=outcomes, terms=terms, **choices)  # type: ignore[arg-type]
    mean_t = _mean_t(observed)
    beaten = np.zeros(len(terms))
    for done in range(permutations):
        shuffled = {}
        for label, table in given.items():
            copy = table.copy()
            copy[list(outcomes)] = table[list(outcomes)].to_numpy()[rng.permutation(len(table))]
            shuffled[label] = copy
        chance = atlas(shuffled, outcomes=outcomes, terms=terms, **choices)  # type: ignore[arg-type]
        beaten += np.abs(_mean_t(chance)) >= np.abs(mean_t)
        if progress is not None:
            progress(done + 1, permutations)
    toward = observed.coefficients * np.sign(mean_t) > 0
    significant = ((observed.p_values() < level) & toward).sum(axis=0)
    table = pd.DataFrame(
        {
            "term": terms,
            "median_coefficient": _over_known(np.nanmedian, observed.coefficients),
            "mean_t": mean_t,
            "significant_share": significant
            / np.maximum(observed.included[observed.estimated].sum(axis=0), 1),
            "p_value": np.where(np.isnan(mean_t), np.nan, (1 + beaten) / (1 + permutations)),
        }
    )
    return NullAtlas(
        table=table,
        permutations=permutations,
        sources=(*observed.sources, SPECIFICATION_CURVE),
        notes=(
            say("Whole rows of outcomes are exchanged among the areas of each table."),
            *observed.notes,
        ),
    )


def _mean_t(answer: Atlas) -> Floats:
    return _over_known(np.nanmean, answer.t_values())


def _over_known(summary: Callable[..., Floats], values: Floats) -> Floats:
    """Summarise each column, ``nan`` where no specification with the term was estimated."""
    known = ~np.isnan(values).all(axis=0)
    found = np.full(values.shape[1], np.nan)
    found[known] = summary(values[:, known], axis=0)
    return found


# ---- assembling the samples -----------------------------------------------------------------


def _estimate(
    choices: Sequence[Choice],
    sets: Bools,
    terms: tuple[str, ...],
    standard_errors: tuple[str, ...],
    sources: tuple[Source, ...],
) -> Atlas:
    """Group the specifications by the rows they use, then estimate each group at once."""
    parts = []
    for choice in choices:
        known = np.isfinite(choice.regressors)
        keep = choice.keep & np.isfinite(choice.outcome)
        gaps = ~known[keep].all(axis=0)
        pattern = sets & gaps
        for present in np.unique(pattern, axis=0):
            which = np.flatnonzero((pattern == present).all(axis=1))
            rows = keep & known[:, present].all(axis=1)
            x = np.where(known[rows], choice.regressors[rows], 0.0)
            lone = lone_rows(x, sets[which])
            parts.append((choice, which, x, choice.outcome[rows], lone, np.flatnonzero(rows)))
    answers = []
    frames = []
    decisive: dict[str, None] = {}
    for kind in standard_errors:
        for choice, which, x, y, lone, at in parts:
            slopes, errors, r2 = subset_regressions(x, y, sets[which], kind)
            alone = lone.any(axis=1) & np.isfinite(r2) & (kind != "classical")
            slopes[alone], errors[alone], r2[alone] = np.nan, np.nan, np.nan
            answers.append((which, slopes, errors, np.full(which.size, y.size), r2, alone))
            frames.append((choice.labels, kind, which.size))
            for i in np.flatnonzero(lone[alone].any(axis=0)):
                decisive[choice.areas[at[i]] if choice.areas else f"row {at[i]}"] = None
    which, slopes, errors, n, r2, alone = (
        np.concatenate(column) for column in zip(*answers, strict=True)
    )
    sizes = [size for *_, size in frames]
    table = {
        name: np.repeat([labels[name] for labels, _, _ in frames], sizes)
        for name in choices[0].labels
    }
    table["standard_errors"] = np.repeat([kind for _, kind, _ in frames], sizes)
    included = sets[which]
    return Atlas(
        terms=terms,
        choices=pd.DataFrame(table),
        included=included,
        coefficients=slopes,
        standard_errors=errors,
        n=n.astype(np.int64),
        r2=r2,
        singular=~np.isfinite(r2) & ~alone,
        decided_alone=alone,
        notes=(
            say(
                "{n:,} specifications with robust errors are set aside: in each an area ({areas}) "
                "alone decides a coefficient (leverage 1), and its residual is 0 whatever the "
                "outcome. Leave the term out, or use classical errors.",
                n=int(alone.sum()),
                areas=some_of(decisive),
            ),
        )
        if decisive
        else (),
        sources=(*sources, SPECIFICATION_CURVE),
    )


# ---- the arithmetic -------------------------------------------------------------------------


def lone_rows(x: Floats, sets: Bools) -> Bools:
    """Rows that decide a coefficient alone (leverage 1), per subset, shape ``(S, n)``.

    A row has no more leverage in a subset than with all columns, so only rows with leverage 1 there
    are checked; as a rule there are none. Without such a row the columns are collinear: it is alone
    in every subset that holds all the columns of that combination.

    Examples
    --------
    The second column is a dummy of the last row.

    >>> x = np.column_stack([[1.0, 3, 2, 5, 4], [0, 0, 0, 0, 1.0]])
    >>> lone_rows(x, np.array([[True, False], [True, True]]))[:, -1]
    array([False,  True])
    """
    n, p = x.shape
    alone = np.zeros((len(sets), n), dtype=bool)
    if n < 2:
        return alone
    left, values, _ = _centred_svd(x)
    held = values > 1e-8 * values.max(initial=0.0)
    suspects = np.flatnonzero(1 / n + (left[:, held] ** 2).sum(axis=1) > 1 - 1e-10)
    if len(suspects) and held.sum() == p:
        for i in suspects:
            _, _, right = _centred_svd(np.delete(x, i, axis=0))
            alone[:, i] = (sets | (np.abs(right[-1]) < 1e-6)).all(axis=1)
    elif len(suspects):  # some columns are collinear by themselves: check every subset
        for s in np.flatnonzero(sets.sum(axis=1) + 1 < n):
            left, values, _ = _centred_svd(x[:, sets[s]])
            left = left[suspects][:, values > 1e-8 * values.max(initial=0.0)]
            alone[s, suspects] = 1 / n + (left**2).sum(axis=1) > 1 - 1e-10
    return alone


def _centred_svd(x: Floats) -> tuple[Floats, Floats, Floats]:
    """Singular value decomposition of centred columns of unit length; all columns are kept."""
    centred = x - x.mean(axis=0)
    size = np.linalg.norm(centred, axis=0)
    size[size <= 1e-12 * np.abs(x).max(axis=0, initial=0.0)] = np.inf
    left, values, right = np.linalg.svd(centred / size, full_matrices=False)
    return left, values, right


def subset_regressions(
    x: Floats, y: Floats, sets: Bools, standard_errors: str = "HC1"
) -> tuple[Floats, Floats, Floats]:
    """Regress y on a constant and each subset of the columns of x.

    Parameters
    ----------
    x, y
        Shapes ``(n, p)`` and ``(n,)``, finite.
    sets
        Which columns stand in each equation, shape ``(S, p)``.
    standard_errors
        classical, HC0, HC1, HC2 or HC3.

    Returns
    -------
    slopes, errors, r2
        Shapes ``(S, p)``, ``(S, p)``, ``(S,)``; ``nan`` where a term is absent, and everywhere
        for a singular equation or one with no degree of freedom left.
    """
    n, p = x.shape
    z = np.column_stack([x, y])
    centred = z - z.mean(axis=0)
    scale = np.sqrt((centred**2).mean(axis=0))
    flat = scale <= 1e-14 * np.abs(z).max(axis=0, initial=0.0)
    scale = np.where(flat, 1.0, scale)
    centred = np.where(flat, 0.0, centred / scale)
    moments = centred.T @ centred / n
    first, second = np.triu_indices(p + 1)
    pairs = np.ascontiguousarray((centred[:, first] * centred[:, second]).T)
    inside = second < p
    order = np.full((p + 1, p + 1), -1, dtype=np.int64)
    order[first, second] = order[second, first] = np.arange(first.size)
    row = np.full(first.size, -1, dtype=np.int64)
    row[inside] = np.arange(inside.sum())
    if standard_errors in ("HC0", "HC1"):
        fourth = pairs[inside] @ pairs.T / n
        rows = np.empty((0, p + 1))
    else:
        fourth = np.empty((0, 0))
        rows = np.ascontiguousarray(centred)
    size = sets.sum(axis=1)
    columns = np.zeros((len(sets), max(int(size.max(initial=1)), 1)), dtype=np.int64)
    s, j = np.nonzero(sets)
    columns[s, np.arange(s.size) - np.repeat(np.cumsum(size) - size, size)] = j
    slopes = np.full(sets.shape, np.nan)
    errors = np.full(sets.shape, np.nan)
    r2 = np.full(len(sets), np.nan)
    _subsets(
        columns,
        size.astype(np.int64),
        moments,
        fourth,
        order,
        row,
        rows,
        n,
        STANDARD_ERRORS.index(standard_errors),
        slopes,
        errors,
        r2,
    )
    ratio = scale[p] / scale[:p]
    return slopes * ratio, errors * ratio, r2


@numba.njit(parallel=True, cache=True)  # type: ignore[untyped-decorator]
def _subsets(
    columns: Ints,
    size: Ints,
    moments: Floats,
    fourth: Floats,
    order: Ints,
    row: Ints,
    rows: Floats,
    n: int,
    kind: int,
    slopes: Floats,
    errors: Floats,
    r2: Floats,
) -> None:
    """Solve each subset in place; everything is in units of the columns' standard deviations."""
    p = moments.shape[0] - 1
    widest = columns.shape[1]
    chunks = 64
    for chunk in numba.prange(chunks):
        chol = np.empty((widest, widest))
        inverse = np.empty((widest, widest))
        meat = np.empty((widest, widest))
        slope = np.empty(widest)
        weight = np.empty((widest + 1) * (widest + 2) // 2)
        pair = np.empty((widest + 1) * (widest + 2) // 2, dtype=np.int64)
        start = chunk * len(size) // chunks
        stop = (chunk + 1) * len(size) // chunks
        for s in range(start, stop):
            k = size[s]
            freedom = n - k - 1
            if freedom <= 0 or moments[p, p] <= 0:
                continue
            if not _invert(moments, columns[s], k, chol, inverse):
                continue
            explained = 0.0
            for a in range(k):
                total = 0.0
                for b in range(k):
                    total += inverse[a, b] * moments[columns[s, b], p]
                slope[a] = total
                explained += total * moments[columns[s, a], p]
            r2[s] = explained / moments[p, p]
            if kind == 0:
                variance = (moments[p, p] - explained) / freedom
                for a in range(k):
                    j = columns[s, a]
                    slopes[s, j] = slope[a]
                    errors[s, j] = np.sqrt(max(variance, 0.0) * inverse[a, a])
                continue
            if kind <= 2:
                count = 0
                for a in range(k + 1):
                    left = columns[s, a] if a < k else p
                    from_left = -slope[a] if a < k else 1.0
                    for b in range(a, k + 1):
                        right = columns[s, b] if b < k else p
                        from_right = -slope[b] if b < k else 1.0
                        pair[count] = order[left, right]
                        weight[count] = from_left * from_right * (1.0 if a == b else 2.0)
                        count += 1
                for a in range(k):
                    for b in range(a, k):
                        at = row[order[columns[s, a], columns[s, b]]]
                        total = 0.0
                        for c in range(count):
                            total += weight[c] * fourth[at, pair[c]]
                        meat[a, b] = total
                        meat[b, a] = total
            else:
                _row_meat(rows, columns[s], k, p, slope, inverse, kind, meat)
            correction = n / freedom if kind == 2 else 1.0
            for a in range(k):
                total = 0.0
                for b in range(k):
                    inner = 0.0
                    for c in range(k):
                        inner += meat[b, c] * inverse[a, c]
                    total += inverse[a, b] * inner
                j = columns[s, a]
                slopes[s, j] = slope[a]
                errors[s, j] = np.sqrt(max(total, 0.0) * correction / n)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _invert(moments: Floats, columns: Ints, k: int, chol: Floats, inverse: Floats) -> bool:
    """Invert the k × k block of a correlation matrix through its Cholesky factor."""
    for a in range(k):
        for b in range(a + 1):
            total = moments[columns[a], columns[b]]
            for c in range(b):
                total -= chol[a, c] * chol[b, c]
            if a == b:
                if total <= SINGULAR:
                    return False
                chol[a, a] = np.sqrt(total)
            else:
                chol[a, b] = total / chol[b, b]
    for unit in range(k):
        for a in range(k):
            total = 1.0 if a == unit else 0.0
            for c in range(a):
                total -= chol[a, c] * inverse[c, unit]
            inverse[a, unit] = total / chol[a, a]
        for a in range(k - 1, -1, -1):
            total = inverse[a, unit]
            for c in range(a + 1, k):
                total -= chol[c, a] * inverse[c, unit]
            inverse[a, unit] = total / chol[a, a]
    return True


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _row_meat(
    rows: Floats,
    columns: Ints,
    k: int,
    p: int,
    slope: Floats,
    inverse: Floats,
    kind: int,
    meat: Floats,
) -> None:
    """White's meat with residuals divided by (1 − h)^½ (HC2) or 1 − h (HC3)."""
    n = rows.shape[0]
    meat[:k, :k] = 0.0
    for i in range(n):
        residual = rows[i, p]
        leverage = 1.0
        for a in range(k):
            value = rows[i, columns[a]]
            residual -= slope[a] * value
            inner = 0.0
            for b in range(k):
                inner += inverse[a, b] * rows[i, columns[b]]
            leverage += value * inner
        rest = 1.0 - leverage / n
        if rest <= 0.0:  # its residual is 0: ``lone_rows`` names it, and nothing is estimated
            continue
        weight = residual * residual / (rest if kind == 3 else rest * rest) / n
        for a in range(k):
            for b in range(k):
                meat[a, b] += weight * rows[i, columns[a]] * rows[i, columns[b]]
