"""Is what a typed model refuses said in both languages, with place and value?"""

import re
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from shuseki.language import told
from shuseki.language.refusals import refusals


class Model(BaseModel):
    whole: int = 1
    number: float = Field(1.0, allow_inf_nan=False)
    above: float = Field(1.0, gt=0, lt=9)
    at_least: int = Field(1, ge=0, le=9)
    steps: int = Field(5, multiple_of=5)
    text: str = ""
    code: str = Field("A1", pattern=r"^[A-Z]\d$")
    name: str = Field("abc", min_length=2, max_length=4)
    several: list[int] = Field([1], min_length=1, max_length=2)
    yes: bool = True
    day: date = date(2001, 10, 1)
    table: dict[str, int] = Field(default_factory=dict)
    file: Path = Path()
    word: Literal["births", "deaths"] = "births"


# in the words of the module, one for each kind of fault
SAID = [
    ("whole", "x", "expected a whole number", "整数が必要である"),
    ("whole", 1.5, "expected a whole number", "整数が必要である"),
    ("number", "x", "expected a number", "数値が必要である"),
    ("number", float("nan"), "expected a finite number", "有限の数値が必要である"),
    ("above", 0, "expected more than 0", "0より大きい値が必要である"),
    ("above", 9, "expected less than 9", "9より小さい値が必要である"),
    ("at_least", -1, "expected 0 or more", "0以上の値が必要である"),
    ("at_least", 10, "expected 9 or less", "9以下の値が必要である"),
    ("steps", 7, "expected a multiple of 5", "5の倍数が必要である"),
    ("text", 3, "expected a text", "文字列が必要である"),
    ("code", "a", "expected a text of the form", "の形の文字列が必要である"),
    ("name", "a", "expected 2 or more characters", "2文字以上が必要である"),
    ("name", "abcde", "expected 4 characters or fewer", "4文字以下が必要である"),
    ("several", [], "expected 1 or more entries", "1件以上が必要である"),
    ("several", [1, 2, 3], "expected 2 entries or fewer", "2件以下が必要である"),
    ("several", 3, "expected a list", "リストが必要である"),
    ("yes", "perhaps", "expected true or false", "trueまたはfalseが必要である"),
    ("day", "soon", "expected a day such as 2001-10-01", "日付が必要である"),
    ("table", 3, "expected a table", "表が必要である"),
    ("file", 3, "expected a path", "パスが必要である"),
    ("word", "moves", "expected one of 'births', 'deaths'", "'births', 'deaths'のいずれか"),
]


@pytest.mark.parametrize(("name", "value", "english", "japanese"), SAID)
def test_each_kind_of_fault(name: str, value: Any, english: str, japanese: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Model(**{name: value})
    said = refusals(caught.value.errors())
    assert str(said).startswith(f"{name}: {english}")
    assert str(value) in str(said)
    assert japanese in told(said, "ja")
    assert told(said, "ja").startswith(f"{name}：")
    assert not re.search("expected|needed|found", told(said, "ja"))


def test_what_is_needed_and_what_is_unknown() -> None:
    class Strict(BaseModel, extra="forbid"):
        at: int

    with pytest.raises(ValidationError) as caught:
        Strict(to=3)  # type: ignore[call-arg]
    assert str(refusals(caught.value.errors(), within="births")) == (
        "births: at: needed, and not given; births: to: there is no such key (found 3)"
    )


def test_of_many_faults_the_first_are_told_and_the_rest_counted() -> None:
    with pytest.raises(ValidationError) as caught:
        Model(
            several=["a" * 100] * 2,
            **{name: value for name, value, *_ in SAID if name != "several"},
        )
    said = refusals(caught.value.errors())
    faults = len(caught.value.errors())
    assert faults > 10
    assert str(said).endswith(f"; {faults - 10} more")
    assert told(said, "ja").endswith(f"ほか{faults - 10}件")
    assert "a" * 61 not in str(said)
