"""Where exactly are the plants, and how big are they?

Sites are located, nameless plants: a point, an industry, a weight. With the panel they are the
first waist of the house; distance-based measures start here.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import AlignmentError, DataError, UnknownCodeError, examples
from shuseki.sources import Source

__all__ = ["Sites"]

LATITUDE_RANGE = (20.0, 46.0)
LONGITUDE_RANGE = (122.0, 154.5)
"""Japan with its outlying islands, degrees."""


@dataclass(frozen=True, eq=False)
class Sites:
    """Located plants.

    Attributes
    ----------
    latitude, longitude
        Degrees, shape ``(n,)``.
    industry
        Position of each plant's industry in ``industries``, shape ``(n,)``.
    industries
        Industry codes.
    employment
        Persons, shape ``(n,)``; ones when unknown.
    area
        Code of the municipality of each plant, shape ``(n,)``, or ``None``.
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

    def __post_init__(self) -> None:
        sizes = {
            name: len(array)
            for name, array in (
                ("latitude", self.latitude),
                ("longitude", self.longitude),
                ("industry", self.industry),
                ("employment", self.employment),
            )
        }
        if len(set(sizes.values())) > 1:
            raise AlignmentError(f"Columns differ in length: {sizes}. Expected one entry per site.")

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
        inside_japan: bool = True,
        sources: tuple[Source, ...] = (),
    ) -> "Sites":
        """Build sites from a table, one row per plant, and check the coordinates."""
        wanted = [latitude, longitude, industry, *filter(None, (employment, area))]
        missing = [column for column in wanted if column not in frame.columns]
        if missing:
            raise DataError(
                f"Missing columns: {examples(missing)}. Found {examples(frame.columns, 12)}. "
                "Name the columns that hold them."
            )
        at_latitude = frame[latitude].to_numpy(dtype=float)
        at_longitude = frame[longitude].to_numpy(dtype=float)
        if inside_japan:
            check_inside_japan(at_latitude, at_longitude)
        codes, position = np.unique(frame[industry].astype(str).to_numpy(str), return_inverse=True)
        return cls(
            latitude=at_latitude,
            longitude=at_longitude,
            industry=position.astype(np.int64),
            industries=tuple(map(str, codes)),
            employment=frame[employment].to_numpy(dtype=float)
            if employment
            else np.ones(len(frame)),
            area=frame[area].astype(str).to_numpy() if area else None,
            sources=sources,
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

    @property
    def is_synthetic(self) -> bool:
        """Whether any source is synthetic data."""
        return any(source.origin == "synthetic" for source in self.sources)

    def __len__(self) -> int:
        return len(self.latitude)

    def __repr__(self) -> str:
        mark = "synthetic, " if self.is_synthetic else ""
        return f"<Sites: {mark}{len(self):,} plants in {len(self.industries)} industries>"


def check_inside_japan(latitude: Floats, longitude: Floats) -> None:
    """Refuse coordinates outside Japan, and say when the two look exchanged."""
    unknown = ~(np.isfinite(latitude) & np.isfinite(longitude))
    if unknown.any():
        raise DataError(
            f"Sites without coordinates: rows {examples(np.flatnonzero(unknown))}. "
            "Expected degrees in both columns. Leave those rows out, or locate them first."
        )
    (south, north), (west, east) = LATITUDE_RANGE, LONGITUDE_RANGE
    outside = (latitude < south) | (latitude > north) | (longitude < west) | (longitude > east)
    if not outside.any():
        return
    exchanged = (
        (longitude >= south) & (longitude <= north) & (latitude >= west) & (latitude <= east)
    )
    first = np.flatnonzero(outside)
    where = examples(f"row {k} ({latitude[k]:g}, {longitude[k]:g})" for k in first)
    swapped = int(exchanged[outside].sum())
    advice = (
        "In all of them latitude and longitude look exchanged: swap the columns."
        if swapped == len(latitude)
        else f"In {swapped} of them latitude and longitude look exchanged, in other rows not: swap "
        "the two values in those rows."
        if swapped
        else "Correct or leave out those rows, or pass inside_japan=False for another country."
    )
    raise DataError(
        f"{first.size} sites lie outside Japan: {where}. Expected latitude {south:g}–{north:g} "
        f"and longitude {west:g}–{east:g} degrees. {advice}"
    )
