r"""Which tables stand in a file that was made to be read by people?

A workbook has several sheets, titles above, headings over several columns, notes below; a page or a
paper has tables between texts. ``grids`` gives every table of a file as it lies there: rows of
text, a cell that reaches over several repeated in each. What they mean is not asked here.

Takes: CSV, xlsx, HTML, LaTeX, JSON or Parquet. Gives: ``Grid``, one for each table. Hidden sheets,
rows and columns of a workbook are read like others.
Limits: of LaTeX ``tabular`` (also ``longtable``, ``tabularx``) with ``&`` and ``\\``; of a
formula in a workbook the value that was stored with it.
"""

import csv
import io
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from shuseki.errors import DataError
from shuseki.language import say
from shuseki.reading.encoding import examine_bytes, utf8_blocks
from shuseki.reading.files import DELIMITERS, Options, open_table, shown
from shuseki.reading.tables import read_table

__all__ = ["Grid", "grids"]


@dataclass(frozen=True)
class Grid:
    """A table as it lies in a file.

    Attributes
    ----------
    place
        Where: a sheet, ``table 2``; empty in a file that has one.
    rows
        Its cells as text, every row of the same length.
    numbers
        Number of each row in the file, sheet or table, from 1.
    """

    place: str
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]


def grids(path: Path, encoding: str = "auto") -> tuple[Grid, ...]:
    """Read every table of a file.

    Raises
    ------
    DataError
        The file cannot be read, or has no table.
    """
    ending = path.suffix.lower() if path.is_file() else ""
    if ending in (".html", ".htm", ".tex"):
        text = text_of(path, encoding)
        tables = of_tex(text) if ending == ".tex" else of_html(text)
        places = [f"table {k}" for k in range(1, len(tables) + 1)]
        found = [grid(place, rows) for place, rows in zip(places, tables, strict=True)]
    elif ending in (".csv", ".tsv", ".txt"):
        found = [grid("", of_csv(text_of(path, encoding)))]
    elif open_table(path, Options(encoding=encoding)).format == "xlsx":
        found = of_workbook(path)
    else:
        frame = read_table(path, encoding=encoding)
        cells = [["" if cell != cell else str(cell) for cell in row] for row in frame.to_numpy()]
        found = [grid("", [list(map(str, frame.columns)), *cells])]
    found = [one for one in found if one.rows]
    if not found:
        raise DataError(say("{file} has no table. Expected one. Check the file.", file=path.name))
    return tuple(found)


def text_of(path: Path, encoding: str) -> str:
    """The text of a file."""
    return b"".join(utf8_blocks(path, examine_bytes(path, encoding))).decode("utf-8", "replace")


def grid(place: str, rows: list[list[str]]) -> Grid:
    """Rows that say something, each as long as the longest."""
    width = max((len(row) for row in rows), default=0)
    clean = [(*map(str.strip, row), *[""] * (width - len(row))) for row in rows]
    kept = [(k, row) for k, row in enumerate(clean, 1) if any(row)]
    return Grid(place, tuple(row for _, row in kept), tuple(k for k, _ in kept))


def of_csv(text: str) -> list[list[str]]:
    """Rows of CSV, by the delimiter that it has most of."""
    text = text.removeprefix("\ufeff")
    delimiter = max(DELIMITERS, key=text[: 1 << 16].count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def of_workbook(path: Path) -> list[Grid]:
    """Every sheet, merged cells filled."""
    import openpyxl  # heavy: only who reads a workbook pays for it

    book = openpyxl.load_workbook(path, data_only=True)
    found = []
    for sheet in book.worksheets:
        rows = [[shown(cell) for cell in row] for row in sheet.iter_rows()]
        for area in sheet.merged_cells.ranges:
            for r in range(area.min_row - 1, min(area.max_row, len(rows))):
                for c in range(area.min_col - 1, min(area.max_col, len(rows[r]))):
                    rows[r][c] = rows[area.min_row - 1][area.min_col - 1]
        found.append(grid(sheet.title, rows))
    return found


class _Tables(HTMLParser):
    """Gathers the cells of tables."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._down: dict[int, tuple[int, str]] = {}
        self._cell: list[str] | None = None
        self._span = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell."""
        if tag in ("table", "tr", "td", "th"):
            self.end_cell()  # whose end need not be written
        if tag == "table":
            self.tables.append([])
            self._down = {}
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
            self._fill()
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            said = dict(attrs)
            across, down = (said.get(name) or "1" for name in ("colspan", "rowspan"))
            self._span = tuple(
                min(max(int(n), 1), 1000) if n.isdecimal() else 1 for n in (across, down)
            )  # type: ignore[assignment]
            self._cell = []

    def handle_data(self, data: str) -> None:
        """Text of a cell."""
        if self._cell is not None:
            self._cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        """End a cell, with its row or table."""
        if tag in ("td", "th", "tr", "table"):
            self.end_cell()

    def end_cell(self) -> None:
        """Put a cell in every column and row that it reaches over."""
        if self._cell is not None:
            text = " ".join("".join(self._cell).split())
            row = self.tables[-1][-1]
            for _ in range(self._span[0]):
                if self._span[1] > 1:
                    self._down[len(row)] = (self._span[1] - 1, text)
                row.append(text)
                self._fill()
            self._cell = None

    def _fill(self) -> None:
        """Put in what reaches down from rows above."""
        row = self.tables[-1][-1]
        while len(row) in self._down:
            left, text = self._down.pop(len(row))
            if left > 1:
                self._down[len(row)] = (left - 1, text)
            row.append(text)


def of_html(text: str) -> list[list[list[str]]]:
    """Tables of a page.

    Examples
    --------
    >>> of_html("<table><tr><th colspan=2>a</th></tr><tr><td>1<td>2</table>")
    [[['a', 'a'], ['1', '2']]]
    """
    parser = _Tables()
    parser.feed(text)
    parser.close()
    parser.end_cell()
    return parser.tables


TABULAR = re.compile(r"\\begin\{(tabular[*xy]?|longtable)\}(.*?)\\end\{\1\}", re.DOTALL)
RULES = re.compile(r"\\(?:[a-z]*rule|hline|cline|endhead|endfoot)(?:\([^)]*\))?(?:\{[^}]*\})?")
OVER = re.compile(r"\\multicolumn\{(\d+)\}\{[^}]*\}\{(.*)\}\s*$", re.DOTALL)


def of_tex(text: str) -> list[list[list[str]]]:
    r"""Tables of a LaTeX file.

    Examples
    --------
    >>> of_tex(r"\begin{tabular}{lr}\toprule area & plants \\ A \& B & 1{,}234 \\\end{tabular}")
    [[['area', 'plants'], ['A & B', '1,234']]]
    """
    found = []
    for _, body in TABULAR.findall(text):
        body = RULES.sub("", re.sub(r"(?<!\\)%.*", "", body))
        rows = []
        for line in re.split(r"\\\\(?:\[[^\]]*\])?", body):
            cells: list[str] = []
            for cell in re.split(r"(?<!\\)&", line):
                over = OVER.search(cell)
                cells += [plain(over[2])] * int(over[1]) if over else [plain(cell)]
            if any(cells):
                rows.append(cells)
        if rows:  # what stands before the first cell: columns and widths
            rows[0][0] = plain(re.sub(r"^(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})+", "", rows[0][0]))
        found.append(rows)
    return found


def plain(text: str) -> str:
    """Text of a cell without commands."""
    text = re.sub(r"\\(?:text|math)?[a-z]{2,}\s*\{([^{}]*)\}", r"\1", text)
    text = text.replace("{,}", ",").replace("$", "")
    return re.sub(r"\\([&%#_{}])", r"\1", text).strip()
