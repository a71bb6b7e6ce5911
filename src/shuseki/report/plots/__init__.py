"""Which picture says this result best?

``plot`` dispatches on the type of the result. The pictures of each room, or of a part of it, live
in a module of the same name, which is imported when a result of that room is first drawn.
"""

from shuseki.report.plots.dispatch import plot

__all__ = ["plot"]
