"""Is everything looked at before the address is said?"""

import socket
from pathlib import Path

import pytest

from shuseki.app import site
from shuseki.app.directory import REGISTRY
from shuseki.app.state import Settings
from shuseki.disk import locked
from shuseki.errors import DataError, OutputError


class Running:
    """Stands in for the server: what it is given, and that it was run."""

    def __init__(self, config) -> None:
        Running.config = config
        Running.port = None

    def run(self, sockets) -> None:
        with socket.create_connection(sockets[0].getsockname()):  # it is open by now
            Running.port = sockets[0].getsockname()[1]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setattr(site.uvicorn, "Server", Running)
    return []


def test_the_port_that_is_said_is_open(tmp_path: Path, said: list[int]):
    site.serve(Settings(tmp_path / "data", warm=False), port=0, ready=said.append)
    assert said == [Running.port]
    assert said[0] > 0


def test_a_port_that_is_taken_is_refused_in_words(tmp_path: Path, said: list[int]):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OutputError, match=rf"Port {port} of 127.0.0.1 .* --port"):
            site.serve(Settings(tmp_path / "data", warm=False), port=port, ready=said.append)
    assert said == []


@pytest.mark.parametrize("host", ["203.0.113.1", "no such host", "x" * 300])
def test_an_address_of_another_machine_is_refused(tmp_path: Path, said: list[int], host: str):
    with pytest.raises(OutputError, match="cannot be used"):
        site.serve(Settings(tmp_path / "data", warm=False), host=host, port=0, ready=said.append)
    assert said == []


@pytest.mark.parametrize("place", ["file", "file/below", "data/jobs"])
def test_a_folder_that_is_none_is_refused_before(tmp_path: Path, said: list[int], place: str):
    blocked = tmp_path / place.removesuffix("/below")
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_text("x")
    folder = tmp_path / ("data" if place == "data/jobs" else place)
    with pytest.raises(OutputError, match=r"cannot be used.*--data"):
        site.serve(Settings(folder, warm=False), port=0, ready=said.append)
    assert said == []


def test_accounts_that_are_no_database_are_refused_before(tmp_path: Path, said: list[int]):
    (tmp_path / "app.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(DataError, match="cannot be used"):
        site.serve(Settings(tmp_path, accounts=True, warm=False), port=0, ready=said.append)
    assert said == []


def test_a_registry_that_is_none_is_refused_before(tmp_path: Path, said: list[int]):
    (tmp_path / REGISTRY).write_bytes(b"no database at all" * 100)
    with pytest.raises(DataError, match=REGISTRY):
        site.serve(Settings(tmp_path, warm=False), port=0, ready=said.append)
    assert said == []


def test_one_app_for_a_folder(tmp_path: Path, said: list[int]):
    (tmp_path / "jobs").mkdir()
    with locked(tmp_path / "jobs"), pytest.raises(OutputError, match="Another app uses"):
        site.serve(Settings(tmp_path, warm=False), port=0, ready=said.append)
    assert said == []
    site.serve(Settings(tmp_path, warm=False), port=0, ready=said.append)
    assert len(said) == 1


def test_no_answer_waits_for_an_acknowledgement():
    with site._opened("127.0.0.1", 0) as place:
        with socket.create_connection(place.getsockname()):
            connection, _ = place.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
