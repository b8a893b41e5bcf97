"""Counts: a table of customers, collapsed without loss.

Scores are discrete, so any number of customers collapses to one row per combination of
answers with ``n``, the number of customers who gave it. Every estimator takes such a frame.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

__all__ = ["complete", "count_by", "expand", "merge"]


def count_by(
    table: pd.DataFrame, by: str | Sequence[str], *, money: str | None = None
) -> pd.DataFrame:
    """Return one row per combination of ``by`` with the number of rows that have it.

    A missing value is a value of its own: nothing is dropped, so ``n`` always sums to the
    rows of ``table``, or to its ``n`` if it is already a table of counts.

    Parameters
    ----------
    table : DataFrame
        One row per customer or order, or a table of counts with a column ``n``.
    by : str or sequence of str
        Columns to count by, in the order they shall have.
    money : str, optional
        Column of integer cents; adds ``total`` (cents) and ``total_sq`` (cents squared, float).
        Only for rows, not for counts. Must have no missing value.

    Returns
    -------
    DataFrame
        Columns ``by``, ``n`` and, with ``money``, ``total`` and ``total_sq``; sorted by ``by``,
        missing values last.

    Raises
    ------
    KeyError
        If a column is not in ``table``.
    ValueError
        If ``money`` has missing values or meets a table of counts, or ``n`` is not a count.

    Examples
    --------
    >>> rows = pd.DataFrame({"score": [5, 5, 1], "again": [1, 0, 0]})
    >>> count_by(rows, "score")
       score  n
    0      1  1
    1      5  2
    """
    by = [by] if isinstance(by, str) else list(by)
    wanted = [*by, money] if money else by
    if lacking := [column for column in wanted if column not in table.columns]:
        raise KeyError(f"expected columns {wanted}, found no {lacking} in {list(table.columns)}")
    counted = "n" in table.columns
    if money and counted:
        raise ValueError("expected rows to total money over, found a table of counts (column n)")
    parts = table[by].assign(n=_checked(table["n"]) if counted else 1)
    if money:
        if gaps := int(table[money].isna().sum()):
            raise ValueError(f"expected money in every row, found {gaps} missing in {money!r}")
        parts["total"] = table[money]
        parts["total_sq"] = table[money].astype(float) ** 2
    sums = parts.groupby(by, dropna=False, observed=True, as_index=False).sum()
    return sums.sort_values(by, na_position="last", ignore_index=True)


def merge(*tables: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of several tables of counts put together.

    All must have the same columns; ``n`` and, if there, ``total`` and ``total_sq`` add up.

    Examples
    --------
    >>> merge(pd.DataFrame({"score": [1], "n": [2]}), pd.DataFrame({"score": [1], "n": [3]}))
       score  n
    0      1  5
    """
    columns = list(tables[0].columns)
    for table in tables[1:]:
        if set(table.columns) != set(columns):
            raise ValueError(f"expected columns {columns}, found {list(table.columns)}")
    by = [column for column in columns if column not in ("n", "total", "total_sq")]
    sums = pd.concat(tables).groupby(by, dropna=False, observed=True, as_index=False).sum()
    return sums.sort_values(by, na_position="last", ignore_index=True)[columns]


def complete(counts: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, int]:
    """Return the rows of ``counts`` without a missing value in ``columns``, and how many fell out.

    Rows with ``n`` of zero go too; the second value counts customers, not rows.
    """
    if lacking := [column for column in [*columns, "n"] if column not in counts.columns]:
        raise KeyError(
            f"expected columns {[*columns, 'n']}, found no {lacking} in {list(counts.columns)}"
        )
    weights = _checked(counts["n"])
    known = counts[list(columns)].notna().all(axis=1)
    kept = counts[known & (weights > 0)]
    return kept, int(weights[~known].sum())


def expand(counts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per customer: the inverse of :func:`count_by`, for checks and small tables."""
    rows = counts.index.repeat(_checked(counts["n"]))
    return counts.loc[rows].drop(columns="n").reset_index(drop=True)


def _checked(n: pd.Series) -> pd.Series:
    """Return ``n`` as int64, or say which row is not a count."""
    values = n.to_numpy(dtype=float)
    bad = ~(np.isfinite(values) & (values >= 0) & (values == np.floor(values)))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(f"expected n to be a whole number >= 0, found {values[row]} in row {row}")
    return n.astype("int64")
