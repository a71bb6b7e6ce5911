"""How are the theories asked from a terminal?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import numpy as np
import typer

from shuseki.bridges.world import Foreign, invert
from shuseki.cli.gate import WRITES
from shuseki.cli.show import Lang, Output, bar, show
from shuseki.errors import ParameterError
from shuseki.geography.bundled import DISTRICTS
from shuseki.language import Message, say, told
from shuseki.results import Result
from shuseki.theory import (
    CorePeriphery,
    FootlooseEntrepreneur,
    Housing,
    Linear,
    VerticalLinkages,
    hysteresis,
    sweep,
)
from shuseki.theory.models.counterfactual import Counterfactual
from shuseki.theory.models.knowledge_creation import exchange_path
from shuseki.theory.models.knowledge_growth import exchange_curve, group_sizes
from shuseki.theory.models.offshoring import Good, departures
from shuseki.theory.models.path_dependence import (
    Lifecycle,
    escape_share,
    escapes,
    lifecycle_path,
)
from shuseki.theory.models.quantitative_housing import HousingParameters
from shuseki.theory.models.quantitative_immobile import ImmobileDemandParameters
from shuseki.theory.models.quantitative_spatial import Parameters
from shuseki.theory.models.urns import EntryExit, Urn
from shuseki.theory.models.urns import play as play_process
from shuseki.theory.solving.equilibrium import Model
from shuseki.theory.solving.space import circle, two_regions

__all__ = ["app", "bifurcation", "counterfactual", "knowledge", "offshoring", "path"]

app = typer.Typer(
    add_completion=False,
    help="Theory: where industry settles, when it leaves, when knowledge stops growing.",
)
HYSTERESIS_COSTS = 60
HIGHEST_COST = 1_000_000
"""A good of which one in a million arrives; beyond, numbers of the machine end."""

FigureFile = Annotated[
    Path | None,
    typer.Option("--figure", help="Write a page with figures and tables here (HTML)."),
    WRITES,
]
Sigma = Annotated[float, typer.Option("--sigma", max=30, help="Elasticity of substitution, > 1.")]
ModelName: TypeAlias = Literal[
    "core-periphery", "footloose", "housing", "vertical-linkages", "linear"
]
COSTS: dict[str, tuple[float, float]] = {"linear": (0.05, 0.27)}
"""Range of transport costs of a model, where it is not that of iceberg costs."""
ICEBERG_COSTS = (1.2, 2.4)


@app.command()
def bifurcation(
    model: Annotated[ModelName, typer.Option(help="Which model.")] = "core-periphery",
    sigma: Sigma = 5.0,
    share: Annotated[
        float,
        typer.Option(
            "--share",
            help="Share of manufactures or goods in spending; of intermediate goods in cost "
            "(vertical linkages).",
        ),
    ] = 0.4,
    congestion: Annotated[
        float,
        typer.Option(max=10, help="Loss from crowding, ≥ 0 (core-periphery and footloose)."),
    ] = 0.0,
    farm_elasticity: Annotated[
        float,
        typer.Option(
            help="Vertical linkages: below 1, wages rise where manufacturing draws labour."
        ),
    ] = 1.0,
    regions: Annotated[int, typer.Option(help="2, or more on a circle.")] = 2,
    low: Annotated[
        float | None,
        typer.Option(
            "--from",
            min=0,
            max=HIGHEST_COST,
            help="Lowest transport cost; 1.2 by default (linear: 0.05).",
        ),
    ] = None,
    high: Annotated[
        float | None,
        typer.Option(
            "--to",
            min=0,
            max=HIGHEST_COST,
            help="Highest transport cost; 2.4 by default (linear: 0.27).",
        ),
    ] = None,
    costs: Annotated[int, typer.Option(min=2, help="Number of transport costs.")] = 60,
    figure: FigureFile = None,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """Follow every equilibrium through a range of transport costs."""
    chosen = _model(model, sigma, share, congestion, farm_elasticity, regions)
    lowest, highest = COSTS.get(model, ICEBERG_COSTS)
    grid = np.linspace(lowest if low is None else low, highest if high is None else high, costs)
    with bar(told(say("following the branches"), lang)) as progress:
        branches = sweep(chosen, transport_cost=grid, progress=progress)
    with bar(told(say("lowering and raising the cost"), lang)) as progress:
        both = hysteresis(
            chosen,
            transport_cost=grid[:: max(len(grid) // HYSTERESIS_COSTS, 1)],
            progress=progress,
        )
    _give(say("Bifurcation diagram"), [branches, both], figure=figure, output=output, lang=lang)


@app.command()
def counterfactual(
    cost: Annotated[
        list[str] | None,
        typer.Option("--cost", help='Transport cost between two areas: "Suwa,Nagoya=0.8".'),
    ] = None,
    productivity: Annotated[
        list[str] | None, typer.Option("--productivity", help='Factor in an area: "Suwa=1.1".')
    ] = None,
    housing: Annotated[
        list[str] | None, typer.Option("--housing", help='Factor on land: "Suwa=1.2".')
    ] = None,
    closure: Annotated[
        list[str] | None,
        typer.Option("--closure", help='Share of plants that close: "Muroran=0.3".'),
    ] = None,
    foreign: Annotated[
        list[str] | None,
        typer.Option("--foreign", help='A foreign node and its employees: "China=5e7".'),
    ] = None,
    division: Annotated[
        Literal["district-253", "municipality", "prefecture"], typer.Option(help="Which areas.")
    ] = DISTRICTS,
    dispersion: Annotated[
        Literal["housing", "immobile demand"], typer.Option(help="What keeps people apart.")
    ] = "housing",
    sigma: Sigma = 5.0,
    goods_share: Annotated[
        float, typer.Option(min=0.05, max=1, help="Share of traded goods in spending.")
    ] = 0.75,
    congestion: Annotated[
        float, typer.Option(max=10, help="Loss from crowding, ≥ 0 (with immobile demand).")
    ] = 0.0,
    draws: Annotated[
        int, typer.Option(min=0, help="Draws of the parameters for intervals; 0 for none.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws.")] = 0,
    figure: FigureFile = None,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """Change roads, land, productivity or plants in areas, by name."""
    world = invert(
        division,
        parameters=_parameters(dispersion, sigma, goods_share, congestion),
        foreign=[Foreign(name, size) for name, size in _pairs(foreign)],
    )
    with bar(told(say("draws of the parameters"), lang)) as progress:
        found = world.counterfactual(
            transport_cost=_between(cost),
            productivity=dict(_pairs(productivity)),
            housing=dict(_pairs(housing)),
            plant_closure=dict(_pairs(closure)),
            draws=draws,
            seed=seed,
            progress=progress,
        )
    _give(say("Counterfactual"), [found], figure=figure, output=output, lang=lang)


@app.command()
def offshoring(
    wage_gap: Annotated[
        float, typer.Option(min=1e-6, max=1e6, help="Home wage over foreign wage.")
    ] = 1.2,
    good: Annotated[
        list[str] | None,
        typer.Option("--good", help='Name, elasticity and bulk: "machine tools=4,1.5".'),
    ] = None,
    intermediate_share: Annotated[
        float, typer.Option(help="Share of intermediates in cost.")
    ] = 0.5,
    home_income_share: Annotated[float, typer.Option(help="Home's share of income.")] = 0.5,
    low: Annotated[
        float,
        typer.Option("--from", min=1, max=HIGHEST_COST, help="Lowest broad transport cost, ≥ 1."),
    ] = 1.0,
    high: Annotated[
        float, typer.Option("--to", min=1, max=HIGHEST_COST, help="Highest broad transport cost.")
    ] = 2.0,
    figure: FigureFile = None,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """Which goods' clusters leave as the broad transport cost falls, and in which order?"""
    found = departures(
        _goods(good, intermediate_share),
        wage_gap=wage_gap,
        transport_cost=np.linspace(low, high, 201),
        home_income_share=home_income_share,
    )
    _give(say("Offshoring"), [found], figure=figure, output=output, lang=lang)


@app.command()
def knowledge(
    theta: Annotated[
        float, typer.Option(min=1e-6, max=1, help="Weight of shared knowledge, in (0, 1).")
    ] = 1 / 3,
    group: Annotated[int, typer.Option(min=2, help="Persons in each closed group.")] = 2,
    efficiency: Annotated[
        float,
        typer.Option(min=1e-6, max=1e6, help="What an hour with outsiders yields, relative."),
    ] = 1.0,
    figure: FigureFile = None,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """How large should groups be, and how much exchange keeps knowledge growing?"""
    curve = exchange_curve(group=group, efficiency=efficiency, theta=theta)
    found = [curve, exchange_path(curve), group_sizes(theta=theta)]
    _give(say("Knowledge creation"), found, figure=figure, output=output, lang=lang)


@app.command()
def path(
    transport_cost: Annotated[
        float, typer.Option(help="For the share that must move (core–periphery).")
    ] = 1.7,
    process: Annotated[
        Literal["urn", "entry-exit"],
        typer.Option(help="New plants only, or one closes where another opens."),
    ] = "urn",
    feedback: Annotated[
        float, typer.Option(help="Pull of the plants there: κ of the urn, b of entry–exit.")
    ] = 1.0,
    plants: Annotated[float, typer.Option(help="Plants at the start of the lifecycle.")] = 1.2,
    seed: Annotated[int, typer.Option(min=0, help="Of the process.")] = 0,
    figure: FigureFile = None,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """How large must a shock be to end a lock-in? The five scenarios of figure 3-3."""
    if not 0 < plants < np.inf:
        raise ParameterError(
            say("--plants is {plants:g}. Expected a number above 0. Correct it.", plants=plants)
        )
    chosen = Urn(np.ones(2), feedback) if process == "urn" else EntryExit(np.ones(2), feedback, 100)
    with bar(told(say("scenarios"), lang)) as progress:
        out = escapes(progress=progress)
    found: list[Result] = [
        out,
        lifecycle_path(Lifecycle(), plants=plants),
        play_process(chosen, seed=seed),
        escape_share(
            CorePeriphery(transport_cost=transport_cost),
            np.array([1.0, 0.0]),
            np.array([0.0, 1.0]),
        ),
    ]
    _give(say("Path dependence"), found, figure=figure, output=output, lang=lang)


# ---- what was asked ------------------------------------------------------------------------------


def _model(
    name: ModelName,
    sigma: float,
    share: float,
    congestion: float,
    farm_elasticity: float,
    regions: int,
) -> Model:
    space = two_regions() if regions == 2 else circle(regions)
    match name:
        case "core-periphery":
            return CorePeriphery(sigma, share, distance=space, congestion=congestion)
        case "footloose":
            return FootlooseEntrepreneur(sigma, share, distance=space, congestion=congestion)
        case "housing":
            return Housing(sigma, share, distance=space)
        case "vertical-linkages":
            return VerticalLinkages(sigma, share, farm_elasticity=farm_elasticity, distance=space)
        case "linear":
            return Linear(distance=space)


def _parameters(dispersion: str, sigma: float, goods_share: float, congestion: float) -> Parameters:
    if dispersion == "immobile demand":
        return ImmobileDemandParameters(sigma, goods_share, congestion)
    if congestion:
        raise ParameterError(
            say(
                "--congestion {congestion:g} with --dispersion housing, which has none. Expected "
                '0. Leave it out, or choose --dispersion "immobile demand".',
                congestion=congestion,
            )
        )
    return HousingParameters(sigma, goods_share)


def _between(costs: list[str] | None) -> dict[tuple[str, str], float]:
    """Factors on costs between two areas, from ``"one,other=number"``."""
    between = {}
    for text, size in _pairs(costs):
        one, comma, other = text.partition(",")
        if not comma:
            raise ParameterError(
                say(
                    '--cost "{text}" names one area. Expected two: "Suwa,Nagoya=0.8".',
                    text=text,
                )
            )
        between[one.strip(), other.strip()] = size
    return between


def _goods(texts: list[str] | None, intermediate_share: float) -> list[Good]:
    """Goods from ``"name=elasticity,bulk"``, or three that differ in one respect."""
    if not texts:
        return [
            Good(say("average goods"), 5.0, 1.0, intermediate_share),
            Good(say("goods costly to transport"), 5.0, 2.0, intermediate_share),
            Good(say("differentiated goods"), 3.5, 1.0, intermediate_share),
        ]
    goods = []
    for text in texts:
        name, equals, values = text.partition("=")
        numbers = [_number(part, text) for part in values.split(",")] if equals else [5.0]
        bulk = numbers[1] if len(numbers) > 1 else 1.0
        goods.append(Good(name, numbers[0], bulk, intermediate_share))
    return goods


def _pairs(texts: list[str] | None) -> list[tuple[str, float]]:
    """Split ``"name=number"``."""
    pairs = []
    for text in texts or []:
        name, equals, value = text.rpartition("=")
        if not equals:
            raise ParameterError(
                say(
                    '"{text}" has no value. Expected name=number, as in "Suwa=1.1".',
                    text=text,
                )
            )
        pairs.append((name.strip(), _number(value, text)))
    return pairs


def _number(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ParameterError(
            say(
                '"{text}" in "{whole}" is no number. Expected one, as in "Suwa=1.1".',
                text=text,
                whole=whole,
            )
        ) from None


# ---- output --------------------------------------------------------------------------------------


def _give(
    title: Message,
    results: Sequence[Result],
    *,
    figure: Path | None,
    output: Path | None,
    lang: str,
) -> None:
    """Show the answers; of a counterfactual, the largest changes first."""
    first, *others = results
    table = first.to_frame()
    if isinstance(first, Counterfactual):
        largest = table["employment_change_percent"].abs().sort_values(ascending=False).index
        table = table.loc[largest]
    show(first, lang=lang, output=output, figure=figure, table=table, also=others, page=title)
