"""How gathered, where and since when, from a terminal?

Without ``--panel`` or ``--sites`` each command runs on the bundled public statistics.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from shuseki.measures.clusters import Clusters, PointClusters, point_clusters
from shuseki.measures.clusters import clusters as find_clusters
from shuseki.measures.lifecycle import life_cycle
from shuseki.measures.trends import trends as follow
from shuseki.measures.typology import agglomeration_types
from shuseki.report.marks import mark
from shuseki.report.plots import plot
from shuseki.results import Result
from shuseki.study.measures import district_history, measure, public_panel, read_panel, read_sites

__all__ = ["app"]

app = typer.Typer(
    add_completion=False, help="Measures of agglomeration, on your data or on public statistics."
)
console = Console()
SHOWN = 20

PanelFile = Annotated[
    Path | None,
    typer.Option("--panel", help="CSV or Parquet: area, industry, period and variables."),
]
SitesFile = Annotated[
    Path | None,
    typer.Option("--sites", help="CSV or Parquet: latitude, longitude, industry, employment."),
]
Period = Annotated[str | None, typer.Option("--period", help="Which period; the last by default.")]
Output = Annotated[Path | None, typer.Option("--output", help="Write the whole table to this CSV.")]
Figure = Annotated[Path | None, typer.Option("--figure", help="Write the picture to this HTML.")]
Lang = Annotated[str, typer.Option("--lang", help="Language of the picture: en or ja.")]
Areas = Annotated[list[str] | None, typer.Option("--area", help="Code of an area; repeat it.")]
EXAMPLES = ["13111", "27227", "20204", "03206"]
"""Ota, Higashi-Osaka, Okaya and Kitakami, the four of the 2012 paper."""


@app.command()
def quotients(
    panel: PanelFile = None,
    period: Period = None,
    variable: Annotated[str, typer.Option("--variable", help="What to compare.")] = "plants",
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
) -> None:
    """Rank location quotients by what is certain of them; specialised and varied areas."""
    data = read_panel(panel) if panel else public_panel("industries")
    options = {"variable": variable, "period": period or data.periods[-1]}
    answers = measure(data, None, {"quotients": options})
    console.print(answers["specialisation"].headline(), highlight=False)
    table = answers["quotients"].to_frame().nlargest(SHOWN, "lower")
    tell(answers["quotients"], output, figure, lang, table=table.drop(columns=["area", "industry"]))


@app.command()
def concentration(
    panel: PanelFile = None,
    sites: SitesFile = None,
    period: Period = None,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
) -> None:
    """Measure concentration by five indices, and say where they disagree."""
    data = read_panel(panel) if panel else public_panel("industries")
    plants = read_sites(sites) if sites else None
    answers = measure(data, plants, {"concentration": {"period": period or data.periods[-1]}})
    columns = ["industry_name", "plants", "locational_gini", "ellison_glaeser", "moran", "moran_p"]
    table = answers["concentration"].to_frame()[columns]
    table = table.sort_values("ellison_glaeser", ascending=False)
    tell(answers["concentration"], output, figure, lang, table=table)
    if "disagreement" in answers:
        console.print(answers["disagreement"].headline(), highlight=False)
        reasons = answers["disagreement"].to_frame()[["industry_name", "spread", "reason"]]
        print_table(reasons[reasons["reason"] != ""])


@app.command()
def kdensity(
    panel: PanelFile = None,
    sites: SitesFile = None,
    period: Period = None,
    industry: Annotated[
        list[str] | None, typer.Option("--industry", help="Code; repeat it. All by default.")
    ] = None,
    weights: Annotated[
        str, typer.Option("--weights", help="none or employment (needs --sites).")
    ] = "none",
    range_km: Annotated[
        float | None, typer.Option("--range-km", help="Largest distance.", min=1)
    ] = None,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
) -> None:
    """Test at which distances industries gather, with global bands and no simulation."""
    options: dict[str, object] = {"range_km": range_km}
    if industry:
        options["industries"] = industry
    if sites is not None:
        data, plants = public_panel("municipalities"), read_sites(sites)
        options["weights"] = weights
    else:
        if weights != "none":
            raise typer.BadParameter("counts by area have no plant sizes: give --sites")
        data, plants = read_panel(panel) if panel else public_panel("municipalities"), None
        options["period"] = period or data.periods[-1]
    with bar("K-density") as (progress, task):
        answers = measure(
            data,
            plants,
            {"kdensity": options},
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    columns = ["industry_name", "plants", "pattern", "localisation_index", "localised_to_km"]
    table = answers["kdensity"].to_frame()[columns]
    table = table.sort_values("localisation_index", ascending=False)
    tell(answers["kdensity"], output, figure, lang, table=table)


@app.command()
def clusters(
    industry: Annotated[str, typer.Argument(help="Code of the industry.")],
    panel: PanelFile = None,
    sites: SitesFile = None,
    period: Period = None,
    simulations: Annotated[
        int, typer.Option("--simulations", help="Random industries for the significance.", min=0)
    ] = 99,
    smallest: Annotated[
        int, typer.Option("--smallest", help="Plants that a dense cluster needs (--sites).", min=2)
    ] = 20,
    members: Annotated[
        Path | None,
        typer.Option("--members", help="Write each area's, or plant's, cluster to this CSV."),
    ] = None,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
) -> None:
    """Find where agglomerations of an industry begin and end: areas or, with --sites, points."""
    answer: Clusters | PointClusters
    with bar("Clusters") as (progress, task):

        def advance(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        if sites is not None:
            answer = point_clusters(
                read_sites(sites),
                industry,
                smallest=smallest,
                simulations=simulations,
                progress=advance,
            )
        else:
            data = read_panel(panel) if panel else public_panel("municipalities")
            answer = find_clusters(
                data,
                industry,
                period=period or data.periods[-1],
                simulations=simulations,
                progress=advance,
            )
    table = answer.to_frame()
    if isinstance(answer, Clusters):
        table = table[["members", "plants", "share", "ratio", "p", "essential"]]
    tell(answer, output, figure, lang, table=table)
    if members is not None:
        answer.members().assign(data_origin=mark(answer.sources)).to_csv(members, index=False)
        console.print(f"Members: {members}")


@app.command()
def trends(
    area: Areas = None,
    panel: PanelFile = None,
    variable: Annotated[
        str | None, typer.Option("--variable", help="plants, employees, shipments_yen …")
    ] = None,
    base: Annotated[str | None, typer.Option("--base", help="Year whose index is 100.")] = None,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
) -> None:
    """Follow areas beside all areas, as indices, with their breaks.

    By default the four towns of the 2012 paper, shipments since 1971, 1990 = 100.
    """
    long = panel is None and variable in (None, "shipments_yen")
    data = read_panel(panel) if panel else public_panel("shipments" if long else "municipal years")
    answer = follow(
        data,
        area or (EXAMPLES if panel is None else list(data.areas[:6])),
        variable or ("shipments_yen" if long else "plants"),
        base=base or ("1990" if long else None),
    )
    tell(answer, output, figure, lang, table=answer.spells())


@app.command()
def types(
    area: Areas = None,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
) -> None:
    """Give the 253 districts' membership in the four types, or one area's evidence."""
    answer = agglomeration_types(
        public_panel("industries"), workers="employees", history=district_history()
    )
    table = answer.to_frame()
    if area:
        table = pd.concat([answer.evidence(code).assign(area=code) for code in area])
    else:
        table = table[
            ["area_name", *(name for name in table if str(name).startswith("membership"))]
        ]
    tell(answer, output, figure, lang, table=table)


@app.command()
def lifecycle(
    area: Areas = None,
    panel: PanelFile = None,
    industry: Annotated[
        str | None, typer.Option("--industry", help="Code of one industry.")
    ] = None,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
) -> None:
    """Find the stage of life of each area, and what goes with it.

    By default all municipalities 2001–2012; with --industry the 253 districts.
    """
    data = read_panel(panel) if panel else public_panel("years" if industry else "municipal years")
    answer = life_cycle(
        data,
        workers="employment" if "employment" in data.values else "employees",
        output="shipments_yen" if "shipments_yen" in data.values else None,
        industry=industry,
        areas=area or None,
    )
    table = answer.to_frame()[["area_name", "stage_ja", "evidence"]]
    tell(answer, output, figure, lang, table=table)
    for code in area or ():
        if code in answer.codes:
            print_table(answer.goes_with(code, lang))


def tell(
    answer: Result,
    output: Path | None,
    figure: Path | None,
    lang: str,
    *,
    table: pd.DataFrame | None = None,
) -> None:
    """Print headline, the top of the table, notes and sources; write what was asked for."""
    console.print(answer.headline(), highlight=False)
    print_table(answer.to_frame() if table is None else table)
    for note in answer.notes:
        console.print(f"Note: {note}", style="dim", highlight=False)
    for source in answer.sources:
        if source.origin != "method":
            console.print(f"Source: {source}", style="dim", highlight=False)
    if output is not None:
        frame = answer.to_frame().assign(data_origin=mark(answer.sources))
        frame.to_csv(output, index=False)
        console.print(f"Table: {output}")
    if figure is not None:
        plot(answer, lang=lang).write_html(figure, include_plotlyjs=True)
        console.print(f"Picture: {figure}")


def print_table(frame: pd.DataFrame) -> None:
    """Print the first rows of a table."""
    table = Table(show_edge=False, header_style="bold")
    numeric = [pd.api.types.is_numeric_dtype(frame[name]) for name in frame]
    for name, right in zip(frame.columns, numeric, strict=True):
        table.add_column(str(name).replace("_", " "), justify="right" if right else "left")
    for row in frame.head(SHOWN).itertuples(index=False):
        table.add_row(*(f"{v:.4g}" if isinstance(v, float) else str(v) for v in row))
    console.print(table)
    if len(frame) > SHOWN:
        console.print(f"… {len(frame) - SHOWN:,} more rows; --output writes them all", style="dim")


@contextmanager
def bar(words: str) -> Iterator[tuple[Progress, TaskID]]:
    """Show a progress bar that goes when it is done."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as progress:
        yield progress, progress.add_task(words, total=None)
