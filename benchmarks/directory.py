"""What does a search find that a spreadsheet's filter does not, and does its time tell secrets?

Side by side in one run: ``shuseki.sourcing.search`` and what a chamber uses instead, a filter for
text in a table (``pandas.Series.str.contains``), on the same synthetic firms. Then the seconds of
one answer of the exchange for two registries, one of which hides thousands of ties and hours.

    python benchmarks/directory.py
"""

import asyncio
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sections import machine, write_section

from shuseki.datasets.clusters import synthetic_clusters
from shuseki.directory import Directory, Rating
from shuseki.sourcing.exchange import exchange
from shuseki.sourcing.processes import is_kind_of, process
from shuseki.sourcing.registry import view
from shuseki.sourcing.registry.store import Registry
from shuseki.sourcing.search import search

FIRMS = 3000
WORDS = {"めっき": "plating", "メッキ": "plating", "鍍金": "plating", "研磨": "polishing",
         "研削": "grinding", "plating": "plating"}  # fmt: skip
HIDDEN = 20_000


def found_by_filter(seen: Directory, word: str) -> set[str]:
    """Firms whose list of processes holds the word, as a chamber's list has it in Japanese."""
    frame = seen.to_frame("capabilities")
    text = frame["process"].map(lambda code: process(code).name_ja)
    return set(frame.loc[text.str.contains(word, regex=False), "firm"])


def rows(seen: Directory) -> list[str]:
    """One row of the table for each word."""
    lines = []
    for word, code in WORDS.items():
        true = {able.firm for able in seen.capabilities if is_kind_of(able.process, code)}
        start = time.perf_counter()
        ours = {hit.firm.key for hit in search(seen, word).of("ok")}
        seconds = time.perf_counter() - start
        start = time.perf_counter()
        theirs = found_by_filter(seen, word)
        other = time.perf_counter() - start
        lines.append(
            f"| {word} | {len(true)} | {len(ours & true)} + {len(ours - true)} | {seconds:.2f} | "
            f"{len(theirs & true)} + {len(theirs - true)} | {other:.2f} |"
        )
    return lines


def seconds_of_an_answer(registry: Registry, key: Ed25519PrivateKey) -> float:
    """Median seconds of a search over the exchange, each time by an application newly made."""

    async def ask(app: object) -> bytes:
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://ota.test") as client:
            return (await client.get("/search?q=研磨")).content

    told = []
    for _ in range(9):
        app = exchange(registry, key)
        start = time.perf_counter()
        asyncio.run(ask(app))
        told.append(time.perf_counter() - start)
    return statistics.median(told)


def main() -> None:
    """Measure, and write the section."""
    seen = view(synthetic_clusters(1, FIRMS, weeks=0), "partner", "ota")
    search(seen, "研磨")  # the vocabulary is read once
    table = rows(seen)
    key = Ed25519PrivateKey.generate()
    own = synthetic_clusters(1, 100, clusters=("ota",), weeks=4)
    bare = replace(own, loads=(), ties=(), ratings=())
    hidden = replace(
        own,
        ratings=tuple(
            Rating(own.keys[n % len(own)], f"{n}", 3, 3, 3, date(2025, 1, 1)) for n in range(HIDDEN)
        ),
    )
    with tempfile.TemporaryDirectory() as folder:
        told = []
        for name, held in (("bare", bare), ("hidden", hidden)):
            with Registry.create(Path(folder) / f"{name}.sqlite", "ota") as registry:
                registry.put(held)
                told.append(seconds_of_an_answer(registry, key))
    write_section(
        "directory",
        f"""## directory

{machine()} {FIRMS:,} synthetic firms; what a search finds of the firms that do it, + others, in
seconds, beside a filter for text in the list of processes.

| search | firms | `search` | s | `str.contains` | s |
|---|---|---|---|---|---|
{chr(10).join(table)}

One search over the exchange as the public, 100 firms, median of nine: {told[0]:.3f} s where nothing
is hidden, {told[1]:.3f} s where {HIDDEN:,} ratings, all free hours and all ties are.
""",
    )


if __name__ == "__main__":
    main()
