"""Rebuild the bundled statistics of the present from the public files.

    python derive/present.py PATH_TO_JAPAN_DATA

Writes compact tables to ``src/shuseki/datasets/data/present``; ``catalogue.toml`` beside them says
what each is, who published it and on what terms. Every step prints what it leaves out.
"""

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from shuseki.geography.areas import municipalities, prefectures
from shuseki.geography.names import spelling_key

OUT = Path(__file__).parents[1] / "src/shuseki/datasets/data/present"
TODAY = "2020-10-01"

SECTIONS = {
    "32": "agriculture", "33": "fishing", "35": "mining", "36": "construction",
    "37": "manufacturing", "38": "utilities", "39": "information", "40": "transport",
    "41": "trade", "44": "finance", "45": "real_estate", "46": "professional",
    "47": "accommodation", "48": "personal", "49": "education", "50": "health",
    "51": "compound", "52": "other_services",
}  # fmt: skip
"""Sections of JSIC as the data set numbers them."""

SSDSE = {
    "A1101": "population", "A1301": "population_under_15", "A1302": "population_15_64",
    "A1303": "population_65_and_over", "A5101": "in_migrants", "A5102": "out_migrants",
    "B1101": "area_ha", "B1103": "habitable_area_ha", "C2108": "all_plants",
    "C2208": "all_employees", "D1202": "municipal_staff", "D3201": "municipal_revenue_1000_yen",
    "D320101": "local_tax_1000_yen", "D3203": "municipal_spending_1000_yen",
    "D320310": "education_spending_1000_yen", "F1102": "employed", "F1107": "unemployed",
    "F2211": "employed_secondary",
    **{f"C2108{code}": f"{name}_plants" for code, name in SECTIONS.items()},
    **{f"C2208{code}": f"{name}_employees" for code, name in SECTIONS.items()},
}  # fmt: skip

CROSS_SECTION = {
    "C3401": "shipments_million_yen_2019", "C3403": "plants_4_plus_2019",
    "C3404": "employees_4_plus_2019", "C120110": "taxable_income_1000_yen_2020",
    "C120120": "income_taxpayers_2020", "D320307": "commerce_industry_spending_1000_yen_latest",
    "F2402": "company_directors_2020",
    "F2403": "owners_with_employees_2020", "F2404": "owners_without_employees_2020",
    "F2705": "commuters_out_2020", "F2803": "commuters_in_2020",
    "F2801": "employed_by_workplace_2020",
    "H810405": "quasi_industrial_zone_ha_latest", "H810406": "industrial_zone_ha_latest",
    "H810407": "exclusively_industrial_zone_ha_latest",
}  # fmt: skip


def write(table: pd.DataFrame, name: str) -> None:
    path = OUT / f"{name}.parquet"
    table.to_parquet(path, index=False, compression="zstd", compression_level=19)
    print(f"{name}: {len(table):,} rows, {path.stat().st_size / 1024:,.0f} kB")


def tidy(column: pd.Series) -> pd.Series:
    """Whole numbers as such, unknown stays unknown."""
    number = pd.to_numeric(column, errors="coerce")
    known = number.dropna()
    if len(known) and (known == known.round()).all():
        return number.astype("Int64")
    return number


def accounts(japan: Path, edition: str) -> None:
    """One edition of SSDSE-A; the year of each item is in the name of its column."""
    raw = (japan / f"ssdse/SSDSE-A-{edition}.csv").read_bytes().decode("cp932")
    rows = list(csv.reader(io.StringIO(raw)))
    table = pd.DataFrame(rows[3:], columns=rows[0])
    year = dict(zip(rows[0], rows[1], strict=True))
    code = table.iloc[:, 0].str[1:]
    print(edition, "differs from the municipalities of 2020 in",
          sorted(set(code) ^ set(municipalities(TODAY)["code"])))  # fmt: skip
    columns = {"municipality": code}
    for item, name in SSDSE.items():
        if item not in table:
            print(edition, "has no", item, name)
            continue
        value = pd.to_numeric(table[item], errors="coerce")
        if name.endswith("_ha"):
            name, value = name.replace("_ha", "_km2"), value / 100
        columns[f"{name}_{year[item]}"] = tidy(value)
    write(pd.DataFrame(columns), f"municipal_accounts_{edition}")


def latest(japan: Path) -> None:
    """The latest value of each item. The file gives no years.

    They are told from national totals: shipments add up to those of 2019 less what is withheld
    (METI: 322,533,418 million yen), plants and employees to the survey of June 2019 (185,116 plants
    with four or more employees), the employed to the census of 2020. Others are ``_latest``.
    """
    table = pd.read_csv(
        japan / "panel/ssds_municipal_crosssection_asahi_2024.csv", dtype=str, encoding="utf-8-sig"
    )
    table = table.rename(columns={column: column.split("_")[0] for column in table.columns[2:]})
    code = table.iloc[:, 0].str.strip('"')
    known = set(municipalities(TODAY)["code"])
    kept = table[code.isin(known).to_numpy()]
    print("latest: left out", len(table) - len(kept), "missing", sorted(known - set(code)))
    columns = {"municipality": code[kept.index]}
    columns |= {name: tidy(kept[item]) for item, name in CROSS_SECTION.items()}
    out = pd.DataFrame(columns).sort_values("municipality", ignore_index=True)
    print("nation, million yen:", out["shipments_million_yen_2019"].sum(),
          "plants", out["plants_4_plus_2019"].sum(),
          "employees", out["employees_4_plus_2019"].sum())  # fmt: skip
    write(out, "municipal_latest")


def long_series(japan: Path) -> None:
    """Shipments 2013-2018, labour of 2005-2015, graduates of 2010, incomes of 2005-2018."""
    long = pd.read_csv(japan / "panel/ssds_municipal_2000_2018_long.csv", dtype=str)
    long["value"] = pd.to_numeric(long["value"], errors="coerce")
    long = long.dropna(subset=["value"])
    names = {
        "C3401": "shipments_million_yen", "A1101": "population", "F1101": "labour_force",
        "F1107": "unemployed", "E9106": "university_graduates",
        "C120110": "taxable_income_1000_yen", "C120130": "income_taxpayers",
    }  # fmt: skip
    wanted = {
        "C3401": range(2013, 2019), "A1101": (2005, 2010, 2015), "F1101": (2005, 2010, 2015),
        "F1107": (2005, 2010, 2015), "E9106": (2010,), "C120110": (2005, 2010, 2015, 2018),
        "C120130": (2010, 2015, 2018),
    }  # fmt: skip
    parts = []
    for item, years in wanted.items():
        for year in years:
            day = f"{year}-10-01"
            known = set(municipalities(day)["code"])
            rows = long[(long["item"] == item) & (long["year"] == str(year))]
            kept = rows[rows["area_code"].isin(known)]
            other = len(rows) - len(kept)
            print(f"{names[item]} {year}: {len(kept)} of {len(known)}, left out {other}")
            parts.append(
                pd.DataFrame(
                    {
                        "municipality": kept["area_code"],
                        "year": np.int16(year),
                        "item": names[item],
                        "value": kept["value"],
                    }
                )
            )
    out = pd.concat(parts).sort_values(["item", "year", "municipality"], ignore_index=True)
    out["municipality"] = out["municipality"].astype("category")
    out["item"] = out["item"].astype("category")
    write(out, "municipal_series_2005_2018")


def universities(japan: Path) -> None:
    """Universities, those with engineering, faculties and graduate courses by municipality."""
    table = pd.read_parquet(
        japan / "universities/mext_universities_r4_2022_schools_by_city.parquet"
    ).dropna(subset=["city"])
    engineering = table["school"].fillna("").str.contains("工学|理工|情報|システム|デザイン工")
    where = table.groupby(["pref", "city"])
    out = pd.DataFrame(
        {
            "universities": where["university"].nunique(),
            "faculties": table[table["level"] == "faculty"]
            .groupby(["pref", "city"])
            .apply(lambda part: len(part[["university", "school"]].drop_duplicates())),
            "universities_with_engineering": table[engineering]
            .groupby(["pref", "city"])["university"]
            .nunique(),
        }
    ).fillna(0)
    code = codes_by_name()
    given = out.reset_index()
    given["municipality"] = [
        code.get((spelling_key(p), spelling_key(str(c))), "")
        for p, c in zip(given["pref"], given["city"], strict=True)
    ]
    lost = given[given["municipality"] == ""]
    print("universities: not found", lost[["pref", "city"]].to_numpy().tolist())
    kept = given[given["municipality"] != ""]
    columns = ["universities", "faculties", "universities_with_engineering"]
    added = kept.groupby("municipality")[columns].sum().astype("int32").reset_index()
    write(added, "universities_municipal_2022")


def codes_by_name() -> dict[tuple[str, str], str]:
    """(prefecture, municipality) → code; counties are left out of names."""
    units = municipalities(TODAY)
    names = prefectures().set_index("code")["name_ja"].to_dict()
    found = {}
    for row in units.itertuples():
        prefecture = spelling_key(names[row.prefecture])
        found[prefecture, spelling_key(row.name_ja)] = row.code
        county = getattr(row, "county_ja", "")
        if isinstance(county, str) and county:
            found[prefecture, spelling_key(county + row.name_ja)] = row.code
    return found


def firms(japan: Path) -> None:
    """Firms by prefecture of their head office, manufacturing and all, fiscal 2024."""
    table = pd.read_excel(japan / "rd/kikatsu_2025_table16_by_prefecture.xlsx", header=None)
    rows = table.iloc[5:]
    rows = rows[(rows[5] == "2024年度") & (rows[2].astype(str) != "00")]
    kinds = {"総合計": "all", "製造業": "manufacturing"}
    rows = rows[rows[1].isin(kinds)].drop_duplicates([1, 2])
    number = {6: "firms", 7: "establishments", 8: "employees", 17: "sales_million_yen",
              23: "value_added_million_yen"}  # fmt: skip
    heads = table.iloc[1].tolist()
    print("columns:", {name: heads[k] for k, name in number.items()})
    out = pd.DataFrame(
        {"prefecture": rows[2].astype(str).str.zfill(2), "industry": rows[1].map(kinds)}
    )
    for column, name in number.items():
        out[name] = tidy(rows[column])
    write(out.sort_values(["industry", "prefecture"], ignore_index=True), "firms_prefecture_2024")


def land_prices(japan: Path) -> None:
    """Industrial land of Osaka: median yen per m2 of the points of a municipality and a year."""
    table = pd.read_parquet(japan / "land_price/osaka_chikakouji_industrial_1983_2023.parquet")
    names = {
        spelling_key(row.name_ja.removesuffix("市").removesuffix("町")): row.code
        for row in municipalities(TODAY).itertuples()
        if row.prefecture == "27"
    }
    wards = {"福島", "此花", "西", "港", "大正", "浪速", "大淀", "西淀川", "東淀川", "東成", "生野",
             "城東", "西成", "淀川", "鶴見", "住之江", "平野", "北", "旭"}  # fmt: skip
    code = {}
    for name in table["市区町村名"].unique():
        plain = spelling_key(name)
        if plain in names:
            code[name] = names[plain]
        elif name.removeprefix("大阪") in wards:
            code[name] = "27100"
        elif name.startswith("堺") or name == "美原":
            code[name] = "27140"
        else:
            print("land prices: not found", name)
    table = table.assign(
        municipality=table["市区町村名"].map(code),
        zone=table["用途"].map({"009": "industrial", "007": "quasi-industrial"}),
        price=pd.to_numeric(table["標準地価格"], errors="coerce"),
    ).dropna(subset=["municipality", "price"])
    out = (
        table.groupby(["municipality", "年次", "zone"])["price"]
        .agg(["median", "size"])
        .reset_index()
        .set_axis(["municipality", "year", "zone", "median_yen_per_m2", "points"], axis=1)
    )
    out["year"] = out["year"].astype("int16")
    write(out, "industrial_land_osaka_1983_2023")


def three_digit(japan: Path) -> None:
    """Manufacturing by three-digit industry and prefecture, economic census of 2014."""
    table = pd.read_parquet(japan / "prefecture_industry/economic_census_2014_area50_jsic3.parquet")
    made = table[table["jsic3"].between("090", "329") & table["AreaID"].str.endswith("000")]
    out = pd.DataFrame(
        {
            "prefecture": made["AreaID"].str[:2].astype("category"),
            "industry": made["jsic3"].astype("category"),
            "plants": tidy(made["establishments"]),
            "employees": tidy(made["employees"]),
        }
    )
    missing = sorted(set(prefectures()["code"]) - set(out["prefecture"]))
    print("three-digit: no prefectures", missing)
    write(out.sort_values(["prefecture", "industry"], ignore_index=True),
          "manufacturing_prefecture_3digit_2014")  # fmt: skip
    name_three_digit(japan, sorted(set(out["industry"].astype(str))))


def name_three_digit(japan: Path, codes: list[str]) -> None:
    """Names of the three-digit industries: those of revision 14, which kept them but for wood."""
    book = json.loads((japan / "jsic/jsic_rev14_2023_en.json").read_text(encoding="utf-8"))
    section = next(one for one in book["major_categories"] if one["code"] == "E")
    minor = {one["code"]: one for group in section["middle_categories"]
             for one in group["minor_categories"]}  # fmt: skip
    rows = []
    for code in codes:
        if code.endswith("0"):  # offices of an industry, no industry
            continue
        parts = [minor[part] for part in JOINED.get(code, (code,)) if part in minor]
        if not parts:
            print("three-digit: no name of", code)
            continue
        english = "; ".join(one["name_en"].capitalize() for one in parts).replace(
            "japanese", "Japanese"
        )
        rows.append((code, english, "・".join(one["name"] for one in parts)))
    table = pd.DataFrame(rows, columns=["industry", "name_en", "name_ja"])
    table.to_csv(OUT / "manufacturing_3digit_names.csv", index=False, lineterminator="\n")


JOINED = {"12A": ("121", "122")}
"""Industries that the census of 2014 gives together."""


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    data = Path(sys.argv[1])
    data = data if (data / "ssdse").is_dir() else data / "japan"
    OUT.mkdir(parents=True, exist_ok=True)
    for edition in ("2021", "2026"):
        accounts(data, edition)
    latest(data)
    long_series(data)
    universities(data)
    firms(data)
    land_prices(data)
    three_digit(data)
