"""What a page tells of itself: site, language, title, author, time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pmdiscourse.ingest.markup import node_text
from pmdiscourse.ingest.readers.web_fields import clean_name
from pmdiscourse.ingest.readers.web_structured import Structured
from pmdiscourse.ingest.readers.web_times import node_time

CUT = "data-cut"  # attribute that marks the comments of a page, before its article is read
_DATES = (
    "meta[property='article:published_time']", "meta[itemprop='datePublished']",
    "[itemprop='datePublished']", "time[pubdate]", "meta[name='date']", "meta[name='pubdate']",
    ".dt-published", "abbr.published", "time.entry-date", "time.published",
    "article time[datetime]",
    ".entry-date", ".post-date", ".published", ".date-header", ".postmetadata", "time[datetime]",
)  # fmt: skip
_AUTHORS = (
    "meta[name='author']", "meta[property='article:author']",
    "[itemprop='author'] [itemprop='name']",
    "[itemprop='author']", ".author .fn", ".post-author .fn", ".entry-author-name", ".entry-author",
    "[rel='author']", ".p-author", ".author-name", ".post-author", ".byline .author", ".author",
    ".byline",
)  # fmt: skip
# Headings of the site, not of the page.
_SITE_HEADING = (
    "header h1:not(article h1, main h1), #header h1, #header-wrapper h1, #banner h1, .site-title, "
    "[role='banner'] h1:not(article h1, main h1), .masthead h1, #masthead h1, #top h1, "
    "[id$='banner'] h1"
)
_SEPARATOR = re.compile(r"\s+[|·•«»–—:-]\s+|\s*[|«»]\s*|:\s+")


def page_site(tree: LexborHTMLParser) -> str:
    """Return the name of the site, else its host, as the page gives them; "" if it does not."""
    if name := _attribute(tree, "meta[property='og:site_name']", "content"):
        return name
    for selector, attribute in (
        ("link[rel='canonical']", "href"),
        ("meta[property='og:url']", "content"),
    ):
        try:
            if host := urlsplit(_attribute(tree, selector, attribute)).hostname:
                return host.removeprefix("www.")
        except ValueError:
            continue
    return ""


def page_language(tree: LexborHTMLParser) -> str:
    """Return the language tag of the page, "" if it has none."""
    return _attribute(tree, "html[lang]", "lang") or _attribute(
        tree, "meta[property='og:locale']", "content"
    )


def page_title(tree: LexborHTMLParser, structured: Structured) -> str:
    """Return the title of an article or a thread, without the name of the site.

    The heading that the title of the document begins with, else the first that it repeats; the
    headings of the site do not count.
    """
    if structured.title:
        return _one_line(structured.title)
    whole = _attribute(tree, "meta[property='og:title']", "content")
    document = tree.css_first("title")
    whole = _one_line(whole or (document.text() if document is not None else ""))
    headings = [h for h in _headings(tree) if h and h.casefold() in whole.casefold()]
    for heading in headings:
        if whole.casefold().startswith(heading.casefold()):
            return heading
    return headings[0] if headings else _without_site(whole)


def _without_site(title: str) -> str:
    return _SEPARATOR.split(title)[0] if len(_SEPARATOR.split(title)) == 2 else title


def page_author(tree: LexborHTMLParser, structured: Structured) -> str:
    """Return who the page says wrote it; "" if it does not."""
    if structured.author:
        return clean_name(structured.author)
    for selector in _AUTHORS:
        for node in tree.css(f"{selector}:not([{CUT}] *)")[:3]:
            words = node.attributes.get("content") or node_text([node])[0]
            if "://" not in words and (name := clean_name(words)):
                return name
    return ""


def page_time(tree: LexborHTMLParser, structured: Structured, language: str) -> str:
    """Return when the page says that it was published; "" if it does not."""
    if structured.published:
        return structured.published
    for selector in _DATES:
        node = tree.css_first(f"{selector}:not([{CUT}] *)")
        if node is not None and (found := node_time(node, language=language)):
            return found
    return ""


def _headings(tree: LexborHTMLParser) -> Iterator[str]:
    site = {node.mem_id for node in tree.css(_SITE_HEADING)}
    for selector in ("h1", "h2", "h3", "h4"):
        nodes = tree.css(f"{selector}:not([{CUT}] *)")
        yield from (_one_line(node_text([node])[0]) for node in nodes if node.mem_id not in site)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _attribute(tree: LexborHTMLParser, selector: str, attribute: str) -> str:
    node: LexborNode | None = tree.css_first(selector)
    return (node.attributes.get(attribute) or "").strip() if node is not None else ""
