"""Refusals of analysis.estimate."""

import numpy as np
import pandas as pd

from analysis.counts import ColumnError
from analysis.estimate import (
    KINDS,
    SCALES,
    Estimate,
    TooFewError,
    auc,
    auc_difference,
    bootstrap,
    by_group,
    correlation,
    from_draws,
    mean,
    mean_difference,
    mean_money,
    net_promoter_score,
    net_promoter_shift,
    pool,
    proportion,
    proportion_difference,
    proportion_ratio,
    r2_gain,
    standardised_difference,
    tabulate,
)
from tests.refusals import Case

ABOUT = {"kind": "stated", "source": "a survey"}
COUNTS = pd.DataFrame(
    {
        "x": [1, 2, 3, 4],
        "y": [2, 1, 4, 3],
        "hit": [0, 1, 0, 1],
        "g": ["a", "a", "b", "b"],
        "n": [5, 6, 7, 8],
    }
)
MONEY = pd.DataFrame({"n": [2, 3], "total": [300, 500], "total_sq": [5e4, 9e4]})
DRAWN = {"seed": 1, "draws": 20}
NAMES = ["x", "y", "hit", "g", "n"]


def weighted(counts):
    return float(np.average(counts["x"], weights=counts["n"]))


# Each estimator on a table whose columns mean the same to all of them.
CALLS = {
    proportion: lambda c, **o: proportion(c, "hit", **(ABOUT | o)),
    proportion_difference: lambda c, **o: proportion_difference(
        c, "hit", "g", "a", "b", **(ABOUT | o)
    ),
    proportion_ratio: lambda c, **o: proportion_ratio(c, "hit", "g", "a", "b", **(ABOUT | o)),
    mean: lambda c, **o: mean(c, "x", **(ABOUT | o)),
    net_promoter_score: lambda c, **o: net_promoter_score(c, "x", scale=(0, 10), **(ABOUT | o)),
    net_promoter_shift: lambda c, **o: net_promoter_shift(
        c, "x", scale=(0, 10), promoter=4, detractor=2, **(ABOUT | o)
    ),
    mean_difference: lambda c, **o: mean_difference(c, "x", "g", "a", "b", **(ABOUT | o)),
    standardised_difference: lambda c, **o: standardised_difference(
        c, "x", "g", "a", "b", **(DRAWN | ABOUT | o)
    ),
    correlation: lambda c, **o: correlation(c, "x", "y", **(ABOUT | o)),
    auc: lambda c, **o: auc(c, "x", "hit", **(ABOUT | o)),
    auc_difference: lambda c, **o: auc_difference(c, "x", "y", "hit", **(ABOUT | o)),
    r2_gain: lambda c, **o: r2_gain(c, "y", ["hit"], "x", **(ABOUT | o)),
    bootstrap: lambda c, **o: bootstrap(
        c, weighted, method="mean", columns=["x"], **(DRAWN | ABOUT | o)
    ),
    by_group: lambda c, **o: by_group(mean, c, "g", "x", **(ABOUT | o)),
}
OF_X = [mean, net_promoter_score, mean_difference, standardised_difference, correlation, auc]
OF_X += [auc_difference, r2_gain, by_group]
OF_FLAGS = [proportion, proportion_difference, proportion_ratio, auc, auc_difference]
OF_GROUPS = [proportion_difference, proportion_ratio, mean_difference, standardised_difference]
OF_GROUPS += [by_group]
COMPARED = {
    proportion_difference: lambda c, *pair, of="hit": proportion_difference(
        c, of, "g", *pair, **ABOUT
    ),
    proportion_ratio: lambda c, *pair, of="hit": proportion_ratio(c, of, "g", *pair, **ABOUT),
    mean_difference: lambda c, *pair, of="x": mean_difference(c, of, "g", *pair, **ABOUT),
    standardised_difference: lambda c, *pair, of="x": standardised_difference(
        c, of, "g", *pair, **DRAWN, **ABOUT
    ),
}


def about(function, method, **options):
    """Return the cases of what is missing or too much beside the counts."""
    expected = f"expected kind, source and perhaps label for {method!r}, found "
    return [
        Case(
            "no kind",
            function,
            lambda: options["call"](source="a"),
            TypeError,
            f"{expected}no kind",
        ),
        Case(
            "a misspelt source",
            function,
            lambda: options["call"](kind="stated", sorce="a"),
            TypeError,
            f"{expected}no source, an unknown sorce",
        ),
    ]


PLAIN = {
    proportion: ("share, Wilson interval", lambda **o: proportion(COUNTS, "hit", **o)),
    proportion_difference: (
        "difference of shares, Newcombe interval",
        lambda **o: proportion_difference(COUNTS, "hit", "g", "a", "b", **o),
    ),
    proportion_ratio: (
        "ratio of shares, log interval",
        lambda **o: proportion_ratio(COUNTS, "hit", "g", "a", "b", **o),
    ),
    mean: ("mean, Student interval", lambda **o: mean(COUNTS, "x", **o)),
    net_promoter_score: (
        "net promoter score, adjusted Wald interval",
        lambda **o: net_promoter_score(COUNTS, "x", scale=(0, 10), **o),
    ),
    mean_difference: (
        "difference of means, Welch interval",
        lambda **o: mean_difference(COUNTS, "x", "g", "a", "b", **o),
    ),
    mean_money: ("mean from totals, Student interval", lambda **o: mean_money(MONEY, **o)),
    standardised_difference: (
        "standardised mean difference, pooled SD, bootstrap interval (20 draws)",
        lambda **o: standardised_difference(COUNTS, "x", "g", "a", "b", **DRAWN, **o),
    ),
    correlation: (
        "Spearman correlation, Fisher-z interval",
        lambda **o: correlation(COUNTS, "x", "y", rank=True, **o),
    ),
    auc: ("AUC, DeLong interval", lambda **o: auc(COUNTS, "x", "hit", **o)),
    auc_difference: (
        "difference of AUC, DeLong interval",
        lambda **o: auc_difference(COUNTS, "x", "y", "hit", **o),
    ),
    r2_gain: (
        "R2 gain, noncentral F interval",
        lambda **o: r2_gain(COUNTS, "y", [], "x", **o),
    ),
    bootstrap: (
        "mean of x, bootstrap interval (20 draws)",
        lambda **o: bootstrap(COUNTS, weighted, method="mean of x", columns=["x"], **DRAWN, **o),
    ),
    from_draws: (
        "share, bootstrap interval (3 draws)",
        lambda **o: from_draws(2, [1, 2, 3], method="share", n=3, **o),
    ),
    by_group: ("mean, Student interval", lambda **o: by_group(mean, COUNTS, "g", "x", **o)),
}


def study(value, low, high, **changes):
    return Estimate(value=value, low=low, high=high, n=9, method="m", **(ABOUT | changes))


STUDIES = [study(0.1, 0, 0.2), study(0.2, 0.1, 0.3), study(0.4, 0.3, 0.5)]
GOOD = {"value": 1.0, "low": 0.5, "high": 1.5, "n": 10, "method": "m", **ABOUT}
WRONG = {
    "unknown kind": ({"kind": "rumour"}, f"expected a kind of {[*KINDS]}, found 'rumour'"),
    "kind as a list": ({"kind": ["money"]}, f"expected a kind of {[*KINDS]}, found ['money']"),
    "source that is no text": ({"source": None}, "expected a source as text, found None"),
    "value as text": (
        {"value": "1"},
        "expected numbers as value, low, high and df, found ('1', 0.5, 1.5, inf) (a survey)",
    ),
    "no value": (
        {"value": None},
        "expected numbers as value, low, high and df, found (None, 0.5, 1.5, inf) (a survey)",
    ),
    "complex value": (
        {"value": 1j},
        "expected numbers as value, low, high and df, found (1j, 0.5, 1.5, inf) (a survey)",
    ),
    "end as text": (
        {"high": "2"},
        "expected numbers as value, low, high and df, found (1.0, 0.5, '2', inf) (a survey)",
    ),
    "missing value": ({"value": np.nan}, "expected a finite value, found nan (a survey)"),
    "infinite value": ({"value": np.inf}, "expected a finite value, found inf (a survey)"),
    "ends turned round": ({"low": 2.0}, "expected low <= high, found 2.0, 1.5 (a survey)"),
    "missing end": ({"high": np.nan}, "expected low <= high, found 0.5, nan (a survey)"),
    "value below": (
        {"value": 0.25},
        "expected the value within its interval, found 0.250000 [0.500000, 1.500000] (a survey)",
    ),
    "value above": (
        {"value": 5.0},
        "expected the value within its interval, found 5.000000 [0.500000, 1.500000] (a survey)",
    ),
    "no width": (
        {"low": 1.0, "high": 1.0},
        "expected an interval with a width for stated, found 1.000000 [1.000000, 1.000000] "
        "(a survey)",
    ),
    "unknown scale": (
        {"scale": "log"},
        f"expected a scale of {[*SCALES]} and df > 0, found 'log', inf (a survey)",
    ),
    "no degrees of freedom": (
        {"df": 0},
        f"expected a scale of {[*SCALES]} and df > 0, found 'identity', 0 (a survey)",
    ),
    "missing degrees of freedom": (
        {"df": np.nan},
        f"expected a scale of {[*SCALES]} and df > 0, found 'identity', nan (a survey)",
    ),
    "negative n": ({"n": -1}, "expected n to be a whole number >= 0, found -1 (a survey)"),
    "fractional n": ({"n": 2.5}, "expected n to be a whole number >= 0, found 2.5 (a survey)"),
    "missing n": ({"n": np.nan}, "expected n to be a whole number >= 0, found nan (a survey)"),
    "n as a flag": ({"n": True}, "expected n to be a whole number >= 0, found True (a survey)"),
    "negative missing": (
        {"missing": -2},
        "expected missing to be a whole number >= 0, found -2 (a survey)",
    ),
}

CASES = [
    *(
        Case(kind, Estimate, lambda c=change: Estimate(**(GOOD | c)), ValueError, message)
        for kind, (change, message) in WRONG.items()
    ),
    # The counts.
    *(
        Case(
            "not a pandas frame",
            function,
            lambda c=call: c([{"x": 1, "n": 2}]),
            TypeError,
            "expected a pandas DataFrame, found builtins.list: convert it first",
        )
        for function, call in (CALLS | {mean_money: lambda c: mean_money(c, **ABOUT)}).items()
    ),
    *(
        Case(
            kind,
            function,
            lambda c=call, v=n: c(COUNTS.assign(n=v)),
            ValueError,
            message,
        )
        for kind, (n, message) in {
            "n is missing": (
                [5, 6, 7, np.nan],
                "expected n to be a whole number >= 0, found nan in row 3",
            ),
            "n is negative": (
                [5, -6, 7, 8],
                "expected n to be a whole number >= 0, found -6 in row 1",
            ),
            "n is fractional": (
                [5, 6, 0.5, 8],
                "expected n to be a whole number >= 0, found 0.5 in row 2",
            ),
            "n is text": (list("5678"), "expected numbers in n, found '5' in row 0"),
            "n is a flag": ([True] * 4, "expected n to be whole numbers, found bool"),
        }.items()
        for function, call in CALLS.items()
    ),
    *(
        Case(
            "no n",
            function,
            lambda c=call: c(COUNTS.drop(columns="n")),
            ColumnError,
            "expected columns ['n'], found no ['n'] in ['x', 'y', 'hit', 'g']",
        )
        for function, call in CALLS.items()
    ),
    # The columns.
    *(
        Case(
            kind,
            function,
            lambda c=CALLS[function], v=values: c(COUNTS.assign(x=v)),
            ValueError,
            message,
        )
        for kind, (values, message) in {
            "text": (list("1234"), "expected numbers in x, found '1' in row 0"),
            "a date": (
                pd.to_datetime(["2026-01-01"] * 4),
                "expected numbers in x, found Timestamp('2026-01-01 00:00:00') in row 0",
            ),
            "infinite": (
                [1, 2, np.inf, 4],
                "expected numbers up to 1e+100 in x, found inf in row 2",
            ),
        }.items()
        for function in OF_X
        # of two groups each is looked at alone, so rows count from its own first
        if not (kind == "infinite" and function in (mean_difference, by_group))
    ),
    *(
        Case(
            kind,
            function,
            lambda c=CALLS[function], v=values: c(COUNTS.assign(hit=v)),
            ValueError,
            message,
        )
        for kind, (values, message) in {
            "outcome of 1 and 2": ([2, 1, 2, 1], "expected hit to be 0 or 1, found 2 in row 0"),
            "outcome of 0 and 100": (
                [100, 0, 0, 0],
                "expected hit to be 0 or 1, found 100 in row 0",
            ),
            "outcome of yes and no": (
                ["yes", "no", "no", "no"],
                "expected numbers in hit, found 'yes' in row 0",
            ),
        }.items()
        for function in OF_FLAGS
    ),
    *(
        Case(
            "missing column",
            function,
            lambda c=call: c(COUNTS.rename(columns={"x": "z", "hit": "z2"})),
            ColumnError,
            f"expected columns {wanted}, found no {lacking} in ['z', 'y', 'z2', 'g', 'n']",
        )
        for function, call, wanted, lacking in (
            (proportion, CALLS[proportion], ["hit"], ["hit"]),
            (proportion_difference, CALLS[proportion_difference], ["hit"], ["hit"]),
            (proportion_ratio, CALLS[proportion_ratio], ["hit"], ["hit"]),
            (mean, CALLS[mean], ["x"], ["x"]),
            (net_promoter_score, CALLS[net_promoter_score], ["x"], ["x"]),
            (mean_difference, CALLS[mean_difference], ["x"], ["x"]),
            (standardised_difference, CALLS[standardised_difference], ["g", "x"], ["x"]),
            (correlation, CALLS[correlation], ["x", "y"], ["x"]),
            (auc, CALLS[auc], ["x", "hit"], ["x", "hit"]),
            (auc_difference, CALLS[auc_difference], ["x", "y", "hit"], ["x", "hit"]),
            (r2_gain, CALLS[r2_gain], ["y", "hit", "x"], ["hit", "x"]),
            (bootstrap, CALLS[bootstrap], ["x"], ["x"]),
            (by_group, CALLS[by_group], ["x"], ["x"]),
        )
    ),
    *(
        Case(
            "missing group",
            function,
            lambda c=CALLS[function]: c(COUNTS.drop(columns="g")),
            ColumnError,
            "expected columns ['g'], found no ['g'] in ['x', 'y', 'hit', 'n']",
        )
        for function in OF_GROUPS
    ),
    *(
        Case(
            "column twice",
            function,
            call,
            ValueError,
            f"expected different columns, found {twice} more than once",
        )
        for function, call, twice in (
            (correlation, lambda: correlation(COUNTS, "x", "x", **ABOUT), ["x"]),
            (auc, lambda: auc(COUNTS, "hit", "hit", **ABOUT), ["hit"]),
            (auc_difference, lambda: auc_difference(COUNTS, "x", "x", "hit", **ABOUT), ["x"]),
            (r2_gain, lambda: r2_gain(COUNTS, "y", ["x"], "x", **ABOUT), ["x"]),
            (r2_gain, lambda: r2_gain(COUNTS, "y", ["y"], "x", **ABOUT), ["y"]),
            (r2_gain, lambda: r2_gain(COUNTS, "x", "y", "x", **ABOUT), ["x"]),
            (
                bootstrap,
                lambda: bootstrap(
                    COUNTS, weighted, method="m", columns=["x", "x"], **DRAWN, **ABOUT
                ),
                ["x"],
            ),
            (
                standardised_difference,
                lambda: standardised_difference(
                    COUNTS, "x", "g", "a", "b", cluster="g", **DRAWN, **ABOUT
                ),
                ["g"],
            ),
        )
    ),
    # The groups.
    *(
        Case(
            kind,
            function,
            lambda c=call, p=pair: c(COUNTS, *p),
            error,
            message,
        )
        for kind, (pair, error, message) in {
            "a group against itself": (
                ("a", "a"),
                ValueError,
                "expected two groups of g to compare, found 'a' twice",
            ),
            "unknown group": (
                ("a", "c"),
                TooFewError,
                "expected g to be one of ['a', 'b'], found 'c'",
            ),
            "unknown first group": (
                ("c", "a"),
                TooFewError,
                "expected g to be one of ['a', 'b'], found 'c'",
            ),
            "missing group asked for": (
                ("a", None),
                ValueError,
                "expected one group of g, found None",
            ),
            "NaN asked for": ((np.nan, "a"), ValueError, "expected one group of g, found nan"),
            "NA asked for": ((pd.NA, "a"), ValueError, "expected one group of g, found <NA>"),
            "several groups at once": (
                (["a"], "b"),
                ValueError,
                "expected one group of g, found ['a']",
            ),
        }.items()
        for function, call in COMPARED.items()
    ),
    *(
        Case(
            "compared by itself",
            function,
            lambda c=call: c(COUNTS.assign(g=COUNTS["hit"]), 0, 1, of="g"),
            ValueError,
            "expected groups by another column than what is compared, found g",
        )
        for function, call in COMPARED.items()
    ),
    Case(
        "unknown group among text and numbers",
        mean_difference,
        lambda: COMPARED[mean_difference](COUNTS.assign(g=["b", 10, 9, "a"]), "b", "c"),
        TooFewError,
        "expected g to be one of [9, 10, 'a', 'b'], found 'c'",
    ),
    Case(
        "unknown group among many",
        mean_difference,
        lambda: COMPARED[mean_difference](
            pd.DataFrame({"g": range(12, 0, -1), "x": 1, "n": 1}), 1, 99
        ),
        TooFewError,
        "expected g to be one of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] and 2 more, found 99",
    ),
    Case(
        "unknown group among ten",
        mean_difference,
        lambda: COMPARED[mean_difference](pd.DataFrame({"g": range(10), "x": 1, "n": 1}), 1, 99),
        TooFewError,
        "expected g to be one of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], found 99",
    ),
    Case(
        "by itself",
        by_group,
        lambda: by_group(proportion, COUNTS, "hit", "hit", **ABOUT),
        ValueError,
        "expected groups by another column than what is estimated, found hit",
    ),
    Case(
        "by itself, second",
        by_group,
        lambda: by_group(correlation, COUNTS, "y", "x", "y", **ABOUT),
        ValueError,
        "expected groups by another column than what is estimated, found y",
    ),
    Case(
        "two columns at once",
        by_group,
        lambda: by_group(mean, COUNTS, ["g", "hit"], "x", **ABOUT),
        TypeError,
        "expected names of columns, found [['g', 'hit']]",
    ),
    Case(
        "two groups of one name",
        by_group,
        lambda: by_group(mean, COUNTS.assign(g=[1, 1, "1", "1"]), "g", "x", **ABOUT),
        ValueError,
        "expected groups of g with different names, found ['1'] twice",
    ),
    Case(
        "no group large enough",
        by_group,
        lambda: by_group(mean, COUNTS.assign(n=[1, 0, 1, 0]), "g", "x", **ABOUT),
        TooFewError,
        "expected a group of g with enough customers, found none; a: expected at least 2 customers "
        "with a known x, found 1; b: expected at least 2 customers with a known x, found 1",
    ),
    Case(
        "many groups, none large enough",
        by_group,
        lambda: by_group(
            mean, pd.DataFrame({"g": list("abcde"), "x": 1.0, "n": 1}), "g", "x", **ABOUT
        ),
        TooFewError,
        "expected a group of g with enough customers, found none"
        + "".join(f"; {g}: expected at least 2 customers with a known x, found 1" for g in "abc"),
    ),
    Case(
        "no group known",
        by_group,
        lambda: by_group(mean, COUNTS.assign(g=None), "g", "x", **ABOUT),
        TooFewError,
        "expected a group of g with enough customers, found none",
    ),
    # Too few, or all alike.
    *(
        Case("nobody", function, lambda c=call: c(COUNTS.assign(n=0)), TooFewError, message)
        for function, call, message in (
            (proportion, CALLS[proportion], "expected customers with a known hit, found none"),
            (mean, CALLS[mean], "expected at least 2 customers with a known x, found 0"),
            (
                net_promoter_score,
                CALLS[net_promoter_score],
                "expected at least 2 customers with a known x, found 0",
            ),
            (
                correlation,
                CALLS[correlation],
                "expected at least 4 customers with x and y, found 0",
            ),
            (
                auc,
                CALLS[auc],
                "expected 2 or more customers with hit = 0 and 1, found fewer",
            ),
            (r2_gain, CALLS[r2_gain], "expected more than 3 customers, found 0"),
            (
                bootstrap,
                CALLS[bootstrap],
                "expected at least 2 customers who answered ['x'], found 0",
            ),
            (
                mean_difference,
                CALLS[mean_difference],
                "expected g to be one of [], found 'a'",
            ),
        )
    ),
    *(
        Case(
            "all alike",
            function,
            lambda c=CALLS[function]: c(COUNTS.assign(x=3)),
            TooFewError,
            message,
        )
        for function, message in (
            (mean, "expected x to vary, found 3 in all answers"),
            (mean_difference, "expected x to vary, found one answer in each group"),
            (standardised_difference, "expected x to vary, found one answer in each group"),
            (correlation, "expected several values in each of ['x', 'y'], found one in ['x']"),
            (
                auc,
                "expected x to vary and to overlap between hit = 0 and 1, found an area of 0.5 "
                "without error: no interval",
            ),
            (r2_gain, "expected several values in each of ['y', 'hit', 'x'], found one in ['x']"),
            (bootstrap, "expected draws that differ, found 3 in all (mean)"),
        )
    ),
    Case(
        "one customer",
        mean,
        lambda: mean(COUNTS.assign(n=[1, 0, 0, 0]), "x", **ABOUT),
        TooFewError,
        "expected at least 2 customers with a known x, found 1",
    ),
    Case(
        "one customer",
        net_promoter_score,
        lambda: CALLS[net_promoter_score](COUNTS.assign(n=[1, 0, 0, 0])),
        TooFewError,
        "expected at least 2 customers with a known x, found 1",
    ),
    Case(
        "code outside the scale",
        net_promoter_score,
        lambda: CALLS[net_promoter_score](COUNTS.assign(x=[9, 10, 11, 99])),
        ValueError,
        "expected answers of 0 to 10 in x, found 2 outside: 11, 99",
    ),
    Case(
        "scale of one number",
        net_promoter_score,
        lambda: net_promoter_score(COUNTS, "x", scale=10, **ABOUT),
        ValueError,
        "expected a scale as (lowest, highest), found 10",
    ),
    Case(
        "classes that overlap",
        net_promoter_score,
        lambda: net_promoter_score(COUNTS, "x", scale=(1, 5), promoter=4, detractor=4, **ABOUT),
        ValueError,
        "expected the classes apart, found detractor <= 4 and promoter >= 4",
    ),
    Case(
        "one customer in a group",
        mean_difference,
        lambda: CALLS[mean_difference](COUNTS.assign(n=[1, 0, 3, 3])),
        TooFewError,
        "expected at least 2 customers with a known x, found 1",
    ),
    *(
        Case(
            "one customer in a group",
            standardised_difference,
            lambda n=n: CALLS[standardised_difference](COUNTS.assign(n=n)),
            TooFewError,
            "expected at least 2 customers in each group, found 1",
        )
        for n in ([1, 0, 3, 3], [3, 3, 0, 1])
    ),
    Case(
        "groups of two that a draw may empty",
        standardised_difference,
        lambda: CALLS[standardised_difference](COUNTS.assign(n=1)),
        TooFewError,
        "expected finite draws, found 5 of 20 not (standardised mean difference, pooled SD)",
    ),
    Case(
        "one cluster",
        standardised_difference,
        lambda: standardised_difference(
            COUNTS.assign(week=1), "x", "g", "a", "b", cluster="week", **DRAWN, **ABOUT
        ),
        TooFewError,
        "expected draws that differ, found -3.83141 in all (standardised mean difference, pooled "
        "SD, by week)",
    ),
    Case(
        "none in one group",
        proportion_ratio,
        lambda: CALLS[proportion_ratio](COUNTS.assign(hit=[0, 0, 0, 1])),
        TooFewError,
        "expected hit in both groups, found 0 and 8: no ratio",
    ),
    Case(
        "none in the other",
        proportion_ratio,
        lambda: CALLS[proportion_ratio](COUNTS.assign(hit=[0, 1, 0, 0])),
        TooFewError,
        "expected hit in both groups, found 6 and 0: no ratio",
    ),
    Case(
        "all in both groups",
        proportion_ratio,
        lambda: CALLS[proportion_ratio](COUNTS.assign(hit=1)),
        TooFewError,
        "expected hit to vary, found it in all 26: no interval",
    ),
    Case(
        "three customers",
        correlation,
        lambda: CALLS[correlation](COUNTS.assign(n=[1, 1, 1, 0])),
        TooFewError,
        "expected at least 4 customers with x and y, found 3",
    ),
    Case(
        "four customers on a line",
        correlation,
        lambda: CALLS[correlation](COUNTS.assign(n=1, y=[2, 4, 6, 8])),
        TooFewError,
        "expected x and y off one line, found all on one: no interval",
    ),
    Case(
        "one event",
        auc,
        lambda: CALLS[auc](COUNTS.assign(n=[5, 1, 5, 0])),
        TooFewError,
        "expected 2 or more customers with hit = 0 and 1, found fewer",
    ),
    Case(
        "one without the event",
        auc,
        lambda: CALLS[auc](COUNTS.assign(n=[0, 5, 1, 5])),
        TooFewError,
        "expected 2 or more customers with hit = 0 and 1, found fewer",
    ),
    Case(
        "two and two in order",
        auc,
        lambda: CALLS[auc](COUNTS.assign(n=1, hit=[0, 0, 1, 1])),
        TooFewError,
        "expected x to vary and to overlap between hit = 0 and 1, found an area of 1 without "
        "error: no interval",
    ),
    Case(
        "one order",
        auc_difference,
        lambda: CALLS[auc_difference](COUNTS.assign(y=[10, 20, 30, 40])),
        TooFewError,
        "expected areas of x and y that differ with an error, found a difference of 0 without: no "
        "interval",
    ),
    Case(
        "as many customers as terms",
        r2_gain,
        lambda: CALLS[r2_gain](COUNTS.assign(n=[1, 1, 1, 0])),
        TooFewError,
        "expected more than 3 customers, found 3",
    ),
    Case(
        "a copy",
        r2_gain,
        lambda: r2_gain(COUNTS.assign(copy=3 - COUNTS["x"]), "y", ["x"], "copy", **ABOUT),
        TooFewError,
        "expected predictors that differ, found ['copy'] to follow from those before in ['x', "
        "'copy']",
    ),
    Case(
        "a base that explains all",
        r2_gain,
        lambda: r2_gain(COUNTS.assign(copy=3 - COUNTS["y"]), "y", ["copy"], "x", **ABOUT),
        TooFewError,
        "expected ['copy', 'x'] to leave some of y open, found none: no interval",
    ),
    Case(
        "an extra that explains all",
        r2_gain,
        lambda: r2_gain(COUNTS.assign(copy=3 - COUNTS["y"]), "y", [], "copy", **ABOUT),
        TooFewError,
        "expected ['copy'] to leave some of y open, found none: no interval",
    ),
    # Money.
    Case(
        "no money",
        mean_money,
        lambda: mean_money(COUNTS, **ABOUT),
        ColumnError,
        "expected columns ['total', 'total_sq'], found no ['total', 'total_sq'] in ['x', 'y', "
        "'hit', 'g', 'n']",
    ),
    Case(
        "negative n",
        mean_money,
        lambda: mean_money(MONEY.assign(n=[-3, 5]), **ABOUT),
        ValueError,
        "expected n to be a whole number >= 0, found -3 in row 0",
    ),
    Case(
        "money as text",
        mean_money,
        lambda: mean_money(MONEY.assign(total=["300", "500"]), **ABOUT),
        ValueError,
        "expected numbers in total, found '300' in row 0",
    ),
    Case(
        "one customer",
        mean_money,
        lambda: mean_money(MONEY.assign(n=[1, 0], total_sq=9e4), **ABOUT),
        TooFewError,
        "expected at least 2 customers with money, found 1",
    ),
    Case(
        "all paid the same",
        mean_money,
        lambda: mean_money(MONEY.assign(total=[200, 300], total_sq=[2e4, 3e4]), **ABOUT),
        TooFewError,
        "expected money that varies, found sums of 5 customers that differ by less than they are "
        "rounded: total 500, total_sq 50000",
    ),
    Case(
        "money too large for its differences",
        mean_money,
        lambda: mean_money(
            pd.DataFrame({"n": [4], "total": [4 * 10**12 + 10], "total_sq": [4e24 + 2e13]}), **ABOUT
        ),
        TooFewError,
        "expected money that varies, found sums of 4 customers that differ by less than they are "
        "rounded: total 4e+12, total_sq 4e+24",
    ),
    Case(
        "squares too small",
        mean_money,
        lambda: mean_money(MONEY.assign(total_sq=[4e4, 9e9]), **ABOUT),
        ValueError,
        "expected total_sq of at least total squared over n, 45000, found 40000 for 2 customers",
    ),
    # Draws.
    Case(
        "no columns",
        bootstrap,
        lambda: bootstrap(COUNTS, weighted, method="m", columns=[], **DRAWN, **ABOUT),
        ValueError,
        "expected a column to count by, found none",
    ),
    Case(
        "one customer",
        bootstrap,
        lambda: CALLS[bootstrap](COUNTS.assign(n=[1, 0, 0, 0])),
        TooFewError,
        "expected at least 2 customers who answered ['x'], found 1",
    ),
    Case(
        "statistic of two numbers",
        bootstrap,
        lambda: bootstrap(COUNTS, lambda c: [1, 2], method="m", columns="x", **DRAWN, **ABOUT),
        ValueError,
        "expected one number a draw, found int64 of shape (20, 2)",
    ),
    Case(
        "statistic of text",
        bootstrap,
        lambda: bootstrap(COUNTS, lambda c: "high", method="m", columns="x", **DRAWN, **ABOUT),
        ValueError,
        "expected one number a draw, found <U4 of shape (20,)",
    ),
    Case(
        "no draws",
        bootstrap,
        lambda: CALLS[bootstrap](COUNTS, draws=0),
        ValueError,
        "expected at least 2 draws, found 0 (mean)",
    ),
    Case(
        "lists in cells",
        bootstrap,
        lambda: bootstrap(COUNTS.assign(tag=[[1]] * 4), weighted, method="m", **DRAWN, **ABOUT),
        ValueError,
        "expected plain values of one kind to sort by in each column, found {'tag': ['list']}",
    ),
    *(
        Case(
            kind,
            from_draws,
            lambda v=value, d=drawn, n=n: from_draws(v, d, method="share", n=n, **ABOUT),
            error,
            message,
        )
        for kind, (value, drawn, n, error, message) in {
            "one draw": (1, [1], 2, ValueError, "expected at least 2 draws, found 1 (share)"),
            "draws of text": (
                1,
                ["1", "2"],
                2,
                ValueError,
                "expected one number a draw, found <U1 of shape (2,)",
            ),
            "draws of nothing": (
                1,
                [None, 2],
                2,
                ValueError,
                "expected one number a draw, found object of shape (2,)",
            ),
            "draws of two numbers": (
                1,
                [[1, 2], [3, 4]],
                2,
                ValueError,
                "expected one number a draw, found int64 of shape (2, 2)",
            ),
            "infinite draws": (
                1,
                [1, 2, np.inf, np.nan],
                2,
                TooFewError,
                "expected finite draws, found 2 of 4 not (share)",
            ),
            "equal draws": (
                1,
                [1, 1],
                2,
                TooFewError,
                "expected draws that differ, found 1 in all (share)",
            ),
            "draws below": (
                9,
                [1, 2, 3],
                2,
                TooFewError,
                "expected draws around 9, found their interval at 1.05 to 2.95 (share)",
            ),
            "draws above": (
                0,
                [1, 2, 3],
                2,
                TooFewError,
                "expected draws around 0, found their interval at 1.05 to 2.95 (share)",
            ),
            "missing value": (
                np.nan,
                [1, 2, 3],
                2,
                TooFewError,
                "expected draws around nan, found their interval at 1.05 to 2.95 (share)",
            ),
            "fractional n": (
                2,
                [1, 2, 3],
                2.7,
                ValueError,
                "expected n to be a whole number >= 0, found 2.7 (a survey)",
            ),
        }.items()
    ),
    # Several studies.
    Case(
        "two studies",
        pool,
        lambda: pool(STUDIES[:2], source="two surveys"),
        TooFewError,
        "expected at least 3 estimates to pool, found 2 (two surveys)",
    ),
    Case(
        "numbers",
        pool,
        lambda: pool([*STUDIES, 0.4, None], source="surveys"),
        TypeError,
        "expected estimates to pool, found ['NoneType', 'float']",
    ),
    Case(
        "several kinds",
        pool,
        lambda: pool([*STUDIES, study(0.3, 0.2, 0.4, kind="money")], source="surveys"),
        ValueError,
        "expected estimates of one kind, or the kind of the result, found ['money', 'stated'] "
        "(surveys)",
    ),
    Case(
        "several scales",
        pool,
        lambda: pool([*STUDIES, study(0.3, 0.2, 0.4, scale="share")], source="surveys"),
        ValueError,
        "expected estimates of one scale, or the scale of the result, found ['identity', 'share'] "
        "(surveys)",
    ),
    Case(
        "unknown kind",
        pool,
        lambda: pool(STUDIES, source="surveys", kind="rumour"),
        ValueError,
        f"expected a kind of {[*KINDS]}, found 'rumour'",
    ),
    Case(
        "unknown scale",
        pool,
        lambda: pool(STUDIES, source="surveys", scale="log"),
        ValueError,
        f"expected a scale of {[*SCALES]}, found 'log'",
    ),
    Case(
        "a study without width",
        pool,
        lambda: pool(
            [*STUDIES, study(1, 1, 1, kind="published", source="Smith 1999", label="Smith, men")],
            source="surveys",
            kind="published",
        ),
        ValueError,
        "expected estimates with a standard error on the identity scale, found 1.0000 [1.0000, "
        "1.0000] of Smith, men",
    ),
    Case(
        "a study with an open end",
        pool,
        lambda: pool([*STUDIES, study(0.3, -np.inf, 0.4)], source="surveys"),
        ValueError,
        "expected estimates with a standard error on the identity scale, found 0.3000 "
        "[\N{MINUS SIGN}inf, 0.4000] of a survey",
    ),
    Case(
        "a share of none",
        pool,
        lambda: pool([proportion(COUNTS.assign(hit=0), "hit", **ABOUT)] * 3, source="surveys"),
        ValueError,
        "expected estimates with a standard error on the share scale, found 0.0000 [0.0000, "
        "0.1323] of a survey",
    ),
    Case(
        "a ratio below zero",
        pool,
        lambda: pool([*STUDIES, study(-0.1, -0.2, 0)], source="surveys", scale="ratio"),
        ValueError,
        "expected estimates with a standard error on the ratio scale, found \N{MINUS SIGN}0.1000 "
        "[\N{MINUS SIGN}0.2000, 0.0000] of a survey",
    ),
    # What the counts cannot know.
    *(
        case
        for function, (method, call) in PLAIN.items()
        for case in about(function, method, call=call)
    ),
    Case(
        "a misspelt option",
        correlation,
        lambda: correlation(COUNTS, "x", "y", ranks=True, **ABOUT),
        TypeError,
        "expected kind, source and perhaps label for 'Pearson correlation, Fisher-z interval', "
        "found an unknown ranks",
    ),
    Case(
        "not estimates",
        tabulate,
        lambda: tabulate([1.5]),
        TypeError,
        "expected estimates to tabulate, found ['float']",
    ),
    Case(
        "no promoter or detractor changes",
        net_promoter_shift,
        lambda: net_promoter_shift(COUNTS, "x", scale=(0, 10), promoter=8, detractor=6, **ABOUT),
        TooFewError,
        "expected points to vary, found 0 in all answers",
    ),
    Case(
        "groups that never meet",
        standardised_difference,
        lambda: standardised_difference(COUNTS, "x", "g", "a", "b", within="y", **DRAWN, **ABOUT),
        TooFewError,
        "expected a y with customers of both groups, found none",
    ),
]
