"""At which level does each pair stand, in every comparison?

The comparisons are found on arrays (``levels``), or by the same model in Splink, its levels in SQL,
on DuckDB or on Spark. Pairs at random are compared too, for what records that have nothing to do
with each other have in common (u).

Takes: ``Registers``, settings, the pairs. Gives: levels, shape ``(pairs, comparisons)``, -1 where
one of the two is missing, 0 the first level of the settings; and the same of pairs at random.
Sources: Fellegi and Sunter (1969), A theory for record linkage, JASA 64; Linacre and others (2022),
Splink, IJPDS 7(3).
"""

import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from shuseki.arrays import Floats, Ints
from shuseki.disk import Scratch
from shuseki.errors import MissingExtraError
from shuseki.language import say
from shuseki.linkage.columns import RARITY
from shuseki.linkage.levels import Ruler
from shuseki.linkage.registers import Registers
from shuseki.linkage.settings import Comparison, Engine, columns_of, quoted, sql_of

__all__ = ["Levels", "measuring", "random_pairs", "splink_settings"]

Levels = NDArray[np.int8]
TOKEN = re.compile(r"[a-z_]+\([^()]*\)|\s+(?:and|or)\s+|\bnot\s+|[()]|[^()\s]+|\s+")
PAIRS_AT_ONCE = 2_000_000
SHARED_DUCKDB = (
    "CREATE OR REPLACE MACRO shared_weight(a, b) AS coalesce(list_sum(list_transform("
    f"list_filter(a, lambda v: list_contains(b, v)), lambda v: v % {RARITY})), 0)"
)
SHARED_SPARK = (
    "CREATE OR REPLACE TEMPORARY FUNCTION shared_weight(a ARRAY<BIGINT>, b ARRAY<BIGINT>) "
    "RETURNS BIGINT RETURN aggregate(array_intersect(a, b), 0L, "
    f"(s, v) -> s + v % {RARITY})"
)


def splink_settings(
    comparisons: Sequence[Comparison],
    has: Any,
    engine: Engine = "duckdb",
    *,
    m: Sequence[Floats] | None = None,
    u: Sequence[Floats] | None = None,
    match_share: float = 1e-4,
    frequencies: bool = True,
) -> dict[str, Any]:
    """The comparisons as settings of Splink, levels in the order of ours.

    Parameters
    ----------
    comparisons
        What is compared.
    has
        Whether a column is there.
    m, u
        Shares by level, as learned; those of the settings and equal ones by default.
    match_share
        Probability that two records drawn at random are a pair.
    frequencies
        Whether Splink is to weigh common values itself.
    """
    made = []
    for k, one in enumerate(comparisons):
        levels: list[dict[str, Any]] = [
            {
                "sql_condition": quoted(_missing(one, has), engine),
                "label_for_charts": "missing",
                "is_null_level": True,
            }
        ]
        number = len(one.levels)
        for at, level in enumerate(one.levels):
            described: dict[str, Any] = {
                "sql_condition": _condition(level.when, has, engine),
                "label_for_charts": level.says,
                "m_probability": float(m[k][at]) if m is not None else level.m,
                "u_probability": float(u[k][at]) if u is not None else 1 / number,
            }
            if frequencies and level.frequency and has(level.frequency):
                described["tf_adjustment_column"] = level.frequency
            levels.append(described)
        made.append({"output_column_name": one.name, "comparison_levels": levels})
    return {
        "link_type": "link_only",
        "unique_id_column_name": "unique_id",
        "probability_two_random_records_match": match_share,
        "comparisons": made,
        "blocking_rules_to_generate_predictions": [],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": True,
    }


def _condition(when: str, has: Any, engine: Engine) -> str:
    """A condition as SQL; a part about a column that is not there never holds."""
    if not when:
        return "ELSE"
    return sql_of(_without(when, has), engine)


def _without(when: str, has: Any) -> str:
    """Replace what is asked of absent columns by a comparison that never holds."""
    parts = [
        part if all(has(column) for column in columns_of(part)) else "1 = 0"
        for part in _parts(when)
    ]
    return "".join(parts)


def _parts(when: str) -> list[str]:
    """A condition cut at its connectives and brackets around them."""
    parts: list[str] = [""]
    depth = 0
    for token in _tokens(when):
        if token.strip() in ("and", "or", "not") or (token in "()" and depth == 0):
            parts += [token, ""]
        else:
            parts[-1] += token
    return [part for part in parts if part.strip()]


def _tokens(when: str) -> Iterator[str]:
    """Calls whole, brackets alone, connectives with their blanks."""
    for found in TOKEN.finditer(when):
        yield found[0]


def _missing(one: Comparison, has: Any) -> str:
    """Where nothing of a comparison is there on both sides."""
    there = [column for column in one.columns if has(column)]
    both = [f'("{column}_l" IS NULL OR "{column}_r" IS NULL)' for column in there]
    return " AND ".join(both)


@contextmanager
def measuring(
    registers: Registers,
    comparisons: Sequence[Comparison],
    engine: Engine = "arrays",
    session: Any = None,
) -> Iterator[Callable[[Ints, Ints], Levels]]:
    """Give a function from the positions of pairs, left and right, to their levels.

    On arrays it may be called from several threads at once.
    """
    if engine == "arrays":
        yield Ruler(registers, comparisons).levels
        return
    with _linker(registers, comparisons, engine, session) as (linker, api, sources):

        def of(one: Ints, other: Ints) -> Levels:
            found = np.empty((len(one), len(comparisons)), dtype=np.int8)
            for start in range(0, len(one), PAIRS_AT_ONCE):
                part = slice(start, start + PAIRS_AT_ONCE)
                found[part] = _levels_of(linker, api, sources, comparisons, one[part], other[part])
            return found

        yield of


def random_pairs(registers: Registers, pairs: int, seed: int) -> tuple[Ints, Ints]:
    """Positions of pairs drawn at random, left and right."""
    rng = np.random.default_rng(seed)
    return (
        rng.integers(registers.n_left, size=pairs),
        rng.integers(registers.n_right, size=pairs),
    )


@contextmanager
def _linker(
    registers: Registers, comparisons: Sequence[Comparison], engine: Engine, session: Any
) -> Iterator[tuple[Any, Any, tuple[str, str]]]:
    """A Splink linker on an engine of its own."""
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    # Splink gives the weight of a level, not the level: weights of -1, -2, … tell which it is.
    m = [0.5 ** np.arange(2.0, len(one.levels) + 2.0) for one in comparisons]
    u = [np.full(len(one.levels), 0.5) for one in comparisons]
    settings = splink_settings(comparisons, registers.has, engine, m=m, u=u, frequencies=False)
    for k, one in enumerate(settings["comparisons"]):
        one["output_column_name"] = f"c{k}"  # the user's names need be no names of columns
    needed = {
        column for one in comparisons for level in one.levels for column in columns_of(level.when)
    }
    needed |= {level.frequency for one in comparisons for level in one.levels}
    needed |= {column for one in comparisons for column in one.columns}
    tables = [_table(registers, side, needed) for side in (False, True)]
    sources = ("a_left", "b_right")
    connection: Any = None
    spill: Scratch | None = None
    if engine == "duckdb":
        spill = Scratch(None, "linkage")
        connection = duckdb.connect(
            config={"temp_directory": str(spill.work), "preserve_insertion_order": "false"}
        )
        connection.execute(SHARED_DUCKDB)
        api: Any = DuckDBAPI(connection)
        given: list[Any] = tables
    else:
        try:
            from pyspark.sql import SparkSession
            from splink import SparkAPI
        except ImportError as error:
            raise MissingExtraError(
                say(
                    "Spark was asked for but pyspark is not installed. Expected the spark extra "
                    "and Java 17 or later. Install them: pip install shuseki[spark]"
                )
            ) from error
        # Workers on this machine run the Python that runs here.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        session = session or SparkSession.builder.getOrCreate()
        session.sql(SHARED_SPARK)
        session.udf.register("byte_likeness", _byte_likeness(), "double")
        # Kept by Spark itself, gone with its session: no files of records in a checkpoint folder.
        api = SparkAPI(spark_session=session, break_lineage_method="persist")
        given = [session.createDataFrame(table) for table in tables]
    try:
        frames = [
            api.register(table, dataset_display_name=source)
            for table, source in zip(given, sources, strict=True)
        ]
        yield Linker(frames, settings, log_level=None), api, sources
    finally:
        if connection is not None:
            connection.close()
        if spill is not None:
            spill.close()


def _byte_likeness() -> Any:
    """Jaro–Winkler on the bytes of UTF-8, as DuckDB and the arrays have it, for Spark.

    Spark has none; a function of its own within this one travels to the workers, which need
    RapidFuzz alone.
    """

    def byte_likeness(one: str | None, other: str | None) -> float | None:
        from rapidfuzz.distance import JaroWinkler

        if one is None or other is None:
            return None
        return float(JaroWinkler.similarity(one.encode(), other.encode()))

    return byte_likeness


def _table(registers: Registers, right: bool, needed: set[str]) -> Any:
    """The columns of a register that are compared, with the total rarity of its words."""
    table = registers.table(right)
    kept = {name: table[name] for name in table.column_names if name in needed | {"unique_id"}}
    start, stop = registers.side(right)
    for name, lists in registers.lists.items():
        if name in kept and lists.rarity is not None:
            total = np.append(lists.totals(), 0)[lists.codes[start:stop]]
            kept[f"{name}_total"] = pa.array(total)
    return pa.table(kept)


def _levels_of(
    linker: Any,
    api: Any,
    sources: tuple[str, str],
    comparisons: Sequence[Comparison],
    left: Ints,
    right: Ints,
) -> Levels:
    """Levels of some pairs: Splink scores pairs that are given."""
    one, other = sources
    keys = pa.table(
        {
            "match_key": pa.repeat(pa.scalar("0"), len(left)),
            "join_key_l": _keys(one, left),
            "join_key_r": _keys(other, right),
        }
    )
    is_duckdb = api.sql_dialect.sql_dialect_str == "duckdb"
    given = keys if is_duckdb else api.spark.createDataFrame(keys)
    blocked = api.register(given)
    linker.table_management.register_blocked_pairs_for_predict(blocked)
    found = linker.inference.predict(warning_mode="never")
    names = [f"mw_c{k}" for k in range(len(comparisons))]
    wanted = ", ".join(
        [
            "unique_id_l",
            "unique_id_r",
            *(f'CAST("{name}" AS TINYINT) AS "{name}"' for name in names),
        ]
    )
    query = f"SELECT {wanted} FROM {found.physical_name}"
    if is_duckdb:
        columns = api.duckdb_con.execute(query).fetchnumpy()
    else:
        frame = api.spark.sql(quoted(query, "spark")).toArrow()
        columns = {name: frame[name].to_numpy() for name in frame.column_names}
    # Splink gives the pairs in its own order.
    order = np.lexsort((columns["unique_id_r"], columns["unique_id_l"]))
    back = np.lexsort((right, left))
    levels = np.empty((len(left), len(comparisons)), dtype=np.int8)
    for k, name in enumerate(names):
        levels[back, k] = -1 - np.asarray(columns[name])[order]
    found.drop_table_from_database_and_remove_from_cache()
    blocked.drop_table_from_database_and_remove_from_cache(force_non_splink_table=True)
    return levels


def _keys(source: str, positions: Ints) -> Any:
    text = pc.cast(pa.array(positions), pa.string())
    return pc.binary_join_element_wise(pa.scalar(f"{source}-__-"), text, "")
