"""Made-up areas for tests of profiles: nothing here is a finding."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from shuseki.geography.districts import Division
from shuseki.profile.base import Base
from shuseki.profile.frameworks import Framework
from shuseki.profile.indicators import Indicators, Values, standings


def made_up_values(
    value: np.ndarray,
    catalogue: Indicators,
    keys: list[str],
    *,
    column_order: list[int] | None = None,
) -> Values:
    """Values of some indicators of made-up areas; the others are unknown."""
    n = len(value)
    codes = [f"{k:03d}" for k in range(n)]
    areas = pd.DataFrame({"code": codes, "name_en": codes, "name_ja": codes})
    members = pd.DataFrame({"municipality": codes, "area": codes, "confidence": "high"})
    base = Base(
        Division("made up", "", members, areas, codes_of="any"),
        pd.DataFrame(index=pd.Index(codes, name="area")),
        {},
        None,
        None,
        False,
    )
    order = column_order or list(range(len(catalogue.entries)))
    entries = tuple(catalogue.entries[k] for k in order)
    table = np.full((n, len(entries)), np.nan)
    for k, key in enumerate(keys):
        table[:, [entry.key for entry in entries].index(key)] = value[:, k]
    sign = np.array([entry.sign for entry in entries], dtype=float)
    return Values(Indicators(entries=entries), base, table, np.zeros_like(table),
                  standings(table * sign))  # fmt: skip


def keys_of(framework: Framework) -> list[str]:
    """Every indicator of a framework, once."""
    return list(dict.fromkeys(key for c in framework.conditions for key, _ in c.indicators))


def best_in_everything(framework: Framework, catalogue: Indicators, n: int = 20) -> np.ndarray:
    """Area 0 is the best in every indicator, in the sense of the framework."""
    rng = np.random.default_rng(7)
    keys = keys_of(framework)
    turn = {key: sign for c in framework.conditions for key, sign in c.indicators}
    value = rng.uniform(0, 1, (n, len(keys)))
    for k, key in enumerate(keys):
        value[0, k] = 2.0 * turn[key] * catalogue[key].sign
    return value


@pytest.fixture
def made_up() -> SimpleNamespace:
    """The functions above."""
    return SimpleNamespace(
        values=made_up_values, keys_of=keys_of, best_in_everything=best_in_everything
    )
