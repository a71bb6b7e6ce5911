"""Industrial agglomerations, from establishment records to policy.

>>> import shuseki as sk
>>> sk.bundled_studies()
('okamuro-2006',)

The names below are loaded when they are first used, so that importing shuseki costs nothing.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shuseki.datasets.catalogue import catalogue, load
    from shuseki.datasets.printed import printed_paper
    from shuseki.entry.audit import audit
    from shuseki.errors import ShusekiError
    from shuseki.panel import Panel
    from shuseki.report.plots import plot
    from shuseki.sites import Sites
    from shuseki.study.run import Run, run
    from shuseki.study.specification import Study, bundled_studies, read_study

__version__ = "0.1.0"

# OpenMP where there is a choice: with TBB some processes do not end once their work is done.
os.environ.setdefault("NUMBA_THREADING_LAYER_PRIORITY", "omp tbb workqueue")

__all__ = [
    "Panel",
    "Run",
    "ShusekiError",
    "Sites",
    "Study",
    "audit",
    "bundled_studies",
    "catalogue",
    "load",
    "plot",
    "printed_paper",
    "read_study",
    "run",
]

_HOMES = {
    "Panel": "panel",
    "Run": "study.run",
    "ShusekiError": "errors",
    "Sites": "sites",
    "Study": "study.specification",
    "audit": "entry.audit",
    "bundled_studies": "study.specification",
    "catalogue": "datasets.catalogue",
    "load": "datasets.catalogue",
    "plot": "report.plots",
    "printed_paper": "datasets.printed",
    "read_study": "study.specification",
    "run": "study.run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
