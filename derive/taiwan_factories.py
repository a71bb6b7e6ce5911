"""Cut the two waves of the Taiwanese example from the register as it was collected.

    python derive/taiwan_factories.py PATH_TO_REGISTERS

Writes ``factories_2016.parquet`` and ``factories_2021.parquet`` to ``docs/examples/taiwan``: all
factories of Changhua County in production at the end of 2016 and in January 2021, without names,
addresses and products. Publisher: Ministry of Economic Affairs, 生產中工廠清冊 (Open Government
Data License, Taiwan, version 1.0), as kept by kiang/factory_data and kiang/factory_2021.
"""

import sys
from pathlib import Path

import pandas as pd

OUT = Path(__file__).parents[1] / "docs/examples/taiwan"
COLUMNS = ["factory_id", "district", "org_form", "setup_date_roc", "industry"]
DEGREES = ["lat", "lon"]
WAVES = {
    2016: ("tw_factories_2016-12-31_changhua.parquet", COLUMNS),
    2021: ("tw_factories_2021-01_changhua.parquet", [*COLUMNS, *DEGREES]),
}


def main(folder: Path) -> None:
    for year, (file, columns) in WAVES.items():
        wave = pd.read_parquet(folder / file)[columns].sort_values("factory_id")
        assert wave["factory_id"].is_unique
        wave.to_parquet(
            OUT / f"factories_{year}.parquet",
            index=False,
            compression="zstd",
            compression_level=19,
        )
        print(f"factories_{year}.parquet: {len(wave):,} factories")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
