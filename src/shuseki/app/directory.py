"""Which fields of a firm may this reader see?

None by a rule of this room: ``sourcing.registry.view`` decides by role and cluster, and everything
that a page shows, ranks or explains is computed from what it gives and from nothing else. Nobody in
the app is the owner of records (``private``); that is for the command line of the machine.

Firms come from the registry in the folder of the app (``registry.sqlite``, made by
``shuseki directory import … --store``), or are the synthetic clusters, labelled so.
"""

from functools import lru_cache
from pathlib import Path

from shuseki.app.accounts import Account
from shuseki.datasets.clusters import synthetic_clusters
from shuseki.directory import Directory
from shuseki.sourcing.registry import view
from shuseki.sourcing.registry.store import Registry

__all__ = ["REGISTRY", "Sight", "directory_of", "has_registry", "sight_of"]

REGISTRY = "registry.sqlite"
ROLES = {
    "nobody": "public",
    "reader": "public",
    "member": "partner",
    "coordinator": "coordinator",
    "administrator": "public",
}
"""Role in the app → of a reader of a directory; who looks after accounts sees no more firms."""
HOME = "*"
"""Stands for the cluster that owns the directory."""

Sight = tuple[str, str]
"""Role and cluster of a reader, which alone decide what is seen."""


def sight_of(account: Account, *, is_local: bool) -> Sight:
    """Role and cluster of an account; whoever sits at the machine is its coordinator."""
    return ("coordinator", HOME) if is_local else (ROLES[account.role], account.cluster)


def directory_of(data: Path | None, sight: Sight) -> Directory:
    """The firms as a reader may see them; the synthetic clusters without a folder."""
    role, cluster = sight
    if data is None or not has_registry(data):
        return _synthetic(role, cluster)
    place = data / REGISTRY
    changed = max(p.stat().st_mtime_ns for p in data.glob(f"{REGISTRY}*"))
    return _registered(place, role, cluster, changed)


def has_registry(data: Path) -> bool:
    """Whether the folder of the app holds firms of its own."""
    return (data / REGISTRY).is_file()


def stamp_of(data: Path) -> int:
    """Changes when the registry does."""
    return max((p.stat().st_mtime_ns for p in data.glob(f"{REGISTRY}*")), default=0)


@lru_cache(maxsize=16)
def _synthetic(role: str, cluster: str) -> Directory:
    made = synthetic_clusters()
    return view(made, role, "ota" if cluster == HOME else cluster)


@lru_cache(maxsize=16)
def _registered(place: Path, role: str, cluster: str, changed: int) -> Directory:
    with Registry.open(place) as registry:
        return registry.view(role, registry.cluster if cluster == HOME else cluster)
