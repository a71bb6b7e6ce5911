"""Does a study of another country run from its register to the report?"""

import json
import re
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from shuseki.report.html import render
from shuseki.study.run import Run, run

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs/examples/taiwan"
REGISTERS = ROOT / "../shared/data/registers"
WAVES = {2016: "tw_factories_2016-12-31_{}.parquet", 2021: "tw_factories_2021-01_{}.parquet"}
TOWNSHIP = "^..[縣市].+?(?:鄉|鎮(?!區)|市(?!區)|區)"

SQL = """
WITH entrants AS (
  SELECT later.factory_id, later.district FROM later
  WHERE factory_id NOT IN (SELECT factory_id FROM earlier)
)
SELECT
  (SELECT count(*) FROM earlier) AS earlier,
  (SELECT count(*) FROM later) AS later,
  (SELECT count(*) FROM later WHERE factory_id IN (SELECT factory_id FROM earlier)) AS both,
  (SELECT count(*) FROM entrants) AS entrants,
  (SELECT count(*) FROM entrants WHERE factory_id LIKE 'S%') AS legalised,
  (SELECT count(*) FROM earlier WHERE factory_id NOT IN (SELECT factory_id FROM later)) AS deaths
"""
"""What a careful user would ask of the two files."""


def example(folder: Path, waves: dict[int, Path]) -> Path:
    """The study of the documentation, with two other paths."""
    for path in EXAMPLE.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    text = (folder / "study.toml").read_text(encoding="utf-8")
    for year, path in waves.items():
        text = text.replace(f'"factories_{year}.parquet"', f'"{path}"')
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder / "study.toml"


def asked_by_hand(waves: dict[int, Path]) -> dict[str, int]:
    """The counts by SQL."""
    connection = duckdb.connect()
    for name, year in (("earlier", 2016), ("later", 2021)):
        connection.register(name, pd.read_parquet(waves[year]))
    row = connection.sql(SQL).df().iloc[0]
    return {str(name): int(value) for name, value in row.items()}


def check(study: Path, waves: dict[int, Path], out: Path) -> tuple[dict[str, int], Run]:
    """Run it, and compare with the SQL."""
    counts = asked_by_hand(waves)
    answer = run(study, out=out)
    steps = {step.name: step for step in answer.funnel.steps}
    assert steps["candidates"].left == counts["entrants"]
    assert steps["legalised"].set_aside == counts["legalised"]
    assert answer.funnel.left == counts["entrants"] - counts["legalised"]
    events = answer["events"].to_frame().set_index("wave")
    assert events.loc[2016, "establishments"] == counts["earlier"]
    assert events.loc[2021, "establishments"] == counts["later"]
    assert events.loc[2021, "survivors"] == counts["both"]
    assert events.loc[2021, "deaths"] == counts["deaths"]
    assert answer.panel.values["births"].sum() == answer.funnel.left
    by_town = pd.read_parquet(waves[2021])
    old = set(pd.read_parquet(waves[2016])["factory_id"])
    new = by_town[~by_town["factory_id"].isin(old) & ~by_town["factory_id"].str.startswith("S")]
    towns = new["district"].str.extract(f"({TOWNSHIP})")[0].value_counts()
    found = answer.born.by_area()["births"]
    assert found[found > 0].to_dict() == towns.to_dict()
    stored = pd.read_parquet(out / "panel.parquet")
    assert stored["births"].sum() == answer.funnel.left
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert not manifest["synthetic"]
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "Births by area" in html
    assert "Japan" not in re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    return counts, answer


CHANGHUA = pytest.param(
    {year: (REGISTERS / name.format("changhua")).resolve() for year, name in WAVES.items()},
    id="as published",
    marks=[
        pytest.mark.slow,
        pytest.mark.skipif(
            not (REGISTERS / WAVES[2021].format("changhua")).is_file(),
            reason="needs the factory register of Taiwan (../shared/data/registers)",
        ),
    ],
)
EXTRACT = pytest.param(
    {year: EXAMPLE / f"factories_{year}.parquet" for year in WAVES}, id="as bundled"
)


@pytest.mark.parametrize("waves", [EXTRACT, CHANGHUA])
def test_factories_of_changhua(tmp_path: Path, waves: dict[int, Path]) -> None:
    counts, _ = check(example(tmp_path, waves), waves, tmp_path / "run")
    # the publisher's two lists as counted in ../shared/data/registers/SOURCES.md and the issue
    assert counts == {
        "earlier": 9948,
        "later": 11_094,
        "both": 7803,
        "entrants": 3291,
        "legalised": 1418,
        "deaths": 2145,
    }


def made_up_register(folder: Path, seed: int = 7) -> dict[int, Path]:
    """Two waves in the form of the register: invented factories of a county with traps in names."""
    rng = np.random.default_rng(seed)
    towns = ["臺南市新市區永就里", "臺南市左鎮區睦光里", "臺南市安平區石門里", "臺南市七股區龍山里"]
    n, born, legal = 900, 200, 80
    ids = [f"99{k:06d}" for k in range(n + born)] + [f"S{k:07d}" for k in range(legal)]
    frame = pd.DataFrame({"factory_id": ids})
    town = rng.integers(0, 4, len(ids))
    frame["factory_name"] = "工廠"
    frame["address"] = "地址"
    frame["district"] = np.array(towns)[town]
    frame["org_form"] = "有限公司"
    frame["setup_date_roc"] = np.where(rng.random(len(ids)) < 0.5, "0991006", "")
    frame["status"] = "生產中"
    kind = rng.choice(["25金屬製品製造業", "29機械設備製造業", "22塑膠製品製造業", ""], len(ids))
    frame["industry"] = np.where(np.arange(len(ids)) < 20, "25金屬製品製造業", kind)
    frame["lon"] = (120.2 + 0.05 * town + rng.normal(0, 0.01, len(ids))).round(6).astype(str)
    frame["lat"] = (23.0 + 0.03 * town + rng.normal(0, 0.01, len(ids))).round(6).astype(str)
    earlier = frame.iloc[:n].drop(columns=["lon", "lat"]).assign(industry="25金屬製品製造業")
    later = frame[~frame["factory_id"].isin(ids[:150])]
    waves = {2016: folder / "a.parquet", 2021: folder / "b.parquet"}
    earlier.to_parquet(waves[2016])
    later.to_parquet(waves[2021])
    return waves


@pytest.fixture(scope="module")
def another_county(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, int], Run]:
    """The study of the documentation with two other paths: its counts, and the run."""
    folder = tmp_path_factory.mktemp("county")
    waves = made_up_register(folder)
    (folder / "study").mkdir()
    return check(example(folder / "study", waves), waves, folder / "run")


def test_another_county_runs_by_changing_two_paths(
    another_county: tuple[dict[str, int], Run],
) -> None:
    counts, _ = another_county
    # as made up: 900 before, 150 of them gone, 200 born, 80 legalised
    assert counts["deaths"] == 150
    assert counts["entrants"] == 280
    assert counts["legalised"] == 80


def test_the_report_of_another_country_in_japanese(
    another_county: tuple[dict[str, int], Run],
) -> None:
    _, answer = another_county
    html = render(answer.document(), "ja")
    assert "候補から開業へ" in html
    assert "2020年に合法化された既存の未登記工場" in html


FRANCE = """
[study]
name = "marseille"
title = "Manufacturers of Marseille"

[records]
source = "files"
[[records.waves]]
file = "stock_2018.csv"
layout = "sirene-establishments"
wave = 2018
[[records.waves]]
file = "stock_2022.csv"
layout = "sirene-establishments"
wave = 2022

[births]
at = 2022
since = 2018

[region]
file = "arrondissements.csv"

[industries]
groups = { metal = ["25.11Z", "25.62B"], food = ["10.71C"], print = ["18.12Z"] }

[accounts]
source = "file"
file = "accounts.csv"

[[accounts.variable]]
name = "UNEMPLOYMENT"
formula = "unemployed / active"
label = "unemployment rate"
unit = "share"

[[accounts.variable]]
name = "LOG_DENSITY"
formula = "log(active / area_km2)"

[[accounts.outcome]]
name = "BIRTHS"
denominator = "active"
per = 1000
label = "birth rate"
unit = "births per 1,000 active persons"

[[accounts.outcome]]
name = "METAL"
counts = "births_metal"
denominator = "active"
per = 1000

[[accounts.outcome]]
name = "DEATHS"
counts = "deaths"
denominator = "active"
per = 1000

[[accounts.outcome]]
name = "STOCK"
counts = "stock"

[entry]
outliers = "none"
[[entry.equations]]
outcome = "BIRTHS"
model = "1"
terms = ["UNEMPLOYMENT", "LOG_DENSITY"]
[[entry.equations]]
outcome = "DEATHS"
model = "1"
terms = ["UNEMPLOYMENT"]
[[entry.hypotheses]]
id = "push"
says = "Unemployment pushes people into firms of their own"
expects = { UNEMPLOYMENT = "+" }
"""


def france(folder: Path) -> dict[str, pd.DataFrame]:
    """Invented establishments in the form of SIRENE; codes look like those of Tokyo's cities."""
    rng = np.random.default_rng(3)
    n = 3000
    codes = [f"13{k}" for k in range(201, 217)]  # arrondissements of Marseille; 13201 is 八王子 too
    frame = pd.DataFrame(
        {
            "siret": [f"{k:014d}" for k in range(n)],
            "codeCommuneEtablissement": rng.choice(codes, n),
            "activitePrincipaleEtablissement": rng.choice(
                ["25.11Z", "25.62B", "10.71C", "18.12Z", "47.11A"], n
            ),
            "etatAdministratifEtablissement": rng.choice(["A", "F"], n, p=[0.9, 0.1]),
            "dateCreationEtablissement": "2001-05-01",
            "denominationUsuelleEtablissement": "Atelier",
            "longitude": "",
            "latitude": "",
        }
    )
    early, late = frame.iloc[:2400], frame.iloc[300:]
    early.to_csv(folder / "stock_2018.csv", index=False)
    late.to_csv(folder / "stock_2022.csv", index=False)
    pd.DataFrame({"municipality": codes, "area": codes}).assign(
        name_en=[f"Arrondissement {k}" for k in range(1, 17)], parent="Marseille"
    ).to_csv(folder / "arrondissements.csv", index=False)
    active = rng.integers(5_000, 40_000, 16)
    pd.DataFrame(
        {
            "area": codes,
            "active": active,
            "unemployed": (active * rng.uniform(0.06, 0.2, 16)).round(),
            "area_km2": rng.uniform(2, 30, 16),
        }
    ).to_csv(folder / "accounts.csv", index=False)
    (folder / "study.toml").write_text(FRANCE, encoding="utf-8")
    return {"early": early, "late": late}


def test_establishments_of_marseille(tmp_path: Path) -> None:
    given = france(tmp_path)
    answer = run(tmp_path / "study.toml", out=tmp_path / "run")
    early, late = (
        table[table["etatAdministratifEtablissement"] == "A"] for table in given.values()
    )
    kept = ["25.11Z", "25.62B", "10.71C", "18.12Z"]
    new = late[~late["siret"].isin(early["siret"])]
    new = new[new["activitePrincipaleEtablissement"].isin(kept)]
    assert answer.funnel.left == len(new)
    metal = int(new["activitePrincipaleEtablissement"].isin(kept[:2]).sum())
    assert answer.funnel.groups["metal"] == metal
    rates = answer.variables.frame
    active = pd.read_csv(tmp_path / "accounts.csv", dtype={"area": str}).set_index("area")["active"]
    by_area = new["codeCommuneEtablissement"].value_counts()
    assert rates["BIRTHS"].to_dict() == pytest.approx((1000 * by_area / active).to_dict())
    gone = early[~early["siret"].isin(late["siret"])]
    gone = gone[gone["activitePrincipaleEtablissement"].isin(kept)]
    deaths = gone["codeCommuneEtablissement"].value_counts().reindex(active.index, fill_value=0)
    assert rates["DEATHS"].to_dict() == pytest.approx((1000 * deaths / active).to_dict())
    stock = late[late["activitePrincipaleEtablissement"].isin(kept)]
    assert rates["STOCK"].sum() == len(stock)
    assert answer.fits["BIRTHS", "1"].n == 16
    assert set(answer.verdicts.overall) == {"push"}
    html = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    words = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    assert "Arrondissement 5" in words
    for never in ("Okamuro", "of the paper", "Japan", "八王子"):
        assert never not in words


EVERY_CHAPTER = """
[study]
name = "a b"
title = "Wrong everywhere"
[records]
source = "files"
scale = 0
codes = "france"
[[records.waves]]
file = "absent.csv"
layout = "hous"
wave = 2000
[births]
at = 2000
since = 2001
[[births.exclude]]
name = "odd"
column = "id"
matches = "("
[counted]
source = "file"
kinds = "firms"
[scales]
divisions = ["towns"]
[region]
division = "districts"
[industries]
technology = "high"
[linkage]
rule = "nobody's"
[events]
waves = [2000]
[survival]
by = "region"
[sourcing]
years = 0
[accounts]
source = "file"
[[accounts.variable]]
name = "X"
formula = "import os"
[entry]
outliers = "sometimes"
[[entry.equations]]
outcome = "STARTS"
model = "1"
terms = ["UNEMPLOY"]
[neighbours]
cutoffs_km = [-1]
[counts]
families = ["binomial"]
[equality]
outcomes = ["START"]
[unseen]
sample = 5
[atlas]
threshold = 2
[borders]
draws = -1
[measures]
kdensity = { weights = "heavy" }
trends = true
ripley = { simulation = 9 }
[report]
lang = "fr"
"""


def test_one_wrong_value_in_each_chapter_is_named_at_once(tmp_path: Path) -> None:
    from shuseki.errors import DataError
    from shuseki.study.chapters import CHAPTERS
    from shuseki.study.specification import read_study

    path = tmp_path / "study.toml"
    path.write_text(EVERY_CHAPTER, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_study(path)
    told = str(caught.value)
    for chapter in CHAPTERS:
        if chapter.name != "print":  # it has no options
            assert f"  {chapter.name}." in told, chapter.name
    for place in (
        "study.name",
        "records.scale",
        "records.codes",
        "births.exclude.0.matches",
        "accounts.variable.0.formula",
        "entry.outliers",
        "measures.kdensity.weights",
        "measures.trends.areas",
        "measures.ripley.simulation: unknown key. Did you mean 'simulations'?",
        "report.lang",
    ):
        assert place in told, place
    assert "nothing was run" in told
