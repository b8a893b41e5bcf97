"""The committed counts and moments are those of the microdata, byte for byte."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.data import DATA, describe, load, table_names
from analysis.panel import percent, pick
from tests.test_acts import RECORDED as RECORDED_PLANS
from tests.test_acts import fit_plans
from tests.test_panel import EFFECTS, FIRM_TABLES, RECORDED, WINDOWS, fit, stacked_percent
from tests.test_telecom import CUTS

MICRODATA = Path(os.environ["SATISFACTION_MICRODATA"])
PLAN_TABLES = ("medicare_moments", "medicare_quarters")
ACSI = [name for name in table_names() if name.startswith("acsi_2015_")]


@pytest.mark.parametrize(
    "names", [ACSI, ["telecom_complaints"], list(FIRM_TABLES), list(PLAN_TABLES), ["steam_acts"]]
)
def test_tables_are_rebuilt_byte_for_byte(names, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder, ignore=shutil.ignore_patterns("builders", ".build-*"))
    paths = [describe(name)["path"] for name in names]
    for path in paths:
        (folder / path).unlink()
    build = [sys.executable, str(DATA / "builders" / "build.py"), *names]
    run = subprocess.run(
        [*build, "--data", str(folder), "--microdata", str(MICRODATA)],
        capture_output=True,
        text=True,
        cwd=DATA.parent,
    )
    assert run.returncode == 0, run.stderr
    for path in (*paths, "datapackage.json"):
        assert (folder / path).read_bytes() == (DATA / path).read_bytes()


def test_the_committed_moments_give_the_fit_on_the_full_panel():
    panel = pd.read_csv(MICRODATA / "acsi_firm_panel" / "firm_panel.csv")
    later = panel[["firm", "year", "margin"]].assign(year=panel["year"] - 1)
    rows = panel.merge(later, on=["firm", "year"], suffixes=("", "_next"))
    rows = rows.assign(x=rows["acsi"], y=rows["margin_next"].clip(-0.3, 0.4))
    rows = rows.dropna(subset=["x", "y"])
    parts = {
        "all": rows,
        "utilities": rows[rows["regulated_utility"] == 1],
        "without utilities": rows[rows["regulated_utility"] == 0],
    }
    for (sample, effects), (value, error) in RECORDED.items():
        found = fit(parts[sample], EFFECTS[effects])
        assert found.params["x"] == pytest.approx(value, rel=1e-6)
        assert found.bse["x"] == pytest.approx(error, rel=1e-6)


def test_the_committed_windows_give_the_fit_on_the_full_panel():
    panel = pd.read_csv(MICRODATA / "acsi_firm_panel" / "firm_panel.csv")
    ratio = (1 + panel["price_return"]) / (1 + panel["spy_price_return"])
    panel["log excess return"] = np.log(ratio)
    seen = panel.set_index(["firm", "year"]).to_dict("index")

    def growth(firm, year):
        now, before = (seen.get((firm, y), {}).get("revenue_musd", 0) for y in (year, year - 1))
        rate = np.log(now / before) if now > 0 and before > 0 else np.nan
        return rate if abs(rate) <= 0.4 else np.nan

    def excess(firm, year):
        return seen.get((firm, year), {}).get("log excess return", np.nan)

    yearly = {"log excess return": excess, "growth": growth}
    for (outcome, years), (value, error) in WINDOWS.items():
        rows = [
            (firm, year, row["acsi"] - seen[firm, year - years]["acsi"],
             sum(yearly[outcome](firm, year - back) for back in range(years)))
            for (firm, year), row in seen.items()
            if year <= 2018 and (firm, year - years) in seen
        ]  # fmt: skip
        found = fit(pd.DataFrame(rows, columns=["firm", "year", "x", "y"]).dropna(), ["year"])
        assert found.params["x"] == pytest.approx(value, rel=1e-6)
        assert found.bse["x"] == pytest.approx(error, rel=1e-6)


def test_the_committed_profit_is_that_of_the_full_panel():
    panel = pd.read_csv(MICRODATA / "acsi_firm_panel" / "firm_panel.csv")
    later = panel[["firm", "year", "margin", "profit_musd"]].assign(year=panel["year"] - 1)
    rows = panel.merge(later, on=["firm", "year"], suffixes=("", "_next"))
    outcomes = {
        "margin, next year": rows["margin_next"],
        "profit over present sales, next year": rows["profit_musd_next"] / rows["revenue_musd"],
    }
    for link, outcome in outcomes.items():
        known = rows.assign(x=rows["acsi"], y=outcome.clip(-0.3, 0.4)).dropna(subset=["x", "y"])
        value, error = stacked_percent(known, ["firm", "year"], "y")
        keys = {"sample": "all", "period": "1994-2018", "clustered": "firm"}
        found = percent(pick(load("acsi_firms_profit"), link=link, **keys), source="ACSI firms")
        assert found.value == pytest.approx(value, rel=1e-6)
        assert found.error_on("identity") == pytest.approx(error, rel=1e-6)
        assert found.n == len(known)


def test_the_sums_are_those_of_the_microdata():
    counts = load("telecom_complaints")
    rows = pd.read_csv(MICRODATA / "iranian_telecom" / "iranian_churn.csv")
    for keep, part in ((rows, counts), (rows.drop_duplicates(), counts.query("duplicate == 0"))):
        here = part.groupby(["complained", "churned"])[["n", "total"]].sum()
        there = keep.groupby(["Complains", "Churn"])["Customer Value"].agg(["size", "sum"])
        assert here["n"].tolist() == there["size"].tolist()
        assert np.allclose(here["total"] / 1000, there["sum"])
    assert np.allclose(rows["Customer Value"].quantile([0.25, 0.5, 0.75]), CUTS[1:4])


@pytest.mark.parametrize(("link", "compared"), RECORDED_PLANS)
def test_the_recorded_fits_of_plans_are_those_of_the_rows(link, compared):
    rows = pd.read_csv(MICRODATA / "medicare_plans" / "plans.csv")
    assert fit_plans(rows, link, compared) == pytest.approx(
        RECORDED_PLANS[link, compared], rel=1e-6
    )


def test_reviewers_are_those_of_the_source():
    counts = load("steam_acts")
    rows = pd.read_csv(MICRODATA / "steam_one_game" / "counts.csv")
    for act in ("hour_more", "later30"):
        by = ["paid", "recommends", act]
        assert counts.groupby(by)["n"].sum().to_dict() == rows.groupby(by)["n"].sum().to_dict()
