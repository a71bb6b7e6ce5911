"""Effects in words."""

import numpy as np
import pytest

from shuseki.entry.effects import effects, tell
from shuseki.entry.ols import estimate, estimate_all
from shuseki.errors import UnknownCodeError
from shuseki.language import told
from shuseki.papers.catalogue import printed_definitions, printed_designs, printed_paper

TABLE_2 = printed_definitions()
PER_PLANT = printed_definitions(convention="ecological")


@pytest.mark.parametrize("statement", printed_paper().of_kind("effect"), ids=lambda s: s.id)
def test_steps_are_those_in_which_the_paper_tells_its_effects(statement):
    """Section 5-3, pp. 14-15: 10 points, 10 plants per km², 10 workers fewer."""
    assert TABLE_2.step(statement["variable"]).size == pytest.approx(
        statement.number("change").value
    )


def test_printed_coefficients_in_the_papers_words():
    # Table 4, model 1: MRATIO 9.15 × .10 = .915 and AVESIZE −.0909 × −10 = .909: "0.9" on p. 15.
    paper = printed_paper()
    for variable in ("MRATIO", "AVESIZE"):
        b = paper.number("coefficients", "coefficient", outcome="START", model="1", term=variable)
        change = b.value * TABLE_2.step(variable).size
        assert f"{change:.1f}" == "0.9"
        assert "0.91 more births" in tell(variable, "START", change, TABLE_2) or "0.92" in tell(
            variable, "START", change, TABLE_2
        )


def test_both_languages_name_outcome_direction_and_convention():
    assert tell("UNIV", "START_L", -0.23, TABLE_2) == (
        "10 points more university graduates: 0.23 fewer low-tech births per 10,000 labour force"
    )
    assert told(tell("UNIV", "START_L", -0.23, TABLE_2), "ja") == (
        "大卒比率が10ポイント高いと、ローテク業種の労働力人口1万人あたりの開業数が0.23件少ない"
    )
    assert "per 100 existing plants" in tell("UNIV", "START", 0.1, PER_PLANT)
    assert "既存事業所100あたり" in told(tell("UNIV", "START", 0.1, PER_PLANT), "ja")
    assert (
        tell("PORT", "START", 0.001234, TABLE_2)
        == "1 more PORT: 0.0012 more births per 10,000 labour force"
    )


def test_effects_carry_their_interval(variables):
    design = printed_designs()[0]
    fit = estimate(design, variables)
    table = effects(fit).to_frame().set_index("variable")
    assert set(table.index) == set(design.terms)
    k = fit.position("AVESIZE")
    assert table.loc["AVESIZE", "change"] == pytest.approx(-10 * fit.coefficients[k])
    # 95% of Student's t with 253 − 10 degrees of freedom: 1.9698.
    half = 1.9698 * 10 * fit.standard_errors[k]
    assert table.loc["AVESIZE", "high"] - table.loc["AVESIZE", "low"] == pytest.approx(
        2 * half, rel=1e-4
    )
    assert (table["low"] < table["change"]).all()
    assert (table["change"] < table["high"]).all()


def test_one_effect_can_be_asked_for(variables):
    answer = effects(estimate_all(printed_designs(), variables))
    message = answer.say("START", "1", "MRATIO")
    assert message.startswith("10 points more manufacturing share")
    assert told(message, "ja").startswith("製造業比率が10ポイント高いと")
    assert answer.headline() in set(answer.to_frame()["words"])
    assert told(answer.headline(), "ja") in set(answer.to_frame()["words_ja"])
    assert answer.is_synthetic
    with pytest.raises(UnknownCodeError, match="START, 1, MRATIO"):
        answer.say("START", 1, "MRATIOS")


def test_a_land_price_step_is_ten_per_cent():
    assert np.exp(TABLE_2.step("LNLANDP").size) == pytest.approx(1.1)
