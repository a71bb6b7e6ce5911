"""Two directories that differ only in what a reader may not see give that reader the same bytes."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from datetime import date
from itertools import pairwise
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shuseki.datasets.clusters import synthetic_clusters
from shuseki.directory import TABLES, Directory, Rating, Tie
from shuseki.errors import ShusekiError
from shuseki.language import told as told_in
from shuseki.language import words_of
from shuseki.sourcing.exchange import directory_json, exchange, found_json
from shuseki.sourcing.federation import Request, public_key_of, signed_request
from shuseki.sourcing.gaps import gaps
from shuseki.sourcing.matching import Step
from shuseki.sourcing.orders import Order, OrderStep
from shuseki.sourcing.planner import plan
from shuseki.sourcing.registry.documents import canonical
from shuseki.sourcing.registry.store import Registry
from shuseki.sourcing.registry.visibility import (
    LEVELS,
    RANK,
    Visibility,
    band,
    check_levels,
    order_of,
    view,
)
from shuseki.sourcing.search import search

PAIRS = 1000
QUERIES = (
    "研磨 SUS304 φ20 IT9 鯖江から1000km",
    "turning dia 30 mm IT10 100 pcs near Suwa",
    "めっき ISO9001",
    "プレス 合成",
)
BASES = [
    synthetic_clusters(seed, 8, clusters=("ota", "suwa", "sabae"), weeks=1, unknown_share=0.2)
    for seed in range(12)
]
ORDERS = [
    Order(
        "one",
        (OrderStep("1", Step("milling", "SUS304", 40, it_grade=10, quantity=20)),),
        quantity=20,
        placed=date(2026, 1, 5),
        due=date(2026, 6, 5),
        cluster="ota",
        piece_kg=0.1,
        price_yen=900_000,
    ),
    Order(
        "two",
        (
            OrderStep("1", Step("turning", quantity=20)),
            OrderStep("2", Step("assembly", quantity=20), ("1",)),
        ),
        quantity=20,
        placed=date(2026, 1, 5),
        due=date(2026, 6, 5),
        cluster="suwa",
        piece_kg=0.1,
        unknown="ask",
    ),
]
OTHER: dict[str, Callable[[random.Random, Any], Any]] = {
    "employees": lambda rng, _: rng.choice([None, rng.randrange(1, 500)]),
    "owner_age": lambda rng, _: rng.choice([None, rng.randrange(30, 90)]),
    "successor": lambda rng, _: rng.choice(["decided", "undecided", "will_close", "unknown"]),
    "latitude": lambda rng, _: rng.choice([None, round(rng.uniform(30, 40), 4)]),
    "longitude": lambda rng, _: rng.choice([None, round(rng.uniform(130, 141), 4)]),
    "coordinator": lambda rng, _: rng.random() < 0.5,
    "materials": lambda rng, _: tuple(rng.sample(["steel", "plastic", "copper"], 2)),
    "certificates": lambda rng, _: tuple(rng.sample(["ISO9001", "JISQ9100"], 1)),
    "evidence": lambda rng, _: rng.choice(["declared", "verified", "observed"]),
    "valid_until": lambda rng, _: rng.choice([None, date(2020 + rng.randrange(12), 1, 1)]),
    "as_of": lambda rng, _: rng.choice([None, date(2026, 1, 1 + rng.randrange(20))]),
    "last": lambda rng, _: rng.choice([None, date(2025, 1, 1 + rng.randrange(20))]),
    "on": lambda rng, _: rng.choice([None, date(2025, 1, 1 + rng.randrange(20))]),
    "kind": lambda rng, _: rng.choice(["order", "joint", "lending"]),
}


def another(rng: random.Random, f: Any, value: Any) -> Any:
    """Another value of a field."""
    if f.name in OTHER:
        return OTHER[f.name](rng, value)
    if "float" in str(f.type) or "int" in str(f.type):
        return (
            rng.choice([None, rng.randrange(1, 100)])
            if "None" in str(f.type)
            else rng.randrange(1, 9)
        )
    return f"hidden {rng.randrange(10**6)}"


def changed(
    rng: random.Random, held: Directory, role: str, home: str, rules: Visibility
) -> Directory:
    """The same directory to a reader, and another one to its owner: everything hidden is changed.

    What is hidden is told from the levels themselves, not from what ``view`` does.
    """
    cluster = {firm.key: firm.cluster for firm in held.firms}
    tables: dict[str, list[Any]] = {}
    hidden_firms = {
        firm.key
        for firm in held.firms
        if RANK[rules.of("firms", [firm.key])] > rank_of(role, cluster[firm.key] == home)
    }
    for table, kind in TABLES.items():
        rows: list[Any] = []
        for row in getattr(held, table):
            owners = owners_of(row, table)
            at_home = all(cluster[owner] == home for owner in owners)
            rank = rank_of(role, at_home)
            gone = RANK[rules.of(table, owners)] > rank or bool(hidden_firms & set(owners))
            if gone and table != "firms" and rng.random() < 0.5:
                continue  # a row that may not be seen may as well not be there
            new = {}
            for f in fields(kind):
                if f.default is MISSING and not (f.name == "free_hours" and not gone):
                    continue
                seen = RANK[rules.of(f"{table}.{f.name}", owners)] <= rank and not gone
                exact = at_home and rank >= RANK["coordinator"]
                value = getattr(row, f.name)
                if not seen:
                    new[f.name] = another(rng, f, value)
                elif not exact and f.name in ("rate_yen_per_hour", "free_hours", "amount_yen"):
                    new[f.name] = in_the_same_band(rng, f.name, value)
            rows.append(replace(row, **new))
        if (
            RANK[rules.of(table)] > rank_of(role, False)
            and table in ("ties", "ratings")
            and not rules.own
        ):
            rows += invented(rng, held, table, home, role, rules, cluster)
        rng.shuffle(rows)
        tables[table] = rows
    made = {table: tuple(rows) for table, rows in tables.items()}
    return Directory(**made, sources=held.sources, notes=held.notes)


def owners_of(row: Any, table: str) -> tuple[str, ...]:
    if table == "firms":
        return (row.key,)
    return (row.source, row.target) if table == "ties" else (row.firm,)


def rank_of(role: str, at_home: bool) -> int:
    return RANK[role] if at_home else min(RANK[role], RANK["coordinator"])


def in_the_same_band(rng: random.Random, name: str, value: float | None) -> float | None:
    if value is None:
        return None
    for _ in range(50):
        other = value * rng.uniform(0.7, 1.4)
        if band(name, other) == band(name, value):
            return other
    return value


def invented(
    rng: random.Random, held: Directory, table: str, home: str, role: str, rules: Visibility,
    cluster: dict[str, str],
) -> list[Any]:  # fmt: skip
    """Rows that are there in one directory only, and that the reader may not see."""
    one, other = rng.sample(held.keys, 2)
    owners = (one, other) if table == "ties" else (one,)
    at_home = all(cluster[owner] == home for owner in owners)
    if RANK[rules.of(table, owners)] <= rank_of(role, at_home):
        return []
    if table == "ties":
        return [Tie(one, other, "ownership", 5.0, 1, date(2025, 5, 5))]
    return [Rating(one, "hidden", 1, 1, 1)]


def answers(held: Directory, role: str, home: str, rules: Visibility) -> tuple[str, ...]:
    """Everything that a reader is given: the view, files, rankings and explanations."""
    seen = view(held, role, home, rules)
    told = [directory_json(seen), repr([getattr(seen, table) for table in TABLES])]
    for query in QUERIES:
        try:
            found = search(seen, query)
        except ShusekiError as error:  # what is refused, and which terms are near, is an answer
            told += [str(error), told_in(words_of(error), "ja")]
            continue
        told.append(canonical([found_json(found, lang) for lang in ("en", "ja")]))
        told.append(found.to_frame().to_csv())
    told += [seen.to_frame(table).to_csv() for table in TABLES]
    return (*told, *plans(seen))


def plans(seen: Directory) -> list[str]:
    """What is planned from a view, every number and reason of it, and its gaps."""
    told = []
    if not seen.firms:
        return told
    for order in ORDERS:
        try:
            made = plan(order, seen, draws=2)
        except ShusekiError as error:
            told.append(str(error))
            continue
        told += [made.summary(), made.to_frame().to_csv(), made.stops_frame().to_csv()]
        told += [made.front.to_csv(), made.refused_frame().to_csv(), made.unused.to_csv()]
    found = gaps(ORDERS, seen)
    return [*told, found.summary(), found.cells.to_csv(), found.fillers.to_csv()]


def some_rules(rng: random.Random, held: Directory) -> Visibility:
    """Levels of a cluster that has thought about them, and of a firm or two that have as well."""
    names = [f"{table}.{f.name}" for table, kind in TABLES.items() for f in fields(kind)]
    names = [n for n in names if n.rpartition(".")[2] not in ("id", "cluster", "firm")]
    general = {name: rng.choice(LEVELS) for name in rng.sample(names, rng.randrange(4))}
    own = {
        key: {name: rng.choice(LEVELS) for name in rng.sample([*names, "firms", "equipment"], 2)}
        for key in rng.sample(held.keys, rng.randrange(3))
    }
    return Visibility(general, own)


@pytest.mark.parametrize(
    "part", [*range(2), *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 40))]
)
def test_what_is_hidden_changes_no_answer(part: int) -> None:
    """1,000 pairs in all, of which a twentieth in the quick suite."""
    rng = random.Random(part)
    really_changed = 0
    for _ in range(PAIRS // 40):
        held = rng.choice(BASES)
        role, home = rng.choice(LEVELS), rng.choice(["", "ota", "suwa", "sabae"])
        rules = some_rules(rng, held)
        other = changed(rng, held, role, home, rules)
        really_changed += repr(sorted(held.firms, key=order_of)) != repr(
            sorted(other.firms, key=order_of)
        )
        assert answers(other, role, home, rules) == answers(held, role, home, rules)
    assert really_changed > PAIRS // 160  # the pairs do differ


def work(task: Callable[[], Any]) -> int:
    """Calls that a task makes: what its time follows, without the noise of a clock."""
    calls = 0

    def counted(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        task()
    finally:
        sys.setprofile(before)
    return calls


def test_what_is_hidden_changes_no_order_of_magnitude_of_time() -> None:
    """A directory with nothing hidden but ties and ratings by the hundred: their number is secret.

    The view alone may look at what it leaves out; what follows it is the same work to the call.
    """
    rng = random.Random(4)
    held = BASES[5]
    keys = list(held.keys)
    rows = [Tie(*rng.sample(keys, 2), "ownership", 5.0, 1, date(2025, 5, 5)) for _ in range(300)]
    marks = [Rating(rng.choice(keys), "hidden", 1, 1, 1) for _ in range(300)]
    more = replace(held, ties=(*held.ties, *rows), ratings=(*held.ratings, *marks))
    query = QUERIES[0]

    def asked(directory: Directory) -> int:
        return work(lambda: search(view(directory, "public"), query))

    asked(held)  # the first time reads dictionaries
    assert asked(held) <= asked(more) < 2 * asked(held)
    one, other = view(held, "public"), view(more, "public")
    for task in (lambda seen: search(seen, query), directory_json):
        assert work(lambda t=task: t(one)) == work(lambda t=task: t(other))


def test_what_is_seen_does_change_answers() -> None:
    """The test above could not fail if views showed nothing."""
    held = BASES[0]
    for table, name in (("firms", "name"), ("capabilities", "it_grade"), ("firms", "latitude")):
        rows = tuple(
            replace(row, **{name: "x" if name == "name" else 3}) for row in getattr(held, table)
        )
        other = replace(held, **{table: rows})
        assert answers(other, "public", "", Visibility()) != answers(
            held, "public", "", Visibility()
        )


@pytest.mark.parametrize("role", LEVELS)
def test_a_view_of_a_view_is_the_view(role: str) -> None:
    seen = view(BASES[1], role, "ota")
    assert repr(view(seen, role, "ota").capabilities) == repr(seen.capabilities)
    assert repr(view(seen, role, "ota").loads) == repr(seen.loads)


@pytest.mark.parametrize("home", ["", "ota"])
def test_a_higher_role_sees_no_less(home: str) -> None:
    sizes = [
        [len(getattr(view(BASES[2], role, home), table)) for table in TABLES] for role in LEVELS
    ]
    for lower, higher in pairwise(sizes):
        assert all(a <= b for a, b in zip(lower, higher, strict=True))


def test_loads_and_prices_leave_as_bands_only() -> None:
    seen = view(BASES[3], "coordinator", "elsewhere")
    assert {band("rate_yen_per_hour", c.rate_yen_per_hour) for c in seen.capabilities} == {
        c.rate_yen_per_hour for c in seen.capabilities
    }
    exact = {(x.firm, x.week, x.process): x.free_hours for x in BASES[3].loads}
    for load in seen.loads:
        assert load.free_hours <= exact[load.firm, load.week, load.process]
        assert load.free_hours in (0, 4, 8, 16, 24, 40, 60, 80, 120, 160)


def test_bands_by_hand() -> None:
    # 5,000 to 6,500 yen is shown as 5,750; what is above the last edge as that edge
    assert band("rate_yen_per_hour", 5000) == band("rate_yen_per_hour", 6499.99) == 5750
    assert band("rate_yen_per_hour", 6500) == 7250
    assert band("rate_yen_per_hour", 10**6) == 25_000
    assert band("free_hours", 39.9) == 24
    assert band("free_hours", float("nan")) is None


def test_roles_that_are_none() -> None:
    with pytest.raises(ValueError, match="'boss'"):
        view(BASES[0], "boss")
    with pytest.raises(ValueError, match="PUBLIC"):
        check_levels(["PUBLIC"])


# ---- through registries and their API ------------------------------------------------------------

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
READER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
NONCE = "0" * 31 + "1"


def all_answers(registry: Registry, audience: str, moment: int) -> list[tuple[int, bytes]]:
    """Every page, search and export that an audience gets over HTTP."""
    app = exchange(registry, KEY)
    targets = [f"/log?after={n}&nonce={NONCE}" for n in (0, 1, 3)]
    targets += ["/directory", "/about", "/search?lang=ja&q=研磨", "/search?q=turning near Suwa",
                "/search?q=", "/search?q=円筒研磨"]  # fmt: skip

    async def ask() -> list[tuple[int, bytes]]:
        told = []
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ota.test") as client:
            for n, target in enumerate(targets):
                url = client.base_url.join(target)
                headers = {}
                if audience != "public":
                    sent = url.raw_path.decode()
                    asked = Request("reader", "ota", sent, moment, f"{n:032x}")
                    headers = signed_request(READER, asked)
                answer = await client.get(url, headers=headers)
                told.append((answer.status_code, answer.content))
        return told

    return asyncio.run(ask())


@pytest.mark.parametrize("audience", ["public", "partner", "coordinator"])
def test_what_is_hidden_changes_no_byte_of_the_api(
    audience: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 1_790_000_000
    monkeypatch.setattr("shuseki.sourcing.exchange.time.time", lambda: moment)
    rng = random.Random(audience)
    for n in range(4):
        held = BASES[n].of_clusters("ota")
        rules = Visibility({}, {})
        told = []
        for which in ("one", "other"):
            registry = Registry.create(tmp_path / f"{n}{which}.sqlite", "ota")
            registry.add_peer("reader", "", public_key_of(READER), audience)
            first = held if which == "one" else changed(rng, held, audience, "", rules)
            registry.put(first)
            if which == "other":  # a history of changes that nobody may see
                for _ in range(2):
                    registry.put(changed(rng, held, audience, "", rules))
            visible = replace(held, firms=(replace(held.firms[0], name="renamed"), *held.firms[1:]))
            registry.put(visible if which == "one" else changed(rng, visible, audience, "", rules))
            told.append(all_answers(registry, audience, moment))
            registry.close()
        assert told[0] == told[1]
        assert [status for status, _ in told[0]] == [200] * 7 + [400] * 2
