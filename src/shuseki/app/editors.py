"""Who may write which firm's record?

A member that of his own firm, a coordinator those of his cluster; who sits at the machine is the
coordinator of its registry. The cluster is that of the registry in the folder of the app: copies of
others are written by nobody here.
"""

from dataclasses import dataclass
from pathlib import Path

from fastapi import Request

from shuseki.app.accounts import Account
from shuseki.app.directory import REGISTRY, has_registry
from shuseki.app.state import account_of, state_of
from shuseki.sourcing.registry.store import Registry

__all__ = ["Editor", "editor_of", "may_edit", "place_of"]


@dataclass(frozen=True)
class Editor:
    """Who writes records, of which cluster, and up to which level they are shown to him.

    Attributes
    ----------
    firm
        The only firm that he writes; empty for all of the cluster.
    """

    account: Account
    cluster: str
    role: str
    firm: str = ""

    def may(self, key: str) -> bool:
        """Whether he writes the record of this firm."""
        own = key.partition("/")[0] == self.cluster
        return own and self.firm in ("", key)


def place_of(request: Request) -> Path:
    """The registry of this app."""
    return state_of(request).settings.data / REGISTRY


def editor_of(request: Request, cluster: str) -> Editor | None:
    """What a reader may write in the registry of a cluster; None for nothing."""
    account, accounts = account_of(request), state_of(request).accounts
    if accounts is None:
        return Editor(account, cluster, "coordinator")
    if account.cluster != cluster:
        return None
    if account.role == "coordinator":
        return Editor(account, cluster, "coordinator")
    firm = accounts.firm_of(account.name) if account.role == "member" else ""
    return Editor(account, cluster, "private", firm) if firm else None


def may_edit(request: Request, key: str) -> bool:
    """Whether the reader may change a firm; without a registry nobody can."""
    if not has_registry(state_of(request).settings.data):
        return False
    with Registry.open(place_of(request)) as registry:
        found = editor_of(request, registry.cluster)
    return found is not None and found.may(key)
