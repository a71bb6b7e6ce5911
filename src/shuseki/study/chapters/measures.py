"""Which measures of agglomeration does a study ask for, and on what are they run?

A table of the study file names them; ``true`` takes the defaults, a table sets options::

    [measures]
    quotients = true
    concentration = { period = "2001", coagglomeration = true, local = ["32"] }
    kdensity = { weights = "employment", industries = ["H01", "H02"] }
    m_function = { radii_km = [1, 5, 20], individual = ["H01"] }
    ripley = { industries = ["H01"] }
    clusters = { industries = ["32"] }
    trends = { areas = ["001"], variable = "plants", contributions = ["2001", "2012"] }
    types = { local_products = ["14"], metals = ["28"], machinery = ["29", "30"] }
    lifecycle = { areas = ["001"], industry = "each" }
    externalities = { spans = [["2001", "2006"], ["2006", "2012"]], input_output = "jsic-10" }

``pairs = [["H01", "H02"]]`` in kdensity or m_function measures two industries at once.

Takes the plants by area, industry and wave, and as points where the records have coordinates. Gives
results by name, in that order.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, cast

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, Field, ValidationError, field_validator

from shuseki.datasets.public import input_output_shares
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.language import joined, listed, say
from shuseki.language.names import some_of
from shuseki.measures.amounts import amounts
from shuseki.measures.change.externalities import InputOutput, externality_range, input_output
from shuseki.measures.change.lifecycle import life_cycle
from shuseki.measures.change.trends import contributions, trends
from shuseki.measures.change.typology import JSIC_10, IndustryGroups, agglomeration_types
from shuseki.measures.clusters.clusters import clusters, point_clusters
from shuseki.measures.clusters.local_moran import local_moran
from shuseki.measures.distance.kdensity import joint_kdensity, kdensity, kdensity_areas
from shuseki.measures.distance.mfunction import individual_m, joint_m_function, m_function
from shuseki.measures.distance.ripley import ripley
from shuseki.measures.indices.concentration import (
    coagglomeration,
    comparable,
    concentration,
    disagreement,
    plant_herfindahls,
)
from shuseki.measures.indices.quotients import location_quotients, shift_share, specialisation
from shuseki.panel import Panel
from shuseki.reading.tables import read_table
from shuseki.records.tally import largest, locate, tally
from shuseki.release.disclosure.answers import stocks_universe
from shuseki.release.disclosure.figures import Universe
from shuseki.report.blocks import Section
from shuseki.results import Result
from shuseki.sites import Sites
from shuseki.sources import USER
from shuseki.study.chapter import Chapter, Options, Running, Told
from shuseki.study.faults import faults_of

__all__ = ["MEASURES", "Measured", "Measures", "measure"]

Progress = Callable[[int, int], None]


def text(value: Any) -> Any:
    """A year written as a number is the name of a period; so are codes."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Code = Annotated[str, BeforeValidator(text)]
Period = Code


def two_periods(value: Any) -> Any:
    """Refuse what is not a start and an end."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(say('Expected [start, end], such as ["2001", "2012"]'))
    return tuple(value)


Span = Annotated[tuple[Period, Period], BeforeValidator(two_periods)]
Level = Annotated[float, Field(gt=0, lt=1)]
Several = Annotated[int, Field(ge=1)]
"""Simulations, permutations or redraws."""
Kilometres = Annotated[float, Field(gt=0)]
Weights = Literal["none", "employment"]


class Measure(Options):
    """Options of one measure; those not said take the measure's defaults."""

    by: ClassVar[str] = "panel"

    def given(self, *leave_out: str) -> dict[str, Any]:
        """The options that were said, as keywords of the measure."""
        named = [name for name in type(self).model_fields if name in self.model_fields_set]
        return {name: getattr(self, name) for name in named if name not in leave_out}

    @abstractmethod
    def run(
        self, panel: Panel, sites: Sites | None, progress: Progress | None
    ) -> dict[str, Result]:
        """Measure."""


class Quotients(Measure):
    """Location quotients, specialisation, and shift-share analysis since a period."""

    variable: str = "plants"
    period: Period | None = None
    since: Period | None = None
    interval: Literal["poisson", "bootstrap"] = "poisson"
    level: Level = 0.95
    replicates: Several = 1000
    seed: int = 1939

    def run(
        self, panel: Panel, sites: Sites | None, progress: Progress | None
    ) -> dict[str, Result]:
        """By area and industry, in the last period unless told otherwise."""
        period = self.period or panel.periods[-1]
        about = self.given("variable", "period", "since")
        answers: dict[str, Result] = {
            "quotients": location_quotients(panel, self.variable, period=period, **about),
            "specialisation": specialisation(panel, self.variable, period=period),
        }
        if self.since is not None:
            answers["shift_share"] = shift_share(panel, self.variable, start=self.since, end=period)
        return answers


class ConcentrationOptions(Measure):
    """Concentration indices; coagglomeration and local Moran when asked."""

    period: Period | None = None
    employment: str | None = None
    herfindahl: dict[str, float] | None = None
    permutations: Several = 999
    seed: int = 1997
    coagglomeration: bool = False
    local: tuple[Code, ...] = ()

    def run(
        self, panel: Panel, sites: Sites | None, progress: Progress | None
    ) -> dict[str, Result]:
        """Over areas, with the sizes of the plants where they are known."""
        period = self.period or panel.periods[-1]
        workers = self.employment or workers_of(panel)
        about = self.given("period", "employment", "coagglomeration", "local")
        everywhere = panel.select(periods=[period])
        one = everywhere.drop_empty(workers)
        notes = [*one.notes]
        nowhere = [code for code in everywhere.industries if code not in set(one.industries)]
        if nowhere:
            notes.append(
                say(
                    "Industries that employ no one in {period} are left out: {names}.",
                    period=period,
                    names=some_of(nowhere),
                )
            )
        unknown = "herfindahl" not in about and "squared_employment" not in one.values
        if sites is not None and unknown:
            sizes = plant_herfindahls(sites)
            other = sizes.differs_from(one, workers)
            if other:
                notes.append(
                    say(
                        "The sites are other plants than the panel's ({other}): their sizes are "
                        "not used.",
                        other=other,
                    )
                )
            else:
                about["herfindahl"] = sizes
        one = replace(one, notes=tuple(notes))
        answer = concentration(one, employment=workers, **about)
        answers: dict[str, Result] = {"concentration": answer}
        if len(comparable(answer)) >= 3:
            answers["disagreement"] = disagreement(answer)
        if self.coagglomeration:
            answers["coagglomeration"] = coagglomeration(
                one, employment=workers, herfindahl=about.get("herfindahl")
            )
        for code in self.local:
            answers[f"local_moran_{code}"] = local_moran(one, code, variable=workers)
        return answers


class KDensityOptions(Measure):
    """K-density of Duranton and Overman, by points where there are coordinates, else by areas."""

    industries: tuple[Code, ...] | None = None
    pairs: tuple[tuple[Code, Code], ...] | None = None
    among: Literal["all", "both"] = "all"
    weights: Weights = "none"
    positions: Literal["auto", "points", "mesh"] = "auto"
    range_km: Kilometres | None = None
    bandwidth_km: Kilometres | None = None
    level: Level = 0.05
    variable: str = "plants"
    employment: str | None = None
    period: Period | None = None

    def run(
        self, panel: Panel, sites: Sites | None, progress: Progress | None
    ) -> dict[str, Result]:
        """With global bands."""
        by_area = ("variable", "employment", "period")
        if self.pairs is not None:
            about = self.given("pairs", "industries", *by_area)
            plants = points(sites, "kdensity")
            return {
                "joint_kdensity": joint_kdensity(plants, self.pairs, progress=progress, **about)
            }
        if sites is not None:
            about = self.given("pairs", "among", *by_area)
            return {"kdensity": kdensity(sites, **about, progress=progress)}
        about = self.given("pairs", "among", "positions", "employment", "period")
        found = kdensity_areas(
            panel,
            employment=self.employment or workers_of(panel),
            period=self.period or panel.periods[-1],
            **about,
            progress=progress,
        )
        return {"kdensity": found}


class MFunctionOptions(Measure):
    """M of Marcon and Puech, at several radii, on points."""

    industries: tuple[Code, ...] | None = None
    pairs: tuple[tuple[Code, Code], ...] | None = None
    individual: tuple[Code, ...] = ()
    radii_km: tuple[Kilometres, ...] | None = Field(default=None, min_length=1)
    weights: Weights = "none"
    level: Level = 0.05
    seed: int = 2010

    def run(
        self, panel: Panel, sites: Sites | None, progress: Progress | None
    ) -> dict[str, Result]:
        """Of industries or of pairs, and around each plant."""
        plants = points(sites, "m_function")
        answers: dict[str, Result] = {}
        if self.pairs is not None:
            about = self.given("pairs", "individual", "industries")
            answers["joint_m_function"] = joint_m_function(
                plants, self.pairs, **about, progress=progress
            )
        else:
            about = self.given("pairs", "individual")
            answers["m_function"] = m_function(plants, **about, progress=progress)
        own = {n: v for n, v in about.items() if n in ("radii_km", "weights")}
        return answers | {
            f"individual_m_{code}": individual_m(plants, code, **own) for code in self.individual
        }


class RipleyOptions(Measure):
    """Ripley's K, L and D, on points."""

    industries: tuple[Code, ...] | None = None
    radii_km: tuple[Kilometres, ...] | None = Field(default=None, min_length=1)
    simulations: Several = 199
    level: Level = 0.05
    seed: int = 1977

    def run(
        self, panel: Panel, sites: Sites | None, progress: Progress | None
    ) -> dict[str, Result]:
        """With bands from simulations."""
        return {"ripley": ripley(points(sites, "ripley"), **self.given(), progress=progress)}


class ClustersOptions(Measure):
    """Where plants of an industry cluster, by areas; by points when asked."""

    industries: tuple[Code, ...] | None = None
    variable: str = "plants"
    period: Period | None = None
    simulations: Several = 99
    seed: int = 2014
    points: bool = False
    smallest: int = Field(default=20, ge=2)

    def run(
        self, panel: Panel, sites: Sites | None, progress: Progress | None
    ) -> dict[str, Result]:
        """Every industry with two plants, or those named."""
        period = self.period or panel.periods[-1]
        counted = np.nansum(amounts(panel, self.variable, period)[0], 0)
        few = [code for code, n in zip(panel.industries, counted, strict=True) if n < 2]
        codes = self.industries or [code for code in panel.industries if code not in few]
        if not codes:
            raise DataError(
                say(
                    "No industry has two plants in {period}. A cluster needs two. Choose another "
                    "period.",
                    period=period,
                )
            )
        if few and self.industries is None:
            note = say(
                "Industries with fewer than two plants have no cluster: {names}.",
                names=some_of(few),
            )
            panel = replace(panel, notes=(*panel.notes, note))
        about = self.given("industries", "period", "points", "smallest")
        answers: dict[str, Result] = {
            f"clusters_{code}": clusters(panel, code, period=period, **about) for code in codes
        }
        if not self.points:
            return answers
        plants = points(sites, "clusters")
        enough = {code for code in plants.industries if plants.of(code).sum() >= self.smallest}
        return answers | {
            f"point_clusters_{code}": point_clusters(
                plants, code, smallest=self.smallest, simulations=self.simulations
            )
            for code in codes
            if self.industries or code in enough
        }


class TrendsOptions(Measure):
    """Areas beside all areas, with breaks; who contributed to a change."""

    areas: tuple[Code, ...] = Field(min_length=1)
    variable: str = "plants"
    variables: tuple[str, ...] | None = Field(default=None, min_length=1)
    industry: Code | None = None
    base: Period | None = None
    contributions: Span | None = None
    seed: int = 0

    def run(
        self, panel: Panel, sites: Sites | None, progress: Progress | None
    ) -> dict[str, Result]:
        """Of each variable."""
        variables = self.variables or (self.variable,)
        about = self.given("areas", "variable", "variables", "contributions")
        answers: dict[str, Result] = {
            f"trends_{name}": trends(panel, self.areas, name, **about) for name in variables
        }
        if self.contributions is None:
            return answers
        start, end = self.contributions
        for by in ("area", "industry") if len(panel.industries) > 1 else ("area",):
            answers |= {
                f"contributions_{name}_{by}": contributions(
                    panel, name, start=start, end=end, by=by
                )
                for name in variables
            }
        return answers


class TypesOptions(Measure):
    """Which type of agglomeration is each area?"""

    local_products: tuple[Code, ...] | None = None
    metals: tuple[Code, ...] | None = None
    machinery: tuple[Code, ...] | None = None
    plants: str = "plants"
    workers: str | None = None
    period: Period | None = None
    fewest_plants: float = Field(default=30, gt=0)
    size_variation: float | None = Field(default=None, gt=0)
    seed: int = 0

    def run(
        self, panel: Panel, sites: Sites | None, progress: Progress | None
    ) -> dict[str, Result]:
        """By the industries of the area, in groups of local products, metals and machinery."""
        groups = ("local_products", "metals", "machinery")
        about = self.given(*groups, "workers", "period")
        if any(getattr(self, name) is not None for name in groups):
            about["groups"] = IndustryGroups(
                **{
                    name: frozenset(getattr(self, name) or getattr(JSIC_10, name))
                    for name in groups
                }
            )
        found = agglomeration_types(
            panel,
            workers=self.workers or workers_of(panel),
            period=self.period or panel.periods[-1],
            **about,
        )
        return {"types": found}


class LifeCycleOptions(Measure):
    """In which stage is each area?"""

    areas: tuple[Code, ...] | None = None
    industry: Code | tuple[Code, ...] | None = None
    plants: str | None = "plants"
    workers: str | None = None
    output: str | None = None
    births: str | None = None
    fewest_plants: float = Field(default=10, gt=0)

    def run(
        self, panel: Panel, sites: Sites | None, progress: Progress | None
    ) -> dict[str, Result]:
        """With probabilities."""
        workers = self.workers or workers_of(panel)
        return {"lifecycle": life_cycle(panel, workers=workers, **self.given("workers"))}


class ExternalitiesOptions(Measure):
    """How far do external economies reach?"""

    variable: str = "plants"
    outcome: Literal["growth", "births"] = "growth"
    births: str = "births"
    spans: tuple[Span, ...] | None = Field(default=None, min_length=1)
    rings_km: tuple[Annotated[float, Field(ge=0)], ...] | None = Field(default=None, min_length=2)
    related: dict[str, tuple[Code, ...]] | None = None
    input_output: str = "auto"
    areas: tuple[Code, ...] | None = None
    area_effects: bool = True
    smallest: float = Field(default=5.0, gt=0)
    replicates: Several = 399
    level: Level = 0.9
    seed: int = 2003

    @field_validator("input_output")
    @classmethod
    def _a_table(cls, given: str) -> str:
        known = ("auto", "none", "jsic-10", "jsic-11", "comparable")
        if given not in known and not Path(given).suffix:
            raise ValueError(say("expected a file, or one of {names}", names=listed(known)))
        return given

    def run(
        self, panel: Panel, sites: Sites | None, progress: Progress | None
    ) -> dict[str, Result]:
        """By rings of distance, with a placebo for each channel."""
        about = self.given("input_output")
        if "related" not in about:
            about["related"] = related_by(panel, self.input_output)
        return {"externalities": externality_range(panel, **about)}


def asked_for(model: type[Measure]) -> Any:
    """Type of an entry of the table: ``true`` takes the defaults, ``false`` leaves it out."""

    def read(value: Any) -> Any:
        if value is True:
            return {}
        return None if value is False else value

    return Annotated[model | None, BeforeValidator(read)]


class Measures(Options):
    """Which measures, and their options."""

    quotients: asked_for(Quotients) = None  # type: ignore[valid-type]
    concentration: asked_for(ConcentrationOptions) = None  # type: ignore[valid-type]
    kdensity: asked_for(KDensityOptions) = None  # type: ignore[valid-type]
    m_function: asked_for(MFunctionOptions) = None  # type: ignore[valid-type]
    ripley: asked_for(RipleyOptions) = None  # type: ignore[valid-type]
    clusters: asked_for(ClustersOptions) = None  # type: ignore[valid-type]
    trends: asked_for(TrendsOptions) = None  # type: ignore[valid-type]
    types: asked_for(TypesOptions) = None  # type: ignore[valid-type]
    lifecycle: asked_for(LifeCycleOptions) = None  # type: ignore[valid-type]
    externalities: asked_for(ExternalitiesOptions) = None  # type: ignore[valid-type]


@dataclass(frozen=True, eq=False)
class Measured:
    """What the measures found.

    Attributes
    ----------
    stocks
        Plants and employment by area, industry and wave.
    measures
        Results by name.
    largest
        The largest contributions to the amounts of the stocks, where the records are a user's.
    """

    stocks: Panel
    measures: Mapping[str, Result]
    largest: pd.DataFrame | None = None


class MeasuresChapter(Chapter[Measures, Measured]):
    """Measure the agglomerations."""

    name = "measures"
    about = say("Concentration, distances, clusters and change: which measures, and how.")
    options = Measures
    needs = ("records", "region", "industries", "births")

    def run(self, asked: Measures, running: Running) -> Measured:
        """Tally the plants, locate those with coordinates, and measure."""
        store = running.answers["records"].store
        regions = running.answers["region"]
        grouped = running.answers.get("industries")
        with running.manifest.step(say("measure the agglomerations")) as entry:
            stocks = tally(store, division=regions)
            lang = running.study.report.lang
            stocks = replace(stocks, area_names=regions.names(lang))
            if grouped is not None and grouped.names:
                at = int(lang == "ja")
                words = [grouped.names.get(c, (c, c))[at] for c in stocks.industries]
                stocks = replace(stocks, industry_names=tuple(words))
            births = running.study.tables.get("births")
            wave = store.waves[-1] if births is None else running.study.births.at
            located = "latitude" in store.wave(wave).columns
            sites = locate(store, wave) if located else None
            found = measure(stocks, sites, asked, progress=running.progress)
            entry["measures"] = list(found)
            apply = running.study.disclosure.apply
            own = apply or any(source.origin == "user" for source in store.sources)
            sizes = largest(store, division=regions) if own else None
        return Measured(stocks, found, sizes)

    def universes(self, answer: Measured) -> Iterator[Universe]:
        """Plants and their amounts."""
        if answer.largest is not None:
            yield stocks_universe(answer.stocks, answer.largest)

    def results(self, answer: Measured) -> dict[str, Result]:
        """Each of them."""
        return dict(answer.measures)

    def sections(self, answer: Measured, told: Told) -> Iterator[Section]:
        """All of them."""
        if answer.measures:
            yield Section(say("Measures of agglomeration"), list(answer.measures.values()))


def measure(
    panel: Panel | None,
    sites: Sites | None,
    options: Measures | Mapping[str, Any],
    *,
    progress: Progress | None = None,
) -> dict[str, Result]:
    """Run the measures that a study asks for.

    Parameters
    ----------
    panel
        Area × industry × period with ``plants`` and ``employment`` (or ``employees``). Measures of
        one moment take the last period unless told otherwise. ``None`` where plants are measured
        as points alone.
    sites
        Plants, for measures by distance and exact plant sizes; ``None`` to do without.
    options
        The ``[measures]`` table: name → ``true``, ``false`` or a table of options.
    progress
        Called with (done, total) by the measures that take time.

    Raises
    ------
    UnknownCodeError
        A measure that does not exist.
    ParameterError
        An option that its measure does not have, or of another kind.
    """
    if not isinstance(options, Measures):
        unknown = [name for name in options if name not in Measures.model_fields]
        if unknown:
            raise UnknownCodeError.among("measure", unknown, list(Measures.model_fields))
        try:
            options = Measures(**options)
        except ValidationError as error:
            faults = joined(faults_of("measures", Measures, error), " ")
            raise ParameterError(
                say(
                    "{faults} Expected true, false or a table of options of the measure.",
                    faults=faults,
                )
            ) from None
    answers: dict[str, Result] = {}
    if panel is None:
        panel = in_one_area(points(sites, next(iter(options.model_fields_set), "")))
    for name in Measures.model_fields:
        wanted: Measure | None = getattr(options, name)
        if wanted is not None:
            answers |= wanted.run(panel, sites, progress)
    return answers


def points(sites: Sites | None, name: str) -> Sites:
    """The plants as points; refused without."""
    if sites is None:
        raise ParameterError(
            say(
                "[measures] {name} asks for points, but there are no sites. Expected a table of "
                "plants with coordinates. Give sites, or use kdensity, which takes areas too.",
                name=name,
            )
        )
    return sites


def in_one_area(sites: Sites) -> Panel:
    """The plants counted by industry, in one area that holds all."""
    codes = np.array(sites.industries, dtype=object)[sites.industry]
    table = pd.DataFrame({"industry": codes, "plants": 1})
    counted = table.groupby("industry", as_index=False).sum().assign(area="all")
    return Panel.from_frame(counted, period=None, variables=["plants"], sources=sites.sources)


def workers_of(panel: Panel) -> str:
    """What the panel calls its workers."""
    return "employment" if "employment" in panel.values else "employees"


def related_by(panel: Panel, given: str) -> InputOutput | None:
    """Find an input–output table for a panel.

    ``given``: a CSV, Parquet or xlsx file with columns ``seller``, ``buyer`` and ``amount``; or a
    breakdown that the bundled table knows (``"jsic-10"``, ``"jsic-11"``, ``"comparable"``);
    ``"none"``; or ``"auto"``: the bundled table if the panel has the codes of a breakdown that no
    other has.
    """
    if given == "none":
        return None
    if Path(given).suffix:
        flows = read_table(
            given, codes=["seller", "buyer"], numbers=["amount"], required=["amount"]
        )
        table = flows.pivot_table(index="seller", columns="buyer", values="amount", aggfunc="sum")
        codes = sorted(set(table.index) | set(table.columns))
        return input_output(table.reindex(index=codes, columns=codes).fillna(0), sources=(USER,))
    if given != "auto":
        return input_output_shares(cast(Any, given))
    for breakdown in ("comparable", "jsic-10"):  # revisions 11 and 12 have the same codes
        dealings = input_output_shares(cast(Any, breakdown))
        if set(panel.industries) == set(dealings.industries):
            return dealings
    return None


MEASURES = MeasuresChapter()
