"""Which variables does the 2006 paper use?

The eleven regressors and three startup rates of its table 2, defined in ``definitions.toml``.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from shuseki.entry.variables import RegionalVariables, regional_variables
from shuseki.panel import Panel
from shuseki.papers.catalogue import printed_definitions
from shuseki.sources import Source

__all__ = ["CONVENTIONS", "table_2"]

CONVENTIONS = ("labour_market", "ecological")
"""Births per 10,000 labour force (p. 8), or per 100 existing plants (p. 8 and note 12)."""


def table_2(
    accounts: pd.DataFrame,
    births: pd.DataFrame | Panel | None = None,
    *,
    convention: str = "labour_market",
    groups: Mapping[str, str] | None = None,
    area_names: Mapping[str, str] | None = None,
    area_groups: Mapping[str, str] | None = None,
    sources: Sequence[Source] = (),
) -> RegionalVariables:
    """Compute the variables of table 2; see ``entry.variables.regional_variables``.

    Raises
    ------
    ParameterError
        An unknown convention.

    Notes
    -----
    Okamuro (2006), table 2, pp. 8-9.

    Examples
    --------
    >>> accounts = pd.DataFrame({"labour_force_1995": [20_000, 50_000],
    ...                          "unemployed_1995": [600, 2_500]}, index=["001", "002"])
    >>> births = pd.DataFrame({"births": [5, 10]}, index=["001", "002"])
    >>> table_2(accounts, births).frame[["START", "UNEMPL"]]
         START  UNEMPL
    001    2.5    0.03
    002    2.0    0.05
    """
    return regional_variables(
        accounts,
        births,
        definitions=printed_definitions("okamuro-2006", convention=convention),
        groups=groups,
        area_names=area_names,
        area_groups=area_groups,
        sources=sources,
    )
