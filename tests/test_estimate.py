"""Every statistic against something from outside: a published table or another package."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.miscmodels.ordinal_model import OrderedModel

from analysis.counts import count_by, expand
from analysis.estimate import (
    Estimate,
    auc,
    auc_difference,
    bootstrap,
    by_group,
    correlation,
    explained,
    from_draws,
    mean,
    mean_difference,
    mean_money,
    ordered_regression,
    pool,
    proportion,
    proportion_difference,
    proportion_ratio,
    regression,
    standardised_difference,
    tabulate,
)
from analysis.scores import at_least, at_most, gap, net_promoter

ABOUT = {"kind": "stated", "source": "test"}
EXACT = {"rtol": 1e-8, "atol": 1e-8}


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


def shares(a, n_a, b, n_b):
    return pd.DataFrame(
        {"g": [1, 1, 2, 2], "hit": [1.0, 0.0, 1.0, 0.0], "n": [a, n_a - a, b, n_b - b]}
    )


# Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3.
@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_share_has_the_published_wilson_interval(hits, n, low, high):
    counts = pd.DataFrame({"hit": [1.0, 0.0], "n": [hits, n - hits]})
    found = proportion(counts, "hit", **ABOUT)
    assert_allclose([found.low, found.high], [low, high], atol=5e-5)
    exact = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert_allclose([found.low, found.high], [exact.low, exact.high], **EXACT)


# Newcombe (1998), Statistics in Medicine 17:873-890, table II, method 10.
@pytest.mark.parametrize(
    ("a", "n_a", "b", "n_b", "low", "high"),
    [(56, 70, 48, 80, 0.0524, 0.3339), (9, 10, 3, 10, 0.1705, 0.8090)],
)
def test_a_difference_of_shares_has_the_published_newcombe_interval(a, n_a, b, n_b, low, high):
    found = proportion_difference(shares(a, n_a, b, n_b), "hit", "g", 1, 2, **ABOUT)
    assert_allclose([found.value, found.low, found.high], [a / n_a - b / n_b, low, high], atol=5e-5)


def test_a_ratio_of_shares_agrees_with_scipy():
    found = proportion_ratio(shares(30, 100, 20, 150), "hit", "g", 1, 2, **ABOUT)
    risk = stats.contingency.relative_risk(30, 100, 20, 150)
    interval = risk.confidence_interval(0.95)
    assert_allclose(
        [found.value, found.low, found.high],
        [risk.relative_risk, interval.low, interval.high],
        **EXACT,
    )


def test_means_agree_with_scipy_on_the_rows(rows, counts):
    y = rows["y"].dropna()
    found = mean(counts, "y", **ABOUT)
    low, high = stats.t.interval(0.95, len(y) - 1, y.mean(), stats.sem(y))
    assert_allclose([found.value, found.low, found.high], [y.mean(), low, high], **EXACT)
    assert (found.n, found.missing) == (len(y), 40)

    a, b = (rows.loc[rows["left"] == v, "y"].dropna() for v in (1, 0))
    interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    found = mean_difference(counts, "y", "left", 1, 0, **ABOUT)
    assert_allclose([found.low, found.high], [interval.low, interval.high], **EXACT)


def test_money_from_totals_agrees_with_money_from_rows():
    rng = np.random.default_rng(5)
    rows = pd.DataFrame(
        {"score": rng.integers(1, 6, 800), "cents": rng.lognormal(9, 1, 800).round().astype(int)}
    )
    found = mean_money(count_by(rows, "score", money="cents"), kind="money", source="test")
    low, high = stats.t.interval(0.95, 799, rows["cents"].mean(), stats.sem(rows["cents"]))
    assert_allclose(
        [found.value, found.low, found.high], [rows["cents"].mean(), low, high], **EXACT
    )


def test_the_net_promoter_score_is_a_mean_with_the_multinomial_error():
    answers = pd.Series([10] * 55 + [8] * 25 + [4] * 20, dtype=float)
    counts = count_by(pd.DataFrame({"points": net_promoter(answers)}), "points")
    found = mean(counts, "points", **ABOUT)
    error = 100 * np.sqrt((0.55 + 0.20 - (0.55 - 0.20) ** 2) / 99)
    assert found.value == pytest.approx(35)
    assert_allclose(found.high - found.value, stats.t.ppf(0.975, 99) * error, **EXACT)


def test_scores_keep_a_missing_answer_missing():
    answer = pd.Series([1.0, 7.0, 9.0, np.nan])
    for recoded in (
        at_least(answer, 9),
        at_most(answer, 5),
        net_promoter(answer),
        gap(answer, answer),
    ):
        assert recoded.isna().tolist() == [False, False, False, True]


def test_classes_that_overlap_are_refused():
    with pytest.raises(ValueError, match="classes apart, found detractor <= 8 and promoter >= 8"):
        net_promoter(pd.Series([8.0]), promoter=8, detractor=8)


def test_correlations_agree_with_scipy_on_the_rows(rows, counts):
    known = rows.dropna()
    found = correlation(counts, "x", "y", **ABOUT)
    other = stats.pearsonr(known["x"], known["y"])
    interval = other.confidence_interval(0.95)
    assert_allclose(
        [found.value, found.low, found.high],
        [other.statistic, interval.low, interval.high],
        **EXACT,
    )
    found = correlation(counts, "x", "y", rank=True, **ABOUT)
    assert_allclose(found.value, stats.spearmanr(known["x"], known["y"]).statistic, **EXACT)


def test_a_perfect_correlation_has_no_width():
    counts = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 3.0], "n": [5, 5, 5]})
    assert correlation(counts, "x", "y", **ABOUT).low == pytest.approx(1)


def test_linear_regression_on_counts_is_that_on_rows(rows, counts):
    found = regression(counts, "y ~ x + C(group)")
    other = smf.ols("y ~ x + C(group)", rows.dropna()).fit(cov_type="HC1")
    assert_allclose(found.params, other.params, **EXACT)
    assert_allclose(found.covariance, other.cov_params(), **EXACT)
    assert (found.n, found.missing) == (1460, 40)


def test_logistic_regression_on_counts_is_that_on_rows(rows, counts):
    found = regression(counts, "left ~ x + C(group)", family="binomial")
    model = smf.glm("left ~ x + C(group)", rows, family=sm.families.Binomial())
    other = model.fit(cov_type="HC0")
    assert_allclose(found.params, other.params, **EXACT)
    assert_allclose(found.covariance, other.cov_params() * 1500 / 1496, **EXACT)


def test_ordered_regression_on_counts_is_that_on_rows(rows, counts):
    found = ordered_regression(counts, "y", ["x", "left"])
    known = rows.dropna()
    endog = pd.Series(pd.Categorical(known["y"], ordered=True), index=known.index)
    model = OrderedModel(endog, known[["x", "left"]], distr="logit")
    rough = model.fit(method="bfgs", disp=False, maxiter=500, gtol=1e-4)
    other = model.fit(np.asarray(rough.params), method="newton", disp=False, tol=1e-6)
    assert_allclose(found.params, other.params[:2], **EXACT)
    # Both Hessians are numerical, good to about six digits.
    assert_allclose(found.covariance, other.cov_params().iloc[:2, :2], rtol=1e-5)


def test_explained_variance_is_that_of_least_squares(rows, counts):
    known = rows.dropna()
    other = smf.ols("y ~ x + left", known).fit()
    assert_allclose(explained(counts.dropna(), "y", ["x", "left"]), other.rsquared, **EXACT)


def test_the_bootstrap_agrees_with_the_interval_of_a_mean(counts):
    known = mean(counts, "y", **ABOUT)
    found = bootstrap(
        counts,
        lambda c: float(np.average(c["y"], weights=c["n"])),
        seed=1,
        method="mean",
        draws=2000,
        columns=["y"],
        **ABOUT,
    )
    assert found.value == pytest.approx(known.value)
    assert_allclose([found.low, found.high], [known.low, known.high], atol=0.02)
    assert (found.n, found.missing) == (known.n, known.missing)


def test_the_bootstrap_repeats_itself(counts):
    results = {
        bootstrap(
            counts, lambda c: explained(c, "y", ["x"]), seed=7, method="R2", draws=50, **ABOUT
        )
        for _ in range(2)
    }
    assert len(results) == 1


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
    logit = np.log(found.value / (1 - found.value))
    low, high = (np.log(end / (1 - end)) for end in (found.low, found.high))
    assert_allclose([(low + high) / 2], [logit], rtol=1e-9)
    error = (high - low) / 2 / stats.norm.ppf(0.975) * found.value * (1 - found.value)
    assert round(error, 4) == 0.0307
    assert_allclose(found.value - 1.959964 * error, 0.83295, atol=5e-6)
    assert_allclose(found.value + 1.959964 * error, 0.95339, atol=5e-6)


def test_the_area_is_that_of_mann_and_whitney(rows, counts):
    a, b = (rows.loc[rows["left"] == k, "x"] for k in (1, 0))
    found = auc(counts, "x", "left", **ABOUT)
    assert_allclose(found.value, stats.mannwhitneyu(a, b).statistic / len(a) / len(b), **EXACT)
    assert (found.n, found.missing) == (1500, 0)
    assert auc(counts, "y", "left", **ABOUT).missing == 40
    turned = auc(counts, "x", "left", either_way=True, **ABOUT)
    assert_allclose([turned.value, turned.low], [1 - found.value, 1 - found.high], **EXACT)


def test_areas_and_their_difference_have_delongs_error(rows, counts):
    known = rows.dropna()
    areas, cov = delong([known["x"].to_numpy(), known["y"].to_numpy()], known["left"].to_numpy())
    complete = counts.dropna()
    for signal, area, variance in zip("xy", areas, np.diag(cov), strict=True):
        found = auc(complete, signal, "left", **ABOUT)
        reach = 1.959963984540054 * np.sqrt(variance) / (area * (1 - area))
        logit = np.log(area / (1 - area))
        ends = 1 / (1 + np.exp(-np.array([logit - reach, logit + reach])))
        assert_allclose([found.value, found.low, found.high], [area, *ends], **EXACT)
    found = auc_difference(counts, "x", "y", "left", **ABOUT)
    reach = 1.959963984540054 * np.sqrt(cov[0, 0] + cov[1, 1] - 2 * cov[0, 1])
    gain = areas[0] - areas[1]
    assert_allclose(
        [found.value, found.low, found.high], [gain, gain - reach, gain + reach], **EXACT
    )
    assert (found.n, found.missing) == (1460, 40)


def test_areas_of_a_thousand_million_customers_cost_no_more():
    many = HANLEY.assign(n=HANLEY["n"] * 10_000_000)
    few, found = (auc(table, "rating", "ill", **ABOUT) for table in (HANLEY, many))
    assert found.value == pytest.approx(few.value)
    assert found.n == 1_090_000_000
    assert found.high - found.low < 0.0001


def test_a_perfect_signal_has_no_width_and_a_lone_event_no_area():
    apart = pd.DataFrame({"x": [1.0, 2.0], "hit": [0, 1], "n": [5, 5]})
    found = auc(apart, "x", "hit", **ABOUT)
    assert (found.value, found.low, found.high) == (1, 1, 1)
    with pytest.raises(ValueError, match="2 or more customers with hit"):
        auc(apart.assign(n=[5, 1]), "x", "hit", **ABOUT)
    with pytest.raises(ValueError, match="expected hit to be 0 or 1"):
        auc(apart.assign(hit=[0, 2]), "x", "hit", **ABOUT)


def test_a_standardised_difference_is_cohens_d_with_its_known_error(rows, counts):
    a, b = (rows.loc[rows["left"] == k, "y"].dropna() for k in (1, 0))
    pooled = np.sqrt(((len(a) - 1) * a.var() + (len(b) - 1) * b.var()) / (len(a) + len(b) - 2))
    d = (a.mean() - b.mean()) / pooled
    compared = (counts, "y", "left", 1, 0)
    found = standardised_difference(*compared, seed=1, draws=4000, **ABOUT)
    assert_allclose(found.value, d, **EXACT)
    assert (found.n, found.missing) == (1460, 40)
    # Hedges and Olkin (1985), p. 86: both groups are near normal with one variance.
    error = np.sqrt(1 / len(a) + 1 / len(b) + d**2 / (2 * (len(a) + len(b))))
    assert_allclose((found.high - found.low) / 2, 1.96 * error, rtol=0.08)
    assert found == standardised_difference(*compared, seed=1, draws=4000, **ABOUT)


def test_groups_that_are_not_compared_do_not_count(counts):
    compared = ("y", "group", 0, 1)
    whole = standardised_difference(counts, *compared, seed=1, draws=50, **ABOUT)
    two = counts[counts["group"] != 2]
    part = standardised_difference(two, *compared, seed=1, draws=50, **ABOUT)
    assert (whole.value, whole.low, whole.high) == (part.value, part.low, part.high)
    with pytest.raises(ValueError, match="found 9"):
        standardised_difference(counts, "y", "group", 0, 9, seed=1, **ABOUT)


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
    assert "by week" in weeks.method


def test_draws_made_elsewhere_get_their_percentiles():
    found = from_draws(50.0, np.arange(101.0), method="median", n=7, **ABOUT)
    assert_allclose([found.low, found.high], [2.5, 97.5], **EXACT)
    assert found.method == "median, bootstrap interval (101 draws)"


def studies(effects, errors):
    return [
        Estimate(value=e, low=e - 1.959964 * s, high=e + 1.959964 * s, n=100, method="m", **ABOUT)
        for e, s in zip(effects, errors, strict=True)
    ]


def test_pooling_solves_the_published_equations():
    """Paule and Mandel's tau2 makes Q equal k - 1; Hartung and Knapp's error is its own formula."""
    effects = np.array([-0.889, -1.585, -1.348, -1.442, -0.218, -0.786, -1.621, 0.012])
    errors = np.array([0.571, 0.441, 0.644, 0.141, 0.226, 0.083, 0.472, 0.063])
    found = pool(studies(effects, errors), source="test")
    mu, k = found.estimate.value, len(effects)

    def q(tau2):
        w = 1 / (errors**2 + tau2)
        return (w * (effects - np.average(effects, weights=w)) ** 2).sum()

    from scipy.optimize import brentq

    tau2 = brentq(lambda t: q(t) - (k - 1), 0, 10, xtol=1e-12)
    weights = 1 / (errors**2 + tau2)
    assert_allclose(mu, np.average(effects, weights=weights), rtol=1e-5)
    error = np.sqrt(max(1, q(tau2) / (k - 1)) / weights.sum())
    reach = stats.t.ppf(0.975, k - 1) * error
    assert_allclose([found.estimate.low, found.estimate.high], [mu - reach, mu + reach], rtol=1e-5)
    spread = stats.t.ppf(0.975, k - 2) * np.sqrt(tau2 + error**2)
    assert_allclose(found.prediction_high, mu + spread, rtol=1e-5)
    assert found.prediction().low < found.estimate.low


def test_too_few_studies_are_not_pooled():
    with pytest.raises(ValueError, match="at least 3 estimates to pool, found 2"):
        pool(studies([1, 2], [1, 1]), source="test")


def test_groups_are_labelled_and_together_make_the_whole(counts):
    parts = by_group(mean, counts, "group", "y", **ABOUT)
    assert [part.label for part in parts] == ["0", "1", "2"]
    whole = mean(counts, "y", **ABOUT)
    assert sum(part.n for part in parts) == whole.n
    assert sum(part.missing for part in parts) == whole.missing
    assert list(tabulate(parts)["n"]) == [part.n for part in parts]


def test_regression_on_the_expanded_counts_is_unchanged(counts):
    again = count_by(expand(counts), ["x", "group", "y", "left"])
    assert_allclose(regression(again, "y ~ x").params, regression(counts, "y ~ x").params, **EXACT)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "rumour"}, "expected a kind of"),
        ({"low": 2.0}, "expected low <= high"),
        ({"high": float("nan")}, "expected low <= high"),
        ({"value": float("inf")}, "expected a finite value"),
    ],
)
def test_an_estimate_that_cannot_be_judged_is_refused(change, message):
    good = {"value": 1.0, "low": 0.5, "high": 1.5, "n": 10, "method": "m", **ABOUT}
    with pytest.raises(ValueError, match=message):
        Estimate(**(good | change))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: proportion(c, "x", **ABOUT), "expected x to be 0 or 1"),
        (lambda c: proportion_difference(c, "left", "group", 0, 9, **ABOUT), "found 9"),
        (lambda c: correlation(c.head(1), "x", "y", **ABOUT), "at least 4 customers"),
        (lambda c: correlation(c.assign(x=1.0), "x", "y", **ABOUT), "expected x and y to vary"),
        (lambda c: regression(c, "y ~ x", family="poisson"), "expected a family"),
    ],
)
def test_what_cannot_be_estimated_says_why(counts, call, message):
    with pytest.raises(ValueError, match=message):
        call(counts)


def test_text_shows_a_true_minus_and_no_minus_zero():
    estimate = Estimate(value=-0.001, low=-0.5, high=0.25, n=3, method="m", **ABOUT)
    assert estimate.text() == "0.00 [\N{MINUS SIGN}0.50, 0.25]"
    assert estimate.percent(0) == "0% [\N{MINUS SIGN}50%, 25%]"
