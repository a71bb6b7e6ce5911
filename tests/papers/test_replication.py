"""Printed beside obtained."""

from dataclasses import replace

import pandas as pd
import pytest

from shuseki.entry.descriptives import correlate, describe, rank
from shuseki.entry.ols import estimate_all
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.papers.catalogue import printed_designs, printed_paper
from shuseki.papers.printed import PrintedPaper
from shuseki.papers.replication import LAYOUT, obtained_tables, replicate

# Cells of the printed tables, counted by hand: table 1: 30 rows × 4; table 3: 14 × 6; tables 4-6:
# 3 × 37 × 2 and 3 × 12; appendix 2: 14 · 13 / 2.
CELLS = 120 + 84 + 222 + 36 + 91


def printed_as_obtained(paper: PrintedPaper) -> dict[str, pd.DataFrame]:
    """Turn the print itself into obtained tables."""
    tables = {}
    for kind, (_, columns) in LAYOUT.items():
        table = paper.table(kind).copy()
        for column in columns:
            if column not in ("prefecture", "area"):
                table[column] = paper.values(kind, column)
        tables[kind] = table
    return tables


def test_the_print_replicates_itself():
    paper = printed_paper()
    replication = replicate(paper, printed_as_obtained(paper))
    assert len(replication.cells) == CELLS
    assert replication.share_within == 1
    assert replication.share_same_sign == replication.share_same_stars == 1
    assert replication.compared()["last_digits_off"].fillna(0).max() < 1e-6
    assert (replication.cells["printed"] == replication.cells["obtained"]).all()
    assert f"{CELLS} of {CELLS} cells" in replication.headline()
    assert replication.outside().empty


def one_cell(paper, kind, row, column, value):
    tables = printed_as_obtained(paper)
    key, _ = LAYOUT[kind]
    chosen = (tables[kind][list(key)] == row).all(axis=1)
    assert chosen.sum() == 1
    tables[kind].loc[chosen, column] = value
    cells = replicate(paper, tables).cells
    return cells[
        (cells["kind"] == kind) & (cells["row"] == " ".join(row)) & (cells["column"] == column)
    ].iloc[0]


@pytest.mark.parametrize(
    ("kind", "row", "column", "value", "off", "within"),
    [  # tables 4 to 6, 3, A2, 1; distances by hand
        ("coefficients", ["START", "1", "UNEMPL"], "coefficient", 10.95, 1.5, True),  # 2%: .216
        ("coefficients", ["START", "1", "UNEMPL"], "coefficient", 11.1, 3.0, False),
        ("coefficients", ["START", "2", "WAGE"], "coefficient", 1.30e-5, 9.0, False),
        ("coefficients", ["START", "2", "WAGE"], "coefficient", 1.22e-5, 1.0, True),
        ("coefficients", ["START_L", "1", "HITECH"], "coefficient", -0.565, 5085.0, False),
        ("fit", ["START", "1", "n"], "value", 250, 1.0, False),
        ("descriptives", ["INST"], "min", 0.0, 0.0, True),
        ("descriptives", ["INST"], "min", 0.001, 0.001, False),
        ("descriptives", ["DENS"], "sd", 16.7, 1.0, True),
        ("correlations", ["UNEMPL", "WAGE"], "r", 0.1335, 1.5, True),  # 2% of .132 is 2.64 digits
        ("ranking", ["START", "1"], "births", 637, 1.0, False),
        ("ranking", ["START_L", "1"], "rate", 10.3, 1.0, True),
    ],
)
def test_distances_by_hand(kind, row, column, value, off, within):
    cell = one_cell(printed_paper(), kind, row, column, value)
    assert cell["last_digits_off"] == pytest.approx(off, abs=1e-6)
    assert cell["within"] == within


def test_names_in_a_ranking_must_be_the_same():
    cell = one_cell(printed_paper(), "ranking", ["START", "1"], "area", "西東大阪")
    assert not cell["within"]
    assert cell["printed"] == "東大阪"


def test_prefectures_are_compared_by_their_short_names(variables):
    groups = ("13", "27", "26", "01", *[""] * 249)
    first = replace(variables, area_groups=groups, area_names=variables.areas).with_columns(
        START=[900.0, 800.0, 700.0, 600.0, *[1.0] * 249]
    )
    table = obtained_tables(rankings=[rank(first)])["ranking"]
    assert table["prefecture"].tolist()[:5] == ["東京", "大阪", "京都", "北海道", ""]


def test_signs_and_stars():
    paper = printed_paper()
    row = ["START", "1", "PCM"]
    assert one_cell(paper, "coefficients", row, "coefficient", -0.2)["same_sign"]
    assert not one_cell(paper, "coefficients", row, "coefficient", 0.2)["same_sign"]
    # Appendix 2 prints .001 here: 0.002 is on the same side.
    assert one_cell(paper, "correlations", ["GRSALES", "START_H"], "r", 0.002)["same_sign"]
    tables = printed_as_obtained(paper)
    tables["coefficients"].loc[tables["coefficients"]["stars"] == "*", "stars"] = ""
    replication = replicate(paper, tables)
    # Single stars in print: UNIV and HITECH (table 4), UNEMPL, UNIV and HITECH (table 6).
    assert replication.share_same_stars == pytest.approx(1 - 5 / 111)


def test_a_model_can_have_its_own_tolerance():
    paper = printed_paper()
    tables = printed_as_obtained(paper)
    tables["coefficients"]["coefficient"] *= 1.08
    strict = replicate(paper, tables).of("coefficient")
    loose = replicate(paper, tables, relative_by_model={"4": 0.10}).of("coefficient")
    assert not strict[strict["model"] == "4"]["within"].any()
    assert loose[loose["model"] == "4"]["within"].all()
    assert not loose[loose["model"] != "4"]["within"].any()


def test_what_is_not_rebuilt_is_counted():
    paper = printed_paper()
    tables = printed_as_obtained(paper)
    del tables["ranking"]
    tables["descriptives"] = tables["descriptives"].query("variable != 'INST'")
    replication = replicate(paper, tables)
    assert len(replication.cells) == CELLS
    assert len(replication.compared()) == CELLS - 120 - 6
    assert "126 cells not rebuilt" in replication.headline()
    by_table = replication.by_table().set_index(["table", "column"])
    assert by_table.loc[("1", "rate"), "compared"] == 0
    assert by_table.loc[("4", "t"), "within_share"] == 1


def test_results_are_laid_out_as_the_print(variables):
    fits = estimate_all(printed_designs(), variables)
    tables = obtained_tables(
        fits=fits,
        descriptives=describe(variables),
        correlations=correlate(variables),
        rankings=[rank(variables, outcome) for outcome in variables.outcomes],
    )
    replication = replicate(printed_paper(), tables, sources=fits.sources)
    assert len(replication.compared()) == CELLS
    cell = replication.of("coefficient").query("row == 'START 1 UNEMPL'").iloc[0]
    fit = fits["START", 1]
    assert cell["obtained_value"] == fit.coefficients[fit.position("UNEMPL")]
    assert 0 < replication.share_within < 0.3  # made-up accounts are not the paper's
    assert replication.is_synthetic


def test_another_paper_is_compared_alike(tmp_path):
    (tmp_path / "paper.toml").write_text(
        '[paper]\nkey = "small"\ncitation = "Nobody"\nyear = "2000"\n', encoding="utf-8"
    )
    (tmp_path / "fit.csv").write_text(
        "table,outcome,model,statistic,value,stars\n2,Y,a,r2,.41,\n2,Y,a,n,30,\n", encoding="utf-8"
    )
    paper = PrintedPaper.read(tmp_path)
    obtained = pd.DataFrame(
        {"outcome": "Y", "model": "a", "statistic": ["r2", "n"], "value": [0.4149, 30]}
    )
    assert replicate(paper, {"fit": obtained}).share_within == 1


def test_bad_tables_are_refused():
    paper = printed_paper()
    tables = printed_as_obtained(paper)
    with pytest.raises(UnknownCodeError, match="coefficients"):
        replicate(paper, {"coefficient": tables["coefficients"]})
    with pytest.raises(DataError, match="have no t"):
        replicate(paper, {"coefficients": tables["coefficients"].drop(columns="t")})
    with pytest.raises(DataError, match="twice"):
        replicate(paper, {"fit": pd.concat([tables["fit"]] * 2)})
    with pytest.raises(ParameterError, match="zero or more"):
        replicate(paper, tables, relative=-1)
