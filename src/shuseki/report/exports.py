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
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from shuseki.errors import ParameterError, examples
from shuseki.language import listed, say, told
from shuseki.release import inert_frame
from shuseki.report.blocks import Document, Section
from shuseki.report.html import render
from shuseki.report.marks import mark, suffix
from shuseki.report.tables import Column, Table, last
from shuseki.report.words import check_language, column_words, pick, result_words
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
    from shuseki.report.workbook import workbook_bytes  # heavy: only who writes one pays for it

    return workbook_bytes(tables, lang)


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
            "sources": [told(source.words(), lang) for source in result.sources],
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
    chr(code): rf"\textbackslash{{}}x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))
} | {
    "\t": " ",
    "\n": " ",
    "\r": " ",
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
"""What TeX reads otherwise, or refuses, such as control characters."""


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
