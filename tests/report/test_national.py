"""Are the national rates read, told and drawn as what they are?"""

import pandas as pd
import pytest

from shuseki.errors import DataError, UnknownCodeError
from shuseki.language import told
from shuseki.report import plot
from shuseki.report.national import entry_exit_rates
from shuseki.sources import Source

WHITE_PAPER = Source("W", "SME Agency, White Paper", "2011", origin="public")


def series() -> pd.DataFrame:
    # SME White Paper 2011, establishments, the last four periods; rows out of order
    return pd.DataFrame(
        [
            ("establishments", 2004, 2006, 6.4, 6.5),
            ("establishments", 1986, 1989, 4.2, 3.6),
            ("establishments", 1989, 1991, 4.1, 4.7),
            ("establishments", 2001, 2004, 4.2, 6.4),
            ("companies", 2004, 2006, 5.6, 5.5),
        ],
        columns=["unit", "from_year", "to_year", "entry_rate_percent", "exit_rate_percent"],
    )


def test_periods_stand_in_order_and_exits_lead_since_1989() -> None:
    rates = entry_exit_rates(series(), source=WHITE_PAPER)
    assert rates.from_year.tolist() == [1986, 1989, 2001, 2004]
    assert rates.exits_lead_since == 1989
    assert rates.headline() == (
        "Establishments: entry 6.4% and exit 6.5% a year in 2004–2006; exits lead in every "
        "period since 1989 (n = 4 periods)"
    )
    assert "2004～2006年の開業率6.4%、廃業率6.5%" in told(rates.headline(), "ja")
    assert entry_exit_rates(series(), "companies").exits_lead_since is None


def test_the_figure_says_that_it_is_not_manufacturing_alone() -> None:
    rates = entry_exit_rates(series(), source=WHITE_PAPER)
    english, japanese = plot(rates), plot(rates, lang="ja")
    assert "all non-primary industries" in english.layout.title.text
    assert "Public statistics: SME Agency 2011" in english.layout.title.text
    assert "非一次産業" in japanese.layout.title.text
    assert "公的統計" in japanese.layout.title.text
    assert [trace.name for trace in japanese.data] == ["開業率", "廃業率"]
    assert any("manufacturing" in note for note in rates.notes)


def test_every_rate_lasts_until_the_next_census() -> None:
    entry = plot(entry_exit_rates(series(), source=WHITE_PAPER)).data[0]
    assert entry.line.shape == "hv"
    assert list(entry.x) == [1986, 1989, 2001, 2004, 2006]
    assert list(entry.y) == [4.2, 4.1, 4.2, 6.4, 6.4]


def test_what_is_missing_is_named() -> None:
    with pytest.raises(DataError, match="Missing columns: exit_rate_percent"):
        entry_exit_rates(series().drop(columns="exit_rate_percent"))
    with pytest.raises(UnknownCodeError, match="Unknown unit: firms"):
        entry_exit_rates(series(), "firms")  # type: ignore[arg-type]


def test_the_bundled_series_is_public_and_whole() -> None:
    # SME White Paper 2011: first and last period of establishments
    rates = entry_exit_rates()
    assert (rates.from_year[0], rates.to_year[-1], len(rates.from_year)) == (1966, 2006, 14)
    assert (rates.entry_rate_percent[0], rates.exit_rate_percent[0]) == (6.5, 3.2)
    assert (rates.entry_rate_percent[-1], rates.exit_rate_percent[-1]) == (6.4, 6.5)
    assert [source.origin for source in rates.sources] == ["public"]
