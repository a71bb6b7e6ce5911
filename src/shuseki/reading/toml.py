"""What does a TOML file of a user's say?"""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shuseki.errors import DataError, ParameterError, ShusekiError
from shuseki.language import joined, say, words_of

__all__ = ["Faults", "read_toml"]


class Faults:
    """What is wrong with the entries of a file, gathered so that it is said all at once.

    Examples
    --------
    >>> faults = Faults()
    >>> for value in ("one", "two"):
    ...     with faults.gathered():
    ...         raise DataError(say("{value} is no number.", value=value))
    >>> faults.tell()
    Traceback (most recent call last):
    shuseki.errors.DataError: one is no number.
    two is no number.
    """

    def __init__(self) -> None:
        self.found: list[ShusekiError] = []

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Keep an error for later."""
        try:
            yield
        except ShusekiError as error:
            self.found.append(error)

    def tell(self) -> None:
        """Raise what was gathered: a single error as it is, several as one."""
        if len(self.found) == 1:
            raise self.found[0]
        if self.found:
            raise DataError(joined(map(words_of, self.found), "\n"))


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file in UTF-8.

    Raises
    ------
    ParameterError
        There is no such file.
    DataError
        It is no TOML; the line is named.
    """
    if not path.is_file():
        raise ParameterError(
            say(
                "No file {path}. Expected a .toml file. Check the path.",
                path=path,
            )
        )
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(
            say(
                "{path} is not a TOML file in UTF-8: {error}. Correct that line.",
                path=path,
                error=words_of(error),
            )
        ) from error
