"""Refusals of analysis.reasons."""

import numpy as np
import pandas as pd

from analysis.estimate import TooFewError
from analysis.reasons import (
    CODERS,
    COMPLAINTS,
    coding_quality,
    kappa,
    read_share,
    reason_difference,
    reason_share,
)
from tests.refusals import Case

ABOUT = {"kind": "stated", "source": "made"}
CODES = pd.DataFrame({"a": [0, 0, 1], "b": [0, 1, 1], "n": [5, 2, 4]})
READ = pd.DataFrame(
    {f"{name}_{coder}": [0] * 24 for name in COMPLAINTS for coder in CODERS}
).assign(stratum="bad", arrival="on_time")
for _coder in CODERS:
    READ.loc[:7, f"late_{_coder}"] = READ.loc[8:15, f"price_{_coder}"] = 1
WEEKS = pd.DataFrame(
    {"week": [0, 1], "broken": 0, "reasons": "late", "these": 5, "others": 3, "none": 1}
).assign(silent=2)
NAMES = list(COMPLAINTS)
FRAME = "expected a pandas DataFrame, found builtins.list: convert it first"
COUNTS = "whole numbers >= 0 in ['these', 'others', 'none', 'silent']"


def case(kind, function, call, message, error=ValueError):
    return Case(kind, function, call, error, message)


def of_kappa(kind, message, counts, error=ValueError):
    return case(kind, kappa, lambda: kappa(counts, "a", "b", **ABOUT), message, error)


def of_share(kind, message, *, weeks=WEEKS, coded=READ, reasons="late", error=ValueError, **other):
    options = {"seed": 1, "draws": 20} | ABOUT | other
    return case(
        kind, reason_share, lambda: reason_share(weeks, coded, reasons, **options), message, error
    )


def of_difference(
    kind, message, *, weeks=WEEKS, coded=READ, reason="late", rivals="price", error=ValueError
):
    options = {"seed": 1, "draws": 20} | ABOUT
    return case(
        kind,
        reason_difference,
        lambda: reason_difference(weeks, coded, reason, rivals, **options),
        message,
        error,
    )


def of_read(kind, message, coded=READ, reasons="late", error=ValueError, **other):
    return case(
        kind, read_share, lambda: read_share(coded, reasons, **ABOUT | other), message, error
    )


CASES = [
    of_kappa("a list", FRAME, [[0, 1]], TypeError),
    of_kappa(
        "no column",
        "expected columns ['a', 'b'], found no ['b'] in ['a', 'n']",
        CODES.drop(columns="b"),
        KeyError,
    ),
    of_kappa(
        "a share for a code", "expected a to be 0 or 1, found 0.5 in row 0", CODES.assign(a=0.5)
    ),
    of_kappa(
        "one code for all",
        "expected a and b to vary in 11 texts, found one that does not",
        CODES.assign(a=0),
        TooFewError,
    ),
    of_kappa(
        "one code for all in the second",
        "expected a and b to vary in 11 texts, found one that does not",
        CODES.assign(b=0),
        TooFewError,
    ),
    of_kappa(
        "no texts",
        "expected a and b to vary in 0 texts, found one that does not",
        CODES.assign(n=0),
        TooFewError,
    ),
    case("a list", coding_quality, lambda: coding_quality([], "bad", **ABOUT), FRAME, TypeError),
    case(
        "no such stratum",
        coding_quality,
        lambda: coding_quality(READ, "good", **ABOUT),
        "expected a stratum of ['bad'], found 'good'",
    ),
    case(
        "one reading only",
        coding_quality,
        lambda: coding_quality(READ[["stratum", "late_machine", "late_first"]], "bad", **ABOUT),
        "expected columns ['late_machine', 'late_first', 'late_second'], found no ['late_second'] "
        "in ['stratum', 'late_machine', 'late_first']",
        KeyError,
    ),
    of_read("a list", FRAME, [], error=TypeError),
    of_read("praise", f"expected reasons among {NAMES}, found ['praise']", reasons="praise"),
    of_read("no reason", f"expected reasons among {NAMES}, found []", reasons=[]),
    of_read(
        "an unknown coder",
        "expected a coder of ['machine', 'first', 'second'], found 'third'",
        coder="third",
    ),
    of_read(
        "a text without a code",
        "expected texts of the stratum bad with all codes, found 24 without",
        READ.assign(late_first=np.nan),
    ),
    of_read(
        "no bad text",
        "expected texts of the stratum bad with all codes, found no text",
        READ.assign(stratum="other"),
    ),
    of_read(
        "nothing named",
        "expected customers with a known hit, found none",
        READ[16:],
        error=TooFewError,
    ),
    of_share("a list", FRAME, weeks=[], error=TypeError),
    of_share(
        "no column",
        "expected columns ['week', 'broken', 'reasons', 'these', 'others', 'none', 'silent'], "
        "found no ['none'] in ['week', 'broken', 'reasons', 'these', 'others', 'silent']",
        weeks=WEEKS.drop(columns="none"),
        error=KeyError,
    ),
    of_share(
        "a set that is not counted",
        "expected a set of reasons of ['late'], found 'late wrong'",
        reasons=["wrong", "late"],
    ),
    of_share(
        "an unknown whole", "expected among to be 'reason' or 'all', found 'text'", among="text"
    ),
    of_share(
        "half a text", f"expected {COUNTS}, found 11.5 in row 0", weeks=WEEKS.assign(none=1.5)
    ),
    of_share(
        "fewer than none", f"expected {COUNTS}, found 9 in row 0", weeks=WEEKS.assign(none=-1)
    ),
    of_share(
        "a week without a number",
        "expected a week, found nan in row 0",
        weeks=WEEKS.assign(week=np.nan),
    ),
    of_share(
        "half broken",
        "expected broken to be 0 or 1, found 0.5 in row 0",
        weeks=WEEKS.assign(broken=0.5),
    ),
    of_share(
        "too few read",
        "expected 10 or more read texts in each group of ['these', 'others', 'none'], "
        "found [8, 8, 8]",
        error=TooFewError,
    ),
    of_share(
        "no arrival",
        f"expected columns ['arrival'], found no ['arrival'] in {[*READ.drop(columns='arrival')]}",
        coded=READ.drop(columns="arrival"),
        or_broken=True,
        error=KeyError,
    ),
    of_difference("a list", FRAME, weeks=[], error=TypeError),
    of_difference("no rival", f"expected reasons among {NAMES}, found []", rivals=[]),
    of_difference("praise", f"expected reasons among {NAMES}, found ['praise']", reason="praise"),
    of_difference(
        "its own rival",
        "expected a reason other than ['late', 'price'], found 'late'",
        rivals=["price", "late"],
    ),
    of_difference(
        "two reasons",
        "expected a reason other than ['price'], found ['late', 'wrong']",
        reason=["late", "wrong"],
    ),
    of_difference(
        "a rival that is not counted",
        "expected a set of reasons of ['late'], found 'price'",
        coded=pd.concat([READ] * 2),
    ),
    of_difference(
        "too few read",
        "expected 10 or more read texts in each group of ['these', 'others', 'none'], "
        "found [8, 8, 8]",
        error=TooFewError,
    ),
]
