"""All verdicts of the book at once: evidence by claim, verdicts by topic, contradictions."""

import dataclasses
import math
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from analysis.claims import Claim
from analysis.estimate import Estimate
from analysis.judgement import VERDICTS

__all__ = ["OUTCOMES", "Book"]

OUTCOMES = {
    "one side": "one claim is supported and the other refuted",
    "neither": "both claims are refuted",
    "both": "both claims are supported: not a contradiction as measured",
    "open": "a verdict is contested, undecided, untestable or not yet reached",
}


@dataclasses.dataclass(frozen=True)
class Book:
    """The register, its verdicts and where they are told.

    Attributes
    ----------
    register : mapping of str to Claim
        The claims.
    records : mapping of str to dict
        The objects of verdicts.json by claim.
    cards : mapping of str to str
        The page on which a claim's card is; claims without a card are not in it.
    written : collection of str
        Numbers of the chapters that are written.
    """

    register: Mapping[str, Claim]
    records: Mapping[str, Mapping[str, Any]]
    cards: Mapping[str, str]
    written: Collection[str]

    def place(self, claim_id: str) -> str:
        """Return where a claim is told: its card in a chapter, else its row of the scoreboard."""
        return f"{self.cards.get(claim_id, '')}#{claim_id}"

    def estimates(self, claim_id: str, kind: str) -> list[Estimate]:
        """Return the evidence of one kind on a claim; an open end is infinite."""
        ends = {"low": -math.inf, "high": math.inf}
        names = {field.name for field in dataclasses.fields(Estimate)}
        found = [e for e in self.records[claim_id]["estimates"] if e["kind"] == kind]
        filled = [e | {end: x for end, x in ends.items() if e[end] is None} for e in found]
        return [Estimate(**{k: v for k, v in e.items() if k in names}) for e in filled]

    def topics(self) -> dict[str, list[tuple[str, int]]]:
        """Return the counts of verdicts by topic of the register, without zeros."""
        counts: dict[str, Counter[str]] = {}
        for claim_id, claim in self.register.items():
            name = claim.topic.replace("-of-", " of ").replace("-", " and ")
            counts.setdefault(name, Counter())[self.records[claim_id]["verdict"]] += 1
        return {name: [(v, n[v]) for v in VERDICTS if n[v]] for name, n in counts.items()}

    def contradictions(self) -> dict[str, list[tuple[str, str]]]:
        """Return every pair of the register once under its outcome, the favoured claim first."""
        order = list(self.register)
        pairs = {
            tuple(sorted({claim_id, other}, key=order.index))
            for claim_id, claim in self.register.items()
            for other in claim.contradicts
        }
        found: dict[str, list[tuple[str, str]]] = {outcome: [] for outcome in OUTCOMES}
        alike = {("refuted", "refuted"): "neither", ("supported", "supported"): "both"}
        for pair in sorted(pairs, key=lambda pair: [order.index(claim_id) for claim_id in pair]):
            told = tuple(self.records[claim_id]["verdict"] for claim_id in pair)
            if set(told) == {"supported", "refuted"}:
                found["one side"].append(pair if told[0] == "supported" else pair[::-1])
            else:
                found[alike.get(told, "open")].append(pair)
        return found
