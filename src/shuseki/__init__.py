"""Industrial agglomerations, from establishment records to policy.

>>> import shuseki as sk
>>> sk.bundled_studies()
('companies-2021-2026', 'okamuro-2006')

============  =================================================================================
data          ``public_panel``, ``manufacturing_panel``, ``shipments_panel``, ``load``,
              ``catalogue``; ``Panel`` and ``Sites`` of your own
records       ``ingest`` published files, ``open_store``; ``tally`` a panel, ``births``, ``events``,
              ``survival``, ``link`` registers without numbers
measures      ``location_quotients``, ``concentration``, ``clusters``, ``kdensity``, ``trends``,
              ``agglomeration_types``, ``life_cycle`` …: each takes a panel (or sites), or a data
              frame and the names of its columns
regressions   ``ols``, ``poisson``, ``side_by_side``
theory        ``CorePeriphery``, ``FootlooseEntrepreneur``, ``Housing``, ``VerticalLinkages``;
              ``solve``, ``stability``, ``sweep``
sourcing      ``read_directory``, ``read_orders`` of tables of your own; ``search``, ``plan``,
              ``capacity``, ``gaps``, ``rents``, ``resilience``, ``survey``
print         ``printed_paper``, ``audit``
study         ``read_study``, ``run``
profile       ``profile`` of a district, ``compare`` several
============  =================================================================================

Every answer has ``headline()``, ``to_frame()``, ``summary()``, ``plot()``, ``to_latex()`` and
``to_excel(path)``.

The names below are loaded when they are first used, so that importing shuseki costs nothing.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from shuseki.moved import install

if TYPE_CHECKING:
    from shuseki.datasets.catalogue import catalogue, load
    from shuseki.datasets.clusters import synthetic_clusters
    from shuseki.datasets.orders import synthetic_orders
    from shuseki.datasets.panels import public_panel
    from shuseki.datasets.public import manufacturing_panel, shipments_panel
    from shuseki.demography.events import births, events
    from shuseki.demography.survival import survival
    from shuseki.errors import ShusekiError
    from shuseki.frames.formulas import ols, poisson
    from shuseki.frames.side_by_side import side_by_side
    from shuseki.frames.sourcing import (
        capacity,
        gaps,
        plan,
        read_directory,
        read_orders,
        rents,
        resilience,
        search,
        survey,
    )
    from shuseki.frames.verbs import (
        agglomeration_types,
        clusters,
        coagglomeration,
        concentration,
        contributions,
        externality_range,
        individual_m,
        joint_kdensity,
        joint_m_function,
        kdensity,
        kdensity_areas,
        life_cycle,
        local_moran,
        location_quotients,
        m_function,
        point_clusters,
        ripley,
        shift_share,
        specialisation,
        trends,
    )
    from shuseki.linkage.likeness import link
    from shuseki.measures.indices.concentration import disagreement, scale_sweep
    from shuseki.panel import Panel
    from shuseki.papers.audit import audit
    from shuseki.papers.catalogue import printed_paper
    from shuseki.profile.profiles import compare, profile
    from shuseki.records.ingest import ingest
    from shuseki.records.store import Store, open_store
    from shuseki.records.tally import tally
    from shuseki.report.plots import plot
    from shuseki.sites import Sites
    from shuseki.study.run import Run, run
    from shuseki.study.specification import Study, bundled_studies, read_study
    from shuseki.theory import (
        CorePeriphery,
        FootlooseEntrepreneur,
        Housing,
        Linear,
        VerticalLinkages,
        equilibria,
        hysteresis,
        solve,
        stability,
        sweep,
    )

__version__ = "0.1.0"

# OpenMP where there is a choice: with TBB some processes do not end once their work is done.
os.environ.setdefault("NUMBA_THREADING_LAYER_PRIORITY", "omp tbb workqueue")

__all__ = [
    "CorePeriphery",
    "FootlooseEntrepreneur",
    "Housing",
    "Linear",
    "Panel",
    "Run",
    "ShusekiError",
    "Sites",
    "Store",
    "Study",
    "VerticalLinkages",
    "agglomeration_types",
    "audit",
    "births",
    "bundled_studies",
    "capacity",
    "catalogue",
    "clusters",
    "coagglomeration",
    "compare",
    "concentration",
    "contributions",
    "disagreement",
    "equilibria",
    "events",
    "externality_range",
    "gaps",
    "hysteresis",
    "individual_m",
    "ingest",
    "joint_kdensity",
    "joint_m_function",
    "kdensity",
    "kdensity_areas",
    "life_cycle",
    "link",
    "load",
    "local_moran",
    "location_quotients",
    "m_function",
    "manufacturing_panel",
    "ols",
    "open_store",
    "plan",
    "plot",
    "point_clusters",
    "poisson",
    "printed_paper",
    "profile",
    "public_panel",
    "read_directory",
    "read_orders",
    "read_study",
    "rents",
    "resilience",
    "ripley",
    "run",
    "scale_sweep",
    "search",
    "shift_share",
    "shipments_panel",
    "side_by_side",
    "solve",
    "specialisation",
    "stability",
    "survey",
    "survival",
    "sweep",
    "synthetic_clusters",
    "synthetic_orders",
    "tally",
    "trends",
]

_HOMES = {
    "CorePeriphery": "theory",
    "FootlooseEntrepreneur": "theory",
    "Housing": "theory",
    "Linear": "theory",
    "Panel": "panel",
    "Run": "study.run",
    "ShusekiError": "errors",
    "Sites": "sites",
    "Store": "records.store",
    "Study": "study.specification",
    "VerticalLinkages": "theory",
    "agglomeration_types": "frames.verbs",
    "audit": "papers.audit",
    "births": "demography.events",
    "bundled_studies": "study.specification",
    "capacity": "frames.sourcing",
    "catalogue": "datasets.catalogue",
    "clusters": "frames.verbs",
    "coagglomeration": "frames.verbs",
    "compare": "profile.profiles",
    "concentration": "frames.verbs",
    "contributions": "frames.verbs",
    "disagreement": "measures.indices.concentration",
    "equilibria": "theory",
    "events": "demography.events",
    "externality_range": "frames.verbs",
    "gaps": "frames.sourcing",
    "hysteresis": "theory",
    "individual_m": "frames.verbs",
    "ingest": "records.ingest",
    "joint_kdensity": "frames.verbs",
    "joint_m_function": "frames.verbs",
    "kdensity": "frames.verbs",
    "kdensity_areas": "frames.verbs",
    "life_cycle": "frames.verbs",
    "link": "linkage.likeness",
    "load": "datasets.catalogue",
    "local_moran": "frames.verbs",
    "location_quotients": "frames.verbs",
    "m_function": "frames.verbs",
    "manufacturing_panel": "datasets.public",
    "ols": "frames.formulas",
    "open_store": "records.store",
    "plan": "frames.sourcing",
    "plot": "report.plots",
    "point_clusters": "frames.verbs",
    "poisson": "frames.formulas",
    "printed_paper": "papers.catalogue",
    "profile": "profile",
    "public_panel": "datasets.panels",
    "read_directory": "frames.sourcing",
    "read_orders": "frames.sourcing",
    "read_study": "study.specification",
    "rents": "frames.sourcing",
    "resilience": "frames.sourcing",
    "ripley": "frames.verbs",
    "run": "study.run",
    "scale_sweep": "measures.indices.concentration",
    "search": "frames.sourcing",
    "shift_share": "frames.verbs",
    "shipments_panel": "datasets.public",
    "side_by_side": "frames.side_by_side",
    "solve": "theory",
    "specialisation": "frames.verbs",
    "stability": "theory",
    "survey": "frames.sourcing",
    "survival": "demography.survival",
    "sweep": "theory",
    "synthetic_clusters": "datasets.clusters",
    "synthetic_orders": "datasets.orders",
    "tally": "records.tally",
    "trends": "frames.verbs",
}


CALLABLE_ROOMS = ("profile",)
"""Packages that are called themselves: ``sk.profile("東大阪")``."""


def __getattr__(name: str) -> Any:
    if name in CALLABLE_ROOMS:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


install()
