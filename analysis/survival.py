"""Coming back when not everyone could be watched equally long: survival on counts.

Durations are whole days, so a table of customers collapses without loss to counts of day, event and
group. Every estimator takes them with ``n``: a customer who came back on day 12 is a row with
``time`` 12 and event 1; one who had not when observation ended on day 300 is one with 300 and 0.
Each customer may stand for one duration only. When the clock starts is decided where durations are
made (:func:`analysis.customers.watch`): no act before a score could be given follows it.
"""

import numbers
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats
from scipy.linalg import eigvalsh
from scipy.special import expit, logit

from analysis.counts import complete, count_by, listed, numeric
from analysis.customers import checked_days, refuse_rows
from analysis.estimate import (
    LEVEL,
    Estimate,
    TooFewError,
    Z,
    centred,
    check_rank,
    make_estimate,
    two_groups,
)
from analysis.regression import climb, inverse

__all__ = ["hazard_ratio", "hazard_slope", "returned", "returned_ratio", "whole_days"]

# Of a curvature that is left at the maximum: less means that there is none, and the slope grows
# until rounding stops it.
LOST = 1e-9


def whole_days(watched: pd.DataFrame) -> pd.Series:
    """Return the day, 1 or later, on which a customer came back or was last watched.

    A part of a day counts as the whole day, for those who came back as for those who did not.

    Parameters
    ----------
    watched : DataFrame
        From :func:`analysis.customers.watch`: ``watched``, ``again`` and ``days``.

    Raises
    ------
    TypeError, KeyError
        If ``watched`` is not a pandas frame, or lacks a column.
    ValueError
        If a row says things that cannot be.

    Examples
    --------
    >>> rows = pd.DataFrame({"watched": [9.5, 9.5], "again": [1.0, 0.0], "days": [0.2, None]})
    >>> whole_days(rows).tolist()
    [1, 10]
    """
    reach, again, days = checked_days(watched)
    last = np.ceil(np.where(again == 1, days, reach)).astype("int64")
    return pd.Series(last, index=watched.index, name="time")


# Shares -----------------------------------------------------------------------------------------


def returned(counts: pd.DataFrame, time: str, event: str, *, by: float, **about: str) -> Estimate:
    """Return the share who came back by a day, from all customers, however long each was watched.

    One minus Kaplan and Meier's estimate, with Greenwood's error on the logit scale.

    Parameters
    ----------
    counts : DataFrame
        Counts with durations, an event of 0 or 1, and ``n``.
    time, event : str
        Columns of the duration (above 0) and of the event that ended it; 0 is censored.
    by : float
        The day, in the unit of ``time``; an event on it counts.
    **about
        kind, source and label.

    Raises
    ------
    ValueError
        If a duration is not above 0, or ``by`` is no number above 0.
    TooFewError
        If nobody was watched until then, or nobody or everybody came back.

    References
    ----------
    Kaplan and Meier (1958), JASA 53:457-481; Greenwood (1926), Reports on Public Health 33:1-26;
    Klein and Moeschberger (2003), Survival Analysis, 2nd edition, section 4.3, for scales.

    Examples
    --------
    >>> counts = pd.DataFrame({"day": [1, 2, 3], "again": [1, 0, 1], "n": [10, 45, 5]})
    >>> returned(counts, "day", "again", by=2, kind="behaviour", source="example").text()
    '0.17 [0.09, 0.28]'
    """
    kept, missing = _durations(counts, time, event, [])
    share, error, events = _share(kept, time, event, by)
    ends = expit(logit(share) + np.array([-1, 1]) * Z * error / (share * (1 - share)))
    n = kept["n"].sum()
    method = f"share by {by:g}, Kaplan-Meier, {events:,} events, Greenwood interval"
    return make_estimate(share, ends, n, missing, method, about, scale="share")


def returned_ratio(
    counts: pd.DataFrame,
    time: str,
    event: str,
    group: str,
    first,
    second,
    *,
    by: float,
    **about: str,
) -> Estimate:
    """Return the share back by a day where ``group`` = first over that where it is second.

    Two of :func:`returned`, with Greenwood's errors and an interval on the log scale. Customers of
    other groups are left aside; those without a group are missing.

    References
    ----------
    Klein and Moeschberger (2003), Survival Analysis, 2nd edition, section 7.8, for two shares at a
    fixed time; Katz and others (1978), Biometrics 34:469-474, for the scale.
    """
    pair, unknown = two_groups(counts, event, group, first, second)
    (one, gone), (two, lost) = (_durations(part, time, event, []) for part in pair)
    (a, error_a, hits_a), (b, error_b, hits_b) = (_share(k, time, event, by) for k in (one, two))
    reach = Z * np.hypot(error_a / a, error_b / b)
    ends, n = a / b * np.exp([-reach, reach]), one["n"].sum() + two["n"].sum()
    method = (
        f"ratio of shares by {by:g}, Kaplan-Meier, {hits_a:,} and {hits_b:,} events, Greenwood log "
        "interval"
    )
    return make_estimate(a / b, ends, n, unknown + gone + lost, method, about, scale="ratio")


# Hazards ----------------------------------------------------------------------------------------


def hazard_ratio(
    counts: pd.DataFrame,
    time: str,
    event: str,
    group: str,
    first,
    second,
    *,
    controls: str | Sequence[str] = (),
    strata: str | Sequence[str] = (),
    cluster: str | None = None,
    **about: str,
) -> Estimate:
    """Return the rate of events where ``group`` = first over that where it is second.

    Cox's hazard ratio, which holds at every time alike if the model is right. The error is robust,
    Lin and Wei's, so it needs neither that nor independent customers within a cluster.

    Parameters
    ----------
    counts : DataFrame
        Counts with durations, an event of 0 or 1, groups, and ``n``.
    time, event : str
        Columns of the duration (above 0) and of the event that ended it; 0 is censored. Events
        at one time are taken for untied (Breslow), which draws the ratio to one where many of
        those still watched have their event at the same time.
    group, first, second
        Column of the groups, and the two to compare; customers of others are left aside.
    controls : str or sequence of str
        Numeric columns held fixed.
    strata : str or sequence of str
        Columns whose values each have a course of events of their own; customers are compared
        within them only.
    cluster : str, optional
        Column of what customers share, for example a seller; whose is missing is left out. By
        default customers are independent.
    **about
        kind, source and label.

    Raises
    ------
    ValueError
        If a duration is not above 0, a flag not 0 or 1, or a control no number.
    TooFewError
        If there are fewer events or clusters than needed, a column does not vary or follows from
        others, or no finite ratio fits, as where a group has no event.

    References
    ----------
    Cox (1972), Journal of the Royal Statistical Society B 34:187-220; Breslow (1974), Biometrics
    30:89-99; Lin and Wei (1989), JASA 84:1074-1078.

    Examples
    --------
    >>> days = {"day": [1, 1, 2, 2, 9, 9], "again": [1, 1, 1, 1, 0, 0]}
    >>> counts = pd.DataFrame(days | {"late": [0, 1, 0, 1, 0, 1], "n": [9, 3, 9, 4, 82, 93]})
    >>> about = {"kind": "behaviour", "source": "example"}
    >>> hazard_ratio(counts, "day", "again", "late", 1, 0, **about).text()
    '0.38 [0.16, 0.88]'
    """
    pair, unknown = two_groups(counts, event, group, first, second)
    both = pd.concat([part.assign(**{group: x}) for x, part in zip((1.0, 0.0), pair, strict=True)])
    what = f"hazard ratio, {group} {first} against {second}"
    about = about | {"unknown": unknown, "what": what}
    return _slope(both, time, event, group, controls, strata, cluster, **about)


def hazard_slope(
    counts: pd.DataFrame,
    time: str,
    event: str,
    score: str,
    *,
    per_sd: bool = False,
    controls: str | Sequence[str] = (),
    strata: str | Sequence[str] = (),
    cluster: str | None = None,
    **about: str,
) -> Estimate:
    """Return by how much the rate of events is multiplied per unit of a numeric ``score``.

    ``per_sd`` asks for the factor per standard deviation of the score over the customers used. The
    rest is as in :func:`hazard_ratio`.
    """
    about = about | {"unknown": 0, "what": f"hazard ratio per {'SD of ' * per_sd}{score}"}
    return _slope(counts, time, event, score, controls, strata, cluster, per_sd=per_sd, **about)


# Small parts ------------------------------------------------------------------------------------


def _durations(
    counts: pd.DataFrame, time: str, event: str, columns: list, measures: Sequence[str] = ()
) -> tuple[pd.DataFrame, int]:
    """Return the complete rows and how many customers are missing; durations are above 0."""
    kept, missing = complete(counts, columns, numbers=[time, *measures], flags=[event])
    values = numeric(counts[time])
    refuse_rows(values <= 0, f"durations above 0 in {time}", values)
    return kept, missing


def _share(kept: pd.DataFrame, time: str, event: str, by: float) -> tuple[float, float, int]:
    """Return the share with the event by a time, Greenwood's error of it, and its events."""
    if not (isinstance(by, numbers.Real) and 0 < by < np.inf):
        raise ValueError(f"expected a time above 0 to count events by, found {by!r}")
    if kept.empty or kept[time].max() < by:
        longest = "none" if kept.empty else f"{kept[time].max():g} as the longest"
        raise TooFewError(f"expected customers who were watched until {by:g}, found {longest}")
    ended = kept["n"].where(kept[event] == 1, 0)
    table = pd.DataFrame({"all": kept["n"], "ended": ended}).groupby(kept[time]).sum().sort_index()
    risk = table["all"][::-1].cumsum()[::-1]
    seen = (table.index <= by) & (table["ended"] > 0)
    d, r = table.loc[seen, "ended"].to_numpy(float), risk[seen].to_numpy(float)
    if not (len(d) and (r > d).all()):
        raise TooFewError(
            f"expected some but not all to have {event} by {by:g}, found {int(d.sum())} of "
            f"{kept['n'].sum()}"
        )
    stay = np.prod(1 - d / r)
    return float(1 - stay), float(stay * np.sqrt((d / (r * (r - d))).sum())), int(d.sum())


def _slope(
    counts, time, event, score, controls, strata, cluster, *, what, unknown, per_sd=False, **about
) -> Estimate:
    """Return the hazard ratio per unit or standard deviation of a score."""
    names, strata = [score, *listed(controls)], listed(strata)
    shared = [cluster] if cluster is not None and cluster not in strata else []
    kept, missing = _durations(counts, time, event, [*strata, *shared], names)
    keys = list(dict.fromkeys([*strata, time, event, *names, *shared]))
    kept = count_by(kept, keys, weights="n") if len(kept) else kept
    n, size = kept["n"].to_numpy(float), int(kept["n"].sum())
    happened = kept[event].to_numpy() == 1
    events = int(n @ happened)
    if events <= len(names):
        raise TooFewError(
            f"expected more events than the {len(names)} slopes, found {events} in {size} customers"
        )
    scaled, means, scales = centred(kept[names].to_numpy(), n, names)
    check_rank(scaled, names)
    fit = _Cox(scaled, kept[time].to_numpy(), happened, n, _codes(kept, strata))
    at_start = fit.likelihood(np.zeros(len(names)))[2]
    idle = np.diag(at_start) < 1e-12 * events  # columns are within 1: the rest is rounding
    if idle.any():
        found = [name for name, flat in zip(names, idle, strict=True) if flat]
        raise TooFewError(
            f"expected {names} to vary among those who were watched at one time, found one value "
            f"in {found}"
        )
    inverse(at_start)
    params, information = climb(fit.likelihood, np.zeros(len(names)), events, lambda: None)
    if not eigvalsh(information, at_start)[0] > LOST:
        raise TooFewError(
            f"expected a finite hazard ratio, found that {names} tell those with {event} apart "
            "without error"
        )
    scores, many = fit.scores(params), size
    among = scores.T @ (scores * n[:, None])  # of independent customers
    alone = among[0, 0]
    if cluster is not None:
        place = _codes(kept, [cluster])
        sums = np.column_stack([np.bincount(place, n * column) for column in scores.T])
        among, many = sums.T @ sums, int(place.max()) + 1
    if many <= len(names) or not among[0, 0] > 1e-12 * alone:  # the rest is rounding
        raise TooFewError(
            f"expected more clusters than the {len(names)} slopes that differ, found {many}"
        )
    back = inverse(information)
    error = np.sqrt((back @ among @ back)[0, 0] * many / (many - 1))
    df = np.inf if cluster is None else many - 1
    unit = 1 / scales[0]
    if per_sd:
        unit *= np.sqrt(np.average((kept[score] - means[0]) ** 2, weights=n))
    value, reach = params[0] * unit, stats.t.ppf(0.5 + LEVEL / 2, df) * error * unit
    held = f", holding {', '.join(names[1:])}" * (len(names) > 1)
    within = f", within {' and '.join(strata)}" * bool(strata)
    of = "robust interval" if cluster is None else f"clustered by {many:,} of {cluster}"
    method = f"Cox {what}{held}{within}, {events:,} events, {of}"
    ends, missing = np.exp([value - reach, value + reach]), missing + unknown
    return make_estimate(np.exp(value), ends, size, missing, method, about, scale="ratio", df=df)


def _codes(kept: pd.DataFrame, columns: list) -> np.ndarray:
    """Return 0, 1, 2, ... for the combinations of values, in sorted order."""
    if not columns:
        return np.zeros(len(kept), dtype=int)
    return kept.groupby(columns, observed=True, sort=True).ngroup().to_numpy()


class _Cox:
    """Cox's partial likelihood on counts, ties by Breslow.

    With H the cumulated hazard up to the time of a row and w = exp(x b), what a customer brings to
    the score is x (event - w H), and to its robust variance the same about the mean of those at
    risk. So the sums run over rows, never over pairs of rows.
    """

    def __init__(self, design, time, happened, n, stratum) -> None:
        """Sort the rows by stratum and time, and find the slots of equal ones."""
        times = np.unique(time, return_inverse=True)[1]
        slots, self.slot = np.unique(stratum * (times.max() + 1) + times, return_inverse=True)
        starts = np.flatnonzero(np.diff(slots // (times.max() + 1), prepend=-1))
        self.strata = [slice(*ends) for ends in zip(starts, [*starts[1:], len(slots)], strict=True)]
        self.design, self.happened, self.n = design, happened.astype(float), n
        self.ended = self._by_slot(n * self.happened)
        self.total = design.T @ (n * self.happened)

    def _by_slot(self, values: np.ndarray) -> np.ndarray:
        return np.bincount(self.slot, values, minlength=self.slot.max() + 1)

    def _at_risk(self, values: np.ndarray) -> np.ndarray:
        """Return sums over the rows of a stratum that last as long as the slot or longer."""
        sums = self._by_slot(values)
        return np.concatenate([sums[part][::-1].cumsum()[::-1] for part in self.strata])

    def _so_far(self, steps: np.ndarray) -> np.ndarray:
        """Return for each row the sum of steps in its stratum up to its time."""
        return np.concatenate([steps[part].cumsum() for part in self.strata])[self.slot]

    def _state(self, params: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return w, its sums over those at risk, the hazard of each slot, and the mean of x."""
        line = self.design @ params
        w = np.exp(line - line.max())
        risk = self._at_risk(self.n * w)
        means = [self._at_risk(self.n * w * x) / risk for x in self.design.T]
        return line, w, risk, self.ended / risk, np.column_stack(means)

    def likelihood(self, params: np.ndarray) -> tuple:
        """Return the log-likelihood, its gradient, minus its Hessian, and one."""
        with np.errstate(divide="ignore", invalid="ignore"):
            line, w, risk, hazard, means = self._state(params)
            value = self.total @ params - self.ended @ (np.log(risk) + line.max())
            expected = self.n * w * self._so_far(hazard)
        gradient = self.total - self.design.T @ expected
        information = self.design.T @ (self.design * expected[:, None])
        information -= means.T @ (means * self.ended[:, None])
        return value, gradient, information, 1.0

    def scores(self, params: np.ndarray) -> np.ndarray:
        """Return what one customer of each row adds to the gradient, about those at risk."""
        _, w, _, hazard, means = self._state(params)
        drift = np.column_stack([self._so_far(hazard * mean) for mean in means.T])
        own = self.happened[:, None] * (self.design - means[self.slot])
        return own - w[:, None] * (self.design * self._so_far(hazard)[:, None] - drift)
