"""The application over a folder of its own, with and without accounts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from shuseki.app import accounts as accounts_room
from shuseki.app import site
from shuseki.app.state import Settings

PASSWORD = "correct horse battery"
PEOPLE = {
    "rin": ("reader", ""),
    "mei": ("member", "ota"),
    "koji": ("coordinator", "ota"),
    "sachi": ("coordinator", "suwa"),
    "ada": ("administrator", ""),
}
OURS = {"sec-fetch-site": "same-origin"}


@pytest.fixture(scope="session")
def fast_hasher() -> PasswordHasher:
    """Argon2 at its smallest: what is tested is not its strength."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session")
def loop() -> Iterator[BlockingPortal]:
    """The loop of every client: each request would start a thread and a loop of its own."""
    with start_blocking_portal() as started:
        yield started


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Nobody signs in: whoever sits at the machine is the administrator."""
    made = site.make_app(Settings(tmp_path_factory.mktemp("app"), warm=False))
    with TestClient(made, base_url="http://localhost", headers=OURS) as found:
        yield found


@pytest.fixture
def service(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fast_hasher: PasswordHasher,
    loop: BlockingPortal,
) -> Iterator[Callable[[str], TestClient]]:
    """People sign in: ``service("rin")`` is the reader Rin, ``service("")`` is nobody."""
    monkeypatch.setattr(accounts_room, "PasswordHasher", lambda: fast_hasher)
    made = site.make_app(Settings(tmp_path / "data", accounts=True, warm=False))
    accounts = made.state.shuseki.accounts
    for name, (role, cluster) in PEOPLE.items():
        accounts.add(name, PASSWORD, role, cluster)
    opened: list[TestClient] = []

    def sign_in(name: str) -> TestClient:
        found = TestClient(made, base_url="http://localhost", headers=OURS, follow_redirects=False)
        found.portal = loop
        opened.append(found)
        if name:
            answer = found.post("/en/sign-in", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303
        return found

    yield sign_in
    for one in opened:
        one.close()
