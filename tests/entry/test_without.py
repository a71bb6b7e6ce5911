"""Do verdicts that a few areas decide change without them?"""

import numpy as np
import pandas as pd
import pytest

from shuseki.entry.definitions import read_definitions
from shuseki.entry.design import Design
from shuseki.entry.hypotheses import Hypothesis
from shuseki.entry.variables import regional_variables
from shuseki.entry.without import AreaSet, without_areas
from shuseki.errors import ParameterError, UnknownCodeError

UP = Hypothesis("1", "up", "上", {"X": "+"})
DOWN = Hypothesis("2", "down", "下", {"X": "-"})


@pytest.fixture
def variables():
    """Forty areas where Y falls with X, and two capitals high on both that turn the slope."""
    rng = np.random.default_rng(3)
    x = np.append(np.linspace(0.0, 1.0, 40), [8.0, 9.0])
    y = np.append(10 - 3 * x[:40] + rng.normal(0, 0.2, 40), [70.0, 80.0])
    codes = [f"{k:02d}" for k in range(1, 43)]
    accounts = pd.DataFrame({"x": x, "people": 1.0}, index=codes)
    births = pd.DataFrame({"births": y}, index=codes)
    told = read_definitions(
        {
            "variable": [{"name": "X", "formula": "x"}],
            "outcome": [{"name": "Y", "denominator": "people"}],
        }
    )
    return regional_variables(accounts, births, definitions=told)


SETS = [AreaSet("first", ("41",), "第一"), AreaSet("second", ("42",))]
DESIGN = [Design("Y", ("X",), outliers="printed")]


def test_a_slope_that_two_areas_make(variables) -> None:
    found = without_areas(DESIGN, variables, [UP, DOWN], SETS)
    assert [one.name for one in found.sets] == ["", "first", "second", "first + second"]
    verdicts = [one.overall["1"] for one in found.verdicts]
    assert verdicts[0] == "supported"  # all areas in, though the rule of the design drops the two
    assert verdicts[-1] == "contradicted"
    assert found.changed()["1"][-1] == "first + second"
    assert found.fits[0].fits[0].n == 42
    assert found.fits[-1].fits[0].n == 40
    assert "that change: 1, 2" in found.headline()
    frame = found.to_frame()
    assert set(frame["left_out_ja"]) == {"", "第一", "second", "第一 ＋ second"}


def test_means_by_hand(variables) -> None:
    found = without_areas(DESIGN, variables, [], SETS[:1])
    rates = variables.column("Y")
    means = found.means.set_index("set")["mean"]
    assert means[0] == pytest.approx(rates.mean())
    assert means[1] == pytest.approx(rates.drop("41").mean())
    assert found.changed() == {}
    assert found.verdict_frame().empty
    assert "mean rate" in found.headline()


def test_bad_sets_are_refused(variables) -> None:
    with pytest.raises(ParameterError, match="No sets"):
        without_areas(DESIGN, variables, [UP], [])
    with pytest.raises(UnknownCodeError, match="99"):
        without_areas(DESIGN, variables, [UP], [AreaSet("nowhere", ("99",))])
    with pytest.raises(ParameterError, match="named twice"):
        without_areas(DESIGN, variables, [UP], [SETS[0], SETS[0]])
