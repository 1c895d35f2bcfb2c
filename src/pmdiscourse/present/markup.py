"""Markup of a page: what is allowed, anchors of headings, tables that scroll."""

from __future__ import annotations

from html import escape

import nh3
from lxml import etree
from lxml import html as lxml_html

from pmdiscourse.csv_cells import UNWRITABLE
from pmdiscourse.present.data_files import slug

_TAGS = {
    "h2", "h3", "h4", "p", "a", "ul", "ol", "li", "em", "strong", "b", "i", "code", "pre",
    "blockquote", "hr", "br", "mark", "sub", "sup", "dl", "dt", "dd", "table", "caption", "thead",
    "tbody", "tr", "th", "td", "details", "summary",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href"}, "th": {"scope", "colspan", "rowspan"}, "td": {"colspan", "rowspan"}}
_CLASSES = {"td": {"text", "long"}, "th": {"text", "long"}, "p": {"origin"}}
# Anchors that the page's own parts have: the skip link's goal, what the templates end with.
_TAKEN = {"content", "appendix", "provenance"}


def clean(fragment: str) -> str:
    """Keep allowed tags and attributes, drop everything else with scripts and styles whole."""
    return nh3.clean(
        UNWRITABLE.sub(" ", fragment),  # the parser would end the page at half a surrogate pair
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


def finish(fragment: str) -> tuple[str, str, list[tuple[str, str]]]:
    """Give headings anchors and tables scrollers, and cut before the first of the headings.

    Parameters
    ----------
    fragment : str
        Clean HTML.

    Returns
    -------
    tuple
        What stands before the first second-level heading, the rest, and anchor and text of every
        second-level heading.
    """
    root = lxml_html.fragment_fromstring(fragment, create_parent="div")
    toc: list[tuple[str, str]] = []
    for heading in root.iter("h2"):
        text = heading.text_content().strip()
        heading.set("id", _anchor(text, toc))
        toc.append((heading.get("id"), text))
    for number, table in enumerate(list(root.iter("table")), start=1):
        _wrap_table(table, number)
    first = root.find("h2")
    cut = len(root) if first is None else root.index(first)
    pieces = [escape(root.text or "")]
    pieces += [lxml_html.tostring(part, encoding="unicode") for part in root]
    return "".join(pieces[: cut + 1]), "".join(pieces[cut + 1 :]), toc


def _anchor(text: str, toc: list[tuple[str, str]]) -> str:
    """Make an anchor from a heading, unique on the page."""
    anchor = slug(text) or "section"
    if anchor.startswith(("quote-", "passage-")):  # quotes and passages have these
        anchor = f"section-{anchor}"
    taken = {known for known, _ in toc} | _TAKEN
    return anchor if anchor not in taken else f"{anchor}-{len(toc) + 1}"


def _wrap_table(element: lxml_html.HtmlElement, number: int) -> None:
    """Put a table into a region that scrolls and that the keyboard reaches."""
    caption = element.find("caption")
    if caption is None:
        caption = etree.Element("caption")
        caption.text = f"Table {number}"
        element.insert(0, caption)
    for head in element.iter("th"):
        in_head = next(head.iterancestors("thead"), None) is not None
        head.set("scope", head.get("scope") or ("col" if in_head else "row"))
        if not head.text_content().strip():
            head.tag = "td"
            del head.attrib["scope"]
    region = etree.Element("div")
    region.set("class", "scroll")
    region.set("tabindex", "0")
    region.set("role", "region")
    region.set("aria-label", "".join(caption.itertext()).strip())
    region.tail, element.tail = element.tail, None
    element.getparent().replace(element, region)
    region.append(element)
