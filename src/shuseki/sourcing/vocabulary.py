"""Which process or material does a word name, in Japanese, English or Chinese?

A text is cut into phrases at punctuation, and a phrase into words by SudachiPy (mode A, normalised:
めっき, メッキ and 鍍金 are one word, 研磨 and 研削 are two; 焼入れ and 焼き入れ are one). From the
left, the longest run of words that the vocabulary holds is taken. Chinese, for which the analyser
has no dictionary, is searched for the terms themselves, the longest first.

The vocabulary is the names of ``sourcing.processes`` in both languages and a table of synonyms. A
term that the trade uses for two things (円筒研磨 is written for grinding as well as for polishing)
is ambiguous: it is given back as not understood, with what it may mean. A phrase that denies
(めっきは外注, except welding) names nothing, and neither does a process that only says what a thing
is for (研磨機, 溶接用, plating equipment). What is left over is listed, never guessed.

Takes text. Gives codes and what was not understood.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from threading import local
from typing import Any, Literal

from shuseki.errors import ParameterError
from shuseki.language import say
from shuseki.sourcing.processes import (
    is_kind_of,
    material_group,
    materials,
    processes,
    written_grade,
)

__all__ = ["Phrase", "Reading", "asking_words", "nearest_terms", "read_text", "words"]

SEPARATORS = re.compile(r"[、。,;:／/・•|｜\n\r\t()（）「」【】\[\]+&＆→⇒>]|\s-\s|\s{2,}")
WORD_SIGNS = re.compile(r"\w")
GRADE = re.compile(r"(?<![A-Z0-9])[A-Z0-9][A-Z0-9.\-]*[A-Z0-9](?![A-Z0-9])")
SPLIT_WORDS = 2
"""So many words more than a term has may be what it is cut into inside a text."""
SMALL = ("助詞", "助動詞", "補助記号", "空白", "接続詞")
"""Parts of speech that say nothing by themselves."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that was not, or not wholly, understood.

    Attributes
    ----------
    text
        As it was written.
    why
        ``unknown`` (no word of it names a process), ``partly`` (``words`` were left over),
        ``ambiguous`` (``words`` are the codes that it may mean) or ``denied``.
    """

    text: str
    why: Literal["unknown", "partly", "ambiguous", "denied"]
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text names.

    Attributes
    ----------
    processes, materials
        Codes in the order of the text, each once.
    phrases
        What was not understood.
    together
        Process → the materials that its own phrases name, and those that stand in a phrase without
        a process. What a phrase on coating names may be the layer (銅めっき), and is left out.
    """

    processes: tuple[str, ...]
    materials: tuple[str, ...]
    phrases: tuple[Phrase, ...]
    together: Mapping[str, tuple[str, ...]]


def words(text: str) -> tuple[str, ...]:
    """Cut a text into words as they are compared: normalised, small letters, no particles.

    Examples
    --------
    >>> words("メッキ") == words("鍍金"), words("研磨") == words("研削")
    (True, False)
    """
    return tuple(word.form for word in _analysed(text) if word.telling)


def read_text(text: str, *, written: str = "ja") -> Reading:
    """Find the processes and materials that a text names.

    Parameters
    ----------
    written
        ``"ja"`` for Japanese and English, ``"zh"`` for Chinese.

    Examples
    --------
    >>> found = read_text("SUS304のバフ研磨、円筒研磨、めっきは外注")
    >>> found.processes, found.materials
    (('buffing',), ('stainless_steel',))
    >>> [(phrase.text, phrase.why) for phrase in found.phrases]
    [('円筒研磨', 'ambiguous'), ('めっきは外注', 'denied')]
    """
    if written not in ("ja", "zh"):
        raise ParameterError(
            say(
                "written = {written!r}. Expected 'ja' or 'zh'. Choose one of them.",
                written=written,
            )
        )
    named: dict[str, dict[str, None]] = {}
    every: dict[str, None] = {}
    alone: dict[str, None] = {}
    left: list[Phrase] = []
    for phrase in phrases_of(text):
        found, rest, denied = (_read_chinese if written == "zh" else _read_words)(phrase)
        if denied:
            left.append(Phrase(phrase, "denied"))
            continue
        clear = [(kind, codes[0]) for kind, codes in found if len(codes) == 1]
        of_phrase = dict.fromkeys(code for kind, code in clear if kind == "material")
        every.update(of_phrase)
        if all(kind == "material" for kind, _ in found):
            alone.update(of_phrase)
        for kind, code in clear:
            if kind == "process":
                bound = {} if is_kind_of(code, "coating") else of_phrase
                named.setdefault(code, {}).update(bound)
        left += [Phrase(phrase, "ambiguous", codes) for _, codes in found if len(codes) > 1]
        if not found:
            left.append(Phrase(phrase, "unknown"))
        elif rest:
            left.append(Phrase(phrase, "partly", tuple(rest)))
    together = {code: tuple(groups | alone) for code, groups in named.items()}
    return Reading(tuple(named), tuple(every), tuple(left), together)


def phrases_of(text: str) -> Iterator[str]:
    """Cut a text at punctuation; blanks around are left out."""
    for piece in SEPARATORS.split(unicodedata.normalize("NFKC", text)):
        phrase = piece.strip(" 　.-~*")
        if WORD_SIGNS.search(phrase):
            yield phrase


def nearest_terms(text: str, *, most: int = 3, least: float = 62.0) -> tuple[str, ...]:
    """Known terms that are written nearly like a word, nearest first, each thing once.

    Parameters
    ----------
    most
        How many.
    least
        Likeness (0 to 100, share of letters in common) from which a term is named.

    Examples
    --------
    >>> nearest_terms("plateing", most=1)
    ('plating',)
    """
    from rapidfuzz import fuzz, process

    terms = _written_terms()
    wanted = unicodedata.normalize("NFKC", text).casefold()
    near = process.extract(wanted, list(terms), scorer=fuzz.ratio, score_cutoff=least, limit=None)
    named: dict[tuple[str, ...], str] = {}
    for small, _, _ in sorted(near, key=lambda one: (-one[1], one[0])):
        term, codes = terms[small]
        named.setdefault(codes, term)
    return tuple(named.values())[:most]


@cache
def _written_terms() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Every term in small letters → as it is written, and what it names."""
    terms: dict[str, tuple[str, tuple[str, ...]]] = {}
    for _, term, codes in _named():
        terms.setdefault(unicodedata.normalize("NFKC", term).casefold(), (term, codes))
    for group in materials().values():
        for grade in group.grades:
            terms.setdefault(grade.casefold(), (grade, (grade,)))
    return terms


def asking_words() -> frozenset[str]:
    """Words of a question that ask for nothing by themselves (who can do, できる会社)."""
    return _spoken("asking")


# ---- by words ------------------------------------------------------------------------------------

Found = list[tuple[str, tuple[str, ...]]]


def _read_words(phrase: str) -> tuple[Found, list[str], bool]:
    """Kinds and codes that a phrase names, the words left over, whether it denies."""
    found: Found = []

    def take(grade: "re.Match[str]") -> str:
        group = _group_of_grade(grade[0])
        if group is None:
            return grade[0]
        found.append(("material", (group,)))
        return " "

    bare = GRADE.sub(take, phrase.upper()) if _group_in(phrase) else phrase
    analysed = _analysed(bare)
    rest: list[str] = []
    left: list[str] = []
    at = 0
    while at < len(analysed):
        width = _width(analysed, at)
        after = analysed[at + width].form if at + width < len(analysed) else ""
        word = analysed[at]
        if width and not (after in _spoken("head") and not _width(analysed, at + width)):
            found.append(_terms()[0][_joined(analysed[at : at + width])])
            left.append("\0")
        elif width:
            rest += [each.form for each in analysed[at : at + width + 1]]
            left.append("\0")
            width += 1
        else:
            left.append(word.surface + " " * word.surface.isascii())
            if word.telling and word.form not in _spoken("filler"):
                rest.append(word.form)
        at += max(width, 1)
    if _denial().search("".join(left)):
        return [], [], True
    return found, rest, False


def _joined(analysed: Sequence["Word"]) -> str:
    """Words of a term as one key: the analyser may cut 金型 in one text and not in another."""
    spaced = " ".join(word.form for word in analysed)
    return re.sub(r"(?<=[a-z0-9]) (?=[^a-z0-9])|(?<=[^a-z0-9]) ", "", spaced)


def _width(analysed: Sequence["Word"], at: int) -> int:
    """How many words from here are the longest term; 0 where there is none.

    A term of one sign (鉄) stands alone: beside a word that is no term it is a part of that word.
    """
    terms, longest = _terms()
    for width in range(min(longest, len(analysed) - at), 0, -1):
        key = _joined(analysed[at : at + width])
        if key not in terms:
            continue
        if len(key) > 1:
            return width
        bound = any(
            word.telling and word.form not in _spoken("filler")
            for word in analysed[max(at - 1, 0) : at]
        )
        after = analysed[at + 1 : at + 2]
        if not bound and not (after and after[0].telling and not _width(analysed, at + 1)):
            return width
    return 0


@cache
def _denial() -> "re.Pattern[str]":
    """What makes a phrase a denial: the terms of the table, English ones as whole words."""
    said = [
        re.escape(row["term"])
        if row["lang"] == "ja"
        else rf"(?<![a-z]){re.escape(row['term'])}(?![a-z])"
        for row in _rows()
        if row["kind"] == "denial" and row["lang"] in ("ja", "en")
    ]
    return re.compile("|".join(said))


@cache
def _terms() -> tuple[Mapping[str, tuple[str, tuple[str, ...]]], int]:
    """Joined words of a term → kind and codes; how many words a term has at most."""
    terms: dict[str, tuple[str, tuple[str, ...]]] = {}
    longest = 0
    for kind, term, codes in _named():
        analysed = _analysed(term)
        terms[_joined(analysed)] = (kind, codes)
        longest = max(longest, len(analysed))
    return terms, longest + SPLIT_WORDS


def _named() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Kind, term and codes: names of the tables first, synonyms after them."""
    for known in processes().values():
        yield "process", known.name_ja, (known.code,)
        yield "process", known.name_en, (known.code,)
    for group in materials().values():
        yield "material", group.name_ja, (group.code,)
        yield "material", group.name_en, (group.code,)
    for row in _rows():
        if row["kind"] in ("process", "material") and row["lang"] in ("ja", "en"):
            yield row["kind"], row["term"], tuple(row["codes"].split())


class _Analyser(local):
    """One analyser for each thread: SudachiPy's may not be shared."""

    tokenizer: Any = None


ANALYSER = _Analyser()


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is compared and as it was written; whether it says something by itself."""

    form: str
    surface: str
    telling: bool


def _analysed(text: str) -> list[Word]:
    """Words of a text."""
    if ANALYSER.tokenizer is None:
        from sudachipy import Dictionary, SplitMode

        ANALYSER.tokenizer = Dictionary(dict="small").tokenizer(mode=SplitMode.A)
    found = []
    for piece in _pieces(unicodedata.normalize("NFKC", text)):
        for part in ANALYSER.tokenizer.tokenize(piece):
            word = part.normalized_form().strip().casefold()
            if word and WORD_SIGNS.search(word):
                telling = part.part_of_speech()[0] not in SMALL
                found.append(Word(word, part.surface().casefold(), telling))
    return found


def _pieces(text: str) -> Iterable[str]:
    """Cut where letters meet other signs: the analyser takes ``mm以下`` and ``mm`` differently."""
    return re.findall(r"[A-Za-z]+|[^A-Za-z]+", text[:100_000])


def _group_in(phrase: str) -> bool:
    return any(_group_of_grade(found[0]) for found in GRADE.finditer(phrase.upper()))


def _group_of_grade(text: str) -> str | None:
    try:
        return material_group(text) if written_grade(text) == text else None
    except LookupError:
        return None


# ---- Chinese -------------------------------------------------------------------------------------


def _read_chinese(phrase: str) -> tuple[Found, list[str], bool]:
    """The same for a Chinese phrase: its terms are looked for as they are written."""
    if any(word in phrase for word in _written("denial")):
        return [], [], True
    at: dict[int, tuple[str, tuple[str, ...]]] = {}
    rest = phrase
    for term, kind, codes in _chinese():
        for start in [found.start() for found in re.finditer(re.escape(term), rest)]:
            after = rest[start + len(term) :]
            if not any(after.startswith(head) for head in _written("head")):
                at[start] = (kind, codes)
        rest = rest.replace(term, "\0" * len(term))
    for filler in sorted(_written("filler"), key=len, reverse=True):
        rest = rest.replace(filler, "\0" * len(filler))
    return [at[start] for start in sorted(at)], rest.replace("\0", " ").split(), False


@cache
def _chinese() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    terms = [
        (row["term"], row["kind"], tuple(row["codes"].split()))
        for row in _rows()
        if row["lang"] == "zh" and row["kind"] in ("process", "material")
    ]
    return tuple(sorted(terms, key=lambda term: (-len(term[0]), term[0])))


# ---- the table -----------------------------------------------------------------------------------


@cache
def _spoken(kind: str) -> frozenset[str]:
    """Words of a kind in Japanese and English, as they are compared."""
    terms = [row["term"] for row in _rows() if row["kind"] == kind and row["lang"] != "zh"]
    return frozenset(word.form for term in terms for word in _analysed(term)[-1:])


@cache
def _written(kind: str) -> frozenset[str]:
    """Words of a kind in Chinese, as they are written."""
    return frozenset(row["term"] for row in _rows() if row["kind"] == kind and row["lang"] == "zh")


@cache
def _rows() -> tuple[dict[str, str], ...]:
    path = files("shuseki.sourcing") / "data" / "synonyms.csv"
    with path.open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))
