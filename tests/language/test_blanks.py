"""Are the words that fill the blanks of a sentence told in both languages?

A plain English phrase in a blank stands in English inside a Japanese sentence. Two forms are found:
a phrase given to ``say``, and a phrase given to a parameter that fills a blank inside its function,
however many functions lie between. What names a kind (``named_kind``, ``UnknownCodeError.among``)
needs its row ``kind_…`` in the glossary instead.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import shuseki
from shuseki.language import glossary

SOURCE = Path(shuseki.__file__).parent
LISTS = {"examples", "joined", "listed", "some_of", "join"}
"""What puts several values together; the values are looked at."""
PROSE = {"what", "which", "why", "place", "advice", "reason", "noun", "thing"}
"""Blanks and parameters whose name says that words go there: one plain noun is a phrase too."""
WORD = re.compile(r"[A-Za-z]{2,}")
NO_WORDS = {
    "values that a caller passes, or that a field of an answer holds": (
        "cannot be judged",
        "changed industry",
        "does not apply",
        "extrapolated, spread as births",
        "extrapolated, spread as small plants",
        "finite population",
        "followed up, all sizes",
        "house",
        "own model",
        "records, all sizes",
        "robust to heteroskedasticity",
        "verified and imputed",
    ),
    "lines of a file as they are to be written": (
        'municipality = { join = ["…"], pad = [5] }',
        "table = {}",
        "shuseki backup 1",
    ),
    "a key of a document that registries exchange": ("firm",),
    "a column of a table": ("{}:two readings",),
    "given to the caller's own function, never put into a sentence": (
        "drawing plants",
        "writing the wave of {}",
        "writing the converter",
        "drawing plants of 1–3 workers",
    ),
    "the English half of a pair": ("Leading type of the {} agglomerations, {}",),
    "the record of a defect, for developers": (
        "A defect of shuseki. This file holds no data: the words of the errors are left out.",
        "command   {}",
        "error     {} at {}",
        "package   {} {}",
        "system    Python {}, {} {}",
    ),
}
"""Why a plain phrase may stand, and the phrases."""
ALLOWED = {phrase for phrases in NO_WORDS.values() for phrase in phrases}


@dataclass
class Function:
    """A function: its parameters, what it calls, what its own names may be."""

    name: str
    where: str
    parameters: tuple[str, ...]
    keywords: tuple[str, ...]
    defaults: dict[str, ast.expr]
    calls: list[tuple[str, ast.Call]] = field(default_factory=list)
    own: dict[str, list[ast.expr]] = field(default_factory=dict)


def functions(text: str, where: str) -> Iterator[Function]:
    """Every function of a module, and the module itself."""
    yield from _inside(ast.parse(text), None, where)


def _inside(node: ast.AST, owner: str | None, where: str) -> Iterator[Function]:
    made = Function("", where, (), (), {})
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        a = node.args
        names = [one.arg for one in (*a.posonlyargs, *a.args)]
        defaults = dict(zip(names[::-1], a.defaults[::-1], strict=False))
        defaults |= {
            one.arg: said
            for one, said in zip(a.kwonlyargs, a.kw_defaults, strict=True)
            if said is not None
        }
        if owner and names[:1] in (["self"], ["cls"]):
            names = names[1:]
        made = Function(
            owner if owner and node.name == "__init__" else node.name,
            where,
            tuple(names),
            tuple(one.arg for one in a.kwonlyargs),
            defaults,
        )
    todo: list[tuple[ast.AST, str | None]] = [(one, owner) for one in ast.iter_child_nodes(node)]
    while todo:
        one, within = todo.pop()
        if isinstance(one, ast.ClassDef):
            for child in one.body:
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from _inside(child, one.name, where)
                else:
                    todo.append((child, within))
            continue
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _inside(one, None, where)
            continue
        if isinstance(one, ast.Call):
            made.calls.append((called(one), one))
        elif isinstance(one, ast.Assign):
            for target in one.targets:
                _assign(made.own, target, one.value)
        elif isinstance(one, ast.AnnAssign) and one.value is not None:
            _assign(made.own, one.target, one.value)
        elif isinstance(one, ast.For | ast.comprehension):
            values = one.iter
            if isinstance(values, ast.Call) and called(values) == "zip":
                targets = one.target.elts if isinstance(one.target, ast.Tuple) else []
                for target, value in zip(targets, values.args, strict=False):
                    for entry in value.elts if isinstance(value, ast.Tuple | ast.List) else []:
                        _assign(made.own, target, entry)
            for entry in values.elts if isinstance(values, ast.Tuple | ast.List) else []:
                _assign(made.own, one.target, entry)
        todo += [(child, within) for child in ast.iter_child_nodes(one)]
    yield made


def _assign(own: dict[str, list[ast.expr]], target: ast.AST, value: ast.expr) -> None:
    if isinstance(target, ast.Name):
        own.setdefault(target.id, []).append(value)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, said in zip(target.elts, value.elts, strict=False):
            _assign(own, one, said)


def called(call: ast.Call) -> str:
    """Name of what is called, without what it belongs to."""
    function = call.func
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def leaves(node: ast.expr) -> Iterator[ast.expr]:
    """What a value may be: both sides of a choice, the entries of a list that is put together."""
    if isinstance(node, ast.IfExp):
        parts: Iterable[ast.expr] = (node.body, node.orelse)
    elif isinstance(node, ast.BoolOp):
        parts = node.values
    elif isinstance(node, ast.BinOp):
        parts = (node.left, node.right)
    elif isinstance(node, ast.NamedExpr | ast.Starred):
        parts = (node.value,)
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Dict):
        parts = node.value.values
    elif isinstance(node, ast.List | ast.Tuple):
        parts = node.elts
    elif isinstance(node, ast.GeneratorExp | ast.ListComp):
        parts = (node.elt,)
    elif isinstance(node, ast.Call) and called(node) in LISTS:
        parts = node.args[:1]
    else:
        yield node
        return
    for part in parts:
        yield from leaves(part)


def phrase(node: ast.expr) -> str | None:
    """A plain string, ``{}`` where a blank of it is; none for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    return None


Sinks = dict[str, dict[str, tuple[int | None, str]]]
"""Function → parameter → its position, and what it fills: a ``blank`` or a ``kind``."""
FIRST: Sinks = {
    "named_kind": {"kind": (0, "kind")},
    "among": {"kind": (0, "kind"), "hint": (3, "blank")},
}


def filled(name: str, call: ast.Call, sinks: Sinks) -> Iterator[tuple[str, ast.expr, str]]:
    """What a call puts into blanks: the name, the value, and what it fills."""
    if name == "say":
        yield from ((one.arg, one.value, "blank") for one in call.keywords if one.arg)
        return
    into = sinks.get(name, {})
    for one in call.keywords:
        if one.arg in into:
            yield one.arg, one.value, into[one.arg][1]
    for parameter, (at, sort) in tuple(into.items()):
        if at is not None and at < len(call.args):
            yield parameter, call.args[at], sort


def plain_phrases(sources: Mapping[str, str]) -> list[str]:
    """Plain phrases that fill a blank: file and line, the phrase, what it is given to.

    Parameters
    ----------
    sources
        Name of a module → its text.
    """
    every = [one for where, text in sources.items() for one in functions(text, where)]
    callers: dict[str, list[tuple[Function, ast.Call]]] = {}
    for function in every:
        for name, call in function.calls:
            callers.setdefault(name, []).append((function, call))
    sinks: Sinks = {name: dict(into) for name, into in FIRST.items()}
    todo = ["say", *FIRST]
    while todo:
        name = todo.pop()
        for function, call in callers.get(name, ()):
            for _, value, sort in filled(name, call, sinks):
                for leaf in leaves(value):
                    if not isinstance(leaf, ast.Name):
                        continue
                    given = leaf.id
                    known = given in function.parameters or given in function.keywords
                    if known and given not in sinks.get(function.name, {}):
                        at = (
                            function.parameters.index(given)
                            if given in function.parameters
                            else None
                        )
                        sinks.setdefault(function.name, {})[given] = (at, sort)
                        todo.append(function.name)
    modules = {one.where: one.own for one in every if not one.name}
    found: set[tuple[str, int, str]] = set()

    def look(function: Function, to: str, blank: str, value: ast.expr, sort: str) -> None:
        for leaf in leaves(value):
            resolved = [leaf]
            if isinstance(leaf, ast.Name):
                own = function.own.get(leaf.id) or modules[function.where].get(leaf.id, ())
                resolved = [end for one in own for end in leaves(one)]
            for end in resolved:
                said = phrase(end)
                if said is not None and is_refused(said, blank, sort):
                    found.add((function.where, end.lineno, f"{said!r} for {blank} of {to}"))

    for function in every:
        for name, call in function.calls:
            for blank, value, sort in filled(name, call, sinks):
                look(function, name, blank, value, sort)
        for blank, value in function.defaults.items():
            if blank in sinks.get(function.name, {}):
                sort = sinks[function.name][blank][1]
                look(function, function.name, blank, value, sort)
    return [f"{where}:{line}: {words}" for where, line, words in sorted(found)]


def is_refused(said: str, blank: str, sort: str) -> bool:
    """Whether a plain string is words for a reader, of two words or in the place of a noun."""
    if sort == "kind":
        return f"kind_{said}" not in glossary()
    words = WORD.findall(said)
    if said in ALLOWED or not words:
        return False
    if re.search(r"[a-z]{2} |^[a-z ]+: | [a-z]{2}", said, re.IGNORECASE):
        return True
    return blank in PROSE and said.isalpha()


SLIPS = {
    "a phrase": ('say("No {what}.", what="such column")', ["'such column' for what of say"]),
    "one noun": ('say("No {what}.", what="areas")', ["'areas' for what of say"]),
    "an f-string": ('say("{x}.", x=f"order {n} of many")', ["'order {} of many' for x of say"]),
    "one of two": (
        'say("{x}.", x=y if y else "no reason given")',
        ["'no reason given' for x of say"],
    ),
    "a list": (
        'say("{x}.", x=examples(f"{a} in row {k}" for k in at))',
        ["'{} in row {}' for x of say"],
    ),
    "a name": ('WORDS = "two words"\nsay("{x}.", x=WORDS)', ["'two words' for x of say"]),
    "a loop": (
        'for what, n in (("loads", 1), (say("ties"), 2)):\n    say("No {what}.", what=what)',
        ["'loads' for what of say"],
    ),
    "through two functions": (
        'def inner(where): say("In {where}.", where=where)\n'
        "def outer(a, where): inner(where=where)\n"
        'outer(1, "the equation of births")',
        ["'the equation of births' for where of outer"],
    ),
    "a default": (
        'def read(x, table="The table"): say("{table} is empty.", table=table)',
        ["'The table' for table of read"],
    ),
    "a kind": (
        'def unknown(kind): say("No {kind}.", kind=named_kind(kind))\n'
        'unknown("industry")\n'
        'unknown("unheard-of thing")\n'
        'UnknownCodeError.among(f"{name} industry", [code], known)',
        [
            "'unheard-of thing' for kind of unknown",
            "'{} industry' for kind of among",
        ],
    ),
    "nothing": (
        'say("{file}, {x}, {y}.", file="firms.csv", x=say("two words"), y=f"{a}-{b}")\n'
        'say("No {what}.", what=say("areas"))',
        [],
    ),
}


@pytest.mark.parametrize(("text", "expected"), SLIPS.values(), ids=SLIPS)
def test_what_is_a_plain_phrase(text: str, expected: list[str]) -> None:
    found = plain_phrases({"module.py": text})
    assert [one.split(": ", 1)[1] for one in found] == expected
    assert all(re.match(r"module\.py:\d+: ", one) for one in found)


def test_every_phrase_in_a_blank_is_a_message() -> None:
    sources = {
        path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(SOURCE.rglob("*.py"))
    }
    assert plain_phrases(sources) == []
    every = "".join(sources.values())
    stale = [one for one in ALLOWED if one.split("{}")[0].strip() not in every]
    assert stale == []
