"""Where is a module that used to have another name?

Scripts written for earlier versions go on running: importing a module by its old name gives the
module as it now is, with a ``DeprecationWarning`` that says the new name.
"""

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import MappingProxyType, ModuleType

__all__ = ["MOVED", "install"]

ROOMS = {
    "measures.change": "breaks externalities histories lifecycle regimes shocks trends typology",
    "measures.distance": "kdensity mfunction pairs ripley",
    "measures.indices": "concentration quotients",
    "theory.models": "core_periphery footloose housing knowledge_creation linear literature "
    "offshoring path_dependence quantitative_spatial vertical_linkages",
    "theory.solving": "dynamics equilibrium space threads",
}
OTHERS = {
    "datasets.printed": "papers.catalogue",
    "demography.linkage": "linkage.exact",
    "entry.audit": "papers.audit",
    "entry.from_print": "papers.from_print",
    "entry.moments": "papers.moments",
    "entry.printed": "papers.printed",
    "entry.printed_table": "papers.printed_table",
    "entry.replication": "papers.replication",
    "entry.robustness": "papers.okamuro_2006.robustness",
    "study.measures": "records.panels",
    "study.unseen": "datasets.census.unseen",
    "study.world": "bridges.world",
    "theory.vertical_hat": "theory.counterfactual.vertical_hat",
}
MOVED = MappingProxyType(
    {
        f"shuseki.{old}": f"shuseki.{new}"
        for old, new in (
            *OTHERS.items(),
            *(
                (f"{room.partition('.')[0]}.{name}", f"{room}.{name}")
                for room, names in ROOMS.items()
                for name in names.split()
            ),
        )
    }
)
"""Old name → new name."""


class _Moved(MetaPathFinder, Loader):
    """Finds a module by its old name."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__
        new = MOVED[old]
        warnings.warn(
            f"{old} is now {new}. Import it by that name.", DeprecationWarning, stacklevel=2
        )
        sys.modules[old] = import_module(new)


def install() -> None:
    """Let old names be found; those that exist are never asked here."""
    if not any(isinstance(finder, _Moved) for finder in sys.meta_path):
        sys.meta_path.append(_Moved())
