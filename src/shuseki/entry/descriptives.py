"""What do the variables look like before any equation?

Three tables of the 2006 paper: descriptive statistics (table 3), correlations (appendix 2) and
rankings of the startup rates (table 1). In the first two the outliers of each rate are set aside
first, rate by rate, as the note of table 3 says; the ranking keeps everybody.

Standard deviations have the divisor n − 1. Correlations are Pearson's over the areas that have
both variables, so their n differ from pair to pair; ``Correlations.n`` says them.

Takes: ``RegionalVariables``. Gives: ``Descriptives``, ``Correlations``, ``Ranking``.
Sources: Okamuro (2006), tables 1 and 3, appendix table 2.
"""

from collections.abc import Sequence
from dataclasses import field

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.entry.definitions import Definitions
from shuseki.entry.design import OUTLIER_RULES, RULE_NAMES
from shuseki.entry.variables import COUNTED, RegionalVariables
from shuseki.errors import ParameterError, examples
from shuseki.language import Message, listed, say
from shuseki.language.names import TwoNames, some_of
from shuseki.results import Result, result

__all__ = [
    "Correlations",
    "Descriptives",
    "Ranking",
    "correlate",
    "describe",
    "pairwise_correlations",
    "rank",
]

STATISTICS = ("mean", "median", "sd", "min", "max", "n")
KINDS_COUNTED = {
    "births": say("births"),
    "deaths": say("deaths"),
    "net_change": say("net change"),
    "stock": say("plants"),
    "count": say("count"),
}
"""What a number of a ranking counts."""


@result
class Descriptives(Result):
    """Mean, median, standard deviation, minimum, maximum and n of each variable (table 3).

    Attributes
    ----------
    table
        Index: variables; columns ``mean``, ``median``, ``sd``, ``min``, ``max``, ``n``.
    set_aside
        Outcome → outliers left out of its row.
    """

    table: pd.DataFrame
    set_aside: dict[str, tuple[str, ...]]
    definitions: Definitions = field(default_factory=Definitions)

    def headline(self) -> Message:
        """Number of variables, and the first one's mean and n."""
        first = str(self.table.index[0])
        row = self.table.iloc[0]
        label = self.definitions.label(first)
        values = {
            "variables": len(self.table),
            "name": first,
            "mean": float(row["mean"]),
            "n": int(row["n"]),
        }
        if not label.unit:
            return say(
                "{variables:count(variable)}; mean {name} {mean:.3g} (n = {n})",
                **values,
            )
        return say(
            "{variables:count(variable)}; mean {name} {mean:.3g} {unit} (n = {n})",
            unit=TwoNames(label.unit, label.unit_ja),
            **values,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per variable, with its unit."""
        frame = self.table.rename_axis("variable").reset_index()
        units = [self.definitions.label(name).unit_said for name in frame["variable"]]
        frame.insert(1, "unit", pd.Series(units, index=frame.index, dtype=object))
        return frame


@result
class Correlations(Result):
    """Pairwise correlations (appendix 2).

    Attributes
    ----------
    matrix
        Variables × variables, from −1 to 1.
    n
        Areas behind each.
    """

    matrix: pd.DataFrame
    n: pd.DataFrame

    def headline(self) -> Message:
        """The strongest correlation between two variables."""
        lower = np.tril(np.ones(self.matrix.shape, dtype=bool), -1)
        values = np.where(lower, self.matrix.to_numpy(), np.nan)
        if np.isnan(values).all():
            return say("{variables:count(variable)}, no correlation", variables=len(self.matrix))
        row, column = divmod(int(np.nanargmax(np.abs(values))), values.shape[1])
        names = list(self.matrix.index)
        return say(
            "{variables:count(variable)}; strongest: {one} with {other}, r = {r:.3f} (n = {n})",
            variables=len(names),
            one=names[row],
            other=names[column],
            r=float(values[row, column]),
            n=int(self.n.to_numpy()[row, column]),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per pair of the lower triangle, the diagonal included."""
        names = list(self.matrix.index)
        return pd.DataFrame(
            [
                {
                    "variable": name,
                    "with": other,
                    "r": self.matrix.loc[name, other],
                    "n": int(self.n.loc[name, other]),
                }
                for at, name in enumerate(names)
                for other in names[: at + 1]
            ]
        )

    def stronger_than(self, r: float) -> list[tuple[str, str]]:
        """Pairs whose correlation is at least this strong, either sign."""
        frame = self.to_frame()
        frame = frame[(frame["variable"] != frame["with"]) & (frame["r"].abs() >= r)]
        return list(zip(frame["with"], frame["variable"], strict=True))


@result
class Ranking(Result):
    """Areas with the highest startup rates (table 1).

    Attributes
    ----------
    outcome
        Which rate.
    table
        Columns ``rank``, ``area``, ``area_name``, ``area_group``, what is counted (``births``, …)
        and ``rate``.
    areas
        Number of areas ranked.
    """

    outcome: str
    table: pd.DataFrame
    areas: int
    definitions: Definitions = field(default_factory=Definitions)

    def headline(self) -> Message:
        """The first, its rate and births."""
        first = self.table.iloc[0]
        label = self.definitions.label(self.outcome)
        return say(
            "{outcome}: first of {areas} is {area}, {rate:.2f} {noun}, {n:,} {what}",
            outcome=TwoNames(label.label, label.label_ja),
            areas=self.areas,
            area=str(first["area_name"]),
            rate=float(first["rate"]),
            noun=TwoNames(*self.definitions.counted(self.outcome)),
            n=int(first[self.counted]),
            what=KINDS_COUNTED[self.counted],
        )

    @property
    def counted(self) -> str:
        """What is counted: births, deaths, net_change or stock, a column of the table."""
        return counted(self.definitions, self.outcome)

    def to_frame(self) -> pd.DataFrame:
        """One row per rank."""
        return self.table.assign(outcome=self.outcome)[["outcome", *self.table.columns]]


def describe(
    variables: RegionalVariables,
    names: Sequence[str] | None = None,
    *,
    outliers: str = "printed",
) -> Descriptives:
    """Describe each variable.

    Parameters
    ----------
    variables
        The regional variables.
    names
        Which, in which order; the outcomes and regressors as defined by default.
    outliers
        Rule that clears the outcomes first, one of ``OUTLIER_RULES``.

    Notes
    -----
    Okamuro (2006), table 3.
    """
    frame, set_aside = _cleared(variables, names, outliers)
    rows = {}
    for name in frame:
        known = frame[name].dropna().to_numpy()
        rows[name] = (
            [known.mean(), np.median(known), _sd(known), known.min(), known.max(), len(known)]
            if len(known)
            else [np.nan] * 5 + [0]
        )
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(STATISTICS), dtype=float)
    return Descriptives(
        table=table.astype({"n": int}),
        set_aside=set_aside,
        definitions=variables.definitions,
        notes=_outlier_notes(set_aside, outliers) + variables.notes,
        sources=variables.sources,
    )


def correlate(
    variables: RegionalVariables,
    names: Sequence[str] | None = None,
    *,
    outliers: str = "printed",
) -> Correlations:
    """Correlate every pair of variables over the areas that have both.

    Parameters
    ----------
    variables, names, outliers
        As in ``describe``.

    Notes
    -----
    Okamuro (2006), appendix table 2.
    """
    frame, set_aside = _cleared(variables, names, outliers)
    matrix, n = pairwise_correlations(frame.to_numpy(dtype=float))
    columns = list(frame.columns)
    return Correlations(
        matrix=pd.DataFrame(matrix, index=columns, columns=columns),
        n=pd.DataFrame(n, index=columns, columns=columns).astype(int),
        notes=_outlier_notes(set_aside, outliers) + variables.notes,
        sources=variables.sources,
    )


def rank(variables: RegionalVariables, outcome: str = "START", *, top: int = 10) -> Ranking:
    """Rank the areas by a startup rate; ties keep the order of the area codes.

    Parameters
    ----------
    variables
        The regional variables, with births.
    outcome
        One of their outcomes.
    top
        How many ranks.

    Notes
    -----
    Okamuro (2006), table 1; outliers are ranked too.
    """
    if outcome not in variables.outcomes:
        raise ParameterError(
            say(
                "{outcome!r} is not a startup rate. Expected one of {outcomes}.",
                outcome=outcome,
                outcomes=examples(variables.outcomes),
            )
        )
    if top < 1:
        raise ParameterError(
            say(
                "top is {top}. Expected at least 1.",
                top=top,
            )
        )
    frame = pd.DataFrame(
        {
            "area": list(variables.areas),
            "area_name": list(variables.area_names or variables.areas),
            "area_group": list(variables.area_groups or [""] * len(variables.areas)),
            counted(variables.definitions, outcome): variables.counts[outcome].to_numpy(
                dtype=float
            ),
            "rate": variables.column(outcome).to_numpy(),
        }
    ).dropna(subset=["rate"])
    ranked = frame.sort_values("rate", ascending=False, kind="stable").head(top)
    ranked.insert(0, "rank", np.arange(1, len(ranked) + 1))
    return Ranking(
        outcome=outcome,
        table=ranked.reset_index(drop=True),
        areas=len(frame),
        definitions=variables.definitions,
        notes=variables.notes,
        sources=variables.sources,
    )


def counted(definitions: Definitions, outcome: str) -> str:
    """What an outcome counts, without the group."""
    found = definitions.outcome(outcome)
    if found is None:
        return "count"
    return next((kind for kind in COUNTED if found.counts.startswith(kind)), "count")


# ---- arrays ---------------------------------------------------------------------------------


def pairwise_correlations(values: Floats) -> tuple[Floats, Floats]:
    """Pearson correlations over the rows that have both columns.

    Parameters
    ----------
    values
        Shape ``(n, p)``, ``nan`` where unknown.

    Returns
    -------
    tuple of ndarray
        Correlations ``(p, p)``, ``nan`` where fewer than two rows or no variation; and the rows
        behind each ``(p, p)``.
    """
    known = ~np.isnan(values)
    K = known.astype(float)
    n = K.T @ K
    centre = np.array(
        [
            column[~np.isnan(column)].mean() if k.any() else 0.0
            for column, k in zip(values.T, known.T, strict=True)
        ]
    )
    Z = np.where(known, values - centre, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        sums = Z.T @ K  # sum of column i over the rows that j has
        squares = (Z**2).T @ K
        covariance = Z.T @ Z - sums * sums.T / n
        variance = squares - sums**2 / n
        r = covariance / np.sqrt(variance * variance.T)
    r[(n < 2) | ~np.isfinite(r)] = np.nan
    return np.clip(r, -1.0, 1.0), n


def _cleared(
    variables: RegionalVariables, names: Sequence[str] | None, outliers: str
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    if outliers not in OUTLIER_RULES:
        raise ParameterError(
            say(
                "Unknown outlier rule {outliers!r}. Expected one of {outlier_rules}.",
                outliers=outliers,
                outlier_rules=listed(OUTLIER_RULES),
            )
        )
    if names is None:
        names = [*variables.outcomes, *variables.regressors]
    frame = pd.DataFrame({name: variables.column(name) for name in names})
    set_aside = {}
    for name in variables.outcomes:
        if name in frame:
            extreme = OUTLIER_RULES[outliers](frame[name].to_numpy(dtype=float))
            if extreme.any():
                set_aside[name] = tuple(map(str, frame.index[extreme]))
                frame.loc[extreme, name] = np.nan
    return frame, set_aside


def _outlier_notes(set_aside: dict[str, tuple[str, ...]], rule: str) -> tuple[Message, ...]:
    return tuple(
        say(
            "Outliers of {name} set aside by the rule {rule}: {areas}.",
            name=name,
            rule=RULE_NAMES[rule],
            areas=some_of(areas),
        )
        for name, areas in set_aside.items()
    )


def _sd(values: Floats) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")
