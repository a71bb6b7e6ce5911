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
    "MissingExtraError",
    "OutputError",
    "ParameterError",
    "ShusekiError",
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
        return cls(
            f"Unknown {kind}{'s' if len(missing) > 1 else ''}: {examples(missing)}. "
            f"Expected one of the {len(known)} known. {advice}"
        )


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


def examples(values: Iterable[object], shown: int = SHOWN) -> str:
    """List up to ``shown`` values, and say how many there are when there are more."""
    items = [str(value) for value in values]
    if len(items) <= shown:
        return ", ".join(items)
    return f"{', '.join(items[:shown])} … ({len(items)} in all)"
