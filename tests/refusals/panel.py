"""Refusals of analysis.panel."""

import numpy as np
import pandas as pd

from analysis.estimate import TooFewError
from analysis.panel import correlation, moments, pick, slope
from tests.refusals import Case

ROWS = pd.DataFrame(
    {
        "firm": [1, 1, 1, 2, 2, 2, 3, 3, 3],
        "year": [1, 2, 3] * 3,
        "x": [1.0, 2, 4, 3, 5, 4, 2, 6, 7],
        "y": [2.0, 1, 5, 4, 4, 6, 1, 7, 5],
    }
)
MADE = moments(ROWS, [], cluster="firm")
ABOUT = {"source": "made"}


def with_cell(name, value, row=1):
    column = ROWS[name].astype(object)
    column.iloc[row] = value
    return ROWS.assign(**{name: column})


def taken(rows, effects=(), **options):
    return lambda: moments(rows, effects, cluster="firm", **options)


def estimated(function, **changes):
    return lambda: function({**MADE, **changes}, **ABOUT)


def without(name):
    return {key: value for key, value in MADE.items() if key != name}


MOMENTS = [
    ("a list", ROWS.to_numpy().tolist(), {}, TypeError, "expected a pandas DataFrame, found list"),
    ("empty", ROWS.head(0), {}, TooFewError, "expected rows of firms, found none"),
    (
        "no column",
        ROWS.drop(columns="y"),
        {},
        KeyError,
        "expected columns ['firm', 'x', 'y'], found no ['y'] in ['firm', 'year', 'x', 'n']",
    ),
    (
        "missing number",
        with_cell("y", np.nan),
        {},
        ValueError,
        "expected complete rows, found nothing in y, row 1",
    ),
    (
        "missing cluster",
        with_cell("firm", None, 4),
        {},
        ValueError,
        "expected complete rows, found nothing in firm, row 4",
    ),
    (
        "missing effect",
        with_cell("year", np.nan, 8),
        {"effects": ["year"]},
        ValueError,
        "expected complete rows, found nothing in year, row 8",
    ),
    (
        "text",
        with_cell("x", "2"),
        {},
        ValueError,
        "expected numbers in x, found '2' in row 1",
    ),
    (
        "date",
        ROWS.assign(x=pd.Timestamp("2020-01-01")),
        {},
        ValueError,
        "expected numbers in x, found Timestamp('2020-01-01 00:00:00') in row 0",
    ),
    (
        "infinite",
        ROWS.assign(y=np.inf),
        {},
        ValueError,
        "expected numbers up to 1e+100 in y, found inf in row 0",
    ),
    (
        "no control",
        ROWS,
        {"controls": ["z"]},
        KeyError,
        "expected columns ['firm', 'x', 'y', 'z'], found no ['z'] in ['firm', 'year', 'x', 'y', "
        "'n']",
    ),
    (
        "one firm",
        ROWS[ROWS["firm"] == 1],
        {},
        TooFewError,
        "expected at least 2 firms and more rows than the 2 parameters, found 1 and 3",
    ),
    (
        "more parameters than rows",
        ROWS.head(4),
        {"effects": ["year"]},
        TooFewError,
        "expected at least 2 firms and more rows than the 4 parameters, found 2 and 4",
    ),
    (
        "x is constant",
        ROWS.assign(x=3.0),
        {},
        TooFewError,
        "expected x to vary beside effects and controls, found none",
    ),
    (
        "x follows from the effects",
        ROWS.assign(x=ROWS["firm"] * 1.0),
        {"effects": ["firm"]},
        TooFewError,
        "expected x to vary beside effects and controls, found none",
    ),
    (
        "y is its control",
        ROWS.assign(z=ROWS["y"] * 2 + 1),
        {"controls": ["z"]},
        TooFewError,
        "expected y to vary beside effects and controls, found none",
    ),
]
NEEDED = [
    *("n", "firms", "parameters", "xx", "xy", "yy"),
    *("xx_xx", "xx_xy", "xx_yy", "xy_xy", "xy_yy", "yy_yy"),
]
ROW = [
    ("nan", {"xx_xy": np.nan}, ValueError, "expected finite moments, found nan in xx_xy"),
    ("negative", {"xx": -1.0}, ValueError, "expected xx and yy above 0, found -1 and {yy:g}"),
    ("zero", {"yy": 0.0}, ValueError, "expected xx and yy above 0, found {xx:g} and 0"),
    (
        "one firm",
        {"firms": 1},
        TooFewError,
        "expected at least 2 firms and more rows than parameters, found 1 firms and 9 rows for 2",
    ),
    (
        "no rows left",
        {"parameters": 9},
        TooFewError,
        "expected at least 2 firms and more rows than parameters, found 3 firms and 9 rows for 9",
    ),
    (
        "no error",
        {name: 0.0 for name in NEEDED if "_" in name},
        TooFewError,
        "expected firms that differ, found moments without an error",
    ),
]
CASES = [
    *(
        Case(kind, moments, taken(rows, **options), error, message)
        for kind, rows, options, error, message in MOMENTS
    ),
    *(
        Case(kind, function, estimated(function, **changes), error, message.format(**MADE))
        for function in (slope, correlation)
        for kind, changes, error, message in ROW
    ),
    *(
        Case(
            "no column",
            function,
            lambda function=function: function(without("xx"), **ABOUT),
            KeyError,
            f"expected the moments {NEEDED}, found no ['xx']",
        )
        for function in (slope, correlation)
    ),
    Case(
        "on a line",
        correlation,
        estimated(correlation, xy=np.sqrt(MADE["xx"] * MADE["yy"])),
        TooFewError,
        "expected x and y off one line, found all on it (made)",
    ),
    Case(
        "no column",
        pick,
        lambda: pick(ROWS, sample="all"),
        KeyError,
        "expected columns ['sample'], found no ['sample']",
    ),
    Case(
        "several rows",
        pick,
        lambda: pick(ROWS, firm=1),
        KeyError,
        "expected one row with {'firm': 1}, found 3",
    ),
    Case(
        "no row",
        pick,
        lambda: pick(ROWS, firm=9),
        KeyError,
        "expected one row with {'firm': 9}, found 0",
    ),
]
