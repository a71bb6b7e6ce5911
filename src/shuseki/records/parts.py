"""Which parts make a store, and are they whole?

A part is what ``ingest`` made of one file: a folder of ``parts/`` with a ``report.json`` that says
of which bytes it was made, how it was read (layout, list of codes, version), with which other parts
its rows were compared, which earlier parts it replaces, and which files it holds, each with hash
and size. The name of a part is made from all of these, so a part never changes under its name.

Takes a store's folder; nothing in it is changed. What is not a part of ours is not read.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shuseki.disk import fingerprint
from shuseki.errors import DataError, examples
from shuseki.language import Message, joined, say, word
from shuseki.sources import Source

__all__ = [
    "AS_WRITTEN",
    "PARTS",
    "REPORT",
    "Making",
    "Part",
    "check_one_store",
    "cited",
    "part_name",
    "parts_of",
    "refuse_damaged",
]

PARTS = "parts"
REPORT = "report.json"
FORMAT = "shuseki part 3"
AS_WRITTEN = say("as written in the file")
"""The year of a source whose rows say it themselves."""


def cited(publisher: str, what: str) -> Message:
    """Cite a file or a request of a publisher, by the publisher's name in either language."""
    return joined([word(publisher), what], ", ")


@dataclass(frozen=True, slots=True)
class Making:
    """Of what, and how, a part is made: two that agree in all of it hold the same rows.

    Attributes
    ----------
    sha256
        The bytes of the file.
    layout
        ``Layout.fingerprint()``.
    codes
        Whose the codes of places are.
    version
        The version that read it.
    """

    sha256: str
    layout: str
    codes: str
    version: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a store.

    Attributes
    ----------
    folder
        Where it is; its name is the part's name.
    file
        Name of the file of which it was made.
    making
        Of what, and how.
    waves
        The years it holds.
    beside
        Part → rows set aside because that part holds their numbers in the same wave. Every part
        with which this one was compared is named.
    replaces
        Parts whose place it takes.
    files
        File inside → ``sha256`` and ``bytes``.
    report
        Everything that ``report.json`` says.
    """

    folder: Path
    file: str
    making: Making
    waves: tuple[int, ...]
    beside: Mapping[str, int]
    replaces: tuple[str, ...]
    files: Mapping[str, Mapping[str, Any]]
    report: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """The part's name."""
        return self.folder.name

    @property
    def source(self) -> Source:
        """Where its rows came from."""
        said = self.report["source"]
        publisher, _, file = said["citation"].rpartition(", ")
        year = AS_WRITTEN if said["year"] == AS_WRITTEN else said["year"]
        return Source(
            **said
            | {"citation": cited(publisher, file), "year": year, "terms": word(said["terms"])}
        )

    def waves_in(self) -> dict[int, Path]:
        """The file of each wave."""
        return {wave: self.folder / wave_file(wave) for wave in self.waves}

    def shares_a_wave(self, other: "Part") -> bool:
        """Whether both hold rows of one wave."""
        return bool(set(self.waves) & set(other.waves))


def wave_file(wave: int) -> str:
    """Name of a wave's file in a part."""
    return f"wave={wave}/establishments.parquet"


def part_name(file: str, making: Making, beside: Mapping[str, int], replaces: Sequence[str]) -> str:
    """Name a part: the file's name, and a hash of all that its rows depend on."""
    said = [making.sha256, making.layout, making.codes, making.version]
    text = json.dumps([*said, sorted(beside), sorted(replaces)], ensure_ascii=False)
    stem = re.sub(r"[^\w.-]+", "_", Path(file).stem).strip("._")[:40] or "file"
    return f"{stem}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def parts_of(folder: Path, *, pass_damaged: bool = False) -> tuple[Part, ...]:
    """Every part of a store that no other one replaces, in the order of their names.

    Parameters
    ----------
    folder
        The store.
    pass_damaged
        Leave out parts whose report is missing or cannot be read, for those who name the parts
        that they want.

    Raises
    ------
    DataError
        A folder that looks like a part of ours has no report, or one that cannot be read.
    """
    parts = []
    for place in sorted((folder / PARTS).glob("*")):
        try:
            part = read_part(place)
        except DataError:
            if not pass_damaged:
                raise
            continue
        if part is not None:
            parts.append(part)
    replaced = {name for part in parts for name in part.replaces}
    return tuple(part for part in parts if part.name not in replaced)


def read_part(folder: Path) -> Part | None:
    """Read the report of a part; None for what is none of ours."""
    if folder.name.startswith(".") or folder.is_symlink() or not folder.is_dir():
        return None
    path = folder / REPORT
    if not path.is_file():
        if not any(folder.glob("wave=*")) and not (folder / "set_aside.parquet").exists():
            return None
        raise damaged(folder, say("it has no {file}", file=REPORT))
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = say("its {file} cannot be read ({error})", file=REPORT, error=type(error).__name__)
        raise damaged(folder, why) from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        if not isinstance(said, dict) or not {"sha256", "layout", "waves"} <= set(said):
            return None
        raise damaged(folder, say("it was written by another version of shuseki"))
    try:
        return Part(
            folder=folder,
            file=said["file"],
            making=Making(said["sha256"], said["layout"], said["codes"], said["version"]),
            waves=tuple(said["waves"]),
            beside=said["beside"],
            replaces=tuple(said["replaces"]),
            files=said["files"],
            report=said,
        )
    except (KeyError, TypeError) as error:
        raise damaged(folder, say("its {file} lacks {error}", file=REPORT, error=error)) from error


def refuse_damaged(part: Part, *, wholly: bool) -> None:
    """Refuse a part whose files are not as they were written.

    Parameters
    ----------
    part
        The part.
    wholly
        Compare the hash of every file; otherwise its size only.
    """
    for name, told in part.files.items():
        path = part.folder / name
        if not path.is_file():
            raise damaged(part.folder, say("{name} is missing", name=name))
        size = path.stat().st_size
        if size != told["bytes"]:
            why = say(
                "{name} has {size:,} bytes, not {was:,}", name=name, size=size, was=told["bytes"]
            )
            raise damaged(part.folder, why)
        if wholly and fingerprint(path) != dict(told):
            raise damaged(part.folder, say("{name} is not as it was written", name=name))


def damaged(folder: Path, why: Message) -> DataError:
    """Say which part is damaged, and what to do."""
    return DataError(
        say(
            "The part {folder} of the store {parent} is damaged: {why}. Expected it as ingest "
            "wrote it. Remove the folder {folder_2}, and ingest its file again.",
            folder=folder.name,
            parent=folder.parent.parent,
            why=why,
            folder_2=folder,
        )
    )


def check_one_store(parts: Iterable[Part]) -> None:
    """Refuse parts of the same wave that were never compared: their rows may be there twice."""
    given = tuple(parts)
    for k, one in enumerate(given):
        for other in given[:k]:
            if one.shares_a_wave(other) and not are_compared(one, other):
                both = sorted(set(one.waves) & set(other.waves))
                raise DataError(
                    say(
                        "{parent} holds wave {both} in two parts that were taken in apart: "
                        "{other} ({file}) and {one} ({file_2}). Expected each establishment once. "
                        "Name the parts to read (parts=), or take the newer file in again with "
                        "replace=True (--replace).",
                        parent=one.folder.parent.parent,
                        both=examples(map(str, both)),
                        other=other.name,
                        file=other.file,
                        one=one.name,
                        file_2=one.file,
                    )
                )


def are_compared(one: Part, other: Part) -> bool:
    """Whether the rows of one were compared with the rows of the other."""
    return other.name in one.beside or one.name in other.beside
