"""Rebuild the courier tariff of ``shuseki.sourcing`` from the files as they were collected.

    python derive/courier.py PATH_TO_SOURCING_DATA

Writes ``courier_rates.csv`` (cash rates by zone and size; the tariff is symmetric, so that each
pair of zones stands once) and ``courier_zones.csv`` (zone of each prefecture). Refuses a tariff
that is not symmetric, and one that differs from the second source in any parcel of size 60.
"""

import sys
from pathlib import Path

import pandas as pd

OUT = Path(__file__).parents[1] / "src/shuseki/sourcing/data"
PREFECTURES = Path(__file__).parents[1] / "src/shuseki/geography/data/prefectures.csv"


def main(folder: Path) -> None:
    rates = pd.read_csv(folder / "courier/yamato_takkyubin_rates_2025-12.csv")
    cash = rates[rates["payment"] == "cash"].drop(columns="payment")
    key = ["origin", "size", "destination"]
    turned = cash.rename(columns={"origin": "destination", "destination": "origin"})
    both = cash.merge(turned, on=key, suffixes=("", "_back"))
    assert (both["yen"] == both["yen_back"]).all()
    assert len(both) == len(cash)
    second = pd.read_csv(folder / "courier/yamato_compact_and_60_2025-05_second_source.csv")
    second = second[second["size"].astype(str) == "60"].astype({"size": int})
    checked = cash.merge(second, on=key, suffixes=("", "_second"))
    assert len(checked) == 144
    assert (checked["yen"] == checked["yen_second"]).all()
    once = cash[cash["origin"] <= cash["destination"]]
    wide = once.pivot(index=["origin", "destination"], columns="size", values="yen").reset_index()
    wide.columns = [f"size_{c}_yen" if isinstance(c, int) else c for c in wide.columns]
    wide.to_csv(OUT / "courier_rates.csv", index=False)
    zones = pd.read_csv(folder / "courier/yamato_zones.csv")
    codes = pd.read_csv(PREFECTURES, dtype=str)
    zones = zones.merge(codes, left_on="prefecture", right_on="name_ja")
    assert len(zones) == 47
    zones = zones.sort_values("code")[["code", "zone", "zone_ja"]]
    zones.rename(columns={"code": "prefecture"}).to_csv(OUT / "courier_zones.csv", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
