"""Which features of a region go into the startup equations, and how is each computed?

Every variable of table 2 of the 2006 paper is defined once, here: its formula on the regional
accounts, unit, period, source and Japanese name. Outcomes are births over the labour force
(labour-market approach, p. 8)::

    START = 10,000 · births / labour force

or over existing plants (ecological approach, p. 8 and note 12)::

    START = 100 · births / plants

For the technology groups the ecological denominator is *all* plants: the groups' own plants are
few or none in many districts (p. 9), and with one denominator START = START_H + START_L under
both conventions. Switching the convention reverses the sign of mean plant size (note 12).

Takes: accounts, one row per area, with the columns named in each definition; births, one row per
area with ``births`` and ``births_<group>``, or a panel of births by industry and the group of
each industry.
Gives: ``RegionalVariables``, one row per area.
Sources: Okamuro (2006), table 2 and p. 9. Checked against: the hand-made accounts in the tests.
Limits: GRSALES is nominal; LNLANDP exists only where a city reports an industrial land price.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError, examples
from shuseki.panel import Panel
from shuseki.reading.tables import as_numbers
from shuseki.results import Result, result
from shuseki.sources import OKAMURO_2006, Source

__all__ = [
    "ATTRIBUTES",
    "CONVENTIONS",
    "DEFINITIONS",
    "Convention",
    "RegionalVariables",
    "VariableDefinition",
    "define",
    "outcome_name",
    "regional_variables",
]

Convention = Literal["labour_market", "ecological"]
TABLE_2 = replace(OKAMURO_2006.at("table 2, pp. 8-9"), origin="method")
"""Where the definitions come from; it is no source of the numbers."""
ATTRIBUTES = ("metropolitan", "largest_industry")
"""Columns of the accounts that choose samples or make dummies; no arithmetic is done on them."""


@dataclass(frozen=True)
class VariableDefinition:
    """What a variable is.

    Attributes
    ----------
    name
        Its symbol in the paper.
    label, label_ja
        What it is called.
    formula
        The arithmetic, in words of the accounts' columns.
    unit, unit_ja
        Its unit.
    period
        Year or years it refers to.
    published_in
        Publication the accounts come from.
    needs
        Columns of the accounts.
    compute
        The arithmetic.
    step, step_words, step_words_ja
        The change in which the effect of the variable is told, as a number in its unit and in
        words.
    """

    name: str
    label: str
    label_ja: str
    formula: str
    unit: str
    unit_ja: str
    period: str
    published_in: str
    needs: tuple[str, ...]
    compute: Callable[[pd.DataFrame], pd.Series]
    step: float
    step_words: str
    step_words_ja: str


@dataclass(frozen=True)
class ConventionDefinition:
    """How births become a rate."""

    denominator: str
    per: int
    unit: str
    unit_ja: str
    births_words: str
    births_words_ja: str


CONVENTIONS: Mapping[str, ConventionDefinition] = MappingProxyType(
    {
        "labour_market": ConventionDefinition(
            "labour_force_1995",
            10_000,
            "births per 10,000 labour force, two years",
            "労働力人口1万人あたり開業数（2年間）",
            "births per 10,000 labour force",
            "労働力人口1万人あたりの開業数",
        ),
        "ecological": ConventionDefinition(
            "plants_1998",
            100,
            "births per 100 existing plants, two years",
            "既存事業所100あたり開業数（2年間）",
            "births per 100 existing plants",
            "既存事業所100あたりの開業数",
        ),
    }
)

CENSUS = "Population census (国勢調査)"
MANUFACTURES = "Census of manufactures (工業統計表)"
ESTABLISHMENTS = "Establishment and enterprise census (事業所・企業統計)"
LAND = "Prefectural land price survey (都道府県地価調査)"

DEFINITIONS: Mapping[str, VariableDefinition] = MappingProxyType(
    {
        definition.name: definition
        for definition in (
            VariableDefinition(
                "PCM",
                "price-cost margin",
                "粗利益率",
                "(value added − cash wages) / shipments",
                "share",
                "比率",
                "1998",
                MANUFACTURES,
                ("value_added_yen_1998", "cash_wages_yen_1998", "shipments_yen_1998"),
                lambda a: (
                    (a["value_added_yen_1998"] - a["cash_wages_yen_1998"]) / a["shipments_yen_1998"]
                ),
                0.10,
                "10 points more price-cost margin",
                "粗利益率が10ポイント高い",
            ),
            VariableDefinition(
                "GRSALES",
                "growth of shipments",
                "出荷額成長率",
                "shipments 1998 / shipments 1995 − 1, nominal",
                "share",
                "比率",
                "1995-98",
                MANUFACTURES,
                ("shipments_yen_1998", "shipments_yen_1995"),
                lambda a: a["shipments_yen_1998"] / a["shipments_yen_1995"] - 1,
                0.10,
                "10 points more growth of shipments",
                "出荷額成長率が10ポイント高い",
            ),
            VariableDefinition(
                "WAGE",
                "mean wage",
                "平均賃金",
                "cash wages / employees / 10,000 yen",
                "10,000 yen per year",
                "万円/年",
                "1998",
                MANUFACTURES,
                ("cash_wages_yen_1998", "employees_1998"),
                lambda a: a["cash_wages_yen_1998"] / a["employees_1998"] / 10_000,
                10.0,
                "100,000 yen more yearly wage",
                "平均賃金が年10万円高い",
            ),
            VariableDefinition(
                "LNLANDP",
                "log of the industrial land price",
                "平均地価（対数）",
                "ln(yen per m² / 100): the highest of the cities' mean prices",
                "ln(100 yen per m²)",
                "ln(百円/㎡)",
                "1998",
                LAND,
                ("industrial_land_price_yen_per_m2_1998",),
                lambda a: np.log(a["industrial_land_price_yen_per_m2_1998"] / 100),
                float(np.log(1.1)),
                "10% higher industrial land price",
                "工業地価が10%高い",
            ),
            VariableDefinition(
                "UNEMPL",
                "unemployment rate",
                "失業率",
                "unemployed / labour force",
                "share",
                "比率",
                "1995",
                CENSUS,
                ("unemployed_1995", "labour_force_1995"),
                lambda a: a["unemployed_1995"] / a["labour_force_1995"],
                0.10,
                "10 points more unemployment",
                "失業率が10ポイント高い",
            ),
            VariableDefinition(
                "UNIV",
                "share of university graduates",
                "大卒比率",
                "university graduates / population of 15 and over",
                "share",
                "比率",
                "2000",
                CENSUS,
                ("graduates_2000", "population_15_and_over_2000"),
                lambda a: a["graduates_2000"] / a["population_15_and_over_2000"],
                0.10,
                "10 points more university graduates",
                "大卒比率が10ポイント高い",
            ),
            VariableDefinition(
                "INST",
                "research institutes per plant",
                "研究機関比率",
                "research institutes / manufacturing plants",
                "institutes per plant",
                "研究機関数/事業所数",
                "1995/96",
                ESTABLISHMENTS,
                ("research_institutes_1996", "plants_1996"),
                lambda a: a["research_institutes_1996"] / a["plants_1996"],
                0.01,
                "one more research institute per 100 plants",
                "事業所100あたり研究機関が1つ多い",
            ),
            VariableDefinition(
                "DENS",
                "plant density",
                "事業所密度",
                "manufacturing plants / area",
                "plants per km²",
                "事業所/㎢",
                "1995/96",
                ESTABLISHMENTS,
                ("plants_1996", "area_km2"),
                lambda a: a["plants_1996"] / a["area_km2"],
                10.0,
                "10 more plants per km²",
                "1平方キロあたり事業所が10多い",
            ),
            VariableDefinition(
                "MRATIO",
                "manufacturing share of workers",
                "製造業比率",
                "manufacturing workers / all workers",
                "share",
                "比率",
                "1996",
                ESTABLISHMENTS,
                ("manufacturing_employees_1996", "all_employees_1996"),
                lambda a: a["manufacturing_employees_1996"] / a["all_employees_1996"],
                0.10,
                "10 points more manufacturing share of workers",
                "製造業比率が10ポイント高い",
            ),
            VariableDefinition(
                "AVESIZE",
                "mean plant size",
                "平均規模",
                "employees / plants",
                "workers per plant",
                "人/事業所",
                "1998",
                MANUFACTURES,
                ("employees_1998", "plants_1998"),
                lambda a: a["employees_1998"] / a["plants_1998"],
                -10.0,
                "10 workers fewer per plant",
                "平均従業者数が10人少ない",
            ),
            VariableDefinition(
                "HITECH",
                "share of high-tech plants",
                "ハイテク比率",
                "high-tech plants / plants",
                "share",
                "比率",
                "1998",
                MANUFACTURES,
                ("hightech_plants_1998", "plants_1998"),
                lambda a: a["hightech_plants_1998"] / a["plants_1998"],
                0.10,
                "10 points more high-tech plants",
                "ハイテク比率が10ポイント高い",
            ),
        )
    }
)
"""The eleven regressors of table 2; the three outcomes follow from the births' groups."""

GROUP_CODES: Mapping[str, str] = MappingProxyType(
    {"": "START", "high": "START_H", "low": "START_L"}
)
OUTCOME_LABELS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "START": ("startup rate", "製造業開業率"),
        "START_H": ("high-tech startup rate", "ハイテク開業率"),
        "START_L": ("low-tech startup rate", "ローテク開業率"),
    }
)


def outcome_name(group: str = "") -> str:
    """Outcome of a technology group: ``START_H`` for ``"high"``, ``START`` for all."""
    return GROUP_CODES.get(group, f"START_{group.upper()}")


@dataclass(frozen=True)
class Label:
    """What a column is called, and in which unit it is."""

    name: str
    label: str
    label_ja: str
    unit: str
    unit_ja: str


@result
class RegionalVariables(Result):
    """The variables of table 2, one row per area.

    Attributes
    ----------
    frame
        Index: area codes. Columns: the outcomes, the regressors, the attributes that the
        accounts carry (``metropolitan``, ``largest_industry``) and any column added since.
    outcomes
        Names of the rates among the columns.
    births
        Numerators, same index; columns named as the outcomes. Empty without births.
    convention
        What the births are divided by.
    area_names, area_groups
        Name, and prefecture, of each area; empty when unknown.
    """

    frame: pd.DataFrame
    outcomes: tuple[str, ...]
    births: pd.DataFrame
    convention: Convention = "labour_market"
    area_names: tuple[str, ...] = ()
    area_groups: tuple[str, ...] = ()

    @property
    def areas(self) -> tuple[str, ...]:
        """Area codes."""
        return tuple(map(str, self.frame.index))

    @property
    def regressors(self) -> tuple[str, ...]:
        """Names of the regressors of table 2 that are here."""
        return tuple(name for name in DEFINITIONS if name in self.frame.columns)

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
                        f"Column {name} speaks of unknown areas: {examples(strange)}. "
                        "Expected the areas of the variables. Convert it to their division."
                    )
                frame[name] = values.reindex(frame.index)
            elif len(values) != len(frame):
                raise AlignmentError(
                    f"Column {name} has {len(values)} values. Expected one per area "
                    f"({len(frame)}). Give a series indexed by area code."
                )
            else:
                frame[name] = np.asarray(values)
        return replace(self, frame=frame)

    def headline(self) -> str:
        """Areas, variables, and the mean startup rate."""
        text = f"{len(self.regressors)} regressors of {len(self.frame)} areas"
        if "START" in self.outcomes:
            rate = self.column("START")
            text += (
                f"; mean startup rate {rate.mean():.2f} {CONVENTIONS[self.convention].unit} "
                f"(n = {int(rate.notna().sum())})"
            )
        return text

    def to_frame(self) -> pd.DataFrame:
        """One row per area, with its code, name and group in front."""
        frame = self.frame.rename_axis("area").reset_index()
        if self.area_names:
            frame.insert(1, "area_name", list(self.area_names))
        if self.area_groups:
            frame.insert(1, "area_group", list(self.area_groups))
        return frame

    def definitions(self) -> pd.DataFrame:
        """Table 2: one row per variable that is here."""
        convention = CONVENTIONS[self.convention]
        rows = [
            {
                "variable": name,
                "label": define(name, self.convention).label,
                "label_ja": define(name, self.convention).label_ja,
                "formula": f"{convention.per:,} · births / {convention.denominator}",
                "unit": convention.unit,
                "unit_ja": convention.unit_ja,
                "period": "1998-2000",
                "published_in": "establishment records",
                "n": int(self.frame[name].notna().sum()),
            }
            for name in self.outcomes
        ]
        rows += [
            {
                "variable": d.name,
                "label": d.label,
                "label_ja": d.label_ja,
                "formula": d.formula,
                "unit": d.unit,
                "unit_ja": d.unit_ja,
                "period": d.period,
                "published_in": d.published_in,
                "n": int(self.frame[d.name].notna().sum()),
            }
            for d in (DEFINITIONS[name] for name in self.regressors)
        ]
        return pd.DataFrame(rows)


def define(name: str, convention: Convention = "labour_market") -> Label:
    """Name and unit of a variable in both languages; a column of your own keeps its name."""
    if name in DEFINITIONS:
        d = DEFINITIONS[name]
        return Label(name, d.label, d.label_ja, d.unit, d.unit_ja)
    if name.startswith("START"):
        rule = CONVENTIONS[convention]
        group = name.removeprefix("START_").lower()
        label, label_ja = OUTCOME_LABELS.get(name, (f"startup rate, {group}", f"開業率（{group}）"))
        return Label(name, label, label_ja, rule.unit, rule.unit_ja)
    if name == "constant":
        return Label(name, "constant", "定数項", "", "")
    return Label(name, name, name, "", "")


def regional_variables(
    accounts: pd.DataFrame,
    births: pd.DataFrame | Panel | None = None,
    *,
    convention: Convention = "labour_market",
    groups: Mapping[str, str] | None = None,
    area_names: Mapping[str, str] | None = None,
    area_groups: Mapping[str, str] | None = None,
    sources: Sequence[Source] = (),
) -> RegionalVariables:
    """Compute the variables of table 2.

    Parameters
    ----------
    accounts
        Index: area codes. Columns as in ``DEFINITIONS[...].needs``. A variable whose columns are
        missing is ``nan`` everywhere, and a note says which column to add.
    births
        Index: area codes; columns ``births`` and ``births_<group>``. Or a panel with a variable
        ``births``, one period, and industries whose technology ``groups`` names. ``None`` leaves
        the rates out.
    convention
        ``"labour_market"`` (births per 10,000 labour force) or ``"ecological"`` (births per 100
        existing plants).
    groups
        Industry code → technology group, for a panel of births by industry.
    area_names, area_groups
        Names and prefectures by area code; taken from the panel when there is one.
    sources
        Where the accounts and the births come from; a panel of births brings its own.

    Returns
    -------
    RegionalVariables

    Raises
    ------
    DataError
        Repeated area codes, denominators that are not positive, negative births, births of the
        groups that do not add up to the births.
    AlignmentError
        Births and accounts of different areas.
    ParameterError
        An unknown convention, or a panel by industry without groups.

    Notes
    -----
    Okamuro (2006), table 2, pp. 8-9.

    Examples
    --------
    >>> accounts = pd.DataFrame({"labour_force_1995": [20_000, 50_000],
    ...                          "unemployed_1995": [600, 2_500]}, index=["001", "002"])
    >>> births = pd.DataFrame({"births": [5, 10]}, index=["001", "002"])
    >>> regional_variables(accounts, births).frame[["START", "UNEMPL"]]
         START  UNEMPL
    001    2.5    0.03
    002    2.0    0.05
    """
    if convention not in CONVENTIONS:
        raise ParameterError(
            f"Unknown convention {convention!r}. Expected one of {', '.join(CONVENTIONS)}."
        )
    accounts = accounts.set_axis(accounts.index.astype(str))
    repeated = accounts.index[accounts.index.duplicated()]
    if len(repeated):
        raise DataError(
            f"Areas given twice in the accounts: {examples(repeated.unique())}. "
            "Expected one row per area. Add the rows up first."
        )
    notes: list[str] = []
    columns: dict[str, pd.Series] = {}
    for name, definition in DEFINITIONS.items():
        lacking = [column for column in definition.needs if column not in accounts.columns]
        if lacking:
            columns[name] = pd.Series(np.nan, index=accounts.index)
            notes.append(f"{name} is missing: the accounts have no {' and no '.join(lacking)}.")
            continue
        numbers = pd.DataFrame(
            {c: as_numbers(accounts[c], c, table="The accounts") for c in definition.needs},
            index=accounts.index,
        )
        _check_accounts(definition, numbers)
        columns[name] = definition.compute(numbers)
        if columns[name].isna().all():
            empty = [column for column in definition.needs if numbers[column].isna().all()]
            notes.append(f"{name} is missing: no area has {' or '.join(empty)}.")
    table = _births_by_group(births, groups)
    rates, counts = _rates(accounts, table, convention, notes)
    frame = pd.DataFrame({**rates, **columns}, index=accounts.index)
    for name in ATTRIBUTES:
        if name in accounts.columns:
            frame[name] = accounts[name]
    named = isinstance(births, Panel) and births.area_names and births.areas
    if area_names is None and named:
        assert isinstance(births, Panel)
        area_names = dict(zip(births.areas, births.area_names, strict=True))
    if area_groups is None and isinstance(births, Panel) and births.area_groups:
        area_groups = dict(zip(births.areas, births.area_groups, strict=True))
    own = tuple(births.sources) if isinstance(births, Panel) else ()
    own_notes = tuple(births.notes) if isinstance(births, Panel) else ()
    return RegionalVariables(
        frame=frame,
        outcomes=tuple(rates),
        births=pd.DataFrame(counts, index=accounts.index),
        convention=convention,
        area_names=tuple(area_names.get(code, code) for code in frame.index) if area_names else (),
        area_groups=tuple(area_groups.get(code, "") for code in frame.index) if area_groups else (),
        notes=(*own_notes, *notes),
        sources=tuple(dict.fromkeys((*sources, *own, TABLE_2))),
    )


# ---- arithmetic ----------------------------------------------------------------------------

DENOMINATORS = frozenset(
    {
        "shipments_yen_1998",
        "shipments_yen_1995",
        "employees_1998",
        "plants_1998",
        "plants_1996",
        "labour_force_1995",
        "population_15_and_over_2000",
        "area_km2",
        "all_employees_1996",
        "industrial_land_price_yen_per_m2_1998",
    }
)
SIGNED = frozenset({"value_added_yen_1998"})


def _check_accounts(definition: VariableDefinition, numbers: pd.DataFrame) -> None:
    for column in definition.needs:
        floor = column in DENOMINATORS
        wrong = numbers.index[numbers[column] <= 0] if floor else numbers.index[numbers[column] < 0]
        if column in SIGNED or not len(wrong):
            continue
        wanted = "a positive number" if floor else "zero or more"
        raise DataError(
            f"{definition.name} needs {column}, which is {numbers.loc[wrong[0], column]:g} in "
            f"{examples(wrong)}. Expected {wanted}, or nothing where it is not known. "
            "Correct the accounts."
        )


def _births_by_group(
    births: pd.DataFrame | Panel | None, groups: Mapping[str, str] | None
) -> pd.DataFrame | None:
    if births is None:
        return None
    if isinstance(births, Panel):
        return _panel_by_group(births, groups)
    if "births" not in births.columns:
        raise DataError(
            f"No column 'births'. Found {examples(births.columns)}. Expected 'births', and "
            "'births_<group>' for each technology group. Rename the columns."
        )
    table = births.set_axis(births.index.astype(str))
    kept = [c for c in table.columns if c == "births" or str(c).startswith("births_")]
    table = table[kept].astype(float)
    repeated = table.index[table.index.duplicated()]
    if len(repeated):
        raise DataError(
            f"Areas given twice in the births: {examples(repeated.unique())}. "
            "Expected one row per area. Add the rows up first."
        )
    negative = table.index[(table < 0).any(axis=1)]
    if len(negative):
        raise DataError(
            f"Negative births in {examples(negative)}. Expected counts. Correct the births."
        )
    parts = [column for column in table.columns if column != "births"]
    if len(parts) > 1:
        off = table.index[(table[parts].sum(axis=1) - table["births"]).abs() > 1e-6]
        if len(off):
            raise DataError(
                f"Births of the groups do not add up to all births in {examples(off)}. "
                f"Expected {' + '.join(map(str, parts))} = births. Correct the counts, or leave "
                "the groups out."
            )
    return table


def _panel_by_group(panel: Panel, groups: Mapping[str, str] | None) -> pd.DataFrame:
    if len(panel.periods) != 1:
        raise ParameterError(
            f"The births have {len(panel.periods)} periods. Expected one. "
            "Use panel.select(periods=[...]) first."
        )
    counts = panel.variable("births")
    table = pd.DataFrame({"births": counts.sum(axis=1)}, index=list(panel.areas))
    if groups is None:
        if len(panel.industries) > 1:
            raise ParameterError(
                f"The births are broken down by {len(panel.industries)} industries. Expected the "
                "technology group of each. Pass groups={industry: group}."
            )
        return table
    unknown = [code for code in panel.industries if code not in groups]
    if unknown:
        raise UnknownCodeError.among(
            "industry", unknown, list(groups), "Give each industry of the births a group."
        )
    member = np.array([groups[code] for code in panel.industries])
    for group in dict.fromkeys(groups.values()):
        table[f"births_{group}"] = counts[:, member == group].sum(axis=1)
    return table


def _rates(
    accounts: pd.DataFrame,
    births: pd.DataFrame | None,
    convention: Convention,
    notes: list[str],
) -> tuple[dict[str, pd.Series], dict[str, pd.Series]]:
    if births is None:
        notes.append("No births were given, so there is no startup rate.")
        return {}, {}
    for here, there, names in (
        (births, accounts, ("births", "accounts")),
        (accounts, births, ("accounts", "births")),
    ):
        strange = here.index.difference(there.index)
        if len(strange):
            raise AlignmentError(
                f"{len(strange)} areas of the {names[0]} are not in the {names[1]}: "
                f"{examples(strange)}. Expected the same areas in both. Convert one to the other's "
                "division; where nothing was born, say 0."
            )
    rule = CONVENTIONS[convention]
    if rule.denominator not in accounts.columns:
        raise DataError(
            f"The {convention} rate needs {rule.denominator}. Found {examples(accounts.columns)}. "
            "Add the column, or choose the other convention."
        )
    base = pd.Series(
        as_numbers(accounts[rule.denominator], rule.denominator, table="The accounts"),
        index=accounts.index,
    )
    wrong = base.index[base <= 0]
    if len(wrong):
        raise DataError(
            f"{rule.denominator} is not positive in {examples(wrong)}. Expected a positive "
            "number. Correct the accounts."
        )
    births = births.reindex(accounts.index)
    counts = {
        outcome_name(str(column).removeprefix("births").removeprefix("_")): births[column]
        for column in births.columns
    }
    return {name: rule.per * count / base for name, count in counts.items()}, counts
