"""The pages about the theories say what their code prints."""

import doctest
from pathlib import Path

import plotly.graph_objects as go
import pytest

PAGES = sorted((Path(__file__).parents[2] / "docs" / "theory").glob("*.md"))


def test_there_are_pages():
    assert len(PAGES) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(page):
    saved = []

    def save(figure, name):
        assert isinstance(figure, go.Figure)
        assert figure.data
        saved.append(name)

    outcome = doctest.testfile(
        str(page),
        module_relative=False,
        globs={"save": save},
        optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL,
        encoding="utf-8",
    )
    assert outcome.attempted > 0
    assert outcome.failed == 0
    text = page.read_text(encoding="utf-8")
    assert [f"figures/{name}.png" in text for name in saved] == [True] * len(saved)
