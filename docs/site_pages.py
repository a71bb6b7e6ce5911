"""Which pages of the site live outside ``docs``, and where do their links lead?

Hooks of MkDocs. The first page is the project's README; the changelog, the benchmarks and the
Japanese README stand beside it, and ``CITATION.cff`` becomes a page. ``docs/README.md``, the list
of questions, is ``questions.html``. Links between them lead to the pages of the site; links to
files that the site does not have become plain words.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "README.md": "index.md",
    "README.ja.md": "ja.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarks.md",
    "docs/README.md": "questions.md",
}
"""File of the project → page of the site."""
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]+)(#[^)]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that live outside, and the citation."""
    listed = files.get_file_from_path("README.md")
    if listed is not None:
        files.remove(listed)
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=led(text, source, "", files)))
    files.append(File.generated(config, "citation.md", content=citation()))
    return files


def on_page_markdown(markdown: str, page: Page, files: Files, **_: Any) -> str:
    """Lead links of a page of ``docs`` to where the site has them."""
    place = page.file.src_uri
    if place in (*PAGES.values(), "citation.md"):
        return markdown
    return led(markdown, f"docs/{place}", posixpath.dirname(place), files)


def led(text: str, source: str, folder: str, files: Files) -> str:
    """Lead the links of a file of the project from its place to the pages of the site."""

    def lead(match: re.Match[str]) -> str:
        image, words, target, anchor = match[1], match[2], match[3], match[4] or ""
        if "://" in target or target.startswith(("mailto:", "#")):
            return match[0]
        real = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        real = f"{real}/README.md" if (ROOT / real).is_dir() else real
        page = PAGES.get(real, real.removeprefix("docs/") if real.startswith("docs/") else None)
        known = page in (*PAGES.values(), "citation.md") or (
            page is not None and files.get_file_from_path(page) is not None
        )
        if not known:
            return words
        return f"{image}[{words}]({posixpath.relpath(str(page), folder or '.')}{anchor})"

    return LINK.sub(lead, text)


def citation() -> str:
    """The page that says how to cite, from ``CITATION.cff``."""
    about = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    authors = " and ".join(one.get("name") or one["family-names"] for one in about["authors"])
    year = str(about.get("date-released", ""))[:4]
    fields = {
        "author": f"{{{authors}}}",
        "title": about["title"],
        "version": about["version"],
        "year": year,
        "note": f"License {about['license']}",
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return (
        f"# How to cite\n\n{about['message']}\n\n"
        f"```bibtex\n@software{{shuseki,\n{lines}\n}}\n```\n\n"
        "Every answer names its papers and data: `answer.sources`, `answer.summary()`. "
        "[Papers](papers.md) lists those on which the library as a whole rests.\n"
    )
