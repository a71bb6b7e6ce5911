"""A made-up answer, its picture, and a report that holds one of every block."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from shuseki.report import (
    Bullets,
    Document,
    Figure,
    Finding,
    Note,
    Numbers,
    Section,
    Table,
    beside,
)
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.theme import blank
from shuseki.results import Result, result
from shuseki.sources import OKAMURO_2006, Source

INVENTED = Source(
    "Practice", "shuseki, practice census", "2026", terms="BSD-3-Clause", origin="synthetic"
)
METI = Source(
    "METI2001",
    "METI, Census of Manufactures, municipalities",
    "2001",
    terms="GoJ Standard Terms of Use 2.0",
    origin="public",
)
METHOD = Source("White1980", "White, H., A heteroskedasticity-consistent estimator", "1980")


@result
class Candidates(Result):
    """Made up for the tests of the report."""

    steps: tuple[str, ...]
    left: tuple[int, ...]

    def headline(self) -> str:
        return (
            f"{self.left[0]:,} candidates → {self.left[-1]:,} births <n = {len(self.left)} steps>"
        )

    def to_frame(self) -> pd.DataFrame:
        left = np.array(self.left)
        return pd.DataFrame(
            {
                "step": self.steps,
                "set_aside": np.concatenate([[0], left[:-1] - left[1:]]),
                "left": left,
                "share": left / left[0],
            }
        )


@draws
def _(result: Candidates, *, lang: str = "en") -> go.Figure:
    words = {"en": ("Candidates left, n = 4 steps", "Plants"), "ja": ("候補の絞り込み", "事業所数")}
    figure = blank(words[lang][0], result, lang=lang, y=words[lang][1], height=360)
    return figure.add_bar(x=result.steps, y=result.left)


@pytest.fixture
def candidates() -> Candidates:
    return Candidates(
        steps=("2000, not 1998", "not 1995–97", "under 20 employees", "in 253 districts"),
        left=(26634, 19923, 17011, 16193),
        notes=("Numbers as printed on pages 5 and 6.",),
        sources=(INVENTED, OKAMURO_2006.at("pp. 5–6")),
    )


def cells() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    rows = []
    for model in (1, 2, 3, 4):
        for variable in ("PCM", "UNEMPL", "UNIV", "DENS", "AVESIZE"):
            if (variable == "UNIV") == (model == 1) or variable != "UNIV":
                value = round(float(rng.normal()), 3)
                rows.append(
                    (variable, f"Model {model}", value, value + rng.normal() / 900, 3, "**")
                )
    columns = ["variable", "model", "printed", "obtained", "digits", "stars"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def report(candidates: Candidates) -> Document:
    rng = np.random.default_rng(1)
    districts = pd.DataFrame(
        {
            "prefecture": np.repeat(["大阪", "香川", "東京"], 20),
            "district_name": [f"地区{k}" for k in range(60)],
            "births": rng.integers(5, 700, 60),
            "births_per_10000": rng.gamma(2, 1.2, 60),
            "shipments_million_yen": rng.gamma(2, 400_000, 60),
            "complete": rng.random(60) < 0.9,
        }
    )
    pair = beside(
        cells(),
        rows="variable",
        columns="model",
        digits="digits",
        stars=("stars", "stars"),
        tolerance_units=1,
        name="table4",
        title=("Start-up rate, four models (table 4)", "製造業開業率の推定結果（表4）"),
        sources=(INVENTED, OKAMURO_2006.at("table 4")),
    )

    def line(lang: str) -> go.Figure:
        figure = blank({"en": "Two lines", "ja": "二本の線"}[lang], lang=lang, x="x", y="y")
        for name in ("one", "two"):
            figure.add_scatter(x=list(range(9)), y=rng.normal(size=9).cumsum(), name=name)
        return figure

    return Document(
        title=(
            "Start-up rates of manufacturing in 253 districts",
            "253工業地区における製造業の開業率",
        ),
        subtitle=("A made-up report that holds one of every block", "すべての要素を含む見本"),
        sections=[
            Section(
                ("From candidates to births", "候補から開業へ"),
                [
                    (
                        "A plant that is seen in 2000 and not in 1998 is a candidate. Step by step "
                        "those are set aside that cannot be births.",
                        "2000年調査で初めて確認された事業所を開業の候補とし、開業とは考えられない"
                        "ものを順に除外する。",
                    ),
                    Numbers(
                        [
                            ("26,634", ("candidates", "候補")),
                            ("16,193", ("births", "開業数")),
                            (
                                "2.45",
                                ("births per 10,000 labour force", "労働力人口1万人あたり開業数"),
                            ),
                        ],
                        sources=(INVENTED,),
                    ),
                    Finding(candidates, title=("The funnel", "候補の絞り込み")),
                    Note(("Order matters here.", "順序に意味がある。")),
                ],
            ),
            Section(
                ("Why there?", "地域要因"),
                [
                    pair,
                    Bullets([("DENS +", "事業所密度は正"), ("AVESIZE −", "平均規模は負")]),
                    Figure(line, alt=("Two random walks", "二つの乱歩"), sources=(METI,)),
                    Table(
                        name="districts",
                        title=("Sixty districts by prefecture", "都道府県別60地区"),
                        frame=districts,
                        row_names="district_name",
                        row_groups="prefecture",
                        digits={"births_per_10000": 2},
                        sources=(METI, METHOD),
                    ),
                ],
            ),
        ],
    )
