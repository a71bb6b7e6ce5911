"""Which pictures do these pages show?

Draws all of them, or those named, from the bundled public statistics, as PNG, with a headless
Chromium: ``python docs/measures/draw.py [NAME ...]``. Once all are drawn, ``figures/made.md`` says
from what (``docs/freshness.py``); one alone makes the folder stale until all are.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from shuseki.datasets.panels import public_panel, public_scales
from shuseki.datasets.public import fully_published, input_output_shares, manufacturing_panel
from shuseki.measures.change.externalities import externality_range
from shuseki.measures.change.lifecycle import life_cycle
from shuseki.measures.change.trends import contributions, trends
from shuseki.measures.change.typology import agglomeration_types
from shuseki.measures.clusters.clusters import clusters
from shuseki.measures.distance.kdensity import joint_kdensity, kdensity_areas
from shuseki.measures.distance.mfunction import individual_m
from shuseki.measures.distance.ripley import ripley
from shuseki.measures.indices.concentration import concentration, disagreement, scale_sweep
from shuseki.measures.indices.quotients import location_quotients, shift_share
from shuseki.report.plots import plot
from shuseki.report.plots.change import types_map
from shuseki.results import Result
from shuseki.sites import Sites
from shuseki.sources import Source

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from freshness import line, of_figures  # noqa: E402

TOWNS = ["13111", "27227", "20204", "03206"]
"""Ota, Higashi-Osaka, Okaya and Kitakami, the four of the 2012 paper."""
WIDTH = 900


def types() -> Result:
    """The four types of the districts."""
    return agglomeration_types(
        public_panel("industries"),
        history=public_panel("district shipments"),
        all_plants=public_panel("district totals"),
    )


def concentrated() -> Result:
    """Indices of the two-digit industries."""
    return concentration(public_panel("industries"))


def made_up() -> Sites:
    """The made-up map of docs/measures/kdensity.md: B and C in five of forty towns."""
    rng = np.random.default_rng(1)
    towns = rng.uniform((34, 135), (37, 139), (40, 2))
    industry = np.repeat([0, 1, 2, 3], [900, 150, 150, 300])
    home = np.where(np.isin(industry, [1, 2]), rng.integers(0, 5, 1500), rng.integers(0, 40, 1500))
    north, east = (towns[home] + rng.normal(0, 0.08, (1500, 2))).T
    source = Source("MadeUp", "Plants made up for this page", "", origin="synthetic")
    return Sites(north, east, industry, ("A", "B", "C", "D"), np.ones(1500), sources=(source,))


def cities(start: str, end: str):
    """Cities whose industries are published in full, so that they compare over time."""
    panel = public_panel("municipal industries")
    return panel.select(areas=fully_published("municipality", [int(start), int(end)]))


FIGURES: Mapping[str, Callable[[], go.Figure]] = {
    "quotients": lambda: plot(location_quotients(public_panel("industries"))),
    "shift_share": lambda: plot(
        shift_share(cities("2001", "2012"), "plants", start="2001", end="2012")
    ),
    "concentration": lambda: plot(concentrated()),
    "disagreement": lambda: plot(disagreement(concentrated())),
    "scale_sweep": lambda: plot(scale_sweep(public_scales())),
    "kdensity": lambda: plot(kdensity_areas(public_panel("municipalities"))),
    "kdensity_joint": lambda: plot(joint_kdensity(made_up(), [("B", "C"), ("B", "D")])),
    "m_individual": lambda: plot(individual_m(made_up(), "B", "C", radii_km=(2, 10, 20))),
    "ripley": lambda: plot(ripley(made_up(), ["B", "C", "D"])),
    "clusters_32": lambda: plot(clusters(public_panel("municipalities"), "32")),
    "trends_shipments_yen": lambda: plot(
        trends(public_panel("shipments"), TOWNS, "shipments_yen", base="1990")
    ),
    "trends_industry": lambda: plot(
        trends(
            public_panel("years").select(periods=[str(year) for year in range(2006, 2013)]),
            ["107", "114", "154"],
            "employment",
            industry="25+26+27+32",
            all_plants=public_panel("district totals"),
        )
    ),
    "contributions": lambda: plot(
        contributions(public_panel("municipal years"), "plants", start="2001", end="2012")
    ),
    "types": lambda: plot(types()),
    "types_map": lambda: types_map(types()),
    "lifecycle_each": lambda: plot(
        life_cycle(
            public_panel("years"),
            output="shipments_yen",
            industry="each",
            all_plants=public_panel("district totals"),
        )
    ),
    "lifecycle_long": lambda: plot(
        life_cycle(
            public_panel("shipments"),
            plants=None,
            workers=None,
            output="shipments_yen",
            areas=TOWNS,
        )
    ),
    "externalities": lambda: plot(
        externality_range(
            manufacturing_panel("municipality", industries="comparable"),
            spans=[("2001", "2006"), ("2006", "2012")],
            related=input_output_shares("comparable"),
            areas=fully_published("municipality"),
        )
    ),
}


def draw(figure: go.Figure, name: str) -> None:
    """Draw one figure into ``figures/<name>.png``."""
    figure.update_layout(width=WIDTH)
    html = figure.to_html(include_plotlyjs=True, config={"displayModeBar": False})
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(html.replace("<body>", '<body style="margin:0;overflow:hidden">'))
        subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                f"--user-data-dir={folder}/profile",
                f"--window-size={WIDTH},{int(figure.layout.height or 420)}",
                f"--screenshot={HERE / 'figures' / name}.png",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


def main(wanted: list[str]) -> None:
    """Draw the figures that are named; all by default."""
    for name in wanted or FIGURES:
        draw(FIGURES[name](), name)
        print(name, flush=True)
    if not wanted:
        made = line(of_figures(Path(__file__).resolve()), "docs/measures/draw.py")
        (HERE / "figures" / "made.md").write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
