"""Text from data never becomes markup: hostile text in every field, read as a browser would."""

import copy
import dataclasses
import re
from pathlib import Path

import html5lib
import nh3
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from analysis import chapter, data, report
from analysis.chapter import ANSWER_MIME, ROBUSTNESS_MIME, as_markdown, verdict_html
from analysis.claims import Claim, load_claims, load_history
from analysis.data import load, table_names
from analysis.estimate import Estimate
from analysis.judgement import Verdict, compare
from analysis.templates import front
from analysis.templates.filters import show_markdown
from analysis.templates.markup import sanitise
from tests.test_environment import DIRECT, PINS
from tests.test_report import PNG, display_cell, toy

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "x'\"><iframe src=javascript:alert(1)></iframe>",
    "</style></title></table><script>alert(1)</script>",
    "[x](javascript:alert(1)) ![y](http://example.org/z.png)",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "$\\href{javascript:alert(1)}{x}$ $\\text{<img src=x onerror=alert(1)>}$",
)
HOSTILE = " ".join(ATTACKS)
ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "footer", "nav", "div"),
    *("section", "p", "span", "a", "b", "i", "em", "strong", "code", "pre", "br", "hr", "ul", "ol"),
    *("li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "details", "summary", "figure", "figcaption", "img"),
    *("svg", "rect", "line", "circle", "text", "g", "path", "blockquote", "small", "abbr", "sup"),
    *("sub", "polygon", "colgroup", "col", "kbd", "samp", "var", "q", "cite", "u", "s", "wbr"),
}


def check_harmless(html, *, title="style"):
    """Parse as a browser does and look for anything that runs or loads."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        tag = element.tag.rpartition("}")[2]
        is_math = "MathML" in element.tag or tag in ("math", *MATH)
        assert tag in ELEMENTS or is_math, f"<{tag}> in {title}"
        for key, value in element.attrib.items():
            assert not str(key).startswith("on"), f"{tag} {key}={value[:60]}"
            if key in ("href", "src", "action", "data", "poster", "xlink:href"):
                assert re.match(
                    r"(https?:|mailto:|#|[\w.-]+\.(html|json|csv)|data:image/)", value
                ), f"{tag} {key}={value[:60]}"
            assert str(key) != "style", f"style of {tag}"
    return tree


MATH = {"mrow", "mi", "mo", "mn", "mtext", "mfrac", "msup", "msub", "mspace", "mstyle", "mpadded"}


def test_the_sanitiser_is_tested_at_its_oldest_allowed_version():
    (floor,) = (r.specifier for r in DIRECT if r.name == "nh3")
    assert str(floor).removeprefix(">=") == str(PINS["nh3"].specifier).removeprefix("==")
    assert str(floor) == f">={nh3.__version__}"


@pytest.mark.parametrize(
    "html",
    [
        '<h2 title="x><img src=x onerror=alert(1)>">T</h2>',
        '<table><tr><th title="x><img src=x onerror=alert(1)>">5</th></tr></table>',
        '<p title="<table><tr><th><img src=x onerror=alert(1)></th></tr></table>">x</p>',
        '<table><caption>x"><img src=x onerror=alert(1)></caption><tr><td>1</td></tr></table>',
        '<table><thead><tr><th></th><th title="</th><script>f()</script>">a</th></tr></thead>'
        "<tbody><tr><th>0</th><td>96516</td></tr></tbody></table>",
        '<span class="math-inline">\\text{&lt;img src=x onerror=alert(1)&gt;}</span>',
        '<a title="<h2>x</h2>" href="x.ipynb#<script>">go</a>',
        *ATTACKS,
    ],
)
@pytest.mark.parametrize("whole", [sanitise, lambda html: str(show_markdown(html))])
def test_an_edit_does_not_undo_the_cleaning(html, whole):
    clean = whole(html)
    check_harmless(f"<!DOCTYPE html><title>t</title>{clean}")
    again = sanitise(clean)
    check_harmless(f"<!DOCTYPE html><title>t</title>{again}")


def hostile_claims(field):
    """The register with hostile text in one field of every claim that may hold any text."""
    register = load_claims()
    changed = {}
    for claim_id, claim in register.items():
        value = getattr(claim, field)
        new = (HOSTILE,) if isinstance(value, tuple) else HOSTILE
        made = copy.copy(claim)  # past the checks of the class: no check is relied on
        object.__setattr__(made, field, new)
        changed[claim_id] = made
    return changed


TEXTS = [f.name for f in dataclasses.fields(Claim) if f.type in ("str", "tuple[str, ...]", str)]
SHOWN_IN_FRONT = ("statement", "estimand", "interval_reason", "untestable_reason", "weak_test")
SHOWN_IN_FRONT += ("combine", "first_edition_verdict")
EVIDENCE = {"value": 0.2, "low": 0.1, "high": 0.3, "n": 9, "kind": "stated"}


@pytest.mark.parametrize("field", [name for name in TEXTS if name != "contradicts"])
def test_every_field_of_the_register_is_shown_as_text(field):
    register = hostile_claims(field)
    claim = register["C61"]
    made = Estimate(**EVIDENCE, source=HOSTILE, method=HOSTILE, label=HOSTILE)
    says = compare(claim, made)
    card = verdict_html(Verdict(claim, ((made, says),), "undecided"))
    table = chapter._claims_table([Verdict(claim, (), "undecided")])
    check_harmless(f"<!DOCTYPE html><title>t</title>{card}{table}", title="the raw card")
    check_harmless(f"<!DOCTYPE html><title>t</title>{sanitise(card + table)}")
    records = [
        Verdict(c, ((made, says),), "undecided").record()
        | {"specifications": 0, "agreeing": None, "claim_id": claim_id}
        for claim_id, c in register.items()
    ]
    exporter = report.ChapterExporter()
    book = report.Book(register, {r["claim_id"]: r for r in records}, {}, set())
    if field in SHOWN_IN_FRONT:
        for name, page in report.render_front(exporter.environment, book, []).items():
            check_harmless(page, title=name)


def hostile(entry):
    """A descriptor's entry with hostile text in every text but those that code reads."""
    kept = ("name", "type", "path", "hash", "format", "minimum", "maximum")
    if isinstance(entry, dict):
        return {k: v if k in kept else hostile(v) for k, v in entry.items()}
    if isinstance(entry, list):
        return [hostile(item) for item in entry]
    return HOSTILE if isinstance(entry, str) else entry


def test_every_text_of_the_descriptor_is_shown_as_text(monkeypatch):
    register = load_claims()
    entries = [hostile(data.describe(name)) for name in table_names()]
    by_name = {entry["name"]: entry for entry in entries}
    changes = [dict.fromkeys(change, HOSTILE) for change in load_history()]
    changes = [change | {"claim_id": "C01"} for change in changes[:2]]
    monkeypatch.setattr(front, "load_history", lambda: changes)
    monkeypatch.setattr(data, "describe", lambda name, **_: by_name[name])
    pages = report.render_pages(report.read_chapters(report.find_chapters()), register)
    check_harmless(pages["method.html"])
    shown = data.sources(["cdnow"]).to_html(index=False)
    check_harmless(f"<!DOCTYPE html><title>t</title>{sanitise(shown)}")


@pytest.mark.parametrize("name", ["literature", "folklore"])
def test_every_text_column_of_a_table_is_shown_as_text(name):
    table = load(name).head(3)
    texts = table.select_dtypes(["object", "str"]).columns
    html = table.assign(**dict.fromkeys(texts, HOSTILE)).rename(columns={"note": HOSTILE}).to_html()
    tree = check_harmless(f"<!DOCTYPE html><title>t</title>{sanitise(html)}")
    assert ATTACKS[0] in "".join(tree.itertext())


def cells():
    """Every place of a chapter that may hold text from data."""
    frame = pd.DataFrame({HOSTILE: [HOSTILE, "b"]}, index=[HOSTILE, "c"])
    answer = {"chapter": "01", "sentences": [HOSTILE], "answer_html": "", "claims_html": ""}
    robust = {"claim_id": "C61", "agree": 1, "of": 1}
    png = {"image/png": {"alt": HOSTILE}}
    return {
        "title": new_markdown_cell(f"# {HOSTILE}\n\n## {HOSTILE}\n\n### a"),
        "prose": new_markdown_cell(f"{HOSTILE}\n\n| {HOSTILE} |\n|---|\n| {HOSTILE} |"),
        "code": new_code_cell(f"# {HOSTILE}", execution_count=1),
        "frame": display_cell({"text/html": frame.to_html()}),
        "unescaped frame": display_cell({"text/html": frame.to_html(escape=False)}),
        "styled": display_cell({"text/html": f"<div style='x' onclick='f()'>{HOSTILE}</div>"}),
        "sentence": display_cell({"text/markdown": as_markdown(HOSTILE), "text/plain": HOSTILE}),
        "plain": display_cell({"text/plain": HOSTILE}),
        "stream": new_code_cell("1", outputs=[new_output("stream", name="stdout", text=HOSTILE)]),
        "answer": display_cell({ANSWER_MIME: answer, "text/html": HOSTILE, "text/plain": HOSTILE}),
        "robustness": display_cell({ROBUSTNESS_MIME: robust, "text/html": HOSTILE}),
        "alt text": display_cell({"image/png": PNG}, png),
    }


@pytest.mark.parametrize("place", list(cells()))
def test_every_place_of_a_chapter_shows_text_as_text(place):
    nb = toy(cells()[place], title=f"# {HOSTILE}" if place == "title" else "# Toy")
    pages = report.render_pages({Path("01_toy.ipynb"): nb}, load_claims())
    for name, page in pages.items():
        if name.endswith(".html"):
            check_harmless(page, title=name)


def test_a_computed_sentence_shows_its_signs():
    tree = check_harmless(f"<!DOCTYPE html><title>t</title>{show_markdown(as_markdown(HOSTILE))}")
    shown = " ".join("".join(tree.itertext()).split())
    for attack in ATTACKS:
        assert " ".join(attack.split()) in shown


def test_every_page_allows_only_its_own_styles_and_data_images():
    pages = report.render_pages(report.read_chapters(report.find_chapters()), load_claims())
    for name, page in pages.items():
        if not name.endswith(".html"):
            continue
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
        assert policy, name
        rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
        style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
        digest = report.filters.hash_of(style)
        assert rules == {
            "default-src": "'none'",
            "style-src": f"'{digest}'",
            "img-src": "data:",
            "base-uri": "'none'",
            "form-action": "'none'",
        }, name


def test_a_claim_id_is_no_markup():
    made = copy.copy(load_claims()["C61"])
    object.__setattr__(made, "claim_id", 'C01"><script>alert(1)</script>')
    html = verdict_html(Verdict(made, (), "undecided"))
    check_harmless(f"<!DOCTYPE html><title>t</title>{html}")
