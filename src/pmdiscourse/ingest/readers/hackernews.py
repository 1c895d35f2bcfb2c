"""Hacker News: items of its Firebase interface, trees and search hits of Algolia's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pmdiscourse.ingest.markdown import without_quotes
from pmdiscourse.ingest.markup import fragment_text
from pmdiscourse.ingest.readers.fields import seconds
from pmdiscourse.ingest.readers.json_values import flag_at, objects_at, text_at
from pmdiscourse.ingest.records import Notice, Record, Refused

_SITE = "Hacker News"
_TYPES = {"story", "comment", "job", "poll", "pollopt"}


def is_item(value: dict[str, Any]) -> bool:
    """Tell whether an object is an item of the Firebase interface, which has `by` or is gone."""
    if text_at(value, "type") not in _TYPES or not text_at(value, "id"):
        return False
    own = {"by", "deleted", "dead"} & value.keys()
    return bool(own) and "time" in value and "children" not in value


def is_tree(value: dict[str, Any]) -> bool:
    """Tell whether an object is an item of Algolia's interface with its replies inside."""
    return isinstance(value.get("children"), list) and bool(
        {"created_at_i", "story_id"} & value.keys()
    )


def is_search(value: dict[str, Any]) -> bool:
    """Tell whether an object is an answer of Algolia's search: `hits` with `objectID`."""
    hits = objects_at(value, "hits")
    return any(is_hit(hit) for hit in hits) or ("nbHits" in value and "hits" in value)


def is_hit(value: dict[str, Any]) -> bool:
    """Tell whether an object is one hit of Algolia's search."""
    return "objectID" in value and bool({"created_at_i", "_tags", "story_id"} & value.keys())


def read_item(value: dict[str, Any], numbers: Iterator[int]) -> Iterator[Record | Refused]:
    """Yield the record of a Firebase item.

    References
    ----------
    github.com/HackerNews/API, README, section Items.
    """
    kind = text_at(value, "type")
    drop = "deleted" if flag_at(value, "deleted") else "removed" if flag_at(value, "dead") else ""
    yield _record(
        next(numbers),
        own_id=text_at(value, "id"),
        parent=text_at(value, "parent", "poll"),
        html=text_at(value, "text"),
        title=text_at(value, "title"),
        author=text_at(value, "by"),
        published=text_at(value, "time"),
        drop=drop or ("action" if kind == "pollopt" else ""),
        is_comment=kind == "comment",
    )


def read_tree(value: dict[str, Any], numbers: Iterator[int]) -> Iterator[Record | Refused]:
    """Yield an item of Algolia's interface and all its replies, in reading order.

    A deleted item has neither text nor author; its replies live.

    References
    ----------
    hn.algolia.com/api, section Items.
    """
    waiting = [(value, "")]  # walked without recursion: replies can be thousands deep
    while waiting:
        node, above = waiting.pop()
        own_id = text_at(node, "id")
        kind = text_at(node, "type")
        html, title = text_at(node, "text"), text_at(node, "title")
        gone = "deleted" if not html and not title and not text_at(node, "author") else ""
        yield _record(
            next(numbers),
            own_id=own_id,
            parent=text_at(node, "parent_id") or above,
            thread=text_at(node, "story_id"),
            html=html,
            title=title,
            author=text_at(node, "author"),
            published=text_at(node, "created_at_i", "created_at"),
            drop=gone or ("action" if kind == "pollopt" else ""),
            is_comment=kind == "comment" or (not title and bool(above)),
        )
        replies = [*objects_at(node, "options"), *objects_at(node, "children")]
        waiting += [(reply, own_id) for reply in reversed(replies)]


def read_search(
    value: dict[str, Any], numbers: Iterator[int]
) -> Iterator[Record | Refused | Notice]:
    """Yield the hits of a search; a notice if the search found more than this page holds.

    References
    ----------
    hn.algolia.com/api, section Search: at most 1,000 hits a query.
    """
    hits = objects_at(value, "hits")
    for hit in hits:
        yield from read_hit(hit, numbers)
    found = text_at(value, "nbHits")
    if found.isdigit() and int(found[:12]) > len(hits):
        what = f"the search found {found} items, this page holds {len(hits)}"
        yield Notice(0, what, "fetch the other pages, if they are not here; by date beyond 1,000")


def read_hit(value: dict[str, Any], numbers: Iterator[int]) -> Iterator[Record | Refused]:
    """Yield the record of one search hit; `story_title` is another post's and is left out."""
    own_id = text_at(value, "objectID", "id")
    tags = value.get("_tags")
    is_comment = "comment" in tags if isinstance(tags, list) else False
    yield _record(
        next(numbers),
        own_id=own_id,
        parent=text_at(value, "parent_id"),
        thread=text_at(value, "story_id"),
        html=text_at(value, "comment_text", "story_text", "text"),
        title=text_at(value, "title"),
        author=text_at(value, "author"),
        published=text_at(value, "created_at_i", "created_at"),
        is_comment=is_comment or bool(text_at(value, "comment_text")),
    )


def _record(
    number: int, *, own_id: str, parent: str, html: str, title: str, author: str, published: str,
    is_comment: bool, thread: str = "", drop: str = "",
) -> Record | Refused:  # fmt: skip
    text, quoted = fragment_text(html)
    if is_comment:
        text, quoted = without_quotes(text)
    if not text.strip() and not title.strip() and not drop:
        return Refused(number, "no text and no title", "scrape it again, or remove it")
    return Record(
        number=number,
        text=text,
        title="" if is_comment else fragment_text(title)[0],
        key=own_id or f"record {number}",
        parent_key=parent,
        thread_key="" if thread == own_id else thread,
        own_id=own_id,
        author=author,
        published=seconds(published),
        site=_SITE,
        kind="comment" if is_comment or parent else "essay",
        drop=drop,
        quoted=quoted,
    )
