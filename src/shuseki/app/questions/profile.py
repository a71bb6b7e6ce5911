"""How does an area stand, why, and what would change it?"""

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated

from pydantic import Field

from shuseki.app.answers import KEPT_DOCUMENTS
from shuseki.app.places import DivisionName, area_codes, division_asked
from shuseki.app.question import Asked, Label, Question, Reader
from shuseki.app.questions.areas import By
from shuseki.geography.bundled import DISTRICTS
from shuseki.language import say
from shuseki.profile.profiles import Comparison, Profile, compare, profile, what_if
from shuseki.report.blocks import Document, Section
from shuseki.report.profiles import comparison_document, profile_document

__all__ = ["AREA", "DRIVERS", "PROFILES"]

Percent = Annotated[float, Field(ge=-50, le=50)]


class AreaAsked(Asked):
    """An area of a division."""

    by: By = DISTRICTS
    area: Annotated[str, Label(say("Area"), area=True)] = "東大阪"


class DriversAsked(AreaAsked):
    """Changes of drivers of entry, per cent of what they are."""

    unemployment: Annotated[Percent, Label(say("Unemployment rate, change in %"), slider=5)] = 10
    density: Annotated[Percent, Label(say("Plant density, change in %"), slider=5)] = 0
    size: Annotated[Percent, Label(say("Mean plant size, change in %"), slider=5)] = 0


class ProfilesAsked(Asked):
    """Some areas."""

    by: By = DISTRICTS
    areas: Annotated[tuple[str, ...], Label(say("Areas to compare"), area=True)] = Field(
        ("東大阪", "東京（23区）"), min_length=2, max_length=20
    )


DRIVER = {"unemployment": "UNEMPL", "density": "DENS", "size": "AVESIZE"}
"""Option → variable of the equations."""


@lru_cache(maxsize=KEPT_DOCUMENTS)
def _profile(by: DivisionName, code: str) -> Profile:
    return profile(code, by=division_asked(by))


def code_of(asked: AreaAsked) -> str:
    """Code of the area."""
    (code,) = area_codes(asked.by, (asked.area,))
    return code


def _of(asked: AreaAsked) -> Profile:
    return _profile(asked.by, code_of(asked))


def _area(asked: AreaAsked, reader: Reader) -> Document:
    return profile_document(_of(asked))


def _file(ending: str) -> Callable[[AreaAsked, Reader], bytes]:
    def give(asked: AreaAsked, reader: Reader) -> bytes:
        from shuseki.report.profile_files import profile_bytes  # slides and workbooks are heavy

        return profile_bytes(_of(asked), f".{ending}", reader.lang)

    return give


def _changes(asked: DriversAsked) -> dict[str, str]:
    return {
        name: f"{getattr(asked, option):+g}%"
        for option, name in DRIVER.items()
        if getattr(asked, option)
    }


def _drivers_python(asked: DriversAsked) -> str:
    return (
        "from shuseki.profile.profiles import what_if\n"
        f'what_if("{code_of(asked)}", {_changes(asked)!r}, by="{asked.by}")'
    )


def _drivers(asked: DriversAsked, reader: Reader) -> Document:
    changes = _changes(asked)
    if not changes:
        return Document(DRIVERS.title, [Section("", [say("Move a slider.")])])
    return Document(
        DRIVERS.title,
        [Section("", [what_if(code_of(asked), changes, by=division_asked(asked.by))])],
    )


def _compared(asked: ProfilesAsked) -> Comparison:
    return compare(area_codes(asked.by, asked.areas), by=division_asked(asked.by))


def _profiles(asked: ProfilesAsked, reader: Reader) -> Document:
    return comparison_document(_compared(asked))


AREA = Question(
    name="area",
    title=say("Profile of an area"),
    about=say("Where it stands, why, and what follows; every number with its source."),
    options=AreaAsked,
    answer=_area,
    command=lambda asked, lang: f"shuseki profile {code_of(asked)} --by {asked.by} --lang {lang}",
    python=lambda asked: f'import shuseki as sk\nsk.profile("{code_of(asked)}", by="{asked.by}")',
    files={ending: _file(ending) for ending in ("pdf", "pptx", "html")},
)
DRIVERS = Question(
    name="drivers",
    title=say("Drivers of entry"),
    about=say(
        "What the births of plants would be if unemployment, density or size were different, "
        "within what is observed, by the equations of the 2006 paper."
    ),
    options=DriversAsked,
    answer=_drivers,
    python=_drivers_python,
)
PROFILES = Question(
    name="profiles",
    title=say("Profiles side by side"),
    about=say("Up to 20 areas: standing in every indicator, conditions, directions."),
    options=ProfilesAsked,
    answer=_profiles,
    command=lambda asked, lang: (
        f"shuseki compare {' '.join(area_codes(asked.by, asked.areas))} --by {asked.by} "
        f"--lang {lang}"
    ),
    python=lambda asked: (
        "import shuseki as sk\n"
        f'sk.compare({list(area_codes(asked.by, asked.areas))!r}, by="{asked.by}")'
    ),
)
