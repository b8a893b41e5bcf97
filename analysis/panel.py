"""Panels of firms from moments: exact regressions without any firm being seen.

A slope, a correlation and their errors clustered by firm need only nine sums: the three second
moments of two columns once the effects are taken out, and their products within firms, summed.
The mean of a third column, and how it goes with them within firms, put a slope in per cent.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from scipy import stats

from analysis.counts import complete, listed
from analysis.estimate import LEVEL, SCALES, Estimate, Groups, TooFewError, Z

__all__ = ["change_correlation", "correlation", "difference", "industries", "moments", "percent"]
__all__ += ["pick", "slope", "spread_slope", "typical_change"]

SUMS = ("xx", "xy", "yy")
PAIRS = tuple(combinations_with_replacement(SUMS, 2))
PRODUCTS = tuple(f"{a}_{b}" for a, b in PAIRS)
BASE = ("base", "base_base", "xx_base", "xy_base")
TOGETHER = ("all", "without utilities", "without electronics", "single brand")  # overlap others


def moments(
    rows: pd.DataFrame,
    effects: Sequence[str],
    *,
    cluster: str | Sequence[str],
    controls: Sequence[str] = (),
    base: str | None = None,
) -> dict[str, float]:
    """Return the nine sums of columns ``x`` and ``y`` once effects and controls are taken out.

    Parameters
    ----------
    rows : DataFrame
        One row per firm-year, complete in ``x``, ``y``, ``effects``, ``cluster`` and ``controls``.
    effects : sequence of str
        Columns whose groups each get an intercept; empty for one common intercept.
    cluster : str or sequence of two str
        Column of the firms within which errors may be related; with a second column, for example
        years, errors may also be related within its groups.
    controls : sequence of str
        Numeric columns held fixed.
    base : str, optional
        Numeric column whose mean a slope is to be put in per cent of, as it is.

    Returns
    -------
    dict
        ``n``, ``firms``, ``parameters`` (of the whole regression of y), the sums ``xx``, ``xy``,
        ``yy``, and their products within firms, summed: ``xx_xx`` to ``yy_yy``. With two columns
        of clusters the products are those within firms, plus those within the second's groups, less
        those of single cells of both, and ``clusters`` is the smaller number of groups. With
        ``base`` its mean and the products of what firms add to it: ``base``, ``base_base``,
        ``xx_base``, ``xy_base``.

    Raises
    ------
    TypeError, KeyError, ValueError
        If ``rows`` is not a pandas frame, lacks a column, or a value is missing or no number.
    TooFewError
        If there are fewer than two firms or no more rows than parameters, or effects and controls
        leave nothing of x or y.

    References
    ----------
    Frisch and Waugh (1933), Econometrica 1; Liang and Zeger (1986), Biometrika 73; Cameron,
    Gelbach and Miller (2011), Journal of Business & Economic Statistics 29:238-249, equation 2.11.
    """
    effects, controls, clusters = listed(effects), listed(controls), listed(cluster)
    if len(clusters) not in (1, 2):
        raise ValueError(f"expected one or two columns of clusters, found {clusters}")
    bases = [base] if base else []
    rows = _complete_rows(
        rows, [*effects, *clusters], list(dict.fromkeys(["x", "y", *controls, *bases]))
    )
    firsts, *others = sorted(effects, key=lambda name: -rows[name].nunique()) or [None]
    groups = rows[firsts].to_numpy() if firsts else np.zeros(len(rows))
    dummies = [pd.get_dummies(rows[name], dtype=float).to_numpy() for name in others]
    held = np.column_stack([rows[["x", "y"]], *dummies, rows[controls]]).astype(float)
    means = pd.DataFrame(held).groupby(groups).transform("mean").to_numpy()
    both, design = np.hsplit(held - means, [2])
    beta, _, rank, _ = np.linalg.lstsq(design, both, rcond=None)
    x, y = (both - design @ beta).T
    spread = np.ptp(held[:, :2], axis=0)
    for name, left, size in zip("xy", (x, y), spread, strict=True):
        if not np.abs(left).max() > 1e-9 * size:
            raise TooFewError(f"expected {name} to vary beside effects and controls, found none")
    parts = pd.DataFrame({"xx": x * x, "xy": x * y, "yy": y * y})
    pairs, mean = PAIRS, {}
    if base:
        values = rows[base].to_numpy(float)
        mean = {"base": float(values.mean())}
        parts["base"] = values - mean["base"]
        pairs = (*PAIRS, ("base", "base"), ("xx", "base"), ("xy", "base"))
    keys = [rows[name].to_numpy() for name in clusters]
    sizes = [len(np.unique(key)) for key in keys]
    within = [(1, key) for key in keys] + ([(-1, keys)] if len(keys) == 2 else [])
    sums = [(sign, parts.groupby(key).sum()) for sign, key in within]
    products = {f"{a}_{b}": sum(float(k * (s[a] @ s[b])) for k, s in sums) for a, b in pairs}
    parameters = len(np.unique(groups)) + int(rank) + 1
    if min(sizes) < 2 or len(rows) <= parameters:
        what = "firms" if len(sizes) == 1 else "groups to cluster by"
        raise TooFewError(
            f"expected at least 2 {what} and more rows than the {parameters} parameters, found "
            f"{min(sizes)} and {len(rows)}"
        )
    counted = {"n": len(rows), "firms": sizes[0], "parameters": parameters}
    counted |= {"clusters": min(sizes)} if len(sizes) == 2 else {}
    return counted | sums[0][1][[*SUMS]].sum().to_dict() | mean | products


def pick(table: pd.DataFrame, **keys: str) -> pd.Series:
    """Return the one row of ``table`` with these values, or raise KeyError if not one has them."""
    if lacking := [name for name in keys if name not in table.columns]:
        raise KeyError(f"expected columns {list(keys)}, found no {lacking}")
    found = table[(table[list(keys)] == pd.Series(keys)).all(axis=1)]
    if len(found) != 1:
        raise KeyError(f"expected one row with {keys}, found {len(found)}")
    return found.iloc[0]


def slope(
    row: Mapping, *, source: str, kind: str = "money", label: str = "", clusters: str = "firms"
) -> Estimate:
    """Return the least-squares slope of y on x, with Student's interval on clustered errors.

    The error is statsmodels' with ``cov_type="cluster"``; degrees of freedom are firms - 1, or the
    smaller number of groups - 1 if errors are clustered twice. ``clusters`` is what the estimate
    calls the firms.
    """
    _check(row)
    value = row["xy"] / row["xx"]
    reach = _reach(row, {"xx": -value / row["xx"], "xy": 1 / row["xx"]})
    ends, about = (value - reach, value + reach), {"clusters": clusters}
    return _estimate(row, value, *ends, "slope", source, kind, label, **about)


def percent(
    row: Mapping, *, units: float = 1, source: str, kind: str = "money", label: str = ""
) -> Estimate:
    """Return by how many per cent of its mean y is higher where x is higher by ``units``.

    100 times slope times units over the mean ``base``, with Student's interval; the error is the
    delta method's, with the error of the mean and its covariance with the slope within firms. Where
    y is a logarithm already, use :func:`slope`.

    Parameters
    ----------
    row : mapping
        Result of :func:`moments` with ``base``, or a row of ``acsi_firms_profit``.
    units : float
        Difference in x, in its units: 1 for one point, :func:`typical_change` for a usual rise
        (taken as known).

    Raises
    ------
    ValueError
        If units are zero or not finite.
    TooFewError
        If the interval of the mean holds zero: then nothing is a per cent of it.
    """
    _check(row, BASE)
    if not (np.isfinite(units) and units != 0):
        raise ValueError(f"expected units other than 0 and finite, found {units}")
    value, scale = row["xy"] / row["xx"], 100 * units / row["base"]
    spread = _reach(row, {"base": 1 / row["n"]})
    if not row["base"] > spread:
        raise TooFewError(
            f"expected a mean above zero, found {row['base']:.3g} with an interval of {spread:.3g} "
            f"either way ({source})"
        )
    gradient = {"xx": -value / row["xx"], "xy": 1 / row["xx"], "base": -value / row["base"]}
    gradient["base"] /= row["n"]
    reach, value = abs(scale) * _reach(row, gradient), scale * value
    name = f"per cent of the mean ({row['base']:.3g}) per {units:.3g} of x"
    return _estimate(row, value, value - reach, value + reach, name, source, kind, label)


def typical_change(row: Mapping) -> float:
    """Return the standard deviation of x once the effects are taken out, in the units of x."""
    _check(row)
    return float(np.sqrt(row["xx"] / (row["n"] - row["parameters"] + 1)))


def correlation(
    row: Mapping, *, source: str, kind: str = "money", label: str = "", clusters: str = "firms"
) -> Estimate:
    """Return the correlation of x and y with an interval on Fisher's z, errors clustered by firm.

    The error is the delta method's, from the influence of each firm on the three sums. ``clusters``
    is what the estimate calls the firms.
    """
    _check(row)
    spread = np.sqrt(row["xx"] * row["yy"])
    value = row["xy"] / spread
    if not abs(value) < 1 - 1e-12:
        raise TooFewError(f"expected x and y off one line, found all on it ({source})")
    weight = {"xx": -value / 2 / row["xx"], "xy": 1 / spread, "yy": -value / 2 / row["yy"]}
    reach = _reach(row, weight) / (1 - value**2)
    low, high = np.tanh(np.arctanh(value) + np.array([-reach, reach]))
    about = {"scale": "correlation", "clusters": clusters}
    return _estimate(row, value, low, high, "correlation", source, kind, label, **about)


def change_correlation(
    table: pd.DataFrame,
    outcome: str,
    years: int,
    *,
    sample: str = "all",
    period: str = "1994-2018",
    effects: str = "year",
    clustered: str = "firm and year",
    source: str,
    label: str = "",
) -> Estimate:
    """Return the correlation of the change of satisfaction with the outcome of the same years.

    Parameters
    ----------
    table : DataFrame
        The moments of ``load("acsi_firms_windows")``.
    outcome : str
        For example "log excess return" or "growth".
    years : int
        Length of the window. Windows of several years overlap, so errors of a firm are related.
    sample, period, effects, clustered : str
        As the table names them.

    Raises
    ------
    KeyError
        If the table has no such row.
    """
    keys = {"sample": sample, "period": period, "effects": effects, "clustered": clustered}
    row = pick(table, outcome=outcome, years=years, **keys)
    found = correlation(row, source=source, label=label or f"{outcome}, {years} y")
    windows = f"changes over {years} year{'s' * (years > 1)} ending in the same year"
    return dataclasses.replace(found, method=f"{found.method}; {windows}")


def industries(
    table: pd.DataFrame, estimator: Callable[..., Estimate], *, source: str, **keys
) -> Groups:
    """Return ``estimator(row)`` of each group of industries, in the order of ``table``.

    Samples that hold several groups (:data:`TOGETHER`) are left out, so that no firm counts twice
    and :func:`analysis.estimate.pool` may pool the result. ``left_out`` of the result names the
    groups without an estimate, with the reason.

    Parameters
    ----------
    table : DataFrame
        A table of moments with a column ``sample``.
    estimator : callable
        :func:`slope`, :func:`correlation` or :func:`percent`.
    **keys
        Values of the other key columns.

    Raises
    ------
    KeyError
        If no group has such a row, or one has several.
    """
    if lacking := [name for name in ("sample", *keys) if name not in table.columns]:
        raise KeyError(f"expected columns {['sample', *keys]}, found no {lacking}")
    wanted = (table[list(keys)] == pd.Series(keys)).all(axis=1) & ~table["sample"].isin(TOGETHER)
    found = Groups()
    found.left_out = {}
    for name in dict.fromkeys(table.loc[wanted, "sample"]):
        row = pick(table, sample=name, **keys)
        try:
            found.append(estimator(row, source=source, label=name))
        except TooFewError as error:
            found.left_out[name] = str(error)
    if not wanted.any():
        raise KeyError(f"expected groups of industries with {keys}, found none")
    return found


def difference(first: Estimate, second: Estimate, *, label: str = "") -> Estimate:
    """Return ``first`` minus ``second`` of firms of which none is in both.

    On the scale of the values, with the normal interval of two independent errors; of correlations
    it is the difference of their z, turned back.

    Raises
    ------
    ValueError
        If kinds or scales differ or an estimate has no standard error.
    """
    if first.kind != second.kind or first.scale != second.scale:
        raise ValueError(
            f"expected two estimates of one kind and scale, found {first.kind}, {first.scale} and "
            f"{second.kind}, {second.scale}"
        )
    there, back = SCALES[first.scale]
    error = np.hypot(first.error_on(first.scale), second.error_on(first.scale))
    if not (np.isfinite(error) and error > 0):
        raise ValueError(f"expected standard errors, found {first.text()} and {second.text()}")
    middle = there(first.value) - there(second.value)
    value, low, high = (float(back(middle + z * error)) for z in (0, -Z, Z))
    return Estimate(
        value=value,
        low=low,
        high=high,
        n=first.n + second.n,
        kind=first.kind,
        source=", ".join(dict.fromkeys([first.source, second.source])),
        method=f"difference, no firm in both; first: {first.method}; second: {second.method}",
        missing=first.missing + second.missing,
        label=label or f"{first.label} less {second.label}",
        scale=first.scale,
    )


def spread_slope(
    rows: pd.DataFrame,
    *,
    least: int,
    own: str = "removed",
    controls: Sequence[str] = (),
    source: str,
    kind: str,
    label: str = "",
    clusters: str = "firms",
) -> Estimate:
    """Return the slope of groups' mean y on the spread of x within them, their mean x held fixed.

    Where y bends in x, a wider spread of x lowers or lifts a mean of y by arithmetic alone
    (Jensen's inequality). So each row's y counts less what y differs by between the values of x
    within groups (least squares with an intercept for each value and each group): what is left of
    the slope is not that of the rows' own x. The means of y by x alone would take away too much,
    as wide groups have more of the far values.

    Parameters
    ----------
    rows : DataFrame
        One row per observation, complete in ``group``, ``x`` (of few values, for example whole
        days), ``y`` and ``controls``.
    least : int
        Rows that a group must have, two or more.
    own : {"removed", "kept"}
        Whether what goes with the row's own x is taken out.
    controls : sequence of str
        Columns whose means by group are also held fixed.
    source, kind, label, clusters : str
        Of the estimate; ``clusters`` is what it calls the groups.

    Returns
    -------
    Estimate
        Standard deviations of the groups' mean y for one of the groups' spread, groups weighted by
        their rows. Its ``n`` are rows of groups that are large enough, its ``missing`` the others.

    Raises
    ------
    TypeError, KeyError, ValueError
        If ``rows`` is not as described.
    TooFewError
        If fewer than two groups are large enough, they do not differ, or share no value of x.

    References
    ----------
    Jensen (1906), Acta Mathematica 30:175-193.
    """
    if own not in ("removed", "kept"):
        raise ValueError(f"expected own to be 'removed' or 'kept', found {own!r}")
    if least < 2:
        raise ValueError(f"expected groups of 2 rows or more, found least = {least}")
    controls = listed(controls)
    rows = _complete_rows(rows, ["group"], ["x", "y", *controls])
    used = rows[rows.groupby("group")["y"].transform("size") >= least]
    groups = used.groupby("group")
    if len(groups) < 2:
        raise TooFewError(f"expected 2 groups of {least} rows or more, found {len(groups)}")
    spread, level = groups["x"].transform("std"), groups["y"].transform("mean")
    held = {name: groups[name].transform("mean") for name in ("x", *controls)}
    if not (spread.std(ddof=0) > 0 and level.std(ddof=0) > 0):
        raise TooFewError("expected groups that differ in spread and mean, found none that do")
    left = used["y"] - (_at_own(used) if own == "removed" else 0)
    table = pd.DataFrame({"x": spread / spread.std(ddof=0), "y": left / level.std(ddof=0)}).assign(
        group=used["group"], **{f"held_{name}": values for name, values in held.items()}
    )
    row = moments(table, [], cluster="group", controls=[f"held_{name}" for name in held])
    row["missing"] = len(rows) - len(used)
    return slope(row, source=source, kind=kind, label=label, clusters=clusters)


def _at_own(rows: pd.DataFrame) -> np.ndarray:
    """Return what y differs by at the row's own x from the mean, groups having intercepts."""
    values, place = np.unique(rows["x"], return_inverse=True)
    table = pd.crosstab(rows["group"].to_numpy(), place).to_numpy(float)
    rate = table / table.sum(axis=1, keepdims=True)
    within = rows["y"] - rows.groupby("group")["y"].transform("mean")
    normal = np.diag(table.sum(axis=0)) - table.T @ rate
    sums = np.bincount(place, weights=within)
    effect, _, rank, _ = np.linalg.lstsq(normal, sums, rcond=1e-10)
    if rank < len(values) - 1:
        raise TooFewError("expected groups that share values of x, found some with none in common")
    return effect[place]


def _reach(row: Mapping, weight: Mapping[str, float]) -> float:
    """Return half the width of the interval of a function of the sums with this gradient."""
    pairs = list(combinations_with_replacement([n for n in (*SUMS, "base") if n in weight], 2))
    terms = [(1 + (a != b)) * weight[a] * weight[b] * row[f"{a}_{b}"] for a, b in pairs]
    meat, firms, n = sum(terms), row.get("clusters", row["firms"]), row["n"]
    if not meat > 1e-12 * sum(map(abs, terms)):  # what is left is rounding: its root is no error
        raise TooFewError("expected firms that differ, found moments without an error")
    error = np.sqrt(meat * firms / (firms - 1) * (n - 1) / (n - row["parameters"]))
    return float(stats.t.ppf(0.5 + LEVEL / 2, firms - 1) * error)


def _complete_rows(rows: pd.DataFrame, columns: list[str], numbers: list[str]) -> pd.DataFrame:
    """Return the rows with numbers as float64, or say where a value is missing."""
    columns = list(dict.fromkeys(columns))
    if not isinstance(rows, pd.DataFrame):
        raise TypeError(f"expected a pandas DataFrame, found {type(rows).__name__}")
    if rows.empty:
        raise TooFewError("expected rows of firms, found none")
    plain = rows.drop(columns="n", errors="ignore").assign(n=1)
    kept, _ = complete(plain, columns, numbers=numbers)
    if len(kept) < len(rows):
        gaps = rows[[*columns, *numbers]].isna()
        name = gaps.any().idxmax()
        row = int(gaps[name].to_numpy().argmax())
        raise ValueError(f"expected complete rows, found nothing in {name}, row {row}")
    return kept


def _check(row: Mapping, more: Sequence[str] = ()) -> None:
    """Refuse a row that is not one of moments."""
    needed = ["n", "firms", "parameters", *SUMS, *PRODUCTS, *more]
    if lacking := [name for name in needed if name not in row]:
        raise KeyError(f"expected the moments {needed}, found no {lacking}")
    if strange := [name for name in needed if not np.isfinite(float(row[name]))]:
        raise ValueError(f"expected finite moments, found {row[strange[0]]} in {strange[0]}")
    if not (row["xx"] > 0 and row["yy"] > 0):
        raise ValueError(f"expected xx and yy above 0, found {row['xx']:g} and {row['yy']:g}")
    if not (row["firms"] >= 2 and row["n"] > row["parameters"]):
        raise TooFewError(
            "expected at least 2 firms and more rows than parameters, found "
            f"{row['firms']:g} firms and {row['n']:g} rows for {row['parameters']:g}"
        )


def _estimate(
    row, value, low, high, name, source, kind, label, *, scale="identity", clusters="firms"
) -> Estimate:
    taken = str(row.get("effects", "none")).replace("_", " and ")
    more = " and by year" if row.get("clustered", "firm") != "firm" else ""
    return Estimate(
        value=float(value),
        low=float(low),
        high=float(high),
        n=int(row["n"]),
        kind=kind,
        source=source,
        method=f"{name}, effects: {taken}; clustered by {int(row['firms'])} {clusters}{more}",
        missing=int(row.get("missing", 0)),
        label=label,
        scale=scale,
        df=float(row.get("clusters", row["firms"]) - 1),
    )
