"""First orders, and what customers then did: the order book of a shop, made fit for the chapters.

Any table of orders will do that has one row per order with ``order`` and ``customer`` (names or
numbers), ``purchased``, ``delivered`` and ``promised`` (``datetime64`` without a time zone) and
``payment_cents`` (integers). :func:`account_for` sets aside what is no order of a known customer,
and counts it; the others refuse such rows, so that nothing is left out unseen. The clock starts
when the first order arrived, because no score of it can go before; an order placed sooner does not
count as coming back. Whoever could not be watched for a whole window is left out of it.
"""

import numbers
from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.counts import check_frame, integer_cents, listed, numeric
from analysis.estimate import TooFewError

__all__ = [
    "account_for",
    "end_of_observation",
    "first_orders",
    "last_dense_day",
    "merge_orders",
    "return_curve",
    "watch",
]

DAY = pd.Timedelta(days=1)
THIN = 1 / 20  # of the orders of a usual day: a day with fewer may be one of stragglers
OPEN = 1 / 2  # of the orders of a usual day: as many in all show that a shop is not closed
MADE = ("watched", "again", "days", "spent")
# Of orders merged into one: what adds up, what is known once the last has come, the worst answer.
# All other columns are those of the first.
BASKET = {
    "payment_cents": "sum",
    "price_cents": "sum",
    "freight_cents": "sum",
    "items": "sum",
    "delivered": "max",
    "promised": "max",
    "score": "min",
}
NUMBERS = ("integer", "floating", "mixed-integer-float", "boolean", "decimal")


def account_for(orders: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return the orders of known customers, each once, and how many rows were set aside, and why.

    Parameters
    ----------
    orders : DataFrame
        Columns ``order``, ``customer``, ``purchased`` and ``payment_cents``, and any others.

    Returns
    -------
    kept : DataFrame
        The rows that :func:`first_orders` and :func:`watch` take, with all columns.
    aside : Series
        Rows set aside: ``refund`` (money below zero; not an order), ``repeated`` (a copy of a row
        before it), ``no customer`` (guests are not one customer) and ``no date``. A row counts
        under the first that holds, so these and ``kept`` add up to the rows of ``orders``.

    Raises
    ------
    TypeError, KeyError
        If ``orders`` is not a pandas frame, or lacks a column.
    ValueError
        If a column has the wrong type, an order has no name, or rows of one order differ, so
        that none of them can be dropped as a copy.

    Examples
    --------
    >>> day = pd.to_datetime(["2020-01-01", "2020-01-01", "2020-01-02"], format="%Y-%m-%d")
    >>> book = {"order": [1, 1, 2], "customer": ["Ana", "Ana", None], "purchased": day}
    >>> kept, aside = account_for(pd.DataFrame(book).assign(payment_cents=1990))
    >>> len(kept), aside.to_dict()
    (1, {'refund': 0, 'repeated': 1, 'no customer': 1, 'no date': 0})
    """
    check_frame(orders, ["order", "customer", "purchased", "payment_cents"])
    _check_dates(orders, "purchased")
    check_names(orders, "order")
    refund = (integer_cents(orders["payment_cents"]) < 0).to_numpy()
    sales = orders[~refund]
    twice = sales["order"].duplicated()
    if (differ := twice & ~sales.duplicated()).any():
        order = sales.loc[differ.to_numpy(), "order"].tolist()[0]
        raise ValueError(f"expected one row for each order, found rows of {order!r} that differ")
    copy = np.zeros(len(orders), dtype=bool)
    copy[~refund] = twice
    reasons = {
        "refund": refund,
        "repeated": copy,
        "no customer": orders["customer"].isna().to_numpy(),
        "no date": orders["purchased"].isna().to_numpy(),
    }
    kept, aside = np.ones(len(orders), dtype=bool), {}
    for reason, holds in reasons.items():
        aside[reason] = int((kept & holds).sum())
        kept &= ~holds
    return orders[kept], pd.Series(aside, name="set aside")


def end_of_observation(orders: pd.DataFrame, *, closed: int = 14) -> pd.Timestamp:
    """Return the last day of dense data, which closed days do not end.

    A usual day is the one on which the middle order was placed, days ranked by their orders; a
    thin day has fewer than a twentieth of its orders, or none. Observation ends before the first
    thin day, after the busiest, from which on the shop is closed for more than ``closed`` days:
    these together hold fewer than half the orders of a usual day. So Sundays, weekends and a
    Christmas week go by, and single late orders after the end do not prolong it. Without such a day
    it is the last day of all.

    Parameters
    ----------
    orders : DataFrame
        Column ``purchased``; several rows of a day are as many orders.
    closed : int
        The most days on end that the shop may be closed; with 0 the first thin day ends it.

    Raises
    ------
    TypeError, KeyError
        If ``orders`` is not a pandas frame, or lacks the column.
    ValueError
        If there are no orders, a date is missing or no ``datetime64``, or ``closed`` is not a
        whole number >= 0.

    Examples
    --------
    >>> days = pd.date_range("2020-01-06", "2020-01-20")
    >>> end_of_observation(pd.DataFrame({"purchased": days[days.day_of_week < 6]}))
    Timestamp('2020-01-20 00:00:00')
    """
    check_frame(orders, ["purchased"])
    if not isinstance(closed, numbers.Integral) or closed < 0:
        raise ValueError(f"expected closed to be a whole number of days >= 0, found {closed!r}")
    if orders.empty:
        raise ValueError("expected orders, found none")
    days = known_dates(orders, "purchased").dt.normalize()
    return last_dense_day(days.value_counts().sort_index(), closed=closed)


def last_dense_day(daily: pd.Series, *, closed: int = 14) -> pd.Timestamp:
    """Return what :func:`end_of_observation` does, from the number of orders of each day.

    Parameters
    ----------
    daily : Series
        Orders of each day that has some, by day in order.
    closed : int
        The most days on end that the shop may be closed.
    """
    daily = daily.asfreq("D", fill_value=0)
    ranked = np.sort(daily.to_numpy())
    usual = ranked[np.searchsorted(ranked.cumsum(), ranked.sum() / 2)]
    after_peak = daily.loc[daily.idxmax() :]
    # Orders of each day and of the days that follow it, as many as the shop may be closed.
    ahead = after_peak[::-1].rolling(int(closed) + 1, min_periods=1).sum()[::-1]
    ends = after_peak.index[(after_peak < THIN * usual) & (ahead < OPEN * usual)]
    return ends[0] - DAY if len(ends) else daily.index[-1]


def merge_orders(
    orders: pd.DataFrame, *, within: pd.Timedelta, alike: str | Sequence[str] = ()
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the orders with those of one customer that follow closely merged into one.

    A shop may split what was bought at once into several orders, and store one answer with each. An
    order placed up to ``within`` after the customer's order before it, and equal to it in the
    columns ``alike``, is part of that one. The merged order is the first: its number, its time of
    purchase and its other columns; but money and items add up, it is delivered (and promised) when
    the last part is, never if a part never was, and has the lowest known score.

    Parameters
    ----------
    orders : DataFrame
        Columns ``order``, ``customer``, ``purchased`` and ``alike``, and any others.
    within : Timedelta
        An hour, for baskets that were split; a day with ``alike="score"``, for one answer that was
        stored with several orders, where answers have no number.
    alike : str or sequence of str
        Columns in which the orders must agree; a missing value agrees with none.

    Returns
    -------
    merged : DataFrame
        One row per merged order, by customer and time, with all columns.
    counted : Series
        ``orders`` before, ``merged`` (orders that went into another), ``left``, ``customers`` with
        a merged order, and, if there are scores, ``scores differ``: merged orders whose parts had
        different ones.

    Raises
    ------
    TypeError, KeyError
        If ``orders`` is not a pandas frame, or lacks a column.
    ValueError
        If ``within`` is no time of zero or more, a column has the wrong type, or rows are not
        orders of known customers, each once: see :func:`account_for`.

    Examples
    --------
    >>> bought = pd.to_datetime(["2020-01-01 10:00", "2020-01-01 10:40", "2020-01-09 10:00"])
    >>> book = pd.DataFrame({"order": [1, 2, 3], "customer": "Ana", "purchased": bought})
    >>> merged, counted = merge_orders(book, within=pd.Timedelta(hours=1))
    >>> merged["order"].tolist(), int(counted["merged"])
    ([1, 3], 1)
    """
    alike = listed(alike)
    _check_orders(orders, ["order", "customer", "purchased"])
    check_frame(orders, alike)
    for column in {"delivered", "promised"} & set(orders.columns):
        _check_dates(orders, column)
    if not (isinstance(within, pd.Timedelta) and within >= pd.Timedelta(0)):
        raise ValueError(f"expected within to be a Timedelta of zero or more, found {within!r}")
    rows = orders.sort_values(["customer", "purchased", "order"], ignore_index=True)
    people = rows.groupby("customer", sort=False)
    joins = people["purchased"].diff() <= within
    for column in alike:
        joins &= (rows[column] == people[column].shift()).fillna(False)
    part = (~joins).cumsum()
    groups, merged = rows.groupby(part), rows[~joins].set_index(part[~joins])
    for column, how in BASKET.items():
        if column in rows.columns:
            merged[column] = groups[column].agg(how)
    if "delivered" in rows.columns:
        merged["delivered"] = merged["delivered"].where(
            groups["delivered"].count() == groups.size()
        )
    sizes = groups.size()
    counted = {
        "orders": len(rows),
        "merged": int(joins.sum()),
        "left": len(merged),
        "customers": merged.loc[sizes > 1, "customer"].nunique(),
    }
    if "score" in rows.columns:
        counted["scores differ"] = int((groups["score"].max() > groups["score"].min()).sum())
    return merged.reset_index(drop=True), pd.Series(counted, name="orders")


def first_orders(orders: pd.DataFrame) -> pd.DataFrame:
    """Return each customer's first order with all its columns and ``start``.

    ``start`` is when it was delivered, or when it was promised if it never came; missing where
    neither is known. Of two orders at the same moment the one with the lower ``order`` is first.

    Parameters
    ----------
    orders : DataFrame
        Columns ``order``, ``customer``, ``purchased``, ``delivered`` and ``promised``, and any
        others but ``start``.

    Raises
    ------
    TypeError, KeyError
        If ``orders`` is not a pandas frame, or lacks a column.
    ValueError
        If there are no orders, a column has the wrong type or name, or rows are not orders of
        known customers, each once: see :func:`account_for`.
    """
    needed = ["order", "customer", "purchased", "delivered", "promised"]
    check_frame(orders, needed)
    if orders.empty:
        raise ValueError("expected orders, found none")
    if "start" in orders.columns:
        raise ValueError("expected orders without a column start, which is made here; found one")
    _check_orders(orders, needed)
    for column in ("delivered", "promised"):
        _check_dates(orders, column)
    first = orders.sort_values(["purchased", "order"]).drop_duplicates("customer")
    return first.assign(start=first["delivered"].fillna(first["promised"]))


def watch(
    first: pd.DataFrame, orders: pd.DataFrame, *, end: pd.Timestamp, window: float | None = None
) -> pd.DataFrame:
    """Return the rows that could be watched for the whole window, with what followed each.

    A customer may have several rows, one for each answer: each has a clock of its own, and a later
    order counts for every row in whose window it falls. The orders named in ``first`` are those
    the answers are about; they count for none.

    Parameters
    ----------
    first : DataFrame
        Rows of :func:`first_orders`, or any with ``order``, ``customer`` and ``start``; change
        ``start`` to start the clock elsewhere.
    orders : DataFrame
        All orders: ``order``, ``customer``, ``purchased`` and ``payment_cents``.
    end : Timestamp
        Last day of observation; it is part of it.
    window : float, optional
        Days after ``start``; an order at its very end counts. Without it everyone is watched as
        long as the data reach, and who was not seen again is censored after ``watched`` days.

    Returns
    -------
    DataFrame
        ``first`` with ``watched`` (days from ``start`` to the end of the window or of observation,
        whichever comes first), ``again`` (1.0 or 0.0), ``days`` (to the next order, missing where
        there is none) and ``spent`` (cents of all orders within these days).

    Raises
    ------
    TypeError, KeyError
        If a table is not a pandas frame, or lacks a column.
    ValueError
        If a table is not as described, ``first`` is empty, ``end`` is not a Timestamp, ``window``
        is not a number above 0, customers or orders are named differently in the two tables, or
        rows are not orders of known customers, each once: see :func:`account_for`.
    """
    check_frame(first, ["order", "customer", "start"])
    if clash := [column for column in MADE if column in first.columns]:
        raise ValueError(f"expected first without {list(MADE)}, which are made here; found {clash}")
    if first.empty:
        raise ValueError("expected rows in first, found none")
    start = known_dates(first, "start")
    _check_orders(orders, ["order", "customer", "purchased", "payment_cents"])
    for column in ("order", "customer"):
        check_names(first, column)
        if len(orders) and (_kind(first, column) != _kind(orders, column)):
            raise ValueError(
                f"expected one type of {column} in both tables, found {_kind(first, column)} in "
                f"first and {_kind(orders, column)} in orders"
            )
    stop = last_day(end) + DAY
    if window is not None and not (isinstance(window, numbers.Real) and 0 < window < np.inf):
        raise ValueError(f"expected a window of days above 0, found {window!r}")
    reach = ((stop - start) / DAY).to_numpy()
    keep = reach > 0 if window is None else reach >= window
    seen = first[keep].assign(watched=reach[keep] if window is None else float(window))
    asked = orders["order"].astype("object").isin(first["order"].astype("object"))
    later = orders[~asked & (orders["purchased"] < stop)]
    later = later[["customer", "purchased"]].assign(cents=integer_cents(later["payment_cents"]))
    rows = seen[["customer", "start", "watched"]].assign(row=np.arange(len(seen)))
    # As objects, so that 1 is 1 whatever type of number names a customer.
    rows, later = (t.astype({"customer": "object"}) for t in (rows, later))
    pairs = rows.merge(later, on="customer")
    pairs["days"] = (pairs["purchased"] - pairs["start"]) / DAY
    acts = pairs[(pairs["days"] > 0) & (pairs["days"] <= pairs["watched"])].groupby("row")
    days = acts["days"].min().reindex(rows["row"]).to_numpy()
    spent = acts["cents"].sum().reindex(rows["row"], fill_value=0).to_numpy()
    return seen.assign(again=(~np.isnan(days)).astype(float), days=days, spent=spent)


def return_curve(watched: pd.DataFrame) -> pd.DataFrame:
    """Return the share who came back by ``days`` since the start, from all customers watched.

    Parameters
    ----------
    watched : DataFrame
        From :func:`watch`, one row per customer: rows of one customer would pass for several
        people, and the errors would be too small.

    Returns
    -------
    DataFrame
        One row per day with a return, starting at zero: ``days``, ``share`` (one minus Kaplan and
        Meier's estimate) and ``error`` (Greenwood's; missing where nobody is left to come back).

    Raises
    ------
    TypeError, KeyError
        If ``watched`` is not a pandas frame, or lacks a column.
    ValueError
        If a customer has two rows, or a row says things that cannot be.
    TooFewError
        If nobody was watched.

    References
    ----------
    Kaplan and Meier (1958), JASA 53:457-481.
    """
    check_frame(watched, ["customer", "watched", "again", "days"])
    if watched.empty:
        raise TooFewError("expected customers who were watched, found none")
    if (twice := watched["customer"].duplicated()).any():
        name = watched.loc[twice.to_numpy(), "customer"].tolist()[0]
        raise ValueError(f"expected one row for each customer, found two of {name!r}")
    reach, again, days = checked_days(watched)
    curve = SurvfuncRight(np.where(np.isnan(days), reach, days), again.astype(int))
    columns = {"days": curve.surv_times, "share": 1 - curve.surv_prob, "error": curve.surv_prob_se}
    return pd.DataFrame({name: np.r_[0.0, values] for name, values in columns.items()})


# Small parts ------------------------------------------------------------------------------------


def refuse_rows(bad: np.ndarray, expected: str, found: np.ndarray) -> None:
    """Refuse a column if a row of it is bad, and say which; rows are counted from 0."""
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(f"expected {expected}, found {found[row]:g} in row {row}")


def checked_days(watched: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ``watched``, ``again`` and ``days`` as numbers, or say which row cannot be."""
    check_frame(watched, ["watched", "again", "days"])
    reach, again, days = (numeric(watched[name]) for name in ("watched", "again", "days"))
    refuse_rows(~(reach > 0), "watched to be above 0", reach)
    refuse_rows(~((again == 0) | (again == 1)), "again to be 0 or 1", again)
    refuse_rows((again == 1) == np.isnan(days), "days where again is 1, and only there", days)
    refuse_rows((days <= 0) | (days > reach), "days above 0 and up to watched", days)
    return reach, again, days


def last_day(end: pd.Timestamp) -> pd.Timestamp:
    """Return the day of a moment, or say that it is none."""
    if not isinstance(end, pd.Timestamp) or end.tzinfo is not None:
        raise ValueError(f"expected end to be a Timestamp without a time zone, found {end!r}")
    return end.normalize()


def known_dates(table: pd.DataFrame, column: str) -> pd.Series:
    """Return a column of dates, or say that it is none or has gaps."""
    _check_dates(table, column)
    if gaps := int(table[column].isna().sum()):
        raise ValueError(f"expected a date in every row of {column}, found {gaps} without")
    return table[column]


def check_names(table: pd.DataFrame, column: str) -> None:
    """Refuse customers or orders without a name: all of them would be one."""
    if gaps := int(table[column].isna().sum()):
        raise ValueError(f"expected a name in every row of {column}, found {gaps} without")
    _kind(table, column)


def _check_dates(table: pd.DataFrame, column: str) -> None:
    """Refuse what is not a column of dates; text is not read as one, whatever its order of days."""
    dtype = table[column].dtype
    if getattr(dtype, "kind", "") != "M" or not isinstance(dtype, np.dtype):
        raise ValueError(
            f"expected datetime64 without a time zone in {column}, found {dtype}: read text with "
            "pd.to_datetime and a format, drop a time zone with dt.tz_localize(None)"
        )


def _kind(table: pd.DataFrame, column: str) -> str:
    """Return whether customers or orders are named by numbers or by text, or say that it varies."""
    kind = infer_dtype(table[column].astype("object"))
    if kind.startswith("mixed") and kind not in NUMBERS:
        raise ValueError(f"expected names of one type in {column}, found several")
    return "number" if kind in NUMBERS else kind


def _check_orders(orders: pd.DataFrame, columns: list[str]) -> None:
    """Refuse what :func:`account_for` would set aside."""
    check_frame(orders, columns)
    _check_dates(orders, "purchased")
    check_names(orders, "order")
    wrong = {
        "no customer": orders["customer"].isna(),
        "no date": orders["purchased"].isna(),
        "a repeated order": orders["order"].duplicated(),
    }
    if "payment_cents" in orders.columns:
        check_frame(orders, ["payment_cents"])
        wrong["a refund"] = integer_cents(orders["payment_cents"]) < 0
    for what, holds in wrong.items():
        if many := int(holds.sum()):
            raise ValueError(
                f"expected orders of known customers, each once, found {many} with {what}: "
                "account_for(orders) sets them aside and counts them"
            )
    check_names(orders, "customer")
