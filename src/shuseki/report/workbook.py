"""How do tables become one workbook?

A sheet each behind a sheet of contents. No text becomes a formula, and the same tables give the
same bytes.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

from shuseki.report.marks import mark
from shuseki.report.tables import Table, counts_years
from shuseki.report.words import check_language, column_words, phrase, pick

__all__ = ["workbook_bytes"]


def workbook_bytes(tables: Sequence[Table], lang: str) -> bytes:
    """Write tables into one workbook; see `shuseki.report.exports.to_excel`."""
    book = Workbook()
    contents = book.active
    contents.title = phrase("contents", lang)
    _append(contents, [phrase("workbook_contents", lang)])
    contents["A1"].font = Font(bold=True, size=14)
    contents.append([])
    _append(contents, [phrase("sheet", lang), phrase("title", lang), phrase("data_origin", lang)])
    for cell in contents[3]:
        cell.font = Font(bold=True)
    for table, sheet in zip(tables, _sheet_names(tables, contents.title), strict=True):
        told = mark(table.sources, check_language(lang))
        _append(contents, [sheet, pick(table.title, lang), told])
        contents.cell(contents.max_row, 1).hyperlink = f"#'{sheet}'!A1"
        _fill_sheet(book.create_sheet(sheet), table, lang)
    for letter, width in (("A", 34), ("B", 80), ("C", 34)):
        contents.column_dimensions[letter].width = width
    raw = io.BytesIO()
    book.save(raw)
    return _timeless(raw.getvalue())


def _sheet_names(tables: Sequence[Table], taken: str) -> list[str]:
    """Names of sheets: at most 31 characters, each once, none the one that is taken."""
    names = [taken.lower()]
    for table in tables:
        name, k = table.name[:31], 2
        while name in names:
            name = f"{table.name[: 31 - len(str(k)) - 1]}~{k}"
            k += 1
        names.append(name)
    return names[1:]


def _fill_sheet(sheet: Any, table: Table, lang: str) -> None:
    """Title, origin, headings, values, remarks."""
    table = table.in_language(lang)
    thin = Side(style="thin", color="22303C")
    _append(sheet, [pick(table.title, lang)])
    sheet["A1"].font = Font(bold=True, size=13)
    _append(sheet, [mark(table.sources, check_language(lang))])
    sheet["A2"].font = Font(italic=True, color="B2541A" if table.is_synthetic else "6B7883")
    sheet.append([])
    if table.frame.columns.nlevels > 1:
        _append(sheet, [column_words(str(column[0]), lang) for column in table.frame.columns])
    _append(sheet, [table.label(column, lang) for column in table.frame.columns])
    top = sheet.max_row
    for cell in sheet[top]:
        cell.font, cell.border = Font(bold=True), Border(top=thin, bottom=thin)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    shown = table.shown(lang)
    decimals = table.decimals()
    for k, column in enumerate(table.frame.columns):
        for n, value in enumerate(table.frame.iloc[:, k]):
            ending = "" if table.endings is None else str(table.endings.iloc[n, k])
            whole = "0" if counts_years(column) else "#,##0"
            cell = sheet.cell(top + 1 + n, k + 1)
            _fill_cell(cell, value, shown[k][n], decimals[k][n], whole, ending)
    for cell in sheet[top + len(table.frame)]:
        cell.border = Border(top=thin if len(table.frame) == 0 else None, bottom=thin)
    for line in table.remarks(lang):
        _append(sheet, [line])
        sheet.cell(sheet.max_row, 1).font = Font(size=9, color="6B7883")
    sheet.freeze_panes = sheet.cell(top + 1, 2 if table.row_names else 1)
    for k in range(table.frame.shape[1]):
        widest = max((_width(text) for text in shown[k]), default=0)
        head = _width(table.label(table.frame.columns[k], lang))
        sheet.column_dimensions[get_column_letter(k + 1)].width = min(max(widest, head) + 2, 60)


def _fill_cell(
    cell: Any, value: Any, shown: str, places: int | None, whole: str, ending: str
) -> None:
    """A number with its pattern, or the text that the reader sees, never a formula."""
    number = isinstance(value, int | float | np.integer | np.floating)
    if isinstance(value, bool | np.bool_) or not number:
        _fill_text(cell, shown)
    elif not np.isfinite(value):
        _fill_text(cell, shown)
        cell.alignment = Alignment(horizontal="right")
    else:
        is_float = isinstance(value, float | np.floating)
        cell.value = float(f"{value:.10g}") if is_float else int(value)
        cell.number_format = whole + ("." + "0" * places if is_float and places else "")
        if ending:
            cell.number_format += f'"{ending}"'


def _append(sheet: Any, texts: Sequence[str]) -> None:
    """Add a row of texts, none of which is a formula."""
    sheet.append([""] * len(texts))
    for k, text in enumerate(texts):
        _fill_text(sheet.cell(sheet.max_row, k + 1), text)


def _fill_text(cell: Any, text: str) -> None:
    cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)
    cell.data_type = "s"


def _width(text: str) -> int:
    """Width of a text in columns of a fixed face: Japanese characters take two."""
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)


def _timeless(workbook: bytes) -> bytes:
    """Take the time of writing out of a workbook: in its properties and in its archive."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as given,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept,
    ):
        for name in sorted(given.namelist()):
            content = given.read(name)
            if name == "docProps/core.xml":
                content = re.sub(
                    rb"(<dcterms:(created|modified)[^>]*>)[^<]*",
                    rb"\g<1>2000-01-01T00:00:00Z",
                    content,
                )
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            kept.writestr(entry, content)
    return out.getvalue()
