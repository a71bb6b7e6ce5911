r"""Which lines of a text file are records, and which cannot be read?

One pass over the bytes decides, before any parser sees them: a line is a record when it has as
many fields as the header and its quotation marks are in order. A field in quotation marks may
hold line breaks only when none of the lines that it runs on to could be a record of its own, nor
would be one but for a stray quotation mark, and when it ends within ``MOST_LINES`` lines;
otherwise the line that opened it is set aside alone and reading goes on with the next. Lines end
with ``\n``, ``\r\n`` or ``\r``, in any mixture.

Takes: UTF-8 bytes from the start of a line, the delimiter, the number of fields. Gives:
``Scanned``: the stretches of whole lines, each with what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numba as nb
import numpy as np

from shuseki.arrays import Bools, Ints
from shuseki.language import Message, say

__all__ = ["MOST_BYTES", "MOST_LINES", "TOLD", "Kind", "Scanned", "scan"]

MOST_LINES = 100
"""Lines that one record may run over."""
MOST_BYTES = 1 << 20
"""Bytes that one field may have."""

QUOTE, CR, LF, SPACE = 34, 13, 10, 32
STRAY, OPEN, NUL, LONG = 1, 2, 4, 8


class Kind(IntEnum):
    """What a stretch of lines is."""

    RECORD = 0
    BLANK = 1
    FIELDS = 2
    QUOTES = 3
    NULS = 4
    TOO_LONG = 5
    OBJECT = 6  # of a file of JSON: a stretch that is no object


TOLD: Mapping[Kind, Message] = {
    Kind.QUOTES: say("a quotation mark stands inside a field, or is never closed"),
    Kind.NULS: say("the line holds NUL bytes"),
    Kind.TOO_LONG: say("a field is longer than {most:,} bytes", most=MOST_BYTES),
    Kind.OBJECT: say("the line is no JSON object"),
}
"""Why a line is set aside whose fields cannot even be counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Scanned:
    """Whole lines of a stretch of bytes.

    Attributes
    ----------
    consumed
        Bytes that belong to them; the rest is the start of what comes next.
    lines
        Number of lines.
    first, last
        Positions among them of the first and last line of each stretch, shape ``(n,)``.
    start, end
        Its bytes, without the line end, shape ``(n,)``.
    kinds
        What it is: a ``Kind``, shape ``(n,)``.
    fields
        Number of fields of its first line, shape ``(n,)``.
    """

    consumed: int
    lines: int
    first: Ints
    last: Ints
    start: Ints
    end: Ints
    kinds: np.ndarray
    fields: Ints

    @property
    def records(self) -> Bools:
        """Which stretches are records."""
        found: Bools = self.kinds == Kind.RECORD
        return found

    @property
    def is_clean(self) -> bool:
        """Whether every line is a record."""
        return len(self.kinds) == self.lines and not self.kinds.any()


def scan(data: bytes | bytearray, fields: int, delimiter: str, *, final: bool) -> Scanned:
    """Tell what the whole lines at the start of some bytes are.

    Parameters
    ----------
    data
        UTF-8, from the start of a line.
    fields
        Number of fields that a record has.
    delimiter
        One character of ASCII.
    final
        Whether the file ends here: then the last line needs no line end.
    """
    buffer = np.frombuffer(data, np.uint8)
    most = int(np.count_nonzero((buffer == LF) | (buffer == CR))) + 1
    start, end, after, counts = (np.empty(most, np.int64) for _ in range(4))
    states = np.empty(most, np.uint8)
    lines = split(buffer, ord(delimiter), MOST_BYTES, final, start, end, after, counts, states)
    first, last = np.empty(lines, np.int64), np.empty(lines, np.int64)
    kinds = np.empty(lines, np.uint8)
    found, used = assemble(
        buffer, ord(delimiter), fields, MOST_LINES, MOST_BYTES, final,
        start[:lines], end, counts, states, first, last, kinds,
    )  # fmt: skip
    first, last = first[:found], last[:found]
    return Scanned(
        consumed=int(after[used - 1]) if used else 0,
        lines=used,
        first=first,
        last=last,
        start=start[first],
        end=end[last],
        kinds=kinds[:found],
        fields=counts[first],
    )


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def split(
    buffer: Any, delimiter: int, limit: int, final: bool,
    start: Any, end: Any, after: Any, counts: Any, states: Any,
) -> int:  # fmt: skip
    """Find the lines, count their fields, and judge their quotation marks each by itself.

    Fills ``start``, ``end`` (without the line end), ``after`` (with it), ``counts`` (fields) and
    ``states``; gives the number of lines.
    """
    n = buffer.size
    lines = 0
    at = 0
    while at < n:
        begin = at
        fields = 1
        state = 0
        field_start = at
        quoted = closed = False
        whole = False
        while at < n:
            b = buffer[at]
            if b in (LF, CR):
                whole = True
                break
            if b == delimiter and not quoted:
                fields += 1
                if at - field_start > limit:
                    state |= LONG
                field_start = at + 1
                closed = False
            elif b == QUOTE:
                if quoted:
                    if at + 1 < n and buffer[at + 1] == QUOTE:
                        at += 1
                    else:
                        quoted = False
                        closed = True
                elif at == field_start:
                    quoted = True
                else:
                    state |= STRAY
            elif closed:
                state |= STRAY
            elif b == 0:
                state |= NUL
            at += 1
        if not whole and not final:
            break
        if whole and buffer[at] == CR and at + 1 == n and not final:
            break  # a line feed may follow
        if at - field_start > limit:
            state |= LONG
        if quoted:
            state |= OPEN
        start[lines] = begin
        end[lines] = at
        if whole:
            at += 2 if buffer[at] == CR and at + 1 < n and buffer[at + 1] == LF else 1
        after[lines] = at
        counts[lines] = fields
        states[lines] = state
        lines += 1
    return lines


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def assemble(
    buffer: Any, delimiter: int, fields: int, most_lines: int, most_bytes: int, final: bool,
    start: Any, end: Any, counts: Any, states: Any, first: Any, last: Any, kinds: Any,
) -> tuple[int, int]:  # fmt: skip
    """Make records of lines. Fills ``first``, ``last``, ``kinds``; gives their number, lines used.

    Stops before a line whose record may run on beyond the bytes at hand.
    """
    lines = start.size
    found = 0
    k = 0
    while k < lines:
        state = states[k]
        kind = 0
        to = k
        if (
            state == 0
            and counts[k] == fields
            and (fields > 1 or not is_blank(buffer, start[k], end[k]))
        ):
            kind = 0
        elif is_blank(buffer, start[k], end[k]):
            kind = 1
        elif state & NUL:
            kind = 4
        elif state & STRAY:
            kind = 3
        elif state & LONG:
            kind = 5
        elif state & OPEN:
            to = run_on(
                buffer,
                delimiter,
                fields,
                most_lines,
                most_bytes,
                final,
                k,
                start,
                end,
                counts,
                states,
            )
            if to == -2:
                break
            if to < 0:
                kind = 3
                to = k
        else:
            kind = 2
        first[found] = k
        last[found] = to
        kinds[found] = kind
        found += 1
        k = to + 1
    return found, k


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def run_on(
    buffer: Any, delimiter: int, fields: int, most_lines: int, most_bytes: int, final: bool,
    k: int, start: Any, end: Any, counts: Any, states: Any,
) -> int:  # fmt: skip
    """Last line of the record that a line with an open quotation mark begins.

    Gives -1 when it begins none, -2 when that cannot be told from the bytes at hand. A line with as
    many delimiters as a record, in quotation marks or not, is taken for one whose mark is stray;
    where the first field is the open one, the last line of a good record has as many too, and is
    taken for one only when the line that opened it has them as well.
    """
    first_is_open = counts[k] == 1
    alike = delimiters(buffer, delimiter, start[k], end[k]) + 1 >= fields
    found = counts[k]
    quoted, closed = True, False
    for j in range(k + 1, min(start.size, k + most_lines)):
        blank = is_blank(buffer, start[j], end[j])
        if states[j] == 0 and counts[j] == fields and not blank:
            return -1
        full = delimiters(buffer, delimiter, start[j], end[j]) + 1 >= fields
        if full and (alike or not first_is_open):
            return -1
        if states[j] & NUL or end[j] - start[k] > most_bytes:
            return -1
        at = start[j]
        field_start = -1
        while at < end[j]:
            b = buffer[at]
            if quoted:
                if b == QUOTE:
                    if at + 1 < end[j] and buffer[at + 1] == QUOTE:
                        at += 1
                    else:
                        quoted, closed = False, True
            elif b == delimiter:
                found += 1
                field_start = at + 1
                closed = False
            elif b == QUOTE and at == field_start:
                quoted = True
            elif b == QUOTE or closed:
                return -1
            at += 1
        if not quoted:
            return j if found == fields else -1
    if start.size < k + most_lines and not final:
        return -2
    return -1


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def delimiters(buffer: Any, delimiter: int, begin: int, stop: int) -> int:
    """Number of delimiters of a line, in quotation marks or not."""
    found = 0
    for at in range(begin, stop):
        found += buffer[at] == delimiter
    return found


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def is_blank(buffer: Any, begin: int, stop: int) -> bool:
    """Whether a line has nothing but spaces."""
    at = begin
    while at < stop and buffer[at] == SPACE:
        at += 1
    return bool(at == stop)


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def gather(buffer: Any, start: Any, end: Any, keep: Any, out: Any) -> int:
    """Copy some stretches one below the other, each with a line feed; gives the bytes written."""
    at = 0
    for k in range(start.size):
        if keep[k]:
            for j in range(start[k], end[k]):
                out[at] = buffer[j]
                at += 1
            out[at] = LF
            at += 1
    return at
