"""Regressions on counts are those on rows, and have no answer where there is none."""

import itertools
import time
from functools import partial

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from statsmodels.discrete.discrete_model import Logit

from analysis import regression as module
from analysis.counts import count_by, expand
from analysis.data import load
from analysis.estimate import TooFewError
from analysis.regression import (
    explained,
    ordered_regression,
    regression,
    standardised_slope,
)

ABOUT = {"kind": "stated", "source": "test"}
EXACT = {"rtol": 1e-8, "atol": 1e-8}


@pytest.fixture(scope="module")
def rows():
    """1,500 made customers with three predictors' worth of structure and some missing answers."""
    rng = np.random.default_rng(20261122)
    x = rng.integers(1, 11, 1500)
    group = rng.choice(["north", "south", "west"], 1500)
    y = np.clip(np.round(3 + 0.5 * x + rng.normal(0, 2, 1500)), 1, 10)
    left = (rng.random(1500) < 1 / (1 + np.exp((x - 5) / 3))).astype(float)
    table = pd.DataFrame({"x": x.astype(float), "group": group, "y": y, "left": left})
    table.loc[rng.choice(1500, 40, replace=False), "y"] = np.nan
    return table.assign(**{"a name": table["y"] // 2})


@pytest.fixture(scope="module")
def counts(rows):
    return count_by(rows, list(rows.columns))


def errors(fit):
    return np.sqrt(np.diag(fit.covariance))


# Linear and logistic ----------------------------------------------------------------------------

FORMULAS = [
    "{} ~ x",
    "{} ~ x + C(group)",
    "{} ~ x * C(group)",
    "{} ~ C(group):x",
    "{} ~ C(group) - 1 + x",
    "{} ~ 0 + x",
    "{} ~ 0 + I(0 * x - 4) + x",
    "{} ~ 1",
    "{} ~ np.log(x) + I(x**2)",
    "{} ~ np.where(x > 5, 1, 0) + np.minimum(x, 3)",
    "{} ~ C(x > 5) + x",
    "{} ~ C(x)",
    '{} ~ C(group, Treatment("west")) + x',
    '{} ~ C(group, Treatment(reference="west")):x',
    "{} ~ C(group, Sum) + x",
    '{} ~ Q("a name") + C(Q("group"))',
    "{} ~ Q('a name') * x",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_linear_regression_on_counts_is_that_on_rows(rows, counts, formula):
    formula = formula.format("y")
    found = regression(counts, formula)
    other = smf.ols(formula, rows.dropna()).fit(cov_type="HC1")
    assert list(found.params.index) == list(other.params.index)
    assert_allclose(found.params, other.params, **EXACT)
    assert_allclose(found.covariance, other.cov_params(), **EXACT)
    assert (found.n, found.missing) == (1460, 40)
    assert found.method == f"least squares {formula}, HC1 interval"


@pytest.mark.parametrize("formula", FORMULAS)
def test_logistic_regression_on_counts_is_that_on_rows(rows, counts, formula):
    formula = formula.format("left")
    found = regression(counts, formula, family="binomial")
    known = rows.dropna() if "a name" in formula else rows
    other = smf.glm(formula, known, family=sm.families.Binomial()).fit(cov_type="HC0", tol=1e-14)
    n, k = len(known), len(other.params)
    assert list(found.params.index) == list(other.params.index)
    assert_allclose(found.params, other.params, **EXACT)
    assert_allclose(found.covariance, other.cov_params() * n / (n - k), **EXACT)
    assert (found.n, found.missing) == (n, 1500 - n)
    assert found.method == f"logistic regression {formula}, HC1 interval"


def test_the_outcome_may_have_a_name_with_gaps(rows, counts):
    found = regression(counts, 'Q("a name") ~ x')
    other = smf.ols('Q("a name") ~ x', rows.dropna()).fit(cov_type="HC1")
    assert_allclose(found.params, other.params, **EXACT)
    assert (found.n, found.missing) == (1460, 40)


def test_a_name_within_a_string_is_no_column(rows, counts):
    formula = 'y ~ C(group, Treatment("west"))'
    extra = counts.assign(west=np.nan, Treatment=np.nan, log="text", reference="text")
    for text in (formula, 'y ~ C(group, Treatment(reference="west"))'):
        found = regression(extra.drop(columns="Treatment"), text)
        assert_allclose(found.params, regression(counts, formula).params, **EXACT)
        assert found.missing == 40
    found = regression(extra, "y ~ np.log(x)")
    assert_allclose(found.params, regression(counts, "y ~ np.log(x)").params, **EXACT)


# Odds of 7000 to 4948 against 5900 to 5900: the logarithm of their ratio, and White's error, which
# is Woolf's (1955) root of the sum of 1/n in a table of four.
LEAVERS = pd.DataFrame(
    {"x": [0, 0, 1, 1], "left": [False, True, False, True], "n": [5900, 5900, 4948, 7000]}
)


@pytest.mark.parametrize(
    "kind",
    ["bool", "boolean", "int64", "Int64", "float64", "bool[pyarrow]", "category", "object"],
)
def test_an_outcome_of_true_and_false_keeps_its_sign(kind):
    found = regression(LEAVERS.astype({"left": kind}), "left ~ x", family="binomial")
    assert found.table().loc["x"].tolist() == [0.347, 0.026, 0.296, 0.398]
    one = found.estimate("x", **ABOUT)
    woolf = np.sqrt((1 / LEAVERS["n"]).sum() * 23748 / 23746)
    assert_allclose(one.value, np.log(7000 / 4948), **EXACT)
    assert_allclose((one.high - one.low) / 2 / 1.959963984540054, woolf, **EXACT)
    assert (one.n, one.missing) == (23748, 0)
    assert one.method == "logistic regression left ~ x, HC1 interval, term x"


def test_a_fit_is_shown_as_a_table_of_the_digits_asked_for(counts):
    fit = regression(counts, "y ~ x + C(group)")
    table = fit.table(6)
    assert list(table.columns) == ["coefficient", "se", "low", "high"]
    assert_allclose(table["se"], errors(fit), atol=6e-7)
    assert_allclose(table["coefficient"] - table["low"], 1.959964 * table["se"], atol=3e-6)
    assert_allclose(table["high"] - table["coefficient"], 1.959964 * table["se"], atol=3e-6)
    assert fit.table().loc["x", "se"] == round(errors(fit)[-1], 3)


def test_regression_on_the_expanded_counts_is_unchanged(counts):
    again = count_by(expand(counts), list(counts.columns[:-1]))
    assert_allclose(regression(again, "y ~ x").params, regression(counts, "y ~ x").params, **EXACT)


COLUMN_TYPES = ["int64", "Int64", "Float64", "int64[pyarrow]", "category", "object", "float32"]


@pytest.mark.parametrize("kind", COLUMN_TYPES)
def test_columns_of_any_type_give_the_same_fit(counts, kind):
    known = counts.dropna().drop(columns="a name").assign(code=lambda t: t["group"].str.len())
    other = known.astype({"x": "int64", "y": "int64", "left": "int64"})
    other = other.astype({"x": kind, "y": kind, "left": kind, "code": kind, "n": kind})
    for table, formula, family in itertools.product(
        (other, other.astype({"group": "string[pyarrow]"}), other.set_axis([0] * len(other))),
        ("{} ~ x + C(group)", "{} ~ C(x)", "{} ~ x:C(code)"),
        ("gaussian", "binomial"),
    ):
        outcome = {"gaussian": "y", "binomial": "left"}[family]
        found = regression(table, formula.format(outcome), family=family)
        expected = regression(known, formula.format(outcome), family=family)
        assert_allclose(found.params.to_numpy(), expected.params.to_numpy(), **EXACT)
        assert_allclose(found.covariance.to_numpy(), expected.covariance.to_numpy(), **EXACT)
    found = ordered_regression(other, "y", ["x", "left"])
    expected = ordered_regression(known, "y", ["x", "left"])
    assert_allclose(found.params, expected.params, **EXACT)
    assert explained(other, "y", ["x"]) == pytest.approx(explained(known, "y", ["x"]))


def test_categories_of_any_type_may_be_missing_or_empty(counts):
    plain = counts.assign(code=counts["group"].map({"north": 3, "south": 1, "west": 2}))
    gaps = plain.assign(code=plain["code"].where(plain["x"] != 3))
    lost = counts.loc[(counts["x"] == 3) | counts["y"].isna(), "n"].sum()
    expected = regression(plain[plain["x"] != 3], "y ~ C(code)")
    columns = {
        "nullable": gaps["code"].astype("Int64"),
        "days": pd.Timestamp("2026-01-01") + pd.to_timedelta(gaps["code"], unit="D"),
        "text": gaps["code"].map({1: "a", 2: "b", 3: "c"}),
        "intervals": gaps["code"].map(lambda c: pd.Interval(c - 1, c), na_action="ignore"),
        "text and numbers": gaps["code"].map({1: 1, 2: 2, 3: "c"}).astype(object),
        "categories": pd.Categorical(gaps["code"], categories=[9, 1, 2, 3, 0]),
    }
    for name, column in columns.items():
        found = regression(gaps.assign(code=column), "y ~ C(code)")
        assert_allclose(found.params.to_numpy(), expected.params.to_numpy(), err_msg=name, **EXACT)
        assert found.missing == lost, name
    nobody = plain.assign(n=plain["n"].where(plain["code"] != 1, 0))
    for code in (plain["code"], pd.Categorical(plain["code"], categories=[3, 1, 2])):
        found = regression(nobody.assign(code=code), "y ~ C(code)")
        assert len(found.params) == 2
        expected = smf.ols(
            "y ~ C(code)", expand(nobody.assign(code=code)).dropna().astype({"code": object})
        ).fit()
        assert_allclose(sorted(found.params.abs()), sorted(expected.params.abs()), rtol=0.8)


def test_the_order_of_categories_says_with_which_they_are_compared(rows, counts):
    order = {"categories": ["west", "east", "north", "south"]}
    found = regression(
        counts.assign(group=pd.Categorical(counts["group"], **order)), "y ~ C(group)"
    )
    known = rows.dropna()
    expected = smf.ols('y ~ C(group, Treatment("west"))', known).fit(cov_type="HC1")
    assert list(found.params.index) == ["Intercept", "C(group)[T.north]", "C(group)[T.south]"]
    assert_allclose(found.params.to_numpy(), expected.params.to_numpy(), **EXACT)


@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_no_unit_of_the_outcome_hides_a_line_or_makes_one(counts, unit):
    found = regression(counts.assign(y=unit * counts["y"]), "y ~ x")
    assert_allclose(found.params / unit, regression(counts, "y ~ x").params, **EXACT)
    with pytest.raises(TooFewError, match="off the line"):
        regression(counts.assign(y=unit * (0.3 * counts["x"] + 0.1)), "y ~ x")


# Ordered ----------------------------------------------------------------------------------------

# Madsen (1976): satisfaction with a flat (low to high) by influence, type of flat and contact, as
# in the data set `housing` of the R package MASS, which prints these coefficients and errors for
# polr(Sat ~ Infl + Type + Cont, weights = Freq).
FLATS = """
21 21 28 34 22 36 10 11 36 61 23 17 43 35 40 26 18 54 13 9 10 8 8 12 6 7 9 18 6 7 15 13 13 7 5 11
14 19 37 17 23 40 3 5 23 78 46 43 48 45 86 15 25 62 20 23 20 10 22 24 7 10 21 57 23 13 31 21 13 5 6
13
"""


def flats():
    levels = itertools.product(
        (0, 1), ("tower", "apartment", "atrium", "terrace"), (0, 1, 2), (1, 2, 3)
    )
    table = pd.DataFrame(levels, columns=["contact", "type", "influence", "satisfied"])
    for name in ("apartment", "atrium", "terrace"):
        table[name] = table["type"] == name
    table["medium"], table["high"] = table["influence"] == 1, table["influence"] == 2
    return table.assign(n=[int(n) for n in FLATS.split()])


def test_the_published_ordered_regression_of_flats():
    names = ["medium", "high", "apartment", "atrium", "terrace", "contact"]
    found = ordered_regression(flats(), "satisfied", names)
    table = found.table(4)
    assert table["coefficient"].tolist() == [0.5664, 1.2888, -0.5724, -0.3662, -1.0910, 0.3603]
    assert table["se"].tolist() == [0.1047, 0.1272, 0.1192, 0.1552, 0.1515, 0.0955]
    assert (found.n, found.missing) == (1681, 0)
    assert found.method == (
        "ordered logit satisfied ~ medium + high + apartment + atrium + terrace + contact"
    )
    one = found.estimate("high", **ABOUT)
    assert one.method == f"{found.method}, term high"


def test_two_answers_are_a_logistic_regression(rows, counts):
    found = ordered_regression(counts, "left", ["x", "y"])
    known = rows.dropna()
    other = Logit(known["left"], sm.add_constant(known[["x", "y"]])).fit(
        disp=0, method="newton", tol=1e-14
    )
    assert_allclose(found.params, other.params[1:], **EXACT)
    assert_allclose(found.covariance, other.cov_params().iloc[1:, 1:], **EXACT)
    assert (found.n, found.missing) == (1460, 40)


def log_likelihood(params, x, level):
    """Of one row per customer, written out for complex parameters."""
    cuts = np.r_[params[x.shape[1] :]]
    middle = x @ params[: x.shape[1]]
    at_most = 1 / (1 + np.exp(-(cuts[None, :] - middle[:, None])))
    at_most = np.hstack([np.zeros((len(x), 1)), at_most, np.ones((len(x), 1))])
    places = np.arange(len(x))
    return np.log(at_most[places, level + 1] - at_most[places, level]).sum()


def gradient(params, x, level):
    """By the complex step of Squire and Trapp (1998), SIAM Review 40:110-112: exact to the bit."""
    steps = 1e-30j * np.eye(len(params))
    return np.array([log_likelihood(params + step, x, level).imag / 1e-30 for step in steps])


def hessian(params, x, level, h=1e-3):
    columns = []
    for step in h * np.eye(len(params)):
        near = gradient(params + step, x, level) - gradient(params - step, x, level)
        far = gradient(params + 2 * step, x, level) - gradient(params - 2 * step, x, level)
        columns.append((8 * near - far) / (12 * h))
    return np.array(columns)


@pytest.mark.parametrize("answers", range(2, 12))
def test_ordered_regression_on_counts_is_that_on_rows(answers):
    rng = np.random.default_rng(answers)
    x = np.column_stack([rng.integers(0, 5, 400), rng.normal(0, 1, 400).round(1)])
    latent = 0.4 * x[:, 0] - 0.7 * x[:, 1] + rng.logistic(size=400)
    level = np.searchsorted(np.quantile(latent, np.arange(1, answers) / answers), latent)
    params = np.r_[0.4, -0.7, np.quantile(latent, np.arange(1, answers) / answers)]
    for _ in range(9):
        params = params - np.linalg.solve(hessian(params, x, level), gradient(params, x, level))
    table = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": 10.0**level})
    found = ordered_regression(count_by(table, ["y", "a", "b"]), "y", ["a", "b"])
    assert_allclose(found.params, params[:2], rtol=1e-8)
    covariance = np.linalg.inv(-hessian(params, x, level))[:2, :2]
    assert_allclose(found.covariance, covariance, rtol=1e-8)
    assert found.n == 400


def test_one_predictor_may_be_given_by_its_name(counts):
    assert ordered_regression(counts, "y", "x").params.equals(
        ordered_regression(counts, "y", ["x"]).params
    )
    assert explained(counts, "y", "x") == explained(counts, "y", ["x"])


# What separates ---------------------------------------------------------------------------------


def test_a_score_that_tells_leavers_from_stayers_is_named():
    """Those who give 1 or 2 all leave, those who give 4 or 5 never."""
    table = pd.DataFrame({"score": [1, 2, 4, 5], "left": [1, 1, 0, 0], "n": [40, 30, 20, 60]})
    noise = pd.concat([table.assign(noise=k, n=table["n"] + k) for k in range(3)])
    message = r"^expected no predictor to tell left apart without error, found \['score'\]: no"
    for left in (noise["left"], noise["left"] == 1, 1 - noise["left"]):
        for formula in (
            "left ~ score",
            "left ~ noise + score",
            "left ~ score * noise",
            "left ~ 0 + score + noise",
        ):
            if formula.startswith("left ~ 0"):
                continue
            with pytest.raises(TooFewError, match=message):
                regression(noise.assign(left=left), formula, family="binomial")
        with pytest.raises(TooFewError, match=message):
            ordered_regression(noise.assign(left=left), "left", ["noise", "score"])


@pytest.mark.parametrize("level", ["a", "b", "c"])
@pytest.mark.parametrize("all_leave", [0, 1])
def test_a_category_that_is_certain_is_named(level, all_leave):
    table = pd.DataFrame(
        itertools.product("abc", (0, 1), (1, 2, 3)), columns=["g", "left", "x"]
    ).assign(n=lambda t: 5 + t["x"] * (t["left"] + 1))
    certain = table[(table["g"] != level) | (table["left"] == all_leave)]
    for formula in (
        "left ~ C(g)",
        "left ~ x + C(g)",
        "left ~ C(g) * x",
        "left ~ C(g, Sum) + x",
        'left ~ 0 + C(Q("g"))',
    ):
        with pytest.raises(TooFewError, match=rf"apart without error, found \['g = {level}'\]: no"):
            regression(certain, formula, family="binomial")
    assert regression(certain, "left ~ x", family="binomial").n == certain["n"].sum()
    flag = certain.assign(flag=certain["g"] == level)
    with pytest.raises(TooFewError, match=r"found \['flag'\]"):
        regression(flag, "left ~ x + flag", family="binomial")


def test_all_categories_that_are_certain_are_named():
    cells = [("a", "x", 1, 5), ("a", "z", 1, 5), ("b", "y", 0, 5), ("c", "y", 0, 5)]
    cells += [(g, h, left, 5) for g in "bc" for h in "xz" for left in (0, 1)]
    table = pd.DataFrame(cells, columns=["g", "h", "left", "n"])
    with pytest.raises(TooFewError, match=r"found \['g = a', 'h = y'\]: no finite slope"):
        regression(table, "left ~ C(g) + C(h)", family="binomial")


@pytest.mark.parametrize("shift", [1e9, 1e11])
def test_an_overlap_far_from_zero_is_still_one(shift):
    table = pd.DataFrame(
        {"x": [1, 2, 4, 5, 3, 3, 2], "left": [1, 1, 0, 0, 1, 0, 0], "n": [10**6] * 6 + [1]}
    )
    near, far = (
        regression(table.assign(x=table["x"] + by), "left ~ x", family="binomial")
        for by in (0, shift)
    )
    assert far.params["x"] == pytest.approx(near.params["x"], rel=1e-6)


def test_a_predictor_that_separates_only_from_one_side_is_named():
    """Albert and Anderson (1984), quasi-complete separation: they overlap at 3 alone."""
    table = pd.DataFrame({"x": [1, 2, 3, 3, 4], "left": [1, 1, 1, 0, 0], "n": [9, 9, 9, 9, 9]})
    with pytest.raises(TooFewError, match=r"found \['x'\]"):
        regression(table, "left ~ x", family="binomial")
    with pytest.raises(TooFewError, match=r"found \['x'\]"):
        regression(table.assign(x=table["x"] * 1e-9 + 5), "left ~ x", family="binomial")


def test_two_that_separate_only_together_are_both_named():
    grid = pd.DataFrame(itertools.product(range(5), range(5), range(2)), columns=["a", "b", "c"])
    table = grid.assign(left=(grid["a"] + grid["b"] > 4).astype(int), n=3)
    for fit in (
        lambda: regression(table, "left ~ c + a + b", family="binomial"),
        lambda: ordered_regression(table, "left", ["c", "a", "b"]),
    ):
        with pytest.raises(TooFewError, match=r"found \['a', 'b'\]: no finite slope fits$"):
            fit()


def test_answers_in_the_middle_can_be_separated_without_being_certain():
    """At 0 they answer 1 or 2, at 1 they answer 2 or 3: every answer has a chance of a half."""
    table = pd.DataFrame({"x": [0, 0, 1, 1], "y": [1, 2, 2, 3], "n": 50})
    with pytest.raises(TooFewError, match=r"tell y apart without error, found \['x'\]"):
        ordered_regression(table, "y", ["x"])
    overlap = pd.concat([table, pd.DataFrame({"x": [1], "y": [1], "n": [1]})])
    assert ordered_regression(overlap, "y", ["x"]).params["x"] > 3


def test_without_a_constant_the_side_of_zero_must_overlap_not_the_order():
    table = pd.DataFrame({"x": [1, 2], "left": [0, 1], "n": [40, 40]})
    # The likelihood of (1 + e^b)^-40 (1 + e^-2b)^-40 is largest where expit(b) = 2 expit(-2b).
    found = regression(table, "left ~ 0 + x", family="binomial")
    b = found.params["x"]
    assert 1 / (1 + np.exp(-b)) == pytest.approx(2 / (1 + np.exp(2 * b)))
    with pytest.raises(TooFewError, match=r"found \['x'\]"):
        regression(table.assign(x=[-1, 2]), "left ~ 0 + x", family="binomial")


@pytest.mark.parametrize("n", [1, 10**6, 10**9, 10**12])
def test_outcomes_that_overlap_in_one_customer_have_a_slope(n):
    table = pd.DataFrame(
        {"x": [1, 2, 4, 5, 3, 3, 2], "left": [1, 1, 0, 0, 1, 0, 0], "n": [n] * 6 + [1]}
    )
    found = regression(table, "left ~ x", family="binomial")
    other = ordered_regression(table, "left", ["x"])
    assert_allclose(found.params["x"], other.params["x"], rtol=1e-8)
    assert found.params["x"] < -1
    eta = found.params["Intercept"] + found.params["x"] * table["x"]
    residual = table["n"] * (table["left"] - 1 / (1 + np.exp(-eta)))
    assert_allclose(
        [residual.sum(), (table["x"] * residual).sum()], 0, atol=1e-7 * np.sqrt(n) + 1e-9 * n
    )


@pytest.mark.parametrize(
    "table",
    [
        {"x": [1000, 10, 5, 5, 2], "y": [0, 1, 0, 0, 0], "n": [2, 10**3, 10**6, 10**3, 10**6]},
        {"x": [3, 10, 1000, 1, 50], "y": [1, 2, 2, 0, 3], "n": [10**6, 10**3, 1, 1, 10]},
        {
            "x": [5, 0, 5, 3, 2, 1, 5, 0],
            "y": [2, 0, 3, 2, 2, 3, 2, 3],
            "n": [10, 2, 2, 2, 10**6, 10**9, 1, 1],
        },
        {
            "x": [1, 3, 2, 5, 0, 50, 50, 5],
            "y": [3, 0, 3, 1, 0, 1, 1, 1],
            "n": [2, 10**3, 1, 10**6, 10**6, 10**3, 10, 2],
        },
    ],
)
def test_the_maximum_is_found_from_far_away(table):
    """One far answer of few beside many near ones: full steps of Newton's method would diverge."""
    table = pd.DataFrame(table)
    slope = ordered_regression(table, "y", ["x"])
    answers, level = np.unique(table["y"], return_inverse=True)
    x, n = table["x"].to_numpy() / 1000, table["n"].to_numpy()

    def loss(cuts, slope):
        # A likelihood in logarithms, F(u) - F(l) = F(u) F(-l) (1 - exp(l - u)), by log1p.
        ends = np.r_[-np.inf, cuts, np.inf]
        upper, lower = ends[level + 1] - slope * x, ends[level] - slope * x
        chance = -np.logaddexp(0, -upper) - np.logaddexp(0, lower)
        return -(n @ (chance + np.log1p(-np.exp(lower - upper))))

    def best(slope):
        start = np.quantile(np.repeat(slope * x, 3), np.arange(1, len(answers)) / len(answers))
        start = np.sort(start) + np.arange(len(start))
        options = {"xatol": 1e-9, "fatol": 1e-9, "maxiter": 20_000, "maxfev": 20_000}
        found = minimize(loss, start, (slope,), method="Nelder-Mead", options=options)
        again = minimize(loss, found.x, (slope,), method="Nelder-Mead", options=options)
        return again.fun

    middle, reach = 1000 * slope.params["x"], 1000 * errors(slope)[0]
    here, left, right = (best(middle + step * reach) for step in (0, -1, 1))
    # Profile likelihood: one standard error away it is lower by about one half.
    assert 0.2 < left - here < 1.5
    assert 0.2 < right - here < 1.5


def has_ray(away):
    """Whether a direction exists along which no row loses: by trying all that touch enough rows."""
    away = np.unique(away, axis=0)
    size = away.shape[1]
    for picked in itertools.combinations(range(len(away)), size - 1):
        tight = away[list(picked)]
        if np.linalg.matrix_rank(tight) < size - 1:
            continue
        direction = np.linalg.svd(tight)[2][-1]
        for sign in (1, -1):
            if (sign * away @ direction > -1e-9).all():
                return True
    return False


PAIRS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), min_size=4, max_size=9
)


@given(PAIRS)
def test_what_separates_is_found_exactly_where_the_likelihood_has_no_maximum(answers):
    a, b, level = np.unique(np.array(answers), axis=0).T
    for predictors, binary in itertools.product((["a"], ["a", "b"]), (True, False)):
        y = (level > 0).astype(int) if binary else np.unique(level, return_inverse=True)[1]
        cuts = y.max()
        x = np.column_stack([a, b])[:, : len(predictors)].astype(float)
        whole = np.column_stack([np.ones(len(x)), x])
        if y.min() == cuts or np.linalg.matrix_rank(whole) < whole.shape[1]:
            continue
        at = np.eye(cuts)
        away = np.vstack(
            [
                np.hstack([x[y > 0], -at[y[y > 0] - 1]]),
                np.hstack([-x[y < cuts], at[y[y < cuts]]]),
            ]
        )
        table = pd.DataFrame({"a": a, "b": b, "y": y, "n": 7})
        fits = [partial(ordered_regression, table, "y", predictors)]
        if binary:
            formula = f"y ~ {' + '.join(predictors)}"
            fits.append(partial(regression, table, formula, family="binomial"))
        for fit in fits:
            if has_ray(away):
                with pytest.raises(TooFewError, match="apart without error"):
                    fit()
            else:
                assert np.isfinite(errors(fit())).all()


def test_many_different_rows_are_searched_in_a_moment():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100_000, 2))
    order = np.argsort(x @ [1, 2])
    left = np.zeros(100_000, dtype=int)
    left[order[50_000:]] = 1
    table = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "left": left, "n": 1})
    start = time.perf_counter()
    with pytest.raises(TooFewError, match=r"found \['a', 'b'\]"):
        regression(table, "left ~ a + b", family="binomial")
    left[order[49_950:50_000]], left[order[50_000:50_050]] = 1, 0
    found = regression(table.assign(left=left), "left ~ a + b", family="binomial")
    assert found.params["b"] / found.params["a"] == pytest.approx(2, rel=1e-3)
    assert time.perf_counter() - start < 10


def test_a_search_that_finds_no_maximum_says_so(counts, monkeypatch):
    monkeypatch.setattr(module, "STEPS", 2)
    for fit in (
        lambda: ordered_regression(counts, "y", ["x"]),
        lambda: regression(counts, "left ~ x", family="binomial"),
    ):
        with pytest.raises(
            ValueError, match="maximum of the likelihood within 2 steps, found none"
        ):
            fit()


# Whatever the table looks like ------------------------------------------------------------------

FITS = {
    "linear": lambda c: regression(c, "y ~ x + z"),
    "logistic": lambda c: regression(c, "left ~ x + z", family="binomial"),
    "ordered": lambda c: ordered_regression(c, "y", ["x", "z"]),
}
SURE = list(itertools.product((1, 4, 8), (2, 5), (0, 1), (1, 3, 6), (1,)))
MORE = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.integers(0, 6) | st.none(),
        st.integers(0, 1),
        st.integers(0, 8),
        st.integers(0, 5),
    ),
    max_size=10,
)


def table_of(more):
    table = pd.DataFrame(SURE + more, columns=["x", "z", "left", "y", "n"])
    return table.astype({"z": "float64"})


@settings(max_examples=15)
@given(MORE, st.data())
def test_neither_order_nor_splitting_nor_empty_rows_change_a_fit(more, data):
    table = table_of(more)
    places = data.draw(st.permutations(range(len(table))))
    halves = table.assign(n=table["n"] // 2)
    again = pd.concat([halves, table.assign(n=table["n"] - halves["n"]), table.assign(n=0, y=99)])
    again = again.iloc[[*places, *range(len(table), len(again))]].set_axis([0] * len(again))
    for name, fit in FITS.items():
        found, expected = fit(again), fit(table)
        assert_allclose(found.params, expected.params, 1e-8, 1e-8, err_msg=name)
        assert_allclose(found.covariance, expected.covariance, 1e-8, 1e-8, err_msg=name)
        assert (found.n, found.missing) == (expected.n, expected.missing)


@settings(max_examples=15)
@given(MORE, st.sampled_from([1e-12, 1e-6, 1.0, 1e6, 1e30]), st.sampled_from([0, -100, 1e6, 1e9]))
def test_another_unit_or_origin_of_a_predictor_changes_only_its_unit(more, unit, shift):
    table = table_of(more)
    other = table.assign(x=unit * (table["x"] + shift))
    for name, fit in FITS.items():
        found, expected = fit(other), fit(table)
        for term in ("x", "z"):
            scale = unit if term == "x" else 1
            assert found.params[term] * scale == pytest.approx(expected.params[term], 1e-5, 1e-7), (
                name
            )
            error = np.sqrt(found.covariance.loc[term, term]) * scale
            assert error == pytest.approx(np.sqrt(expected.covariance.loc[term, term]), 1e-5), name
    found, expected = (FITS["linear"](t) for t in (other, table))
    at = found.params["Intercept"] + found.params["x"] * unit * shift
    assert at == pytest.approx(expected.params["Intercept"], rel=1e-5, abs=1e-5)


@settings(max_examples=15)
@given(MORE)
def test_a_scale_read_backwards_turns_the_sign_and_nothing_else(more):
    table = table_of(more)
    for name, fit in FITS.items():
        expected = fit(table)
        backwards = fit(table.assign(x=9 - table["x"]))
        assert_allclose(backwards.params["x"], -expected.params["x"], 1e-8, 1e-8, err_msg=name)
        assert_allclose(backwards.params["z"], expected.params["z"], 1e-8, 1e-8, err_msg=name)
        answers = fit(table.assign(y=8 - table["y"], left=1 - table["left"]))
        assert_allclose(answers.params[["x", "z"]], -expected.params[["x", "z"]], 1e-8, 1e-8)
        assert_allclose(errors(answers), errors(expected), 1e-7, 1e-8, err_msg=name)


def test_only_the_order_of_the_answers_counts():
    table = flats()
    names = ["medium", "high", "contact"]
    found = ordered_regression(
        table.assign(satisfied=table["satisfied"].map({1: -7, 2: 0.5, 3: 1e9})), "satisfied", names
    )
    assert_allclose(found.params, ordered_regression(table, "satisfied", names).params, **EXACT)


@pytest.mark.parametrize("times", [10**3, 10**9, 10**12])
def test_many_customers_have_the_slopes_of_few_and_smaller_errors(times):
    table = flats()
    many = table.assign(n=table["n"] * times)
    for fit, corrected in (
        (lambda c: ordered_regression(c, "satisfied", ["medium", "high", "contact"]), 1),
        (
            lambda c: regression(c, "satisfied ~ medium + high + contact"),
            1681 / 1677 * (1 - 4 / 1681 / times),
        ),
        (
            lambda c: regression(
                c.assign(happy=c["satisfied"] > 2), "happy ~ high", family="binomial"
            ),
            1681 / 1679 * (1 - 2 / 1681 / times),
        ),
    ):
        few, found = fit(table), fit(many)
        assert_allclose(found.params, few.params, rtol=1e-8)
        assert_allclose(found.covariance * times, few.covariance / corrected, rtol=1e-6, atol=1e-12)


def test_a_large_offset_of_the_outcome_hides_nothing(counts):
    found = regression(counts.assign(y=counts["y"] + 1e12), "y ~ x")
    expected = regression(counts, "y ~ x")
    assert found.params["x"] == pytest.approx(expected.params["x"], rel=1e-3)
    assert errors(found)[1] == pytest.approx(errors(expected)[1], rel=1e-3)


# R2 ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("predictors", [["x"], ["x", "left"], []])
def test_explained_variance_is_that_of_least_squares(rows, counts, predictors):
    known = rows.dropna()
    other = smf.ols(f"y ~ {' + '.join(predictors) or 1}", known).fit()
    found = explained(counts, "y", predictors)
    assert_allclose(found, other.rsquared, rtol=1e-10, atol=1e-12)
    far = counts.assign(x=counts["x"] * 1e-30, left=counts["left"] + 1e9, y=counts["y"] + 1e9)
    assert_allclose(explained(far, "y", predictors), found, rtol=1e-6, atol=1e-12)


def test_a_copy_or_a_constant_explains_nothing_more(counts):
    table = counts.assign(copy=2 * counts["x"] + 1, constant=7)
    for predictors in (["x", "copy"], ["x", "constant"], ["copy"]):
        assert_allclose(explained(table, "y", predictors), explained(counts, "y", ["x"]), **EXACT)
    assert explained(table, "copy", ["x"]) == pytest.approx(1)
    assert explained(table, "y", ["constant"]) == 0


def test_a_standardised_slope_is_that_of_standardised_rows():
    """statsmodels on z-scores of one row per customer; alone it is the correlation of numpy."""
    rng = np.random.default_rng(8)
    x = rng.integers(1, 6, 600)
    z = np.clip(x + rng.integers(-2, 3, 600), 1, 7)
    y = np.round(2 * x - z + rng.normal(0, 3, 600))
    rows = pd.DataFrame({"the y": y, "x": x, "z": z.astype(float)})
    rows.loc[:9, "z"] = np.nan
    counts = rows.value_counts(dropna=False).rename("n").reset_index()
    about = {"kind": "stated", "source": "made"}
    found = standardised_slope(counts, "the y", "x", ["z"], **about)
    kept = rows.dropna()
    scores = ((kept - kept.mean()) / kept.std(ddof=0)).rename(columns={"the y": "y"})
    fit = smf.ols("y ~ x + z", scores).fit(cov_type="HC1", use_t=False)
    assert_allclose(found.value, fit.params["x"], rtol=1e-9)
    assert_allclose([found.low, found.high], fit.conf_int().loc["x"], rtol=1e-9)
    assert (found.n, found.missing) == (590, 10)
    assert found.method == "standardised slope of the y on x, z held fixed, HC1 interval"
    more = standardised_slope(counts.assign(w=counts["x"] ** 2), "the y", "x", ["z", "w"], **about)
    assert more.method == "standardised slope of the y on x, z and w held fixed, HC1 interval"
    alone = standardised_slope(counts, "the y", "x", **about)
    assert alone.method == "standardised slope of the y on x, HC1 interval"
    assert_allclose(alone.value, np.corrcoef(rows["x"], rows["the y"])[0, 1], rtol=1e-9)


def test_the_price_slope_on_image_is_that_of_the_review():
    """Computed by others on the 250 mobile customers: .107 [-.068, .283]."""
    mobile = load("mobile_ecsi")
    stems = {"image": "imag", "quality": "perq", "value": "perv"}
    table = pd.DataFrame(
        {name: mobile.filter(regex=rf"^{stem}\d").mean(axis=1) for name, stem in stems.items()}
    ).assign(price=mobile["cusl2"], n=1)
    about = {"kind": "stated", "source": "Mobile ECSI"}
    found = standardised_slope(table, "price", "image", ["quality", "value"], **about)
    assert found.value == pytest.approx(0.107, abs=0.001)
    assert [found.low, found.high] == pytest.approx([-0.068, 0.283], abs=0.001)
