"""Who sells to whom among two-digit industries, by a detailed table of another country?

The OECD's table of Japan has 17 sectors of manufacturing (``public.input_output_shares``). The
United States publish some 405; added up to the 24 groups of JSIC revision 12 they tell general,
production and business machinery apart, and electronic parts from electrical machinery.
``us_linkages`` gives the shares, as a stated stand-in for technology: what an industry needs, not
what Japan trades.

Takes a year. Gives an ``InputOutput``. Source: US Bureau of Economic Analysis, 2012 and 2017;
``derive/us_linkages.py``. Limits: the mapping of NAICS to JSIC is read from names, by hand.
"""

from functools import lru_cache

from shuseki.datasets.catalogue import dataset, load
from shuseki.errors import ParameterError
from shuseki.language import say
from shuseki.measures.change.externalities import InputOutput, input_output

__all__ = ["US_YEARS", "us_linkages"]

US_YEARS = (2012, 2017)


@lru_cache
def us_linkages(year: int = 2012) -> InputOutput:
    """Shares of suppliers and customers among the groups of JSIC revision 12.

    Parameters
    ----------
    year
        2012 or 2017.

    Examples
    --------
    >>> dealings = us_linkages()
    >>> vehicles = dealings.industries.index("31")
    >>> [dealings.industries[k] for k in dealings.suppliers[vehicles].argsort()[-2:]]
    ['22', '24']
    """
    if year not in US_YEARS:
        raise ParameterError(
            say(
                "No table of {year}. Expected 2012 or 2017. Choose one of them.",
                year=year,
            )
        )
    table = load("us-linkages-jsic12")
    for side in ("seller", "buyer"):
        table[side] = table[side].astype(str).str.zfill(2)
    flows = table.pivot(index="seller", columns="buyer", values=f"million_usd_{year}").fillna(0.0)
    codes = sorted(set(flows.index) | set(flows.columns))
    return input_output(
        flows.reindex(index=codes, columns=codes, fill_value=0.0),
        sources=(dataset("us-linkages-jsic12").source,),
        notes=(
            say(
                "Technology of the United States, {year}, as a stand-in: what an industry needs, "
                "not what Japan trades.",
                year=year,
            ),
        ),
    )
