"""Range of externalities: decays that were put in, chance that neighbours share, by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shuseki.cli.measure import app
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError
from shuseki.language import told, word
from shuseki.measures.change import externalities as module
from shuseki.measures.change.externalities import externality_range, input_output
from shuseki.panel import Panel
from shuseki.report.plots import plot
from shuseki.study.chapters.measures import measure

CODES = tuple("ABCDEF")


def dealings(seed: int = 0):
    """Flows among six industries, some large and many small."""
    flows = np.random.default_rng(seed).gamma(0.4, 1, (6, 6))
    return input_output(pd.DataFrame(flows, index=CODES, columns=CODES))


def drawn_panel(
    channel: str | None,
    half_km: float = 20,
    seed: int = 0,
    areas: int = 300,
    later_half_km: float | None = None,
) -> Panel:
    """Draw plants that grow with those around, who count half at a distance; and areas that grow.

    With a channel: growth is 3% a year for one standard deviation of its mass. In any case each
    area has a growth of its own (2%), which all its industries share.
    """
    rng = np.random.default_rng(seed)
    centres = np.stack([rng.uniform(34, 37, areas), rng.uniform(136, 140, areas)], axis=1)
    distance = module.distance_matrix_km(centres)
    partners = dealings()
    amounts, births = [rng.lognormal(3.5, 1, (areas, 6))], [np.zeros((areas, 6))]
    for half in (half_km, later_half_km or half_km):
        near = np.exp2(-distance / half)
        if channel == "same industry":
            np.fill_diagonal(near, 0)
            mass = near @ amounts[-1]
        else:
            share = partners.customers if channel == "customers" else partners.suppliers
            mass = near @ amounts[-1] @ share.T
        mass = np.log1p(mass)
        mass = (mass - mass.mean(axis=0)) / mass.std(axis=0)
        growth = 0.03 * mass if channel else 0 * mass
        growth += rng.normal(0, 0.02, growth.shape) + rng.normal(0, 0.02, (areas, 1))
        births.append(amounts[-1] * 5 * np.maximum(growth + 0.3, 0))
        amounts.append(amounts[-1] * np.exp(5 * growth))
    values = {"plants": np.stack(amounts, axis=2), "births": np.stack(births, axis=2)}
    return Panel(
        tuple(map(str, range(areas))), CODES, ("2001", "2006", "2011"), values, centres=centres
    )


@pytest.mark.parametrize(("channel", "half_km"), [("suppliers", 10.0), ("customers", 30.0)])
def test_a_known_half_distance_is_in_its_interval_and_nothing_elsewhere(
    channel: str, half_km: float
) -> None:
    held, elsewhere = [], []
    for seed in range(6):
        answer = externality_range(
            drawn_panel(channel, half_km, seed),
            spans=[("2001", "2006")],
            related=dealings(),
            replicates=60,
        )
        assert answer.channels == ("same industry", "suppliers", "customers", "variety")
        c = answer.channels.index(channel)
        held.append(answer.lower_km[0, c] <= half_km <= answer.upper_km[0, c])
        elsewhere += list(np.isfinite(np.delete(answer.half_distance_km[0], c)))
    assert sum(held) >= 5  # intervals of 90%: fewer in 11% of such experiments
    assert sum(elsewhere) <= 3  # a channel without effect is found in about 5% of 18
    assert "none found" in answer.headline()


def test_widening_between_two_spans_is_noticed():
    panel = drawn_panel("same industry", 6, later_half_km=40)
    answer = externality_range(
        panel, spans=[("2001", "2006"), ("2006", "2011")], related=dealings(), replicates=60
    )
    same = answer.channels.index("same industry")
    assert answer.widening[same] > 0.95
    assert answer.widening_lower_km[same] > 0
    assert answer.widening_lower_km[same] <= 34 <= answer.widening_upper_km[same] + 5
    assert "Change since 2001–2006: same industry +" in answer.headline()
    assert len(answer.to_frame()) == 2 * 4 * 4
    assert len(answer.ranges()) == 2 * 4
    assert all(told(word(name), "ja") != name for name in answer.channels)


def test_a_stable_range_does_not_widen():
    panel = drawn_panel("same industry", 20)
    answer = externality_range(panel, spans=[("2001", "2006"), ("2006", "2011")], replicates=60)
    assert (answer.p[:, 0] <= 0.05).all()
    assert answer.widening_lower_km[0] <= 0 <= answer.widening_upper_km[0]
    assert answer.channels == ("same industry", "related industries", "variety")
    assert "located alike" in " ".join(answer.notes)


def test_nothing_is_found_where_nothing_is():
    found, beyond = [], []
    for seed in range(14):
        panel = drawn_panel(None, seed=seed, areas=120)
        answer = externality_range(
            panel, spans=[("2001", "2006")], related=dealings(), replicates=40
        )
        found += list(np.isfinite(answer.half_distance_km[0]))
        beyond.append(np.abs(answer.coefficient / answer.standard_error)[0, 0] > 1.96)
    assert np.mean(found) <= 0.1  # 5% is meant, by a one-sided test of which the range is free
    assert np.mean(beyond) == pytest.approx(0.05, abs=0.06)


def test_births_go_with_what_is_around():
    panel = drawn_panel("suppliers", 20, seed=1)
    answer = externality_range(
        panel, outcome="births", spans=[("2001", "2006")], related=dealings(), replicates=60
    )
    c = answer.channels.index("suppliers")
    # births are 30% of the plants at the start and their growth: the same answer as growth gives
    growth = externality_range(panel, spans=[("2001", "2006")], related=dealings(), replicates=2)
    assert answer.strength == pytest.approx(growth.strength)
    assert answer.strength[0, c] == pytest.approx(0.03, abs=0.01)  # varies with the range found
    assert answer.lower_km[0, c] <= 20 <= answer.upper_km[0, c]
    assert "association of births with the plants around halves" in answer.headline()
    # by hand: 30 births over 2001-2011 of 60 plants: 0.05 a year
    rate = module._birth_rate(
        np.array([[60.0]]),
        Panel(("a",), ("A",), ("2001", "2006", "2011"), {"births": np.array([[[99.0, 10, 20]]])}),
        "births",
        2001,
        2011,
    )
    assert rate[0, 0] == pytest.approx(0.05)
    with pytest.raises(UnknownCodeError, match="Unknown variable: openings"):
        externality_range(panel, outcome="births", births="openings")


def shared_shocks(seed: int, areas: int = 120, reach_km: float = 60) -> Panel:
    """Plants that grow by chance alone, an industry's chance being alike in near areas."""
    rng = np.random.default_rng(seed)
    centres = np.stack([rng.uniform(34, 37, areas), rng.uniform(136, 140, areas)], axis=1)
    near = np.exp(-module.distance_matrix_km(centres) / reach_km)
    field = np.linalg.cholesky(near) @ rng.normal(size=(areas, 6))
    growth = (
        0.025 * field + 0.015 * rng.normal(size=(areas, 6)) + 0.02 * rng.normal(size=(areas, 1))
    )
    before = rng.lognormal(3.5, 1, (areas, 6))
    cube = np.stack([before, before * np.exp(5 * growth)], axis=2)
    return Panel(
        tuple(map(str, range(areas))), CODES, ("2001", "2006"), {"plants": cube}, centres=centres
    )


def found_where_nothing_is(samples: int, replicates: int, **how: float) -> tuple[float, float]:
    """Share of channels found, and of ring coefficients beyond 1.96 errors."""
    found, beyond = [], []
    for seed in range(samples):
        answer = externality_range(
            shared_shocks(seed, **how), related=dealings(), replicates=replicates
        )
        found.append(np.isfinite(answer.half_distance_km[0]))
        beyond.append(np.abs(answer.coefficient / answer.standard_error)[0] > 1.96)
    return float(np.mean(found)), float(np.mean(beyond))


def test_shocks_that_neighbours_share_are_no_effect():
    # 20 panels of 4 channels. With areas taken as independent a quarter is found, and a quarter of
    # rings lies beyond; nominal is 5%. Channels of a panel go together: at worst 20 draws of 5%,
    # whose standard deviation is 4.9 points.
    found, beyond = found_where_nothing_is(20, 39)
    assert found <= 0.05 + 2 * 0.049
    assert beyond <= 0.05 + 2 * 0.049


@pytest.mark.slow
@pytest.mark.parametrize(("areas", "reach_km"), [(120, 80), (300, 50), (300, 100)])
def test_size_under_shared_shocks(areas, reach_km):
    # 100 panels: nominal 5%, at worst a standard deviation of 2.2 points
    found, beyond = found_where_nothing_is(100, 99, areas=areas, reach_km=reach_km)
    assert found <= 0.05 + 2 * 0.022
    assert beyond <= 0.05 + 2 * 0.022


def test_the_correlation_of_shocks_is_said():
    answer = externality_range(shared_shocks(0, areas=300), related=dealings(), replicates=19)
    # variances .025², .015² and .02² of the area: at 22.5 km
    shared = 0.025**2 * np.exp(-22.5 / 60) / (0.025**2 + 0.015**2 + 0.02**2)
    assert answer.shock_correlation[0, 1] == pytest.approx(shared, abs=0.12)
    assert "Shocks of one industry are correlated between areas" in " ".join(answer.notes)
    few = externality_range(shared_shocks(0), related=dealings(), replicates=5)
    assert "cannot be below 0.17: nothing can be found. Give 19 or more" in " ".join(few.notes)


def test_comparing_within_areas_is_the_regression_with_area_dummies():
    panel = drawn_panel("suppliers", 20, areas=60)
    cube = panel.values["plants"].copy()
    cube[::3, 1] = 1  # cells too small: not all areas have all industries
    panel = panel.with_variable("plants", cube)
    answer = externality_range(
        panel, spans=[("2001", "2006")], related=dealings(), rings_km=(0, 30, 90), replicates=2
    )
    amount = cube[:, :, 0]
    distance = module.distance_matrix_km(panel.centres)
    rings = np.stack([distance < 30, (distance >= 30) & (distance < 90)]).astype(float)
    links = np.stack([dealings().suppliers, dealings().customers])
    area, industry = np.nonzero(amount >= 5)
    masses = module.ring_masses(amount, rings, links)[:3, :, area, industry].reshape(6, -1)
    growth = np.log(cube[area, industry, 1] / amount[area, industry]) / 5
    design = np.column_stack(
        [masses.T, np.log(amount[area, industry]), np.eye(60)[area], np.eye(6)[industry][:, 1:]]
    )
    theirs = np.linalg.lstsq(design, growth, rcond=None)[0]
    assert answer.coefficient[0, :3].ravel() == pytest.approx(theirs[:6], abs=1e-8)
    assert np.isfinite(answer.coefficient[0, 3]).all()  # variety, between areas


def test_the_area_itself_is_not_its_own_surroundings():
    amount = np.array([[100.0, 1.0], [1.0, 1.0], [5.0, 2.0]])
    mass = module.ring_masses(amount, np.ones((1, 3, 3)), np.zeros((1, 2, 2)))
    around = np.log1p(np.array([6.0, 105.0, 101.0]))
    assert mass[0, 0, :, 0] == pytest.approx((around - around.mean()) / around.std())


def test_masses_of_suppliers_by_hand():
    # Two areas out of each other's ring. A buys 1 from B and 3 from C; plants (A, B, C):
    # (9, 4, 8) and (9, 0, 2). Suppliers of A around: 4/4 + 8·3/4 = 7 and 0 + 2·3/4 = 1.5.
    flows = pd.DataFrame([[0, 0, 0], [1, 0, 5], [3, 0, 0]], index=list("ABC"), columns=list("ABC"))
    partners = input_output(flows)
    assert partners.suppliers[0].tolist() == [0, 0.25, 0.75]
    assert partners.suppliers[1].tolist() == [0, 0, 0]  # B buys nothing
    assert partners.customers[1].tolist() == pytest.approx([1 / 6, 0, 5 / 6])
    amount = np.array([[9.0, 4.0, 8.0], [9.0, 0.0, 2.0]])
    mass = module.ring_masses(amount, np.eye(2)[None], partners.suppliers[None])
    around = np.log1p(np.array([7.0, 1.5]))
    assert mass[1, 0, :, 0] == pytest.approx((around - around.mean()) / around.std())
    assert "3 industries" in partners.headline()
    row = partners.to_frame().query("industry == 'A' and partner == 'C'")
    assert row["supplier_share"].item() == 0.75


def test_the_order_of_industries_does_not_matter():
    panel = drawn_panel("suppliers", 20, areas=80)
    first = externality_range(panel, related=dealings(), replicates=5)
    turned = externality_range(
        panel.select(industries=CODES[::-1]), related=dealings(), replicates=5
    )
    assert turned.coefficient == pytest.approx(first.coefficient)
    assert turned.strength == pytest.approx(first.strength)


def test_some_areas_are_explained_by_the_plants_of_all():
    panel = drawn_panel("same industry", 20)
    half = panel.areas[:150]
    some = externality_range(panel, areas=half, replicates=40)
    alone = externality_range(panel.select(areas=half), replicates=5)
    assert some.observations == alone.observations
    assert np.nanmax(np.abs(some.coefficient - alone.coefficient)) > 1e-3
    assert "Growth of 150 areas; the plants around them are those of all 300." in some.notes
    with pytest.raises(UnknownCodeError):
        externality_range(panel, areas=["nowhere"])


def test_bad_input():
    panel = drawn_panel(None, areas=60)
    with pytest.raises(ParameterError, match="No area has two industries"):
        externality_range(panel.select(industries=["A"]), smallest=0.1)
    for wrong in (-5.0, np.inf):
        cube = panel.values["plants"].copy()
        cube[3, 1, 0] = wrong
        with pytest.raises(DataError, match="negative or infinite in 1 cells: 3 × B"):
            externality_range(panel.with_variable("plants", cube))
    with pytest.raises(ParameterError, match="increasing edges from 0"):
        externality_range(panel, rings_km=(5, 10, 20))
    with pytest.raises(ParameterError, match="end before they start"):
        externality_range(panel, spans=[("2006", "2001")])
    with pytest.raises(ParameterError, match="Expected 'growth' or 'births'"):
        externality_range(panel, outcome="deaths")  # type: ignore[arg-type]
    with pytest.raises(UnknownCodeError, match="Unknown industry"):
        externality_range(panel, related={"A": ["Z"]})
    five = input_output(pd.DataFrame(1.0, index=list("ABCDE"), columns=list("ABCDE")))
    with pytest.raises(UnknownCodeError, match="Unknown industry of the input–output table: F"):
        externality_range(panel, related=five)
    with pytest.raises(DataError, match="needs more than"):
        externality_range(panel, smallest=1e9)
    with pytest.raises(DataError, match="no centres"):
        externality_range(replace(panel, centres=None))
    flows = pd.DataFrame(1.0, index=list("AB"), columns=list("AB"))
    with pytest.raises(AlignmentError, match="Expected the same industries"):
        input_output(flows.rename(index={"B": "C"}))
    with pytest.raises(DataError, match="A to B"):
        input_output(flows.assign(B=[-1.0, 1.0]))


@pytest.fixture
def flows_file(tmp_path: Path) -> Path:
    path = tmp_path / "flows.csv"
    rows = [(s, b, 1.0 + (s < b)) for s in CODES for b in CODES if s != b]
    pd.DataFrame(rows, columns=["seller", "buyer", "amount"]).to_csv(path, index=False)
    return path


def test_a_section_takes_a_table_of_flows_and_the_picture_has_a_panel_for_each_channel(
    flows_file: Path,
):
    options = {"spans": [[2001, 2006], [2006, 2011]], "replicates": 4}
    panel = drawn_panel("suppliers", 20, areas=80)
    answer = measure(panel, None, {"externalities": {**options, "input_output": str(flows_file)}})[
        "externalities"
    ]
    assert answer.channels == ("same industry", "suppliers", "customers", "variety")
    for lang, head in (("en", "Customers"), ("ja", "販売先業種（近接の利益）")):
        figure = plot(answer, lang=lang)
        heads = [note.text for note in figure.layout.annotations]
        assert sum(head in text for text in heads) == 1
        assert len(figure.data) == 2 * 4
    stand_in = measure(panel, None, {"externalities": options})["externalities"]
    assert stand_in.channels == ("same industry", "related industries", "variety")
    flows_file.write_text("from,to\nA,B\n", encoding="utf-8")
    with pytest.raises(DataError, match="lacks columns seller, buyer, amount"):
        measure(panel, None, {"externalities": {"input_output": str(flows_file)}})


def test_the_command_says_its_answer(flows_file: Path, tmp_path: Path):
    panel = drawn_panel("suppliers", 20, areas=80)
    frame = panel.to_frame()
    places = pd.DataFrame(panel.centres, columns=["latitude", "longitude"]).assign(area=panel.areas)
    frame.merge(places, on="area").to_csv(tmp_path / "panel.csv", index=False)
    said = CliRunner().invoke(
        app,
        ["externalities", "--internal", "--panel", str(tmp_path / "panel.csv"),
         "--span", "2001-2006",
         "--rings", "0,20,60", "--input-output", str(flows_file), "--output",
         str(tmp_path / "out.csv"), "--figure", str(tmp_path / "out.html"), "--lang", "ja"],
    )  # fmt: skip
    assert said.exit_code == 0, said.output
    assert "仕入先業種" in said.output
    assert len(pd.read_csv(tmp_path / "out.csv")) == 4 * 2
    wrong = CliRunner().invoke(app, ["externalities", "--rings", "0,near"])
    assert wrong.exit_code == 2
    for bad in (["externalities", "--span", "x-2006"], ["quotients", "--since", "x"]):
        refused = CliRunner().invoke(app, bad)
        assert isinstance(refused.exception, UnknownCodeError), bad
        assert str(refused.exception).startswith("Unknown period: x.")
