"""Refusals of analysis.literature."""

import numpy as np
import pandas as pd

from analysis.estimate import TooFewError
from analysis.literature import cited, correlation_of, share_from, share_of
from tests.refusals import Case

SHARE = {"metric": "percent", "estimate": 30.0, "n": 900.0}
R = {"metric": "r", "estimate": 0.4, "n": 28.0}


def share(base=1.0, **changes):
    return lambda: share_of(SHARE | changes, source="s", base=base)


def r(n=None, **changes):
    return lambda: correlation_of(R | changes, source="s", n=n)


CASES = [
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
]  # fmt: skip
