"""Do the commands on entry answer on a plain CSV file, and say what is wrong with one?"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shuseki.cli.entry import app
from shuseki.errors import DataError, ParameterError


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"area": [f"{k:03d}" for k in range(80)]})
    frame["a"], frame["b"] = rng.normal(size=80), rng.normal(size=80)
    frame["people"] = rng.uniform(5, 50, 80)
    frame["births"] = rng.poisson(frame["people"] * np.exp(0.5 + 0.5 * frame["a"]))
    frame["high"] = 3 + frame["a"] + 0.3 * rng.normal(size=80)
    frame["low"] = 3 + frame["b"] + 0.3 * rng.normal(size=80)
    frame["latitude"], frame["longitude"] = rng.uniform(33, 40, 80), rng.uniform(131, 141, 80)
    path = tmp_path_factory.mktemp("entry") / "areas.csv"
    frame.to_csv(path, index=False)
    return path


def said(*arguments: str) -> str:
    answer = CliRunner().invoke(app, [*arguments], catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_counts(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "counts.csv"
    text = said(
        "counts", str(table), "--outcome", "births", "--terms", "a,b",
        "--exposure", "people", "--out", str(out),
    )  # fmt: skip
    assert "births, Poisson: significant at 5% (HC1): a +" in text
    assert "overdispersion" in text
    written = pd.read_csv(out).set_index("term")["coefficient_log_rate"]
    assert written["a"] == pytest.approx(0.5, abs=0.1)  # births follow exp(0.5 + 0.5 a)


def test_equality(table: Path) -> None:
    text = said("equality", str(table), "--outcomes", "high,low", "--terms", "a,b")
    assert "different at 5%: a, b" in text  # high follows a alone, low follows b alone


def test_neighbours(table: Path) -> None:
    text = said("neighbours", str(table), "--outcome", "high", "--terms", "a,b")
    assert "residuals are spatially dependent at 5% under" in text
    assert "Conley errors" in text
    assert "stay so in most of 12 spatial models" in text


def test_atlas(table: Path) -> None:
    text = said(
        "atlas", str(table), "--outcome", "high,low", "--terms", "a,b", "--permutations", "19"
    )
    assert "30 specifications of 2 terms" in text  # 3 sets × 2 outcomes × 5 outlier rules
    assert "19 permutations" in text


def test_regions(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"municipality": [f"{k:05d}" for k in range(120)]})
    frame["pair"] = [f"{k // 2:03d}" for k in range(120)]
    frame["labour_force_1995"] = rng.uniform(2e4, 9e4, 120)
    frame["all_employees_1996"] = 0.9 * frame["labour_force_1995"]
    frame["manufacturing_employees_1996"] = frame["all_employees_1996"] * rng.uniform(0.1, 0.5, 120)
    share = frame["manufacturing_employees_1996"] / frame["all_employees_1996"]
    frame["births"] = rng.poisson(frame["labour_force_1995"] / 1e4 * (1 + 20 * share))
    frame["latitude"], frame["longitude"] = rng.uniform(33, 40, 120), rng.uniform(131, 141, 120)
    path = tmp_path / "municipalities.csv"
    frame.assign(own=frame["municipality"]).to_csv(path, index=False)
    text = said(
        "regions", str(path), "--terms", "MRATIO", "--divisions", "pair,own",
        "--random-areas", "60", "--draws", "5",
    )  # fmt: skip
    assert "1 of 1 slopes by pair keep their sign in 1 other division" in text
    assert "random, 60 areas, 5 draws" in text


def test_what_is_wrong_is_named(table: Path) -> None:
    with pytest.raises(DataError, match="lacks columns c"):
        said("counts", str(table), "--outcome", "births", "--terms", "c")
    with pytest.raises(ParameterError, match="No file"):
        said("counts", "nowhere.csv", "--outcome", "births", "--terms", "a")
    with pytest.raises(ParameterError, match="Expected two"):
        said("equality", str(table), "--outcomes", "high", "--terms", "a")


def test_cutoffs_of_conley_are_chosen(table: Path) -> None:
    text = said(
        "neighbours", str(table), "--outcome", "high", "--terms", "a,b", "--cutoffs", "80,5000"
    )
    assert "5000 km covers" in text  # the made-up areas span some 1,000 km
    with pytest.raises(ParameterError, match="'far' is no distance"):
        said("neighbours", str(table), "--outcome", "high", "--terms", "a", "--cutoffs", "far")


def test_counts_by_few_clusters(table: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(table, dtype={"area": str})
    frame["region"] = [f"R{k % 5}" for k in range(len(frame))]
    file = tmp_path / "clusters.csv"
    frame.to_csv(file, index=False)
    ask = ("counts", str(file), "--outcome", "births", "--terms", "a,b", "--exposure", "people")
    text = said(*ask, "--groups", "region", "--bootstrap")
    assert "Only 5 clusters" in text
    assert "(5 clusters, all 7,776 draws of Webb weights)" in text
    with pytest.raises(ParameterError, match="--bootstrap with family poisson and groups None"):
        said(*ask, "--bootstrap")
