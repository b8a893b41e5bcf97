"""How often is a verdict false? Samples of a known truth, judged by each way of counting together.

The claim is that a quantity is at least 0. Its truth is 0 (on the end, which belongs to the claim),
or one standard error of a sample inside or outside. From one to nine samples are drawn, of equal
size or with standard errors that differ sixfold. False is: refuted though true, supported though
not, contested though all samples have one truth. `python -m tests.judgement_study` repeats the
recorded study (some minutes) and writes tests/judgement_study.csv; the tests repeat its first runs.
"""

import csv
import dataclasses
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np

from analysis.claims import COMBINE, Claim
from analysis.estimate import Estimate, Z
from analysis.judgement import judge

RECORD = Path(__file__).with_name("judgement_study.csv")
RUNS, FIRST, SEED = 2000, 40, 20261127
SAMPLES = (1, 2, 3, 6, 9)
SIZES = {"equal": 1.0, "unequal": 6.0}  # largest standard error over the smallest
TRUTHS = {"on the end": 0.0, "inside": 1.0, "outside": -1.0}
CLAIM = Claim(
    claim_id="C00", article="value", topic="made", chapter="01", statement="A made claim.",
    estimand="made", unit="sd", low=0.0, high=np.inf, interval_reason="made",
    decided_by=("simulated",), origin="", untestable_reason="", contradicts=(),
    combine="same quantity", asserts="amount", directness={"simulated": "direct"},
    directness_reason="", weak_test="", edition=2, first_edition_verdict="undecided",
)  # fmt: skip
CELLS = [
    (combine, samples, sizes, truth)
    for combine, samples, sizes, truth in product(COMBINE, SAMPLES, SIZES, TRUTHS)
    if samples > 1 or (sizes == "equal" and combine == "same quantity")
]


def study(runs: int) -> Iterator[dict]:
    """Yield a row for each cell of the study: the verdicts of the runs, counted."""
    for number, (combine, samples, sizes, truth) in enumerate(CELLS):
        claim = dataclasses.replace(CLAIM, combine=combine)
        error = np.geomspace(1, SIZES[sizes], samples)
        rng = np.random.default_rng([SEED, number])
        drawn = TRUTHS[truth] + error * rng.standard_normal((runs, samples))
        verdicts = [judge(claim, list(make(values, error))).verdict for values in drawn]
        wrong = {"contested", "supported" if truth == "outside" else "refuted"}
        yield {
            "combine": combine,
            "samples": samples,
            "sizes": sizes,
            "truth": truth,
            "runs": runs,
            "decided": sum(v in ("supported", "refuted") for v in verdicts),
            "false": sum(v in wrong for v in verdicts),
            "first": "".join(v[0] for v in verdicts[:FIRST]),
        }


def make(values: np.ndarray, error: np.ndarray) -> Iterator[Estimate]:
    """Yield an estimate for each sample; its size goes with one over the squared error."""
    for value, e in zip(values, error, strict=True):
        about = {"n": round(3600 / e**2), "kind": "simulated", "source": "made", "method": "made"}
        yield Estimate(value=value, low=value - Z * e, high=value + Z * e, **about)


if __name__ == "__main__":
    with RECORD.open("w", encoding="utf-8", newline="") as file:
        rows = list(study(RUNS))
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    sys.exit(f"wrote {RECORD.name}")
