"""What does a study find, from records to verdicts?

A study file says which records, births, regions, industries and equations; running it takes each
in turn, keeps the count at every step, and gives a ``Run``. With a folder, everything is also
written there, whole or not at all: ``report.html``, ``tables/``, ``panel.parquet`` and
``manifest.json``.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from shuseki.datasets import regional_accounts
from shuseki.datasets.catalogue import dataset
from shuseki.datasets.census import synthetic_census
from shuseki.datasets.denominators import labour_force_of_ranked
from shuseki.demography.events import Births, births
from shuseki.demography.funnel import Funnel
from shuseki.disk import scratch
from shuseki.entry.descriptives import (
    Correlations,
    Descriptives,
    Ranking,
    correlate,
    describe,
    rank,
)
from shuseki.entry.design import Design
from shuseki.entry.effects import Effects, effects
from shuseki.entry.hypotheses import Hypothesis, Verdicts, examine
from shuseki.entry.ols import Fits, estimate_all
from shuseki.entry.variables import RegionalVariables, regional_variables
from shuseki.errors import DataError
from shuseki.geography.districts import Division, division, division_from_table
from shuseki.industries.technology import technology_levels
from shuseki.panel import Panel
from shuseki.papers.audit import Audit, audit
from shuseki.papers.beside import fits_beside
from shuseki.papers.catalogue import (
    PRINTED_PAPERS,
    paper_folder,
    printed_definitions,
    printed_designs,
    printed_hypotheses,
    printed_paper,
)
from shuseki.papers.okamuro_2006.robustness import RobustnessChecks, check_robustness
from shuseki.papers.printed import PrintedPaper
from shuseki.papers.replication import Replication, obtained_tables, replicate
from shuseki.reading.tables import read_table
from shuseki.reading.values import read_year
from shuseki.records.ingest import Delivery, IngestReport, bind, writing
from shuseki.records.layouts import layout
from shuseki.records.parts import parts_of
from shuseki.records.store import CONVERTER, Store
from shuseki.records.tally import locate, tally
from shuseki.release import MANIFEST, check_folder, whole_folder
from shuseki.report.blocks import Document
from shuseki.report.exports import write_tables
from shuseki.report.html import render
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
        with whole_folder(folder, apart=self.study.reads) as place:
            with self.manifest.step("write the report") as entry:
                tell("writing the report")
                document = self.document()
                (place / "report.html").write_text(render(document, lang), encoding="utf-8")
                written = write_tables(document.tables(), place / "tables", lang=lang)
                self.panel.to_frame().to_parquet(place / "panel.parquet", index=False)
                entry["tables"] = len(written)
            said = json.dumps(self.manifest.to_dict(), indent=1, ensure_ascii=False)
            (place / MANIFEST).write_text(said + "\n", encoding="utf-8", newline="\n")
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
        When the folder cannot be written, or is not ours to replace; nothing is left behind.
    """
    asked = study if isinstance(study, Study) else read_study(study)
    if out is not None:
        check_folder(out, apart=asked.reads)
    manifest = Manifest(asked, tell=tell)
    paper = _paper(asked, manifest)
    with manifest.step("divide the country") as entry:
        regions = _division(asked)
        groups = _technology(asked)
        for table in (asked.region.file, asked.industries.file):
            if table is not None:
                manifest.add_input(table)
        entry["areas"] = len(regions.codes)
        entry["industries"] = len(groups)
    with records(asked, manifest) as (store, accounts):
        with manifest.step("count the births") as entry:
            born = births(
                store,
                at=asked.births.at,
                since=asked.births.since,
                earlier=asked.births.earlier,
                fewer_than_employees=asked.births.fewer_than_employees,
                division=regions,
                classes=groups,
                lives=asked.births.lives,
            )
            funnel = _beside(born, paper)
            entry["funnel"] = {step.name: step.left for step in funnel.steps}
        measured: dict[str, Result] = {}
        if asked.measures:
            with manifest.step("measure the agglomerations") as entry:
                measured = measure(_stocks(store, regions), _sites(store, asked), asked.measures)
                entry["measures"] = list(measured)
    with manifest.step("estimate the equations") as entry:
        areas = regions.areas
        variables = regional_variables(
            accounts,
            born.by_area(),
            definitions=printed_definitions(
                asked.entry.paper or PAPER, convention=asked.entry.convention
            ),
            area_names=dict(zip(areas["code"], areas["name_ja"], strict=True)),
            area_groups=dict(zip(areas["code"], areas["prefecture"], strict=True)),
            sources=(*born.panel.sources, *_sources(asked, accounts)),
        )
        designs = _designs(asked)
        fits = estimate_all(designs, variables)
        if paper is not None:
            fits = fits_beside(fits, paper)
        entry["equations"] = len(fits)
        entry["n"] = {f"{outcome} {model}": fits[outcome, model].n for outcome, model in fits}
    with manifest.step("describe, examine, compare"):
        order = [*variables.outcomes, *variables.regressors]
        if paper is not None and not paper.table("descriptives").empty:
            printed = list(paper.table("descriptives")["variable"])
            order = sorted(order, key=lambda n: printed.index(n) if n in printed else len(printed))
        descriptives = describe(variables, order, outliers=asked.entry.outliers)
        correlations = correlate(variables, order, outliers="none")
        rankings = {name: rank(variables, name) for name in variables.outcomes}
        hypotheses = _hypotheses(asked)
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
                relative_by_model=paper.about.get("tolerance_by_model", {}),
                sources=variables.sources,
            )
            findings = audit(paper, denominators=_denominators(paper))
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
    """Open the study's records and regional accounts; what is temporary goes away at the end.

    Exactly the files that the study names are read, whatever else its store holds; meanwhile
    nobody writes to the store.
    """
    asked = study.records
    with scratch(what="study") as place:
        if asked.source == "synthetic-census":
            with manifest.step("draw the synthetic census") as entry:
                census = synthetic_census(place, scale=asked.scale, seed=asked.seed)
                entry["waves"] = dict(census.rows)
            accounts = _accounts(study, place, manifest)
            with closing(Store.open(place, sources=census.sources)) as store:
                yield store, accounts
            return
        folder = asked.store or place / "store"
        with writing(folder) as lock:
            with manifest.step("take in the records") as entry:
                taken = _take_in(asked, folder)
                entry["files"] = taken.to_frame().to_dict("records")
                if taken.notes:
                    entry["notes"] = list(taken.notes)
                entry["parts"] = list(taken.parts)
                there = (part.name for part in parts_of(folder, pass_damaged=True))
                entry["parts_not_read"] = sorted(set(there) - {*taken.parts})
            for wave, told in zip(asked.waves, taken.hashes, strict=True):
                manifest.add_input(wave.file, told)
            converter = None
            if asked.converter is not None:
                manifest.add_input(asked.converter)
                converter = read_converter(asked.converter)
            lock.share()
            accounts = _accounts(study, folder, manifest)
            with closing(Store.open(folder, parts=taken.parts, converter=converter)) as store:
                yield store, accounts


def _take_in(asked: Records, folder: Path) -> IngestReport:
    files = [
        Delivery(wave.file, layout(asked.layouts.get(wave.layout, wave.layout), wave=wave.wave))
        for wave in asked.waves
    ]
    return bind(files, folder)


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
    manifest.add_input(asked.file)
    needed = printed_definitions(study.entry.paper or PAPER).needed
    encoding = study.study.encoding
    table = read_table(asked.file, codes=["area"], numbers=needed, encoding=encoding)
    return table.set_index("area")


def _table(path: Path, *codes: str, encoding: str = "auto") -> pd.DataFrame:
    """Read a user's table whose code columns are text."""
    return read_table(path, codes=codes, encoding=encoding)


def read_converter(path: Path) -> pd.DataFrame:
    """Read a user's table of numbers that changed: waves are years, numbers stay text."""
    table = read_table(path, codes=list(CONVERTER))
    for name in ("from_wave", "to_wave"):
        years = [read_year(text)[0] for text in table[name]]
        if None in years:
            row = table.index[years.index(None)]
            raise DataError(
                f"{path.name}, {name!r}: {table[name][row]!r} in row {row} is no year. Expected "
                "the year of a wave, such as 1998. Correct it."
            )
        table[name] = pd.array(years, dtype="int32")
    return table[list(CONVERTER)]


def _sources(study: Study, accounts: pd.DataFrame) -> tuple[Source, ...]:
    if study.accounts.source == "file" and study.accounts.file is not None:
        name = study.accounts.file.name
        return (Source(name, f"Regional accounts in {name}", "", origin="user"),)
    return tuple(dataset(name).source for name in accounts.attrs.get("datasets", ()))


# ---- what the study file names ------------------------------------------------------------------


def _division(study: Study) -> Division:
    if study.region.file is not None:
        return division_from_table(
            study.region.file, date=study.region.date, encoding=study.study.encoding
        )
    return division(study.region.division, study.region.date)


def _stocks(store: Store, regions: Division) -> Panel:
    """Plants and employment by area, industry and wave, with the areas' names and centres."""
    return replace(tally(store, division=regions), area_names=tuple(regions.areas["name_ja"]))


def _sites(store: Store, study: Study) -> Sites | None:
    """Plants of the births' wave as points, when the records have coordinates."""
    if "latitude" not in store.wave(study.births.at).columns:
        return None
    return locate(store, study.births.at)


def _technology(study: Study) -> dict[str, str]:
    asked = study.industries
    if asked.file is not None:
        given = _table(asked.file, "industry", "group", encoding=study.study.encoding)
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
    return printed_designs(asked.paper or PAPER, standard_errors=asked.standard_errors)


def _paper(study: Study, manifest: Manifest) -> PrintedPaper | None:
    """The paper to hold the answer against; the files of a folder of the user's are inputs."""
    named = study.entry.paper
    if named is None:
        return None
    if named not in PRINTED_PAPERS:
        for path in sorted(Path(named).iterdir()):
            if path.suffix in (".csv", ".toml"):
                manifest.add_input(path)
    return printed_paper(named)


def _hypotheses(study: Study) -> tuple[Hypothesis, ...]:
    """The paper's hypotheses; those of the bundled paper when it states none."""
    own = study.entry.paper
    if own is not None and (paper_folder(own) / "hypotheses.toml").is_file():
        return printed_hypotheses(own)
    return printed_hypotheses(PAPER)


def _denominators(paper: PrintedPaper) -> pd.DataFrame | None:
    """Labour force of the ranked districts, where they are known and the paper brings none."""
    if not paper.table("denominators").empty:
        return None
    known = labour_force_of_ranked(paper)
    return None if known.empty else known


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
