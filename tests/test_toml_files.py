"""Is every TOML file that a user may give taken or refused, whatever stands in it?

Each reader gets a right file in which one value is another or is gone, or with a key that nobody
knows. A refusal is one of ours; anything else is a defect, and fails here.
"""

import copy
import datetime
import json
import random
import shutil
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from shuseki.entry.definitions import read_definitions
from shuseki.entry.design import read_designs
from shuseki.entry.hypotheses import read_hypotheses
from shuseki.errors import ShusekiError
from shuseki.linkage.settings import linkage_settings
from shuseki.papers.printed import PrintedPaper
from shuseki.profile.directions import directions
from shuseki.profile.frameworks import frameworks
from shuseki.profile.indicators import indicators
from shuseki.records.layouts import layout
from shuseki.sourcing.importing import layout_of
from shuseki.sourcing.orders import read_orders
from shuseki.study.specification import made

GONE = object()
ODD: list[Any] = [
    "x", "", "²", "13111", "a+b", "[1", "{x}", "../x", -1, 0, 1, 0.5, 1e308, float("inf"),
    float("nan"), 10**18, True, [], ["x"], [[]], [1, 2], {}, {"a": 1}, [{"a": 1}],
    datetime.date(2000, 1, 1), datetime.time(1, 2),
]  # fmt: skip
TRIED = 250
PAPER = Path(str(files("shuseki.papers") / "okamuro_2006"))
ORDER = {
    "quantity": 200,
    "placed": datetime.date(2026, 1, 5),
    "due": datetime.date(2026, 2, 20),
    "hub": "ota/0001",
    "destination": "14100",
    "material": "SUS304",
    "steps": [
        {"process": "turning", "tolerance_um": 52},
        {"process": "grinding", "roughness_um": 0.2, "after": ["turning"]},
    ],
}


def bundled(*place: str) -> dict[str, Any]:
    """A file that comes with the package."""
    return tomllib.loads(files("shuseki").joinpath(*place).read_text(encoding="utf-8"))


def written(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        inside = ", ".join(f"{written(key)} = {written(one)}" for key, one in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def places(given: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where a value stands in a file."""
    if not isinstance(given, dict | list):
        return [at]
    inside = given.items() if isinstance(given, dict) else enumerate(given)
    return [at, *(place for key, one in inside for place in places(one, (*at, key)))]


def changed(given: dict[str, Any], place: tuple[Any, ...], odd: Any) -> dict[str, Any]:
    """The file with another value at a place."""
    content = copy.deepcopy(given)
    at: Any = content
    for key in place[:-1]:
        at = at[key]
    if odd is GONE:
        del at[place[-1]]
    else:
        at[place[-1]] = odd
    return content


def by_file(read: Callable[[Path], Any], name: str = "given.toml") -> Callable[[Any, Path], Any]:
    """A reader of files, given the content."""

    def of(content: dict[str, Any], folder: Path) -> Any:
        lines = [f"{written(key)} = {written(value)}\n" for key, value in content.items()]
        (folder / name).write_text("".join(lines), encoding="utf-8")
        return read(folder / name)

    return of


def paper(path: Path) -> PrintedPaper:
    """A printed paper; its tables are those of the bundled one."""
    for table in PAPER.glob("*.csv"):
        if not (path.parent / table.name).exists():
            shutil.copy(table, path.parent)
    return PrintedPaper.read(path.parent)


def columns_of(told: Any) -> list[str]:
    """Every text in a layout: the names of columns among them."""
    if isinstance(told, dict | list):
        inside = told.values() if isinstance(told, dict) else told
        return [name for one in inside for name in columns_of(one)]
    return [told] if isinstance(told, str) else []


LISTS = bundled("sourcing", "data", "layouts.toml")
FILES = bundled("records", "layouts.toml")
READERS: dict[str, tuple[dict[str, Any], Callable[[Any, Path], Any]]] = {
    "indicators": (bundled("profile", "indicators.toml"), by_file(indicators)),
    "frameworks": (bundled("profile", "frameworks.toml"), by_file(frameworks)),
    "directions": (bundled("profile", "directions.toml"), by_file(directions)),
    "definitions": (
        bundled("papers", "okamuro_2006", "definitions.toml"),
        lambda content, folder: read_definitions(content),
    ),
    "designs": (bundled("papers", "okamuro_2006", "designs.toml"), by_file(read_designs)),
    "hypotheses": (bundled("papers", "okamuro_2006", "hypotheses.toml"), by_file(read_hypotheses)),
    "paper": (bundled("papers", "okamuro_2006", "paper.toml"), by_file(paper, "paper.toml")),
    "study": (
        bundled("papers", "okamuro_2006", "study.toml"),
        lambda content, folder: made(content, folder / "study.toml"),
    ),
    "linkage": (
        bundled("linkage", "data", "establishments.toml"),
        lambda content, folder: linkage_settings(content).check_columns([]),
    ),
    "orders": (ORDER, by_file(read_orders)),
    **{
        f"layout {name}": (told, lambda content, folder: layout(content))
        for name, told in FILES.items()
    },
    **{
        f"list {name}": (
            told,
            lambda content, folder, told=told: layout_of(content, columns_of(told), "f.csv"),
        )
        for name, told in LISTS.items()
    },
}


@pytest.mark.parametrize("name", READERS)
def test_whatever_stands_in_a_file_it_is_taken_or_refused(name: str, tmp_path: Path) -> None:
    given, read = READERS[name]
    read(given, tmp_path)
    tried = [(place, odd) for place in places(given)[1:] for odd in (*ODD, GONE)]
    refused = 0
    for place, odd in random.Random(name).sample(tried, min(TRIED, len(tried))):
        try:
            read(changed(given, place, odd), tmp_path)
        except ShusekiError:
            refused += 1
    assert refused > TRIED / 10


@pytest.mark.parametrize("name", READERS)
def test_a_key_that_nobody_knows_is_refused(name: str, tmp_path: Path) -> None:
    given, read = READERS[name]
    with pytest.raises(ShusekiError):
        read({**given, "unheard_of": 1}, tmp_path)
