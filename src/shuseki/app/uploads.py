"""Which records may come in, and what is wrong with them?

A file that is brought stands in a private folder of its own, under a key; its name is only shown.
It arrives beside (``new-…``) and is moved in whole, so that a broken connection or a kill leaves
nothing half there; what was left is swept at the next start. Packed files are unpacked once while
counting, and refused when they grow beyond ``MOST_UNPACKED``.

::

    <key>/upload.json   whose, when, the name it had, layout and wave
    <key>/records.csv   the file, with its own ending
    <key>/findings.json what validation found: rows, counts by reason
"""

import bz2
import gzip
import json
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from shuseki.app.kept import KEY, arriving, deleted, ending_of, keys, shown_name, swept
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.language import listed, say, words_of
from shuseki.language import told as in_language
from shuseki.release import write_text

if TYPE_CHECKING:
    from shuseki.records.validation import Findings

__all__ = ["MOST_UNPACKED", "Upload", "Uploads"]

ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".json", ".csv.gz", ".csv.zip", ".zip")
MOST_UNPACKED = 4_000_000_000
CHUNK = 1 << 20
CELL = 8
"""Bytes of a value of a Parquet file, however well it is packed."""
UNREADABLE = (
    OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError,
    pa.ArrowInvalid,
)  # fmt: skip


@dataclass(frozen=True)
class Upload:
    """One file that was brought.

    Attributes
    ----------
    key, owner, created
        Its folder, the account that brought it, when (ISO, UTC).
    name
        The name it had; shown, never used as a path.
    layout, wave
        As its owner said.
    rows, faults
        What validation found; ``None`` before it ran.
    """

    folder: Path
    key: str
    owner: str
    created: str
    name: str
    ending: str
    layout: str
    wave: int | None
    rows: int | None
    faults: dict[str, int] | None
    refusal: str
    refusal_ja: str = ""

    @property
    def file(self) -> Path:
        """The file."""
        return self.folder / f"records{self.ending}"

    def refused(self, lang: str) -> str:
        """Why it cannot be read, in a language; empty when it can be."""
        return (self.refusal_ja if lang == "ja" else "") or self.refusal

    def findings(self) -> "Findings":
        """What is wrong with it, row by row."""
        from shuseki.records.validation import validate  # query engines, for own records alone

        return validate(self.file, self.layout, wave=self.wave)


class Uploads:
    """The files of a folder."""

    def __init__(self, folder: Path, *, most_unpacked: int = MOST_UNPACKED) -> None:
        self.folder = folder
        self.most_unpacked = most_unpacked
        swept(folder)

    def add(self, source: BinaryIO, name: str, owner: str, layout: str, wave: int | None) -> Upload:
        """Take a file in and validate it.

        Raises
        ------
        ParameterError
            An ending that records do not have, or an unknown layout.
        DataError
            A packed file that unpacks to more than is allowed, or is no such file.
        """
        shown = shown_name(name)
        ending = ending_of(shown, ENDINGS)
        if not ending:
            raise ParameterError(
                say(
                    "The file {shown!r}. Expected records as {endings}. Save it as one.",
                    shown=shown,
                    endings=listed(ENDINGS),
                )
            )
        from shuseki.records.layouts import known_layouts  # heavy, as above

        if layout not in known_layouts():
            raise UnknownCodeError.among("layout", [layout], list(known_layouts()))
        with arriving(self.folder) as (key, making):
            file = making / f"records{ending}"
            with file.open("xb") as place:
                shutil.copyfileobj(source, place, CHUNK)
            check_unpacked(file, shown, self.most_unpacked)
            told = {
                "owner": owner,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "name": shown,
                "ending": ending,
                "layout": layout,
                "wave": wave,
            }
            write_text(making / "upload.json", json.dumps(told, ensure_ascii=False) + "\n")
        self.examine(key)
        return self.get(key)

    def examine(self, key: str) -> None:
        """Validate a file and keep what was found in brief."""
        one = self.get(key)
        try:
            found = one.findings()
        except (DataError, ParameterError) as error:
            told: dict[str, Any] = {"rows": None, "counts": None, "refusal": str(error)}
            told["refusal_ja"] = in_language(words_of(error), "ja")
        else:
            told = {"rows": found.rows, "counts": dict(found.counts), "refusal": ""}
        write_text(one.folder / "findings.json", json.dumps(told, ensure_ascii=False) + "\n")

    def get(self, key: str) -> Upload:
        """One file.

        Raises
        ------
        UnknownCodeError
            No such file.
        """
        folder = self.folder / key
        if not KEY.fullmatch(key) or not (folder / "upload.json").exists():
            raise UnknownCodeError(
                say(
                    "There is no upload {name_given!r}. Expected one of your list.",
                    name_given=key[:60],
                )
            )
        told = json.loads((folder / "upload.json").read_text(encoding="utf-8"))
        place = folder / "findings.json"
        found = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
        return Upload(
            folder=folder,
            key=key,
            **told,
            rows=found.get("rows"),
            faults=found.get("counts"),
            refusal=found.get("refusal", ""),
            refusal_ja=found.get("refusal_ja", ""),
        )

    def all(self, owner: str | None = None) -> list[Upload]:
        """Files of an owner, newest first; of everybody without one."""
        known = (self.get(key) for key in keys(self.folder, "upload.json"))
        return [one for one in known if owner is None or one.owner == owner]

    def delete(self, key: str) -> None:
        """Delete a file with everything found in it."""
        deleted(self.folder, self.get(key).key)


def check_unpacked(file: Path, shown: str, most: int) -> None:
    """Refuse a packed file that grows beyond ``most`` bytes, counting as it unpacks."""
    total = 0
    try:
        for chunk in _unpacked(file):
            total += chunk
            if total > most:
                raise DataError(
                    say(
                        "{shown} unpacks to more than {most:,} bytes. Expected a file of records. "
                        "Divide it, or leave out what is not needed.",
                        shown=shown,
                        most=most,
                    )
                )
    except UNREADABLE as error:
        raise DataError(
            say(
                "{shown} cannot be unpacked: {error}. Expected a whole file. Save it again.",
                shown=shown,
                error=words_of(error),
            )
        ) from None


def _unpacked(file: Path) -> Iterator[int]:
    with file.open("rb") as packed:
        head = packed.read(4)
    if head.startswith(b"\x1f\x8b"):
        with gzip.open(file) as stream:
            yield from _sizes(stream.read)
    elif head.startswith(b"BZh"):
        with bz2.open(file) as stream:
            yield from _sizes(stream.read)
    elif head == b"PAR1":
        about = pq.read_metadata(file)
        yield about.num_rows * max(about.num_columns, 1) * CELL
    elif head == b"PK\x03\x04":
        with zipfile.ZipFile(file) as pack:
            for entry in pack.infolist():
                with pack.open(entry) as stream:
                    yield from _sizes(stream.read)


def _sizes(read: Callable[[int], bytes]) -> Iterator[int]:
    while chunk := read(CHUNK):
        yield len(chunk)
