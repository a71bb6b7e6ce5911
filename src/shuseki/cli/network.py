"""Who deals with whom, what does belonging bring, and who would be missed, at a terminal?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer

from shuseki.cli.firms import Cluster, MaybeStore, Role, seen_firms
from shuseki.cli.gate import WRITES
from shuseki.cli.show import Lang, Output, bar, show
from shuseki.datasets.orders import synthetic_orders
from shuseki.directory import Directory
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.language import Message, say, told
from shuseki.papers.survey import printed_questions
from shuseki.reading.tables import read_table
from shuseki.results import Result
from shuseki.sourcing.exits import (
    ExitHazard,
    exit_outlook,
    owners_of,
    read_owners,
    succession_rates,
)
from shuseki.sourcing.network import (
    Network,
    brokerage,
    group_mixing,
    network_of,
    positions,
    read_network,
)
from shuseki.sourcing.orders import Order, read_orders
from shuseki.sourcing.rents import firm_values, read_values, sharing_rent, split_by_channel
from shuseki.sourcing.resilience import (
    Orders,
    Renewal,
    cascade,
    compare_policies,
    criticality,
    read_chains,
    standard_policies,
)
from shuseki.sourcing.sharing import planned_orders, rent_by_channel
from shuseki.sourcing.survey import (
    MINIMUM,
    Question,
    compare_surveys,
    item_tests,
    read_questions,
    read_survey,
    survey_figure,
)
from shuseki.sourcing.systemic_risk import percolation, systemic_risk
from shuseki.sourcing.turning_point import turning_point
from shuseki.sourcing.turnover import knowledge_outlook, turnover

__all__ = ["app", "members", "network", "rents", "resilience", "survey"]

app = typer.Typer(
    add_completion=False,
    help="Networks: who deals with whom, what belonging brings, who would be missed.",
)

Page = Annotated[
    Path | None,
    typer.Option("--figure", help="Write a page with figures and tables here (HTML)."),
    WRITES,
]
OrderFiles = Annotated[
    Path | None,
    typer.Option("--orders", help="Orders: a TOML file, or a folder of them. Made up without it."),
]
Seed = Annotated[
    int, typer.Option("--seed", min=0, help="Of the draws, and of made-up firms and orders.")
]
MadeUpFirms = Annotated[int, typer.Option("--made-up-firms", help="Firms of the made-up clusters.")]
MadeUpOrders = Annotated[int, typer.Option("--made-up-orders", help="Made-up orders.")]
Publisher = Annotated[
    Literal["TDB", "TSR", "JFC"],
    typer.Option(help="Whose rates stand in for unknown successors; never two of them."),
]


@app.command()
def network(
    ties: Annotated[
        Path | None,
        typer.Argument(
            help="Table of ties: source, target, weight. The registry, or made-up clusters, "
            "without it."
        ),
    ] = None,
    firms: Annotated[
        Path | None, typer.Option(help="Table of firms: firm, and the column of groups.")
    ] = None,
    group: Annotated[str, typer.Option(help="Column of the groups of firms.")] = "group",
    undirected: Annotated[
        bool, typer.Option("--undirected", help="Ties run both ways (advice, membership).")
    ] = False,
    outcome: Annotated[
        str | None,
        typer.Option(help="Column of firms: does it rise with coupling and then fall?"),
    ] = None,
    permutations: Annotated[int, typer.Option(help="Of the groups, for the E–I index.")] = 999,
    store: MaybeStore = None,
    role: Role = "coordinator",
    cluster: Cluster = None,
    seed: Seed = 0,
    made_up_firms: MadeUpFirms = 300,
    figure: Page = None,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """Who deals with whom: roles, E–I index, constraint, coupling, cores, failures that spread."""
    if ties is None:
        if firms is not None or outcome is not None:
            raise ParameterError(
                say(
                    "--firms or --outcome without a table of ties. Expected the ties too. Give "
                    "them."
                )
            )
        found = network_of(seen_firms(store, role, cluster, made_up_firms))
    elif store is not None:
        raise ParameterError(say("A table of ties and --store together. Expected one of them."))
    else:
        found = read_network(ties, firms, group=group, directed=not undirected)
    rng = np.random.default_rng(seed)
    placed = positions(found, rng=rng)
    others: list[Result] = []
    if len(found) >= 3:
        others.append(brokerage(found))
    if len(set(found.groups)) > 1:
        others.append(group_mixing(found, permutations=permutations, rng=rng))
    others += [systemic_risk(found), percolation(found, rng=rng)]
    if outcome is not None:
        values = _outcome(firms, outcome, found)
        for column, name in (
            ("first_order_coupling", say("first-order coupling")),
            ("second_order_coupling", say("second-order coupling")),
        ):
            others.append(turning_point(placed.table[column].to_numpy(), values, name=name))
    _give(say("Who deals with whom"), [placed, *others], figure=figure, output=output, lang=lang)


@app.command()
def members(
    before: Annotated[Path, typer.Argument(help="Earlier list of members: a column member.")],
    after: Annotated[Path, typer.Argument(help="Later list.")],
    years: Annotated[float, typer.Option(help="Between the two lists.")],
    column: Annotated[str, typer.Option(help="Column of the names.")] = "member",
    group: Annotated[int, typer.Option(help="How many take turns in working together.")] = 2,
    theta: Annotated[float, typer.Option(help="Weight of shared knowledge, in (0, 1).")] = 1 / 3,
    growth: Annotated[
        float, typer.Option(help="Growth of knowledge per year at best: an assumption.")
    ] = 0.05,
    efficiency: Annotated[
        float, typer.Option(help="What an hour with outsiders yields, relative.")
    ] = 1.0,
    figure: Page = None,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """Who came and went between two lists, and what follows for the knowledge of those who stay?"""
    lists = [read_table(path, codes=[column])[column].tolist() for path in (before, after)]
    found = turnover(lists[0], lists[1], years=years)
    outlook = knowledge_outlook(
        found,
        group=group,
        theta=theta,
        growth_at_best_per_year=growth,
        efficiency=efficiency,
    )
    _give(say("Turnover of members"), [outlook, found], figure=figure, output=output, lang=lang)


@app.command()
def rents(
    values: Annotated[
        Path | None,
        typer.Option(help="Table of values of sets of clusters: clusters (ota+suwa), value_yen."),
    ] = None,
    orders: OrderFiles = None,
    store: MaybeStore = None,
    role: Role = "coordinator",
    cluster: Cluster = None,
    draws: Annotated[
        int, typer.Option(help="Orders of arrival drawn where there are more than ten clusters.")
    ] = 500,
    seed: Seed = 0,
    made_up_firms: MadeUpFirms = 300,
    made_up_orders: MadeUpOrders = 40,
    figure: Page = None,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """What does it bring clusters to share their directories, and through which channel?"""
    rng = np.random.default_rng(seed)
    if values is not None:
        if orders is not None or store is not None:
            raise ParameterError(
                say(
                    "--values together with --orders or --store. Expected one: values are given, "
                    "or planned."
                )
            )
        value, clusters = read_values(values)
        found = sharing_rent(value, clusters, draws=draws, rng=rng)
        _give(say("Rents of sharing"), [found], figure=figure, output=output, lang=lang)
        return
    directory, asked = _asked(orders, store, role, cluster, made_up_firms, made_up_orders)
    made = planned_orders(directory, asked)
    members_ = sorted({firm.cluster for firm in directory.firms})
    with bar(told(say("planning with every set of clusters"), lang)) as progress:
        whole = sharing_rent(
            made.value_yen,
            members_,
            draws=draws,
            rng=rng,
            sources=made.sources,
            notes=made.notes,
            progress=progress,
        )
    split = split_by_channel(rent_by_channel(directory, asked), sources=made.sources)
    with bar(told(say("planning without each firm"), lang)) as progress:
        single = firm_values(
            made.value_of_firms, made.firms, sources=made.sources, progress=progress
        )
    _give(say("Rents of sharing"), [whole, split, single], figure=figure, output=output, lang=lang)


@app.command()
def resilience(
    chains: Annotated[
        Path | None,
        typer.Option(
            help="Table of the possible chains of orders: order, chain (a > b), cost_yen, "
            "worth_yen. Planned without it."
        ),
    ] = None,
    firms: Annotated[
        Path | None,
        typer.Option(
            help="Table of firms: firm, owner_age, successor, employees, processes; with --chains."
        ),
    ] = None,
    orders: OrderFiles = None,
    store: MaybeStore = None,
    role: Role = "coordinator",
    cluster: Cluster = None,
    years: Annotated[int, typer.Option(help="How far to look.")] = 10,
    runs: Annotated[int, typer.Option(help="Simulated runs.")] = 200,
    helped: Annotated[int, typer.Option(help="Firms that a policy helps.")] = 5,
    exits_per_year: Annotated[
        float | None,
        typer.Option(
            min=1e-6,
            max=0.5,
            help="Share of firms that leave in a year, if known: moves the hazard.",
        ),
    ] = None,
    entry_per_year: Annotated[
        float, typer.Option(help="Newcomers per firm and year: an assumption, such as 0.02.")
    ] = 0.0,
    fading_per_year: Annotated[
        float, typer.Option(help="Share of unused ties that is forgotten in a year.")
    ] = 0.0,
    publisher: Publisher = "TDB",
    seed: Seed = 0,
    made_up_firms: MadeUpFirms = 300,
    made_up_orders: MadeUpOrders = 40,
    figure: Page = None,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """Who is missed when they go, what follows year by year, and which policy helps most?"""
    rates = succession_rates(publisher)
    renewal = Renewal(entry_share=entry_per_year, fading_share=fading_per_year)
    if chains is not None and (store is not None or orders is not None):
        raise ParameterError(
            say(
                "--chains together with --orders or --store. Expected one: chains are given, or "
                "planned."
            )
        )
    if (chains is None) != (firms is None):
        raise ParameterError(
            say(
                "--chains without --firms, or --firms without --chains. Expected both, or "
                "neither: chains need the heads of their firms. Give the other one."
            )
        )
    if chains is not None and firms is not None:
        owners = read_owners(firms, rates)
        made: Orders = read_chains(chains, owners.firms)
        shared: Orders | None = None
        index: dict[str, float] = {}
    else:
        directory, asked = _asked(orders, store, role, cluster, made_up_firms, made_up_orders)
        planned = planned_orders(directory, asked)
        made, shared, owners = planned.inside(), planned, owners_of(directory, rates)
        index = _risk_of(directory)
    parameters = ExitHazard()
    if exits_per_year is not None:
        parameters = parameters.calibrated(owners, exits_per_year)
    rng = np.random.default_rng(seed)
    found = criticality(made, owners, parameters=parameters, systemic_risk=index)
    with bar(told(say("years without some firms"), lang)) as progress:
        path = cascade(
            made,
            owners,
            parameters=parameters,
            renewal=renewal,
            years=years,
            runs=runs,
            rng=rng,
            progress=progress,
        )
    with bar(told(say("policies"), lang)) as progress:
        compared = compare_policies(
            made,
            owners,
            standard_policies(found, owners, helped=helped, shared=shared),
            parameters=parameters,
            renewal=renewal,
            years=years,
            runs=runs,
            rng=rng,
            progress=progress,
        )
    outlook = exit_outlook(
        owners, parameters=None if exits_per_year is None else parameters, years=min(years, 5)
    )
    _give(
        say("Who would be missed"),
        [found, path, compared, outlook],
        figure=figure,
        output=output,
        lang=lang,
    )


@app.command()
def survey(
    answers: Annotated[
        Path | None,
        typer.Argument(
            help="Your own survey, one row per firm; the figures of the 2012 paper without it."
        ),
    ] = None,
    questions: Annotated[
        Path | None,
        typer.Option(
            help="Items of your questionnaire: question, answer, question_ja, answer_ja, wordings, "
            "kind. Those of the 2012 paper without it."
        ),
    ] = None,
    firm: Annotated[str, typer.Option(help="Column of the firms' names.")] = "firm",
    group: Annotated[
        str | None, typer.Option(help="Column of size or membership: a figure for each group.")
    ] = None,
    bounds: Annotated[
        str | None, typer.Option(help='Lower ends of the classes of a group: "1,5,20".')
    ] = None,
    minimum: Annotated[
        int, typer.Option(min=1, help="Groups with fewer firms are not shown.")
    ] = MINIMUM,
    confidence: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    figure: Page = None,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """What do members say that their network brought them? Printed figures, and one's own."""
    title = say("What members say it brought")
    if answers is None:
        if group is not None or questions is not None:
            raise ParameterError(
                say(
                    "--group or --questions without a survey. Expected a table of answers. Give it."
                )
            )
        printed = printed_questions()
        others: list[Result] = [item_tests(question) for question in printed]
        whole = survey_figure(printed, confidence=confidence)
        _give(title, [whole, *others], figure=figure, output=output, lang=lang)
        return
    asked: tuple[Question, ...] = (
        printed_questions() if questions is None else read_questions(questions)
    )
    own = read_survey(answers, asked, firm=firm, describing=[group] if group else ())
    shown = own.shown(minimum)
    found: list[Result] = [own.figure(confidence=confidence, minimum=minimum)]
    if questions is None:
        found.append(compare_surveys(shown, printed_questions(), confidence=confidence))
    if group is not None:
        found += own.by(group, bounds=_bounds(bounds), confidence=confidence, minimum=minimum)
    found += [item_tests(question) for question in shown if len(question.items) > 1]
    _give(title, found, figure=figure, output=output, lang=lang)


# ---- what was asked ------------------------------------------------------------------------------


def _asked(
    orders: Path | None,
    store: str | None,
    role: str,
    cluster: str | None,
    made_up_firms: int,
    made_up_orders: int,
) -> tuple[Directory, Sequence[Order]]:
    """The firms, and the orders that were given or made-up ones for them.

    A file of orders is read first: one that is refused waits for no firms.
    """
    given = None if orders is None else read_orders(orders)
    directory = seen_firms(store, role, cluster, made_up_firms)
    return directory, synthetic_orders(directory, made_up_orders) if given is None else given


def _risk_of(directory: Directory) -> dict[str, float]:
    """ESRI by firm; nothing where the directory tells no ties."""
    network_ = network_of(directory)
    if not network_.ties.any():
        return {}
    risk = systemic_risk(network_)
    return dict(zip(risk.firms, map(float, risk.index), strict=True))


def _outcome(firms: Path | None, column: str, found: Network) -> np.ndarray:
    """An outcome of every firm of a network, in its order."""
    if firms is None:
        raise ParameterError(say("--outcome without --firms. Expected the table that holds it."))
    table = read_table(firms, codes=["firm"])
    if column not in table:
        raise UnknownCodeError.among("column", [column], list(map(str, table.columns)))
    values = dict(zip(table["firm"], table[column], strict=True))
    try:
        return np.array([float(values[name]) for name in found.firms])
    except (TypeError, ValueError):
        raise DataError(
            say(
                "Column {column!r} holds more than numbers. Expected one number per firm, empty "
                "where unknown. Correct the column.",
                column=column,
            )
        ) from None


def _bounds(text: str | None) -> tuple[float, ...]:
    if not text:
        return ()
    try:
        ends = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ParameterError(
            say(
                '--bounds "{text}" are no numbers. Expected them as in "1,5,20".',
                text=text,
            )
        ) from None
    if list(ends) != sorted(set(ends)):
        raise ParameterError(
            say(
                '--bounds "{text}" do not rise. Expected them as in "1,5,20".',
                text=text,
            )
        )
    return ends


def _give(
    title: Message,
    results: Sequence[Result],
    *,
    figure: Path | None,
    output: Path | None,
    lang: str,
) -> None:
    """Show the answers."""
    first, *others = results
    show(first, lang=lang, output=output, figure=figure, also=others, page=title)
