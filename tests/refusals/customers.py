"""Refusals of analysis.customers."""

import numpy as np
import pandas as pd

from analysis.customers import (
    account_for,
    end_of_observation,
    first_orders,
    merge_orders,
    return_curve,
    watch,
)
from analysis.estimate import TooFewError
from tests.refusals import Case

DAYS = pd.to_datetime(["2020-01-01", "2020-01-05", "2020-02-01"], format="%Y-%m-%d")
END = pd.Timestamp("2020-03-31")
BOOK = pd.DataFrame(
    {
        "order": [1, 2, 3],
        "customer": ["Ana", "Bob", "Ana"],
        "purchased": DAYS,
        "delivered": DAYS + pd.Timedelta(days=4),
        "promised": DAYS + pd.Timedelta(days=9),
        "payment_cents": [1990, 500, 700],
    }
)
FIRST = BOOK[:2].assign(start=BOOK["delivered"])
SEEN = pd.DataFrame(
    {"customer": [1, 2], "watched": [90.0, 80.0], "again": [1.0, 0.0], "days": [7.0, np.nan]}
)
TEXT = BOOK["purchased"].dt.strftime("%d/%m/%Y")


class Polars:
    """Stands in for a frame of another package, which is not a dependency."""


Polars.__module__, Polars.__name__ = "polars.dataframe.frame", "DataFrame"

FRAME = "expected a pandas DataFrame, found {}: convert it first"
DATE = (
    "expected datetime64 without a time zone in {}, found {}: read text with pd.to_datetime and a "
    "format, drop a time zone with dt.tz_localize(None)"
)
ASIDE = (
    "expected orders of known customers, each once, found {}: account_for(orders) sets them aside "
    "and counts them"
)
CENTS = (
    "expected integer cents in payment_cents, found float64: multiply by 100, round and convert "
    "to int64"
)
NEEDED = ["order", "customer", "purchased", "delivered", "promised"]


def changed(table=BOOK, **columns):
    return table.assign(**columns)


def case(kind, function, call, message, error=ValueError):
    return Case(kind, function, call, error, message)


def of_watch(kind, message, *, first=FIRST, orders=BOOK, error=ValueError, **options):
    return Case(kind, watch, lambda: watch(first, orders, **{"end": END} | options), error, message)


def of_curve(kind, message, **columns):
    return case(kind, return_curve, lambda: return_curve(SEEN.assign(**columns)), message)


HOUR = pd.Timedelta(hours=1)

CASES = [
    Case(
        "another frame",
        merge_orders,
        lambda: merge_orders(Polars(), within=HOUR),
        TypeError,
        FRAME.format("polars.DataFrame"),
    ),
    Case(
        "hours as a number",
        merge_orders,
        lambda: merge_orders(BOOK, within=1),
        ValueError,
        "expected within to be a Timedelta of zero or more, found 1",
    ),
    Case(
        "back in time",
        merge_orders,
        lambda: merge_orders(BOOK, within=-HOUR),
        ValueError,
        "expected within to be a Timedelta of zero or more, found Timedelta('-1 days +23:00:00')",
    ),
    Case(
        "no such column",
        merge_orders,
        lambda: merge_orders(BOOK, within=HOUR, alike="score"),
        KeyError,
        f"expected columns ['score'], found no ['score'] in {[*BOOK]}",
    ),
    Case(
        "guests",
        merge_orders,
        lambda: merge_orders(changed(customer=None), within=HOUR),
        ValueError,
        ASIDE.format("3 with no customer"),
    ),
    Case(
        "dates as text",
        merge_orders,
        lambda: merge_orders(changed(promised=TEXT), within=HOUR),
        ValueError,
        DATE.format("promised", TEXT.dtype),
    ),
    # account_for
    case(
        "not a pandas frame",
        account_for,
        lambda: account_for(Polars()),
        FRAME.format("polars.DataFrame"),
        TypeError,
    ),
    case(
        "missing column",
        account_for,
        lambda: account_for(BOOK.drop(columns=["customer", "delivered", "promised"])),
        "expected columns ['order', 'customer', 'purchased', 'payment_cents'], found no "
        "['customer'] in ['order', 'purchased', 'payment_cents']",
        KeyError,
    ),
    case(
        "column twice",
        account_for,
        lambda: account_for(pd.concat([BOOK, BOOK[["customer"]]], axis=1)),
        "expected one column of each name, found several called ['customer']",
    ),
    case(
        "money with a fraction",
        account_for,
        lambda: account_for(changed(payment_cents=19.9)),
        CENTS,
    ),
    case(
        "money missing",
        account_for,
        lambda: account_for(changed(payment_cents=pd.array([1, None, 3], dtype="Int64"))),
        "expected money in every row, found 1 missing in payment_cents",
    ),
    case(
        "dates as text",
        account_for,
        lambda: account_for(changed(purchased=TEXT)),
        DATE.format("purchased", "str"),
    ),
    case(
        "order without a name",
        account_for,
        lambda: account_for(changed(order=[1, None, None])),
        "expected a name in every row of order, found 2 without",
    ),
    case(
        "rows of one order that differ",
        account_for,
        lambda: account_for(changed(order=[1, 2, 2])),
        "expected one row for each order, found rows of 2 that differ",
    ),
    # end_of_observation
    case(
        "not a pandas frame",
        end_of_observation,
        lambda: end_of_observation({"purchased": DAYS}),
        FRAME.format("builtins.dict"),
        TypeError,
    ),
    case(
        "missing column",
        end_of_observation,
        lambda: end_of_observation(BOOK[["order"]]),
        "expected columns ['purchased'], found no ['purchased'] in ['order']",
        KeyError,
    ),
    case(
        "empty",
        end_of_observation,
        lambda: end_of_observation(BOOK[:0]),
        "expected orders, found none",
    ),
    case(
        "date missing",
        end_of_observation,
        lambda: end_of_observation(changed(purchased=BOOK["purchased"].mask(BOOK["order"] == 2))),
        "expected a date in every row of purchased, found 1 without",
    ),
    case(
        "dates as text",
        end_of_observation,
        lambda: end_of_observation(changed(purchased=TEXT)),
        DATE.format("purchased", "str"),
    ),
    case(
        "dates as objects",
        end_of_observation,
        lambda: end_of_observation(changed(purchased=BOOK["purchased"].astype("object"))),
        DATE.format("purchased", "object"),
    ),
    case(
        "dates as numbers",
        end_of_observation,
        lambda: end_of_observation(changed(purchased=[20200101, 20200105, 20200201])),
        DATE.format("purchased", "int64"),
    ),
    case(
        "dates with a time zone",
        end_of_observation,
        lambda: end_of_observation(changed(purchased=BOOK["purchased"].dt.tz_localize("UTC"))),
        DATE.format("purchased", f"{BOOK['purchased'].dtype}".replace("]", ", UTC]")),
    ),
    case(
        "dates of arrow",
        end_of_observation,
        lambda: end_of_observation(
            changed(purchased=BOOK["purchased"].astype("timestamp[s][pyarrow]"))
        ),
        DATE.format("purchased", "timestamp[s][pyarrow]"),
    ),
    case(
        "negative closure",
        end_of_observation,
        lambda: end_of_observation(BOOK, closed=-1),
        "expected closed to be a whole number of days >= 0, found -1",
    ),
    case(
        "closure with a fraction",
        end_of_observation,
        lambda: end_of_observation(BOOK, closed=1.5),
        "expected closed to be a whole number of days >= 0, found 1.5",
    ),
    # first_orders
    case(
        "not a pandas frame",
        first_orders,
        lambda: first_orders(BOOK["order"]),
        FRAME.format("pandas.Series"),
        TypeError,
    ),
    case(
        "missing column",
        first_orders,
        lambda: first_orders(BOOK[NEEDED[:4]]),
        f"expected columns {NEEDED}, found no ['promised'] in {NEEDED[:4]}",
        KeyError,
    ),
    case(
        "column twice",
        first_orders,
        lambda: first_orders(pd.concat([BOOK, BOOK[["delivered"]]], axis=1)),
        "expected one column of each name, found several called ['delivered']",
    ),
    case(
        "optional column twice",
        first_orders,
        lambda: first_orders(pd.concat([BOOK, BOOK[["payment_cents"]]], axis=1)),
        "expected one column of each name, found several called ['payment_cents']",
    ),
    case(
        "empty",
        first_orders,
        lambda: first_orders(BOOK[:0]),
        "expected orders, found none",
    ),
    case(
        "a column that is made here",
        first_orders,
        lambda: first_orders(changed(start=BOOK["promised"])),
        "expected orders without a column start, which is made here; found one",
    ),
    case(
        "dates as text",
        first_orders,
        lambda: first_orders(changed(purchased=TEXT)),
        DATE.format("purchased", "str"),
    ),
    case(
        "a date as text that is not purchased",
        first_orders,
        lambda: first_orders(changed(promised=TEXT)),
        DATE.format("promised", "str"),
    ),
    case(
        "time zones mixed",
        first_orders,
        lambda: first_orders(changed(delivered=BOOK["delivered"].dt.tz_localize("Asia/Shanghai"))),
        DATE.format("delivered", f"{BOOK['delivered'].dtype}".replace("]", ", Asia/Shanghai]")),
    ),
    case(
        "guests",
        first_orders,
        lambda: first_orders(changed(customer=[None, "Ana", None])),
        ASIDE.format("2 with no customer"),
    ),
    case(
        "date missing",
        first_orders,
        lambda: first_orders(changed(purchased=BOOK["purchased"].mask(BOOK["order"] == 2))),
        ASIDE.format("1 with no date"),
    ),
    case(
        "repeated order",
        first_orders,
        lambda: first_orders(pd.concat([BOOK, BOOK])),
        ASIDE.format("3 with a repeated order"),
    ),
    case(
        "refund",
        first_orders,
        lambda: first_orders(changed(payment_cents=[1, -1, 0])),
        ASIDE.format("1 with a refund"),
    ),
    case(
        "order without a name",
        first_orders,
        lambda: first_orders(changed(order=[np.nan, 2, 3])),
        "expected a name in every row of order, found 1 without",
    ),
    case(
        "customers of several types",
        first_orders,
        lambda: first_orders(changed(customer=[1, "1", 2])),
        "expected names of one type in customer, found several",
    ),
    # watch
    of_watch(
        "not a pandas frame",
        FRAME.format("polars.DataFrame"),
        first=Polars(),
        error=TypeError,
    ),
    of_watch(
        "orders not a pandas frame",
        FRAME.format("builtins.list"),
        orders=[BOOK],
        error=TypeError,
    ),
    of_watch(
        "missing column",
        f"expected columns ['order', 'customer', 'start'], found no ['start'] in {list(BOOK)}",
        first=BOOK,
        error=KeyError,
    ),
    of_watch(
        "orders without a column",
        "expected columns ['order', 'customer', 'purchased', 'payment_cents'], found no "
        f"['payment_cents'] in {NEEDED}",
        orders=BOOK[NEEDED],
        error=KeyError,
    ),
    of_watch(
        "column twice",
        "expected one column of each name, found several called ['start']",
        first=pd.concat([FIRST, FIRST[["start"]]], axis=1),
    ),
    of_watch(
        "a column that is made here",
        "expected first without ['watched', 'again', 'days', 'spent'], which are made here; found "
        "['days']",
        first=FIRST.assign(days=3),
    ),
    of_watch("empty", "expected rows in first, found none", first=FIRST[:0]),
    of_watch(
        "start missing",
        "expected a date in every row of start, found 2 without",
        first=FIRST.assign(start=pd.Series(pd.NaT, FIRST.index, dtype="datetime64[s]")),
    ),
    of_watch(
        "start as text",
        DATE.format("start", "str"),
        first=FIRST.assign(start="03/04/2020"),
    ),
    of_watch(
        "customer missing",
        "expected a name in every row of customer, found 1 without",
        first=FIRST.assign(customer=["Ana", None]),
    ),
    of_watch(
        "customers of another type",
        "expected one type of customer in both tables, found string in first and number in orders",
        orders=changed(customer=[1, 2, 1]),
    ),
    of_watch(
        "orders of another type",
        "expected one type of order in both tables, found number in first and string in orders",
        orders=changed(order=["1", "2", "3"]),
    ),
    of_watch(
        "guests",
        ASIDE.format("1 with no customer"),
        orders=changed(customer=["Ana", "Bob", None]),
    ),
    of_watch(
        "repeated order",
        ASIDE.format("1 with a repeated order"),
        orders=pd.concat([BOOK, BOOK[2:]]),
    ),
    of_watch(
        "refund",
        ASIDE.format("1 with a refund"),
        orders=changed(payment_cents=[1990, 500, -700]),
    ),
    of_watch("money with a fraction", CENTS, orders=changed(payment_cents=[19.9, 5.0, 7.0])),
    of_watch("money missing", CENTS, orders=changed(payment_cents=[1, np.nan, 3])),
    of_watch(
        "money as text",
        CENTS.replace("float64", "str"),
        orders=changed(payment_cents=["1990", "500", "700"]),
    ),
    of_watch(
        "end as text",
        "expected end to be a Timestamp without a time zone, found '2020-03-31'",
        end="2020-03-31",
    ),
    of_watch(
        "end missing",
        "expected end to be a Timestamp without a time zone, found NaT",
        end=pd.NaT,
    ),
    of_watch(
        "end with a time zone",
        "expected end to be a Timestamp without a time zone, found "
        "Timestamp('2020-03-31 00:00:00+0000', tz='UTC')",
        end=END.tz_localize("UTC"),
    ),
    *(
        of_watch(kind, f"expected a window of days above 0, found {window!r}", window=window)
        for kind, window in {
            "window of nothing": 0,
            "negative window": -30,
            "window missing": np.nan,
            "infinite window": np.inf,
            "window as text": "30",
            "window as a duration": pd.Timedelta(days=30),
        }.items()
    ),
    # return_curve
    case(
        "not a pandas frame",
        return_curve,
        lambda: return_curve(None),
        FRAME.format("builtins.NoneType"),
        TypeError,
    ),
    case(
        "missing column",
        return_curve,
        lambda: return_curve(SEEN[["customer", "watched", "again"]]),
        "expected columns ['customer', 'watched', 'again', 'days'], found no ['days'] in "
        "['customer', 'watched', 'again']",
        KeyError,
    ),
    case(
        "column twice",
        return_curve,
        lambda: return_curve(pd.concat([SEEN, SEEN[["days"]]], axis=1)),
        "expected one column of each name, found several called ['days']",
    ),
    case(
        "empty",
        return_curve,
        lambda: return_curve(SEEN[:0]),
        "expected customers who were watched, found none",
        TooFewError,
    ),
    of_curve(
        "customer twice", "expected one row for each customer, found two of 5", customer=[5, 5]
    ),
    of_curve(
        "not watched", "expected watched to be above 0, found 0 in row 1", watched=[90.0, 0.0]
    ),
    of_curve(
        "watched missing",
        "expected watched to be above 0, found nan in row 1",
        watched=[90.0, None],
    ),
    of_curve(
        "watched without end",
        "expected numbers up to 1e+100 in watched, found inf in row 0",
        watched=[np.inf, 9],
    ),
    of_curve("flag of 2", "expected again to be 0 or 1, found 2 in row 0", again=[2, 0]),
    of_curve("flag missing", "expected again to be 0 or 1, found nan in row 1", again=[1, None]),
    of_curve("text", "expected numbers in again, found 'yes' in row 0", again=["yes", "no"]),
    of_curve(
        "came back without a day",
        "expected days where again is 1, and only there, found nan in row 1",
        again=[1, 1],
    ),
    of_curve(
        "a day without coming back",
        "expected days where again is 1, and only there, found 7 in row 0",
        again=[0, 0],
    ),
    of_curve(
        "back at the start",
        "expected days above 0 and up to watched, found 0 in row 0",
        days=[0, np.nan],
    ),
    of_curve(
        "back after the end",
        "expected days above 0 and up to watched, found 91 in row 0",
        days=[91, np.nan],
    ),
    of_curve(
        "a date as number",
        f"expected numbers in days, found {DAYS[0]!r} in row 0",
        days=pd.Series([DAYS[0], pd.NaT]),
    ),
]
