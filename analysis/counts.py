"""Counts: a table of customers, collapsed without loss.

Scores are discrete, so any number of customers collapses to one row per combination of
answers with ``n``, the number of customers who gave it. Every estimator takes such a frame, and
takes it through one door: :func:`complete`.
"""

import decimal
import numbers
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import pandas as pd

__all__ = ["ColumnError", "complete", "count_by", "expand", "merge", "numeric"]

SUMS = ("n", "total", "total_sq")
MOST = 2**53  # customers or cents: above it a float no longer holds every whole number
LARGEST = 1e100  # of a number: its square, times all customers, is still a number


class ColumnError(KeyError):
    """A column is not there."""

    def __str__(self) -> str:
        """Return the sentence as it is; a KeyError would quote it."""
        return self.args[0]


def count_by(
    table: pd.DataFrame,
    by: str | Sequence[str],
    *,
    weights: str | None = None,
    money: str | None = None,
) -> pd.DataFrame:
    """Return one row per combination of ``by`` with the number of customers who have it.

    A missing value is a value of its own: nothing is dropped, so ``n`` always sums to the
    rows of ``table``, or to its ``weights`` if it is already a table of counts.

    Parameters
    ----------
    table : DataFrame
        One row per customer or order, or a table of counts whose ``weights`` are named.
    by : str or sequence of str
        Columns to count by, in the order they shall have.
    weights : str, optional
        Column of whole numbers >= 0: how many customers a row of ``table`` stands for. It must be
        named; a column called ``n`` is not taken for weights, nor passed over, unasked.
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
    TypeError
        If ``table`` is not a pandas frame.
    ColumnError
        If a column is not in ``table``.
    ValueError
        If weights are not counts or not named, money is not integer cents or has missing values,
        a column is named twice or has a name that sums need, or its values are of several kinds.

    Examples
    --------
    >>> rows = pd.DataFrame({"score": [5, 5, 1], "again": [1, 0, 0]})
    >>> count_by(rows, "score")
       score  n
    0      1  1
    1      5  2
    """
    by = listed(by)
    check_frame(table, by)
    check_frame(table, [name for name in (weights, money) if name is not None])
    if not by:
        raise ValueError("expected a column to count by, found none")
    taken = [*(SUMS[:1] if money is None else SUMS), *([] if weights in (None, "n") else [weights])]
    if clash := [column for column in by if column in taken]:
        raise ValueError(f"expected columns to count by other than {taken}, found {clash}")
    if weights is None and "n" in table.columns:
        raise ValueError(
            "expected weights='n' for a table of counts, or rows without a column n; found a "
            "column n and no weights: name it, or drop or rename it"
        )
    if weights is not None and money is not None:
        raise ValueError("expected rows to total money over, found weights: a table of counts")
    parts = table[by].assign(n=1 if weights is None else _checked(table[weights]))
    if money is not None:
        cents = integer_cents(table[money])
        parts["total"] = cents
        parts["total_sq"] = cents.astype("float64") ** 2
    return _summed(parts, by)


def merge(*tables: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of several tables of counts put together.

    All must have the same columns; ``n`` and, if both are there, ``total`` and ``total_sq`` add up.

    Raises
    ------
    TypeError, ColumnError, ValueError
        If there is no table, a table is not a pandas frame, has other columns or no ``n``, ``n`` is
        not a count, ``total`` not integer cents, or ``total_sq`` not a number.

    Examples
    --------
    >>> merge(pd.DataFrame({"score": [1], "n": [2]}), pd.DataFrame({"score": [1], "n": [3]}))
       score  n
    0      1  5
    """
    if not tables:
        raise ValueError("expected tables of counts to merge, found none")
    for table in tables:
        check_frame(table, ["n"])
        check_frame(table, table.columns)
        if set(table.columns) != set(tables[0].columns):
            raise ValueError(
                f"expected columns {list(tables[0].columns)}, found {list(table.columns)}"
            )
    columns = list(tables[0].columns)
    has_money = set(SUMS) <= set(columns)
    sums = SUMS if has_money else SUMS[:1]
    if not (by := [column for column in columns if column not in sums]):
        raise ValueError(f"expected a column beside the sums to merge by, found only {columns}")
    whole = pd.concat([table.assign(n=_checked(table["n"])) for table in tables])
    if has_money:
        whole = whole.assign(
            total=integer_cents(whole["total"]), total_sq=numeric(whole["total_sq"])
        )
        if gaps := int(np.isnan(whole["total_sq"]).sum()):
            raise ValueError(f"expected total_sq in every row, found {gaps} missing")
    return _summed(whole, by)[columns]


def complete(
    counts: pd.DataFrame,
    columns: str | Sequence[str],
    *,
    numbers: str | Sequence[str] = (),
    flags: str | Sequence[str] = (),
) -> tuple[pd.DataFrame, int]:
    """Return the rows of ``counts`` with an answer in every column, and how many fell out.

    This is the door through which every estimator takes its counts.

    Parameters
    ----------
    counts : DataFrame
        Counts with a column ``n`` of whole numbers >= 0; rows with ``n`` of zero go.
    columns : str or sequence of str
        Columns of any type that must be known.
    numbers : str or sequence of str
        Columns that must be known and hold finite numbers; they come back as float64.
    flags : str or sequence of str
        Columns that must be known and hold 0 or 1 (or False and True); they come back as float64.

    Returns
    -------
    kept : DataFrame
        The complete rows with all columns of ``counts``, ``n`` as int64.
    missing : int
        Customers (not rows) left out because a value was missing.

    Raises
    ------
    TypeError
        If ``counts`` is not a pandas frame.
    ColumnError
        If a column is not there.
    ValueError
        If ``n`` is not a count, a number is text, a date or infinite, a flag is not 0 or 1, or a
        column is wanted twice. Rows are counted from 0.

    Examples
    --------
    >>> counts = pd.DataFrame({"score": [1, 5, None], "n": [2, 3, 4]})
    >>> kept, missing = complete(counts, "score")
    >>> len(kept), missing
    (2, 4)
    """
    columns, numbers, flags = listed(columns), listed(numbers), listed(flags)
    check_frame(counts, ["n"])
    check_frame(counts, [*columns, *numbers, *flags])
    if "n" in [*columns, *numbers, *flags]:
        raise ValueError("expected columns other than n, which holds the counts, found 'n'")
    weights = _checked(counts["n"])
    typed = {name: numeric(counts[name]) for name in [*numbers, *flags]}
    for name in flags:
        _check_flag(typed[name], name)
    known = counts[columns].notna().all(axis=1).to_numpy(dtype=bool, copy=True)
    for values in typed.values():
        known &= ~np.isnan(values)
    keep = known & (weights > 0)
    kept = counts[keep].assign(n=weights[keep])
    for name, values in typed.items():
        kept[name] = values[keep]
    return kept, int(weights[~known].sum())


def expand(counts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per customer: the inverse of :func:`count_by`, for checks and small tables.

    Sums of money belong to no one customer, so counts with them are refused.
    """
    check_frame(counts, ["n"])
    if set(SUMS) <= set(counts.columns):
        raise ValueError(f"expected counts without sums of money, found {[*SUMS[1:]]}")
    places = np.repeat(np.arange(len(counts)), _checked(counts["n"]))
    return counts.iloc[places].drop(columns="n").reset_index(drop=True)


def numeric(values: pd.Series) -> np.ndarray:
    """Return a column as float64, missing as NaN, whatever type of number it has.

    Text is never read as a number, a date never as a score.

    Raises
    ------
    TypeError
        If ``values`` is not a pandas Series.
    ValueError
        If a value is no real number or beyond 1e100; rows are counted from 0.

    Examples
    --------
    >>> numeric(pd.Series([1, None, 3], dtype="Int64"))
    array([ 1., nan,  3.])
    """
    if not isinstance(values, pd.Series):
        raise TypeError(f"expected a pandas Series, found {type(values).__name__}")
    dtype, name = values.dtype, called(values)
    if pd.api.types.is_complex_dtype(dtype):
        raise ValueError(f"expected real numbers in {name}, found {dtype}")
    if not (pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype)):
        values = values.astype("object")
        real = (numbers.Real, decimal.Decimal, np.bool_)
        for row, value in enumerate(values):
            missing = pd.api.types.is_scalar(value) and pd.isna(value)
            if not (missing or isinstance(value, real)):
                raise ValueError(f"expected numbers in {name}, found {value!r} in row {row}")
    elif isinstance(dtype, pd.CategoricalDtype):
        values = values.astype("object")
    try:
        found = values.to_numpy(dtype="float64", na_value=np.nan)
    except OverflowError:
        raise ValueError(f"expected numbers up to {LARGEST:g} in {name}, found a larger") from None
    if (large := np.abs(found) > LARGEST).any():
        row = int(np.flatnonzero(large)[0])
        raise ValueError(
            f"expected numbers up to {LARGEST:g} in {name}, found {found[row]:g} in row {row}"
        )
    return found


def integer_cents(money: pd.Series) -> pd.Series:
    """Return money as int64 cents, or say why it is not: a float of 19.90 is not 19 cents."""
    if not pd.api.types.is_integer_dtype(money.dtype):
        raise ValueError(
            f"expected integer cents in {money.name}, found {money.dtype}: multiply by 100, round "
            "and convert to int64"
        )
    if gaps := int(money.isna().sum()):
        raise ValueError(f"expected money in every row, found {gaps} missing in {money.name}")
    if (most := money.astype("float64").abs().sum()) >= MOST:
        raise ValueError(f"expected less than {MOST} cents in all, found {most:g} in {money.name}")
    return money.astype("int64")


# Small parts ------------------------------------------------------------------------------------


def called(values: pd.Series) -> str:
    """Return the name of a column for a message."""
    return "the values" if values.name is None else str(values.name)


def listed(names: str | Iterable[Hashable] | None) -> list:
    """Return names as a list; one name is a list of one."""
    several = isinstance(names, Iterable) and not isinstance(names, str)
    return list(names) if several else [names]


def check_frame(table: pd.DataFrame, wanted: Iterable) -> None:
    """Refuse what is not a pandas frame with these columns, each once."""
    if not isinstance(table, pd.DataFrame):
        kind = f"{type(table).__module__.split('.')[0]}.{type(table).__name__}"
        raise TypeError(f"expected a pandas DataFrame, found {kind}: convert it first")
    if table.columns.nlevels > 1:
        raise TypeError(
            f"expected one name a column, found {table.columns.nlevels} levels of names: join them"
        )
    wanted = list(wanted)
    if odd := [name for name in wanted if not isinstance(name, Hashable)]:
        raise TypeError(f"expected names of columns, found {odd}")
    if lacking := [name for name in wanted if name not in table.columns]:
        raise ColumnError(f"expected columns {wanted}, found no {lacking} in {[*table.columns]}")
    if twice := [name for name in dict.fromkeys(wanted) if wanted.count(name) > 1]:
        raise ValueError(f"expected different columns, found {twice} more than once")
    if twice := [name for name in wanted if list(table.columns).count(name) > 1]:
        raise ValueError(f"expected one column of each name, found several called {twice}")


def _checked(n: pd.Series) -> np.ndarray:
    """Return counts as int64, or say which row is not a count."""
    if pd.api.types.is_bool_dtype(n.dtype):
        raise ValueError(f"expected {n.name} to be whole numbers, found {n.dtype}")
    values = numeric(n)
    bad = ~((values >= 0) & (values == np.floor(values)))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"expected {n.name} to be a whole number >= 0, found {values[row]:.15g} in row {row}"
        )
    if values.sum() >= MOST:
        raise ValueError(f"expected fewer than {MOST} customers in all, found {values.sum():g}")
    return values.astype("int64")


def _check_flag(values: np.ndarray, name: str) -> None:
    """Refuse a column that is not 0 or 1."""
    bad = ~(np.isnan(values) | (values == 0) | (values == 1))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(f"expected {name} to be 0 or 1, found {values[row]:g} in row {row}")


def _summed(parts: pd.DataFrame, by: list) -> pd.DataFrame:
    """Return the sums by every combination of ``by``, sorted, missing values last."""
    if mixed := [name for name in by if not _sorts(parts[name])]:
        kinds = {name: sorted({type(v).__name__ for v in parts[name].dropna()}) for name in mixed}
        raise ValueError(
            f"expected plain values of one kind to sort by in each column, found {kinds}"
        )
    sums = parts.groupby(by, dropna=False, observed=True, as_index=False).sum()
    return sums.sort_values(by, na_position="last", ignore_index=True)


def _sorts(column: pd.Series) -> bool:
    """Return whether the values of a column have one order, whatever order they come in."""
    try:
        pd.Series(column.unique()).sort_values()  # the first refuses lists, the second a mixture
    except TypeError:
        return False
    return True
