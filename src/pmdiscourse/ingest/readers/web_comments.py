"""The comments of a page, or the posts of a thread: one record each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pmdiscourse.ingest.markup import node_text
from pmdiscourse.ingest.readers.web_fields import Fields, read_fields
from pmdiscourse.ingest.readers.web_items import Survey, survey
from pmdiscourse.ingest.readers.web_markup import Markup, load_markup
from pmdiscourse.ingest.readers.web_walk import Item
from pmdiscourse.ingest.records import Record, Refused

ESSAY = "essay"  # key of what the comments of a page belong to
_MAX_NOTE = 200  # characters; a longer text is no "this comment was deleted"
_MAX_HEADER = 80  # characters of a line like "Ana Roth wrote on:"
_TYPE = re.compile(r"^(?:t3_|post-)")  # before ids that other formats of the site give without
_TRAILING_NUMBER = re.compile(r"(\d+)\D*$")


@dataclass
class Thread:
    """What a page holds beside its article.

    Parameters
    ----------
    records : list of Record or Refused
        In their order on the page.
    opens : bool
        Whether the first post of the thread is among them: then the page has no other article.
    nodes : list of LexborNode
        The elements of the records.
    sections : list of LexborNode
        The elements that are there for comments.
    unread : int
        Words in those of them where no comment was found.
    """

    records: list[Record | Refused] = field(default_factory=list)
    opens: bool = False
    nodes: list[LexborNode] = field(default_factory=list)
    sections: list[LexborNode] = field(default_factory=list)
    unread: int = 0


def read_thread(tree: LexborHTMLParser, html: str, *, language: str, site: str) -> Thread:
    """Read the comments of a page.

    Parameters
    ----------
    tree : LexborHTMLParser
        The page.
    html : str
        Its source.
    language : str
        Its language tag, "" if it has none.
    site : str
        Name of the site, "" if the page does not tell. Only then ids of the site can be used.

    Returns
    -------
    Thread
    """
    markup = load_markup()
    found = survey(tree, html, markup)
    unread = node_text(found.unread, skip=found.skip)[0]
    thread = Thread(sections=found.sections, unread=len(unread.split()))
    if not found.items:
        return thread
    fields = read_fields(tree, found, markup, language=language)
    site = _site(found.items) or site
    builder = _Builder(tree, found, fields, markup, site)
    thread.nodes = [root for item in found.items for root in item.roots()]
    thread.records, thread.opens = list(builder.records()), bool(builder.posts)
    return thread


class _Builder:
    """Makes the records of the items of one page."""

    def __init__(
        self,
        tree: LexborHTMLParser,
        found: Survey,
        fields: dict[Item, Fields],
        markup: Markup,
        site: str,
    ) -> None:
        self.found, self.fields, self.markup, self.site = found, fields, markup, site
        self.posts = _posts(tree, found.items)
        self.names: dict[str, Item] = {}
        for item in found.items:
            for name in _names(item):
                self.names.setdefault(name, item)
        self.answers = dict(self._links(tree, [self.markup.reply_to + "@href"]))
        self.depths: dict[Item, str] = {}
        self.quotes: dict[Item, str] = {}
        for software in dict.fromkeys(item.software for item in found.items):
            self.depths |= dict(self._links(tree, software.depth))
            self.quotes |= dict(self._links(tree, software.quoted))
        self.flags = {
            drop: {node.mem_id for node in tree.css(selector)}
            for drop, selector in (
                ("action", markup.action),
                ("deleted", markup.deleted),
                ("removed", markup.removed),
            )
        }
        self.awaiting = {item for item, _ in self._owned(tree, markup.awaiting)}

    def records(self) -> Iterator[Record | Refused]:
        """Yield a record for each item."""
        first = 1 if self.posts else 2  # the article of the page is the first record
        keys = {item: f"comment {n}" for n, item in enumerate(self.found.items, start=1)}
        keys |= {item: f"post {n}" if n else ESSAY for n, item in enumerate(self.posts)}
        way: list[tuple[int, Item]] = []
        root = ESSAY
        for number, item in enumerate(self.found.items, start=first):
            if item in self.posts:
                root = keys[item]
                yield self._record(number, item, keys[item], "")
                continue
            while way and self.depths.get(item) and way[-1][0] >= _depth(self.depths[item]):
                way.pop()
            above = way[-1][1] if way else None
            if self.depths.get(item):
                way.append((_depth(self.depths[item]), item))
            parent = self._parent(item) or above or self._named(self.quotes.get(item, ""))
            known = parent in keys and parent is not item
            yield self._record(number, item, keys[item], keys[parent] if known and parent else root)

    def _parent(self, item: Item) -> Item | None:
        attributes = (item.software.parent, *self.markup.parent_attributes)
        values = [item.node.attributes.get(name) or "" for name in attributes if name]
        for value in (*values, self.answers.get(item, "")):
            parent = self._named(value)
            if parent is not None and parent is not item:
                return parent
        return item.parent

    def _named(self, value: str) -> Item | None:
        value = value.rpartition("#")[2].strip()
        if value in ("", "0"):
            return None
        number = _TRAILING_NUMBER.search(value)
        return self.names.get(value) or (self.names.get(number[1]) if number else None)

    def _record(self, number: int, item: Item, key: str, parent_key: str) -> Record | Refused:
        fields = self.fields[item]
        text, quoted = self._text(item, fields, is_post=not parent_key)
        drop = self._drop(item, text)
        if not text and not fields.title and not drop:
            return Refused(number, "a comment without words", "look whether it is a picture")
        software = item.software
        ids = [item.node.attributes.get(name) or "" for name in software.own_id]
        own_id = _TYPE.sub("", next((one for one in ids if one), ""))
        return Record(
            number=number,
            text=text or ("" if fields.title else f"[{drop}]"),
            title=fields.title,
            key=key,
            parent_key=parent_key,
            own_id=own_id if self.site else "",
            author=fields.author,
            published=fields.published,
            site=self.site,
            kind="comment" if parent_key else "essay",
            drop=drop,
            quoted=quoted,
        )

    def _text(self, item: Item, fields: Fields, *, is_post: bool) -> tuple[str, int]:
        own = {node.mem_id for node in fields.holders} & self.found.skip
        is_action = any(node.mem_id in self.flags["action"] for node in item.roots())
        used = fields.used if fields.wide and not is_action else set()
        extra = used - self.found.skip
        self.found.skip.difference_update(own)
        self.found.skip.update(extra)
        nodes = fields.holders or ([] if is_post else item.roots())
        text, quoted = node_text(nodes, skip=self.found.skip, drop_quotes=not is_post)
        self.found.skip.difference_update(extra)
        self.found.skip.update(own)
        return (_trim(text, self.markup, fields.author) if fields.wide else text), quoted

    def _drop(self, item: Item, text: str) -> str:
        nodes = [item.node]
        while (around := item.around) is not None and around.is_wrapper:
            item = around
            nodes.append(item.node)
        for drop, flagged in self.flags.items():
            if any(node.mem_id in flagged for node in nodes):
                return drop
        if item in self.awaiting:
            return "removed"
        if re.match(r"(?:ping|track)back\s*:", text, re.IGNORECASE):
            return "action"
        if len(text) <= _MAX_NOTE:
            for drop, patterns in (
                ("deleted", self.markup.deleted_words),
                ("removed", self.markup.removed_words),
            ):
                if _whole(text, patterns):
                    return drop
        return ""

    def _owned(self, tree: LexborHTMLParser, selector: str) -> Iterator[tuple[Item, LexborNode]]:
        for node in tree.css(selector):
            if (owner := self.found.owner.get(node.mem_id)) is not None:
                yield owner.content, node

    def _links(
        self, tree: LexborHTMLParser, places: tuple[str, ...] | list[str]
    ) -> Iterator[tuple[Item, str]]:
        """Yield the values of attributes inside of items, named as "selector@attribute"."""
        for place in reversed(places):
            selector, _, attribute = place.rpartition("@")
            for item, node in reversed(list(self._owned(tree, selector))):
                if value := node.attributes.get(attribute):
                    yield item, value


def _posts(tree: LexborHTMLParser, items: list[Item]) -> list[Item]:
    """Return the items that open a thread; none if all are comments on an article."""
    software = items[0].software
    if not software.forum:
        return []
    if not software.post:
        return items[:1]
    nodes = {node.mem_id for node in tree.css(software.post)}
    return [item for item in items if item.node.mem_id in nodes]


def _site(items: list[Item]) -> str:
    """Return the name of the place, where its software or its items tell; else ""."""
    for item in items:
        for name in item.software.site:
            value = item.node.attributes.get(name[1:]) if name.startswith("@") else name
            if value:
                return value.removeprefix("r/")
    return ""


def _names(item: Item) -> Iterator[str]:
    """Yield the names that other items may call this one by."""
    attributes = item.node.attributes
    for name in (*item.software.own_id, "id", "data-comment-id", "data-commentid", "data-id"):
        if value := attributes.get(name):
            yield value
            if number := _TRAILING_NUMBER.search(value):
                yield number[1]


def _depth(value: str) -> int:
    return int(value) if value.isdigit() else 0


def _whole(text: str, patterns: tuple[str, ...]) -> bool:
    return any(re.fullmatch(pattern, text, re.IGNORECASE) for pattern in patterns)


def _trim(text: str, markup: Markup, author: str) -> str:
    """Leave out lines at the start and the end that the site wrote; never all of them."""
    lines = text.split("\n")
    first, end = 0, len(lines)
    header = re.compile(re.escape(author) + r"\W*(?:\w+\W+){0,3}[:.…]*") if author else None
    while first < end - 1 and (
        _whole(lines[first], markup.interface_words)
        or (header and len(lines[first]) <= _MAX_HEADER and header.fullmatch(lines[first]))
    ):
        first += 1
    while end - 1 > first and _whole(lines[end - 1], markup.interface_words):
        end -= 1
    return "\n".join(lines[first:end])
