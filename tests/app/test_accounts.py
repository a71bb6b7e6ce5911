"""Does a name and a password open what it should, and nothing else?"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from shuseki.app import accounts as room
from shuseki.app.accounts import NOBODY, ROLES, SESSIONS, Account, Accounts, TooManyFailuresError
from shuseki.errors import DataError, ParameterError, UnknownCodeError

PASSWORD = "correct horse battery"


@pytest.fixture
def accounts(tmp_path: Path, fast_hasher) -> Accounts:
    return Accounts(sa.create_engine(f"sqlite:///{tmp_path / 'a.sqlite'}"), fast_hasher)


def test_a_session_is_its_owners(accounts: Accounts):
    accounts.add("mei", PASSWORD, "member", "ota")
    word = accounts.sign_in("mei", PASSWORD)
    assert word is not None
    assert accounts.who(word) == Account("mei", "member", "ota")
    accounts.sign_out(word)
    assert accounts.who(word) == NOBODY


@pytest.mark.parametrize("word", ["", "x", "' OR 1=1 --", "é" * 50])
def test_another_word_is_nobodys(accounts: Accounts, word: str):
    accounts.add("mei", PASSWORD)
    accounts.sign_in("mei", PASSWORD)
    assert accounts.who(word) == NOBODY


def test_neither_word_nor_password_is_kept(accounts: Accounts, tmp_path: Path):
    accounts.add("mei", PASSWORD)
    word = accounts.sign_in("mei", PASSWORD)
    assert word is not None
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert word.encode() not in content
    assert PASSWORD.encode() not in content


def test_a_role_that_is_withdrawn_works_at_once(accounts: Accounts):
    accounts.add("mei", PASSWORD, "administrator")
    word = accounts.sign_in("mei", PASSWORD) or ""
    accounts.change("mei", role="reader")
    assert accounts.who(word).role == "reader"
    accounts.remove("mei")
    assert accounts.who(word) == NOBODY


def test_a_new_password_ends_the_sessions(accounts: Accounts):
    accounts.add("mei", PASSWORD)
    word = accounts.sign_in("mei", PASSWORD) or ""
    accounts.change("mei", password="another long password")
    assert accounts.who(word) == NOBODY
    assert accounts.sign_in("mei", PASSWORD) is None
    assert accounts.sign_in("mei", "another long password")


def test_a_session_ends(accounts: Accounts, monkeypatch: pytest.MonkeyPatch):
    accounts.add("mei", PASSWORD)
    word = accounts.sign_in("mei", PASSWORD) or ""
    later = room._now() + room.LASTS + timedelta(seconds=1)
    monkeypatch.setattr(room, "_now", lambda: later)
    assert accounts.who(word) == NOBODY


@pytest.mark.parametrize("name", ["mei", "nobody-of-that-name"])
def test_a_name_that_fails_five_times_must_wait(
    accounts: Accounts, name: str, monkeypatch: pytest.MonkeyPatch
):
    accounts.add("mei", PASSWORD)
    for _ in range(5):
        assert accounts.sign_in(name, "wrong", "10.0.0.1") is None
    with pytest.raises(TooManyFailuresError):
        accounts.sign_in(name, PASSWORD, "10.0.0.2")
    later = room._now() + room.WINDOW + timedelta(seconds=1)
    monkeypatch.setattr(room, "_now", lambda: later)
    assert (accounts.sign_in(name, PASSWORD, "10.0.0.2") is None) == (name != "mei")


def test_an_address_that_tries_many_names_must_wait(accounts: Accounts):
    accounts.add("mei", PASSWORD)
    for k in range(20):
        accounts.sign_in(f"name{k}", "wrong", "10.0.0.1")
    with pytest.raises(TooManyFailuresError):
        accounts.sign_in("mei", PASSWORD, "10.0.0.1")
    assert accounts.sign_in("mei", PASSWORD, "10.0.0.9")


def test_two_sessions_of_one_name_do_not_share_a_word(accounts: Accounts):
    accounts.add("mei", PASSWORD)
    words = {accounts.sign_in("mei", PASSWORD) for _ in range(3)}
    assert len(words) == 3
    with accounts.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(SESSIONS)).scalar() == 3


@pytest.mark.parametrize("password", ["", "short", "x" * 11])
def test_a_short_password_is_refused(accounts: Accounts, password: str):
    with pytest.raises(ParameterError, match="Expected 12 or more"):
        accounts.add("mei", password)


@pytest.mark.parametrize("role", ["nobody", "root", "", "Reader"])
def test_a_role_that_does_not_exist_is_refused(accounts: Accounts, role: str):
    with pytest.raises(UnknownCodeError, match="role"):
        accounts.add("mei", PASSWORD, role)  # type: ignore[arg-type]


def test_a_name_is_taken_once(accounts: Accounts):
    accounts.add("mei", PASSWORD)
    with pytest.raises(DataError, match="'mei'"):
        accounts.add("mei", PASSWORD)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 81])
def test_a_name_is_printable_and_short(accounts: Accounts, name: str):
    with pytest.raises(ParameterError, match="1 to 80"):
        accounts.add(name, PASSWORD)


def test_roles_are_in_order():
    assert ROLES == ("nobody", "reader", "member", "coordinator", "administrator")
    assert Account("a", "coordinator").is_at_least("member")
    assert not Account("a", "member").is_at_least("coordinator")


def test_many_at_once_are_many(accounts: Accounts):
    """Attempts are counted before the password is looked at."""
    accounts.add("mei", PASSWORD)
    with ThreadPoolExecutor(20) as pool:

        def attempt(_: int) -> bool:
            try:
                return accounts.sign_in("mei", "wrong", "10.0.0.1") is None
            except TooManyFailuresError:
                return False

        looked_at = list(pool.map(attempt, range(20)))
    assert sum(looked_at) == room.FAILURES["name"]


def test_a_right_password_leaves_no_failure(accounts: Accounts):
    accounts.add("mei", PASSWORD)
    for _ in range(2 * room.FAILURES["address"]):
        assert accounts.sign_in("mei", PASSWORD, "10.0.0.1")


def test_the_oldest_sessions_end_when_there_are_many(accounts: Accounts):
    accounts.add("mei", PASSWORD)
    words = [accounts.sign_in("mei", PASSWORD) or "" for _ in range(room.MOST_SESSIONS + 3)]
    assert [accounts.who(word).name for word in words] == [""] * 3 + ["mei"] * room.MOST_SESSIONS


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", "", "x" * 5000])
def test_a_name_that_is_none_opens_nothing(accounts: Accounts, name: str):
    assert accounts.sign_in(name, PASSWORD, "10.0.0.1") is None
