"""Do the pictures of sourcing show what the answers say, in both languages?"""

from datetime import date, timedelta

import pytest

from shuseki.directory import Capability, Directory, Firm, Load
from shuseki.report.plots import plot
from shuseki.sourcing.capacity import Need, exchange, joint_order, serve
from shuseki.sourcing.gaps import gaps, tipping_points
from shuseki.sourcing.matching import Step
from shuseki.sourcing.orders import Order, OrderStep
from shuseki.sourcing.planner import locality, plan

MONDAY = date(2026, 1, 5)
PLACES = {
    "ota/a": (35.56, 139.72),
    "ota/b": (35.57, 139.70),
    "suwa/c": (36.04, 138.11),
    "taiwan/d": (24.15, 120.67),
}
FIRMS = Directory(
    tuple(
        Firm(key[-1], key[:-2], key[-1], latitude=place[0], longitude=place[1])
        for key, place in PLACES.items()
    ),
    (
        *(
            Capability(
                key,
                "turning",
                setup_hours=1.0,
                lot_min=1,
                lot_max=100,
                hours_per_piece=0.3,
                rate_yen_per_hour=rate,
            )
            for key, rate in zip(PLACES, (5000.0, 7000.0, 4000.0, 1000.0), strict=True)
        ),
    ),
    loads=tuple(Load(key, MONDAY, 20.0) for key in PLACES),
)
STEP = OrderStep("turning", Step("turning", quantity=50))
ORDER = Order("o", (STEP,), 50, MONDAY, MONDAY + timedelta(days=30), hub="ota/a", piece_kg=0.1)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_plan_shows_its_front_and_its_chains(lang: str) -> None:
    found = plan(ORDER, FIRMS, draws=0)
    figure = plot(found, lang=lang)
    front = figure.data[0]
    assert list(front.x) == found.front["days"].tolist()
    assert len(figure.data) >= 1 + len(found.chains)
    names = " ".join(trace.name or "" for trace in figure.data)
    assert ("推奨" if lang == "ja" else "Recommended") in names
    on_map = [trace for trace in figure.data if trace.xaxis == "x2" and trace.mode != "lines"]
    placed = [c for c in found.chains[:4] if c.firms != ("taiwan/d",)]
    assert len(on_map) == len(placed)  # what lies abroad is not on the map of Japan


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_map_stands_under_the_choices(lang: str) -> None:
    """Side by side their titles ran into one another on a telephone."""
    figure = plot(plan(ORDER, FIRMS, draws=0), lang=lang)
    above, below = figure.layout.yaxis.domain, figure.layout.yaxis2.domain
    assert below[1] < above[0]
    assert figure.layout.xaxis.domain == figure.layout.xaxis2.domain


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "No firm's hour is scarce"), ("ja", "時間が希少な企業はない")]
)
def test_where_no_hour_is_scarce_there_are_no_axes(lang: str, said: str) -> None:
    served = serve([ORDER], FIRMS, weeks=4, seconds=2)
    assert not len(served.bottlenecks)
    figure = plot(served, lang=lang)
    assert figure.layout.annotations[-1].text == said
    assert not figure.layout.xaxis.visible
    assert not figure.layout.yaxis.visible
    none = exchange([], FIRMS)
    assert not plot(none, lang=lang).layout.xaxis.visible


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_other_answer_has_a_picture(lang: str) -> None:
    many = [ORDER, Order("p", (STEP,), 50, MONDAY, MONDAY + timedelta(days=20), piece_kg=0.1)]
    served = serve(many, FIRMS, weeks=1, seconds=2)
    bars = plot(served, lang=lang).data
    shown = list(bars[0].x) if bars else []
    assert shown == served.bottlenecks["yen_per_hour"].tolist()[: len(shown)]
    lot = Order("lot", (OrderStep("t", Step("turning")),), 150, MONDAY, ORDER.due, piece_kg=0.1)
    shared = joint_order(lot, FIRMS)
    assert sum(plot(shared, lang=lang).data[0].x) == shared.shares["pieces"].sum()
    lent = exchange([Need("ota/b", "turning", MONDAY, 5.0, 9000.0)], FIRMS)
    assert sum(plot(lent, lang=lang).data[0].x) == 5
    compared = locality(ORDER, FIRMS)
    assert len(plot(compared, lang=lang).data[0].x) == 3
    found = gaps([ORDER], FIRMS, cluster="ota")
    assert sum(len(trace.x) for trace in plot(found, lang=lang).data) == len(found.fillers)
    turned = tipping_points(ORDER, FIRMS, quantities=(1, 100))
    assert len(plot(turned, lang=lang).data) == 3
    titles = [plot(one, lang=lang).layout.title.text for one in (served, shared, lent, found)]
    assert all(titles)
    if lang == "ja":
        assert all(any("ぁ" <= c <= "鿿" for c in title) for title in titles)
