"""Where is what used to have another name?

Scripts written for earlier versions go on running. Importing a module by its old name gives the
module as it now is; a name that has left its module is found where it went; an argument is taken
by its old name. Each says the new name in a ``DeprecationWarning``.
"""

import functools
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import MappingProxyType, ModuleType
from typing import Any, TypeVar

__all__ = ["LEFT", "MOVED", "gone_from", "install", "renamed"]

T = TypeVar("T", bound=Callable[..., Any])

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
LEFT = MappingProxyType(
    {
        "shuseki.study.measures": {"measure": "shuseki.study.chapters.measures:measure"},
        "shuseki.study.run": {
            "_division": "shuseki.study.chapters.region:division_of",
            "_table": "shuseki.moved:table_with_codes",
        },
        "shuseki.theory.quantitative_spatial": {
            "Elasticities": "shuseki.theory.models.quantitative_immobile:ImmobileDemandParameters"
        },
    }
)
"""Module, by the name it had → what has left it → where that is now."""


def gone_from(module: str) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a module, which finds what has left it."""

    def find(name: str) -> Any:
        if name not in LEFT.get(module, {}):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        room, _, new = LEFT[module][name].partition(":")
        warnings.warn(
            f"{module}.{name} is now {room}.{new}. Import it by that name.",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(import_module(room), new)

    return find


def renamed(**new_by_old: str) -> Callable[[T], T]:
    """Let a function or a class take arguments by the names they had."""

    def take(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def taking(*given: Any, **named: Any) -> Any:
            for old in new_by_old.keys() & named.keys():
                warnings.warn(
                    f"{old}= is now {new_by_old[old]}=.", DeprecationWarning, stacklevel=2
                )
                named[new_by_old[old]] = named.pop(old)
            return function(*given, **named)

        return taking

    def decorate(target: Any) -> Any:
        if not isinstance(target, type):
            return take(target)
        target.__init__ = take(target.__init__)  # type: ignore[misc]
        return target

    return decorate


def table_with_codes(path: Any, *codes: str, encoding: str = "auto") -> Any:
    """Read a table as ``study.run`` did: now ``read_table(path, codes=codes)``."""
    return import_module("shuseki.reading.tables").read_table(path, codes=codes, encoding=encoding)


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
        found = import_module(new)
        if old not in LEFT:
            sys.modules[old] = found
            return
        module.__dict__.update({k: v for k, v in vars(found).items() if not k.startswith("__")})
        vars(module)["__getattr__"] = gone_from(old)


def install() -> None:
    """Let old names be found; those that exist are never asked here."""
    if not any(isinstance(finder, _Moved) for finder in sys.meta_path):
        sys.meta_path.append(_Moved())
