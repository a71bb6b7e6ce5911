"""How are the theories asked from a terminal?"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from shuseki.cli.gate import WRITES
from shuseki.errors import ParameterError
from shuseki.release import write_csv, write_text
from shuseki.report.blocks import Document, Finding, Section
from shuseki.report.html import render
from shuseki.report.plots import plot
from shuseki.results import Result
from shuseki.study.world import Foreign, invert
from shuseki.theory import CorePeriphery, FootlooseEntrepreneur, Housing, VerticalLinkages
from shuseki.theory.models.knowledge_creation import (
    ExchangeCurve,
    GroupSizes,
    exchange_curve,
    group_sizes,
)
from shuseki.theory.models.offshoring import Departures, Good, departures
from shuseki.theory.models.path_dependence import (
    Escapes,
    EscapeShare,
    History,
    Lifecycle,
    LifecyclePath,
    Urn,
    escape_share,
    escapes,
    lifecycle_path,
)
from shuseki.theory.models.path_dependence import play as play_urn
from shuseki.theory.models.quantitative_spatial import Counterfactual, Elasticities
from shuseki.theory.solving.equilibrium import Hysteresis, Model, Sweep, hysteresis, sweep
from shuseki.theory.solving.space import circle, two_regions

__all__ = ["app", "bifurcation", "counterfactual", "knowledge", "offshoring", "path"]

app = typer.Typer(
    add_completion=False,
    help="Theory: where industry settles, when it leaves, when knowledge stops.",
)
SHOWN, TABLE_ROWS = 15, 300
TITLES = {
    "Sweep": ("Equilibria by transport cost", "輸送費用と均衡"),
    "Hysteresis": ("What history leaves", "履歴効果"),
    "Counterfactual": ("What would change", "何がどこで変わるか"),
    "Departures": ("Who leaves first", "移転の順序"),
    "ExchangeCurve": ("Exchange with other regions", "他地域との交流"),
    "GroupSizes": ("Size of the group", "集団の規模"),
    "Escapes": ("Out of a negative lock-in", "負のロックインからの開放"),
    "LifecyclePath": ("Life of a cluster", "産業集積のライフサイクル"),
    "History": ("An urn of plants", "立地の壺モデル"),
    "EscapeShare": ("Share that must move", "経路創造に必要な移動"),
}

FigureFile = Annotated[
    Path | None,
    typer.Option("--figure", help="Write a page with figures and tables here (HTML)."),
    WRITES,
]
TableFile = Annotated[
    Path | None, typer.Option("--table", help="Write the table here (CSV)."), WRITES
]
Language = Annotated[Literal["en", "ja"], typer.Option("--lang", help="Language of the page.")]
Sigma = Annotated[float, typer.Option("--sigma", help="Elasticity of substitution, > 1.")]


@app.command()
def bifurcation(
    model: Annotated[
        Literal["core-periphery", "footloose", "housing", "vertical-linkages"],
        typer.Option(help="Which model."),
    ] = "core-periphery",
    sigma: Sigma = 5.0,
    share: Annotated[
        float,
        typer.Option(
            "--share", help="Share of manufactures or goods; of intermediates (vertical linkages)."
        ),
    ] = 0.4,
    congestion: Annotated[float, typer.Option(help="Loss from crowding, ≥ 0.")] = 0.0,
    farm_elasticity: Annotated[
        float, typer.Option(help="Vertical linkages: below 1, labour grows dear.")
    ] = 1.0,
    regions: Annotated[int, typer.Option(help="2, or more on a circle.")] = 2,
    low: Annotated[float, typer.Option("--from", help="Lowest transport cost, > 1.")] = 1.2,
    high: Annotated[float, typer.Option("--to", help="Highest transport cost.")] = 2.4,
    costs: Annotated[int, typer.Option(help="Number of transport costs.")] = 60,
    figure: FigureFile = None,
    table: TableFile = None,
    lang: Language = "en",
) -> None:
    """Follow every equilibrium through a range of transport costs."""
    space = two_regions() if regions == 2 else circle(regions)
    chosen: Model
    if model == "core-periphery":
        chosen = CorePeriphery(sigma, share, distance=space, congestion=congestion)
    elif model == "footloose":
        chosen = FootlooseEntrepreneur(sigma, share, distance=space, congestion=congestion)
    elif model == "housing":
        chosen = Housing(sigma, share, distance=space)
    else:
        chosen = VerticalLinkages(sigma, share, farm_elasticity=farm_elasticity, distance=space)
    grid = np.linspace(low, high, costs)
    with _bar("following branches") as progress:
        branches = sweep(chosen, transport_cost=grid, progress=progress)
    with _bar("down and up again") as progress:
        both = hysteresis(
            chosen, transport_cost=grid[:: max(len(grid) // 60, 1)], progress=progress
        )
    _give(("Bifurcation", "分岐図"), [branches, both], figure=figure, table=table, lang=lang)


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
    ] = "district-253",
    dispersion: Annotated[
        Literal["housing", "immobile demand", "immobile demand and congestion"],
        typer.Option(help="What keeps people apart."),
    ] = "housing",
    sigma: Sigma = 5.0,
    goods_share: Annotated[float, typer.Option(help="Share of traded goods in spending.")] = 0.75,
    congestion: Annotated[float, typer.Option(help="Loss from crowding.")] = 0.0,
    draws: Annotated[int, typer.Option(help="Draws of the parameters for intervals.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 0,
    figure: FigureFile = None,
    table: TableFile = None,
    lang: Language = "en",
) -> None:
    """Change roads, land, productivity or plants in the real areas, by name."""
    world = invert(
        division,
        elasticities=Elasticities(sigma, goods_share, dispersion, congestion),
        foreign=[Foreign(name, size) for name, size in _pairs(foreign)],
    )
    between: dict[tuple[str, str], float] = {}
    for text, size in _pairs(cost):
        one, comma, other = text.partition(",")
        if not comma:
            raise ParameterError(
                f'--cost "{text}" names one area. Expected two: "Suwa,Nagoya=0.8".'
            )
        between[one.strip(), other.strip()] = size
    with _bar("parameter draws") as progress:
        found = world.counterfactual(
            transport_cost=between,
            productivity=dict(_pairs(productivity)),
            housing=dict(_pairs(housing)),
            plant_closure=dict(_pairs(closure)),
            draws=draws,
            seed=seed,
            progress=progress,
        )
    _give(("Counterfactual", "反実仮想"), [found], figure=figure, table=table, lang=lang)


@app.command()
def offshoring(
    wage_gap: Annotated[float, typer.Option(help="Home over foreign wage.")] = 1.2,
    good: Annotated[
        list[str] | None,
        typer.Option("--good", help='Name, elasticity and bulk: "machine tools=4,1.5".'),
    ] = None,
    intermediate_share: Annotated[
        float, typer.Option(help="Share of intermediates in cost.")
    ] = 0.5,
    home_income_share: Annotated[float, typer.Option(help="Home's share of income.")] = 0.5,
    low: Annotated[float, typer.Option("--from", help="Lowest broad transport cost, ≥ 1.")] = 1.0,
    high: Annotated[float, typer.Option("--to", help="Highest broad transport cost.")] = 2.0,
    figure: FigureFile = None,
    table: TableFile = None,
    lang: Language = "en",
) -> None:
    """Which goods' clusters leave as the broad transport cost falls, and in which order?"""
    goods = []
    for text in good or ["average=5,1", "dear to transport=5,2", "differentiated=3.5,1"]:
        name, equals, values = text.partition("=")
        numbers = [_number(part, text) for part in values.split(",")] if equals else [5.0]
        goods.append(
            Good(name, numbers[0], numbers[1] if len(numbers) > 1 else 1.0, intermediate_share)
        )
    found = departures(
        goods,
        wage_gap=wage_gap,
        transport_cost=np.linspace(low, high, 201),
        home_income_share=home_income_share,
    )
    _give(("Offshoring", "海外移転"), [found], figure=figure, table=table, lang=lang)


@app.command()
def knowledge(
    theta: Annotated[float, typer.Option(help="Weight of shared knowledge, in (0, 1).")] = 1 / 3,
    group: Annotated[int, typer.Option(help="Persons in each closed group.")] = 2,
    efficiency: Annotated[
        float, typer.Option(help="What an hour with outsiders yields, relative.")
    ] = 1.0,
    figure: FigureFile = None,
    table: TableFile = None,
    lang: Language = "en",
) -> None:
    """How large should groups be, and how much exchange keeps knowledge growing?"""
    found = [
        exchange_curve(group=group, efficiency=efficiency, theta=theta),
        group_sizes(theta=theta),
    ]
    _give(("Knowledge creation", "知識創造"), found, figure=figure, table=table, lang=lang)


@app.command()
def path(
    transport_cost: Annotated[
        float, typer.Option(help="For the share that must move (core–periphery).")
    ] = 1.7,
    feedback: Annotated[float, typer.Option(help="κ of the urn.")] = 1.0,
    plants: Annotated[float, typer.Option(help="Plants at the start of the lifecycle.")] = 1.2,
    seed: Annotated[int, typer.Option(help="Of the urn.")] = 0,
    figure: FigureFile = None,
    table: TableFile = None,
    lang: Language = "en",
) -> None:
    """How large a shock sets a locked-in place free? The five scenarios of figure 3-3."""
    with _bar("scenarios") as progress:
        out = escapes(progress=progress)
    found: list[Result] = [
        out,
        lifecycle_path(Lifecycle(), plants=plants),
        play_urn(Urn(np.ones(2), feedback), seed=seed),
        escape_share(
            CorePeriphery(transport_cost=transport_cost),
            np.array([1.0, 0.0]),
            np.array([0.0, 1.0]),
        ),
    ]
    _give(("Path dependence", "経路依存性"), found, figure=figure, table=table, lang=lang)


# ---- output --------------------------------------------------------------------------------------


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar once the first step is reported."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None, visible=False)
        yield lambda done, total: progress.update(task, completed=done, total=total, visible=True)


def _give(
    title: tuple[str, str],
    results: Sequence[Result],
    *,
    figure: Path | None,
    table: Path | None,
    lang: str,
) -> None:
    """Say the headlines, show the first table, write what was asked for."""
    console = Console()
    for one in results:
        console.print(one.headline(), markup=False, highlight=False)
    frame = results[0].to_frame()
    if "employment_change_percent" in frame:
        largest = frame["employment_change_percent"].abs().sort_values(ascending=False).index
        frame = frame.loc[largest]
    shown = frame.head(SHOWN)
    printed = Table(title=f"{len(shown)} of {len(frame)} rows" if len(frame) > SHOWN else None)
    for column in frame.columns:
        printed.add_column(str(column))
    for row in shown.itertuples(index=False):
        printed.add_row(*(Text(f"{x:.5g}" if isinstance(x, float) else str(x)) for x in row))
    console.print(printed)
    for note in results[0].notes:
        console.print(f"Note: {note}", style="dim", markup=False, highlight=False)
    if table is not None:
        write_csv(table, frame)
        console.print(f"Table: {table}", markup=False, highlight=False)
    if figure is not None:
        blocks = [
            Finding(
                one,
                title=TITLES.get(type(one).__name__, title),
                headline=(one.headline(), in_japanese(one)),
                picture=type(one) in plot.registry,
                table=len(one.to_frame()) <= TABLE_ROWS,
            )
            for one in results
        ]
        page = Document(title, [Section(title, blocks)])
        write_text(figure, render(page, lang))
        console.print(f"Page: {figure}", markup=False, highlight=False)


def in_japanese(one: Result) -> str:
    """Headline of a result, for the Japanese page."""
    match one:
        case Sweep():
            breaks = "、".join(f"{p:.6f}" for p in one.break_points) or "なし"
            sustains = "、".join(f"{p:.6f}" for p in one.sustain_points) or "なし"
            return f"分岐点 {breaks}；維持点 {sustains}；n = {one.model.regions}地域"
        case Hysteresis():
            down = "、".join(f"{c:g}" for c in one.jumps_falling) or "なし"
            up = "、".join(f"{c:g}" for c in one.jumps_rising) or "なし"
            return f"輸送費用の低下時の跳躍 {down}；上昇時の跳躍 {up}"
        case Counterfactual():
            change = 100 * (one.employment - 1)
            best, worst = int(change.argmax()), int(change.argmin())
            return (
                f"従業者数：{one.names[best]} {change[best]:+.2f}％、{one.names[worst]} "
                f"{change[worst]:+.2f}％；厚生 {100 * (one.welfare - 1):+.4f}％；"
                f"移動する人 {100 * one.moved_share:.3f}％；n = {len(one.names)}地区"
            )
        case Departures():
            return f"賃金格差 {one.wage_gap:g} での移転の順序、n = {len(one.goods)}財"
        case ExchangeCurve():
            return (
                f"交流なしの成長率 {one.growth[0]:.4f}、最適な交流時間 "
                f"{100 * one.best_share:.1f}％で "
                f"{one.best_growth:.5f}"
            )
        case GroupSizes():
            return f"知識の成長率は {one.best:.4g}人（1 + 1/θ）の集団で最大"
        case Escapes():
            return (
                f"負のロックインの状態 {one.locked_in:.3f}（発展の状態 {one.thriving:.1f}）から、"
                f"{len(one.scenarios)}つのシナリオのうち "
                f"{int(np.isfinite(one.size).sum())} つが抜け出せる"
            )
        case LifecyclePath():
            return f"事業所数（指数）{one.plants[0]:.2f} → {one.plants[-1]:.2f}"
        case History():
            return f"先頭地域の平均シェア {100 * one.leader_share:.1f}％、n = {len(one.shares):,}回"
        case EscapeShare():
            return f"経路創造に必要な移動：全体の {100 * one.share:.2f}％"
    return one.headline()


def _pairs(texts: list[str] | None) -> list[tuple[str, float]]:
    """Split ``"name=number"``."""
    pairs = []
    for text in texts or []:
        name, equals, value = text.rpartition("=")
        if not equals:
            raise ParameterError(f'"{text}" has no value. Expected name=number, as in "Suwa=1.1".')
        pairs.append((name.strip(), _number(value, text)))
    return pairs


def _number(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ParameterError(
            f'"{text}" in "{whole}" is no number. Expected one, as in "Suwa=1.1".'
        ) from None
