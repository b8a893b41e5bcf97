"""The table of origins agrees with the register and with the published rows it cites."""

import pandas as pd
import pytest

from analysis.claims import load_claims
from analysis.data import load

CHANGES = {"number", "measure", "group", "condition", "part", "reason", "credit"}
SOURCE = ["source_says", "source_citation", "what_changed"]
FIGURES = ["source_value", "source_low", "source_high"]


@pytest.fixture(scope="module")
def folklore():
    return load("folklore")


def known(row, columns):
    return [value for value in row[columns] if pd.notna(value)]


def test_every_claim_with_an_origin_has_its_rows_and_no_other(folklore):
    with_origin = [k for k, claim in load_claims().items() if claim.origin]
    assert folklore["claim_id"].drop_duplicates().tolist() == with_origin


def test_the_origin_of_a_claim_follows_from_its_rows(folklore):
    claims = load_claims()
    for claim_id, found in folklore.groupby("claim_id")["status"]:
        worst = next(s for s in ("distorted", "untraceable", "traced") if s in set(found))
        assert claims[claim_id].origin == worst, claim_id


def test_a_source_is_told_exactly_where_one_was_found(folklore):
    for _, row in folklore.iterrows():
        found = row["status"] != "untraceable"
        assert row[SOURCE].notna().all() == found, row["quoted"]
        assert found or not known(row, [*FIGURES, "study_id", "change"]), row["quoted"]
        assert found or row["note"], "say what was looked for"


def test_what_is_distorted_says_how(folklore):
    for _, row in folklore.iterrows():
        kinds = row["change"].split(";") if pd.notna(row["change"]) else []
        assert set(kinds) <= CHANGES, row["quoted"]
        assert bool(kinds) == (row["status"] == "distorted"), row["quoted"]


def test_the_figures_of_a_source_lie_in_order(folklore):
    given = folklore.dropna(subset="source_value")
    assert given[FIGURES].notna().all(axis=None)
    assert (given["source_low"] <= given["source_value"]).all()
    assert (given["source_value"] <= given["source_high"]).all()
    assert given["unit"].notna().all()


def test_cited_rows_of_the_literature_hold_the_same_figures(folklore):
    """A figure of a source is one of its rows, their sum, or the difference of two."""
    literature = load("literature").set_index("study_id")["estimate"]
    cited = folklore.dropna(subset="study_id")
    assert len(cited) >= 8
    for _, row in cited.iterrows():
        rows = literature[row["study_id"].split(";")]
        printed = {*rows, round(rows.sum(), 6), round(rows.max() - rows.min(), 6)}
        assert set(known(row, FIGURES)) <= printed, row["quoted"]


def test_quoted_words_are_short_and_ours(folklore):
    for column in ("quoted", "source_says"):
        assert folklore[column].dropna().str.len().max() <= 60, "labels of a figure"
    for column in ("what_changed", "note"):
        assert folklore[column].dropna().str.len().max() <= 160, "a remark, not a quotation"
