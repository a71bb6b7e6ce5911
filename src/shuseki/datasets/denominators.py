"""What are the true denominators of a printed ranking's rates?

Official figures for the areas that a bundled paper ranks, member by member, in the form that
`shuseki.papers.audit.audit` takes: ``area`` (its printed name), ``member``, ``value`` and ``later``
(the municipality that the member belonged to a few years on).

Sources: bundled municipal accounts (labour force, population census of 2000), the lists of the
districts and the mergers of municipalities. Limits: the 2006 paper divides by the labour force of
1995, which is not among the open figures; a common change of five years does not disturb the audit.
"""

import pandas as pd

from shuseki.datasets.catalogue import load
from shuseki.geography.areas import municipalities, prefectures
from shuseki.geography.districts import division
from shuseki.geography.mergers import crosswalk
from shuseki.papers.printed import PrintedPaper

__all__ = ["labour_force_of_ranked"]

ACCOUNTS_DATE = "2000-10-01"
LATER_DATE = "2005-04-01"


def labour_force_of_ranked(paper: PrintedPaper) -> pd.DataFrame:
    """Labour force of 2000 of the members of every ranked district.

    Parameters
    ----------
    paper
        A paper that ranks the 253 industrial districts by ``prefecture`` and ``area`` name.

    Returns
    -------
    pandas.DataFrame
        ``area``, ``member``, ``value`` (persons), ``later``; districts whose name and prefecture
        are not in the list are left out.
    """
    districts = division("district-253")
    short = prefectures().set_index("code")["name_ja"].str.replace("[都府県]$", "", regex=True)
    prefecture = districts.areas["prefecture"].map(short)
    names = districts.areas.assign(prefecture=prefecture)[["code", "name_ja", "prefecture"]]
    ranked = paper.table("ranking")[["prefecture", "area"]].drop_duplicates()
    codes = ranked.merge(names, left_on=["prefecture", "area"], right_on=["prefecture", "name_ja"])
    members = codes.merge(
        districts.members, left_on="code", right_on="area", suffixes=("", "_code")
    )
    force = load("municipal-accounts-2000").set_index("municipality")["labour_force_2000"]
    later = crosswalk(districts.date, LATER_DATE).table.drop_duplicates("from_code")
    after = later.set_index("from_code")["to_code"]
    named = municipalities(LATER_DATE).set_index("code")["name_ja"]
    was = municipalities(districts.date).set_index("code")["name_ja"]
    on_accounts = crosswalk(districts.date, ACCOUNTS_DATE).table.drop_duplicates("from_code")
    there = on_accounts.set_index("from_code")["to_code"]
    code = members["municipality"]
    return pd.DataFrame(
        {
            "area": members["area"],
            "member": code.map(was),
            "value": code.map(there).map(force).fillna(0.0),
            "later": code.map(after).map(named),
        }
    )
