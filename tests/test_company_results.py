"""Results of a company: the numbers of plain rows, and simulated companies whose truth is known."""

from dataclasses import replace
from datetime import date
from math import sqrt

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.company.count import Counts, count
from analysis.company.results import DIFFERENCE, MADE, Window, estimate, money_slope
from analysis.estimate import TooFewError, Z
from tests.test_company_count import make_tables, plain_rows, prepare

NAMES = {
    *("nps", "mean_score", "return_share", "return_correlation", "return_auc"),
    *("money_per_customer", "point_return", "point_money", "held_point_return"),
    *("leak", "loyal_unhappy", "answers_needed", "value_at_risk", "break_even"),
    *("answered_difference", "return_share_everyone"),
}
COMPANIES = 200
# What 200 intervals of 95% may cover, or call, by chance: the binomial share within 3 errors.
SLACK = 3 * sqrt(0.05 * 0.95 / COMPANIES)


def find(results, name, **wanted):
    keys = {"window_days": None, "segment": None, "score": None} | wanted
    (found,) = (
        r for r in results if r.name == name and all(getattr(r, k) == v for k, v in keys.items())
    )
    return found


def check(result, value, error=None):
    """Hold a result against a value and the error of a symmetric interval."""
    assert result.value == pytest.approx(value, rel=1e-9, abs=1e-12)
    if error is not None:
        assert result.high - result.value == pytest.approx(Z * error, rel=1e-8)
        assert result.value - result.low == pytest.approx(Z * error, rel=1e-8)


@pytest.fixture(scope="module")
def tables():
    return make_tables(21, 900, segments=("north", "south", None))


@pytest.fixture(scope="module")
def results(tables):
    return estimate(count(prepare(*tables)), margin=0.4)


@pytest.fixture(scope="module")
def rows(tables):
    return plain_rows(*tables, 180)


# The numbers of plain rows


def test_every_name_is_there_with_its_number(tables, results):
    told = {r.name for r in results if r.value is not None}
    assert told >= NAMES - {"nps"}
    other = find(results, "nps")
    assert other.value is None
    assert "a question of 0 to 10" in other.note
    recommend = tables[0].assign(score=tables[0]["score"] * 2)
    nps = estimate(count(prepare(recommend, tables[1], scale=(0, 10), nps=True)))
    promoters = 100 * ((recommend["score"] >= 9).mean() - (recommend["score"] <= 6).mean())
    check(find(nps, "nps"), promoters)


def test_shares_and_means_are_those_of_the_rows(tables, results, rows):
    check(find(results, "mean_score"), tables[0]["score"].mean())
    at = {"window_days": 180}
    check(find(results, "return_share", **at), rows["again"].mean())
    money = find(results, "money_per_customer", **at)
    check(money, rows["cents"].mean())
    assert money.n == len(rows)
    check(find(results, "return_correlation", **at), rows["score"].corr(rows["again"]))
    back, gone = (rows.loc[rows["again"] == flag, "score"].to_numpy() for flag in (1, 0))
    order = np.sign(back[:, None] - gone[None, :])
    check(find(results, "return_auc", **at), (order > 0).mean() + (order == 0).mean() / 2)
    for score, part in rows.groupby("score"):
        check(find(results, "return_share", score=score, **at), part["again"].mean())
        check(find(results, "money_per_customer", score=score, **at), part["cents"].mean())
    for segment, part in rows.groupby("segment"):
        check(find(results, "return_share", segment=segment, **at), part["again"].mean())
        rest = rows[rows["segment"] != segment]
        against = find(results, "return_share_against_rest", segment=segment, **at)
        check(against, part["again"].mean() - rest["again"].mean())


def test_slopes_have_the_errors_that_rows_would_give(results, rows):
    at = {"window_days": 180}
    for name, formula in {
        "point_return": "again ~ score",
        "point_money": "cents ~ score",
        "held_point_return": "again ~ score + C(earlier * 4 + tenure) + C(segment)",
    }.items():
        fit = smf.ols(formula, rows).fit(cov_type="HC1")
        check(find(results, name, **at), fit.params["score"], fit.bse["score"])
    money = find(results, "point_money", **at)
    worth = find(results, "break_even", **at)
    assert [worth.low, worth.value, worth.high] == pytest.approx(
        [0.4 * x for x in (money.low, money.value, money.high)]
    )


def test_the_ends_of_the_scale_are_the_leak_and_the_loyal_unhappy(results, rows):
    at = {"window_days": 180}
    check(find(results, "leak", **at), 1 - rows.loc[rows["score"] == 5, "again"].mean())
    unhappy = rows[rows["score"] < 3]
    check(find(results, "loyal_unhappy", **at), unhappy["again"].mean())
    check(find(results, "value_at_risk", **at), unhappy["cents"].sum())


def test_everyone_counts_for_as_long_as_they_were_watched(results):
    for days in (90, 180, 365):
        whole, everyone = (
            find(results, name, window_days=days)
            for name in ("return_share", "return_share_everyone")
        )
        assert everyone.n > whole.n
        assert everyone.value == pytest.approx(whole.value, abs=0.04)


def test_several_answers_of_a_customer_have_clustered_errors():
    surveys, orders = make_tables(22, 300, answers="all", segments=("a",))
    results = estimate(count(prepare(surveys, orders, answer="all")))
    rows = plain_rows(surveys, orders, 180)
    cluster = {"groups": pd.factorize(rows["customer"])[0]}
    at = {"window_days": 180}
    for name, outcome in {"point_return": "again", "point_money": "cents"}.items():
        fit = smf.ols(f"{outcome} ~ score", rows).fit(cov_type="cluster", cov_kwds=cluster)
        plain = smf.ols(f"{outcome} ~ score", rows).fit(cov_type="HC1")
        check(find(results, name, **at), fit.params["score"], fit.bse["score"])
        assert abs(fit.bse["score"] / plain.bse["score"] - 1) > 1e-3, "or it tests nothing"
    money = find(results, "money_per_customer", **at)
    fit = smf.ols("cents ~ 1", rows).fit(cov_type="cluster", cov_kwds=cluster)
    assert (money.high - money.low) / 2 == pytest.approx(Z * fit.bse["Intercept"], rel=0.01)
    assert "several answers" in find(results, "held_point_return", **at).note
    share = find(results, "return_share", **at)
    fit = smf.ols("again ~ 1", rows).fit(cov_type="cluster", cov_kwds=cluster)
    assert (share.high - share.low) / 2 == pytest.approx(Z * fit.bse["Intercept"], rel=0.02)
    score = find(results, "mean_score")
    mean = smf.ols("score ~ 1", surveys).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(surveys["customer"])[0]}
    )
    assert (score.high - score.low) / 2 == pytest.approx(Z * mean.bse["Intercept"], rel=0.01)


def test_all_answers_of_customers_with_one_each_are_as_the_first(tables):
    first, every = (
        estimate(count(prepare(*tables, answer=answer, windows=(90,))))
        for answer in ("first", "all")
    )
    for name in ("point_return", "point_money", "return_share"):
        a, b = (find(found, name, window_days=90) for found in (first, every))
        assert b.value == a.value
        assert b.high - b.low == pytest.approx(a.high - a.low, rel=1e-3)


def test_double_prices_double_all_money_and_nothing_else(tables, results):
    surveys, orders = tables
    dear = estimate(count(prepare(surveys, orders.assign(cents=2 * orders["cents"]))), margin=0.4)
    assert len(dear) == len(results)
    for once, twice in zip(results, dear, strict=True):
        factor = 2 if once.unit.startswith("cents") else 1
        if once.value is not None:
            wanted = [factor * x for x in (once.value, once.low, once.high)]
            assert [twice.value, twice.low, twice.high] == pytest.approx(wanted, rel=1e-9)
        assert (once.n, once.note) == (twice.n, twice.note)


def test_money_that_does_not_vary_has_no_slope():
    with pytest.raises(TooFewError, match="varies"):
        money_slope(pd.DataFrame({"score": [1, 2], "n": 9, "total": 90, "total_sq": 900}))
    with pytest.raises(TooFewError, match="different scores, found 9"):
        money_slope(pd.DataFrame({"score": [1], "n": 9, "total": 90, "total_sq": 1900}))


# Simulated companies


def made_counts(rows, *, scale=(1, 5), days=90):
    """Counts of one window from rows with score, again, cents, earlier and tenure."""
    rows = rows.assign(window=days, segment="")
    keys = ["window", "segment", "score", "earlier", "tenure", "again"]
    cents = rows.groupby(keys)["cents"]
    returns = cents.agg(n="size", cents="sum", cents_1="max").reset_index()
    returns["cents2"] = (
        rows.assign(cents=rows["cents"] ** 2).groupby(keys)["cents"].sum().to_numpy()
    )
    returns["cents_2"] = 0
    scores = rows.groupby("score").size().reset_index(name="n").assign(month="2024-01")
    none = pd.DataFrame(columns=["n"])
    return Counts(
        scores=scores,
        segments=scores.assign(segment=""),
        returns=returns,
        curve=pd.DataFrame({"score": [1], "day": [3], "events": [0], "left": [len(rows)]}),
        asked=none,
        pairs=none,
        score_pairs=none,
        account={"answers": {"used": len(rows), f"watched_{days}": len(rows)}},
        assumed=[],
        scale=scale,
        nps=False,
        end=date(2024, 12, 31),
    )


def simulate(rng, effect, *, customers=600, confounding=0.0):
    """One company: a point more changes the share who return by ``effect``, tenure by the rest."""
    tenure = rng.integers(0, 4, customers)
    lean = tenure - 1.5 if confounding else np.zeros(customers)
    score = np.clip(np.round(3 + lean + rng.normal(0, 1.1, customers)), 1, 5).astype(int)
    chance = 0.4 + effect * (score - 3) + confounding * (tenure - 1.5)
    again = (rng.random(customers) < chance).astype(int)
    spent = np.round(rng.gamma(2, 1500, customers)).astype(int)
    return pd.DataFrame(
        {
            "score": score,
            "again": again,
            "cents": again * spent,
            "earlier": np.minimum(tenure, 1),
            "tenure": tenure,
        }
    )


def points(seed, effect, wanted, **options):
    """The results of some names from each of many simulated companies."""
    rng = np.random.default_rng(seed)
    found = {name: [] for name in wanted}
    for _ in range(COMPANIES):
        window = Window(made_counts(simulate(rng, effect, **options)), 90, None)
        kept = {r.name: r for r in window.slopes() if r.name in wanted}
        for name, many in found.items():
            many.append(kept[name])
    return found


@pytest.mark.parametrize(("effect", "seed"), [(0.05, 1), (0.0, 2), (-0.04, 3)])
def test_intervals_of_simulated_companies_cover_the_truth(effect, seed):
    truth = {"point_return": effect, "point_money": 3000 * effect}
    found = points(seed, effect, truth)
    for name, value in truth.items():
        covered = np.mean([r.low <= value <= r.high for r in found[name]])
        assert abs(covered - 0.95) <= SLACK, f"{name}: {covered:.1%} of intervals hold {value}"
        called = np.mean([np.sign(r.low) == np.sign(r.high) for r in found[name]])
        if effect == 0:
            assert called <= 0.05 + SLACK, f"{name}: zero is called an effect in {called:.1%}"
        else:
            assert called > 0.3, f"{name}: an effect of {value} is seen in {called:.1%} only"
        wrong = np.mean([r.value * effect < 0 and r.low * r.high > 0 for r in found[name]])
        assert wrong <= 0.01, f"{name}: the reverse is called in {wrong:.1%}"


def test_confounding_by_tenure_goes_when_tenure_is_held():
    found = points(4, 0.02, ["point_return", "held_point_return"], confounding=0.1)
    held, plain = (
        np.mean([r.low <= 0.02 <= r.high for r in found[name]])
        for name in ("held_point_return", "point_return")
    )
    assert abs(held - 0.95) <= SLACK, f"held: {held:.1%} hold the truth"
    assert plain < 0.3, f"plain: {plain:.1%} hold the truth, which tenure hides"
    values = [r.value for r in found["held_point_return"]]
    assert np.mean(values) == pytest.approx(0.02, abs=4 * np.std(values) / sqrt(COMPANIES))


# What cannot be told


def test_as_many_answers_as_are_said_to_be_enough_are_enough():
    rng = np.random.default_rng(5)
    small = Window(made_counts(simulate(rng, 0.0, customers=400)), 90, None)
    needed = {r.name: r for r in small.slopes()}["answers_needed"].value
    large = Window(made_counts(simulate(rng, 0.0, customers=int(needed))), 90, None)
    point = {r.name: r for r in large.slopes()}["point_return"]
    assert (point.high - point.low) * 4 == pytest.approx(DIFFERENCE, rel=0.1)


def test_an_effect_too_small_for_the_answers_is_said_to_be():
    rng = np.random.default_rng(6)
    found = estimate(made_counts(simulate(rng, 0.0, customers=200)))
    point = find(found, "point_return", window_days=90)
    needed = find(found, "answers_needed", window_days=90).value
    assert point.low < 0 < point.high
    assert point.note == f"too few answers to tell: about {needed:,.0f} would be enough"


@pytest.mark.parametrize("back", [0, 4, 40])
def test_too_few_who_return_or_stay_away_are_told_with_how_many_would_do(back):
    frame = simulate(np.random.default_rng(7), 0.0, customers=40)
    frame["again"] = (np.arange(40) < back).astype(int)
    found = estimate(made_counts(frame.assign(cents=100 * frame["again"])))
    for name in ("point_return", "point_money", "held_point_return"):
        result = find(found, name, window_days=90)
        assert result.value is None
        assert "answers would be enough" in result.note
    share = find(found, "return_share", window_days=90)
    assert (share.value is None) == (back == 4), "of 40 all or none is told, four are not"


def test_a_window_nobody_was_watched_for_is_told():
    tables = make_tables(3, 100)
    found = estimate(count(prepare(*tables, windows=(90, 3000))))
    result = find(found, "point_return", window_days=3000)
    assert result.note.startswith("nobody could be watched for 3000 days; about ")


def test_data_in_which_a_score_decides_everything_look_made():
    frame = simulate(np.random.default_rng(8), 0.0, customers=800)
    made = frame.assign(again=np.where(frame["score"] == 1, 0, frame["again"]))
    assert "warning" not in {r.name for r in estimate(made_counts(made))}
    made.loc[made["score"] == 5, "again"] = 1
    (first, *others) = estimate(made_counts(made))
    assert (first.name, first.value, first.note) == ("warning", None, MADE)
    assert "warning" not in {r.name for r in others}
    few = made.drop(index=made.index[made["score"] == 5][9:])
    assert "warning" not in {r.name for r in estimate(made_counts(few))}, "nine may be chance"


def test_masked_numbers_of_a_file_are_not_passed_over():
    counts = made_counts(simulate(np.random.default_rng(9), 0.03))
    returns = counts.returns.astype({"n": object})
    returns.loc[returns["score"] == 1, "n"] = None
    results = estimate(replace(counts, returns=returns.assign(masked="")))
    point = find(results, "point_return", window_days=90)
    assert point.value is None
    assert "are masked in the counts file" in point.note
    assert find(results, "return_share", window_days=90, score=4).value is not None
