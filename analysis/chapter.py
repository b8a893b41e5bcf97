"""What every chapter shows in the same way: its answer, its claims, its verdicts, its data.

The answer stands at the top of a chapter but is computed at its end: :meth:`Chapter.conclude`
fills in the two places that :meth:`Chapter.short_answer` and :meth:`Chapter.claims_tested` held
free. Each verdict is displayed with a JSON bundle beside it, from which the report is made.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape
from importlib.metadata import version

import pandas as pd
from IPython.display import HTML, display, update_display

from analysis.claims import Claim, load_claims, show_estimate, show_number
from analysis.data import sources
from analysis.estimate import Estimate
from analysis.judgement import (
    Verdict,
    compare,
    grade,
    judge,
    judge_otherwise,
    say_what_would_change,
)

__all__ = [
    "ANSWER_MIME",
    "ROBUSTNESS_MIME",
    "VERDICT_MIME",
    "Chapter",
    "say",
    "verdict_html",
]

VERDICT_MIME = "application/vnd.satisfaction.verdict+json"
ANSWER_MIME = "application/vnd.satisfaction.answer+json"
ROBUSTNESS_MIME = "application/vnd.satisfaction.robustness+json"
SIGNS = {
    "supported": "\N{CHECK MARK}",
    "refuted": "\N{MULTIPLICATION SIGN}",
    "contested": "\N{LEFT RIGHT ARROW}",
    "undecided": "?",
    "untestable": "\N{EN DASH}",
    "not yet judged": "\N{HORIZONTAL ELLIPSIS}",
    "shown": "",
}


class Chapter:
    """The claims of one chapter and the verdicts reached so far.

    Parameters
    ----------
    number : str
        Two digits, as in ``data/claims.csv``.

    Raises
    ------
    ValueError
        If the register has no claim for this chapter.
    """

    def __init__(self, number: str) -> None:
        self.number = number
        self.claims = {k: claim for k, claim in load_claims().items() if claim.chapter == number}
        self.verdicts: dict[str, Verdict] = {}
        if not self.claims:
            raise ValueError(f"expected a chapter with claims in data/claims.csv, found {number!r}")

    def short_answer(self) -> None:
        """Hold the place of the short answer free."""
        self._hold("answer")

    def claims_tested(self) -> None:
        """Hold the place of the table of verdicts free."""
        self._hold("claims")

    def judge(self, claim_id: str, estimates: Sequence[Estimate]) -> None:
        """Judge a claim of this chapter and display its card.

        Parameters
        ----------
        claim_id : str
            For example ``"C07"``.
        estimates : sequence of Estimate
            All the evidence, deciding or not, in the order to be shown; empty if untestable.

        Raises
        ------
        ValueError
            If the claim belongs elsewhere, was judged before or has no evidence.
        """
        if claim_id not in self.claims:
            raise ValueError(f"expected a claim of {list(self.claims)}, found {claim_id!r}")
        if claim_id in self.verdicts:
            raise ValueError(f"expected one verdict per claim, found a second for {claim_id}")
        if not estimates and not self.claims[claim_id].untestable_reason:
            raise ValueError(f"expected evidence for {claim_id}, found no estimate")
        verdict = self.verdicts[claim_id] = judge(self.claims[claim_id], estimates)
        bundle = {
            VERDICT_MIME: verdict.record(),
            "text/html": verdict_html(verdict),
            "text/plain": f"{claim_id}: {verdict.verdict}",
        }
        display(bundle, raw=True)

    def robustness(self, claim_id: str, specifications: Mapping[str, Estimate]) -> None:
        """Display what other reasonable choices would have said, and how many agree.

        Parameters
        ----------
        claim_id : str
            A claim judged before.
        specifications : mapping of str to Estimate
            What was chosen differently (another cut-off, window, subset or estimator) and the
            result. All that were run belong here, not only those that agree.

        Raises
        ------
        ValueError
            If the claim was not judged before, or a specification is the judged estimate itself.
        """
        if claim_id not in self.verdicts:
            raise ValueError(f"expected a verdict on {claim_id} before its robustness, found none")
        verdict = self.verdicts[claim_id]
        judged = {(e.source, e.value, e.low, e.high) for e in verdict.deciding()}
        for name, e in specifications.items():
            if (e.source, e.value, e.low, e.high) in judged:
                raise ValueError(
                    f"expected other choices than the judged one of {claim_id}, found it: {name}"
                )
        rows = [
            (
                name,
                show_estimate(estimate, verdict.claim.unit),
                estimate.n,
                compare(verdict.claim, estimate),
            )
            for name, estimate in specifications.items()
        ]
        table = pd.DataFrame(rows, columns=["specification", "estimate [95%]", "n", "says"])
        told = ", ".join(f"{count} {word}" for word, count in table["says"].value_counts().items())
        summary = f"{claim_id}: of {len(table)} specifications {told}"
        agree = None  # one specification cannot be contested
        if verdict.verdict != "contested":
            agree = int((table["says"] == verdict.verdict).sum())
            summary += f"; {agree} agree with the verdict \N{LEFT DOUBLE QUOTATION MARK}"
            summary += f"{verdict.verdict}\N{RIGHT DOUBLE QUOTATION MARK}"
        summary += "."
        html = f"<p>{escape(summary)}</p>{table.to_html(index=False, border=0)}"
        bundle = {
            ROBUSTNESS_MIME: {"claim_id": claim_id, "agree": agree, "of": len(table)},
            "text/html": html,
            "text/plain": summary,
        }
        display(bundle, raw=True)

    def conclude(self, sentences: Sequence[str]) -> None:
        """Fill in the short answer and the table of verdicts at the top of the chapter.

        Raises
        ------
        ValueError
            If a claim of the chapter has not been judged.
        """
        if open_claims := [k for k in self.claims if k not in self.verdicts]:
            raise ValueError(f"expected a verdict on every claim, found none on {open_claims}")
        answer = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
        answer = f'<div class="short-answer">{answer}</div>'
        table = _claims_table([self.verdicts[k] for k in self.claims])
        for place, html in (("answer", answer), ("claims", table)):
            update_display(HTML(html), display_id=f"{self.number}-{place}")
        bundle = {
            ANSWER_MIME: {
                "chapter": self.number,
                "sentences": list(sentences),
                "answer_html": answer,
                "claims_html": table,
            },
            "text/html": '<p class="note">The answer and the table at the top come from here.</p>',
            "text/plain": "\n".join(sentences),
        }
        display(bundle, raw=True)

    def reproduce(self, tables: Sequence[str]) -> None:
        """Display the data used, with their hashes, and the packages that computed the results."""
        display(HTML(sources([*tables, "claims"]).to_html(index=False, border=0)))
        packages = ("numpy", "scipy", "pandas", "statsmodels", "seaborn")
        print("computed with", ", ".join(f"{name} {version(name)}" for name in packages))

    def _hold(self, place: str) -> None:
        display(HTML("<p>Run the chapter to its end.</p>"), display_id=f"{self.number}-{place}")


def say(*sentences: str) -> None:
    """Display computed sentences as a paragraph of the chapter: words only, nothing is markup."""
    for sentence in sentences:
        if not isinstance(sentence, str):
            raise TypeError(f"expected sentences, found {sentence!r}")
    text = " ".join(sentences)
    display({"text/markdown": as_markdown(text), "text/plain": text}, raw=True)


def as_markdown(text: str) -> str:
    r"""Return markdown that shows a text as it stands, whatever signs it holds.

    Examples
    --------
    >>> print(as_markdown("r 0.70 [0.54, 0.82] of <b>* [x](y)"))
    r 0.70 [0.54, 0.82] of &lt;b&gt;\* [x\](y)
    """
    if not isinstance(text, str):
        raise TypeError(f"expected a text, found {text!r}")
    text = re.sub(r"([\\`*_$|~])", r"\\\1", escape(text, quote=False))
    text = re.sub(r"\](?=[(\[:])", r"\\]", text)
    text = re.sub(r"^(\s*)([#+-])(?=\s|#)", r"\1\\\2", text, flags=re.M)
    return re.sub(r"^(\s*\d+)([.)])(?=\s)", r"\1\\\2", text, flags=re.M)


def verdict_html(verdict: Verdict) -> str:
    """Return the card of a verdict, all text escaped.

    The claim and its rule, every estimate, what they combine to, the certainty, the verdict under
    other rules and what would change it.
    """
    if not isinstance(verdict, Verdict):
        raise TypeError(f"expected a Verdict, found {type(verdict).__name__}")
    claim = verdict.claim
    claim_id = escape(claim.claim_id)
    rows = "".join(_estimate_row(claim, *judged) for judged in verdict.estimates)
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("Evidence", "Estimate [95% interval]", "n", "Missing", "Kind", "Alone")
    )
    rows += _combined_row(verdict)
    table = f'<table class="estimates"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    graded = f" {certainty_html(grade(verdict).certainty)}" if verdict.deciding() else ""
    return (
        f'<section class="verdict {_slug(verdict.verdict)}" id="{claim_id}">'
        f'<p class="verdict-head">{_badge(verdict.verdict)}{graded} <b>{claim_id}</b> '
        f"{escape(claim.statement)}</p>{_rule_html(claim)}{table if rows else ''}"
        f"{_trust_html(verdict)}</section>"
    )


def certainty_html(certainty: str) -> str:
    """Return the certainty of a verdict in words."""
    return f'<span class="certainty">{escape(certainty)} certainty</span>'


def _rule_html(claim: Claim) -> str:
    if claim.untestable_reason:
        return f'<p class="rule">Cannot be tested: {escape(claim.untestable_reason)}</p>'
    origin = f" Origin of its number: {escape(claim.origin)}." if claim.origin else ""
    measured, reason = (
        escape(text.rstrip(".")) for text in (claim.estimand, claim.interval_reason)
    )
    return (
        f'<p class="rule"><b>True if {escape(claim.interval_text())}</b>, measured as: {measured}. '
        f"Why there: {reason}. Decided by: {escape(', '.join(claim.decided_by))}; "
        f"several count as: {escape(claim.combine)}.{origin}</p>"
    )


def _combined_row(verdict: Verdict) -> str:
    """Return the row of what several deciding estimates combine to, if they do."""
    combined, unit = verdict.combined, verdict.claim.unit
    if combined is None or len(verdict.deciding()) < 2:
        return ""
    told = escape(combined.method)
    if verdict.prediction:
        low, high = (show_number(end, unit) for end in verdict.prediction)
        told += f"; a further sample would lie in [{low}, {high}]"
    return (
        f'<tr class="combined"><th scope="row">{escape(verdict.claim.combine.capitalize())}'
        f'<span class="method">{told}</span></th>'
        f'<td class="number">{show_estimate(combined, unit)}</td>'
        f'<td class="number">{combined.n:,}</td><td class="number">{combined.missing:,}</td>'
        f"<td></td><td>{escape(verdict.verdict)}</td></tr>"
    )


def _trust_html(verdict: Verdict) -> str:
    """Return how far to trust a verdict, in four short lines at most."""
    claim, lines = verdict.claim, []
    if claim.weak_test:
        lines.append(("Weak test", claim.weak_test))
    if reasons := grade(verdict).reasons:
        lines.append((f"Certainty {grade(verdict).certainty}", "; ".join(reasons) + "."))
    if said := judge_otherwise(verdict):
        others = [f"{rule}: {word}" for rule, word in said.items() if word != verdict.verdict]
        same = len(said) - len(others)
        told = f"{same} of {len(said)} other rules give the same verdict"
        lines.append(("Under other rules", "; ".join([told, *others]) + "."))
    if told := say_what_would_change(verdict):
        lines.append(("What would change it", told))
    if claim.first_edition_verdict != verdict.verdict:
        lines.append(("First edition", f"{claim.first_edition_verdict}."))
    return "".join(
        f'<p class="trust"><b>{escape(name)}:</b> {escape(text)}</p>' for name, text in lines
    )


def _estimate_row(claim: Claim, estimate: Estimate, verdict: str) -> str:
    decides = estimate.kind in claim.decided_by and not claim.untestable_reason
    what = escape(f"{estimate.label}: {estimate.source}" if estimate.label else estimate.source)
    word = escape(verdict) if decides else f"({escape(verdict)})"
    return (
        f'<tr class="{"decides" if decides else "beside"}"><th scope="row">{what}'
        f'<span class="method">{escape(estimate.method)}</span></th>'
        f'<td class="number">{show_estimate(estimate, claim.unit)}</td>'
        f'<td class="number">{estimate.n:,}</td><td class="number">{estimate.missing:,}</td>'
        f"<td>{escape(estimate.kind)}</td><td>{word}</td></tr>"
    )


def _claims_table(verdicts: Sequence[Verdict]) -> str:
    rows = "".join(
        f'<tr><th scope="row"><a href="#{escape(v.claim.claim_id)}">{escape(v.claim.claim_id)}</a>'
        f"</th><td>{escape(v.claim.statement)}</td><td>{escape(v.claim.interval_text())}</td>"
        f"<td>{_badge(v.verdict)}</td><td>{escape(grade(v).certainty or 'none')}"
        f"{', weak test' if v.claim.weak_test else ''}</td></tr>"
        for v in verdicts
    )
    columns = ("Claim", "It says", "True if", "Verdict", "Certainty")
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    return f'<table class="claims"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _badge(verdict: str) -> str:
    return f'<span class="badge {_slug(verdict)}">{SIGNS[verdict]} {verdict}</span>'


def _slug(verdict: str) -> str:
    return verdict.replace(" ", "-")
