"""What directory can one practise on, when no cluster has opened its own?

``synthetic_clusters`` draws firms for six clusters (Ota, Higashi-Osaka, Suwa, Tsubame–Sanjo, Sabae,
Kitakami). How many there are of each cluster, where they stand and how large they are follows the
manufacturing statistics of 2012; what they do follows weights set by hand after the character of
each cluster in the 2012 paper; successors follow a survey of the Japan Finance Corporation. Rates,
hours, sizes, lots, ties and ratings are assumptions, one row each in ``cluster-assumptions``.

Takes a seed and how many firms. Gives a ``Directory`` whose only source is synthetic; the same seed
gives the same directory. Some attributes are left unknown, as in every chamber's list.
Limits: no firm in it exists, and no finding about a cluster may rest on it.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, get_args

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.datasets.catalogue import dataset, load
from shuseki.directory import (
    Capability,
    Directory,
    Equipment,
    Evidence,
    Firm,
    Load,
    Rating,
    Successor,
    Tie,
)
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.language import say
from shuseki.sourcing.processes import is_kind_of, processes, usual_grades

__all__ = ["CLUSTERS", "cluster_centres", "synthetic_clusters"]

CLUSTERS = ("ota", "higashi_osaka", "suwa", "tsubame_sanjo", "sabae", "kitakami")
"""Codes of the clusters, in the order in which firms are drawn."""

KM_PER_DEGREE = 111.2
METALS = ("carbon_steel", "alloy_steel", "tool_steel", "stainless_steel", "aluminium", "copper",
          "titanium", "cast_iron")  # fmt: skip
OWN_METALS: Mapping[str, tuple[float, ...]] = {
    "ota": (8, 5, 4, 7, 6, 4, 2, 2),
    "higashi_osaka": (9, 5, 3, 6, 5, 4, 1, 3),
    "suwa": (5, 4, 3, 8, 6, 6, 2, 1),
    "tsubame_sanjo": (5, 3, 5, 12, 4, 2, 3, 1),
    "sabae": (2, 1, 2, 6, 3, 5, 10, 0.5),
    "kitakami": (8, 4, 4, 6, 7, 3, 1, 3),
}
"""Weights of materials by cluster: assumptions."""
PLASTIC = ("plastic_moulding", "injection_moulding")
ANY_PART = ("design", "measurement", "packing", "control_software", "sewing")
MACHINES: Mapping[str, tuple[str, ...]] = {
    "turning": ("NC旋盤", "普通旋盤"),
    "automatic_turning": ("自動旋盤",),
    "milling": ("立形マシニングセンタ", "汎用フライス盤"),
    "five_axis_milling": ("5軸マシニングセンタ",),
    "cylindrical_grinding": ("円筒研削盤",),
    "surface_grinding": ("平面研削盤",),
    "internal_grinding": ("内面研削盤",),
    "grinding": ("研削盤",),
    "pressing": ("プレス機",),
    "wire_edm": ("ワイヤ放電加工機",),
    "die_sinking_edm": ("型彫り放電加工機",),
    "buffing": ("バフ研磨機",),
    "polishing": ("研磨機",),
    "injection_moulding": ("射出成形機",),
    "laser_cutting": ("レーザ加工機",),
    "electroplating": ("めっきライン",),
    "heat_treatment": ("熱処理炉",),
}
"""Names of machines by process."""
SUCCESSORS: tuple[Successor, ...] = ("decided", "undecided", "will_close", "too_early")
CERTIFICATES = {"ISO9001": "iso_9001", "JISQ9100": "jis_q_9100", "ISO13485": "iso_13485"}


def synthetic_clusters(
    seed: int = 1,
    firms: int = 300,
    *,
    clusters: Collection[str] = CLUSTERS,
    unknown_share: float = 0.1,
    weeks: int = 12,
    first_week: date = date(2026, 1, 5),
) -> Directory:
    """Draw a directory of firms that do not exist.

    Parameters
    ----------
    seed
        The same seed gives the same directory.
    firms
        How many in all, shared out by the number of plants of each cluster in 2012.
    clusters
        Codes out of ``CLUSTERS``.
    unknown_share
        Share of the optional attributes (size, grade, roughness, lot, rate, age, staff) that is
        left unknown; 0 to 1.
    weeks, first_week
        Free hours are given for so many weeks from this Monday; 0 gives none.

    Raises
    ------
    UnknownCodeError
        A cluster that is not one of the six.
    ParameterError
        Fewer firms than clusters, a share outside 0 to 1, or a day that is no Monday.

    Examples
    --------
    >>> synthetic_clusters(seed=1, firms=60, clusters=("ota", "sabae"))
    Directory: 60 firms of 2 clusters (ota, sabae), 105 capabilities, 142 ties
    """
    unknown = set(clusters) - set(CLUSTERS)
    if unknown:
        raise UnknownCodeError.among("cluster", unknown, CLUSTERS)
    wanted = [cluster for cluster in CLUSTERS if cluster in set(clusters)]
    if not wanted or firms < len(wanted):
        raise ParameterError(
            say(
                "{firms} firms for {n_wanted} clusters. Expected at least one firm for each. Ask "
                "for more firms, or for fewer clusters.",
                firms=firms,
                n_wanted=len(wanted),
            )
        )
    if not 0 <= unknown_share <= 1:
        raise ParameterError(
            say(
                "unknown_share = {unknown_share!r}. Expected a share from 0 to 1. Choose one.",
                unknown_share=unknown_share,
            )
        )
    if first_week.weekday() != 0 or weeks < 0:
        raise ParameterError(
            say(
                "{weeks} weeks from {first_week}, a {first_week:%A}. Expected 0 or more weeks "
                "from a Monday. Choose the Monday of that week.",
                weeks=weeks,
                first_week=first_week,
            )
        )
    facts, mix, assumed = load("clusters"), load("cluster-mix"), _assumptions()
    plants = facts.groupby("cluster")["plants"].sum()
    counts = shared_out(firms, plants[wanted].to_numpy(dtype=float))
    made = Directory(firms=(), sources=(dataset("synthetic-clusters").source,))
    for cluster, count in zip(wanted, counts, strict=True):
        rng = np.random.default_rng([seed, CLUSTERS.index(cluster)])
        own = _cluster(cluster, count, facts, mix, assumed, unknown_share, rng)
        made = replace(
            made,
            firms=made.firms + own.firms,
            capabilities=made.capabilities + own.capabilities,
            equipment=made.equipment + own.equipment,
        )
    rng = np.random.default_rng([seed, len(CLUSTERS)])
    ties = _ties(made, assumed, first_week, rng)
    return replace(
        made,
        ties=ties,
        loads=_loads(made, weeks, first_week, rng),
        ratings=_ratings(ties, rng),
        notes=(say("Synthetic: no firm in it exists, and rates, hours and ties are assumptions."),),
    )


def cluster_centres() -> pd.DataFrame:
    """Centre and size of each cluster: its municipalities weighted by plants, 2012.

    Returns
    -------
    pandas.DataFrame
        Index ``cluster``; ``name_en``, ``name_ja``, ``latitude``, ``longitude`` in degrees,
        ``plants`` and ``employees`` (plants of four or more employees).
    """
    facts = load("clusters")
    weighted = facts.assign(
        latitude=facts["latitude"] * facts["plants"], longitude=facts["longitude"] * facts["plants"]
    )
    sums = weighted.groupby("cluster")[["latitude", "longitude", "plants", "employees"]].sum()
    sums[["latitude", "longitude"]] = sums[["latitude", "longitude"]].div(sums["plants"], axis=0)
    names = facts.drop_duplicates("cluster").set_index("cluster")[["name_en", "name_ja"]]
    return names.join(sums).loc[list(CLUSTERS)]


def shared_out(total: int, weights: Floats) -> list[int]:
    """Share out whole things by weights, at least one for each: largest remainders."""
    spare = total - len(weights)
    exact = spare * weights / weights.sum()
    counts = np.floor(exact).astype(np.int64)
    left = spare - int(counts.sum())
    counts[np.argsort(-(exact - counts), kind="stable")[:left]] += 1
    return [int(count) + 1 for count in counts]


# ---- one cluster -------------------------------------------------------------------------------


def _cluster(
    cluster: str,
    count: int,
    facts: pd.DataFrame,
    mix: pd.DataFrame,
    assumed: Mapping[str, float],
    unknown_share: float,
    rng: np.random.Generator,
) -> Directory:
    places = facts[facts["cluster"] == cluster].reset_index(drop=True)
    kinds = mix[mix["cluster"] == cluster]
    mean_staff = places["employees"].sum() / places["plants"].sum()
    spread = assumed["employees_log_spread"]
    staff = np.maximum(
        1, np.exp(rng.normal(np.log(mean_staff) - spread**2 / 2, spread, count)).round()
    ).astype(int)
    at = rng.choice(len(places), count, p=(places["plants"] / places["plants"].sum()).to_numpy())
    leads = np.zeros(count, dtype=bool)
    leads[: max(1, round(count * assumed["coordinator"] / 100))] = True
    shares = np.array([assumed[f"successor_{name}"] for name in SUCCESSORS])
    firms: list[Firm] = []
    capabilities: list[Capability] = []
    machines: list[Equipment] = []
    for k in range(count):
        place = places.loc[at[k]]
        north, east = rng.normal(0, assumed["location_spread"] / KM_PER_DEGREE, 2)
        latitude = float(place["latitude"]) + north
        longitude = float(place["longitude"]) + east / np.cos(np.radians(latitude))
        age = int(
            np.clip(rng.normal(assumed["owner_age_mean"], assumed["owner_age_spread"]), 30, 88)
        )
        successor = SUCCESSORS[rng.choice(len(SUCCESSORS), p=shares / shares.sum())]
        hidden = rng.random(3) < unknown_share
        codes = _kinds_of_work(kinds, bool(leads[k]), assumed, rng)
        name_ja = str(place["name_ja"])
        firm = Firm(
            id=f"{k + 1:04d}",
            cluster=cluster,
            name=f"{name_ja}合成製作所{k + 1:04d}",
            municipality=str(place["municipality"]),
            address=f"{place['municipality_ja']}（合成）",
            latitude=round(float(latitude), 5),
            longitude=round(float(longitude), 5),
            employees=None if hidden[0] else int(staff[k]),
            owner_age=None if hidden[1] else age,
            successor="unknown" if hidden[2] else successor,
            founded=int(rng.integers(1948, 2016)),
            coordinator=bool(leads[k]),
            products="、".join(f"{processes()[code].name_ja}部品" for code in codes),
        )
        firms.append(firm)
        held = tuple(
            name for name, key in CERTIFICATES.items() if rng.random() < assumed[key] / 100
        )
        for code in codes:
            capabilities.append(
                _capability(firm.key, code, cluster, held, assumed, unknown_share, rng)
            )
            names = MACHINES.get(code, (f"{processes()[code].name_ja}設備",))
            machines.append(
                Equipment(
                    firm.key,
                    str(names[rng.integers(len(names))]),
                    code,
                    int(rng.integers(1, 5)),
                    int(rng.integers(1985, 2025)),
                )
            )
    return Directory(tuple(firms), tuple(capabilities), tuple(machines))


def _kinds_of_work(
    kinds: pd.DataFrame, leads: bool, assumed: Mapping[str, float], rng: np.random.Generator
) -> list[str]:
    """Draw the processes of a firm: one to a few, without repeats."""
    mean = assumed["processes_of_coordinator" if leads else "processes_of_specialist"]
    count = min(len(kinds), 1 + int(rng.poisson(mean - 1)))
    weights = kinds["weight"].to_numpy(dtype=float)
    drawn = rng.choice(len(kinds), count, replace=False, p=weights / weights.sum())
    return [str(kinds["process"].iloc[k]) for k in drawn]


def _capability(
    firm: str,
    code: str,
    cluster: str,
    held: tuple[str, ...],
    assumed: Mapping[str, float],
    unknown_share: float,
    rng: np.random.Generator,
) -> Capability:
    def around(name: str) -> float:
        return float(
            np.exp(rng.normal(np.log(assumed[f"{name}_median"]), assumed[f"{name}_log_spread"]))
        )

    best, worst = usual_grades(code) or ((5, 9) if is_kind_of(code, "abrasive") else (7, 12))
    grade = int(rng.integers(best, (best + worst) // 2 + 1))
    largest = float(np.clip(round(around("size_max")), 10, 3000))
    roughness = round(
        float(np.clip(0.1 * 1.6 ** (grade - 5) * np.exp(rng.normal(0, 0.3)), 0.02, 50)), 3
    )
    lots = int(np.clip(around("lot_max"), 1, 1_000_000))
    evidence: tuple[Evidence, ...] = get_args(Evidence)
    some = Capability(
        firm=firm,
        process=code,
        materials=_materials(code, cluster, rng),
        size_min_mm=round(float(min(0.5 + rng.exponential(3), largest / 2)), 1),
        size_max_mm=largest,
        it_grade=grade,
        roughness_um=roughness,
        lot_min=1 if rng.random() < 0.7 else min(lots, int(rng.choice([10, 50, 100, 500]))),
        lot_max=lots,
        setup_hours=round(max(0.1, around("setup")), 2),
        hours_per_piece=round(max(0.001, around("piece")), 4),
        rate_yen_per_hour=float(round(around("rate"), -2)),
        certificates=held,
        evidence=evidence[rng.choice(3, p=[0.7, 0.2, 0.1])],
        valid_until=date(2028, 3, 31) if rng.random() < 0.3 else None,
    )
    groups: tuple[dict[str, Any], ...] = (
        {"materials": ()},
        {"size_min_mm": None, "size_max_mm": None},
        {"it_grade": None},
        {"roughness_um": None},
        {"lot_min": None, "lot_max": None},
        {"setup_hours": None, "hours_per_piece": None},
        {"rate_yen_per_hour": None},
        {"certificates": ()},
    )
    for left_out, unknown in zip(groups, rng.random(len(groups)) < unknown_share, strict=True):
        if unknown:
            some = replace(some, **left_out)
    return some


def _materials(code: str, cluster: str, rng: np.random.Generator) -> tuple[str, ...]:
    if code in PLASTIC:
        return ("plastic",)
    if code in ANY_PART:
        return ("metal", "plastic")
    weights = np.array(OWN_METALS[cluster])
    drawn = rng.choice(
        len(METALS), 1 + int(rng.integers(0, 4)), replace=False, p=weights / weights.sum()
    )
    return tuple(METALS[k] for k in sorted(drawn))


# ---- what joins them -----------------------------------------------------------------------------


def _ties(
    made: Directory, assumed: Mapping[str, float], first_week: date, rng: np.random.Generator
) -> tuple[Tie, ...]:
    """Orders, mostly inside a cluster and mostly from coordinators; some joint work and lending."""
    keys = np.array(made.keys)
    where = np.array([firm.cluster for firm in made.firms])
    leads = np.array([firm.coordinator for firm in made.firms])
    ties: list[Tie] = []
    seen: set[tuple[str, str, str]] = set()
    for _ in range(round(assumed["orders_per_firm"] * len(keys))):
        target = int(rng.integers(len(keys)))
        inside = rng.random() < assumed["orders_inside"] / 100
        near = (where == where[target]) == inside
        near[target] = False
        pool = np.flatnonzero(near)
        if not pool.size:
            continue
        weights = np.where(leads[pool], 12.0, 1.0)
        source = int(rng.choice(pool, p=weights / weights.sum()))
        kind = "order" if rng.random() < 0.9 else ("joint" if rng.random() < 0.6 else "lending")
        if (keys[source], keys[target], kind) in seen:
            continue
        seen.add((keys[source], keys[target], kind))
        orders = 1 + int(rng.poisson(6))
        ties.append(
            Tie(
                str(keys[source]),
                str(keys[target]),
                kind,  # type: ignore[arg-type]
                float(round(orders * np.exp(rng.normal(np.log(120_000), 0.9)), -3)),
                orders,
                first_week - timedelta(days=int(rng.integers(7, 1500))),
            )
        )
    return tuple(ties)


def _loads(
    made: Directory, weeks: int, first_week: date, rng: np.random.Generator
) -> tuple[Load, ...]:
    """Free hours by firm, process and week: what 40 hours a machine leave, less as it is nearer."""
    loads: list[Load] = []
    for machine in made.equipment:
        busy = rng.beta(4, 2)
        for week in range(weeks):
            free = 40 * machine.count * (1 - busy * np.exp(-week / 10))
            loads.append(
                Load(
                    machine.firm,
                    first_week + timedelta(weeks=week),
                    round(float(free), 1),
                    machine.process,
                    first_week - timedelta(days=3),
                )
            )
    return tuple(loads)


def _ratings(ties: tuple[Tie, ...], rng: np.random.Generator) -> tuple[Rating, ...]:
    """What was thought of the last order of a tie; two in three say nothing."""
    ratings: list[Rating] = []
    for number, tie in enumerate(ties):
        if tie.kind == "order" and rng.random() < 1 / 3:
            scores = np.clip(rng.normal([3.9, 3.7, 3.4], 0.8), 1, 5).round(1)
            quality, delivery, cost = map(float, scores)
            ratings.append(
                Rating(tie.target, f"{number + 1:05d}", quality, delivery, cost, tie.last)
            )
    return tuple(ratings)


def _assumptions() -> dict[str, float]:
    table = load("cluster-assumptions")
    return dict(zip(table["quantity"], table["value"].astype(float), strict=True))
