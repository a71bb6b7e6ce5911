"""Where is a table that was pasted or brought for one question?

What is too long for an address is kept in memory, for the reader who sent it, under a word that
stands in the address in its place; it is never written to the disk, and gone when the app ends.

Takes: the options of a question. Gives: the address, and the options back.
"""

import csv
import hashlib
import io
import threading
from collections import OrderedDict
from urllib.parse import urlencode

from openpyxl import load_workbook
from starlette.datastructures import UploadFile

from shuseki.app.question import Asked, pairs_of, query_of
from shuseki.app.ways import LONGEST
from shuseki.disk import scratch
from shuseki.errors import DataError, UnknownCodeError
from shuseki.language import say
from shuseki.papers.printed_table import shown_number
from shuseki.reading.encoding import examine_bytes, utf8_blocks

__all__ = ["Posted", "content_of", "text_of"]

KEPT = 50
MOST_BYTES = 50_000_000
Pairs = list[tuple[str, str]]


class Posted:
    """What readers sent, the newest ``KEPT``."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], Pairs] = OrderedDict()
        self._lock = threading.Lock()

    def query(self, asked: Asked, reader: str) -> str:
        """The address of an answer: its options, or the word under which they are kept."""
        pairs = pairs_of(asked)
        if all(len(text) <= LONGEST for _, text in pairs):
            return query_of(asked)
        word = hashlib.sha256(repr((reader, pairs)).encode()).hexdigest()[:24]
        with self._lock:
            self._held[reader, word] = pairs
            self._held.move_to_end((reader, word))
            while len(self._held) > KEPT:
                self._held.popitem(last=False)
        return urlencode({"posted": word})

    def pairs(self, given: Pairs, reader: str) -> Pairs:
        """Options of an address, with those kept in the place of their word.

        Raises
        ------
        UnknownCodeError
            It is not kept, or another sent it.
        """
        word = dict(given).get("posted")
        if word is None:
            return given
        with self._lock:
            if (reader, word) not in self._held:
                raise UnknownCodeError(
                    say(
                        "The table of this address is not kept any longer. Expected one that was "
                        "sent since the app was started. Send it again."
                    )
                )
            return [*self._held[reader, word], *(one for one in given if one[0] != "posted")]


async def content_of(file: UploadFile) -> bytes:
    """Bytes of a file that was brought.

    Raises
    ------
    DataError
        More than ``MOST_BYTES``.
    """
    content = await file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise DataError(
            say(
                "A file of more than {most_bytes:,} bytes. Expected a smaller one. Leave out what "
                "is not needed.",
                most_bytes=MOST_BYTES,
            )
        )
    return content


def text_of(content: bytes, name: str) -> str:
    """A file that was brought as text; the first sheet of a workbook as CSV.

    Raises
    ------
    DataError
        It is no text and no workbook.
    """
    if not content.startswith(b"PK\x03\x04"):
        with scratch(what="text") as place:
            file = place / "text"
            file.write_bytes(content)
            return b"".join(utf8_blocks(file, examine_bytes(file))).decode("utf-8-sig")
    try:
        book = load_workbook(io.BytesIO(content), data_only=True)
        rows = [
            [shown_number(cell.value, str(cell.number_format)) for cell in row]
            for row in book.worksheets[0].iter_rows(max_row=20_000)
        ]
    except Exception:  # a damaged workbook fails in many ways
        raise DataError(
            say(
                "{name_given} is no workbook. Expected CSV, LaTeX or xlsx. Save it as one.",
                name_given=name[:80],
            )
        ) from None
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
