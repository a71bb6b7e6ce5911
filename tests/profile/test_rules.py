import pytest

from shuseki.errors import ParameterError
from shuseki.profile.rules import Rule

TRUTH = [  # Kleene (1952), section 64: strong three-valued logic
    ("a > 0 and b > 0", {"a": 1.0, "b": 1.0}, True),
    ("a > 0 and b > 0", {"a": -1.0}, False),
    ("a > 0 and b > 0", {"a": 1.0}, None),
    ("a > 0 or b > 0", {"a": 1.0}, True),
    ("a > 0 or b > 0", {"a": -1.0}, None),
    ("not a > 0", {}, None),
    ("not a > 0", {"a": -1.0}, True),
    ("0 < a < 2", {"a": 1.0}, True),
    ("a == 'urban complex'", {"a": "urban complex"}, True),
    ("a > 2 * b", {"a": 5.0, "b": 2.0}, True),
    ("a / b > 1", {"a": 1.0, "b": 0.0}, None),
    ("a > 1", {"a": float("nan")}, None),
    ("a > 1", {"a": "word"}, None),
]


@pytest.mark.parametrize(("text", "facts", "holds"), TRUTH)
def test_three_values(text: str, facts: dict[str, float], holds: bool | None) -> None:
    assert Rule(text).holds(facts) is holds


@pytest.mark.parametrize(
    "text",
    ["", "a >", "__import__('os')", "a.b > 1", "a[0] > 1", "f(a)", "lambda: 1", "a if b else c",
     "[a]", "a := 1", "a in b", "a is b"],
)  # fmt: skip
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="Expected names of facts"):
        Rule(text)


def test_the_unknown_are_named_once() -> None:
    assert Rule("a > b and a > c").unknown({"b": 1.0}) == ("a", "c")
