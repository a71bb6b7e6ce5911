"""Which printed numbers cannot all be true?"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shuseki.datasets.denominators import labour_force_of_ranked
from shuseki.datasets.printed import printed_paper
from shuseki.entry.audit import audit as audit_paper

__all__ = ["app"]

app = typer.Typer(add_completion=False)
FOUND_SOMETHING = 1


@app.command()
def audit(
    paper: Annotated[str, typer.Argument(help="Name of a printed paper.")] = "okamuro-2006",
    table: Annotated[Path | None, typer.Option(help="Write the findings to this CSV file.")] = None,
    lang: Annotated[str, typer.Option(help="Language of the findings: en or ja.")] = "en",
) -> None:
    """Say which printed numbers cannot all be true, and what would repair them.

    Exit code 0: nothing found; 1: findings.
    """
    console = Console()
    print_of = printed_paper(paper)
    findings = audit_paper(print_of, denominators=labour_force_of_ranked(print_of))
    console.print(f"[bold]{findings.headline()}[/]", highlight=False, soft_wrap=True)
    frame = findings.to_frame(lang)
    for row in frame.to_dict("records"):
        console.print(f"\n[bold]{row['number']}[/] [cyan]{row['certainty']}[/] · {row['rule']}")
        for label in ("where", "found", "expected", "repair"):
            said = row[label]
            if said:
                console.print(f"  {label:<9}{said}", markup=False, highlight=False, soft_wrap=True)
    if table is not None:
        frame.to_csv(table, index=False)
        console.print(f"Written: {table}")
    if findings.findings:
        raise typer.Exit(FOUND_SOMETHING)
