"""The answer to the questions of the title in five sentences, written from the verdicts.

Words are chosen from numbers by the rules that stand here; nothing that a chapter found is typed.
"""

from analysis.book import Book
from analysis.estimate import Estimate

LEAST = 0.1  # the smallest correlation that the register counts
STRENGTHS = {"strong": 0.5, "moderate": 0.3, "weak": 0.0}  # Cohen (1988)
QUESTIONS = {"Does satisfaction make customers loyal?": 3, "Does it make firms money?": 2}
ADVERBS = {
    "negligible": "hardly at all",
    "unclear": "in no clear direction",
    "weak": "weakly",
    "moderate": "moderately",
    "strong": "strongly",
}
ACTS = (  # going on and renewing, by the labels that chapter 02 gives them; buying anew is first
    ("C61", "behaviour", "an hour or more after"),
    ("C61", "behaviour", "plans of a year, year after"),
)
SENTENCES = {  # what a sentence tells, and how, from the estimates e and the verdicts v
    "How satisfaction goes with words and deeds": (
        (("C61", "stated", "pooled"), ("C61", "behaviour", None), *ACTS),
        lambda e, v: (
            f"Satisfaction goes {adverb(e[0])} with what customers say they will do (correlation "
            f"{e[0].text()}, {e[0].source}) {joined(e[0], e[1])} {adverb(e[1])} with whether they "
            f"buy anew {e[1].label} ({e[1].text()}, {e[1].source}), {adverb(e[2])} with whether "
            f"they go on with what they have paid for ({e[2].text()}, {e[2].source}) and "
            f"{adverb(e[3])} with whether members renew ({e[3].text()}, {e[3].source}, whose means "
            f"cannot be compared with people in size); the claim that it has almost no effect on "
            f"loyal behaviour is {v['C61']} (C61)."
        ),
    ),
    "What customers at the top score do": (
        (("C07", "stated", None), ("C06", "behaviour", None)),
        lambda e, v: (
            f"At the top score {e[0].percent()} say they do not plan to come back ({e[0].source}), "
            f"{'yet' if e[1].low > e[0].high else 'and'} {e[1].percent()} did not order again "
            f"({e[1].label}, {e[1].source}); the claim that a fully satisfied customer need not be "
            f"loyal is {v['C06']} (C06), an article's number for those who plan to leave is "
            f"{v['C07']} (C07)."
        ),
    ),
    "What customers without a strong impression do": (
        (("C62", "behaviour", None),),
        lambda e, v: (
            f"Customers without a strong impression came back {e[0].text()} times as often as "
            f"satisfied ones ({e[0].source}); the claim that they never do is {v['C62']} (C62)."
        ),
    ),
    "What satisfaction tells of a firm's accounts": (
        (("C53", "money", None), ("C36", "money", None)),
        lambda e, v: (
            f"Satisfaction higher than a firm's usual by one standard deviation goes with "
            f"{e[0].text(1)} per cent more profit a year later ({e[0].source}), and the change of "
            f"satisfaction goes {adverb(e[1])} with the share's return of the same years "
            f"(correlation {e[1].text()}); the claim that satisfaction first earns more is "
            f"{v['C53']} (C53), that it is tied to shareholder value {v['C36']} (C36)."
        ),
    ),
    "What satisfaction tells of what customers pay": (
        (("C31", "stated", None), ("C61", "money", None)),
        lambda e, v: (
            f"A customer's satisfaction goes {adverb(e[0])} with the price they say they would "
            f"accept (correlation {e[0].text()}, {e[0].source}) {joined(e[0], e[1])} "
            f"{adverb(e[1])} with what they then spent ({e[1].text()}, {e[1].source}); the claim "
            f"that satisfied customers accept price increases is {v['C31']} (C31)."
        ),
    ),
}


def strength(estimate: Estimate) -> str:
    """Return a correlation in a word: negligible, unclear, weak, moderate or strong.

    Negligible: all of its interval is smaller than :data:`LEAST`; unclear: it holds zero.
    """
    if max(-estimate.low, estimate.high) <= LEAST:
        return "negligible"
    if estimate.low <= 0 <= estimate.high:
        return "unclear"
    word = next(word for word, least in STRENGTHS.items() if abs(estimate.value) >= least)
    return word if estimate.value > 0 else f"{word} and negative"


def adverb(estimate: Estimate) -> str:
    """Return the strength as an adverb."""
    word, _, negative = strength(estimate).partition(" and ")
    return f"{ADVERBS[word]} and inversely" if negative else ADVERBS[word]


def joined(first: Estimate, second: Estimate) -> str:
    """Return the word between two correlations: but, where their strengths differ."""
    return "and" if strength(first) == strength(second) else "but"


def write_sentences(book: Book) -> list[str]:
    """Return the answers to :data:`QUESTIONS` in order, five sentences in all.

    A sentence whose evidence is not in the chapters says what is missing.
    """
    verdicts = {claim_id: record["verdict"] for claim_id, record in book.records.items()}
    told = []
    for subject, (needed, words) in SENTENCES.items():
        found, missing = [], ""
        for claim_id, kind, label in needed:
            fits = [e for e in book.estimates(claim_id, kind) if label in (None, e.label)]
            found += fits[:1]
            if not fits and not missing:
                number = book.register[claim_id].chapter
                known = number in book.written
                reason = f"has no such evidence on {claim_id}" if known else "is not written"
                missing = f"{subject} is not told: chapter {number} {reason}."
        told.append(missing or words(found, verdicts))
    return told
