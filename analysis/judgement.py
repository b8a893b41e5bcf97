"""Judgement: what all the evidence on a claim says together, and how far to trust it.

A claim says how its deciding estimates combine (:data:`COMBINE`); :func:`judge` compares the result
with the interval of the claim. Beside the verdict stand its certainty (:func:`grade`), what it
would be under other rules (:func:`judge_otherwise`) and what would change it
(:func:`say_what_would_change`). All four are computed.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from analysis.claims import Claim, show_estimate, show_number
from analysis.estimate import LEVEL, SCALES, Estimate, pool

__all__ = [
    "CERTAINTY",
    "VERDICTS",
    "Grade",
    "Verdict",
    "at_level",
    "compare",
    "grade",
    "judge",
    "judge_otherwise",
    "say_what_would_change",
]

VERDICTS = {
    "supported": "the deciding evidence together lies inside the claim",
    "refuted": "the deciding evidence together lies outside the claim",
    "contested": "some deciding evidence clearly lies inside the claim, some outside",
    "undecided": "no deciding evidence, or together it reaches across an end of the claim",
    "untestable": "no evidence at hand bears on the sentence; the register says why",
    "not yet judged": "its chapter is not written yet",
}
CERTAINTY = ("very low", "low", "moderate", "high")
MISSING = 0.2  # share of missing answers above which they count as a bias
FEW = 100  # observations below which an estimate counts as imprecise
OBSERVED = ("behaviour", "money", "stated", "published")
LEVELS = (0.90, 0.99)  # other levels under which every verdict is shown
FAR = 1000  # times the present number: more than this is no number worth naming


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A claim, its estimates with what each says alone, and what follows from the deciding ones.

    Attributes
    ----------
    claim : Claim
    estimates : tuple of (Estimate, str)
        All evidence in the order shown, and what each says alone; ``shown`` where nothing can be
        said.
    verdict : str
        One of :data:`VERDICTS`.
    combined : Estimate or None
        What was compared with the claim; None where each estimate must hold, or none decides.
    prediction : tuple of float or None
        95% prediction interval: where a further sample would lie, if three or more were pooled.
    """

    claim: Claim
    estimates: tuple[tuple[Estimate, str], ...]
    verdict: str
    combined: Estimate | None = None
    prediction: tuple[float, float] | None = None

    def deciding(self) -> list[Estimate]:
        """Return the estimates of the kinds that decide the claim; none if it is untestable."""
        return _deciding(self.claim, [estimate for estimate, _ in self.estimates])

    def record(self) -> dict:
        """Return the object of ``verdicts.json``: numbers rounded to six significant digits."""
        claim, graded = self.claim, grade(self)
        return {
            "claim_id": claim.claim_id,
            "source": claim.article,
            "statement": claim.statement,
            "estimand": claim.estimand,
            "low": _json_number(claim.low),
            "high": _json_number(claim.high),
            "decided_by": list(claim.decided_by),
            "combine": claim.combine,
            "directness": dict(claim.directness),
            "verdict": self.verdict,
            "certainty": graded.certainty,
            "certainty_reasons": list(graded.reasons),
            "edition": claim.edition,
            "first_edition_verdict": claim.first_edition_verdict,
            "other_rules": judge_otherwise(self),
            "would_change": say_what_would_change(self),
            "weak_test": claim.weak_test,
            "origin": claim.origin,
            "chapter": claim.chapter,
            "combined": self._combined_record(),
            "estimates": [
                _numbers(estimate)
                | {
                    "label": estimate.label,
                    "kind": estimate.kind,
                    "source": estimate.source,
                    "method": estimate.method,
                    "verdict": verdict,
                }
                for estimate, verdict in self.estimates
            ],
        }

    def _combined_record(self) -> dict | None:
        if self.combined is None:
            return None
        low, high = self.prediction or (math.nan, math.nan)
        ends = {"prediction_low": _json_number(low), "prediction_high": _json_number(high)}
        return _numbers(self.combined) | {"method": self.combined.method} | ends


@dataclasses.dataclass(frozen=True)
class Grade:
    """Certainty of a verdict: one of :data:`CERTAINTY`, empty if untestable, and what it lost."""

    certainty: str
    reasons: tuple[str, ...]


def compare(claim: Claim, estimate: Estimate) -> str:
    """Return what one estimate alone says of a claim: supported, refuted or undecided.

    An estimate with an open end is a bound: it can lie outside a claim on one side only, and
    inside only where the claim is open on the same side.

    Raises
    ------
    ValueError
        If the claim has no interval.
    """
    if not isinstance(estimate, Estimate):
        raise TypeError(f"expected an Estimate, found {type(estimate).__name__}")
    if not claim.low <= claim.high:
        raise ValueError(
            f"claim {claim.claim_id}: expected low <= high, found {claim.low} and {claim.high}"
        )
    if claim.low <= estimate.low and estimate.high <= claim.high:
        return "supported"
    if estimate.high < claim.low or claim.high < estimate.low:
        return "refuted"
    return "undecided"


def judge(claim: Claim, estimates: Sequence[Estimate]) -> Verdict:
    """Return the verdict on ``claim`` from all its deciding evidence together.

    Only estimates of the kinds in ``claim.decided_by`` decide, combined as ``claim.combine`` says:

    same quantity
        Three or more are pooled (:func:`analysis.estimate.pool`); of two the widest reach of both
        counts, as no spread between samples can be told from two. The result is compared.
    each must hold
        Supported if every one supports, refuted if more than half refute.
    largest body
        The one with the most observations is compared.

    Contested, whatever the rule, if one supports and another refutes even with intervals at
    1 - .05/k of k estimates (Bonferroni), so that many samples do not disagree by chance.
    ``tests/judgement_study.csv`` holds how often this is wrong where the truth is known.

    Raises
    ------
    TypeError
        If the estimates are no sequence of :class:`Estimate`.
    ValueError
        If estimates that are to be pooled differ in kind of scale or have no standard error.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> claim = SimpleNamespace(
    ...     low=0.15, high=0.25, decided_by=("stated",), untestable_reason="", claim_id="C07",
    ...     combine="each must hold",
    ... )
    >>> about = {"n": 100, "kind": "stated", "source": "example", "method": "share"}
    >>> inside = Estimate(value=0.2, low=0.17, high=0.23, **about)
    >>> across = Estimate(value=0.2, low=0.1, high=0.3, **about)
    >>> judge(claim, [inside]).verdict, judge(claim, [inside, across]).verdict
    ('supported', 'undecided')
    """
    if claim.untestable_reason:
        return Verdict(claim, tuple((e, "shown") for e in estimates), "untestable")
    if isinstance(estimates, Estimate):
        raise TypeError("expected a sequence of estimates, found Estimate")
    alone = tuple((estimate, compare(claim, estimate)) for estimate in estimates)
    deciding = _deciding(claim, estimates)
    combined, prediction = _combined(claim, deciding)
    return Verdict(claim, alone, _verdict(claim, deciding, combined), combined, prediction)


def at_level(estimate: Estimate, level: float) -> Estimate:
    """Return the estimate with its interval at another level than 95%.

    Each side is stretched by the ratio of Student quantiles on the scale where the interval is
    symmetric; as it is, where an end does not exist on that scale.

    Parameters
    ----------
    estimate : Estimate
    level : float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If the level does not lie between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"expected a level between 0 and 1, found {level}")
    stretch = _quantile(level, estimate.df) / _quantile(LEVEL, estimate.df)
    middle, low, high, _, back = _on_scale(estimate)
    ends = {
        "low": min(float(back(middle - stretch * (middle - low))), estimate.value),
        "high": max(float(back(middle + stretch * (high - middle))), estimate.value),
    }
    return dataclasses.replace(estimate, **ends)


def judge_otherwise(verdict: Verdict) -> dict[str, str]:
    """Return what other rules would have said, rule to verdict; nothing if untestable.

    The rules: intervals at 90 and 99%; the prediction interval in place of the mean; each source
    left out; and the first edition's, by which one clear estimate decided beside any number that
    abstained.
    """
    claim, deciding = verdict.claim, verdict.deciding()
    if not deciding:
        return {}
    said = {}
    for level in LEVELS:
        widened = [at_level(estimate, level) for estimate in deciding]
        combined = verdict.combined and at_level(verdict.combined, level)
        said[f"{level:.0%} intervals"] = _verdict(claim, widened, combined)
    if verdict.prediction:
        low, high = verdict.prediction
        reached = dataclasses.replace(verdict.combined, low=low, high=high)
        said["prediction interval in place of the mean"] = compare(claim, reached)
    sources = list(dict.fromkeys(estimate.source for estimate in deciding))
    for source in sources if len(sources) > 1 else ():
        left = [estimate for estimate in deciding if estimate.source != source]
        said[f"without {source}"] = judge(claim, left).verdict
    told = {compare(claim, estimate) for estimate in deciding} - {"undecided"}
    first = "contested" if len(told) > 1 else told.pop() if told else "undecided"
    return said | {"one clear estimate decides (first edition)": first}


def grade(verdict: Verdict) -> Grade:
    """Return the certainty of a verdict after the five domains of GRADE.

    Every verdict starts high and loses levels; `very low` is the floor. An untestable claim has no
    grade.

    bias of design
        2 if the claim asserts an effect and the evidence was observed, not assigned; 1 if it
        asserts an association and both answers were given in one sitting (``stated``), or if the
        evidence rests on assumed numbers (``simulated``). 1 more if over a fifth of those asked
        are missing.
    inconsistency
        2 if contested; 1 if all comes from one source, or if the prediction interval says
        otherwise than the mean. Arithmetic has nothing to repeat.
    indirectness
        1 if the register calls a deciding kind ``partial``, 2 if a ``proxy``.
    imprecision
        1 if undecided, or if decided at 95% but not at 99%; 1 for fewer than 100 observations.
    publication bias
        1 if a deciding estimate is ``published``: no claim has the ten studies that a small-study
        test needs, so that selection cannot be ruled out.

    References
    ----------
    Guyatt and others (2011), Journal of Clinical Epidemiology 64:383-394; Balshem and others
    (2011), the same 64:401-406 (four levels; observed evidence on effects starts at low).
    """
    deciding = verdict.deciding()
    if not deciding:
        return Grade("", ())
    found = (_bias, _inconsistency, _indirectness, _imprecision, _publication_bias)
    lost = [loss for domain in found for loss in domain(verdict, deciding)]
    level = max(0, len(CERTAINTY) - 1 - sum(levels for levels, _ in lost))
    return Grade(CERTAINTY[level], tuple(f"\N{MINUS SIGN}{n} {why}" for n, why in lost))


def say_what_would_change(verdict: Verdict) -> str:
    """Return in words which further evidence would give another verdict."""
    claim, deciding = verdict.claim, verdict.deciding()
    if not deciding:
        return f"Data that measure it: {claim.estimand}" if claim.untestable_reason else ""
    if verdict.verdict == "contested":
        told = "A reason why the sources differ, tested in a further one."
    elif verdict.combined is None:
        told = _say_each(verdict, deciding)
    elif verdict.verdict == "undecided":
        told = _say_how_many(claim, verdict.combined, len(deciding))
    else:
        told = _say_how_far(claim, verdict.combined)
    lost = " ".join(grade(verdict).reasons)
    if "bias of design" in lost and claim.asserts == "effect":
        told += " A comparison in which the cause was assigned, not chosen, would weigh more."
    if "indirectness" in lost:
        told += " Direct evidence would weigh more."
    return told


# How estimates combine --------------------------------------------------------------------------


def _deciding(claim: Claim, estimates: Sequence[Estimate]) -> list[Estimate]:
    if claim.untestable_reason:
        return []
    return [estimate for estimate in estimates if estimate.kind in claim.decided_by]


def _combined(
    claim: Claim, deciding: Sequence[Estimate]
) -> tuple[Estimate | None, tuple[float, float] | None]:
    """Return what is compared with the claim, and the prediction interval of a pooled mean."""
    if not deciding or (claim.combine == "each must hold" and len(deciding) > 1):
        return None, None
    if len(deciding) == 1 or claim.combine == "largest body":
        return max(deciding, key=lambda estimate: estimate.n), None
    sources = "; ".join(dict.fromkeys(estimate.source for estimate in deciding))
    if len(deciding) == 2:
        return _hull(deciding, sources), None
    kinds = [kind for kind in claim.decided_by if kind in {e.kind for e in deciding}]
    pooled = pool(deciding, source=sources, kind=kinds[0])
    return pooled.estimate, (pooled.prediction_low, pooled.prediction_high)


def _hull(pair: Sequence[Estimate], sources: str) -> Estimate:
    """Return two estimates as one that reaches as far as both, its value their mean by n."""
    n = sum(estimate.n for estimate in pair)
    return dataclasses.replace(
        pair[0],
        value=float(np.average([e.value for e in pair], weights=[e.n for e in pair])),
        low=min(e.low for e in pair),
        high=max(e.high for e in pair),
        n=n,
        missing=sum(e.missing for e in pair),
        source=sources,
        label="both",
        method="reach of both intervals: two samples do not tell how samples spread",
        df=min(e.df for e in pair),
        scale=pair[0].scale if pair[0].scale == pair[1].scale else "identity",
    )


def _verdict(claim: Claim, deciding: Sequence[Estimate], combined: Estimate | None) -> str:
    """Return the verdict of deciding estimates and what they combine to."""
    corrected = [at_level(e, 1 - (1 - LEVEL) / len(deciding)) for e in deciding]
    if {"supported", "refuted"} <= {compare(claim, estimate) for estimate in corrected}:
        return "contested"
    if combined is not None:
        return compare(claim, combined)
    told = [compare(claim, estimate) for estimate in deciding]
    if told and all(word == "supported" for word in told):
        return "supported"
    return "refuted" if 2 * told.count("refuted") > len(told) else "undecided"


# The domains of the grade -----------------------------------------------------------------------

Losses = list[tuple[int, str]]


def _bias(verdict: Verdict, deciding: Sequence[Estimate]) -> Losses:
    asserts, kinds = verdict.claim.asserts, {estimate.kind for estimate in deciding}
    lost = []
    if asserts == "effect" and kinds & set(OBSERVED):
        lost.append((2, "bias of design: an effect is claimed, and nothing was assigned"))
    elif asserts == "association" and "stated" in kinds:
        lost.append((1, "bias of design: both answers come from one sitting"))
    elif "simulated" in kinds:
        lost.append((1, "bias of design: rests on assumed numbers"))
    asked = sum(estimate.n + estimate.missing for estimate in deciding)
    if (share := sum(estimate.missing for estimate in deciding) / asked) > MISSING:
        lost.append((1, f"bias of design: {share:.0%} of those asked are missing"))
    return lost


def _inconsistency(verdict: Verdict, deciding: Sequence[Estimate]) -> Losses:
    if {estimate.kind for estimate in deciding} == {"arithmetic"}:
        return []
    if verdict.verdict == "contested":
        return [(2, "inconsistency: the sources disagree")]
    if len({estimate.source for estimate in deciding}) == 1:
        return [(1, "inconsistency: one source, not repeated elsewhere")]
    otherwise = judge_otherwise(verdict).get("prediction interval in place of the mean")
    if otherwise not in (None, verdict.verdict):
        return [(1, f"inconsistency: a further sample may well be {otherwise}")]
    return []


def _indirectness(verdict: Verdict, deciding: Sequence[Estimate]) -> Losses:
    levels = {verdict.claim.directness[estimate.kind] for estimate in deciding}
    reason = verdict.claim.directness_reason.rstrip(".")
    for loss, level in ((2, "proxy"), (1, "partial")):
        if level in levels:
            return [(loss, f"indirectness ({level}): {reason}")]
    return []


def _imprecision(verdict: Verdict, deciding: Sequence[Estimate]) -> Losses:
    if {estimate.kind for estimate in deciding} == {"arithmetic"}:
        return []
    lost = []
    if verdict.verdict == "undecided":
        lost.append((1, "imprecision: the interval reaches across an end of the claim"))
    elif verdict.verdict not in ("contested", judge_otherwise(verdict)["99% intervals"]):
        lost.append((1, "imprecision: decided at 95%, not at 99%"))
    if (n := sum(estimate.n for estimate in deciding)) < FEW:
        lost.append((1, f"imprecision: {n} observations"))
    return lost


def _publication_bias(verdict: Verdict, deciding: Sequence[Estimate]) -> Losses:
    if any(estimate.kind == "published" for estimate in deciding):
        return [(1, "publication bias: too few published studies to test for it")]
    return []


# What would change a verdict --------------------------------------------------------------------


def _say_each(verdict: Verdict, deciding: Sequence[Estimate]) -> str:
    told = [compare(verdict.claim, estimate) for estimate in deciding]
    counted = ", ".join(f"{told.count(word)} {word}" for word in dict.fromkeys(told))
    need = {
        "supported": "One estimate that does not support it",
        "refuted": "More sources that do not refute it than sources that do",
        "undecided": "Support from every source, or refutation by more than half of them",
    }[verdict.verdict]
    return f"{need}; now {counted}."


def _say_how_many(claim: Claim, estimate: Estimate, k: int) -> str:
    """Return how many times the observations would decide, if the value stayed where it is."""
    middle, low, high, there, _ = _on_scale(estimate)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = [float(there(end)) for end in (claim.low, claim.high)]
    inside = claim.low <= estimate.value <= claim.high
    # Inside the claim every end must be cleared, outside only the nearer one.
    known = [end for end in ends if math.isfinite(end)]
    known = known if inside else [min(known, key=lambda end: abs(middle - end))]
    value = show_number(estimate.value, claim.unit)
    if not math.isfinite(high - low):
        return "An estimate with both ends: this one is a bound and speaks to one side only."
    ratios = [
        ((middle - low) if end < middle else (high - middle)) / abs(middle - end)
        for end in known
        if end != middle
    ]
    factor = max(ratios) ** 2 if len(ratios) == len(known) else math.inf
    if factor > FAR:
        return f"No number of observations: the value {value} lies on an end of the claim."
    what = f"samples (now {k})" if k > 2 else f"observations (now {estimate.n:,})"
    towards = "support" if inside else "refute"
    return f"About {factor:,.1f} times as many {what} would {towards} it if {value} stayed."


def _say_how_far(claim: Claim, estimate: Estimate) -> str:
    ends = [end for end in (claim.low, claim.high) if math.isfinite(end)]
    end = min(ends, key=lambda end: abs(end - estimate.value))
    now = show_estimate(estimate, claim.unit)
    return f"A value beyond {show_number(end, claim.unit)}; now {now}."


# Small parts ------------------------------------------------------------------------------------


def _quantile(level: float, df: float) -> float:
    return float(stats.t.ppf(0.5 + level / 2, df))


def _on_scale(estimate: Estimate):
    """Return value and ends on the scale where the interval is symmetric, and the ways there."""
    found = (estimate.value, estimate.low, estimate.high)
    there, back = SCALES[estimate.scale]
    with np.errstate(divide="ignore", invalid="ignore"):
        placed = [float(there(x)) for x in found]
    if all(map(math.isfinite, placed)):
        return *placed, there, back
    return *found, *SCALES["identity"]


def _numbers(estimate: Estimate) -> dict:
    ends = {name: _json_number(getattr(estimate, name)) for name in ("value", "low", "high")}
    return ends | {"n": estimate.n, "missing": estimate.missing}


def _json_number(number: float) -> float | None:
    """Return six significant digits, or None for an open end."""
    return float(f"{number:.6g}") if math.isfinite(number) else None
