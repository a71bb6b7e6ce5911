"""Which rows and which columns go into an equation?

A design says it all before anything is estimated: the outcome, the terms, which areas are left
out and which outliers. Applied to the regional variables it gives a sample: a matrix, a vector,
and a list of who was set aside at which step.

Outlier rules (on the outcome, over every area that has one, before any other choice):

============  ==========================================================================
none          keep all
printed       drop above mean + 3 standard deviations, once (Okamuro 2006, table 3, note)
iterated      the same, repeated until none is dropped
two_sided     drop beyond mean ± 3 standard deviations, once
robust        drop above median + 3 · 1.4826 · MAD, once
============  ==========================================================================

Standard deviations have the divisor n − 1. The 1.4826 makes the MAD a standard deviation under
the normal distribution.

Takes: ``RegionalVariables``. Gives: ``Sample``.
Limits: rules look at the outcome alone; an extreme regressor stays in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from types import MappingProxyType

import numpy as np
from typing_extensions import TypedDict

from shuseki.arrays import Bools, Floats, Ints
from shuseki.entry.definitions import CONSTANT
from shuseki.entry.support import cluster_codes
from shuseki.entry.variables import RegionalVariables
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, listed, say
from shuseki.language.glossary import named_kind
from shuseki.reading.toml import check_shape, read_toml

__all__ = [
    "CLUSTERED",
    "CONSTANT",
    "OUTLIER_RULES",
    "STANDARD_ERRORS",
    "Design",
    "Sample",
    "read_designs",
]

CLUSTERED = ("CR1", "CR1S")
STANDARD_ERRORS = ("classical", "HC0", "HC1", "HC2", "HC3", *CLUSTERED)
THREE = 3.0
MAD_TO_SD = 1.4826


# ---- outlier rules: values (n,), nan allowed → which are outliers (n,) ------------------------


def keep_all(values: Floats) -> Bools:
    """No outlier."""
    return np.zeros(len(values), dtype=bool)


def above_three_sd(values: Floats) -> Bools:
    """Above the mean plus three standard deviations, once.

    Examples
    --------
    >>> above_three_sd(np.array([*range(20), 100.0])).nonzero()[0]
    array([20])
    """
    with np.errstate(invalid="ignore"):
        return np.asarray(values > _mean(values) + THREE * _sd(values))


def above_three_sd_repeatedly(values: Floats) -> Bools:
    """Above the mean plus three standard deviations of those left, until none is."""
    out = keep_all(values)
    while True:
        more = above_three_sd(np.where(out, np.nan, values))
        if not more.any():
            return out
        out = out | more


def beyond_three_sd(values: Floats) -> Bools:
    """More than three standard deviations from the mean, on either side, once."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(values - _mean(values)) > THREE * _sd(values))


def above_three_mad(values: Floats) -> Bools:
    """Above the median plus three median absolute deviations, scaled to the normal, once."""
    known = values[~np.isnan(values)]
    if not len(known):
        return keep_all(values)
    middle = np.median(known)
    spread = MAD_TO_SD * np.median(np.abs(known - middle))
    with np.errstate(invalid="ignore"):
        return np.asarray(values > middle + THREE * spread)


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def _sd(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.std(ddof=1)) if len(known) > 1 else np.inf


OUTLIER_RULES: Mapping[str, Callable[[Floats], Bools]] = MappingProxyType(
    {
        "none": keep_all,
        "printed": above_three_sd,
        "iterated": above_three_sd_repeatedly,
        "two_sided": beyond_three_sd,
        "robust": above_three_mad,
    }
)
"""Name → rule."""
RULE_NAMES: Mapping[str, Message] = MappingProxyType(
    {
        "none": say("no rule"),
        "printed": say("above the mean + 3 sd"),
        "iterated": say("above the mean + 3 sd, repeatedly"),
        "two_sided": say("beyond the mean ± 3 sd"),
        "robust": say("above the median + 3 MAD"),
    }
)
"""Name → what the rule leaves out."""


# ---- designs ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """The rows and columns that an equation is estimated on.

    Attributes
    ----------
    areas
        Area codes, length n.
    outcome
        Shape ``(n,)``.
    regressors
        Shape ``(n, k)``, the constant first.
    terms
        Names of the columns, ``"constant"`` first.
    set_aside
        Step → areas dropped there, in order: outliers, exclusions, incomplete.
    clusters, cluster_names
        Cluster of each area, shape ``(n,)``, 0 … G − 1, and the clusters' names; ``None`` and
        empty unless the standard errors are clustered.
    """

    areas: tuple[str, ...]
    outcome: Floats
    regressors: Floats
    terms: tuple[str, ...]
    set_aside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clusters: Ints | None = None
    cluster_names: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of areas."""
        return len(self.areas)


@dataclass(frozen=True)
class Design:
    """An equation before it is estimated.

    Attributes
    ----------
    outcome
        Name of the outcome variable.
    terms
        Names of the regressors; the constant is always there and not named.
    model
        What the equation is called among those of the same outcome.
    outliers
        One of ``OUTLIER_RULES``.
    exclude
        True/false columns of the variables; areas where one is true are left out.
    standard_errors
        One of ``STANDARD_ERRORS``; ``CR1`` and ``CR1S`` are clustered.
    groups
        Column of clusters for ``CR1`` and ``CR1S``; by default the areas' prefectures, where the
        variables know them.

    Examples
    --------
    >>> Design("START", ("UNEMPL", "DENS"), model="1").without("DENS").terms
    ('UNEMPL',)
    """

    outcome: str
    terms: tuple[str, ...]
    model: str = "1"
    outliers: str = "printed"
    exclude: tuple[str, ...] = ()
    standard_errors: str = "HC1"
    groups: str = ""

    def __post_init__(self) -> None:
        if not self.terms:
            raise ParameterError(
                say(
                    "The design of {outcome} has no terms. Expected at least one regressor.",
                    outcome=self.outcome,
                )
            )
        repeated = sorted({term for term in self.terms if self.terms.count(term) > 1})
        if repeated:
            raise ParameterError(
                say(
                    "Terms named twice: {repeated}. Expected each once. Remove one.",
                    repeated=examples(repeated),
                )
            )
        if self.outcome in self.terms:
            raise ParameterError(
                say(
                    "{outcome} is both outcome and term. Expected different variables.",
                    outcome=self.outcome,
                )
            )
        if CONSTANT in self.terms:
            raise ParameterError(
                say("'constant' is among the terms. It is always added. Leave it out of the terms.")
            )
        for what, given, known in (
            ("outlier rule", self.outliers, tuple(OUTLIER_RULES)),
            ("kind of standard error", self.standard_errors, STANDARD_ERRORS),
        ):
            if given not in known:
                raise ParameterError(
                    say(
                        "Unknown {what} {given!r}. Expected one of {known}.",
                        what=named_kind(what),
                        given=given,
                        known=listed(known),
                    )
                )
        if self.groups and self.standard_errors not in CLUSTERED:
            raise ParameterError(
                say(
                    "Groups {groups!r} with {standard_errors} standard errors. Expected "
                    "{clustered} with groups. Change one of the two.",
                    groups=self.groups,
                    standard_errors=self.standard_errors,
                    clustered=" or ".join(CLUSTERED),
                )
            )

    def without(self, *terms: str) -> "Design":
        """Leave out terms; those that are not there are ignored."""
        return replace(self, terms=tuple(term for term in self.terms if term not in terms))

    def replacing(self, term: str, *others: str) -> "Design":
        """Put other terms in the place of one; the same design when it is not there."""
        if term not in self.terms:
            return self
        at = self.terms.index(term)
        return replace(self, terms=(*self.terms[:at], *others, *self.terms[at + 1 :]))

    def sample(self, variables: RegionalVariables) -> Sample:
        """Select the rows and columns.

        Raises
        ------
        UnknownCodeError
            An outcome, term or exclusion that is not among the variables.
        DataError
            A term that no area has, an infinite value, or no complete row.
        """
        names = (self.outcome, *self.terms)
        values = np.column_stack([variables.column(name).to_numpy() for name in names])
        areas = np.array(variables.areas)
        known = ~np.isnan(values)
        nowhere = [
            name for name, any_known in zip(names, known.any(axis=0), strict=True) if not any_known
        ]
        if nowhere:
            raise DataError(
                say(
                    "No area has a value of {nowhere}, in model {model} of {outcome}. Expected at "
                    "least some. Complete the accounts, or leave a term out with "
                    "design.without(...).",
                    nowhere=examples(nowhere),
                    model=self.model,
                    outcome=self.outcome,
                )
            )
        infinite = np.isinf(values).any(axis=0)
        if infinite.any():
            raise DataError(
                say(
                    "Infinite values of {columns}. Expected numbers, or nan where unknown. Correct "
                    "the accounts.",
                    columns=examples(np.array(names)[infinite]),
                )
            )
        steps = {
            "outliers": OUTLIER_RULES[self.outliers](values[:, 0]),
            **{rule: _flags(variables, rule) for rule in self.exclude},
            "incomplete": ~known.all(axis=1),
        }
        left = np.ones(len(values), dtype=bool)
        set_aside: dict[str, tuple[str, ...]] = {}
        for step, gone in steps.items():
            if (left & gone).any():
                set_aside[step] = tuple(map(str, areas[left & gone]))
            left = left & ~gone
        if not left.any():
            counts = "; ".join(f"{step} {len(gone)}" for step, gone in set_aside.items())
            raise DataError(
                say(
                    "No area is left for model {model} of {outcome}. Set aside: {counts}. "
                    "Expected complete rows. Relax the sample rules or drop the rarest term.",
                    model=self.model,
                    outcome=self.outcome,
                    counts=counts,
                )
            )
        chosen = values[left]
        clusters: Ints | None = None
        cluster_names: tuple[str, ...] = ()
        if self.standard_errors in CLUSTERED:
            labels = self._labels(variables, left)
            clusters, cluster_names = cluster_codes(labels, self.groups or "groups")
        return Sample(
            areas=tuple(map(str, areas[left])),
            outcome=chosen[:, 0],
            regressors=np.column_stack([np.ones(len(chosen)), chosen[:, 1:]]),
            terms=(CONSTANT, *self.terms),
            set_aside=MappingProxyType(set_aside),
            clusters=clusters,
            cluster_names=cluster_names,
        )

    def _labels(self, variables: RegionalVariables, left: Bools) -> list[object]:
        """Name the cluster of each area that is left."""
        if not self.groups:
            if not variables.area_groups:
                raise DataError(
                    say(
                        "{standard_errors} standard errors need clusters, and the variables do "
                        "not know the areas' prefectures. Expected one each. Pass area_groups to "
                        "regional_variables, or name a column with groups=.",
                        standard_errors=self.standard_errors,
                    )
                )
            return list(np.array(variables.area_groups, dtype=object)[left])
        if self.groups not in variables.frame.columns:
            known = list(map(str, variables.frame.columns))
            raise UnknownCodeError.among("column of groups", [self.groups], known)
        groups = variables.frame[self.groups][left]
        if groups.isna().any():
            raise DataError(
                say(
                    "The cluster ({groups}) is unknown in {index}. Expected one for every area. "
                    "Complete the column, or leave those areas out.",
                    groups=self.groups,
                    index=examples(groups.index[groups.isna()]),
                )
            )
        return list(groups)


def _flags(variables: RegionalVariables, rule: str) -> Bools:
    if rule not in variables.frame.columns:
        raise UnknownCodeError.among("sample rule", [rule], list(map(str, variables.frame.columns)))
    flags = variables.frame[rule]
    if flags.isna().any():
        raise DataError(
            say(
                "Sample rule {rule!r} is unknown in {index}. Expected true or false for every "
                "area. Complete the column.",
                rule=rule,
                index=examples(flags.index[flags.isna()]),
            )
        )
    if not set(flags.unique()) <= {True, False}:
        raise DataError(
            say(
                "Sample rule {rule!r} holds {flags}. Expected true or false.",
                rule=rule,
                flags=examples(flags.unique()),
            )
        )
    return flags.to_numpy(dtype=bool)


class DesignsFile(TypedDict, total=False):
    """What a file of designs has."""

    outcomes: list[str]
    models: dict[str, list[str]]
    outliers: str
    exclude: list[str]


def read_designs(file: Traversable, *, standard_errors: str = "HC1") -> tuple[Design, ...]:
    """Read a set of designs: every model for every outcome.

    Parameters
    ----------
    file
        A TOML file with ``outcomes``, ``[models]`` (name → terms), and optionally ``outliers``
        and ``exclude``.
    standard_errors
        What the file leaves open when the paper does not say.

    Raises
    ------
    DataError
        Missing or unknown keys.
    """
    content = read_toml(file)
    known = {"outcomes", "models", "outliers", "exclude"}
    missing = sorted({"outcomes", "models"} - set(content))
    strange = sorted(set(content) - known)
    if missing or strange:
        found = [
            *(say("missing {name}", name=key) for key in missing),
            *(say("unknown {name}", name=key) for key in strange),
        ]
        raise DataError(
            say(
                "Designs in {file}: {found}. Expected the keys {known}. Correct the file.",
                file=file,
                found=examples(found),
                known=listed(sorted(known)),
            )
        )
    check_shape(content, DesignsFile, str(file))
    outcomes: Sequence[str] = content["outcomes"]
    return tuple(
        Design(
            outcome=outcome,
            terms=tuple(terms),
            model=model,
            outliers=content.get("outliers", "printed"),
            exclude=tuple(content.get("exclude", ())),
            standard_errors=standard_errors,
        )
        for outcome in outcomes
        for model, terms in content["models"].items()
    )
