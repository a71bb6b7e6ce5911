"""Rebuild the tables of new, closed and moved corporations, and the accounts of 2020.

    python derive/corporate_register.py PATH_TO_JAPAN_DATA

Writes compact tables to ``src/shuseki/datasets/data/companies``; ``catalogue.toml`` beside them
says what each is, who published it and on what terms. Run ``derive/geography.py`` first: wards and
codes that have ended are carried to the municipalities of 2020 by its lists.

The daily files of the corporate-number register hold three to four times as many rows of new
corporations as there were births. What is counted here (``births_of`` says it on the raw rows, and
``check_raw`` holds the two days of raw files at hand to it):

- process 01 with ``correct = 0`` and ``latest = 1``; a correction or an older state is no birth;
- never ``assignmentDate`` 2015-10-05: whoever has it existed when the numbers were given out;
- a closure by the registrar (cause 21: the clearing of dormant corporations in January) is kept
  apart from liquidations (01, 31) and mergers (11): it is an act of the registrar, no death;
- process 12, a new address, is a move, never a birth.
"""

import csv
import io
import sys
from pathlib import Path

import pandas as pd

from shuseki.geography.areas import municipalities
from shuseki.geography.editions import edition

OUT = Path(__file__).parents[1] / "src/shuseki/datasets/data/companies"
DAY = "2020-10-01"
NOWHERE = "00000"
"""Code of corporations without a place in Japan."""
GIVEN_OUT = "2015-10-05"
"""Day on which every corporation that existed got its number."""
COMPANIES = ("301", "302", "303", "304", "305")
"""Kinds: stock, limited, general and limited partnership companies, limited liability companies."""

VARIABLES = {
    ("created", ""): "births",
    ("closed", "liquidated"): "liquidated",
    ("closed", "other_liquidation"): "liquidated",
    ("closed", "merged_away"): "merged_away",
    ("closed", "closed_by_registrar"): "closed_by_registrar",
    ("revived", ""): "revived",
    ("moved_in_or_within", ""): "moved",
}
"""Event and cause of closure → column. A survivor of a merger, a new name or a voided merger is
neither a birth, nor a death, nor a move."""
COLUMNS = ("births", "liquidated", "merged_away", "closed_by_registrar", "revived", "moved")


def write(table: pd.DataFrame, name: str) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{name}.parquet"
    table.to_parquet(path, index=False, compression="zstd", compression_level=19)
    print(f"{name}: {len(table):,} rows, {path.stat().st_size / 1024:,.0f} kB")


def births_of(raw: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows of a daily file, with the publisher's columns as text, are births."""
    return (
        (raw["process"] == "01")
        & (raw["correct"] == "0")
        & (raw["latest"] == "1")
        & (raw["assignmentDate"] != GIVEN_OUT)
    )


def check_raw(register: Path, events: pd.DataFrame) -> None:
    """Hold what was counted to the raw rows at hand: two whole days, and a ward of five years."""
    names = [
        line.split(",")[0]
        for line in (register / "nta_hojin_30_column_names.csv").read_text().split()[1:]
    ]
    for file, encoding in (
        ("nta_hojin_sabun_20210714_raw_utf8_nohdr.csv", "utf-8"),
        ("nta_hojin_sabun_20260821_raw_cp932_nohdr.csv", "cp932"),
    ):
        raw = pd.read_csv(
            register / file, encoding=encoding, header=None, names=names, dtype=str,
            keep_default_na=False,
        )  # fmt: skip
        new = raw[raw["process"] == "01"]
        print(f"{file}: {len(new):,} rows of new corporations, {births_of(raw).sum():,} births")
    ota = pd.read_parquet(register / "hojin_changes_ota_13111.parquet").astype(str)
    counted = int(events.loc[(events["muni_code"] == "13111") & (events["event"] == "created"),
                             "n"].sum())  # fmt: skip
    print(f"Ota: {(ota['process'] == '01').sum():,} rows of new corporations, "
          f"{births_of(ota).sum():,} births; counted {counted:,}")  # fmt: skip
    if int(births_of(ota).sum()) != counted:
        sys.exit("The births of Ota differ from its raw rows.")


def places(codes: pd.Series, day: str = DAY) -> dict[str, str]:
    """Code of any date → municipality of a day; wards go to their city."""
    found = edition(sorted(set(codes)), day).table.set_index("code")["municipality"]
    known = set(municipalities(day)["code"])
    lost = {code for code, place in found.items() if place not in known} - {NOWHERE}
    if lost:
        sys.exit(f"Codes of no municipality: {sorted(lost)}")
    return {**found.to_dict(), NOWHERE: NOWHERE}


def by_month(register: Path) -> None:
    """Births, closures by cause, revivals and new addresses by municipality and month."""
    events = pd.read_parquet(register / "hojin_events_municipality_month_202107_202608.parquet")
    check_raw(register, events)
    to = places(events["muni_code"])
    keys = list(zip(events["event"], events["close_cause"], strict=True))
    kept = events.assign(
        variable=[VARIABLES.get(key) for key in keys],
        municipality=events["muni_code"].map(to),
        month=events["month"].str[:4] + "-" + events["month"].str[4:],
    ).dropna(subset=["variable"])
    left = events[[key not in VARIABLES for key in keys]]
    print("not counted:", left.groupby("event")["n"].sum().to_dict())
    wide = kept.pivot_table(
        index=["municipality", "month", "kind"], columns="variable", values="n", aggfunc="sum",
        fill_value=0,
    ).reset_index()  # fmt: skip
    out = pd.DataFrame(
        {
            "municipality": wide["municipality"].astype("category"),
            "month": wide["month"].astype("category"),
            "kind": wide["kind"].astype("category"),
            **{name: wide[name].astype("int32") for name in COLUMNS},
        }
    ).sort_values(["kind", "municipality", "month"], ignore_index=True)
    print("totals:", {name: int(out[name].sum()) for name in COLUMNS})
    to_october = out[out["month"].astype(str) <= "2022-10"]
    print("births of all kinds to October 2022:", int(to_october["births"].sum()))
    write(out, "company_events_2021_2026")


def moves(register: Path) -> None:
    """Moves of companies from one municipality to another, by year of the move."""
    pairs = pd.read_parquet(register / "hojin_company_moves_od_by_year.parquet")
    to = places(pd.concat([pairs["from_code"], pairs["to_code"]]))
    carried = pairs.assign(
        year=pairs["change_year"].astype("int16"),
        from_code=pairs["from_code"].map(to),
        to_code=pairs["to_code"].map(to),
    )
    crossing = carried[carried["from_code"] != carried["to_code"]]
    print(f"moves between wards of one city, left out: "
          f"{carried['n'].sum() - crossing['n'].sum():,}")  # fmt: skip
    out = crossing.groupby(["year", "from_code", "to_code"], as_index=False)["n"].sum()
    out = out.astype({"from_code": "category", "to_code": "category", "n": "int16"})
    write(out, "company_moves_2019_2026")


def accounts(japan: Path) -> None:
    """Census of 2020 and economic census of 2021, with their neighbours in time."""
    raw = (japan / "ssdse/SSDSE-A-2026.csv").read_bytes().decode("cp932")
    rows = list(csv.reader(io.StringIO(raw)))
    table = pd.DataFrame(rows[3:], columns=rows[0])
    names = {
        "A1101": "population_2020",
        "A1301": "population_under_15_2020",
        "F1102": "employed_2020",
        "F1107": "unemployed_2020",
        "C2108": "establishments_2021",
        "C2208": "employees_2021",
        "C210837": "manufacturing_plants_2021",
        "C220837": "manufacturing_employees_2021",
        "C210846": "professional_establishments_2021",
    }
    out = pd.DataFrame({"municipality": table.iloc[:, 0].str[1:]})
    for item, name in names.items():
        out[name] = pd.to_numeric(table[item], errors="coerce").astype("Int64")
    out["area_km2_2024"] = pd.to_numeric(table["B1101"], errors="coerce") / 100
    known = set(municipalities(DAY)["code"])
    print("accounts: differs from our list in", sorted(set(out["municipality"]) ^ known))
    force = out["employed_2020"] + out["unemployed_2020"]
    print("nobody in the labour force:", out.loc[force == 0, "municipality"].tolist())
    write(out, "municipal_accounts_2020_2021")

    long = pd.read_csv(japan / "panel/ssds_municipal_2000_2018_long.csv", dtype=str)
    for day, years, items, name in (
        ("2010-10-01", ("2010",),
         {"A1101": "population", "E9106": "university_graduates"}, "municipal_accounts_2010"),
        (DAY, ("2015", "2018"),
         {"C3401": "shipments_million_yen", "C120110": "taxable_income_1000_yen",
          "C120130": "taxpayers"}, "municipal_accounts_2015_2018"),  # two became cities since
    ):  # fmt: skip
        part = long[long["year"].isin(years) & long["item"].isin(items)]
        part = part.assign(
            area_code=part["area_code"].map(places(part["area_code"], day)),
            column=part["item"].map(items) + "_" + part["year"],
            number=pd.to_numeric(part["value"], errors="coerce"),
        )
        wide = part.pivot(index="area_code", columns="column", values="number")
        known = set(municipalities(day)["code"])
        print(f"{name}: differs from our list in", sorted(set(wide.index) ^ known))
        wide = wide.reindex(sorted(known)).round().astype("Int64")
        wide = wide[[f"{item}_{year}" for year in years for item in items.values()]]
        write(wide.rename_axis("municipality").reset_index(), name)


def main(japan: Path) -> None:
    by_month(japan / "corporate_register")
    moves(japan / "corporate_register")
    accounts(japan)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
