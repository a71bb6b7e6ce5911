"""Do the deeper questions run on a study's variables, and do allotted accounts add up?"""

import numpy as np
import pandas as pd
import pytest

from shuseki.datasets.census.design import CENSUS, district_design
from shuseki.entry.counts import CountFit
from shuseki.entry.design import Design
from shuseki.geography.districts import division
from shuseki.papers.okamuro_2006.variables import table_2
from shuseki.study.deeper import allotted_accounts, deeper, definitions_of_neighbours

MODEL_1 = (
    "PCM",
    "GRSALES",
    "UNEMPL",
    "UNIV",
    "INST",
    "DENS",
    "MRATIO",
    "AVESIZE",
    "HITECH",
)
# the terms of table 4, model 1, significant at 1 to 10% there, with the signs printed
SIGNIFICANT = {
    "UNEMPL": 1,
    "UNIV": -1,
    "INST": 1,
    "DENS": 1,
    "MRATIO": 1,
    "AVESIZE": -1,
    "HITECH": 1,
}


def test_allotted_accounts_add_up_to_the_districts() -> None:
    accounts = district_design().accounts
    regions = division("district-253")
    municipal = allotted_accounts(accounts, regions)
    area = regions.members.set_index("municipality")["area"]
    amounts = ["labour_force_1995", "shipments_yen_1998", "research_institutes_1996", "area_km2"]
    added = municipal[amounts].groupby(area).sum().astype(float)
    pd.testing.assert_frame_equal(
        added, accounts[amounts].astype(float), rtol=1e-12, check_names=False
    )
    assert (municipal[amounts] >= 0).all().all()


def test_definitions_of_neighbours_leave_no_island() -> None:
    areas = division("district-253").areas
    given = definitions_of_neighbours(
        list(areas["code"]), areas[["latitude", "longitude"]].to_numpy(dtype=float)
    )
    assert len(given) == 4
    assert not any(near.islands for near in given.values())


@pytest.mark.slow
def test_every_question_is_answered() -> None:
    design = district_design()
    regions = division("district-253")
    born = pd.DataFrame(
        {
            "births": design.births_high + design.births_low,
            "births_high": design.births_high,
            "births_low": design.births_low,
        }
    )
    prefecture = regions.areas.set_index("code")["prefecture"].to_dict()
    variables = table_2(design.accounts, born, area_groups=prefecture, sources=(CENSUS,))
    municipal = allotted_accounts(design.accounts, regions, variables.definitions)
    area = regions.members.set_index("municipality")["area"].reindex(municipal.index)
    share = municipal["plants_1998"] / municipal["plants_1998"].groupby(area).transform("sum")
    rng = np.random.default_rng(0)
    births = pd.DataFrame({"births": rng.poisson(share * born["births"].reindex(area).to_numpy())})
    births.index = municipal.index
    found = deeper(
        variables,
        regions,
        design.accounts,
        Design("START", MODEL_1),
        births_by_municipality=births,
        permutations=2,
        draws=2,
    )
    assert all(answer.headline() for answer in found.values())
    assert all(answer.is_synthetic for answer in found.values() if answer.sources)
    poisson = found["counts_poisson_start"]
    assert isinstance(poisson, CountFit)
    sign = dict(zip(poisson.terms, np.sign(poisson.marginal_effects), strict=True))
    assert {term: sign[term] for term in SIGNIFICANT} == SIGNIFICANT
