"""How are records checked and taken in from a terminal?"""

from dataclasses import replace as changed
from pathlib import Path
from typing import Annotated, get_args

import pandas as pd
import typer

from shuseki.cli.show import Lang, Output, bar, show, tell_rows
from shuseki.errors import ParameterError
from shuseki.geography.gazetteers import Codes, gazetteer
from shuseki.language import check_language, listed, say, told
from shuseki.reading.toml import read_toml
from shuseki.reading.values import Order
from shuseki.records.ingest import IngestReport
from shuseki.records.ingest import ingest as take_in
from shuseki.records.layouts import Layout, known_layouts
from shuseki.records.layouts import layout as layout_named
from shuseki.records.validation import Findings
from shuseki.records.validation import validate as look_at

__all__ = ["app", "ingest", "layouts", "validate"]

app = typer.Typer(add_completion=False, help="Records of establishments: check them, take them in.")
HAPPENS = {
    "file": "not taken in",
    "set aside": "set aside",
    "blank": "kept",
    "repaired": "kept, read as said",
    "look": "kept",
}
"""Kind of finding → what happens to the row."""
LONGEST = 40
"""Letters of a value that a terminal shows."""

LayoutName = Annotated[
    str,
    typer.Option(
        "--layout",
        help="A known layout (`shuseki layouts` lists them), or a TOML file with one of yours.",
    ),
]
Whose = Annotated[
    str | None,
    typer.Option(
        "--codes",
        help="Whose the codes of places are: japan (checked), or any; as the layout says.",
    ),
]
Encoding = Annotated[
    str, typer.Option("--encoding", help="Of the text, when it cannot be found: cp1252, latin-1 …")
]
Dates = Annotated[
    str | None,
    typer.Option(
        "--dates",
        help="What 1/4/1998 means: day-month-year or month-day-year; as the layout says.",
    ),
]
Wave = Annotated[
    int | None, typer.Option("--wave", help="Year of the file, when its rows do not say it.")
]


@app.command()
def validate(
    file: Annotated[
        Path,
        typer.Argument(help="CSV or JSON (also packed by gzip, bzip2 or zip), Parquet or xlsx."),
    ],
    layout: LayoutName = "house",
    wave: Wave = None,
    encoding: Encoding = "auto",
    codes: Whose = None,
    dates: Dates = None,
    lang: Lang = "en",
    output: Output = None,
) -> None:
    """Say what is wrong with a file of records, row by row; nothing is changed.

    Exit code 0: nothing wrong; 1: findings; 3: the file as a whole cannot be taken in.
    """
    check_language(lang)
    findings = look_at(file, said(layout, encoding, dates), wave=wave, codes=whose(codes))
    show(findings, lang=lang, output=output, table=what_happens(findings, lang))
    if not findings.can_be_ingested:
        raise typer.Exit(3)
    if not findings.is_clean:
        raise typer.Exit(1)


@app.command()
def ingest(
    files: Annotated[
        list[Path], typer.Argument(help="CSV, JSON, Parquet or xlsx files of one layout.")
    ],
    store: Annotated[Path, typer.Option("--store", help="Folder of the store; made if absent.")],
    layout: LayoutName = "house",
    wave: Wave = None,
    encoding: Encoding = "auto",
    codes: Whose = None,
    dates: Dates = None,
    memory: Annotated[
        str | None, typer.Option("--memory", help="Most memory to take, e.g. 4GB.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Let a corrected file take the place of its earlier delivery."
        ),
    ] = False,
    lang: Lang = "en",
) -> None:
    """Take files into a store: rows in = rows kept + rows set aside with a reason.

    Files that are in are skipped, so an interrupted ingest goes on where it stopped.
    """
    check_language(lang)
    with bar(told(say("Reading"), lang)) as tell:
        report = take_in(
            files,
            store,
            said(layout, encoding, dates),
            wave=wave,
            codes=whose(codes),
            replace=replace,
            memory_limit=memory,
            progress=lambda _, share: tell(round(1000 * share), 1000),
        )
    show(report, lang=lang, table=what_became(report))


@app.command()
def layouts(lang: Lang = "en") -> None:
    """List the known layouts."""
    check_language(lang)
    rows = [(name, one.title, one.publisher, one.terms) for name, one in known_layouts().items()]
    tell_rows(pd.DataFrame(rows, columns=["layout", "title", "publisher", "terms"]), lang)


# ---- what a terminal shows ---------------------------------------------------------------------


def what_happens(findings: Findings, lang: str) -> pd.DataFrame:
    """The findings, with what happens to each row."""
    frame = findings.told(lang)
    return pd.DataFrame(
        {
            "row": [str(row or "") for row in frame["row"]],
            "column": frame["column"],
            "value": frame["value"].str[:LONGEST],
            "finding": frame["says"],
            "happens": findings.faults["kind"].map(HAPPENS),
        }
    )


def what_became(report: IngestReport) -> pd.DataFrame:
    """The files taken in, with where their rows went."""
    frame = report.to_frame()
    remarks = [
        say("was in already")
        if skipped
        else say("replaced {names}", names=listed(names))
        if names
        else ""
        for skipped, names in zip(frame["skipped"], frame["replaced"], strict=True)
    ]
    return pd.DataFrame(
        {
            "file": frame["file"],
            "encoding": frame["encoding"],
            "waves": [", ".join(map(str, waves)) for waves in frame["waves"]],
            "rows_in": frame["rows_in"],
            "rows_kept": frame["rows_kept"],
            "rows_set_aside": frame["rows_set_aside"],
            "remark": pd.Series(remarks, dtype=object),
        }
    )


# ---- what was said ------------------------------------------------------------------------------


def said(layout: str, encoding: str, dates: str | None) -> Layout:
    """A known layout or one of a file, with the encoding and the order of days that were said."""
    found = of_file(Path(layout)) if layout.endswith(".toml") else layout_named(layout)
    if dates is not None:
        found = changed(found, date_order=order_of_days(dates))
    return found if encoding == "auto" else changed(found, encoding=encoding)


def of_file(path: Path) -> Layout:
    """The layout of a TOML file: its keys, or the one layout of a study file."""
    content = read_toml(path)
    inside = content.get("records", {}).get("layouts", {})
    if len(inside) > 1:
        raise ParameterError(
            say(
                "{path} has {n_inside} layouts: {inside}. Expected one. Put the one you mean into "
                "a file of its own.",
                path=path,
                n_inside=len(inside),
                inside=listed(inside),
            )
        )
    return layout_named(next(iter(inside.values())) if inside else content)


def order_of_days(dates: str) -> Order:
    """Check the order of days."""
    if dates not in get_args(Order):
        raise ParameterError(
            say(
                "--dates is {dates}. Expected {known}.",
                dates=repr(dates),
                known=listed([repr(one) for one in get_args(Order)]),
            )
        )
    return dates  # type: ignore[return-value]


def whose(codes: str | None) -> Codes | None:
    """Check whose codes."""
    return None if codes is None else gazetteer(codes).name
