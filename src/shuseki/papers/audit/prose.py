"""Do the sentences say what the tables show?

Each claim of the text is a structured statement; the rules compare it with the cells it refers to:
significance, sign and presence in the models named; the direction of "the higher … the higher";
extremes and ranges of fit statistics; effect sizes in words; numbers rounded into words; pairs that
are said not to be used together; definitions given twice; works cited without an entry in the
references.

A failure means that the sentence, read literally, is not what the table shows. The remedy is as
often other words as another number, so each finding offers the words.
"""

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import combinations

import numpy as np

from shuseki.language import joined, listed, say
from shuseki.language.names import TwoNames
from shuseki.papers.audit.constraints import (
    Cell,
    Certainty,
    Constraint,
    Page,
    Reading,
    Readings,
    distance,
)
from shuseki.papers.printed import PrintedNumber, Statement

__all__ = ["constraints"]

LITERAL = say("the sentence is meant literally")
CONSTANT = "constant"


def constraints(page: Page) -> Iterator[Constraint]:
    """Everything the sentences of a paper claim about its tables."""
    equations = {(outcome, model): terms for outcome, model, terms in page.equations()}
    models = list(dict.fromkeys(model for _, model in equations))
    for statement in page.paper.statements:
        match statement.kind:
            case "significance":
                yield from _significance(page, statement, equations, models)
            case "direction":
                yield from _direction(page, statement, equations)
            case "fit_extreme":
                yield from _fit_extreme(page, statement, equations)
            case "fit_range":
                yield from _fit_range(page, statement, equations)
            case "effect":
                yield from _effect(page, statement, equations)
            case "approximation":
                yield from _approximation(page, statement)
            case "weak_correlation":
                yield from _weak_correlation(page, statement)
            case "never_together":
                yield from _never_together(page, statement, equations)
            case "in_every_model":
                yield from _in_every_model(page, statement, equations)
            case _:
                pass
    yield from _definitions(page)
    yield from _citations(page)


def _claim(
    rule: str,
    statement: Statement,
    cells: Sequence[Cell],
    strain: Callable[[Readings], float],
    found: Callable[[Readings], str],
    rewording: str,
    certainty: Certainty = "strong",
    suspects: tuple[Cell, ...] | None = None,
) -> Constraint:
    return Constraint(
        rule,
        tuple(cells),
        strain,
        found,
        lambda r: say("as in the text: {says}", says=statement.told),
        certainty,
        LITERAL,
        rewording,
        suspects,
        group=statement.id,
        place=statement.where,
    )


def _models(statement: Statement, models: Sequence[str]) -> list[str]:
    named = statement["models"]
    return list(models) if isinstance(named, str) else [str(m) for m in named]


def _significance(
    page: Page,
    statement: Statement,
    equations: dict[tuple[str, str], tuple[str, ...]],
    models: Sequence[str],
) -> Iterator[Constraint]:
    effect, sign = statement["effect"], statement.get("sign")
    named = _models(statement, models)
    optional = statement["models"] == "where present" or effect in ("none", "not positive")
    for outcome in statement["outcomes"]:
        for variable in statement["variables"]:
            for model in models:
                present = variable in equations.get((outcome, model), ())
                label = f"{outcome} {model}, {variable}"
                if model in named and not present and not optional:
                    yield _claim(
                        "variable is in the models named",
                        statement,
                        (),
                        lambda r: np.inf,
                        lambda r, v=variable, o=outcome, m=model: say(
                            "{variable} is not in model {model} of {outcome}",
                            variable=v,
                            model=m,
                            outcome=o,
                        ),
                        say("all models that contain it"),
                    )
                if not present:
                    continue
                cells = (
                    page.coefficient(outcome, model, variable, "stars"),
                    page.coefficient(outcome, model, variable, "t"),
                    page.coefficient(outcome, model, variable),
                )
                if not all(cell in page for cell in cells):
                    continue
                if model in named:
                    yield _claim(
                        "significance in words",
                        statement,
                        cells,
                        lambda r, effect=effect, sign=sign: (
                            0.0 if _has(r, effect, sign) else np.inf
                        ),
                        lambda r, label=label: f"{label}: {r[2].text} ({r[1].text}){r[0].text}",
                        say("an exception for this model"),
                    )
                elif statement.get("only"):
                    yield _claim(
                        "significance in words",
                        statement,
                        cells,
                        lambda r, effect=effect: np.inf if _has(r, effect, None) else 0.0,
                        lambda r, label=label: say(
                            "{label} too: {coefficient} ({t}){stars}",
                            label=label,
                            coefficient=r[2].text,
                            t=r[1].text,
                            stars=r[0].text,
                        ),
                        say("this model as well"),
                    )


def _has(r: Readings, effect: str, sign: str | None) -> bool:
    """Whether stars, t and coefficient show the effect."""
    starred, b = bool(r[0].text), r[2].value
    signs = {"positive": b > 0, "negative": b < 0, None: True}
    if not signs[sign]:
        return False
    if effect == "none":
        return not starred
    if effect == "significant":
        return starred
    if effect == "not positive":
        return not (starred and b > 0)
    return starred and signs[effect]


def _direction(
    page: Page, statement: Statement, equations: dict[tuple[str, str], tuple[str, ...]]
) -> Iterator[Constraint]:
    for outcome in statement["outcomes"]:
        for field, side in (("higher_with", 1.0), ("lower_with", -1.0)):
            for variable in statement[field]:
                inside = [
                    m for (o, m), terms in equations.items() if o == outcome and variable in terms
                ]
                cells = [
                    page.coefficient(outcome, model, variable, column)
                    for model in inside
                    for column in ("coefficient", "stars")
                ]
                if not inside or not all(cell in page for cell in cells):
                    continue

                def strain(r: Readings, side: float = side) -> float:
                    starred = [b.value for b, s in zip(r[::2], r[1::2], strict=True) if s.text]
                    against = [b for b in starred if side * b < 0]
                    return np.inf if against or not starred else 0.0

                yield _claim(
                    "direction in words",
                    statement,
                    cells,
                    strain,
                    lambda r, o=outcome, v=variable: say(
                        "{outcome} on {variable}: {value}",
                        outcome=o,
                        variable=v,
                        value=listed(b.text + s.text for b, s in zip(r[::2], r[1::2], strict=True)),
                    ),
                    say(
                        "the lower {variable}" if side > 0 else "the higher {variable}",
                        variable=variable,
                    ),
                )


def _fit_extreme(
    page: Page, statement: Statement, equations: dict[tuple[str, str], tuple[str, ...]]
) -> Iterator[Constraint]:
    number = page.statement(statement)
    for outcome in statement["outcomes"]:
        inside = [m for o, m in equations if o == outcome]
        cells = [page.fit(outcome, m, statement["statistic"]) for m in inside]
        if str(statement["model"]) not in inside or not all(cell in page for cell in cells):
            continue
        at = inside.index(str(statement["model"]))
        least = statement["extreme"] == "min"

        def strain(r: Readings, at: int = at, least: bool = least) -> float:
            values = [q.value for q in r[1:]]
            extreme = min(values) if least else max(values)
            away = distance(r[1 + at].value - r[0].value, r[0].half + r[1 + at].half)
            return away if values[at] == extreme else np.inf

        yield _claim(
            "fit in words",
            statement,
            (number, *cells),
            strain,
            lambda r, o=outcome: say(
                "{outcome}: {values}", outcome=o, values=listed(q.text for q in r[1:])
            ),
            say("the model and value in the table"),
        )


def _fit_range(
    page: Page, statement: Statement, equations: dict[tuple[str, str], tuple[str, ...]]
) -> Iterator[Constraint]:
    ends = (page.statement(statement, "low"), page.statement(statement, "high"))
    for outcome in statement["outcomes"]:
        cells = [page.fit(outcome, m, statement["statistic"]) for o, m in equations if o == outcome]
        if not all(cell in page for cell in (*ends, *cells)):
            continue

        def strain(r: Readings) -> float:
            values = [q.value for q in r[2:]]
            return max(
                distance(min(values) - r[0].value, r[0].half),
                distance(max(values) - r[1].value, r[1].half),
            )

        yield _claim(
            "fit in words",
            statement,
            (*ends, *cells),
            strain,
            lambda r, o=outcome: say(
                "{outcome}: {values}", outcome=o, values=listed(q.text for q in r[2:])
            ),
            say("the range in the table"),
        )


def _effect(
    page: Page, statement: Statement, equations: dict[tuple[str, str], tuple[str, ...]]
) -> Iterator[Constraint]:
    """A change of the variable times the coefficient, rounded like the words.

    A single figure must be what at least one of the models gives; a range must be what the smallest
    and the largest give. No model may point the other way.
    """
    outcome, variable = str(statement["outcome"]), str(statement["variable"])
    named = statement["models"]
    inside = [
        m
        for (o, m), terms in equations.items()
        if o == outcome and variable in terms and (isinstance(named, str) or m in named)
    ]
    cells = (
        page.statement(statement, "low"),
        page.statement(statement, "high"),
        *(page.coefficient(outcome, m, variable) for m in inside),
    )
    if not inside or not all(cell in page for cell in cells):
        return
    side = 1.0 if statement["direction"] == "more" else -1.0
    change = side * PrintedNumber(statement["change"]).value

    def strain(r: Readings) -> float:
        effects = [change * q.value for q in r[2:]]
        halves = [abs(change) * q.half for q in r[2:]]
        if min(effects) < 0:
            return np.inf
        away = [
            [distance(e - end.value, end.half + h) for e, h in zip(effects, halves, strict=True)]
            for end in r[:2]
        ]
        if r[0].value == r[1].value:
            return min(away[0])
        return max(away[0][int(np.argmin(effects))], away[1][int(np.argmax(effects))])

    def found(r: Readings) -> str:
        text = ", ".join(f"{change * q.value:.3g}" for q in r[2:])
        return say(
            "{outcome} on {variable}: {value}", outcome=outcome, variable=variable, value=text
        )

    yield _claim(
        "effect in words",
        statement,
        cells,
        strain,
        found,
        say("the figure that the coefficients give"),
    )


def _approximation(page: Page, statement: Statement) -> Iterator[Constraint]:
    """A number rounded into words: "about 10", "a little under 2"."""
    if statement.get("area"):
        places = {area: rank for rank, area in page.ranked(str(statement["outcome"]))}
        if statement["area"] not in places:
            return
        cell = Cell("ranking", (str(statement["outcome"]), places[statement["area"]]), "rate")
    elif statement.get("variable"):
        cell = page.described(str(statement["variable"]), str(statement["statistic"]))
    else:
        return
    words = page.statement(statement)
    if cell not in page or words not in page:
        return

    def strain(r: Readings) -> float:
        told, value = r
        low = told.value - (2 if statement["side"] == "below" else 1) * told.half
        high = told.value + (2 if statement["side"] == "above" else 1) * told.half
        if statement["side"] == "below":
            high = told.value
        if statement["side"] == "above":
            low = told.value
        return distance(value.value - (low + high) / 2, (high - low) / 2 + value.half)

    yield _claim(
        "number in words",
        statement,
        (words, cell),
        strain,
        lambda r: say("{words} for {number}", words=statement["words"], number=r[1].text),
        say("the number in the table"),
    )


def _weak_correlation(page: Page, statement: Statement) -> Iterator[Constraint]:
    """Low means not distinguishable from none at the 5% level."""
    for variable in statement["variables"]:
        for outcome in statement["outcomes"]:
            cell = page.correlation(outcome, variable)
            n = page.n(page.described(variable, "n"))
            if cell not in page or n is None:
                continue
            limit = 1.96 / np.sqrt(n)
            yield _claim(
                "correlation in words",
                statement,
                (cell,),
                lambda r, limit=limit: distance(max(abs(r[0].value) - limit, 0.0), r[0].half),
                lambda r, o=outcome, v=variable: say(
                    "{outcome} with {variable}: {value}", outcome=o, variable=v, value=r[0].text
                ),
                say("a correlation that is not low"),
                "weak",
            )


def _never_together(
    page: Page, statement: Statement, equations: dict[tuple[str, str], tuple[str, ...]]
) -> Iterator[Constraint]:
    pairs = {frozenset(pair) for pair in statement["pairs"]}
    for (outcome, model), terms in equations.items():
        for pair in pairs:
            if pair <= set(terms):
                names = joined(sorted(pair), " and ")
                yield _claim(
                    "pairs said not to be used together",
                    statement,
                    (),
                    lambda r: np.inf,
                    lambda r, n=names, o=outcome, m=model: say(
                        "{names} are both in model {model} of {outcome}",
                        names=n,
                        model=m,
                        outcome=o,
                    ),
                    say("an exception"),
                )
    together = {
        frozenset(pair)
        for terms in equations.values()
        for pair in combinations([t for t in terms if t != CONSTANT], 2)
    }
    apart = sorted(pairs - together, key=sorted)
    kept = sorted(together - pairs, key=sorted)
    cells_apart = [page.correlation(*sorted(pair)) for pair in apart]
    cells_kept = [page.correlation(*sorted(pair)) for pair in kept]
    if not apart or not kept or not all(c in page for c in (*cells_apart, *cells_kept)):
        return
    m = len(cells_apart)

    def worst(r: Readings) -> tuple[Reading, list[tuple[frozenset[str], Reading]]]:
        least = min(r[:m], key=lambda q: abs(q.value))
        above = [
            (pair, q)
            for pair, q in zip(kept, r[m:], strict=True)
            if abs(q.value) - q.half > abs(least.value) + least.half
        ]
        return least, sorted(above, key=lambda item: -abs(item[1].value))

    def found(r: Readings) -> str:
        least, above = worst(r)
        pairs = listed(say("{one} with {other} {r}", **_two(p), r=q.text) for p, q in above)
        return say("kept apart at {r}; together: {pairs}", r=least.text, pairs=pairs)

    yield _claim(
        "pairs kept apart by correlation",
        statement,
        (*cells_apart, *cells_kept),
        lambda r: np.inf if worst(r)[1] else 0.0,
        found,
        say("another reason to keep them apart"),
        "weak",
        suspects=(),
    )


def _two(pair: frozenset[str]) -> dict[str, str]:
    one, other = sorted(pair)
    return {"one": one, "other": other}


def _in_every_model(
    page: Page, statement: Statement, equations: dict[tuple[str, str], tuple[str, ...]]
) -> Iterator[Constraint]:
    for (outcome, model), terms in equations.items():
        lacking = not set(statement["any_of"]) & set(terms)
        yield _claim(
            "variable is in the models named",
            statement,
            (),
            lambda r, lacking=lacking: np.inf if lacking else 0.0,
            lambda r, o=outcome, m=model: say(
                "model {model} of {outcome} has none of {names}",
                model=m,
                outcome=o,
                names=listed(statement["any_of"]),
            ),
            say("an exception for this model"),
        )


def _word(statement: Statement, field: str) -> str:
    """A word of a statement, in both languages where the paper's folder has them."""
    english = str(statement[field])
    return TwoNames(english, str(statement.get(f"{field}_ja") or english))


def _definitions(page: Page) -> Iterator[Constraint]:
    """One thing is defined one way, wherever it is defined."""
    said: dict[tuple[str, str], dict[str, list[str]]] = {}
    for statement in page.paper.of_kind("definition"):
        values = said.setdefault((_word(statement, "of"), _word(statement, "aspect")), {})
        values.setdefault(_word(statement, "value"), []).append(statement.where)
    for (what, aspect), values in said.items():
        definitions = joined(
            [
                say("{value} ({places})", value=value, places=listed(places))
                for value, places in values.items()
            ],
            "; ",
        )
        most = max(len(places) for places in values.values())
        said_times = sum(len(places) for places in values.values())
        usual = [value for value, places in values.items() if len(places) == most]
        yield Constraint(
            "one definition",
            (),
            lambda r, one=most == said_times: 0.0 if one else np.inf,
            lambda r, w=what, k=aspect, x=definitions: say(
                "{aspect} of {what}: {definitions}", aspect=k, what=w, definitions=x
            ),
            lambda r: say("a single definition"),
            "strong",
            LITERAL,
            say("{definition} throughout", definition=usual[0]) if len(usual) == 1 else "",
            place=joined([place for places in values.values() for place in places], "; "),
        )


def _citations(page: Page) -> Iterator[Constraint]:
    entries = [
        (str(r["author"]), str(r["year"]))
        for r in page.paper.table("references").to_dict("records")
    ]
    cited = page.paper.table("citations").to_dict("records")
    if not entries:
        return
    for row in cited:
        entry = (str(row["author"]), str(row["year"]))
        nearest = max(entries, key=lambda other: _likeness(entry, other))
        near = f"{nearest[0]} ({nearest[1]})"
        where = say("p. {page}", page=str(row["pages"]).replace(";", ", "))
        yield Constraint(
            "citation has an entry",
            (),
            lambda r, missing=entry not in entries: np.inf if missing else 0.0,
            lambda r, e=entry, w=where: say(
                "{author} ({year}) is cited on {pages}", author=e[0], year=e[1], pages=w
            ),
            lambda r: say("an entry in the references"),
            rewording=near,
            place=where,
        )
    names = {(str(row["author"]), str(row["year"])) for row in cited}
    for entry in entries if cited else []:
        yield Constraint(
            "entry is cited",
            (),
            lambda r, missing=entry not in names: np.inf if missing else 0.0,
            lambda r, e=entry: say("{author} ({year}) is listed", author=e[0], year=e[1]),
            lambda r: say("a citation in the text"),
            "weak",
            say("the text cites by author and year"),
            say("leave the entry out, or cite it"),
            group="uncited",
            place=say("references"),
        )


def _likeness(one: tuple[str, str], other: tuple[str, str]) -> float:
    """How likely one entry is meant for another: names in any order, and digits of the year."""
    names = [" ".join(sorted(e[0].replace(" and ", " ").split())) for e in (one, other)]
    year = SequenceMatcher(None, one[1], other[1]).ratio()
    return SequenceMatcher(None, names[0], names[1]).ratio() + year
