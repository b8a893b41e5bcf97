"""The page on a company: what it tells, what it hides, and that text from data stays text."""

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pandas as pd
import pytest

from analysis.company.chart import Line, Point, draw_lines, ticks
from analysis.company.evidence import Evidence, read_evidence
from analysis.company.page import (
    Study,
    follow_returns,
    join_months,
    join_scores,
    list_accounts,
    render_page,
)
from analysis.company.results import Result
from analysis.company.words import interval, write_answer
from tests.test_hostile import HOSTILE, check_harmless
from tests.test_report import LOADING, elements, page_text, parse

ACCOUNT = {
    "surveys": {"read": 1000, "repeated": 10, "no_answer": 40, "used": 950},
    "orders": {"read": 5000, "refunded": 20, "used": 4980},
    "answers": {"used": 950, "watched_365": 700, "too_recent_365": 250},
}
SCORES = pd.DataFrame(
    [(f"2024-{month:02d}", score, 20 + score) for month in range(1, 13) for score in range(11)],
    columns=["month", "score", "n"],
)
CURVE = pd.DataFrame(
    [(score, day, 12 + score, 10) for score in range(11) for day in range(12)],
    columns=["score", "day", "events", "left"],
)


REST = "return_share_against_rest"


def result(name, value, reach, unit, n=700, **where):
    keys = {"window_days": None, "segment": None, "score": None} | where
    return Result(
        name=name, value=value, low=value - reach, high=value + reach, n=n, unit=unit, **keys
    )


def made_results():
    found = [result("nps", 21.0, 5, "NPS points"), result("mean_score", 7.4, 0.1, "score")]
    for w in (90, 180, 365):
        at = {"window_days": w}
        found += [
            result("return_share", 0.3, 0.03, "share", **at),
            result("point_return", 0.012, 0.004, "share per point", **at),
            result("money_per_customer", 2550.0, 200, "cents", **at),
            result("point_money", 120.0, 60, "cents per point", **at),
            result("return_correlation", 0.11, 0.05, "correlation", **at),
            result("return_auc", 0.56, 0.03, "AUC", **at),
            result("held_point_return", 0.003, 0.005, "share per point", **at),
            result("leak", 0.61, 0.04, "share", **at),
            result("loyal_unhappy", 0.22, 0.04, "share", **at),
        ]
        for score in range(11):
            if score == 2:
                gone = Result(
                    "return_share", w, None, 2, None, None, None, 4, "share", "n below 10"
                )
                found.append(gone)
                continue
            found += [
                result("return_share", 0.2 + score / 50, 0.05, "share", score=score, n=60, **at),
                result("money_per_customer", 2000 + 90.0 * score, 500, "cents", score=score, **at),
            ]
        for name in ("north", "south"):
            found += [
                result("return_share", 0.3, 0.05, "share", segment=name, n=300, **at),
                result(
                    "return_share_against_rest", 0.01, 0.05, "share difference", segment=name, **at
                ),
            ]
    found += [result("nps", 20.0, 9, "NPS points", segment=name) for name in ("north", "south")]
    return found


@pytest.fixture(scope="module")
def study():
    return Study(
        results=made_results(),
        account=ACCOUNT,
        assumed=["surveys: dates are day first"],
        scores=SCORES,
        curve=CURVE,
        scale=(0, 10),
        nps=True,
        end=date(2025, 6, 30),
        currency="EUR",
    )


@pytest.fixture(scope="module")
def page(study):
    return render_page(study)


# What the page is


def test_the_page_runs_nothing_and_loads_nothing(page):
    tree = parse(page)
    assert not elements(tree, "script", "link", "iframe", "object", "form", "base")
    for element in tree.iter():
        if isinstance(element.tag, str):
            loads = [value for key, value in element.attrib.items() if key in LOADING]
            assert not loads, f"{element.tag} loads {loads}"
    (policy,) = [e for e in elements(tree, "meta") if "http-equiv" in e.attrib]
    assert policy.attrib["content"].startswith("default-src 'none'; style-src 'sha256-")


def test_the_page_can_be_read_by_everyone(page):
    tree = parse(page)
    levels = [int(e.tag[1]) for e in elements(tree, "h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    for picture in elements(tree, "svg"):
        named = picture.attrib.get("aria-label", "")
        inner = "viewBox" in picture.attrib or "viewbox" in picture.attrib
        assert picture.attrib.get("aria-hidden") == "true" or len(named) >= 30 or inner
    assert all("scope" in e.attrib for e in elements(tree, "th"))
    ids = [e.attrib["id"] for e in tree.iter() if isinstance(e.tag, str) and "id" in e.attrib]
    assert len(ids) == len(set(ids))
    links = [e.attrib["href"] for e in elements(tree, "a")]
    assert {link.removeprefix("#") for link in links} <= set(ids)


def test_the_answer_comes_first_and_the_sections_in_order(page):
    tree = parse(page)
    heads = ["".join(e.itertext()) for e in elements(tree, "h2")]
    assert heads == [
        "Window by window",
        "The score over time",
        "By segment",
        "Return and money by score",
        "The leak at the top and the loyal unhappy",
        "The return curve",
        "What remains when customers are alike",
        "Who answered and who did not",
        "Beside the public evidence",
        "What became of every row",
        "What was assumed",
        "What is not shown, and why",
        "Limits",
    ]
    text = page_text(tree)
    assert text.index("One point more on the scale from 0 to 10") < text.index("The clock of each")


def test_the_same_study_gives_the_same_bytes(study, page):
    assert render_page(study) == page


def test_text_from_data_is_shown_as_text(study):
    hostile = replace(
        study,
        results=[
            replace(r, segment=HOSTILE if r.segment else None, note=HOSTILE if r.note else "")
            for r in study.results
        ],
        assumed=[HOSTILE],
        currency=HOSTILE,
        about=HOSTILE,
        account={
            "surveys": {"read": 1, HOSTILE: 1},
            "orders": {"read": 0},
            "answers": {HOSTILE: 1, "watched_90": 2},
        },
    )
    page = render_page(hostile)
    check_harmless(page)
    assert "<script" not in page
    assert "alert(1)" in page_text(parse(page)), "shown, but as text"


# What it says


def test_an_effect_without_a_direction_is_called_unclear(study):
    text = " ".join(write_answer(study, 365))
    assert "goes with 1.20 [0.80, 1.60] more customers in a hundred who order again" in text
    assert "alike in earlier orders" in text
    assert "no clear change in who orders again: +0.30" in text
    assert "anything from −0.20 to +0.80" in text


@pytest.mark.parametrize(
    ("value", "word"), [(0.02, "more"), (-0.02, "fewer"), (0.004, "no clear change")]
)
def test_the_words_follow_the_interval(study, value, word):
    changed = [
        replace(r, value=value, low=value - 0.01, high=value + 0.01)
        if r.name == "point_return"
        else r
        for r in study.results
    ]
    assert word in write_answer(replace(study, results=changed), 365)[1]


def test_money_is_said_in_the_direction_it_has(study):
    changed = [
        replace(r, value=-120.0, low=-180.0, high=-60.0) if r.name == "point_money" else r
        for r in study.results
    ]
    said = write_answer(replace(study, results=changed), 365)[2]
    assert "goes with EUR\xa01.20 [0.60, 1.80] less per customer" in said


def test_what_is_masked_says_why_everywhere(study):
    hidden = [
        replace(r, value=None, low=None, high=None, note="fewer than 10") for r in study.results
    ]
    text = page_text(parse(render_page(replace(study, results=hidden))))
    assert "What one point more goes with in return is not told: fewer than 10." in text
    assert "return share (42 numbers): fewer than 10" in text
    assert "None" not in text


def test_a_study_without_anything_is_a_page_that_says_so(study):
    empty = replace(study, results=[], assumed=[], scores=SCORES[:0], curve=CURVE[:0])
    text = page_text(parse(render_page(replace(empty, evidence=Evidence()))))
    for said in (
        "too few answers to show the score by month",
        "Too few came back to draw a curve",
        "chapters of the book are not at hand",
        "Nothing: everything was told by options",
        "Nothing had to be masked",
    ):
        assert said in text


def test_a_promoter_score_is_told_only_of_a_recommend_question(study, page):
    assert "Net Promoter Score of all answers used: 21 [16, 26]" in page_text(parse(page))
    other = page_text(parse(render_page(replace(study, nps=False))))
    assert "Mean score of all answers used: 7.40 [7.30, 7.50]" in other
    assert "A Net Promoter Score is not given" in other


def test_the_account_must_add_up(study):
    wrong = ACCOUNT | {"orders": {"read": 5, "used": 4}}
    with pytest.raises(ValueError, match="orders: expected 5 rows in all, found 4"):
        list_accounts(wrong)


def test_the_example_says_whose_data_it_is(study):
    text = page_text(parse(render_page(replace(study, about="Of Olist."))))
    assert "Not your data. Of Olist." in text
    assert "is no second witness" in text


def test_the_evidence_is_what_the_chapters_found():
    found = read_evidence()
    assert {act for act, _, _ in found.acts} == {"buy anew", "spend", "go on", "renew", "say so"}
    assert found.leak.source == "Olist"


def test_without_chapters_there_is_no_evidence(tmp_path):
    assert read_evidence(tmp_path) == Evidence()


# Nothing about a person


def test_small_months_are_joined_until_ten_have_answered():
    rows = [("2024-01", 5, 4), ("2024-02", 4, 4), ("2024-03", 3, 4), ("2024-04", 5, 20)]
    rows += [("2024-05", 1, 15), ("2024-06", 2, 1)]
    found = join_months(pd.DataFrame(rows, columns=["month", "score", "n"]))
    assert [(a, b, int(part["n"].sum())) for a, b, part in found] == [
        ("2024-01", "2024-03", 12),
        ("2024-04", "2024-06", 36),
    ]


def test_masked_counts_draw_no_months(study):
    masked = SCORES.assign(n=SCORES["n"].astype(object).where(SCORES["score"] != 3, None))
    text = page_text(parse(render_page(replace(study, scores=masked))))
    assert "too few answers to show the score by month" in text


def test_scores_are_grouped_as_the_promoter_score_does_and_never_below_ten():
    groups = join_scores(CURVE, (0, 10))
    assert list(groups) == ["9 to 10", "7 to 8", "0 to 6"]
    few = CURVE.assign(events=0, left=(CURVE["score"] != 8) & (CURVE["score"] != 7))
    assert list(join_scores(few, (0, 10))) == ["7 to 10", "0 to 6"]
    best = CURVE.assign(events=0, left=(CURVE["score"] < 9).astype(int))
    assert list(join_scores(best, (0, 10))) == ["7 to 10", "0 to 6"]
    assert list(join_scores(CURVE, (1, 5))) == ["5", "4", "1 to 3"]


def test_between_two_points_of_a_curve_ten_came_back():
    steps = pd.DataFrame({"day": range(6), "events": [3, 4, 5, 20, 2, 3], "left": 30})
    found = follow_returns(steps)
    assert [point.x for point in found] == [0, 90, 120]


def test_the_curve_is_kaplan_and_meiers_where_nobody_leaves_early():
    steps = pd.DataFrame({"day": [0, 1, 2], "events": [10, 20, 0], "left": [0, 0, 70]})
    last = follow_returns(steps)[-1]
    assert last.value == pytest.approx(0.3)
    assert last.high - last.value == pytest.approx(1.95996 * (0.3 * 0.7 / 100) ** 0.5, rel=1e-4)


def test_no_number_of_a_month_rests_on_fewer_than_ten(study):
    few = SCORES.assign(n=1)
    text = render_page(replace(study, scores=few))
    table = re.search(r'aria-label="Score by month".*?</table>', text, re.S)[0]
    counts = re.findall(r'<td class="number">(\d+)</td>', table)
    assert all(int(n) >= 10 for n in counts)


# Pictures


def test_ticks_hold_what_is_drawn():
    for low, high in [(0, 1), (-0.31, 0.02), (3, 3), (0.001, 0.0034), (-50, 50000)]:
        marks = ticks(low, high)
        assert marks[0] <= low
        assert marks[-1] >= high
        assert 2 <= len(marks) <= 8


def test_lines_stay_within_their_axes():
    line = Line("a", ((Point(0, 1, 0.5, 2), Point(10, 3, 2, 4.4)),))
    drawn = draw_lines([line], across=[(0, "0"), (10, "10")], say=str)
    places = re.findall(r"[\d.-]+", drawn["lines"][0]["parts"][0]["band"])
    assert all(0 <= float(place) <= 100 for place in places)


def test_an_interval_without_a_number_gives_its_reason():
    assert interval(None) == "not computed"
    gone = Result("leak", 90, None, None, None, None, None, 3, "share", "fewer than 10 people")
    assert interval(gone) == "fewer than 10 people"
