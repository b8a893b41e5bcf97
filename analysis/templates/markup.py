"""Markup from notebooks, made fit for a page: cleaned, edited as a tree, and cleaned again last.

What comes out holds only the elements and attributes listed here, whatever came in: nothing that
runs, nothing that is loaded from elsewhere.
"""

import re
from collections import Counter
from html import unescape
from typing import Any
from xml.etree.ElementTree import tostring

import nh3
from bs4 import BeautifulSoup
from bs4.element import Tag
from latex2mathml.converter import convert_to_element
from markupsafe import Markup

__all__ = ["Anchors", "ReportError", "sanitise", "strip_tags", "with_anchors"]

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
TAGS = nh3.ALLOWED_TAGS | {"section", "tfoot"}
ATTRIBUTES = {
    "*": {"class", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "section": {"id"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
# MathML Core, as far as latex2mathml writes it.
MATHML = {
    *("math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "mstyle", "mpadded", "mphantom"),
    *("mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover"),
    *("mtable", "mtr", "mtd"),
}
MATHML_ATTRIBUTES = {
    *("xmlns", "display", "stretchy", "fence", "form", "minsize", "maxsize", "lspace", "rspace"),
    *("width", "height", "depth", "linethickness", "accent", "movablelimits", "mathvariant"),
    *("columnalign", "columnspacing", "rowspacing", "displaystyle", "scriptlevel", "separator"),
}
# What the edits add to what a notebook may bring.
OURS = {
    **{name: {"id"} for name in HEADINGS},
    **dict.fromkeys(MATHML, MATHML_ATTRIBUTES),
    "div": {"role", "aria-label", "tabindex"},
}
NUMBER = re.compile(r"\s*([-−+]?[\d.,]*\d[\d.,]*\s?%?(\s?\[.*\])?|NaN|<NA>|&lt;NA&gt;|)\s*", re.S)


class ReportError(Exception):
    """A chapter that cannot be run, trusted or shown; the message says which and why."""


class Anchors:
    """The ids given to the headings of one page, and the contents list of its h2."""

    def __init__(self) -> None:
        self.contents: list[tuple[str, str]] = []
        self._used: Counter[str] = Counter()

    def mark(self, tree: BeautifulSoup) -> None:
        """Give every heading of a tree an id of its own and no other attribute."""
        for heading in tree.find_all(HEADINGS):
            text = heading.get_text().strip()
            slug = re.sub(r"[^\w.-]", "", re.sub(r"\s+", "-", text)) or "section"
            self._used[slug] += 1
            slug += f"-{self._used[slug]}" if self._used[slug] > 1 else ""
            heading.attrs = {"id": slug}
            if heading.name == "h2":
                self.contents.append((slug, text))


def sanitise(html: str, anchors: Anchors | None = None) -> str:
    """Return balanced HTML with no script, style, handler or external resource.

    Formulas become MathML, tables get scopes and a box of their own, headings their ids; then all
    of it is cleaned once more, so that no edit can undo the cleaning.
    """
    tree = _parse(_clean(html, TAGS, ATTRIBUTES))
    for span in tree.find_all("span", class_=["math-inline", "math-block"]):
        display = span["class"][0].removeprefix("math-")
        span.replace_with(_parse(_mathml(span.get_text(), display)))
    for table in tree.find_all("table"):
        _tidy_table(table)
    if anchors is not None:
        anchors.mark(tree)
    allowed = {
        name: ATTRIBUTES.get(name, set()) | OURS.get(name, set())
        for name in ATTRIBUTES.keys() | OURS.keys()
    }
    return _clean(str(tree), TAGS | MATHML, allowed)


def with_anchors(html: str) -> dict[str, Any]:
    """Return a text of our own templates with ids on its headings, and the contents of its h2."""
    tree, anchors = _parse(html), Anchors()
    anchors.mark(tree)
    return {"html": Markup(str(tree)), "contents": anchors.contents}


def strip_tags(html: str) -> str:
    """Return the text in a piece of HTML."""
    return _parse(html).get_text().strip()


def _parse(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def _clean(html: str, tags: set[str], attributes: dict[str, set[str]]) -> str:
    return nh3.clean(
        html,
        tags=tags,
        attributes=attributes,
        attribute_filter=_keep_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel=None,
    )


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    """Return the attribute's value if nothing outside the page is loaded or run by it."""
    allowed = {
        "href": r"(https?://|mailto:|#).*",
        "src": r"data:image/(png|jpeg|gif|webp);base64,[\w+/=\s]+",
        "id": r"[\w.-]+" if tag in HEADINGS else r"C\d\d",
    }
    if name == "href" and (link := re.fullmatch(r"(?:\./)?([\w-]+)\.(?:ipynb|html)(#.*)?", value)):
        return f"{link[1]}.html{link[2] or ''}"
    return value if re.fullmatch(allowed.get(name, r"(?s).*"), value) else None


def _mathml(latex: str, display: str) -> str:
    """Return a formula as MathML."""
    root = convert_to_element(latex.strip(), display=display)
    for element in root.iter():
        element.text = unescape(element.text or "")
        if element.text.startswith("\\"):
            raise ReportError(f"formula {latex.strip()!r}: {element.text} has no MathML form")
    return tostring(root, encoding="unicode", short_empty_elements=False)


def _tidy_table(table: Tag) -> None:
    """Give a table header scopes, aligned figures and a box of its own that can be scrolled."""
    rows = [row for row in table.find_all("tr") if row.find_parent("table") is table]
    _drop_row_numbers(rows)
    cells = [row.find_all(["th", "td"], recursive=False) for row in rows]
    bodies = [row for row in cells if any(cell.name == "td" for cell in row)]
    columns = zip(*([cell.decode_contents() for cell in row] for row in bodies), strict=False)
    plain = not any({"colspan", "rowspan"} & cell.attrs.keys() for row in cells for cell in row)
    numeric = {i for i, column in enumerate(columns) if all(map(NUMBER.fullmatch, column))}
    for row, found in zip(rows, cells, strict=True):
        scope = "col" if row.find_parent("thead") is not None else "row"
        for column, cell in enumerate(found):
            if scope == "col" and cell.name == "th" and not cell.get_text(strip=True):
                cell.name = "td"  # an empty header names nothing
            if cell.name == "th" and "scope" not in cell.attrs:
                cell["scope"] = scope
            if plain and column in numeric and "class" not in cell.attrs:
                cell["class"] = ["number"]
                if cell.name == "td" and re.fullmatch(r"\s*\d{5,}\s*", cell.get_text()):
                    cell.string = f"{int(cell.get_text()):,}"  # no year is that long
    label = table.find("caption")
    box = BeautifulSoup("", "html.parser").new_tag("div")
    name = label.get_text().strip() if label else "Table"
    box.attrs = {"class": "scroll", "role": "region", "aria-label": name, "tabindex": "0"}
    table.wrap(box)


def _drop_row_numbers(rows: list[Tag]) -> None:
    """Take away a first column that only counts 0, 1, 2 under an empty header."""
    firsts = [row.find(["th", "td"], recursive=False) for row in rows]
    heads = [cell for cell in firsts if cell is not None and cell.name == "th"]
    numbers = [cell for cell in heads if re.fullmatch(r"\d+", cell.decode_contents())]
    unnamed = [cell for cell in heads if not cell.decode_contents()]
    if unnamed and [cell.get_text() for cell in numbers] == [str(i) for i in range(len(rows) - 1)]:
        for cell in [*numbers, *unnamed]:
            cell.extract()
