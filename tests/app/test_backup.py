"""Does a backup give everything back?"""

import io
import tarfile
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


def test_a_backup_gives_everything_back(tmp_path: Path, fast_hasher):
    data = tmp_path / "data"
    accounts = Accounts(engine_at(data), fast_hasher)
    accounts.add("mei", PASSWORD, "member", "ota")
    word = accounts.sign_in("mei", PASSWORD) or ""
    accounts.log(accounts.who(word), "sign in")
    upload = Uploads(data / "uploads").add(io.BytesIO(WAVE), "w.csv", "mei", "house", 2001)
    job = Jobs(data / "jobs", at_once=0).add("S", "mei", {"w.csv": WAVE}, "[study]\n")
    with Registry.create(data / REGISTRY, "ota") as registry:
        registry.put(Directory((Firm("1", "ota", "A"),)))
    file = tmp_path / "b.tar"
    count = back_up(data, accounts.engine, file)
    assert file.stat().st_mode & 0o077 == 0

    new = tmp_path / "new"
    assert restore(file, new, engine_at(new), METADATA) == count
    again = Accounts(engine_at(new), fast_hasher)
    assert again.who(word) == accounts.who(word)
    assert list(again.logged()) == list(accounts.logged())
    assert Uploads(new / "uploads").get(upload.key).file.read_bytes() == WAVE
    assert Jobs(new / "jobs", at_once=0).get(job.key).title == "S"
    with Registry.open(new / REGISTRY) as registry:
        assert registry.directory().keys == ("ota/1",)
    assert (new / "uploads" / upload.key).stat().st_mode & 0o077 == 0


def test_a_backup_does_not_go_over_what_is_there(tmp_path: Path, fast_hasher):
    data = tmp_path / "data"
    accounts = Accounts(engine_at(data), fast_hasher)
    accounts.add("mei", PASSWORD)
    Uploads(data / "uploads").add(io.BytesIO(WAVE), "w.csv", "mei", "house", 2001)
    file = tmp_path / "b.tar"
    back_up(data, accounts.engine, file)
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
