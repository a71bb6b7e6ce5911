"""What is to be made, how many, from where to where, and by when?

An order is a part that goes through steps, one firm each. Steps follow one another as they are
written, or in any sequence that their ``after`` allows (a partial order); the part is at one firm
at a time. A TOML file is checked whole before anything is planned ::

    id = "valve body"
    quantity = 200
    placed = 2026-01-05
    due = 2026-02-20
    hub = "ota/12"              # the firm that takes the order: its place is where it starts
    destination = "14100"       # municipality, firm, or {latitude = 35.4, longitude = 139.6}
    material = "SUS304"         # of every step that names none
    size_mm = 20

    [[steps]]
    process = "turning"
    tolerance_um = 52

    [[steps]]
    process = "cylindrical_grinding"
    it_grade = 6
    roughness_um = 0.4

Several orders stand in one file as ``[[orders]]``, or in one folder.

Takes days as TOML dates, mm, μm, kg, yen. Gives ``Order``. Limits: parts that are joined from
several parts are several orders.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from shuseki.directory import Directory
from shuseki.errors import DataError, ParameterError, ShusekiError, UnknownCodeError, examples
from shuseki.geography.areas import lookup
from shuseki.language import Message, joined, listed, say, words_of
from shuseki.reading.toml import read_toml
from shuseki.sourcing.matching import Step
from shuseki.sourcing.processes import grade_of

__all__ = ["Order", "OrderStep", "read_order", "read_orders"]

Unknown = Literal["refuse", "ask"]
STEPS = 14
"""Most steps of one order."""
SEQUENCES = 4000
"""Most states of a partial order: sets of steps done, with the last of them."""
LATEST = 3650
"""An order that is due later than this many days is taken for a mistake."""


@dataclass(frozen=True, slots=True)
class OrderStep:
    """One step, with its name and the names of the steps that must be done before it."""

    name: str
    step: Step
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A place: degrees, or ``None`` where unknown, and the municipality."""

    latitude: float | None = None
    longitude: float | None = None
    municipality: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """Something to be made by a chain of firms.

    Attributes
    ----------
    steps
        In the order in which they are written; ``after`` says what must come first.
    quantity
        Pieces.
    placed, due
        Days; the parts must arrive on the due day.
    hub
        Key of the firm that takes the order, or ``""``; in-house work is its work.
    cluster
        Where "inside the cluster" is; that of the hub by default.
    origin, destination
        Where material comes from and parts go to: a firm's key, a municipality's code or a place;
        ``None`` where it does not matter.
    piece_kg
        Weight of one piece, or ``None``.
    price_yen
        What the customer pays for the whole order, or ``None``.
    unknown
        Whether firms that did not declare what is asked are refused, or planned with and asked.

    Raises
    ------
    DataError, ParameterError, UnknownCodeError
        What is written is contradictory, impossible or names what is not there.
    """

    id: str
    steps: tuple[OrderStep, ...]
    quantity: int
    placed: date
    due: date
    hub: str = ""
    cluster: str = ""
    origin: str | Place | None = None
    destination: str | Place | None = None
    piece_kg: float | None = None
    size_mm: float | None = None
    price_yen: float | None = None
    unknown: Unknown = "refuse"

    def __post_init__(self) -> None:
        _check(self)

    @property
    def days(self) -> int:
        """Days from placing to the due day."""
        return (self.due - self.placed).days

    @property
    def weight_kg(self) -> float | None:
        """Weight of all pieces, or ``None`` where that of a piece is unknown."""
        return None if self.piece_kg is None else self.piece_kg * self.quantity

    def sequences(self) -> list[list[tuple[int, int]]]:
        """States by number of steps done: each a set of steps (bits) and the last of them.

        Raises
        ------
        ParameterError
            So many sequences are allowed that they cannot be gone through.
        """
        number = {one.name: k for k, one in enumerate(self.steps)}
        before = [sum(1 << number[name] for name in one.after) for one in self.steps]
        layers: list[list[tuple[int, int]]] = [
            [(1 << k, k) for k in range(len(self.steps)) if not before[k]]
        ]
        total = len(layers[0])
        for _ in range(len(self.steps) - 1):
            states = {
                (done | 1 << k, k)
                for done, _ in layers[-1]
                for k in range(len(self.steps))
                if not done >> k & 1 and before[k] & done == before[k]
            }
            total += len(states)
            if total > SEQUENCES:
                raise ParameterError(
                    say(
                        "Order {id!r}: its {n_steps} steps may be done in too many sequences "
                        "(more than {sequences} states). Expected fewer. Say with after = [...] "
                        "which steps must come first.",
                        id=self.id,
                        n_steps=len(self.steps),
                        sequences=SEQUENCES,
                    )
                )
            layers.append(sorted(states))
        return layers

    def place_of(self, what: str | Place | None, directory: Directory) -> Place | None:
        """Find a place: of a firm, a municipality, or as it was given.

        Raises
        ------
        UnknownCodeError
            Neither a firm of the directory nor a municipality.
        """
        if what is None or isinstance(what, Place):
            return what
        for firm in directory.firms:
            if firm.key == what:
                return Place(firm.latitude, firm.longitude, firm.municipality)
        if re.fullmatch(r"\d{5}", what):
            found = lookup(what)
            return Place(found.latitude, found.longitude, what)
        raise UnknownCodeError(
            say(
                "Order {id!r} names the place {what!r}. Expected a firm of the directory (such as "
                '"ota/12"), a municipality of five digits, or {{latitude = …, longitude = …}}. '
                "Correct it.",
                id=self.id,
                what=what,
            )
        )


def read_order(path: Path, *, today: date | None = None) -> Order:
    """Read one order from a TOML file.

    Parameters
    ----------
    today
        The day on which orders without ``placed`` are placed; the real one by default.

    Raises
    ------
    DataError, ParameterError, UnknownCodeError
        Every fault of the file, each with its field and what to do.
    """
    table = read_toml(path)
    if "orders" in table:
        raise DataError(
            say(
                "{path} holds {n:count(order)} as [[orders]]. Expected one order by itself. Use "
                "shuseki capacity for many.",
                path=path,
                n=len(_rows_of(table, path)),
            )
        )
    return order_from(table, path.name, default_id=path.stem, today=today)


def read_orders(path: Path, *, today: date | None = None) -> tuple[Order, ...]:
    """Read orders from a TOML file with ``[[orders]]``, of one order, or a folder of such files."""
    if path.is_dir():
        files = sorted(path.glob("*.toml"))
        if not files:
            raise ParameterError(
                say(
                    "No .toml file in {path}. Expected orders. Check the folder.",
                    path=path,
                )
            )
        orders = tuple(one for file in files for one in read_orders(file, today=today))
    else:
        table = read_toml(path)
        rows = _rows_of(table, path)
        others = sorted(set(table) - {"orders"}) if "orders" in table else []
        if others:
            raise DataError(
                say(
                    "{path}: {others} beside [[orders]]. Expected orders alone. Move it into the "
                    "order that it belongs to.",
                    path=path,
                    others=examples(others),
                )
            )
        if not rows:
            raise DataError(
                say(
                    "{path} holds no order. Expected [[orders]] tables. Write one.",
                    path=path,
                )
            )
        orders = tuple(
            order_from(
                row,
                say("{file}, order {k}", file=path.name, k=k),
                default_id=f"{path.stem}-{k}",
                today=today,
            )
            for k, row in enumerate(rows, 1)
        )
    seen: set[str] = set()
    twice = [one.id for one in orders if one.id in seen or seen.add(one.id)]  # type: ignore[func-returns-value]
    if twice:
        raise DataError(
            say(
                "Repeated orders: {twice}. Expected each id once. Rename one.",
                twice=examples(twice),
            )
        )
    return orders


def _rows_of(table: Mapping[str, Any], path: Path) -> list[dict[str, Any]]:
    """Tables of the orders of a file: those of ``[[orders]]``, or the file as one."""
    rows = table.get("orders", [table])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(
            say(
                "{path}: orders = {rows!r} is no list of tables. Expected [[orders]] tables. "
                "Write each order as one.",
                path=path,
                rows=rows,
            )
        )
    return rows


FIELDS: Mapping[str, tuple[type, ...]] = {
    "id": (str, int),
    "quantity": (int,),
    "placed": (date,),
    "due": (date,),
    "hub": (str,),
    "cluster": (str,),
    "origin": (str, dict),
    "destination": (str, dict),
    "piece_kg": (int, float),
    "price_yen": (int, float),
    "unknown": (str,),
    "material": (str,),
    "size_mm": (int, float),
    "steps": (list,),
}
STEP_FIELDS: Mapping[str, tuple[type, ...]] = {
    "name": (str,),
    "process": (str,),
    "material": (str,),
    "size_mm": (int, float),
    "tolerance_um": (int, float),
    "it_grade": (int,),
    "roughness_um": (int, float),
    "certificates": (list,),
    "after": (list,),
}
NEEDED = ("quantity", "due", "steps")
WORDS = ("certificates", "after")
"""Lists of text."""


def order_from(
    table: Mapping[str, Any], where: str, *, default_id: str, today: date | None = None
) -> Order:
    """Make an order of a table, naming every fault of it at once."""
    faults = _faults(table, FIELDS, where)
    faults += [
        say(
            "{where}: {name} is missing. Expected {wanted}. Add it.",
            where=where,
            name=name,
            wanted=WANTED[name],
        )
        for name in NEEDED
        if name not in table
    ]
    shared = {} if faults else table  # what steps take over, where it can be read
    rows = table.get("steps")
    rows = rows if isinstance(rows, list) else []
    steps: list[OrderStep] = []
    names: list[str] = []
    for k, row in enumerate(rows, 1):
        here = say("{where}, step {k}", where=where, k=k)
        if not isinstance(row, dict):
            faults.append(
                say(
                    "{here} is {row!r}. Expected a [[steps]] table. Write it as one.",
                    here=here,
                    row=row,
                )
            )
            continue
        found = _faults(row, STEP_FIELDS, here)
        if "process" not in row:
            found.append(
                say(
                    "{here}: process is missing. Expected a code such as turning. Add it.",
                    here=here,
                )
            )
        faults += found
        name = _name(row, names, k)
        after = row.get("after", names[-1:])
        names.append(name)
        if found:
            continue
        try:
            steps.append(OrderStep(name, _step(row, shared), tuple(map(str, after))))
        except ShusekiError as error:
            faults.append(say("{place}: {why}", place=here, why=words_of(error)))
    if faults:
        raise DataError(joined(faults, "\n"))
    places = {}
    for end in ("origin", "destination"):
        try:
            places[end] = _place(table.get(end), say("{where}: {end}", where=where, end=end))
        except ShusekiError as error:
            faults.append(words_of(error))
    if faults:
        raise DataError(joined(faults, "\n"))
    try:
        return Order(
            id=str(table.get("id", default_id)),
            steps=tuple(steps),
            quantity=table["quantity"],
            placed=table.get("placed") or today or date.today(),
            due=table["due"],
            hub=table.get("hub", ""),
            cluster=table.get("cluster", ""),
            piece_kg=table.get("piece_kg"),
            size_mm=table.get("size_mm"),
            price_yen=table.get("price_yen"),
            unknown=table.get("unknown", "refuse"),
            **places,
        )
    except ShusekiError as error:
        raise type(error)(say("{place}: {why}", place=where, why=words_of(error))) from error


WANTED: Mapping[str, Message] = {
    "quantity": say("a whole number of pieces"),
    "due": say("a day such as 2026-02-20"),
    "steps": say("one [[steps]] table or more"),
}


def _faults(
    table: Mapping[str, Any], known: Mapping[str, tuple[type, ...]], where: str
) -> list[str]:
    """Fields that are not known, and values of the wrong type."""
    faults: list[str] = []
    for name, value in table.items():
        if name not in known:
            faults.append(say("{place}: {why}", place=where, why=_no_field(name, known)))
            continue
        kinds = known[name]
        wrong = isinstance(value, bool) or not isinstance(value, kinds)
        wrong = wrong or (name in WORDS and not all(isinstance(one, str) for one in value))
        if wrong or (date in kinds and hasattr(value, "hour")):
            faults.append(
                say(
                    "{where}: {name} = {value!r}. Expected {kind}. Correct it.",
                    where=where,
                    name=name,
                    value=value,
                    kind=say("a list of texts in quotes")
                    if name in WORDS
                    else _either([KINDS[k] for k in kinds if k is not float]),
                )
            )
    return faults


def _either(kinds: Sequence[Message]) -> Message:
    """One kind of value, or one of two."""
    return kinds[0] if len(kinds) == 1 else say("{one} or {other}", one=kinds[0], other=kinds[1])


def _no_field(name: str, known: Mapping[str, Any]) -> Message:
    near = get_close_matches(name, known, n=1)
    advice = say("Did you mean {names}?", names=near[0]) if near else say("Take it out.")
    return say(
        "unknown field {name}. Expected one of {known}. {advice}",
        name=name,
        known=listed(known),
        advice=advice,
    )


KINDS: Mapping[type, Message] = {
    str: say("text in quotes"),
    int: say("a number"),
    date: say("a day without quotes, such as 2026-02-20"),
    list: say("a list"),
    dict: say("a table"),
}


def _name(row: Mapping[str, Any], names: Sequence[str], k: int) -> str:
    """Name of a step: as written, else its process, numbered where that repeats."""
    name = str(row.get("name") or row.get("process") or k)
    return name if name not in names or "name" in row else f"{name} {k}"


def _step(row: Mapping[str, Any], order: Mapping[str, Any]) -> Step:
    quantity = order.get("quantity")
    return Step(
        process=row["process"],
        material=row.get("material", order.get("material", "")),
        size_mm=row.get("size_mm", order.get("size_mm")),
        tolerance_um=row.get("tolerance_um"),
        it_grade=row.get("it_grade"),
        roughness_um=row.get("roughness_um"),
        quantity=quantity if isinstance(quantity, int) and quantity > 0 else None,
        certificates=tuple(map(str, row.get("certificates", ()))),
    )


def _place(given: Any, where: str) -> str | Place | None:
    if given is None or isinstance(given, str):
        return given
    numbers = [given.get("latitude"), given.get("longitude")]
    fits = all(isinstance(x, int | float) and not isinstance(x, bool) for x in numbers)
    if not fits or set(given) != {"latitude", "longitude"}:
        raise DataError(
            say(
                "{where} = {given!r}. Expected {{latitude = 35.4, longitude = 139.6}}. Correct it.",
                where=where,
                given=given,
            )
        )
    if not (abs(numbers[0]) <= 90 and abs(numbers[1]) <= 180):
        raise DataError(
            say(
                "{where}: latitude {numbers}, longitude {numbers_2}. Expected degrees within ±90 "
                "and ±180. Are they exchanged?",
                where=where,
                numbers=numbers[0],
                numbers_2=numbers[1],
            )
        )
    return Place(float(numbers[0]), float(numbers[1]))


# ---- what no order may be ------------------------------------------------------------------------


def _check(order: Order) -> None:
    here = say("Order {id!r}", id=order.id)
    if not order.steps:
        raise DataError(
            say(
                "{here} has no steps. Expected one or more. Add [[steps]] tables.",
                here=here,
            )
        )
    if len(order.steps) > STEPS:
        raise ParameterError(
            say(
                "{here} has {n_steps} steps. Expected at most {steps}. Plan it in parts.",
                here=here,
                n_steps=len(order.steps),
                steps=STEPS,
            )
        )
    if not isinstance(order.quantity, int) or order.quantity < 1:
        raise ParameterError(
            say(
                "{here}: quantity = {quantity}. Expected one piece or more. Correct it.",
                here=here,
                quantity=order.quantity,
            )
        )
    if order.due < order.placed:
        raise ParameterError(
            say(
                "{here} is due on {due}, before {placed}, when it is placed. Expected a later "
                "day. Correct due, or state placed for an order of the past.",
                here=here,
                due=order.due,
                placed=order.placed,
            )
        )
    if order.days > LATEST:
        raise ParameterError(
            say(
                "{here} is due on {due}, {days} days after it is placed. Expected at most "
                "{latest}. Correct the year.",
                here=here,
                due=order.due,
                days=order.days,
                latest=LATEST,
            )
        )
    for name in ("piece_kg", "price_yen", "size_mm"):
        value = getattr(order, name)
        if value is not None and not 0 < value < float("inf"):
            raise ParameterError(
                say(
                    "{here}: {name} = {value}. Expected a number above 0. Correct it, or leave it "
                    "out.",
                    here=here,
                    name=name,
                    value=value,
                )
            )
    if order.unknown not in ("refuse", "ask"):
        raise ParameterError(
            say(
                '{here}: unknown = {unknown!r}. Expected "refuse" or "ask". Choose one.',
                here=here,
                unknown=order.unknown,
            )
        )
    for one in order.steps:
        _check_step(here, one)
    _check_sequence(here, order.steps)


def _check_step(here: str, one: OrderStep) -> None:
    step = one.step
    if step.tolerance_um is None or step.size_mm is None:
        return
    if step.tolerance_um >= 1000 * step.size_mm:
        raise DataError(
            say(
                "{here}, step {one!r}: a tolerance of {tolerance_um:g} μm on a part of "
                "{size_mm:g} mm. Expected a tolerance smaller than the part. Is one of them in "
                "another unit?",
                here=here,
                one=one.name,
                tolerance_um=step.tolerance_um,
                size_mm=step.size_mm,
            )
        )
    told = grade_of(step.tolerance_um, step.size_mm)
    if step.it_grade is not None and told is not None and told != step.it_grade:
        raise DataError(
            say(
                "{here}, step {one!r}: it_grade = {it_grade}, but {tolerance_um:g} μm at "
                "{size_mm:g} mm is IT{told}. Expected one grade. State one of the two.",
                here=here,
                one=one.name,
                it_grade=step.it_grade,
                tolerance_um=step.tolerance_um,
                size_mm=step.size_mm,
                told=told,
            )
        )


def _check_sequence(here: str, steps: Sequence[OrderStep]) -> None:
    names = [one.name for one in steps]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(
            say(
                "{here}: repeated step names: {repeated}. Expected each once. Rename one.",
                here=here,
                repeated=examples(repeated),
            )
        )
    for one in steps:
        nobody = sorted(set(one.after) - set(names))
        if nobody:
            raise UnknownCodeError(
                say(
                    "{here}, step {one!r} comes after {nobody}. Expected names of its steps: "
                    "{names}. Correct after.",
                    here=here,
                    one=one.name,
                    nobody=examples(nobody),
                    names=examples(names),
                )
            )
    left = {one.name: set(one.after) for one in steps}
    while left:
        free = [name for name, before in left.items() if not before & set(left)]
        if not free:
            raise DataError(
                say(
                    "{here}: steps wait for one another: {ring}. Expected a sequence. Take one "
                    "name out of an after.",
                    here=here,
                    ring=" → ".join(_ring(left)),
                )
            )
        for name in free:
            del left[name]


def _ring(left: Mapping[str, set[str]]) -> list[str]:
    """Steps that go round in a circle, the first one at both ends."""
    path = [min(left)]
    while path.count(path[-1]) == 1:
        path.append(min(left[path[-1]] & set(left)))
    ring = path[path.index(path[-1]) :]
    assert all(earlier in left[later] for later, earlier in pairwise(ring))
    return ring
