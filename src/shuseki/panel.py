"""How much of what was where, in which industry, and when?

A panel holds variables over area × industry × period. It is the first waist of the house:
left of it are records, right of it arrays. It knows the codes on each axis, the areas' names
and centres, and the sources; it never holds an establishment.

Missing means missing: ``nan`` is a suppressed or unpublished cell, 0 is a counted zero.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from shuseki.arrays import Floats
from shuseki.errors import AlignmentError, DataError, ParameterError, UnknownCodeError, examples
from shuseki.language import say
from shuseki.sources import Source

__all__ = ["ALL", "Panel"]

ALL = "all"
"""The one code of an axis that is not broken down."""

Axis = Literal["area", "industry", "period"]


@dataclass(frozen=True, eq=False)
class Panel:
    """Variables over area × industry × period.

    Attributes
    ----------
    areas, industries, periods
        Codes on each axis, unique. An axis that is not broken down has the one code ``"all"``.
    values
        Variable name → array of shape ``(areas, industries, periods)``. Units are in the
        names (``shipments_yen``) unless the variable is a count (``plants``, ``employment``).
    area_names, industry_names
        Names in the order of the codes; the codes themselves when unknown.
    centres
        Latitude and longitude of each area in degrees, shape ``(areas, 2)``, or ``None``.
    area_groups
        A coarser code per area, usually the prefecture, or empty.
    division
        Name of the regional division, e.g. ``"district-253"``.
    """

    areas: tuple[str, ...]
    industries: tuple[str, ...]
    periods: tuple[str, ...]
    values: Mapping[str, Floats]
    area_names: tuple[str, ...] = ()
    industry_names: tuple[str, ...] = ()
    centres: Floats | None = None
    area_groups: tuple[str, ...] = ()
    division: str = ""
    sources: tuple[Source, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        shape = (len(self.areas), len(self.industries), len(self.periods))
        for axis, codes in (
            ("area", self.areas),
            ("industry", self.industries),
            ("period", self.periods),
        ):
            repeated = pd.Index(codes)[pd.Index(codes).duplicated()]
            if len(repeated):
                raise DataError(
                    say(
                        "Repeated {axis} codes: {repeated}. Expected each code once. Add the rows "
                        "up first.",
                        axis=axis,
                        repeated=examples(repeated.unique()),
                    )
                )
        for name, array in self.values.items():
            if array.shape != shape:
                raise AlignmentError(
                    say(
                        "Variable {name!r} has shape {array_shape}. Expected (areas, industries, "
                        "periods) = {shape}. Reshape or align it first.",
                        name=name,
                        array_shape=array.shape,
                        shape=shape,
                    )
                )
        for label, given in (
            ("area_names", self.area_names),
            ("area_groups", self.area_groups),
            ("centres", () if self.centres is None else self.centres),
        ):
            if len(given) not in (0, shape[0]):
                raise AlignmentError(
                    say(
                        "{label} has {n_given} entries. Expected one per area ({shape}).",
                        label=label,
                        n_given=len(given),
                        shape=shape[0],
                    )
                )

    # ---- making one ------------------------------------------------------------------

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        area: str | None = "area",
        industry: str | None = "industry",
        period: str | None = "period",
        variables: Sequence[str] | None = None,
        fill: float = 0.0,
        **about: Any,
    ) -> "Panel":
        """Build a panel from a tidy table, one row per cell.

        Parameters
        ----------
        frame
            Columns for the axes and one per variable.
        area, industry, period
            Names of the axis columns; ``None`` for an axis that is not broken down.
        variables
            Which columns are values; all numeric columns that are not axes by default.
        fill
            What an absent row means: 0 (a count of nothing) or ``nan`` (unknown).
        about
            Any other attribute of the panel (``division=...``, ``sources=...``).
        """
        axes = {"area": area, "industry": industry, "period": period}
        missing = [column for column in axes.values() if column and column not in frame.columns]
        if missing:
            raise DataError(
                say(
                    "Missing columns: {missing}. Found {columns}. Name the axis columns, or pass "
                    "None for an axis that is not broken down.",
                    missing=examples(missing),
                    columns=examples(frame.columns, 12),
                )
            )
        keys = [
            frame[column].astype(str).to_numpy()
            if column
            else np.full(len(frame), ALL, dtype=object)
            for column in axes.values()
        ]
        repeated = pd.MultiIndex.from_arrays(keys).duplicated()
        if repeated.any():
            first = [str(key[repeated.argmax()]) for key in keys]
            raise DataError(
                say(
                    "{n_repeated} cells appear more than once, the first: {first}. Expected one "
                    "row per area, industry and period. Add the rows up first.",
                    n_repeated=int(repeated.sum()),
                    first=first,
                )
            )
        codes = [np.unique(key.astype(str)) for key in keys]
        at = tuple(
            np.searchsorted(code, key.astype(str)) for code, key in zip(codes, keys, strict=True)
        )
        names = (
            list(variables)
            if variables is not None
            else [
                str(column)
                for column in frame.columns
                if column not in axes.values() and pd.api.types.is_numeric_dtype(frame[column])
            ]
        )
        values = {}
        for name in names:
            array = np.full(tuple(map(len, codes)), fill)
            array[at] = frame[name].to_numpy(dtype=float)
            values[name] = array
        areas, industries, periods = (tuple(map(str, code)) for code in codes)
        return cls(areas, industries, periods, values, **about)

    # ---- reading it -------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of areas, industries and periods."""
        return len(self.areas), len(self.industries), len(self.periods)

    @property
    def years(self) -> tuple[int, ...]:
        """The periods as years.

        Raises
        ------
        ParameterError
            A period is no year.
        """
        if odd := [period for period in self.periods if not re.fullmatch("[0-9]{1,4}", period)]:
            raise ParameterError(
                say(
                    "The periods are no years: {periods}. Expected years such as 2016. Rename the "
                    "periods.",
                    periods=examples(odd),
                )
            )
        return tuple(int(period) for period in self.periods)

    @property
    def is_synthetic(self) -> bool:
        """Whether any source is synthetic data."""
        return any(source.origin == "synthetic" for source in self.sources)

    def codes(self, axis: Axis) -> tuple[str, ...]:
        """Codes of one axis."""
        return {"area": self.areas, "industry": self.industries, "period": self.periods}[axis]

    def position(self, axis: Axis, code: str) -> int:
        """Position of a code on an axis."""
        return self._positions(axis, [code])[0]

    def year(self, period: str) -> int:
        """Year of a period.

        Raises
        ------
        UnknownCodeError
            The panel has no such period.
        ParameterError
            Its periods are no years.
        """
        return self.years[self.position("period", period)]

    def _positions(self, axis: Axis, wanted: Sequence[str] | None) -> list[int]:
        codes = self.codes(axis)
        if wanted is None:
            return list(range(len(codes)))
        where = {code: k for k, code in enumerate(codes)}
        unknown = [str(code) for code in wanted if str(code) not in where]
        if unknown:
            raise UnknownCodeError.among(axis, unknown, codes)
        return [where[str(code)] for code in wanted]

    def variable(self, name: str) -> Floats:
        """Give one variable in all periods, shape ``(areas, industries, periods)``.

        Raises
        ------
        UnknownCodeError
            The panel has no such variable.
        """
        if name not in self.values:
            hint = say("Name one that the panel has: {names}.", names=examples(self.values, 12))
            raise UnknownCodeError.among("variable", [name], list(self.values), hint)
        return self.values[name]

    def cross_section(self, name: str, period: str | None = None) -> Floats:
        """Give one variable in one period, shape ``(areas, industries)``.

        Parameters
        ----------
        name
            The variable.
        period
            Which period; may be left out where the panel has only one.

        Raises
        ------
        ParameterError
            The panel has several periods and none is named.
        UnknownCodeError
            The panel has no such variable or period.
        """
        array = self.variable(name)
        if period is None and len(self.periods) != 1:
            raise ParameterError(
                say(
                    "The panel has {n_periods} periods. Expected one: name it with period=…, such "
                    'as period="{periods}".',
                    n_periods=len(self.periods),
                    periods=self.periods[-1],
                )
            )
        return array[:, :, 0 if period is None else self.position("period", period)]

    def to_frame(self) -> pd.DataFrame:
        """One row per area, industry and period; one column per variable."""
        index = pd.MultiIndex.from_product(
            [self.areas, self.industries, self.periods], names=["area", "industry", "period"]
        )
        columns = {name: array.ravel() for name, array in self.values.items()}
        return pd.DataFrame(columns, index=index).reset_index()

    # ---- changing it (always a new one) --------------------------------------------------

    def select(
        self,
        *,
        areas: Sequence[str] | None = None,
        industries: Sequence[str] | None = None,
        periods: Sequence[str] | None = None,
    ) -> "Panel":
        """Keep some codes of an axis, in the order given."""
        a = self._positions("area", areas)
        i = self._positions("industry", industries)
        p = self._positions("period", periods)
        return replace(
            self,
            areas=tuple(self.areas[k] for k in a),
            industries=tuple(self.industries[k] for k in i),
            periods=tuple(self.periods[k] for k in p),
            values={name: array[np.ix_(a, i, p)] for name, array in self.values.items()},
            area_names=tuple(self.area_names[k] for k in a) if self.area_names else (),
            industry_names=tuple(self.industry_names[k] for k in i) if self.industry_names else (),
            centres=None if self.centres is None else self.centres[a],
            area_groups=tuple(self.area_groups[k] for k in a) if self.area_groups else (),
        )

    def drop_empty(self, variable: str, axis: Literal["area", "industry"] = "industry") -> "Panel":
        """Leave out the areas or industries whose variable adds up to nothing."""
        keep = 0 if axis == "area" else 1
        over = tuple(k for k in range(3) if k != keep)
        total = np.nansum(self.values[variable], axis=over)
        codes = (self.areas, self.industries)[keep]
        wanted = [code for code, size in zip(codes, total, strict=True) if size > 0]
        return self.select(areas=wanted) if axis == "area" else self.select(industries=wanted)

    def with_variable(self, name: str, array: Floats) -> "Panel":
        """Add or replace one variable."""
        return replace(self, values={**self.values, name: array})

    def __repr__(self) -> str:
        areas, industries, periods = self.shape
        mark = "synthetic, " if self.is_synthetic else ""
        return (
            f"<Panel: {mark}{areas} areas × {industries} industries × {periods} periods, "
            f"{', '.join(self.values)}>"
        )
