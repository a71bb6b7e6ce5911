import re
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest

from shuseki.datasets.catalogue import catalogue, dataset, entry, load
from shuseki.errors import DataError, UnknownCodeError
from shuseki.language import told

NAMES = [given.name for given in catalogue().datasets]


@pytest.mark.parametrize("name", NAMES)
def test_every_listing_is_complete_and_can_be_read(name: str) -> None:
    given = dataset(name)
    assert all((given.title, given.publisher, given.year, given.terms, given.derived_by))
    assert given.origin in ("public", "printed", "synthetic")
    if given.file:
        assert len(given.load()) == given.count() > 0


def test_codes_stay_text() -> None:
    for name in ("municipal-accounts-2000", "commuting-zones-1995", "municipality-population"):
        column = load(name).iloc[:, 0]
        assert column.str.fullmatch(r"\d{5}").all()
    assert load("jsic-manufacturing")["code"].tolist()[23] == "09"


def test_the_catalogue_says_itself() -> None:
    frame = catalogue().to_frame()
    assert frame["name"].is_unique
    assert frame.loc[frame["name"] == "districts-253", "rows"].item() == 253
    assert catalogue().headline().startswith(f"{len(frame)} data sets")


def test_unknown_name_names_the_nearest() -> None:
    with pytest.raises(UnknownCodeError, match="entry-exit-rates"):
        load("entry-exit-rate")


def test_every_public_file_is_listed() -> None:
    folder = files("shuseki.datasets") / "data" / "public"
    held = {f.name for f in folder.iterdir()} - {"catalogue.toml"}
    listed = {given.file for given in catalogue().datasets}
    assert held <= listed


def test_bundled_public_data_stay_small() -> None:
    # The whole package is to stay under 15 MB; the public tables take at most 6 of it.
    size = 0
    for package in ("shuseki.datasets", "shuseki.geography", "shuseki.industries"):
        root = Path(str(files(package))) / "data"
        folder = root / "public" if package == "shuseki.datasets" else root
        size += sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert size < 6_000_000


def test_a_listing_with_a_wrong_key_is_refused(tmp_path: Path) -> None:
    fields = {
        "name": "mine", "title": "t", "publisher": "p", "year": "2000", "terms": "free",
        "origin": "public", "derived_by": "hand", "file": "mine.csv",
    }  # fmt: skip
    (tmp_path / "mine.csv").write_text("code,name\n01,a\n", encoding="utf-8")
    assert entry(fields, tmp_path).load()["code"].tolist() == ["01"]
    with pytest.raises(DataError, match=r"mine: missing \['terms'\], unknown \['licence'\]"):
        entry({("licence" if k == "terms" else k): v for k, v in fields.items()}, tmp_path)


def test_a_data_set_made_on_demand_says_what_makes_it(tmp_path: Path) -> None:
    fields = {
        "name": "made", "title": "t", "publisher": "p", "year": "2000", "terms": "free",
        "origin": "synthetic", "derived_by": "seed", "made_by": "draw_census()", "rows": 7,
    }  # fmt: skip
    given = entry(fields, tmp_path)
    assert given.count() == 7
    with pytest.raises(DataError, match=r"Use draw_census\(\)"):
        given.load()


def test_sources_travel() -> None:
    source = dataset("entry-exit-rates").source
    assert (source.origin, source.year) == ("public", "1966-2006")
    assert "SME Agency" in source.citation


def test_entry_rates_are_those_of_the_white_paper() -> None:
    # SME White Paper 2011: establishments 1999-2001, entry 6.7 %, exit 7.2 %.
    rates = load("entry-exit-rates").set_index(["unit", "from_year"])
    row = rates.loc[("establishments", 1999)]
    assert (row["entry_rate_percent"], row["exit_rate_percent"]) == (6.7, 7.2)
    assert isinstance(rates, pd.DataFrame)


@pytest.mark.parametrize("one", catalogue().datasets, ids=lambda one: one.name)
def test_every_title_is_told_in_both_languages(one) -> None:
    assert re.search(r"[\u3041-\u30ff\u4e00-\u9fff]", told(one.title, "ja")), one.name
