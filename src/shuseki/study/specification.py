"""What does a study file say?

A study is a TOML file: which records, which births, which regions, which industries, which
equations, which paper to hold the answer against, which measures. Reading one checks every
key and every value before anything runs; a misspelt key is named with the nearest right one.

Takes   a path, or the name of a bundled study (``"okamuro-2006"``).
Gives   a frozen ``Study``. Relative paths in it are resolved against the file's folder.
"""

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.papers.catalogue import PRINTED_PAPERS
from shuseki.records.parts import PARTS

__all__ = ["Study", "bundled_studies", "read_study"]

STUDIES = Path(__file__).parent / "studies"
SYNTHETIC = "synthetic-census"


class Part(BaseModel):
    """A table of the study file: frozen, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Head(Part):
    """What the study is called, and what it asks; how the tables beside its records are encoded."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    title: str
    title_ja: str = ""
    question: str = ""
    question_ja: str = ""
    encoding: str = "auto"


class Wave(Part):
    """One file of records."""

    file: Path
    layout: str = "house"
    wave: int | None = None


class Records(Part):
    """Where the establishments come from."""

    source: Literal["synthetic-census", "files"] = "synthetic-census"
    scale: float = Field(default=1.0, ge=0.01, le=100.0)
    seed: int = 2006
    waves: tuple[Wave, ...] = ()
    converter: Path | None = None
    store: Path | None = None
    layouts: dict[str, dict[str, Any]] = Field(default_factory=dict)


class Births(Part):
    """Which establishments count as births."""

    at: int
    since: int
    earlier: tuple[int, ...] = ()
    fewer_than_employees: int | None = Field(default=None, gt=0)
    lives: Literal["waves", "spells"] = "waves"


class Region(Part):
    """Which areas the births are added up to: a named division, or a two-column table."""

    division: str = "district-253"
    date: str = "1995-10-01"
    file: Path | None = None


class Industries(Part):
    """Which classes are high technology: the print, a threshold, or the user's groups."""

    technology: Literal["printed", "mean"] = "printed"
    threshold_percent: float | None = Field(default=None, gt=0)
    file: Path | None = None


class Accounts(Part):
    """Where the regional variables come from."""

    source: Literal["synthetic", "public", "file"] = "synthetic"
    file: Path | None = None


class Equation(Part):
    """One regression of the user's own."""

    outcome: Literal["START", "START_H", "START_L"]
    model: str
    terms: tuple[str, ...]


class Entry(Part):
    """Which equations are estimated, and how."""

    paper: str | None = None
    convention: Literal["labour_market", "ecological"] = "labour_market"
    standard_errors: Literal["HC0", "HC1", "HC2", "HC3", "classical"] = "HC1"
    outliers: str = "printed"
    equations: tuple[Equation, ...] = ()
    robustness: bool = True


class Report(Part):
    """How the report is told."""

    lang: Literal["en", "ja"] = "en"


class Study(Part):
    """A whole study file."""

    study: Head
    records: Records = Records()
    births: Births
    region: Region = Region()
    industries: Industries = Industries()
    accounts: Accounts = Accounts()
    entry: Entry = Entry()
    measures: dict[str, Any] = Field(default_factory=dict)
    report: Report = Report()
    origin: Path | None = Field(default=None, exclude=True)

    @field_validator("births")
    @classmethod
    def _ordered(cls, births: Births) -> Births:
        late = [wave for wave in (*births.earlier, births.since) if wave >= births.at]
        if late:
            raise ValueError(
                f"waves {examples(late)} are not before the wave of the births, {births.at}"
            )
        return births

    @property
    def name(self) -> str:
        """The study's name."""
        return self.study.name

    def changed(
        self, lang: str | None = None, scale: float | None = None, seed: int | None = None
    ) -> "Study":
        """Change what a command line may change; everything is checked again."""
        content = self.model_dump()
        for part, key, value in (
            ("report", "lang", lang),
            ("records", "scale", scale),
            ("records", "seed", seed),
        ):
            if value is not None:
                content[part][key] = value
        try:
            return Study(**content, origin=self.origin)
        except ValidationError as error:
            raise ParameterError(_faults(Path("the command line"), error)) from None

    @property
    def reads(self) -> tuple[Path, ...]:
        """What a run of this study reads: its own file, the files it names, parts of its store."""
        own = [] if self.origin is None else [self.origin]
        parts = [] if self.records.store is None else [self.records.store / PARTS]
        paper = self.entry.paper
        papers = [Path(paper)] if paper is not None and Path(paper).is_dir() else []
        return (*_named(self), *own, *parts, *papers)

    @property
    def is_synthetic(self) -> bool:
        """Whether the records or the regional accounts are synthetic."""
        return self.records.source == SYNTHETIC or self.accounts.source == "synthetic"


def _named(study: Study) -> list[Path]:
    """The files that a study names."""
    named = [
        *(wave.file for wave in study.records.waves),
        study.records.converter,
        study.region.file,
        study.industries.file,
        study.accounts.file,
    ]
    return [path for path in named if path is not None]


def bundled_studies() -> tuple[str, ...]:
    """Names of the studies that come with shuseki."""
    return tuple(sorted(path.stem for path in STUDIES.glob("*.toml")))


def read_study(study: str | Path) -> Study:
    """Read and check a study file, or a bundled study by its name.

    Raises
    ------
    UnknownCodeError
        No such file and no bundled study of that name.
    DataError
        The file is not TOML, or a key or a value in it is wrong; all faults are listed.
    """
    path = Path(study)
    if path.suffix != ".toml":
        if str(study) not in bundled_studies():
            raise UnknownCodeError.among("study", [str(study)], bundled_studies())
        path = STUDIES / f"{study}.toml"
    if not path.is_file():
        raise ParameterError(
            f"No study file {path}. Expected a .toml file, or the name of a bundled study "
            f"({', '.join(bundled_studies())}). Check the path."
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is not a TOML file in UTF-8: {error}. Correct that line."
        ) from error
    try:
        checked = Study(**content, origin=path.resolve())
    except ValidationError as error:
        raise DataError(_faults(path, error)) from None
    return _resolved(checked, path.resolve().parent)


def _faults(path: Path, error: ValidationError) -> str:
    lines = [f"{path} has {error.error_count()} fault(s):"]
    for fault in error.errors():
        place = ".".join(map(str, fault["loc"]))
        if fault["type"] == "extra_forbidden":
            known = _keys(fault["loc"][:-1])
            near = get_close_matches(str(fault["loc"][-1]), known, n=1, cutoff=0.4)
            advice = f"Did you mean {near[0]!r}?" if near else f"Expected one of {sorted(known)}."
            lines.append(f"  {place}: unknown key. {advice}")
        else:
            found = "" if fault["type"] == "missing" else f" (found {fault['input']!r})"
            lines.append(f"  {place}: {fault['msg']}{found}.")
    lines.append("Correct the study file; nothing was run.")
    return "\n".join(lines)


def _keys(place: tuple[int | str, ...]) -> list[str]:
    part: type[BaseModel] = Study
    for step in place:
        if isinstance(step, int):
            continue
        kind = part.model_fields[step].annotation
        inner = [k for k in (kind, *getattr(kind, "__args__", ())) if isinstance(k, type)]
        part = next(k for k in inner if issubclass(k, BaseModel))
    return [key for key in part.model_fields if key != "origin"]


def _paper(paper: str | None, folder: Path) -> str | None:
    """A bundled paper by its name, or a folder relative to the study file."""
    if paper is None or paper in PRINTED_PAPERS:
        return paper
    named = folder / paper
    if not named.is_dir():
        raise UnknownCodeError.among(
            "printed paper",
            [paper],
            list(PRINTED_PAPERS),
            f"Expected {', '.join(PRINTED_PAPERS)}, or a folder; there is no folder {named}. "
            "Correct entry.paper; nothing was run.",
        )
    return str(named)


def _resolved(study: Study, folder: Path) -> Study:
    """Resolve relative paths against the folder of the study file, and check that they exist."""

    def resolve(path: Path | None) -> Path | None:
        return None if path is None else folder / path

    records = study.records.model_copy(
        update={
            "waves": tuple(
                wave.model_copy(update={"file": resolve(wave.file)}) for wave in study.records.waves
            ),
            "converter": resolve(study.records.converter),
            "store": resolve(study.records.store),
        }
    )
    resolved = study.model_copy(
        update={
            "records": records,
            "region": study.region.model_copy(update={"file": resolve(study.region.file)}),
            "industries": study.industries.model_copy(
                update={"file": resolve(study.industries.file)}
            ),
            "accounts": study.accounts.model_copy(update={"file": resolve(study.accounts.file)}),
            "entry": study.entry.model_copy(update={"paper": _paper(study.entry.paper, folder)}),
        }
    )
    absent = [str(path) for path in _named(resolved) if not path.is_file()]
    if absent:
        raise DataError(
            f"The study names files that do not exist: {examples(absent)}. "
            f"Paths are relative to {folder}. Correct the study file; nothing was run."
        )
    if resolved.records.source == "files" and not resolved.records.waves:
        raise DataError(
            'records.source is "files" but no records.waves are named. '
            "Add one [[records.waves]] table per file, with file, layout and wave."
        )
    return resolved
