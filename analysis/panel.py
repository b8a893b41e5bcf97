"""Panels of firms from moments: exact regressions without any firm being seen.

A slope, a correlation and their errors clustered by firm need only nine sums: the three second
moments of two columns once the effects are taken out, and their products within firms, summed.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimate import LEVEL, Estimate

__all__ = ["correlation", "moments", "pick", "slope"]

SUMS = ("xx", "xy", "yy")
PAIRS = tuple(combinations_with_replacement(SUMS, 2))
PRODUCTS = tuple(f"{a}_{b}" for a, b in PAIRS)


def moments(
    rows: pd.DataFrame, effects: Sequence[str], *, cluster: str, controls: Sequence[str] = ()
) -> dict[str, float]:
    """Return the nine sums of columns ``x`` and ``y`` once effects and controls are taken out.

    Parameters
    ----------
    rows : DataFrame
        One row per firm-year, complete in ``x``, ``y``, ``effects``, ``cluster`` and ``controls``.
    effects : sequence of str
        Columns whose groups each get an intercept; empty for one common intercept.
    cluster : str
        Column of the firms within which errors may be related.
    controls : sequence of str
        Numeric columns held fixed.

    Returns
    -------
    dict
        ``n``, ``firms``, ``parameters`` (of the whole regression of y), the sums ``xx``, ``xy``,
        ``yy``, and their products within firms, summed: ``xx_xx`` to ``yy_yy``.

    References
    ----------
    Frisch and Waugh (1933), Econometrica 1; Liang and Zeger (1986), Biometrika 73.
    """
    firsts, *others = sorted(effects, key=lambda name: -rows[name].nunique()) or [None]
    groups = rows[firsts].to_numpy() if firsts else np.zeros(len(rows))
    dummies = [pd.get_dummies(rows[name], dtype=float).to_numpy() for name in others]
    held = np.column_stack([rows[["x", "y"]], *dummies, rows[list(controls)]]).astype(float)
    means = pd.DataFrame(held).groupby(groups).transform("mean").to_numpy()
    both, design = np.hsplit(held - means, [2])
    beta, _, rank, _ = np.linalg.lstsq(design, both, rcond=None)
    x, y = (both - design @ beta).T
    parts = pd.DataFrame({"xx": x * x, "xy": x * y, "yy": y * y})
    parts = parts.groupby(rows[cluster].to_numpy()).sum()
    products = {f"{a}_{b}": float(parts[a] @ parts[b]) for a, b in PAIRS}
    parameters = len(np.unique(groups)) + int(rank) + 1
    counted = {"n": len(rows), "firms": len(parts), "parameters": parameters}
    return counted | parts.sum().to_dict() | products


def pick(table: pd.DataFrame, **keys: str) -> pd.Series:
    """Return the one row of ``table`` with these values, or raise KeyError if not one has them."""
    found = table[(table[list(keys)] == pd.Series(keys)).all(axis=1)]
    if len(found) != 1:
        raise KeyError(f"expected one row with {keys}, found {len(found)}")
    return found.iloc[0]


def slope(row: Mapping, *, source: str, kind: str = "money", label: str = "") -> Estimate:
    """Return the least-squares slope of y on x, with Student's interval on clustered errors.

    The error is statsmodels' with ``cov_type="cluster"``; degrees of freedom are firms - 1.
    """
    value = row["xy"] / row["xx"]
    reach = _reach(row, [-value / row["xx"], 1 / row["xx"], 0])
    return _estimate(row, value, value - reach, value + reach, "slope", source, kind, label)


def correlation(row: Mapping, *, source: str, kind: str = "money", label: str = "") -> Estimate:
    """Return the correlation of x and y with an interval on Fisher's z, errors clustered by firm.

    The error is the delta method's, from the influence of each firm on the three sums.
    """
    spread = np.sqrt(row["xx"] * row["yy"])
    value = row["xy"] / spread
    reach = _reach(row, [-value / 2 / row["xx"], 1 / spread, -value / 2 / row["yy"]])
    reach = reach / (1 - value**2)
    low, high = np.tanh(np.arctanh(value) + np.array([-reach, reach]))
    return _estimate(row, value, low, high, "correlation", source, kind, label)


def _reach(row: Mapping, gradient: Sequence[float]) -> float:
    """Return half the width of the interval of a function of the three sums."""
    weight = dict(zip(SUMS, gradient, strict=True))
    meat = sum((1 + (a != b)) * weight[a] * weight[b] * row[f"{a}_{b}"] for a, b in PAIRS)
    firms, n = row["firms"], row["n"]
    error = np.sqrt(meat * firms / (firms - 1) * (n - 1) / (n - row["parameters"]))
    return float(stats.t.ppf(0.5 + LEVEL / 2, firms - 1) * error)


def _estimate(row, value, low, high, name, source, kind, label) -> Estimate:
    taken = str(row.get("effects", "none")).replace("_", " and ")
    return Estimate(
        value=float(value),
        low=float(low),
        high=float(high),
        n=int(row["n"]),
        kind=kind,
        source=source,
        method=f"{name}, effects: {taken}; clustered by {int(row['firms'])} firms",
        missing=int(row.get("missing", 0)),
        label=label,
    )
