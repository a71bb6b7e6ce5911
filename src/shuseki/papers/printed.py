"""What does the printed paper say, digit by digit?

A paper is a folder: ``paper.toml`` (citation, what each table is, and the claims of the prose as
structured statements) and one CSV file per kind of table. Every number stays the string that was
printed, so that the last printed digit, and with it the interval of true values that rounding
allows, is known. Nothing here is corrected: a misprint is data.

Takes: a folder with ``paper.toml`` and any of these files. Columns in brackets may be left out;
``table`` is the number of the printed table, for citing. A row that starts with ``#`` before the
heading is a comment. An unknown file, column, key, kind of statement or field is refused, with the
nearest right name.

=====================  =====================================================================
``coefficients.csv``   outcome, model, term, coefficient [, table, t, se, p, stars];
                       the constant is the term ``constant``
``fit.csv``            outcome, model, statistic, value [, table, stars]; statistics that are
                       audited: ``n``, ``r2``, ``adjusted_r2``, ``f_statistic``
``descriptives.csv``   variable [, table, mean, median, sd, min, max, n, step]; ``step`` is the
                       smallest difference of two values: 1 for whole numbers
``correlations.csv``   variable, with, r [, table] (lower triangle)
``tests.csv``          tests of significance: columns of ``entry.audit.significance``
``ranking.csv``        outcome, rank, area, births, rate [, table, prefecture]
``denominators.csv``   area, member, value [, later]: true denominators of the ranked rates
``industries.csv``     group, rank, industry, rd_intensity_percent [, table]
``variables.csv``      variable [, table, name_ja, definition_ja, period, source_ja]
``shares.csv``         question, answer, percent, kind [, table, n, question_ja, answer_ja,
                       wording (of the answer, as printed)]: a survey; kind ``single`` (each
                       respondent gave one answer), ``multiple``, or ``exclusive`` (of several
                       answers, the one that excludes the others)
``citations.csv``      author, year, pages (of each citation in the text, ``;`` between pages)
``references.csv``     author, year (the list of references)
``definitions.toml``   the variables and outcomes, to compute them (`shuseki.entry.definitions`)
``designs.toml``       the equations, to estimate them again (`shuseki.entry.design`)
``hypotheses.toml``    what the paper expects (`shuseki.entry.hypotheses`)
=====================  =====================================================================

Gives: a ``PrintedPaper``; ``PrintedNumber`` for a cell.
Limits: the interval assumes rounding to nearest; a truncated print may lie up to one unit off.
"""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field
from typing_extensions import TypedDict

from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, listed, say, words_of
from shuseki.language.names import TwoNames
from shuseki.reading.encoding import examine_bytes, utf8_blocks
from shuseki.reading.toml import Plain, Positive, check_shape, read_toml
from shuseki.sources import Source

__all__ = [
    "MORE_COLUMNS",
    "OPTIONAL_COLUMNS",
    "PAPER_KEYS",
    "STATEMENT_FIELDS",
    "STATEMENT_OPTIONS",
    "TABLE_COLUMNS",
    "TEST_COLUMNS",
    "PrintedNumber",
    "PrintedPaper",
    "Statement",
    "p_interval",
    "text_of",
]

TEST_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "paper": "which paper; any text",
        "table": "which table; conventions are tried on all rows of one table of one paper",
        "row": "label of the row",
        "column": "label of the column",
        "coefficient": "as printed",
        "se": "its standard error, as printed",
        "kind": "kind of the statistic: t (when empty), z, F, chi2 or r",
        "statistic": "test statistic, as printed",
        "df": "degrees of freedom (of the numerator for F)",
        "df2": "degrees of freedom of the denominator, for F",
        "p": "p value, as printed; '<.05' and '<0.001' are understood",
        "tails": "1 or 2 (when empty)",
        "stars": "stars, as printed; empty when none",
        "level": "or the level claimed, in percent (5 for **); 0 or empty when none",
        "levels": "levels that the table marks, in percent, by spaces: '1 5 10'; may be one column"
        " or said once for all",
    }
)
"""Columns of a table of tests; all may be left out that a table does not print."""

TABLE_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "coefficients": ("table", "outcome", "model", "term", "coefficient", "t", "stars"),
        "fit": ("table", "outcome", "model", "statistic", "value", "stars"),
        "descriptives": ("table", "variable", "mean", "median", "sd", "min", "max", "n"),
        "correlations": ("table", "variable", "with", "r"),
        "tests": tuple(TEST_COLUMNS),
        "ranking": ("table", "outcome", "rank", "prefecture", "area", "births", "rate"),
        "denominators": ("area", "member", "value", "later"),
        "industries": ("table", "group", "rank", "industry", "rd_intensity_percent"),
        "variables": ("table", "variable", "name_ja", "definition_ja", "period", "source_ja"),
        "shares": ("table", "question", "answer", "percent", "n", "kind"),
        "citations": ("author", "year", "pages"),
        "references": ("author", "year"),
    }
)
"""Kinds of printed table, and the columns each has."""

MORE_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "coefficients": ("se", "p"),
        "descriptives": ("step",),
        "shares": ("question_ja", "answer_ja", "wording"),
    }
)
"""Columns that a table may have besides."""

OPTIONAL_COLUMNS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "coefficients": frozenset({"table", "t", "stars"}),
        "fit": frozenset({"table", "stars"}),
        "descriptives": frozenset({"table", "mean", "median", "sd", "min", "max", "n"}),
        "correlations": frozenset({"table"}),
        "tests": frozenset(TEST_COLUMNS),
        "ranking": frozenset({"table", "prefecture"}),
        "denominators": frozenset({"later"}),
        "industries": frozenset({"table"}),
        "variables": frozenset({"table", "name_ja", "definition_ja", "period", "source_ja"}),
        "shares": frozenset({"table", "n"}),
    }
)
"""Columns that a table may leave out; they are then empty."""

PAPER_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "key": "short name; the folder's when left out",
        "title": "title in its own language",
        "title_en": "title in English",
        "authors": "list of authors",
        "citation": "how to cite it",
        "citation_ja": "how to cite it in Japanese, where that differs",
        "year": "year of publication",
        "outcomes": "outcomes of its equations",
        "models": "names of its models",
        "standard_errors": "what it says of its standard errors, e.g. classical, robust, clustered",
        "outlier_rule": "what it says of outliers",
        "stars": 'stars and their levels, e.g. { "***" = 0.01 }',
        "areas": "observations before any was left out",
        "industries": "number of industries",
        "births_by_group": 'outcomes that are sums of others: { WHOLE = ["PART", "PART"] }',
        "aliases": "other spelling of a variable = its name",
        "figures": "national series that it draws, and the numbers of their figures",
        "funnel": "statements that print the counts of the funnel",
        "tolerance_by_model": "relative tolerance of a replication, by model",
    }
)
"""Keys of ``[paper]`` in paper.toml, and what each says."""

OTHER_FILES = frozenset(
    {
        "paper.toml",
        "study.toml",
        "definitions.toml",
        "designs.toml",
        "hypotheses.toml",
        "catalogue.toml",
    }
)

STATEMENT_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "quantity": ("value", "unit"),
        "quantity_range": ("low", "high", "unit"),
        "difference": ("from", "less", "leaves"),
        "sum": ("parts", "total"),
        "share": ("part", "whole", "share"),
        "multiple": ("of", "times", "gives"),
        "named_share": ("of", "names", "share"),
        "threshold": ("table", "value", "high", "low"),
        "approximation": ("words", "value", "side"),
        "rank": ("table", "outcome", "area", "rank"),
        "definition": ("of", "aspect", "value"),
        "outlier_rule": ("variables", "standard_deviations", "side"),
        "never_together": ("pairs",),
        "verdicts": ("supported", "not_supported"),
        "significance": ("variables", "outcomes", "models", "effect"),
        "direction": ("outcomes", "higher_with", "lower_with"),
        "fit_extreme": ("outcomes", "statistic", "extreme", "model", "value"),
        "fit_range": ("outcomes", "statistic", "low", "high"),
        "weak_correlation": ("variables", "outcomes"),
        "effect": ("variable", "outcome", "models", "change", "low", "high", "direction"),
        "in_every_model": ("any_of",),
    }
)
"""Kinds of statement, and the fields each needs."""

STATEMENT_OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "quantity": ("of",),
        "approximation": ("area", "outcome", "statistic", "table", "variable"),
        "significance": ("only", "sign"),
        "effect": ("change_unit", "words"),
        "definition": ("of_ja", "aspect_ja", "value_ja"),
    }
)
"""Kinds of statement, and the fields each may have besides."""
ABOUT = frozenset({"id", "kind", "page", "section", "says", "says_ja"})
"""Fields of every statement."""

NUMBER = re.compile(
    r"^(?P<sign>[-−]?)(?P<digits>\d{1,3}(?:,\d{3})+|\d*)(?:\.(?P<decimals>\d*))?"
    r"(?:[eE](?P<exponent>[-+−]?\d+))?(?P<percent>%?)$"
)
FRACTION = re.compile(r"^(\d+)/(\d+)$")
SMALLEST, LARGEST = 1e-320, 1e300
LONGEST = 250
"""A number of so many signs may be beyond ``LARGEST`` without an exponent."""


@dataclass(frozen=True, slots=True)
class PrintedNumber:
    """A number as printed.

    Attributes
    ----------
    text
        The string in print: ``"0.121E-04"``, ``"-.230"``, ``"12,453"``, ``"23.1%"``, ``"1/3"``.
    exact
        Whether the number is a count, which is not rounded.

    Examples
    --------
    >>> number = PrintedNumber("0.121E-04")
    >>> number.value, number.last_digit
    (1.21e-05, 1e-07)
    >>> PrintedNumber("23.1%").interval
    (0.2305, 0.2315)
    >>> PrintedNumber("12,453", exact=True).interval
    (12453.0, 12453.0)
    """

    text: str
    exact: bool = False

    def __post_init__(self) -> None:
        plain = self.text.strip()
        match = NUMBER.match(plain)
        if not FRACTION.match(plain) and not (match and (match["digits"] or match["decimals"])):
            raise DataError(
                say(
                    "{text!r} is not a printed number. Expected digits with an optional decimal "
                    "point, exponent or percent sign. Correct the cell.",
                    text=self.text,
                )
            )
        if not match or match["exponent"] or len(plain) > LONGEST:
            self._check_range()

    def _check_range(self) -> None:
        """Refuse what no number of the machine can hold, such as 1/0 and 1E999."""
        try:
            fits = abs(self.value) <= LARGEST
            if not FRACTION.match(self.text.strip()):
                fits = fits and SMALLEST <= self.last_digit <= LARGEST
        except (ArithmeticError, ValueError):
            fits = False
        if not fits:
            raise DataError(
                say(
                    "{text!r} is out of range. Expected a size between 1e-320 and 1e300, and no "
                    "division by zero. Correct the cell.",
                    text=self.text,
                )
            )

    def _parts(self) -> tuple[str, str, str, int]:
        match = NUMBER.match(self.text.strip())
        assert match is not None
        exponent = int((match["exponent"] or "0").replace("−", "-")) - 2 * bool(match["percent"])
        sign = "-" if match["sign"] else ""
        return sign, match["digits"].replace(",", ""), match["decimals"] or "", exponent

    @property
    def value(self) -> float:
        """The number; a percentage is a share (``"23.1%"`` is 0.231)."""
        if fraction := FRACTION.match(self.text.strip()):
            return int(fraction[1]) / int(fraction[2])
        sign, digits, decimals, exponent = self._parts()
        return float(f"{sign}{digits or '0'}.{decimals or '0'}e{exponent}")

    @property
    def last_digit(self) -> float:
        """One unit of the last printed digit; zero for a fraction."""
        if FRACTION.match(self.text.strip()):
            return 0.0
        _, _, decimals, exponent = self._parts()
        return float(f"1e{exponent - len(decimals)}")

    @property
    def interval(self) -> tuple[float, float]:
        """Lowest and highest true value that print as this text."""
        if self.exact or not self.last_digit:
            return self.value, self.value
        exponent = round(np.log10(self.last_digit))
        half = 0.5 * self.last_digit
        places = 1 - exponent
        return round(self.value - half, places), round(self.value + half, places)

    @property
    def significant_digits(self) -> int:
        """Digits in print from the first that is not zero."""
        if FRACTION.match(self.text.strip()):
            return 0
        _, digits, decimals, _ = self._parts()
        return len((digits + decimals).lstrip("0"))

    def units_off(self, value: float) -> float:
        """Distance of a value from the print, in units of the last printed digit."""
        return abs(value - self.value) / self.last_digit if self.last_digit else 0.0

    def agrees_with(self, value: float) -> bool:
        """Whether a value would print as this text (to a billionth of the last digit)."""
        low, high = self.interval
        slack = 1e-9 * (self.last_digit or 1.0)
        return low - slack <= value <= high + slack

    def print_like(self, value: float) -> str:
        """Write another value in the same way, with the same last digit."""
        if FRACTION.match(self.text.strip()):
            return f"{value:.3f}"
        _, _, decimals, exponent = self._parts()
        percent = "%" if "%" in self.text else ""
        body = f"{value / 10.0**exponent:,.{len(decimals)}f}"
        if "," not in self.text:
            body = body.replace(",", "")
        power = exponent + 2 * bool(percent)
        return f"{body}{f'E{power:+03d}' if power else ''}{percent}"

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return self.text


BOUND = re.compile(r"^\s*[pP]?\s*([<>=≤≥]?)\s*(\d*\.?\d+(?:[eE][-+]?\d+)?%?)\s*$")


def p_interval(text: str) -> tuple[float, float]:
    """Lowest and highest p that print as this text; NaN when it is none.

    Examples
    --------
    >>> p_interval("<.05"), p_interval("0.03")
    ((0.0, 0.05), (0.025, 0.035))
    """
    match = BOUND.match(text)
    if match is None:
        return np.nan, np.nan
    try:
        number = PrintedNumber(match[2])
    except DataError:
        return np.nan, np.nan
    if match[1] in ("<", "≤"):
        return 0.0, number.value
    if match[1] in (">", "≥"):
        return number.value, 1.0
    low, high = number.interval
    return max(low, 0.0), min(high, 1.0)


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim of the prose.

    Attributes
    ----------
    id, kind
        Its name, and what kind of claim it is (``STATEMENT_FIELDS`` lists the known kinds).
    page, section
        Where it stands; the page is empty when unknown.
    says, says_ja
        What it says, in our words; the English where no Japanese is given.
    fields
        What it says, as data; numbers as printed.
    """

    id: str
    kind: str
    page: str
    section: str
    says: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    says_ja: str = ""

    @property
    def told(self) -> Message:
        """What it says, in either language."""
        return TwoNames(self.says, self.says_ja or self.says)

    def __getitem__(self, name: str) -> Any:
        if name not in self.fields:
            raise UnknownCodeError.among(
                say("field of {statement}", statement=self.id), [name], list(self.fields)
            )
        return self.fields[name]

    def get(self, name: str, default: Any = None) -> Any:
        """A field that may be absent."""
        return self.fields.get(name, default)

    def number(self, name: str = "value") -> PrintedNumber:
        """A field as a printed number; whole numbers of things are exact."""
        text = str(self[name])
        unit = str(self.get("unit", ""))
        return PrintedNumber(text, exact=unit in COUNTED and "." not in text)

    @property
    def where(self) -> Message:
        """Page and section, as one would cite them."""
        page = [say("p. {page}", page=self.page)] if self.page else []
        return listed([*page, *(_place(part) for part in self.section.split(", "))])


def _place(section: str) -> Message:
    """Cite a section, or a note or table named in its place."""
    what, _, number = section.partition(" ")
    if what == "note":
        return say("note {number}", number=number)
    if what == "table":
        return say("table {number}", number=number)
    return say("section {section}", section=section)


COUNTED = frozenset({"plants", "areas", "industries"})
"""Units of exact counts."""

EXACT_COLUMNS = frozenset({"n", "births", "rank"})
"""Columns of exact counts."""


@dataclass(frozen=True, eq=False)
class PrintedPaper:
    """A paper as data.

    Attributes
    ----------
    key
        Name of its folder's study, e.g. ``"okamuro-2006"``.
    about
        The ``[paper]`` table of ``paper.toml``.
    tables
        Kind → table; every cell a string as printed.
    titles
        Table number → its titles (``title``, ``title_ja``) and, when known, ``page``.
    statements
        The claims of the prose.
    source
        Citation.
    """

    key: str
    about: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    titles: Mapping[str, Mapping[str, str]]
    statements: tuple[Statement, ...]
    source: Source

    @classmethod
    def read(cls, folder: Traversable) -> "PrintedPaper":
        """Read a paper's folder.

        Raises
        ------
        DataError
            Missing ``paper.toml``, a table without its columns, a repeated cell, a cell that is no
            number, a statement without the fields of its kind.
        UnknownCodeError
            A file, column, key, kind of statement or field that is not of the format; names the
            nearest.
        """
        toml = folder / "paper.toml"
        if not toml.is_file():
            raise DataError(
                say(
                    "No paper.toml in {folder}. Expected a folder that holds a printed paper. "
                    "Name such a folder, or start one with shuseki audit --new FOLDER.",
                    folder=folder,
                )
            )
        _known_files(folder)
        content = read_toml(toml)
        _known(say("table of {file}", file="paper.toml"), content, ("paper", "tables", "statement"))
        check_shape(content, PaperFile, "paper.toml")
        about: dict[str, Any] = dict(content.get("paper", {}))
        _known(
            say("key of {table} in {file}", table="[paper]", file="paper.toml"), about, PAPER_KEYS
        )
        check_shape(about, About, "paper.toml: [paper]")
        about = {"key": folder.name, "citation": about.get("title", folder.name)} | about
        about["year"] = str(about.get("year", ""))
        _checked_about(about)
        aliases: Mapping[str, str] = about.get("aliases", {})
        tables = {}
        for kind in TABLE_COLUMNS:
            path = folder / f"{kind}.csv"
            if path.is_file():
                tables[kind] = _checked(kind, _frame(kind, path), aliases)
        for number, titles in content.get("tables", {}).items():
            what = say("key of table {number} in {file}", number=number, file="paper.toml")
            _known(what, titles, ("title", "title_ja", "page"))
        return cls(
            key=about["key"],
            about=about,
            tables=tables,
            titles=content.get("tables", {}),
            statements=tuple(_statements(content.get("statement", []))),
            source=Source(
                about["key"],
                TwoNames(about["citation"], about.get("citation_ja", about["citation"])),
                about["year"],
                origin="printed",
            ),
        )

    def table(self, kind: str) -> pd.DataFrame:
        """One kind of table, cells as printed; empty when the paper prints none."""
        if kind not in TABLE_COLUMNS:
            raise UnknownCodeError.among("kind of table", [kind], list(TABLE_COLUMNS))
        if kind not in self.tables:
            return pd.DataFrame(columns=list(TABLE_COLUMNS[kind]), dtype=str)
        return self.tables[kind]

    def number(self, kind: str, column: str, **key: str) -> PrintedNumber:
        """One printed cell.

        Examples
        --------
        ``paper.number("coefficients", "t", outcome="START", model="1", term="UNEMPL")``
        """
        frame = self.table(kind)
        chosen = np.ones(len(frame), dtype=bool)
        for name, code in key.items():
            chosen &= (frame[name] == code).to_numpy()
        if chosen.sum() != 1:
            raise ParameterError(
                say(
                    "{n_chosen} cells of {kind} fit {name_given}. Expected exactly one. Name all "
                    "of {table_columns} that tell the rows apart.",
                    n_chosen=int(chosen.sum()),
                    kind=kind,
                    name_given=key,
                    table_columns=listed(TABLE_COLUMNS[kind]),
                )
            )
        text = str(frame.loc[chosen, column].iloc[0])
        is_count = "n" in (column, key.get("statistic")) or column in EXACT_COLUMNS
        return PrintedNumber(text, exact=is_count or text == "0")

    def values(self, kind: str, column: str) -> pd.Series:
        """A column as numbers (``nan`` where the cell is empty), in the table's row order."""
        texts = self.table(kind)[column]
        numbers = [PrintedNumber(text).value if text else np.nan for text in texts]
        return pd.Series(numbers, index=texts.index, name=column, dtype=float)

    def where(self, table: str) -> Message:
        """Cite a table: its number, and its page when known."""
        page = self.titles.get(table, {}).get("page", "")
        number = (
            say("appendix {number}", number=table[1:])
            if table.startswith("A")
            else say("table {number}", number=table)
        )
        return listed([say("p. {page}", page=page), number]) if page else number

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes of the equations, in the paper's order."""
        return tuple(dict.fromkeys(self.table("coefficients")["outcome"]))

    @property
    def models(self) -> tuple[str, ...]:
        """Models of the equations, in the paper's order."""
        return tuple(dict.fromkeys(self.table("coefficients")["model"]))

    @cached_property
    def _by_id(self) -> dict[str, Statement]:
        return {statement.id: statement for statement in self.statements}

    def statement(self, name: str) -> Statement:
        """One statement by its id."""
        if name not in self._by_id:
            raise UnknownCodeError.among("statement", [name], list(self._by_id))
        return self._by_id[name]

    def of_kind(self, kind: str) -> tuple[Statement, ...]:
        """The statements of one kind."""
        return tuple(statement for statement in self.statements if statement.kind == kind)

    def correlation_matrix(self) -> pd.DataFrame:
        """Printed correlations as a symmetric matrix, ``nan`` where none is printed."""
        frame = self.table("correlations")
        names = list(dict.fromkeys([*frame["variable"], *frame["with"]]))
        matrix = pd.DataFrame(np.nan, index=names, columns=names)
        for row, other, value in zip(
            frame["variable"], frame["with"], self.values("correlations", "r"), strict=True
        ):
            matrix.loc[row, other] = matrix.loc[other, row] = value
        return matrix

    def __repr__(self) -> str:
        cells = sum(len(table) for table in self.tables.values())
        return (
            f"<PrintedPaper {self.key}: {len(self.tables)} kinds of table, {cells} rows, "
            f"{len(self.statements)} statements>"
        )


KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "coefficients": ("outcome", "model", "term"),
        "fit": ("outcome", "model", "statistic"),
        "descriptives": ("variable",),
        "correlations": ("variable", "with"),
        "ranking": ("outcome", "rank"),
        "industries": ("group", "rank"),
        "denominators": ("area", "member"),
        "variables": ("variable",),
        "shares": ("question", "answer"),
        "citations": ("author", "year"),
        "references": ("author", "year"),
    }
)
ANSWERS = ("single", "multiple", "exclusive")
"""Kinds of answer to a question of a survey."""
NUMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "coefficients": ("coefficient", "t", "se"),
        "fit": ("value",),
        "descriptives": ("mean", "median", "sd", "min", "max", "n", "step"),
        "correlations": ("r",),
        "ranking": ("rank", "births", "rate"),
        "industries": ("rank", "rd_intensity_percent"),
        "shares": ("percent", "n"),
    }
)
NAMES = ("variable", "with", "term", "outcome")


def _known(what: str, found: Iterable[str], known: Collection[str]) -> None:
    """Refuse names that the format does not have."""
    unknown = [name for name in found if name not in known]
    if unknown:
        near = get_close_matches(unknown[0], known, n=3, cutoff=0.5)
        names = listed(near or known)
        advice = (
            say("Did you mean {names}?", names=names)
            if near
            else say("Known: {names}.", names=names)
        )
        raise UnknownCodeError.among(what, unknown, list(known), advice)


def _known_files(folder: Traversable) -> None:
    """CSV and TOML files are of the format; others (sources, notes) are the user's own."""
    known = [*sorted(OTHER_FILES), *(f"{kind}.csv" for kind in TABLE_COLUMNS)]
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    _known(
        say("file in {folder}", folder=folder),
        [n for n in names if n.lower().endswith((".csv", ".toml"))],
        known,
    )


def _checked_about(about: Mapping[str, Any]) -> None:
    """Types of what is computed with."""
    stars = about.get("stars", {})
    if not isinstance(stars, Mapping) or any(
        not isinstance(level, (int, float)) or not 0 < level < 1 for level in stars.values()
    ):
        raise DataError(
            say(
                "[paper] stars = {stars!r}. Expected stars and their levels as shares, such as {{ "
                '"***" = 0.01, "**" = 0.05 }}. Correct them.',
                stars=stars,
            )
        )


def text_of(path: Traversable) -> str:
    """The text of a file in any encoding that can be told from its bytes.

    Raises
    ------
    DataError
        No encoding fits.
    """
    if not isinstance(path, Path):
        return path.read_text(encoding="utf-8-sig")
    writing = examine_bytes(path)
    if writing.broken >= 0:
        raise DataError(
            say(
                "{path}: byte {broken:,} is not of {encoding}. Save it as UTF-8.",
                path=path.name,
                broken=writing.broken,
                encoding=writing.encoding,
            )
        )
    return b"".join(utf8_blocks(path, writing)).decode("utf-8").removeprefix("\ufeff")


def _frame(kind: str, path: Traversable) -> pd.DataFrame:
    """Read a CSV of texts; lines that start with ``#`` before the heading are comments."""
    text = text_of(path)
    lines = text.splitlines(keepends=True)
    while lines and (lines[0].startswith("#") or not lines[0].strip()):
        lines.pop(0)
    rows = list(csv.reader(lines))
    if not rows:
        raise DataError(
            say(
                "{path} is empty. Expected a heading: {table_columns}.",
                path=path,
                table_columns=listed(TABLE_COLUMNS[kind]),
            )
        )
    heading = [name.strip() for name in rows[0]]
    if len(set(heading)) < len(heading):
        raise DataError(
            say(
                "{path} has a column twice: {heading}. Keep one.",
                path=path,
                heading=examples(heading),
            )
        )
    skipped = text.count("\n") - "".join(lines).count("\n")
    for at, row in enumerate(rows[1:], start=2):
        if row and len(row) != len(heading):
            raise DataError(
                say(
                    "{path}, line {at}: {n_row} cells for {n_heading} columns. Expected one cell "
                    "per column; put a cell with a comma in quotes.",
                    path=path,
                    at=at + skipped,
                    n_row=len(row),
                    n_heading=len(heading),
                )
            )
    frame = pd.DataFrame(
        [[cell.strip() for cell in row] for row in rows[1:] if row], columns=heading, dtype=str
    )
    frame.attrs["first line"] = 2 + skipped
    return frame


def _checked(kind: str, frame: pd.DataFrame, aliases: Mapping[str, str]) -> pd.DataFrame:
    columns, more = TABLE_COLUMNS[kind], MORE_COLUMNS.get(kind, ())
    optional = OPTIONAL_COLUMNS.get(kind, frozenset())
    _known(say("column of {file}", file=f"{kind}.csv"), frame.columns, (*columns, *more))
    missing = [name for name in columns if name not in frame.columns and name not in optional]
    if missing:
        raise DataError(
            say(
                "Missing columns in {kind}.csv: {missing}. Found {columns}. Expected {columns_2}. "
                "Add them.",
                kind=kind,
                missing=examples(missing),
                columns=examples(frame.columns),
                columns_2=listed(columns),
            )
        )
    given, first = set(frame.columns), frame.attrs.get("first line", 2)
    if kind != "tests":
        shown = [*columns, *(name for name in more if name in given)]
        frame = frame.reindex(columns=shown, fill_value="")
    for name in set(NAMES) & given:
        frame[name] = frame[name].replace(dict(aliases))
    if kind in KEYS:
        repeated = frame[frame.duplicated(list(KEYS[kind]))]
        if len(repeated):
            twice = examples(repeated[list(KEYS[kind])].agg(" ".join, axis=1))
            raise DataError(
                say(
                    "Cells given twice in {kind}.csv: {twice}. Expected each once. Keep one.",
                    kind=kind,
                    twice=twice,
                )
            )
    for column in [name for name in NUMBERS.get(kind, ()) if name in frame]:
        for row, text in enumerate(frame[column], start=first):
            try:
                if text:
                    PrintedNumber(text)
            except DataError as error:
                raise DataError(
                    say(
                        "{kind}.csv, line {row}, column {column}: {error}",
                        kind=kind,
                        row=row,
                        column=column,
                        error=words_of(error),
                    )
                ) from error
    for row, text in enumerate(
        frame["p"] if kind == "coefficients" and "p" in given else (), start=first
    ):
        if text and np.isnan(p_interval(text)[0]):
            raise DataError(
                say(
                    "{kind}.csv, line {row}, column p: {text!r}. Expected a p value such as 0.03 "
                    "or <.001. Correct the cell.",
                    kind=kind,
                    row=row,
                    text=text,
                )
            )
    if kind == "shares":
        _check_shares(frame)
    return frame


def _check_shares(frame: pd.DataFrame) -> None:
    """Answers have a kind of the format, and those of one question one n."""
    _known(say("kind of answer in {file}", file="shares.csv"), frame["kind"], ANSWERS)
    sizes = frame.groupby("question")["n"].unique()
    several = sizes[sizes.map(len) > 1]
    if len(several):
        raise DataError(
            say(
                "n differs within a question of shares.csv: {index} has {iloc}. Expected one n "
                "for a question. Give answers of other respondents a question of their own.",
                index=several.index[0],
                iloc=examples(several.iloc[0]),
            )
        )


class PaperFile(TypedDict, total=False):
    """What paper.toml has."""

    paper: dict[str, Any]
    tables: dict[str, dict[str, Plain]]
    statement: list[dict[str, Any]]


class About(TypedDict, total=False):
    """What [paper] has."""

    key: str
    title: str
    title_en: str
    authors: list[str]
    citation: str
    citation_ja: str
    year: Plain
    outcomes: list[str]
    models: list[str]
    standard_errors: str
    outlier_rule: str
    areas: Annotated[int, Field(ge=1)]
    industries: Annotated[int, Field(ge=1)]
    births_by_group: dict[str, list[str]]
    aliases: dict[str, str]
    figures: dict[str, str]
    funnel: dict[str, str | dict[str, str]]
    tolerance_by_model: dict[str, float]


Names = list[str]
FIELDS: dict[str, Any] = {
    **dict.fromkeys((*ABOUT, *(f for of in STATEMENT_FIELDS.values() for f in of)), str),
    **dict.fromkeys((f for of in STATEMENT_OPTIONS.values() for f in of), str),
    **dict.fromkeys(("less", "parts", "names", "variables", "outcomes", "any_of"), Names),
    **dict.fromkeys(("supported", "not_supported", "higher_with", "lower_with"), Names),
    **dict.fromkeys(("page", "section"), Plain),
    "pairs": list[Annotated[Names, Field(min_length=2, max_length=2)]],
    "models": Literal["all", "where present"] | Names,
    "times": Positive,
    "standard_deviations": Positive,
    "rank": Annotated[int, Field(ge=1)],
    "only": bool,
    "side": Literal["above", "below", "either"],
    "sign": Literal["positive", "negative"],
    "extreme": Literal["min", "max"],
    "direction": Literal["more", "fewer"],
    "effect": Literal["significant", "positive", "negative", "not positive", "none"],
}
"""Kind of value in each field of a statement: texts as printed, but for these."""
OWN_FIELDS: Mapping[str, Any] = MappingProxyType({"quantity": {"of": dict[str, str]}})
table: Any = TypedDict
SHAPES: Mapping[str, Any] = MappingProxyType(
    {kind: table(kind, FIELDS | OWN_FIELDS.get(kind, {}), total=False) for kind in STATEMENT_FIELDS}
)


def _statements(entries: Sequence[Mapping[str, Any]]) -> Iterator[Statement]:
    seen: set[str] = set()
    for entry in entries:
        lacking = [name for name in ("id", "kind", "says") if name not in entry]
        kind = str(entry.get("kind", ""))
        lacking += [n for n in STATEMENT_FIELDS.get(kind, ()) if n not in entry]
        name = str(entry.get("id", "?"))
        if lacking:
            raise DataError(
                say(
                    "Statement {name!r} lacks {lacking}. Expected them in a statement of kind "
                    "{entry!r}. Add them to paper.toml.",
                    name=name,
                    lacking=examples(lacking),
                    entry=entry.get("kind", "?"),
                )
            )
        _known(say("kind of statement"), [kind], STATEMENT_FIELDS)
        allowed = (
            *sorted(ABOUT),
            *STATEMENT_FIELDS[kind],
            *STATEMENT_OPTIONS.get(kind, ()),
        )
        _known(say("field of statement {name!r}", name=name), entry, allowed)
        check_shape(entry, SHAPES[kind], f"paper.toml: {name}")
        if name in seen:
            raise DataError(
                say(
                    "Statement {name!r} is given twice. Expected each id once. Rename it.",
                    name=name,
                )
            )
        seen.add(name)
        yield Statement(
            name,
            entry["kind"],
            str(entry.get("page", "")),
            str(entry.get("section", "")),
            entry["says"],
            MappingProxyType({k: v for k, v in entry.items() if k not in ABOUT}),
            str(entry.get("says_ja", "")),
        )
