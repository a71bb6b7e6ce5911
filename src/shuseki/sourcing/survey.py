"""What do members say that their network has brought them?

A question of a survey has items; each of n firms ticks any of them, or "nothing in particular" and
then no other. The share of an item is count / n, with Wilson's interval ::

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)

Two items of one question are answered by the same firms. Of printed figures the overlap k of two
items is unknown, but max(0, a + b − m) ≤ k ≤ min(a, b), m the firms that ticked anything but
"nothing". McNemar's exact test looks only at a − k against b − k, so that its p-value has a
smallest and a largest value: the items differ *whatever the overlap* where even the largest is
below the level. In a user's own survey the overlap is known, and so is the p-value.

Takes: ``Question``s with counts (``papers.survey`` has those of the 2012 paper), or a table of a
user's own survey, one row per firm. Gives: ``SurveyFigure``, ``ItemTests``.
Sources: Wilson (1927); McNemar (1947); Newcombe (1998) for differences between two surveys; Holm
(1979). Checked against: the 2012 paper's printed percentages, statsmodels, enumeration.
Limits: members who answer are not all members; a gain that is ticked is a gain that is felt.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, listed, say, told
from shuseki.language.names import TwoNames
from shuseki.reading.tables import read_table
from shuseki.results import Result, result
from shuseki.sources import USER, Source

__all__ = [
    "MINIMUM",
    "Item",
    "ItemTests",
    "Question",
    "Survey",
    "SurveyComparison",
    "SurveyFigure",
    "compare_surveys",
    "item_tests",
    "mcnemar_bounds",
    "mcnemar_p_value",
    "newcombe_interval",
    "read_questions",
    "read_survey",
    "survey_figure",
    "wilson_interval",
]

MINIMUM = 10
"""Firms below which the answers of a group are not shown."""
TICKED = frozenset(
    {"1", "1.0", "x", "○", "◯", "〇", "●", "✓", "✔", "yes", "y", "true", "はい", "有"}
)
BLANK = frozenset({"0", "0.0", "no", "n", "false", "いいえ", "無", "-", "–", "×", "✗"})
JOINED = re.compile(r"[;；｜|\n]+")
COMMA = re.compile(r"([、,，])")
"""Separates answers too, but stands in the wording of some."""

WILSON_1927 = Source(
    "Wilson1927",
    "Wilson, E. B., Probable inference, the law of succession, and statistical inference, Journal "
    "of the American Statistical Association 22",
    "1927",
)
MCNEMAR_1947 = Source(
    "McNemar1947",
    "McNemar, Q., Note on the sampling error of the difference between correlated proportions or "
    "percentages, Psychometrika 12",
    "1947",
)
NEWCOMBE_1998 = Source(
    "Newcombe1998",
    "Newcombe, R. G., Interval estimation for the difference between independent proportions, "
    "Statistics in Medicine 17",
    "1998",
)
HOLM_1979 = Source(
    "Holm1979",
    "Holm, S., A simple sequentially rejective multiple test procedure, Scandinavian Journal of "
    "Statistics 6",
    "1979",
)


@dataclass(frozen=True)
class Item:
    """An answer that may be ticked.

    Attributes
    ----------
    answer, answer_ja
        In words.
    wordings
        Other ways in which questionnaires write it.
    is_exclusive
        Whether it excludes all others, like "nothing in particular".
    """

    answer: str
    answer_ja: str = ""
    wordings: tuple[str, ...] = ()
    is_exclusive: bool = False

    @property
    def name(self) -> Message:
        """In both languages."""
        return TwoNames(self.answer, self.answer_ja or self.answer)

    def matches(self) -> set[str]:
        """All ways to write it, compared as ``plain``."""
        return {plain(text) for text in (self.answer, self.answer_ja, *self.wordings) if text}


@dataclass(frozen=True, eq=False)
class Question:
    """One question: its items, and how many of n firms ticked each.

    Attributes
    ----------
    counts
        Firms that ticked each item, shape ``(k,)``.
    n
        Firms that answered.
    answers
        Who ticked what, shape ``(n, k)``; ``None`` where only counts are known.

    Raises
    ------
    DataError
        No items, an item twice, or a count that n firms cannot give.
    """

    question: str
    items: tuple[Item, ...]
    counts: Ints
    n: int
    question_ja: str = ""
    answers: Bools | None = None
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        if not self.items or len(self.counts) != len(self.items):
            raise DataError(
                say(
                    "{question!r} has {n_items} items and {n_counts} counts. Expected one count "
                    "for each of one item or more.",
                    question=self.question,
                    n_items=len(self.items),
                    n_counts=len(self.counts),
                )
            )
        names = [plain(item.answer) for item in self.items]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DataError(
                say(
                    "Items given twice in {question!r}: {twice}. Expected each once. Join or "
                    "rename them.",
                    question=self.question,
                    twice=examples(twice),
                )
            )
        bad = [
            f"{item.answer} = {count}"
            for item, count in zip(self.items, self.counts, strict=True)
            if not 0 <= count <= self.n
        ]
        if bad or self.n < 1:
            raise DataError(
                say(
                    "Counts that {value} firms cannot give: {bad}. Expected 0 to n. Correct the "
                    "counts or n.",
                    value=self.n,
                    bad=examples(bad) or say("none answered"),
                )
            )

    @property
    def name(self) -> Message:
        """In both languages."""
        return TwoNames(self.question, self.question_ja or self.question)

    @property
    def exclusive(self) -> Bools:
        """Which items exclude the others, shape ``(k,)``."""
        return np.array([item.is_exclusive for item in self.items])

    @property
    def shares(self) -> Floats:
        """Of the firms that answered, shape ``(k,)``."""
        return np.asarray(self.counts / self.n)


def plain(text: str) -> str:
    """A wording without what does not matter: width, case, spaces, a full stop.

    Examples
    --------
    >>> plain("　Trusted  Peers．") == plain("trusted peers")
    True
    """
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip(" .。").casefold()


# ---- the figure ----------------------------------------------------------------------------------


@result
class SurveyFigure(Result):
    """Shares of the items of some questions, with intervals.

    Attributes
    ----------
    questions
        With counts.
    confidence
        Of the intervals.
    group
        Of whom, where it is a part of a survey.
    """

    questions: tuple[Question, ...]
    confidence: float
    group: str = ""

    def headline(self) -> Message:
        """The most frequent gain of each question."""
        first = self.questions[0]
        open_items = np.where(first.exclusive, -1, first.counts)
        top = int(np.argmax(open_items))
        low, high = wilson_interval(first.counts, first.n, self.confidence)
        others = len(self.questions) - 1
        said = say(
            "{question}: most often {item}, {count:,} of {n:,} firms ({percent:.1f}%, "
            "{low:.1f} to {high:.1f}%)",
            question=first.name,
            item=first.items[top].name,
            count=int(first.counts[top]),
            n=first.n,
            percent=100 * float(first.shares[top]),
            low=100 * float(low[top]),
            high=100 * float(high[top]),
        )
        if others:
            return say("{first}; {n:count(more question)}", first=said, n=others)
        return said

    def to_frame(self) -> pd.DataFrame:
        """One row per item, in the order of the questionnaire."""
        rows = []
        for question in self.questions:
            low, high = wilson_interval(question.counts, question.n, self.confidence)
            rows += [
                {
                    "question": question.question,
                    "question_ja": str(told(question.name, "ja")),
                    "answer": item.answer,
                    "answer_ja": str(told(item.name, "ja")),
                    "count": int(count),
                    "n": question.n,
                    "percent": 100 * float(share),
                    "low_percent": 100 * float(bottom),
                    "high_percent": 100 * float(top),
                }
                for item, count, share, bottom, top in zip(
                    question.items, question.counts, question.shares, low, high, strict=True
                )
            ]
        return pd.DataFrame(rows)


def survey_figure(questions: Sequence[Question], *, confidence: float = 0.95) -> SurveyFigure:
    """Shares with Wilson's intervals.

    Raises
    ------
    DataError
        No question.
    ParameterError
        A confidence outside (0.5, 1).
    """
    if not questions:
        raise DataError(say("No question. Expected one or more. Give the questions of the survey."))
    _check_confidence(confidence)
    sources = tuple(dict.fromkeys(source for q in questions for source in q.sources))
    return SurveyFigure(
        questions=tuple(questions),
        confidence=confidence,
        notes=(
            say(
                "Intervals of Wilson, {percent:g}%: what chance in the choice of firms would do.",
                percent=100 * confidence,
            ),
        ),
        sources=(*sources, WILSON_1927),
    )


def _check_confidence(confidence: float) -> None:
    if not 0.5 < confidence < 1:
        raise ParameterError(
            say(
                "confidence = {confidence:g}. Expected one in (0.5, 1), such as 0.95.",
                confidence=confidence,
            )
        )


def wilson_interval(count: Ints, n: Ints | int, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Ends of Wilson's interval for count / n, shape as ``count``.

    Examples
    --------
    >>> low, high = wilson_interval(np.array([43]), 149)
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2219], [0.3659])
    """
    z = float(scipy.stats.norm.isf((1 - confidence) / 2))
    size = np.asarray(n, dtype=float)
    p = np.asarray(count) / size
    middle = p + z**2 / (2 * size)
    half = z * np.sqrt(p * (1 - p) / size + z**2 / (4 * size**2))
    scale = 1 + z**2 / size
    return np.clip((middle - half) / scale, 0, 1), np.clip((middle + half) / scale, 0, 1)


# ---- items of one question -----------------------------------------------------------------------


@result
class ItemTests(Result):
    """Which items of a question differ in frequency.

    Attributes
    ----------
    question
        Of the items.
    table
        One row per pair, the more frequent first: ``answer``, ``other_answer``,
        ``difference_percent`` (points), ``least_p_value``, ``greatest_p_value`` (over all
        overlaps; equal where it is known), ``adjusted_p_value`` (Holm, of the greatest),
        ``verdict``.
    """

    question: Question
    level: float
    table: pd.DataFrame

    def headline(self) -> Message:
        """How many pairs differ whatever the overlap."""
        verdicts = self.table["verdict"].map(str)
        if self.question.answers is not None:
            return say(
                "{question}: {differ:,} of {pairs:count(pair)} of answers differ (adjusted p below "
                "{level:g}), n = {n:count(firm)}",
                question=self.question.name,
                differ=int((verdicts == str(say("differ"))).sum()),
                pairs=len(self.table),
                level=self.level,
                n=self.question.n,
            )
        return say(
            "{question}: {differ:,} of {pairs:count(pair)} of answers differ whatever the overlap, "
            "{open:,} may (adjusted p below {level:g}), n = {n:count(firm)}",
            question=self.question.name,
            differ=int((verdicts == str(say("differ"))).sum()),
            pairs=len(self.table),
            open=int((verdicts == str(say("depends on the overlap"))).sum()),
            level=self.level,
            n=self.question.n,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per pair of items."""
        return self.table.copy()


def item_tests(question: Question, *, level: float = 0.05) -> ItemTests:
    """Compare every two items that the same firms could tick.

    Raises
    ------
    DataError
        Fewer than two items.
    ParameterError
        A level outside (0, 0.5).
    """
    if not 0 < level < 0.5:
        raise ParameterError(
            say(
                "level = {level:g}. Expected one in (0, 0.5), such as 0.05.",
                level=level,
            )
        )
    if len(question.items) < 2:
        raise DataError(
            say(
                "{question!r} has one item. Expected two or more to compare.",
                question=question.question,
            )
        )
    order = np.argsort(-question.counts, kind="stable")
    exclusive = question.exclusive
    ticked_something = question.n - int(question.counts[exclusive].sum())
    rows = []
    for at, i in enumerate(order):
        for j in order[at + 1 :]:
            a, b = int(question.counts[i]), int(question.counts[j])
            if question.answers is not None:
                both = int((question.answers[:, i] & question.answers[:, j]).sum())
                low = high = mcnemar_p_value(a - both, b - both)
            else:
                apart = bool(exclusive[i] or exclusive[j])
                low, high = mcnemar_bounds(a, b, question.n if apart else ticked_something, apart)
            rows.append(
                {
                    "answer": question.items[i].answer,
                    "answer_ja": str(told(question.items[i].name, "ja")),
                    "other_answer": question.items[j].answer,
                    "other_answer_ja": str(told(question.items[j].name, "ja")),
                    "difference_percent": 100 * (a - b) / question.n,
                    "least_p_value": low,
                    "greatest_p_value": high,
                }
            )
    table = pd.DataFrame(rows)
    table["adjusted_p_value"] = holm(table["greatest_p_value"].to_numpy())
    possible = holm(table["least_p_value"].to_numpy())
    verdicts = [
        say("differ")
        if sure < level
        else say("depends on the overlap")
        if maybe < level
        else say("not told apart")
        for sure, maybe in zip(table["adjusted_p_value"], possible, strict=True)
    ]
    table["verdict"] = pd.Series(verdicts, dtype=object)
    known = question.answers is not None
    return ItemTests(
        question=question,
        level=level,
        table=table,
        notes=(
            say("Who ticked both answers is known: McNemar's exact test.")
            if known
            else say(
                "How many firms ticked both answers is not printed: p-values over every overlap "
                "that the counts allow."
            ),
        ),
        sources=(*question.sources, MCNEMAR_1947, HOLM_1979),
    )


def mcnemar_p_value(only_first: int, only_second: int) -> float:
    """Exact two-sided p-value of McNemar's test; 1 where nobody ticked just one of the two.

    Examples
    --------
    6 against 0: two tails of (1/2)^6.

    >>> mcnemar_p_value(6, 0)
    0.03125
    """
    either = only_first + only_second
    if either == 0:
        return 1.0
    return float(min(1.0, 2 * scipy.stats.binom.cdf(min(only_first, only_second), either, 0.5)))


def mcnemar_bounds(
    first: int, second: int, ticked: int, apart: bool = False
) -> tuple[float, float]:
    """Smallest and largest p-value over all overlaps of two counts.

    Parameters
    ----------
    first, second
        Firms that ticked each.
    ticked
        Firms that could tick them both.
    apart
        Whether nobody could tick both.

    Examples
    --------
    >>> mcnemar_bounds(3, 1, 10)
    (0.5, 0.625)
    """
    overlaps = [0] if apart else range(max(0, first + second - ticked), min(first, second) + 1)
    found = [mcnemar_p_value(first - both, second - both) for both in overlaps]
    return min(found), max(found)


def holm(p_values: Floats) -> Floats:
    """Holm's adjusted p-values, shape ``(m,)``.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(4).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


# ---- a user's own survey -------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Survey:
    """A user's own survey, one row per firm.

    Attributes
    ----------
    firms
        Names, unique.
    questions
        With the answers of those who answered.
    answered
        Firms (rows) behind each question, as numbers into ``firms``.
    table
        The other columns, such as size or membership, one row per firm.
    """

    firms: tuple[str, ...]
    questions: tuple[Question, ...]
    answered: tuple[Ints, ...]
    table: pd.DataFrame
    notes: tuple[str, ...] = field(default=())

    def shown(self, minimum: int = MINIMUM) -> tuple[Question, ...]:
        """Questions that enough firms answered for nobody's answers to be told.

        Raises
        ------
        DataError
            No question has so many answers.
        """
        enough = tuple(question for question in self.questions if question.n >= minimum)
        if not enough:
            few = examples(f"{question.question} ({question.n})" for question in self.questions)
            raise DataError(
                say(
                    "Questions that fewer than {minimum} firms answered: {few}. Shown, they would "
                    "say what single firms answered. Collect more answers, or lower the minimum "
                    "if these firms agree.",
                    minimum=minimum,
                    few=few,
                )
            )
        return enough

    def figure(self, *, confidence: float = 0.95, minimum: int = MINIMUM) -> SurveyFigure:
        """Shares of all firms; questions that few firms answered are left out.

        Raises
        ------
        DataError
            Fewer firms than ``minimum`` answered every question.
        """
        found = survey_figure(self.shown(minimum), confidence=confidence)
        hidden = [question.name for question in self.questions if question.n < minimum]
        notes = self.notes
        if hidden:
            note = say(
                "Not shown, since fewer than {minimum} firms answered: {questions}.",
                minimum=minimum,
                questions=listed(hidden),
            )
            notes = (*notes, note)
        return replace(found, notes=(*notes, *found.notes))

    def by(
        self,
        column: str,
        *,
        bounds: Sequence[float] = (),
        confidence: float = 0.95,
        minimum: int = MINIMUM,
    ) -> tuple[SurveyFigure, ...]:
        """Shares of each group; small ones are left out, and one more where one could be told.

        Parameters
        ----------
        column
            Size, membership, …
        bounds
            Lower ends of classes of a column of numbers, such as ``(1, 5, 20)``.

        Raises
        ------
        UnknownCodeError
            No such column.
        DataError
            No group is large enough.
        """
        if column not in self.table:
            raise UnknownCodeError.among("column", [column], list(map(str, self.table.columns)))
        named = group_names(self.table[column], bounds)
        shown = [
            [name for name, size in _shown(named[rows], minimum).items() if size]
            for rows in self.answered
        ]
        names = [name for name in sorted(set(named)) if any(name in some for some in shown)]
        hidden = sorted(set(named) - set(names))
        if not names:
            raise DataError(
                say(
                    "No group of {column!r} has {minimum} firms or more that can be shown. Found "
                    "{named}. Join groups with bounds, or ask more firms.",
                    column=column,
                    minimum=minimum,
                    named=examples(sorted(set(named))),
                )
            )
        figures = []
        for name in names:
            parts = [
                _part(question, rows, named[rows] == name)
                for question, rows, some in zip(self.questions, self.answered, shown, strict=True)
                if name in some
            ]
            found = survey_figure(parts, confidence=confidence)
            notes = [*self.notes, *found.notes]
            if hidden:
                notes.append(
                    say(
                        "Groups that are not shown, so that no firm's answers can be told: "
                        "{groups:count(group)} (fewer than {minimum} firms, or the one that would "
                        "tell them).",
                        groups=len(hidden),
                        minimum=minimum,
                    )
                )
            figures.append(replace(found, group=name, notes=tuple(notes)))
        return tuple(figures)


UNSAID = ("", "unknown", "不明")


def group_names(column: "pd.Series[Any]", bounds: Sequence[float] = ()) -> np.ndarray:
    """Group of each row: the text of the cell, or its class by lower bounds, shape ``(n,)``.

    Examples
    --------
    >>> group_names(pd.Series([3, 7, 50, None]), (1, 5, 20)).tolist()
    ['1–4', '5–19', '20–', 'unknown']
    """
    if not bounds:
        text = column.astype(object).where(column.notna(), "unknown")
        said = [str(value).strip() or "unknown" for value in text]
        return np.array(
            [cell.removesuffix(".0") if cell.endswith(".0") else cell for cell in said],
            dtype=object,
        )
    ends = sorted(bounds)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    if np.isnan(values).all():
        raise DataError(
            say(
                "The column holds no numbers: {head}. Expected numbers for bounds {ends}. Leave "
                "the bounds out, or choose another column.",
                head=examples(column.head(5)),
                ends=examples(ends),
            )
        )
    wrong = [
        repr(str(cell))
        for cell, value in zip(column, values, strict=True)
        if np.isnan(value) and not pd.isna(cell) and plain(str(cell)) not in UNSAID
    ]
    if wrong:
        raise DataError(
            say(
                "Cells that are no numbers: {wrong}. Expected numbers for bounds {ends}, nothing "
                "where unknown. Correct them, or leave the bounds out.",
                wrong=examples(wrong),
                ends=examples(ends),
            )
        )
    names = [
        f"{low:g}–{ends[k + 1] - 1:g}" if k + 1 < len(ends) else f"{low:g}–"
        for k, low in enumerate(ends)
    ]
    at = np.searchsorted(ends, values, side="right") - 1
    return np.array(
        [
            "unknown" if np.isnan(v) else (names[k] if k >= 0 else f"–{ends[0] - 1:g}")
            for v, k in zip(values, at, strict=True)
        ],
        dtype=object,
    )


def _shown(named: np.ndarray, minimum: int) -> dict[str, int]:
    """Size of each group that may be shown; 0 for those that may not.

    Where the hidden groups together have fewer than ``minimum`` firms, the total less the shown
    groups would tell them: the next smallest is hidden too.
    """
    names, sizes = np.unique(named.astype(str), return_counts=True)
    order = sorted(range(len(names)), key=lambda k: (sizes[k], names[k]))
    hidden = [k for k in order if sizes[k] < minimum]
    rest = [k for k in order if sizes[k] >= minimum]
    while hidden and rest and (sum(sizes[k] for k in hidden) < minimum or len(hidden) < 2):
        hidden.append(rest.pop(0))
    kept = set(rest)
    return {str(names[k]): int(sizes[k]) if k in kept else 0 for k in range(len(names))}


def _part(question: Question, rows: Ints, member: Bools) -> Question:
    """The question as some of its firms answered it."""
    assert question.answers is not None
    answers = question.answers[member]
    return replace(question, answers=answers, counts=answers.sum(axis=0), n=len(answers))


def read_questions(path: str | Path | pd.DataFrame) -> tuple[Question, ...]:
    """Questions and items of a questionnaire of one's own, without answers yet.

    Parameters
    ----------
    path
        Columns ``question``, ``answer``; optional ``question_ja``, ``answer_ja``, ``wordings``
        (separated by ``;``), ``kind`` (``multiple`` or ``exclusive``).

    Raises
    ------
    DataError
        An item twice, or a kind that is neither; the message names the row.
    """
    text = ["question_ja", "answer_ja", "wordings", "kind"]
    table = (
        path
        if isinstance(path, pd.DataFrame)
        else read_table(path, required=["question", "answer"], text=["question", "answer", *text])
    )
    for name in ("question", "answer"):
        if name not in table:
            raise DataError(
                say(
                    "The table of questions lacks {name!r}. Found {columns}. Expected question "
                    "and answer. Rename the columns.",
                    name=name,
                    columns=examples(table.columns),
                )
            )
    filled = table.astype(object).reindex(columns=["question", "answer", *text], fill_value="")
    filled = filled.fillna("").astype(str)
    blank = (filled[["question", "answer"]].apply(lambda cell: cell.str.strip()) == "").any(axis=1)
    if blank.any():
        raise DataError(
            say(
                "No question or no answer in rows {index}. Expected both in every row. Fill them "
                "in.",
                index=examples(table.index[blank]),
            )
        )
    wrong = filled[~filled["kind"].isin(["", "multiple", "exclusive"])]
    if len(wrong):
        raise DataError(
            say(
                "Kinds of answers that are not known: {wrong} in rows {index}. Expected multiple "
                "or exclusive. Correct them.",
                wrong=examples(wrong["kind"]),
                index=examples(wrong.index),
            )
        )
    questions = []
    for title, rows in filled.groupby("question", sort=False):
        items = tuple(
            Item(
                answer,
                answer_ja,
                tuple(part.strip() for part in wordings.split(";") if part.strip()),
                kind == "exclusive",
            )
            for answer, answer_ja, wordings, kind in rows[
                ["answer", "answer_ja", "wordings", "kind"]
            ].to_numpy(dtype=object)
        )
        questions.append(
            Question(
                str(title),
                items,
                np.zeros(len(items), dtype=np.int64),
                1,
                str(rows["question_ja"].iloc[0]),
            )
        )
    return tuple(questions)


def read_survey(
    given: str | Path | pd.DataFrame,
    questions: Sequence[Question],
    *,
    firm: str = "firm",
    answers: str = "answers",
    describing: Sequence[str] = (),
) -> Survey:
    """Read a user's own survey.

    Parameters
    ----------
    given
        One row per firm. Either one column per item (ticks: 1, x, ○, yes, はい; blank or 0: not
        ticked), or answers joined by ``;``, ``、`` or ``|`` in one column, or in one column for
        each question, named after it.
    questions
        What could be ticked: of the paper (``papers.survey.printed_questions``) or one's own
        (``read_questions``). Items are known by any of their wordings; one that several questions
        have is written with its question, as in ``technology: other``.
    firm
        Column of the firms' names.
    answers
        Name of the column of joined answers.
    describing
        Columns that describe the firm, such as membership; needed where they hold ticks.

    Raises
    ------
    DataError
        No rows, a firm twice, "nothing" ticked beside a gain, a cell that is no tick.
    UnknownCodeError
        An item that no question has; the message names the row and the nearest items.
    """
    if isinstance(given, pd.DataFrame):
        table = given.copy()
    else:
        titles = [name for q in questions for name in (q.question, q.question_ja) if name]
        table = read_table(given, codes=[firm], text=[answers, *titles, *describing])
    if firm not in table or table.empty:
        raise DataError(
            say(
                "The survey has {n_table} rows and columns {columns}. Expected one row per firm "
                "and a column {firm!r}. Add the names, or say which column has them.",
                n_table=len(table),
                columns=examples(table.columns),
                firm=firm,
            )
        )
    if not questions:
        raise DataError(say("No questions. Expected one or more. Give those of the questionnaire."))
    names = [str(name).strip() for name in table[firm]]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        where = [row for row, name in zip(table.index, names, strict=True) if name in repeated]
        raise DataError(
            say(
                "Firms given twice: {repeated}, in rows {where}. Expected one row per firm. Keep "
                "one of each.",
                repeated=examples(repeated),
                where=examples(where),
            )
        )
    absent = [name for name in describing if name not in table]
    if absent:
        raise UnknownCodeError.among("column", absent, list(map(str, table.columns)))
    numbers = {
        plain(t): k for k, q in enumerate(questions) for t in (q.question, q.question_ja) if t
    }
    joined = {
        str(name): numbers.get(plain(str(name)))
        for name in table.columns
        if str(name) == answers or plain(str(name)) in numbers
    }
    ticks, there, others = (
        _joined(table, questions, joined)
        if joined
        else _columns(table, questions, (firm, *describing))
    )
    found, answered = [], []
    start = 0
    skipped = []
    for question in questions:
        stop = start + len(question.items)
        ticked, asked = ticks[:, start:stop], there[:, start:stop].any(axis=1)
        start = stop
        nothing = (ticked & question.exclusive).any(axis=1)
        both: Bools = np.asarray(nothing & (ticked & ~question.exclusive).any(axis=1))
        if both.any():
            exclusive = [item.answer for item in question.items if item.is_exclusive]
            raise DataError(
                say(
                    "Rows {index} tick {exclusive} beside a gain of {question!r}. Expected one or "
                    "the other. Ask those firms, or leave the contradiction blank.",
                    index=examples(table.index[both]),
                    exclusive=examples(exclusive),
                    question=question.question,
                )
            )
        if not asked.any():
            skipped.append(question.name)
            continue
        rows = np.flatnonzero(asked)
        mine = ticked[rows]
        found.append(
            replace(
                question,
                counts=mine.sum(axis=0).astype(np.int64),
                n=len(rows),
                answers=mine,
                sources=(USER,),
            )
        )
        answered.append(rows.astype(np.int64))
    if not found:
        raise DataError(
            say(
                "None of the {n_table} firms ticked anything. Expected ticks such as 1, x or ○, "
                "or answers joined by ;. Check that the columns hold the answers.",
                n_table=len(table),
            )
        )
    silent = len(table) - len(np.unique(np.concatenate(answered)))
    notes = []
    if silent:
        notes.append(say("{n:count(firm)} answered no question and count in none.", n=silent))
    if skipped and len(skipped) < len(questions):
        notes.append(say("{n:count(question)} without any answer.", n=len(skipped)))
    return Survey(
        firms=tuple(names),
        questions=tuple(found),
        answered=tuple(answered),
        table=table[others].reset_index(drop=True),
        notes=tuple(notes),
    )


def _known_items(questions: Sequence[Question]) -> dict[str, list[int]]:
    """Wording, alone and after its question → numbers of the items that it may be."""
    known: dict[str, list[int]] = {}
    at = 0
    for question in questions:
        titles = {plain(name) for name in (question.question, question.question_ja) if name}
        for item in question.items:
            for text in item.matches():
                for wording in (text, *(f"{title}: {text}" for title in titles)):
                    known.setdefault(wording, []).append(at)
            at += 1
    return known


def _joined(
    table: pd.DataFrame, questions: Sequence[Question], columns: Mapping[str, int | None]
) -> tuple[Bools, Bools, list[str]]:
    """Ticks of columns of joined answers; a question is answered where one of its items is."""
    known = _known_items(questions)
    ends = np.cumsum([0, *(len(question.items) for question in questions)])
    ticks = np.zeros((len(table), int(ends[-1])), dtype=bool)
    unknown: dict[str, list[object]] = {}
    for name, asked in columns.items():
        low, high = (0, ends[-1]) if asked is None else (ends[asked], ends[asked + 1])
        for at, (row, cell) in enumerate(zip(table.index, table[name], strict=True)):
            for part in parts_of("" if pd.isna(cell) else str(cell), known):
                text = plain(part)
                numbers = [k for k in known.get(text, []) if low <= k < high]
                if len(numbers) > 1:
                    raise _ambiguous(part.strip(), questions, numbers, row)
                if numbers:
                    ticks[at, numbers[0]] = True
                else:
                    unknown.setdefault(part.strip(), []).append(row)
    _refuse_unknown(unknown, known, say("answers"))
    there = np.zeros_like(ticks)
    for low, high in pairwise(ends):
        there[:, low:high] = ticks[:, low:high].any(axis=1, keepdims=True)
    return ticks, there, [str(name) for name in table.columns if str(name) not in columns]


def parts_of(cell: str, known: Mapping[str, object]) -> list[str]:
    """Split a cell of joined answers; a comma inside a known wording does not separate.

    Examples
    --------
    >>> parts_of("学び、向上した、刺激; 仲間", {"学び、向上した": 0, "刺激": 1})
    ['学び、向上した', '刺激', '仲間']
    """
    parts: list[str] = []
    for piece in JOINED.split(cell):
        tokens = COMMA.split(piece)
        at = 0
        while at < len(tokens):
            ends = range(len(tokens), at, -1)
            whole = ("".join(tokens[at:end]) for end in ends)
            stop = next((e for e, text in zip(ends, whole, strict=True) if plain(text) in known), 0)
            stop = stop or at + 1
            parts.append("".join(tokens[at:stop]).strip())
            at = stop + 1
    return [part for part in parts if plain(part)]


def _ambiguous(
    text: str, questions: Sequence[Question], numbers: Sequence[int], row: object = None
) -> DataError:
    owners = [question.question for question in questions for _ in question.items]
    titles = [owners[k] for k in numbers]
    return DataError(
        say(
            "{said} is an item of several questions: {titles}. Expected to know which. "
            "Write it with its question, such as {titles_2}: {text}.",
            said=_in_row(text, row),
            text=text,
            titles=examples(titles),
            titles_2=titles[0],
        )
    )


def _columns(
    table: pd.DataFrame, questions: Sequence[Question], describing: Sequence[str]
) -> tuple[Bools, Bools, list[str]]:
    """Ticks of columns named after items; other columns describe the firm."""
    known = _known_items(questions)
    total = sum(len(question.items) for question in questions)
    ticks = np.zeros((len(table), total), dtype=bool)
    there = np.zeros_like(ticks)
    others: list[str] = []
    taken: dict[int, str] = {}
    unknown: dict[str, list[object]] = {}
    for name in map(str, table.columns):
        numbers = [] if name in describing else known.get(plain(name), [])
        if not numbers:
            others.append(name)
            if name not in describing and _looks_like_ticks(table[name]):
                unknown[name] = ["(column)"]
            continue
        if len(numbers) > 1:
            raise _ambiguous(name, questions, numbers)
        number = numbers[0]
        if number in taken:
            raise DataError(
                say(
                    "Columns {taken!r} and {name!r} are the same item. Expected one column per "
                    "item. Keep one.",
                    taken=taken[number],
                    name=name,
                )
            )
        taken[number] = name
        wrong = []
        for at, (row, cell) in enumerate(zip(table.index, table[name], strict=True)):
            text = "" if pd.isna(cell) else plain(str(cell))
            if text in TICKED:
                ticks[at, number] = there[at, number] = True
            elif text in BLANK:
                there[at, number] = True
            elif text:
                wrong.append(say("{value!r} in row {row}", value=cell, row=row))
        if wrong:
            raise DataError(
                say(
                    "{name!r}: cells that are no ticks: {wrong}. Expected 1, x, ○, yes or はい for "
                    "a tick; 0, no or nothing for none. Correct them.",
                    name=name,
                    wrong=examples(wrong),
                )
            )
    if not taken:
        raise UnknownCodeError(
            say(
                "No column is an item of the questions: {columns}. Expected columns such as "
                "{known}, or a column of joined answers. Rename the columns, or give the items of "
                "your questionnaire.",
                columns=examples(table.columns),
                known=examples(list(known)[:3]),
            )
        )
    _refuse_unknown(unknown, known, say("items"))
    return ticks, there, others


def _looks_like_ticks(column: "pd.Series[Any]") -> bool:
    """Whether every cell that is filled is a tick or none: an item that nobody knows."""
    cells = {plain(str(cell)) for cell in column if not pd.isna(cell)} - {""}
    marks = cells & (TICKED | BLANK)
    return bool(cells) and cells == marks and len(cells) <= 2


def _in_row(text: str, row: object) -> str:
    """What was found, and the row where it stands; the name of a column stands in none."""
    if row is None:
        return f"{text!r}"
    return say("{value!r} in row {row}", value=text, row=row)


def _refuse_unknown(
    unknown: Mapping[str, list[object]], known: Iterable[str], what: Message
) -> None:
    if not unknown:
        return
    first = next(iter(unknown))
    near = get_close_matches(plain(first), list(known), n=3, cutoff=0.4)
    hint = say("Did you mean {names}? ", names=listed(near)) if near else ""
    said = examples(
        _in_row(name, None if rows == ["(column)"] else rows[0]) for name, rows in unknown.items()
    )
    raise UnknownCodeError(
        say(
            "Unknown {what}: {said}. Expected items of the questions, in any of their wordings. "
            "{hint}Correct the wording, give the items of your questionnaire, or name columns "
            "that describe the firm.",
            what=what,
            said=said,
            hint=hint,
        )
    )


# ---- beside another survey -----------------------------------------------------------------------


@result
class SurveyComparison(Result):
    """The same items in two surveys.

    Attributes
    ----------
    own, other
        The two, with counts.
    table
        One row per item of both: shares, ``difference_percent`` (points) with Newcombe's interval.
    """

    own: tuple[Question, ...]
    other: tuple[Question, ...]
    confidence: float
    table: pd.DataFrame

    def headline(self) -> Message:
        """How many items differ beyond chance, and the largest."""
        table = self.table
        beyond = (table["difference_low_percent"] > 0) | (table["difference_high_percent"] < 0)
        top = table.iloc[int(np.abs(table["difference_percent"].to_numpy()).argmax())]
        return say(
            "{beyond:,} of {n:count(answer)} differ from the printed survey beyond chance; the "
            "largest difference is {item}, {points:+.1f} points ({low:+.1f} to {high:+.1f})",
            beyond=int(beyond.sum()),
            n=len(table),
            item=TwoNames(str(top["answer"]), str(top["answer_ja"])),
            points=float(top["difference_percent"]),
            low=float(top["difference_low_percent"]),
            high=float(top["difference_high_percent"]),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per item."""
        return self.table.copy()


def compare_surveys(
    own: Sequence[Question], other: Sequence[Question], *, confidence: float = 0.95
) -> SurveyComparison:
    """Set a survey beside another one, item by item.

    Raises
    ------
    DataError
        The two have no item in common.
    ParameterError
        A confidence outside (0.5, 1).
    """
    _check_confidence(confidence)
    rows = []
    by_name = {plain(question.question): question for question in other}
    for question in own:
        beside = by_name.get(plain(question.question))
        if beside is None:
            continue
        at = {plain(item.answer): k for k, item in enumerate(beside.items)}
        for k, item in enumerate(question.items):
            j = at.get(plain(item.answer))
            if j is None:
                continue
            a, b = int(question.counts[k]), int(beside.counts[j])
            low, high = newcombe_interval(a, question.n, b, beside.n, confidence)
            rows.append(
                {
                    "question": question.question,
                    "question_ja": str(told(question.name, "ja")),
                    "answer": item.answer,
                    "answer_ja": str(told(item.name, "ja")),
                    "count": a,
                    "n": question.n,
                    "percent": 100 * a / question.n,
                    "printed_count": b,
                    "printed_n": beside.n,
                    "printed_percent": 100 * b / beside.n,
                    "difference_percent": 100 * (a / question.n - b / beside.n),
                    "difference_low_percent": 100 * low,
                    "difference_high_percent": 100 * high,
                }
            )
    if not rows:
        raise DataError(
            say(
                "The two surveys have no item in common. Expected the same questions. Give the "
                "items of the printed survey as columns."
            )
        )
    sources = tuple(dict.fromkeys(s for q in (*own, *other) for s in q.sources))
    return SurveyComparison(
        own=tuple(own),
        other=tuple(other),
        confidence=confidence,
        table=pd.DataFrame(rows),
        notes=(
            say("Differences between firms of two surveys, as if each were drawn at random."),
            say("Each item by itself: of twenty, one may differ by chance."),
        ),
        sources=(*sources, NEWCOMBE_1998),
    )


def newcombe_interval(
    count: int, n: int, other_count: int, other_n: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Newcombe's interval (his method 10, of Wilson's ends) for count/n − other_count/other_n.

    Examples
    --------
    His example 56/70 − 48/80: 0.0524 to 0.3339.

    >>> [round(end, 4) for end in newcombe_interval(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    p, q = count / n, other_count / other_n
    (low1, low2), (high1, high2) = (
        ends
        for ends in wilson_interval(
            np.array([count, other_count]), np.array([n, other_n]), confidence
        )
    )
    return (
        float(p - q - np.sqrt((p - low1) ** 2 + (high2 - q) ** 2)),
        float(p - q + np.sqrt((high1 - p) ** 2 + (q - low2) ** 2)),
    )
