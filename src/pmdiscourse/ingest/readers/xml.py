"""XML dumps: the kind is told by the root element and its namespaces, never by the name alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from lxml.etree import XMLSyntaxError

from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.readers.disqus import read_disqus
from pmdiscourse.ingest.readers.feeds import read_feed
from pmdiscourse.ingest.readers.stackexchange import read_comments, read_posts
from pmdiscourse.ingest.readers.wxr import read_wxr
from pmdiscourse.ingest.readers.xml_stream import XmlStream, head_text, plain_name
from pmdiscourse.ingest.records import Notice, Record, Refused

Found = Record | Refused | Notice
_SHOWS = re.compile(
    r"\s*(?:<\?xml\s|(?:<!--(?:(?!-->).)*-->\s*|<\?(?:(?!\?>).)*\?>\s*)*"
    r"(?:<!DOCTYPE\s+(?!html)\w|<(?:\w+:)?(?:posts|comments|rss|RDF|feed|disqus)[\s>]))",
    re.DOTALL | re.IGNORECASE,
)
_UNDECLARED_PREFIX = 201  # libxml2's XML_NS_ERR_UNDEFINED_NAMESPACE: nothing is lost by it
_REASONS = (
    ("Excessive depth", "elements nested deeper than 256"),
    ("limit exceeded", "one text of more than 10 MB"),
    ("too long", "one text of more than 10 MB"),
    ("too big", "one text of more than 10 MB"),
    ("amplification", "entities that grow, as bombs do"),
    ("Premature end", "the XML breaks off"),
)


@dataclass(frozen=True)
class XmlKind:
    """A kind of XML: its name, how it shows, and what reads its elements.

    Parameters
    ----------
    name : str
        For people.
    root : str
        Name of the root element, without prefix.
    mark : str
        Stands in the first 64 KiB too; "" if the root is enough.
    level : int
        Depth of the elements that `read` takes; the root is 0.
    read : callable
        Elements to records; the records are numbered by `read_xml`.
    """

    name: str
    root: str
    mark: str
    level: int
    read: Callable[[Iterator[Any]], Iterator[Found]]


# The first kind that fits wins.
ROOTS: tuple[XmlKind, ...] = (
    XmlKind("Stack Exchange Posts.xml", "posts", "<row", 1, read_posts),
    XmlKind("Stack Exchange Comments.xml", "comments", "<row", 1, read_comments),
    XmlKind("WordPress export (WXR)", "rss", "wordpress.org/export/", 2, read_wxr),
    XmlKind("WordPress export (WXR)", "rss", "<wp:", 2, read_wxr),
    XmlKind("RSS feed", "rss", "", 2, read_feed),
    XmlKind("RSS 1.0 feed", "RDF", "", 1, read_feed),
    XmlKind("Atom feed", "feed", "", 1, read_feed),
    XmlKind("Disqus export", "disqus", "", 1, read_disqus),
)
# The other files of a Stack Exchange dump.
_NO_POSTS = {"users", "votes", "tags", "badges", "postlinks", "posthistory"}


def is_xml(document: Document) -> bool:
    """Tell whether a document's head is XML: a declaration, or a known root element."""
    return _SHOWS.match(head_text(document.head)) is not None


def read_xml(document: Document) -> Iterator[Found]:
    """Yield the posts of an XML dump; it is streamed.

    Parameters
    ----------
    document : Document
        Of one of the kinds in `ROOTS`.

    Yields
    ------
    Record, Refused or Notice
        Records are numbered in their order. Where the XML breaks, the rest is refused under the
        next number, with the line; if nothing could be read, under 0.
    """
    try:
        root = next(XmlStream(Document.of_bytes("", document.head)).elements(0), None)
    except XMLSyntaxError as error:
        yield _broken(error, 0)
        return
    name = plain_name(root).rpartition(":")[2] if root is not None else ""
    head = head_text(document.head)
    kind = next((kind for kind in ROOTS if kind.root == name and kind.mark in head), None)
    if kind is None:
        yield _unknown(name, head)
        return
    yield from _read(document, kind)


def _read(document: Document, kind: XmlKind) -> Iterator[Found]:
    stream = XmlStream(document)
    number = 0
    try:
        for found in kind.read(stream.elements(kind.level)):
            if isinstance(found, Notice):
                yield found
                continue
            number += 1
            yield replace(found, number=number)
        if not number:
            yield Refused(0, f"{kind.name} without a post", "export it again, or remove it")
    except XMLSyntaxError as error:
        if getattr(error, "code", 0) == _UNDECLARED_PREFIX:
            yield Notice(0, f"not quite well-formed XML: {error.msg}", "nothing was lost by it")
        else:
            yield _broken(error, number)
    if stream.mended:
        what = f"characters that XML forbids, left out or read as Windows-1252: {stream.mended}"
        yield Notice(0, what, "compare with the source if it matters")
    if stream.unknown:
        what = f"references to entities that nobody declares, kept as written: {stream.unknown}"
        yield Notice(0, what, "compare with the source if it matters")


def _broken(error: XMLSyntaxError, number: int) -> Refused:
    message = " ".join((error.msg or "").split()).split(", line ")[0][:160]
    known = next((reason for part, reason in _REASONS if part in message), "")
    line = error.lineno or 0
    reason = f"{known} at line {line}" if known else f"no XML from line {line} on: {message}"
    if not number:
        return Refused(0, reason, "export or download it again")
    todo = f"what comes before (up to record {number}) is in; export or download it again"
    return Refused(number + 1, f"not read from here on: {reason}", todo)


def _unknown(name: str, head: str) -> Refused:
    if name in _NO_POSTS and "<row" in head:
        return Refused(0, f"Stack Exchange {name}: no posts in it", "leave it out")
    known = ", ".join(dict.fromkeys(f"{kind.name} <{kind.root}>" for kind in ROOTS))
    reason = f"XML of a kind that is not known: its root element is <{name[:80]}>"
    return Refused(0, reason, f"known are {known}; of anything else save the text as .txt")
