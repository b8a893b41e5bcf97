"""Estimates: a number, its interval, how many customers it rests on, and where it comes from.

Every estimator takes counts (one row per combination of answers with ``n``) and returns an
:class:`Estimate`. Rows with a missing value in a column it needs are left out and counted in
``missing``. Intervals are 95%. What the counts cannot know, ``kind``, ``source`` and an optional
``label``, is passed on by keyword.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit, logit
from statsmodels.genmod.families import Binomial, Gaussian
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from analysis.counts import complete

__all__ = [
    "KINDS",
    "Estimate",
    "Pooled",
    "Regression",
    "auc",
    "auc_difference",
    "bootstrap",
    "by_group",
    "correlation",
    "explained",
    "from_draws",
    "mean",
    "mean_difference",
    "mean_money",
    "ordered_regression",
    "pool",
    "proportion",
    "proportion_difference",
    "proportion_ratio",
    "regression",
    "standardised_difference",
    "tabulate",
]

KINDS = {
    "behaviour": "observed acts",
    "money": "observed revenue, profit or returns",
    "stated": "intentions and attitudes",
    "published": "results of others",
    "arithmetic": "follows from definitions",
    "simulated": "made data with known assumptions",
}
LEVEL = 0.95
Z = stats.norm.ppf(0.5 + LEVEL / 2)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Estimate:
    """One number with its uncertainty and its origin.

    Parameters
    ----------
    value, low, high : float
        The estimate and the ends of its 95% interval, in the unit of the estimand.
    n : int
        Customers (orders, firms, studies: what ``method`` counts) it rests on.
    kind : str
        One of :data:`KINDS`.
    source, method : str
        Where the data come from; how value and interval were computed.
    missing : int
        Customers left out because an answer was missing.
    label : str
        What sets this estimate apart from others for the same claim.

    Raises
    ------
    ValueError
        If the kind is unknown, a number is not finite or the ends are in the wrong order.
    """

    value: float
    low: float
    high: float
    n: int
    kind: str
    source: str
    method: str
    missing: int = 0
    label: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be judged."""
        if self.kind not in KINDS:
            raise ValueError(f"expected a kind of {list(KINDS)}, found {self.kind!r}")
        if not np.isfinite(self.value):
            raise ValueError(f"expected a finite value, found {self.value} ({self.source})")
        if not self.low <= self.high:  # also true of NaN
            raise ValueError(f"expected low <= high, found {self.low}, {self.high} ({self.source})")

    def text(self, digits: int = 2) -> str:
        """Return value and interval as prose, for example ``0.04 [0.02, 0.06]``."""
        value, low, high = (_plain(x, digits) for x in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]"

    def percent(self, digits: int = 1) -> str:
        """Return a share as prose in per cent, for example ``4.0% [2.1%, 6.3%]``."""
        value, low, high = (_plain(100 * x, digits) for x in (self.value, self.low, self.high))
        return f"{value}% [{low}%, {high}%]"


def tabulate(estimates: Iterable[Estimate], *, digits: int = 3) -> pd.DataFrame:
    """Return the estimates as a rounded table, one row each."""
    table = pd.DataFrame([dataclasses.asdict(estimate) for estimate in estimates])
    columns = ["label", "value", "low", "high", "n", "missing", "kind", "source"]
    return table[columns].round({"value": digits, "low": digits, "high": digits})


def by_group(
    estimator: Callable[..., Estimate], counts: pd.DataFrame, group: str, *args, **options
):
    """Return a list with ``estimator(counts of one group, *args, **options)`` per group.

    Each estimate is labelled with its group; customers whose group is missing are left out.
    """
    parts = counts.groupby(group, observed=True)
    return [estimator(part, *args, label=str(name), **options) for name, part in parts]


# Shares and means -------------------------------------------------------------------------------


def proportion(counts: pd.DataFrame, flag: str, **about: str) -> Estimate:
    """Return the share of customers with ``flag`` = 1 (of 0 and 1), with Wilson's interval.

    References
    ----------
    Wilson (1927), JASA 22:209-212; Brown, Cai and DasGupta (2001), Statistical Science 16:101-133.

    Examples
    --------
    >>> counts = pd.DataFrame({"left": [0, 1], "n": [90, 10]})
    >>> proportion(counts, "left", kind="behaviour", source="example").text(3)
    '0.100 [0.055, 0.174]'
    """
    hits, total, missing = _hits(counts, flag)
    ends = proportion_confint(hits, total, alpha=1 - LEVEL, method="wilson")
    return _made(hits / total, ends, total, missing, "share, Wilson interval", about)


def proportion_difference(
    counts: pd.DataFrame, flag: str, group: str, first, second, **about: str
) -> Estimate:
    """Return share(``group`` = first) minus share(``group`` = second), with Newcombe's interval.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17:873-890, method 10.
    """
    a, n_a, missing_a = _hits(_part(counts, group, first), flag)
    b, n_b, missing_b = _hits(_part(counts, group, second), flag)
    ends = confint_proportions_2indep(
        a, n_a, b, n_b, method="newcomb", compare="diff", alpha=1 - LEVEL
    )
    method = "difference of shares, Newcombe interval"
    return _made(a / n_a - b / n_b, ends, n_a + n_b, missing_a + missing_b, method, about)


def proportion_ratio(
    counts: pd.DataFrame, flag: str, group: str, first, second, **about: str
) -> Estimate:
    """Return share(``group`` = first) over share(``group`` = second), with a log-normal interval.

    References
    ----------
    Katz, Baptista, Azen and Pike (1978), Biometrics 34:469-474.
    """
    a, n_a, missing_a = _hits(_part(counts, group, first), flag)
    b, n_b, missing_b = _hits(_part(counts, group, second), flag)
    if not (a and b):
        raise ValueError(f"expected {flag} in both groups, found {a} and {b}: no ratio")
    ends = confint_proportions_2indep(
        a, n_a, b, n_b, method="log", compare="ratio", alpha=1 - LEVEL
    )
    method = "ratio of shares, log interval"
    return _made(a / n_a / (b / n_b), ends, n_a + n_b, missing_a + missing_b, method, about)


def mean(counts: pd.DataFrame, score: str, **about: str) -> Estimate:
    """Return the mean of ``score`` over customers, with Student's interval.

    With :func:`analysis.scores.net_promoter` as the score this is the Net Promoter Score in points
    and its sampling error, because the variance of +1, 0, -1 is p + d - (p - d)^2.

    Examples
    --------
    >>> counts = pd.DataFrame({"points": [100, -100], "n": [7, 3]})
    >>> mean(counts, "points", kind="arithmetic", source="example").text(0)
    '40 [\N{MINUS SIGN}29, 109]'
    """
    described, missing = _described(counts, score)
    ends = described.tconfint_mean(alpha=1 - LEVEL)
    return _made(described.mean, ends, described.nobs, missing, "mean, Student interval", about)


def mean_difference(
    counts: pd.DataFrame, score: str, group: str, first, second, **about: str
) -> Estimate:
    """Return mean(``group`` = first) minus mean(``group`` = second), with Welch's interval."""
    a, missing_a = _described(_part(counts, group, first), score)
    b, missing_b = _described(_part(counts, group, second), score)
    ends = CompareMeans(a, b).tconfint_diff(alpha=1 - LEVEL, usevar="unequal")
    method = "difference of means, Welch interval"
    return _made(a.mean - b.mean, ends, a.nobs + b.nobs, missing_a + missing_b, method, about)


def mean_money(counts: pd.DataFrame, **about: str) -> Estimate:
    """Return mean money per customer in cents from ``n``, ``total`` and ``total_sq``.

    The interval is Student's on the variance of the customers, which the two sums carry exactly.
    """
    n, total, total_sq = (float(counts[column].sum()) for column in ("n", "total", "total_sq"))
    average = total / n
    error = np.sqrt((total_sq - n * average**2) / (n - 1) / n)
    reach = stats.t.ppf(0.5 + LEVEL / 2, n - 1) * error
    ends = average - reach, average + reach
    return _made(average, ends, n, 0, "mean from totals, Student interval", about)


def standardised_difference(
    counts: pd.DataFrame,
    score: str,
    group: str,
    first,
    second,
    *,
    seed: int,
    draws: int = 1000,
    cluster: str | None = None,
    **about: str,
) -> Estimate:
    """Return mean(first) minus mean(second) over the pooled SD, with a bootstrap interval.

    Customers of both groups are drawn anew together, so the size of the groups varies as well.
    With ``cluster``, a column of the counts, all customers who share its value are drawn together.

    References
    ----------
    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd edition, p. 67.
    """
    kept, missing = complete(counts, [score, group])
    for value in (first, second):
        _part(kept, group, value)
    kept = kept[kept[group].isin([first, second])]
    n, x = kept["n"].to_numpy(), kept[score].to_numpy(float)
    of_first = (kept[group] == first).to_numpy(float)
    generator, method = np.random.default_rng(seed), "standardised mean difference, pooled SD"
    if cluster is None:
        drawn = generator.multinomial(n.sum(), n / n.sum(), size=draws)
    else:
        names, place = np.unique(kept[cluster], return_inverse=True)
        times = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
        drawn, method = n * times[:, place], f"{method}, by {cluster}"
    value, *values = _gap_in_sd(np.vstack([n, drawn]), x - np.average(x, weights=n), of_first)
    return from_draws(value, values, method=method, n=int(n.sum()), missing=missing, **about)


# Association ------------------------------------------------------------------------------------


def correlation(
    counts: pd.DataFrame, x: str, y: str, *, rank: bool = False, **about: str
) -> Estimate:
    """Return the correlation of two numeric columns of counts, with an interval on Fisher's z.

    ``rank`` asks for Spearman's instead of Pearson's coefficient; ties get their mid-rank.

    Raises
    ------
    ValueError
        If fewer than four customers are known, or one of the columns does not vary.

    References
    ----------
    Fisher (1921), Metron 1:3-32; for ranks Bonett and Wright (2000), Psychometrika 65:23-28.
    """
    kept, missing = complete(counts, [x, y])
    n = int(kept["n"].sum())
    if n < 4:
        raise ValueError(f"expected at least 4 customers with {x} and {y}, found {n}")
    columns = [_mid_ranks(kept[c], kept["n"]) if rank else kept[c] for c in (x, y)]
    matrix = np.cov(np.array(columns, dtype=float), fweights=kept["n"])
    if not (np.diag(matrix) > 0).all():
        raise ValueError(f"expected {x} and {y} to vary, found a single value")
    r = float(np.clip(matrix[0, 1] / np.sqrt(matrix[0, 0] * matrix[1, 1]), -1, 1))
    error = np.sqrt((1 + r**2 / 2 if rank else 1) / (n - 3))
    with np.errstate(divide="ignore"):
        ends = np.tanh(np.arctanh(r) + np.array([-1, 1]) * Z * error)
    name = "Spearman" if rank else "Pearson"
    return _made(r, ends, n, missing, f"{name} correlation, Fisher-z interval", about)


def auc(
    counts: pd.DataFrame, signal: str, event: str, *, either_way: bool = False, **about: str
) -> Estimate:
    """Return how often a customer with the event has the higher signal than one without it.

    This is the area under the ROC curve. Ties count half, and one half means that the signal tells
    nothing. The interval is DeLong's, on the logit scale.

    Parameters
    ----------
    counts : DataFrame
        Counts with a numeric ``signal`` and an ``event`` of 0 or 1.
    signal, event : str
        What should tell, and what it should tell.
    either_way : bool
        Turn a signal round that is lower for those with the event.
    **about
        kind, source and label.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44:837-845; Pepe (2003), The Statistical
    Evaluation of Medical Tests, p. 107, for the scale.

    Examples
    --------
    >>> counts = pd.DataFrame({"stars": [1, 5, 1, 5], "left": [1, 1, 0, 0], "n": [9, 1, 4, 6]})
    >>> auc(counts, "stars", "left", kind="behaviour", source="example").text()
    '0.25 [0.11, 0.48]'
    """
    kept, missing = complete(counts, [signal, event])
    value, error = _mean_placement(kept, event, _placements(kept, signal, event, either_way))
    if error > 0 and 0 < value < 1:
        ends = expit(logit(value) + np.array([-1, 1]) * Z * error / (value * (1 - value)))
    else:
        ends = value, value
    n = kept["n"].sum()
    return _made(value, ends, n, missing, "AUC, DeLong interval", about)


def auc_difference(
    counts: pd.DataFrame,
    signal: str,
    rival: str,
    event: str,
    *,
    either_way: bool = False,
    **about: str,
) -> Estimate:
    """Return :func:`auc` of a signal minus that of its rival, on the same customers."""
    kept, missing = complete(counts, [signal, rival, event])
    ours, theirs = (_placements(kept, name, event, either_way) for name in (signal, rival))
    value, error = _mean_placement(kept, event, ours - theirs)
    ends, n = (value - Z * error, value + Z * error), kept["n"].sum()
    return _made(value, ends, n, missing, "difference of AUC, DeLong interval", about)


@dataclasses.dataclass(frozen=True)
class Regression:
    """Coefficients of a fit on counts, with robust covariance.

    Attributes
    ----------
    params : Series
        Coefficients by term.
    covariance : DataFrame
        Their covariance, term by term.
    n, missing : int
        Customers used and left out.
    method : str
        What was fitted.
    """

    params: pd.Series
    covariance: pd.DataFrame
    n: int
    missing: int
    method: str

    def table(self, digits: int = 3) -> pd.DataFrame:
        """Return coefficient, standard error and interval per term, rounded."""
        error = np.sqrt(np.diag(self.covariance))
        return pd.DataFrame(
            {
                "coefficient": self.params,
                "se": error,
                "low": self.params - Z * error,
                "high": self.params + Z * error,
            }
        ).round(digits)

    def estimate(self, term: str, **about: str) -> Estimate:
        """Return the coefficient of ``term`` as an :class:`Estimate`."""
        if term not in self.params.index:
            raise KeyError(f"expected a term of {list(self.params.index)}, found {term!r}")
        value, reach = self.params[term], Z * np.sqrt(self.covariance.loc[term, term])
        ends, method = (value - reach, value + reach), f"{self.method}, term {term}"
        return _made(value, ends, self.n, self.missing, method, about)


def regression(counts: pd.DataFrame, formula: str, *, family: str = "gaussian") -> Regression:
    """Return a least-squares or logistic regression on counts with robust standard errors.

    ``n`` enters as a frequency, so coefficients and HC1 errors are those of a fit on one row per
    customer. (statsmodels' own HC errors square the weight of a row instead.)

    Parameters
    ----------
    counts : DataFrame
        Counts with the columns that ``formula`` names.
    formula : str
        Model formula, for example ``"intention ~ satisfaction + C(industry)"``.
    family : {"gaussian", "binomial"}
        Linear slopes, or log-odds of a 0/1 outcome.

    References
    ----------
    White (1980), Econometrica 48:817-838; MacKinnon and White (1985) for HC1.
    """
    families = {"gaussian": Gaussian, "binomial": Binomial}
    if family not in families:
        raise ValueError(f"expected a family of {list(families)}, found {family!r}")
    kept, missing = complete(counts, _named(formula, counts))
    family_of = families[family]()
    model = GLM.from_formula(formula, kept, family=family_of, freq_weights=kept["n"].to_numpy())
    fit = model.fit()
    weights, design, n = kept["n"].to_numpy(), model.exog, int(kept["n"].sum())
    # Both links are canonical, so score and information of a customer are these two.
    residual = model.endog - fit.mu
    variance = model.family.variance(fit.mu)
    bread = np.linalg.inv(design.T @ (design * (weights * variance)[:, None]))
    meat = design.T @ (design * (weights * residual**2)[:, None])
    covariance = bread @ meat @ bread * n / (n - design.shape[1])
    terms = fit.params.index
    name = {"gaussian": "least squares", "binomial": "logistic regression"}[family]
    return Regression(
        fit.params,
        pd.DataFrame(covariance, terms, terms),
        n,
        missing,
        f"{name} {formula}, HC1 interval",
    )


class _CountedOrderedModel(OrderedModel):
    """OrderedModel with frequencies, which statsmodels' own ignores without a word."""

    def __init__(self, endog, exog, n):
        super().__init__(endog, exog, distr="logit")
        self.frequencies = n

    def loglike(self, params):
        return float((self.frequencies * self.loglikeobs(params)).sum())


def ordered_regression(counts: pd.DataFrame, outcome: str, predictors: Sequence[str]) -> Regression:
    """Return a proportional-odds regression on counts, with errors from the information matrix.

    Parameters
    ----------
    counts : DataFrame
        Counts with an ordered numeric ``outcome`` and numeric ``predictors``.
    outcome : str
        Ordered answer; only its order is used.
    predictors : sequence of str
        Names of the predictors; their coefficients are log-odds of a higher answer per unit.

    References
    ----------
    McCullagh (1980), Journal of the Royal Statistical Society B 42:109-142.
    """
    predictors = list(predictors)
    kept, missing = complete(counts, [outcome, *predictors])
    endog = pd.Series(pd.Categorical(kept[outcome], ordered=True), index=kept.index)
    model = _CountedOrderedModel(endog, kept[predictors].astype(float), kept["n"].to_numpy())
    rough = model.fit(method="bfgs", disp=False, maxiter=500, gtol=1e-4)
    fit = model.fit(np.asarray(rough.params), method="newton", disp=False, tol=1e-6)
    covariance = pd.DataFrame(fit.cov_params(), fit.params.index, fit.params.index)
    return Regression(
        fit.params[predictors],
        covariance.loc[predictors, predictors],
        int(kept["n"].sum()),
        missing,
        f"ordered logit {outcome} ~ {' + '.join(predictors)}",
    )


def explained(counts: pd.DataFrame, outcome: str, predictors: Sequence[str]) -> float:
    """Return R2, the share of the variance of ``outcome`` that a linear fit explains.

    Made for :func:`bootstrap`: it is quick, and it takes complete counts only.
    """
    weights = np.sqrt(counts["n"].to_numpy(float))
    y = counts[outcome].to_numpy(float)
    design = np.column_stack([np.ones(len(y)), counts[list(predictors)].to_numpy(float)])
    beta = np.linalg.lstsq(design * weights[:, None], y * weights, rcond=None)[0]
    centre = np.average(y, weights=weights**2)
    return float(
        1 - ((weights * (y - design @ beta)) ** 2).sum() / ((weights * (y - centre)) ** 2).sum()
    )


# Any function of the counts ---------------------------------------------------------------------


def bootstrap(
    counts: pd.DataFrame,
    statistic: Callable[[pd.DataFrame], float],
    *,
    seed: int,
    method: str,
    columns: Sequence[str] | None = None,
    draws: int = 1000,
    **about: str,
) -> Estimate:
    """Return any function of the counts with a percentile interval from multinomial counts.

    Drawing ``n`` customers with replacement is drawing the counts from a multinomial, so the cost
    depends on the number of different answers, not of customers.

    Parameters
    ----------
    counts : DataFrame
        Counts; rows with a missing value in ``columns`` are left out first.
    statistic : callable
        Takes counts (rows may have ``n`` of zero) and returns one number.
    seed : int
        Seed of the draws.
    method : str
        What the statistic is; the number of draws is added.
    columns : sequence of str, optional
        Columns that must be known; by default all but ``n``.
    draws : int
        Number of bootstrap samples.
    **about
        kind, source and label.

    References
    ----------
    Efron (1979), Annals of Statistics 7:1-26.
    """
    needed = [c for c in counts.columns if c != "n"] if columns is None else list(columns)
    kept, missing = complete(counts, needed)
    kept = kept.groupby(needed, as_index=False, observed=True)["n"].sum()
    n = int(kept["n"].sum())
    samples = np.random.default_rng(seed).multinomial(n, kept["n"] / n, size=draws)
    values = [statistic(kept.assign(n=sample)) for sample in samples]
    return from_draws(statistic(kept), values, method=method, n=n, missing=missing, **about)


def from_draws(
    value: float, drawn: Sequence[float], *, method: str, n: int, missing: int = 0, **about: str
) -> Estimate:
    """Return an estimate with the percentile interval of bootstrap draws made elsewhere."""
    ends = np.quantile(drawn, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    method = f"{method}, bootstrap interval ({len(drawn)} draws)"
    return _made(value, ends, n, missing, method, about)


# Several studies --------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Pooled:
    """A random-effects mean and where a new study would fall.

    Attributes
    ----------
    estimate : Estimate
        The mean over studies.
    prediction_low, prediction_high : float
        95% prediction interval for the true effect of a new study.
    heterogeneity : float
        I2, the share of variation between studies that sampling does not explain.
    """

    estimate: Estimate
    prediction_low: float
    prediction_high: float
    heterogeneity: float

    def prediction(self) -> Estimate:
        """Return the prediction interval as an :class:`Estimate` of its own."""
        return dataclasses.replace(
            self.estimate,
            low=self.prediction_low,
            high=self.prediction_high,
            method=f"{self.estimate.method}, prediction interval",
            label="a new study",
        )


def pool(
    estimates: Sequence[Estimate], *, source: str, kind: str | None = None, scale: str = "identity"
) -> Pooled:
    """Return the random-effects mean of at least three estimates.

    The variance between studies is Paule and Mandel's; the interval of the mean is Hartung and
    Knapp's, never shorter than the usual one; the prediction interval is that of Higgins and others
    with k - 2 degrees of freedom. Where standard errors differ sixfold the interval of the mean
    holds the truth in 93 to 94 of 100 samples (tests/coverage_study.csv).

    Parameters
    ----------
    estimates : sequence of Estimate
        Independent estimates; their standard errors are read off their intervals.
    source : str
        Where they come from.
    kind : str, optional
        Kind of the result, by default that of the estimates, which must then agree.
    scale : {"identity", "correlation", "ratio"}
        Pool as they are, on Fisher's z, or on the log.

    References
    ----------
    DerSimonian and Kacker (2007), Contemporary Clinical Trials 28:105-114; Hartung and Knapp
    (2001), Statistics in Medicine 20:3875-3889; Rover, Knapp and Friede (2015), BMC Medical
    Research Methodology 15:99; Higgins, Thompson and Spiegelhalter (2009),
    Journal of the Royal Statistical Society A 172:137-159.
    """
    scales = {
        "identity": (_same, _same),
        "correlation": (np.arctanh, np.tanh),
        "ratio": (np.log, np.exp),
    }
    there, back = scales[scale]
    if (k := len(estimates)) < 3:
        raise ValueError(f"expected at least 3 estimates to pool, found {k} ({source})")
    kinds = {estimate.kind for estimate in estimates}
    if kind is None and len(kinds) > 1:
        raise ValueError(f"expected estimates of one kind or the kind of the result, found {kinds}")
    effect = there(np.array([estimate.value for estimate in estimates]))
    ends = there(np.array([[estimate.low, estimate.high] for estimate in estimates]))
    variance = ((ends[:, 1] - ends[:, 0]) / (2 * Z)) ** 2
    fit = combine_effects(effect, variance, method_re="pm", use_t=True)
    average = fit.mean_effect_re
    error = max(fit.sd_eff_w_re_hksj, fit.sd_eff_w_re)
    reach = stats.t.ppf(0.5 + LEVEL / 2, k - 1) * error
    spread = stats.t.ppf(0.5 + LEVEL / 2, k - 2) * np.sqrt(fit.tau2 + error**2)
    value, low, high, prediction_low, prediction_high = (
        float(back(x))
        for x in (average, average - reach, average + reach, average - spread, average + spread)
    )
    n, missing = sum(e.n for e in estimates), sum(e.missing for e in estimates)
    method = f"random-effects mean of {k}, Hartung-Knapp interval"
    about = {"kind": kind or kinds.pop(), "source": source, "label": "pooled"}
    estimate = _made(value, (low, high), n, missing, method, about)
    return Pooled(estimate, prediction_low, prediction_high, float(max(fit.i2, 0)))


# Small parts ------------------------------------------------------------------------------------


def _made(value, ends, n, missing, method: str, about: dict[str, str]) -> Estimate:
    """Return an estimate in plain Python numbers."""
    low, high = (float(end) for end in ends)
    return Estimate(
        value=float(value), low=low, high=high, n=int(n), missing=missing, method=method, **about
    )


def _hits(counts: pd.DataFrame, flag: str) -> tuple[int, int, int]:
    """Return customers with flag = 1, customers known and customers missing."""
    kept, missing = complete(counts, [flag])
    if strange := sorted(set(kept[flag].unique()) - {0, 1}):
        raise ValueError(f"expected {flag} to be 0 or 1, found {strange[:3]}")
    if not (total := int(kept["n"].sum())):
        raise ValueError(f"expected customers with a known {flag}, found none")
    return int(kept.loc[kept[flag] == 1, "n"].sum()), total, missing


def _described(counts: pd.DataFrame, score: str) -> tuple[DescrStatsW, int]:
    """Return statsmodels' description of a score and the number missing."""
    kept, missing = complete(counts, [score])
    if (n := int(kept["n"].sum())) < 2:
        raise ValueError(f"expected at least 2 customers with a known {score}, found {n}")
    return DescrStatsW(kept[score].to_numpy(float), weights=kept["n"].to_numpy(float)), missing


def _part(counts: pd.DataFrame, group: str, value) -> pd.DataFrame:
    """Return the counts of one group, or say which groups there are."""
    part = counts[counts[group] == value]
    if part.empty:
        raise ValueError(
            f"expected {group} to be one of {sorted(counts[group].dropna().unique())}, "
            f"found {value!r}"
        )
    return part


def _gap_in_sd(weights: np.ndarray, x: np.ndarray, of_first: np.ndarray) -> np.ndarray:
    """Return the difference of two means over the pooled SD, for each row of weights."""
    sizes, averages, within = [], [], 0.0
    for flag in (of_first, 1 - of_first):
        sizes.append(weights @ flag)
        averages.append(weights @ (flag * x) / sizes[-1])
        within = within + weights @ (flag * x**2) - sizes[-1] * averages[-1] ** 2
    return (averages[0] - averages[1]) / np.sqrt(within / (sizes[0] + sizes[1] - 2))


def _placements(kept: pd.DataFrame, signal: str, event: str, either_way: bool) -> np.ndarray:
    """Return per row the share of the other group that the signal puts in order; ties count half.

    The mean over those with the event, and over those without, is the AUC.
    """
    _hits(kept, event)  # refuses what is not 0 or 1
    values, place = np.unique(kept[signal].to_numpy(float), return_inverse=True)
    has, n = kept[event].to_numpy(float) == 1, kept["n"].to_numpy(float)
    below = []  # of those without and of those with the event: the share below each value
    for group in (~has, has):
        sizes = np.bincount(place, weights=n * group, minlength=len(values))
        if sizes.sum() < 2:
            raise ValueError(f"expected 2 or more customers with {event} = 0 and 1, found fewer")
        below.append((np.cumsum(sizes) - sizes / 2) / sizes.sum())
    share = np.where(has, below[0][place], 1 - below[1][place])
    turn = either_way and np.average(share[has], weights=n[has]) < 0.5
    return 1 - share if turn else share


def _mean_placement(kept: pd.DataFrame, event: str, share: np.ndarray) -> tuple[float, float]:
    """Return the mean of these placements over those with the event, and DeLong's error of it."""
    has, n = kept[event].to_numpy(float) == 1, kept["n"].to_numpy(float)
    groups = [DescrStatsW(share[g], weights=n[g]) for g in (has, ~has)]
    return float(groups[0].mean), float(np.sqrt(sum(g.std_mean**2 for g in groups)))


def _mid_ranks(values: pd.Series, n: pd.Series) -> pd.Series:
    """Return the mean rank that each value would have among all customers."""
    sums = n.groupby(values).sum().sort_index()
    ranks = sums.cumsum() - (sums - 1) / 2
    return values.map(ranks)


def _named(formula: str, counts: pd.DataFrame) -> list[str]:
    """Return the columns of ``counts`` that ``formula`` names."""
    words = set(re.findall(r"[^\W\d]\w*", formula))
    return [column for column in counts.columns if column in words and column != "n"]


def _plain(number: float, digits: int) -> str:
    """Return a number as text with a true minus sign and no minus zero."""
    text = f"{number:,.{digits}f}"
    is_zero = not text.strip("-0.,")
    return text.lstrip("-") if is_zero else text.replace("-", "\N{MINUS SIGN}")


def _same(x):
    return x
