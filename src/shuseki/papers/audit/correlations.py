"""Can any data have these correlations, and do the equations follow from them?

Rules: every correlation between −1 and 1; the matrix positive semidefinite for some values that
print as these; where one outcome is the sum of others with one denominator, its correlation with
any variable is the same mixture of theirs; and, when the equations are of the observations that
the moments describe, every coefficient and adjusted R² inside what the moments allow (the
guaranteed bounds of `shuseki.papers.moments`).

That rule needs the same observations. A paper that drops outliers from its equations but not from
its correlations breaks no rule by it, so equations whose n differs from that of any of their
variables are left alone, and `samples` says what the tables reveal of their samples. What two
equations of one outcome need of the regressors' correlations hardly depends on a few outliers, and
is checked in such papers too (`_two_models`).
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import combinations

import numpy as np

from shuseki.arrays import Floats
from shuseki.language import Message, listed, say
from shuseki.papers.audit.constraints import (
    Cell,
    Changed,
    Constraint,
    Page,
    Reading,
    Readings,
    changes,
    distance,
)
from shuseki.papers.audit.descriptives import dropped, full_sd, same_drops
from shuseki.papers.moments import explained_share, slope_reach

__all__ = ["constraints", "equation_cells", "samples"]

ONE_SAMPLE = say("one set of observations throughout the matrix")
TYPICAL = 3.0
"""Standard deviations within which an observation left out of an equation is taken to lie."""
ORDINARY = say("the observations that the equations leave out lie where observations commonly do")
SAME_SAMPLE = say("correlations, descriptive statistics and equations of the same observations")


def constraints(page: Page) -> Iterator[Constraint]:
    """Everything a correlation table must satisfy, alone and with the equations."""
    table = page.paper.table("correlations")
    if table.empty:
        return
    names = list(dict.fromkeys([*table["variable"], *table["with"]]))
    for row in table.to_dict("records"):
        yield _size(Cell("correlations", (str(row["variable"]), str(row["with"])), "r"))
    yield from _semidefinite(page, names)
    yield from _mixtures(page, names)
    equations = list(page.equations())
    # Without a constant in print, there are regressors that are not printed either.
    equations = [equation for equation in equations if "constant" in equation[2]]
    for outcome, model, terms in equations:
        yield from _equation(page, outcome, model, [t for t in terms if t != "constant"])
    for (outcome, model, terms), (same, other, others) in combinations(equations, 2):
        if outcome == same:
            yield from _two_models(page, outcome, (model, other), (terms, others))


def _size(cell: Cell) -> Constraint:
    diagonal = cell.key[0] == cell.key[1]
    return Constraint(
        "size of a correlation",
        (cell,),
        lambda r: distance(
            abs(r[0].value - 1) if diagonal else max(abs(r[0].value) - 1, 0.0), r[0].half
        ),
        lambda r: say("{one} with {other}: {r}", one=cell.key[0], other=cell.key[1], r=r[0].text),
        lambda r: "1" if diagonal else say("between −1 and 1"),
    )


def _pairs(page: Page, names: Sequence[str]) -> list[tuple[int, int, Cell]]:
    return [
        (i, j, page.correlation(names[i], names[j]))
        for i in range(len(names))
        for j in range(i + 1, len(names))
    ]


def _matrix(
    pairs: Sequence[tuple[int, int, Cell]], r: Readings, size: int
) -> tuple[Floats, Floats]:
    R, D = np.eye(size), np.zeros((size, size))
    for (i, j, _), reading in zip(pairs, r, strict=True):
        R[i, j] = R[j, i] = reading.value
        D[i, j] = D[j, i] = reading.half
    return R, D


def _semidefinite(page: Page, every: list[str]) -> Iterator[Constraint]:
    """Some semidefinite matrix prints as this one.

    Correlations of different observations need not be semidefinite together. So variables with
    gaps are left out, and an outcome that is the sum of others is too when theirs differ (its
    matrix is singular, and the slightest difference of samples makes an eigenvalue negative).
    """
    n = {name: page.n(page.described(name, "n")) for name in every}
    trimmed = {str(v) for rule in page.paper.of_kind("outlier_rule") for v in rule["variables"]}
    most = max((v for name, v in n.items() if v is not None and name not in trimmed), default=None)
    sums = {
        whole
        for whole, parts in page.parts.items()
        if len({n.get(name) for name in (whole, *parts)}) > 1
    }
    names = [
        name for name in every if name not in sums and (name in trimmed or n[name] in (None, most))
    ]
    pairs = _pairs(page, names)
    if not all(cell in page for _, _, cell in pairs):
        return
    cells = tuple(cell for _, _, cell in pairs)

    def parts(r: Readings) -> tuple[float, float]:
        R, D = _matrix(pairs, r, len(names))
        values, vectors = np.linalg.eigh(R)
        # v'(R+E)v ≤ λ + |v|'D|v| for every E in the box, so the box holds no semidefinite matrix
        # when that is negative.
        worst = np.abs(vectors[:, 0])
        return float(values[0]), float(worst @ D @ worst)

    def strain(r: Readings) -> float:
        smallest, room = parts(r)
        return distance(max(-smallest, 0.0), room)

    yield Constraint(
        "positive semidefinite correlations",
        cells,
        strain,
        lambda r: say("smallest eigenvalue {value:.4f}", value=parts(r)[0]),
        lambda r: say("at least −{value:.4f} within rounding", value=parts(r)[1]),
        "strong",
        ONE_SAMPLE,
    )


def _mixtures(page: Page, names: list[str]) -> Iterator[Constraint]:
    """``r(S, x) = a r(H, x) + b r(L, x)``, with a and b the groups' deviations over the whole's.

    From the groups' correlation ρ: ``a = (r_SH − ρ r_SL)/(1 − ρ²)``, b likewise. It holds in one
    sample, so it is only checked where the outcomes have one n, or where their own correlations
    show that the matrix is of all observations.
    """
    for whole, parts in page.parts.items():
        if len(parts) != 2 or not {whole, *parts} <= set(names):
            continue
        one, other = parts
        triple = tuple(
            page.correlation(*pair) for pair in ((whole, one), (whole, other), (one, other))
        )
        if not all(cell in page for cell in triple):
            continue
        if same_drops(page, (whole, one, other)):
            yield Constraint(
                "correlations of a sum with its parts",
                triple,
                _triple_strain,
                lambda r, w=whole, a=one, b=other: say(
                    "{whole} with {one} {first}, with {other} {second}, the two {between}",
                    whole=w,
                    one=a,
                    first=r[0].text,
                    other=b,
                    second=r[1].text,
                    between=r[2].text,
                ),
                lambda r, w=whole: say("a determinant of zero, since {whole} is the sum", whole=w),
                "strong",
                ONE_SAMPLE,
            )
        elif _implied_shares(page, whole, parts) is None:
            continue
        sizes = {name: page.n(page.described(name, "n")) for name in names}
        everyone = max((n for n in sizes.values() if n is not None), default=None)
        for name in names:
            if name in (whole, one, other) or sizes[name] != everyone:
                continue
            cells = (
                page.correlation(whole, name),
                page.correlation(one, name),
                page.correlation(other, name),
                *triple,
            )
            if all(cell in page for cell in cells):
                yield _mixture(whole, name, cells)


def _triple_strain(r: Readings) -> float:
    sh, sl, hl = r
    s, t, p = sh.value, sl.value, hl.value
    gap = 1 + 2 * s * t * p - s * s - t * t - p * p
    gradient = abs(2 * (t * p - s)), abs(2 * (s * p - t)), abs(2 * (s * t - p))
    second = (sh.half + sl.half + hl.half) ** 2 * 2
    return distance(
        gap, gradient[0] * sh.half + gradient[1] * sl.half + gradient[2] * hl.half + second
    )


def _mixture(whole: str, name: str, cells: tuple[Cell, ...]) -> Constraint:
    def implied(v: Floats) -> float:
        _, h, el, sh, sl, p = v
        return float(((sh - p * sl) * h + (sl - p * sh) * el) / (1 - p * p))

    def strain(r: Readings) -> float:
        v = np.array([q.value for q in r])
        half = np.array([q.half for q in r])
        if abs(v[5]) >= 1:
            return np.inf
        # Room to first order by differences over the whole half-width, so curvature is in it.
        room = half[0]
        for i in range(1, 6):
            moved = [v + sign * half[i] * np.eye(6)[i] for sign in (-1.0, 1.0)]
            room += max(abs(implied(m) - implied(v)) for m in moved)
        return distance(implied(v) - v[0], room * 1.05)

    return Constraint(
        "correlation of a sum",
        cells,
        strain,
        lambda r: say("{whole} with {name}: {value}", whole=whole, name=name, value=r[0].text),
        lambda r: say("{value:.3f} from its parts", value=implied(np.array([q.value for q in r]))),
        "strong",
        ONE_SAMPLE,
    )


def equation_cells(page: Page, outcome: str, terms: Sequence[str]) -> tuple[Cell, ...] | None:
    """Correlations, then deviations, that an equation's slopes follow from; none if incomplete."""
    names = [outcome, *terms]
    cells = tuple(cell for _, _, cell in _pairs(page, names)) + tuple(
        page.described(name, "sd") for name in names
    )
    return cells if all(cell in page for cell in cells) else None


def _equation(page: Page, outcome: str, model: str, terms: list[str]) -> Iterator[Constraint]:
    context = equation_cells(page, outcome, terms)
    count = page.n(page.fit(outcome, model, "n"))
    counts = {page.n(page.described(name, "n")) for name in (outcome, *terms)}
    if context is None or count is None or counts != {count}:
        return
    pairs = [(i, j) for i in range(len(terms) + 1) for j in range(i + 1, len(terms) + 1)]
    m, k = len(pairs), len(terms)

    @lru_cache(maxsize=4096)
    def bounds(r: tuple[Reading, ...]) -> tuple[Floats, Floats, float, float]:
        R, D = np.eye(k + 1), np.zeros((k + 1, k + 1))
        for (i, j), q in zip(pairs, r[:m], strict=True):
            R[i, j] = R[j, i] = q.value
            D[i, j] = D[j, i] = q.half
        if np.linalg.eigvalsh(R[1:, 1:])[0] <= 0:
            everywhere = np.full(k, np.inf)
            return -everywhere, everywhere, 0.0, 1.0
        inverse = np.asarray(np.linalg.inv(R[1:, 1:]), dtype=np.float64)
        slopes = inverse @ R[1:, 0]
        reach, _ = slope_reach(inverse, slopes, D[1:, 1:], D[1:, 0])
        _, low2, high2 = explained_share(R[1:, 1:], inverse, R[1:, 0], D[1:, 1:], D[1:, 0])
        sy_low, sy_high = r[m].low, r[m].high
        sx_low = np.array([q.low for q in r[m + 1 :]])
        sx_high = np.array([q.high for q in r[m + 1 :]])
        with np.errstate(divide="ignore", invalid="ignore"):
            least = sy_low / sx_high
            most = np.where(sx_low > 0, sy_high / sx_low, np.inf)
            low = np.where(slopes - reach >= 0, (slopes - reach) * least, (slopes - reach) * most)
            high = np.where(slopes + reach >= 0, (slopes + reach) * most, (slopes + reach) * least)
        return low, high, low2, high2

    for position, term in enumerate(terms):
        cell = page.coefficient(outcome, model, term)
        if cell not in page:
            continue

        def strain(r: Readings, position: int = position) -> float:
            low, high, _, _ = bounds(tuple(r[1:]))
            if not np.isfinite(high[position] - low[position]):
                return 0.0
            middle, room = (
                (low[position] + high[position]) / 2,
                (high[position] - low[position]) / 2,
            )
            return distance(r[0].value - middle, room + r[0].half)

        def expected(r: Readings, position: int = position) -> str:
            low, high, _, _ = bounds(tuple(r[1:]))
            text = f"{low[position]:.3g} … {high[position]:.3g}"
            return say("{value} from the moments", value=text)

        yield Constraint(
            "coefficient that the moments allow",
            (cell, *context),
            strain,
            lambda r, term=term: say(
                "{outcome} model {model}, {term}: {value}",
                outcome=outcome,
                model=model,
                term=term,
                value=r[0].text,
            ),
            expected,
            "strong",
            SAME_SAMPLE,
            group=f"moments {outcome} {model}",
        )
    cell = page.fit(outcome, model, "adjusted_r2")
    if cell in page and count > k + 1:
        factor = (count - 1) / (count - k - 1)

        def limits(r: Readings) -> tuple[float, float]:
            _, _, low2, high2 = bounds(tuple(r[1:]))
            return 1 - (1 - low2) * factor, 1 - (1 - high2) * factor

        def fit_strain(r: Readings) -> float:
            low, high = limits(r)
            return distance(r[0].value - (low + high) / 2, (high - low) / 2 + r[0].half)

        yield Constraint(
            "adjusted R² that the moments allow",
            (cell, *context),
            fit_strain,
            lambda r: say(
                "{outcome} model {model}: {value}", outcome=outcome, model=model, value=r[0].text
            ),
            lambda r: say(
                "{low:.3f} … {high:.3f} from the moments", low=limits(r)[0], high=limits(r)[1]
            ),
            "strong",
            SAME_SAMPLE,
            group=f"moments {outcome} {model}",
        )


def _two_models(
    page: Page, outcome: str, models: tuple[str, str], terms: tuple[tuple[str, ...], ...]
) -> Iterator[Constraint]:
    """Two equations of one outcome and one sample: what correlations their difference needs.

    The residuals of both are uncorrelated with every regressor that they share, so their
    difference, ``Σ d_w w`` with d the difference of the coefficients of w (zero where w is absent),
    is too: ``Σ d_w r(z, w) s_w = 0`` for each shared z. It concerns regressors only, whatever the
    outcome's correlations are. If m observations stand in the moments but not in the equations,
    each is taken to lie within three standard deviations (or half the furthest printed one) of z
    and of the difference, and their contributions to add as chance does, by the root of m.
    """
    shared = [term for term in terms[0] if term in terms[1] and term != "constant"]
    joined = [term for term in dict.fromkeys((*terms[0], *terms[1])) if term != "constant"]
    apart = [term for term in joined if term not in shared]
    counts = [page.n(page.fit(outcome, model, "n")) for model in models]
    sizes = {page.n(page.described(name, "n")) for name in joined}
    moments = _pairs(page, joined)
    slopes = [
        (page.coefficient(outcome, model, term), joined.index(term), sign)
        for model, own, sign in zip(models, terms, (1.0, -1.0), strict=True)
        for term in own
        if term != "constant"
    ]
    described = [page.described(name, s) for name in joined for s in ("mean", "sd", "min", "max")]
    cells = (
        *(cell for cell, _, _ in slopes),
        *(cell for _, _, cell in moments),
        *described,
    )
    if (
        not apart
        or counts[0] is None
        or counts[0] != counts[1]
        or None in sizes
        or not all(cell in page for cell in cells)
    ):
        return
    n = counts[0]
    out = max(size for size in sizes if size is not None) - n
    if out < 0:
        return
    k, many, size = len(slopes), len(moments), len(joined)
    at_slope = np.array([at for _, at, _ in slopes])
    signs = np.array([sign for _, _, sign in slopes])
    upper = tuple(np.array([pair[side] for pair in moments], dtype=int) for side in (0, 1))

    printed = page.readings(cells)
    as_printed = np.array([q[1:4] for q in printed])  # value, low, high

    @lru_cache(maxsize=4096)
    def with_changes(changed: Changed) -> tuple[Floats, Floats]:
        numbers = as_printed.copy()
        for at, q in changed:
            numbers[at] = q[1:4]
        values, halves = numbers[:, 0], (numbers[:, 2] - numbers[:, 1]) / 2
        d = np.bincount(at_slope, signs * values[:k], minlength=size)
        slack = np.bincount(at_slope, halves[:k], minlength=size)
        R, D = np.eye(size), np.zeros((size, size))
        for matrix, entries in ((R, values), (D, halves)):
            matrix[upper] = matrix[upper[::-1]] = entries[k : k + many]
        mean, sd, low, high = (numbers[k + many + j :: 4] for j in range(4))
        s, half = sd[:, 0], (sd[:, 2] - sd[:, 1]) / 2
        gaps = R @ (d * s)
        room = np.abs(R) @ (slack * s + (np.abs(d) + slack) * half)
        room += D @ ((np.abs(d) + slack) * (s + half))
        spread = np.sqrt(max(float((d * s) @ R @ (d * s)), 0.0))
        furthest = np.maximum(high[:, 2] - mean[:, 1], mean[:, 2] - low[:, 1]) / np.maximum(
            s, 1e-12
        )
        reach = np.maximum(TYPICAL, furthest / 2)
        return gaps, room + np.sqrt(out) * reach * TYPICAL * spread / max(n, 1)

    def parts(r: Readings) -> tuple[Floats, Floats]:
        return with_changes(changes(r, printed))

    def strain(r: Readings, at: int) -> float:
        gaps, room = parts(r)
        return distance(float(gaps[at]), float(room[at]))

    for z in shared:
        at = joined.index(z)
        needed = tuple(page.correlation(z, w) for w in apart)
        yield Constraint(
            "correlations that two models need",
            cells,
            partial(strain, at=at),
            lambda r, z=z, needed=needed: say(
                "{outcome} models {one} and {other} have {shared} in common and differ by {apart}: "
                "with {correlations} their coefficients do not fit",
                outcome=outcome,
                one=models[0],
                other=models[1],
                shared=z,
                apart=listed(apart),
                correlations=listed(_said(page, c) for c in needed),
            ),
            lambda r, at=at: say(
                "a sum of 0 ± {room:.3g}, not {sum:.3g}",
                room=parts(r)[1][at],
                sum=parts(r)[0][at],
            ),
            "strong",
            SAME_SAMPLE if out == 0 else ORDINARY,
            # A slip in another shared coefficient shows most where that regressor is z.
            suspects=(*needed, *(cell for cell, _, _ in slopes if cell.key[2] in (z, *apart))),
            group=f"two models {z} {' '.join(apart)}",
        )


def _said(page: Page, cell: Cell) -> str:
    return f"r({cell.key[0]}, {cell.key[1]}) = {page.texts[cell]}"


def samples(page: Page) -> Iterator[Message]:
    """Say when the correlations are shown to be of other observations than the statistics."""
    for whole, parts in page.parts.items():
        shares = _implied_shares(page, whole, parts)
        if shares is not None:
            yield say(
                "The correlations of {names} imply standard deviations of the parts that are "
                "{one:.3f} and {other:.3f} of the whole's: those of all observations, not those of "
                "the printed statistics, which leave outliers out. So coefficients and "
                "correlations are of different observations, and are not compared.",
                names=listed((whole, *parts)),
                one=float(shares[0]),
                other=float(shares[1]),
            )


def _implied_shares(page: Page, whole: str, parts: Sequence[str]) -> Floats | None:
    """Deviations of two parts over the whole's, where they show a matrix of all observations.

    The three correlations give them. They either agree with those printed after outliers were
    dropped, or with those that putting the outliers back gives, or with neither; only the second
    counts, when the first fails.
    """
    names = (whole, *parts)
    tops = [dropped(page, name) for name in names]
    if len(parts) != 2 or any(top is None for top in tops) or not any(tops):
        return None
    cells = [page.correlation(whole, part) for part in parts] + [page.correlation(*parts)]
    described = [(page.described(n, "mean"), page.described(n, "sd")) for n in names]
    if not all(c in page for c in (*cells, *(c for pair in described for c in pair))):
        return None
    r = page.readings(cells)
    if _triple_strain(r) > 1:
        return None
    (s, hs), (t, ht), (p, hp) = ((q.value, q.half) for q in r)
    spare = 1 - p * p
    shares = np.array([(s - p * t) / spare, (t - p * s) / spare])
    rooms = np.array([hs + abs(p) * ht + abs(t) * hp, ht + abs(p) * hs + abs(s) * hp]) / spare
    rooms += 2 * abs(p) * hp / spare * np.abs(shares)
    kept, full = [], []
    for name, top, (mean, sd) in zip(names, tops, described, strict=True):
        reading = page.reading(sd)
        n = page.reading(page.described(name, "n")).value
        rates = [page.reading(Cell("ranking", (name, rank), "rate")).value for rank in top or []]
        kept.append((reading.low, reading.high))
        full.append(tuple(full_sd(page.reading(mean).value, v, n, rates)[1] for v in kept[-1]))
    low, high = shares - rooms, shares + rooms
    if _ratios_meet(full, low, high) and not _ratios_meet(kept, low, high):
        return shares
    return None


def _ratios_meet(deviations: Sequence[tuple[float, ...]], low: Floats, high: Floats) -> bool:
    """Whether the parts' deviations over the whole's, as intervals, meet other intervals."""
    least = np.array([part[0] / deviations[0][1] for part in deviations[1:]])
    most = np.array([part[1] / deviations[0][0] for part in deviations[1:]])
    return bool(np.all((high >= least) & (low <= most)))
