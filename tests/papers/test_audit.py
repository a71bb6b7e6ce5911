"""The audit stays silent on consistent papers, and finds and repairs planted slips."""

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shuseki.datasets.denominators import labour_force_of_ranked
from shuseki.errors import DataError
from shuseki.language import told
from shuseki.papers.audit import CERTAINTIES, RULES, Audit, Cell, Finding, audit
from shuseki.papers.audit.constraints import Page, read
from shuseki.papers.audit.repairs import slips
from shuseki.papers.audit.trial import plant, with_cell
from shuseki.papers.catalogue import printed_paper
from shuseki.papers.printed import TABLE_COLUMNS, PrintedPaper
from shuseki.sources import Source

MADE_UP = runpy.run_path(str(Path(__file__).with_name("made_up.py")))
consistent_paper, LEVELS = MADE_UP["consistent_paper"], MADE_UP["LEVELS"]
STYLES = ("one sample", "trimmed", "pairwise", "classical")

KINDS = {
    "count": lambda c: c.kind == "statement" and c.key[0] in ("left", "small", "births", "seen"),
    "percentage": lambda c: c.kind == "statement" and c.key[0].endswith("_share"),
    "ranked births": lambda c: c.kind == "ranking" and c.column == "births",
    "ranked rate": lambda c: c.kind == "ranking" and c.column == "rate",
    "coefficient": lambda c: c.kind == "coefficients" and c.column == "coefficient",
    "t": lambda c: c.kind == "coefficients" and c.column == "t",
    "stars": lambda c: c.kind == "coefficients" and c.column == "stars",
    "adjusted R²": lambda c: c.kind == "fit" and c.key[2] == "adjusted_r2",
    "F": lambda c: c.kind == "fit" and c.key[2] == "f_statistic" and c.column == "value",
    "n": lambda c: c.kind == "fit" and c.key[2] == "n" and c.column == "value",
    "correlation": lambda c: c.kind == "correlations" and c.key[0] != c.key[1],
    "R&D intensity": lambda c: c.kind == "industries",
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", range(2))
def test_silent_on_consistent_papers(seed: int, style: str) -> None:
    found = audit(consistent_paper(seed, style))
    assert found.findings == (), found.to_frame().to_string()
    assert sum(found.asked.values()) > 300


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_silent_on_many_consistent_papers(style: str) -> None:
    # A rule with a chance of a false alarm would show it here.
    loud = [seed for seed in range(2, 14) if audit(consistent_paper(seed, style)).findings]
    assert loud == []


def planted(kind: str, seed: int, style: str) -> tuple[Audit, Cell, str]:
    """Make one slip of a random sort in a random cell of a kind, and audit the paper."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    paper = consistent_paper(seed, style)
    page = Page(paper)
    cells = [cell for cell in page.texts if KINDS[kind](cell)]
    cell = cells[rng.integers(len(cells))]
    truth = page.texts[cell]
    signed = cell.kind in ("coefficients", "correlations")
    options = list(slips(truth, cell.column == "stars", signed))
    sorts = sorted({str(slip) for _, slip, _ in options})
    sort = sorts[rng.integers(len(sorts))]
    texts = [text for text, slip, _ in options if slip == sort]
    return audit(with_cell(paper, cell, texts[rng.integers(len(texts))])), cell, truth


def recall(seeds: range, styles: tuple[str, ...]) -> pd.DataFrame:
    """Per kind: how often found, in the right cell, with the right text; and strays."""
    rows = []
    for kind in KINDS:
        for style in styles:
            for seed in seeds:
                found, cell, truth = planted(kind, seed, style)
                blaming = [f for f in found.findings if cell in f.cells]
                repairs = [(r.cell, r.text) for f in blaming for r in f.repairs]
                rows.append(
                    {
                        "kind": kind,
                        "found": bool(found.findings),
                        "blamed": bool(blaming),
                        "repaired": (cell, truth) in repairs,
                        "stray": len(found.findings) - len(blaming),
                    }
                )
    return pd.DataFrame(rows).groupby("kind", sort=False).mean()


@pytest.mark.parametrize(
    ("kind", "seed"),
    [("count", 0), ("coefficient", 1), ("stars", 0), ("n", 1), ("F", 0)],
)
def test_a_planted_slip_is_found_in_its_cell(kind: str, seed: int) -> None:
    found, cell, truth = planted(kind, seed, "one sample")
    assert found.findings
    assert cell in found.findings[0].cells
    assert (cell, truth) in [(r.cell, r.text) for r in found.findings[0].repairs]


@pytest.mark.parametrize("slip", ["first digit of t", "exchanged digits of t"])
def test_a_slip_in_t_shows_where_errors_are_classical(slip: str) -> None:
    spoilt = plant(slip, consistent_paper(0, "classical"), np.random.default_rng(0))
    assert spoilt is not None
    paper, cell = spoilt
    assert cell in audit(paper).findings[0].cells


@pytest.mark.slow
def test_recall_and_precision_of_planted_slips() -> None:
    table = recall(range(2), ("one sample", "trimmed"))
    # Counts, stars and n are repeated exactly elsewhere: nothing may slip through. The rest are
    # repeated only within rounding (a last digit may hide), so most must be found.
    assert (table.loc[["count", "stars", "n"], "found"] == 1).all(), table.to_string()
    assert table["found"].mean() > 0.65, table.to_string()
    assert table["repaired"].sum() > 0.6 * table["found"].sum(), table.to_string()
    assert table["stray"].mean() < 0.1, table.to_string()


@pytest.fixture(scope="module")
def found() -> Audit:
    paper = printed_paper()
    return audit(paper, denominators=labour_force_of_ranked(paper))


def test_the_2006_paper(found: Audit) -> None:
    def finding(rule: str, text: str) -> Finding:
        (one,) = [f for f in found.findings if f.rule == rule and text in f.found]
        return one

    # p. 7: 3,760 and 12,453 make 16,213; 3,740 fits the total and the 23.1%.
    births = finding("sum of counts", "12,453")
    assert births.certainty == "certain"
    assert [r.text for r in births.repairs] == ["3,740"]
    # p. 6: 26,634 − 6,411 = 20,223; the 85.4% vouches for 19,923.
    chain = finding("sum of counts", "26,634")
    assert {r.text for r in chain.repairs} == {"26,334", "6,711"}
    # Table 6, model 1: a decimal point.
    hitech = finding("standard error in line", "START_L 1, HITECH")
    assert hitech.repairs[0].cell == Cell("coefficients", ("START_L", "1", "HITECH"), "coefficient")
    assert hitech.repairs[0].text == "-0.565"
    # Table 1: 大川 is divided by the labour force of the three towns of 東かがわ市 alone.
    ookawa = finding("denominator against the true one", "大川")
    assert "引田町, 白鳥町, 大内町 (東かがわ市)" in ookawa.rewording
    # Appendix 1: the 58 printed intensities average 2.604, not 2.47.
    assert "2.604" in finding("mean of a list", "2.47%").expected
    # p. 13: more graduates, more births, against −2.30*.
    assert finding("direction in words", "START_L on UNIV").rewording == "the lower UNIV"
    # p. 11 and 17: works that are not in the references.
    assert finding("citation has an entry", "Nerlinger (1988)").rewording == "Nerlinger (1998)"
    assert finding("citation has an entry", "Acs and Armington (2002)").rewording == (
        "Armington and Acs (2002)"
    )
    # p. 12 and 13: in all models, yet model 4 has no DENS and model 3 no AVESIZE.
    absent = [f.found for f in found.findings if f.rule == "variable is in the models named"]
    assert any("DENS is not in model 4 of START_L" in text for text in absent)
    assert any("AVESIZE is not in model 3 of START" in text for text in absent)
    # Appendix 2: INST's correlations with UNIV and WAGE against models 1 and 2 of all three
    # outcomes.
    needed = [f for f in found.findings if f.rule == "correlations that two models need"]
    assert {outcome for f in needed for outcome in f.found.split() if "START" in outcome} == {
        "START", "START_H", "START_L"
    }  # fmt: skip
    for f in needed:
        assert f.cells[:2] == (
            Cell("correlations", ("INST", "UNIV"), "r"),
            Cell("correlations", ("INST", "WAGE"), "r"),
        )
    assert [r.text for f in needed for r in f.repairs] == ["0.156"]
    assert len(found.findings) == 21
    assert {f.certainty for f in found.findings} == set(CERTAINTIES)


@pytest.mark.parametrize(
    ("kind", "key", "column", "slip", "truth"),
    [
        # Each is repeated elsewhere in print: births by rate and by group, t by its stars,
        # a maximum by the ranking, n by the other tables, F by R².
        ("ranking", ("START", "1"), "births", "683", "638"),
        ("coefficients", ("START", "1", "MRATIO"), "t", "1.11", "11.1"),
        ("descriptives", ("START",), "max", "6.24", "6.42"),
        ("fit", ("START_L", "4", "n"), "value", "198", "193"),
        ("fit", ("START_H", "3", "f_statistic"), "value", "38.1", "31.8"),
    ],
)
def test_slips_planted_in_the_2006_paper(
    kind: str, key: tuple[str, ...], column: str, slip: str, truth: str
) -> None:
    cell = Cell(kind, key, column)
    spoilt = audit(with_cell(printed_paper(), cell, slip))
    (blaming,) = [f for f in spoilt.findings if cell in f.cells and f.repairs]
    assert blaming.repairs[0].cell == cell
    if kind != "fit" or key[-1] == "n":  # several digits of F would do
        assert blaming.repairs[0].text == truth


def test_a_cell_that_is_context_alone_is_not_blamed(found: Audit) -> None:
    # That GRSALES lacks an area and no equation loses a row is about its own n. Another n of one
    # equation would hide it, and is suspected elsewhere (a standard error of that equation).
    (gaps,) = [f for f in found.findings if f.rule == "gaps that cost no row"]
    assert {r.cell for r in gaps.repairs} == {Cell("descriptives", ("GRSALES",), "n")}


def test_result_speaks_both_languages_and_counts_its_checks(found: Audit) -> None:
    frame = found.to_frame()
    assert len(frame) == len(found.findings)
    assert "mean" in " ".join(frame["found"])
    assert "平均" in " ".join(frame["found_ja"])
    assert set(found.asked) <= set(RULES)
    assert found.coverage()["checks"].sum() == sum(found.asked.values())
    assert "certain" in found.headline()
    assert any("of all observations" in note for note in found.notes)
    assert told(found.headline(), "ja").startswith("okamuro-2006の矛盾21件（確実5件")


def test_denominators_need_their_columns() -> None:
    with pytest.raises(DataError, match="member"):
        audit(printed_paper(), denominators=pd.DataFrame({"area": ["a"], "value": [1.0]}))


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("-0.0565", "-0.565"),
        ("3,760", "3,740"),
        ("0.121E-04", "0.121E-03"),
        ("12.5%", "15.2%"),
        ("2.30", "-2.30"),
        ("251", "215"),
        ("1,234", "12,334"),
    ],
)
def test_slips_undo_what_typists_do(printed: str, meant: str) -> None:
    assert meant in [text for text, _, _ in slips(printed)]


def one_variable(**statistics: str) -> Audit:
    """Audit a paper that prints one variable."""
    row = {name: statistics.get(name, "") for name in (*TABLE_COLUMNS["descriptives"], "step")}
    return audit(
        PrintedPaper(
            key="one", about={}, tables={"descriptives": pd.DataFrame([row | {"variable": "X"}])},
            titles={}, statements=(), source=Source("one", "one", "2026", origin="synthetic"),
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("statistics", "rule"),
    [
        # GRIM, by hand: 28 whole numbers have means in steps of 1/28 = .0357: 5.18 = 145/28
        # (5.1786), 5.19 lies between 145/28 and 146/28 (5.2143). Brown and Heathers (2017).
        ({"mean": "5.18", "n": "28", "step": "1"}, ""),
        ({"mean": "5.19", "n": "28", "step": "1"}, "mean of whole numbers"),
        ({"mean": "5.19", "n": "28"}, ""),
        ({"mean": "5.19", "n": "28", "step": "0.5"}, "mean of whole numbers"),  # 5.179, 5.196
        ({"mean": "5.20", "n": "28", "step": "0.5"}, ""),
        # GRIMMER: four numbers with mean 2.5 (sum 10). 1 2 3 4: squares 30, sd 1.29. sd 1.20 would
        # need 3 (1.195² … 1.205²) + 25 = 29.28 … 29.36, no whole number; 1.00 needs 28 (2 2 3 3 has
        # 26, 1 3 3 3 has 28: even as the sum is). 0.82 needs 27, odd while the sum is even.
        ({"mean": "2.50", "sd": "1.29", "n": "4", "step": "1"}, ""),
        (
            {"mean": "2.50", "sd": "1.20", "n": "4", "step": "1"},
            "standard deviation of whole numbers",
        ),
        ({"mean": "2.50", "sd": "1.00", "n": "4", "step": "1"}, ""),
        (
            {"mean": "2.50", "sd": "0.82", "n": "4", "step": "1"},
            "standard deviation of whole numbers",
        ),
        # DEBIT: a share of .30 of 1,000 has sd √(.21 · 1000/999) = .458.
        ({"mean": "0.300", "sd": "0.458", "n": "1000", "step": "1", "min": "0", "max": "1"}, ""),
        (
            {"mean": "0.300", "sd": "0.485", "n": "1000", "step": "1", "min": "0", "max": "1"},
            "standard deviation of zeros and ones",
        ),
        # 0, 1, 1: mean .667, median 1, sd .577, as far apart as three numbers can be: in standard
        # deviations 2/√12 = .577, .333/.577. Of 3, not of many, an sd of .500 is too small.
        ({"mean": "0.667", "median": "1.000", "sd": "0.577", "n": "3"}, ""),
        ({"mean": "0.667", "median": "1.000", "sd": "0.500", "n": "3"},
         "median within a standard deviation of the mean"),
        ({"mean": "0.667", "median": "1.000", "sd": "0.500"}, ""),
        # 0, 0, 1, 1 with the upper middle taken: d = .5, sd = .577, √(3/4) = .866.
        ({"mean": "0.500", "median": "1.000", "sd": "0.577", "n": "4"}, ""),
        ({"mean": "0.500", "median": "1.000", "sd": "0.550", "n": "4"},
         "median within a standard deviation of the mean"),
        # A median of 9 with mean 5 and minimum 4 of 10: at least half are 9, so the mean is 6.5.
        ({"mean": "5.0", "median": "9.0", "min": "4.0", "max": "10.0", "n": "10"},
         "median that the extremes allow"),
        ({"mean": "6.6", "median": "9.0", "min": "4.0", "max": "10.0", "n": "10"}, ""),
        # The middle of 11 whole numbers is one of them; that of 10 may lie half way between two.
        ({"median": "3.5", "n": "11", "step": "1"}, "median and extremes of whole numbers"),
        ({"median": "3.5", "n": "10", "step": "1"}, ""),
        ({"median": "3.4", "n": "10", "step": "1"}, "median and extremes of whole numbers"),
        ({"median": "3.4", "n": "11", "step": "0.2"}, ""),
        ({"max": "7.2", "n": "10", "step": "1"}, "median and extremes of whole numbers"),
        ({"max": "7", "min": "1", "n": "10", "step": "1"}, ""),
    ],
)  # fmt: skip
def test_one_variable_by_hand(statistics: dict[str, str], rule: str) -> None:
    findings = one_variable(**statistics).findings
    rules = {rule for f in findings for rule in (f.rule, *(other for other, _ in f.also))}
    assert (rule in rules) if rule else not rules


SHAPES = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: np.exp(rng.normal(size=n)),
    "long left tail": lambda rng, n: -np.exp(0.8 * rng.normal(size=n)),
    "two peaks": lambda rng, n: np.where(rng.random(n) < 0.35, 0, 4) + rng.normal(0, 0.5, n),
    "zeros and ones": lambda rng, n: (rng.random(n) < 0.4) * 1.0,
    "many zeros": lambda rng, n: np.where(rng.random(n) < 0.6, 0, np.exp(rng.normal(1, 0.6, n))),
    "counts": lambda rng, n: rng.poisson(3, n) * 1.0,
    "gamma": lambda rng, n: rng.gamma(0.2, 1, n),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_silent_on_variables_of_any_shape(shape: str) -> None:
    rng = np.random.default_rng(0)  # synthetic
    for n in (35, 60, 120, 300):
        v = SHAPES[shape](rng, n)
        numbers = {
            "mean": v.mean(), "median": np.median(v), "sd": v.std(ddof=1), "min": v.min(),
            "max": v.max(),
        }  # fmt: skip
        shown = {name: f"{value:.3f}" for name, value in numbers.items()}
        assert one_variable(**shown, n=str(n)).findings == ()


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        # By hand, n = 100 and one regressor: 0.50/0.20 = 2.5, p = .0141 by t(98), .0124 by the
        # normal.
        ({"coefficient": "0.50", "se": "0.20", "stars": "**"}, ""),
        ({"coefficient": "0.50", "se": "0.20", "stars": "***"}, ""),  # .505/.195 = 2.59
        ({"coefficient": "0.500", "se": "0.200", "stars": "***"}, "stars against t"),
        ({"coefficient": "0.500", "se": "0.200", "t": "2.50", "stars": "**"}, ""),
        ({"coefficient": "0.500", "se": "0.200", "t": "2.05", "stars": "**"},
         "t against the standard error"),
        ({"coefficient": "0.500", "se": "0.200", "p": "0.013", "stars": "**"}, ""),
        ({"coefficient": "0.500", "se": "0.200", "p": "0.130"}, "p against t"),
        ({"coefficient": "0.500", "p": "0.030", "stars": "*"}, "stars against p"),
        ({"coefficient": "0.500", "p": "<.01", "stars": "***"}, ""),
    ],
)  # fmt: skip
def test_errors_and_p_beside_t(columns: dict[str, str], rule: str) -> None:
    head = {"table": "1", "outcome": "Y", "model": "1", "t": "", "stars": ""}
    rows = [
        head | {"term": "constant", "coefficient": "1.00", "t": "9.00", "stars": "***"},
        head | {"term": "X"} | columns,
    ]
    paper = PrintedPaper(
        key="one",
        about={"stars": LEVELS},
        tables={
            "coefficients": pd.DataFrame(rows).fillna(""),
            "fit": pd.DataFrame([("1", "Y", "1", "n", "100", "")], columns=TABLE_COLUMNS["fit"]),
        },
        titles={},
        statements=(),
        source=Source("one", "one", "2026", origin="synthetic"),
    )
    assert [finding.rule for finding in audit(paper).findings] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("f", "errors", "found"),
    [
        # R² .300 of 100 observations and two regressors: F = .15/(.7/97) = 20.79; .2995 … .3005
        # give
        # 20.74 … 20.84.
        ("20.8", "", 0),
        ("28.0", "", 1),
        ("28.0", "heteroskedasticity-robust", 0),  # then it need not be the classical one
    ],
)
def test_f_is_asked_of_one_equation(f: str, errors: str, found: int) -> None:
    rows = [("1", "Y", "1", term, "1.0", "9.0", "") for term in ("constant", "A", "B")]
    fits = [
        ("1", "Y", "1", s, v, "") for s, v in (("n", "100"), ("r2", "0.300"), ("f_statistic", f))
    ]
    paper = PrintedPaper(
        key="one",
        about={"standard_errors": errors},
        tables={
            "coefficients": pd.DataFrame(rows, columns=TABLE_COLUMNS["coefficients"]),
            "fit": pd.DataFrame(fits, columns=TABLE_COLUMNS["fit"]),
        },
        titles={},
        statements=(),
        source=Source("one", "one", "2026", origin="synthetic"),
    )
    assert [(x.rule, x.certainty) for x in audit(paper).findings] == [
        ("F against R²", "weak")
    ] * found


def test_what_could_not_be_asked_says_why() -> None:
    unasked = audit(consistent_paper(0, "one sample")).unasked().set_index("rule")["missing"]
    assert unasked["mean of whole numbers"] == "descriptives.csv: mean, n, step"
    assert unasked["p against t"] == "coefficients.csv: p, and t or se"
    assert unasked["multiple"] == "statement: multiple"
    assert not set(unasked.index) & {"stars against t", "F against R²"}


def test_a_table_of_tests_is_part_of_a_paper() -> None:
    paper = consistent_paper(0, "one sample")
    tests = pd.DataFrame({"coefficient": ["0.50"], "se": ["0.40"], "stars": ["***"]})
    (finding,) = audit(replace(paper, tables={**paper.tables, "tests": tests})).findings
    assert finding.certainty == "certain"
    assert "0.50" in finding.found


def test_other_papers_need_not_have_every_table() -> None:
    paper = consistent_paper(0, "one sample")
    for kind in paper.tables:
        fewer = {k: v for k, v in paper.tables.items() if k != kind}
        assert audit(replace(paper, tables=fewer)).findings == ()


@pytest.mark.parametrize(
    "text", ["1E999", "-0.5e+400", "1/0", "9" * 400 + "/7", "1e" + "9" * 5_000]
)
def test_what_no_machine_holds_has_no_value(text: str) -> None:
    assert np.isnan(read(text, exact=False)[1:4]).all()
