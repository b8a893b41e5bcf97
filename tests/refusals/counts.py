"""Refusals of analysis.counts."""

import decimal

import numpy as np
import pandas as pd

from analysis.counts import ColumnError, complete, count_by, expand, merge, numeric
from tests.refusals import Case

COUNTS = pd.DataFrame({"score": [1.0, 5.0, None], "word": ["a", "b", None], "n": [2, 3, 4]})
ROWS = pd.DataFrame({"score": [1, 5, 5], "cents": [100, 250, 1999]})
TWICE = pd.DataFrame([[1, 2, 3]], columns=["score", "score", "n"])
LEVELS = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "n")]))
MONEY = pd.DataFrame({"score": [1], "n": [2], "total": [300], "total_sq": [5e4]})
DAYS = pd.Series(pd.to_datetime(["2026-01-01"]), name="day")

N_KINDS = {
    "n is missing": ([2, np.nan, 4], "expected n to be a whole number >= 0, found nan in row 1"),
    "n is negative": ([2, 3, -4], "expected n to be a whole number >= 0, found -4 in row 2"),
    "n is fractional": ([0.5, 3, 4], "expected n to be a whole number >= 0, found 0.5 in row 0"),
    "n is nearly whole": (
        [2, 3 + 1e-12, 4],
        "expected n to be a whole number >= 0, found 3.000000000001 in row 1",
    ),
    "n is text": (["2", "3", "4"], "expected numbers in n, found '2' in row 0"),
    "n is a date": (
        pd.to_datetime(["2026-01-01"] * 3),
        "expected numbers in n, found Timestamp('2026-01-01 00:00:00') in row 0",
    ),
    "n is infinite": ([2, 3, np.inf], "expected numbers up to 1e+100 in n, found inf in row 2"),
    "n is a flag": ([True, False, True], "expected n to be whole numbers, found bool"),
    "n is too large": (
        [2**61, 2**61, 1],
        "expected fewer than 9007199254740992 customers in all, found 4.61169e+18",
    ),
}
CALLS = {
    complete: lambda counts: complete(counts, "score"),
    count_by: lambda counts: count_by(counts, "score", weights="n"),
    merge: lambda counts: merge(counts, COUNTS),
    expand: lambda counts: expand(counts),
}
NUMBERS = {
    "text": (["5", "1"], "expected numbers in x, found '5' in row 0"),
    "text among numbers": ([1, "5"], "expected numbers in x, found '5' in row 1"),
    "text as a category": (
        pd.Categorical([None, "low"]),
        "expected numbers in x, found 'low' in row 1",
    ),
    "a date": (DAYS, "expected numbers in x, found Timestamp('2026-01-01 00:00:00') in row 0"),
    "a date with a time zone": (
        DAYS.dt.tz_localize("UTC"),
        "expected numbers in x, found Timestamp('2026-01-01 00:00:00+0000', tz='UTC') in row 0",
    ),
    "a duration": (
        pd.to_timedelta([1], unit="D"),
        "expected numbers in x, found Timedelta('1 days 00:00:00') in row 0",
    ),
    "infinite": ([1, -np.inf], "expected numbers up to 1e+100 in x, found -inf in row 1"),
    "infinite decimal": (
        [decimal.Decimal("Infinity")],
        "expected numbers up to 1e+100 in x, found inf in row 0",
    ),
    "too large": ([1e101, 1], "expected numbers up to 1e+100 in x, found 1e+101 in row 0"),
    "too large to hold": ([10**400], "expected numbers up to 1e+100 in x, found a larger"),
    "complex": ([1 + 2j], "expected real numbers in x, found complex128"),
    "a list in a cell": ([[1], 2], "expected numbers in x, found [1] in row 0"),
    "an interval": (
        pd.interval_range(0, 1),
        "expected numbers in x, found Interval(0, 1, closed='right') in row 0",
    ),
}

CASES = [
    *(
        Case(kind, function, lambda c=call, n=n: c(COUNTS.assign(n=n)), ValueError, message)
        for kind, (n, message) in N_KINDS.items()
        for function, call in CALLS.items()
    ),
    *(
        Case(
            "not a pandas frame",
            function,
            lambda c=call: c({"score": [1], "n": [2]}),
            TypeError,
            "expected a pandas DataFrame, found builtins.dict: convert it first",
        )
        for function, call in CALLS.items()
    ),
    *(
        Case(
            "columns of two levels",
            function,
            lambda c=call: c(LEVELS),
            TypeError,
            "expected one name a column, found 2 levels of names: join them",
        )
        for function, call in CALLS.items()
    ),
    *(
        Case(kind, numeric, lambda v=values: numeric(pd.Series(v, name="x")), ValueError, message)
        for kind, (values, message) in NUMBERS.items()
    ),
    Case(
        "nameless text",
        numeric,
        lambda: numeric(pd.Series(["5"])),
        ValueError,
        "expected numbers in the values, found '5' in row 0",
    ),
    Case(
        "not a series",
        numeric,
        lambda: numeric([1, 2]),
        TypeError,
        "expected a pandas Series, found list",
    ),
    Case(
        "an array",
        complete,
        lambda: complete(np.ones((2, 2)), "score"),
        TypeError,
        "expected a pandas DataFrame, found numpy.ndarray: convert it first",
    ),
    Case(
        "no n",
        complete,
        lambda: complete(ROWS, "score"),
        ColumnError,
        "expected columns ['n'], found no ['n'] in ['score', 'cents']",
    ),
    Case(
        "missing column",
        complete,
        lambda: complete(COUNTS, "flag"),
        ColumnError,
        "expected columns ['flag'], found no ['flag'] in ['score', 'word', 'n']",
    ),
    Case(
        "missing columns of each kind",
        complete,
        lambda: complete(COUNTS, ["a"], numbers=["score"], flags=["b"]),
        ColumnError,
        "expected columns ['a', 'score', 'b'], found no ['a', 'b'] in ['score', 'word', 'n']",
    ),
    Case(
        "name that is none",
        complete,
        lambda: complete(COUNTS, [["score"]]),
        TypeError,
        "expected names of columns, found [['score']]",
    ),
    Case(
        "column in the table twice",
        complete,
        lambda: complete(TWICE, "score"),
        ValueError,
        "expected one column of each name, found several called ['score']",
    ),
    Case(
        "column asked for twice",
        complete,
        lambda: complete(COUNTS, "score", numbers="score"),
        ValueError,
        "expected different columns, found ['score'] more than once",
    ),
    *(
        Case(
            f"n among the {word}",
            complete,
            lambda o=options: complete(COUNTS, **o),
            ValueError,
            "expected columns other than n, which holds the counts, found 'n'",
        )
        for word, options in {
            "columns": {"columns": ["n"]},
            "numbers": {"columns": [], "numbers": "n"},
            "flags": {"columns": [], "flags": "n"},
        }.items()
    ),
    Case(
        "text as a number",
        complete,
        lambda: complete(COUNTS, [], numbers="word"),
        ValueError,
        "expected numbers in word, found 'a' in row 0",
    ),
    *(
        Case(
            f"flag of {values}",
            complete,
            lambda v=values: complete(COUNTS.assign(flag=v), [], flags="flag"),
            ValueError,
            f"expected flag to be 0 or 1, found {message}",
        )
        for values, message in {
            (0, 1, 2): "2 in row 2",
            (1, 2, 1): "2 in row 1",
            (0, 100, 0): "100 in row 1",
            (-1, 1, 1): "-1 in row 0",
            (0.5, 1, 1): "0.5 in row 0",
        }.items()
    ),
    Case(
        "yes and no as a flag",
        complete,
        lambda: complete(COUNTS.assign(flag=["yes", "no", "no"]), [], flags="flag"),
        ValueError,
        "expected numbers in flag, found 'yes' in row 0",
    ),
    Case(
        "no column",
        count_by,
        lambda: count_by(ROWS, []),
        ValueError,
        "expected a column to count by, found none",
    ),
    Case(
        "missing column",
        count_by,
        lambda: count_by(ROWS, ["score", "stars"]),
        ColumnError,
        "expected columns ['score', 'stars'], found no ['stars'] in ['score', 'cents']",
    ),
    Case(
        "missing weights",
        count_by,
        lambda: count_by(ROWS, "score", weights="n"),
        ColumnError,
        "expected columns ['n'], found no ['n'] in ['score', 'cents']",
    ),
    Case(
        "missing money",
        count_by,
        lambda: count_by(ROWS, "score", money="euro"),
        ColumnError,
        "expected columns ['euro'], found no ['euro'] in ['score', 'cents']",
    ),
    Case(
        "weights as a list",
        count_by,
        lambda: count_by(COUNTS, "score", weights=["n"]),
        TypeError,
        "expected names of columns, found [['n']]",
    ),
    Case(
        "column twice",
        count_by,
        lambda: count_by(ROWS, ["score", "score"]),
        ValueError,
        "expected different columns, found ['score'] more than once",
    ),
    Case(
        "weights not named",
        count_by,
        lambda: count_by(COUNTS, "score"),
        ValueError,
        "expected weights='n' for a table of counts, or rows without a column n; found a column n "
        "and no weights: name it, or drop or rename it",
    ),
    Case(
        "n as an answer",
        count_by,
        lambda: count_by(COUNTS, ["score", "n"]),
        ValueError,
        "expected columns to count by other than ['n'], found ['n']",
    ),
    Case(
        "n as an answer and weights",
        count_by,
        lambda: count_by(COUNTS, "n", weights="n"),
        ValueError,
        "expected columns to count by other than ['n'], found ['n']",
    ),
    Case(
        "weights as an answer",
        count_by,
        lambda: count_by(COUNTS, ["score", "word"], weights="word"),
        ValueError,
        "expected columns to count by other than ['n', 'word'], found ['word']",
    ),
    Case(
        "total as an answer beside money",
        count_by,
        lambda: count_by(ROWS.assign(total=1, total_sq=2), ["total_sq", "total"], money="cents"),
        ValueError,
        "expected columns to count by other than ['n', 'total', 'total_sq'], found ['total_sq', "
        "'total']",
    ),
    Case(
        "money of counts",
        count_by,
        lambda: count_by(ROWS.assign(n=1), "score", weights="n", money="cents"),
        ValueError,
        "expected rows to total money over, found weights: a table of counts",
    ),
    *(
        Case(
            f"money as {kind}",
            count_by,
            lambda v=values: count_by(ROWS.assign(cents=v), "score", money="cents"),
            ValueError,
            f"expected integer cents in cents, found {kind}: multiply by 100, round and convert to "
            "int64",
        )
        for kind, values in {
            "float64": [19.90, 1.0, 2.0],
            "bool": [True, False, True],
            "object": [decimal.Decimal("19.90")] * 3,
            "str": ["19", "1", "2"],
            "category": pd.Categorical([19, 1, 2]),
        }.items()
    ),
    Case(
        "money that is missing",
        count_by,
        lambda: count_by(
            ROWS.assign(cents=pd.array([1, None, None], dtype="Int64")), "score", money="cents"
        ),
        ValueError,
        "expected money in every row, found 2 missing in cents",
    ),
    Case(
        "money beyond a float",
        count_by,
        lambda: count_by(ROWS.assign(cents=2**53), "score", money="cents"),
        ValueError,
        "expected less than 9007199254740992 cents in all, found 2.70216e+16 in cents",
    ),
    Case(
        "values of several kinds",
        count_by,
        lambda: count_by(ROWS.assign(word=[1, "b", 2.5]), ["score", "word"]),
        ValueError,
        "expected plain values of one kind to sort by in each column, found {'word': ['float', "
        "'int', 'str']}",
    ),
    Case(
        "lists in cells",
        count_by,
        lambda: count_by(pd.DataFrame({"tags": [["a"], ["b"], None]}), "tags"),
        ValueError,
        "expected plain values of one kind to sort by in each column, found {'tags': ['list']}",
    ),
    Case(
        "no table",
        merge,
        merge,
        ValueError,
        "expected tables of counts to merge, found none",
    ),
    Case(
        "a list of tables",
        merge,
        lambda: merge([COUNTS, COUNTS]),
        TypeError,
        "expected a pandas DataFrame, found builtins.list: convert it first",
    ),
    Case(
        "no n",
        merge,
        lambda: merge(COUNTS, ROWS),
        ColumnError,
        "expected columns ['n'], found no ['n'] in ['score', 'cents']",
    ),
    Case(
        "other columns",
        merge,
        lambda: merge(COUNTS, COUNTS.drop(columns="word")),
        ValueError,
        "expected columns ['score', 'word', 'n'], found ['score', 'n']",
    ),
    Case(
        "column twice",
        merge,
        lambda: merge(TWICE),
        ValueError,
        "expected different columns, found ['score'] more than once",
    ),
    Case(
        "only n",
        merge,
        lambda: merge(COUNTS[["n"]]),
        ValueError,
        "expected a column beside the sums to merge by, found only ['n']",
    ),
    Case(
        "only sums",
        merge,
        lambda: merge(MONEY.drop(columns="score")),
        ValueError,
        "expected a column beside the sums to merge by, found only ['n', 'total', 'total_sq']",
    ),
    Case(
        "numbers with text",
        merge,
        lambda: merge(COUNTS[["score", "n"]], COUNTS[["score", "n"]].assign(score=["1", "2", "3"])),
        ValueError,
        "expected plain values of one kind to sort by in each column, found {'score': ['float', "
        "'str']}",
    ),
    Case(
        "total as text",
        merge,
        lambda: merge(MONEY.assign(total="5"), MONEY.assign(total="5")),
        ValueError,
        "expected integer cents in total, found str: multiply by 100, round and convert to int64",
    ),
    Case(
        "total that overflows",
        merge,
        lambda: merge(MONEY.assign(total=2**62), MONEY.assign(total=2**62)),
        ValueError,
        "expected less than 9007199254740992 cents in all, found 9.22337e+18 in total",
    ),
    Case(
        "total_sq that is missing",
        merge,
        lambda: merge(MONEY, MONEY.assign(total_sq=np.nan)),
        ValueError,
        "expected total_sq in every row, found 1 missing",
    ),
    Case(
        "total_sq as text",
        merge,
        lambda: merge(MONEY.assign(total_sq="5")),
        ValueError,
        "expected numbers in total_sq, found '5' in row 0",
    ),
    Case(
        "sums of money",
        expand,
        lambda: expand(MONEY),
        ValueError,
        "expected counts without sums of money, found ['total', 'total_sq']",
    ),
    Case(
        "no n",
        expand,
        lambda: expand(ROWS),
        ColumnError,
        "expected columns ['n'], found no ['n'] in ['score', 'cents']",
    ),
]
