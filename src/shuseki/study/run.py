"""What does a study find, from records to verdicts?

A study file says which records, births, regions, industries and equations; running it takes each
in turn, keeps the count at every step, and gives a ``Run``. With a folder, everything is also
written there, whole or not at all: ``report.html``, ``tables/``, ``panel.parquet`` and
``manifest.json``.
"""

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from shuseki.datasets import regional_accounts
from shuseki.datasets.catalogue import dataset
from shuseki.datasets.census import synthetic_census
from shuseki.datasets.denominators import labour_force_of_ranked
from shuseki.datasets.printed import paper_folder, printed_paper
from shuseki.demography.events import Births, births
from shuseki.demography.funnel import Funnel
from shuseki.entry.audit import Audit, audit
from shuseki.entry.descriptives import (
    Correlations,
    Descriptives,
    Ranking,
    correlate,
    describe,
    rank,
)
from shuseki.entry.design import Design, read_designs
from shuseki.entry.effects import Effects, effects
from shuseki.entry.hypotheses import Verdicts, examine, read_hypotheses
from shuseki.entry.ols import Fits, estimate_all
from shuseki.entry.printed import PrintedPaper
from shuseki.entry.replication import Replication, obtained_tables, replicate
from shuseki.entry.robustness import RobustnessChecks, check_robustness
from shuseki.entry.variables import RegionalVariables, regional_variables
from shuseki.errors import DataError, examples
from shuseki.geography.areas import check_codes
from shuseki.geography.districts import Division, division, division_from_table
from shuseki.industries.technology import technology_levels
from shuseki.panel import Panel
from shuseki.records.ingest import ingest
from shuseki.records.store import Store
from shuseki.records.tally import locate, tally
from shuseki.report.blocks import Document
from shuseki.report.exports import write_tables
from shuseki.report.html import render
from shuseki.report.writing import MANIFEST, whole_folder
from shuseki.results import Result
from shuseki.sites import Sites
from shuseki.sources import Source
from shuseki.study.manifest import Manifest
from shuseki.study.measures import measure
from shuseki.study.narrative import narrate
from shuseki.study.specification import Records, Study, read_study

__all__ = ["Run", "run"]

Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Run:
    """What a study found.

    Attributes
    ----------
    study
        What was asked.
    funnel, panel
        How candidates became births, and births by area and industry.
    variables, descriptives, correlations, rankings
        The regional variables, and what they look like.
    fits, effects, verdicts
        Equations (``fits["START", 1]``), what they mean, and the hypotheses.
    robustness
        The exercises of section 5-1; ``None`` when not asked for.
    replication, audit
        Printed beside obtained, and what the print contradicts; ``None`` without a paper.
    """

    study: Study
    division: Division
    funnel: Funnel
    panel: Panel
    variables: RegionalVariables
    descriptives: Descriptives
    correlations: Correlations
    rankings: Mapping[str, Ranking]
    fits: Fits
    effects: Effects
    verdicts: Verdicts
    robustness: RobustnessChecks | None
    replication: Replication | None
    audit: Audit | None
    paper: PrintedPaper | None
    manifest: Manifest
    measures: Mapping[str, Result] = field(default_factory=dict)

    def results(self) -> dict[str, Result]:
        """Every answer by name, in the order of the report."""
        found: dict[str, Result | None] = {
            "funnel": self.funnel,
            "descriptives": self.descriptives,
            "correlations": self.correlations,
            **{f"ranking_{name.lower()}": ranking for name, ranking in self.rankings.items()},
            "fits": self.fits,
            "effects": self.effects,
            "verdicts": self.verdicts,
            "robustness": self.robustness,
            "replication": self.replication,
            "audit": self.audit,
            **self.measures,
        }
        return {name: answer for name, answer in found.items() if answer is not None}

    def headlines(self) -> dict[str, str]:
        """One line per answer."""
        return {name: answer.headline() for name, answer in self.results().items()}

    def document(self) -> Document:
        """The report, before it is written in a language."""
        return narrate(self)

    def write(self, folder: str | Path, tell: Tell = lambda said: None) -> Path:
        """Write the run into a folder, whole or not at all, and return the folder."""
        lang = self.study.report.lang
        with whole_folder(folder) as place:
            with self.manifest.step("write the report") as entry:
                tell("writing the report")
                document = self.document()
                (place / "report.html").write_text(render(document, lang), encoding="utf-8")
                written = write_tables(document.tables(), place / "tables", lang=lang)
                self.panel.to_frame().to_parquet(place / "panel.parquet", index=False)
                entry["tables"] = len(written)
            outputs = {
                str(path.relative_to(place)): path for path in place.rglob("*") if path.is_file()
            }
            (place / MANIFEST).write_text(
                json.dumps(self.manifest.to_dict(outputs), indent=1, ensure_ascii=False) + "\n",
                encoding="utf-8",
            )
        return Path(folder)

    def __repr__(self) -> str:
        mark = "synthetic, " if self.study.is_synthetic else ""
        return f"<Run {self.study.name}: {mark}{self.funnel.headline()}>"


def run(
    study: str | Path | Study, out: str | Path | None = None, tell: Tell = lambda said: None
) -> Run:
    """Run a study.

    Parameters
    ----------
    study
        A study file, the name of a bundled study, or a study already read.
    out
        Folder to write; nothing is written without it.
    tell
        Called with what is being done.

    Raises
    ------
    DataError, UnknownCodeError
        When the study file or its data are wrong.
    OutputError
        When the folder cannot be written; nothing is left behind.
    """
    asked = study if isinstance(study, Study) else read_study(study)
    manifest = Manifest(asked, tell=tell)
    paper = printed_paper(asked.entry.paper) if asked.entry.paper else None
    with manifest.step("divide the country") as entry:
        regions = _division(asked)
        groups = _technology(asked)
        entry["areas"] = len(regions.codes)
        entry["industries"] = len(groups)
    with records(asked, manifest) as (store, accounts):
        members = _members(regions, asked.births.at)
        with manifest.step("count the births") as entry:
            born = births(
                store,
                at=asked.births.at,
                since=asked.births.since,
                earlier=asked.births.earlier,
                fewer_than_employees=asked.births.fewer_than_employees,
                division=members,
                classes=groups,
            )
            funnel = _beside(born, paper)
            entry["funnel"] = {step.name: step.left for step in funnel.steps}
        measured: dict[str, Result] = {}
        if asked.measures:
            with manifest.step("measure the agglomerations") as entry:
                measured = measure(
                    _stocks(store, regions, members), _sites(store, asked), asked.measures
                )
                entry["measures"] = list(measured)
    with manifest.step("estimate the equations") as entry:
        areas = regions.areas
        variables = regional_variables(
            accounts,
            born.by_area(),
            convention=asked.entry.convention,
            area_names=dict(zip(areas["code"], areas["name_ja"], strict=True)),
            area_groups=dict(zip(areas["code"], areas["prefecture"], strict=True)),
            sources=(*born.panel.sources, *_sources(asked, accounts)),
        )
        designs = _designs(asked)
        fits = estimate_all(designs, variables, paper)
        entry["equations"] = len(fits)
        entry["n"] = {f"{outcome} {model}": fits[outcome, model].n for outcome, model in fits}
    with manifest.step("describe, examine, compare"):
        descriptives = describe(variables, outliers=asked.entry.outliers)
        correlations = correlate(variables, outliers="none")
        rankings = {name: rank(variables, name) for name in variables.outcomes}
        hypotheses = read_hypotheses(paper_folder(PAPER) / "hypotheses.toml")
        verdicts = examine(fits, hypotheses)
        robust = None
        if asked.entry.robustness:
            robust = check_robustness(fits, variables, hypotheses, accounts)
    replication = findings = None
    if paper is not None:
        with manifest.step("hold the answer against the print") as entry:
            replication = replicate(
                paper,
                obtained_tables(
                    fits=fits,
                    descriptives=descriptives,
                    correlations=correlations,
                    rankings=tuple(rankings.values()),
                ),
                relative_by_model={"4": 0.10},
                sources=variables.sources,
            )
            findings = audit(paper, denominators=labour_force_of_ranked(paper))
            entry["cells"] = len(replication.to_frame())
            entry["findings"] = len(findings.to_frame())
    answer = Run(
        study=asked,
        division=regions,
        funnel=funnel,
        panel=born.panel,
        variables=variables,
        descriptives=descriptives,
        correlations=correlations,
        rankings=rankings,
        fits=fits,
        effects=effects(fits),
        verdicts=verdicts,
        robustness=robust,
        replication=replication,
        audit=findings,
        paper=paper,
        manifest=manifest,
        measures=measured,
    )
    if out is not None:
        answer.write(out, tell)
    return answer


# ---- where records and accounts come from -----------------------------------------------------

PAPER = "okamuro-2006"


@contextmanager
def records(study: Study, manifest: Manifest) -> Iterator[tuple[Store, pd.DataFrame]]:
    """Open the study's records and regional accounts; what is temporary goes away at the end."""
    with TemporaryDirectory(prefix="shuseki-") as scratch:
        asked = study.records
        folder = asked.store or Path(scratch)
        sources: tuple[Source, ...] = ()
        if asked.source == "synthetic-census":
            with manifest.step("draw the synthetic census") as entry:
                census = synthetic_census(scratch, scale=asked.scale, seed=asked.seed)
                folder, sources = Path(scratch), census.sources
                entry["waves"] = dict(census.rows)
        else:
            with manifest.step("take in the records") as entry:
                entry["files"] = _take_in(asked, folder, manifest)
        accounts = _accounts(study, folder, manifest)
        yield Store.open(folder, sources=sources), accounts


def _take_in(asked: Records, folder: Path, manifest: Manifest) -> list[dict[Hashable, Any]]:
    told: list[dict[Hashable, Any]] = []
    for wave in asked.waves:
        layout = asked.layouts.get(wave.layout, wave.layout)
        report = ingest(wave.file, folder, layout, wave=wave.wave, check_codes=check_codes)
        manifest.add_input(wave.file.name, wave.file)
        told += report.to_frame().to_dict("records")
    if asked.converter is not None:
        manifest.add_input(asked.converter.name, asked.converter)
        table = _table(asked.converter)
        table.to_parquet(folder / "converter.parquet", index=False)
    return told


def _accounts(study: Study, folder: Path, manifest: Manifest) -> pd.DataFrame:
    asked = study.accounts
    if asked.source == "synthetic":
        path = folder / "regional_accounts.parquet"
        if not path.is_file():
            raise DataError(
                'accounts.source is "synthetic" but records.source is not. Expected both from the '
                'same census. Use accounts.source = "public", or "file" with your own table.'
            )
        return pd.read_parquet(path)
    if asked.source == "public":
        return regional_accounts("public")
    if asked.file is None:
        raise DataError(
            'accounts.source is "file" but accounts.file is missing. Expected a CSV or Parquet '
            "table with a column area and the columns of docs/entry.md. Name it."
        )
    manifest.add_input(asked.file.name, asked.file)
    return _table(asked.file, "area").set_index("area")


def _table(path: Path, *codes: str) -> pd.DataFrame:
    """Read a user's table whose code columns are text."""
    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
    else:
        table = pd.read_csv(path, dtype=dict.fromkeys(codes, str))
    missing = [code for code in codes if code not in table.columns]
    if missing:
        raise DataError(
            f"{path} lacks columns {examples(missing)}. Found {examples(table.columns, 12)}. "
            "Expected them by these names. Rename the columns."
        )
    return table.astype(dict.fromkeys(codes, str))


def _sources(study: Study, accounts: pd.DataFrame) -> tuple[Source, ...]:
    if study.accounts.source == "file" and study.accounts.file is not None:
        name = study.accounts.file.name
        return (Source(name, f"Regional accounts in {name}", "", origin="user"),)
    return tuple(dataset(name).source for name in accounts.attrs.get("datasets", ()))


# ---- what the study file names ------------------------------------------------------------------


def _division(study: Study) -> Division:
    if study.region.file is not None:
        return division_from_table(study.region.file)
    return division(study.region.division, study.region.date)


def _members(regions: Division, year: int) -> pd.DataFrame:
    """Municipality → area in the codes of the division's own date and of a wave's."""
    editions = [regions.assignment(), regions.assignment(f"{year}-12-31")]
    members = pd.concat(editions)["area"]
    return members[~members.index.duplicated()].rename_axis("municipality").reset_index()


def _stocks(store: Store, regions: Division, members: pd.DataFrame) -> Panel:
    """Plants and employment by area, industry and wave, with the areas' names and centres."""
    panel = tally(store, division=members)
    areas = regions.areas.set_index("code").loc[list(panel.areas)]
    return replace(
        panel,
        area_names=tuple(areas["name_ja"]),
        area_groups=tuple(areas["prefecture"]),
        centres=areas[["latitude", "longitude"]].to_numpy(float),
        division=regions.name,
    )


def _sites(store: Store, study: Study) -> Sites | None:
    """Plants of the births' wave as points, when the records have coordinates."""
    if "latitude" not in store.wave(study.births.at).columns:
        return None
    return locate(store, study.births.at)


def _technology(study: Study) -> dict[str, str]:
    asked = study.industries
    if asked.file is not None:
        given = _table(asked.file, "industry", "group")
        levels = technology_levels(rule=dict(zip(given["industry"], given["group"], strict=True)))
    elif asked.threshold_percent is not None:
        levels = technology_levels(rule=asked.threshold_percent)
    else:
        levels = technology_levels(rule=asked.technology)
    return {str(code): str(level) for code, level in levels.levels.items()}


def _designs(study: Study) -> tuple[Design, ...]:
    asked = study.entry
    if asked.equations:
        return tuple(
            Design(
                outcome=equation.outcome,
                terms=equation.terms,
                model=equation.model,
                outliers=asked.outliers,
                standard_errors=asked.standard_errors,
            )
            for equation in asked.equations
        )
    return read_designs(paper_folder(PAPER) / "designs.toml", standard_errors=asked.standard_errors)


def _beside(born: Births, paper: PrintedPaper | None) -> Funnel:
    """Put the printed counts beside the funnel's, as far as the paper states them."""
    if paper is None or "funnel" not in paper.about:
        return born.funnel

    def printed(kind: str) -> dict[str, int]:
        stated = paper.about["funnel"].get(kind, {})
        return {name: round(paper.statement(said).number().value) for name, said in stated.items()}

    steps = {step.name for step in born.funnel.steps}
    return born.funnel.with_printed(
        left={name: n for name, n in printed("left").items() if name in steps},
        set_aside={name: n for name, n in printed("set_aside").items() if name in steps},
        groups={name: n for name, n in printed("groups").items() if name in born.funnel.groups},
    )
