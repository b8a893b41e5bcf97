"""The report: what it shows, what it refuses, what it never loads."""

import base64
import copy
import json
import re
import struct
from collections import Counter
from itertools import pairwise
from pathlib import Path

import html5lib
import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis import report
from analysis.__main__ import main
from analysis.chapter import VERDICT_MIME
from analysis.claims import load_claims
from analysis.estimate import KINDS, Estimate
from analysis.judgement import VERDICTS, Verdict, judge

LOADING = ("src", "srcset", "data", "poster", "background", "action", "ping", "xlink:href")
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 800, 400)).decode()


def parse(html):
    """Return the element tree; raise if the HTML is not well formed."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


def elements(tree, *names):
    return [e for e in tree.iter() if isinstance(e.tag, str) and e.tag in names]


def page_text(tree):
    return "".join(tree.itertext())


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The real report, from the stored outputs: file name to text."""
    out = tmp_path_factory.mktemp("report") / "reports"
    report.build_report(out, stored=True)
    return {path.name: path.read_text(encoding="utf-8") for path in out.iterdir()}


@pytest.fixture(scope="module")
def trees(files):
    return {name: parse(text) for name, text in files.items() if name.endswith(".html")}


def toy(*cells, title="# Toy"):
    nb = new_notebook(cells=[new_markdown_cell(title), new_markdown_cell("## Question\n\nWhat?")])
    nb.cells += cells
    return report.clean(nb)


def toy_folder(folder, source="6 * 7", shown="42"):
    """Write one chapter whose only output is `shown`."""
    result = new_output("execute_result", {"text/plain": shown}, execution_count=1)
    cells = new_code_cell(source, execution_count=1, outputs=[result]), new_code_cell("")
    nb = toy(*cells, new_code_cell("last = 1", execution_count=2))
    folder.mkdir(exist_ok=True)
    nbformat.write(nb, folder / "01_toy.ipynb")
    return folder


def render_toy(*cells):
    register = load_claims()
    return report.render_pages({Path("01_toy.ipynb"): toy(*cells)}, register)["01_toy.html"]


def display_cell(data, metadata=None):
    output = new_output("display_data", data, metadata=metadata or {})
    return new_code_cell("show()", execution_count=1, outputs=[output])


# What the real report holds


def test_a_page_per_chapter_an_index_and_two_tables_are_written(files):
    chapters = {f"{path.stem}.html" for path in report.find_chapters()}
    made = {"index.html", "method.html", "verdicts.json", "verdicts.csv"}
    assert set(files) == chapters | made


def test_pages_run_nothing_and_load_nothing(files, trees):
    for name, tree in trees.items():
        assert not elements(tree, "script", "link", "iframe", "object", "embed", "base"), name
        for element in tree.iter():
            for key, value in getattr(element, "attrib", {}).items():
                assert not str(key).startswith("on"), f"{name}: {key}={value[:60]}"
                if key in LOADING:
                    assert value.startswith("data:image/"), f"{name}: {key}={value[:60]}"
        assert not re.search(r"@import|url\(", files[name]), name


def test_pages_are_declared_english_and_utf8(trees):
    for name, tree in trees.items():
        assert tree.attrib["lang"] == "en", name
        assert elements(tree, "meta")[0].attrib == {"charset": "utf-8"}, name
        assert elements(tree, "title")[0].text.strip(), name


def test_every_figure_says_what_it_shows(trees):
    for name, tree in trees.items():
        for image in elements(tree, "img"):
            assert len(image.attrib.get("alt", "")) > 20, f"{name}: alt text says too little"
            assert {"width", "height"} <= set(image.attrib), name
        for picture in elements(tree, "svg", "{http://www.w3.org/2000/svg}svg"):
            if picture.get("class") == "marker":  # a part of the picture around it
                continue
            assert picture[0].tag.endswith("title"), name
            assert picture[0].text, name


def test_headings_skip_no_level_and_one_is_the_title(trees):
    for name, tree in trees.items():
        levels = [int(e.tag[1]) for e in elements(tree, *(f"h{i}" for i in range(1, 7)))]
        assert levels.count(1) == 1, f"{name}: {levels.count(1)} h1 headings"
        assert levels[0] == 1, name
        for above, below in pairwise(levels):
            assert below <= above + 1, f"{name}: h{above} is followed by h{below}"


def test_ids_are_unique_and_every_link_has_its_target(files, trees):
    ids = {}
    for name, tree in trees.items():
        found = [e.attrib["id"] for e in tree.iter() if "id" in getattr(e, "attrib", {})]
        assert len(found) == len(set(found)), f"{name}: an id occurs twice"
        ids[name] = set(found)
    for name, tree in trees.items():
        for link in elements(tree, "a"):
            href = link.attrib.get("href")
            assert href, f"{name}: link without target: {page_text(link)!r}"
            if re.match(r"https?://|mailto:", href):
                continue
            file, _, anchor = href.partition("#")
            assert (file or name) in files, f"{name} links to {href}: no such file"
            if anchor:
                assert anchor in ids[file or name], f"{name} links to {href}: no such place"


def test_header_cells_say_what_they_head(trees):
    for name, tree in trees.items():
        for cell in elements(tree, "th"):
            assert "scope" in cell.attrib, f"{name}: header {page_text(cell)!r} without scope"


def test_code_is_folded_and_formulas_need_no_script(trees):
    for name, tree in trees.items():
        if name != "method.html":
            assert elements(tree, "details"), name
        text = "".join(page_text(p) for p in elements(tree, "p", "li", "td"))
        assert not re.search(r"\$[^$\n]*\\[a-z]+[^$\n]*\$", text), f"{name}: LaTeX is left"


def test_scoreboard_shows_every_claim_and_links_to_its_card(trees):
    text = page_text(trees["index.html"])
    for claim in load_claims().values():
        assert claim.statement in text, claim.claim_id
    records = {r["claim_id"]: r for r in report.collect_verdicts(stored_chapters(), load_claims())}
    links = {a.attrib["href"] for a in elements(trees["index.html"], "a")}
    for path, nb in stored_chapters().items():
        for bundle in report.bundles(nb, VERDICT_MIME):
            if records[bundle["claim_id"]]["estimates"]:
                assert f"{path.stem}.html#{bundle['claim_id']}" in links


def test_every_page_leads_to_the_method_page(trees):
    for name, tree in trees.items():
        assert "method.html" in {a.attrib.get("href") for a in elements(tree, "a")}, name


def test_numbers_on_the_front_page_are_those_of_verdicts_json(files, trees):
    records, register = json.loads(files["verdicts.json"]), load_claims()
    tally = elements(trees["index.html"], "ul")[0]
    told = [re.fullmatch(r"(\d+) \S+ (.+)", page_text(li)) for li in elements(tally, "li")]
    assert {t[2]: int(t[1]) for t in told} == Counter(record["verdict"] for record in records)
    board = next(t for t in elements(trees["index.html"], "table") if t.get("class") == "board")
    rows = {e.attrib["id"]: e for e in elements(board, "tr") if "id" in e.attrib}
    for record in records:
        row = page_text(rows[record["claim_id"]])
        deciding = [e for e in record["estimates"] if e["kind"] in record["decided_by"]]
        shown = page_text(elements(rows[record["claim_id"]], "td")[-1]).replace("−", "-")
        found = re.findall(r"([-\d.,]+)(%?) \[.*?\], n ([\d,]+)", shown)
        assert len(found) >= min(3, len(deciding)), record["claim_id"]
        share = register[record["claim_id"]].unit == "share"
        for value, _, n in found:
            number = float(value.replace(",", "")) / (100 if share else 1)
            same = [e for e in deciding if f"{e['n']:,}" == n]
            assert any(abs(e["value"] - number) <= 0.006 * max(1, abs(number)) for e in same)
        assert (f"and {len(deciding) - 3} more" in row) == (len(deciding) > 3)
        assert f" {record['verdict']}" in row


def test_a_page_is_light_enough_to_be_sent(files):
    for name, text in files.items():
        assert len(text.encode()) < 1_000_000, f"{name}: a megabyte at most"


def stored_chapters():
    return report.read_chapters(report.find_chapters())


def test_verdicts_json_keeps_its_form(files):
    records = json.loads(files["verdicts.json"])
    assert [r["claim_id"] for r in records] == list(load_claims())
    keys = {"claim_id", "source", "statement", "estimand", "low", "high", "decided_by", "verdict"}
    keys |= {"combine", "directness", "certainty", "certainty_reasons", "edition", "other_rules"}
    keys |= {"first_edition_verdict", "would_change", "weak_test", "combined"}
    for record in records:
        extra = {"origin", "chapter", "estimates", "specifications", "agreeing"}
        assert set(record) == keys | extra
        assert 0 <= (record["agreeing"] or 0) <= record["specifications"]
        assert record["verdict"] in VERDICTS
        for end in ("low", "high"):
            assert record[end] is None or isinstance(record[end], int | float)
        for estimate in record["estimates"]:
            assert {"value", "low", "high", "n", "kind", "source", "method"} <= set(estimate)
            assert estimate["verdict"] in VERDICTS or estimate["verdict"] == "shown"
            assert estimate["kind"] in KINDS
            assert estimate["n"] > 0


def test_verdicts_csv_has_a_row_per_estimate(files):
    records = json.loads(files["verdicts.json"])
    rows = sum(max(1, len(record["estimates"])) for record in records)
    assert len(files["verdicts.csv"].splitlines()) == rows + 1


def test_no_machine_shows_through(files):
    for name, text in files.items():
        assert not re.search(r"/(tmp|home|root|Users|usr)/|[A-Z]:\\\\", text), name


def test_two_builds_are_the_same_bytes(files, tmp_path):
    report.build_report(tmp_path / "again", stored=True)
    for name, text in files.items():
        assert (tmp_path / "again" / name).read_text(encoding="utf-8") == text, name


# What can be read by everyone


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_words_stand_out_from_their_ground(mode):
    css = (report.TEMPLATES / "report" / "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", css, re.S)[:2]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", " ".join(blocks[: mode + 1])))
    words = ["ink", "soft", "link", "supported", "refuted", "contested", "undecided", "untestable"]
    words += ["stated", "behaviour", "money", "published"]
    pairs = [(word, ground) for word in words for ground in ("paper", "wash")]
    pairs += [(word, f"{word}-wash") for word in words if f"{word}-wash" in colours]
    for word, ground in pairs:
        light, dark = sorted(map(luminance, (colours[word], colours[ground])), reverse=True)
        contrast = (light + 0.05) / (dark + 0.05)
        assert contrast >= 4.5, f"{word} on {ground}: contrast {contrast:.2f}, at least 4.5 (AA)"


# What a chapter can and cannot put on a page

HOSTILE = '<script>alert(1)</script><img src="x" onerror="alert(1)"><a href="javascript:f()">go</a>'


@pytest.mark.parametrize(
    "cell",
    [
        new_markdown_cell(HOSTILE + "\n\n![](http://example.org/x.png)\n\n[go](javascript:f())"),
        new_markdown_cell(r"$\text{<script>alert(1)</script>} \href{javascript:f()}{x}$"),
        new_markdown_cell(
            "# <img src=x onerror=alert(1)>\n\n| <script>f()</script> |\n|---|\n| a |"
        ),
        new_code_cell("# " + HOSTILE, execution_count=1),
        display_cell(
            {"text/html": f"<div onclick='f()' style='x'>{HOSTILE}<style>b{{}}</style></div>"}
        ),
        display_cell({"text/html": f"<table><tr><td>{HOSTILE}</td></tr></table><svg onload=f()>"}),
        display_cell(
            {"text/html": "<iframe src='http://example.org'></iframe><link href='x.css'>"}
        ),
        display_cell({"text/plain": HOSTILE}),
        display_cell({"image/png": PNG}, {"image/png": {"alt": '" onload="f()' + HOSTILE}}),
        new_code_cell("1", outputs=[new_output("stream", name="stderr", text=HOSTILE)]),
    ],
)
def test_hostile_text_is_neutralised(cell):
    tree = parse(render_toy(cell))
    assert not elements(tree, "script", "iframe", "link", "object")
    assert len(elements(tree, "style")) == 1  # our own
    for element in tree.iter():
        for key, value in getattr(element, "attrib", {}).items():
            assert not str(key).startswith("on"), key
            assert "javascript:" not in value or key in ("alt", "aria-label"), (key, value)
            assert key not in LOADING or value.startswith("data:image/png"), (key, value)


def test_hostile_frame_is_shown_as_text():
    table = pd.DataFrame({"<script>x</script>": ["<img onerror=f()>", "b"]}).to_html()
    tree = parse(render_toy(display_cell({"text/html": table})))
    assert not elements(tree, "script", "img")
    assert "<img onerror=f()>" in page_text(tree)


def test_hostile_evidence_is_shown_as_text():
    register = load_claims()
    claim = register["C61"]
    made = Estimate(
        value=0.5, low=0.4, high=0.6, n=9, kind="stated", source=HOSTILE, method=HOSTILE,
        label=HOSTILE,
    )  # fmt: skip
    cell = display_cell({VERDICT_MIME: judge(claim, [made]).record()})
    cell.outputs[0].data["text/html"] = '<section class="verdict" id="C61"></section>'
    pages = report.render_pages({Path("02_toy.ipynb"): toy(cell)}, register)
    for name in ("index.html", "method.html"):
        tree = parse(pages[name])
        assert not elements(tree, "script", "img"), name
        assert HOSTILE in page_text(tree), name


def test_long_counts_in_tables_are_readable_and_years_are_left_alone():
    table = pd.DataFrame({"year": [2018, 2019], "orders": [96516, 7], "key": ["12345", "x"]})
    html = render_toy(display_cell({"text/html": table.to_html(index=False)}))
    cells = [page_text(cell) for cell in elements(parse(html), "td")]
    assert cells == ["2018", "96,516", "12345", "2019", "7", "x"]


def test_links_to_chapters_lead_to_their_pages():
    tree = parse(render_toy(new_markdown_cell("[next](02_next.ipynb#Data), [data](../data/x.csv)")))
    links = [e.attrib.get("href") for e in elements(elements(tree, "main")[0], "a")]
    assert links == ["02_next.html#Data", None]


def test_formula_becomes_mathml():
    html = render_toy(new_markdown_cell("$$r^2 = \\frac{a}{b}$$ and $p < 1$"))
    assert html.count("<math") == 2
    assert 'display="block"' in html
    assert "<mo>&lt;</mo>" in html


def test_formula_that_cannot_be_shown_is_refused():
    with pytest.raises(report.ReportError, match="no MathML form"):
        render_toy(new_markdown_cell(r"$\unheardof{x}$"))


def test_figure_is_shown_at_half_its_pixels_with_its_alt_text():
    alt = {"image/png": {"alt": "A line that rises."}}
    image = elements(parse(render_toy(display_cell({"image/png": PNG}, alt))), "img")[0]
    assert image.attrib["alt"] == "A line that rises."
    assert (image.attrib["width"], image.attrib["height"]) == ("400", "200")


def test_figure_without_alt_text_is_refused():
    with pytest.raises(report.ReportError, match="without alt text"):
        render_toy(display_cell({"image/png": PNG}))


def test_same_heading_twice_gets_two_ids():
    cells = [new_markdown_cell("## Data"), new_markdown_cell("## Data")]
    ids = [e.attrib["id"] for e in elements(parse(render_toy(*cells)), "h2")]
    assert ids == ["Question", "Data", "Data-2"]


# What the register refuses


def bundle_for(claim):
    return display_cell({VERDICT_MIME: Verdict(claim, (), "undecided").record()})


def test_claim_judged_in_two_chapters_is_refused():
    register = load_claims()
    cell = bundle_for(next(iter(register.values())))
    chapters = {Path("01_a.ipynb"): toy(cell), Path("02_b.ipynb"): toy(cell)}
    with pytest.raises(report.ReportError, match=r"judged twice: 01_a\.ipynb, 02_b\.ipynb"):
        report.collect_verdicts(chapters, register)


@pytest.mark.parametrize("key", ["low", "high", "statement", "source", "decided_by", "chapter"])
def test_bundle_that_differs_from_the_register_is_refused(key):
    register = load_claims()
    cell = copy.deepcopy(bundle_for(next(iter(register.values()))))
    cell.outputs[0].data[VERDICT_MIME][key] = "changed"
    with pytest.raises(report.ReportError, match=f"{key}: expected .* found 'changed'"):
        report.collect_verdicts({Path("01_a.ipynb"): toy(cell)}, register)


def test_unknown_claim_is_refused():
    register = load_claims()
    claim_id, claim = register.popitem()
    with pytest.raises(report.ReportError, match=f"{claim_id} is not in"):
        report.collect_verdicts({Path("01_a.ipynb"): toy(bundle_for(claim))}, register)


# What a run proves


def test_chapter_that_still_gives_its_stored_outputs_is_reported(tmp_path, capsys):
    notebooks = toy_folder(tmp_path / "notebooks")
    arguments = ["report", "--notebooks", str(notebooks), "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    assert "42" in (tmp_path / "out" / "01_toy.html").read_text(encoding="utf-8")
    assert "Running chapters" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_stale_chapter_fails_and_leaves_the_old_report(tmp_path, capsys):
    notebooks = toy_folder(tmp_path / "notebooks")
    out = tmp_path / "out"
    report.build_report(out, notebooks=notebooks, stored=True)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    toy_folder(notebooks, shown="43")
    assert main(["report", "--notebooks", str(notebooks), "--out", str(out)]) == 1
    message = capsys.readouterr().err
    for part in ("01_toy.ipynb", "In [1]", "text/plain: 43", "text/plain: 42", "make notebooks"):
        assert part in message
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_chapter_that_fails_names_the_cell_and_the_error(tmp_path, capsys):
    notebooks = toy_folder(tmp_path / "notebooks", source="1 / 0")
    assert main(["run", "--notebooks", str(notebooks)]) == 1
    assert re.search(r"01_toy\.ipynb, cell In \[1\] .*ZeroDivision", capsys.readouterr().err)


def test_run_stores_clean_outputs_once(tmp_path, capsys):
    notebooks = toy_folder(tmp_path / "notebooks", shown="old")
    path = notebooks / "01_toy.ipynb"
    assert main(["run", "01", "--notebooks", str(notebooks)]) == 0
    first = path.read_bytes()
    nb = nbformat.read(path, as_version=4)
    assert nb.cells[2].outputs[0].data["text/plain"] == "42"
    assert all(cell.metadata == {} for cell in nb.cells)
    assert set(nb.metadata) == {"kernelspec", "language_info"}
    assert main(["run", "--notebooks", str(notebooks)]) == 0
    assert "nothing changed" in capsys.readouterr().out
    assert path.read_bytes() == first


def two_versions(old, new, tags=()):
    made = []
    for data in (old, new):
        nb = toy(display_cell(data, {"image/png": {"alt": data.pop("alt", "")}}))
        nb.cells[2].metadata = {"tags": list(tags)}
        made.append(nb)
    return made


def test_every_kind_of_output_but_pixels_is_compared():
    same = report.first_difference(*two_versions({"image/png": "a"}, {"image/png": "b"}))
    assert same is None
    for mime in ("text/plain", "text/html", "text/markdown", VERDICT_MIME):
        pair = two_versions({mime: "1"}, {mime: "2"})
        assert mime in report.first_difference(*pair)
    pair = two_versions({"image/png": "a", "alt": "up"}, {"image/png": "a", "alt": "down"})
    assert "alt text: up" in report.first_difference(*pair)
    assert report.first_difference(*two_versions({"text/plain": "1"}, {"text/plain": "1\n"}))
    pair = two_versions({"text/plain": "1"}, {"text/plain": "2"}, [report.IGNORE_TAG])
    assert report.first_difference(*pair) is None


def test_folder_of_other_files_is_not_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(report.ReportError, match="found other files"):
        report.replace_folder(tmp_path, {"index.html": ""})
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_claims_command_prints_every_claim(form, capsys):
    assert main(["claims", "--format", form]) == 0
    printed = capsys.readouterr().out
    assert all(claim_id in printed for claim_id in load_claims())
