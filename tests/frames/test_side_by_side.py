"""Equations in columns, and results that draw and write."""

from pkgutil import resolve_name

import numpy as np
import openpyxl
import pandas as pd
import pytest

import shuseki as sk
from shuseki.errors import AlignmentError, ParameterError
from shuseki.frames.side_by_side import SideBySide
from shuseki.results import ABOVE


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"x": rng.normal(size=60), "z": rng.normal(size=60), "force": 100.0})
    frame["y"] = 2 + 3 * frame["x"] + rng.normal(size=60)
    frame["births"] = rng.poisson(np.exp(2 + 0.2 * frame["x"]))
    return frame


@pytest.fixture(scope="module")
def together(table) -> SideBySide:
    fits = [
        sk.ols("y ~ x", table),
        sk.ols("y ~ x + z", table, vcov="classical"),
        sk.poisson("births ~ x", table, exposure="force"),
    ]
    return sk.side_by_side(fits)


def test_each_cell_is_what_its_fit_says(together):
    frame = together.to_frame()
    assert list(frame.columns) == ["term", "(1) y", "(2) y", "(3) births"]
    assert list(frame["term"]) == [
        *("x", "", "z", "", "constant", ""),
        *("n", "R²", "adjusted R²", "log likelihood", "standard errors"),
    ]
    fit = together.fits[0]
    b, error = fit.coefficients[1], fit.standard_errors[1]
    assert 0.1 <= error < 1  # three figures are three decimals
    assert frame["(1) y"][0] == f"{b:.3f}***"
    assert frame["(1) y"][1] == f"({error:.3f})"
    assert frame["(1) y"][2] == frame["(3) births"][2] == ""  # z is in the second alone
    below = frame.set_index("term").loc["n":]
    assert list(below.loc["n"]) == ["60", "60", "60"]
    assert list(below.loc["standard errors"]) == ["HC1", "classical", "HC1"]
    assert below.loc["R²", "(2) y"] == f"{together.fits[1].r2:.3f}"
    assert below.loc["log likelihood", "(2) y"] == ""


def test_latex_hangs_stars_outside_the_column(together):
    text = together.to_latex(title="Births")
    assert r"\begin{tabular}{lccc}" in text
    assert r"\rlap{\textsuperscript{***}}" in text
    assert r"\caption{Births}" in text
    assert "決定係数" in together.to_latex(lang="ja")


def test_excel_has_the_same_cells(together, tmp_path):
    place = together.to_excel(tmp_path / "fits.xlsx")
    sheet = openpyxl.load_workbook(place)["side-by-side"]
    cells = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
    assert any(row[1] == together.to_frame()["(1) y"][0] for row in cells)


def test_names_and_labels(table):
    fits = [sk.ols("y ~ x", table)] * 2
    frame = sk.side_by_side(fits, names=["a", "b"], labels={"x": "Size"}).to_frame()
    assert list(frame.columns) == ["term", "a", "b"]
    assert frame["term"][0] == "Size"
    with pytest.raises(AlignmentError, match="2 names, 1 of them different"):
        sk.side_by_side(fits, names=["a", "a"])
    with pytest.raises(ParameterError, match="No equations"):
        sk.side_by_side([])


@pytest.mark.parametrize("method", sorted(ABOVE))
def test_what_results_look_up_is_there(method):
    assert callable(resolve_name(ABOVE[method]))


def test_every_result_draws_and_writes(tmp_path):
    panel = sk.public_panel("industries").select(areas=sk.public_panel("industries").areas[:30])
    answer = sk.location_quotients(panel)
    assert answer.plot(lang="ja").data
    text = answer.to_latex(title="Quotients")
    assert r"\caption{Quotients}" in text
    assert r"\label{tab:location-quotients}" in text
    place = answer.to_excel(tmp_path / "quotients.xlsx", lang="ja")
    assert "location-quotients" in openpyxl.load_workbook(place).sheetnames
    with pytest.raises(ParameterError, match="no picture"):
        sk.side_by_side([sk.ols("y ~ x", pd.DataFrame({"y": [1, 2, 4.0, 3], "x": [1, 2, 3, 5]}),
                                vcov="classical")]).plot()  # fmt: skip
