"""How is a sentence said once and told in two languages?

A ``Message`` is the English string, and remembers the sentence with its blanks and what fills them.
``told`` gives it in a language; a message inside a message is told in that language too.

Blanks are those of ``str.format``, and one more: ``{n:count(area)}`` is "1 area", "253 areas";
``{n:count(city,cities)}`` where an s is not enough. Japanese needs no plural: ``{n:,}地域``.

Limits: a message that is cut, joined with ``+`` or put into an f-string becomes a plain string and
keeps its English; ``joined`` and ``listed`` put messages together.
"""

import re
from collections.abc import Iterable, Sequence
from string import Formatter
from typing import Any, Literal, TypeAlias, get_args

from shuseki.errors import Examples, ParameterError, ShusekiError, Unknown
from shuseki.language.catalogue import translation

__all__ = [
    "LANGUAGES",
    "Lang",
    "Message",
    "check_language",
    "joined",
    "listed",
    "say",
    "told",
    "words_of",
]

Lang: TypeAlias = Literal["en", "ja"]
LANGUAGES: tuple[Lang, ...] = get_args(Lang)
COUNT = re.compile(r"count\((?P<one>[^,()]+)(?:,(?P<many>[^()]+))?\)")
SEPARATORS = {
    ", ": "、",
    "; ": "；",
    " and ": "と",
    " – ": "～",
    " ": "",
    "": "",
    "\n": "\n",
}
"""What stands between parts in English, and in Japanese."""


class Message(str):
    """A sentence in English that can be told in other languages.

    Attributes
    ----------
    key
        The English sentence with its blanks; empty for parts put together.
    values
        What fills the blanks.
    """

    key: str
    values: dict[str, Any]
    _parts: tuple[str, ...]
    _separator: str

    def __new__(
        cls,
        key: str,
        values: dict[str, Any] | None = None,
        *,
        parts: Sequence[str] = (),
        separator: str = "",
    ) -> "Message":
        """Say it in English."""
        said = separator.join(parts) if parts else FILLED.vformat(key, (), values or {})
        made = super().__new__(cls, said)
        made.key, made.values = key, dict(values or {})
        made._parts, made._separator = tuple(parts), separator
        return made

    def in_language(self, lang: str) -> str:
        """Tell it; a sentence without a translation stays English."""
        if check_language(lang) == "en":
            return str(self)
        if self._parts:
            return SEPARATORS[self._separator].join(told(part, lang) for part in self._parts)
        values = {name: told(value, lang) for name, value in self.values.items()}
        return FILLED.vformat(translation(self.key, lang) or self.key, (), values)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.key, self.values, self._parts, self._separator)


def _again(key: str, values: dict[str, Any], parts: tuple[str, ...], separator: str) -> Message:
    return Message(key, values, parts=parts, separator=separator)


class Filled(Formatter):
    """``str.format`` with ``count(area)``."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Fill one blank."""
        found = COUNT.fullmatch(format_spec)
        if found is None:
            return str(super().format_field(value, format_spec))
        one, many = found["one"], found["many"] or f"{found['one']}s"
        return f"{value:,} {one if value == 1 else many}"

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Any) -> Any:
        """Find what fills a blank; blanks have names."""
        if isinstance(key, int):
            raise ParameterError("A blank without a name. Expected {name}. Name it.")
        return kwargs[key]


FILLED = Filled()


def say(key: str, **values: Any) -> Message:
    """Say a sentence.

    Parameters
    ----------
    key
        The sentence in English, written out where it is said, with named blanks.
    values
        What fills them: numbers, names, other messages.

    Examples
    --------
    >>> say("{areas:count(area)} and {n:.2f} births", areas=1, n=2)
    '1 area and 2.00 births'
    """
    return Message(key, values)


def words_of(error: BaseException) -> str:
    r"""What an error says: a message where it is one of ours, else the first line of its words.

    Examples
    --------
    >>> words_of(ParameterError(say("{n:count(area)}", n=2))), words_of(ValueError("one\ntwo"))
    ('2 areas', 'one')
    """
    words = error.args[0] if error.args else ""
    if isinstance(error, ShusekiError) and isinstance(words, str):
        return words
    return (str(error).splitlines() or [""])[0]


def told(text: Any, lang: str) -> Any:
    """Tell a message in a language; anything else, a plain string or a number, stays as it is.

    What ``errors.examples`` lists and what ``UnknownCodeError.among`` says are told too.

    Examples
    --------
    >>> told("Suwa", "ja"), told(3, "ja")
    ('Suwa', 3)
    """
    if isinstance(text, Message):
        return text.in_language(lang)
    if isinstance(text, Examples):
        return _examples(text).in_language(lang)
    if isinstance(text, Unknown):
        return _unknown(text).in_language(lang)
    return text


def _examples(given: Examples) -> Message:
    names = listed(given.items[: given.shown])
    if len(given.items) <= given.shown:
        return names
    return say("{names} … ({n:,} in all)", names=names, n=len(given.items))


def _unknown(given: Unknown) -> Message:
    from shuseki.language.glossary import named_kind

    kind = named_kind(given.kind)
    if given.hint:
        advice: str = given.hint
    elif given.near:
        advice = say("Did you mean {names}?", names=listed(given.near))
    else:
        advice = say("Check the edition of the {kind}s.", kind=kind)
    return say(
        "Unknown {kind}: {codes}. Expected one of the {n} known. {advice}",
        kind=kind,
        codes=given.codes,
        n=given.known,
        advice=advice,
    )


def joined(parts: Iterable[str], separator: str = "; ") -> Message:
    """Put messages together, with what stands between them in each language.

    Parameters
    ----------
    parts
        Messages or plain strings.
    separator
        ``", "``, ``"; "``, ``" and "``, ``" – "``, ``" "``, ``""`` or a new line.
    """
    if separator not in SEPARATORS:
        raise ParameterError(
            f"Unknown separator {separator!r}. Expected one of {', '.join(map(repr, SEPARATORS))}."
        )
    return Message("", parts=tuple(parts) or ("",), separator=separator)


def listed(items: Iterable[Any]) -> Message:
    """List names: "a, b", 「a、b」.

    Examples
    --------
    >>> listed(["3a", "6"]), told(listed(["3a", "6"]), "ja")
    ('3a, 6', '3a、6')
    """
    return joined([item if isinstance(item, str) else str(item) for item in items], ", ")


def check_language(lang: str) -> Lang:
    """Refuse a language that nobody speaks here.

    Raises
    ------
    ParameterError
        It is neither ``"en"`` nor ``"ja"``.
    """
    for known in LANGUAGES:
        if lang == known:
            return known
    raise ParameterError(
        f"Unknown language {lang!r}. Expected 'en' or 'ja'. Choose one of the two."
    )
