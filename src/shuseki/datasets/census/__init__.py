"""What can we practise on, when the census itself is confidential?

A synthetic census that agrees with Okamuro (2006) as far as its print allows:
``docs/synthetic_census.md``.
"""

from shuseki.datasets.census.census import SyntheticCensus, synthetic_census
from shuseki.datasets.census.design import DistrictDesign, district_design, synthetic_accounts

__all__ = [
    "DistrictDesign",
    "SyntheticCensus",
    "district_design",
    "synthetic_accounts",
    "synthetic_census",
]
