"""Can a suppressed number be computed by somebody who has nothing but the folder of a run?"""

from pathlib import Path

import attack
import censuses
import pandas as pd
import pytest

from shuseki.errors import DataError
from shuseki.study.run import run

WIDTH = 3
"""The protection that the rules ask of a count: threshold 3."""


SPELLS = '[events]\nlives = "spells"'
LIVES = {by: f'[events]\n[survival]\nby = "{by}"' for by in ("area", "industry", "all")}


def attacked(
    folder: Path, seed: int, more: str = "[events]", lives: str = "waves"
) -> tuple[list[str], int]:
    """Run a study of a random census, and attack its folder."""
    shape = {"areas": 3 + seed % 4, "industries": 2 + seed % 3, "mean": (1.0, 3.0, 8.0)[seed % 3]}
    waves = (1998, 1999, 2000) if "survival" in more else (1998, 2000)
    censuses.census(folder, seed, days=more == SPELLS, waves=waves, **shape)
    run(censuses.study(folder, more, lives=lives, waves=waves), out=folder / "out")
    return attack.narrow(folder / "out", 2000, WIDTH, lives, spells=more == SPELLS)


@pytest.mark.parametrize(
    ("seed", "more", "lives"),
    [
        (1, "[events]", "waves"),
        (2, "[events]", "waves"),
        (5, SPELLS, "waves"),
        (4, SPELLS, "spells"),
        (1, LIVES["area"], "waves"),
        (6, LIVES["industry"], "waves"),
        (9, LIVES["all"], "waves"),
    ],
)
def test_no_suppressed_number_is_found(tmp_path: Path, seed: int, more: str, lives: str) -> None:
    bad, secrets = attacked(tmp_path, seed, more, lives)
    assert secrets > 0
    assert bad == []


@pytest.mark.slow
@pytest.mark.parametrize("by", LIVES)
def test_none_is_found_beside_survival(tmp_path: Path, by: str) -> None:
    found = {}
    for seed in range(40):
        bad, secrets = attacked(tmp_path / str(seed), seed, LIVES[by])
        assert secrets > 0
        if bad:
            found[seed] = bad
    assert found == {}


@pytest.mark.slow
def test_none_is_found_in_a_hundred_random_censuses(tmp_path: Path) -> None:
    found = {}
    secrets = 0
    for seed in range(100):
        more = ("", "[events]", SPELLS, SPELLS)[seed % 4]
        lives = "spells" if seed % 4 == 3 else "waves"
        bad, count = attacked(tmp_path / str(seed), seed, more, lives)
        secrets += count
        if bad:
            found[seed] = bad
    assert secrets > 500
    assert found == {}


def test_births_by_days_and_events_by_waves_are_not_counted_in_one_study(tmp_path: Path) -> None:
    # their difference is who opened and closed in between, which no table would guard
    folder = censuses.census(tmp_path, 1, days=True)
    with pytest.raises(DataError, match=r"'waves', and 'spells' in \[births\]"):
        run(censuses.study(folder, "[events]", lives="spells"), out=folder / "out")


def test_survival_by_days_of_each_area_is_no_part_of_a_study_of_births(tmp_path: Path) -> None:
    # who lives and is young was born of late: sums of births that no table would guard
    folder = censuses.census(tmp_path, 1, days=True, waves=(1998, 1999, 2000))
    more = '[survival]\nby = "area"\nlives = "spells"'
    with pytest.raises(DataError, match=r"survival.lives: 'spells'.*\[births\]"):
        run(censuses.study(folder, more, waves=(1998, 1999, 2000)), out=folder / "out")


def test_those_still_there_follow_from_those_at_risk(tmp_path: Path) -> None:
    # at risk from birth, less at risk at the age of the older: the births of the last wave
    def still(curves: pd.DataFrame) -> pd.Series:
        later = curves.groupby("group")["at_risk"].shift(-1)
        return (curves["at_risk"] - curves["deaths"] - later).isin([1, 2])

    waves, true = (1998, 1999, 2000), 0
    for seed in range(4):
        folder = censuses.census(tmp_path / str(seed), seed, mean=1.0, waves=waves)
        more = '[survival]\nby = "area"'
        answer = run(censuses.study(folder, more, waves=waves), out=folder / "out")
        true += still(answer.answers["survival"].curves).sum()
        assert not still(pd.read_csv(folder / "out/tables/survival_user.csv")).any()
    assert true > 3


def test_the_attack_finds_what_primary_suppression_alone_gives_away(tmp_path: Path) -> None:
    # An attack that could find nothing would prove nothing.
    folder = censuses.census(tmp_path, 3)
    run(censuses.study(folder, "[events]\n[disclosure]\nsecondary = false"), out=folder / "out")
    bad, _ = attack.narrow(folder / "out", 2000, WIDTH)
    assert bad


def test_cells_of_one_or_two_births_are_not_in_the_panel(tmp_path: Path) -> None:
    folder = censuses.census(tmp_path, 4, mean=1.5)
    answer = run(censuses.study(folder), out=folder / "out")
    truth = answer.panel.to_frame().set_index(["area", "industry"])["births"]
    written = pd.read_parquet(folder / "out/panel.parquet").set_index(["area", "industry"])
    few = truth[(truth > 0) & (truth < 3)].index
    assert len(few) > 0
    assert written.loc[few, "births"].isna().all()
    assert (written.loc[few, "births_flag"] == "X").all()
    kept = written["births"].dropna()
    assert kept.to_dict() == truth[kept.index].to_dict()
