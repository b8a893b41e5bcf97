"""Golden values: numbers that others printed, and what this package gives for the same data.

``golden.csv`` lists each with its source, how exactly it was printed, and what we get. A number
that moves fails here first; ``python -m tests.test_golden`` writes the column ``found`` anew.
"""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import value
from analysis.counts import count_by
from analysis.customers import return_curve
from analysis.data import load
from analysis.estimate import (
    auc,
    correlation,
    mean,
    mean_difference,
    net_promoter_score,
    proportion,
    proportion_difference,
    proportion_ratio,
)
from analysis.importance import lmg
from analysis.regression import explained, ordered_regression, regression
from tests.test_estimate import HANLEY
from tests.test_importance import PREDICTORS, SWISS
from tests.test_regression import flats

GOLDEN = Path(__file__).with_name("golden.csv")
ABOUT = {"kind": "stated", "source": "golden"}


def share(hits, n):
    return proportion(pd.DataFrame({"hit": [1, 0], "n": [hits, n - hits]}), "hit", **ABOUT)


def two(a, n_a, b, n_b):
    return pd.DataFrame({"g": [1, 1, 2, 2], "hit": [1, 0, 1, 0], "n": [a, n_a - a, b, n_b - b]})


def gap(*groups):
    return proportion_difference(two(*groups), "hit", "g", 1, 2, **ABOUT)


@cache
def risk():
    return proportion_ratio(two(189, 11034, 104, 11037), "hit", "g", 1, 2, **ABOUT)


@cache
def sleep():
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    rows = pd.DataFrame({"extra": first + second, "g": [1] * 10 + [2] * 10, "n": 1})
    return mean_difference(rows, "extra", "g", 1, 2, **ABOUT)


@cache
def tuna(rank=False):
    x = [44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1]
    y = [2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8]
    return correlation(pd.DataFrame({"x": x, "y": y, "n": 1}), "x", "y", rank=rank, **ABOUT)


def certified(middle, step):
    """NIST's NumAcc2 to 4: a middle value once, a step above and below it 500 times each."""
    rows = pd.DataFrame({"y": [middle, middle - step, middle + step], "n": [1, 500, 500]})
    return mean(rows, "y", **ABOUT)


def spread(estimate):
    return estimate.error_on("identity") * np.sqrt(estimate.n)


@cache
def budworm():
    dead = [1, 4, 9, 13, 18, 20, 0, 2, 6, 10, 12, 16]
    rows = [(k % 6, k < 6, hit, d if hit else 20 - d) for k, d in enumerate(dead) for hit in (1, 0)]
    counts = pd.DataFrame(rows, columns=["ldose", "male", "hit", "n"])
    return regression(counts, "hit ~ male + ldose", family="binomial").params


CARS = """
4 2;4 10;7 4;7 22;8 16;9 10;10 18;10 26;10 34;11 17;11 28;12 14;12 20;12 24;12 28;13 26;13 34;13 34;
13 46;14 26;14 36;14 60;14 80;15 20;15 26;15 54;16 32;16 40;17 32;17 40;17 50;18 42;18 56;18 76;
18 84;19 36;19 46;19 68;20 32;20 48;20 52;20 56;20 64;22 66;23 54;24 70;24 92;24 93;24 120;25 85
"""


@cache
def cars():
    rows = [[float(x) for x in row.split()] for row in CARS.split(";")]
    return pd.DataFrame(rows, columns=["speed", "dist"]).assign(n=1)


@cache
def polr():
    names = ["medium", "high", "apartment", "atrium", "terrace", "contact"]
    return ordered_regression(flats(), "satisfied", names)


@cache
def swiss():
    rows = [[float(cell) for cell in row.split()] for row in SWISS.split(";")]
    return pd.DataFrame(rows, columns=["fertility", *PREDICTORS]).assign(n=1)


@cache
def part(name):
    found = lmg(swiss(), "fertility", PREDICTORS) * explained(swiss(), "fertility", PREDICTORS)
    return found[name]


@cache
def cohort(name):
    survivors = {
        "regular": [1000, 631, 468, 382, 326, 289, 262, 241],
        "high end": [1000, 869, 743, 653, 593, 551, 517, 491],
    }
    return value.fit_renewals(survivors[name])


@cache
def shoppers():
    purchases = load("cdnow").query("in_sample")
    return value.repeat_purchases(purchases, end=pd.Timestamp("1997-09-30"))


@cache
def buying():
    rounded = shoppers().round({"recency": 2, "age": 2})
    return value.fit_purchases(count_by(rounded, ["frequency", "recency", "age"]))


@cache
def spending():
    return value.fit_spend(shoppers().assign(n=1))


@cache
def remission():
    days = [9, 13, 18, 23, 31, 34, 48]
    left = {"watched": [161.0] * 7 + [13, 28, 45, 161], "again": [1.0] * 7 + [0.0] * 4}
    patients = pd.DataFrame(left).assign(customer=range(11), days=[*days, *[np.nan] * 4])
    return return_curve(patients).set_index("days")


INCOMES = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]


def multiple(retention):
    return retention * value.lifetime_value(retention, discount=0.12)


def net(promoters, passives, detractors):
    counts = pd.DataFrame({"a": [10, 8, 0], "n": [promoters, passives, detractors]})
    return net_promoter_score(counts, "a", scale=(0, 10), **ABOUT)


FOUND = {
    "Wilson 81/263, low": lambda: share(81, 263).low,
    "Wilson 81/263, high": lambda: share(81, 263).high,
    "Wilson 15/148, low": lambda: share(15, 148).low,
    "Wilson 15/148, high": lambda: share(15, 148).high,
    "Wilson 1/29, low": lambda: share(1, 29).low,
    "Wilson 1/29, high": lambda: share(1, 29).high,
    "Clopper-Pearson 0/20, high": lambda: share(0, 20).high,
    "difference 56/70 and 48/80, low": lambda: gap(56, 70, 48, 80).low,
    "difference 56/70 and 48/80, high": lambda: gap(56, 70, 48, 80).high,
    "difference 9/10 and 3/10, low": lambda: gap(9, 10, 3, 10).low,
    "difference 9/10 and 3/10, high": lambda: gap(9, 10, 3, 10).high,
    "aspirin study, relative risk": lambda: risk().value,
    "aspirin study, low": lambda: risk().low,
    "sleep, difference": lambda: sleep().value,
    "sleep, low": lambda: sleep().low,
    "sleep, high": lambda: sleep().high,
    "sleep, degrees of freedom": lambda: sleep().df,
    "tuna, Pearson": lambda: tuna().value,
    "tuna, low": lambda: tuna().low,
    "tuna, high": lambda: tuna().high,
    "tuna, Spearman": lambda: tuna(rank=True).value,
    "Hanley, area": lambda: auc(HANLEY, "rating", "ill", **ABOUT).value,
    "Hanley, DeLong error": lambda: auc(HANLEY, "rating", "ill", **ABOUT).error_on("identity"),
    "NumAcc2, mean": lambda: certified(1.2, 0.1).value,
    "NumAcc2, standard deviation": lambda: spread(certified(1.2, 0.1)),
    "NumAcc3, mean": lambda: certified(1000000.2, 0.1).value,
    "NumAcc3, standard deviation": lambda: spread(certified(1000000.2, 0.1)),
    "NumAcc4, mean": lambda: certified(10000000.2, 0.1).value,
    "NumAcc4, standard deviation": lambda: spread(certified(10000000.2, 0.1)),
    "budworm, intercept": lambda: budworm()["Intercept"],
    "budworm, male": lambda: budworm()["male"],
    "budworm, log dose": lambda: budworm()["ldose"],
    "cars, intercept": lambda: regression(cars(), "dist ~ speed").params["Intercept"],
    "cars, speed": lambda: regression(cars(), "dist ~ speed").params["speed"],
    "cars, R2": lambda: explained(cars(), "dist", ["speed"]),
    **{
        f"flats, {name}{what}": lambda name=name, what=what: (
            np.sqrt(polr().covariance.loc[name, name]) if what else polr().params[name]
        )
        for name in ("medium", "high", "apartment", "atrium", "terrace", "contact")
        for what in ("", ", error")
    },
    **{f"swiss, {name}": lambda name=name: part(name) for name in PREDICTORS},
    "swiss, R2": lambda: explained(swiss(), "fertility", PREDICTORS),
    **{
        f"{name} cohort, {what}": lambda name=name, what=what: (
            cohort(name).params[what] if what in "alphabeta" else cohort(name).loglikelihood
        )
        for name in ("regular", "high end")
        for what in ("alpha", "beta", "log-likelihood")
    },
    **{f"CDNOW, {name}": lambda name=name: buying().params[name] for name in ("r", "alpha")},
    **{f"CDNOW, {name}": lambda name=name: buying().params[name] for name in ("a", "b")},
    "CDNOW, log-likelihood": lambda: buying().loglikelihood,
    **{f"spend, {name}": lambda name=name: spending().params[name] for name in ("p", "q")},
    "spend, gamma": lambda: spending().params["gamma"],
    "spend, log-likelihood": lambda: spending().loglikelihood,
    "incomes, Gini": lambda: value.gini(pd.DataFrame({"x": INCOMES, "n": 1}), "x"),
    **{
        f"remission, survival at {week} weeks": lambda week=week: 1 - remission().loc[week, "share"]
        for week in (9, 13, 18, 23, 31, 34, 48)
    },
    "remission, error at 9 weeks": lambda: remission().loc[9, "error"],
    **{f"margin multiple at {r:.0%}": lambda r=r: multiple(r) for r in (0.6, 0.7, 0.8, 0.9)},
}


def read():
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", read(), ids=lambda row: row["name"])
def test_what_others_printed_is_what_we_get(row):
    found = float(FOUND[row["name"]]())
    assert found == pytest.approx(float(row["printed"]), abs=float(row["tolerance"])), row["source"]
    assert float(row["found"]) == pytest.approx(found, rel=1e-6), "python -m tests.test_golden"


def test_the_table_is_large_and_whole():
    rows = read()
    assert [row["name"] for row in rows] == list(FOUND)
    assert len(rows) >= 40
    assert all(len(row["source"]) > 20 for row in rows)


if __name__ == "__main__":
    new = [row | {"found": f"{float(FOUND[row['name']]()):.7g}"} for row in read()]
    with GOLDEN.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(new[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(new)
