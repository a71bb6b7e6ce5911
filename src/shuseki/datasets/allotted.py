"""What would the accounts of areas be in each of their municipalities?

Accounts of areas are allotted to municipalities in proportion to public municipal figures: they add
up to the areas exactly, but what they say inside an area is made up, and marked so.

Takes: accounts by area, a division, definitions. Gives: accounts by municipality.
"""

import numpy as np
import pandas as pd

from shuseki.datasets.accounts import regional_accounts
from shuseki.entry.definitions import Definitions
from shuseki.geography.districts import Division, division
from shuseki.language import say
from shuseki.sources import Source

__all__ = ["ALLOTTED", "allotted_accounts"]

ALLOTTED = Source(
    "AllottedAccounts",
    say("Accounts of districts allotted to their municipalities by public municipal figures"),
    "1995-2000",
    origin="synthetic",
)


def allotted_accounts(
    accounts: pd.DataFrame, regions: Division, definitions: Definitions
) -> pd.DataFrame:
    """Allot the accounts of areas to their municipalities by public municipal figures.

    Parameters
    ----------
    accounts
        Index area; counts and amounts.
    regions
        The division of the accounts.
    definitions
        Of what is computed from them: columns that are no amounts are not divided.

    Returns
    -------
    DataFrame
        Index municipality. Every count and amount adds up to its area's; the land price of an
        area is that of each of its municipalities. A municipality's share of an amount is its
        share of the same public amount, or of the labour force where that is not published.
    """
    members = regions.members.set_index("municipality")["area"]
    members = members[members.isin(accounts.index)]
    public = regional_accounts("public", by=division("municipality", regions.date))
    key = public.reindex(members.index)
    people = key["labour_force_1995"].fillna(0.0)
    columns = {}
    for name in accounts.columns:
        own = accounts[name].reindex(members).to_numpy()
        if name in (*definitions.columns.highest, *definitions.columns.attributes):
            columns[name] = own
            continue
        size = key[name].astype(float) if name in key.columns else people
        size = size.fillna(0.0).clip(lower=0.0)
        total = size.groupby(members).transform("sum")
        empty = (total <= 0).to_numpy()
        everyone = people.groupby(members).transform("sum")
        alone = 1 / members.groupby(members).transform("size")
        share = np.where(empty, people / everyone, size / total.where(total > 0, 1.0))
        columns[name] = own * np.where(np.isfinite(share), share, alone)
    return pd.DataFrame(columns, index=members.index)
