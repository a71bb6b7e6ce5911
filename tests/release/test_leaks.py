"""Does anything in the folder of a run tell what is suppressed in its tables?

Everything that is written is searched: bytes of every file, unpacked workbooks, numbers inside
pictures, the manifest, what the run says while it works.
"""

import base64
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import censuses
import numpy as np
import openpyxl
import pandas as pd
import pytest

from shuseki.report.words import pick
from shuseki.study.run import Run, run

MEASURES = """
[events]
[survival]
[measures]
quotients = { variable = "plants" }
concentration = true
kdensity = true
m_function = { industries = ["20", "21"], radii_km = [5, 10] }
clusters = { points = true }
trends = { areas = ["A01", "A02"] }
"""
ODD = 48_611
"""Employees of one plant; no other number of a run is near."""


@pytest.fixture(scope="module")
def told() -> list[dict[str, Any]]:
    """What a run says while it works."""
    return []


@pytest.fixture(scope="module")
def census(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three waves of named plants with points, one of them enormous."""
    waves = (1996, 1998, 2000)
    folder = censuses.census(tmp_path_factory.mktemp("census"), 8, points=True, mean=4.0,
                             waves=waves)  # fmt: skip
    for wave in waves:
        frame = pd.read_csv(folder / f"w{wave}.csv", dtype=str)
        frame["name"] = "Seisakusho " + frame["id"].str[1:] + "Q"
        frame["address"] = frame["id"].str[1:] + "-77 Kamata"
        if wave == 2000:
            frame.loc[0, "employees"] = str(ODD)
        frame.to_csv(folder / f"w{wave}.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def done(census: Path, told: list[dict[str, Any]]) -> Run:
    """The run, written beside the census."""
    study = censuses.study(census, MEASURES, waves=(1996, 1998, 2000))
    return run(study, out=census / "out", tell=lambda happened: told.append(dict(happened)))


def plants(census: Path) -> pd.DataFrame:
    return pd.read_csv(census / "w2000.csv", dtype={"industry": str, "id": str})


def bytes_of(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file as text, archives unpacked, columns of Parquet written out."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
            yield path.name, frame.to_csv() + str(path.read_bytes())
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as pack:
                for name in pack.namelist():
                    yield f"{path.name}/{name}", pack.read(name).decode("utf-8", "replace")
        elif path.is_file():
            yield path.name, path.read_text(encoding="utf-8")


def traces(folder: Path) -> list[dict[str, Any]]:
    """Every trace of every picture of a report, arrays decoded."""
    html = (folder / "report.html").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = []
    decoder = json.JSONDecoder()
    for match in re.finditer(r'"data"\s*:\s*(?=\[)', html):
        try:
            data, _ = decoder.raw_decode(html, match.end())
        except json.JSONDecodeError:
            continue
        found += [decoded(one) for one in data if isinstance(one, dict)]
    return found


def decoded(value: Any) -> Any:
    if isinstance(value, dict) and set(value) >= {"dtype", "bdata"}:
        return np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"]).tolist()
    if isinstance(value, dict):
        return {key: decoded(one) for key, one in value.items()}
    return [decoded(one) for one in value] if isinstance(value, list) else value


def test_no_name_number_address_or_place_of_a_plant_is_anywhere(done: Run, census: Path) -> None:
    own = plants(census)
    marks = [*own["id"], *own["name"], *own["address"]]
    marks += [f"{value:.5f}".rstrip("0") for value in own["latitude"] if round(value, 3) != value]
    files = list(bytes_of(census / "out"))
    assert len(files) > 10
    for name, text in files:
        # plotly's own script is not ours
        text = re.sub(r"<script[^>]*>[^<]{100000,}</script>", "", text)
        assert [one for one in marks if one in text] == [], name


def test_the_employees_of_a_giant_are_nowhere_even_by_a_rest(done: Run, census: Path) -> None:
    # Its area's and its industry's sums hold it alone; with the rest known it is their difference.
    own = plants(census)
    giant = own[own["employees"] == ODD].iloc[0]
    rest = {}
    for axes in (["municipality"], ["industry"], ["municipality", "industry"], []):
        same = own
        for axis in axes:
            same = same[same[axis] == giant[axis]]
        rest[tuple(axes)] = int(same["employees"].sum())
    patterns = [re.compile(rf"(?<!\d){n:,}(?!\d)|(?<!\d){n}(?!\d)") for n in (ODD, *rest.values())]
    for name, text in bytes_of(census / "out"):
        text = re.sub(r"<script[^>]*>[^<]{100000,}</script>", "", text)
        assert [one.pattern for one in patterns if one.search(text)] == [], name


def test_pictures_show_no_area_whose_number_is_suppressed(done: Run, census: Path) -> None:
    found = traces(census / "out")
    written = pd.read_csv(census / "out/tables/births_by_area_user.csv")
    hidden = set(written.loc[written["births"].isna(), "area_en"]) if "births" in written else set()
    for trace in found:
        for place, z in zip(trace.get("locations", []), trace.get("z", []), strict=False):
            assert not (str(place) in hidden and z is not None), place


def test_the_manifest_and_the_events_have_no_counts(
    done: Run, census: Path, told: list[dict[str, Any]]
) -> None:
    manifest = json.loads((census / "out/manifest.json").read_text(encoding="utf-8"))
    numbers = dict(numbered(manifest["steps"]))
    kept = ("seconds", "areas", "groups", "industries", "wave", "tables", "cells", "suppressed",
            "bytes", "equations", "n", "findings")  # fmt: skip
    secret = done.gate.suppressed_values(elsewhere=True)
    told_rows = {path: n for path, n in numbers.items() if ".rows_" in path}
    assert not set(told_rows.values()) & secret
    others = [path for path in numbers if path not in told_rows]
    assert [path for path in others if path.rsplit(".", 1)[-1] not in kept] == []
    assert any("X" in str(step) for step in manifest["steps"])  # there were some
    for event in told:
        assert set(event) <= {"event", "step", "seconds", "done", "of"}


def numbered(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from numbered(one, f"{path}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from numbered(one, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def test_headlines_and_sentences_have_no_suppressed_number(done: Run, census: Path) -> None:
    secret = done.gate.suppressed_values()
    assert secret
    said = [pick(one, "en") for one in done.told_headlines().values()]
    for text in said:
        numbers = {float(one.replace(",", "")) for one in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}
        assert not numbers & secret, text


def test_the_workbook_hides_nothing(done: Run, census: Path) -> None:
    (path,) = (census / "out/tables").glob("*.xlsx")
    book = openpyxl.load_workbook(path)
    assert {sheet.sheet_state for sheet in book} == {"visible"}
    assert not book.defined_names
    marks = 0
    for sheet in book:
        assert not any(one.hidden for one in sheet.row_dimensions.values())
        assert not any(one.hidden for one in sheet.column_dimensions.values())
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.comment is None
                assert cell.data_type != "f"
                marks += cell.value == "X"
    assert marks > 0
    assert book.properties.creator in (None, "openpyxl")
    assert book.properties.lastModifiedBy is None


def test_every_format_of_a_table_hides_the_same_cells(done: Run, census: Path) -> None:
    tables = census / "out/tables"
    checked = 0
    for path in tables.glob("*_user.csv"):
        frame = pd.read_csv(path)
        flags = [c for c in frame if c.endswith("_flag")]
        hidden = int(sum((frame[c] == "X").sum() for c in flags))
        for c in flags:
            assert frame.loc[frame[c] == "X", c.removesuffix("_flag")].isna().all(), path.name
        tex = path.with_suffix(".tex").read_text(encoding="utf-8")
        body = tex.split(r"\midrule")[1].split(r"\bottomrule")[0]
        shown = [cell.strip() for line in body.split(r"\\") for cell in line.split("&")]
        assert shown.count("X") == hidden, path.name
        checked += hidden
    assert checked > 0


def test_how_many_plants_a_curve_rests_on_is_told_with_one_digit(done: Run, census: Path) -> None:
    # The exact number of plants of an industry may be suppressed in a table of industries.
    count = plants(census).groupby("industry").size()
    path = census / "out/tables/k_density_user.csv"
    if not path.is_file():
        (path,) = (census / "out/tables").glob("*kdensity*_user.csv")
    written = pd.read_csv(path, dtype={"industry": str}).set_index("industry")["plants"].dropna()
    assert len(written)
    for industry, n in written.items():
        assert n == float(f"{count[industry]:.0e}")
    html = (census / "out/report.html").read_text(encoding="utf-8")
    for n in re.findall(r"\(n = ([\d,]+)\)", html):
        assert len(n.replace(",", "").strip("0")) == 1
