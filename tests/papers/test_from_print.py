"""Hypotheses judged from moments alone."""

import pandas as pd
import pytest

from shuseki.errors import DataError
from shuseki.papers.catalogue import printed_hypotheses, printed_paper
from shuseki.papers.from_print import judge_from_print
from shuseki.papers.printed import TABLE_COLUMNS, PrintedPaper


def test_the_2006_paper_from_print_alone() -> None:
    verdicts = judge_from_print(printed_paper(), printed_hypotheses())
    # Agglomeration and plant size (6, 7) stand whatever the rounding. 3a hangs on robust standard
    # errors and on leaving outliers out, which second moments do not know.
    assert verdicts.at_moments["3a"] == "not supported"
    assert verdicts.at_moments["6"] == verdicts.least["6"] == "supported"
    assert verdicts.at_moments["7"] == verdicts.least["7"] == "supported"
    assert not verdicts.rounding_matters("6")
    assert not verdicts.rounding_matters("1")
    assert verdicts.by_paper["3a"] == "supported"
    frame = verdicts.to_frame().set_index("hypothesis")
    assert frame.loc["1", "at_printed_moments"] == "not supported"
    assert len(verdicts.fits) == 12
    assert "moments alone" in verdicts.headline()


def test_least_and_most_favourable_enclose_the_middle() -> None:
    verdicts = judge_from_print(printed_paper(), printed_hypotheses())
    order = {"contradicted": 0, "not supported": 1, "not tested": 1, "supported": 2}
    for name, middle in verdicts.at_moments.items():
        assert order[verdicts.least[name]] <= order[middle] <= order[verdicts.most[name]]


def test_a_paper_without_equations_is_refused() -> None:
    paper = printed_paper()
    empty = pd.DataFrame(columns=list(TABLE_COLUMNS["coefficients"]), dtype=str)
    bare = PrintedPaper(
        "bare", paper.about, {**paper.tables, "coefficients": empty}, {}, (), paper.source
    )
    with pytest.raises(DataError, match="no equations"):
        judge_from_print(bare, printed_hypotheses())


def test_a_missing_correlation_is_named() -> None:
    paper = printed_paper()
    table = paper.table("correlations")
    gone = table[~((table["variable"] == "HITECH") & (table["with"] == "PCM"))]
    with pytest.raises(DataError, match="HITECH"):
        judge_from_print(
            PrintedPaper(
                "gone", paper.about, {**paper.tables, "correlations": gone}, {}, (), paper.source
            ),
            printed_hypotheses(),
        )
