"""Published results as estimates, from the percentages, correlations and bases that others print.

A row is one of ``load("literature")``; ``source`` is the short name of its study.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, TooFewError, Z, proportion

__all__ = ["cited", "correlation_of", "share_from", "share_of"]


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
