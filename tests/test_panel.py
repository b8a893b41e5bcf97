"""Moments give the fit on the rows they came from, and show nobody."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats

from analysis.data import describe, load
from analysis.estimate import Estimate, TooFewError
from analysis.panel import (
    TOGETHER,
    change_correlation,
    correlation,
    difference,
    industries,
    moments,
    percent,
    pick,
    slope,
    spread_slope,
    typical_change,
)

FIRM_TABLES = (
    *("acsi_firms_moments", "acsi_firms_bins", "acsi_firms_windows", "acsi_firms_profit"),
    "carrier_churn",
)
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
# The second statistical review of the first edition, from the same panel with its own code: change
# of score and excess log return of the same years, year effects, errors clustered by firm and year.
REVIEWED = {
    1: ("0.053", "−0.005", "0.110"),
    2: ("0.104", "0.050", "0.158"),
    3: ("0.134", "0.056", "0.210"),
    5: ("0.171", "0.039", "0.298"),
}
# Slope of statsmodels' ordinary least squares on the full panel of the change over so many years,
# with its error clustered by firm; recorded on 2026-11-27.
WINDOWS = {
    ("log excess return", 3): (0.01655799645, 0.004660908231),
    ("growth", 5): (-0.005407398625, 0.002916538079),
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


@pytest.mark.parametrize("effects", EFFECTS.values(), ids=EFFECTS)
def test_an_error_clustered_twice_is_that_of_the_rows(effects):
    """As statsmodels clusters twice, with the correction for the fewer groups (reghdfe's)."""
    rows = made_panel()
    found = moments(rows, effects, cluster=["firm", "year"])
    terms = "".join(f" + C({name})" for name in effects)
    groups = rows[["firm", "year"]].to_numpy()
    options = {"groups": groups, "use_correction": False}
    expected = smf.ols(f"y ~ x{terms}", rows).fit(cov_type="cluster", cov_kwds=options)
    n, k, fewest = len(rows), len(expected.params), 12
    error = expected.cov_params().loc["x", "x"] ** 0.5 * np.sqrt(
        fewest / (fewest - 1) * (n - 1) / (n - k)
    )
    estimate = slope(found | {"clustered": "firm and year"}, source="made")
    assert (found["firms"], found["clusters"], estimate.df) == (30, fewest, fewest - 1)
    assert standard_error(estimate, fewest) == pytest.approx(error, rel=1e-9)
    assert estimate.method.endswith("clustered by 30 firms and by year")


def stacked_percent(rows: pd.DataFrame, effects: list[str], base: str) -> tuple[float, float]:
    """Return 100 slope / mean and its error from one regression of both, by the delta method."""
    design = [np.ones(len(rows)), rows["x"]]
    design += [pd.get_dummies(rows[e], drop_first=True, dtype=float).to_numpy() for e in effects]
    design = np.column_stack(design)
    n, k = design.shape
    both = np.block([[design, np.zeros((n, 1))], [np.zeros((n, k)), np.ones((n, 1))]])
    values = np.r_[rows["y"], rows[base]]
    groups = np.tile(rows["firm"].astype("category").cat.codes, 2)
    options = {"groups": groups, "use_correction": False}
    found = sm.OLS(values, both).fit(cov_type="cluster", cov_kwds=options)
    b, mean = found.params[1], found.params[k]
    gradient = 100 * np.array([1 / mean, -b / mean**2])
    covariance = found.cov_params()[np.ix_([1, k], [1, k])]
    clusters = rows["firm"].nunique()
    correction = clusters / (clusters - 1) * (n - 1) / (n - k)
    return 100 * b / mean, np.sqrt(gradient @ covariance @ gradient * correction)


@pytest.mark.parametrize("effects", EFFECTS.values(), ids=EFFECTS)
def test_per_cent_of_the_mean_has_the_error_of_slope_and_mean(effects):
    rows = made_panel()
    found = moments(rows, effects, cluster="firm", base="y")
    value, error = stacked_percent(rows, effects, "y")
    estimate = percent(found, source="made")
    assert estimate.value == pytest.approx(value, rel=1e-9)
    assert standard_error(estimate, 30) == pytest.approx(error, rel=1e-8)
    assert percent(found, units=-3, source="made").value == pytest.approx(-3 * value)


def test_per_cent_of_the_mean_by_hand():
    """Three firms of two years: x rises by 1, y by 1, 2 and 3 cents; y is 6 cents in the mean."""
    rows = pd.DataFrame({"firm": [1, 1, 2, 2, 3, 3], "x": [0.0, 1.0] * 3})
    rows["y"] = [0.05, 0.06, 0.05, 0.07, 0.05, 0.08]
    found = moments(rows, ["firm"], cluster="firm", base="y")
    assert slope(found, source="made").value == pytest.approx(0.02)
    estimate = percent(found, source="made")
    assert estimate.value == pytest.approx(100 * 0.02 / 0.06)
    told = "per cent of the mean (0.06) per 1 of x, effects: none; clustered by 3 firms"
    assert (estimate.method, estimate.label, estimate.kind) == (told, "", "money")
    assert percent(found, source="made", label="a").label == "a"
    # Firms add xy - b xx to the slope and their y, less the mean, to the mean.
    slopes, means = np.array([-0.005, 0, 0.005]), np.array([-0.01, 0, 0.01])
    moves = (slopes / 1.5 - 0.02 / 0.06 * means / 6) / 0.06
    error = 100 * np.sqrt(moves @ moves * 3 / 2 * 5 / 2)  # 3 firms, 6 rows, 4 parameters
    assert estimate.error_on("identity") == pytest.approx(error)


def test_the_typical_change_is_the_spread_that_the_effects_leave():
    rows = made_panel()
    left = smf.ols("x ~ C(firm) + C(year)", rows).fit()
    found = moments(rows, ["firm", "year"], cluster="firm")
    assert typical_change(found) == pytest.approx(np.sqrt(left.mse_resid))


def test_the_change_of_satisfaction_goes_with_the_return_of_the_same_years_as_reviewed():
    table = load("acsi_firms_windows")
    for years, expected in REVIEWED.items():
        found = change_correlation(table, "log excess return", years, source="ACSI firms")
        assert found.value == pytest.approx(float(expected[0]), abs=0.0006)
        # Its small-sample correction may be another: the ends agree to .0015.
        ends = [float(end.replace("−", "-")) for end in expected[1:]]
        assert [found.low, found.high] == pytest.approx(ends, abs=0.0015)
        assert found.kind == "money"
        windows = f"changes over {years} year{'' if years == 1 else 's'} ending in the same year"
        assert found.method.endswith(f"; {windows}")
        assert found.label == f"log excess return, {years} y"
    assert "clustered by 98 firms and by year" in found.method
    assert change_correlation(table, "growth", 2, source="s", label="a").label == "a"


def test_satisfaction_goes_with_profit_as_reviewed():
    """The review held the mean margin to be known: 3.5% [1.4, 5.7] of profit per point."""
    keys = {"sample": "all", "period": "1994-2018", "clustered": "firm"}
    row = pick(load("acsi_firms_profit"), link="margin, next year", **keys)
    found = percent(row, source="ACSI firms")
    assert [found.value, found.low, found.high] == pytest.approx([3.5, 1.4, 5.7], abs=0.07)
    usual = percent(row, units=typical_change(row), source="ACSI firms")
    assert [usual.value, usual.low, usual.high] == pytest.approx([9.6, 3.7, 15.4], abs=0.11)
    assert (found.n, found.missing, row["firms"]) == (2708, 428, 212)


def test_the_committed_windows_give_the_recorded_fits():
    for (outcome, years), (value, error) in WINDOWS.items():
        keys = {"sample": "all", "period": "1994-2018", "effects": "year", "clustered": "firm"}
        row = pick(load("acsi_firms_windows"), outcome=outcome, years=years, **keys)
        found = slope(row, source="ACSI firms")
        assert found.value == pytest.approx(value, rel=1e-6)
        assert found.error_on("identity") == pytest.approx(error, rel=1e-6)


def test_industries_hold_each_firm_once_and_name_whom_they_leave_out():
    table, keys = load("acsi_firms_profit"), {"link": "margin, next year", "clustered": "firm"}
    found = industries(table, percent, source="ACSI firms", period="1994-2018", **keys)
    assert not {e.label for e in found} & set(TOGETHER)
    assert list(found.left_out) == ["airlines"]  # their mean profit is not told from none
    assert found.left_out["airlines"].startswith("expected a mean above zero, found")
    whole = pick(table, sample="all", period="1994-2018", **keys)
    slopes = industries(table, slope, source="ACSI firms", period="1994-2018", **keys)
    assert (sum(e.n for e in slopes), len(slopes)) == (whole["n"], 12)
    rest = pick(table, sample="without utilities", period="1994-2018", **keys)
    assert slopes[0].label == "utilities"
    assert slopes[0].n + rest["n"] == whole["n"]


def test_the_difference_of_two_parts_is_that_of_their_interaction():
    """One regression with everything by part gives the same slopes and, but for its correction,
    the same error."""
    rows = made_panel(firms=40)
    rows["second"] = (rows["firm"] >= 20).astype(float)
    parts = [moments(rows[rows["second"] == part], [], cluster="firm") for part in (0, 1)]
    first, second = (slope(part, source="made", label=f"{i}") for i, part in enumerate(parts))
    found = difference(second, first)
    options = {"groups": rows["firm"], "use_correction": False}
    fit = smf.ols("y ~ x * second", rows).fit(cov_type="cluster", cov_kwds=options)
    assert found.value == pytest.approx(fit.params["x:second"], rel=1e-9)
    sizes = [np.sqrt(20 / 19 * (p["n"] - 1) / (p["n"] - 2)) for p in parts]
    assert found.error_on("identity") == pytest.approx(
        fit.bse["x:second"] * np.mean(sizes), rel=1e-3
    )
    assert (found.n, found.label, found.source) == (len(rows), "1 less 0", "made")
    assert found.method.startswith("difference, no firm in both; first: slope, ")
    other = difference(slope(parts[1], source="other", label="b"), first)
    assert (other.source, other.value) == ("other, made", found.value)


def test_the_difference_of_correlations_is_cohens_q():
    """Cohen (1988), Statistical Power Analysis, table 4.2.1: r .50 and .25 differ by q = .294."""
    about = {"kind": "money", "source": "made", "method": "r", "scale": "correlation"}
    made = [
        Estimate(value=r, low=np.tanh(np.arctanh(r) - 0.2), high=np.tanh(np.arctanh(r) + 0.2),
                 n=99, missing=1, **about)
        for r in (0.50, 0.25)
    ]  # fmt: skip
    found = difference(*made)
    assert np.arctanh(found.value) == pytest.approx(0.294, abs=0.0005)
    assert np.arctanh(found.high) - np.arctanh(found.value) == pytest.approx(0.2 * np.sqrt(2))
    assert (found.n, found.missing, found.scale) == (198, 2, "correlation")


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
    for name, keys in (("windows", ["outcome", "years"]), ("profit", ["link"])):
        more = load(f"acsi_firms_{name}")
        assert more["firms"].min() >= 8
        assert not more.duplicated([*keys, "sample", "period", "effects", "clustered"]).any()
    for name in FIRM_TABLES:
        assert {"firm", "acsi", "ticker", "revenue_musd"}.isdisjoint(load(name))
        assert describe(name)["class"] == "derived"


@pytest.mark.parametrize("name", ["acsi_firms_moments", "acsi_firms_windows", "acsi_firms_profit"])
def test_the_sums_are_possible(name):
    table = load(name)
    assert (table[["xx", "yy", "xx_xx", "xy_xy", "yy_yy"]] > 0).all(axis=None)
    if "clustered" in table:  # an error clustered twice may not exist: here it does
        twice = table[table["clustered"] == "firm and year"]
        assert set(twice["sample"]) == set(TOGETHER)
        for _, row in twice.iterrows():
            assert correlation(row, source="made").df == row["clusters"] - 1
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
    for function, name in ((slope, "slope"), (correlation, "correlation")):
        bare = function(moments(made_panel(), [], cluster="firm"), source="made")
        assert (bare.label, bare.kind, bare.missing) == ("", "money", 0)
        assert bare.method == f"{name}, effects: none; clustered by 30 firms"


def test_only_moments_clustered_twice_have_a_number_of_clusters():
    rows, names = made_panel(), ["n", "firms", "parameters", "xx", "xy", "yy"]
    names += ["xx_xx", "xx_xy", "xx_yy", "xy_xy", "xy_yy", "yy_yy"]
    assert set(moments(rows, [], cluster="firm")) == set(names)
    assert set(moments(rows, [], cluster=["firm", "year"])) == {*names, "clusters"}


def test_two_firms_are_enough_for_an_interval_of_one_degree_of_freedom():
    rows = made_panel(firms=2)
    estimate = slope(moments(rows, [], cluster="firm"), source="made")
    expected = fit(rows, [])
    assert estimate.df == 1
    # 12.706 is Student's quantile of one degree of freedom in any table.
    assert estimate.high - estimate.value == pytest.approx(12.706 * expected.bse["x"], rel=1e-4)


# Spread within groups -----------------------------------------------------------------------------


def made_sellers(groups=150, size=60, effect=0.0, seed=4):
    """Orders whose score falls by 0.3 a day past day 0 only, and by ``effect`` a day of spread."""
    rng = np.random.default_rng(seed)
    spread = rng.uniform(2, 8, groups)
    shift = rng.normal(-6, 2, groups)
    group = np.repeat(np.arange(groups), size)
    x = np.round(shift[group] + spread[group] * rng.standard_normal(len(group)))
    y = 4.5 - 0.3 * np.clip(x, 0, 12) + effect * spread[group] + rng.normal(0, 1, len(group))
    return pd.DataFrame({"group": group, "x": x, "y": y, "late": (x > 0).astype(int)})


SPREAD = {"least": 30, "source": "made", "kind": "stated", "clusters": "sellers"}


def test_a_bend_alone_makes_a_slope_of_spread_that_own_days_take_away():
    """The truth is none: the interval holds it in 19 of 20 runs; with own days kept, in none."""
    removed = kept = 0
    for seed in range(60):
        rows = made_sellers(seed=seed)
        found = spread_slope(rows, **SPREAD)
        removed += found.low <= 0 <= found.high
        kept += spread_slope(rows, own="kept", **SPREAD).high < 0
    assert removed >= 52, removed
    assert kept == 60, kept


def test_a_spread_that_counts_by_itself_is_found():
    """Known answer: the effect of a day of spread, in units of both standard deviations."""
    rows = made_sellers(groups=400, effect=-0.1)
    groups = rows.groupby("group")
    units = groups["x"].std().std(ddof=0) / groups["y"].mean().std(ddof=0)
    found = spread_slope(rows, **SPREAD)
    assert found.low <= -0.1 * units <= found.high
    assert found.high < 0


@pytest.mark.parametrize("controls", [[], ["late"]], ids=["alone", "with a control"])
def test_the_slope_of_spread_is_that_of_a_fit_on_group_means_weighted_by_rows(controls):
    rows = pd.concat([made_sellers(groups=40), made_sellers(size=20, groups=9).assign(group=-1)])
    rows = rows[(rows["group"] % 3 > 0) | (rows.index % 60 < 45)]
    few = made_sellers(groups=2, size=10, seed=9).assign(group=lambda t: t["group"] + 900)
    rows = pd.concat([rows, few], ignore_index=True)
    rows = rows[rows.groupby("group")["y"].transform("size") >= 10]
    kept = rows[rows.groupby("group")["y"].transform("size") >= 30]
    curve = smf.ols("y ~ C(x) + C(group)", kept).fit().params
    effect = {x: curve.get(f"C(x)[T.{x}]", 0.0) for x in kept["x"].unique()}
    rows["left"] = rows["y"] - rows["x"].map(effect)
    table = rows.groupby("group").agg(
        n=("y", "size"),
        y=("y", "mean"),
        left=("left", "mean"),
        spread=("x", "std"),
        x=("x", "mean"),
        late=("late", "mean"),
    )
    table = table[table["n"] >= 30]
    formula = " + ".join(["left ~ spread + x", *controls])
    expected = smf.wls(formula, table, weights=table["n"]).fit().params["spread"]
    sd = {
        name: np.sqrt(np.cov(table[name], fweights=table["n"], ddof=0)) for name in ("spread", "y")
    }
    found = spread_slope(rows, controls=controls, **SPREAD)
    assert found.value == pytest.approx(expected * sd["spread"] / sd["y"])
    assert (found.n, found.missing) == (table["n"].sum(), 20)
    assert found.method == f"slope, effects: none; clustered by {len(table)} sellers"


def test_a_slope_of_spread_says_what_it_is():
    rows, about = made_sellers(groups=20, size=30), {"source": "made", "kind": "stated"}
    bare = spread_slope(rows, least=30, **about)
    assert (bare.label, bare.kind) == ("", "stated")
    assert bare.method == "slope, effects: none; clustered by 20 firms"
    assert spread_slope(rows, least=30, label="a", **about).label == "a"


def test_two_rows_make_a_group_that_has_a_spread():
    """Of two days with a gap g apart the standard deviation is g over the root of two."""
    rng = np.random.default_rng(2)
    gap, start = rng.integers(1, 6, 60), rng.integers(0, 4, 60)
    x = np.column_stack([start, start + gap]).ravel()
    rows = pd.DataFrame({"group": np.repeat(range(60), 2), "x": x, "y": rng.normal(0, 1, 120)})
    found = spread_slope(rows, own="kept", **SPREAD | {"least": 2})
    table = rows.groupby("group").mean().assign(gap=gap / np.sqrt(2))
    expected = smf.ols("y ~ gap + x", table).fit().params["gap"]
    units = table["gap"].std(ddof=0) / table["y"].std(ddof=0)
    assert (found.value, found.n) == (pytest.approx(expected * units), 120)


def test_two_worlds_of_groups_that_share_no_day_are_refused():
    one, two = (made_sellers(groups=20, size=31, seed=seed) for seed in (1, 2))
    both = pd.concat([one, two.assign(group=two["group"] + 100, x=two["x"] + 1000)])
    with pytest.raises(TooFewError, match="share values of x"):
        spread_slope(both, **SPREAD)


def test_the_least_group_is_inclusive():
    rows = made_sellers(groups=20, size=30)
    assert spread_slope(rows, **SPREAD).n == 600
