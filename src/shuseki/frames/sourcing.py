"""What can I ask of a table of firms, and of a table of orders, of my own?

``read_directory`` and ``read_orders`` make a directory and orders of files or data frames; the
verbs take these, or the files and frames themselves. Firms come first read as a coordinator would
write them: what was not understood is listed (``importing.read_list``), never guessed.

A frame of orders has one row for each step::

    id  quantity  due         process   material  it_grade
    a   300       2026-03-06  turning   SUS304    9
    a   300       2026-03-06  grinding  SUS304    7

Takes frames of pandas, paths, directories and orders. Gives the answers of ``sourcing``.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shuseki.directory import Directory
from shuseki.errors import DataError, ParameterError, examples
from shuseki.language import say
from shuseki.papers.survey import printed_questions
from shuseki.sourcing import gaps as _gaps
from shuseki.sourcing import planner
from shuseki.sourcing import search as _search
from shuseki.sourcing.capacity import Served, serve
from shuseki.sourcing.exits import owners_of, read_owners, succession_rates
from shuseki.sourcing.importing import read_list
from shuseki.sourcing.offers import check_homes
from shuseki.sourcing.orders import FIELDS, STEP_FIELDS, Order, order_from
from shuseki.sourcing.orders import read_orders as _read_orders
from shuseki.sourcing.rents import SharingRent, read_values, sharing_rent
from shuseki.sourcing.resilience import Criticality, criticality, read_chains
from shuseki.sourcing.sharing import planned_orders
from shuseki.sourcing.survey import SurveyFigure, read_survey, survey_figure

__all__ = [
    "capacity",
    "gaps",
    "plan",
    "read_directory",
    "read_orders",
    "rents",
    "resilience",
    "search",
    "survey",
]

Firms = Directory | pd.DataFrame | Mapping[str, pd.DataFrame] | str | Path
Orders = Order | Sequence[Order] | pd.DataFrame | str | Path
OF_STEP = tuple(name for name in STEP_FIELDS if name not in ("certificates", "after"))
OF_ORDER = tuple(name for name in FIELDS if name not in ("steps", *OF_STEP))
WHOLE = ("quantity", "it_grade")
OWN = "own"
"""Cluster of firms for which none is named."""


# ---- what is read --------------------------------------------------------------------------------


def read_directory(firms: Firms, cluster: str = OWN, **how: Any) -> Directory:
    """Make a directory of a chamber's list.

    Parameters
    ----------
    firms
        A file (CSV, xlsx, Parquet, JSON), a data frame with one row per firm, or data frames by
        name: ``{"firms": …, "capabilities": …, "loads": …, "ties": …}``. A directory stays as it
        is.
    cluster
        Code of the cluster that owns the records.
    how
        As for ``sourcing.importing.read_list``: ``layout``, ``today``, ``encoding``, ``sheet``.

    Returns
    -------
    Directory
        Its notes say what was set aside or not understood.

    Examples
    --------
    >>> frame = pd.DataFrame({"会員番号": ["1", "2"], "会社名": ["A", "B"]})
    >>> frame["加工内容"] = ["研磨", "旋盤"]
    >>> firms = read_directory(frame, "ota")
    >>> [(able.firm, able.process) for able in firms.capabilities]
    [('ota/1', 'polishing'), ('ota/2', 'turning')]
    """
    if isinstance(firms, Directory):
        return firms
    read = read_list(firms, cluster, **how)
    found = read.directory
    told = (read.headline(),) if read.faults else ()
    return Directory(
        firms=found.firms,
        capabilities=found.capabilities,
        equipment=found.equipment,
        loads=found.loads,
        ties=found.ties,
        ratings=found.ratings,
        sources=found.sources,
        notes=(*found.notes, *told),
    )


def read_orders(orders: Orders, *, today: date | None = None) -> tuple[Order, ...]:
    """Make orders of a TOML file, a folder of them, or a data frame with one row per step.

    Parameters
    ----------
    orders
        Columns of a frame: ``id``, ``quantity``, ``due``, ``process``, and what else an order or a
        step may state (``placed``, ``hub``, ``cluster``, ``origin``, ``destination``,
        ``piece_kg``, ``price_yen``, ``material``, ``size_mm``, ``tolerance_um``, ``it_grade``,
        ``roughness_um``). Rows of one id are its steps, one after another.
    today
        Day on which orders without ``placed`` are placed.

    Raises
    ------
    DataError
        A column that is none, or an order that is told in two ways; the rows are named.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {
    ...         "id": ["a", "a"],
    ...         "quantity": 300,
    ...         "placed": "2026-01-05",
    ...         "due": "2026-03-06",
    ...         "process": ["turning", "grinding"],
    ...     }
    ... )
    >>> [(order.id, [step.name for step in order.steps]) for order in read_orders(frame)]
    [('a', ['turning', 'grinding'])]
    """
    if isinstance(orders, Order):
        return (orders,)
    if isinstance(orders, pd.DataFrame):
        return _orders_of(orders, today)
    if isinstance(orders, str | Path):
        return _read_orders(Path(orders), today=today)
    return tuple(orders)


def _orders_of(frame: pd.DataFrame, today: date | None) -> tuple[Order, ...]:
    known = [*OF_ORDER, *OF_STEP]
    names = [str(name) for name in frame.columns]
    strange = [name for name in names if name not in known]
    missing = [name for name in ("id", "quantity", "due", "process") if name not in names]
    if strange or missing:
        raise DataError(
            say(
                "The frame of orders lacks the columns {missing}, and has {strange} that are none. "
                "Expected id, quantity, due, process and any of {known}. Add or rename them.",
                missing=examples(missing) if missing else say("none"),
                strange=examples(strange) if strange else say("none"),
                known=examples(known, len(known)),
            )
        )
    if frame.empty:
        raise DataError(
            say("The frame of orders has no rows. Expected one for each step. Add them.")
        )
    tables: dict[str, dict[str, Any]] = {}
    first: dict[str, int] = {}
    for number, row in enumerate(frame.to_dict(orient="records"), 1):
        told = {str(k): _value(str(k), v) for k, v in row.items() if not _is_blank(v)}
        name = str(told.get("id", ""))
        if not name:
            raise DataError(
                say("Row {row} of the orders has no id. Expected one. Write it.", row=number)
            )
        own = {k: v for k, v in told.items() if k in OF_ORDER}
        table = tables.setdefault(name, {**own, "steps": []})
        first.setdefault(name, number)
        other = sorted(k for k, v in own.items() if table.get(k) != v)
        if other:
            raise DataError(
                say(
                    "Row {row} of the orders: {column} = {value} of order {order!r}, but {other} "
                    "in row {first}. Expected one value for an order. Correct one of the rows.",
                    row=number,
                    column=other[0],
                    value=own[other[0]],
                    order=name,
                    other=table.get(other[0]),
                    first=first[name],
                )
            )
        table["steps"].append({k: v for k, v in told.items() if k in OF_STEP})
    return tuple(
        order_from(
            {**table, "id": name},
            say("order {name} (from row {row})", name=name, row=first[name]),
            default_id=name,
            today=today,
        )
        for name, table in tables.items()
    )


def _is_blank(value: Any) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or value == "" or value != value


def _value(name: str, value: Any) -> Any:
    """A value of a frame as TOML would have it."""
    if isinstance(value, np.generic):
        value = value.item()
    if name in ("due", "placed"):
        if isinstance(value, str):
            try:
                return date.fromisoformat(value.strip())
            except ValueError:
                return value
        return value.date() if isinstance(value, datetime) else value
    if name in WHOLE and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


# ---- what is asked -------------------------------------------------------------------------------


def search(firms: Firms, query: str, *, cluster: str = OWN) -> _search.Found:
    """Say who can do what a text asks for, and why the others cannot.

    Parameters
    ----------
    firms
        A directory, or what ``read_directory`` takes.
    query
        In Japanese or English, such as ``"研磨 SUS304 φ20 IT6 鯖江から100km"``.

    Examples
    --------
    >>> frame = pd.DataFrame({"name": ["A", "B"], "processes": ["polishing", "turning"]})
    >>> search(frame, "研磨").headline()
    '1 of 2 firms can, of 0 it is not known (process: polishing)'
    """
    return _search.search(read_directory(firms, cluster), query)


def plan(order: Orders, firms: Firms, *, cluster: str = OWN, **how: Any) -> planner.Plan:
    """Find the chains of firms for an order that no other chain dominates.

    Parameters
    ----------
    order
        One order, or what ``read_orders`` takes, with one order.
    firms
        A directory, or what ``read_directory`` takes.
    how
        As for ``sourcing.planner.plan``: ``objectives``, ``mode``, ``assumptions``, ``draws`` …

    Raises
    ------
    ParameterError
        Several orders.
    """
    asked = read_orders(order)
    if len(asked) != 1:
        raise ParameterError(
            say(
                "{n} orders. Expected one. Use sk.capacity for many, or give one of them.",
                n=len(asked),
            )
        )
    return planner.plan(asked[0], _homes(asked, firms, cluster), **how)


def capacity(orders: Orders, firms: Firms, *, cluster: str = OWN, **how: Any) -> Served:
    """Serve many orders within the free hours of all firms, and say whose hour is worth most.

    Parameters
    ----------
    orders, firms
        As for ``plan``.
    how
        As for ``sourcing.capacity.serve``: ``weeks``, ``mode``, ``assumptions``, ``seconds``.
    """
    asked = read_orders(orders)
    return serve(asked, _homes(asked, firms, cluster), **how)


def gaps(
    orders: Orders, firms: Firms, *, of: str = "", cluster: str = OWN, **how: Any
) -> _gaps.Gaps:
    """Find work that nobody, hardly anybody, or soon nobody does, and what would fill it.

    Parameters
    ----------
    orders, firms
        As for ``plan``.
    of
        Cluster whose gaps are sought; all firms together by default.
    how
        As for ``sourcing.gaps.gaps``: ``assumptions``, ``orders_per_year``.
    """
    asked = read_orders(orders)
    return _gaps.gaps(asked, _homes(asked, firms, cluster), cluster=of, **how)


def _homes(orders: Sequence[Order], firms: Firms, cluster: str) -> Directory:
    """The directory, with the clusters and hubs of the orders in it."""
    directory = read_directory(firms, cluster)
    check_homes(orders, directory)
    return directory


def rents(
    orders: Orders | None = None,
    firms: Firms | None = None,
    *,
    values: pd.DataFrame | str | Path | None = None,
    **how: Any,
) -> SharingRent:
    """Say what it brings clusters to share their directories, and split it by the Shapley rule.

    Parameters
    ----------
    orders, firms
        As for ``plan``; each order with a hub or a cluster.
    values
        In their place, a table of values of sets of clusters: ``clusters`` (``ota+suwa``),
        ``value_yen``.
    how
        As for ``sourcing.rents.sharing_rent``: ``draws``, ``rng``.

    Raises
    ------
    ParameterError
        Neither, or both.
    """
    if values is not None and orders is None and firms is None:
        value, names = read_values(values)
        return sharing_rent(value, names, **how)
    if values is not None or orders is None or firms is None:
        raise ParameterError(
            say("Expected orders and firms, or values alone. Give either the one or the other.")
        )
    directory = read_directory(firms)
    made = planned_orders(directory, read_orders(orders))
    clusters = sorted({firm.cluster for firm in directory.firms})
    return sharing_rent(made.value_yen, clusters, sources=made.sources, **how)


def resilience(
    orders: Orders | None = None,
    firms: Firms | None = None,
    *,
    chains: pd.DataFrame | str | Path | None = None,
    publisher: str = "TDB",
    **how: Any,
) -> Criticality:
    """Say which firms would be missed when they go; every order within its own cluster.

    Parameters
    ----------
    orders, firms
        As for ``plan``. With ``chains``, ``firms`` is a table of heads: ``firm``, ``owner_age``,
        ``successor``, ``employees``, ``processes``.
    chains
        In place of orders, who makes what: ``order``, ``chain`` (``a > b > c``), ``cost_yen``,
        ``worth_yen``.
    publisher
        Whose rates stand in for unknown successors: TDB, TSR or JFC.
    how
        As for ``sourcing.resilience.criticality``: ``parameters``, ``years``.

    Raises
    ------
    ParameterError
        Firms are not given, or both or neither of orders and chains.

    Notes
    -----
    ``sourcing.resilience.cascade`` and ``compare_policies`` follow exits year by year.
    """
    if firms is None or (orders is None) == (chains is None):
        raise ParameterError(say("Expected firms, and either orders or chains. Give both of them."))
    rates = succession_rates(publisher)
    if chains is not None:
        if isinstance(firms, Directory):
            owners = owners_of(firms, rates)
        elif isinstance(firms, pd.DataFrame | str | Path):
            owners = read_owners(firms, rates)
        else:
            raise ParameterError(
                say("Several tables of firms with chains. Expected one of heads. Give that one.")
            )
        return criticality(read_chains(chains, owners.firms), owners, **how)
    assert orders is not None
    directory = read_directory(firms)
    made = planned_orders(directory, read_orders(orders))
    return criticality(made.inside(), owners_of(directory, rates), **how)


def survey(answers: pd.DataFrame | str | Path | None = None, **how: Any) -> SurveyFigure:
    """Count what members say that their network brought them.

    Parameters
    ----------
    answers
        One row per firm; see ``sourcing.survey.read_survey``. The printed figures of the 2012
        paper without it.
    how
        As for ``read_survey``: ``firm``, ``answers``, ``describing``.

    Examples
    --------
    >>> survey().to_frame()["n"].unique().tolist()
    [149, 144, 152]
    """
    printed = printed_questions()
    if answers is None:
        return survey_figure(printed)
    return read_survey(answers, printed, **how).figure()
