"""What stands inside which: one pass over a page that knows where its comments may be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from pmdiscourse.ingest.markup import SILENT
from pmdiscourse.ingest.readers.web_markup import Software

_NO_WORDS = frozenset(("a", "h1", "h2", "h3", "h4", "h5", "h6"))  # "Reply", "3 comments"
_NUMBER = re.compile(r"\d+$")


@dataclass(eq=False)
class Item:
    """An element that holds a comment or a post, and where it stands.

    Parameters
    ----------
    node : LexborNode
        The element.
    software : Software
        The row of the table that found it.
    around : Item or None
        The item that it is nested in.
    before : Item or None
        The item that its list of replies follows.
    first_inside : Item or None
        The first item nested in it that is no reply to it by its place.
    has_words : bool
        Whether it has text of its own, outside of furniture.
    section : int
        `mem_id` of the outermost section of comments that it stands in; 0 if in none.
    """

    node: LexborNode
    software: Software
    around: Item | None = None
    before: Item | None = None
    first_inside: Item | None = None
    has_words: bool = False
    section: int = 0

    @property
    def is_wrapper(self) -> bool:
        """Whether it only wraps another item: it has no word of its own."""
        return self.first_inside is not None and not self.has_words

    @property
    def parent(self) -> Item | None:
        """The item that this one replies to, as far as nesting tells."""
        item = self
        while item.before is None and item.around is not None and item.around.is_wrapper:
            within, item = item, item.around
            threads = within.is_wrapper and within.node.tag == item.node.tag
            if threads and item.content is not self:
                return item.content
        return item.before.content if item.before else item.around

    @property
    def content(self) -> Item:
        """The item itself, or the one that it wraps."""
        item = self
        while item.is_wrapper and item.first_inside:
            item = item.first_inside
        return item

    def roots(self) -> list[LexborNode]:
        """Return the elements that it consists of: one, or a sequence of siblings."""
        nodes = [self.node]
        node = self.node.next if self.software.sequence else None
        while node is not None and not (node.tag == self.node.tag and _alike(node, self.node)):
            nodes.append(node)
            node = node.next
        return nodes


def _alike(node: LexborNode, other: LexborNode) -> bool:
    return node.tag == "dt" or node.attributes.get("class") == other.attributes.get("class")


@dataclass(slots=True)
class _Level:
    """What holds for the children of one element."""

    owner: Item | None = None
    section: int = 0
    elsewhere: bool = False
    furniture: bool = False
    replies: bool = False  # inside of a list of replies to the owner
    before: Item | None = None  # the item that this list of replies follows
    sequence: Item | None = None  # the item that goes on over the next children
    first: Item | None = None  # the first item in this element
    latest: Item | None = None  # the first item in the latest child that has one


@dataclass
class Walk:
    """One pass over a page that finds the owner of every element; no recursion.

    Parameters
    ----------
    items : dict of int to Item
        Candidates by `mem_id`.
    sections, elsewhere, replies, furniture : set of int
        `mem_id` of sections of comments, of places for comments on other pages, of lists of
        replies, and of what is no word of an author.
    found : list of Item
        The items that were accepted, in their order.
    outermost : set of int
        The sections that are in no other.
    owner : dict of int to Item
        The item that each element belongs to.
    """

    items: dict[int, Item]
    sections: set[int]
    elsewhere: set[int]
    replies: set[int]
    furniture: set[int]
    found: list[Item] = field(default_factory=list)
    outermost: set[int] = field(default_factory=set)
    owner: dict[int, Item] = field(default_factory=dict)

    def run(self, root: LexborNode) -> None:
        """Walk the page."""
        levels = [_Level()]
        node = root
        while True:
            if node.tag == "-text":
                _count_words(node, levels[-1])
            elif node.tag not in SILENT:
                level = self._open(node, levels[-1])
                if node.first_child is not None:
                    levels.append(level)
                    node = node.first_child
                    continue
                _close(level, levels[-1])
            elif (owner := levels[-1].sequence or levels[-1].owner) is not None:
                self.owner[node.mem_id] = owner  # a name can be a button
            while node.next is None:
                if node.parent is None or len(levels) == 1:
                    return
                node = node.parent
                level = levels.pop()
                _close(level, levels[-1])
            node = node.next

    def _open(self, node: LexborNode, above: _Level) -> _Level:
        key = node.mem_id
        level = _Level(
            owner=above.sequence or above.owner,
            section=above.section or (key if key in self.sections else 0),
            elsewhere=above.elsewhere or key in self.elsewhere,
            furniture=above.furniture or key in self.furniture or node.tag in _NO_WORDS,
            replies=above.replies,
            before=above.before,
        )
        if level.section == key:
            self.outermost.add(key)
        item = self.items.get(key)
        nested = node.tag in ("ul", "ol") and node.parent is not None and node.parent.tag == "li"
        if item is None and (key in self.replies or (nested and above.latest)):
            level.replies, level.before = True, above.latest or above.before
        if item and _is_accepted(item, level):
            self._enter(item, level, above)
        if level.owner:
            self.owner[key] = level.owner
        return level

    def _enter(self, item: Item, level: _Level, above: _Level) -> None:
        item.around = above.owner if item.software.sequence else level.owner
        item.before, item.section = level.before, level.section
        if item.around and not item.around.first_inside and not level.replies:
            item.around.first_inside = item
        if item.software.sequence:
            above.sequence = item
        level.owner = level.first = item
        level.before, level.replies, level.furniture = None, False, False
        self.found.append(item)


def _is_accepted(item: Item, level: _Level) -> bool:
    if level.elsewhere or (item.software.inside and not level.section):
        return False
    return level.owner is None or not _is_part(item, level.owner, level)


def _is_part(item: Item, around: Item, level: _Level) -> bool:
    """Whether an element only looks like an item: <li class="comment"><div class="comment-box">."""
    if item.software.inside and not level.replies and not around.software.inside:
        return True
    numbers = [_NUMBER.search(one.node.id or "") for one in (item, around)]
    return bool(numbers[0] and numbers[1] and numbers[0][0] == numbers[1][0])


def _count_words(node: LexborNode, level: _Level) -> None:
    owner = level.sequence or level.owner
    if owner and not level.furniture and not owner.has_words:
        owner.has_words = any(map(str.isalnum, node.text_content or ""))


def _close(level: _Level, above: _Level) -> None:
    if level.first:
        above.first = above.first or level.first
        above.latest = level.first
