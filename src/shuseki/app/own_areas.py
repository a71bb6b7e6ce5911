"""Which areas of one's own are there?

A reader brings a table (municipality, area, and names if there are any) or outlines (GeoJSON in
degrees: a municipality belongs to the outline in which its centre lies). They become a division
beside the bundled ones: map, ranking, weights, comparison and profile know it by a name that is
made of its content, so that an address stands for the same areas for ever. Whoever uses the app
sees them. On the disk::

    <key>/areas.json   title, day of the codes, notes
    <key>/members.csv  municipality, area, name_en, name_ja
"""

import hashlib
import json
import re
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
from shapely.geometry import shape

from shuseki.app.kept import ending_of, shown_name
from shuseki.disk import scratch
from shuseki.errors import DataError, UnknownCodeError
from shuseki.geography.areas import municipalities, valid_days
from shuseki.geography.borders import DATE
from shuseki.geography.codes import read_codes
from shuseki.geography.districts import Division, division_from_table
from shuseki.language import say
from shuseki.reading.tables import as_codes, read_table
from shuseki.release import write_csv, write_text

__all__ = ["OwnAreas", "is_own", "own_division", "own_divisions"]

KEY = re.compile(r"own-[0-9a-f]{12}")
ENDINGS = (".csv", ".tsv", ".xlsx", ".parquet", ".geojson", ".json")
NAMES = ("name_en", "name_ja")
_HELD: dict[str, tuple[str, Division]] = {}
_LOCK = threading.Lock()


def is_own(by: str) -> bool:
    """Whether a division is one that a reader brought."""
    return KEY.fullmatch(by) is not None


def own_divisions() -> Mapping[str, str]:
    """Key of every division that was brought → its title."""
    with _LOCK:
        return {key: title for key, (title, _) in _HELD.items()}


def own_division(by: str) -> Division:
    """One that was brought.

    Raises
    ------
    UnknownCodeError
        It is not here.
    """
    with _LOCK:
        if by not in _HELD:
            raise UnknownCodeError(
                say(
                    "There are no areas {by!r} here. Expected areas that were brought. Bring them "
                    "again.",
                    by=by[:40],
                )
            )
        return _HELD[by][1]


@dataclass(frozen=True)
class Brought:
    """Areas that a reader brought: how many, of how many municipalities, and what was done."""

    key: str
    title: str
    areas: int
    municipalities: int
    date: str
    notes: tuple[str, ...]


class OwnAreas:
    """The divisions of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for place in sorted(folder.glob("own-*")) if folder.is_dir() else []:
            if is_own(place.name) and (place / "members.csv").exists():
                self._hold(place.name)

    def _hold(self, key: str) -> None:
        about = self._about(key)
        found = division_from_table(self.folder / key / "members.csv", name=key, date=about["date"])
        with _LOCK:
            _HELD[key] = (about["title"], found)

    def _about(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / key / "areas.json").read_text("utf-8"))
        return found

    def all(self) -> list[Brought]:
        """Those of this folder."""
        keys = sorted(p.name for p in self.folder.glob("own-*")) if self.folder.is_dir() else []
        return [self.get(key) for key in keys if is_own(key)]

    def get(self, key: str) -> Brought:
        """One of them."""
        found, about = own_division(key), self._about(key)
        return Brought(
            key, about["title"], len(found.codes), len(found.members), found.date,
            tuple(about["notes"]),
        )  # fmt: skip

    def add(self, content: bytes, name: str, title: str) -> Brought:
        """Take areas in.

        Raises
        ------
        DataError
            No table of municipalities and areas, and no outlines; a municipality in two areas; no
            municipality within an outline.
        UnknownCodeError
            Codes that no day knows.
        """
        shown = shown_name(name)
        ending = ending_of(shown, ENDINGS)
        if not ending:
            raise DataError(
                say(
                    "The file {shown!r}. Expected areas as {known}. Save it as one.",
                    shown=shown,
                    known=", ".join(ENDINGS),
                )
            )
        if ending in (".geojson", ".json"):
            table, notes, date = members_within(content, shown)
        else:
            table, notes, date = members_of_table(content, ending, shown)
        division_from_table(table, name="check", date=date)  # refuses what cannot be
        table = table.sort_values(["area", "municipality"], ignore_index=True)
        text = table.to_csv(index=False)
        key = f"own-{hashlib.sha256(f'{date}{text}'.encode()).hexdigest()[:12]}"
        place = self.folder / key
        if not place.exists():
            making = self.folder / f"new-{key}"
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir(parents=True, mode=0o700)
            write_csv(making / "members.csv", table)
            about = {"title": title.strip()[:80] or shown, "date": date, "notes": notes}
            write_text(making / "areas.json", json.dumps(about, ensure_ascii=False) + "\n")
            making.rename(place)
        self._hold(key)
        return self.get(key)

    def delete(self, key: str) -> None:
        """Delete areas; addresses that name them show nothing any longer."""
        self.get(key)
        shutil.rmtree(self.folder / key)
        with _LOCK:
            _HELD.pop(key, None)


def members_of_table(
    content: bytes, ending: str, shown: str
) -> tuple[pd.DataFrame, list[str], str]:
    """Municipality, area and names of a table, and the day on which all its codes were valid."""
    with scratch(what="areas") as place:
        file = place / f"areas{ending}"
        file.write_bytes(content)
        found = read_table(file, codes_if_any=["municipality", "area"], text=NAMES)
    lacking = [name for name in ("municipality", "area") if name not in found]
    if lacking:
        raise DataError(
            say(
                "{shown} lacks {known}. Found {found}. Expected one column of "
                "municipality codes and one of areas. Name them so.",
                shown=shown,
                known=" and ".join(lacking),
                found=", ".join(map(str, found.columns)),
            )
        )
    table = pd.DataFrame(
        {name: as_codes(found[name], name).to_numpy() for name in ("municipality", "area")}
    )
    for name in NAMES:
        table[name] = found[name].fillna("").to_numpy() if name in found else table["area"]
    read = read_codes(table["municipality"])
    odd = read[(read["read"] != "") & (read["read"] != read["code"])]
    meant = dict(zip(odd["code"], odd["read"], strict=True))
    table["municipality"] = table["municipality"].replace(meant)
    span = valid_days(table["municipality"])
    date = min(max(DATE, span[0]), span[1]) if span else DATE
    return table, [], date


def members_within(content: bytes, shown: str) -> tuple[pd.DataFrame, list[str], str]:
    """Municipalities whose centre lies in an outline of a GeoJSON."""
    try:
        features = json.loads(content.decode("utf-8-sig"))["features"]
        outlines = [shapely.make_valid(shape(one["geometry"])) for one in features]
        about = [one.get("properties") or {} for one in features]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            say(
                "{shown} is no GeoJSON of areas ({kind}). Expected a FeatureCollection of "
                "polygons in degrees. Convert it.",
                shown=shown,
                kind=type(error).__name__,
            )
        ) from None
    codes = [str(one.get("code") or one.get("name") or k) for k, one in enumerate(about, 1)]
    units = municipalities(DATE)
    units = units[units["latitude"].notna()]
    points = shapely.points(units["longitude"].to_numpy(float), units["latitude"].to_numpy(float))
    rows: list[dict[str, str]] = []
    empty: list[str] = []
    for code, outline, said in zip(codes, outlines, about, strict=True):
        inside = units.loc[
            shapely.contains_xy(outline, shapely.get_x(points), shapely.get_y(points))
        ]
        empty += [] if len(inside) else [code]
        name = str(said.get("name") or code)
        names = [str(said.get(key) or name) for key in NAMES]
        rows += [
            {"municipality": unit, "area": code, "name_en": names[0], "name_ja": names[1]}
            for unit in inside["code"]
        ]
    if not rows:
        raise DataError(
            say(
                "No centre of a municipality lies in the {n} outlines of {shown}. "
                "Expected polygons in degrees (WGS 84). Check the projection.",
                n=len(outlines),
                shown=shown,
            )
        )
    notes = [f"{', '.join(empty)[:300]}"] if empty else []
    return pd.DataFrame(rows), notes, DATE
