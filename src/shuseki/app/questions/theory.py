"""Where does industry settle, what would a change do, and when does knowledge fade?"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from shuseki.app.places import DIVISIONS, BundledName
from shuseki.app.question import Asked, Label, Question, Reader
from shuseki.bridges.world import World, invert
from shuseki.geography.bundled import DISTRICTS
from shuseki.language import say, told
from shuseki.report.blocks import Block
from shuseki.theory import (
    CorePeriphery,
    FootlooseEntrepreneur,
    Housing,
    VerticalLinkages,
    hysteresis,
    sweep,
)
from shuseki.theory.models.knowledge_creation import exchange_path
from shuseki.theory.models.knowledge_growth import exchange_curve, group_sizes
from shuseki.theory.solving.equilibrium import Model
from shuseki.theory.solving.space import two_regions

__all__ = ["BIFURCATION", "COUNTERFACTUAL", "EXCHANGE"]

ModelName = Literal["core-periphery", "footloose", "housing", "vertical-linkages"]
MODELS = {
    "core-periphery": say("Core and periphery"),
    "footloose": say("Footloose entrepreneurs"),
    "housing": say("Housing"),
    "vertical-linkages": say("Vertical linkages"),
}
CLASSES = {
    "core-periphery": "CorePeriphery",
    "footloose": "FootlooseEntrepreneur",
    "housing": "Housing",
    "vertical-linkages": "VerticalLinkages",
}
COSTS = np.linspace(1.2, 2.4, 60)
SCENARIOS = {
    "productivity": say("Productivity"),
    "closure": say("Share of plants that close"),
    "housing": say("Land for housing"),
}


def _models(lang: str) -> list[tuple[str, str]]:
    return [(name, told(text, lang)) for name, text in MODELS.items()]


def _scenarios(lang: str) -> list[tuple[str, str]]:
    return [(name, told(text, lang)) for name, text in SCENARIOS.items()]


def _bundled(lang: str) -> list[tuple[str, str]]:
    return [(name, told(text, lang)) for name, text in DIVISIONS.items()]


class BifurcationAsked(Asked):
    """A model of two regions."""

    model: Annotated[ModelName, Label(say("Model"), choices=_models)] = "core-periphery"
    sigma: Annotated[
        float, Label(say("Elasticity of substitution"), slider=0.5), Field(ge=2, le=12)
    ] = 5.0
    share: Annotated[
        float, Label(say("Share of manufactures in spending"), slider=0.05), Field(ge=0.1, le=0.8)
    ] = 0.4


class CounterfactualAsked(Asked):
    """One change in one area."""

    by: Annotated[BundledName, Label(say("Division"), choices=_bundled)] = DISTRICTS
    area: Annotated[str, Label(say("Area"), area=True)] = "東大阪"
    change: Annotated[
        Literal["productivity", "closure", "housing"],
        Label(say("What changes"), choices=_scenarios),
    ] = "closure"
    size: Annotated[
        float,
        Label(say("By how much: a factor, or a share of plants"), slider=0.05),
        Field(ge=0, le=2),
    ] = 0.2


class ExchangeAsked(Asked):
    """Groups that create knowledge."""

    theta: Annotated[
        float, Label(say("Weight of shared knowledge"), slider=0.01), Field(ge=0.1, le=0.6)
    ] = 0.33
    group: Annotated[int, Label(say("Persons in a closed group"), slider=1), Field(ge=2, le=8)] = 2
    efficiency: Annotated[
        float,
        Label(say("What an hour with outsiders yields, relative"), slider=0.05),
        Field(ge=0.2, le=1.5),
    ] = 1.0


def _bifurcation(asked: BifurcationAsked, reader: Reader) -> Sequence[Block]:
    model = _model(asked)
    return [sweep(model, transport_cost=COSTS), hysteresis(model, transport_cost=COSTS)]


def _model(asked: BifurcationAsked) -> Model:
    space = two_regions()
    match asked.model:
        case "core-periphery":
            return CorePeriphery(asked.sigma, asked.share, distance=space)
        case "footloose":
            return FootlooseEntrepreneur(asked.sigma, asked.share, distance=space)
        case "housing":
            return Housing(asked.sigma, asked.share, distance=space)
        case "vertical-linkages":
            return VerticalLinkages(asked.sigma, asked.share, distance=space)


@lru_cache(maxsize=4)
def _world(by: BundledName) -> World:
    return invert(by)


def _counterfactual(asked: CounterfactualAsked, reader: Reader) -> Sequence[Block]:
    given = {asked.area: asked.size}
    world = _world(asked.by)
    match asked.change:
        case "productivity":
            return [world.counterfactual(productivity=given)]
        case "closure":
            return [world.counterfactual(plant_closure=given)]
        case "housing":
            return [world.counterfactual(housing=given)]


def _exchange(asked: ExchangeAsked, reader: Reader) -> Sequence[Block]:
    curve = exchange_curve(group=asked.group, efficiency=asked.efficiency, theta=asked.theta)
    return [curve, exchange_path(curve), group_sizes(theta=asked.theta)]


BIFURCATION = Question(
    name="bifurcation",
    title=say("Bifurcation"),
    about=say("Where industry settles between two regions as transport costs fall."),
    options=BifurcationAsked,
    answer=_bifurcation,
    command=lambda asked, lang: (
        f"shuseki theory bifurcation --model {asked.model} --sigma {asked.sigma:g} "
        f"--share {asked.share:g} --lang {lang}"
    ),
    python=lambda asked: (
        "import numpy as np\nimport shuseki as sk\n"
        f"model = sk.{CLASSES[asked.model]}({asked.sigma:g}, {asked.share:g})\n"
        "sk.sweep(model, transport_cost=np.linspace(1.2, 2.4, 60))"
    ),
    group="theory",
)
ARGUMENTS = {"productivity": "productivity", "closure": "plant_closure", "housing": "housing"}
COUNTERFACTUAL = Question(
    name="counterfactual",
    title=say("What if"),
    about=say(
        "A change in one area, and what it would do to all: a quantitative spatial model that has "
        "the observed areas as its equilibrium."
    ),
    options=CounterfactualAsked,
    answer=_counterfactual,
    command=lambda asked, lang: (
        f'shuseki theory counterfactual --{asked.change} "{asked.area}={asked.size:g}" '
        f"--division {asked.by} --lang {lang}"
    ),
    python=lambda asked: (
        "from shuseki.bridges.world import invert\n"
        f'invert("{asked.by}").counterfactual('
        f'{ARGUMENTS[asked.change]}={{"{asked.area}": {asked.size:g}}})'
    ),
    group="theory",
)
EXCHANGE = Question(
    name="knowledge",
    title=say("Knowledge and exchange"),
    about=say("How large groups should be, and how much exchange keeps knowledge growing."),
    options=ExchangeAsked,
    answer=_exchange,
    command=lambda asked, lang: (
        f"shuseki theory knowledge --theta {asked.theta:g} --group {asked.group} "
        f"--efficiency {asked.efficiency:g} --lang {lang}"
    ),
    python=lambda asked: (
        "from shuseki.theory.models.knowledge_growth import exchange_curve\n"
        f"exchange_curve(group={asked.group}, efficiency={asked.efficiency:g}, "
        f"theta={asked.theta:g})"
    ),
    group="theory",
)
