"""The register of claims: what each asserts, and by which rule it is judged.

A claim is an interval in which its estimand would lie if it were true; evidence is an interval too.
Nobody types a verdict: :func:`analysis.judgement.judge` compares the two.
"""

import dataclasses
import math
import numbers
import re
from collections.abc import Mapping

from analysis.data import DataError, load
from analysis.estimate import KINDS, Estimate

__all__ = [
    "ASSERTS",
    "COMBINE",
    "DIRECTNESS",
    "Claim",
    "load_claims",
    "load_history",
    "show_estimate",
    "show_number",
]

COMBINE = {
    "same quantity": "the estimates are samples of one quantity: pooled, or both of two",
    "each must hold": "the claim is general: it must hold in every source",
    "largest body": "one source is far larger than the others: it decides",
}
ASSERTS = {
    "amount": "how much or how many",
    "association": "two things go together",
    "effect": "one thing brings about another",
}
DIRECTNESS = {
    "direct": "measures what the claim says",
    "partial": "measures a part of it, or in one setting that stands for others",
    "proxy": "measures something else that should move with it",
}
ORIGINS = ("", "traced", "distorted", "untraceable")
EDITIONS = (1, 2)


@dataclasses.dataclass(frozen=True)
class Claim:
    """One row of ``data/claims.csv``; its fields are described in ``data/datapackage.json``.

    ``low`` and ``high`` are the ends of the claim in the unit of the estimand; an open end is
    infinite, and both are missing (NaN) in a claim that cannot be tested. ``directness`` has one
    of :data:`DIRECTNESS` for each kind of evidence that decides.
    """

    claim_id: str
    article: str
    topic: str
    chapter: str
    statement: str
    estimand: str
    unit: str
    low: float
    high: float
    interval_reason: str
    decided_by: tuple[str, ...]
    origin: str
    untestable_reason: str
    contradicts: tuple[str, ...]
    combine: str
    asserts: str
    directness: Mapping[str, str]
    directness_reason: str
    weak_test: str
    edition: int
    first_edition_verdict: str

    def __post_init__(self) -> None:
        """Refuse a claim that could not be judged."""
        problem = None
        if not re.fullmatch(r"C\d\d", self.claim_id):  # it becomes an address in the pages
            problem = f"an id such as C07, found {self.claim_id!r}"
        elif strange := [kind for kind in self.decided_by if kind not in KINDS]:
            problem = f"decided_by of {list(KINDS)}, found {strange}"
        elif self.origin not in ORIGINS:
            problem = f"origin of {ORIGINS}, found {self.origin!r}"
        elif self.edition not in EDITIONS:
            problem = f"edition of {EDITIONS}, found {self.edition!r}"
        elif not self.untestable_reason and not (self.decided_by and self.low <= self.high):
            problem = "low <= high and decided_by, or a reason why it is untestable"
        elif not self.untestable_reason and math.isinf(self.low) and math.isinf(self.high):
            problem = "at least one closed end, or any evidence would support it"
        elif not self.untestable_reason:
            problem = self._rule_problem()
        if problem:
            raise DataError(f"claims.csv, claim {self.claim_id}: expected {problem}")

    def _rule_problem(self) -> str | None:
        """Return what is wrong with how the evidence on the claim is weighed."""
        for name, known in (("combine", COMBINE), ("asserts", ASSERTS)):
            if getattr(self, name) not in list(known):
                return f"{name} of {list(known)}, found {getattr(self, name)!r}"
        if set(self.directness) != set(self.decided_by):
            return f"directness of {list(self.decided_by)}, found {list(self.directness)}"
        if strange := [x for x in self.directness.values() if x not in DIRECTNESS]:
            return f"directness of {list(DIRECTNESS)}, found {strange}"
        if set(self.directness.values()) != {"direct"} and not self.directness_reason:
            return "a reason why its evidence is not direct, found none"
        return None

    def interval_text(self) -> str:
        """Return the interval in words, for example ``at least 0.05`` or ``15% to 25%``."""
        low, high = (_end_text(end, self.unit) for end in (self.low, self.high))
        if self.untestable_reason:
            return "none"
        if math.isinf(self.high):
            return f"at least {low}"
        if math.isinf(self.low):
            return f"at most {high}"
        return f"exactly {low}" if low == high else f"{low} to {high}"


def load_claims() -> dict[str, Claim]:
    """Return the register, claim id to :class:`Claim`, in its order.

    Raises
    ------
    DataError
        If the file does not match its descriptor or a row cannot be judged.
    """
    claims = {}
    for row in load("claims").to_dict("records"):
        row = {name: "" if value != value else value for name, value in row.items()}
        open_end = math.inf if not row["untestable_reason"] else math.nan
        row["low"] = -open_end if row["low"] == "" else float(row["low"])
        row["high"] = open_end if row["high"] == "" else float(row["high"])
        for name in ("decided_by", "contradicts"):
            row[name] = _parts(row[name])
        pairs = [part.partition(":") for part in _parts(row["directness"])]
        row["directness"] = {kind.strip(): level.strip() for kind, _, level in pairs}
        if row["claim_id"] in claims:
            raise DataError(f"claims.csv: expected each claim once, found {row['claim_id']} twice")
        claims[row["claim_id"]] = Claim(**row)
    return claims


def load_history() -> list[dict[str, str]]:
    """Return every change of a rule, oldest first: claim, field, old, new, reason, verdicts."""
    return load("claims_history").fillna("").astype(str).to_dict("records")


def show_number(number: float, unit: str) -> str:
    """Return a number in the unit of its claim: shares in per cent, the rest to three digits.

    An infinite end is called open.
    """
    if not isinstance(number, numbers.Real):
        raise TypeError(f"expected a number, found {number!r}")
    if math.isnan(number):
        raise ValueError("expected a number, found nan")
    if math.isinf(number):
        return "open"
    digits = sum(abs(number) < limit for limit in (100, 10, 1))
    if unit == "share":
        text = f"{100 * number:,.{1 if abs(number) < 1 else 0}f}%"
    elif unit == "percent":
        text = f"{number:,.{min(digits, 1)}f}%"
    else:
        text = f"{number:,.{0 if unit == 'count' else digits}f}"
    is_zero = not text.strip("-0.,%")
    return text.lstrip("-") if is_zero else text.replace("-", "\N{MINUS SIGN}")


def show_estimate(estimate: Estimate, unit: str) -> str:
    """Return value and interval in the unit of the claim."""
    if not isinstance(estimate, Estimate):
        raise TypeError(f"expected an Estimate, found {type(estimate).__name__}")
    value, low, high = (show_number(x, unit) for x in (estimate.value, estimate.low, estimate.high))
    return f"{value} [{low}, {high}]"


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _end_text(end: float, unit: str) -> str:
    """Return the end of a claim as it was written: 0.05 as 5% of a share, else as it is."""
    suffix = {"percent": "%", "points": " points", "sd": " SD"}.get(unit, "")
    text = f"{round(100 * end, 6):g}%" if unit == "share" else f"{end:,g}{suffix}"
    return text.replace("-", "\N{MINUS SIGN}")
