"""What does a regression of my own columns say?

``ols("START ~ UNEMPL + MRATIO", data)`` and ``poisson("births ~ UNEMPL", data, exposure=…)``. The
formula is that of R, as the library ``formulaic`` reads it: ``log(x)``, ``x * z`` and ``x:z``,
``C(x)`` for categories, ``np.sqrt(x)``. The constant is always there.

====================  =========================================================================
vcov                  covariance of the coefficients (formulas in ``entry.ols``)
====================  =========================================================================
HC0, HC1, HC2, HC3    independent rows of unequal variance; HC1 = n / (n − k) · HC0
classical             independent rows of equal variance
cluster:COLUMN        CR1S: G / (G − 1) · (n − 1) / (n − k), as Stata's regress and statsmodels;
                      for Poisson CR1: G / (G − 1), as Stata's poisson
CR1:COLUMN            G / (G − 1)
conley:50km           near areas depend on one another; Bartlett kernel (``entry.conley``)
====================  =========================================================================

Takes: a data frame, one row per area, or ``RegionalVariables``. Rows with a missing value are left
out, and a note says how many. Gives: the ``Fit`` of ``entry.ols``, the ``CountFit`` of
``entry.counts``.
Checked against: statsmodels, tests/frames/test_formulas.py.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np
import pandas as pd
from formulaic import Formula, model_matrix
from formulaic.errors import FormulaicError

from shuseki.arrays import Floats
from shuseki.entry.conley import CONLEY, conley_covariance, conley_errors
from shuseki.entry.counts import CountFit, count_model
from shuseki.entry.design import CONSTANT, Design
from shuseki.entry.ols import Fit, estimate
from shuseki.entry.variables import RegionalVariables
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.coordinates import check_coordinates
from shuseki.geography.distances import distance_matrix_km
from shuseki.language import listed, say
from shuseki.sources import USER, Source

__all__ = ["ols", "poisson"]

ALONE = ("classical", "HC0", "HC1", "HC2", "HC3")
CLUSTERS = {"cluster": "CR1S", "CR1": "CR1", "CR1S": "CR1S"}
CUTOFF = re.compile(r"(\d+(?:\.\d+)?)\s*km")
FORMULA = say('Expected "outcome ~ term + term", such as "START ~ UNEMPL + log(DENS)"')


def ols(
    formula: str,
    data: pd.DataFrame | RegionalVariables,
    *,
    vcov: str = "HC1",
    latitude: str = "latitude",
    longitude: str = "longitude",
    sources: tuple[Source, ...] = (USER,),
) -> Fit:
    """Estimate an equation by least squares.

    Parameters
    ----------
    formula
        Outcome and terms, ``"START ~ UNEMPL + log(DENS) + C(region)"``.
    data
        One row per area; the index names the areas.
    vcov
        ``"HC1"``, ``"HC0"``, ``"HC2"``, ``"HC3"``, ``"classical"``, ``"cluster:prefecture"``,
        ``"CR1:prefecture"``, ``"conley:50km"``.
    latitude, longitude
        Columns of degrees, for Conley's errors.
    sources
        Where the data are from; those of ``RegionalVariables`` are kept.

    Returns
    -------
    Fit

    Raises
    ------
    UnknownCodeError
        A column that is not there; names the nearest.
    ParameterError
        A formula that cannot be read, or a covariance that does not exist.
    DataError
        Terms that do not vary or add up to one another, a coefficient that one area decides.

    Examples
    --------
    >>> table = pd.DataFrame({"births": [3, 5, 4, 8, 9.0], "size": [9, 7, 8, 4, 2.0]})
    >>> ols("births ~ size", table, vcov="classical").coefficients.round(3)
    array([11.094, -0.882])
    """
    frame, told = _frame_of(data, sources)
    kind = _covariance(vcov)
    more = kind.columns(latitude, longitude)
    matrix = _matrix(formula, frame, more)
    variables = RegionalVariables(
        frame=pd.concat([matrix.table, matrix.beside], axis=1),
        outcomes=(matrix.outcome,),
        definitions=told.definitions,
        sources=told.sources,
    )
    design = Design(
        outcome=matrix.outcome,
        terms=matrix.terms,
        model=matrix.right,
        outliers="none",
        standard_errors=kind.standard_errors,
        groups=kind.groups,
    )
    fit = estimate(design, variables)
    fit = replace(fit, notes=(*_left_out(matrix.left_out), *fit.notes))
    if kind.cutoff_km is None:
        return fit
    return _with_conley(fit, matrix, kind.cutoff_km, latitude, longitude)


def poisson(
    formula: str,
    data: pd.DataFrame | RegionalVariables,
    *,
    exposure: str | None = None,
    vcov: str = "HC1",
    sources: tuple[Source, ...] = (USER,),
) -> CountFit:
    """Estimate a Poisson model of counts, E[y | x] = exposure · exp(x'b).

    Parameters
    ----------
    formula
        Counts and terms, ``"births ~ UNEMPL + log(DENS)"``.
    data
        One row per area. Of ``RegionalVariables`` an outcome, such as ``START``, stands for its
        count, and its denominator is the exposure.
    exposure
        Column of the base of the rate, e.g. the labour force.
    vcov
        ``"HC1"``, ``"HC0"``, ``"classical"`` or ``"cluster:prefecture"``.
    sources
        Where the data are from; those of ``RegionalVariables`` are kept.

    Returns
    -------
    CountFit

    Raises
    ------
    UnknownCodeError
        A column that is not there; names the nearest.
    ParameterError
        A formula that cannot be read, a covariance that does not exist, separation.
    DataError
        Negative counts, exposure that is not positive, terms that do not vary.
    """
    frame, told = _frame_of(data, sources)
    kind = _covariance(vcov)
    if kind.cutoff_km is not None or kind.standard_errors in ("HC2", "HC3"):
        raise ParameterError(
            say(
                "vcov={vcov!r} of a Poisson model. Expected classical, HC0, HC1 or "
                "cluster:COLUMN. Choose one of them.",
                vcov=vcov,
            )
        )
    outcome = formula.partition("~")[0].strip()
    if exposure is None and outcome in told.counts:
        frame = frame.assign(**{outcome: told.counts[outcome], EXPOSURE: told.exposure[outcome]})
        exposure = EXPOSURE
    matrix = _matrix(formula, frame, [*filter(None, (kind.groups, exposure))])
    fit = count_model(
        pd.concat([matrix.table, matrix.beside], axis=1),
        outcome=matrix.outcome,
        terms=matrix.terms,
        exposure=exposure,
        standard_errors="cluster" if kind.groups else kind.standard_errors,
        groups=kind.groups or None,
        sources=told.sources,
    )
    return replace(fit, notes=(*_left_out(matrix.left_out), *fit.notes))


EXPOSURE = "exposure of the rate"


# ---- covariances ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Covariance:
    """What ``vcov`` asks for."""

    standard_errors: str
    groups: str = ""
    cutoff_km: float | None = None

    def columns(self, latitude: str, longitude: str) -> list[str]:
        """Columns that it needs beside the formula's."""
        if self.cutoff_km is not None:
            return [latitude, longitude]
        return [self.groups] if self.groups else []


def _covariance(vcov: str) -> _Covariance:
    kind, _, what = vcov.partition(":")
    what = what.strip()
    if kind in ALONE and not what:
        return _Covariance(kind)
    if kind in CLUSTERS and what:
        return _Covariance(CLUSTERS[kind], groups=what)
    cutoff = CUTOFF.fullmatch(what)
    if kind == "conley" and cutoff and float(cutoff[1]) > 0:
        return _Covariance("HC1", cutoff_km=float(cutoff[1]))
    raise ParameterError(
        say(
            "vcov={vcov!r}. Expected {alone}, cluster:COLUMN, CR1:COLUMN or conley:50km. Choose "
            "one of them.",
            vcov=vcov,
            alone=listed(ALONE),
        )
    )


def _with_conley(
    fit: Fit, matrix: "_Matrix", cutoff_km: float, latitude: str, longitude: str
) -> Fit:
    """The same coefficients with Conley's covariance; ``nan`` for errors that cannot be known."""
    degrees = matrix.beside[[latitude, longitude]].to_numpy(float)
    check_coordinates(degrees[:, 0], degrees[:, 1], rows=list(matrix.table.index), what="areas")
    apart = distance_matrix_km(degrees)
    checked = conley_errors(
        matrix.table,
        outcome=matrix.outcome,
        terms=matrix.terms,
        distances_km=apart,
        cutoffs_km=[cutoff_km],
    )
    covariance = conley_covariance(
        fit.sample.regressors, fit.residuals, apart, cutoff_km, "bartlett"
    )
    unknown = np.isnan(checked.errors[0])
    covariance[unknown, :] = covariance[:, unknown] = np.nan
    return replace(
        fit,
        covariance=covariance,
        f_robust=_wald(fit.coefficients, covariance),
        errors_called=say("Conley, {cutoff:g} km", cutoff=cutoff_km),
        notes=(*fit.notes, *(note for note in checked.notes if note not in fit.notes)),
        sources=(*fit.sources, CONLEY),
    )


def _wald(coefficients: Floats, covariance: Floats) -> float:
    """F statistic of all slopes; ``nan`` where a covariance is unknown."""
    slopes, middle = coefficients[1:], covariance[1:, 1:]
    if np.isnan(middle).any():
        return float("nan")
    return float(slopes @ np.linalg.pinv(middle, hermitian=True) @ slopes) / len(slopes)


# ---- formulas ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Matrix:
    """Outcome and terms as columns of numbers, and what stands beside them, same index."""

    table: pd.DataFrame
    beside: pd.DataFrame
    outcome: str
    terms: tuple[str, ...]
    right: str
    left_out: int


def _frame_of(
    data: pd.DataFrame | RegionalVariables, sources: tuple[Source, ...]
) -> tuple[pd.DataFrame, RegionalVariables]:
    """The columns, areas as index, and what is known about them."""
    if isinstance(data, RegionalVariables):
        frame = data.frame.copy()
        if data.area_groups and "area_group" not in frame:
            frame["area_group"] = list(data.area_groups)
        return frame, data
    if not isinstance(data, pd.DataFrame) and hasattr(data, "to_pandas"):
        data = data.to_pandas()
    if not isinstance(data, pd.DataFrame):
        raise ParameterError(
            say(
                "The data are {kind}. Expected a data frame, or RegionalVariables. Make one, such "
                "as pandas.DataFrame(…).",
                kind=type(data).__name__,
            )
        )
    frame = data.reset_index(drop=True) if data.index.has_duplicates else data
    return frame, RegionalVariables(frame=frame, outcomes=(), sources=sources)


def _matrix(formula: str, frame: pd.DataFrame, beside: Sequence[str]) -> _Matrix:
    """Compute the columns of a formula for the rows that have them all.

    Raises
    ------
    ParameterError
        The formula cannot be read or computed.
    UnknownCodeError
        A column that is not there.
    DataError
        No complete row, or a term without variation.
    """
    try:
        asked = Formula(formula)
    except FormulaicError as error:
        raise _unreadable(formula, str(error)) from error
    left, right = getattr(asked, "lhs", None), getattr(asked, "rhs", ())
    if left is None or isinstance(right, tuple):
        why = say("there is no outcome and ~") if left is None else say("| is not read here")
        raise ParameterError(
            say(
                "The formula {formula!r}: {why}. {formula_2}. Write fixed effects as C(column).",
                formula=formula,
                why=why,
                formula_2=FORMULA,
            )
        )
    if "1" not in {str(term) for term in right}:
        raise ParameterError(
            say(
                "The formula {formula!r} leaves out the constant. Expected one. Leave out 0 and "
                "-1: C(column) drops its first category by itself.",
                formula=formula,
            )
        )
    known = list(map(str, frame.columns))
    for name in (*sorted(map(str, asked.required_variables)), *beside):
        if name not in frame.columns:
            near = get_close_matches(name, known, n=3, cutoff=0.4)
            raise UnknownCodeError(
                say(
                    "The data have no column {name!r}. Expected one of {known}. {value}",
                    name=name,
                    known=examples(known, 12),
                    value=say("Did you mean {names}?", names=near[0])
                    if near
                    else say("Name one of them."),
                )
            )
    whole = frame.dropna(subset=list(beside))
    try:
        with np.errstate(divide="ignore", invalid="ignore"):
            made = model_matrix(asked, whole, na_action="drop", context={"np": np})
    except FormulaicError as error:
        raise _unreadable(formula, str(error)) from error
    outcome, terms = made.lhs, made.rhs
    if outcome.shape[1] != 1:
        raise ParameterError(
            say(
                "The outcome of {formula!r} has {outcome_shape} columns. {formula_2}. Name one.",
                formula=formula,
                outcome_shape=outcome.shape[1],
                formula_2=FORMULA,
            )
        )
    known_rows = whole.dropna(subset=sorted(map(str, asked.required_variables)))
    if not len(known_rows):
        raise DataError(
            say(
                "No row of {n_frame} has all of {required_variables}. Expected complete rows. "
                "Leave out the term with the most gaps.",
                n_frame=len(frame),
                required_variables=examples(asked.required_variables, 12),
            )
        )
    _check_values(known_rows, outcome, terms)
    idle = [str(term) for term, at in terms.model_spec.term_indices.items() if not len(at)]
    if idle:
        raise DataError(
            say(
                "Terms that do not vary over the {n_terms} complete rows: {idle}. Expected "
                "categories that differ. Leave them out.",
                n_terms=len(terms),
                idle=examples(idle),
            )
        )
    table = pd.concat([pd.DataFrame(outcome), pd.DataFrame(terms)], axis=1).astype(float)
    table = table.rename(columns={"Intercept": CONSTANT}).drop(columns=CONSTANT)
    return _Matrix(
        table=table,
        beside=whole.loc[table.index, list(dict.fromkeys(beside))],
        outcome=str(table.columns[0]),
        terms=tuple(map(str, table.columns[1:])),
        right=formula.partition("~")[2].strip(),
        left_out=len(frame) - len(table),
    )


def _check_values(rows: pd.DataFrame, outcome: pd.DataFrame, terms: pd.DataFrame) -> None:
    """Refuse a logarithm of 0, a root of a negative number, a division by 0."""
    lost = rows.index.difference(terms.index)
    numbers = pd.concat([pd.DataFrame(outcome), pd.DataFrame(terms)], axis=1).astype(float)
    endless = numbers.index[np.isinf(numbers.to_numpy()).any(axis=1)]
    if len(lost) or len(endless):
        where = lost.append(endless)
        raise DataError(
            say(
                "The formula has no value in {n} of {n_rows} rows whose columns are all "
                "known: {where}. Expected numbers above 0 in logarithms and divisors. Leave those "
                "rows out, or change the term, such as log(1 + x).",
                n=len(where),
                n_rows=len(rows),
                where=examples(where),
            )
        )


def _unreadable(formula: str, why: str) -> ParameterError:
    """A formula that formulaic refuses, in one line."""
    said = re.sub(r"\x1b\[[0-9;]*m|⧛[^⧚]*⧚?", "", why).strip().splitlines()[0]
    return ParameterError(
        say(
            "The formula {formula!r} cannot be computed: {said} {formula_2}. Correct it.",
            formula=formula,
            said=said,
            formula_2=FORMULA,
        )
    )


def _left_out(rows: int) -> tuple[str, ...]:
    if not rows:
        return ()
    return (say("{rows:count(row)} with a missing value left out.", rows=rows),)
