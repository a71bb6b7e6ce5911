"""How long does a profile take, cold and warm, and all of them with their figures?

    python benchmarks/profile.py

Beside it: the same answers from the commands that there were before, one by one, for one district
(types, life cycle, accounts, clusters of one industry), each computed as its command computes it.
"""

import os
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


def seconds(work) -> tuple[float, float]:
    """Processor seconds of this process and its children, and seconds on the clock."""
    clock, before = time.perf_counter(), sum(os.times()[:4])
    work()
    return sum(os.times()[:4]) - before, time.perf_counter() - clock


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
    rows = {
        "one profile, a new process (import, read, compute; best of three)": cold,
        "one profile, warm (median of nine)": warm,
        "all 253 districts": every,
        "all 253 districts as pages with their figures": pages,
        "all 1,741 municipalities": municipal,
        "types, life cycle, accounts, clusters of one industry, one by one": before,
    }
    table = "\n".join(
        f"| {what} | {used:.3g} | {clock:.3g} |" for what, (used, clock) in rows.items()
    )
    load = os.getloadavg()[0]
    write_section(
        "profile",
        f"""## Profiles of areas (`benchmarks/profile.py`)

{machine()} Two cores; load by other work at the end {load:.1f}.

| what | processor seconds | seconds on the clock |
|---|---|---|
{table}
""",
    )
    print(table)


if __name__ == "__main__":
    main()
