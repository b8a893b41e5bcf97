"""Moments give the fit on the rows they came from, and show nobody."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from analysis.data import describe, load
from analysis.panel import correlation, moments, pick, slope

FIRM_TABLES = ("acsi_firms_moments", "acsi_firms_bins", "carrier_churn")
EFFECTS = {"none": [], "year": ["year"], "firm_year": ["firm", "year"]}
# Slope and clustered error of statsmodels' ordinary least squares with one dummy per firm and
# year on the full panel, next year's margin on satisfaction; recorded on 2026-11-22.
RECORDED = {
    ("all", "none"): (0.002142906833, 0.0007288465139),
    ("all", "year"): (0.001968661524, 0.0007494335718),
    ("all", "firm_year"): (0.002279074298, 0.0007047015015),
    ("utilities", "none"): (0.002816741583, 0.000829279595),
    ("utilities", "year"): (0.002690854572, 0.0008463496758),
    ("utilities", "firm_year"): (0.0009024862269, 0.0008412239756),
    ("without utilities", "none"): (0.002234141269, 0.0008205355216),
    ("without utilities", "year"): (0.002111329222, 0.0008435719621),
    ("without utilities", "firm_year"): (0.00321530875, 0.0008832337065),
}


def made_panel(firms: int = 30, years: int = 12, seed: int = 7) -> pd.DataFrame:
    """Return made firm-years with firm and year effects, related errors and gaps."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([range(firms), range(years)], names=["firm", "year"])
    rows = index.to_frame(index=False)
    rows["x"] = 75 + rng.normal(0, 5, firms)[rows["firm"]] + rng.normal(0, 2, len(rows))
    shock = rng.normal(0, 0.03, firms)[rows["firm"]] * (rows["year"] > 6)
    rows["y"] = 0.002 * rows["x"] + shock + rng.normal(0, 0.02, len(rows))
    rows["z"] = rows["y"] + rng.normal(0, 0.02, len(rows))
    return rows.sample(frac=0.8, random_state=seed).reset_index(drop=True)


def fit(rows: pd.DataFrame, effects: list[str], controls: str = ""):
    terms = "".join(f" + C({name})" for name in effects) + controls
    model = smf.ols(f"y ~ x{terms}", rows)
    return model.fit(cov_type="cluster", cov_kwds={"groups": rows["firm"]}, use_t=True)


def standard_error(estimate, firms: int) -> float:
    return (estimate.high - estimate.low) / 2 / stats.t.ppf(0.975, firms - 1)


@pytest.mark.parametrize("effects", EFFECTS.values(), ids=EFFECTS)
@pytest.mark.parametrize("controls", [[], ["z"]], ids=["alone", "with a control"])
def test_a_slope_from_moments_is_that_of_the_rows(effects, controls):
    rows = made_panel()
    found = moments(rows, effects, cluster="firm", controls=controls)
    expected = fit(rows, effects, "".join(f" + {name}" for name in controls))
    estimate = slope(found, source="made")
    assert estimate.value == pytest.approx(expected.params["x"], rel=1e-9)
    assert found["parameters"] == len(expected.params)
    assert standard_error(estimate, found["firms"]) == pytest.approx(expected.bse["x"], rel=1e-9)
    assert [estimate.low, estimate.high] == pytest.approx(list(expected.conf_int().loc["x"]))


def test_a_correlation_is_that_of_what_the_effects_leave():
    rows = made_panel()
    left = [smf.ols(f"{name} ~ C(firm) + C(year)", rows).fit().resid for name in ("x", "y")]
    estimate = correlation(moments(rows, ["firm", "year"], cluster="firm"), source="made")
    assert estimate.value == pytest.approx(np.corrcoef(*left)[0, 1], rel=1e-9)
    assert -1 < estimate.low < estimate.value < estimate.high < 1


def test_the_interval_of_a_correlation_matches_a_bootstrap_of_firms():
    rows = made_panel(firms=120)
    rows[["x", "y"]] -= rows[["x", "y"]].mean()
    parts = rows.assign(xx=rows["x"] ** 2, xy=rows["x"] * rows["y"], yy=rows["y"] ** 2)
    parts = parts.groupby("firm")[["xx", "xy", "yy"]].sum().to_numpy()
    draws = np.random.default_rng(1).multinomial(120, np.ones(120) / 120, size=4000) @ parts
    drawn = np.arctanh(draws[:, 1] / np.sqrt(draws[:, 0] * draws[:, 2]))
    estimate = correlation(moments(rows, [], cluster="firm"), source="made")
    wide = np.arctanh(estimate.high) - np.arctanh(estimate.low)
    assert wide / (2 * 1.98) == pytest.approx(drawn.std(), rel=0.06)


def test_the_error_of_a_correlation_is_that_of_the_firms_left_out_a_little():
    """The infinitesimal jackknife: how the correlation moves with the weight of each firm."""
    rows = made_panel(firms=40)
    found = moments(rows, [], cluster="firm")
    rows[["x", "y"]] -= rows[["x", "y"]].mean()
    parts = rows.assign(xx=rows["x"] ** 2, xy=rows["x"] * rows["y"], yy=rows["y"] ** 2)
    parts = parts.groupby("firm")[["xx", "xy", "yy"]].sum().to_numpy()

    def weighted(weights):
        xx, xy, yy = weights @ parts
        return np.arctanh(xy / np.sqrt(xx * yy))

    step, ones = 1e-5, np.ones(len(parts))
    moves = [
        (weighted(ones + step * unit) - weighted(ones - step * unit)) / (2 * step)
        for unit in np.eye(len(parts))
    ]
    firms, n = len(parts), len(rows)
    error = np.sqrt(np.sum(np.square(moves)) * firms / (firms - 1) * (n - 1) / (n - 2))
    estimate = correlation(found, source="made")
    assert estimate.error_on("correlation") == pytest.approx(error, rel=1e-7)
    assert (estimate.scale, estimate.df) == ("correlation", firms - 1)
    assert slope(found, source="made").error_on("identity") == pytest.approx(
        fit(rows, []).bse["x"], rel=1e-9
    )


@pytest.mark.parametrize("dtype", ["Float64", "double[pyarrow]", "object", "category"])
def test_any_type_of_number_gives_the_same_moments(dtype):
    rows = made_panel(firms=5)
    expected = moments(rows, ["firm"], cluster="firm", controls=["z"])
    typed = rows.astype({"x": dtype, "z": dtype})
    assert moments(typed, ["firm"], cluster="firm", controls=["z"]) == expected
    shuffled = rows.rename(columns={"z": "n"}).sample(frac=1, random_state=1)
    assert moments(shuffled, ["firm"], cluster="firm") == pytest.approx(
        moments(rows, ["firm"], cluster="firm"), rel=1e-9
    )


def test_a_row_that_is_not_there_or_not_alone_is_refused():
    table = pd.DataFrame({"sample": ["all", "all"], "period": ["a", "b"]})
    assert pick(table, sample="all", period="b")["period"] == "b"
    for keys in ({"sample": "all"}, {"sample": "none"}):
        with pytest.raises(KeyError, match="expected one row"):
            pick(table, **keys)


def test_the_committed_moments_give_the_recorded_fits():
    table = load("acsi_firms_moments")
    for (sample, effects), (value, error) in RECORDED.items():
        row = pick(
            table, link="margin, next year", sample=sample, period="1994-2018", effects=effects
        )
        estimate = slope(row, source="ACSI firms")
        assert estimate.value == pytest.approx(value, rel=1e-6)
        assert standard_error(estimate, row["firms"]) == pytest.approx(error, rel=1e-6)


def test_no_row_is_about_a_few_firms():
    table = load("acsi_firms_moments")
    assert table["firms"].min() >= 8
    assert load("acsi_firms_bins")["firms"].min() >= 8
    assert len(table) == len(table.drop_duplicates(["link", "sample", "period", "effects"]))
    for name in FIRM_TABLES:
        assert {"firm", "acsi", "ticker", "revenue_musd"}.isdisjoint(load(name))
        assert describe(name)["class"] == "derived"


def test_the_sums_are_possible():
    table = load("acsi_firms_moments")
    assert (table[["xx", "yy", "xx_xx", "xy_xy", "yy_yy"]] > 0).all(axis=None)
    assert (table["xy"] ** 2 <= table["xx"] * table["yy"]).all()
    assert (table["xx_xx"] <= table["xx"] ** 2).all()


def test_an_estimate_from_moments_says_what_it_is():
    row = moments(made_panel(), ["firm", "year"], cluster="firm")
    row |= {"effects": "firm_year", "missing": 3}
    about = {"source": "made", "kind": "simulated", "label": "a"}
    for function, name in ((slope, "slope"), (correlation, "correlation")):
        found = function(row, **about)
        assert found.method == f"{name}, effects: firm and year; clustered by 30 firms"
        assert (found.label, found.kind, found.source) == ("a", "simulated", "made")
        assert (found.n, found.missing) == (row["n"], 3)
    bare = slope(moments(made_panel(), [], cluster="firm"), source="made")
    assert (bare.label, bare.kind, bare.missing) == ("", "money", 0)
    assert bare.method == "slope, effects: none; clustered by 30 firms"
