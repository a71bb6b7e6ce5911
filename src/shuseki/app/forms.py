"""Which form makes a study file?

The form has one part for each chapter, made from its typed options: what is a yes or no, a number,
a word or one of several words has a field of its own; what is a table or a list of tables is
written as TOML. The answer is the text of a study file, which is checked whole before it runs.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from shuseki.app.question import default_of, inner_type, takes_several
from shuseki.app.uploads import Upload
from shuseki.errors import DataError, ParameterError, ShusekiError
from shuseki.language import joined, say, told, words_of
from shuseki.study.chapters import CHAPTERS

__all__ = ["FormFaultsError", "chapter_forms", "faults_by_field", "study_text"]

LEFT_OUT = ("records",)
"""Chapters that the page itself fills in."""
PLAIN = (bool, int, float, str)


class FormFaultsError(DataError):
    """Everything in a form that makes no study file."""


def faults_by_field(said: str, fields: Collection[str], lang: str) -> tuple[dict[str, str], str]:
    """Put each fault of a study file to its field; what belongs to none is left together.

    Parameters
    ----------
    said
        As ``read_study`` says it: a line for each fault, ``chapter.field: …``.
    fields
        ``chapter.field`` of the form.
    """
    english, own = str(said).splitlines(), str(told(said, lang)).splitlines()
    if len(english) != len(own):
        return {}, str(told(said, lang))
    found: dict[str, str] = {}
    rest: list[str] = []
    for line, same in zip(english, own, strict=True):
        place, colon, _ = line.strip().partition(": ")
        field = ".".join(place.split(".")[:2])
        if colon and field in fields:
            words = re.sub(r"^[A-Za-z0-9_.]+\s*[:：]\s*", "", same.strip())
            found[field] = f"{found[field]} {words}" if field in found else words
        elif not re.search(r"has \d+ fault|^Correct the study file", line.strip()):
            rest.append(same.strip())
    return found, "\n".join(rest)


def chapter_forms(
    lang: str,
    given: Mapping[str, Sequence[str]] | None = None,
    faults: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """One entry for each chapter: its name, what it is about, its fields.

    Parameters
    ----------
    given
        What was written, where the form comes back.
    faults
        ``chapter.field`` → what is wrong with it.
    """
    wanted = set((given or {}).get("chapter", ()))
    return [
        {
            "name": chapter.name,
            "about": told(chapter.about, lang),
            "wanted": chapter.name in wanted,
            "fields": [
                {
                    **(field := _field(name, about)),
                    "value": ", ".join((given or {}).get(f"{chapter.name}.{name}", ()))
                    if given
                    else field["default"],
                    "fault": (faults or {}).get(f"{chapter.name}.{name}", ""),
                }
                for name, about in chapter.options.model_fields.items()
            ],
        }
        for chapter in CHAPTERS
        if chapter.name not in LEFT_OUT
    ]


def _field(name: str, about: FieldInfo) -> dict[str, Any]:
    kind = inner_type(about)
    several = takes_several(about)
    default = default_of(about)
    choices = [str(one) for one in get_args(kind)] if get_origin(kind) is Literal else []
    if choices:
        shown = "choice"
    elif kind is bool and not several:
        shown = "flag"
    elif kind in (int, float) and not several:
        shown = "number"
    elif kind in PLAIN:
        shown = "text"
    else:
        shown = "toml"
    if several and isinstance(default, Sequence) and not isinstance(default, str):
        default = ", ".join(map(str, default)) if shown != "toml" else ""
    return {
        "name": name,
        "kind": shown,
        "several": several,
        "choices": choices,
        "required": about.is_required(),
        "default": "" if default is None or shown == "toml" else default,
        "whole": kind is int,
    }


def study_text(
    name: str, title: str, uploads: Sequence[Upload], given: Mapping[str, Sequence[str]], lang: str
) -> str:
    """The study file that a filled form means.

    Parameters
    ----------
    name, title
        Of the study.
    uploads
        Records of the study, each with its wave; none for the synthetic census.
    given
        ``chapter`` → names of the chapters wanted; ``chapter.field`` → what was written.
    lang
        Of the report.

    Raises
    ------
    FormFaultsError
        Everything that makes no TOML, a line for each.
    """
    faults: list[str] = []
    lines = ["[study]", f"name = {_text(name)}", f"title = {_text(title)}", ""]
    lines += ["[records]", f'source = "{"files" if uploads else "synthetic-census"}"']
    if not uploads:
        lines += ["scale = 0.1"]
    for one in uploads:
        lines += ["", "[[records.waves]]", f"file = {_text(one.key + one.ending)}"]
        lines += [f"layout = {_text(one.layout)}"]
        lines += [f"wave = {one.wave}"] if one.wave is not None else []
    wanted = set(given.get("chapter", ()))
    for chapter in CHAPTERS:
        if chapter.name in wanted and chapter.name not in LEFT_OUT:
            lines += ["", f"[{chapter.name}]"]
            tables: list[str] = []
            for field, about in chapter.options.model_fields.items():
                written = [v for v in given.get(f"{chapter.name}.{field}", ()) if v.strip()]
                if written:
                    try:
                        _add(lines, tables, chapter.name, field, about, written)
                    except ShusekiError as error:
                        faults.append(words_of(error))
            lines += tables
    if faults:
        raise FormFaultsError(joined(faults, "\n"))
    lines += ["", "[report]", f'lang = "{lang}"', ""]
    return "\n".join(lines)


def _add(
    lines: list[str],
    tables: list[str],
    chapter: str,
    field: str,
    about: FieldInfo,
    given: list[str],
) -> None:
    kind = _field(field, about)
    if kind["kind"] == "toml":
        text = given[0].strip()
        if text.startswith("["):
            heads = re.findall(r"^\s*\[+([^\]]*)\]+\s*$", text, re.MULTILINE)
            if heads and not all(
                h == f"{chapter}.{field}" or h.startswith(f"{chapter}.{field}.") for h in heads
            ):
                raise ParameterError(
                    say(
                        "{chapter}.{field}: the tables {heads}. Expected tables "
                        "[{chapter}.{field}] or [[{chapter}.{field}]]. Rename them.",
                        chapter=chapter,
                        field=field,
                        heads=", ".join(heads)[:200],
                    )
                )
            if heads:
                tables += ["", text]
                return
        lines.append(f"{field} = {_one_line(text, f'{chapter}.{field}')}")
    elif kind["several"]:
        words = [part.strip() for value in given for part in value.split(",") if part.strip()]
        plain = inner_type(about) in (int, float)
        values = ", ".join(_number(w, f"{chapter}.{field}") if plain else _text(w) for w in words)
        lines.append(f"{field} = [{values}]")
    elif kind["kind"] == "flag":
        lines.append(f"{field} = {'true' if given[-1] == 'true' else 'false'}")
    elif kind["kind"] == "number":
        lines.append(f"{field} = {_number(given[0], f'{chapter}.{field}')}")
    else:
        lines.append(f"{field} = {_text(given[0])}")


def _one_line(text: str, where: str) -> str:
    if "\n" in text:
        raise DataError(
            say(
                "{where}: several lines. Expected one value of TOML in one line, such as {{ "
                'period = "2001" }}, or tables with their heads. Join the lines.',
                where=where,
            )
        )
    return text


def _number(text: str, where: str) -> str:
    try:
        float(text)
    except ValueError:
        raise ParameterError(
            say(
                "{where}: {text!r} is no number. Expected one.",
                where=where,
                text=text[:60],
            )
        ) from None
    return text.strip()


def _text(text: str) -> str:
    """A string of TOML; JSON's escapes are TOML's too, once DEL is one."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
