"""The register is complete, and every rule can be judged."""

import dataclasses
import math

import pandas as pd
import pytest

from analysis.claims import (
    COMBINE,
    Claim,
    load_claims,
    load_history,
    show_estimate,
    show_number,
)
from analysis.data import DataError, load
from analysis.estimate import Estimate

# DESIGN: which chapter judges which claim.
CHAPTERS = {
    "01": "C18 C41 C44 C45 C47 C60",
    "02": "C06 C07 C08 C61 C62 C30",
    "03": "C11 C15 C21 C23 C24 C26 C39 C55 C58 C63",
    "04": "C10 C14 C16 C17 C19 C20 C28",
    "05": "C13 C29 C35 C40 C51 C68",
    "06": "C04 C25 C42 C43 C46 C48 C50",
    "07": "C01 C02 C03 C05 C27 C38 C57 C59",
    "08": "C22 C31 C34 C36 C37 C52 C53 C54 C56 C64",
    "09": "C09 C12 C32 C33 C49 C65 C66 C67",
}
CLAIM = Claim(
    claim_id="C00",
    article="value",
    topic="measurement",
    chapter="01",
    statement="A made claim.",
    estimand="a share",
    unit="share",
    low=0.15,
    high=0.25,
    interval_reason="made",
    decided_by=("stated", "behaviour"),
    origin="",
    untestable_reason="",
    contradicts=(),
    combine="each must hold",
    asserts="amount",
    directness={"stated": "direct", "behaviour": "direct"},
    directness_reason="",
    weak_test="",
    edition=2,
    first_edition_verdict="undecided",
)
UNTESTABLE = {"untestable_reason": "no data", "decided_by": (), "low": math.nan, "high": math.nan}


@pytest.fixture(scope="module")
def claims():
    return load_claims()


def evidence(low, high, kind="stated"):
    return Estimate(
        value=(low + high) / 2, low=low, high=high, n=9, kind=kind, source="s", method="m"
    )


def test_all_68_claims_stand_in_the_register_in_order(claims):
    assert list(claims) == [f"C{number:02}" for number in range(1, 69)]


@pytest.mark.parametrize(("chapter", "ids"), CHAPTERS.items())
def test_every_claim_has_its_chapter(claims, chapter, ids):
    assert {k for k, claim in claims.items() if claim.chapter == chapter} == set(ids.split())


def test_every_claim_can_be_judged_or_says_why_not(claims):
    for claim in claims.values():
        assert bool(claim.decided_by) != bool(claim.untestable_reason), claim.claim_id
        assert claim.statement, claim.claim_id
        assert claim.estimand, claim.claim_id
        assert claim.interval_reason or claim.untestable_reason, claim.claim_id
        assert set(claim.contradicts) <= set(claims), claim.claim_id


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"decided_by": ("rumour",)}, "decided_by of"),
        ({"decided_by": ()}, "low <= high and decided_by"),
        ({"low": 0.3}, "low <= high"),
        ({"low": -math.inf, "high": math.inf}, "at least one closed end"),
        ({"origin": "heard"}, "origin of"),
        ({"claim_id": "C0"}, "an id such as C07, found 'C0'"),
        ({"claim_id": 'C01"><script>'}, "an id such as C07"),
        ({"edition": 3}, "edition of"),
        ({"combine": "vote"}, "combine of"),
        ({"asserts": "cause"}, "asserts of"),
        ({"directness": {"stated": "direct"}}, "directness of"),
        ({"directness": {"stated": "near", "behaviour": "direct"}}, "directness of"),
        ({"directness": {"stated": "proxy", "behaviour": "direct"}}, "a reason why"),
    ],
)
def test_a_rule_that_cannot_judge_is_refused_by_name(change, message):
    with pytest.raises(DataError, match=f"claim C0.*: expected .*{message}"):
        dataclasses.replace(CLAIM, **change)


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.15, 0.25, "15% to 25%"),
        (0.05, math.inf, "at least 5%"),
        (-math.inf, 0.1, "at most 10%"),
        (0.0, 0.0, "exactly 0%"),
    ],
)
def test_an_interval_is_told_in_words(low, high, text):
    assert dataclasses.replace(CLAIM, low=low, high=high).interval_text() == text


def test_what_cannot_be_tested_has_no_interval():
    assert dataclasses.replace(CLAIM, **UNTESTABLE).interval_text() == "none"


def test_an_estimate_is_shown_in_the_unit_of_its_claim():
    minus = "\N{MINUS SIGN}"
    assert show_estimate(evidence(-0.1, 0.3), "share") == f"10.0% [{minus}10.0%, 30.0%]"
    bound = dataclasses.replace(evidence(0.1, 0.3), high=math.inf)
    assert show_estimate(bound, "ratio") == "0.200 [0.100, open]"


def test_numbers_are_shown_in_their_unit():
    assert show_number(math.inf, "share") == "open"
    assert show_number(1.0, "share") == "100%"
    assert show_number(12.34, "correlation") == "12.3"
    assert show_number(100.0, "percent") == "100%"
    assert show_number(0.1234, "share") == "12.3%"
    assert show_number(-0.0123, "correlation") == "\N{MINUS SIGN}0.012"
    assert show_number(-0.0001, "correlation") == "0.000"
    assert show_number(1234.5, "cents") == "1,234"
    assert show_number(-21.34, "percent") == "\N{MINUS SIGN}21.3%"
    assert show_number(8.0, "count") == "8"


@pytest.mark.parametrize(
    ("unit", "low", "high", "text"),
    [
        ("percent", -30, -20, "\N{MINUS SIGN}30% to \N{MINUS SIGN}20%"),
        ("points", -0.5, 0.5, "\N{MINUS SIGN}0.5 points to 0.5 points"),
        ("sd", 0.2, math.inf, "at least 0.2 SD"),
        ("count", 8, 8, "exactly 8"),
        ("cents", 1234, math.inf, "at least 1,234"),
        ("ratio", -math.inf, 0.9, "at most 0.9"),
        ("share", 1 / 3, 1, "33.3333% to 100%"),
        ("share", 0.07, 0.29, "7% to 29%"),  # not 7.000000000000001
        ("slope", -math.inf, -0.1, "at most \N{MINUS SIGN}0.1"),
    ],
)
def test_the_ends_of_a_claim_are_told_in_its_unit(unit, low, high, text):
    assert dataclasses.replace(CLAIM, unit=unit, low=low, high=high).interval_text() == text


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (99.994, "points", "100.0"),
        (100.04, "points", "100"),
        (9.994, "points", "9.99"),
        (10.04, "points", "10.0"),
        (0.9994, "points", "0.999"),
        (1.004, "points", "1.00"),
        (5.678, "percent", "5.7%"),
        (-0.04, "percent", "0.0%"),
        (1.5, "share", "150%"),
        (8.6, "count", "9"),
        (1.5, "SHARE", "1.50"),
    ],
)
def test_a_number_has_three_digits_or_those_of_its_unit(number, unit, text):
    assert show_number(number, unit) == text


def test_a_claim_that_cannot_be_tested_has_no_ends(claims):
    for claim in claims.values():
        ends = (claim.low, claim.high)
        assert all(map(math.isnan, ends)) == bool(claim.untestable_reason), claim.claim_id
        assert any(map(math.isfinite, ends)) != bool(claim.untestable_reason), claim.claim_id


def test_an_end_is_open_or_missing_as_the_claim_can_be_tested_or_not():
    for claim in load_claims().values():
        ends = (claim.low, claim.high)
        assert all(map(math.isnan, ends)) == bool(claim.untestable_reason), claim.claim_id


def test_a_cell_of_several_parts_is_parted_at_the_semicolons(monkeypatch):
    table = load("claims").astype(object).set_index("claim_id")
    judged = table.index[table["untestable_reason"].isna()][0]
    table.loc[judged, ["decided_by", "directness"]] = [
        "stated; behaviour", "stated: direct; behaviour : proxy"
    ]  # fmt: skip
    table.loc[judged, ["contradicts", "directness_reason"]] = ["C02;C03 ;", "made"]
    monkeypatch.setattr("analysis.claims.load", lambda name: table.reset_index())
    found = load_claims()[judged]
    assert found.decided_by == ("stated", "behaviour")
    assert found.directness == {"stated": "direct", "behaviour": "proxy"}
    assert found.contradicts == ("C02", "C03")


def test_an_empty_cell_of_the_history_is_an_empty_text(monkeypatch):
    table = load("claims_history")
    shown = table.astype(object).assign(old=None)
    monkeypatch.setattr("analysis.claims.load", lambda name: shown)
    found = load_history()
    assert {change["old"] for change in found} == {""}
    assert [change["claim_id"] for change in found] == table["claim_id"].tolist()


def test_a_claim_that_stands_twice_is_refused(monkeypatch):
    table = load("claims")
    monkeypatch.setattr("analysis.claims.load", lambda name: pd.concat([table, table.head(1)]))
    with pytest.raises(DataError) as refusal:
        load_claims()
    assert str(refusal.value) == "claims.csv: expected each claim once, found C01 twice"


# The second edition: what changed, and that nothing changed unseen


def test_every_changed_rule_is_kept_with_its_reason(claims):
    history = load_history()
    assert history
    for change in history:
        claim = claims[change["claim_id"]]
        assert change["old"] != change["new"], change
        assert len(change["reason"]) > 20, change
        if change["date"] > "2026-11-22":
            assert change["verdict_before"] == claim.first_edition_verdict, change
            assert claim.edition == 2, change


def test_the_last_change_of_a_field_is_what_the_register_says(claims):
    table = load("claims").astype(object).set_index("claim_id")
    last = {(c["claim_id"], c["field"]): c for c in load_history() if c["field"] in table}
    for (claim_id, field), change in last.items():
        now = table.loc[claim_id, field]
        shown = "none" if pd.isna(now) else str(now)
        told = change["new"]
        if field in ("low", "high") and "none" not in (shown, told):
            assert float(shown) == float(told), (claim_id, field)
        else:
            assert shown == told, (claim_id, field)


def test_how_estimates_combine_is_in_the_history_of_every_claim_that_is_judged(claims):
    told = {c["claim_id"]: c["new"] for c in load_history() if c["field"] == "combine"}
    assert told == {k: c.combine for k, c in claims.items() if not c.untestable_reason}
    assert set(told.values()) <= set(COMBINE)


def test_a_claim_of_the_first_edition_has_no_later_change(claims):
    changed = {c["claim_id"] for c in load_history() if c["date"] > "2026-11-22"}
    assert changed == {k for k, claim in claims.items() if claim.edition == 2}
