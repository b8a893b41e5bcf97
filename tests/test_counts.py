"""Counts lose nothing: order, splitting and merging change nothing, n is conserved."""

import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from analysis.counts import ColumnError, complete, count_by, expand, merge, numeric
from analysis.estimate import correlation, mean, proportion

ANSWER = st.one_of(st.none(), st.integers(1, 10))
ROWS = st.lists(st.tuples(ANSWER, ANSWER, st.integers(0, 10**9)), min_size=1, max_size=60)
# One column of answers in every type in which a survey may come.
TYPES = ["int64", "Int64", "float64", "Float64", "int64[pyarrow]", "double[pyarrow]", "category"]
TYPES += ["object", "uint8", "int8", "float32"]


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
    by = ["score", "again"]
    merged = merge(*(count_by(frame(part), by, money="cents") for part in parts))
    assert_frame_equal(merged, count_by(frame(rows), by, money="cents"))


@given(ROWS)
def test_n_and_money_are_conserved(rows):
    counts = count_by(frame(rows), "score", money="cents")
    assert counts["n"].sum() == len(rows)
    assert counts["total"].sum() == sum(cents for *_, cents in rows)
    assert counts["total_sq"].sum() == pytest.approx(sum(cents**2 for *_, cents in rows))


@given(ROWS)
def test_expanding_and_counting_again_gives_the_same_counts(rows):
    counts = count_by(frame(rows), ["score", "again"])
    assert_frame_equal(count_by(expand(counts), ["score", "again"]), counts)


@given(ROWS)
def test_counting_counts_is_counting_rows(rows):
    fine = count_by(frame(rows), ["score", "again"])
    assert_frame_equal(count_by(fine, "score", weights="n"), count_by(frame(rows), "score"))


@given(ROWS)
def test_every_row_is_used_or_counted_as_missing(rows):
    counts = count_by(frame(rows), ["score", "again"])
    kept, missing = complete(counts, ["score", "again"])
    assert kept["n"].sum() + missing == len(rows)
    assert missing == sum(score is None or again is None for score, again, _ in rows)


@given(ROWS)
def test_an_estimate_does_not_depend_on_how_the_customers_are_arranged(rows):
    several = [(1, 1, 0), (10, 2, 0), (3, 10, 0), (5, 5, 0)]
    table = frame(rows + several).dropna()
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
    with pytest.raises(ValueError, match=r"^expected .* found .* in row 1$"):
        proportion(counts, "flag", kind="stated", source="test")


@pytest.mark.parametrize("kind", [*TYPES, "uint64", "bool"])
def test_counts_of_any_type_of_whole_number_are_the_same_counts(kind):
    n = pd.Series([1, 0, 1]).astype(kind)
    counts = pd.DataFrame({"score": [1, 2, 3], "n": n})
    if kind == "bool":
        with pytest.raises(ValueError, match=r"^expected n to be whole numbers, found bool$"):
            complete(counts, "score")
        return
    kept, _ = complete(counts, "score")
    assert kept["n"].dtype == "int64"
    assert kept[["score", "n"]].to_numpy().tolist() == [[1, 1], [3, 1]]
    assert count_by(counts, "score", weights="n")["n"].tolist() == [1, 0, 1]
    assert len(expand(counts)) == 2


# Counting ---------------------------------------------------------------------------------------


def test_a_missing_answer_is_an_answer_of_its_own_and_comes_last():
    table = pd.DataFrame({"word": ["b", None, "a", np.nan, pd.NA], "x": 1})
    counts = count_by(table, ["word", "x"])
    assert counts["word"].isna().tolist() == [False, False, True]
    assert counts["word"].tolist()[:2] == ["a", "b"]
    assert counts["n"].tolist() == [1, 1, 3]
    assert list(counts.columns) == ["word", "x", "n"]


def test_categories_keep_their_order_and_those_that_nobody_has_do_not_appear():
    words = pd.Categorical(["good", "bad", "good", None], categories=["none", "bad", "good"])
    counts = count_by(pd.DataFrame({"word": words}), "word")
    assert counts["word"].tolist()[:2] == ["bad", "good"]
    assert counts["n"].tolist() == [1, 2, 1]


def test_weights_are_never_guessed():
    households = pd.DataFrame({"score": [5, 5, 1], "n": [4, 2, 3]})
    with pytest.raises(ValueError, match=r"^expected weights='n' for a table of counts, or rows"):
        count_by(households, "score")
    assert count_by(households, "score", weights="n")["n"].tolist() == [3, 6]
    renamed = households.rename(columns={"n": "size"})
    assert count_by(renamed, "score")["n"].tolist() == [1, 2]
    assert count_by(renamed, "score", weights="size")["n"].tolist() == [3, 6]
    assert count_by(households.assign(w=2), "score", weights="w")["n"].tolist() == [2, 4]


def test_a_survey_column_called_total_is_a_column_like_any_other():
    surveys = pd.DataFrame({"total": [3, 4, 4]})
    counts = count_by(surveys, "total")
    assert counts.to_numpy().tolist() == [[3, 1], [4, 2]]
    assert_frame_equal(merge(counts, counts), pd.DataFrame({"total": [3, 4], "n": [2, 4]}))
    with pytest.raises(ValueError, match=r"other than \['n', 'total', 'total_sq'\], found"):
        count_by(surveys.assign(cents=1), "total", money="cents")


def test_zero_is_a_name_too():
    rows = pd.DataFrame({0: [5, 5, 1], 1: [100, 200, 300], 2: [1, 2, 3]})
    assert count_by(rows, 0).to_numpy().tolist() == [[1, 1], [5, 2]]
    assert count_by(rows, 0, money=1)["total"].tolist() == [300, 300]
    assert count_by(rows, [0], weights=2)["n"].tolist() == [3, 3]


@pytest.mark.parametrize("kind", ["int32", "int64", "Int64", "uint16", "int64[pyarrow]"])
def test_money_in_any_type_of_whole_cents_is_the_same_money(kind):
    table = pd.DataFrame({"score": [1, 1, 2], "cents": pd.Series([1999, 1, 500]).astype(kind)})
    counts = count_by(table, "score", money="cents")
    assert counts["total"].tolist() == [2000, 500]
    assert counts["total"].dtype == "int64"
    assert counts["total_sq"].tolist() == [1999.0**2 + 1, 500.0**2]
    assert counts["n"].tolist() == [2, 1]


def test_money_that_comes_back_is_money():
    table = pd.DataFrame({"score": [1, 1], "cents": [500, -200]})
    counts = count_by(table, "score", money="cents")
    assert (counts["total"][0], counts["total_sq"][0]) == (300, 290000)


def test_money_in_the_millions_is_summed_exactly_until_it_cannot_be():
    at_most = pd.DataFrame({"score": 1, "cents": [2**53 - 2, 1]})
    assert count_by(at_most, "score", money="cents")["total"].tolist() == [2**53 - 1]
    for cents in ([2**53 - 2, 2], [2**53 - 2, -2], [2**62, 2**62]):
        with pytest.raises(ValueError, match=r"^expected less than 9007199254740992 cents in all"):
            count_by(at_most.assign(cents=cents), "score", money="cents")


def test_more_customers_than_a_float_holds_are_refused():
    counts = pd.DataFrame({"score": [1, 2], "n": [2**53 - 2, 1]})
    assert complete(counts, "score")[0]["n"].sum() == 2**53 - 1
    for n in ([2**53 - 2, 2], [2**61, 2**61]):
        with pytest.raises(ValueError, match=r"^expected fewer than 9007199254740992 customers"):
            complete(counts.assign(n=n), "score")


def test_money_must_be_known_and_is_not_counted_twice():
    table = frame([(1, 1, 100)]).assign(cents=pd.array([None], dtype="Int64"))
    with pytest.raises(ValueError, match="1 missing in cents"):
        count_by(table, "score", money="cents")
    with pytest.raises(ValueError, match="found weights: a table of counts"):
        count_by(table.assign(n=1), "score", money="again", weights="n")


# Merging and expanding --------------------------------------------------------------------------


def test_tables_of_different_columns_are_not_merged():
    with pytest.raises(ValueError, match="expected columns"):
        merge(count_by(frame([(1, 1, 1)]), "score"), count_by(frame([(1, 1, 1)]), "again"))


def test_the_order_of_columns_and_categories_does_not_hinder_a_merge():
    one = pd.DataFrame({"a": [1], "b": pd.Categorical(["x"]), "n": [2]})
    two = pd.DataFrame({"n": [3], "b": pd.Categorical(["y"]), "a": [1]})
    merged = merge(one, two)
    assert list(merged.columns) == ["a", "b", "n"]
    assert merged.to_numpy().tolist() == [[1, "x", 2], [1, "y", 3]]


def test_a_repeated_index_does_not_multiply_customers():
    counts = pd.DataFrame({"score": [1, 2, 3], "n": [4, 0, 6]}, index=[0, 0, 0])
    rows = expand(counts)
    assert rows["score"].tolist() == [1] * 4 + [3] * 6
    assert rows.index.tolist() == list(range(10))
    assert list(rows.columns) == ["score"]
    kept, missing = complete(counts, [], numbers="score")
    assert (kept["n"].tolist(), missing) == ([4, 6], 0)


# The door ---------------------------------------------------------------------------------------


def test_missing_customers_are_counted_in_each_kind_of_column():
    counts = pd.DataFrame(
        {
            "word": ["a", None, "b", "b", "a"],
            "x": [1, 2, None, 4, 5],
            "flag": pd.array([True, False, True, None, True], dtype="boolean"),
            "n": [1, 2, 4, 8, 16],
        }
    )
    assert complete(counts, "word")[1] == 2
    assert complete(counts, [], numbers="x")[1] == 4
    assert complete(counts, [], flags="flag")[1] == 8
    kept, missing = complete(counts, ["word"], numbers=["x"], flags=["flag"])
    assert missing == 14
    assert kept["n"].tolist() == [1, 16]
    assert kept["flag"].tolist() == [1.0, 1.0]
    assert (kept["flag"].dtype, kept["x"].dtype) == ("float64", "float64")
    assert list(kept.columns) == list(counts.columns)
    assert counts["flag"].dtype == "boolean", "the caller's table must stay as it was"


def test_rows_of_nobody_go_without_being_missing():
    counts = pd.DataFrame({"x": [1.0, None, 3.0], "n": [0, 0, 5]})
    kept, missing = complete(counts, [], numbers="x")
    assert (kept["n"].tolist(), missing) == ([5], 0)


@pytest.mark.parametrize("kind", TYPES)
def test_numbers_of_any_type_are_the_same_numbers(kind):
    values = numeric(pd.Series([3, 1, 2]).astype(kind))
    assert values.dtype == "float64"
    assert values.tolist() == [3, 1, 2]


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([True, None, False], dtype="boolean"),
        pd.Series([True, None, False], dtype="bool[pyarrow]"),
        pd.Series([True, None, False], dtype="object"),
        pd.Series([1, None, 0], dtype="category"),
        pd.Series([1, pd.NA, 0], dtype="object"),
        pd.Series([1, pd.NaT, 0], dtype="object"),
        pd.Series([np.int8(1), None, np.bool_(False)], dtype="object"),
        pd.Series([decimal.Decimal(1), decimal.Decimal("NaN"), 0], dtype="object"),
        pd.Series(
            [decimal.Decimal(1), None, decimal.Decimal(0)], dtype=pd.ArrowDtype(pa.decimal128(3))
        ),
        pd.Series([1, None, 0], dtype="Int8"),
        pd.Series(pd.arrays.SparseArray([1.0, np.nan, 0.0])),
        pd.Series(np.array([1, np.nan, 0], dtype=">f8")),
    ],
    ids=lambda values: str(values.dtype),
)
def test_a_missing_number_of_any_type_is_missing(values):
    np.testing.assert_array_equal(numeric(values), [1, np.nan, 0])


def test_a_flag_may_be_written_in_any_type():
    for kind in [*TYPES, "bool", "boolean", "bool[pyarrow]"]:
        counts = pd.DataFrame({"flag": pd.Series([1, 0]).astype(kind), "n": [3, 1]})
        assert proportion(counts, "flag", kind="stated", source="test").value == 0.75, kind


def test_a_missing_column_is_named_in_a_plain_sentence():
    with pytest.raises(ColumnError) as error:
        count_by(frame([(1, 1, 1)]), "scores")
    assert str(error.value) == (
        "expected columns ['scores'], found no ['scores'] in ['score', 'again', 'cents']"
    )
    assert isinstance(error.value, KeyError)
