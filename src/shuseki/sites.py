"""Where exactly are the plants, and how big are they?

Sites are located, nameless plants: a point, an industry, a weight. With the panel they are the
first waist of the house; distance-based measures start here. What can be checked of a coordinate
or a weight is checked when sites are made, and nowhere else.

Takes degrees of any country, or km on a plane (``Sites.on_plane``, or ``projected()``).
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.coordinates import check_coordinates, outside_country
from shuseki.geography.distances import EARTH_RADIUS_KM
from shuseki.language import say
from shuseki.sources import Source

__all__ = ["Sites"]

WIDEST_DEGREES = 60.0


@dataclass(frozen=True, eq=False)
class Sites:
    """Located plants.

    Attributes
    ----------
    latitude, longitude
        Degrees north (−90 to 90) and east (−180 to 180), shape ``(n,)``; on a plane, km to the
        north and to the east.
    industry
        Position of each plant's industry in ``industries``, shape ``(n,)``.
    industries
        Industry codes.
    employment
        Persons, shape ``(n,)``; ones when there is no such column, ``nan`` where unknown.
    area
        Code of the municipality of each plant, shape ``(n,)``, or ``None``.
    plane
        Whether the coordinates are km on a plane: distances are then straight lines.

    Raises
    ------
    AlignmentError
        Columns of different length, or industries that have no code.
    DataError
        Coordinates that are missing, no degrees, exchanged or at the point (0, 0); employment that
        is negative or infinite.
    """

    latitude: Floats
    longitude: Floats
    industry: Ints
    industries: tuple[str, ...]
    employment: Floats
    area: np.ndarray | None = None
    industry_names: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    notes: tuple[str, ...] = field(default=())
    plane: bool = False

    def __post_init__(self) -> None:
        sizes = {
            name: len(array)
            for name, array in (
                ("latitude", self.latitude),
                ("longitude", self.longitude),
                ("industry", self.industry),
                ("employment", self.employment),
                ("area", self.industry if self.area is None else self.area),
            )
        }
        if len(set(sizes.values())) > 1:
            raise AlignmentError(
                say(
                    "Columns differ in length: {sizes}. Expected one entry per site.",
                    sizes=sizes,
                )
            )
        strange = (self.industry < 0) | (self.industry >= len(self.industries))
        if strange.any():
            raise AlignmentError(
                say(
                    "Industries without a code: rows {which}. Expected positions among the "
                    "{n_industries} codes. Give a code for each.",
                    which=examples(np.flatnonzero(strange)),
                    n_industries=len(self.industries),
                )
            )
        if self.plane:
            _refuse_unknown(self.longitude, self.latitude)
        else:
            check_coordinates(self.latitude, self.longitude, what="sites")
        impossible = np.flatnonzero((self.employment < 0) | np.isinf(self.employment))
        if impossible.size:
            where = examples(
                say("row {row} ({value:g})", row=k, value=self.employment[k]) for k in impossible
            )
            raise DataError(
                say(
                    "Employment of {impossible_size} sites is negative or infinite: {where}. "
                    "Expected persons, 0 or more, or nothing where unknown. Correct those rows.",
                    impossible_size=impossible.size,
                    where=where,
                )
            )

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        latitude: str = "latitude",
        longitude: str = "longitude",
        industry: str = "industry",
        employment: str | None = "employment",
        area: str | None = None,
        x_km: str | None = None,
        y_km: str | None = None,
        sources: tuple[Source, ...] = (),
    ) -> "Sites":
        """Build sites from a table, one row per plant.

        Parameters
        ----------
        frame
            One row per plant.
        latitude, longitude, industry, employment, area
            Names of the columns; ``employment=None`` and ``area=None`` to do without.
        x_km, y_km
            Columns of coordinates on a plane, km to the east and to the north, in place of degrees.
        sources
            Where the table is from.
        """
        if (x_km is None) != (y_km is None):
            raise ParameterError(say("One of x_km and y_km is missing. Expected both, or degrees."))
        plane = x_km is not None
        north, east = (y_km or latitude), (x_km or longitude)
        wanted = [north, east, industry, *filter(None, (employment, area))]
        missing = [column for column in wanted if column not in frame.columns]
        if missing:
            raise DataError(
                say(
                    "Missing columns: {missing}. Found {columns}. Name the columns that hold them.",
                    missing=examples(missing),
                    columns=examples(frame.columns, 12),
                )
            )
        unnamed = np.flatnonzero(frame[industry].isna())
        if unnamed.size:
            raise DataError(
                say(
                    "{unnamed_size} sites without an industry: rows {unnamed}. Expected a code in "
                    "every row. Leave those rows out, or give them a code.",
                    unnamed_size=unnamed.size,
                    unnamed=examples(unnamed),
                )
            )
        codes, position = np.unique(frame[industry].astype(str).to_numpy(str), return_inverse=True)
        at = [_numbers(frame[column], column) for column in (north, east)]
        return cls(
            latitude=at[0],
            longitude=at[1],
            industry=position.astype(np.int64),
            industries=tuple(map(str, codes)),
            employment=_numbers(frame[employment], employment)
            if employment
            else np.ones(len(frame)),
            area=frame[area].astype(str).to_numpy() if area else None,
            sources=sources,
            notes=() if plane else outside_country(*at),
            plane=plane,
        )

    @classmethod
    def on_plane(
        cls,
        x_km: Floats,
        y_km: Floats,
        industry: Ints,
        industries: tuple[str, ...],
        employment: Floats | None = None,
        sources: tuple[Source, ...] = (),
    ) -> "Sites":
        """Build sites from coordinates on a plane, km to the east and to the north."""
        return cls(
            latitude=np.asarray(y_km, dtype=float),
            longitude=np.asarray(x_km, dtype=float),
            industry=industry,
            industries=industries,
            employment=np.ones(len(x_km)) if employment is None else employment,
            sources=sources,
            plane=True,
        )

    def of(self, code: str) -> Bools:
        """Which sites belong to an industry, shape ``(n,)``."""
        if code not in self.industries:
            raise UnknownCodeError.among("industry", [code], self.industries)
        belongs: Bools = self.industry == self.industries.index(code)
        return belongs

    def select(self, keep: Bools) -> "Sites":
        """Keep the sites marked true."""
        return replace(
            self,
            latitude=self.latitude[keep],
            longitude=self.longitude[keep],
            industry=self.industry[keep],
            employment=self.employment[keep],
            area=None if self.area is None else self.area[keep],
        )

    def projected(self) -> "Sites":
        """Put the sites on a plane that keeps areas (Lambert's azimuthal projection).

        The centre is the middle of the sites. A distance is wrong by no more than the share which
        a note tells (Snyder 1987, U.S. Geological Survey Professional Paper 1395, p. 185).

        Raises
        ------
        ParameterError
            When sites lie more than 60° from their middle.
        """
        if self.plane:
            return self
        north, east = np.radians(self.latitude), np.radians(self.longitude)
        middle = np.array(
            [
                np.mean(np.cos(north) * np.cos(east)),
                np.mean(np.cos(north) * np.sin(east)),
                np.mean(np.sin(north)),
            ]
        )
        at, of = np.arctan2(middle[2], np.hypot(*middle[:2])), np.arctan2(middle[1], middle[0])
        cosine = np.sin(at) * np.sin(north) + np.cos(at) * np.cos(north) * np.cos(east - of)
        furthest = float(np.degrees(np.arccos(np.clip(cosine.min(), -1, 1))))
        if furthest > WIDEST_DEGREES:
            raise ParameterError(
                say(
                    "Sites lie up to {furthest:.0f}° from their middle. Expected "
                    "{widest_degrees:.0f}° at most for a plane. Choose the sites of one "
                    "continent, or use degrees.",
                    furthest=furthest,
                    widest_degrees=WIDEST_DEGREES,
                )
            )
        k = EARTH_RADIUS_KM * np.sqrt(2 / (1 + cosine))
        x_km = k * np.cos(north) * np.sin(east - of)
        y_km = k * (np.cos(at) * np.sin(north) - np.sin(at) * np.cos(north) * np.cos(east - of))
        wrong = 1 / np.cos(np.radians(furthest / 2)) - 1
        note = say(
            "Projected to a plane around {north:.2f}° N, {east:.2f}° E: areas are kept, distances "
            "are wrong by {percent:.1g}% at most.",
            north=float(np.degrees(at)),
            east=float(np.degrees(of)),
            percent=float(100 * wrong),
        )
        return replace(self, latitude=y_km, longitude=x_km, plane=True, notes=(*self.notes, note))

    def check_degrees(self, measure: str) -> None:
        """Refuse coordinates of a plane for a measure that needs degrees."""
        if self.plane:
            raise ParameterError(
                say(
                    "The sites are on a plane. {measure} needs degrees. Build the sites from "
                    "latitude and longitude.",
                    measure=measure,
                )
            )

    def weights(self, by: str) -> Floats:
        """Ones, or the employment of the sites, shape ``(n,)``.

        Parameters
        ----------
        by
            ``"none"`` or ``"employment"``.

        Raises
        ------
        DataError
            Employment that is unknown or 0.
        ParameterError
            Another word.
        """
        if by == "none":
            return np.ones(len(self))
        if by != "employment":
            raise ParameterError(
                say(
                    'weights is {by!r}. Expected "none" or "employment".',
                    by=by,
                )
            )
        bad = np.flatnonzero(~(self.employment > 0))
        if bad.size:
            raise DataError(
                say(
                    "{bad_size} sites without positive employment: rows {bad}. Expected persons "
                    'in every row. Leave those sites out, or use weights="none".',
                    bad_size=bad.size,
                    bad=examples(bad),
                )
            )
        return self.employment

    @property
    def is_synthetic(self) -> bool:
        """Whether any source is synthetic data."""
        return any(source.origin == "synthetic" for source in self.sources)

    def __len__(self) -> int:
        return len(self.latitude)

    def __repr__(self) -> str:
        mark = "synthetic, " if self.is_synthetic else ""
        return f"<Sites: {mark}{len(self):,} plants in {len(self.industries)} industries>"


def _refuse_unknown(x_km: Floats, y_km: Floats) -> None:
    unknown = np.flatnonzero(~(np.isfinite(x_km) & np.isfinite(y_km)))
    if unknown.size:
        raise DataError(
            say(
                "{unknown_size} sites have no coordinates: rows {unknown}. Expected km in both "
                "columns. Leave those rows out, or locate them first.",
                unknown_size=unknown.size,
                unknown=examples(unknown),
            )
        )


def _numbers(column: "pd.Series[float]", name: str) -> Floats:
    """Floats of a column, missing where missing."""
    numbers = pd.to_numeric(column, errors="coerce")
    broken = numbers.isna() & column.notna()
    if broken.any():
        raise DataError(
            say(
                "{name!r} holds {n_broken} values that are no numbers: {column}. Expected "
                "numbers. Correct those rows.",
                name=name,
                n_broken=int(broken.sum()),
                column=examples(column[broken].unique()),
            )
        )
    return numbers.to_numpy(dtype=float, na_value=np.nan)
