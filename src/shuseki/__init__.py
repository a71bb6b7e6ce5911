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
    from shuseki.datasets.panels import public_panel
    from shuseki.errors import ShusekiError
    from shuseki.measures.change.externalities import externality_range
    from shuseki.measures.change.lifecycle import life_cycle
    from shuseki.measures.change.trends import contributions, trends
    from shuseki.measures.change.typology import agglomeration_types
    from shuseki.measures.clusters.clusters import clusters, point_clusters
    from shuseki.measures.clusters.local_moran import local_moran
    from shuseki.measures.distance.kdensity import joint_kdensity, kdensity, kdensity_areas
    from shuseki.measures.distance.mfunction import individual_m, joint_m_function, m_function
    from shuseki.measures.distance.ripley import ripley
    from shuseki.measures.indices.concentration import (
        coagglomeration,
        concentration,
        disagreement,
        scale_sweep,
    )
    from shuseki.measures.indices.quotients import location_quotients, shift_share, specialisation
    from shuseki.panel import Panel
    from shuseki.papers.audit import audit
    from shuseki.papers.catalogue import printed_paper
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
    "agglomeration_types": "measures.change.typology",
    "audit": "papers.audit",
    "bundled_studies": "study.specification",
    "catalogue": "datasets.catalogue",
    "clusters": "measures.clusters.clusters",
    "coagglomeration": "measures.indices.concentration",
    "concentration": "measures.indices.concentration",
    "contributions": "measures.change.trends",
    "disagreement": "measures.indices.concentration",
    "externality_range": "measures.change.externalities",
    "individual_m": "measures.distance.mfunction",
    "joint_kdensity": "measures.distance.kdensity",
    "joint_m_function": "measures.distance.mfunction",
    "kdensity": "measures.distance.kdensity",
    "kdensity_areas": "measures.distance.kdensity",
    "life_cycle": "measures.change.lifecycle",
    "load": "datasets.catalogue",
    "local_moran": "measures.clusters.local_moran",
    "location_quotients": "measures.indices.quotients",
    "m_function": "measures.distance.mfunction",
    "plot": "report.plots",
    "point_clusters": "measures.clusters.clusters",
    "printed_paper": "papers.catalogue",
    "public_panel": "datasets.panels",
    "read_study": "study.specification",
    "ripley": "measures.distance.ripley",
    "run": "study.run",
    "scale_sweep": "measures.indices.concentration",
    "shift_share": "measures.indices.quotients",
    "specialisation": "measures.indices.quotients",
    "trends": "measures.change.trends",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
