"""What can somebody compute who has nothing but the folder of a run?

Written without a look at how the folder was made: every number in the panel, in the events and in
the tables is a linear equation on the cells; so is what everybody knows of establishments (those
there are survivors and newcomers; who was there a wave before survived, died or paused). For every
suppressed number the least and the most whole numbers that satisfy all of it are found.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

EVENTS = ("establishments", "births", "reappearances", "survivors", "moves", "deaths", "lapses")


@dataclass
class Attack:
    """Unknown cells, and equations on them."""

    names: dict[tuple, int] = field(default_factory=dict)
    equations: list[tuple[dict[int, float], float, float]] = field(default_factory=list)
    secrets: dict[str, dict[int, float]] = field(default_factory=dict)
    implied: dict[str, dict[int, float]] = field(default_factory=dict)
    """Sums that no table has, and that must not be known to be one or two."""

    def cell(self, *name: object) -> int:
        return self.names.setdefault(name, len(self.names))

    def knows(self, terms: dict[int, float], low: float, high: float | None = None) -> None:
        self.equations.append((terms, low, low if high is None else high))

    def reads(self, label: str, terms: dict[int, float], value: float, flag: object) -> None:
        """A number of a table, or the X in its place."""
        if flag == "X":
            assert pd.isna(value), f"{label} is marked and written: {value}"
            self.secrets[label] = terms
        elif not pd.isna(value):
            self.knows(terms, float(value))

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Least and most of every secret."""
        n = len(self.names)
        rows = np.zeros((len(self.equations), n))
        for k, (terms, _, _) in enumerate(self.equations):
            for at, value in terms.items():
                rows[k, at] += value
        low = np.array([one[1] for one in self.equations])
        high = np.array([one[2] for one in self.equations])
        out = {}
        for label, terms in (self.secrets | self.implied).items():
            aim = np.zeros(n)
            for at, value in terms.items():
                aim[at] += value
            found = []
            for sign in (1, -1):
                answer = milp(
                    sign * aim,
                    constraints=LinearConstraint(rows, low, high),
                    bounds=Bounds(0, 10_000),
                    integrality=np.ones(n),
                )
                assert answer.status == 0, (label, answer.message)
                found.append(sign * answer.fun)
            out[label] = (round(found[0]), round(found[1]))
        return out


def flag_of(row: pd.Series, name: str) -> object:
    return row.get(f"{name}_flag", "")


def read(folder: Path, at: int, lives: str, spells: bool) -> Attack:
    """Read everything in the folder of a run of births and events."""
    attack = Attack()
    births = {}
    path = folder / "panel.parquet"
    if path.is_file():
        for _, row in pd.read_parquet(path).iterrows():
            cell = attack.cell("births", row["area"], row["industry"])
            births[row["area"], row["industry"]] = cell
            label = f"panel {row['area']} {row['industry']}"
            attack.reads(label, {cell: 1.0}, row["births"], flag_of(row, "births"))
    table = folder / "tables/births_by_area_user.csv"
    if table.is_file():
        for _, row in pd.read_csv(table).iterrows():
            terms = {c: 1.0 for (area, _), c in births.items() if area == row["area_en"]}
            if not terms:  # the panel is held: of an area only its sum is known
                cell = births[row["area_en"], "all"] = attack.cell("births", row["area_en"], "all")
                terms = {cell: 1.0}
            attack.reads(f"area {row['area_en']}", terms, row["births"], flag_of(row, "births"))
    every = dict.fromkeys(births.values(), 1.0) or {attack.cell("births", "all"): 1.0}
    funnel = pd.read_csv(folder / "tables/funnel_user.csv", keep_default_na=True)
    aside = [attack.cell("aside", k) for k in range(len(funnel))]
    for k, row in funnel.iterrows():
        attack.reads(f"set aside {k}", {aside[k]: 1.0}, row["set_aside"], flag_of(row, "set_aside"))
        later = {aside[j]: 1.0 for j in range(k + 1, len(funnel))}
        attack.reads(f"left {k}", {**every, **later}, row["left"], flag_of(row, "left"))
    path = folder / "events.parquet"
    if path.is_file():
        read_events(attack, pd.read_parquet(path), births, at, lives, spells)
        waves = pd.read_csv(folder / "tables/events_user.csv")
        totals_of_waves(attack, waves, spells)
        table = folder / "tables/survival_user.csv"
        if table.is_file() and not spells:
            moved = waves["moves"].fillna(1).iloc[1:].sum()
            read_survival(attack, pd.read_csv(table), list(waves["wave"]), still=moved == 0)
    return attack


def read_events(
    attack: Attack, events: pd.DataFrame, births: dict, at: int, lives: str, spells: bool
) -> None:
    first = events["period"].min()
    for _, row in events.iterrows():
        key = row["period"], row["area"], row["industry"]
        cells = {name: attack.cell(name, *key) for name in EVENTS}
        passed = attack.cell("passed", *key)  # born since the wave before, and gone by this one
        for name, cell in cells.items():
            attack.reads(
                f"events {name} {' '.join(key)}", {cell: 1.0}, row[name], flag_of(row, name)
            )
        if key[0] != first:
            there = {cells["establishments"]: 1.0, passed: 1.0}
            came = {cells[name]: -1.0 for name in ("births", "reappearances", "survivors")}
            attack.knows({**there, **came}, 0.0)
            if spells:
                for name in ("births", "deaths"):
                    label = f"events {name} but those that passed {' '.join(key)}"
                    attack.implied[label] = {cells[name]: 1.0, passed: -1.0}
                    attack.knows(attack.implied[label], 0.0, np.inf)
            else:
                attack.knows({passed: 1.0}, 0.0)
            attack.knows({cells["survivors"]: 1.0, cells["moves"]: -1.0}, 0.0, np.inf)
        if key[0] == str(at) and key[1:] in births:  # nothing was excluded: the same births
            same = {cells["births"]: 1.0, births[key[1:]]: -1.0}
            if lives != "spells":  # births by waves are those that are there
                same[passed] = -1.0
            attack.knows(same, 0.0)


def read_survival(attack: Attack, curves: pd.DataFrame, years: list[int], *, still: bool) -> None:
    """Survival by area or industry: who is born in a wave dies by a later one, or stays."""
    for area, curve in curves.groupby("group"):

        def of(name: str, wave: int, area: object = area) -> dict[int, float]:
            """Cells of the events of a wave."""
            return {
                cell: -1.0
                for key, cell in attack.names.items()
                if key[0] == name and key[1] == str(wave) and len(key) == 4
                and (area == "all" or str(area) in key[2:])
            }  # fmt: skip

        died: dict[int, dict[int, float]] = {}
        ends: dict[float, dict[str, dict[int, float]]] = {}
        for k, wave in enumerate(years[1:], start=1):
            born = of("births", wave)
            lives = [(missed - wave, "died") for missed in years[k + 1 :]]
            for age, end in [*lives, (years[-1] - wave, "seen")]:
                cell = attack.cell("lived", area, wave, age, end)
                ends.setdefault(age, {}).setdefault(end, {})[cell] = 1.0
                born[cell] = 1.0
                if end == "died":
                    died.setdefault(wave + age, {})[cell] = 1.0
            attack.knows(born, 0.0)
        for wave, some in died.items() if still or area == "all" else ():
            attack.knows(some | of("deaths", wave), -np.inf, 0.0)
        for age in set(ends) - set(curve["years"]):  # the curve has every age at which one ended
            attack.knows({cell: 1.0 for of in ends[age].values() for cell in of}, 0.0)
        for _, row in curve.iterrows():
            label = f"survival {area} {row['years']:g}"
            there = {
                cell: 1.0
                for age, of in ends.items()
                if age >= row["years"]
                for terms in of.values()
                for cell in terms
            }
            attack.reads(f"{label} at_risk", there, row["at_risk"], flag_of(row, "at_risk"))
            died = ends.get(row["years"], {}).get("died", {})
            if died:
                attack.reads(f"{label} deaths", died, row["deaths"], flag_of(row, "deaths"))


def totals_of_waves(attack: Attack, waves: pd.DataFrame, spells: bool) -> None:
    def total(name: str, wave: object, area: str | None = None) -> dict[int, float]:
        return {
            cell: 1.0
            for key, cell in attack.names.items()
            if key[0] == name and len(key) == 4 and key[1] == str(wave) and area in (None, key[2])
        }

    for _, row in waves.iterrows():
        for name in EVENTS:
            attack.reads(
                f"wave {row['wave']} {name}",
                total(name, row["wave"]),
                row[name],
                flag_of(row, name),
            )
    years = list(waves["wave"])
    areas = sorted({key[2] for key in attack.names if len(key) == 4})
    for before, wave in pairwise(years):
        still = spells or waves.loc[waves["wave"] == wave, "moves"].iloc[0] == 0
        for area in [None, *(areas if still else [])]:
            terms = total("establishments", before, area)
            for name in ("survivors", "deaths", "lapses"):
                terms |= dict.fromkeys(total(name, wave, area), -1.0)
            terms |= total("passed", wave, area)
            attack.knows(terms, 0.0)
            for name in ("births", "deaths") if spells else ():
                passed = dict.fromkeys(total("passed", wave, area), -1.0)
                attack.implied[f"{name} but those that passed {wave} {area}"] = (
                    total(name, wave, area) | passed
                )


def narrow(
    folder: Path, at: int, width: float, lives: str = "waves", spells: bool = False
) -> tuple[list[str], int]:
    """Secrets whose interval is narrower than a width; and how many secrets there are.

    Births are counted by ``lives``, events by days of closing or by waves.
    """
    attack = read(folder, at, lives, spells)
    found = attack.intervals()
    bad = [
        f"{label}: {span}"
        for label, span in found.items()
        if span[1] - span[0] < width and (label in attack.secrets or 0 < span[0] <= span[1] < width)
    ]
    return bad, len(attack.secrets)
