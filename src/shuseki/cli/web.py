"""How is the web application started, and who may use it?"""

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from shuseki.app.accounts import METADATA, Accounts, Role, engine_of
from shuseki.app.backup import back_up, restore
from shuseki.app.site import serve
from shuseki.app.state import LOOPBACK, Settings
from shuseki.cli.gate import WRITES
from shuseki.cli.show import Lang
from shuseki.cli.terminal import Terminal
from shuseki.errors import ParameterError
from shuseki.language import check_language, say, told

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    invoke_without_command=True,
    help="The web application: map, profiles, own records, orders.",
)
HOME = Path.home() / ".local" / "share" / "shuseki"

Data = Annotated[
    Path,
    typer.Option(
        "--data",
        help="Folder of the app: jobs, uploads, accounts; made private.",
        envvar="SHUSEKI_APP_FOLDER",
    ),
]
Database = Annotated[
    str,
    typer.Option(
        "--database",
        help="Database of accounts (postgresql+psycopg://…); SQLite in the folder by default.",
        envvar="SHUSEKI_DATABASE",
    ),
]


@app.callback()
def start(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(help="Port; 0 takes one that is free.", min=0, max=65535)
    ] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    data: Data = HOME,
    accounts: Annotated[
        bool, typer.Option("--accounts", help="Ask for names and passwords: for a service.")
    ] = False,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Name under which it is reached, beside localhost."),
    ] = None,
    secure: Annotated[
        bool, typer.Option("--secure", help="Reached over https alone, behind a proxy.")
    ] = False,
    database: Database = "",
    lang: Annotated[str, typer.Option(help="Language of this terminal: en or ja.")] = "en",
) -> None:
    """Start the application; open the address it prints."""
    if context.invoked_subcommand is not None:
        return
    check_language(lang)
    if not accounts and host not in LOOPBACK and host != "::1":
        raise ParameterError(
            say(
                "--host {host} without --accounts: everybody who reaches this address would be "
                "its administrator. Expected a loopback address, or --accounts. Add one.",
                host=host,
            )
        )
    settings = Settings(
        data=data,
        accounts=accounts,
        database=database,
        hosts=(*LOOPBACK, *(name or ())),
        secure=secure,
    )

    def ready(opened: int) -> None:
        shown = "localhost" if host in LOOPBACK or host == "::1" else host
        address = f"http://{f'[{shown}]' if ':' in shown else shown}:{opened}/{lang}/"
        message = say("shuseki is at {address} (Ctrl+C stops it)", address=address)
        Terminal().print(told(message, lang), highlight=False, soft_wrap=True)

    try:
        serve(settings, host=host, port=port, ready=ready)
    except (SystemExit, KeyboardInterrupt) as ended:  # stopped: threads that compute are not
        sys.stdout.flush()  # waited for, since what they write is whole or not there
        sys.stderr.flush()
        code = ended.code if isinstance(ended, SystemExit) else None
        os._exit(code if isinstance(code, int) else 130)


@app.command("add-account")
def add_account(
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    role: Annotated[str, typer.Option(help="reader, member, coordinator or administrator.")] = (
        "reader"
    ),
    cluster: Annotated[str, typer.Option(help="Cluster of a member or coordinator.")] = "",
    firm: Annotated[str, typer.Option(help="Whose record a member writes: cluster/id.")] = "",
    data: Data = HOME,
    database: Database = "",
    lang: Lang = "en",
) -> None:
    """Open an account; the password is asked for, or read from the standard input."""
    check_language(lang)
    is_terminal = sys.stdin.isatty()
    password = getpass.getpass() if is_terminal else sys.stdin.readline().rstrip("\n")
    chosen: Role = role  # type: ignore[assignment]  # checked there
    accounts = Accounts(engine_of(data, database))
    made = accounts.add(name, password, chosen, cluster)
    accounts.set_firm(name, firm)
    message = say("Account {name} opened as {role}", name=made.name, role=made.role)
    Terminal().print(told(message, lang), highlight=False)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Tar file to write; it is private."), WRITES],
    data: Data = HOME,
    database: Database = "",
    lang: Lang = "en",
) -> None:
    """Write accounts, log, jobs and uploads into one file."""
    check_language(lang)
    count = back_up(data, Accounts(engine_of(data, database)).engine, METADATA, file)
    message = say("{count:,} rows and files written to {file}", count=count, file=file)
    Terminal().print(told(message, lang), highlight=False, soft_wrap=True)


@app.command("restore")
def put_back(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    data: Data = HOME,
    database: Database = "",
    lang: Lang = "en",
) -> None:
    """Put a backup into an empty folder and an empty database."""
    check_language(lang)
    engine = Accounts(engine_of(data, database)).engine
    count = restore(file, data, engine, METADATA)
    message = say("{count:,} rows and files restored to {data}", count=count, data=data)
    Terminal().print(told(message, lang), highlight=False, soft_wrap=True)


@app.command("remove-account")
def remove_account(
    name: Annotated[str, typer.Argument(help="Name of the account.")],
    data: Data = HOME,
    database: Database = "",
    lang: Lang = "en",
) -> None:
    """Close an account and its sessions."""
    check_language(lang)
    Accounts(engine_of(data, database)).remove(name)
    Terminal().print(told(say("Account {name} closed", name=name), lang), highlight=False)
