"""Where does industry settle, what would a change do, and when does knowledge fade?"""

import itertools
from collections.abc import Sequence
from functools import lru_cache, reduce
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from shuseki.app.places import DIVISIONS, BundledName
from shuseki.app.question import Asked, Label, Question, Reader
from shuseki.bridges.world import World, invert
from shuseki.geography.bundled import DISTRICTS
from shuseki.language import Message, say, told
from shuseki.report.blocks import Block, Bullets, Note
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
from shuseki.theory.solving.branches import Branch, Sweep
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
        float, Label(say("Elasticity of substitution σ"), slider=0.5), Field(ge=2, le=12)
    ] = 5.0
    share: Annotated[
        float,
        Label(
            say("Share of manufactures in spending μ; in vertical linkages of inputs in cost α"),
            slider=0.05,
        ),
        Field(ge=0.1, le=0.8),
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
        Label(say("By how much: a share of plants (0.2 = a fifth), or a factor"), slider=0.05),
        Field(ge=0, le=2),
    ] = 0.2


class ExchangeAsked(Asked):
    """Groups that create knowledge."""

    theta: Annotated[
        float, Label(say("Weight of shared knowledge θ"), slider=0.01), Field(ge=0.1, le=0.6)
    ] = 0.33
    group: Annotated[int, Label(say("Persons in a closed group"), slider=1), Field(ge=2, le=8)] = 2
    efficiency: Annotated[
        float,
        Label(say("What an hour with outsiders yields, relative"), slider=0.05),
        Field(ge=0.2, le=1),
    ] = 1.0


def _bifurcation(asked: BifurcationAsked, reader: Reader) -> Sequence[Block]:
    model = _model(asked)
    found = sweep(model, transport_cost=COSTS)
    return [
        Bullets([_in_words(*regime) for regime in regimes(found)]),
        found,
        hysteresis(model, transport_cost=COSTS),
        Note(EQUATIONS[asked.model]),
    ]


Kind = Literal["dispersed", "asymmetric", "core"]
PATTERNS: dict[Kind, Message] = {
    "dispersed": say("spreads evenly"),
    "asymmetric": say("is larger in one region"),
    "core": say("gathers in one region"),
}


def regimes(found: Sweep) -> list[tuple[float, float, tuple[Kind, ...]]]:
    """Ranges of transport costs, ascending, and the kinds of rest that are stable in each.

    Between two marked points (break, sustain, fold) nothing gains or loses stability, so that the
    middle stands for the whole; neighbours that are alike are one range.
    """
    costs = found.transport_cost
    low, high = float(costs[0]), float(costs[-1])
    marked = {*found.break_points, *found.sustain_points, *found.folds}
    bounds = [low, *sorted(one for one in marked if low < one < high), high]
    ranges: list[tuple[float, float, tuple[Kind, ...]]] = []
    for first, last in itertools.pairwise(bounds):
        middle = (first + last) / 2
        here = {branch.kind for branch in found.branches if _is_stable_at(branch, middle)}
        kinds = tuple(kind for kind in PATTERNS if kind in here)
        if ranges and ranges[-1][2] == kinds:
            first = ranges.pop()[0]
        ranges.append((first, last, kinds))
    return ranges


def _is_stable_at(branch: Branch, cost: float) -> bool:
    """Whether a branch passes a cost where it is stable; it may turn back and pass again."""
    passed = np.diff(np.sign(branch.transport_cost - cost)) != 0
    return bool((passed & branch.is_stable[:-1] & branch.is_stable[1:]).any())


def _in_words(low: float, high: float, kinds: Sequence[Kind]) -> Message:
    if len(kinds) == 1:
        return say(
            "Transport cost {low:.3g} to {high:.3g}: industry {does}.",
            low=low,
            high=high,
            does=PATTERNS[kinds[0]],
        )
    return say(
        "Transport cost {low:.3g} to {high:.3g}: industry {does}; where it began decides which.",
        low=low,
        high=high,
        does=reduce(_either, [PATTERNS[kind] for kind in kinds]),
    )


def _either(one: Message, other: Message) -> Message:
    return say("{one} or {other}", one=one, other=other)


EQUATIONS: dict[ModelName, Message] = {
    "core-periphery": say(
        "Equations. Workers move to where the real wage w G^(−μ) is higher. The even spread breaks "
        "at T^(σ−1) = (1+μ)(σ(1+μ)−1) / [(1−μ)(σ(1−μ)−1)]; a core holds up to the T above 1 with "
        "1 = ½(1+μ) T^(1−σ−μσ) + ½(1−μ) T^(σ−1−μσ). Krugman (1991); Fujita, Krugman and Venables "
        "(1999), chapter 5."
    ),
    "footloose": say(
        "Equations. Each firm needs one entrepreneur, who moves to where his real income is "
        "higher. With φ = T^(1−σ), a = μ/(σ−1) and b = μ/σ the even spread breaks at "
        "φ = (1−a)(1−b) / [(1+a)(1+b)]; a core holds from the φ below 1 with "
        "1 = φ^(a−1) [(1+b)φ² + 1 − b] / 2. Forslid and Ottaviano (2003)."
    ),
    "housing": say(
        "Equations. People move to where (w G^(−1))^μ (H/L)^(1−μ) is higher: houses H are fixed, "
        "and become dear where people L gather. Where σ(1−μ) ≥ 1 the even spread is stable at "
        "every transport cost. Helpman (1998); Redding and Rossi-Hansberg (2017)."
    ),
    "vertical-linkages": say(
        "Equations. Nobody moves; firms buy each other's products at the price w^(1−α) G^α. The "
        "points are those of core and periphery with α in the place of μ, for the break, and "
        "T^(−ασ) [s T^(1−σ) + (1−s) T^(σ−1)] = 1 with s = (1+α)/2, for the core. Fujita, Krugman "
        "and Venables (1999), chapter 14."
    ),
}


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
            return [world.counterfactual(productivity=given), Note(OBSERVED)]
        case "closure":
            return [world.counterfactual(plant_closure=given), Note(OBSERVED)]
        case "housing":
            return [world.counterfactual(housing=given), Note(OBSERVED)]


OBSERVED = say(
    "Equations. People live where (w/P)^μ (H/L)^(1−μ) is the same everywhere, goods flow by price "
    "and distance, T = (distance / shortest distance)^0.33, with σ = 5 and μ = 0.75. Productivity "
    "and housing are those under which the observed employment and wages are at rest. Two states "
    "of rest are compared: no forecast. Redding and Rossi-Hansberg (2017)."
)


def _exchange(asked: ExchangeAsked, reader: Reader) -> Sequence[Block]:
    curve = exchange_curve(group=asked.group, efficiency=asked.efficiency, theta=asked.theta)
    return [curve, exchange_path(curve), group_sizes(theta=asked.theta), Note(KNOWLEDGE)]


KNOWLEDGE = say(
    "Equations. With m the share of what only one of two persons knows, knowledge of two alike "
    "grows by g = β (1−2m)^θ m^(1−θ) / (1−m), most at m = (1−θ)/(2−θ); people who rotate among N "
    "grow by β (N−2)^(1−θ) / (N−1), most at N = 1 + 1/θ. Berliant and Fujita (2008); Fujita "
    "(2010), after Shoko Research Institute (2012), figure 3-5. The growth rates are derived from "
    "their equations."
)


BIFURCATION = Question(
    name="bifurcation",
    title=say("Bifurcation"),
    about=say("Where industry settles between two regions as transport costs fall."),
    guide=say(
        "Try: move the share to the right. Look for: the range between sustain and break point, in "
        "which history decides; with it the range grows. Then compare with Housing, where cheap "
        "transport spreads people."
    ),
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
    guide=say(
        "Try: close a fifth of the plants of one area. Look for: whether its neighbours gain (they "
        "take its customers) or lose (they lose a supplier), and how fast that fades with distance."
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
    guide=say(
        "Try: lower what an hour with outsiders yields. Look for: growth, and the share of "
        "exchange at which it is largest, both fall; two who meet nobody else do not grow at all."
    ),
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
