"""First orders and what followed: a table worked out by hand, made shops, and Kaplan-Meier."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.customers import (
    account_for,
    end_of_observation,
    first_orders,
    merge_orders,
    return_curve,
    watch,
)
from analysis.data import load

DAY = pd.Timedelta(days=1)
MOMENT = pd.Timedelta(microseconds=1)
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


def test_of_two_orders_at_one_moment_the_lower_one_is_first():
    orders = table([("Ana", 0, 5, 9, 100), ("Ana", 0, 3, 9, 200)])
    assert first_orders(orders[::-1])["order"].tolist() == [0]


def test_first_orders_need_no_money():
    without = first_orders(SHOP.drop(columns="payment_cents"))
    assert without["order"].tolist() == first_orders(SHOP)["order"].tolist()


def test_a_start_is_missing_where_neither_day_is_known():
    orders = table([("Ana", 0, None, None, 100), ("Bob", 1, None, 4, 100)])
    assert first_orders(orders)["start"].isna().tolist() == [True, False]


# Cut-offs: an order exactly on each, and a moment beside it.


def ordered_again(*moments, end=START + 99 * DAY, window=None):
    """What followed one answer on START, from orders at these moments."""
    first = pd.DataFrame({"order": [-1], "customer": [1], "start": [START]})
    orders = pd.DataFrame({"purchased": list(moments), "customer": 1, "payment_cents": 5})
    orders["purchased"] = orders["purchased"].astype("datetime64[us]")
    return watch(first, orders.assign(order=range(len(orders))), end=end, window=window)


@pytest.mark.parametrize("window", [None, 30])
def test_an_order_at_the_very_start_is_no_return_and_one_after_it_is(window):
    assert ordered_again(START, window=window)["again"].tolist() == [0]
    assert ordered_again(START - DAY, window=window)["again"].tolist() == [0]
    (row,) = ordered_again(START, START + MOMENT, window=window).to_dict("records")
    assert (row["again"], row["spent"]) == (1, 5)
    assert row["days"] == pytest.approx(1 / (24 * 3600 * 1e6))


def test_an_order_at_the_very_end_of_the_window_counts_and_one_after_it_does_not():
    assert ordered_again(START + 30 * DAY, window=30)["days"].tolist() == [30]
    assert ordered_again(START + 30 * DAY + MOMENT, window=30)["again"].tolist() == [0]


@pytest.mark.parametrize("end", [START + 99 * DAY, START + 99 * DAY + pd.Timedelta(hours=23)])
def test_the_last_day_of_observation_is_part_of_it_and_the_next_midnight_is_not(end):
    assert ordered_again(START + 100 * DAY - MOMENT, end=end)["again"].tolist() == [1]
    for window in (None, 100):
        assert ordered_again(START + 100 * DAY, end=end, window=window)["again"].tolist() == [0]


def test_who_is_watched_for_exactly_the_window_is_in_and_who_for_a_moment_less_is_out():
    assert ordered_again(window=100)["watched"].tolist() == [100]
    assert ordered_again(window=100 + 1e-9).empty
    assert ordered_again()["watched"].tolist() == [100]
    assert ordered_again(end=START)["watched"].tolist() == [1]
    assert ordered_again(end=START - DAY).empty, "starts when observation is over"


# Several answers of one customer


def two_answers():
    """One customer rates two orders, 59 days apart, and orders once more."""
    first = pd.DataFrame({"order": [1, 2], "customer": 7, "start": [START, START + 59 * DAY]})
    orders = pd.DataFrame(
        {
            "order": [1, 2, 3],
            "customer": 7,
            "purchased": [START - 9 * DAY, START + 50 * DAY, START + 63 * DAY],
            "payment_cents": [1000, 3000, 2000],
        }
    )
    return first, orders


def test_each_answer_of_a_customer_has_a_clock_of_its_own():
    first, orders = two_answers()
    for window in (None, 70):
        found = watch(first, orders, end=START + 200 * DAY, window=window)
        assert found["days"].tolist() == [63, 4]
        assert found["spent"].tolist() == [2000, 2000]
    found = watch(first, orders, end=START + 200 * DAY, window=62)
    assert found["again"].tolist() == [0, 1]
    assert found["spent"].tolist() == [0, 2000]


def test_an_index_with_repeats_does_not_mix_rows():
    first, orders = two_answers()
    first, orders = first.set_axis([0, 0]), orders.set_axis([5, 5, 5])
    found = watch(first, orders, end=START + 200 * DAY)
    assert found["days"].tolist() == [63, 4]
    assert found.index.tolist() == [0, 0]


def test_a_curve_does_not_take_two_rows_of_a_customer_for_two_people():
    first, orders = two_answers()
    with pytest.raises(ValueError, match="found two of 7"):
        return_curve(watch(first, orders, end=START + 200 * DAY))


@pytest.mark.parametrize("dtype", ["Int64", "int64[pyarrow]", "category", "object", "float64"])
def test_customers_may_be_named_by_any_type_of_number(dtype):
    plain = watch(first_orders(SHOP), SHOP, end=END)
    codes = {"Ana": 4, "Bob": 3, "Cai": 2, "Dee": 1}
    orders = SHOP.assign(customer=SHOP["customer"].map(codes))
    typed = orders.astype({"customer": dtype, "order": dtype, "payment_cents": "Int64"})
    for first, later in ((typed, typed), (typed, orders), (orders, typed)):
        found = watch(first_orders(first), later, end=END)
        assert found["customer"].tolist() == plain["customer"].map(codes).tolist()
        assert found["spent"].tolist() == plain["spent"].tolist()
        assert_allclose(found["days"], plain["days"])


def test_without_later_orders_nobody_came_back():
    found = watch(first_orders(SHOP), SHOP[:0], end=END)
    assert found["again"].tolist() == [0, 0, 0, 0]
    assert found["spent"].tolist() == [0, 0, 0, 0]


# What is no order of a known customer


def spoilt():
    """The shop with a refund, a copy, a guest and an order without a date: one, two, three, one."""
    ana = SHOP.iloc[[4]]
    refund = ana.assign(payment_cents=-300)  # under the name of the order that it takes back
    guests = SHOP.iloc[[0, 1, 2]].assign(customer=None, order=[91, 92, 93])
    undated = SHOP.iloc[[1]].assign(purchased=pd.NaT, order=94)
    return pd.concat([refund, SHOP, ana, ana, guests, undated], ignore_index=True)


def test_what_is_no_order_of_a_known_customer_is_set_aside_and_counted():
    kept, aside = account_for(spoilt())
    assert aside.to_dict() == {"refund": 1, "repeated": 2, "no customer": 3, "no date": 1}
    pd.testing.assert_frame_equal(kept.reset_index(drop=True), SHOP, check_dtype=False)
    assert len(kept) + aside.sum() == len(spoilt())


def test_nothing_is_set_aside_in_a_clean_book():
    kept, aside = account_for(SHOP)
    pd.testing.assert_frame_equal(kept, SHOP)
    assert aside.sum() == 0


def test_free_orders_are_orders():
    kept, _ = account_for(SHOP.assign(payment_cents=0))
    assert len(kept) == len(SHOP)


def test_the_first_reason_that_holds_is_the_one_counted():
    row = table([(None, 0, 1, 1, -5)]).assign(purchased=pd.NaT)
    assert account_for(row)[1].to_dict() == {
        "refund": 1,
        "repeated": 0,
        "no customer": 0,
        "no date": 0,
    }
    guest = pd.concat([row.assign(payment_cents=5)] * 2)
    assert account_for(guest)[1].to_dict() == {
        "refund": 0,
        "repeated": 1,
        "no customer": 1,
        "no date": 0,
    }


@given(picked=st.lists(st.integers(0, 14), min_size=1, max_size=30))
def test_rows_kept_and_set_aside_add_up_and_the_kept_ones_are_taken(picked):
    book = spoilt().iloc[picked].reset_index(drop=True)
    kept, aside = account_for(book)
    assert len(kept) + aside.sum() == len(book)
    assert kept["order"].is_unique
    if len(kept):
        watch(first_orders(kept), kept, end=END)


# The end of observation


def shop_of(days, a_day=4):
    """Orders at nine on these days, so many a day."""
    moments = pd.DatetimeIndex(days) + pd.Timedelta(hours=9)
    return pd.DataFrame({"purchased": np.repeat(moments, a_day)})


two_years = pd.date_range("2019-01-01", "2020-12-30")  # ends on a Wednesday
SUNDAY = 6


def test_the_end_of_the_tables_of_the_book_is_where_it_was_found_before():
    assert end_of_observation(load("olist_orders")) == pd.Timestamp("2018-08-29")
    cdnow = load("cdnow").rename(columns={"date": "purchased"})
    assert end_of_observation(cdnow) == pd.Timestamp("1998-06-30")
    # Of one customer in ten, Easter Monday saw none; until now the data ended there.
    assert end_of_observation(cdnow[cdnow["in_sample"]]) == pd.Timestamp("1998-06-30")


@pytest.mark.parametrize("last", ["2020-12-26", "2020-12-28", "2020-12-30"])
def test_a_shop_closed_on_sundays_is_observed_to_its_last_day(last):
    days = two_years[(two_years.day_of_week != SUNDAY) & (two_years <= last)]
    assert end_of_observation(shop_of(days)) == pd.Timestamp(last)
    assert end_of_observation(shop_of(days), closed=0) == pd.Timestamp("2019-01-05")


def test_a_shop_closed_at_weekends_is_observed_to_its_last_day():
    days = two_years[two_years.day_of_week < 5]
    assert end_of_observation(shop_of(days)) == pd.Timestamp("2020-12-30")
    # A Monday alone, after the last weekend, is enough.
    assert end_of_observation(shop_of(days[days <= "2020-12-28"])) == pd.Timestamp("2020-12-28")


@pytest.mark.parametrize(
    ("reopens", "closed", "end"),
    [
        ("2020-01-04", 14, "2020-12-30"),  # closed for exactly 14 days
        ("2020-01-05", 14, "2019-12-20"),  # for 15
        ("2020-01-05", 15, "2020-12-30"),
        ("2019-12-28", 7, "2020-12-30"),
        ("2019-12-29", 7, "2019-12-20"),
    ],
)
def test_a_closed_christmas_goes_by_if_it_is_not_longer_than_said(reopens, closed, end):
    days = two_years[(two_years <= "2019-12-20") | (two_years >= reopens)]
    assert end_of_observation(shop_of(days), closed=closed) == pd.Timestamp(end)


@pytest.mark.parametrize("every", [1, 3, 10, 40])
def test_late_stragglers_do_not_prolong_it(every):
    dense = shop_of(two_years, a_day=100)
    late = shop_of(two_years[-1] + DAY * np.arange(every, 200, every), a_day=1)
    assert end_of_observation(pd.concat([dense, late])) == two_years[-1]


def test_without_an_empty_day_it_is_the_last_day_of_all():
    assert end_of_observation(shop_of(two_years)) == two_years[-1]


def test_an_empty_spell_before_the_busiest_day_is_a_slow_start():
    early, busy = shop_of([START, START + 40 * DAY]), shop_of([START + 80 * DAY], a_day=9)
    assert end_of_observation(pd.concat([early, busy])) == START + 80 * DAY


def test_one_grand_opening_does_not_make_the_usual_days_thin():
    opening = shop_of([two_years[0] - DAY], a_day=1000)
    days = two_years[two_years.day_of_week != SUNDAY]
    assert end_of_observation(pd.concat([opening, shop_of(days)])) == two_years[-1]


def test_a_handful_of_orders_has_an_end():
    assert end_of_observation(shop_of([START], a_day=1)) == START
    far = START + DAY * np.array([0, 10, 24])
    assert end_of_observation(shop_of(far, a_day=1)) == START + 24 * DAY
    assert end_of_observation(shop_of([*far, START + 40 * DAY], a_day=1)) == START + 24 * DAY


@pytest.mark.parametrize(
    ("wait", "orders", "is_end"),
    [(1, 50, True), (1, 49, False), (8, 500, True), (8, 499, False)],
    ids=["a twentieth: not thin", "less: thin", "half, after a gap: open", "less: closed"],
)
def test_thin_is_less_than_a_twentieth_of_a_usual_day_and_open_is_half_of_one(wait, orders, is_end):
    late = two_years[-1] + wait * DAY
    usual = shop_of(two_years[-30:], a_day=1000)
    found = end_of_observation(pd.concat([usual, shop_of([late], orders)]))
    assert found == (late if is_end else two_years[-1])


@pytest.mark.parametrize(
    ("quiet", "orders", "is_end"),
    [(3, 4, True), (3, 3, False), (1, 12, True), (1, 11, False)],
    ids=["half of 8", "less", "half of 24", "less than that"],
)
def test_the_usual_day_is_that_of_the_middle_order(quiet, orders, is_end):
    """After a day of 24, three days of 8 and a late one hold more orders; one of 8 fewer."""
    busiest, last = shop_of([START], 24), START + quiet * DAY
    then = shop_of(START + DAY * np.arange(1, quiet + 1), 8)
    late = shop_of([last + 9 * DAY], orders)
    found = end_of_observation(pd.concat([busiest, then, late]))
    assert found == (last + 9 * DAY if is_end else last)


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


def test_a_return_on_the_last_day_watched_is_one():
    """One of three was seen for half a day only; one came back on day 9, the last observed."""
    rows = {"customer": [1, 2, 3], "watched": [0.5, 9, 9], "again": [0, 1, 0]}
    curve = return_curve(pd.DataFrame(rows).assign(days=[np.nan, 9, np.nan]))
    assert curve["days"].tolist() == [0, 9]
    assert curve["share"].tolist() == [0, 0.5]
    # Greenwood: (1 - 1/2) x sqrt(1 / (2 x 1))
    assert_allclose(curve["error"], [0, 0.5 * np.sqrt(0.5)])


def test_where_nobody_or_everybody_came_back_there_is_a_curve_still():
    rows = pd.DataFrame({"customer": [1, 2], "watched": [9, 9]})
    assert return_curve(rows.assign(again=0, days=np.nan)).to_numpy().tolist() == [[0, 0, 0]]
    curve = return_curve(rows.assign(again=1, days=[4, 7]))
    assert curve["share"].tolist() == [0, 0.5, 1]
    assert np.isnan(curve["error"].iloc[-1])


def test_without_censoring_the_window_and_the_curve_agree():
    orders = made_shop()
    fixed = watch(first_orders(orders), orders, end=START + 900 * DAY, window=150)
    assert len(fixed) == orders["customer"].nunique()
    duration = fixed["days"].fillna(150)
    curve = SurvfuncRight(duration, fixed["again"].astype(int))
    assert_allclose(1 - curve.surv_prob[-1], fixed["again"].mean(), rtol=1e-9)


# Orders that are one -----------------------------------------------------------------------------

HOUR = pd.Timedelta(hours=1)
# Ana's second follows within the hour, her third within an hour of the second, with another score;
# the fourth comes a day later. Bob buys at the same moment as Ana, and again just after the hour.
SPLIT = pd.DataFrame(
    {
        "order": [1, 2, 3, 4, 5, 6],
        "customer": ["Ana", "Ana", "Ana", "Ana", "Bob", "Bob"],
        "purchased": START + pd.to_timedelta([0, 60, 100, 1440, 0, 61], unit="min"),
        "delivered": START + pd.to_timedelta([5, 9, 7, 9, 5, None], unit="D"),
        "promised": START + pd.to_timedelta([12, 11, 10, 20, 9, 9], unit="D"),
        "payment_cents": [100, 20, 3, 1000, 7, 8],
        "score": [5, 5, 2, 5, 4, 4],
        "seller": ["a", "b", "c", "d", "e", "f"],
    }
)


def test_orders_of_an_hour_are_one_basket_by_hand():
    merged, counted = merge_orders(SPLIT.sample(frac=1, random_state=1), within=HOUR)
    assert merged["order"].tolist() == [1, 4, 5, 6]
    assert merged["payment_cents"].tolist() == [123, 1000, 7, 8]
    assert merged["score"].tolist() == [2, 5, 4, 4]
    assert merged["seller"].tolist() == ["a", "d", "e", "f"]
    assert merged["purchased"].tolist() == SPLIT["purchased"].iloc[[0, 3, 4, 5]].tolist()
    assert ((merged["delivered"] - START) / DAY).tolist()[:3] == [9, 9, 5]
    assert merged["delivered"].isna().tolist() == [False, False, False, True]
    assert ((merged["promised"] - START) / DAY).tolist() == [12, 20, 9, 9]
    assert counted.to_dict() == {
        "orders": 6, "merged": 2, "left": 4, "customers": 1, "scores differ": 1,
    }  # fmt: skip
    assert merged.columns.tolist() == SPLIT.columns.tolist()
    assert merged.dtypes.equals(SPLIT.dtypes)


def test_a_basket_of_which_a_part_never_came_has_not_come():
    lost = SPLIT.assign(delivered=SPLIT["delivered"].where(SPLIT["order"] != 2))
    merged, _ = merge_orders(lost, within=HOUR)
    assert merged["delivered"].isna().tolist() == [True, False, False, True]
    assert first_orders(merged)["start"].isna().sum() == 0


def test_orders_with_one_answer_must_agree_in_it():
    merged, counted = merge_orders(SPLIT, within=DAY, alike="score")
    assert merged["order"].tolist() == [1, 3, 4, 5]
    assert merged["payment_cents"].tolist() == [120, 3, 1000, 15]
    assert counted["merged"] == 2
    assert counted["scores differ"] == 0
    unknown = SPLIT.astype({"score": "Int64"}).assign(score=pd.array([None] * 6, dtype="Int64"))
    assert merge_orders(unknown, within=DAY, alike="score")[1]["merged"] == 0


def test_merged_orders_are_nobodys_return():
    first = first_orders(merge_orders(SPLIT, within=HOUR)[0]).assign(start=SPLIT["purchased"][0])
    later = merge_orders(SPLIT, within=HOUR)[0]
    found = watch(first, later, end=END).set_index("customer")
    assert found["again"].to_dict() == {"Ana": 1, "Bob": 1}
    assert found["spent"].to_dict() == {"Ana": 1000, "Bob": 8}


def test_what_is_merged_in_the_orders_of_the_shop():
    """Every gap of at most an hour, counted without the function."""
    orders = load("olist_orders")
    rows = orders.sort_values(["customer", "purchased"])
    gap = rows["purchased"].diff().where(rows["customer"].diff() == 0)
    same = rows["score"].diff() == 0
    for options, holds in (
        ({"within": HOUR}, gap <= HOUR),
        ({"within": DAY, "alike": "score"}, (gap <= DAY) & same),
    ):
        merged, counted = merge_orders(orders, **options)
        assert counted["merged"] == holds.sum() > 700
        assert counted["left"] == len(merged) == len(orders) - holds.sum()
        assert merged["payment_cents"].sum() == orders["payment_cents"].sum()
        assert merged["customer"].nunique() == orders["customer"].nunique()
    assert merge_orders(orders, within=HOUR)[1]["scores differ"] == 114
