"""What do several equations say, side by side?

The table of the field: one column per equation, the coefficient with its stars, its standard error
in parentheses below, and under a line n and R².

Takes: ``Fit`` and ``CountFit`` in any order, or the ``Fits`` of a study. Gives: ``SideBySide``,
which becomes a frame, LaTeX or a workbook. Each standard error has three figures, and its
coefficient as many decimals. Stars: *** 1%, ** 5%, * 10%.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.entry.counts import CountFit
from shuseki.entry.design import CONSTANT
from shuseki.entry.ols import Fit, Fits, stars
from shuseki.errors import AlignmentError, ParameterError
from shuseki.language import Message, say
from shuseki.release import whole_file
from shuseki.report.exports import to_excel, to_latex
from shuseki.report.tables import Table
from shuseki.results import Result, result

__all__ = ["SideBySide", "side_by_side"]

Estimate = Fit | CountFit
FIGURES = 3


@result
class SideBySide(Result):
    """Equations in columns.

    Attributes
    ----------
    fits
        The equations.
    names
        What stands over each column.
    labels
        Term → what it is called in the table.
    """

    fits: tuple[Estimate, ...]
    names: tuple[str, ...]
    labels: Mapping[str, str]

    @property
    def terms(self) -> tuple[str, ...]:
        """Terms of all equations, in the order in which they first appear, the constant last."""
        found = dict.fromkeys(term for fit in self.fits for term in fit.terms if term != CONSTANT)
        return (*found, CONSTANT)

    def headline(self) -> Message:
        """Number of equations and of observations."""
        n = [fit.n for fit in self.fits]
        if min(n) == max(n):
            return say("{fits:count(equation)} side by side, n = {n:,}", fits=len(n), n=n[0])
        return say(
            "{fits:count(equation)} side by side, n = {low:,} to {high:,}",
            fits=len(n),
            low=min(n),
            high=max(n),
        )

    def to_frame(self) -> pd.DataFrame:
        """Two rows per term, coefficient and (standard error); then n, R² and the errors."""
        cells, endings = self._cells()
        numbers = cells.columns[1:]
        cells[numbers] = cells[numbers] + endings[numbers]
        return cells

    def to_latex(self, *, lang: str = "en", title: str = "") -> str:
        """Write it in LaTeX (needs ``booktabs``); see ``Result.to_latex``."""
        return to_latex(self._table(title), lang)

    def to_excel(self, path: str | Path, *, lang: str = "en", title: str = "") -> Path:
        """Write it into a workbook; see ``Result.to_excel``."""
        place = Path(path)
        with whole_file(place) as new:
            new.write_bytes(to_excel([self._table(title)], lang))
        return place

    def _table(self, title: str) -> Table:
        cells, endings = self._cells()
        return Table(
            name="side-by-side",
            title=title or self.headline(),
            frame=cells,
            endings=endings,
            labels={"term": "", **{name: name for name in self.names}},
            row_names="term",
            alignment="l" + "c" * len(self.names),
            notes=self.notes,
            sources=self.sources,
        )

    def _cells(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """What each cell says, and the stars behind it."""
        terms, columns = self.terms, [_column(fit) for fit in self.fits]
        below = [name for name in BELOW if any(name in one.below for one in columns)]
        heads = [text for term in terms for text in (self.labels.get(term, term), "")]
        cells = {"term": [*heads, *below]}
        marks = {"term": [""] * (len(heads) + len(below))}
        for name, one in zip(self.names, columns, strict=True):
            pairs = [one.estimates.get(term, ("", "", "")) for term in terms]
            cells[name] = [text for pair in pairs for text in pair[:2]]
            cells[name] += [one.below.get(key, "") for key in below]
            marks[name] = [text for pair in pairs for text in (pair[2], "")] + [""] * len(below)
        return pd.DataFrame(cells), pd.DataFrame(marks)


def side_by_side(
    fits: Iterable[Estimate] | Fits,
    *,
    names: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
) -> SideBySide:
    """Put equations side by side.

    Parameters
    ----------
    fits
        From ``ols``, ``poisson``, ``entry``, or all of a study (``run.fits``).
    names
        What stands over the columns; ``(1) START``, ``(2) START`` … by default.
    labels
        Term → what it is called in the table.

    Returns
    -------
    SideBySide

    Raises
    ------
    ParameterError
        No equation.
    AlignmentError
        Not one name for each, or a name twice.
    """
    given = tuple(fits.fits if isinstance(fits, Fits) else fits)
    if not given:
        raise ParameterError(say("No equations. Expected at least one. Give a list of fits."))
    called = tuple(names) or tuple(f"({k}) {_outcome(fit)}" for k, fit in enumerate(given, start=1))
    if len(called) != len(given) or len(set(called)) < len(called):
        raise AlignmentError(
            say(
                "{n_called} names, {value} of them different, for {n_given} equations. Expected "
                "one of its own for each. Name each once.",
                n_called=len(called),
                value=len(set(called)),
                n_given=len(given),
            )
        )
    notes = [say("Standard errors in parentheses; *** 1%, ** 5%, * 10%.")]
    notes += [
        say("{name}: {note}", name=name, note=note)
        for name, fit in zip(called, given, strict=True)
        for note in fit.notes
    ]
    return SideBySide(
        fits=given,
        names=called,
        labels=dict(labels or {}),
        notes=tuple(notes),
        sources=tuple(dict.fromkeys(source for fit in given for source in fit.sources)),
    )


# ---- cells -----------------------------------------------------------------------------------

BELOW = ("n", "R²", "adjusted R²", "log likelihood", "clusters", "standard errors")
"""Rows under the coefficients, where an equation has them."""


class _Column:
    """What one equation says: term → (coefficient, error, stars), row below → text."""

    def __init__(self, coefficients: Floats, errors: Floats, p: Floats, fit: Estimate) -> None:
        self.estimates = {
            term: (*written(b, e), stars(one))
            for term, b, e, one in zip(fit.terms, coefficients, errors, p, strict=True)
        }
        self.below = {"n": f"{fit.n:,}"}
        if fit.clusters is not None:
            self.below["clusters"] = f"{fit.clusters:,}"


def _column(fit: Estimate) -> _Column:
    if isinstance(fit, CountFit):
        one = _Column(fit.coefficients, fit.errors, fit.p_values(), fit)
        one.below["log likelihood"] = _signed(f"{fit.log_likelihood:,.1f}")
        one.below["standard errors"] = fit.standard_errors.partition(",")[0]
        return one
    one = _Column(fit.coefficients, fit.standard_errors, fit.p, fit)
    one.below |= {
        "R²": _signed(f"{fit.r2:.3f}"),
        "adjusted R²": _signed(f"{fit.adjusted_r2:.3f}"),
        "standard errors": fit.errors_called or fit.design.standard_errors,
    }
    return one


def _outcome(fit: Estimate) -> str:
    return fit.outcome if isinstance(fit, CountFit) else fit.design.outcome


def written(coefficient: float, error: float) -> tuple[str, str]:
    """A coefficient and its error in parentheses, three figures of the error.

    Examples
    --------
    >>> written(-12.3456, 1.234), written(0.000123, 0.0000456), written(1234.0, 567.8)
    (('−12.35', '(1.23)'), ('0.0001230', '(0.0000456)'), ('1,234', '(568)'))
    >>> written(2.5, float("nan"))
    ('2.50', '(–)')
    """
    if not np.isfinite(error) or error <= 0:
        size = abs(coefficient) if coefficient else 1.0
        return _signed(f"{coefficient:,.{_decimals(size)}f}"), "(–)"
    places = _decimals(error)
    return _signed(f"{coefficient:,.{places}f}"), f"({error:,.{places}f})"


def _decimals(size: float) -> int:
    """Decimals that show three figures of a number."""
    return int(np.clip(FIGURES - 1 - np.floor(np.log10(size)), 0, 12))


def _signed(text: str) -> str:
    return text.replace("-", "−")
