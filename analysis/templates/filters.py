"""The filters of the templates: nothing reaches a page but through them.

Markdown and HTML from notebooks are rebuilt from a list of allowed elements; all else is escaped.
"""

import re
import struct
from base64 import b64decode
from collections import Counter
from collections.abc import Sequence
from html import escape, unescape
from typing import Any
from xml.etree.ElementTree import tostring

import nh3
from latex2mathml.converter import convert_to_element
from markupsafe import Markup
from nbconvert.filters import strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

ATTRIBUTES = {
    "*": {"class", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "section": {"id"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
BRIEF = 320  # characters of a short answer on the front page
IGNORE_TAG = "nbval-ignore-output"  # on the two cells whose output is filled in at the end


class ReportError(Exception):
    """A chapter that cannot be run, trusted or shown; the message says which and why."""


def keep_attribute(_tag: str, name: str, value: str) -> str | None:
    """Return the attribute's value if nothing outside the page is loaded or run by it."""
    allowed = {
        "href": r"(https?://|mailto:|#).*",
        "src": r"data:image/(png|jpeg|gif|webp);base64,[\w+/=\s]+",
        "id": r"C\d\d",
    }
    if name == "href" and (link := re.fullmatch(r"(?:\./)?([\w-]+)\.(?:ipynb|html)(#.*)?", value)):
        return f"{link[1]}.html{link[2] or ''}"
    return value if re.fullmatch(allowed.get(name, r"(?s).*"), value) else None


def sanitise(html: str) -> str:
    """Return balanced HTML with no script, style, handler or external resource, tables tidied."""
    schemes = {"http", "https", "mailto", "data"}
    safe = nh3.clean(
        html,
        tags=nh3.ALLOWED_TAGS | {"section", "tfoot"},
        attributes=ATTRIBUTES,
        attribute_filter=keep_attribute,
        url_schemes=schemes,
        link_rel=None,
    )
    return re.sub(r"<table.*?</table>", tidy_table, safe, flags=re.S)


def without_row_numbers(table: str) -> str:
    """Return the table without a first column that only counts 0, 1, 2."""
    numbers = re.findall(r"<tr[^>]*>\s*<th[^>]*>(\d+)</th>", table)
    unnamed = re.search(r"<tr[^>]*>\s*<th[^>]*></th>", table)
    if not unnamed or numbers != [str(i) for i in range(table.count("<tr") - 1)]:
        return table
    return re.sub(r"(<tr[^>]*>\s*)<th[^>]*>\d*</th>", r"\1", table)


def tidy_table(match: re.Match[str]) -> str:
    """Return a table with header scopes and figures aligned, in a container of its own."""
    table = without_row_numbers(match[0])
    rows = [re.findall(r"<(t[hd])\b[^>]*>(.*?)</\1>", r, re.S) for r in table.split("<tr")[1:]]
    columns = zip(*(row for row in rows if any(tag == "td" for tag, _ in row)), strict=False)
    is_number = re.compile(r"\s*([-−+]?[\d.,]*\d[\d.,]*\s?%?(\s?\[.*\])?|NaN|<NA>|)\s*", re.S)
    plain = "span=" not in table
    numeric = {i for i, c in enumerate(columns) if all(is_number.fullmatch(x) for _, x in c)}

    def tidy_row(row: re.Match[str], scope: str) -> str:
        position = iter(range(len(row[0])))

        def tidy_cell(cell: re.Match[str]) -> str:
            tag, attributes, text = cell.groups()
            column = next(position)
            if scope == "col" and not text.strip():
                tag = "td"  # an empty header names nothing
            if tag == "th" and "scope=" not in attributes:
                attributes += f' scope="{scope}"'
            if plain and column in numeric and "class=" not in attributes:
                attributes += ' class="number"'
                if tag == "td" and re.fullmatch(r"\s*\d{5,}\s*", text):  # no year is that long
                    text = f"{int(text):,}"
            return f"<{tag}{attributes}>{text}</{tag}>"

        return re.sub(r"<(t[hd])\b([^>]*)>(.*?)</\1>", tidy_cell, row[0], flags=re.S)

    head, mark, body = table.rpartition("</thead>")
    head = re.sub(r"<tr.*?</tr>", lambda row: tidy_row(row, "col"), head, flags=re.S)
    body = re.sub(r"<tr.*?</tr>", lambda row: tidy_row(row, "row"), body, flags=re.S)
    label = re.search(r"<caption[^>]*>(.*?)</caption>", table, re.S)
    name = escape(strip_tags(label[1])) if label else "Table"
    box = f'<div class="scroll" role="region" aria-label="{name}" tabindex="0">'
    return f"{box}{head}{mark}{body}</div>"


class Renderer(IPythonRenderer):
    """Markdown to HTML with formulas marked for :func:`mathml`."""

    def inline_math(self, body: str) -> str:
        """Mark a formula within a line."""
        return f'<span class="math-inline">{escape(body)}</span>'

    def block_math(self, body: str) -> str:
        """Mark a formula on its own line."""
        return f'<span class="math-block">{escape(body)}</span>'

    def latex_environment(self, name: str, body: str) -> str:
        """Mark a LaTeX environment."""
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")


def mathml(match: re.Match[str]) -> str:
    """Return a marked formula as MathML; every text in it is escaped again."""
    latex = unescape(match[2]).strip()
    root = convert_to_element(latex, display=match[1])
    for element in root.iter():
        element.text = unescape(element.text or "")
        if element.text.startswith("\\"):
            raise ReportError(f"formula {latex!r}: {element.text} has no MathML form")
        for name in {"href", "class", "style", "id"} & set(element.attrib):
            del element.attrib[name]
    return tostring(root, encoding="unicode", short_empty_elements=False)


def show_markdown(source: str) -> Markup:
    """Return a markdown text as HTML."""
    renderer = Renderer(escape=False, exclude_anchor_links=True)
    html = sanitise(MarkdownWithMath(renderer=renderer).render(source))
    marked = r'<span class="math-(inline|block)">([^<]*)</span>'
    return Markup(re.sub(marked, mathml, html))


def show_prose(source: str) -> Markup:
    """Return a markdown text as a block of prose, in lines of a readable length."""
    return Markup('<div class="prose">{}</div>').format(show_markdown(source))


def show_code(source: str) -> Markup:
    """Return Python source as coloured HTML."""
    return Markup(highlight(source, PythonLexer(), HtmlFormatter(nowrap=True)))


def show_output(output: NotebookNode) -> Markup:
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
        return Markup('<div class="out">{}</div>').format(Markup(sanitise(shown["text/html"])))
    if "text/markdown" in shown:
        return show_prose(shown["text/markdown"])
    if "text/plain" in shown:
        return Markup('<pre class="out">{}</pre>').format(strip_ansi(shown["text/plain"]))
    return Markup("")


def show_outputs(cell: NotebookNode) -> Markup:
    """Return all outputs of a code cell as HTML."""
    try:
        return Markup("\n").join(show_output(output) for output in cell.outputs)
    except ReportError as error:
        raise ReportError(f"In [{cell.execution_count}]: {error}") from None


def blocks(cells: Sequence[NotebookNode]) -> list[dict[str, Any]]:
    """Return what a page shows in order: text, or code folded together with what it displays.

    Code that displays nothing joins the code after it, so that a reader meets one fold, not five.
    """
    shown, sources = [], []

    def fold(html: Markup) -> None:
        shown.append({"code": "\n\n".join(sources), "html": html})
        sources.clear()

    for cell in cells:
        if cell.cell_type == "markdown":
            fold(Markup(""))
            shown.append({"html": show_prose(cell.source)})
        elif cell.cell_type == "code" and cell.source.strip():
            if IGNORE_TAG not in cell.metadata.get("tags", []):  # those only hold a place
                sources.append(cell.source.strip())
            if html := show_outputs(cell).strip():
                fold(html)
    fold(Markup(""))
    return shown


def split_claims(text: str) -> list[str]:
    """Return the text in pieces, the names of claims (C07) on their own."""
    return re.split(r"\b(C\d\d)\b", text)


def choose_sentences(sentences: Sequence[str]) -> list[str]:
    """Return the first sentence of a short answer, and the second where both are short."""
    two = list(sentences[:2])
    return two if sum(map(len, two)) <= BRIEF else two[:1]


def strip_tags(html: str) -> str:
    """Return the text in a piece of HTML."""
    return unescape(re.sub(r"<[^>]*>", "", html)).strip()


def with_anchors(html: str) -> dict[str, Any]:
    """Return the page's text with an id on every heading, and the contents list of its h2."""
    used: Counter[str] = Counter()
    contents = []

    def anchor(match: re.Match[str]) -> str:
        level, inner = match[1], match[2]
        text = strip_tags(inner)
        slug = re.sub(r"[^\w.-]", "", re.sub(r"\s+", "-", text)) or "section"
        used[slug] += 1
        slug += f"-{used[slug]}" if used[slug] > 1 else ""
        if level == "2":
            contents.append((slug, text))
        return f'<h{level} id="{slug}">{inner}</h{level}>'

    body = re.sub(r"<h([1-6])\b[^>]*>(.*?)</h\1>", anchor, html, flags=re.S)
    return {"html": Markup(body), "contents": contents}
