"""Where do the borders of a user's areas run?

Takes: a GeoJSON file in degrees (WGS 84), one feature or several for each area, with its code in a
property ``code``. Gives: code → shape. Limits: other formats and projections must be converted
first.
"""

import json
from collections.abc import Collection
from pathlib import Path

import shapely
from shapely.geometry import shape

from shuseki.errors import DataError, examples
from shuseki.language import say, words_of

__all__ = ["read_outlines"]


def read_outlines(path: Path, codes: Collection[str]) -> dict[str, shapely.Geometry]:
    """Read the outlines of areas.

    Raises
    ------
    DataError
        The file is no GeoJSON, a feature has no code, or none of the areas has an outline.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        features = content["features"]
        found: dict[str, list[shapely.Geometry]] = {}
        for k, feature in enumerate(features):
            code = (feature.get("properties") or {}).get("code")
            if code is None:
                raise DataError(
                    say(
                        "{path}: feature {value} has no property 'code'. Expected the code of its "
                        "area. Add it.",
                        path=path.name,
                        value=k + 1,
                    )
                )
            found.setdefault(str(code), []).append(shapely.make_valid(shape(feature["geometry"])))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            say(
                "{path} is no GeoJSON of areas ({kind}: {error}). Expected a FeatureCollection of "
                "polygons in degrees. Convert it.",
                path=path.name,
                kind=type(error).__name__,
                error=words_of(error),
            )
        ) from None
    known = {code: shapely.union_all(parts) for code, parts in found.items() if code in set(codes)}
    if not known:
        raise DataError(
            say(
                "{path} has outlines of {found}, none of which is an area. Expected codes such as "
                "{codes}. Name the areas by their codes.",
                path=path.name,
                found=examples(found),
                codes=examples(list(codes)),
            )
        )
    return known
