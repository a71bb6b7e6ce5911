"""Roles, E–I index, coupling, positions, turning points and failures that spread."""

import itertools
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from shuseki.directory import Capability, Directory, Firm, Tie
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.sourcing.network import (
    Network,
    blau_index,
    broker_counts,
    brokerage,
    coupling,
    expected_role_shares,
    external_internal_index,
    group_mixing,
    network_of,
    positions,
    read_network,
    shannon_index,
)
from shuseki.sourcing.systemic_risk import (
    cascade_shares,
    expected_threshold,
    percolation,
    systemic_risk,
)
from shuseki.sourcing.turning_point import fit_parabola, turning_point

KECSKEMET = Path(__file__).parents[2] / "../shared/data/networks/kecskemet"
FOUR = np.array([[0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1], [1, 0, 0, 0]], dtype=bool)


def net(ties, groups=None, weights=None):
    n = len(ties)
    names = tuple("abcdefghijklmnopqrstuvwxyz"[:n])
    amounts = np.asarray(ties, dtype=float) if weights is None else np.asarray(weights, dtype=float)
    return Network(names, tuple(groups or ["g"] * n), amounts)


def random_ties(n, share, seed):
    ties = np.random.default_rng(seed).random((n, n)) < share
    np.fill_diagonal(ties, False)
    return ties


# ---- brokerage -----------------------------------------------------------------------------------


def test_roles_by_hand():
    # A→B→C and B→C→D are closed (A→C, B→D). Groups A, B | C, D. Open paths:
    # D→A→B gatekeeper, D→A→C itinerant; A→B→D representative; A→C→D gatekeeper;
    # B→D→A itinerant, C→D→A representative
    found = broker_counts(FOUR, np.array([0, 0, 1, 1]))
    assert found.tolist() == [[0, 1, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 1, 0, 1, 0]]


def test_three_groups_make_a_liaison_and_one_group_a_coordinator():
    line = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)
    assert broker_counts(line, np.array([0, 1, 2])).tolist()[1] == [0, 0, 0, 0, 1]
    assert broker_counts(line, np.array([5, 5, 5])).tolist()[1] == [1, 0, 0, 0, 0]


@pytest.mark.parametrize("seed", range(4))
def test_roles_agree_with_matrix_algebra(seed):
    # per firm j: paths in_i · out_k · (no tie i → k), summed over masks of groups
    rng = np.random.default_rng(seed)
    n = 25
    ties, group = random_ties(n, 0.2, seed), rng.integers(0, 3, n)
    open_ = ~ties & ~np.eye(n, dtype=bool)
    same = group[:, None] == group[None, :]
    expected = np.zeros((n, 5), dtype=int)
    for j in range(n):
        paths = np.outer(ties[:, j], ties[j]) & open_
        i_j, j_k = np.broadcast_to(same[:, [j]], (n, n)), np.broadcast_to(same[[j]], (n, n))
        for role, mask in enumerate(
            (i_j & j_k, same & ~i_j, ~same & j_k, ~same & i_j, ~same & ~i_j & ~j_k)
        ):
            expected[j, role] = (paths & mask).sum()
    assert broker_counts(ties, group).tolist() == expected.tolist()


def test_expected_roles_are_the_mean_over_all_permutations():
    ties, group = random_ties(5, 0.5, 3), np.array([0, 0, 1, 1, 2])
    counts = broker_counts(ties, group)
    for j in range(5):
        others = [k for k in range(5) if k != j]
        seen = []
        for labels in itertools.permutations(group[others]):
            drawn = group.copy()
            drawn[others] = labels
            seen.append(broker_counts(ties, drawn)[j])
        shares = expected_role_shares(group)[j]
        assert counts[j].sum() * shares == pytest.approx(np.mean(seen, axis=0), abs=1e-12)
        assert shares.sum() == pytest.approx(1)


def test_brokerage_says_who_and_keeps_ties_of_names_in_order():
    found = brokerage(net(FOUR, ["x", "x", "y", "y"]))
    assert found.to_frame()["firm"].tolist() == ["a", "d", "b", "c"]
    assert "a stands between most others: 2 pairs of 6" in found.headline()
    nobody = brokerage(net(np.zeros((3, 3))))
    assert "no firm stands between" in nobody.headline()
    assert nobody.to_frame().empty


# ---- E–I index -----------------------------------------------------------------------------------


def test_external_internal_index_by_hand():
    # a→b within, a→c, b→c across: (2 − 1) / 3
    ties = np.array([[0, 1, 1], [0, 0, 1], [0, 0, 0]], dtype=bool)
    assert external_internal_index(ties, np.array([0, 0, 1])) == pytest.approx(1 / 3)
    assert np.isnan(external_internal_index(np.zeros((3, 3), dtype=bool), np.array([0, 0, 1])))


def test_chance_is_the_mean_over_permutations_and_turning_inward_is_seen():
    # two groups of six, all tied within and none across: E–I = −1;
    # by chance 1 − 2 · (2 · 6 · 5) / (12 · 11) = 1 − 120/132
    within = np.kron(np.eye(2), np.ones((6, 6)))
    np.fill_diagonal(within, 0)
    found = group_mixing(net(within, ["p"] * 6 + ["q"] * 6))
    assert found.index == -1
    assert found.expected == pytest.approx(1 - 120 / 132)
    assert found.p_value <= 0.01  # 2 of 924 splits do as well
    assert "inward beyond chance" in found.headline()
    assert found.to_frame()["internal_ties"].tolist() == [30, 30]


def test_names_of_groups_and_order_of_firms_change_nothing():
    ties, group = random_ties(20, 0.2, 1), np.random.default_rng(1).integers(0, 3, 20)
    order = np.random.default_rng(2).permutation(20)
    first = external_internal_index(ties, group)
    again = external_internal_index(ties[np.ix_(order, order)], 7 - group[order])
    assert first == again
    counts = broker_counts(ties, group)
    assert (counts[order] == broker_counts(ties[np.ix_(order, order)], 7 - group[order])).all()


@pytest.mark.skipif(not KECSKEMET.exists(), reason="needs the advice network beside the project")
def test_advice_network_agrees_with_rsiena():
    # saom_model01.out: number of ties 181, same values on owner 125, distance 184 to wave 1
    waves = [pd.read_csv(KECSKEMET / f"saom_KNetwork{k}.csv", sep=";", index_col=0) for k in (1, 2)]
    owner = pd.read_csv(KECSKEMET / "saom_ownership.csv", sep=";", index_col=0).iloc[:, 0]
    second = Network(tuple(waves[1].index), tuple(map(str, owner)), waves[1].to_numpy(dtype=float))
    assert int(second.ties.sum()) == 181
    found = group_mixing(second, permutations=19)
    assert found.index == pytest.approx((181 - 2 * 125) / 181)
    first, later = (
        {(i, j) for i, j in zip(*np.nonzero(wave.to_numpy()), strict=True)} for wave in waves
    )
    assert len(first ^ later) == 184
    # density and closure beside networkx
    both = nx.from_numpy_array(second.ties | second.ties.T)
    assert positions(second).transitivity == pytest.approx(nx.transitivity(both))


# ---- positions -----------------------------------------------------------------------------------


def test_coupling_by_hand():
    # a trades 3 with b and 1 with c: (3/4)² + (1/4)² = 0.625; b and c have one partner each: 1
    weights = np.array([[0, 3.0, 1], [3, 0, 0], [1, 0, 0]])
    first, second = coupling(weights)
    assert first.tolist() == [0.625, 1.0, 1.0]
    assert second.tolist() == [1.0, 0.625, 0.625]
    lonely, _ = coupling(np.zeros((2, 2)))
    assert np.isnan(lonely).all()


def test_diversity_by_hand():
    counts = np.array([[2.0, 2, 0], [4, 0, 0], [0, 0, 0]])
    assert blau_index(counts)[:2].tolist() == [0.5, 0.0]
    assert shannon_index(counts)[:2].tolist() == pytest.approx([np.log(2), 0])
    assert np.isnan(blau_index(counts)[2])
    assert np.isnan(shannon_index(counts)[2])


def test_positions_of_a_star():
    # a buys from b, c, d: Burt's constraint of the centre 3 · (1/3)² = 1/3, of a leaf 1; the
    # centre's partners do not overlap: effective size 3
    ties = np.zeros((5, 5))
    ties[0, 1:4] = 1
    found = positions(net(ties, ["p", "p", "q", "r", "p"]))
    table = found.table.set_index("firm")
    assert table.loc["a", "constraint"] == pytest.approx(1 / 3)
    assert table.loc["b", "constraint"] == pytest.approx(1)
    assert table.loc["a", "effective_size"] == pytest.approx(3)
    assert table["core"].tolist() == [1, 1, 1, 1, 0]
    assert table.loc["a", "blau_groups"] == pytest.approx(1 - 3 / 9)
    assert table.loc["a", ["customers", "suppliers"]].tolist() == [0, 3]
    assert np.isnan(table.loc["e", "constraint"])
    assert found.transitivity == 0
    assert "1 firm without a partner" in found.headline()


def test_positions_of_a_triangle():
    found = positions(net(np.ones((3, 3)) - np.eye(3)))
    assert found.transitivity == 1
    assert found.table["core"].tolist() == [2, 2, 2]


# ---- turning point -------------------------------------------------------------------------------


def test_turning_point_of_a_parabola():
    # y = 1 + 2x − 2x²: turns at ½
    x = np.linspace(0, 1, 60)
    noise = np.random.default_rng(0).normal(0, 0.02, 60)
    found = turning_point(x, 1 + 2 * x - 2 * x**2 + noise)
    assert found.is_supported
    assert found.low < 0.5 < found.high
    assert found.turning == pytest.approx(0.5, abs=0.02)
    assert found.slopes[0] > 0 > found.slopes[1]


@pytest.mark.parametrize(
    "shape", [lambda x: x, lambda x: 0 * x, lambda x: x**2, lambda x: np.log(x + 0.1)]
)
def test_no_turning_point_where_the_data_do_not_support_one(shape):
    x = np.linspace(0, 1, 60)
    found = turning_point(x, shape(x) + np.random.default_rng(1).normal(0, 0.05, 60))
    assert not found.is_supported
    assert np.isnan(found.turning)
    assert "no turning point is told" in found.headline()


def test_parabola_agrees_with_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    x = rng.random(40)
    y = x - x**2 + rng.normal(0, 0.1, 40)
    oracle = sm.OLS(y, np.column_stack([np.ones(40), x, x**2])).fit(cov_type="HC1")
    fit = fit_parabola(x, y)
    assert [fit.constant, fit.linear, fit.square] == pytest.approx(oracle.params.tolist())
    assert fit.covariance == pytest.approx(oracle.cov_params(), rel=1e-8)


def test_turning_point_refuses():
    with pytest.raises(DataError, match="3 firms with both values"):
        turning_point(np.arange(3.0), np.arange(3.0))
    with pytest.raises(DataError, match="2 different ones"):
        turning_point(np.tile([0.0, 1], 10), np.arange(20.0))
    with pytest.raises(DataError, match="20 values of x, 19 of y"):
        turning_point(np.arange(20.0), np.arange(19.0))
    with pytest.raises(ParameterError, match=r"level = 0\.7"):
        turning_point(np.arange(20.0), np.arange(20.0), level=0.7)


# ---- where networks come from --------------------------------------------------------------------


def test_network_of_a_directory():
    directory = Directory(
        (Firm("1", "ota", "A"), Firm("2", "ota", "B"), Firm("3", "suwa", "C")),
        capabilities=(Capability("ota/1", "turning"), Capability("ota/1", "boring")),
        ties=(
            Tie("ota/1", "suwa/3", "order", 5e5, 4),
            Tie("ota/1", "suwa/3", "order", 1e5, None),
            Tie("ota/2", "ota/1", "ownership"),
        ),
    )
    assert int(network_of(directory).ties.sum()) == 1  # ownership is no trade
    assert network_of(directory, weight="amount").weights[0, 2] == 6e5
    assert network_of(directory, weight="orders").weights[0, 2] == 5
    assert network_of(directory).features[0] == ("turning", "boring")
    with pytest.raises(UnknownCodeError, match="friend"):
        network_of(directory, kinds=("friend",))
    with pytest.raises(DataError, match="no firms"):
        network_of(Directory(()))


FIRMS = pd.DataFrame({"firm": ["a", "b", "c"], "group": ["p", "p", "q"]})


def ties_of(*pairs, weight=None):
    frame = pd.DataFrame(pairs, columns=["source", "target"])
    return frame if weight is None else frame.assign(weight=weight)


@pytest.mark.parametrize(
    ("ties", "firms", "says"),
    [
        (ties_of(("a", "x")), FIRMS, "'x' in row 0"),
        (ties_of(("a", "b"), ("c", "c")), FIRMS, "tied to themselves: 'c' in row 1"),
        (ties_of(("a", "b"), weight=[-1.0]), FIRMS, "-1 in row 0"),
        (ties_of(("a", "b"), weight=[np.nan]), FIRMS, "nan in row 0"),
        (ties_of(("a", "b")), FIRMS.iloc[[0, 1, 2, 1]].reset_index(drop=True), "'b' in rows 1, 3"),
        (ties_of(("a", "b")), FIRMS.assign(group=["p", "", "q"]), "No group in rows 1"),
        (ties_of(("a", "b")), FIRMS.drop(columns="group"), "no column 'group'"),
        (ties_of(("a", "b")).drop(columns="target"), FIRMS, "lacks columns target"),
        (ties_of(), FIRMS, "no rows"),
        (ties_of(("a", "")), FIRMS, "no code in rows 0"),
    ],
)
def test_bad_networks_are_named_with_their_row(ties, firms, says):
    with pytest.raises(DataError, match=says):
        read_network(ties, firms)


def test_networks_are_read_from_files(tmp_path):
    (tmp_path / "ties.csv").write_text("source,target,weight\na,b,2\na,b,3\nb,c,1\n")
    (tmp_path / "firms.csv").write_text("firm,district\na,p\nb,p\nc,q\n")
    found = read_network(tmp_path / "ties.csv", tmp_path / "firms.csv", group="district")
    assert found.weights[0, 1] == 5
    both = read_network(tmp_path / "ties.csv", directed=False)
    assert (both.weights == both.weights.T).all()
    assert repr(found) == "Network: 3 firms of 2 groups, 2 ties"
    (tmp_path / "ties.csv").write_text("source,target\na,b\nb,b\n")
    with pytest.raises(DataError, match="'b' in row 3"):  # row 1 is the header
        read_network(tmp_path / "ties.csv")


def test_networks_refuse():
    with pytest.raises(DataError, match="given twice: a"):
        Network(("a", "a"), ("p", "p"), np.zeros((2, 2)))
    with pytest.raises(DataError, match="tied to themselves: a"):
        Network(("a", "b"), ("p", "p"), np.eye(2) * [1, 0])
    with pytest.raises(DataError, match="a → b = -1"):
        Network(("a", "b"), ("p", "p"), np.array([[0, -1.0], [0, 0]]))
    with pytest.raises(DataError, match="2 firms, 1 groups"):
        Network(("a", "b"), ("p",), np.zeros((2, 2)))
    lonely = net(np.zeros((3, 3)), ["p", "p", "q"])
    for ask in (positions, group_mixing, systemic_risk, percolation):
        with pytest.raises(DataError, match="no tie"):
            ask(lonely)
    with pytest.raises(DataError, match="All 4 firms are of one group"):
        group_mixing(net(FOUR))
    with pytest.raises(DataError, match="2 firms"):
        brokerage(net(np.zeros((2, 2))))
    with pytest.raises(ParameterError, match="0 permutations"):
        group_mixing(net(FOUR, "ppqq"), permutations=0)


# ---- failures that spread ------------------------------------------------------------------------

STORED = {  # test_esri.csv of vitelot/Economic-Systemic-Risk (Julia), of its test_list.csv below
    "A": 0.4166666666666667, "X": 1.0, "B": 0.1369047619047619, "C": 0.1369047619047619,
    "D": 0.1369047619047619, "E": 0.12320402298850575, "F": 0.12320402298850575,
    "G": 0.12320402298850575, "H": 0.08333333333333333, "I": 0.30555555555555564,
    "J": 0.30555555555555564, "K": 0.388888888888889, "L": 0.388888888888889,
}  # fmt: skip
LIST = [  # supplier, customer, sector of each, kind: 2 essential, 1 not, 0 of no account
    ("A", "X", 1, 1, 2), ("B", "X", 2, 1, 2), ("C", "X", 2, 1, 2), ("D", "X", 2, 1, 2),
    ("E", "X", 3, 1, 1), ("F", "X", 3, 1, 1), ("G", "X", 5, 1, 1), ("H", "X", 99, 1, 0),
    ("X", "I", 1, 1, 2), ("X", "J", 1, 3, 1), ("X", "K", 1, 4, 2), ("K", "L", 4, 2, 2),
]  # fmt: skip


def test_systemic_risk_agrees_with_the_julia_program():
    names = list(STORED)
    at = {name: k for k, name in enumerate(names)}
    sales, kind = np.zeros((13, 13)), np.zeros((13, 13), dtype=int)
    sector = np.zeros(13, dtype=int)
    for supplier, customer, own, other, weight in LIST:
        sales[at[supplier], at[customer]], kind[at[supplier], at[customer]] = 1, weight
        sector[at[supplier]], sector[at[customer]] = own, other
    found = cascade_shares(sales, sector, kind, tolerance=1e-2)  # as the program does
    assert found == pytest.approx(list(STORED.values()), abs=1e-12)


def test_systemic_risk_by_hand():
    # two suppliers of one sector sell 1 each to c, which sells 2 to d. Without a: half of c's
    # input of the sector is gone, σ_a = min(1, 1 / 1) = 1, so c makes half, d half: downstream
    # c ½; lost = (1 + ½·2) / 4 = ½; upstream of b: c at full demand (d's order stands) → none
    sales = np.zeros((4, 4))
    sales[0, 2] = sales[1, 2] = 1
    sales[2, 3] = 2
    sector = np.array([0, 0, 1, 2])
    essential = cascade_shares(sales, sector, np.full((4, 4), 2))
    assert essential[0] == pytest.approx(0.5)
    # without c everything stops: a and b sell to nobody, d buys nothing
    assert essential[2] == pytest.approx(1)
    # ten like a and b: one of them has a tenth of c's input, and σ = 1/9 of what is left
    many = np.zeros((12, 12))
    many[:10, 10] = 1
    many[10, 11] = 10
    found = cascade_shares(many, np.array([0] * 10 + [1, 2]), np.full((12, 12), 2))
    assert found[0] == pytest.approx((1 + 10 * (1 / 10) * (1 / 9)) / 20)


def test_inputs_that_are_not_essential_stop_only_their_share():
    # c buys 3 of a (essential) and 1 of b (not): without b, c makes 1 − 1/4
    sales = np.zeros((4, 4))
    sales[0, 2], sales[1, 2], sales[2, 3] = 3, 1, 4
    kind = np.full((4, 4), 2)
    kind[1, 2] = 1
    found = cascade_shares(sales, np.arange(4), kind)
    # output 8: b's own 1 and a quarter of c's 4; upstream c's demand stands
    assert found[1] == pytest.approx((1 + 1) / 8)


def test_a_line_fails_with_any_of_its_firms():
    ties = np.diag(np.ones(4), 1)
    found = systemic_risk(net(ties, list("pqrst")))
    assert found.index == pytest.approx(np.ones(5))
    assert "stop 100.0% of all output" in found.headline()


def test_essential_inputs_as_a_table():
    ties = np.diag(np.ones(2), 1)
    network = net(ties, ["p", "q", "r"])
    table = pd.DataFrame(False, index=list("pqr"), columns=list("pqr"))
    none = systemic_risk(network, essential="none").index
    assert systemic_risk(network, essential=table).index == pytest.approx(none)
    with pytest.raises(DataError, match="lacks sectors r"):
        systemic_risk(network, essential=table.drop(index="r"))
    with pytest.raises(ParameterError, match="tolerance = 0"):
        systemic_risk(network, tolerance=0.0)
    with pytest.raises(DataError, match="1 sectors for 3 firms"):
        systemic_risk(network, sectors=("p",))


def test_percolation_threshold_of_a_random_graph():
    # ties at random, mean degree 4: falls apart when 1 − 1/4 of the firms have left
    n, mean = 3000, 4.0
    ties = np.triu(np.random.default_rng(0).random((n, n)) < mean / n, 1)
    network = Network(tuple(map(str, range(n))), ("g",) * n, ties.astype(float))
    found = percolation(network, draws=20)
    assert found.expected == pytest.approx(0.75, abs=0.01)
    # a finite graph breaks somewhat earlier, by some n^(−1/3) = 0.07
    assert found.threshold == pytest.approx(0.75, abs=0.05)
    # with half of them gone: s = (1 − exp(−4 s)) / 2, s = 0.3984
    assert found.largest[n // 2] == pytest.approx(0.3984, abs=0.015)
    # largest part before anyone leaves: s = 1 − exp(−4 s), s = 0.9802
    assert found.largest[0] == pytest.approx(0.9802, abs=0.01)


def test_percolation_of_a_full_network_and_refusals():
    full = net(np.ones((6, 6)) - np.eye(6))
    found = percolation(full, draws=3)
    assert found.largest == pytest.approx(1 - np.arange(6) / 6)
    assert np.isnan(expected_threshold(np.array([1, 1])))  # pairs: no large part to lose
    pairs = percolation(net(np.kron(np.eye(3), [[0, 1], [1, 0]])), draws=3)
    assert "in small parts from the start: the largest holds 33% of firms" in pairs.headline()
    with pytest.raises(ParameterError, match="1 draws"):
        percolation(full, draws=1)
