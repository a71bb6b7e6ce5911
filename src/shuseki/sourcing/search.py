"""Who can do this, and why not the others?

A search is written as one would ask a coordinator, in Japanese or English::

    研磨 SUS304 φ20 IT6 鯖江から100km
    polishing SUS304 dia 20 mm IT6 within 100 km of Sabae

It is read into processes, a material, a size, a tolerance (IT6, H7, ±0.01, ±5 μm), a roughness
(Ra0.8), a quantity (100個), certificates, and a place with a distance; what is left are words that
a firm's name, products, address or machines must hold. Every firm is then held against it
(``sourcing.matching``) and gets ok, unknown or conflict with the attributes that failed. Of several
processes a firm must do each. A firm that does not hold a word, and one without coordinates, are
unknown, never ok. A word that is no known process or material and that no firm holds is refused,
with the nearest known terms; so are a term that may mean two things, and a denial: nothing is
guessed.

Takes a directory (the view of the reader's role) and the text. Gives ``Found``: firms that can
first, then those of which it is not known, then the others; nearest first among equals.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache

import numpy as np
import pandas as pd

from shuseki.directory import Capability, Directory, Firm
from shuseki.errors import ParameterError, UnknownCodeError, examples
from shuseki.geography.areas import municipalities
from shuseki.geography.distances import distance_km
from shuseki.language import Message, joined, say, words_of
from shuseki.results import Result, result
from shuseki.sourcing.matching import ATTRIBUTES, ORDER, Check, Step, Verdict, best_match
from shuseki.sourcing.processes import process
from shuseki.sourcing.vocabulary import asking_words, nearest_terms, read_text, words

__all__ = ["Found", "Hit", "Query", "read_query", "search"]

LONGEST_QUERY = 500
NEAR = 5
"""So many known terms are named beside a word that is not known."""
NUMBER = r"(\d+(?:\.\d+)?)"
MICRO = r"(?:μm|um|µm|ミクロン|microns?)"
PLACE = r"(-?\d+\.\d+\s*,\s*-?\d+\.\d+|[^\s、,;]+?)"
PLACE_EN = r"(-?\d+\.\d+\s*,\s*-?\d+\.\d+|[A-Za-z][\w'’–-]*(?:[ ](?-i:[A-Z])[\w'’–-]*)*)"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for.

    Attributes
    ----------
    processes
        Codes; a firm must do each.
    material, size_mm, tolerance_um, it_grade, roughness_um, quantity, certificates
        As in ``matching.Step``.
    words
        Words that a firm's name, products, address or machines must hold.
    place, latitude, longitude
        Where distances are counted from; ``None`` when no place was named.
    within_km
        Greatest distance, km.
    """

    text: str
    processes: tuple[str, ...] = ()
    material: str = ""
    size_mm: float | None = None
    tolerance_um: float | None = None
    it_grade: int | None = None
    roughness_um: float | None = None
    quantity: int | None = None
    certificates: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    within_km: float | None = None

    def step(self, code: str) -> Step:
        """The step that is asked of a process."""
        return Step(
            code,
            self.material,
            self.size_mm,
            self.tolerance_um,
            self.it_grade,
            self.roughness_um,
            self.quantity,
            self.certificates,
        )

    @property
    def asks(self) -> tuple[Message, ...]:
        """What is asked for, in words."""
        said: list[Message] = [
            say("process: {process}", process=process(code).label) for code in self.processes
        ]
        for name, value in (
            ("material", self.material),
            ("size_mm", self.size_mm),
            ("roughness_um", self.roughness_um),
            ("quantity", self.quantity),
            ("certificates", ", ".join(self.certificates)),
        ):
            if value:
                shown = f"{value:g}" if isinstance(value, int | float) else value
                said.append(say("{attribute}: {value}", attribute=ATTRIBUTES[name], value=shown))  # type: ignore[index]
        if self.it_grade is not None:
            said.append(say("grade IT{grade} or finer", grade=self.it_grade))
        if self.tolerance_um is not None:
            said.append(say("tolerance {width:g} μm wide", width=self.tolerance_um))
        if self.words:
            said.append(say("words: {words}", words=", ".join(self.words)))
        if self.within_km is not None:
            said.append(say("within {km:g} km of {place}", km=self.within_km, place=self.place))
        elif self.place:
            said.append(say("nearest to {place} first", place=self.place))
        return tuple(said)


@dataclass(frozen=True, slots=True)
class Hit:
    """A firm held against a query.

    Attributes
    ----------
    capabilities
        Those that fit best, one for each process.
    checks
        Of every attribute that is asked for.
    distance_km
        From the place; ``None`` without a place, or without coordinates.
    """

    firm: Firm
    capabilities: tuple[Capability, ...]
    checks: tuple[Check, ...]
    distance_km: float | None

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the checks."""
        return max((check.verdict for check in self.checks), key=ORDER.__getitem__, default="ok")

    @property
    def failing(self) -> tuple[Check, ...]:
        """The checks that are not ok, conflicts first."""
        wrong = [check for check in self.checks if check.verdict != "ok"]
        return tuple(sorted(wrong, key=lambda check: -ORDER[check.verdict]))


VERDICTS: dict[Verdict, Message] = {
    "ok": say("can"),
    "unknown": say("unknown"),
    "conflict": say("cannot"),
}


@result
class Found(Result):
    """Firms held against a query, best first."""

    query: Query
    hits: tuple[Hit, ...]

    def of(self, verdict: Verdict) -> tuple[Hit, ...]:
        """Hits of a verdict."""
        return tuple(hit for hit in self.hits if hit.verdict == verdict)

    def headline(self) -> Message:
        """How many can, and of how many it is not known."""
        asked = joined(self.query.asks, "; ")
        return say(
            "{ok:,} of {n:count(firm)} can, of {unknown:,} it is not known ({asked})",
            ok=len(self.of("ok")),
            n=len(self.hits),
            unknown=len(self.of("unknown")),
            asked=asked,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per firm: verdict, the attributes that failed, and why."""
        return pd.DataFrame(
            [
                (
                    hit.firm.key,
                    hit.firm.name,
                    VERDICTS[hit.verdict],
                    ", ".join(dict.fromkeys(check.attribute for check in hit.failing)),
                    joined([check.reason for check in hit.failing or hit.checks], "; "),
                    hit.distance_km,
                )
                for hit in self.hits
            ],
            columns=["firm", "name", "verdict", "failing", "reason", "distance_km"],
            dtype=object,  # sentences stay sentences, to be told in either language
        ).astype({"distance_km": float})


# ---- public verbs --------------------------------------------------------------------------------


def search(directory: Directory, query: str | Query) -> Found:
    """Hold every firm of a directory against a query.

    Parameters
    ----------
    directory
        The view of the reader's role (``registry.view``).
    query
        A text, or one that ``read_query`` has read.

    Raises
    ------
    ParameterError
        An empty query, a term that may mean two things, a denial, a distance without a place, a
        size or a tolerance that cannot be read.
    UnknownCodeError
        A place that is none, or several; a word that is no known term and that no firm holds.

    Examples
    --------
    >>> from shuseki.directory import Firm
    >>> held = Directory(
    ...     (Firm("1", "ota", "A"), Firm("2", "ota", "B")),
    ...     (Capability("ota/1", "polishing"), Capability("ota/2", "grinding")),
    ... )
    >>> [(hit.firm.name, hit.verdict) for hit in search(held, "研磨").hits]
    [('A', 'ok'), ('B', 'conflict')]
    """
    asked = read_query(query, directory) if isinstance(query, str) else query
    able: dict[str, list[Capability]] = {}
    for capability in directory.capabilities:
        able.setdefault(capability.firm, []).append(capability)
    machines: dict[str, list[str]] = {}
    for machine in directory.equipment:
        machines.setdefault(machine.firm, []).append(machine.name)
    texts = [
        _words_of(" ".join((firm.name, firm.products, firm.address, *machines.get(firm.key, []))))
        if asked.words
        else frozenset()
        for firm in directory.firms
    ]
    _check_words(asked, texts)
    distances = _distances(directory.firms, asked)
    hits = [
        _held(firm, able.get(firm.key, []), text, distance, asked)
        for firm, text, distance in zip(directory.firms, texts, distances, strict=True)
    ]
    return Found(
        query=asked,
        hits=tuple(sorted(hits, key=_rank)),
        notes=(say("A match says what was declared, not what was proved."), *directory.notes),
        sources=directory.sources,
    )


def read_query(text: str, directory: Directory | None = None) -> Query:
    """Read a search in Japanese or English.

    Parameters
    ----------
    directory
        Whose clusters may be named as a place, beside the bundled municipalities.

    Examples
    --------
    >>> asked = read_query("研磨 SUS304 φ20 IT6 鯖江から100km")
    >>> asked.processes, asked.material, asked.size_mm, asked.it_grade, asked.within_km
    (('polishing',), 'SUS304', 20.0, 6, 100.0)
    """
    if len(text) > LONGEST_QUERY:
        raise ParameterError(
            say(
                "A search of {n_text:,} letters. Expected at most {longest_query}. Shorten it.",
                n_text=len(text),
                longest_query=LONGEST_QUERY,
            )
        )
    left = _Left(unicodedata.normalize("NFKC", text))
    _check_signs(left)
    place, within = _place_in(left)
    certificates = _certificates_in(left)
    material = _grade_in(left)
    found = Query(
        text,
        roughness_um=_float(left.take(rf"(?:Ra|粗さ|roughness)\s*[:=]?\s*{NUMBER}\s*{MICRO}?")),
        tolerance_um=_tolerance_in(left),
        it_grade=_it_grade_in(left),
        quantity=_quantity_in(left),
        size_mm=_size_in(left),
        certificates=certificates,
    )
    _check_numbers(left)
    codes, groups, rest = _words_in(left)
    latitude, longitude = _point(place, directory) if place else (None, None)
    asked = replace(
        found,
        processes=codes,
        material=material or (groups[0] if groups else ""),
        words=rest,
        place=place,
        latitude=latitude,
        longitude=longitude,
        within_km=within,
    )
    if not asked.asks:
        raise ParameterError(
            say(
                "A search that asks for nothing. Expected a process, a material or words, such as "
                "'研磨 SUS304 φ20 IT6' or 'polishing SUS304 dia 20 mm'. Write one."
            )
        )
    if len(groups) > 1 or (material and groups):
        raise ParameterError(
            say(
                "A search for several materials: {value}. Expected one. Search for each.",
                value=examples([material, *groups]),
            )
        )
    asked.step(codes[0] if codes else "turning")  # refuses what cannot be
    return asked


# ---- one firm ------------------------------------------------------------------------------------


def _held(
    firm: Firm,
    able: Sequence[Capability],
    text: frozenset[str],
    distance: float | None,
    asked: Query,
) -> Hit:
    checks: list[Check] = []
    chosen: list[Capability] = []
    for code in asked.processes:
        best = best_match(able, asked.step(code))
        if best is None:
            checks.append(Check("process", "conflict", code, None))
            continue
        if best[1].checks[0].verdict == "conflict":
            checks.append(best[1].checks[0])  # what it can do otherwise is beside the point
            continue
        chosen.append(best[0])
        checks += best[1].checks
    if not asked.processes and asked.step("turning") != Step("turning"):
        held = [(one, best_match([one], asked.step(one.process))) for one in able]
        fits = [(one, found[1]) for one, found in held if found is not None]
        if fits:
            one, match = min(fits, key=lambda fit: (ORDER[fit[1].verdict], len(fit[1].failing)))
            chosen.append(one)
            checks += [check for check in match.checks if check.attribute != "process"]
        else:
            checks.append(Check("process", "unknown", asked.text, None))
    if asked.words:
        there = set(asked.words) <= text
        said = ", ".join(asked.words)
        checks.append(Check("text", "ok" if there else "unknown", said, said if there else None))
    if asked.within_km is not None:
        verdict: Verdict = "unknown"
        if distance is not None:
            verdict = "ok" if distance <= asked.within_km else "conflict"
        checks.append(Check("distance_km", verdict, asked.within_km, distance))
    return Hit(firm, tuple(chosen), tuple(checks), distance)


def _rank(hit: Hit) -> tuple[int, int, int, bool, float, str]:
    return (
        ORDER[hit.verdict],
        sum(c.attribute == "process" and c.verdict == "conflict" for c in hit.checks),
        len(hit.failing),
        hit.distance_km is None,
        hit.distance_km or 0.0,
        hit.firm.key,
    )


def _distances(firms: Sequence[Firm], asked: Query) -> list[float | None]:
    """Km from the place; ``None`` without coordinates."""
    if asked.latitude is None or asked.longitude is None:
        return [None] * len(firms)
    there = np.array(
        [
            (np.nan, np.nan)
            if firm.latitude is None or firm.longitude is None
            else (firm.latitude, firm.longitude)
            for firm in firms
        ]
    ).reshape(-1, 2)
    known = ~np.isnan(there).any(axis=1)
    km = np.full(len(firms), np.nan)
    here = np.array([[asked.latitude, asked.longitude]])
    if known.any():
        km[known] = distance_km(there[known], np.repeat(here, int(known.sum()), axis=0))
    return [None if np.isnan(value) else round(float(value), 1) for value in km]


@lru_cache(maxsize=50_000)
def _words_of(text: str) -> frozenset[str]:
    return frozenset(words(text))


# ---- reading a query -----------------------------------------------------------------------------


class _Left:
    """What of a text has not been read yet."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take(self, pattern: str) -> re.Match[str] | None:
        """Take the first that a pattern finds out of the text."""
        found = re.search(pattern, self.text, re.I)
        if found is not None:
            self.text = f"{self.text[: found.start()]} \n {self.text[found.end() :]}"
        return found

    def take_all(self, pattern: str) -> Iterator[re.Match[str]]:
        """Take all that a pattern finds."""
        while (found := self.take(pattern)) is not None:
            yield found


def _float(found: re.Match[str] | None) -> float | None:
    return None if found is None else float(found[1])


def _place_in(left: _Left) -> tuple[str, float | None]:
    """A place, and the greatest distance from it."""
    within = rf"(?:within|inside)\s+{NUMBER}\s*(?:km|kilomet(?:er|re)s?)\s+(?:of|from|around)\s+"
    found = left.take(within + PLACE_EN)
    if found is not None:
        return found[2].strip(), float(found[1])
    found = left.take(rf"{NUMBER}\s*(?:km|kilomet(?:er|re)s?)\s+(?:of|from|around)\s+{PLACE_EN}")
    if found is not None:
        return found[2].strip(), float(found[1])
    end = r"\s*(?:km|キロ(?:メートル)?)\s*(?:以内|圏内|圏)?"
    found = left.take(rf"{PLACE}(?:から|より|の)\s*(?:半径)?\s*{NUMBER}{end}")
    if found is not None:
        return found[1], float(found[2])
    found = left.take(rf"(?:near|around|close to)\s+{PLACE_EN}")
    if found is None:
        found = left.take(rf"{PLACE}(?:の近く|付近|周辺)")
    if found is not None:
        return found[1].strip(), None
    lone = left.take(rf"{NUMBER}\s*(?:km|キロ)")
    if lone is not None:
        raise ParameterError(
            say(
                "A distance without a place: {lone}. Expected '鯖江から100km' or 'within 100 km of "
                "Sabae'. Name the place.",
                lone=lone[0],
            )
        )
    return "", None


def _certificates_in(left: _Left) -> tuple[str, ...]:
    pattern = r"(?<![A-Z])(ISO|JIS\s?Q|IATF|NADCAP|AS|EN)\s?-?(\d{3,6})(?::\d{4})?(?!\w)"
    found = [re.sub(r"\s", "", f"{one[1]}{one[2]}").upper() for one in left.take_all(pattern)]
    return tuple(dict.fromkeys(found))


def _grade_in(left: _Left) -> str:
    """A grade of material, as it is written (SUS304)."""
    for piece in re.findall(r"[A-Za-z0-9][A-Za-z0-9.\-]*[A-Za-z0-9]", left.text):
        read = read_text(piece)
        if read.materials and not read.processes and re.search(r"\d", piece):
            left.take(rf"(?<![A-Za-z0-9]){re.escape(piece)}(?![A-Za-z0-9])")
            return str(piece.upper())
    return ""


def _tolerance_in(left: _Left) -> float | None:
    """Whole width, μm."""
    found = left.take(rf"±\s*{NUMBER}\s*(mm|{MICRO})?")
    factor = 2.0
    if found is None:
        found = left.take(rf"(?:公差|tolerance(?:\s+of)?)\s*[:=]?\s*{NUMBER}\s*(mm|{MICRO})?")
        factor = 1.0
    if found is None:
        return None
    in_mm = found[2] is None or found[2].lower() == "mm"
    return float(found[1]) * factor * (1000 if in_mm else 1)


def _it_grade_in(left: _Left) -> int | None:
    found = left.take(r"(?<![A-Za-z])IT\s?-?(\d{1,2})(?!\d)")
    if found is None:
        found = left.take(r"(?<![A-Za-z0-9])(\d{1,2})\s*級")
    if found is None:
        found = left.take(r"(?<![A-Za-z0-9])(?:JS|[HGFK])(\d{1,2})(?![A-Za-z0-9])")
    return None if found is None else int(found[1])


def _quantity_in(left: _Left) -> int | None:
    said = r"(?:ロット|数量|lot(?:\s+of)?|qty|quantity)"
    found = left.take(rf"{said}\s*[:=]?\s*(\d[\d,]*)\s*(?:個|本|枚)?")
    if found is None:
        found = left.take(r"(\d[\d,]*)\s*(?:個|本|枚|ヶ|ケ|セット|pcs?\.?|pieces?|parts?(?!\w))")
    return None if found is None else int(found[1].replace(",", ""))


def _size_in(left: _Left) -> float | None:
    """Largest dimension, mm."""
    unit = r"\s*(mm|cm|ミリ)?"
    sizes = []
    for found in left.take_all(r"(\d[\d.]*(?:\s*[x×*]\s*\d[\d.]*)+)" + unit):
        factor = 10 if (found[2] or "").lower() == "cm" else 1
        sizes += [factor * float(side) for side in re.findall(r"\d+(?:\.\d+)?", found[1])]
    for pattern in (
        rf"[φΦ⌀Øø]\s*{NUMBER}{unit}",
        rf"(?:直径|外径|径)\s*{NUMBER}{unit}",
        rf"(?<![A-Za-z])(?:diameter|diam|dia)\.?\s*(?:of\s+)?{NUMBER}{unit}",
        rf"{NUMBER}\s*(mm|cm|ミリ)(?![A-Za-z])",
    ):
        sizes += [
            float(found[1]) * (10 if (found[2] or "").lower() == "cm" else 1)
            for found in left.take_all(pattern)
        ]
    return max(sizes, default=None)


def _words_in(left: _Left) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Processes, materials, and the words that are left."""
    read = read_text(left.text)
    rest: list[str] = []
    for phrase in read.phrases:
        if phrase.why == "ambiguous":
            raise ParameterError(
                say(
                    "{text!r} may mean {words}. Expected one. Write {words_2}.",
                    text=phrase.text,
                    words=" or ".join(phrase.words),
                    words_2=" or ".join(process(code).name_ja for code in phrase.words if code),
                )
            )
        if phrase.why == "denied":
            raise ParameterError(
                say(
                    "{text!r} denies. Expected what is asked for. Leave it out.",
                    text=phrase.text,
                )
            )
        rest += phrase.words or words(phrase.text)
    left_over = [word for word in rest if word not in asking_words()]
    return read.processes, read.materials, tuple(dict.fromkeys(left_over))


def _check_signs(left: _Left) -> None:
    """A number below zero is no size, width or quantity: its sign is not dropped."""
    below = re.search(
        rf"(?<![\w.°])-\s?{NUMBER}\s*(?:mm|cm|ミリ|{MICRO}|個|本|枚|pcs|pieces)", left.text
    )
    if below is not None:
        raise ParameterError(
            say(
                "{value!r} is below zero. Expected a size, a tolerance or a quantity above 0. "
                "Correct it.",
                value=below[0],
            )
        )


def _check_numbers(left: _Left) -> None:
    """What was begun as a size, a tolerance or a roughness, and could not be read."""
    begun = re.search(
        r"(?:[φΦ⌀Øø±]|公差|(?<![A-Za-z])(?:IT|Ra|tolerance|diameter|dia\.?)(?=\s*[-:=+]?\s*\d))\s*\S*",
        left.text,
        re.I,
    )
    if begun is not None:
        raise ParameterError(
            say(
                "{value!r} could not be read. Expected a size such as φ20 or 20 mm, a tolerance "
                "such as IT6, ±0.01 mm or ±5 μm, a roughness such as Ra0.8, each above 0. Correct "
                "it.",
                value=begun[0].strip(),
            )
        )


def _check_words(asked: Query, texts: Sequence[frozenset[str]]) -> None:
    """Refuse words that name nothing known and that no firm holds, with the nearest terms."""
    held = frozenset[str]().union(*texts)
    lost = [word for word in asked.words if word not in held]
    if not lost or not texts:
        return
    written = _written(asked.text, lost)
    near = list(dict.fromkeys(term for text in (*written, *lost) for term in nearest_terms(text)))
    advice = (
        say("Did you mean {names}?", names=examples(near[:NEAR]))
        if near
        else say("Write it as the trade does, or leave it out.")
    )
    raise UnknownCodeError(
        say(
            "{words}: no such process or material is known, and no firm that you may see holds it "
            "in its name, products, address or machines. Expected a process such as 研磨 or "
            "polishing, a material such as SUS304, or a word of a firm. {advice}",
            words=examples(written),
            advice=advice,
        )
    )


def _written(text: str, lost: Sequence[str]) -> tuple[str, ...]:
    """The words that were lost as they stand in the text, those beside each other together."""
    runs: list[str] = []
    beside = False
    found: set[str] = set()
    for piece in re.split(r"[\s、。,;の]+", unicodedata.normalize("NFKC", text)):
        own = set(words(piece)) & set(lost)
        if own and beside and piece.isascii():
            runs[-1] = f"{runs[-1]} {piece}"
        elif own:
            runs.append(piece)
        beside = bool(own) and piece.isascii()
        found |= own
    return tuple(dict.fromkeys([*runs, *(word for word in lost if word not in found)]))


# ---- places --------------------------------------------------------------------------------------


def _point(place: str, directory: Directory | None) -> tuple[float, float]:
    """Degrees of a place: written ones, a bundled municipality, or a cluster of the directory."""
    written = re.fullmatch(r"(-?\d+\.\d+)\s*,\s*(-?\d+\.\d+)", place)
    if written:
        latitude, longitude = float(written[1]), float(written[2])
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise ParameterError(
                say(
                    "The place {place!r}. Expected latitude -90 to 90, longitude -180 to 180. "
                    "Correct it.",
                    place=place,
                )
            )
        return latitude, longitude
    try:
        return _municipality(place)
    except UnknownCodeError as error:
        code = re.sub(r"[ –-]", "_", place.casefold())
        there = [
            (firm.latitude, firm.longitude)
            for firm in (() if directory is None else directory.firms)
            if firm.cluster == code and firm.latitude is not None and firm.longitude is not None
        ]
        if not there:
            clusters = {firm.cluster for firm in (() if directory is None else directory.firms)}
            near = _nearest_places(place, sorted(clusters))
            if not near:
                raise
            raise UnknownCodeError(
                say("{why} Did you mean {near}?", why=words_of(error), near=examples(near))
            ) from None
    latitude, longitude = np.mean(np.array(there), axis=0)
    return float(latitude), float(longitude)


@lru_cache(maxsize=1000)
def _municipality(place: str) -> tuple[float, float]:
    table = _named()
    plain = _bare_name(place)
    whole = (table["name_ja"] == place) | (table["name_en"].str.casefold() == place.casefold())
    fits = table[whole]
    if fits.empty:
        fits = table[(table["bare_ja"] == plain) | (table["bare_en"] == plain)]
    if len(fits) != 1:
        named = [f"{one.name_ja} ({one.name_en}, {one.code})" for one in fits.itertuples()]
        told = (
            say("may be {names}", names=examples(named))
            if named
            else say("is no municipality that is known here")
        )
        raise UnknownCodeError(
            say(
                "The place {place!r} {told}. Expected one place. Write its whole name, a cluster "
                "of the directory, or its latitude and longitude, such as '35.96,136.22'.",
                place=place,
                told=told,
            )
        )
    row = fits.iloc[0]
    return float(row["latitude"]), float(row["longitude"])


def _nearest_places(place: str, clusters: Sequence[str]) -> tuple[str, ...]:
    """Places that are written nearly like one, nearest first."""
    table = _named()
    if (table["bare_ja"] == _bare_name(place)).any():
        return ()  # it may be several, and they are named already
    known = {name.casefold(): name for name in (*table["name_ja"], *table["name_en"], *clusters)}
    bare = dict(zip(table["bare_ja"], table["name_ja"], strict=True))
    bare |= dict(zip(table["bare_en"], table["name_en"], strict=True))
    near = get_close_matches(_bare_name(place), [*bare, *known], n=6, cutoff=0.5)
    return tuple(dict.fromkeys(bare.get(name) or known[name] for name in near))[:3]


@lru_cache(maxsize=1)
def _named() -> pd.DataFrame:
    table = municipalities("2024-01-01").reset_index()
    return table.assign(
        bare_ja=table["name_ja"].map(_bare_name), bare_en=table["name_en"].map(_bare_name)
    )


def _bare_name(name: str) -> str:
    """Name without what kind of municipality it is."""
    bare: str = re.sub(r"-(?:shi|ku|machi|cho|mura|son)$", "", name.casefold())
    return bare[:-1] if len(bare) > 1 and bare[-1] in "市区町村" else bare
