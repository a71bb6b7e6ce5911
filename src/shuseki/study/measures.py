"""Which measures of agglomeration does a study ask for, and on what are they run?

A section of the study file names them; ``true`` takes the defaults, a table sets options::

    [measures]
    quotients = true
    concentration = { period = "2001", coagglomeration = true, local = ["32"] }
    kdensity = { weights = "employment", industries = ["H01", "H02"] }
    m_function = { radii_km = [1, 5, 20] }
    clusters = { industries = ["32"] }
    trends = { areas = ["001"], variable = "plants", contributions = ["2001", "2012"] }
    types = { local_products = ["14"], metals = ["28"], machinery = ["29", "30"] }
    lifecycle = { areas = ["001"], industry = "each" }
    externalities = { spans = [["2001", "2006"], ["2006", "2012"]], input_output = "jsic-10" }

Takes the study's panel and sites. Gives results by name, in that order. ``public_panel`` holds
what the measures take when a user has no data: the bundled public statistics.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from shuseki.datasets.public import (
    input_output_shares,
    manufacturing_panel,
    shipments_panel,
)
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.areas import prefectures
from shuseki.geography.districts import division
from shuseki.industries.classification import classification
from shuseki.measures.clusters import clusters, point_clusters
from shuseki.measures.concentration import (
    coagglomeration,
    concentration,
    disagreement,
    local_moran,
    plant_herfindahls,
)
from shuseki.measures.externalities import InputOutput, externality_range, input_output
from shuseki.measures.kdensity import KDensity, kdensity, kdensity_areas
from shuseki.measures.lifecycle import life_cycle
from shuseki.measures.mfunction import m_function
from shuseki.measures.quotients import location_quotients, shift_share, specialisation
from shuseki.measures.trends import contributions, trends
from shuseki.measures.typology import JSIC_10, IndustryGroups, agglomeration_types
from shuseki.panel import Panel
from shuseki.results import Result
from shuseki.sites import Sites
from shuseki.sources import Source

__all__ = [
    "MEASURES",
    "measure",
    "public_panel",
    "public_scales",
    "read_panel",
    "read_sites",
]

Options = dict[str, Any]
Progress = Callable[[int, int], None]
Kind = Literal[
    "industries",
    "years",
    "district totals",
    "municipalities",
    "municipal years",
    "municipal industries",
    "shipments",
    "district shipments",
]

USER = Source("User", "The user's own data", "", origin="user")
SUPPRESSED = ["X", "x", "Ｘ", "χ", "…"]
NIL = ["-", "－", "―"]


def measure(
    panel: Panel,
    sites: Sites | None,
    options: Mapping[str, Any],
    *,
    progress: Progress | None = None,
) -> dict[str, Result]:
    """Run the measures that a study asks for.

    Parameters
    ----------
    panel
        Area × industry × period with ``plants`` and ``employment`` (or ``employees``). Measures of
        one moment take the last period unless told otherwise.
    sites
        Plants, for K-density by points and exact plant sizes; ``None`` to do without.
    options
        The ``[measures]`` section: name → ``true``, ``false`` or a table of options.
    progress
        Called with (done, total) of the K-density, the one that takes time.

    Raises
    ------
    UnknownCodeError
        A measure that does not exist.
    ParameterError
        An option that its measure does not have.
    """
    unknown = [name for name in options if name not in MEASURES]
    if unknown:
        raise UnknownCodeError.among("measure", unknown, MEASURES)
    answers: dict[str, Result] = {}
    for name, run in MEASURES.items():
        wanted = options.get(name, False)
        if wanted is False:
            continue
        if wanted is not True and not isinstance(wanted, Mapping):
            raise ParameterError(
                f"[measures] {name} is {wanted!r}. Expected true, false or a table of options."
            )
        table = {} if wanted is True else dict(wanted)
        if name in ("kdensity", "m_function") and progress is not None:
            table["progress"] = progress
        try:
            answers |= run(panel, sites, table)
        except TypeError as error:
            if "unexpected keyword" not in str(error):
                raise
            raise ParameterError(
                f"[measures] {name} has options {examples(table)}. One of them does not exist: "
                f"{error}. See the documentation of the measure."
            ) from error
    return answers


def public_panel(kind: Kind, lang: str = "en") -> Panel:
    """Give a bundled panel: manufacturing of public statistics, four or more employees.

    ``industries``: 253 districts by two-digit industry, 2001. ``years``: the same by groups that
    compare over 2001–2012; ``district totals``: all plants of the districts in those years.
    ``municipalities``: by two-digit industry, 2001. ``municipal years``: all manufacturing
    2001–2012; ``municipal industries``: the same by groups that compare. ``shipments`` of
    municipalities, ``district shipments``: 1971–2012. Areas and
    industries have their names in the language.
    """
    return _public_panel(kind, lang)


@lru_cache
def _public_panel(kind: Kind, lang: str) -> Panel:
    if kind == "industries":
        panel = manufacturing_panel("district-253", industries="jsic-10").drop_empty("employees")
    elif kind == "years":
        panel = manufacturing_panel("district-253", industries="comparable")
    elif kind == "district totals":
        panel = manufacturing_panel("district-253", industries="total")
    elif kind == "municipalities":
        panel = manufacturing_panel("municipality", industries="jsic-10").drop_empty("employees")
    elif kind == "municipal years":
        panel = manufacturing_panel("municipality", industries="total")
    elif kind == "municipal industries":
        panel = manufacturing_panel("municipality", industries="comparable")
    elif kind == "shipments":
        panel = shipments_panel("municipality")
    else:
        panel = shipments_panel("district-253")
    return _named(panel, "jsic-10" if kind in ("industries", "municipalities") else "jsic-12", lang)


JOINED = {
    "11+16": ("Textiles and chemicals", "繊維・化学"),
    "25+26+27+32": ("Machinery, instruments, other", "一般・精密機械、その他"),
    "28+29+30": ("Electrical and electronic machinery", "電気・電子機械"),
}
"""Groups of groups that compare over three revisions, in short."""


def _named(panel: Panel, revision: str, lang: str) -> Panel:
    """Name areas and industries in a language; areas of one name by their prefecture too."""
    ja = lang == "ja"
    column = "name_ja" if ja else "name_en"
    date = 2020 if panel.division == "municipality" else 1995
    table = division(panel.division, date).areas.set_index("code")
    twice = table[column].duplicated(keep=False)
    where = table["prefecture"].map(prefectures().set_index("code")[column].to_dict())
    names = table[column].where(~twice, table[column] + " (" + where + ")").to_dict()
    lines = classification(revision).table.set_index("code")[column].to_dict()
    lines |= {code: words[int(ja)] for code, words in JOINED.items()}
    return replace(
        panel,
        area_names=tuple(names.get(code, code) for code in panel.areas),
        industry_names=tuple(lines.get(code, code) for code in panel.industries),
    )


def public_scales(lang: str = "en") -> dict[str, Panel]:
    """Give the two-digit industries of 2001 by each bundled division, the finest first."""
    divisions = {
        "municipality": "municipality",
        "district": "district-253",
        "commuting zone": "commuting-zone-1995",
        "prefecture": "prefecture",
    }
    return {
        name: _named(
            manufacturing_panel(by, industries="jsic-10").drop_empty("employees"), "jsic-10", lang
        )
        for name, by in divisions.items()
    }


def read_panel(path: Path) -> Panel:
    """Read a user's panel: columns ``area``, ``industry``, ``period`` and the variables.

    CSV or Parquet. ``industry`` or ``period`` may be absent. ``latitude`` and ``longitude`` become
    centres. ``X`` and … are suppressed cells (unknown), ``-`` is nil (0).
    """
    frame = _read(path, dtype={"area": str, "industry": str, "period": str})
    if "area" not in frame:
        raise DataError(
            f"{path.name} has columns {examples(frame.columns, 12)}. Expected area, industry, "
            "period and variables. Rename the columns."
        )
    axes = [name for name in ("area", "industry", "period") if name in frame]
    known = set(axes) | {"latitude", "longitude", "area_name"}
    variables = [str(name) for name in frame.columns if name not in known]
    for name in variables:
        frame[name] = _numbers(frame[name], name, path)
    centres = names = None
    by_area = frame.groupby("area", sort=True)
    if {"latitude", "longitude"} <= set(frame):
        centres = by_area[["latitude", "longitude"]].first().to_numpy(dtype=float)
    if "area_name" in frame:
        names = tuple(by_area["area_name"].first().astype(str))
    return Panel.from_frame(
        frame,
        industry="industry" if "industry" in frame else None,
        period="period" if "period" in frame else None,
        variables=variables,
        centres=centres,
        area_names=names or (),
        sources=(USER,),
    )


def read_sites(path: Path) -> Sites:
    """Read a user's plants: columns ``latitude``, ``longitude``, ``industry``, ``employment``."""
    frame = _read(path, dtype={"industry": str})
    for name in {"latitude", "longitude", "employment"} & set(frame):
        frame[name] = _numbers(frame[name], name, path)
    return Sites.from_frame(
        frame, employment="employment" if "employment" in frame else None, sources=(USER,)
    )


# ---- one function per name of the section --------------------------------------------------


def _quotients(panel: Panel, sites: Sites | None, options: Options) -> dict[str, Result]:
    period = options.pop("period", panel.periods[-1])
    start = options.pop("since", None)
    variable = options.pop("variable", "plants")
    answers: dict[str, Result] = {
        "quotients": location_quotients(panel, variable, period=period, **options),
        "specialisation": specialisation(panel, variable, period=period),
    }
    if start is not None:
        answers["shift_share"] = shift_share(panel, variable, start=start, end=period)
    return answers


def _concentration(panel: Panel, sites: Sites | None, options: Options) -> dict[str, Result]:
    period = options.pop("period", panel.periods[-1])
    together = options.pop("coagglomeration", False)
    local = options.pop("local", [])
    workers = options.pop("employment", _workers(panel))
    sizes = plant_herfindahls(sites) if sites is not None else {}
    one = panel.select(periods=[period]).drop_empty(workers)
    if one.industries and set(one.industries) <= set(sizes):
        options.setdefault("herfindahl", sizes)
    answer = concentration(one, employment=workers, **options)
    answers: dict[str, Result] = {"concentration": answer}
    if len(answer.industries) >= 3:
        answers["disagreement"] = disagreement(answer)
    if together:
        answers["coagglomeration"] = coagglomeration(
            one, employment=workers, herfindahl=options.get("herfindahl")
        )
    for code in local:
        answers[f"local_moran_{code}"] = local_moran(one, code, variable=workers)
    return answers


def _kdensity(panel: Panel, sites: Sites | None, options: Options) -> dict[str, Result]:
    answer: KDensity
    if sites is not None:
        answer = kdensity(sites, **options)
    else:
        options.setdefault("period", panel.periods[-1])
        options.setdefault("employment", _workers(panel))
        answer = kdensity_areas(panel, **options)
    return {"kdensity": answer}


def _m_function(panel: Panel, sites: Sites | None, options: Options) -> dict[str, Result]:
    if sites is None:
        raise ParameterError(
            "[measures] m_function asks for points, but there are no sites. Expected a table of "
            "plants with coordinates. Give sites, or use kdensity, which takes areas too."
        )
    return {"m_function": m_function(sites, **options)}


def _clusters(panel: Panel, sites: Sites | None, options: Options) -> dict[str, Result]:
    options.setdefault("period", panel.periods[-1])
    smallest = options.pop("smallest", 20)
    points = options.pop("points", False)
    codes = options.pop("industries", panel.industries)
    answers: dict[str, Result] = {
        f"clusters_{code}": clusters(panel, code, **options) for code in codes
    }
    if points:
        if sites is None:
            raise ParameterError(
                "[measures] clusters asks for points, but there are no sites. Expected a table of "
                "plants with coordinates. Give sites, or leave points out."
            )
        answers |= {
            f"point_clusters_{code}": point_clusters(
                sites, code, smallest=smallest, simulations=options.get("simulations", 99)
            )
            for code in codes
        }
    return answers


def _trends(panel: Panel, sites: Sites | None, options: Options) -> dict[str, Result]:
    variables = options.pop("variables", [options.pop("variable", "plants")])
    areas = options.pop("areas", None)
    span = options.pop("contributions", None)
    if areas is None:
        raise ParameterError("[measures] trends names no areas. Expected areas = [codes].")
    answers: dict[str, Result] = {
        f"trends_{name}": trends(panel, areas, name, **options) for name in variables
    }
    if span is not None:
        if not isinstance(span, list | tuple) or len(span) != 2:
            raise ParameterError(
                f"[measures] trends has contributions = {span!r}. Expected [start, end], such as "
                '["2001", "2012"].'
            )
        start, end = map(str, span)
        for by in ("area", "industry") if len(panel.industries) > 1 else ("area",):
            answers |= {
                f"contributions_{name}_{by}": contributions(
                    panel, name, start=start, end=end, by=by
                )
                for name in variables
            }
    return answers


def _types(panel: Panel, sites: Sites | None, options: Options) -> dict[str, Result]:
    options.setdefault("period", panel.periods[-1])
    options.setdefault("workers", _workers(panel))
    named = [name for name in ("local_products", "metals", "machinery") if name in options]
    if named:
        groups = {name: frozenset(options.pop(name)) for name in named}
        options["groups"] = IndustryGroups(
            **{
                name: groups.get(name, getattr(JSIC_10, name))
                for name in ("local_products", "metals", "machinery")
            }
        )
    return {"types": agglomeration_types(panel, **options)}


def _lifecycle(panel: Panel, sites: Sites | None, options: Options) -> dict[str, Result]:
    options.setdefault("workers", _workers(panel))
    return {"lifecycle": life_cycle(panel, **options)}


def _externalities(panel: Panel, sites: Sites | None, options: Options) -> dict[str, Result]:
    if "spans" in options:
        options["spans"] = [(str(start), str(end)) for start, end in options["spans"]]
    given = options.pop("input_output", "auto")
    if "related" not in options:
        options["related"] = _input_output(panel, given)
    return {"externalities": externality_range(panel, **options)}


def _input_output(panel: Panel, given: str) -> InputOutput | None:
    """Find an input–output table for a panel.

    ``given``: a CSV file with columns ``seller``, ``buyer`` and ``amount``; or a breakdown that the
    bundled table knows (``"jsic-10"``, ``"jsic-11"``, ``"comparable"``); ``"none"``; or ``"auto"``:
    the bundled table if the panel has the codes of a breakdown that no other has.
    """
    if given == "none":
        return None
    if given.endswith(".csv"):
        flows = _read(Path(given), dtype={"seller": str, "buyer": str})
        missing = {"seller", "buyer", "amount"} - set(flows)
        if missing:
            raise DataError(
                f"{given} has columns {examples(flows.columns, 12)}. Expected seller, buyer and "
                "amount. Rename the columns."
            )
        table = flows.pivot_table(index="seller", columns="buyer", values="amount", aggfunc="sum")
        codes = sorted(set(table.index) | set(table.columns))
        return input_output(table.reindex(index=codes, columns=codes).fillna(0), sources=(USER,))
    if given != "auto":
        return input_output_shares(cast(Any, given))
    for breakdown in ("comparable", "jsic-10"):  # revisions 11 and 12 have the same codes
        dealings = input_output_shares(cast(Any, breakdown))
        if set(panel.industries) == set(dealings.industries):
            return dealings
    return None


MEASURES: Mapping[str, Callable[[Panel, Sites | None, Options], dict[str, Result]]] = {
    "quotients": _quotients,
    "concentration": _concentration,
    "kdensity": _kdensity,
    "m_function": _m_function,
    "clusters": _clusters,
    "trends": _trends,
    "types": _types,
    "lifecycle": _lifecycle,
    "externalities": _externalities,
}


def _workers(panel: Panel) -> str:
    return "employment" if "employment" in panel.values else "employees"


def _read(path: Path, dtype: Mapping[str, type]) -> pd.DataFrame:
    if not path.exists():
        raise DataError(f"There is no file {path}. Expected CSV or Parquet. Check the path.")
    try:
        frame = (
            pd.read_parquet(path)
            if path.suffix == ".parquet"
            else pd.read_csv(path, dtype=dict(dtype))
        )
    except pd.errors.EmptyDataError:
        frame = pd.DataFrame()
    if frame.empty:
        raise DataError(f"{path.name} has no rows. Expected a header and data. Check the file.")
    return frame


def _numbers(column: "pd.Series[Any]", name: str, path: Path) -> "pd.Series[float]":
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(float)
    text = column.astype(str).str.strip().str.replace(",", "")
    numbers = pd.to_numeric(text.where(~text.isin(NIL), "0"), errors="coerce")
    broken = numbers.isna() & ~text.isin([*SUPPRESSED, "nan", ""])
    if broken.any():
        raise DataError(
            f"{path.name}, {name!r}: {int(broken.sum())} cells are not numbers: "
            f"{examples(text[broken].unique())}. Expected numbers, X for suppressed, - for nil. "
            "Correct those cells."
        )
    return numbers.astype(float).replace([np.inf, -np.inf], np.nan)
