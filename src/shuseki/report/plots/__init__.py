"""Which picture says this result best?

``plot`` dispatches on the type of the result. The pictures of each room, or of a part of it, live
in a module of the same name, which registers them; importing this package registers them all.
"""

from shuseki.report.plots import change as change
from shuseki.report.plots import clusters as clusters
from shuseki.report.plots import companies as companies
from shuseki.report.plots import demography as demography
from shuseki.report.plots import distance as distance
from shuseki.report.plots import entry as entry
from shuseki.report.plots import entry_deeper as entry_deeper
from shuseki.report.plots import indices as indices
from shuseki.report.plots import linkage as linkage
from shuseki.report.plots import national as national
from shuseki.report.plots import network as network
from shuseki.report.plots import profile as profile
from shuseki.report.plots import sourcing as sourcing
from shuseki.report.plots import theory as theory
from shuseki.report.plots import unseen as unseen
from shuseki.report.plots.dispatch import plot

__all__ = ["plot"]
