"""What does a printed table of regressions say, cell by cell?

Reads a table as a program wrote it (LaTeX of stargazer, esttab, estout and by hand; CSV; xlsx) into
the rows of a paper's ``coefficients.csv`` and ``fit.csv`` (``papers.printed``): each column of
numbers is an equation, each row with numbers a term, the number in parentheses or brackets in the
cell below it (or beside it) its t, standard error or p.

Which of the three it is, is said, or found: by the words of the table ("standard errors in
parentheses"), or by its stars, when only one of the three agrees with most of them. When
neither tells, the table is refused, not guessed.

Takes: a file. Gives: `PrintedTable`: coefficients, fit, and every cell that was not used, with why;
``paper_texts`` makes the files of a paper's folder of some of them.

Limits: a table turned on its side (equations in rows) is not read; numbers in merged cells belong
to their first column; spreadsheets lose the digits that their format does not show.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import scipy
from openpyxl import load_workbook

from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import Message, listed, say, words_of
from shuseki.papers.printed import MORE_COLUMNS, TABLE_COLUMNS, PrintedNumber, text_of

__all__ = ["Below", "PrintedTable", "paper_texts", "read_printed_table"]

Below = Literal["t", "se", "p"]
LEVELS = (0.10, 0.05, 0.01, 0.001)
AGREE, AT_MOST = 0.75, 0.5
"""Share of cells whose stars must fit for one reading of the parentheses, and may for the others
(some
stars are slips, which is why the table is read)."""
FEWEST = 3
"""… and the fewest such cells, one of them starred."""
WORDS: dict[Below, tuple[str, ...]] = {
    "se": ("standard error", "std. err", "s.e.", "標準誤差"),
    "t": ("t-stat", "t stat", "t-value", "t value", "t-ratio", "t ratio", "t値", "t-値"),
    "p": ("p-value", "p value", "p値", "p-値"),
}
FIT: tuple[tuple[str, str], ...] = (
    (r"^(adj(usted|\.)?\s*-?\s*(r²|r\s*-?\s*sq(uared|\.)?|r)(?!\w)|(自由度)?修正済?み?|自由度調整)",
     "adjusted_r2"),
    (r"^(r\s*\^?\s*2|r²|r\s*-?\s*sq(uared|\.)?|決定係数)\b", "r2"),
    (r"^(f(\s*-?\s*(stat(istic)?|value))?|f値)$", "f_statistic"),
    (r"^(obs(ervations)?\.?|n|no\.? (of )?obs(ervations)?\.?|num\.? ?obs\.?"
     r"|number of obs(ervations)?|sample size|標本数|観測数|サンプル(数|サイズ))$", "n"),
)  # fmt: skip
CONSTANT = re.compile(r"^\(?(constant|intercept|_?cons|定数項?|切片)\)?$", re.IGNORECASE)
NUMBER = r"[-−–]?\s?(?:\d{1,3}(?:,\d{3})+|\d*)(?:\.\d+)?(?:[eE][-+−]?\d+)?"
CELL = re.compile(rf"^(?P<number>{NUMBER})\s*(?P<stars>\*{{0,4}})$")
BESIDE = re.compile(
    rf"^(?P<number>{NUMBER})\s*(?P<one>\*{{0,4}})\s*[(\[](?P<below>{NUMBER})[)\]]"
    r"\s*(?P<two>\*{0,4})$"
)
PARENTHESES = re.compile(
    rf"^[(\[]\s*[t]?\s*=?\s*(?P<number>{NUMBER})\s*[)\]]\s*(?P<stars>\*{{0,4}})$"
)


class Unused(NamedTuple):
    """A cell that was not taken into a table."""

    row: int
    column: int
    text: str
    why: Message


@dataclass(frozen=True, eq=False)
class PrintedTable:
    """A printed table of regressions as data.

    Attributes
    ----------
    name
        The file's name without its ending.
    coefficients, fit, descriptives
        As in a paper's folder; texts as printed. A table headed by means and standard deviations is
        one of descriptive statistics, and has no equations.
    stars
        Stars and their levels, as the table says; empty when it does not.
    below
        What stands below (or beside) a coefficient, and how that is known.
    unused
        Cells not taken: row, column (from 1), text, why.
    """

    name: str
    coefficients: pd.DataFrame
    fit: pd.DataFrame
    descriptives: pd.DataFrame
    stars: Mapping[str, float]
    below: Below | None
    known_by: Message
    unused: tuple[Unused, ...]

    def headline(self) -> Message:
        """What was read, and how much was not."""
        equations = self.coefficients[["outcome", "model"]].drop_duplicates()
        parts = [
            say("{n:count(equation)}", n=len(equations)),
            say("{n:count(coefficient)}", n=len(self.coefficients)),
            say("{n:count(fit statistic)}", n=len(self.fit)),
            say("{n:count(variable)} described", n=len(self.descriptives)),
        ]
        if self.below is not None:
            parts.append(say("below is {what} ({why})", what=self.below, why=self.known_by))
        parts.append(say("{n:count(cell)} not used", n=len(self.unused)))
        return say("{table}: {parts}", table=self.name, parts=listed(parts))

    def __repr__(self) -> str:
        return f"<PrintedTable {self.headline()}>"


def read_printed_table(
    path: Path, *, below: Below | None = None, outcome: str = ""
) -> PrintedTable:
    """Read a table of regressions from LaTeX, CSV or xlsx.

    Parameters
    ----------
    path
        ``.tex``, ``.csv`` or ``.xlsx``.
    below
        What stands below a coefficient; found when not said.
    outcome
        Name of the outcome, when the heading has none.

    Raises
    ------
    ParameterError
        No such file, or of another kind.
    DataError
        No row with numbers; or what stands below cannot be told.
    """
    if not path.is_file():
        raise ParameterError(
            say(
                "No file {path}. Expected .tex, .csv or .xlsx. Check the path.",
                path=path,
            )
        )
    kinds = {".tex": _of_latex, ".csv": _of_csv, ".xlsx": _of_xlsx}
    if path.suffix.lower() not in kinds:
        raise ParameterError(
            say(
                "{path} is of kind {suffix}. Expected .tex, .csv or .xlsx. Save the table as one "
                "of them.",
                path=path.name,
                suffix=path.suffix or say("none"),
            )
        )
    grid, words = kinds[path.suffix.lower()](path)
    return _table(path.stem, grid, words, below, outcome)


# ---- grids --------------------------------------------------------------------------------------

Grid = list[list[str]]


def _of_csv(path: Path) -> tuple[Grid, str]:
    text = text_of(path)
    rows = [[_clean(cell) for cell in row] for row in csv.reader(text.splitlines())]
    return rows, text


def _of_xlsx(path: Path) -> tuple[Grid, str]:
    try:
        book = load_workbook(path, data_only=True)
    except Exception as error:
        raise DataError(
            say(
                "{path} is no xlsx file: {error}. Save it again.",
                path=path,
                error=words_of(error),
            )
        ) from error
    grid = [
        [_clean(shown_number(cell.value, str(cell.number_format))) for cell in row]
        for row in book.worksheets[0].iter_rows()
    ]
    return grid, "\n".join(" ".join(row) for row in grid)


def shown_number(value: object, form: str) -> str:
    """A spreadsheet's number with the decimals that its format shows."""
    if value is None:
        return ""
    if isinstance(value, float) and (match := re.match(r"^[#,]*0(?:\.(0+))?(%?)", form)):
        decimals = len(match[1] or "")
        return f"{100 * value:.{decimals}f}%" if match[2] else f"{value:.{decimals}f}"
    return str(value)


TABULAR = re.compile(
    r"\\begin\{(tabular\*?|tabularx|tabulary|longtable|tabu)\}(.*?)\\end\{\1\}", re.DOTALL
)


def _of_latex(path: Path) -> tuple[Grid, str]:
    text = re.sub(r"(?<!\\)%.*", "", text_of(path))
    bodies = [_without_columns(match[2]) for match in TABULAR.finditer(text)] or [text]
    grid: Grid = []
    for body in bodies:
        for line in re.split(r"\\\\(?:\s*\[[^\]]*\])?|\\tabularnewline", body):
            row = re.sub(
                r"\\(?:[hc]line|toprule|midrule|bottomrule|addlinespace|cmidrule|noalign)"
                r"(?:\([^)]*\))?(?:\[[^\]]*\])?(?:\{[^{}]*\})?", " ", line,
            )  # fmt: skip
            cells: list[str] = []
            for cell in re.split(r"(?<!\\)&", row):
                wide = re.match(r"\s*\\multicolumn\{(\d+)\}\s*\{[^{}]*\}\s*(.*)$", cell, re.DOTALL)
                if wide:
                    cells += [_plain(wide[2])] + [""] * (int(wide[1]) - 1)
                else:
                    cells.append(_plain(cell))
            grid.append(cells)
    return grid, f"{text}\n{_plain(text)}"


def _without_columns(body: str) -> str:
    """A tabular's body without the braces that describe its columns."""
    body = re.sub(r"^\s*\[[^\]]*\]", "", body)
    while body.lstrip().startswith("{"):
        body = body.lstrip()
        depths = np.cumsum([(sign == "{") - (sign == "}") for sign in body])
        closed = np.flatnonzero(depths == 0)
        end = int(closed[0]) + 1 if len(closed) else len(body)
        if "&" in body[:end] or "\\\\" in body[:end]:
            break  # a group of cells, not of columns
        body = body[end:]
    return body


NAMED = (
    "ln", "log", "exp", "sqrt", "max", "min", "times", "Delta", "alpha", "beta", "gamma", "delta",
    "epsilon", "lambda", "mu", "pi", "rho", "sigma", "tau", "theta", "phi", "omega",
)  # fmt: skip
"""Commands of LaTeX whose names stay in a label."""


def _plain(latex: str) -> str:
    """Text of a LaTeX cell."""
    text = re.sub(r"\\(?:sym|textsuperscript|super)\{([^{}]*)\}", r"\1", latex)
    text = text.replace("\\checkmark", "✓").replace("\\_", "_").replace("\\&", "&")
    text = re.sub(r"\\(?:leq?)\b", "≤", re.sub(r"\\(?:geq?)\b", "≥", text))
    text = re.sub(r"\^\s*\{?\s*(\*+)\s*\}?", r"\1", text)
    text = re.sub(r"\\[()]", "", text)
    text = text.replace("{,}", ",").replace("$", "").replace("~", " ").replace("\\,", "")
    for _ in range(4):
        text = re.sub(r"\\[a-zA-Z]+\*?\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(rf"\\({'|'.join(NAMED)})(?![a-zA-Z])", r"\1", text)
    text = re.sub(r"\\[a-zA-Z]+\*?", "", text)
    return _clean(text.replace("{", "").replace("}", ""))


def _clean(text: str) -> str:
    """One spelling of spaces, minus and stars; ``="1.2"`` and ``'1.2`` of spreadsheets undone."""
    text = str(text).strip().replace("\u00a0", " ").replace("∗", "*").replace("＊", "*")
    text = re.sub(r'^="(.*)"$', r"\1", text).lstrip("'")
    return re.sub(r"\s+", " ", text.replace("−", "-").replace("–", "-").replace("‐", "-"))


# ---- from a grid to equations -------------------------------------------------------------------


def _table(name: str, grid: Grid, words: str, below: Below | None, outcome: str) -> PrintedTable:
    width = max((len(row) for row in grid), default=0)
    grid = [row + [""] * (width - len(row)) for row in grid]
    described = _described(name, grid)
    if described is not None:
        return described
    first = next((i for i, row in enumerate(grid) if _is_term(row)), None)
    if first is None or width < 2:
        raise DataError(
            say(
                "No row of coefficients in {name}: a label, then numbers. Found {n_grid} rows of "
                "up to {width} cells. Expected a table of regressions with the terms in rows.",
                name=name,
                n_grid=len(grid),
                width=width,
            )
        )
    columns = [j for j in range(1, width) if any(_cell(row[j]) for row in grid[first:])]
    outcomes, models, used = _heading(grid[:first], columns, outcome or name)
    unused = [
        Unused(i + 1, j + 1, text, say("heading"))
        for i, row in enumerate(grid[:first])
        for j, text in enumerate(row)
        if text and (i, j) not in used
    ]
    terms: list[dict[str, str]] = []
    fits: list[dict[str, str]] = []
    seen: set[tuple[int, str]] = set()
    label, started = "", False
    for i, row in enumerate(grid[first:], start=first):
        filled = [j for j in range(1, width) if row[j]]
        said = row[0]
        if not filled:
            if said:
                unused.append(Unused(i + 1, 1, said, say("a row without numbers")))
            label = said if not started else ""
            continue
        if any(PARENTHESES.match(row[j]) for j in filled) and not any(
            CELL.match(row[j]) for j in filled
        ):
            unused += _beneath(terms, i, row, filled, label, started)
            continue
        if not any(_cell(row[j]) for j in filled):
            unused += [Unused(i + 1, j + 1, row[j], say("no number")) for j in filled]
            label = ""
            continue
        label = said or label
        statistic = _statistic(label)
        started = True
        for j in filled:
            cell = _cell(row[j])
            if cell is None or j not in columns:
                unused.append(Unused(i + 1, j + 1, row[j], say("no number")))
            elif (j, label) in seen:
                unused.append(
                    Unused(i + 1, j + 1, row[j], say("{label} twice in one column", label=label))
                )
            else:
                seen.add((j, label))
                at = {"table": name, "outcome": outcomes[j], "model": models[j]}
                number, stars, beside = cell
                if statistic:
                    fits.append(at | {"statistic": statistic, "value": number, "stars": stars})
                elif not label:
                    unused.append(Unused(i + 1, j + 1, row[j], say("no label")))
                else:
                    term = "constant" if CONSTANT.match(label) else label
                    terms.append(
                        at | {"term": term, "coefficient": number, "stars": stars, "below": beside}
                        | {"row": str(i), "column": str(j)}
                    )  # fmt: skip
    if any(term["below"] for term in terms):
        # Tests and counts of a table stand in rows of their own, without an error below.
        bare = {term["term"] for term in terms}
        bare -= {term["term"] for term in terms if term["below"] or term["stars"]}
        unused += [
            Unused(
                int(t["row"]) + 1, int(t["column"]) + 1, t["coefficient"], say("nothing below it")
            )
            for t in terms
            if t["term"] in bare
        ]
        terms = [term for term in terms if term["term"] not in bare]
    if not fits and not any(term["below"] or term["stars"] for term in terms):
        raise DataError(
            say(
                "{name} has {n_terms} numbers, but no stars, no parentheses and no R² or number "
                "of observations. Expected a table of regressions, or one headed by means and "
                "standard deviations. Choose another table.",
                name=name,
                n_terms=len(terms),
            )
        )
    kind, known = _kind(terms, words, below)
    coefficients = pd.DataFrame(
        [
            {column: row.get(column, "") for column in TABLE_COLUMNS["coefficients"]}
            | dict.fromkeys(MORE_COLUMNS["coefficients"], "")
            | ({kind: row["below"].lstrip("-") if kind != "t" else row["below"]} if kind else {})
            for row in terms
        ],
        columns=[*TABLE_COLUMNS["coefficients"], *MORE_COLUMNS["coefficients"]],
    )
    empty = [c for c in ("t", "se", "p") if not (coefficients[c] != "").any() and c != "t"]
    fit = pd.DataFrame(fits, columns=list(TABLE_COLUMNS["fit"]), dtype=str)
    return PrintedTable(
        name=name,
        coefficients=coefficients.drop(columns=empty),
        fit=fit,
        descriptives=pd.DataFrame(columns=list(TABLE_COLUMNS["descriptives"]), dtype=str),
        stars=_stars(words),
        below=kind,
        known_by=known,
        unused=tuple(sorted(unused)),
    )


STATISTICS = {
    "n": r"^(n|obs(ervations)?\.?|no\. obs\.?|標本数|観測数)$",
    "mean": r"^(mean|average|平均値?)$",
    "median": r"^(median|pctl\(50\)|p50|中央値)$",
    "sd": r"^(sd|s\.?d\.?|st\.? ?dev\.?|std\.? ?dev\.?|standard deviation|標準偏差)$",
    "min": r"^(min(imum)?\.?|最小値?)$",
    "max": r"^(max(imum)?\.?|最大値?)$",
}


def _described(name: str, grid: Grid) -> PrintedTable | None:
    """A table of descriptive statistics, if its heading says so."""
    headed = [(i, _statistics_of(row)) for i, row in enumerate(grid)]
    at, found = next(((i, f) for i, f in headed if {"mean", "sd"} <= set(f)), (-1, {}))
    if at < 0:
        return None
    row = grid[at]
    rows, unused = [], [Unused(at + 1, j + 1, row[j], say("heading")) for j in range(len(row)) if
                        row[j] and j not in found.values()]  # fmt: skip
    seen: set[str] = set()
    for i, cells in enumerate(grid[at + 1 :], start=at + 1):
        if not cells[0] or not any(_cell(cells[j]) for j in found.values()):
            unused += [
                Unused(i + 1, j + 1, c, say("no variable")) for j, c in enumerate(cells) if c
            ]
        elif cells[0] in seen:
            unused += [
                Unused(i + 1, j + 1, c, say("a variable twice")) for j, c in enumerate(cells) if c
            ]
        else:
            seen.add(cells[0])
            numbers = {s: _cell(cells[j]) for s, j in found.items()}
            rows.append(
                {"table": name, "variable": cells[0]}
                | {s: number[0] if number else "" for s, number in numbers.items()}
            )
            kept = {0, *(found[s] for s, number in numbers.items() if number)}
            unused += [
                Unused(i + 1, j + 1, c, say("no statistic"))
                for j, c in enumerate(cells) if c and j not in kept
            ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(TABLE_COLUMNS["descriptives"]), dtype=str)
    return PrintedTable(
        name=name,
        coefficients=pd.DataFrame(columns=list(TABLE_COLUMNS["coefficients"]), dtype=str),
        fit=pd.DataFrame(columns=list(TABLE_COLUMNS["fit"]), dtype=str),
        descriptives=frame.fillna(""),
        stars={},
        below=None,
        known_by=say("descriptive statistics"),
        unused=tuple(unused),
    )


def _statistics_of(row: Sequence[str]) -> dict[str, int]:
    """Columns of a heading that name a statistic."""
    return {
        statistic: j
        for statistic, pattern in STATISTICS.items()
        for j, text in enumerate(row)
        if j and re.match(pattern, text.lower())
    }


def _stars(words: str) -> dict[str, float]:
    """Stars and levels that a note explains, such as ``*p<0.1; **p<0.05``."""
    plain = re.sub(r"[\\$^{}~ ]|textit|sym|it\b", "", words.replace("&lt;", "<"))
    found = re.findall(r"(\*{1,4})\(?p?(?:<|≤|leq?)=?(0?\.\d+)", plain)
    return {stars: float(level) for stars, level in found}


def paper_texts(tables: Sequence[PrintedTable], key: str) -> dict[str, str]:
    """The files of a paper's folder that printed tables give.

    Models are named with their table when there are several, so that none is given twice.

    Raises
    ------
    DataError
        The tables say different things of the stars.
    """
    several = len(tables) > 1
    stars: dict[str, float] = {}
    for table in tables:
        for mark, level in table.stars.items():
            if stars.setdefault(mark, level) != level:
                raise DataError(
                    say(
                        "{mark} is {stars} in one table and {level} in {table}. Expected one "
                        "meaning in one paper. Read them into separate folders.",
                        mark=mark,
                        stars=stars[mark],
                        level=level,
                        table=table.name,
                    )
                )
    levels = stars or {"***": 0.01, "**": 0.05, "*": 0.10}
    said = "as the tables say" if stars else "not said by the tables: check"
    shown = ", ".join(f'"{mark}" = {level:g}' for mark, level in levels.items())
    texts = {
        "paper.toml": (
            "# What is printed, and where. Numbers are texts exactly as printed.\n"
            f'[paper]\nkey = "{key}"\ncitation = "{key}"\nyear = ""\n'
            f"stars = {{ {shown} }}  # {said}\n"
            '# standard_errors = "robust"  # as the paper says: classical, robust, clustered, …\n'
            "# areas = 100                 # observations before any was left out\n"
        )
    }
    for kind in ("coefficients", "fit", "descriptives"):
        parts = []
        for table in tables:
            frame = getattr(table, kind)
            if several and "model" in frame:
                frame = frame.assign(model=[f"{table.name} {m}" for m in frame["model"]])
            if len(frame):
                parts.append(frame)
        if parts:
            joined = pd.concat(parts).fillna("")
            if kind == "descriptives":
                joined = joined.drop_duplicates("variable")
            texts[f"{kind}.csv"] = joined.to_csv(index=False)
    return texts


def _cell(text: str) -> tuple[str, str, str] | None:
    """Number, stars and what stands beside it in parentheses; none for anything else."""
    match = CELL.match(text) or BESIDE.match(text)
    if match is None or not re.search(r"\d", match["number"]):
        return None
    number = match["number"].replace(" ", "")
    try:
        PrintedNumber(number)
    except DataError:
        return None
    groups = match.groupdict()
    stars = groups.get("stars") or groups.get("one") or groups.get("two") or ""
    return number, stars, (groups.get("below") or "").replace(" ", "")


def _is_term(row: Sequence[str]) -> bool:
    return bool(row and row[0]) and any(_cell(text) for text in row[1:]) and not _is_heading(row)


def _is_heading(row: Sequence[str]) -> bool:
    """Numbers of models, or years: whole numbers without stars that only count on."""
    cells = [text for text in row[1:] if text]
    return bool(cells) and [c.strip("()[]") for c in cells] == [
        str(k + 1) for k in range(len(cells))
    ]


def _statistic(label: str) -> str:
    plain = re.sub(r"\s+", " ", label.replace("^", "").strip().rstrip(":")).lower()
    plain = plain.replace("r2", "r²").replace("r 2", "r²")
    for pattern, name in FIT:
        if re.search(pattern.replace(r"\b", r"(?!\w)"), plain):
            return name
    return ""


def _heading(
    rows: Grid, columns: Sequence[int], outcome: str
) -> tuple[dict[int, str], dict[int, str], set[tuple[int, int]]]:
    """Outcome and model of each column: the last row of names, and the row that counts."""
    outcomes, models = dict.fromkeys(columns, outcome), {}
    used: set[tuple[int, int]] = set()
    for i, row in enumerate(rows):
        cells = {j: row[j] for j in range(1, len(row)) if row[j]}
        if not cells:
            continue
        counts = [text.strip("()[] ") for text in cells.values()]
        if all(re.fullmatch(r"\d{1,3}[a-z]?", text) for text in counts):
            models = {j: text for j, text in zip(cells, counts, strict=True) if j in outcomes}
            used |= {(i, j) for j in cells}
        elif not any(re.search("dependent variable|被説明変数", t.lower()) for t in cells.values()):
            starts = sorted(cells)
            for start, end in pairwise([*starts, max(columns) + 1]):
                for j in range(start, end):
                    if j in outcomes:
                        outcomes[j] = cells[start]
            used |= {(i, j) for j in cells}
    for k, j in enumerate(columns, start=1):
        models.setdefault(j, str(k))
    return outcomes, models, used


def _beneath(
    terms: list[dict[str, str]], i: int, row: Sequence[str], filled: Sequence[int], label: str,
    started: bool,
) -> Iterator[Unused]:  # fmt: skip
    """Give numbers in parentheses to the coefficients above them."""
    for j in filled:
        match = PARENTHESES.match(row[j])
        above = [t for t in terms if t["column"] == str(j) and int(t["row"]) == _last(terms, i)]
        if match is None or not above or above[-1]["below"]:
            why = say("no coefficient above it" if match else "no number")
            yield Unused(i + 1, j + 1, row[j], why)
        else:
            above[-1]["below"] = match["number"].replace(" ", "")
            above[-1]["stars"] = above[-1]["stars"] or match["stars"]


def _last(terms: Sequence[dict[str, str]], i: int) -> int:
    """Row of the last coefficients above a row."""
    return max((int(t["row"]) for t in terms if int(t["row"]) < i), default=-1)


def _kind(
    terms: Sequence[dict[str, str]], words: str, said: Below | None
) -> tuple[Below | None, Message]:
    """What stands in parentheses, and how that is known."""
    shown = [t for t in terms if t["below"]]
    if not shown:
        return None, say("nothing in parentheses")
    if said is not None:
        return said, say("as stated")
    lower = words.lower()
    named = [kind for kind, names in WORDS.items() if any(name in lower for name in names)]
    if len(named) == 1:
        return named[0], say("by the words of the table")
    fits = {kind: _fitting(shown, kind) for kind in WORDS}
    good = [kind for kind, (share, n) in fits.items() if share >= AGREE and n >= FEWEST]
    best = max(good, key=lambda kind: fits[kind][0], default=None)
    if best is not None and all(fits[k][0] <= AT_MOST for k in fits if k != best):
        return best, say("by the stars of {n:count(cell)}", n=fits[best][1])
    raise DataError(
        say(
            "{n_shown} numbers in parentheses, and neither words nor stars tell what they are "
            "({fits}; first {shown}). Say --below t, se or p.",
            n_shown=len(shown),
            fits=listed(
                say("{kind} fits {share:.0%}", kind=kind, share=share)
                for kind, (share, _) in fits.items()
            ),
            shown=examples(t["below"] for t in shown),
        )
    )


def _fitting(shown: Sequence[dict[str, str]], kind: Below) -> tuple[float, int]:
    """Share of cells whose stars agree, when the number in parentheses is of this kind; and cells.

    Stars mark 10, 5 and 1% (or 5, 1 and 0.1%): whichever of the two fits better.
    """
    sizes = []
    for term in shown:
        b, v = PrintedNumber(term["coefficient"]).value, PrintedNumber(term["below"]).value
        with np.errstate(divide="ignore"):
            p = {
                "t": lambda b=b, v=v: 2 * scipy.stats.norm.sf(abs(v)) if b * v >= 0 else np.nan,
                "se": lambda b=b, v=v: 2 * scipy.stats.norm.sf(abs(b / v)) if v > 0 else np.nan,
                "p": lambda b=b, v=v: v if 0 <= v <= 1 else np.nan,
            }[kind]()
        sizes.append((float(p), len(term["stars"])))
    if not any(stars for _, stars in sizes):
        return 0.0, len(sizes)
    best = 0.0
    for levels in (LEVELS[:3], LEVELS[1:]):
        right = [sum(p <= level for level in levels) == min(k, 3) for p, k in sizes]
        best = max(best, float(np.mean(right)))
    return best, len(sizes)
