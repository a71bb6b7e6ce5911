"""How is a profile told on slides?

Prefectures live in PowerPoint: ``slides_of`` gives a deck of the same answers, with charts that can
be edited: one slide for what is found, one for each direction that applies, the last for sources;
of several areas, charts side by side. Text is as large as fits, never below what a room can read:
what does not fit goes on to the next slide. The notes of a slide hold its sources and the command
that recomputes it.

Takes: a ``Profile`` or a ``Comparison``, and a language. Gives: the bytes of a .pptx file.
Limits: charts show what fits a slide; the page and the workbook have everything.
"""

import io
import itertools
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from lxml import etree
from pptx import Presentation
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_TICK_LABEL_POSITION,
)
from pptx.enum.dml import MSO_LINE_DASH_STYLE
from pptx.enum.lang import MSO_LANGUAGE_ID
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.util import Emu, Inches, Pt

from shuseki.language import Message, joined, say, told, word
from shuseki.profile.directions import WORDS
from shuseki.profile.profiles import Comparison, Profile
from shuseki.report.marks import mark
from shuseki.report.words import Lang, check_language, column_words
from shuseki.sources import Source

__all__ = ["slides_of"]

WIDTH, HEIGHT = Inches(13.333), Inches(7.5)
MARGIN = Inches(0.6)
INNER = Emu(WIDTH - 2 * MARGIN)
BODY_TOP, BODY_HEIGHT = Inches(1.45), Inches(5.35)
LINE_HEIGHT = Inches(1.0)
INK, GREY, BLUE, RED = (RGBColor.from_string(c) for c in ("22303C", "5A6873", "0072B2", "D55E00"))
SERIES = tuple(RGBColor.from_string(c) for c in ("0072B2", "D55E00", "009E73", "CC79A7", "E69F00",
                                                 "56B4E9"))  # fmt: skip
WHITE = RGBColor.from_string("FFFFFF")
SHOWN = 10
"""Bars on one slide."""
TAGS = {"en": "en-GB", "ja": "ja-JP"}
"""Language → the tag by which spelling is checked."""
TITLE, BODY, SMALL, CHART, FOOT = 32, (28, 26, 24, 22, 20), (16, 14, 12), 16, 12
"""Sizes of type in points, the largest that fits first."""
FACE = "Yu Gothic"
"""Japanese typeface of PowerPoint on Windows and macOS; others take their own."""


def slides_of(answer: Profile | Comparison, lang: str = "en") -> bytes:
    """Make the deck of one area, or of several side by side."""
    deck = _Deck(check_language(lang), answer.sources)
    if isinstance(answer, Comparison):
        _tell_several(deck, answer)
        deck.book.core_properties.title = deck.tell(answer.headline())
    else:
        _tell_one(deck, answer)
        deck.book.core_properties.title = deck.tell(say("Profile of {area}", area=answer.area_name))
    deck.book.core_properties.author = "shuseki"
    raw = io.BytesIO()
    deck.book.save(raw)
    return raw.getvalue()


# ---- one area ------------------------------------------------------------------------------------


def _tell_one(deck: "_Deck", answer: Profile) -> None:
    items: list[Message] = [answer.character.headline()]
    if answer.character.beside_the_paper is not None:
        items.append(answer.character.beside_the_paper)
    items += [answer.position.headline(), answer.frameworks.headline(), answer.trend.headline()]
    items += [one.headline() for key, one in answer.entry.items() if key in SHOWN_EQUATIONS]
    items += [answer.peers.headline()]
    command = f"shuseki profile {answer.area} --by {answer.division}"
    deck.text(say("Profile of {area}", area=answer.area_name), items, notes=command)
    if answer.papers is not None:
        deck.text(
            say("What the papers say of {area}", area=answer.area_name),
            answer.papers.told(),
            sizes=(24, 22, 20, 18),
            notes=f"{command} --part papers",
        )
    _standing(deck, answer, f"{command} --part position")
    around = answer.prefecture_industries
    if around is not None and around.codes:
        deck.bars(
            say("Industries of the prefecture"),
            around.headline(),
            list(around.industries[::-1]),
            {
                column_words("location_quotient", deck.lang): [
                    float(q) for q in around.quotient[::-1]
                ]
            },
            shape="0.0",
            sources=around.sources,
            notes=f"{command} --part prefecture_industries",
        )
    _conditions(deck, answer, f"{command} --part frameworks")
    _course(deck, answer, f"{command} --part trend")
    for key in SHOWN_EQUATIONS:
        if key not in answer.entry:
            continue
        one = answer.entry[key]
        order = np.argsort(np.abs(one.contribution))
        deck.bars(
            one.equation.label,
            one.headline(),
            [one.equation.terms[k].label for k in order],
            {say("difference from the mean"): [float(one.contribution[k]) for k in order]},
            shape="+0.00;−0.00;0.00",
            sources=one.sources,
            notes=f"{command} --part entry",
        )
    for judged in answer.directions.of("applies"):
        parts = [judged.direction.text]
        if judged.evidence:
            parts.append(say("Evidence: {evidence}", evidence=joined(judged.evidence, " ")))
        parts.append(say("What would overturn it: {what}", what=judged.direction.overturn))
        source = judged.direction.source
        footer = source.words() if source else ""
        deck.text(judged.direction.label, parts, footer=footer, notes=judged.command)
    known = dict.fromkeys(
        source.at("").words() for part in answer.parts().values() for source in part.sources
    )
    deck.text(
        say("Sources, and what is missing"),
        [say("Missing: {what}", what=joined(answer.missing, ", ")), *known],
        sizes=SMALL,
        footer="",
    )


SHOWN_EQUATIONS = ("births", "companies")


def _standing(deck: "_Deck", answer: Profile, command: str) -> None:
    place = answer.position
    known = [k for k in range(len(place.indicators)) if np.isfinite(place.standing[k])]
    order = sorted(known, key=lambda k: place.standing[k])
    shown = [*order[: SHOWN // 2], *order[-SHOWN // 2 :]] if len(order) > SHOWN else order
    deck.bars(
        say("Where it stands: the lowest and the highest"),
        place.headline(),
        [place.indicators[k].label for k in shown],
        {say("standing, 100 is best"): [float(place.standing[k]) for k in shown]},
        top=100,
        notes=command,
    )


def _conditions(deck: "_Deck", answer: Profile, command: str) -> None:
    found, at = answer.frameworks, 0
    for framework, verdict in zip(found.frameworks, found.verdicts(), strict=True):
        part = range(at, at + len(framework.conditions))
        at += len(framework.conditions)
        shown = [k for k in part if np.isfinite(found.score[k])][::-1]
        if shown:
            deck.bars(
                framework.label,
                verdict,
                [found.conditions[k][1].label for k in shown],
                {say("score, 0 to 100"): [float(found.score[k]) for k in shown]},
                top=100,
                sources=found.sources,
                notes=command,
            )


def _course(deck: "_Deck", answer: Profile, command: str) -> None:
    found = answer.trend
    told_of = [p for p in found.pieces if p.variable in ("employees_4_plus", "employment")]
    piece = next((p for p in [*told_of, *found.pieces] if len(p.years) > 2), None)
    if piece is not None:
        deck.course(
            say("{series}, {year} = 100", series=word(piece.variable), year=str(piece.years[0])),
            found.headline(),
            piece.years,
            {reference: piece.index[k] for k, reference in enumerate(found.references)},
            sources=found.sources,
            notes=command,
        )


# ---- several -------------------------------------------------------------------------------------


def _tell_several(deck: "_Deck", answer: Comparison) -> None:
    profiles = answer.profiles
    names = [one.area_name for one in profiles]
    title = say("{areas} side by side", areas=joined(names, ", "))
    command = f"shuseki compare {' '.join(one.area for one in profiles)}"
    deck.text(title, [one.headline() for one in profiles], notes=command)
    at = 0
    for framework in profiles[0].frameworks.frameworks:
        part = range(at, at + len(framework.conditions))
        at += len(framework.conditions)
        scores = np.array([[one.frameworks.score[k] for k in part] for one in profiles])
        kept = [j for j in range(len(part)) if np.isfinite(scores[:, j]).any()][::-1]
        if kept:
            deck.bars(
                framework.label,
                say("score, 0 to 100"),
                [profiles[0].frameworks.conditions[part[j]][1].label for j in kept],
                {name: [float(row[j]) for j in kept]
                 for name, row in zip(names, scores, strict=True)},
                top=100,
                sources=profiles[0].frameworks.sources,
                notes=command,
            )  # fmt: skip
    verdicts = [{j.direction.id: WORDS[j.verdict] for j in one.directions.judged}
                for one in profiles]  # fmt: skip
    rows = [
        [judged.direction.label, *(one[judged.direction.id] for one in verdicts)]
        for judged in profiles[0].directions.judged
    ]
    for start in range(0, len(rows), ROWS):
        deck.table(
            say("Verdicts on the directions"),
            [say("Direction"), *names],
            rows[start : start + ROWS],
            sources=profiles[0].directions.sources,
            notes=command,
        )
    known = dict.fromkeys(
        source.at("").words()
        for one in profiles
        for part in one.parts().values()
        for source in part.sources
    )
    deck.text(say("Sources"), list(known), sizes=SMALL, footer="")


ROWS = 8
"""Rows of a table on one slide."""


# ---- pieces of a slide ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    colour: RGBColor
    points: float
    dash: MSO_LINE_DASH_STYLE


LINES = {
    "area": _Line(RED, 5, MSO_LINE_DASH_STYLE.SOLID),
    "nation": _Line(INK, 2.5, MSO_LINE_DASH_STYLE.ROUND_DOT),
    "prefecture": _Line(GREY, 2.5, MSO_LINE_DASH_STYLE.DASH),
    "peers": _Line(BLUE, 2.5, MSO_LINE_DASH_STYLE.SOLID),
}


class _Deck:
    """A deck that is told in one language; every slide has a title, a foot and a number."""

    def __init__(self, lang: Lang, sources: tuple[Source, ...]) -> None:
        self.lang = lang
        self.origin = mark(sources, lang)
        self.book = Presentation()
        self.book.slide_width, self.book.slide_height = WIDTH, HEIGHT
        theme = self.book.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
        theme._blob = _with_face(theme.blob)

    def tell(self, text: object) -> str:
        """A text in the language of the deck; a minus sign does not leave its number."""
        return re.sub(r"(?<![\w.\d])-(?=\d)", "−", str(told(text, self.lang)))

    def text(
        self,
        title: object,
        items: Sequence[object],
        *,
        sizes: Sequence[int] = BODY,
        footer: str | None = None,
        notes: str = "",
    ) -> None:
        """Paragraphs, on as few slides as hold them at the smallest size, shared out evenly."""
        told_items = [self.tell(item) for item in items]
        runs, size = _shared_out(told_items, sizes)
        for run in runs:
            slide = self.slide(title, footer, notes)
            frame = self.box(slide, BODY_TOP, BODY_HEIGHT)
            for k, item in enumerate(run):
                paragraph = frame.paragraphs[0] if k == 0 else frame.add_paragraph()
                paragraph.space_after = Pt(size / 2)
                self.write(paragraph, f"• {item}" if len(items) > 1 else item, size)

    def bars(
        self,
        title: object,
        finding: object,
        labels: Sequence[object],
        series: dict[Any, list[float]],
        *,
        shape: str = "0",
        top: float | None = None,
        sources: tuple[Source, ...] = (),
        notes: str = "",
    ) -> None:
        """What is found, and bars; one series is red where it is low or negative."""
        data = CategoryChartData(number_format=shape)
        data.categories = [self.tell(label) for label in labels]
        turned = list(series.items())[::-1] if len(series) > 1 else list(series.items())
        for name, numbers in turned:  # bars are drawn from below
            data.add_series(self.tell(name), [n if np.isfinite(n) else None for n in numbers])
        chart = self.chart(title, finding, XL_CHART_TYPE.BAR_CLUSTERED, data, sources, notes)
        chart.has_legend = len(series) > 1
        plot = chart.plots[0]
        plot.gap_width = 45
        plot.has_data_labels = True
        plot.data_labels.number_format, plot.data_labels.number_format_is_linked = shape, False
        plot.data_labels.position = XL_LABEL_POSITION.OUTSIDE_END
        colours = [BLUE] if len(series) == 1 else [SERIES[k % len(SERIES)]
                                                   for k in range(len(series))][::-1]  # fmt: skip
        for bars, colour in zip(plot.series, colours, strict=True):
            bars.invert_if_negative = False
            bars.format.fill.solid()
            bars.format.fill.fore_color.rgb = colour
        if len(series) == 1:
            for k, number in enumerate(turned[0][1]):
                if number < 0 or (top is not None and number <= top / 3):
                    fill = plot.series[0].points[k].format.fill
                    fill.solid()
                    fill.fore_color.rgb = RED
        else:
            self.legend(chart)
        chart.value_axis.has_major_gridlines = False
        chart.value_axis.visible = False
        if top is not None:
            chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0, top * 1.06
        chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        chart.category_axis.format.line.color.rgb = GREY

    def course(
        self,
        title: object,
        finding: object,
        years: Sequence[int],
        lines: dict[str, Any],
        *,
        sources: tuple[Source, ...],
        notes: str,
    ) -> None:
        """What is found, and lines over the years, those without a number left out."""
        data = XyChartData()
        for reference, numbers in lines.items():
            one = data.add_series(self.tell(word(reference)))
            for year, number in zip(years, numbers, strict=True):
                if np.isfinite(number):
                    one.add_data_point(year, float(number))
        kind = XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS
        chart = self.chart(title, finding, kind, data, sources, notes)
        for line, reference in zip(chart.plots[0].series, lines, strict=True):
            style = LINES[reference]
            line.smooth = False
            line.format.line.color.rgb = style.colour
            line.format.line.width, line.format.line.dash_style = Pt(style.points), style.dash
        self.legend(chart)
        chart.category_axis.minimum_scale, chart.category_axis.maximum_scale = years[0], years[-1]
        chart.category_axis.has_major_gridlines = False
        chart.category_axis.tick_labels.number_format = "0"
        chart.category_axis.tick_labels.number_format_is_linked = False
        chart.value_axis.minimum_scale = 0
        chart.value_axis.tick_labels.number_format = "0"
        chart.value_axis.tick_labels.number_format_is_linked = False
        chart.value_axis.major_gridlines.format.line.color.rgb = RGBColor.from_string("D5DCE1")

    def table(
        self,
        title: object,
        heads: Sequence[object],
        rows: Sequence[Sequence[object]],
        *,
        sources: tuple[Source, ...],
        notes: str,
    ) -> None:
        """A table, its first column the widest."""
        slide = self.slide(title, mark(sources, self.lang), notes)
        made = slide.shapes.add_table(
            len(rows) + 1, len(heads), MARGIN, BODY_TOP, INNER, Inches(0.42) * (len(rows) + 1)
        ).table
        first = INNER * 2 // 5 if len(heads) < 5 else INNER // 3
        for k in range(len(heads)):
            made.columns[k].width = first if k == 0 else (INNER - first) // (len(heads) - 1)
        for r, row in enumerate([heads, *rows]):
            for k, value in enumerate(row):
                cell = made.cell(r, k)
                cell.margin_top = cell.margin_bottom = Inches(0.03)
                paragraph = cell.text_frame.paragraphs[0]
                size = 16 if len(heads) < 5 else 14
                head, true = r == 0, value is WORDS["applies"]
                self.write(paragraph, self.tell(value), size, bold=head or true,
                           colour=WHITE if head else BLUE if true else INK)  # fmt: skip

    def chart(
        self,
        title: object,
        finding: object,
        kind: XL_CHART_TYPE,
        data: Any,
        sources: tuple[Source, ...],
        notes: str,
    ) -> Any:
        slide = self.slide(title, mark(sources, self.lang) if sources else None, notes)
        text = self.tell(finding)
        size = next((s for s in (22, 20) if _height([text], s) <= LINE_HEIGHT.pt), 18)
        self.write(self.box(slide, BODY_TOP, LINE_HEIGHT).paragraphs[0], text, size, colour=BLUE)
        chart = slide.shapes.add_chart(
            kind, MARGIN, BODY_TOP + LINE_HEIGHT, INNER, BODY_HEIGHT - LINE_HEIGHT, data
        ).chart
        chart.has_title = False
        chart.font.size = Pt(CHART)
        chart.font.color.rgb = INK
        return chart

    def legend(self, chart: Any) -> None:
        chart.has_legend = True
        chart.legend.position = XL_LEGEND_POSITION.BOTTOM
        chart.legend.include_in_layout = False
        chart.legend.font.size = Pt(CHART)

    def slide(self, title: object, footer: str | None, notes: str) -> Any:
        slide = self.book.slides.add_slide(self.book.slide_layouts[5])
        heading = slide.shapes.title
        heading.left, heading.top, heading.width, heading.height = (
            MARGIN, Inches(0.35), INNER, Inches(1.0)
        )  # fmt: skip
        frame = heading.text_frame
        frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.MIDDLE
        frame.paragraphs[0].alignment = PP_ALIGN.LEFT
        text = self.tell(title).replace(" = ", "\u00a0=\u00a0")
        size = next((s for s in (TITLE, 28) if _lines(text, s * 1.1) == 1), 26)
        self.write(frame.paragraphs[0], text, size, bold=True)
        said = self.origin if footer is None else self.tell(footer)
        if said:
            foot = self.box(slide, Inches(6.95), Inches(0.4), INNER - Inches(0.8))
            self.write(foot.paragraphs[0], said, FOOT, colour=GREY)
        corner = self.box(slide, Inches(6.95), Inches(0.4), Inches(0.7), WIDTH - Inches(1.3))
        corner.paragraphs[0].alignment = PP_ALIGN.RIGHT
        self.write(corner.paragraphs[0], str(len(self.book.slides)), FOOT, colour=GREY)
        if notes:
            slide.notes_slide.notes_text_frame.text = "\n".join(filter(None, (notes, said)))
        return slide

    def box(self, slide: Any, top: int, height: int, width: int = INNER, left: int = MARGIN) -> Any:
        frame = slide.shapes.add_textbox(left, top, width, height).text_frame
        frame.word_wrap = True
        return frame

    def write(
        self, paragraph: Any, text: str, size: int, *, colour: RGBColor = INK, bold: bool = False
    ) -> None:
        run = paragraph.add_run()
        run.text = text
        run.font.size, run.font.bold = Pt(size), bold
        run.font.color.rgb = colour
        run.font.language_id = MSO_LANGUAGE_ID.from_xml(TAGS[self.lang])


def _with_face(theme: bytes) -> bytes:
    """A theme whose East Asian typeface is ours."""
    root = etree.fromstring(theme)
    for one in root.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}ea"):
        one.set("typeface", FACE)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _lines(text: str, size: float) -> int:
    """Lines that a text takes across a slide: a wide character is as wide as it is high."""
    wide = sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.55 for c in text)
    return max(math.ceil(wide * size / float(INNER.pt - 20)), 1)


def _height(items: Sequence[str], size: int) -> float:
    """Height of paragraphs in points."""
    return sum(_lines(f"• {item}", size) * size * 1.25 + size / 2 for item in items)


def _shared_out(items: Sequence[str], sizes: Sequence[int]) -> tuple[list[Sequence[str]], int]:
    """Runs of paragraphs, one for each slide, and the largest size at which all fit."""
    for slides in range(1, len(items) + 1):
        edges = [round(k * len(items) / slides) for k in range(slides + 1)]
        runs = [items[start:end] for start, end in itertools.pairwise(edges)]
        for size in sizes:
            if all(_height(run, size) <= BODY_HEIGHT.pt for run in runs):
                return runs, size
    return [[item] for item in items], sizes[-1]
