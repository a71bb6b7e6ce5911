"""How are a publisher's data fetched from a terminal?"""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from shuseki.cli.gate import WRITES
from shuseki.cli.show import Lang, bar, show
from shuseki.errors import ParameterError
from shuseki.language import check_language, say, told
from shuseki.records.publishers import Access, Progress, Pulled, pull_changes, pull_table
from shuseki.release import whole_file

__all__ = ["app", "estat", "hojin"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Fetch a publisher's data with your key: whole, or not at all.",
)

Target = Annotated[Path, typer.Option("--to", help="File to write (CSV)."), WRITES]
Key = Annotated[
    str,
    typer.Option(
        "--key",
        help="Your key. Rather put it into the variable that the text above names, where no list "
        "of processes shows it.",
        show_default=False,
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option("--cache", help="Folder for what was fetched; SHUSEKI_CACHE, or your own."),
]
Again = Annotated[bool, typer.Option("--again", help="Ask again for what was fetched before.")]
Checksum = Annotated[
    str, typer.Option("--sha256", help="Checksum that the file must have; another is refused.")
]


@app.command()
def estat(
    table: Annotated[str, typer.Argument(help="Number of the table (statsDataId), ten digits.")],
    to: Target,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", help="A condition, such as cdArea=13111; repeat it."),
    ] = None,
    key: Key = "",
    cache: Cache = None,
    again: Again = False,
    sha256: Checksum = "",
    lang: Lang = "en",
) -> None:
    """Fetch a table of e-Stat as CSV. The key (appId) is that of ESTAT_APP_ID.

    A fetch that breaks off goes on where it stopped when it is called again.
    """
    check_language(lang)
    conditions = dict(map(condition, where or []))
    with bar(told(say("Fetching"), lang)) as tell:
        pulled = pull_table(
            table,
            Access(key=key, cache=cache, again=again),
            where=conditions,
            sha256=sha256,
            progress=shares(tell),
        )
    hand_out(pulled, to, lang)


@app.command()
def hojin(
    since: Annotated[str, typer.Option("--since", help="First day, such as 2026-08-01.")],
    until: Annotated[str, typer.Option("--until", help="Last day.")],
    to: Target,
    prefecture: Annotated[
        str, typer.Option("--prefecture", help="Code of two digits; the whole country without it.")
    ] = "",
    key: Key = "",
    cache: Cache = None,
    again: Again = False,
    sha256: Checksum = "",
    lang: Lang = "en",
) -> None:
    """Fetch changes of the corporate-number register. The key (id) is that of HOJIN_APP_ID.

    `shuseki ingest` reads the file by the layout corporate-number-changes.
    """
    check_language(lang)
    with bar(told(say("Fetching"), lang)) as tell:
        pulled = pull_changes(
            since,
            until,
            Access(key=key, cache=cache, again=again),
            prefecture=prefecture,
            sha256=sha256,
            progress=shares(tell),
        )
    hand_out(pulled, to, lang)


def shares(tell: "object") -> Progress:
    """Tell a bar the share that is done."""
    return lambda share: tell(round(1000 * share), 1000)  # type: ignore[operator]


def hand_out(pulled: Pulled, to: Path, lang: str) -> None:
    """Write the file where it was asked for, and say what it is."""
    with whole_file(to) as place:
        shutil.copyfile(pulled.path, place)
    show(pulled, lang=lang)


def condition(text: str) -> tuple[str, str]:
    """Read ``cdArea=13111``."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ParameterError(
            say(
                "--where is {text}. Expected a condition with its codes, such as cdArea=13111.",
                text=repr(text),
            )
        )
    return name, value
