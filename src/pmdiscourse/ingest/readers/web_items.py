"""Where the comments of a page are: its items, and what is no comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pmdiscourse.ingest.markup import node_text
from pmdiscourse.ingest.readers.web_markup import Markup, Software
from pmdiscourse.ingest.readers.web_times import read_time
from pmdiscourse.ingest.readers.web_walk import Item, Walk

_TAGS = frozenset(
    (
        "article",
        "blockquote",
        "dd",
        "details",
        "div",
        "dt",
        "li",
        "p",
        "section",
        "table",
        "td",
        "tr",
    )
)
_DATES = "time, [class*='date' i], [class*='time' i], [class*='ago' i], [data-hook*='time']"
_AGO = re.compile(
    r"\b(?:\d+|an?)\s(?:second|minute|hour|day|week|month|year)s?\sago\b|^\d+\s?(?:min|mo|[smhdwy])$",
    re.I,
)
_MAX_TIME = 40  # characters
_NO_ITEM = "h1, h2, h3, form, textarea"
_MAX_CLIMB = 60  # levels between a date and the comment it stands in


@dataclass
class Survey:
    """The items of a page in their order, and the owner of each of its elements by `mem_id`.

    `skip` holds what is no word of an item's author: furniture, lists of replies, other items.
    `unread` are the sections in which no item was found.
    """

    items: list[Item]
    owner: dict[int, Item]
    sections: list[LexborNode]
    skip: set[int]
    unread: list[LexborNode] = field(default_factory=list)


def survey(tree: LexborHTMLParser, html: str, markup: Markup) -> Survey:
    """Find the items of a page.

    Parameters
    ----------
    tree : LexborHTMLParser
        The page.
    html : str
        Its source; tells quickly which software cannot have written it.
    markup : Markup
        The table of selectors.

    Returns
    -------
    Survey
        Without wrappers.
    """
    sections = _sections(tree, markup)
    candidates = _candidates(tree, html, markup, _ids(sections))
    if tree.root is None or not (candidates or sections):
        return Survey([], {}, sections, set())
    walk = _walk(tree, markup, candidates, sections)
    if dated := _dated_items(walk, sections, markup.software[-1]):
        candidates = {item.node.mem_id: Item(item.node, item.software) for item in walk.found}
        walk = _walk(tree, markup, candidates | dated, sections)
    items = [item for item in walk.found if not item.is_wrapper]
    # a section by its exact name that holds no item is one of comments that could not be told apart
    read = {item.section for item in items}
    doubtful = _ids(tree.css(markup.weak_section)) - _ids(tree.css(markup.section)) | read
    holds_page = _holds_page(tree, [n for n in sections if n.mem_id in doubtful], items)
    sections = [node for node in sections if node.mem_id not in holds_page]
    skip = walk.furniture | walk.replies | _ids([item.node for item in items])
    unread = [node for node in sections if node.mem_id in walk.outermost - read]
    return Survey(items, walk.owner, sections, skip, unread)


def _holds_page(tree: LexborHTMLParser, sections: list[LexborNode], items: list[Item]) -> set[int]:
    """Return the sections that hold most of what a page says beside its comments."""
    if not sections or tree.body is None:
        return set()
    skip = _ids([item.node for item in items])
    most = len(node_text([tree.body], skip=skip)[0]) / 2
    return {node.mem_id for node in sections if len(node_text([node], skip=skip)[0]) > most}


def _sections(tree: LexborHTMLParser, markup: Markup) -> list[LexborNode]:
    no_section = _around(tree, markup.article) | _ids(tree.css(markup.no_section))
    weak = [node for node in tree.css(markup.weak_section) if node.mem_id not in no_section]
    both = {node.mem_id: node for node in (*tree.css(markup.section), *weak)}
    return [node for node in both.values() if node.tag not in ("html", "body", "main", "head")]


def _walk(
    tree: LexborHTMLParser, markup: Markup, items: dict[int, Item], sections: list[LexborNode]
) -> Walk:
    walk = Walk(
        items,
        sections=_ids(sections),
        elsewhere=_ids(tree.css(markup.elsewhere)),
        replies=_ids(tree.css(markup.replies)),
        furniture=_ids(tree.css(markup.furniture)),
    )
    if tree.root is not None:
        walk.run(tree.root)
    return walk


def _dated_items(walk: Walk, sections: list[LexborNode], software: Software) -> dict[int, Item]:
    """Find items in sections that no row of the table fits: there, one date is one comment."""
    read = {item.section for item in walk.found}
    found: dict[int, Item] = {}
    for section in sections:
        if section.mem_id in walk.outermost and section.mem_id not in read:
            for node in _dated(section, walk.replies):
                found[node.mem_id] = Item(node, software)
    return found


def _dated(section: LexborNode, replies: set[int]) -> Iterator[LexborNode]:
    """Yield the largest elements of a section that hold one date, and no heading or form."""
    below: dict[int, int] = {}
    dates = list(
        {node.mem_id: node for node in (*section.css(_DATES), *_in_words(section))}.values()
    )
    known = _ids(dates)
    ways = [list(_way(node, section)) for node in dates]
    ways = [way for way in ways if known.isdisjoint(_ids(way))]  # not a date inside of a date
    for way in ways:
        for node in way:
            below[node.mem_id] = below.get(node.mem_id, 0) + 1
    for way in ways:
        alone = [node for node in way if below[node.mem_id] == 1 and not node.css_first(_NO_ITEM)]
        items = [node for node in alone if node.tag in _TAGS and node.mem_id not in replies]
        if items:
            yield items[-1]


def _in_words(section: LexborNode) -> Iterator[LexborNode]:
    """Yield the elements whose words are a time: "5 weeks ago", "5w", "March 3, 2024"."""
    for node in section.traverse(include_text=True):
        text = (node.text_content or "").strip() if node.tag == "-text" else ""
        if 0 < len(text) <= _MAX_TIME and node.parent and (_AGO.search(text) or read_time(text)):
            yield node.parent


def _way(node: LexborNode, end: LexborNode) -> Iterator[LexborNode]:
    """Yield what is between an element and one above it."""
    above = node.parent
    for _ in range(_MAX_CLIMB):
        if above is None or above.mem_id == end.mem_id:
            return
        yield above
        above = above.parent


def _ids(nodes: list[LexborNode]) -> set[int]:
    return {node.mem_id for node in nodes}


def _candidates(
    tree: LexborHTMLParser, html: str, markup: Markup, sections: set[int]
) -> dict[int, Item]:
    found: dict[int, Item] = {}
    no_items = sections | _around(tree, markup.article)
    for software in markup.software:
        if not any(need in html for need in software.needs):
            continue
        for node in _matches(tree, software):
            if node.mem_id in found or not _may_be_item(node) or node.first_child is None:
                continue
            if not (software.by_name and node.mem_id in no_items):
                found[node.mem_id] = Item(node, software)
        if found and software.forum:
            break
    return found


def _matches(tree: LexborHTMLParser, software: Software) -> Iterator[LexborNode]:
    yield from tree.css(software.item)
    if software.item_id:
        pattern = re.compile(software.item_id)
        yield from (node for node in tree.css("[id]") if pattern.fullmatch(node.id or ""))


def _may_be_item(node: LexborNode) -> bool:
    return node.tag in _TAGS or "-" in (node.tag or "")


def _around(tree: LexborHTMLParser, selector: str) -> set[int]:
    """Return the elements that have a match of the selector inside."""
    found: set[int] = set()
    for node in tree.css(selector):
        above = node.parent
        while above is not None and above.mem_id not in found:
            found.add(above.mem_id)
            above = above.parent
    return found
