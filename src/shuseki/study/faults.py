"""How are the faults of a study file said?

Takes: what pydantic found wrong with a table. Gives: one line for each fault, with the place, what
was found, and the nearest right key.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from shuseki.language import joined, say
from shuseki.language.refusals import is_tag, refusal

__all__ = ["advice", "faults_of", "said_of"]


def said_of(place: str, faults: list[str]) -> str:
    """All faults, one line each."""
    return joined(
        [
            say("{place} has {n:count(fault)}:", place=place, n=len(faults)),
            *(say("  {fault}", fault=fault) for fault in faults),
            say("Correct the study file; nothing was run."),
        ],
        "\n",
    )


def faults_of(table: str, model: type[BaseModel], error: ValidationError) -> Iterator[str]:
    """One line per fault that pydantic found in a table."""
    told: set[str] = set()
    for fault in error.errors():
        steps = [step for step in fault["loc"] if not is_tag(step)]
        place = ".".join(map(str, [table, *steps]))
        if fault["type"] == "extra_forbidden":
            known = keys_at(model, fault["loc"][:-1])
            nearest = advice(str(fault["loc"][-1]), known)
            line = say("{place}: unknown key. {advice}", place=place, advice=nearest)
        else:
            why = refusal(fault)
            if fault["type"] == "missing" or isinstance(fault["input"], dict):
                line = say("{place}: {why}.", place=place, why=why)
            else:
                line = say(
                    "{place}: {why} (found {found!r}).", place=place, why=why, found=fault["input"]
                )
        if line not in told:
            told.add(line)
            yield line


def keys_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """Keys of the table in which an unknown one stands."""
    at: type[BaseModel] = model
    for step in place:
        if isinstance(step, int):
            continue
        if step in at.model_fields:
            inner = models_in(at.model_fields[step].annotation)
            at = inner[0] if inner else at
        else:  # the name of an alternative
            at = next((m for m in every_model(model) if m.__name__ == step), at)
    return list(at.model_fields)


def models_in(kind: Any) -> list[type[BaseModel]]:
    """Models inside an annotation."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [model for inner in get_args(kind) for model in models_in(inner)]


def every_model(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and those inside it."""
    yield model
    for info in model.model_fields.values():
        for inner in models_in(info.annotation):
            yield from every_model(inner)


def advice(given: str, known: list[str]) -> str:
    """The nearest right key, or all of them."""
    near = get_close_matches(given, known, n=1, cutoff=0.4)
    if near:
        return say("Did you mean {name!r}?", name=near[0])
    return say("Expected one of {names}.", names=sorted(known))
