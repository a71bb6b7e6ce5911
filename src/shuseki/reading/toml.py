"""What does a TOML file of a user's say?"""

import tomllib
from pathlib import Path
from typing import Any

from shuseki.errors import DataError, ParameterError
from shuseki.language import say, words_of

__all__ = ["read_toml"]


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
