"""Small made-up censuses of a user, and studies of them."""

from pathlib import Path

import numpy as np
import pandas as pd

STUDY = """
[study]
name = "small"
title = "A small census of a user"
[records]
source = "files"
codes = "any"
{waves}
[births]
at = {at}
since = {since}
lives = "{lives}"
{more}
"""


def census(
    folder: Path,
    seed: int = 0,
    *,
    areas: int = 5,
    industries: int = 4,
    mean: float = 3.0,
    waves: tuple[int, ...] = (1998, 2000),
    points: bool = False,
    days: bool = False,
) -> Path:
    """Write one CSV file a wave; plants are born, die and move at random.

    With ``days`` they say when they opened and closed, and a wave also has those that closed since
    the one before, some of which had opened since.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    lam = rng.gamma(0.8, mean / 0.8, (areas, industries))
    alive: list[dict[str, object]] = []
    number = 0
    for wave in waves:
        kept = [plant for plant in alive if rng.random() < 0.8]
        gone = [plant | {"closed": f"{wave - 1}-06-30"} for plant in alive if plant not in kept]
        for plant in kept:
            if not days and rng.random() < 0.03:
                plant["municipality"] = f"A{rng.integers(areas) + 1:02d}"
        for a in range(areas):
            for i in range(industries):
                share = 1.0 if wave == waves[0] else 0.4
                births = rng.poisson(lam[a, i] * share)
                passed = rng.poisson(lam[a, i] * 0.2) if days and gone else 0
                for k in range(births + passed):
                    number += 1
                    (kept if k < births else gone).append(
                        {
                            "id": f"P{number:05d}",
                            "municipality": f"A{a + 1:02d}",
                            "industry": f"{20 + i}",
                            "employees": int(np.ceil(rng.lognormal(2.5, 1.2))),
                            "latitude": round(35 + 0.1 * a + rng.normal(0, 0.02), 5),
                            "longitude": round(139 + 0.1 * a + rng.normal(0, 0.02), 5),
                            "opened": f"{wave - 1}-03-01",
                            "closed": "" if k < births else f"{wave - 1}-09-30",
                        }
                    )
        alive = kept
        frame = pd.DataFrame(alive + gone if days else alive).assign(wave=wave)
        unsaid = [] if points else ["latitude", "longitude"]
        frame = frame.drop(columns=unsaid if days else [*unsaid, "opened", "closed"])
        frame.to_csv(folder / f"w{wave}.csv", index=False)
    return folder


def study(
    folder: Path, more: str = "", waves: tuple[int, ...] = (1998, 2000), lives: str = "waves"
) -> Path:
    """Write a study of the files."""
    said = "".join(
        f'[[records.waves]]\nfile = "w{wave}.csv"\nlayout = "house"\nwave = {wave}\n'
        for wave in waves
    )
    path = folder / "study.toml"
    text = STUDY.format(waves=said, at=waves[-1], since=waves[-2], lives=lives, more=more)
    path.write_text(text, encoding="utf-8")
    return path
