"""What can we practise on?"""

from shuseki.datasets.accounts import regional_accounts, regional_accounts_provenance
from shuseki.datasets.catalogue import catalogue, load
from shuseki.datasets.public import manufacturing_panel, shipments_panel

__all__ = [
    "catalogue",
    "load",
    "manufacturing_panel",
    "regional_accounts",
    "regional_accounts_provenance",
    "shipments_panel",
]
