"""Which measures take a data frame as it is?

Those of ``measures`` under their own names; see ``frames.adapter`` for how columns are named.
"""

from shuseki.frames.adapter import takes_panel, takes_sites
from shuseki.measures.change import externalities as range_
from shuseki.measures.change import lifecycle, typology
from shuseki.measures.change import trends as courses
from shuseki.measures.clusters import clusters as gathered
from shuseki.measures.clusters import local_moran as moran
from shuseki.measures.distance import kdensity as densities
from shuseki.measures.distance import mfunction
from shuseki.measures.distance import ripley as ripleys
from shuseki.measures.indices import concentration as indices
from shuseki.measures.indices import quotients

__all__ = [
    "agglomeration_types",
    "clusters",
    "coagglomeration",
    "concentration",
    "contributions",
    "externality_range",
    "individual_m",
    "joint_kdensity",
    "joint_m_function",
    "kdensity",
    "kdensity_areas",
    "life_cycle",
    "local_moran",
    "location_quotients",
    "m_function",
    "point_clusters",
    "ripley",
    "shift_share",
    "specialisation",
    "trends",
]

CELLS = 'area="town", industry="trade"'
YEARS = f'{CELLS}, period="year"'
CENTRES = 'latitude="lat", longitude="lon"'
PLANTS = f'{CENTRES}, industry="trade"'

location_quotients = takes_panel(quotients.location_quotients, f'{CELLS}, plants="n"')
specialisation = takes_panel(quotients.specialisation, f'{CELLS}, employment="workers"')
shift_share = takes_panel(quotients.shift_share, f'"workers", start="2001", end="2012", {YEARS}')
concentration = takes_panel(
    indices.concentration, f'{CELLS}, plants="n", employment="workers", {CENTRES}'
)
coagglomeration = takes_panel(indices.coagglomeration, f'{CELLS}, plants="n", employment="workers"')
local_moran = takes_panel(moran.local_moran, f'"tofu", {CELLS}, variable="workers", {CENTRES}')
clusters = takes_panel(gathered.clusters, f'"tofu", {CELLS}, plants="n", {CENTRES}')
trends = takes_panel(courses.trends, '["Suwa"], "n", area="town", period="year"')
contributions = takes_panel(courses.contributions, f'"n", start="2001", end="2012", {YEARS}')
agglomeration_types = takes_panel(
    typology.agglomeration_types, f'{CELLS}, plants="n", workers="workers"'
)
life_cycle = takes_panel(
    lifecycle.life_cycle, 'area="town", period="year", plants="n", workers="workers"'
)
externality_range = takes_panel(range_.externality_range, f'{YEARS}, plants="n", {CENTRES}')
kdensity_areas = takes_panel(densities.kdensity_areas, f'{CELLS}, plants="n", {CENTRES}')

kdensity = takes_sites(densities.kdensity, f'{PLANTS}, weights="workers"')
joint_kdensity = takes_sites(densities.joint_kdensity, f'[("tofu", "sake")], {PLANTS}')
m_function = takes_sites(mfunction.m_function, f'{PLANTS}, weights="workers"')
joint_m_function = takes_sites(mfunction.joint_m_function, f'[("tofu", "sake")], {PLANTS}')
individual_m = takes_sites(mfunction.individual_m, f'"tofu", {PLANTS}')
ripley = takes_sites(ripleys.ripley, PLANTS)
point_clusters = takes_sites(gathered.point_clusters, f'"tofu", {PLANTS}')
