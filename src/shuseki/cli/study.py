"""How is a study run, and its headlines told?"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shuseki.cli.terminal import Terminal
from shuseki.language import say, told
from shuseki.report.words import pick
from shuseki.study.run import run as run_study
from shuseki.study.specification import read_study

__all__ = ["app"]

app = typer.Typer(add_completion=False)

Lang = Annotated[str | None, typer.Option(help="Language of the report: en or ja.")]
How = Literal["bar", "json", "none"]


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
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the synthetic census.")] = None,
    progress: Annotated[
        How, typer.Option(help="How progress is told: a bar, JSON lines for programs, or not.")
    ] = "bar",
) -> None:
    """Run a study: records, births, rates, equations, measures, report."""
    checked = read_study(study).changed(lang=lang, scale=scale, seed=seed)
    folder = out or Path("runs") / checked.name
    with telling(progress, checked.name, checked.report.lang) as tell:
        answer = run_study(checked, out=folder, tell=tell)
    place = str(folder / "report.html")
    if progress == "json":
        headlines = {k: pick(h, checked.report.lang) for k, h in answer.told_headlines().items()}
        say_json({"event": "finished", "report": place, "headlines": headlines})
        return
    console = Terminal()
    lang = checked.report.lang
    title = checked.study.title, checked.study.title_ja or checked.study.title
    console.print(pick(title, lang), style="bold", markup=False, highlight=False)
    for name, headline in answer.told_headlines().items():
        console.print(
            f"  [cyan]{escape(f'{name:<16}')}[/] {escape(pick(headline, lang))}",
            highlight=False,
            soft_wrap=True,
        )
    if checked.is_synthetic:
        console.print(f"  [yellow]{escape(pick(SYNTHETIC, lang))}[/]")
    report = pick(say("Report"), lang)
    console.print(f"{report}: [bold]{escape(place)}[/]", highlight=False, soft_wrap=True)


SYNTHETIC = say("Synthetic data: nothing here is a finding about any real place.")


@contextmanager
def telling(how: How, name: str, lang: str) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Tell the progress of a run: a bar, lines of JSON, or nothing."""
    if how == "json":
        yield say_json
        return
    if how == "none":
        yield lambda happened: None
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        transient=True,
    ) as bar:
        task = bar.add_task(name, total=None)

        def tell(happened: Mapping[str, Any]) -> None:
            if happened["event"] == "step":
                step = told(happened["step"], lang)
                bar.update(task, description=step, completed=0, total=None)
            elif happened["event"] == "progress":
                bar.update(task, completed=happened["done"], total=happened["of"])

        yield tell


def say_json(happened: Mapping[str, Any]) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps(happened, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()
