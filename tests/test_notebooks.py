"""Every chapter has the fixed skeleton, clean outputs, and no result typed by hand."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from analysis.chapter import ANSWER_MIME, VERDICT_MIME
from analysis.claims import load_claims

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("[0-9][0-9]_*.ipynb"))
SKELETON_START = ["Question", "Short answer", "Claims tested", "Data"]
SKELETON_END = ["Robustness", "Limits", "Reproduce"]
IGNORED = "nbval-ignore-output"
CAUSAL = re.compile(r"\b(drives?|driven by|causes|caused by|leads? to|boosts?|impact of)\b", re.I)
PATHS = re.compile(r"(?<![\w.])/(home|root|tmp|usr|opt|work|Users)/|[A-Z]:\\\\")
LONGEST_CELL = 20


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    book = nbformat.read(request.param, as_version=4)
    nbformat.validate(book)
    book.metadata["number"] = request.param.name[:2]
    return book


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def markdown(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def bundles(notebook, mime):
    outputs = (output for cell in code(notebook) for output in cell.outputs)
    return [o["data"][mime] for o in outputs if mime in o.get("data", {})]


def test_there_are_chapters():
    assert len(NOTEBOOKS) >= 2


def test_the_skeleton_is_kept(notebook):
    text = "\n".join(markdown(notebook))
    assert len(re.findall(r"^# ", text, re.M)) == 1, "one title"
    sections = re.findall(r"^## (.+)$", text, re.M)
    assert sections[: len(SKELETON_START)] == SKELETON_START
    assert sections[-len(SKELETON_END) :] == SKELETON_END
    assert len(sections) >= len(SKELETON_START) + len(SKELETON_END) + 2, "an analysis in between"


def test_imports_come_once_and_parameters_next(notebook):
    with_imports = [c for c in code(notebook) if re.search(r"^(import|from) ", c.source, re.M)]
    assert len(with_imports) == 1
    assert with_imports[0] is code(notebook)[0]
    (parameters,) = tagged(notebook, "parameters")
    assert parameters is code(notebook)[1]
    names = re.findall(r"^(\w+)\s*=", parameters.source, re.M)
    assert "SEED" in names
    assert all(name.isupper() for name in names)


def test_every_cell_ran_in_order(notebook):
    counts = [cell.execution_count for cell in code(notebook)]
    assert counts == list(range(1, len(counts) + 1)), "run `make notebooks`"


def test_cells_are_short(notebook):
    for cell in code(notebook):
        lines = cell.source.splitlines()
        assert len(lines) <= LONGEST_CELL, f"{len(lines)} lines:\n{cell.source}"
        assert not lines[-1].endswith(";"), "nbval takes a trailing ; for a difference"


def test_outputs_hold_no_error_warning_path_or_timing(notebook):
    for cell in code(notebook):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.get("text")
            told = {k: v for k, v in output.get("data", {}).items() if k != "image/png"}
            told = json.dumps(told) + output.get("text", "")
            assert not PATHS.search(told), PATHS.search(told)
            assert "0x" not in told, "the address of an object"
        assert "execution" not in cell.metadata, "timing metadata"


def test_every_figure_says_what_it_shows(notebook):
    alts = [
        output.metadata.get("image/png", {}).get("alt", "")
        for cell in code(notebook)
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(alts) >= 3, "figures first"
    assert all(len(alt) >= 30 for alt in alts)
    assert len(set(alts)) == len(alts)


def test_every_claim_of_the_chapter_is_judged_by_its_rule(notebook):
    rules = {k: c for k, c in load_claims().items() if c.chapter == notebook.metadata["number"]}
    records = bundles(notebook, VERDICT_MIME)
    assert sorted(record["claim_id"] for record in records) == sorted(rules)
    for record in records:
        assert record["statement"] == rules[record["claim_id"]].statement


def test_prose_holds_no_result_and_no_cause(notebook):
    for text in markdown(notebook):
        text = re.sub(r"\$[^$]*\$|`[^`]*`|\]\([^)]*\)", "", text)
        typed = re.search(r"\d\s?%|\d\.\d|\bper ?cent\b", text)
        assert not typed, (
            f"a number that code should compute: {text[max(0, typed.start() - 60) :][:90]}"
        )
        cause = CAUSAL.search(text)
        assert not cause, f"say 'goes with' or 'predicts', not {cause.group()!r}"


def test_the_answer_at_the_top_is_the_one_computed_at_the_end(notebook):
    """The two places filled in late are the only outputs that nbval may skip: compare them here."""
    ignored = tagged(notebook, IGNORED)
    assert [cell.source for cell in ignored] == [
        "chapter.short_answer()",
        "chapter.claims_tested()",
    ]
    (final,) = bundles(notebook, ANSWER_MIME)
    for cell, key in zip(ignored, ("answer_html", "claims_html"), strict=True):
        (output,) = cell.outputs
        assert output["data"]["text/html"] == final[key]
        assert set(output["data"]) == {"text/html", "text/plain"}
    assert not any("NBVAL" in cell.source for cell in code(notebook))
