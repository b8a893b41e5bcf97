"""Refusals of analysis.regression."""

import numpy as np
import pandas as pd

from analysis.counts import ColumnError
from analysis.estimate import TooFewError
from analysis.regression import (
    Regression,
    explained,
    ordered_regression,
    regression,
    standardised_slope,
)
from tests.refusals import Case

COUNTS = pd.DataFrame(
    {
        "x": [1, 2, 3, 4, 1, 3],
        "y": [2, 1, 4, 3, 1, 5],
        "left": [0, 1, 0, 1, 1, 0],
        "g": ["a", "a", "b", "b", "b", "a"],
        "a name": [3, 1, 3, 2, 4, 4],
        "n": [5, 6, 7, 8, 2, 1],
    }
)
NAMES = "['x', 'y', 'left', 'g', 'a name', 'n']"
CALLS = {
    regression: lambda c: regression(c, "y ~ x"),
    ordered_regression: lambda c: ordered_regression(c, "y", ["x"]),
    explained: lambda c: explained(c, "y", ["x"]),
}


def logit(counts, formula="left ~ x"):
    return regression(counts, formula, family="binomial")


CASES = [
    *(
        Case(
            "not a pandas frame",
            function,
            lambda c=call: c({"x": [1], "y": [2], "n": [3]}),
            TypeError,
            "expected a pandas DataFrame, found builtins.dict: convert it first",
        )
        for function, call in CALLS.items()
    ),
    *(
        Case(kind, function, lambda c=call, v=n: c(COUNTS.assign(n=v)), ValueError, message)
        for kind, (n, message) in {
            "n is missing": (
                [5, 6, np.nan, 8, 2, 1],
                "expected n to be a whole number >= 0, found nan in row 2",
            ),
            "n is negative": (-1, "expected n to be a whole number >= 0, found -1 in row 0"),
            "n is fractional": (1.5, "expected n to be a whole number >= 0, found 1.5 in row 0"),
            "n is text": ("5", "expected numbers in n, found '5' in row 0"),
            "n is a flag": (True, "expected n to be whole numbers, found bool"),
        }.items()
        for function, call in CALLS.items()
    ),
    *(
        Case(
            "no n",
            function,
            lambda c=call: c(COUNTS[["x", "y"]]),
            ColumnError,
            "expected columns ['n'], found no ['n'] in ['x', 'y']",
        )
        for function, call in CALLS.items()
    ),
    *(
        Case(
            "missing column",
            function,
            lambda c=call: c(COUNTS[["y", "n"]]),
            ColumnError,
            "expected columns ['y', 'x'], found no ['x'] in ['y', 'n']",
        )
        for function, call in CALLS.items()
    ),
    *(
        Case(
            "column in the table twice",
            function,
            lambda c=call: c(pd.concat([COUNTS, COUNTS[["x"]]], axis=1)),
            ValueError,
            "expected one column of each name, found several called ['x']",
        )
        for function, call in CALLS.items()
    ),
    *(
        Case(kind, function, lambda c=call, v=values: c(COUNTS.assign(y=v)), ValueError, message)
        for kind, (values, message) in {
            "text as the outcome": (list("123456"), "expected numbers in y, found '1' in row 0"),
            "categories as the outcome": (
                pd.Categorical(["low", "high"] * 3, categories=["low", "high"], ordered=True),
                "expected numbers in y, found 'low' in row 0",
            ),
            "a date as the outcome": (
                pd.to_datetime(["2026-01-01"] * 6),
                "expected numbers in y, found Timestamp('2026-01-01 00:00:00') in row 0",
            ),
            "infinite outcome": (
                [1, 2, 3, 4, 5, -np.inf],
                "expected numbers up to 1e+100 in y, found -inf in row 5",
            ),
        }.items()
        for function, call in CALLS.items()
    ),
    *(
        Case(
            "a date as a predictor",
            function,
            lambda c=call: c(COUNTS.assign(x=pd.Timestamp("2026-01-01"))),
            ValueError,
            "expected numbers in x, found Timestamp('2026-01-01 00:00:00') in row 0",
        )
        for function, call in CALLS.items()
    ),
    *(
        Case(
            "text as a predictor",
            function,
            lambda c=call: c(COUNTS.assign(x=COUNTS["g"])),
            ValueError,
            message,
        )
        for function, call, message in (
            (
                regression,
                CALLS[regression],
                "expected numbers in x, found text: write C(x) for a category",
            ),
            (
                ordered_regression,
                CALLS[ordered_regression],
                "expected numbers in x, found 'a' in row 0",
            ),
            (explained, CALLS[explained], "expected numbers in x, found 'a' in row 0"),
        )
    ),
    Case(
        "digits as text",
        regression,
        lambda: regression(COUNTS.assign(x=COUNTS["x"].astype("string")), "y ~ x"),
        ValueError,
        "expected numbers in x, found text: write C(x) for a category",
    ),
    Case(
        "categories of text as a predictor",
        regression,
        lambda: regression(COUNTS.astype({"g": "category"}), "y ~ x + g"),
        ValueError,
        "expected numbers in g, found text: write C(g) for a category",
    ),
    Case(
        "text in a product",
        regression,
        lambda: regression(COUNTS, "y ~ C(g) + x:g"),
        ValueError,
        "expected numbers in g, found text: write C(g) for a category",
    ),
    # Formulas.
    *(
        Case(
            f"formula {formula!r}",
            regression,
            lambda f=formula: regression(COUNTS, f),
            error,
            message,
        )
        for formula, error, message in (
            ("y", ValueError, "expected a formula with ~, found 'y'"),
            (None, ValueError, "expected a formula with ~, found None"),
            (
                "y ~ x +",
                ValueError,
                "expected a formula that can be read, found 'y ~ x +': expected a noun, but "
                "instead the expression ended",
            ),
            (
                "y ~ x ~ g",
                ValueError,
                "expected a formula that can be read, found 'y ~ x ~ g': ~ can only be used once, "
                "and only at the top level",
            ),
            ("~ x", ValueError, "expected a column before ~ in ~ x, found ''"),
            (
                "np.log(y) ~ x",
                ValueError,
                "expected a column before ~ in np.log(y) ~ x, found 'np.log(y)'",
            ),
            ("C(y) ~ x", ValueError, "expected a column before ~ in C(y) ~ x, found 'C(y)'"),
            ("y + x ~ g", ValueError, "expected a column before ~ in y + x ~ g, found 'y + x'"),
            ("y:x ~ g", ValueError, "expected a column before ~ in y:x ~ g, found 'y:x'"),
            (
                "stars ~ x",
                ColumnError,
                f"expected columns ['stars', 'x'], found no ['stars'] in {NAMES}",
            ),
            (
                "y ~ x + weights",
                ColumnError,
                f"expected columns ['y', 'x', 'weights'], found no ['weights'] in {NAMES}",
            ),
            (
                "y ~ C(kind)",
                ColumnError,
                f"expected columns ['y', 'kind'], found no ['kind'] in {NAMES}",
            ),
            (
                'y ~ Q("an age") + np.pi',
                ColumnError,
                f"expected columns ['y', 'an age', 'np'], found no ['an age', 'np'] in {NAMES}",
            ),
            (
                "y ~ n",
                ValueError,
                "expected columns other than n, which holds the counts, found 'n'",
            ),
            (
                "y ~ x + C(n)",
                ValueError,
                "expected columns other than n, which holds the counts, found 'n'",
            ),
            (
                "y ~ center(x)",
                ValueError,
                "expected functions that take each customer alone, such as np.log, found center",
            ),
            (
                "y ~ I(x - np.mean(x))",
                ValueError,
                "expected functions that take each customer alone, such as np.log, found np.mean",
            ),
            (
                "y ~ I(x - x.mean())",
                ValueError,
                "expected functions that take each customer alone, such as np.log, found x.mean",
            ),
            (
                "y ~ np.log(x - 1)",
                ValueError,
                "expected finite predictors in ~ np.log(x - 1), found ['np.log(x - 1)']",
            ),
            (
                "y ~ I(x / (left - left))",
                ValueError,
                "expected finite predictors in ~ I(x / (left - left)), found ['I(x / (left - "
                "left))']",
            ),
            ("y ~ 0", ValueError, "expected finite predictors in ~ 0, found none"),
            (
                'y ~ C(g, Treatment("c"))',
                ValueError,
                "expected a formula that can be read, found '~ C(g, Treatment(\"c\"))': specified "
                "level 'c' not found",
            ),
            (
                "y ~ x + y",
                TooFewError,
                "expected customers off the line of y ~ x + y, found none: no error",
            ),
        )
    ),
    Case(
        "unknown family",
        regression,
        lambda: regression(COUNTS, "y ~ x", family="poisson"),
        ValueError,
        "expected a family of ['gaussian', 'binomial'], found 'poisson'",
    ),
    Case(
        "family as a list",
        regression,
        lambda: regression(COUNTS, "y ~ x", family=["gaussian"]),
        ValueError,
        "expected a family of ['gaussian', 'binomial'], found ['gaussian']",
    ),
    *(
        Case(
            f"outcome of {name}",
            regression,
            lambda v=values: logit(COUNTS.assign(left=v)),
            error,
            message,
        )
        for name, values, error, message in (
            (
                "1 and 2",
                COUNTS["left"] + 1,
                ValueError,
                "expected left to be 0 or 1, found 2 in row 1",
            ),
            (
                "0 and 100",
                COUNTS["left"] * 100,
                ValueError,
                "expected left to be 0 or 1, found 100 in row 1",
            ),
            (
                "yes and no",
                COUNTS["left"].map({0: "no", 1: "yes"}),
                ValueError,
                "expected numbers in left, found 'no' in row 0",
            ),
            ("all 1", 1, TooFewError, "expected left to vary, found one value in 29 customers"),
        )
    ),
    # Too few, or all alike.
    *(
        Case(
            "nobody",
            function,
            lambda c=call: c(COUNTS.assign(n=0)),
            TooFewError,
            message,
        )
        for function, call, message in (
            (regression, CALLS[regression], "expected y to vary, found one value in 0 customers"),
            (
                ordered_regression,
                CALLS[ordered_regression],
                "expected 2 or more answers in y, found 0",
            ),
            (explained, CALLS[explained], "expected y to vary, found one value in 0 customers"),
        )
    ),
    *(
        Case(
            "one answer",
            function,
            lambda c=call: c(COUNTS.assign(y=0.1)),
            TooFewError,
            message,
        )
        for function, call, message in (
            (regression, CALLS[regression], "expected y to vary, found one value in 29 customers"),
            (
                ordered_regression,
                CALLS[ordered_regression],
                "expected 2 or more answers in y, found 1",
            ),
            (explained, CALLS[explained], "expected y to vary, found one value in 29 customers"),
        )
    ),
    Case(
        "as many customers as terms",
        regression,
        lambda: regression(COUNTS.assign(n=[1, 1, 0, 0, 0, 0]), "y ~ x"),
        TooFewError,
        "expected more customers than the 2 terms, found 2",
    ),
    Case(
        "as many customers as terms",
        ordered_regression,
        lambda: ordered_regression(COUNTS.assign(n=[1, 1, 1, 0, 0, 0]), "y", ["x"]),
        TooFewError,
        "expected more customers than the 3 terms, found 3",
    ),
    Case(
        "all on a line",
        regression,
        lambda: regression(COUNTS.assign(y=0.1 * COUNTS["x"] + 0.3), "y ~ x"),
        TooFewError,
        "expected customers off the line of y ~ x, found none: no error",
    ),
    Case(
        "a customer alone in a category",
        regression,
        lambda: regression(
            COUNTS.assign(g=["a", "a", "b", "b", "b", "c"], n=[2, 2, 2, 2, 2, 1]), "y ~ C(g)"
        ),
        TooFewError,
        "expected 2 or more customers behind each slope, found 1 with one to themselves",
    ),
    Case(
        "constant predictor",
        regression,
        lambda: regression(COUNTS.assign(x=0.1), "y ~ x + left"),
        TooFewError,
        "expected predictors that vary, found one value in ['x']",
    ),
    Case(
        "a predictor that is no number for some",
        regression,
        lambda: regression(COUNTS.assign(x=COUNTS["x"] - 2), "y ~ left + np.sqrt(x)"),
        ValueError,
        "expected finite predictors in ~ left + np.sqrt(x), found ['np.sqrt(x)']",
    ),
    Case(
        "predictor of zeros",
        regression,
        lambda: regression(COUNTS.assign(x=0), "y ~ 0 + x + left"),
        TooFewError,
        "expected predictors that vary, found one value in ['x']",
    ),
    Case(
        "two constants",
        regression,
        lambda: regression(COUNTS.assign(x=2, z=3), "y ~ 0 + x + z + left"),
        TooFewError,
        "expected predictors that vary, found one value in ['z']",
    ),
    Case(
        "one category",
        regression,
        lambda: regression(COUNTS.assign(g="a"), "y ~ x + C(g)"),
        TooFewError,
        "expected categories that vary, found one value in ['g']",
    ),
    Case(
        "collinear predictors",
        regression,
        lambda: regression(COUNTS.assign(z=3 - 2 * COUNTS["x"]), "y ~ left + x + z"),
        TooFewError,
        "expected predictors that differ, found ['z'] to follow from those before in ['Intercept', "
        "'left', 'x', 'z']",
    ),
    Case(
        "a category and its copy",
        regression,
        lambda: regression(COUNTS.assign(b=COUNTS["g"] == "b"), "y ~ C(g) + b"),
        TooFewError,
        "expected predictors that differ, found ['b'] to follow from those before in ['Intercept', "
        "'C(g)[T.b]', 'b']",
    ),
    Case(
        "collinear predictors",
        ordered_regression,
        lambda: ordered_regression(COUNTS.assign(z=3 - 2 * COUNTS["x"]), "y", ["x", "z"]),
        TooFewError,
        "expected predictors that differ, found ['z'] to follow from those before in ['x', 'z']",
    ),
    Case(
        "constant predictor",
        ordered_regression,
        lambda: ordered_regression(COUNTS.assign(x=0.1), "y", ["left", "x"]),
        TooFewError,
        "expected several values in each of ['left', 'x'], found one in ['x']",
    ),
    *(
        Case(
            "column twice",
            function,
            lambda f=function, p=predictors: f(COUNTS, "y", p),
            ValueError,
            f"expected different columns, found {twice} more than once",
        )
        for function in (ordered_regression, explained)
        for predictors, twice in ((["x", "x"], ["x"]), (["y"], ["y"]), ("y", ["y"]))
    ),
    *(
        Case(
            "n as a predictor",
            function,
            lambda f=function: f(COUNTS, "y", ["x", "n"]),
            ValueError,
            "expected columns other than n, which holds the counts, found 'n'",
        )
        for function in (ordered_regression, explained)
    ),
    Case(
        "no predictors",
        ordered_regression,
        lambda: ordered_regression(COUNTS, "y", []),
        ValueError,
        "expected predictors of y, found none",
    ),
    # What separates.
    Case(
        "a predictor that separates",
        regression,
        lambda: logit(
            COUNTS.assign(left=[1, 1, 0, 0, 1, 0]), "left ~ left + x".replace("left + ", "")
        ),
        TooFewError,
        "expected no predictor to tell left apart without error, found ['x']: no finite slope fits",
    ),
    Case(
        "a category that separates",
        regression,
        lambda: logit(COUNTS.assign(left=[0, 1, 0, 0, 0, 1]), "left ~ C(g)"),
        TooFewError,
        "expected no predictor to tell left apart without error, found ['g = b']: no finite slope "
        "fits",
    ),
    Case(
        "two that separate together",
        regression,
        lambda: logit(
            pd.DataFrame(
                {
                    "x": [0, 1, 2, 0, 1, 2],
                    "z": [1, 2, 3, 0, 1, 2],
                    "left": [1] * 3 + [0] * 3,
                    "n": 4,
                }
            ),
            "left ~ x + z",
        ),
        TooFewError,
        "expected no predictor to tell left apart without error, found ['x', 'z']: no finite slope "
        "fits",
    ),
    Case(
        "a predictor that separates",
        ordered_regression,
        lambda: ordered_regression(COUNTS.assign(y=COUNTS["x"] // 2), "y", ["x"]),
        TooFewError,
        "expected no predictor to tell y apart without error, found ['x']: no finite slope fits",
    ),
    # A fit.
    Case(
        "unknown term",
        Regression.estimate,
        lambda: CALLS[regression](COUNTS).estimate("z", kind="stated", source="a survey"),
        KeyError,
        "expected a term of ['Intercept', 'x'], found 'z'",
    ),
    Case(
        "no kind",
        Regression.estimate,
        lambda: CALLS[regression](COUNTS).estimate("x", source="a survey"),
        TypeError,
        "expected kind, source and perhaps label for 'least squares y ~ x, HC1 interval, term x', "
        "found no kind",
    ),
    Case(
        "a predictor that follows from one held fixed",
        standardised_slope,
        lambda: standardised_slope(
            COUNTS.assign(z=2 * COUNTS["x"]), "y", "x", ["z"], kind="stated", source="a survey"
        ),
        TooFewError,
        "expected predictors that differ, found ['z'] to follow from those before in ['x', 'z']",
    ),
    Case(
        "nobody who answered",
        standardised_slope,
        lambda: standardised_slope(
            COUNTS.assign(x=np.nan), "y", "x", kind="stated", source="a survey"
        ),
        TooFewError,
        "expected customers who answered all of ['y', 'x'], found none",
    ),
]
