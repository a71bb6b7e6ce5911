"""How high are the rates, and what are the regions like?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from shuseki.datasets import regional_accounts
from shuseki.datasets.accounts_2020 import MISSING
from shuseki.datasets.catalogue import dataset
from shuseki.demography.events import events
from shuseki.entry.definitions import (
    AccountColumns,
    Definitions,
    Label,
    OutcomeDefinition,
    VariableDefinition,
)
from shuseki.entry.descriptives import (
    Correlations,
    Descriptives,
    Ranking,
    correlate,
    describe,
    rank,
)
from shuseki.entry.variables import RegionalVariables, regional_variables
from shuseki.errors import ShusekiError
from shuseki.geography.districts import Division
from shuseki.geography.shapes import can_be_drawn
from shuseki.language import Message, say, words_of
from shuseki.language.names import TwoNames
from shuseki.papers.catalogue import (
    DEFINITIONS_OF,
    paper_folder,
    printed_definitions,
    printed_paper,
    table_number,
)
from shuseki.reading.tables import read_table
from shuseki.release.disclosure.answers import counted_as, equations, outcomes_universe
from shuseki.release.disclosure.figures import Universe
from shuseki.release.disclosure.numbers import Cells, Free, Statistic
from shuseki.release.disclosure.numbers import Numbers as FromRecords
from shuseki.report.blocks import Block, Figure, Finding, Section
from shuseki.report.national import entry_exit_rates
from shuseki.report.plots.maps import choropleth, map_notes, map_sources
from shuseki.report.tables import Table
from shuseki.report.words import Lang
from shuseki.results import Result
from shuseki.sources import Source
from shuseki.study.chapter import Brief, Chapter, Options, Running, Told

__all__ = ["ACCOUNTS", "PUBLIC", "Accounts", "Rates"]

PUBLIC = ("public", "public-2020")
"""Sources of the accounts that hold the municipalities of the bundled country."""


class Accounts(Options):
    """Where the regional accounts come from, and which rates and variables are computed of them.

    Without ``variable`` and ``outcome`` the definitions are those that come with the bundled
    accounts.
    """

    source: Literal["synthetic", "public", "public-2020", "file"] = "synthetic"
    file: Path | None = None
    variable: tuple[VariableDefinition, ...] = ()
    outcome: tuple[OutcomeDefinition, ...] = ()
    columns: AccountColumns = AccountColumns()
    map: bool = True


@dataclass(frozen=True, eq=False)
class Rates:
    """Regional accounts, and what was computed of them.

    Attributes
    ----------
    accounts
        One row per area.
    variables
        Outcomes and variables.
    descriptives, correlations, rankings
        What they look like.
    """

    accounts: pd.DataFrame
    variables: RegionalVariables
    descriptives: Descriptives
    correlations: Correlations
    rankings: Mapping[str, Ranking]


class AccountsChapter(Chapter[Accounts, Rates]):
    """Compute the rates and the regional variables."""

    name = "accounts"
    about = say(
        "Where the regional accounts come from, and which rates and variables are computed of them."
    )
    options = Accounts
    needs = ("records", "region", "births", "counted")

    def wanted(self, study: Any) -> bool:
        """Whether the study has accounts, or equations on them."""
        return bool(study.has("accounts") or study.has("entry"))

    def check(self, asked: Accounts, study: Any) -> Iterator[str]:
        """The source must fit the records, and a file must be named."""
        records = study.tables.get("records")
        if asked.source == "synthetic" and study.has("counted"):
            yield (
                say(
                    'source is "synthetic", but the births are counted by others. Expected real '
                    'accounts beside real births. Use "public-2020", "public", or "file" '
                    "with your own table."
                )
            )
        elif asked.source == "synthetic" and records is not None and records.source == "files":
            yield (
                say(
                    'source is "synthetic" but records.source is not. Expected both from the '
                    'same census. Use accounts.source = "public", or "file" with your own '
                    "table."
                )
            )
        if asked.source == "file" and asked.file is None:
            yield (
                say(
                    'source is "file" but accounts.file is missing. Expected a CSV, Parquet or '
                    "xlsx table with a column area and the columns that the variables need. Name "
                    "it."
                )
            )
        if asked.source in PUBLIC and study.codes == "any":
            yield (
                say(
                    'source is "{source}", which holds areas of the bundled country, but the '
                    'codes are others. Use "file" with your own table.',
                    source=asked.source,
                )
            )
        try:
            definitions_of(study)
        except ShusekiError as error:
            yield words_of(error)

    def run(self, asked: Accounts, running: Running) -> Rates:
        """Read the accounts, and compute."""
        study, answers = running.study, running.answers
        definitions = definitions_of(study)
        regions: Division = answers["region"]
        with running.manifest.step(say("compute the rates and the regional variables")) as entry:
            accounts = self._read(asked, running, definitions)
            counts = counts_of(running, definitions)
            variables = regional_variables(
                accounts,
                counts,
                definitions=definitions,
                area_names=dict(zip(regions.codes, regions.names(study.report.lang), strict=True)),
                area_groups=dict(zip(regions.codes, regions.parents, strict=True)),
                sources=(*births_of(answers).panel.sources, *sources_of(asked, accounts)),
                notes=missing_of(asked, definitions),
            )
            printed = printed_order(study.paper_named)
            order = [*variables.outcomes, *variables.regressors]
            order.sort(key=lambda n: printed.index(n) if n in printed else len(printed))
            rule = study.outlier_rule
            entry["areas"] = len(variables.areas)
            entry["outcomes"] = list(variables.outcomes)
        return Rates(
            accounts,
            variables,
            describe(variables, order, outliers=rule),
            correlate(variables, order, outliers="none"),
            {name: rank(variables, name) for name in variables.outcomes},
        )

    def _read(self, asked: Accounts, running: Running, definitions: Definitions) -> pd.DataFrame:
        if asked.source == "synthetic":
            path = running.answers["records"].folder / "regional_accounts.parquet"
            return pd.read_parquet(path)
        if asked.source in PUBLIC:
            regions: Division = running.answers["region"]
            accounts: pd.DataFrame = regional_accounts(asked.source, by=regions)
            return accounts
        assert asked.file is not None
        running.manifest.add_input(asked.file)
        encoding = running.study.study.encoding
        table = read_table(
            asked.file, codes=["area"], numbers=definitions.needed, encoding=encoding
        )
        return table.set_index("area")

    def results(self, answer: Rates) -> dict[str, Result]:
        """Tables of the variables, and rankings."""
        return {
            "descriptives": answer.descriptives,
            "correlations": answer.correlations,
            **{f"ranking_{name.lower()}": one for name, one in answer.rankings.items()},
        }

    def brief(self, answer: Rates, told: Told) -> Brief:
        """The mean of the first outcome."""
        names = answer.variables.outcomes
        opened = told.answers.get("records")
        own = opened is not None and any(s.origin == "user" for s in opened.store.sources)
        if not names or own:  # of a user's records it stands in the table, if it may
            return Brief()
        label = answer.variables.definitions.label(names[0])
        mean = answer.variables.column(names[0]).mean()
        return Brief(numbers=((f"{mean:.2f}", say("mean {rate}", rate=label.said)),))

    def universes(self, answer: Rates) -> Iterator[Universe]:
        """Numerators of the rates that count no births."""
        names = [
            one.name
            for one in answer.variables.definitions.outcomes
            if one.name in answer.variables.counts and one.counts.split("_")[0] != "births"
        ]
        if names:
            yield outcomes_universe(answer.variables.counts[names])

    def sections(self, answer: Rates, told: Told) -> Iterator[Section]:
        """Where the rates are high; what the variables are."""
        where = list(_where(answer, told))
        if where:
            yield Section(say("Where: rates by area"), where)
        if answer.variables.regressors:
            yield Section(say("The regional variables"), list(_variables(answer, told)))


def definitions_of(study: Any) -> Definitions:
    """The variables and outcomes of a study: its own, or those of a folder of definitions."""
    asked: Accounts = study.tables.get("accounts", Accounts())
    entry = study.tables.get("entry")
    if asked.variable or asked.outcome:
        return Definitions(asked.variable, asked.outcome, asked.columns)
    named = study.paper_named
    if named is None or not (paper_folder(named) / "definitions.toml").is_file():
        named = DEFINITIONS_OF
    return printed_definitions(named, convention=entry.convention if entry else "")


def births_of(answers: Mapping[str, Any]) -> Any:
    """The births of the study: of records, or counted by others."""
    return answers["counted"] if "counted" in answers else answers["births"]


def missing_of(asked: Accounts, definitions: Definitions) -> tuple[Message, ...]:
    """Variables of the 2006 paper that the accounts of today do not give, and why."""
    if asked.source != "public-2020":
        return ()
    return tuple(
        say("{name} of the 2006 paper is missing: {reason}.", name=name, reason=reason)
        for name, reason in MISSING.items()
        if name not in definitions.names
    )


def counts_of(running: Running, definitions: Definitions) -> pd.DataFrame:
    """Births by area; deaths, stock and net change where an outcome counts them."""
    if "counted" in running.answers:
        elsewhere: pd.DataFrame = running.answers["counted"].by_area()
        return elsewhere
    counts: pd.DataFrame = running.answers["births"].born.by_area()
    asked = {outcome.counts.split("_")[0] for outcome in definitions.outcomes}
    if not asked & {"deaths", "net", "stock"}:
        return counts
    births = running.study.births
    grouped = running.answers.get("industries")
    found = events(
        running.answers["records"].store,
        waves=[births.since, births.at],
        division=running.answers["region"],
        groups=(grouped.groups or None) if grouped else None,
        lives=births.lives,
    ).panel
    columns = {"deaths": "deaths", "stock": "establishments"}
    for name, variable in columns.items():
        last = found.values[variable][:, :, -1]
        counts[name] = last.sum(axis=1)
        for k, group in enumerate(found.industries):
            counts[f"{name}_{group}"] = last[:, k]
    change = found.values["establishments"]
    counts["net_change"] = (change[:, :, -1] - change[:, :, 0]).sum(axis=1)
    for k, group in enumerate(found.industries):
        counts[f"net_change_{group}"] = change[:, k, -1] - change[:, k, 0]
    return counts


def sources_of(asked: Accounts, accounts: pd.DataFrame) -> tuple[Source, ...]:
    """Where the accounts come from."""
    if asked.source == "file" and asked.file is not None:
        name = asked.file.name
        return (Source(name, name, "", origin="user"),)
    return tuple(dataset(name).source for name in accounts.attrs.get("datasets", ()))


def printed_order(paper: str | None) -> list[str]:
    """Variables in the order of a paper's descriptive statistics."""
    if paper is None:
        return []
    table = printed_paper(paper).table("descriptives")
    return [] if table.empty else list(table["variable"])


# ---- telling ------------------------------------------------------------------------------------


def titled(title: Message, paper: str | None, kind: str, outcome: str = "") -> Message:
    """A title, with the place of the table in the paper where there is one."""
    number = table_number(paper, kind, outcome)
    if number is None:
        return title
    return say("{title} ({table} of the paper)", title=title, table=TwoNames(*number))


def stem(paper: str | None, kind: str, name: str, otherwise: str = "") -> str:
    """Stem of a file: behind the number of the table in the paper, where there is one.

    Examples
    --------
    >>> stem("okamuro-2006", "correlations", "correlations")
    'appendix2_correlations'
    >>> stem(None, "ranking", "start", otherwise="ranking")
    'ranking_start'
    """
    place = table_number(paper, kind)
    if place is None:
        return "_".join(word for word in (otherwise, name) if word)
    first = "appendix" if "appendix" in place[0].lower() else "table"
    return f"{first}{''.join(one for one in place[0] if one.isdigit())}_{name}"


def _where(answer: Rates, told: Told) -> Iterator[Block]:
    study = told.study
    regions: Division = told.answers["region"]
    variables = answer.variables
    if study.paper_named is not None and "figures" in printed_paper(study.paper_named).about:
        yield Finding(
            entry_exit_rates(),
            title=say("Figure 1 of the paper: annual entry and exit rates, national"),
            table=False,
        )
    if study.accounts.map and can_be_drawn(regions):
        for outcome in variables.outcomes:
            label = variables.definitions.label(outcome)

            def draw(lang: Lang, values: "pd.Series[float]", label: Label = label) -> Any:
                return choropleth(
                    regions,
                    values,
                    title=label.said,
                    unit=label.unit_said,
                    result=variables,
                    lang=lang,
                )

            yield Figure(
                draw,
                caption=say("{rate} by area", rate=label.heading),
                notes=map_notes(regions),
                sources=(*variables.sources, *map_sources(regions)),
                values=variables.frame[outcome],
                numbers=rates_by_area(variables, outcome),
            )
    for outcome, ranking in answer.rankings.items():
        yield Table.of(
            ranking,
            name=stem(study.paper_named, "ranking", outcome.lower(), otherwise="ranking"),
            title=ranking_title(variables.definitions.label(outcome), study.paper_named),
            frame=named(regions, ranking),
            numbers=ranking,
        )


def rates_by_area(variables: RegionalVariables, outcome: str) -> FromRecords | None:
    """What the rates on a map are computed of."""
    counted = counted_as(variables.definitions, outcome)
    if counted is None:
        return None
    universe, where = counted
    return (
        Cells(
            universe=universe, columns=["value"], by={"area": "area"}, where=where, computed=True
        ),
    )


TIE = 1e-9


def rates_described(answer: Rates) -> FromRecords | None:
    """What the descriptive statistics are computed of, row by row.

    Of an outcome the mean and the deviation rest on all areas; minimum, median and maximum are the
    rates of single areas, and so are theirs.
    """
    variables, table = answer.variables, answer.descriptives.table
    parts: list[Cells | Statistic | Free] = [Free(columns=["unit", "n"])]
    moments, places = ["mean", "sd"], ["median", "min", "max"]
    for name in variables.outcomes:
        counted = counted_as(variables.definitions, name)
        if counted is None:
            return None
        universe, where = counted
        nowhere = dict.fromkeys(where, "(none)") | {"area": "(none)"}
        keys = {
            axis: [code if row == name else nowhere[axis] for row in table.index]
            for axis, code in where.items()
        }
        parts.append(
            Statistic(
                columns=moments, universe=universe, by=keys, over=("area",), equations=len(moments)
            )
        )
        rates = variables.column(name).dropna().sort_values(kind="stable")
        if rates.empty:
            continue
        for column in places:
            value = float(table[column].to_dict()[name])
            below, above = rates[rates <= value + TIE], rates[rates >= value - TIE]
            around = [*below.index[-1:], *above.index[:1]]
            for area in dict.fromkeys(map(str, around)):
                areas = [area if row == name else "(none)" for row in table.index]
                by = {**keys, "area": areas}
                parts.append(Cells(universe=universe, columns=[column], by=by, computed=True))
    return tuple(parts)


def ranking_title(label: Label, paper: str | None) -> Message:
    """Title of a ranking."""
    title = say("Areas with the highest {rate}", rate=label.said)
    return titled(title, paper, "ranking")


def named(regions: Division, ranking: Ranking) -> pd.DataFrame:
    """Name areas and what they are a part of in both languages."""
    frame = ranking.to_frame()
    codes = frame["area"].astype(str)
    parents = dict(zip(regions.codes, regions.parents, strict=True))
    columns: dict[str, Any] = {"rank": frame["rank"]}
    for lang in ("en", "ja"):
        places = dict(zip(regions.codes, regions.names(lang), strict=True))
        columns[f"area_{lang}"] = [places[code] for code in codes]
    if any(parents.values()):
        for lang in ("en", "ja"):
            words = regions.parent_names(lang)
            columns[f"{regions.parent_kind}_{lang}"] = [
                words.get(parents[code], parents[code]) for code in codes
            ]
    columns[ranking.counted] = frame[ranking.counted]
    columns["rate"] = frame["rate"]
    return pd.DataFrame(columns)


def _variables(answer: Rates, told: Told) -> Iterator[Block]:
    paper = told.study.paper_named
    yield Table(
        name=stem(paper, "variables", "variables"),
        title=titled(say("Definitions of the variables"), paper, "variables"),
        frame=answer.variables.described(),
        sources=answer.variables.sources,
        numbers=(Free(),),
    )
    yield Table.of(
        answer.descriptives,
        name=stem(paper, "descriptives", "descriptives"),
        title=titled(say("Descriptive statistics"), paper, "descriptives"),
        numbers=rates_described(answer),
    )
    yield Table.of(
        answer.correlations,
        name=stem(paper, "correlations", "correlations"),
        title=titled(say("Correlations"), paper, "correlations"),
        labels={name: name for name in answer.correlations.matrix},
        frame=answer.correlations.matrix.reset_index(names="variable"),
        numbers=equations(
            answer.variables.definitions,
            answer.variables.outcomes,
            float(answer.correlations.n.to_numpy().min()),
            len(answer.correlations.matrix),
        ),
    )


ACCOUNTS = AccountsChapter()
