"""Who could make what is asked for together, who would be missed, and what does sharing bring?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from shuseki.datasets.clusters import synthetic_clusters
from shuseki.datasets.orders import synthetic_orders
from shuseki.directory import Directory
from shuseki.errors import examples
from shuseki.language import Message, say
from shuseki.report.blocks import Note, Section
from shuseki.results import Result
from shuseki.sourcing.exits import exit_outlook, owners_of, succession_rates
from shuseki.sourcing.gaps import gaps
from shuseki.sourcing.importing import read_list
from shuseki.sourcing.network import brokerage, group_mixing, network_of, positions
from shuseki.sourcing.orders import Order, read_orders
from shuseki.sourcing.registry import view
from shuseki.sourcing.registry.store import Registry
from shuseki.sourcing.rents import sharing_rent, split_by_channel
from shuseki.sourcing.resilience import (
    cascade,
    compare_policies,
    criticality,
    standard_policies,
)
from shuseki.sourcing.sharing import planned_orders, rent_by_channel
from shuseki.sourcing.systemic_risk import percolation, systemic_risk
from shuseki.study.chapter import Brief, Chapter, Options, Running, Told

__all__ = ["SOURCING", "Sourced", "SourcingOptions"]

Part = Literal["gaps", "resilience", "network", "rents"]
PARTS: tuple[Part, ...] = ("gaps", "resilience", "network", "rents")
TITLES: dict[Part, Message] = {
    "gaps": say("Work that nobody, hardly anybody, or soon nobody does"),
    "resilience": say("Who would be missed"),
    "network": say("Who deals with whom"),
    "rents": say("What sharing directories brings"),
}


class SourcingOptions(Options):
    """Firms that work together: gaps, resilience, network, rents.

    ``firms`` is a chamber's list or a directory in JSON (of ``cluster``), ``store`` a registry
    (SQLite); synthetic clusters without either. ``orders`` is a TOML file or a folder of them;
    made-up orders without it. The chapter sees what ``role`` may see.
    """

    firms: Path | None = None
    store: Path | None = None
    cluster: str = ""
    role: Literal["public", "partner", "coordinator", "private"] = "coordinator"
    orders: Path | None = None
    parts: tuple[Part, ...] = PARTS
    orders_per_year: float = Field(default=1.0, gt=0)
    publisher: Literal["TDB", "TSR", "JFC"] = "TDB"
    years: int = Field(default=10, ge=1, le=50)
    runs: int = Field(default=100, ge=2)
    helped: int = Field(default=5, ge=1)
    seed: int = 0
    made_up_firms: int = Field(default=300, ge=6)
    made_up_orders: int = Field(default=24, ge=1)


@dataclass(frozen=True, eq=False)
class Sourced:
    """What was found of the firms of a directory, part by part.

    Attributes
    ----------
    directory
        As the role of the study may see it.
    found
        Part → its results by name.
    """

    directory: Directory
    orders: tuple[Order, ...]
    is_synthetic: bool
    role: str
    read: Message | None = None
    found: dict[Part, dict[str, Result]] = field(default_factory=dict)


class SourcingChapter(Chapter[SourcingOptions, Sourced]):
    """Hold orders against a directory."""

    name = "sourcing"
    about = say("Who could make what together: gaps, resilience, network and rents of a directory.")
    options = SourcingOptions

    def check(self, asked: SourcingOptions, study: Any) -> Iterator[str]:
        """One source of firms, and a cluster where the file does not say one."""
        if asked.firms is not None and asked.store is not None:
            yield say("firms and store are both named. Expected one of them. Take one out.")
        if asked.firms is not None and not asked.cluster:
            yield say(
                "cluster is missing. Expected the code of the cluster that owns the list. Add it."
            )
        if not asked.parts:
            yield say("parts is empty. Expected some of {parts}. Name one.", parts=examples(PARTS))

    def run(self, asked: SourcingOptions, running: Running) -> Sourced:
        """Read the firms, plan the orders, and answer what is asked."""
        with running.manifest.step(say("read the firms")) as entry:
            answer = _sourced(asked, running)
            entry["firms"] = len(answer.directory)
            entry["orders"] = len(answer.orders)
        made = None
        if {"resilience", "rents"} & set(asked.parts):
            with running.manifest.step(say("plan the orders")):
                made = planned_orders(answer.directory, answer.orders)
        if "gaps" in asked.parts:
            with running.manifest.step(say("look for gaps")):
                answer.found["gaps"] = {
                    "sourcing_gaps": gaps(
                        answer.orders,
                        answer.directory,
                        cluster=asked.cluster,
                        orders_per_year=asked.orders_per_year,
                    )
                }
        if "resilience" in asked.parts:
            assert made is not None
            with running.manifest.step(say("years without some firms")):
                answer.found["resilience"] = _resilience(asked, answer, made, running)
        if "network" in asked.parts:
            with running.manifest.step(say("describe the network")):
                answer.found["network"] = _network(asked, answer)
        if "rents" in asked.parts:
            assert made is not None
            with running.manifest.step(say("plan with every set of clusters")):
                answer.found["rents"] = _rents(asked, answer, made, running)
        return answer

    def results(self, answer: Sourced) -> dict[str, Result]:
        """What was asked, part by part."""
        return {name: one for part in answer.found.values() for name, one in part.items()}

    def is_confidential(self, answer: Sourced) -> bool:
        """What more than the public may see of firms that exist."""
        return not answer.is_synthetic and answer.role != "public"

    def brief(self, answer: Sourced, told: Told) -> Brief:
        """Gaps, the firm that would be missed most, and the rent."""
        every = self.results(answer)
        first = [
            every[name]
            for name in ("sourcing_gaps", "criticality", "group_mixing", "sharing_rent")
            if name in every
        ]
        notes: tuple[Message, ...]
        if answer.is_synthetic:
            notes = (say("The firms are synthetic: none of them exists."),)
        elif not self.is_confidential(answer):
            notes = ()
        elif told.study.disclosure.apply is False:
            notes = (
                say(
                    "Firms are named as the role {role} may see them; give it to nobody who may "
                    "see less.",
                    role=answer.role,
                ),
            )
        else:
            return Brief(
                notes=(
                    say(
                        "What is told of firms by name is withheld. For internal use, write apply "
                        '= false under [disclosure]; for others, role = "public" under [sourcing].'
                    ),
                )
            )
        return Brief(
            notes=notes,
            numbers=((f"{len(answer.directory):,}", say("firms of the directory")),),
            sentences=tuple(one.headline() for one in first),
        )

    def sections(self, answer: Sourced, told: Told) -> Iterator[Section]:
        """One for each part that has an answer."""
        for part, found in answer.found.items():
            if found:
                yield Section(TITLES[part], list(found.values()))
            else:
                yield Section(
                    TITLES[part],
                    [Note(say("The directory tells too little for this part: see its role."))],
                )


def _sourced(asked: SourcingOptions, running: Running) -> Sourced:
    """The directory as it may be seen, and the orders."""
    read: Message | None = None
    if asked.firms is not None:
        running.manifest.add_input(asked.firms)
        imported = read_list(asked.firms, asked.cluster)
        read = imported.headline()
        directory = view(imported.directory, asked.role, asked.cluster)
    elif asked.store is not None:
        with Registry.open(str(asked.store)) as registry:
            directory = registry.view(asked.role, asked.cluster or None)
    else:
        directory = view(synthetic_clusters(firms=asked.made_up_firms), asked.role, asked.cluster)
    if asked.orders is not None:
        files = sorted(asked.orders.glob("*.toml")) if asked.orders.is_dir() else [asked.orders]
        for file in files:
            running.manifest.add_input(file)
    orders = (
        synthetic_orders(directory, asked.made_up_orders)
        if asked.orders is None
        else read_orders(asked.orders)
    )
    made_up = asked.firms is None and asked.store is None
    return Sourced(directory, tuple(orders), made_up, asked.role, read)


def _resilience(
    asked: SourcingOptions, answer: Sourced, made: Any, running: Running
) -> dict[str, Result]:
    owners = owners_of(answer.directory, succession_rates(asked.publisher))
    inside = made.inside()
    critical = criticality(inside, owners)
    rng = np.random.default_rng(asked.seed)
    return {
        "criticality": critical,
        "cascade": cascade(
            inside,
            owners,
            years=asked.years,
            runs=asked.runs,
            rng=rng,
            progress=running.progress,
        ),
        "policies": compare_policies(
            inside,
            owners,
            standard_policies(critical, owners, helped=asked.helped, shared=made),
            years=asked.years,
            runs=asked.runs,
            rng=np.random.default_rng(asked.seed),
            progress=running.progress,
        ),
        "exit_outlook": exit_outlook(owners, years=min(asked.years, 5)),
    }


def _network(asked: SourcingOptions, answer: Sourced) -> dict[str, Result]:
    """Nothing where no tie may be seen."""
    network = network_of(answer.directory)
    if len(network) < 3 or not network.ties.any():
        return {}
    rng = np.random.default_rng(asked.seed)
    found: dict[str, Result] = {
        "positions": positions(network, rng=rng),
        "brokerage": brokerage(network),
    }
    if len(set(network.groups)) > 1:
        found["group_mixing"] = group_mixing(network, rng=rng)
    found["systemic_risk"] = systemic_risk(network)
    found["percolation"] = percolation(network, rng=rng)
    return found


def _rents(
    asked: SourcingOptions, answer: Sourced, made: Any, running: Running
) -> dict[str, Result]:
    """Nothing where there is one cluster alone."""
    clusters = sorted({firm.cluster for firm in answer.directory.firms})
    if len(clusters) < 2:
        return {}
    rng = np.random.default_rng(asked.seed)
    return {
        "sharing_rent": sharing_rent(
            made.value_yen, clusters, rng=rng, progress=running.progress, sources=made.sources
        ),
        "channels": split_by_channel(
            rent_by_channel(answer.directory, answer.orders), sources=made.sources
        ),
    }


SOURCING = SourcingChapter()
