"""Refusals of analysis.value."""

from functools import partial

import numpy as np
import pandas as pd

from analysis import value
from analysis.estimate import Estimate, TooFewError
from tests.refusals import Case

FRAME = "expected a pandas DataFrame, found {}: convert it first"
NO_MAXIMUM = (
    "expected a likelihood of {} with a maximum, found none: there are too few customers, or they "
    "differ too little"
)
DATE = (
    "expected datetime64 without a time zone in date, found {}: read text with pd.to_datetime and "
    "a format, drop a time zone with dt.tz_localize(None)"
)

DAYS = pd.to_datetime(["2020-01-01", "2020-01-08", "2020-01-15"], format="%Y-%m-%d")
END = pd.Timestamp("2020-01-31")
PURCHASES = pd.DataFrame({"customer": [1, 1, 2], "date": DAYS, "cents": [500, 700, 900]})
HISTORY = pd.DataFrame(
    {"frequency": [0, 1, 3], "recency": [0.0, 5.0, 20.0], "age": [39.0, 30.0, 39.0], "n": [9, 5, 2]}
)
ABOUT = {"kind": "published", "source": "x"}
RATE = Estimate(value=0.9, low=0.8, high=1.02, n=9, method="rate", **ABOUT)
LEAVERS = value.Fit(pd.Series({"alpha": 1.0, "beta": 4.0}), np.eye(2), -1.0, 9)
CHURN = {"mean": 0.02, "low": 0.01, "high": 0.03, "n": 9}
NEW = HISTORY[:1].assign(age=0)
SPEND = pd.DataFrame({"frequency": [0, 1, 3], "spend": [np.nan, 20.0, 35.5], "n": [9, 5, 2]})
MONEY = pd.DataFrame({"money": [0, 10, 90], "n": [5, 3, 1]})
BUYING, SPENDING = (0.24, 4.4, 0.8, 2.4), (6.25, 3.74, 15.44)


class Polars:
    """Stands in for a frame of another package, which is not a dependency."""


Polars.__module__, Polars.__name__ = "polars.dataframe.frame", "DataFrame"


def case(kind, function, call, message, error=ValueError):
    return Case(kind, function, call, error, message)


# What every function of counts must refuse, with a column of numbers that it needs.
ESTIMATORS = {
    value.fit_purchases: (HISTORY, "recency", value.fit_purchases),
    value.fit_spend: (SPEND, "spend", value.fit_spend),
    value.gini: (MONEY, "money", lambda t: value.gini(t, "money")),
    value.lorenz: (MONEY, "money", lambda t: value.lorenz(t, "money", largest_first=True)),
    value.top_share: (MONEY, "money", lambda t: value.top_share(t, "money", 0.2)),
    value.future_purchases: (
        HISTORY,
        "recency",
        lambda t: value.future_purchases(BUYING, t, 39),
    ),
    value.future_spend: (SPEND, "spend", lambda t: value.future_spend(SPENDING, t)),
    value.resample: (MONEY, None, lambda t: value.resample(t, draws=2, seed=1)),
}
WITHOUT_N = (value.future_purchases, value.future_spend)
WANTED = {
    value.fit_purchases: ["frequency", "recency", "age", "n"],
    value.future_purchases: ["frequency", "recency", "age"],
    value.fit_spend: ["frequency", "spend", "n"],
    value.future_spend: ["frequency", "spend"],
    value.resample: ["n"],
}


def cases_of_all():
    for function, (table, column, call) in ESTIMATORS.items():
        yield case(
            "not a pandas frame",
            function,
            partial(call, Polars()),
            FRAME.format("polars.DataFrame"),
            TypeError,
        )
        name = column or "n"
        wanted = [w for w in WANTED.get(function, ["money", "n"]) if w != "n" or name == "n"]
        left = [other for other in table.columns if other != name]
        yield case(
            "missing column",
            function,
            partial(call, table[left]),
            f"expected columns {wanted}, found no ['{name}'] in {left}",
            KeyError,
        )
        yield case(
            "column twice",
            function,
            partial(call, pd.concat([table, table[[name]]], axis=1)),
            f"expected one column of each name, found several called ['{name}']",
        )
        if column:
            yield from cases_of_numbers(function, table, column, call)
        if function not in WITHOUT_N:
            yield from cases_of_n(function, table, call)


def cases_of_numbers(function, table, column, call):
    for kind, bad, message in (
        ("text", "7", f"expected numbers in {column}, found '7' in row 1"),
        ("date as number", DAYS[0], f"expected numbers in {column}, found {DAYS[0]!r} in row 1"),
        ("infinite", np.inf, f"expected numbers up to 1e+100 in {column}, found inf in row 1"),
    ):
        values = table[column].astype("object")
        values.iloc[1] = bad
        yield case(
            kind,
            function,
            partial(call, table.assign(**{column: values})),
            message,
        )


def cases_of_n(function, table, call):
    for kind, bad, found in (
        ("negative n", -1.0, "-1"),
        ("fractional n", 2.5, "2.5"),
        ("n missing", np.nan, "nan"),
    ):
        n = table["n"].astype(float)
        n.iloc[1] = bad
        yield case(
            kind,
            function,
            partial(call, table.assign(n=n)),
            f"expected n to be a whole number >= 0, found {found} in row 1",
        )


def of_history(kind, message, **columns):
    for function in (value.fit_purchases, value.future_purchases):
        call = ESTIMATORS[function][2]
        yield case(kind, function, partial(call, HISTORY.assign(**columns)), message)


def of_spend(kind, message, **columns):
    for function in (value.fit_spend, value.future_spend):
        call = ESTIMATORS[function][2]
        yield case(kind, function, partial(call, SPEND.assign(**columns)), message)


def of_money(kind, message, functions, **columns):
    for function in functions:
        call = ESTIMATORS[function][2]
        yield case(kind, function, partial(call, MONEY.assign(**columns)), message)


def of_purchases(kind, message, *, end=END, error=ValueError, **columns):
    return case(
        kind,
        value.repeat_purchases,
        lambda: value.repeat_purchases(PURCHASES.assign(**columns), end=end),
        message,
        error,
    )


def of_samples(kind, samples, message, error=ValueError):
    return case(kind, value.gini, lambda: value.gini(MONEY, "money", n=samples), message, error)


def of_renewals(kind, survivors, message, error=ValueError):
    return case(kind, value.fit_renewals, lambda: value.fit_renewals(survivors), message, error)


MEASURES = (value.gini, value.top_share, value.lorenz)
CASES = [
    *cases_of_all(),
    # lifetime_value
    case(
        "retention above 1",
        value.lifetime_value,
        lambda: value.lifetime_value(1.01, discount=0.1),
        "expected retention from 0 to 1, found 1.01",
    ),
    case(
        "negative retention in an array",
        value.lifetime_value,
        lambda: value.lifetime_value([0.5, -0.1, 2], discount=0.1),
        "expected retention from 0 to 1, found -0.1",
    ),
    case(
        "retention missing",
        value.lifetime_value,
        lambda: value.lifetime_value([0.9, np.nan], discount=0.1),
        "expected finite numbers for retention, found nan",
    ),
    case(
        "retention as text",
        value.lifetime_value,
        lambda: value.lifetime_value("0.9", discount=0.1),
        "expected finite numbers for retention, found '0.9'",
    ),
    case(
        "retention as a column of text",
        value.lifetime_value,
        lambda: value.lifetime_value(pd.Series(["0.9"], name="kept"), discount=0.1),
        "expected numbers in kept, found '0.9' in row 0",
    ),
    case(
        "a discount below what leaves",
        value.lifetime_value,
        lambda: value.lifetime_value(0.99, discount=-0.05),
        "expected 1 + discount - retention above 0, found -0.04: the sum has no end",
    ),
    case(
        "nobody leaves and no discount",
        value.lifetime_value,
        lambda: value.lifetime_value(1.0, discount=0),
        "expected 1 + discount - retention above 0, found 0: the sum has no end",
    ),
    case(
        "discount missing",
        value.lifetime_value,
        lambda: value.lifetime_value(0.9, discount=np.nan),
        "expected finite numbers for discount, found nan",
    ),
    case(
        "infinite margin",
        value.lifetime_value,
        lambda: value.lifetime_value(0.9, discount=0.1, margin=-np.inf),
        "expected finite numbers for margin, found -inf",
    ),
    # value_change
    case(
        "nobody would leave and no discount",
        value.value_change,
        lambda: value.value_change(0.95, 0.05, discount=0),
        "expected 1 + discount - retention above 0, found 0: the sum has no end",
    ),
    case(
        "moved beyond 1",
        value.value_change,
        lambda: value.value_change(0.95, 0.06, discount=0.1),
        "expected retention from 0 to 1, found 1.01",
    ),
    case(
        "moved below 0",
        value.value_change,
        lambda: value.value_change(0.04, -0.05, discount=0.1),
        "expected retention from 0 to 1, found -0.01",
    ),
    case(
        "started beyond 1",
        value.value_change,
        lambda: value.value_change(1.05, -0.1, discount=0.1),
        "expected retention from 0 to 1, found 1.05",
    ),
    case(
        "points as text",
        value.value_change,
        lambda: value.value_change(0.9, "5", discount=0.1),
        "expected finite numbers for points, found '5'",
    ),
    # fit_renewals
    of_renewals(
        "too few years",
        [100, 90],
        "expected at least 3 whole numbers that never rise, found [100.0, 90.0]",
    ),
    of_renewals(
        "a rise",
        [100, 90, 95],
        "expected at least 3 whole numbers that never rise, found [100.0, 90.0, 95.0]",
    ),
    of_renewals(
        "negative survivors",
        [100, 50, -1],
        "expected at least 3 whole numbers that never rise, found [100.0, 50.0, -1.0]",
    ),
    of_renewals(
        "shares instead of customers",
        [1.0, 0.63, 0.47],
        "expected at least 3 whole numbers that never rise, found [1.0, 0.63, 0.47]",
    ),
    of_renewals(
        "survivors missing",
        [100, np.nan, 50],
        "expected finite numbers for survivors, found nan",
    ),
    of_renewals(
        "survivors as text",
        ["100", "60", "50"],
        "expected finite numbers for survivors, found ['100', '60', '50']",
    ),
    of_renewals(
        "empty",
        [],
        "expected at least 3 whole numbers that never rise, found []",
    ),
    of_renewals(
        "nobody left",
        [100, 100, 100],
        "expected some to leave and some to stay, found [100.0, 100.0, 100.0]",
        TooFewError,
    ),
    of_renewals(
        "nobody renewed",
        [100, 0, 0],
        "expected some to leave and some to stay, found [100.0, 0.0, 0.0]",
        TooFewError,
    ),
    of_renewals(
        "retention that falls",
        [100, 50, 0],
        NO_MAXIMUM.format("alpha, beta"),
        TooFewError,
    ),
    of_renewals(
        "one constant retention",
        [100, 50, 25],
        NO_MAXIMUM.format("alpha, beta"),
        TooFewError,
    ),
    of_renewals(
        "leavers in the first year only",
        [100, 60, 60],
        NO_MAXIMUM.format("alpha, beta"),
        TooFewError,
    ),
    # survival, renewal_lifetime
    *(
        case(kind, function, partial(call, bad), message)
        for function, call in (
            (value.survival, lambda params: value.survival(params, 3)),
            (value.renewal_lifetime, lambda params: value.renewal_lifetime(params, discount=0.1)),
        )
        for kind, bad, message in (
            ("parameter of 0", (0.7, 0), "expected alpha, beta above 0, found [0.7, 0.0]"),
            ("negative parameter", (-0.7, 1), "expected alpha, beta above 0, found [-0.7, 1.0]"),
            ("three parameters", (1, 2, 3), "expected alpha, beta above 0, found [1.0, 2.0, 3.0]"),
            ("parameter missing", (0.7, np.nan), "expected finite numbers for params, found nan"),
        )
    ),
    case(
        "negative years",
        value.survival,
        lambda: value.survival((0.7, 1.2), [0, -1]),
        "expected years >= 0, found -1",
    ),
    case(
        "negative discount",
        value.renewal_lifetime,
        lambda: value.renewal_lifetime((0.7, 1.2), discount=-0.01),
        "expected discount >= 0, found -0.01",
    ),
    case(
        "a discount too small to sum",
        value.renewal_lifetime,
        lambda: value.renewal_lifetime((2.5, 1.2), discount=9e-9),
        "expected discount 0 or at least 1e-8, found 9e-09",
    ),
    case(
        "no discount and loyal customers",
        value.renewal_lifetime,
        lambda: value.renewal_lifetime((1, 1.2), discount=0),
        "expected discount above 0 where alpha is 1: found no end",
    ),
    # repeat_purchases
    case(
        "not a pandas frame",
        value.repeat_purchases,
        lambda: value.repeat_purchases([1], end=END),
        FRAME.format("builtins.list"),
        TypeError,
    ),
    case(
        "missing column",
        value.repeat_purchases,
        lambda: value.repeat_purchases(PURCHASES[["customer", "cents"]], end=END),
        "expected columns ['customer', 'date', 'cents'], found no ['date'] in "
        "['customer', 'cents']",
        KeyError,
    ),
    case(
        "column twice",
        value.repeat_purchases,
        lambda: value.repeat_purchases(
            pd.concat([PURCHASES, PURCHASES[["cents"]]], axis=1), end=END
        ),
        "expected one column of each name, found several called ['cents']",
    ),
    case(
        "empty",
        value.repeat_purchases,
        lambda: value.repeat_purchases(PURCHASES[:0], end=END),
        "expected purchases, found none",
    ),
    of_purchases(
        "customer missing",
        "expected a name in every row of customer, found 2 without",
        customer=[1, None, None],
    ),
    of_purchases(
        "customers of several types",
        "expected names of one type in customer, found several",
        customer=[1, "1", 2],
    ),
    of_purchases(
        "dates as text",
        DATE.format("str"),
        date=["01/02/2020", "02/02/2020", "13/02/2020"],
    ),
    of_purchases(
        "dates with a time zone",
        DATE.format("datetime64[s, UTC]"),
        date=PURCHASES["date"].astype("datetime64[s]").dt.tz_localize("UTC"),
    ),
    of_purchases(
        "date missing",
        "expected a date in every row of date, found 1 without",
        date=PURCHASES["date"].mask(PURCHASES["cents"] == 700),
    ),
    of_purchases(
        "money with a fraction",
        "expected integer cents in cents, found float64: multiply by 100, round and convert to "
        "int64",
        cents=[5.0, 7.5, 9.0],
    ),
    of_purchases(
        "refund",
        "expected cents >= 0, no refunds, found -700 in row 1",
        cents=[500, -700, 900],
    ),
    of_purchases(
        "nothing up to the end",
        "expected purchases up to 2019-12-31, found none",
        end=pd.Timestamp("2019-12-31"),
    ),
    of_purchases(
        "end as text",
        "expected end to be a Timestamp without a time zone, found '2020-01-31'",
        end="2020-01-31",
    ),
    # fit_purchases, future_purchases
    *of_history(
        "negative frequency",
        "expected frequency to be a whole number >= 0, found -1 in row 1",
        frequency=[0, -1, 3],
    ),
    *of_history(
        "fractional frequency",
        "expected frequency to be a whole number >= 0, found 1.5 in row 1",
        frequency=[0, 1.5, 3],
    ),
    *of_history(
        "negative recency", "expected recency >= 0, found -5 in row 1", recency=[0, -5, 20]
    ),
    *of_history(
        "a last purchase without a second",
        "expected recency 0 where frequency is 0, found 4 in row 0",
        recency=[4, 5, 20],
    ),
    *of_history(
        "a last purchase after the end",
        "expected recency up to age, found 20 in row 2",
        age=[39, 30, 19.9],
    ),
    *of_history("negative age", "expected age >= 0, found -1 in row 0", age=[-1, 30, 39]),
    *of_history(
        "a second purchase in no time",
        "expected frequency 0 where age is 0, found 1 in row 1",
        recency=[0, 0, 20],
        age=[39, 0, 39],
    ),
    case(
        "a number missing",
        value.future_purchases,
        lambda: value.future_purchases(BUYING, HISTORY.assign(age=[39, np.nan, 39]), 39),
        "expected age in every row, found nan in row 1",
    ),
    case(
        "negative time",
        value.future_purchases,
        lambda: value.future_purchases(BUYING, HISTORY, -1),
        "expected weeks >= 0, found -1",
    ),
    case(
        "three parameters",
        value.future_purchases,
        lambda: value.future_purchases(SPENDING, HISTORY, 39),
        "expected r, alpha, a, b above 0, found [6.25, 3.74, 15.44]",
    ),
    case(
        "empty",
        value.fit_purchases,
        lambda: value.fit_purchases(HISTORY[:0]),
        "expected customers who bought again, found none",
        TooFewError,
    ),
    case(
        "nobody bought again",
        value.fit_purchases,
        lambda: value.fit_purchases(HISTORY[:1]),
        "expected customers who bought again, found none",
        TooFewError,
    ),
    case(
        "nobody seems to have left",
        value.fit_purchases,
        lambda: value.fit_purchases(HISTORY.assign(recency=[0, 30, 39])),
        NO_MAXIMUM.format("r, alpha, a, b"),
        TooFewError,
    ),
    case(
        "all the same",
        value.fit_purchases,
        lambda: value.fit_purchases(HISTORY[1:2]),
        NO_MAXIMUM.format("r, alpha, a, b"),
        TooFewError,
    ),
    case(
        "parameter of 0",
        value.future_purchases,
        lambda: value.future_purchases((0.24, 4.4, 0, 2.4), NEW, 39),
        "expected r, alpha, a, b above 0, found [0.24, 4.4, 0.0, 2.4]",
    ),
    case(
        "parameters out of reach",
        value.future_purchases,
        lambda: value.future_purchases((0.0944, 0.6384, 1267, 11.17), NEW, 529),
        "expected r, alpha, a, b for which 2F1 can be computed, found 0.0944, 0.6384, 1267, 11.17",
    ),
    # fit_spend, future_spend
    *of_spend(
        "negative frequency",
        "expected frequency to be a whole number >= 0, found -3 in row 2",
        frequency=[0, 1, -3],
    ),
    *of_spend("negative spend", "expected spend >= 0, found -20 in row 1", spend=[np.nan, -20, 35]),
    *of_spend(
        "money without a purchase",
        "expected spend missing or 0 where frequency is 0, found 9 in row 0",
        spend=[9, 20, 35],
    ),
    case(
        "all for nothing",
        value.fit_spend,
        lambda: value.fit_spend(SPEND.assign(spend=[np.nan, 0, 0])),
        "expected customers who spent money again, found none",
        TooFewError,
    ),
    case(
        "all the same",
        value.fit_spend,
        lambda: value.fit_spend(SPEND.assign(spend=[np.nan, 20, 20])),
        NO_MAXIMUM.format("p, q, gamma"),
        TooFewError,
    ),
    case(
        "spend missing",
        value.future_spend,
        lambda: value.future_spend(SPENDING, SPEND.assign(spend=[np.nan, np.nan, 35])),
        "expected spend where frequency is above 0, found nan in row 1",
    ),
    case(
        "no mean",
        value.future_spend,
        lambda: value.future_spend((6.25, 1, 15.44), SPEND),
        "expected p x frequency + q above 1, or there is no mean, found 1 in row 0",
    ),
    case(
        "four parameters",
        value.future_spend,
        lambda: value.future_spend(BUYING, SPEND),
        "expected p, q, gamma above 0, found [0.24, 4.4, 0.8, 2.4]",
    ),
    # lorenz, gini, top_share
    *of_money(
        "a number missing",
        "expected money in every row, found nan in row 0",
        MEASURES,
        money=[np.nan, 10, 90],
    ),
    *of_money(
        "nothing to share", "expected a sum of money above 0, found 0", MEASURES, money=[0, 0, 0]
    ),
    *of_money(
        "more lost than won",
        "expected a sum of money above 0, found -20",
        (value.top_share, value.lorenz),
        money=[-10, 10, 0],
    ),
    *of_money("nobody", "expected a sum of money above 0, found 0", MEASURES, n=[0, 0, 0]),
    case(
        "negative money",
        value.gini,
        lambda: value.gini(MONEY.assign(money=[0, -10, 90]), "money"),
        "expected money >= 0, found -10 in row 1",
    ),
    case(
        "negative money from the smallest up",
        value.lorenz,
        lambda: value.lorenz(MONEY.assign(money=[0, -10, 90]), "money"),
        "expected money >= 0, found -10 in row 1",
    ),
    case(
        "part above 1",
        value.top_share,
        lambda: value.top_share(MONEY, "money", 20),
        "expected part from 0 to 1, found 20",
    ),
    case(
        "negative part",
        value.top_share,
        lambda: value.top_share(MONEY, "money", -0.2),
        "expected part from 0 to 1, found -0.2",
    ),
    case(
        "part missing",
        value.top_share,
        lambda: value.top_share(MONEY, "money", np.nan),
        "expected finite numbers for part, found nan",
    ),
    of_samples(
        "samples of another table",
        [[1, 2]],
        "expected samples of whole numbers >= 0 for 3 rows, found an array of shape (1, 2) and "
        "from 1 to 2",
    ),
    of_samples(
        "negative samples",
        [[1, 2, -3]],
        "expected samples of whole numbers >= 0 for 3 rows, found an array of shape (1, 3) and "
        "from -3 to 2",
    ),
    of_samples(
        "fractional samples",
        [[1, 2, 0.5]],
        "expected samples of whole numbers >= 0 for 3 rows, found an array of shape (1, 3) and "
        "from 0.5 to 2",
    ),
    of_samples(
        "samples missing",
        [[1, 2, np.nan]],
        "expected finite numbers for samples, found nan",
    ),
    of_samples(
        "one empty sample of two",
        [[1, 2, 3], [6, 0, 0]],
        "expected a sum of money above 0, found 0",
    ),
    # resample
    case(
        "nobody",
        value.resample,
        lambda: value.resample(MONEY.assign(n=0), draws=2, seed=1),
        "expected customers to draw from, found none",
        TooFewError,
    ),
    case(
        "empty",
        value.resample,
        lambda: value.resample(MONEY[:0], draws=2, seed=1),
        "expected customers to draw from, found none",
        TooFewError,
    ),
    # value_change, change_from
    case(
        "all the value spent on winning",
        value.value_change,
        lambda: value.value_change(0.9, 0.05, discount=0.1, acquisition=1),
        "expected acquisition below 1, found 1",
    ),
    case(
        "acquisition in per cent",
        value.value_change,
        lambda: value.value_change(0.9, 0.05, discount=0.1, acquisition=30),
        "expected acquisition from 0 to 1, found 30",
    ),
    case(
        "a rate whose interval passes 1",
        value.change_from,
        lambda: value.change_from(RATE, 0.05, discount=0.1),
        "expected retention from 0 to 1, found 1.02",
    ),
    # retention_from_churn
    case(
        "half a month",
        value.retention_from_churn,
        lambda: value.retention_from_churn(CHURN, periods=0.5, **ABOUT),
        "expected periods to be a whole number >= 1, found 0.5",
    ),
    case(
        "churn in per cent",
        value.retention_from_churn,
        lambda: value.retention_from_churn(CHURN | {"high": 3}, **ABOUT),
        "expected churn from 0 to 1, found 3",
    ),
    case(
        "ends the wrong way round",
        value.retention_from_churn,
        lambda: value.retention_from_churn(CHURN | {"low": 0.03}, **ABOUT),
        "expected churn with low <= mean <= high, found [0.03, 0.02, 0.03]",
    ),
    # smallest_base, renewal_rate
    case(
        "fractions of a thousand",
        value.smallest_base,
        lambda: value.smallest_base([1000, 666.7]),
        "expected survivors of a thousand, found [1000.0, 666.7]",
    ),
    case(
        "survivors that rise",
        value.renewal_rate,
        lambda: value.renewal_rate([10, 5, 6], customers=10, **ABOUT),
        "expected at least 2 numbers that never rise, found [10.0, 5.0, 6.0]",
    ),
    case(
        "one customer",
        value.renewal_rate,
        lambda: value.renewal_rate([10, 5], customers=1, **ABOUT),
        "expected 2 or more customers, found 1",
    ),
    case(
        "everybody renews",
        value.renewal_rate,
        lambda: value.renewal_rate([10, 10], customers=10, **ABOUT),
        "expected some to renew and some not, found [10.0, 10.0]",
        TooFewError,
    ),
    # renewal_change
    case(
        "more points than customers leave",
        value.renewal_change,
        lambda: value.renewal_change(LEAVERS, 0.5, discount=0.1, draws=2, seed=1, source="x"),
        "expected a mean chance of leaving that can fall by 0.5, found 0.2",
    ),
    # repeat_shares
    case(
        "no window",
        value.repeat_shares,
        lambda: value.repeat_shares(PURCHASES, [], end=END, **ABOUT),
        "expected windows of whole days >= 1, found []",
    ),
    case(
        "a window of weeks and a half",
        value.repeat_shares,
        lambda: value.repeat_shares(PURCHASES, [10.5], end=END, **ABOUT),
        "expected windows of whole days >= 1, found [10.5]",
    ),
    case(
        "refund",
        value.repeat_shares,
        lambda: value.repeat_shares(PURCHASES.assign(cents=[1, -1, 1]), [9], end=END, **ABOUT),
        "expected cents >= 0, no refunds, found -1 in row 1",
    ),
    case(
        "nobody seen so long",
        value.repeat_shares,
        lambda: value.repeat_shares(PURCHASES, [365], end=END, **ABOUT),
        "expected 2 or more customers, some of whose sales came later, found 0 customers",
        TooFewError,
    ),
    case(
        "nobody bought again",
        value.repeat_shares,
        lambda: value.repeat_shares(PURCHASES[1:], [9], end=END, **ABOUT),
        "expected 2 or more customers, some of whose sales came later, found 2 customers",
        TooFewError,
    ),
]
