"""Survival on counts: worked by hand, against statsmodels, by simulation, and on the orders."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.counts import count_by
from analysis.customers import end_of_observation, first_orders, watch
from analysis.data import load
from analysis.estimate import TooFewError, Z
from analysis.survival import hazard_ratio, hazard_slope, returned, returned_ratio, whole_days

DAY = pd.Timedelta(days=1)
ABOUT = {"kind": "behaviour", "source": "test"}
# Ten of a hundred come back on day 1, forty are lost from sight on day 2, five of fifty come back
# on day 3: the share is 1 - .9 * .9, its variance .81**2 * (10/(100*90) + 5/(50*45)).
TABLE = pd.DataFrame({"day": [1, 2, 3, 9], "again": [1, 0, 1, 0], "n": [10, 40, 5, 45]})
SHARE, ERROR = 0.19, 0.81 * np.sqrt(1 / 900 + 1 / 450)


def make_customers(seed, size=400):
    """Return customers with tied days, censoring, a group, a score, a shop and a month."""
    rng = np.random.default_rng(seed)
    late, score = rng.integers(0, 2, size), rng.integers(1, 6, size)
    shop = rng.integers(0, 30, size)
    luck = rng.gamma(4, 1 / 4, 30)[shop]
    came = rng.exponential(20 / (luck * np.exp(0.2 * score - 0.5 * late)))
    left = rng.uniform(1, 40, size)
    return pd.DataFrame(
        {
            "day": np.ceil(np.minimum(came, left)),
            "again": (came <= left).astype(float),
            "late": late.astype(float),
            "score": score.astype(float),
            "shop": shop,
            "month": rng.integers(0, 3, size),
        }
    )


def fit_peer(rows, columns, *, shop=None, strata=None):
    """Return log hazard ratio and error of the first column by statsmodels."""
    model = PHReg(
        rows["day"],
        rows[columns],
        status=rows["again"].astype(int),
        strata=None if strata is None else rows[strata],
        ties="breslow",
    )
    groups = np.arange(len(rows)) if shop is None else rows[shop].to_numpy()
    many = len(np.unique(groups))
    fit = model.fit(groups=groups, disp=False)
    return fit.params[0], fit.bse[0] * np.sqrt(many / (many - 1))


def test_a_part_of_a_day_is_the_whole_day_of_the_same_customer():
    rows = {"watched": [9.5, 9.0, 30.0], "again": [1.0, 0.0, 1.0], "days": [0.2, None, 12.0]}
    found = whole_days(pd.DataFrame(rows, index=["ann", "bob", "cat"]))
    expected = pd.Series([1, 9, 12], index=["ann", "bob", "cat"], name="time", dtype="int64")
    pd.testing.assert_series_equal(found, expected)


# Shares -----------------------------------------------------------------------------------------


def test_a_share_worked_out_by_hand():
    found = returned(TABLE, "day", "again", by=3, **ABOUT)
    assert found.value == pytest.approx(SHARE)
    assert found.error_on("identity") == pytest.approx(ERROR)
    assert (found.n, found.missing) == (100, 0)
    assert found.method == "share by 3, Kaplan-Meier, 15 events, Greenwood interval"


@pytest.mark.parametrize(("by", "share"), [(1, 0.1), (2.9, 0.1), (3, 0.19), (9, 0.19)])
def test_an_act_on_the_day_itself_counts(by, share):
    assert returned(TABLE, "day", "again", by=by, **ABOUT).value == pytest.approx(share)


def test_without_censoring_it_is_the_plain_share():
    seen = pd.DataFrame({"day": [3, 5, 9], "again": [1, 1, 0], "n": [7, 3, 40]})
    found = returned(seen, "day", "again", by=9, **ABOUT)
    assert found.value == pytest.approx(0.2)
    assert found.error_on("identity") == pytest.approx(np.sqrt(0.2 * 0.8 / 50))


def test_who_is_unknown_is_missing():
    gaps = pd.DataFrame({"day": [np.nan, 4], "again": [1, np.nan], "n": [3, 4]})
    found = returned(pd.concat([TABLE, gaps]), "day", "again", by=3, **ABOUT)
    assert (found.value, found.n, found.missing) == (pytest.approx(SHARE), 100, 7)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("by", [5, 17, 30])
def test_shares_are_those_of_statsmodels(seed, by):
    rows = make_customers(seed)
    found = returned(count_by(rows, ["day", "again"]), "day", "again", by=by, **ABOUT)
    peer = SurvfuncRight(rows["day"], rows["again"].astype(int))
    place = np.searchsorted(peer.surv_times, by, side="right") - 1
    assert_allclose(found.value, 1 - peer.surv_prob[place], rtol=1e-12)
    assert_allclose(found.error_on("identity"), peer.surv_prob_se[place], rtol=1e-9)


def test_a_ratio_worked_out_by_hand():
    other = pd.DataFrame({"day": [2, 9], "again": [1, 0], "n": [38, 62]})  # 38%, no censoring
    both = pd.concat([TABLE.assign(late="yes"), other.assign(late="no")])
    unknown = TABLE.assign(late=None)
    found = returned_ratio(
        pd.concat([both, unknown, other.assign(late="else")]),
        "day",
        "again",
        "late",
        "yes",
        "no",
        by=3,
        **ABOUT,
    )
    error = np.sqrt((ERROR / 0.19) ** 2 + 0.62 / 0.38 / 100)
    assert found.value == pytest.approx(0.5)
    assert found.error_on("ratio") == pytest.approx(error)
    assert (found.n, found.missing, found.scale) == (200, 100, "ratio")
    assert found.method == (
        "ratio of shares by 3, Kaplan-Meier, 15 and 38 events, Greenwood log interval"
    )


def test_whose_time_is_unknown_is_missing_in_either_group():
    both = pd.concat([TABLE.assign(late=1), TABLE.assign(late=0)])
    gaps = pd.DataFrame({"day": np.nan, "again": 1, "late": [1, 0, np.nan], "n": [3, 4, 8]})
    found = returned_ratio(pd.concat([both, gaps]), "day", "again", "late", 1, 0, by=3, **ABOUT)
    assert (found.value, found.n, found.missing) == (1, 200, 15)


# Hazards ----------------------------------------------------------------------------------------


def test_a_hazard_ratio_worked_out_by_hand():
    """Two acts: q/(2q + 2) at the first, 1/(q + 2) at the second; the product is largest at the
    root of two."""
    rows = {"day": [1, 2, 3, 3], "again": [1, 1, 0, 0], "late": [1, 0, 1, 0]}
    found = hazard_ratio(pd.DataFrame(rows).assign(n=1), "day", "again", "late", 1, 0, **ABOUT)
    assert found.value == pytest.approx(np.sqrt(2))
    assert (found.n, found.missing, found.scale, found.df) == (4, 0, "ratio", np.inf)


def test_of_acts_on_one_day_the_hazard_ratio_is_that_of_the_shares():
    """All are at risk at once: 3 of 20 against 20 of 50."""
    rows = {"day": 4, "again": [1, 0, 1, 0], "late": [1, 1, 0, 0], "n": [3, 17, 20, 30]}
    found = hazard_ratio(pd.DataFrame(rows), "day", "again", "late", 1, 0, **ABOUT)
    assert found.value == pytest.approx((3 / 20) / (20 / 50))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "{}, 224 events, robust interval"),
        (
            {"controls": "score", "strata": "month"},
            "{}, holding score, within month, 224 events, robust interval",
        ),
        (
            {"controls": ["score", "shop"], "strata": ["month", "half"], "cluster": "shop"},
            "{}, holding score, shop, within month and half, 224 events, clustered by 30 of shop",
        ),
    ],
)
def test_a_hazard_ratio_says_what_it_holds_and_by_what_it_is_clustered(options, told):
    rows = make_customers(1)
    rows["half"] = rows["shop"] % 2
    options = {"cluster": None} | options
    if options["cluster"]:
        rows["seller"] = rows["shop"]
        options["cluster"], told = "seller", told.replace("of shop", "of seller")
    counts = count_by(rows, list(rows.columns))
    found = hazard_ratio(counts, "day", "again", "late", 1, 0, **options, **ABOUT)
    assert found.method == "Cox " + told.format("hazard ratio, late 1 against 0")
    found = hazard_slope(counts, "day", "again", "late", **options, **ABOUT)
    assert found.method == "Cox " + told.format("hazard ratio per late")
    found = hazard_slope(counts, "day", "again", "late", per_sd=True, **options, **ABOUT)
    assert found.method == "Cox " + told.format("hazard ratio per SD of late")
    assert found.missing == 0


def test_categories_that_nobody_has_are_no_clusters_or_strata():
    counts = count_by(make_customers(1), ["day", "again", "late", "shop", "month"])
    options = {"cluster": "shop", "strata": "month", **ABOUT}
    expected = hazard_ratio(counts, "day", "again", "late", 1, 0, **options)
    for name, values in (("shop", [-1, *range(30), 99]), ("month", [9, 2, 0, 5, 1])):
        counts[name] = pd.Categorical(counts[name], categories=values)
    found = hazard_ratio(counts, "day", "again", "late", 1, 0, **options)
    assert_allclose(
        [found.value, found.low, found.high], [expected.value, expected.low, expected.high]
    )
    assert (found.df, found.n) == (29, 400)


@pytest.mark.parametrize("times", [1, 10**6, 10**9])
def test_two_shops_alike_tell_of_no_error(times):
    counts = count_by(make_customers(1), ["day", "again", "late"])
    both = pd.concat([counts.assign(shop=shop, n=times * counts["n"]) for shop in (1, 2)])
    with pytest.raises(TooFewError, match="more clusters than the 1 slopes that differ, found 2"):
        hazard_ratio(both, "day", "again", "late", 1, 0, cluster="shop", **ABOUT)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shop", [None, "shop"])
@pytest.mark.parametrize("strata", [None, "month"])
@pytest.mark.parametrize("columns", [["late"], ["late", "score"]])
def test_hazard_ratios_are_those_of_statsmodels(seed, shop, strata, columns):
    rows = make_customers(seed)
    counts = count_by(rows, ["day", "again", "late", "score", "shop", "month"])
    options = {"controls": columns[1:], "strata": strata or (), "cluster": shop}
    found = hazard_ratio(counts, "day", "again", "late", 1, 0, **options, **ABOUT)
    value, error = fit_peer(rows, columns, shop=shop, strata=strata)
    assert_allclose(np.log(found.value), value, rtol=1e-6)
    assert_allclose(found.error_on("ratio"), error, rtol=1e-6)
    assert found.df == (29 if shop else np.inf)


@pytest.mark.parametrize("seed", range(2))
def test_slopes_are_those_of_statsmodels(seed):
    rows = make_customers(seed)
    counts = count_by(rows, ["day", "again", "score", "shop"])
    value, error = fit_peer(rows, ["score"], shop="shop")
    for per_sd, unit in ((False, 1), (True, rows["score"].std(ddof=0))):
        found = hazard_slope(
            counts, "day", "again", "score", per_sd=per_sd, cluster="shop", **ABOUT
        )
        assert_allclose(np.log(found.value), value * unit, rtol=1e-6)
        assert_allclose(found.error_on("ratio"), error * unit, rtol=1e-6)
        assert found.missing == 0
    assert_allclose(
        np.log(hazard_slope(counts, "day", "again", "score", **ABOUT).value), value, rtol=1e-6
    )


def test_the_other_way_round_is_the_reciprocal():
    counts = count_by(make_customers(1), ["day", "again", "late", "shop"])
    one, two = (
        hazard_ratio(counts, "day", "again", "late", a, 1 - a, cluster="shop", **ABOUT)
        for a in (0, 1)
    )
    assert_allclose([one.value, one.low, one.high], [1 / two.value, 1 / two.high, 1 / two.low])


def test_copies_of_a_customer_add_nothing_once_they_are_clustered():
    rows = make_customers(2).assign(person=range(400))
    options = {"cluster": "person", **ABOUT}
    once, thrice = (
        hazard_slope(
            count_by(rows, ["day", "again", "score", "person"]).assign(n=n),
            "day", "again", "score", **options,
        )
        for n in (1, 3)
    )  # fmt: skip
    assert_allclose([once.low, once.high], [thrice.low, thrice.high], rtol=1e-9)
    alone = hazard_slope(
        count_by(rows, ["day", "again", "score"]), "day", "again", "score", **ABOUT
    )
    assert_allclose(alone.error_on("ratio"), once.error_on("ratio"), rtol=1e-9)


def test_neither_the_order_of_rows_nor_the_unit_of_the_score_matters():
    rows = make_customers(3)
    counts = count_by(rows, ["day", "again", "score", "month"])
    turned = counts[::-1].assign(score=1e6 + 1e-3 * counts["score"])
    options = {"per_sd": True, "strata": "month", **ABOUT}
    one, two = (hazard_slope(t, "day", "again", "score", **options) for t in (counts, turned))
    assert_allclose([one.value, one.low, one.high], [two.value, two.low, two.high], rtol=1e-6)


def test_what_is_unknown_is_missing_and_other_groups_are_left_aside():
    counts = count_by(make_customers(0), ["day", "again", "score", "shop"])
    gaps = pd.DataFrame(
        {
            "day": [3, 3, np.nan, 3],
            "again": [1, 1, 1, np.nan],
            "score": [np.nan, 1, 5, 5],
            "shop": [1, None, 1, 1],
            "n": [1, 2, 4, 8],
        }
    )
    both = pd.concat([counts, gaps])
    found = hazard_ratio(both, "day", "again", "score", 1, 5, cluster="shop", **ABOUT)
    assert found.missing == 15
    assert found.n == counts.loc[counts["score"].isin([1, 5]), "n"].sum()


def test_the_interval_holds_a_known_hazard_ratio():
    """600 customers, half late, acts at a constant rate, watched for 5 to 60 days."""
    truth, rng, held, runs = 0.5, np.random.default_rng(20261122), 0, 200
    for _ in range(runs):
        late = rng.integers(0, 2, 600)
        came = rng.exponential(100 / np.where(late, truth, 1))
        left = rng.uniform(5, 60, 600)
        rows = {"day": np.ceil(np.minimum(came, left)), "again": came <= left, "late": late}
        counts = pd.DataFrame(rows).assign(n=1)
        found = hazard_ratio(counts, "day", "again", "late", 1, 0, **ABOUT)
        held += found.low <= truth <= found.high
    assert 0.92 <= held / runs <= 0.98  # two standard errors of 200 runs


def test_clusters_are_needed_where_a_shop_is_late_as_a_whole():
    """Shops of 20 customers differ in what they draw; whole shops are late."""
    truth, rng, runs = 0.6, np.random.default_rng(20261122), 100
    held = {"shop": 0, None: 0}
    for _ in range(runs):
        shop = np.repeat(np.arange(60), 20)
        late = shop % 2
        # A rate of few acts, so that the differences of shops leave the ratio as it is.
        rate = 0.002 * rng.gamma(1, 1, 60)[shop] * np.where(late, truth, 1)
        came = rng.exponential(1 / rate)
        rows = {"day": np.ceil(np.minimum(came, 60)), "again": came <= 60}
        counts = pd.DataFrame(rows | {"late": late, "shop": shop}).assign(n=1)
        for cluster in held:
            found = hazard_ratio(counts, "day", "again", "late", 1, 0, cluster=cluster, **ABOUT)
            held[cluster] += found.low <= truth <= found.high
    assert held["shop"] / runs >= 0.91
    assert held[None] / runs < 0.88


# Orders -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen():
    """First orders of all customers: whole days from arrival to the next order or the end."""
    orders = load("olist_orders")
    end = end_of_observation(orders)
    orders = orders[orders["purchased"] < end + DAY]
    late = (orders["delivered"].dt.normalize() > orders["promised"]).astype(float)
    orders = orders.assign(late=late.where(orders["delivered"].notna()))
    watched = watch(first_orders(orders), orders, end=end)
    # An order of several sellers is a cluster of its own.
    shop = watched["seller"].fillna(-watched["order"])
    return watched.assign(time=whole_days(watched), shop=shop)


@pytest.fixture(scope="module")
def acts(seen):
    return count_by(seen, ["time", "again", "late", "score", "shop"])


def test_everybody_is_there(seen, acts):
    assert acts["n"].sum() == len(seen) == 92_962
    assert seen["late"].isna().sum() == 1_974
    assert seen["again"].sum() == 1_778


# An independent analysis of the same orders, by statsmodels on exact times, found these.
@pytest.mark.parametrize(
    ("group", "first", "second", "ratio", "low", "high"),
    [("late", 1, 0, 0.70, 0.56, 0.89), ("score", 1, 5, 0.68, 0.57, 0.81)],
)
def test_hazard_ratios_of_the_orders(acts, group, first, second, ratio, low, high):
    options = {"cluster": "shop", **ABOUT}
    found = hazard_ratio(acts, "time", "again", group, first, second, **options)
    assert found.value == pytest.approx(ratio, abs=0.005)
    assert [found.low, found.high] == pytest.approx([low, high], abs=0.025)


def test_the_hazard_ratio_of_a_standard_deviation_of_the_score(acts):
    found = hazard_slope(acts, "time", "again", "score", per_sd=True, cluster="shop", **ABOUT)
    assert [found.value, found.low, found.high] == pytest.approx([1.15, 1.09, 1.21], abs=0.005)


@pytest.mark.parametrize(
    ("group", "first", "second", "ratio", "low", "high"),
    [("late", 1, 0, 0.71, 0.52, 0.97), ("score", 1, 5, 0.68, 0.56, 0.83)],
)
def test_shares_of_the_orders_after_a_year(acts, group, first, second, ratio, low, high):
    found = returned_ratio(acts, "time", "again", group, first, second, by=365, **ABOUT)
    assert [found.value, found.low, found.high] == pytest.approx([ratio, low, high], abs=0.0051)


def test_whole_days_lose_nothing_that_counts(seen, acts):
    exact = seen.assign(time=seen["days"].fillna(seen["watched"]))
    exact = count_by(exact, ["time", "again", "late", "shop"])
    one, two = (
        hazard_ratio(t, "time", "again", "late", 1, 0, cluster="shop", **ABOUT)
        for t in (acts, exact)
    )
    assert_allclose([one.value, one.low, one.high], [two.value, two.low, two.high], atol=0.001)


def test_an_open_ratio_is_refused_whatever_the_number_of_customers():
    """No act in one group: the ratio is zero, and no interval can be read off a curvature."""
    for n in (1, 10**6, 10**12):
        rows = {"day": [1, 2, 3, 3], "again": [1, 1, 0, 0], "late": [0, 0, 1, 0]}
        counts = pd.DataFrame(rows).assign(n=n)
        with pytest.raises(TooFewError, match="finite hazard ratio"):
            hazard_ratio(counts, "day", "again", "late", 1, 0, **ABOUT)


def test_the_interval_is_the_normal_one_without_clusters():
    counts = count_by(make_customers(1), ["day", "again", "late"])
    found = hazard_ratio(counts, "day", "again", "late", 1, 0, **ABOUT)
    error = fit_peer(make_customers(1), ["late"])[1]
    assert_allclose(np.log(found.high / found.low), 2 * Z * error, rtol=1e-6)
