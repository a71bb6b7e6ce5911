"""What is bundled?"""

import typer
from rich.console import Console

from shuseki.datasets.catalogue import catalogue
from shuseki.study.specification import bundled_studies

__all__ = ["app"]

app = typer.Typer(add_completion=False)


@app.command()
def datasets() -> None:
    """List what is bundled: publisher, year, terms."""
    console = Console()
    for row in catalogue().to_frame().to_dict("records"):
        rows = f"{row['rows']:,} rows" if isinstance(row["rows"], int) else "made on demand"
        console.print(f"[bold]{row['name']}[/] [cyan]{row['origin']}[/] {row['year']}, {rows}")
        for said in (row["title"], f"{row['publisher']} [{row['terms']}]"):
            console.print(f"  {said}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"\nStudies: {', '.join(bundled_studies())}")
