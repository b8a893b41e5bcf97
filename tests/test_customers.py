"""First orders and what followed: a table worked out by hand, made shops, and Kaplan-Meier."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.customers import end_of_observation, first_orders, return_curve, watch

DAY = pd.Timedelta(days=1)
START = pd.Timestamp("2020-01-01")


def table(rows):
    """Orders from (customer, day bought, day delivered or None, day promised, cents)."""
    names = ["customer", "purchased", "delivered", "promised", "payment_cents"]
    orders = pd.DataFrame(rows, columns=names)
    for name in names[1:4]:
        orders[name] = START + pd.to_timedelta(orders[name], unit="D")
    return orders.assign(order=np.arange(len(orders)))


# Ana comes back on day 20 and again on day 70; Bob ordered again while waiting, so not at all;
# Cai's first order never came, so his clock starts on the promised day; Dee is too recent.
SHOP = table(
    [
        ("Ana", 0, 10, 12, 1000),
        ("Bob", 0, 10, 12, 1000),
        ("Bob", 5, 11, 15, 4000),
        ("Cai", 1, None, 15, 1000),
        ("Ana", 20, 25, 30, 300),
        ("Cai", 40, 45, 50, 70),
        ("Ana", 70, 75, 80, 500),
        ("Dee", 80, 90, 91, 1000),
    ]
)
END = START + 99 * DAY  # observed through day 99, that is until day 100 begins


@pytest.mark.parametrize(
    ("window", "customers", "again", "days", "spent"),
    [
        (9, ["Ana", "Bob", "Cai", "Dee"], [0, 0, 0, 0], [None] * 4, [0, 0, 0, 0]),
        (10, ["Ana", "Bob", "Cai", "Dee"], [1, 0, 0, 0], [10, None, None, None], [300, 0, 0, 0]),
        (11, ["Ana", "Bob", "Cai"], [1, 0, 0], [10, None, None], [300, 0, 0]),
        (60, ["Ana", "Bob", "Cai"], [1, 0, 1], [10, None, 25], [800, 0, 70]),
        (None, ["Ana", "Bob", "Cai", "Dee"], [1, 0, 1, 0], [10, None, 25, None], [800, 0, 70, 0]),
    ],
)
def test_the_shop_worked_out_by_hand(window, customers, again, days, spent):
    found = watch(first_orders(SHOP), SHOP, end=END, window=window).sort_values("customer")
    assert found["customer"].tolist() == customers
    assert found["again"].tolist() == again
    assert [None if d != d else d for d in found["days"]] == days
    assert found["spent"].tolist() == spent


def test_the_clock_starts_at_delivery_or_at_the_promise():
    starts = first_orders(SHOP).set_index("customer")["start"]
    assert ((starts - START) / DAY).to_dict() == {"Ana": 10, "Bob": 10, "Cai": 15, "Dee": 90}


def test_another_start_makes_another_window():
    first = first_orders(SHOP).assign(start=lambda t: t["purchased"])
    found = watch(first, SHOP, end=END, window=20).set_index("customer")
    assert found["days"].dropna().to_dict() == {"Ana": 20, "Bob": 5}
    assert found.loc["Bob", "spent"] == 4000


def test_observation_ends_before_the_first_empty_day_after_the_busiest():
    days = [0, 2, 3, 3, 3, 4, 5, 7]  # day 1 is empty before the busiest day, day 6 after it
    orders = pd.DataFrame({"purchased": [START + d * DAY + pd.Timedelta(hours=9) for d in days]})
    assert end_of_observation(orders) == START + 5 * DAY
    assert end_of_observation(orders[:-1]) == START + 5 * DAY


def test_a_table_without_a_needed_column_is_refused():
    with pytest.raises(KeyError, match="promised"):
        first_orders(SHOP.drop(columns="promised"))
    with pytest.raises(KeyError, match="start"):
        watch(SHOP, SHOP, end=END, window=10)


shops = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.integers(0, 60),
        st.one_of(st.none(), st.integers(0, 20)),
        st.integers(0, 20),
        st.integers(1, 10_000),
    ),
    min_size=1,
    max_size=40,
)


def as_shop(rows):
    waited = [(c, b, None if d is None else b + d, b + p, cents) for c, b, d, p, cents in rows]
    return table(waited)


@settings(max_examples=60, deadline=None)
@given(rows=shops, window=st.integers(1, 60), seed=st.integers(0, 9))
def test_what_holds_in_every_shop(rows, window, seed):
    orders, end = as_shop(rows), START + 70 * DAY
    first = first_orders(orders)
    assert first["customer"].is_unique
    assert set(first["customer"]) == set(orders["customer"])
    found = watch(first, orders, end=end, window=window)
    # Nobody whose window is cut off; all who could be watched.
    assert set(found["customer"]) == set(
        first.loc[first["start"] + window * DAY <= end + DAY, "customer"]
    )
    # One row at a time, by the definition.
    for row in found.itertuples():
        theirs = orders[(orders["customer"] == row.customer) & (orders["order"] != row.order)]
        wait = (theirs["purchased"] - row.start) / DAY
        inside = wait[(wait > 0) & (wait <= window)]
        assert row.again == (len(inside) > 0)
        assert row.spent == theirs.loc[inside.index, "payment_cents"].sum()
        assert row.days == inside.min() or (len(inside) == 0 and row.days != row.days)
    # The order of the rows does not matter, and a longer window only adds returns.
    mixed = orders.sample(frac=1, random_state=seed)
    again = watch(first_orders(mixed), mixed, end=end, window=window)
    columns = ["customer", "again", "days", "spent"]
    pd.testing.assert_frame_equal(
        found[columns].sort_values("customer", ignore_index=True),
        again[columns].sort_values("customer", ignore_index=True),
    )
    longer = watch(first, orders, end=end + 30 * DAY, window=window + 30)
    both = found.merge(longer, on="customer", suffixes=("", "_longer"))
    assert (both["again"] <= both["again_longer"]).all()


def made_shop():
    rng = np.random.default_rng(20261122)
    n, rows = 3000, []
    for name, bought in enumerate(rng.integers(0, 300, n)):
        rows.append((name, bought, bought + 5, bought + 9, 1000))
        if rng.random() < 0.4:
            rows.append((name, bought + 5 + rng.exponential(100), None, bought + 200, 700))
    return table(rows)


def test_with_censoring_the_curve_is_that_of_kaplan_and_meier():
    orders, end = made_shop(), START + 320 * DAY
    watched = watch(first_orders(orders), orders, end=end)
    curve = return_curve(watched)
    assert curve.loc[0].tolist() == [0, 0, 0]
    # The product by hand, on the rows.
    share, kept = [], 1.0
    duration = watched["days"].fillna(watched["watched"])
    for day in np.sort(watched["days"].dropna().unique()):
        kept *= 1 - (watched["days"] == day).sum() / (duration >= day).sum()
        share.append(1 - kept)
    assert_allclose(curve["share"][1:], share, rtol=1e-9)
    # True share back within 150 days of the exponential above.
    found = curve[curve["days"] <= 150].iloc[-1]
    truth = 0.4 * (1 - np.exp(-1.5))
    assert abs(found["share"] - truth) < 3 * found["error"]


def test_without_censoring_the_window_and_the_curve_agree():
    orders = made_shop()
    fixed = watch(first_orders(orders), orders, end=START + 900 * DAY, window=150)
    assert len(fixed) == orders["customer"].nunique()
    duration = fixed["days"].fillna(150)
    curve = SurvfuncRight(duration, fixed["again"].astype(int))
    assert_allclose(1 - curve.surv_prob[-1], fixed["again"].mean(), rtol=1e-9)
