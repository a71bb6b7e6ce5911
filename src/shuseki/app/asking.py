"""How is a question of the app asked without a browser?

``ask("ranking", indicator="employment")`` gives the answer of the page of that name: a ``Document``
with the same tables, figures, notes and sources. Who asks sits at the machine.

Takes: the name of a question, its options as the address has them, and the folder of the app where
it holds firms or areas of its own. Gives: ``report.blocks.Document``.
"""

from pathlib import Path
from typing import Any

from shuseki.app.accounts import LOCAL
from shuseki.app.answers import Answers
from shuseki.app.directory import directory_of, sight_of
from shuseki.app.own_areas import OwnAreas
from shuseki.app.question import Reader, read_options
from shuseki.app.questions import QUESTIONS
from shuseki.errors import UnknownCodeError
from shuseki.report.blocks import Document

__all__ = ["ask"]


def ask(name: str, *, lang: str = "en", data: str | Path | None = None, **options: Any) -> Document:
    """Answer a question as its page does.

    Parameters
    ----------
    name
        Of the question, as in the address of its page.
    lang
        ``"en"`` or ``"ja"``.
    data
        Folder of the app, for firms and areas of one's own.
    options
        As the address has them; several values as a list or separated by commas.

    Raises
    ------
    UnknownCodeError
        No such question.
    ParameterError
        Unknown options or values; all are named.

    Examples
    --------
    >>> table = ask("ranking", by="prefecture", indicator="plants", year="2012").tables()[0]
    >>> table.frame.loc[0, "name"]
    'Osaka'
    """
    if name not in QUESTIONS:
        raise UnknownCodeError.among("question", [name], list(QUESTIONS))
    question = QUESTIONS[name]
    pairs = [
        (option, str(part))
        for option, value in options.items()
        for part in (value if isinstance(value, list | tuple) else [value])
    ]
    folder = None if data is None else Path(data)
    if folder is not None:
        OwnAreas(folder / "areas")
    sight = sight_of(LOCAL, is_local=True)
    reader = Reader(LOCAL, lang, sight, lambda: directory_of(folder, sight))
    return Answers().document(question, read_options(question, pairs), reader)
