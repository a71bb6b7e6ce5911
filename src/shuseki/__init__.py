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
    from shuseki.measures.clusters import clusters, point_clusters
    from shuseki.measures.concentration import (
        coagglomeration,
        concentration,
        disagreement,
        local_moran,
        scale_sweep,
    )
    from shuseki.measures.externalities import externality_range
    from shuseki.measures.kdensity import joint_kdensity, kdensity, kdensity_areas
    from shuseki.measures.lifecycle import life_cycle
    from shuseki.measures.mfunction import individual_m, joint_m_function, m_function
    from shuseki.measures.quotients import location_quotients, shift_share, specialisation
    from shuseki.measures.ripley import ripley
    from shuseki.measures.trends import contributions, trends
    from shuseki.measures.typology import agglomeration_types
    from shuseki.panel import Panel
    from shuseki.report.plots import plot
    from shuseki.sites import Sites
    from shuseki.study.measures import public_panel
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
    "agglomeration_types",
    "audit",
    "bundled_studies",
    "catalogue",
    "clusters",
    "coagglomeration",
    "concentration",
    "contributions",
    "disagreement",
    "externality_range",
    "individual_m",
    "joint_kdensity",
    "joint_m_function",
    "kdensity",
    "kdensity_areas",
    "life_cycle",
    "load",
    "local_moran",
    "location_quotients",
    "m_function",
    "plot",
    "point_clusters",
    "printed_paper",
    "public_panel",
    "read_study",
    "ripley",
    "run",
    "scale_sweep",
    "shift_share",
    "specialisation",
    "trends",
]

_HOMES = {
    "Panel": "panel",
    "Run": "study.run",
    "ShusekiError": "errors",
    "Sites": "sites",
    "Study": "study.specification",
    "agglomeration_types": "measures.typology",
    "audit": "entry.audit",
    "bundled_studies": "study.specification",
    "catalogue": "datasets.catalogue",
    "clusters": "measures.clusters",
    "coagglomeration": "measures.concentration",
    "concentration": "measures.concentration",
    "contributions": "measures.trends",
    "disagreement": "measures.concentration",
    "externality_range": "measures.externalities",
    "individual_m": "measures.mfunction",
    "joint_kdensity": "measures.kdensity",
    "joint_m_function": "measures.mfunction",
    "kdensity": "measures.kdensity",
    "kdensity_areas": "measures.kdensity",
    "life_cycle": "measures.lifecycle",
    "load": "datasets.catalogue",
    "local_moran": "measures.concentration",
    "location_quotients": "measures.quotients",
    "m_function": "measures.mfunction",
    "plot": "report.plots",
    "point_clusters": "measures.clusters",
    "printed_paper": "datasets.printed",
    "public_panel": "study.measures",
    "read_study": "study.specification",
    "ripley": "measures.ripley",
    "run": "study.run",
    "scale_sweep": "measures.concentration",
    "shift_share": "measures.quotients",
    "specialisation": "measures.quotients",
    "trends": "measures.trends",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
