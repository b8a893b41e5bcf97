"""Published results as estimates, from the percentages, correlations and bases that others print.

A row is one of ``load("literature")``; ``source`` is the short name of its study.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, Z, proportion

__all__ = ["cited", "correlation_of", "share_from", "share_of"]


def share_from(hits: float, asked: float, *, source: str, label: str = "") -> Estimate:
    """Return ``hits`` of ``asked``, both rounded to whole people, with Wilson's interval."""
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
    _check(row, "percent", row["n"], source)
    hits, asked = row["estimate"] / 100 * row["n"], base * row["n"]
    found = share_from(hits, asked, source=source, label=label)
    return dataclasses.replace(found, value=float(row["estimate"] / 100 / base))


def correlation_of(row: Mapping, *, source: str, label: str = "", n: int | None = None) -> Estimate:
    """Return a correlation with Fisher's interval; ``n`` stands in where the row has none."""
    n = row["n"] if n is None else n
    _check(row, "r", n, source)
    low, high = np.tanh(np.arctanh(row["estimate"]) + np.array([-Z, Z]) / np.sqrt(n - 3))
    about = {"kind": "published", "source": source, "label": label, "n": int(n)}
    method = "published correlation, Fisher-z interval"
    return Estimate(value=row["estimate"], low=float(low), high=float(high), method=method, **about)


def cited(rows: pd.DataFrame) -> pd.Series:
    """Return first author and year of each row, for example ``Keaveney 1995``."""
    first = rows["citation"].str.split(r",| and | et al", regex=True).str[0]
    return first + rows["year"].map(" {:.0f}".format, na_action="ignore").fillna("")


def _check(row: Mapping, metric: str, n: float, source: str) -> None:
    if row["metric"] != metric or not n > 3:
        raise ValueError(f"{source}: expected metric {metric}, n > 3; found {row['metric']}, n {n}")
