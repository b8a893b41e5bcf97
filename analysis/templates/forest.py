"""The one figure of the book: satisfaction against words, deeds, money and published effects."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.book import Book
from analysis.estimate import KINDS, Estimate
from analysis.templates.answer import LEAST

MEASURES = (  # claim, kind of evidence, what satisfaction is held against
    ("C61", "stated", "intention: {label}"),
    ("C31", "stated", "price said to be acceptable: {label}"),
    ("C61", "behaviour", "{act}"),
    ("C55", "behaviour", "stayed: {label} (a complaint counts as low satisfaction)"),
    ("C61", "money", "{label}"),
    ("C58", "money", "growth of sales: {label}"),
    ("C36", "money", "a firm's share return, {label}"),
    ("C61", "published", "{label}"),
    ("C31", "published", "{label}"),
    ("C36", "published", "{label}"),
)
ACTS = {  # who acts, by source: three acts are not one
    "Olist": "bought anew {label}",
    "Steam, one game": "went on playing a paid game, {label}",
    "Medicare plans": "renewed: {label} (of plans, not of people: not comparable in size)",
    "Iranian telecom": "stayed: {label} (a complaint counts as low satisfaction)",
}
STEP = 0.2  # between two ticks of the axis


def draw_forest(book: Book) -> dict[str, Any]:
    """Return the rows by kind, the axis and the caption; places are per cent of the width."""
    groups: dict[str, list[dict[str, Any]]] = {}
    drawn: list[Estimate] = []
    for claim_id, kind, what in MEASURES:
        for e in book.estimates(claim_id, kind):
            if e not in drawn and math.isfinite(e.low) and math.isfinite(e.high):
                drawn.append(e)
                label = e.label or e.source
                act = ACTS.get(e.source, "{label}").format(label=label)
                name = what.format(label=label, act=act)
                row = {"claim": claim_id, "name": name[:1].upper() + name[1:], "estimate": e}
                groups.setdefault(kind, []).append(row)
    left = min([0.0, *(STEP * math.floor(e.low / STEP) for e in drawn)])

    def place(x: float) -> float:
        return round(100 * (x - left) / (1 - left), 1)

    for group in groups.values():
        for row in group:
            row["at"] = [place(getattr(row["estimate"], end)) for end in ("low", "value", "high")]
    ticks = [STEP * i for i in range(round(left / STEP), round(1 / STEP) + 1)]
    return {
        "groups": groups,
        "ticks": [(place(x), show(x, 1)) for x in ticks],
        "least": [place(-LEAST), place(LEAST)],
        "zero": place(0),
        "caption": describe({kind: [r["estimate"] for r in g] for kind, g in groups.items()}),
    }


def describe(groups: Mapping[str, Sequence[Estimate]]) -> str:
    """Return what the figure shows in words, from its numbers."""
    told = []
    for kind, estimates in groups.items():
        low, high = (show(end(e.value for e in estimates), 2) for end in (min, max))
        ends = low if low == high else f"{low} to {high}"
        few = "1 estimate" if len(estimates) == 1 else f"{len(estimates)} estimates"
        told.append(f"{kind} ({KINDS[kind]}) {ends} in {few}")
    listed = "; ".join(told) or "no chapter that tells it is written"
    return f"Correlation of satisfaction, with 95% intervals, by kind of evidence: {listed}."


def show(x: float, digits: int) -> str:
    """Return a number with a true minus sign and no minus zero."""
    return f"{round(x, digits) + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")
