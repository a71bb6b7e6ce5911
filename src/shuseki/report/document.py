"""How do answers become one page that anybody can open, read and print?

A `Document` is sections of blocks. `render` makes it one HTML file that needs nothing else: no
network, no fonts, no server. Every figure and table gets a number, a caption, a source line and
the mark of its data; all sources are listed at the end; a document that holds synthetic data says
so under its title.

A block is whatever says it best::

    Document(
        ("Start-up rates", "開業率"),
        [
            Section(
                ("From candidates to births", "候補から開業へ"),
                [
                    ("Candidates are set aside step by step.", "候補を順に除外する。"),
                    run.funnel,                                   # headline, picture, table
                    Finding(run.verdicts, title=("Seven hypotheses", "七つの仮説")),
                    Table(name="table3", title=..., frame=...),
                    Figure(lambda lang: choropleth(..., lang=lang)),
                ],
            ),
        ],
    )

=====================  ==============================================================
block                  becomes
=====================  ==============================================================
string, or (en, ja)    a paragraph
`Result`               a `Finding` with everything it has
`Finding`              headline, picture, table, notes; any of them left out at will
`Figure`               a Plotly figure, drawn in the reader's language
`Table`                a table
`Numbers`              a row of key numbers
`Note`                 a boxed remark
`Bullets`              a list
=====================  ==============================================================
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import escape, unescape
from importlib.resources import files
from inspect import signature
from typing import TypeAlias

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from shuseki.errors import ParameterError
from shuseki.report.marks import PRECEDENCE, mark, origin, short, suffix
from shuseki.report.plots.dispatch import plot
from shuseki.report.plots.theme import FONT, GREY
from shuseki.report.tables import Table, great_table
from shuseki.report.words import Lang, Text, check_language, pick, result_words, say
from shuseki.results import Result
from shuseki.sources import Origin, Source

__all__ = [
    "Block",
    "Bullets",
    "Document",
    "Figure",
    "Finding",
    "Note",
    "Numbers",
    "Section",
    "own_headline",
    "render",
]


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture.

    Attributes
    ----------
    drawing
        A Plotly figure, a result that has a picture, or a function of the language that draws.
    caption
        What it shows; the figure's own title by default.
    alt
        What a reader who cannot see it should know; caption and headline by default.
    notes, sources
        As for a table; those of the result where ``None``.
    """

    drawing: go.Figure | Result | Callable[[Lang], go.Figure]
    caption: Text = ""
    alt: Text = ""
    notes: tuple[Text, ...] | None = None
    sources: tuple[Source, ...] | None = None

    def __post_init__(self) -> None:
        drawn = self.drawing
        for name in ("notes", "sources"):
            if getattr(self, name) is None:
                object.__setattr__(
                    self, name, getattr(drawn, name, ()) if isinstance(drawn, Result) else ()
                )


@dataclass(frozen=True, eq=False)
class Finding:
    """An answer: its headline, its picture and its table.

    Attributes
    ----------
    result
        What was found.
    title
        Over the whole, and caption of the table; the name of its type by default.
    headline
        In place of the result's own; ``None`` for its own, in English unless the result's
        ``headline`` takes a language.
    picture
        Draw it, if there is a picture for its type.
    table
        Show its table; or another one in its place; or none.
    """

    result: Result
    title: Text = ""
    headline: Text | None = None
    picture: bool = True
    table: bool | Table = True


@dataclass(frozen=True, eq=False)
class Numbers:
    """A row of key numbers, each a value as it shall be read and what it is."""

    values: Sequence[tuple[str, Text]]
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, eq=False)
class Note:
    """A remark in a box."""

    text: Text


@dataclass(frozen=True, eq=False)
class Bullets:
    """A list of short statements."""

    items: Sequence[Text]


Block: TypeAlias = (
    str | tuple[str, str] | Result | Finding | Figure | Table | Numbers | Note | Bullets
)


@dataclass(frozen=True, eq=False)
class Section:
    """A heading and what stands under it."""

    title: Text
    blocks: Sequence[Block]


@dataclass(frozen=True, eq=False)
class Document:
    """A report.

    Attributes
    ----------
    title, subtitle
        Of the whole.
    sections
        In reading order.
    sources
        To be listed beyond those that the blocks name.
    """

    title: Text
    sections: Sequence[Section]
    subtitle: Text = ""
    sources: tuple[Source, ...] = field(default=())

    def tables(self) -> tuple[Table, ...]:
        """Every table in reading order, ready for `shuseki.report.write_tables`."""
        return tuple(part for part in self._parts() if isinstance(part, Table))

    def all_sources(self) -> tuple[Source, ...]:
        """Every source that a block rests on, each once, in reading order."""
        found = [
            source for part in self._parts() for source in getattr(part, "sources", None) or ()
        ]
        return tuple(dict.fromkeys([*found, *self.sources]))

    @property
    def is_synthetic(self) -> bool:
        """Whether any block rests on synthetic data."""
        return any(source.origin == "synthetic" for source in self.all_sources())

    def _parts(self) -> Iterator["Part"]:
        return (part for section in self.parts() for part in section)

    def parts(self) -> list[list["Part"]]:
        """Sections with their findings taken apart, and tables with names of their own."""
        taken: set[str] = set()
        return [
            [_named_apart(part, taken) for block in section.blocks for part in _taken_apart(block)]
            for section in self.sections
        ]


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
        page.section(k, section, parts)
        for k, (section, parts) in enumerate(
            zip(document.sections, document.parts(), strict=True), start=1
        )
    ]
    head = pick(document.title, language)
    banner = (
        f'<p class="banner">{escape(say("synthetic_banner", language))}</p>'
        if document.is_synthetic
        else ""
    )
    subtitle = pick(document.subtitle, language)
    script = (
        f"<noscript><p>{escape(say('no_script', language))}</p></noscript>"
        f"<script>{get_plotlyjs()}</script><script>{_text('document.js')}</script>"
        if page.figures
        else ""
    )
    contents = "".join(
        f'<li><a href="#section-{k}">{escape(pick(section.title, language))}</a></li>'
        for k, section in enumerate(document.sections, start=1)
    )
    sources = page.source_list()
    if sources:
        contents += f'<li><a href="#sources">{escape(say("sources", language))}</a></li>'
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(head)}</title>
<style>
:root {{ --face: {FONT}; }}
{_text("document.css")}</style>
</head>
<body>
<a class="skip" href="#content">{escape(say("skip", language))}</a>
<nav aria-labelledby="contents"><h2 id="contents">{escape(say("contents", language))}</h2>
<ol>{contents}</ol></nav>
<main id="content">
<header><h1>{escape(head)}</h1>
{f'<p class="subtitle">{escape(subtitle)}</p>' if subtitle else ""}
{banner}</header>
{"".join(sections)}
{sources}
</main>
{script}
</body>
</html>
"""


# ---- findings taken apart ------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Head:
    """Title and headline of a finding; a headline in one version is in English."""

    title: Text
    headline: Text
    sources: tuple[Source, ...]


Part: TypeAlias = str | tuple[str, str] | _Head | Figure | Table | Numbers | Note | Bullets


def _taken_apart(block: Block) -> Iterator[Part]:
    if isinstance(block, Result):
        block = Finding(block)
    if not isinstance(block, Finding):
        yield _checked(block)
        return
    result = block.result
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(result).__name__).lower()
    title = block.title or result_words(type(result).__name__)
    headline = block.headline if block.headline is not None else own_headline(result)
    yield _Head(title, headline, result.sources)
    if block.picture and plot.dispatch(type(result)) is not plot.dispatch(object):
        yield Figure(result, notes=() if block.table else result.notes)
    if isinstance(block.table, Table):
        yield block.table
    elif block.table:
        yield Table.of(result, name=name, title=title)


def own_headline(result: Result) -> Text:
    """Headline of an answer: in both languages where it knows them, else in English."""
    if "lang" not in signature(result.headline).parameters:
        return result.headline()
    return result.headline(), result.headline(lang="ja")  # type: ignore[call-arg]


def _checked(block: Part) -> Part:
    """Refuse what is not a block, and say which blocks there are."""
    is_pair = isinstance(block, tuple) and len(block) == 2
    if isinstance(block, str | Figure | Table | Numbers | Note | Bullets) or is_pair:
        return block
    raise ParameterError(
        f"A block of type {type(block).__name__}. Expected a string, "
        "(English, Japanese), a Result, Finding, Figure, Table, Numbers, Note or Bullets. "
        "Give a frame a title and a name with Table(...)."
    )


def _named_apart(part: Part, taken: set[str]) -> Part:
    """Number the tables of one name, since names become anchors and files."""
    if not isinstance(part, Table):
        return part
    name, k = part.name, 2
    while name in taken:
        name, k = f"{part.name}-{k}", k + 1
    taken.add(name)
    return part if name == part.name else replace(part, name=name)


# ---- the page ----------------------------------------------------------------------------


class _Page:
    """Numbers figures and tables as it writes them."""

    def __init__(self, lang: Lang, sources: tuple[Source, ...]) -> None:
        self.lang = lang
        self.figures = 0
        self.tables = 0
        works = dict.fromkeys(source.at("") for source in sources)
        self.anchors = {work: f"source-{k}" for k, work in enumerate(works, start=1)}

    def section(self, number: int, section: Section, parts: Sequence[Part]) -> str:
        title = escape(pick(section.title, self.lang))
        body = "\n".join(self.part(part) for part in parts)
        return (
            f'<section id="section-{number}" aria-labelledby="heading-{number}">\n'
            f'<h2 id="heading-{number}"><span class="number">{number}</span>{title}</h2>\n'
            f"{body}\n</section>\n"
        )

    def part(self, part: Part) -> str:
        match part:
            case Table():
                return self.table(part)
            case Figure():
                return self.figure(part)
            case _Head():
                lang = ' lang="en"' if isinstance(part.headline, str) and self.lang != "en" else ""
                title = escape(pick(part.title, self.lang))
                headline = escape(pick(part.headline, self.lang))
                return f'<h3>{title}</h3>\n<p class="headline"{lang}>{headline}</p>'
            case Numbers():
                return self.numbers(part)
            case Note():
                return f'<aside class="note"><p>{escape(pick(part.text, self.lang))}</p></aside>'
            case Bullets():
                items = (f"<li>{escape(pick(item, self.lang))}</li>" for item in part.items)
                return f"<ul>{''.join(items)}</ul>"
            case _:
                return f"<p>{escape(pick(part, self.lang))}</p>"

    def table(self, table: Table) -> str:
        self.tables += 1
        key = f"table-{self.tables}"
        html = great_table(table, self.lang, bare=True).as_raw_html()
        html = re.sub(r' data-quarto-[a-z-]+="[a-z]*"', "", html[html.index("<table") :])
        html = html[: html.index("</table>") + len("</table>")]
        html = _hanging(html, table)
        html = html.replace("<table", f'<table aria-labelledby="{key}-caption"', 1)
        number = say("table", self.lang, number=self.tables)
        return (
            f'<figure class="table" id="{key}">\n'
            f"{self.caption(key, number, pick(table.title, self.lang), table.sources)}\n"
            f'<div class="scroll" role="region" tabindex="0" aria-labelledby="{key}-caption">'
            f"{html}</div>\n{self.under(table.notes, table.sources)}</figure>"
        )

    def figure(self, figure: Figure) -> str:
        self.figures += 1
        key = f"figure-{self.figures}"
        result = figure.drawing if isinstance(figure.drawing, Result) else None
        drawn = _drawn(figure.drawing, self.lang)
        notes, sources = figure.notes or (), figure.sources or ()
        title = pick(figure.caption, self.lang) or _own_title(drawn)
        if not title:
            raise ParameterError(
                f"Figure {self.figures} has neither a caption nor a title of its own. Expected "
                "words that say what it shows. Give Figure(..., caption=...)."
            )
        alt = pick(figure.alt, self.lang) or ". ".join(
            filter(None, (title, result.headline() if result else ""))
        )
        height = int(drawn.layout.height or 420)
        content = _untitled(drawn, sources, self.lang).to_json().replace("<", "\\u003c")
        number = say("figure", self.lang, number=self.figures)
        return (
            f'<figure class="picture" id="{key}">\n'
            f"{self.caption(key, number, title, sources)}\n"
            f'<div class="plot" id="{key}-plot" role="img" aria-label="{escape(alt)}" '
            f'style="height:{height}px" data-file="{key}{suffix(sources)}"></div>\n'
            f'<script type="application/json" data-for="{key}-plot">{content}</script>\n'
            f"{self.under(notes, sources)}</figure>"
        )

    def numbers(self, numbers: Numbers) -> str:
        items = "".join(
            f"<div><dt>{escape(pick(words, self.lang))}</dt><dd>{escape(value)}</dd></div>"
            for value, words in numbers.values
        )
        chip = self.chip(numbers.sources)
        label = escape(say("key_numbers", self.lang))
        return f'<div class="numbers"><dl aria-label="{label}">{items}</dl>{chip}</div>'

    def caption(self, key: str, number: str, title: str, sources: tuple[Source, ...]) -> str:
        return (
            f'<figcaption id="{key}-caption"><span class="number">{number}</span> '
            f"{escape(title)} {self.chip(sources)}</figcaption>"
        )

    def chip(self, sources: tuple[Source, ...]) -> str:
        words = mark(sources, self.lang)
        kind = origin(sources)
        return f'<span class="origin {kind}">{escape(words)}</span>' if words else ""

    def under(self, notes: tuple[Text, ...], sources: tuple[Source, ...]) -> str:
        """Source line and notes below a figure or a table."""
        colon = "：" if self.lang == "ja" else ": "
        lines = []
        if sources:
            links = "; ".join(
                f'<a href="#{self.anchors[source.at("")]}">{escape(short(source))}</a>'
                + (f", {escape(source.where)}" if source.where else "")
                for source in dict.fromkeys(sources)
            )
            lines.append(f"{escape(say('source', self.lang))}{colon}{links}")
        for note in notes:
            lang = ' lang="en"' if isinstance(note, str) and self.lang != "en" else ""
            words = escape(pick(note, self.lang))
            lines.append(f"{escape(say('note', self.lang))}{colon}<span{lang}>{words}</span>")
        return "".join(f'<p class="under">{line}</p>\n' for line in lines)

    def source_list(self) -> str:
        """Every source, by kind, invented data first."""
        kinds: tuple[Origin, ...] = (*PRECEDENCE, "method")
        groups = []
        for kind in kinds:
            items = "".join(
                f'<li id="{anchor}">{escape(source.citation)} ({escape(source.year)})'
                + (
                    f' <span class="terms">{escape(say("terms", self.lang))}: '
                    f"{escape(source.terms)}</span>"
                    if source.terms
                    else ""
                )
                + "</li>"
                for source, anchor in self.anchors.items()
                if source.origin == kind
            )
            if items:
                groups.append(
                    f"<h3>{escape(say(f'sources_{kind}', self.lang))}</h3><ul>{items}</ul>"
                )
        if not groups:
            return ""
        title = escape(say("sources", self.lang))
        return (
            '<section id="sources" class="sources" aria-labelledby="heading-sources">'
            f'<h2 id="heading-sources">{title}</h2>{"".join(groups)}</section>'
        )


def _hanging(html: str, table: Table) -> str:
    """Hang what follows a number (stars, ≠) outside its column, so that decimals align."""
    if table.endings is None:
        return html
    found = {ending for ending in table.endings.to_numpy().ravel() if ending}
    for ending in sorted(found, key=len, reverse=True):
        words = escape(ending)
        html = html.replace(f"{words}</td>", f'<span class="ending">{words}</span></td>')
    return html.replace('class="gt_table"', 'class="gt_table with-endings"', 1)


def _drawn(drawing: go.Figure | Result | Callable[[Lang], go.Figure], lang: Lang) -> go.Figure:
    if isinstance(drawing, go.Figure):
        return drawing
    return plot(drawing, lang=lang) if isinstance(drawing, Result) else drawing(lang)


def _own_title(figure: go.Figure) -> str:
    """First line of a figure's title, as plain text: the second repeats the mark."""
    text = figure.layout.title.text or ""
    return unescape(re.sub(r"<[^>]*>", "", text.split("<br>")[0])).strip()


def _untitled(figure: go.Figure, sources: tuple[Source, ...], lang: Lang) -> go.Figure:
    """Leave the title to the caption, but keep the mark of invented data in the picture."""
    bare = go.Figure(figure)
    has_menu = bool(bare.layout.updatemenus or bare.layout.sliders)
    labels = [note for note in bare.layout.annotations if note.yref == "paper" and note.y >= 1]
    legend_above = (bare.layout.legend.y or 0) >= 1
    bare.layout.title = None
    bare.layout.height = None
    if not has_menu:
        bare.update_layout(margin_t=48 if legend_above else 36 if labels else 24)
    if origin(sources) == "synthetic":
        bare.layout.title = {
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
    return bare


def _text(name: str) -> str:
    return files("shuseki.report").joinpath(name).read_text(encoding="utf-8")
