"""Estimates: a number, its interval, how many customers it rests on, and where it comes from.

Every estimator takes counts (one row per combination of answers with ``n``) and returns an
:class:`Estimate`. Rows with a missing value in a column it needs are left out and counted in
``missing``. Intervals are 95%. What the counts cannot know, ``kind``, ``source`` and an optional
``label``, is passed on by keyword.
"""

import dataclasses
import numbers
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit, logit
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from analysis.counts import complete, count_by, listed
from analysis.scores import net_promoter

__all__ = [
    "KINDS",
    "Estimate",
    "Groups",
    "Pooled",
    "TooFewError",
    "auc",
    "auc_difference",
    "bootstrap",
    "by_group",
    "correlation",
    "from_draws",
    "mean",
    "mean_difference",
    "mean_money",
    "net_promoter_score",
    "net_promoter_shift",
    "pool",
    "proportion",
    "proportion_difference",
    "proportion_ratio",
    "r2_gain",
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
# Kinds that come from counted or measured data: their intervals must have a width.
MEASURED = ("behaviour", "money", "stated")


def _same(x):
    return x


# Scales on which an interval is symmetric: to the scale and back again.
SCALES: dict[str, tuple[Callable, Callable]] = {
    "identity": (_same, _same),
    "correlation": (np.arctanh, np.tanh),
    "ratio": (np.log, np.exp),
    "share": (logit, expit),
}
FAR = 1e4  # noncentrality from which a normal root is as good: within .002 of the interval's width


class TooFewError(ValueError):
    """There are too few customers, or they differ too little, for an interval."""


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
    scale : {"identity", "correlation", "ratio", "share"}
        The scale on which the interval is symmetric: as it is, Fisher's z, the log, the logit.
    df : float
        Degrees of freedom of the Student interval on that scale; infinite for a normal one.

    Raises
    ------
    ValueError
        If the kind or scale is unknown, the source is no text, a number is none or not finite, the
        value lies outside its interval, an interval of data has no width, or ``n`` or ``missing``
        is not a count.
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
    scale: str = "identity"
    df: float = np.inf

    def __post_init__(self) -> None:
        """Refuse what cannot be judged."""
        if self.kind not in list(KINDS):
            raise ValueError(f"expected a kind of {list(KINDS)}, found {self.kind!r}")
        if not isinstance(self.source, str):
            raise ValueError(f"expected a source as text, found {self.source!r}")
        problem, found = None, (self.value, self.low, self.high, self.df)
        if not all(isinstance(number, numbers.Real) for number in found):
            problem = f"numbers as value, low, high and df, found {found}"
        elif not np.isfinite(self.value):
            problem = f"a finite value, found {self.value}"
        elif not self.low <= self.high:  # also true of NaN
            problem = f"low <= high, found {self.low}, {self.high}"
        elif not self.low <= self.value <= self.high:
            problem = f"the value within its interval, found {self.text(6)}"
        elif self.low == self.high and self.kind in MEASURED:
            problem = f"an interval with a width for {self.kind}, found {self.text(6)}"
        elif self.scale not in list(SCALES) or not self.df > 0:
            problem = f"a scale of {list(SCALES)} and df > 0, found {self.scale!r}, {self.df}"
        for name in ("n", "missing"):
            count = getattr(self, name)
            is_whole = isinstance(count, numbers.Integral) and not isinstance(count, bool)
            if not (is_whole and count >= 0):
                problem = problem or f"{name} to be a whole number >= 0, found {count!r}"
        if problem:
            raise ValueError(f"expected {problem} ({self.source})")

    def error_on(self, scale: str) -> float:
        """Return the standard error on a scale of :data:`SCALES`, read off the interval.

        Half the interval on the scale where it is symmetric, over the quantile it was made with;
        carried to another scale by the delta method at ``value``. It is not finite where the
        interval has an open end or the value lies at an end of its scale.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = (SCALES[self.scale][0](end) for end in (self.low, self.high))
            error = (high - low) / 2 / stats.t.ppf(0.5 + LEVEL / 2, self.df)
            if scale != self.scale:
                error *= _stretch(self.scale, self.value) ** -1 * _stretch(scale, self.value)
        return float(error)

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
    columns = ["label", "value", "low", "high", "n", "missing", "kind", "source"]
    rows = [dataclasses.asdict(estimate) for estimate in _checked(estimates, "tabulate")]
    table = pd.DataFrame(rows, columns=columns)
    return table.round({"value": digits, "low": digits, "high": digits})


class Groups(list):
    """Estimates by group, in order; ``left_out`` says which groups had too few, and why."""

    left_out: dict[str, str]


def by_group(
    estimator: Callable[..., Estimate], counts: pd.DataFrame, group: str, *args, **options
) -> Groups:
    """Return ``estimator(counts of one group, *args, **options)`` per group, labelled with it.

    Customers whose group is missing could belong to any: each estimate counts them in its
    ``missing``. A group too small for an interval does not stop the others; ``left_out`` of the
    result names it with the reason.

    Raises
    ------
    ValueError
        If the estimate is of the group itself, or two groups have one name as text.
    TooFewError
        If no group has an estimate.
    """
    if group in [arg for arg in args[:2] if isinstance(arg, str)]:
        raise ValueError(f"expected groups by another column than what is estimated, found {group}")
    known, unknown = complete(counts, [group])
    parts = [(str(name), part) for name, part in known.groupby(group, observed=True)]
    names = [name for name, _ in parts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"expected groups of {group} with different names, found {twice} twice")
    found = Groups()
    found.left_out = {}
    for name, part in parts:
        try:
            estimate = estimator(part, *args, label=name, **options)
        except TooFewError as error:
            found.left_out[name] = str(error)
        else:
            found.append(dataclasses.replace(estimate, missing=estimate.missing + unknown))
    if not found:
        reasons = "".join(f"; {name}: {why}" for name, why in [*found.left_out.items()][:3])
        raise TooFewError(f"expected a group of {group} with enough customers, found none{reasons}")
    return found


# Shares and means -------------------------------------------------------------------------------


def proportion(counts: pd.DataFrame, flag: str, **about: str) -> Estimate:
    """Return the share of customers with ``flag`` = 1 (of 0 and 1), with Wilson's interval.

    If all or none have it, the interval is the exact one of Clopper and Pearson. Averaged over true
    shares of 1 to 99% it holds the truth in 95 to 96 of 100 samples of 5 to 50 customers; for a
    single share near 0 or 1 in as few as 83.

    References
    ----------
    Wilson (1927), JASA 22:209-212; Clopper and Pearson (1934), Biometrika 26:404-413; Brown, Cai
    and DasGupta (2001), Statistical Science 16:101-133.

    Examples
    --------
    >>> counts = pd.DataFrame({"left": [0, 1], "n": [90, 10]})
    >>> proportion(counts, "left", kind="behaviour", source="example").text(3)
    '0.100 [0.055, 0.174]'
    """
    hits, total, missing = _hits(counts, flag)
    method, name = ("wilson", "Wilson") if 0 < hits < total else ("beta", "Clopper-Pearson")
    ends = proportion_confint(hits, total, alpha=1 - LEVEL, method=method)
    method = f"share, {name} interval"
    return make_estimate(hits / total, ends, total, missing, method, about, scale="share")


def proportion_difference(
    counts: pd.DataFrame, flag: str, group: str, first, second, **about: str
) -> Estimate:
    """Return share(``group`` = first) minus share(``group`` = second), with Newcombe's interval.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17:873-890, method 10.
    """
    (one, two), unknown = two_groups(counts, flag, group, first, second)
    (a, n_a, missing_a), (b, n_b, missing_b) = _hits(one, flag), _hits(two, flag)
    ends = confint_proportions_2indep(
        a, n_a, b, n_b, method="newcomb", compare="diff", alpha=1 - LEVEL
    )
    method, missing = "difference of shares, Newcombe interval", missing_a + missing_b + unknown
    return make_estimate(a / n_a - b / n_b, ends, n_a + n_b, missing, method, about)


def proportion_ratio(
    counts: pd.DataFrame, flag: str, group: str, first, second, **about: str
) -> Estimate:
    """Return share(``group`` = first) over share(``group`` = second), with a log-normal interval.

    References
    ----------
    Katz, Baptista, Azen and Pike (1978), Biometrics 34:469-474.
    """
    (one, two), unknown = two_groups(counts, flag, group, first, second)
    (a, n_a, missing_a), (b, n_b, missing_b) = _hits(one, flag), _hits(two, flag)
    if not (a and b):
        raise TooFewError(f"expected {flag} in both groups, found {a} and {b}: no ratio")
    if a == n_a and b == n_b:
        raise TooFewError(f"expected {flag} to vary, found it in all {a + b}: no interval")
    ends = confint_proportions_2indep(
        a, n_a, b, n_b, method="log", compare="ratio", alpha=1 - LEVEL
    )
    method, missing = "ratio of shares, log interval", missing_a + missing_b + unknown
    return make_estimate(
        a / n_a / (b / n_b), ends, n_a + n_b, missing, method, about, scale="ratio"
    )


def mean(counts: pd.DataFrame, score: str, **about: str) -> Estimate:
    """Return the mean of ``score`` over customers, with Student's interval.

    For the Net Promoter Score use :func:`net_promoter_score`: with few customers of one class
    Student's interval is too short.

    Raises
    ------
    TooFewError
        If fewer than two customers are known, or all gave the same answer.

    Examples
    --------
    >>> counts = pd.DataFrame({"points": [100, -100], "n": [7, 3]})
    >>> mean(counts, "points", kind="arithmetic", source="example").text(0)
    '40 [\N{MINUS SIGN}29, 109]'
    """
    described, missing = _described(counts, score)
    if not varies(described.data):
        raise TooFewError(f"expected {score} to vary, found {described.mean:g} in all answers")
    ends, df = described.tconfint_mean(alpha=1 - LEVEL), described.nobs - 1
    method = "mean, Student interval"
    return make_estimate(described.mean, ends, described.nobs, missing, method, about, df=df)


def net_promoter_score(
    counts: pd.DataFrame,
    answer: str,
    *,
    scale: tuple[float, float],
    promoter: float = 9,
    detractor: float = 6,
    **about: str,
) -> Estimate:
    """Return the Net Promoter Score in points (-100 to 100), with the adjusted Wald interval.

    Three answers are added before the error is taken: three quarters of one to promoters and to
    detractors each, one and a half to the rest. So a score has a width even where a class is
    empty. Averaged over shares of promoters and detractors in steps of 5% it holds the truth in 95
    of 100 samples of 5 to 50 customers, where Student's holds it in 87 to 95; for single shares in
    as few as 89.

    Parameters
    ----------
    counts : DataFrame
        Counts with a numeric ``answer``.
    answer : str
        Column of the answers to the question.
    scale : tuple of float
        Lowest and highest answer that the question allows.
    promoter, detractor : float
        Lowest answer of a promoter, highest of a detractor.
    **about
        kind, source and label.

    References
    ----------
    Rocks (2016), The American Statistician 70:365-372, AW(3, triangular).

    Examples
    --------
    >>> counts = pd.DataFrame({"answer": [10, 3], "n": [7, 3]})
    >>> about = {"kind": "stated", "source": "example"}
    >>> net_promoter_score(counts, "answer", scale=(0, 10), **about).text(0)
    '40 [\N{MINUS SIGN}18, 79]'
    """
    kept, missing = complete(counts, [], numbers=[answer])
    points = net_promoter(kept[answer], scale=scale, promoter=promoter, detractor=detractor)
    n = int(kept["n"].sum())
    if n < 2:
        raise TooFewError(f"expected at least 2 customers with a known {answer}, found {n}")
    up, down = (int(kept.loc[points == sign, "n"].sum()) for sign in (100, -100))
    p, d = (up + 0.75) / (n + 3), (down + 0.75) / (n + 3)
    reach = Z * np.sqrt((p + d - (p - d) ** 2) / (n + 3))
    ends = 100 * max(p - d - reach, -1), 100 * min(p - d + reach, 1)
    method = "net promoter score, adjusted Wald interval"
    return make_estimate(100 * (up - down) / n, ends, n, missing, method, about)


def net_promoter_shift(
    counts: pd.DataFrame,
    answer: str,
    *,
    scale: tuple[float, float],
    promoter: float,
    detractor: float,
    **about: str,
) -> Estimate:
    """Return by how many points other cut-offs move the Net Promoter Score of the same answers.

    Each answer has two sets of points, by these cut-offs and by the usual ones (9 and 6); the
    estimate is the mean of their difference over customers, with Student's interval. Above zero
    these cut-offs flatter.

    Parameters
    ----------
    counts : DataFrame
        Counts with a numeric ``answer``.
    answer : str
        Column of the answers to the question.
    scale : tuple of float
        Lowest and highest answer that the question allows.
    promoter, detractor : float
        Lowest answer of a promoter, highest of a detractor, by the cut-offs in question.
    **about
        kind, source and label.

    Raises
    ------
    TooFewError
        If fewer than two customers are known, or the cut-offs move all answers alike.

    References
    ----------
    Reichheld (2003), Harvard Business Review 81(12), for the usual cut-offs.

    Examples
    --------
    >>> counts = pd.DataFrame({"answer": [10, 8, 3], "n": [50, 20, 30]})
    >>> about = {"kind": "stated", "source": "example"}
    >>> cuts = {"promoter": 8, "detractor": 6}
    >>> net_promoter_shift(counts, "answer", scale=(0, 10), **cuts, **about).text(0)
    '20 [12, 28]'
    """
    kept, unknown = complete(counts, [], numbers=[answer])
    usual = net_promoter(kept[answer], scale=scale)
    other = net_promoter(kept[answer], scale=scale, promoter=promoter, detractor=detractor)
    moved = mean(kept.assign(points=other - usual), "points", **about)
    method = f"shift of the score at {promoter:g} and {detractor:g}, {moved.method}"
    return dataclasses.replace(moved, missing=unknown, method=method)


def mean_difference(
    counts: pd.DataFrame, score: str, group: str, first, second, **about: str
) -> Estimate:
    """Return mean(``group`` = first) minus mean(``group`` = second), with Welch's interval."""
    (one, two), unknown = two_groups(counts, score, group, first, second)
    (a, missing_a), (b, missing_b) = _described(one, score), _described(two, score)
    if not (varies(a.data) or varies(b.data)):
        raise TooFewError(f"expected {score} to vary, found one answer in each group")
    compared = CompareMeans(a, b)
    ends = compared.tconfint_diff(alpha=1 - LEVEL, usevar="unequal")
    method, missing = "difference of means, Welch interval", missing_a + missing_b + unknown
    df = compared.dof_satt()
    return make_estimate(a.mean - b.mean, ends, a.nobs + b.nobs, missing, method, about, df=df)


def mean_money(counts: pd.DataFrame, **about: str) -> Estimate:
    """Return mean money per customer in cents from ``n``, ``total`` and ``total_sq``.

    The interval is Student's on the variance of the customers, which the two sums carry.

    Raises
    ------
    ValueError
        If no money of ``n`` customers can have these sums.
    TooFewError
        If fewer than two customers are known or all paid the same, as far as the sums can tell.
    """
    kept, missing = complete(counts, [], numbers=["total", "total_sq"])
    least = kept["total"] ** 2 / kept["n"]
    for row in np.flatnonzero(kept["total_sq"] < least * (1 - 1e-9))[:1]:
        raise ValueError(
            f"expected total_sq of at least total squared over n, {least.iloc[row]:g}, found "
            f"{kept['total_sq'].iloc[row]:g} for {kept['n'].iloc[row]} customers"
        )
    n, total, total_sq = (float(kept[column].sum()) for column in ("n", "total", "total_sq"))
    if n < 2:
        raise TooFewError(f"expected at least 2 customers with money, found {n:.0f}")
    average = total / n
    squares = total_sq - n * average**2
    if not squares > 1e-9 * total_sq:  # the rest is what float64 rounds away
        raise TooFewError(
            f"expected money that varies, found sums of {n:.0f} customers that differ by less than "
            f"they are rounded: total {total:g}, total_sq {total_sq:g}"
        )
    reach = stats.t.ppf(0.5 + LEVEL / 2, n - 1) * np.sqrt(squares / (n - 1) / n)
    ends, method = (average - reach, average + reach), "mean from totals, Student interval"
    return make_estimate(average, ends, n, missing, method, about, df=n - 1)


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
    within: str | None = None,
    **about: str,
) -> Estimate:
    """Return mean(first) minus mean(second) over the pooled SD, with a bootstrap interval.

    Customers of both groups are drawn anew together, so the size of the groups varies as well.
    With ``cluster``, a column of the counts, all customers who share its value are drawn together.
    With ``within``, customers are compared only with those who share its value, as by least squares
    with an intercept for each; those whose value occurs in one group only count as missing. The SD
    stays that of all customers compared, so that the unit is the same with and without.

    References
    ----------
    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd edition, p. 67; for
    the weights of strata Angrist (1998), Econometrica 66:249-288.
    """
    _, unknown = two_groups(counts, score, group, first, second)
    both = counts[counts[group].isin([first, second])]
    needed = [group, *(name for name in (cluster, within) if name is not None)]
    kept, missing = complete(both, needed, numbers=score)
    if within is not None:
        in_both = kept.groupby(within, observed=True)[group].transform("nunique") == 2
        missing += int(kept.loc[~in_both, "n"].sum())
        kept = kept[in_both]
        if kept.empty:
            raise TooFewError(f"expected a {within} with customers of both groups, found none")
    missing += unknown
    n, x = kept["n"].to_numpy(), kept[score].to_numpy()
    of_first = (kept[group] == first).to_numpy(float)
    for size in (n @ of_first, n @ (1 - of_first)):
        if size < 2:
            raise TooFewError(f"expected at least 2 customers in each group, found {size:.0f}")
    if not any(varies(x[of_first == flag]) for flag in (0, 1)):
        raise TooFewError(f"expected {score} to vary, found one answer in each group")
    generator, method = np.random.default_rng(seed), "standardised mean difference, pooled SD"
    if cluster is None:
        drawn = generator.multinomial(n.sum(), n / n.sum(), size=draws)
    else:
        place, names = pd.factorize(kept[cluster], sort=True)
        times = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
        drawn, method = n * times[:, place], f"{method}, by {cluster}"
    strata = None
    if within is not None:
        strata, method = pd.factorize(kept[within], sort=True)[0], f"{method}, within {within}"
    x = x - np.average(x, weights=n)
    value, *values = _gap_in_sd(np.vstack([n, drawn]), x, of_first, strata)
    return from_draws(value, values, method=method, n=int(n.sum()), missing=missing, **about)


# Association ------------------------------------------------------------------------------------


def correlation(
    counts: pd.DataFrame, x: str, y: str, *, rank: bool = False, **about: str
) -> Estimate:
    """Return the correlation of two numeric columns of counts, with an interval on Fisher's z.

    ``rank`` asks for Spearman's instead of Pearson's coefficient; ties get their mid-rank.

    Raises
    ------
    TooFewError
        If fewer than four customers are known, a column does not vary, or all lie on one line.

    References
    ----------
    Fisher (1921), Metron 1:3-32; for ranks Bonett and Wright (2000), Psychometrika 65:23-28.
    """
    kept, missing = complete(counts, [], numbers=[x, y])
    n = int(kept["n"].sum())
    if n < 4:
        raise TooFewError(f"expected at least 4 customers with {x} and {y}, found {n}")
    columns = [_mid_ranks(kept[c], kept["n"]) if rank else kept[c] for c in (x, y)]
    scaled, _, _ = centred(np.column_stack(columns), kept["n"].to_numpy(), [x, y])
    matrix = scaled.T @ (scaled * kept["n"].to_numpy(float)[:, None])
    r = float(matrix[0, 1] / np.sqrt(matrix[0, 0] * matrix[1, 1]))
    if not abs(r) < 1 - 1e-12:
        raise TooFewError(f"expected {x} and {y} off one line, found all on one: no interval")
    error = np.sqrt((1 + r**2 / 2 if rank else 1) / (n - 3))
    ends = np.tanh(np.arctanh(r) + np.array([-1, 1]) * Z * error)
    method = f"{'Spearman' if rank else 'Pearson'} correlation, Fisher-z interval"
    return make_estimate(r, ends, n, missing, method, about, scale="correlation")


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
    kept, missing = complete(counts, [], numbers=[signal], flags=[event])
    value, error = _mean_placement(kept, event, _placements(kept, signal, event, either_way))
    if not (error > 1e-12 and 0 < value < 1):
        raise TooFewError(
            f"expected {signal} to vary and to overlap between {event} = 0 and 1, found an area of "
            f"{value:g} without error: no interval"
        )
    ends = expit(logit(value) + np.array([-1, 1]) * Z * error / (value * (1 - value)))
    n = kept["n"].sum()
    return make_estimate(value, ends, n, missing, "AUC, DeLong interval", about, scale="share")


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
    kept, missing = complete(counts, [], numbers=[signal, rival], flags=[event])
    ours, theirs = (_placements(kept, name, event, either_way) for name in (signal, rival))
    value, error = _mean_placement(kept, event, ours - theirs)
    if not error > 1e-12:
        raise TooFewError(
            f"expected areas of {signal} and {rival} that differ with an error, found a difference "
            f"of {value:g} without: no interval"
        )
    ends, n = (value - Z * error, value + Z * error), kept["n"].sum()
    return make_estimate(value, ends, n, missing, "difference of AUC, DeLong interval", about)


def r2_gain(
    counts: pd.DataFrame,
    outcome: str,
    base: Sequence[str],
    extra: Sequence[str],
    *,
    adjusted: bool = False,
    **about: str,
) -> Estimate:
    """Return how much R2 of a linear fit on ``base`` grows when the predictors ``extra`` join.

    The gain is the squared length of the semipartial correlations of the outcome with what is new
    in extra. Its error comes from the influence of each customer, which needs no equal variances;
    the interval is read off the noncentral F distribution, so that it begins at zero where nothing
    may be gained. In simulations it holds the truth in 94 to 98 of 100 samples at true gains of 0,
    .02 and .06, with one or two extra predictors and 60 to 1,500 customers.

    Parameters
    ----------
    counts : DataFrame
        Counts with numeric columns.
    outcome : str
        What is explained.
    base, extra : sequence of str
        Predictors already in the fit, and those that join.
    adjusted : bool
        Return as the value the gain in adjusted R2, or zero where that falls.
    **about
        kind, source and label.

    Raises
    ------
    ValueError
        If a column is named twice or not numeric.
    TooFewError
        If there are no more customers than terms, a column does not vary, extra follows from base,
        or nothing is left to explain.

    References
    ----------
    Cohen, Cohen, West and Aiken (2003), Applied Multiple Regression, 3rd edition, p. 72; Steiger
    (2004), Psychological Methods 9:164-182, for the noncentral interval; Cook and Weisberg (1982),
    Residuals and Influence in Regression, chapter 3.

    Examples
    --------
    >>> rows = pd.DataFrame({"y": [0, 2, 1, 5, 3, 4], "a": [0, 1, 0, 1, 0, 1], "b": range(6)})
    >>> r2_gain(rows.assign(n=9), "y", ["a"], ["b"], kind="stated", source="example").text()
    '0.36 [0.17, 0.61]'
    """
    base, extra = listed(base), listed(extra)
    names = [outcome, *base, *extra]
    kept, missing = complete(counts, [], numbers=names)
    n, size, new = kept["n"].to_numpy(float), int(kept["n"].sum()), len(extra)
    if (df := size - len(base) - new - 1) < 1:
        raise TooFewError(f"expected more than {len(base) + new + 1} customers, found {size}")
    scaled, _, _ = centred(kept[names].to_numpy(), n, names)
    check_rank(scaled[:, 1:], names[1:])
    known, wanted = scaled[:, 1:-new], scaled[:, [0, *range(-new, 0)]]
    roots = np.sqrt(n)[:, None]
    slopes = np.linalg.lstsq(known * roots, wanted * roots, rcond=None)[0]
    rest = wanted - known @ slopes  # what base leaves open
    y, spread = wanted[:, 0], np.average(wanted[:, 0] ** 2, weights=n)
    among = rest[:, 1:].T @ (n[:, None] * rest[:, 1:]) / size
    news = np.linalg.solve(np.linalg.cholesky(among), rest[:, 1:].T)  # unrelated, of variance one
    parts = news @ (n * rest[:, 0]) / size / np.sqrt(spread)
    gain = float(parts @ parts)
    left = float(np.average(rest[:, 0] ** 2, weights=n) / spread) - gain
    if not left > 1e-12:
        raise TooFewError(
            f"expected {[*base, *extra]} to leave some of {outcome} open, found none: no interval"
        )
    along = parts @ news / np.sqrt(gain) if gain > 1e-15 else news[0]
    influence = rest[:, 0] * along / np.sqrt(spread)
    influence -= np.sqrt(gain) / 2 * (along**2 + y**2 / spread)
    error = float(np.average(influence**2, weights=n)) / df  # variance of the root of the gain
    ends = [share * error for share in noncentral_ends(gain / error / new, new, df)]
    if adjusted:
        before, after = size - len(base) - 1, df
        gain = max((left + gain) * (size - 1) / before - left * (size - 1) / after, 0.0)
    method = f"{'adjusted ' * adjusted}R2 gain, noncentral F interval"
    return make_estimate(gain, ends, size, missing, method, about)


def noncentral_ends(ratio: float, new: int, df: float) -> tuple[float, float]:
    """Return the ends of the interval of the noncentrality of an F ratio.

    For the upper end a ratio below one, less than chance alone gives, is read as one: otherwise
    the interval of a very small ratio would shrink to nothing.
    """
    size = ratio * new
    if size > FAR:  # there the root of the ratio is normal, and scipy's tails are lost in rounding
        reach = Z * np.sqrt(1 + size / (2 * df))
        return tuple(float((np.sqrt(size) + way * reach) ** 2 - (new - 1)) for way in (-1, 1))

    def find(level: float, ratio: float) -> float:
        def excess(centre: float) -> float:
            # Far above the ratio the share below it is nothing, which scipy calls NaN.
            return np.nan_to_num(stats.ncf.cdf(ratio, new, df, centre)) - level

        if stats.f.cdf(ratio, new, df) <= level:
            return 0.0
        high = 10 + 4 * ratio * new
        while excess(high) > 0:  # with few degrees of freedom
            high *= 1.5
        return float(brentq(excess, 1e-12, high, xtol=1e-10, rtol=1e-14))

    return find(0.5 + LEVEL / 2, ratio), find(0.5 - LEVEL / 2, max(ratio, 1.0))


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
    if columns is None:
        columns = [column for column in complete(counts, [])[0].columns if column != "n"]
    kept, missing = complete(counts, needed := listed(columns))
    kept = count_by(kept, needed, weights="n")
    if (n := int(kept["n"].sum())) < 2:
        raise TooFewError(f"expected at least 2 customers who answered {needed}, found {n}")
    samples = np.random.default_rng(seed).multinomial(n, kept["n"] / n, size=draws)
    values = [statistic(kept.assign(n=sample)) for sample in samples]
    return from_draws(statistic(kept), values, method=method, n=n, missing=missing, **about)


def from_draws(
    value: float, drawn: Sequence[float], *, method: str, n: int, missing: int = 0, **about: str
) -> Estimate:
    """Return an estimate with the percentile interval of bootstrap draws made elsewhere.

    Raises
    ------
    ValueError
        If there are fewer than two draws, or one is no number.
    TooFewError
        If a draw is not finite, none differs from the others, or the value lies outside the
        interval, so that the percentiles are those of something else.
    """
    drawn = np.asarray(drawn)
    if drawn.ndim != 1 or drawn.dtype.kind not in "iuf":
        raise ValueError(f"expected one number a draw, found {drawn.dtype} of shape {drawn.shape}")
    if len(drawn) < 2:
        raise ValueError(f"expected at least 2 draws, found {len(drawn)} ({method})")
    if broken := int((~np.isfinite(drawn)).sum()):
        raise TooFewError(f"expected finite draws, found {broken} of {len(drawn)} not ({method})")
    if not np.ptp(drawn) > 0:
        raise TooFewError(f"expected draws that differ, found {value:g} in all ({method})")
    low, high = np.quantile(drawn, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    if not low <= value <= high:
        raise TooFewError(
            f"expected draws around {value:g}, found their interval at {low:g} to {high:g} "
            f"({method})"
        )
    method = f"{method}, bootstrap interval ({len(drawn)} draws)"
    return make_estimate(value, (low, high), n, missing, method, about)


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
            df=self.estimate.df - 1,
        )


def pool(
    estimates: Sequence[Estimate],
    *,
    source: str,
    kind: str | None = None,
    scale: str | None = None,
) -> Pooled:
    """Return the random-effects mean of at least three estimates.

    The variance between studies is Paule and Mandel's; the interval of the mean is Hartung and
    Knapp's, never shorter than the usual one; the prediction interval is that of Higgins and others
    with k - 2 degrees of freedom. Where standard errors differ sixfold the interval of the mean
    holds the truth in 93 to 94 of 100 samples; where the studies have four customers each, so that
    their errors are rough themselves, in 91 (tests/coverage_study.csv).

    Parameters
    ----------
    estimates : sequence of Estimate
        Independent estimates; each brings its standard error (:meth:`Estimate.error_on`).
    source : str
        Where they come from.
    kind : str, optional
        Kind of the result, by default that of the estimates, which must then agree.
    scale : {"identity", "correlation", "ratio", "share"}, optional
        Pool as they are, on Fisher's z, on the log or on the logit; by default on the scale on
        which the intervals of the estimates are symmetric, which must then agree.

    Raises
    ------
    ValueError
        If kinds or scales differ, or an estimate has no standard error; it is named.
    TooFewError
        If there are fewer than three estimates.

    References
    ----------
    DerSimonian and Kacker (2007), Contemporary Clinical Trials 28:105-114; Hartung and Knapp
    (2001), Statistics in Medicine 20:3875-3889; Rover, Knapp and Friede (2015), BMC Medical
    Research Methodology 15:99; Higgins, Thompson and Spiegelhalter (2009),
    Journal of the Royal Statistical Society A 172:137-159.
    """
    estimates = _checked(estimates, "pool")
    if (k := len(estimates)) < 3:
        raise TooFewError(f"expected at least 3 estimates to pool, found {k} ({source})")
    kind = kind or _agreed((e.kind for e in estimates), "kind", source)
    scale = scale or _agreed((e.scale for e in estimates), "scale", source)
    if scale not in list(SCALES):
        raise ValueError(f"expected a scale of {list(SCALES)}, found {scale!r}")
    there, back = SCALES[scale]
    errors = np.array([estimate.error_on(scale) for estimate in estimates])
    for estimate, error in zip(estimates, errors, strict=True):
        if not (np.isfinite(error) and error > 0):
            raise ValueError(
                f"expected estimates with a standard error on the {scale} scale, found "
                f"{estimate.text(4)} of {estimate.label or estimate.source}"
            )
    effect = there(np.array([estimate.value for estimate in estimates]))
    between = _between(effect, errors**2)
    weights = 1 / (errors**2 + between)
    average = np.average(effect, weights=weights)
    # At this variance the weighted squares sum to k - 1, or to less where it is none: Hartung and
    # Knapp's error is the usual one, or shorter and then not used.
    error = 1 / np.sqrt(weights.sum())
    reach = stats.t.ppf(0.5 + LEVEL / 2, k - 1) * error
    spread = stats.t.ppf(0.5 + LEVEL / 2, k - 2) * np.sqrt(between + error**2)
    value, low, high, prediction_low, prediction_high = (
        float(back(x))
        for x in (average, average - reach, average + reach, average - spread, average + spread)
    )
    n, missing = sum(e.n for e in estimates), sum(e.missing for e in estimates)
    method = f"random-effects mean of {k}, Hartung-Knapp interval"
    about = {"kind": kind, "source": source, "label": "pooled"}
    estimate = make_estimate(value, (low, high), n, missing, method, about, scale=scale, df=k - 1)
    q = _squares(effect, errors**2)
    heterogeneity = 1 - (k - 1) / q if q > k - 1 else 0.0
    return Pooled(estimate, prediction_low, prediction_high, heterogeneity)


# Small parts ------------------------------------------------------------------------------------


def make_estimate(
    value, ends, n, missing, method: str, about: dict[str, str], *, scale="identity", df=np.inf
) -> Estimate:
    """Return an estimate in plain Python numbers."""
    odd = [f"no {name}" for name in ("kind", "source") if name not in about]
    odd += [f"an unknown {name}" for name in about if name not in ("kind", "source", "label")]
    if odd:
        raise TypeError(
            f"expected kind, source and perhaps label for {method!r}, found {', '.join(odd)}"
        )
    low, high = (float(end) for end in ends)
    return Estimate(
        value=float(value),
        low=low,
        high=high,
        n=int(n) if float(n).is_integer() else n,
        missing=int(missing),
        method=method,
        scale=scale,
        df=float(df),
        **about,
    )


def varies(values: np.ndarray) -> bool:
    """Return whether numbers differ by more than float64 rounds them."""
    return len(values) > 0 and bool(np.ptp(values) > 1e-14 * np.abs(values).max())


def centred(
    columns: np.ndarray, n: np.ndarray, names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return columns about their means over customers, scaled to within 1; means and scales.

    So no unit is too large or small, and no offset hides a difference.
    """
    if flat := [name for name, column in zip(names, columns.T, strict=True) if not varies(column)]:
        raise TooFewError(f"expected several values in each of {list(names)}, found one in {flat}")
    means = np.average(columns, axis=0, weights=n)
    scales = np.abs(columns - means).max(axis=0)
    return (columns - means) / scales, means, scales


def check_rank(design: np.ndarray, names: Sequence[str]) -> None:
    """Refuse predictors that follow from those before them, naming them."""
    left = np.abs(np.diag(np.linalg.qr(design / np.linalg.norm(design, axis=0), mode="r")))
    if copies := [name for name, size in zip(names, left, strict=True) if size < 1e-7]:
        raise TooFewError(
            f"expected predictors that differ, found {copies} to follow from those before in "
            f"{list(names)}"
        )


def _checked(estimates: Iterable[Estimate], purpose: str) -> list[Estimate]:
    """Return estimates as a list, or refuse what is none."""
    estimates = list(estimates)
    if odd := sorted({type(e).__name__ for e in estimates if not isinstance(e, Estimate)}):
        raise TypeError(f"expected estimates to {purpose}, found {odd}")
    return estimates


def _stretch(scale: str, value: float) -> float:
    """Return the derivative of a scale at ``value``."""
    slopes = {
        "identity": 1.0,
        "correlation": 1 / (1 - np.float64(value) ** 2),
        "ratio": 1 / np.float64(value),
        "share": 1 / (np.float64(value) * (1 - np.float64(value))),
    }
    return slopes[scale]


def _squares(effect: np.ndarray, variance: np.ndarray) -> float:
    """Return Q, the weighted squares of effects about their weighted mean."""
    weights = 1 / variance
    return float(weights @ (effect - np.average(effect, weights=weights)) ** 2)


def _between(effect: np.ndarray, variance: np.ndarray) -> float:
    """Return the variance between studies at which Q is its degrees of freedom, or none."""
    df, most = len(effect) - 1, np.ptp(effect) ** 2
    if _squares(effect, variance) <= df:
        return 0.0
    return brentq(lambda x: _squares(effect, variance + x) - df, 0, most, xtol=1e-14 * most)


def _agreed(found: Iterable[str], what: str, source: str) -> str:
    """Return the one value that all estimates share."""
    values = sorted(set(found))
    if len(values) > 1:
        raise ValueError(
            f"expected estimates of one {what}, or the {what} of the result, found {values} "
            f"({source})"
        )
    return values[0]


def _hits(counts: pd.DataFrame, flag: str) -> tuple[int, int, int]:
    """Return customers with flag = 1, customers known and customers missing."""
    kept, missing = complete(counts, [], flags=[flag])
    if not (total := int(kept["n"].sum())):
        raise TooFewError(f"expected customers with a known {flag}, found none")
    return int(kept.loc[kept[flag] == 1, "n"].sum()), total, missing


def _described(counts: pd.DataFrame, score: str) -> tuple[DescrStatsW, int]:
    """Return statsmodels' description of a score and the number missing."""
    kept, missing = complete(counts, [], numbers=[score])
    if (n := int(kept["n"].sum())) < 2:
        raise TooFewError(f"expected at least 2 customers with a known {score}, found {n}")
    return DescrStatsW(kept[score].to_numpy(), weights=kept["n"].to_numpy(float)), missing


def two_groups(
    counts: pd.DataFrame, measured: str, group: str, first, second
) -> tuple[tuple[pd.DataFrame, pd.DataFrame], int]:
    """Return the counts of two groups, and how many customers' group is missing."""
    known, unknown = complete(counts, [group])
    if group == measured:
        raise ValueError(f"expected groups by another column than what is compared, found {group}")
    for value in (first, second):
        if not pd.api.types.is_scalar(value) or pd.isna(value):
            raise ValueError(f"expected one group of {group}, found {value!r}")
    if first == second:
        raise ValueError(f"expected two groups of {group} to compare, found {first!r} twice")
    parts = tuple(known[known[group] == value] for value in (first, second))
    for value, part in zip((first, second), parts, strict=True):
        if part.empty:
            names = known[group].drop_duplicates().astype("object").tolist()
            names = sorted(names, key=lambda name: (type(name).__name__, name))
            more = f" and {len(names) - 10} more" if len(names) > 10 else ""
            raise TooFewError(f"expected {group} to be one of {names[:10]}{more}, found {value!r}")
    return parts, unknown


def _gap_in_sd(
    weights: np.ndarray, x: np.ndarray, of_first: np.ndarray, strata: np.ndarray | None = None
) -> np.ndarray:
    """Return the difference of two means over the pooled SD, for each row of weights.

    It is not finite where a group is empty or the scores do not vary within the groups. With
    ``strata`` the difference is the mean of those within each, by the product of its two sizes over
    their sum.
    """
    sizes, averages, within, squares = [], [], 0.0, weights @ x**2
    with np.errstate(divide="ignore", invalid="ignore"):
        for flag in (of_first, 1 - of_first):
            sizes.append(weights @ flag)
            averages.append(weights @ (flag * x) / sizes[-1])
            within = within + weights @ (flag * x**2) - sizes[-1] * averages[-1] ** 2
        within = np.where(within > 1e-12 * squares, within, np.nan)  # the rest is rounding
        spread = np.sqrt(within / (sizes[0] + sizes[1] - 2))
        if strata is None:
            return (averages[0] - averages[1]) / spread
        member = np.eye(strata.max() + 1)[strata]
        one, two = (weights @ (member * flag[:, None]) for flag in (of_first, 1 - of_first))
        sums = [weights @ (member * (f * x)[:, None]) for f in (of_first, 1 - of_first)]
        shared = one * two / (one + two)
        apart = np.where(one * two > 0, shared * (sums[0] / one - sums[1] / two), 0)
        return apart.sum(axis=1) / np.nansum(shared, axis=1) / spread


def _placements(kept: pd.DataFrame, signal: str, event: str, either_way: bool) -> np.ndarray:
    """Return per row the share of the other group that the signal puts in order; ties count half.

    The mean over those with the event, and over those without, is the AUC.
    """
    values, place = np.unique(kept[signal].to_numpy(float), return_inverse=True)
    has, n = kept[event].to_numpy(float) == 1, kept["n"].to_numpy(float)
    below = []  # of those without and of those with the event: the share below each value
    for group in (~has, has):
        sizes = np.bincount(place, weights=n * group, minlength=len(values))
        if sizes.sum() < 2:
            raise TooFewError(f"expected 2 or more customers with {event} = 0 and 1, found fewer")
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


def _plain(number: float, digits: int) -> str:
    """Return a number as text with a true minus sign and no minus zero."""
    text = f"{number:,.{digits}f}"
    is_zero = not text.strip("-0.,")
    return text.lstrip("-") if is_zero else text.replace("-", "\N{MINUS SIGN}")
