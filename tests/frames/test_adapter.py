"""A frame gives what the panel made of it gives; its errors speak of columns."""

import inspect

import numpy as np
import pandas as pd
import pytest

import shuseki as sk
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.frames import verbs

TOWNS = {"Suwa": (36.0, 138.1), "Ota": (35.6, 139.7), "Sabae": (35.9, 136.2), "Seki": (35.5, 136.9)}
"""Latitude and longitude, degrees, to a tenth."""


def cells() -> pd.DataFrame:
    """Four towns, three trades, two years; nothing in it is real."""
    rng = np.random.default_rng(1)
    rows = [
        {"town": town, "trade": trade, "year": year, "lat": at[0], "lon": at[1]}
        for town, at in TOWNS.items()
        for trade in ("tofu", "sake", "knives")
        for year in (2001, 2012)
    ]
    frame = pd.DataFrame(rows)
    frame["n"] = rng.integers(5, 60, len(frame))
    frame["workers"] = frame["n"] * rng.integers(3, 9, len(frame))
    return frame.sample(frac=1, random_state=3)


def plants() -> pd.DataFrame:
    """Sixty plants in a square of a degree; nothing in it is real."""
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "north": 35 + rng.random(60),
            "east": 137 + rng.random(60),
            "trade": rng.choice(["tofu", "sake"], 60),
            "persons": rng.integers(1, 9, 60),
        }
    )


CELLS = {"area": "town", "industry": "trade"}
YEARS = {**CELLS, "period": "year"}
PLACED = {"latitude": "lat", "longitude": "lon"}
POINTS = {"latitude": "north", "longitude": "east", "industry": "trade"}


def panel(*periods: str) -> sk.Panel:
    frame = cells()
    made = sk.Panel.from_frame(
        frame.rename(columns={"n": "plants", "workers": "employment"}),
        area="town",
        industry="trade",
        period="year",
        variables=["plants", "employment"],
        centres=np.array([TOWNS[town] for town in sorted(TOWNS)]),
    )
    return made.select(periods=periods) if periods else made


ONE_YEAR = [
    ("location_quotients", (), {"plants": "n"}),
    ("specialisation", (), {"employment": "workers"}),
    ("concentration", (), {"plants": "n", "employment": "workers", **PLACED}),
    ("coagglomeration", (), {"plants": "n", "employment": "workers"}),
    ("local_moran", ("sake",), {"employment": "workers", **PLACED}),
    ("clusters", ("sake",), {"plants": "n", **PLACED}),
    ("kdensity_areas", (), {"plants": "n", **PLACED}),
]


@pytest.mark.parametrize(("name", "args", "columns"), ONE_YEAR, ids=[name for name, *_ in ONE_YEAR])
def test_a_frame_gives_what_its_panel_gives(name, args, columns):
    verb = getattr(sk, name)
    of_frame = verb(cells().query("year == 2012"), *args, **CELLS, **columns)
    of_panel = verb(panel("2012"), *args)
    mine = of_frame.to_frame().select_dtypes("number")
    pd.testing.assert_frame_equal(mine, of_panel.to_frame()[mine.columns], check_like=True)
    assert mine.size


def test_verbs_of_several_years():
    frame = cells()
    change = sk.shift_share(frame, "workers", start="2001", end="2012", **YEARS).to_frame()
    expected = sk.shift_share(panel(), start="2001", end="2012").to_frame()
    assert change["competitive"].equals(expected["competitive"])
    course = sk.trends(frame, ["Suwa"], "n", of_industry="sake", **YEARS)
    assert course.industry == "sake"
    parts = sk.contributions(frame, "n", start="2001", end="2012", **YEARS)
    assert len(parts.to_frame()) == 4


def test_an_option_called_as_an_axis_is_of_axis():
    frame = cells()
    chosen = sk.location_quotients(frame, plants="n", of_period="2001", **YEARS)
    alone = sk.location_quotients(frame.query("year == 2001"), plants="n", **CELLS)
    np.testing.assert_array_equal(chosen.location_quotient, alone.location_quotient)
    by_word = sk.local_moran(frame, of_industry="sake", of_period="2001", **YEARS, **PLACED,
                             variable="workers")  # fmt: skip
    assert by_word.industry == "sake"


@pytest.mark.parametrize("name", ["kdensity", "m_function", "ripley"])
def test_a_frame_gives_what_its_sites_give(name):
    verb = getattr(sk, name)
    quick = {"radii_km": [5.0], "industries": ["sake"], "level": 0.4} if "m_" in name else {}
    sites = sk.Sites.from_frame(
        plants(), latitude="north", longitude="east", industry="trade", employment="persons"
    )
    of_frame = {} if name == "ripley" else {"weights": "persons"}
    of_sites = {} if name == "ripley" else {"weights": "employment"}
    answer = verb(plants(), **POINTS, **of_frame, **quick).to_frame()
    pd.testing.assert_frame_equal(answer, verb(sites, **of_sites, **quick).to_frame())
    if name == "kdensity":
        bare = verb(plants(), **POINTS).to_frame()
        assert not bare.equals(answer)
        pd.testing.assert_frame_equal(bare, verb(sites).to_frame())


def test_verbs_for_one_industry_or_a_pair_take_plants():
    assert len(sk.individual_m(plants(), "sake", **POINTS).to_frame())
    assert sk.joint_m_function(plants(), [("sake", "tofu")], **POINTS).to_frame().size
    assert sk.joint_kdensity(plants(), [("sake", "tofu")], **POINTS).to_frame().size
    assert sk.point_clusters(plants(), of_industry="sake", simulations=19, **POINTS) is not None


def test_frames_of_the_user_are_marked_so():
    answer = sk.location_quotients(cells().query("year == 2012"), plants="n", **CELLS)
    assert [source.origin for source in answer.sources if source.key == "User"] == ["user"]


def test_columns_called_as_the_axes_need_no_keyword():
    frame = cells().query("year == 2012").rename(columns={"town": "area", "trade": "industry"})
    assert sk.location_quotients(frame, plants="n").location_quotient.shape == (4, 3)


def test_years_read_as_floats_keep_their_names():
    frame = cells().astype({"year": float})
    chosen = sk.location_quotients(frame, plants="n", of_period="2012", **YEARS)
    assert "2012" in repr(chosen) or chosen.period == "2012"


ERRORS = [
    ({"area": "twn"}, UnknownCodeError, r"no column 'twn' \(area=\).*Did you mean town"),
    ({}, DataError, r"no column area.*Found town.*area=…"),
    ({**CELLS, "plants": "n"}, DataError, r"12 of 24 rows repeat their area × industry.*period=…"),
    ({**YEARS, "plants": "n"}, ParameterError, r'2 periods: 2001, 2012.*of_period="2012"'),
    ({**YEARS, "levle": 0.9}, UnknownCodeError, "levle=0.9 is neither an option"),
    ({**YEARS, "of_period": "2001"}, UnknownCodeError, "plants.*Name one that the panel has: .*n"),
    ({**YEARS, "plants": "trade", "of_period": "2001"}, DataError, "trade"),
]


@pytest.mark.parametrize(("columns", "kind", "words"), ERRORS)
def test_errors_say_which_column(columns, kind, words):
    with pytest.raises(kind, match=words):
        sk.location_quotients(cells(), **columns)


def test_empty_cells_of_an_axis_are_refused():
    frame = cells()
    frame.loc[frame.index[0], "town"] = None
    with pytest.raises(DataError, match=r"'town' \(area\) is empty in 1 rows"):
        sk.location_quotients(frame, plants="n", of_period="2001", **YEARS)


def test_errors_of_plants():
    with pytest.raises(DataError, match="no column longitude"):
        sk.kdensity(plants(), latitude="north", industry="trade")
    with pytest.raises(UnknownCodeError, match=r"'person'.*Did you mean persons"):
        sk.kdensity(plants(), weights="person", **POINTS)
    with pytest.raises(UnknownCodeError, match="persons='persons' is neither"):
        sk.kdensity(plants(), persons="persons", **POINTS)
    with pytest.raises(ParameterError, match=r"was given list\. Expected Sites, or a data frame"):
        sk.kdensity([1])


@pytest.mark.parametrize("name", verbs.__all__)
def test_help_shows_both_forms(name):
    verb = getattr(sk, name)
    told = inspect.getdoc(verb)
    assert f"{name}(frame, " in told
    assert f"{name}(panel, …)" in told or f"{name}(sites, …)" in told
    parameters = inspect.signature(verb).parameters
    first = next(iter(parameters.values()))
    assert "DataFrame" in str(first.annotation)
    assert {"area", "industry", "latitude"} - {"industry"} <= set(parameters)


def test_a_frame_of_another_library_is_converted():
    class Other:
        def to_pandas(self) -> pd.DataFrame:
            return cells().query("year == 2012")

    assert sk.location_quotients(Other(), plants="n", **CELLS).location_quotient.shape == (4, 3)
