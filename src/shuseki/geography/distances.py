"""How far apart are two places?

Great-circle distance on a sphere of the mean earth radius (6371.0088 km), by the haversine:
``d = 2 R asin sqrt(sin²(Δφ/2) + cos φ₁ cos φ₂ sin²(Δλ/2))``.
An area's distance to itself is not zero for a firm that trades inside it: ``own_distance_km`` gives
the mean distance from the centre of a disc of the same area, ``(2/3) sqrt(area / π) = .376 √area``.

Takes degrees (shape ``(n, 2)``: latitude, longitude). Gives km.
Sources: mean radius, IUGG; own distance, Head and Mayer 2010, "Illusory border effects", eq. 12
(.376 is 2/3 of the radius of the disc).
Limits: the sphere differs from the ellipsoid by up to 0.5%; roads and mountains are not seen.
"""

import numpy as np

from shuseki.arrays import Floats
from shuseki.errors import AlignmentError
from shuseki.language import say

__all__ = ["EARTH_RADIUS_KM", "distance_km", "distance_matrix_km", "own_distance_km"]

EARTH_RADIUS_KM = 6371.0088


def distance_matrix_km(centres: Floats, others: Floats | None = None) -> Floats:
    """Distance of every place to every other, shape ``(n, m)``, km.

    Parameters
    ----------
    centres
        Latitude and longitude in degrees, shape ``(n, 2)``.
    others
        The places to measure to, shape ``(m, 2)``; ``centres`` by default.
    """
    check(centres)
    to = centres if others is None else others
    check(to)
    return distance_km(centres[:, None, :], to[None, :, :])


def distance_km(a: Floats, b: Floats) -> Floats:
    """Distance between pairs of places, shapes ``(..., 2)`` that broadcast, km.

    Examples
    --------
    >>> tokyo, osaka = np.array([35.68, 139.77]), np.array([34.70, 135.50])
    >>> round(float(distance_km(tokyo, osaka)))
    403
    """
    p, q = np.radians(a), np.radians(b)
    half = np.sin((p - q) / 2) ** 2
    chord = half[..., 0] + np.cos(p[..., 0]) * np.cos(q[..., 0]) * half[..., 1]
    distance: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    return distance


def own_distance_km(area_km2: Floats) -> Floats:
    """Mean distance from the centre of a disc of the same area, shape as given, km.

    Examples
    --------
    >>> float(own_distance_km(np.array(100.0)).round(2))
    3.76
    """
    distance: Floats = 2 / 3 * np.sqrt(np.asarray(area_km2, dtype=float) / np.pi)
    return distance


def check(centres: Floats) -> None:
    """Refuse anything but a table of latitudes and longitudes."""
    if centres.ndim != 2 or centres.shape[1] != 2:
        raise AlignmentError(
            say(
                "Centres have shape {centres_shape}. Expected (places, 2): latitude and longitude.",
                centres_shape=centres.shape,
            )
        )
