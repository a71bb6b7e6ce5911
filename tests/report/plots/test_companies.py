"""Do the pictures of corporations show the counts, and mark the clearings?"""

import numpy as np
import pandas as pd
import pytest

from shuseki.datasets.companies import company_moves, company_series
from shuseki.entry.definitions import read_definitions
from shuseki.entry.variables import regional_variables
from shuseki.report.plots import plot
from shuseki.report.plots.scatter import scatter


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_months_and_clearings(lang: str) -> None:
    series = company_series()
    figure = plot(series, lang=lang)
    born, died = figure.data[0], figure.data[1]
    assert list(born.y) == series.births.tolist()
    assert list(died.y) == series.deaths.tolist()
    # Each clearing is shaded and its number stands above: 55,686 in January 2025.
    assert len(figure.layout.shapes) == len(series.purges) == 5
    assert "55,686" in {note.text for note in figure.layout.annotations}
    assert figure.layout.shapes[3].x0 == "2025-01-01"
    assert figure.layout.shapes[3].x1 == "2025-02-01"


def test_a_month_without_a_clearing_has_no_shade() -> None:
    figure = plot(company_series(first="2022-03", last="2022-12"))
    assert len(figure.layout.shapes) == 0
    assert len(figure.data) == 2


def test_moves_show_gains_and_losses() -> None:
    moves = company_moves("prefecture")
    bars = plot(moves, lang="ja").data[0]
    assert list(bars.x[:10]) == moves.table["net"].head(10).tolist()
    assert list(bars.x[-10:]) == moves.table["net"].tail(10).tolist()


def variables(rates: list[float]):
    codes = [f"{k}" for k in range(len(rates))]
    told = read_definitions(
        {
            "variable": [{"name": "X", "formula": "x", "label": "share", "unit": "share"}],
            "outcome": [{"name": "Y", "label": "rate", "unit": "births"}],
        }
    )
    return regional_variables(
        pd.DataFrame({"x": np.linspace(0, 1, len(rates))}, index=codes),
        pd.DataFrame({"births": rates}, index=codes),
        definitions=told,
    )


def test_scatter_rings_those_set_aside() -> None:
    figure = scatter(variables([1.0, 2.0, 3.0, 2.0, 1.0]), "X", "Y", set_aside=("2",))
    used, out = figure.data
    assert len(used.x) == 4
    assert list(out.y) == [3.0]
    assert out.marker.symbol == "circle-open"
    assert figure.layout.yaxis.type != "log"


def test_scatter_of_far_values_is_logarithmic_and_names_stand_at_their_points() -> None:
    figure = scatter(variables([10.0] * 20 + [100.0]), "X", "Y", lang="ja")
    assert figure.layout.yaxis.type == "log"
    heights = [note.y for note in figure.layout.annotations if note.text == "20"]
    assert heights == [pytest.approx(2.0)]  # log10 of 100


def test_scatter_with_zero_stays_linear() -> None:
    figure = scatter(variables([0.0] + [10.0] * 20 + [100.0]), "X", "Y")
    assert figure.layout.yaxis.type != "log"
