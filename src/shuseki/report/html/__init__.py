"""How does a document become one page that anybody can open, read and print?

`render` makes it one HTML file that needs nothing else: no network, no fonts, no server. Every
figure and table gets a number, a caption, a source line and the mark of its data; all sources are
listed at the end; a document that holds synthetic data says so under its title.

The templates beside this file say how each block looks; this module says what it holds.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache, partial
from html import escape, unescape
from importlib.resources import files
from typing import Any

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.io.json import to_json_plotly
from plotly.offline import get_plotlyjs

from shuseki.errors import ParameterError
from shuseki.language import Message, joined, say, told
from shuseki.report.blocks import Bullets, Document, Figure, Heading, Note, Numbers, Part
from shuseki.report.html.tables import table_html
from shuseki.report.marks import PRECEDENCE, mark, origin, short, suffix
from shuseki.report.plots.dispatch import plot
from shuseki.report.plots.theme import FONT, GREY, unchecked
from shuseki.report.tables import Table
from shuseki.report.words import Lang, Text, check_language, phrase, pick
from shuseki.results import Result
from shuseki.sources import Origin, Source

__all__ = ["Fragment", "render", "render_fragment"]

KINDS: tuple[Origin, ...] = (*PRECEDENCE, "method")


def render(document: Document, lang: str = "en") -> str:
    """Write a document as one self-contained HTML page.

    Parameters
    ----------
    document
        What to tell.
    lang
        ``"en"`` or ``"ja"``.

    Returns
    -------
    str
        HTML. The same document gives the same text.
    """
    language = check_language(lang)
    page = _Page(language, document.all_sources())
    sections = [
        {"title": pick(section.title, language), "parts": [page.shown(part) for part in parts]}
        for section, parts in zip(document.sections, document.parts(), strict=True)
    ]
    return (
        _templates()
        .get_template("document.html")
        .render(
            lang=language,
            say=partial(phrase, lang=language),
            title=pick(document.title, language),
            title_in_css=Markup(_css_string(pick(document.title, language))),
            subtitle=pick(document.subtitle, language),
            is_synthetic=document.is_synthetic,
            sections=sections,
            heading="h3",
            sources=page.source_list(),
            face=Markup(FONT),
            style=Markup(_text("document.css")),
            script=Markup(_text("document.js")),
            plotly=Markup(get_plotlyjs()) if page.figures else "",
        )
    )


@dataclass(frozen=True)
class Fragment:
    """Part of a page of another program.

    Attributes
    ----------
    html
        Sections and sources, without head, script and style.
    figures
        Key of each figure → its JSON, which the page loads when it shows it.
    """

    html: str
    figures: Mapping[str, str]


ROWS = 300
"""Rows of a table that a page of another program shows at a time."""


def render_fragment(
    document: Document,
    lang: str = "en",
    *,
    figures_at: str = "",
    rows_at: str = "",
    first: int = 1,
) -> Fragment:
    """Write the sections of a document, with their figures apart.

    Parameters
    ----------
    document
        What to tell.
    lang
        ``"en"`` or ``"ja"``.
    figures_at
        What stands before the key of a figure in ``data-src``, where the page finds its JSON.
    rows_at
        Address of the page up to the number of the first row shown: a table of more than ``ROWS``
        is shown in parts, with links to the others. Without it all rows are shown.
    first
        The first row shown of such a table, from 1.
    """
    language = check_language(lang)
    page = _Page(
        language, document.all_sources(), figures_at=figures_at, rows_at=rows_at, first=first
    )
    sections = [
        {"title": pick(section.title, language), "parts": [page.shown(part) for part in parts]}
        for section, parts in zip(document.sections, document.parts(), strict=True)
    ]
    html = (
        _templates()
        .get_template("fragment.html")
        .render(
            lang=language,
            say=partial(phrase, lang=language),
            sections=sections,
            heading="h3" if any(section["title"] for section in sections) else "h2",
            sources=page.source_list(),
        )
    )
    return Fragment(html, page.kept)


class _Page:
    """Numbers figures and tables as it shows them, and knows the anchor of each source."""

    def __init__(
        self,
        lang: Lang,
        sources: tuple[Source, ...],
        figures_at: str | None = None,
        rows_at: str = "",
        first: int = 1,
    ) -> None:
        self.lang = lang
        self.figures_at = figures_at
        self.rows_at, self.first = rows_at, first
        self.kept: dict[str, str] = {}
        self.figures = 0
        self.tables = 0
        self.works: dict[str, Source] = {}
        """As what each work is listed: once, with its terms, as data rather than as a method."""
        for source in sorted(
            sources, key=lambda source: (KINDS.index(source.origin), not source.terms)
        ):
            self.works.setdefault(self.work(source), source)
        named = dict.fromkeys(self.work(source) for source in sources)
        self.anchors = {work: f"source-{k}" for k, work in enumerate(named, start=1)}

    def shown(self, part: Part) -> dict[str, Any]:
        """What the template of a part needs, ``kind`` first."""
        match part:
            case Table():
                return self.table(part)
            case Figure():
                return self.figure(part)
            case Heading():
                return {
                    "kind": "heading",
                    "title": pick(part.title, self.lang),
                    "headline": self.words(part.headline),
                }
            case Numbers():
                values = [(value, pick(words, self.lang)) for value, words in part.values]
                return {"kind": "numbers", "values": values, "chip": self.chip(part.sources)}
            case Note():
                return {"kind": "note", "text": pick(part.text, self.lang)}
            case Bullets():
                return {"kind": "bullets", "items": [pick(item, self.lang) for item in part.items]}
            case _:
                return {"kind": "paragraph", "text": pick(part, self.lang)}

    def table(self, table: Table) -> dict[str, Any]:
        self.tables += 1
        key = f"table-{self.tables}"
        shown, others = self.window(len(table.frame))
        html = _hanging(table_html(table, self.lang, shown), table)
        html = html.replace("<table", f'<table aria-labelledby="{key}-caption"', 1)
        return {
            "kind": "table",
            "key": key,
            "number": phrase("table", self.lang, number=self.tables),
            "title": pick(table.title, self.lang),
            "html": Markup(html),
            "others": others,
            **self.under(table.notes, table.sources),
        }

    def window(self, rows: int) -> tuple[range | None, list[dict[str, str]]]:
        """Rows of a table that are shown, and links to the others."""
        if not self.rows_at or rows <= ROWS:
            return None, []
        starts = range(1, rows + 1, ROWS)
        now = max(start for start in starts if start <= max(self.first, 1))
        links = [
            {
                "words": f"{start:,}–{min(start + ROWS - 1, rows):,}",
                "address": "" if start == now else f"{self.rows_at}{start}",
            }
            for start in starts
        ]
        return range(now - 1, min(now - 1 + ROWS, rows)), links

    def figure(self, figure: Figure) -> dict[str, Any]:
        self.figures += 1
        key = f"figure-{self.figures}"
        result = figure.drawing if isinstance(figure.drawing, Result) else None
        with unchecked() if self.figures_at is not None else nullcontext():
            drawn = _drawn(figure, self.lang)
        notes, sources = figure.notes or (), figure.sources or ()
        title = pick(figure.caption, self.lang) or _own_title(drawn)
        if not title:
            raise ParameterError(
                say(
                    "Figure {figures} has neither a caption nor a title of its own. Expected "
                    "words that say what it shows. Give Figure(..., caption=...).",
                    figures=self.figures,
                )
            )
        alt = pick(figure.alt, self.lang) or ". ".join(
            filter(None, (title, pick(result.headline(), self.lang) if result else ""))
        )
        content = _untitled(drawn, sources, self.lang).replace("<", "\\u003c")
        src = ""
        if self.figures_at is not None:
            self.kept[key], content, src = content, "", f"{self.figures_at}{key}"
        return {
            "kind": "figure",
            "key": key,
            "number": phrase("figure", self.lang, number=self.figures),
            "title": title,
            "alt": alt,
            "height": int(drawn.layout.height or 420),
            "file": f"{key}{suffix(sources)}",
            "content": Markup(content),
            "src": src,
            **self.under(notes, sources),
        }

    def words(self, text: Text) -> dict[str, str]:
        """A text in the page's language; one that has a single version is in English."""
        foreign = self.lang != "en" and isinstance(text, str) and not isinstance(text, Message)
        return {"text": pick(text, self.lang), "lang": "en" if foreign else ""}

    def chip(self, sources: tuple[Source, ...]) -> dict[str, str]:
        """The mark of the data, and its kind."""
        return {"text": mark(sources, self.lang), "kind": origin(sources)}

    def work(self, source: Source) -> str:
        """The work that a source points into, as it is listed: whoever cites it, it is the same."""
        return str(told(Source(source.key, source.citation, source.year).words(), self.lang))

    def under(self, notes: Sequence[Text], sources: tuple[Source, ...]) -> dict[str, Any]:
        """Mark, source line and notes of a figure or a table; in the line a work stands once."""
        places: dict[str, list[str]] = {}
        for source in dict.fromkeys(sources):
            places.setdefault(self.work(source), []).extend([source.where] if source.where else [])
        return {
            "chip": self.chip(sources),
            "sources": [
                (
                    self.anchors[work],
                    short(self.works[work], self.lang),
                    told(joined(list(dict.fromkeys(where)), ", "), self.lang),
                )
                for work, where in places.items()
            ],
            "notes": [self.words(note) for note in notes],
        }

    def source_list(self) -> list[dict[str, Any]]:
        """Every source, by kind, invented data first."""
        groups = []
        for kind in KINDS:
            found = [
                (key, work, told(self.works[work].terms, self.lang))
                for work, key in self.anchors.items()
                if self.works[work].origin == kind
            ]
            if found:
                groups.append({"title": phrase(f"sources_{kind}", self.lang), "sources": found})
        return groups


def _hanging(html: str, table: Table) -> str:
    """Hang what follows a number (stars, ≠) outside its column, so that decimals align."""
    if table.endings is None:
        return html
    found = {ending for ending in table.endings.to_numpy().ravel() if ending}
    for ending in sorted(found, key=len, reverse=True):
        words = escape(ending)
        html = html.replace(f"{words}</td>", f'<span class="ending">{words}</span></td>')
    return html.replace('class="gt_table"', 'class="gt_table with-endings"', 1)


def _drawn(figure: Figure, lang: Lang) -> go.Figure:
    drawing = figure.drawing
    if isinstance(drawing, go.Figure):
        return drawing
    if isinstance(drawing, Result):
        return plot(drawing, lang=lang)
    return drawing(lang) if figure.values is None else drawing(lang, figure.values)


def _own_title(figure: go.Figure) -> str:
    """First line of a figure's title, as plain text: the second repeats the mark."""
    text = figure.layout.title.text or ""
    return unescape(re.sub(r"<[^>]*>", "", text.split("<br>")[0])).strip()


def _untitled(figure: go.Figure, sources: tuple[Source, ...], lang: Lang) -> str:
    """JSON without the title, which stands in the caption, but with the mark of invented data."""
    bare = figure.to_plotly_json()
    layout = bare["layout"]
    has_menu = bool(layout.get("updatemenus") or layout.get("sliders"))
    labels = [
        note
        for note in layout.get("annotations", ())
        if note.get("yref") == "paper" and note.get("y", 0) >= 1
    ]
    legend_above = (layout.get("legend", {}).get("y") or 0) >= 1
    layout.pop("title", None)
    layout.pop("height", None)
    if not has_menu:
        layout.setdefault("margin", {})["t"] = 48 if legend_above else 36 if labels else 24
    if origin(sources) == "synthetic":
        layout["title"] = {
            "text": mark(sources, lang),
            "font": {"size": 10, "color": GREY},
            "x": 1,
            "xref": "container",
            "xanchor": "right",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "pad": {"r": 4, "b": 4},
        }
    return str(to_json_plotly(bare))


def _css_string(text: str) -> str:
    """A text as a string of a style sheet, which no character of it ends."""
    kept = (c if c.isalnum() or c in " ,.-" else f"\\{ord(c):x} " for c in text)
    return f'"{"".join(kept)}"'


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("shuseki.report.html", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
