"""The summary in README.md: computed from the stored chapters, never typed."""

import re
from base64 import b64decode
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from analysis.chapter import ANSWER_MIME
from analysis.report import Chapters, Record, ReportError, bundles, describe_chapter

__all__ = ["MAIN_FIGURE", "update_readme"]

MAIN_FIGURE = "main-figure"  # tag of the one figure that README and front page show
BLOCK = re.compile(r"(?<=<!-- computed: begin -->\n).*?(?=<!-- computed: end -->)", re.S)


def update_readme(readme: Path, chapters: Chapters, records: Sequence[Record]) -> bool:
    """Write the computed summary and the main figure, and return whether anything changed.

    Parameters
    ----------
    readme : Path
        File with the two comments ``computed: begin`` and ``computed: end``; the figure is written
        to ``notebooks/main_figure.png`` beside it.
    chapters : mapping of Path to notebook
        The stored chapters, in order.
    records : sequence of dict
        The objects of verdicts.json.

    Raises
    ------
    ReportError
        If the comments or the tagged figure are not there once.
    """
    text = readme.read_text(encoding="utf-8")
    if len(BLOCK.findall(text)) != 1:
        raise ReportError(f"{readme.name}: expected the comments computed: begin and end, once")
    alt, picture = _main_figure(chapters)
    figure = readme.parent / "notebooks" / "main_figure.png"
    new = BLOCK.sub(lambda _: _summary(chapters, records, alt), text)
    same = new == text and figure.is_file() and figure.read_bytes() == picture
    if not same:
        figure.write_bytes(picture)
        readme.write_text(new, encoding="utf-8", newline="\n")
    return not same


def _summary(chapters: Chapters, records: Sequence[Record], alt: str) -> str:
    tally = Counter(record["verdict"] for record in records)
    told = ", ".join(f"{count} {verdict}" for verdict, count in tally.most_common())
    lines = [f"Of {len(records)} claims: {told}.", ""]
    for path, nb in chapters.items():
        chapter = describe_chapter(path, nb)
        (answer,) = bundles(nb, ANSWER_MIME)
        lines.append(f"* **[{chapter.title}](notebooks/{path.name})** {answer['sentences'][0]}")
    return "\n".join([*lines, "", f"![{alt}](notebooks/main_figure.png)", ""])


def _main_figure(chapters: Chapters) -> tuple[str, bytes]:
    found = [
        (output.metadata["image/png"]["alt"], b64decode(output.data["image/png"]))
        for nb in chapters.values()
        for cell in nb.cells
        if MAIN_FIGURE in cell.metadata.get("tags", [])
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    if len(found) != 1:
        raise ReportError(f"expected one figure tagged {MAIN_FIGURE}, found {len(found)}")
    return found[0]
