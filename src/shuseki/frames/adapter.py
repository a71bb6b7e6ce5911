"""How does a verb that takes a panel, or sites, take a data frame?

``takes_panel`` and ``takes_sites`` wrap a verb. What it is given first may still be a ``Panel`` or
``Sites``, and then nothing changes. It may also be a data frame; the keywords then name columns::

    concentration(frame, area="town", industry="trade", plants="n", employment="workers")

- the axes and facts of ``PANEL`` and ``SITES``; those whose column is called so need no keyword,
  and an axis without a column is not broken down;
- any variable: ``plants="n"`` puts the numbers of column ``n`` into the variable ``plants``.
  Columns of numbers that are not named are variables under their own names;
- the options of the verb keep their names. Where one is called as an axis, it is ``of_<axis>``:
  ``period="year"`` is the column, ``of_period="2012"`` which of its years.

Takes: a data frame of pandas, or any that has ``to_pandas()``. Gives: what the verb gives.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, Signature, cleandoc, signature
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.errors import DataError, ParameterError, UnknownCodeError, examples
from shuseki.geography.coordinates import check_coordinates
from shuseki.language import listed, say
from shuseki.panel import Panel
from shuseki.reading.tables import as_numbers
from shuseki.sites import Sites
from shuseki.sources import USER

__all__ = [
    "PANEL",
    "SITES",
    "PanelVerb",
    "SitesVerb",
    "panel_of",
    "sites_of",
    "takes_panel",
    "takes_sites",
]

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")

PANEL = {
    "area": "codes or names of areas",
    "industry": "codes or names of industries; not broken down without it",
    "period": "years or other periods; not broken down without it",
    "area_name": "what each area is called",
    "area_group": "the prefecture, county … of each area",
    "latitude": "degrees north of the middle of each area",
    "longitude": "degrees east",
}
"""Columns of a panel in a frame, one row per area × industry × period."""
SITES = {
    "latitude": "degrees north of each plant",
    "longitude": "degrees east",
    "industry": "code or name of its industry",
    "employment": "persons; only needed for weights",
    "area": "its municipality",
    "x_km": "km to the east, in place of degrees",
    "y_km": "km to the north",
}
"""Columns of sites in a frame, one row per plant."""
ABOUT = ("fill", "sources")
"""What else can be said of a frame."""
FRAME = say("The frame")
VERBS = "shuseki.frames.verbs"
"""Where the wrapped verbs stand."""


class PanelVerb(Protocol[P, R_co]):
    """A verb that takes a panel, or a frame and the names of its columns."""

    @overload
    def __call__(self, panel: Panel, /, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, frame: pd.DataFrame, /, *args: Any, **columns: Any) -> R_co: ...


class SitesVerb(Protocol[P, R_co]):
    """A verb that takes sites, or a frame and the names of its columns."""

    @overload
    def __call__(self, sites: Sites, /, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, frame: pd.DataFrame, /, *args: Any, **columns: Any) -> R_co: ...


def takes_panel(verb: Callable[Concatenate[Panel, P], R], example: str) -> PanelVerb[P, R]:
    """Let a verb that takes a panel take a frame.

    Parameters
    ----------
    verb
        Its first parameter is the panel.
    example
        What a call with a frame may look like, after the name of the verb, for the docstring.
    """
    wrapped: PanelVerb[P, R] = _adapted(verb, "panel", PANEL, panel_of, example)
    return wrapped


def takes_sites(verb: Callable[Concatenate[Sites, P], R], example: str) -> SitesVerb[P, R]:
    """Let a verb that takes sites take a frame; ``weights`` then names a column."""
    wrapped: SitesVerb[P, R] = _adapted(verb, "sites", SITES, sites_of, example)
    return wrapped


def panel_of(frame: pd.DataFrame, columns: Mapping[str, Any]) -> Panel:
    """Make a panel of a frame.

    Parameters
    ----------
    frame
        One row per area, industry and period.
    columns
        Axis, fact or variable → name of its column; ``fill``, what an absent row means (0 by
        default), and ``sources``.

    Raises
    ------
    UnknownCodeError
        A column that is not there.
    DataError
        Axes with empty cells, cells that are no numbers, rows that appear twice.
    """
    named = {name: column for name, column in columns.items() if name not in ABOUT}
    found = _columns(frame, named, PANEL, needed=("area",))
    variables = {name: column for name, column in named.items() if name not in PANEL}
    axes = {name: found[name] for name in ("area", "industry", "period") if name in found}
    table: dict[str, Any] = {n: _codes(frame, column, n) for n, column in axes.items()}
    taken = {*found.values(), *variables.values()}
    own = {
        str(column): column
        for column in frame.columns
        if column not in {*found.values()}
        and str(column) not in {*variables, *axes}
        and pd.api.types.is_numeric_dtype(frame[column])
    }
    numbers: dict[str, Any] = {
        name: as_numbers(frame[column], str(column), table=FRAME)
        for name, column in {**own, **variables}.items()
    }
    if not numbers:
        raise DataError(
            say(
                "The frame has no column of numbers beside {taken}. Found {columns}. Name one, "
                "such as plants=…",
                taken=examples(sorted(map(str, taken))),
                columns=examples(frame.columns, 12),
            )
        )
    tidy = pd.DataFrame(table | numbers)
    _check_repeated(tidy, tuple(axes))
    first = pd.DataFrame({name: frame[column].to_numpy() for name, column in found.items()}).assign(
        area=tidy["area"].to_numpy()
    )
    by_area = first.groupby("area", sort=True).first()
    about: dict[str, Any] = {"sources": columns.get("sources", (USER,))}
    if {"latitude", "longitude"} <= set(found):
        about["centres"] = _centres(by_area)
    for fact, told in (("area_name", "area_names"), ("area_group", "area_groups")):
        if fact in found:
            about[told] = tuple(by_area[fact].astype(str))
    return Panel.from_frame(
        tidy,
        area="area",
        industry="industry" if "industry" in axes else None,
        period="period" if "period" in axes else None,
        variables=list(numbers),
        fill=columns.get("fill", 0.0),
        **about,
    )


def sites_of(frame: pd.DataFrame, columns: Mapping[str, Any]) -> Sites:
    """Make sites of a frame, one row per plant.

    Raises
    ------
    UnknownCodeError
        A column that is not there.
    DataError
        Coordinates or industries that are missing, cells that are no numbers.
    """
    named = {name: column for name, column in columns.items() if name not in ABOUT}
    for name, column in named.items():
        if name not in SITES:
            raise UnknownCodeError(
                say(
                    "{name}={column!r} is neither an option of this verb nor a column of sites. "
                    "Expected an option, or one of {sites}. See help() of the verb.",
                    name=name,
                    column=column,
                    sites=listed(SITES),
                )
            )
    plane = {"x_km", "y_km"} & set(named)
    needed = (*(("x_km", "y_km") if plane else ("latitude", "longitude")), "industry")
    found = _columns(frame, named, SITES, needed=needed)
    return Sites.from_frame(
        frame.assign(**{found["industry"]: _codes(frame, found["industry"], "industry")}),
        latitude=found.get("latitude", "latitude"),
        longitude=found.get("longitude", "longitude"),
        industry=found["industry"],
        employment=found.get("employment"),
        area=found.get("area"),
        x_km=found["x_km"] if plane else None,
        y_km=found["y_km"] if plane else None,
        sources=columns.get("sources", (USER,)),
    )


# ---- columns -----------------------------------------------------------------------------------


def _columns(
    frame: pd.DataFrame, named: Mapping[str, Any], kinds: Mapping[str, str], needed: tuple[str, ...]
) -> dict[str, Any]:
    """Column of each axis or fact: the one that is named, or the one that is called so."""
    known = list(map(str, frame.columns))
    for name, column in named.items():
        if column is not None and column not in frame.columns:
            raise _no_column(frame, name, column)
    found = {
        name: named.get(name, name) for name in kinds if named.get(name, name) in frame.columns
    }
    lacking = [name for name in needed if name not in found]
    if lacking:
        raise DataError(
            say(
                "The frame has no column {lacking}. Found {known}. Expected {lacking_2}. Name the "
                "columns: {lacking_3}",
                lacking=examples(lacking),
                known=examples(known, 12),
                lacking_2=listed(f"{name}: {kinds[name]}" for name in lacking),
                lacking_3=listed(f"{name}=…" for name in lacking),
            )
        )
    return found


def _no_column(frame: pd.DataFrame, name: str, column: object) -> UnknownCodeError:
    """What to say of a keyword whose column is not there."""
    known = list(map(str, frame.columns))
    if not isinstance(column, str):
        return UnknownCodeError(
            say(
                "{name}={column!r} is neither an option of this verb nor a column. Expected an "
                "option, or one of {known}. See help() of the verb.",
                name=name,
                column=column,
                known=examples(known, 12),
            )
        )
    near = get_close_matches(column, known, n=1, cutoff=0.5)
    advice = say("Did you mean {names}?", names=near[0]) if near else say("Name one of them.")
    return UnknownCodeError(
        say(
            "The frame has no column {column!r} ({name}=). Expected one of {known}. {advice}",
            column=column,
            name=name,
            known=examples(known, 12),
            advice=advice,
        )
    )


def _codes(frame: pd.DataFrame, column: Any, name: str) -> "pd.Series[Any]":
    """Codes of an axis as text; years that pandas holds as floats lose their point."""
    values = frame[column].reset_index(drop=True)
    empty = np.flatnonzero(values.isna())
    if empty.size:
        raise DataError(
            say(
                "Column {column!r} ({name}) is empty in {empty_size} rows: {empty}. Expected a "
                "code in each. Leave those rows out, or give them a code.",
                column=column,
                name=name,
                empty_size=empty.size,
                empty=examples(empty),
            )
        )
    if pd.api.types.is_float_dtype(values) and (values % 1 == 0).all():
        values = values.astype("int64")
    if pd.api.types.is_datetime64_any_dtype(values) and (values.dt.dayofyear == 1).all():
        values = values.dt.year
    codes: pd.Series[Any] = values.astype(str)
    return codes


def _check_repeated(tidy: pd.DataFrame, axes: tuple[str, ...]) -> None:
    """Refuse rows that appear twice, which often are years without a column named for them."""
    repeated = tidy.duplicated(list(axes))
    if repeated.any():
        first = ", ".join(tidy.loc[repeated, list(axes)].iloc[0])
        lacking = [f"{name}=…" for name in ("industry", "period") if name not in axes]
        remedy = say("Add the rows up first.")
        if lacking:
            remedy = say(
                "Name the columns that tell them apart ({columns}), or add the rows up first.",
                columns=listed(lacking),
            )
        raise DataError(
            say(
                "{n_repeated} of {n_tidy} rows repeat their {axes}, the first: {first}. Expected "
                "one row for each. {remedy}",
                n_repeated=int(repeated.sum()),
                n_tidy=len(tidy),
                axes=" × ".join(axes),
                first=first,
                remedy=remedy,
            )
        )


def _check_period(panel: Panel, options: set[str], given: Mapping[str, Any]) -> None:
    """Ask for one of several periods in the words of a frame."""
    if "period" in options and given.get("period") is None and len(panel.periods) > 1:
        raise ParameterError(
            say(
                "The frame has {n_periods} periods: {periods}. Expected one. Name it, such as "
                'of_period="{periods_2}".',
                n_periods=len(panel.periods),
                periods=examples(panel.periods),
                periods_2=panel.periods[-1],
            )
        )


def _centres(by_area: pd.DataFrame) -> Floats:
    degrees = by_area[["latitude", "longitude"]].to_numpy(float)
    check_coordinates(degrees[:, 0], degrees[:, 1], rows=list(by_area.index), what="areas")
    return degrees


# ---- wrapping ----------------------------------------------------------------------------------


def _adapted(
    verb: Callable[..., Any],
    noun: str,
    kinds: Mapping[str, str],
    make: Callable[[pd.DataFrame, Mapping[str, Any]], Any],
    example: str,
) -> Any:
    """Wrap a verb; its signature and docstring show both forms."""
    own = list(signature(verb).parameters.values())[1:]
    options = {parameter.name for parameter in own}

    @wraps(verb)
    def either(*args: Any, **named: Any) -> Any:
        if not args and noun in named:
            args = (named.pop(noun),)
        data, *rest = args or (None,)
        data = _in_pandas(data)
        if not isinstance(data, pd.DataFrame):
            _check_noun(data, noun, verb.__name__)
            return verb(data, *rest, **named)
        columns, given = _split(data, named, options, kinds, noun)
        made = make(data, columns)
        if isinstance(made, Panel):
            _check_period(made, options, given)
        return verb(made, *rest, **given)

    del either.__wrapped__  # whoever asks for its signature or home gets those of both forms
    either.__module__ = VERBS
    either.__doc__ = _documented(verb, noun, kinds, options, example)
    either.__signature__ = _signed(own, noun, kinds, verb)  # type: ignore[attr-defined]
    return either


def _split(
    frame: pd.DataFrame,
    named: Mapping[str, Any],
    options: set[str],
    kinds: Mapping[str, str],
    noun: str,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell the columns of a frame from the options of the verb."""
    columns: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for name, value in named.items():
        axis = name.removeprefix("of_")
        if name in kinds or name in ABOUT:
            columns[name] = value
        elif name != axis and axis in options and axis in kinds:
            given[axis] = value
        elif noun == "sites" and name == "weights" and value not in ("none", "employment"):
            if value not in frame.columns:
                raise _no_column(frame, name, value)
            columns["employment"], given["weights"] = value, "employment"
        elif name in options:
            given[name] = value
        else:
            columns[name] = value
    return columns, given


def _in_pandas(data: Any) -> Any:
    """A data frame of another library as one of pandas; anything else as it is."""
    if isinstance(data, pd.DataFrame) or not hasattr(data, "to_pandas"):
        return data
    return data.to_pandas()


def _check_noun(data: Any, noun: str, verb: str) -> None:
    kind = {"panel": Panel, "sites": Sites}[noun]
    if not isinstance(data, kind):
        raise ParameterError(
            say(
                "{verb} was given {kind}. Expected {kind_2}, or a data frame and the names of its "
                "columns. See help(shuseki.{verb}).",
                verb=verb,
                kind=type(data).__name__,
                kind_2=kind.__name__,
            )
        )


def _signed(
    own: list[Parameter], noun: str, kinds: Mapping[str, str], verb: Callable[..., Any]
) -> Signature:
    """One signature of both forms: the verb's own parameters, then the columns."""
    clash = {parameter.name for parameter in own} & set(kinds)
    kind = {"panel": Panel, "sites": Sites}[noun]
    first = Parameter(
        "data", Parameter.POSITIONAL_ONLY, annotation=f"{kind.__name__} | pandas.DataFrame"
    )
    column = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation="str | None")
        for name in kinds
        if name not in clash
    ]
    chosen = [
        Parameter(f"of_{name}", Parameter.KEYWORD_ONLY, default=None, annotation="str | None")
        for name in kinds
        if name in clash
    ]
    more = Parameter("variables", Parameter.VAR_KEYWORD, annotation="str")
    return signature(verb).replace(parameters=[first, *own, *column, *chosen, more])


def _documented(
    verb: Callable[..., Any], noun: str, kinds: Mapping[str, str], options: set[str], example: str
) -> str:
    """The verb's docstring, with the form for a frame behind its first paragraph."""
    text = cleandoc(verb.__doc__ or "")
    head, _, rest = text.partition("\n\n")
    clash = [name for name in kinds if name in options]
    variables = (
        '  any other name: a variable, such as plants="n"; columns of numbers that are not named\n'
        "  are variables under their own names\n"
        if noun == "panel"
        else '  weights="persons": weigh plants by that column\n'
        if "weights" in options
        else ""
    )
    chosen = "".join(
        f"  of_{name}: which {name}; {name} itself names the column\n" for name in clash
    )
    lines = "".join(f"  {name}: {words}\n" for name, words in kinds.items())
    return (
        f"{head}\n\n"
        f"Takes {'a Panel' if noun == 'panel' else 'Sites'}, or a data frame and the names of its "
        f"columns::\n\n    {verb.__name__}({noun}, …)\n    {verb.__name__}(frame, {example})\n\n"
        f"Columns of a frame::\n\n"
        + "".join(f"  {line}\n" for line in (lines + variables + chosen).splitlines())
        + (f"\n{rest}" if rest else "")
    )
