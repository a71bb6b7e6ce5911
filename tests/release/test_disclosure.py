"""Are sensitive numbers named, and what would give them away suppressed, in whatever is written?"""

import json
import re
from pathlib import Path

import censuses
import numpy as np
import pandas as pd
import pytest

from shuseki.errors import DataError, ParameterError
from shuseki.panel import Panel
from shuseki.release.disclosure.answers import (
    KINDS,
    declared,
    event_cells,
    events_universe,
    freedom,
    links,
    municipal_freedom,
)
from shuseki.release.disclosure.audit import Attack
from shuseki.release.disclosure.elsewhere import check_table
from shuseki.release.disclosure.figures import COUNT, Ledger, Universe
from shuseki.release.disclosure.gate import Gate
from shuseki.release.disclosure.numbers import Cells, Free, Statistic
from shuseki.release.disclosure.rules import Dominance, Rules
from shuseki.results import Result
from shuseki.study.run import run

BY = {"area": "area", "industry": "industry"}


def cells(counts: list[list[int]]) -> pd.DataFrame:
    """A table of counts, one row per cell: areas A, B … and industries 1, 2 …"""
    return pd.DataFrame(
        [
            {"area": "ABCDEFG"[a], "industry": str(i + 1), "count": n}
            for a, row in enumerate(counts)
            for i, n in enumerate(row)
        ]
    )


def gate_of(counts: list[list[int]], rules: Rules | None = None) -> tuple[Gate, list[int]]:
    """A gate with the cells, the margins of both axes and the total of a table."""
    frame = cells(counts)
    gate = Gate(rules or Rules(), {"u": Universe.from_frame("u", frame, ["area", "industry"])})
    tables = [gate.enter("cells", frame, (Cells(universe="u", columns=["count"], by=BY),))]
    for axis in BY:
        margin = frame.groupby(axis, as_index=False)["count"].sum()
        part = Cells(universe="u", columns=["count"], by={axis: axis})
        tables.append(gate.enter(axis, margin, (part,)))
    total = pd.DataFrame({"count": [frame["count"].sum()]})
    tables.append(gate.enter("total", total, (Cells(universe="u", columns=["count"]),)))
    return gate, tables


# ---- rules --------------------------------------------------------------------------------------


def test_few_establishments_are_sensitive_and_none_are_not() -> None:
    counts = np.array([0, 1, 2, 3, 10])
    assert Rules().sensitive_counts(counts).tolist() == [False, True, True, False, False]
    assert Rules(threshold=5).sensitive_counts(counts).tolist() == [False, True, True, True, False]


def test_dominance_and_p_percent_by_hand() -> None:
    amount, first, second = np.array([100.0, 100.0]), np.array([80.0, 70.0]), np.array([5.0, 25.0])
    # 80 > 0.75 · 100; 70 is not
    assert Rules().sensitive_amounts(amount, first, second).tolist() == [True, False]
    # the rest is 100 − 80 − 5 = 15 ≥ 8 and 100 − 70 − 25 = 5 < 7
    rule = Rules(p_percent=10)
    assert rule.sensitive_amounts(amount, first, second).tolist() == [False, True]
    # 80 / 0.75 − 100 = 6.7 < 10% of 100
    assert Rules().amount_width(amount, first, second).tolist() == [10.0, 10.0]
    one = np.array([100.0])
    # alone: 100 / 0.75 − 100 = 33.3
    assert Rules().amount_width(one, one, 0 * one)[0] == pytest.approx(100 / 3)


@pytest.mark.parametrize("bad", [{"n": 3}, {"n": 0}, {"k": 0.0}, {"k": 1.0}, {"k": 75}])
def test_a_rule_that_is_none_is_refused(bad: dict) -> None:
    with pytest.raises(ParameterError, match="dominance"):
        Dominance(**bad)


# ---- the audit ----------------------------------------------------------------------------------


def by_enumeration(counts: np.ndarray, written: np.ndarray, most: int) -> np.ndarray:
    """Least and most of each hidden cell of a 2 × 2 table whose margins are written."""
    found = []
    for values in np.ndindex(*(most + 1,) * 4):
        table = np.array(values).reshape(2, 2)
        margins = (table.sum(0) == counts.sum(0)).all() and (table.sum(1) == counts.sum(1)).all()
        if margins and (table[written] == counts[written]).all():
            found.append(table)
    every = np.array(found)
    return np.stack([every.min(axis=0), every.max(axis=0)], axis=-1)


@pytest.mark.parametrize("counts", [[[2, 5], [6, 3]], [[1, 1], [4, 2]]])
def test_intervals_are_those_of_all_tables_that_agree(counts: list[list[int]]) -> None:
    frame = cells(counts)
    universe = Universe.from_frame("u", frame, ["area", "industry"])
    ledger = Ledger({"u": universe})
    n = len(frame)
    for by in (["area", "industry"], ["area"], ["industry"]):
        for atoms in universe.rows({axis: list(frame[axis]) for axis in by}, n):
            ledger.figure("u", atoms)
    size = np.asarray(ledger.sums.sum(axis=1)).ravel()
    written = size > 1  # all margins of two cells; a margin of one cell is that cell
    attack = Attack(ledger.sums, ledger.known, ledger.values(COUNT), written, whole=True)
    array = np.array(counts)
    expected = by_enumeration(array, array == 0, most=int(array.max() + 8))
    for (a, i), value in np.ndenumerate(array):
        if value:
            atom = universe.rows({"area": ["AB"[a]], "industry": [str(i + 1)]}, 1)[0]
            assert attack.interval(atom) == tuple(expected[a, i])


@pytest.mark.parametrize("column", ["count", "employment"])
@pytest.mark.parametrize("wrong", [-1.0, np.inf])
def test_what_is_below_nothing_is_refused_by_name(column: str, wrong: float) -> None:
    # intervals are worked out from 0 on; a figure of −1 also has no logarithm in the search
    frame = pd.DataFrame({"area": ["A", "B"], "count": [5.0, 6.0], "employment": [50.0, 60.0]})
    frame["employment_largest"] = frame["employment_second"] = 10.0
    frame.loc[1, column] = wrong
    with pytest.raises(DataError, match=rf"'{column}' is negative or infinite in 1 cells: B × "):
        Universe.from_frame("u", frame, ["area"], amounts=["employment"])


def test_a_total_less_all_but_one_is_known() -> None:
    # A: 1 + 9 = 10: hiding the 1 alone is no secret, since 10 − 9 = 1
    gate, tables = gate_of([[1, 9, 6], [8, 7, 5], [4, 6, 9]])
    checked = [gate.checked(table) for table in tables]
    hidden = checked[0].marks["count"] == "X"
    # of the cells and margins a cycle of four: the 1, two beside it, and the one opposite
    margins = [
        int((one.marks == "X").to_numpy().sum()) for one in checked[1:] if one.marks is not None
    ]
    assert hidden.iloc[0]
    assert hidden.sum() + sum(margins) == 4
    assert checked[3].frame["count"].tolist() == [55]


def test_every_interval_is_as_wide_as_asked_over_random_tables() -> None:
    rng = np.random.default_rng(5)
    for _ in range(6):
        counts = rng.poisson(rng.gamma(1, 3, (4, 3)))
        gate, _ = gate_of(counts.tolist())
        pattern = gate.decide()
        spans = pattern.intervals.get(COUNT)
        if spans is not None:
            width = spans[pattern.suppressed, 1] - spans[pattern.suppressed, 0]
            assert (width >= 3).all()


def test_two_establishments_alone_in_a_row_do_not_find_each_other_out() -> None:
    # each of them knows its own employees; were only their two cells hidden in the row, the other's
    # would be the rest
    frame = cells([[1, 1, 9], [8, 7, 9], [9, 8, 7]])
    frame["employment"] = frame["count"] * 10.0
    frame["employment_largest"] = np.where(frame["count"] < 3, 10.0, 12.0)
    frame["employment_second"] = np.where(frame["count"] < 2, 0.0, 11.0)
    universe = Universe.from_frame("u", frame, ["area", "industry"], amounts=["employment"])
    gate = Gate(Rules(), {"u": universe})
    columns = ["count", "employment"]
    table = gate.enter("cells", frame, (Cells(universe="u", columns=columns, by=BY),))
    margin = frame.groupby("area", as_index=False)[columns].sum()
    gate.enter("areas", margin, (Cells(universe="u", columns=columns, by={"area": "area"}),))
    marks = gate.checked(table).marks
    in_a = marks[frame["area"] == "A"]["employment"]
    row_written = not gate.checked(1).marks["employment"].iloc[0]
    assert (in_a == "X").all() or not row_written


# ---- the gate -----------------------------------------------------------------------------------


def test_a_table_that_nobody_declared_is_held() -> None:
    gate = Gate(Rules(), {})
    table = gate.enter("strange", pd.DataFrame({"x": [1, 2]}), None)
    assert gate.checked(table).verdict == "held"
    assert gate.checked(table).frame is None


def test_a_column_that_nobody_declared_is_left_out() -> None:
    frame = cells([[5, 6], [7, 8]]).assign(squares=25)
    gate = Gate(Rules(), {"u": Universe.from_frame("u", frame, ["area", "industry"])})
    table = gate.enter("t", frame, (Cells(universe="u", columns=["count"], by=BY),))
    checked = gate.checked(table)
    assert list(checked.frame.columns) == ["area", "industry", "count"]
    assert checked.verdict == "released after suppression"


def test_births_that_passed_away_before_the_wave_are_no_establishments_of_it() -> None:
    # by days of closing: 10 there in 2000, of whom 3 die and 7 survive; 4 open and 3 of them close
    # before the wave, so that 8 are there, one of them born since
    said = {
        "establishments": (10, 8), "births": (np.nan, 4), "reappearances": (np.nan, 0),
        "survivors": (np.nan, 7), "moves": (np.nan, 0), "deaths": (np.nan, 6),
        "lapses": (np.nan, 0),
    }  # fmt: skip
    counts = pd.DataFrame({"wave": [2000, 2002], **said})
    panel = Panel(
        ("a",), ("A",), ("2000", "2002"),
        {name: np.array([[pair]], dtype=float) for name, pair in said.items()},
    )  # fmt: skip
    universe = events_universe(panel, counts)
    kinds = universe.atoms[universe.atoms["period"] == "2002"].set_index("kind")[COUNT]
    assert kinds.to_dict() == {"births": 1, "passed": 3, "stayed": 7, "died": 3}
    gate = Gate(Rules(), {"events": universe}, links)
    table = gate.enter("events", counts.astype({"wave": str}), event_cells({"period": "wave"}))
    marks = gate.checked(table).marks
    # none of the numbers is below three, but establishments less survivors is one
    assert marks.loc[1, ["establishments", "survivors"]].any()
    assert (gate.ledger.known @ gate.ledger.values(COUNT) == 0).all()
    assert gate.ledger.known.shape[0] == 2  # in the area, and in all areas


def test_codes_that_the_universe_does_not_have_are_not_written() -> None:
    # names in place of codes: nothing would be found, and everything written
    frame = cells([[1, 2], [2, 1]])
    universe = Universe.from_frame("u", frame, ["area", "industry"])
    gate = Gate(Rules(), {"u": universe})
    named = frame.assign(area="Ota")
    table = gate.enter("t", named, (Cells(universe="u", columns=["count"], by=BY),))
    assert gate.checked(table).verdict == "held"


def test_the_same_figure_in_two_tables_is_suppressed_in_both() -> None:
    frame = cells([[2, 9], [8, 7]])
    universe = Universe.from_frame("u", frame, ["area", "industry"])
    gate = Gate(Rules(), {"u": universe})
    rate = frame.assign(rate=frame["count"] / 1234.5)
    one = gate.enter("counts", frame, (Cells(universe="u", columns=["count"], by=BY),))
    part = Cells(universe="u", columns=["rate"], by=BY, computed=True)
    two = gate.enter("rates", rate[["area", "industry", "rate"]], (part,))
    hidden = gate.checked(one).frame["count"].isna().tolist()
    assert hidden == gate.checked(two).frame["rate"].isna().tolist()
    assert hidden[0]


def test_a_ranking_leaves_suppressed_areas_out_and_counts_anew() -> None:
    frame = pd.DataFrame({"rank": [1, 2, 3], "area": list("ABC"), "count": [9, 2, 1]})
    gate = Gate(Rules(), {"u": Universe.from_frame("u", frame, ["area"])})
    part = Cells(universe="u", columns=["count"], by={"area": "area"}, ranked="first")
    checked = gate.checked(gate.enter("t", frame, (part, Free(columns=["rank"]))))
    assert checked.frame["area"].tolist() == ["A"]
    assert checked.frame["rank"].tolist() == [1]


def test_a_statistic_of_one_or_two_suppressed_numbers_is_held() -> None:
    frame = pd.DataFrame({"area": [f"{k}" for k in range(30)], "count": [1, 2] + [9] * 28})
    universe = Universe.from_frame("u", frame, ["area"])
    gate = Gate(Rules(), {"u": universe})
    gate.enter("t", frame, (Cells(universe="u", columns=["count"], by={"area": "area"}),))
    mean = pd.DataFrame({"mean": [frame["count"].mean()]})
    part = Statistic(universe="u", over=("area",), units=29)
    number = gate.enter("mean", mean, (part,))
    assert gate.checked(number).verdict == "held"


def test_equations_on_the_same_suppressed_numbers_are_counted_over_all_tables() -> None:
    # Twenty suppressed numbers; ten must stay unknown: ten equations may be written, told once or
    # often.
    frame = pd.DataFrame({"area": [f"{k:02d}" for k in range(40)], "count": [1, 2] * 10 + [9] * 20})
    gate = Gate(Rules(secondary=False), {"u": Universe.from_frame("u", frame, ["area"])})
    gate.enter("t", frame, (Cells(universe="u", columns=["count"], by={"area": "area"}),))
    about = {"universe": "u", "over": ("area",), "units": 30}
    numbers = pd.DataFrame({"b": [1.0]})
    first = gate.enter("a", numbers, (Statistic(**about, equations=4),))
    second = gate.enter("b", numbers, (Statistic(**about, equations=4),))
    fits = gate.enter("c", numbers, (Statistic(**about, equations=6, same="fits"),))
    again = gate.enter("d", numbers, (Statistic(**about, equations=6, same="fits"),))
    verdicts = [gate.checked(one).verdict for one in (fits, again, first, second)]
    assert verdicts == ["released", "released", "released", "held"]


def test_a_statistic_of_too_few_is_held_and_others_are_rounded() -> None:
    gate = Gate(Rules(), {})
    frame = pd.DataFrame({"k": [1.23456789, 2.3456789]})
    number = gate.enter("t", frame, (Statistic(units=(9, 11)),))
    assert gate.checked(number).frame["k"].tolist()[1:] == [2.35]
    assert gate.checked(number).frame["k"].isna().tolist() == [True, False]


def test_counts_are_rounded_where_asked() -> None:
    gate, tables = gate_of([[7, 12], [13, 18]], Rules(rounding=5))
    assert gate.checked(tables[0]).frame["count"].tolist() == [5, 10, 15, 20]


def test_what_comes_after_the_decision_is_refused() -> None:
    gate, _ = gate_of([[7, 12], [13, 18]])
    gate.decide()
    with pytest.raises(ParameterError, match="after the decision"):
        gate.enter("late", pd.DataFrame({"x": [1]}), None)


def test_every_kind_of_answer_exists() -> None:
    def below(kind: type) -> set[str]:
        return {kind.__name__} | {name for one in kind.__subclasses__() for name in below(one)}

    import shuseki.cli.demography  # noqa: F401

    assert set(KINDS) <= below(Result)


def test_a_dummy_of_one_area_and_a_saturated_equation_have_no_freedom() -> None:
    class Sample:
        regressors = np.column_stack([np.ones(40), np.arange(40.0)])

    class Fit:
        sample, n = Sample, 40

    assert freedom(Fit) == 38
    Sample.regressors = np.column_stack([np.ones(40), np.arange(40) == 7])
    assert freedom(Fit) == 0
    Sample.regressors = np.column_stack([np.ones(40), np.arange(40) != 7])
    assert freedom(Fit) == 0
    Sample.regressors = np.eye(40)
    assert freedom(Fit) == 0


def test_external_economies_rest_on_the_cells_of_their_spans() -> None:
    class ExternalityRange:
        coefficient = np.zeros((1, 2, 3))  # one span, two channels, three rings
        spans = (("1998", "2000"),)
        observations = (40,)

    parts = declared(ExternalityRange(), ["stocks"]).numbers
    assert [part.where for part in parts] == [{"period": "1998"}, {"period": "2000"}]
    # 40 cells less 2 x 3 coefficients; 6 coefficients and 6 errors, 6 numbers of each channel, and
    # the correlation of shocks in each ring: 12 + 12 + 3
    assert {(part.units, part.equations, part.over) for part in parts} == {
        (34, 27, ("area", "industry"))
    }
    assert declared(ExternalityRange(), []).numbers is None


def test_births_of_municipalities_that_no_table_writes() -> None:
    births = pd.Series([3.0, 1, 0, 5, 2, 2], index=list("abcdef"))
    areas = pd.Series([1, 1, 1, 2, 3, 3], index=list("abcdef"))
    # with births: two in area 1, one in 2, two in 3; sums of three areas known: 5 - 3 = 2 unknown
    assert municipal_freedom(births, areas, 0, 100.0) == 2
    assert municipal_freedom(births, areas, 5, 100.0) == -3
    assert municipal_freedom(births, areas, 0, 1.0) == 1


def test_drawn_links_are_written_where_the_fewest_are_enough() -> None:
    class DrawnLinks:
        def to_frame(self) -> pd.DataFrame:
            rows = [("births", 9.0, 12.0, 15.0), ("deaths", 10.0, 12.5, 15.0)]
            return pd.DataFrame(rows, columns=["event", "low", "mean", "high"])

    answer = DrawnLinks()
    gate = Gate(Rules(), {})
    number = gate.enter("drawn", answer.to_frame(), declared(answer, []).numbers)
    assert gate.checked(number).frame["mean"].isna().tolist() == [True, False]


# ---- whole runs ---------------------------------------------------------------------------------

MEASURES = """
[measures]
quotients = { variable = "employment" }
concentration = true
clusters = { industries = ["20"], points = true }
m_function = { industries = ["20"], radii_km = [5, 10] }
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with measures of a small census with points."""
    folder = censuses.census(tmp_path_factory.mktemp("census"), 6, points=True, mean=9.0)
    run(censuses.study(folder, MEASURES), out=folder / "out")
    return folder


def plants(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "w2000.csv", dtype={"industry": str})


def everything(folder: Path) -> str:
    """All text of a run's folder."""
    texts = [path.read_text(encoding="utf-8") for path in (folder / "out").rglob("*")
             if path.suffix in (".html", ".csv", ".tex", ".json")]  # fmt: skip
    return "\n".join(texts)


def test_no_plant_can_be_located(measured: Path) -> None:
    # 617 of 617 plants were once within 7 m of a point in the report: 0.0001 degrees are 11 m
    html = (measured / "out/report.html").read_text(encoding="utf-8")
    data = re.sub(r"<script[^>]*>[^<]{100000,}</script>", "", html)
    numbers = np.array(sorted({float(n) for n in re.findall(r"\d{2,3}\.\d{3,}", data)}))
    own = plants(measured)
    found = [
        any(abs(numbers - row.latitude) < 1e-4) and any(abs(numbers - row.longitude) < 1e-4)
        for row in own.itertuples()
    ]
    assert sum(found) == 0


def test_no_employees_of_a_rival_can_be_computed_from_quotients(measured: Path) -> None:
    # A plant of a cell of two knows its own employees; quotient × margins gave the cell's sum.
    path = measured / "out/tables/location_quotients_user.csv"
    own = plants(measured).groupby(["municipality", "industry"])["employees"].agg(["size", "sum"])
    few = own[own["size"] < 3].index
    assert len(few) > 0
    if path.is_file():
        written = pd.read_csv(path, dtype={"industry": str}).set_index(["area", "industry"])
        assert written.loc[few, ["employment", "location_quotient"]].isna().to_numpy().all()
        digits = (
            written["location_quotient"].dropna().astype(str).str.replace(r"\D", "", regex=True)
        )
        assert (digits.str.strip("0").str.len() <= 3).all()


def test_sums_of_squares_are_nowhere(measured: Path) -> None:
    for path in (measured / "out").rglob("*.parquet"):
        assert not [c for c in pd.read_parquet(path) if "squared" in c or "power" in c]
    assert "squared_employment" not in everything(measured)


def test_no_place_on_this_machine_is_told(measured: Path) -> None:
    for name in ("manifest.json", "outputs.json"):
        text = (measured / "out" / name).read_text(encoding="utf-8")
        assert str(measured) not in text
        assert not re.search(r'"/[A-Za-z]', text)


def test_every_file_has_a_verdict(measured: Path) -> None:
    said = json.loads((measured / "out/outputs.json").read_text(encoding="utf-8"))
    told = {one["file"] for one in said["files"]}
    files = {path.relative_to(measured / "out").as_posix() for path in (measured / "out").rglob("*")
             if path.is_file()}  # fmt: skip
    assert files - told == {"manifest.json", "outputs.json"}
    assert said["rules"]["threshold"] == 3
    assert {one["verdict"] for one in said["files"]} <= {
        "released", "released after suppression", "held",
    }  # fmt: skip
    held = {one["file"] for one in said["files"] if one["verdict"] == "held"}
    assert "point_clusters" in held
    assert not any((measured / "out/tables").glob("point_clusters*"))


def test_names_and_numbers_of_plants_are_nowhere(measured: Path) -> None:
    text = everything(measured)
    assert not [number for number in plants(measured)["id"] if number in text]


def test_a_run_that_is_not_checked_says_so(tmp_path: Path) -> None:
    folder = censuses.census(tmp_path, 1)
    answer = run(censuses.study(folder, "[disclosure]\napply = false"), out=folder / "out")
    said = json.loads((folder / "out/outputs.json").read_text(encoding="utf-8"))
    assert {one["verdict"] for one in said["files"]} == {"held"}
    assert "For internal use" in (folder / "out/report.html").read_text(encoding="utf-8")
    written = pd.read_parquet(folder / "out/panel.parquet")["births"].sum()
    assert written == answer.funnel.left


# ---- tables made elsewhere ----------------------------------------------------------------------


def universe_of(counts: list[list[int]]) -> Universe:
    frame = cells(counts).assign(period="2000")
    return Universe.from_frame("stocks", frame, ["area", "industry", "period"])


def test_unsafe_cells_of_a_table_made_elsewhere() -> None:
    universe = universe_of([[1, 9, 5], [8, 7, 6]])
    frame = pd.DataFrame(
        {
            "Area": ["A", "A", "A", "A", "B"],
            "industry": ["1", "2", "3", "total", "1"],
            "plants": ["1", "9", "5", "15", "8"],
        }
    )
    found = check_table(frame, universe)
    assert found.to_frame()[["row", "column", "value"]].to_numpy().tolist() == [[1, "plants", "1"]]
    assert not found.is_safe
    # X in its place is not enough: 15 − 9 − 5 = 1
    marked = frame.assign(plants=["X", "9", "5", "15", "8"])
    assert check_table(marked, universe).to_frame()["row"].tolist() == [1]
    # with two hidden it lies between 0 and 10
    assert check_table(frame.assign(plants=["X", "X", "5", "15", "8"]), universe).is_safe
    japanese = found.to_frame("ja")["reason"].iloc[0]
    assert "事業所" in japanese


def test_codes_that_the_records_do_not_have_are_named() -> None:
    frame = pd.DataFrame({"area": ["Z"], "plants": ["5"]})
    found = check_table(frame, universe_of([[5, 5]]))
    assert found.unknown == (1,)
    assert not found.is_safe


@pytest.mark.parametrize("frame", [{"x": ["1"]}, {"area": ["A"], "name": ["Ota"]}])
def test_a_table_without_codes_or_numbers_is_refused(frame: dict) -> None:
    with pytest.raises(DataError, match="Expected"):
        check_table(pd.DataFrame(frame), universe_of([[5, 5]]))
