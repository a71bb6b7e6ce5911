"""Lives between days of opening and closing: by hand, and against waves alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from shuseki.demography.events import births, events
from shuseki.demography.survival import kaplan_meier, survival
from shuseki.records.store import Store

# id, opened, closed. By hand:
# 1 lives from 1990 to March 2003; 2 is there in 2000 and ends in June 2001; 3 begins in May 2001;
# 4 began in 1995 and is recorded late; 5 lives from February to December 2001; 6 is seen once, in
# 2002; 7 begins in July 2003.
WAVES: dict[int, list[tuple[int, str | None, str | None]]] = {
    2000: [(1, "1990-04-01", None), (2, None, None)],
    2002: [(1, "1990-04-01", None), (2, None, "2001-06-30"), (3, "2001-05-05", None),
           (4, "1995-01-01", None), (5, "2001-02-01", "2001-12-01"), (6, None, None)],
    2004: [(1, "1990-04-01", "2003-03-03"), (3, "2001-05-05", None), (4, "1995-01-01", None),
           (7, "2003-07-01", None)],
}  # fmt: skip


def a_store(folder: Path, waves: dict[int, list[tuple[int, str | None, str | None]]]) -> Store:
    for year, rows in waves.items():
        frame = pd.DataFrame(rows, columns=["id", "opened", "closed"])
        for name in ("opened", "closed"):
            frame[name] = pd.to_datetime(frame[name]).dt.date
        frame = frame.assign(wave=year, municipality="13111", industry="29", employees=5)
        frame.to_parquet(folder / f"wave_{year}.parquet", index=False)
    return Store.open(folder)


def test_events_by_hand(tmp_path: Path) -> None:
    store = a_store(tmp_path, WAVES)
    by_days = events(store, lives="spells").to_frame().set_index("wave")
    # there at the end of 2000: 1, 2, 4; of 2002: 1, 3, 4, 6; of 2004: 3, 4, 7
    assert by_days["establishments"].tolist() == [3, 4, 3]
    assert by_days.loc[2002, ["births", "survivors", "deaths"]].tolist() == [3, 2, 2]
    assert by_days.loc[2004, ["births", "survivors", "deaths"]].tolist() == [1, 2, 2]
    assert by_days["moves"].isna().all()
    by_waves = events(store).to_frame().set_index("wave")
    # the waves see 4 as new in 2002, never 5, and 1 and 2 die because their records say so
    assert by_waves["establishments"].tolist() == [2, 4, 3]
    assert by_waves.loc[2002, ["births", "survivors", "deaths"]].tolist() == [3, 1, 1]
    assert by_waves.loc[2004, ["births", "survivors", "deaths"]].tolist() == [1, 2, 2]


def test_births_by_hand(tmp_path: Path) -> None:
    store = a_store(tmp_path, WAVES)
    assert set(births(store, at=2002, since=2000).table.to_pandas()["id"]) == {3, 4, 6}
    found = births(store, at=2002, since=2000, lives="spells")
    assert set(found.table.to_pandas()["id"]) == {3, 5, 6}
    assert found.funnel.steps[0].says == "opened after 2000, by 2002"
    assert found.notes[0].startswith("Of 6 records of 2002, 4 say when they opened")


def test_who_is_said_to_open_later_than_it_was_seen_is_set_aside(tmp_path: Path) -> None:
    store = a_store(tmp_path, {2000: [(1, None, None)], 2002: [(1, "2001-05-05", None)]})
    found = births(store, at=2002, since=2000, lives="spells")
    assert [(step.name, step.left) for step in found.funnel.steps] == [
        ("candidates", 1),
        ("seen earlier", 0),
    ]


def test_survival_by_hand(tmp_path: Path) -> None:
    # The first closing on record is that of 2, 2001-06-30: lives are at risk from then. In days:
    # 1 from 4,108 to 4,719 (dies); 3 from 56 to 1,336; 4 from 2,372 to 3,652; 5 from 149 to 303
    # (dies); 6 from 2002-12-31, 0 to 731 (dies); 7 from 0 to 549.
    # At 303: 3, 5, 6, 7 at risk, 3/4. At 731: 3 and 6, 3/4 · 1/2. At 4,719: 1 alone, 0.
    found = survival(a_store(tmp_path, WAVES), lives="spells")
    deaths = found.curves[found.curves["deaths"] > 0]
    assert (deaths["years"] * 365.25).round().tolist() == [303, 731, 4719]
    assert deaths["at_risk"].tolist() == [4, 2, 1]
    assert deaths["survival_share"].to_numpy() == pytest.approx([0.75, 0.375, 0])
    assert found.plants == {"all": 6}
    assert "2001-06-30, the first closing on record" in found.notes[1]


def test_late_entry_agrees_with_other_software() -> None:
    rng = np.random.default_rng(5)
    n = 400
    entered = rng.uniform(0, 3, n)
    years = entered + rng.exponential(4, n)
    died = rng.random(n) < 0.7
    oracle = SurvfuncRight(years, died.astype(int), entry=entered)
    curve = kaplan_meier(years, died, np.ones(n), entered)
    curve = curve[curve["deaths"] > 0]
    assert curve["years"].to_numpy() == pytest.approx(oracle.surv_times)
    assert curve["at_risk"].to_numpy() == pytest.approx(oracle.n_risk)
    assert curve["survival_share"].to_numpy() == pytest.approx(oracle.surv_prob)
    # statsmodels gives errors of curves without late entry only
    whole = kaplan_meier(years, died, np.ones(n))
    whole = whole[whole["deaths"] > 0]
    error = SurvfuncRight(years, died.astype(int)).surv_prob_se
    alive = whole["survival_share"].to_numpy() > 0
    assert whole["standard_error_share"].to_numpy()[alive] == pytest.approx(error[alive])


def test_truth_is_found_where_waves_see_only_who_is_there(tmp_path: Path) -> None:
    """Simulation, seed 3: lives of 4 years on average (exponential), recorded by four waves."""
    rng = np.random.default_rng(3)
    n = 20_000
    start = rng.uniform(1980, 2010, n)
    end = start + rng.exponential(4, n)
    waves: dict[int, pd.DataFrame] = {}
    for year in (2002, 2005, 2008, 2010):
        there = (start < year + 1) & (end >= year + 1)
        opened = pd.Timestamp("1980-01-01") + pd.to_timedelta((start[there] - 1980) * 365.25, "D")
        waves[year] = pd.DataFrame(
            {"wave": year, "id": np.flatnonzero(there), "municipality": "13111",
             "industry": "29", "employees": 5, "opened": opened.date}
        )  # fmt: skip
        waves[year].to_parquet(tmp_path / f"wave_{year}.parquet", index=False)
    found = survival(Store.open(tmp_path), lives="spells").curves
    # Ends are known to the interval between waves, and are put at its end: the hazard that is
    # found lies a little below the true one, and the curve above it by less than one interval.
    at = found[found["years"].between(5.9, 6.1)].iloc[-1]
    assert np.exp(-6 / 4) < at["survival_share"] < np.exp(-(6 - 3) / 4)


def test_without_days_spells_are_what_the_waves_show(open_store: Callable[..., Store]) -> None:
    rng = np.random.default_rng(1)
    first, last = rng.integers(0, 4, 300), rng.integers(0, 4, 300)
    years = [1995, 1998, 2000, 2003]
    waves = {
        year: [
            (k, f"0120{2 + k % 4}", "H01", 5)
            for k in range(300)
            if min(first[k], last[k]) <= j <= max(first[k], last[k])
        ]
        for j, year in enumerate(years)
    }
    store = open_store(waves)
    names = ["establishments", "births", "survivors", "deaths"]
    by_waves, by_days = events(store), events(store, lives="spells")
    assert by_days.counts[names].equals(by_waves.counts[names])
    for name in names:
        assert np.array_equal(by_days.panel.values[name], by_waves.panel.values[name], True)
    one, other = survival(store).curves, survival(store, lives="spells").curves
    assert other["survival_share"].tolist() == pytest.approx(one["survival_share"].tolist())


# ---- moves -----------------------------------------------------------------------------------


def test_new_codes_move_nobody_and_moves_are_moves(open_store: Callable[..., Store]) -> None:
    # 富谷町 04423 → 富谷市 04216 (2016), 那珂川町 40305 → 那珂川市 40231 (2018), 浜松市中区 22131 →
    # 中央区 22138 (2024); 5 goes from 大田区 to 横浜市鶴見区, 6 from one ward of 横浜市 to another.
    store = open_store(
        {
            2014: [(1, "04423", "29", 5), (2, "40305", "29", 5), (3, "22131", "29", 5),
                   (5, "13111", "29", 5), (6, "14101", "29", 5)],
            2024: [(1, "04216", "29", 5), (2, "40231", "29", 5), (3, "22138", "29", 5),
                   (5, "14101", "29", 5), (6, "14102", "29", 5)],
        }
    )  # fmt: skip
    counts = events(store).to_frame().set_index("wave")
    assert counts.loc[2024, ["survivors", "moves", "deaths"]].tolist() == [5, 1, 0]
    by_ward = pd.DataFrame(
        {"municipality": ["14101", "14102", "13111"], "area": ["north", "port", "ota"]}
    )
    assert events(store, division=by_ward).to_frame().set_index("wave").at[2024, "moves"] == 2


def test_mergers_over_the_border_of_two_areas_move_nobody(open_store: Callable[..., Store]) -> None:
    # 因島市 (34206) joined 尾道市 (34205) in 2006; the user's table has them in two areas.
    by = pd.DataFrame({"municipality": ["34205", "34206"], "area": ["onomichi", "innoshima"]})
    store = open_store({2004: [(1, "34206", "29", 5)], 2010: [(1, "34205", "29", 5)]})
    happened = events(store, division=by)
    assert happened.to_frame().set_index("wave").at[2010, "moves"] == 0
    assert "belong to several areas" in " ".join(happened.notes)


def test_a_plant_that_had_closed_and_is_there_again_is_said(tmp_path: Path) -> None:
    waves: dict[int, list[tuple[int, str | None, str | None]]] = {
        2000: [(1, None, None), (2, None, None)],
        2002: [(1, None, "2001-01-01"), (2, None, None)],
        2004: [(1, None, None), (2, None, None)],
    }
    happened = events(a_store(tmp_path, waves))
    counts = happened.to_frame().set_index("wave")
    assert counts["establishments"].tolist() == [2, 1, 2]
    assert counts.at[2004, "reappearances"] == 1
    assert any("an earlier wave says had closed" in n for n in happened.notes)
