"""Ghost: the JSON export of a site, and posts as its content interface gives them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pmdiscourse.ingest.markdown import markdown_text
from pmdiscourse.ingest.markup import fragment_text
from pmdiscourse.ingest.readers.json_values import object_at, objects_at, text_at
from pmdiscourse.ingest.records import Record, Refused

_DROP = {"draft": "draft", "scheduled": "draft"}
_BLOCKS = {"paragraph", "heading", "extended-heading", "extended-quote", "quote", "listitem"}


def is_export(value: dict[str, Any]) -> bool:
    """Tell whether an object is an export or an answer of the interface: a table of posts."""
    return any(_is_post(post) for data in _tables(value) for post in objects_at(data, "posts"))


def read_export(value: dict[str, Any], numbers: Iterator[int]) -> Iterator[Record | Refused]:
    """Yield the posts and pages of an export.

    Parameters
    ----------
    value : dict
        ``{"db": [{"data": {"posts": [...], "users": [...], ...}}]}``, older ones without `db`. The
        text is in `html`; drafts may have it only in `lexical` or `mobiledoc`, old ones in
        `markdown`.
    numbers : iterator of int
        Numbers of the records.

    References
    ----------
    ghost.org/docs, section on importing and exporting; the tables posts, posts_authors, users.
    """
    for data in _tables(value):
        settings = objects_at(data, "settings")
        site = next((text_at(row, "value") for row in settings if row.get("key") == "title"), "")
        users = {text_at(user, "id"): text_at(user, "name") for user in objects_at(data, "users")}
        authors = {
            text_at(link, "post_id"): users.get(text_at(link, "author_id"), "")
            for link in reversed(objects_at(data, "posts_authors"))
        }
        for post in objects_at(data, "posts"):
            own_id = text_at(post, "id", "uuid")
            author = authors.get(own_id) or users.get(text_at(post, "author_id"), "")
            author = author or text_at(object_at(post, "primary_author"), "name")
            yield _record(post, next(numbers), author=author, site=site)


def _record(post: dict[str, Any], number: int, *, author: str, site: str) -> Record | Refused:
    text, title = _text(post), text_at(post, "title")
    own_id = text_at(post, "id", "uuid")
    drop = _DROP.get(text_at(post, "status"), "")
    if not text.strip() and not title.strip() and not drop:
        return Refused(number, "no text and no title", "remove it")
    return Record(
        number=number,
        text=text,
        title=title,
        key=own_id or f"record {number}",
        own_id=own_id,
        author=author,
        published=text_at(post, "published_at", "created_at"),
        site=site,
        kind="essay",
        drop=drop,
    )


def _tables(value: dict[str, Any]) -> list[dict[str, Any]]:
    exports = [object_at(export, "data") for export in objects_at(value, "db")]
    return exports or [object_at(value, "data") or value]


def _is_post(post: dict[str, Any]) -> bool:
    text = {"html", "lexical", "mobiledoc", "plaintext", "markdown"} & post.keys()
    return bool(text) and "title" in post and bool({"status", "uuid", "slug"} & post.keys())


def _text(post: dict[str, Any]) -> str:
    text = fragment_text(text_at(post, "html"))[0]
    text = text if text.strip() else text_at(post, "plaintext")
    if not text.strip():
        text = _editor_text(text_at(post, "lexical"), _lexical_text)
    if not text.strip():
        text = _editor_text(text_at(post, "mobiledoc"), _mobiledoc_text)
    return text if text.strip() else markdown_text(text_at(post, "markdown"))[0]


def _editor_text(document: str, read: Any) -> str:
    try:
        value = json.loads(document) if document else {}
    except (ValueError, RecursionError):
        return ""
    return "\n".join(read(value)) if isinstance(value, dict) else ""


def _lexical_text(document: dict[str, Any]) -> list[str]:
    """Return the blocks of a Lexical document: text nodes joined, one block a line."""
    parts: list[str] = []
    waiting: list[Any] = [object_at(document, "root")]
    while waiting:
        node = waiting.pop()
        kind = text_at(node, "type")
        if kind in _BLOCKS:
            parts.append("\n")
        if kind == "html":
            parts.append(f"\n{fragment_text(text_at(node, 'html'))[0]}\n")
        elif kind == "markdown":
            parts.append(f"\n{markdown_text(text_at(node, 'markdown'))[0]}\n")
        else:
            parts.append("\n" if kind == "linebreak" else text_at(node, "text"))
        waiting += reversed(objects_at(node, "children"))
    return [line for line in "".join(parts).split("\n") if line.strip()]


def _mobiledoc_text(document: dict[str, Any]) -> list[str]:
    """Return the blocks of a mobiledoc: sections of markup (1), lists (3) and cards (10)."""
    lines = []
    cards = document.get("cards")
    sections = document.get("sections")
    for section in sections if isinstance(sections, list) else []:
        match section:
            case [1, _, list(markers), *_]:
                lines.append(_markers(markers))
            case [3, _, list(items), *_]:
                lines += [_markers(item) for item in items if isinstance(item, list)]
            case [10, int(place), *_] if isinstance(cards, list) and place < len(cards):
                match cards[place]:
                    case [_, {"markdown": str(text)}, *_]:
                        lines.append(markdown_text(text)[0])
                    case [_, {"html": str(text)}, *_]:
                        lines.append(fragment_text(text)[0])
    return [line for line in lines if line.strip()]


def _markers(markers: list[Any]) -> str:
    """Join the texts of a section: each marker is [kind, markups, closed, text]."""
    return "".join(
        marker[3]
        for marker in markers
        if isinstance(marker, list) and len(marker) > 3 and isinstance(marker[3], str)
    )
