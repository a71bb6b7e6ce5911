"""Which features of a region go into the equations?

Variables are computed from the regional accounts, and outcomes from counts by area, as their
definitions say (``entry.definitions``)::

    outcome = per · count / denominator

Takes: accounts, one row per area, with the columns that the definitions name; counts, one row per
area with ``births``, ``deaths``, ``net_change`` or ``stock`` and ``<one of these>_<group>``, or a
panel of births by industry and the group of each industry; definitions.
Gives: ``RegionalVariables``, one row per area.
Checked against: the hand-made accounts in the tests.
Limits: what is nominal stays nominal; a variable exists only where its columns do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import reduce

import numpy as np
import pandas as pd

from shuseki.entry.definitions import Definitions, VariableDefinition
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import Message, listed, say
from shuseki.language.names import TwoNames
from shuseki.moved import renamed
from shuseki.panel import Panel
from shuseki.reading.tables import as_numbers
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["RegionalVariables", "regional_variables"]

COUNTED = ("births", "deaths", "net_change", "stock")
"""What can be counted; only a net change can be negative."""


@renamed(births="counts")
@result
class RegionalVariables(Result):
    """Variables and outcomes, one row per area.

    Attributes
    ----------
    frame
        Index: area codes. Columns: the outcomes, the variables, the attributes that the accounts
        carry and any column added since.
    outcomes
        Names of the outcomes among the columns.
    counts
        Numerators, same index; columns named as the outcomes. Empty without counts.
    exposure
        Denominators in the unit of the rate (10,000 persons, …), same index and columns.
    definitions
        What the columns are.
    area_names, area_groups
        Name, and parent (a prefecture, a county), of each area; empty when unknown.
    """

    frame: pd.DataFrame
    outcomes: tuple[str, ...]
    counts: pd.DataFrame = field(default_factory=pd.DataFrame)
    exposure: pd.DataFrame = field(default_factory=pd.DataFrame)
    definitions: Definitions = field(default_factory=Definitions)
    area_names: tuple[str, ...] = ()
    area_groups: tuple[str, ...] = ()

    @property
    def areas(self) -> tuple[str, ...]:
        """Area codes."""
        return tuple(map(str, self.frame.index))

    @property
    def regressors(self) -> tuple[str, ...]:
        """Names of the defined variables that are here."""
        return tuple(name for name in self.definitions.names if name in self.frame.columns)

    def column(self, name: str) -> pd.Series:
        """One column as numbers.

        Raises
        ------
        UnknownCodeError
            When there is no such variable; names the nearest.
        """
        if name not in self.frame.columns:
            raise UnknownCodeError.among("variable", [name], list(map(str, self.frame.columns)))
        values: pd.Series = self.frame[name].astype(float)
        return values

    def with_columns(self, **columns: Sequence[float] | pd.Series) -> "RegionalVariables":
        """Add or replace columns: a regressor of your own, or a true/false sample rule.

        A series is aligned on the area codes; anything else is taken in their order.
        """
        frame = self.frame.copy()
        for name, values in columns.items():
            if isinstance(values, pd.Series):
                strange = values.index.difference(frame.index)
                if len(strange):
                    raise AlignmentError(
                        say(
                            "Column {name} has values for unknown areas: {strange}. Expected the "
                            "areas of the variables. Convert it to their division.",
                            name=name,
                            strange=examples(strange),
                        )
                    )
                frame[name] = values.reindex(frame.index)
            elif len(values) != len(frame):
                raise AlignmentError(
                    say(
                        "Column {name} has {n_values} values. Expected one per area ({n_frame}). "
                        "Give a series indexed by area code.",
                        name=name,
                        n_values=len(values),
                        n_frame=len(frame),
                    )
                )
            else:
                frame[name] = np.asarray(values)
        return replace(self, frame=frame)

    def headline(self) -> Message:
        """Areas, variables, and the mean of the first outcome."""
        text = say(
            "{regressors:count(regressor)} of {areas:count(area)}",
            regressors=len(self.regressors),
            areas=len(self.frame),
        )
        if not self.outcomes:
            return text
        first = self.definitions.label(self.outcomes[0])
        rate = self.column(first.name)
        return say(
            "{text}; mean {outcome} {mean:.2f}{unit} (n = {n})",
            text=text,
            outcome=TwoNames(first.label, first.label_ja),
            mean=float(rate.mean()),
            unit=TwoNames(f" {first.unit}", first.unit_ja) if first.unit else "",
            n=int(rate.notna().sum()),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per area, with its code, name and group in front."""
        frame = self.frame.rename_axis("area").reset_index()
        if self.area_names:
            frame.insert(1, "area_name", list(self.area_names))
        if self.area_groups:
            frame.insert(1, "area_group", list(self.area_groups))
        return frame

    def described(self) -> pd.DataFrame:
        """One row per outcome and variable that is here: what it is, and for how many areas."""
        outcomes = [self.definitions.outcome(name) for name in self.outcomes]
        variables = [self.definitions.variable(name) for name in self.regressors]
        rows = []
        for one in (*outcomes, *variables):
            if one is None:
                continue
            called = one.called
            words = words_ja = ""
            if isinstance(one, VariableDefinition):
                words, words_ja = one.formula_words, one.formula_words_ja
            rows.append(
                {
                    "variable": one.name,
                    "label": called.label,
                    "label_ja": called.label_ja,
                    "formula": words or one.formula,
                    "formula_ja": words_ja or words or one.formula,
                    "unit": called.unit,
                    "unit_ja": called.unit_ja,
                    "period": one.period,
                    "published_in": one.published_in,
                    "published_in_ja": one.published_in_ja or one.published_in,
                    "n": int(self.frame[one.name].notna().sum()),
                }
            )
        return pd.DataFrame(rows)


def regional_variables(
    accounts: pd.DataFrame,
    counts: pd.DataFrame | Panel | None = None,
    *,
    definitions: Definitions | None = None,
    groups: Mapping[str, str] | None = None,
    area_names: Mapping[str, str] | None = None,
    area_groups: Mapping[str, str] | None = None,
    sources: Sequence[Source] = (),
    notes: Sequence[Message] = (),
) -> RegionalVariables:
    """Compute variables from accounts, and outcomes from counts.

    Parameters
    ----------
    accounts
        Index: area codes. A variable whose columns are missing is ``nan`` everywhere, and a note
        says which column to add.
    counts
        Index: area codes; columns ``births``, ``deaths``, ``net_change``, ``stock`` and
        ``<one of these>_<group>``. Or a panel with a variable ``births``, one period, and
        industries whose ``groups`` are named. ``None`` leaves the outcomes out.
    definitions
        Of the variables and outcomes. An outcome whose counts are not there is left out.
    groups
        Industry code → group, for a panel of births by industry.
    area_names, area_groups
        Names and parents by area code; taken from the panel when there is one.
    sources
        Where the accounts and the counts come from; a panel brings its own.
    notes
        What else a reader must know of them.

    Raises
    ------
    DataError
        Repeated area codes, denominators that are not positive, negative counts, counts of the
        groups that do not add up to those of all.
    AlignmentError
        Counts and accounts of different areas.
    ParameterError
        No definitions; a panel by industry without groups.

    Examples
    --------
    >>> from shuseki.entry.definitions import read_definitions
    >>> told = read_definitions({
    ...     "variable": [{"name": "UNEMPL", "formula": "unemployed / labour_force"}],
    ...     "outcome": [{"name": "START", "denominator": "labour_force", "per": 10_000}]})
    >>> accounts = pd.DataFrame({"labour_force": [20_000, 50_000],
    ...                          "unemployed": [600, 2_500]}, index=["001", "002"])
    >>> births = pd.DataFrame({"births": [5, 10]}, index=["001", "002"])
    >>> regional_variables(accounts, births, definitions=told).frame[["START", "UNEMPL"]]
         START  UNEMPL
    001    2.5    0.03
    002    2.0    0.05
    """
    if definitions is None:
        raise ParameterError(
            say(
                "No definitions of the variables and outcomes. Expected definitions=..., from "
                "shuseki.entry.definitions.read_definitions, or those of a paper: "
                "shuseki.papers.catalogue.printed_definitions()."
            )
        )
    accounts = accounts.set_axis(accounts.index.astype(str))
    repeated = accounts.index[accounts.index.duplicated()]
    if len(repeated):
        raise DataError(
            say(
                "Areas given twice in the accounts: {repeated}. Expected one row per area. Add "
                "the rows up first.",
                repeated=examples(repeated.unique()),
            )
        )
    told_of = tuple(notes)
    notes = []
    columns: dict[str, pd.Series] = {}
    for definition in definitions.variables:
        name, formula = definition.name, definition.arithmetic
        lacking = [column for column in formula.columns if column not in accounts.columns]
        if lacking:
            columns[name] = pd.Series(np.nan, index=accounts.index)
            notes.append(
                say(
                    "{name} is missing: the accounts have no {columns}.",
                    name=name,
                    columns=reduce(
                        lambda some, one: say("{some} and no {one}", some=some, one=one), lacking
                    ),
                )
            )
            continue
        numbers = pd.DataFrame(
            {c: as_numbers(accounts[c], c, table=say("The accounts")) for c in formula.columns},
            index=accounts.index,
        )
        _check_accounts(definition, definitions, numbers)
        columns[name] = formula.of(numbers)
        if columns[name].isna().all():
            empty = [column for column in formula.columns if numbers[column].isna().all()]
            notes.append(
                say(
                    "{name} is missing: no area has {columns}.",
                    name=name,
                    columns=reduce(
                        lambda some, one: say("{some} or {one}", some=some, one=one), empty
                    ),
                )
            )
    table = _counts_by_group(counts, groups)
    rates, counted, exposure = _rates(accounts, table, definitions, notes)
    frame = pd.DataFrame({**rates, **columns}, index=accounts.index)
    for name in definitions.columns.attributes:
        if name in accounts.columns:
            frame[name] = accounts[name]
    if isinstance(counts, Panel):
        if area_names is None and counts.area_names:
            area_names = dict(zip(counts.areas, counts.area_names, strict=True))
        if area_groups is None and counts.area_groups:
            area_groups = dict(zip(counts.areas, counts.area_groups, strict=True))
    own = tuple(counts.sources) if isinstance(counts, Panel) else ()
    own_notes = tuple(counts.notes) if isinstance(counts, Panel) else ()
    told = () if definitions.source is None else (definitions.source,)
    return RegionalVariables(
        frame=frame,
        outcomes=tuple(rates),
        counts=pd.DataFrame(counted, index=accounts.index),
        exposure=pd.DataFrame(exposure, index=accounts.index),
        definitions=definitions,
        area_names=tuple(area_names.get(code, code) for code in frame.index) if area_names else (),
        area_groups=tuple(area_groups.get(code, "") for code in frame.index) if area_groups else (),
        notes=(*told_of, *own_notes, *notes),
        sources=tuple(dict.fromkeys((*sources, *own, *told))),
    )


# ---- arithmetic ----------------------------------------------------------------------------


def _check_accounts(
    definition: VariableDefinition, definitions: Definitions, numbers: pd.DataFrame
) -> None:
    for column in definition.arithmetic.columns:
        floor = column in definitions.positive
        wrong = numbers.index[numbers[column] <= 0] if floor else numbers.index[numbers[column] < 0]
        if column in definitions.columns.signed or not len(wrong):
            continue
        wanted = say("a positive number") if floor else say("zero or more")
        raise DataError(
            say(
                "{definition} needs {column}, which is {given:g} in {wrong}. Expected {wanted}, or "
                "nothing where it is not known. Correct the accounts, or say that it may be "
                "negative (accounts.signed).",
                definition=definition.name,
                column=column,
                given=numbers.loc[wrong[0], column],
                wrong=examples(wrong),
                wanted=wanted,
            )
        )


def _counts_by_group(
    counts: pd.DataFrame | Panel | None, groups: Mapping[str, str] | None
) -> pd.DataFrame | None:
    if counts is None:
        return None
    if isinstance(counts, Panel):
        return _panel_by_group(counts, groups)
    totals = [name for name in COUNTED if name in counts.columns]
    if not totals:
        raise DataError(
            say(
                "No counts. Found {columns}. Expected {counted}, and 'births_<group>' for each "
                "group of industries. Rename the columns.",
                columns=examples(counts.columns),
                counted=listed(COUNTED),
            )
        )
    table = counts.set_axis(counts.index.astype(str))
    parts = {
        total: [str(c) for c in table.columns if str(c).startswith(f"{total}_")] for total in totals
    }
    table = table[[*totals, *(c for own in parts.values() for c in own)]].astype(float)
    repeated = table.index[table.index.duplicated()]
    if len(repeated):
        raise DataError(
            say(
                "Areas given twice in the counts: {repeated}. Expected one row per area. Add the "
                "rows up first.",
                repeated=examples(repeated.unique()),
            )
        )
    for total, own in parts.items():
        negative = table.index[(table[[total, *own]] < 0).any(axis=1)]
        if len(negative) and total != "net_change":
            raise DataError(
                say(
                    "Negative {total} in {negative}. Expected counts. Correct the {total}.",
                    total=total,
                    negative=examples(negative),
                )
            )
        if len(own) < 2:
            continue
        off = table.index[(table[own].sum(axis=1) - table[total]).abs() > 1e-6]
        if len(off):
            raise DataError(
                say(
                    "{counted} of the groups do not add up to all {total} in {off}. Expected "
                    "{own} = {total}. Correct the counts, or leave the groups out.",
                    counted=total.capitalize(),
                    total=total,
                    off=examples(off),
                    own=" + ".join(own),
                )
            )
    return table


def _panel_by_group(panel: Panel, groups: Mapping[str, str] | None) -> pd.DataFrame:
    if len(panel.periods) != 1:
        raise ParameterError(
            say(
                "The births have {n_periods} periods. Expected one. Use "
                "panel.select(periods=[...]) first.",
                n_periods=len(panel.periods),
            )
        )
    counts = panel.cross_section("births")
    table = pd.DataFrame({"births": counts.sum(axis=1)}, index=list(panel.areas))
    if groups is None:
        if len(panel.industries) > 1:
            raise ParameterError(
                say(
                    "The births are broken down by {n_industries} industries. Expected the group "
                    "of each. Pass groups={{industry: group}}.",
                    n_industries=len(panel.industries),
                )
            )
        return table
    unknown = [code for code in panel.industries if code not in groups]
    if unknown:
        raise UnknownCodeError.among(
            "industry", unknown, list(groups), say("Give each industry of the births a group.")
        )
    member = np.array([groups[code] for code in panel.industries])
    for group in dict.fromkeys(groups.values()):
        table[f"births_{group}"] = counts[:, member == group].sum(axis=1)
    return table


Columns = dict[str, pd.Series]


def _rates(
    accounts: pd.DataFrame,
    counts: pd.DataFrame | None,
    definitions: Definitions,
    notes: list[Message],
) -> tuple[Columns, Columns, Columns]:
    """Rates, counts and exposures of the outcomes whose counts are there."""
    if counts is None:
        notes.append(say("No counts were given, so there is no outcome."))
        return {}, {}, {}
    for here, there, names in (
        (counts, accounts, ("counts", "accounts")),
        (accounts, counts, ("accounts", "counts")),
    ):
        strange = here.index.difference(there.index)
        if len(strange):
            raise AlignmentError(
                say(
                    "{n_strange} areas of the {names} are not in the {names_2}: {strange}. "
                    "Expected the same areas in both. Convert one to the other's division; where "
                    "nothing was counted, say 0.",
                    n_strange=len(strange),
                    names=names[0],
                    names_2=names[1],
                    strange=examples(strange),
                )
            )
    counts = counts.reindex(accounts.index)
    rates: Columns = {}
    counted: Columns = {}
    exposure: Columns = {}
    for outcome in definitions.outcomes:
        if outcome.counts not in counts.columns:
            continue
        counted[outcome.name] = counts[outcome.counts]
        base = pd.Series(1.0, index=accounts.index)
        if outcome.denominator:
            base = _denominator(accounts, outcome.name, outcome.denominator)
        exposure[outcome.name] = base / outcome.per
        rates[outcome.name] = outcome.per * counted[outcome.name] / base
    return rates, counted, exposure


def _denominator(accounts: pd.DataFrame, outcome: str, column: str) -> pd.Series:
    if column not in accounts.columns:
        raise DataError(
            say(
                "{outcome} needs {column}. Found {columns}. Add the column to the accounts, or "
                "choose another denominator.",
                outcome=outcome,
                column=column,
                columns=examples(accounts.columns),
            )
        )
    base = pd.Series(
        as_numbers(accounts[column], column, table=say("The accounts")), index=accounts.index
    )
    wrong = base.index[base <= 0]
    if len(wrong):
        raise DataError(
            say(
                "{column} is not positive in {wrong}. Expected a positive number. Correct the "
                "accounts.",
                column=column,
                wrong=examples(wrong),
            )
        )
    return base
