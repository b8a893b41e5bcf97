"""Published results as estimates, from the percentages, correlations and bases that others print.

A row is one of ``load("literature")``; ``source`` is the short name of its study. Where a mean
stands for several firms, its interval is that of the firms, not of the units within them.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimate import LEVEL, Estimate, TooFewError, Z, make_estimate, proportion

__all__ = [
    "cited",
    "correlation_of",
    "cost_ratio",
    "count_ratio",
    "evidence",
    "fewest_pairs",
    "general_spread",
    "largest_spread",
    "mean_across",
    "mean_of_correlations",
    "paired_difference",
    "printed_change",
    "share_from",
    "share_of",
]

# Keiningham and others (2008), table 1: net promoter score and change of revenue, by industry.
INDUSTRIES = ["KEI08a", "KEI08d", "NPG08c", "NPG08d", "NPG08e"]
YEAR = 12  # months, the period of the customers held in CAN17b and CAN17c: see their notes


def share_from(hits: float, asked: float, *, source: str, label: str = "") -> Estimate:
    """Return ``hits`` of ``asked``, both rounded to whole people, with Wilson's interval.

    Raises
    ------
    ValueError
        If there are not 0 to ``asked`` hits; ``asked`` must be at least one.
    """
    if not (np.isfinite([hits, asked]).all() and round(asked) >= 1 and -0.5 <= hits <= asked + 0.5):
        raise ValueError(f"{source}: expected 0 to {asked:g} hits of 1 or more, found {hits:g}")
    counts = pd.DataFrame({"hit": [1, 0], "n": [round(hits), round(asked) - round(hits)]})
    return proportion(counts, "hit", kind="published", source=source, label=label)


def share_of(row: Mapping, *, source: str, label: str = "", base: float = 1.0) -> Estimate:
    """Return a percentage of ``n`` people as a share, of all or of the part ``base`` of them.

    Examples
    --------
    >>> row = {"metric": "percent", "estimate": 31.0, "n": 600.0}
    >>> share_of(row, source="example").percent()
    '31.0% [27.4%, 34.8%]'
    """
    _check(row, "percent", row.get("n"), source)
    if not 0 < base <= 1:
        raise ValueError(f"{source}: expected a base of more than 0 and at most 1, found {base:g}")
    if not 0 <= row["estimate"] <= 100 * base:
        raise ValueError(
            f"{source}: expected 0 to {100 * base:g} per cent, found {row['estimate']:g}"
        )
    hits, asked = row["estimate"] / 100 * row["n"], base * row["n"]
    found = share_from(hits, asked, source=source, label=label)
    return dataclasses.replace(found, value=float(row["estimate"] / 100 / base))


def correlation_of(row: Mapping, *, source: str, label: str = "", n: int | None = None) -> Estimate:
    """Return a correlation with Fisher's interval; ``n`` stands in where the row has none."""
    n = row.get("n") if n is None else n
    _check(row, "r", n, source)
    if not -1 < row["estimate"] < 1:
        raise TooFewError(f"{source}: expected r within -1 and 1, found {row['estimate']:g}")
    low, high = np.tanh(np.arctanh(row["estimate"]) + np.array([-Z, Z]) / np.sqrt(n - 3))
    about = {"kind": "published", "source": source, "label": label, "n": int(n)}
    method = "published correlation, Fisher-z interval"
    ends = {"low": float(low), "high": float(high), "scale": "correlation"}
    return Estimate(value=row["estimate"], method=method, **ends, **about)


def mean_of_correlations(rows: pd.DataFrame, *, source: str, label: str = "") -> Estimate:
    """Return the unweighted mean of correlations, each of another cluster, with Student's interval.

    The clusters (industries, countries) are the sample: their correlations differ both by chance
    and in truth, and the interval takes the two together, so that no ``n`` within a cluster is
    needed. Mean and interval are made on Fisher's z.

    Parameters
    ----------
    rows : DataFrame of shape (k, any)
        At least three rows with metric ``r``, strictly between -1 and 1.

    Raises
    ------
    ValueError
        If a row is no correlation.
    TooFewError
        If there are fewer than three, or one is -1 or 1.

    Examples
    --------
    >>> rows = pd.DataFrame({"metric": "r", "estimate": [0.4, 0.1, -0.2]})
    >>> mean_of_correlations(rows, source="example").text()
    '0.11 [−0.59, 0.71]'
    """
    if len(rows) < 3:
        raise TooFewError(f"{source}: expected at least 3 correlations, found {len(rows)}")
    for row in rows.to_dict("records"):
        _check_r(row, source)
    z = np.arctanh(rows["estimate"].to_numpy(float))
    error = z.std(ddof=1) / np.sqrt(len(z))
    method = f"mean of {len(z)} published correlations, Student interval on Fisher's z"
    return _on_z(z.mean(), error, len(z), method, source, label)


def mean_across(
    row: Mapping, *, spread: float, clusters: int | None = None, source: str, label: str = ""
) -> Estimate:
    """Return a published mean of correlations within clusters, with the error of the clusters.

    A meta-analysis of branches within firms prints the mean over firms. Its error is ``spread``
    over the root of the number of firms, however many branches each has; Fisher's interval with
    the firms as n would be that of one correlation across as many pairs.

    Parameters
    ----------
    row : Mapping
        A row with metric ``r``; its ``k`` counts the clusters.
    spread : float
        Standard deviation of the correlation between clusters, more than 0: printed, or a bound
        (:func:`general_spread`, :func:`largest_spread`).
    clusters : int, optional
        Number of clusters, where the row has none or fewer had this outcome; at least 2.

    Raises
    ------
    ValueError
        If the row is no correlation, or spread or clusters are out of range.

    Examples
    --------
    >>> row = {"metric": "r", "estimate": 0.32, "k": 36}
    >>> mean_across(row, spread=0.2, source="example").text()
    '0.32 [0.25, 0.39]'
    """
    r, k = _check_r(row, source), row.get("k") if clusters is None else clusters
    if k is None or not (np.isfinite(k) and k >= 2 and k == round(k)):
        raise ValueError(f"{source}: expected 2 clusters or more, found {k}")
    if not (np.isfinite(spread) and spread > 0):
        raise ValueError(f"{source}: expected a spread of more than 0, found {spread}")
    method = f"published mean over {k:.0f} clusters, spread {spread:.2f} between them"
    return _on_z(np.arctanh(r), spread / (1 - r**2) / np.sqrt(k), k, method, source, label)


def general_spread(r: float, *, share: float = 0.9) -> float:
    """Return the largest spread at which a correlation keeps its sign in ``share`` of clusters.

    A meta-analysis after Hunter and Schmidt calls a relation generalizable where its 90%
    credibility value, the tenth percentile of true correlations, has the sign of the mean; for
    normal correlations that bounds their standard deviation.

    References
    ----------
    Hunter and Schmidt, Methods of Meta-Analysis (2004), chapter 5.

    Examples
    --------
    >>> round(general_spread(0.32), 3)
    0.25
    """
    if not (0 < abs(r) < 1 and 0.5 < share < 1):
        raise ValueError(
            f"expected r other than 0 within -1 and 1, share within .5 and 1; found {r}, {share}"
        )
    return float(abs(r) / stats.norm.ppf(share))


def largest_spread(r: float) -> float:
    """Return the largest spread that correlations of mean ``r`` can have: the root of 1 - r².

    It is that of a world where every cluster has -1 or 1.

    Examples
    --------
    >>> round(largest_spread(0.6), 3)
    0.8
    """
    if not -1 < r < 1:
        raise ValueError(f"expected r within -1 and 1, found {r}")
    return float(np.sqrt(1 - r**2))


def fewest_pairs(r: float, p: float) -> int:
    """Return the smallest n at which a correlation has a two-sided p below ``p``.

    Where only "p < .01" is printed, the interval with this n is the widest that fits.

    Examples
    --------
    >>> fewest_pairs(0.484, 0.01)
    28
    """
    if not (0 < abs(r) < 1 and 0 < p < 1):
        raise ValueError(
            f"expected r other than 0 within -1 and 1, p within 0 and 1; found {r}, {p}"
        )
    n = 4  # the smallest that has Fisher's interval
    while 2 * stats.t.sf(abs(r) * np.sqrt((n - 2) / (1 - r**2)), n - 2) >= p:
        n += 1
    return n


def cost_ratio(
    won: Mapping, kept: Mapping, *, periods: int = 1, source: str, label: str = ""
) -> Estimate:
    """Return the cost of winning a customer over that of keeping one for ``periods`` periods.

    One firm's account has no sampling error: the interval is that of the printed digits alone.

    Parameters
    ----------
    won, kept : Mapping
        Rows with the same metric, a currency: per customer won, and per customer and period.
    periods : int
        Periods over which keeping is counted: 12 for a year where ``kept`` is a month.

    Raises
    ------
    ValueError
        If the metrics differ, a cost is not above its rounding, or periods are none.
    """
    (high_won, low_won), (high_kept, low_kept) = (_as_printed(row, source) for row in (won, kept))
    if won["metric"] != kept["metric"] or periods < 1:
        raise ValueError(
            f"{source}: expected one currency and at least 1 period, found {won['metric']}, "
            f"{kept['metric']}, {periods}"
        )
    value = won["estimate"] / kept["estimate"] / periods
    ends = (low_won / high_kept / periods, high_won / low_kept / periods)
    method = f"ratio of two printed costs, kept for {periods} periods, rounding only"
    about = {"kind": "published", "source": source, "label": label}
    return make_estimate(value, ends, 1, 0, method, about, scale="ratio")


def printed_change(first: Mapping, last: Mapping, *, source: str, label: str = "") -> Estimate:
    """Return the last printed score minus the first, with the interval of the printed digits alone.

    A series that its owner prints is a record, not a sample drawn by us: like a count it has no
    sampling error. ``n`` counts the units behind both scores.

    Parameters
    ----------
    first, last : Mapping
        Rows with the same metric, a score; their ``k`` counts the units (stores, firms) scored.

    Raises
    ------
    ValueError
        If the metrics differ, or a score or ``k`` is missing.

    Examples
    --------
    >>> first = {"metric": "NPS", "estimate": 58.0, "k": 163}
    >>> printed_change(first, first | {"estimate": 72.0}, source="example").text(0)
    '14 [13, 15]'
    """
    scores, units = ([row.get(name, np.nan) for row in (first, last)] for name in ("estimate", "k"))
    if first.get("metric") != last.get("metric") or not np.isfinite([*scores, *units]).all():
        raise ValueError(
            f"{source}: expected two scores of one metric with k, found {first.get('metric')} and "
            f"{last.get('metric')}, {scores} of {units}"
        )
    reach, change = sum(map(_half_digit, scores)), scores[1] - scores[0]
    about = {"kind": "published", "source": source, "label": label}
    ends, method = (change - reach, change + reach), "change of a printed score, rounding only"
    return make_estimate(change, ends, sum(units), 0, method, about)


def count_ratio(hits: float, others: float, *, source: str, label: str = "") -> Estimate:
    """Return the ratio of two counts with equal exposure, Wilson's interval carried to the odds.

    Examples
    --------
    >>> count_ratio(62, 20, source="example").text()
    '3.10 [1.88, 5.11]'
    """
    if not others > 0:
        raise ValueError(f"{source}: expected others to count against, found {others:g}")
    share = share_from(hits, hits + others, source=source)
    ends = (share.low / (1 - share.low), share.high / (1 - share.high))
    about = {"kind": "published", "source": source, "label": label}
    method = "ratio of two published counts, Wilson interval of the share"
    return make_estimate(hits / others, ends, share.n, 0, method, about, scale="ratio")


def paired_difference(
    one: Mapping, other: Mapping, *, base: int, source: str, label: str = ""
) -> Estimate:
    """Return one printed percentage minus another of the same people, as wide as it can be.

    What is printed does not say how many did both. The interval is widest where as few as possible
    did, and that is what it takes; half the last printed digit of either share is added to it.

    Parameters
    ----------
    one, other : Mapping
        Rows with metric ``percent``, 0 to 100.
    base : int
        People that both percentages are of, more than 3; the fewest that the text allows.

    Raises
    ------
    ValueError
        If a row is no percentage, or the base is none.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17:2635-2650, method 1 (Wald, for paired shares).

    Examples
    --------
    >>> one, other = ({"metric": "percent", "estimate": p} for p in (6.0, 31.0))
    >>> paired_difference(one, other, base=500, source="example").text()
    '−0.25 [−0.31, −0.19]'
    """
    for row in (one, other):
        _check(row, "percent", base, source)
        if not 0 <= row["estimate"] <= 100:
            raise ValueError(f"{source}: expected 0 to 100 per cent, found {row['estimate']:g}")
    p, q = (row["estimate"] / 100 for row in (one, other))
    variance = p + q - 2 * max(p + q - 1, 0) - (p - q) ** 2
    reach = Z * np.sqrt(max(variance, 0) / base)
    reach += (_half_digit(one["estimate"]) + _half_digit(other["estimate"])) / 100
    ends = (max(p - q - reach, -1), min(p - q + reach, 1))
    about = {"kind": "published", "source": source, "label": label}
    return make_estimate(p - q, ends, base, 0, "paired shares, Wald, as few did both as can", about)


def evidence(claim_id: str, literature: pd.DataFrame) -> list[Estimate]:
    """Return what published rows say of a claim, for claims that no data of the project decide.

    * C05: cost of winning over cost of keeping a customer for a year, two operators. No text says
      what one customer kept is: the interval runs from an act of keeping, which pays until it costs
      as much as winning (TEF14), to every customer held for a month.
    * C48: net promoter score and growth, five industries of one country; firms of another.
    * C65: wine sold with music of its country, against music of another; one shelf, its bottles
      taken as independent though days are clusters.
    * C66: employees' satisfaction and engagement with customers' satisfaction, means over firms
      of a relation that its authors call generalizable.
    * C67: turnover with customer service; nothing is printed of how it differs between samples, so
      that the largest spread stands in.

    C49 has no estimate: the texts read print directions only (rows BPS00a, LWH12, BGK14a, BGK14b).

    Parameters
    ----------
    claim_id : {"C05", "C48", "C65", "C66", "C67"}
    literature : DataFrame
        ``load("literature")``.

    Raises
    ------
    KeyError
        If the claim has no published estimate.
    """
    rows = literature.set_index("study_id")
    makers = {"C05": _costs, "C48": _growth, "C65": _music, "C66": _staff, "C67": _turnover}
    if claim_id not in makers:
        raise KeyError(f"expected a claim of {list(makers)}, found {claim_id!r}")
    return makers[claim_id](rows)


def cited(rows: pd.DataFrame) -> pd.Series:
    """Return first author and year of each row, for example ``Keaveney 1995``."""
    if lacking := [name for name in ("citation", "year") if name not in rows.columns]:
        raise KeyError(f"expected columns citation and year, found no {lacking}")
    first = rows["citation"].str.split(r",| and | et al", regex=True).str[0]
    return first + rows["year"].map(" {:.0f}".format, na_action="ignore").fillna("")


def _check(row: Mapping, metric: str, n: float | None, source: str) -> None:
    lacking = [name for name in ("metric", "estimate") if name not in row]
    if lacking:
        raise KeyError(f"{source}: expected metric and estimate, found no {lacking}")
    known = n is not None and np.isfinite(n) and n > 3 and n == round(n)
    if row["metric"] != metric or not known or not np.isfinite(row["estimate"]):
        raise ValueError(
            f"{source}: expected metric {metric}, a number and n > 3; found {row['metric']}, "
            f"{row['estimate']}, n {n}"
        )


def _costs(rows: pd.DataFrame) -> list[Estimate]:
    won, act = rows.loc["CAN17a"], 100 / rows.loc["TEF14", "estimate"]
    about = {"source": "CIBC in the Financial Post 2017"}
    method = "ratio of two printed costs, from an act of keeping to a month of all customers"
    return [
        dataclasses.replace(
            cost_ratio(won, rows.loc[key], periods=YEAR, label=f"{firm}, kept for a year", **about),
            low=act,
            high=cost_ratio(won, rows.loc[key], **about).high,
            method=method,
        )
        for key, firm in (("CAN17b", "Bell"), ("CAN17c", "Telus"))
    ]


def _growth(rows: pd.DataFrame) -> list[Estimate]:
    norway = mean_of_correlations(
        rows.loc[INDUSTRIES], source="Keiningham 2008", label="five industries, Norway"
    )
    row = rows.loc["MAR05"]
    fewest = fewest_pairs(row["estimate"], 0.01)
    about = {"source": "Marsden 2005", "label": "firms of four sectors, UK"}
    return [norway, correlation_of(row, n=fewest, **about)]


def _music(rows: pd.DataFrame) -> list[Estimate]:
    sold = rows["estimate"]
    fitting, other = sold[["NHM99a", "NHM99d"]].sum(), sold[["NHM99b", "NHM99c"]].sum()
    return [count_ratio(fitting, other, source="North 1999", label="music that fits the wine")]


def _staff(rows: pd.DataFrame) -> list[Estimate]:
    return [
        mean_across(
            rows.loc[key],
            spread=general_spread(rows.loc[key, "estimate"]),
            source="Harter 2002",
            label=label,
        )
        for key, label in (
            ("HAR02a", "employees' satisfaction"),
            ("HAR02b", "employees' engagement"),
        )
    ]


def _turnover(rows: pd.DataFrame) -> list[Estimate]:
    row = rows.loc["HAN13a"]
    spread = largest_spread(row["estimate"])
    return [mean_across(row, spread=spread, source="Hancock 2013", label="staff turnover")]


def _on_z(z: float, error: float, k: float, method: str, source: str, label: str) -> Estimate:
    """Return a correlation from Fisher's z, its error and the clusters it rests on."""
    reach = stats.t.ppf(0.5 + LEVEL / 2, k - 1) * error
    ends = np.tanh([z - reach, z + reach])
    about = {"kind": "published", "source": source, "label": label}
    return make_estimate(np.tanh(z), ends, k, 0, method, about, scale="correlation", df=k - 1)


def _check_r(row: Mapping, source: str) -> float:
    """Return the correlation of a row, strictly between -1 and 1."""
    r = row.get("estimate")
    if row.get("metric") != "r" or r is None or not np.isfinite(r):
        raise ValueError(f"{source}: expected a correlation, found {row.get('metric')}, {r}")
    if not -1 < r < 1:
        raise TooFewError(f"{source}: expected r within -1 and 1, found {r:g}")
    return float(r)


def _as_printed(row: Mapping, source: str) -> tuple[float, float]:
    """Return the highest and lowest cost that the printed digits may stand for."""
    value = row["estimate"]
    half = _half_digit(value)
    if not value > half:  # also true of NaN
        raise ValueError(f"{source}: expected a cost above its rounding, found {value}")
    return value + half, value - half


def _half_digit(value: float) -> float:
    """Return half of the last printed digit of a number."""
    return 0.5 * 10.0 ** -len(f"{value:.6f}".rstrip("0").partition(".")[2])
