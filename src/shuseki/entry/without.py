"""Would the verdicts stand without a few areas?

Some areas are unlike all others for a reason that the equations do not know: companies register
their head office in the capital, or in a town where nobody may live. The same equations are
estimated with all areas, without each set of such areas, and without all of them. No outlier rule
is applied: it might have left them out already, and then nothing would differ.

Takes: designs, the regional variables, hypotheses, sets of areas. Gives: ``WithoutAreas``: per set
the equations and the verdicts.
Limits: leaving out is no correction; what is registered in the wrong place stays there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from shuseki.entry.design import Design
from shuseki.entry.hypotheses import Hypothesis, Verdicts, examine
from shuseki.entry.ols import Fits, estimate_all
from shuseki.entry.variables import RegionalVariables
from shuseki.errors import ParameterError, UnknownCodeError, examples
from shuseki.language import Message, joined, say
from shuseki.language.names import TwoNames, named
from shuseki.results import Result, result

__all__ = ["AreaSet", "WithoutAreas", "without_areas"]

LEFT_OUT = "left_out_here"
"""Column of the variables that marks the areas of a set."""


@dataclass(frozen=True)
class AreaSet:
    """Areas to leave out together.

    Attributes
    ----------
    name, name_ja
        What they are called: ``Tokyo``.
    areas
        Their codes.
    """

    name: str
    areas: tuple[str, ...]
    name_ja: str = ""

    @property
    def kept(self) -> Message:
        """What is left without them."""
        if not self.areas:
            return say("all areas")
        return say("without {areas}", areas=TwoNames(self.name, self.name_ja or self.name))


@result
class WithoutAreas(Result):
    """The same equations with and without sets of areas.

    Attributes
    ----------
    sets
        What is left out in turn; the first is empty: all areas.
    fits
        The equations, one for each set.
    verdicts
        On the hypotheses, one for each set; empty without hypotheses.
    means
        Mean of each outcome over the areas that are left: ``set`` (position), ``outcome``,
        ``mean``, ``n``.
    """

    sets: tuple[AreaSet, ...]
    fits: tuple[Fits, ...]
    verdicts: tuple[Verdicts, ...]
    means: pd.DataFrame

    def changed(self) -> dict[str, list[str]]:
        """Hypothesis → names of the sets without which its verdict is another."""
        if not self.verdicts:
            return {}
        base = self.verdicts[0].overall
        found = {
            name: [
                one.name
                for one, judged in zip(self.sets[1:], self.verdicts[1:], strict=True)
                if judged.overall[name] != verdict
            ]
            for name, verdict in base.items()
        }
        return {name: sets for name, sets in found.items() if sets}

    def headline(self) -> Message:
        """Which verdicts change."""
        first = self.means[self.means["outcome"] == self.means["outcome"].iloc[0]]
        means = joined(
            [
                say("{mean:.2f} ({areas})", mean=mean, areas=one.kept)
                for one, mean in zip(self.sets, first["mean"], strict=True)
            ]
        )
        if not self.verdicts:
            return say("mean rate {means}", means=means)
        changed = self.changed()
        held = [name for name in self.verdicts[0].overall if name not in changed]
        return say(
            "verdicts that hold without any of these areas: {held}; that change: {changed}; mean "
            "rate {means}",
            held=named(held),
            changed=named(changed),
            means=means,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per set, equation and term."""
        rows = []
        for one, fits in zip(self.sets, self.fits, strict=True):
            frame = fits.to_frame()
            frame.insert(0, "left_out", one.name)
            frame.insert(1, "left_out_ja", one.name_ja or one.name)
            rows.append(frame)
        return pd.concat(rows, ignore_index=True)

    def verdict_frame(self) -> pd.DataFrame:
        """One row per hypothesis; ``verdict_0`` of all areas, ``verdict_1`` … without each set."""
        if not self.verdicts:
            return pd.DataFrame({"hypothesis": []})
        first = self.verdicts[0]
        return pd.DataFrame(
            {
                "hypothesis": [one.id for one in first.hypotheses],
                "says": [one.says for one in first.hypotheses],
                "says_ja": [one.says_ja for one in first.hypotheses],
                **{
                    f"verdict_{k}": [judged.overall[one.id] for one in first.hypotheses]
                    for k, judged in enumerate(self.verdicts)
                },
            }
        )


def without_areas(
    designs: Sequence[Design],
    variables: RegionalVariables,
    hypotheses: Sequence[Hypothesis],
    sets: Sequence[AreaSet],
) -> WithoutAreas:
    """Estimate and judge again without each set of areas, and without all sets together.

    Parameters
    ----------
    designs
        The equations.
    variables
        What they are estimated on.
    hypotheses
        To be judged; may be empty.
    sets
        Areas to leave out, at least one set.

    Raises
    ------
    ParameterError
        No sets, or two of one name.
    UnknownCodeError
        An area that the variables do not have.
    """
    if not sets:
        raise ParameterError(say("No sets of areas were given. Expected at least one."))
    names = [one.name for one in sets]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ParameterError(
            say(
                "Sets of areas named twice: {repeated}. Expected a name for each. Rename one.",
                repeated=examples(repeated),
            )
        )
    for one in sets:
        unknown = [code for code in one.areas if code not in variables.areas]
        if unknown:
            raise UnknownCodeError.among("area", unknown, list(variables.areas))
    every = [AreaSet("", ()), *sets]
    if len(sets) > 1:
        union = tuple(dict.fromkeys(code for one in sets for code in one.areas))
        both = " + ".join(names), " ＋ ".join(one.name_ja or one.name for one in sets)
        every.append(AreaSet(both[0], union, both[1]))
    fits, verdicts, means = [], [], []
    for k, one in enumerate(every):
        gone = pd.Series([code in one.areas for code in variables.areas], index=variables.areas)
        marked = variables.with_columns(**{LEFT_OUT: gone})
        here = [
            replace(design, exclude=(*design.exclude, LEFT_OUT), outliers="none")
            for design in designs
        ]
        fits.append(estimate_all(here, marked))
        if hypotheses:
            verdicts.append(examine(fits[-1], hypotheses))
        for outcome in variables.outcomes:
            rates = variables.column(outcome)[~gone.to_numpy()].dropna()
            means.append((k, outcome, float(rates.mean()), len(rates)))
    return WithoutAreas(
        sets=tuple(every),
        fits=tuple(fits),
        verdicts=tuple(verdicts),
        means=pd.DataFrame(means, columns=["set", "outcome", "mean", "n"]),
        notes=(
            say("No outlier rule is applied here: all other areas are in."),
            *(verdicts[0].notes if verdicts else ()),
        ),
        sources=variables.sources,
    )
