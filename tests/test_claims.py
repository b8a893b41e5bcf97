"""The register is complete, every rule can be judged, and the judge does what it says."""

import dataclasses
import math

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.claims import Claim, compare, judge, load_claims, show_estimate, show_number
from analysis.data import DataError, load
from analysis.estimate import KINDS, Estimate

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
    deviations="",
)
NUMBER = st.floats(-10, 10)


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


# Every way in which an interval can lie beside the claim 0.15 to 0.25, worked out by hand.
PLACES = [
    (0.15, 0.20, "supported"),  # on the lower end: inside
    (0.20, 0.25, "supported"),
    (0.15, 0.25, "supported"),
    (0.16, 0.24, "supported"),
    (0.1499, 0.20, "undecided"),
    (0.20, 0.2501, "undecided"),
    (0.10, 0.15, "undecided"),  # touches the end: not apart
    (0.25, 0.30, "undecided"),
    (0.10, 0.30, "undecided"),
    (0.10, 0.1499, "refuted"),
    (0.2501, 0.30, "refuted"),
    (-math.inf, 0.1499, "refuted"),  # a bound speaks to one side
    (-math.inf, 0.20, "undecided"),
    (0.20, math.inf, "undecided"),
]


@pytest.mark.parametrize(("low", "high", "verdict"), PLACES)
def test_the_verdict_is_how_two_intervals_lie(low, high, verdict):
    middle = 0.5 * (max(low, -9) + min(high, 9))
    made = dataclasses.replace(evidence(0, 1), value=middle, low=low, high=high)
    assert judge(CLAIM, [made]).verdict == verdict
    assert compare(CLAIM, made) == verdict


@given(NUMBER, NUMBER, NUMBER, st.floats(0, 5))
def test_more_never_turns_against_a_claim_of_at_least(a, c, d, more):
    assume(c != d)
    order = ["refuted", "undecided", "supported"]
    claim = dataclasses.replace(CLAIM, low=a, high=math.inf)
    low, high = min(c, d), max(c, d)
    before, after = (
        order.index(judge(claim, [evidence(low + by, high + by)]).verdict) for by in (0, more)
    )
    assert before <= after
    assert compare(dataclasses.replace(CLAIM, low=a, high=math.inf), evidence(a, a + 1)) == order[2]


@pytest.mark.parametrize(
    ("estimates", "verdict"),
    [
        ([evidence(0.16, 0.24), evidence(0.17, 0.2, "behaviour")], "supported"),
        ([evidence(0.3, 0.4), evidence(0.0, 0.1, "behaviour")], "refuted"),
        ([evidence(0.16, 0.24), evidence(0.3, 0.4, "behaviour")], "contested"),
        ([evidence(0.1, 0.2), evidence(0.2, 0.3)], "undecided"),
        ([evidence(0.1, 0.2), evidence(0.16, 0.2)], "supported"),  # the wide one abstains
        ([evidence(0.16, 0.2), evidence(0.5, 0.6, "published")], "supported"),  # beside
        ([evidence(0.16, 0.2, "published")], "undecided"),  # nothing that decides
        ([evidence(0.15, 0.25)], "supported"),  # the ends belong to the claim
    ],
)
def test_only_deciding_evidence_decides(estimates, verdict):
    assert judge(CLAIM, estimates).verdict == verdict
    assert judge(CLAIM, estimates[::-1]).verdict == verdict


def test_an_untestable_claim_stays_untestable_whatever_is_shown():
    claim = dataclasses.replace(
        CLAIM, untestable_reason="no data", decided_by=(), low=math.nan, high=math.nan
    )
    assert judge(claim, [evidence(0, 1)]).verdict == "untestable"


def test_a_record_holds_what_verdicts_json_promises():
    record = judge(dataclasses.replace(CLAIM, high=math.inf), [evidence(0.16, 0.24)]).record()
    assert list(record) == [
        "claim_id", "source", "statement", "estimand", "low", "high", "decided_by", "verdict",
        "origin", "chapter", "estimates",
    ]  # fmt: skip
    assert record["high"] is None
    keys = {"value", "low", "high", "n", "kind", "source", "method", "verdict"}
    assert keys <= set(record["estimates"][0])


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
    claim = dataclasses.replace(
        CLAIM, untestable_reason="no data", decided_by=(), low=math.nan, high=math.nan
    )
    assert claim.interval_text() == "none"
    with pytest.raises(ValueError, match="claim C00: expected low <= high, found nan and nan"):
        compare(claim, evidence(0, 1))


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


def test_every_kind_of_evidence_can_decide_something(claims):
    used = {kind for claim in claims.values() for kind in claim.decided_by}
    assert used == set(KINDS)


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


def test_a_record_holds_each_field_of_claim_and_evidence():
    made = Estimate(
        value=0.2, low=0.1, high=0.3, n=9, kind="stated", source="from", method="how", missing=4,
        label="which",
    )  # fmt: skip
    claim = dataclasses.replace(CLAIM, low=0.1234567, origin="traced")
    assert judge(claim, [made]).record() == {
        "claim_id": "C00",
        "source": "value",
        "statement": "A made claim.",
        "estimand": "a share",
        "low": 0.123457,
        "high": 0.25,
        "decided_by": ["stated", "behaviour"],
        "verdict": "undecided",
        "origin": "traced",
        "chapter": "01",
        "estimates": [
            {
                "label": "which",
                "value": 0.2,
                "low": 0.1,
                "high": 0.3,
                "n": 9,
                "missing": 4,
                "kind": "stated",
                "source": "from",
                "method": "how",
                "verdict": "undecided",
            }
        ],
    }


def test_a_claim_that_cannot_be_tested_has_no_ends(claims):
    for claim in claims.values():
        ends = (claim.low, claim.high)
        assert all(map(math.isnan, ends)) == bool(claim.untestable_reason), claim.claim_id
        assert any(map(math.isfinite, ends)) != bool(claim.untestable_reason), claim.claim_id


def test_a_claim_that_stands_twice_is_refused(monkeypatch):
    table = load("claims")
    monkeypatch.setattr("analysis.claims.load", lambda name: pd.concat([table, table.head(1)]))
    with pytest.raises(DataError) as refusal:
        load_claims()
    assert str(refusal.value) == "claims.csv: expected each claim once, found C01 twice"
