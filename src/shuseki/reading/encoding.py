"""In which letters is a text file written, and what is it packed in?

UTF-8, UTF-16, CP932 (Shift JIS as Windows writes it), EUC-JP and ISO-2022-JP (JIS) are told apart
by their bytes. Western encodings cannot be told from one another, nor can others: they are read
when the caller says so, and refused with that advice when not. Files packed with gzip, bzip2 or zip
are unpacked in a stream, never onto the disk.

Takes: a path. Gives: ``Writing`` (encoding, hash, what is broken) and a stream of UTF-8.
Limits: a packed file may not unpack to more than 200 times its size once it exceeds 256 MB.
"""

import bz2
import codecs
import gzip
import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import IO

from shuseki.errors import DataError, ParameterError
from shuseki.language import listed, say
from shuseki.language.names import some_of

__all__ = ["UNDECODABLE", "Writing", "codec", "examine_bytes", "opened", "utf8_blocks"]

BLOCK = 1 << 22
UNDECODABLE = "\ufffd"
ODD = re.compile(f"[{UNDECODABLE}\uf8f0-\uf8f3\x80]")
"""What a decoder makes of bytes that are not in the encoding: U+FFFD, and what the CP932 decoder
makes of single bytes A0, FD, FE, FF and 80."""
HALF_WIDTH = re.compile("[\uff61-\uff9f]")
MIXED = re.compile("[\uff61-\uff9f][\u3041-\u9fff]|[\u3041-\u9fff][\uff61-\uff9f]")
HALF_WIDTH_MARKS = re.compile("[\uff61-\uff65]")
JIS, SHIFTS_TO_JIS = "iso2022_jp_ext", (b"\x1b$B", b"\x1b$@")
"""The 7-bit code of Japanese, and what stands before Japanese letters in it."""
SAMPLED_BLOCKS = 4
SIGNATURES = (".asc", ".sig", ".md5", ".sha256")
"""Endings of what publishers put beside a table in a pack to prove it."""
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
"""How a zip begins, and one that holds nothing."""
MOST_TIMES, ALWAYS_ALLOWED = 200, 1 << 28
NAMES = {
    "shift_jis": "cp932",
    "sjis": "cp932",
    "windows_31j": "cp932",
    "ms932": "cp932",
    "ansi": "cp1252",
    "utf_8_sig": "utf-8",
    "utf8": "utf-8",
    "utf16": "utf-16",
    "utf_16_le": "utf-16-le",
    "utf_16_be": "utf-16-be",
    "euc_jp": "euc-jp",
    "eucjp": "euc-jp",
    "ujis": "euc-jp",
    "iso2022_jp": JIS,
    "iso_2022_jp": JIS,
    "jis": JIS,
    "iso8859_1": "latin-1",
    "iso_8859_1": "latin-1",
    "latin1": "latin-1",
    "windows_1252": "cp1252",
}
COMMON = ("auto", "utf-8", "utf-16", "cp932", "euc-jp", "latin-1", "cp1252")
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Writing:
    """How the bytes of a text file are to be read.

    Attributes
    ----------
    encoding
        What the bytes really are, or what the caller said.
    sha256
        Hash of the file as it lies on the disk.
    broken
        Byte offset of the first byte that the encoding does not have; -1 when there is none.
    found
        The encoding that the bytes speak for, when the caller said another; else empty.
    """

    encoding: str
    sha256: str
    broken: int = -1
    found: str = ""


def codec(said: str) -> str:
    """Name an encoding in one way.

    Raises
    ------
    ParameterError
        For one that does not exist.
    """
    if said.casefold() == "auto":
        return "auto"
    name = said.strip().casefold().replace("-", "_")
    if name in NAMES:
        return NAMES[name]
    try:
        found = codecs.lookup(said)
        "a".encode(said)
    except (LookupError, TypeError):
        near = get_close_matches(said, COMMON, n=1, cutoff=0.5)
        raise ParameterError(
            say(
                "Unknown encoding: {said!r}. Expected one of {common}, or another that Python "
                "names. {value}",
                said=said,
                common=listed(COMMON),
                value=say("Did you mean {name!r}?", name=near[0]) if near else say("Correct it."),
            )
        ) from None
    return NAMES.get(found.name.replace("-", "_"), found.name)


# ---- which encoding ------------------------------------------------------------------------


def examine_bytes(path: Path, said: str = "auto", member: str = "") -> Writing:
    """Hash a file, find its encoding, and hold what the caller said against it.

    Raises
    ------
    DataError
        When the bytes are none of the encodings that can be found.
    """
    said = codec(said)
    sha = digest(path)
    with opened(path, member) as file:
        start = file.read(4)
    marked = next((name for mark, name in MARKS if start.startswith(mark)), "")
    if not marked and said == "auto":
        marked = wide_without_mark(path, member)
    if marked and marked != "utf-8":
        return said_or_found(path, member, sha, said, marked)
    broken = first_fault(path, member, "utf-8")
    if broken < 0:
        if said in ("auto", "utf-8") and shifts_to_jis(path, member):
            return said_or_found(path, member, sha, said, JIS)
        ascii_only = said not in ("auto", "utf-8") and is_ascii(path, member)
        wide = said.startswith(("utf-16", "utf-32"))
        return (
            Writing(said, sha)
            if ascii_only and not wide
            else Writing("utf-8", sha, found="" if said in ("auto", "utf-8") else "utf-8")
        )
    guess = guess_of(path, member)
    if said in ("auto", "utf-8"):
        if not guess:
            raise DataError(
                say(
                    "{file} is written in none of the encodings that can be found (UTF-8, UTF-16, "
                    "CP932, EUC-JP, ISO-2022-JP); the first byte that is not UTF-8 is byte {at:,}. "
                    "It looks like a Western encoding. Say encoding = 'cp1252' (Windows), "
                    "'latin-1', or the one it is in; or save it again as UTF-8.",
                    file=path.name,
                    at=broken,
                )
            )
        if said == "auto" or guess == said:
            at = broken if guess == "utf-8" else first_fault(path, member, guess)
            return Writing(guess, sha, at)
    if guess and guess != said and {guess, said} <= {"utf-8", "cp932", "euc-jp"}:
        return Writing(guess, sha, found=guess)
    return Writing(said, sha, first_fault(path, member, said))


def said_or_found(path: Path, member: str, sha: str, said: str, found: str) -> Writing:
    """Take what the mark at the start of the file says, and note when the caller says other."""
    agrees = said == "auto" or said.startswith(found)
    return Writing(
        found, sha, first_fault(path, member, found) if agrees else -1, "" if agrees else found
    )


def wide_without_mark(path: Path, member: str) -> str:
    """UTF-16 without its mark: every second byte of plain text is zero."""
    with opened(path, member) as file:
        start = file.read(4096)
    start = start[: len(start) // 2 * 2]
    if len(start) < 4:
        return ""
    half = len(start) / 2
    even, odd = start[::2].count(0), start[1::2].count(0)
    if odd > 0.3 * half and even < 0.05 * half and start[:2] != b"\0\0":
        return "utf-16-le"
    return "utf-16-be" if even > 0.3 * half and odd < 0.05 * half else ""


def guess_of(path: Path, member: str) -> str:
    """Tell UTF-8 with bad bytes, CP932 and EUC-JP apart; empty when it looks like neither.

    Japanese in CP932 is full of bytes 80–9F; EUC-JP has none, and its high bytes come in pairs;
    letters with accents stand alone between plain ones.
    """
    sample = b"".join(islice((b for b in blocks(path, member) if not b.isascii()), SAMPLED_BLOCKS))
    sample = sample[:BLOCK]
    odd = {name: oddity(sample, name) for name in ("utf-8", "cp932", "euc-jp")}
    high = re.findall(rb"[\x80-\xff]+", sample)
    n_high = sum(map(len, high))
    if odd["utf-8"] <= min(odd["cp932"], odd["euc-jp"]) and odd["utf-8"] < n_high / 4:
        return "utf-8"
    low = sum(1 for run in high for byte in run if byte < 0xA0)
    in_words = len(re.findall(rb"(?<![\x80-\xff])[\x80-\xff]{1,2}(?![\x80-\xff])", sample))
    in_words -= len(
        re.findall(rb"(?<![A-Za-z\x80-\xff])[\x80-\xff]{1,2}(?![A-Za-z\x80-\xff])", sample)
    )
    if low < 0.05 * n_high and in_words > len(high) / 2:
        return ""
    if all(0xA6 <= byte < 0xE0 for run in high for byte in run):
        return "cp932"  # half-width katakana alone
    return "euc-jp" if odd["euc-jp"] < odd["cp932"] else "cp932"


def oddity(sample: bytes, encoding: str) -> float:
    """How much of a sample is text that no one writes.

    Undecodable bytes count one, half-width katakana beside other Japanese a half, half-width
    marks a half: UTF-8 and EUC-JP read as CP932 are full of them.
    """
    text = sample.decode(encoding, errors="replace")
    count = len(ODD.findall(text)) + len(HALF_WIDTH_MARKS.findall(text)) / 2
    count += len(MIXED.findall(text)) / 2
    if encoding == "cp932":
        return count + len(HALF_WIDTH.findall(text)) / 20
    return count


def first_fault(path: Path, member: str, encoding: str) -> int:
    """Byte at which an encoding first has no character; -1 when it always does."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    offset = 0
    for block in blocks(path, member):
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(block)
        except UnicodeDecodeError as error:
            return offset - held + error.start
        if encoding == "cp932" and not block.isascii() and (odd := ODD.search(text)):
            return offset - held + len(text[: odd.start()].encode("cp932", errors="replace"))
        offset += len(block)
    held = len(decoder.getstate()[0])
    return offset - held if held else -1


def shifts_to_jis(path: Path, member: str) -> bool:
    """Whether a file of plain bytes holds the sequences that begin Japanese letters in JIS."""
    shifts = False
    for block in blocks(path, member):
        if not block.isascii():
            return False
        shifts = shifts or any(mark in block for mark in SHIFTS_TO_JIS)
    return shifts


def is_ascii(path: Path, member: str) -> bool:
    """Whether a file has plain letters only."""
    return all(block.isascii() for block in blocks(path, member))


# ---- bytes ---------------------------------------------------------------------------------


@contextmanager
def opened(path: Path, member: str = "") -> Iterator[IO[bytes]]:
    """Open a file for its bytes, unpacked when it is packed.

    Raises
    ------
    DataError
        For a damaged pack, or a zip with several members of which none was named.
    """
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        try:
            if start[:2] == b"\x1f\x8b":
                with gzip.open(file) as unpacked:
                    yield unpacked  # type: ignore[misc]
            elif start[:3] == b"BZh" and start[3:].isdigit():
                with bz2.open(file) as whole:
                    yield whole
            elif start in ZIP:
                with (
                    zipfile.ZipFile(file) as pack,
                    pack.open(member_of(path, pack, member)) as unpacked,
                ):
                    yield unpacked
            else:
                yield file
        except (EOFError, zlib.error, zipfile.BadZipFile, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # of the disk; those of gzip and bzip2 have no number
            raise DataError(
                say(
                    "{file} cannot be unpacked: {why}. Expected a whole file. It was probably cut "
                    "off: copy it again.",
                    file=path.name,
                    why=str(error),
                )
            ) from error


def member_of(path: Path, pack: zipfile.ZipFile, member: str) -> str:
    """The one table in a zip, or the member that the caller names."""
    names = [
        info.filename
        for info in pack.infolist()
        if not info.is_dir() and not info.filename.startswith("__MACOSX/")
    ]
    signed = [name for name in names if not name.lower().endswith(SIGNATURES)]
    names = signed or names
    if member:
        if member not in names:
            raise DataError(
                say(
                    "{file} has no member {member}. Found {names}. Name one.",
                    file=path.name,
                    member=repr(member),
                    names=some_of(names, 12),
                )
            )
        names = [member]
    if not names:
        raise DataError(
            say("{file} holds no file. Expected one. Pack the table again.", file=path.name)
        )
    if len(names) != 1:
        raise DataError(
            say(
                "{file} holds {n} files: {names}. Expected one. Say which by member = ..., or "
                "unpack it.",
                file=path.name,
                n=len(names),
                names=some_of(names, 12),
            )
        )
    if any(info.flag_bits & 1 for info in pack.infolist() if info.filename == names[0]):
        raise DataError(
            say("{file} is locked by a password. Expected an open file. Unpack it.", file=path.name)
        )
    return names[0]


def blocks(path: Path, member: str = "") -> Iterator[bytes]:
    """Bytes of a file, unpacked, in blocks of a few megabytes."""
    size, taken = path.stat().st_size, 0
    with opened(path, member) as file:
        while block := file.read(BLOCK):
            taken += len(block)
            if taken > ALWAYS_ALLOWED and taken > MOST_TIMES * size:
                raise DataError(
                    say(
                        "{file} unpacks to more than {n:,} bytes, over {times} times its size. "
                        "Expected a table. Unpack it yourself if it is one.",
                        file=path.name,
                        n=taken,
                        times=MOST_TIMES,
                    )
                )
            yield block


def utf8_blocks(path: Path, writing: Writing, member: str = "") -> Iterator[bytes]:
    """The text of a file as UTF-8 without its mark; what cannot be decoded becomes U+FFFD."""
    first = True
    if writing.encoding == "utf-8" and writing.broken < 0:
        for block in blocks(path, member):
            yield block.removeprefix(codecs.BOM_UTF8) if first else block
            first = False
        return
    decoder = codecs.getincrementaldecoder(writing.encoding)(errors="replace")
    odd = writing.encoding == "cp932"
    for block in blocks(path, member):
        text = decoder.decode(block)
        if odd and not text.isascii() and ODD.search(text):
            text = ODD.sub(UNDECODABLE, text)
        yield (text.removeprefix("\ufeff") if first else text).encode("utf-8", errors="replace")
        first = False
    yield decoder.decode(b"", final=True).encode("utf-8", errors="replace")


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
