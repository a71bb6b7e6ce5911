"""Every measure works on every bundled panel, or says what to name."""

from typing import get_args

import pytest

import shuseki as sk
from shuseki.datasets.panels import Kind

KINDS = get_args(Kind)
QUICK = {
    "concentration": {"permutations": 9},
    "local_moran": {"permutations": 9},
    "clusters": {"simulations": 9},
}
ONE_PERIOD = [
    "location_quotients",
    "specialisation",
    "concentration",
    "local_moran",
    "coagglomeration",
    "clusters",
]
SPANS = ["shift_share", "contributions"]


def ask(name: str, panel: sk.Panel, **more: object) -> object:
    """Call a measure with nothing but what it must be told."""
    needed = {
        "local_moran": (panel.industries[-1],),
        "clusters": (panel.industries[-1],),
        "contributions": ("plants",),
        "trends": ([panel.areas[0]], "plants"),
    }
    return getattr(sk, name)(panel, *needed.get(name, ()), **QUICK.get(name, {}), **more)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ONE_PERIOD)
def test_measures_of_one_period(kind, name):
    panel = sk.public_panel(kind)
    if "shipments_yen" in panel.values and len(panel.values) == 1:
        words = "Name one that the panel has: shipments_yen|Coagglomeration takes two"
        with pytest.raises(sk.ShusekiError, match=words):
            ask(name, panel)
        return
    if len(panel.periods) > 1:
        with pytest.raises(sk.ShusekiError, match=r'period="2012"|takes two'):
            ask(name, panel)
        panel = panel.select(periods=["2012"])
    if len(panel.industries) == 1:
        return
    assert ask(name, panel.drop_empty("employment")).headline()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "years" in kind or "totals" in kind])
@pytest.mark.parametrize("name", [*SPANS, "trends", "life_cycle"])
def test_measures_of_several_periods(kind, name):
    panel = sk.public_panel(kind).select(areas=sk.public_panel(kind).areas[:40])
    span = {"start": panel.periods[0], "end": panel.periods[-1]} if name in SPANS else {}
    assert len(ask(name, panel, **span).to_frame())


@pytest.mark.parametrize("kind", ["shipments", "district shipments"])
def test_shipments_are_named(kind):
    panel = sk.public_panel(kind)
    with pytest.raises(sk.ShusekiError, match="Name one that the panel has: shipments_yen"):
        ask("trends", panel)
    assert len(sk.trends(panel, [panel.areas[0]], "shipments_yen").to_frame())


def test_types_by_default():
    assert len(sk.agglomeration_types(sk.public_panel("industries")).to_frame())
