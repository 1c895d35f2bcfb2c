"""The article of a page: trafilatura in its precise mode, watched and helped by a second parser.

libxml2, below trafilatura, drops what is nested deep (see `pmdiscourse.ingest.markup`), and an
article that is not found comes back empty. So the volume of what was found is compared with the
prose that the second parser sees, and paragraphs are taken from there if too little was found.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import lxml.html
from lxml.etree import LxmlError
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pmdiscourse.ingest.markup import node_text
from pmdiscourse.ingest.readers.web_fields import clean_name
from pmdiscourse.ingest.readers.web_meta import CUT, page_author, page_time, page_title
from pmdiscourse.ingest.readers.web_structured import Structured
from pmdiscourse.ingest.readers.web_times import read_time

# Outside of these an essay stands; inside, site furniture.
_FURNITURE = "nav, header nav, footer, aside, form, [role='navigation'], [role='search'], [hidden]"
_PROSE_MARK = re.compile(r"[.!?…:;”\"]\s*\S|[.!?…”\"]$")  # a line of an essay, no menu
_MAX_HEAD, _MAX_BYLINE = 4, 80  # lines, and characters of a line, between title and text
_BY = re.compile(r"\b(?:by|von|par|por)\s+([^\W\d_][^,|·•\n]{1,40})", re.IGNORECASE)
_READING_TIME = re.compile(r"\b\d+ min(?:ute)?s? read\b|\bago by\b", re.IGNORECASE)
_LAYOUT = re.compile(r"^\|.*[^|\n]{300}", re.MULTILINE)  # a cell is a word or a sentence
_MIN_LINE = 40  # characters; a shorter line without sentence end is a menu or a label
_MIN_SHARE = 0.05  # of the prose of a page; an article with less was not found
_MIN_PROSE = 400  # characters; with less in the page, shares say nothing
_MIN_VOLUME = 0.9  # of the text that the second parser sees; with less libxml2 dropped some


@dataclass(frozen=True)
class Article:
    """The article of a page; `share` of the page's prose (0 to 1) is in its text."""

    text: str
    title: str
    author: str
    published: str
    share: float
    prose: int


def read_article(tree: LexborHTMLParser, structured: Structured, *, language: str) -> Article:
    """Find the article of a page whose comments are cut out.

    Parameters
    ----------
    tree : LexborHTMLParser
        The page without its comments.
    structured : Structured
        What the page says of itself.
    language : str
        Its language tag.

    Returns
    -------
    Article
        With an empty text if there is none.
    """
    prose = prose_lines(tree)
    n_prose = sum(map(len, prose))
    title, author = page_title(tree, structured), page_author(tree, structured)
    published = page_time(tree, structured, language)
    page: Any = _extract(tree, with_metadata=not (title and author and published))
    text = str(page.text or "") if page else ""
    if _LAYOUT.search(text):  # the page itself is laid out as a table
        text = "\n".join(prose)
    if _is_too_little(text, n_prose):
        text = "\n".join(prose)
        if len(structured.text) > len(text):
            text = structured.text
    title = title or str((page.title if page else "") or "")
    author = author or str((page.author if page else "") or "")
    lines = text.split("\n")
    author = author or next((name for line in lines[:_MAX_HEAD] if (name := _byline(line))), "")
    text = "\n".join(_without_head(lines, title, author))
    return Article(
        text=text,
        title=title,
        author=author,
        published=published or str((page.date if page else "") or ""),
        share=min(1.0, len(text) / n_prose) if n_prose else 1.0,
        prose=n_prose,
    )


def _byline(line: str) -> str:
    """Return the name in a short line like "March 4, 2009 by Ana Roth", else ""."""
    found = _BY.search(line) if len(line) <= _MAX_BYLINE else None
    return clean_name(found[1]) if found and (found.start() == 0 or read_time(line)) else ""


def _without_head(lines: list[str], title: str, author: str) -> list[str]:
    """Leave out the title, and name, date and reading time between it and the first sentence."""
    lines = [line for line in lines if line.strip() and line.strip() != title]
    for place, line in enumerate(lines[:_MAX_HEAD]):
        is_head = (author and author in line) or read_time(line) or _READING_TIME.search(line)
        if len(line) > _MAX_BYLINE or not is_head:
            return lines[place:]
    return lines[_MAX_HEAD:] or lines


def prose_lines(tree: LexborHTMLParser) -> list[str]:
    """Return the lines of a page, as the second parser sees it, that read like prose."""
    if tree.body is None:
        return []
    skip = {node.mem_id for node in tree.css(f"{_FURNITURE}, [{CUT}]")}
    main = tree.css("main, [role='main']")
    roots: list[LexborNode] = main if len(main) == 1 else [tree.body]
    lines = node_text(roots, skip=skip)[0].split("\n")
    return [line for line in lines if len(line) >= _MIN_LINE or _PROSE_MARK.search(line)]


def _extract(tree: LexborHTMLParser, *, with_metadata: bool) -> Any:
    import trafilatura  # noqa: PLC0415 - half a second that only pages should cost

    html = tree.html or ""
    parser = lxml.html.HTMLParser(huge_tree=True, encoding="utf-8")
    try:
        root: Any = lxml.html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
        seen = _volume(tree.root.text() if tree.root else "")
        if _volume(root.text_content()) < _MIN_VOLUME * seen:
            return None
        for comment in root.xpath(f"//*[@{CUT}]"):
            if comment.getparent() is not None:
                comment.drop_tree()
        with _quiet("trafilatura"), _quiet("htmldate"):
            return trafilatura.bare_extraction(
                root, include_comments=False, favor_precision=True, with_metadata=with_metadata
            )
    except (LxmlError, ValueError, RecursionError, AttributeError, TypeError):
        return None  # of a broken page; the second parser has its prose


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep a library from telling the terminal what is told here, with file and reason."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _is_too_little(text: str, n_prose: int) -> bool:
    return not text.strip() or (n_prose > _MIN_PROSE and len(text) < _MIN_SHARE * n_prose)


def _volume(text: str) -> int:
    return len("".join(text.split()))
