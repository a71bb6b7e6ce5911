"""In which files does a profile leave the house?

A page (.html), the same to print (.pdf, by a headless Chromium), a workbook of all its numbers
(.xlsx), slides (.pptx), and everything for programs (.json). Each is bytes; ``release`` writes
them.

Takes: a ``Profile`` or a ``Comparison``. Gives: bytes.
"""

import json
from collections.abc import Mapping
from typing import Any

from shuseki.errors import ParameterError
from shuseki.language import listed, say, told
from shuseki.profile.profiles import Comparison, Profile
from shuseki.report.exports import to_excel
from shuseki.report.html import render
from shuseki.report.marks import mark
from shuseki.report.pdf import pdf_of
from shuseki.report.profiles import comparison_document, profile_document
from shuseki.report.tables import Table
from shuseki.report.words import check_language, result_words
from shuseki.results import Result

__all__ = ["PROFILE_ENDINGS", "profile_bytes"]

PROFILE_ENDINGS = (".html", ".pdf", ".xlsx", ".pptx", ".json")


def profile_bytes(answer: Profile | Comparison, ending: str, lang: str = "en") -> bytes:
    """Write a profile as a file of a format.

    Parameters
    ----------
    answer
        Of one area, or of several.
    ending
        One of ``PROFILE_ENDINGS``.
    lang
        ``"en"`` or ``"ja"``.

    Raises
    ------
    ParameterError
        Another ending.
    MissingExtraError
        A PDF without Chromium on the PATH.
    """
    check_language(lang)
    if ending not in PROFILE_ENDINGS:
        raise ParameterError(
            say(
                "Cannot write {ending}. Expected {profile_endings}. Choose another ending.",
                ending=ending or say("a file without an ending"),
                profile_endings=listed(PROFILE_ENDINGS),
            )
        )
    if ending == ".xlsx":
        return to_excel(_tables(answer), lang)
    if ending == ".json":
        said = json.dumps(_as_data(answer, lang), ensure_ascii=False, indent=1, allow_nan=False)
        return said.encode()
    if ending == ".pptx":
        from shuseki.report.slides import slides_of  # heavy: only who wants slides waits for them

        return slides_of(answer, lang)
    document = (
        profile_document(answer) if isinstance(answer, Profile) else comparison_document(answer)
    )
    page = render(document, lang)
    return pdf_of(page) if ending == ".pdf" else page.encode()


def _tables(answer: Profile | Comparison) -> list[Table]:
    if isinstance(answer, Comparison):
        return list(comparison_document(answer).tables())
    tables = [_table(name, one) for name, one in answer.parts().items()]
    tables.append(
        Table(
            name="contributions",
            title=say("Contributions of industries to the change of employees"),
            frame=answer.trend.contributions_frame(),
            sources=answer.trend.sources,
        )
    )
    tables.append(
        Table(
            name="clusters",
            title=say("Clusters that reach into it, 2012"),
            frame=answer.character.clusters_frame(),
            sources=answer.character.sources,
        )
    )
    return [table for table in tables if len(table.frame)]


def _table(name: str, one: Result) -> Table:
    plain = name.replace(" ", "-").replace("(", "").replace(")", "").replace("_", "-")
    return Table.of(one, name=plain, title=result_words(type(one).__name__))


def _as_data(answer: Profile | Comparison, lang: str) -> dict[str, Any]:
    """Headlines in a language, rows as they are."""
    if isinstance(answer, Comparison):
        return {
            "result": "Comparison",
            "headline": told(answer.headline(), lang),
            "profiles": [_as_data(one, lang) for one in answer.profiles],
        }
    return {
        "result": "Profile",
        "area": answer.area,
        "name": str(answer.area_name),
        "name_ja": told(answer.area_name, "ja"),
        "division": answer.division,
        "headline": told(answer.headline(), lang),
        "missing": [told(what, lang) for what in answer.missing],
        "facts": _plain(answer.facts),
        "parts": {name: _part(one, lang) for name, one in answer.parts().items()},
        "sources": [told(source.words(), lang) for source in answer.sources],
        "data_origin": mark(answer.sources),
    }


def _part(one: Result, lang: str) -> dict[str, Any]:
    return {
        "result": type(one).__name__,
        "headline": told(one.headline(), lang),
        "notes": [told(note, lang) for note in one.notes],
        "sources": [told(source.words(), lang) for source in one.sources],
        "rows": json.loads(one.to_frame().to_json(orient="records", force_ascii=False)),
    }


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts without what JSON cannot say: the unknown is null."""
    return {
        key: None if isinstance(value, float) and not abs(value) < float("inf") else value
        for key, value in facts.items()
    }
