"""How often do the 95% intervals hold the truth? A simulation with a known answer.

The population is a fixed table of probabilities over two answers (1 to 10), a yes/no outcome and
two groups, so every true value is known exactly. Each run draws a sample from it and asks each
estimator for its interval. `python -m tests.coverage_study` repeats the recorded study (4,000 runs,
some minutes on two cores) and writes tests/coverage_study.csv: how many runs held the truth, and
which of the first runs did. The tests repeat those first runs exactly.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from tqdm import tqdm

from analysis.estimate import (
    Estimate,
    bootstrap,
    correlation,
    mean,
    mean_difference,
    mean_money,
    net_promoter_score,
    pool,
    proportion,
    proportion_difference,
    proportion_ratio,
    r2_gain,
)
from analysis.regression import explained, ordered_regression, regression

RECORD = Path(__file__).with_name("coverage_study.csv")
RUNS, FIRST, SEED, CUSTOMERS = 4000, 25, 20261122, 400
FEW, SMALLEST = 20, 4  # customers of a small survey, of the smallest studies that are pooled
STUDIES, BETWEEN = 12, 0.15
UNEQUAL = "pooled mean, very unequal studies"
ABOUT = {"kind": "simulated", "source": "simulated population"}


@cache
def population() -> pd.DataFrame:
    """Return the table of probabilities: y follows x, the outcome follows y, groups differ."""
    cells = []
    for group, shift in (("a", 0.0), ("b", 0.8)):
        for x in range(1, 11):
            p_x = stats.norm.pdf(x, 6, 2.2)
            for y in range(1, 11):
                p_y = stats.norm.pdf(y, 2.5 + 0.5 * x + shift, 1.9)
                p_left = 1 / (1 + np.exp(0.4 * (y - 5)))
                cells += [(group, x, y, 1.0, p_x * p_y * p_left)]
                cells += [(group, x, y, 0.0, p_x * p_y * (1 - p_left))]
    table = pd.DataFrame(cells, columns=["group", "x", "y", "left", "p"])
    return table.assign(p=table["p"] / table["p"].sum())


def money(counts: pd.DataFrame) -> Estimate:
    """Return mean money, each answer y standing for y squared cents."""
    cents = counts["y"].astype(float) ** 2
    sums = pd.DataFrame(
        {"n": counts["n"], "total": cents * counts["n"], "total_sq": cents**2 * counts["n"]}
    )
    return mean_money(sums, **ABOUT)


def squared_correlation(counts: pd.DataFrame) -> float:
    """Return R2 of y on x, quickly: it is taken of every draw."""
    matrix = np.cov(counts[["x", "y"]].to_numpy(float).T, fweights=counts["n"].to_numpy())
    return float(matrix[0, 1] ** 2 / (matrix[0, 0] * matrix[1, 1]))


ESTIMATORS: dict[str, Callable[[pd.DataFrame], Estimate]] = {
    "share (Wilson)": lambda c: proportion(c, "left", **ABOUT),
    "difference of shares (Newcombe)": lambda c: proportion_difference(
        c, "left", "group", "a", "b", **ABOUT
    ),
    "ratio of shares (log)": lambda c: proportion_ratio(c, "left", "group", "a", "b", **ABOUT),
    "mean (Student)": lambda c: mean(c, "y", **ABOUT),
    "net promoter score (adjusted Wald)": lambda c: net_promoter_score(
        c, "y", scale=(1, 10), **ABOUT
    ),
    "difference of means (Welch)": lambda c: mean_difference(c, "y", "group", "b", "a", **ABOUT),
    "mean from totals (Student)": money,
    "Pearson correlation (Fisher z)": lambda c: correlation(c, "x", "y", **ABOUT),
    "Spearman correlation (Fisher z)": lambda c: correlation(c, "x", "y", rank=True, **ABOUT),
    "slope (HC1)": lambda c: regression(c, "y ~ x").estimate("x", **ABOUT),
    "logistic slope (HC1)": lambda c: regression(c, "left ~ y", family="binomial").estimate(
        "y", **ABOUT
    ),
    "R2 (multinomial bootstrap)": lambda c: bootstrap(
        c, squared_correlation, seed=1, draws=400, columns=["x", "y"], method="R2", **ABOUT
    ),
    "R2 gain (noncentral F)": lambda c: r2_gain(c, "y", ["x"], ["left"], **ABOUT),
}  # fmt: skip


def ordered(counts: pd.DataFrame) -> Estimate:
    """Return the ordered-logit slope; its truth is that of the latent model that made the data."""
    return ordered_regression(counts, "z", ["x"]).estimate("x", **ABOUT)


def latent(rng: np.random.Generator) -> pd.DataFrame:
    """Return counts from a proportional-odds model with a slope of 0.3."""
    x = rng.integers(1, 11, CUSTOMERS)
    z = np.digitize(0.3 * x + rng.logistic(size=CUSTOMERS), [1, 2, 3])
    return pd.DataFrame({"x": x, "z": z}).value_counts().rename("n").reset_index()


def pooled(rng: np.random.Generator, smallest: float, largest: float) -> Estimate:
    """Return the pooled mean of studies whose true effects vary around 0.4."""
    errors = rng.uniform(smallest, largest, STUDIES)
    effects = rng.normal(rng.normal(0.4, BETWEEN, STUDIES), errors)
    return pool(
        [
            Estimate(value=e, low=e - 1.959964 * s, high=e + 1.959964 * s, n=1, method="m", **ABOUT)
            for e, s in zip(effects, errors, strict=True)
        ],
        source="simulated studies",
    ).estimate


def no_gain(rng: np.random.Generator) -> Estimate:
    """Return the R2 gain of a predictor that says nothing beyond the first."""
    x = rng.integers(1, 11, CUSTOMERS)
    z = np.clip(np.round(x + rng.normal(0, 3, CUSTOMERS)), 1, 10)
    y = x + rng.normal(0, 2, CUSTOMERS)
    return r2_gain(pd.DataFrame({"y": y, "x": x, "z": z, "n": 1}), "y", ["x"], ["z"], **ABOUT)


def small_studies(rng: np.random.Generator) -> Estimate:
    """Return the pooled mean of studies of four customers each, with Student's intervals."""
    answers = rng.normal(rng.normal(5, BETWEEN, (STUDIES, 1)), 1, (STUDIES, SMALLEST))
    means = [mean(pd.DataFrame({"y": row, "n": 1}), "y", **ABOUT) for row in answers]
    return pool(means, source="simulated studies").estimate


def one_run(seed: int) -> list[bool]:
    """Return, for every estimator, whether its interval holds the truth in one sample."""
    rng = np.random.default_rng([SEED, seed])
    table = population()
    sample = table.assign(n=rng.multinomial(CUSTOMERS, table["p"])).query("n > 0")
    found = [(estimator(sample), TRUTH[name]) for name, estimator in ESTIMATORS.items()]
    found += [(ordered(latent(rng)), 0.3), (pooled(rng, 0.1, 0.2), 0.4)]
    found += [(pooled(rng, 0.05, 0.3), 0.4)]
    few = table.assign(n=rng.multinomial(FEW, table["p"])).query("n > 0")
    for name in ("share (Wilson)", "net promoter score (adjusted Wald)"):
        found.append((ESTIMATORS[name](few), TRUTH[name]))
    found += [(no_gain(rng), 0.0), (small_studies(rng), 5.0)]
    return [estimate.low <= truth <= estimate.high for estimate, truth in found]


def true_values() -> dict[str, float]:
    """Return what each estimator gives on the population itself, taken as 10^12 customers."""
    table = population()
    whole = table.assign(n=(table["p"] * 10**12).round().astype("int64"))
    known = {"R2 (multinomial bootstrap)": explained(whole, "y", ["x"])}
    return {
        name: known[name] if name in known else estimator(whole).value
        for name, estimator in ESTIMATORS.items()
    }


TRUTH = true_values()
NAMES = TRUTH | {
    "ordered-logit slope": 0.3,
    "pooled mean, similar studies": 0.4,
    UNEQUAL: 0.4,
    f"share of {FEW} customers": TRUTH["share (Wilson)"],
    f"net promoter score of {FEW} customers": TRUTH["net promoter score (adjusted Wald)"],
    "R2 gain where nothing is gained": 0.0,
    f"pooled mean, studies of {SMALLEST} customers": 5.0,
}


def study(seeds: range, workers: int = 2) -> Iterator[list[bool]]:
    """Yield, for every seed, in which estimators the interval held the truth."""
    if workers == 1:
        yield from map(one_run, seeds)
        return
    with ProcessPoolExecutor(workers) as at_work:
        jobs = at_work.map(one_run, seeds, chunksize=10)
        yield from tqdm(jobs, total=len(seeds), disable=not sys.stderr.isatty())


def record(held: np.ndarray) -> pd.DataFrame:
    """Return the table of the study: a row per estimator, the first runs as signs."""
    first = ["".join("+" if run else "-" for run in column) for column in held[:FIRST].T]
    return pd.DataFrame(
        {
            "estimator": list(NAMES),
            "truth": np.round(list(NAMES.values()), 6),
            "runs": len(held),
            "held": held.sum(axis=0),
            "coverage": held.mean(axis=0),
            "first": first,
        }
    )


if __name__ == "__main__":
    result = record(np.array(list(study(range(RUNS)))))
    result.to_csv(RECORD, index=False, lineterminator="\n")
    print(result.drop(columns="first").to_string(index=False))
