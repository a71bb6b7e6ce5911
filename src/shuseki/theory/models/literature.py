"""Which works do the models come from?"""

from shuseki.language import say
from shuseki.language.names import TwoNames
from shuseki.sources import AGGLOMERATION_2012, Source

__all__ = [
    "AKAMATSU_MORI_TAKAYAMA_2019",
    "ALLEN_ARKOLAKIS_2014",
    "ARTHUR_1989",
    "BERLIANT_FUJITA_2008",
    "FORSLID_OTTAVIANO_2003",
    "FUJITA_2006",
    "FUJITA_2010",
    "FUJITA_KRUGMAN_VENABLES_1999",
    "HELPMAN_1998",
    "KRUGMAN_1991",
    "OTTAVIANO_TABUCHI_THISSE_2002",
    "REDDING_ROSSI_HANSBERG_2017",
    "TOYAMA_2010",
]

KRUGMAN_1991 = Source(
    "Krugman1991",
    "Krugman, P., Increasing returns and economic geography, Journal of Political Economy 99",
    "1991",
)
FUJITA_KRUGMAN_VENABLES_1999 = Source(
    "FKV1999", "Fujita, M., Krugman, P. and Venables, A., The Spatial Economy, MIT Press", "1999"
)
FORSLID_OTTAVIANO_2003 = Source(
    "ForslidOttaviano2003",
    "Forslid, R. and Ottaviano, G., An analytically solvable core-periphery model, "
    "Journal of Economic Geography 3",
    "2003",
)
OTTAVIANO_TABUCHI_THISSE_2002 = Source(
    "OTT2002",
    "Ottaviano, G., Tabuchi, T. and Thisse, J.-F., Agglomeration and trade revisited, "
    "International Economic Review 43",
    "2002",
)
HELPMAN_1998 = Source(
    "Helpman1998", "Helpman, E., The size of regions, in Topics in Public Economics", "1998"
)
REDDING_ROSSI_HANSBERG_2017 = Source(
    "RRH2017",
    "Redding, S. and Rossi-Hansberg, E., Quantitative spatial economics, "
    "Annual Review of Economics 9",
    "2017",
)
ALLEN_ARKOLAKIS_2014 = Source(
    "AllenArkolakis2014",
    "Allen, T. and Arkolakis, C., Trade and the topography of the spatial economy, "
    "Quarterly Journal of Economics 129",
    "2014",
)
AKAMATSU_MORI_TAKAYAMA_2019 = Source(
    "AkamatsuMoriTakayama",
    "Akamatsu, T., Mori, T., Osawa, M. and Takayama, Y., Spatial scale of agglomeration and "
    "dispersion: theoretical foundations and empirical implications",
    "2017",
)
FUJITA = TwoNames("Fujita", "藤田")
FUJITA_2006 = AGGLOMERATION_2012.at(
    say("figure {number}, after {author} ({year})", number="2-1", author=FUJITA, year=2006)
)
FUJITA_2010 = AGGLOMERATION_2012.at(
    say("figure {number}, after {author} ({year})", number="3-5", author=FUJITA, year=2010)
)
TOYAMA_2010 = AGGLOMERATION_2012.at(
    say(
        "figures {first} and {last}, after {author} ({year})",
        first="3-2",
        last="3-3",
        author=TwoNames("Toyama", "遠山"),
        year=2010,
    )
)
BERLIANT_FUJITA_2008 = Source(
    "BerliantFujita2008",
    "Berliant, M. and Fujita, M., Knowledge creation as a square dance on the Hilbert cube, "
    "International Economic Review 49",
    "2008",
)
ARTHUR_1989 = Source(
    "Arthur1989",
    "Arthur, W. B., Competing technologies, increasing returns, and lock-in by historical "
    "events, Economic Journal 99",
    "1989",
)
