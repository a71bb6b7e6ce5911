"""How long does a profile take, cold and warm, and all of them with their figures?

    python benchmarks/profile.py

Beside it: the same answers from the commands that there were before, one by one, for one district
(types, life cycle, accounts, clusters of one industry), each computed as its command computes it.
"""

import subprocess
import sys
import time

from sections import machine, write_section

from shuseki.datasets.accounts import regional_accounts
from shuseki.datasets.panels import public_panel
from shuseki.measures.change.lifecycle import life_cycle
from shuseki.measures.change.typology import agglomeration_types
from shuseki.measures.clusters.clusters import clusters
from shuseki.profile.base import base_of
from shuseki.profile.profiles import profile, profile_of, setting_of
from shuseki.report.html import render
from shuseki.report.profiles import profile_document

COLD = "import shuseki.profile as profile; profile('東大阪')"


def seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def one_by_one() -> None:
    """What the commands measure types, lifecycle and clusters, and the accounts, do."""
    agglomeration_types(public_panel("industries"), history=public_panel("district shipments"))
    life_cycle(public_panel("district totals"))
    regional_accounts()
    clusters(public_panel("municipalities"), "28")


def main() -> None:
    cold = min(
        seconds(lambda: subprocess.run([sys.executable, "-c", COLD], check=True)) for _ in range(3)
    )
    profile("東大阪")
    warm = sorted(seconds(lambda: profile("諏訪")) for _ in range(9))[4]
    setting = setting_of(base_of("district-253"))
    codes = setting.base.codes
    every = seconds(lambda: [profile_of(setting, code) for code in codes])
    pages = seconds(
        lambda: [render(profile_document(profile_of(setting, code)), "ja") for code in codes]
    )
    towns = setting_of(base_of("municipality"))
    municipal = seconds(lambda: [profile_of(towns, code) for code in towns.base.codes])
    before = seconds(one_by_one)
    write_section(
        "profile",
        f"""## Profiles of areas (`benchmarks/profile.py`)

{machine()} Two cores, shared with other work.

| what | seconds |
|---|---|
| one profile, a new process (import, read, compute) | {cold:.1f} |
| one profile, warm (median of nine) | {warm:.3f} |
| all 253 districts | {every:.0f} |
| all 253 districts as pages with their figures | {pages:.0f} |
| all 1,741 municipalities | {municipal:.0f} |
| types, life cycle, accounts and one industry's clusters, one by one, for the same district | \
{before:.1f} |
""",
    )
    print(f"cold {cold:.1f}, warm {warm:.3f}, 253 {every:.0f}, pages {pages:.0f}, "
          f"1,741 {municipal:.0f}, one by one {before:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
