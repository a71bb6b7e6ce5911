"""Exits, cascades, criticality and policies."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.directory import Capability, Directory, Firm
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.language import say
from shuseki.sourcing.exits import (
    STATUSES,
    ExitHazard,
    exit_outlook,
    exit_probability,
    none_left,
    owners_of,
    read_owners,
    succession_rates,
    yearly_hazard,
)
from shuseki.sourcing.resilience import (
    Policy,
    Renewal,
    cascade,
    compare_policies,
    criticality,
    read_chains,
    simulate,
    standard_policies,
)

PRESS = Path(__file__).parents[2] / (
    "../shared/data/succession/japan_successor_absent_rates_from_press.csv"
)
FLAT = ExitHazard(0.1, 0.0, (0.0, 0.0, 0.0, 0.0), 0.0, 0.0)
"""One in ten leaves each year, whoever it is."""
CHAINS = pd.DataFrame(
    [
        ("shaft", "hub > turner > plater", 100.0, 400.0),
        ("shaft", "hub > turner > far plater", 130.0, 400.0),
        ("gear", "hub > gear cutter", 200.0, 300.0),
        ("plate", "plater", 50.0, 90.0),
    ],
    columns=["order", "chain", "cost_yen", "worth_yen"],
)
NAMES = ["hub", "turner", "plater", "far plater", "gear cutter"]


def people(names=NAMES, **columns):
    return read_owners(pd.DataFrame({"firm": names, **columns}))


def certain(names=NAMES, status="undecided", cells=None):
    columns = {"owner_age": 60.0, "successor": status, "employees": 10.0}
    if cells is not None:
        columns["processes"] = cells
    return people(names, **columns)


# ---- published rates -----------------------------------------------------------------------------


def test_rates_of_one_publisher_only():
    for publisher in ("TDB", "TSR", "JFC"):
        rates = succession_rates(publisher)
        assert rates.source.citation.startswith(publisher)
        shares = rates.mixture(np.array([20.0, 55.0, 65.0, 90.0]))
        assert shares.sum(axis=1) == pytest.approx(np.ones(4))
    assert succession_rates("TDB").year == 2025
    # of JFC 2019: decided 12.5, undecided 22.0, will close 52.6, too early 12.9, whatever the age
    assert succession_rates("JFC").mixture(np.array([50.0]))[0] == pytest.approx(
        [0.125, 0.220, 0.526, 0.129]
    )
    # older heads have successors more often
    absent = succession_rates("TDB", 2020).mixture(np.array([65.0, 75.0, 85.0]))[:, 1]
    assert (np.diff(absent) < 0).all()
    with pytest.raises(UnknownCodeError, match="NHK"):
        succession_rates("NHK")
    with pytest.raises(UnknownCodeError, match="No rates by age of TDB in 1999"):
        succession_rates("TDB", 1999)


@pytest.mark.skipif(not PRESS.exists(), reason="needs the excerpts beside the project")
def test_rates_are_those_of_the_excerpts():
    with PRESS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for publisher, year, category, age in (
        ("TSR", 2022, "60s", 65), ("TSR", 2022, "70s", 75), ("TSR", 2021, "60s", 65),
        ("TDB", 2020, "60s", 65), ("TDB", 2020, "70s", 75),
    ):  # fmt: skip
        printed = next(
            float(row["rate_pct"])
            for row in rows
            if (row["publisher"], row["year"], row["category"]) == (publisher, str(year), category)
        )
        absent = succession_rates(publisher, year).mixture(np.array([float(age)]))[0, 1]
        assert 100 * absent == pytest.approx(printed)


# ---- hazards -------------------------------------------------------------------------------------


def test_hazard_by_hand():
    # 20 years older at 0.6 per 10: log(−log(1 − 0.02)) + 1.2
    undecided = np.array([[0.0, 1, 0, 0]])
    ten, eighty = np.array([10.0]), np.array([80.0])
    log_hazard = np.log(-np.log(0.98)) + 1.2
    assert yearly_hazard(ExitHazard(), eighty, undecided, ten)[0] == pytest.approx(
        1 - np.exp(-np.exp(log_hazard))
    )
    # a mixture is the mean of its parts
    mixed = yearly_hazard(ExitHazard(), eighty, np.array([[0.5, 0.5, 0, 0]]), ten)[0]
    parts = [yearly_hazard(ExitHazard(), eighty, np.eye(4)[[k]], ten)[0] for k in range(2)]
    assert mixed == pytest.approx(np.mean(parts))


def test_hazard_moves_as_it_should():
    def hazard(**changed):
        columns = {"owner_age": [65.0], "successor": ["undecided"], "employees": [10.0]}
        columns |= {name: [value] for name, value in changed.items()}
        return float(people(["f"], **columns).hazard(ExitHazard())[0])

    assert hazard(owner_age=75.0) > hazard()
    assert hazard(successor="decided") < hazard() < hazard(successor="will_close")
    assert hazard(employees=100.0) < hazard() < hazard(employees=2.0)
    owners = certain(["f"])
    assert owners.hazard(ExitHazard(), lost_share=0.5) > owners.hazard(ExitHazard())


def test_exit_probability_is_the_closed_form():
    assert exit_probability(certain(["a"]), FLAT, 5)[0] == pytest.approx(1 - 0.9**5)
    # half decided, half will close: half of each closed form
    parameters = ExitHazard(0.1, 0.0, (-1.0, 0.0, 1.0, 0.0), 0.0, 0.0)
    low, high = (1 - np.exp(np.log(0.9) * np.exp(k)) for k in (-1, 1))
    owners = certain(["a"])
    mixed = type(owners)(owners.firms, owners.age, np.array([[0.5, 0, 0.5, 0]]), owners.employees)
    expected = 1 - ((1 - low) ** 3 + (1 - high) ** 3) / 2
    assert exit_probability(mixed, parameters, 3)[0] == pytest.approx(expected)


def test_calibrated_hazard_has_the_stated_mean():
    owners = people(["a", "b", "c"], owner_age=[45.0, 62, 80], successor=["decided", "", "unknown"])
    moved = ExitHazard().calibrated(owners, 0.03)
    assert owners.hazard(moved).mean() == pytest.approx(0.03)
    with pytest.raises(ParameterError, match="exits_per_year_share = 1"):
        ExitHazard().calibrated(owners, 1.0)


def test_nobody_left_is_the_product():
    p = np.array([0.5, 0.2, 0.1])
    member = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 0]], dtype=bool)
    assert none_left(p, member) == pytest.approx([0.01, 0.05, 1.0])


def test_what_is_unknown_is_said():
    directory = Directory(
        (
            Firm("1", "ota", "A", owner_age=70, successor="decided", employees=5),
            Firm("2", "ota", "B", owner_age=50),
            Firm("3", "ota", "C"),
        ),
        capabilities=(Capability("ota/1", "turning"), Capability("ota/2", "turning")),
    )
    owners = owners_of(directory)
    assert owners.age.tolist() == [70, 50, 60]
    assert owners.status[0].tolist() == [1, 0, 0, 0]
    assert owners.status[1, 1] == pytest.approx(
        succession_rates("TDB").mixture(np.array([50.0]))[0, 1]
    )
    said = " ".join(owners.notes)
    assert "successors of 2 firms are unknown: shares of TDB 2025" in said
    assert "ages of 1 firm are unknown" in said
    assert "employees of 2 firms are unknown" in said
    found = exit_outlook(owners, years=5)
    assert found.cells["process"].tolist() == ["turning"]
    p = found.firms.set_index("firm")["exit_probability_share"]
    assert found.cells["none_left_share"][0] == pytest.approx(p["ota/1"] * p["ota/2"])
    assert (
        found.firms["exit_probability_low_share"] <= found.firms["exit_probability_share"]
    ).all()
    assert "turning" in found.headline()


@pytest.mark.parametrize(
    ("columns", "error", "says"),
    [
        ({"firm": ["a", "a"]}, DataError, "Firms given twice: a, in rows 0, 1"),
        (
            {"firm": ["a"], "owner_age": [900.0]},
            DataError,
            "owner_age that cannot be: 900 in row 0",
        ),
        ({"firm": ["a"], "employees": [-3.0]}, DataError, "employees that cannot be: -3 in row 0"),
        ({"firm": ["a"], "successor": ["son"]}, UnknownCodeError, "'son' in row 0"),
        ({"name": ["a"]}, DataError, "Expected a column firm"),
        ({"firm": []}, DataError, "0 rows"),
    ],
)
def test_bad_owners_are_named_with_their_row(columns, error, says):
    with pytest.raises(error, match=says):
        read_owners(pd.DataFrame(columns))


@pytest.mark.parametrize("hazard", [0.0, 1.0, -0.1])
def test_hazards_refuse(hazard):
    with pytest.raises(ParameterError, match="hazard_at_60"):
        ExitHazard(hazard_at_60=hazard)
    with pytest.raises(ParameterError, match="Effects on the hazard"):
        ExitHazard(per_10_years_of_age=float("nan"))
    with pytest.raises(ParameterError, match="years = 0"):
        exit_outlook(certain(), years=0)


# ---- criticality ---------------------------------------------------------------------------------


def test_criticality_by_hand():
    orders = read_chains(CHAINS)
    found = criticality(orders, certain(), parameters=FLAT, years=1).to_frame().set_index("firm")
    # hub: shaft and gear lost, (400 − 100) + (300 − 200); plater: plate lost, 90 − 50, and
    # shaft 30 dearer; the far plater is in no plan
    assert found.loc["hub", ["orders_lost", "loss_yen", "cost_increase_yen"]].tolist() == [
        2,
        400,
        0,
    ]
    assert found.loc["plater", ["orders_lost", "loss_yen", "cost_increase_yen"]].tolist() == [
        1, 40, 30,
    ]  # fmt: skip
    assert found.loc["far plater", "expected_loss_yen"] == 0
    assert found["expected_loss_yen"].tolist() == pytest.approx([40, 30, 10, 7, 0])
    assert found.index.tolist() == ["hub", "turner", "gear cutter", "plater", "far plater"]


def test_a_line_of_one_chain_fails_with_any_of_its_firms():
    orders = read_chains(pd.DataFrame({"order": ["o"], "chain": ["a>b>c"], "cost_yen": [10.0]}))
    found = criticality(orders, certain(["a", "b", "c"]), parameters=FLAT)
    assert found.orders_lost.tolist() == [1, 1, 1]
    assert "no worth is stated" in found.notes[0]
    assert found.loss_yen.tolist() == [10, 10, 10]  # as much as it costs


def test_orders_dearer_than_their_worth_are_not_made():
    orders = read_chains(CHAINS.assign(worth_yen=[110.0, 110, 300, 90]))
    without = np.array([name != "plater" for name in orders.firms])
    assert np.isnan(orders.plan(without).cost_yen).tolist() == [True, False, True]


def test_sharing_opens_chains_across_clusters():
    orders = read_chains(CHAINS)
    group = dict.fromkeys(NAMES, "ota") | {"plater": "suwa"}
    alone = orders.within(group).plan(np.ones(5, dtype=bool)).cost_yen
    assert alone.tolist() == [130, 200, 50]
    with pytest.raises(DataError, match="No group for plater"):
        orders.within({name: "ota" for name in NAMES if name != "plater"})


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"chain": [" > ", "a", "b", "c"]}, DataError, "No firms in the chains of rows 0"),
        ({"cost_yen": [-1.0, 1, 1, 1]}, DataError, "-1 in row 0"),
        ({"cost_yen": [np.nan, 1, 1, 1]}, DataError, "nan in row 0"),
        ({"worth_yen": [1.0, 2, 3, 4]}, DataError, "Order 'shaft' has several worths"),
    ],
)
def test_bad_chains_are_named(changed, error, says):
    with pytest.raises(error, match=says):
        read_chains(CHAINS.assign(**changed))


def test_chains_refuse():
    with pytest.raises(UnknownCodeError, match="'turner' in row 0"):
        read_chains(CHAINS, ["hub", "plater"])
    with pytest.raises(DataError, match="lacks chain"):
        read_chains(CHAINS.drop(columns="chain"))
    with pytest.raises(DataError, match="0 rows"):
        read_chains(CHAINS.iloc[:0])
    orders = read_chains(CHAINS)
    with pytest.raises(DataError, match="without a row of their own: gear cutter"):
        criticality(orders, certain(NAMES[:4]))
    with pytest.raises(ParameterError, match="1 runs"):
        cascade(orders, certain(), runs=1)
    with pytest.raises(ParameterError, match="years = 99"):
        cascade(orders, certain(), years=99)


# ---- cascades ------------------------------------------------------------------------------------


def test_without_spreading_exits_are_independent():
    # β_sales = 0: P(nobody left) of each process is Π p_i; a mixture of successors too
    parameters = ExitHazard(0.15, 0.5, (-1.0, 0.0, 1.0, -0.5), -0.2, 0.0)
    owners = people(
        NAMES,
        owner_age=[70.0, 75, 66, 80, 71],
        successor=["undecided", "will_close", "unknown", "decided", "unknown"],
        employees=[5.0, 5, 20, 4, 8],
        processes=["hub", "turning", "plating", "plating", "gears;turning"],
    )
    runs, years = 3000, 4
    found = cascade(
        read_chains(CHAINS), owners, parameters=parameters, years=years, runs=runs,
        rng=np.random.default_rng(5),
    )  # fmt: skip
    p = dict(zip(owners.firms, exit_probability(owners, parameters, years), strict=True))
    expected = {
        "hub": p["hub"],
        "turning": p["turner"] * p["gear cutter"],
        "plating": p["plater"] * p["far plater"],
        "gears": p["gear cutter"],
    }
    for row in found.cells.itertuples():
        exact = expected[row.process]
        assert abs(row.none_left_share - exact) < 4 * np.sqrt(exact * (1 - exact) / runs)
    # firms left: the sum of what survives
    left = 5 - sum(p.values())
    assert found.table["firms"].iloc[-1] == pytest.approx(left, abs=4 * np.sqrt(5 / 4 / runs))
    # nothing spreads: with and without β_sales are one
    assert found.table["loss_yen"].iloc[-1] == found.exits_alone_yen


def test_lost_sales_spread():
    spreading = ExitHazard(0.1, 0.0, (0.0, 0.0, 0.0, 0.0), 0.0, 5.0)
    found = cascade(
        read_chains(CHAINS), certain(), parameters=spreading, years=8, runs=400,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert found.table["loss_yen"].iloc[-1] > found.exits_alone_yen
    assert (np.diff(found.table["firms"]) <= 0).all()
    assert (np.diff(found.table["orders"]) <= 0).all()
    assert found.table.loc[0, ["firms", "orders", "loss_yen"]].tolist() == [5, 3, 0]


# ---- newcomers, and ties that fade ---------------------------------------------------------------


def pairs(n):
    """Orders with one chain in use and one to fall back on, of one firm each."""
    chains = [
        (f"o{k}", name, cost, 9.0)
        for k in range(n)
        for name, cost in ((f"a{k}", 1.0), (f"b{k}", 2.0))
    ]
    orders = read_chains(pd.DataFrame(chains, columns=CHAINS.columns))
    return orders, certain(orders.firms)


def within(mean, expected, spread, n):
    """Whether a simulated mean lies within four of its standard errors."""
    return abs(mean - expected) <= 4 * spread / np.sqrt(n) + 1e-9


def test_without_renewal_all_is_as_before():
    orders = read_chains(CHAINS)
    before, after = (
        cascade(orders, certain(), renewal=renewal, runs=20, rng=np.random.default_rng(3))
        for renewal in (None, Renewal())
    )
    pd.testing.assert_frame_equal(before.table, after.table)
    assert before.notes == after.notes


@pytest.mark.parametrize("entry", [0.02, 0.1, 0.3])
def test_newcomers_follow_the_closed_form(entry):
    # each firm leaves with 0.1 and brings forth one with e: E = n (1 − 0.1 + e)^t
    orders, owners = pairs(30)
    years, runs, n = 6, 200, len(owners)
    rng = np.random.default_rng(4)
    seeds = np.arange(runs)
    paths = simulate(
        orders, owners, FLAT, Policy(say("nothing is done")),
        rng.random((runs, years, n)), rng.random((runs, n)),
        renewal=Renewal(entry_share=entry), seeds=seeds,
    )  # fmt: skip
    for year in range(years + 1):
        expected = n * (1 - 0.1 + entry) ** year
        found = paths.alive[:, year]
        assert within(found.mean(), expected, found.std(), runs), (year, found.mean(), expected)
    assert paths.new[:, 0].sum() == 0
    assert (paths.new <= paths.alive).all()


@pytest.mark.parametrize("fading", [0.0, 0.25, 1.0])
def test_ties_that_fade_follow_the_closed_form(fading):
    # served: the first firm is there; or it left in year s, and the other is there and was
    # remembered for s − 1 years of disuse
    orders, owners = pairs(60)
    years, runs, stay = 6, 100, 0.9
    found = cascade(
        orders, owners, parameters=FLAT, renewal=Renewal(fading_share=fading),
        years=years, runs=runs, rng=np.random.default_rng(6),
    )  # fmt: skip
    for year in range(years + 1):
        fallback = sum(
            (1 - stay) * stay ** (s - 1) * (1 - fading) ** (s - 1) for s in range(1, year + 1)
        )
        expected = stay**year * (1 + fallback)
        spread = np.sqrt(expected * (1 - expected))
        share = found.table["orders"][year] / 60
        assert within(share, expected, spread, 60 * runs), (year, share, expected)


def test_newcomers_keep_a_process_alive():
    orders, owners = pairs(20)
    few, many = (
        cascade(
            orders, owners, parameters=FLAT, renewal=Renewal(entry_share=entry), runs=40,
            rng=np.random.default_rng(7),
        )
        for entry in (0.0, 0.2)
    )  # fmt: skip
    assert many.table["orders"].iloc[-1] > few.table["orders"].iloc[-1]
    assert "20.0% of firms a year bring forth a newcomer" in " ".join(many.notes)


@pytest.mark.parametrize(
    "renewal",
    [{"entry_share": -0.1}, {"fading_share": 1.5}, {"entry_share": np.nan}, {"age_at_entry": 5}],
)
def test_renewals_refuse(renewal):
    with pytest.raises(ParameterError, match="Choose another value"):
        Renewal(**renewal)


def test_nobody_leaves_nothing_is_lost():
    never = ExitHazard(1e-12, 0.0, (0.0, 0.0, 0.0, 0.0), 0.0, 0.0)
    found = cascade(read_chains(CHAINS), certain(), parameters=never, years=3, runs=5)
    assert found.table["firms"].tolist() == [5] * 4
    assert found.table["loss_yen"].tolist() == [0] * 4


# ---- policies ------------------------------------------------------------------------------------


def test_transferred_firms_never_leave():
    orders, owners = read_chains(CHAINS), certain()
    everyone = Policy(say("transfer of critical firms"), transfers=tuple(NAMES))
    found = compare_policies(
        orders, owners, [everyone], parameters=FLAT, years=5, runs=300,
        rng=np.random.default_rng(0),
    ).table.iloc[0]  # fmt: skip
    # the firms left without the policy: 5 · 0.9⁵; with it all five
    assert found["exits_fewer"] == pytest.approx(5 * (1 - 0.9**5), abs=0.25)
    assert found["saved_low_yen"] > 0
    half = Policy(say("transfer of critical firms"), transfers=tuple(NAMES), takeover_share=0.5)
    less = compare_policies(
        orders, owners, [half], parameters=FLAT, years=5, runs=300, rng=np.random.default_rng(0)
    ).table.iloc[0]
    assert 0 < less["saved_yen"] < found["saved_yen"]


def test_policies_that_change_nothing_save_nothing():
    nothing = Policy(say("nothing is done"))
    found = compare_policies(
        read_chains(CHAINS), certain(), [nothing], parameters=FLAT, years=4, runs=50
    ).table.iloc[0]
    assert (
        found[["orders_saved", "saved_yen", "saved_low_yen", "saved_high_yen"]].tolist() == [0] * 4
    )


def test_standard_policies_help_the_most_critical():
    orders = read_chains(CHAINS)
    owners = people(
        NAMES, owner_age=60.0, successor=["decided", *["undecided"] * 4], employees=10.0
    )
    parameters = ExitHazard(0.1, 0.0, (-1.0, 0.0, 1.0, 0.0), 0.0, 1.0)
    found = criticality(orders, owners, parameters=parameters)
    group = dict.fromkeys(NAMES, "ota") | {"plater": "suwa"}
    local = orders.within(group)
    policies = standard_policies(found, owners, helped=2, shared=orders)
    matching, transfer, shared = policies
    assert "hub" not in matching.successors  # its successor is decided
    assert len(matching.successors) == 2
    assert transfer.transfers == tuple(found.to_frame()["firm"][:2])
    table = compare_policies(
        local, owners, policies, parameters=parameters, years=5, runs=200
    ).table
    assert len(table) == 3
    assert table["saved_yen"].iloc[2] > 0  # the near plater is open to all at once
    assert shared.orders is orders
    with pytest.raises(ParameterError, match="0 firms are to be helped"):
        standard_policies(found, owners, helped=0)


def test_policies_refuse():
    orders, owners = read_chains(CHAINS), certain()
    with pytest.raises(DataError, match="No policy"):
        compare_policies(orders, owners, [])
    with pytest.raises(DataError, match="not there: nobody"):
        compare_policies(orders, owners, [Policy(say("nothing is done"), successors=("nobody",))])
    other = read_chains(CHAINS.iloc[:3])
    with pytest.raises(DataError, match="other firms or orders"):
        compare_policies(orders, owners, [Policy(say("shared directory"), orders=other)])


def test_statuses_are_those_of_the_directory():
    assert set(STATUSES) | {"unknown"} == set(Firm.__dataclass_fields__["successor"].type.__args__)
