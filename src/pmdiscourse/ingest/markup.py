"""HTML to text: one block a line, nothing lost below any depth.

The parser is Lexbor (package selectolax): it builds the tree of the HTML standard, as browsers do,
at any depth. libxml2, below lxml and trafilatura, silently drops what is nested deeper than 256
elements (2048 with `huge_tree`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from selectolax.lexbor import LexborHTMLParser, LexborNode

BLOCKS = frozenset(
    (
        "address", "article", "aside", "blockquote", "br", "caption", "center", "dd", "details",
        "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1",
        "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre",
        "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul", "xmp",
    )
)  # fmt: skip
# What these hold is no text of a person: code, controls, and what shows if something is missing.
SILENT = frozenset(
    (
        "audio", "button", "canvas", "head", "iframe", "noembed", "noframes", "noscript", "object",
        "script", "select", "style", "svg", "template", "textarea", "video", "-comment",
    )
)  # fmt: skip
_CELLS = frozenset(("td", "th"))
_AS_TYPED = frozenset(("pre", "xmp"))
# Class names of quotes that are no blockquote: Discourse, XenForo, vBulletin, SMF, mail.
_QUOTES = frozenset(
    (
        "quote", "bbcodeblock--quote", "bbcode_quote", "bbcode_container", "quotecontainer",
        "quoteheader", "quotefooter", "bbc_standard_quote", "gmail_quote",
    )
)  # fmt: skip
_HUGE_TAG = re.compile(r"<([a-zA-Z][\w-]*)\s[^<>]{20000,}>")
_BLANK_LINE = re.compile(r"[ \t\r\f]*\n[ \t\r\f]*\n\s*")
_SPACES = re.compile(r"[ \t\r\f\v]+")
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"  # a line of nothing else is empty
_TYPED_BREAK = "\v"  # a single line break in the source: a space, if the text has blocks at all


def parse_html(html: str) -> LexborHTMLParser:
    """Return the tree of a page or a fragment, as a browser would build it.

    Tags of more than 20,000 characters (a picture inside of its address, or thousands of
    attributes, which cost every parser minutes) lose their attributes.
    """
    html = _HUGE_TAG.sub(r"<\1>", html.encode("utf-8", "replace").decode("utf-8"))
    return LexborHTMLParser(html)


def fragment_text(html: str, *, drop_quotes: bool = False) -> tuple[str, int]:
    r"""Return the text of an HTML fragment, and how many quoted lines were left out.

    Parameters
    ----------
    html : str
        E.g. the body of a comment as a site's interface gives it. A blank line breaks a line of
        the text; a single line break does so in `pre`, and where there are no block elements.
    drop_quotes : bool, default=False
        True leaves `blockquote` and other quoting elements out, unless nothing else is there.

    Returns
    -------
    tuple of (str, int)

    Examples
    --------
    >>> fragment_text("<p>So <i>true</i>.</p><p>Thank&nbsp;you")
    ('So true.\nThank\xa0you', 0)
    >>> fragment_text("<blockquote>They said no.</blockquote><p>Did they?</p>", drop_quotes=True)
    ('Did they?', 1)
    >>> fragment_text("<p>One\nline</p>")[0], fragment_text("Two\n<i>lines</i>")[0]
    ('One line', 'Two\nlines')
    """
    if "<" not in html and "&" not in html:
        return html, 0
    html = html.replace("<![CDATA[", "").replace("]]>", "")
    for opens, closes in (("<!--", "-->"), ("<", ">")):  # what never closes would swallow the rest
        start = html.rfind(opens)
        if start > html.rfind(closes):
            html = f"{html[:start]}&lt;{html[start + 1 :]}"
    body = parse_html("<body>" + html).body
    return node_text([body], drop_quotes=drop_quotes) if body else ("", 0)


def node_text(
    roots: list[LexborNode], *, skip: Set[int] = frozenset(), drop_quotes: bool = False
) -> tuple[str, int]:
    """Return the text below some nodes, and how many quoted lines were left out.

    Parameters
    ----------
    roots : list of LexborNode
        Elements, in order.
    skip : set of int, default=empty
        `mem_id` of the elements to leave out, with all that is below them; never a root.
    drop_quotes : bool, default=False
        As in `fragment_text`.

    Returns
    -------
    tuple of (str, int)
    """
    own: list[str] = []
    quoted: list[str] = []
    quotes = typed = 0  # depth inside of quotes and of preformatted text
    blocks = False
    whole = {root.mem_id for root in roots}  # some forums write every post as a quote
    for opens, node in (event for root in roots for event in _events(root, skip)):
        tag = node.tag or ""
        is_quote = drop_quotes and _is_quote(node, tag) and node.mem_id not in whole
        if opens:
            quotes += is_quote
            typed += tag in _AS_TYPED
        parts = quoted if quotes else own
        if tag == "-text":
            parts.append(_text(node, typed=typed > 0) if opens else "")
        elif tag in BLOCKS:
            parts.append("\n")
            blocks = True
        elif tag in _CELLS:
            parts.append(" ")
        if not opens:
            quotes -= is_quote
            typed -= tag in _AS_TYPED
    text, others = _lines(own, blocks=blocks), _lines(quoted, blocks=blocks)
    return (text, others.count("\n") + 1) if text and others else (text or others, 0)


def _events(root: LexborNode, skip: Set[int]) -> Iterator[tuple[bool, LexborNode]]:
    """Yield (True, node) where a node opens and (False, node) where it closes; no recursion."""
    node, end = root, root.mem_id
    while True:
        left_out = skip and node.mem_id in skip and node.mem_id != end
        if node.tag not in SILENT and not left_out:
            yield True, node
            if node.first_child is not None:
                node = node.first_child
                continue
            yield False, node
        while node.mem_id != end and node.next is None and node.parent is not None:
            node = node.parent
            yield False, node
        if node.mem_id == end or node.next is None:
            return
        node = node.next


def _text(node: LexborNode, *, typed: bool) -> str:
    text = node.text_content or ""
    if typed or "\n" not in text:
        return text
    return "\n".join(part.replace("\n", _TYPED_BREAK) for part in _BLANK_LINE.split(text))


def _is_quote(node: LexborNode, tag: str) -> bool:
    if tag == "blockquote":
        return True
    names = (node.attributes.get("class") or "") if tag in BLOCKS else ""
    return bool(names) and not _QUOTES.isdisjoint(names.lower().split())


def _lines(parts: list[str], *, blocks: bool) -> str:
    text = "".join(parts)
    if not blocks:
        text = text.replace(_TYPED_BREAK, "\n")
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line.strip(_INVISIBLE))
