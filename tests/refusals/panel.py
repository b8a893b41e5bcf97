"""Refusals of analysis.panel."""

import numpy as np
import pandas as pd

from analysis.estimate import Estimate, TooFewError
from analysis.panel import (
    change_correlation,
    correlation,
    difference,
    industries,
    moments,
    percent,
    pick,
    slope,
    spread_slope,
    typical_change,
)
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
BASED = moments(ROWS, [], cluster="firm", base="y")
ABOUT = {"source": "made"}
KEYS = {"period": "1994-2018", "effects": "year", "clustered": "firm and year"}
WINDOWS = pd.DataFrame([{"outcome": "growth", "years": 1, "sample": "all"} | KEYS | MADE])


def with_cell(name, value, row=1):
    column = ROWS[name].astype(object)
    column.iloc[row] = value
    return ROWS.assign(**{name: column})


def taken(rows, effects=(), **options):
    return lambda: moments(rows, effects, cluster="firm", **options)


def estimated(function, **changes):
    return lambda: function({**MADE, **changes}, **ABOUT)


def spread(rows, least=3, **options):
    return lambda: spread_slope(rows, least=least, kind="stated", **ABOUT, **options)


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
        "missing base",
        with_cell("year", np.nan),
        {"base": "year"},
        ValueError,
        "expected complete rows, found nothing in year, row 1",
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
    ("zero x", {"xx": 0.0}, ValueError, "expected xx and yy above 0, found 0 and {yy:g}"),
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


def made(**changes):
    plain = {"value": 0.2, "low": 0.1, "high": 0.3, "n": 9, "kind": "money", "method": "mean"}
    return Estimate(**(plain | ABOUT | changes))


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
    Case(
        "three clusters",
        moments,
        lambda: moments(ROWS, [], cluster=["firm", "year", "x"]),
        ValueError,
        "expected one or two columns of clusters, found ['firm', 'year', 'x']",
    ),
    Case(
        "one year to cluster by",
        moments,
        lambda: moments(ROWS.assign(year=1), [], cluster=["firm", "year"]),
        TooFewError,
        "expected at least 2 groups to cluster by and more rows than the 2 parameters, found 1 and "
        "9",
    ),
    Case(
        "no base",
        percent,
        lambda: percent(MADE, **ABOUT),
        KeyError,
        f"expected the moments {[*NEEDED, 'base', 'base_base', 'xx_base', 'xy_base']}, found no "
        "['base', 'base_base', 'xx_base', 'xy_base']",
    ),
    Case(
        "a mean below zero",
        percent,
        lambda: percent({**BASED, "base": -0.5}, **ABOUT),
        TooFewError,
        "expected a mean above zero, found -0.5 with an interval of 2.85 either way (made)",
    ),
    Case(
        "no units",
        percent,
        lambda: percent(BASED, units=0, **ABOUT),
        ValueError,
        "expected units other than 0 and finite, found 0",
    ),
    Case(
        "no column",
        typical_change,
        lambda: typical_change(without("xx")),
        KeyError,
        f"expected the moments {NEEDED}, found no ['xx']",
    ),
    Case(
        "no such window",
        change_correlation,
        lambda: change_correlation(WINDOWS, "growth", 4, **ABOUT),
        KeyError,
        "expected one row with {'outcome': 'growth', 'years': 4, 'sample': 'all', 'period': "
        "'1994-2018', 'effects': 'year', 'clustered': 'firm and year'}, found 0",
    ),
    Case(
        "no sample",
        industries,
        lambda: industries(ROWS, slope, year=1, **ABOUT),
        KeyError,
        "expected columns ['sample', 'year'], found no ['sample']",
    ),
    Case(
        "no group",
        industries,
        lambda: industries(WINDOWS, slope, years=1, **ABOUT),
        KeyError,
        "expected groups of industries with {'years': 1}, found none",
    ),
    Case(
        "two kinds",
        difference,
        lambda: difference(made(), made(kind="stated")),
        ValueError,
        "expected two estimates of one kind and scale, found money, identity and stated, identity",
    ),
    Case(
        "a bound",
        difference,
        lambda: difference(made(), made(high=np.inf)),
        ValueError,
        "expected standard errors, found 0.20 [0.10, 0.30] and 0.20 [0.10, inf]",
    ),
    Case(
        "no errors",
        difference,
        lambda: difference(*[made(kind="published", low=0.2, high=0.2)] * 2),
        ValueError,
        "expected standard errors, found 0.20 [0.20, 0.20] and 0.20 [0.20, 0.20]",
    ),
    Case(
        "two groups",
        spread_slope,
        spread(ROWS.head(6).rename(columns={"firm": "group"})),
        TooFewError,
        "expected x to vary beside effects and controls, found none",
    ),
    Case(
        "means alike",
        spread_slope,
        spread(ROWS.assign(group=ROWS["firm"], y=[1.0, 2, 3] * 3)),
        TooFewError,
        "expected groups that differ in spread and mean, found none that do",
    ),
    Case(
        "one group with nothing in common",
        spread_slope,
        spread(ROWS.assign(group=ROWS["firm"], x=[1, 2, 4, 1, 2, 2, 21, 22, 26])),
        TooFewError,
        "expected groups that share values of x, found some with none in common",
    ),
    Case(
        "a list",
        spread_slope,
        spread([1, 2]),
        TypeError,
        "expected a pandas DataFrame, found list",
    ),
    Case(
        "a gap",
        spread_slope,
        spread(with_cell("y", np.nan).rename(columns={"firm": "group"})),
        ValueError,
        "expected complete rows, found nothing in y, row 1",
    ),
    Case(
        "an unknown option",
        spread_slope,
        spread(ROWS.rename(columns={"firm": "group"}), own="left"),
        ValueError,
        "expected own to be 'removed' or 'kept', found 'left'",
    ),
    Case(
        "groups of one",
        spread_slope,
        spread(ROWS.rename(columns={"firm": "group"}), least=1),
        ValueError,
        "expected groups of 2 rows or more, found least = 1",
    ),
    Case(
        "small groups",
        spread_slope,
        spread(ROWS.rename(columns={"firm": "group"}), least=4),
        TooFewError,
        "expected 2 groups of 4 rows or more, found 0",
    ),
    Case(
        "groups alike",
        spread_slope,
        spread(ROWS.assign(group=ROWS["firm"], x=[1, 2, 3] * 3)),
        TooFewError,
        "expected groups that differ in spread and mean, found none that do",
    ),
    Case(
        "nothing in common",
        spread_slope,
        spread(ROWS.assign(group=ROWS["firm"], x=[1, 2, 3, 11, 12, 14, 21, 22, 26])),
        TooFewError,
        "expected groups that share values of x, found some with none in common",
    ),
]
