"""How are orders planned, and gaps found, from a terminal?

Without ``--store`` the firms are those of the synthetic clusters, and every answer says so.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, get_args

import typer

from shuseki.cli.firms import Cluster, MaybeStore, Role, seen_firms
from shuseki.cli.gate import WRITES
from shuseki.cli.show import Figure, Lang, Output, bar, show, tell_rows, wide
from shuseki.errors import ParameterError
from shuseki.language import check_language, listed, say, told
from shuseki.reading.toml import read_toml
from shuseki.release import write_csv
from shuseki.report.words import pick
from shuseki.sourcing.assumptions import Assumptions
from shuseki.sourcing.capacity import SECONDS, dates, exchange, joint_order, serve, unserved_needs
from shuseki.sourcing.gaps import gaps as find_gaps
from shuseki.sourcing.gaps import tipping_points
from shuseki.sourcing.inquiries import Inquiry, answer
from shuseki.sourcing.offers import MEASURES, Measure, Mode, check_homes
from shuseki.sourcing.orders import read_order, read_orders
from shuseki.sourcing.planner import locality
from shuseki.sourcing.planner import plan as plan_order

__all__ = ["app", "capacity", "gaps", "inquiry", "plan"]

app = typer.Typer(
    add_completion=False, help="Plan orders over firms: chains, capacity, gaps, inquiries."
)
Stated = Annotated[
    Path | None,
    typer.Option(
        "--assumptions", help="TOML of your own: queue_days = 3, or [value, low, high] each."
    ),
]
Draws = Annotated[int, typer.Option("--draws", help="Draws of the assumptions; 0 for none.")]
StepsFile = Annotated[
    Path | None,
    typer.Option("--steps", help="Write every step of every chain into this CSV."),
    WRITES,
]


@app.command()
def plan(
    order: Annotated[Path, typer.Argument(help="TOML of one order.")],
    store: MaybeStore = None,
    role: Role = "coordinator",
    cluster: Cluster = None,
    mode: Annotated[str, typer.Option(help="wide, inside, insource, or all to compare.")] = "wide",
    objective: Annotated[
        list[str] | None,
        typer.Option("--objective", help=f"Repeat it: {', '.join(MEASURES)}."),
    ] = None,
    assumptions: Stated = None,
    draws: Draws = 20,
    tipping: Annotated[
        bool, typer.Option("--tipping", help="When insourcing pays, and when wide area ends.")
    ] = False,
    steps: StepsFile = None,
    refused: Annotated[
        Path | None,
        typer.Option("--refused", help="Write firms that were refused, and why, into this CSV."),
        WRITES,
    ] = None,
    figure: Figure = None,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """Find the chains of firms for an order that no other chain dominates, and say why."""
    check_language(lang)
    asked = read_order(order)
    stated = _assumptions(assumptions)
    objectives = _objectives(objective)
    one_mode = "wide" if mode == "all" else _mode(mode, "all")
    firms = seen_firms(store, role, cluster)
    check_homes([asked], firms)
    if tipping:
        show(
            tipping_points(asked, firms, assumptions=stated),
            lang=lang,
            output=output,
            figure=figure,
        )
        return
    if mode == "all":
        with bar(told(say("Planning"), lang)):
            compared = locality(asked, firms, objectives=objectives, assumptions=stated)
        show(
            compared,
            lang=lang,
            output=output,
            figure=figure,
            also=list(compared.plans.values()),
            page=say("Price of locality"),
        )
        return
    with bar(told(say("Planning"), lang)):
        found = plan_order(
            asked,
            firms,
            objectives=objectives,
            mode=one_mode,
            assumptions=stated,
            draws=draws,
        )
    if steps is not None:
        write_csv(steps, found.stops_frame())
    if refused is not None:
        write_csv(refused, found.refused_frame())
    table = found.to_frame().drop(columns="reasons")
    show(found, lang=lang, output=output, figure=figure, table=table, page=say("Plan of an order"))
    console = wide()
    for k, chain in enumerate(found.chains, 1):
        for one in chain.without:
            text = f"{k}: {pick(one.reason, lang)}"
            console.print(text, markup=False, highlight=False, soft_wrap=True)


@app.command()
def capacity(
    orders: Annotated[Path, typer.Argument(help="TOML with [[orders]], or a folder of orders.")],
    store: MaybeStore = None,
    role: Role = "coordinator",
    cluster: Cluster = None,
    mode: Annotated[str, typer.Option(help="wide, inside or insource.")] = "wide",
    weeks: Annotated[int, typer.Option(help="Weeks from the first order.")] = 12,
    seconds: Annotated[
        float, typer.Option(help="Longest search; work done ends it sooner, as a rule.")
    ] = SECONDS,
    joint: Annotated[
        bool, typer.Option("--joint", help="Share the one lot of the file among small firms.")
    ] = False,
    lend: Annotated[
        bool, typer.Option("--lend", help="Who could lend hours for what is not served.")
    ] = False,
    dated: Annotated[
        bool, typer.Option("--dates", help="Set the days of each step, with transport.")
    ] = False,
    assumptions: Stated = None,
    figure: Figure = None,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """Serve many orders within the free hours of all firms, and say whose hour is worth most."""
    check_language(lang)
    asked = read_orders(orders)
    stated = _assumptions(assumptions)
    one_mode = _mode(mode)
    chosen = [
        f"--{name}" for name, on in (("joint", joint), ("lend", lend), ("dates", dated)) if on
    ]
    if len(chosen) > 1:
        raise ParameterError(
            say("{options} together. Expected one of them. Leave the others out.",
                options=listed(chosen))
        )  # fmt: skip
    if joint and len(asked) != 1:
        raise ParameterError(
            say(
                "--joint with {n_asked} orders. Expected one lot to share. Give its own file.",
                n_asked=len(asked),
            )
        )
    firms = seen_firms(store, role, cluster)
    check_homes(asked, firms)
    if joint:
        shared = joint_order(asked[0], firms, assumptions=stated, mode=one_mode)
        show(shared, lang=lang, output=output, figure=figure)
        return
    with bar(told(say("Looking for chains"), lang)):
        served = serve(
            asked, firms, assumptions=stated, weeks=weeks, mode=one_mode, seconds=seconds
        )
    if lend:
        lent = exchange(unserved_needs(served, firms), firms, assumptions=stated)
        show(lent, lang=lang, output=output, figure=figure, also=[served])
        return
    if dated:
        with bar(told(say("Setting the days"), lang)):
            timed = dates(served)
        show(timed, lang=lang, output=output, figure=figure, also=[served])
        return
    show(served, lang=lang, output=output, figure=figure, page=say("Orders under capacity"))
    if len(served.bottlenecks):
        tell_rows(served.bottlenecks, lang)


@app.command()
def gaps(
    orders: Annotated[
        Path, typer.Argument(help="What is asked for: TOML with [[orders]], or a folder.")
    ],
    store: MaybeStore = None,
    role: Role = "coordinator",
    cluster: Cluster = None,
    per_year: Annotated[
        float, typer.Option("--per-year", help="How often these orders come in a year.")
    ] = 1.0,
    assumptions: Stated = None,
    figure: Figure = None,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """Find work that nobody, hardly anybody, or soon nobody does, and what would fill it."""
    check_language(lang)
    asked = read_orders(orders)
    stated = _assumptions(assumptions)
    firms = seen_firms(store, role, cluster)
    check_homes(asked, firms)
    with bar(told(say("Planning"), lang)):
        found = find_gaps(
            asked,
            firms,
            cluster=cluster or "",
            assumptions=stated,
            orders_per_year=per_year,
        )
    show(found, lang=lang, output=output, figure=figure, page=say("Gaps"))
    if len(found.fillers):
        tell_rows(found.fillers, lang)


@app.command()
def inquiry(
    text: Annotated[str, typer.Argument(help="What is offered or looked for, in words.")],
    store: MaybeStore = None,
    role: Role = "coordinator",
    cluster: Cluster = None,
    kind: Annotated[str, typer.Option(help="seed (a technology) or need (a use).")] = "need",
    asker: Annotated[str, typer.Option(help="Key of the firm that asks.")] = "",
    theta: Annotated[float, typer.Option(help="Weight of what is shared, in (0, 1).")] = 1 / 3,
    output: Output = None,
    lang: Lang = "en",
) -> None:
    """Find firms for a technology or a need without a process plan, and propose teams."""
    check_language(lang)
    if kind not in ("seed", "need"):
        raise ParameterError(
            say(
                "--kind {kind!r}. Expected seed or need. Choose one.",
                kind=kind,
            )
        )
    asked = Inquiry(text, "seed" if kind == "seed" else "need", asker)
    found = answer(asked, seen_firms(store, role, cluster), theta=theta)
    show(found, lang=lang, output=output)
    if len(found.teams):
        tell_rows(found.teams_frame(), lang)


# ---- what is asked -------------------------------------------------------------------------------


def _mode(mode: str, *more: str) -> Mode:
    for known in get_args(Mode):
        if mode == known:
            return known  # type: ignore[no-any-return]
    raise ParameterError(
        say(
            "--mode {mode!r}. Expected one of {known}. Choose one.",
            mode=mode,
            known=listed([*get_args(Mode), *more]),
        )
    )


def _objectives(asked: Sequence[str] | None) -> tuple[Measure, ...]:
    if not asked:
        return ("cost_yen", "days", "risk")
    unknown = [one for one in asked if one not in MEASURES]
    if unknown:
        raise ParameterError(
            say(
                "--objective {unknown!r}. Expected of {measures}. Choose one.",
                unknown=unknown[0],
                measures=listed(MEASURES),
            )
        )
    return tuple(one for one in MEASURES if one in asked)


def _assumptions(path: Path | None) -> Assumptions:
    """The bundled assumptions, with those of a file in their place."""
    if path is None:
        return Assumptions()
    ranges: dict[str, tuple[float, float, float]] = {}
    for name, given in read_toml(path).items():
        numbers = given if isinstance(given, list) else [given, given, given]
        fits = len(numbers) == 3 and all(
            isinstance(x, int | float) and not isinstance(x, bool) for x in numbers
        )
        if not fits:
            raise ParameterError(
                say(
                    "{path}: {name} = {given!r}. Expected a number, or [value, low, high]. "
                    "Correct it.",
                    path=path,
                    name=name,
                    given=given,
                )
            )
        ranges[name] = (float(numbers[0]), float(numbers[1]), float(numbers[2]))
    return Assumptions().replace(ranges)
