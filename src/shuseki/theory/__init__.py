"""Why at all? Where industry settles, when it leaves, and when knowledge stops growing."""

from shuseki.theory.core_periphery import CorePeriphery
from shuseki.theory.equilibrium import equilibria, hysteresis, solve, stability, sweep
from shuseki.theory.footloose import FootlooseEntrepreneur
from shuseki.theory.housing import Housing
from shuseki.theory.linear import Linear
from shuseki.theory.vertical_linkages import VerticalLinkages

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
