"""A chapter judges each of its claims once, escapes all text, and concludes only when complete."""

import dataclasses

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from analysis import chapter as module
from analysis.chapter import (
    ANSWER_MIME,
    ROBUSTNESS_MIME,
    VERDICT_MIME,
    Chapter,
    verdict_html,
)
from analysis.judgement import judge
from tests.test_claims import CLAIM, evidence

HOSTILE = "<script>alert(1)</script> & \"quoted\" 'text'"


@pytest.fixture
def chapter(monkeypatch):
    """Return a chapter with two made claims."""
    claims = {k: dataclasses.replace(CLAIM, claim_id=k) for k in ("C01", "C02")}
    monkeypatch.setattr(module, "load_claims", lambda: claims)
    InteractiveShell.clear_instance()
    InteractiveShell.instance()
    yield Chapter("01")
    InteractiveShell.clear_instance()


def displayed(call, *arguments):
    with capture_output() as captured:
        call(*arguments)
    return captured.outputs


def test_a_verdict_comes_with_its_bundle(chapter):
    (output,) = displayed(chapter.judge, "C01", [evidence(0.16, 0.24)])
    assert output.data[VERDICT_MIME]["verdict"] == "supported"
    assert 'id="C01"' in output.data["text/html"]
    assert output.data["text/plain"] == "C01: supported"


def test_text_from_data_is_escaped():
    claim = dataclasses.replace(CLAIM, statement=HOSTILE, estimand=HOSTILE, interval_reason=HOSTILE)
    estimate = dataclasses.replace(
        evidence(0.1, 0.3), source=HOSTILE, label=HOSTILE, method=HOSTILE
    )
    html = verdict_html(judge(claim, [estimate]))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 6


def test_a_chapter_with_an_open_claim_does_not_conclude(chapter):
    displayed(chapter.judge, "C01", [evidence(0.16, 0.24)])
    with pytest.raises(
        ValueError, match=r"expected a verdict on every claim, found none on \['C02'\]"
    ):
        chapter.conclude(["Done."])


def test_a_conclusion_fills_the_top_and_repeats_it_for_the_check(chapter):
    displayed(chapter.judge, "C01", [evidence(0.16, 0.24)])
    displayed(chapter.judge, "C02", [evidence(0.3, 0.4)])
    outputs = displayed(chapter.conclude, ["First.", HOSTILE])
    bundle = outputs[-1].data[ANSWER_MIME]
    assert bundle["sentences"] == ["First.", HOSTILE]
    assert "<script" not in bundle["answer_html"]
    assert "refuted" in bundle["claims_html"]
    filled = [output.data["text/html"] for output in outputs[:-1]]
    assert filled == [bundle["answer_html"], bundle["claims_html"]]


def test_robustness_counts_who_agrees(chapter):
    displayed(chapter.judge, "C01", [evidence(0.16, 0.24)])
    other = {"narrow": evidence(0.17, 0.2), "wide": evidence(0.1, 0.2), "far": evidence(0.5, 0.6)}
    (output,) = displayed(chapter.robustness, "C01", other)
    told = output.data["text/plain"]
    assert "of 3 specifications" in told
    assert output.data[ROBUSTNESS_MIME] == {"claim_id": "C01", "agree": 1, "of": 3}
    assert "1 agree with the verdict \N{LEFT DOUBLE QUOTATION MARK}supported" in told


@pytest.mark.parametrize(
    ("claim_id", "estimates", "message"),
    [
        ("C99", [evidence(0, 1)], "expected a claim of"),
        ("C01", [], "expected evidence for C01"),
        ("C02", [evidence(0, 1)], "expected one verdict per claim"),
    ],
)
def test_what_cannot_be_judged_is_refused(chapter, claim_id, estimates, message):
    displayed(chapter.judge, "C02", [evidence(0, 1)])
    with pytest.raises(ValueError, match=message):
        chapter.judge(claim_id, estimates)


def test_a_chapter_without_claims_is_refused(chapter):
    with pytest.raises(ValueError, match="found '77'"):
        Chapter("77")
