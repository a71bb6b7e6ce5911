"""Which plants do the waves contain?

A census is drawn in blocks of at most about 370,000 plants a wave. In a block every district has
the births by technology of the design, and as many plants in 1998, in high- and in low-technology
classes, as the design says; the rest is drawn:

- municipality and class: from plants by municipality and two-digit industry in 2001;
- size: from the national distribution of 1998, tilted so that its mean in a district agrees with
  the account of mean size;
- when seen: from ``histories``;
- why a plant appears: opened, grown from below four workers, missed before, moved, its number
  lost, changed from another industry. Those who moved, and those whose number was lost, were in
  the 1998 wave under another number, and the truth knows who they were.

Takes: a design and random numbers. Gives: ``Block``, arrays with one entry per plant as the waves
show it: a plant that moved has two.
Sources: METI 工業統計表 (``manufacturing-municipal``, ``plant-sizes``); Okamuro (2006), pp. 4–7.
Limits: shares of the reasons are ours (``Reasons``); classes within a two-digit group are equally
frequent; places are scattered round the municipality's centre and may lie in the sea.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from shuseki.arrays import Bools, Floats, Ints
from shuseki.datasets.catalogue import load
from shuseki.datasets.census.design import DistrictDesign
from shuseki.datasets.census.histories import NEW, SEEN_EARLIER, SMALL, WAVES, histories, seen
from shuseki.datasets.census.names import QUARTERS, STEMS
from shuseki.geography.areas import municipalities
from shuseki.geography.districts import division
from shuseki.geography.mergers import crosswalk
from shuseki.industries.classification import classification

__all__ = ["EVENTS", "Block", "Country", "Reasons", "country", "draw_block"]

EVENTS = (
    "continuing",
    "birth",
    "growth from below four",
    "late capture",
    "move",
    "lost id",
    "reassigned id",
    "class change",
    "reopening",
    "below four",
    "missed",
)
"""What is true of a plant in a wave, as against the wave before."""
BIRTH, GROWTH, LATE, MOVE, LOST, REASSIGNED, CHANGE, REOPENED, BELOW_FOUR, MISSED = range(1, 11)

HIGH, LOW = 1, 0
OUTSIDE = 253
"""Position of what lies in none of the 253 districts."""
DAY_1995 = 9_130
"""31 December 1994, in days since 1970; survey days are the last of December."""
SURVEY_DAYS = {year: (year - 1970 + 1) * 365.25 - 1 for year in WAVES}


@dataclass(frozen=True)
class Reasons:
    """Why a plant appears for the first time, as shares.

    Attributes
    ----------
    small, large
        New in 2000 with fewer than 20 regular employees, and with more.
    in_1998, in_1996
        First seen in 1998; in 1996 or 1997.
    back
        Seen earlier, not in 1998, again in 2000.
    reassigned_share
        Plants seen in 1998 whose number was given to another plant by 2000.
    misspelt_share
        Names and addresses that are misspelt in a wave.
    proprietors_share
        Sole proprietors among the births (p. 6: one third).
    """

    small: tuple[tuple[int, float], ...] = (
        (BIRTH, 0.52), (GROWTH, 0.18), (LATE, 0.08), (MOVE, 0.09), (LOST, 0.08), (CHANGE, 0.05),
    )  # fmt: skip
    large: tuple[tuple[int, float], ...] = (
        (BIRTH, 0.46),
        (MOVE, 0.36),
        (LOST, 0.10),
        (CHANGE, 0.08),
    )
    in_1998: tuple[tuple[int, float], ...] = (
        (LATE, 0.55), (BIRTH, 0.24), (GROWTH, 0.15), (CHANGE, 0.06),
    )  # fmt: skip
    in_1996: tuple[tuple[int, float], ...] = ((BIRTH, 0.66), (GROWTH, 0.28), (CHANGE, 0.06))
    back: tuple[tuple[int, float], ...] = (
        (GROWTH, 0.40), (REOPENED, 0.25), (CHANGE, 0.15), (LATE, 0.20),
    )  # fmt: skip
    reassigned_share: float = 0.002
    misspelt_share: float = 0.02
    proprietors_share: float = 1 / 3


REASONS = Reasons()


@dataclass(frozen=True, eq=False)
class Country:
    """Where plants of each class may stand.

    Attributes
    ----------
    codes
        Municipalities on 1 October 1995, shape ``(m,)``.
    area
        District of each, 0–252, or ``OUTSIDE``, shape ``(m,)``.
    prefecture
        Position of its prefecture, shape ``(m,)``.
    latitude, longitude
        Centre in degrees, shape ``(m,)``.
    radius_km
        How far its plants scatter, shape ``(m,)``.
    industries, high, group, groups
        The 58 classes, which are high-technology, and their two-digit groups.
    plants
        Relative number of plants by municipality and class, shape ``(m, 58)``.
    """

    codes: tuple[str, ...]
    area: Ints
    prefecture: Ints
    latitude: Floats
    longitude: Floats
    radius_km: Floats
    industries: tuple[str, ...]
    high: Bools
    group: Ints
    groups: tuple[str, ...]
    plants: Floats


@dataclass(frozen=True, eq=False)
class Block:
    """Plants as the waves show them, one entry each, shape ``(n,)`` unless said otherwise.

    Attributes
    ----------
    plant
        True plant; two entries of a plant that moved, or whose number was lost, share it.
    heir
        True plant from 2000 on, where the number was reassigned; else the same.
    municipality, industry
        Positions in the country's lists.
    seen
        In which waves, shape ``(n, waves)``.
    employees
        Regular employees in each wave, shape ``(n, waves)``; true ones where not seen.
    event
        Why it appears where it is seen first, or again in 2000 (position in ``EVENTS``).
    exists
        Whether it exists, seen or not, in each wave, shape ``(n, waves)``.
    opened, opened_here
        True day of opening, and that of opening at this place; days since 1970.
    origin
        Municipality from which it moved, else −1.
    form, stem, trade, quarter
        For names and addresses.
    numbers
        Chome, block and number of the address, shape ``(n, 3)``.
    """

    plant: Ints
    heir: Ints
    municipality: Ints
    industry: Ints
    seen: Bools
    employees: Ints
    event: Ints
    exists: Bools
    opened: Floats
    opened_here: Floats
    origin: Ints
    form: Ints
    stem: Ints
    trade: Ints
    quarter: Ints
    numbers: Ints
    latitude: Floats
    longitude: Floats


# ---- the country --------------------------------------------------------------------------------


@lru_cache
def country() -> Country:
    """Put together where plants of each class may stand, from public statistics."""
    places = municipalities(1995)
    codes = tuple(places["code"])
    members = division("district-253").members.set_index("municipality")["area"]
    area = np.array([int(members.get(code, str(OUTSIDE + 1))) - 1 for code in codes])
    classes = classification("okamuro-58").table
    groups = tuple(sorted(classes["jsic10"].unique()))
    group = np.array([groups.index(code) for code in classes["jsic10"]])
    by_group = plants_by_group(codes, area, groups)
    per_class = by_group / np.bincount(group, minlength=len(groups))
    size = load("municipal-accounts-2000").set_index("municipality")["habitable_area_km2_2000"]
    km2 = size.reindex(codes).fillna(size.median()).to_numpy(dtype=float)
    prefecture = places["prefecture"].to_numpy(dtype=str)
    return Country(
        codes=codes,
        area=area,
        prefecture=np.unique(prefecture, return_inverse=True)[1],
        latitude=places["latitude"].to_numpy(dtype=float),
        longitude=places["longitude"].to_numpy(dtype=float),
        radius_km=np.clip(0.45 * np.sqrt(km2), 0.7, 8.0),
        industries=tuple(classes["code"]),
        high=(classes["technology_as_printed"] == "high").to_numpy(),
        group=group,
        groups=groups,
        plants=per_class[:, group],
    )


def plants_by_group(codes: tuple[str, ...], area: Ints, groups: tuple[str, ...]) -> Floats:
    """Relative number of plants by municipality and two-digit group, shape ``(m, groups)``.

    Where industries are not published (towns and villages), the mix is that of the published
    members of the district, and of Japan for a tenth.
    """
    table = load("manufacturing-municipal")
    table = table[table["year"] == 2001]
    wide = table.assign(industry=table["industry"].astype(str)).pivot_table(
        index="municipality", columns="industry", values="plants", aggfunc="sum", observed=True
    )
    back = crosswalk("2001-12-31", 1995)
    wide = wide[wide.index.isin(set(back.table["from_code"]))].fillna(0.0)
    spread = back.table.merge(wide, left_on="from_code", right_index=True)
    counts = spread[list(wide.columns)].mul(spread["weight"], axis=0)
    counts = counts.groupby(spread["to_code"]).sum().reindex(list(codes)).fillna(0.0)
    total = counts["all"].to_numpy(dtype=float)
    known = counts.reindex(columns=list(groups), fill_value=0.0).to_numpy(dtype=float)
    national = known.sum(axis=0) / known.sum()
    by_area = np.zeros((area.max() + 1, len(groups)))
    np.add.at(by_area, area, known)
    mix = by_area + 0.1 * by_area.sum(axis=1, keepdims=True) * national + national
    mix /= mix.sum(axis=1, keepdims=True)
    rest = np.maximum(total - known.sum(axis=1), 0.0)[:, None]
    weights: Floats = known + rest * mix[area] + 1e-3 * national
    return weights


# ---- one block ----------------------------------------------------------------------------------


def draw_block(
    design: DistrictDesign,
    place: Country,
    share: float,
    first_plant: int,
    rng: np.random.Generator,
    reasons: Reasons = REASONS,
) -> Block:
    """Draw the plants of one block.

    Parameters
    ----------
    share
        Size of the block: 1 is all Japan.
    first_plant
        Number of the first plant; numbers of blocks must not overlap.
    """
    story = histories()
    births, large, back, gone, standing = counts_by_cell(design, place, share, rng)
    new_cell = np.concatenate([repeat_cells(births), repeat_cells(large)])
    is_large = np.arange(len(new_cell)) >= births.sum()
    new_place, new_industry = draw_places(place, new_cell, rng)
    new_event = np.where(
        is_large,
        draw_events(reasons.large, len(new_cell), rng),
        draw_events(reasons.small, len(new_cell), rng),
    )
    # who moved, or lost its number, stood in the 1998 wave: draw where, and count it there
    follows = np.flatnonzero(np.isin(new_event, (MOVE, LOST)))
    moved = new_event[follows] == MOVE
    from_place = np.where(
        moved,
        draw_origins(place, new_place[follows], new_industry[follows], rng),
        new_place[follows],
    )
    stayed = moved & (from_place == new_place[follows])
    new_event[follows[stayed]] = LOST
    from_cell = 2 * place.area[from_place] + place.high[new_industry[follows]]
    left = np.maximum(standing - np.bincount(from_cell, minlength=standing.size).reshape(-1, 2), 0)
    rest_cell, back_cell, gone_cell = map(repeat_cells, (left, back, gone))
    cells = np.concatenate([rest_cell, back_cell, gone_cell])
    municipality, industry = draw_places(place, cells, rng)
    municipality = np.concatenate([from_place, municipality, new_place])
    industry = np.concatenate([new_industry[follows], industry, new_industry])
    n_1998, n_back, n_gone = len(follows) + len(rest_cell), len(back_cell), len(gone_cell)
    n_new = len(new_cell)

    words = list(story.in_1998)
    early = seen(words, split(np.array(list(story.in_1998.values())), n_1998))
    early = early[rng.permutation(n_1998)]
    ends = np.zeros(n_1998, dtype=bool)
    ends[: len(follows)] = True
    to_end = max(round(story.ended * share) - len(follows), 0)
    ends[len(follows) + rng.permutation(len(rest_cell))[:to_end]] = True
    early[:, -1] = ~ends
    returns = seen(list(story.back), split(np.array(list(story.back.values())), n_back))
    leaves = seen(list(story.gone), split(np.array(list(story.gone.values())), n_gone))
    only_2000 = np.zeros((n_new, len(WAVES)), dtype=bool)
    only_2000[:, -1] = True
    in_waves = np.concatenate(
        [early, returns[rng.permutation(n_back)], leaves[rng.permutation(n_gone)], only_2000]
    )
    n = len(in_waves)
    is_back = np.zeros(n, dtype=bool)
    is_back[n_1998 : n_1998 + n_back] = True
    is_new = np.arange(n) >= n - n_new
    new_large = np.zeros(n, dtype=bool)
    new_large[n - n_new :] = is_large

    event = np.zeros(n, dtype=np.int64)
    first = in_waves.argmax(axis=1)
    for wave, why in ((1, reasons.in_1996), (2, reasons.in_1996), (3, reasons.in_1998)):
        here = np.flatnonzero((first == wave) & ~is_new)
        event[here] = draw_events(why, len(here), rng)
    event[is_back] = draw_events(reasons.back, n_back, rng)
    event[is_new] = new_event

    plant = first_plant + np.arange(n)
    before = np.flatnonzero(is_new)[follows]
    plant[before] = plant[: len(follows)]
    reassigned = np.zeros(n, dtype=bool)
    candidates = np.flatnonzero(in_waves[:, 3] & in_waves[:, 4])
    many = round(reasons.reassigned_share * len(candidates))
    reassigned[rng.choice(candidates, many, replace=False)] = True
    heir = np.where(reassigned, first_plant + n + np.arange(n), plant)

    employees = draw_employees(design, place, municipality, in_waves, is_new, new_large, rng)
    employees[: len(follows), :4] = np.maximum(
        4, np.rint(employees[before, 4][:, None] * rng.lognormal(0, 0.1, (len(follows), 4)))
    )
    origin = np.full(n, -1)
    origin[before] = np.where(new_event[follows] == MOVE, from_place, -1)
    opened, opened_here = draw_openings(first, event, in_waves, rng)
    opened[before] = opened[: len(follows)]
    lost = before[new_event[follows] == LOST]
    opened_here[lost] = opened[lost]
    stem = rng.integers(len(STEMS), size=n)
    trade = rng.integers(4, size=n)
    form = draw_forms(employees, is_new & ~new_large, event, reasons, rng)
    quarter = rng.integers(len(QUARTERS), size=n)
    numbers = rng.integers([1, 1, 1], [7, 31, 26], size=(n, 3))
    for column in (stem, trade, form):
        column[: len(follows)] = column[before]
    latitude, longitude = scatter(place, municipality, industry, rng)
    stays = np.flatnonzero(new_event[follows] == LOST)
    for of_place in (quarter, numbers, latitude, longitude):
        of_place[stays] = of_place[before[stays]]
    exists, employees = true_existence(
        in_waves, event, is_back, is_new, opened, employees, before, rng
    )
    return Block(
        plant=plant,
        heir=heir,
        municipality=municipality,
        industry=industry,
        seen=in_waves,
        employees=employees,
        event=event,
        exists=exists,
        opened=opened,
        opened_here=opened_here,
        origin=origin,
        form=form,
        stem=stem,
        trade=trade,
        quarter=quarter,
        numbers=numbers,
        latitude=latitude,
        longitude=longitude,
    )


def counts_by_cell(
    design: DistrictDesign, place: Country, share: float, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Plants by district (and outside) and technology, each of shape ``(254, 2)``.

    Returns
    -------
    tuple
        Small births, large comers, those back in 2000, those gone before 1998, those of 1998.
    """
    story = histories()
    in_1998 = sum(story.in_1998.values())
    plants = np.zeros((OUTSIDE + 1, 2))
    high = design.high_technology_plants.to_numpy()
    plants[:OUTSIDE, HIGH] = high
    plants[:OUTSIDE, LOW] = design.plants_of_4_or_more.to_numpy() - high
    by_level = np.array(
        [place.plants[:, ~place.high].sum(axis=1), place.plants[:, place.high].sum(axis=1)]
    )
    outside = by_level[:, place.area == OUTSIDE].sum(axis=1)
    plants[OUTSIDE] = (in_1998 - plants.sum()) * outside / outside.sum()
    plants[OUTSIDE, LOW] = np.rint(plants[OUTSIDE, LOW])
    plants[OUTSIDE, HIGH] = in_1998 - plants[:OUTSIDE].sum() - plants[OUTSIDE, LOW]
    births = np.zeros((OUTSIDE + 1, 2))
    births[:OUTSIDE, HIGH] = design.births_high.to_numpy()
    births[:OUTSIDE, LOW] = design.births_low.to_numpy()
    outside_births = SMALL - births.sum()
    births[OUTSIDE, HIGH] = np.rint(outside_births * outside[HIGH] / outside.sum())
    births[OUTSIDE, LOW] = outside_births - births[OUTSIDE, HIGH]
    spread = (plants / plants.sum()).ravel()
    large, back, gone = (
        rng.multinomial(round(total * share), spread).reshape(plants.shape)
        for total in (NEW - SMALL, SEEN_EARLIER, sum(story.gone.values()))
    )
    return thin(births, share), large, back, gone, thin(plants, share)


def thin(counts: Floats, share: float) -> Ints:
    """Take a share of counts so that every running total is right to one half."""
    running = np.floor(np.cumsum(counts.ravel()) * share + 0.5)
    return np.diff(running, prepend=0.0).astype(np.int64).reshape(counts.shape)


def split(counts: Ints, total: int) -> Ints:
    """Divide a total in the proportion of counts, exactly."""
    running = np.floor(np.cumsum(counts) * (total / counts.sum()) + 0.5)
    parts: Ints = np.diff(running, prepend=0.0).astype(np.int64)
    return parts


def repeat_cells(counts: Ints) -> Ints:
    """One entry per plant: ``2 · district + technology``."""
    flat = counts.ravel()
    return np.repeat(np.arange(flat.size), flat)


def draw_events(shares: tuple[tuple[int, float], ...], n: int, rng: np.random.Generator) -> Ints:
    """Draw reasons, as near to their shares as whole plants allow."""
    kinds = np.array([kind for kind, _ in shares])
    counts = split(np.rint(1e6 * np.array([share for _, share in shares])).astype(np.int64), n)
    return rng.permutation(np.repeat(kinds, counts))


def draw_within(groups: Ints, weights: Floats, wanted: Ints, rng: np.random.Generator) -> Ints:
    """Draw, for each wanted group, one of the items of the group by weight.

    Parameters
    ----------
    groups, weights
        Of the items, shape ``(items,)``; every wanted group has an item with weight.
    wanted
        Shape ``(n,)``.

    Returns
    -------
    Ints
        Positions of items, shape ``(n,)``.
    """
    order = np.argsort(groups, kind="stable")
    running = np.cumsum(weights[order])
    last = np.searchsorted(groups[order], np.arange(groups.max() + 1), side="right")
    upper = np.where(last > 0, running[np.maximum(last, 1) - 1], 0.0)
    lower = np.concatenate([[0.0], upper[:-1]])
    at = lower[wanted] + rng.random(len(wanted)) * (upper - lower)[wanted]
    chosen: Ints = order[np.minimum(np.searchsorted(running, at, side="right"), last[wanted] - 1)]
    return chosen


def draw_places(place: Country, cells: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Draw municipality and class for each district and technology."""
    k = place.plants.shape[1]
    groups = (2 * place.area[:, None] + place.high[None, :]).ravel()
    item = draw_within(groups, place.plants.ravel(), cells, rng)
    return item // k, item % k


def draw_origins(
    place: Country, municipality: Ints, industry: Ints, rng: np.random.Generator
) -> Ints:
    """Draw where movers come from: seven in ten from the prefecture, the class being the same."""
    m, k = place.plants.shape
    weights = place.plants.ravel()
    near = (place.prefecture[:, None] * k + np.arange(k)).ravel()
    anywhere = np.tile(np.arange(k), m)
    from_near = draw_within(near, weights, place.prefecture[municipality] * k + industry, rng) // k
    from_anywhere = draw_within(anywhere, weights, industry, rng) // k
    origins: Ints = np.where(rng.random(len(industry)) < 0.7, from_near, from_anywhere)
    return origins


# ---- sizes, dates, places -----------------------------------------------------------------------

SIZE_CLASSES = {
    "4~9": (4, 9), "10~19": (10, 19), "20~29": (20, 29), "30~49": (30, 49), "50~99": (50, 99),
    "100~199": (100, 199), "200~299": (200, 299), "300~499": (300, 499), "500~999": (500, 999),
    "1000+": (1000, 9000),
}  # fmt: skip
BELOW_FOUR_MEAN = 561_914 / 269_755
"""Workers per plant of 1–3, 1998 (``plant-sizes``)."""


@lru_cache
def size_distribution() -> tuple[Ints, Floats]:
    """National distribution of plants of four or more workers by size, 1998.

    Within a size class the frequency falls as a power of size, such that the class has its
    published mean.
    """
    table = load("plant-sizes")
    table = table[(table["year"] == 1998) & (table["industry_ja"] == "製造業計")].set_index("size")
    plants, employees = table["plants"].astype(float), table["employees"].astype(float)
    sizes, shares = [], []
    for name, (low, high) in SIZE_CLASSES.items():
        x = np.unique(np.rint(np.geomspace(low, high, 160)).astype(np.int64))
        width = np.diff(np.concatenate([x, [high + 1]]))
        mean = employees[name] / plants[name]
        powers = np.linspace(-8, 8, 3201)
        weight = width * np.exp(-powers[:, None] * np.log(x / low))
        means = (weight * x).sum(axis=1) / weight.sum(axis=1)
        chosen = weight[np.abs(means - mean).argmin()]
        sizes.append(x)
        shares.append(chosen / chosen.sum() * plants[name])
    share = np.concatenate(shares)
    return np.concatenate(sizes), share / share.sum()


def size_quantiles(means: Floats) -> tuple[Ints, Floats]:
    """Tilt the national distribution to given means: sizes, and one distribution per area."""
    sizes, share = size_distribution()
    tilts = np.linspace(-2.5, 2.5, 501)
    tilted = share * np.exp(tilts[:, None] * np.log(sizes / 4))
    tilted /= tilted.sum(axis=1, keepdims=True)
    at = np.interp(means, tilted @ sizes, tilts)
    by_area = share * np.exp(at[:, None] * np.log(sizes / 4))
    return sizes, np.cumsum(by_area / by_area.sum(axis=1, keepdims=True), axis=1)


def draw_employees(
    design: DistrictDesign,
    place: Country,
    municipality: Ints,
    in_waves: Bools,
    is_new: Bools,
    is_large: Bools,
    rng: np.random.Generator,
) -> Ints:
    """Draw regular employees in each wave, four or more, shape ``(n, waves)``."""
    accounts = design.accounts
    small = accounts["plants_1998"] - design.plants_of_4_or_more
    means = np.append(
        ((accounts["employees_1998"] - BELOW_FOUR_MEAN * small) / design.plants_of_4_or_more),
        22.0,
    )
    sizes, cumulative = size_quantiles(np.maximum(means, 6.0))
    area = place.area[municipality]
    below_20 = cumulative[:, np.searchsorted(sizes, 20) - 1][area]
    u = rng.random(len(area))
    u = np.where(is_new & ~is_large, u**1.3 * below_20, u)
    u = np.where(is_large, below_20 + (1 - below_20) * u**1.5, u)
    flat = (cumulative + np.arange(len(cumulative))[:, None]).ravel()
    at = np.searchsorted(flat, np.minimum(u, 1 - 1e-12) + area, side="right") - area * len(sizes)
    size = sizes[np.minimum(at, len(sizes) - 1)]
    steps = rng.normal(0.0, 0.10, (len(area), len(WAVES)))
    steps[:, 3] = 0.0
    walk = np.cumsum(steps, axis=1)
    walk -= np.where(is_new, walk[:, 4], walk[:, 3])[:, None]
    employees: Ints = np.maximum(4, np.rint(size[:, None] * np.exp(walk))).astype(np.int64)
    return employees


def draw_openings(
    first: Ints, event: Ints, in_waves: Bools, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw the day of opening, and that of opening at the place where the plant is seen."""
    days = np.array([DAY_1995 + 365.25, *(SURVEY_DAYS[year] for year in WAVES[1:])])
    start = np.concatenate([[DAY_1995], [SURVEY_DAYS[year] for year in WAVES[:-1]]])
    n = len(first)
    since, until = start[first], days[first]
    recent = since + (until - since) * rng.random(n)
    old = np.maximum(since - rng.exponential(18 * 365.25, n), -25_000.0)
    youngish = since - rng.exponential(7 * 365.25, n)
    opened = np.where(event == BIRTH, recent, np.where(event == GROWTH, youngish, old))
    back = in_waves[:, 4] & ~in_waves[:, 3] & (first < 3)
    opened = np.where(back, old, opened)
    opened_here = np.where(event == MOVE, recent, opened)
    return np.floor(opened), np.floor(opened_here)


def draw_forms(
    employees: Ints, counted: Bools, event: Ints, reasons: Reasons, rng: np.random.Generator
) -> Ints:
    """Draw legal forms: sole proprietors are small; of those counted as births, one third."""
    size = employees[:, 4]
    leaning = 1.0 / (size + 2.0) * rng.exponential(1.0, len(size))
    form = np.where(leaning > 0.16, 2, np.where(rng.random(len(size)) < 0.45, 1, 0))
    births = np.flatnonzero(counted)
    order = births[np.argsort(-leaning[births], kind="stable")]
    many = round(len(births) * reasons.proprietors_share)
    form[births] = np.where(rng.random(len(births)) < 0.6, 1, 0)
    form[order[:many]] = 2
    return form


def scatter(
    place: Country, municipality: Ints, industry: Ints, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Scatter plants round the centre; half of a group's gather round a spot of their own."""
    n = len(municipality)
    spots = rng.normal(0.0, 0.6, (len(place.codes), len(place.groups), 2))
    near = rng.random(n) < 0.5
    offset = np.where(
        near[:, None],
        spots[municipality, place.group[industry]] + rng.normal(0.0, 0.12, (n, 2)),
        rng.normal(0.0, 0.7, (n, 2)),
    )
    offset = np.clip(offset, -2, 2) * place.radius_km[municipality][:, None]
    latitude = place.latitude[municipality] + offset[:, 0] / 111.2
    east = 111.2 * np.cos(np.radians(place.latitude[municipality]))
    longitude = place.longitude[municipality] + offset[:, 1] / east
    return np.round(latitude, 5), np.round(longitude, 5)


def true_existence(
    in_waves: Bools,
    event: Ints,
    is_back: Bools,
    is_new: Bools,
    opened: Floats,
    employees: Ints,
    followers: Ints,
    rng: np.random.Generator,
) -> tuple[Bools, Ints]:
    """Say when a plant exists unseen, and with how many workers.

    Below four workers before it grows, or while it had shrunk; missed with its workers; nowhere
    while it is suspended or in another industry. A plant whose earlier entry is another row
    (``followers``) exists there.
    """
    exists = in_waves.copy()
    workers = employees.copy()
    first = in_waves.argmax(axis=1)
    waves = np.arange(len(WAVES))
    survey = np.array([SURVEY_DAYS[year] for year in WAVES])
    before = (waves[None, :] < first[:, None]) & (opened[:, None] <= survey[None, :])
    follower = np.zeros(len(first), dtype=bool)
    follower[followers] = True
    grew = (event == GROWTH) & ~is_back & ~follower
    late = (event == LATE) & ~is_back & ~follower
    exists |= before & (grew | late)[:, None]
    workers[before & grew[:, None]] = rng.integers(1, 4, int((before & grew[:, None]).sum()))
    last_early = in_waves[:, :3].cumsum(axis=1).argmax(axis=1)
    away = is_back[:, None] & (waves[None, :] > last_early[:, None]) & (waves[None, :] < 4)
    shrank, overlooked = event == GROWTH, event == LATE
    exists |= away & (shrank | overlooked)[:, None]
    workers[away & shrank[:, None]] = rng.integers(1, 4, int((away & shrank[:, None]).sum()))
    return exists, workers
