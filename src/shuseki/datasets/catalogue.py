"""What is bundled, who published it, and on what terms?

Every folder under ``datasets/data`` and ``papers`` may hold a ``catalogue.toml``; each
``[[dataset]]`` in it is one data set. A new one is a row there, not code::

    [[dataset]]
    name = "entry-exit-rates"          # what load() takes
    title = "Entry and exit rates ..."
    title_ja = "開業率・廃業率…"
    publisher = "SME Agency, ..."
    publisher_ja = "中小企業庁、…"
    year = "1966-2006"
    terms = "GoJ Standard Terms of Use 2.0"
    terms_ja = "政府標準利用規約（第2.0版）"
    origin = "public"                  # public, synthetic, printed
    derived_by = "derive/public.py"
    file = "entry_exit_rates.csv"      # in the same folder; or package = "shuseki.geography"
    note = "what a careful reader must know"
    note_ja = "…"

Takes names, gives tables: codes stay text, numbers are numbers.
Limits: a data set that is made on demand (the synthetic census) has no ``file``, says in
``made_by`` what makes it, and cannot be loaded here.
"""

import tomllib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import cast

import pandas as pd
import pyarrow.parquet as pq

from shuseki.errors import DataError, UnknownCodeError
from shuseki.language import Message, joined, listed, say
from shuseki.language.names import TwoNames
from shuseki.language.rows import in_both
from shuseki.results import Result, result
from shuseki.sources import ORIGINS, Origin, Source

__all__ = ["Catalogue", "Dataset", "catalogue", "dataset", "load"]

CODES = ("municipality", "district", "prefecture", "industry", "area", "zone", "code", "from_code",
         "to_code", "revision", "from_revision", "to_revision", "jsic10", "city")  # fmt: skip
"""Columns that are codes and stay text in a CSV file."""

REQUIRED = ("name", "title", "publisher", "year", "terms", "origin", "derived_by")
TOLD = ("title", "publisher", "terms", "note")
"""Told in both languages; the Japanese is left out where it is the same."""
OPTIONAL = (*(f"{name}_ja" for name in TOLD), "file", "package", "made_by", "rows", "note")


@dataclass(frozen=True)
class Dataset:
    """One bundled data set; see the module for the fields."""

    name: str
    title: str
    publisher: str
    year: str
    terms: str
    origin: Origin
    derived_by: str
    folder: Traversable
    file: str = ""
    made_by: str = ""
    rows: int | None = None
    note: str = ""

    @cached_property
    def source(self) -> Source:
        """The data set as a source of an answer."""
        return Source(
            self.name,
            joined([self.publisher, self.title], ", "),
            self.year,
            terms=self.terms,
            origin=self.origin,
        )

    def count(self) -> int | None:
        """Count the rows; ``None`` for a data set made on demand in any size."""
        if not self.file:
            return self.rows
        path = self.folder / self.file
        if self.file.endswith(".parquet"):
            with path.open("rb") as binary:
                return int(pq.ParquetFile(binary).metadata.num_rows)
        return len(self.load())

    def load(self) -> pd.DataFrame:
        """Read the table."""
        if not self.file:
            raise DataError(
                say(
                    "Data set {name!r} has no file: it is made on demand. Expected a bundled "
                    "table. Use {made_by}.",
                    name=self.name,
                    made_by=self.made_by,
                )
            )
        path = self.folder / self.file
        if self.file.endswith(".parquet"):
            with path.open("rb") as binary:
                return pd.DataFrame(pd.read_parquet(binary))
        with path.open(encoding="utf-8") as text:
            header = pd.read_csv(text, nrows=0).columns
        with path.open(encoding="utf-8") as text:
            types = {column: str for column in header if column in CODES}
            return pd.DataFrame(pd.read_csv(text, dtype=types))


@result
class Catalogue(Result):
    """All bundled data sets."""

    datasets: tuple[Dataset, ...]

    def headline(self) -> Message:
        """Count by origin."""
        origins = [dataset.origin for dataset in self.datasets]
        return say(
            "{n:count(data set)}: {counts}",
            n=len(self.datasets),
            counts=listed(
                say("{n} {origin}", n=origins.count(kind), origin=ORIGINS[kind])
                for kind in dict.fromkeys(origins)
            ),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per data set."""
        columns = (
            "name",
            "title",
            "publisher",
            "year",
            "rows",
            "origin",
            "terms",
            "derived_by",
            "note",
        )
        rows = [
            {key: d.count() if key == "rows" else getattr(d, key) for key in columns}
            for d in self.datasets
        ]
        return in_both(rows).astype({"rows": "Int64"})


# ---- public verbs ------------------------------------------------------------------------------


def catalogue() -> Catalogue:
    """List what is bundled.

    Examples
    --------
    >>> "entry-exit-rates" in {dataset.name for dataset in catalogue().datasets}
    True
    """
    found = entries()
    return Catalogue(datasets=found, sources=tuple(dataset.source for dataset in found))


def dataset(name: str) -> Dataset:
    """Find one data set.

    Raises
    ------
    UnknownCodeError
        No data set has that name; the nearest are named.
    """
    known = {entry.name: entry for entry in entries()}
    if name not in known:
        raise UnknownCodeError.among("data set", [name], list(known))
    return known[name]


def load(name: str) -> pd.DataFrame:
    """Read one bundled table.

    Examples
    --------
    >>> load("entry-exit-rates")["unit"].unique().tolist()
    ['enterprises', 'companies', 'proprietors', 'establishments']
    """
    return dataset(name).load()


# ---- reading the catalogue -----------------------------------------------------------------------


@lru_cache
def entries() -> tuple[Dataset, ...]:
    """Read every ``catalogue.toml``, in order of the folders' names."""
    found: list[Dataset] = []
    folders = [*(files("shuseki.datasets") / "data").iterdir(), *files("shuseki.papers").iterdir()]
    for folder in sorted(folders, key=lambda f: f.name):
        listing = folder / "catalogue.toml"
        if folder.is_dir() and listing.is_file():
            table = tomllib.loads(listing.read_text(encoding="utf-8"))
            found += [entry(fields, folder) for fields in table["dataset"]]
    names = [each.name for each in found]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise DataError(
            say(
                "Data sets listed twice: {repeated}. Expected once.",
                repeated=listed(sorted(repeated)),
            )
        )
    return tuple(found)


def entry(fields: dict[str, object], folder: Traversable) -> Dataset:
    """Check one listing and make a data set of it."""
    name = fields.get("name", "a data set without a name")
    missing = [key for key in REQUIRED if key not in fields]
    unknown = [key for key in fields if key not in REQUIRED + OPTIONAL]
    if missing or unknown:
        raise DataError(
            say(
                "Listing of {name}: missing {missing}, unknown {unknown}. Expected {required} "
                "and, if needed, {optional}.",
                name=name,
                missing=missing,
                unknown=unknown,
                required=listed(REQUIRED),
                optional=listed(OPTIONAL),
            )
        )
    package = fields.get("package")
    rows = fields.get("rows")
    return Dataset(
        **{key: str(fields[key]) for key in REQUIRED if key not in ("origin", *TOLD)},
        **{
            key: TwoNames(str(given), str(fields.get(f"{key}_ja", given)))
            for key in TOLD
            if (given := fields.get(key, ""))
        },
        origin=cast(Origin, fields["origin"]),
        folder=files(str(package)) if package else folder,
        file=str(fields.get("file", "")),
        made_by=str(fields.get("made_by", "")),
        rows=int(str(rows)) if rows is not None else None,
    )
