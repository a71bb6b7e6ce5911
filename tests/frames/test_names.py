"""What is reachable from ``import shuseki as sk``, and at what cost."""

import subprocess
import sys

import pytest

import shuseki as sk

EXPECTED = [
    *("ingest", "births", "events", "survival", "tally", "open_store"),
    *("ols", "poisson", "side_by_side", "concentration"),
    *("CorePeriphery", "FootlooseEntrepreneur", "Housing", "VerticalLinkages"),
    *("solve", "stability", "sweep"),
]


@pytest.mark.parametrize("name", sk.__all__)
def test_every_name_loads_and_says_what_it_is(name):
    assert (getattr(sk, name).__doc__ or "").strip()


def test_names_are_listed():
    assert set(EXPECTED) <= set(sk.__all__)
    assert set(sk.__all__) <= set(dir(sk))
    assert sorted(sk._HOMES) == sorted(sk.__all__)
    with pytest.raises(AttributeError, match="no attribute 'concentraton'"):
        _ = sk.concentraton


def test_importing_loads_nothing_heavy():
    code = "import shuseki, sys; print(*(m for m in ('pandas', 'numpy') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_model_is_solved_from_the_names_alone():
    assert "equilibrium" in sk.solve(sk.CorePeriphery()).headline().lower()
