"""The register of claims, and the rule that judges them.

A claim is an interval in which its estimand would lie if it were true; evidence is an interval too.
Nobody types a verdict: :func:`judge` compares the two.
"""

import dataclasses
import math
import numbers
import re
from collections.abc import Sequence

from analysis.data import DataError, load
from analysis.estimate import KINDS, Estimate

__all__ = [
    "VERDICTS",
    "Claim",
    "Verdict",
    "compare",
    "judge",
    "load_claims",
    "show_estimate",
    "show_number",
]

VERDICTS = {
    "supported": "all deciding evidence that tells lies inside the claim",
    "refuted": "all deciding evidence that tells lies outside the claim",
    "contested": "some deciding evidence lies inside the claim, some outside",
    "undecided": "no deciding evidence, or its intervals reach across an end of the claim",
    "untestable": "no evidence could decide it; the register says why",
    "not yet judged": "its chapter is not written yet",
}
ORIGINS = ("", "traced", "distorted", "untraceable")


@dataclasses.dataclass(frozen=True)
class Claim:
    """One row of ``data/claims.csv``; its fields are described in ``data/datapackage.json``.

    ``low`` and ``high`` are the ends of the claim in the unit of the estimand; an open end is
    infinite, and both are missing (NaN) in a claim that cannot be tested.
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
    deviations: str

    def __post_init__(self) -> None:
        """Refuse a claim that could not be judged."""
        problem = None
        if not re.fullmatch(r"C\d\d", self.claim_id):  # it becomes an address in the pages
            problem = f"an id such as C07, found {self.claim_id!r}"
        elif strange := [kind for kind in self.decided_by if kind not in KINDS]:
            problem = f"decided_by of {list(KINDS)}, found {strange}"
        elif self.origin not in ORIGINS:
            problem = f"origin of {ORIGINS}, found {self.origin!r}"
        elif not self.untestable_reason and not (self.decided_by and self.low <= self.high):
            problem = "low <= high and decided_by, or a reason why it is untestable"
        elif not self.untestable_reason and math.isinf(self.low) and math.isinf(self.high):
            problem = "at least one closed end, or any evidence would support it"
        if problem:
            raise DataError(f"claims.csv, claim {self.claim_id}: expected {problem}")

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


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A claim, its estimates with a verdict each, and what follows from the deciding ones."""

    claim: Claim
    estimates: tuple[tuple[Estimate, str], ...]
    verdict: str

    def record(self) -> dict:
        """Return the object of ``verdicts.json``: numbers rounded to six significant digits."""
        claim = self.claim
        return {
            "claim_id": claim.claim_id,
            "source": claim.article,
            "statement": claim.statement,
            "estimand": claim.estimand,
            "low": _json_number(claim.low),
            "high": _json_number(claim.high),
            "decided_by": list(claim.decided_by),
            "verdict": self.verdict,
            "origin": claim.origin,
            "chapter": claim.chapter,
            "estimates": [
                {
                    "label": estimate.label,
                    "value": _json_number(estimate.value),
                    "low": _json_number(estimate.low),
                    "high": _json_number(estimate.high),
                    "n": estimate.n,
                    "missing": estimate.missing,
                    "kind": estimate.kind,
                    "source": estimate.source,
                    "method": estimate.method,
                    "verdict": verdict,
                }
                for estimate, verdict in self.estimates
            ],
        }


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
            row[name] = tuple(part.strip() for part in row[name].split(";") if part.strip())
        if row["claim_id"] in claims:
            raise DataError(f"claims.csv: expected each claim once, found {row['claim_id']} twice")
        claims[row["claim_id"]] = Claim(**row)
    return claims


def judge(claim: Claim, estimates: Sequence[Estimate]) -> Verdict:
    """Return the verdict on ``claim``: evidence inside supports, disjoint refutes, else undecided.

    Only estimates of the kinds in ``claim.decided_by`` decide. One that reaches across an end of
    the claim abstains; if the others disagree the claim is contested.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> claim = SimpleNamespace(
    ...     low=0.15, high=0.25, decided_by=("stated",), untestable_reason="", claim_id="C07"
    ... )
    >>> about = {"n": 100, "kind": "stated", "source": "example", "method": "share"}
    >>> judge(claim, [Estimate(value=0.2, low=0.17, high=0.23, **about)]).verdict
    'supported'
    >>> judge(claim, [Estimate(value=0.2, low=0.1, high=0.3, **about)]).verdict
    'undecided'
    """
    if claim.untestable_reason:
        return Verdict(claim, tuple((e, "shown") for e in estimates), "untestable")
    if isinstance(estimates, Estimate):
        raise TypeError("expected a sequence of estimates, found Estimate")
    judged = tuple((estimate, compare(claim, estimate)) for estimate in estimates)
    told = {verdict for e, verdict in judged if e.kind in claim.decided_by} - {"undecided"}
    verdict = "contested" if len(told) > 1 else told.pop() if told else "undecided"
    return Verdict(claim, judged, verdict)


def compare(claim: Claim, estimate: Estimate) -> str:
    """Return what one estimate says of a claim: supported, refuted or undecided.

    Raises
    ------
    ValueError
        If the claim has no interval.
    """
    _check_estimate(estimate)
    if not claim.low <= claim.high:
        raise ValueError(
            f"claim {claim.claim_id}: expected low <= high, found {claim.low} and {claim.high}"
        )
    if claim.low <= estimate.low and estimate.high <= claim.high:
        return "supported"
    if estimate.high < claim.low or claim.high < estimate.low:
        return "refuted"
    return "undecided"


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
    _check_estimate(estimate)
    value, low, high = (show_number(x, unit) for x in (estimate.value, estimate.low, estimate.high))
    return f"{value} [{low}, {high}]"


def _check_estimate(estimate: Estimate) -> None:
    if not isinstance(estimate, Estimate):
        raise TypeError(f"expected an Estimate, found {type(estimate).__name__}")


def _end_text(end: float, unit: str) -> str:
    """Return the end of a claim as it was written: 0.05 as 5% of a share, else as it is."""
    suffix = {"percent": "%", "points": " points", "sd": " SD"}.get(unit, "")
    text = f"{round(100 * end, 6):g}%" if unit == "share" else f"{end:,g}{suffix}"
    return text.replace("-", "\N{MINUS SIGN}")


def _json_number(number: float) -> float | None:
    """Return six significant digits, or None for an open end."""
    return float(f"{number:.6g}") if math.isfinite(number) else None
