"""Do the waves show what the districts' table asks for, and does the truth know the rest?"""

import errno
import importlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shuseki.datasets.census import SyntheticCensus, district_design, synthetic_census
from shuseki.datasets.census.histories import WAVES, histories
from shuseki.datasets.census.plants import draw_within, size_quantiles
from shuseki.errors import OutputError, ParameterError
from shuseki.geography.areas import municipalities
from shuseki.geography.districts import division
from shuseki.records.store import Store

SCALE = 0.05


@pytest.fixture(scope="module")
def census(tmp_path_factory: pytest.TempPathFactory) -> SyntheticCensus:
    return synthetic_census(tmp_path_factory.mktemp("census"), scale=SCALE, seed=7)


@pytest.fixture(scope="module")
def tables(census: SyntheticCensus) -> Iterator[duckdb.DuckDBPyConnection]:
    """The files as views, and the numbers of earlier waves carried to 2000 in plain SQL."""
    connection = opened(census.folder)
    yield connection
    connection.close()


def opened(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    for name in (*(f"wave_{year}" for year in WAVES), "converter", "truth"):
        connection.execute(f"create view {name} as select * from '{folder}/{name}.parquet'")
    for year in WAVES[:-1]:
        ids = f"select id from wave_{year}"
        for k in range(WAVES.index(year), len(WAVES) - 1):
            ids = (
                f"select coalesce(c.to_id, x.id) id from ({ids}) x left join converter c "
                f"on c.from_wave = {WAVES[k]} and c.from_id = x.id"
            )
        connection.execute(f"create table carried_{year} as {ids}")
    connection.execute(
        "create table new as select * from wave_2000 where id not in (select id from carried_1998)"
    )
    connection.execute(
        "create table unseen as select * from new where id not in (select id from carried_1995 "
        "union all select id from carried_1996 union all select id from carried_1997)"
    )
    return connection


def one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def births_by_district(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    where = division("district-253").assignment("2000-12-31")["area"]
    small = connection.execute(
        "select municipality, industry from unseen where employees < 20"
    ).df()
    area = small["municipality"].map(where)
    high = small["industry"].str.startswith("H")
    counts = pd.crosstab(area, high).reindex(district_design().accounts.index, fill_value=0)
    return counts.set_axis(["low", "high"], axis=1)


# ---- what the office hands over --------------------------------------------------------------------


def test_waves_are_as_many_as_published(census: SyntheticCensus) -> None:
    # METI, plants of four or more: 387,726 369,612 358,246 373,713 341,421
    for year, plants in zip(WAVES, (387_726, 369_612, 358_246, 373_713, 341_421), strict=True):
        assert abs(census.rows[f"wave_{year}"] - SCALE * plants) < 60


def test_funnel_at_a_twentieth(tables: duckdb.DuckDBPyConnection) -> None:
    # one twentieth of 26,634, 19,923 and 17,011 (p. 6), to within what whole plants allow
    assert abs(one(tables, "select count(*) from new") - 1_331.7) < 3
    assert abs(one(tables, "select count(*) from unseen") - 996.15) < 3
    assert abs(one(tables, "select count(*) from unseen where employees < 20") - 850.55) < 2


def test_the_number_is_never_given_twice_in_a_wave(tables: duckdb.DuckDBPyConnection) -> None:
    for year in WAVES:
        assert one(tables, f"select count(*) - count(distinct id) from wave_{year}") == 0
    for year in WAVES[:-1]:
        assert one(tables, f"select count(*) - count(distinct id) from carried_{year}") == 0


def test_columns_codes_and_values(census: SyntheticCensus) -> None:
    for year in WAVES:
        wave = pd.read_parquet(census.folder / f"wave_{year}.parquet")
        assert wave["municipality"].isin(municipalities(f"{year}-12-31")["code"]).all()
        assert wave["employees"].min() >= 4
        assert wave["industry"].nunique() == 58
        assert (wave["wave"] == year).all()
        assert wave["latitude"].between(24, 46).all()
        assert wave["longitude"].between(122, 146).all()
        assert (wave[["shipments_yen", "wages_yen"]] > 0).all(axis=None)
        assert 0.35 < wave["opened"].isna().mean() < 0.45
        known = wave["opened"].dropna()
        assert pd.to_datetime(known).max() <= pd.Timestamp(year, 12, 31)


def test_codes_change_with_mergers(census: SyntheticCensus) -> None:
    # 篠山市 was made of four towns on 1 April 1999
    towns = ["28661", "28664", "28665", "28666"]
    before = pd.read_parquet(census.folder / "wave_1998.parquet")["municipality"]
    after = pd.read_parquet(census.folder / "wave_2000.parquet")["municipality"]
    assert before.isin(towns).any()
    assert not after.isin(towns).any()
    assert (after == "28221").any()


def test_every_file_says_that_it_is_synthetic(census: SyntheticCensus) -> None:
    for file in census.folder.glob("*.parquet"):
        assert pq.read_metadata(file).metadata[b"shuseki.origin"] == b"synthetic"
    assert Store.open(census.folder).sources[0].origin == "synthetic"
    accounts = pd.read_parquet(census.folder / "regional_accounts.parquet")
    assert accounts.attrs["sources"][0]["origin"] == "synthetic"
    assert census.is_synthetic
    assert "synthetic" in census.headline()
    assert census.to_frame()["rows"].sum() == sum(census.rows.values())


# ---- the truth ----------------------------------------------------------------------------------------


def test_truth_has_every_record_once(tables: duckdb.DuckDBPyConnection) -> None:
    for year in WAVES:
        of_wave = f"from truth where wave = {year}"
        records = one(tables, f"select count(*) from wave_{year}")
        assert one(tables, f"select count(id) {of_wave}") == records
        assert one(tables, f"select count(*) from wave_{year} w join truth t on t.wave = {year} and t.id = w.id and t.employees = w.employees") == records  # fmt: skip
        assert one(tables, f"select count(*) - count(distinct plant) {of_wave}") == 0


def test_truth_knows_who_moved_and_whose_number_was_lost(tables: duckdb.DuckDBPyConnection) -> None:
    pairs = tables.execute(
        "select a.event, a.municipality here, b.municipality there, a.industry = b.industry same, "
        "a.origin_district, b.district, a.opened = b.opened as opened from truth a "
        "join truth b on a.plant = b.plant and a.wave = 2000 and b.wave = 1998 "
        "and a.event in ('move', 'lost id')"
    ).df()
    moved = pairs[pairs["event"] == "move"]
    lost = pairs[pairs["event"] == "lost id"]
    assert len(pairs) == one(
        tables, "select count(*) from truth where wave = 2000 and event in ('move', 'lost id')"
    )
    assert min(len(moved), len(lost)) > 50
    assert (moved["here"] != moved["there"]).all()
    assert (moved["origin_district"] == moved["district"]).all()
    renamed = lost["here"] != lost["there"]
    assert renamed.mean() < 0.02  # 篠山 and the like
    assert pairs["same"].all()
    assert pairs["opened"].all()


def test_true_births_opened_between_the_waves(tables: duckdb.DuckDBPyConnection) -> None:
    born = tables.execute(
        "select wave, min(opened) first, max(opened) last from truth where event = 'birth' "
        "group by wave order by wave"
    ).df()
    assert born["wave"].tolist() == [1996, 1997, 1998, 2000]
    for row in born.itertuples():
        previous = max(year for year in WAVES if year < row.wave)
        assert row.first >= pd.Timestamp(previous, 12, 30)
        assert row.last <= pd.Timestamp(row.wave, 12, 31)


def test_shares_of_what_is_not_seen(tables: duckdb.DuckDBPyConnection) -> None:
    small = one(
        tables, "select count(*) from truth where wave = 1998 and id is null and employees < 4"
    )
    assert abs(small / (SCALE * 269_755) - 1) < 0.05  # METI: plants of 1-3 workers, 1998
    misspelt = tables.execute(
        "select avg(name_misspelt::int), avg(address_misspelt::int) from truth where id is not null"
    ).fetchone()
    assert misspelt == pytest.approx((0.02, 0.02), abs=0.003)
    kinds = {row[0] for row in tables.execute("select distinct event from truth").fetchall()}
    assert {"move", "lost id", "reassigned id", "late capture", "class change", "reopening",
            "growth from below four", "below four", "birth", "missed", "continuing"} == kinds  # fmt: skip
    forms = tables.execute(
        "select avg((legal_form = '個人')::int) from unseen where employees < 20"
    ).fetchone()
    assert forms is not None
    assert forms[0] == pytest.approx(1 / 3, abs=0.002)  # p. 6: one third are sole proprietors


def test_more_appear_in_1998_than_open(tables: duckdb.DuckDBPyConnection) -> None:
    late = one(tables, "select count(*) from truth where wave = 1998 and event = 'late capture'")
    comers = one(tables, "select count(*) from wave_1998 where id not in (select coalesce(c.to_id, w.id) from wave_1997 w left join converter c on c.from_wave = 1997 and c.from_id = w.id)")  # fmt: skip
    assert late > 0.4 * comers  # p. 6: more than half of them were missed before


# ---- seeds, folders, errors -----------------------------------------------------------------------------


def test_seed_varies_plants_but_not_districts(census: SyntheticCensus, tmp_path: Path) -> None:
    again = synthetic_census(tmp_path / "again", scale=SCALE, seed=7)
    other = synthetic_census(tmp_path / "other", scale=SCALE, seed=8)

    def wave(found: SyntheticCensus) -> pa.Table:
        return pq.read_table(found.folder / "wave_2000.parquet")

    assert wave(again).equals(wave(census))
    assert not wave(other).equals(wave(census))
    first, second = opened(again.folder), opened(other.folder)
    assert births_by_district(first).equals(births_by_district(second))


def test_blocks_do_not_share_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("shuseki.datasets.census.census")
    monkeypatch.setattr(module, "ceil", lambda scale: 3)
    synthetic_census(tmp_path, scale=0.03)
    for year in WAVES:
        assert pd.read_parquet(tmp_path / f"wave_{year}.parquet")["id"].is_unique
    truth = pd.read_parquet(tmp_path / "truth.parquet", columns=["wave", "plant"])
    assert not truth.duplicated().any()


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    def stop(said: str, share: float) -> None:
        if "1997" in said:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthetic_census(tmp_path, scale=0.01, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("shuseki.datasets.census.census")

    def full(self: object, name: str, table: pa.Table) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.Writers, "write", full)
    with pytest.raises(OutputError, match="No space left"):
        synthetic_census(tmp_path, scale=0.01)
    assert list(tmp_path.iterdir()) == []


def test_files_of_the_user_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "wave_1998.parquet").write_text("precious")
    pd.DataFrame({"id": [1]}).to_parquet(tmp_path / "converter.parquet")
    with pytest.raises(
        OutputError, match=r"converter\.parquet, wave_1998\.parquet, which no synth"
    ):
        synthetic_census(tmp_path, scale=0.01)
    assert (tmp_path / "wave_1998.parquet").read_text() == "precious"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "census").write_text("")
    with pytest.raises(OutputError, match="census"):
        synthetic_census(tmp_path / "census", scale=0.01)


def test_a_scale_outside_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"0\.01 to 100"):
        synthetic_census(tmp_path / "never", scale=1000)
    assert not (tmp_path / "never").exists()


# ---- arithmetic ------------------------------------------------------------------------------------------


def test_histories_give_the_published_waves() -> None:
    story = histories()
    counts = {**story.in_1998, **story.gone, **story.back}
    for k, plants in enumerate((387_726, 369_612, 358_246, 373_713)):
        assert sum(n for word, n in counts.items() if word[k] == "1") == plants
    assert sum(story.back.values()) == 6_711  # 26,634 - 19,923 (p. 6)


def test_draw_within_follows_the_weights() -> None:
    rng = np.random.default_rng(0)
    groups, weights = np.array([1, 0, 1, 3]), np.array([3.0, 2.0, 1.0, 5.0])
    items = draw_within(groups, weights, np.array([1] * 4000 + [0] * 10 + [3] * 10), rng)
    assert set(items[:4000]) == {0, 2}
    assert (items[:4000] == 0).mean() == pytest.approx(0.75, abs=0.03)
    assert (items[4000:4010] == 1).all()
    assert (items[4010:] == 3).all()


def test_sizes_have_the_wanted_mean() -> None:
    sizes, cumulative = size_quantiles(np.array([12.0, 26.3, 40.0]))
    means = np.diff(cumulative, prepend=0.0, axis=1) @ sizes
    assert means == pytest.approx([12.0, 26.3, 40.0], rel=0.005)


@pytest.mark.slow
def test_full_size_gives_the_printed_funnel_and_births(tmp_path: Path) -> None:
    census = synthetic_census(tmp_path, seed=11)
    published = (387_726, 369_612, 358_246, 373_713, 341_421)  # METI
    assert [census.rows[f"wave_{year}"] for year in WAVES] == list(published)
    tables = opened(tmp_path)
    assert one(tables, "select count(*) from new") == 26_634  # p. 6
    assert one(tables, "select count(*) from unseen") == 19_923
    assert one(tables, "select count(*) from unseen where employees < 20") == 17_011
    births = births_by_district(tables)
    design = district_design()
    assert births.to_numpy().sum() == 16_193  # p. 7
    assert births["high"].equals(design.births_high.rename("high"))
    assert births["low"].equals(design.births_low.rename("low"))
    wave = pd.read_parquet(tmp_path / "wave_1998.parquet", columns=["municipality", "industry"])
    area = wave["municipality"].map(division("district-253").assignment("1998-12-31")["area"])
    plants = area.value_counts().reindex(design.accounts.index)
    assert (plants == design.plants_of_4_or_more).all()
    high = area[wave["industry"].str.startswith("H")].value_counts().reindex(plants.index)
    assert (high == design.high_technology_plants).all()
