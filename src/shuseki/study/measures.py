"""Which measures of agglomeration does a study ask for, and on what are they run?

A section of the study file names them; ``true`` takes the defaults, a table sets options::

    [measures]
    quotients = true
    concentration = { period = "2001", coagglomeration = true, local = ["32"] }
    kdensity = { weights = "employment", industries = ["H01", "H02"] }
    m_function = { radii_km = [1, 5, 20], individual = ["H01"] }
    ripley = { industries = ["H01"] }
    clusters = { industries = ["32"] }
    trends = { areas = ["001"], variable = "plants", contributions = ["2001", "2012"] }
    types = { local_products = ["14"], metals = ["28"], machinery = ["29", "30"] }
    lifecycle = { areas = ["001"], industry = "each" }
    externalities = { spans = [["2001", "2006"], ["2006", "2012"]], input_output = "jsic-10" }

``pairs = [["H01", "H02"]]`` in kdensity or m_function measures two industries at once.

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
from shuseki.geography.areas import LAST_DAY, check_codes, municipalities, prefectures
from shuseki.geography.coordinates import check_coordinates
from shuseki.geography.districts import division
from shuseki.industries.classification import classification
from shuseki.measures.amounts import amounts
from shuseki.measures.change.externalities import InputOutput, externality_range, input_output
from shuseki.measures.change.lifecycle import life_cycle
from shuseki.measures.change.trends import contributions, trends
from shuseki.measures.change.typology import JSIC_10, IndustryGroups, agglomeration_types
from shuseki.measures.clusters.clusters import clusters, point_clusters
from shuseki.measures.distance.kdensity import joint_kdensity, kdensity, kdensity_areas
from shuseki.measures.distance.mfunction import individual_m, joint_m_function, m_function
from shuseki.measures.distance.ripley import ripley
from shuseki.measures.indices.concentration import (
    coagglomeration,
    comparable,
    concentration,
    disagreement,
    local_moran,
    plant_herfindahls,
)
from shuseki.measures.indices.quotients import location_quotients, shift_share, specialisation
from shuseki.panel import Panel
from shuseki.reading.tables import as_numbers, read_table
from shuseki.reading.values import Sign, read_number
from shuseki.results import Result
from shuseki.sites import Sites
from shuseki.sources import USER

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
        if name in ("kdensity", "m_function", "ripley") and progress is not None:
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
        panel = manufacturing_panel("district-253", industries="jsic-10").drop_empty("employment")
    elif kind == "years":
        panel = manufacturing_panel("district-253", industries="comparable")
    elif kind == "district totals":
        panel = manufacturing_panel("district-253", industries="total")
    elif kind == "municipalities":
        panel = manufacturing_panel("municipality", industries="jsic-10").drop_empty("employment")
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
            manufacturing_panel(by, industries="jsic-10").drop_empty("employment"), "jsic-10", lang
        )
        for name, by in divisions.items()
    }


def read_panel(path: Path) -> Panel:
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
        path, codes_if_any=["area", "industry", "period"], text=["area_name", "industry_name"]
    )
    if "area" not in frame:
        raise DataError(
            f"{path.name} has columns {examples(frame.columns, 12)}. Expected area, industry, "
            "period and variables. Rename the columns."
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
    return Panel.from_frame(
        frame,
        industry="industry" if "industry" in frame else None,
        period="period" if "period" in frame else None,
        variables=variables,
        centres=centres,
        area_names=names or (),
        sources=(USER,),
        notes=(f"Columns of text were left out: {examples(left)}.",) if left else (),
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
    municipal = [code for code in areas if len(code) == 5 and code.isdecimal()]
    known = check_codes(municipal, LAST_DAY, wards=True)
    beyond = dict(zip(known["code"], known["reason"], strict=True))
    sums = [code for code in municipal if code == "00000" or beyond.get(code) in ABOVE]
    below = set(municipal) - set(sums)
    prefectures_there = {code[:2] for code in below}
    totals = [
        code
        for code in sums
        if (below or len(sums) > 1 if code == "00000" else code[:2] in prefectures_there)
    ]
    listed = municipalities(LAST_DAY, wards=True).set_index("code")["city"]
    wards = listed[listed.index.isin(municipal) & (listed != "")]
    totals += sorted(set(wards) & set(municipal))
    if "00" in areas and is_sum(frame, frame["area"] == "00"):
        totals.append("00")
    totals += [code for code in areas if code.casefold() in TOTALS and len(areas) > 1]
    if "industry" in frame:
        lines = [str(code) for code in frame["industry"].unique()]
        totals += [code for code in lines if code.casefold() in TOTALS and len(lines) > 1]
    if totals:
        raise DataError(
            f"{path.name} holds rows that add up others: {examples(totals)}. Expected each plant "
            "in one area and one industry only. Leave those rows out."
        )


def is_sum(frame: pd.DataFrame, rows: "pd.Series[bool]") -> bool:
    """Whether some rows add up to as much as all others, to 1%, in a column of numbers."""
    numbers = frame.select_dtypes("number").drop(columns=["latitude", "longitude"], errors="ignore")
    one, others = numbers[rows].sum(), numbers[~rows].sum()
    return bool(((others > 0) & ((one - others).abs() <= 0.01 * others)).any())


ABOVE = frozenset({"prefecture", "country", "county"})
"""What ``check_codes`` calls codes that are sums of municipalities."""


def read_sites(path: Path) -> Sites:
    """Read a user's plants: columns ``latitude``, ``longitude``, ``industry``, ``employment``.

    ``x_km`` and ``y_km`` in place of degrees are coordinates on a plane.
    """
    frame = read_table(
        path,
        codes_if_any=["industry"],
        numbers=["latitude", "longitude", "x_km", "y_km", "employment"],
        text=["name", "address"],
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
    everywhere = panel.select(periods=[period])
    one = everywhere.drop_empty(workers)
    notes = [*one.notes]
    nowhere = [code for code in everywhere.industries if code not in set(one.industries)]
    if nowhere:
        notes.append(
            f"Industries that employ no one in {period} are left out: {examples(nowhere)}."
        )
    if sites is not None and "herfindahl" not in options and "squared_employment" not in one.values:
        sizes = plant_herfindahls(sites)
        other = sizes.differs_from(one, workers)
        if other:
            notes.append(
                f"The sites are other plants than the panel's ({other}): their sizes are not used."
            )
        else:
            options["herfindahl"] = sizes
    one = replace(one, notes=tuple(notes))
    answer = concentration(one, employment=workers, **options)
    answers: dict[str, Result] = {"concentration": answer}
    if len(comparable(answer)) >= 3:
        answers["disagreement"] = disagreement(answer)
    if together:
        answers["coagglomeration"] = coagglomeration(
            one, employment=workers, herfindahl=options.get("herfindahl")
        )
    for code in local:
        answers[f"local_moran_{code}"] = local_moran(one, code, variable=workers)
    return answers


def _kdensity(panel: Panel, sites: Sites | None, options: Options) -> dict[str, Result]:
    pairs = options.pop("pairs", None)
    if pairs is not None:
        options.pop("industries", None)
        return {"joint_kdensity": joint_kdensity(_points(sites, "kdensity"), pairs, **options)}
    if sites is not None:
        return {"kdensity": kdensity(sites, **options)}
    options.setdefault("period", panel.periods[-1])
    options.setdefault("employment", _workers(panel))
    return {"kdensity": kdensity_areas(panel, **options)}


def _m_function(panel: Panel, sites: Sites | None, options: Options) -> dict[str, Result]:
    plants = _points(sites, "m_function")
    pairs, each = options.pop("pairs", None), options.pop("individual", [])
    answers: dict[str, Result] = {}
    if pairs is not None:
        options.pop("industries", None)
        answers["joint_m_function"] = joint_m_function(plants, pairs, **options)
    else:
        answers["m_function"] = m_function(plants, **options)
    about = {name: options[name] for name in ("radii_km", "weights") if name in options}
    return answers | {f"individual_m_{code}": individual_m(plants, code, **about) for code in each}


def _ripley(panel: Panel, sites: Sites | None, options: Options) -> dict[str, Result]:
    return {"ripley": ripley(_points(sites, "ripley"), **options)}


def _points(sites: Sites | None, name: str) -> Sites:
    if sites is None:
        raise ParameterError(
            f"[measures] {name} asks for points, but there are no sites. Expected a table of "
            "plants with coordinates. Give sites, or use kdensity, which takes areas too."
        )
    return sites


def _clusters(panel: Panel, sites: Sites | None, options: Options) -> dict[str, Result]:
    options.setdefault("period", panel.periods[-1])
    smallest = options.pop("smallest", 20)
    points = options.pop("points", False)
    named = options.pop("industries", None)
    counted = np.nansum(amounts(panel, options.get("variable", "plants"), options["period"])[0], 0)
    few = [code for code, n in zip(panel.industries, counted, strict=True) if n < 2]
    codes = named or [code for code in panel.industries if code not in few]
    if not codes:
        raise DataError(
            f"No industry has two plants in {options['period']}. A cluster needs two. Choose "
            "another period."
        )
    if few and named is None:
        note = f"Industries with fewer than two plants have no cluster: {examples(few)}."
        panel = replace(panel, notes=(*panel.notes, note))
    answers: dict[str, Result] = {
        f"clusters_{code}": clusters(panel, code, **options) for code in codes
    }
    if points:
        if sites is None:
            raise ParameterError(
                "[measures] clusters asks for points, but there are no sites. Expected a table of "
                "plants with coordinates. Give sites, or leave points out."
            )
        enough = {code for code in sites.industries if sites.of(code).sum() >= smallest}
        answers |= {
            f"point_clusters_{code}": point_clusters(
                sites, code, smallest=smallest, simulations=options.get("simulations", 99)
            )
            for code in codes
            if named or code in enough
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

    ``given``: a CSV, Parquet or xlsx file with columns ``seller``, ``buyer`` and ``amount``; or a
    breakdown that the bundled table knows (``"jsic-10"``, ``"jsic-11"``, ``"comparable"``);
    ``"none"``; or ``"auto"``: the bundled table if the panel has the codes of a breakdown that no
    other has.
    """
    if given == "none":
        return None
    if Path(given).suffix:
        flows = read_table(
            given, codes=["seller", "buyer"], numbers=["amount"], required=["amount"]
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
    "ripley": _ripley,
    "clusters": _clusters,
    "trends": _trends,
    "types": _types,
    "lifecycle": _lifecycle,
    "externalities": _externalities,
}


def _workers(panel: Panel) -> str:
    return "employment" if "employment" in panel.values else "employees"
