"""Refusals of analysis.importance."""

import numpy as np
import pandas as pd

from analysis.estimate import TooFewError
from analysis.importance import (
    bootstrap_correlation,
    composite_covariances,
    covariances,
    lmg,
    lmg_estimates,
    lmg_shares,
    path_coefficients,
    path_estimates,
    product_gain,
    share_difference,
    top_share,
    weighted_covariances,
)
from tests.refusals import Case

COUNTS = pd.DataFrame(
    {"y": [1.0, 2, 3, 4, 2], "a": [1.0, 3, 2, 5, 4], "b": [2.0, 1, 4, 3, 3], "n": [3, 4, 5, 6, 2]}
)
ABOUT = {"seed": 1, "kind": "stated", "source": "made", "draws": 20}
REPEATS = (
    "expected predictors that differ from each other and vary in every draw, found a covariance "
    "matrix that cannot be inverted"
)
ITEMS = {"one": ["a"], "two": ["b"]}


def changed(**columns):
    return COUNTS.assign(**columns)


def shares(counts, predictors=("a", "b")):
    return lambda: lmg(counts, "y", list(predictors))


COUNTED = [
    ("a list", [[1, 2]], TypeError, "expected a pandas DataFrame, found builtins.list: convert it "
     "first"),
    ("no column", COUNTS.drop(columns="b"), KeyError, "expected columns ['y', 'a', 'b'], found no "
     "['b'] in ['y', 'a', 'n']"),
    ("text", changed(a=list("12345")), ValueError, "expected numbers in a, found '1' in row 0"),
    ("date", changed(b=pd.Timestamp("2020-01-01")), ValueError, "expected numbers in b, found "
     "Timestamp('2020-01-01 00:00:00') in row 0"),
    ("infinite", changed(y=np.inf), ValueError, "expected numbers up to 1e+100 in y, found inf in "
     "row 0"),
    ("negative n", changed(n=[3, -4, 5, 6, 2]), ValueError, "expected n to be a whole number >= 0, "
     "found -4 in row 1"),
    ("part of a customer", changed(n=[3, 4.5, 5, 6, 2]), ValueError, "expected n to be a whole "
     "number >= 0, found 4.5 in row 1"),
    ("all missing", changed(a=np.nan), TooFewError, "expected customers who answered all of "
     "['y', 'a', 'b'], found none"),
    ("constant", changed(a=2.0), TooFewError, "expected columns that vary, found a single value in "
     "['a']"),
]  # fmt: skip
CASES = [
    *(Case(kind, lmg, shares(counts), error, text) for kind, counts, error, text in COUNTED),
    *(
        Case(kind, covariances, lambda c=counts: covariances(c, ["y", "a", "b"]), error, text)
        for kind, counts, error, text in COUNTED
    ),
    Case("a copy", lmg, shares(changed(b=COUNTS["a"])), ValueError, REPEATS),
    Case(
        "a copy in other units", lmg, shares(changed(b=1.1 * COUNTS["a"] - 7)), ValueError, REPEATS
    ),
    Case(
        "a sum of others",
        lmg,
        shares(changed(c=COUNTS["a"] + COUNTS["b"]), "abc"),
        ValueError,
        REPEATS,
    ),
    Case(
        "the same twice",
        lmg,
        shares(COUNTS, "aa"),
        ValueError,
        "expected different columns, found ['a'] more than once",
    ),
    Case(
        "nothing is explained",
        lmg,
        lambda: lmg(
            pd.DataFrame({"y": [0, 1, 1, 0], "a": [0, 0, 1, 1], "n": [5, 5, 5, 5]}), "y", ["a"]
        ),
        TooFewError,
        "expected predictors that explain something, found none that do",
    ),
    Case(
        "no predictor", lmg, shares(COUNTS, ""), ValueError, "expected 1 to 10 predictors, found 0"
    ),
    Case(
        "eleven predictors",
        lmg_shares,
        lambda: lmg_shares(np.eye(12)),
        ValueError,
        "expected 1 to 10 predictors, found 11",
    ),
    Case(
        "a copy in the draws",
        lmg_estimates,
        lambda: lmg_estimates(changed(b=2 * COUNTS["a"]), "y", ["a", "b"], **ABOUT),
        ValueError,
        REPEATS,
    ),
    Case(
        "a draw that does not vary",
        lmg_estimates,
        lambda: lmg_estimates(
            COUNTS.assign(a=[0, 0, 0, 0, 1], n=[9, 9, 9, 9, 1]), "y", ["a"], **ABOUT
        ),
        ValueError,
        REPEATS,
    ),
    Case(
        "a draw without variance",
        composite_covariances,
        lambda: composite_covariances(np.diag([1.0, 0.0]), ITEMS),
        TooFewError,
        "expected items that vary in every draw, found one that does not",
    ),
    Case(
        "no item",
        path_coefficients,
        lambda: path_coefficients(COUNTS, {"one": ["a"], "two": []}, {"two": ["one"]}),
        ValueError,
        "expected items in every composite, found none in ['two']",
    ),
    Case(
        "unknown composite",
        path_coefficients,
        lambda: path_coefficients(COUNTS, ITEMS, {"two": ["three"]}),
        ValueError,
        "expected paths among ['one', 'two'], found ['three']",
    ),
    Case(
        "its own predictor",
        path_coefficients,
        lambda: path_coefficients(COUNTS, ITEMS, {"two": ["two"]}),
        ValueError,
        "expected predictors of two other than itself, found ['two']",
    ),
    Case(
        "item that is not there",
        path_estimates,
        lambda: path_estimates(COUNTS, ITEMS | {"two": ["z"]}, {"two": ["one"]}, **ABOUT),
        KeyError,
        "expected columns ['a', 'z'], found no ['z'] in ['y', 'a', 'b', 'n']",
    ),
    Case(
        "weights of none",
        weighted_covariances,
        lambda: weighted_covariances(np.zeros((1, 2)), np.ones((2, 1))),
        ValueError,
        "expected weights above 0 in every draw, found a draw of 0",
    ),
    Case(
        "best of all",
        top_share,
        lambda: top_share(COUNTS, "y", ["a", "b"], top=2, **ABOUT),
        ValueError,
        "expected top from 1 to 1, found 2",
    ),
    Case(
        "no outcome",
        share_difference,
        lambda: share_difference(COUNTS, ["z"], ["a"], ["b"], **ABOUT),
        KeyError,
        "expected columns ['z', 'a', 'b'], found no ['z'] in ['y', 'a', 'b', 'n']",
    ),
    Case(
        "no spread",
        bootstrap_correlation,
        lambda: bootstrap_correlation(changed(a=1.0), "y", "a", **ABOUT),
        TooFewError,
        "expected columns that vary, found a single value in ['a']",
    ),
    Case(
        "an answer of zero",
        product_gain,
        lambda: product_gain(changed(a=0.0), "y", ["a", "b"], **ABOUT),
        ValueError,
        "expected answers greater than 0, found 0",
    ),
    Case(
        "more folds than customers",
        product_gain,
        lambda: product_gain(COUNTS, "y", ["a", "b"], folds=11, **ABOUT),
        TooFewError,
        "expected at least 22 customers for 11 folds, found 20",
    ),
]
