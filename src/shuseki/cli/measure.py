"""How are measures of agglomeration asked for from a terminal?

Without ``--panel`` or ``--sites`` each command runs on the bundled public statistics.
"""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from shuseki.cli.disclosure import Internal, is_confidential, panel_universes, released
from shuseki.cli.gate import WRITES
from shuseki.cli.show import Figure, Lang, Output, bar, show, tell_rows
from shuseki.cli.terminal import Terminal
from shuseki.datasets.panels import EXAMPLES, Kind, public_panel, public_scales
from shuseki.datasets.public import fully_published, manufacturing_panel
from shuseki.errors import ParameterError
from shuseki.language import listed, say
from shuseki.measures.change.externalities import ExternalityRange
from shuseki.measures.change.lifecycle import life_cycle
from shuseki.measures.change.trends import contributions
from shuseki.measures.change.trends import trends as follow
from shuseki.measures.change.typology import agglomeration_types
from shuseki.measures.clusters.clusters import Clusters, PointClusters, point_clusters
from shuseki.measures.clusters.clusters import clusters as find_clusters
from shuseki.measures.indices.concentration import scale_sweep
from shuseki.panel import Panel
from shuseki.records.panels import read_panel, read_sites
from shuseki.release import write_csv, write_text
from shuseki.report.marks import mark
from shuseki.report.plots.change import types_map
from shuseki.report.words import pick
from shuseki.sites import Sites
from shuseki.study.chapters.measures import measure

__all__ = ["app"]

app = typer.Typer(
    add_completion=False, help="Measures of agglomeration, on your data or on public statistics."
)
console = Terminal()
SHOWN = 20
WEIGHTS = ("none", "employment")
POSITIONS = ("auto", "points", "mesh")

PanelFile = Annotated[
    Path | None,
    typer.Option("--panel", help="CSV or Parquet: area, industry, period and variables."),
]
SitesFile = Annotated[
    Path | None,
    typer.Option("--sites", help="CSV or Parquet: latitude, longitude, industry, employment."),
]
Period = Annotated[str | None, typer.Option("--period", help="Which period; the last by default.")]
Encoding = Annotated[
    str, typer.Option("--encoding", help="Of the files, when it cannot be found: cp932, latin-1 …")
]
Areas = Annotated[list[str] | None, typer.Option("--area", help="Code of an area; repeat it.")]


@app.command()
def quotients(
    panel: PanelFile = None,
    encoding: Encoding = "auto",
    period: Period = None,
    variable: Annotated[str, typer.Option("--variable", help="What to compare.")] = "plants",
    since: Annotated[
        str | None, typer.Option("--since", help="Split the change since this period instead.")
    ] = None,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
    internal: Internal = False,
) -> None:
    """Rank location quotients by what is certain of them; specialised and varied areas.

    With --since: shift-share, what nation, industry mix and own competitiveness contributed; by
    default of the cities whose industries are published in full in both years.
    """
    data = read_panel(panel, encoding) if panel else public_panel("industries", lang)
    if since is not None and panel is None:
        data = public_panel("municipal industries", lang)
        years = [data.year(one) for one in (since, period or data.periods[-1])]
        data = data.select(areas=fully_published("municipality", years))
    options = {"variable": variable, "period": period or data.periods[-1], "since": since}
    answers = measure(data, None, {"quotients": options})
    if since is not None:
        table = answers["shift_share"].to_frame().sort_values("competitive", ascending=False)
        released(
            answers["shift_share"],
            panel_universes(data),
            internal=internal,
            output=output,
            figure=figure,
            lang=lang,
            table=table.drop(columns="area"),
        )
        return
    if internal or not is_confidential(answers["specialisation"]):
        said = pick(answers["specialisation"].headline(), lang)
        console.print(said, markup=False, highlight=False)
    table = answers["quotients"].to_frame().nlargest(SHOWN, "lower")
    released(
        answers["quotients"],
        panel_universes(data),
        internal=internal,
        output=output,
        figure=figure,
        lang=lang,
        table=table.drop(columns=["area", "industry"]),
    )


@app.command()
def concentration(
    panel: PanelFile = None,
    encoding: Encoding = "auto",
    sites: SitesFile = None,
    period: Period = None,
    together: Annotated[
        bool, typer.Option("--coagglomeration", help="Which industries gather together?")
    ] = False,
    local: Annotated[
        str | None, typer.Option("--local", help="Local Moran of this industry.")
    ] = None,
    scale: Annotated[
        bool, typer.Option("--scale", help="By municipality, district, commuting zone, prefecture.")
    ] = False,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
    internal: Internal = False,
) -> None:
    """Measure concentration by five indices, and say where they disagree."""
    if scale:
        if panel or sites:
            raise typer.BadParameter(
                say("--scale compares the bundled divisions. Expected no file. Leave it out.")
            )
        swept = scale_sweep(public_scales(lang), period=period)
        show(swept, output=output, figure=figure, lang=lang)
        return
    data = read_panel(panel, encoding) if panel else public_panel("industries", lang)
    plants = read_sites(sites, encoding) if sites else None
    options: dict[str, object] = {"period": period or data.periods[-1]}
    if together or local:
        options |= {"coagglomeration": together, "local": [local] if local else []}
    answers = measure(data, plants, {"concentration": options})
    if together or local:
        answer = answers["coagglomeration" if together else f"local_moran_{local}"]
        hidden = {"industry", "other", "area"}
        table = answer.to_frame()
        if local:
            table = table[table["kind"] != ""].sort_values("local_moran", ascending=False)
        shown = [name for name in table if name not in hidden]
        released(
            answer,
            panel_universes(data),
            internal=internal,
            output=output,
            figure=figure,
            lang=lang,
            table=table[shown],
        )
        return
    columns = ["industry_name", "plants", "locational_gini", "ellison_glaeser", "moran", "moran_p"]
    table = answers["concentration"].to_frame()[columns]
    table = table.sort_values("ellison_glaeser", ascending=False)
    released(
        answers["concentration"],
        panel_universes(data),
        internal=internal,
        output=output,
        figure=figure,
        lang=lang,
        table=table,
    )
    if "disagreement" in answers and (internal or not is_confidential(*answers.values())):
        console.print(pick(answers["disagreement"].headline(), lang), markup=False, highlight=False)
        reasons = answers["disagreement"].to_frame()[["industry_name", "spread", "reason"]]
        tell_rows(reasons[reasons["reason"] != ""], lang)


Industries = Annotated[
    list[str] | None, typer.Option("--industry", help="Code; repeat it. All by default.")
]
WeightsOption = Annotated[
    str, typer.Option("--weights", help="none (pairs of plants) or employment (of workers).")
]


Pairs = Annotated[
    list[str] | None,
    typer.Option("--pair", help="Two codes with a colon, as in A:B, instead of each; repeat it."),
]
Radii = Annotated[
    list[float] | None, typer.Option("--radius-km", help="Radius; repeat it, increasing.")
]
PlantsFile = Annotated[
    Path,
    typer.Option(
        "--sites", help="CSV or Parquet: latitude, longitude (or x_km, y_km), industry, employment."
    ),
]


@app.command()
def kdensity(
    panel: PanelFile = None,
    encoding: Encoding = "auto",
    sites: SitesFile = None,
    period: Period = None,
    industry: Industries = None,
    weights: WeightsOption = "none",
    positions: Annotated[
        str, typer.Option("--positions", help="With --sites: auto, points or mesh.")
    ] = "auto",
    range_km: Annotated[
        float | None, typer.Option("--range-km", help="Largest distance.", min=1)
    ] = None,
    pair: Pairs = None,
    among: Annotated[
        str, typer.Option("--among", help="With --pair, chance draws from sites of all or both.")
    ] = "all",
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
    internal: Internal = False,
) -> None:
    """Test at which distances industries gather, or two stand together, with global bands."""
    options: dict[str, object] = {"range_km": range_km, "weights": chosen(weights, WEIGHTS)}
    if industry:
        options["industries"] = industry
    if pair:
        if sites is None:
            raise typer.BadParameter(
                say("--pair without --sites. Expected plants as points. Give --sites.")
            )
        options |= {"pairs": both_codes(pair), "among": chosen(among, ("all", "both"))}
    data: Panel | None = None
    plants: Sites | None = None
    if sites is not None:
        plants = read_sites(sites, encoding)
        options["positions"] = chosen(positions, POSITIONS)
    else:
        data = read_panel(panel, encoding) if panel else public_panel("municipalities", lang)
        options["period"] = period or data.periods[-1]
    with bar("K-density") as progress:
        answers = measure(
            data,
            plants,
            {"kdensity": options},
            progress=progress,
        )
    (answer,) = answers.values()
    columns = ["industry_name", "plants", "pattern", "localisation_index", "localised_to_km"]
    table = answer.to_frame()[columns]
    table = table.sort_values("localisation_index", ascending=False)
    released(
        answer,
        panel_universes(data),
        internal=internal,
        output=output,
        figure=figure,
        lang=lang,
        table=table,
    )


@app.command("m-function")
def m_function(
    sites: PlantsFile,
    encoding: Encoding = "auto",
    industry: Industries = None,
    weights: WeightsOption = "none",
    radius: Radii = None,
    pair: Pairs = None,
    individual: Annotated[
        str | None, typer.Option("--individual", help="M around each plant of this industry.")
    ] = None,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
    internal: Internal = False,
) -> None:
    """Compare the own industry around each plant with its share everywhere (Marcon and Puech).

    With --pair A:B the industry B around the plants of A.
    """
    options: dict[str, object] = {"weights": chosen(weights, WEIGHTS)}
    if industry:
        options["industries"] = industry
    if radius:
        options["radii_km"] = radius
    if pair:
        options["pairs"] = both_codes(pair)
    if individual:
        options |= {"individual": [individual], "industries": [individual]}
    with bar("M") as progress:
        answers = measure(
            None,
            read_sites(sites, encoding),
            {"m_function": options},
            progress=progress,
        )
    answer = list(answers.values())[-1]
    table = answer.to_frame().drop(columns=["industry", "other", "null_by"], errors="ignore")
    released(answer, (), internal=internal, output=output, figure=figure, lang=lang, table=table)


@app.command()
def ripley(
    sites: PlantsFile,
    encoding: Encoding = "auto",
    industry: Industries = None,
    radius: Radii = None,
    simulations: Annotated[
        int, typer.Option("--simulations", help="Random patterns for the bands of L.", min=39)
    ] = 199,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
    internal: Internal = False,
) -> None:
    """Count neighbours beside plants that stand anywhere, and beside all others (Ripley's K, L, D).

    In the convex hull of all plants, on a plane, with the translation correction at its edge.
    """
    options: dict[str, object] = {"simulations": simulations}
    if industry:
        options["industries"] = industry
    if radius:
        options["radii_km"] = radius
    with bar("K") as progress:
        answer = measure(
            None,
            read_sites(sites, encoding),
            {"ripley": options},
            progress=progress,
        )["ripley"]
    columns = ["industry_name", "plants", "radius_km", "l_km", "l_upper_km", "d_km2", "d_upper_km2"]
    released(
        answer,
        (),
        internal=internal,
        output=output,
        figure=figure,
        lang=lang,
        table=answer.to_frame()[columns],
    )


@app.command()
def clusters(
    industry: Annotated[str, typer.Argument(help="Code of the industry.")],
    panel: PanelFile = None,
    encoding: Encoding = "auto",
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
        WRITES,
    ] = None,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
    internal: Internal = False,
) -> None:
    """Find where agglomerations of an industry begin and end: areas or, with --sites, points."""
    answer: Clusters | PointClusters
    data: Panel | None = None
    with bar("Clusters") as progress:
        if sites is not None:
            answer = point_clusters(
                read_sites(sites, encoding),
                industry,
                smallest=smallest,
                simulations=simulations,
                progress=progress,
            )
        else:
            data = read_panel(panel, encoding) if panel else public_panel("municipalities", lang)
            answer = find_clusters(
                data,
                industry,
                period=period or data.periods[-1],
                simulations=simulations,
                progress=progress,
            )
    table = answer.to_frame()
    if isinstance(answer, Clusters):
        table = table[["members", "plants", "share", "ratio", "p", "essential"]]
    released(
        answer,
        panel_universes(data),
        internal=internal,
        output=output,
        figure=figure,
        lang=lang,
        table=table,
    )
    if members is not None and is_confidential(answer) and not internal:
        raise ParameterError(
            say(
                "{members} was not written: members of clusters of a user's records are held. "
                "Expected public records. Use --internal to write them, marked as not for release.",
                members=members,
            )
        )
    if members is not None:
        write_csv(members, answer.members().assign(data_origin=mark(answer.sources)))
        console.print(f"Members: {members}", markup=False, highlight=False)


@app.command()
def trends(
    area: Areas = None,
    panel: PanelFile = None,
    encoding: Encoding = "auto",
    variable: Annotated[
        str | None, typer.Option("--variable", help="plants, employment, shipments_yen …")
    ] = None,
    industry: Annotated[
        str | None, typer.Option("--industry", help="Code of one industry, in the 253 districts.")
    ] = None,
    base: Annotated[str | None, typer.Option("--base", help="Year whose index is 100.")] = None,
    span: Annotated[
        str | None,
        typer.Option("--contributions", help="Who contributed? Start–end, as in 2001-2012."),
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Contributions by area or by industry.")] = "area",
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
    internal: Internal = False,
) -> None:
    """Follow areas beside all areas, as indices, with their breaks; or split a change.

    By default the four towns of the 2012 paper, shipments since 1971, 1990 = 100. With --industry
    the 253 districts 2001–2012. With --contributions what each municipality or industry added to
    the change of all, or of the areas named.
    """
    if span is not None:
        start, _, end = span.replace("–", "-").partition("-")
        split = industry is not None or by == "industry"
        data, everything = _panels(panel, "municipal industries" if split else None, lang, encoding)
        shares = contributions(
            data.select(areas=area or None, industries=[industry] if industry else None),
            variable or "plants",
            start=start.strip(),
            end=end.strip(),
            by=by,
            all_plants=everything,
        )
        released(
            shares,
            panel_universes(data),
            internal=internal,
            output=output,
            figure=figure,
            lang=lang,
        )
        return
    long = panel is None and industry is None and variable in (None, "shipments_yen")
    kind: Kind | None = "shipments" if long else "years" if industry else None
    data, everything = _panels(panel, kind, lang, encoding)
    first = list(EXAMPLES) if panel is None and industry is None else list(data.areas[:6])
    answer = follow(
        data,
        area or first,
        variable or ("shipments_yen" if long else "plants"),
        industry=industry,
        base=base or ("1990" if long else None),
        all_plants=everything,
    )
    released(
        answer,
        panel_universes(data),
        internal=internal,
        output=output,
        figure=figure,
        lang=lang,
        table=answer.spells(),
    )
    if any(answer.breaks) and (internal or not is_confidential(answer)):
        tell_rows(answer.break_evidence(lang), lang)


def _panels(
    panel: Path | None, kind: Kind | None, lang: str, encoding: str
) -> tuple[Panel, Panel | None]:
    """Give the panel of a trend, and all plants where industries are not published in full."""
    if panel is not None:
        return read_panel(panel, encoding), None
    totals: dict[Kind, Kind] = {
        "years": "district totals",
        "municipal industries": "municipal years",
    }
    everything = public_panel(totals[kind], lang) if kind in totals else None
    return public_panel(kind or "municipal years", lang), everything


@app.command()
def types(
    area: Areas = None,
    every: Annotated[
        bool, typer.Option("--every", help="List all areas, not only agglomerations.")
    ] = False,
    map_file: Annotated[
        Path | None,
        typer.Option("--map", help="Write a map of the leading types to this HTML."),
        WRITES,
    ] = None,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
) -> None:
    """Give the 253 districts' membership in the four types, or say why of some."""
    answer = agglomeration_types(
        public_panel("industries", lang),
        history=public_panel("district shipments"),
        all_plants=public_panel("district totals"),
    )
    table = answer.to_frame()
    if not every:
        table = table[table["agglomeration"]]
    columns = [str(name) for name in table if str(name).startswith("membership")]
    table = table.assign(strongest=table[columns].max(axis=1))
    table = table.sort_values(["leading", "strongest"], ascending=[True, False])
    if area:
        table = pd.concat([answer.evidence(code).assign(area=code) for code in area])
    else:
        table = table[["area_name", *columns, "related_group", "related_plants"]]
    show(answer, output=output, figure=figure, lang=lang, table=table)
    for code in area or ():
        for sentence in answer.why(code, lang):
            console.print(sentence, markup=False, highlight=False)
    if map_file is not None:
        write_text(map_file, types_map(answer, lang=lang).to_html(include_plotlyjs=True))
        console.print(f"Map: {map_file}", markup=False, highlight=False)


@app.command()
def lifecycle(
    area: Areas = None,
    panel: PanelFile = None,
    encoding: Encoding = "auto",
    industry: Annotated[
        str | None, typer.Option("--industry", help="Code of one industry, or each.")
    ] = None,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
    internal: Internal = False,
) -> None:
    """Find the stage of life of each area, and what goes with it.

    By default all municipalities 2001–2012; with --industry the 253 districts, in one industry or,
    with --industry each, in every one.
    """
    split = panel is None and industry is not None
    data = (
        read_panel(panel, encoding)
        if panel
        else public_panel("years" if split else "municipal years", lang)
    )
    answer = life_cycle(
        data,
        workers="employment" if "employment" in data.values else "employees",
        output="shipments_yen" if "shipments_yen" in data.values else None,
        births="births" if "births" in data.values else None,
        industry=industry,
        areas=area or None,
        all_plants=public_panel("district totals", lang) if split else None,
    )
    table = answer.to_frame()
    table = table.sort_values("probability", ascending=False)
    shown = ["area_name", "stage_ja" if lang == "ja" else "stage"]
    shown += ["industry_name"] if industry == "each" else []
    table = table[[*shown, "evidence_ja" if lang == "ja" else "evidence"]]
    released(
        answer,
        panel_universes(data),
        internal=internal,
        output=output,
        figure=figure,
        lang=lang,
        table=table,
    )
    may = internal or not is_confidential(answer)
    for code, line in zip(answer.codes, answer.industries, strict=True):
        if area and code in area and industry != "each" and may:
            tell_rows(answer.goes_with(code, lang, industry=line), lang)


@app.command()
def externalities(
    panel: PanelFile = None,
    encoding: Encoding = "auto",
    span: Annotated[
        list[str] | None,
        typer.Option("--span", help="Start–end, as in 2001-2006; repeat it to compare."),
    ] = None,
    variable: Annotated[str, typer.Option("--variable", help="What grows.")] = "plants",
    outcome: Annotated[str, typer.Option("--outcome", help="growth or births.")] = "growth",
    rings: Annotated[
        str, typer.Option("--rings", help="Edges of the rings in km, from 0.")
    ] = "0,15,30,60,120",
    table: Annotated[
        str,
        typer.Option(
            "--input-output",
            help="CSV: seller, buyer, amount. Or jsic-10, jsic-11, comparable, none.",
        ),
    ] = "auto",
    pooled: Annotated[
        bool, typer.Option("--pooled", help="Do not compare industries within areas.")
    ] = False,
    output: Output = None,
    figure: Figure = None,
    lang: Lang = "en",
    internal: Internal = False,
) -> None:
    """Estimate how far the same industry, suppliers, customers and variety reach.

    By default the cities whose industries are published in full, 2001–2006 and 2006–2012, with the
    OECD's input–output table.
    """
    options: dict[str, object] = {
        "variable": variable,
        "outcome": outcome,
        "area_effects": not pooled,
        "input_output": table,
    }
    given = span or ([] if panel else ["2001-2006", "2006-2012"])
    spans = [both.replace("–", "-").split("-") for both in given]
    if any(len(both) != 2 for both in spans):
        raise typer.BadParameter(
            say("--span is {given}. Expected start-end as in 2001-2006. Correct it.", given=given)
        )
    if spans:
        options["spans"] = spans
    try:
        options["rings_km"] = [float(edge) for edge in rings.split(",")]
    except ValueError:
        raise typer.BadParameter(
            say("--rings is {rings!r}. Expected numbers with commas. Correct it.", rings=rings)
        ) from None
    if panel is None:
        data = manufacturing_panel("municipality", industries="comparable")
        ends = sorted({data.year(year) for both in spans for year in both})
        options["areas"] = fully_published("municipality", ends)
    else:
        data = read_panel(panel, encoding)
    with console.status("Externalities"):
        answer = measure(data, None, {"externalities": options})["externalities"]
    assert isinstance(answer, ExternalityRange)
    released(
        answer,
        panel_universes(data),
        internal=internal,
        output=output,
        figure=figure,
        lang=lang,
        table=answer.ranges(),
    )


def both_codes(pairs: list[str]) -> list[tuple[str, str]]:
    """Split pairs of codes at their colon."""
    split = [tuple(pair.split(":")) for pair in pairs]
    if any(len(codes) != 2 for codes in split):
        raise typer.BadParameter(
            say("--pair is {pairs}. Expected two codes with a colon as in A:B.", pairs=pairs)
        )
    return [(codes[0], codes[1]) for codes in split]


def chosen(value: str, allowed: tuple[str, ...]) -> str:
    """Give back a value that is one of those allowed."""
    if value not in allowed:
        raise typer.BadParameter(
            say(
                "{value!r} is none of {allowed}. Expected one of them. Choose one.",
                value=value,
                allowed=listed(allowed),
            )
        )
    return value
