"""Would the conclusions change if one choice were made differently?

The four exercises of section 5-1 of the 2006 paper (pp. 12-13), each a set of equations beside the
set it varies:

``profit_separately``
    The profit variables PCM and GRSALES enter one at a time.
``institutes_by_prefecture``
    INST counts the institutes and plants of the whole prefecture (of its industrial districts:
    the accounts know no others).
``without_metropolitan``
    Districts of the Tokyo and Keihanshin areas are left out.
``largest_industry``
    Dummies of the largest industry (food, textile, electrical; the rest is the base) stand in the
    place of HITECH.

A conclusion about a coefficient changes when it becomes significant, stops being so, or turns
significantly to the other side; a conclusion about a hypothesis when its verdict changes.

Takes: the equations varied (``Fits``), the variables, the accounts, the hypotheses.
Gives: a ``Robustness`` per exercise; ``RobustnessChecks`` of all that the data allow.
Sources: Okamuro (2006), pp. 12-13; the exercises are described there, their tables are not printed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from shuseki.entry.design import CONSTANT, Design
from shuseki.entry.hypotheses import LEVEL, Hypothesis, Rule, Verdict, Verdicts, examine
from shuseki.entry.ols import Fits, estimate_all
from shuseki.entry.variables import RegionalVariables
from shuseki.errors import DataError, ParameterError, ShusekiError, examples
from shuseki.language import Message, listed, say
from shuseki.language.names import named, some_of
from shuseki.results import Result, result
from shuseki.sources import OKAMURO_2006

__all__ = [
    "EXERCISES",
    "Robustness",
    "RobustnessChecks",
    "check_robustness",
    "institutes_by_prefecture",
    "largest_industry",
    "profit_separately",
    "without_metropolitan",
]

SECTION_5_1 = replace(
    OKAMURO_2006.at(say("section {number}, pp. {first}-{last}", number="5-1", first=12, last=13)),
    origin="method",
)
PROFIT = ("PCM", "GRSALES")
SEPARATOR = " / "
EXERCISE_NAMES: Mapping[str, Message] = {
    "profit_separately": say("profit variables one at a time"),
    "institutes_by_prefecture": say("institutes by prefecture"),
    "without_metropolitan": say("without metropolitan districts"),
    "largest_industry": say("largest industry for HITECH"),
}
VERDICTS: Mapping[Verdict, Message] = {
    "supported": say("supported"),
    "contradicted": say("contradicted"),
    "not supported": say("not supported"),
    "not tested": say("not tested"),
}
INDUSTRIES = ("food", "textile", "electrical")
"""The largest industries that get a dummy (p. 13)."""


@result
class Robustness(Result):
    """One exercise, beside the equations it varies.

    Attributes
    ----------
    exercise, question
        Its name, and what it asks.
    baseline, varied
        The equations before and after. A varied equation is named after the one it varies, with
        what was changed behind a slash: ``"1 / PCM only"`` varies ``"1"``.
    verdicts_before, verdicts_after
        On the hypotheses.
    level
        Two-sided, of what counts as significant.
    """

    exercise: str
    question: Message
    baseline: Fits
    varied: Fits
    verdicts_before: Verdicts
    verdicts_after: Verdicts
    level: float = LEVEL

    def headline(self) -> Message:
        """How many coefficients and which hypotheses are concluded differently."""
        frame = self.to_frame()
        both = frame[frame["compared"]]
        verdicts = self.changed_verdicts()
        changed = [
            say("{name} ({before} → {after})", name=name, before=VERDICTS[a], after=VERDICTS[b])
            for name, (a, b) in verdicts.items()
        ]
        return say(
            "{exercise}: {changed} of {of} coefficients concluded differently at {level:.0%}; "
            "hypotheses that change: {names}",
            exercise=EXERCISE_NAMES[self.exercise],
            changed=int(both["conclusion_changes"].sum()),
            of=len(both),
            level=self.level,
            names=some_of(changed) if changed else named(()),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per varied equation and term, before beside after.

        ``compared`` is false for a term that one of the two equations lacks.
        """
        before = self.baseline.to_frame().set_index(["outcome", "model", "term"])
        after = self.varied.to_frame()
        after = after[after["term"] != CONSTANT].reset_index(drop=True)
        key = pd.MultiIndex.from_arrays(
            [after["outcome"], after["model"].str.split(SEPARATOR).str[0], after["term"]]
        )
        old = before.reindex(key).reset_index(drop=True)
        compared = old["coefficient"].notna()
        was = _side(old["coefficient"], old["p"], self.level)
        now = _side(after["coefficient"], after["p"], self.level)
        return pd.DataFrame(
            {
                "outcome": after["outcome"],
                "model": after["model"],
                "term": after["term"],
                "coefficient_before": old["coefficient"],
                "t_before": old["t"],
                "stars_before": old["stars"].fillna(""),
                "coefficient": after["coefficient"],
                "t": after["t"],
                "stars": after["stars"],
                "compared": compared,
                "conclusion_changes": compared & (was != now),
            }
        )

    def changed_verdicts(self) -> dict[str, tuple[Verdict, Verdict]]:
        """Hypothesis → verdict before and after, where they differ."""
        after = self.verdicts_after.overall
        return {
            name: (verdict, after[name])
            for name, verdict in self.verdicts_before.overall.items()
            if after[name] != verdict
        }


@result
class RobustnessChecks(Result):
    """Every exercise that the data allow.

    Attributes
    ----------
    exercises
        In the paper's order.
    skipped
        Exercise → why it could not be done.
    labels
        Exercise → what it is called, in English and Japanese; ``before`` for the equations varied.
    section
        Where the paper describes them, in English and Japanese.
    """

    exercises: tuple[Robustness, ...]
    skipped: Mapping[str, str]
    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    section: tuple[str, str] = ("", "")

    def headline(self) -> Message:
        """Which conclusions about hypotheses hold in every exercise."""
        if not self.exercises:
            return say(
                "no exercise could be done: {names}",
                names=some_of(EXERCISE_NAMES[name] for name in self.skipped),
            )
        moved = {name for one in self.exercises for name in one.changed_verdicts()}
        held = [n for n in self.exercises[0].verdicts_before.overall if n not in moved]
        return say(
            "{exercises:count(exercise)}; verdicts that hold in all: {held}; that change in some: "
            "{moved}",
            exercises=len(self.exercises),
            held=named(held),
            moved=named(sorted(moved)),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per exercise and hypothesis."""
        rows = [
            {
                "exercise": one.exercise,
                "hypothesis": name,
                "verdict_before": verdict,
                "verdict_after": one.verdicts_after.overall[name],
            }
            for one in self.exercises
            for name, verdict in one.verdicts_before.overall.items()
        ]
        columns = ["exercise", "hypothesis", "verdict_before", "verdict_after"]
        return pd.DataFrame(rows, columns=columns)

    def __getitem__(self, exercise: str) -> Robustness:
        for one in self.exercises:
            if one.exercise == exercise:
                return one
        reason = self.skipped.get(exercise, "")
        if reason:
            raise ParameterError(
                say(
                    "The exercise {exercise!r} was skipped: {reason}. Expected one of {exercises}.",
                    exercise=exercise,
                    reason=reason,
                    exercises=listed(one.exercise for one in self.exercises),
                )
            )
        raise ParameterError(
            say(
                "No exercise {exercise!r}. Expected one of {exercises}.",
                exercise=exercise,
                exercises=listed(one.exercise for one in self.exercises),
            )
        )


def check_robustness(
    baseline: Fits,
    variables: RegionalVariables,
    hypotheses: Sequence[Hypothesis],
    accounts: pd.DataFrame | None = None,
    *,
    level: float = LEVEL,
    rule: Rule = "most",
    progress: Callable[[int, int], None] | None = None,
) -> RobustnessChecks:
    """Do every exercise that the data allow; say which they do not, and why.

    Parameters
    ----------
    baseline
        The equations to vary.
    variables
        What they were estimated on.
    hypotheses
        Whose verdicts are compared.
    accounts
        Regional accounts, one row per area, for the institutes and plants of the prefectures.
    level, rule
        As in ``examine``.
    progress
        Called with the number of exercises done and in all.
    """
    done, skipped = [], {}
    for at, (name, exercise) in enumerate(EXERCISES.items(), start=1):
        try:
            done.append(
                exercise(baseline, variables, hypotheses, accounts=accounts, level=level, rule=rule)
            )
        except ShusekiError as error:
            skipped[name] = str(error)
        if progress is not None:
            progress(at, len(EXERCISES))
    return RobustnessChecks(
        exercises=tuple(done),
        skipped=MappingProxyType(skipped),
        labels=LABELS,
        section=("section 5-1", "5-1節"),
        notes=tuple(
            say("{name} was not done: {reason}", name=EXERCISE_NAMES[name], reason=reason)
            for name, reason in skipped.items()
        ),
        sources=(*baseline.sources, SECTION_5_1),
    )


def profit_separately(
    baseline: Fits,
    variables: RegionalVariables,
    hypotheses: Sequence[Hypothesis],
    *,
    accounts: pd.DataFrame | None = None,
    level: float = LEVEL,
    rule: Rule = "most",
) -> Robustness:
    """Enter the profit variables one at a time (p. 12)."""
    designs = [
        replace(design.without(*(name for name in PROFIT if name != kept)),
                model=f"{design.model}{SEPARATOR}{kept} only")
        for design in _designs(baseline)
        for kept in PROFIT
        if set(PROFIT) <= set(design.terms)
    ]  # fmt: skip
    if not designs:
        raise ParameterError(
            say(
                "No equation holds both {profit}. Expected at least one to vary.",
                profit=" and ".join(PROFIT),
            )
        )
    return _compare(
        "profit_separately",
        say("Do the profit variables matter when each is entered alone?"),
        baseline, designs, variables, hypotheses, level, rule,
    )  # fmt: skip


def institutes_by_prefecture(
    baseline: Fits,
    variables: RegionalVariables,
    hypotheses: Sequence[Hypothesis],
    *,
    accounts: pd.DataFrame | None = None,
    level: float = LEVEL,
    rule: Rule = "most",
) -> Robustness:
    """Count research institutes over the prefecture (p. 13)."""
    needed = ["research_institutes_1996", "plants_1996"]
    if not variables.area_groups:
        raise DataError(
            say(
                "The variables have no prefectures of the areas. Expected one each. Pass "
                "area_groups to regional_variables."
            )
        )
    lacking = needed if accounts is None else [c for c in needed if c not in accounts.columns]
    if accounts is None or lacking:
        raise DataError(
            say(
                "The accounts have no {lacking}. Expected institutes and plants of every area. "
                "Pass the accounts.",
                lacking=examples(lacking),
            )
        )
    own = accounts.set_axis(accounts.index.astype(str)).reindex(list(variables.areas))[needed]
    prefecture = pd.Series(variables.area_groups, index=own.index)
    sums = own.astype(float).groupby(prefecture).transform(lambda v: v.sum(min_count=1))
    wider = variables.with_columns(INST=sums[needed[0]] / sums[needed[1]])
    return _compare(
        "institutes_by_prefecture",
        say("Do research institutes matter over the whole prefecture?"),
        baseline, _designs(baseline), wider, hypotheses, level, rule,
        say("INST is that of the prefecture's districts together."),
    )  # fmt: skip


def without_metropolitan(
    baseline: Fits,
    variables: RegionalVariables,
    hypotheses: Sequence[Hypothesis],
    *,
    accounts: pd.DataFrame | None = None,
    level: float = LEVEL,
    rule: Rule = "most",
) -> Robustness:
    """Leave the metropolitan districts out (p. 13)."""
    if "metropolitan" not in variables.frame.columns:
        raise DataError(
            say(
                "The variables have no column 'metropolitan'. Expected true or false for every "
                "area. Add it to the accounts, or with variables.with_columns(metropolitan=...)."
            )
        )
    designs = [
        replace(design, exclude=(*design.exclude, "metropolitan")) for design in _designs(baseline)
    ]
    return _compare(
        "without_metropolitan",
        say("Do the metropolitan districts drive the result?"),
        baseline, designs, variables, hypotheses, level, rule,
    )  # fmt: skip


def largest_industry(
    baseline: Fits,
    variables: RegionalVariables,
    hypotheses: Sequence[Hypothesis],
    *,
    accounts: pd.DataFrame | None = None,
    level: float = LEVEL,
    rule: Rule = "most",
) -> Robustness:
    """Put dummies of the largest industry in the place of HITECH (p. 13)."""
    if "largest_industry" not in variables.frame.columns:
        raise DataError(
            say(
                "The variables have no column 'largest_industry'. Expected the name of each "
                "area's largest industry, {industries} or other. Add it to the accounts.",
                industries=listed(INDUSTRIES),
            )
        )
    largest = variables.frame["largest_industry"]
    unknown = largest.isna()
    dummies = {
        f"LARGEST_{name.upper()}": (largest == name).astype(float).mask(unknown)
        for name in INDUSTRIES
        if (largest == name).any()
    }
    if not dummies:
        raise DataError(
            say(
                "The largest industry is {largest} everywhere. Expected some of {industries}.",
                largest=examples(largest.unique()),
                industries=listed(INDUSTRIES),
            )
        )
    designs = [design.replacing("HITECH", *dummies) for design in _designs(baseline)]
    return _compare(
        "largest_industry",
        say("Does the industry mix matter beyond its high-tech share?"),
        baseline, designs, variables.with_columns(**dummies), hypotheses, level, rule,
        say("Dummies: {names}; all other districts are the base.", names=named(dummies)),
        *(
            [
                say(
                    "Left out, largest industry unknown: {areas}.",
                    areas=some_of(largest.index[unknown]),
                )
            ]
            if unknown.any() else []
        ),
    )  # fmt: skip


EXERCISES: Mapping[str, Callable[..., Robustness]] = MappingProxyType(
    {
        "profit_separately": profit_separately,
        "institutes_by_prefecture": institutes_by_prefecture,
        "without_metropolitan": without_metropolitan,
        "largest_industry": largest_industry,
    }
)
"""The exercises of section 5-1, in the paper's order."""


LABELS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "before": ("In the tables", "元の推定"),
        "profit_separately": ("Profit variables separately", "期待利益の変数を別々に"),
        "institutes_by_prefecture": ("Institutes by prefecture", "研究機関を都道府県で"),
        "without_metropolitan": ("Without metropolitan areas", "大都市圏を除く"),
        "largest_industry": ("Largest industry for HITECH", "最大産業ダミー"),
    }
)


# ---- comparing --------------------------------------------------------------------------------


def _designs(fits: Fits) -> list[Design]:
    return [fit.design for fit in fits.fits]


def _compare(
    exercise: str,
    question: Message,
    baseline: Fits,
    designs: Sequence[Design],
    variables: RegionalVariables,
    hypotheses: Sequence[Hypothesis],
    level: float,
    rule: Rule,
    *notes: Message,
) -> Robustness:
    varied = estimate_all(designs, variables)
    return Robustness(
        exercise=exercise,
        question=question,
        baseline=baseline,
        varied=varied,
        verdicts_before=examine(baseline, hypotheses, level=level, rule=rule),
        verdicts_after=examine(varied, hypotheses, level=level, rule=rule),
        level=level,
        notes=notes,
        sources=(*baseline.sources, SECTION_5_1),
    )


def _side(coefficient: pd.Series, p: pd.Series, level: float) -> pd.Series:
    """−1, 0 or 1: significantly negative, not significant, significantly positive."""
    return pd.Series(np.where(p <= level, np.sign(coefficient), 0.0), index=coefficient.index)
