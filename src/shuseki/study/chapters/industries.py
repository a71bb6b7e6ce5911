"""Which industries, and in which groups?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from shuseki.errors import DataError, examples
from shuseki.industries.technology import technology_levels
from shuseki.language import say
from shuseki.reading.tables import read_table
from shuseki.study.chapter import Chapter, Options, Running

__all__ = ["INDUSTRIES", "Grouped", "Industries"]


class Industries(Options):
    """Groups of industries: any number of them, of any classification.

    ``groups`` names the industries of each group; ``file`` is a table of ``industry`` and
    ``group``; ``technology`` and ``threshold_percent`` are rules on the R&D intensity of the
    bundled classification of 58 classes. Industries in no group are left out of the
    births. ``names`` is a table of ``code``, ``name_en``, ``name_ja``.
    """

    technology: Literal["printed", "mean"] | None = None
    threshold_percent: float | None = Field(default=None, gt=0)
    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    file: Path | None = None
    names: Path | None = None


@dataclass(frozen=True)
class Grouped:
    """Industries and their groups.

    Attributes
    ----------
    groups
        Industry → group; empty when industries are not grouped.
    names
        Industry → (English, Japanese).
    """

    groups: Mapping[str, str]
    names: Mapping[str, tuple[str, str]]


class IndustriesChapter(Chapter[Industries, Grouped]):
    """Put industries into groups."""

    name = "industries"
    about = say("Groups of industries: any number of them, of any classification.")
    options = Industries

    def check(self, asked: Industries, study: Any) -> Iterator[str]:
        """One rule, and each industry in one group."""
        given = [key for key in ("technology", "threshold_percent", "groups", "file")
                 if getattr(asked, key)]  # fmt: skip
        if len(given) > 1:
            yield say(
                "{given} both group the industries. Expected one of them.",
                given=" and ".join(given),
            )
        members = [code for codes in asked.groups.values() for code in codes]
        twice = sorted({code for code in members if members.count(code) > 1})
        if twice:
            yield say(
                "groups: industries in two groups: {twice}. Expected one each.",
                twice=examples(twice),
            )

    def run(self, asked: Industries, running: Running) -> Grouped:
        """Read the groups and names."""
        encoding = running.study.study.encoding
        with running.manifest.step(say("group the industries")) as entry:
            groups: dict[str, str] = {}
            if asked.file is not None:
                running.manifest.add_input(asked.file)
                given = read_table(asked.file, codes=["industry", "group"], encoding=encoding)
                twice = given["industry"][given["industry"].duplicated()].unique()
                if len(twice):
                    raise DataError(
                        say(
                            "{file}: industries in two rows: {twice}. Expected one group for "
                            "each. Keep one row of each.",
                            file=asked.file.name,
                            twice=examples(twice),
                        )
                    )
                groups = dict(zip(given["industry"], given["group"], strict=True))
            elif asked.groups:
                groups = {code: name for name, codes in asked.groups.items() for code in codes}
            elif asked.technology is not None or asked.threshold_percent is not None:
                rule = asked.threshold_percent or asked.technology or "printed"
                levels = technology_levels(rule=rule).levels
                groups = {str(code): str(level) for code, level in levels.items()}
            names: dict[str, tuple[str, str]] = {}
            if asked.names is not None:
                running.manifest.add_input(asked.names)
                table = read_table(
                    asked.names, codes=["code"], text=["name_en", "name_ja"], encoding=encoding
                )
                for row in table.to_dict("records"):
                    english, japanese = row.get("name_en") or "", row.get("name_ja") or ""
                    names[row["code"]] = (english or japanese, japanese or english)
            entry["industries"] = len(groups)
            entry["groups"] = len(set(groups.values()))
        return Grouped(groups, names)


INDUSTRIES = IndustriesChapter()
