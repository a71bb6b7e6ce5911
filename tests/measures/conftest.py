"""A map of forty areas."""

import numpy as np
import pytest

from shuseki.panel import Panel


@pytest.fixture
def panel() -> Panel:
    """Forty areas, three industries: one even, one in a corner, one in one area."""
    rng = np.random.default_rng(8)
    centres = np.stack(
        [np.repeat(np.linspace(34, 38, 8), 5), np.tile(np.linspace(136, 139, 5), 8)], axis=1
    )
    plants = rng.poisson(20, (40, 3)).astype(float)
    plants[:6, 1] += 100
    plants[17, 2] += 900
    plants[:, 0] *= 20
    return Panel(
        areas=tuple(f"{k:02d}" for k in range(40)),
        industries=("even", "corner", "single"),
        periods=("2001",),
        values={"plants": plants[:, :, None], "employment": 12 * plants[:, :, None]},
        centres=centres,
        area_groups=tuple("ABCDEFGH"[k // 5] for k in range(40)),
    )
