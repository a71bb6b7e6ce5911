"""Which files hold the tables, and do they read back?

CSV has the columns' own names, ten significant digits and a last column ``data_origin``, so
that no copy of it loses its mark and ``pandas.read_csv`` needs no option. LaTeX (``booktabs``)
and the Excel workbook have the reader's words and the stated digits. No text becomes a formula of a
spreadsheet, whatever it begins with (``release.cells``).

File names end in the origin of the data (``funnel_synthetic.csv``). The same tables give the
same bytes, workbook included.
"""

import io
import itertools
import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

from shuseki.errors import ParameterError, examples
from shuseki.language import listed, say
from shuseki.release import inert_frame
from shuseki.report.blocks import Document, Section
from shuseki.report.html import render
from shuseki.report.marks import mark, suffix
from shuseki.report.tables import Column, Table, counts_years, last
from shuseki.report.words import check_language, column_words, phrase, pick, result_words
from shuseki.results import Result

__all__ = ["ENDINGS", "result_bytes", "to_csv", "to_excel", "to_latex", "write_tables"]

Format = Literal["csv", "latex", "excel"]


def to_csv(table: Table) -> str:
    """Write a table as CSV text, with its own column names and the origin of the data last.

    Numbers keep ten significant digits. Two levels of columns are joined by ``_``. Where numbers
    have endings (stars), a column ``<name>_mark`` follows; where some are suppressed they are
    empty, and a column ``<name>_flag`` says ``X``.
    """
    columns: dict[str, Any] = {}
    for k, column in enumerate(table.frame.columns):
        name = _flat(column)
        columns[name] = table.frame.iloc[:, k].reset_index(drop=True)
        if table.endings is not None and table.endings.iloc[:, k].astype(bool).any():
            columns[f"{name}_mark"] = table.endings.iloc[:, k].str.strip().reset_index(drop=True)
        if table.marks is not None and table.marks.iloc[:, k].astype(bool).any():
            columns[f"{name}_flag"] = table.marks.iloc[:, k].reset_index(drop=True)
    frame = pd.DataFrame(columns)
    frame["data_origin"] = mark(table.sources)
    text: str = inert_frame(frame).to_csv(index=False, float_format="%.10g", lineterminator="\n")
    return text


def to_latex(table: Table, lang: str = "en") -> str:
    """Write a table as LaTeX (needs ``booktabs``; Japanese needs LuaLaTeX or XeLaTeX)."""
    table = table.in_language(lang)
    shown = table.shown(lang)
    numeric = table.numeric()
    heads = [last(column) for column in table.frame.columns]
    at = [k for k, head in enumerate(heads) if head != table.row_groups]
    body = [table.frame.columns[k] for k in at]
    head = _tex_headings(body, lang)
    head.append(" & ".join(_tex(table.label(column, lang)) for column in body) + r" \\")
    rows: list[str] = []
    groups = shown[heads.index(table.row_groups)] if table.row_groups else None
    for n in range(len(table.frame)):
        if groups is not None and (n == 0 or groups[n] != groups[n - 1]):
            rows.append(rf"\multicolumn{{{len(body)}}}{{l}}{{\textit{{{_tex(groups[n])}}}}} \\")
        rows.append(" & ".join(_tex_cell(table, shown[k][n], n, k) for k in at) + r" \\")
    columns = table.alignment or "".join("r" if numeric[k] else "l" for k in at)
    lines = [
        r"\begin{table}",
        r"\centering",
        f"\\caption{{{_tex(pick(table.title, lang))}}}",
        f"\\label{{tab:{table.name}}}",
        f"\\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        *head,
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        *(f"\\par\\footnotesize {_tex(line)}" for line in table.remarks(lang)),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def to_excel(tables: Sequence[Table], lang: str = "en") -> bytes:
    """Write tables into one workbook, a sheet each behind a sheet of contents.

    Numbers are stored with ten significant digits and shown with the stated ones. The bytes
    depend on the tables alone: no time of writing is kept.
    """
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


def result_bytes(result: Result, ending: str, lang: str = "en") -> bytes:
    """Write one answer as a file of a format.

    Parameters
    ----------
    result
        What was found.
    ending
        ``.csv`` (all columns, the origin of the data last), ``.xlsx``, ``.tex``, ``.html`` (a page
        with picture, table and notes), ``.json`` (headline, notes, sources and rows) or
        ``.parquet``.
    lang
        Of what a reader reads; CSV, JSON rows and Parquet keep the names of the columns.

    Raises
    ------
    ParameterError
        Another ending.
    """
    check_language(lang)
    if ending not in ENDINGS:
        raise ParameterError(
            say(
                "Cannot write {ending}. Expected {endings}. Choose another ending.",
                ending=ending or say("a file without an ending"),
                endings=listed(ENDINGS),
            )
        )
    frame = result.to_frame()
    if ending == ".csv":
        marked = frame.assign(data_origin=mark(result.sources))
        return inert_frame(marked).to_csv(index=False, lineterminator="\n").encode()
    if ending == ".parquet":
        raw = io.BytesIO()
        frame.assign(data_origin=mark(result.sources)).to_parquet(raw, index=False)
        return raw.getvalue()
    if ending == ".json":
        said = {
            "result": type(result).__name__,
            "headline": pick(result.headline(), lang),
            "notes": [pick(note, lang) for note in result.notes],
            "sources": [str(source) for source in result.sources],
            "data_origin": mark(result.sources),
            "rows": json.loads(frame.to_json(orient="records", date_format="iso")),
        }
        return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()
    title = result_words(type(result).__name__)
    if ending == ".html":
        document = Document(title=title, sections=[Section(title, [result])])
        return render(document, lang).encode()
    table = Table.of(result, name=type(result).__name__.lower(), title=title)
    if ending == ".tex":
        return to_latex(table, lang).encode()
    return to_excel([table], lang)


ENDINGS = (".csv", ".xlsx", ".tex", ".html", ".json", ".parquet")
"""Formats of a file of one answer."""


def write_tables(
    tables: Iterable[Table],
    folder: str | Path,
    *,
    lang: str = "en",
    formats: Sequence[Format] = ("csv", "latex", "excel"),
) -> tuple[Path, ...]:
    """Write tables into a folder: CSV and LaTeX one by one, Excel as one workbook.

    Parameters
    ----------
    tables
        Each with a name of its own.
    folder
        Made when it is missing. Use it inside `shuseki.release.whole_folder`.
    lang
        Language of LaTeX and Excel; CSV keeps the columns' own names.
    formats
        Which to write.

    Returns
    -------
    tuple of Path
        The files, in the order written.
    """
    given = tuple(tables)
    names = pd.Index([table.name for table in given])
    if names.has_duplicates:
        raise ParameterError(
            say(
                "Tables of the same name: {names}. Expected each once, since names become files. "
                "Rename one of them.",
                names=examples(names[names.duplicated()].unique()),
            )
        )
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    written = []
    for table in given:
        for form, text in (("csv", to_csv), ("latex", lambda t: to_latex(t, lang))):
            if form in formats:
                path = place / f"{table.file_stem}.{'csv' if form == 'csv' else 'tex'}"
                path.write_text(text(table), encoding="utf-8", newline="\n")
                written.append(path)
    if "excel" in formats and given:
        every = [source for table in given for source in table.sources]
        path = place / f"tables{suffix(every)}.xlsx"
        path.write_bytes(to_excel(given, lang))
        written.append(path)
    return tuple(written)


def _flat(column: Column) -> str:
    parts = column if isinstance(column, tuple) else (column,)
    return "_".join(str(part).replace(" ", "_") for part in parts if part != "")


# ---- LaTeX and Excel -----------------------------------------------------------------------

_TEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "–": "--",
    "≠": r"$\neq$",
    "²": r"$^{2}$",
    "×": r"$\times$",
    "∞": r"$\infty$",
}


def _tex_headings(columns: Sequence[Column], lang: str) -> list[str]:
    """Lines of the headings over neighbouring columns; none when columns have one level."""
    if not any(isinstance(column, tuple) for column in columns):
        return []
    cells, rules, first = [], [], 1
    for heading, members in itertools.groupby(columns, key=lambda column: str(column[0])):
        width = len(list(members))
        words = _tex(column_words(heading, lang)) if heading else ""
        cells.append(rf"\multicolumn{{{width}}}{{c}}{{{words}}}")
        if heading:
            rules.append(rf"\cmidrule(lr){{{first}-{first + width - 1}}}")
        first += width
    return [" & ".join(cells) + r" \\", " ".join(rules)]


def _tex_cell(table: Table, shown: str, n: int, k: int) -> str:
    """A cell whose ending hangs outside the column, so that decimals align."""
    ending = "" if table.endings is None else str(table.endings.iloc[n, k])
    if not ending or (table.marks is not None and table.marks.iloc[n, k]):
        return _tex(shown)
    return rf"{_tex(shown.removesuffix(ending))}\rlap{{\textsuperscript{{{_tex(ending.strip())}}}}}"


def _tex(text: str) -> str:
    return "".join(_TEX.get(character, character) for character in text)


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
