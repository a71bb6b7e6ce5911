"""Does every answer of theory tell itself in either language, without a mixture?"""

import re

import numpy as np
import pytest

from shuseki.language import Message, told
from shuseki.report.plots.dispatch import has_picture, plot
from shuseki.report.words import column_words
from shuseki.theory import (
    CorePeriphery,
    VerticalLinkages,
    equilibria,
    hysteresis,
    solve,
    sweep,
)
from shuseki.theory.counterfactual.vertical_hat import ObservedLinkages
from shuseki.theory.models.knowledge_creation import (
    KnowledgeCreation,
    exchange_path,
    fixed_pairs,
    knowledge_path,
)
from shuseki.theory.models.knowledge_growth import exchange_curve, group_sizes
from shuseki.theory.models.offshoring import (
    Good,
    departures,
    offshoring_model,
    offshoring_path,
)
from shuseki.theory.models.path_dependence import Lifecycle, escape_share, escapes, lifecycle_path
from shuseki.theory.models.quantitative_housing import HousingParameters
from shuseki.theory.models.quantitative_immobile import ImmobileDemandParameters
from shuseki.theory.models.urns import Urn, play
from shuseki.theory.solving.dynamics import simulate
from shuseki.theory.solving.space import circle

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
LATIN_WORD = re.compile(r"[A-Za-z]{4,}")
COSTS = 1 + 4 * np.abs(np.subtract.outer(np.arange(4), np.arange(4))) / 10
BETTER = np.array([1.1, 1, 1, 1])
FEW = np.linspace(1.4, 2.0, 4)


def pairs_who_choose(choice):
    return knowledge_path(KnowledgeCreation(fixed_pairs(4), choice=choice), until=1, records=3)


def counterfactuals():
    people = np.arange(1.0, 5)
    for parameters in (
        HousingParameters(),
        HousingParameters(9, 0.9),  # no theorem: σ(1-μ) < 1
        ImmobileDemandParameters(5, 0.4, 0.3),
    ):
        world = parameters.invert(people, np.ones(4), COSTS)
        if world.audit.observed_is_stable:
            yield world.counterfactual(productivity=BETTER)
    world = HousingParameters().invert(people, np.ones(4), COSTS, mobile=np.arange(4) < 3)
    yield world.counterfactual(productivity=BETTER)
    yield (
        HousingParameters()
        .invert(people, np.ones(4), COSTS)
        .with_draws(draws=2, productivity=BETTER)
    )


def linkages():
    even = ObservedLinkages.invert(
        np.full(2, 0.4), np.ones(2), np.ones(2), np.array([[1, 2.2], [2.2, 1]]),
        intermediate_share=0.5, farm_elasticity=1.0,
    )  # fmt: skip
    yield even.counterfactual(productivity=np.array([1.01, 1]))
    yield even.counterfactual(closed_share=np.array([0, 0.1]))


def border():
    model, state = offshoring_model(np.array([0.3, 0.35]), np.ones(2), COSTS[:2, :2])
    return offshoring_path(model, state, foreign=1, border_factor=np.array([1, 0.9]))


@pytest.fixture(scope="module")
def answers():
    model = CorePeriphery()
    core = np.array([1.0, 0.0])
    return [
        sweep(model, transport_cost=FEW, seeds=1),
        sweep(CorePeriphery(distance=circle(3)), transport_cost=FEW[:2], seeds=1),
        sweep(VerticalLinkages(), transport_cost=np.array([2.3, 2.4]), seeds=1),
        hysteresis(model, transport_cost=np.array([1.5, 1.9])),
        equilibria(model),
        equilibria(CorePeriphery(distance=circle(3)), starts=2),
        solve(model, np.array([0.9, 0.1])),
        solve(CorePeriphery(transport_cost=2.1), newton=False),
        simulate(model, np.array([0.6, 0.4]), until=2, records=4),
        *counterfactuals(),
        *linkages(),
        departures([Good("a"), Good("b", 3.5)], wage_gap=1.1, transport_cost=FEW),
        departures([Good("a")], wage_gap=9, transport_cost=FEW),
        border(),
        exchange_curve(np.linspace(0, 0.9, 7)),
        exchange_path(exchange_curve(np.linspace(0, 0.9, 7), efficiency=0.7), until=5),
        group_sizes(),
        pairs_who_choose("greedy"),
        pairs_who_choose("entropic"),
        play(Urn(np.ones(2)), histories=9, steps=9),
        escapes(),
        lifecycle_path(Lifecycle(), until=20, records=9),
        escape_share(model, core, core[::-1]),
    ]


def test_headline_and_notes_in_both_languages(answers):
    for one in answers:
        for message in (one.headline(), *one.notes):
            assert isinstance(message, Message), message
            assert not JAPANESE.search(message), message
            japanese = told(message, "ja")
            assert JAPANESE.search(japanese), japanese
            assert not LATIN_WORD.search(japanese), japanese


def test_columns_have_words_in_both_languages(answers):
    columns = {
        column for one in answers for column in one.to_frame().columns if not column.endswith("_ja")
    }
    assert [c for c in sorted(columns) if not JAPANESE.search(column_words(c, "ja"))] == []


def test_pictures_speak_one_language(answers):
    for one in answers:
        if not has_picture(one):
            continue
        titles = {}
        for lang in ("en", "ja"):
            layout = plot(one, lang=lang).layout
            axes = (layout.xaxis.title.text, layout.yaxis.title.text)
            titles[lang] = [layout.title.text.split("<br>")[0], *filter(None, axes)]
        assert not any(JAPANESE.search(words) for words in titles["en"]), titles
        assert not any(LATIN_WORD.search(words) for words in titles["ja"]), titles
