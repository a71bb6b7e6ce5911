"""What can a cluster not do, what will it lose, and what would fill the gap at least cost?

Demand is a set of orders; each step of an order falls into a *cell* of process × material × size ×
grade of tolerance × lot. A cell is

- a **gap** where no firm can do its steps;
- **thin** where one firm can, or one firm holds more than 80% of the free hours;
- **at risk** where fewer than one of its firms is expected to be there in five years
  (``Σ (1 - h)^5 < 1`` with the yearly hazards of exit of ``assumptions``);
- **covered** otherwise.

Whoever may fill it (an *entrant* in the cluster, a *machine* bought by a firm that nearly can, a
*partner cluster* whose directory is opened) is ranked by the worth of orders that it adds for each
yen of its yearly cost, not by the number of cells that it closes.

*Tipping points*: from which quantity on insourcing costs less than the cheapest chain (a machine's
yearly cost is shared out over the hours that it works), and at which multiple of the courier's fare
the wide-area chain costs as much as the one inside the cluster.

Takes orders, a directory (the view that the reader may see), assumptions. Gives cells, fillers,
tipping points. Limits: what is demanded is what the orders say; hazards and costs are assumptions
with ranges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.directory import Capability, Directory, Firm
from shuseki.errors import ParameterError
from shuseki.language import Message, listed, say
from shuseki.results import Result, result
from shuseki.sourcing.assumptions import Assumptions
from shuseki.sourcing.chains import best_chains
from shuseki.sourcing.courier import TARIFF
from shuseki.sourcing.matching import Step, match
from shuseki.sourcing.offers import check_directory, offers
from shuseki.sourcing.orders import Order, OrderStep
from shuseki.sourcing.planner import valuation
from shuseki.sourcing.processes import is_kind_of

__all__ = ["Cell", "Gaps", "Tipping", "cell_of", "gaps", "tipping_points"]

State = Literal["gap", "thin", "at_risk", "covered"]
SIZES_MM = (3, 10, 30, 100, 300, 1000)
"""Upper ends of the classes of size."""
LOTS = (1, 10, 100, 1000, 10_000)
GRADES = (5, 7, 9, 11, 13)
"""Upper ends of the classes of grade."""
TOP_SHARE = 0.8
YEARS = 5
FILLERS = 40
NEARLY = 2
"""A firm nearly can when at most so many attributes stand in its way."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A kind of work: process, material, and the classes of size, grade and lot; "" where open."""

    process: str
    material: str
    size_mm: str
    it_grade: str
    lot: str

    def __str__(self) -> str:
        parts = [self.process, self.material]
        parts += [f"{self.size_mm} mm" if self.size_mm else ""]
        parts += [f"IT{self.it_grade}" if self.it_grade else ""]
        parts += [f"×{self.lot}" if self.lot else ""]
        return " · ".join(part for part in parts if part)


def cell_of(step: Step, quantity: int) -> Cell:
    """The cell of a step.

    Examples
    --------
    >>> str(cell_of(Step("grinding", "SUS304", 20, it_grade=6), 200))
    'grinding · stainless_steel · 10–30 mm · IT5–7 · ×100–1000'
    """
    grade = step.required_grade
    return Cell(
        step.process,
        step.material_group,
        _class(step.size_mm, SIZES_MM),
        _class(grade, GRADES),
        _class(quantity, LOTS),
    )


def _class(value: float | None, ends: Sequence[int]) -> str:
    """The class of a value, such as "10–30"; its upper end belongs to it."""
    if value is None:
        return ""
    k = int(np.searchsorted(ends, value))
    if k == 0:
        return f"≤{ends[0]}"
    return f">{ends[-1]}" if k == len(ends) else f"{ends[k - 1]}–{ends[k]}"


@result
class Gaps(Result):
    """Cells of demand, who covers them, and what would fill them.

    Attributes
    ----------
    cells
        One row for each cell: ``process``, ``material``, ``size_mm``, ``it_grade``, ``lot``,
        ``state``, ``orders``, ``firms``, ``expected_firms_in_5_years``, ``top_share``,
        ``worth_yen`` (of the orders that need it), ``nearest``.
    fillers
        One row for each way to fill: ``filler``, ``kind`` (``entrant``, ``machine``,
        ``partner_cluster``),
        ``cells_closed``, ``orders_added``, ``added_yen``, ``cost_yen_per_year``, ``yen_per_yen``.
    cluster
        The cluster that is looked at; "" for the whole directory.
    """

    cells: pd.DataFrame
    fillers: pd.DataFrame
    cluster: str

    def headline(self) -> Message:
        """How many cells are gaps, thin or at risk, and the best filler."""
        counts = self.cells["state"].value_counts()
        best = self.fillers.iloc[0] if len(self.fillers) else None
        return say(
            "{n:count(cell)} of demand: {gap} gaps, {thin} thin, {risk} at risk; best filler: "
            "{best}",
            n=len(self.cells),
            gap=int(counts.get("gap", 0)),
            thin=int(counts.get("thin", 0)),
            risk=int(counts.get("at_risk", 0)),
            best=say("none")
            if best is None or best["added_yen"] <= 0
            else say(
                "{filler}, ¥{ratio:,.2f} for each yen",
                filler=best["filler"],
                ratio=best["yen_per_yen"],
            ),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each cell, gaps first."""
        return self.cells.copy()


def gaps(
    orders: Sequence[Order],
    directory: Directory,
    *,
    cluster: str = "",
    assumptions: Assumptions | None = None,
    orders_per_year: float = 1.0,
) -> Gaps:
    """Find the cells that nobody, or hardly anybody, covers, and what would fill them.

    Parameters
    ----------
    cluster
        Whose gaps; other clusters are partners who could fill them. The whole directory by
        default.
    orders_per_year
        How often these orders come in a year; multiplies the worth that a filler adds.

    Raises
    ------
    ParameterError
        No orders, or a cluster without firms.
    """
    if not orders or not orders_per_year > 0:
        raise ParameterError(
            say(
                "{n:count(order)}, {orders_per_year:g} times a year. Expected one order or more, "
                "more than 0 times. Give the orders that the cluster is asked for.",
                n=len(orders),
                orders_per_year=orders_per_year,
            )
        )
    check_directory(directory)
    clusters = sorted({firm.cluster for firm in directory.firms})
    if cluster and cluster not in clusters:
        raise ParameterError(
            say(
                "No firm of cluster {cluster!r}. Expected one of {clusters}. Choose one.",
                cluster=cluster,
                clusters=listed(clusters),
            )
        )
    stated = assumptions or Assumptions()
    own = directory.of_clusters(cluster) if cluster else directory
    cells = _cells(orders, own, stated)
    ways = _fillers(orders, directory, own, cluster, cells, stated, orders_per_year)
    frame = pd.DataFrame([cells[cell] for cell in cells])
    rank: Mapping[str, int] = {"gap": 0, "thin": 1, "at_risk": 2, "covered": 3}
    frame = frame.assign(_rank=[rank[one] for one in frame["state"]])
    frame = frame.sort_values(
        ["_rank", "worth_yen", "process", "material", "size_mm", "it_grade", "lot"],
        ascending=[True, False, True, True, True, True, True],
    ).drop(columns="_rank")
    return Gaps(
        cells=frame.reset_index(drop=True),
        fillers=ways,
        cluster=cluster,
        notes=(
            say(
                "Hazards of exit, costs of entrants, machines and partners are assumptions with "
                "ranges."
            ),
            say("A filler is worth the orders that it makes possible or cheaper, each alone."),
        ),
        sources=(*directory.sources, TARIFF),
    )


def _cells(
    orders: Sequence[Order], directory: Directory, assumptions: Assumptions
) -> dict[Cell, dict[str, object]]:
    hazard = _hazards(directory, assumptions)
    free = _free(directory, assumptions)
    of_process = _of_process(directory)
    found: dict[Cell, dict[str, object]] = {}
    for cell, many in _steps(orders).items():
        able = _able(of_process, many)
        hours = np.array([free[key] for key in able])
        top = float(hours.max() / hours.sum()) if len(able) and hours.sum() > 0 else np.nan
        expected = float(sum((1 - hazard[key]) ** YEARS for key in able))
        found[cell] = {
            "process": cell.process,
            "material": cell.material,
            "size_mm": cell.size_mm,
            "it_grade": cell.it_grade,
            "lot": cell.lot,
            "state": _state(len(able), top, expected),
            "orders": len({order.id for order, _ in many}),
            "firms": len(able),
            "expected_firms_in_5_years": expected,
            "top_share": top,
            "worth_yen": float(sum(order.price_yen or 0.0 for order, _ in many)),
            "nearest": _nearest(directory, many) if not able else ", ".join(able[:3]),
        }
    return found


def _steps(orders: Sequence[Order]) -> dict[Cell, list[tuple[Order, Step]]]:
    """Steps that fall into each cell, with their orders."""
    found: dict[Cell, list[tuple[Order, Step]]] = {}
    for order in orders:
        for one in order.steps:
            found.setdefault(cell_of(one.step, order.quantity), []).append((order, one.step))
    return found


def _of_process(directory: Directory) -> dict[str, list[Capability]]:
    found: dict[str, list[Capability]] = {}
    for c in directory.capabilities:
        found.setdefault(c.process, []).append(c)
    return found


def _state(firms: int, top: float, expected: float) -> State:
    if firms == 0:
        return "gap"
    if expected < 1:
        return "at_risk"
    return "thin" if firms == 1 or top > TOP_SHARE else "covered"


def _able(
    of_process: Mapping[str, Sequence[Capability]], many: Sequence[tuple[Order, Step]]
) -> list[str]:
    """Keys of the firms that can do every step of a cell."""
    asked = many[0][1].process
    by_firm: dict[str, list[Capability]] = {}
    for process, held in of_process.items():
        if is_kind_of(process, asked):
            for c in held:
                by_firm.setdefault(c.firm, []).append(c)
    return [
        key
        for key in sorted(by_firm)
        if all(
            any(match(c, step, on=order.due).verdict == "ok" for c in by_firm[key])
            for order, step in many
        )
    ]


def _nearest(directory: Directory, many: Sequence[tuple[Order, Step]]) -> str:
    """Firms that come nearest, and the attributes that stand in their way."""
    order, step = many[0]
    near = []
    for c in directory.capabilities:
        held = match(c, step, on=order.due)
        if held.checks[0].verdict == "ok" and held.failing:
            near.append((len(held.failing), c.firm, ", ".join(f.attribute for f in held.failing)))
    return "; ".join(f"{firm} ({what})" for _, firm, what in sorted(near)[:3])


def _hazards(directory: Directory, assumptions: Assumptions) -> dict[str, float]:
    old, usual = assumptions["exit_per_year_old"], assumptions["exit_per_year"]
    return {
        firm.key: old
        if firm.owner_age is not None
        and firm.owner_age >= assumptions["old_age"]
        and firm.successor in ("undecided", "will_close", "unknown")
        else usual
        for firm in directory.firms
    }


def _free(directory: Directory, assumptions: Assumptions) -> dict[str, float]:
    """Mean free hours a week of each firm."""
    given: dict[str, list[float]] = {}
    for load in directory.loads:
        given.setdefault(load.firm, []).append(load.free_hours)
    assumed = assumptions["free_hours_per_week"]
    return {
        firm.key: float(np.mean(sorted(given[firm.key]))) if firm.key in given else assumed
        for firm in directory.firms
    }


# ---- what would fill them ------------------------------------------------------------------------


def _fillers(
    orders: Sequence[Order],
    directory: Directory,
    own: Directory,
    cluster: str,
    cells: Mapping[Cell, Mapping[str, object]],
    assumptions: Assumptions,
    orders_per_year: float,
) -> pd.DataFrame:
    """Every way to fill, by the worth that it adds for each yen of its yearly cost."""
    base = _served(orders, own, assumptions)
    weak = [cell for cell, row in cells.items() if row["state"] != "covered"]
    open_cells = [cell for cell, row in cells.items() if row["state"] == "gap"]
    steps_of = _steps(orders)
    ways: list[tuple[str, str, Directory, float]] = []
    yearly = 1 / assumptions["machine_years"] + assumptions["interest_share"]
    for cell in weak:
        steps = steps_of[cell]
        able = _capability_for(cell, steps)
        price = assumptions.of("machine_yen", cell.process)
        place = _middle(own)
        ways.append(
            (
                f"{cell}",
                "entrant",
                _with(own, place, able),
                yearly * (assumptions["opening_yen"] + price),
            )
        )
        buyer = _buyer(own, steps)
        if buyer:
            ways.append((f"{buyer}: {cell}", "machine", _with(own, buyer, able), yearly * price))
    partners = sorted({firm.cluster for firm in directory.firms} - {cluster}) if cluster else []
    ways += [
        (
            other,
            "partner_cluster",
            directory.of_clusters(cluster, other),
            assumptions["partner_yen"],
        )
        for other in partners
    ]
    rows = []
    costs_of = [_served(orders, changed, assumptions) for _, _, changed, _ in ways]
    anywhere = _served(orders, directory, assumptions)
    worth = _worth(orders, np.min([base, anywhere, *costs_of], axis=0), assumptions)
    for (name, kind, changed, cost), costs in zip(ways, costs_of, strict=True):
        added = (
            float((np.maximum(worth - costs, 0.0) - np.maximum(worth - base, 0.0)).sum())
            * orders_per_year
        )
        of_process = _of_process(changed)
        closed = sum(bool(_able(of_process, steps_of[cell])) for cell in open_cells)
        rows.append(
            {
                "filler": name,
                "kind": kind,
                "cells_closed": closed,
                "orders_added": int((np.isfinite(costs) & ~np.isfinite(base)).sum()),
                "added_yen": added,
                "cost_yen_per_year": cost,
                "yen_per_yen": added / cost if cost > 0 else np.nan,
            }
        )
    names = [
        "filler",
        "kind",
        "cells_closed",
        "orders_added",
        "added_yen",
        "cost_yen_per_year",
        "yen_per_yen",
    ]
    table = pd.DataFrame(rows, columns=names)
    table = table.sort_values(["yen_per_yen", "filler"], ascending=[False, True])
    return table.head(FILLERS).reset_index(drop=True)


def _served(orders: Sequence[Order], directory: Directory, assumptions: Assumptions) -> Floats:
    """Cost of the cheapest chain in time of each order, ``inf`` where none."""
    known = {firm.key for firm in directory.firms}
    usable = [
        order if order.hub in known else replace(order, hub="", origin=None, destination=None)
        for order in orders
    ]
    return valuation(directory, usable, assumptions).cost_yen()


def _worth(orders: Sequence[Order], least: Floats, assumptions: Assumptions) -> Floats:
    """Worth of each order: its price, else an assumed multiple of its cheapest chain of all."""
    usual = np.where(np.isfinite(least), assumptions["unserved_factor"] * least, 0.0)
    return np.array(
        [
            order.price_yen if order.price_yen is not None else told
            for order, told in zip(orders, usual, strict=True)
        ]
    )


def _capability_for(cell: Cell, steps: Sequence[tuple[Order, Step]]) -> Capability:
    """What a firm must be able to do for every step of a cell."""
    sizes = [step.size_mm for _, step in steps if step.size_mm is not None]
    grades = [step.required_grade for _, step in steps if step.required_grade is not None]
    rough = [step.roughness_um for _, step in steps if step.roughness_um is not None]
    lots = [order.quantity for order, _ in steps]
    certificates = {name for _, step in steps for name in step.certificates}
    materials = {step.material_group for _, step in steps if step.material}
    return Capability(
        "",
        cell.process,
        tuple(sorted(materials)) or (cell.material or "metal",),
        min(sizes, default=1.0),
        max(sizes, default=1000.0),
        min(grades, default=6),
        min(rough, default=0.8),
        min(lots),
        max(lots),
        certificates=tuple(sorted(certificates)),
    )


def _middle(directory: Directory) -> Firm:
    """A new firm in the middle of a cluster."""
    places = np.array(
        [
            (firm.latitude, firm.longitude)
            for firm in directory.firms
            if firm.latitude is not None and firm.longitude is not None
        ],
        dtype=float,
    ).reshape(-1, 2)
    middle = np.median(places, axis=0) if len(places) else (None, None)
    first = min(directory.firms, key=lambda firm: firm.key)
    taken = {firm.id for firm in directory.firms}
    name = "new"
    while name in taken:
        name += "+"
    return Firm(
        name,
        first.cluster,
        "entrant",
        first.municipality,
        latitude=None if middle[0] is None else float(middle[0]),
        longitude=None if middle[1] is None else float(middle[1]),
        successor="too_early",
    )


def _with(directory: Directory, who: Firm | str, able: Capability) -> Directory:
    """The directory with one more capability, of a new firm or of one that is there."""
    firms = directory.firms
    key = who if isinstance(who, str) else who.key
    if isinstance(who, Firm):
        firms = (*firms, who)
    return replace(
        directory, firms=firms, capabilities=(*directory.capabilities, replace(able, firm=key))
    )


def _buyer(directory: Directory, steps: Sequence[tuple[Order, Step]]) -> str | None:
    """The firm that a machine would bring nearest: the fewest attributes stand in its way."""
    order, step = steps[0]
    near = []
    for c in directory.capabilities:
        held = match(c, step, on=order.due)
        if held.checks[0].verdict == "ok" and 0 < len(held.failing) <= NEARLY:
            near.append((len(held.failing), c.firm))
    return min(near)[1] if near else None


# ---- tipping points ------------------------------------------------------------------------------


@result
class Tipping(Result):
    """Where another way of making an order becomes the cheaper one.

    Attributes
    ----------
    quantities
        ``quantity``, ``wide_yen_per_piece``, ``inside_yen_per_piece``, ``insource_yen_per_piece``.
    insource_quantity
        Least quantity at which insourcing is cheapest; ``None`` where it is at none tried.
    courier_factor
        Multiple of the courier's fare from which on the chain inside the cluster costs no more
        than any other; ``None`` where none up to the largest tried does.
    courier_tried
        The largest multiple tried.
    """

    order: Order
    quantities: pd.DataFrame
    insource_quantity: int | None
    courier_factor: float | None
    courier_tried: float

    def headline(self) -> Message:
        """Both tipping points."""
        return say(
            "{order}: insourcing pays {quantity}; wide-area sourcing ends {fare}",
            order=self.order.id,
            quantity=say("at no quantity tried")
            if self.insource_quantity is None
            else say("from {n:,} pieces", n=self.insource_quantity),
            fare=say("at no fare up to {most:g} times the tariff", most=self.courier_tried)
            if self.courier_factor is None
            else say("at {factor:.2f} times the tariff", factor=self.courier_factor),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each quantity."""
        return self.quantities.copy()


def tipping_points(
    order: Order,
    directory: Directory,
    *,
    assumptions: Assumptions | None = None,
    quantities: Sequence[int] = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000),
    largest_factor: float = 64.0,
) -> Tipping:
    """Find from which quantity insourcing pays, and at which fare wide-area sourcing ends.

    Insourcing buys a machine for each step that the hub cannot do. Its yearly cost is paid whole,
    by this order alone, if the hub fills it with nothing else; with ``machine_used_share`` it is
    shared out over the hours that are used.

    Raises
    ------
    ParameterError
        The order names no hub or cluster.
    """
    if not order.hub:
        raise ParameterError(
            say(
                "Order {id!r} names no hub. Expected the firm whose own work insourcing would be. "
                'Add hub = "cluster/id".',
                id=order.id,
            )
        )
    stated = assumptions or Assumptions()
    tried = sorted(set(quantities))
    if not tried or tried[0] < 1 or not largest_factor > 0:
        raise ParameterError(
            say(
                "quantities = {tried}, largest factor {largest_factor:g}. Expected quantities of "
                "1 or more, and a factor above 0.",
                tried=tried[:3],
                largest_factor=largest_factor,
            )
        )
    table = pd.DataFrame([_by_quantity(order, n, directory, stated) for n in tried])
    least = _insource_from(order, tried, table, directory, stated)
    factor = _courier_tipping(order, directory, stated, largest_factor)
    return Tipping(
        order=order,
        quantities=table.replace(np.inf, np.nan),
        insource_quantity=least,
        courier_factor=factor,
        courier_tried=largest_factor,
        notes=(
            say(
                "In-house machines are bought for this work: their cost of a year is paid whole, "
                "however few hours they work."
            ),
            say("Quantities are of a year; time is not looked at."),
        ),
        sources=(*directory.sources, TARIFF),
    )


def _by_quantity(
    order: Order, quantity: int, directory: Directory, assumptions: Assumptions
) -> dict[str, float]:
    """Yen per piece of each way."""
    sized = _sized(order, quantity)
    return {
        "quantity": quantity,
        "wide_yen_per_piece": _cheapest(sized, directory, assumptions) / quantity,
        "inside_yen_per_piece": _cheapest(sized, directory.of_clusters(_home(order)), assumptions)
        / quantity,
        "insource_yen_per_piece": _insource_yen(sized, directory, assumptions) / quantity,
    }


def _insource_from(
    order: Order,
    tried: Sequence[int],
    table: pd.DataFrame,
    directory: Directory,
    assumptions: Assumptions,
) -> int | None:
    """Least quantity at which insourcing is cheapest, by bisection between two that were tried."""
    pays = np.array([_pays(row) for row in table.to_dict("records")])
    if not pays.any():
        return None
    first = int(np.argmax(pays))
    if first == 0:
        return int(tried[0])
    low, high = tried[first - 1], tried[first]
    while high - low > 1:
        middle = (low + high) // 2
        paying = _pays(_by_quantity(order, middle, directory, assumptions))
        low, high = (low, middle) if paying else (middle, high)
    return int(high)


def _pays(row: Mapping[Any, float]) -> bool:
    others = min(row["wide_yen_per_piece"], row["inside_yen_per_piece"])
    return bool(row["insource_yen_per_piece"] < others)


def _home(order: Order) -> str:
    return order.cluster or order.hub.partition("/")[0]


def _sized(order: Order, quantity: int) -> Order:
    """The order with another quantity and all the time that it may need."""
    steps = tuple(
        OrderStep(one.name, replace(one.step, quantity=quantity), one.after) for one in order.steps
    )
    return replace(order, steps=steps, quantity=quantity)


def _cheapest(order: Order, directory: Directory, assumptions: Assumptions) -> float:
    """Cost of the cheapest chain, however long it takes and whatever the lot; ``inf`` if none."""
    lot_free = replace(
        order,
        steps=tuple(
            OrderStep(one.name, replace(one.step, quantity=None), one.after) for one in order.steps
        ),
    )
    found = offers(lot_free, directory)
    if found.missing:
        return np.inf
    best = best_chains(*found.layers(assumptions).of(("cost_yen",)))
    return float(best.values[0, 0])


def _insource_yen(order: Order, directory: Directory, assumptions: Assumptions) -> float:
    """Cost of doing every step in house: own work, and for what is lacking a machine for a year."""
    hub = directory.only([order.hub])
    yearly = 1 / assumptions["machine_years"] + assumptions["interest_share"]
    total = 0.0
    bought: set[str] = set()
    for one in order.steps:
        step = replace(one.step, quantity=None)
        own = [c for c in hub.capabilities if match(c, step).verdict == "ok"]
        hours = _hours(
            own[0] if own else Capability(order.hub, step.process), order, step, assumptions
        )
        rate = own[0].rate_yen_per_hour if own else None
        total += hours * (
            assumptions.of("rate_yen_per_hour", step.process) if rate is None else rate
        )
        if own or step.process in bought:
            continue
        bought.add(step.process)
        machines = max(1, int(np.ceil(hours / assumptions["machine_hours_per_year"])))
        total += machines * yearly * assumptions.of("machine_yen", step.process)
    return total


def _hours(capability: Capability, order: Order, step: Step, assumptions: Assumptions) -> float:
    process = capability.process
    setup = capability.setup_hours
    each = capability.hours_per_piece
    setup = assumptions.of("setup_hours", process) if setup is None else setup
    each = assumptions.of("hours_per_piece", process) if each is None else each
    grade = step.required_grade
    factor = assumptions.of("time_factor_per_grade", step.process) ** max(
        0, 10 - grade if grade is not None else 0
    )
    return setup + order.quantity * each * factor


def _courier_tipping(
    order: Order, directory: Directory, assumptions: Assumptions, largest: float
) -> float | None:
    """Least multiple of the fare at which staying inside costs no more, by bisection."""
    home = directory.of_clusters(_home(order))

    def loses(factor: float) -> bool:
        priced = assumptions.replace(courier_factor=factor)
        wide = _cheapest(order, directory, priced)
        inside = _cheapest(order, home, priced)
        return inside <= wide

    if loses(0.0):
        return 0.0
    if not loses(largest):
        return None
    low, high = 0.0, largest
    while high - low > 0.005 * max(high, 1.0):
        middle = (low + high) / 2
        low, high = (low, middle) if loses(middle) else (middle, high)
    return high
