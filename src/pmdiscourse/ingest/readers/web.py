"""HTML pages: the article by trafilatura, the comments by the markup that blog software writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import lxml.html
import trafilatura
from lxml.html import HtmlElement

from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.records import Record, Refused

# Class or id names of WordPress, Blogger, Ghost and hand-made themes.
_SECTION = re.compile(
    r"^(?:comments?|comments?-(?:area|list|section|wrapper|thread)|commentlist|responses|disqus_thread)$"
)
_ITEM = re.compile(
    r"^(?:comment|comment-(?:item|entry|wrap|block)|comment_item|response|reply-item)$"
)
_TEXT = re.compile(
    r"^(?:comment-(?:content|text|message)|comment__(?:content|text|body)|comment-body|content|text|body|message)$"
)
_AUTHOR = re.compile(
    r"^(?:fn|comment-author(?:-name)?|comment__author|author|username|user|byline|name)$"
)
_FURNITURE = re.compile(
    r"^(?:reply|comment-(?:reply|meta|metadata|actions|footer|author)|actions|meta|vote|likes?|says|edit-link)$"
)
_BLOCKS = {"p", "div", "li", "br", "blockquote", "pre", "ul", "ol", "h2", "h3", "h4", "h5", "h6"}
_MIN_KEPT_SHARE = 0.02  # an article is at least that share of a page's text, or extraction failed


def read_html(document: Document) -> Iterator[Record | Refused]:
    """Yield the article of a page, then its comments with author, date and parent.

    Parameters
    ----------
    document : Document
        The page.

    Yields
    ------
    Record or Refused
        The article has key "essay". Refused if the page holds text but no article could be found.
    """
    text = document.text
    # huge_tree: libxml2 silently drops what is nested deeper than 256 elements
    parser = lxml.html.HTMLParser(huge_tree=True, encoding="utf-8")
    tree: Any = lxml.html.document_fromstring(text.encode("utf-8"), parser=parser)
    items = [
        element for element in tree.iter("li", "div", "article", "section") if _is_item(element)
    ]
    comments = list(_comments(items))
    for section in [element for element in tree.iter() if _is_section(element)]:
        if section.getparent() is not None:
            section.drop_tree()
    all_text = " ".join(tree.text_content().split())
    page = trafilatura.bare_extraction(
        tree, include_comments=False, include_tables=False, favor_precision=True, with_metadata=True
    )
    body = (page.text or "") if page else ""
    if len(body) < _MIN_KEPT_SHARE * len(all_text) or not body.strip():
        yield Refused(1, "no article found in this page", "save its text as .txt")
    else:
        title = page.title or ""
        lines = [line for line in body.split("\n") if line.strip() != title.strip()]
        yield Record(
            number=1, key="essay", text="\n".join(lines), title=title, kind="essay",
            author=page.author or "", published=page.date or "", site=page.sitename or "",
        )  # fmt: skip
    yield from comments


def _comments(items: list[HtmlElement]) -> Iterator[Record]:
    keys = {item: f"comment {n}" for n, item in enumerate(items, start=1)}
    for number, (item, key) in enumerate(keys.items(), start=2):
        above = (keys[node] for node in item.iterancestors() if node in keys)
        own = _own_nodes(item, keys)
        holder = next((node for node in own if _has(node, _TEXT)), item)
        time = next((node for node in own if node.tag == "time"), None)
        author = next((node for node in own if _has(node, _AUTHOR) or node.tag == "cite"), None)
        yield Record(
            number=number,
            key=key,
            parent_key=next(above, "essay"),
            text=_paragraphs(holder, keys),
            kind="comment",
            author=_name(author) if author is not None else "",
            published=(time.get("datetime") or time.text_content()) if time is not None else "",
        )


def _names(element: HtmlElement) -> list[str]:
    if not isinstance(element.tag, str):
        return []
    return [*element.get("class", "").lower().split(), element.get("id", "").lower()]


def _has(element: HtmlElement, pattern: re.Pattern[str]) -> bool:
    return any(pattern.match(name) for name in _names(element))


def _is_section(element: HtmlElement) -> bool:
    return _has(element, _SECTION)


def _is_item(element: HtmlElement) -> bool:
    inside = any(_is_section(node) for node in element.iterancestors())
    return inside and _has(element, _ITEM) and not _is_list(element)


def _is_list(element: HtmlElement) -> bool:
    return _has(element, re.compile(r"^comments$|^comment-?list$"))


def _own_nodes(item: HtmlElement, keys: dict[HtmlElement, str]) -> list[HtmlElement]:
    """Return the elements of a comment without those of the replies nested in it."""
    own = []
    for node in item.iterdescendants():
        nearest = next((up for up in node.iterancestors() if up in keys), None)
        if node not in keys and nearest is item:
            own.append(node)
    return own


def _name(element: HtmlElement) -> str:
    inner = next((node for node in element.iter() if _has(node, re.compile("^fn$"))), element)
    text = " ".join(inner.text_content().split())
    return re.sub(r"\s+(?:says|said|wrote):?$", "", text)


def _paragraphs(holder: HtmlElement, keys: dict[HtmlElement, str]) -> str:
    """Return the text of a comment, one block a line, without its buttons and nested replies."""
    parts: list[str] = []

    def walk(node: HtmlElement) -> None:
        if node is not holder and (node in keys or _is_furniture(node)):
            return
        block = node.tag in _BLOCKS
        parts.append("\n" if block else "")
        if isinstance(node.tag, str):
            parts.append(node.text or "")
        for child in node:
            walk(child)
            parts.append(child.tail or "")
        parts.append("\n" if block else "")

    walk(holder)
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _is_furniture(node: HtmlElement) -> bool:
    if node.tag in ("time", "cite", "button", "form", "script", "style", "nav"):
        return True
    if _has(node, _TEXT):
        return False
    return _has(node, _FURNITURE) or _has(node, _AUTHOR)
