"""Why do firms gather? Where industry settles, when it leaves, when knowledge stops growing."""

from shuseki.theory.models.core_periphery import CorePeriphery
from shuseki.theory.models.footloose import FootlooseEntrepreneur
from shuseki.theory.models.housing import Housing
from shuseki.theory.models.linear import Linear
from shuseki.theory.models.vertical_linkages import VerticalLinkages
from shuseki.theory.solving.branches import break_points, hysteresis, sustain_points, sweep
from shuseki.theory.solving.equilibrium import equilibria, solve, stability

__all__ = [
    "CorePeriphery",
    "FootlooseEntrepreneur",
    "Housing",
    "Linear",
    "VerticalLinkages",
    "break_points",
    "equilibria",
    "hysteresis",
    "solve",
    "stability",
    "sustain_points",
    "sweep",
]
