"""The filters of the templates: nothing reaches a page but through them.

Markdown and HTML from notebooks pass through :mod:`analysis.templates.markup`; all else is escaped.
"""

import re
import struct
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from typing import Any

from markupsafe import Markup
from nbconvert.filters import strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from analysis.templates.markup import Anchors, ReportError, sanitise

BRIEF = 320  # characters of a short answer on the front page
IGNORE_TAG = "nbval-ignore-output"  # on the two cells whose output is filled in at the end


class Renderer(IPythonRenderer):
    """Markdown to HTML with formulas marked for :func:`analysis.templates.markup.sanitise`."""

    def inline_math(self, body: str) -> str:
        """Mark a formula within a line."""
        return f'<span class="math-inline">{escape(body)}</span>'

    def block_math(self, body: str) -> str:
        """Mark a formula on its own line."""
        return f'<span class="math-block">{escape(body)}</span>'

    def latex_environment(self, name: str, body: str) -> str:
        """Mark a LaTeX environment."""
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")


def show_markdown(source: str, anchors: Anchors | None = None) -> Markup:
    """Return a markdown text as HTML."""
    renderer = Renderer(escape=False, exclude_anchor_links=True)
    return Markup(sanitise(MarkdownWithMath(renderer=renderer).render(source), anchors))


def show_prose(source: str, anchors: Anchors | None = None) -> Markup:
    """Return a markdown text as a block of prose, in lines of a readable length."""
    return Markup('<div class="prose">{}</div>').format(show_markdown(source, anchors))


def show_code(source: str) -> Markup:
    """Return Python source as coloured HTML."""
    return Markup(highlight(source, PythonLexer(), HtmlFormatter(nowrap=True)))


def show_output(output: NotebookNode, anchors: Anchors) -> Markup:
    """Return a cell's output as HTML: a figure, a table, rendered or plain text."""
    if output.output_type == "stream":
        kind = "out err" if output.name == "stderr" else "out"
        return Markup('<pre class="{}">{}</pre>').format(kind, strip_ansi(output.text))
    if output.output_type == "error":
        raise ReportError(f"stored output is an error: {output.ename}: {output.evalue}")
    shown = output.data
    if "image/png" in shown:
        alt = output.metadata.get("image/png", {}).get("alt", "").strip()
        if not alt:
            raise ReportError("figure without alt text: show it with analysis.figures.show")
        png = "".join(shown["image/png"].split())
        width, height = struct.unpack(">II", b64decode(png[:64])[16:24])  # at two pixels a point
        size = Markup('width="{}" height="{}"').format(width // 2, height // 2)
        image = '<figure><img alt="{}" {} src="data:image/png;base64,{}"></figure>'
        return Markup(image).format(alt, size, png)
    if "text/html" in shown:
        html = Markup(sanitise(shown["text/html"], anchors))
        return Markup('<div class="out">{}</div>').format(html)
    if "text/markdown" in shown:
        return show_prose(shown["text/markdown"], anchors)
    if "text/plain" in shown:
        return Markup('<pre class="out">{}</pre>').format(strip_ansi(shown["text/plain"]))
    return Markup("")


def show_outputs(cell: NotebookNode, anchors: Anchors) -> Markup:
    """Return all outputs of a code cell as HTML."""
    try:
        return Markup("\n").join(show_output(output, anchors) for output in cell.outputs)
    except ReportError as error:
        raise ReportError(f"In [{cell.execution_count}]: {error}") from None


def page_of(cells: Sequence[NotebookNode]) -> dict[str, Any]:
    """Return the ``blocks`` of a page in order, and the ``contents`` list of its headings.

    A block is text, or code folded together with what it displays. Code that displays nothing joins
    the code after it, so that a reader meets one fold, not five.
    """
    shown, sources, anchors = [], [], Anchors()

    def fold(html: Markup) -> None:
        shown.append({"code": "\n\n".join(sources), "html": html})
        sources.clear()

    for cell in cells:
        if cell.cell_type == "markdown":
            fold(Markup(""))
            shown.append({"html": show_prose(cell.source, anchors)})
        elif cell.cell_type == "code" and cell.source.strip():
            if IGNORE_TAG not in cell.metadata.get("tags", []):  # those only hold a place
                sources.append(cell.source.strip())
            if html := show_outputs(cell, anchors).strip():
                fold(html)
    fold(Markup(""))
    return {"blocks": shown, "contents": anchors.contents}


def hash_of(text: str) -> str:
    """Return the hash by which a page's security policy allows its own styles."""
    digest = sha256(str(text).encode()).digest()
    return f"sha256-{b64encode(digest).decode()}"


def split_claims(text: str) -> list[str]:
    """Return the text in pieces, the names of claims (C07) on their own."""
    return re.split(r"\b(C\d\d)\b", text)


def choose_sentences(sentences: Sequence[str]) -> list[str]:
    """Return the first sentence of a short answer, and the second where both are short."""
    two = list(sentences[:2])
    return two if sum(map(len, two)) <= BRIEF else two[:1]
