"""What a customer is worth: retention, lifetime value, repeat buying and concentration.

Three models are fitted by maximum likelihood, each to counts of customers: shifted
beta-geometric (contracts that are renewed or not), BG/NBD (purchases without a contract) and
gamma-gamma (money per purchase). All let customers differ from one another.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1
from statsmodels.tools.numdiff import approx_fprime, approx_hess3

from analysis.estimate import Z

__all__ = [
    "Fit",
    "between_share",
    "fit_purchases",
    "fit_renewals",
    "fit_spend",
    "future_purchases",
    "future_spend",
    "gini",
    "lifetime_value",
    "lorenz",
    "new_customer_purchases",
    "pool_size",
    "renewal_lifetime",
    "repeat_purchases",
    "resample",
    "survival",
    "top_share",
    "value_change",
]


@dataclasses.dataclass(frozen=True)
class Fit:
    """A maximum-likelihood fit; ``covariance`` is that of the logarithms of ``params``."""

    params: pd.Series
    covariance: np.ndarray
    loglikelihood: float
    n: int

    def table(self, digits: int = 3) -> pd.DataFrame:
        """Return estimate and interval (symmetric on the log scale) per parameter, rounded."""
        reach = np.exp(Z * np.sqrt(np.diag(self.covariance)))
        ends = {"low": self.params / reach, "high": self.params * reach}
        return pd.DataFrame({"estimate": self.params, **ends}).round(digits)

    def draws(self, number: int, *, seed: int) -> np.ndarray:
        """Return ``number`` draws (rows) of the parameters from their large-sample distribution."""
        logs = np.log(self.params.to_numpy())
        normal = np.random.default_rng(seed).standard_normal((number, len(logs)))
        # Cholesky's factor is unique, so the draws are the same on every machine.
        return np.exp(logs + normal @ np.linalg.cholesky(self.covariance).T)


# A constant retention rate ----------------------------------------------------------------------


def lifetime_value(retention, *, discount: float, margin: float = 1.0):
    """Return margin / (1 + discount - retention): retention and margin stay as they are."""
    if np.min(retention) < 0 or np.max(retention) > 1 + 1e-9:
        raise ValueError(f"expected retention from 0 to 1, found {retention}")
    return margin / (1 + discount - retention)


def value_change(retention, points, *, discount: float):
    """Return the per cent change in lifetime value when retention moves by ``points`` of 1."""
    moved = lifetime_value(retention + points, discount=discount)
    change = 100 * (moved / lifetime_value(retention, discount=discount) - 1)
    return np.round(change, 9)  # so that a change of exactly 20 is not 20.000000000000004


def pool_size(won: float, loss_rate: float, years: int, *, start: float = 0.0) -> np.ndarray:
    """Return the customers at the end of years 0 to ``years``: each year some leave, ``won`` come.

    The pool settles at ``won / loss_rate``.
    """
    settled = won / loss_rate
    return settled + (start - settled) * (1 - loss_rate) ** np.arange(years + 1)


# Contracts: shifted beta-geometric --------------------------------------------------------------


def fit_renewals(survivors: Sequence[int]) -> Fit:
    """Return alpha and beta of the shifted beta-geometric from the survivors of one cohort.

    ``survivors`` are the customers at the start, after the first renewal, the second and so on.

    References
    ----------
    Fader and Hardie (2007), Journal of Interactive Marketing 21:76-90, equations 5 and B3.

    Examples
    --------
    >>> fit_renewals([1000, 631, 468, 382, 326, 289, 262, 241]).params.round(3).tolist()
    [0.704, 1.182]
    """
    left = np.asarray(survivors, dtype=float)
    if len(left) < 3 or (np.diff(left) > 0).any() or left[-1] < 0:
        raise ValueError(f"expected at least 3 counts that never rise, found {list(survivors)}")
    years = np.arange(1, len(left))

    def loglikelihood(params):
        alpha, beta = params
        died = betaln(alpha + 1, beta + years - 1) - betaln(alpha, beta)
        stayed = betaln(alpha, beta + years[-1]) - betaln(alpha, beta)
        return -np.diff(left) @ died + left[-1] * stayed

    return _maximise(loglikelihood, {"alpha": 1.0, "beta": 1.0}, n=int(left[0]))


def survival(params: Sequence[float], years) -> np.ndarray:
    """Return the share of a cohort that is still there after ``years`` renewals."""
    alpha, beta = params
    return np.exp(betaln(alpha, beta + np.asarray(years)) - betaln(alpha, beta))


def renewal_lifetime(params: Sequence[float], *, discount: float) -> float:
    """Return the expected lifetime in periods, discounted: the sum of S(t) / (1 + d)^t."""
    alpha, beta = params
    return float(hyp2f1(1, beta, alpha + beta, 1 / (1 + discount)))


# Purchases without a contract: BG/NBD and gamma-gamma -------------------------------------------


def repeat_purchases(purchases: pd.DataFrame, *, end: pd.Timestamp) -> pd.DataFrame:
    """Return by customer what the models need, from purchases up to ``end``.

    ``frequency`` is the number of repeat purchases (those of one day are one), ``recency`` the
    weeks from first to last, ``age`` the weeks from first to ``end``, ``spend`` the mean money per
    repeat purchase. Takes the columns ``customer``, ``date`` and ``cents``.
    """
    known = purchases[purchases["date"] <= end]
    days = known.groupby(["customer", "date"], as_index=False)["cents"].sum()
    dates = days.groupby("customer")["date"].agg(["min", "max", "size"])
    later = days[days["date"] > days["customer"].map(dates["min"])]
    table = pd.DataFrame({"frequency": dates["size"] - 1})
    table["recency"] = (dates["max"] - dates["min"]).dt.days / 7
    table["age"] = (end - dates["min"]).dt.days / 7
    table["spend"] = later.groupby("customer")["cents"].mean() / 100
    return table


def fit_purchases(counts: pd.DataFrame) -> Fit:
    """Return r, alpha, a, b of the BG/NBD from counts by ``frequency``, ``recency``, ``age``.

    References
    ----------
    Fader, Hardie and Lee (2005), Marketing Science 24:275-284, equation 6.
    """
    x, recency, age, n = (counts[c].to_numpy(float) for c in ("frequency", "recency", "age", "n"))

    def loglikelihood(params):
        r, alpha, a, b = params
        bought = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        stayed = betaln(a, b + x) - betaln(a, b)
        odds = np.log1p(_odds_gone(params, x, recency, age))
        return n @ (bought + stayed - (r + x) * np.log(alpha + age) + odds)

    start = {"r": 1.0, "alpha": 1.0, "a": 1.0, "b": 1.0}
    return _maximise(loglikelihood, start, n=int(n.sum()))


def new_customer_purchases(params: Sequence[float], weeks) -> np.ndarray:
    """Return the expected repeat purchases of a new customer within ``weeks`` (equation 9)."""
    r, alpha, a, b = params
    weeks = np.asarray(weeks, dtype=float)
    decay = (alpha / (alpha + weeks)) ** r * hyp2f1(r, b, a + b - 1, weeks / (alpha + weeks))
    return (a + b - 1) / (a - 1) * (1 - decay)


def future_purchases(params: Sequence[float], counts: pd.DataFrame, weeks: float) -> np.ndarray:
    """Return the expected purchases of each row in the next ``weeks`` (equation 10)."""
    r, alpha, a, b = params
    x, recency, age = (counts[c].to_numpy(float) for c in ("frequency", "recency", "age"))
    horizon = alpha + age + weeks
    decay = ((alpha + age) / horizon) ** (r + x)
    decay *= hyp2f1(r + x, b + x, a + b + x - 1, weeks / horizon)
    alive = 1 / (1 + _odds_gone(params, x, recency, age))
    return (a + b + x - 1) / (a - 1) * (1 - decay) * alive


def _odds_gone(params, x, recency, age):
    """Return the odds that a customer has left for good; zero before the first repeat purchase."""
    r, alpha, a, b = params
    odds = a / (b + np.maximum(x, 1) - 1) * ((alpha + age) / (alpha + recency)) ** (r + x)
    return np.where(x > 0, odds, 0.0)


def fit_spend(customers: pd.DataFrame) -> Fit:
    """Return p, q, gamma of the gamma-gamma model from rows with a ``spend`` above zero.

    References
    ----------
    Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value, equation 1a.
    """
    kept = customers[customers["spend"] > 0]
    x, z, n = (kept[c].to_numpy(float) for c in ("frequency", "spend", "n"))

    def loglikelihood(params):
        p, q, gamma = params
        shape = -betaln(p * x, q) + q * np.log(gamma) + p * x * np.log(x)
        return n @ (shape + (p * x - 1) * np.log(z) - (p * x + q) * np.log(gamma + x * z))

    return _maximise(loglikelihood, {"p": 5.0, "q": 4.0, "gamma": 15.0}, n=int(n.sum()))


def future_spend(params: Sequence[float], customers: pd.DataFrame) -> np.ndarray:
    """Return the expected money per purchase of each row: its own mean, drawn to that of all."""
    p, q, gamma = params
    x = customers["frequency"].to_numpy(float)
    z = customers["spend"].fillna(0).to_numpy(float)
    return p * (gamma + x * z) / (p * x + q - 1)


def _maximise(loglikelihood: Callable, start: dict[str, float], *, n: int) -> Fit:
    """Return the maximum over positive parameters, sought on their logarithms."""

    def loss(logs):
        return -loglikelihood(np.exp(logs)) / n

    rough = minimize(loss, np.log(list(start.values())), method="BFGS").x
    curvature = approx_hess3(rough, loss)
    # One Newton step makes the last digits the same whatever path the search took.
    best = rough - np.linalg.solve(curvature, approx_fprime(rough, loss, centered=True))
    if not (np.linalg.eigvalsh(curvature) > 0).all() or not loss(best) < loss(rough) + 1e-9:
        raise ValueError(f"expected a maximum of the likelihood, found none near {np.exp(rough)}")
    covariance = np.linalg.inv(curvature * n)
    return Fit(pd.Series(np.exp(best), list(start)), covariance, -loss(best) * n, n)


# Concentration and likeness ---------------------------------------------------------------------


def resample(counts: pd.DataFrame, *, draws: int, seed: int) -> np.ndarray:
    """Return ``n`` of bootstrap samples (rows), the same as ``estimate.bootstrap`` draws.

    The measures below take them as ``n`` and treat all samples at once.
    """
    n = counts["n"].to_numpy()
    return np.random.default_rng(seed).multinomial(n.sum(), n / n.sum(), size=draws)


def lorenz(counts: pd.DataFrame, value: str, *, largest_first: bool = False) -> pd.DataFrame:
    """Return cumulative shares of ``customers`` and of ``value``, from the smallest up.

    With ``largest_first`` it is the whale curve, which rises above one where values are negative.
    """
    customers, share = _cumulated(counts, value, largest_first=largest_first)
    return pd.DataFrame({"customers": customers, "value": share})


def gini(counts: pd.DataFrame, value: str, *, n: np.ndarray | None = None):
    """Return the Gini coefficient: 0 if all are worth the same, near 1 if one has everything.

    With samples as ``n`` (see :func:`resample`) it is an array, one coefficient each.

    Examples
    --------
    >>> float(gini(pd.DataFrame({"cents": [0, 100], "n": [3, 1]}), "cents").round(9))
    0.75
    """
    customers, share = _cumulated(counts, value, n=n)
    return 1 - 2 * np.trapezoid(share, customers)


def top_share(counts: pd.DataFrame, value: str, part: float, *, n: np.ndarray | None = None):
    """Return the share of ``value`` that the top ``part`` of the customers hold.

    With samples as ``n`` (see :func:`resample`) it is an array, one share each.

    Examples
    --------
    >>> float(top_share(pd.DataFrame({"cents": [10, 90], "n": [4, 1]}), "cents", 0.2).round(9))
    0.692307692
    """
    curves = np.moveaxis(_cumulated(counts, value, largest_first=True, n=n), 0, -2)
    shares = [np.interp(part, *curve) for curve in curves.reshape(-1, *curves.shape[-2:])]
    return shares[0] if n is None else np.array(shares)


def _cumulated(counts, value, *, largest_first=False, n=None):
    """Return cumulative shares of customers and of value, shape (2, ..., rows + 1)."""
    money = counts[value].to_numpy(float)
    n = counts["n"].to_numpy(float) if n is None else np.asarray(n, dtype=float)
    order = np.argsort(-money if largest_first else money, kind="stable")
    sums = np.cumsum([n[..., order], n[..., order] * money[order]], axis=-1)
    return np.insert(sums / sums[..., -1:], 0, 0, axis=-1)


def between_share(counts: pd.DataFrame, *, n: np.ndarray | None = None):
    """Return the share of the variance of scores between customers (one-way random effects).

    Takes counts of customers by ``scores`` (how many they gave), ``total`` (their sum) and
    ``squares`` (the sum of their squares). With samples as ``n`` (see :func:`resample`) it is an
    array, one share each.

    References
    ----------
    Donner (1986), International Statistical Review 54:67-82, the analysis-of-variance estimator.
    """
    k, total, squares = (counts[c].to_numpy(float) for c in ("scores", "total", "squares"))
    n = counts["n"].to_numpy(float) if n is None else np.asarray(n, dtype=float)
    customers, scores = n.sum(axis=-1), n @ k
    between = (n @ (total**2 / k) - (n @ total) ** 2 / scores) / (customers - 1)
    within = n @ (squares - total**2 / k) / (scores - customers)
    size = (scores - n @ k**2 / scores) / (customers - 1)
    return (between - within) / (between + (size - 1) * within)
