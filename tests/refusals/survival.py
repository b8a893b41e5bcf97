"""Refusals of analysis.survival."""

import numpy as np
import pandas as pd

from analysis.counts import ColumnError
from analysis.estimate import TooFewError
from analysis.survival import hazard_ratio, hazard_slope, returned, returned_ratio, whole_days
from tests.refusals import Case

ABOUT = {"kind": "behaviour", "source": "s"}
DAYS = pd.DataFrame(
    {
        "day": [1, 2, 3, 4, 5, 5],
        "again": [1, 1, 1, 0, 0, 0],
        "late": [0, 1, 0, 1, 0, 1],
        "score": [5, 1, 4, 2, 5, 3],
        "shop": ["a"] * 6,
        "n": [3, 2, 1, 9, 9, 9],
    }
)
HALVES = {"half": [0, 1, 1, 0, 0, 1], "again": [1, 1, 1, 1, 0, 0]}
SEEN = pd.DataFrame({"watched": [90.0, 80.0], "again": [1.0, 0.0], "days": [7.0, np.nan]})


def share(by=3, **columns):
    return lambda: returned(DAYS.assign(**columns), "day", "again", by=by, **ABOUT)


def quotient(by=3, **columns):
    return lambda: returned_ratio(
        DAYS.assign(**columns), "day", "again", "late", 1, 0, by=by, **ABOUT
    )


def ratio(counts=DAYS, **options):
    return lambda: hazard_ratio(counts, "day", "again", "late", 1, 0, **options, **ABOUT)


def slope(counts=DAYS, **options):
    return lambda: hazard_slope(counts, "day", "again", "score", **options, **ABOUT)


CASES = [
    Case("no frame", whole_days, lambda: whole_days([1]), TypeError,
         "expected a pandas DataFrame, found builtins.list: convert it first"),
    Case("watched for no time", whole_days, lambda: whole_days(SEEN.assign(watched=0)), ValueError,
         "expected watched to be above 0, found 0 in row 0"),
    Case("back without a day", whole_days, lambda: whole_days(SEEN.assign(days=np.nan)),
         ValueError, "expected days where again is 1, and only there, found nan in row 0"),
    Case("a duration of nothing", returned, share(day=[1, 2, 0, 4, 5, 5]), ValueError,
         "expected durations above 0 in day, found 0 in row 2"),
    Case("an event of two", returned, share(again=2), ValueError,
         "expected again to be 0 or 1, found 2 in row 0"),
    Case("no time", returned, share(by=0), ValueError,
         "expected a time above 0 to count events by, found 0"),
    Case("a time without end", returned, share(by=np.inf), ValueError,
         "expected a time above 0 to count events by, found inf"),
    Case("text for a time", returned, share(by="a year"), ValueError,
         "expected a time above 0 to count events by, found 'a year'"),
    Case("not watched so long", returned, share(by=365), TooFewError,
         "expected customers who were watched until 365, found 5 as the longest"),
    Case("nobody", returned, share(n=0), TooFewError,
         "expected customers who were watched until 3, found none"),
    Case("nobody came back", returned, share(again=0), TooFewError,
         "expected some but not all to have again by 3, found 0 of 33"),
    Case("all came back", returned, share(again=1, by=5), TooFewError,
         "expected some but not all to have again by 5, found 33 of 33"),
    Case("one group came back", returned_ratio, quotient(again=[1, 0, 1, 0, 0, 0]), TooFewError,
         "expected some but not all to have again by 3, found 0 of 20"),
    Case("a group watched too short", returned_ratio, quotient(by=4.5, day=[1, 2, 3, 4, 5, 4]),
         TooFewError, "expected customers who were watched until 4.5, found 4 as the longest"),
    Case("groups by the event", returned_ratio,
         lambda: returned_ratio(DAYS, "day", "again", "again", 1, 0, by=3, **ABOUT), ValueError,
         "expected groups by another column than what is compared, found again"),
    Case("groups by the event", hazard_ratio,
         lambda: hazard_ratio(DAYS, "day", "again", "again", 1, 0, **ABOUT), ValueError,
         "expected groups by another column than what is compared, found again"),
    Case("nobody", hazard_slope, slope(DAYS.assign(n=0)), TooFewError,
         "expected more events than the 1 slopes, found 0 in 0 customers"),
    Case("one event", hazard_ratio,
         ratio(DAYS.assign(again=[1, 0, 0, 0, 0, 0], n=[1, 2, 1, 9, 9, 9])), TooFewError,
         "expected more events than the 1 slopes, found 1 in 31 customers"),
    Case("two halves for two slopes", hazard_ratio,
         ratio(DAYS.assign(**HALVES), controls="score", cluster="half"), TooFewError,
         "expected more clusters than the 2 slopes that differ, found 2"),
    Case("strata of many that leave nothing", hazard_slope,
         slope(DAYS.assign(copy=DAYS["score"], score=DAYS["score"] / 10, n=DAYS["n"] * 10**9),
               strata="copy"), TooFewError,
         "expected ['score'] to vary among those who were watched at one time, found one value in "
         "['score']"),
    Case("no such column", hazard_ratio, ratio(DAYS.drop(columns="day")), ColumnError,
         "expected columns ['day', 'late', 'again'], found no ['day'] in "
         "['again', 'late', 'score', 'shop', 'n']"),
    Case("few events", hazard_ratio, ratio(DAYS.assign(again=0)), TooFewError,
         "expected more events than the 1 slopes, found 0 in 33 customers"),
    Case("a group without events", hazard_ratio, ratio(DAYS.assign(again=[1, 0, 1, 0, 0, 0])),
         TooFewError,
         "expected a finite hazard ratio, found that ['late'] tell those with again apart without "
         "error"),
    Case("one shop", hazard_ratio, ratio(cluster="shop"), TooFewError,
         "expected more clusters than the 1 slopes that differ, found 1"),
    Case("a control that repeats", hazard_ratio,
         ratio(DAYS.assign(same=1 - DAYS["late"]), controls="same"), TooFewError,
         "expected predictors that differ, found ['same'] to follow from those before in "
         "['late', 'same']"),
    Case("strata that leave nothing", hazard_ratio,
         ratio(DAYS.assign(copy=DAYS["late"]), strata="copy"), TooFewError,
         "expected ['late'] to vary among those who were watched at one time, found one value in "
         "['late']"),
    Case("one score", hazard_slope, slope(DAYS.assign(score=3)), TooFewError,
         "expected several values in each of ['score'], found one in ['score']"),
    Case("text for a score", hazard_slope, slope(DAYS.assign(score="good")), ValueError,
         "expected numbers in score, found 'good' in row 0"),
]  # fmt: skip
