"""Which linkage finds more: ours, or a plain Splink model with the comparisons it comes with?

Both get the same columns of the same registers, whose true pairs are known and hidden; both link
one to one. The plain model is what the documentation of Splink shows: Jaro–Winkler at its
thresholds on name and address with term frequencies, exact matches on codes, blocking on each,
u by sampling, m by EM in two sessions, links from a probability of one half on.

Give the folder of the data sets to run them all and write the section; without it the synthetic
census alone is linked, and nothing is written.
"""

import logging
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import duckdb
import numpy as np
import pandas as pd
import splink.comparison_library as cl
from sections import machine, write_section
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from shuseki.datasets.census import synthetic_census
from shuseki.linkage.evaluation import calibration, evaluated, f1
from shuseki.linkage.likeness import link

KEPT = (
    "id",
    "name",
    "address",
    "municipality",
    "industry",
    "employees",
    "legal_form",
    "opened",
    "latitude",
    "longitude",
)
COMMON_NAMES = ("name", "address")


@dataclass
class Case:
    """Two registers and their true pairs."""

    name: str
    left: pd.DataFrame
    right: pd.DataFrame
    truth: pd.DataFrame
    extra: tuple[str, ...] = ()


def paired(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """Records of the same id are true pairs."""
    both = left.loc[left["id"].isin(set(right["id"])), "id"]
    return pd.DataFrame({"left": both.to_numpy(), "right": both.to_numpy()})


def hidden(case: Case) -> Case:
    """Ids that say nothing, and rows in another order."""
    rng = np.random.default_rng(1)
    left = case.left.sample(frac=1, random_state=2).reset_index(drop=True)
    right = case.right.sample(frac=1, random_state=3).reset_index(drop=True)
    of_left = dict(zip(left["id"], rng.permutation(len(left)) + 10**6, strict=True))
    of_right = dict(zip(right["id"], rng.permutation(len(right)) + 5 * 10**6, strict=True))
    truth = pd.DataFrame(
        {
            "left": case.truth["left"].map(of_left),
            "right": case.truth["right"].map(of_right),
        }
    )
    return Case(
        case.name,
        left.assign(id=left["id"].map(of_left)),
        right.assign(id=right["id"].map(of_right)),
        truth,
        case.extra,
    )


def census(scale: float = 0.01) -> Iterator[Case]:
    """Waves of 1996 and 1998, names and addresses misspelt in part, numbers lost."""
    with TemporaryDirectory() as folder:
        synthetic_census(folder, scale=scale)
        waves = {y: pd.read_parquet(Path(folder) / f"wave_{y}.parquet") for y in (1996, 1998)}
        truth = pd.read_parquet(Path(folder) / "truth.parquet", columns=["plant", "wave", "id"])
    of = {}
    for year, wave in waves.items():
        plant = truth[truth["wave"] == year].dropna().drop_duplicates("id").set_index("id")["plant"]
        of[year] = wave.assign(id=wave["id"].map(plant)).dropna(subset=["id"])
    left, right = of[1996], of[1998]
    yield Case("synthetic census, 1996–1998", left, right, paired(left, right))
    bare = ["id", "name", "municipality", "industry"]
    yield Case("the same, name, town and industry", left[bare], right[bare], paired(left, right))


def registers(data: Path) -> Iterator[Case]:
    """Data sets with known pairs."""
    folder = data / "registers"
    ours = {"factory_id": "id", "factory_name": "name", "org_form": "legal_form"}
    waves = [
        pd.read_parquet(folder / f"tw_factories_{wave}_changhua.parquet").rename(columns=ours)
        for wave in ("2016-12-31", "2021-01")
    ]
    columns = ["id", "name", "address", "industry"]
    left, right = (wave[columns] for wave in waves)
    yield Case("Changhua factories, all ids", left, right, paired(left, right))
    # Factories that were legalised got new numbers, which begin with T and S: no births.
    left, right = (wave[~wave["id"].str.match("[TS]")] for wave in (left, right))
    yield Case("Changhua factories, without the legalised", left, right, paired(left, right))
    yield Case(
        "Changhua factories, names alone",
        left[["id", "name", "industry"]],
        right[["id", "name", "industry"]],
        paired(left, right),
    )
    brewery = pd.read_parquet(folder / "openbrewerydb_waves_2020_2023.parquet").replace("", None)
    brewery = brewery.rename(
        columns={"address_1": "address", "city": "municipality", "postal_code": "postcode"}
    )
    for column in ("latitude", "longitude"):
        brewery[column] = pd.to_numeric(brewery[column])
    years = sorted(brewery["wave"].unique())
    sides = []
    for year in (years[0], years[-1]):
        side = brewery[brewery["wave"] == year].dropna(subset=["website_url"])
        site = side["website_url"].str.lower().str.replace(r"^https?://(www\.)?|/$", "", regex=True)
        side = side.assign(id=site).drop_duplicates("id", keep=False)
        sides.append(side)
    columns = ["id", "name", "address", "municipality", "postcode", "latitude", "longitude"]
    left, right = (side[columns] for side in sides)
    yield Case(
        "Open Brewery 2020–2023, true by website", left, right, paired(left, right), ("postcode",)
    )
    left, right = (side[columns[:4]] for side in sides)
    yield Case("Open Brewery, name, street and city", left, right, paired(left, right))


def truths(data: Path) -> Iterator[Case]:
    """Pairs of names that are known to be one."""
    folder = data / "linkage_truth"
    german = {"company_id": "id", "company_name": "name", "city": "municipality",
              "found_date_modified": "opened"}  # fmt: skip
    left, right = (
        pd.read_csv(folder / f"german_jsc_{side}.csv", dtype=str).rename(columns=german)
        for side in ("left", "right")
    )
    truth = pd.read_csv(folder / "german_jsc_matches.csv", dtype=str)
    truth.columns = pd.Index(["left", "right"])
    columns = ["id", "name", "municipality"]
    yield Case("German companies under OCR, name and city", left[columns], right[columns], truth)
    columns = [*columns, "opened", "industry"]
    yield Case("the same with day and branch", left[columns], right[columns], truth)
    # A third of each side is taken away, so that there are births and deaths.
    some = truth.sample(frac=1, random_state=5).reset_index(drop=True)
    cut = len(some) // 4
    left = left[left["id"].isin(some["left"][cut:])]
    right = right[right["id"].isin(some["right"][: len(some) - cut])]
    yield Case("the same, a quarter of each side gone", left[columns], right[columns],
               some[cut : len(some) - cut])  # fmt: skip
    names = pd.read_csv(folder / "hojin_name_changes_2021_2024_sample.csv", dtype=str)
    names = names.drop_duplicates("corporate_number").head(3000)
    left = pd.DataFrame({"id": names["corporate_number"], "name": names["name_before"],
                         "municipality": names["muni_code"]})  # fmt: skip
    right = left.assign(name=names["name_after"])
    yield Case("Japanese companies that changed their name", left, right, paired(left, right))
    people = [
        pd.read_csv(data / "published" / "linkage" / f"dataset4{s}.csv", dtype=str,
                    skipinitialspace=True).rename(columns=str.strip).fillna("")
        for s in "ab"
    ]  # fmt: skip
    sides = [
        pd.DataFrame(
            {
                "id": one["rec_id"].str.extract(r"rec-(\d+)")[0],
                "name": one["given_name"].str.strip() + " " + one["surname"].str.strip(),
                "address": one["street_number"] + " " + one["address_1"] + " " + one["suburb"],
                "postcode": one["postcode"],
            }
        )
        for one in people
    ]
    sides = [side.replace(r"^\s*$", None, regex=True) for side in sides]
    left, right = sides[0].iloc[:3000], sides[1].iloc[:3000]
    yield Case("FEBRL 4, name, address, postcode", left, right, paired(left, right), ("postcode",))


def plain(case: Case) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """A plain Splink model: links, all scored pairs, seconds."""
    begin = time.perf_counter()
    columns = [c for c in (*KEPT[1:], *case.extra) if c in case.left and c in case.right]
    comparisons, rules = [], []
    tables = []
    for side in (case.left, case.right):
        table = side[["id", *columns]].copy()
        for column in columns:
            if column not in ("employees", "latitude", "longitude"):
                text = table[column].astype("object")
                table[column] = text.where(text.isna(), text.astype(str).str.lower())
        tables.append(table)
    for column in columns:
        if column in COMMON_NAMES:
            comparisons.append(
                cl.JaroWinklerAtThresholds(column).configure(term_frequency_adjustments=True)
            )
            rules.append(block_on(column))
            if column == "name":
                rules.append(block_on("substr(name, 1, 5)"))
        elif column == "latitude":
            comparisons.append(cl.DistanceInKMAtThresholds("latitude", "longitude", [0.1, 1, 10]))
        elif column not in ("longitude", "employees"):
            comparisons.append(cl.ExactMatch(column).configure(term_frequency_adjustments=True))
            if column in ("municipality", "postcode", "opened"):
                rules.append(block_on(column, "substr(name, 1, 2)"))
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=rules,
    )
    connection = duckdb.connect(config={"memory_limit": "2GB", "temp_directory": gettempdir()})
    api = DuckDBAPI(connection)
    sources = [
        api.register(table, dataset_display_name=name)
        for table, name in zip(tables, ("a_left", "b_right"), strict=True)
    ]
    linker = Linker(sources, settings, log_level=None)
    sure = [block_on("name", column) for column in columns[1:2]] or [block_on("name")]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1_000_001, seed=1)
    sessions = ["name", *[c for c in ("address", "municipality", "postcode") if c in columns][:1]]
    for column in sessions:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(column))
    predicted = linker.inference.predict(threshold_match_probability=0.001, warning_mode="never")
    clusters = linker.clustering.cluster_using_single_best_links(
        predicted, duplicate_free_datasets=["a_left", "b_right"], threshold_match_probability=0.5
    ).as_pandas_dataframe()
    seconds = time.perf_counter() - begin
    sides = [
        clusters.loc[clusters["source_dataset"] == name, ["cluster_id", "id"]]
        for name in ("a_left", "b_right")
    ]
    links = sides[0].merge(sides[1], on="cluster_id", suffixes=("_left", "_right"))
    links = links.rename(columns={"id_left": "left", "id_right": "right"})[["left", "right"]]
    scored = predicted.as_pandas_dataframe()[["id_l", "id_r", "match_probability"]]
    return links, scored, seconds


def judged(case: Case) -> dict[str, object]:
    """Both on one case."""
    true = set(zip(case.truth["left"].tolist(), case.truth["right"].tolist(), strict=True))
    born = set(case.right["id"].tolist()) - {b for _, b in true}
    row: dict[str, object] = {
        "case": case.name, "left": len(case.left), "right": len(case.right), "true": len(true)
    }  # fmt: skip
    begin = time.perf_counter()
    links = link(case.left, case.right, extra=case.extra)
    row["our seconds"] = time.perf_counter() - begin
    score = evaluated(links, case.truth)
    row |= {"our pairs": score.pairs["f1"], "our births": score.births["f1"],
            "our calibration": score.calibration_error()}  # fmt: skip
    try:
        found, scored, row["plain seconds"] = plain(case)
    except Exception as error:  # what the plain model cannot do is part of the answer
        row["failed"] = type(error).__name__
        return row
    pairs = set(zip(found["left"].tolist(), found["right"].tolist(), strict=True))
    row["plain pairs"] = f1(pairs, true)["f1"]
    fresh = set(case.right["id"].tolist()) - {b for _, b in pairs}
    row["plain births"] = f1(fresh, born)["f1"]
    is_true = np.array(
        [pair in true for pair in zip(scored["id_l"], scored["id_r"], strict=True)], dtype=float
    )
    table = calibration(scored["match_probability"].to_numpy(float), is_true)
    table = table[table["pairs"] > 0]
    gap = (table["mean_probability"] - table["true_share"]).abs()
    row["plain calibration"] = float((gap * table["pairs"]).sum() / max(table["pairs"].sum(), 1))
    return row


def shown(value: object) -> str:
    """A cell; births of registers that have none are left empty."""
    if isinstance(value, float):
        return f"{value:.3f}" if np.isfinite(value) else ""
    return f"{value:,}" if isinstance(value, int) else str(value)


def main() -> None:
    """Link every case in both ways, and write the table."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    cases = list(census())
    whole = len(sys.argv) > 1
    if whole:
        data = Path(sys.argv.pop(1))
        cases += [*registers(data), *truths(data)]
    cases.sort(key=lambda case: len(case.left))
    rows = []
    for case in cases:
        rows.append(judged(hidden(case)))
        print(rows[-1], flush=True)
        if whole:
            write(rows)


def write(rows: list[dict[str, object]]) -> None:
    """Write the table of the cases that are done."""
    columns = ["our pairs", "plain pairs", "our births", "plain births", "our calibration",
               "plain calibration"]  # fmt: skip
    lines = [
        "| registers | records | true pairs | pairs F1, ours | plain | births F1, ours | plain | "
        "calibration error, ours | plain | seconds, ours | plain |",
        "|---|" + "---|" * 10,
    ]
    for row in rows:
        none = row["true"] == row["right"]
        cells = [
            "" if none and "births" in name else shown(row.get(name, float("nan")))
            for name in columns
        ]
        seconds = [
            f"{float(str(row.get(f'{who} seconds', 'nan'))):.1f}" for who in ("our", "plain")
        ]
        lines.append(
            f"| {row['case']} | {row['left']:,} × {row['right']:,} | {row['true']:,} | "
            + " | ".join([*cells, *seconds])
            + " |"
        )
    write_section(
        "linkage-likeness",
        "## Linkage without numbers, beside a plain Splink model\n\n"
        f"{machine()} Numbers hidden, rows shuffled, the same columns for both. Births of "
        "registers in which every record has a partner are left out. Calibration error: mean gap "
        "between probability and share true in ten bins, pairs of 0.001 and more. Of the breweries "
        "and the name changes the truth is the publisher's website or number; the census is "
        "synthetic. Seconds on a busy machine.\n\n" + "\n".join(lines),
    )


if __name__ == "__main__":
    main()
