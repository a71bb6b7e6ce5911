"""Write the invented plants that dbmss.R measures: 300 of 5 towns, industry A in two of them."""

from pathlib import Path

import numpy as np
import pandas as pd


def plants() -> pd.DataFrame:
    """One row per plant."""
    rng = np.random.default_rng(2012)
    town = rng.integers(0, 5, 300)
    centre = np.array([[35.6, 139.7], [34.7, 135.5], [35.2, 136.9], [36.3, 138.9], [37.6, 138.9]])
    place = centre[town] + rng.normal(0, 0.15, (300, 2))
    industry = np.where(rng.random(300) < np.where(town < 2, 0.4, 0.08), "A", "B")
    return pd.DataFrame(
        {
            "latitude": place[:, 0].round(5),
            "longitude": place[:, 1].round(5),
            "industry": industry,
            "employment": np.ceil(rng.lognormal(2.5, 1, 300)).astype(int),
        }
    )


if __name__ == "__main__":
    plants().to_csv(Path(__file__).with_name("dbmss_plants.csv"), index=False)
