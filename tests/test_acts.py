"""Three acts: the correlations are those of the rows, and each act keeps its name."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis import panel
from analysis.acts import (
    COMPARED,
    compare_acts,
    playing_on,
    published_play,
    renewing,
    staying_by_quarter,
    staying_without_complaint,
    tidy_acts,
)
from analysis.counts import expand
from analysis.data import describe, load

LEAVE = {"year before": "leave_prev", "same year": "leave", "year after": "leave_next"}
FORMULAS = {
    "plans of a year": "y ~ x + C(year)",
    "within plans": "y ~ x + C(contract) + C(year)",
    "plans alike so far": "y ~ x + C(year) + leave + leave_prev",
}
# Correlation of what the formulas leave, slope and clustered error of statsmodels' ordinary least
# squares on all plan-years but the copies of 2020; recorded on 2026-11-27.
RECORDED = {
    ("year before", "plans of a year"): (0.4500849284, 1.122169004, 0.08338862075),
    ("year before", "within plans"): (0.3382629646, 0.9494690858, 0.07165987965),
    ("same year", "plans of a year"): (0.4010960068, 0.9254297023, 0.07531232162),
    ("same year", "within plans"): (0.1481737462, 0.4023728393, 0.0663175628),
    ("year after", "plans of a year"): (0.3490928558, 0.7192828382, 0.06925735492),
    ("year after", "within plans"): (0.02258503866, 0.05007282148, 0.05280857293),
    ("year after", "plans alike so far"): (0.06566321001, 0.1200903697, 0.03563718736),
}


def fit_plans(rows: pd.DataFrame, link: str, compared: str) -> tuple[float, float, float]:
    """Return correlation, slope and its error clustered by plan, from one row per plan-year."""
    rows = rows[rows["survey_year"] != 2020]
    rows = rows.rename(columns={"contract_id": "contract", "survey_year": "year"})
    rows = rows.assign(x=rows["plan"], y=1 - rows[LEAVE[link]])
    past = ["leave", "leave_prev"] if compared == "plans alike so far" else []
    rows = rows.dropna(subset=["x", "y", *past])
    rows["cluster"] = pd.factorize(rows["contract"])[0]
    formula = FORMULAS[compared]
    found = smf.ols(formula, rows).fit(cov_type="cluster", cov_kwds={"groups": rows["cluster"]})
    left = [
        smf.ols(formula.replace("y ~ x", f"{name} ~ 1"), rows).fit().resid for name in ("x", "y")
    ]
    return float(np.corrcoef(*left)[0, 1]), found.params["x"], found.bse["x"]


# Renewing: plans --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plans():
    return load("medicare_moments")


@pytest.mark.parametrize(("link", "compared"), RECORDED)
def test_committed_moments_give_the_recorded_fits(plans, link, compared):
    value, slope, error = RECORDED[link, compared]
    assert renewing(plans, link=link, compared=compared).value == pytest.approx(value, rel=1e-6)
    keys = {"rating": "plan", "sample": "all", "period": "2007-2021"}
    row = panel.pick(plans, link=link, effects=COMPARED[compared], **keys)
    found = panel.slope(row.rename({"plans": "firms"}), source="plans")
    assert found.value == pytest.approx(slope, rel=1e-6)
    assert found.error_on("identity") == pytest.approx(error, rel=1e-6)


def test_an_estimate_of_renewing_says_what_it_is(plans):
    found = renewing(plans)
    assert (found.kind, found.label) == ("behaviour", "plans of a year, year after")
    assert found.method == "correlation, effects: year; clustered by 630 plans"
    # Of 6,031 ratings 398 are copies of the year before; 4,115 of the rest have a year after.
    assert (found.n, found.n + found.missing) == (4115, 6031 - 398)
    assert renewing(plans, compared="means of plans").n == 630
    assert renewing(plans, rating="care", label="care").label == "care"


def test_no_row_is_about_a_few_plans(plans):
    assert plans["plans"].min() >= 8
    keys = ["link", "rating", "sample", "period", "effects"]
    assert not plans.duplicated(keys).any()
    assert (plans["xy"] ** 2 <= plans["xx"] * plans["yy"]).all()
    for name in ("medicare_moments", "medicare_quarters"):
        assert {"contract_id", "contract", "leave"}.isdisjoint(load(name))
        assert describe(name)["class"] == "derived"


def test_quarters_give_the_shares_of_a_first_reading():
    # Shares who left in the year after, by another reading of the same plans.
    found = staying_by_quarter(load("medicare_quarters"))
    assert [round(100 * (1 - e.value), 1) for e in found] == [14.7, 12.2, 9.5, 6.9]
    assert [e.label for e in found] == ["1", "2", "3", "4"]
    assert sum(e.n for e in found) == 4115


def test_a_quarter_has_the_interval_of_a_printed_table_of_student():
    """2.262 standard errors of 9 degrees of freedom, in any table of Student's t."""
    row = {"link": "year after", "quarter": 3, "n": 40, "plans": 10, "stay": 0.8, "se": 0.1}
    (found,) = staying_by_quarter(pd.DataFrame([row]))
    assert (found.value, found.df, found.n) == (0.8, 9, 40)
    assert [found.low, found.high] == pytest.approx([0.8 - 0.2262, 0.8 + 0.2262], abs=5e-5)
    assert "Student" in found.method
    assert found.method.endswith("clustered by 10 plans")


def test_feedback_pulls_later_staying_down_within_plans_but_not_among_plans_alike():
    """Made plans whose rating follows last year's staying and tells nothing of the next."""
    rng = np.random.default_rng(5)
    size, years = 1500, 10
    noise = rng.normal(0, 1, (size, years))
    for year in range(1, years):
        noise[:, year] += 0.5 * noise[:, year - 1]
    stay = rng.normal(0, 1.5, (size, 1)) + noise
    rating = 0.5 * stay[:, :-2] + rng.normal(0, 0.5, (size, years - 2))
    rows = pd.DataFrame(
        {
            "plan": np.repeat(np.arange(size), years - 2),
            "year": np.tile(np.arange(years - 2), size),
            "x": rating.ravel(),
            "past": stay[:, :-2].ravel(),
            "now": stay[:, 1:-1].ravel(),
            "y": stay[:, 2:].ravel(),
        }
    )
    about = {"source": "made", "kind": "simulated"}
    within = panel.correlation(panel.moments(rows, ["plan", "year"], cluster="plan"), **about)
    held = panel.moments(rows, ["year"], cluster="plan", controls=["past", "now"])
    assert within.high < 0
    assert panel.correlation(held, **about).low < 0 < panel.correlation(held, **about).high


def test_not_complaining_goes_with_staying_by_hand():
    cells = {(1, 1): 10, (1, 0): 5, (0, 1): 15, (0, 0): 70}
    counts = pd.DataFrame([(*key, n) for key, n in cells.items()])
    counts.columns = ["complained", "churned", "n"]
    found = staying_without_complaint(counts)
    assert found.value == pytest.approx((10 * 70 - 5 * 15) / np.sqrt(15 * 85 * 25 * 75))
    assert (found.n, found.missing, found.kind) == (100, 0, "behaviour")
    assert found.label == "no complaint"
    assert staying_without_complaint(counts, label="all").label == "all"


# Going on: players ------------------------------------------------------------------------------


def test_playing_on_is_phi_by_hand():
    counts = load("steam_acts")
    assert counts["n"].sum() == 1823
    # Of 1,141 who recommend 793 played on, of the 682 others 286.
    by_hand = (793 * 396 - 286 * 348) / np.sqrt(1141 * 682 * 1079 * 744)
    found = playing_on(counts)
    assert found.value == pytest.approx(by_hand, rel=1e-12)
    assert (found.n, found.missing, found.source) == (1823, 0, "Steam, one game")
    later = expand(counts[["recommends", "later30", "n"]])
    assert playing_on(counts, act="later30").value == pytest.approx(later.corr().iloc[0, 1])
    assert found.label == "an hour or more after"
    assert playing_on(counts, label="an hour").label == "an hour"


def test_printed_shares_give_the_correlation_of_such_reviews():
    rows = pd.DataFrame(
        {"study_id": ["BAS26a", "BAS26b", "BAS26c"], "estimate": [80.0, 60, 35], "n": [1000.0] * 3}
    )
    reviews = {(1, 1): 480, (1, 0): 320, (0, 1): 70, (0, 0): 130}
    people = np.repeat(list(reviews), list(reviews.values()), axis=0)
    found = published_play(rows)
    assert found.value == pytest.approx(np.corrcoef(people.T)[0, 1], rel=1e-12)
    # The widest phi that rounds to these shares, and Fisher's error on either side of it.
    share, first, second = 0.7995, 0.605, 0.345
    acted = share * first + (1 - share) * second
    far = (first - second) * np.sqrt(share * (1 - share) / acted / (1 - acted))
    assert far > found.value
    assert np.arctanh(found.high) >= np.arctanh(far) + 1.959 / np.sqrt(997)
    assert np.arctanh(found.high) < np.arctanh(far) + 1.961 / np.sqrt(997) + 0.001
    assert found.low < found.value
    assert (found.kind, found.n) == ("published", 1000)
    assert (found.scale, found.label) == ("correlation", "an hour or more after")
    assert "Fisher's z" in found.method
    assert "games not clustered" in found.method


def test_the_interval_of_printed_shares_is_fishers_beyond_all_that_round_to_them():
    """Phi by numpy over a lattice of what rounds to 80%, 60% and 35%, of only seven reviews."""
    rows = pd.DataFrame(
        {"study_id": ["BAS26a", "BAS26b", "BAS26c"], "estimate": [80.0, 60, 35], "n": [7.0] * 3}
    )
    steps = np.linspace(-1, 1, 5)
    share, first, second = np.meshgrid(0.8 + 5e-4 * steps, 0.6 + 5e-3 * steps, 0.35 + 5e-3 * steps)
    acted = share * first + (1 - share) * second
    phi = (share * first - share * acted) / np.sqrt(share * (1 - share) * acted * (1 - acted))
    found = published_play(rows)
    fisher = 1.959964 / 2  # the error of Fisher's z of seven is a half
    assert np.arctanh(found.low) == pytest.approx(np.arctanh(phi.min()) - fisher, abs=1e-6)
    assert np.arctanh(found.high) == pytest.approx(np.arctanh(phi.max()) + fisher, abs=1e-6)


def test_the_many_games_agree_with_the_one_in_sign():
    found = published_play(load("literature"))
    assert found.n == 298553
    assert 0 < found.low < found.value < found.high < playing_on(load("steam_acts")).low


# Side by side -----------------------------------------------------------------------------------


def made_blocks():
    survey = pd.DataFrame({"satisfaction": [1, 1, 9, 9], "intention": [1, 8, 2, 9]})
    bought = pd.DataFrame({"score": [1, 1, 5, 5], "again": [0, 1, 0, 1], "n": [90, 10, 80, 20]})
    return compare_acts(
        surveys={"made": survey.assign(n=[30, 5, 5, 60])},
        players=load("steam_acts"),
        plans=load("medicare_moments"),
        phones=load("telecom_complaints"),
        bought={"within a year": bought},
        published=[published_play(load("literature"))],
    )


@pytest.fixture(scope="module")
def blocks():
    return made_blocks()


def test_every_estimate_of_an_act_is_the_one_its_label_says():
    found, plans, players = made_blocks(), load("medicare_moments"), load("steam_acts")
    assert [*found] == [
        ("say so", "customers in surveys"),
        ("go on", "players of one game"),
        ("go on", "players of many games"),
        ("renew", "health plans"),
        ("renew", "customers of a mobile operator"),
        ("buy anew", "customers of a marketplace"),
    ]
    labels = {who: [e.label for e in estimates] for (_, who), estimates in found.items()}
    assert labels["customers in surveys"] == ["made"]
    assert labels["customers of a marketplace"] == ["within a year"]
    assert labels["players of one game"] == ["an hour or more after", "more than 30 days after"]
    assert labels["health plans"] == [
        "plans of a year, year after",
        "plans alike so far, year after",
        "within plans, year after",
        "within plans, same year",
        "within plans, year before",
    ]
    by_label = {e.label: e for e in found["renew", "health plans"]}
    for (link, compared), (value, *_) in RECORDED.items():
        if f"{compared}, {link}" in by_label:
            assert by_label[f"{compared}, {link}"].value == pytest.approx(value, rel=1e-6)
    assert renewing(plans).value == by_label["plans of a year, year after"].value
    paid = expand(players.loc[players["paid"] == 1, ["recommends", "hour_more", "later30", "n"]])
    phi = paid.corr().loc["recommends", ["hour_more", "later30"]]
    played = [e.value for e in found["go on", "players of one game"]]
    assert played == pytest.approx(phi.tolist())
    sources = {who: {e.source for e in estimates} for (_, who), estimates in found.items()}
    assert sources["customers in surveys"] == {"surveys"}
    assert sources["customers of a marketplace"] == {"Olist"}


def test_the_acts_stand_apart_and_in_order(blocks):
    assert [act for act, _ in blocks] == ["say so", "go on", "go on", "renew", "renew", "buy anew"]
    assert len({who for _, who in blocks}) == len(blocks)
    kinds = {act: {e.kind for e in found} for (act, _), found in blocks.items()}
    assert kinds["say so"] == {"stated"}
    assert kinds["renew"] == kinds["buy anew"] == {"behaviour"}
    paid = blocks["go on", "players of one game"]
    assert {e.n for e in paid} == {1645}  # who did not pay has nothing to go on with


def test_the_frame_holds_every_estimate_as_it_is(blocks):
    frame = tidy_acts(blocks)
    listed = [estimate for found in blocks.values() for estimate in found]
    assert list(frame.columns[:7]) == ["act", "who", "label", "value", "low", "high", "n"]
    for name in ("label", "value", "low", "high", "n", "missing", "kind", "source", "method"):
        assert frame[name].tolist() == [getattr(estimate, name) for estimate in listed]
    row = frame[frame["act"] == "buy anew"].iloc[0]
    assert row["value"] == pytest.approx((20 * 90 - 10 * 80) / np.sqrt(100 * 100 * 30 * 170))
    assert frame.loc[frame["who"] == "health plans", "label"].is_unique


def test_without_results_of_others_the_acts_are_the_same(blocks):
    found = compare_acts(
        surveys={"a": pd.DataFrame({"satisfaction": [1, 2, 3, 4, 5], "intention": [1, 3, 2, 5, 4]})
                 .assign(n=1)},
        players=load("steam_acts"),
        plans=load("medicare_moments"),
        phones=load("telecom_complaints"),
        bought={"b": pd.DataFrame({"score": [1, 1, 5, 5], "again": [0, 1, 0, 1], "n": 5})
                .assign(n=[5, 1, 5, 3])},
    )  # fmt: skip
    assert [*found] == [key for key in blocks if key[1] != "players of many games"]
