"""What a customer is worth: retention, lifetime value, repeat buying and concentration.

Three models are fitted by maximum likelihood, each to counts of customers: shifted
beta-geometric (contracts that are renewed or not), BG/NBD (purchases without a contract) and
gamma-gamma (money per purchase). All let customers differ from one another. Gradients and
Hessians are exact, so a fit does not hang on the last bits of a processor.
"""

import dataclasses
import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1, polygamma

from analysis.counts import check_frame, complete, integer_cents, numeric
from analysis.customers import check_names, known_dates, last_day, refuse_rows
from analysis.estimate import Estimate, TooFewError, Z, from_draws, make_estimate

__all__ = [
    "Fit",
    "change_from",
    "fit_purchases",
    "fit_renewals",
    "fit_spend",
    "future_purchases",
    "future_spend",
    "gini",
    "lifetime_value",
    "lorenz",
    "renewal_change",
    "renewal_lifetime",
    "renewal_rate",
    "repeat_purchases",
    "repeat_shares",
    "resample",
    "retention_from_churn",
    "smallest_base",
    "survival",
    "top_share",
    "value_change",
]

SURE = 1e-9  # a retention of .95 + .05 may pass 1 by a rounding error, but by no more
STEPS = 10  # of Newton's method, once near the maximum; three are enough where there is one
FLAT = 1e-4  # information on a logarithm below which its error passes 100: rounding, not data
SPREAD = 1e-6  # share of the sums compared; less spread puts alpha and beta near a million
NEAR = 1e-7  # a last step as long on the logarithms leaves an error of its square
GAP = 1e-5  # around a division of zero by zero


@dataclasses.dataclass(frozen=True)
class Fit:
    """A maximum-likelihood fit; ``covariance`` is that of the logarithms of ``params``.

    Parameters
    ----------
    params : Series
        Parameters by name, all above zero.
    covariance : array
        Symmetric and positive definite, one row a parameter.
    loglikelihood : float
        At ``params``.
    n, missing : int
        Customers used, and left out because a number was missing.

    Raises
    ------
    ValueError
        If the covariance is no covariance of as many parameters.
    """

    params: pd.Series
    covariance: np.ndarray
    loglikelihood: float
    n: int
    missing: int = 0

    def __post_init__(self) -> None:
        """Refuse errors that are no numbers."""
        found, k = np.asarray(self.covariance, dtype=float), len(self.params)
        if (
            found.shape != (k, k)
            or not np.isfinite(found).all()
            or not np.allclose(found, found.T, rtol=1e-6, atol=0)
            or not (np.linalg.eigvalsh(found) > 0).all()
        ):
            raise ValueError(
                f"expected a positive definite covariance of {list(self.params.index)}, found "
                f"{found.tolist()}"
            )

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
    """Return margin / (1 + discount - retention): retention and margin stay as they are.

    Parameters
    ----------
    retention : float or array
        Share that stays each period, 0 to 1.
    discount : float
        Rate per period; 1 + discount must exceed retention, or the sum of margins has no end.
    margin : float
        Money per period, at the end of each.

    Raises
    ------
    ValueError
        If one is not a finite number, retention is no share, or the sum has no end.
    """
    retention = _share("retention", retention)
    discount, margin = _finite("discount", discount), _finite("margin", margin)
    if ((room := 1 + discount - retention) <= 1e-12).any():  # that is 0, but for rounding
        raise ValueError(
            f"expected 1 + discount - retention above 0, found {room.min():.3g}: the sum has no end"
        )
    return margin / room


def value_change(retention, points, *, discount: float, acquisition: float = 0.0):
    """Return the per cent change in lifetime value when retention moves by ``points`` of 1.

    What a customer costs to win does not change, so that its share makes the profit that is left
    smaller and its change larger: by 1 / (1 - acquisition).

    Parameters
    ----------
    retention : float or array
        Share that stays each period, 0 to 1.
    points : float or array
        What is added; the sum must be a share again.
    discount : float
        Rate per period.
    acquisition : float
        Cost of winning a customer as a share of lifetime value before the change, 0 to below 1.

    Raises
    ------
    ValueError
        As :func:`lifetime_value`, before the change or after, or if nothing is left after winning.
    """
    before = lifetime_value(retention, discount=discount)
    moved = _finite("retention", retention) + _finite("points", points)
    change = 100 * (lifetime_value(moved, discount=discount) / before - 1)
    # Rounded so that a change of exactly 20 is not 20.000000000000004.
    return np.round(change / _left_after(acquisition), 9)


def change_from(
    rate: Estimate, points: float, *, discount: float, acquisition: float = 0.0
) -> Estimate:
    """Return the change in lifetime value at a rate seen, with the reach of the rate's interval.

    Parameters
    ----------
    rate : Estimate
        A retention rate, its interval within 0 and 1. Source, label and n are passed on.
    points, discount, acquisition : float
        As for :func:`value_change`.

    Returns
    -------
    Estimate
        Per cent, of kind ``arithmetic``: what follows if the rate is constant.

    Examples
    --------
    >>> about = {"n": 9, "kind": "published", "source": "example", "method": "rate"}
    >>> rate = Estimate(value=0.9, low=0.85, high=0.95, **about)
    >>> change_from(rate, -0.05, discount=0.1).text(0)
    '\N{MINUS SIGN}20 [\N{MINUS SIGN}25, \N{MINUS SIGN}17]'
    """
    ends = np.array([rate.value, rate.low, rate.high])
    moved = value_change(ends, points, discount=discount, acquisition=acquisition)
    method = f"constant retention, discount rate {discount:.0%}"
    if acquisition:
        method += f", winning a customer assumed to cost {acquisition:.0%} of lifetime value"
    about = {"kind": "arithmetic", "source": rate.source, "label": rate.label}
    return make_estimate(moved[0], (moved.min(), moved.max()), rate.n, rate.missing, method, about)


def retention_from_churn(churn: Mapping, *, periods: int = 12, **about: str) -> Estimate:
    """Return the share that stays for ``periods`` periods, from churn per period.

    The ends are those of the range seen, which is no 95% interval: ``method`` says so.

    Parameters
    ----------
    churn : Mapping
        ``mean``, ``low`` and ``high`` churn per period, 0 to 1, and ``n``, how many were seen.
    periods : int
        Whole number >= 1: 12 turns a month into a year.
    **about
        kind, source and label.

    Raises
    ------
    ValueError
        If churn is no share or not in order, or the periods are no whole number >= 1.
    """
    if not isinstance(periods, numbers.Integral) or periods < 1:
        raise ValueError(f"expected periods to be a whole number >= 1, found {periods!r}")
    found = _share("churn", [churn[name] for name in ("low", "mean", "high")])
    if (np.diff(found) < 0).any():
        raise ValueError(f"expected churn with low <= mean <= high, found {found.tolist()}")
    high, value, low = (1 - found) ** periods
    n = int(churn["n"])
    method = f"mean churn over {periods} periods; range of all {n} seen, not a 95% interval"
    return make_estimate(value, (low, high), n, 0, method, about)


# Contracts: shifted beta-geometric --------------------------------------------------------------


def smallest_base(survivors: Sequence[float]) -> int:
    """Return the fewest customers whose shares, in thousandths, round to these survivors.

    Parameters
    ----------
    survivors : sequence of float
        Survivors of a thousand, 0 to 1000, whole numbers.

    Raises
    ------
    ValueError
        If the survivors are not such numbers.

    Examples
    --------
    >>> smallest_base([1000, 667, 333])
    3
    """
    shares = np.atleast_1d(_finite("survivors", survivors))
    if ((shares < 0) | (shares > 1000) | (shares % 1 > 0)).any():
        raise ValueError(f"expected survivors of a thousand, found {shares.tolist()}")
    fits = (
        np.abs(np.round(shares * n / 1000) * 1000 / n - shares).max() <= 0.5 for n in range(1, 1001)
    )
    return 1 + next(n for n, fit in enumerate(fits) if fit)  # a thousand always fit


def renewal_rate(survivors: Sequence[float], *, customers: int, **about: str) -> Estimate:
    """Return renewals over renewals due, its interval that of customers, not of renewals.

    Parameters
    ----------
    survivors : sequence of float
        Customers, or shares of any whole, at the start and after each renewal; they never rise.
    customers : int
        How many customers there were at the start; at least 2.
    **about
        kind, source and label.

    Raises
    ------
    ValueError
        If these are not at least two numbers that never rise, or too few customers.
    TooFewError
        If none or all renewed every time.
    """
    left = np.atleast_1d(_finite("survivors", survivors))
    if len(left) < 2 or not left[0] > 0 or (left < 0).any() or (np.diff(left) > 0).any():
        raise ValueError(f"expected at least 2 numbers that never rise, found {left.tolist()}")
    if not isinstance(customers, numbers.Integral) or customers < 2:
        raise ValueError(f"expected 2 or more customers, found {customers!r}")
    share = np.append(-np.diff(left), left[-1]) / left[0]
    renewed = np.arange(len(left))
    due = np.minimum(renewed + 1, len(left) - 1)
    rate = share @ renewed / (share @ due)
    if not 0 < rate < 1:
        raise TooFewError(f"expected some to renew and some not, found {left.tolist()}")
    # The linearised ratio of two sums over customers, who are the clusters.
    reach = Z * np.sqrt(share @ (renewed - rate * due) ** 2 / customers) / (share @ due)
    method = "renewals over those due, interval by customer"
    return make_estimate(rate, (rate - reach, rate + reach), customers, 0, method, about)


def fit_renewals(survivors: Sequence[int]) -> Fit:
    """Return alpha and beta of the shifted beta-geometric from the survivors of one cohort.

    Parameters
    ----------
    survivors : sequence of int
        The customers at the start, after the first renewal, the second and so on.

    Raises
    ------
    ValueError
        If these are not at least three counts that never rise.
    TooFewError
        If none or all renew for the first time, or retention does not rise as it does where
        customers differ: then the likelihood has no maximum.

    References
    ----------
    Fader and Hardie (2007), Journal of Interactive Marketing 21:76-90, equations 5 and B3.

    Examples
    --------
    >>> fit_renewals([1000, 631, 468, 382, 326, 289, 262, 241]).params.round(3).tolist()
    [0.704, 1.182]
    """
    left = np.atleast_1d(_finite("survivors", survivors))
    if len(left) < 3 or (left < 0).any() or (left % 1 > 0).any() or (np.diff(left) > 0).any():
        raise ValueError(
            f"expected at least 3 whole numbers that never rise, found {left.tolist()}"
        )
    if left[0] == left[-1] or left[1] == 0:
        raise TooFewError(f"expected some to leave and some to stay, found {left.tolist()}")
    years = len(left) - 1
    # Only if a little spread of the customers around one constant rate fits better than none does
    # the likelihood turn before alpha and beta are infinite. Spread counts with f''/f, where f is
    # the probability under one rate. (Far out, rounding would make a summit of a plateau.)
    gone, early = -np.diff(left), np.arange(years)
    rate = gone.sum() / left[:-1].sum()
    gains = gone @ (early * (early - 1)) + left[-1] * years * (years - 1)
    gains, losses = gains / (1 - rate) ** 2, 2 * (gone @ early) / rate / (1 - rate)
    if gains - losses <= SPREAD * (gains + losses):
        raise _no_maximum(["alpha", "beta"])
    # Each term of the likelihood is a share of B(alpha + i, beta + j): who left, stayed, began.
    weight = np.r_[-np.diff(left), left[-1], -left[0]]
    i, j = np.r_[np.ones(years), 0, 0], np.r_[np.arange(years), years, 0]

    def likelihood(params):
        alpha, beta = params[0] + i, params[1] + j
        both = alpha + beta
        slope = [weight @ (digamma(one) - digamma(both)) for one in (alpha, beta)]
        curve = np.full((2, 2), -weight @ polygamma(1, both))
        curve += np.diag([weight @ polygamma(1, one) for one in (alpha, beta)])
        return weight @ betaln(alpha, beta), np.array(slope), curve

    return _maximise(likelihood, {"alpha": 1.0, "beta": 1.0}, n=int(left[0]))


def survival(params: Sequence[float], years) -> np.ndarray:
    """Return the share of a cohort that is still there after ``years`` renewals.

    Parameters
    ----------
    params : sequence of float
        alpha and beta of the shifted beta-geometric, above 0.
    years : float or array
        Renewals, >= 0.
    """
    alpha, beta = _positive(params, ["alpha", "beta"])
    return np.exp(betaln(alpha, beta + _at_least_zero("years", years)) - betaln(alpha, beta))


def renewal_lifetime(params: Sequence[float], *, discount: float) -> float:
    """Return the expected lifetime in periods, discounted: the sum of S(t) / (1 + d)^t.

    Parameters
    ----------
    params : sequence of float
        alpha and beta of the shifted beta-geometric, above 0.
    discount : float
        Rate per period, 1e-8 or more, or 0; with 0 the sum has an end only if alpha > 1.

    Raises
    ------
    ValueError
        If the parameters are not above 0, or the sum has no end or takes too long.

    References
    ----------
    Fader and Hardie (2010), Marketing Science 29:85-93, for the sum; NIST Digital Library of
    Mathematical Functions, 15.7, for the fraction.
    """
    alpha, beta = _positive(params, ["alpha", "beta"])
    discount = _at_least_zero("discount", discount)
    if discount == 0:
        if alpha <= 1:
            raise ValueError(f"expected discount above 0 where alpha is {alpha:.3g}: found no end")
        return float((alpha + beta - 1) / (alpha - 1))
    if discount < 1e-8:
        raise ValueError(f"expected discount 0 or at least 1e-8, found {discount:g}")
    # The sum is 2F1(1, beta; alpha + beta; z). Each step of its continued fraction is between 0 and
    # 1, so no digits are lost; the usual routines give -30 for 8 where alpha is 1, discount .001.
    z, c, fraction = 1 / (1 + discount), alpha + beta, 1.0
    for step in range(int(20 / np.sqrt(1 - z)) + 20, 1, -1):
        m = step // 2
        share = (beta + m) * (c - 1 + m) if step % 2 else m * (alpha - 1 + m)
        fraction = 1 - z * share / ((c + step - 2) * (c + step - 1)) / fraction
    fraction = 1 - z * beta / c / fraction
    return float(1 / fraction)


def renewal_change(
    fit: Fit, points: float, *, discount: float, draws: int, seed: int, **about: str
) -> Estimate:
    """Return the per cent change in lifetime value where customers differ in leaving.

    The mean chance of leaving falls by ``points``; the spread of customers, alpha + beta, stays.

    Parameters
    ----------
    fit : Fit
        From :func:`fit_renewals`.
    points : float
        What is added to retention, within -1 and 1; the mean chance of leaving must stay within
        0 and 1.
    discount : float
        Rate per period, as for :func:`renewal_lifetime`.
    draws, seed : int
        Draws of the parameters for the interval, and their seed.
    **about
        source and label. The kind is ``simulated``: nobody moved these customers.

    Raises
    ------
    ValueError
        If a mean chance of leaving passes 0 or 1, in the fit or in a draw.
    """

    def change_of(params):
        if not 0 < (gone := params[0] / params.sum()) - points < 1:
            raise ValueError(
                f"expected a mean chance of leaving that can fall by {points:g}, found {gone:.3g}"
            )
        moved = params + points * params.sum() * np.array([-1, 1])
        new, old = (renewal_lifetime(p, discount=discount) for p in (moved, params))
        return 100 * (new / old - 1)

    value = round(change_of(fit.params.to_numpy()), 3)
    drawn = np.round([change_of(p) for p in fit.draws(draws, seed=seed)], 3)
    method = "shifted beta-geometric, mean loss rate moved, parametric"
    return from_draws(value, drawn, method=method, n=fit.n, kind="simulated", **about)


# Purchases without a contract: BG/NBD and gamma-gamma -------------------------------------------


def repeat_purchases(purchases: pd.DataFrame, *, end: pd.Timestamp) -> pd.DataFrame:
    """Return by customer what the models need, from purchases up to ``end``.

    Parameters
    ----------
    purchases : DataFrame
        ``customer`` (names or numbers), ``date`` (``datetime64``, days or times) and ``cents``
        (integers >= 0). Purchases of one day are one.
    end : Timestamp
        Last day of observation; it is part of it.

    Returns
    -------
    DataFrame
        One row per customer: ``frequency``, the number of repeat purchases; ``recency``, the weeks
        from first to last; ``age``, the weeks from first to ``end``; ``spend``, the mean money (not
        cents) per repeat purchase, missing where there is none.

    Raises
    ------
    TypeError, KeyError
        If ``purchases`` is not a pandas frame, or lacks a column.
    ValueError
        If a customer or date is missing, a column has the wrong type, money is below zero (a
        refund is no purchase), or there are no purchases up to ``end``.
    """
    days, end = _days_of_buying(purchases, end), last_day(end)
    by_customer = days.groupby("customer", observed=True)
    first, last = by_customer["date"].min(), by_customer["date"].max()
    later = days[days["date"] > by_customer["date"].transform("min")]
    table = pd.DataFrame({"frequency": by_customer.size() - 1})
    table["recency"] = (last - first).dt.days / 7
    table["age"] = (end - first).dt.days / 7
    table["spend"] = later.groupby("customer", observed=True)["cents"].mean() / 100
    return table


def _days_of_buying(purchases: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Return cents by customer and day up to ``end``."""
    check_frame(purchases, ["customer", "date", "cents"])
    if purchases.empty:
        raise ValueError("expected purchases, found none")
    check_names(purchases, "customer")
    cents, end = integer_cents(purchases["cents"]), last_day(end)
    refuse_rows((cents < 0).to_numpy(), "cents >= 0, no refunds", cents.to_numpy())
    dates = known_dates(purchases, "date").dt.normalize()
    known = purchases[["customer"]].assign(date=dates, cents=cents)[(dates <= end).to_numpy()]
    if known.empty:
        raise ValueError(f"expected purchases up to {end:%Y-%m-%d}, found none")
    return known.groupby(["customer", "date"], observed=True, as_index=False)["cents"].sum()


def repeat_shares(
    purchases: pd.DataFrame, windows: Sequence[int], *, end: pd.Timestamp, **about: str
) -> list[Estimate]:
    """Return the share of sales that comes after the first day of buying, within each window.

    All windows follow the same customers: those seen for the longest one. The others are outside
    the question, so that they do not count as missing. The interval is that of a ratio of two sums
    over customers.

    Parameters
    ----------
    purchases : DataFrame
        As for :func:`repeat_purchases`. Purchases of one day are one.
    windows : sequence of int
        Days from the first purchase on, each at least 1; a window of 1 holds the first day alone.
    end : Timestamp
        Last day of observation; it is part of it.
    **about
        kind and source. The labels name the windows.

    Raises
    ------
    TypeError, KeyError, ValueError
        If the purchases are not as described, or a window is no whole number >= 1.
    TooFewError
        If fewer than two customers were seen so long, or none of them bought again, or nothing.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd edition, section 6.3, for the error of a ratio.
    """
    if len(windows) < 1 or any(not isinstance(w, numbers.Integral) or w < 1 for w in windows):
        raise ValueError(f"expected windows of whole days >= 1, found {list(windows)!r}")
    days = _days_of_buying(purchases, end)
    start = days.groupby("customer", observed=True)["date"].transform("min")
    days = days.assign(age=(days["date"] - start).dt.days)
    days = days[((last_day(end) - start).dt.days >= max(windows)).to_numpy()]
    found = []
    for window in windows:
        spent = days[days["age"] < window]
        spent = spent.assign(later=spent["cents"].where(spent["age"] > 0, 0))
        sums = spent.groupby("customer", observed=True)[["later", "cents"]].sum().to_numpy(float)
        told = about | {"label": f"{window} days from the first order"}
        found.append(_share_of_sums(*sums.T, told))
    return found


def _share_of_sums(part: np.ndarray, whole: np.ndarray, about: dict) -> Estimate:
    """Return a ratio of sums over customers, with its linearised error."""
    n = len(whole)
    if n < 2 or not 0 < part.sum() < whole.sum():
        raise TooFewError(
            f"expected 2 or more customers, some of whose sales came later, found {n} customers"
        )
    share = part.sum() / whole.sum()
    error = np.sqrt(((part - share * whole) ** 2).sum() * n / (n - 1)) / whole.sum()
    ends, method = (share - Z * error, share + Z * error), "share of sales, error of a ratio"
    return make_estimate(share, ends, n, 0, method, about)


def fit_purchases(counts: pd.DataFrame) -> Fit:
    """Return r, alpha, a, b of the BG/NBD from counts by ``frequency``, ``recency``, ``age``.

    Parameters
    ----------
    counts : DataFrame
        Counts of customers by repeat purchases (whole numbers >= 0), time from first to last
        purchase (0 where there was no other) and time from first to the end of observation, not
        shorter; in any unit of time, in which ``alpha`` then is too.

    Raises
    ------
    TypeError, KeyError, ValueError
        If the counts are not as described; the row is named.
    TooFewError
        If nobody bought again, or the likelihood has no maximum, as where none seems to have left.

    References
    ----------
    Fader, Hardie and Lee (2005), Marketing Science 24:275-284, equation 6.
    """
    kept, missing = complete(counts, [], numbers=["frequency", "recency", "age"])
    _check_history(counts)
    x, recency, age = (kept[c].to_numpy() for c in ("frequency", "recency", "age"))
    n = kept["n"].to_numpy()
    if not (x > 0).any():
        raise TooFewError("expected customers who bought again, found none")

    def likelihood(params):
        r, alpha, a, b = params
        odds = _log_odds_gone(params, x, recency, age)
        gone, end = expit(odds), b + np.maximum(x, 1) - 1
        longer = np.log((alpha + age) / (alpha + recency))
        nearer = 1 / (alpha + age) - 1 / (alpha + recency)
        value = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + age)
        value += betaln(a, b + x) - betaln(a, b) + np.logaddexp(0, odds)
        # First and second derivatives of the logarithm of the odds of having left.
        d = np.stack([longer, (r + x) * nearer, np.full_like(x, 1 / a), -1 / end])
        dd = np.zeros((4, 4, len(x)))
        dd[0, 1] = dd[1, 0] = nearer
        dd[1, 1] = (r + x) * ((alpha + recency) ** -2 - (alpha + age) ** -2)
        dd[2, 2], dd[3, 3] = -1 / a**2, end**-2
        slope = np.stack(
            [
                digamma(r + x) - digamma(r) + np.log(alpha / (alpha + age)),
                r / alpha - (r + x) / (alpha + age),
                digamma(a + b) - digamma(a + b + x),
                digamma(b + x) - digamma(b) + digamma(a + b) - digamma(a + b + x),
            ]
        )
        curve = gone * (dd + (1 - gone) * d[:, None] * d)
        curve[0, 0] += polygamma(1, r + x) - polygamma(1, r)
        curve[0, 1] += 1 / alpha - 1 / (alpha + age)
        curve[1, 0] += 1 / alpha - 1 / (alpha + age)
        curve[1, 1] += (r + x) / (alpha + age) ** 2 - r / alpha**2
        curve[2:, 2:] += polygamma(1, a + b) - polygamma(1, a + b + x)
        curve[3, 3] += polygamma(1, b + x) - polygamma(1, b)
        return n @ value, (slope + gone * d) @ n, curve @ n

    start = {"r": 1.0, "alpha": np.average(age, weights=n), "a": 1.0, "b": 1.0}
    return _maximise(likelihood, start, n=int(n.sum()), missing=missing)


def future_purchases(params: Sequence[float], counts: pd.DataFrame, weeks: float) -> np.ndarray:
    """Return the expected purchases of each row in the next ``weeks`` (equation 10).

    Parameters
    ----------
    params : sequence of float
        r, alpha, a, b of the BG/NBD, above 0.
    counts : DataFrame
        ``frequency``, ``recency`` and ``age`` as for :func:`fit_purchases`, none missing.
    weeks : float
        Time ahead, >= 0, in the unit of the fit.
    """
    x, recency, age = _columns(counts, ["frequency", "recency", "age"])
    _check_history(counts)
    expected = _expected_purchases(params, x, age, _at_least_zero("weeks", weeks))
    return expected * expit(-_log_odds_gone(params, x, recency, age))


def _expected_purchases(params, x, age, weeks):
    """Return the expected purchases in the next ``weeks`` of who is still a customer."""
    r, alpha, a, b = _positive(params, ["r", "alpha", "a", "b"])
    passed = weeks / (alpha + age + weeks)

    def expected(a):
        # Euler's transformation of the published hypergeometric, which overflows for large x.
        c = a + b + x - 1
        decay = (1 - passed) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, c, passed)
        return c / (a - 1) * (1 - decay)

    # At a = 1, and for new customers at a + b = 1, this is zero over zero: continued across it.
    near = min(abs(a - 1), abs(a + b - 1)) < GAP
    with np.errstate(over="ignore", invalid="ignore"):
        found = (expected(a - 2 * GAP) + expected(a + 2 * GAP)) / 2 if near else expected(a)
    if not np.isfinite(found).all():
        raise ValueError(
            "expected r, alpha, a, b for which 2F1 can be computed, found "
            f"{r:g}, {alpha:g}, {a:g}, {b:g}"
        )
    return found


def _log_odds_gone(params, x, recency, age):
    """Return the log odds that a customer has left; none can before the first repeat purchase."""
    r, alpha, a, b = params
    odds = np.log(a / (b + np.maximum(x, 1) - 1))
    odds = odds + (r + x) * np.log((alpha + age) / (alpha + recency))
    return np.where(x > 0, odds, -np.inf)


def _check_history(table: pd.DataFrame) -> None:
    """Refuse purchases that cannot have been; a missing number is not judged here."""
    x, recency, age = (numeric(table[name]) for name in ("frequency", "recency", "age"))
    refuse_rows((x < 0) | (x % 1 > 0), "frequency to be a whole number >= 0", x)
    refuse_rows(recency < 0, "recency >= 0", recency)
    refuse_rows((x == 0) & (recency > 0), "recency 0 where frequency is 0", recency)
    refuse_rows(age < 0, "age >= 0", age)
    refuse_rows(recency > age, "recency up to age", recency)
    refuse_rows((x > 0) & (age == 0), "frequency 0 where age is 0", x)


def fit_spend(customers: pd.DataFrame) -> Fit:
    """Return p, q, gamma of the gamma-gamma model from counts by ``frequency`` and ``spend``.

    Parameters
    ----------
    customers : DataFrame
        Counts of customers by repeat purchases (whole numbers >= 0) and mean money per repeat
        purchase, in any unit of money, in which ``gamma`` then is too. Who has none, or bought for
        nothing, says nothing about money: they are left out and counted in ``missing``.

    Raises
    ------
    TypeError, KeyError, ValueError
        If the counts are not as described; the row is named.
    TooFewError
        If nobody spent money, or the likelihood has no maximum, as where all spent the same.

    References
    ----------
    Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value, equation 1a.
    """
    kept, missing = complete(customers, [], numbers=["frequency", "spend"])
    _check_spend(customers)
    missing += int(kept.loc[kept["spend"] == 0, "n"].sum())
    kept = kept[kept["spend"] > 0]
    if kept.empty:
        raise TooFewError("expected customers who spent money again, found none")
    x, z, n = (kept[c].to_numpy(float) for c in ("frequency", "spend", "n"))

    def likelihood(params):
        p, q, gamma = params
        shape, total = p * x, gamma + x * z
        value = q * np.log(gamma / total) + shape * np.log(x * z / total) - np.log(z)
        value -= betaln(shape, q)
        both, both_curve = digamma(shape + q), polygamma(1, shape + q)
        slope = np.stack(
            [
                x * (both - digamma(shape) + np.log(x * z / total)),
                both - digamma(q) + np.log(gamma / total),
                q / gamma - (shape + q) / total,
            ]
        )
        curve = np.empty((3, 3, len(x)))
        curve[0, 0] = x**2 * (both_curve - polygamma(1, shape))
        curve[0, 1] = curve[1, 0] = x * both_curve
        curve[0, 2] = curve[2, 0] = -x / total
        curve[1, 1] = both_curve - polygamma(1, q)
        curve[1, 2] = curve[2, 1] = 1 / gamma - 1 / total
        curve[2, 2] = (shape + q) / total**2 - q / gamma**2
        return n @ value, slope @ n, curve @ n

    start = {"p": 5.0, "q": 4.0, "gamma": 0.6 * np.average(z, weights=n)}
    return _maximise(likelihood, start, n=int(n.sum()), missing=missing)


def future_spend(params: Sequence[float], customers: pd.DataFrame) -> np.ndarray:
    """Return the expected money per purchase of each row: its own mean, drawn to that of all.

    Parameters
    ----------
    params : sequence of float
        p, q, gamma of the gamma-gamma model, above 0.
    customers : DataFrame
        ``frequency`` and ``spend`` as for :func:`fit_spend`; spend is missing (or 0) where
        frequency is 0, and nowhere else.
    """
    p, q, gamma = _positive(params, ["p", "q", "gamma"])
    (x,) = _columns(customers, ["frequency"])
    z = _check_spend(customers)
    refuse_rows(np.isnan(z) & (x > 0), "spend where frequency is above 0", z)
    refuse_rows(p * x + q <= 1, "p x frequency + q above 1, or there is no mean", p * x + q)
    return p * (gamma + x * np.nan_to_num(z)) / (p * x + q - 1)


def _check_spend(table: pd.DataFrame) -> np.ndarray:
    """Return spend; refuse money that cannot have been. A missing number is not judged here."""
    check_frame(table, ["frequency", "spend"])
    x, z = (numeric(table[name]) for name in ("frequency", "spend"))
    refuse_rows((x < 0) | (x % 1 > 0), "frequency to be a whole number >= 0", x)
    refuse_rows(z < 0, "spend >= 0", z)
    refuse_rows((x == 0) & (z > 0), "spend missing or 0 where frequency is 0", z)
    return z


def _maximise(likelihood: Callable, start: dict[str, float], *, n: int, missing: int = 0) -> Fit:
    """Return the maximum over positive parameters, sought on their logarithms.

    Where the likelihood only climbs towards infinite parameters, rounding can show a summit far
    out, on one processor and not on another; so a summit flatter than FLAT is none.

    ``likelihood(params)`` returns its logarithm, and gradient and Hessian of that. Multiplying a
    unit of ``start`` shifts its logarithm, and every step with it: so a fit does not hang on units.
    """
    first = np.log(list(start.values()))

    def loss(logs):
        params = np.exp(logs)
        value, slope, curve = likelihood(params)
        slope = params * slope
        return -value / n, -slope / n, -(np.outer(params, params) * curve + np.diag(slope)) / n

    logs = minimize(
        lambda logs: loss(logs)[0],
        first,
        jac=lambda logs: loss(logs)[1],
        hess=lambda logs: loss(logs)[2],
        method="trust-exact",
        options={"gtol": 1e-6, "max_trust_radius": 1.0, "initial_trust_radius": 0.5},
    ).x
    for _ in range(STEPS):
        _, slope, curve = loss(logs)
        widths, axes = np.linalg.eigh(curve)
        if not widths[0] * n > FLAT:
            break
        step = axes @ (axes.T @ slope / widths)
        logs = logs - step
        if np.abs(step).max() < NEAR:
            value, _, curve = loss(logs)
            covariance = np.linalg.inv(curve * n)
            params = pd.Series(np.exp(logs), list(start))
            return Fit(params, (covariance + covariance.T) / 2, -value * n, n, missing)
    raise _no_maximum(start)


def _no_maximum(names: Iterable[str]) -> TooFewError:
    return TooFewError(
        f"expected a likelihood of {', '.join(names)} with a maximum, found none: there are too "
        "few customers, or they differ too little"
    )


# Concentration ----------------------------------------------------------------------------------


def resample(counts: pd.DataFrame, *, draws: int, seed: int) -> np.ndarray:
    """Return ``n`` of bootstrap samples (rows), the same as ``estimate.bootstrap`` draws.

    The measures below take them as ``n`` and treat all samples at once.
    """
    complete(counts, [])
    n = numeric(counts["n"])
    if not n.sum() > 0:
        raise TooFewError("expected customers to draw from, found none")
    return np.random.default_rng(seed).multinomial(int(n.sum()), n / n.sum(), size=draws)


def lorenz(counts: pd.DataFrame, value: str, *, largest_first: bool = False) -> pd.DataFrame:
    """Return cumulative shares of ``customers`` and of ``value``, from the smallest up.

    With ``largest_first`` it is the whale curve, which rises above one where values are negative.

    Parameters
    ----------
    counts : DataFrame
        Counts with a number ``value`` in every row. Only the whale curve takes values below zero,
        and only with a sum above it: of nothing there are no shares.
    value : str
        What is shared out, per customer.
    largest_first : bool
        Start with the most valuable customers.

    Raises
    ------
    TypeError, KeyError, ValueError
        If the counts are not as described.
    """
    customers, share = _cumulated(counts, value, largest_first=largest_first)
    return pd.DataFrame({"customers": customers, "value": share})


def gini(counts: pd.DataFrame, value: str, *, n: np.ndarray | None = None):
    """Return the Gini coefficient: 0 if all are worth the same, near 1 if one has everything.

    With samples as ``n`` (see :func:`resample`) it is an array, one coefficient each. Takes and
    refuses the same as :func:`lorenz` from the smallest up.

    Examples
    --------
    >>> float(gini(pd.DataFrame({"cents": [0, 100], "n": [3, 1]}), "cents").round(9))
    0.75
    """
    customers, share = _cumulated(counts, value, n=n)
    return 1 - 2 * np.trapezoid(share, customers)


def top_share(counts: pd.DataFrame, value: str, part: float, *, n: np.ndarray | None = None):
    """Return the share of ``value`` that the top ``part`` of the customers hold.

    With samples as ``n`` (see :func:`resample`) it is an array, one share each. Takes and refuses
    the same as the whale curve of :func:`lorenz`; ``part`` is 0 to 1.

    Examples
    --------
    >>> float(top_share(pd.DataFrame({"cents": [10, 90], "n": [4, 1]}), "cents", 0.2).round(9))
    0.692307692
    """
    part = _share("part", part)
    curves = np.moveaxis(_cumulated(counts, value, largest_first=True, n=n), 0, -2)
    shares = [np.interp(part, *curve) for curve in curves.reshape(-1, *curves.shape[-2:])]
    return shares[0] if n is None else np.array(shares)


def _cumulated(counts, value, *, largest_first=False, n=None):
    """Return cumulative shares of customers and of value, shape (2, ..., rows + 1)."""
    (money,), n = _weighed(counts, [value], n)
    if not largest_first:
        refuse_rows(money < 0, f"{value} >= 0", money)
    if not (n @ money > 0).all():
        raise ValueError(f"expected a sum of {value} above 0, found {np.min(n @ money):g}")
    order = np.argsort(-money if largest_first else money, kind="stable")
    sums = np.cumsum([n[..., order], n[..., order] * money[order]], axis=-1)
    return np.insert(sums / sums[..., -1:], 0, 0, axis=-1)


# Small parts ------------------------------------------------------------------------------------


def _weighed(counts: pd.DataFrame, columns: list[str], n: np.ndarray | None):
    """Return columns without gaps, and the customers of each row: of the counts or of samples."""
    complete(counts, [], numbers=columns)
    values = _columns(counts, columns)
    if n is None:
        return values, numeric(counts["n"])
    n = _finite("samples", n)
    if n.shape[-1:] != (len(counts),) or (n < 0).any() or (n % 1 > 0).any():
        raise ValueError(
            f"expected samples of whole numbers >= 0 for {len(counts)} rows, found an array of "
            f"shape {n.shape} and from {n.min():g} to {n.max():g}"
        )
    return values, n


def _columns(table: pd.DataFrame, columns: list[str]) -> list[np.ndarray]:
    """Return columns of numbers, none missing."""
    check_frame(table, columns)
    values = [numeric(table[name]) for name in columns]
    for name, found in zip(columns, values, strict=True):
        refuse_rows(np.isnan(found), f"{name} in every row", found)
    return values


def _finite(name: str, values) -> np.ndarray:
    """Return numbers as float64, or say that they are none."""
    if isinstance(values, pd.Series):
        values = numeric(values)
    found = np.asarray(values)
    if found.dtype.kind not in "iuf":
        raise ValueError(f"expected finite numbers for {name}, found {values!r}")
    if not np.isfinite(found).all():
        raise ValueError(
            f"expected finite numbers for {name}, found {found[~np.isfinite(found)][0]:g}"
        )
    return found.astype(float)


def _at_least_zero(name: str, values) -> np.ndarray:
    """Return finite numbers >= 0, or say which is not."""
    found = _finite(name, values)
    if (found < 0).any():
        raise ValueError(f"expected {name} >= 0, found {found.min():g}")
    return found


def _left_after(acquisition: float) -> float:
    """Return the share of lifetime value that is left after winning the customer."""
    left = 1 - float(_share("acquisition", acquisition))
    if not left > 0:
        raise ValueError(f"expected acquisition below 1, found {acquisition:g}")
    return left


def _share(name: str, values) -> np.ndarray:
    """Return numbers from 0 to 1, or say which is not."""
    found = _finite(name, values)
    if ((found < 0) | (found > 1 + SURE)).any():
        outside = found.min() if found.min() < 0 else found.max()
        raise ValueError(f"expected {name} from 0 to 1, found {outside:g}")
    return found


def _positive(params, names: list[str]) -> np.ndarray:
    """Return parameters above 0, as many as there are names."""
    found = _finite("params", params)
    if found.shape != (len(names),) or not (found > 0).all():
        raise ValueError(f"expected {', '.join(names)} above 0, found {found.tolist()}")
    return found
