"""HTML fragments to text: one block a line, nothing lost below any depth."""

from __future__ import annotations

import re
from typing import Any

import lxml.html

_BLOCKS = {
    *("p", "div", "li", "br", "blockquote", "pre", "ul", "ol", "tr", "section", "article", "aside"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "figcaption", "dt", "dd", "hr"),
}
_SILENT = {"script", "style", "template", "noscript"}


def fragment_text(html: str, *, drop_quotes: bool = False) -> tuple[str, int]:
    """Return the text of an HTML fragment, and how many quoted lines were left out.

    Parameters
    ----------
    html : str
        E.g. the body of a comment as a site's interface gives it.
    drop_quotes : bool, default=False
        True leaves `blockquote` and quoting `aside` elements out, unless nothing else is there.

    Returns
    -------
    tuple of (str, int)

    Examples
    --------
    >>> fragment_text("<p>So <i>true</i>.</p><p>Thank&nbsp;you")
    ('So true.\\nThank\\xa0you', 0)
    >>> fragment_text("<blockquote>They said no.</blockquote><p>Did they?</p>", drop_quotes=True)
    ('Did they?', 1)
    """
    if "<" not in html and "&" not in html:
        return html, 0
    # huge_tree: libxml2 silently drops what is nested deeper than 256 elements
    parser = lxml.html.HTMLParser(huge_tree=True, encoding="utf-8")
    root: Any = lxml.html.fragment_fromstring(
        html.encode("utf-8", "replace"), create_parent="div", parser=parser
    )
    own, quoted = _text(root, drop_quotes=drop_quotes)
    return (own, len(quoted.split("\n"))) if own and quoted else (own or quoted, 0)


def _text(root: Any, *, drop_quotes: bool) -> tuple[str, str]:
    own: list[str] = []
    quoted: list[str] = []
    depth = 0  # of quotes; walked by events, not by recursion: trees can be thousands deep
    for event, node in lxml.etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event == "start":
            depth += drop_quotes and _is_quote(node)
        parts = quoted if depth else own
        block = node.tag in _BLOCKS
        if event == "start":
            parts.append("\n" if block else "")
            parts.append("" if node.tag in _SILENT else node.text or "")
            continue
        parts.append("\n" if block else "")
        if event == "end":
            depth -= drop_quotes and _is_quote(node)
        if node is not root and node.getparent().tag not in _SILENT:
            (quoted if depth else own).append(node.tail or "")
    return _lines(own), _lines(quoted)


def _is_quote(node: Any) -> bool:
    return node.tag == "blockquote" or (node.tag == "aside" and "quote" in node.get("class", ""))


def _lines(parts: list[str]) -> str:
    lines = (re.sub("[ \t\r\f]+", " ", line).strip() for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)
