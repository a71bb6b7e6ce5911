"""Rebuild the bundled public statistics from the public files.

    python derive/public.py PATH_TO_JAPAN_DATA

Writes compact tables to ``src/shuseki/datasets/data/public``; ``catalogue.toml`` beside them says
what each is, who published it and on what terms. Run ``derive/geography.py`` first: prefectures and
wards are told from municipalities by its lists.
"""

import csv
import io
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from shuseki.geography.areas import municipalities

OUT = Path(__file__).parents[1] / "src/shuseki/datasets/data/public"
YEN_PER_10000 = 10_000
YEN_PER_MILLION = 1_000_000


def codes_of(day: str) -> set[str]:
    return set(municipalities(day)["code"])


def write(table: pd.DataFrame, name: str) -> None:
    path = OUT / f"{name}.parquet"
    table.to_parquet(path, index=False, compression="zstd", compression_level=19)
    print(f"{name}: {len(table):,} rows, {path.stat().st_size / 1024:,.0f} kB")


def whole(column: pd.Series) -> pd.Series:
    return column.round().astype("Int64")


def municipal_accounts(japan: Path) -> None:
    """Population and labour of the municipalities of 1 October 2000."""
    names = {
        "A1101": "population_2000",
        "A1303": "population_65_and_over_2000",
        "F1101": "labour_force_2000",
        "F1107": "unemployed_2000",
        "E9106": "university_graduates_2000",
        "E9105": "junior_college_graduates_2000",
        "B1103": "habitable_area_ha_2000",
    }
    long = pd.read_csv(japan / "panel/ssds_municipal_2000_2018_long.csv", dtype=str)
    long = long[(long["year"] == "2000") & long["item"].isin(names)]
    table = long.pivot(index="area_code", columns="item", values="value")
    table = table.apply(pd.to_numeric, errors="coerce").rename(columns=names)
    known = codes_of("2000-10-01")
    print("2000: not in our list", sorted(set(table.index) - known), "missing",
          sorted(known - set(table.index)))  # fmt: skip
    table = table.reindex(sorted(known))[list(names.values())]
    table["habitable_area_km2_2000"] = table.pop("habitable_area_ha_2000") / 100
    for column in list(names.values())[:-1]:
        table[column] = whole(table[column])
    write(table.rename_axis("municipality").reset_index(), "municipal_accounts_2000")


def later_accounts(japan: Path) -> None:
    """Census of 2015, economic census of 2016, area: the municipalities of 2020."""
    raw = (japan / "ssdse/SSDSE-A-2021.csv").read_bytes().decode("cp932")
    rows = list(csv.reader(io.StringIO(raw)))
    table = pd.DataFrame(rows[3:], columns=rows[0])
    names = {
        "A1101": "population_2015",
        "A1301": "population_under_15_2015",
        "C210837": "manufacturing_plants_2016",
        "C220837": "manufacturing_employees_2016",
        "C2208": "all_employees_2016",
        "C210846": "professional_establishments_2016",
    }
    out = pd.DataFrame({"municipality": table.iloc[:, 0].str[1:]})
    for item, name in names.items():
        out[name] = whole(pd.to_numeric(table[item], errors="coerce"))
    out["area_km2_2019"] = pd.to_numeric(table["B1101"], errors="coerce") / 100
    print("2020: differs from our list in",
          sorted(set(out["municipality"]) ^ codes_of("2020-10-01")))  # fmt: skip
    write(out, "municipal_accounts_2015_2019")


def employees_2009(japan: Path) -> None:
    """Employees of all establishments, private and public, economic census of 1 July 2009."""
    long = pd.read_csv(japan / "panel/ssds_municipal_2000_2018_long.csv", dtype=str)
    long = long[(long["year"] == "2009") & (long["item"] == "C2207")]
    known = codes_of("2009-07-01")
    kept = long[long["area_code"].isin(known)]
    left = sorted(set(long["area_code"]) - known)
    print("2009: left out", left, "missing", sorted(known - set(kept["area_code"])))
    out = pd.DataFrame(
        {
            "municipality": kept["area_code"],
            "employees_2009": whole(pd.to_numeric(kept["value"], errors="coerce")),
        }
    )
    write(out.sort_values("municipality", ignore_index=True), "employees_municipal_2009")


def manufacturing(japan: Path) -> None:
    """Plants, employees, wages, … by municipality, two-digit industry and year, 4+ employees.

    Designated cities publish their industries by ward only: the wards are added up. What is
    withheld of some wards is not in the sum; ``plants_withheld`` counts the plants of such cells.
    """
    raw = pd.read_parquet(japan / "panel/meti_manufacturing_municipal_2digit_2001_2012.parquet")
    parts = []
    for year, part in raw.groupby("year"):
        # The survey is of 31 December; 2011 was surveyed as of 1 February 2012.
        known = codes_of(f"{year}-12-31") | codes_of(
            "2012-02-01" if year == 2011 else f"{year}-12-31"
        )
        part = part.assign(withheld=part["num_estb"].where(part["sales"].isna(), 0))
        kept = pd.concat([part[part["id_muni"].isin(known)], of_wards(part, int(year))])
        other = set(part["id_muni"]) - set(municipalities(f"{year}-12-31", wards=True)["code"])
        print(year, "left out:", sorted(c for c in other - known if not c.endswith("000")
                                        and not c.startswith("000"))[:12])  # fmt: skip
        parts.append(kept)
    table = pd.concat(parts, ignore_index=True)
    industry = table["id_sec2d"].map(lambda code: "all" if code == 0 else f"{code:02d}")
    table.loc[table["year"] == 2012, "va"] = np.nan  # a wrong column in the source
    out = pd.DataFrame(
        {
            "municipality": table["id_muni"].astype("category"),
            "year": table["year"].astype("int16"),
            "industry": industry.astype("category"),
            "plants": whole(table["num_estb"]).astype("int32"),
            "employees": whole(table["emp"]).astype("Int32"),
            "wages_10000_yen": whole(table["wage"]),
            "materials_10000_yen": whole(table["material"]),
            "shipments_10000_yen": whole(table["sales"]),
            "value_added_10000_yen": whole(table["va"]),
            "plants_withheld": table["withheld"].astype("int32"),
        }
    )
    out = out.sort_values(["year", "industry", "municipality"], ignore_index=True)
    write(out, "manufacturing_municipal_2001_2012")


def of_wards(part: pd.DataFrame, year: int) -> pd.DataFrame:
    """Industries of the cities that publish them by ward, added up over the wards."""
    units = municipalities(f"{year}-12-31", wards=True)
    city = units[units["kind"] == "ward"].set_index("code")["city"]
    wards = part[part["id_muni"].isin(city.index) & (part["id_sec2d"] != 0)]
    wards = wards.assign(id_muni=wards["id_muni"].map(city))
    amounts = ["num_estb", "emp", "wage", "material", "sales", "va", "withheld"]
    added = wards.groupby(["year", "id_muni", "id_sec2d"])[amounts].sum(min_count=1).reset_index()
    whole_city = part[part["id_sec2d"] == 0].set_index("id_muni")["num_estb"]
    differ = added.groupby("id_muni")["num_estb"].sum() - whole_city
    print(year, "wards of", added["id_muni"].nunique(), "cities; plants differ from the city's:",
          differ[differ.abs() > 0].to_dict())  # fmt: skip
    return added


def shipments(japan: Path) -> None:
    """Shipments 1971-2012 on the municipalities of 2020, million yen."""
    table = pd.read_csv(
        japan / "panel/cao_manufacturing_shipments_municipal_1971_2012.csv", dtype={"id_muni": str}
    )
    out = pd.DataFrame({"municipality": table["id_muni"].str.zfill(5)})
    for year in range(1971, 2013):
        out[f"shipments_million_yen_{year}"] = table[f"manu{year}"].round(2)
    print("shipments: differs from our list in",
          sorted(set(out["municipality"]) ^ codes_of("2020-10-01")))  # fmt: skip
    write(out, "shipments_municipal_1971_2012")


def national(japan: Path) -> None:
    """Entry and exit rates, and manufacturing by size of plant."""
    rates = pd.read_csv(japan / "national/sme_entry_exit_rates_1966_2006_fixed.csv")
    units = {"企業": "enterprises", "会社": "companies", "個人": "proprietors",
             "事業所": "establishments"}  # fmt: skip
    pd.DataFrame(
        {
            "unit": rates["organization"].map(units),
            "from_year": rates["beginyear"],
            "to_year": rates["endyear"],
            "count_at_start": rates["num_begin"],
            "openings_per_year": rates["num_open_per_year"],
            "closures_per_year": rates["num_exit_per_year"],
            "entry_rate_percent": rates["open_rate"],
            "exit_rate_percent": rates["exit_rate"],
        }
    ).to_csv(OUT / "entry_exit_rates_1966_2006.csv", index=False)

    sizes = pd.read_csv(japan / "national/MC_size.csv")
    sizes = sizes[sizes["year"] >= 1981]
    out = pd.DataFrame(
        {
            "year": sizes["year"].astype("int16"),
            "industry_ja": sizes["industry"].replace({"ALL": "製造業計", "ALL（※）": "製造業計"}),
            "size": sizes["size"],
            "plants": whole(sizes["num"]),
            "employees": whole(sizes["employment"]),
            "wages_million_yen": whole(sizes["wage"]),
            "materials_million_yen": whole(sizes["material"]),
            "shipments_million_yen": whole(sizes["revenue"]),
            "value_added_million_yen": whole(sizes["va"]),
        }
    ).drop_duplicates(["year", "industry_ja", "size"])
    write(out, "plant_sizes_1981_2007")


def main(japan: Path) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    municipal_accounts(japan)
    later_accounts(japan)
    employees_2009(japan)
    manufacturing(japan)
    shipments(japan)
    national(japan)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
