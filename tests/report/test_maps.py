"""Do the areas lie where their municipalities are, and does the map say what it shows?"""

import numpy as np
import pandas as pd
import pytest
import shapely

from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.geography.areas import municipalities
from shuseki.geography.districts import division, division_from_table
from shuseki.geography.land import land
from shuseki.geography.shapes import EARTH_KM, INSET_SCALE, Shapes, project, shapes, voronoi
from shuseki.report.plots.maps import category_map, choropleth
from shuseki.report.plots.theme import MISSING
from shuseki.results import Result


@pytest.fixture(scope="module")
def districts() -> Shapes:
    return shapes("district-253")


@pytest.fixture
def values(districts: Shapes) -> "pd.Series[float]":
    rng = np.random.default_rng(3)
    return pd.Series(rng.gamma(3, 0.8, 253), index=list(districts.codes))


# ---- the map ---------------------------------------------------------------------------


def test_the_centre_of_the_map_is_its_origin() -> None:
    assert project(np.array([137.0]), np.array([37.0])) == pytest.approx(np.zeros((1, 2)))


@pytest.mark.parametrize("latitude", [33.0, 43.0])
def test_the_map_is_true_to_scale_on_its_standard_parallels(latitude: float) -> None:
    degree = 1e-4
    there = project(
        np.array([140.0, 140.0 + degree, 140.0]), np.array([latitude, latitude, latitude + degree])
    )
    east, north = np.linalg.norm(there[1:] - there[0], axis=1)
    km = np.radians(degree) * EARTH_KM
    assert east == pytest.approx(km * np.cos(np.radians(latitude)), rel=1e-5)
    assert north == pytest.approx(km, rel=1e-5)


def test_the_map_keeps_angles_everywhere() -> None:
    longitude, latitude, degree = 129.0, 26.0, 1e-4
    there = project(
        np.array([longitude, longitude + degree, longitude]),
        np.array([latitude, latitude, latitude + degree]),
    )
    east, north = there[1:] - there[0]
    assert east @ north == pytest.approx(0, abs=1e-9)
    # the same scale both ways: a degree of longitude is cos(latitude) of one of latitude
    ratio = np.linalg.norm(east) / np.linalg.norm(north)
    assert ratio == pytest.approx(np.cos(np.radians(latitude)), rel=1e-5)


def test_the_land_has_the_area_of_japan() -> None:
    # equal-area map of the sphere; 377,975 km² on 1 January 2021 (GSI, table of areas of Japan),
    # less up to 0.6% for islets and the corners of the shore that the outline leaves out
    def equal_area(corners: np.ndarray) -> np.ndarray:
        lon, lat = np.radians(corners).T
        return np.column_stack([EARTH_KM * lon, EARTH_KM * np.sin(lat)])

    assert shapely.transform(land(), equal_area).area == pytest.approx(377_975, rel=0.006)


# ---- areas --------------------------------------------------------------------------------


def test_voronoi_cells_hold_their_points_also_where_two_coincide() -> None:
    points = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 0.0]])
    cells = voronoi(points, shapely.box(-5, -5, 15, 15))
    assert [cell.covers(shapely.Point(point)) for cell, point in zip(cells, points, strict=True)]
    assert cells[1].equals(cells[3])
    # halfway between (0, 0) and (10, 0)
    assert cells[0].bounds[2] == pytest.approx(5.0)


def test_every_district_has_its_place(districts: Shapes) -> None:
    assert len(districts.codes) == len(districts.outlines) == 253
    assert not any(outline.is_empty for outline in districts.outlines)
    assert all(outline.is_valid for outline in districts.outlines)


def test_districts_do_not_overlap(districts: Shapes) -> None:
    total = sum(outline.area for outline in districts.outlines)
    together = shapely.union_all(list(districts.outlines)).area
    assert together == pytest.approx(total, rel=1e-6)
    # 596 of the 3,255 municipalities of 1995 are in no district: less than all land
    assert 0.6 < together / districts.ground.area < 0.95


def test_municipalities_lie_in_their_district(districts: Shapes) -> None:
    by = division("district-253")
    units = municipalities(1995).set_index("code")
    main = by.members[by.members["area"].between("003", "247")]
    points = project(
        units.loc[main["municipality"], "longitude"].to_numpy(float),
        units.loc[main["municipality"], "latitude"].to_numpy(float),
    )
    outline = dict(zip(districts.codes, districts.outlines, strict=True))
    far = [
        outline[area].distance(shapely.Point(point))
        for area, point in zip(main["area"], points, strict=True)
    ]
    assert np.quantile(far, 0.98) < 0.5  # km: the coast is simplified
    # two towns, each an island of its own, are lost to simplification: Oshima and Sakito
    assert sum(km > 4.0 for km in far) == 2


def test_okinawa_stands_in_its_frame(districts: Shapes) -> None:
    okinawa = districts.outlines[districts.codes.index("253")]
    assert shapely.box(*districts.frame).contains(okinawa)
    frame = shapely.box(*districts.frame)
    outside = shapely.difference(districts.ground, frame)
    assert outside.area + 0 < districts.ground.area  # something is inside
    assert 0 < INSET_SCALE <= 1


def test_a_user_s_division_has_shapes_too() -> None:
    table = pd.DataFrame({"municipality": ["13101", "13102", "27100"], "area": ["T", "T", "O"]})
    made = shapes(division_from_table(table))
    assert made.codes == ("O", "T")
    assert all(outline.area > 1 for outline in made.outlines)


# ---- pictures ------------------------------------------------------------------------------


def test_classes_hold_as_many_areas_each_and_say_so(
    districts: Shapes, values: "pd.Series[float]"
) -> None:
    figure = choropleth(districts, values, title="Rate, n = 253", unit="per 10,000")
    classes = [trace for trace in figure.data if "(" in (trace.name or "")]
    counts = [int(trace.name.split("(")[1].rstrip(")")) for trace in classes]
    assert len(counts) == 6
    assert sum(counts) == 253
    assert max(counts) - min(counts) <= 1
    assert figure.layout.legend.title.text == "per 10,000"
    assert f"{values.max():.2f}" in classes[0].name


def test_areas_without_a_value_are_hatched(districts: Shapes, values: "pd.Series[float]") -> None:
    values.iloc[[1, 5]] = np.nan
    figure = choropleth(districts, values.drop("200"), title="Rate")
    (missing,) = (trace for trace in figure.data if trace.name == "no value (3)")
    assert missing.fillpattern.shape == "/"
    assert missing.fillpattern.bgcolor == MISSING
    hover = dict(zip(districts.codes, figure.data[-1].text, strict=True))
    assert hover["002"].endswith("<br>–")
    assert hover["003"].endswith(f"<br>{values['003']:.2f}")


def test_below_and_above_a_middle_have_their_own_colours(
    districts: Shapes, values: "pd.Series[float]"
) -> None:
    figure = choropleth(districts, values - 2.0, title="Gap", middle=0.0)
    classes = [trace for trace in figure.data if "(" in (trace.name or "")]
    assert len(classes) == 6
    signs = [trace.name.startswith("−") for trace in classes]
    assert signs == [False] * 3 + [True] * 3
    assert len({trace.fillcolor for trace in classes}) == 6


def test_a_map_is_small_and_asks_nobody(districts: Shapes, values: "pd.Series[float]") -> None:
    figure = choropleth(districts, values, title="Rate")
    assert len(figure.to_json()) < 1_000_000
    assert {trace.type for trace in figure.data} == {"scatter"}


def test_a_map_speaks_japanese_and_marks_its_data(
    districts: Shapes, values: "pd.Series[float]", candidates: Result
) -> None:
    figure = choropleth(districts, values, title=("Rate", "開業率"), result=candidates, lang="ja")
    assert figure.layout.title.text.startswith("開業率<br>")
    assert "合成データ" in figure.layout.title.text
    assert figure.data[-1].text[0].startswith("室蘭")
    assert "地域外" in [trace.name for trace in figure.data]


def test_land_outside_the_areas_is_named_only_where_there_is_some(districts: Shapes) -> None:
    squares = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]
    drawn = Shapes(("a", "b"), ("A", "B"), ("A", "B"), tuple(squares), shapely.union_all(squares))
    figure = choropleth(drawn, {"a": 1.0, "b": 2.0}, title="Births")
    assert not figure.data[0].showlegend
    figure = choropleth(districts, dict.fromkeys(districts.codes[:9], 1.0), title="Births")
    assert figure.data[0].showlegend


def test_values_that_fit_no_area_are_refused(districts: Shapes) -> None:
    with pytest.raises(UnknownCodeError, match="Unknown area: 999"):
        choropleth(districts, {"001": 1.0, "999": 2.0}, title="Rate")
    with pytest.raises(DataError, match="No value for any of the 253 areas"):
        choropleth(districts, {"001": float("nan")}, title="Rate")
    twice = pd.Series([1.0, 2.0], index=["001", "001"])
    with pytest.raises(DataError, match="More than one value for areas 001"):
        choropleth(districts, twice, title="Rate")
    with pytest.raises(ParameterError, match="bins is 9"):
        choropleth(districts, {"001": 1.0}, title="Rate", bins=9)
    with pytest.raises(UnknownCodeError, match="Unknown division: district-25"):
        shapes("district-25")


def test_categories_keep_the_order_of_their_labels(districts: Shapes) -> None:
    kinds = pd.Series("low", index=list(districts.codes))
    kinds.iloc[:3] = "high"
    figure = category_map(
        districts,
        kinds.iloc[:250],
        labels={"high": ("High", "高"), "low": ("Low", "低"), "none": "None"},
        title="Kinds",
        lang="ja",
    )
    names = [trace.name for trace in figure.data if trace.name]
    assert names[1:4] == ["高 (3)", "低 (247)", "数値なし (3)"]
    with pytest.raises(UnknownCodeError, match="Unknown category: low"):
        category_map(districts, kinds, labels={"high": "High"}, title="Kinds")
    many = pd.Series([f"k{n % 9}" for n in range(253)], index=list(districts.codes))
    with pytest.raises(ParameterError, match="9 categories"):
        category_map(districts, many, title="Kinds")
