"""Why at all? Where industry settles, when it leaves, and when knowledge stops growing."""

from shuseki.theory.models.core_periphery import CorePeriphery
from shuseki.theory.models.footloose import FootlooseEntrepreneur
from shuseki.theory.models.housing import Housing
from shuseki.theory.models.linear import Linear
from shuseki.theory.models.vertical_linkages import VerticalLinkages
from shuseki.theory.solving.equilibrium import equilibria, hysteresis, solve, stability, sweep

__all__ = [
    "CorePeriphery",
    "FootlooseEntrepreneur",
    "Housing",
    "Linear",
    "VerticalLinkages",
    "equilibria",
    "hysteresis",
    "solve",
    "stability",
    "sweep",
]
