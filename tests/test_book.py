"""The front page and the method page: every word and number follows from the verdicts."""

import csv
import dataclasses
import json
import math
import re
from html import escape
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis import report
from analysis.book import OUTCOMES, Book
from analysis.claims import load_claims, load_history
from analysis.data import describe, table_names
from analysis.estimate import KINDS, Estimate
from analysis.judgement import VERDICTS
from analysis.templates import answer, forest, front, method
from analysis.templates.filters import choose_sentences, split_claims

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def book():
    """The real book, as stored."""
    return read(report.find_chapters())


def read(paths):
    chapters, register = report.read_chapters(paths), load_claims()
    return report.make_book(chapters, register, report.collect_verdicts(chapters, register))


def estimate(value, low, high, **about):
    about = {"n": 100, "kind": "stated", "source": "s", "method": "m"} | about
    return Estimate(value=value, low=low, high=high, **about)


def toy_book(verdicts, contradicts, topic="a-b"):
    """A book of claims with these verdicts, and for each the claims it contradicts."""
    register = {
        k: SimpleNamespace(claim_id=k, topic=topic, contradicts=contradicts.get(k, ()))
        for k in verdicts
    }
    records = {k: {"claim_id": k, "verdict": v, "estimates": []} for k, v in verdicts.items()}
    return Book(register, records, {}, set())


# Contradictions


@pytest.mark.parametrize(("first", "second"), list(product(VERDICTS, VERDICTS)))
def test_a_contradiction_pair_is_computed_right(first, second):
    found = toy_book({"C01": first, "C02": second}, {"C01": ("C02",)}).contradictions()
    expected = {
        ("supported", "refuted"): ("one side", ("C01", "C02")),
        ("refuted", "supported"): ("one side", ("C02", "C01")),  # the favoured claim first
        ("refuted", "refuted"): ("neither", ("C01", "C02")),
        ("supported", "supported"): ("both", ("C01", "C02")),
    }
    outcome, pair = expected.get((first, second), ("open", ("C01", "C02")))
    assert found == {name: [pair] if name == outcome else [] for name in OUTCOMES}


def test_a_pair_named_on_both_sides_counts_once():
    named = {"C01": ("C03", "C02"), "C02": ("C01",), "C03": ("C01",)}
    book = toy_book(dict.fromkeys(("C01", "C02", "C03"), "refuted"), named)
    assert book.contradictions()["neither"] == [("C01", "C02"), ("C01", "C03")]


def test_every_pair_of_the_register_is_told_once(book):
    told = [frozenset(pair) for pairs in book.contradictions().values() for pair in pairs]
    named = {frozenset((k, o)) for k, c in book.register.items() for o in c.contradicts}
    assert len(told) == len(set(told))
    assert set(told) == named


# Topics


def test_topics_count_every_claim_once(book):
    counts = [n for verdicts in book.topics().values() for _, n in verdicts]
    assert sum(counts) == len(book.register)
    assert all(counts)


def test_topics_are_named_in_words():
    assert list(toy_book({"C01": "refuted"}, {}, "word-of-mouth").topics()) == ["word of mouth"]
    assert list(toy_book({"C01": "refuted"}, {}, "loyalty-profit").topics()) == [
        "loyalty and profit"
    ]


# Five sentences


def test_the_answer_is_five_sentences(book):
    told = answer.write_sentences(book)
    assert len(told) == sum(answer.QUESTIONS.values()) == 5
    for sentence in told:
        assert re.fullmatch(r"[A-Z](?:(?![.?!](\s|$)).)*\.", sentence), f"not one: {sentence}"


def test_the_numbers_of_the_answer_are_those_of_the_verdicts(book):
    shown = set()
    for record in book.records.values():
        for kind in {e["kind"] for e in record["estimates"]}:
            for e in book.estimates(record["claim_id"], kind):
                shown |= {e.text(), e.text(1), e.percent()}
    for sentence in answer.write_sentences(book):
        for number in re.findall(r"[\d.,−%]+ \[[^\]]*\]", sentence):
            assert number in shown, f"{number} is in no verdict: {sentence}"
        for claim_id in re.findall(r"\w+ \((C\d\d)\)", sentence):
            told = re.search(rf"([a-z ]+) \({claim_id}\)", sentence)[1]
            assert told.endswith(book.records[claim_id]["verdict"]), f"{claim_id}: {told}"


def test_a_sentence_without_its_chapter_says_so():
    book = Book(
        load_claims(), {k: {"verdict": "?", "estimates": []} for k in load_claims()}, {}, ()
    )
    told = answer.write_sentences(book)
    assert len(told) == 5
    assert all(re.search(r"is not told: chapter \d\d is not written\.$", s) for s in told)
    told = answer.write_sentences(dataclasses.replace(book, written={"02", "08"}))
    assert all(re.search(r"chapter \d\d has no such evidence on C\d\d\.$", s) for s in told)


def test_the_words_follow_the_numbers(book):
    if not {"02", "08"} <= book.written:
        pytest.skip("chapters 02 and 08 are not written")
    records = json.loads(json.dumps(dict(book.records)))
    for e in records["C61"]["estimates"]:
        if e["kind"] == "behaviour":
            e |= {"value": 0.7, "low": 0.6, "high": 0.8}
    records["C61"]["verdict"] = "refuted"
    first = answer.write_sentences(dataclasses.replace(book, records=records))[0]
    assert "and strongly with whether" in first
    for act in ("buy anew", "go on with what they have paid for", "members renew"):
        assert act in first, f"the first sentence must name three acts, not one: {act}"
    assert "is refuted (C61)" in first


@pytest.mark.parametrize(
    ("numbers", "word"),
    [
        ((0.02, 0.01, 0.03), "negligible"),
        ((0.0, -0.1, 0.1), "negligible"),
        ((0.0, -0.2, 0.2), "unclear"),
        ((0.09, 0.01, 0.17), "weak"),
        ((0.3, 0.2, 0.4), "moderate"),
        ((0.5, 0.4, 0.6), "strong"),
        ((-0.5, -0.6, -0.4), "strong and negative"),
    ],
)
def test_a_correlation_has_a_word(numbers, word):
    assert answer.strength(estimate(*numbers)) == word
    assert answer.adverb(estimate(*numbers)).endswith("inversely") == ("negative" in word)


# The one figure


def test_the_figure_draws_the_estimates_of_the_verdicts(book):
    drawn = forest.draw_forest(book)
    # From what customers say, over what they do, to money; what others found stands last.
    assert list(drawn["groups"]) == ["stated", "behaviour", "money", "published"]
    for kind, rows in drawn["groups"].items():
        for row in rows:
            assert row["estimate"] in book.estimates(row["claim"], kind)
            assert 0 <= row["at"][0] <= row["at"][1] <= row["at"][2] <= 100
            assert f"{kind} ({KINDS[kind]})" in drawn["caption"]
    for claim_id, _, _ in forest.MEASURES:
        assert book.register[claim_id].unit == "correlation"


def test_places_on_the_axis_keep_their_proportions(monkeypatch):
    found = [estimate(0.5, -0.1, 0.9, label="pooled"), estimate(0.5, -math.inf, 0.9)]
    monkeypatch.setattr(Book, "estimates", lambda *_: found)
    drawn = forest.draw_forest(toy_book({}, {}))
    (row,) = drawn["groups"]["stated"]  # once, and not the one without an end
    assert row["at"] == [8.3, 58.3, 91.7]  # on an axis from -0.2 to 1
    assert drawn["ticks"][0] == (0.0, "−0.2")
    assert drawn["ticks"][-1] == (100.0, "1.0")
    assert (drawn["zero"], drawn["least"]) == (16.7, [8.3, 25.0])


# The scoreboard and the chapters on the front page


@pytest.mark.parametrize(
    ("verdicts", "shown"),
    [
        ("rs", [0, 1]),
        ("rrrrs", [0, 1, 4]),
        ("uuurs", [0, 3, 4]),
        ("uuuu", [0, 1, 2]),
        ("", []),
    ],
)
def test_at_most_three_estimates_are_shown_and_both_sides_of_a_dispute(verdicts, shown):
    words = {"r": "refuted", "s": "supported", "u": "undecided"}
    rows = [{"verdict": words[v], "i": i} for i, v in enumerate(verdicts)]
    assert [row["i"] for row in front.choose_shown(rows)] == shown


def test_a_short_answer_is_cut_to_two_sentences():
    assert choose_sentences(["a.", "b.", "c."]) == ["a.", "b."]
    assert choose_sentences(["a" * 200, "b" * 200]) == ["a" * 200]


def test_names_of_claims_stand_apart():
    assert split_claims("x (C07), C1 and C123") == ["x (", "C07", "), C1 and C123"]


# The method page


@pytest.fixture(scope="module")
def pages():
    return report.render_pages(report.read_chapters(report.find_chapters()), load_claims())


def test_method_page_shows_every_table_with_its_hash(pages):
    for name in table_names():
        assert describe(name)["hash"] in pages["method.html"], name


def test_method_page_shows_the_recorded_coverage():
    with (ROOT / "tests" / "coverage_study.csv").open(newline="") as file:
        recorded = [(row["estimator"], float(row["coverage"])) for row in csv.DictReader(file)]
    shown = [
        (row["estimator"], float(row["held"].rstrip("%")) / 100) for row in method.read_coverage()
    ]
    assert [name for name, _ in shown] == [name for name, _ in recorded]
    for (_, a), (_, b) in zip(shown, recorded, strict=True):
        assert a == pytest.approx(b, abs=0.0006)


def test_estimators_are_listed_with_their_references():
    found = {e["name"]: e for e in method.list_estimators()}
    assert {"proportion", "correlation", "pool", "bootstrap"} <= set(found)
    assert found["proportion"]["reference"].startswith("Wilson (1927)")
    assert all("`" not in e["result"] + e["reference"] for e in found.values())


# Estimates whose interval is none of the usual kinds; the method itself says what it is.
OWN_INTERVALS = {
    "an upper bound: self-rated handling, and no-complaint customers include silent failures",
    "change of a printed score, rounding only",
    "constant retention, discount rate 10%",
    "none: exact, or a published number without an error",
    "paired shares, Wald, as few did both as can",
    "range: ranks not seen",
    "ratio of two printed costs, from an act of keeping to a month of all customers",
    "share of sales, error of a ratio",
}


def test_every_estimate_has_its_kind_of_interval(book):
    listed = method.list_methods(list(book.records.values()))
    names = [name for name, _, _ in listed]
    assert set(names) <= {*method.INTERVALS.values(), *OWN_INTERVALS}
    for name, count, claims in listed:
        of = [
            claim_id
            for claim_id, record in book.records.items()
            for estimate in record["estimates"]
            if method.interval_of(estimate) == name
        ]
        assert (count, claims) == (len(of), sorted(set(of))), name


def test_a_method_of_no_known_kind_is_named_as_it_is():
    estimate = {"low": 0.1, "value": 0.2, "high": 0.3, "method": "a guess"}
    assert method.interval_of(estimate) == "a guess"
    assert method.interval_of(estimate | {"method": "share, Wilson interval"}) == "Wilson: a share"
    assert method.interval_of(estimate | {"low": 0.2, "high": 0.2}).startswith("none: exact")


def test_method_page_says_what_had_been_seen_and_what_changed(pages):
    text = pages["method.html"]
    assert "The rules were fixed before" in text
    assert "written with the results of the first known" in text
    for change in load_history():
        assert escape(change["reason"], quote=False) in text, change


def test_changed_rules_are_shown_as_text(monkeypatch):
    change = load_history()[0] | {"reason": "<b>why</b>"}
    monkeypatch.setattr(front, "load_history", lambda: [change])
    chapters = report.read_chapters(report.find_chapters())
    text = report.render_pages(chapters, load_claims())["method.html"]
    assert "&lt;b&gt;why&lt;/b&gt;" in text


def test_the_history_ends_with_the_verdicts_of_the_book(book):
    """The last change of a claim tells the verdict that the chapters hold now."""
    last = {change["claim_id"]: change["verdict_after"] for change in load_history()}
    stale = {k: v for k, v in last.items() if v != book.records[k]["verdict"]}
    assert not stale, "write the verdicts after into data/claims_history.csv"


def test_front_page_shows_both_editions(pages, book):
    moved = [r for r in book.records.values() if r["verdict"] != r["first_edition_verdict"]]
    assert f"{len(moved)} verdicts moved" in pages["index.html"]
    for record in moved:
        assert f"first edition: {record['first_edition_verdict']}" in pages["index.html"]


def test_the_page_on_method_tells_the_rule_of_the_grade(pages):
    domains = method.list_domains()
    assert list(domains) == [
        "bias of design", "inconsistency", "indirectness", "imprecision", "publication bias",
    ]  # fmt: skip
    for rule in domains.values():
        assert escape(rule, quote=False) in pages["method.html"]


def test_the_page_on_method_counts_the_false_verdicts_to_expect(pages, book):
    judged = sum(bool(record["certainty"]) for record in book.records.values())
    assert f"of {judged} claims judged" in pages["method.html"]
    assert f"about {0.05 * judged:.1f}" in pages["method.html"]


def test_readme_without_what_had_been_seen_is_refused(tmp_path, monkeypatch):
    (tmp_path / "README.md").write_text("# Nothing\n")
    monkeypatch.setattr(method, "ROOT", tmp_path)
    with pytest.raises(report.ReportError, match="What had been seen before"):
        method.read_seen()
