"""Ripley's K with the translation correction by astropy (BSD), on made-up points.

Makes astropy_points.csv and astropy_k.csv. Run in this folder: python astropy_ripley.py
The rectangle is 60 km by 40 km; astropy 8.0.2 wrote the stored output.
"""

import numpy as np
import pandas as pd


def main() -> None:
    import astropy
    from astropy.stats import RipleysKEstimator

    rng = np.random.default_rng(17)
    centre = rng.uniform((5, 5), (55, 35), (12, 2))
    points = np.concatenate(
        [
            centre[rng.integers(0, 12, 150)] + rng.normal(0, 2, (150, 2)),
            rng.uniform((0, 0), (60, 40), (50, 2)),
        ]
    ).round(3)
    points = points[(points > 0).all(axis=1) & (points < (60, 40)).all(axis=1)]
    radii = np.array([0.5, 1, 2, 4, 6, 8, 10])
    estimator = RipleysKEstimator(area=2400, x_min=0, x_max=60, y_min=0, y_max=40)
    found = estimator(points, radii, mode="translation")
    pd.DataFrame(points, columns=["x_km", "y_km"]).to_csv("astropy_points.csv", index=False)
    pd.DataFrame({"r": radii, "k": found, "astropy": astropy.__version__}).to_csv(
        "astropy_k.csv", index=False
    )


if __name__ == "__main__":
    main()
