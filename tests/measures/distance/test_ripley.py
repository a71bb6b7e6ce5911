"""Ripley's K, L and D: by hand, against astropy, every labelling, simulation."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.language import told
from shuseki.measures.distance import ripley as module
from shuseki.measures.distance.ripley import ripley
from shuseki.sites import Sites

ORACLE = Path(__file__).parents[1] / "oracle"
SQUARE = shapely.box(0, 0, 10, 10)


def plane(points: np.ndarray, industry: np.ndarray) -> Sites:
    codes = tuple("ABC"[: int(industry.max()) + 1])
    return Sites.on_plane(points[:, 0], points[:, 1], industry, codes)


def scattered(n: int = 60, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 10, (n, 2))


def test_k_by_hand():
    # three plants in a square of 100 km²: (1, 1)–(2, 1) 1 km apart, overlap of the square with
    # itself 9 · 10 = 90; (2, 1)–(2, 3) 2 km, 10 · 8 = 80; (1, 1)–(2, 3) √5 km, 9 · 8 = 72.
    # K(r) = |W|² / [n (n − 1)] · Σ 1 / overlap over 6 ordered pairs
    points = np.array([[1.0, 1.0], [2.0, 1.0], [2.0, 3.0]])
    answer = ripley(plane(points, np.zeros(3, dtype=int)), radii_km=(0.5, 1, 2, 3), window=SQUARE)
    sums = [0, 2 / 90, 2 / 90 + 2 / 80, 2 / 90 + 2 / 80 + 2 / 72]
    K = 100**2 / 6 * np.array(sums)
    assert answer.k_km2[0] == pytest.approx(K)
    assert answer.l_km[0] == pytest.approx(np.sqrt(K / np.pi) - [0.5, 1, 2, 3])
    assert np.isnan(answer.d_km2).all()
    assert any("no D: A" in note for note in answer.notes)


def test_k_against_astropy():
    points = pd.read_csv(ORACLE / "astropy_points.csv").to_numpy()
    printed = pd.read_csv(ORACLE / "astropy_k.csv")
    answer = ripley(
        plane(points, np.zeros(len(points), dtype=int)),
        radii_km=printed["r"],
        window=shapely.box(0, 0, 60, 40),
        simulations=39,
    )
    assert answer.k_km2[0] == pytest.approx(printed["k"].to_numpy(), rel=1e-9)


def test_overlap_of_a_triangle():
    # right triangle of legs 10: moved by (a, b) ≥ 0 it shares one of legs 10 − a − b
    overlap = module.overlap_of(shapely.Polygon([(0, 0), (10, 0), (0, 10)]), 4.0)
    table, reach = overlap.table
    assert (overlap.area, reach) == (50, 4.0)
    assert module._shared.py_func(1.0, 2.0, table, reach) == pytest.approx(7**2 / 2)
    # moved by (a, −b), a > b ≥ 0: what is shared is a triangle of legs 10 − a
    assert module._shared.py_func(3.0, -2.0, table, reach) == pytest.approx(7**2 / 2)
    assert module._shared.py_func(-3.0, 2.0, table, reach) == pytest.approx(7**2 / 2)


def test_moments_of_d_over_every_labelling():
    points = scattered(9)[np.argsort(scattered(9)[:, 0])]
    radii, overlap = np.array([2.0, 4.0]), module.overlap_of(SQUARE, 4.0)
    x, y = points.T.copy()
    rows, pairs, cubes = module.population_rows(x, y, radii, overlap)
    G, drawn = rows.sum(axis=0), []
    for chosen in combinations(range(9), 4):
        own = np.array(chosen)
        rest = np.setdiff1d(np.arange(9), own)
        inside, outside = (
            overlap.area**2 * module._within_pairs(x[k], y[k], radii, *overlap.table)
            for k in (own, rest)
        )
        drawn.append(inside / 12 - outside / 20)
    drawn = np.array(drawn)
    assert drawn.mean(axis=0) == pytest.approx([0, 0], abs=1e-12 * G.max())
    deviation, _, covariance = module.difference_moments(rows, pairs, cubes, 4)
    assert covariance == pytest.approx(np.cov(drawn.T, bias=True), rel=1e-9)
    assert deviation == pytest.approx(drawn.std(axis=0))


def test_bands_of_d_against_labellings(monkeypatch):
    rng = np.random.default_rng(3)
    centre = rng.uniform(1, 9, (20, 2))
    points = np.clip(centre[rng.integers(0, 20, 900)] + rng.normal(0, 0.4, (900, 2)), 0, 10)
    sites = plane(points, np.repeat([0, 1], [300, 600]))
    about = {"radii_km": (0.3, 0.6, 1.2, 2.4), "window": SQUARE, "simulations": 39}
    by_moments = ripley(sites, ["A"], **about)
    monkeypatch.setattr(module, "LARGEST_SKEWNESS", -1.0)
    simulated = ripley(sites, ["A"], **about)
    assert (by_moments.null_by, simulated.null_by) == (("moments",), ("simulation",))
    assert by_moments.d_km2 == pytest.approx(simulated.d_km2)
    # 2,000 labellings: bands at 1–2% tails have errors of about 4% of a deviation
    for name in ("d_lower_km2", "d_upper_km2"):
        gap = np.abs(getattr(by_moments, name) - getattr(simulated, name))
        assert (gap / by_moments.d_deviation_km2).max() < 0.35
    # all plants gather: beyond anywhere, but not beyond the others
    assert by_moments.gathers_at.any()
    assert not by_moments.localised_at.any()


def test_k_of_plants_anywhere_is_a_disc():
    # 200 patterns of 50: the mean of K has a standard error below 2% at 2 km
    drawn = module.anywhere(SQUARE, 50, 200, np.random.default_rng(5))
    radii, overlap = np.array([1.0, 2.0]), module.overlap_of(SQUARE, 2.0)
    K = 100**2 * module._within_pairs(*np.moveaxis(drawn, -1, 0), radii, *overlap.table) / (50 * 49)
    error = K.std(axis=0) / np.sqrt(200)
    assert (np.abs(K.mean(axis=0) - np.pi * radii**2) < 4 * error).all()


def test_a_gathered_industry_is_found_in_degrees_too():
    rng = np.random.default_rng(8)
    here = np.concatenate([rng.uniform((34, 135), (37, 139), (400, 2)), np.zeros((40, 2))])
    here[400:] = np.array([35.5, 137.0]) + rng.normal(0, 0.1, (40, 2))
    sites = Sites(*here.T, np.repeat([0, 1], [400, 40]), ("A", "B"), np.ones(440))
    seen = []
    answer = ripley(sites, simulations=39, progress=lambda done, total: seen.append(done))
    assert seen == [1, 2]
    assert answer.localised_at[1].all()
    assert not answer.localised_at[0].any()
    assert answer.headline().startswith("Of 2 industries ")
    assert "大域信頼帯は上下それぞれ5%" in told(answer.headline(), "ja")
    assert "5% on each side" in answer.headline()
    assert len(answer.to_frame()) == 2 * 25
    assert any("Projected to a plane" in note for note in answer.notes)


def test_what_cannot_be_measured_is_refused():
    points, industry = scattered(20), np.zeros(20, dtype=int)
    sites = plane(points, industry)
    with pytest.raises(UnknownCodeError, match="Unknown industry"):
        ripley(sites, ["X"])
    with pytest.raises(ParameterError, match="positive, increasing"):
        ripley(sites, radii_km=(2, 1))
    with pytest.raises(ParameterError, match="The largest radius is 20"):
        ripley(sites, radii_km=(1, 20))
    with pytest.raises(ParameterError, match="Expected 39 or more"):
        ripley(sites, simulations=9)
    with pytest.raises(ParameterError, match="between 0 and"):
        ripley(sites, level=5)
    with pytest.raises(DataError, match="outside the window"):
        ripley(sites, window=shapely.box(0, 0, 5, 5))
    with pytest.raises(DataError, match="on one line"):
        ripley(plane(np.stack([points[:, 0]] * 2, axis=1), industry))
    with pytest.raises(DataError, match="fewer than two plants: A"):
        ripley(plane(points[:1], industry[:1]))
    degrees = Sites(35 + points[:, 0], 135 + points[:, 1], industry, ("A",), np.ones(20))
    with pytest.raises(ParameterError, match="sites are in degrees"):
        ripley(degrees, window=SQUARE)


@pytest.mark.parametrize("step", [1.0, 0.1, 0.7])
def test_plants_at_a_radius_are_within_it(step):
    # Whole numbers on a grid: distances in integers, while coordinates in km are rounded.
    east, north = (axis.ravel() for axis in np.meshgrid(np.arange(8), np.arange(6)))
    industry = (np.random.default_rng(1).random(len(east)) >= 0.4).astype(int)
    sites = Sites.on_plane(east * step, north * step, industry, ("A", "B"))
    side = 12 * step
    radii = np.array([1, 2, 3])
    answer = ripley(
        sites, radii_km=tuple(step * radii), window=shapely.box(-step, -step, side, side)
    )
    apart = np.abs(east[:, None] - east), np.abs(north[:, None] - north)
    # overlap of a square of side 13 steps with itself, moved
    weight = 13.0**4 / ((13 - apart[0]) * (13 - apart[1]))
    squares = apart[0] ** 2 + apart[1] ** 2
    near = (squares[..., None] <= radii**2) & ~np.eye(len(east), dtype=bool)[..., None]
    for k, own in enumerate((industry == 0, industry == 1)):
        n = own.sum()
        K = (near * weight[..., None])[own][:, own].sum(axis=(0, 1)) / (n * (n - 1)) * step**2
        assert answer.k_km2[k] == pytest.approx(K)
