"""Do coefficients, t values, stars, fits and counts of the equations fit one another?

Exact rules: a coefficient and its t have one sign; stars follow from t and F by the stated levels;
the adjusted R² lies where it can; more regressors explain no less; the number of observations fits
those of the variables; the constant is what the means leave.

Rules that rest on an assumption, which each finding names:

- F from R², n and the number of regressors (the classical F; only checked where most of the paper's
  equations obey it, since some papers print a robust one).
- The standard error implied by a coefficient and its t, against the classical one that moments
  give: to the last digit, where four fifths of the paper's errors are so; else in line with the
  paper's other cells; without moments, with the other models. The ratio of the two is nearly the
  same in all models of an outcome that have the term, so a term is held against itself more closely
  than against the others.
- Where one outcome is the sum of others, its coefficients are the sums of theirs, and its standard
  errors obey the triangle inequality (its residual is the sum of their residuals). Exact for the
  same observations. When outliers were dropped from each outcome separately, the room is the most
  that those observations can move: one with a standardised residual z moves a coefficient by
  ``z c`` standard errors and adds ``z²c²`` to its relative variance, where the partial leverage c²
  is at most ``VIF · d² / (n − 1)`` with d the variable's furthest distance from its mean in
  standard deviations.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial, reduce
from itertools import permutations
from math import comb, isfinite, log, nan
from statistics import median

import numpy as np
from scipy import stats

from shuseki.arrays import Floats
from shuseki.language import Message, listed, say
from shuseki.papers.audit.constraints import (
    Cell,
    Constraint,
    Page,
    Reading,
    Readings,
    distance,
    overlap,
)
from shuseki.papers.audit.correlations import equation_cells
from shuseki.papers.audit.descriptives import dropped, same_drops

__all__ = ["constraints", "error_pair", "implied", "implies"]

CONSTANT = "constant"
NO_STARS = say("no stars")
OUT_OF_LINE = 6.0
"""Robust standard deviations beyond which an implied standard error is out of line."""
LEAST_FACTOR = float(np.log(3.0))
"""… and at least this far off in any case (log of the ratio), as robust errors do vary."""
AMONG_MODELS, LEAST_AMONG_MODELS = 9.0, float(np.log(2.0))
"""The same for a term's ratio to the classical error, against its ratios in the other models."""
MOST = 0.8
"""Share of the errors that must be the classical ones for the others to be held to it."""
FEW_EQUATIONS = 2
"""Up to so many equations, F against R² is checked although most of them fail."""
LEAST_FREEDOM = 10
"""Degrees of freedom taken at least, when not all regressors are printed."""
COINCIDENCE = 0.01
"""Chance below which an agreement of counts needs an explanation."""

CLASSICAL_F = say("F is the classical one, from R²")
SAME_ROWS = say("the same observations in these equations")
LINE = say(
    "robust and classical standard errors differ no more here than in the paper's other cells"
)
CLASSICAL = say("standard errors are the classical ones, as nearly all here are")
FEW_DROPPED = say("the equations differ only in the outliers dropped")


def constraints(page: Page) -> Iterator[Constraint]:
    """Everything a set of equations must satisfy."""
    equations = list(page.equations())
    levels = _levels(page)
    for outcome, model, terms in equations:
        n = page.fit(outcome, model, "n")
        for term in terms:
            yield from _term(page, outcome, model, term, len(terms), n, levels)
        yield from _shares(page, outcome, model, len(terms), full=CONSTANT in terms)
        if CONSTANT in terms:
            yield from _f_stars(page, outcome, model, len(terms), n, levels)
        yield from _constant(page, outcome, model, terms)
        yield from _count(page, outcome, model, terms)
    # Without a constant in print, there are regressors that are not printed either.
    full = [equation for equation in equations if CONSTANT in equation[2]]
    yield from _f_statistics(page, full)
    yield from _nested(page, full)
    yield from _classical_errors(page, full)
    yield from _standard_errors(page, equations)
    yield from _among_models(page, full)
    yield from _sums(page, full)
    yield from _coincidences(page, equations)


def _levels(page: Page) -> list[tuple[str, float]]:
    """Stars and their levels, strictest first."""
    stars: Mapping[str, float] = page.paper.about.get("stars", {})
    return sorted(stars.items(), key=lambda item: item[1])


def one_of(stars: set[str]) -> str:
    """Say which stars would agree."""
    either = [mark or NO_STARS for mark in sorted(stars)]
    return reduce(lambda some, one: say("{some} or {one}", some=some, one=one), either)


def _starred(p: float, levels: Sequence[tuple[str, float]]) -> str:
    return next((stars for stars, level in levels if p <= level), "")


def _term(
    page: Page,
    outcome: str,
    model: str,
    term: str,
    size: int,
    n: Cell,
    levels: Sequence[tuple[str, float]],
) -> Iterator[Constraint]:
    b, t, se, p, stars = (
        page.coefficient(outcome, model, term, column)
        for column in ("coefficient", "t", "se", "p", "stars")
    )
    label = f"{outcome} {model}, {term}"
    if b in page and t in page:
        yield Constraint(
            "sign of t",
            (b, t),
            lambda r: np.inf if r[0].value * r[1].value < 0 else 0.0,
            lambda r: f"{label}: {r[0].text} ({r[1].text})",
            lambda r: say("one sign"),
        )
    if b in page and t in page and se in page:
        yield Constraint(
            "t against the standard error",
            (b, t, se),
            lambda r: overlap(*_sizes(r[1:2]), *_sizes((r[0], r[2]))),
            lambda r: say(
                "{label}: {value}, standard error {se}, t {t}",
                label=label,
                value=r[0].text,
                se=r[2].text,
                t=r[1].text,
            ),
            lambda r: "|t| {:.3g} … {:.3g}".format(*_sizes((r[0], r[2]))),
        )
    ratio = (t,) if t in page else (b, se) if b in page and se in page else ()
    full = CONSTANT in page.terms(outcome, model)
    sized = (*ratio, n) if n in page else ratio

    def tails(r: Readings) -> tuple[float, float]:
        """Least and greatest two-sided p of the printed ratio."""
        low, high = _sizes(r[: len(ratio)])
        known = r[len(ratio)].value - size if len(r) > len(ratio) else LEAST_FREEDOM
        # With regressors that are not printed, or no n, the degrees of freedom are fewer.
        freedom = max(known if full else min(known, LEAST_FREEDOM), 1)
        # Robust t values are read against Student's t by some programs, the normal by others.
        ends = [
            2 * float(sf) for v in (low, high) for sf in (stats.norm.sf(v), stats.t.sf(v, freedom))
        ]
        return min(ends), max(ends)

    def shown(r: Readings) -> str:
        said = f"t {r[0].text}" if ratio == (t,) else f"{r[0].text} ({r[1].text})"
        return said if ratio else f"p {r[0].text}"

    def claim(
        cells: tuple[Cell, ...], ends: Callable[[Readings], tuple[float, float]]
    ) -> Constraint:
        def allowed(r: Readings) -> set[str]:
            least, most = ends(r)
            inside = {s for s, level in levels if least <= level <= most}
            return {_starred(least, levels), _starred(most, levels)} | inside

        return Constraint(
            "stars against p" if cells == (p,) else "stars against t",
            (stars, *cells),
            lambda r: 0.0 if r[0].text in allowed(r[1:]) else np.inf,
            lambda r: listed(
                [
                    f"{label}: {'p ' + r[1].text if cells == (p,) else shown(r[1:])}",
                    r[0].text or NO_STARS,
                ]
            ),
            lambda r: one_of(allowed(r[1:])),
            suspects=(stars, *(cell for cell in cells if cell != n)),
        )

    if levels and stars in page and p in page:
        yield claim((p,), lambda r: (r[0].low, r[0].high))
    if levels and stars in page and ratio and p not in page:
        yield claim(sized, tails)
    if ratio and p in page:
        yield Constraint(
            "p against t",
            (p, *sized),
            lambda r: overlap(r[0].low, r[0].high, *tails(r[1:])),
            lambda r: say("{label}: {value}, p {p}", label=label, value=shown(r[1:]), p=r[0].text),
            lambda r: "p {:.3g} … {:.3g}".format(*tails(r[1:])),
            suspects=(p, *ratio),
        )


def _sizes(r: Readings) -> tuple[float, float]:
    """Least and greatest |t|: of a printed t, or of a coefficient over its standard error."""
    low, high = sorted((abs(r[0].low), abs(r[0].high)))
    if r[0].low <= 0 <= r[0].high:
        low = 0.0
    if len(r) == 1:
        return low, high
    return low / max(r[1].high, 1e-300), high / r[1].low if r[1].low > 0 else np.inf


def _f_stars(
    page: Page, outcome: str, model: str, size: int, n: Cell, levels: Sequence[tuple[str, float]]
) -> Iterator[Constraint]:
    f, stars = (
        page.fit(outcome, model, "f_statistic"),
        page.fit(outcome, model, "f_statistic", "stars"),
    )
    if not (f in page and stars in page and n in page and levels):
        return
    if not page.paper.table("fit").query("statistic == 'f_statistic'")["stars"].any():
        return

    def allowed(r: Readings) -> set[str]:
        freedom = max(r[2].value - size, 1)
        return {
            _starred(float(stats.f.sf(max(v, 0.0), size - 1, freedom)), levels)
            for v in (r[1].low, r[1].value, r[1].high)
        }

    yield Constraint(
        "stars against F",
        (stars, f, n),
        lambda r: 0.0 if r[0].text in allowed(r) else np.inf,
        lambda r: listed([f"{outcome} {model}: F {r[1].text}", r[0].text or NO_STARS]),
        lambda r: one_of(allowed(r)),
        suspects=(stars, f),
    )


def _shares(page: Page, outcome: str, model: str, size: int, full: bool) -> Iterator[Constraint]:
    """R² and adjusted R²: where they can lie, and what each says of the other."""
    adjusted, plain, n = (page.fit(outcome, model, s) for s in ("adjusted_r2", "r2", "n"))
    label = f"{outcome} {model}"
    if plain in page:
        yield Constraint(
            "range of R²",
            (plain,),
            lambda r: distance(max(r[0].value - 1, -r[0].value, 0.0), r[0].half),
            lambda r: f"{label}: {r[0].text}",
            lambda r: say("0 to 1"),
        )
    if plain in page and adjusted in page:
        yield Constraint(
            "adjusted R² is no larger",
            (adjusted, plain),
            lambda r: distance(max(r[0].value - r[1].value, 0.0), r[0].half + r[1].half),
            lambda r: say(
                "{label}: adjusted {adjusted}, R² {share}",
                label=label,
                adjusted=r[0].text,
                share=r[1].text,
            ),
            lambda r: say("adjusted at most R²"),
        )
    if not full or n not in page:
        return

    def strain(r: Readings) -> float:
        least = -(size - 1) / max(r[1].value - size, 1)
        return distance(max(r[0].value - 1, least - r[0].value, 0.0), r[0].half)

    if adjusted in page:
        yield Constraint(
            "range of adjusted R²",
            (adjusted, n),
            strain,
            lambda r: f"{label}: {r[0].text}",
            lambda r: say("at most 1"),
        )

    def implied_share(r: Readings) -> tuple[float, float]:
        factor = (r[2].value - 1) / max(r[2].value - size, 1)
        return 1 - (1 - r[1].low) * factor, 1 - (1 - r[1].high) * factor

    if adjusted in page and plain in page:
        yield Constraint(
            "adjusted R² against R²",
            (adjusted, plain, n),
            lambda r: overlap(r[0].low, r[0].high, *implied_share(r)),
            lambda r: say(
                "{label}: adjusted {adjusted}, R² {share}, n {n}",
                label=label,
                adjusted=r[0].text,
                share=r[1].text,
                n=r[2].text,
            ),
            lambda r: say(
                "adjusted {interval}", interval="{:.3f} … {:.3f}".format(*implied_share(r))
            ),
            "strong",
            say("all regressors are printed"),
        )


def _f_of(share: float, n: float, size: int, plain: bool = False) -> float:
    """Classical F of an adjusted (or ``plain``) R²; ``size`` counts the constant."""
    freedom = n - size
    r2 = share if plain else 1 - (1 - share) * freedom / max(n - 1, 1)
    return np.inf if r2 >= 1 or freedom <= 0 else r2 / (size - 1) / ((1 - r2) / freedom)


def _f_statistics(
    page: Page, equations: Sequence[tuple[str, str, tuple[str, ...]]]
) -> Iterator[Constraint]:
    ready = []
    for outcome, model, terms in equations:
        share = "adjusted_r2" if page.fit(outcome, model, "adjusted_r2") in page else "r2"
        cells = tuple(page.fit(outcome, model, s) for s in ("f_statistic", share, "n"))
        if not all(cell in page for cell in cells) or len(terms) < 2:
            continue
        size, plain = len(terms), share == "r2"

        def ends(r: Readings, size: int = size, plain: bool = plain) -> tuple[float, float]:
            low, high = (_f_of(v, r[2].value, size, plain) for v in (r[1].low, r[1].high))
            return low, high

        def strain(
            r: Readings,
            size: int = size,
            ends: Callable[[Readings], tuple[float, float]] = ends,
        ) -> float:
            return np.inf if r[2].value <= size else overlap(r[0].low, r[0].high, *ends(r))

        def expected(r: Readings, ends: Callable[[Readings], tuple[float, float]] = ends) -> str:
            text = "{:.2f} … {:.2f}".format(*ends(r))
            return say("F of {interval}", interval=text)

        ready.append(
            Constraint(
                "F against R²",
                cells,
                strain,
                lambda r, outcome=outcome, model=model: say(
                    "{outcome} {model}: F {f}, R² {share}, n {n}",
                    outcome=outcome,
                    model=model,
                    f=r[0].text,
                    share=r[1].text,
                    n=r[2].text,
                ),
                expected,
                "strong",
                CLASSICAL_F,
            )
        )
    obeying = sum(c.strain(page.readings(c.cells)) <= 1 for c in ready)
    if 2 * obeying > len(ready):
        yield from ready
    elif len(ready) <= FEW_EQUATIONS and not _robust(page):
        # Too few to see which F the paper prints: a failure is then worth a question only.
        yield from (replace(c, certainty="weak") for c in ready)


def _robust(page: Page) -> bool:
    """Whether the paper says that its standard errors, and so perhaps its F, are not classical."""
    said = str(page.paper.about.get("standard_errors", "")).lower()
    return any(word in said for word in ("robust", "cluster", "white", "hc", "newey", "bootstrap"))


def _nested(
    page: Page, equations: Sequence[tuple[str, str, tuple[str, ...]]]
) -> Iterator[Constraint]:
    for (outcome, small, few), (other, large, many) in permutations(equations, 2):
        if outcome != other or not set(few) < set(many):
            continue
        cells = tuple(
            page.fit(outcome, model, s) for model in (small, large) for s in ("adjusted_r2", "n")
        )
        if not all(cell in page for cell in cells):
            continue
        if page.n(cells[1]) != page.n(cells[3]):
            continue
        sizes = len(few), len(many)

        def shares(r: Readings, sizes: tuple[int, int] = sizes) -> tuple[float, float, float]:
            spare = [(r[2 * i + 1].value - sizes[i]) / (r[2 * i + 1].value - 1) for i in (0, 1)]
            one, two = (1 - (1 - r[2 * i].value) * spare[i] for i in (0, 1))
            return one, two, r[0].half * spare[0] + r[2].half * spare[1]

        def strain(r: Readings, sizes: tuple[int, int] = sizes) -> float:
            if r[1].value != r[3].value:
                return 0.0
            one, two, room = shares(r, sizes)
            return distance(max(one - two, 0.0), room)

        yield Constraint(
            "more regressors explain no less",
            cells,
            strain,
            lambda r, o=outcome, a=small, b=large: say(
                "{outcome}: adjusted R² {share} in model {model}, {larger} in the larger "
                "model {other}",
                outcome=o,
                share=r[0].text,
                model=a,
                larger=r[2].text,
                other=b,
            ),
            lambda r: say("R² no smaller"),
            "strong",
            SAME_ROWS,
        )


def _constant(page: Page, outcome: str, model: str, terms: tuple[str, ...]) -> Iterator[Constraint]:
    """``b₀ = ȳ − Σ b x̄`` over the equation's observations.

    The means are printed over each variable's own n; if the equation has m fewer, the mean over it
    lies within ``m/n · max(x_max − x̄, x̄ − x_min)`` of the printed one.
    """
    slopes = [term for term in terms if term != CONSTANT]
    count = page.n(page.fit(outcome, model, "n"))
    if len(slopes) == len(terms) or count is None:
        return
    described = [
        page.described(name, s) for name in (outcome, *slopes) for s in ("mean", "min", "max", "n")
    ]
    cells = (
        *(page.coefficient(outcome, model, term) for term in (CONSTANT, *slopes)),
        page.fit(outcome, model, "n"),
        *described,
    )
    if not all(cell in page for cell in cells):
        return
    k = len(slopes)

    def means(r: Readings) -> list[tuple[float, float]]:
        everyone = page.areas or max(r[i].value for i in range(k + 5, len(r), 4))
        pairs = []
        for i in range(k + 2, len(r), 4):
            mean, low, high, n = r[i : i + 4]
            # Observations in the equation but not in the mean, or in the mean but not the equation.
            apart = max(n.value - r[k + 1].value, 0.0)
            if n.value != r[k + 1].value:
                apart = max(apart, everyone - r[k + 1].value)
            reach = max(high.value - mean.value, mean.value - low.value)
            pairs.append((mean.value, mean.half + apart / max(r[k + 1].value, 1) * max(reach, 0.0)))
        return pairs

    def parts(r: Readings) -> tuple[float, float]:
        (my, room), *rest = means(r)
        value = my
        for b, (mx, hx) in zip(r[1 : k + 1], rest, strict=True):
            value -= b.value * mx
            room += b.half * abs(mx) + (abs(b.value) + b.half) * hx
        return value, room

    def strain(r: Readings) -> float:
        value, room = parts(r)
        return distance(r[0].value - value, room + r[0].half)

    yield Constraint(
        "constant from the means",
        cells,
        strain,
        lambda r: say(
            "{outcome} {model}: constant {constant}",
            outcome=outcome,
            model=model,
            constant=r[0].text,
        ),
        lambda r: say(
            "{constant:.3f} ± {room:.3f} from the means", constant=parts(r)[0], room=parts(r)[1]
        ),
        "strong",
        SAME_ROWS,
        suspects=(*cells[: k + 1], *described[::4]),
    )


def _count(page: Page, outcome: str, model: str, terms: tuple[str, ...]) -> Iterator[Constraint]:
    """Complete rows lie between what all gaps apart leave, and what the emptiest variable has."""
    n = page.fit(outcome, model, "n")
    cells = (
        n,
        *(page.described(name, "n") for name in (outcome, *terms) if name != CONSTANT),
    )
    everyone = page.areas
    if everyone is None or not all(cell in page for cell in cells):
        return

    def limits(r: Readings) -> tuple[float, float]:
        return everyone - sum(everyone - q.value for q in r[1:]), min(q.value for q in r[1:])

    def strain(r: Readings) -> float:
        low, high = limits(r)
        return 0.0 if low <= r[0].value <= high else np.inf

    yield Constraint(
        "observations of an equation",
        cells,
        strain,
        lambda r: say("{outcome} {model}: n {n}", outcome=outcome, model=model, n=r[0].text),
        lambda r: say("{low:.0f} to {high:.0f} complete rows", low=limits(r)[0], high=limits(r)[1]),
    )


def implied(b: Reading, t: Reading) -> float:
    """Standard error, printed or from a coefficient and its t; NaN when either could be zero."""
    if t.of == "se":
        return t.value if t.low > 0 else np.nan
    if b.low <= 0 <= b.high or t.low <= 0 <= t.high:
        return np.nan
    return abs(b.value / t.value)


def _standard_errors(
    page: Page, equations: Sequence[tuple[str, str, tuple[str, ...]]]
) -> Iterator[Constraint]:
    """Implied standard errors in line with the classical ones, or with the other models'."""
    compared: list[tuple[str, tuple[Cell, ...], Callable[[Readings], float]]] = []
    for outcome, model, terms in equations:
        slopes = [term for term in terms if term != CONSTANT]
        context = _classical_cells(page, outcome, model, slopes)
        classical = _classical(len(slopes))
        for i, term in enumerate(slopes):
            pair = error_pair(page, outcome, model, term)
            if not all(cell in page for cell in pair):
                continue
            label = f"{outcome} {model}, {term}"
            if context:
                compared.append((label, (*pair, *context), _entry(classical, i)))
                continue
            others = [
                error_pair(page, o, other, term)
                for o, other, ts in equations
                if o == outcome and other != model and term in ts
            ]
            if len(others) >= 2 and all(cell in page for pair in others for cell in pair):
                cells = tuple(cell for pair in others for cell in pair)
                compared.append((label, (*pair, *cells), _usual_of_others))
    logs = np.array([_log_ratio(page.readings(cells), usual) for _, cells, usual in compared])
    logs = logs[np.isfinite(logs)]
    if len(logs) < 8:
        return
    middle = float(np.median(logs))
    room = max(OUT_OF_LINE * 1.4826 * float(np.median(np.abs(logs - middle))), LEAST_FACTOR)
    for label, cells, usual in compared:

        def strain(r: Readings, usual: Callable[[Readings], float] = usual) -> float:
            log = _log_ratio(r, usual)
            return distance(log - middle, room) if np.isfinite(log) else 0.0

        yield _in_line(
            label,
            cells,
            strain,
            lambda r, usual=usual: say(
                "about {value:.3g}, as in the other cells", value=usual(r) * np.exp(middle)
            ),
        )


def _among_models(
    page: Page, equations: Sequence[tuple[str, str, tuple[str, ...]]]
) -> Iterator[Constraint]:
    """A term's standard error over the classical one, in line with its other models'."""
    ratios: dict[tuple[str, str], list[tuple[str, tuple[Cell, Cell], float]]] = {}
    for outcome, model, terms in equations:
        slopes = [term for term in terms if term != CONSTANT]
        context = _classical_cells(page, outcome, model, slopes)
        if not context:
            continue
        # The classical errors are taken as printed: a slip in the moments is for other rules.
        usual = _classical(len(slopes))((*page.readings(context[:2]), *page.readings(context)))
        for term, error in zip(slopes, usual, strict=True):
            pair = error_pair(page, outcome, model, term)
            if all(cell in page for cell in pair):
                ratios.setdefault((outcome, term), []).append((model, pair, float(error)))
    asked: list[tuple[str, tuple[Cell, ...], Callable[[Readings], float]]] = []
    for (outcome, term), entries in ratios.items():
        if len(entries) < 3:
            continue
        for entry in entries:
            ordered = [entry, *(other for other in entries if other is not entry)]

            cells = tuple(cell for _, pair, _ in ordered for cell in pair)
            errors = tuple(error for _, _, error in ordered)
            asked.append((f"{outcome} {entry[0]}, {term}", cells, partial(_away, errors)))
    found = np.array([away(page.readings(cells)) for _, cells, away in asked])
    found = found[np.isfinite(found)]
    if len(found) < 8:
        return
    spread = 1.4826 * float(np.median(np.abs(found)))
    room = max(AMONG_MODELS * spread, LEAST_AMONG_MODELS)
    for label, cells, away in asked:
        yield _in_line(
            label,
            cells,
            lambda r, away=away: distance(away(r), room),
            lambda r, away=away: say(
                "about {value:.3g}, as in the other models",
                value=implied(r[0], r[1]) * np.exp(-away(r)),
            ),
        )


def _classical_errors(
    page: Page, equations: Sequence[tuple[str, str, tuple[str, ...]]]
) -> Iterator[Constraint]:
    """Where most of the errors are the classical ones to the last digit, so are the others."""
    asked = []
    for outcome, model, terms in equations:
        slopes = [term for term in terms if term != CONSTANT]
        context = _classical_cells(page, outcome, model, slopes)
        if not context:
            continue
        reach = _classical_reach(page, context, len(slopes))
        for at, term in enumerate(slopes):
            pair = error_pair(page, outcome, model, term)
            if all(cell in page for cell in pair) and np.isfinite(reach[at]):
                usual = _entry(_classical(len(slopes)), at)
                strain = partial(_off_classical, usual, float(reach[at]))
                asked.append((f"{outcome} {model}, {term}", (*pair, *context), usual, strain))
    obeying = sum(strain(page.readings(cells)) <= 1 for _, cells, _, strain in asked)
    if len(asked) < 8 or obeying < MOST * len(asked):
        return
    for label, cells, usual, strain in asked:
        yield Constraint(
            "classical standard error",
            cells,
            strain,
            lambda r, label=label: implies(label, r, digits=4),
            lambda r, usual=usual: say(
                "{value:.4g}, the classical one, as nearly all others are", value=usual(r)
            ),
            "strong",
            CLASSICAL,
            suspects=cells[:2],
        )


def _in_line(
    label: str,
    cells: tuple[Cell, ...],
    strain: Callable[[Readings], float],
    expected: Callable[[Readings], str],
) -> Constraint:
    """A standard error against others of the paper; the first two cells are its own."""
    return Constraint(
        "standard error in line",
        cells,
        strain,
        lambda r: implies(label, r),
        expected,
        "strong",
        LINE,
        suspects=cells[:2],
    )


def implies(label: str, r: Readings, digits: int = 3) -> Message:
    """Say which standard error a coefficient and its t imply."""
    return say(
        "{label}: {coefficient} ({ratio}) implies a standard error of {error}",
        label=label,
        coefficient=r[0].text,
        ratio=r[1].text,
        error=f"{implied(r[0], r[1]):.{digits}g}",
    )


def _off_classical(usual: Callable[[Readings], float], reach: float, r: Readings) -> float:
    """Strain of an implied error against the classical one; ``reach`` is that of the moments."""
    log_off = _log_ratio(r, usual)
    if not np.isfinite(log_off):
        return 0.0
    own = r[1].half / max(abs(r[1].value), 1e-300)
    if r[1].of != "se":
        own += r[0].half / max(abs(r[0].value), 1e-300)
    return distance(log_off, 1.1 * (own + reach))


def _classical_reach(page: Page, context: tuple[Cell, ...], k: int) -> Floats:
    """How far rounding of the moments can move the log of each classical error, to first order."""
    readings = page.readings(context)
    errors = _classical(k)

    def logs(moved: Sequence[Reading]) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.log(errors((*readings[:2], *moved))), dtype=np.float64)

    middle, reach = logs(readings), np.zeros(k)
    for at, reading in enumerate(readings):
        if reading.half > 0:
            moved = list(readings)
            moved[at] = reading._replace(value=reading.high)
            reach += np.abs(logs(moved) - middle)
    return reach


def _away(errors: tuple[float, ...], r: Readings) -> float:
    """Log of the first error over its classical one, less the others' median; NaN if unknown."""
    logs = [
        log(size / error) if size > 0 and error > 0 else nan
        for size, error in zip(map(implied, r[::2], r[1::2]), errors, strict=True)
    ]
    others = [other for other in logs[1:] if isfinite(other)]
    return logs[0] - median(others) if len(others) > 1 else nan


def error_pair(page: Page, outcome: str, model: str, term: str) -> tuple[Cell, Cell]:
    """A coefficient and its t, or its standard error where no t is printed."""
    t, se = (page.coefficient(outcome, model, term, column) for column in ("t", "se"))
    return page.coefficient(outcome, model, term), se if t not in page and se in page else t


def _log_ratio(r: Readings, usual: Callable[[Readings], float]) -> float:
    """Implied standard error over the usual one, in logs; NaN when either is unknown."""
    own, expected = implied(r[0], r[1]), usual(r)
    if not (np.isfinite(own) and np.isfinite(expected) and own > 0 and expected > 0):
        return np.nan
    return float(np.log(own / expected))


def _usual_of_others(r: Readings) -> float:
    """Median of the standard errors that the other models imply."""
    others = [implied(b, t) for b, t in zip(r[2::2], r[3::2], strict=True)]
    return float(np.median([e for e in others if np.isfinite(e)] or [np.nan]))


def _classical_cells(
    page: Page, outcome: str, model: str, slopes: list[str]
) -> tuple[Cell, ...] | None:
    """Fit, then moments, that classical standard errors follow from; none if incomplete."""
    moments = equation_cells(page, outcome, slopes)
    fit = (page.fit(outcome, model, "adjusted_r2"), page.fit(outcome, model, "n"))
    if moments is None or not slopes or not all(cell in page for cell in fit):
        return None
    return (*fit, *moments)


def _entry(errors: Callable[[tuple[Reading, ...]], Floats], i: int) -> Callable[[Readings], float]:
    """One of the errors."""
    return lambda r: float(errors(tuple(r))[i])


def _classical(k: int) -> Callable[[tuple[Reading, ...]], Floats]:
    """Build the classical standard errors of ``k`` slopes, as a function of readings.

    The readings are a coefficient and its t (not used), the adjusted R², n, the correlations above
    the diagonal (outcome first) and the standard deviations. NaN where they cannot be had.
    """
    above = np.triu_indices(k + 1, 1)
    m = len(above[0])

    @lru_cache(maxsize=4096)
    def errors(moments: tuple[Reading, ...]) -> Floats:
        values = np.array([q[1] for q in moments])
        r2, n = values[:2]
        R = np.eye(k + 1)
        R[above] = R[above[::-1]] = values[2 : m + 2]
        sds = values[m + 2 :]
        if np.linalg.eigvalsh(R[1:, 1:])[0] <= 0 or np.any(sds <= 0) or n <= k + 1 or r2 >= 1:
            return np.full(k, np.nan)
        # (1 − R²)/(n − k − 1) is (1 − adjusted R²)/(n − 1).
        variances = (1 - r2) / (n - 1) * np.diag(np.linalg.inv(R[1:, 1:]))
        return np.asarray(np.sqrt(variances) * sds[0] / sds[1:])

    return lambda r: errors(r[2:])


def _sums(
    page: Page, equations: Sequence[tuple[str, str, tuple[str, ...]]]
) -> Iterator[Constraint]:
    """Coefficients and standard errors of a sum of outcomes."""
    present = {(outcome, model): terms for outcome, model, terms in equations}
    for whole, parts in page.parts.items():
        for (outcome, model), terms in present.items():
            if outcome != whole or any(present.get((p, model)) != terms for p in parts):
                continue
            names = (whole, *parts)
            counts = [page.n(page.fit(name, model, "n")) for name in names]
            if None in counts:
                continue
            same = len(set(counts)) == 1 and same_drops(page, names)
            for term in terms:
                moves = [
                    (0.0, 0.0) if same else _influence(page, whole, part, model, term)
                    for part in parts
                ]
                if all(np.isfinite(move).all() for move in moves):
                    yield from _sum_of(page, names, model, term, moves, same)


def _influence(page: Page, whole: str, part: str, model: str, term: str) -> tuple[float, float]:
    """Most that the observations of one equation only can move a coefficient of the part.

    Returns the move in standard errors, ``Σ|z| c``, and the relative growth of the variance,
    ``Σ z² c²``; NaN when the paper does not tell.
    """
    unknown = np.nan, np.nan
    n = page.n(page.fit(part, model, "n"))
    tops = dropped(page, whole), dropped(page, part)
    cells = (
        page.fit(part, model, "adjusted_r2"),
        *(page.described(part, s) for s in ("mean", "sd")),
        *(page.described(term, s) for s in ("mean", "sd", "min", "max")),
    )
    if n is None or None in tops or not all(cell in page for cell in cells):
        return unknown
    fit, mean, sd, term_mean, term_sd, low, high = (page.reading(cell).value for cell in cells)
    if sd <= 0 or term_sd <= 0 or fit >= 1:
        return unknown
    areas = [dict(page.ranked(name)) for name in (whole, part)]
    sets = [{areas[i][rank] for rank in tops[i] or []} for i in (0, 1)]
    rank_of = {area: rank for rank, area in page.ranked(part)}
    distances = []
    for area in sets[0] ^ sets[1]:
        away = 3.0  # an observation that the part's own rule kept
        if area in rank_of:
            rate = page.reading(Cell("ranking", (part, rank_of[area]), "rate")).value
            away = max(abs(rate - mean) / (sd * np.sqrt(1 - fit)), away)
        distances.append(away)
    furthest = max(high - term_mean, term_mean - low) / term_sd
    terms = next(ts for o, m, ts in page.equations() if (o, m) == (part, model))
    slopes = [name for name in terms if name != CONSTANT]
    leverage = _inflation(page, part, slopes)[slopes.index(term)] * furthest**2 / (n - 1)
    z = np.array(distances)
    return float(np.abs(z).sum() * np.sqrt(leverage)), float((z**2).sum() * leverage)


def _inflation(page: Page, outcome: str, slopes: list[str]) -> Floats:
    """Variance inflation factors from printed correlations; twice, when there are none."""
    cells = equation_cells(page, outcome, slopes)
    k = len(slopes)
    if cells is None:
        return np.full(k, 2.0)
    R = np.zeros((k + 1, k + 1))
    R[np.triu_indices(k + 1, 1)] = [page.reading(cell).value for cell in cells[: k * (k + 1) // 2]]
    R = R[1:, 1:] + R[1:, 1:].T + np.eye(k)
    if np.linalg.eigvalsh(R)[0] <= 0:
        return np.full(k, 2.0)
    return np.asarray(np.diag(np.linalg.inv(R)))


def _sum_of(
    page: Page,
    names: tuple[str, ...],
    model: str,
    term: str,
    moves: Sequence[tuple[float, float]],
    same: bool,
) -> Iterator[Constraint]:
    pairs = [error_pair(page, name, model, term) for name in names]
    if not all(cell in page for pair in pairs for cell in pair):
        return
    cells = tuple(cell for pair in pairs for cell in pair)
    label = say("model {model}, {term}", model=model, term=term)
    growth = [float(np.sqrt(1 + variance)) for _, variance in moves]

    def errors(r: Readings) -> list[float]:
        return [implied(b, t) for b, t in zip(r[::2], r[1::2], strict=True)]

    def strain(r: Readings) -> float:
        gap = r[0].value - sum(q.value for q in r[2::2])
        room = sum(q.half for q in r[::2])
        if not same:
            se = [e if np.isfinite(e) else 0.0 for e in errors(r)[1:]]
            room += sum(move * e for (move, _), e in zip(moves, se, strict=True))
        return distance(gap, room)

    yield Constraint(
        "coefficients of a sum add",
        cells,
        strain,
        lambda r: say(
            "{label}: {value}",
            label=label,
            value=f"{' + '.join(q.text for q in r[2::2])} = {r[0].text}",
        ),
        lambda r: f"{sum(q.value for q in r[2::2]):.4g}",
        "strong",
        SAME_ROWS if same else FEW_DROPPED,
    )

    def triangle(r: Readings) -> float:
        se = errors(r)
        if not np.all(np.isfinite(se)):
            return 0.0
        reach = [
            t.half if t.of == "se" else (b.half / abs(b.value) + t.half / abs(t.value)) * e
            for b, t, e in zip(r[::2], r[1::2], se, strict=True)
        ]
        grown = [e * g for e, g in zip(se[1:], growth, strict=True)]
        over = se[0] - sum(grown)
        under = 2 * max(se[1:]) / max(growth) - sum(grown) - se[0]
        gap = max(over, under, 0.0)
        return distance(gap, max(sum(reach), 1e-12))

    yield Constraint(
        "standard errors of a sum",
        cells,
        triangle,
        lambda r: say(
            "{label}: standard errors {errors}",
            label=label,
            errors=", ".join(f"{e:.3g}" for e in errors(r)),
        ),
        lambda r: say(
            "the first at most the sum of the others, {value:.3g}", value=sum(errors(r)[1:])
        ),
        "strong",
        SAME_ROWS if same else FEW_DROPPED,
    )


def _coincidences(
    page: Page, equations: Sequence[tuple[str, str, tuple[str, ...]]]
) -> Iterator[Constraint]:
    """A variable with gaps, in equations that lose no row by it.

    It can be, if every area where it is missing is among the outliers that all these equations
    drop. The chance of that, for gaps at random, is ``C(d, m) / C(N, m)`` with ``m`` gaps,
    ``d`` areas dropped by all of them and ``N`` areas.
    """
    everyone = page.areas
    if everyone is None:
        return
    for variable in page.paper.table("descriptives")["variable"]:
        own = page.described(str(variable), "n")
        using = [
            (outcome, model)
            for outcome, model, terms in equations
            if variable in terms
            and page.n(page.fit(outcome, model, "n")) == page.n(page.described(outcome, "n"))
        ]
        if own not in page or not using or page.n(own) == everyone:
            continue
        sets = []
        for outcome in dict.fromkeys(outcome for outcome, _ in using):
            top = dropped(page, outcome)
            if top is None:
                break
            sets.append({area for rank, area in page.ranked(outcome) if rank in top})
        else:
            shared = len(set.intersection(*sets))
            cells = (own, *(page.fit(outcome, model, "n") for outcome, model in using))

            def chance(r: Readings, shared: int = shared) -> float:
                gaps = int(everyone - r[0].value)
                if not 0 <= gaps <= everyone:
                    return 0.0
                return comb(shared, gaps) / comb(everyone, gaps)

            def strain(
                r: Readings,
                own_n: tuple[int | None, ...] = tuple(
                    page.n(page.described(outcome, "n")) for outcome, _ in using
                ),
                shared: int = shared,
            ) -> float:
                if any(q.value != n for q, n in zip(r[1:], own_n, strict=True)):
                    return 0.0
                return (
                    COINCIDENCE / max(chance(r, shared), 1e-12)
                    if chance(r, shared) < COINCIDENCE
                    else 0.0
                )

            yield Constraint(
                "gaps that cost no row",
                cells,
                strain,
                lambda r, v=variable: say(
                    "{variable} has {n} of {areas}, yet {equations} equations with it lose no row",
                    variable=v,
                    n=r[0].text,
                    areas=everyone,
                    equations=len(r) - 1,
                ),
                lambda r, chance=chance: say(
                    "the gaps would all be among the dropped outliers (chance {chance:.1%})",
                    chance=chance(r),
                ),
                "weak",
                say("gaps fall at random"),
                suspects=(own,),
            )
