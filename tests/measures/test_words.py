"""Is every answer about agglomerations told in either language: sentences, tables, pictures?"""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shuseki.language import Message, told, word
from shuseki.measures.change.externalities import externality_range, input_output
from shuseki.measures.change.histories import SHAPES
from shuseki.measures.change.lifecycle import calibration, foresight, life_cycle
from shuseki.measures.change.trends import contributions, trends
from shuseki.measures.change.typology import (
    TYPES,
    IndustryGroups,
    agglomeration_types,
    chance_agglomerations,
)
from shuseki.measures.clusters.clusters import clusters, point_clusters
from shuseki.measures.clusters.local_moran import local_moran
from shuseki.measures.distance.kdensity import joint_kdensity, kdensity, kdensity_areas
from shuseki.measures.distance.mfunction import individual_m, joint_m_function, m_function
from shuseki.measures.distance.ripley import ripley
from shuseki.measures.indices.concentration import (
    coagglomeration,
    concentration,
    disagreement,
    scale_sweep,
)
from shuseki.measures.indices.quotients import location_quotients, shift_share, specialisation
from shuseki.panel import Panel
from shuseki.report.plots.dispatch import has_picture, plot
from shuseki.report.tables import Table
from shuseki.results import Result
from shuseki.sites import Sites

AREAS, INDUSTRIES = 40, ("14", "28", "29", "30")
YEARS = tuple(str(year) for year in range(1997, 2009))
NAMED_AFTER_THE_DATA = re.compile(r"index_\d+_100|plants_\d+")
"""Columns that hold a year of the question."""
SHOWN = ("text", "name", "hovertemplate", "hovertext", "customdata", "x", "y")
"""Parts of a picture that a reader sees."""


def english(text: str) -> list[str]:
    """Words of four Latin letters or more; names here have at most two."""
    return re.findall(r"[A-Za-z]{4,}", re.sub(r"%\{[^}]*\}|<[^>]*>", "", text))


def made_up_panel() -> Panel:
    rng = np.random.default_rng(1)
    level = rng.gamma(1, 20, (AREAS, 4)) + 3
    level[:6, 0] += 120
    plants = np.stack([rng.poisson(level * 0.97**year) for year in range(12)], axis=2) + 0.0
    plants[5] = 0  # an area without anything
    employment = plants * rng.uniform(5, 25, (AREAS, 4))[:, :, None]
    employment[3, 1] = np.nan
    return Panel(
        areas=tuple(f"{k:02d}" for k in range(AREAS)),
        industries=INDUSTRIES,
        periods=YEARS,
        values={
            "plants": plants,
            "employment": employment,
            "shipments_yen": 1000 * employment,
            "births": np.round(plants / 20),
        },
        centres=np.column_stack([rng.uniform(34, 37, AREAS), rng.uniform(136, 140, AREAS)]),
        area_names=tuple(f"A{k}" for k in range(AREAS)),
        industry_names=("P", "Q", "R", "S"),
    )


def made_up_sites() -> Sites:
    rng = np.random.default_rng(2)
    places = np.vstack([rng.uniform(0, 90, (200, 2)), rng.normal(45, 1, (50, 2))])
    industry = np.concatenate([rng.integers(0, 4, 199), [4], np.zeros(50, dtype=int)])
    frame = pd.DataFrame(
        {
            "x_km": places[:, 0],
            "y_km": places[:, 1],
            "industry": np.array([*INDUSTRIES, "99"])[industry],
            "employment": rng.integers(1, 90, 250),
        }
    )
    return Sites.from_frame(frame, x_km="x_km", y_km="y_km")


def on_the_map(sites: Sites) -> Sites:
    """The same plants in degrees."""
    return Sites(
        35 + sites.latitude / 111,
        137 + sites.longitude / 91,
        sites.industry,
        sites.industries,
        sites.employment,
    )


def every_kind(panel: Panel, sites: Sites) -> Iterator[Result]:
    last, degrees = panel.select(periods=["2008"]), on_the_map(sites)
    yield location_quotients(last)
    yield specialisation(last)
    yield shift_share(panel, "plants", start="1997", end="2008")
    indices = concentration(last, permutations=19)
    yield indices
    yield concentration(last, herfindahl=dict.fromkeys(INDUSTRIES, 0.02), permutations=19)
    yield disagreement(indices, kdensity_areas(last, range_km=100, weights="employment"))
    yield coagglomeration(last)
    yield scale_sweep({"municipality": last, "prefecture": last.select(areas=last.areas[:30])})
    yield local_moran(last, "28", permutations=99)
    yield kdensity(sites, range_km=40)
    yield kdensity(sites, range_km=40, positions="mesh", weights="employment")
    yield kdensity_areas(last, range_km=100, weights="employment")
    yield joint_kdensity(sites, [("14", "28")], range_km=40)
    yield m_function(sites, weights="employment")
    yield joint_m_function(sites, [("14", "28")])
    yield individual_m(sites, "14")
    yield ripley(sites, simulations=39)
    yield clusters(last, "14", simulations=19)
    yield clusters(last, "14", variable="employment", simulations=0)
    yield point_clusters(degrees, "14", simulations=19)
    yield point_clusters(degrees, "14", simulations=0)
    yield trends(panel, ["00", "01"], "shipments_yen", industry="28", all_plants=panel)
    yield contributions(panel, "plants", start="1997", end="2008")
    groups = IndustryGroups(
        local_products=frozenset({"14"}),
        metals=frozenset({"28"}),
        machinery=frozenset({"29", "30"}),
    )
    yield agglomeration_types(
        panel, period="2008", groups=groups, history=panel, all_plants=panel, fewest_plants=20
    )
    yield chance_agglomerations(last, groups=groups, times=2)
    yield life_cycle(panel, output="shipments_yen", areas=panel.areas[:3], all_plants=panel)
    yield life_cycle(panel, industry="each", fewest_plants=15)
    yield calibration(series=50)
    yield foresight(panel)
    dealings = input_output(pd.DataFrame(np.ones((4, 4)), index=INDUSTRIES, columns=INDUSTRIES))
    yield dealings
    spans = [("1997", "2002"), ("2002", "2008")]
    yield externality_range(panel, spans=spans, replicates=19, rings_km=(0, 20, 40, 80))
    yield externality_range(
        panel, related=dealings, outcome="births", replicates=9, areas=panel.areas[:30]
    )


@pytest.fixture(scope="module")
def answers() -> list[Result]:
    return list(every_kind(made_up_panel(), made_up_sites()))


def test_headlines_and_notes_are_told_in_both_languages(answers):
    for answer in answers:
        for sentence in (answer.headline(), *answer.notes):
            assert isinstance(sentence, Message), sentence
            assert not english(told(sentence, "ja")), told(sentence, "ja")
            assert not re.search("[\u3040-\u9fff]", sentence), sentence


def test_tables_are_told_in_japanese(answers):
    left = set()
    for answer in answers:
        table = Table.of(answer, name="table", title="").in_language("ja")
        for column, cells in zip(table.frame.columns, table.shown("ja"), strict=True):
            if not NAMED_AFTER_THE_DATA.fullmatch(column):
                left |= {(column, text) for text in (table.label(column, "ja"), *cells)}
    assert sorted(cell for cell in left if english(cell[1])) == []


def parts(drawn: Any, name: str = "") -> Iterator[str]:
    """Every text that a picture shows."""
    if isinstance(drawn, dict):
        for key, value in drawn.items():
            if key != "template":
                yield from parts(value, key)
    elif isinstance(drawn, list | tuple | np.ndarray):
        for value in drawn:
            yield from parts(value, name)
    elif isinstance(drawn, str) and name in SHOWN:
        yield drawn


def test_pictures_are_told_in_japanese(answers):
    drawn = [answer for answer in answers if has_picture(answer)]
    assert len(drawn) > 20
    said = {text for answer in drawn for text in parts(plot(answer, lang="ja").to_dict())}
    assert sorted(text for text in said if english(text)) == []


def test_every_shape_and_type_has_a_japanese_name():
    assert [name for name in (*SHAPES, *TYPES) if told(word(name), "ja") == name] == []
