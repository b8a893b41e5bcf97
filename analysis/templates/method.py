"""What the method page tells, read from where it is kept: code, records, README and data."""

import ast
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from inspect import getdoc
from pathlib import Path
from typing import Any

from markupsafe import Markup

from analysis.judgement import grade
from analysis.templates.filters import show_markdown
from analysis.templates.markup import ReportError

ROOT = Path(__file__).resolve().parents[2]
INTERVALS = {  # as a method names it, and what it is for; the first that fits counts
    "bootstrap": "percentile bootstrap: any other function of the counts",
    "clustered": "robust to clusters: panels of firms or sellers",
    "Hartung-Knapp": "Hartung and Knapp: mean of several studies",
    "Wilson": "Wilson: a share",
    "Clopper-Pearson": "Clopper and Pearson: a share of none or of all",
    "adjusted Wald": "adjusted Wald: a net promoter score",
    "published mean over": "Student: a published mean, spread between firms taken from its words",
    "noncentral F": "noncentral F: a gain in R2",
    "Newcombe": "Newcombe: a difference of shares",
    "log interval": "log-normal: a ratio of shares",
    "Student": "Student: a mean",
    "Welch": "Welch: a difference of means",
    "Fisher-z": "Fisher's z: a correlation",
    "DeLong": "DeLong: a chance of a higher signal (AUC)",
    "HC1": "robust to unequal variance (HC1): a slope",
}
MODULES = ("judgement", "estimate", "regression", "panel", "importance", "value")
SEEN = re.compile(r"^\*\*What had been seen before\.\*\*\s*(.+?)(?:\n\s*\n|\Z)", re.M | re.S)


def list_estimators() -> Iterator[dict[str, str]]:
    """Yield name, result and reference of every public function that cites one."""
    for module in MODULES:
        source = (ROOT / "analysis" / f"{module}.py").read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                text = ast.get_docstring(node) or ""
                cited = re.search(r"References\n-+\n(.+?)(?:\n\s*\n|\Z)", text, re.S)
                if cited:
                    yield {
                        "module": f"analysis.{module}",
                        "name": node.name,
                        "result": plain(text.split("\n\n")[0]).removeprefix("Return "),
                        "reference": " ".join(cited[1].split()),
                    }


def plain(text: str) -> str:
    """Return the first lines of a docstring as a sentence without markup."""
    return " ".join(re.sub(r":\w+:`[~.\w]*?(\w+)`|``?", r"\1", text).split())


def list_methods(records: Sequence[Mapping[str, Any]]) -> list[tuple[str, int, list[str]]]:
    """Return each kind of interval with its number of estimates and the claims that rest on it."""
    used: dict[str, list[str]] = {}
    for record in records:
        for estimate in record["estimates"]:
            used.setdefault(interval_of(estimate), []).append(record["claim_id"])
    ranked = sorted(used.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(name, len(claims), sorted(set(claims))) for name, claims in ranked]


def interval_of(estimate: Mapping[str, Any]) -> str:
    """Return what kind of interval an estimate has; one of no known kind is its own method."""
    if estimate["low"] == estimate["value"] == estimate["high"]:
        return "none: exact, or a published number without an error"
    method = estimate["method"]
    return next((what for name, what in INTERVALS.items() if name in method), method)


def read_seen() -> Markup:
    """Return what README.md says had been seen before the rules were fixed."""
    found = SEEN.search((ROOT / "README.md").read_text(encoding="utf-8"))
    if not found:
        raise ReportError("README.md: expected '**What had been seen before.** ...', found none")
    return show_markdown(found[1])


def list_domains() -> dict[str, str]:
    """Return the domains of the grade and what each costs, as its docstring says."""
    rules = re.findall(r"^([a-z ]+)\n((?:    .+\n)+)", getdoc(grade) or "", re.M)
    return {name: plain(text) for name, text in rules}


def read_false_verdicts() -> list[dict[str, Any]]:
    """Return the rows of the recorded study of the rule, shares in per cent."""
    with (ROOT / "tests" / "judgement_study.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        runs = int(row["runs"])
        shares = {key: f"{int(row[key]) / runs:.1%}" for key in ("decided", "false")}
        row |= shares | {"runs": f"{runs:,}"}
    return rows


def read_coverage() -> list[dict[str, Any]]:
    """Return the rows of the recorded coverage study, with the error of each share."""
    with (ROOT / "tests" / "coverage_study.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        held, runs = float(row["coverage"]), int(row["runs"])
        error = 1.96 * (held * (1 - held) / runs) ** 0.5
        row |= {"runs": f"{runs:,}", "held": f"{held:.1%}", "error": f"±{100 * error:.1f}"}
    return rows
