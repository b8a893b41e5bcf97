"""Every statistic against something from outside: a published table or another package."""

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit, gammaln, logit
from statsmodels.stats.meta_analysis import combine_effects

from analysis.counts import count_by
from analysis.estimate import (
    KINDS,
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
    noncentral_ends,
    pool,
    proportion,
    proportion_difference,
    proportion_ratio,
    r2_gain,
    standardised_difference,
    tabulate,
)
from analysis.regression import explained
from analysis.scores import net_promoter

ABOUT = {"kind": "stated", "source": "test"}
EXACT = {"rtol": 1e-8, "atol": 1e-8}
Z = 1.959963984540054


@pytest.fixture(scope="module")
def rows():
    """1,500 made customers with three predictors' worth of structure and some missing answers."""
    rng = np.random.default_rng(20261122)
    x = rng.integers(1, 11, 1500)
    group = rng.integers(0, 3, 1500)
    y = np.clip(np.round(3 + 0.5 * x + rng.normal(0, 2, 1500)), 1, 10)
    left = (rng.random(1500) < 1 / (1 + np.exp((x - 5) / 3))).astype(float)
    table = pd.DataFrame({"x": x.astype(float), "group": group, "y": y, "left": left})
    table.loc[rng.choice(1500, 40, replace=False), "y"] = np.nan
    return table


@pytest.fixture(scope="module")
def counts(rows):
    return count_by(rows, ["x", "group", "y", "left"])


def numbers(estimate):
    return [estimate.value, estimate.low, estimate.high]


def answers(column, values, n):
    return pd.DataFrame({column: values, "n": n})


def shares(a, n_a, b, n_b):
    return pd.DataFrame(
        {"g": [1, 1, 2, 2], "hit": [1.0, 0.0, 1.0, 0.0], "n": [a, n_a - a, b, n_b - b]}
    )


# Shares -----------------------------------------------------------------------------------------


# Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3.
@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_has_the_published_wilson_interval(hits, n, low, high):
    found = proportion(answers("hit", [1.0, 0.0], [hits, n - hits]), "hit", **ABOUT)
    assert_allclose([found.low, found.high], [low, high], atol=5e-5)
    exact = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert_allclose(numbers(found), [hits / n, exact.low, exact.high], **EXACT)
    assert (found.n, found.missing, found.scale) == (n, 0, "share")
    assert found.method == "share, Wilson interval"


# The same paper and table, method 5, where nobody of 20 has it.
def test_a_share_of_none_or_all_has_the_exact_interval():
    none = proportion(answers("hit", [0], [20]), "hit", **ABOUT)
    assert_allclose(numbers(none), [0, 0, 0.1684], atol=5e-5)
    for hits, n in ((0, 20), (5, 5), (0, 1), (2500, 2500)):
        found = proportion(answers("hit", [1, 0], [hits, n - hits]), "hit", **ABOUT)
        exact = stats.binomtest(hits, n).proportion_ci(method="exact")
        assert_allclose(numbers(found), [hits / n, exact.low, exact.high], **EXACT)
        assert found.method == "share, Clopper-Pearson interval"


def test_the_interval_of_a_share_holds_the_truth_as_often_as_its_docstring_says():
    """Exact sums over all samples of some sizes from 5 to 50 and true shares of 1 to 99%."""
    truth = np.arange(1, 100) / 100
    coverage = []
    for n in (5, 6, 11, 17, 27, 38, 50):
        hits = np.arange(n + 1)
        found = [proportion(answers("hit", [1, 0], [k, n - k]), "hit", **ABOUT) for k in hits]
        held = [(e.low <= truth) & (truth <= e.high) for e in found]
        coverage.append((stats.binom.pmf(hits[:, None], n, truth) * held).sum(axis=0))
    average = np.mean(coverage, axis=1)
    assert 0.95 <= average.min() <= average.max() <= 0.963
    assert np.min(coverage).round(2) == 0.83


# Newcombe (1998), Statistics in Medicine 17:873-890, table II, method 10.
@pytest.mark.parametrize(
    ("a", "n_a", "b", "n_b", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (5, 56, 0, 29, -0.0381, 0.1926),
    ],
)
def test_a_difference_of_shares_has_the_published_newcombe_interval(a, n_a, b, n_b, low, high):
    found = proportion_difference(shares(a, n_a, b, n_b), "hit", "g", 1, 2, **ABOUT)
    assert_allclose(numbers(found), [a / n_a - b / n_b, low, high], atol=5e-5)
    assert (found.n, found.missing, found.scale) == (n_a + n_b, 0, "identity")
    assert found.method == "difference of shares, Newcombe interval"


def test_a_difference_of_certain_shares_still_has_a_width():
    found = proportion_difference(shares(10, 10, 0, 20), "hit", "g", 1, 2, **ABOUT)
    # Newcombe (1998), table II, method 10, contrast (g).
    assert_allclose(numbers(found), [1, 0.6791, 1], atol=5e-5)


def test_a_ratio_of_shares_agrees_with_scipy():
    found = proportion_ratio(shares(30, 100, 20, 150), "hit", "g", 1, 2, **ABOUT)
    risk = stats.contingency.relative_risk(30, 100, 20, 150)
    interval = risk.confidence_interval(0.95)
    assert_allclose(numbers(found), [risk.relative_risk, interval.low, interval.high], **EXACT)
    assert (found.n, found.missing, found.scale) == (250, 0, "ratio")
    assert found.method == "ratio of shares, log interval"


def test_a_ratio_to_a_certain_share_has_the_error_of_the_other():
    found = proportion_ratio(shares(30, 100, 50, 50), "hit", "g", 1, 2, **ABOUT)
    reach = Z * np.sqrt(1 / 30 - 1 / 100)
    assert_allclose(numbers(found), 0.3 * np.exp([0, -reach, reach]), **EXACT)


# Means ------------------------------------------------------------------------------------------


def test_means_agree_with_scipy_on_the_rows(rows, counts):
    y = rows["y"].dropna()
    found = mean(counts, "y", **ABOUT)
    low, high = stats.t.interval(0.95, len(y) - 1, y.mean(), stats.sem(y))
    assert_allclose(numbers(found), [y.mean(), low, high], **EXACT)
    assert (found.n, found.missing, found.df) == (len(y), 40, len(y) - 1)
    assert (found.method, found.scale) == ("mean, Student interval", "identity")

    a, b = (rows.loc[rows["left"] == v, "y"].dropna() for v in (1, 0))
    test = stats.ttest_ind(a, b, equal_var=False)
    interval = test.confidence_interval()
    found = mean_difference(counts, "y", "left", 1, 0, **ABOUT)
    assert_allclose(numbers(found), [a.mean() - b.mean(), interval.low, interval.high], **EXACT)
    assert_allclose(found.df, test.df, **EXACT)
    assert (found.n, found.missing) == (len(y), 40)
    assert (found.method, found.scale) == ("difference of means, Welch interval", "identity")


def test_a_mean_of_two_customers_has_the_interval_of_the_tables():
    found = mean(answers("y", [3, 5], 1), "y", **ABOUT)
    # Student (1908), table of z; t of one degree of freedom is 12.7062.
    assert_allclose(numbers(found), [4, 4 - 12.7062, 4 + 12.7062], atol=5e-5)
    found = mean_difference(
        pd.DataFrame({"g": [1, 1, 2], "y": [3, 5, 7], "n": [1, 1, 2]}), "y", "g", 1, 2, **ABOUT
    )
    assert_allclose(numbers(found), [-3, -3 - 12.7062, -3 + 12.7062], atol=5e-5)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e15 / 7])
def test_one_answer_has_no_interval_however_it_is_rounded(value):
    flat = pd.DataFrame({"g": [1, 1, 2, 2], "y": value, "n": [3, 10**9, 7, 11]})
    flat["y"] += np.spacing(value) * np.array([0, 1, 0, 1])
    with pytest.raises(TooFewError, match="expected y to vary"):
        mean(flat, "y", **ABOUT)
    with pytest.raises(TooFewError, match="expected y to vary"):
        mean_difference(flat, "y", "g", 1, 2, **ABOUT)
    with pytest.raises(TooFewError, match="expected y to vary"):
        standardised_difference(flat, "y", "g", 1, 2, seed=1, draws=9, **ABOUT)


def test_money_from_totals_agrees_with_money_from_rows():
    rng = np.random.default_rng(5)
    rows = pd.DataFrame(
        {"score": rng.integers(1, 6, 800), "cents": rng.lognormal(9, 1, 800).round().astype(int)}
    )
    found = mean_money(count_by(rows, "score", money="cents"), kind="money", source="test")
    low, high = stats.t.interval(0.95, 799, rows["cents"].mean(), stats.sem(rows["cents"]))
    assert_allclose(numbers(found), [rows["cents"].mean(), low, high], **EXACT)
    assert (found.n, found.missing, found.df) == (800, 0, 799)
    assert found.method == "mean from totals, Student interval"


def test_money_in_the_millions_keeps_its_interval():
    cents = pd.DataFrame({"score": 1, "cents": 10**10 + 10**7 * np.arange(40)})
    found = mean_money(count_by(cents, "score", money="cents"), kind="money", source="test")
    low, high = stats.t.interval(0.95, 39, cents["cents"].mean(), stats.sem(cents["cents"]))
    assert_allclose(numbers(found), [cents["cents"].mean(), low, high], rtol=1e-7)


def test_money_of_unknown_customers_is_missing():
    known = pd.DataFrame({"total": [300, 500], "total_sq": [5e4, 130000.0], "n": [2, 2]})
    unknown = pd.DataFrame({"total": [None, 7.0], "total_sq": [1.0, None], "n": [4, 8]})
    whole = pd.concat([known, unknown], ignore_index=True)
    found = mean_money(whole, kind="money", source="test")
    low, high = stats.t.interval(0.95, 3, 200, stats.sem([100, 200, 200, 300]))
    assert_allclose(numbers(found), [200, low, high], **EXACT)
    assert (found.n, found.missing) == (4, 12)


# Net promoter score -----------------------------------------------------------------------------


def score(up, rest, down, **about):
    table = answers("answer", [10, 7, 0], [up, rest, down])
    return net_promoter_score(table, "answer", scale=(0, 10), **(ABOUT | about))


def test_the_net_promoter_score_has_the_interval_of_rocks():
    """Rocks (2016): add 3/4, 3/2 and 3/4 answers, then the error of a mean of 1, 0 and -1."""
    for up, rest, down in ((55, 25, 20), (3, 1, 1), (0, 4, 1), (0, 0, 9), (12, 0, 0)):
        weights = np.array([up + 0.75, rest + 1.5, down + 0.75])
        centre = np.average([100, 0, -100], weights=weights)
        variance = np.average((np.array([100, 0, -100]) - centre) ** 2, weights=weights)
        reach = Z * np.sqrt(variance / weights.sum())
        ends = np.clip([centre - reach, centre + reach], -100, 100)
        found = score(up, rest, down)
        n = up + rest + down
        assert_allclose(numbers(found), [100 * (up - down) / n, *ends], **EXACT)
        assert (found.n, found.missing) == (n, 0)
        assert found.method == "net promoter score, adjusted Wald interval"
        assert (found.scale, found.df) == ("identity", np.inf)


def test_a_worked_net_promoter_score():
    """By hand: (9 + 3/4 - 3/4 - 0) / 12, and 0.8125 + 0.0625 - 0.75^2 over 12."""
    found = score(9, 0, 0)
    assert_allclose(found.low, 100 * (0.75 - Z * np.sqrt(0.3125 / 12)), **EXACT)
    assert (found.value, found.high) == (100, 100)


def test_few_equal_answers_do_not_make_a_score_certain():
    two, five = score(2, 0, 0), score(5, 0, 0)
    assert two.value == five.value == 100
    assert two.low < 0 < five.low < 40, "five promoters of five do not show a score of 40"
    assert score(0, 5, 0).low < -20
    assert score(0, 5, 0).high > 20


def test_answers_on_other_scales_and_missing_answers_are_told_apart():
    table = answers("stars", [5, 4, 3, None], [6, 2, 3, 7])
    found = net_promoter_score(table, "stars", scale=(1, 5), promoter=5, detractor=3, **ABOUT)
    assert numbers(found)[1:] == numbers(score(6, 2, 3))[1:]
    assert (found.value, found.n, found.missing) == (100 * 3 / 11, 11, 7)


def test_the_net_promoter_score_of_many_is_the_mean_of_their_points():
    table = answers("answer", [10, 8, 4], [55_000, 25_000, 20_000])
    points = table.assign(points=net_promoter(table["answer"], scale=(0, 10)))
    one = net_promoter_score(table, "answer", scale=(0, 10), **ABOUT)
    assert_allclose(numbers(one), numbers(mean(points, "points", **ABOUT)), atol=0.01)


def test_the_interval_of_a_net_promoter_score_holds_as_often_as_its_docstring_says():
    """Exact sums over all samples and a grid of true shares, for this interval and Student's."""
    grid = [(a / 20, b / 20) for a in range(1, 20) for b in range(1, 20 - a)]
    p, d = np.array(grid).T
    lowest = []
    for n, ours, students in (
        (5, 0.954, 0.871),
        (10, 0.955, 0.925),
        (50, 0.950, 0.946),
    ):
        cells = [(u, v) for u in range(n + 1) for v in range(n + 1 - u)]
        up, down = np.array(cells)[:, :, None].transpose(1, 0, 2)
        rest = n - up - down
        ways = gammaln(n + 1) - gammaln(up + 1) - gammaln(rest + 1) - gammaln(down + 1)
        chance = np.exp(ways + up * np.log(p) + down * np.log(d) + rest * np.log(1 - p - d))
        found = [score(u, n - u - v, v) for u, v in cells]
        ends = np.array([[e.low, e.high] for e in found])[:, :, None] / 100
        held = (ends[:, 0] <= p - d + 1e-12) & (p - d - 1e-12 <= ends[:, 1])
        coverage = (chance * held).sum(axis=0)
        assert coverage.mean().round(3) == ours
        lowest.append(coverage.min())
        error = np.sqrt((up + down - (up - down) ** 2 / n) / (n * (n - 1)))
        reach = stats.t.ppf(0.975, n - 1) * error
        held = abs((up - down) / n - (p - d)) <= reach + 1e-12
        assert (chance * held).sum(axis=0).mean().round(3) == students
    assert min(lowest) > 0.885


# Correlation ------------------------------------------------------------------------------------


def test_correlations_agree_with_scipy_on_the_rows(rows, counts):
    known = rows.dropna()
    found = correlation(counts, "x", "y", **ABOUT)
    other = stats.pearsonr(known["x"], known["y"])
    interval = other.confidence_interval(0.95)
    assert_allclose(numbers(found), [other.statistic, interval.low, interval.high], **EXACT)
    assert (found.n, found.missing, found.scale) == (1460, 40, "correlation")
    assert found.method == "Pearson correlation, Fisher-z interval"

    found = correlation(counts, "x", "y", rank=True, **ABOUT)
    r = stats.spearmanr(known["x"], known["y"]).statistic
    # Bonett and Wright (2000), equation 5: the variance of z is (1 + r^2 / 2) / (n - 3).
    reach = Z * np.sqrt((1 + r**2 / 2) / 1457)
    assert_allclose(
        numbers(found), [r, *np.tanh(np.arctanh(r) + np.array([-reach, reach]))], **EXACT
    )
    assert found.method == "Spearman correlation, Fisher-z interval"


def test_a_perfect_correlation_is_refused():
    line = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": [2.0, 4.0, 6.0, 8.0], "n": 1})
    for table in (line, line.assign(y=-line["y"]), line.assign(y=0.1 * line["x"] + 1e6)):
        for rank in (False, True):
            with pytest.raises(
                TooFewError, match="expected x and y off one line, found all on one"
            ):
                correlation(table.assign(n=5), "x", "y", rank=rank, **ABOUT)
    bent = line.assign(y=[2, 4, 6, 800])
    assert correlation(bent, "x", "y", **ABOUT).value < 1
    with pytest.raises(TooFewError, match="off one line"):
        correlation(bent, "x", "y", rank=True, **ABOUT)


def test_four_customers_are_enough_for_a_correlation():
    four = pd.DataFrame({"x": [1, 2, 3, 4], "y": [1, 3, 2, 4], "n": 1})
    found = correlation(four, "x", "y", **ABOUT)
    assert_allclose(numbers(found), [0.8, *np.tanh(np.arctanh(0.8) + np.array([-Z, Z]))], **EXACT)
    with pytest.raises(TooFewError, match="at least 4 customers with x and y, found 3"):
        correlation(four.head(3), "x", "y", **ABOUT)


# Area under the curve ---------------------------------------------------------------------------

# Hanley and McNeil (1982), Radiology 143:29-36, table I: 109 scans, rated 1 to 5. The area is
# theirs; the Stata manual (roctab) prints DeLong's error and plus and minus 1.96 of it.
HANLEY = pd.DataFrame(
    {
        "rating": [1, 2, 3, 4, 5] * 2,
        "ill": [0] * 5 + [1] * 5,
        "n": [33, 6, 6, 11, 2, 3, 2, 2, 11, 33],
    }
)


def delong(signals, event):
    """AUCs and their covariance by the definition: every pair of rows, one with the event."""
    parts, areas = [], []
    for x in signals:
        a, b = x[event == 1][:, None], x[event == 0][None, :]
        kernel = (a > b) + 0.5 * (a == b)
        parts.append((kernel.mean(axis=1), kernel.mean(axis=0)))
        areas.append(kernel.mean())
    cov = [np.atleast_2d(np.cov([p[g] for p in parts])) / len(parts[0][g]) for g in (0, 1)]
    return np.array(areas), cov[0] + cov[1]


def test_the_published_area_under_the_curve():
    found = auc(HANLEY, "rating", "ill", **ABOUT)
    assert round(found.value, 4) == 0.8932
    low, high = logit([found.low, found.high])
    assert_allclose([(low + high) / 2], [logit(found.value)], rtol=1e-9)
    error = (high - low) / 2 / Z * found.value * (1 - found.value)
    assert round(error, 4) == 0.0307
    assert_allclose(found.value - 1.959964 * error, 0.83295, atol=5e-6)
    assert_allclose(found.value + 1.959964 * error, 0.95339, atol=5e-6)
    assert (found.n, found.missing, found.scale) == (109, 0, "share")
    assert found.method == "AUC, DeLong interval"


def test_the_area_is_that_of_mann_and_whitney(rows, counts):
    a, b = (rows.loc[rows["left"] == k, "x"] for k in (1, 0))
    found = auc(counts, "x", "left", **ABOUT)
    assert_allclose(found.value, stats.mannwhitneyu(a, b).statistic / len(a) / len(b), **EXACT)
    assert (found.n, found.missing) == (1500, 0)
    assert auc(counts, "y", "left", **ABOUT).missing == 40


def test_a_signal_that_falls_can_be_turned_round_and_one_that_rises_is_left(counts):
    found = auc(counts, "x", "left", **ABOUT)
    assert found.value < 0.5
    turned = auc(counts, "x", "left", either_way=True, **ABOUT)
    assert_allclose(numbers(turned), [1 - found.value, 1 - found.high, 1 - found.low], **EXACT)
    risen = counts.assign(x=-counts["x"])
    assert auc(risen, "x", "left", either_way=True, **ABOUT) == auc(risen, "x", "left", **ABOUT)
    assert_allclose(numbers(auc(risen, "x", "left", **ABOUT)), numbers(turned), **EXACT)


def test_areas_and_their_difference_have_delongs_error(rows, counts):
    known = rows.dropna()
    areas, cov = delong([known["x"].to_numpy(), known["y"].to_numpy()], known["left"].to_numpy())
    for signal, area, variance in zip("xy", areas, np.diag(cov), strict=True):
        found = auc(counts.dropna(), signal, "left", **ABOUT)
        reach = Z * np.sqrt(variance) / (area * (1 - area))
        ends = expit(logit(area) + np.array([-reach, reach]))
        assert_allclose(numbers(found), [area, *ends], **EXACT)
    reach = Z * np.sqrt(cov[0, 0] + cov[1, 1] - 2 * cov[0, 1])
    gain = areas[0] - areas[1]
    for either_way, sign in ((False, 1), (True, -1)):  # both signals fall, so both are turned
        found = auc_difference(counts, "x", "y", "left", either_way=either_way, **ABOUT)
        assert_allclose(
            numbers(found), [sign * gain, sign * gain - reach, sign * gain + reach], **EXACT
        )
        assert (found.n, found.missing, found.scale) == (1460, 40, "identity")
        assert found.method == "difference of AUC, DeLong interval"


def test_only_the_signal_that_falls_is_turned_before_two_are_compared(rows, counts):
    turned = counts.assign(y=-counts["y"])
    both = auc_difference(counts, "x", "y", "left", either_way=True, **ABOUT)
    one = auc_difference(turned, "x", "y", "left", either_way=True, **ABOUT)
    assert_allclose(numbers(one), numbers(both), **EXACT)


def test_areas_of_a_thousand_million_customers_cost_no_more():
    many = HANLEY.assign(n=HANLEY["n"] * 10_000_000)
    few, found = (auc(table, "rating", "ill", **ABOUT) for table in (HANLEY, many))
    assert found.value == pytest.approx(few.value)
    assert found.n == 1_090_000_000
    assert found.high - found.low < 0.0001


def test_a_signal_that_orders_all_is_refused():
    for x in ([1, 2, 3, 4], [4, 3, 2, 1]):
        apart = pd.DataFrame({"x": x, "hit": [0, 0, 1, 1], "n": 1})
        with pytest.raises(TooFewError, match=r"found an area of [01] without error: no interval"):
            auc(apart, "x", "hit", **ABOUT)
    mixed = pd.DataFrame({"x": [1, 3, 2, 4], "hit": [0, 0, 1, 1], "n": 1})
    assert auc(mixed, "x", "hit", **ABOUT).value == 0.75


# Standardised difference ------------------------------------------------------------------------


def test_a_standardised_difference_within_strata_is_least_squares(rows, counts):
    """The slope of statsmodels with an intercept a stratum, over the SD pooled over the groups."""
    compared = (counts, "y", "left", 1, 0)
    found = standardised_difference(*compared, seed=1, draws=2000, within="x", **ABOUT)
    kept = rows.dropna()
    kept = kept[kept.groupby("x")["left"].transform("nunique") == 2]
    fit = smf.ols("y ~ left + C(x)", kept).fit(cov_type="HC1")
    parts = [kept.loc[kept["left"] == flag, "y"] for flag in (1, 0)]
    squares = sum(((part - part.mean()) ** 2).sum() for part in parts)
    spread = np.sqrt(squares / (len(kept) - 2))
    assert_allclose(found.value, fit.params["left"] / spread, **EXACT)
    assert found.n == len(kept)
    assert found.n + found.missing == len(rows)
    width = 2 * Z * fit.bse["left"] / spread
    assert_allclose(found.high - found.low, width, rtol=0.08)
    one = counts.assign(all=1)
    plain, single = (
        standardised_difference(one, *compared[1:], seed=1, draws=50, within=within, **ABOUT)
        for within in (None, "all")
    )
    assert_allclose(
        [plain.value, plain.low, plain.high], [single.value, single.low, single.high], rtol=1e-12
    )


def test_other_cut_offs_shift_the_score_by_the_answers_they_move():
    """By hand: 8 joins the promoters, 6 leaves the detractors; scipy's interval on each answer."""
    table = pd.DataFrame({"answer": [10, 9, 8, 7, 6, 3, np.nan], "n": [30, 10, 20, 5, 15, 20, 7]})
    cuts = {"scale": (0, 10), "promoter": 8}
    printed = net_promoter_shift(table, "answer", detractor=6, **cuts, **ABOUT)
    looser = net_promoter_shift(table, "answer", detractor=5, **cuts, **ABOUT)
    assert (printed.value, looser.value) == (pytest.approx(20), pytest.approx(35))
    moved = np.repeat([100.0, 0.0], [20, 80])
    ends = stats.ttest_1samp(moved, 0).confidence_interval(0.95)
    assert_allclose([printed.low, printed.high], ends, rtol=1e-10)
    assert (printed.n, printed.missing) == (100, 7)


def test_a_standardised_difference_is_cohens_d_with_its_known_error(rows, counts):
    a, b = (rows.loc[rows["left"] == k, "y"].dropna() for k in (1, 0))
    pooled = np.sqrt(((len(a) - 1) * a.var() + (len(b) - 1) * b.var()) / (len(a) + len(b) - 2))
    d = (a.mean() - b.mean()) / pooled
    compared = (counts, "y", "left", 1, 0)
    found = standardised_difference(*compared, seed=1, draws=4000, **ABOUT)
    assert_allclose(found.value, d, **EXACT)
    assert (found.n, found.missing) == (1460, 40)
    assert found.method == (
        "standardised mean difference, pooled SD, bootstrap interval (4000 draws)"
    )
    # Hedges and Olkin (1985), p. 86: both groups are near normal with one variance.
    error = np.sqrt(1 / len(a) + 1 / len(b) + d**2 / (2 * (len(a) + len(b))))
    assert_allclose((found.high - found.low) / 2, 1.96 * error, rtol=0.08)
    assert found == standardised_difference(*compared, seed=1, draws=4000, **ABOUT)
    assert found != standardised_difference(*compared, seed=2, draws=4000, **ABOUT)
    turned = standardised_difference(counts, "y", "left", 0, 1, seed=1, draws=4000, **ABOUT)
    assert_allclose(numbers(turned), [-found.value, -found.high, -found.low], **EXACT)


def test_groups_that_are_not_compared_do_not_count(counts):
    compared = ("y", "group", 0, 1)
    whole = standardised_difference(counts, *compared, seed=1, draws=50, **ABOUT)
    two = counts[counts["group"] != 2]
    part = standardised_difference(two, *compared, seed=1, draws=50, **ABOUT)
    assert (numbers(whole), whole.n, whole.missing) == (numbers(part), part.n, part.missing)


def test_drawing_clusters_widens_the_interval_where_they_differ():
    rng = np.random.default_rng(3)
    week = np.repeat(np.arange(40), 100)
    late = (rng.random(4000) < 0.3).astype(int)
    score = np.round(rng.normal(5, 1, 4000) - late * rng.normal(1, 0.8, 40)[week], 1)
    counts = count_by(
        pd.DataFrame({"week": week, "late": late, "score": score}), ["week", "late", "score"]
    )
    compared = (counts, "score", "late", 0, 1)
    rows = standardised_difference(*compared, seed=1, **ABOUT)
    weeks = standardised_difference(*compared, seed=1, cluster="week", **ABOUT)
    assert weeks.value == rows.value
    assert weeks.high - weeks.low > 1.5 * (rows.high - rows.low)
    assert weeks.method == (
        "standardised mean difference, pooled SD, by week, bootstrap interval (1000 draws)"
    )
    named = counts.assign(week=counts["week"].map("week {:02}".format))
    by_name = standardised_difference(named, *compared[1:], seed=1, cluster="week", **ABOUT)
    assert numbers(by_name) == numbers(weeks)


def test_customers_of_unknown_cluster_are_not_one_cluster():
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {
            "week": np.where(np.arange(600) < 100, np.nan, np.arange(600) % 20),
            "late": np.arange(600) % 2,
            "score": rng.integers(1, 6, 600),
        }
    )
    counts = count_by(table, ["week", "late", "score"])
    options = {"seed": 1, "draws": 99, "cluster": "week", **ABOUT}
    found = standardised_difference(counts, "score", "late", 0, 1, **options)
    known = standardised_difference(counts.dropna(), "score", "late", 0, 1, **options)
    assert numbers(found) == numbers(known)
    assert (found.n, found.missing, known.missing) == (500, 100, 0)


# R2 gain ----------------------------------------------------------------------------------------


def made(rng, n, slope):
    a, b = rng.integers(1, 11, (2, n))
    c = np.clip(np.round(0.6 * a + rng.normal(3, 2, n)), 1, 10)
    y = np.clip(np.round(2 + 0.5 * a + slope * c + rng.normal(0, 1 + 0.1 * b, n)), 1, 10)
    return pd.DataFrame({"y": y, "a": a, "b": b, "c": c, "n": rng.integers(1, 4, n)})


@pytest.mark.parametrize("slope", [-0.3, 0.02, 0.5])
@pytest.mark.parametrize("base", [["a", "b"], ["a"], []])
def test_the_r2_gain_is_the_difference_of_two_fits_on_the_rows(slope, base):
    counts = made(np.random.default_rng(8), 300, slope)
    rows = counts.loc[counts.index.repeat(counts["n"])]
    small = smf.ols(f"y ~ {' + '.join(base) or '1'}", rows).fit()
    large = smf.ols(f"y ~ {' + '.join([*base, 'c'])}", rows).fit()
    found = r2_gain(counts, "y", base, "c", **ABOUT)
    assert_allclose(found.value, large.rsquared - small.rsquared, rtol=1e-10, atol=1e-12)
    assert (found.n, found.missing) == (len(rows), 0)
    assert found.method == "R2 gain, noncentral F interval"


def test_the_interval_of_an_r2_gain_begins_at_zero_where_a_robust_slope_is_not_clear():
    """Its F is the square of White's t of the slope; the table of F decides, to a hair."""
    for slope in (0.0, 0.03, 0.1, 0.3):
        counts = made(np.random.default_rng(9), 2000, slope)
        found = r2_gain(counts, "y", ["a", "b"], "c", **ABOUT)
        rows = counts.loc[counts.index.repeat(counts["n"])]
        robust = smf.ols("y ~ a + b + c", rows).fit(cov_type="HC1")
        edge = stats.f.ppf(0.975, 1, len(rows) - 4)
        assert abs(robust.tvalues["c"] ** 2 - edge) > 0.3  # no slope on the edge itself
        assert (found.low == 0) == (robust.tvalues["c"] ** 2 < edge)


def test_two_that_join_gain_what_two_fits_differ_by():
    counts = made(np.random.default_rng(8), 300, 0.2)
    rows = counts.loc[counts.index.repeat(counts["n"])]
    small, large = (smf.ols(f, rows).fit() for f in ("y ~ a", "y ~ a + b + c"))
    found = r2_gain(counts, "y", ["a"], ["b", "c"], **ABOUT)
    assert_allclose(found.value, large.rsquared - small.rsquared, rtol=1e-10)
    adjusted = r2_gain(counts, "y", ["a"], ["b", "c"], adjusted=True, **ABOUT)
    assert_allclose(adjusted.value, large.rsquared_adj - small.rsquared_adj, rtol=1e-10)
    assert (adjusted.low, adjusted.high) == (found.low, found.high)
    assert adjusted.method == "adjusted R2 gain, noncentral F interval"


def test_an_adjusted_gain_that_falls_counts_as_none():
    counts = made(np.random.default_rng(4), 60, 0.0)
    rows = counts.loc[counts.index.repeat(counts["n"])]
    small, large = (smf.ols(f, rows).fit() for f in ("y ~ a + b", "y ~ a + b + c"))
    assert large.rsquared_adj < small.rsquared_adj
    found = r2_gain(counts, "y", ["a", "b"], "c", adjusted=True, **ABOUT)
    assert (found.value, found.low) == (0, 0)
    assert found.high > 0


# Steiger (2004), Psychological Methods 9:164-182, inverts the noncentral F; the ends here are those
# of scipy's distribution put back: it has 2.5% on either side.
@pytest.mark.parametrize(("ratio", "new", "df"), [(8.0, 1, 100), (5.5, 2, 57), (60.0, 3, 2000)])
def test_the_ends_of_a_noncentral_interval_leave_a_fortieth_on_each_side(ratio, new, df):
    low, high = noncentral_ends(ratio, new, df)
    assert stats.ncf.cdf(ratio, new, df, low) == pytest.approx(0.975, abs=1e-9)
    assert stats.ncf.cdf(ratio, new, df, high) == pytest.approx(0.025, abs=1e-9)


def test_far_out_the_normal_root_is_as_good():
    for new, df in ((1, 1e5), (3, 1e5)):
        near, far = noncentral_ends(9999 / new, new, df), noncentral_ends(10001 / new, new, df)
        assert_allclose(near, far, rtol=0.001)
    assert noncentral_ends(0.0001, 1, 397)[1] == noncentral_ends(1.0, 1, 397)[1] > 0


def test_an_r2_gain_has_the_error_of_a_resampled_one():
    counts = made(np.random.default_rng(10), 1500, 0.4).assign(n=1)

    def z(c):
        gain = explained(c, "y", ["a", "b", "c"]) - explained(c, "y", ["a", "b"])
        return np.arctanh(np.sqrt(max(gain, 0)))

    again = np.random.default_rng(1).multinomial(1500, np.full(1500, 1 / 1500), 300)
    error = np.std([z(counts.assign(n=n)) for n in again])
    found = r2_gain(counts, "y", ["a", "b"], "c", **ABOUT)
    low, high = np.arctanh(np.sqrt([found.low, found.high]))
    # F adds the scatter of its denominator, which the influence holds already: a little too wide.
    assert 1 <= (high - low) / 2 / Z / error <= 1.2


def population(slope):
    """Probabilities of answers a, x and y of 1 to 10; x adds ``slope`` to the mean of y."""
    a, x, y = np.mgrid[1:11, 1:11, 1:11]
    of_y = stats.norm.pdf(y, 2.5 + 0.5 * a + slope * x, 1.9)
    of_x = stats.norm.pdf(a, 6, 2.2) * stats.norm.pdf(x, 3 + 0.5 * a, 1.9)
    p = of_x * of_y / of_y.sum(axis=2, keepdims=True)
    cells = pd.DataFrame({"a": a.ravel(), "x": x.ravel(), "y": y.ravel()})
    return cells.assign(p=p.ravel() / p.sum())


def true_gain(slope):
    whole = population(slope)
    whole["n"] = (whole["p"] * 10**12).round().astype("int64")
    return explained(whole, "y", ["a", "x"]) - explained(whole, "y", ["a"])


@pytest.mark.parametrize("gain", [0, 0.02])
@pytest.mark.parametrize("customers", [250, 1500])
def test_the_interval_of_an_r2_gain_holds_also_where_there_is_none(gain, customers):
    slope = brentq(lambda b: true_gain(b) - gain, 0.1, 0.4) if gain else 0.0
    table = population(slope)
    truth = max(true_gain(slope), 0)
    assert truth == pytest.approx(gain, abs=1e-5)
    drawn = np.random.default_rng([20261122, customers]).multinomial(customers, table["p"], 300)
    samples = (table.assign(n=n)[n > 0] for n in drawn)
    found = [r2_gain(sample, "y", ["a"], "x", **ABOUT) for sample in samples]
    held = np.mean([e.low <= truth <= e.high for e in found])
    assert 0.935 <= held <= 0.99
    if gain == 0:
        assert np.mean([e.low == 0 for e in found]) == held


# Bootstrap --------------------------------------------------------------------------------------


def weighted_mean(counts):
    return float(np.average(counts["y"], weights=counts["n"]))


def test_the_bootstrap_agrees_with_the_interval_of_a_mean(counts):
    known = mean(counts, "y", **ABOUT)
    found = bootstrap(
        counts, weighted_mean, seed=1, method="mean", draws=2000, columns=["y"], **ABOUT
    )
    assert found.value == pytest.approx(known.value)
    assert_allclose([found.low, found.high], [known.low, known.high], atol=0.02)
    assert (found.n, found.missing) == (known.n, known.missing)
    assert found.method == "mean, bootstrap interval (2000 draws)"
    by_name = bootstrap(
        counts, weighted_mean, seed=1, method="mean", draws=2000, columns="y", **ABOUT
    )
    assert by_name == found


def test_the_bootstrap_repeats_itself_and_needs_all_columns_unless_told(counts):
    options = {"seed": 7, "method": "R2", "draws": 50}
    results = {
        bootstrap(counts, lambda c: explained(c, "y", ["x"]), **options, **ABOUT) for _ in "ab"
    }
    assert len(results) == 1
    assert next(iter(results)).missing == 40
    gaps = counts.assign(group=counts["group"].replace(2, np.nan))
    found = bootstrap(gaps, weighted_mean, **options, **ABOUT)
    assert found.n == counts.loc[counts["group"] != 2, "n"].sum() - found_missing(counts)


def found_missing(counts):
    return counts.loc[(counts["group"] != 2) & counts["y"].isna(), "n"].sum()


def test_the_bootstrap_draws_customers_whatever_way_they_are_counted(counts):
    halves = counts.assign(n=counts["n"] // 2)
    split = pd.concat([halves, counts.assign(n=counts["n"] - halves["n"])])
    options = {"seed": 3, "method": "mean", "draws": 40, "columns": ["y", "x"], **ABOUT}
    one, two = (bootstrap(t, weighted_mean, **options) for t in (counts, split.sample(frac=1)))
    assert one == two


def test_draws_made_elsewhere_get_their_percentiles():
    found = from_draws(50.0, np.arange(101.0), method="median", n=7, missing=2, **ABOUT)
    assert_allclose(numbers(found), [50, 2.5, 97.5], **EXACT)
    assert found.method == "median, bootstrap interval (101 draws)"
    assert (found.n, found.missing, found.scale) == (7, 2, "identity")
    few = from_draws(1, [0, 2], method="m", n=1, **ABOUT)
    assert_allclose(numbers(few), [1, 0.05, 1.95], **EXACT)
    ends = [1.0] * 50 + [2.0] * 50
    for value in (1, 1.5, 2):
        assert numbers(from_draws(value, ends, method="m", n=1, **ABOUT)) == [value, 1, 2]


# Pooling ----------------------------------------------------------------------------------------


def studies(effects, errors, **changes):
    return [
        Estimate(value=e, low=e - Z * s, high=e + Z * s, n=100, method="m", **(ABOUT | changes))
        for e, s in zip(effects, errors, strict=True)
    ]


def test_pooling_solves_the_published_equations():
    """Paule and Mandel's tau2 makes Q equal k - 1; Hartung and Knapp's error is its own formula."""
    effects = np.array([-0.889, -1.585, -1.348, -1.442, -0.218, -0.786, -1.621, 0.012])
    errors = np.array([0.571, 0.441, 0.644, 0.141, 0.226, 0.083, 0.472, 0.063])
    k = len(effects)

    def q(tau2):
        w = 1 / (errors**2 + tau2)
        return (w * (effects - np.average(effects, weights=w)) ** 2).sum()

    tau2 = brentq(lambda t: q(t) - (k - 1), 0, 10, xtol=1e-12)
    weights = 1 / (errors**2 + tau2)
    mu = np.average(effects, weights=weights)
    error = np.sqrt(max(1, q(tau2) / (k - 1)) / weights.sum())
    reach = stats.t.ppf(0.975, k - 1) * error
    spread = stats.t.ppf(0.975, k - 2) * np.sqrt(tau2 + error**2)
    for unit in (1, 1e-6, 1e6):
        found = pool(studies(unit * effects, unit * errors), source="test")
        expected = unit * np.array([mu, mu - reach, mu + reach])
        assert_allclose(numbers(found.estimate), expected, rtol=1e-8)
        ends = [found.prediction_low, found.prediction_high]
        assert_allclose(ends, unit * np.array([mu - spread, mu + spread]), rtol=1e-8)
        assert_allclose(found.heterogeneity, 1 - (k - 1) / q(0), rtol=1e-10)
    assert (found.estimate.n, found.estimate.label, found.estimate.df) == (800, "pooled", 7)
    assert found.estimate.method == "random-effects mean of 8, Hartung-Knapp interval"
    assert (found.estimate.kind, found.estimate.source) == ("stated", "test")


def test_the_prediction_is_an_estimate_of_its_own():
    found = pool(studies([0.1, 0.3, 0.5, 0.4], [0.1] * 4), source="test")
    prediction = found.prediction()
    assert prediction.value == found.estimate.value
    assert (prediction.low, prediction.high) == (found.prediction_low, found.prediction_high)
    assert prediction.method == f"{found.estimate.method}, prediction interval"
    assert (prediction.label, prediction.df) == ("a new study", 2)
    # On 2 degrees of freedom, of a standard error that joins both variances.
    reach = stats.t.ppf(0.975, 2) * prediction.error_on("identity")
    assert_allclose(prediction.high - prediction.value, reach, **EXACT)


def test_studies_that_agree_are_pooled_as_if_the_truth_were_one():
    effects, errors = np.array([0.30, 0.31, 0.32]), np.array([0.1, 0.2, 0.3])
    found = pool(studies(effects, errors), source="test")
    weights = 1 / errors**2
    reach = stats.t.ppf(0.975, 2) / np.sqrt(weights.sum())
    mu = np.average(effects, weights=weights)
    assert_allclose(numbers(found.estimate), [mu, mu - reach, mu + reach], **EXACT)
    assert found.heterogeneity == 0
    same = pool(studies([0.3] * 3, errors), source="test")
    assert (same.estimate.value, same.heterogeneity) == (pytest.approx(0.3), 0)


def test_small_studies_are_pooled_by_their_standard_errors():
    """Student's interval of four customers is 1.62 times as wide as its error times 1.96."""
    rng = np.random.default_rng(12)
    samples = [
        rng.normal(5 + shift, 1 + size / 10, size).round(1)
        for shift, size in ((0, 4), (1, 4), (2, 6), (3, 30))
    ]
    found = pool([mean(answers("y", sample, 1), "y", **ABOUT) for sample in samples], source="test")
    effects, errors = np.array([(s.mean(), stats.sem(s)) for s in samples]).T
    other = combine_effects(effects, errors**2, method_re="pm", use_t=True)
    error = max(other.sd_eff_w_re_hksj, other.sd_eff_w_re)
    reach = stats.t.ppf(0.975, 3) * error
    mu = other.mean_effect_re
    assert_allclose(numbers(found.estimate), [mu, mu - reach, mu + reach], rtol=1e-4)
    assert_allclose(found.heterogeneity, other.i2, rtol=1e-8)


def test_intervals_give_back_the_error_they_were_made_with():
    table = pd.DataFrame({"x": [1, 2, 3, 4], "y": [1, 3, 2, 4], "n": [3, 4, 5, 6]})
    assert_allclose(
        mean(table, "x", **ABOUT).error_on("identity"),
        stats.sem(np.repeat(table["x"], table["n"])),
        **EXACT,
    )
    assert_allclose(
        correlation(table, "x", "y", **ABOUT).error_on("correlation"), 1 / np.sqrt(18 - 3), **EXACT
    )
    ratio = proportion_ratio(shares(30, 100, 20, 150), "hit", "g", 1, 2, **ABOUT)
    assert_allclose(ratio.error_on("ratio"), np.sqrt(1 / 30 - 1 / 100 + 1 / 20 - 1 / 150), **EXACT)
    # Wilson's ends are symmetric on the logit; see Newcombe (2001), American Statistician 55:200.
    share = proportion(answers("hit", [1, 0], [40, 60]), "hit", **ABOUT)
    reach = 2 * np.arcsinh(Z / 2 / np.sqrt(100 * 0.4 * 0.6))
    assert_allclose(share.error_on("share"), reach / Z, **EXACT)


def test_an_error_is_carried_to_another_scale_by_the_slope_there():
    """The delta method: d artanh = dr / (1 - r^2), d log = dx / x, d logit = dp / (p (1 - p))."""
    one = studies([0.4], [0.01])[0]
    assert_allclose(one.error_on("identity"), 0.01, **EXACT)
    assert_allclose(one.error_on("correlation"), 0.01 / (1 - 0.16), **EXACT)
    assert_allclose(one.error_on("ratio"), 0.01 / 0.4, **EXACT)
    assert_allclose(one.error_on("share"), 0.01 / 0.24, **EXACT)
    r = correlation(pd.DataFrame({"x": [1, 2, 3, 4], "y": [1, 3, 2, 4], "n": 1}), "x", "y", **ABOUT)
    assert_allclose(r.error_on("identity"), 1 - 0.64, **EXACT)
    assert_allclose(r.error_on("ratio"), (1 - 0.64) / 0.8, **EXACT)


@pytest.mark.parametrize(
    ("scale", "there", "back"),
    [
        ("correlation", np.arctanh, np.tanh),
        ("ratio", np.log, np.exp),
        ("share", logit, expit),
    ],
)
def test_estimates_are_pooled_on_the_scale_on_which_they_are_symmetric(scale, there, back):
    values, errors = np.array([0.2, 0.35, 0.5]), np.array([0.1, 0.12, 0.14])
    on_scale = there(values)
    found = pool(
        [
            Estimate(
                value=v,
                low=back(t - Z * s),
                high=back(t + Z * s),
                n=9,
                missing=1,
                method="m",
                scale=scale,
                **ABOUT,
            )
            for v, t, s in zip(values, on_scale, errors, strict=True)
        ],
        source="test",
    )
    plain = pool(studies(on_scale, errors), source="test")
    assert_allclose(numbers(found.estimate), back(np.array(numbers(plain.estimate))), **EXACT)
    ends = [found.prediction_low, found.prediction_high]
    assert_allclose(ends, back(np.array([plain.prediction_low, plain.prediction_high])), **EXACT)
    assert found.heterogeneity == pytest.approx(plain.heterogeneity)
    assert (found.estimate.scale, found.estimate.missing) == (scale, 3)


def test_kind_and_scale_of_the_pooled_can_be_told_where_studies_differ():
    mixed = studies([0.2, 0.3], [0.1, 0.1]) + studies([0.4], [0.1], kind="money")
    assert pool(mixed, source="test", kind="published").estimate.kind == "published"
    mixed = studies([0.2, 0.3], [0.1, 0.1]) + studies([0.4], [0.1], scale="ratio")
    with pytest.raises(ValueError, match="expected estimates of one scale"):
        pool(mixed, source="test")
    assert pool(iter(mixed), source="test", scale="identity").estimate.scale == "identity"


# Groups -----------------------------------------------------------------------------------------


def test_groups_are_labelled_and_together_make_the_whole(counts):
    parts = by_group(mean, counts, "group", "y", **ABOUT)
    assert [part.label for part in parts] == ["0", "1", "2"]
    whole = mean(counts, "y", **ABOUT)
    assert sum(part.n for part in parts) == whole.n
    assert sum(part.missing for part in parts) == whole.missing
    assert list(tabulate(parts)["n"]) == [part.n for part in parts]
    assert parts.left_out == {}
    alone = mean(counts[counts["group"] == 1], "y", label="1", **ABOUT)
    assert parts[1] == alone


def test_a_group_too_small_for_an_interval_does_not_stop_the_others(counts):
    lone = pd.DataFrame({"x": [4.0], "group": [7], "y": [5.0], "left": [1.0], "n": [1]})
    parts = by_group(mean, pd.concat([counts, lone]), "group", "y", **ABOUT)
    assert [part.label for part in parts] == ["0", "1", "2"]
    assert parts.left_out == {"7": "expected at least 2 customers with a known y, found 1"}
    lacking = by_group(
        mean_difference, pd.concat([counts, lone.assign(n=9)]), "group", "y", "left", 1, 0, **ABOUT
    )
    assert lacking.left_out == {"7": "expected left to be one of [1.0], found 0"}


def test_customers_of_unknown_group_count_as_missing_in_each(counts):
    unknown = counts.assign(group=counts["group"].replace(2, np.nan))
    lost = counts.loc[counts["group"] == 2, "n"].sum()
    parts = by_group(mean, unknown, "group", "y", **ABOUT)
    known = by_group(mean, counts, "group", "y", **ABOUT)[:2]
    assert [part.missing for part in parts] == [part.missing + lost for part in known]
    assert [part.label for part in parts] == ["0.0", "1.0"]
    by_flag = counts.assign(group=counts["group"].map({0: "a", 1: "b"}))
    for found, ours in (
        (proportion_difference(by_flag, "left", "group", "a", "b", **ABOUT), lost),
        (proportion_ratio(by_flag, "left", "group", "a", "b", **ABOUT), lost),
        (
            mean_difference(by_flag, "y", "group", "a", "b", **ABOUT),
            lost + sum(part.missing for part in known),
        ),
        (
            standardised_difference(by_flag, "y", "group", "a", "b", seed=1, draws=20, **ABOUT),
            lost + sum(part.missing for part in known),
        ),
    ):
        assert found.missing == ours
        n = counts.loc[counts["group"] != 2, "n"].sum()
        assert found.n == n - (ours - lost)


GROUPS = {
    "text": (["a", "b"], object),
    "pandas text": (["a", "b"], "str"),
    "pyarrow text": (["a", "b"], "string[pyarrow]"),
    "categories": (["a", "b"], pd.CategoricalDtype(["z", "b", "a"])),
    "numbers": ([1, 2], "int64"),
    "nullable numbers": ([1, 2], "Int64"),
    "flags": ([True, False], "bool"),
    "nullable flags": ([True, False], "boolean"),
    "text and numbers": (["a", 2], object),
    "days": (list(pd.to_datetime(["2026-01-01", "2026-01-02"])), None),
    "days of a time zone": (list(pd.to_datetime(["2026-01-01", "2026-01-02"], utc=True)), None),
    "intervals": (list(pd.interval_range(0, 2)), None),
}


@pytest.mark.parametrize("name", GROUPS)
def test_groups_of_any_type_are_told_apart(name):
    (first, second), dtype = GROUPS[name]
    plain = pd.DataFrame(
        {"g": [1, 1, 2, 2], "y": [1, 2, 3, 5], "hit": [1, 0, 1, 0], "n": [4, 3, 2, 5]}
    )
    values = pd.Series([first, first, second, second, None])
    table = pd.concat([plain, plain.head(1)], ignore_index=True).assign(
        g=values
        if dtype is None
        else values.astype(dtype)
        if name != "numbers"
        else values.fillna(2).astype(dtype)
    )
    if name in ("numbers", "flags"):  # these types cannot be missing
        table = table.head(4).assign(g=[first, first, second, second])
    missing = table.loc[table["g"].isna(), "n"].sum()
    for estimator, column in (
        (mean_difference, "y"),
        (proportion_difference, "hit"),
        (proportion_ratio, "hit"),
    ):
        expected = estimator(plain, column, "g", 1, 2, **ABOUT)
        found = estimator(table, column, "g", first, second, **ABOUT)
        assert found == dataclasses.replace(expected, missing=missing)
    assert sorted(part.n for part in by_group(mean, table, "g", "y", **ABOUT)) == [7, 7]
    draws = [
        standardised_difference(t, "y", "g", *pair, seed=1, draws=9, **ABOUT)
        for t, pair in ((plain, (1, 2)), (table, (first, second)))
    ]
    assert draws[1] == dataclasses.replace(draws[0], missing=missing)


# Whatever the table looks like ------------------------------------------------------------------

ESTIMATORS = {
    "share": lambda c: proportion(c, "hit", **ABOUT),
    "difference of shares": lambda c: proportion_difference(c, "hit", "g", "a", "b", **ABOUT),
    "ratio of shares": lambda c: proportion_ratio(c, "hit", "g", "a", "b", **ABOUT),
    "mean": lambda c: mean(c, "x", **ABOUT),
    "score": lambda c: net_promoter_score(c, "x", scale=(0, 10), **ABOUT),
    "difference of means": lambda c: mean_difference(c, "x", "g", "a", "b", **ABOUT),
    "correlation": lambda c: correlation(c, "x", "y", **ABOUT),
    "rank correlation": lambda c: correlation(c, "x", "y", rank=True, **ABOUT),
    "area": lambda c: auc(c, "x", "hit", **ABOUT),
    "difference of areas": lambda c: auc_difference(c, "x", "y", "hit", **ABOUT),
    "R2 gain": lambda c: r2_gain(c, "y", ["x"], "hit", **ABOUT),
}
# Enough customers of each kind that all have an answer, and any others.
SURE = [(x, y, hit, g, 1) for x, y, hit, g in itertools.product((3, 8), (2, 9), (0, 1), ("a", "b"))]
MORE = st.lists(
    st.tuples(
        st.integers(0, 10) | st.none(),
        st.integers(0, 10) | st.none(),
        st.integers(0, 1) | st.none(),
        st.sampled_from(["a", "b", None]),
        st.integers(0, 9),
    ),
    max_size=12,
)


def table_of(rows):
    table = pd.DataFrame(SURE + rows, columns=["x", "y", "hit", "g", "n"])
    return table.astype({"x": "float64", "y": "float64", "hit": "float64"})


def results(table):
    return {name: estimator(table) for name, estimator in ESTIMATORS.items()}


def assert_same(found, expected):
    for name in ESTIMATORS:
        assert_allclose(numbers(found[name]), numbers(expected[name]), 1e-9, 1e-9, err_msg=name)
        assert (found[name].n, found[name].missing) == (expected[name].n, expected[name].missing)
        assert found[name].method == expected[name].method


@settings(max_examples=12)
@given(MORE, st.data())
def test_neither_order_nor_index_nor_splitting_nor_empty_rows_change_an_estimate(more, data):
    table = table_of(more)
    places = data.draw(st.permutations(range(len(table))))
    part = np.array(
        data.draw(st.lists(st.integers(0, 9), min_size=len(table), max_size=len(table)))
    )
    part = np.minimum(part, table["n"])
    again = pd.concat(
        [table.assign(n=part), table.assign(n=table["n"] - part), table.assign(n=0, x=1.0)]
    )
    again = again.iloc[[*places, *range(len(table), len(again))]]
    expected = results(table)
    assert_same(results(again), expected)
    assert_same(results(again.set_axis([0] * len(again))), expected)
    assert_same(results(again.assign(other="text")[again.columns[::-1]]), expected)


@settings(max_examples=12)
@given(MORE, st.sampled_from([1e-6, 1e6, 2.5]), st.sampled_from([0, -1000, 1e6]))
def test_another_unit_or_origin_changes_only_what_is_in_that_unit(more, unit, shift):
    table = table_of(more)
    other = table.assign(x=unit * (table["x"] + shift))
    free = ["share", "correlation", "rank correlation", "area", "difference of areas", "R2 gain"]
    for name in free:
        found, expected = (ESTIMATORS[name](t) for t in (other, table))
        assert_allclose(numbers(found), numbers(expected), 1e-6, 1e-7, err_msg=name)
    found, expected = (ESTIMATORS["mean"](t) for t in (other, table))
    assert_allclose(numbers(found), unit * (np.array(numbers(expected)) + shift), rtol=1e-8)
    found, expected = (ESTIMATORS["difference of means"](t) for t in (other, table))
    assert_allclose(numbers(found), unit * np.array(numbers(expected)), 1e-6, 1e-7 * unit)


@settings(max_examples=12)
@given(MORE)
def test_a_scale_read_backwards_turns_the_sign_and_nothing_else(more):
    table = table_of(more)
    back = table.assign(x=10 - table["x"])
    for name, whole in {
        "mean": 10,
        "difference of means": 0,
        "correlation": 0,
        "rank correlation": 0,
        "area": 1,
    }.items():
        found, expected = (ESTIMATORS[name](t) for t in (back, table))
        value, low, high = numbers(expected)
        ends = [whole - value, whole - high, whole - low]
        assert_allclose(numbers(found), ends, 1e-9, 1e-9, err_msg=name)
    found, expected = (ESTIMATORS["R2 gain"](t) for t in (back, table))
    assert_allclose(numbers(found), numbers(expected), 1e-8, 1e-9)
    other = table.assign(g=table["g"].map({"a": "b", "b": "a"}))
    for name in ("difference of shares", "difference of means"):
        found, expected = (ESTIMATORS[name](t) for t in (other, table))
        value, low, high = numbers(expected)
        assert_allclose(numbers(found), [-value, -high, -low], 1e-9, 1e-9, err_msg=name)
    found, expected = (ESTIMATORS["ratio of shares"](t) for t in (other, table))
    value, low, high = numbers(expected)
    assert_allclose(numbers(found), [1 / value, 1 / high, 1 / low], rtol=1e-9)
    last = net_promoter_score(back, "x", scale=(0, 10), promoter=4, detractor=1, **ABOUT)
    first = ESTIMATORS["score"](table)
    assert_allclose(numbers(last), [-first.value, -first.high, -first.low], 1e-9, 1e-9)


@pytest.mark.parametrize(
    "kind", ["int64", "Int64", "Float64", "int64[pyarrow]", "double[pyarrow]", "category", "object"]
)
def test_columns_of_any_type_give_the_same_estimates(kind):
    table = table_of([])
    other = table.astype({"x": "int64", "y": "int64", "hit": "int64"})
    other = other.astype({"x": kind, "y": kind, "hit": kind, "n": kind, "g": "category"})
    assert_same(results(other), results(table))
    if kind not in ("int64", "category"):
        gaps = other.copy()
        gaps.loc[0, ["x", "hit"]] = None
        nothing = table.copy()
        nothing.loc[0, ["x", "hit"]] = np.nan
        assert_same(results(gaps), results(nothing))


def test_a_million_million_customers_are_no_harder_than_a_few():
    table = table_of([(2, 5, 1, "a", 3), (10, 10, 0, "b", 2)])
    many = table.assign(n=table["n"] * 10**12)
    for name, found in results(many).items():
        assert found.n == ESTIMATORS[name](table).n * 10**12, name
        assert 0 < found.high - found.low < 1e-3, name


# The estimate itself ----------------------------------------------------------------------------

GOOD = {"value": 1.0, "low": 0.5, "high": 1.5, "n": 10, "method": "m", **ABOUT}


def test_an_estimate_may_lie_on_the_end_of_its_interval():
    assert Estimate(**(GOOD | {"low": 1.0})).low == 1.0
    assert Estimate(**(GOOD | {"high": 1.0})).high == 1.0
    assert Estimate(**(GOOD | {"low": -np.inf, "n": 0, "missing": 0})).n == 0
    assert Estimate(**(GOOD | {"n": np.int64(3), "value": np.float64(1), "df": 0.5})).df == 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_not_measured_may_be_certain(kind):
    certain = GOOD | {"low": 1.0, "high": 1.0, "kind": kind}
    if kind in ("behaviour", "money", "stated"):
        with pytest.raises(
            ValueError, match=f"^expected an interval with a width for {kind}, found"
        ):
            Estimate(**certain)
    else:
        assert Estimate(**certain).value == 1.0


def test_a_label_and_a_source_come_along(counts):
    found = mean(counts, "y", kind="money", source="a survey", label="first wave")
    assert (found.kind, found.source, found.label) == ("money", "a survey", "first wave")
    assert mean(counts, "y", **ABOUT).label == ""


def test_text_shows_a_true_minus_and_no_minus_zero():
    estimate = Estimate(value=-0.001, low=-0.5, high=0.25, n=3, method="m", **ABOUT)
    assert estimate.text() == "0.00 [\N{MINUS SIGN}0.50, 0.25]"
    assert estimate.text(3) == "\N{MINUS SIGN}0.001 [\N{MINUS SIGN}0.500, 0.250]"
    assert estimate.percent(0) == "0% [\N{MINUS SIGN}50%, 25%]"
    assert estimate.percent() == "\N{MINUS SIGN}0.1% [\N{MINUS SIGN}50.0%, 25.0%]"
    large = Estimate(value=-1234.5, low=-20000, high=0, n=3, method="m", **ABOUT)
    assert large.text(0) == "\N{MINUS SIGN}1,234 [\N{MINUS SIGN}20,000, 0]"


def test_a_table_of_estimates_is_rounded_and_may_be_empty(counts):
    parts = by_group(proportion, counts, "group", "left", **ABOUT)
    table = tabulate(parts)
    columns = ["label", "value", "low", "high", "n", "missing", "kind", "source"]
    assert list(table.columns) == columns
    assert table["value"].tolist() == [round(part.value, 3) for part in parts]
    assert table["high"].tolist() == [round(part.high, 3) for part in parts]
    assert tabulate(parts, digits=1)["low"].tolist() == [round(part.low, 1) for part in parts]
    assert list(tabulate([]).columns) == columns
    assert tabulate([]).empty


def test_two_customers_are_enough_for_mean_money():
    counts = pd.DataFrame({"n": [1, 1], "total": [100, 300], "total_sq": [1e4, 9e4]})
    found = mean_money(counts, **ABOUT)
    low, high = stats.t.interval(0.95, 1, 200, stats.sem([100, 300]))
    assert_allclose([found.value, found.low, found.high], [200, low, high], rtol=1e-9)


@pytest.mark.parametrize("spread", [0.85, 1.0, 1.05, 1.2, 2.0])
def test_heterogeneity_is_what_sampling_does_not_explain(spread):
    """Higgins and Thompson (2002): I2 = (Q - df) / Q, none where Q is not above df."""
    effects = spread * np.array([-1.2, -0.1, 0.2, 1.1]) * 0.1
    errors = np.full(4, 0.1)
    studies = [
        Estimate(value=e, low=e - Z * s, high=e + Z * s, n=9, method="m", **ABOUT)
        for e, s in zip(effects, errors, strict=True)
    ]
    q = np.sum(((effects - effects.mean()) / errors) ** 2)
    found = pool(studies, source="made").heterogeneity
    assert found == pytest.approx(max(0, (q - 3) / q), abs=1e-9)


def test_a_category_that_nobody_is_in_is_no_group():
    groups = pd.Categorical(["a", "a", "b", "b"], categories=["a", "b", "c"])
    counts = pd.DataFrame({"g": groups, "x": [1, 2, 3, 5], "n": 4})
    found = by_group(mean, counts, "g", "x", **ABOUT)
    assert [e.label for e in found] == ["a", "b"]
    assert found.left_out == {}
