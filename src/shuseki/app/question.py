"""What can be asked of the app, and how is one question asked everywhere?

A ``Question`` is a typed set of options and a function that answers with blocks of a report. From
it alone come a page with its form, a link that lasts (all options stand in the address), the same
as a command and in Python, the tables as CSV, JSON and xlsx, and a typed route of the API. A new
question is one more entry of ``questions.QUESTIONS`` and touches no page.

An option is a field of a pydantic model with a ``Label``: what the form calls it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from shuseki.app.accounts import Account, Role
from shuseki.directory import Directory
from shuseki.errors import ParameterError
from shuseki.language import Message, say, told
from shuseki.language.refusals import refusals
from shuseki.report.blocks import Block, Document

__all__ = [
    "Asked",
    "Label",
    "Question",
    "Reader",
    "form_of",
    "pairs_of",
    "query_of",
    "read_options",
    "takes_file",
]


class Asked(BaseModel):
    """Options of a question: frozen, and no unknown ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, given: Any) -> Any:
        """Take values that are written with commas apart, where an option takes several."""
        if not isinstance(given, Mapping):
            return given
        several = {name for name, about in cls.model_fields.items() if takes_several(about)}
        return {
            name: [part.strip() for text in _listed(value) for part in text.split(",") if part]
            if name in several and all(isinstance(text, str) for text in _listed(value))
            else value
            for name, value in given.items()
        }


@dataclass(frozen=True)
class Label:
    """What a form calls an option.

    Attributes
    ----------
    text
        In words.
    choices
        Value → words, where the type is ``Literal`` or the values are known only here.
    slider
        Shown as a slider between its bounds, with this step.
    area
        Completed from names of areas.
    lines
        Rows of a text field; 1 for one line.
    file
        Whether a file may be brought in its place.
    part
        Under which heading it stands; empty for none.
    """

    text: Message
    choices: Callable[[str], Sequence[tuple[str, str]]] | None = None
    slider: float | None = None
    area: bool = False
    lines: int = 1
    file: bool = False
    part: Message | None = None


@dataclass(frozen=True)
class Reader:
    """Who asks, in which language.

    Attributes
    ----------
    sight
        Everything on which it depends what this reader may see of firms.
    directory
        Gives the firms as this reader may see them.
    folder
        Of the app: what a command must be told where the answer rests on what is in it.
    has_firms
        Whether firms of one's own are in it.
    """

    account: Account
    lang: str = "en"
    sight: tuple[str, ...] = ()
    directory: Callable[[], Directory] | None = None
    folder: str = ""
    has_firms: bool = False

    def firms(self) -> Directory:
        """The firms as this reader may see them."""
        if self.directory is None:
            raise ParameterError(
                say("No directory of firms here. Expected one. Start the app with it.")
            )
        return self.directory()


O = TypeVar("O", bound=Asked)  # noqa: E741


@dataclass(frozen=True, eq=False)
class Question(Generic[O]):
    """One thing that can be asked.

    Attributes
    ----------
    name
        In addresses.
    title, about
        What it is called, and what is shown, in a sentence or two.
    guide
        What to try, and what to look for; none where the page says it itself.
    options
        Its options.
    answer
        Options and reader → blocks of a report, or a whole one.
    command, python
        Options → the same as a command of a room, and in Python; empty, or none, where
        ``shuseki ask`` says it (``app.ways``).
    group
        Where the page stands in the list of pages.
    role
        The least role that may ask.
    depends_on_reader
        Whether two readers may see different answers: they are kept apart by ``Reader.sight``.
    template
        Of the page.
    is_listed
        Whether it stands in the list of pages.
    files
        Ending → the answer as a file of that format, beyond CSV, xlsx and JSON.
    """

    name: str
    title: Message
    about: Message
    options: type[O]
    answer: Callable[[O, Reader], Sequence[Block] | Document]
    command: Callable[[O, str], str] | None = None
    python: Callable[[O], str] | None = None
    group: Literal["areas", "theory", "firms", "print"] = "areas"
    role: Role = "nobody"
    depends_on_reader: bool = False
    template: str = "question.html"
    is_listed: bool = True
    files: Mapping[str, Callable[[O, Reader], bytes]] = field(default_factory=dict)
    guide: Message | None = None


def read_options(question: Question[O], given: Sequence[tuple[str, str]]) -> O:
    """Read options from the pairs of an address.

    An option that takes several values may be repeated, or separated by commas. An empty one is
    left to its default.

    Raises
    ------
    ParameterError
        Unknown options or values; all are named.
    """
    values: dict[str, Any] = {}
    for name, text in given:
        if text == "":
            continue
        about = question.options.model_fields.get(name)
        if about is not None and takes_several(about):
            values.setdefault(name, []).append(text)
        else:
            values[name] = text
    try:
        return question.options(**values)
    except ValidationError as error:
        known = ", ".join(question.options.model_fields)
        raise ParameterError(
            say(
                "{faults}. Expected the options {known}. Correct the address or the form.",
                faults=refusals(error.errors()),
                known=known or say("none"),
            )
        ) from None


def query_of(asked: Asked) -> str:
    """The address that asks this: options that are not the defaults, in their order."""
    return urlencode(pairs_of(asked))


def pairs_of(asked: Asked) -> list[tuple[str, str]]:
    """Options that are not the defaults, as text, in their order."""
    pairs: list[tuple[str, str]] = []
    defaults = {name: default_of(about) for name, about in type(asked).model_fields.items()}
    for name, value in asked.model_dump(mode="json").items():
        if value != _plain(defaults[name]) and value is not None:
            if isinstance(value, list):
                pairs += [(name, str(one)) for one in value]
            else:
                pairs.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
    return pairs


def form_of(question: Question[Any], asked: Asked, lang: str) -> list[dict[str, Any]]:
    """What the form of a question shows, one entry per option."""
    return [
        _field(name, about, getattr(asked, name), lang)
        for name, about in question.options.model_fields.items()
    ]


def _field(name: str, about: FieldInfo, value: Any, lang: str) -> dict[str, Any]:
    label = _label(about)
    kind = inner_type(about)
    choices: list[tuple[str, str]] = []
    if label is not None and label.choices is not None:
        choices = list(label.choices(lang))
    elif get_origin(kind) is Literal:
        choices = [(str(one), str(one)) for one in get_args(kind)]
    bounds = {
        key: getattr(one, key)
        for one in about.metadata
        for key in ("ge", "gt", "le", "lt")
        if hasattr(one, key)
    }
    several = takes_several(about)
    shown = ",".join(map(str, value)) if several and not choices else value
    if isinstance(shown, float) and shown.is_integer():
        shown = int(shown)
    kinds = {bool: "flag", int: "number", float: "number"}
    return {
        "name": name,
        "label": told(label.text, lang) if label else name.replace("_", " "),
        "kind": "choice" if choices else kinds.get(kind, "text"),
        "several": several,
        "choices": choices,
        "value": "" if shown is None else shown,
        "chosen": [str(one) for one in value] if several else [str(value)],
        "low": bounds.get("ge", bounds.get("gt")),
        "high": bounds.get("le", bounds.get("lt")),
        "step": (label.slider if label else None) or (1 if kind is int else "any"),
        "slider": bool(label and label.slider),
        "area": bool(label and label.area),
        "lines": label.lines if label else 1,
        "file": bool(label and label.file),
        "part": told(label.part, lang) if label and label.part else "",
    }


def _label(about: FieldInfo) -> Label | None:
    return next((found for found in about.metadata if isinstance(found, Label)), None)


def takes_file(question: Question[Any]) -> bool:
    """Whether a file may be brought in the place of an option."""
    labels = [_label(about) for about in question.options.model_fields.values()]
    return any(label is not None and label.file for label in labels)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def takes_several(about: FieldInfo) -> bool:
    """Whether an option is a tuple or a list."""
    return get_origin(_without_none(about.annotation)) in (tuple, list)


def inner_type(about: FieldInfo) -> Any:
    """Type of one value of an option."""
    kind = _without_none(about.annotation)
    return get_args(kind)[0] if get_origin(kind) in (tuple, list) else kind


def _without_none(kind: Any) -> Any:
    parts = [part for part in get_args(kind) if part is not type(None)]
    is_optional = type(None) in get_args(kind) and len(parts) == 1
    return parts[0] if is_optional else kind


def default_of(about: FieldInfo) -> Any:
    """Default of an option; None where there is none."""
    found = about.get_default(call_default_factory=True, validated_data={})
    return None if found is PydanticUndefined else found


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))
