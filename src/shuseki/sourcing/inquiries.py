"""Who could take up a technology or a need that has no process plan yet, and with whom?

An inquiry is text: a seed (a technology that looks for a use) or a need (a use that looks for a
technology). Firms are found by what they make and can do: a word that names a process asks for that
process; other words are looked for in products and machines. Each firm is told with the words that
found it.

*Teams* are proposed by the model of knowledge creation of Berliant and Fujita: two partners are
most productive when what only one of them knows is the share ``m* = (1-θ)/(2-θ)`` of all that the
two know (the *bliss point*; ``theory.models.knowledge_growth``), and a group that takes turns grows
fastest with ``1 + 1/θ`` members. What a firm knows is represented by its processes, the words of
its products, and its past partners; with S_i and S_j the sets of i and j::

    m_ij = ½ (1 - |S_i ∩ S_j| / |S_i ∪ S_j|)

which lies in [0, ½) for firms that share something, as in the model for two who know as much.
A team is scored by the mean over its pairs of ``g(m_ij) / g(m*)`` and by how much of the inquiry
its members cover together.

Takes text, a directory (the view that the reader may see). Gives firms with reasons, and teams.
Source: section 3.1 (2) and figure 3-5 of the 2012 paper; Berliant and Fujita (2008). Limits: a
model's advice from declared lists, not a forecast; sets of words are a coarse picture of knowledge.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats
from shuseki.directory import Directory
from shuseki.errors import ParameterError
from shuseki.language import Message, joined, say
from shuseki.language.rows import in_both
from shuseki.results import Result, result
from shuseki.sources import AGGLOMERATION_2012
from shuseki.sourcing.processes import is_kind_of, materials, processes
from shuseki.theory.models.knowledge_growth import best_group_size, bliss_point, pair_growth
from shuseki.theory.models.literature import BERLIANT_FUJITA_2008

__all__ = ["Answer", "Inquiry", "Team", "answer", "difference", "team_scores"]

Kind = Literal["seed", "need"]
THETA = 1 / 3
"""Weight of what is shared; 4 persons are the best group and m* is 0.4."""
FIRMS = 30
POOL = 24
"""Firms among which teams are sought."""
TEAMS = 5
LONGEST = 20_000
STOP = frozenset(
    {"a", "an", "and", "are", "as", "at", "by", "can", "for", "from", "has", "have", "in", "into"}
    | {"is", "it", "its", "make", "makes", "of", "on", "or", "our", "so", "that", "the", "their"}
    | {"this", "to", "use", "uses", "we", "which", "who", "with", "without"}
)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A seed or a need in words.

    Attributes
    ----------
    text
        What is offered or looked for, in Japanese or English.
    kind
        ``seed`` or ``need``.
    asker
        Key of the firm that asks, or ""; it belongs to every team.
    """

    text: str
    kind: Kind = "need"
    asker: str = ""

    def __post_init__(self) -> None:
        if not self.text.strip() or len(self.text) > LONGEST:
            raise ParameterError(
                say(
                    "An inquiry of {n_text:,} characters. Expected 1 to {longest:,}. Say in a few "
                    "sentences what is offered or looked for.",
                    n_text=len(self.text),
                    longest=LONGEST,
                )
            )
        if self.kind not in ("seed", "need"):
            raise ParameterError(
                say(
                    'An inquiry of kind {kind!r}. Expected "seed" or "need". Choose one.',
                    kind=self.kind,
                )
            )


@dataclass(frozen=True, slots=True)
class Team:
    """Firms that share enough and differ enough.

    Attributes
    ----------
    members
        Keys of the firms.
    growth_share
        Mean over pairs of growth by the model, as a share of the best there is.
    covered_share
        Share of the inquiry's words that some member answers.
    difference
        Mean m over pairs; best at the bliss point.
    """

    members: tuple[str, ...]
    growth_share: float
    covered_share: float
    difference: float

    @property
    def score(self) -> float:
        """Product of both shares."""
        return self.growth_share * self.covered_share


@result
class Answer(Result):
    """Firms that an inquiry may concern, and teams.

    Attributes
    ----------
    firms
        ``firm``, ``name``, ``score``, ``processes``, ``words_found``: what found it.
    teams
        Best first.
    understood, not_understood
        Processes and materials named in the text; words that nothing in the directory answers.
    """

    inquiry: Inquiry
    firms: pd.DataFrame
    teams: tuple[Team, ...]
    understood: tuple[str, ...]
    not_understood: tuple[str, ...]
    theta: float

    def headline(self) -> Message:
        """How many firms, and the best team."""
        return say(
            "{n:count(firm)} may answer; by the model of knowledge creation, best team: {team}",
            n=len(self.firms),
            team=" + ".join(self.teams[0].members) if self.teams else say("none"),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each firm."""
        return self.firms.copy()

    def teams_frame(self) -> pd.DataFrame:
        """One row for each team."""
        return pd.DataFrame(
            [
                (" + ".join(t.members), t.score, t.growth_share, t.covered_share, t.difference)
                for t in self.teams
            ],
            columns=["team", "score", "growth_share", "covered_share", "difference"],
        )


def answer(
    inquiry: Inquiry,
    directory: Directory,
    *,
    theta: float = THETA,
    size: int | None = None,
) -> Answer:
    """Find firms for an inquiry, and propose teams of them.

    Parameters
    ----------
    theta
        θ in (0, 1), weight of what is shared.
    size
        Members of a team; the model's ``1 + 1/θ``, rounded, by default.

    Raises
    ------
    ParameterError
        θ out of range, a team of fewer than two, an asker that is not in the directory.
    """
    wanted = round(best_group_size(theta)) if size is None else size
    if not 2 <= wanted <= 8:
        raise ParameterError(
            say(
                "Teams of {wanted}. Expected 2 to 8 members. Choose θ or size anew.",
                wanted=wanted,
            )
        )
    keys = sorted(directory.keys)
    if inquiry.asker and inquiry.asker not in set(keys):
        first = keys[0] if keys else "cluster/id"
        raise ParameterError(
            say(
                "The asker {asker!r} is not in the directory. Expected a key such as {first}. "
                "Correct it, or leave it out.",
                asker=inquiry.asker,
                first=first,
            )
        )
    codes = _codes_in(inquiry.text)
    words = _other_words(inquiry.text, codes)
    texts = _texts(directory)
    able = _able(directory)
    hits: dict[str, tuple[list[str], list[str]]] = {}
    for key in keys:
        by_code = [c for c in codes if any(is_kind_of(own, c) for own in able.get(key, ()))]
        by_word = [w for w in words if w in texts.get(key, "")]
        if by_code or by_word:
            hits[key] = (by_code, by_word)
    weights = _weights(codes, words, hits, len(keys))
    scores = {key: sum(weights[x] for x in (*a, *b)) for key, (a, b) in hits.items()}
    ranked = sorted(scores, key=lambda key: (-scores[key], key))
    names = {firm.key: firm.name for firm in directory.firms}
    labels = {code: one.label for code, one in processes().items()}
    labels |= {code: one.label for code, one in materials().items()}
    frame = in_both(
        [
            {
                "firm": key,
                "name": names[key],
                "score": scores[key],
                "processes": joined([labels[code] for code in hits[key][0]], ", "),
                "words_found": ", ".join(hits[key][1]),
            }
            for key in ranked[:FIRMS]
        ],
        ["firm", "name", "score", "processes", "words_found"],
    )
    pool = ranked[:POOL]
    if inquiry.asker:
        pool = [inquiry.asker, *(key for key in pool if key != inquiry.asker)][:POOL]
    terms = [t for t in (*codes, *words) if any(t in (*a, *b) for a, b in hits.values())]
    cover = np.array(
        [[t in (*hits[k][0], *hits[k][1]) if k in hits else False for t in terms] for k in pool],
        dtype=bool,
    ).reshape(len(pool), len(terms))
    teams = _teams(pool, _known(directory, pool), cover, theta, wanted, bool(inquiry.asker))
    answered = set(terms)
    return Answer(
        inquiry=inquiry,
        firms=frame,
        teams=teams,
        understood=tuple(codes),
        not_understood=tuple(t for t in (*codes, *words) if t not in answered),
        theta=theta,
        notes=(
            say(
                "Teams are a model's advice: members who share enough and differ enough by "
                "processes, products and past partners (bliss point m* = {m:.2f}, group of "
                "{n:.0f}).",
                m=bliss_point(theta),
                n=best_group_size(theta),
            ),
            say("Firms are found by what they declare; who is not found may still be able."),
        ),
        sources=(
            *directory.sources,
            BERLIANT_FUJITA_2008,
            AGGLOMERATION_2012.at(say("section {number}", number="3.1 (2)")),
        ),
    )


def difference(known: Sequence[frozenset[str]]) -> Floats:
    """m_ij, half of one less the overlap of what i and j know, shape ``(n, n)``.

    Examples
    --------
    >>> difference([frozenset("abc"), frozenset("bcd")])
    array([[0.  , 0.25],
           [0.25, 0.  ]])
    """
    n = len(known)
    m = np.zeros((n, n))
    for i, j in combinations(range(n), 2):
        union = len(known[i] | known[j])
        shared = len(known[i] & known[j]) / union if union else 0.0
        m[i, j] = m[j, i] = (1 - shared) / 2
    return m


def team_scores(m: Floats, theta: float) -> Floats:
    """Growth of each pair as a share of the best there is, shape ``(n, n)``; 0 alone."""
    best = float(pair_growth(bliss_point(theta), theta))
    growth = np.zeros_like(m)
    off = ~np.eye(len(m), dtype=bool) & (m < 0.5)
    growth[off] = np.asarray(pair_growth(m[off], theta)) / best
    return growth


def _teams(
    pool: Sequence[str],
    known: Sequence[frozenset[str]],
    cover: Bools,
    theta: float,
    size: int,
    with_first: bool,
) -> tuple[Team, ...]:
    """The best teams, each grown from a pair by the member that helps most."""
    if len(pool) < 2:
        return ()
    m = difference(known)
    growth = team_scores(m, theta)
    found: dict[tuple[int, ...], Team] = {}
    for pair in combinations(range(len(pool)), 2):
        if with_first and 0 not in pair:
            continue
        team = list(pair)
        while len(team) < min(size, len(pool)):
            rest = [k for k in range(len(pool)) if k not in team]
            team.append(max(rest, key=lambda k: (_score([*team, k], growth, cover), -k)))
        members = tuple(sorted(team))
        if members in found:
            continue
        at = np.array(list(combinations(members, 2)))
        covered = float(cover[list(members)].any(axis=0).mean()) if cover.shape[1] else 0.0
        found[members] = Team(
            tuple(pool[k] for k in members),
            float(growth[at[:, 0], at[:, 1]].mean()),
            covered,
            float(m[at[:, 0], at[:, 1]].mean()),
        )
    best = sorted(found.values(), key=lambda team: (-team.score, team.members))
    return tuple(team for team in best if team.score > 0)[:TEAMS]


def _score(team: Sequence[int], growth: Floats, cover: Bools) -> float:
    at = np.array(list(combinations(team, 2)))
    covered = float(cover[list(team)].any(axis=0).mean()) if cover.shape[1] else 0.0
    return float(growth[at[:, 0], at[:, 1]].mean()) * covered


# ---- words ---------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


@cache
def _names() -> tuple[tuple[str, str], ...]:
    """Name of a process or a material, and its code; longest names first."""
    named = [
        (_plain(name), code)
        for code, process in processes().items()
        for name in (process.name_en, process.name_ja, code.replace("_", " "))
    ]
    named += [
        (_plain(name), code)
        for code, material in materials().items()
        for name in (material.name_en, material.name_ja, code.replace("_", " "))
    ]
    return tuple(sorted(set(named), key=lambda pair: (-len(pair[0]), pair)))


def _codes_in(text: str) -> list[str]:
    """Processes that a text names, the longest name first where one is part of another."""
    left = _plain(text)
    found: list[str] = []
    for name, code in _names():
        pattern = rf"\b{re.escape(name)}\b" if name.isascii() else re.escape(name)
        if re.search(pattern, left):
            left = re.sub(pattern, " ", left)
            if code in processes() and code not in found:
                found.append(code)
    return sorted(found)


def _other_words(text: str, codes: Sequence[str]) -> list[str]:
    """Words of two letters or more that name no process: Latin words, runs of kanji or kana."""
    named = {name for name, code in _names() if code in codes}
    left = _plain(text)
    for name in sorted(named, key=len, reverse=True):
        left = left.replace(name, " ")
    words = re.findall(r"[a-z0-9][a-z0-9\-]+|[一-鿿々]{2,}|[ァ-ヴー]{2,}", left)
    return [word for word in dict.fromkeys(words) if word not in STOP and not word.isdigit()]


def _texts(directory: Directory) -> dict[str, str]:
    """What each firm says of its products and machines."""
    texts = {firm.key: [firm.products] for firm in directory.firms}
    for machine in directory.equipment:
        texts[machine.firm].append(machine.name)
    return {key: _plain(" ".join(sorted(many))) for key, many in texts.items()}


def _able(directory: Directory) -> dict[str, set[str]]:
    able: dict[str, set[str]] = {}
    for c in directory.capabilities:
        able.setdefault(c.firm, set()).add(c.process)
    return able


def _weights(
    codes: Sequence[str],
    words: Sequence[str],
    hits: Mapping[str, tuple[list[str], list[str]]],
    firms: int,
) -> dict[str, float]:
    """What is rare says more: log of firms over firms that have it, plus one."""
    weights = {}
    for term in (*codes, *words):
        having = sum(term in (*a, *b) for a, b in hits.values())
        weights[term] = 1.0 + float(np.log(firms / having)) if having else 0.0
    return weights


def _known(directory: Directory, pool: Sequence[str]) -> list[frozenset[str]]:
    """What each firm knows: processes, words of its products, past partners."""
    able = _able(directory)
    partners: dict[str, set[str]] = {}
    for tie in directory.ties:
        partners.setdefault(tie.source, set()).add(tie.target)
        partners.setdefault(tie.target, set()).add(tie.source)
    products = {firm.key: _other_words(firm.products, ()) for firm in directory.firms}
    return [
        frozenset(
            {f"process {x}" for x in able.get(key, ())}
            | {f"product {x}" for x in products.get(key, ())}
            | {f"partner {x}" for x in (*partners.get(key, ()), key)}
        )
        for key in pool
    ]
