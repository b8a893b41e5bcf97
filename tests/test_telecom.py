"""The telecom counts hold every customer once, the repeats apart, and sums that fit the bands."""

import numpy as np
import pandas as pd
import pytest

from analysis.data import load

CUTS = np.array([0, 113.80125, 228.48, 788.38875, np.inf])  # as the descriptor states them


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    return load("telecom_complaints")


def test_every_customer_of_the_deposit_is_counted(counts: pd.DataFrame) -> None:
    assert counts["n"].sum() == 3150  # stated at archive.ics.uci.edu/dataset/563
    assert counts.query("churned == 1")["n"].sum() == 495
    assert counts.query("duplicate == 1")["n"].sum() == 300
    assert len(counts) < 200, "a table of counts, not of customers"


def test_a_combination_occurs_once(counts: pd.DataFrame) -> None:
    keys = [name for name in counts if name not in ("n", "total", "total_sq")]
    assert not counts.duplicated(keys).any()
    assert counts["n"].ge(1).all()
    assert counts[keys].equals(counts.sort_values(keys, ignore_index=True)[keys])


def test_a_repeat_has_an_original_with_the_same_answers(counts: pd.DataFrame) -> None:
    keys = ["complained", "tariff_plan", "active", "churned", "value_band"]
    repeats = counts[counts["duplicate"] == 1]
    originals = counts[counts["duplicate"] == 0]
    assert len(repeats.merge(originals, on=keys)) == len(repeats)


def test_the_bands_are_quarters_and_hold_the_sums(counts: pd.DataFrame) -> None:
    shares = counts.groupby("value_band")["n"].sum() / 3150
    assert shares.sub(0.25).abs().max() < 0.01
    average = counts["total"] / counts["n"] / 1000
    assert (average > CUTS[counts["value_band"] - 1]).where(counts["value_band"] > 1, True).all()
    assert (average <= CUTS[counts["value_band"]]).all()
    # Cauchy and Schwarz: a sum of squares is never below the square of the sum over n.
    assert (counts["n"] * counts["total_sq"] >= counts["total"].astype(float) ** 2).all()
