"""Which manufacturing sector sells how much to which? Rebuild the bundled input-output table.

    pip install rdata
    python derive/input_output.py PATH_TO_DATA

Takes ``PATH_TO_DATA/oecd/OECD21ed_JPN_1995to2018.rda``: the OECD's national input-output tables of
Japan (2021 edition, 45 sectors, 1995-2018, domestic and imported flows together, basic prices,
current million US dollars), as the R package ionet keeps them: github.com/Carol-seven/ionet, path
``data/OECD21ed_JPN_1995to2018.rda``, commit 51145dcab476e75783af41a688488db1a4abeb56 (SHA-256 of
the file 4f9c7b0f0a3380c854a2d53718d7a11f2a021051c975d87356a050e2fefa0606). Only figures of the
OECD are taken, nothing of the package.

Checks that each column adds up to output (intermediate inputs, taxes, value added) and each row too
(intermediate and final demand less imports), then writes the flows among the 17 sectors of
manufacturing, and renews the column ``sector_share`` of ``input_output_industries.csv``: the part
of a sector's shipments that an industry makes, by METI 工業統計表 産業編 2002 (the bundled table
``plant-sizes``), the year that first shows electrical machinery in three groups. The sectors of the
industries are typed in by hand, from the names of JSIC and of ISIC revision 4.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from shuseki.datasets.catalogue import load

OUT = Path(__file__).parents[1] / "src/shuseki/datasets/data/public"
YEARS = range(1995, 2019)
SECTORS = {
    "06": "D10T12", "07": "D13T15", "08": "D16", "09": "D17T18", "10": "D19", "11": "D20",
    "12": "D21", "13": "D22", "14": "D23", "15": "D24", "16": "D25", "17": "D26", "18": "D27",
    "19": "D28", "20": "D29", "21": "D30", "22": "D31T33",
}  # fmt: skip
"""The package numbers the sectors; these are the OECD's own codes, in the same order."""
ROUNDING = 4.0
"""Million dollars: cells are rounded to 0.1; health of 2010 is off by 3.2 in 562,927."""


def flows(path: Path) -> pd.DataFrame:
    import rdata  # reads files of R; of use here alone, so not among the pinned packages

    tables = rdata.read_rda(path)["OECD21ed_JPN_1995to2018"]
    columns = {}
    for year in YEARS:
        table = tables[f"OECD21ed_JPN_{year}"].set_index("Code")
        sectors = list(table.index[:45])
        check(table, sectors, year)
        block = table.loc[list(SECTORS), list(SECTORS)].astype(float)
        columns[f"million_usd_{year}"] = block.to_numpy().ravel().round(1)
    codes = list(SECTORS.values())
    return pd.DataFrame(
        {"seller": np.repeat(codes, len(codes)), "buyer": np.tile(codes, len(codes)), **columns}
    )


def check(table: pd.DataFrame, sectors: list[str], year: int) -> None:
    inner = table.loc[sectors, sectors].to_numpy(float)
    output = table.loc["OUTPUT", sectors].to_numpy(float)
    added = table.loc[["TXS_IMP_FNL", "TXS_INT_FNL", "VALU"], sectors].to_numpy(float).sum(axis=0)
    final = table.loc[sectors].iloc[:, 1 + len(sectors) :].to_numpy(float).sum(axis=1)
    by_column = np.abs(inner.sum(axis=0) + added - output).max()
    by_row = np.abs(inner.sum(axis=1) + final - output).max()
    print(f"{year}: columns within {by_column:.1f}, rows within {by_row:.1f} million dollars")
    if max(by_column, by_row) > ROUNDING or (inner < 0).any():
        raise SystemExit(f"The table of {year} does not add up.")


def sector_shares(table: pd.DataFrame) -> pd.Series:
    """Part of each sector's shipments that each industry makes, revision by revision."""
    sizes = load("plant-sizes")
    jsic = load("jsic-manufacturing")
    names = jsic[jsic["revision"] == "11"].set_index("code")["name_ja"].str.replace("、", "，")

    def shipments(year: int, name: str) -> float:
        of_year = sizes[(sizes["year"] == year) & (sizes["size"] == "4+")]
        found = of_year["industry_ja"].str.replace("、", "，") == name
        return float(of_year.loc[found, "shipments_million_yen"].sum())

    amount = {code: shipments(2002, name) for code, name in names.items()}
    weight = []
    for row in table.itertuples():
        if row.revision == "10" and row.industry == "33":
            weight.append(shipments(2001, "武器製造業"))
        else:
            weight.append(sum(amount[code] for code in str(row.weighed_by).split("+")))
    by_sector = pd.Series(weight).groupby([table["revision"], table["sector"]])
    return (pd.Series(weight) / by_sector.transform("sum")).round(4)


def main() -> None:
    raw = Path(sys.argv[1]) / "oecd/OECD21ed_JPN_1995to2018.rda"
    if not raw.exists():
        print(f"input-output table: left as it is, since there is no {raw}")
        return
    made = flows(raw)
    made.to_csv(OUT / "input_output_flows_1995_2018.csv", index=False)
    print(f"{len(made)} flows of {len(YEARS)} years")
    path = OUT / "input_output_industries.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table["sector_share"] = sector_shares(table)
    table.to_csv(path, index=False)


if __name__ == "__main__":
    main()
