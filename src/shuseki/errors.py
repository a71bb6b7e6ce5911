"""What went wrong, and what can the reader do about it?

There is one class per remedy. Every message says three things, in this order: what was
found (the value, how many, up to five examples), what was expected, and what to do.
"""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

__all__ = [
    "AlignmentError",
    "ConvergenceError",
    "DataError",
    "Examples",
    "MissingExtraError",
    "OutputError",
    "ParameterError",
    "ShusekiError",
    "Unknown",
    "UnknownCodeError",
    "examples",
]

SHOWN = 5


class ShusekiError(Exception):
    """Everything shuseki refuses on purpose; catch this one to catch them all."""


class DataError(ShusekiError, ValueError):
    """The data break their schema. Remedy: correct the data."""


class UnknownCodeError(ShusekiError, LookupError):
    """A code is not in the edition at hand. Remedy: check the code, or its edition."""

    @classmethod
    def among(
        cls, kind: str, unknown: Iterable[str], known: Collection[str], hint: str = ""
    ) -> "UnknownCodeError":
        """Build the message: the unknown codes, how many are known, the nearest of them."""
        missing = sorted(set(unknown))
        near = get_close_matches(missing[0], known, n=3, cutoff=0.5) if missing else []
        advice = hint or (
            f"Did you mean {', '.join(near)}?" if near else f"Check the edition of the {kind}s."
        )
        words = Unknown(
            f"Unknown {kind}{'s' if len(missing) > 1 else ''}: {examples(missing)}. "
            f"Expected one of the {len(known)} known. {advice}"
        )
        words.kind, words.codes, words.known = kind, examples(missing), len(known)
        words.near, words.hint = tuple(near), hint
        return cls(words)


class AlignmentError(ShusekiError, ValueError):
    """Two tables speak of different areas, industries or periods. Remedy: convert one."""


class ParameterError(ShusekiError, ValueError):
    """An argument is outside its range. Remedy: choose another value."""


class ConvergenceError(ShusekiError, RuntimeError):
    """An iteration stopped before it settled. Remedy: relax it, or start elsewhere."""


class MissingExtraError(ShusekiError, ImportError):
    """An optional part is not installed. Remedy: ``pip install shuseki[...]``."""


class OutputError(ShusekiError, OSError):
    """The output could not be written whole. Remedy: free the disk, or choose a folder."""


class Examples(str):
    """Some of many values, in English; ``language.told`` lists them in other languages."""

    items: tuple[str, ...]
    shown: int


class Unknown(str):
    """Words on a code that is not known, in English; ``language.told`` has the others.

    Attributes
    ----------
    kind
        What it is a code of.
    codes
        The unknown ones.
    known
        How many are known.
    near
        Those that are spelt much like the first.
    hint
        What to do instead, or empty.
    """

    kind: str
    codes: Examples
    known: int
    near: tuple[str, ...]
    hint: str


def examples(values: Iterable[object], shown: int = SHOWN) -> Examples:
    """List up to ``shown`` values, and say how many there are when there are more."""
    items = tuple(value if isinstance(value, str) else str(value) for value in values)
    said = ", ".join(items[:shown])
    made = Examples(said if len(items) <= shown else f"{said} … ({len(items)} in all)")
    made.items, made.shown = items, shown
    return made
