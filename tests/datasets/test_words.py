"""Does every result of data sets, geography and industries speak both languages?"""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from shuseki.datasets.catalogue import catalogue
from shuseki.datasets.census.census import synthetic_census
from shuseki.datasets.census.unseen import CONDITIONS, Coverage, RecordBias
from shuseki.datasets.census.unseen import told as conditions
from shuseki.datasets.public import input_output_shares, manufacturing_panel
from shuseki.datasets.rebuilt import rebuilt_variables
from shuseki.geography.areas import told_of_lists
from shuseki.geography.districts import aggregate, division, division_from_table
from shuseki.geography.mergers import convert, crosswalk
from shuseki.industries.technology import technology_levels
from shuseki.language import Message, told
from shuseki.panel import Panel
from shuseki.results import Result

NAMES = {"district", "plants", "withheld", "Toyama"}
"""The bundled division district-253, a column, and a place."""
PLACES = re.compile("羽咋")


def translated(result: Any) -> None:
    """Headline and notes are messages, wholly in each language."""
    headline = [result.headline()] if isinstance(result, Result) else []
    for text in (*headline, *result.notes):
        assert isinstance(text, Message), (type(result).__name__, text)
        japanese = told(text, "ja")
        left = {w for w in re.findall(r"[A-Za-z]{4,}", japanese) if not w.isupper()} - NAMES
        assert not left, (type(result).__name__, japanese)
        english = PLACES.sub("", text)
        assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", english), text


def panel() -> Panel:
    """Two municipalities of 1995, and a code that never was."""
    values = {"plants": np.array([3.0, 4.0, 5.0]).reshape(3, 1, 1)}
    return Panel(("01202", "01210", "99999"), ("all",), ("1995",), values)


def results(folder: Any) -> Iterator[Any]:
    yield catalogue()
    yield synthetic_census(folder, scale=0.01)
    yield rebuilt_variables()
    yield manufacturing_panel(industries="comparable", years=(2001,))
    yield SimpleNamespace(notes=input_output_shares("jsic-10", year=2000).notes)
    yield RecordBias(
        steps=("records", "a", "truth"),
        births=np.array([5, 4, 6]),
        rates=np.ones((3, 2)),
        coefficients=np.ones((3, 1)),
        terms=("A",),
    )
    rows = [("records", "rates", "", 0.5), ("verified and imputed", "rates", "", 0.9)]
    table = pd.DataFrame(rows, columns=["estimator", "target", "what", "coverage_share"])
    for given in CONDITIONS.values():
        yield Coverage(
            table=table, censuses=2, draws=20, verified=100, followed=10, conditions=given,
            notes=(conditions(given),),
        )  # fmt: skip
    for rule in ("printed", "mean", [1.0, 3.0]):
        yield technology_levels(rule=rule, names=("L", "M", "H") if rule == [1.0, 3.0] else None)
    yield convert(panel(), crosswalk(1995, 2020), missing="skip")
    yield aggregate(panel(), division("district-253"))
    mine = pd.DataFrame({"municipality": ["131113", "131121"], "area": ["a", "b"]})
    yield division_from_table(mine, date="2020-10-01")


def test_results_speak_both_languages(tmp_path: Any) -> None:
    for answer in results(tmp_path / "census"):
        translated(answer)


def test_days_without_a_list_of_codes() -> None:
    older, newer = told_of_lists(["1960-01-01", "2030-01-01"])
    assert told(older, "ja").startswith("市区町村コード表は")
    assert told(newer, "ja").endswith("2030-01-01にはこれを用いる。")
