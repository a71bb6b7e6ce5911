"""Who can do it, which chain of firms makes an order, and what would be missed?

Every answer is computed from the reader's view of the directory (``app.directory``).
"""

import shlex
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from shuseki.app.question import Asked, Label, Question, Reader
from shuseki.datasets.orders import synthetic_orders
from shuseki.directory import Directory
from shuseki.disk import scratch
from shuseki.errors import DataError, ParameterError, ShusekiError
from shuseki.language import Message, joined, say, told, words_of
from shuseki.language.rows import in_both
from shuseki.papers.survey import printed_questions
from shuseki.report.blocks import Block
from shuseki.report.tables import Table
from shuseki.sourcing.capacity import exchange, serve, unserved_needs
from shuseki.sourcing.gaps import gaps
from shuseki.sourcing.inquiries import Inquiry, answer
from shuseki.sourcing.matching import ATTRIBUTES, Step
from shuseki.sourcing.network import brokerage, group_mixing, network_of, positions
from shuseki.sourcing.offers import Mode
from shuseki.sourcing.orders import Order, OrderStep
from shuseki.sourcing.planner import Plan, plan
from shuseki.sourcing.processes import processes
from shuseki.sourcing.rents import sharing_rent
from shuseki.sourcing.search import read_query, search
from shuseki.sourcing.sharing import planned_orders
from shuseki.sourcing.survey import compare_surveys, item_tests, read_survey, survey_figure

__all__ = [
    "CAPACITY",
    "COMPANIES",
    "COMPANY",
    "GAPS",
    "INQUIRY",
    "NETWORK",
    "ORDER",
    "RENTS",
    "SURVEY",
]

MODES = {
    "wide": say("over a wide area"),
    "inside": say("inside the cluster"),
    "insource": say("in-house"),
}
PLACED = date(2026, 1, 5)
"""Monday on which synthetic free hours begin."""
MOST_ORDERS = 200


def _modes(lang: str) -> list[tuple[str, str]]:
    return [(name, told(text, lang)) for name, text in MODES.items()]


class CompaniesAsked(Asked):
    """A search."""

    search: Annotated[
        str,
        Label(say("What is looked for: process, material, size, grade, distance")),
        Field(max_length=300),
    ] = "研磨 SUS304 φ20 IT8"


class CompanyAsked(Asked):
    """One firm."""

    firm: Annotated[str, Label(say("Key of the firm")), Field(max_length=200)] = ""


class OrderAsked(Asked):
    """An order: one step in each line, in the words of a search."""

    steps: Annotated[
        str,
        Label(say("Steps, one in each line: process, material, size, grade"), lines=4),
        Field(max_length=5000),
    ] = "旋削 SUS304 φ20 IT8\n研磨 SUS304 φ20 IT6\nめっき SUS304"
    quantity: Annotated[int, Label(say("Pieces")), Field(ge=1, le=1_000_000)] = 100
    days: Annotated[int, Label(say("Days until it is due")), Field(ge=1, le=365)] = 30
    cluster: Annotated[str, Label(say("Cluster of the hub")), Field(max_length=80)] = "ota"
    mode: Annotated[Mode, Label(say("Where"), choices=_modes)] = "wide"


class OrdersAsked(Asked):
    """Synthetic orders, as many as said."""

    orders: Annotated[
        int, Label(say("Synthetic orders"), slider=5), Field(ge=5, le=MOST_ORDERS)
    ] = 30
    seed: Annotated[int, Label(say("Seed")), Field(ge=0, le=10_000)] = 1


class InquiryAsked(Asked):
    """A technology offered, or a need."""

    text: Annotated[
        str, Label(say("What is offered or looked for, in words"), lines=4), Field(max_length=2000)
    ] = "ステンレスの薄板を鏡面に研磨したい"
    kind: Annotated[
        Literal["seed", "need"],
        Label(
            say("A technology or a need"),
            choices=lambda lang: [
                ("need", told(say("a need"), lang)),
                ("seed", told(say("a technology"), lang)),
            ],
        ),
    ] = "need"


class SurveyAsked(Asked):
    """A survey of one's own, or that of the 2012 paper."""

    answers: Annotated[
        str,
        Label(
            say("Own survey, one row for each firm, as CSV pasted here; empty for that of 2012"),
            lines=4,
            file=True,
        ),
        Field(max_length=800_000),
    ] = ""
    firm: Annotated[str, Label(say("Column of the firms' names")), Field(max_length=100)] = "firm"
    group: Annotated[
        str, Label(say("Column of groups, such as size or membership")), Field(max_length=100)
    ] = ""


class NothingAsked(Asked):
    """No options."""


def order_of(asked: OrderAsked, firms: Directory, placed: date) -> Order:
    """The order that the lines mean.

    Raises
    ------
    DataError
        A line that is not understood; its number and words are named.
    """
    steps: list[OrderStep] = []
    for number, line in enumerate(asked.steps.splitlines(), 1):
        if not line.strip():
            continue
        try:
            query = read_query(line, firms)
        except ShusekiError as error:
            raise DataError(
                say(
                    "Line {number} ({line!r}): {error}",
                    number=number,
                    line=line.strip()[:60],
                    error=words_of(error),
                )
            ) from None
        if len(query.processes) != 1 or query.words:
            found = ", ".join([*query.processes, *query.words]) or say("none")
            raise DataError(
                say(
                    "Line {number} ({line!r}): processes and words {found}. Expected one process "
                    "in each line, such as 研磨 SUS304 φ20 IT6. Write the others in lines of their "
                    "own.",
                    number=number,
                    line=line.strip()[:60],
                    found=found,
                )
            )
        step: Step = query.step(query.processes[0])
        name = f"{number} {query.processes[0]}"
        steps.append(OrderStep(name, step, (steps[-1].name,) if steps else ()))
    if not steps:
        raise ParameterError(say("No steps. Expected one in each line. Write the first."))
    return Order(
        id="order",
        steps=tuple(steps),
        quantity=asked.quantity,
        placed=placed,
        due=placed + timedelta(days=asked.days),
        cluster=asked.cluster,
        unknown="ask",
    )


def _first_week(firms: Directory) -> date:
    return min((load.week for load in firms.loads), default=PLACED)


def _companies(asked: CompaniesAsked, reader: Reader) -> Sequence[Block]:
    return [search(reader.firms(), asked.search)]


def _company(asked: CompanyAsked, reader: Reader) -> Sequence[Block]:
    firms = reader.firms()
    key = asked.firm or firms.keys[0]
    part = firms.only([key])
    if not len(part):
        raise DataError(
            say(
                "There is no firm {name_given!r} here. Expected one of the list of firms.",
                name_given=key[:80],
            )
        )
    blocks: list[Block] = []
    for name, title in (
        ("firms", say("Firm")),
        ("capabilities", say("What it can do")),
        ("equipment", say("Machines")),
        ("loads", say("Free hours")),
        ("ratings", say("Ratings")),
    ):
        frame = part.to_frame(name)
        if len(frame):
            upright = (
                frame.T.reset_index().set_axis(["column", "value"], axis=1)
                if (name == "firms")
                else frame.drop(columns="firm")
            )
            shown = upright.map(
                lambda value: ", ".join(value) if isinstance(value, tuple) else value
            )
            blocks.append(
                Table(name=name, title=title, frame=shown.astype(object), sources=firms.sources)
            )
    return blocks


def _order(asked: OrderAsked, reader: Reader) -> Sequence[Block]:
    firms = reader.firms()
    found = plan(order_of(asked, firms, _first_week(firms)), firms, mode=asked.mode)
    return [found, _steps(found)] if found.chains else [found]


def _steps(found: Plan) -> Table:
    """Who does what in each chain that is shown; a page leads from each firm to what it shows."""
    known = processes()
    called: dict[str, Message] = dict(ATTRIBUTES.items())
    rows = [
        {
            "chain": k,
            "process": known[stop.process].label,
            "firm": stop.firm,
            "name": stop.name,
            "cost_yen": stop.cost_yen,
            "days": stop.days,
            "ask": joined([called[one] for one in stop.ask], ", "),
        }
        for k, chain in enumerate(found.chains, 1)
        for stop in chain.stops
    ]
    return Table(
        name="steps",
        title=say("Who does what in each chain"),
        frame=in_both(rows),
        labels={"ask": say("To be asked of the firm")},
        sources=found.sources,
    )


def _capacity(asked: OrdersAsked, reader: Reader) -> Sequence[Block]:
    firms = reader.firms()
    orders = synthetic_orders(firms, asked.orders, seed=asked.seed, placed=_first_week(firms))
    served = serve(orders, firms, seconds=10)
    blocks: list[Block] = [served]
    needs = unserved_needs(served, firms)
    if needs:
        blocks.append(exchange(needs, firms))
    return blocks


def _gaps(asked: OrdersAsked, reader: Reader) -> Sequence[Block]:
    firms = reader.firms()
    return [gaps(synthetic_orders(firms, asked.orders, seed=asked.seed), firms)]


def _inquiry(asked: InquiryAsked, reader: Reader) -> Sequence[Block]:
    return [answer(Inquiry(asked.text, asked.kind), reader.firms())]


def _network(asked: NothingAsked, reader: Reader) -> Sequence[Block]:
    found = network_of(reader.firms())
    return [brokerage(found), group_mixing(found), positions(found)]


def _rents(asked: OrdersAsked, reader: Reader) -> Sequence[Block]:
    firms = reader.firms()
    orders = synthetic_orders(firms, asked.orders, seed=asked.seed)
    planned = planned_orders(firms, orders)
    clusters = sorted({firm.cluster for firm in firms.firms})
    return [sharing_rent(planned.value_yen, clusters, sources=firms.sources)]


def _survey(asked: SurveyAsked, reader: Reader) -> Sequence[Block]:
    printed = printed_questions()
    if not asked.answers.strip():
        return [survey_figure(printed), *(item_tests(question) for question in printed)]
    group = asked.group.strip()
    with scratch(what="survey") as place:
        file = place / "answers.csv"
        file.write_text(asked.answers, encoding="utf-8", newline="\n")
        own = read_survey(file, printed, firm=asked.firm, describing=[group] if group else ())
    shown = own.shown()
    blocks: list[Block] = [own.figure(), compare_surveys(shown, printed)]
    if group:
        blocks += own.by(group)
    blocks += [item_tests(question) for question in shown if len(question.items) > 1]
    return blocks


COMPANIES = Question(
    name="companies",
    title=say("Companies"),
    about=say(
        "Who can do it, and of whom it is not known: 研磨 SUS304 φ20 IT6 鯖江から100km, or "
        "polishing SUS304 dia 20 mm IT6 within 100 km of Sabae."
    ),
    options=CompaniesAsked,
    answer=_companies,
    group="firms",
    depends_on_reader=True,
)
COMPANY = Question(
    name="company",
    title=say("Company"),
    about=say("What a firm shows to you: it decides, field by field, who may see what."),
    options=CompanyAsked,
    answer=_company,
    group="firms",
    is_listed=False,
    depends_on_reader=True,
)
ORDER = Question(
    name="orders",
    title=say("Orders"),
    about=say("Which chain of firms should make an order, what another would cost, and why these."),
    options=OrderAsked,
    answer=_order,
    group="firms",
    depends_on_reader=True,
)
CAPACITY = Question(
    name="capacity",
    title=say("Capacity exchange"),
    about=say(
        "Which orders can all be served, whose hour is worth most, and who could lend hours."
    ),
    options=OrdersAsked,
    answer=_capacity,
    group="firms",
    depends_on_reader=True,
)
GAPS = Question(
    name="gaps",
    title=say("Gaps"),
    about=say("Work that nobody, hardly anybody, or soon nobody does, and what would fill it."),
    options=OrdersAsked,
    answer=_gaps,
    group="firms",
    depends_on_reader=True,
)
INQUIRY = Question(
    name="inquiry",
    title=say("Inquiries"),
    about=say("A technology or a need in words: who could take it up, and with whom."),
    options=InquiryAsked,
    answer=_inquiry,
    group="firms",
    depends_on_reader=True,
)
NETWORK = Question(
    name="network",
    title=say("Network"),
    about=say("Who deals with whom: brokers, mixing of groups against chance, positions."),
    options=NothingAsked,
    answer=_network,
    group="firms",
    depends_on_reader=True,
)
RENTS = Question(
    name="rents",
    title=say("Rent of sharing"),
    about=say("What clusters gain when they share their directories, and whose gain it is."),
    options=OrdersAsked,
    answer=_rents,
    group="firms",
    depends_on_reader=True,
)
SURVEY = Question(
    name="survey",
    title=say("Survey of members"),
    about=say(
        "What members of networks say that belonging brought: the figures of 2012, or your own "
        "survey beside them. Questions and groups with fewer than 10 firms are not shown."
    ),
    options=SurveyAsked,
    answer=_survey,
    command=lambda asked, lang: " ".join(
        shlex.quote(word)
        for word in (
            "shuseki",
            "survey",
            *(["answers.csv", "--firm", asked.firm] if asked.answers.strip() else []),
            *(["--group", asked.group.strip()] if asked.group.strip() else []),
            "--lang",
            lang,
        )
    ),
    python=lambda asked: (
        ""
        if asked.answers.strip()
        else "from shuseki.papers.survey import printed_questions\n"
        "from shuseki.sourcing.survey import survey_figure\n"
        "survey_figure(printed_questions())"
    ),
    group="firms",
)
