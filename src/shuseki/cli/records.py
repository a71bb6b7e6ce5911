"""How are records checked and taken in from a terminal?"""

from dataclasses import replace as changed
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from shuseki.cli.gate import WRITES
from shuseki.errors import ParameterError
from shuseki.geography.gazetteers import Codes, gazetteer
from shuseki.reading.toml import read_toml
from shuseki.records.ingest import ingest as take_in
from shuseki.records.layouts import Layout, known_layouts
from shuseki.records.layouts import layout as layout_named
from shuseki.records.validation import Findings
from shuseki.records.validation import validate as look_at
from shuseki.release import write_csv

__all__ = ["app", "ingest", "layouts", "validate"]

app = typer.Typer(add_completion=False, help="Records of establishments: check them, take them in.")
SHOWN = 50

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
        "--codes", help="Whose the codes of places are: japan, or any; as the layout says."
    ),
]
Encoding = Annotated[
    str, typer.Option("--encoding", help="Of the text, when it cannot be found: cp1252, latin-1 …")
]
Wave = Annotated[
    int | None, typer.Option("--wave", help="Year of the file, when its rows do not say it.")
]


@app.command()
def validate(
    file: Annotated[
        Path, typer.Argument(help="CSV (also packed by gzip or zip), Parquet or xlsx.")
    ],
    layout: LayoutName = "house",
    wave: Wave = None,
    encoding: Encoding = "auto",
    codes: Whose = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write all findings to this CSV file."), WRITES
    ] = None,
) -> None:
    """Say what is wrong with a file of records, row by row; nothing is changed.

    Exit code 0: nothing wrong; 1: findings; 3: the file as a whole cannot be taken in.
    """
    findings = look_at(file, said(layout, encoding), wave=wave, codes=whose(codes))
    console = Console()
    console.print(findings.headline(), markup=False, highlight=False)
    if not findings.is_clean:
        console.print(as_table(findings))
    for note in findings.notes:
        console.print(f"Note: {note}", style="dim", markup=False, highlight=False)
    if output is not None:
        write_csv(output, findings.to_frame())
        console.print(f"All findings: {output}", markup=False, highlight=False)
    if not findings.can_be_ingested:
        raise typer.Exit(3)
    if not findings.is_clean:
        raise typer.Exit(1)


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="CSV, Parquet or xlsx files of one layout.")],
    store: Annotated[Path, typer.Option("--store", help="Folder of the store; made if absent.")],
    layout: LayoutName = "house",
    wave: Wave = None,
    encoding: Encoding = "auto",
    codes: Whose = None,
    memory: Annotated[
        str | None, typer.Option("--memory", help="Most memory to take, e.g. 4GB.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Let a corrected file take the place of its earlier delivery."
        ),
    ] = False,
) -> None:
    """Take files into a store: rows in = rows kept + rows set aside with a reason.

    Files that are in are skipped, so an interrupted ingest goes on where it stopped.
    """
    console = Console()
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("reading", total=1.0)
        report = take_in(
            files,
            store,
            said(layout, encoding),
            wave=wave,
            codes=whose(codes),
            replace=replace,
            memory_limit=memory,
            progress=lambda what, share: bar.update(task, description=what, completed=share),
        )
    console.print(report.headline(), markup=False, highlight=False)
    table = Table("file", "encoding", "waves", "rows in", "kept", "set aside", "")
    for row in report.files.to_dict("records"):
        table.add_row(
            Text(row["file"]),
            row["encoding"] or "parquet",
            ", ".join(map(str, row["waves"])),
            f"{row['rows_in']:,}",
            f"{row['rows_kept']:,}",
            f"{row['rows_set_aside']:,}",
            Text(
                "was in already"
                if row["skipped"]
                else f"replaced {', '.join(row['replaced'])}"
                if row["replaced"]
                else ""
            ),
        )
    console.print(table)
    for note in report.notes:
        console.print(f"Note: {note}", style="dim", markup=False, highlight=False)


@app.command()
def layouts() -> None:
    """List the known layouts."""
    table = Table("layout", "what it reads", "publisher", "terms")
    for name, layout in known_layouts().items():
        table.add_row(name, layout.title, layout.publisher, layout.terms)
    Console().print(table)


def said(layout: str, encoding: str) -> Layout:
    """A known layout or one of a file, with the encoding that was said."""
    found = of_file(Path(layout)) if layout.endswith(".toml") else layout_named(layout)
    return found if encoding == "auto" else changed(found, encoding=encoding)


def of_file(path: Path) -> Layout:
    """The layout of a TOML file: its keys, or the one layout of a study file."""
    content = read_toml(path)
    inside = content.get("records", {}).get("layouts", {})
    if len(inside) > 1:
        raise ParameterError(
            f"{path} has {len(inside)} layouts: {', '.join(inside)}. Expected one. Put the one you "
            "mean into a file of its own."
        )
    return layout_named(next(iter(inside.values())) if inside else content)


def whose(codes: str | None) -> Codes | None:
    """Check whose codes."""
    return None if codes is None else gazetteer(codes).name


def as_table(findings: Findings) -> Table:
    """The first findings, for a terminal."""
    table = Table("row", "column", "value", "finding", "what happens")
    happens = {
        "file": "not taken in",
        "set aside": "set aside",
        "blank": "kept",
        "repaired": "kept, read as said",
        "look": "kept",
    }
    frame = findings.to_frame()
    for row in frame.head(SHOWN).to_dict("records"):
        table.add_row(
            str(row["row"] or ""),
            row["column"],
            Text(row["value"][:40]),
            Text(row["says"]),
            happens[row["kind"]],
        )
    if len(frame) > SHOWN:
        table.caption = f"{len(frame) - SHOWN:,} more; --output writes them all"
    return table
