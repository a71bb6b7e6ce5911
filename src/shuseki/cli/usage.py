"""What is wrong with the command line, and what do help and refusals say around our own words?

The parser of the command line speaks English. ``wrong`` says what it found by the kind of its error
and by its fields (option, parameter, what the value should have been), in words of the catalogue;
``frame`` puts help into the reader's language while a command runs: its headings (Usage, Options,
Arguments, Commands), and what each command, option and argument does.

What they do stands in English where they are declared, as plain text in which nothing is markup or
a blank. Its Japanese stands in ``language/ja/help/cli.po``, read only where help is shown; what is
also a sentence of the catalogue stands in the catalogue alone.

``--lang`` may stand anywhere: ``taken`` finds it before anything else is read.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any

import typer
from babel.messages.pofile import read_po
from rich.cells import cell_len
from rich.containers import Lines
from rich.markup import escape
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from shuseki.language import Message, check_language, joined, listed, say, told
from shuseki.language.catalogue import translation
from shuseki.language.messages import Lang

__all__ = [
    "CommandLineError",
    "explained",
    "explanations",
    "frame",
    "language_of",
    "line_ends",
    "show_wrong",
    "taken",
    "unwrapped",
    "wrong",
]

CommandLineError: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)
"""Everything that the parser refuses."""

LANGUAGE = "--lang"
ENDS = "--"
"""What follows it are values, even where they look like options."""

WHOLE = frozenset({"int_parsing", "int_from_float", "int_type", "int_parsing_size"})
NUMBER = frozenset({"float_parsing", "float_type", "finite_number"})
"""Kinds of fault of a value, as pydantic names them."""

HEADINGS = {
    "ARGUMENTS_PANEL_TITLE": say("Arguments"),
    "OPTIONS_PANEL_TITLE": say("Options"),
    "COMMANDS_PANEL_TITLE": say("Commands"),
    "ERRORS_PANEL_TITLE": say("Error"),
    "ABORTED_TEXT": say("Aborted."),
    "REQUIRED_LONG_STRING": say("[required]"),
    "DEFAULT_STRING": say("[default: {value}]", value="{}"),
    "ENVVAR_STRING": say("[environment: {value}]", value="{}"),
    "RICH_HELP": say(
        "Try [blue]'{command} {option}'[/] for help.",
        command="{command_path}",
        option="{help_option}",
    ),
}
"""Words of ``typer.rich_utils``; the parser fills the braces of the last three."""
METAVARS = {
    "[OPTIONS]": say("[options]"),
    "COMMAND [ARGS]...": say("command [arguments]..."),
}
"""How the parser abbreviates a command line."""

NEVER_FIRST = frozenset(
    "、。，．：；？！）」』］｝〉》〕ー々・…–～ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
NEVER_LAST = frozenset("（「『［｛〈《〔–")
"""Characters that a line of Japanese does not begin or end with."""


# ---- the language --------------------------------------------------------------------------------


def taken(words: Sequence[str]) -> tuple[list[str], str | None]:
    """Take ``--lang`` out of a command line, wherever it stands; the last one counts.

    Examples
    --------
    >>> taken(["--lang", "ja", "profile", "Suwa"])
    (['profile', 'Suwa'], 'ja')
    >>> taken(["profile", "Suwa", "--lang"])
    (['profile', 'Suwa', '--lang'], None)
    """
    rest: list[str] = []
    found = None
    at = 0
    while at < len(words):
        word = words[at]
        if word == ENDS:
            rest += words[at:]
            break
        if word.startswith(f"{LANGUAGE}="):
            found = word.partition("=")[2]
        elif word == LANGUAGE and at + 1 < len(words):
            at += 1
            found = words[at]
        else:
            rest.append(word)
        at += 1
    return rest, found


def language_of(words: Sequence[str]) -> Lang:
    """The language that a command line asks for; English where it asks for none that we know."""
    return "ja" if taken(words)[1] == "ja" else "en"


@contextmanager
def frame(lang: str) -> Iterator[None]:
    """Help and refusals are in a language."""
    check_language(lang)
    with ExitStack() as changed:
        for kind in (TyperCommand, TyperGroup):
            _change(changed, kind, "format_help", _format_help(kind, lang))
        if lang != "en":
            _change_headings(changed, lang)
        yield


def _change_headings(changed: ExitStack, lang: str) -> None:
    from typer import rich_utils  # slow to import; typer reads these words when it needs them

    context: Any = TyperCommand.context_class
    plain: Any = context.formatter_class

    class Formatter(plain):  # type: ignore[misc]
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            for word, message in METAVARS.items():
                args = args.replace(word, told(message, lang))
            super().write_usage(prog, args, told(say("Usage: "), lang))

    _change(changed, context, "formatter_class", Formatter)
    for name, message in HEADINGS.items():
        _change(changed, rich_utils, name, told(message, lang))
    for kind in (TyperCommand, TyperGroup):
        _change(changed, kind, "get_help_option", _help_option(kind, lang))


def _change(until: ExitStack, place: Any, name: str, value: Any) -> None:
    """Set an attribute, until the stack is left."""
    until.callback(setattr, place, name, getattr(place, name))
    setattr(place, name, value)


def _help_option(kind: Any, lang: str) -> Callable[..., Any]:
    plain = kind.get_help_option

    def get_help_option(self: Any, context: Any) -> Any:
        option = plain(self, context)
        if option is not None:
            option.help = told(say("Show this message and exit."), lang)
        return option

    return get_help_option


def _format_help(kind: Any, lang: str) -> Callable[..., Any]:
    plain = kind.format_help

    def format_help(self: Any, context: Any, formatter: Any) -> Any:
        from typer import rich_utils

        with ExitStack() as changed:
            wrapped = _wrapped(rich_utils.highlighter, lang)
            _change(changed, rich_utils, "highlighter", wrapped)
            return plain(explained(self, lang), context, formatter)

    return format_help


def _wrapped(highlighter: Callable[[Any], Text], lang: str) -> Callable[[Any], Text]:
    """What is wider than its column goes on below; a table would cut it off.

    A Japanese sentence, which has no spaces, would be such a word.
    """
    kind = Text if lang == "en" else Japanese

    def highlighted(text: Any) -> Text:
        shown = highlighter(text)
        return kind(shown.plain, style=shown.style, overflow="fold", spans=shown.spans)

    return highlighted


class Japanese(Text):
    """Japanese text in a terminal: its lines end where ``line_ends`` says."""

    def wrap(self, console: Any, width: int, **about: Any) -> Lines:
        """Break it into lines."""
        lines = Lines()
        for line in self.split(allow_blank=True):
            lines.extend(line.divide(line_ends(line.plain, width)))
        for line in lines:
            line.rstrip_end(width)
        return lines


def line_ends(text: str, width: int) -> list[int]:
    """Where lines of Japanese end: nowhere inside a Latin word, before 。 or after （.

    Parameters
    ----------
    text
        One paragraph.
    width
        Cells of a line; a Japanese character takes two.

    Examples
    --------
    >>> line_ends("分析は、run（実行）で。", 10)
    [4, 9]
    """
    ends: list[int] = []
    start = last = used = 0
    for at, letter in enumerate(text):
        if at > start and _may_part(text[at - 1], letter):
            last = at
        used += cell_len(letter)
        while used > width and letter != " " and at > start:
            start = last if last > start else at  # a word wider than a line is broken
            ends.append(start)
            used = cell_len(text[start : at + 1])
    return ends


def _may_part(before: str, after: str) -> bool:
    if " " in (before, after):
        return after != " "
    if before in NEVER_LAST or after in NEVER_FIRST:
        return False
    return not (before.isascii() and after.isascii())


# ---- what commands, options and arguments do -----------------------------------------------------


def explained(command: Any, lang: str) -> Any:
    """A copy of a command whose help, and that of all that is in it, is in a language.

    Brackets are shown as they are written, in either language: ``[value, low, high]`` is no markup.
    """
    told_one = copy(command)
    for name in ("help", "short_help", "epilog"):
        setattr(told_one, name, _explanation(getattr(command, name), lang))
    told_one.params = [copy(param) for param in command.params]
    for param in told_one.params:
        param.help = _explanation(getattr(param, "help", None), lang)
    if isinstance(command, TyperGroup):
        told_one.commands = {
            name: explained(inner, lang) for name, inner in command.commands.items()
        }
    return told_one


def _explanation(text: str | None, lang: str) -> str | None:
    if text is None:
        return None
    text = unwrapped(text)
    if lang != "en":
        text = explanations(lang).get(text) or translation(text, lang) or text
    return escape(text)


def unwrapped(text: str) -> str:
    r"""A text with each paragraph on a line of its own: lines end where the terminal ends.

    Examples
    --------
    >>> unwrapped("Find the stage of life\nof each area.\n\nBy default all.")
    'Find the stage of life of each area.\n\nBy default all.'
    """
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


@lru_cache
def explanations(lang: str) -> dict[str, str]:
    """What commands, options and arguments do: the English text, and a translation of it."""
    with (files("shuseki.language") / lang / "help" / "cli.po").open("rb") as text:
        return {str(one.id): str(one.string) for one in read_po(text, lang) if one.id}


# ---- what is wrong -------------------------------------------------------------------------------


def show_wrong(error: Any, words: Sequence[str], lang: str) -> None:
    """Print usage and what is wrong; in ``frame``."""
    from typer import rich_utils

    if type(error).__name__ == "NoArgsIsHelpError":
        return  # the help was printed
    usage_error: Any = typer.BadParameter.__base__
    said = told(wrong(error, words), lang)
    rich_utils.rich_format_error(usage_error(said, ctx=getattr(error, "ctx", None)))


def wrong(error: Any, words: Sequence[str]) -> Message:
    """Say what is wrong with a command line, by the kind of an error and its fields.

    Parameters
    ----------
    error
        What the parser raised.
    words
        The command line without the program.
    """
    kind = type(error).__name__
    if isinstance(error.message, Message):
        return error.message  # a command of ours refused it
    if kind == "NoSuchOption":
        return _with_near(
            say("There is no option {option}. Expected one of the command's.",
                option=error.option_name),
            error.possibilities or (),
        )  # fmt: skip
    if kind == "MissingParameter":
        return _missing(error.param)
    if kind == "BadOptionUsage":
        option = error.option_name
        if any(word.startswith(f"{option}=") for word in words):
            return say(
                "{option} is followed by a value. Expected none: it is a switch. Leave the value "
                "out.",
                option=option,
            )
        return say(
            "{option} is followed by too few values. Expected what it is to be. Give it.",
            option=option,
        )
    if kind == "BadParameter" and error.param is not None:
        return _bad_value(error)
    if kind == "UsageError" and error.ctx is not None:
        return _misplaced(error.ctx, words)
    return say(
        "The command line is wrong: {what}. Expected it as the help says. Correct it.",
        what=error.format_message().rstrip("."),
    )


def _with_near(message: Message, names: Sequence[str]) -> Message:
    advice = (
        say("Did you mean {names}?", names=listed(names)) if names else say("See them with --help.")
    )
    return joined([message, advice], " ")


def _missing(param: Any) -> Message:
    choices = param.type_descriptor.choices
    if choices:
        return say(
            "{name} is missing. Expected one of {choices}. Choose one.",
            name=_name(param),
            choices=listed(choices),
        )
    return say("{name} is missing. Expected a value for it. Give it.", name=_name(param))


def _name(param: Any) -> str:
    """An option as it is written, an argument as the help calls it."""
    if param.param_type_name == "option":
        return str(max(param.opts, key=len))
    return str(param.metavar or param.name.upper())


def _bad_value(error: Any) -> Message:
    """The fault of one value; pydantic says which value it was, and what it should have been."""
    param, cause = error.param, error.__cause__
    faults = cause.errors() if hasattr(cause, "errors") else []
    if not faults:
        return say(
            "{name}: {what}. Expected a value that it takes. See --help.",
            name=_name(param),
            what=error.message.rstrip("."),
        )
    fault = faults[0]
    about = {"name": _name(param), "value": str(fault["input"])}
    limits = fault.get("ctx", {})
    if param.type_descriptor.choices:
        return say(
            '{name} is "{value}". Expected one of {choices}. Choose one.',
            choices=listed(param.type_descriptor.choices),
            **about,
        )
    if fault["type"] in WHOLE:
        return say('{name} is "{value}". Expected a whole number. Correct it.', **about)
    if fault["type"] in NUMBER:
        return say('{name} is "{value}". Expected a number. Correct it.', **about)
    if fault["type"] == "greater_than_equal":
        return say(
            "{name} is {value}. Expected {least:,} or more. Correct it.",
            least=limits["ge"],
            **about,
        )
    if fault["type"] == "less_than_equal":
        return say(
            "{name} is {value}. Expected {most:,} or less. Correct it.", most=limits["le"], **about
        )
    return say('{name} is "{value}". Expected a value that it takes. See --help.', **about)


def _misplaced(context: Any, words: Sequence[str]) -> Message:
    """A command that is missing or unknown, or words that no argument takes."""
    command, rest = context.command, list(words)
    path, above = [], context
    while above.parent is not None:  # the name of the program is left out: it may have blanks
        path.append(above.info_name)
        above = above.parent
    for name in reversed(path):
        rest = rest[rest.index(name) + 1 :]
    if not isinstance(command, TyperGroup):
        _, extra, _ = command.make_parser(context).parse_args(args=rest)
        return say(
            "More than the command takes: {words}. Expected its arguments only. Leave them out, or "
            "write quotes around words that belong together.",
            words=listed(extra),
        )
    names = command.list_commands(context)
    given = next((word for word in rest if not word.startswith("-")), None)
    if given is None:
        return _with_near(say("No command was given. Expected one of the commands."), ())
    return _with_near(
        say("There is no command {name}. Expected one of the commands.", name=given),
        get_close_matches(given, names),
    )
