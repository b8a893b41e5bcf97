"""Refusals of analysis.figures."""

import matplotlib.pyplot as plt
import pandas as pd

from analysis.estimate import Estimate
from analysis.figures import dots, forest, intervals, show, steps
from tests.refusals import Case

MADE = Estimate(value=0.2, low=0.1, high=0.3, n=9, kind="stated", source="s", method="m", label="a")
CURVE = pd.DataFrame({"days": [0.0, 30], "share": [0.0, 0.1], "error": [0.0, 0.01]})
WORDS = {"xlabel": "share"}
BOTH = WORDS | {"ylabel": "share"}
ONE = "expected estimates to draw, found none"

CASES = [
    Case("nothing", forest, lambda: forest([], **WORDS), ValueError, ONE),
    Case("one estimate", forest, lambda: forest(MADE, **WORDS), TypeError,
         "expected a sequence of estimates, found Estimate"),
    Case("a number", forest, lambda: forest([0.2], **WORDS), TypeError,
         "expected estimates to draw, found 0.2"),
    Case("nothing", dots, lambda: dots({}, **BOTH), ValueError, ONE),
    Case("an empty series", dots, lambda: dots({"a": []}, **BOTH), ValueError, ONE),
    Case("a list", dots, lambda: dots([MADE], **BOTH), TypeError,
         "expected series of estimates by name, found list"),
    Case("nothing", intervals, lambda: intervals({}, **WORDS), ValueError, ONE),
    Case("a number", intervals, lambda: intervals({"a": [0.2]}, **WORDS), TypeError,
         "expected estimates to draw, found 0.2"),
    Case("nothing", steps, lambda: steps({}, until=9, **BOTH), ValueError,
         "expected curves to draw, found none"),
    Case("no column", steps, lambda: steps({"a": CURVE.drop(columns="error")}, until=9, **BOTH),
         KeyError, "expected columns days, share and error, found no ['error'] in curve 'a'"),
    Case("no alt text", show, lambda: show(plt.figure(), "Plot"), ValueError,
         "expected alt text that says what is drawn, found 'Plot'"),
    Case("no figure", show, lambda: show(None, "A line that rises from left to right."), TypeError,
         "expected a matplotlib figure, found NoneType"),
]  # fmt: skip
