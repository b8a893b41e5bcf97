"""How often do the 95% intervals hold the truth? A simulation with a known answer.

The population is a fixed table of probabilities over two answers (1 to 10), a yes/no outcome and
two groups, so every true value is known exactly. Each run draws a sample from it and asks each
estimator for its interval. `python -m tests.coverage_study` repeats the recorded study (4,000 runs,
some minutes on two cores) and writes tests/coverage_study.csv; the tests run a smaller one.
"""

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from tqdm import tqdm

from analysis.estimate import (
    Estimate,
    bootstrap,
    correlation,
    explained,
    mean,
    mean_difference,
    mean_money,
    ordered_regression,
    pool,
    proportion,
    proportion_difference,
    proportion_ratio,
    regression,
)
from analysis.scores import net_promoter

RECORD = Path(__file__).with_name("coverage_study.csv")
RUNS, SEED, CUSTOMERS = 4000, 20261122, 400
STUDIES, BETWEEN = 12, 0.15
UNEQUAL = "pooled mean, very unequal studies"
ABOUT = {"kind": "simulated", "source": "simulated population"}


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
    table["points"] = net_promoter(table["y"].astype(float))
    return table.assign(p=table["p"] / table["p"].sum())


def money(counts: pd.DataFrame) -> Estimate:
    """Return mean money, each answer y standing for y squared cents."""
    cents = counts["y"].astype(float) ** 2
    sums = pd.DataFrame(
        {"n": counts["n"], "total": cents * counts["n"], "total_sq": cents**2 * counts["n"]}
    )
    return mean_money(sums, **ABOUT)


ESTIMATORS: dict[str, Callable[[pd.DataFrame], Estimate]] = {
    "share (Wilson)": lambda c: proportion(c, "left", **ABOUT),
    "difference of shares (Newcombe)": lambda c: proportion_difference(
        c, "left", "group", "a", "b", **ABOUT
    ),
    "ratio of shares (log)": lambda c: proportion_ratio(c, "left", "group", "a", "b", **ABOUT),
    "mean (Student)": lambda c: mean(c, "y", **ABOUT),
    "net promoter score (Student)": lambda c: mean(c, "points", **ABOUT),
    "difference of means (Welch)": lambda c: mean_difference(c, "y", "group", "b", "a", **ABOUT),
    "mean from totals (Student)": money,
    "Pearson correlation (Fisher z)": lambda c: correlation(c, "x", "y", **ABOUT),
    "Spearman correlation (Fisher z)": lambda c: correlation(c, "x", "y", rank=True, **ABOUT),
    "slope (HC1)": lambda c: regression(c, "y ~ x").estimate("x", **ABOUT),
    "logistic slope (HC1)": lambda c: regression(c, "left ~ y", family="binomial").estimate(
        "y", **ABOUT
    ),
    "R2 (multinomial bootstrap)": lambda c: bootstrap(
        c, lambda d: explained(d, "y", ["x"]), seed=1, draws=400, columns=["x", "y"], **ABOUT,
        method="R2",
    ),
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


def one_run(seed: int) -> list[bool]:
    """Return, for every estimator, whether its interval holds the truth in one sample."""
    rng = np.random.default_rng([SEED, seed])
    table = population()
    sample = table.assign(n=rng.multinomial(CUSTOMERS, table["p"])).query("n > 0")
    found = [(estimator(sample), TRUTH[name]) for name, estimator in ESTIMATORS.items()]
    found += [(ordered(latent(rng)), 0.3), (pooled(rng, 0.1, 0.2), 0.4)]
    found += [(pooled(rng, 0.05, 0.3), 0.4)]
    return [estimate.low <= truth <= estimate.high for estimate, truth in found]


def true_values() -> dict[str, float]:
    """Return what each estimator gives on the population itself, taken as 10^12 customers."""
    table = population()
    whole = table.assign(n=(table["p"] * 10**12).round().astype("int64"))
    fast = {k: v for k, v in ESTIMATORS.items() if "bootstrap" not in k}
    return {name: estimator(whole).value for name, estimator in fast.items()} | {
        "R2 (multinomial bootstrap)": explained(whole, "y", ["x"])
    }


TRUTH = true_values()


def study(runs: int, workers: int = 2) -> pd.DataFrame:
    """Return the share of runs in which each interval held the truth."""
    names = [*ESTIMATORS, "ordered-logit slope", "pooled mean, similar studies", UNEQUAL]
    with ProcessPoolExecutor(workers) as workers_at_work:
        jobs = workers_at_work.map(one_run, range(runs), chunksize=10)
        held = np.array(list(tqdm(jobs, total=runs, disable=not sys.stderr.isatty())))
    truth = [*TRUTH.values(), 0.3, 0.4, 0.4]
    return pd.DataFrame(
        {"estimator": names, "truth": np.round(truth, 6), "runs": runs, "coverage": held.mean(0)}
    )


if __name__ == "__main__":
    result = study(RUNS)
    result.to_csv(RECORD, index=False, lineterminator="\n")
    print(result.to_string(index=False))
