"""What does it cost to send goods from here to there?

A model keeps a ``distance`` matrix in steps (0 at home, 1 to the other of two regions, steps
around a circle, or anything measured) and one ``transport_cost`` T > 1, the iceberg cost of one
step: to deliver one unit from r to s, ``T ** distance[r, s]`` units are sent. What competition
feels is the proximity ``D[r, s] = T_rs ** (1 - σ)``, in (0, 1], computed once per model.

Takes: arrays. Gives: square arrays, origin in the row, destination in the column.
Sources: Fujita, Krugman and Venables (1999), chapters 4–6.
Limits: costs multiply; an additive cost is used by the linear model alone.
"""

from functools import cached_property

import numpy as np

from shuseki.arrays import Bools, Floats
from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import joined, say

__all__ = [
    "IcebergSpace",
    "any_costs",
    "check_costs",
    "check_parameters",
    "circle",
    "discounts",
    "is_circulant",
    "proximity",
    "two_regions",
]


def two_regions() -> Floats:
    """Distance in steps between two regions, shape ``(2, 2)``."""
    return np.array([[0.0, 1.0], [1.0, 0.0]])


def circle(regions: int) -> Floats:
    """Distance in steps around a circle of regions, shape ``(regions, regions)``.

    >>> circle(4)[0]
    array([0., 1., 2., 1.])
    """
    if regions < 2:
        raise ParameterError(
            say(
                "A circle of {regions} regions. Expected 2 or more. Choose another.",
                regions=regions,
            )
        )
    apart = np.abs(np.subtract.outer(np.arange(regions), np.arange(regions)))
    return np.minimum(apart, regions - apart).astype(float)


def any_costs(iceberg: Floats) -> Floats:
    """Distances of which any matrix of iceberg costs is made, with ``transport_cost = e``.

    Parameters
    ----------
    iceberg
        Units sent per unit delivered, origin × destination, shape ``(n, n)``, ≥ 1.
    """
    check_costs(iceberg)
    return np.log(iceberg)


def proximity(distance: Floats, transport_cost: float, elasticity_of_substitution: float) -> Floats:
    """``D[r, s] = T_rs ** (1 - σ)``, origin × destination, shape ``(n, n)``, in (0, 1]."""
    return np.exp(((1 - elasticity_of_substitution) * np.log(transport_cost)) * distance)


class IcebergSpace:
    """What a model with iceberg costs knows of space, from its distances and its cost of a step."""

    distance: Floats
    transport_cost: float
    elasticity_of_substitution: float

    @property
    def regions(self) -> int:
        """Number of regions n."""
        return len(self.distance)

    @cached_property
    def iceberg(self) -> Floats:
        """Units sent per unit delivered, origin × destination."""
        return np.exp(np.log(self.transport_cost) * np.asarray(self.distance, dtype=float))

    @cached_property
    def proximity(self) -> Floats:
        """D, origin × destination."""
        return proximity(self.distance, self.transport_cost, self.elasticity_of_substitution)


def is_circulant(matrix: Floats) -> bool:
    """Whether each row is the row above, turned by one: all places alike."""
    first = matrix[0]
    return all(np.allclose(row, np.roll(first, k)) for k, row in enumerate(matrix))


def discounts(proximities: Floats) -> Floats:
    """How much of a wave of each frequency reaches across space, shape ``(n,)``; 1 for k = 0.

    ``d_k`` is the k-th Fourier coefficient of a row of a circulant D over the zeroth. With two
    regions ``d_1 = (1 - φ) / (1 + φ)``.
    """
    if not is_circulant(proximities):
        raise ParameterError(
            say(
                "The places are not alike: the proximity matrix is not circulant. Expected a "
                "circle or two regions. Use stability(model, state), which takes any geography."
            )
        )
    wave = np.fft.fft(proximities[0]).real
    return wave / wave[0]


def check_costs(iceberg: Floats, *, names: tuple[str, ...] = ()) -> None:
    """Refuse costs that are not a matrix of numbers ≥ 1, or that cut the regions into islands."""
    if iceberg.ndim != 2 or iceberg.shape[0] != iceberg.shape[1]:
        raise DataError(
            say(
                "Costs of shape {iceberg_shape}. Expected a square matrix. Reshape it.",
                iceberg_shape=iceberg.shape,
            )
        )
    pair = _pair_namer(names)
    unknown = np.isnan(iceberg)
    if unknown.any():
        raise DataError(
            say(
                "{n_unknown} transport costs are missing: {pair}. Expected a number ≥ 1 for every "
                "pair. Fill them, or leave those regions out.",
                n_unknown=unknown.sum(),
                pair=pair(unknown),
            )
        )
    negative = iceberg < 0
    if negative.any():
        raise DataError(
            say(
                "{n_negative} transport costs are negative: {pair}. Expected iceberg costs ≥ 1. "
                "Were logarithms or subsidies entered as costs? Correct them.",
                n_negative=negative.sum(),
                pair=pair(negative, iceberg),
            )
        )
    low = iceberg < 1 - 1e-12
    if low.any():
        raise DataError(
            say(
                "{n_low} transport costs are below 1: {pair}. Expected units sent per unit "
                "delivered, ≥ 1. If these are shares of value, add 1.",
                n_low=low.sum(),
                pair=pair(low, iceberg),
            )
        )
    check_connected(np.isfinite(iceberg), names=names)


def check_connected(reaches: Bools, *, names: tuple[str, ...] = ()) -> None:
    """Refuse a geography in which some region cannot be reached from the first."""
    seen = np.zeros(len(reaches), dtype=bool)
    front = np.zeros_like(seen)
    front[0] = True
    either = reaches | reaches.T
    while front.any():
        seen |= front
        front = either[front].any(axis=0) & ~seen
    if not seen.all():
        cut = np.flatnonzero(~seen)
        label = [names[k] if names else say("region {k}", k=k) for k in cut]
        first = names[0] if names else say("region {k}", k=0)
        raise DataError(
            say(
                "The cost matrix is disconnected: {n_cut} of {n_seen} regions cannot be reached "
                "from {first}: {label}. Expected one connected market. Give those pairs a finite "
                "cost, or solve each part by itself.",
                n_cut=len(cut),
                n_seen=len(seen),
                first=first,
                label=examples(label),
            )
        )


def check_parameters(owner: str, **conditions: tuple[float, float, float]) -> None:
    """Refuse parameters outside an open interval: ``name=(value, low, high)``."""
    wrong = [
        say(
            "{name} = {value:g} (expected between {low:g} and {high:g}, ends excluded)",
            name=name,
            value=value,
            low=low,
            high=high,
        )
        for name, (value, low, high) in conditions.items()
        if not low < value < high
    ]
    if wrong:
        raise ParameterError(
            say(
                "{owner}: {wrong}. Choose another value.",
                owner=owner,
                wrong=joined(wrong),
            )
        )


def _pair_namer(names: tuple[str, ...]):  # type: ignore[no-untyped-def]
    def show(which: Bools, values: Floats | None = None) -> str:
        def label(k: int) -> str:
            return names[k] if names else str(k)

        return examples(
            f"{label(r)} → {label(s)}" + ("" if values is None else f" {values[r, s]:g}")
            for r, s in np.argwhere(which)
        )

    return show
