"""Does a test fail when one word of a report is changed?

A mutation changes one message or one word of the glossary that a report says: it loses a word, it
loses a blank, or it is told in the other language. The report is rendered again, and its words are
held against those kept in ``told/``, as ``test_told`` does: a mutation that changes nothing there
survives. The studies run once; only the telling is repeated.

Limits: what a result says once, when it is made, is told before the change and survives here: the
sentences of ``entry.effects``, which ``tests/entry/test_effects.py`` holds word for word.

    python tests/study/mutations.py [COUNT] [SEED]

mutates the two reports that render quickly and prints how many mutations were killed.
"""

import random
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from shuseki.language import LANGUAGES, glossary, messages, told
from shuseki.language.catalogue import translation
from shuseki.language.messages import FILLED, Message

KINDS = ("a word is missing", "a blank is missing", "the other language")
BLANK = re.compile(r"\{[^{}]*\}")
INK = re.compile(r"[^\W\d_]")


class Said(dict[str, tuple[str, str]]):
    """The glossary, which remembers what was asked of it."""

    def __init__(self, words: Mapping[str, tuple[str, str]]) -> None:
        super().__init__(words)
        self.asked: dict[str, None] = {}

    def get(self, key: str, default: Any = None) -> Any:
        if key in self:
            self.asked[key] = None
        return super().get(key, default)

    def __getitem__(self, key: str) -> tuple[str, str]:
        self.asked[key] = None
        return super().__getitem__(key)


@contextmanager
def words_of_the_glossary(words: Mapping[str, tuple[str, str]]) -> Iterator[None]:
    """Every module that asks the glossary gets these words."""
    places = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("shuseki") and getattr(module, "glossary", None) is glossary
    ]
    for module in places:
        module.glossary = lambda: words  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in places:
            module.glossary = glossary  # type: ignore[attr-defined]


@contextmanager
def telling(change: Mapping[str, str], said: dict[str, None] | None = None) -> Iterator[None]:
    """Messages are told by other sentences; those that are told are written down."""
    before = Message.in_language

    def in_language(self: Message, lang: str) -> str:
        if type(self) is not Message or not self.key:
            return before(self, lang)
        if said is not None:
            said[self.key] = None
        if self.key not in change:
            return before(self, lang)
        values = {name: told(value, lang) for name, value in self.values.items()}
        return FILLED.vformat(change[self.key], (), values)

    Message.in_language = in_language  # type: ignore[method-assign]
    try:
        yield
    finally:
        Message.in_language = before  # type: ignore[method-assign]


def mutated(sentence: str, other: str, kind: str, lang: str, draw: random.Random) -> str | None:
    """A sentence with one change of a kind; None where that changes nothing."""
    if kind == "the other language":
        return other if other != sentence else None
    if kind == "a blank is missing":
        found = list(BLANK.finditer(sentence))
        if not found or sentence.count("{{"):
            return None
        one = draw.choice(found)
        return sentence[: one.start()] + sentence[one.end() :]
    pattern = r"[A-Za-z]{2,}" if lang == "en" else r"[\u3041-\u30ff\u4e00-\u9fff]{2,}"
    inside = [blank.span() for blank in BLANK.finditer(sentence)]
    found = [
        one
        for one in re.finditer(pattern, sentence)
        if not any(start <= one.start() < end for start, end in inside)
    ]
    if not found:
        return None
    one = draw.choice(found)
    left = sentence[: one.start()] + sentence[one.end() :]
    return left if INK.search(left) else None


def mutations(
    said: Mapping[str, None], asked: Mapping[str, None], lang: str, draw: random.Random
) -> list[tuple[str, str, str, str]]:
    """Everything that can be changed: (message or word, key, kind, as it then is)."""
    found = []
    for key in sorted(said):
        japanese = translation(key, "ja") or key
        own, other = (key, japanese) if lang == "en" else (japanese, key)
        for kind in KINDS:
            new = mutated(own, other, kind, lang, draw)
            if new is not None and new != own:
                found.append(("message", key, kind, new))
    at = LANGUAGES.index(messages.check_language(lang))
    for key in sorted(asked):
        own, other = glossary()[key][at], glossary()[key][1 - at]
        for kind in ("a word is missing", "the other language"):
            new = mutated(own, other, kind, lang, draw) if "{" not in own + other else None
            if new is not None and new != own:
                found.append(("word", key, kind, new))
    return found


def survivors(report: Any, count: int, draw: random.Random) -> tuple[int, list[tuple[str, ...]]]:
    """Mutate a report, and give how many changes were made and those that were not noticed.

    Parameters
    ----------
    report
        Gives the lines that a reader reads, as they are told now; its ``lang`` and ``agreed``.
    """
    said: dict[str, None] = {}
    words = Said(glossary())
    with words_of_the_glossary(words), telling({}, said):
        assert report() == report.agreed
    chosen = mutations(said, words.asked, report.lang, draw)
    chosen = draw.sample(chosen, min(count, len(chosen)))
    left = []
    at = LANGUAGES.index(report.lang)
    for what, key, kind, new in chosen:
        if what == "message":
            with telling({key: new}):
                noticed = report() != report.agreed
        else:
            pair = list(glossary()[key])
            pair[at] = new
            with words_of_the_glossary({**glossary(), key: (pair[0], pair[1])}):
                noticed = report() != report.agreed
        if not noticed:
            left.append((what, key, kind, new))
    return len(chosen), left


if __name__ == "__main__":
    import tempfile
    from pathlib import Path

    import test_told

    count, seed = (int(word) for word in (*sys.argv[1:3], "200", "9")[:2])
    draw = random.Random(seed)
    total, alive = 0, []
    with tempfile.TemporaryDirectory() as place:
        kept = test_told.documents(Path(place), ("marseille", "companies"))
        for name, document in kept.items():
            made, left = survivors(test_told.Told(name, document), count // len(kept), draw)
            sys.stdout.write(f"{name}: {made - len(left)} of {made} killed\n")
            total += made
            alive += [(name, *one) for one in left]
    sys.stdout.write(f"{total - len(alive)} of {total} killed\n")
    for one in alive:
        sys.stdout.write(f"alive: {one}\n")
