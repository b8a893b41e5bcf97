"""Importance: how much of what is explained goes with each attribute, and along which path.

All of it follows from a covariance matrix. So a bootstrap draws counts, turns each draw into a
matrix, and treats the stack of matrices at once.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from analysis.counts import complete, expand
from analysis.estimate import LEVEL, Estimate, TooFewError, from_draws, make_estimate

__all__ = [
    "bootstrap_correlation",
    "composite_covariances",
    "covariances",
    "lmg",
    "lmg_estimates",
    "lmg_shares",
    "path_coefficients",
    "path_estimates",
    "product_gain",
    "share_difference",
    "top_share",
    "weighted_covariances",
]

CHUNK = 20_000_000  # numbers held at once while drawing
MOST = 10  # predictors: all their subsets are fitted
REPEAT = 1e-10  # of its variance: a predictor with less of its own repeats the others


def lmg(counts: pd.DataFrame, outcome: str, predictors: Sequence[str]) -> pd.Series:
    """Return the share of the explained variance that goes with each predictor.

    The gain in R2 when a predictor enters a linear fit depends on what is in it already; LMG is
    its average over all orders of entry, the Shapley value of R2. The averages add up to R2, and
    here they are divided by it (times ``explained`` they are parts of the whole variance).

    Parameters
    ----------
    counts : DataFrame
        Counts with numeric columns; rows with a missing value in a column needed are left out.
    outcome : str
        What is explained.
    predictors : sequence of str
        What explains it; all ``2**p`` subsets are fitted, so at most ten.

    Returns
    -------
    Series
        Shares of 0 to 1 by predictor, which sum to 1.

    Raises
    ------
    ValueError
        If a column is not numeric, predictors repeat each other, or there are more than ten.
    TooFewError
        If no customer is left, a column does not vary, or nothing is explained.

    References
    ----------
    Lindeman, Merenda and Gold (1980), Introduction to Bivariate and Multivariate Analysis, p. 119;
    Groemping (2006), Journal of Statistical Software 17(1); (2007), American Statistician 61:139.

    Examples
    --------
    >>> rows = pd.DataFrame({"y": [0, 1, 2, 3], "a": [0, 1, 0, 1], "b": [0, 0, 1, 1], "n": 1})
    >>> lmg(rows, "y", ["a", "b"]).round(6).tolist()
    [0.2, 0.8]
    """
    matrix, _, _ = covariances(counts, [outcome, *predictors])
    return pd.Series(lmg_shares(matrix), index=list(predictors), name="share")


def lmg_estimates(
    counts: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    seed: int,
    kind: str,
    source: str,
    draws: int = 1000,
) -> list[Estimate]:
    """Return :func:`lmg` with percentile bootstrap intervals, one estimate per predictor."""
    columns = [outcome, *predictors]
    matrix, n, missing = covariances(counts, columns)
    resampled, _, _ = covariances(counts, columns, draws=draws, seed=seed)
    values, drawn = lmg_shares(matrix), lmg_shares(resampled)
    about = {"n": n, "missing": missing, "kind": kind, "source": source}
    method = f"LMG share of the explained variance of {outcome}"
    return [
        from_draws(values[i], drawn[:, i], method=method, label=name, **about)
        for i, name in enumerate(predictors)
    ]


def top_share(
    counts: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    top: int = 2,
    seed: int,
    draws: int = 1000,
    **about: str,
) -> Estimate:
    """Return the LMG share of the ``top`` best predictors, with a basic bootstrap interval.

    The best are chosen and measured on the same customers, which flatters them, in the sample as in
    its draws: the basic interval turns the percentiles round the value and so takes most of that
    out. Of 150 customers it holds the truth in 85 to 95 of 100 samples.

    Parameters
    ----------
    counts, outcome, predictors
        As for :func:`lmg`.
    top : int
        From 1 to fewer than there are predictors: all of them together explain everything.
    seed, draws : int
        Of the bootstrap.
    **about
        kind, source and label.

    Raises
    ------
    ValueError
        If ``top`` is not from 1 to one less than the predictors, or as :func:`covariances`.
    TooFewError
        If the draws lie so far to one side that the interval would not hold the value.

    References
    ----------
    Davison and Hinkley (1997), Bootstrap Methods and their Application, section 5.2.
    """
    if not 1 <= top < len(predictors):
        raise ValueError(f"expected top from 1 to {len(predictors) - 1}, found {top}")
    columns = [outcome, *predictors]
    matrix, n, missing = covariances(counts, columns)
    drawn, _, _ = covariances(counts, columns, draws=draws, seed=seed)
    value, values = (
        np.sort(lmg_shares(m), axis=-1)[..., -top:].sum(axis=-1) for m in (matrix, drawn)
    )
    low, high = 2 * value - np.quantile(values, [0.5 + LEVEL / 2, 0.5 - LEVEL / 2])
    if not low <= value <= high:
        raise TooFewError(f"expected draws around {value:.3f}, found an interval beside it")
    method = f"LMG share of the {top} best of {len(predictors)}, basic bootstrap ({draws} draws)"
    ends = max(0.0, float(low)), min(1.0, float(high))
    return make_estimate(float(value), ends, n, missing, method, about)


def share_difference(
    counts: pd.DataFrame,
    outcome: Sequence[str],
    first: Sequence[str],
    second: Sequence[str],
    *,
    seed: int,
    draws: int = 1000,
    **about: str,
) -> Estimate:
    """Return the LMG share of one composite minus that of another, bootstrap interval.

    Each group of items is one composite of equal weights; two composites share out the variance
    of the outcome that they explain together.

    Raises
    ------
    ValueError, TooFewError
        As :func:`covariances` and :func:`analysis.estimate.from_draws`.
    """
    items = {"outcome": outcome, "first": first, "second": second}
    columns = _all_items(items)
    matrix, n, missing = covariances(counts, columns)
    drawn, _, _ = covariances(counts, columns, draws=draws, seed=seed)
    value, values = (lmg_shares(composite_covariances(m, items)) @ [1, -1] for m in (matrix, drawn))
    method = "difference of LMG shares of two composites"
    return from_draws(float(value), values, method=method, n=n, missing=missing, **about)


def bootstrap_correlation(
    counts: pd.DataFrame, x: str, y: str, *, seed: int, draws: int = 1000, **about: str
) -> Estimate:
    """Return a Pearson correlation with a percentile interval, where few answers are not common.

    For money, and for yes or no where one is rare; draws in which an answer does not vary count as
    no correlation. Elsewhere :func:`analysis.estimate.correlation` is the usual choice.

    Raises
    ------
    ValueError, TooFewError
        As :func:`covariances` and :func:`analysis.estimate.from_draws`.
    """
    matrix, n, missing = covariances(counts, [x, y])
    drawn, _, _ = covariances(counts, [x, y], draws=draws, seed=seed)
    value, values = (_phi(m) for m in (matrix, drawn))
    method = "Pearson correlation"
    return from_draws(float(value), values, method=method, n=n, missing=missing, **about)


def product_gain(
    counts: pd.DataFrame,
    outcome: str,
    parts: Sequence[str],
    *,
    seed: int,
    folds: int = 10,
    repeats: int = 20,
    draws: int = 1000,
    **about: str,
) -> Estimate:
    """Return the gain in R2 out of sample if parts are multiplied instead of added.

    Both models have as many parameters and are fitted by least squares on the outcome itself,
    y = a + b x1 + c x2 ... and y = a x1^b x2^c ..., in all but one of the folds, and judged in that
    one; squared errors are paired by customer and customers are drawn.

    Parameters
    ----------
    counts : DataFrame
        Counts; the answers must be greater than zero.
    outcome : str
    parts : sequence of str
    seed : int
        Of the folds and of the draws.
    folds, repeats, draws : int
    **about
        kind, source and label.

    Raises
    ------
    ValueError
        If an answer is not greater than zero.
    TooFewError
        If a fold would hold fewer than two customers.

    References
    ----------
    Stone (1974), Journal of the Royal Statistical Society B 36:111-147.
    """
    kept, missing = complete(counts, [], numbers=[outcome, *parts])
    values = expand(kept[[outcome, *parts, "n"]]).to_numpy(float)
    if not (values > 0).all():
        raise ValueError(f"expected answers greater than 0, found {values.min():g}")
    y, x, n = values[:, 0], values[:, 1:], len(values)
    if n < 2 * folds:
        raise TooFewError(f"expected at least {2 * folds} customers for {folds} folds, found {n}")
    rng, errors = np.random.default_rng(seed), np.zeros((2, n))
    for _ in range(repeats):
        fold = rng.permutation(n) % folds
        for k in range(folds):
            made = _forecast(x[fold != k], y[fold != k], x[fold == k])
            errors[:, fold == k] += [(y[fold == k] - m) ** 2 for m in made]
    gained = (errors[0] - errors[1]) / repeats
    rows = rng.integers(0, n, (draws, n))
    drawn = gained[rows].sum(axis=1) / (n * y[rows].var(axis=1))
    method = f"gain in R2 out of sample, {repeats} x {folds} folds, paired errors"
    value = float(gained.sum() / (n * y.var()))
    return from_draws(value, drawn, method=method, n=n, missing=missing, **about)


def path_coefficients(
    counts: pd.DataFrame,
    items: Mapping[str, Sequence[str]],
    paths: Mapping[str, Sequence[str]],
) -> pd.Series:
    """Return the standardised coefficients of a path model on equal-weight composites.

    A composite is the mean of its standardised items, standardised again; every outcome is then
    regressed on its predictors by least squares. Partial least squares differs only in that it
    weights the items by their correlation with neighbouring composites.

    Parameters
    ----------
    counts : DataFrame
        Counts with numeric items; customers with a missing item are left out.
    items : mapping of str to sequence of str
        Composite to its items; items that point the other way must be turned before.
    paths : mapping of str to sequence of str
        Outcome composite to its predictor composites.

    Returns
    -------
    Series
        Slopes in standard deviations, indexed by (outcome, predictor).

    References
    ----------
    Fornell et al. (1996), Journal of Marketing 60(4):7-18, for the satisfaction model; Dijkstra and
    Henseler (2011), Quality and Quantity 45:1505-1518, for equal weights.
    """
    _check_paths(items, paths)
    matrix, _, _ = covariances(counts, _all_items(items))
    index = [(outcome, name) for outcome, predictors in paths.items() for name in predictors]
    values = _path_values(composite_covariances(matrix, items), list(items), paths)
    return pd.Series(values, pd.MultiIndex.from_tuples(index, names=["outcome", "predictor"]))


def path_estimates(
    counts: pd.DataFrame,
    items: Mapping[str, Sequence[str]],
    paths: Mapping[str, Sequence[str]],
    *,
    seed: int,
    kind: str,
    source: str,
    draws: int = 1000,
) -> list[Estimate]:
    """Return :func:`path_coefficients` with percentile bootstrap intervals, in the same order.

    The items are standardised anew in each draw.
    """
    values = path_coefficients(counts, items, paths)
    _, n, missing = covariances(counts, _all_items(items))
    resampled, _, _ = covariances(counts, _all_items(items), draws=draws, seed=seed)
    drawn = _path_values(composite_covariances(resampled, items), list(items), paths)
    about = {"n": n, "missing": missing, "kind": kind, "source": source}
    method = "standardised slope of equal-weight composites"
    return [
        from_draws(value, drawn[:, i], method=method, label=f"{name} → {outcome}", **about)
        for i, ((outcome, name), value) in enumerate(values.items())
    ]


def covariances(
    counts: pd.DataFrame, columns: Sequence[str], *, draws: int = 0, seed: int | None = None
) -> tuple[np.ndarray, int, int]:
    """Return the covariance matrix of ``columns``, or one per bootstrap draw of the counts.

    Returns
    -------
    matrices : ndarray
        Shape (k, k), or (draws, k, k) with ``draws``; divided by n, which no ratio here notices.
    n, missing : int
        Customers used and left out.

    Raises
    ------
    ValueError
        If a column is not numeric.
    TooFewError
        If a column does not vary, or no customer is left.
    """
    columns = list(columns)
    kept, missing = complete(counts, [], numbers=columns)
    kept = kept.groupby(columns, as_index=False)["n"].sum()
    if not (n := int(kept["n"].sum())):
        raise TooFewError(f"expected customers who answered all of {columns}, found none")
    weights = kept["n"].to_numpy(float)
    values = kept[columns].to_numpy(float)
    values = values - np.average(values, axis=0, weights=weights)  # against cancellation
    if flat := [c for c, v in zip(columns, values.T, strict=True) if not v.any()]:
        raise TooFewError(f"expected columns that vary, found a single value in {flat}")
    if not draws:
        return weighted_covariances(weights[None, :], values)[0], n, missing
    generator, parts = np.random.default_rng(seed), []
    while (done := sum(map(len, parts))) < draws:
        size = min(draws - done, max(1, CHUNK // len(weights)))
        parts.append(weighted_covariances(generator.multinomial(n, weights / n, size=size), values))
    return np.concatenate(parts), n, missing


def lmg_shares(matrices: np.ndarray) -> np.ndarray:
    """Return LMG shares from covariance matrices of shape (..., 1 + p, 1 + p), outcome first.

    The result has shape (..., p). Raises ``ValueError`` if predictors repeat each other or there
    are more than ten, ``TooFewError`` if they explain nothing.
    """
    p = matrices.shape[-1] - 1
    if not 1 <= p <= MOST:
        raise ValueError(f"expected 1 to {MOST} predictors, found {p}")
    gains = np.zeros((*matrices.shape[:-2], p))
    fitted = {
        subset: _explained(matrices, subset)
        for size in range(p + 1)
        for subset in combinations(range(1, p + 1), size)
    }
    for subset, base in fitted.items():
        orders = factorial(len(subset)) * factorial(p - len(subset) - 1) if len(subset) < p else 0
        for j in set(range(1, p + 1)) - set(subset):
            gain = fitted[tuple(sorted((*subset, j)))] - base
            gains[..., j - 1] += orders / factorial(p) * gain
    total = gains.sum(axis=-1, keepdims=True)
    if not (total > 1e-12).all():
        raise TooFewError("expected predictors that explain something, found none that do")
    return gains / total


def composite_covariances(matrices: np.ndarray, items: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Return the correlations of equal-weight composites from the covariances of their items.

    ``matrices`` has shape (..., k, k) with the items block after block, in the order of ``items``;
    the result has shape (..., m, m), one row per composite.
    """
    weights = np.zeros((matrices.shape[-1], len(items)))
    start = 0
    for column, block in enumerate(items.values()):
        weights[start : start + len(block), column] = 1
        start += len(block)
    return _correlations(weights.T @ _correlations(matrices) @ weights)


def weighted_covariances(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return covariances, shape (draws, k, k), of values (rows, k) for weights (draws, rows).

    Where a draw holds one value only, its covariances are zero, not what rounding leaves of them.
    """
    k, total = values.shape[1], weights.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        raise ValueError("expected weights above 0 in every draw, found a draw of 0")
    weights = weights / total
    products = (values[:, :, None] * values[:, None, :]).reshape(len(values), k * k)
    means, squares = weights @ values, (weights @ products).reshape(-1, k, k)
    found = squares - means[:, :, None] * means[:, None, :]
    spread, size = (np.diagonal(m, axis1=1, axis2=2) for m in (found, squares))
    varies = spread > 1e-12 * size
    return found * (varies[:, :, None] & varies[:, None, :])


def _explained(matrices: np.ndarray, subset: tuple[int, ...]) -> np.ndarray:
    """Return R2 of the first variable on those of ``subset``."""
    if not subset:
        return np.zeros(matrices.shape[:-2])
    slopes = _slopes(matrices, 0, list(subset))
    shared = (slopes * matrices[..., 0, list(subset)]).sum(axis=-1)
    return shared / matrices[..., 0, 0]


def _slopes(matrices: np.ndarray, outcome: int, predictors: list[int]) -> np.ndarray:
    """Return least-squares slopes, shape (..., predictors), or say that they are not one number."""
    among = matrices[..., predictors, :][..., :, predictors]
    spread = np.sqrt(np.diagonal(among, axis1=-2, axis2=-1))
    varies = (spread > 0).all()
    if varies:
        alike = among / (spread[..., :, None] * spread[..., None, :])
    if not varies or not (np.linalg.eigvalsh(alike)[..., 0] > REPEAT).all():
        raise ValueError(
            "expected predictors that differ from each other and vary in every draw, "
            "found a covariance matrix that cannot be inverted"
        )
    return np.linalg.solve(among, matrices[..., predictors, outcome][..., None])[..., 0]


def _path_values(
    matrices: np.ndarray, names: list[str], paths: Mapping[str, Sequence[str]]
) -> np.ndarray:
    """Return the slopes of all paths, shape (..., paths)."""
    slopes = [
        _slopes(matrices, names.index(outcome), [names.index(name) for name in predictors])
        for outcome, predictors in paths.items()
    ]
    return np.concatenate(slopes, axis=-1)


def _correlations(matrices: np.ndarray) -> np.ndarray:
    spread = np.sqrt(np.diagonal(matrices, axis1=-2, axis2=-1))
    if not (spread > 0).all():
        raise TooFewError("expected items that vary in every draw, found one that does not")
    return matrices / (spread[..., :, None] * spread[..., None, :])


def _phi(matrices: np.ndarray) -> np.ndarray:
    """Return correlations of two columns; none where one of them does not vary."""
    size = np.sqrt(matrices[..., 0, 0] * matrices[..., 1, 1])
    return np.divide(matrices[..., 0, 1], size, out=np.zeros_like(size), where=size > 0)


def _forecast(x: np.ndarray, y: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return forecasts for new rows: parts added, and parts multiplied."""
    design, logs, ahead = (
        np.column_stack([np.ones(len(m)), m]) for m in (x, np.log(x), np.log(new))
    )
    added = np.linalg.lstsq(design, y, rcond=None)[0]
    start = np.linalg.lstsq(logs, np.log(y), rcond=None)[0]
    fit = least_squares(
        lambda b: np.exp(logs @ b) - y, start, jac=lambda b: np.exp(logs @ b)[:, None] * logs
    )
    return np.column_stack([np.ones(len(new)), new]) @ added, np.exp(ahead @ fit.x)


def _check_paths(items: Mapping[str, Sequence[str]], paths: Mapping[str, Sequence[str]]) -> None:
    """Refuse composites without items, or paths between composites that are not there."""
    if empty := [name for name, block in items.items() if not block]:
        raise ValueError(f"expected items in every composite, found none in {empty}")
    named = [name for outcome, predictors in paths.items() for name in (outcome, *predictors)]
    if unknown := [name for name in named if name not in items]:
        raise ValueError(f"expected paths among {list(items)}, found {unknown}")
    for outcome, predictors in paths.items():
        if not predictors or outcome in predictors:
            raise ValueError(
                f"expected predictors of {outcome} other than itself, found {predictors}"
            )


def _all_items(items: Mapping[str, Sequence[str]]) -> list[str]:
    return [item for block in items.values() for item in block]
