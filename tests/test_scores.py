"""A score is a number per answer: on the cut-off, beside it, missing, and off the scale."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from analysis.data import load
from analysis.estimate import correlation, net_promoter_shift, standardised_difference
from analysis.scores import (
    at_least,
    at_most,
    complaint_group,
    gap,
    net_promoter,
    price_tolerance,
)


def test_an_answer_on_the_cut_off_counts():
    answer = pd.Series([8, 9, 10, 8.999, 9.001, np.nan])
    assert_array_equal(at_least(answer, 9), [0, 1, 1, 0, 1, np.nan])
    assert_array_equal(at_most(answer, 9), [1, 1, 0, 1, 0, np.nan])
    assert_array_equal(at_least(answer, 9, scale=(0, 10)), [0, 1, 1, 0, 1, np.nan])


def test_the_published_classes_of_the_net_promoter_score():
    """Reichheld (2003): 9 and 10 promote, 0 to 6 detract."""
    points = net_promoter(pd.Series(range(11)), scale=(0, 10))
    assert points.tolist() == [-100] * 7 + [0] * 2 + [100] * 2
    assert net_promoter(pd.Series([6.5, 8.5]), scale=(0, 10)).tolist() == [0, 0]


def test_other_classes_can_be_asked_for():
    points = net_promoter(pd.Series(range(1, 6)), scale=(1, 5), promoter=5, detractor=3)
    assert points.tolist() == [-100, -100, -100, 0, 100]
    without_rest = net_promoter(pd.Series([1, 2]), scale=(1, 2), promoter=2, detractor=1)
    assert without_rest.tolist() == [-100, 100]


def test_the_mean_of_the_points_is_the_score():
    answers = pd.Series([10] * 55 + [8] * 25 + [4] * 20)
    assert net_promoter(answers, scale=(0, 10)).mean() == 35


def test_codes_for_do_not_know_are_no_promoters():
    """11 and 99 would have made 38.3 of 35.5 in a real airport survey."""
    answers = pd.Series([10, 11, 3, 99, 99], name="recommend")
    with pytest.raises(ValueError, match=r"in recommend, found 3 outside: 11, 99$"):
        net_promoter(answers, scale=(0, 10))
    with pytest.raises(ValueError, match=r"found 6 outside: -5, -4, -3, -2, -1$"):
        at_least(pd.Series(range(-5, 12)), 9, scale=(0, 10))


def test_the_ends_of_the_scale_belong_to_it():
    ends = pd.Series([1, 5])
    assert at_least(ends, 1, scale=(1, 5)).tolist() == [1, 1]
    assert at_least(ends, 5, scale=(1, 5)).tolist() == [0, 1]
    assert at_most(ends, 5, scale=(1, 5)).tolist() == [1, 1]
    assert at_most(ends, 1, scale=[1, 5]).tolist() == [1, 0]


def test_beaten_promises_are_above_zero():
    perceived, expected = pd.Series([8.0, 5.0, np.nan]), pd.Series([6.0, 9.0, 1.0])
    assert_array_equal(gap(perceived, expected), [2, -4, np.nan])
    assert_array_equal(gap(expected, perceived), [-2, 4, np.nan])


def test_two_answers_of_other_customers_are_not_taken_from_one_another():
    perceived = pd.Series([8.0, 5.0], index=["ann", "bob"])
    for other in (["bob", "ann"], ["ann", "cat"]):
        with pytest.raises(ValueError, match="same customers in one order"):
            gap(perceived, pd.Series([6.0, 9.0], index=other))


def test_a_score_keeps_the_customers_it_belongs_to():
    answer = pd.Series([1.0, 7.0, np.nan], index=["ann", "bob", "cat"], name="answer")
    results = [at_least(answer, 7), at_most(answer, 5), gap(answer, answer)]
    for score in [*results, net_promoter(answer, scale=(0, 10))]:
        assert score.index.tolist() == ["ann", "bob", "cat"]
        assert score.isna().tolist() == [False, False, True]


@pytest.mark.parametrize("kind", ["Int64", "int64[pyarrow]", "category", "object", "Float64"])
def test_answers_of_any_type_get_the_same_score(kind):
    answer = pd.Series([10, None, 3]).astype(kind)
    assert_array_equal(net_promoter(answer, scale=(0, 10)), [100, np.nan, -100])
    assert_array_equal(gap(answer, pd.Series([9, 9, 9])), [1, np.nan, -6])


def test_who_complained_and_how_it_was_handled_by_hand():
    complained = pd.Series([0, 1, 1, 1, 1, np.nan], index=list("abcdef"))
    handling = pd.Series([np.nan, 8, 7, 10, np.nan, np.nan], index=list("abcdef"))
    found = complaint_group(complained, handling, well=8)
    assert found.index.equals(complained.index)
    assert found.name == "group"
    assert all(x != x for x in found["e":])  # not a number, as everywhere, and not None
    assert found.fillna("unknown").tolist() == [
        "no complaint", "handled well", "not handled well", "handled well", "unknown", "unknown"
    ]  # fmt: skip


def test_the_tolerance_of_those_who_would_leave_by_hand():
    asked = pd.Series(["raise", "raise", "cut", "cut", "none", None])
    percent = pd.Series([10, np.nan, 20, np.nan, np.nan, np.nan])
    for leavers, unanswered, expected in [
        ("left out", None, [10, np.nan, np.nan, np.nan, np.nan, np.nan]),
        ("left out", 26, [10, 26, np.nan, np.nan, np.nan, np.nan]),
        ("no rise", None, [10, np.nan, 0, 0, np.nan, np.nan]),
        ("minus the cut", 0, [10, 0, -20, np.nan, np.nan, np.nan]),
    ]:
        found = price_tolerance(asked, percent, leavers=leavers, unanswered=unanswered)
        assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", ["object", "string", "string[pyarrow]", "category"])
def test_who_was_asked_nothing_has_no_tolerance_whatever_the_type_of_text(kind):
    asked = pd.Series(["raise", None, "cut", None]).astype(kind)
    percent = pd.Series([10.0, 30, 20, 40])
    found = price_tolerance(asked, percent, leavers="minus the cut")
    assert_array_equal(found, [10, np.nan, -20, np.nan])


def test_leaving_out_those_who_would_leave_hides_a_tolerance():
    """Selection on the result: of all, r is known; of those left, it is that of a truncated normal.

    Tolerance is score plus noise of equal variance, so r = .7071; where it must be above 0, the
    variance of its root shrinks by 2/pi, which leaves r = sqrt(1 - 1/2 / (1 - 1/pi)).
    """
    rng = np.random.default_rng(5)
    score = rng.normal(size=400_000)
    wanted = score + rng.normal(size=400_000)
    asked = pd.Series(np.where(wanted > 0, "raise", "cut"))
    about = {"kind": "stated", "source": "made"}
    found = {}
    for leavers in ("left out", "minus the cut"):
        rise = price_tolerance(asked, pd.Series(np.abs(wanted)), leavers=leavers)
        table = pd.DataFrame({"score": score, "rise": rise, "n": 1})
        found[leavers] = correlation(table, "score", "rise", **about).value
    assert found["minus the cut"] == pytest.approx(0.7071, abs=0.003)
    left = (1 - 2 / np.pi) / 2 + 1 / 2  # variance of the score among those who would stay
    assert found["left out"] == pytest.approx(np.sqrt((1 - 2 / np.pi) / 2 / left), abs=0.003)


@pytest.mark.parametrize(
    ("leavers", "unanswered", "r", "n"),
    [
        ("left out", None, 0.110, 4855),
        ("no rise", None, 0.460, 6137),
        ("minus the cut", None, 0.573, 5745),
    ],
)
def test_the_tolerance_of_all_acsi_customers_is_that_of_the_review(leavers, unanswered, r, n):
    """Computed by others from the microdata, one row per respondent."""
    table = load("acsi_2015_tolerance")
    percent = pd.to_numeric(table["tolerance"], errors="coerce")
    rise = price_tolerance(table["asked"], percent, leavers=leavers, unanswered=unanswered)
    about = {"kind": "stated", "source": "ACSI 2015"}
    found = correlation(table.assign(rise=rise), "satisfaction", "rise", **about)
    assert (round(found.value, 3), found.n) == (r, n)
    assert found.n + found.missing == 8239


@pytest.mark.parametrize(("leavers", "d"), [("left out", 0.212), ("no rise", 0.328)])
def test_the_extra_tolerance_of_the_delighted_is_that_of_the_review(leavers, d):
    table = load("acsi_2015_tolerance").query("satisfaction >= 7")
    percent = pd.to_numeric(table["tolerance"], errors="coerce")
    rise = price_tolerance(table["asked"], percent, leavers=leavers)
    table = table.assign(rise=rise, delighted=at_least(table["satisfaction"], 9))
    about = {"kind": "stated", "source": "ACSI 2015", "seed": 1, "draws": 100}
    found = standardised_difference(table, "rise", "delighted", 1, 0, **about)
    assert round(found.value, 3) == d


@pytest.mark.parametrize(
    ("well", "other", "within", "d"),
    [
        (9, "no complaint", None, "0.298"),
        (8, "no complaint", None, "0.058"),
        (6, "no complaint", None, "-0.293"),
        (6, "no complaint", "industry", "-0.20"),
        (1, "no complaint", None, "-0.96"),
        (6, "not handled well", None, "1.77"),
    ],
)
def test_the_recovery_paradox_is_that_of_the_review(well, other, within, d):
    """Computed by others from the microdata: it turns with who is compared with whom."""
    table = load("acsi_2015_complaint")
    table["group"] = complaint_group(table["complained"], table["handling"], well=well)
    about = {"kind": "stated", "source": "ACSI 2015", "seed": 1, "draws": 100, "within": within}
    found = standardised_difference(table, "intention", "group", "handled well", other, **about)
    assert f"{found.value:.{len(d.partition('.')[2])}f}" == d


def test_the_surveys_give_what_an_independent_review_computed():
    """Its own scripts, on the same counts: points gained by the article's cut-offs, and r."""
    again = load("acsi_2015_intention")
    cuts = {"scale": (1, 10), "promoter": 8, "detractor": 6}
    told = {"kind": "stated", "source": "test"}
    sets = [(load("mobile_ecsi").assign(n=1), "cusl3")]
    sets += [(part, a) for _, part in again.groupby("industry") for a in again.columns[1:3]]
    moved = sorted(round(net_promoter_shift(*one, **cuts, **told).value, 1) for one in sets)
    assert moved == [13.8, 14.8, 17.1, 18.4, 18.7, 19.3, 19.5, 23.7, 24.8]
    quality = load("acsi_2015_quality")
    quality["distance"] = gap(quality["quality"], quality["expectation"]).abs()
    parts = [part for _, part in quality.groupby("industry")]
    found = [correlation(part, "distance", "satisfaction", **told).value for part in parts]
    assert np.round(found, 2).tolist() == [-0.29, -0.38, -0.52, -0.20]
