"""Who can do what, and who may see it?

``view`` is the one door to a directory: whatever a reader is shown, ranked or told is computed
from the view of that reader's role and from nothing else. ``registry.store`` keeps the records of a
cluster and the copies that other clusters let it have.
"""

from shuseki.sourcing.registry.visibility import LEVELS, Level, Visibility, band, view

__all__ = ["LEVELS", "Level", "Visibility", "band", "view"]
