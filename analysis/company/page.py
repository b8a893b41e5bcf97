"""The report on a company: one offline HTML file in the look of the book, the answer first.

Every text from data is escaped by the template. Months and scores with fewer than ten answers are
joined to their neighbours, so that nothing has to be masked that could be found by subtraction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis.company.chart import Line, Point, draw_lines, place_row, ticks
from analysis.company.evidence import Evidence, read_evidence
from analysis.company.results import Result
from analysis.company.words import (
    interval,
    plain,
    told,
    why,
    write_answer,
)
from analysis.estimate import Z, mean, net_promoter_score
from analysis.templates.filters import hash_of
from analysis.templates.markup import with_anchors

__all__ = ["LEAST", "Study", "follow_returns", "join_months", "join_scores", "render_page"]

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "report"
LEAST = 10  # people behind a number that is shown, and behind the step from one to the next
STEP = 30  # days of a step of the return curve
TOP = 0.2  # of the points of a scale: the best, and as many below them; the rest are the lowest
DASH = "\N{EN DASH}"
MEASURES = {
    "return_share": "Ordered again",
    "return_share_everyone": "Ordered again, all answers counted as long as they were watched",
    "point_return": "One point more goes with, in those who order again",
    "money_per_customer": "Money per customer",
    "point_money": "One point more goes with, in money per customer",
    "held_point_return": "The same return, customers alike in earlier orders, tenure and segment",
    "return_correlation": "Correlation of score and return (1 is a perfect match)",
    "return_auc": "Pairs in which the score is higher for the one who returned (0.5 is a coin)",
}
FATES = {
    "repeated": "repeated: the same row again",
    "refunded": "refunded: money below zero",
    "cancelled": "cancelled",
    "no_customer": "no or unknown customer",
    "no_amount": "no amount",
    "out_of_range": "score outside the scale",
    "no_answer": "no answer",
    "unknown_date": "no date, or none that could be read",
    "second_answers": "further answers of a customer",
    "after_end": "after the end of observation",
    "used": "used",
}


@dataclass(frozen=True)
class Study:
    """All that the page tells.

    Attributes
    ----------
    results : sequence of Result
        What was estimated, masked where it must be.
    account : mapping
        Rows by what became of them, for ``surveys`` and ``orders``; watched answers in ``answers``.
    assumed : sequence of str
        What was read from the data without being told.
    scores, curve : DataFrame
        The counts of these names.
    scale : tuple of int
        Lowest and highest score.
    nps : bool
        Whether the question has a Net Promoter Score.
    end : date
        Last day of observation.
    answer : str
        Which answers of a customer count: first, last or all.
    currency : str
        Sign before money, or nothing.
    about : str
        Where the data are from, if that must be said.
    evidence : Evidence
        What the book found on the same acts.
    """

    results: Sequence[Result]
    account: Mapping[str, Mapping[str, int]]
    assumed: Sequence[str]
    scores: pd.DataFrame
    curve: pd.DataFrame
    scale: tuple[int, int]
    nps: bool
    end: date
    answer: str = "first"
    currency: str = ""
    about: str = ""
    evidence: Evidence = field(default_factory=read_evidence)

    def find(self, name: str, **wanted: Any) -> Result | None:
        """Return the result of a name for everyone, or for a window, a segment or a score."""
        keys = {"window_days": None, "segment": None, "score": None} | wanted
        fits = (r for r in self.results if r.name == name)
        return next((r for r in fits if all(getattr(r, k) == v for k, v in keys.items())), None)

    def windows(self) -> list[int]:
        """Return the windows for which something was estimated, shortest first."""
        return sorted({r.window_days for r in self.results if r.window_days is not None})

    def window(self) -> int:
        """Return the longest window with a number on return, which the page is about."""
        known = [w for w in self.windows() if told(self.find("point_return", window_days=w))]
        return max(known or self.windows() or [0])

    def segments(self) -> list[str]:
        """Return the segments in the order of the results."""
        return list(dict.fromkeys(r.segment for r in self.results if r.segment is not None))

    def scored(self) -> list[int]:
        """Return the scores that have results of their own, highest first."""
        return sorted({r.score for r in self.results if r.score is not None}, reverse=True)


def render_page(study: Study) -> str:
    """Return the page as one HTML text that runs nothing and loads nothing."""
    loader = FileSystemLoader(TEMPLATES, encoding="utf-8")
    pages = Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    pages.filters |= {"hash_of": hash_of, "with_anchors": with_anchors}
    window = study.window()
    shown = {
        "study": study,
        "window": window,
        "answer": write_answer(study, window),
        "warnings": [r.note for r in study.results if r.name == "warning"],
        "measures": list_measures(study),
        "months": show_months(study),
        "segments": list_segments(study, window),
        "scored": list_scores(study, window),
        "curve": show_curve(study),
        "ends": list_ends(study, window),
        "asked": [r for r in study.results if r.name == "answered_difference"],
        "worth": list_worth(study, window),
        "acts": list_acts(study, window),
        "accounts": list_accounts(study.account),
        "watched": list_watched(study.account.get("answers", {})),
        "missing": list_missing(study),
        "interval": lambda result: interval(result, study.currency),
        "plain": plain,
        "told": told,
        "why": why,
    }
    return pages.get_template("company.html.j2").render(shown)


# Counts into lines ------------------------------------------------------------------------------


def join_months(scores: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Return the answers of each month (first and last month, ``score`` and ``n``), in order.

    A month with fewer than ten answers, or with one answer from everybody, is joined to the next;
    what is left at the end to the one before it.
    """
    found: list[tuple[str, str, pd.DataFrame]] = []
    months = sorted(scores["month"].unique())
    first = 0
    for i, month in enumerate(months):
        part = _between(scores, months[first], month)
        if part["n"].sum() >= LEAST and len(part) > 1:
            found.append((months[first], month, part))
            first = i + 1
    if first < len(months):
        begin = found.pop()[0] if found else months[first]
        found.append((begin, months[-1], _between(scores, begin, months[-1])))
    return found


def _between(scores: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    part = scores[scores["month"].between(first, last) & (scores["n"] > 0)]
    return part.groupby("score", as_index=False)["n"].sum()


def join_scores(curve: pd.DataFrame, scale: tuple[int, int]) -> dict[str, pd.DataFrame]:
    """Return the steps of the curve for the best, the next and the lowest scores, by name.

    The best are a fifth of the points of the scale, at least one, and so are the next: of 0 to 10
    these are 9 to 10, 7 to 8 and 0 to 6. A group with fewer than ten answers is joined to the one
    before it.
    """
    low, high = scale
    width = max(round(TOP * (high - low + 1)), 1)
    bands = [
        (high - width + 1, high),
        (high - 2 * width + 1, high - width),
        (low, high - 2 * width),
    ]
    joined: list[list[int]] = []
    for first, last in bands:
        within = curve[curve["score"].between(first, last)]
        enough = within[["events", "left"]].to_numpy().sum() >= LEAST
        if last < first:
            continue
        if joined and not enough:
            joined[-1][0] = first
        else:
            joined.append([first, last])
    if len(joined) > 1:  # the best may be too few, too
        first, last = joined[0]
        within = curve[curve["score"].between(first, last)]
        if within[["events", "left"]].to_numpy().sum() < LEAST:
            joined[1][1] = last
            joined = joined[1:]
    return {
        str(first) if first == last else f"{first} to {last}": curve[
            curve["score"].between(first, last)
        ]
        for first, last in joined
    }


def follow_returns(steps: pd.DataFrame) -> list[Point]:
    """Return the share who came back by days since the answer, from everyone watched.

    Actuarial estimate over steps of thirty days with Greenwood's error: who could no longer be
    watched counts for half of the step. A point is shown once ten more came back, and as long as
    ten are still watched.

    References
    ----------
    Cutler and Ederer (1958), Journal of Chronic Diseases 8:699-712.
    """
    by_step = steps.groupby("day")[["events", "left"]].sum().sort_index()
    risk = int(by_step.to_numpy().sum())
    stay, spread, since = 1.0, 0.0, 0
    found = [Point(0.0, 0.0, 0.0, 0.0)]
    for day, events, left in by_step.itertuples():
        watched = risk - left / 2
        if watched <= events or risk < LEAST:
            break
        stay *= 1 - events / watched
        spread += events / (watched * (watched - events))
        risk, since = risk - int(events + left), since + int(events)
        if since >= LEAST and risk >= LEAST:
            reach = Z * stay * np.sqrt(spread)
            share = 1 - stay
            ends = max(share - reach, 0.0), min(share + reach, 1.0)
            found.append(Point(float((day + 1) * STEP), share, *map(float, ends)))
            since = 0
    return found


# What the template is given ---------------------------------------------------------------------


def list_measures(study: Study) -> dict[str, Any]:
    """Return a row per measure with a result per window."""
    windows = study.windows()
    rows = [
        (name, [study.find(measure, window_days=w) for w in windows])
        for measure, name in MEASURES.items()
    ]
    rows = [(name, found) for name, found in rows if any(found)]
    return {"windows": windows, "rows": rows}


def show_months(study: Study) -> dict[str, Any]:
    """Return the score of each month as a line with its axes and as rows; none if masked."""
    rows, points = [], []
    known = study.scores if study.scores["n"].notna().all() else study.scores[:0]
    for first, last, part in join_months(known):
        name = first if first == last else f"{first} to {last}"
        n = int(part["n"].sum())
        if n < LEAST or len(part) < 2:
            continue  # only if there are so few answers in all
        about = {"kind": "stated", "source": "your company", "label": name}
        score = mean(part, "score", **about)
        promoters = (
            net_promoter_score(part, "score", scale=study.scale, **about) if study.nps else None
        )
        rows.append({"name": name, "n": n, "score": score, "nps": promoters})
        drawn = promoters or score
        at = (_months(first) + _months(last)) / 2
        points.append(Point(at, drawn.value, drawn.low, drawn.high))
    marks = _month_marks(study.scores["month"]) if points else []
    lines = [Line("", (tuple(points),))] if points else []
    digits = 0 if study.nps else 1
    return {"rows": rows, "chart": draw_lines(lines, across=marks, say=lambda y: plain(y, digits))}


def _months(month: str) -> int:
    """Return a month as a number of months."""
    year, number = month.split("-")
    return 12 * int(year) + int(number) - 1


def _month_marks(months: pd.Series) -> list[tuple[float, str]]:
    """Return the first and the last month and the Januaries between that leave room for both."""
    first, last = _months(months.min()), _months(months.max())
    if first == last:
        return [(first - 0.5, ""), (first, months.min()), (last + 0.5, "")]
    room = 0.2 * (last - first)
    between = [m for m in range(first, last) if m % 12 == 0 and first + room < m < last - room]
    step = max(len(between) // 5, 1)
    marks = [first, *between[::step], last]
    return [(m, f"{m // 12}-{m % 12 + 1:02d}") for m in marks]


def list_segments(study: Study, window: int) -> dict[str, Any] | None:
    """Return a row per segment; None without segments."""
    names = study.segments()
    if not names:
        return None
    measure = "nps" if study.nps else "mean_score"
    rows = [
        {
            "name": name or "(no segment)",
            "score": study.find(measure, segment=name),
            "share": study.find("return_share", segment=name, window_days=window),
            "money": study.find("money_per_customer", segment=name, window_days=window),
            "rest": study.find("return_share_against_rest", segment=name, window_days=window),
        }
        for name in names
    ]
    return {
        "rows": rows,
        "measure": "NPS" if study.nps else "Mean score",
        "comparisons": sum(told(row["rest"]) for row in rows),
    }


def list_scores(study: Study, window: int) -> dict[str, Any] | None:
    """Return a row per score with return and money, best first; None without such results."""
    rows = [
        {
            "score": score,
            "share": study.find("return_share", score=score, window_days=window),
            "money": study.find("money_per_customer", score=score, window_days=window),
        }
        for score in study.scored()
    ]
    rows = [row for row in rows if row["share"] or row["money"]]
    if not rows:
        return None
    money = [row["money"] for row in rows]
    return {
        "rows": rows,
        "share": place_all([row["share"] for row in rows], lambda x: f"{100 * x:.4g}%"),
        "money": place_all(money, lambda x: f"{x / 100:,.10g}"),
    }


def place_all(
    results: Sequence[Result | None], say: Callable[[float], str]
) -> dict[str, Any] | None:
    """Return where each result lies on one axis from zero, None for those without a number."""
    known = [result for result in results if told(result)]
    if not known:
        return None
    axis = ticks(min(0.0, *(r.low for r in known)), max(r.high for r in known), most=4)
    return {
        "rows": [
            place_row(r.value, r.low, r.high, axis=axis) if told(r) else None for r in results
        ],
        "ticks": [(round(100 * i / (len(axis) - 1), 1), say(x)) for i, x in enumerate(axis)],
    }


def show_curve(study: Study) -> dict[str, Any]:
    """Return the curves of return by score, with their axes."""
    lines, rows = [], []
    for name, steps in join_scores(study.curve, study.scale).items():
        points = follow_returns(steps)
        if len(points) > 1:
            lines.append(Line(f"score {name}", (tuple(points),)))
            n = int(steps[["events", "left"]].to_numpy().sum())
            rows.append({"name": name, "n": n, "last": points[-1]})
    longest = max((line.parts[0][-1].x for line in lines), default=0.0)
    marks = [(x, plain(x)) for x in ticks(0, longest)] if lines else []
    chart = draw_lines(lines, across=marks, say=lambda y: f"{100 * y:g}%", zero=True)
    return {"chart": chart, "rows": rows}


def list_ends(study: Study, window: int) -> dict[str, Result | None]:
    """Return the leak at the top and the loyal unhappy."""
    return {name: study.find(name, window_days=window) for name in ("leak", "loyal_unhappy")}


def list_worth(study: Study, window: int) -> dict[str, Result | None]:
    """Return value at risk, break-even spending and the answers it takes; None if not computed."""
    names = ("value_at_risk", "break_even", "answers_needed")
    return {name: study.find(name, window_days=window) for name in names}


def list_acts(study: Study, window: int) -> dict[str, Any] | None:
    """Return the company's correlation above those of the book; None without the book."""
    own = study.find("return_correlation", window_days=window)
    acts = study.evidence.acts
    if not acts:
        return None
    drawn = [(e.value, e.low, e.high) for _, _, e in acts]
    drawn += [(own.value, own.low, own.high)] if told(own) else []
    axis = ticks(min(0.0, *(low for _, low, _ in drawn)), max(high for _, _, high in drawn))
    rows = [
        {"act": act, "who": who, "n": e.n, "source": e.source, "text": e.text()}
        | {"at": place_row(e.value, e.low, e.high, axis=axis)}
        for act, who, e in acts
    ]
    return {
        "own": place_row(own.value, own.low, own.high, axis=axis) if told(own) else None,
        "result": own,
        "rows": rows,
        "leak": study.evidence.leak,
        "ticks": [(round(100 * i / (len(axis) - 1), 1), plain(x, 1)) for i, x in enumerate(axis)],
        "zero": place_row(0, 0, 0, axis=axis)[0],
    }


def list_accounts(account: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """Return the rows of each file by what became of them, or say that they do not add up."""
    found = []
    for file in ("surveys", "orders"):
        rows = dict(account[file])
        read = rows.pop("read")
        if sum(rows.values()) != read:
            raise ValueError(f"{file}: expected {read} rows in all, found {sum(rows.values())}")
        told_rows = [(FATES.get(name, name.replace("_", " ")), n) for name, n in rows.items()]
        found.append({"file": file, "read": read, "rows": told_rows})
    return found


def list_watched(answers: Mapping[str, int]) -> list[tuple[int, int, int]]:
    """Return the days of each window, the answers watched so long, and those too recent for it."""
    days = [int(name.removeprefix("watched_")) for name in answers if name.startswith("watched_")]
    return [(d, answers[f"watched_{d}"], answers.get(f"too_recent_{d}", 0)) for d in days]


def list_missing(study: Study) -> list[tuple[str, str, int]]:
    """Return why numbers are masked or not computed, by name, and how many of them."""
    counted: dict[tuple[str, str], int] = {}
    for result in study.results:
        if result.value is None and result.name != "warning":
            key = (result.name.replace("_", " "), why(result))
            counted[key] = counted.get(key, 0) + 1
    return [(name, reason, n) for (name, reason), n in counted.items()]
