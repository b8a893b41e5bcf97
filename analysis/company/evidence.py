"""What the book found on the same acts, to stand beside a company's own numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.claims import load_claims
from analysis.company.results import Result
from analysis.estimate import Estimate
from analysis.report import NOTEBOOKS, collect_verdicts, make_book, read_chapters

__all__ = ["Evidence", "as_estimate", "read_evidence"]

# Claim, kind of evidence, source: the act, and who acts.
ACTS: Mapping[tuple[str, str, str], tuple[str, str]] = {
    ("C61", "behaviour", "Olist"): ("buy anew", "customers of a marketplace, {label}"),
    ("C61", "money", "Olist"): ("spend", "customers of a marketplace, {label}"),
    ("C61", "behaviour", "Steam, one game"): ("go on", "players of one game, {label}"),
    ("C61", "behaviour", "Medicare plans"): (
        "renew",
        "health plans, {label} (means of plans, not comparable in size with people)",
    ),
    ("C61", "behaviour", "Iranian telecom"): (
        "renew",
        "customers of a mobile operator, {label} against a complaint",
    ),
    ("C61", "stated", "seven samples"): ("say so", "seven surveys together: intend to come back"),
}
LEAK = ("C06", "behaviour", "Olist")


@dataclass(frozen=True)
class Evidence:
    """Correlations of satisfaction with an act (act, who, estimate), and a share that is lost."""

    acts: Sequence[tuple[str, str, Estimate]] = ()
    leak: Estimate | None = None


def read_evidence(notebooks: Path = NOTEBOOKS) -> Evidence:
    """Return what the stored chapters found; nothing where the chapters are not at hand."""
    paths = sorted(notebooks.glob("[0-9][0-9]_*.ipynb"))
    if not paths:
        return Evidence()
    chapters, register = read_chapters(paths), load_claims()
    book = make_book(chapters, register, collect_verdicts(chapters, register))
    found = [
        (act, who.format(label=estimate.label), estimate)
        for (claim, kind, source), (act, who) in ACTS.items()
        for estimate in book.estimates(claim, kind)
        if estimate.source == source
    ]
    claim, kind, source = LEAK
    leaks = [e for e in book.estimates(claim, kind) if e.source == source]
    return Evidence(found, leaks[0] if leaks else None)


def as_estimate(result: Result, *, label: str, kind: str = "behaviour") -> Estimate:
    """Return a result as an estimate, to be drawn beside those of the book.

    Raises
    ------
    ValueError
        If the result is masked or was not computed.
    """
    if result.value is None:
        raise ValueError(f"expected a number for {result.name}, found none: {result.note}")
    numbers = {end: float(getattr(result, end)) for end in ("value", "low", "high")}
    about = {"n": result.n, "kind": kind, "source": "your company", "method": result.name}
    return Estimate(**numbers, **about, label=label)
