"""Refusals of analysis.literature."""

import numpy as np
import pandas as pd

from analysis.estimate import TooFewError
from analysis.literature import (
    cited,
    correlation_of,
    cost_ratio,
    count_ratio,
    evidence,
    fewest_pairs,
    general_spread,
    largest_spread,
    mean_across,
    mean_of_correlations,
    paired_difference,
    printed_change,
    share_from,
    share_of,
)
from tests.refusals import Case

SHARE = {"metric": "percent", "estimate": 30.0, "n": 900.0}
R = {"metric": "r", "estimate": 0.4, "n": 28.0}


def share(base=1.0, **changes):
    return lambda: share_of(SHARE | changes, source="s", base=base)


def r(n=None, **changes):
    return lambda: correlation_of(R | changes, source="s", n=n)


def several(*values):
    rows = pd.DataFrame({"metric": "r", "estimate": values})
    return lambda: mean_of_correlations(rows, source="s")


def across(spread=0.2, k=36, **changes):
    return lambda: mean_across(R | {"k": k} | changes, spread=spread, source="s")


def change(**changes):
    row = {"metric": "NPS", "estimate": 58.0, "k": 163}
    return lambda: printed_change(row, row | changes, source="s")


def costs(periods=1, **changes):
    row = {"metric": "dollars", "estimate": 5.0}
    return lambda: cost_ratio(row, row | changes, periods=periods, source="s")


def paired(base=500, **changes):
    return lambda: paired_difference(SHARE, SHARE | changes, base=base, source="s")


CASES = [
    Case("over all", paired_difference, paired(estimate=101.0), ValueError,
         "s: expected 0 to 100 per cent, found 101"),
    Case("no share", paired_difference, paired(metric="r"), ValueError,
         "s: expected metric percent, a number and n > 3; found r, 30.0, n 500"),
    Case("no base", paired_difference, paired(base=0), ValueError,
         "s: expected metric percent, a number and n > 3; found percent, 30.0, n 0"),
    Case("more hits", share_from, lambda: share_from(9, 8, source="s"), ValueError,
         "s: expected 0 to 8 hits of 1 or more, found 9"),
    Case("negative", share_from, lambda: share_from(-1, 8, source="s"), ValueError,
         "s: expected 0 to 8 hits of 1 or more, found -1"),
    Case("nobody", share_from, lambda: share_from(0, 0, source="s"), ValueError,
         "s: expected 0 to 0 hits of 1 or more, found 0"),
    Case("nan", share_from, lambda: share_from(np.nan, 8, source="s"), ValueError,
         "s: expected 0 to 8 hits of 1 or more, found nan"),
    Case("over 100", share_of, share(estimate=101.0), ValueError,
         "s: expected 0 to 100 per cent, found 101"),
    Case("below 0", share_of, share(estimate=-1.0), ValueError,
         "s: expected 0 to 100 per cent, found -1"),
    Case("more than its base", share_of, share(base=0.2), ValueError,
         "s: expected 0 to 20 per cent, found 30"),
    Case("no base", share_of, share(base=0.0), ValueError,
         "s: expected a base of more than 0 and at most 1, found 0"),
    Case("base above all", share_of, share(base=1.5), ValueError,
         "s: expected a base of more than 0 and at most 1, found 1.5"),
    Case("no n", share_of, share(n=np.nan), ValueError,
         "s: expected metric percent, a number and n > 3; found percent, 30.0, n nan"),
    Case("nan", share_of, share(estimate=np.nan), ValueError,
         "s: expected metric percent, a number and n > 3; found percent, nan, n 900.0"),
    Case("other metric", share_of, share(metric="r"), ValueError,
         "s: expected metric percent, a number and n > 3; found r, 30.0, n 900.0"),
    Case("no estimate", share_of, lambda: share_of({"metric": "percent"}, source="s"), KeyError,
         "s: expected metric and estimate, found no ['estimate']"),
    Case("exactly 1", correlation_of, r(estimate=1.0), TooFewError,
         "s: expected r within -1 and 1, found 1"),
    Case("beyond 1", correlation_of, r(estimate=-1.2), TooFewError,
         "s: expected r within -1 and 1, found -1.2"),
    Case("three people", correlation_of, r(n=3), ValueError,
         "s: expected metric r, a number and n > 3; found r, 0.4, n 3"),
    Case("part of a person", correlation_of, r(n=3.5), ValueError,
         "s: expected metric r, a number and n > 3; found r, 0.4, n 3.5"),
    Case("no column", cited, lambda: cited(pd.DataFrame({"year": [2000]})), KeyError,
         "expected columns citation and year, found no ['citation']"),
    Case("two clusters", mean_of_correlations, several(0.1, 0.2), TooFewError,
         "s: expected at least 3 correlations, found 2"),
    Case("exactly 1", mean_of_correlations, several(0.1, 0.2, 1.0), TooFewError,
         "s: expected r within -1 and 1, found 1"),
    Case("nan", mean_of_correlations, several(0.1, 0.2, np.nan), ValueError,
         "s: expected a correlation, found r, nan"),
    Case("other metric", mean_across, across(metric="R2"), ValueError,
         "s: expected a correlation, found R2, 0.4"),
    Case("exactly 1", mean_across, across(estimate=1.0), TooFewError,
         "s: expected r within -1 and 1, found 1"),
    Case("no spread", mean_across, across(spread=0.0), ValueError,
         "s: expected a spread of more than 0, found 0.0"),
    Case("nan spread", mean_across, across(spread=np.nan), ValueError,
         "s: expected a spread of more than 0, found nan"),
    Case("one cluster", mean_across, across(k=1), ValueError,
         "s: expected 2 clusters or more, found 1"),
    Case("no clusters", mean_across, across(k=None), ValueError,
         "s: expected 2 clusters or more, found None"),
    Case("nan clusters", mean_across, across(k=np.nan), ValueError,
         "s: expected 2 clusters or more, found nan"),
    Case("no sign", general_spread, lambda: general_spread(0.0), ValueError,
         "expected r other than 0 within -1 and 1, share within .5 and 1; found 0.0, 0.9"),
    Case("half", general_spread, lambda: general_spread(0.3, share=0.5), ValueError,
         "expected r other than 0 within -1 and 1, share within .5 and 1; found 0.3, 0.5"),
    Case("exactly 1", largest_spread, lambda: largest_spread(1.0), ValueError,
         "expected r within -1 and 1, found 1.0"),
    Case("certain", fewest_pairs, lambda: fewest_pairs(0.5, 1.0), ValueError,
         "expected r other than 0 within -1 and 1, p within 0 and 1; found 0.5, 1.0"),
    Case("no correlation", fewest_pairs, lambda: fewest_pairs(0.0, 0.01), ValueError,
         "expected r other than 0 within -1 and 1, p within 0 and 1; found 0.0, 0.01"),
    Case("two scales", printed_change, change(metric="mean"), ValueError,
         "s: expected two scores of one metric with k, found NPS and mean, [58.0, 58.0] of "
         "[163, 163]"),
    Case("nan", printed_change, change(estimate=np.nan), ValueError,
         "s: expected two scores of one metric with k, found NPS and NPS, [58.0, nan] of "
         "[163, 163]"),
    Case("no units", printed_change, change(k=np.nan), ValueError,
         "s: expected two scores of one metric with k, found NPS and NPS, [58.0, 58.0] of "
         "[163, nan]"),
    Case("two currencies", cost_ratio, costs(metric="euro"), ValueError,
         "s: expected one currency and at least 1 period, found dollars, euro, 1"),
    Case("no period", cost_ratio, costs(periods=0), ValueError,
         "s: expected one currency and at least 1 period, found dollars, dollars, 0"),
    Case("nothing", cost_ratio, costs(estimate=0.0), ValueError,
         "s: expected a cost above its rounding, found 0.0"),
    Case("nan", cost_ratio, costs(estimate=np.nan), ValueError,
         "s: expected a cost above its rounding, found nan"),
    Case("no others", count_ratio, lambda: count_ratio(3, 0, source="s"), ValueError,
         "s: expected others to count against, found 0"),
    Case("directions only", evidence,
         lambda: evidence("C49", pd.DataFrame({"study_id": ["x"]})), KeyError,
         "expected a claim of ['C05', 'C48', 'C65', 'C66', 'C67'], found 'C49'"),
]  # fmt: skip
