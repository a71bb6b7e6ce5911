"""Which hypotheses does the evidence support?

A hypothesis names variables and the sign it expects of each; versions that exclude each other
name one another. The evidence is every equation in which the variable stands: estimates of ours,
or a printed table with its stars.

The rule, the same for every hypothesis:

1. An equation speaks *for* a variable when its coefficient has the expected sign and is
   significant (10%, two-sided), *against* it when significant with the other sign.
2. For an outcome, a variable is supported when more than half of the equations in which it stands
   speak for it; it is contradicted when more than half speak against it.
3. For an outcome, a hypothesis is supported when all its variables are, contradicted when all are
   contradicted, and otherwise not supported.
4. Overall, it is supported (contradicted) when it is so for more than half of the outcomes.

On the printed tables 4-6 this is the paper's own reading (p. 16): 3a, 4b, 6 and 7 supported; 1,
2, 3b, 4a and 5 not. In particular WAGE, significant only where mean plant size is not controlled
for (one model of two), falls short of more than half, as the paper argues on p. 14; and INST,
significant in one equation of three, falls short too. ``under`` shows what the other rules say:
"any" equation would support hypothesis 5 for all manufacturing, "all" would drop 3a there.

Takes: ``Fits``, or a table of coefficients and p-values. Gives: ``Verdicts``.
Sources: Okamuro (2006), section 4-2 (pp. 9-11) and p. 16.
Limits: counting equations is not a joint test; the models share rows and most terms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Literal

import pandas as pd
from typing_extensions import TypedDict

from shuseki.entry.definitions import CONSTANT, Definitions
from shuseki.entry.ols import Fits
from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import Message, joined, listed, say
from shuseki.language.names import named
from shuseki.reading.toml import check_shape, only_tables, read_toml
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = [
    "LEVEL",
    "RULES",
    "Hypothesis",
    "Verdict",
    "Verdicts",
    "evidence_of",
    "examine",
    "read_hypotheses",
]

LEVEL = 0.10
"""Significance level, two-sided: the weakest that the paper stars."""

Rule = Literal["any", "most", "all"]
RULES: tuple[Rule, ...] = ("any", "most", "all")
"""How many of the equations must speak: at least one, more than half, every one."""

Verdict = Literal["supported", "contradicted", "not supported", "not tested"]


@dataclass(frozen=True)
class Hypothesis:
    """What was expected.

    Attributes
    ----------
    id
        Number, and letter of the version.
    says, says_ja
        In words.
    expects
        Variable → ``"+"`` or ``"-"``.
    alternative_to
        The version that excludes it; empty when there is none.
    page
        Where it stands.
    """

    id: str
    says: str
    says_ja: str
    expects: Mapping[str, str]
    alternative_to: str = ""
    page: str = ""

    def __post_init__(self) -> None:
        wrong = [sign for sign in self.expects.values() if sign not in ("+", "-")]
        if wrong or not self.expects:
            raise DataError(
                say(
                    "Hypothesis {id} expects {expects}. Expected at least one variable, each with "
                    "'+' or '-'. Correct it.",
                    id=self.id,
                    expects=dict(self.expects),
                )
            )


@result
class Verdicts(Result):
    """What the evidence says of each hypothesis.

    Attributes
    ----------
    hypotheses
        What was expected.
    by_outcome
        One row per hypothesis and outcome: ``hypothesis``, ``outcome``, ``verdict``, ``counts``
        (equations for, against and in all, per variable).
    overall
        Hypothesis → verdict.
    evidence
        One row per equation and variable: ``outcome``, ``model``, ``variable``, ``coefficient``,
        ``p``.
    level, rule
        By which it was judged.
    printed
        Hypothesis → what a paper says; ``None`` without one.
    elsewhere
        The paper, where it says it of other data; empty where it is of the same.
    definitions
        What outcomes and variables are.
    """

    hypotheses: tuple[Hypothesis, ...]
    by_outcome: pd.DataFrame
    overall: Mapping[str, Verdict]
    evidence: pd.DataFrame
    level: float = LEVEL
    rule: Rule = "most"
    printed: Mapping[str, Verdict] | None = None
    elsewhere: str = ""
    definitions: Definitions = field(default_factory=Definitions)

    def headline(self) -> Message:
        """Which are supported, and which not."""
        yes = [name for name, verdict in self.overall.items() if verdict == "supported"]
        untested = [name for name, verdict in self.overall.items() if verdict == "not tested"]
        no = [name for name in self.overall if name not in (*yes, *untested)]
        parts = [
            say("supports {names}", names=named(yes)),
            say("does not support {names}", names=named(no)),
        ]
        if untested:
            parts.append(say("not tested: {names}", names=named(untested)))
        agrees = self.agrees()
        if self.printed and self.elsewhere:
            parts.append(
                say(
                    "{same} of {n} as {paper} states of its own data",
                    same=sum(agrees.values()),
                    n=len(agrees),
                    paper=self.elsewhere,
                )
            )
        elif self.printed:
            parts.append(say("{same} of {n} as printed", same=sum(agrees.values()), n=len(agrees)))
        return joined(parts, "; ")

    def to_frame(self) -> pd.DataFrame:
        """One row per hypothesis, one column per outcome, the overall verdict, and the print."""
        wide = self.by_outcome.pivot_table(
            index="hypothesis", columns="outcome", values="verdict", aggfunc="first", sort=False
        )
        wide.columns.name = None
        frame = pd.DataFrame(
            {
                "hypothesis": [h.id for h in self.hypotheses],
                "says": [h.says for h in self.hypotheses],
                "says_ja": [h.says_ja for h in self.hypotheses],
                "expects": [_signs(h) for h in self.hypotheses],
            }
        ).join(wide, on="hypothesis")
        frame["overall"] = frame["hypothesis"].map(dict(self.overall))
        if self.printed:
            frame["printed"] = frame["hypothesis"].map(dict(self.printed))
        return frame

    def agrees(self) -> dict[str, bool]:
        """Whether each overall verdict is the paper's; a contradicted one is not supported.

        Those that could not be tested are left out.
        """
        return {
            name: (self.overall[name] == "supported") == (verdict == "supported")
            for name, verdict in (self.printed or {}).items()
            if self.overall.get(name, "not tested") != "not tested"
        }

    def beside(self, stated: Mapping[str, Verdict], elsewhere: str = "") -> "Verdicts":
        """Put the verdicts that a paper states beside; ``elsewhere`` names one of other data."""
        return replace(self, printed=MappingProxyType(dict(stated)), elsewhere=elsewhere)

    def under(
        self, *, level: Sequence[float] = (0.01, 0.05, 0.10), rule: Sequence[Rule] = RULES
    ) -> pd.DataFrame:
        """Overall verdicts under other levels and rules: one row per pair."""
        rows = []
        for one_rule in rule:
            for one_level in level:
                verdicts = examine(
                    self.evidence, self.hypotheses, level=one_level, rule=one_rule
                ).overall
                rows.append({"rule": one_rule, "level": one_level, **verdicts})
        return pd.DataFrame(rows)


def examine(
    evidence: Fits | pd.DataFrame,
    hypotheses: Sequence[Hypothesis],
    *,
    level: float = LEVEL,
    rule: Rule = "most",
) -> Verdicts:
    """Judge hypotheses by equations.

    Parameters
    ----------
    evidence
        Estimated equations, or a table with the columns ``outcome``, ``model``,
        ``variable``, ``coefficient`` and ``p``.
    hypotheses
        What was expected.
    level
        Two-sided significance level, between 0 and 1.
    rule
        How many of a variable's equations must speak for it: ``"any"``, ``"most"`` (more than
        half) or ``"all"``.

    Returns
    -------
    Verdicts

    Raises
    ------
    ParameterError
        A level outside (0, 1), an unknown rule, no hypotheses.
    DataError
        Evidence without its columns.

    Notes
    -----
    Okamuro (2006), p. 16 states the verdicts; the rule is ours and says so.
    """
    if not 0 < level < 1:
        raise ParameterError(
            say(
                "The level is {level}. Expected a number between 0 and 1.",
                level=level,
            )
        )
    if rule not in RULES:
        raise ParameterError(
            say(
                "Unknown rule {rule!r}. Expected one of {rules}.",
                rule=rule,
                rules=listed(RULES),
            )
        )
    if not hypotheses:
        raise ParameterError(say("No hypotheses were given. Expected at least one."))
    table, notes, sources = _as_table(evidence)
    counted = _count(table, level)
    rows = []
    overall: dict[str, Verdict] = {}
    for hypothesis in hypotheses:
        verdicts: list[Verdict] = []
        for outcome in dict.fromkeys(table["outcome"]):
            verdict, counts = _judge(counted, str(outcome), hypothesis, rule)
            verdicts.append(verdict)
            rows.append((hypothesis.id, outcome, verdict, counts))
        overall[hypothesis.id] = _majority(verdicts)
    return Verdicts(
        hypotheses=tuple(hypotheses),
        by_outcome=pd.DataFrame(rows, columns=["hypothesis", "outcome", "verdict", "counts"]),
        overall=MappingProxyType(overall),
        evidence=table,
        level=level,
        rule=rule,
        definitions=evidence.fits[0].definitions if isinstance(evidence, Fits) else Definitions(),
        notes=(note_rule(rule, level), *notes),
        sources=sources,
    )


def note_rule(rule: Rule, level: float) -> Message:
    """Say by which rule hypotheses are judged."""
    if rule == "any":
        supported = say(
            "A variable is supported when at least one of the equations in which it stands is "
            "significant at {level:.0%} with the expected sign",
            level=level,
        )
    elif rule == "most":
        supported = say(
            "A variable is supported when more than half of the equations in which it stands are "
            "significant at {level:.0%} with the expected sign",
            level=level,
        )
    else:
        supported = say(
            "A variable is supported when every one of the equations in which it stands is "
            "significant at {level:.0%} with the expected sign",
            level=level,
        )
    return say(
        "{supported}; a hypothesis needs all its variables, and more than half of the outcomes.",
        supported=supported,
    )


class HypothesisEntry(TypedDict, total=False):
    """What a hypothesis has."""

    id: str
    says: str
    says_ja: str
    expects: dict[str, str]
    alternative_to: str
    page: str


def read_hypotheses(file: Traversable) -> tuple[Hypothesis, ...]:
    """Read hypotheses from a TOML file of ``[[hypothesis]]`` tables.

    Raises
    ------
    DataError
        Missing or unknown keys, an id given twice, a version whose alternative is not there.
    """
    content = read_toml(file)
    check_shape(content, only_tables("hypothesis"), str(file))
    entries = content.get("hypothesis", [])
    known = {"id", "says", "says_ja", "expects", "alternative_to", "page"}
    for entry in entries:
        off = sorted({"id", "says", "says_ja", "expects"} - set(entry)) + sorted(set(entry) - known)
        if off:
            raise DataError(
                say(
                    "Hypothesis {entry!r} in {file}: missing or unknown keys {off}. Expected "
                    "{known}. Correct the file.",
                    entry=entry.get("id", "?"),
                    file=file,
                    off=examples(off),
                    known=listed(sorted(known)),
                )
            )
        check_shape(entry, HypothesisEntry, f"{file}: {entry['id']}")
    hypotheses = tuple(Hypothesis(**entry) for entry in entries)
    ids = [hypothesis.id for hypothesis in hypotheses]
    lost = [h.alternative_to for h in hypotheses if h.alternative_to not in ("", *ids)]
    repeated = sorted({name for name in ids if ids.count(name) > 1})
    if lost or repeated:
        raise DataError(
            say(
                "Hypotheses in {file}: given twice {repeated}; alternatives that are not there "
                "{lost}. Expected unique ids. Correct the file.",
                file=file,
                repeated=examples(repeated) or say("none"),
                lost=examples(lost) or say("none"),
            )
        )
    return hypotheses


def evidence_of(fits: Fits) -> pd.DataFrame:
    """One row per equation and term: outcome, model, variable, coefficient, p."""
    frame = fits.to_frame().rename(columns={"term": "variable"})
    return frame.loc[
        frame["variable"] != CONSTANT, ["outcome", "model", "variable", "coefficient", "p"]
    ].reset_index(drop=True)


# ---- counting -----------------------------------------------------------------------------------


def _as_table(
    evidence: Fits | pd.DataFrame,
) -> tuple[pd.DataFrame, tuple[str, ...], tuple[Source, ...]]:
    if isinstance(evidence, Fits):
        return evidence_of(evidence), evidence.notes, evidence.sources
    columns = ["outcome", "model", "variable", "coefficient", "p"]
    missing = [column for column in columns if column not in evidence.columns]
    if missing:
        raise DataError(
            say(
                "The evidence has no {missing}. Expected the columns {columns}.",
                missing=examples(missing),
                columns=listed(columns),
            )
        )
    return evidence[columns], (), ()


def _count(table: pd.DataFrame, level: float) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Outcome and variable → equations significant above zero, below zero, and in all."""
    counted: dict[tuple[str, str], tuple[int, int, int]] = {}
    for outcome, variable, b, p in zip(
        table["outcome"], table["variable"], table["coefficient"], table["p"], strict=True
    ):
        above, below, every = counted.get((outcome, variable), (0, 0, 0))
        counted[outcome, variable] = (
            above + (p <= level and b > 0),
            below + (p <= level and b < 0),
            every + 1,
        )
    return counted


def _judge(
    counted: Mapping[tuple[str, str], tuple[int, int, int]],
    outcome: str,
    hypothesis: Hypothesis,
    rule: Rule,
) -> tuple[Verdict, str]:
    speaks_for, speaks_against, counts = [], [], []
    for variable, sign in hypothesis.expects.items():
        if (outcome, variable) not in counted:
            counts.append(f"{variable}: in no equation")
            continue
        above, below, every = counted[outcome, variable]
        yes, no = (above, below) if sign == "+" else (below, above)
        speaks_for.append(_enough(yes, every, rule))
        speaks_against.append(_enough(no, every, rule))
        counts.append(f"{variable}: {yes} for, {no} against, of {every}")
    text = "; ".join(counts)
    if not speaks_for:
        return "not tested", text
    if all(speaks_for):
        return "supported", text
    if all(speaks_against):
        return "contradicted", text
    return "not supported", text


def _enough(count: int, of: int, rule: Rule) -> bool:
    return {"any": count > 0, "most": 2 * count > of, "all": count == of}[rule]


def _majority(verdicts: Sequence[Verdict]) -> Verdict:
    tested = [verdict for verdict in verdicts if verdict != "not tested"]
    if not tested:
        return "not tested"
    for verdict in ("supported", "contradicted"):
        if 2 * tested.count(verdict) > len(tested):
            return verdict
    return "not supported"


def _signs(hypothesis: Hypothesis) -> str:
    return ", ".join(f"{name} {sign}" for name, sign in hypothesis.expects.items())
