"""How is a panel, or a list of plants, that a user brings read?

Takes: CSV (any encoding), Parquet or xlsx. Gives: ``Panel`` and ``Sites``, whose source is the
user's. Rows that add up others are refused, and so are coordinates that cannot be.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from shuseki.errors import DataError, examples
from shuseki.geography.codes import not_municipalities
from shuseki.geography.coordinates import check_coordinates
from shuseki.language import say
from shuseki.language.names import some_of
from shuseki.panel import Panel
from shuseki.reading.tables import as_numbers, read_table
from shuseki.reading.values import Sign, read_number
from shuseki.sites import Sites
from shuseki.sources import USER

__all__ = ["read_panel", "read_sites"]


def read_panel(path: Path, encoding: str = "auto") -> Panel:
    """Read a user's panel: columns ``area``, ``industry``, ``period`` and the variables.

    CSV, Parquet or xlsx. ``industry`` or ``period`` may be absent. ``latitude`` and ``longitude``
    become centres. ``X`` and … are suppressed cells (unknown), ``-`` is nil (0). Other columns of
    text are left out, and a note names them.

    Raises
    ------
    DataError
        For areas without a code, rows that are totals of others, cells that are no numbers.
    """
    frame = read_table(
        path,
        codes_if_any=["area", "industry", "period"],
        text=["area_name", "industry_name"],
        encoding=encoding,
    )
    if "area" not in frame:
        raise DataError(
            say(
                "{path} has columns {columns}. Expected area, industry, period and variables. "
                "Rename the columns.",
                path=path.name,
                columns=examples(frame.columns, 12),
            )
        )
    axes = [name for name in ("area", "industry", "period") if name in frame]
    refuse_totals(frame, path)
    named = {*axes, "latitude", "longitude", "area_name", "industry_name"}
    variables, left = [], []
    for name in (str(name) for name in frame.columns if name not in named):
        if is_text(frame[name], name):
            left.append(name)
        else:
            variables.append(name)
            frame[name] = as_numbers(frame[name], name, table=path.name)
    centres = names = None
    by_area = frame.groupby("area", sort=True)
    if {"latitude", "longitude"} <= set(frame):
        degrees = {n: as_numbers(frame[n], n, table=path.name) for n in ("latitude", "longitude")}
        check_coordinates(*degrees.values(), rows=list(frame.index), what="rows")
        frame = frame.assign(**degrees)
        by_area = frame.groupby("area", sort=True)
        centres = by_area[["latitude", "longitude"]].first().to_numpy(dtype=float)
    if "area_name" in frame:
        names = tuple(by_area["area_name"].first().astype(str))
    told = (say("Columns of text were left out: {names}.", names=some_of(left)),) if left else ()
    return Panel.from_frame(
        frame,
        industry="industry" if "industry" in frame else None,
        period="period" if "period" in frame else None,
        variables=variables,
        centres=centres,
        area_names=names or (),
        sources=(USER,),
        notes=told,
    )


COUNTED = frozenset({"plants", "employment", "employees", "births", "shipments", "shipments_yen"})
"""Variables that are numbers whatever their column holds."""
TOTALS = frozenset({"total", "all", "計", "合計", "総計", "総数", "全国", "全産業", "製造業計"})


def is_text(column: "pd.Series[Any]", name: str) -> bool:
    """Whether a column of a panel is words, not numbers of which some are misspelt."""
    if pd.api.types.is_numeric_dtype(column) or name in COUNTED:
        return False
    return not any(read_number(cell)[1] == Sign.READ for cell in column.unique())


def refuse_totals(frame: pd.DataFrame, path: Path) -> None:
    """Refuse rows that add up others: nation, prefecture, county, or city beside its wards.

    Raises
    ------
    DataError
        Naming the codes.
    """
    areas = [str(code) for code in frame["area"].unique()]
    told = not_municipalities(areas)
    sums = set(told.loc[told["reason"] != "empty", "code"])
    below = set(areas) - sums
    totals = [code for code in sorted(sums) if has_parts(code, below, sums)]
    if "00" in areas and is_sum(frame, frame["area"] == "00"):
        totals.append("00")
    totals += [code for code in areas if code.casefold() in TOTALS and len(areas) > 1]
    if "industry" in frame:
        lines = [str(code) for code in frame["industry"].unique()]
        totals += [code for code in lines if code.casefold() in TOTALS and len(lines) > 1]
    if totals:
        raise DataError(
            say(
                "{path} holds rows that add up others: {totals}. Expected each plant in one area "
                "and one industry only. Leave those rows out.",
                path=path.name,
                totals=examples(totals),
            )
        )


def has_parts(code: str, below: set[str], sums: set[str]) -> bool:
    """Whether a total stands beside areas that it adds up."""
    if code == "00000":
        return bool(below) or len(sums) > 1
    return any(one[:2] == code[:2] for one in below)


def is_sum(frame: pd.DataFrame, rows: "pd.Series[bool]") -> bool:
    """Whether some rows add up to as much as all others, to 1%, in a column of numbers."""
    numbers = frame.select_dtypes("number").drop(columns=["latitude", "longitude"], errors="ignore")
    one, others = numbers[rows].sum(), numbers[~rows].sum()
    return bool(((others > 0) & ((one - others).abs() <= 0.01 * others)).any())


def read_sites(path: Path, encoding: str = "auto") -> Sites:
    """Read a user's plants: columns ``latitude``, ``longitude``, ``industry``, ``employment``.

    ``x_km`` and ``y_km`` in place of degrees are coordinates on a plane.
    """
    frame = read_table(
        path,
        codes_if_any=["industry"],
        numbers=["latitude", "longitude", "x_km", "y_km", "employment"],
        text=["name", "address"],
        encoding=encoding,
    )
    if {"latitude", "longitude"} <= set(frame):
        degrees = (frame[name].to_numpy(float) for name in ("latitude", "longitude"))
        check_coordinates(*degrees, rows=list(frame.index), what="plants")
    plane = {"x_km", "y_km"} <= set(frame) and "latitude" not in frame
    return Sites.from_frame(
        frame,
        employment="employment" if "employment" in frame else None,
        x_km="x_km" if plane else None,
        y_km="y_km" if plane else None,
        sources=(USER,),
    )
