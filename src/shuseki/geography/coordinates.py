"""Are these coordinates valid?

The one gate for coordinates, of any country: degrees, finite, latitude within 90 and longitude
within 180, and not the point 0° N, 0° E, which stands for unknown in many files. Latitude and
longitude exchanged are told by name where they cannot be otherwise.

Takes: latitudes and longitudes, degrees, shape ``(n,)``. Gives: nothing, or ``DataError``.
"""

from collections.abc import Sequence

import numpy as np

from shuseki.arrays import Floats
from shuseki.errors import DataError, examples
from shuseki.language import Message, say
from shuseki.language.glossary import named_kind
from shuseki.language.names import some_of

__all__ = ["JAPAN", "check_coordinates", "outside_country"]

JAPAN = (20.0, 46.0, 122.0, 154.5)
"""South, north, west and east of Japan with its outlying islands, degrees."""
FEW = 0.05
"""When no more than this share of places lies outside Japan, they are pointed out."""


def check_coordinates(
    latitude: Floats,
    longitude: Floats,
    *,
    rows: Sequence[object] | None = None,
    what: str = "places",
) -> None:
    """Refuse what cannot be degrees of latitude and longitude.

    Parameters
    ----------
    latitude, longitude
        Degrees north and east, shape ``(n,)``.
    rows
        What to call each row; positions from 0 by default.
    what
        What the rows are, in the plural.

    Raises
    ------
    DataError
        For values that are not finite, beyond 90 and 180 degrees, or both 0; the rows are named.
    """
    names: Sequence[object] = range(len(latitude)) if rows is None else rows
    unknown = ~(np.isfinite(latitude) & np.isfinite(longitude))
    if unknown.any():
        where = examples(names[k] for k in np.flatnonzero(unknown).tolist())
        raise DataError(
            say(
                "{n_unknown} {what} have no coordinates: rows {where}. Expected degrees in both "
                "columns. Leave those rows out, or locate them first.",
                n_unknown=int(unknown.sum()),
                what=named_kind(what),
                where=where,
            )
        )
    nowhere = np.flatnonzero((latitude == 0) & (longitude == 0)).tolist()
    if nowhere:
        where = examples(names[k] for k in nowhere)
        raise DataError(
            say(
                "{n_nowhere} {what} lie at 0° N, 0° E, in the sea: rows {where}. Expected located "
                "{what}. Leave those rows out, or locate them first.",
                n_nowhere=len(nowhere),
                what=named_kind(what),
                where=where,
            )
        )
    outside = (np.abs(latitude) > 90) | (np.abs(longitude) > 180)
    if not outside.any():
        return
    at = np.flatnonzero(outside).tolist()
    exchanged = int(((np.abs(longitude) <= 90) & (np.abs(latitude) <= 180))[outside].sum())
    where = examples(
        say(
            "row {row} ({latitude:g}, {longitude:g})",
            row=names[k],
            latitude=float(latitude[k]),
            longitude=float(longitude[k]),
        )
        for k in at
    )
    advice = say("Correct those rows, or leave them out.")
    if exchanged == len(latitude):
        advice = say("Latitude and longitude look exchanged: swap the columns.")
    elif exchanged:
        advice = say(
            "In {n} of them latitude and longitude look exchanged: swap the two values in those "
            "rows.",
            n=exchanged,
        )
    raise DataError(
        say(
            "{n_at} {what} cannot be on the earth: {where}. Expected latitude −90 to 90 and "
            "longitude −180 to 180 degrees. {advice}",
            n_at=len(at),
            what=named_kind(what),
            where=where,
            advice=advice,
        )
    )


def outside_country(latitude: Floats, longitude: Floats) -> tuple[Message, ...]:
    """Point out the few places that lie outside Japan when nearly all lie inside."""
    south, north, west, east = JAPAN
    outside = np.flatnonzero(
        (latitude < south) | (latitude > north) | (longitude < west) | (longitude > east)
    )
    if not 0 < outside.size <= FEW * len(latitude):
        return ()
    return (
        say(
            "{k:,} of {n:,} sites lie outside Japan: {where}.",
            k=int(outside.size),
            n=len(latitude),
            where=some_of(
                say(
                    "row {row} ({latitude:g}, {longitude:g})",
                    row=int(k),
                    latitude=float(latitude[k]),
                    longitude=float(longitude[k]),
                )
                for k in outside
            ),
        ),
    )
