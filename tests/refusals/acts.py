"""Refusals of analysis.acts."""

import pandas as pd

from analysis.acts import (
    compare_acts,
    playing_on,
    published_play,
    renewing,
    staying_by_quarter,
    staying_without_complaint,
    tidy_acts,
)
from analysis.data import load
from analysis.estimate import TooFewError
from tests.refusals import Case

PLAYERS = load("steam_acts")
PLANS = load("medicare_moments")
QUARTERS = load("medicare_quarters")
PHONES = load("telecom_complaints")
PRINTED = pd.DataFrame(
    {"study_id": ["BAS26a", "BAS26b", "BAS26c"], "estimate": [80.0, 60, 35], "n": [900.0] * 3}
)
KEYS = "'link': 'soon', 'rating': 'plan', 'sample': 'all', 'period': '2007-2021'"
COLUMNS = ["period", "paid", "recommends", "hour_more", "later30", "n"]


def compared(**changes):
    given = {"surveys": {}, "players": PLAYERS, "plans": PLANS, "phones": PHONES, "bought": {}}
    return lambda: compare_acts(**(given | changes))


def printed(**changes):
    return lambda: published_play(PRINTED.assign(**changes))


CASES = [
    Case("another year", renewing, lambda: renewing(PLANS, link="soon"), KeyError,
         f"expected one row with {{'effects': 'year', {KEYS}}}, found 0"),
    Case("another comparison", renewing, lambda: renewing(PLANS, compared="all"), KeyError,
         "expected compared to be one of ['plans of a year', 'means of plans', 'within plans', "
         "'plans alike so far'], found 'all'"),
    Case("no column", renewing, lambda: renewing(PLANS.drop(columns="link")), KeyError,
         "expected columns ['effects', 'link', 'rating', 'sample', 'period'], found no ['link']"),
    Case("another year", staying_by_quarter, lambda: staying_by_quarter(QUARTERS, link="soon"),
         KeyError,
         "expected link to be one of ['year before', 'same year', 'year after'], found 'soon'"),
    Case("no column", staying_by_quarter,
         lambda: staying_by_quarter(QUARTERS[["link", "quarter", "n", "plans", "stay"]]), KeyError,
         "expected columns ['link', 'quarter', 'n', 'plans', 'stay', 'se'], found no ['se'] in "
         "['link', 'quarter', 'n', 'plans', 'stay']"),
    Case("no column", staying_without_complaint,
         lambda: staying_without_complaint(PHONES[["churned", "n"]]), KeyError,
         "expected columns ['complained', 'churned', 'n'], found no ['complained'] in "
         "['churned', 'n']"),
    Case("nobody left", staying_without_complaint,
         lambda: staying_without_complaint(PHONES[PHONES["churned"] == 0]), TooFewError,
         "expected several values in each of ['silent', 'stays'], found one in ['stays']"),
    Case("another act", playing_on, lambda: playing_on(PLAYERS, act="bought"), KeyError,
         f"expected columns ['recommends', 'bought'], found no ['bought'] in {COLUMNS}"),
    Case("all recommend", playing_on, lambda: playing_on(PLAYERS[PLAYERS["recommends"] == 1]),
         TooFewError, "expected several values in each of ['recommends', 'hour_more'], found one "
         "in ['recommends']"),
    Case("no row", published_play, lambda: published_play(PRINTED.head(2)), KeyError,
         "expected one row with {'study_id': 'BAS26c'}, found 0"),
    Case("nobody recommends", published_play, printed(estimate=[0.0, 60, 35]), TooFewError,
         "expected shares within 0 and 1, found 0 and 0.35"),
    Case("all recommend", published_play, printed(estimate=[100.0, 60, 35]), TooFewError,
         "expected shares within 0 and 1, found 1 and 0.6"),
    Case("nobody plays on", published_play, printed(estimate=[80.0, 0, 0]), TooFewError,
         "expected shares within 0 and 1, found 0.8 and 0"),
    Case("all play on", published_play, printed(estimate=[80.0, 100, 100]), TooFewError,
         "expected shares within 0 and 1, found 0.8 and 1"),
    Case("no survey", compare_acts, compared(), ValueError,
         "expected surveys and who bought, found 0 and 0"),
    Case("nobody bought", compare_acts, compared(surveys={"a": PHONES}), ValueError,
         "expected surveys and who bought, found 1 and 0"),
    Case("nothing", tidy_acts, lambda: tidy_acts({}), ValueError,
         "expected estimates of acts, found none"),
]  # fmt: skip
