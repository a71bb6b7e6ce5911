"""What does a TOML file of a user's say, and is it of the shape that is read?"""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from functools import cache
from importlib.resources.abc import Traversable
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    with_config,
)
from typing_extensions import TypedDict

from shuseki.errors import DataError, ParameterError, ShusekiError
from shuseki.language import joined, say, words_of
from shuseki.language.refusals import refusals

__all__ = ["Faults", "Plain", "Positive", "check_shape", "only_tables", "read_toml"]


def _plain(value: Any) -> str:
    if not isinstance(value, str | int | float | date | time):
        raise ValueError(say("expected a text, a number or a day"))
    return str(value)


Plain = Annotated[str, BeforeValidator(_plain)]
"""One value of a file that is read as text."""
Positive = Annotated[float, Field(gt=0, lt=1e300)]


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


def check_shape(content: Any, shape: Any, place: str) -> None:
    """Check the kinds of the values of a table before it is read.

    Parameters
    ----------
    content
        The table.
    shape
        Its keys and the kind of each: a ``TypedDict``. Who reads the table says which keys there
        are, and may leave unknown ones to its own words.
    place
        What to call the table in an error.

    Raises
    ------
    DataError
        Values of another kind, each with its place and what was found.

    Examples
    --------
    >>> check_shape({"1": "WAGE"}, dict[str, list[str]], "models")
    Traceback (most recent call last):
    shuseki.errors.DataError: models: 1: expected a list (found 'WAGE'). Correct it.
    """
    try:
        _adapter(shape).validate_python(content, strict=True)
    except ValidationError as error:
        told = refusals(error.errors(), within=place)
        raise DataError(say("{faults}. Correct it.", faults=told)) from None


@cache
def only_tables(*names: str) -> Any:
    """The shape of a file that holds lists of tables under these names, and nothing else.

    Examples
    --------
    >>> check_shape({"order": []}, only_tables("orders"), "valve.toml")
    Traceback (most recent call last):
    shuseki.errors.DataError: valve.toml: order: there is no such key (found []). Correct it.
    """
    table: Any = TypedDict
    shape = table("Tables", dict.fromkeys(names, list[dict[str, Any]]), total=False)
    return with_config(ConfigDict(extra="forbid"))(shape)


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def read_toml(path: Traversable) -> dict[str, Any]:
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
