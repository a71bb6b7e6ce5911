"""How are the deeper questions of entry asked from a terminal?

The commands take a CSV file, one row per area: any table with an outcome and regressors will do.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from shuseki.cli.show import Figure, Lang, Output, bar, show
from shuseki.cli.terminal import Terminal
from shuseki.entry.atlas import atlas as every_specification
from shuseki.entry.atlas import permutation_test, strongly_correlated
from shuseki.entry.conley import conley_errors
from shuseki.entry.counts import bootstrap_counts, count_model, overdispersion
from shuseki.entry.definitions import Definitions, read_definitions
from shuseki.entry.design import OUTLIER_RULES
from shuseki.entry.equality import equality_of_coefficients
from shuseki.entry.regions import Units, compare_divisions
from shuseki.entry.spatial import spatial_tests, surviving_conclusions
from shuseki.errors import DataError, ParameterError, examples
from shuseki.geography.coordinates import check_coordinates
from shuseki.geography.distances import distance_matrix_km
from shuseki.geography.weights import definitions_of_neighbours
from shuseki.language import say
from shuseki.papers.catalogue import printed_definitions, printed_hypotheses, printed_paper
from shuseki.papers.from_print import judge_from_print
from shuseki.reading.tables import read_table
from shuseki.reading.toml import read_toml

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    help="Entry, deeper: neighbours, counts, other specifications, other borders.",
)
BOTH = 2

TableFile = Annotated[Path, typer.Argument(help="CSV, Parquet or xlsx, one row per area.")]
Terms = Annotated[str, typer.Option("--terms", help="Regressors, separated by commas.")]
Outcome = Annotated[str, typer.Option("--outcome", help="Column of the outcome.")]
Code = Annotated[str, typer.Option("--code", help="Column of the area codes.")]
Encoding = Annotated[str, typer.Option("--encoding", help="Of the table, when it cannot be found.")]


@app.command()
def neighbours(
    table: TableFile,
    outcome: Outcome,
    terms: Terms,
    code: Code = "area",
    latitude: Annotated[str, typer.Option(help="Column of latitudes, degrees.")] = "latitude",
    longitude: Annotated[str, typer.Option(help="Column of longitudes, degrees.")] = "longitude",
    cutoffs: Annotated[
        str, typer.Option(help="Cut-offs of Conley's errors, km, separated by commas.")
    ] = "50,100,200",
    encoding: Encoding = "auto",
    lang: Lang = "en",
    output: Output = None,
    figure: Figure = None,
) -> None:
    """Are neighbouring areas related, and do the conclusions hold when this is allowed for?"""
    names = _list(terms)
    frame = _read(table, code, [outcome, *names, latitude, longitude], encoding=encoding)
    frame = frame.dropna(subset=[outcome, *names, latitude, longitude])
    centres = frame[[latitude, longitude]].to_numpy(dtype=float)
    check_coordinates(centres[:, 0], centres[:, 1], rows=list(frame.index), what="areas")
    with Terminal().status("asking the neighbours"):
        weights = {
            label: near.to_w()
            for label, near in definitions_of_neighbours(list(frame.index), centres).items()
        }
        tests = spatial_tests(frame, outcome=outcome, terms=names, neighbours=weights)
        conley = conley_errors(
            frame,
            outcome=outcome,
            terms=names,
            distances_km=distance_matrix_km(centres),
            cutoffs_km=[_kilometres(cutoff) for cutoff in _list(cutoffs)],
        )
        survival = surviving_conclusions(frame, outcomes=[outcome], terms=names, neighbours=weights)
    show(tests, lang=lang, output=output, figure=figure)
    show(conley, lang=lang)
    show(survival, lang=lang)


@app.command()
def counts(
    table: TableFile,
    outcome: Outcome,
    terms: Terms,
    exposure: Annotated[
        str | None, typer.Option(help="Column with the base of the rate, e.g. in 10,000 persons.")
    ] = None,
    family: Annotated[
        str, typer.Option(help="poisson, negative_binomial or zero_inflated.")
    ] = "poisson",
    groups: Annotated[
        str | None, typer.Option(help="Column of clusters, e.g. the prefecture.")
    ] = None,
    inflation: Annotated[
        str,
        typer.Option(help="For zero_inflated: columns that say where births cannot be, by commas."),
    ] = "",
    bootstrap: Annotated[
        bool, typer.Option(help="With --groups, Poisson: p-values by the wild cluster bootstrap.")
    ] = False,
    code: Code = "area",
    encoding: Encoding = "auto",
    lang: Lang = "en",
    output: Output = None,
    figure: Figure = None,
) -> None:
    """Which count model fits the number of births?"""
    names, idle = _list(terms), _list(inflation)
    wanted = [outcome, *names, *idle, *(name for name in (exposure, groups) if name)]
    frame = _read(table, code, wanted, text=[groups] if groups else [], encoding=encoding)
    if bootstrap and not (groups and family == "poisson"):
        raise ParameterError(
            say(
                "--bootstrap with family {family} and groups {groups}. Expected family poisson "
                "and a column of clusters. Name one with --groups, or leave --bootstrap out.",
                family=family,
                groups=groups,
            )
        )
    fit = count_model(
        frame,
        outcome=outcome,
        terms=names,
        exposure=exposure,
        family=family,  # type: ignore[arg-type]
        inflation=idle,
        standard_errors="cluster" if groups else "HC1",
        groups=groups,
    )
    show(fit, lang=lang, output=output, figure=figure)
    if bootstrap and groups:
        with Terminal().status("drawing weights of clusters"):
            drawn = bootstrap_counts(
                frame, outcome=outcome, terms=names, groups=groups, exposure=exposure
            )
        show(drawn, lang=lang)
    if family == "poisson":
        births = frame[wanted].dropna()[outcome].to_numpy(dtype=float)
        show(overdispersion(births, fit.means), lang=lang)


@app.command()
def equality(
    table: TableFile,
    outcomes: Annotated[str, typer.Option(help="The two outcomes, separated by a comma.")],
    terms: Terms,
    standardised: Annotated[
        bool, typer.Option(help="Divide each outcome by its mean first.")
    ] = False,
    code: Code = "area",
    encoding: Encoding = "auto",
    lang: Lang = "en",
    output: Output = None,
    figure: Figure = None,
) -> None:
    """Do the regressors have different effects on two outcomes?"""
    both = _list(outcomes)
    if len(both) != BOTH:
        raise ParameterError(
            say(
                "{n_both} outcomes: {both}. Expected two, e.g. START_H,START_L.",
                n_both=len(both),
                both=examples(both),
            )
        )
    names = _list(terms)
    frame = _read(table, code, [*both, *names], encoding=encoding)
    answer = equality_of_coefficients(
        frame, outcomes=(both[0], both[1]), terms=names, standardised=standardised
    )
    show(answer, lang=lang, output=output, figure=figure)


@app.command()
def regions(
    table: Annotated[
        Path, typer.Argument(help="CSV, Parquet or xlsx: accounts and births by municipality.")
    ],
    terms: Terms,
    divisions: Annotated[
        str, typer.Option(help="Columns that put each municipality into an area, by commas.")
    ],
    outcome: Outcome = "START",
    definitions: Annotated[
        Path | None,
        typer.Option(help="TOML file of variables and outcomes; those of okamuro-2006 by default."),
    ] = None,
    code: Code = "municipality",
    random_areas: Annotated[
        str, typer.Option(help="Numbers of areas of random divisions, by commas.")
    ] = "",
    draws: Annotated[int, typer.Option(min=1, help="Random divisions of each number.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random divisions.")] = 0,
    encoding: Encoding = "auto",
    lang: Lang = "en",
    output: Output = None,
    figure: Figure = None,
) -> None:
    """Do the conclusions hold with other borders?

    Random divisions need columns latitude and longitude.
    """
    names, by = _list(terms), _list(divisions)
    sizes = [_whole(size) for size in _list(random_areas)]
    places = ["latitude", "longitude"] if sizes else []
    frame = _read(table, code, [*by, "births", *places], text=by, encoding=encoding)
    born = [c for c in frame.columns if c == "births" or str(c).startswith("births_")]
    accounts = frame.drop(columns=[*born, *by, *places]).select_dtypes("number")
    units = Units(accounts, frame[born], frame[places].to_numpy(dtype=float) if places else None)
    with bar("dividing") as progress:
        answer = compare_divisions(
            units,
            {name: frame[name] for name in by},
            terms=names,
            outcomes=(outcome,),
            definitions=_definitions(definitions),
            random_areas=sizes,
            draws=draws,
            rng=np.random.default_rng(seed),
            progress=progress,
        )
    show(answer, lang=lang, output=output, figure=figure)


@app.command()
def atlas(
    table: TableFile,
    outcome: Annotated[str, typer.Option("--outcome", help="Outcomes, separated by commas.")],
    terms: Terms,
    threshold: Annotated[
        float,
        typer.Option(min=0, help="Regressors with a larger correlation are never used together."),
    ] = 0.5,
    permutations: Annotated[
        int,
        typer.Option(min=0, help="Permutations of the outcome to test against chance; 0 for none."),
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the permutations.")] = 0,
    code: Code = "area",
    encoding: Encoding = "auto",
    lang: Lang = "en",
    output: Output = None,
    figure: Figure = None,
) -> None:
    """Do the conclusions hold in every other reasonable specification?"""
    names, outcomes = _list(terms), _list(outcome)
    frame = _read(table, code, [*outcomes, *names], encoding=encoding)
    rules = {name: lambda y, drop=rule: ~drop(y) for name, rule in OUTLIER_RULES.items()}
    apart = strongly_correlated(frame[names], threshold)
    with bar("estimating") as progress:
        answer = every_specification(
            frame, outcomes=outcomes, terms=names, outlier_rules=rules, never_together=apart
        )
        luck = None
        if permutations:
            luck = permutation_test(
                frame,
                outcomes=outcomes,
                terms=names,
                permutations=permutations,
                rng=np.random.default_rng(seed),
                progress=progress,
                outlier_rules=rules,
                never_together=apart,
            )
    show(answer, lang=lang, output=output, figure=figure, table=answer.support())
    if luck is not None:
        show(luck, lang=lang)


@app.command(name="print")
def from_print(
    paper: Annotated[str, typer.Argument(help="A bundled paper, or a folder.")] = "okamuro-2006",
    encoding: Encoding = "auto",
    lang: Lang = "en",
    output: Output = None,
    figure: Figure = None,
) -> None:
    """Which hypotheses do a paper's printed moments support by themselves?"""
    with Terminal().status("judging from print"):
        answer = judge_from_print(printed_paper(paper), printed_hypotheses(paper))
    show(answer, lang=lang, output=output, figure=figure)


# ---- reading and showing ------------------------------------------------------------------------


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _definitions(path: Path | None) -> Definitions:
    """Definitions of a file of the user's, or those of the bundled paper."""
    if path is None:
        return printed_definitions()
    return read_definitions(read_toml(path), named=str(path))


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ParameterError(
            say(
                "{text!r} is no number of areas. Expected whole numbers, e.g. --random-areas "
                "253,47.",
                text=text,
            )
        )
    return int(text)


def _kilometres(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ParameterError(
            say(
                "{text!r} is no distance. Expected kilometres, e.g. --cutoffs 50,100.",
                text=text,
            )
        ) from None


def _read(
    path: Path, code: str, wanted: list[str], text: Sequence[str] = (), encoding: str = "auto"
) -> pd.DataFrame:
    if not path.is_file():
        raise ParameterError(
            say(
                "No file {path}. Expected a CSV file. Check the path.",
                path=path,
            )
        )
    numbers = [name for name in wanted if name not in text]
    frame = read_table(
        path, codes=[code], numbers=numbers, required=wanted, text=text, encoding=encoding
    )
    frame[list(text)] = frame[list(text)].replace("", None)
    twice = frame[code][frame[code].duplicated()]
    if len(twice):
        raise DataError(
            say(
                "Areas given twice: {twice}. Expected one row per area. Add the rows up first.",
                twice=examples(twice.unique()),
            )
        )
    return frame.set_index(code)
