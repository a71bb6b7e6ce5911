"""Pictures of types, life cycle and trends, their maps and commands, in both languages."""

import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from shuseki.cli.measure import app
from shuseki.datasets.panels import public_panel
from shuseki.errors import ParameterError
from shuseki.measures.change.lifecycle import STAGES, life_cycle
from shuseki.measures.change.trends import contributions, trends
from shuseki.measures.change.typology import TYPES, agglomeration_types
from shuseki.report.plots import plot
from shuseki.report.plots.change import types_map
from shuseki.report.plots.labels import heading
from shuseki.study.chapters.measures import measure


def japanese(text: str) -> bool:
    return bool(re.search("[\u3040-\u9fff]", text))


@pytest.fixture(scope="module", params=["en", "ja"])
def lang(request) -> str:
    return request.param


def test_types_show_the_named_places_and_the_largest(lang):
    answer = agglomeration_types(
        public_panel("industries", lang),
        history=public_panel("district shipments"),
        all_plants=public_panel("district totals"),
    )
    figure = plot(answer, lang=lang)
    names = [bar.name for bar in figure.data if bar.type == "bar"]
    assert names == [heading(name, lang) for name in TYPES]
    assert names[0] == ("企業城下町型集積" if lang == "ja" else "Company town")
    first = figure.data[0].y
    assert first[0] == ("豊田" if lang == "ja" else "Toyota")
    assert len(set(first)) == len(first) > 20
    on_map = types_map(answer, lang=lang)
    assert japanese(on_map.layout.title.text) == (lang == "ja")


def test_lives_by_industry(lang):
    answer = life_cycle(
        public_panel("years", lang),
        industry="each",
        all_plants=public_panel("district totals"),
    )
    figure = plot(answer, lang=lang)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [bar.name for bar in bars] == [heading(name, lang) for name in STAGES]
    assert bars[3].name == ("成熟期" if lang == "ja" else "Maturity")
    assert sum(sum(bar.x) for bar in bars) == len(answer.codes)
    (course,) = (trace for trace in figure.data if trace.type == "heatmap")
    assert course.z.shape == (30, 11)
    assert japanese(course.y[0]) == (lang == "ja")


def test_trends_of_an_industry_and_contributions(lang):
    since = [str(year) for year in range(2006, 2013)]
    answer = trends(
        public_panel("years", lang).select(periods=since),
        ["107"],
        "employment",
        industry="25+26+27+32",
        all_plants=public_panel("district totals"),
    )
    assert japanese(plot(answer, lang=lang).layout.title.text) == (lang == "ja")
    parts = contributions(public_panel("municipal years", lang), "plants", start="2001", end="2012")
    assert len(plot(parts, lang=lang).data[0].y) == 20


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["types"], "areas are agglomerations in 2001"),
        (["types", "--area", "090", "--lang", "ja"], "産地型集積（所属度"),
        (["lifecycle", "--industry", "each"], "pairs of area and industry in 2012"),
        (["lifecycle", "--industry", "21", "--area", "124"], "path creation"),
        (["trends", "--contributions", "2001-2012"], "plants 2001–2012: -31.6%"),
        (
            ["trends", "--contributions", "2001-2012", "--by", "industry", "--area", "13111"],
            "Machinery",
        ),
        (["trends", "--industry", "21", "--area", "124", "--variable", "employment"], "Ceramic"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_commands(command, said):
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0, told.output
    assert said in " ".join(told.output.split())


def test_births_of_a_users_panel_enter(tmp_path):
    # plants and workers swing about a level; few births speak for a late stage, many for an early
    rows = [
        (f"{area:02d}", year, 100 + 10 * (year % 2), 2000 + 200 * (year % 2), births)
        for area, births in ((1, 1), (2, 12))
        for year in range(2001, 2013)
    ]
    columns = ["area", "period", "plants", "employment", "births"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "panel.csv", index=False)
    told = CliRunner().invoke(
        app,
        [
            *("lifecycle", "--panel", str(tmp_path / "panel.csv")),
            *("--output", str(tmp_path / "s.csv"), "--internal"),
        ],
    )
    assert told.exit_code == 0, told.output
    table = pd.read_csv(tmp_path / "s.csv")
    late = table[["probability_maturity", "probability_contraction", "probability_decline"]]
    assert late.sum(axis=1).iloc[0] > late.sum(axis=1).iloc[1]


def test_the_map_is_written(tmp_path):
    told = CliRunner().invoke(app, ["types", "--map", str(tmp_path / "map.html")])
    assert told.exit_code == 0, told.output
    assert (tmp_path / "map.html").stat().st_size > 1_000_000


def test_contributions_in_a_study_file():
    panel = public_panel("years")
    options = {"areas": ["107"], "contributions": [2001, 2012]}
    answers = measure(panel, None, {"trends": options})
    assert list(answers) == [
        "trends_plants",
        "contributions_plants_area",
        "contributions_plants_industry",
    ]
    with pytest.raises(ParameterError, match=r"Expected \[start, end\]"):
        measure(panel, None, {"trends": {"areas": ["107"], "contributions": "2001"}})
