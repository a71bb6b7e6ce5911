"""How is a variable computed from the columns of an account?

A formula is arithmetic on column names: ``(value_added_yen - cash_wages_yen) / shipments_yen``,
``log(price_yen_per_m2 / 100)``. It knows ``+ - * / **``, parentheses, numbers, ``log``, ``exp``,
``sqrt`` and ``abs``, and nothing else: a study file can hold no code.

Takes: a formula; columns as series of one index. Gives: a series. A division by zero and the
logarithm of a number that is not positive are missing values.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar

import numpy as np
import pandas as pd

from shuseki.errors import DataError, ParameterError
from shuseki.language import Message, listed, say

__all__ = ["Formula", "parsed"]

Part = TypeVar("Part", bound=ast.AST)

FUNCTIONS: Mapping[str, Callable[[pd.Series], pd.Series]] = {
    "log": np.log,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
}
OPERATORS: Mapping[type[ast.operator], Callable[[pd.Series, pd.Series], pd.Series]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
KNOWN = say(
    "names of columns, numbers, + - * / **, parentheses, {functions}", functions=listed(FUNCTIONS)
)


class Formula:
    """Arithmetic on the columns of a table.

    Parameters
    ----------
    text
        The formula.

    Raises
    ------
    ParameterError
        It is no arithmetic, or uses something else than columns, numbers and the functions above.

    Examples
    --------
    >>> Formula("unemployed / labour_force").columns
    ('unemployed', 'labour_force')
    >>> Formula("unemployed / labour_force").of({"unemployed": pd.Series([3.0]),
    ...                                         "labour_force": pd.Series([100.0])}).tolist()
    [0.03]
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree = parsed(text, walk, allowed, _refused)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the formula."""
        found = [node.id for node in walk(self._tree) if isinstance(node, ast.Name)]
        return tuple(dict.fromkeys(found))

    @cached_property
    def positive(self) -> frozenset[str]:
        """Columns that must be above zero: divisors, and what a logarithm is taken of."""
        found: set[str] = set()
        for node in walk(self._tree):
            inner = None
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                inner = node.right
            elif isinstance(node, ast.Call) and node.func.id == "log":  # type: ignore[attr-defined]
                inner = node.args[0]
            if inner is not None:
                found |= factors(inner)
        return frozenset(found)

    def of(self, table: Mapping[str, pd.Series] | pd.DataFrame) -> pd.Series:
        """Compute it.

        Raises
        ------
        DataError
            The table lacks a column, which is named.
        """
        lacking = [name for name in self.columns if name not in table]
        if lacking:
            raise DataError(
                say(
                    "The formula {text!r} needs {lacking}. Found {table}. Add the column, or "
                    "correct the formula.",
                    text=self.text,
                    lacking=listed(lacking),
                    table=", ".join(map(str, table)) or say("no columns"),
                )
            )
        with np.errstate(divide="ignore", invalid="ignore"):
            value = evaluate(self._tree, table)
        if not isinstance(value, pd.Series):
            raise ParameterError(
                say(
                    "The formula {text!r} names no column. Expected {known}. Correct it.",
                    text=self.text,
                    known=KNOWN,
                )
            )
        return value.where(np.isfinite(value.astype(float)))

    def __repr__(self) -> str:
        return f"Formula({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formula) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def parsed(
    text: str,
    parts: Callable[[ast.expr], Iterable[Part]],
    is_allowed: Callable[[Part], bool],
    refused: Callable[[str, str | None], Message],
) -> ast.expr:
    """Read an expression whose every part is allowed.

    Parameters
    ----------
    text
        The expression.
    parts, is_allowed
        What it consists of, and what of that may stand in it.
    refused
        What is said of a text that is no expression (``None``), or that holds a part which may not.

    Raises
    ------
    ParameterError
        It is no expression, or holds something else.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ParameterError(refused(text, None)) from None
    for node in parts(tree):
        if not is_allowed(node):
            raise ParameterError(refused(text, ast.unparse(node) or type(node).__name__))
    return tree


def _refused(text: str, part: str | None) -> Message:
    if part is None:
        return say(
            "The formula {text!r} is no arithmetic. Expected {known}. Correct it.",
            text=text,
            known=KNOWN,
        )
    return say(
        "The formula {text!r} holds {said!r}. Expected {known}. Correct it.",
        text=text,
        said=part,
        known=KNOWN,
    )


def walk(node: ast.expr) -> Iterator[ast.expr]:
    """The parts of a formula, from left to right; names of functions are none of them."""
    yield node
    if isinstance(node, ast.BinOp):
        yield from walk(node.left)
        yield from walk(node.right)
    elif isinstance(node, ast.UnaryOp):
        yield from walk(node.operand)
    elif isinstance(node, ast.Call):
        for argument in node.args:
            yield from walk(argument)


def allowed(node: ast.expr) -> bool:
    """Whether a part is arithmetic."""
    if isinstance(node, ast.BinOp):
        return type(node.op) in OPERATORS
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub | ast.UAdd)
    if isinstance(node, ast.Call):
        named = isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS
        return named and len(node.args) == 1 and not node.keywords
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and not isinstance(node.value, bool)
    return isinstance(node, ast.Name)


def factors(node: ast.expr) -> set[str]:
    """Columns of a product or quotient; sums and differences may cancel and name none."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        return factors(node.left) | factors(node.right)
    return set()


def evaluate(node: ast.expr, table: Mapping[str, pd.Series] | pd.DataFrame) -> pd.Series | float:
    """The value of a part that ``allowed`` has passed."""
    if isinstance(node, ast.Name):
        return table[node.id]
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.UnaryOp):
        inner = evaluate(node.operand, table)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp):
        left, right = evaluate(node.left, table), evaluate(node.right, table)
        if isinstance(right, float) and not right and isinstance(node.op, ast.Div):
            right = np.nan
        return OPERATORS[type(node.op)](left, right)  # type: ignore[arg-type]
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    return FUNCTIONS[node.func.id](evaluate(node.args[0], table))  # type: ignore[arg-type]
