"""What can we practise on?"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from shuseki.datasets.catalogue import catalogue, load  # at once: the module has its name too

if TYPE_CHECKING:
    from shuseki.datasets.accounts import regional_accounts, regional_accounts_provenance
    from shuseki.datasets.public import manufacturing_panel, shipments_panel

__all__ = [
    "catalogue",
    "load",
    "manufacturing_panel",
    "regional_accounts",
    "regional_accounts_provenance",
    "shipments_panel",
]

_HOMES = {
    "manufacturing_panel": "public",
    "regional_accounts": "accounts",
    "regional_accounts_provenance": "accounts",
    "shipments_panel": "public",
}
"""Name → the module that has it: each is loaded when it is first used."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
