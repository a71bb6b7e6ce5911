"""Who may see what: every question for every role, and nothing hidden through any of them."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from shuseki.app import accounts as accounts_room
from shuseki.app import site
from shuseki.app.directory import REGISTRY, ROLES
from shuseki.app.questions import QUESTIONS
from shuseki.app.state import Settings
from shuseki.datasets.clusters import synthetic_clusters
from shuseki.directory import Directory, Firm
from shuseki.sourcing.registry.store import Registry

PASSWORD = "correct horse battery"
PEOPLE = {
    "": ("nobody", ""),
    "rin": ("reader", ""),
    "mei": ("member", "ota"),
    "koji": ("coordinator", "ota"),
    "sachi": ("coordinator", "suwa"),
    "ada": ("administrator", ""),
}
"""As in conftest."""
SLOW = {"bifurcation", "capacity", "rents", "gaps", "network", "counterfactual", "audit", "orders"}
HIDDEN = [
    "/api/companies?search=研磨",
    "/en/companies?search=研磨",
    "/api/companies.csv?search=研磨",
    "/api/company?firm=ota/0001",
    "/ja/company?firm=ota/0001",
    "/api/orders?steps=研磨",
    "/en/orders?steps=研磨",
    "/api/gaps?orders=5",
    "/api/network",
    "/api/inquiry",
]


def test_every_question_for_every_role(service: Callable[[str], TestClient]):
    """All ask one app: what does not depend on who asks is computed once."""
    for name in PEOPLE:
        client = service(name)
        for question in QUESTIONS:
            if question not in SLOW:
                assert client.get(f"/api/{question}").status_code == 200, (name, question)


def test_a_role_that_is_withdrawn_loses_its_pages(service: Callable[[str], TestClient]):
    ada = service("ada")
    assert ada.get("/en/accounts").status_code == 200
    ada.app.state.shuseki.accounts.change("ada", role="reader")  # type: ignore[attr-defined]
    assert ada.get("/en/accounts").status_code == 403


def test_nobody_is_the_owner_of_records():
    assert "private" not in ROLES.values()


def other_ages(firm: Firm, rng: random.Random) -> Firm:
    """Another owner's age and successor, which only coordinators of the cluster see."""
    return replace(
        firm,
        owner_age=rng.randrange(30, 90),
        successor=rng.choice(["decided", "undecided", "will_close", "unknown"]),
    )


@pytest.fixture
def opened(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fast_hasher: PasswordHasher,
    loop: BlockingPortal,
) -> Iterator[Callable[[str, Directory, str], TestClient]]:
    """A service over a directory, with one reader signed in."""
    monkeypatch.setattr(accounts_room, "PasswordHasher", lambda: fast_hasher)
    clients: list[TestClient] = []

    def make(name: str, held: Directory, folder: str) -> TestClient:
        data = tmp_path / folder
        data.mkdir()
        with Registry.create(data / REGISTRY, "ota") as registry:
            registry.put(held)
        made = site.make_app(Settings(data, accounts=True, warm=False))
        ours = {"sec-fetch-site": "same-origin"}
        client = TestClient(made, base_url="http://localhost", headers=ours, follow_redirects=False)
        client.portal = loop
        clients.append(client)
        if name:
            role, cluster = PEOPLE[name]
            made.state.shuseki.accounts.add(name, PASSWORD, role, cluster)
            client.post("/en/sign-in", data={"name": name, "password": PASSWORD})
        return client

    yield make
    for client in clients:
        client.close()


@pytest.mark.parametrize("name", ["", "rin", "mei", "ada"])
def test_what_is_hidden_changes_no_answer(opened, name: str):
    held = synthetic_clusters(3, 24, clusters=("ota",), weeks=1)
    rng = random.Random(1)
    firms = tuple(other_ages(firm, rng) for firm in held.firms)
    one, other = opened(name, held, "one"), opened(name, replace(held, firms=firms), "other")
    for path in HIDDEN:
        first, second = one.get(path), other.get(path)
        assert first.status_code == second.status_code < 500, path
        assert first.content == second.content, path
        assert first.headers == second.headers, path  # sizes and marks say nothing either


def test_what_is_shown_to_a_role_is_seen_by_it(opened):
    """The comparison above can fail: a coordinator of the cluster sees the ages."""
    held = synthetic_clusters(3, 24, clusters=("ota",), weeks=1)
    known = next(firm for firm in held.firms if firm.owner_age is not None)
    ages = {}
    for name in ("koji", "mei"):
        client = opened(name, held, name)
        told = client.get("/api/company", params={"firm": known.key}).json()["tables"][0]
        ages[name] = {row["column"]: row["value"] for row in told["rows"]}["owner_age"]
    assert ages == {"koji": known.owner_age, "mei": None}
