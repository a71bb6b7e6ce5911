"""Who stands where when the indicators weigh what the reader says?

The score of an area is the weighted mean of its standings (0 to 100, more is better) in the
indicators with a weight above 0. Two ranges stand beside the rank: what chance in the values would
do (90%, where a standard error is known), and what other weights of the same indicators would
(``profile.weightings``: none more than 60%).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field, create_model

from shuseki.app.places import DivisionName, area_codes, division_of
from shuseki.app.question import Asked, Label, Question, Reader
from shuseki.app.questions.areas import By
from shuseki.arrays import Floats
from shuseki.errors import ParameterError
from shuseki.geography.bundled import DISTRICTS
from shuseki.language import Message, say, told
from shuseki.profile.base import base_of
from shuseki.profile.indicators import Values, indicators, standings, values_of
from shuseki.profile.weightings import rank_range, scores
from shuseki.report.blocks import Block
from shuseki.report.tables import Table
from shuseki.report.words import Text

__all__ = ["WEIGHTS"]

MOST = 12
"""Indicators that may have a weight at once."""
AT_FIRST = ("productivity", "worker_growth", "entry_rate", "graduate_share")
"""Indicators that weigh alike until the reader says otherwise."""
DRAWS = 400
SEED = 1
Weight = Annotated[float, Field(ge=0, le=10)]


class ScoreAsked(Asked):
    """Areas of a division, or of one prefecture."""

    by: By = DISTRICTS
    prefecture: Annotated[str, Label(say("Prefecture"))] = ""

    def weights(self) -> dict[str, float]:
        """Weight of each indicator that has one."""
        given = {name: getattr(self, name) for name in known()}
        return {name: float(weight) for name, weight in given.items() if weight > 0}


def known() -> tuple[str, ...]:
    """Indicators that public statistics give."""
    return tuple(one.key for one in indicators().entries if one.formula is not None)


def _options() -> type[ScoreAsked]:
    labels = {one.key: one.label for one in indicators().entries}
    part = say("Weights, 0 to 10")
    fields: dict[str, Any] = {
        name: (Annotated[Weight, Label(labels[name], part=part)], float(name in AT_FIRST))
        for name in known()
    }
    return create_model("WeightsAsked", __base__=ScoreAsked, **fields)


WeightsAsked = _options()


@lru_cache(maxsize=4)
def _values(by: DivisionName) -> Values:
    return values_of(base_of(division_of(by)))


def _weights(asked: ScoreAsked, reader: Reader) -> Sequence[Block]:
    weights = asked.weights()
    if not weights or len(weights) > MOST:
        raise ParameterError(
            say(
                "{n} indicators have a weight. Expected 1 to {most}. {advice}",
                n=len(weights),
                most=MOST,
                advice=say("Set a weight above 0.") if not weights else say("Set some to 0."),
            )
        )
    values = _values(asked.by)
    columns = [values.column[name] for name in weights]
    inside = _inside(asked)
    signs = np.array([values.catalogue[name].sign for name in weights])
    value, error = values.value[inside][:, columns], values.error[inside][:, columns]
    weight = np.array(list(weights.values()))
    standing = standings(value * signs)
    score = scores(standing, weight)
    low, high = drawn_ranks(value * signs, error, weight)
    ranges = np.array([rank_range(standing, row, cap=1.0) for row in range(len(standing))])
    areas = division_of(asked.by)
    frame = pd.DataFrame(
        {
            "rank": pd.Series(score).rank(method="min", ascending=False),
            "rank_lower": low,
            "rank_upper": high,
            "least_rank": ranges[:, 0],
            "greatest_rank": ranges[:, 1],
            "area": np.array(areas.codes)[inside],
            "name": np.array(areas.names("en"))[inside],
            "name_ja": np.array(areas.names("ja"))[inside],
            "score": score.round(2),
            **{name: standing[:, k].round(1) for k, name in enumerate(weights)},
        }
    )
    frame = frame.sort_values(["rank", "area"], kind="stable", ignore_index=True)
    for column in ("rank", "rank_lower", "rank_upper", "least_rank", "greatest_rank"):
        frame[column] = frame[column].round().astype("Int64")
    return [_headline(frame, asked), _table(frame, weights, values)]


def _inside(asked: ScoreAsked) -> np.ndarray:
    """Rows of the areas that were asked for."""
    areas = division_of(asked.by)
    if not asked.prefecture:
        return np.arange(len(areas.codes))
    (code,) = area_codes("prefecture", (asked.prefecture,))
    members = areas.members
    there = set(members.loc[members["municipality"].str[:2] == code, "area"])
    return np.array([k for k, area in enumerate(areas.codes) if area in there], dtype=int)


def drawn_ranks(value: Floats, error: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Ranks between which 90% of the draws of the values lie, shape ``(areas,)``.

    Parameters
    ----------
    value, error
        More is better; shape ``(areas, K)``. An error of 0 leaves a value as it is.
    weight
        Shape ``(K,)``.
    """
    rng = np.random.default_rng(SEED)
    known_error = np.nan_to_num(error)
    if not known_error.any():
        order = pd.Series(scores(standings(value), weight)).rank(method="min", ascending=False)
        ranks = np.asarray(order, dtype=np.float64)
        return ranks, ranks
    found = np.empty((DRAWS, len(value)))
    for draw in range(DRAWS):
        moved = value + known_error * rng.standard_normal(value.shape)
        score = scores(standings(moved), weight)
        found[draw] = pd.Series(score).rank(method="min", ascending=False)
    unknown = np.isnan(found).any(axis=0)
    low, high = np.nanquantile(np.where(unknown, 1.0, found), [0.05, 0.95], axis=0)
    return np.where(unknown, np.nan, np.floor(low)), np.where(unknown, np.nan, np.ceil(high))


def _headline(frame: pd.DataFrame, asked: ScoreAsked) -> Text:
    first = frame.iloc[0]

    def said(name: str) -> Message:
        return say(
            "{name} is first of {areas:,} areas, with {score:.1f} of 100; other weights of these "
            "indicators give it rank {best} to {worst}",
            name=name,
            areas=int(frame["score"].notna().sum()),
            score=float(first["score"]),
            best=int(first["least_rank"]),
            worst=int(first["greatest_rank"]),
        )

    return (str(said(str(first["name"]))), str(told(said(str(first["name_ja"])), "ja")))


def _table(frame: pd.DataFrame, weights: dict[str, float], values: Values) -> Table:
    catalogue = values.catalogue
    labels: dict[str, Text] = {
        "score": _both(say("Score (0–100)")),
        "least_rank": _both(say("Best rank by other weights")),
        "greatest_rank": _both(say("Worst rank by other weights")),
    }
    for name, weight in weights.items():
        label = catalogue[name].label
        labels[name] = (f"{label} (×{weight:g})", f"{told(label, 'ja')}（×{weight:g}）")
    sources = tuple(dict.fromkeys(s for name in weights for s in values.sources(name)))
    return Table(
        name="weights",
        title=say("Ranking by own weights"),
        frame=frame,
        labels=labels,
        row_names="name",
        notes=(
            say(
                "Columns of indicators are standings, 0 to 100, more is better; the weight stands "
                "in brackets."
            ),
            say(
                "Rank, best and worst (90%): {draws} draws of the values with their standard "
                "errors, where they are known. By other weights: of the same indicators, none "
                "more than 60%.",
                draws=DRAWS,
            ),
        ),
        sources=sources,
    )


def _both(text: Any) -> Text:
    return (str(text), str(told(text, "ja")))


WEIGHTS: Question[Any] = Question(
    name="weights",
    title=say("Ranking by own weights"),
    about=say(
        "Say what counts for you, and how much: areas in the order of the weighted mean of their "
        "standings, with the ranks that other weights would give."
    ),
    options=WeightsAsked,
    answer=_weights,
)
