"""Where do the translations stand?

In ``<language>/<room>.po`` beside this module, in the format of gettext: ``msgid`` is the English
sentence as the code says it, ``msgstr`` its translation with the same blanks.

Takes: a sentence. Gives: its translation, or nothing. A sentence that two rooms say stands once, in
``shared.po``; ``tests/language`` fails for one that stands nowhere, twice, or is said no more.
"""

from functools import lru_cache
from importlib.resources import files

from babel.messages.pofile import read_po

from shuseki.errors import DataError

__all__ = ["catalogue", "translation"]


def translation(key: str, lang: str) -> str | None:
    """The translation of a sentence."""
    return catalogue(lang).get(key)


@lru_cache
def catalogue(lang: str) -> dict[str, str]:
    """Every sentence of a language.

    Raises
    ------
    DataError
        A sentence stands in two files.
    """
    found: dict[str, str] = {}
    folder = files("shuseki.language") / lang
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".po"):
            continue
        with file.open("rb") as text:
            for message in read_po(text, locale=lang):
                key = str(message.id)
                if not key:
                    continue
                if key in found:
                    raise DataError(
                        f"{file.name}: {key!r} is translated twice. Expected once. Move it to "
                        "shared.po."
                    )
                found[key] = str(message.string)
    return found
