"""Counts lose nothing: order, splitting and merging change nothing, n is conserved."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analysis.counts import complete, count_by, expand, merge
from analysis.estimate import correlation, mean, proportion

ANSWER = st.one_of(st.none(), st.integers(1, 10))
ROWS = st.lists(st.tuples(ANSWER, ANSWER, st.integers(0, 10**9)), min_size=1, max_size=60)


def frame(rows):
    table = pd.DataFrame(rows, columns=["score", "again", "cents"])
    return table.astype({"score": "float64", "again": "float64", "cents": "int64"})


@given(ROWS, st.randoms())
def test_the_order_of_rows_changes_nothing(rows, random):
    shuffled = random.sample(rows, len(rows))
    by = ["score", "again"]
    assert_frame_equal(
        count_by(frame(rows), by, money="cents"), count_by(frame(shuffled), by, money="cents")
    )


@given(ROWS, st.data())
def test_splitting_and_merging_changes_nothing(rows, data):
    cut = data.draw(st.integers(1, len(rows)))
    parts = [part for part in (rows[:cut], rows[cut:]) if part]
    merged = merge(*(count_by(frame(part), ["score", "again"]) for part in parts))
    assert_frame_equal(merged, count_by(frame(rows), ["score", "again"]))


@given(ROWS)
def test_n_and_money_are_conserved(rows):
    counts = count_by(frame(rows), "score", money="cents")
    assert counts["n"].sum() == len(rows)
    assert counts["total"].sum() == sum(cents for *_, cents in rows)


@given(ROWS)
def test_expanding_and_counting_again_gives_the_same_counts(rows):
    counts = count_by(frame(rows), ["score", "again"])
    assert_frame_equal(count_by(expand(counts), ["score", "again"]), counts)


@given(ROWS)
def test_counting_counts_is_counting_rows(rows):
    fine = count_by(frame(rows), ["score", "again"])
    assert_frame_equal(count_by(fine, "score"), count_by(frame(rows), "score"))


@given(ROWS)
def test_every_row_is_used_or_counted_as_missing(rows):
    counts = count_by(frame(rows), ["score", "again"])
    kept, missing = complete(counts, ["score", "again"])
    assert kept["n"].sum() + missing == len(rows)
    assert missing == sum(score is None or again is None for score, again, _ in rows)


@given(ROWS)
def test_an_estimate_does_not_depend_on_how_the_customers_are_arranged(rows):
    table = frame(rows).dropna()
    if len(table) < 4 or table["score"].nunique() < 2 or table["again"].nunique() < 2:
        return
    about = {"kind": "stated", "source": "property test"}
    counts = count_by(table, ["score", "again"])
    one_by_one = table.assign(n=1)
    for estimator, columns in ((mean, ["score"]), (correlation, ["score", "again"])):
        a, b = (estimator(t, *columns, **about) for t in (counts, one_by_one))
        assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), abs=1e-9)
        assert (a.n, a.missing) == (b.n, b.missing)


@pytest.mark.parametrize("n", [-1, 0.5, np.nan, np.inf])
def test_what_is_not_a_count_is_refused_with_its_row(n):
    counts = pd.DataFrame({"flag": [0.0, 1.0], "n": [3, n]})
    with pytest.raises(ValueError, match=r"whole number >= 0, found .* in row 1"):
        proportion(counts, "flag", kind="stated", source="test")


def test_a_missing_column_is_named():
    with pytest.raises(KeyError, match="no \\['scores'\\]"):
        count_by(frame([(1, 1, 1)]), "scores")


def test_money_must_be_known_and_is_not_counted_twice():
    table = frame([(1, 1, 100)]).assign(cents=[np.nan])
    with pytest.raises(ValueError, match="1 missing in 'cents'"):
        count_by(table, "score", money="cents")
    with pytest.raises(ValueError, match="found a table of counts"):
        count_by(count_by(frame([(1, 1, 100)]), "score"), "score", money="n")


def test_tables_of_different_columns_are_not_merged():
    with pytest.raises(ValueError, match="expected columns"):
        merge(count_by(frame([(1, 1, 1)]), "score"), count_by(frame([(1, 1, 1)]), "again"))
