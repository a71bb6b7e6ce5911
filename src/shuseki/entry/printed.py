"""What does the printed paper say, digit by digit?

A paper is a folder: ``paper.toml`` (citation, what each table is, and the claims of the prose as
structured statements) and one CSV file per kind of table. Every number stays the string that was
printed, so that the last printed digit, and with it the interval of true values that rounding
allows, is known. Nothing here is corrected: a misprint is data.

Takes: a folder with ``paper.toml`` and any of the files

=====================  =====================================================================
``coefficients.csv``   table, outcome, model, term, coefficient, t, stars
``fit.csv``            table, outcome, model, statistic, value, stars
``descriptives.csv``   table, variable, mean, median, sd, min, max, n
``correlations.csv``   table, variable, with, r (lower triangle)
``ranking.csv``        table, outcome, rank, prefecture, area, births, rate
``industries.csv``     table, group, rank, industry, rd_intensity_percent
``variables.csv``      table, variable, name_ja, definition_ja, period, source_ja
``citations.csv``      author, year, pages (of each citation in the text, ``;`` between pages)
``references.csv``     author, year (the list of references)
=====================  =====================================================================

Gives: a ``PrintedPaper``; ``PrintedNumber`` for a cell.
Limits: the interval assumes rounding to nearest; a truncated print may lie up to one unit off.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.sources import Source

__all__ = ["STATEMENT_FIELDS", "TABLE_COLUMNS", "PrintedNumber", "PrintedPaper", "Statement"]

TABLE_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "coefficients": ("table", "outcome", "model", "term", "coefficient", "t", "stars"),
        "fit": ("table", "outcome", "model", "statistic", "value", "stars"),
        "descriptives": ("table", "variable", "mean", "median", "sd", "min", "max", "n"),
        "correlations": ("table", "variable", "with", "r"),
        "ranking": ("table", "outcome", "rank", "prefecture", "area", "births", "rate"),
        "industries": ("table", "group", "rank", "industry", "rd_intensity_percent"),
        "variables": ("table", "variable", "name_ja", "definition_ja", "period", "source_ja"),
        "citations": ("author", "year", "pages"),
        "references": ("author", "year"),
    }
)
"""Kinds of printed table, and the columns each has."""

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
"""Kinds of statement known here, and the fields each needs; other kinds are kept as they are."""

NUMBER = re.compile(
    r"^(?P<sign>[-−]?)(?P<digits>\d{1,3}(?:,\d{3})+|\d*)(?:\.(?P<decimals>\d*))?"
    r"(?:[eE](?P<exponent>[-+−]?\d+))?(?P<percent>%?)$"
)
FRACTION = re.compile(r"^(\d+)/(\d+)$")


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
                f"{self.text!r} is not a printed number. Expected digits with an optional "
                "decimal point, exponent or percent sign. Correct the cell."
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


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim of the prose.

    Attributes
    ----------
    id, kind
        Its name, and what kind of claim it is (``STATEMENT_FIELDS`` lists the known kinds).
    page, section
        Where it stands; the page is empty when unknown.
    says
        What it says, in our words.
    fields
        What it says, as data; numbers as printed.
    """

    id: str
    kind: str
    page: str
    section: str
    says: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        if name not in self.fields:
            raise UnknownCodeError.among(f"field of {self.id}", [name], list(self.fields))
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
    def where(self) -> str:
        """Page and section, as one would cite them."""
        page = f"p. {self.page}" if self.page else ""
        return ", ".join(part for part in (page, f"section {self.section}") if part)


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
            Missing ``paper.toml``, a table without its columns, a repeated cell, a statement
            without the fields of its kind.
        """
        toml = folder / "paper.toml"
        if not toml.is_file():
            raise DataError(
                f"No paper.toml in {folder}. Expected a folder that holds a printed paper. "
                "Name such a folder."
            )
        content = tomllib.loads(toml.read_text(encoding="utf-8"))
        about = content["paper"]
        aliases: Mapping[str, str] = about.get("aliases", {})
        tables = {}
        for kind, columns in TABLE_COLUMNS.items():
            path = folder / f"{kind}.csv"
            if path.is_file():
                with path.open("r", encoding="utf-8") as text:
                    tables[kind] = _checked(
                        kind, columns, pd.read_csv(text, dtype=str, keep_default_na=False), aliases
                    )
        return cls(
            key=about["key"],
            about=about,
            tables=tables,
            titles=content.get("tables", {}),
            statements=tuple(_statements(content.get("statement", []))),
            source=Source(about["key"], about["citation"], about["year"], origin="printed"),
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
                f"{int(chosen.sum())} cells of {kind} fit {key}. Expected exactly one. "
                f"Name all of {', '.join(TABLE_COLUMNS[kind])} that tell the rows apart."
            )
        text = str(frame.loc[chosen, column].iloc[0])
        is_count = "n" in (column, key.get("statistic")) or column in EXACT_COLUMNS
        return PrintedNumber(text, exact=is_count or text == "0")

    def values(self, kind: str, column: str) -> pd.Series:
        """A column as numbers (``nan`` where the cell is empty), in the table's row order."""
        texts = self.table(kind)[column]
        numbers = [PrintedNumber(text).value if text else np.nan for text in texts]
        return pd.Series(numbers, index=texts.index, name=column, dtype=float)

    def where(self, table: str) -> str:
        """Cite a table: its number, and its page when known."""
        page = self.titles.get(table, {}).get("page", "")
        number = f"appendix {table[1:]}" if table.startswith("A") else f"table {table}"
        return f"p. {page}, {number}" if page else number

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
        "variables": ("variable",),
        "citations": ("author", "year"),
        "references": ("author", "year"),
    }
)
NUMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "coefficients": ("coefficient", "t"),
        "fit": ("value",),
        "descriptives": ("mean", "median", "sd", "min", "max", "n"),
        "correlations": ("r",),
        "ranking": ("rank", "births", "rate"),
        "industries": ("rank", "rd_intensity_percent"),
    }
)
NAMES = ("variable", "with", "term", "outcome")


def _checked(
    kind: str, columns: Sequence[str], frame: pd.DataFrame, aliases: Mapping[str, str]
) -> pd.DataFrame:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise DataError(
            f"Missing columns in {kind}.csv: {examples(missing)}. Found {examples(frame.columns)}. "
            f"Expected {', '.join(columns)}. Add them."
        )
    for name in set(NAMES) & set(frame.columns):
        frame[name] = frame[name].replace(dict(aliases))
    repeated = frame[frame.duplicated(list(KEYS[kind]))]
    if len(repeated):
        shown = examples(repeated[list(KEYS[kind])].agg(" ".join, axis=1))
        raise DataError(f"Cells given twice in {kind}.csv: {shown}. Expected each once. Keep one.")
    for column in NUMBERS.get(kind, ()):
        for row, text in enumerate(frame[column], start=2):
            try:
                if text:
                    PrintedNumber(text)
            except DataError as error:
                raise DataError(f"{kind}.csv, line {row}, column {column}: {error}") from error
    return frame


def _statements(entries: Sequence[Mapping[str, Any]]) -> Iterator[Statement]:
    seen: set[str] = set()
    for entry in entries:
        lacking = [name for name in ("id", "kind", "says") if name not in entry]
        lacking += [n for n in STATEMENT_FIELDS.get(entry.get("kind", ""), ()) if n not in entry]
        name = entry.get("id", "?")
        if lacking:
            raise DataError(
                f"Statement {name!r} lacks {examples(lacking)}. Expected them in a statement of "
                f"kind {entry.get('kind', '?')!r}. Add them to paper.toml."
            )
        if name in seen:
            raise DataError(f"Statement {name!r} is given twice. Expected each id once. Rename it.")
        seen.add(name)
        about = {"id", "kind", "page", "section", "says"}
        yield Statement(
            name,
            entry["kind"],
            str(entry.get("page", "")),
            str(entry.get("section", "")),
            entry["says"],
            MappingProxyType({k: v for k, v in entry.items() if k not in about}),
        )
