"""Which panels do the measures take when a user has no data?

The bundled public statistics of manufacturing, with names of areas and industries in either
language.

Takes a kind, gives a ``Panel``. Limits: plants of four or more employees; see ``datasets.public``.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Literal

from shuseki.datasets.public import manufacturing_panel, shipments_panel
from shuseki.geography.areas import prefectures
from shuseki.geography.districts import division
from shuseki.industries.classification import classification
from shuseki.panel import Panel

__all__ = ["EXAMPLES", "Kind", "public_panel", "public_scales"]

Kind = Literal[
    "industries",
    "years",
    "district totals",
    "municipalities",
    "municipal years",
    "municipal industries",
    "shipments",
    "district shipments",
]


EXAMPLES = ("13111", "27227", "20204", "03206")
"""Ota, Higashi-Osaka, Okaya and Kitakami, the four of the 2012 paper."""


def public_panel(kind: Kind, lang: str = "en") -> Panel:
    """Give a bundled panel: manufacturing of public statistics, four or more employees.

    ``industries``: 253 districts by two-digit industry, 2001. ``years``: the same by groups that
    compare over 2001–2012; ``district totals``: all plants of the districts in those years.
    ``municipalities``: by two-digit industry, 2001. ``municipal years``: all manufacturing
    2001–2012; ``municipal industries``: the same by groups that compare. ``shipments`` of
    municipalities, ``district shipments``: 1971–2012. Areas and
    industries have their names in the language.
    """
    return _public_panel(kind, lang)


@lru_cache
def _public_panel(kind: Kind, lang: str) -> Panel:
    if kind == "industries":
        panel = manufacturing_panel("district-253", industries="jsic-10").drop_empty("employment")
    elif kind == "years":
        panel = manufacturing_panel("district-253", industries="comparable")
    elif kind == "district totals":
        panel = manufacturing_panel("district-253", industries="total")
    elif kind == "municipalities":
        panel = manufacturing_panel("municipality", industries="jsic-10").drop_empty("employment")
    elif kind == "municipal years":
        panel = manufacturing_panel("municipality", industries="total")
    elif kind == "municipal industries":
        panel = manufacturing_panel("municipality", industries="comparable")
    elif kind == "shipments":
        panel = shipments_panel("municipality")
    else:
        panel = shipments_panel("district-253")
    return _named(panel, "jsic-10" if kind in ("industries", "municipalities") else "jsic-12", lang)


JOINED = {
    "11+16": ("Textiles and chemicals", "繊維・化学"),
    "25+26+27+32": ("Machinery, instruments, other", "一般・精密機械、その他"),
    "28+29+30": ("Electrical and electronic machinery", "電気・電子機械"),
}
"""Groups of groups that compare over three revisions, in short."""


def _named(panel: Panel, revision: str, lang: str) -> Panel:
    """Name areas and industries in a language; areas of one name by their prefecture too."""
    ja = lang == "ja"
    column = "name_ja" if ja else "name_en"
    date = 2020 if panel.division == "municipality" else 1995
    table = division(panel.division, date).areas.set_index("code")
    twice = table[column].duplicated(keep=False)
    where = table["prefecture"].map(prefectures().set_index("code")[column].to_dict())
    names = table[column].where(~twice, table[column] + " (" + where + ")").to_dict()
    lines = classification(revision).table.set_index("code")[column].to_dict()
    lines |= {code: words[int(ja)] for code, words in JOINED.items()}
    return replace(
        panel,
        area_names=tuple(names.get(code, code) for code in panel.areas),
        industry_names=tuple(lines.get(code, code) for code in panel.industries),
    )


def public_scales(lang: str = "en") -> dict[str, Panel]:
    """Give the two-digit industries of 2001 by each bundled division, the finest first."""
    divisions = {
        "municipality": "municipality",
        "district": "district-253",
        "commuting zone": "commuting-zone-1995",
        "prefecture": "prefecture",
    }
    return {
        name: _named(
            manufacturing_panel(by, industries="jsic-10").drop_empty("employment"), "jsic-10", lang
        )
        for name, by in divisions.items()
    }
