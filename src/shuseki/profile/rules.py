"""When does a rule hold, and when can nobody say?

A rule is a condition over named facts: comparisons, ``and``, ``or``, ``not``, and the arithmetic of
``entry.formulas``; words stand in quotes. A file of a user's can hold no code. Facts may be
unknown, and the answer then follows Kleene's logic of three values: ``false and unknown`` is
false, ``true or unknown`` true, everything else that depends on the unknown is unknown.

Takes: a text and facts. Gives: true, false, or ``None``.
Sources: Kleene (1952), Introduction to Metamathematics, §64.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from shuseki.entry.formulas import parsed
from shuseki.errors import ParameterError
from shuseki.language import Message, say

__all__ = ["Facts", "Rule"]

Fact = float | str | bool | None
Facts = Mapping[str, Fact]

COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
COMPUTED: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
KNOWN = say("names of facts, numbers, words in quotes, + - * /, < <= > >= == !=, and, or, not")


class Rule:
    """A condition over facts.

    Parameters
    ----------
    text
        The condition.

    Raises
    ------
    ParameterError
        It holds something else.

    Examples
    --------
    >>> rule = Rule("shrinking >= 0.5 and size < 50")
    >>> rule.holds({"shrinking": 0.9, "size": 20.0}), rule.holds({"shrinking": 0.1})
    (True, False)
    >>> rule.holds({"shrinking": 0.9}) is None, rule.unknown({"shrinking": 0.9})
    (True, ('size',))
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree = parsed(text, ast.walk, _allowed, _refused)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The facts it asks for, in order."""
        found = [node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)]
        return tuple(dict.fromkeys(found))

    def unknown(self, facts: Facts) -> tuple[str, ...]:
        """The facts that it asks for and nobody knows."""
        return tuple(name for name in self.names if not _is_known(facts.get(name)))

    def holds(self, facts: Facts) -> bool | None:
        """Whether it holds; ``None`` where that depends on what is unknown."""
        value = _value(self._tree, facts)
        return None if value is None else bool(value)

    def __repr__(self) -> str:
        return f"Rule({self.text!r})"


def _refused(text: str, part: str | None) -> Message:
    if part is None:
        return say(
            "The rule {text!r} is no condition. Expected {known}. Correct it.",
            text=text,
            known=KNOWN,
        )
    return say(
        "The rule {text!r} holds {part!r}. Expected {known}. Correct it.",
        text=text,
        part=part,
        known=KNOWN,
    )


def _is_known(value: Fact) -> bool:
    return value is not None and not (isinstance(value, float) and not np.isfinite(value))


def _allowed(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float | str)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not | ast.USub)
    if isinstance(node, ast.BinOp):
        return type(node.op) in COMPUTED
    if isinstance(node, ast.Compare):
        return all(type(one) in COMPARED for one in node.ops)
    kinds = (ast.BoolOp, ast.Name, ast.And, ast.Or, ast.Not, ast.USub, ast.Load, *COMPARED,
             *COMPUTED)  # fmt: skip
    return isinstance(node, kinds)


def _value(node: ast.expr, facts: Facts) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            given = facts.get(node.id)
            return given if _is_known(given) else None
        case ast.BoolOp():
            return _joined([_value(part, facts) for part in node.values], node.op)
        case ast.UnaryOp():
            inner = _value(node.operand, facts)
            if inner is None:
                return None
            if isinstance(node.op, ast.Not):
                return not inner
            return None if isinstance(inner, str) else -inner
        case ast.BinOp():
            left, right = _value(node.left, facts), _value(node.right, facts)
            if left is None or right is None:
                return None
            try:
                return COMPUTED[type(node.op)](left, right)
            except (ZeroDivisionError, TypeError, OverflowError):
                return None
        case ast.Compare():
            sides = [_value(side, facts) for side in (node.left, *node.comparators)]
            steps = [
                None if a is None or b is None else _compared(one, a, b)
                for one, a, b in zip(node.ops, sides, sides[1:], strict=False)
            ]
            return _joined(steps, ast.And())
        case _:
            raise ParameterError(
                say(
                    "The rule holds {part}. Expected {known}.",
                    part=ast.dump(node),
                    known=KNOWN,
                )
            )


def _compared(one: ast.cmpop, a: Any, b: Any) -> bool | None:
    try:
        return COMPARED[type(one)](a, b)
    except TypeError:
        return None


def _joined(values: list[Any], how: ast.boolop) -> bool | None:
    """Kleene's and, and or."""
    decisive = isinstance(how, ast.Or)
    if any(value is not None and bool(value) == decisive for value in values):
        return decisive
    return None if any(value is None for value in values) else not decisive
