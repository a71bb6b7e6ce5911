import numpy as np
import pandas as pd
import pytest

import shuseki
import shuseki.profile as room
from shuseki.datasets.public import default_division
from shuseki.errors import ParameterError, UnknownCodeError
from shuseki.geography.districts import division_from_table
from shuseki.measures.change.typology import named_examples
from shuseki.panel import Panel
from shuseki.profile import compare, profile, reach, what_if
from shuseki.profile.base import base_of, computed_base, created_per_year, kept_tables
from shuseki.profile.drivers import drivers_of, equation, equations
from shuseki.profile.places import find, place
from shuseki.profile.profiles import Profile, all_profiles, profile_of, setting_of

OF_THE_PAPERS = {"083", "154", "114", "024", "090", "107", "133", "207", "051"}


DRAWN = 12
"""Districts drawn at random that the quick suite reads beside those that are named."""


@pytest.fixture(scope="module", params=["some", pytest.param("all", marks=pytest.mark.slow)])
def every(request: pytest.FixtureRequest) -> dict[str, Profile]:
    """Pages of the districts that the papers name and of some drawn, or of all 253."""
    if request.param == "all":
        return request.getfixturevalue("whole")
    base = base_of("district-253")
    named = OF_THE_PAPERS | {str(row.district).zfill(3) for row in named_examples().itertuples()}
    others = [code for code in base.codes if code not in named]
    drawn = np.random.default_rng(253).choice(others, DRAWN, replace=False)
    setting = setting_of(base)
    return {code: profile_of(setting, code) for code in [*sorted(named), *map(str, drawn)]}


@pytest.fixture(scope="module")
def whole() -> dict[str, Profile]:
    return all_profiles()


def test_the_room_can_be_called() -> None:
    assert room("154").area == "154"
    assert shuseki.profile("154").area == "154"
    assert callable(shuseki.compare)


def test_every_district_has_a_page(every: dict[str, Profile]) -> None:
    assert len(every) >= len(OF_THE_PAPERS) + DRAWN
    for page in every.values():
        for name, part in page.parts().items():
            assert str(part.headline()), name
            assert part.headline().in_language("ja"), name  # type: ignore[attr-defined]
            assert len(part.to_frame()), (page.area, name)


def test_contributions_add_up_to_predicted_less_mean(every: dict[str, Profile]) -> None:
    for page in every.values():
        assert set(page.entry) >= {"births", "high-tech births", "low-tech births"}
        for one in page.entry.values():
            assert one.contribution.sum() == pytest.approx(one.predicted - one.mean, abs=1e-9)
            assert one.predicted_lower < one.predicted < one.predicted_upper


def test_contributions_of_industries_add_up_to_growth(every: dict[str, Profile]) -> None:
    for page in every.values():
        if page.trend.contributions:
            total = sum(points for _, points in page.trend.contributions)
            assert total == pytest.approx(100 * page.trend.growth, abs=1e-9)


def test_observed_rates_are_those_of_table_1(every: dict[str, Profile]) -> None:
    # Okamuro (2006), table 1: Higashi-Osaka 12.88, Okawa 7.27, Takefu-Sabae 5.79
    printed = {"154": 12.88, "207": 7.27, "107": 5.79}
    for code, rate in printed.items():
        assert every[code].entry["births"].observed == rate


@pytest.mark.slow
def test_every_district_is_there_and_ten_are_in_table_1(whole: dict[str, Profile]) -> None:
    assert len(whole) == 253
    known = [code for code, page in whole.items() if np.isfinite(page.entry["births"].observed)]
    assert len(known) == 10


def test_places_are_of_the_type_that_the_papers_name(every: dict[str, Profile]) -> None:
    # docs/measures/types.md counts where the statistics differ; here only that the page says so
    for row in named_examples().itertuples():
        page = every[str(row.district).zfill(3)]
        assert page.character.named == row.type
        said = page.character.beside_the_paper
        if page.character.leading:
            assert said is not None
            same = page.character.leading == row.type
            assert ("so do the statistics" in said) == same


def test_ranks_lie_within_their_intervals(every: dict[str, Profile]) -> None:
    for page in every.values():
        place = page.position
        known = np.isfinite(place.rank)
        assert (place.rank_lower[known] <= place.rank[known]).all()
        assert (place.rank[known] <= place.rank_upper[known]).all()
        assert (place.rank_upper[known] <= place.areas[known]).all()
        assert [why is None for why in place.why_missing] == list(known)


def test_small_places_are_less_certain(every: dict[str, Profile]) -> None:
    def width(code: str) -> float:
        found = every[code].position
        return float(np.nanmean(found.rank_upper - found.rank_lower))

    assert width("051") > 2 * width("083")  # Futaba beside the 23 wards


def test_every_direction_has_one_verdict_for_each_district(every: dict[str, Profile]) -> None:
    table = reach({code: page.directions for code, page in every.items()})
    verdicts = table["applies"] + table["does_not_apply"] + table["cannot_be_judged"]
    assert (verdicts == len(every)).all()


@pytest.mark.slow
def test_no_direction_applies_to_all_or_none_without_a_reason(whole: dict[str, Profile]) -> None:
    table = reach({code: page.directions for code, page in whole.items()})
    extreme = table[(table["applies"] == 253) | (table["applies"] == 0)]
    assert (extreme["kept"] != "").all()
    assert extreme["id"].tolist() == ["value-the-rents"]


def test_what_the_2012_paper_says_of_places(every: dict[str, Profile]) -> None:
    applies = {
        code: {one.direction.id for one in every[code].directions.of("applies")}
        for code in OF_THE_PAPERS
    }
    # section 3.1: in Ota-ku land is scarce for large machines, and firms insource
    assert {"room-for-machines", "regroup-inside"} <= applies["083"]
    # section 3.2: Kitakami's firms belong to chains elsewhere, so the city built a network
    assert "build-network" in applies["024"]
    # section 3.2: the districts of local products want development and brands
    assert "development-and-brand" in applies["090"] & applies["107"]
    # 2006 paper, p. 15: the seedbed works where plants are dense
    assert "seedbed" in applies["154"]
    assert every["133"].character.leading == "company town"


def test_every_line_that_recomputes_a_number_gives_it(every: dict[str, Profile]) -> None:
    frame = every["154"].position.to_frame()
    known = frame[np.isfinite(frame["value"])]
    for row in known.itertuples():
        before, line = str(row.recompute).split("; ")
        names: dict[str, object] = {}
        exec(before, names)
        assert eval(line, names) == row.value


@pytest.mark.parametrize("name", ["district-253", "municipality"])
def test_what_is_kept_is_what_is_computed(name: str) -> None:
    by = default_division(name)
    kept, computed = (kept_tables(one)[0] for one in (base_of(by), computed_base(by)))
    pd.testing.assert_frame_equal(
        kept[computed.columns], computed, check_dtype=False, rtol=1e-9, check_names=False
    )


def test_municipalities_have_pages_too() -> None:
    setting = setting_of(base_of("municipality"))
    codes = setting.base.codes
    assert len(codes) == 1741
    wanted = [*codes[::40], "07546", "13111", "18207", "01100", "15213"]  # Futaba, Ota, Sabae …
    for code in dict.fromkeys(wanted):
        page = profile_of(setting, code)
        assert all(str(part.headline()) for part in page.parts().values())
        births = page.entry["births"]
        assert births.contribution.sum() == pytest.approx(births.predicted - births.mean, abs=1e-9)


@pytest.mark.parametrize(
    ("asked", "division", "code"),
    [
        ("東大阪", "district-253", "154"),
        ("Higashi-Osaka", "district-253", "154"),
        ("higashi osaka", "district-253", "154"),
        ("154", "district-253", "154"),
        ("諏訪", "district-253", "114"),
        ("鯖江", "district-253", "107"),
        ("東京", "district-253", "083"),
        ("大田区", "municipality", "13111"),
        ("１３１１１", "municipality", "13111"),
        ("鯖江市", "municipality", "18207"),
        ("府中市（東京都）", "municipality", "13206"),
        ("北海道", "prefecture", "01"),
        (" 豊田 ", "district-253", "133"),
    ],
)
def test_an_area_is_found(asked: str, division: str, code: str) -> None:
    base, found = place(asked)
    assert (base.division.name, found) == (division, code)


@pytest.mark.parametrize(
    ("asked", "told"),
    [("東大坂", "東大阪"), ("Higashi-Osak", "Higashi-Osaka"), ("Sabee", "Sabae"), ("", "Expected"),
     ("府中市", "2 areas are called"), ("99999", "No area"), ("💥", "Expected")],
)  # fmt: skip
def test_a_misspelt_name_gets_candidates(asked: str, told: str) -> None:
    with pytest.raises(UnknownCodeError, match=told):
        place(asked)


def test_what_if_by_hand() -> None:
    # Okamuro (2006), table 4, model 1: UNEMPL 10.8 (t 2.48), so se = 10.8 / 2.48
    base = base_of("district-253")
    before = equation(base).x[base.position("154"), equation(base).find("UNEMPL")]
    found = what_if("東大阪", {"失業率": before + 0.01})
    assert found.total == pytest.approx(0.108)
    assert found.total_upper - found.total == pytest.approx(1.645 * 10.8 / 2.48 * 0.01)


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        ({}, ParameterError, "Nothing was changed"),
        ({"UNEMPL": 0.9}, ParameterError, "outside what is observed"),
        ({"UNEMPL": "a lot"}, ParameterError, "no number"),
        ({"UNEMPL": float("nan")}, ParameterError, "not finite"),
        ({"COLOUR": 1.0}, UnknownCodeError, "COLOUR"),
        ({"INST": 0.1}, ParameterError, "known of no area"),
        ({"UNEMPL": 0.04, "失業率": 0.05}, ParameterError, "twice"),
    ],
)
def test_what_cannot_be_moved_is_refused(
    changes: dict[str, float | str], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        what_if("東大阪", changes)


def test_several_side_by_side() -> None:
    found = compare(["東大阪", "諏訪", "鯖江"])
    assert [one.area for one in found.profiles] == ["154", "114", "107"]
    assert len(found.directions_frame()) == 3 * len(found.profiles[0].directions.judged)
    with pytest.raises(ParameterError, match="two or more"):
        compare(["東大阪"])
    with pytest.raises(ParameterError, match="twice"):
        compare(["東大阪", "154"])


def test_given_facts_settle_a_direction() -> None:
    page = profile("諏訪", given={"brokerage_share": 0.9})
    verdicts = {one.direction.id: one.verdict for one in page.directions.judged}
    assert verdicts["build-network"] == "applies"


def panel_of_my_own(years: int = 7) -> Panel:
    """Six made-up areas of no country, three industries."""
    rng = np.random.default_rng(1)
    rows = [
        (f"A{a}", trade, str(2010 + year), plants, plants * rng.uniform(5, 20))
        for a in range(6)
        for trade in ("x", "y", "z")
        for year in range(years)
        for plants in [float(rng.integers(20, 60))]
    ]
    frame = pd.DataFrame(rows, columns=["area", "industry", "period", "plants", "employment"])
    centres = np.stack([np.linspace(48, 49, 6), np.linspace(2, 3, 6)], axis=1)
    return Panel.from_frame(frame, centres=centres, division="mine")


@pytest.mark.parametrize("years", [1, 2, 7])
def test_a_panel_of_ones_own_has_the_same_page(years: int) -> None:
    page = profile("A3", panel=panel_of_my_own(years))
    assert page.area == "A3"
    assert page.entry == {}
    assert page.theory is None
    assert page.papers is None
    assert page.prefecture_industries is None
    if page.character.stage:
        assert f"stage in {2009 + years}" in page.character.headline()
    known = np.isfinite(page.position.value)
    assert known.sum() >= 5
    for entry, why in zip(page.position.indicators, page.position.why_missing, strict=True):
        assert (why is None) == bool(known[page.position.indicators.index(entry)])
    assert all(str(part.headline()) for part in page.parts().values())
    assert page.missing


def test_a_division_of_ones_own_has_the_same_page() -> None:
    table = pd.DataFrame({"municipality": ["13111", "13112", "27227", "18207"],
                          "area": ["S", "S", "H", "K"]})  # fmt: skip
    by = division_from_table(table, name="mine", date="2020-10-01")
    page = profile("S", by=by)
    assert page.division == "mine"
    assert page.position.value[[e.key for e in page.position.indicators].index("plants")] > 1000


def test_new_companies_are_counted_in_whole_months() -> None:
    # months 01 and 04 are not whole; 10 and 20 births in two months are 180 a year
    table = pd.DataFrame(
        {"municipality": ["27227"] * 4, "month": ["2021-01", "2021-02", "2021-03", "2021-04"],
         "kind": ["company"] * 4, "births": [99, 10, 20, 99]}
    )  # fmt: skip
    found = created_per_year(default_division("district-253"), table)
    assert found["154"] == pytest.approx(180.0)


def test_births_of_companies_make_a_fourth_equation() -> None:
    base = base_of("district-253")
    labour = (base.columns["employed_2020"] + base.columns["unemployed_2020"]).to_numpy(float)
    share = base.columns["manufacturing_employees_2021"] / base.columns["all_employees_2021"]
    births = labour * (0.002 + 0.01 * share.to_numpy(float))  # the truth: 100 per 10,000 and unit
    made = type(base)(
        base.division,
        base.columns.assign(companies_created_per_year=births),
        base.datasets,
        base.mix,
        base.history,
        True,
        base.sources,
    )
    found = equations(made)["companies"]
    assert found.coefficients[found.find("MRATIO")] == pytest.approx(100.0, rel=1e-6)
    one = drivers_of(made, "154", "companies")
    assert one.contribution.sum() == pytest.approx(one.predicted - one.mean, abs=1e-9)
    assert one.observed == pytest.approx(one.predicted, rel=1e-6)


def test_find_refuses_what_several_bear() -> None:
    with pytest.raises(UnknownCodeError, match="called"):
        find(default_division("municipality"), "府中市")
