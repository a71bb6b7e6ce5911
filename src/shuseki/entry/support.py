"""On how many areas does each coefficient rest, and can its standard error be estimated?

A robust standard error estimates the variance from residuals. Where few areas, or few clusters,
decide a coefficient, the equation fits them almost exactly, their residuals are near 0, and so is
the error: of a dummy that one area has, HC1 finds nothing of that area's own variance.
With weights of pairs K (1 on the diagonal for HC0; 1 within a cluster; a kernel of distance for
Conley), H = X(X'X)⁻¹X' and w_j the j-th column of X(X'X)⁻¹, residuals of independent errors of
equal variance give

    kept_j = c · Σ_il K_il w_ij w_lj (I − H)_il / Σ_i w_ij²

of the true variance on average, c being the estimator's own factor (n/(n − k) for HC1, G/(G − 1)
for CR1). 1 is right; a coefficient that keeps less than ``REFUSED``, or that an area with leverage
1 decides, is refused by name; one that keeps less than ``TOLD`` is told.

Takes    regressors (n, k), the constant among them; clusters; for count models, weights.
Gives    shares from 0 to 1, and notes.
Sources  the expectation of the sandwich under equal variances: MacKinnon and White (1985), Journal
         of Econometrics 29, eq. 9; Bell and McCaffrey (2002), Survey Methodology 28, for clusters.
Checked  tests/entry/test_support.py: by hand, and against simulated residuals.
Limits   it assumes equal variances; with unequal ones the share can be higher or lower.
"""

from collections.abc import Sequence

import numpy as np

from shuseki.arrays import Bools, Floats, Ints
from shuseki.errors import DataError, examples
from shuseki.language import Message, say
from shuseki.language.names import some_of

__all__ = [
    "FEW_CLUSTERS",
    "REFUSED",
    "TOLD",
    "check_support",
    "cluster_codes",
    "kept_share",
    "note_few_clusters",
]

REFUSED, TOLD = 0.05, 0.6
"""Shares of the variance below which a standard error is refused, and noted."""
FEW_CLUSTERS = 20
"""With fewer clusters than this, t(G − 1) is itself a rough guide: use the wild bootstrap."""
DECISIVE = 0.2
"""An area is named when it carries at least this share of a coefficient's weight Σ w²."""


def check_support(
    x: Floats,
    terms: Sequence[str],
    areas: Sequence[object],
    standard_errors: str,
    where: str,
    *,
    codes: Ints | None = None,
    names: Sequence[object] = (),
    factor: float = 1.0,
) -> tuple[Message, ...]:
    """Refuse standard errors that cannot be known, and note those that are too small.

    Parameters
    ----------
    x
        Regressors, shape ``(n, k)``, of full column rank; for a count model times √μ.
    terms, areas
        Names of the columns and of the rows.
    standard_errors
        ``HC0``, ``HC1``, ``CR1`` …, for the message. ``classical`` is always accepted, ``HC2`` and
        ``HC3`` unless an area has leverage 1.
    where
        Which equation, for the message.
    codes, names
        Cluster of each row, shape ``(n,)``, and the clusters' names.
    factor
        What the estimator multiplies the sandwich with.

    Returns
    -------
    tuple of Message
        Notes, none where all is well.

    Raises
    ------
    DataError
        A coefficient that one area or cluster decides alone, by name.
    """
    if standard_errors == "classical":
        return ()
    labels = list(areas if codes is None else names)
    kept: Floats = np.ones(len(terms))
    alone = decisive(x, codes)
    if standard_errors not in ("HC2", "HC3"):
        kept = factor * kept_share(x, codes)
    if codes is None:
        perfect = np.flatnonzero(leverages(x) > 1 - 1e-10)
        lost = np.asarray(weighs(x)[perfect].any(axis=0))
        kept = np.where(lost, 0.0, kept)
        alone = [perfect if lost[j] else top for j, top in enumerate(alone)]
    unit = say("areas") if codes is None else say("clusters")
    bad = np.flatnonzero(kept < REFUSED).tolist()
    if len(bad):
        worst = [j for j in bad if terms[j] != "constant"] or list(bad)
        named = list(dict.fromkeys(str(labels[g]) for j in worst for g in alone[j]))
        if len(named) > 1:
            them = say("{unit} {names}", unit=unit, names=examples(named))
        elif codes is None:
            them = say("area {name}", name=named[0])
        else:
            them = say("cluster {name}", name=named[0])
        remedy = (
            say(
                "Leave out those terms, or those areas (the other coefficients stay as they are), "
                "or use classical errors, which take the variance as equal everywhere."
            )
            if codes is None
            else say(
                "Leave out those terms (for dummies of clusters, subtract each cluster's means "
                "from the other columns instead), or use HC1, which takes areas as independent."
            )
        )
        those = examples(terms[j] for j in worst)
        if len(worst) == 1:
            decided = say("{terms} is decided almost alone by {them}", terms=those, them=them)
        else:
            decided = say("{terms} are decided almost alone by {them}", terms=those, them=them)
        if codes is None and leverages(x).max() > 1 - 1e-10:
            decided = say("{decided} (leverage 1)", decided=decided)
        raise DataError(
            say(
                "{decided}, in {where}. {standard_errors} estimates the variance from residuals, "
                "and theirs are near 0 whatever the outcome. Expected several {unit} behind every "
                "coefficient. {remedy}",
                decided=decided,
                where=where,
                standard_errors=standard_errors,
                unit=unit,
                remedy=remedy,
            )
        )
    few = np.flatnonzero(kept < TOLD).tolist()
    return tuple(
        say(
            "{term} rests on few areas ({names}): with equal variances its {kind} error would be "
            "{share:.0%} of the true one."
            if codes is None
            else "{term} rests on few clusters ({names}): with equal variances its {kind} error "
            "would be {share:.0%} of the true one.",
            term=terms[j],
            names=some_of(labels[g] for g in alone[j]),
            kind=standard_errors,
            share=float(np.sqrt(kept[j])),
        )
        for j in few
        if terms[j] != "constant"
    )


def note_few_clusters(clusters: int, remedy: Message) -> tuple[Message, ...]:
    """Say so when clusters are few; nothing otherwise."""
    if clusters >= FEW_CLUSTERS:
        return ()
    return (
        say(
            "Only {clusters} clusters: p-values are from Student's t with {freedom} degrees of "
            "freedom, and rough; {remedy}.",
            clusters=clusters,
            freedom=clusters - 1,
            remedy=remedy,
        ),
    )


def cluster_codes(labels: Sequence[object], column: str) -> tuple[Ints, tuple[str, ...]]:
    """Number the clusters 0 … G − 1, in order of appearance.

    Raises
    ------
    DataError
        A single cluster, which says nothing about variance.
    """
    names = list(dict.fromkeys(labels))
    if len(names) < 2:
        raise DataError(
            say(
                "All {n_labels} areas are in one cluster ({column}: {names}). Expected at least "
                "two, and twenty for reliable errors. Name another column, or use HC1.",
                n_labels=len(labels),
                column=column,
                names=examples(names),
            )
        )
    at = {name: g for g, name in enumerate(names)}
    return np.array([at[label] for label in labels], dtype=np.int64), tuple(map(str, names))


# ---- arrays ---------------------------------------------------------------------------------


def kept_share(x: Floats, codes: Ints | None = None, kernel: Floats | None = None) -> Floats:
    """Share of each coefficient's variance that residuals show on average, shape ``(k,)``.

    Parameters
    ----------
    x
        Shape ``(n, k)``, full column rank.
    codes
        Cluster of each row, shape ``(n,)``; each row its own by default.
    kernel
        Weights of pairs K, shape ``(n, n)``, in place of clusters.

    Examples
    --------
    A mean of four: each residual keeps 1 − 1/4 of its variance. In two clusters of two their sums
    keep half.

    >>> kept_share(np.ones((4, 1))), kept_share(np.ones((4, 1)), np.array([0, 0, 1, 1]))
    (array([0.75]), array([0.5]))
    """
    q, w = _basis(x)
    total = (w**2).sum(axis=0)
    if kernel is not None:
        shared = np.array([(q * one[:, None] * (kernel @ (q * one[:, None]))).sum() for one in w.T])
        return np.asarray((np.diag(kernel) @ w**2 - shared) / total)
    if codes is None:
        return np.asarray((w**2 * (1 - leverages(x))[:, None]).sum(axis=0) / total)
    lost = np.zeros(x.shape[1])
    for rows in _members(codes):
        lost += ((q[rows].T @ w[rows]) ** 2).sum(axis=0)
    return np.asarray(1 - lost / total)


def leverages(x: Floats) -> Floats:
    """Diagonal of X(X'X)⁻¹X', shape ``(n,)``."""
    q, _ = _basis(x)
    return np.asarray((q**2).sum(axis=1))


def weighs(x: Floats) -> Bools:
    """Which rows weigh in which coefficient, shape ``(n, k)``."""
    _, w = _basis(x)
    return np.asarray(w**2 > 1e-10 * (w**2).sum(axis=0))


def decisive(x: Floats, codes: Ints | None = None) -> list[Ints]:
    """Rows, or clusters, that carry much of each coefficient, the heaviest first."""
    _, w = _basis(x)
    weight = w**2 / (w**2).sum(axis=0)
    if codes is not None:
        summed = np.zeros((int(codes.max()) + 1, x.shape[1]))
        np.add.at(summed, codes, weight)
        weight = summed
    order = np.argsort(-weight, axis=0, kind="stable")
    return [
        order[: max(1, int((column >= DECISIVE).sum())), j] for j, column in enumerate(weight.T)
    ]


def _basis(x: Floats) -> tuple[Floats, Floats]:
    """Q of the unit-length columns, and the columns of X(X'X)⁻¹ up to scale, ``(n, k)`` each."""
    q, r = np.linalg.qr(x / np.linalg.norm(x, axis=0))
    return q, np.linalg.solve(r, q.T).T


def _members(codes: Ints) -> list[Ints]:
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
