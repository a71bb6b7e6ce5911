"""Do accounts allotted to municipalities add up to the areas?"""

import numpy as np

from shuseki.datasets.allotted import allotted_accounts
from shuseki.datasets.census import district_design
from shuseki.geography.districts import division
from shuseki.papers.catalogue import printed_definitions


def test_allotted_accounts_add_up_to_the_districts() -> None:
    accounts = district_design().accounts
    regions = division("district-253")
    told = printed_definitions()
    municipal = allotted_accounts(accounts, regions, told)
    area = regions.members.set_index("municipality")["area"].reindex(municipal.index)
    for name in ("plants_1998", "labour_force_1995", "shipments_yen_1998"):
        summed = municipal[name].groupby(area).sum().reindex(accounts.index)
        np.testing.assert_allclose(summed, accounts[name], rtol=1e-9)
    price = "industrial_land_price_yen_per_m2_1998"
    same = municipal[price].fillna(-1) == accounts[price].reindex(area).fillna(-1).to_numpy()
    assert same.all()
