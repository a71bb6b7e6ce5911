"""Which candidates were set aside, at which step, and how many?

A funnel starts from candidates and takes away, step by step, those that do not qualify. At each
step: left = left before − set aside. What is left at the end is divided into groups. Beside each
count may stand the one that a paper printed.

Takes: counts. Gives: a ``Funnel``, a table of steps. Checked against: Okamuro (2006), pp. 5–7,
whose own chain contradicts itself in one step (26,634 − 6,411 ≠ 19,923).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from shuseki.errors import DataError, ParameterError
from shuseki.language import Message, listed, say
from shuseki.language.names import TwoNames
from shuseki.results import Result, result

__all__ = ["Funnel", "Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a funnel.

    Attributes
    ----------
    name
        Short and stable, e.g. ``"seen earlier"``; printed counts refer to it.
    says, says_ja
        What happens at this step, for readers, in English and Japanese.
    set_aside
        Candidates that leave here; 0 at the first step.
    left
        Candidates that remain.
    """

    name: str
    says: str
    says_ja: str
    set_aside: int
    left: int
    printed_set_aside: int | None = None
    printed_left: int | None = None


@result
class Funnel(Result):
    """Steps from candidates to what is counted.

    Attributes
    ----------
    steps
        The first holds all candidates.
    groups
        Name of a group → how many of those left belong to it.
    printed_groups
        The same as printed.
    """

    steps: tuple[Step, ...]
    groups: Mapping[str, int]
    printed_groups: Mapping[str, int]

    def __post_init__(self) -> None:
        for before, step in zip(self.steps, self.steps[1:], strict=False):
            if before.left - step.set_aside != step.left:
                raise DataError(
                    say(
                        "Step {step!r} does not add up: {left:,} − {set_aside:,} ≠ {left_2:,}. "
                        "Expected every candidate to be left or set aside.",
                        step=step.name,
                        left=before.left,
                        set_aside=step.set_aside,
                        left_2=step.left,
                    )
                )

    @property
    def candidates(self) -> int:
        """How many the funnel starts from."""
        return self.steps[0].left

    @property
    def left(self) -> int:
        """How many remain after the last step."""
        return self.steps[-1].left

    def step(self, name: str) -> Step:
        """One step by its name."""
        for step in self.steps:
            if step.name == name:
                return step
        raise ParameterError(
            say(
                "The funnel has no step {name!r}. Expected one of {steps}.",
                name=name,
                steps=listed(repr(step.name) for step in self.steps),
            )
        )

    def with_printed(
        self,
        *,
        left: Mapping[str, int] | None = None,
        set_aside: Mapping[str, int] | None = None,
        groups: Mapping[str, int] | None = None,
    ) -> "Funnel":
        """Put the counts that a paper printed beside those obtained, by step name."""
        left, set_aside = left or {}, set_aside or {}
        for name in (*left, *set_aside):
            self.step(name)
        steps = tuple(
            replace(
                step,
                printed_left=left.get(step.name, step.printed_left),
                printed_set_aside=set_aside.get(step.name, step.printed_set_aside),
            )
            for step in self.steps
        )
        return Funnel(
            steps=steps,
            groups=self.groups,
            printed_groups=dict(groups or self.printed_groups),
            notes=self.notes,
            sources=self.sources,
        )

    def headline(self) -> Message:
        """From how many to how many, and where most were set aside."""
        if len(self.steps) < 2:
            return say("{n:,} candidates → {left:,} left", n=self.candidates, left=self.left)
        most = max(self.steps[1:], key=lambda step: step.set_aside)
        return say(
            "{n:,} candidates → {left:,} left; most set aside: {step} ({aside:,})",
            n=self.candidates,
            left=self.left,
            step=TwoNames(most.says, most.says_ja),
            aside=most.set_aside,
        )

    def to_frame(self, lang: str = "en") -> pd.DataFrame:
        """One row per step, then one per group.

        ``left_share`` is left over candidates, for a group its share of what is left. Printed
        counts and the difference to them are there when ``with_printed`` gave some. ``lang``
        is the language of ``step``, ``"en"`` or ``"ja"``.
        """
        rows = [
            {
                "step": step.says_ja if lang == "ja" else step.says,
                "set_aside": step.set_aside,
                "left": step.left,
                "left_share": step.left / self.candidates if self.candidates else float("nan"),
                "printed_set_aside": step.printed_set_aside,
                "printed_left": step.printed_left,
            }
            for step in self.steps
        ]
        rows += [
            {
                "step": group_words(group, lang),
                "set_aside": 0,
                "left": count,
                "left_share": count / self.left if self.left else float("nan"),
                "printed_set_aside": None,
                "printed_left": self.printed_groups.get(group),
            }
            for group, count in self.groups.items()
        ]
        frame = pd.DataFrame(rows)
        printed = ["printed_set_aside", "printed_left"]
        frame[printed] = frame[printed].astype("Int64")
        if frame[printed].isna().all(axis=None):
            return frame.drop(columns=printed)
        return frame.assign(
            difference_set_aside=frame["set_aside"].astype("Int64") - frame["printed_set_aside"],
            difference_left=frame["left"].astype("Int64") - frame["printed_left"],
        )


GROUPS_JA = {"high": "ハイテク業種", "low": "ローテク業種"}
GROUPS_EN = {"high": "high technology", "low": "low technology"}


def group_words(group: str, lang: str) -> str:
    """Name a group for readers: the two of the paper have names, others are themselves."""
    if lang == "ja":
        return f"うち{GROUPS_JA.get(group, group)}"
    return f"of these: {GROUPS_EN.get(group, group)}"
