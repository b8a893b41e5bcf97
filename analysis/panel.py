"""Panels of firms from moments: exact regressions without any firm being seen.

A slope, a correlation and their errors clustered by firm need only nine sums: the three second
moments of two columns once the effects are taken out, and their products within firms, summed.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from scipy import stats

from analysis.counts import complete, listed
from analysis.estimate import LEVEL, Estimate, TooFewError

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

    Raises
    ------
    TypeError, KeyError, ValueError
        If ``rows`` is not a pandas frame, lacks a column, or a value is missing or no number.
    TooFewError
        If there are fewer than two firms or no more rows than parameters, or effects and controls
        leave nothing of x or y.

    References
    ----------
    Frisch and Waugh (1933), Econometrica 1; Liang and Zeger (1986), Biometrika 73.
    """
    effects, controls = listed(effects), listed(controls)
    rows = _complete_rows(rows, [*effects, cluster], ["x", "y", *controls])
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
    parts = parts.groupby(rows[cluster].to_numpy()).sum()
    products = {f"{a}_{b}": float(parts[a] @ parts[b]) for a, b in PAIRS}
    parameters = len(np.unique(groups)) + int(rank) + 1
    if len(parts) < 2 or len(rows) <= parameters:
        raise TooFewError(
            f"expected at least 2 firms and more rows than the {parameters} parameters, found "
            f"{len(parts)} and {len(rows)}"
        )
    counted = {"n": len(rows), "firms": len(parts), "parameters": parameters}
    return counted | parts.sum().to_dict() | products


def pick(table: pd.DataFrame, **keys: str) -> pd.Series:
    """Return the one row of ``table`` with these values, or raise KeyError if not one has them."""
    if lacking := [name for name in keys if name not in table.columns]:
        raise KeyError(f"expected columns {list(keys)}, found no {lacking}")
    found = table[(table[list(keys)] == pd.Series(keys)).all(axis=1)]
    if len(found) != 1:
        raise KeyError(f"expected one row with {keys}, found {len(found)}")
    return found.iloc[0]


def slope(row: Mapping, *, source: str, kind: str = "money", label: str = "") -> Estimate:
    """Return the least-squares slope of y on x, with Student's interval on clustered errors.

    The error is statsmodels' with ``cov_type="cluster"``; degrees of freedom are firms - 1.
    """
    _check(row)
    value = row["xy"] / row["xx"]
    reach = _reach(row, [-value / row["xx"], 1 / row["xx"], 0])
    return _estimate(row, value, value - reach, value + reach, "slope", source, kind, label)


def correlation(row: Mapping, *, source: str, kind: str = "money", label: str = "") -> Estimate:
    """Return the correlation of x and y with an interval on Fisher's z, errors clustered by firm.

    The error is the delta method's, from the influence of each firm on the three sums.
    """
    _check(row)
    spread = np.sqrt(row["xx"] * row["yy"])
    value = row["xy"] / spread
    if not abs(value) < 1 - 1e-12:
        raise TooFewError(f"expected x and y off one line, found all on it ({source})")
    reach = _reach(row, [-value / 2 / row["xx"], 1 / spread, -value / 2 / row["yy"]])
    reach = reach / (1 - value**2)
    low, high = np.tanh(np.arctanh(value) + np.array([-reach, reach]))
    return _estimate(row, value, low, high, "correlation", source, kind, label, scale="correlation")


def _reach(row: Mapping, gradient: Sequence[float]) -> float:
    """Return half the width of the interval of a function of the three sums."""
    weight = dict(zip(SUMS, gradient, strict=True))
    meat = sum((1 + (a != b)) * weight[a] * weight[b] * row[f"{a}_{b}"] for a, b in PAIRS)
    firms, n = row["firms"], row["n"]
    size = sum(abs(weight[a] * weight[b] * row[f"{a}_{b}"]) for a, b in PAIRS)
    if not meat > 1e-12 * size:  # what is left is rounding: its root would be no error
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


def _check(row: Mapping) -> None:
    """Refuse a row that is not one of moments."""
    needed = ["n", "firms", "parameters", *SUMS, *PRODUCTS]
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


def _estimate(row, value, low, high, name, source, kind, label, *, scale="identity") -> Estimate:
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
        scale=scale,
        df=float(row["firms"] - 1),
    )
