"""What does a study find?

Running a study takes its chapters in turn, keeps what each found and what came out at every step,
and gives a ``Run``. With a folder, everything is also written there, whole or not at all:
``report.html``, ``tables/``, what the chapters add (``panel.parquet``), ``outputs.json``, which
says of each file whether it may leave and by which rule, and ``manifest.json``.

Where the records are a user's, all that is told goes through the control of disclosure first
(``report.disclosed``): ``run.disclosure`` holds what may be read; the folder is written from it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from shuseki.language import say
from shuseki.language import told as told_in
from shuseki.moved import gone_from
from shuseki.release import MANIFEST, check_folder, inert_frame, whole_folder
from shuseki.release.disclosure.answers import links
from shuseki.release.disclosure.gate import Gate
from shuseki.report.blocks import Block, Bullets, Document, Heading, Note, Numbers, Section
from shuseki.report.disclosed import Disclosure, disclosed
from shuseki.report.exports import write_tables
from shuseki.report.html import render
from shuseki.report.tables import Table
from shuseki.report.words import Text, pick
from shuseki.results import Result
from shuseki.study.chapter import Brief, Running, Tell, Told
from shuseki.study.manifest import Manifest
from shuseki.study.specification import Study, read_study

__all__ = ["Run", "run"]


__getattr__ = gone_from(__name__)


def silent(happened: Mapping[str, Any]) -> None:
    """Tell nobody."""


OUTPUTS = "outputs.json"
"""The file that says of each file whether it may leave."""
INTERNAL = say(
    "For internal use: these numbers come from confidential records and were not checked. They may "
    "not leave."
)


@dataclass(frozen=True, eq=False)
class Run:
    """What a study found.

    Attributes
    ----------
    study
        What was asked.
    answers
        Chapter → its answer.
    manifest
        Inputs, steps, counts, versions.

    Notes
    -----
    ``run["verdicts"]`` is the result of that name; so is ``run.verdicts``. ``run.panel``,
    ``run.variables`` … are fields of the chapters' answers.
    """

    study: Study
    answers: Mapping[str, Any]
    manifest: Manifest

    def results(self) -> dict[str, Result]:
        """Every result by name, in the order of the report."""
        return {
            name: result
            for chapter in self.study.chapters
            for name, result in chapter.results(self.answers[chapter.name]).items()
        }

    def __getitem__(self, name: str) -> Result:
        return self.results()[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("study", "answers", "manifest"):
            raise AttributeError(name)
        if hasattr(type(self), name):  # a property of ours failed: its own error says why
            return object.__getattribute__(self, name)
        for answer in self.answers.values():
            if name in getattr(answer, "__dataclass_fields__", {}):
                return getattr(answer, name)
        found = self.results()
        if name in found:
            return found[name]
        raise AttributeError(
            f"The run of {self.study.name!r} has no {name!r}. It has {', '.join(found)}."
        )

    def headlines(self) -> dict[str, str]:
        """One line per result."""
        return {name: answer.headline() for name, answer in self.results().items()}

    def told_headlines(self) -> dict[str, Text]:
        """Headlines as others may read them: all, or of a checked run those that are released."""
        if not self.is_checked:
            return {name: answer.headline() for name, answer in self.results().items()}
        parts = [part for section in self.disclosure.document.parts() for part in section]
        lang = self.study.report.lang
        heads = [part for part in parts if isinstance(part, Heading)]
        return {pick(part.title, lang): part.headline for part in heads}

    def document(self) -> Document:
        """The report, before it is written in a language."""
        told = Told(self.study, self.answers)
        head = self.study.study
        sections: list[Section] = []
        briefs: list[Brief] = []
        for chapter in self.study.chapters:
            answer = self.answers[chapter.name]
            briefs.append(chapter.brief(answer, told))
            sections += chapter.sections(answer, told)
        summary = Section(say("In brief"), list(_summary(briefs, self.sources)))
        if self.origin == "user" and not self.is_checked:
            summary = Section(summary.title, [Note(INTERNAL), *summary.blocks])
        return Document(
            title=(head.title, head.title_ja or head.title),
            subtitle=(head.question, head.question_ja or head.question),
            sections=[summary, *sections],
        )

    @property
    def sources(self) -> tuple[Any, ...]:
        """Sources of all results, each once."""
        found = self.results().values()
        return tuple(dict.fromkeys(source for one in found for source in one.sources))

    # ---- what may leave ------------------------------------------------------------------

    @property
    def origin(self) -> str:
        """Whose the records are: ``"user"``, or ``"other"`` where they are public or invented."""
        own = (one.is_confidential(self.answers[one.name]) for one in self.study.chapters)
        return "user" if any(own) else "other"

    @property
    def is_checked(self) -> bool:
        """Whether the numbers are checked before they leave."""
        apply: bool | None = self.study.disclosure.apply
        return self.origin == "user" if apply is None else apply

    @cached_property
    def gate(self) -> Gate:
        """Where the tables of this run are decided together."""
        universes = {
            universe.name: universe
            for chapter in self.study.chapters
            for universe in chapter.universes(self.answers[chapter.name])
        }
        return Gate(self.study.disclosure.rules(), universes, links)

    @cached_property
    def disclosure(self) -> Disclosure:
        """The report and the tables as they may be read by others."""
        beside = {
            f"{name}.{table.ending}": (table.frame, table.numbers)
            for chapter in self.study.chapters
            for name, table in chapter.tables(self.answers[chapter.name]).items()
        }
        document = self.document()
        if not self.is_checked:
            return Disclosure(document, {name: frame for name, (frame, _) in beside.items()}, ())
        found = disclosed(document, beside, self.gate)
        section = Section(say("What is withheld"), list(_withheld(found, self.gate)))
        sections = [*found.document.sections, section]
        return replace(found, document=replace(found.document, sections=sections))

    def outputs(self, files: Mapping[str, str]) -> dict[str, Any]:
        """What became of every file, for ``outputs.json``.

        Parameters
        ----------
        files
            File → the table that it holds; empty for one that holds several.
        """
        lang = self.study.report.lang
        if not self.is_checked:
            verdict, rule = "released", "no records of a user: not checked"
            if self.origin == "user":
                verdict, rule = "held", "disclosure is switched off: for internal use only"
            unchecked = [{"file": name, "verdict": verdict, "rule": rule} for name in files]
            return {"checked": False, "files": unchecked}
        found = self.disclosure
        by_name = {one.name: one for one in (*found.outcomes, *found.pictures)}
        every = list(found.outcomes)
        listed: list[dict[str, Any]] = []
        for name, table in files.items():
            some = [by_name[table]] if table in by_name else [*every, *found.pictures]
            lost = any(one.verdict != "released" for one in some)
            listed.append(
                {
                    "file": name,
                    "verdict": "released after suppression" if lost else "released",
                    "rule": "; ".join(dict.fromkeys(str(told_in(one.why, lang)) for one in some
                                                    if one.why)),
                    "cells": sum(one.cells for one in some),
                    "suppressed": sum(one.suppressed for one in some),
                }
            )  # fmt: skip
        listed += [
            {
                "file": one.name,
                "verdict": "held",
                "rule": str(told_in(one.why, lang)),
                "cells": one.cells,
                "suppressed": one.suppressed,
            }
            for one in (*found.outcomes, *found.pictures)
            if one.verdict == "held"
        ]
        return {
            "checked": True,
            "rules": self.gate.rules.said(),
            "files": listed,
            "suppressed": self.gate.figures(),
        }

    def write(self, folder: str | Path, tell: Tell = silent) -> Path:
        """Write the run into a folder, whole or not at all, and return the folder."""
        self.manifest.tell = tell
        lang = self.study.report.lang
        with whole_folder(folder, apart=self.study.reads) as place:
            if self.is_checked:
                with self.manifest.step(say("check what may leave")) as entry:
                    found = self.disclosure
                    entry["cells"] = sum(one.cells for one in found.outcomes)
                    entry["suppressed"] = sum(one.suppressed for one in found.outcomes)
            with self.manifest.step(say("write the report")) as entry:
                document = self.disclosure.document
                (place / "report.html").write_text(render(document, lang), encoding="utf-8")
                tables = document.tables()
                written = write_tables(tables, place / "tables", lang=lang)
                for name, frame in self.disclosure.tables.items():
                    (place / name).parent.mkdir(exist_ok=True)
                    if name.endswith(".csv"):
                        text = inert_frame(frame).to_csv(index=False, lineterminator="\n")
                        (place / name).write_text(text, encoding="utf-8-sig", newline="\n")
                    else:
                        frame.to_parquet(place / name, index=False)
                entry["tables"] = len(written)
            stems = {table.file_stem: table.name for table in tables}
            files = {"report.html": "", **{name: name for name in self.disclosure.tables}}
            for path in written:
                files[path.relative_to(place).as_posix()] = stems.get(path.stem, "")
            secret = self.gate.suppressed_values(elsewhere=True) if self.is_checked else None
            manifest = self.manifest.to_dict(secret)
            rules = self.gate.rules.said() if self.is_checked else None
            manifest["disclosure"] = {"checked": self.is_checked, "rules": rules}
            for name, said in ((OUTPUTS, self.outputs(files)), (MANIFEST, manifest)):
                text = json.dumps(said, indent=1, ensure_ascii=False)
                (place / name).write_text(text + "\n", encoding="utf-8", newline="\n")
        return Path(folder)

    def __repr__(self) -> str:
        mark = "synthetic, " if self.study.is_synthetic else ""
        first = next(iter(self.results().values()), None)
        return f"<Run {self.study.name}: {mark}{first.headline() if first else 'nothing asked'}>"


def _summary(briefs: list[Brief], sources: tuple[Any, ...]) -> Iterator[Block]:
    for brief in briefs:
        for note in brief.notes:
            yield Note(note)
    numbers = [number for brief in briefs for number in brief.numbers]
    if numbers:
        values = [(one[0], one[1]) for one in numbers]
        yield Numbers(values, sources, [one[2] if len(one) > 2 else None for one in numbers])
    for rests in dict.fromkeys(brief.rests for brief in briefs):
        sentences = [one for brief in briefs if brief.rests is rests for one in brief.sentences]
        if sentences:
            yield Bullets(sentences, rests)


def _withheld(found: Disclosure, gate: Gate) -> Iterator[Block]:
    """Say by which rules numbers are suppressed, and how many of which table."""
    rules = gate.rules
    yield say(
        "The records are confidential. A number of fewer than {threshold} establishments is not "
        "shown (X), nor are those from which it could be computed: from all tables of this report "
        "together, every suppressed count can only be narrowed to an interval at least {threshold} "
        "wide.",
        threshold=rules.threshold,
    )
    if rules.p_percent is not None:
        yield say(
            "An amount is not shown either where one establishment could tell another's within "
            "{p:g}%.",
            p=rules.p_percent,
        )
    elif rules.dominance is not None:
        yield say(
            "An amount is not shown either where the {n} largest of its establishments have more "
            "than {k:.0%} of it.",
            n=rules.dominance.n,
            k=rules.dominance.k,
        )
    if not rules.secondary:
        yield Note(say("Secondary suppression is off: suppressed numbers may be computed."))
    frame = pd.DataFrame(
        {
            "table": [one.name for one in found.outcomes],
            "verdict": [one.verdict for one in found.outcomes],
            "cells": [one.cells for one in found.outcomes],
            "suppressed": [one.suppressed for one in found.outcomes],
            "why": [str(one.why) for one in found.outcomes],
            "why_ja": [told_in(one.why, "ja") for one in found.outcomes],
        }
    )
    yield Table(name="withheld", title=say("What is withheld of each table"), frame=frame)


def run(study: str | Path | Study, out: str | Path | None = None, tell: Tell = silent) -> Run:
    """Run a study.

    Parameters
    ----------
    study
        A study file, the name of a bundled study, or a study already read.
    out
        Folder to write; nothing is written without it.
    tell
        Called with what happens: a mapping with ``event`` (``"step"`` when one begins,
        ``"progress"`` with ``done`` and ``of``, ``"done"`` with ``seconds``) and ``step``.

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
    running = Running(asked, Manifest(asked, tell=tell))
    with running.stack:
        for chapter in asked.chapters:
            running.answers[chapter.name] = chapter.run(asked.tables[chapter.name], running)
        answer = Run(asked, running.answers, running.manifest)
        if out is not None:
            answer.write(out, tell)
    return answer
