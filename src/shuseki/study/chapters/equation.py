"""Which equation do the deeper questions ask about?"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from shuseki.arrays import Bools, Floats
from shuseki.entry.design import OUTLIER_RULES, Design
from shuseki.entry.ols import Fit
from shuseki.entry.variables import RegionalVariables
from shuseki.errors import DataError, UnknownCodeError
from shuseki.geography.districts import Division
from shuseki.language import listed, say
from shuseki.release.disclosure.answers import equations, freedom
from shuseki.report.blocks import Finding, own_table
from shuseki.results import Result
from shuseki.study.chapter import Options, Running, Told

__all__ = [
    "OfEquation",
    "centres_of",
    "design_of",
    "estimated",
    "needs_equations",
    "rows_kept",
]


class OfEquation(Options):
    """Which equation: a model of the study's equations, the first by default."""

    model: str | None = None


def needs_equations(study: Any) -> Iterator[str]:
    """Say that there are no equations to ask about."""
    asked = study.tables.get("entry")
    if asked is None or not study.has("entry") or not (asked.equations or asked.paper):
        yield say("asks about equations, but [entry] has none. Add [[entry.equations]].")


def design_of(asked: OfEquation, running: Running) -> Design:
    """The equation asked about.

    Raises
    ------
    UnknownCodeError
        There is no equation of that model.
    """
    fits: tuple[Fit, ...] = running.answers["entry"].fits.fits
    if asked.model is None:
        return fits[0].design
    for fit in fits:
        if fit.design.model == asked.model:
            return fit.design
    raise UnknownCodeError.among("model", [asked.model], [fit.design.model for fit in fits])


def estimated(found: Mapping[str, Result], told: Told) -> Iterator[Finding]:
    """Tell answers that were estimated from the outcomes of areas, with what their numbers are.

    Each number of a table, with its error, is taken for an equation on its outcome, or on every one
    where the answer does not say which is its own.
    """
    variables: RegionalVariables = told.answers["accounts"].variables
    fits: tuple[Fit, ...] = told.answers["entry"].fits.fits
    units = min(freedom(fit) for fit in fits)
    for one in found.values():
        count = 2 * len(one.to_frame())
        own = getattr(one, "outcome", "")
        outcomes = [own] if own in variables.outcomes else variables.outcomes
        numbers = equations(variables.definitions, outcomes, units, count)
        yield Finding(one, table=own_table(one, numbers=numbers))


def rows_kept(variables: RegionalVariables, design: Design) -> dict[str, Bools]:
    """Outcome → areas that its outlier rule keeps, shape ``(areas,)``."""
    rule = OUTLIER_RULES[design.outliers]
    return {y: ~rule(variables.column(y).to_numpy()) for y in variables.outcomes}


def centres_of(regions: Division, variables: RegionalVariables) -> Floats:
    """Latitude and longitude of the areas of the variables, shape ``(areas, 2)``.

    Raises
    ------
    DataError
        An area has no point.
    """
    found = regions.centres
    at = {code: k for k, code in enumerate(regions.codes)}
    rows = [at[code] for code in variables.areas]
    if found is None or not np.isfinite(found[rows]).all():
        lost = variables.areas if found is None else [
            code for code, row in zip(variables.areas, rows, strict=True)
            if not np.isfinite(found[row]).all()
        ]  # fmt: skip
        raise DataError(
            say(
                "Areas without a point: {lost} ({n_lost} of {n_rows}). Expected latitude and "
                "longitude of every area. Add them to region.names.",
                lost=listed(lost[:5]),
                n_lost=len(lost),
                n_rows=len(rows),
            )
        )
    return found[rows]
