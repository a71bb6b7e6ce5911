"""Do the pictures of clusters show them where they are, and say so in both languages?"""

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
import shapely

from shuseki.datasets.panels import public_panel
from shuseki.geography.shapes import municipal_shapes, place, project
from shuseki.measures.clusters.clusters import Clusters, clusters, point_clusters
from shuseki.report.plots import plot
from shuseki.report.plots.clusters import LABELLED
from shuseki.sites import Sites


@pytest.fixture(scope="module")
def instruments() -> Clusters:
    return clusters(public_panel("municipalities"), "32", simulations=19)


@pytest.fixture(scope="module", params=["en", "ja"])
def drawn(instruments: Clusters, request: pytest.FixtureRequest) -> tuple[go.Figure, str]:
    return plot(instruments, lang=request.param), request.param


def test_the_title_says_what_and_where_from(
    drawn: tuple[go.Figure, str], instruments: Clusters
) -> None:
    figure, lang = drawn
    text = figure.layout.title.text
    assert f"{instruments.plants:,.0f}" in text
    assert ("精密機械器具製造業の集積" if lang == "ja" else "Clusters of precision instrum") in text
    assert ("公的統計：経済産業省" if lang == "ja" else "Public statistics: METI") in text


def test_the_legend_counts_clusters_and_says_how_far_they_reach(
    instruments: Clusters, drawn: tuple[go.Figure, str]
) -> None:
    figure, lang = drawn
    names = [trace.name for trace in figure.data if trace.name]
    essential = len(instruments.essential)
    others = len(instruments.found) - essential
    wanted = {
        "en": (f"Essential clusters ({essential})", f"Other clusters ({others})", "of land"),
        "ja": (f"主要クラスター（{essential}、", f"その他のクラスター（{others}、", "国土の"),
    }[lang]
    for words in wanted:
        assert any(words in name for name in names)
    assert any(f"{instruments.global_extent_share:.0%}" in name for name in names)


def test_the_first_clusters_are_labelled_with_member_and_share(
    instruments: Clusters, drawn: tuple[go.Figure, str]
) -> None:
    figure, lang = drawn
    labels = [note.text for note in figure.layout.annotations if note.showarrow]
    assert len(labels) == min(LABELLED, len(instruments.essential))
    first = instruments.found[0]
    assert f"{'鯖江市：' if lang == 'ja' else 'Sabae-shi: '}{first.share:.0%}" in labels
    assert all(trace.showlegend is False for trace in figure.data if trace.hovertemplate)


def test_hovering_tells_members_share_ratio_and_p(
    instruments: Clusters, drawn: tuple[go.Figure, str]
) -> None:
    figure, lang = drawn
    said = [trace.hovertemplate for trace in figure.data if trace.hovertemplate]
    assert len(said) == len(instruments.found)
    sabae = next(text for text in said if ("鯖江市" if lang == "ja" else "Sabae") in text)
    first = instruments.found[0]
    for number in (f"{first.share:.1%}", f"{first.ratio:.1f}", f"p = {first.p:.2f}"):
        assert number in sabae


def test_clusters_lie_where_their_members_are(instruments: Clusters) -> None:
    figure = plot(instruments)
    trace = next(trace for trace in figure.data if (trace.name or "").startswith("Essential clu"))
    corners = np.array([(x, y) for x, y in zip(trace.x, trace.y, strict=True) if x is not None])
    shapes = municipal_shapes()
    sabae = shapes.outlines[shapes.codes.index("18207")]
    assert shapely.distance(shapely.points(corners), sabae).min() < 0.1
    assert len(figure.to_json()) < 1_000_000  # a report holds several


def test_places_of_okinawa_stand_in_the_frame() -> None:
    naha, tokyo = place(np.array([127.68, 139.75]), np.array([26.21, 35.68]))
    assert shapely.box(*municipal_shapes().frame).contains(shapely.Point(naha))
    assert tokyo == pytest.approx(project(np.array([139.75]), np.array([35.68]))[0])


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_other_areas_are_bars(instruments: Clusters, lang: str) -> None:
    elsewhere = replace(instruments, areas=("001", "002"))
    figure = plot(elsewhere, lang=lang)
    assert figure.data[0].type == "bar"
    assert max(figure.data[0].x) == pytest.approx(100 * max(c.share for c in elsewhere.found[:20]))
    assert plot(replace(instruments, found=(), areas=("001",)), lang=lang).data[0].type == "bar"


def test_no_cluster_is_a_map_of_nothing(instruments: Clusters) -> None:
    nothing = replace(instruments, found=(), global_extent_share=np.nan)
    names = [trace.name for trace in plot(nothing).data if trace.name]
    assert not any("clusters" in name for name in names)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_points_beyond_chance_are_dark(lang: str) -> None:
    rng = np.random.default_rng(3)
    places = np.vstack(
        [
            np.column_stack([rng.uniform(35, 37, 400), rng.uniform(136, 139, 400)]),
            rng.normal((36.2, 137.5), 0.02, (40, 2)),
            rng.normal((35.3, 138.5), 0.02, (40, 2)),
        ]
    )
    industry = np.concatenate([rng.random(400) < 0.2, np.ones(80, dtype=bool)]).astype(int)
    sites = Sites(places[:, 0], places[:, 1], industry, ("rest", "A"), np.ones(480))
    answer = point_clusters(sites, "A", smallest=15, simulations=19)
    figure = plot(answer, lang=lang)
    names = [trace.name for trace in figure.data if trace.name]
    assert any(("偶然を超える集積" if lang == "ja" else "beyond chance") in name for name in names)
    assert figure.layout.xaxis.visible is False  # on the map
    abroad = replace(answer, latitude=answer.latitude + 30)
    assert plot(abroad, lang=lang).layout.xaxis.title.text == (
        "経度" if lang == "ja" else "Longitude, degrees"
    )
