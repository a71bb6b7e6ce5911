"""How close do rebuilt tables come to the printed ones, cell by cell?

Every printed number that has an obtained counterpart is one cell. Its distance is told in units
of the last printed digit; a cell is within tolerance when it is within so many units of that
digit, or within so much of the printed value, whichever allows more. Counts (n, births, ranks)
must be equal. Names in a ranking must be the same name. The ones on the diagonal of a correlation
matrix are not cells.

A sign agrees when both numbers are on the same side of zero, or the print cannot tell (its
rounding interval holds zero). Stars agree when they are equal.

Takes: a ``PrintedPaper`` and obtained tables, kind → frame with the printed table's columns
(``obtained_tables`` makes them from results). Gives: ``Replication``.
Limits: says how close, not why; a printed number may itself be wrong (see the audit).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from shuseki.entry.descriptives import Correlations, Descriptives, Ranking
from shuseki.entry.ols import Fits
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.areas import prefectures
from shuseki.language import Message, joined, listed, say
from shuseki.papers.printed import PrintedNumber, PrintedPaper
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["Replication", "obtained_tables", "replicate"]

LAYOUT: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ranking": (("outcome", "rank"), ("prefecture", "area", "births", "rate")),
    "descriptives": (("variable",), ("mean", "median", "sd", "min", "max", "n")),
    "coefficients": (("outcome", "model", "term"), ("coefficient", "t")),
    "fit": (("outcome", "model", "statistic"), ("value",)),
    "correlations": (("variable", "with"), ("r",)),
}
"""Kind of table → the columns that name a row, and those that hold numbers (or a name)."""

NAMED = frozenset({"prefecture", "area"})
STARRED = frozenset({("coefficients", "coefficient"), ("fit", "value")})
"""Columns whose cell carries the row's stars."""


@result
class Replication(Result):
    """Printed beside obtained.

    Attributes
    ----------
    paper
        Key of the paper.
    cells
        One row per printed cell: ``table``, ``kind``, ``row``, ``outcome``, ``model``,
        ``column``, ``printed`` and ``obtained`` (strings), ``printed_value``,
        ``obtained_value``, ``last_digits_off``, ``within``, ``same_sign``, ``printed_stars``,
        ``obtained_stars``, ``same_stars``, ``compared``.
    relative, units
        The tolerance: share of the printed value, and units of the last printed digit.
    relative_by_model
        Another share for some models.
    """

    paper: str
    cells: pd.DataFrame
    relative: float
    units: float
    relative_by_model: Mapping[str, float]

    @property
    def share_within(self) -> float:
        """Share of the compared cells within tolerance, 0 to 1."""
        return float(self.compared()["within"].mean())

    @property
    def share_same_sign(self) -> float:
        """Share of the compared coefficients with the printed sign, 0 to 1."""
        return float(self.of("coefficient")["same_sign"].mean())

    @property
    def share_same_stars(self) -> float:
        """Share of the compared coefficients with the printed stars, 0 to 1."""
        return float(self.of("coefficient")["same_stars"].mean())

    def compared(self) -> pd.DataFrame:
        """The cells that have an obtained counterpart."""
        return self.cells[self.cells["compared"]]

    def of(self, column: str) -> pd.DataFrame:
        """The compared cells of one column, e.g. ``"coefficient"`` or ``"t"``."""
        cells = self.compared()
        return cells[cells["column"] == column]

    def headline(self) -> Message:
        """Shares of cells within tolerance, of signs and of stars."""
        cells = self.compared()
        parts = [
            say(
                "{within:,} of {cells:,} cells within {relative:.0%} or {units:g} unit of the last "
                "printed digit ({share:.1%})",
                within=int(cells["within"].sum()),
                cells=len(cells),
                relative=self.relative,
                units=self.units,
                share=self.share_within,
            )
        ]
        if len(self.of("coefficient")):
            parts.append(
                say(
                    "coefficients: same sign {sign:.1%}, same stars {stars:.1%}",
                    sign=self.share_same_sign,
                    stars=self.share_same_stars,
                )
            )
        if missing := len(self.cells) - len(cells):
            parts.append(say("{missing:,} cells not rebuilt", missing=missing))
        return joined(parts, "; ")

    def to_frame(self) -> pd.DataFrame:
        """One row per printed cell."""
        return self.cells.copy()

    def by_table(self) -> pd.DataFrame:
        """One row per table and column: cells, compared, shares, median and worst distance."""
        rows = []
        for (table, kind, column), group in self.cells.groupby(
            ["table", "kind", "column"], sort=False
        ):
            own = group[group["compared"]]
            starred = own["same_stars"].dropna()
            rows.append(
                {
                    "table": table,
                    "kind": kind,
                    "column": column,
                    "cells": len(group),
                    "compared": len(own),
                    "within_share": own["within"].mean() if len(own) else np.nan,
                    "same_sign_share": own["same_sign"].dropna().mean() if len(own) else np.nan,
                    "same_stars_share": starred.mean() if len(starred) else np.nan,
                    "median_last_digits_off": own["last_digits_off"].median(),
                    "worst_last_digits_off": own["last_digits_off"].max(),
                }
            )
        return pd.DataFrame(rows)

    def outside(self) -> pd.DataFrame:
        """The compared cells outside the tolerance, worst first."""
        cells = self.compared()
        return cells[~cells["within"].astype(bool)].sort_values(
            "last_digits_off", ascending=False, kind="stable"
        )


def replicate(
    paper: PrintedPaper,
    obtained: Mapping[str, pd.DataFrame],
    *,
    relative: float = 0.02,
    units: float = 1.0,
    relative_by_model: Mapping[str, float] | None = None,
    sources: Sequence[Source] = (),
) -> Replication:
    """Compare rebuilt tables with the printed ones.

    Parameters
    ----------
    paper
        The printed tables.
    obtained
        Kind of table → rebuilt table, with the columns that name a row in print and those that
        hold its numbers. Kinds that are absent are not compared, and counted as such.
    relative
        Tolerance as a share of the printed value.
    units
        Tolerance in units of the last printed digit.
    relative_by_model
        Model → another share, e.g. ``{"4": 0.10}``.
    sources
        Where the obtained tables come from, so that synthetic data stay marked.

    Returns
    -------
    Replication

    Raises
    ------
    UnknownCodeError
        A kind of table that has no counterpart in print.
    DataError
        An obtained table without its columns, or with a row given twice.
    """
    if relative < 0 or units < 0:
        raise ParameterError(
            say(
                "Tolerances are {relative} and {units}. Expected zero or more for both.",
                relative=relative,
                units=units,
            )
        )
    strange = [kind for kind in obtained if kind not in LAYOUT]
    if strange:
        raise UnknownCodeError.among("kind of table", strange, list(LAYOUT))
    by_model = dict(relative_by_model or {})
    rows = [
        row
        for kind, (key, columns) in LAYOUT.items()
        for row in _cells(paper, kind, key, columns, obtained.get(kind), relative, units, by_model)
    ]
    if not rows:
        raise DataError(
            say(
                "{name_given} prints no table of {layout}. Nothing to compare.",
                name_given=paper.key,
                layout=listed(LAYOUT),
            )
        )
    return Replication(
        paper=paper.key,
        cells=pd.DataFrame(rows),
        relative=relative,
        units=units,
        relative_by_model=by_model,
        notes=(
            say(
                "Counts and names must be equal; other numbers may differ by {tolerances}.",
                tolerances=joined(
                    [
                        say(
                            "{share:.0%} of the print or {units:g} of its last digit",
                            share=relative,
                            units=units,
                        ),
                        *(
                            say("{share:.0%} in model {model}", share=share, model=model)
                            for model, share in by_model.items()
                        ),
                    ],
                    ", ",
                ),
            ),
        ),
        sources=(paper.source, *sources),
    )


def obtained_tables(
    *,
    fits: Fits | None = None,
    descriptives: Descriptives | None = None,
    correlations: Correlations | None = None,
    rankings: Sequence[Ranking] = (),
) -> dict[str, pd.DataFrame]:
    """Lay results out as the printed tables are, for ``replicate``."""
    tables: dict[str, pd.DataFrame] = {}
    if fits is not None:
        tables["coefficients"] = fits.to_frame()
        tables["fit"] = fits.fit_statistics()
    if descriptives is not None:
        tables["descriptives"] = descriptives.to_frame()
    if correlations is not None:
        lower = correlations.to_frame()
        upper = lower.rename(columns={"variable": "with", "with": "variable"})
        both = pd.concat([lower, upper[upper["variable"] != upper["with"]]], ignore_index=True)
        tables["correlations"] = both
    if rankings:
        frames = [ranking.to_frame() for ranking in rankings]
        names = _short_prefectures()
        tables["ranking"] = pd.concat(frames, ignore_index=True).assign(
            area=lambda frame: frame["area_name"],
            prefecture=lambda frame: [names.get(code, code) for code in frame["area_group"]],
        )
    return tables


def _short_prefectures() -> dict[str, str]:
    """Prefecture code → its Japanese name without 都, 府 or 県, as tables print it."""
    table = prefectures()
    return {
        code: name if name == "北海道" else name[:-1]
        for code, name in zip(table["code"], table["name_ja"], strict=True)
    }


# ---- cells --------------------------------------------------------------------------------------


def _cells(
    paper: PrintedPaper,
    kind: str,
    key: tuple[str, ...],
    columns: tuple[str, ...],
    obtained: pd.DataFrame | None,
    relative: float,
    units: float,
    by_model: Mapping[str, float],
) -> list[dict[str, object]]:
    found = _indexed(kind, key, columns, obtained)
    rows = []
    for printed in paper.table(kind).to_dict("records"):
        name = tuple(str(printed[part]) for part in key)
        if kind == "correlations" and name[0] == name[1]:
            continue
        model = str(printed.get("model", ""))
        allowed = by_model.get(model, relative)
        for column in columns:
            text = str(printed[column])
            if not text:
                continue
            cell: dict[str, object] = {
                "table": printed["table"],
                "kind": kind,
                "row": " ".join(name),
                "outcome": printed.get("outcome", ""),
                "model": model,
                "column": column,
            }
            own = found.get(name)
            exact = column in ("n", "births") or name[-1] == "n" or text == "0"
            if column in NAMED:
                cell |= _compare_names(text, "" if own is None else str(own.get(column, "")))
            else:
                number = PrintedNumber(text, exact=exact)
                value = np.nan if own is None else float(own.get(column, np.nan))
                cell |= _compare_numbers(number, value, allowed, units)
            cell |= _compare_stars(kind, column, printed, own)
            rows.append(cell)
    return rows


def _indexed(
    kind: str, key: tuple[str, ...], columns: tuple[str, ...], obtained: pd.DataFrame | None
) -> dict[tuple[str, ...], dict[str, Any]]:
    if obtained is None:
        return {}
    wanted = (*key, *(column for column in columns if column not in NAMED))
    missing = [column for column in wanted if column not in obtained.columns]
    if missing:
        raise DataError(
            say(
                "The obtained {kind} have no {missing}. Found {columns}. Expected {wanted}. "
                "Rename the columns.",
                kind=kind,
                missing=examples(missing),
                columns=examples(obtained.columns),
                wanted=listed(wanted),
            )
        )
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for record in obtained.to_dict("records"):
        name = tuple(str(record[part]) for part in key)
        if name in found:
            raise DataError(
                say(
                    "The obtained {kind} give {name} twice. Expected each row once.",
                    kind=kind,
                    name=" ".join(name),
                )
            )
        found[name] = {str(column): value for column, value in record.items()}
    return found


def _compare_names(text: str, other: str) -> dict[str, object]:
    return {
        "printed": text,
        "obtained": other,
        "printed_value": np.nan,
        "obtained_value": np.nan,
        "last_digits_off": np.nan,
        "compared": bool(other),
        "within": other == text,
        "same_sign": None,
    }


def _compare_numbers(
    number: PrintedNumber, value: float, relative: float, units: float
) -> dict[str, object]:
    compared = bool(np.isfinite(value))
    off = number.units_off(value) if compared else np.nan
    allowed = 0.0 if number.exact else max(units, relative * abs(number.value) / number.last_digit)
    low, high = PrintedNumber(number.text).interval
    blind = low <= 0 <= high
    return {
        "printed": number.text,
        "obtained": number.print_like(value) if compared else "",
        "printed_value": number.value,
        "obtained_value": value,
        "last_digits_off": off,
        "compared": compared,
        "within": compared and off <= allowed + 1e-9,
        "same_sign": (blind or value * number.value > 0) if compared else None,
    }


def _compare_stars(
    kind: str, column: str, printed: Mapping[Any, Any], own: Mapping[str, Any] | None
) -> dict[str, object]:
    if (kind, column) not in STARRED:
        return {"printed_stars": "", "obtained_stars": "", "same_stars": None}
    mine = "" if own is None else str(own.get("stars", ""))
    known = own is not None and "stars" in own
    return {
        "printed_stars": printed["stars"],
        "obtained_stars": mine,
        "same_stars": (mine == printed["stars"]) if known else None,
    }
