"""Refusals of analysis.scores."""

import numpy as np
import pandas as pd

from analysis.scores import (
    at_least,
    at_most,
    complaint_group,
    gap,
    net_promoter,
    price_tolerance,
)
from tests.refusals import Case

ANSWERS = pd.Series([10.0, 6.0, np.nan], name="answer")
ASKED = pd.Series(["raise", "cut", "none"])
CODES = pd.Series([10, 11, 99, 99, -1], name="answer")

VALUES = {
    "text": (["10", "6"], "expected numbers in answer, found '10' in row 0"),
    "text with one number": ([None, 6, "x"], "expected numbers in answer, found 'x' in row 2"),
    "a date": (
        pd.to_datetime(["2026-01-01"]),
        "expected numbers in answer, found Timestamp('2026-01-01 00:00:00') in row 0",
    ),
    "infinite": ([9, np.inf], "expected numbers up to 1e+100 in answer, found inf in row 1"),
    "categories of text": (
        pd.Categorical(["good", "bad"]),
        "expected numbers in answer, found 'good' in row 0",
    ),
}
CALLS = {
    at_least: lambda answer: at_least(answer, 9),
    at_most: lambda answer: at_most(answer, 6),
    net_promoter: lambda answer: net_promoter(answer, scale=(0, 10)),
    gap: lambda answer: gap(answer, answer),
}
SCALES = {
    "a scale of one number": 10,
    "a scale as text": "0-10",
    "a scale turned round": (10, 0),
    "a scale without width": (5, 5),
    "a scale of three": (0, 5, 10),
    "a scale with a gap": (0, np.nan),
    "a scale without end": (0, np.inf),
}
SCALED = {
    at_least: lambda scale: at_least(ANSWERS, 9, scale=scale),
    at_most: lambda scale: at_most(ANSWERS, 6, scale=scale),
    net_promoter: lambda scale: net_promoter(ANSWERS, scale=scale),
}

CASES = [
    *(
        Case(
            kind,
            function,
            lambda c=call, v=values: c(pd.Series(v, name="answer")),
            ValueError,
            message,
        )
        for kind, (values, message) in VALUES.items()
        for function, call in CALLS.items()
    ),
    *(
        Case(
            "not a series",
            function,
            lambda c=call: c([10, 6]),
            TypeError,
            "expected a pandas Series, found list",
        )
        for function, call in CALLS.items()
    ),
    *(
        Case(
            kind,
            function,
            lambda c=call, s=scale: c(s),
            ValueError,
            f"expected a scale as (lowest, highest), found {scale!r}",
        )
        for kind, scale in SCALES.items()
        for function, call in SCALED.items()
    ),
    *(
        Case(
            f"a cut-off of {cut!r}",
            function,
            lambda f=function, c=cut: f(ANSWERS, c),
            ValueError,
            f"expected a cut-off, found {cut!r}",
        )
        for function in (at_least, at_most)
        for cut in (np.nan, np.inf, "9", None)
    ),
    *(
        Case(
            f"a cut-off of {cut} off the scale",
            function,
            lambda f=function, c=cut: f(ANSWERS, c, scale=(0, 10)),
            ValueError,
            f"expected a cut-off of 0 to 10, found {cut}",
        )
        for function in (at_least, at_most)
        for cut in (-1, 11)
    ),
    *(
        Case(
            "code outside the scale",
            function,
            lambda c=call: c(CODES),
            ValueError,
            "expected answers of 0 to 10 in answer, found 4 outside: -1, 11, 99",
        )
        for function, call in {
            at_least: lambda answer: at_least(answer, 9, scale=(0, 10)),
            at_most: lambda answer: at_most(answer, 6, scale=(0, 10)),
            net_promoter: lambda answer: net_promoter(answer, scale=(0, 10)),
        }.items()
    ),
    Case(
        "code outside the scale, nameless",
        at_least,
        lambda: at_least(pd.Series([99]), 9, scale=(0, 10)),
        ValueError,
        "expected answers of 0 to 10 in the values, found 1 outside: 99",
    ),
    Case(
        "no scale",
        net_promoter,
        lambda: net_promoter(ANSWERS, scale=None),
        ValueError,
        "expected a scale, such as (0, 10), found none",
    ),
    *(
        Case(
            f"classes that {word}",
            net_promoter,
            lambda p=promoter, d=detractor: net_promoter(
                ANSWERS, scale=(0, 10), promoter=p, detractor=d
            ),
            ValueError,
            f"expected the classes apart, found detractor <= 8 and promoter >= {promoter}",
        )
        for word, promoter, detractor in (("overlap", 7, 8), ("meet", 8, 8))
    ),
    Case(
        "promoters off the scale",
        net_promoter,
        lambda: net_promoter(ANSWERS, scale=(0, 8)),
        ValueError,
        "expected a cut-off of 0 to 8, found 9",
    ),
    Case(
        "detractors off the scale",
        net_promoter,
        lambda: net_promoter(pd.Series([7, 10]), scale=(7, 10)),
        ValueError,
        "expected a cut-off of 7 to 10, found 6",
    ),
    Case(
        "another number of answers",
        gap,
        lambda: gap(ANSWERS, ANSWERS.head(2)),
        ValueError,
        "expected two answers of the same customers in one order, found other rows",
    ),
    Case(
        "another order of answers",
        gap,
        lambda: gap(ANSWERS, ANSWERS[::-1]),
        ValueError,
        "expected two answers of the same customers in one order, found other rows",
    ),
    Case(
        "an unknown way to treat leavers",
        price_tolerance,
        lambda: price_tolerance(ASKED, ANSWERS, leavers="dropped"),
        ValueError,
        "expected leavers of ['left out', 'no rise', 'minus the cut'], found 'dropped'",
    ),
    Case(
        "a negative rise",
        price_tolerance,
        lambda: price_tolerance(ASKED, -ANSWERS, leavers="no rise"),
        ValueError,
        "expected answer of 0 or more, found -10 in row 0",
    ),
    Case(
        "answers of others",
        price_tolerance,
        lambda: price_tolerance(ASKED[::-1], ANSWERS, leavers="no rise"),
        ValueError,
        "expected two answers of the same customers in one order, found other rows",
    ),
    Case(
        "text",
        price_tolerance,
        lambda: price_tolerance(
            ASKED, pd.Series(["5", "6", "7"], name="answer"), leavers="no rise"
        ),
        ValueError,
        "expected numbers in answer, found '5' in row 0",
    ),
    Case(
        "a complaint that is neither made nor not",
        complaint_group,
        lambda: complaint_group(pd.Series([0, 2, 1], name="made"), ANSWERS, well=8),
        ValueError,
        "expected made to be 0 or 1, found 2",
    ),
    Case(
        "handling of no complaint",
        complaint_group,
        lambda: complaint_group(pd.Series([0, 1, np.nan]), ANSWERS, well=8),
        ValueError,
        "expected answer of complainers only, found 1 rows of others",
    ),
    Case(
        "no cut-off",
        complaint_group,
        lambda: complaint_group(pd.Series([1, 1, 0]), ANSWERS, well=None),
        ValueError,
        "expected a cut-off, found None",
    ),
    Case(
        "answers of others",
        complaint_group,
        lambda: complaint_group(pd.Series([1, 1]), ANSWERS, well=8),
        ValueError,
        "expected two answers of the same customers in one order, found other rows",
    ),
]
