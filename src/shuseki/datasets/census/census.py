"""How are five synthetic waves of plants made, and the truth about them?

``synthetic_census`` writes a folder that ``records.Store`` opens like any other:

    wave_1995.parquet … wave_2000.parquet    what a statistical office would hand over
    converter.parquet                         changes of plant numbers from wave to wave
    regional_accounts.parquet                 the districts' accounts (``synthetic_accounts``)
    truth.parquet                             what records never show

At scale 1 the chain of the 2006 paper gives on it the printed funnel, rankings and equations. The
truth has one row for every plant that exists in a wave, of any size: with its number where the
wave has it, without where it has not.

Takes: a folder, a scale, a seed. Gives: ``SyntheticCensus``. The same scale and seed give the
same rows. Every file says in its metadata, under ``shuseki.origin``, that it is synthetic.
Limits: at other scales only the counts grow; the printed tables hold at whole scales. Memory does
not grow with the scale above 1.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shuseki.arrays import Bools, Floats, Ints
from shuseki.datasets.census.design import (
    CENSUS,
    DistrictDesign,
    check_scale,
    district_design,
    synthetic_accounts,
)
from shuseki.datasets.census.histories import WAVES
from shuseki.datasets.census.names import addresses, legal_forms, plant_names
from shuseki.datasets.census.plants import (
    BELOW_FOUR,
    BIRTH,
    EVENTS,
    MISSED,
    OUTSIDE,
    REASONS,
    REASSIGNED,
    SURVEY_DAYS,
    Block,
    Country,
    Reasons,
    country,
    draw_block,
)
from shuseki.datasets.census.smallest import draw_smallest
from shuseki.disk import scratch
from shuseki.errors import DataError, OutputError, examples
from shuseki.geography.areas import municipalities, prefectures
from shuseki.geography.mergers import crosswalk
from shuseki.language import Message, say
from shuseki.records.store import is_synthetic
from shuseki.results import Result, result
from shuseki.sources import OKAMURO_2006

__all__ = ["SyntheticCensus", "synthetic_census"]

Progress = Callable[[str, float], None]
"""Called with what is being done and the share done, 0 to 1."""

SERIAL = 10**10
"""An establishment's number is ``municipality · SERIAL + generation · GENERATION + serial``."""
GENERATION = 10**9
RENUMBERED_SHARE = 0.04
"""Municipalities that number their plants anew between two waves."""
METADATA = {b"shuseki.origin": b"synthetic", b"shuseki.source": CENSUS.citation.encode()}
UNKNOWN_OPENING_SHARE = 0.4


@result
class SyntheticCensus(Result):
    """A synthetic census in a folder.

    Attributes
    ----------
    folder
        Where it is.
    scale, seed
        What it was drawn with.
    rows
        File → number of rows.
    """

    folder: Path
    scale: float
    seed: int
    rows: Mapping[str, int]

    def headline(self) -> Message:
        """Plants per wave."""
        waves = [n for name, n in self.rows.items() if name.startswith("wave")]
        return say(
            "synthetic census: {waves:count(wave)} of {fewest:,}–{most:,} plants, scale {scale:g}, "
            "seed {seed}",
            waves=len(waves),
            fewest=min(waves),
            most=max(waves),
            scale=self.scale,
            seed=self.seed,
        )

    def to_frame(self) -> pd.DataFrame:
        """Rows by file."""
        return pd.DataFrame({"file": list(self.rows), "rows": list(self.rows.values())})


def synthetic_census(
    folder: str | Path,
    *,
    scale: float = 1.0,
    seed: int = 2006,
    progress: Progress | None = None,
) -> SyntheticCensus:
    """Draw a synthetic census and write it into a folder, whole or not at all.

    Parameters
    ----------
    folder
        Where to write; made when missing. Files of the same names there are replaced.
    scale
        Size: 1 is Japan, about 370,000 plants a wave; from 0.01 to 100.
    seed
        Varies plants, places, names, reasons and the truth; never the districts' numbers.
    progress
        Called with what is being done and the share done.

    Raises
    ------
    ParameterError
        The scale is not from 0.01 to 100.
    OutputError
        The folder cannot be written; nothing is left behind.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as place:
    ...     census = synthetic_census(place, scale=0.01)
    >>> len([name for name in census.rows if name.startswith("wave")])
    5
    """
    check_scale(scale)
    tell = progress or (lambda said, share: None)
    design, place = district_design(), country()
    blocks = ceil(scale)
    rows: dict[str, int] = {}
    with whole_files(Path(folder)) as here:
        editions = Editions(place, np.random.default_rng([seed, 1]))
        with Writers(here) as writers:
            for number in range(blocks):
                rng = np.random.default_rng([seed, 0, number])
                first = 1 + number * PLANTS_PER_BLOCK
                tell("drawing plants", (number + 0.1) / blocks)
                block = draw_block(design, place, scale / blocks, first, rng)
                for k, year in enumerate(WAVES):
                    tell(f"writing the wave of {year}", (number + 0.2 + 0.08 * k) / blocks)
                    wave = wave_table(block, place, design, editions, k, number, rng)
                    writers.write(f"wave_{year}", wave.table)
                    writers.write("truth", truth_table(block, place, editions, k, wave, number))
                tell("writing the converter", (number + 0.7) / blocks)
                writers.write("converter", converter_table(block, editions, number))
                tell("drawing plants of 1–3 workers", (number + 0.8) / blocks)
                smallest = draw_smallest(
                    design, place, scale / blocks, first + 2 * len(block.plant), rng
                )
                writers.write("truth", smallest_table(smallest, place, editions))
        rows = writers.rows
        accounts = synthetic_accounts(scale)
        accounts.to_parquet(here / "regional_accounts.parquet")
        mark(here / "regional_accounts.parquet")
        rows["regional_accounts"] = len(accounts)
    tell("done", 1.0)
    return SyntheticCensus(
        folder=Path(folder),
        scale=scale,
        seed=seed,
        rows=rows,
        notes=(
            say(
                "Synthetic: it agrees with the tables of the 2006 paper, except for some "
                "correlations, and describes no real plant."
            ),
            *((say("The printed tables hold at whole scales only."),) if scale % 1 else ()),
        ),
        sources=(CENSUS, OKAMURO_2006),
    )


# ---- tables -------------------------------------------------------------------------------------

PLANTS_PER_BLOCK = 10_000_000


class Editions:
    """Codes, names and numbering of municipalities in each wave.

    Attributes
    ----------
    code
        Five-digit code as a number, shape ``(waves, m)``.
    generation
        How often the municipality has numbered its plants anew, shape ``(waves, m)``.
    text, address
        Code and full name as strings, one arrow array per wave.
    """

    def __init__(self, place: Country, rng: np.random.Generator) -> None:
        names = dict(zip(prefectures()["code"], prefectures()["name_ja"], strict=True))
        codes, self.text, self.address = [], [], []
        for year in WAVES:
            led = crosswalk(1995, f"{year}-12-31").table.set_index("from_code")["to_code"]
            then = led.reindex(list(place.codes))
            about = municipalities(f"{year}-12-31").set_index("code").reindex(then)
            full = about["prefecture"].map(names) + about["county_ja"].fillna("") + about["name_ja"]
            codes.append(then.astype(np.int64).to_numpy())
            self.text.append(pa.array(then.tolist()))
            self.address.append(pa.array(full.tolist()))
        self.code = np.array(codes)
        anew = rng.random(self.code.shape) < RENUMBERED_SHARE
        anew[0] = False
        self.generation = np.minimum(np.cumsum(anew, axis=0), 9)

    def numbers(self, wave: int, municipality: Ints, serial: Ints) -> Ints:
        """Establishment numbers in a wave."""
        number: Ints = (
            self.code[wave, municipality] * SERIAL
            + self.generation[wave, municipality] * GENERATION
            + serial
        )
        return number


class Wave:
    """One wave of a block: its table, and what the truth must know of it."""

    def __init__(
        self,
        table: pa.Table,
        at: Ints,
        numbers: Ints,
        name_misspelt: Bools,
        address_misspelt: Bools,
    ) -> None:
        self.table, self.at, self.numbers = table, at, numbers
        self.name_misspelt, self.address_misspelt = name_misspelt, address_misspelt


def serials(block: Block, number: int) -> Ints:
    """Serial numbers of a block's entries, unique over blocks."""
    return number * PLANTS_PER_BLOCK + np.arange(len(block.plant))


def wave_table(
    block: Block,
    place: Country,
    design: DistrictDesign,
    editions: Editions,
    wave: int,
    number: int,
    rng: np.random.Generator,
    reasons: Reasons = REASONS,
) -> Wave:
    """Write down what a wave shows of a block, in the house schema."""
    at = np.flatnonzero(block.seen[:, wave])
    municipality = block.municipality[at]
    ids = editions.numbers(wave, municipality, serials(block, number)[at])
    order = np.argsort(ids, kind="stable")
    at, municipality, ids = at[order], municipality[order], ids[order]
    industry, employees = block.industry[at], block.employees[at, wave]
    handed_on = (block.heir[at] != block.plant[at]) & (wave == len(WAVES) - 1)
    shift = handed_on.astype(np.int64)
    wrong_name = np.where(
        rng.random(len(at)) < reasons.misspelt_share, rng.integers(1, 4, len(at)), 0
    )
    form = (block.form[at] + shift) % 3
    stem = (block.stem[at] + 37 * shift) % 120
    wrong_name[(wrong_name == 2) & (form == 2)] = 1
    wrong_address = rng.random(len(at)) < reasons.misspelt_share
    opened = np.where(
        handed_on, SURVEY_DAYS[2000] - 1 - rng.integers(0, 700, len(at)), block.opened_here[at]
    )
    unknown = rng.random(len(at)) < UNKNOWN_OPENING_SHARE
    shipments, wages = amounts(design, place, municipality, employees, wave, rng)
    year = pa.array(np.full(len(at), WAVES[wave], dtype=np.int32))
    table = pa.table(
        {
            "wave": year,
            "id": pa.array(ids),
            "municipality": pc.take(editions.text[wave], pa.array(municipality)),
            "industry": pc.take(pa.array(place.industries), pa.array(industry)),
            "employees": pa.array(employees),
            "name": plant_names(
                stem, place.group[industry], block.trade[at], form, wrong_name, place.groups
            ),
            "address": addresses(
                pc.take(editions.address[wave], pa.array(municipality)),
                block.quarter[at],
                block.numbers[at],
                wrong_address,
            ),
            "latitude": pa.array(block.latitude[at]),
            "longitude": pa.array(block.longitude[at]),
            "legal_form": pc.cast(legal_forms(form), pa.string()),
            "opened": pa.array(opened.astype(np.int32), mask=unknown).cast(pa.date32()),
            "shipments_yen": pa.array(shipments),
            "wages_yen": pa.array(wages),
        }
    )
    return Wave(table, at, ids, wrong_name > 0, wrong_address)


def amounts(
    design: DistrictDesign,
    place: Country,
    municipality: Ints,
    employees: Ints,
    wave: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Draw shipments and wages round the district's account per worker, in yen."""
    accounts = design.accounts
    workers = accounts["employees_1998"]
    per_worker = (accounts["shipments_yen_1998"] / workers).to_numpy(dtype=float)
    wage = (accounts["cash_wages_yen_1998"] / workers).to_numpy(dtype=float)
    growth = (accounts["shipments_yen_1998"] / accounts["shipments_yen_1995"]).fillna(1.0)
    since_1998 = growth.to_numpy(dtype=float) ** ((WAVES[wave] - 1998) / 3)
    area = place.area[municipality]
    shipments = np.append(per_worker * since_1998, np.median(per_worker))[area]
    wages = np.append(wage, np.median(wage))[area]
    spread = rng.normal(0.0, 1.0, (2, len(area)))
    shipments = employees * shipments * np.exp(0.6 * spread[0] - 0.18)
    wages = employees * wages * np.exp(0.25 * spread[1] - 0.031)
    return np.round(shipments, -4), np.round(wages, -4)


def converter_table(block: Block, editions: Editions, number: int) -> pa.Table:
    """List the numbers that change between consecutive waves, for plants seen before and after."""
    own = serials(block, number)
    parts = []
    for k in range(len(WAVES) - 1):
        changes = (editions.code[k] != editions.code[k + 1]) | (
            editions.generation[k] != editions.generation[k + 1]
        )
        before = block.seen[:, : k + 1].any(axis=1)
        after = block.seen[:, k + 1 :].any(axis=1)
        at = np.flatnonzero(changes[block.municipality] & before & after)
        municipality = block.municipality[at]
        parts.append(
            pa.table(
                {
                    "from_wave": pa.array(np.full(len(at), WAVES[k], dtype=np.int32)),
                    "to_wave": pa.array(np.full(len(at), WAVES[k + 1], dtype=np.int32)),
                    "from_id": pa.array(editions.numbers(k, municipality, own[at])),
                    "to_id": pa.array(editions.numbers(k + 1, municipality, own[at])),
                }
            )
        )
    return pa.concat_tables(parts)


def truth_table(
    block: Block, place: Country, editions: Editions, wave: int, shown: Wave, number: int
) -> pa.Table:
    """Say what is true of every plant of a block in a wave, seen or not."""
    at = np.flatnonzero(block.exists[:, wave])
    n = len(block.plant)
    position = np.full(n, -1)
    position[shown.at] = np.arange(len(shown.at))
    row = position[at]
    is_shown = row >= 0
    last = wave == len(WAVES) - 1
    event = events_in_wave(block, wave)[at]
    plant = (block.heir if last else block.plant)[at]
    handed_on = last & (block.heir[at] != block.plant[at])
    opened = np.where(handed_on, SURVEY_DAYS[2000] - 365.0, block.opened[at])
    municipality = block.municipality[at]
    origin = np.where((event == EVENTS.index("move")), block.origin[at], -1)
    origin_area = place.area[np.maximum(origin, 0)]
    return truth_columns(
        plant=plant,
        wave=np.full(len(at), WAVES[wave]),
        ids=np.where(is_shown, shown.numbers[row], 0),
        shown=is_shown,
        municipality=pc.take(editions.text[wave], pa.array(municipality)),
        area=place.area[municipality],
        industry=pc.take(pa.array(place.industries), pa.array(block.industry[at])),
        employees=block.employees[at, wave],
        opened=opened,
        event=event,
        origin=np.where(origin >= 0, origin_area, -1),
        name_misspelt=is_shown & shown.name_misspelt[row],
        address_misspelt=is_shown & shown.address_misspelt[row],
    )


def events_in_wave(block: Block, wave: int) -> Ints:
    """What happened to each entry since the wave before (position in ``EVENTS``)."""
    first = block.seen.argmax(axis=1)
    shown = block.seen[:, wave]
    back = shown & (first < wave) & ~block.seen[:, wave - 1] if wave else np.zeros(len(shown), bool)
    event = np.where(shown & ((first == wave) & (wave > 0) | back), block.event, 0)
    event = np.where(~shown & (block.employees[:, wave] < 4), BELOW_FOUR, event)
    event = np.where(~shown & (block.employees[:, wave] >= 4), MISSED, event)
    if wave == len(WAVES) - 1:
        event = np.where(shown & (block.heir != block.plant), REASSIGNED, event)
    return event


def smallest_table(smallest: "pd.DataFrame", place: Country, editions: Editions) -> pa.Table:
    """Plants of 1–3 workers as rows of the truth."""
    parts = []
    for k in range(len(WAVES)):
        rows = smallest[smallest["wave"].to_numpy() == k]
        municipality = rows["municipality"].to_numpy()
        born = rows["born"].to_numpy()
        parts.append(
            truth_columns(
                plant=rows["plant"].to_numpy(),
                wave=np.full(len(rows), WAVES[k]),
                ids=np.zeros(len(rows), dtype=np.int64),
                shown=np.zeros(len(rows), dtype=bool),
                municipality=pc.take(editions.text[k], pa.array(municipality)),
                area=place.area[municipality],
                industry=pc.take(pa.array(place.industries), pa.array(rows["industry"].to_numpy())),
                employees=rows["employees"].to_numpy(),
                opened=rows["opened"].to_numpy(),
                event=np.where(born, BIRTH, BELOW_FOUR),
                origin=np.full(len(rows), -1),
                name_misspelt=np.zeros(len(rows), dtype=bool),
                address_misspelt=np.zeros(len(rows), dtype=bool),
            )
        )
    return pa.concat_tables(parts)


DISTRICTS = pa.array([f"{k + 1:03d}" for k in range(OUTSIDE)] + [""])


def truth_columns(
    *,
    plant: Ints,
    wave: Ints,
    ids: Ints,
    shown: Bools,
    municipality: pa.Array,
    area: Ints,
    industry: pa.Array,
    employees: Ints,
    opened: Floats,
    event: Ints,
    origin: Ints,
    name_misspelt: Bools,
    address_misspelt: Bools,
) -> pa.Table:
    """Put the columns of the truth together."""
    return pa.table(
        {
            "plant": pa.array(plant),
            "wave": pa.array(wave.astype(np.int32)),
            "id": pa.array(ids, mask=~shown),
            "municipality": municipality,
            "district": pc.take(DISTRICTS, pa.array(area)),
            "industry": industry,
            "employees": pa.array(employees),
            "opened": pa.array(opened.astype(np.int32)).cast(pa.date32()),
            "event": pc.take(pa.array(EVENTS), pa.array(event)),
            "origin_district": pc.take(DISTRICTS, pa.array(np.maximum(origin, 0), mask=origin < 0)),
            "name_misspelt": pa.array(name_misspelt),
            "address_misspelt": pa.array(address_misspelt),
        }
    )


# ---- writing ------------------------------------------------------------------------------------


class Writers:
    """One Parquet writer per file, opened at the first table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, int] = {}
        self._open: dict[str, pq.ParquetWriter] = {}

    def write(self, name: str, table: pa.Table) -> None:
        """Append a table to a file."""
        table = table.replace_schema_metadata(METADATA)
        if name not in self._open:
            self._open[name] = pq.ParquetWriter(
                self.folder / f"{name}.parquet",
                table.schema,
                compression="zstd",
                compression_level=1,
            )
        self._open[name].write_table(table)
        self.rows[name] = self.rows.get(name, 0) + table.num_rows

    def __enter__(self) -> "Writers":
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._open.values():
            with suppress(OSError):
                writer.close()


def mark(path: Path) -> None:
    """Add our metadata to a Parquet file that pandas wrote."""
    table = pq.read_table(path)
    pq.write_table(
        table.replace_schema_metadata({**(table.schema.metadata or {}), **METADATA}), path
    )


@contextmanager
def whole_files(folder: Path) -> Iterator[Path]:
    """Open a hidden folder whose files come into ``folder`` only when all went well."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with scratch(folder, "census") as partial:
            yield partial
            files = sorted(partial.iterdir())
            taken = [file.name for file in files if _is_of_the_user(folder / file.name)]
            if taken:
                raise OutputError(
                    say(
                        "{folder} holds {taken}, which no synthetic census wrote. Expected a "
                        "folder of its own. Nothing was replaced. Choose another folder.",
                        folder=folder,
                        taken=examples(taken),
                    )
                )
            for file in files:
                file.replace(folder / file.name)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            say(
                "The census could not be written to {folder}: {strerror}. Nothing of it was kept. "
                "Free the disk, or choose another folder.",
                folder=folder,
                strerror=error.strerror or error,
            )
        ) from error


def _is_of_the_user(path: Path) -> bool:
    """Whether something stands at a place that no synthetic census wrote."""
    if not os.path.lexists(path):
        return False
    try:
        return path.is_symlink() or not is_synthetic(path)
    except DataError:
        return True
