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
from tests.test_panel import EFFECTS, FIRM_TABLES, RECORDED, fit
from tests.test_telecom import CUTS

MICRODATA = Path(os.environ["SATISFACTION_MICRODATA"])
ACSI = [name for name in table_names() if name.startswith("acsi_2015_")]


@pytest.mark.parametrize("names", [ACSI, ["telecom_complaints"], list(FIRM_TABLES)])
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


def test_the_sums_are_those_of_the_microdata():
    counts = load("telecom_complaints")
    rows = pd.read_csv(MICRODATA / "iranian_telecom" / "iranian_churn.csv")
    for keep, part in ((rows, counts), (rows.drop_duplicates(), counts.query("duplicate == 0"))):
        here = part.groupby(["complained", "churned"])[["n", "total"]].sum()
        there = keep.groupby(["Complains", "Churn"])["Customer Value"].agg(["size", "sum"])
        assert here["n"].tolist() == there["size"].tolist()
        assert np.allclose(here["total"] / 1000, there["sum"])
    assert np.allclose(rows["Customer Value"].quantile([0.25, 0.5, 0.75]), CUTS[1:4])
