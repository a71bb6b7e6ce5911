"""Sites: what is no place, no size and no code is refused when they are made."""

import numpy as np
import pandas as pd
import pytest

from shuseki.errors import AlignmentError, DataError, ParameterError
from shuseki.measures.clusters.clusters import point_clusters
from shuseki.measures.distance.kdensity import kdensity
from shuseki.measures.distance.mfunction import m_function
from shuseki.sites import Sites

TOKYO, OSAKA = (35.68, 139.77), (34.70, 135.50)


def frame(n: int = 50) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "latitude": rng.uniform(34, 37, n),
            "longitude": rng.uniform(135, 140, n),
            "industry": np.where(np.arange(n) % 2, "A", "B"),
            "employment": rng.integers(1, 99, n).astype(float),
        }
    )


def test_exchanged_coordinates_are_refused():
    table = frame().rename(columns={"latitude": "longitude", "longitude": "latitude"})
    with pytest.raises(DataError, match="swap the columns"):
        Sites.from_frame(table)


def test_mixed_order_of_coordinates_is_refused_by_row():
    table = frame()
    wrong = table.index[[3, 7]]
    table.loc[wrong, ["latitude", "longitude"]] = table.loc[
        wrong, ["longitude", "latitude"]
    ].to_numpy()
    with pytest.raises(
        DataError, match=r"2 sites cannot be on the earth: row 3 .*, row 7 .* In 2 of"
    ):
        Sites.from_frame(table)


@pytest.mark.parametrize(
    ("latitude", "longitude", "match"),
    [
        (np.nan, 139.0, "1 sites have no coordinates: rows 4"),
        (np.inf, 139.0, "1 sites have no coordinates: rows 4"),
        (0.0, 0.0, "in the sea: rows 4"),
        (91.0, 181.0, "cannot be on the earth"),
        (35.0, 181.0, "cannot be on the earth"),
        (-35_000.0, 4_000_000.0, "cannot be on the earth"),
    ],
)
def test_what_is_no_place_is_refused(latitude, longitude, match):
    table = frame()
    table.loc[4, ["latitude", "longitude"]] = latitude, longitude
    with pytest.raises(DataError, match=match):
        Sites.from_frame(table)


@pytest.mark.parametrize("shift", [(-60.0, 0.0), (12.0, -130.0), (0.0, -275.0)])
def test_any_country_is_welcome(shift):
    table = frame()
    table["latitude"] += shift[0]
    table["longitude"] += shift[1]
    sites = Sites.from_frame(table)
    assert sites.notes == ()
    assert kdensity(sites, range_km=200).sites == 50


def test_a_few_sites_outside_japan_are_pointed_out():
    table = frame()
    table.loc[3, ["latitude", "longitude"]] = 48.8, 2.3
    notes = Sites.from_frame(table).notes
    assert notes == ("1 of 50 sites lie outside Japan: row 3 (48.8, 2.3).",)


@pytest.mark.parametrize("size", [-3.0, np.inf, -np.inf])
def test_negative_and_infinite_employment_is_refused(size):
    table = frame()
    table.loc[4, "employment"] = size
    with pytest.raises(DataError, match="1 sites is negative or infinite: row 4"):
        Sites.from_frame(table)


def test_unknown_and_no_employment_cannot_weigh():
    table = frame()
    table.loc[[4, 5], "employment"] = np.nan, 0
    sites = Sites.from_frame(table)
    for measure in (kdensity, m_function):
        with pytest.raises(DataError, match="2 sites without positive employment: rows 4, 5"):
            measure(sites, weights="employment")
    with pytest.raises(ParameterError, match="weights is 'sales'"):
        sites.weights("sales")


def test_missing_industries_words_and_columns_are_refused():
    with pytest.raises(DataError, match="1 sites without an industry: rows 2"):
        Sites.from_frame(frame().assign(industry=lambda t: t["industry"].where(t.index != 2)))
    with pytest.raises(DataError, match="'employment' holds 1 values that are no numbers: many"):
        Sites.from_frame(frame(2).assign(employment=["many", 3]))
    with pytest.raises(DataError, match="Missing columns: employment"):
        Sites.from_frame(frame().drop(columns="employment"))
    with pytest.raises(ParameterError, match="One of x_km and y_km"):
        Sites.from_frame(frame(), x_km="longitude")
    one = np.array([35.0])
    with pytest.raises(AlignmentError, match="Industries without a code: rows 0"):
        Sites(one, one, np.array([1]), ("A",), one)
    with pytest.raises(AlignmentError, match="differ in length"):
        Sites(one, one, np.array([0, 0]), ("A",), one)


def test_a_plane_takes_kilometres():
    table = pd.DataFrame({"x": [0.0, 300.0], "y": [0.0, 400.0], "industry": "A"})
    sites = Sites.from_frame(table, x_km="x", y_km="y", employment=None)
    assert sites.plane
    with pytest.raises(DataError, match="1 sites have no coordinates: rows 1"):
        Sites.from_frame(table.assign(x=[1.0, np.nan]), x_km="x", y_km="y", employment=None)
    same = Sites.on_plane(table["x"], table["y"], np.zeros(2, dtype=int), ("A",))
    assert np.array_equal(same.longitude, sites.longitude)
    assert np.array_equal(same.latitude, sites.latitude)
    with pytest.raises(ParameterError, match="point_clusters needs degrees"):
        point_clusters(sites, "A", smallest=2)


def test_projected_by_hand():
    # 403 km from Tokyo to Osaka (great circle); the middle is on the plane's origin
    north, east = np.array([TOKYO, OSAKA]).T
    flat = Sites(north, east, np.zeros(2, dtype=int), ("A",), np.ones(2)).projected()
    assert np.hypot(np.diff(flat.longitude), np.diff(flat.latitude))[0] == pytest.approx(403, abs=1)
    assert flat.longitude.sum() == pytest.approx(0, abs=1)
    assert "distances are wrong by 0.01% at most" in flat.notes[0]
    assert flat.projected() is flat
    around = Sites(
        np.zeros(2) + 1, np.array([0.0, 150.0]), np.zeros(2, dtype=int), ("A",), np.ones(2)
    )
    with pytest.raises(ParameterError, match="from their middle"):
        around.projected()
