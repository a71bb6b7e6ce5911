"""Do pictures share one look, and is it readable by everybody?"""

from itertools import pairwise

import plotly.graph_objects as go
import plotly.io as pio
import pytest

from shuseki.errors import ParameterError
from shuseki.report import plot
from shuseki.report.plots.theme import COLOURS, DIVERGING, INK, SEQUENTIAL, blank, title
from shuseki.results import Result


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_more_is_darker_even_on_a_grey_printer() -> None:
    steps = [luminance(colour) for colour in SEQUENTIAL]
    assert steps == sorted(steps, reverse=True)
    assert all(lighter / darker > 1.2 for lighter, darker in pairwise(steps))


def test_the_middle_is_the_lightest() -> None:
    steps = [luminance(colour) for colour in DIVERGING]
    assert max(steps) == steps[3]
    assert steps[:4] == sorted(steps[:4])
    assert steps[3:] == sorted(steps[3:], reverse=True)


def test_text_stands_out_from_white() -> None:
    assert 1.05 / (luminance(INK) + 0.05) > 7  # WCAG AAA
    assert len(set(COLOURS)) == 6


def test_our_template_leaves_the_default_alone() -> None:
    assert pio.templates.default == "plotly"
    assert blank("T").layout.template.layout.plot_bgcolor == "white"
    assert go.Figure().layout.template.layout.plot_bgcolor != "white"


def test_titles_carry_the_mark_in_their_language(candidates: Result) -> None:
    assert title("Births") == "Births"
    assert "Synthetic data" in title("Births", candidates)
    assert "合成データ" in title("開業数", candidates, "ja")
    with pytest.raises(ParameterError, match="Unknown language"):
        title("Births", None, "xx")


def test_a_result_without_a_picture_is_told_so() -> None:
    with pytest.raises(ParameterError, match=r"no picture for int.*to_frame"):
        plot(1)
