"""What is bundled?"""

import typer
from rich.markup import escape

from shuseki.cli.show import Lang, Output, write
from shuseki.cli.terminal import Terminal
from shuseki.datasets.catalogue import catalogue
from shuseki.language import check_language, listed, say, told
from shuseki.sources import ORIGINS
from shuseki.study.specification import bundled_studies

__all__ = ["app"]

app = typer.Typer(add_completion=False)


@app.command()
def datasets(lang: Lang = "en", output: Output = None) -> None:
    """List what is bundled: publisher, year, terms."""
    check_language(lang)
    console = Terminal()
    found = catalogue()

    def tell(text: str) -> None:
        console.print(told(text, lang), markup=False, highlight=False, soft_wrap=True)

    tell(found.headline())
    for one in found.datasets:
        n = one.count()
        rows = say("made on demand") if n is None else say("{n:,} rows", n=n)
        origin, made = escape(told(ORIGINS[one.origin], lang)), escape(told(rows, lang))
        console.print(f"[bold]{one.name}[/] [cyan]{origin}[/] {one.year}, {made}", highlight=False)
        tell(say("  {title}", title=one.title))
        tell(say("  {publisher} [{terms}]", publisher=one.publisher, terms=one.terms))
    tell(say("Studies: {names}", names=listed(bundled_studies())))
    if output is not None:
        write(found, output, lang)
        tell(say("Written: {file}", file=output))
