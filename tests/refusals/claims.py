"""Refusals of analysis.claims and analysis.judgement."""

import dataclasses
import math

import numpy as np

from analysis.claims import Claim, load_claims, show_estimate, show_number
from analysis.data import DataError
from analysis.estimate import Estimate
from analysis.judgement import at_level, compare, judge
from tests.refusals import Case

CLAIM = next(claim for claim in load_claims().values() if not claim.untestable_reason)
OPEN = next(claim for claim in load_claims().values() if claim.untestable_reason)
MADE = Estimate(value=0.2, low=0.1, high=0.3, n=9, kind="stated", source="s", method="m")


def claim(**changes):
    return lambda: dataclasses.replace(CLAIM, **changes)


def told(problem):
    return f"claims.csv, claim {CLAIM.claim_id}: expected {problem}"


KINDS = "['behaviour', 'money', 'stated', 'published', 'arithmetic', 'simulated']"
CASES = [
    Case("no id", Claim, claim(claim_id="7"), DataError,
         "claims.csv, claim 7: expected an id such as C07, found '7'"),
    Case("markup as id", Claim, claim(claim_id="C07<b>"), DataError,
         "claims.csv, claim C07<b>: expected an id such as C07, found 'C07<b>'"),
    Case("unknown kind", Claim, claim(decided_by=("rumour",)), DataError,
         told(f"decided_by of {KINDS}, found ['rumour']")),
    Case("unknown origin", Claim, claim(origin="heard"), DataError,
         told("origin of ('', 'traced', 'distorted', 'untraceable'), found 'heard'")),
    Case("ends crossed", Claim, claim(low=2.0, high=1.0), DataError,
         told("low <= high and decided_by, or a reason why it is untestable")),
    Case("nan end", Claim, claim(low=math.nan), DataError,
         told("low <= high and decided_by, or a reason why it is untestable")),
    Case("nothing decides", Claim, claim(decided_by=()), DataError,
         told("low <= high and decided_by, or a reason why it is untestable")),
    Case("everything would hold", Claim, claim(low=-math.inf, high=math.inf), DataError,
         told("at least one closed end, or any evidence would support it")),
    Case("unknown edition", Claim, claim(edition=3), DataError,
         told("edition of (1, 2), found 3")),
    Case("unknown way to combine", Claim, claim(combine="vote"), DataError,
         told("combine of ['same quantity', 'each must hold', 'largest body'], found 'vote'")),
    Case("unknown assertion", Claim, claim(asserts="cause"), DataError,
         told("asserts of ['amount', 'association', 'effect'], found 'cause'")),
    Case("a kind without directness", Claim, claim(directness={}), DataError,
         told(f"directness of {list(CLAIM.decided_by)}, found []")),
    Case("unknown directness", Claim,
         claim(directness=dict.fromkeys(CLAIM.decided_by, "near")), DataError,
         told("directness of ['direct', 'partial', 'proxy'], found ['near']")),
    Case("indirect without a reason", Claim,
         claim(directness=dict.fromkeys(CLAIM.decided_by, "proxy"), directness_reason=""),
         DataError, told("a reason why its evidence is not direct, found none")),
    Case("a level of all", at_level, lambda: at_level(MADE, 1), ValueError,
         "expected a level between 0 and 1, found 1"),
    Case("no interval", compare, lambda: compare(OPEN, MADE), ValueError,
         f"claim {OPEN.claim_id}: expected low <= high, found nan and nan"),
    Case("no estimate", compare, lambda: compare(CLAIM, 0.2), TypeError,
         "expected an Estimate, found float"),
    Case("no estimate", judge, lambda: judge(CLAIM, [0.2]), TypeError,
         "expected an Estimate, found float"),
    Case("one estimate", judge, lambda: judge(CLAIM, MADE), TypeError,
         "expected a sequence of estimates, found Estimate"),
    Case("nan", show_number, lambda: show_number(np.nan, "share"), ValueError,
         "expected a number, found nan"),
    Case("text", show_number, lambda: show_number("5", "share"), TypeError,
         "expected a number, found '5'"),
    Case("no estimate", show_estimate, lambda: show_estimate(0.2, "share"), TypeError,
         "expected an Estimate, found float"),
]  # fmt: skip
