"""Counts of a company: one pass of SQL equals plain pandas, and a shared file gives nobody away."""

import json
from datetime import date
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pytest

from analysis.company.count import count, count_sql, counts_json, read_counts
from analysis.company.options import CompanyError, Options
from analysis.company.protect import THRESHOLD

DAY = pd.Timedelta(days=1)
END = date(2024, 12, 31)
FRAMES = ("scores", "segments", "returns", "curve", "asked", "pairs", "score_pairs")


def make_tables(seed=3, customers=400, *, answers="first", segments=("north", "", None)):
    """Answers and orders of made customers; some without the other, some on the same days."""
    rng = np.random.default_rng(seed)
    many = 1 if answers == "first" else 3
    who = np.repeat(np.arange(customers), rng.integers(1, many + 1, customers))
    day = pd.Timestamp("2023-03-01") + pd.to_timedelta(rng.integers(0, 660, len(who)), "D")
    surveys = pd.DataFrame(
        {
            "customer": [f"c{i}" for i in who],
            "starts": day + DAY,
            "answered": day,
            "score": rng.integers(1, 6, len(who)),
            "segment": rng.choice(np.array(segments, dtype=object), len(who)),
        }
    )
    buyers = np.repeat(np.arange(customers // 4, 2 * customers), 3)
    ordered = pd.Timestamp("2022-06-01") + pd.to_timedelta(rng.integers(0, 945, len(buyers)), "D")
    orders = pd.DataFrame(
        {
            "customer": [f"c{i}" for i in buyers],
            "ordered": ordered,
            "cents": rng.integers(0, 20_000, len(buyers)),
        }
    )
    same = surveys[["customer", "starts", "answered"]].iloc[:60]
    onto = [same["answered"], same["starts"], same["starts"] + 89 * DAY, same["starts"] + 90 * DAY]
    edges = [pd.DataFrame({"customer": same["customer"], "ordered": d}) for d in onto]
    orders = pd.concat([orders, *(e.assign(cents=777) for e in edges)], ignore_index=True)
    last = pd.Timestamp(END)
    return (
        surveys[surveys["answered"] <= last].reset_index(drop=True),
        orders[orders["ordered"] <= last].reset_index(drop=True),
    )


def prepare(surveys, orders, *, end=END, scale=(1, 5), nps=False, **options):
    """What the reader would hand over."""
    connection = duckdb.connect()
    connection.register("s", surveys)
    connection.register("o", orders)
    connection.execute(
        "CREATE TABLE surveys AS SELECT customer, starts::DATE AS starts, answered::DATE AS "
        "answered, score::INTEGER AS score, segment::VARCHAR AS segment FROM s"
    )
    connection.execute(
        "CREATE TABLE orders AS SELECT customer, ordered::DATE AS ordered, cents::BIGINT AS cents "
        "FROM o"
    )
    account = {
        "surveys": {"read": len(surveys), "used": len(surveys)},
        "orders": {"read": len(orders), "used": len(orders)},
    }
    return SimpleNamespace(
        connection=connection,
        account=account,
        assumed=["made"],
        scale=scale,
        nps=nps,
        end=end,
        options=Options(None, None, scale=scale, **options),
    )


def plain_rows(surveys, orders, window, end=END):
    """Each watched answer with what went before and after, by a plain loop."""
    last = pd.Timestamp(end)
    by_customer = dict(list(orders.groupby("customer")))
    rows = []
    for answer in surveys.itertuples():
        if answer.starts + (window - 1) * DAY > last:
            continue
        own = by_customer.get(answer.customer, orders.iloc[:0])
        before = own[own["ordered"] < answer.starts]
        stop = answer.starts + window * DAY
        within = own[(own["ordered"] >= answer.starts) & (own["ordered"] < stop)]
        age = (answer.starts - before["ordered"].min()).days if len(before) else None
        rows.append(
            {
                "customer": answer.customer,
                "window": window,
                "segment": answer.segment if isinstance(answer.segment, str) else "",
                "score": answer.score,
                "earlier": min(len(before), 3),
                "tenure": 0 if age is None else 1 + (age >= 180) + (age >= 365),
                "again": int(len(within) > 0),
                "cents": int(within["cents"].sum()),
            }
        )
    return pd.DataFrame(rows)


def two_largest(cents):
    top = sorted(cents, reverse=True)[:2]
    return [*top, 0, 0][:2]


def plain_returns(rows):
    keys = ["window", "segment", "score", "earlier", "tenure", "again"]
    grouped = rows.groupby(keys)["cents"]
    found = grouped.agg(n="size", cents="sum", cents2=lambda c: float((c.astype(float) ** 2).sum()))
    found["cents_1"] = grouped.agg(lambda c: two_largest(c)[0])
    found["cents_2"] = grouped.agg(lambda c: two_largest(c)[1])
    return found.reset_index()


def same(one, other):
    pd.testing.assert_frame_equal(one, other, check_dtype=False, check_exact=True)


@pytest.fixture(scope="module")
def tables():
    return make_tables()


@pytest.fixture(scope="module")
def counts(tables):
    return count(prepare(*tables))


def test_returns_equal_plain_pandas_to_the_last_customer(tables, counts):
    rows = pd.concat([plain_rows(*tables, window) for window in (90, 180, 365)])
    same(counts.returns, plain_returns(rows))
    assert set(counts.returns["tenure"]) == {0, 1, 2, 3}
    assert counts.account["answers"]["used"] == len(tables[0])
    for window, part in rows.groupby("window"):
        assert counts.account["answers"][f"watched_{window}"] == len(part)
        assert counts.account["answers"][f"too_recent_{window}"] == len(tables[0]) - len(part)


def test_scores_and_segments_equal_plain_pandas(tables, counts):
    surveys = tables[0].assign(month=tables[0]["answered"].dt.strftime("%Y-%m"))
    same(counts.scores, surveys.groupby(["month", "score"]).size().reset_index(name="n"))
    surveys["segment"] = surveys["segment"].fillna("")
    same(counts.segments, surveys.groupby(["segment", "score"]).size().reset_index(name="n"))


def test_the_curve_follows_everyone_who_could_be_watched(tables, counts):
    surveys, orders = tables
    rows = []
    for answer in surveys.itertuples():
        days = (pd.Timestamp(END) - answer.starts).days + 1
        if days < 1:
            continue
        own = orders[(orders["customer"] == answer.customer) & (orders["ordered"] >= answer.starts)]
        back = (own["ordered"].min() - answer.starts).days if len(own) else None
        step = (days if back is None else back) // 30
        rows.append((answer.score, step, back is not None, back is None))
    frame = pd.DataFrame(rows, columns=["score", "day", "events", "left"]).astype("int64")
    same(counts.curve, frame.groupby(["score", "day"], as_index=False).sum())


def test_who_answered_is_compared_with_who_never_did(tables, counts):
    surveys, orders = tables
    days = np.sort(surveys["starts"].to_numpy())
    day = pd.Timestamp(days[(len(days) - 1) // 2])  # the lower of two medians is one of the days
    fits = [w for w in (365, 180, 90) if day + (w - 1) * DAY <= pd.Timestamp(END)]
    window = fits[0]
    rows = []
    for customer, own in orders.groupby("customer"):
        before = own[own["ordered"] < day]
        if before.empty:
            continue
        after = own[(own["ordered"] >= day) & (own["ordered"] < day + window * DAY)]
        age = (day - before["ordered"].min()).days
        rows.append(
            {
                "window": window,
                "answered": int((surveys["customer"] == customer).any()),
                "segment": "",
                "earlier": min(len(before), 3),
                "tenure": 1 + (age >= 180) + (age >= 365),
                "again": int(len(after) > 0),
                "cents": after["cents"].sum(),
            }
        )
    keys = ["window", "answered", "segment", "earlier", "tenure", "again"]
    grouped = pd.DataFrame(rows).groupby(keys)["cents"]
    same(counts.asked, grouped.agg(n="size", cents="sum").reset_index())


def test_pairs_are_all_ordered_pairs_of_different_answers():
    surveys, orders = make_tables(5, 150, answers="all")
    counts = count(prepare(surveys, orders, answer="all"))
    rows = plain_rows(surveys, orders, 90)
    rows["place"] = range(len(rows))
    both = rows.merge(rows, on="customer", suffixes=("_a", "_b"))
    both = both[both["place_a"] != both["place_b"]]
    both["cents_ab"] = both["cents_a"] * both["cents_b"].astype(float)
    keys = ["window", "score_a", "score_b", "again_a", "again_b"]
    wanted = both.rename(columns={"window_a": "window"}).groupby(keys)
    wanted = wanted[["cents_a", "cents_b", "cents_ab"]].sum().assign(n=wanted.size())
    found = counts.pairs[counts.pairs["window"] == 90].reset_index(drop=True)
    same(found, wanted.reset_index()[found.columns])
    assert counts.account["answers"]["customers_90"] == rows["customer"].nunique()
    double = surveys.groupby("customer").size()
    assert counts.score_pairs["n"].sum() == (double * (double - 1)).sum() > 0
    top = plain_rows(surveys, orders, 90)
    top = top[top["again"] == 1].groupby([*plain_returns(top).columns[:6], "customer"])
    top = top["cents"].max().groupby(level=[0, 1, 2, 3, 4, 5]).max()
    again = counts.returns.query("window == 90 and again == 1")
    assert again["cents_1"].tolist() == top.tolist(), "the largest of different customers"


def test_without_several_answers_there_are_no_pairs(counts):
    assert counts.pairs.empty
    assert counts.score_pairs.empty


def test_order_and_names_of_rows_change_nothing(tables, counts):
    surveys, orders = tables
    mixed = count(
        prepare(surveys.sample(frac=1, random_state=1), orders.sample(frac=1, random_state=2))
    )
    renamed = [t.assign(customer="x" + t["customer"].str[::-1]) for t in tables]
    other = count(prepare(*renamed))
    for frame in FRAMES:
        same(getattr(mixed, frame), getattr(counts, frame))
        same(getattr(other, frame), getattr(counts, frame))


def test_a_shift_of_all_dates_moves_only_the_months(tables, counts):
    surveys, orders = tables
    days = 4 * 365 * DAY
    later = count(
        prepare(
            surveys.assign(starts=surveys["starts"] + days, answered=surveys["answered"] + days),
            orders.assign(ordered=orders["ordered"] + days),
            end=(pd.Timestamp(END) + days).date(),
        )
    )
    for frame in ("segments", "returns", "curve", "asked"):
        same(getattr(later, frame), getattr(counts, frame))
    assert later.scores["n"].sum() == counts.scores["n"].sum()


def test_double_prices_double_money_and_nothing_else(tables, counts):
    surveys, orders = tables
    dear = count(prepare(surveys, orders.assign(cents=2 * orders["cents"]))).returns
    once = counts.returns
    for column in ("cents", "cents_1", "cents_2"):
        assert dear[column].tolist() == (2 * once[column]).tolist()
    assert dear["cents2"].tolist() == (4 * once["cents2"]).tolist()
    same(dear[["score", "again", "n"]], once[["score", "again", "n"]])


def test_a_window_longer_than_the_data_is_told_as_empty(tables):
    counts = count(prepare(*tables, windows=(90, 3000)))
    answers = counts.account["answers"]
    assert answers["watched_3000"] == 0
    assert answers["too_recent_3000"] == answers["used"]


def test_money_beyond_what_floats_hold_is_exact():
    surveys, orders = make_tables(8, 40)
    orders = orders.assign(cents=10**13 + orders["cents"])
    counts = count(prepare(surveys, orders, windows=(90,)))
    rows = plain_rows(surveys, orders, 90)
    assert counts.returns["cents"].sum() == rows["cents"].sum()
    exact = sum(int(c) ** 2 for c in rows["cents"])
    assert exact > 2**80, "beyond what sums of floats hold"
    assert counts.returns["cents2"].sum() == pytest.approx(float(exact), rel=1e-15)


# The statement and the files


def test_the_statement_runs_alone_and_its_result_comes_in_again(tables, counts, tmp_path):
    prepared = prepare(*tables, currency="EUR")
    sql = count_sql(prepared.options, end=END)
    assert sql.lstrip("- ").startswith("surveys (customer")
    table = prepared.connection.execute(sql).df()
    table.to_csv(tmp_path / "warehouse.csv", index=False)
    found = read_counts(tmp_path / "warehouse.csv")
    for frame in FRAMES:
        same(getattr(found, frame), getattr(counts, frame))
    assert (found.end, found.scale, found.currency) == (END, (1, 5), "EUR")
    assert found.account["answers"] == counts.account["answers"]


def test_without_an_end_it_is_the_last_order(tables):
    prepared = prepare(*tables)
    sql = count_sql(prepared.options)
    assert "MAX(ordered) AS last_day" in sql
    assert len(prepared.connection.execute(sql).df()) > 100


def test_text_of_an_option_cannot_leave_its_quotes(tables):
    prepared = prepare(*tables, currency="'; DROP TABLE orders; --")
    count(prepared)
    assert prepared.connection.execute("SELECT COUNT(*) FROM orders").fetchone()[0] == len(
        tables[1]
    )


def cells(told, frame):
    held = told["frames"][frame]
    return pd.DataFrame(held["rows"], columns=held["columns"])


@pytest.mark.parametrize("customers", [60, 400, 4000])
def test_no_number_of_a_shared_file_rests_on_fewer_than_ten(customers):
    counts = count(prepare(*make_tables(customers, customers), windows=(90, 180)))
    told = json.loads(counts_json(counts))
    for frame in ("scores", "segments", "returns", "asked", "pairs", "score_pairs"):
        n = pd.to_numeric(cells(told, frame)["n"])
        assert (n.dropna() >= THRESHOLD).all()
    curve = cells(told, "curve")
    for column in ("events", "left"):
        assert (curve[column].eq(0) | curve[column].ge(THRESHOLD)).all()
    returns = cells(told, "returns")
    assert returns.loc[returns["n"].isna(), "masked"].ne("").all(), "every masked cell says why"
    assert returns.loc[returns["n"].isna(), ["cents", "cents2"]].isna().all(axis=None)
    assert "cents_1" not in returns, "what one customer spent stays here"


def test_a_large_company_shares_its_counts_without_loss(tmp_path):
    tables = make_tables(11, 30_000, segments=("north", "south"))
    counts = count(prepare(*tables, windows=(90,)))
    (tmp_path / "counts.json").write_text(counts_json(counts), encoding="utf-8")
    found = read_counts(tmp_path / "counts.json")
    keys = ["window", "score", "again"]
    sums = [f.groupby(keys)[["n", "cents"]].sum() for f in (found.returns, counts.returns)]
    same(sums[0].astype("int64"), sums[1])
    assert {"segment", "score"} <= set(found.returns.columns)
    assert found.scores["n"].sum() == counts.scores["n"].sum()
    assert (found.account, found.end, found.scale) == (counts.account, counts.end, counts.scale)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "part,n\nscores,3\n", '{"format": "other"}'])
def test_a_file_of_no_counts_is_refused_by_name(tmp_path, text):
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(CompanyError, match="--counts-in: expected a file that --counts-out wrote"):
        read_counts(tmp_path / "odd.json")
    with pytest.raises(CompanyError, match=r"none\.json"):
        read_counts(tmp_path / "none.json")
