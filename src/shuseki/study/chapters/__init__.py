"""The chapters of a study, in the order in which they run and are told."""

from typing import Any

from shuseki.study.chapter import Chapter
from shuseki.study.chapters.accounts import ACCOUNTS
from shuseki.study.chapters.atlas import ATLAS
from shuseki.study.chapters.births import BIRTHS
from shuseki.study.chapters.borders import BORDERS
from shuseki.study.chapters.counted import COUNTED
from shuseki.study.chapters.counts import COUNTS
from shuseki.study.chapters.entry import ENTRY
from shuseki.study.chapters.equality import EQUALITY
from shuseki.study.chapters.events import EVENTS
from shuseki.study.chapters.industries import INDUSTRIES
from shuseki.study.chapters.linkage import LINKAGE
from shuseki.study.chapters.measures import MEASURES
from shuseki.study.chapters.neighbours import NEIGHBOURS
from shuseki.study.chapters.print import PRINT
from shuseki.study.chapters.records import RECORDS
from shuseki.study.chapters.region import REGION
from shuseki.study.chapters.scales import SCALES
from shuseki.study.chapters.sourcing import SOURCING
from shuseki.study.chapters.survival import SURVIVAL
from shuseki.study.chapters.unseen import UNSEEN

__all__ = ["CHAPTERS"]

CHAPTERS: tuple[Chapter[Any, Any], ...] = (
    RECORDS,
    REGION,
    INDUSTRIES,
    BIRTHS,
    COUNTED,
    EVENTS,
    LINKAGE,
    SURVIVAL,
    ACCOUNTS,
    SCALES,
    ENTRY,
    NEIGHBOURS,
    COUNTS,
    EQUALITY,
    UNSEEN,
    ATLAS,
    BORDERS,
    MEASURES,
    PRINT,
    SOURCING,
)
