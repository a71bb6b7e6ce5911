"""How is this page had as a command and in Python?

Every question can be asked without a browser: ``shuseki ask ranking indicator=employment``, and
``ask("ranking", indicator="employment")`` in Python (``app.asking``). Where a room has a command or
a verb of its own that gives the same numbers, that is shown in its place.
"""

import shlex
from typing import Any

from shuseki.app.own_areas import is_own
from shuseki.app.question import Asked, Question, Reader, pairs_of

__all__ = ["LONGEST", "ask_command", "ask_python", "command_of", "python_of"]

LONGEST = 500
"""A longer text stands in a file of its own, which the command reads."""


def command_of(question: Question[Any], asked: Asked, reader: Reader) -> str:
    """The same answer as a command."""
    needed = _folder(question, asked, reader)
    own = question.command
    said = own(asked, reader.lang) if own is not None and not needed else ""
    return said or ask_command(question.name, asked, reader.lang, needed)


def _folder(question: Question[Any], asked: Asked, reader: Reader) -> str:
    """Folder of the app where the answer rests on firms or areas in it; empty elsewhere."""
    rests = (question.depends_on_reader and reader.has_firms) or is_own(getattr(asked, "by", ""))
    return reader.folder if rests else ""


def ask_command(name: str, asked: Asked, lang: str, folder: str = "") -> str:
    """The answer of any question as a command."""
    words = ["shuseki", "ask", name]
    for option, text in _joined(asked).items():
        words.append(f"{option}=@{option}.txt" if len(text) > LONGEST else f"{option}={text}")
    if folder:
        words += ["--data", folder]
    return " ".join(shlex.quote(word) for word in [*words, "--lang", lang])


def python_of(question: Question[Any], asked: Asked, reader: Reader) -> str:
    """The same answer in Python."""
    needed = _folder(question, asked, reader)
    own = question.python(asked) if question.python is not None and not needed else ""
    return own or ask_python(question.name, asked, needed)


def ask_python(name: str, asked: Asked, folder: str = "") -> str:
    """The answer of any question in Python."""
    given = [f"{option}={_short(option, text)}" for option, text in _joined(asked).items()]
    if folder:
        given.append(f"data={folder!r}")
    return (
        "from shuseki.app.asking import ask\n"
        f"answer = ask({', '.join([repr(name), *given])})\n"
        "[table.frame for table in answer.tables()]"
    )


def _joined(asked: Asked) -> dict[str, str]:
    """Each option once; several values with commas between."""
    found: dict[str, str] = {}
    for option, text in pairs_of(asked):
        found[option] = f"{found[option]},{text}" if option in found else text
    return found


def _short(option: str, text: str) -> str:
    return f'open("{option}.txt", encoding="utf-8").read()' if len(text) > LONGEST else repr(text)
