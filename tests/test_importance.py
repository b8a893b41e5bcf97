"""Importance is what R's relaimpo computes, and what all orders of entry say when written out."""

from fractions import Fraction
from functools import partial
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import curve_fit

from analysis import importance
from analysis.counts import expand
from analysis.estimate import TooFewError, bootstrap, correlation
from analysis.importance import (
    bootstrap_correlation,
    composite_covariances,
    covariances,
    lmg,
    lmg_estimates,
    lmg_shares,
    path_estimates,
    product_gain,
    share_difference,
    top_share,
    weighted_covariances,
)

# Mosteller and Tukey (1977), data set `swiss` of R: 47 provinces in 1888. Fertility, agriculture,
# examination, education, catholic, infant mortality.
SWISS = """
80.2 17 15 12 9.96 22.2;83.1 45.1 6 9 84.84 22.2;92.5 39.7 5 5 93.4 20.2;85.8 36.5 12 7 33.77 20.3;
76.9 43.5 17 15 5.16 20.6;76.1 35.3 9 7 90.57 26.6;83.8 70.2 16 7 92.85 23.6;
92.4 67.8 14 8 97.16 24.9;82.4 53.3 12 7 97.67 21;82.9 45.2 16 13 91.38 24.4;
87.1 64.5 14 6 98.61 24.5;64.1 62 21 12 8.52 16.5;66.9 67.5 14 7 2.27 19.1;
68.9 60.7 19 12 4.43 22.7;
61.7 69.3 22 5 2.82 18.7;68.3 72.6 18 2 24.2 21.2;71.7 34 17 8 3.3 20;55.7 19.4 26 28 12.11 20.2;
54.3 15.2 31 20 2.15 10.8;65.1 73 19 9 2.84 20;65.5 59.8 22 10 5.23 18;65 55.1 14 3 4.52 22.4;
56.6 50.9 22 12 15.14 16.7;57.4 54.1 20 6 4.2 15.3;72.5 71.2 12 1 2.4 21;74.2 58.1 14 8 5.23 23.8;
72 63.5 6 3 2.56 18;60.5 60.8 16 10 7.72 16.3;58.3 26.8 25 19 18.46 20.9;65.4 49.5 15 8 6.1 22.5;
75.5 85.9 3 2 99.71 15.1;69.3 84.9 7 6 99.68 19.8;77.3 89.7 5 2 100 18.3;70.5 78.2 12 6 98.96 19.4;
79.4 64.9 7 3 98.22 20.2;65 75.9 9 9 99.06 17.8;92.2 84.6 3 3 99.46 16.3;79.3 63.1 13 13 96.83 18.1;
70.4 38.4 26 12 5.62 20.3;65.7 7.7 29 11 13.79 20.5;72.7 16.7 22 13 11.22 18.9;
64.4 17.6 35 32 16.92 23;77.6 37.6 15 7 4.97 20;67.6 18.7 25 7 8.65 19.5;35 1.2 37 53 42.34 18;
44.7 46.6 16 29 50.43 18.2;42.8 27.7 22 29 58.33 19.3
"""
PREDICTORS = ["agriculture", "examination", "education", "catholic", "infant_mortality"]
# relaimpo: calc.relimp(swiss, type = "lmg"); Groemping (2006) prints them to seven digits.
LMG = [0.05709122, 0.17117303, 0.26013468, 0.10557015, 0.11276592]
R2 = 0.7067350
# The same with weights 1 + (1:47 %% 3): calc.relimp(lm(Fertility ~ ., swiss, weights = w)).
WEIGHTED_LMG = [0.0518208063, 0.1549452302, 0.2559770836, 0.1019573531, 0.1296324182]


@pytest.fixture
def swiss():
    rows = [[float(cell) for cell in row.split()] for row in SWISS.split(";")]
    return pd.DataFrame(rows, columns=["fertility", *PREDICTORS]).assign(n=1)


@pytest.fixture
def survey():
    """Answers to four correlated items and an outcome, as counts with some n above one."""
    generator = np.random.default_rng(3)
    common = generator.normal(size=400)
    items = [np.clip(np.round(3 + common + generator.normal(size=400)), 1, 5) for _ in range(4)]
    rows = pd.DataFrame(np.array(items).T, columns=list("abcd"))
    rows["y"] = np.round(rows["a"] + 0.5 * rows["b"] + generator.normal(size=400))
    return rows.value_counts().rename("n").reset_index()


def test_shares_are_those_of_relaimpo(swiss):
    shares = lmg(swiss, "fertility", PREDICTORS)
    np.testing.assert_allclose(shares * R2, LMG, atol=2e-8)
    assert list(shares.index) == PREDICTORS
    assert shares.name == "share"


def test_counts_weigh_as_relaimpo_weighs(swiss):
    swiss["n"] = 1 + np.arange(1, 48) % 3
    shares = lmg(swiss, "fertility", PREDICTORS)
    np.testing.assert_allclose(shares, WEIGHTED_LMG / np.sum(WEIGHTED_LMG), atol=1e-9)


def test_shares_are_the_mean_gain_over_all_orders(survey):
    rows = expand(survey)

    def explained(predictors):
        return sm.OLS(rows["y"], sm.add_constant(rows[list(predictors)])).fit().rsquared

    gains = pd.Series(0.0, index=list("abcd"))
    for order in permutations("abcd"):
        steps = [0.0, *(explained(order[: i + 1]) for i in range(4))]
        gains[list(order)] += np.diff(steps) / 24
    expected = gains / explained("abcd")
    pd.testing.assert_series_equal(
        lmg(survey, "y", list("abcd")), expected, check_names=False, rtol=1e-9
    )


def test_uncorrelated_predictors_get_their_squared_correlation():
    grid = pd.DataFrame([(a, b) for a in (0, 1, 2) for b in (0, 1)], columns=["a", "b"]).assign(n=7)
    grid["y"] = 3 * grid["a"] + 2 * grid["b"]
    parts = np.array([9 * grid["a"].var(ddof=0), 4 * grid["b"].var(ddof=0)])
    np.testing.assert_allclose(lmg(grid, "y", ["a", "b"]), parts / parts.sum())


def test_a_batch_is_the_same_as_one_by_one(survey):
    matrices, n, missing = covariances(survey, ["y", *"abcd"], draws=5, seed=1)
    one_by_one = [lmg_shares(matrix) for matrix in matrices]
    np.testing.assert_allclose(lmg_shares(matrices), one_by_one)
    np.testing.assert_allclose(lmg_shares(matrices).sum(axis=1), 1)
    assert (n, missing) == (400, 0)


def test_draws_are_samples_of_the_customers(survey):
    """The mean and the spread of drawn variances are those of sampling 400 customers again."""
    drawn, n, _ = covariances(survey, ["a", "y"], draws=4000, seed=8)
    rows = expand(survey)
    fourth = ((rows - rows.mean()) ** 4).mean()
    variance = rows.var(ddof=0)
    for i, name in enumerate(["a", "y"]):
        assert drawn[:, i, i].mean() == pytest.approx(variance[name] * (n - 1) / n, rel=0.005)
        error = np.sqrt((fourth[name] - variance[name] ** 2) / n)
        assert drawn[:, i, i].std() == pytest.approx(error, rel=0.05)
    again, _, _ = covariances(survey, ["a", "y"], draws=4000, seed=8)
    np.testing.assert_array_equal(drawn, again)


def test_intervals_of_shares_cover_the_truth():
    """Known shares: independent predictors with slopes 2 and 1 share 0.8 and 0.2."""
    generator, covered, runs = np.random.default_rng(0), 0, 150
    for seed in range(runs):
        rows = pd.DataFrame(generator.normal(size=(150, 2)), columns=["a", "b"]).assign(n=1)
        rows["y"] = 2 * rows["a"] + rows["b"] + generator.normal(size=150)
        first, _ = lmg_estimates(
            rows, "y", ["a", "b"], seed=seed, kind="stated", source="made", draws=300
        )
        covered += first.low <= 0.8 <= first.high
    assert 0.88 <= covered / runs <= 0.99, f"95% interval covered {covered} of {runs}"


def test_missing_answers_are_counted(survey):
    survey.loc[0, "a"] = np.nan
    estimate, *_ = lmg_estimates(survey, "y", list("ab"), seed=1, kind="stated", source="x")
    assert estimate.missing == survey.loc[0, "n"]
    assert estimate.n + estimate.missing == 400


def test_composites_are_means_of_standardised_items(survey):
    matrix, _, _ = covariances(survey, ["a", "b", "c", "d"])
    rows = expand(survey)[["a", "b", "c", "d"]]
    scores = (rows - rows.mean()) / rows.std()
    expected = np.corrcoef(scores[["a", "b", "c"]].mean(axis=1), scores["d"])
    found = composite_covariances(matrix, {"three": ["a", "b", "c"], "one": ["d"]})
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("dtype", ["Int64", "int64[pyarrow]", "object", "category", "float32"])
def test_any_type_of_number_gives_the_same_shares(survey, dtype):
    typed = survey.astype({"a": dtype, "y": dtype})
    expected = lmg(survey, "y", list("abcd"))
    pd.testing.assert_series_equal(lmg(typed, "y", list("abcd")), expected, rtol=1e-12)


def test_a_draw_of_one_value_has_no_covariance():
    """Rounding leaves 1e-17 either way of the variance of one value: no root of it is taken."""
    values = np.array([[0.1, 1.0], [0.7, 2.0], [0.3, 5.0]]) - 0.45
    weights = np.array([[0, 7, 0], [3, 0, 0], [1, 1, 1]], dtype=float)
    found = weighted_covariances(weights, values)
    assert (found[:2] == 0).all()
    np.testing.assert_allclose(found[2], np.cov(values.T, ddof=0))


def test_columns_that_cannot_be_used_are_named(survey):
    with pytest.raises(ValueError, match=r"single value in \['e'\]"):
        lmg(survey.assign(e=2), "y", ["a", "e"])
    with pytest.raises(ValueError, match="cannot be inverted"):
        lmg(survey.assign(e=survey["a"]), "y", ["a", "e"])
    with pytest.raises(ValueError, match="found none"):
        lmg(survey.assign(e=np.nan), "y", ["a", "e"])


@pytest.mark.parametrize("unit", [1e-9, 1e9])
@pytest.mark.parametrize("name", ["y", "a"])
def test_no_unit_of_a_column_changes_a_share(survey, name, unit):
    found = lmg(survey.assign(**{name: unit * survey[name]}), "y", list("abcd"))
    np.testing.assert_allclose(found, lmg(survey, "y", list("abcd")), rtol=1e-9)


@pytest.mark.parametrize("unit", [1e-6, 1e6])
@pytest.mark.parametrize("size", [0.01, 1, 100])
def test_no_unit_of_values_or_weights_changes_what_varies_in_a_draw(unit, size):
    """In the first draw the first column has one value: nothing goes with it there."""
    values = np.array([[0.1, 1.0], [0.1, 2.0], [0.3, 5.0]]) - 0.45
    weights = np.array([[3.0, 7, 0], [1, 1, 1]]) / 10
    found = weighted_covariances(size * weights, unit * values) / unit**2
    assert (found[0, 0] == 0).all()
    assert found[0, 1, 1] == pytest.approx(0.21)  # of 30% and 70%
    np.testing.assert_allclose(found[1], np.cov(values.T, ddof=0))


def test_a_block_of_stacks_is_the_same_as_one_by_one(survey):
    matrices, _, _ = covariances(survey, ["y", *"abc"], draws=6, seed=1)
    block, items = matrices.reshape(2, 3, 4, 4), {"one": ["y", "a"], "two": ["b", "c"]}
    np.testing.assert_allclose(lmg_shares(block).reshape(6, 3), lmg_shares(matrices))
    found = composite_covariances(block, items).reshape(6, 2, 2)
    np.testing.assert_allclose(found, composite_covariances(matrices, items))


def test_ten_predictors_are_the_most():
    """Independent ones: each has its squared correlation."""
    r = np.arange(1, 11) / 20
    matrix = np.eye(11)
    matrix[0, 1:] = matrix[1:, 0] = r
    np.testing.assert_allclose(lmg_shares(matrix), r**2 / (r @ r))


def test_what_rounding_leaves_explains_nothing():
    matrix = np.eye(6)
    for r, is_something in ((1e-7, False), (1e-5, True)):
        matrix[0, 1:] = matrix[1:, 0] = r
        if is_something:
            np.testing.assert_allclose(lmg_shares(matrix), 0.2)
        else:
            with pytest.raises(TooFewError, match="explain something"):
                lmg_shares(matrix)


@pytest.mark.parametrize("chunk", [1, 100, 10**4])
def test_draws_do_not_hang_on_how_many_are_held_at_once(survey, monkeypatch, chunk):
    whole, _, _ = covariances(survey, ["y", "a"], draws=7, seed=2)
    monkeypatch.setattr(importance, "CHUNK", chunk)
    again, _, _ = covariances(survey, ["y", "a"], draws=7, seed=2)
    np.testing.assert_allclose(again, whole)


def test_many_customers_beside_one_far_from_them_have_the_covariance_of_exact_sums():
    rows = [(0, 0, 3 * 10**13), (1, 0, 10**13), (1, 1, 2 * 10**13), (2, 1, 10**13), (10**7, 3, 1)]
    found, _, _ = covariances(pd.DataFrame(rows, columns=["a", "y", "n"]), ["a", "y"])
    n = sum(row[2] for row in rows)
    means = [sum(Fraction(row[i] * row[2], n) for row in rows) for i in (0, 1)]
    for i, j in ((0, 0), (0, 1), (1, 1)):
        exact = sum((r[i] - means[i]) * (r[j] - means[j]) * Fraction(r[2], n) for r in rows)
        assert found[i, j] == pytest.approx(float(exact), rel=1e-9)


# Estimates that decide claims

ABOUT = {"kind": "stated", "source": "made"}


def customers(n, rng, slopes=(1.0, 1.0, 1.0, 1.0)):
    """Customers whose outcome is a weighted sum of independent answers and noise."""
    x = rng.standard_normal((n, len(slopes)))
    y = x @ np.array(slopes) + rng.standard_normal(n)
    return pd.DataFrame(x, columns=list("abcd"[: len(slopes)])).assign(y=y, n=1)


ESTIMATES = {
    "LMG share of the explained variance of y": partial(
        lmg_estimates, outcome="y", predictors=["a", "b"]
    ),
    "LMG share of the 2 best of 4, basic bootstrap": partial(
        top_share, outcome="y", predictors=[*"abcd"]
    ),
    "difference of LMG shares": partial(
        share_difference, outcome=["y"], first=["a", "b"], second=["c", "d"]
    ),
    "Pearson correlation": partial(bootstrap_correlation, x="a", y="y"),
    "gain in R2 out of sample, 20 x 10 folds": partial(product_gain, outcome="y", parts=["a"]),
    "standardised slope of equal-weight composites": partial(
        path_estimates,
        items={"cause": ["a", "b"], "effect": ["y"]},
        paths={"effect": ["cause"]},
    ),
}


@pytest.mark.parametrize("name", ESTIMATES)
def test_an_estimate_says_how_it_was_made_and_is_made_again_by_its_seed(survey, name):
    table = survey.head(60).assign(y=survey["y"] + 9.0)
    table.loc[0, "a"] = np.nan
    estimator = partial(ESTIMATES[name], table, **ABOUT)
    found, again, other = (
        [made] if not isinstance(made, list) else made
        for made in (estimator(seed=1), estimator(seed=1), estimator(seed=2))
    )
    assert found == again
    for one, two in zip(found, other, strict=True):
        assert (one.low, one.high) != (two.low, two.high)
        assert one.method.startswith(name)
        assert "(1000 draws)" in one.method  # by default
        assert one.missing == table.loc[0, "n"]
        assert one.n + one.missing == table["n"].sum()


def test_estimates_of_several_are_told_apart_by_their_labels(survey):
    shares = lmg_estimates(survey, "y", ["b", "a"], seed=1, draws=20, **ABOUT)
    assert [e.label for e in shares] == ["b", "a"]
    items = {"one": ["a"], "two": ["b"], "effect": ["y"]}
    paths = {"effect": ["one", "two"], "two": ["one"]}
    found = path_estimates(survey, items, paths, seed=1, draws=20, **ABOUT)
    assert [e.label for e in found] == ["one → effect", "two → effect", "one → two"]


def test_the_single_best_may_be_asked_for(swiss):
    found = top_share(swiss, "fertility", PREDICTORS, top=1, seed=1, draws=200, **ABOUT)
    assert found.value == pytest.approx(max(LMG) / R2, abs=1e-7)


def test_a_share_of_the_best_is_no_more_than_all():
    table = customers(30, np.random.default_rng(3), (2.0, 2.0, 0.0, 0.0))
    assert top_share(table, "y", list("abcd"), seed=1, draws=200, **ABOUT).high == 1


def test_draws_that_flatter_too_much_are_refused():
    rng = np.random.default_rng(24)
    x = rng.standard_normal((12, 3))
    table = pd.DataFrame(x, columns=list("abc")).assign(n=1)
    table["y"] = x.sum(axis=1) + 3 * rng.standard_normal(12)
    with pytest.raises(TooFewError, match=r"draws around 0\.410, found an interval beside it$"):
        top_share(table, "y", list("abc"), top=1, seed=1, draws=100, **ABOUT)


def test_the_best_two_of_swiss_are_those_of_relaimpo(swiss):
    found = top_share(swiss, "fertility", PREDICTORS, seed=1, draws=200, **ABOUT)
    assert found.value == pytest.approx(np.sort(LMG)[-2:].sum() / R2, abs=1e-7)
    assert found.n == 47


def test_the_basic_interval_turns_the_percentiles_round_the_value():
    table = customers(80, np.random.default_rng(3))
    found = top_share(table, "y", list("abcd"), seed=1, draws=300, **ABOUT)
    drawn, _, _ = covariances(table, ["y", *"abcd"], draws=300, seed=1)
    best = np.sort(lmg_shares(drawn), axis=1)[:, -2:].sum(axis=1)
    assert found.low == pytest.approx(2 * found.value - np.quantile(best, 0.975))
    assert found.high == pytest.approx(2 * found.value - np.quantile(best, 0.025))
    assert found.value < best.mean()  # the draws flatter, and the interval leans the other way
    assert found.high - found.value < found.value - found.low


def test_the_share_of_the_best_two_is_held_where_they_are_known():
    """Slopes 2, 2, 1, 1 of independent answers: the best two carry 8 of 10; see the docstring."""
    rng, held = np.random.default_rng(20261127), 0
    for _ in range(200):
        table = customers(150, rng, (2.0, 2.0, 1.0, 1.0))
        try:
            found = top_share(table, "y", list("abcd"), seed=1, draws=200, **ABOUT)
        except TooFewError:
            continue
        held += found.low <= 0.8 <= found.high
    assert 170 <= held <= 190


def test_a_difference_of_shares_is_that_of_two_composites():
    table = customers(4000, np.random.default_rng(4), (2.0, 2.0, 1.0, 1.0))
    found = share_difference(table, ["y"], ["a", "b"], ["c", "d"], seed=1, draws=200, **ABOUT)
    z = (table - table.mean()) / table.std()
    both = pd.DataFrame({"y": z["y"], "one": z["a"] + z["b"], "two": z["c"] + z["d"], "n": 1})
    one, two = lmg(both, "y", ["one", "two"])
    assert found.value == pytest.approx(one - two)
    assert found.low < 0.6 < found.high  # 8 parts against 2


def test_a_bootstrap_correlation_is_that_of_the_general_bootstrap():
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"x": rng.integers(1, 6, 300), "y": rng.integers(0, 2, 300), "n": 1})
    found = bootstrap_correlation(table, "x", "y", seed=9, draws=300, **ABOUT)

    def pearson(counts):
        return float(np.corrcoef(expand(counts).to_numpy(float).T)[0, 1])

    other = bootstrap(table, pearson, seed=9, draws=300, method="r", **ABOUT)
    assert (found.value, found.low, found.high) == pytest.approx(
        (other.value, other.low, other.high)
    )
    assert found.value == pytest.approx(correlation(table, "x", "y", **ABOUT).value)


def test_a_draw_without_variation_counts_as_no_correlation():
    rare = pd.DataFrame({"x": [0, 1, 0, 1], "y": [0, 0, 1, 1], "n": [10, 2, 1, 2]})
    found = bootstrap_correlation(rare, "x", "y", seed=1, draws=500, **ABOUT)
    assert found.low < found.value < found.high


@pytest.mark.parametrize(("multiplied", "sign"), [(True, 1), (False, -1)])
def test_the_better_model_is_the_one_the_answers_come_from(multiplied, sign):
    rng = np.random.default_rng(6)
    x = rng.uniform(1, 10, (300, 3))
    y = x.prod(axis=1) ** 0.6 if multiplied else x.sum(axis=1)
    table = pd.DataFrame(x, columns=list("abc")).assign(y=y * rng.uniform(0.9, 1.1, 300), n=1)
    found = product_gain(table, "y", list("abc"), seed=1, repeats=2, draws=200, **ABOUT)
    assert np.sign([found.low, found.high]).tolist() == [sign, sign]


@pytest.mark.parametrize("repeats", [1, 3])
def test_both_models_forecast_what_they_are_made_of(repeats):
    """Without noise each finds its own truth: the other loses all of the gain."""
    x = np.random.default_rng(7).uniform(1, 5, (60, 2))
    table = pd.DataFrame(x, columns=list("ab")).assign(y=2 * x[:, 0] * x[:, 1] ** 0.5, n=1)
    options = {"seed": 1, "folds": 5, "repeats": repeats, "draws": 50}
    found = product_gain(table, "y", ["a", "b"], **options, **ABOUT)
    design, rng = np.column_stack([np.ones(60), x]), np.random.default_rng(1)
    lost = 0.0
    for _ in range(repeats):
        fold = rng.permutation(60) % 5
        for k in range(5):
            b = np.linalg.lstsq(design[fold != k], table["y"][fold != k], rcond=None)[0]
            lost += ((table["y"][fold == k] - design[fold == k] @ b) ** 2).sum() / repeats
    assert found.value == pytest.approx(lost / (60 * table["y"].var(ddof=0)), rel=1e-6)


def test_a_product_is_fitted_to_the_answers_themselves():
    """With noise, by another search for the least squares; two customers a fold are enough."""
    rng = np.random.default_rng(17)
    x = rng.uniform(1, 5, (20, 2))
    y = 2 * x[:, 0] * x[:, 1] ** 0.5 * rng.uniform(0.5, 1.5, 20)
    table = pd.DataFrame(x, columns=list("ab")).assign(y=y, n=1)
    options = {"seed": 1, "folds": 10, "repeats": 1, "draws": 50}
    found = product_gain(table, "y", ["a", "b"], **options, **ABOUT)
    fold, gained = np.random.default_rng(1).permutation(20) % 10, 0.0

    def product(x, a, b, c):
        return a * x[0] ** b * x[1] ** c

    for k in range(10):
        old, new = fold != k, fold == k
        best, _ = curve_fit(product, x[old].T, y[old], p0=[1, 1, 1], ftol=1e-12, xtol=1e-12)
        added = sm.OLS(y[old], sm.add_constant(x[old])).fit().params
        gained += ((y[new] - sm.add_constant(x[new], has_constant="add") @ added) ** 2).sum()
        gained -= ((y[new] - product(x[new].T, *best)) ** 2).sum()
    assert found.value == pytest.approx(gained / (20 * y.var()), rel=1e-5)


@pytest.mark.parametrize("place", [0, 59])
def test_every_customer_is_drawn_and_the_variance_is_that_of_the_draw(place):
    """One customer far from all others carries the gain, so its place must not matter."""
    x = np.random.default_rng(7).uniform(1, 3, (60, 2))
    x[place] = [30, 20]
    y = x.prod(axis=1)
    table = pd.DataFrame(x, columns=list("ab")).assign(y=y, n=1)
    options = {"seed": 1, "folds": 60 // 2, "repeats": 1, "draws": 2000}
    found = product_gain(table, "y", ["a", "b"], **options, **ABOUT)
    fold, lost = np.random.default_rng(1).permutation(60) % 30, np.zeros(60)
    for k in range(30):
        added = sm.OLS(y[fold != k], sm.add_constant(x[fold != k])).fit().params
        ahead = sm.add_constant(x[fold == k], has_constant="add") @ added
        lost[fold == k] = (y[fold == k] - ahead) ** 2
    rng = np.random.default_rng(99)
    drawn = []
    for _ in range(4000):
        rows = rng.choice(60, 60)
        drawn.append(lost[rows].mean() / y[rows].var())
    assert found.low == pytest.approx(np.quantile(drawn, 0.025), rel=0.1)
    assert found.high == pytest.approx(np.quantile(drawn, 0.975), rel=0.1)
