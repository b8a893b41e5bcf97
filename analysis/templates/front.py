"""The front page and the page on method: what their templates are given."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment

from analysis import data
from analysis.book import OUTCOMES, Book
from analysis.claims import ASSERTS, COMBINE, DIRECTNESS, Claim, load_history, show_number
from analysis.estimate import KINDS
from analysis.judgement import CERTAINTY, VERDICTS
from analysis.templates import method
from analysis.templates.answer import LEAST, QUESTIONS, STRENGTHS, write_sentences
from analysis.templates.forest import draw_forest

SHOWN = 3  # deciding estimates of a claim on the scoreboard

Record = dict[str, Any]


def render_front(templates: Environment, book: Book, chapters: Sequence[Any]) -> dict[str, str]:
    """Return index.html and method.html."""
    records = list(book.records.values())
    sentences = iter(write_sentences(book))
    shared = {
        "book": book,
        "chapters": chapters,
        "kinds": KINDS,
        "outcomes": OUTCOMES,
        "places": {claim_id: book.place(claim_id) for claim_id in book.register},
        "verdicts": VERDICTS,
    }
    front = {
        "answers": {q: [next(sentences) for _ in range(n)] for q, n in QUESTIONS.items()},
        "forest": draw_forest(book),
        "rows": [describe_row(book.register[r["claim_id"]], r) for r in records],
        "first": Counter(claim.first_edition_verdict for claim in book.register.values()),
        "moved": sum(r["verdict"] != r["first_edition_verdict"] for r in records),
        "tally": Counter(record["verdict"] for record in records),
        "certainties": {
            level: Counter(r["verdict"] for r in records if r["certainty"] == level)
            for level in reversed(CERTAINTY)
        },
    }
    told = {
        "asserts": ASSERTS,
        "combine": COMBINE,
        "coverage": method.read_coverage(),
        "directness": DIRECTNESS,
        "domains": method.list_domains(),
        "estimators": list(method.list_estimators()),
        "false_verdicts": method.read_false_verdicts(),
        "history": load_history(),
        "judged": sum(bool(record["certainty"]) for record in records),
        "least": LEAST,
        "methods": method.list_methods(records),
        "seen": method.read_seen(),
        "strengths": STRENGTHS,
        "tables": [data.describe(name) for name in data.table_names()],
    }
    return {
        "index.html": templates.get_template("front.html.j2").render(shared | front),
        "method.html": templates.get_template("method.html.j2").render(shared | told),
    }


def describe_row(claim: Claim, record: Record) -> Record:
    """Return what the scoreboard says of a claim."""
    evidence = describe_evidence(claim, record)
    strip = place_on_strip(claim, evidence) if evidence else None
    shown = choose_shown(evidence)
    return {
        "record": record, "claim": claim, "evidence": evidence, "strip": strip, "shown": shown
    }  # fmt: skip


def describe_evidence(claim: Claim, record: Record) -> list[Record]:
    """Return the deciding estimates of a claim with their numbers in words."""
    rows = []
    for estimate in record["estimates"]:
        if estimate["kind"] in claim.decided_by:
            value, low, high = (
                "open" if estimate[end] is None else show_number(estimate[end], claim.unit)
                for end in ("value", "low", "high")
            )
            rows.append(estimate | {"text": f"{value} [{low}, {high}], n {estimate['n']:,}"})
    return rows


def choose_shown(rows: Sequence[Record]) -> list[Record]:
    """Return up to three deciding estimates, one of each verdict that tells among them."""
    told = {row["verdict"]: i for i, row in reversed(list(enumerate(rows)))}
    first = [told[verdict] for verdict in ("supported", "refuted") if verdict in told]
    chosen = [*first, *(i for i in range(len(rows)) if i not in first)]
    return [rows[i] for i in sorted(chosen[:SHOWN])]


def place_on_strip(claim: Claim, rows: Sequence[Record]) -> Record:
    """Return where claim and evidence lie on a strip of 0 to 100, left to right."""
    ends = [x for row in rows for x in (row["value"], row["low"], row["high"]) if x is not None]
    ends += [x for x in (claim.low, claim.high) if math.isfinite(x)]
    left, right = min(ends), max(ends)
    margin = 0.08 * (right - left) or 1.0
    left, right = left - margin, right + margin

    def place(x: float | None, edge: float) -> float:
        known = x if x is not None and math.isfinite(x) else edge
        return round(100 * (known - left) / (right - left), 1)

    claimed = place(claim.low, left), place(claim.high, right)
    found = [
        (place(r["low"], left), place(r["value"], left), place(r["high"], right), r["verdict"])
        for r in rows
    ]
    return {"claim": claimed, "found": found, "zero": place(0, 0) if left < 0 < right else None}
