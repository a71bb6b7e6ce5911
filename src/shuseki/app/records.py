"""What does a form say of a firm, and is it a record?

One field for each that the editor may see, and one part for each process that the firm can do. What
is written is read with the types of ``directory``: everything that cannot be is named at once, by
its field. What the editor may not see stays as it is.

Takes: the fields of a posted form. Gives: ``Change``, or ``Faults``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, get_args, get_origin, get_type_hints

from shuseki.directory import Capability, Directory, Firm
from shuseki.errors import DataError
from shuseki.language import Message, say, told, word
from shuseki.report.words import column_words, phrase
from shuseki.sourcing.processes import materials, processes
from shuseki.sourcing.registry.visibility import LEVELS, Visibility

__all__ = ["Change", "FaultsError", "firm_form", "read_firm"]

KEYS = ("id", "cluster", "firm")
BOUNDS: Mapping[str, tuple[float, float]] = {
    "latitude": (-90, 90),
    "longitude": (-180, 180),
    "employees": (0, 1_000_000),
    "owner_age": (15, 110),
    "founded": (1000, 2100),
    "size_min_mm": (0, 1e6),
    "size_max_mm": (0, 1e6),
    "it_grade": (1, 18),
    "roughness_um": (0, 1000),
    "lot_min": (1, 1e9),
    "lot_max": (1, 1e9),
    "setup_hours": (0, 1e5),
    "hours_per_piece": (0, 1e5),
    "rate_yen_per_hour": (0, 1e7),
}
LONGEST = 2000


class FaultsError(DataError):
    """Everything that is wrong with a form, by field."""

    def __init__(self, faults: Mapping[str, Message]) -> None:
        self.faults = dict(faults)
        super().__init__("; ".join(f"{name}: {text}" for name, text in faults.items()))


@dataclass(frozen=True)
class Change:
    """What a form means.

    Attributes
    ----------
    firm, capabilities
        As they shall be.
    levels
        Field → who may see it, of those that changed; empty for as by default.
    changed
        Names of the fields that differ from what was there.
    """

    firm: Firm
    capabilities: tuple[Capability, ...]
    levels: dict[str, str]
    changed: tuple[str, ...]

    @property
    def directory(self) -> Directory:
        """The firm with what it can do."""
        return Directory((self.firm,), self.capabilities)


def hidden_fields(kind: type, table: str, rules: Visibility, firm: str, role: str) -> set[str]:
    """Fields of a row of this firm that an editor of a role may not see."""
    rank = LEVELS.index(role)
    owners = (firm,) if firm else ()
    return {
        f.name
        for f in fields(kind)
        if f.name not in KEYS
        and max(
            LEVELS.index(rules.of(table, owners)),
            LEVELS.index(rules.of(f"{table}.{f.name}", owners)),
        )
        > rank
    }


def firm_form(
    firm: Firm | None,
    capabilities: tuple[Capability, ...],
    rules: Visibility,
    role: str,
    lang: str,
    given: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What the form shows: the firm's fields with their levels, and a part for each process.

    Parameters
    ----------
    firm
        As it is; None for a new one.
    role
        Level up to which the editor sees fields of this firm.
    given
        What was written, where the form comes back.
    """
    key = firm.key if firm else ""
    own = rules.own.get(key, {})
    hidden = hidden_fields(Firm, "firms", rules, key, role)
    shown = [
        {
            **_field(Firm, f.name, getattr(firm, f.name, None) if firm else None, "", lang, given),
            "level": given.get(f"level.firms.{f.name}", "")
            if given
            else own.get(f"firms.{f.name}", ""),
            "default_level": rules.levels.get(f"firms.{f.name}", "")
            or Visibility().of(f"firms.{f.name}"),
        }
        for f in fields(Firm)
        if f.name not in KEYS and f.name not in hidden
    ]
    lost = hidden_fields(Capability, "capabilities", rules, key, role)
    parts = [
        [
            _field(Capability, f.name, getattr(row, f.name) if row else None, f"{at}.", lang, given)
            for f in fields(Capability)
            if f.name not in KEYS and f.name not in lost
        ]
        for at, row in enumerate([*capabilities, None])
    ]
    return {"fields": shown, "parts": parts, "hidden": sorted(hidden)}


def _field(
    kind: type, name: str, value: Any, prefix: str, lang: str, given: Mapping[str, str] | None
) -> dict[str, Any]:
    declared = _inner(get_type_hints(kind)[name])
    several = get_origin(get_type_hints(kind)[name]) is tuple
    label = f"{prefix}{name}"
    choices: list[tuple[str, str]] = []
    if name == "process":
        choices = [
            ("", ""),
            *((p.code, f"{p.name(lang)} ({p.code})") for p in processes().values()),
        ]
    elif declared is bool:
        choices = [("false", phrase("no", lang)), ("true", phrase("yes", lang))]
    elif get_origin(declared) is not None:
        choices = [(x, told(word(x), lang)) for x in get_args(declared)]
    text = ", ".join(value) if several and value else "" if value is None or value == () else value
    if declared is bool:
        text = "true" if value else "false"
    low, high = BOUNDS.get(name, (None, None))
    return {
        "name": label,
        "label": column_words(name, lang),
        "value": given.get(label, "") if given is not None else str(text),
        "choices": choices,
        "number": declared in (int, float),
        "whole": declared is int,
        "low": low,
        "high": high,
        "day": declared is date,
        "required": name == "name",
    }


def _inner(declared: Any) -> Any:
    """Type of one value, without None and tuple."""
    parts = [part for part in get_args(declared) if part is not type(None)]
    if type(None) in get_args(declared):
        return parts[0]
    return parts[0] if get_origin(declared) is tuple else declared


def read_firm(
    given: Mapping[str, str],
    before: Firm,
    capabilities: tuple[Capability, ...],
    rules: Visibility,
    role: str,
) -> Change:
    """Read what a form says of a firm.

    Raises
    ------
    FaultsError
        Values that cannot be, each with its field.
    """
    faults: dict[str, Message] = {}
    hidden = hidden_fields(Firm, "firms", rules, before.key, role)
    values = _values(Firm, "", given, hidden, faults)
    if "name" in values and not values["name"]:
        faults["name"] = say("A name is needed.")
    firm = replace(before, **values) if not faults else before
    rows: list[Capability] = []
    lost = hidden_fields(Capability, "capabilities", rules, before.key, role)
    many = max((int(n.split(".")[0]) + 1 for n in given if n.split(".")[0].isdecimal()), default=0)
    for at in range(min(many, len(capabilities) + 1)):
        if not given.get(f"{at}.process", "").strip():
            continue
        row = _values(Capability, f"{at}.", given, lost, faults)
        held = capabilities[at] if at < len(capabilities) else Capability(before.key, "")
        if f"{at}.process" not in faults and not _wrong(faults, at):
            rows.append(replace(held, **row))
        for low, high in (("size_min_mm", "size_max_mm"), ("lot_min", "lot_max")):
            one, other = row.get(low), row.get(high)
            if one is not None and other is not None and one > other:
                faults[f"{at}.{high}"] = say("Smaller than the smallest.")
    levels: dict[str, str] = {}
    own = rules.own.get(before.key, {})
    for f in fields(Firm):
        name = f"firms.{f.name}"
        level = given.get(f"level.{name}", own.get(name, ""))
        if f.name in KEYS or f.name in hidden or level == own.get(name, ""):
            continue
        if level not in ("", *LEVELS):
            faults[f"level.{name}"] = say("One of the list.")
        levels[name] = level
    if faults:
        raise FaultsError(faults)
    changed = [f.name for f in fields(Firm) if getattr(firm, f.name) != getattr(before, f.name)]
    if tuple(rows) != capabilities:
        changed.append("capabilities")
    return Change(firm, tuple(rows), levels, (*changed, *levels))


def _wrong(faults: Mapping[str, Message], at: int) -> bool:
    return any(name.startswith(f"{at}.") for name in faults)


def _values(
    kind: type,
    prefix: str,
    given: Mapping[str, str],
    hidden: set[str],
    faults: dict[str, Message],
) -> dict[str, Any]:
    """Fields that the form has, as their types; what cannot be goes to ``faults``."""
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for f in fields(kind):
        label = f"{prefix}{f.name}"
        if f.name in KEYS or f.name in hidden or label not in given:
            continue
        text = given[label].strip()
        if len(text) > LONGEST or not text.isprintable():
            faults[label] = say("Too long, or with signs that cannot be shown.")
            continue
        inner = _inner(hints[f.name])
        if not text and get_origin(inner) is not None:
            continue  # nothing was chosen: as it was
        value = _value(f.name, inner, text)
        if isinstance(value, Message):
            faults[label] = value
        elif get_origin(hints[f.name]) is tuple:
            found[f.name] = tuple(part.strip() for part in text.split(",") if part.strip())
            unknown = [m for m in found[f.name] if m not in materials()]
            if f.name == "materials" and unknown:
                faults[label] = say(
                    "Not known: {codes}. Codes such as {some}.",
                    codes=", ".join(unknown[:3]),
                    some=", ".join(list(materials())[:4]),
                )
        else:
            found[f.name] = value
    return found


def _value(name: str, kind: Any, text: str) -> Any:
    """One value as its type, or what is wrong with it."""
    if name == "process":
        return text if text in processes() else say("One of the list.")
    if kind is bool:
        return text == "true"
    if kind in (int, float):
        return _number(name, kind, text)
    if kind is date:
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            return say("A day such as 2026-03-31, or nothing.")
    if get_origin(kind) is not None:
        return text if text in get_args(kind) else say("One of the list.")
    return text


def _number(name: str, kind: type, text: str) -> Any:
    if not text:
        return None
    try:
        value = kind(text.replace(",", ""))
    except ValueError:
        return say("A whole number, or nothing.") if kind is int else say("A number, or nothing.")
    low, high = BOUNDS.get(name, (-math.inf, math.inf))
    if not low <= value <= high:
        return say("Between {low:g} and {high:g}.", low=low, high=high)
    return value
