"""Who goes on over many waves when numbers do not say?

Each wave is linked with the next by likeness (``linkage.likeness``), and what goes on is told by a
rule (``continuity``). A plant that one wave lacks and that is back within the years of the rule is
a reactivation, no birth, and no death before. Eurostat and OECD allow two calendar years: one wave
may lack it of three that are a year apart each. So every plant gets one id over all waves::

    wave → next wave            survivors, relocations, births, deaths
    wave → the one after next   of those left over on both sides: reactivations

Intervals are of whole matchings (``linkage.imputation``), drawn for each two waves; in every draw
births, deaths, moves and reactivations are counted anew by the rule.

Takes: year → a table with the columns of the schema. Gives: ``LinkedWaves``.
Limits: the matchings of different waves are drawn independently. Deaths of the last wave may yet
be reactivated.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Ints
from shuseki.demography.continuity import EUROSTAT_OECD, Continuity, Rule, continuity, rule_of
from shuseki.errors import DataError, ParameterError
from shuseki.language import Message, say, words_of
from shuseki.linkage.imputation import DrawnLinks, draw_links, mid_interval
from shuseki.linkage.likeness import Links, link
from shuseki.linkage.settings import Engine, LinkageSettings
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["LinkedWaves", "Step", "link_waves"]

EVENTS = ("survivors", "births", "deaths", "relocations", "reactivations")


@dataclass(frozen=True, eq=False)
class Step:
    """From one wave to the next.

    Attributes
    ----------
    from_wave, to_wave
        Years.
    links
        Between the two waves.
    drawn
        Whole matchings of them.
    continuity
        Who goes on by the rule.
    """

    from_wave: int
    to_wave: int
    links: Links
    drawn: DrawnLinks
    continuity: Continuity


@result
class LinkedWaves(Result):
    """Plants over many waves.

    Attributes
    ----------
    table
        ``from_wave``, ``to_wave``, ``event``, ``count`` (by the likeliest links), ``low``, ``mean``
        and ``high`` (over the matchings drawn).
    plants
        ``wave``, ``id`` (of the record) and ``plant``, a number over all waves, from 1.
    steps
        Links, draws and continuity from each wave to the next.
    rule
        Of continuity.
    level
        Of the intervals.
    """

    table: pd.DataFrame
    plants: pd.DataFrame
    steps: tuple[Step, ...]
    rule: Rule
    level: float

    def headline(self) -> Message:
        """Waves, plants, births and deaths."""
        total = self.table.groupby("event")["count"].sum()
        return say(
            "{plants:count(plant)} in {waves:count(wave)}: {births:,} births and {deaths:,} deaths "
            "by the rule '{rule}'",
            plants=int(self.plants["plant"].nunique()),
            waves=len(self.steps) + 1,
            births=int(total["births"]),
            deaths=int(total["deaths"]),
            rule=self.rule.name,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per two waves and event."""
        return self.table.copy()

    def converter(self) -> pd.DataFrame:
        """Numbers that changed: ``from_wave``, ``to_wave``, ``from_id``, ``to_id``.

        Records with a converter are joined by number (``linkage.exact``).
        """
        last: dict[int, tuple[int, Any]] = {}
        rows = []
        for wave, own, plant in self.plants.itertuples(index=False):
            if plant in last and last[plant][1] != own:
                rows.append((last[plant][0], wave, last[plant][1], own))
            last[plant] = (wave, own)
        return pd.DataFrame(rows, columns=["from_wave", "to_wave", "from_id", "to_id"])


def link_waves(
    waves: Mapping[int, pd.DataFrame],
    *,
    rule: str | Rule = "eurostat-oecd",
    extra: str | Sequence[str] = (),
    settings: Mapping[str, Any] | LinkageSettings | None = None,
    draws: int = 100,
    level: float = 0.95,
    engine: Engine = "arrays",
    session: Any = None,
    seed: int = 0,
    sources: Sequence[Source] = (),
    progress: Callable[[int, int], None] | None = None,
    **columns: str,
) -> LinkedWaves:
    """Link each wave with the next, and count who goes on.

    Parameters
    ----------
    waves
        Year → records, two or more.
    rule
        Name of a rule of continuity, or one of your own.
    draws, level
        Matchings drawn for each two waves, and the level of the intervals.
    progress
        Called with the number of linkages done, and in all.
    extra, settings, engine, session, seed, sources, columns
        As in ``link``.

    Raises
    ------
    ParameterError
        There are fewer than two waves.

    Examples
    --------
    A plant that is missing in 2017 and back in 2018:

    >>> names = [f"{a}{b}" for a in "東西南北" for b in ("電機", "製作所", "印刷", "木工")]
    >>> waves = {
    ...     year: pd.DataFrame({"name": names[first:], "id": range(first, 16)})
    ...     for year, first in ((2016, 0), (2017, 1), (2018, 0))
    ... }
    >>> found = link_waves(waves, draws=20)
    >>> print(found.headline())
    16 plants in 3 waves: 0 births and 0 deaths by the rule 'eurostat-oecd'
    """
    if len(waves) < 2:
        raise ParameterError(
            say("There is {n:count(wave)}. Expected two or more. Give more.", n=len(waves))
        )
    asked = rule_of(rule) if isinstance(rule, str) else rule
    years = sorted(waves)
    gaps = [
        (first, last)
        for first, _, last in zip(years, years[1:], years[2:], strict=False)
        if last - first <= asked.reactivation_years
    ]
    done, of = 0, len(years) - 1 + len(gaps)

    def linked(first: int, last: int) -> tuple[Links, DrawnLinks]:
        nonlocal done
        try:
            found = link(
                waves[first],
                waves[last],
                extra=extra,
                settings=settings,
                engine=engine,
                session=session,
                seed=seed,
                sources=sources,
                **columns,  # type: ignore[arg-type]
            )
        except DataError as error:
            raise DataError(
                say(
                    "{first} (left) and {last} (right): {why}",
                    first=str(first),
                    last=str(last),
                    why=words_of(error),
                )
            ) from error
        drawn = draw_links(found, draws=draws, level=level, seed=seed + done)
        done += 1
        if progress is not None:
            progress(done, of)
        return found, drawn

    pairs = {(first, last): linked(first, last) for first, last in (*pairwise(years), *gaps)}
    steps: list[Step] = []
    counts: list[_Counts] = []
    for first, last in pairwise(years):
        links, drawn = pairs[first, last]
        before = steps[-1] if steps else None
        counts.append(_counted(links, drawn, asked))
        earlier = None
        if before is not None and (before.from_wave, last) in pairs:
            back, back_drawn = pairs[before.from_wave, last]
            earlier = _left_over(back, before.continuity)
            counts[-2].revived(counts[-1], back, back_drawn, asked)
        steps.append(Step(first, last, links, drawn, continuity(links, asked, earlier=earlier)))
    plants, back_by_step = _plants(steps)
    return LinkedWaves(
        table=_table(steps, counts, back_by_step, level),
        plants=plants,
        steps=tuple(steps),
        rule=asked,
        level=level,
        notes=(
            asked.words(),
            say(
                "Intervals are of whole matchings, drawn for each two waves; a plant that changed "
                "its name and its place at once is beyond them."
            ),
            *dict.fromkeys(note for step in steps for note in step.links.notes),
        ),
        sources=(*steps[0].links.sources, EUROSTAT_OECD),
    )


def _left_over(back: Links, before: Continuity) -> Links:
    """Links over a gap of records that ended before it."""
    ended = back.table["left"].isin(set(before.deaths.tolist()))
    return replace(back, table=back.table[ended].reset_index(drop=True))


# ---- counts over draws --------------------------------------------------------------------------


@dataclass(eq=False)
class _Counts:
    """What the draws of two waves say of their records.

    ``born``, ``died``: shape ``(draws, records)``; the others ``(draws,)``.
    """

    born: Bools
    died: Bools
    survivors: Ints
    relocations: Ints
    reactivations: Ints

    def revived(self, later: "_Counts", links: Links, drawn: DrawnLinks, rule: Rule) -> None:
        """Those that died here and were born later, and are one: reactivations in each draw."""
        goes_on, _ = _outcome(links, rule)
        at = _pairs_of(links, drawn)
        for draw, pair in enumerate(at):
            taken = pair[pair >= 0]
            taken = taken[goes_on[taken]]
            left, right = links.pairs.left[taken], links.pairs.right[taken]
            both = self.died[draw, left] & later.born[draw, right]
            self.died[draw, left[both]] = False
            later.born[draw, right[both]] = False
            later.reactivations[draw] = int(both.sum())


def _outcome(links: Links, rule: Rule) -> tuple[Bools, Bools]:
    """Whether each candidate would go on by the rule, and whether it moved."""
    changed = {
        name: np.asarray(links.said(relation) == True)  # noqa: E712
        for name, relation in (
            ("owner", "renamed"),
            ("activity", "changed industry"),
            ("location", "moved"),
        )
    }
    return rule.goes_on(changed), changed["location"]


def _pairs_of(links: Links, drawn: DrawnLinks) -> Ints:
    """Candidate of each right record in each draw, -1 for none, shape ``(draws, right)``."""
    n_right = drawn.partner.shape[1]
    key = links.pairs.left * n_right + links.pairs.right
    order = np.argsort(key)
    wanted = drawn.partner * n_right + np.arange(n_right)
    found = order[np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)]
    return np.where(drawn.partner >= 0, found, -1)


def _counted(links: Links, drawn: DrawnLinks, rule: Rule) -> _Counts:
    goes_on, moved = _outcome(links, rule)
    born, died = drawn.is_birth.copy(), drawn.is_death.copy()
    draws = len(born)
    survivors, relocations = np.zeros(draws, np.int64), np.zeros(draws, np.int64)
    parts = {
        relation: links.offspring.loc[links.offspring["relation"] == relation, side]
        for relation, side in (("split", "right"), ("merger", "left"))
    }
    for alone, ids, relation in (
        (born, links.right_ids, "split"),
        (died, links.left_ids, "merger"),
    ):
        alone[:, np.isin(np.asarray(ids), parts[relation].to_numpy())] = False
    for draw, pair in enumerate(_pairs_of(links, drawn)):
        taken = pair[pair >= 0]
        on = goes_on[taken]
        survivors[draw] = on.sum()
        relocations[draw] = (on & moved[taken]).sum()
        born[draw, links.pairs.right[taken[~on]]] = True
        died[draw, links.pairs.left[taken[~on]]] = True
    return _Counts(born, died, survivors, relocations, np.zeros(draws, np.int64))


# ---- tables -------------------------------------------------------------------------------------


def _plants(steps: Sequence[Step]) -> tuple[pd.DataFrame, list[int]]:
    """A number for every plant, and how many that ended in a step came back after it."""
    of: list[dict[Any, int]] = [
        {own: k for k, own in enumerate(steps[0].links.left_ids.tolist(), start=1)}
    ]
    many = len(of[0])
    back_by_step = [0] * len(steps)
    for k, step in enumerate(steps):
        own: dict[Any, int] = {}
        for left, right, event in step.continuity.events.itertuples(index=False):
            if event == "reactivations":
                own[right] = of[k - 1][left]
                back_by_step[k - 1] += 1
            elif event != "ended":
                own[right] = of[k][left]
        for right in step.links.right_ids.tolist():
            if right not in own:
                many += 1
                own[right] = many
        of.append({right: own[right] for right in step.links.right_ids.tolist()})
    years = [steps[0].from_wave, *(step.to_wave for step in steps)]
    table = pd.DataFrame(
        [(year, own, plant) for year, plants in zip(years, of, strict=True)
         for own, plant in plants.items()],
        columns=["wave", "id", "plant"],
    )  # fmt: skip
    return table, back_by_step


def _table(
    steps: Sequence[Step], counts: Sequence[_Counts], back: Sequence[int], level: float
) -> pd.DataFrame:
    rows = []
    for step, drawn, came_back in zip(steps, counts, back, strict=True):
        event = step.continuity.events["event"]
        links = {
            "survivors": int((~event.isin(["ended", "reactivations"])).sum()),
            "births": len(step.continuity.births),
            "deaths": len(step.continuity.deaths) - came_back,
            "relocations": int((event == "relocations").sum()),
            "reactivations": int((event == "reactivations").sum()),
        }
        over = np.column_stack(
            [
                drawn.survivors,
                drawn.born.sum(axis=1),
                drawn.died.sum(axis=1),
                drawn.relocations,
                drawn.reactivations,
            ]
        ).astype(float)
        low, high = mid_interval(over, level)
        for k, name in enumerate(EVENTS):
            rows.append(
                {
                    "from_wave": step.from_wave,
                    "to_wave": step.to_wave,
                    "event": name,
                    "count": links[name],
                    "low": low[k],
                    "mean": float(over[:, k].mean()),
                    "high": high[k],
                }
            )
    return pd.DataFrame(rows)
