"""How is a profile told on slides?

Prefectures live in PowerPoint: ``slides_of`` gives a deck of the same answers, with charts that can
be edited. One slide for what is found, one for each direction that applies, the last for sources.

Takes: a ``Profile`` and a language. Gives: the bytes of a .pptx file.
Limits: charts show what fits a slide; the page and the workbook have everything.
"""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION
from pptx.util import Emu, Inches, Pt

from shuseki.language import Message, joined, say, told, word
from shuseki.profile.profiles import Profile
from shuseki.report.marks import mark
from shuseki.report.words import check_language

__all__ = ["slides_of"]

WIDTH, HEIGHT = Inches(13.333), Inches(7.5)
MARGIN = Inches(0.6)
INK, GREY, BLUE, RED = (RGBColor.from_string(c) for c in ("22303C", "6B7883", "0072B2", "D55E00"))
SHOWN = 10


def slides_of(answer: Profile, lang: str = "en") -> bytes:
    """Make the deck of one area."""
    language = check_language(lang)
    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDTH, HEIGHT

    def tell(text: Any) -> str:
        return str(told(text, language))

    name = tell(answer.area_name)
    origin = mark(answer.sources, language)
    first = _slide(deck, tell(say("Profile of {area}", area=answer.area_name)), origin)
    items: list[Message] = [answer.character.headline()]
    if answer.character.beside_the_paper is not None:
        items.append(answer.character.beside_the_paper)
    items += [answer.position.headline(), answer.frameworks.headline(), answer.trend.headline()]
    items += [one.headline() for key, one in answer.entry.items() if key in ("births", "companies")]
    items += [answer.peers.headline()]
    _bullets(first, [tell(item) for item in items])

    _standing(deck, answer, tell, origin)
    _conditions(deck, answer, tell, origin)
    _course(deck, answer, tell, origin)
    for key, one in answer.entry.items():
        if key not in ("births", "companies"):
            continue
        slide = _slide(deck, tell(one.equation.label), mark(one.sources, language))
        order = np.argsort(np.abs(one.contribution))
        _bars(
            slide,
            [tell(one.equation.terms[k].label) for k in order],
            {tell(say("difference from the mean")): one.contribution[order].tolist()},
            "+0.00;-0.00",
        )
        _line(slide, tell(one.headline()))
    for direction in answer.directions.of("applies"):
        slide = _slide(deck, tell(direction.direction.label), str(direction.direction.source or ""))
        _bullets(
            slide,
            [
                tell(direction.direction.text),
                tell(say("Evidence: {evidence}", evidence=joined(direction.evidence, " ")))
                if direction.evidence
                else "",
                tell(say("What would overturn it: {what}", what=direction.direction.overturn)),
            ],
        )
    last = _slide(deck, tell(say("Sources, and what is missing")), "")
    _bullets(
        last,
        [*dict.fromkeys(str(source) for source in answer.sources),
         tell(say("Missing: {what}", what=joined(answer.missing, ", ")))],
        size=12,
    )  # fmt: skip
    deck.core_properties.title = name
    deck.core_properties.author = "shuseki"
    raw = io.BytesIO()
    deck.save(raw)
    return raw.getvalue()


def _standing(deck: Any, answer: Profile, tell: Any, origin: str) -> None:
    place = answer.position
    known = [k for k in range(len(place.indicators)) if np.isfinite(place.standing[k])]
    order = sorted(known, key=lambda k: place.standing[k])
    shown = [*order[: SHOWN // 2], *order[-SHOWN // 2 :]] if len(order) > SHOWN else order
    slide = _slide(deck, tell(say("Where it stands: the lowest and the highest")), origin)
    _bars(
        slide,
        [tell(place.indicators[k].label) for k in shown],
        {tell(say("standing, 100 is best")): [float(place.standing[k]) for k in shown]},
        "0",
    )
    _line(slide, tell(place.headline()))


def _conditions(deck: Any, answer: Profile, tell: Any, origin: str) -> None:
    found, at = answer.frameworks, 0
    for framework, verdict in zip(found.frameworks, found.verdicts(), strict=True):
        part = range(at, at + len(framework.conditions))
        at += len(framework.conditions)
        shown = [k for k in part if np.isfinite(found.score[k])][::-1]
        if not shown:
            continue
        slide = _slide(deck, tell(framework.label), origin)
        labels = [tell(found.conditions[k][1].label) for k in shown]
        _bars(slide, labels, {tell(say("score, 0 to 100")): [float(found.score[k]) for k in shown]},
              "0")  # fmt: skip
        _line(slide, tell(verdict))


def _course(deck: Any, answer: Profile, tell: Any, origin: str) -> None:
    found = answer.trend
    piece = next((p for p in found.pieces if len(p.years) > 2), None)
    if piece is None:
        return
    slide = _slide(
        deck,
        tell(say("{series}, {year} = 100", series=word(piece.variable), year=str(piece.years[0]))),
        origin,
    )
    data = CategoryChartData()
    data.categories = [str(year) for year in piece.years]
    for k, reference in enumerate(found.references):
        data.add_series(tell(word(reference)), [None if not np.isfinite(x) else float(x)
                                                for x in piece.index[k]])  # fmt: skip
    chart = slide.shapes.add_chart(
        XL_CHART_TYPE.LINE, MARGIN, Inches(1.3), WIDTH - 2 * MARGIN, Inches(4.9), data
    ).chart
    chart.has_legend = True
    chart.legend.position = XL_LEGEND_POSITION.BOTTOM
    chart.legend.include_in_layout = False
    chart.font.size = Pt(12)
    _line(slide, tell(found.headline()))


# ---- pieces of a slide ---------------------------------------------------------------------------


def _slide(deck: Any, title: str, origin: str) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    box = slide.shapes.add_textbox(MARGIN, Inches(0.35), WIDTH - 2 * MARGIN, Inches(0.8))
    box.text_frame.word_wrap = True
    _write(box.text_frame.paragraphs[0], title, 28, INK, bold=True)
    if origin:
        foot = slide.shapes.add_textbox(MARGIN, Inches(6.95), WIDTH - 2 * MARGIN, Inches(0.4))
        foot.text_frame.word_wrap = True
        _write(foot.text_frame.paragraphs[0], origin, 10, GREY)
    return slide


def _bullets(slide: Any, items: Sequence[str], size: int = 16) -> None:
    box = slide.shapes.add_textbox(MARGIN, Inches(1.3), WIDTH - 2 * MARGIN, Inches(5.5))
    frame = box.text_frame
    frame.word_wrap = True
    kept = [item for item in items if item]
    for k, item in enumerate(kept):
        paragraph = frame.paragraphs[0] if k == 0 else frame.add_paragraph()
        paragraph.space_after = Pt(8)
        _write(paragraph, f"• {item}", size, INK)


def _line(slide: Any, text: str) -> None:
    box = slide.shapes.add_textbox(MARGIN, Inches(6.3), WIDTH - 2 * MARGIN, Inches(0.6))
    box.text_frame.word_wrap = True
    _write(box.text_frame.paragraphs[0], text, 13, INK)


def _bars(slide: Any, labels: list[str], series: dict[str, list[float]], shape: str) -> None:
    data = CategoryChartData(number_format=shape)
    data.categories = labels
    for name, numbers in series.items():
        data.add_series(name, numbers)
    place = (MARGIN, Inches(1.2), WIDTH - 2 * MARGIN, Inches(5.0))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *map(Emu, place), data).chart
    chart.has_legend = False
    chart.has_title = False
    chart.font.size = Pt(12)
    plot = chart.plots[0]
    plot.gap_width = 40
    plot.has_data_labels = True
    plot.data_labels.number_format, plot.data_labels.number_format_is_linked = shape, False
    plot.data_labels.position = XL_LABEL_POSITION.OUTSIDE_END
    bars = plot.series[0]
    bars.invert_if_negative = False
    bars.format.fill.solid()
    bars.format.fill.fore_color.rgb = BLUE
    for k, number in enumerate(next(iter(series.values()))):
        low = number < 0 or (shape == "0" and number <= 100 / 3)
        if low:
            bars.points[k].format.fill.solid()
            bars.points[k].format.fill.fore_color.rgb = RED
    chart.value_axis.has_major_gridlines = False
    chart.value_axis.visible = False
    chart.category_axis.tick_labels.font.size = Pt(12)


def _write(paragraph: Any, text: str, size: int, colour: RGBColor, *, bold: bool = False) -> None:
    run = paragraph.add_run()
    run.text = text
    run.font.size, run.font.bold = Pt(size), bold
    run.font.color.rgb = colour
