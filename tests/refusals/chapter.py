"""Refusals of analysis.chapter."""

from analysis.chapter import Chapter, as_markdown, say, verdict_html
from analysis.claims import load_claims
from tests.refusals import Case

BOOK = load_claims()
OTHER = next(claim_id for claim_id, claim in BOOK.items() if claim.chapter != "01")
FIRST = [claim_id for claim_id, claim in BOOK.items() if claim.chapter == "01"]
TESTED = next(claim_id for claim_id in FIRST if not BOOK[claim_id].untestable_reason)

CASES = [
    Case("no such chapter", Chapter, lambda: Chapter("99"), ValueError,
         "expected a chapter with claims in data/claims.csv, found '99'"),
    Case("a claim of another chapter", Chapter.judge, lambda: Chapter("01").judge(OTHER, []),
         ValueError, f"expected a claim of {FIRST}, found '{OTHER}'"),
    Case("no evidence", Chapter.judge, lambda: Chapter("01").judge(TESTED, []), ValueError,
         f"expected evidence for {TESTED}, found no estimate"),
    Case("not judged", Chapter.robustness, lambda: Chapter("01").robustness(TESTED, {}),
         ValueError,
         f"expected a verdict on {TESTED} before its robustness, found none"),
    Case("claims left open", Chapter.conclude, lambda: Chapter("01").conclude(["Done."]),
         ValueError,
         f"expected a verdict on every claim, found none on {FIRST}"),
    Case("a number", say, lambda: say(5), TypeError, "expected sentences, found 5"),
    Case("a number", as_markdown, lambda: as_markdown(5), TypeError, "expected a text, found 5"),
    Case("no verdict", verdict_html, lambda: verdict_html(None), TypeError,
         "expected a Verdict, found NoneType"),
]  # fmt: skip
