"""What went into a run, and what came out at each step?

The manifest is the run's memory: inputs with their hashes, every parameter, the versions of what
computed it, the number of rows at every step, and seconds. Seconds are the only part that two
runs of the same study and inputs do not share.
"""

import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from shuseki.disk import fingerprint
from shuseki.language import Message
from shuseki.study.specification import Study

__all__ = ["Manifest"]

REPORTED = ("shuseki", "duckdb", "ibis-framework", "numpy", "pandas", "scipy", "statsmodels")


@dataclass
class Manifest:
    """A record that grows while a study runs.

    Attributes
    ----------
    study
        What was asked for.
    inputs
        Name of each input → its SHA-256 and size in bytes.
    steps
        One entry per step: name, rows or counts, seconds.
    tell
        Called when a step begins, advances and ends.
    """

    study: Study
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    _step: str = ""
    tell: Callable[[Mapping[str, Any]], None] = lambda happened: None

    @contextmanager
    def step(self, name: Message) -> Iterator[dict[str, Any]]:
        """Time a step; what is put into the yielded dictionary is recorded with it."""
        self._step = name
        self.tell({"event": "step", "step": name})
        entry: dict[str, Any] = {"step": name}
        started = time.perf_counter()
        yield entry
        entry["seconds"] = round(time.perf_counter() - started, 3)
        self.steps.append(entry)
        tables = self.study.tables
        own = "records" in tables and self.study.records.source == "files"
        own |= "linkage" in tables and self.study.linkage.left is not None
        told = {"step": name, "seconds": entry["seconds"]} if own else entry
        self.tell({"event": "done", **told})  # counts of a user's records are not told unchecked

    def progress(self, done: int, of: int) -> None:
        """Tell how far the step under way is."""
        self.tell({"event": "progress", "step": self._step, "done": done, "of": of})

    def add_input(self, path: Path, told: Mapping[str, Any] | None = None) -> None:
        """Record a file that the study read, by its name from the study file.

        ``told`` is its hash and size as it was read; without it they are taken now.
        """
        name = self.study.named(path)
        found = dict(told) if told is not None else fingerprint(path)
        if self.inputs.get(name, found) != found:  # two folders, one name
            name = f"{path.name} ({found['sha256'][:12]})"
        self.inputs[name] = found

    def to_dict(self, secret: frozenset[float] | None = None) -> dict[str, Any]:
        """The whole record; ``whole_folder`` adds the hashes of what was written.

        Parameters
        ----------
        secret
            Numbers that are suppressed in the tables, where these are checked: then the steps have
            no counts of establishments but the rows of whole files, unless these are suppressed.
            Counts that may be read stand in the tables.
        """
        steps = self.steps
        if secret is not None:
            steps = [uncounted(step, secret) for step in self.steps]
        return {
            "study": self.study.to_dict(),
            "synthetic": self.study.is_synthetic,
            "inputs": self.inputs,
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in REPORTED},
            },
            "steps": steps,
            "seconds": round(sum(entry["seconds"] for entry in self.steps), 3),
        }


def uncounted(said: Any, secret: frozenset[float]) -> Any:
    """Put ``X`` in the place of every number that may count establishments."""
    if isinstance(said, Mapping):
        rows = {key: one for key, one in said.items() if str(key).startswith("rows_")}
        may = set(KEPT) if secret & set(rows.values()) else {*KEPT, *rows}
        return {key: one if key in may else uncounted(one, secret) for key, one in said.items()}
    if isinstance(said, list | tuple):
        return [uncounted(one, secret) for one in said]
    if isinstance(said, Message) and any(
        isinstance(value, int | float) and not isinstance(value, bool)
        for value in said.values.values()
    ):
        return "X"
    return "X" if isinstance(said, int | float) and not isinstance(said, bool) else said


KEPT = (
    "seconds", "wave", "bytes", "areas", "equations", "n", "tables", "groups", "industries",
    "cells", "suppressed", "findings",
)  # fmt: skip
"""What counts no establishments."""
