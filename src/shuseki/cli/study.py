"""Which commands run, audit and list?"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from shuseki import datasets
from shuseki.datasets.printed import printed_paper
from shuseki.entry.audit import audit as audit_paper
from shuseki.study.run import run as run_study
from shuseki.study.specification import bundled_studies, read_study

__all__ = ["app"]

app = typer.Typer()
FOUND_SOMETHING = 1

Lang = Annotated[str | None, typer.Option(help="Language of the report: en or ja.")]


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="A study file, or the name of a bundled study.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; runs/<name of the study> by default.")
    ] = None,
    lang: Lang = None,
    scale: Annotated[
        float | None, typer.Option(help="Size of the synthetic census, 0.01 to 100.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the synthetic census.")] = None,
) -> None:
    """Run a study: records, births, rates, equations, verdicts, report."""
    console = Console()
    checked = read_study(study).changed(lang=lang, scale=scale, seed=seed)
    folder = out or Path("runs") / checked.name
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task(f"{checked.name} …", total=None)
        answer = run_study(
            checked, out=folder, tell=lambda said: progress.update(task, description=said)
        )
    console.print(f"[bold]{checked.study.title}[/]", highlight=False)
    for name, headline in answer.headlines().items():
        console.print(f"  [cyan]{name:<12}[/] {headline}", highlight=False)
    if checked.is_synthetic:
        console.print("  [yellow]Synthetic data: nothing here is a finding about Japan.[/]")
    console.print(f"Report: [bold]{folder / 'report.html'}[/]", highlight=False, soft_wrap=True)


@app.command()
def audit(
    paper: Annotated[str, typer.Argument(help="Name of a printed paper.")] = "okamuro-2006",
    table: Annotated[Path | None, typer.Option(help="Write the findings as CSV.")] = None,
) -> None:
    """Say which printed numbers cannot all be true, and what would repair them."""
    console = Console()
    findings = audit_paper(printed_paper(paper))
    console.print(findings.summary(), markup=False, highlight=False, soft_wrap=True)
    if table is not None:
        findings.to_frame().to_csv(table, index=False)
        console.print(f"Written: {table}")
    if findings.findings:
        raise typer.Exit(FOUND_SOMETHING)


@app.command(name="datasets")
def list_datasets() -> None:
    """List what is bundled: publisher, year, terms."""
    console = Console()
    view = Table(box=None, header_style="bold")
    frame = datasets.catalogue().to_frame()
    for column in frame.columns:
        view.add_column(str(column), overflow="fold")
    for row in frame.itertuples(index=False):
        view.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row))
    console.print(view)
    console.print(f"Studies: {', '.join(bundled_studies())}")
