"""Of which firms does a command speak, and as whom does it look?

Without ``--store`` the firms are those of the synthetic clusters, and every answer says so.
"""

from typing import Annotated

import typer

from shuseki.datasets.clusters import synthetic_clusters
from shuseki.directory import Directory
from shuseki.sourcing.registry import view
from shuseki.sourcing.registry.store import Registry

__all__ = ["Cluster", "MaybeStore", "Role", "seen_firms"]

MaybeStore = Annotated[
    str | None,
    typer.Option("--store", help="File of the registry, or postgresql://user@host/name."),
]
Role = Annotated[
    str,
    typer.Option("--role", help="As whom: public, partner, coordinator, or private (the owner)."),
]
Cluster = Annotated[
    str | None, typer.Option("--cluster", help="Code of the cluster that asks: ota …")
]


def seen_firms(store: str | None, role: str, cluster: str | None, made_up: int = 300) -> Directory:
    """The view of a registry that the reader may see, or of the synthetic clusters."""
    if store is None:
        return view(synthetic_clusters(firms=made_up), role, cluster or "")
    with Registry.open(store) as registry:
        return registry.view(role, cluster)
