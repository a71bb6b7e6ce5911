"""Do printed tests of significance follow from the numbers printed beside them?

A row is one printed test: a coefficient with its standard error, or a test statistic (t, z, F, χ²,
r) with its degrees of freedom, or a p value, and the significance claimed for it: stars, or
a level. Every number is an interval (its rounding), so a row fails only when no true value does.

Exact relations of a row (**certain** when they fail):

- ``t = coefficient / standard error``;
- the printed p is that of the printed statistic, for its degrees of freedom and tails (Nuijten et
  al. 2016, statcheck; here both the statistic and p are intervals);
- the claim follows from the printed p.

The claim against a coefficient and its error, or against t, is less sure, since a table seldom says
which critical values it used. A row that fails by the two-sided normal ones is

- **weak** when a usual convention explains it and fits its table better: Student's t with few
  degrees of freedom, one tail, a ratio tested against one, digits cut off instead of rounded; or
  when so many rows of its table fail that the stars must be of another test;
- **certain** when it fails by every one of them, for two degrees of freedom and for one tail;
- **strong** otherwise.

The conventions are tried on whole tables: one is taken as an explanation only when fewer rows of
the table fail by it than by the two-sided normal.

Takes: a frame of texts, columns in `shuseki.papers.printed.TEST_COLUMNS`. Gives: `TestAudit`.

Limits: a star that is of another hypothesis than "equal to zero" (a joint test, a difference) looks
like a slip, as does a permutation p value; the finding says which assumption it makes.

Sources: Pütz, P. and Bruns, S. B. (2020), The (non-)significance of reporting errors in economics,
Journal of Economic Surveys 35, 348-373 (de-rounding); Nuijten, M. B. et al. (2016), The prevalence
of statistical reporting errors in psychology, Behavior Research Methods 48, 1205-1226 (statcheck).
"""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from shuseki.arrays import Floats, Ints
from shuseki.errors import DataError, UnknownCodeError, examples
from shuseki.language import Message, joined, listed, say, told
from shuseki.language.names import TwoNames
from shuseki.papers.audit.findings import CERTAINTIES, COLUMNS, RULES, in_both, said_degrees
from shuseki.papers.printed import TEST_COLUMNS, PrintedNumber, p_interval
from shuseki.results import Result, result

__all__ = ["TestAudit", "audit_tests", "found_of", "where_of"]

KINDS = ("t", "z", "F", "chi2", "r")
USUAL, FEWEST, FEWEST_OF_ALL = 25, 5, 2
"""Degrees of freedom that may explain a single row; a whole table; and that spare it from
certain."""
UNUSUAL = 2
"""Rows of a table that one tail, a ratio against one or fewer degrees of freedom must explain."""
SHARE, ROWS = 0.3, 4
"""Beyond this share of failing rows, and this many, the stars of a table are of another test."""
RANK = {"certain": 0, "strong": 1, "weak": 2}
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "": "",
        "cut": say("digits cut off, not rounded, would explain it"),
        "df": say("Student's t with few degrees of freedom would explain it"),
        "one tail": say("one-sided tests would explain it"),
        "ratio": say("a ratio tested against one would explain it"),
        "other test": say("many rows of this table fail alike: the stars may be of another test"),
    }
)


COLUMN_NAMES: Mapping[str, Message] = MappingProxyType(
    {
        "coefficient": say("coefficient"),
        "se": say("se"),
        "statistic": say("statistic"),
        "p": say("p"),
        "stars": say("stars"),
        "level": say("level"),
    }
)
"""Numbers of a printed test."""


@result
class TestAudit(Result):
    """Printed tests that do not follow from the numbers beside them.

    Attributes
    ----------
    findings
        One row per failing test: the input's columns, ``rule``, ``direction`` (``overstated`` or
        ``understated``, for a claim), ``certainty``, and ``found``, ``expected``, ``explanation``
        in English, and in Japanese in columns with ``_ja``.
    tests
        Rows given.
    asked
        Rule → rows to which it could be applied.
    unread
        Cells that are no printed numbers: row number (from 1), column, text.
    """

    findings: pd.DataFrame
    tests: int
    asked: Mapping[str, int]
    unread: pd.DataFrame

    __test__ = False  # not a test of pytest's

    def count(self, certainty: str) -> int:
        """How many findings have this certainty."""
        return int((self.findings["certainty"] == certainty).sum())

    def headline(self) -> Message:
        """Say the audit in one line."""
        return say(
            "{n:,} of {tests:,} printed tests do not follow from the numbers beside them "
            "({degrees}), {checks:,} checks of {rules} rules, {unread:count(cell)} not read",
            n=len(self.findings),
            tests=self.tests,
            degrees=said_degrees(*(self.count(name) for name in CERTAINTIES)),
            checks=sum(self.asked.values()),
            rules=len(self.asked),
            unread=len(self.unread),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per finding, most certain first, in the columns of an audit."""
        rows = [
            in_both(
                number=number,
                certainty=row["certainty"],
                rule=RULES[row["rule"]],
                where=where_of(row),
                found=found_of(row),
                expected=TwoNames(row["expected"], row["expected_ja"]),
                repair=TwoNames(row["explanation"], row["explanation_ja"]),
                also="",
                assumption="",
            )
            for number, row in enumerate(self.findings.to_dict("records"), start=1)
        ]
        return pd.DataFrame(rows, columns=COLUMNS)


def where_of(row: Mapping[Hashable, Any]) -> Message:
    """Line, table, row and column of a printed test."""
    labels = [str(row[name]) for name in ("paper", "table", "row", "column") if row.get(name)]
    line = say("line {line}", line=row["line"])
    return listed([line, " ".join(labels)]) if labels else line


def found_of(row: Mapping[Hashable, Any]) -> Message:
    """What a printed test says, and what follows from it."""
    numbers = listed(
        joined([name, str(row[column])], " ")
        for column, name in COLUMN_NAMES.items()
        if row.get(column)
    )
    return say("{numbers}: {found}", numbers=numbers, found=TwoNames(row["found"], row["found_ja"]))


def audit_tests(
    frame: pd.DataFrame, *, levels: Sequence[float] | Mapping[str, float] = (1, 5, 10)
) -> TestAudit:
    """Check printed tests against the numbers beside them.

    Parameters
    ----------
    frame
        One row per test, every cell a text as printed; columns in
        `shuseki.papers.printed.TEST_COLUMNS`.
    levels
        Levels that stars mark, in percent, when the frame has no column ``levels``; or stars →
        level as a share (``{"***": 0.01}``).

    Returns
    -------
    TestAudit

    Raises
    ------
    UnknownCodeError
        A column that is none of `TEST_COLUMNS`; names the nearest.
    DataError
        No column from which a test could be told, or a claim that is no level or star.

    Examples
    --------
    >>> rows = pd.DataFrame({"coefficient": ["0.50", "0.50"], "se": ["0.10", "0.40"],
    ...                      "stars": ["***", "***"]})
    >>> audit_tests(rows).findings[["direction", "certainty"]].values.tolist()
    [['overstated', 'certain']]
    """
    unknown = [name for name in frame.columns if name not in TEST_COLUMNS]
    if unknown:
        raise UnknownCodeError.among("column of a table of tests", unknown, list(TEST_COLUMNS))
    table = frame.reset_index(drop=True).fillna("").astype(str)
    for name in TEST_COLUMNS:
        if name not in table:
            table[name] = ""
    given = {name for name in ("coefficient", "se", "statistic", "p") if name in frame}
    if not ({"coefficient", "se"} <= given or given & {"statistic", "p"}):
        raise DataError(
            say(
                "A table of tests with {columns} only. Expected coefficient and se, or statistic, "
                "or p. Name the columns so.",
                columns=examples(frame.columns),
            )
        )
    unread: list[tuple[int, str, str]] = []
    row = _Row(table, levels, unread)
    outcomes = [_ratio(row), _p_of_statistic(row), _claim_of_p(row), _claim_of_ratio(row)]
    asked = {outcome.rule: int(outcome.checked.sum()) for outcome in outcomes}
    columns = [str(name) for name in frame.columns]
    found = pd.concat([_told(table, outcome, columns) for outcome in outcomes])
    found = found.sort_values(
        ["certainty", "line"], key=lambda c: c.map(RANK) if c.name == "certainty" else c
    ).reset_index(drop=True)
    return TestAudit(
        findings=found,
        tests=len(table),
        asked={rule: n for rule, n in asked.items() if n},
        unread=pd.DataFrame(unread, columns=["line", "column", "text"]),
    )


# ---- reading ------------------------------------------------------------------------------------


class _Interval(NamedTuple):
    """Where the true values lie, rounded or perhaps cut off (``cut``); NaN: nothing printed."""

    value: Floats
    low: Floats
    high: Floats
    cut: Floats  # highest when digits were cut off

    def size(self) -> "_Interval":
        """Of the absolute value."""
        v, half = np.abs(self.value), (self.high - self.low) / 2
        return _Interval(v, np.maximum(v - half, 0.0), v + half, v + 2 * half)


def _read(texts: pd.Series, name: str, unread: list[tuple[int, str, str]]) -> _Interval:
    values, halves = np.full(len(texts), np.nan), np.full(len(texts), np.nan)
    seen: dict[str, tuple[float, float]] = {}
    for i, text in enumerate(texts):
        if not text.strip():
            continue
        if text not in seen:
            try:
                number = PrintedNumber(text.replace("−", "-"))
                seen[text] = number.value, number.last_digit / 2
            except DataError:
                seen[text] = np.nan, np.nan
        values[i], halves[i] = seen[text]
        if np.isnan(values[i]):
            unread.append((i + 1, name, text))
    return _Interval(values, values - halves, values + halves, values + 2 * halves)


class _Row:
    """The printed tests as arrays, one entry per row."""

    def __init__(
        self,
        table: pd.DataFrame,
        levels: Sequence[float] | Mapping[str, float],
        unread: list[tuple[int, str, str]],
    ) -> None:
        self.n = len(table)
        self.b = _read(table["coefficient"], "coefficient", unread)
        self.se = _read(table["se"], "se", unread).size()
        self.statistic = _read(table["statistic"], "statistic", unread)
        self.df, self.df2 = (_read(table[name], name, unread).value for name in ("df", "df2"))
        self.kind = table["kind"].replace("", "t").to_numpy(dtype=str)
        wrong = sorted(set(self.kind) - set(KINDS))
        if wrong:
            raise UnknownCodeError.among("kind of a statistic", wrong, list(KINDS))
        self.one_tail = (table["tails"].str.strip() == "1").to_numpy()
        limits = [p_interval(text) for text in table["p"]]
        self.p_low, self.p_high = np.array(limits, dtype=float).reshape(-1, 2).T
        unread += [
            (i + 1, "p", text)
            for i, text in enumerate(table["p"])
            if text.strip() and np.isnan(self.p_low[i])
        ]
        self.of_table = _codes(table, ["paper", "table"])
        self.of_column = _codes(table, ["paper", "table", "column"])
        self.p_below = table["p"].str.contains("<").to_numpy(dtype=bool)
        # A table without a single star marks nothing.
        said = pd.Series((table["stars"] != "") | (table["level"] != ""))
        self.claims = said.groupby(self.of_table).transform("any").to_numpy(dtype=bool)
        self.levels, self.marked, self.claim = _levels(table, levels)

    def ratio(self, null: float = 0.0) -> tuple[Floats, Floats, Floats, Floats]:
        """|t|: lowest and highest if rounded, then if digits were perhaps cut off, shape (n,)."""
        t = self.statistic.size()
        printed = np.isin(self.kind, ("t", "z")) & np.isfinite(t.value)
        away = np.abs(self.b.value - null)
        half = (self.b.high - self.b.low) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            spare = np.where(self.se.low > 0, self.se.low, 0.0)
            low = np.maximum(away - half, 0.0)
            found = (
                low / self.se.high,
                np.where(spare > 0, (away + half) / spare, np.inf),
                low / self.se.cut,
                np.where(spare > 0, (away + 2 * half) / spare, np.inf),
            )
        known = np.isfinite(self.b.value) & np.isfinite(self.se.value) & (self.se.high > 0)
        own = [t.low, t.high, t.low, t.cut]
        if null:
            own = [np.full(self.n, np.nan)] * 4
        low, high, cut_low, cut_high = (
            np.where(printed, mine, np.where(known, other, np.nan))
            for mine, other in zip(own, found, strict=True)
        )
        return low, high, cut_low, cut_high


def _codes(table: pd.DataFrame, names: list[str]) -> Ints:
    return np.asarray(table.groupby(names, sort=False).ngroup(), dtype=np.int64)


def _levels(
    table: pd.DataFrame, given: Sequence[float] | Mapping[str, float]
) -> tuple[list[float], NDArray[np.bool_], Floats]:
    """All levels (percent), those that each row's table marks, and the one claimed (0: none)."""
    stars = {}
    if isinstance(given, Mapping):
        stars = {text: 100 * share for text, share in given.items()}
        given = sorted(stars.values())
    said: dict[str, tuple[float, ...]] = {"": tuple(float(level) for level in given)}
    for text in table["levels"].unique():
        try:
            said[text] = tuple(float(v) for v in re.split(r"[\s;]+", text.strip()) if v) or said[""]
        except ValueError as error:
            raise DataError(
                say(
                    "levels {text!r}. Expected percents by spaces, such as '1 5 10'. Correct them.",
                    text=text,
                )
            ) from error
    own = [said[text] for text in table["levels"]]
    claim = np.zeros(len(table))
    for i, (mark, level) in enumerate(zip(table["stars"], table["level"], strict=True)):
        mark, level = mark.strip(), level.strip().rstrip("%")
        if mark:
            loosest = sorted(own[i], reverse=True)
            known = stars or {"*" * (k + 1): value for k, value in enumerate(loosest)}
            if mark not in known:
                raise DataError(
                    say(
                        "Line {value}: stars {mark!r}. Expected one of {known}, or nothing. "
                        "Correct them, or say the levels.",
                        value=i + 1,
                        mark=mark,
                        known=examples(known),
                    )
                )
            claim[i] = known[mark]
        elif level:
            try:
                claim[i] = float(level)
            except ValueError as error:
                raise DataError(
                    say(
                        "Line {value}: level {level!r}. Expected a percent such as 5, or nothing. "
                        "Correct it.",
                        value=i + 1,
                        level=level,
                    )
                ) from error
    every = sorted({*(v for row in said.values() for v in row), *claim[claim > 0]}, reverse=True)
    marked = np.array([[level in row for level in every] for row in own], dtype=bool)
    return every, marked.reshape(len(table), len(every)), claim


# ---- what is checked ----------------------------------------------------------------------------


class _Outcome(NamedTuple):
    """One rule on all rows."""

    rule: str
    checked: NDArray[np.bool_]
    failed: NDArray[np.bool_]
    certainty: Callable[[int], str]
    direction: Callable[[int], str]
    found: Callable[[int], str]
    expected: Callable[[int], str]
    explanation: Callable[[int], str]


def _told(table: pd.DataFrame, outcome: _Outcome, columns: Sequence[str]) -> pd.DataFrame:
    at = np.flatnonzero(outcome.failed)
    said = table.loc[at, [name for name in TEST_COLUMNS if name in columns]].reset_index(drop=True)
    said.insert(0, "line", at + 1)
    said["rule"] = outcome.rule
    for name in ("direction", "certainty"):
        said[name] = [getattr(outcome, name)(i) for i in at]
    for name in ("found", "expected", "explanation"):
        words = [getattr(outcome, name)(i) for i in at]
        said[name] = list(map(str, words))
        said[f"{name}_ja"] = [str(told(one, "ja")) for one in words]
    return said


def _ratio(row: _Row) -> _Outcome:
    """``t = b/se``."""
    t = row.statistic.size()
    checked = (
        np.isin(row.kind, ("t", "z"))
        & np.isfinite(t.value) & np.isfinite(row.b.value) & np.isfinite(row.se.value)
    )  # fmt: skip
    b = row.b.size()
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = b.low / row.se.high, np.where(row.se.low > 0, b.high / row.se.low, np.inf)
        cut_low = b.low / row.se.cut
        cut_high = np.where(row.se.low > 0, b.cut / row.se.low, np.inf)
    slack = 1 + 1e-9
    signs = (row.b.value * row.statistic.value < 0) & checked
    failed = checked & ((t.low > high * slack) | (t.high * slack < low)) | signs
    beyond = (t.low > cut_high * slack) | (t.cut * slack < cut_low) | signs
    return _Outcome(
        "t is coefficient over standard error",
        checked,
        failed,
        lambda i: "certain" if beyond[i] else "weak",
        lambda i: "",
        lambda i: f"t {row.statistic.value[i]:.4g}",
        lambda i: f"{low[i]:.3f} … {high[i]:.3f}",
        lambda i: "" if beyond[i] else REASONS["cut"],
    )


def _p(kind: str, size: float, df: float, df2: float) -> float:
    """Two-sided p of a statistic's size."""
    if kind == "z":
        return float(2 * stats.norm.sf(size))
    if kind == "t":
        return float(2 * stats.t.sf(size, df))
    if kind == "F":
        return float(stats.f.sf(size, df, df2))
    if kind == "chi2":
        return float(stats.chi2.sf(size, df))
    if size >= 1:
        return 0.0
    return float(2 * stats.t.sf(size * np.sqrt(df / (1 - size**2)), df))


def _p_of_statistic(row: _Row) -> _Outcome:
    """The printed p is that of the statistic."""
    needs = {"z": (), "t": ("df",), "F": ("df", "df2"), "chi2": ("df",), "r": ("df",)}
    size = row.statistic.size()
    checked, failed = np.zeros(row.n, bool), np.zeros(row.n, bool)
    certainty, direction, found, expected, why = ([""] * row.n for _ in range(5))
    for i in np.flatnonzero(np.isfinite(size.value) & np.isfinite(row.p_low)):
        kind = str(row.kind[i])
        if any(not getattr(row, name)[i] > 0 for name in needs[kind]):
            continue
        checked[i] = True
        share = 0.5 if row.one_tail[i] and kind in ("t", "z", "r") else 1.0
        high, low, cut = (
            share * _p(kind, float(v), float(row.df[i]), float(row.df2[i]))
            for v in (size.low[i], size.high[i], size.cut[i])
        )
        p_low, p_high = row.p_low[i], row.p_high[i]
        if p_high >= low * (1 - 1e-9) and p_low <= high * (1 + 1e-9):
            continue
        failed[i] = True
        unit = p_high - p_low if p_low > 0 else 0.0
        halved = share == 1 and kind in ("t", "z", "r") and p_high >= low / 2 and p_low <= high / 2
        is_cut = p_high + unit / 2 >= cut and p_low <= high
        certainty[i] = "weak" if halved or is_cut else "certain"
        why[i] = REASONS["one tail"] if halved else REASONS["cut"] if is_cut else ""
        direction[i] = "overstated" if p_high < low else "understated"
        found[i] = f"p {p_low:.4g} … {p_high:.4g}"
        expected[i] = say("p {low:.4g} … {high:.4g} from the statistic", low=low, high=high)
    return _Outcome(
        "p is that of the statistic",
        checked,
        failed,
        *(said.__getitem__ for said in (certainty, direction, found, expected, why)),
    )


def _claim_of_p(row: _Row) -> _Outcome:
    """The claim follows from the printed p; nothing has to be assumed."""
    checked = np.isfinite(row.p_low) & row.claims
    p_low, p_high = 100 * row.p_low, 100 * row.p_high
    over = checked & (row.claim > 0) & (p_low > row.claim * (1 + 1e-9))
    under = np.zeros(row.n, bool)
    for k, level in enumerate(row.levels):
        stricter = row.marked[:, k] & ((row.claim == 0) | (level < row.claim))
        reached = (p_high < level * (1 - 1e-9)) | (row.p_below & (p_high <= level * (1 + 1e-9)))
        under |= checked & stricter & reached
    return _Outcome(
        "claim against p",
        checked,
        over | under,
        lambda i: "certain",
        lambda i: "overstated" if over[i] else "understated",
        lambda i: listed([f"p {row.p_low[i]:.4g} … {row.p_high[i]:.4g}", _claimed(row.claim[i])]),
        lambda i: "",
        lambda i: "",
    )


def _claimed(level: float) -> Message:
    return say("claimed at {level:g}%", level=float(level)) if level else say("no claim")


def _fails(
    row: _Row, low: Floats, high: Floats, least: Floats, most: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Over- and understated rows; critical values of each level ``(n, levels)``, least and most."""
    over, under = np.zeros(row.n, bool), np.zeros(row.n, bool)
    slack = 1 + 1e-9
    for k, level in enumerate(row.levels):
        with np.errstate(invalid="ignore"):
            over |= (row.claim == level) & (high * slack < least[:, k])
            stricter = row.marked[:, k] & ((row.claim == 0) | (level < row.claim))
            under |= stricter & (low > most[:, k] * slack)
    return over, under


def _critical(row: _Row, tails: int = 2, df: float | None = None) -> Floats:
    shares = np.array(row.levels) / 100 / tails
    values = stats.norm.isf(shares) if df is None else stats.t.isf(shares, df)
    return np.tile(values, (row.n, 1))


def _claim_of_ratio(row: _Row) -> _Outcome:
    """The claim follows from coefficient and error, or from t, by a usual critical value."""
    low, high, cut_low, cut_high = row.ratio()
    checked = np.isfinite(low) & row.claims & ~np.isfinite(row.p_low)
    low, high = np.where(checked, low, np.nan), np.where(checked, high, np.nan)
    normal = _critical(row)
    known = row.df > 0
    least, most = normal.copy(), normal.copy()
    for df in np.unique(row.df[known]):
        most[row.df == df] = stats.t.isf(np.array(row.levels) / 200, df)
    least[row.one_tail] = _critical(row, 1)[row.one_tail]
    most[row.one_tail] = np.minimum(most, least)[row.one_tail]
    over, under = _fails(row, low, high, least, most)
    failed = over | under
    reason = np.full(row.n, "", dtype=object)
    still = _fails(row, cut_low, cut_high, least, most)
    reason[failed & ~(still[0] | still[1])] = "cut"
    for why, scope, by, rows in _conventions(row, low, high):
        fits = ~(by[0] | by[1])
        groups = int(scope.max(initial=0)) + 1
        before = np.bincount(scope, failed, minlength=groups)
        after = np.bincount(scope, (by[0] | by[1]) & checked, minlength=groups)
        spared = failed & fits & (after <= before - rows)[scope] & (reason == "")
        reason[spared & ~(known & (why == "df"))] = why
    groups = int(row.of_table.max(initial=0)) + 1
    bad = np.bincount(row.of_table, failed, minlength=groups)
    all_of = np.maximum(np.bincount(row.of_table, checked, minlength=groups), 1)
    many = ((bad >= ROWS) & (bad > SHARE * all_of))[row.of_table]
    reason[failed & many & (reason == "")] = "other test"
    fewest = _critical(row, 2, FEWEST_OF_ALL)
    never = _fails(
        row, cut_low, cut_high, _critical(row, 1), np.where(known[:, None], most, fewest)
    )
    certainty = np.where(reason != "", "weak", np.where(never[0] | never[1], "certain", "strong"))
    return _Outcome(
        "claim against the ratio to its error",
        checked,
        failed,
        lambda i: str(certainty[i]),
        lambda i: "overstated" if over[i] else "understated",
        lambda i: listed([f"|t| {low[i]:.3f} … {high[i]:.3f}", _claimed(row.claim[i])]),
        lambda i: _implied(row, i, low[i], high[i]),
        lambda i: REASONS[str(reason[i])],
    )


def _conventions(
    row: _Row, low: Floats, high: Floats
) -> Iterator[tuple[str, Ints, tuple[NDArray[np.bool_], NDArray[np.bool_]], int]]:
    """Reason, the scope that shares it, who fails by it, and how many rows it must explain."""
    one = _critical(row, 1)
    yield "one tail", row.of_table, _fails(row, low, high, one, one), UNUSUAL
    for df in (200, 100, 60, 50, 40, 30, 25, 20, 15, 12, 10, 8, 6, FEWEST):
        few = _critical(row, 2, df)
        by = _fails(row, low, high, few, few)
        yield "df", row.of_table, by, 1 if df >= USUAL else UNUSUAL
        if df >= USUAL:
            yield "df", row.of_column, by, 1
    from_one = row.ratio(1.0)
    two = _critical(row)
    yield "ratio", row.of_table, _fails(row, from_one[0], from_one[1], two, two), UNUSUAL


def _implied(row: _Row, i: int, low: float, high: float) -> str:
    """What the two-sided normal would claim."""
    claims = []
    for size in (low, high):
        if np.isnan(size):
            return ""
        marked = [level for k, level in enumerate(row.levels) if row.marked[i, k]]
        reached = [level for level in marked if size >= stats.norm.isf(level / 200)]
        claims.append(_claimed(min(reached, default=0.0)))
    return reduce(
        lambda some, one: say("{some} or {one}", some=some, one=one), dict.fromkeys(claims)
    )
