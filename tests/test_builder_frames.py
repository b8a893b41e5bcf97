"""The builders from microdata, on made frames whose right answers are worked out by hand."""

import io
import sys

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.data import DATA

sys.path.insert(0, str(DATA / "builders"))
import acsi
import firms
import plans
import steam
import telecom
from common import BuildError

NAN = np.nan


def as_csv(frame):
    return frame.to_csv(index=False).encode()


def as_parquet(frame):
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


# Telecom ----------------------------------------------------------------------------------------

CUSTOMERS = pd.DataFrame(
    {
        "Complains": [0, 0, 1, 1, 0, 0],
        "Tariff Plan": [1, 1, 2, 2, 1, 1],
        "Status": [1, 1, 2, 1, 1, 1],
        "Churn": [0, 0, 1, 1, 0, 0],
        # The first lies on the first cut, in the lower band; the last repeats the first.
        "Customer Value": [113.80125 // 0.001 * 0.001, 500.25, 10.5, 10.5, 800.125, 113.801],
    }
)


@pytest.fixture
def counted(monkeypatch):
    expected = {"customers": 6, "churned": 2, "repeated rows": 1}
    monkeypatch.setattr(telecom, "EXPECTED", expected)


def test_telecom_customers_are_counted_by_hand(counted):
    rows = CUSTOMERS.assign(**{"Customer Value": [113.801, 500.25, 10.5, 10.5, 800.125, 113.801]})
    table = telecom.prepare({telecom.SAMPLE.path: as_csv(rows)})["telecom_complaints"]
    assert table["n"].sum() == 6
    keys = ["complained", "tariff_plan", "active", "churned", "duplicate", "value_band"]
    found = {tuple(row[:6]): tuple(row[6:]) for row in table.to_numpy().tolist()}
    assert found == {
        (0, "prepaid", 1, 0, 0, 1): (1, 113801, 113801**2),
        (0, "prepaid", 1, 0, 0, 3): (1, 500250, 500250**2),
        (0, "prepaid", 1, 0, 0, 4): (1, 800125, 800125**2),
        (0, "prepaid", 1, 0, 1, 1): (1, 113801, 113801**2),
        (1, "contract", 0, 1, 0, 1): (1, 10500, 10500**2),
        (1, "contract", 1, 1, 0, 1): (1, 10500, 10500**2),
    }
    assert table[keys].equals(table.sort_values(keys, ignore_index=True)[keys])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Customer Value": [1.0, 2, 3, 4, 5, "x"]},
         "iranian_telecom/iranian_churn.csv, column Customer Value, row 6: expected a number, found"
         " 'x'"),
        ({"Customer Value": [1.0, 2, 3, 4, 5, 6.00001]},
         "iranian_churn.csv: expected customer value with at most three decimals"),
        ({"Churn": [0, 0, 1, 1, 1, 0]}, "expected {'customers': 6, 'churned': 2"),
        ({"Complains": [0, 0, 1, NAN, 0, 0]}, "nothing missing; found"),
    ],
)  # fmt: skip
def test_telecom_data_that_are_not_the_sample_are_refused(counted, change, message):
    with pytest.raises(BuildError) as refusal:
        telecom.prepare({telecom.SAMPLE.path: as_csv(CUSTOMERS.assign(**change))})
    assert message in str(refusal.value)


# ACSI -------------------------------------------------------------------------------------------

PEOPLE = pd.DataFrame(
    {
        "industry": ["Banks", "Banks", "Airlines", "Airlines", "Processed food", "Banks"],
        "SATIS": [9, 9, 3, NAN, 10, 9],
        "CONFIRM": [8, 8, 2, 5, 10, 8],
        "OVERALLX": [7.0, 7, 9, 8, 9, 7],
        "OVERALLQ": [9.0, 9, 3, 8, 10, 9],
        "PQ": [6.0, 6, 2, 7, 9, 6],
        "COMP": [0, 0, 1, 0, 0, 0],
        "HANDLE": [NAN, NAN, 2, NAN, NAN, NAN],
        "REPUR": [10, 10, 2, NAN, 6, 10],
        # A rise is asked from likelihood 6 up, a cut below; 26 is a category of its own.
        "HIGHPTOL": [26, 26, NAN, NAN, NAN, 5],
        "LOWPTOL": [NAN, NAN, 20, NAN, NAN, NAN],
    }
)


@pytest.fixture
def six_people(monkeypatch):
    monkeypatch.setitem(acsi.PUBLISHED, "respondents", 6)


def test_acsi_respondents_are_counted_by_hand(six_people):
    tables = acsi.prepare({acsi.SAMPLE.path: as_parquet(PEOPLE)})
    assert all(table["n"].sum() == 6 for table in tables.values())
    tolerance = tables["acsi_2015_tolerance"]
    found = [tuple(None if x != x else x for x in row) for row in tolerance.to_numpy().tolist()]
    assert found == [
        ("airlines", 3, 2, "cut", "20", 1),
        ("airlines", None, None, "none", "not_asked", 1),  # no likelihood, so nothing was asked
        ("banks", 9, 10, "raise", "5", 1),
        ("banks", 9, 10, "raise", "26", 2),
        ("processed_food", 10, 6, "raise", "not_given", 1),  # asked, no figure
    ]
    complaint = tables["acsi_2015_complaint"]
    assert complaint.loc[complaint["complained"] == 1, ["handling", "n"]].to_numpy().tolist() == [
        [2, 1]
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"HIGHPTOL": [26, 26, 5, NAN, NAN, 5]},
         "ACSI: expected HIGHPTOL only from REPUR 6 up and LOWPTOL only below"),
        ({"LOWPTOL": [1, NAN, 20, NAN, NAN, NAN]},
         "ACSI: expected HIGHPTOL only from REPUR 6 up and LOWPTOL only below"),
        ({"industry": ["Bank", "Banks", "Airlines", "Airlines", "Processed food", "Banks"]},
         "found ['Bank']"),
        ({"SATIS": list("99a910")}, "column SATIS, row 3: expected a number, found 'a'"),
        ({"industry": ["Banks", "Banks", "Airlines", "Airlines", "Processed food", None]},
         "acsi_2015_intention: expected 8,239 respondents, found"),
    ],
)  # fmt: skip
def test_acsi_data_that_are_not_the_sample_are_refused(six_people, change, message, monkeypatch):
    if "respondents" in message:
        monkeypatch.setitem(acsi.PUBLISHED, "respondents", 7)
    with pytest.raises(BuildError) as refusal:
        acsi.prepare({acsi.SAMPLE.path: as_parquet(PEOPLE.assign(**change))})
    assert message in str(refusal.value)


# Firms ------------------------------------------------------------------------------------------


def made_firms():
    """Ten firms over four years; firm 3 has no third year, firm 5 doubles by a merger."""
    rng = np.random.default_rng(5)
    index = pd.MultiIndex.from_product(
        [[f"firm {i}" for i in range(10)], range(2000, 2004)], names=["firm", "year"]
    )
    panel = index.to_frame(index=False)
    panel["industry"] = np.where(panel["firm"] < "firm 5", "Utilities", "Banks")
    panel["acsi"] = 70 + rng.normal(0, 3, 40).round(1)
    panel["composite"] = 0
    panel["revenue_musd"] = (
        1000.0 * 1.1 ** (panel["year"] - 2000) * rng.uniform(1, 1.1, 40)
    ).round()
    panel["margin"] = 0.05 + rng.normal(0, 0.02, 40).round(4)
    panel["profit_musd"] = panel["margin"] * panel["revenue_musd"]
    panel["price_return"] = rng.normal(0.1, 0.2, 40).round(4)
    panel["spy_price_return"] = 0.1
    panel["churn_pct_month"] = NAN
    panel.loc[[0, 4], "churn_pct_month"] = [1.0, 3.0]
    panel.loc[panel["firm"].eq("firm 5") & (panel["year"] >= 2002), "revenue_musd"] *= 2
    panel.loc[0, "margin"] = 0.9
    return panel[~(panel["firm"].eq("firm 3") & panel["year"].eq(2002))].reset_index(drop=True)


def cell(rows, firm, year, column):
    return rows.loc[rows["firm"].eq(f"firm {firm}") & rows["year"].eq(year), column].item()


def test_lags_are_those_of_the_same_firm_and_the_next_year():
    panel = made_firms()
    rows = firms.with_lags(panel)
    assert cell(rows, 1, 2000, "margin_1") == cell(panel, 1, 2001, "margin")
    assert cell(rows, 1, 2000, "margin_2") == cell(panel, 1, 2002, "margin")
    assert np.isnan(cell(rows, 1, 2003, "margin_1"))  # not the first year of the next firm
    assert np.isnan(cell(rows, 3, 2001, "margin_1"))  # a gap is not bridged
    assert cell(rows, 3, 2001, "margin_2") == cell(panel, 3, 2003, "margin")
    assert cell(rows, 1, 2001, "acsi_change") == pytest.approx(
        cell(panel, 1, 2001, "acsi") - cell(panel, 1, 2000, "acsi")
    )
    sales = [cell(panel, 1, year, "revenue_musd") for year in (2000, 2001)]
    assert cell(rows, 1, 2001, "growth") == pytest.approx(np.log(sales[1] / sales[0]))
    assert np.isnan(cell(rows, 5, 2002, "growth"))  # doubled: a merger
    assert cell(rows, 0, 2000, "margin") == 0.4  # set to the end
    assert cell(rows, 2, 2000, "excess") == pytest.approx(
        cell(panel, 2, 2000, "price_return") - 0.1
    )
    assert cell(rows, 2, 2000, "log_excess") == pytest.approx(
        np.log1p(cell(panel, 2, 2000, "price_return")) - np.log(1.1)
    )


def test_windows_hold_change_and_outcome_of_the_same_years():
    panel = made_firms()
    panel.loc[panel["firm"].eq("firm 4") & panel["year"].eq(2001), "profit_musd"] = -5.0
    rows = firms.with_lags(panel)

    def seen(column, *years):
        return np.array([cell(panel, 1, year, column) for year in years])

    last = seen("acsi", 2003) - seen("acsi", 2000)
    assert cell(rows, 1, 2003, "acsi_change_3y") == pytest.approx(last.item())
    returns = 1 + seen("price_return", 2001, 2002, 2003)
    assert cell(rows, 1, 2003, "log_excess_sum_3y") == pytest.approx(
        np.log(returns).sum() - 3 * np.log(1.1)
    )
    assert cell(rows, 1, 2003, "excess_sum_3y") == pytest.approx(returns.prod() - 1.1**3)
    sales = seen("revenue_musd", 2000, 2003)
    assert cell(rows, 1, 2003, "growth_sum_3y") == pytest.approx(np.log(sales[1] / sales[0]))
    assert cell(rows, 1, 2003, "margin_change_2y") == pytest.approx(
        np.diff(seen("margin", 2001, 2003)).item()
    )
    profit = seen("profit_musd", 2001, 2003)
    assert cell(rows, 1, 2003, "log_profit_change_2y") == pytest.approx(
        np.log(profit[1] / profit[0])
    )
    assert cell(rows, 1, 2000, "profit_1") == pytest.approx(
        (seen("profit_musd", 2001) / seen("revenue_musd", 2000)).item()
    )
    assert np.isnan(cell(rows, 4, 2003, "log_profit_change_2y"))  # a loss has no logarithm
    assert np.isnan(cell(rows, 5, 2003, "growth_sum_2y"))  # a merger within the window
    assert np.isnan(cell(rows, 3, 2003, "log_excess_sum_2y"))  # a gap is not bridged
    assert not np.isnan(cell(rows, 3, 2003, "acsi_change_2y"))
    assert np.isnan(cell(rows, 1, 2003, "acsi_change_5y"))  # before the first year


def test_windows_and_profits_count_whom_they_leave_out(few_firms):
    windows, profits = (few_firms[f"acsi_firms_{name}"] for name in ("windows", "profit"))
    keys = {"sample": "all", "effects": "year", "clustered": "firm", "period": "1994-2018"}
    row = windows[windows["outcome"].eq("growth") & windows["years"].eq(2)]
    row = row[(row[list(keys)] == pd.Series(keys)).all(axis=1)].squeeze()
    # Two windows of ten firms, one of firm 3, whose growth of a year is not known; two of a merger.
    assert (row["n"], row["missing"], row["firms"], row["clusters"]) == (16, 3, 8, 8)
    assert set(windows["years"]) == {1, 2, 3}
    assert set(windows["clustered"]) == {"firm"}  # four years are too few to cluster by
    row = profits[profits["link"].eq("margin, next year") & profits["clustered"].eq("firm")].iloc[0]
    rows = firms.with_lags(made_firms()).dropna(subset=["margin_1"])
    assert row["base"] == pytest.approx(rows["margin_1"].mean())
    assert (row["n"], row["missing"]) == (len(rows), 39 - len(rows))


@pytest.fixture(scope="module")
def few_firms():
    counted = {"firm-years in the panel": 39, "with a score": 39, "with score and revenue": 39}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(firms, "COUNTED", counted)
        return firms.prepare({firms.PANEL.path: as_csv(made_firms())})


@pytest.mark.parametrize(
    ("effects", "formula"),
    [
        ("none", "y ~ x"),
        ("year", "y ~ x + C(year)"),
        ("firm_year", "y ~ x + C(firm) + C(year)"),
        ("firm_year_present", "y ~ x + C(firm) + C(year) + present"),
    ],
)
def test_firm_moments_give_the_slope_and_clustered_error_of_the_rows(few_firms, effects, formula):
    table = few_firms["acsi_firms_moments"]
    row = table[
        table["link"].eq("margin, next year")
        & table["sample"].eq("all")
        & table["period"].eq("1994-2018")
        & table["effects"].eq(effects)
    ].iloc[0]
    panel = made_firms()
    later = panel[["firm", "year", "margin"]].assign(year=panel["year"] - 1)
    rows = panel.merge(later, on=["firm", "year"], suffixes=("", "_next"))
    rows = rows.assign(
        x=rows["acsi"], y=rows["margin_next"], present=rows["margin"].clip(-0.3, 0.4)
    )
    fit = smf.ols(formula, rows).fit(cov_type="cluster", cov_kwds={"groups": rows["firm"]})
    value = row["xy"] / row["xx"]
    assert value == pytest.approx(fit.params["x"], rel=1e-7)
    weight = {"xx": -value / row["xx"], "xy": 1 / row["xx"]}
    meat = sum(
        (1 + (a != b)) * weight[a] * weight[b] * row[f"{a}_{b}"]
        for a, b in (("xx", "xx"), ("xx", "xy"), ("xy", "xy"))
    )
    clusters, n = rows["firm"].nunique(), len(rows)
    error = np.sqrt(meat * clusters / (clusters - 1) * (n - 1) / (n - row["parameters"]))
    assert error == pytest.approx(fit.bse["x"], rel=1e-6)
    assert (row["n"], row["missing"], row["firms"]) == (n, 39 - n, 10)


def test_firm_moments_rest_on_enough_firms(few_firms):
    table = few_firms["acsi_firms_moments"]
    assert table["firms"].min() >= firms.FEWEST_FIRMS
    assert "utilities" not in set(table["sample"])  # five firms only


def test_tenths_hold_the_sorted_rows(few_firms):
    panel = firms.with_lags(made_firms()).dropna(subset=["margin_1"]).sort_values(["firm", "year"])
    bins = few_firms["acsi_firms_bins"].query("effects == 'none'")
    assert bins["n"].sum() == len(panel)
    order = panel.assign(rank=panel["acsi"].rank(method="first")).sort_values("rank")
    first = order.head(bins["n"].iloc[0])
    assert bins["margin"].iloc[0] == pytest.approx(first["margin_1"].mean())
    assert bins["satisfaction"].iloc[0] == pytest.approx(
        first["acsi"].mean() - panel["acsi"].mean(), abs=1e-8
    )
    left = (first["margin_1"] - first["margin_1"].mean()).groupby(first["firm"]).sum()
    clusters = len(left)
    error = np.sqrt((left**2).sum() * clusters / (clusters - 1)) / len(first)
    assert bins["se"].iloc[0] == pytest.approx(error)


def test_carrier_churn_is_a_summary_by_hand(few_firms):
    assert few_firms["carrier_churn"].iloc[0].to_dict() == {
        "carriers": 2, "n": 2, "first_year": 2000, "last_year": 2000, "mean": 0.02,
        "sd": pytest.approx(0.01 * np.sqrt(2)), "low": 0.01, "high": 0.03,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        (lambda p: p.drop(columns="acsi"), "expected columns ['acsi'], found"),
        (lambda p: p.assign(margin=["x", *p["margin"][1:]]),
         "column margin, row 1: expected a number, found 'x'"),
        (lambda p: p.assign(firm=range(39)), "column firm, row 1: expected a text, found"),
        (lambda p: p.head(0), "expected rows, found none"),
        (lambda p: p.assign(year=2000), "each firm-year once"),
    ],
)  # fmt: skip
def test_a_panel_that_is_not_the_one_is_refused(panel, message):
    with pytest.raises(BuildError) as refusal:
        firms.prepare({firms.PANEL.path: as_csv(panel(made_firms()))})
    assert message in str(refusal.value)


def test_bytes_that_are_no_table_are_refused():
    with pytest.raises(BuildError, match="expected a readable table"):
        acsi.prepare({acsi.SAMPLE.path: b"no parquet"})
    with pytest.raises(BuildError, match="expected a readable table"):
        firms.prepare({firms.PANEL.path: b""})


# Plans ------------------------------------------------------------------------------------------


def made_plans():
    """Twelve plans over five surveys and a copy; leaving is known from 2016 to 2020."""
    rng = np.random.default_rng(8)
    index = pd.MultiIndex.from_product(
        [[f"{'HR'[i > 2]}{i:04d}" for i in range(12)], range(2016, 2022)],
        names=["contract_id", "survey_year"],
    )
    rows = index.to_frame(index=False)
    for name in ("plan", "care", "service"):
        rows[name] = rng.uniform(0.7, 0.95, 72).round(2)
        copied = rows["survey_year"] == 2020
        rows.loc[copied, name] = rows.loc[rows["survey_year"] == 2019, name].to_numpy()
    rows["leave"] = rng.uniform(0, 0.4, 72).round(2)
    rows.loc[rows["survey_year"] == 2021, "leave"] = NAN
    rows.loc[[6, 7], "plan"] = NAN  # 2016 and 2017 of the second
    by_plan = rows.groupby("contract_id")["leave"]
    return rows.assign(leave_next=by_plan.shift(-1), leave_prev=by_plan.shift(1))


@pytest.fixture
def counted_plans(monkeypatch):
    monkeypatch.setattr(plans, "COUNTED", {"plan-years": 72, "plans": 12, "with a rating": 70})


@pytest.fixture
def few_plans(counted_plans):
    return plans.prepare({plans.PLANS.path: as_csv(made_plans())})


@pytest.mark.parametrize(
    ("link", "leave"),
    [("year before", "leave_prev"), ("same year", "leave"), ("year after", "leave_next")],
)
@pytest.mark.parametrize(
    ("effects", "formula"),
    [
        ("none", "y ~ x"),
        ("year", "y ~ x + C(survey_year)"),
        ("plan_year", "y ~ x + C(contract_id) + C(survey_year)"),
    ],
)
def test_plan_moments_give_the_slope_of_the_rows_without_the_copies(
    few_plans, link, leave, effects, formula
):
    table = few_plans["medicare_moments"]
    keys = [link, "plan", "all", "2007-2021", effects]
    row = table[(table.iloc[:, :5] == keys).all(axis=1)].iloc[0]
    rows = made_plans()
    rated = rows[(rows["survey_year"] != 2020) & rows["plan"].notna()]
    used = rated.dropna(subset=[leave]).assign(x=lambda t: t["plan"], y=lambda t: 1 - t[leave])
    fit = smf.ols(formula, used).fit()
    assert row["xy"] / row["xx"] == pytest.approx(fit.params["x"], rel=1e-7)
    assert row["parameters"] == len(fit.params)
    assert (row["n"], row["missing"]) == (len(used), len(rated) - len(used))
    assert [row["mean_x"], row["mean_y"]] == pytest.approx([used["x"].mean(), used["y"].mean()])
    assert row["plans"] == used["contract_id"].nunique()


def test_means_of_plans_are_compared_once_years_are_out(few_plans):
    table = few_plans["medicare_moments"]
    row = table.query("link == 'year before' and rating == 'care' and effects == 'between'").iloc[0]
    rows = made_plans().query("survey_year != 2020").dropna(subset=["care", "leave_prev"])
    both = rows[["care", "leave_prev"]]
    left = both - both.groupby(rows["survey_year"]).transform("mean")
    means = left.groupby(rows["contract_id"]).mean()
    r = row["xy"] / np.sqrt(row["xx"] * row["yy"])
    assert r == pytest.approx(-np.corrcoef(means.T)[0, 1], rel=1e-7)
    assert row["n"] == row["plans"] == 12


def test_parts_of_the_plans_are_told_by_their_letter_and_their_leaving(few_plans):
    table = few_plans["medicare_moments"]
    assert table["plans"].min() >= plans.FEWEST_PLANS
    assert "local" not in set(table["sample"])  # three plans only
    assert table.loc[table["sample"] == "regional", "plans"].max() == 9
    # Before, in and after the year are known for the surveys of 2017 to 2019, one without rating.
    known = table[table["sample"] == "all three years known"]
    assert set(known.loc[known["effects"] == "none", "n"]) == {35}


def test_quarters_of_plans_are_cut_within_years(few_plans):
    found = few_plans["medicare_quarters"]
    last = found.query("link == 'same year' and quarter == 4").iloc[0]
    counted = {"year before": 47, "same year": 46, "year after": 46}
    assert found.groupby("link")["n"].sum().to_dict() == counted
    both = made_plans().query("survey_year < 2020").dropna(subset=["plan"])
    rank = both.groupby("survey_year")["plan"].rank()
    size = both.groupby("survey_year")["plan"].transform("size")
    top = both[rank > 0.75 * size]
    assert last["stay"] == pytest.approx(1 - top["leave"].mean())
    assert last["n"] == len(top)
    left = (top["leave"] - top["leave"].mean()).groupby(top["contract_id"]).sum()
    error = np.sqrt((left**2).sum() * len(left) / (len(left) - 1)) / len(top)
    assert last["se"] == pytest.approx(error)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.head(71), "plans.csv: expected {'plan-years': 72"),
        (lambda r: r.assign(survey_year=2019), "each plan-year once"),
        (lambda r: r.assign(care=r["care"] * 100), "ratings and shares from 0 to 1"),
        (lambda r: r.assign(leave_prev=r["leave_next"]), "leave_prev to be leave of -1 year"),
        (lambda r: r.assign(leave_next=r["leave_prev"]), "leave_next to be leave of +1 year"),
        (lambda r: r.assign(plan=r["plan"].where(r["survey_year"] != 2020, r["plan"] - 0.01)),
         "expected the ratings of 2019 again in 2020"),
    ],
)  # fmt: skip
def test_plans_that_are_not_the_ones_are_refused(counted_plans, change, message):
    with pytest.raises(BuildError) as refusal:
        plans.prepare({plans.PLANS.path: as_csv(change(made_plans()))})
    assert message in str(refusal.value)


# Steam ------------------------------------------------------------------------------------------

REVIEWERS = pd.DataFrame(
    {
        "year": [2023, 2024, 2025, 2026],
        "paid": 1,
        "recommends": [1, 1, 0, 1],
        "hour_more": [1, 1, 0, 1],
        "later30": [0, 0, 0, 1],
        "n": [3, 4, 5, 6],
    }
)


def test_reviewers_of_two_years_are_counted_together(monkeypatch):
    monkeypatch.setattr(steam, "COUNTED", {"reviewers": 18, "recommend": 13})
    table = steam.prepare({steam.REVIEWS.path: as_csv(REVIEWERS)})["steam_acts"]
    assert table.to_numpy().tolist() == [
        ["2023-2024", 1, 1, 1, 0, 7],
        ["2025-2026", 1, 0, 0, 0, 5],
        ["2025-2026", 1, 1, 1, 1, 6],
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": [3, 4, 5, 7]}, "expected {'reviewers': 18, 'recommend': 13}"),
        ({"later30": [0, 0, NAN, 1]}, "nothing missing; found"),
        ({"paid": [1, 1, 2, 1]}, "expected 0 or 1 in ['paid', 'recommends'"),
    ],
)
def test_reviewers_who_are_not_the_ones_are_refused(change, message, monkeypatch):
    monkeypatch.setattr(steam, "COUNTED", {"reviewers": 18, "recommend": 13})
    with pytest.raises(BuildError) as refusal:
        steam.prepare({steam.REVIEWS.path: as_csv(REVIEWERS.assign(**change))})
    assert message in str(refusal.value)
