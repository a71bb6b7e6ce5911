"""What is each variable, and how is it computed?

Definitions are data: a study file or the folder of a paper holds them. A *variable* is a formula on
columns of the regional accounts; an *outcome* is a count over a denominator::

    outcome = per · count / denominator        e.g. 10,000 · births / labour force

where the count is one column of a table by area: births, deaths, their difference, or a stock, of
all industries or of one group. In TOML::

    [[variable]]
    name = "UNEMPL"
    formula = "unemployed / labour_force"
    label = "unemployment rate"
    label_ja = "失業率"

    [[outcome]]
    name = "START"
    counts = "births"
    denominator = "labour_force"
    per = 10_000

Takes: tables as in a TOML file. Gives: ``Definitions``, which the results of ``entry`` carry, so
that they can say what their columns are called.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    with_config,
)
from typing_extensions import TypedDict

from shuseki.entry.formulas import Formula
from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import Message, joined, listed, say, words_of
from shuseki.language.names import TwoNames
from shuseki.language.refusals import refusals
from shuseki.reading.toml import check_shape
from shuseki.sources import Source

__all__ = [
    "CONSTANT",
    "Definitions",
    "Label",
    "OutcomeDefinition",
    "Step",
    "VariableDefinition",
    "read_definitions",
]

CONSTANT = "constant"
NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"


class Definition(BaseModel):
    """What variables and outcomes have in common: a name, and what they are called."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME)
    label: str = ""
    label_ja: str = ""
    unit: str = ""
    unit_ja: str = ""
    period: str = ""
    published_in: str = ""
    published_in_ja: str = ""

    @field_validator("name")
    @classmethod
    def _no_constant(cls, name: str) -> str:
        if name == CONSTANT:
            raise ValueError(say("{name!r} is the name of the constant term", name=CONSTANT))
        return name

    @property
    def called(self) -> "Label":
        """Its name and unit in both languages; English where nothing is said in Japanese."""
        label = self.label or self.name
        return Label(self.name, label, self.label_ja or label, self.unit, self.unit_ja or self.unit)


class VariableDefinition(Definition):
    """A variable.

    Attributes
    ----------
    name, label, label_ja
        Its symbol, and what it is called.
    formula
        Arithmetic on columns of the accounts; see ``entry.formulas``.
    formula_words, formula_words_ja
        The same for a reader; the formula itself when empty.
    unit, unit_ja, period, published_in, published_in_ja
        Its unit, the year or years it refers to, and the publication.
    step, step_words, step_words_ja
        The change in which its effect is told, in its unit and in words.
    """

    formula: str
    formula_words: str = ""
    formula_words_ja: str = ""
    step: float = 1.0
    step_words: str = ""
    step_words_ja: str = ""

    @field_validator("formula")
    @classmethod
    def _arithmetic(cls, text: str) -> str:
        try:
            Formula(text)
        except ParameterError as error:
            raise ValueError(words_of(error)) from None
        return text

    @property
    def arithmetic(self) -> Formula:
        """The formula, ready to be computed."""
        return Formula(self.formula)


class OutcomeDefinition(Definition):
    """A count over a denominator.

    Attributes
    ----------
    name, label, label_ja
        Its symbol, and what it is called.
    counts
        Column of the counts: ``births``, ``deaths``, ``net_change`` or ``stock``, and
        ``<one of these>_<group>`` for a group of industries.
    denominator
        Column of the accounts, above zero; empty for the count itself.
    per
        The rate is ``per · count / denominator``.
    unit, unit_ja
        Of the rate.
    noun, noun_ja
        What is counted, after a number: ``births per 10,000 labour force``.
    kind, kind_ja
        Which of them, before the noun: ``high-tech``.
    """

    counts: str = "births"
    denominator: str = ""
    per: float = Field(default=1.0, gt=0)
    noun: str = ""
    noun_ja: str = ""
    kind: str = ""
    kind_ja: str = ""

    @property
    def counted(self) -> tuple[str, str]:
        """What is counted, in both languages."""
        noun = self.noun or self.unit or f"{self.counts}"
        kind = f"{self.kind} " if self.kind else ""
        return f"{kind}{noun}", f"{self.kind_ja}{self.noun_ja or self.unit_ja or noun}"

    @property
    def formula(self) -> str:
        """The arithmetic, in words of the columns."""
        if not self.denominator:
            return self.counts
        what = self.counts.split("_")[0].replace("net", "net change")
        return f"{self.per:,g} · {what} / {self.denominator}"


D = TypeVar("D", bound=Definition)


class AccountColumns(BaseModel):
    """What arithmetic may do with columns of the accounts.

    Attributes
    ----------
    attributes
        Columns that choose samples or make dummies; no arithmetic is done on them.
    signed
        Columns that may be negative.
    highest
        Columns of which an area made of several units has the highest, not the sum.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attributes: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()
    highest: tuple[str, ...] = ()


@dataclass(frozen=True)
class Label:
    """What a column is called, and in which unit it is."""

    name: str
    label: str
    label_ja: str
    unit: str
    unit_ja: str

    @property
    def said(self) -> Message:
        """Its name, inside a sentence."""
        return TwoNames(self.label, self.label_ja)

    @property
    def heading(self) -> Message:
        """Its name, at the beginning of a title."""
        return TwoNames(self.label[:1].upper() + self.label[1:], self.label_ja)

    @property
    def unit_said(self) -> Message:
        """Its unit."""
        return TwoNames(self.unit, self.unit_ja)


@dataclass(frozen=True)
class Step:
    """The change in which an effect is told: in the variable's unit, and in words."""

    size: float
    words: str
    words_ja: str


@dataclass(frozen=True)
class Definitions:
    """The variables and outcomes of a study.

    Attributes
    ----------
    variables, outcomes
        In their order.
    columns
        What may be done with the columns of the accounts.
    source
        Where the definitions come from; it is no source of the numbers.
    """

    variables: tuple[VariableDefinition, ...] = ()
    outcomes: tuple[OutcomeDefinition, ...] = ()
    columns: AccountColumns = field(default_factory=AccountColumns)
    source: Source | None = None

    def __post_init__(self) -> None:
        names = [one.name for one in (*self.outcomes, *self.variables)]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise DataError(
                say(
                    "Defined twice: {repeated}. Expected one definition for each variable and "
                    "outcome. Rename one.",
                    repeated=examples(repeated),
                )
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the variables."""
        return tuple(one.name for one in self.variables)

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns of the accounts on which arithmetic is done, denominators included."""
        found = [c for one in self.variables for c in one.arithmetic.columns]
        found += [one.denominator for one in self.outcomes if one.denominator]
        return tuple(dict.fromkeys(found))

    @property
    def positive(self) -> frozenset[str]:
        """Columns that must be above zero where they are known."""
        found = {c for one in self.variables for c in one.arithmetic.positive}
        return frozenset(found | {one.denominator for one in self.outcomes if one.denominator})

    def variable(self, name: str) -> VariableDefinition | None:
        """The definition of a variable; None for a column of one's own."""
        return next((one for one in self.variables if one.name == name), None)

    def outcome(self, name: str) -> OutcomeDefinition | None:
        """The definition of an outcome; None for a column of one's own."""
        return next((one for one in self.outcomes if one.name == name), None)

    def label(self, name: str) -> Label:
        """Name and unit of a column in both languages; a column of one's own keeps its name."""
        found = self.variable(name) or self.outcome(name)
        if found is not None:
            return found.called
        if name == CONSTANT:
            return Label(name, "constant", "定数項", "", "")
        return Label(name, name, name, "", "")

    def step(self, name: str) -> Step:
        """The change in which the effect of a variable is told; one unit unless it says."""
        found = self.variable(name)
        label = self.label(name)
        if found is None or not found.step_words:
            size = 1.0 if found is None else found.step
            more, more_ja = ("more", "高い") if size >= 0 else ("less", "低い")
            return Step(
                size,
                f"{abs(size):g} {more} {label.label}",
                f"{label.label_ja}が{abs(size):g}{more_ja}",
            )
        return Step(found.step, found.step_words, found.step_words_ja or found.step_words)

    def counted(self, outcome: str) -> tuple[str, str]:
        """What an outcome counts, after a number, in both languages."""
        found = self.outcome(outcome)
        return (outcome, outcome) if found is None else found.counted


@with_config(ConfigDict(extra="forbid"))
class DefinitionsFile(TypedDict, total=False):
    """What a file of definitions has."""

    where: str
    where_ja: str
    accounts: dict[str, Any]
    conventions: dict[str, dict[str, Any]]
    variable: list[dict[str, Any]]
    outcome: list[dict[str, Any]]


def read_definitions(
    content: Mapping[str, Any],
    *,
    convention: str = "",
    named: str = "",
    source: Source | None = None,
) -> Definitions:
    """Read definitions from the content of a TOML file.

    Parameters
    ----------
    content
        ``variable`` and ``outcome``, lists of tables; ``accounts``; and ``conventions``, tables of
        what outcomes have in common (denominator, per, unit, noun), of which one is chosen.
    convention
        Which; the first by default.
    named
        What to call the file in an error.
    source
        Where the definitions come from.

    Raises
    ------
    ParameterError
        There is no such convention.
    DataError
        A definition is wrong; all faults are named.
    """
    check_shape(dict(content), DefinitionsFile, named or "[definitions]")
    conventions = content.get("conventions", {})
    if convention and convention not in conventions:
        raise ParameterError(
            say(
                "Unknown convention {convention!r}. Expected one of {conventions}.",
                convention=convention,
                conventions=listed(conventions),
            )
        )
    shared = conventions.get(convention or next(iter(conventions), ""), {})
    faults: list[str] = []

    variables = tuple(made(VariableDefinition, content.get("variable", ()), {}, faults))
    outcomes = tuple(made(OutcomeDefinition, content.get("outcome", ()), shared, faults))
    try:
        columns = AccountColumns(**content.get("accounts", {}))
    except ValidationError as error:
        columns = AccountColumns()
        faults.append(refusals(error.errors(), within="accounts"))
    if faults:
        raise DataError(
            say(
                "Definitions{value}: {faults}. Correct them.",
                value=say(" in {file}", file=named) if named else "",
                faults=joined(faults, "; "),
            )
        )
    return Definitions(variables, outcomes, columns, source)


def made(
    kind: type[D],
    entries: Sequence[Mapping[str, Any]],
    common: Mapping[str, Any],
    faults: list[str],
) -> Iterator[D]:
    """Make definitions; what is wrong with one is added to the faults."""
    for k, entry in enumerate(entries, start=1):
        try:
            yield kind(**{**common, **entry})
        except ValidationError as error:
            named = str(entry.get("name", k))
            faults.append(refusals(error.errors(), within=named))


Counted = Literal["births", "deaths", "net_change", "stock"]
"""What an outcome can count."""
