"""Are settings of a linkage that cannot be meant refused, and is every extra column compared?"""

import pandas as pd
import pytest

from shuseki.errors import DataError, ParameterError
from shuseki.linkage.likeness import link
from shuseki.linkage.settings import Engine, linkage_settings, sql_of, tree_of

NAMES = [f"{a}{b}製作所" for a in "大田蒲羽" for b in "山川中木本"]
LEFT = pd.DataFrame({"id": range(20), "name": NAMES, "employees": range(20)})
RIGHT = LEFT.iloc[::-1].assign(id=range(20))


@pytest.mark.parametrize(
    "when",
    ["", "1", "not", "equal(name) and", "1 = 1", "equal(name) >= 1", "likeness(name)", "x",
     "likeness(name) >= 0.9.9", "0 < likeness(name) < 1", "likeness(name) > likeness(address)",
     "(equal(name)", "5(equal(name))", "likeness(name) => 1", "alike(name)", "alike(name, 0)",
     "alike(name, ²)", "alike(name, two)", "alike(name, 9999999999)", "equal(name); drop table x",
     "overlap(name) > 1", "overlap(employees) > 1", "ratio(name) > 1", "likeness(employees) > 1",
     "equal(name_words)", "equal(cell)", "equal(adress)", "equal(distance_km)"],
)  # fmt: skip
def test_what_is_no_condition_is_refused(when: str) -> None:
    levels = [{"says": "a", "when": when, "m": 0.5}, {"says": "b", "m": 0.5}]
    with pytest.raises(ParameterError, match="Expected"):
        link(LEFT, RIGHT, settings={"comparison": [{"name": "name", "levels": levels}]})


@pytest.mark.parametrize(
    "when",
    ["equal(name)", "not (equal(name) or alike(name, 2)) and 0.5 <= likeness(name)",
     "distance_km <= .03", "ratio(employees) <> 1", "shared(name_words) >= 12"],
)  # fmt: skip
def test_what_is_a_condition_is_taken(when: str) -> None:
    assert sql_of(when)
    assert tree_of(when)
    levels = [{"says": "a", "when": when, "m": 0.5}, {"says": "b", "m": 0.5}]
    settings = {"comparison": [{"name": "name", "levels": levels}]}
    linkage_settings(settings).check_columns([])


@pytest.mark.parametrize("engine", ["arrays", "duckdb"])
@pytest.mark.parametrize(
    "column",
    ["postcode", "郵便番号", "post code", "2nd", "tel.", "post-code", "a(b)", "a,b", 'q"q', "a\\d",
     "class", "or", "x", "unique_id", "name_words", "cell", "extra_2", "ﬁx"],
)  # fmt: skip
def test_an_extra_column_may_have_any_name(column: str, engine: Engine) -> None:
    codes = [f"{k:03d}" for k in range(20)]
    left, right = ({"id": range(20), column: side} for side in (codes, codes[::-1]))
    found = link(pd.DataFrame(left), pd.DataFrame(right), extra=[column], engine=engine)
    assert (found.to_frame()["left"] + found.to_frame()["right"] == 19).all()
    assert len(found.to_frame()) == 20
    assert found.columns == (column,)
    assert found.comparisons[0].name == column


def test_an_extra_column_can_be_asked_in_a_comparison_of_ones_own() -> None:
    levels = [{"says": "a", "when": "equal(郵便番号)", "m": 0.9}, {"says": "b", "m": 0.1}]
    own = {"comparison": [{"name": "post", "columns": ["郵便番号"], "levels": levels}]}
    left, right = (side.assign(郵便番号=side["employees"] % 7) for side in (LEFT, RIGHT))
    assert "post" in [
        one.name for one in link(left, right, extra="郵便番号", settings=own).comparisons
    ]
    with pytest.raises(ParameterError, match="郵便番号"):
        link(left, right, settings=own)


def test_a_column_is_not_compared_twice() -> None:
    with pytest.raises(ParameterError, match="compared already: name"):
        link(LEFT, RIGHT, extra=["name"])
    with pytest.raises(ParameterError, match="compared already: firm"):
        link(LEFT.rename(columns={"name": "firm"}), RIGHT.rename(columns={"name": "firm"}),
             name="firm", extra="firm")  # fmt: skip


def test_a_column_stands_once() -> None:
    twice = pd.concat([LEFT, LEFT[["name"]]], axis=1)
    with pytest.raises(DataError, match="more than once in the left register: name"):
        link(twice, RIGHT)
    spare = pd.concat([LEFT, LEFT[["name"]].set_axis(["spare"], axis=1)] * 2, axis=1)
    spare = spare.loc[:, ~spare.columns.duplicated() | (spare.columns == "spare")]
    assert len(link(spare, RIGHT).to_frame()) == 20


def test_leaving_out_what_is_not_there_is_told() -> None:
    with pytest.raises(ParameterError, match=r"leave_out is 'nmae'\. Expected one of name, place"):
        linkage_settings({"comparison": [{"name": "nmae", "leave_out": True}]})
