"""What does a study file say?

A study is a TOML file: ``[study]`` says what it is called, ``[report]`` how it is told, and every
other table is one chapter's (``study.chapters``). Reading one checks every key and every value of
every chapter before anything runs, and names all faults at once; a misspelt key is named with the
nearest right one.

Takes   a path, or the name of a bundled study.
Gives   a frozen ``Study``. Relative paths in it are resolved against the file's folder.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar, cast

from pydantic import Field, ValidationError

from shuseki.errors import DataError, ParameterError, ShusekiError, UnknownCodeError, examples
from shuseki.geography.bundled import COUNTRY
from shuseki.geography.gazetteers import Codes
from shuseki.language import Lang, listed, say, words_of
from shuseki.papers.catalogue import PRINTED_PAPERS, study_files
from shuseki.reading.toml import read_toml
from shuseki.records.parts import PARTS
from shuseki.release.disclosure.rules import Dominance, Rules
from shuseki.study.chapter import Chapter, Options
from shuseki.study.chapters import CHAPTERS
from shuseki.study.faults import advice, faults_of, said_of

__all__ = ["Head", "Report", "Study", "bundled_studies", "read_study", "schema"]

STUDIES = Path(__file__).parent / "studies"
P = TypeVar("P", bound=Options)


class Head(Options):
    """What the study is called, and what it asks; how the tables beside its records are encoded."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    title: str
    title_ja: str = ""
    question: str = ""
    question_ja: str = ""
    encoding: str = "auto"


class Report(Options):
    """How the report is told."""

    lang: Lang = "en"


class DominanceRule(Options):
    """The n largest establishments hold more than the share k of an amount."""

    n: Literal[1, 2] = 1
    k: float = Field(default=0.75, gt=0, lt=1)


class Disclosure(Options):
    """What may leave of a user's own records.

    On by default for records of origin *user*, off for public, printed and synthetic ones.
    ``apply = false`` writes everything, marked as for internal use only.
    """

    apply: bool | None = None
    threshold: int = Field(default=3, ge=2)
    dominance: DominanceRule = DominanceRule()
    p_percent: float | None = Field(default=None, gt=0, lt=100)
    rounding: int | None = Field(default=None, ge=2)
    secondary: bool = True
    digits: int = Field(default=3, ge=1, le=6)
    fewest_units: int = Field(default=10, ge=3)

    def rules(self) -> Rules:
        """The rules of the gate."""
        return Rules(
            threshold=self.threshold,
            dominance=Dominance(self.dominance.n, self.dominance.k),
            p_percent=self.p_percent,
            rounding=self.rounding,
            secondary=self.secondary,
            digits=self.digits,
            fewest_units=self.fewest_units,
        )


BESIDE: Mapping[str, type[Options]] = {
    "study": Head,
    "report": Report,
    "disclosure": Disclosure,
}
"""Tables that are no chapter's."""
MODELS: Mapping[str, type[Options]] = {
    "study": Head,
    **{chapter.name: chapter.options for chapter in CHAPTERS},
    "report": Report,
    "disclosure": Disclosure,
}


@dataclass(frozen=True)
class Study:
    """A whole study file, checked.

    Attributes
    ----------
    tables
        Name of a table → its options, defaults filled in. ``study.births`` is
        ``study.tables["births"]``.
    said
        Names of the tables that the file has.
    origin
        The file.
    """

    tables: Mapping[str, Options]
    said: frozenset[str]
    origin: Path | None = None

    def __getattr__(self, name: str) -> Any:
        if hasattr(type(self), name):  # a property of ours failed: its own error says why
            return object.__getattribute__(self, name)
        if name in MODELS:
            try:
                return self.tables[name]
            except KeyError:
                raise AttributeError(f"The study has no [{name}].") from None
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def has(self, table: str) -> bool:
        """Whether the file has a table."""
        return table in self.said

    @property
    def name(self) -> str:
        """The study's name."""
        return str(self.tables["study"].name)  # type: ignore[attr-defined]

    @property
    def paper_named(self) -> str | None:
        """The printed paper: a bundled one by its name, or a folder beside the study file."""
        asked = self.tables.get("entry")
        named: str | None = getattr(asked, "paper", None) if self.has("entry") else None
        if named is None or named in PRINTED_PAPERS or self.origin is None:
            return named
        return str(self.origin.parent / named)

    @property
    def outlier_rule(self) -> str:
        """The rule by which outliers of an outcome are set aside."""
        asked = self.tables.get("entry")
        return str(getattr(asked, "outliers", "none")) if self.has("entry") else "none"

    @property
    def chapters(self) -> tuple[Chapter[Any, Any], ...]:
        """The chapters that run, in order."""
        return tuple(c for c in CHAPTERS if c.name in self.tables and c.wanted(self))

    def changed(
        self, lang: str | None = None, scale: float | None = None, seed: int | None = None
    ) -> "Study":
        """Change what a command line may change; everything is checked again."""
        tables = dict(self.tables)
        faults: list[str] = []
        for part, key, value in (
            ("report", "lang", lang),
            ("records", "scale", scale),
            ("records", "seed", seed),
        ):
            if value is None:
                continue
            try:
                tables[part] = MODELS[part](**{**tables[part].model_dump(), key: value})
            except ValidationError as error:
                faults += faults_of(part, MODELS[part], error)
        if faults:
            raise ParameterError(said_of(say("the command line"), faults))
        return replace(self, tables=MappingProxyType(tables))

    @property
    def reads(self) -> tuple[Path, ...]:
        """What a run reads: the study file, the files it names, parts of its store."""
        own = [] if self.origin is None else [self.origin]
        named = [path for table in self.tables.values() for _, path in paths_of(table)]
        for chapter in CHAPTERS:
            if chapter.name in self.tables:
                named += chapter.reads(self.tables[chapter.name], self)
        return (*(path / PARTS if path.is_dir() else path for path in named), *own)

    @property
    def is_synthetic(self) -> bool:
        """Whether the records or the regional accounts are synthetic."""
        sources = [getattr(self.tables.get(name), "source", "") for name in ("records", "accounts")]
        drawn = any(chapter.name == "records" for chapter in self.chapters)
        return (
            (drawn and sources[0] == "synthetic-census")
            or (self.has("accounts") and sources[1] == "synthetic")
            or self._has_synthetic_firms
        )

    @property
    def _has_synthetic_firms(self) -> bool:
        """Whether the firms of a chapter on sourcing are the made-up ones."""
        asked = self.tables.get("sourcing")
        return self.has("sourcing") and all(
            getattr(asked, name, None) is None for name in ("firms", "store")
        )

    @property
    def codes(self) -> Codes:
        """Whose the codes of places are: of the counts where the study has some, or the records."""
        counted = self.tables.get("counted")
        if self.has("counted") and counted is not None:
            return cast("Codes", counted.codes)  # type: ignore[attr-defined]
        records = self.tables.get("records")
        return COUNTRY if records is None else cast("Codes", records.codes_of)  # type: ignore[attr-defined]

    def to_dict(self) -> dict[str, Any]:
        """What was asked, as plain values: the tables of the chapters that run.

        A path stands as it is from the folder of the study file, and by its name where it lies
        elsewhere, so that a folder of results says nothing of the machine that made it.
        """
        names = {"study", "report", *(chapter.name for chapter in self.chapters)}
        if self.has("disclosure"):
            names.add("disclosure")
        return {
            name: json.loads(json.dumps(self._placeless(table.model_dump()), default=str))
            for name, table in self.tables.items()
            if name in names
        }

    def _placeless(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._placeless(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._placeless(one) for one in value]
        if isinstance(value, str) and Path(value).is_absolute():
            return self.named(Path(value))
        return self.named(value) if isinstance(value, Path) else value

    def named(self, path: Path) -> str:
        """A path from the folder of the study file, or its name where it lies elsewhere."""
        if self.origin is not None and path.is_relative_to(self.origin.parent):
            return path.relative_to(self.origin.parent).as_posix()
        return path.name if path.is_absolute() else path.as_posix()


def schema() -> dict[str, Any]:
    """JSON schema of every table of a study file, for forms and editors."""
    return {name: model.model_json_schema() for name, model in MODELS.items()}


def bundled_studies() -> tuple[str, ...]:
    """Names of the studies that come with shuseki."""
    return tuple(sorted({path.stem for path in STUDIES.glob("*.toml")} | set(study_files())))


def read_study(study: str | Path) -> Study:
    """Read and check a study file, or a bundled study by its name.

    Raises
    ------
    UnknownCodeError
        No such file and no bundled study of that name.
    DataError
        The file is not TOML, or keys or values in it are wrong; all faults are listed.
    """
    path = Path(study)
    if path.suffix != ".toml":
        if str(study) not in bundled_studies():
            raise UnknownCodeError.among("study", [str(study)], bundled_studies())
        path = study_files().get(str(study), STUDIES / f"{study}.toml")
    if not path.is_file():
        raise ParameterError(
            say(
                "No study file {path}. Expected a .toml file, or the name of a bundled study "
                "({bundled_studies}). Check the path.",
                path=path,
                bundled_studies=listed(bundled_studies()),
            )
        )
    return made(read_toml(path), path.resolve())


def made(content: Mapping[str, Any], origin: Path) -> Study:
    """Check the content of a study file, all of it.

    Raises
    ------
    DataError
        Naming every fault.
    """
    faults: list[str] = [
        say("{place}: unknown key. {advice}", place=name, advice=advice(name, list(MODELS)))
        for name in content
        if name not in MODELS
    ]
    tables: dict[str, Options] = {}
    for name, model in MODELS.items():
        given = content.get(name, {})
        if not isinstance(given, Mapping):
            faults.append(
                say("{place}: expected a table (found {found!r}).", place=name, found=given)
            )
            continue
        try:
            tables[name] = resolved(model(**given), origin.parent)
        except ValidationError as error:
            if name in content or name == "study":
                faults += faults_of(name, model, error)
        except ShusekiError as error:
            faults.append(say("{place}: {why}", place=name, why=words_of(error)))
    study = Study(MappingProxyType(tables), frozenset(content), origin)
    faults += absent(study)
    for chapter in CHAPTERS:
        asked = tables.get(chapter.name)
        if asked is None:
            if chapter.wanted(study) and chapter.name not in content:
                faults.append(
                    say(
                        "[{chapter}] is missing. {advice}",
                        chapter=chapter.name,
                        advice=missing(chapter.name),
                    )
                )
        elif chapter.name in content or chapter.wanted(study):
            faults += [
                say("{chapter}.{fault}", chapter=chapter.name, fault=fault)
                for fault in chapter.check(asked, study)
            ]
    if faults:
        raise DataError(said_of(str(origin), faults))
    return study


def missing(name: str) -> str:
    """What a table that is not there must hold."""
    model = MODELS[name]
    needed = [key for key, info in model.model_fields.items() if info.is_required()]
    if needed:
        return say("Expected at least {keys}.", keys=listed(needed))
    return say("Add it.")


# ---- paths --------------------------------------------------------------------------------------


def resolved(table: P, folder: Path) -> P:
    """Resolve relative paths of a table, and of the tables in it, against a folder."""
    update: dict[str, Any] = {}
    for key in type(table).model_fields:
        value = getattr(table, key)
        if isinstance(value, Path):
            update[key] = folder / value
        elif isinstance(value, Options):
            update[key] = resolved(value, folder)
        elif isinstance(value, tuple) and any(isinstance(one, Options) for one in value):
            update[key] = tuple(
                resolved(one, folder) if isinstance(one, Options) else one for one in value
            )
    return table.model_copy(update=update) if update else table


def paths_of(table: Options, place: str = "") -> Iterator[tuple[str, Path]]:
    """Key and path of every file that a table names."""
    for key in type(table).model_fields:
        value = getattr(table, key)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Path):
                yield f"{place}{key}", one
            elif isinstance(one, Options):
                yield from paths_of(one, f"{place}{key}.")


def absent(study: Study) -> Iterator[str]:
    """Files that a study names and that do not exist."""
    lost = [
        str(path)
        for table in study.tables.values()
        for key, path in paths_of(table)
        if key.split(".")[-1] not in table.may_be_absent and not path.exists()
    ]
    if lost and study.origin is not None:
        yield (
            f"The study names files that do not exist: {examples(lost)}. "
            f"Paths are relative to {study.origin.parent}."
        )
