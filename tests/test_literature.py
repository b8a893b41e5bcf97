"""Published results: percentages and correlations get the interval that their n allows."""

import math

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from analysis.data import load
from analysis.estimate import Estimate, pool
from analysis.literature import (
    INDUSTRIES,
    cited,
    correlation_of,
    cost_ratio,
    count_ratio,
    evidence,
    fewest_pairs,
    general_spread,
    largest_spread,
    mean_across,
    mean_of_correlations,
    paired_difference,
    printed_change,
    share_from,
    share_of,
)

SHARE = {"metric": "percent", "estimate": 30.0, "n": 9900.0}
R = {"metric": "r", "estimate": -0.45, "n": 28.0}


def test_a_percentage_has_the_wilson_interval_of_its_people():
    found = share_of(SHARE, source="test", label="all")
    exact = stats.binomtest(2970, 9900).proportion_ci(method="wilson")
    assert_allclose([found.value, found.low, found.high], [0.3, exact.low, exact.high], rtol=1e-9)
    assert (found.n, found.kind, found.source, found.label) == (9900, "published", "test", "all")


def test_another_base_keeps_the_people_counted():
    found = share_of(SHARE, base=0.6, source="test")
    other = share_from(2970, 5940, source="test")
    assert (found.low, found.high, found.n) == (other.low, other.high, 5940)
    assert found.value == pytest.approx(0.5)


def test_a_share_is_the_printed_one_even_if_people_are_whole():
    found = share_of({"metric": "percent", "estimate": 47.4, "n": 200.0}, source="test")
    assert found.value == 0.474
    assert found.low < 0.474 < found.high


def test_a_correlation_has_fishers_interval():
    found, middle = correlation_of(R, source="test"), math.atanh(-0.45)
    reach = stats.norm.ppf(0.975) / 5  # the root of 28 - 3
    ends = [math.tanh(middle - reach), math.tanh(middle + reach)]
    assert_allclose([found.low, found.high], ends, rtol=1e-9)
    assert correlation_of(R, source="test", n=103).high < found.high


@pytest.mark.parametrize(
    "call",
    [
        lambda: share_of(R, source="test"),
        lambda: share_of({**SHARE, "n": float("nan")}, source="test"),
        lambda: correlation_of(SHARE, source="test"),
        lambda: correlation_of({**R, "n": float("nan")}, source="test"),
    ],
)
def test_what_has_no_interval_is_refused(call):
    with pytest.raises(ValueError, match="test: expected metric"):
        call()


def test_a_study_is_named_by_its_first_author_and_year():
    rows = pd.DataFrame(
        {
            "citation": [
                "Kumar, Petersen and Leone, HBR",
                "Agag et al., JRCS",
                "Dillard and Bates",
            ],
            "year": [2007.0, 2023.0, float("nan")],
        }
    )
    assert cited(rows).tolist() == ["Kumar 2007", "Agag 2023", "Dillard"]


def test_every_row_of_the_table_can_be_named():
    assert cited(load("literature")).str.len().min() >= 3


@pytest.fixture(scope="module")
def literature():
    return load("literature")


def correlations(*values):
    return pd.DataFrame({"metric": "r", "estimate": values})


def branches(r=0.32, k=36):
    return {"metric": "r", "estimate": r, "k": k}


def test_a_mean_of_industries_has_students_interval_of_their_zs():
    """By hand from the table of Keiningham and others: z .4236, -.4847, -.1206, 1.2933, .0802."""
    found = mean_of_correlations(correlations(0.40, -0.45, -0.12, 0.86, 0.08), source="test")
    middle, reach = 0.23837, 2.7764 * 0.67526 / math.sqrt(5)
    expected = [math.tanh(x) for x in (middle, middle - reach, middle + reach)]
    assert_allclose([found.value, found.low, found.high], expected, atol=2e-4)
    assert (found.n, found.df, found.scale) == (5, 4, "correlation")
    assert found.error_on("correlation") == pytest.approx(0.67526 / math.sqrt(5), abs=1e-4)


def test_the_interval_of_a_mean_of_clusters_holds_the_truth_as_often_as_it_says():
    """Thirty-six firms of 200 branches, true correlations spread by .2 around z of .32."""
    rng = np.random.default_rng(20261127)
    centre, spread = math.atanh(0.32), 0.2
    z = centre + spread * rng.standard_normal((4000, 36)) + rng.standard_normal((4000, 36)) / 14.04
    means, held = np.tanh(z.mean(axis=1)), 0
    total = math.hypot(spread, 1 / 14.04)
    for r in means:
        found = mean_across(branches(r), spread=total * (1 - r**2), source="test")
        held += found.low <= 0.32 <= found.high
    assert held / 4000 == pytest.approx(0.958, abs=0.008), "known spread, Student's quantile"
    one_pair = correlation_of(branches(), n=36, source="test")
    ours = mean_across(branches(), spread=total, source="test")
    assert one_pair.high - one_pair.low > 3 * (ours.high - ours.low)


def test_a_mean_over_firms_has_the_error_of_the_firms():
    """By hand: .2 / (1 - .32²) / 6 = .03713 on Fisher's z, times 2.0301 of 35 degrees."""
    found = mean_across(branches(), spread=0.2, source="test")
    reach = 0.03713 * 2.0301
    ends = [math.tanh(0.33165 - reach), math.tanh(0.33165 + reach)]
    assert_allclose([found.low, found.high], ends, atol=1e-4)
    assert (found.n, found.df) == (36, 35)
    assert mean_across(branches(), spread=0.2, clusters=9, source="test").low < found.low


def test_a_general_relation_keeps_its_sign_in_nine_of_ten_clusters():
    spread = general_spread(0.32)
    assert stats.norm.sf(0, loc=0.32, scale=spread) == pytest.approx(0.9)
    assert general_spread(-0.32) == spread
    assert general_spread(0.32, share=0.975) == pytest.approx(0.32 / 1.959964, rel=1e-6)


def test_no_correlations_spread_more_than_those_at_both_ends():
    both = np.repeat([1.0, -1.0], [66, 34])
    assert largest_spread(both.mean()) == pytest.approx(both.std())


@pytest.mark.parametrize(("r", "p"), [(0.484, 0.01), (-0.484, 0.05), (0.9, 0.05)])
def test_the_fewest_pairs_are_the_first_that_scipy_calls_significant(r, p):
    def tested(n):
        beta = stats.beta(n / 2 - 1, n / 2 - 1, loc=-1, scale=2)
        return 2 * beta.cdf(-abs(r))

    n = fewest_pairs(r, p)
    assert tested(n) < p
    assert n == 4 or tested(n - 1) >= p


def test_a_ratio_of_costs_holds_what_the_printed_digits_may_stand_for():
    won = {"metric": "dollars", "estimate": 521.0}
    kept = {"metric": "dollars", "estimate": 11.04}
    found = cost_ratio(won, kept, periods=12, source="test")
    assert found.value == pytest.approx(521 / 132.48)
    assert_allclose([found.low, found.high], [520.5 / 132.54, 521.5 / 132.42], rtol=1e-9)
    assert (found.n, found.kind) == (1, "published")


def test_a_change_of_a_printed_series_is_known_up_to_its_rounding(literature):
    """Apple's stores went from 57.5 to 58.5, as printed, to 71.5 to 72.5: by 13 to 15 points."""
    rows = literature.set_index("study_id")
    found = printed_change(rows.loc["F102a"], rows.loc["F102b"], source="test")
    assert (found.value, found.low, found.high) == (14, 13, 15)
    assert (found.n, found.kind) == (163 + 320, "published"), "stores"
    finer = printed_change(
        {"metric": "NPS", "estimate": -1.5, "k": 2},
        {"metric": "NPS", "estimate": 1.0, "k": 3},
        source="test",
    )
    assert_allclose([finer.value, finer.low, finer.high], [2.5, 1.95, 3.05], rtol=1e-12)


def test_a_ratio_of_counts_has_wilsons_interval_as_odds():
    found = count_ratio(62, 20, source="test")
    exact = stats.binomtest(62, 82).proportion_ci(method="wilson")
    ends = [exact.low / (1 - exact.low), exact.high / (1 - exact.high)]
    assert_allclose([found.value, found.low, found.high], [3.1, *ends], rtol=1e-9)
    assert math.sqrt(found.low * found.high) == pytest.approx(3.1), "symmetric as logarithms"


@pytest.mark.parametrize(("p", "q", "both"), [(6, 31, 0), (31, 6, 0), (80, 60, 40)])
def test_a_paired_difference_has_the_spread_of_people_as_few_of_whom_did_both(p, q, both):
    """By hand: each person is worth 1, -1 or, where both or neither was done, 0."""
    rows = ({"metric": "percent", "estimate": float(x)} for x in (p, q))
    found = paired_difference(*rows, base=400, source="test")
    people = np.repeat([1, -1, 0], [4 * (p - both), 4 * (q - both), 400 - 4 * (p + q - 2 * both)])
    reach = stats.norm.ppf(0.975) * people.std() / 20 + 0.01
    ends = [people.mean(), people.mean() - reach, people.mean() + reach]
    assert_allclose([found.value, found.low, found.high], ends, rtol=1e-12)
    assert found.n == 400


@pytest.mark.parametrize("both", [0.0, 0.03, 0.06])
def test_a_paired_difference_holds_the_truth_however_many_did_both(both):
    """Simulated: 2,000 samples of 300 people, printed in whole per cents."""
    drawn = np.random.default_rng(5).multinomial(
        300, [0.06 - both, 0.31 - both, both, 0.63 + both], size=2000
    )
    held = 0
    for one, other, shared, _ in drawn.tolist():
        printed = [round(100 * (x + shared) / 300) for x in (one, other)]
        rows = ({"metric": "percent", "estimate": float(x)} for x in printed)
        found = paired_difference(*rows, base=300, source="test")
        held += found.low <= -0.25 <= found.high
    assert held / 2000 >= 0.95


def test_five_industries_and_another_country_stay_below_a_score_that_tells_growth(literature):
    """Table 1 of Keiningham and others, first column: .40 -.45 -.12 .86 .08."""
    rows = literature.set_index("study_id").loc[INDUSTRIES]
    assert rows["estimate"].tolist() == [0.40, -0.45, -0.12, 0.86, 0.08]
    assert rows["relation"].str.startswith("Net Promoter -> revenue change").all()
    norway, britain = evidence("C48", literature)
    assert norway.text() == "0.23 [−0.54, 0.79]"
    assert (britain.value, britain.n) == (0.484, 28)
    assert max(norway.high, britain.high) < 0.8


def test_staff_and_customers_go_together_where_the_relation_is_general(literature):
    """Nine firms with the outcome would be enough; the widest spread there can be is too much."""
    satisfaction, engagement = evidence("C66", literature)
    assert min(satisfaction.low, engagement.low) > 0.1
    assert satisfaction.n == 36
    row = literature.set_index("study_id").loc["HAR02a"]
    about = {"spread": general_spread(0.32), "source": "test"}
    lows = [mean_across(row, clusters=k, **about).low for k in (8, 9)]
    assert lows[0] < 0.1 < lows[1]
    assert mean_across(row, spread=largest_spread(0.32), source="test").low < 0.1


def test_turnover_stands_on_the_edge_of_its_claim_whatever_the_spread(literature):
    (found,) = evidence("C67", literature)
    assert found.low < -0.1 < found.high
    row = literature.set_index("study_id").loc["HAN13a"]
    for spread in (0.05, 0.2, largest_spread(-0.1)):
        other = mean_across(row, spread=spread, source="test")
        assert other.low < -0.1 < other.high


def test_what_a_customer_kept_is_decides_the_ratio_of_costs(literature):
    for found in evidence("C05", literature):
        assert found.low == 1
        assert 3.6 < found.value < 4
        assert 44 < found.high < 48


def test_wine_sold_with_its_own_music_is_that_of_the_press_report(literature):
    (found,) = evidence("C65", literature)
    assert (found.value, found.n) == (pytest.approx(62 / 20), 82)
    assert found.low > 1


def test_published_evidence_can_be_pooled_and_other_claims_have_none(literature):
    found = [*evidence("C66", literature), *evidence("C67", literature)]
    assert all(isinstance(e, Estimate) for e in found)
    assert pool(found, source="test").estimate.n == 120
    with pytest.raises(KeyError, match="expected a claim of"):
        evidence("C49", literature)


def test_the_table_says_what_was_read_of_each_row(literature):
    quoted = literature["verified"] == "yes_secondary"
    assert (literature.loc[quoted, "text_seen"] == "quoted").all()
    unidentified = literature["verified"] == "unidentified"
    assert literature.loc[unidentified, "study_id"].str.match(r"BNS\d\d$").all()
    assert unidentified.sum() == 30, "neither author nor n is known of the thirty"
    same = literature.groupby("study_id")["study_id"].size()
    assert (same == 1).all(), "a key names one row"


def test_a_direction_has_no_size_and_every_size_is_a_number(literature):
    direction = literature["metric"].str.startswith("direction")
    assert literature.loc[direction, "estimate"].isna().all()
    assert literature.loc[~direction, "estimate"].notna().all()
