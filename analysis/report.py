"""The report: chapters run, compared with what is stored, and rendered to HTML."""

import asyncio
import copy
import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from markupsafe import Markup
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbconvert.exporters import TemplateExporter
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from tqdm import tqdm

from analysis.book import Book
from analysis.chapter import ANSWER_MIME, ROBUSTNESS_MIME, SIGNS, VERDICT_MIME
from analysis.claims import Claim, load_claims
from analysis.judgement import Verdict
from analysis.templates import filters
from analysis.templates.filters import IGNORE_TAG, show_markdown
from analysis.templates.front import render_front
from analysis.templates.markup import ReportError, strip_tags, with_anchors

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
TEMPLATES = Path(__file__).resolve().parent / "templates"
NOT_JUDGED = "not yet judged"
# What a record says because of the evidence; the rest it says because of the register.
FOUND = ("verdict", "certainty", "certainty_reasons", "other_rules", "would_change", "combined")

Record = dict[str, Any]
Chapters = Mapping[Path, NotebookNode]


# Chapters: read, run, compare, store ----------------------------------------------------------


def find_chapters(notebooks: Path = NOTEBOOKS) -> list[Path]:
    """Return the chapters (NN_*.ipynb) in order."""
    if chapters := sorted(notebooks.glob("[0-9][0-9]_*.ipynb")):
        return chapters
    raise ReportError(f"{notebooks.name}/: expected chapters named NN_*.ipynb, found none")


def read_chapters(paths: Sequence[Path]) -> Chapters:
    """Return the chapters as stored."""
    return {path: nbformat.read(path, as_version=4) for path in paths}


def run_chapters(stored: Chapters, *, workers: int = 2) -> Chapters:
    """Return every chapter freshly run in memory, `workers` at a time, with a bar on stderr."""

    async def run_one(path: Path, slots: asyncio.Semaphore, bar: tqdm) -> NotebookNode | str:
        nb = copy.deepcopy(stored[path])
        for cell in nb.cells:
            cell |= {"outputs": [], "execution_count": None} if "outputs" in cell else {}
        folder = {"metadata": {"path": str(path.parent)}}
        options = {"record_timing": False, "coalesce_streams": True, "kernel_name": "python3"}
        options["shutdown_kernel"] = "immediate"
        options["extra_arguments"] = ["--log-level=ERROR", "--HistoryManager.enabled=False"]
        options["timeout"] = 600  # seconds a cell
        async with slots:
            try:
                await NotebookClient(nb, resources=folder, **options).async_execute()
            except (CellControlSignal, DeadKernelError) as error:
                bad = [o for c in nb.cells for o in c.get("outputs", []) if "ename" in o]
                cause = f"{bad[-1].ename}: {bad[-1].evalue}" if bad else str(error).strip()
                runs = [c.get("execution_count") or 0 for c in nb.cells]
                return f"{path.name}, cell In [{max(runs)}] stopped with {strip_ansi(cause)}"
        bar.update()
        return clean(nb)

    async def run_all() -> list[NotebookNode | str]:
        slots = asyncio.Semaphore(workers)
        with tqdm(total=len(stored), desc="Running chapters", unit="chapter") as bar:
            return await asyncio.gather(*(run_one(path, slots, bar) for path in longest_first))

    # The longest first, so that no processor waits for a long one at the end.
    longest_first = sorted(stored, key=lambda path: -sum(len(c.source) for c in stored[path].cells))
    results = asyncio.run(run_all())
    if failed := [result for result in results if isinstance(result, str)]:
        raise ReportError("\n".join(failed))
    fresh = dict(zip(longest_first, results, strict=True))
    return {path: fresh[path] for path in stored}


def clean(nb: NotebookNode) -> NotebookNode:
    """Return the notebook with only the metadata that is the same on every machine."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nb.metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    for cell in nb.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
    return nbformat.from_dict(nb)


def store_chapters(paths: Sequence[Path], *, workers: int = 2) -> list[Path]:
    """Run the chapters, store their outputs in place, and return those that changed."""
    changed = []
    for path, nb in run_chapters(read_chapters(paths), workers=workers).items():
        text = nbformat.writes(nb).rstrip("\n") + "\n"
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed


def output_lines(cell: NotebookNode) -> list[str]:
    """Return all that is compared of a code cell's outputs, one labelled line each."""
    parts = [("execution count", str(cell.execution_count))]
    streams = enumerate(cell.outputs)
    for _, group in groupby(streams, lambda item: item[1].get("name", item[0])):
        outputs = [output for _, output in group]
        first = outputs[0]
        if first.output_type == "stream":
            parts.append((first.name, "".join(output.text for output in outputs)))
        elif first.output_type == "error":
            parts.append(("error", f"{first.ename}: {first.evalue}"))
        else:
            for mime, value in sorted(first.data.items()):
                if mime == "image/png":  # pixels differ between machines, what they show must not
                    mime, value = "alt text", first.metadata.get("image/png", {}).get("alt", "")
                if not isinstance(value, str):
                    value = json.dumps(value, indent=1, sort_keys=True)
                parts.append((f"{first.output_type} {mime}", value))
    return [f"{label}: {line}" for label, text in parts for line in text.split("\n")]


def first_difference(stored: NotebookNode, fresh: NotebookNode) -> str | None:
    """Return the first output line in which two runs of a chapter differ, or None."""
    for number, (old, new) in enumerate(zip(stored.cells, fresh.cells, strict=True), start=1):
        if old.cell_type != "code" or IGNORE_TAG in old.metadata.get("tags", []):
            continue
        for a, b in zip_longest(output_lines(old), output_lines(new), fillvalue="(nothing)"):
            if a != b:
                return f"cell {number}, In [{new.execution_count}]\n  stored  {a}\n  fresh   {b}"
    return None


def check_fresh(stored: Chapters, *, workers: int = 2) -> None:
    """Run the chapters and raise ReportError where an output is not the stored one."""
    stale = []
    for path, fresh in run_chapters(stored, workers=workers).items():
        if difference := first_difference(stored[path], fresh):
            stale.append(f"{path.name}, {difference}")
    if stale:
        advice = "Stored outputs are stale: run `make notebooks` to store the new results."
        raise ReportError("\n".join([*stale, advice]))


# Verdicts: bundles in the outputs, held against the register ----------------------------------


def bundles(nb: NotebookNode, mime: str) -> list[Record]:
    """Return the bundles of one MIME type in a notebook's outputs, in order."""
    outputs = (output for cell in nb.cells for output in cell.get("outputs", []))
    return [output.data[mime] for output in outputs if mime in output.get("data", {})]


def collect_verdicts(chapters: Chapters, register: Mapping[str, Claim]) -> list[Record]:
    """Return one verdicts.json object per claim of the register, in its order.

    To what a chapter says of a claim it adds ``specifications``, the number of other reasonable
    choices that the chapter ran, and ``agreeing``, how many of them reach the same verdict.

    Raises
    ------
    ReportError
        A claim judged twice, unknown, or not as the register states it.
    """
    unjudged = {True: "untestable", False: NOT_JUDGED}
    records = {
        claim_id: Verdict(claim, (), unjudged[bool(claim.untestable_reason)]).record()
        | {"specifications": 0, "agreeing": None}
        for claim_id, claim in register.items()
    }
    found_out = (*FOUND, "estimates", "specifications", "agreeing")
    judged: dict[str, str] = {}
    for path, nb in chapters.items():
        for bundle in bundles(nb, VERDICT_MIME):
            claim_id = bundle["claim_id"]
            if claim_id not in records:
                raise ReportError(f"{path.name}: {claim_id} is not in data/claims.csv")
            if claim_id in judged:
                raise ReportError(f"{claim_id} is judged twice: {judged[claim_id]}, {path.name}")
            for key, expected in records[claim_id].items():
                if key not in found_out and bundle.get(key) != expected:
                    raise ReportError(
                        f"{path.name}, {claim_id}, {key}: expected {expected!r} as in "
                        f"data/claims.csv, found {bundle.get(key)!r}; run `make notebooks`"
                    )
            judged[claim_id] = path.name
            records[claim_id] |= {key: bundle[key] for key in (*FOUND, "estimates")}
        for bundle in bundles(nb, ROBUSTNESS_MIME):
            record = records[bundle["claim_id"]]
            record["specifications"] += bundle["of"]
            if bundle["agree"] is not None:
                record["agreeing"] = (record["agreeing"] or 0) + bundle["agree"]
    return list(records.values())


def make_book(chapters: Chapters, register: Mapping[str, Claim], records: Sequence[Record]) -> Book:
    """Return the verdicts with the pages on which they are told."""
    cards = {
        bundle["claim_id"]: f"{path.stem}.html"
        for path, nb in chapters.items()
        for bundle in bundles(nb, VERDICT_MIME)
    }
    by_claim = {record["claim_id"]: record for record in records}
    return Book(register, by_claim, cards, {path.stem[:2] for path in chapters})


def verdicts_json(records: Sequence[Record]) -> str:
    """Return the text of verdicts.json."""
    return json.dumps(records, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def verdicts_csv(records: Sequence[Record]) -> str:
    """Return the text of verdicts.csv: a row per estimate, or one row for a claim without."""
    names = ["value", "low", "high", "n", "kind", "source", "method", "missing", "label", "verdict"]
    columns = [key for key in records[0] if key != "estimates"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns + [f"estimate_{name}" for name in names])
    for record in records:
        head = [record[key] for key in columns]
        head = [_cell(item) for item in head]
        for estimate in record["estimates"] or [{}]:
            writer.writerow(head + [estimate.get(name) for name in names])
    return text.getvalue()


def _cell(item: Any) -> Any:
    if isinstance(item, dict):
        item = [f"{key}: {value}" for key, value in item.items()]
    return ";".join(item) if isinstance(item, list) else item


# Pages ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chapter:
    """What the front page says about a chapter."""

    file: str
    number: str
    title: str
    question: Markup
    answer: list[str]


def describe_chapter(path: Path, nb: NotebookNode) -> Chapter:
    """Return the title, the question and the short answer of a chapter."""
    text = "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    title = re.search(r"^# +(.+)$", text, re.M)
    if not title:
        raise ReportError(f"{path.name}: expected a title (# ...), found none")
    question = re.search(r"^## Question\s+(.+?)\s*(?:\n\s*\n|\Z)", text, re.M | re.S)
    return Chapter(
        file=f"{path.stem}.html",
        number=path.stem[:2],
        title=strip_tags(show_markdown(title[1])),
        question=show_markdown(question[1] if question else ""),
        answer=[s for bundle in bundles(nb, ANSWER_MIME) for s in bundle["sentences"]],
    )


class ChapterExporter(TemplateExporter):
    """nbconvert with the templates of this project, everything escaped unless shown by a filter."""

    file_extension = ".html"
    output_mimetype = "text/html"

    def __init__(self) -> None:
        """Set the template and the filters."""
        names = ("choose_sentences", "hash_of", "page_of", "show_code", "split_claims")
        used = {name: getattr(filters, name) for name in names} | {"with_anchors": with_anchors}
        folder = {"extra_template_basedirs": [str(TEMPLATES)]}
        super().__init__(template_name="report", filters=used, **folder)
        self.environment.autoescape = True
        self.environment.trim_blocks = self.environment.lstrip_blocks = True
        self.environment.globals["SIGNS"] = SIGNS


def render_pages(chapters: Chapters, register: Mapping[str, Claim]) -> dict[str, str]:
    """Return the files of the report, name to text."""
    records = collect_verdicts(chapters, register)
    exporter = ChapterExporter()
    described = [describe_chapter(path, nb) for path, nb in chapters.items()]
    pages = {}
    for i, (path, nb) in enumerate(chapters.items()):
        around = {"previous": described[i - 1] if i else None, "chapter": described[i]}
        around["next"] = described[i + 1] if i + 1 < len(described) else None
        try:
            pages[described[i].file], _ = exporter.from_notebook_node(nb, resources=around)
        except ReportError as error:
            raise ReportError(f"{path.name}: {error}") from None
    book = make_book(chapters, register, records)
    pages |= render_front(exporter.environment, book, described)
    pages["verdicts.json"] = verdicts_json(records)
    pages["verdicts.csv"] = verdicts_csv(records)
    return pages


def replace_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Put `files` in place of what `folder` held, all at once."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "verdicts.json").exists():
        raise ReportError(f"{folder}: expected a folder of reports or none, found other files")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".reports-") as scratch:
        new, old = Path(scratch, "new"), Path(scratch, "old")
        new.mkdir()
        for name, text in files.items():
            (new / name).write_text(text, encoding="utf-8", newline="\n")
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            old.rename(folder)
            raise


def build_report(
    out: Path, *, notebooks: Path = NOTEBOOKS, stored: bool = False, workers: int = 2
) -> dict[str, str]:
    """Run and compare every chapter (not if `stored`), then write the report to `out`.

    Returns
    -------
    dict
        The files written, name to text.

    Raises
    ------
    ReportError
        A chapter failed, is stale or cannot be shown; `out` is then as it was.
    """
    chapters = read_chapters(find_chapters(notebooks))
    with ThreadPoolExecutor(1) as beside:  # pages come from what is stored: no need to wait
        rendered = beside.submit(render_pages, chapters, load_claims())
        if not stored:
            check_fresh(chapters, workers=workers)
        pages = rendered.result()
    replace_folder(out, pages)
    return pages
