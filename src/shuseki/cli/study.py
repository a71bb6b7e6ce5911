"""How is a study run, and its headlines told?"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shuseki.report.blocks import own_headline
from shuseki.report.words import pick
from shuseki.study.run import run as run_study
from shuseki.study.specification import read_study

__all__ = ["app"]

app = typer.Typer(add_completion=False)

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
    title = checked.study.title, checked.study.title_ja or checked.study.title
    console.print(pick(title, checked.report.lang), style="bold", markup=False, highlight=False)
    for name, found in answer.results().items():
        headline = pick(own_headline(found), checked.report.lang)
        console.print(
            f"  [cyan]{escape(f'{name:<16}')}[/] {escape(headline)}",
            highlight=False,
            soft_wrap=True,
        )
    if checked.is_synthetic:
        console.print("  [yellow]Synthetic data: nothing here is a finding about Japan.[/]")
    place = escape(str(folder / "report.html"))
    console.print(f"Report: [bold]{place}[/]", highlight=False, soft_wrap=True)
