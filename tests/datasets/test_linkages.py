import numpy as np
import pytest

from shuseki.datasets.linkages import US_YEARS, us_linkages
from shuseki.errors import ParameterError
from shuseki.industries.classification import classification


@pytest.mark.parametrize("year", US_YEARS)
def test_shares_are_shares_of_every_medium_group(year: int) -> None:
    found = us_linkages(year)
    assert set(found.industries) == set(classification("jsic-12").table["code"])
    for shares in (found.suppliers, found.customers):
        assert np.allclose(shares.sum(axis=1), 1.0)
        assert (np.diag(shares) == 0).all()


def test_who_supplies_whom_is_what_one_knows() -> None:
    found = us_linkages()
    at = {code: k for k, code in enumerate(found.industries)}

    def largest(buyer: str, count: int = 3) -> set[str]:
        order = found.suppliers[at[buyer]].argsort()[::-1][:count]
        return {found.industries[k] for k in order}

    assert {"22", "24"} <= largest("31")  # vehicles buy steel and metal products
    assert "22" in largest("24")  # metal products buy steel
    assert "28" in largest("30")  # computers buy electronic parts
    assert "14" in largest("15")  # printing buys paper
    assert "16" in largest("18")  # plastic products buy chemicals


def test_another_year_is_refused() -> None:
    with pytest.raises(ParameterError, match="2012 or 2017"):
        us_linkages(2005)
