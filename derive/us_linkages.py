"""Who sells to whom among the two-digit industries of Japan, by the detailed table of the US?

    python derive/us_linkages.py PATH_TO_DATA

Takes ``PATH_TO_DATA/io/us_bea_detail_{use,import}_2012_2017.parquet``: Use tables of the Bureau of
Economic Analysis, about 405 commodities by 405 industries, after redefinitions, producer prices,
million US dollars (public domain), as the US EPA's useeior keeps them. Flows of home-made goods are
the use less the imports, not below zero. Every manufacturing code is put into a medium group of
JSIC revision 12 by its NAICS number (``GROUPS``, longest prefix first; read by hand from the
names), and flows are added up. The US stands for a technology: what an industry needs, not what
Japan trades.
"""

import sys
from pathlib import Path

import pandas as pd

OUT = Path(__file__).parents[1] / "src/shuseki/datasets/data/present"
GROUPS = {
    "3111": "10", "311": "09", "312": "10", "313": "11", "314": "11", "315": "11", "316": "20",
    "321": "12", "337": "13", "322": "14", "323": "15", "324": "17", "325": "16", "3261": "18",
    "3262": "19", "327": "21", "3311": "22", "3312": "22", "33151": "22", "3313": "23",
    "3314": "23", "33152": "23",
    # metal products, but boilers, valves, bearings and machine shops are general machinery
    "332": "24", "332410": "25", "33271": "25", "33291A": "25", "332991": "25", "33299A": "27",
    # machinery: production (agriculture, industry, metalworking), business, general
    "3331": "26", "3332": "26", "3333": "27", "3334": "25", "33351": "26", "3335": "26",
    "3336": "25", "33391": "25", "33392": "25", "3339": "25",
    "33411": "30", "3341": "30", "3342": "30", "3343": "30", "3344": "28", "3345": "27",
    "3346": "30", "335": "29", "336": "31",
    "3391": "27", "339115": "32", "3399": "32",
}  # fmt: skip


def group(code: str) -> str:
    """Medium group of a BEA code; empty outside manufacturing."""
    for length in range(len(code), 2, -1):
        if code[:length] in GROUPS:
            return GROUPS[code[:length]]
    return ""


def main(data: Path) -> None:
    folder = data / "io" if (data / "io").is_dir() else data.parent / "io"
    use = pd.read_parquet(folder / "us_bea_detail_use_2012_2017.parquet")
    imported = pd.read_parquet(folder / "us_bea_detail_import_2012_2017.parquet")
    keys = ["row", "col", "year"]
    both = use.merge(imported, on=keys, how="left", suffixes=("", "_imported"))
    both["musd"] = (both["musd"] - both["musd_imported"].fillna(0)).clip(lower=0)
    both["seller"], both["buyer"] = both["row"].map(group), both["col"].map(group)
    made = {code for code in set(both["row"]) | set(both["col"]) if code[:2] in ("31", "32", "33")}
    print("manufacturing codes without a group:", sorted(c for c in made if not group(c)))
    inside = both[(both["seller"] != "") & (both["buyer"] != "")]
    table = inside.pivot_table(
        index=["seller", "buyer"], columns="year", values="musd", aggfunc="sum", fill_value=0
    )
    table.columns = [f"million_usd_{year}" for year in table.columns]
    table.reset_index().to_csv(OUT / "us_linkages_jsic12.csv", index=False)
    print(len(table), "pairs")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
