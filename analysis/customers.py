"""First orders, and what customers then did: the order book of a shop, made fit for the chapters.

Any table of orders will do that has ``order`` and ``customer`` (names or numbers), ``purchased``,
``delivered`` and ``promised`` (dates or times) and ``payment_cents`` (integers). The clock starts
when the first order arrived, because no score of it can go before; an order placed sooner does not
count as coming back. Whoever could not be watched for a whole window is left out of it.
"""

import numpy as np
import pandas as pd
from statsmodels.duration.survfunc import SurvfuncRight

__all__ = ["end_of_observation", "first_orders", "return_curve", "watch"]

DAY = pd.Timedelta(days=1)


def end_of_observation(orders: pd.DataFrame) -> pd.Timestamp:
    """Return the last day of dense data: the one before the first empty day after the busiest day.

    It is the last day of all if no day is empty.
    """
    _check(orders, ["purchased"])
    daily = orders["purchased"].dt.normalize().value_counts().sort_index().asfreq("D", fill_value=0)
    after_peak = daily.loc[daily.idxmax() :]
    empty = after_peak.index[after_peak == 0]
    return empty[0] - DAY if len(empty) else daily.index[-1]


def first_orders(orders: pd.DataFrame) -> pd.DataFrame:
    """Return each customer's first order with all its columns and ``start``.

    ``start`` is when it was delivered, or when it was promised if it never came.
    """
    _check(orders, ["order", "customer", "purchased", "delivered", "promised"])
    first = orders.sort_values(["purchased", "order"]).drop_duplicates("customer")
    return first.assign(start=first["delivered"].fillna(first["promised"]))


def watch(
    first: pd.DataFrame, orders: pd.DataFrame, *, end: pd.Timestamp, window: float | None = None
) -> pd.DataFrame:
    """Return the customers who could be watched for the whole window, with what they then did.

    Parameters
    ----------
    first : DataFrame
        Rows of :func:`first_orders`; change ``start`` to start the clock elsewhere.
    orders : DataFrame
        All orders.
    end : Timestamp
        Last day of observation; it is part of it.
    window : float, optional
        Days after ``start``. Without it everyone is watched as long as the data reach, and who
        was not seen again is censored after ``watched`` days.

    Returns
    -------
    DataFrame
        ``first`` with ``watched`` (days from ``start`` to the end of observation), ``again``
        (1.0 or 0.0), ``days`` (to the next order, missing where there is none) and ``spent``
        (cents of all orders within the window). Who has no ``start`` is left out.
    """
    _check(first, ["order", "customer", "start"])
    _check(orders, ["order", "customer", "purchased", "payment_cents"])
    seen = first.assign(watched=(end.normalize() + DAY - first["start"]) / DAY)
    seen = seen[seen["watched"] > 0 if window is None else seen["watched"] >= window]
    later = orders.loc[~orders["order"].isin(first["order"]), ["customer", "purchased"]]
    later = later.assign(cents=orders["payment_cents"])
    later = later.merge(seen[["customer", "start", "watched"]], on="customer")
    later["days"] = (later["purchased"] - later["start"]) / DAY
    reach = later["watched"] if window is None else window
    acts = later[(later["days"] > 0) & (later["days"] <= reach)].groupby("customer")
    days = seen["customer"].map(acts["days"].min())
    spent = seen["customer"].map(acts["cents"].sum()).fillna(0).astype("int64")
    return seen.assign(again=days.notna().astype(float), days=days, spent=spent)


def return_curve(watched: pd.DataFrame) -> pd.DataFrame:
    """Return the share who came back by ``days`` since the start, from all customers watched.

    Takes :func:`watch` without a window and returns one row per day with a return, starting at
    zero: ``days``, ``share`` (one minus Kaplan and Meier's estimate) and ``error`` (Greenwood's).

    References
    ----------
    Kaplan and Meier (1958), JASA 53:457-481.
    """
    duration = watched["days"].fillna(watched["watched"])
    curve = SurvfuncRight(duration, watched["again"].astype(int))
    columns = {"days": curve.surv_times, "share": 1 - curve.surv_prob, "error": curve.surv_prob_se}
    return pd.DataFrame({name: np.r_[0.0, values] for name, values in columns.items()})


def _check(table: pd.DataFrame, needed: list[str]) -> None:
    if lacking := [column for column in needed if column not in table.columns]:
        raise KeyError(f"expected columns {needed}, found no {lacking} in {list(table.columns)}")
