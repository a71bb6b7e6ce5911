"""How many of the births in the records are births, by a sample that was verified?

The user's sample has one row for each candidate: a plant that looks new, or whose number may have
passed to a new one. Some were verified, by telephone or in a second register. From them the births
of every area are imputed (``entry.misclassification``, ``entry.imputation``), and rates and
equations get intervals that know what the records do not show.

Takes: ``sample`` with ``area``; ``new`` (1, 0, empty where not verified); optional ``pattern``
(which traces it has; all alike by default) and ``counted`` (1 where the records count it as a
birth, the default, or 0). ``outcome`` names the rate that is corrected, the first of the accounts
by default; the sample has a row for every birth that it counts.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from shuseki.arrays import Floats
from shuseki.entry.imputation import corrected_rates, pool_fit
from shuseki.entry.misclassification import (
    NEW,
    NOT_NEW,
    NOT_VERIFIED,
    Candidates,
    verified_shares,
)
from shuseki.errors import DataError, examples
from shuseki.language import listed, say
from shuseki.reading.tables import read_table
from shuseki.report.blocks import Block, Section
from shuseki.results import Result
from shuseki.sources import USER
from shuseki.study.chapter import Chapter, Options, Running, Told
from shuseki.study.chapters.accounts import definitions_of
from shuseki.study.chapters.equation import estimated
from shuseki.study.chapters.neighbours import Answers

__all__ = ["UNSEEN", "Unseen", "candidates_of"]


class Unseen(Options):
    """A verified sample of births, and what it corrects."""

    sample: Path
    outcome: str | None = None
    draws: int = Field(default=200, ge=20)
    seed: int = 0


def candidates_of(sample: pd.DataFrame, areas: Sequence[str]) -> Candidates:
    """Candidates from the table of a user.

    Parameters
    ----------
    sample
        ``area``, ``new``, and ``pattern`` and ``counted`` where they are there.
    areas
        Codes; other areas are outside.

    Raises
    ------
    DataError
        A column is not there, a value is none of those expected, or no area is known.

    Examples
    --------
    >>> sample = pd.DataFrame({"area": ["001", "001", "002"], "new": [1, None, 0]})
    >>> candidates_of(sample, ["001", "002"]).status.tolist()
    [1, -1, 0]
    """
    absent = [name for name in ("area", "new") if name not in sample.columns]
    if absent:
        raise DataError(
            say(
                "The sample has no column {absent}. Found {columns}. Expected area and new (1, 0, "
                "or empty where it was not verified). Add it.",
                absent=examples(absent),
                columns=examples(map(str, sample.columns)),
            )
        )
    new = _zero_or_one(sample, "new")
    counted = np.ones(len(sample))
    if "counted" in sample.columns:
        counted = _zero_or_one(sample, "counted")
        if np.isnan(counted).any():
            raise DataError(
                say(
                    "counted is empty in rows {rows}. Expected 1 where the records count the plant "
                    "as a birth, 0 where not. Fill it in.",
                    rows=examples(np.flatnonzero(np.isnan(counted))),
                )
            )
    pattern = pd.Series("all candidates", sample.index)
    if "pattern" in sample.columns:
        pattern = sample["pattern"].astype("object").fillna("(none)").astype(str)
    of_pattern, patterns = pd.factorize(pattern, sort=True)
    area = pd.Index(areas).get_indexer(pd.Index(sample["area"].astype(str)))
    if not (area >= 0).any():
        raise DataError(
            say(
                "No area of the sample is one of the study's. Found {found}. Expected codes such "
                "as {known}. Correct the column area.",
                found=examples(sample["area"].astype(str).unique()),
                known=examples(areas),
            )
        )
    return Candidates(
        area=np.asarray(area, dtype=np.int64),
        pattern=np.asarray(of_pattern, dtype=np.int64),
        status=np.where(np.isnan(new), NOT_VERIFIED, np.where(new == 1, NEW, NOT_NEW)),
        counted=counted == 1,
        areas=tuple(areas),
        patterns=tuple(patterns),
        sources=(USER,),
    )


def _zero_or_one(sample: pd.DataFrame, column: str) -> Any:
    """Ones and noughts; nan where it is empty."""
    given = sample[column].replace("", None)
    number = pd.to_numeric(given, errors="coerce").astype(float)
    wrong = given.notna() & ~number.isin([0.0, 1.0])
    if wrong.any():
        raise DataError(
            say(
                "{column} of {n:count(row)} is neither 1 nor 0: {values}. Expected 1, 0 or "
                "nothing. Correct them.",
                column=column,
                n=int(wrong.sum()),
                values=examples(given[wrong].astype(str).unique()),
            )
        )
    return number.to_numpy()


def _same(outcome: str, areas: Sequence[str], own: Floats, sample: Floats) -> None:
    """The sample must count the births that the outcome counts."""
    apart = np.flatnonzero(~np.isclose(own, sample, rtol=1e-6))
    if len(apart):
        k = int(apart[0])
        raise DataError(
            say(
                "{outcome} of the records and of the sample differ in {n} of {of:count(area)}: "
                "{area} has {own:g} and {sample:g}. Expected a row for every birth that the "
                "records count, with counted = 1. Complete the sample.",
                outcome=outcome,
                n=len(apart),
                of=len(areas),
                area=areas[k],
                own=float(own[k]),
                sample=float(sample[k]),
            )
        )


class UnseenChapter(Chapter[Unseen, Answers]):
    """Correct births by a verified sample."""

    name = "unseen"
    about = say("Births corrected by a sample of candidates that you verified.")
    options = Unseen
    needs = ("accounts", "entry")

    def check(self, asked: Unseen, study: Any) -> Iterator[str]:
        """There must be a rate of births."""
        if not (study.has("accounts") or study.has("entry")):
            yield say("corrects rates, but there is no table [accounts]. Add one.")
            return
        known = [
            one.name for one in definitions_of(study).outcomes if one.counts.startswith("births")
        ]
        if (asked.outcome or next(iter(known), None)) not in known:
            yield say(
                "outcome: unknown {outcome!r}. Expected one of {known}.",
                outcome=asked.outcome,
                known=listed(known),
            )

    def run(self, asked: Unseen, running: Running) -> Answers:
        """Impute births, divide, and estimate the equations again."""
        rates = running.answers["accounts"]
        areas = [str(area) for area in rates.variables.areas]
        with running.manifest.step(say("correct births by the verified sample")) as entry:
            running.manifest.add_input(asked.sample)
            sample = read_table(
                asked.sample,
                codes=["area"],
                text=["pattern"],
                encoding=running.study.study.encoding,
            )
            candidates = candidates_of(sample, areas)
            outcome = next(
                one
                for one in rates.variables.definitions.outcomes
                if one.counts.startswith("births") and asked.outcome in (None, one.name)
            )
            divisor = np.ones(len(areas))
            if outcome.denominator:
                divisor = rates.accounts[outcome.denominator].reindex(areas).to_numpy(dtype=float)
            corrected = corrected_rates(
                candidates, divisor, per=int(outcome.per), draws=asked.draws, seed=asked.seed
            )
            own = rates.variables.column(outcome.name).to_numpy(dtype=float)
            _same(outcome.name, areas, own, corrected.observed)
            found: dict[str, Result] = {
                "verified_shares": verified_shares(candidates),
                "corrected_rates": corrected,
            }
            fits = running.answers["entry"].fits.fits if "entry" in running.answers else ()
            for fit in fits:
                if fit.design.outcome == outcome.name:
                    found[f"corrected_{outcome.name}_{fit.design.model}".lower()] = pool_fit(
                        fit, corrected
                    )
            entry["candidates"] = len(sample)
            entry["verified"] = int((candidates.status != NOT_VERIFIED).sum())
        return Answers(found)

    def results(self, answer: Answers) -> dict[str, Result]:
        """Shares that are new, corrected rates, and equations on them."""
        return dict(answer.found)

    def sections(self, answer: Answers, told: Told) -> Iterator[Section]:
        """What the sample corrects."""
        first = ("verified_shares", "corrected_rates")
        blocks: list[Block] = [answer.found[name] for name in first]
        fits = {name: one for name, one in answer.found.items() if name not in first}
        if fits:
            blocks += estimated(fits, told)
        yield Section(say("Births by a verified sample"), blocks)


UNSEEN = UnseenChapter()
