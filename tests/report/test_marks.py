"""Does every number say whether it is real?"""

import pytest

from shuseki.report.marks import mark, origin, suffix
from shuseki.sources import OKAMURO_2006, Source

INVENTED = Source("A", "shuseki, census", "2026", origin="synthetic")
OWN = Source("B", "Ministry, records", "2020", origin="user")
PUBLIC = Source("C", "METI, Census of Manufactures", "2001", origin="public")
LATER = Source("C", "METI, Census of Manufactures", "2012", origin="public")
METHOD = Source("D", "White, H.", "1980")


@pytest.mark.parametrize(
    ("sources", "kind", "ending"),
    [
        ((METHOD, OKAMURO_2006, PUBLIC, OWN, INVENTED), "synthetic", "_synthetic"),
        ((METHOD, OKAMURO_2006, PUBLIC, OWN), "user", "_user"),
        ((METHOD, OKAMURO_2006, PUBLIC), "public", "_public"),
        ((METHOD, OKAMURO_2006), "printed", "_printed"),
        ((METHOD,), "method", ""),
        ((), "method", ""),
    ],
)
def test_the_least_real_source_decides(sources: tuple[Source, ...], kind: str, ending: str) -> None:
    assert origin(sources) == kind
    assert suffix(sources) == ending
    assert bool(mark(sources)) == bool(ending)


def test_public_figures_name_publisher_and_year_once() -> None:
    assert mark([PUBLIC, METHOD, PUBLIC.at("table 3"), LATER]) == (
        "Public statistics: METI 2001, METI 2012"
    )
    assert mark([PUBLIC, LATER], "ja") == "公的統計：METI 2001、METI 2012"


def test_synthetic_is_said_in_both_languages() -> None:
    assert mark([INVENTED, PUBLIC]) == "Synthetic data"
    assert mark([INVENTED, PUBLIC], "ja") == "合成データ"
