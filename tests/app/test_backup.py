"""Does a backup give everything back?"""

import io
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from shuseki.app.accounts import METADATA, Accounts
from shuseki.app.backup import back_up, restore
from shuseki.app.directory import REGISTRY
from shuseki.app.jobs import Jobs
from shuseki.app.uploads import Uploads
from shuseki.directory import Directory, Firm
from shuseki.errors import DataError, OutputError
from shuseki.sourcing.registry.store import Registry

PASSWORD = "correct horse battery"
WAVE = b"id,municipality,industry,employees\n1,13101,29,5\n"


def engine_at(folder: Path) -> sa.Engine:
    folder.mkdir(parents=True, exist_ok=True)
    return sa.create_engine(f"sqlite:///{folder / 'app.sqlite'}")


@pytest.fixture(params=["sqlite", "postgresql", "sqlite to postgresql", "postgresql to sqlite"])
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[sa.Engine]]:
    """The database that is taken away, and the empty one into which it goes."""
    made: list[sa.Engine] = []
    kinds = request.param.split(" to ") * 2
    for kind, name in zip(kinds[:2], ("data", "new"), strict=True):
        if kind == "sqlite":
            made.append(engine_at(tmp_path / name))
            continue
        psycopg = pytest.importorskip("psycopg")
        url = request.getfixturevalue("postgresql")
        database = f"app_{name}_{time.monotonic_ns()}"
        with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        address = sa.make_url(f"{url}/{database}").set(drivername="postgresql+psycopg")
        made.append(sa.create_engine(address))
    yield made
    for engine in made:
        engine.dispose()


def test_a_backup_gives_everything_back(tmp_path: Path, engines: list[sa.Engine], fast_hasher):
    data = tmp_path / "data"
    accounts = Accounts(engines[0], fast_hasher)
    accounts.add("mei", PASSWORD, "member", "ota")
    accounts.set_firm("mei", "ota/1")
    assert accounts.sign_in("mei", "another password") is None  # a failure is kept too
    word = accounts.sign_in("mei", PASSWORD) or ""
    accounts.log(accounts.who(word), "sign in")
    upload = Uploads(data / "uploads").add(io.BytesIO(WAVE), "w.csv", "mei", "house", 2001)
    job = Jobs(data / "jobs", at_once=0).add("S", "mei", {"w.csv": WAVE}, "[study]\n")
    with Registry.create(data / REGISTRY, "ota") as registry:
        registry.put(Directory((Firm("1", "ota", "山田製作所", employees=9),)))
    file = tmp_path / "b.tar"
    count = back_up(data, accounts.engine, METADATA, file)
    assert file.stat().st_mode & 0o077 == 0

    new = tmp_path / "new"
    again = Accounts(engines[1], fast_hasher)
    assert restore(file, new, engines[1], METADATA) == count
    assert again.all() == accounts.all()
    assert again.who(word) == accounts.who(word)
    assert again.firm_of("mei") == "ota/1"
    before = list(accounts.logged())
    assert list(again.logged()) == before
    again.log(again.who(word), "sign out")  # what comes after is counted on, not over
    assert again.sign_in("mei", PASSWORD)
    assert [one["action"] for one in again.logged()] == ["sign out", "sign in"]
    assert Uploads(new / "uploads").get(upload.key).file.read_bytes() == WAVE
    assert Jobs(new / "jobs", at_once=0).get(job.key).title == "S"
    with Registry.open(new / REGISTRY) as registry:
        assert registry.directory().firms == (Firm("1", "ota", "山田製作所", employees=9),)
    assert (new / "uploads" / upload.key).stat().st_mode & 0o077 == 0


def test_what_is_not_the_apps_is_not_taken_away(tmp_path: Path, fast_hasher):
    """A database may hold other things: their rows leave in no backup."""
    accounts = Accounts(engine_at(tmp_path), fast_hasher)
    accounts.add("mei", PASSWORD)
    with accounts.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE wages (yen INTEGER)"))
        connection.execute(sa.text("INSERT INTO wages VALUES (4000000)"))
    back_up(tmp_path, accounts.engine, METADATA, tmp_path / "b.tar")
    assert b"4000000" not in (tmp_path / "b.tar").read_bytes()


def test_a_backup_does_not_go_over_what_is_there(tmp_path: Path, fast_hasher):
    data = tmp_path / "data"
    accounts = Accounts(engine_at(data), fast_hasher)
    accounts.add("mei", PASSWORD)
    Uploads(data / "uploads").add(io.BytesIO(WAVE), "w.csv", "mei", "house", 2001)
    file = tmp_path / "b.tar"
    back_up(data, accounts.engine, METADATA, file)
    with pytest.raises(OutputError, match="not empty"):
        restore(file, data, accounts.engine, METADATA)
    with pytest.raises(OutputError, match="table accounts is not empty"):
        restore(file, tmp_path / "other", accounts.engine, METADATA)
    assert not (tmp_path / "other" / "uploads").exists()


@pytest.mark.parametrize("name", ["../evil", "uploads/../../evil", "/etc/evil"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str):
    file = tmp_path / "b.tar"
    with tarfile.open(file, "w") as pack:
        for entry, content in (("format.json", b'{"format": "shuseki backup 1"}'), (name, b"x")):
            told = tarfile.TarInfo(entry)
            told.size = len(content)
            pack.addfile(told, io.BytesIO(content))
    if name.startswith("uploads"):
        with pytest.raises(DataError, match="no file of a backup"):
            restore(file, tmp_path / "new", engine_at(tmp_path / "new"), METADATA)
    else:
        restore(file, tmp_path / "new", engine_at(tmp_path / "new"), METADATA)
    assert not (tmp_path / "evil").exists()
    assert not Path("/etc/evil").exists()


@pytest.mark.parametrize("content", [b"", b"no tar", b"x" * 2000])
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes):
    file = tmp_path / "b.tar"
    file.write_bytes(content)
    with pytest.raises(DataError):
        restore(file, tmp_path / "new", engine_at(tmp_path / "new"), METADATA)
