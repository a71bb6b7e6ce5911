"""How is it said, in both languages, that a typed model refuses a value?

Takes: faults as pydantic lists them. Gives: messages that say what was expected.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shuseki.language.messages import Message, joined, say

__all__ = ["is_tag", "refusal", "refusals"]

NUMBER = say("expected a number")
WHOLE = say("expected a whole number")
TEXT = say("expected a text")
YES_OR_NO = say("expected true or false")
LIST = say("expected a list")
TABLE = say("expected a table of keys and values")
DAY = say("expected a day such as 2001-10-01")
PATH = say("expected a path")

PLAIN: Mapping[str, Message] = {
    "missing": say("needed, and not given"),
    "extra_forbidden": say("there is no such key"),
    "finite_number": say("expected a finite number"),
    **dict.fromkeys(("float_type", "float_parsing", "decimal_type", "decimal_parsing"), NUMBER),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), WHOLE),
    **dict.fromkeys(("string_type", "string_unicode"), TEXT),
    **dict.fromkeys(("bool_type", "bool_parsing"), YES_OR_NO),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), LIST),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type", "mapping_type"), TABLE),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        DAY,
    ),
    "path_type": PATH,
}
LIMIT: Mapping[str, str] = {
    "greater_than": "gt",
    "greater_than_equal": "ge",
    "less_than": "lt",
    "less_than_equal": "le",
    "multiple_of": "multiple_of",
    "too_short": "min_length",
    "too_long": "max_length",
    "string_too_short": "min_length",
    "string_too_long": "max_length",
    "string_pattern_mismatch": "pattern",
    "literal_error": "expected",
    "enum": "expected",
}
"""Kind of a fault → what pydantic calls its limit."""


def limited(kind: str, limit: str) -> Message:
    """How a limit is said."""
    match kind:
        case "greater_than":
            return say("expected more than {limit}", limit=limit)
        case "greater_than_equal":
            return say("expected {limit} or more", limit=limit)
        case "less_than":
            return say("expected less than {limit}", limit=limit)
        case "less_than_equal":
            return say("expected {limit} or less", limit=limit)
        case "multiple_of":
            return say("expected a multiple of {limit}", limit=limit)
        case "too_short":
            return say("expected {limit} or more entries", limit=limit)
        case "too_long":
            return say("expected {limit} entries or fewer", limit=limit)
        case "string_too_short":
            return say("expected {limit} or more characters", limit=limit)
        case "string_too_long":
            return say("expected {limit} characters or fewer", limit=limit)
        case "string_pattern_mismatch":
            return say("expected a text of the form {limit}", limit=limit)
    return say("expected one of {limit}", limit=limit)


def refusal(fault: Any) -> str:
    """Why a value was refused.

    Parameters
    ----------
    fault
        One of ``ValidationError.errors()``.

    Returns
    -------
    str
        The message of the validator where it is ours, else one of this module; what pydantic says
        (in English) of the rare kinds that neither knows.
    """
    context = fault.get("ctx", {})
    own = context.get("error")
    if isinstance(own, ValueError) and own.args and isinstance(own.args[0], Message):
        return own.args[0]
    kind = fault["type"]
    if kind in LIMIT:
        limit = context[LIMIT[kind]]
        return limited(
            kind, f"{limit:g}" if isinstance(limit, float) else str(limit).replace(" or ", ", ")
        )
    return PLAIN.get(kind, str(fault["msg"]).removeprefix("Value error, "))


def refusals(faults: Sequence[Any], beyond: int = 0, within: str = "") -> Message:
    """All that was refused, each with its place and what was found there.

    Parameters
    ----------
    faults
        ``ValidationError.errors()``; the first ten are told.
    beyond
        Steps of each place to leave out, e.g. the ``query`` of an address.
    within
        What the places are of; stands before each.
    """
    told = list(dict.fromkeys(_placed(one, beyond, within) for one in faults[:MOST_TOLD]))
    if len(faults) > MOST_TOLD:
        told.append(say("{n} more", n=len(faults) - MOST_TOLD))
    return joined(told, "; ")


TAGS = frozenset({"bool", "str", "int", "float", "list", "dict", "Path", "path", "literal"})
TAGS_OF = ("function-", "tuple[", "list[", "sequence[", "dict[", "literal[", "constrained-")


def is_tag(step: int | str) -> bool:
    """Whether a step of a place is pydantic's name of an alternative, not a key of the file."""
    return isinstance(step, str) and (step in TAGS or step.startswith(TAGS_OF))


MOST_TOLD = 10
LONGEST = 60


def _placed(fault: Any, beyond: int, within: str) -> Message:
    place = ".".join(str(step) for step in fault["loc"][beyond:] if not is_tag(step))
    place = ": ".join(part for part in (within, place) if part)
    why, found = refusal(fault), fault["input"]
    if fault["type"] == "missing" or isinstance(found, dict):
        return say("{place}: {why}", place=place, why=why)
    written = str(found)
    return say(
        "{place}: {why} (found {found!r})",
        place=place,
        why=why,
        found=found if len(written) <= LONGEST else f"{written[:LONGEST]}…",
    )
