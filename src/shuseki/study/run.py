"""What does a study find?

Running a study takes its chapters in turn, keeps what each found and what came out at every step,
and gives a ``Run``. With a folder, everything is also written there, whole or not at all:
``report.html``, ``tables/``, what the chapters add (``panel.parquet``), and ``manifest.json``.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shuseki.language import say
from shuseki.moved import gone_from
from shuseki.release import MANIFEST, check_folder, whole_folder
from shuseki.report.blocks import Block, Bullets, Document, Note, Numbers, Section
from shuseki.report.exports import write_tables
from shuseki.report.html import render
from shuseki.results import Result
from shuseki.study.chapter import Brief, Running, Tell, Told
from shuseki.study.manifest import Manifest
from shuseki.study.specification import Study, read_study

__all__ = ["Run", "run"]


__getattr__ = gone_from(__name__)


def silent(happened: Mapping[str, Any]) -> None:
    """Tell nobody."""


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

    def write(self, folder: str | Path, tell: Tell = silent) -> Path:
        """Write the run into a folder, whole or not at all, and return the folder."""
        self.manifest.tell = tell
        lang = self.study.report.lang
        with whole_folder(folder, apart=self.study.reads) as place:
            with self.manifest.step("write the report") as entry:
                document = self.document()
                (place / "report.html").write_text(render(document, lang), encoding="utf-8")
                written = write_tables(document.tables(), place / "tables", lang=lang)
                for chapter in self.study.chapters:
                    chapter.write(self.answers[chapter.name], place)
                entry["tables"] = len(written)
            said = json.dumps(self.manifest.to_dict(), indent=1, ensure_ascii=False)
            (place / MANIFEST).write_text(said + "\n", encoding="utf-8", newline="\n")
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
        yield Numbers(numbers, sources=sources)
    sentences = [sentence for brief in briefs for sentence in brief.sentences]
    if sentences:
        yield Bullets(sentences)


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
