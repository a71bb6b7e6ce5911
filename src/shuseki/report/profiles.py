"""How is the profile of an area told?

``profile_document`` makes the page of one area, ``comparison_document`` that of several. The page
goes from the answer to its reasons: at a glance, what follows, where it stands, conditions, course,
entry, what if, peers, every number with its source and the line that recomputes it, and what is
missing.

Takes: a ``Profile`` or a ``Comparison``. Gives: a ``Document``.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from shuseki.geography.bundled import DIVISIONS
from shuseki.language import Message, joined, say, told
from shuseki.language.rows import in_both
from shuseki.profile.directions import WORDS, Judged, Verdict
from shuseki.profile.profiles import Comparison, Profile
from shuseki.report.blocks import Block, Bullets, Document, Figure, Finding, Note, Numbers, Section
from shuseki.report.plots.profile import contributions_figure
from shuseki.report.tables import Table

__all__ = ["comparison_document", "profile_document"]

FIRST: tuple[tuple[str, str], ...] = (
    # indicator, how its value is shown
    ("plants", "{:,.0f}"),
    ("workers", "{:,.0f}"),
    ("plant_density", "{:.1f}"),
    ("manufacturing_share", "{:.1%}"),
    ("unemployment", "{:.1%}"),
    ("graduate_share", "{:.1%}"),
)


def profile_document(answer: Profile) -> Document:
    """Make the page of one area."""
    sections = [
        Section(say("At a glance"), _glance(answer)),
        Section(say("What follows"), _directions(answer)),
        Section(say("Where it stands"), _position(answer)),
        Section(say("Conditions of the theories"), _frameworks(answer)),
        Section(say("How it has come there"), _course(answer)),
        Section(say("Entry, and what would change it"), _entry(answer)),
        Section(say("Areas built alike"), [Finding(answer.peers, table=_peers(answer))]),
        Section(say("Every number, its source and how to recompute it"), _numbers(answer)),
        Section(say("What this page cannot say"), _missing(answer)),
    ]
    return Document(
        title=say("Profile of {area}", area=answer.area_name),
        subtitle=_subtitle(answer),
        sections=sections,
        sources=answer.sources,
    )


def _subtitle(answer: Profile) -> Message:
    if answer.prefecture:
        return say(
            "{prefecture}, {division} {code}",
            prefecture=answer.prefecture,
            division=DIVISIONS.get(answer.division, answer.division),
            code=answer.area,
        )
    return say("{division} {code}", division=answer.division, code=answer.area)


def _glance(answer: Profile) -> list[Block]:
    place = answer.position
    at = {entry.key: k for k, entry in enumerate(place.indicators)}
    values = [
        (shape.format(place.value[at[key]]), place.indicators[at[key]].label)
        for key, shape in FIRST
        if key in at and np.isfinite(place.value[at[key]])
    ]
    items: list[Message] = [answer.character.headline()]
    named = answer.character.beside_the_paper
    if named is not None:
        items.append(named)
    items += [place.headline(), answer.frameworks.headline(), answer.trend.headline()]
    items += [one.headline() for key, one in answer.entry.items() if key in ("births", "companies")]
    items += [answer.peers.headline(), answer.directions.headline()]
    blocks: list[Block] = []
    if values:
        used = [s for key, _ in FIRST if key in at for s in place.indicator_sources[at[key]]]
        blocks.append(Numbers(values, sources=tuple(dict.fromkeys(used))))
    blocks.append(Bullets(items))
    return blocks


def _directions(answer: Profile) -> list[Block]:
    found = answer.directions
    blocks: list[Block] = [found.headline()]
    blocks += [Note(_card(one)) for one in found.of("applies")]
    for verdict, title in (
        ("cannot be judged", say("Directions that cannot be judged: what is missing")),
        ("does not apply", say("Directions that do not apply, and why")),
    ):
        table = _direction_table(answer, verdict, title)  # type: ignore[arg-type]
        if table is not None:
            blocks.append(table)
    return [*blocks, *found.notes]


def _card(one: Judged) -> Message:
    parts: list[Message] = [
        say("{direction}. {text}", direction=one.direction.label, text=one.direction.text)
    ]
    if one.evidence:
        parts.append(say("Evidence: {evidence}", evidence=joined(one.evidence, " ")))
    if one.unknown:
        parts.append(say("What would settle it: {facts}.", facts=joined(one.unknown, ", ")))
    parts.append(say("What would overturn it: {what}", what=one.direction.overturn))
    parts.append(say("({source}; {command})", source=one.direction.place, command=one.command))
    return joined(parts, " ")


def _direction_table(answer: Profile, verdict: Verdict, title: Message) -> Table | None:
    chosen = answer.directions.of(verdict)
    if not chosen:
        return None
    rows = []
    for one in chosen:
        row: dict[str, object] = {"direction": one.direction.label}
        row["evidence"] = joined(one.evidence, " ") if one.evidence else say("none")
        if verdict == "cannot be judged":
            row["unknown"] = joined(one.unknown, ", ")
        row["overturn"] = one.direction.overturn
        row["source"] = one.direction.place
        rows.append(row)
    return Table(
        name=f"directions-{verdict.replace(' ', '-')}",
        title=title,
        frame=in_both(rows),
        row_names="direction",
        sources=answer.directions.sources,
    )


def _position(answer: Profile) -> list[Block]:
    blocks: list[Block] = [Finding(answer.position, table=False)]
    character = answer.character
    if character.why or character.evidence:
        blocks.append(Bullets([*character.why, *character.evidence]))
    if answer.papers is not None:
        blocks += [answer.papers.headline(), Bullets(list(answer.papers.told()))]
        blocks += answer.papers.notes
    if character.localisation is not None:
        blocks.append(character.localisation)
    if character.clusters:
        blocks.append(
            Table(
                name="clusters",
                title=say("Clusters that reach into it, 2012"),
                frame=character.clusters_frame(),
                sources=character.sources,
            )
        )
    around = answer.prefecture_industries
    if around is not None:
        blocks.append(Finding(around, title=say("Industries of the prefecture")))
    return blocks


def _frameworks(answer: Profile) -> list[Block]:
    found = answer.frameworks
    frame = found.to_frame().drop(
        columns=["missing_indicators", "missing_indicators_ja"], errors="ignore"
    )
    asked = [
        say("{condition}: {ask}", condition=condition.label, ask=joined(condition.ask, ", "))
        for _, condition in found.conditions
        if condition.ask
    ]
    blocks: list[Block] = [
        Bullets(list(found.verdicts())),
        Finding(
            found,
            table=Table(
                name="frameworks",
                title=say("Scores, and the ranks that any weighting can give"),
                frame=frame,
                row_groups="framework",
                row_names="condition",
                digits={"score": 0, "rank": 0, "rank_best": 0, "rank_worst": 0, "areas": 0,
                        "indicators_known": 0, "indicators": 0, "balance": 2},
                notes=found.notes,
                sources=found.sources,
            ),
        ),
    ]  # fmt: skip
    if asked:
        blocks += [say("What only the firms can say:"), Bullets(asked)]
    return blocks


def _course(answer: Profile) -> list[Block]:
    found = answer.trend
    if not found.pieces:
        return [found.headline()]
    blocks: list[Block] = [Finding(found, table=False)]
    if found.contributions:
        blocks.append(
            Figure(
                _drawn(found, contributions_figure),
                sources=found.sources,
                notes=(say("Parts add up to the change exactly."),),
            )
        )
    why = [
        say("{year}: {why}", year=start, why=why)
        if start == end
        else say("{start} to {end}: {why}", start=start, end=end, why=why)
        for start, end, why in dict.fromkeys((s, e, w) for _, s, e, w in found.breaks)
    ]
    if why:
        blocks += [say("Breaks of definition:"), Bullets(why)]
    return blocks


def _drawn(found: object, draw: Callable[..., go.Figure]) -> Callable[[str], go.Figure]:
    return lambda lang: draw(found, lang=lang)


def _entry(answer: Profile) -> list[Block]:
    blocks: list[Block] = []
    for key, one in answer.entry.items():
        blocks.append(
            Finding(
                one,
                title=one.equation.label,
                picture=key in ("births", "companies"),
                table=key in ("births", "companies"),
            )
        )
    if not answer.entry:
        blocks.append(say("No equation of entry is known for these areas."))
    if answer.what_if is not None:
        blocks.append(
            Finding(
                answer.what_if,
                headline=say("What if one driver were different, the others as they are?"),
            )
        )
    if answer.theory is not None:
        blocks.append(Finding(answer.theory))
    if answer.lock_in is not None:
        blocks.append(Finding(answer.lock_in))
    return blocks


def _peers(answer: Profile) -> Table:
    return Table.of(answer.peers, name="peers", title=say("Areas built alike, nearest first"))


def _numbers(answer: Profile) -> list[Block]:
    frame = answer.position.to_frame()
    known = frame[np.isfinite(frame["standing"].to_numpy(float))]
    kept = ["indicator", "indicator_ja", "value", "unit", "unit_ja", "year", "median", "standing",
            "rank", "rank_lower", "rank_upper", "areas", "source"]  # fmt: skip
    shown: pd.DataFrame = known[[c for c in kept if c in known]].reset_index(drop=True)
    return [
        Table(
            name="indicators",
            title=say("Indicators of {area}", area=answer.area_name),
            frame=shown,
            row_names="indicator",
            digits=_digits(shown),
            notes=(
                say(
                    "Recompute any of them: from shuseki.profile import indicator; "
                    'indicator(key, "{area}", by="{division}"). The workbook has the line of each.',
                    area=answer.area,
                    division=answer.division,
                ),
                *answer.position.notes,
            ),
            sources=answer.position.sources,
        )
    ]


def _digits(frame: pd.DataFrame) -> pd.DataFrame:
    """Decimals of every cell: values by their size, ranks and standings none."""
    numeric = frame.select_dtypes("number").columns
    places = pd.DataFrame(np.nan, index=frame.index, columns=frame.columns)
    for name in numeric:
        size = np.abs(frame[name].to_numpy(float))
        if name.startswith(("value", "median")):
            places[name] = np.select([size >= 1000, size >= 10, size >= 1], [0, 1, 2], 3)
        else:
            places[name] = 0
    return places


def _missing(answer: Profile) -> list[Block]:
    place = answer.position
    why = [
        say("{what}: {why}", what=entry.label, why=reason)
        for entry, reason in zip(place.indicators, place.why_missing, strict=True)
        if reason is not None
    ]
    named = {entry.label for entry in place.indicators}
    other = [
        say("{what}: {why}", what=what, why=say("not in this version or for these areas"))
        for what in answer.missing
        if what not in named
    ]
    notes = [*answer.notes, *answer.character.notes]
    return [Bullets([*why, *other, *notes] or [say("nothing")])]


def comparison_document(answer: Comparison) -> Document:
    """Make the page of several areas side by side."""
    first = answer.profiles[0]
    names = [one.area_name for one in answer.profiles]
    indicators = [
        {"indicator": entry.label, "unit": entry.unit}
        | {f"value_{j + 1}": one.position.value[k] for j, one in enumerate(answer.profiles)}
        | {f"standing_{j + 1}": one.position.standing[k] for j, one in enumerate(answer.profiles)}
        for k, entry in enumerate(first.position.indicators)
        if any(np.isfinite(one.position.value[k]) for one in answer.profiles)
    ]
    conditions = [
        {"framework": framework.label, "condition": condition.label}
        | {f"score_{j + 1}": one.frameworks.score[k] for j, one in enumerate(answer.profiles)}
        for k, (framework, condition) in enumerate(first.frameworks.conditions)
    ]
    verdicts = []
    for direction in sorted((j.direction for j in first.directions.judged), key=lambda one: one.id):
        row: dict[str, object] = {"direction": direction.label}
        for j, one in enumerate(answer.profiles):
            found = next(x for x in one.directions.judged if x.direction.id == direction.id)
            row[f"verdict_{j + 1}"] = WORDS[found.verdict]
        verdicts.append(row)
    labels: dict[str, str | tuple[str, str]] = {}
    for j, name in enumerate(names):
        labels |= {f"value_{j + 1}": name, f"score_{j + 1}": name, f"verdict_{j + 1}": name,
                   f"standing_{j + 1}": say("{area}, standing", area=name)}  # fmt: skip
    digits = {f"score_{j + 1}": 0 for j in range(len(names))}
    values = in_both(indicators)
    return Document(
        title=say("{areas} side by side", areas=joined(names, ", ")),
        sections=[
            Section(
                say("At a glance"),
                [Bullets([one.character.headline() for one in answer.profiles]),
                 Bullets([one.frameworks.headline() for one in answer.profiles])],
            ),
            Section(
                say("Conditions of the theories"),
                [Table(name="conditions", title=say("Scores, 0 to 100"), frame=in_both(conditions),
                       row_groups="framework", row_names="condition", labels=labels, digits=digits,
                       sources=first.frameworks.sources)],
            ),
            Section(
                say("What follows"),
                [Table(name="verdicts", title=say("Verdicts on the directions"),
                       frame=in_both(verdicts),
                       row_names="direction", labels=labels, sources=first.directions.sources)],
            ),
            Section(
                say("Where they stand"),
                [Table(name="values", title=say("Values and standings"),
                       frame=values, row_names="indicator", labels=labels,
                       digits=_digits(values), sources=first.position.sources)],
            ),
        ],
        sources=answer.sources,
    )  # fmt: skip


def headline_of(answer: Profile, lang: str) -> str:
    """The headline of a profile in a language."""
    return str(told(answer.headline(), lang))
