"""Is the tariff that of the publisher, and is the cheapest way taken?"""

import numpy as np
import pytest

from shuseki.errors import ShusekiError
from shuseki.sourcing.assumptions import Assumptions
from shuseki.sourcing.courier import parcel_sizes, parcels_yen, prefecture_of, transport, zones

WAYS = {
    "own_van_km": 15.0,
    "own_van_yen": 800.0,
    "own_van_days": 0.25,
    "courier_factor": 1.0,
    "courier_elsewhere_yen": 3000.0,
    "courier_km_per_day": 600.0,
    "lorry_yen": 15_000.0,
    "lorry_yen_per_km": 200.0,
    "unknown_km": 300.0,
}
OTA, KAWASAKI, OSAKA, NAHA = (35.56, 139.72), (35.53, 139.70), (34.68, 135.60), (26.21, 127.68)


def test_fares_are_those_of_the_tariff() -> None:
    # Yamato, cash, 2025-12-01: Hokkaido to Okinawa size 60 2,340, size 80 2,950; Kanto to Kansai
    # size 60 1,060; within a prefecture 790 (2025-11-10)
    between, within = parcels_yen({0: 1})
    assert between[zones()["01"], zones()["47"]] == 2340
    assert between[zones()["13"], zones()["27"]] == 1060
    assert within == 790
    assert parcels_yen({1: 1})[0][zones()["01"], zones()["47"]] == 2950
    np.testing.assert_array_equal(between, between.T)
    assert np.isfinite(between).all()
    assert len(zones()) == 47


@pytest.mark.parametrize(
    ("kg", "mm", "parcels"),
    [
        (2.0, None, {0: 1}),
        (2.1, None, {1: 1}),
        (30.0, None, {6: 1}),
        (65.0, None, {6: 2, 1: 1}),
        (1.0, 300.0, {2: 1}),  # three sides of 30 cm are 90 cm: size 100
    ],
)
def test_parcels_by_weight_and_size(kg: float, mm: float | None, parcels: dict[int, int]) -> None:
    assert parcel_sizes(kg, mm) == parcels


def test_ways_by_hand() -> None:
    places = np.array([OTA, KAWASAKI, OSAKA, NAHA, (np.nan, np.nan)])
    yen, days, km = transport(
        places, ["13", "14", "27", "47", ""], weight_kg=1.0, size_mm=None, **WAYS
    )
    assert yen[0, 1] == 800
    assert days[0, 1] == 0.25
    assert yen[0, 2] == 1060
    assert days[0, 2] == 1
    assert days[0, 3] == 3  # 1,550 km: two days beyond the first
    assert yen[0, 4] == 3000
    assert km[0, 4] == 300
    assert (np.diag(yen) == 0).all()
    np.testing.assert_array_equal(yen, yen.T)


def test_a_heavy_load_goes_by_lorry() -> None:
    yen, _, km = transport(
        np.array([OTA, OSAKA]), ["13", "27"], weight_kg=3000.0, size_mm=None, **WAYS
    )
    assert yen[0, 1] == pytest.approx(15_000 + 200 * km[0, 1])


def test_prefectures_of_firms() -> None:
    assert prefecture_of("20206", "", None, None) == "20"
    assert prefecture_of("", "長野県諏訪市", None, None) == "20"
    assert prefecture_of("", "", *OSAKA) == "27"
    assert prefecture_of("", "", 24.15, 120.67) == ""
    assert prefecture_of("99999", "", None, float("nan")) == ""


# ---- assumptions ---------------------------------------------------------------------------------


def test_assumptions_by_process_and_stated() -> None:
    bundled = Assumptions()
    assert bundled.of("hours_per_piece", "deep_drawing") == 0.005  # a kind of pressing
    assert bundled.of("hours_per_piece", "turning") == 0.15
    stated = bundled.replace(hours_per_piece=1.0)
    assert stated.of("hours_per_piece", "deep_drawing") == 1.0
    drawn = stated.drawn(np.random.default_rng(0))
    assert drawn["hours_per_piece"] == 1.0
    rows = bundled.to_frame()
    assert (rows["low"] <= rows["value"]).all()
    assert (rows["value"] <= rows["high"]).all()
    assert rows["basis"].str.len().min() > 2


@pytest.mark.parametrize(
    "stated",
    [
        {"gravity": (1, 1, 1)},
        {"queue_days": (-1, -1, -1)},
        {"queue_days": (5, 6, 7)},
        {"queue_days": (float("nan"),) * 3},
        {"queue_days": (float("inf"),) * 3},
    ],
)
def test_assumptions_that_cannot_be_are_refused(stated: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(ShusekiError):
        Assumptions().replace(stated)  # type: ignore[arg-type]


def test_draws_lie_in_their_range() -> None:
    rng = np.random.default_rng(1)
    queue = [Assumptions().drawn(rng)["queue_days"] for _ in range(200)]
    assert 1 <= min(queue) < 5 < max(queue) <= 15
