"""Lifetime value, repeat buying and concentration: against published fits and known answers."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import value
from analysis.counts import count_by
from analysis.data import load

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
BGNBD = (0.243, 4.414, 0.793, 2.426)
GAMMA_GAMMA = (6.25, 3.74, 15.44)


@pytest.fixture(scope="module")
def customers():
    purchases = load("cdnow").query("in_sample")
    return value.repeat_purchases(purchases, end=pd.Timestamp("1997-09-30"))


# A constant retention rate


def test_five_points_at_nine_in_ten_give_a_third_and_cost_a_fifth():
    assert value.value_change(0.9, 0.05, discount=0.1) == pytest.approx(100 / 3)
    assert value.value_change(0.9, -0.05, discount=0.1) == -20, "exact: a claim ends there"


def test_lifetime_value_is_the_discounted_sum_of_margins():
    years = np.arange(2000)
    total = (0.8**years / 1.1 ** (years + 1)).sum()
    assert value.lifetime_value(0.8, discount=0.1, margin=3) == pytest.approx(3 * total)


@pytest.mark.parametrize("retention", [-0.1, 1.01])
def test_a_retention_that_is_no_share_is_refused(retention):
    with pytest.raises(ValueError, match="from 0 to 1"):
        value.lifetime_value(retention, discount=0.1)


def test_a_pool_follows_its_flows_and_settles_where_they_balance():
    size, path = 50.0, value.pool_size(20, 0.25, 200, start=50)
    for year in range(1, 6):
        size = 0.75 * size + 20
        assert path[year] == pytest.approx(size)
    assert path[-1] == pytest.approx(20 / 0.25)


# Contracts


@pytest.mark.parametrize(
    ("survivors", "params", "loglikelihood"),
    [(REGULAR, (0.704, 1.182), -1680.3), (HIGH_END, (0.668, 3.806), -1611.2)],
)
def test_renewals_reproduce_the_published_cohorts(survivors, params, loglikelihood):
    """Fader and Hardie (2007), Journal of Interactive Marketing 21:76-90."""
    fit = value.fit_renewals(survivors)
    assert fit.params.to_numpy() == pytest.approx(params, abs=6e-4)
    assert fit.loglikelihood == pytest.approx(loglikelihood, abs=0.06)
    assert fit.n == 1000


def test_the_forecast_of_year_12_is_near_what_the_paper_shows():
    for survivors, seen in ((REGULAR, 0.173), (HIGH_END, 0.394)):
        fit = value.fit_renewals(survivors)
        assert value.survival(fit.params, 12) == pytest.approx(seen, abs=0.02)


def test_survival_is_the_product_of_the_retention_rates():
    alpha, beta = 0.7, 1.2
    rates = (beta + np.arange(5)) / (alpha + beta + np.arange(5))
    assert value.survival((alpha, beta), 5) == pytest.approx(rates.prod())


def test_the_discounted_lifetime_is_the_sum_it_stands_for():
    years = np.arange(5000)
    total = (value.survival((0.7, 1.2), years) / 1.1**years).sum()
    assert value.renewal_lifetime((0.7, 1.2), discount=0.1) == pytest.approx(total)


@pytest.mark.parametrize("survivors", [[100, 90], [100, 90, 95], [100, 50, -1]])
def test_what_is_no_cohort_is_refused(survivors):
    with pytest.raises(ValueError, match="never rise"):
        value.fit_renewals(survivors)


def test_the_intervals_of_a_fit_hold_the_truth_about_as_often_as_they_say():
    rng, truth, held = np.random.default_rng(7), (0.8, 2.0), 0
    shares = -np.diff([*value.survival(truth, np.arange(8)), 0])
    for _ in range(100):
        leavers = rng.multinomial(1000, shares)
        table = value.fit_renewals(1000 - np.r_[0, leavers.cumsum()[:-1]]).table(6)
        held += bool(table["low"]["alpha"] <= truth[0] <= table["high"]["alpha"])
    assert 88 <= held <= 100


# Repeat buying


def test_bgnbd_reproduces_the_published_fit(customers):
    """Fader, Hardie and Lee (2005); their worksheet has weeks with two decimals."""
    rounded = customers.round({"recency": 2, "age": 2})
    fit = value.fit_purchases(count_by(rounded, ["frequency", "recency", "age"]))
    assert fit.params.to_numpy() == pytest.approx(BGNBD, abs=6e-4)
    assert fit.loglikelihood == pytest.approx(-9582.4256, abs=1e-3)
    assert fit.n == 2357


def test_gamma_gamma_reproduces_the_published_fit(customers):
    """Fader and Hardie (2013), as quoted with its likelihood by the R package CLVTools."""
    fit = value.fit_spend(customers.assign(n=1))
    assert fit.params.to_numpy() == pytest.approx(GAMMA_GAMMA, abs=6e-3)
    assert fit.loglikelihood == pytest.approx(-4055.9177, abs=1e-3)
    assert fit.n == 946


def test_counts_and_rows_give_the_same_fit(customers):
    part = customers.head(300)
    counts = count_by(part, ["frequency", "recency", "age"])
    rows, counted = (value.fit_purchases(c) for c in (part.assign(n=1), counts))
    assert counted.loglikelihood == pytest.approx(rows.loglikelihood)
    assert counted.params.to_numpy() == pytest.approx(rows.params.to_numpy(), rel=1e-3)


def test_the_forecast_for_one_customer_is_the_published_one():
    """The example of the authors' worksheet: two repeat purchases, 39 weeks ahead."""
    one = pd.DataFrame({"frequency": [2], "recency": [30.43], "age": [38.86]})
    assert value.future_purchases(BGNBD, one, 39) == pytest.approx(1.226, abs=1e-3)


def test_spend_is_drawn_to_the_mean_of_all():
    table = pd.DataFrame({"frequency": [0, 2, 1000], "spend": [np.nan, 100.0, 100.0]})
    p, q, gamma = GAMMA_GAMMA
    expected = value.future_spend(GAMMA_GAMMA, table)
    assert expected == pytest.approx([p * gamma / (q - 1), 88.35, 100], abs=0.06)


def test_expected_purchases_agree_with_a_simulated_shop():
    r, alpha, a, b = params = (0.8, 5.0, 1.5, 3.0)
    rng, n, weeks = np.random.default_rng(3), 40_000, 26
    rate, leave = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    bought = np.minimum(rng.poisson(rate * weeks), rng.geometric(leave))
    error = bought.std() / np.sqrt(n)
    assert value.new_customer_purchases(params, weeks) == pytest.approx(
        bought.mean(), abs=4 * error
    )


def test_purchases_of_one_day_are_one_and_later_ones_are_not_seen():
    days = ["2020-01-01", "2020-01-01", "2020-01-15", "2020-02-01"]
    table = pd.DataFrame({"customer": 1, "date": pd.to_datetime(days), "cents": [100, 50, 400, 9]})
    (row,) = value.repeat_purchases(table, end=pd.Timestamp("2020-01-29")).to_dict("records")
    assert row == {"frequency": 1, "recency": 2.0, "age": 4.0, "spend": 4.0}


# Concentration and likeness


def test_gini_of_a_lognormal_is_the_textbook_value():
    spread = 1.2
    quantiles = stats.lognorm.ppf((np.arange(200_000) + 0.5) / 200_000, spread)
    counts = pd.DataFrame({"money": quantiles, "n": 1})
    expected = 2 * stats.norm.cdf(spread / np.sqrt(2)) - 1
    assert value.gini(counts, "money") == pytest.approx(expected, abs=2e-3)


def test_gini_takes_counts_for_rows():
    counts = pd.DataFrame({"money": [1, 4, 10], "n": [5, 3, 2]})
    rows = counts.loc[counts.index.repeat(counts["n"])].assign(n=1)
    assert value.gini(counts, "money") == pytest.approx(value.gini(rows, "money"))
    assert value.gini(counts.assign(money=7), "money") == pytest.approx(0)


def test_a_whale_curve_rises_above_all_the_profit_and_comes_back():
    counts = pd.DataFrame({"profit": [10, 0, -5], "n": [1, 1, 1]})
    curve = value.lorenz(counts, "profit", largest_first=True)
    assert curve["value"].to_list() == [0, 2, 2, 1]
    assert curve["customers"].iloc[-1] == 1


def test_the_share_between_customers_is_found_again():
    rng, n, share = np.random.default_rng(11), 20_000, 0.35
    own = rng.normal(0, np.sqrt(share), n)
    sizes = rng.integers(2, 5, n)
    scores = np.repeat(own, sizes) + rng.normal(0, np.sqrt(1 - share), sizes.sum())
    table = pd.DataFrame({"customer": np.repeat(np.arange(n), sizes), "score": scores})
    sums = table.assign(square=scores**2).groupby("customer")
    counts = sums.agg(scores=("score", "size"), total=("score", "sum"), squares=("square", "sum"))
    assert value.between_share(counts.assign(n=1)) == pytest.approx(share, abs=0.02)
    assert value.between_share(
        pd.DataFrame({"scores": [2, 2], "total": [2.0, 10.0], "squares": [2.0, 50.0], "n": [3, 3]})
    ) == pytest.approx(1)


def test_a_batch_of_samples_is_the_same_as_one_by_one():
    table = pd.DataFrame({"money": [1, 4, 10], "scores": [2, 2, 3], "n": [5, 3, 2]})
    table = table.assign(total=[2.0, 10.0, 6.0], squares=[2.0, 50.0, 14.0])
    samples = value.resample(table, draws=4, seed=5)
    expected = np.random.default_rng(5).multinomial(10, [0.5, 0.3, 0.2], size=4)
    assert (samples == expected).all()
    for measure in (
        value.between_share,
        lambda t, **n: value.gini(t, "money", **n),
        lambda t, **n: value.top_share(t, "money", 0.2, **n),
    ):
        one_by_one = [measure(table.assign(n=sample)) for sample in samples]
        np.testing.assert_allclose(measure(table, n=samples), one_by_one)
