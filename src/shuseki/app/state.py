"""What does every request find?"""

from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Request

from shuseki.app.accounts import LOCAL, Account, Accounts
from shuseki.app.answers import Answers
from shuseki.app.directory import directory_of, has_registry, sight_of, stamp_of
from shuseki.app.jobs import Jobs
from shuseki.app.own_areas import OwnAreas
from shuseki.app.posted import Posted
from shuseki.app.question import Reader
from shuseki.app.reviews import Reviews
from shuseki.app.uploads import Uploads

__all__ = ["COOKIE", "LOOPBACK", "Settings", "State", "account_of", "reader_of", "state_of"]

COOKIE = "shuseki"
FOLDER = "FOLDER"
"""Stands for the folder of the app where the reader does not sit at the machine."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Settings:
    """How the app is started.

    Attributes
    ----------
    data
        Its folder.
    accounts
        Whether people sign in.
    database
        Address of the database, of SQLAlchemy; a SQLite file in ``data`` by default.
    hosts
        Names under which it is reached.
    secure
        Whether it is reached over https alone; the cookie then never leaves without.
    longest_upload
        Bytes.
    warm
        Draw the shapes of the maps as soon as it starts.
    """

    data: Path
    accounts: bool = False
    database: str = ""
    hosts: tuple[str, ...] = LOOPBACK
    secure: bool = False
    longest_upload: int = 200_000_000
    warm: bool = True


@dataclass(frozen=True, eq=False)
class State:
    """What every request finds."""

    settings: Settings
    answers: Answers
    jobs: Jobs
    uploads: Uploads
    reviews: Reviews
    areas: OwnAreas
    accounts: Accounts | None
    posted: Posted = field(default_factory=Posted)


def state_of(request: Request) -> State:
    """What the app was made with."""
    found: State = request.app.state.shuseki
    return found


def account_of(request: Request) -> Account:
    """Who sends this request."""
    accounts = state_of(request).accounts
    return LOCAL if accounts is None else accounts.who(request.cookies.get(COOKIE, ""))


def reader_of(request: Request, account: Account, lang: str) -> Reader:
    """Who asks, in which language, and what of the firms is shown to that reader."""
    state = state_of(request)
    data = state.settings.data
    sight = sight_of(account, is_local=state.accounts is None)
    return Reader(
        account,
        lang,
        sight=(*sight, str(stamp_of(data))),
        directory=lambda: directory_of(data, sight),
        folder=str(data) if state.accounts is None else FOLDER,
        has_firms=has_registry(data),
    )
