"""Does a study run on births that somebody else has counted: the register's, or a user's table?"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.datasets.companies import company_panel
from shuseki.errors import DataError, ShusekiError
from shuseki.geography.areas import municipalities
from shuseki.geography.districts import division
from shuseki.study.run import run
from shuseki.study.specification import bundled_studies, read_study

NAME = "companies-2021-2026"
OWN = """
[study]
name = "mine"
title = "My births"
[counted]
source = "file"
file = "births.csv"
[region]
division = "{division}"
date = "2020-10-01"
[accounts]
source = "public-2020"
[[accounts.outcome]]
name = "START"
counts = "births"
denominator = "labour_force_2020"
per = 10_000
"""
ABROAD = """
[study]
name = "abroad"
title = "Births abroad"
[counted]
source = "file"
file = "births.csv"
codes = "any"
[accounts]
source = "file"
file = "accounts.csv"
[[accounts.outcome]]
name = "START"
counts = "births"
denominator = "people"
per = 1000
"""


@pytest.fixture(scope="module")
def bundled():
    return run(NAME)


# ---- the bundled study --------------------------------------------------------------------------


def test_it_is_bundled_and_not_synthetic(bundled) -> None:
    assert NAME in bundled_studies()
    assert not read_study(NAME).is_synthetic
    assert not bundled.document().is_synthetic
    for name, result in bundled.results().items():
        assert result.sources, name
        assert not result.is_synthetic, name
        assert any(source.origin == "public" for source in result.sources), name


def test_a_rate_by_hand(bundled) -> None:
    # District 083 is the 23 wards: births of 60 months over five years and the labour force.
    own = company_panel("municipality")
    wards = ["13101" <= code <= "13123" for code in own.areas]
    births = own.values["births"][wards].sum()
    force = bundled.accounts.loc["083", "labour_force_2020"]
    assert bundled.variables.column("START")["083"] == pytest.approx(births / 5 / force * 10_000)


def test_every_table_and_figure_names_its_source(bundled) -> None:
    for table in bundled.document().tables():
        assert any(source.origin == "public" for source in table.sources), table.name


def test_verdicts_stand_beside_the_papers(bundled) -> None:
    frame = bundled["verdicts"].to_frame().set_index("hypothesis")
    # p. 16 of the 2006 paper: 3a, 4b, 6 and 7 supported.
    assert set(frame.index[frame["printed"] == "supported"]) == {"3a", "4b", "6", "7"}
    assert frame.loc["5", "overall"] == "not tested"  # no research institutes
    assert "5" not in bundled["verdicts"].agrees()
    assert "Okamuro 2006" in bundled["verdicts"].headline()
    assert "as printed" not in bundled["verdicts"].headline()


def test_what_the_outlier_rule_drops_is_left_out_by_name(bundled) -> None:
    without = bundled["without"]
    names = [one.name for one in without.sets]
    assert names == ["", "Tokyo (23 wards)", "Futaba", "Tokyo (23 wards) + Futaba"]
    assert [fits.fits[0].n for fits in without.fits] == [253, 252, 252, 251]


def test_it_says_what_it_cannot_do(bundled) -> None:
    notes = " ".join(bundled["descriptives"].notes)
    for name in ("PCM", "WAGE", "LNLANDP", "HITECH", "INST"):
        assert f"{name}" in notes
    said = " ".join(str(note) for note in bundled.study.chapters[1].brief(
        bundled.answers["counted"], None).notes)  # fmt: skip
    assert "K-density is not possible" in said
    assert "not a manufacturing plant" in said


def test_it_is_written_whole_with_its_manifest(bundled, tmp_path: Path) -> None:
    folder = bundled.write(tmp_path / "out")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["synthetic"] is False
    assert {"company_events_2021_2026.parquet", "company_moves_2019_2026.parquet"} <= {
        Path(name).name for name in manifest["inputs"]
    }
    assert all(len(one["sha256"]) == 64 for one in manifest["inputs"].values())
    for name, areas in (
        ("district_253", 253), ("municipality", 1741), ("commuting_zone_1995", 496),
        ("prefecture", 47),
    ):  # fmt: skip
        rates = pd.read_csv(folder / "rates" / f"{name}.csv", dtype={"area": str})
        assert len(rates) == areas
        assert rates["source"].str.contains("company-events").all()
        again = 2_000 * rates["births"] / rates["labour_force_2020"]
        np.testing.assert_allclose(rates["START"], again)
    assert (folder / "tables" / "verdicts_public.csv").is_file()


# ---- a table of the user's ----------------------------------------------------------------------


def written(folder: Path, table: pd.DataFrame, study: str) -> Path:
    table.to_csv(folder / "births.csv", index=False)
    path = folder / "study.toml"
    path.write_text(study, encoding="utf-8")
    return path


def test_births_by_municipality_and_period_are_added_up(tmp_path: Path) -> None:
    codes = municipalities("2020-10-01")["code"].tolist()
    table = pd.DataFrame(
        [(code, year, 1 + (year == 2022)) for code in codes for year in (2021, 2022)],
        columns=["municipality", "period", "births"],
    )
    path = written(tmp_path, table, OWN.format(division="prefecture"))
    counts = run(path).answers["counted"].by_area()["births"]
    # Each municipality has 1 birth in 2021 and 2 in 2022; Tottori (31) has 19 municipalities.
    assert counts["31"] == 19 * 3
    one = path.read_text(encoding="utf-8").replace(
        'file = "births.csv"', 'file = "births.csv"\nfirst = "2022"'
    )
    path.write_text(one, encoding="utf-8")
    later = run(path)
    assert later.answers["counted"].by_area()["births"]["31"] == 19 * 2
    assert later.study.to_dict()["counted"]["first"] == "2022"
    assert "user" in {source.origin for source in later.sources}


def test_births_by_area_of_the_division(tmp_path: Path) -> None:
    areas = division("district-253").codes
    table = pd.DataFrame({"area": areas, "births": range(1, 254)})
    path = written(
        tmp_path, table, OWN.format(division="district-253").replace('date = "2020-10-01"\n', "")
    )
    found = run(path)
    assert found.answers["counted"].by_area()["births"]["253"] == 253
    assert found["ranking_start"].table["rate"].is_monotonic_decreasing


def test_places_of_another_country(tmp_path: Path) -> None:
    table = pd.DataFrame({"area": ["FR1", "FR2", "FR3"], "births": [5, 0, 7]})
    pd.DataFrame({"area": ["FR1", "FR2", "FR3"], "people": [100, 200, 300]}).to_csv(
        tmp_path / "accounts.csv", index=False
    )
    found = run(written(tmp_path, table, ABROAD))
    assert found.variables.column("START").tolist() == pytest.approx([50.0, 0.0, 1000 * 7 / 300])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.assign(municipality="99999"), "99999"),
        (lambda t: t.drop(columns="births"), "births"),
        (lambda t: t.drop(columns="municipality"), "no column municipality or area"),
        (lambda t: t.assign(area="01"), "both columns municipality and area"),
        (lambda t: pd.concat([t, t.head(1)]), "more than once"),
        (lambda t: t.assign(births="many"), "births"),
        (lambda t: t.assign(births=-1), "[Nn]egative"),
        (lambda t: t.head(0), "no rows"),
        (lambda t: t.assign(births=float("nan")), "no count in rows"),
        (lambda t: t.assign(births=[None, *[1] * (len(t) - 1)]), "no count in rows '?2'? "),
        (lambda t: t.assign(births_food="x"), "births_food"),
    ],
)
def test_bad_tables_are_refused_with_a_reason(tmp_path: Path, change, message: str) -> None:
    codes = municipalities("2020-10-01")["code"].tolist()
    table = change(pd.DataFrame({"municipality": codes, "births": 1}))
    with pytest.raises(ShusekiError, match=message):
        run(written(tmp_path, table, OWN.format(division="prefecture")))


def test_absent_municipalities_are_said(tmp_path: Path) -> None:
    codes = municipalities("2020-10-01")["code"].tolist()[1:]
    table = pd.DataFrame({"municipality": codes, "births": 1})
    found = run(written(tmp_path, table, OWN.format(division="prefecture")))
    notes = found.answers["counted"].panel.notes
    assert any("counted as 0: 01100" in note for note in notes)


def test_areas_that_lack_are_named(tmp_path: Path) -> None:
    table = pd.DataFrame({"area": [f"{k:02d}" for k in range(1, 47)], "births": 1})
    with pytest.raises(DataError, match=r"lacks 1 of 47 areas: '?47"):
        run(written(tmp_path, table, OWN.format(division="prefecture")))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('[counted]\nsource = "register"', "source"),
        ('[counted]\nsource = "file"', "file is missing"),
        ('[counted]\nsource = "corporate-register"\nfirst = "2020-01"', "2020-01"),
        ('[counted]\nsource = "corporate-register"\nkinds = "firms"', "kinds"),
        ('[counted]\nsource = "corporate-register"\ncodes = "any"', "codes of its own"),
        (
            '[counted]\nsource = "corporate-register"\nfirst = "2024-01"\nlast = "2023-01"',
            "is after last",
        ),
        ('[counted]\nsource = "corporate-register"\n[births]\nat = 2000\nsince = 1998', "not both"),
        ('[counted]\nsource = "corporate-register"\n[measures]\nquotients = {}', "measures"),
        ('[counted]\nsource = "corporate-register"\n[accounts]\nsource = "synthetic"', "real"),
        ('[counted]\nsource = "corporate-register"\n[scales]', "accounts"),
        ('[counted]\nsource = "corporate-register"\n[region]\ndivision = "records"', "no records"),
    ],
)
def test_faults_of_the_study_file_are_named(tmp_path: Path, lines: str, message: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(f'[study]\nname = "x"\ntitle = "x"\n{lines}\n', encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_study(path)
