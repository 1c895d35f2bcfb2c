"""HTML pages: the article and its comments, or a thread of posts."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.markup import node_text, parse_html
from pmdiscourse.ingest.readers.web_article import Article, read_article
from pmdiscourse.ingest.readers.web_comments import ESSAY, Thread, read_thread
from pmdiscourse.ingest.readers.web_markup import load_markup
from pmdiscourse.ingest.readers.web_meta import CUT, page_language, page_site, page_title
from pmdiscourse.ingest.readers.web_structured import (
    Structured,
    read_structured,
    structured_records,
)
from pmdiscourse.ingest.records import Notice, Record, Refused

_BLOCK_TAGS = re.compile(
    r"<(/?)(?:div|section|article|main|ul|ol|table|blockquote|form|center|details)\b", re.IGNORECASE
)
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_LATE_PAGE = re.compile(r"^\s*<(?:!doctype\s+html|html)\b[^<>]*>\s*<", re.IGNORECASE | re.MULTILINE)
_FRAGMENT = re.compile(
    r"\s*(?:<!--(?:(?!-->).)*-->\s*)*<(?:head|body|meta|title|link|script|style|div|p|article|section"
    r"|main|header|footer|aside|nav|h[1-6]|ul|ol|dl|table|blockquote|pre|figure|span|a|b|i|em|strong"
    r"|font|center|img|br|hr|details)(?:\s[^<>]*)?/?>",
    re.IGNORECASE | re.DOTALL,
)
_HEAD = 4000  # characters in which a page begins, below what a server or a script wrote before it
_COUNT = re.compile(
    r"\b\d[\d,.]{0,7}\s+(?:comments?|responses?|replies|thoughts|kommentare?|antworten|"
    r"commentaires?|comentarios?|comentários?|reacties|commenti)\b",
    re.IGNORECASE,
)
# Where a page counts its own comments: a selector, and the attribute ("" for its words).
_COUNTERS = (
    ("shreddit-post", "comment-count"),
    ("div.thing.link", "data-comments-count"),
    ("a[href='#comments'], a[href='#disqus_thread'], a[href='#respond']", ""),
    (".subline a:last-child", ""),
)
_HEAD_BYTES = 65_536  # of `Document.head`
_MAX_OPEN = 50_000  # open blocks; a deeper page takes a parser minutes
_SMALL_SHARE, _MUCH_PROSE = 0.25, 2000  # of the prose of a page, in characters
_MIN_UNREAD = 30  # words in a section of comments; fewer are "be the first to comment"
_MIN_ARTICLE = 400  # characters; less in what looks like a section of comments is none
_MAX_WALL = 700  # characters; a longer text is no notice in place of an article


def is_html(document: Document) -> bool:
    """Tell whether a document is an HTML page or a fragment of one, by its head.

    A fragment starts with a tag, holds an end tag and ends with one, as far as its end is seen; an
    essay that speaks of "<div>" does not.

    >>> [is_html(Document.of_bytes("", text)) for text in (b"<div>Hi</div>", b"<div> is a tag.")]
    [True, False]
    """
    text = document.head_text
    if _PAGE.match(text) or _LATE_PAGE.search(text[:_HEAD]):
        return True
    whole = len(document.head) < _HEAD_BYTES
    return bool(
        _FRAGMENT.match(text) and "</" in text and (text.rstrip().endswith(">") or not whole)
    )


def read_html(document: Document) -> Iterator[Record | Refused | Notice]:
    """Yield the article of a page, then its comments with author, date and parent.

    Parameters
    ----------
    document : Document
        The page.

    Yields
    ------
    Record, Refused or Notice
        The article, or the first post of a thread, has key "essay". Refused if the page holds no
        article; its comments follow all the same.
    """
    html = document.text
    limit = document.settings.max_page_characters
    if len(html) > limit:
        reason = f"{len(html)} characters in one page, more than max_page_characters ({limit})"
        yield Refused(0, reason, "split it, save its text as .txt, or raise the setting")
        return
    if (depth := _depth(html)) > _MAX_OPEN:
        yield Refused(0, f"{depth} blocks are open at once", "save the text of the page as .txt")
        return
    tree = parse_html(html)
    structured = read_structured(tree)
    site, language = page_site(tree), page_language(tree)
    thread = read_thread(tree, html, language=language, site=site)
    if not thread.records:
        thread.records.extend(structured_records(structured, parent_key=ESSAY, site=site))
    notices = list(_notices(tree, thread, structured))
    if thread.opens:
        yield from _with_title(thread, tree, structured)
    else:
        yield from _article_or_notice(tree, thread, structured, site=site, language=language)
        yield from thread.records
    if thread.unread >= _MIN_UNREAD:
        last = max((record.number for record in thread.records), default=1)
        reason = f"{thread.unread} words of comments that could not be told apart"
        yield Refused(last + 1, reason, "copy the comments into a table or a .txt")
    yield from notices


def _depth(html: str) -> int:
    """Return how many blocks are open at once, at most, as far as the tags tell."""
    if html.count("<") < _MAX_OPEN:
        return 0
    depth = deepest = 0
    for tag in _BLOCK_TAGS.finditer(html):
        depth = max(0, depth - 1) if tag[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _with_title(
    thread: Thread, tree: LexborHTMLParser, structured: Structured
) -> Iterator[Record | Refused]:
    """Yield the records of a thread; its first post takes title and time of the page."""
    for record in thread.records:
        if isinstance(record, Record) and record.key == ESSAY:
            yield dataclasses.replace(
                record,
                title=record.title or page_title(tree, structured),
                author=record.author or structured.author,
                published=record.published or structured.published,
            )
        else:
            yield record


def _cut(thread: Thread) -> None:
    """Mark what is no article: the comments, and the sections that are there for them."""
    holder = load_markup().article
    _mark([*thread.nodes, *(n for n in thread.sections if n.css_first(holder) is None)])


def _mark(nodes: list[LexborNode]) -> None:
    for node in nodes:
        if not (node.tag or "-").startswith("-"):
            node.attrs[CUT] = ""


def _article_or_notice(
    tree: LexborHTMLParser, thread: Thread, structured: Structured, *, site: str, language: str
) -> Iterator[Record | Refused | Notice]:
    """Yield the article, or why there is none; a notice if it is a small part of the page."""
    _cut(thread)
    found = read_article(tree, structured, language=language)
    reason = _wall(found, tree)
    if reason and thread.sections:
        for node in thread.sections:  # perhaps what looks like a section holds the article
            if CUT in node.attrs:
                del node.attrs[CUT]
        _mark(thread.nodes)
        again = read_article(tree, structured, language=language)
        if len(again.text) > _MIN_ARTICLE:
            found, reason, thread.unread = again, "", 0
    if reason:
        yield Refused(1, reason, "save the page again as a reader sees it, or its text as .txt")
        return
    if found.share < _SMALL_SHARE and found.prose > _MUCH_PROSE:
        what = f"the article is {found.share:.0%} of the prose in this page"
        yield Notice(1, what, "look whether the page is a list of articles, or has several")
    yield Record(
        number=1,
        key=ESSAY,
        text=found.text,
        title=found.title,
        kind="essay",
        author=found.author,
        published=found.published,
        site=site,
    )


def _wall(found: Article, tree: LexborHTMLParser) -> str:
    """Return what stands in place of an article; "" if there is one."""
    lines = [line for line in found.text.split("\n") if line]
    kinds = [_wall_kind(line) for line in lines] if len(found.text) <= _MAX_WALL else []
    if lines and (not kinds or not all(kinds)):
        return ""
    hidden = " ".join(node.text() for node in tree.css("noscript"))
    whole = node_text([tree.body])[0] if tree.body else ""
    kind = next(iter(kinds), "") or _wall_kind(whole[:_MAX_WALL]) or _wall_kind(hidden)
    if kind:
        return f"no article in this page: it {kind}"
    if not whole:
        return "no article in this page: it holds no text"
    return f"no article found among the {len(whole)} characters of text in this page"


def _wall_kind(text: str) -> str:
    walls = load_markup().walls
    return next((kind for kind, pattern in walls.items() if pattern.search(text)), "")


def _notices(tree: LexborHTMLParser, thread: Thread, structured: Structured) -> Iterator[Notice]:
    """Yield what the page says of comments that it does not hold."""
    markup = load_markup()
    n_found = sum(not isinstance(one, Record) or one.kind == "comment" for one in thread.records)
    counted = max(structured.n_comments, _counted(tree, thread))
    again = "open all comments in the browser and save the page again"
    if counted > n_found:
        yield Notice(1, f"the page counts {counted} comments, {n_found} are in it", again)
    elif not n_found and tree.css_first(markup.hosted) is not None:
        yield Notice(1, "its comments come from another site and are not in the saved page", again)
    elif tree.css_first(markup.more) is not None:
        yield Notice(1, "the page shows a link to more comments", again)


def _counted(tree: LexborHTMLParser, thread: Thread) -> int:
    """Return how many comments the page says it has; 0 if it does not say."""
    counts = [0]
    for selector, attribute in _COUNTERS:
        for node in tree.css(selector):
            value = node.attributes.get(attribute) or "" if attribute else node.text()
            number = _COUNT.search(value) if not attribute else re.search(r"\d+", value)
            counts.append(int(re.sub(r"\D", "", number[0])) if number else 0)
    for section in thread.sections:
        for node in section.css("h1, h2, h3, h4, h5, .comments-title, .comment-count"):
            number = _COUNT.search(node.text())
            counts.append(int(re.sub(r"\D", "", number[0])) if number else 0)
    return max(counts)
