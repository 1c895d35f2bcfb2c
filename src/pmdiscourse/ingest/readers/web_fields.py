"""Text, author and date of the items of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pmdiscourse.ingest.headers import is_name
from pmdiscourse.ingest.markup import node_text
from pmdiscourse.ingest.readers.web_items import Survey
from pmdiscourse.ingest.readers.web_markup import Markup, Software
from pmdiscourse.ingest.readers.web_times import node_time, read_time
from pmdiscourse.ingest.readers.web_walk import Item

_YEAR = re.compile(r"(?:19|20)\d\d")
_MAX_HEADER = 160  # characters of a line that holds name and date
_MAX_NAME = 60  # characters
_MAX_CLIMB = 60  # levels between a name and the comment it stands in
# What holds one of these is no mere text, whatever its name.
_HEADER = "time, header, .comment-author, .comment-meta, .comment-header, .comment__header"
_BEFORE_NAME = re.compile(
    r"^\W*(?:(?:posted|written|submitted|kommentar|comment|commented|geschrieben)\s+)?"
    r"(?:by|von|par|por|door|di|da|author|autor|auteur)\b:?\s+",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(
    r"\s*(?:\b(?:says?|said|wrote|writes|replied|replies|commented|responded|sagte?|schrieb|"
    r"schreibt|meinte?|meint|a dit|dit|dice|dijo|zegt|schreef|permalink|author|op|mod)\b"
    r"|[|·•—–(:,…#]|\.\.\.|\b(?:on|am|le|el|op|at|um)\s+\S*\d).*$",
    re.IGNORECASE | re.DOTALL,
)
_HEADER_NAME = re.compile(
    r"^(?:(?:posted |written |comment )?(?:by|von|par|por|door):?\s+(?P<by>[^\n|·•,]{2,40}?)"
    r"|(?P<says>[^\n.!?]{2,40}?)\s+"
    r"(?:says|said|wrote|writes|schrieb|schreibt|sagte?|meint|a dit|dijo))"
    r"\s*(?:[|·•,:\n…]|\.\.\.|\bon\b|\bam\b|\bat\b|\ble\b|$)"
    r"|\d\W+(?:by|von|par|por|door)\s+(?P<end>[^\n|·•,\d]{2,40})$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(eq=False)
class Fields:
    """What an item says: where its text stands, who wrote it and when."""

    holders: list[LexborNode] = field(default_factory=list)
    wide: bool = True  # the holder may hold author and date, too
    author: str = ""
    published: str = ""
    title: str = ""
    used: set[int] = field(default_factory=set)  # elements of author and date


def read_fields(
    tree: LexborHTMLParser, found: Survey, markup: Markup, *, language: str
) -> dict[Item, Fields]:
    """Find text, author, date and title of every item.

    Parameters
    ----------
    tree : LexborHTMLParser
        The page.
    found : Survey
        Its items.
    markup : Markup
        The table of selectors.
    language : str
        Language tag of the page.

    Returns
    -------
    dict of Item to Fields
    """
    reader = _Reader(tree, found, markup, language)
    for software in dict.fromkeys(item.software for item in found.items):
        members = [item for item in found.items if item.software is software]
        reader.read(software, members)
    return reader.fields


class _Reader:
    """Reads one kind of field for all items of a page at once: a page is searched once for each."""

    def __init__(
        self, tree: LexborHTMLParser, found: Survey, markup: Markup, language: str
    ) -> None:
        self.tree, self.found, self.markup, self.language = tree, found, markup, language
        self.fields = {item: Fields() for item in found.items}
        self.others = {item.node.mem_id for item in found.items}
        self.parents = {node.mem_id for node in tree.css(markup.reply_to)}

    def read(self, software: Software, members: list[Item]) -> None:
        """Fill the fields of the items of one software."""
        self._texts(software, members)
        self._values("author", (*software.author, *self.markup.author), members)
        self._values("published", (*software.date, *self.markup.date), members)
        if software.title:
            self._values("title", software.title, members)
        for item in members:
            self._from_header(item)

    def _texts(self, software: Software, members: list[Item]) -> None:
        narrow = [(False, selector) for selector in (*software.text, *self.markup.text)]
        missing = set(members)
        for wide, selector in (*narrow, *((True, selector) for selector in self.markup.wide_text)):
            if not missing:
                return
            hits: dict[Item, list[LexborNode]] = {}
            for item, node in self._own(selector, missing):
                before = hits.setdefault(item, [])
                if not any(_is_inside(node, one) for one in before[-1:]) and self._words(node):
                    before.append(node)
            for item, nodes in hits.items():
                if nodes:
                    has_header = any(node.css_first(_HEADER) is not None for node in nodes)
                    self.fields[item].holders = nodes
                    self.fields[item].wide = wide or has_header
                    missing.discard(item)

    def _values(self, name: str, selectors: tuple[str, ...], members: list[Item]) -> None:
        missing = set(members)
        for selector in selectors:
            if not missing:
                return
            if selector.startswith("@"):
                pairs = iter([(item, item.node) for item in missing])
            else:
                pairs = self._own(selector, missing)
            for item, node in pairs:
                if item in missing and (value := self._value(name, selector, item, node)):
                    setattr(self.fields[item], name, value)
                    if not selector.startswith("@") and node.mem_id != item.node.mem_id:
                        self.fields[item].used.add(node.mem_id)
                    missing.discard(item)

    def _value(self, name: str, selector: str, item: Item, node: LexborNode) -> str:
        fields = self.fields[item]
        if selector.startswith("@"):
            value = item.node.attributes.get(selector[1:]) or ""
            return value if name != "published" else read_time(value, language=self.language)
        if name != "title" and not fields.wide and any(_is_inside(node, h) for h in fields.holders):
            return ""
        if name == "published":
            return node_time(node, language=self.language)
        if node.mem_id in self.parents or (node.parent and node.parent.mem_id in self.parents):
            return ""
        content = node.attributes.get("content") if node.tag == "meta" else ""
        return content or (self._name(node) if name == "author" else self._words(node))

    def _own(self, selector: str, wanted: set[Item]) -> Iterator[tuple[Item, LexborNode]]:
        for node in self.tree.css(selector):
            owner = self.found.owner.get(node.mem_id)
            if owner is not None and (item := owner.content) in wanted:
                yield item, node

    def _words(self, node: LexborNode) -> str:
        return node_text([node], skip=self.found.skip)[0]

    def _name(self, node: LexborNode) -> str:
        text = self._words(node) or node_text([node])[0] or node.text()
        if _YEAR.search(text):  # name and date in one element
            text = node.text(separator="\n")
        for line in text.split("\n"):
            if name := clean_name(line):
                return name
        return ""

    def _from_header(self, item: Item) -> None:
        """Look for name and date in the lines around the text, where no element holds them."""
        fields = self.fields[item]
        if fields.author and fields.published:
            return
        text = set() if fields.wide else {node.mem_id for node in fields.holders}
        lines = self._header(item, text)
        if not fields.author and (name := _HEADER_NAME.search("\n".join(lines))):
            fields.author = clean_name(name["by"] or name["says"] or name["end"])
        if not fields.author:
            lines = self._header(item, text | fields.used)
            fields.author = lines[0] if lines and is_name(lines[0]) else ""
        if not fields.published and not fields.wide:
            times = (read_time(line, language=self.language) for line in lines)
            fields.published = next((time for time in times if time), "")

    def _header(self, item: Item, without: set[int]) -> list[str]:
        """Return the first short lines of an item."""
        without = without - self.others
        self.others |= without
        header = node_text(item.roots(), skip=self.others)[0]
        self.others -= without
        return [line for line in header.split("\n") if len(line) <= _MAX_HEADER][:6]


def clean_name(text: str) -> str:
    """Return a name without the words of the site around it; "" if it is none.

    >>> [clean_name(text) for text in ("Ana Roth says:", "Posted by: Bo | March 2", "2 March 2012")]
    ['Ana Roth', 'Bo', '']
    """
    name = " ".join(text.split())
    name = _BEFORE_NAME.sub("", name)
    name = _AFTER_NAME.sub("", name).strip(" \t.,:;-–—@·|")
    if not name or len(name) > _MAX_NAME or read_time(name) or not re.search(r"[^\W_]", name):
        return ""
    return name


def _is_inside(node: LexborNode, other: LexborNode) -> bool:
    wanted = other.mem_id
    here: LexborNode | None = node
    for _ in range(_MAX_CLIMB):
        if here is None:
            return False
        if here.mem_id == wanted:
            return True
        here = here.parent
    return False
