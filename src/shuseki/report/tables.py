"""How does an answer become a table that a reader can trust?

A `Table` is a frame with a title, digits, labels, notes and sources: everything that the
document (`shuseki.report.html`) and the files (`shuseki.report.exports`) need to show it.
`beside` sets a printed table and its replication side by side.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd

from shuseki.arrays import Bools
from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import say, told
from shuseki.release.disclosure.numbers import Numbers
from shuseki.report.marks import mark, suffix
from shuseki.report.words import WORDS, Text, check_language, column_words, phrase, pick
from shuseki.results import Result
from shuseki.sources import Source

__all__ = ["Table", "beside", "show", "wide"]

Column = Any
"""A column's label: a string, or a tuple when columns stand under a common heading."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """A frame as a reader shall see it.

    Attributes
    ----------
    name
        Stem of its files and its anchor: lower-case letters, digits, ``_`` and ``-``.
    title
        What it shows, with unit and n.
    frame
        The values; the index is not shown. Two levels of columns become headings over columns.
    digits
        Decimals: one number for all, or by column (by its last level when there are two), or a
        frame of the same shape. Columns not named get decimals that show about three figures.
    labels
        Words over columns that the common words do not have, or name otherwise.
    endings
        What follows the number in each cell (``***``, ``≠``), in the shape of the frame.
    words
        What to read in place of values of text columns, beyond the verdicts that the common
        words have: ``{"food": ("food", "食品")}``.
    row_names, row_groups
        Columns that name the rows, and that gather rows under a heading.
    alignment
        Letters of LaTeX's ``tabular``, one a column; numbers right and words left by default.
    notes, sources
        What a careful reader must know; what the table rests on.
    numbers
        What its numbers are, as far as they come from records (``release.disclosure``), or the
        answer whose kind says it; None where nobody says it.
    marks
        What stands in the place of a number that is suppressed (``X``), in the shape of the frame.
    """

    name: str
    title: Text
    frame: pd.DataFrame
    digits: int | Mapping[str, int] | pd.DataFrame | None = None
    endings: pd.DataFrame | None = None
    labels: Mapping[str, Text] = field(default_factory=dict)
    words: Mapping[str, Text] = field(default_factory=dict)
    row_names: str | None = None
    row_groups: str | None = None
    alignment: str = ""
    notes: tuple[Text, ...] = ()
    sources: tuple[Source, ...] = ()
    numbers: Numbers | Result | None = None
    marks: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", self.name):
            raise ParameterError(
                say(
                    "Table name {name!r}. Expected lower-case letters, digits, _ and -, since it "
                    "names files. Choose such a name.",
                    name=self.name,
                )
            )
        repeated = self.frame.columns[self.frame.columns.duplicated()]
        if len(repeated):
            raise DataError(
                say(
                    "Table {name} has columns of the same name: {repeated}. Expected each once. "
                    "Rename one of them.",
                    name=self.name,
                    repeated=examples(repeated),
                )
            )
        heads = [last(column) for column in self.frame.columns]
        for role, column in (("row_names", self.row_names), ("row_groups", self.row_groups)):
            if column is not None and column not in heads:
                raise DataError(
                    say(
                        "Table {name} has no column {column!r} for its {role}. Found {heads}. "
                        "Name one of these.",
                        name=self.name,
                        column=column,
                        role=role,
                        heads=examples(heads, 12),
                    )
                )

    @classmethod
    def of(cls, result: Result, *, name: str, title: Text, **about: Any) -> "Table":
        """Make the table of a result: its frame, in both languages if it has them, and more.

        Its numbers are what its kind says, unless another frame is given.
        """
        return cls(
            **{
                "name": name,
                "title": title,
                "frame": frame_of(result),
                "notes": result.notes,
                "sources": result.sources,
                "labels": result.column_labels(),
                "numbers": None if "frame" in about else result,
                **about,
            }
        )

    def in_language(self, lang: str) -> "Table":
        """Keep the columns of one language.

        Where ``x`` stands beside ``x_ja``, or ``x_en`` beside ``x_ja``, the reader sees one of
        the two, under the name ``x``. CSV files keep both.
        """
        own, other = ("_ja", "_en") if check_language(lang) == "ja" else ("_en", "_ja")
        columns = list(self.frame.columns)
        at: dict[Column, int] = {}
        for k, column in enumerate(columns):
            stem = _stem(column)
            versions = {_ending(one) for one in columns if _stem(one) == stem}
            translated = "_ja" in versions and len(versions) > 1
            if not translated:
                at[column] = k
            elif _ending(column) == own or (own not in versions and _ending(column) != other):
                at[stem] = k
            else:
                at.setdefault(stem, k)
        if list(at) == columns:
            return self
        keep = list(at.values())

        def kept(frame: pd.DataFrame) -> pd.DataFrame:
            part = frame.iloc[:, keep]
            part.columns = _like(self.frame.columns, list(at))
            return part

        return replace(
            self,
            frame=kept(self.frame),
            digits=kept(self.digits) if isinstance(self.digits, pd.DataFrame) else self.digits,
            endings=None if self.endings is None else kept(self.endings),
            marks=None if self.marks is None else kept(self.marks),
        )

    @property
    def is_synthetic(self) -> bool:
        """Whether any source is synthetic data."""
        return any(source.origin == "synthetic" for source in self.sources)

    @property
    def file_stem(self) -> str:
        """Name of its files without the ending: the name and the origin of the data."""
        return self.name + suffix(self.sources)

    def label(self, column: Column, lang: str = "en") -> str:
        """Words over a column."""
        head = last(column)
        if head in self.labels:
            return pick(self.labels[head], lang)
        return column_words(head, lang)

    def decimals(self) -> list[list[int | None]]:
        """Decimals of every cell, column by column; ``None`` for words."""
        if isinstance(self.digits, pd.DataFrame):
            return [
                [None if pd.isna(places) else int(places) for places in self.digits.iloc[:, k]]
                for k in range(self.frame.shape[1])
            ]
        stated = {} if self.digits is None else self.digits
        columns = []
        for k, column in enumerate(self.frame.columns):
            places = stated if isinstance(stated, int) else stated.get(last(column))
            if places is None:
                places = decimals_of(self.frame.iloc[:, k])
            columns.append([places] * len(self.frame))
        return columns

    def shown(self, lang: str = "en") -> list[list[str]]:
        """Every cell as the reader sees it, column by column."""
        columns = []
        for k, (column, decimals) in enumerate(
            zip(self.frame.columns, self.decimals(), strict=True)
        ):
            grouped = not counts_years(column)
            marks = [""] * len(self.frame) if self.marks is None else self.marks.iloc[:, k]
            endings = [""] * len(self.frame) if self.endings is None else self.endings.iloc[:, k]
            columns.append(
                [
                    mark or self._cell(value, places, lang, grouped) + ending
                    for value, places, ending, mark in zip(
                        self.frame.iloc[:, k], decimals, endings, marks, strict=True
                    )
                ]
            )
        return columns

    def _cell(self, value: object, places: int | None, lang: str, grouped: bool) -> str:
        if isinstance(value, str):
            own = self.words.get(value, WORDS.get(f"value_{value}", value))
            return pick(own, lang)
        return show(value, places, lang, grouped=grouped)

    def numeric(self) -> list[bool]:
        """Whether each column holds numbers, and is set flush right."""
        return [
            pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
            for kind in self.frame.dtypes
        ]

    def remarks(self, lang: str = "en") -> list[str]:
        """Mark, sources and notes, one line each, as they stand under the table."""
        language = check_language(lang)
        colon = "：" if language == "ja" else ": "
        lines = [mark(self.sources, language)] if mark(self.sources, language) else []
        said = [told(source.words(), language) for source in self.sources]
        lines += [f"{phrase('source', lang)}{colon}{source}" for source in said]
        lines += [f"{phrase('note', lang)}{colon}{pick(note, lang)}" for note in self.notes]
        return lines


def wide(
    frame: pd.DataFrame,
    *,
    rows: str,
    columns: str,
    values: Sequence[str] | Mapping[str, str],
    digits: str | int | Mapping[str, int] | None = None,
    stars: Mapping[str, str] | None = None,
    **about: Any,
) -> Table:
    """Spread a tidy frame into one group of columns per model, year or outcome.

    Parameters
    ----------
    frame
        Tidy: one row per row and group.
    rows, columns
        Columns that say in which row and under which heading a cell stands; both keep the order
        in which they first appear.
    values
        Columns to show under each heading, or what to call each: ``{"t": "t_value"}``.
    digits
        Decimals: a column of the frame, one number, or a number by shown column; about three
        figures by default.
    stars
        Column with the significance marks to hang behind a shown column:
        ``{"coefficient": "stars"}``.
    about
        Any other attribute of the table (``name``, ``title``, ``sources`` …).
    """
    shown = dict(values) if isinstance(values, Mapping) else {column: column for column in values}
    marks = dict(stars or {})
    by_cell = [digits] if isinstance(digits, str) else []
    wanted = [rows, columns, *shown.values(), *marks.values(), *by_cell]
    missing = [column for column in dict.fromkeys(wanted) if column not in frame.columns]
    if missing:
        raise DataError(
            say(
                "Missing columns: {missing}. Found {columns}. Name the columns that hold them.",
                missing=examples(missing),
                columns=examples(frame.columns, 12),
            )
        )
    repeated = frame.duplicated([rows, columns])
    if repeated.any():
        first = frame.loc[repeated, [rows, columns]].iloc[0].tolist()
        raise DataError(
            say(
                "{n_repeated} cells appear more than once, the first: {first}. Expected one row "
                "per cell. Select one table and one statistic first.",
                n_repeated=int(repeated.sum()),
                first=first,
            )
        )
    names = list(dict.fromkeys(frame[rows]))
    cells = frame.set_index([rows, columns])
    blank = [""] * len(names)
    spread: dict[tuple[str, str], list[Any]] = {("", rows): names}
    places: dict[tuple[str, str], list[Any]] = {("", rows): [None] * len(names)}
    endings: dict[tuple[str, str], list[str]] = {("", rows): blank}
    for group in dict.fromkeys(frame[columns]):
        one = cells.xs(group, level=columns).reindex(names)
        for head, column in shown.items():
            key = (str(group), head)
            spread[key] = one[column].tolist()
            stated = digits.get(head) if isinstance(digits, Mapping) else digits
            if isinstance(stated, str):
                places[key] = one[stated].tolist()
            else:
                typical = decimals_of(frame[column]) if stated is None else stated
                places[key] = [typical] * len(names)
            endings[key] = (
                one[marks[head]].fillna("").astype(str).tolist() if head in marks else blank
            )
    return Table(
        frame=pd.DataFrame(spread),
        digits=pd.DataFrame(places),
        endings=pd.DataFrame(endings) if marks else None,
        row_names=rows,
        **about,
    )


def beside(
    frame: pd.DataFrame,
    *,
    rows: str,
    columns: str,
    printed: str = "printed",
    obtained: str = "obtained",
    digits: str | int | None = None,
    stars: tuple[str, str] | None = None,
    tolerance_units: float | None = None,
    **about: Any,
) -> Table:
    """Set what was printed beside what was obtained, one pair of columns per group.

    Parameters
    ----------
    frame
        Tidy: one row per cell of the printed table.
    rows, columns
        As for ``wide``.
    printed, obtained
        The two values of each cell; ``nan`` where there is none.
    digits
        Decimals of the print: a column of the frame, or one number, or found per column.
    stars
        Columns with the significance marks of the printed and of the obtained value.
    tolerance_units
        When given, an obtained value that differs by more than this many units of the last
        printed digit is marked ``≠``, and a note says so. Needs ``digits``.
    about
        Any other attribute of the table (``name``, ``title``, ``sources`` …).
    """
    table = wide(
        frame,
        rows=rows,
        columns=columns,
        values={"printed": printed, "obtained": obtained},
        digits=digits,
        stars=dict(zip(("printed", "obtained"), stars, strict=True)) if stars else None,
        **about,
    )
    if tolerance_units is None:
        return table
    if digits is None:
        raise ParameterError(
            say(
                "tolerance_units without digits. Expected the decimals of the print, in whose "
                "last unit a difference is counted. Name the column that holds them."
            )
        )
    names = list(table.frame.columns)
    places = dict(zip(names, table.decimals(), strict=True))
    endings = table.frame.astype(object).map(lambda _: "") if stars is None else table.endings
    endings = pd.DataFrame(endings).copy()
    for key in names[2::2]:
        printed_at = table.frame[key[0], "printed"]
        digits_at = pd.Series(places[key], dtype=float)
        off = differs(printed_at, table.frame[key], digits_at, tolerance_units)
        endings[key] = endings[key] + np.where(off, " ≠", "")
    units = f"{tolerance_units:g} unit" + ("" if tolerance_units == 1 else "s")
    note = (
        phrase("differs_note", "en", units=units),
        phrase("differs_note", "ja", units=f"{tolerance_units:g}"),
    )
    return replace(table, endings=endings, notes=(*table.notes, note))


# ---- numbers as they are shown ---------------------------------------------------------


def show(value: object, digits: int | None, lang: str = "en", *, grouped: bool = True) -> str:
    """Write one value: minus signs are minus signs, thousands are grouped, missing is a dash.

    Without digits a number keeps four figures.

    Examples
    --------
    >>> show(-12345.678, 1), show(1998, None, grouped=False), show(float("nan"), 2)
    ('−12,345.7', '1998', '–')
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return phrase("missing", lang)
    if isinstance(value, bool | np.bool_):
        return phrase("yes" if value else "no", lang)
    comma = "," if grouped else ""
    if isinstance(value, int | np.integer):
        return format(int(value), comma + "d").replace("-", "−")
    if isinstance(value, float | np.floating):
        if math.isnan(value):
            return phrase("missing", lang)
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        pattern = f"{comma}.4g" if digits is None else f"{comma}.{digits}f"
        return format(float(value), pattern).replace("-", "−")
    return str(value)


def decimals_of(series: pd.Series) -> int | None:
    """Decimals that show about three figures of a column's typical value; ``None`` for words.

    No more than the values have: 6.5 and 7.0 get one.
    """
    if not pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        return None
    if pd.api.types.is_integer_dtype(series):
        return 0
    values = series.to_numpy(dtype=float, na_value=np.nan)
    values = np.abs(values[np.isfinite(values) & (values != 0)])
    if values.size == 0:
        return 0
    places = int(np.clip(2 - math.floor(math.log10(float(np.median(values)))), 0, 6))
    while places and np.allclose(values, values.round(places - 1), rtol=0, atol=1e-9):
        places -= 1
    return places


def differs(printed: pd.Series, obtained: pd.Series, digits: pd.Series, units: float) -> Bools:
    """Whether values, rounded as printed, lie more than so many last units from the print."""
    scale = 10.0 ** digits.to_numpy(dtype=float)
    gap = np.round(obtained.to_numpy(dtype=float) * scale) - np.round(
        printed.to_numpy(dtype=float) * scale
    )
    far: Bools = np.abs(gap) > units + 1e-9
    return far


def frame_of(result: Result) -> pd.DataFrame:
    """Frame of a result; columns that differ by language stand twice, as ``x`` and ``x_ja``."""
    frame = result.to_frame()
    if "lang" not in signature(result.to_frame).parameters:
        return frame
    japanese = result.to_frame(lang="ja")  # type: ignore[call-arg]
    columns: dict[str, pd.Series] = {}
    for column in frame.columns:
        columns[column] = frame[column]
        if column in japanese and not frame[column].equals(japanese[column]):
            columns[f"{column}_ja"] = japanese[column]
    return pd.DataFrame(columns)


# ---- columns -----------------------------------------------------------------------------


def last(column: Column) -> str:
    """Own name of a column, below its heading."""
    return str(column[-1] if isinstance(column, tuple) else column)


def _ending(column: Column) -> str:
    """``"_en"``, ``"_ja"`` or nothing."""
    name = last(column)
    return name[-3:] if name.endswith(("_en", "_ja")) else ""


def _stem(column: Column) -> Column:
    """A column without the ending of its language."""
    name = last(column).removesuffix(_ending(column))
    return (*column[:-1], name) if isinstance(column, tuple) else name


def _like(columns: pd.Index, names: list[Column]) -> pd.Index:
    """Names as columns of as many levels."""
    return pd.MultiIndex.from_tuples(names) if columns.nlevels > 1 else pd.Index(names)


def counts_years(column: Column) -> bool:
    """Whether a column's integers are years, which take no thousands comma."""
    name = last(column)
    return name in {"year", "wave", "period", "from", "to"} or name.endswith(("_year", "_wave"))
