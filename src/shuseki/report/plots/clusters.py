"""Where do clusters lie on the map, how far do they reach, and which could be chance?

Clusters of municipalities of 2020 are drawn in their own outlines, essential ones strong, others
pale; a dashed line runs around the essential containment, the convex hull of the centres of the
essential clusters' areas. Where three or more of the first clusters lie close together, a frame on
the sea beside them shows that part three times as large. The first clusters carry the name of the
member with most plants, how many more there are, and their share of the industry's plants.
Clusters of other areas are bars.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import plotly.graph_objects as go
import shapely
from shapely import affinity

from shuseki.arrays import Bools, Floats
from shuseki.geography.areas import municipalities
from shuseki.geography.borders import DATE, are_drawn
from shuseki.geography.bundled import holds
from shuseki.geography.shapes import Shapes, inner_points, municipal_shapes, place, project
from shuseki.industries.classification import CLASSIFICATIONS, classification
from shuseki.measures.clusters.clusters import SIGNIFICANT, Cluster, Clusters, PointClusters
from shuseki.measures.clusters.local_moran import LocalMoran
from shuseki.report.plots.dispatch import draws
from shuseki.report.plots.labels import short
from shuseki.report.plots.maps import PALE, filled, finish
from shuseki.report.plots.theme import BLUE, GREY, INK, MISSING, ORANGE, RED, SKY, blank

__all__: list[str] = []

LABELLED = 8
"""Clusters whose name and share are written on the map."""
BARS = 20
MEMBERS = 6
"""Members that are named on hovering."""
HEIGHT = 720
TOP, BOTTOM = 72, 8
MARGIN_KM = 330.0
"""Sea added in the west, for the magnified part."""
FRAME_PX = (350.0, 235.0)
LEGEND_PX = (330.0, 122.0)
AROUND_KM = 12.0
"""How far the dashed line keeps from the centres."""
MAGNIFIED = 3.0
TOGETHER = 3
"""Labelled clusters from which on a part is magnified."""
ESSENTIAL, OTHER = RED, "#f2c4a2"
WITH_FIGURES = "#dde2e6"
LINE = "#b4bcc2"


@draws
def clusters(result: Clusters, *, lang: str = "en") -> go.Figure:
    """Draw clusters of municipalities of 2020 on the map, those of other areas as bars."""
    return _map(result, lang) if are_drawn(result.areas) else _bars(result, lang)


@draws
def point_clusters(result: PointClusters, *, lang: str = "en") -> go.Figure:
    """Draw plants where they are, those in clusters beyond chance dark, in other clusters pale."""
    ja = lang == "ja"
    text = (
        f"密度による集積（{result.industry}、n = {len(result.label):,}）"
        if ja
        else f"Dense clusters of {result.industry}, n = {len(result.label):,} plants"
    )
    sure = np.isin(result.label, result.table["cluster"].to_numpy(dtype=int) - 1)
    groups = [(result.label < 0, "scattered", "散在", MISSING, 3)]
    if result.places["p"].isna().all():
        groups += [(result.label >= 0, "in a dense place, not tested", "密集地（未検定）", SKY, 4)]
    else:
        groups += [
            ((result.label >= 0) & ~sure, "in a dense place, within chance", "偶然の範囲", SKY, 4),
            (sure, "in a cluster beyond chance", "偶然を超える集積", BLUE, 4),
        ]
    inside = holds(result.latitude, result.longitude)
    figure = blank(text, result, lang=lang, height=HEIGHT if inside else 560)
    if inside:
        drawn = municipal_shapes()
        figure.add_trace(_quietly(filled([drawn.ground], "", PALE, GREY, 0.4)))
        points = place(result.longitude, result.latitude)
    else:
        points = np.stack([result.longitude, result.latitude], axis=1)
        figure.update_xaxes(title_text="経度" if ja else "Longitude, degrees")
        figure.update_yaxes(title_text="緯度" if ja else "Latitude, degrees")
    for at, english, japanese, colour, size in groups:
        if at.any():
            figure.add_scatter(
                x=points[at, 0].round(2 if inside else 4),
                y=points[at, 1].round(2 if inside else 4),
                mode="markers",
                marker={"size": size, "color": colour},
                name=f"{japanese if ja else english} ({int(at.sum()):,})",
                hoverinfo="skip",
            )
    if inside:
        return finish(figure, drawn, lang)
    return figure.update_yaxes(scaleanchor="x", scaleratio=1.24)


@draws
def local_moran(result: LocalMoran, *, lang: str = "en") -> go.Figure:
    """Draw the Moran scatter, areas of each kind coloured."""
    ja = lang == "ja"
    figure = blank(
        f"ローカル・モラン（{result.industry}、{result.period}年、n = {len(result.areas)}）"
        if ja
        else f"Like areas together: {result.industry}, {result.period}, n = {len(result.areas)}",
        result,
        lang=lang,
        x="特化係数 − 1" if ja else "Location quotient less 1",
        y="ローカル・モラン統計量" if ja else "Local Moran",
    )
    words = {
        "high-high": ("high among high", "高・高", RED),
        "low-low": ("low among low", "低・低", BLUE),
        "high-low": ("high among low", "高・低", ORANGE),
        "low-high": ("low among high", "低・高", SKY),
        "": ("not significant", "有意でない", MISSING),
    }
    kinds = np.array(result.kind)
    for kind, (english, japanese, colour) in words.items():
        at = kinds == kind
        if at.any():
            figure.add_scatter(
                x=result.value[at],
                y=result.local_moran[at],
                mode="markers",
                marker={"color": colour, "size": 7},
                text=np.array(result.area_names)[at],
                hovertemplate="%{text}<extra></extra>",
                name=f"{japanese if ja else english} ({int(at.sum())})",
            )
    return figure


# ---- the map ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Lens:
    """A window of the map, and the frame in which it is shown larger; kilometres on the map."""

    window: shapely.Polygon
    frame: shapely.Polygon

    def of(self, shape: shapely.Geometry) -> shapely.Geometry:
        """What of a shape is seen in the frame."""
        seen = shapely.intersection(shape, self.window)
        return affinity.affine_transform(seen, [MAGNIFIED, 0, 0, MAGNIFIED, *self._shift()])

    def points(self, points: Floats) -> Floats:
        """Where the points that lie in the window are seen."""
        moved: Floats = MAGNIFIED * points[self.holds(points)] + self._shift()
        return moved

    def holds(self, points: Floats) -> Bools:
        """Which points lie in the window."""
        held: Bools = shapely.intersects(self.window, shapely.points(points))
        return held

    def _shift(self) -> Floats:
        to, of = np.array(self.frame.bounds[:2]), np.array(self.window.bounds[:2])
        shift: Floats = to - MAGNIFIED * of
        return shift


def _map(result: Clusters, lang: str) -> go.Figure:
    ja = lang == "ja"
    drawn = municipal_shapes()
    at = {code: k for k, code in enumerate(drawn.codes)}
    essential = result.essential
    others = tuple(one for one in result.found if not one.essential)
    clustered = {code for one in result.found for code in one.areas}

    def shape(codes: Sequence[str]) -> shapely.Geometry:
        return shapely.union_all([drawn.outlines[at[code]] for code in codes])

    outlines = {one.areas: shape(one.areas) for one in result.found}
    labelled = essential[:LABELLED]
    anchors = inner_points([outlines[one.areas] for one in labelled])
    lens = _lens(drawn, anchors)

    def both(shapes: Sequence[shapely.Geometry]) -> list[shapely.Geometry]:
        return [*shapes, *(map(lens.of, shapes) if lens else ())]

    figure = blank(_title(result, lang), result, lang=lang, height=HEIGHT)
    figure.add_trace(_quietly(filled(both([drawn.ground]), "", PALE, GREY, 0.4)))
    quiet = [code for code in result.areas if code not in {*clustered, *result.without_reference}]
    words = "クラスター外" if ja else "No cluster"
    label = f"{words} ({len(quiet):,})"
    figure.add_trace(filled(both([shape(quiet)]), label, WITH_FIGURES, WITH_FIGURES, 0))
    if result.without_reference:
        words = "事業所なし・非公表" if ja else "No plants, or none published"
        label = f"{words} ({len(result.without_reference):,})"
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            marker={
                "symbol": "square",
                "size": 11,
                "color": PALE,
                "line": {"color": GREY, "width": 1},
            },
            name=label,
        )
    figure.add_trace(_quietly(filled(both(_prefectures()), "", "rgba(0,0,0,0)", LINE, 0.5)))
    for some, english, japanese, colour in (
        (others, "Other clusters", "その他のクラスター", OTHER),
        (essential, "Essential clusters", "主要クラスター", ESSENTIAL),
    ):
        if some:
            share = sum(one.share for one in some)
            label = (
                f"{japanese}（{len(some)}、事業所の{share:.0%}）"
                if ja
                else f"{english} ({len(some)}): {share:.0%} of plants"
            )
            figure.add_trace(filled(both([outlines[one.areas] for one in some]), label, colour))
    if np.isfinite(result.global_extent_share):
        figure.add_trace(_containment(result, lens, lang))
    for one in (*others, *essential):
        figure.add_trace(_hover(one, drawn, at, lens, lang))
    finish(figure, drawn, lang)
    left, _, right, _ = drawn.ground.bounds
    figure.update_layout(
        margin={"t": TOP, "b": BOTTOM},
        legend={"traceorder": "reversed"},
        xaxis_range=[left - MARGIN_KM - 10, right + 10],
    )
    for part in (lens.window, lens.frame) if lens else ():
        x0, y0, x1, y1 = part.bounds
        figure.add_shape(type="rect", x0=x0, y0=y0, x1=x1, y1=y1, line={"color": GREY, "width": 1})
    if lens:
        figure.add_annotation(
            x=lens.frame.bounds[2],
            y=lens.frame.bounds[3],
            text=f"{MAGNIFIED:g}倍に拡大" if ja else f"{MAGNIFIED:g} times larger",
            showarrow=False,
            xanchor="right",
            yanchor="bottom",
            font={"size": 11, "color": GREY},
        )
    texts = [_label(one, drawn, at, lang) for one in labelled]
    _write(figure, drawn, anchors, texts, list(outlines.values()), lens)
    return figure


def _km_per_px(drawn: Shapes) -> float:
    _, bottom, _, top = drawn.ground.bounds
    return float((top - bottom + 20) / (HEIGHT - TOP - BOTTOM))


def _lens(drawn: Shapes, anchors: Floats) -> _Lens | None:
    """Look at the part where most of the labelled clusters lie, if they are several."""
    wide, high = np.array(FRAME_PX) * _km_per_px(drawn) / MAGNIFIED
    room = 0.8 * np.array([wide, high])
    best: Floats = np.empty((0, 2))
    for anchor in anchors:
        for corner in product((0.0, 0.5, 1.0), (0.0, 0.5, 1.0)):
            low = anchor - np.array(corner) * room
            inside = anchors[((anchors >= low) & (anchors <= low + room)).all(axis=1)]
            if len(inside) > len(best):
                best = inside
    if len(best) < TOGETHER:
        return None
    x, y = (best.min(axis=0) + best.max(axis=0)) / 2
    window = shapely.box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    left, _, _, top = drawn.ground.bounds
    west, north = left - MARGIN_KM, top - LEGEND_PX[1] * _km_per_px(drawn)
    frame = shapely.box(west, north - MAGNIFIED * high, west + MAGNIFIED * wide, north)
    return _Lens(window, frame)


def _quietly(trace: go.Scatter) -> go.Scatter:
    trace.showlegend = False
    return trace


def _title(result: Clusters, lang: str) -> str:
    name = _industry(result, lang)
    tested = f"p ≤ {SIGNIFICANT}" if result.simulations else ""
    if lang == "ja":
        sure = f"、各{tested}" if tested else "、未検定"
        return f"{name}の集積（{result.period}年、n = {result.plants:,.0f}事業所{sure}）"
    if name[1:2].islower():
        name = name[0].lower() + name[1:]
    sure = f", {tested} each" if tested else ", not tested"
    return f"Clusters of {name}, {result.period} (n = {result.plants:,.0f} plants{sure})"


def _industry(result: Clusters, lang: str) -> str:
    """Name of the industry; in Japanese where a bundled classification has code and name."""
    if lang == "ja":
        for name in CLASSIFICATIONS:
            table = classification(name).table
            same = (table["code"] == result.industry) & (table["name_en"] == result.industry_name)
            if same.any():
                return str(table.loc[same, "name_ja"].iloc[0])
    return result.industry_name


@lru_cache
def _prefectures() -> tuple[shapely.Geometry, ...]:
    """Outlines of the 47 prefectures on the map."""
    drawn = municipal_shapes()
    prefecture = np.array([code[:2] for code in drawn.codes])
    shapes = np.array(drawn.outlines)
    return tuple(shapely.union_all(shapes[prefecture == one]) for one in np.unique(prefecture))


def _containment(result: Clusters, lens: _Lens | None, lang: str) -> go.Scatter:
    """A dashed line around the centres of the essential clusters' areas."""
    table = municipalities(DATE).set_index("code")
    codes = [code for one in result.essential for code in one.areas]
    centres = table.loc[codes, ["longitude", "latitude"]].to_numpy(dtype=float)
    hull = shapely.MultiPoint(project(centres[:, 0], centres[:, 1])).convex_hull.buffer(AROUND_KM)
    ring = hull.exterior.simplify(0.5)
    lines = [ring, *(shapely.get_parts(lens.of(ring)) if lens else ())]
    gap = np.full((1, 2), np.nan)
    corners = np.vstack([part for line in lines for part in (shapely.get_coordinates(line), gap)])
    extent, density = result.global_extent_share, result.local_density_share
    land = result.extent_unit == "land"
    return go.Scatter(
        x=corners[:-1, 0].round(1),
        y=corners[:-1, 1].round(1),
        mode="lines",
        line={"color": INK, "width": 1, "dash": "4px,3px"},
        name=(
            f"主要クラスターの範囲（{'国土' if land else '地域'}の{extent:.0%}、うち{density:.0%}"
            "が主要クラスター）"
            if lang == "ja"
            else f"Essential containment: {extent:.0%} of {'land' if land else 'areas'}, "
            f"{density:.0%} of it filled"
        ),
        hoverinfo="skip",
    )


def _hover(
    one: Cluster, drawn: Shapes, at: dict[str, int], lens: _Lens | None, lang: str
) -> go.Scatter:
    """Invisible points on the members of a cluster, which say what it is."""
    ja = lang == "ja"
    names = drawn.names_ja if ja else drawn.names_en
    members = ("、" if ja else ", ").join(names[at[code]] for code in one.areas[:MEMBERS])
    more = len(one.areas) - MEMBERS
    if more > 0:
        members += f" ほか{more}" if ja else f" and {more} more"
    text = (
        f"{members}<br>{one.plants:,.0f}事業所、全国の{one.share:.1%}、期待値の{one.ratio:.1f}倍"
        if ja
        else f"{members}<br>{one.plants:,.0f} plants, {one.share:.1%} of the industry, "
        f"{one.ratio:.1f} times the expected"
    )
    points = inner_points([drawn.outlines[at[code]] for code in one.areas])
    if lens:
        points = np.vstack([points, lens.points(points)])
    return go.Scatter(
        x=points[:, 0].round(1),
        y=points[:, 1].round(1),
        mode="markers",
        marker={"size": 12, "opacity": 0},
        hovertemplate=f"{text}<br>p = {one.p:.2f}<extra></extra>",
        showlegend=False,
    )


def _label(one: Cluster, drawn: Shapes, at: dict[str, int], lang: str) -> str:
    ja = lang == "ja"
    name = (drawn.names_ja if ja else drawn.names_en)[at[one.areas[0]]]
    more = len(one.areas) - 1
    others = (f"ほか{more}" if ja else f" +{more}") if more else ""
    return f"{name}{others}{'：' if ja else ': '}{one.share:.0%}"


# ---- labels that do not overlap ----------------------------------------------------------------


def _write(
    figure: go.Figure,
    drawn: Shapes,
    anchors: Floats,
    texts: Sequence[str],
    clusters: Sequence[shapely.Geometry],
    lens: _Lens | None,
) -> None:
    """Write each text beside its place, on the sea where there is room, with a line to it."""
    left, bottom, right, top = drawn.ground.bounds
    km = _km_per_px(drawn)
    land = drawn.ground.simplify(8)
    crowded = shapely.union_all([shape.simplify(3) for shape in clusters])
    page = shapely.box(left - MARGIN_KM, bottom, right, top)
    wide, high = np.array(LEGEND_PX) * km
    taken: list[shapely.Geometry] = [
        *([] if drawn.frame is None else [shapely.box(*drawn.frame)]),
        shapely.box(left - MARGIN_KM, top - high, left - MARGIN_KM + wide, top),
    ]
    if lens:
        land = shapely.union_all([land, lens.of(land)])
        crowded = shapely.union_all([crowded, lens.of(crowded), lens.window])
        _, _, east, north = lens.frame.bounds
        taken.append(shapely.box(east - 90 * km, north, east, north + 16 * km))  # its caption
        seen = lens.holds(anchors)
        anchors = anchors.copy()
        anchors[seen] = lens.points(anchors)
    angles = np.radians(np.arange(0, 360, 15))
    for anchor, text in zip(anchors, texts, strict=True):
        wide = sum(12.5 if ord(letter) > 0x2E80 else 7.0 for letter in text) + 6
        best, chosen = np.inf, (0.0, 0.0)
        for reach, angle in product((30, 50, 75, 105, 140, 180), angles):
            # reach is from the place to the nearest side of the text, pixels
            across = np.cos(angle) * (reach + wide / 2)
            up = np.sin(angle) * (reach + 9)
            x, y = anchor + np.array([across, up]) * km
            box = shapely.box(x - wide / 2 * km, y - 10 * km, x + wide / 2 * km, y + 10 * km)
            line = shapely.LineString([anchor, (x, y)])
            cost = reach / 60 + 6 * (1 - shapely.area(shapely.intersection(box, page)) / box.area)
            cost += 2 * shapely.area(shapely.intersection(box, land)) / box.area
            cost += 8 * shapely.area(shapely.intersection(box, crowded)) / box.area
            cost += sum(
                10.0 * shapely.intersects(box, other) + 8.0 * shapely.intersects(line, other)
                for other in taken
            )
            if lens:
                cost += 10.0 * shapely.intersects(box, lens.frame.exterior)
            if cost < best:
                best, chosen = float(cost), (float(across), float(up))
        x, y = anchor + np.array(chosen) * km
        taken += [
            shapely.box(x - wide / 2 * km, y - 10 * km, x + wide / 2 * km, y + 10 * km),
            shapely.LineString([anchor, (x, y)]),
        ]
        figure.add_annotation(
            x=anchor[0],
            y=anchor[1],
            ax=chosen[0],
            ay=-chosen[1],
            text=text,
            showarrow=True,
            arrowhead=6,
            arrowsize=0.8,
            arrowwidth=0.8,
            arrowcolor=INK,
            font={"size": 12, "color": INK},
            bgcolor="rgba(255,255,255,0.8)",
            borderpad=1,
        )


# ---- without a map ------------------------------------------------------------------------------


def _bars(result: Clusters, lang: str) -> go.Figure:
    """Share of the industry beside what is expected, one bar per cluster."""
    ja = lang == "ja"
    shown = result.found[:BARS][::-1]
    figure = blank(
        _title(result, lang),
        result,
        lang=lang,
        x="事業所に占める割合（%）" if ja else "% of plants",
        height=160 + 30 * max(len(shown), 3),
    )
    joint = "、" if ja else ", "
    labels = [
        short(f"{k}. {joint.join(one.area_names)}", 44) for k, one in _numbered(shown, result)
    ]
    figure.add_bar(
        y=labels,
        x=[100 * one.share for one in shown],
        orientation="h",
        marker_color=[BLUE if one.essential else SKY for one in shown],
        name="産業の割合（淡色：主要でない）"
        if ja
        else "Share of the industry (pale: not essential)",
        customdata=[[one.ratio, one.p] for one in shown],
        hovertemplate=(
            "%{y}: %{x:.1f}%、期待値の%{customdata[0]:.1f}倍、"
            "p = %{customdata[1]:.2f}<extra></extra>"
            if ja
            else "%{y}: %{x:.1f}%, %{customdata[0]:.1f} times the expected, "
            "p = %{customdata[1]:.2f}<extra></extra>"
        ),
    )
    figure.add_scatter(
        y=labels,
        x=[100 * one.reference_share for one in shown],
        mode="markers",
        marker={"symbol": "line-ns", "size": 14, "line": {"width": 3, "color": RED}},
        name="偶然なら" if ja else "By chance",
    )
    figure.update_layout(legend={"y": -0.14})
    return figure


def _numbered(shown: Sequence[Cluster], result: Clusters) -> list[tuple[int, Cluster]]:
    return [(result.found.index(one) + 1, one) for one in shown]
