"""Rebuild the tables of ``shuseki.geography`` from the public files.

    python derive/geography.py PATH_TO_JAPAN_DATA PATH_TO_DISTRICTS

Replays the code changes of 1970-2024 (e-Stat 廃置分合等情報) from the list of 1970-04-01, checks
the outcome against the list of 2024-01-01 and, at every census, against the code lists of
Kondo's municipality converter, and writes

- ``municipalities.csv``: one row per code and name with the dates between which it was valid;
- ``succession.csv``: which code became which, when, with what weight; wards that were redrawn are
  followed to wards, whatever joined a ward to its city;
- ``groups.csv``: codes of counties, branch offices and of Tokyo's wards as a whole, which stand
  in published tables beside municipalities and are none;
- ``population.csv``: census population by the codes of the census, the weights of a split;
- ``districts.csv``, ``district_members.csv``, ``district_candidates.csv``,
  ``commuting_zones_1995.csv``.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

OUT = Path(__file__).parents[1] / "src/shuseki/geography/data"
FIRST_DAY, LAST_DAY = "1995-01-01", "2024-01-01"
CENSUSES = (1995, 2000, 2005, 2010, 2015, 2020)

# ---- romanisation of the official readings (Hepburn without long vowels, as on e-Stat) -------

SYLLABLES = {
    "きゃ": "kya", "きゅ": "kyu", "きょ": "kyo", "しゃ": "sha", "しゅ": "shu", "しょ": "sho",
    "ちゃ": "cha", "ちゅ": "chu", "ちょ": "cho", "にゃ": "nya", "にゅ": "nyu", "にょ": "nyo",
    "ひゃ": "hya", "ひゅ": "hyu", "ひょ": "hyo", "みゃ": "mya", "みゅ": "myu", "みょ": "myo",
    "りゃ": "rya", "りゅ": "ryu", "りょ": "ryo", "ぎゃ": "gya", "ぎゅ": "gyu", "ぎょ": "gyo",
    "じゃ": "ja", "じゅ": "ju", "じょ": "jo", "びゃ": "bya", "びゅ": "byu", "びょ": "byo",
    "ぴゃ": "pya", "ぴゅ": "pyu", "ぴょ": "pyo", "ぢゃ": "ja", "ぢゅ": "ju", "ぢょ": "jo",
    "し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ぢ": "ji", "づ": "zu",
    "ん": "n", "を": "o", "ー": "", "ゔ": "vu", "ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e",
    "ぉ": "o",
}  # fmt: skip
ROWS = {
    "": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと",
    "n": "なにぬねの", "h": "はひふへほ", "m": "まみむめも", "r": "らりるれろ",
    "g": "がぎぐげご", "z": "ざじずぜぞ", "d": "だぢづでど", "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
}  # fmt: skip
for consonant, row in ROWS.items():
    for kana, vowel in zip(row, "aiueo", strict=True):
        SYLLABLES.setdefault(kana, consonant + vowel)
SYLLABLES |= {"や": "ya", "ゆ": "yu", "よ": "yo", "わ": "wa"}
SUFFIXES = (
    ("市", "し", "shi"), ("区", "く", "ku"), ("町", "ちょう", "cho"), ("町", "まち", "machi"),
    ("村", "そん", "son"), ("村", "むら", "mura"),
)  # fmt: skip


def romanise(name: str, kana: str) -> str:
    """``("函館市", "はこだてし")`` to ``"Hakodate-shi"``; empty when the reading is unknown."""
    if not kana:
        return ""
    for kanji, reading, suffix in SUFFIXES:
        if name.endswith(kanji) and kana.endswith(reading) and len(kana) > len(reading):
            return f"{spell(kana[: -len(reading)]).capitalize()}-{suffix}"
    return spell(kana).capitalize()


def spell(kana: str) -> str:
    text, k = "", 0
    double = False
    while k < len(kana):
        if kana[k] == "っ":
            double, k = True, k + 1
            continue
        width = 2 if kana[k : k + 2] in SYLLABLES else 1
        syllable = SYLLABLES.get(kana[k : k + width], "")
        if double and syllable:
            syllable = ("t" if syllable.startswith("ch") else syllable[0]) + syllable
            double = False
        text, k = text + syllable, k + width
    for long, short in (("ou", "o"), ("oo", "o"), ("uu", "u")):
        text = text.replace(long, short)
    return text.replace("nb", "mb").replace("nm", "mm").replace("np", "mp")


# ---- units ---------------------------------------------------------------------------------


def unit(code: str, designation: object, name: object) -> tuple[str, str, str] | None:
    """Name, kind and city of one row of a code list; None for counties and branch offices."""
    designated = isinstance(designation, str) and designation.endswith("市")
    if not isinstance(name, str):
        return (str(designation), "city", "") if designated else None
    if designated:
        return f"{designation}{name}", "ward", city_of_ward(code)
    kinds = {"市": "city", "町": "town", "村": "village", "区": "special ward"}
    return (name, kinds[name[-1]], "") if name[-1] in kinds else None


def city_of_ward(code: str) -> str:
    """Wards of a designated city follow the code of their city, which ends in 0."""
    cities = {
        "01": ((101, 199, "01100"),), "04": ((101, 199, "04100"),), "11": ((101, 199, "11100"),),
        "12": ((101, 199, "12100"),), "15": ((101, 199, "15100"),), "22": (
            (101, 129, "22100"), (131, 199, "22130")),
        "14": ((101, 129, "14100"), (131, 149, "14130"), (151, 199, "14150")),
        "23": ((101, 199, "23100"),), "26": ((101, 199, "26100"),),
        "27": ((101, 139, "27100"), (141, 199, "27140")), "28": ((101, 199, "28100"),),
        "33": ((101, 199, "33100"),), "34": ((101, 199, "34100"),),
        "40": ((101, 129, "40100"), (131, 199, "40130")), "43": ((101, 199, "43100"),),
    }  # fmt: skip
    number = int(code[2:])
    return next(city for low, high, city in cities[code[:2]] if low <= number <= high)


SAME_UNIT = {"市制施行", "町制施行", "名称変更", "政令指定都市施行", "郡の区域変更"}


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])


def replay(japan: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Spells of every code and name, and the edges between codes."""
    start = read(japan / "merger/jpcity_areacode_19700401.csv")
    edges = read(japan / "merger/jpcity_absorption_separation_1970_2024.csv")
    end = read(japan / "merger/jpcity_areacode_20240101.csv")

    alive: dict[str, dict[str, str]] = {}
    spells: list[dict[str, str]] = []
    links: list[dict[str, str]] = []

    def open_(code: str, pref: str, desig: object, name: object, kana: str, day: str) -> None:
        found = unit(code, desig, name)
        if found is None:
            return
        full, kind, city = found
        county = str(desig) if isinstance(desig, str) and not str(desig).endswith("市") else ""
        alive[code] = {
            "code": code, "valid_from": day, "valid_to": "", "name_ja": full,
            "name_en": romanise(full if kind != "ward" else str(name), kana),
            "prefecture": code[:2], "county_ja": county, "kind": kind, "city": city,
        }  # fmt: skip

    def close(code: str, day: str) -> None:
        spell_ = alive.pop(code, None)
        if spell_:
            spells.append({**spell_, "valid_to": day})

    for row in start.itertuples():
        reading = row.city_name_kana if isinstance(row.city_name, str) else row.city_desig_name_kana
        open_(row.city_code, row.pref_name, row.city_desig_name, row.city_name, str(reading), "")

    for day, events in edges.groupby("date", sort=True):
        born: dict[str, tuple[str, object, object, str]] = {}
        ended: set[str] = set()
        became: dict[str, str] = {}  # a new code for the same unit: it ends the old one
        for row in events.itertuples():
            source, target = row.from_city_code, row.to_city_code
            new = found = None
            if isinstance(target, str):
                reading = (
                    row.to_city_name_kana
                    if isinstance(row.to_city_name, str)
                    else row.to_city_desig_name_kana
                )
                found = unit(target, row.to_city_desig_name, row.to_city_name)
                if found:
                    new = (row.to_pref_name, row.to_city_desig_name, row.to_city_name, str(reading))
            if row.type == "郡の区域変更" and row.from_city_name != row.to_city_name:
                continue  # the file crosses every unit of a county with every other
            if new and (row.type in SAME_UNIT or target not in born):
                born[target] = new  # the name after the day, whatever the order of its events
            if not isinstance(source, str) or source not in alive:
                continue
            if row.type == "分離" or (row.type == "分割" and source == target):
                continue
            if new and source != target:
                heir = target
                if found and found[2] and alive[source]["kind"] != "ward":
                    heir = found[2]  # who joins a ward joins its city
                links.append({"date": day, "from_code": source, "to_code": heir, "event": row.type})
            if source != target:
                ended.add(source)
                if row.type in SAME_UNIT and new:
                    became[source] = target
        for link in links:  # absorbed by a town that became a city on the same day
            if link["date"] == day and link["to_code"] in became:
                link["to_code"] = became[link["to_code"]]
        for code in ended - (set(born) - set(became)):
            close(code, day)
            born.pop(code, None)
        for code, (pref, desig, name, reading) in born.items():
            if code in alive and alive[code]["name_ja"] == unit(code, desig, name)[0]:
                continue
            close(code, day)
            open_(code, pref, desig, name, reading, day)
    spells += alive.values()

    last = {
        row.city_code
        for row in end.itertuples()
        if unit(row.city_code, row.city_desig_name, row.city_name)
    }
    differ = last ^ set(alive)
    print("codes of 2024 that the replay misses or adds:", sorted(differ))
    return pd.DataFrame(spells), pd.DataFrame(links).drop_duplicates()


def check(spells: pd.DataFrame, converter: pd.DataFrame) -> None:
    own = spells[spells["kind"] != "ward"]
    for year in CENSUSES:
        day = f"{year}-10-01"
        valid = own[(own.valid_from <= day) & ((own.valid_to == "") | (own.valid_to > day))]
        known = set(converter[f"id_muni{year}"].dropna().str.zfill(5))
        codes = set(valid.code)
        print(year, len(codes), len(known), "only ours:", sorted(codes - known),
              "only converter:", sorted(known - codes))  # fmt: skip


def check_newer(spells: pd.DataFrame, japan: Path) -> None:
    """Look for codes newer than the list in two sources that go on after it."""
    now = set(spells[spells.valid_to == ""].code)
    ever = set(spells.code)
    register = pd.read_parquet(
        japan / "corporate_register/hojin_events_municipality_month_202107_202608.parquet"
    )
    table = pd.read_csv(japan / "ssdse/SSDSE-A-2026.csv", encoding="cp932", dtype=str, header=None)
    for name, codes in (
        (f"corporate register to {register.month.max()}", set(register.muni_code) - {"00000"}),
        ("SSDSE-A-2026", set(table[0].iloc[3:].str[1:])),
    ):
        print(name, len(codes), "codes; newer than the list:", sorted(codes - ever),
              "of a municipality that has ended:", sorted(codes - now))  # fmt: skip


def main(japan: Path, districts: Path) -> None:
    OUT.mkdir(exist_ok=True)
    spells, links = replay(japan)
    check_newer(spells, japan)
    converter = read(japan / "merger/kondo_municipality_converter_1980_2020_jp.csv")
    check(spells, converter)

    spells = spells[(spells.valid_to == "") | (spells.valid_to > FIRST_DAY)]
    northern = {"01695", "01696", "01697", "01698", "01699", "01700"}
    spells = spells[~spells.code.isin(northern)]  # no statistics exist for the six villages
    points = read(japan / "geo/municipality_centroids_1980_2020.csv").dropna(subset="code")
    points = points.drop_duplicates(["year", "code"]).astype({"lon": float, "lat": float})
    by_code = points[points.year.astype(int) >= 1995].sort_values("year")
    by_code = by_code.drop_duplicates("code", keep="first").set_index("code")
    spells["latitude"] = spells.code.map(by_code.lat).round(4)
    spells["longitude"] = spells.code.map(by_code.lon).round(4)

    # A unit that lived only between two censuses has no centre of its own: take its successor's.
    without = spells.latitude.isna() & (spells.kind != "ward")
    heirs = links.sort_values("date").drop_duplicates("from_code", keep="last")
    heir = dict(zip(heirs.from_code, heirs.to_code, strict=True))
    print("units without a centre of their own:", spells[without].code.tolist())
    for k in spells.index[without]:
        code = spells.at[k, "code"]
        while code in heir and code not in by_code.index:
            code = heir[code]
        if code in by_code.index:
            spells.loc[k, ["latitude", "longitude"]] = (
                by_code.loc[code, ["lat", "lon"]].to_numpy(float).round(4)
            )
    wards = spells.kind == "ward"
    for axis, column in (("latitude", "lat"), ("longitude", "lon")):
        spells.loc[wards, axis] = spells.loc[wards, "city"].map(by_code[column]).round(4)
    spells.sort_values(["code", "valid_from"]).to_csv(OUT / "municipalities.csv", index=False)

    # ---- succession -------------------------------------------------------------------------
    links = links[links.date >= FIRST_DAY].copy()
    links["weight"] = 1.0
    links["basis"] = ""
    split = links.groupby(["date", "from_code"]).to_code.transform("nunique") > 1
    print("splits:\n", links[split].to_string())
    ssds = read(japan / "panel/ssds_municipal_2000_2018_long.csv")
    habitable = ssds[ssds.item == "B1103"].pivot(index="area_code", columns="year", values="value")
    habitable = habitable.apply(pd.to_numeric, errors="coerce")
    gain = {
        "19201": habitable.at["19201", "2011"]
        - habitable.at["19201", "2005"]
        - habitable.at["19326", "2005"],
        "19430": habitable.at["19430", "2011"] - habitable.at["19430", "2005"],
    }
    for k in links.index[split]:
        if (
            links.at[k, "to_code"] not in gain
        ):  # 浜松市北区, 2024: no size of its parts is published
            parts = (links.date == links.at[k, "date"]) & (
                links.from_code == links.at[k, "from_code"]
            )
            links.at[k, "weight"] = round(1 / parts.sum(), 4)
            links.at[k, "basis"] = "sizes of the parts unknown: equal shares"
            continue
        links.at[k, "weight"] = round(gain[links.at[k, "to_code"]] / sum(gain.values()), 4)
        links.at[k, "basis"] = "habitable area gained by each successor, 2005 to 2011 (B1103)"
    links["kind"] = links.event.map(
        {"新設合併": "merged", "編入合併": "absorbed", "市制施行": "became a city",
         "町制施行": "became a town", "名称変更": "renamed", "分割": "divided",
         "政令指定都市施行": "became a designated city", "郡の区域変更": "changed county",
         "区の再編": "ward redrawn"}
    )  # fmt: skip
    links[["date", "from_code", "to_code", "weight", "kind", "basis"]].drop_duplicates(
        ["date", "from_code", "to_code"]
    ).to_csv(OUT / "succession.csv", index=False)

    # ---- groups of municipalities -----------------------------------------------------------
    lists = [read(japan / f"merger/jpcity_areacode_{day}.csv") for day in ("19700401", "20240101")]
    rows = pd.concat(lists[::-1])
    rows = rows[[unit(*row) is None for row in zip(
        rows.city_code, rows.city_desig_name, rows.city_name, strict=True)]]  # fmt: skip
    groups = rows.rename(columns={"city_code": "code"})
    groups["name_ja"] = groups.city_desig_name.fillna(groups.city_name)
    groups.drop_duplicates("code")[["code", "name_ja"]].sort_values("code").to_csv(
        OUT / "groups.csv", index=False
    )

    # ---- population ---------------------------------------------------------------------------
    census = read(japan / "panel/census_population_municipal_1980_2015.csv")
    census = census[(census.year >= "1995") & census.id_muni.isin(spells[~wards].code)]
    wide = census.pivot(index="id_muni", columns="year", values="pop").astype(float)
    wide.columns = [f"population_{year}" for year in wide.columns]
    wide.rename_axis("code").astype("Int64").to_csv(OUT / "population.csv")

    # ---- divisions ----------------------------------------------------------------------------
    table = read(districts / "districts.csv")
    table["code"] = table.district_id.str.zfill(3)
    table = table.rename(
        columns={"prefecture_code": "prefecture", "name": "name_ja", "prefecture": "prefecture_ja",
                 "lat": "latitude", "lon": "longitude"}
    )  # fmt: skip
    table[["code", "prefecture", "name_ja", "name_en", "latitude", "longitude", "complete",
           "list_status"]].to_csv(OUT / "districts.csv", index=False)  # fmt: skip
    members = read(districts / "district_members.csv")
    members["district"] = members.district_id.str.zfill(3)
    members.rename(columns={"municipality_code_1995": "municipality"})[
        ["district", "municipality", "matched_by", "confidence"]
    ].to_csv(OUT / "district_members.csv", index=False)
    candidates = read(districts / "district_candidates.csv")
    candidates["district"] = candidates.district_id.str.zfill(3)
    candidates.rename(columns={"municipality_code_1995": "municipality"})[
        ["district", "municipality", "probability", "reason"]
    ].to_csv(OUT / "district_candidates.csv", index=False)
    zones = read(japan / "cz/cz_1995_original.csv")
    pd.DataFrame(
        {"municipality": zones.i.str.zfill(5), "zone": zones.cluster.str.zfill(3)}
    ).sort_values("municipality").to_csv(OUT / "commuting_zones_1995.csv", index=False)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    np.seterr(all="raise")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
