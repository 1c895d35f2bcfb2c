"""Stack Exchange dumps: Posts.xml and Comments.xml, one row an element.

Fields from the dump's own description, https://meta.stackexchange.com/questions/2677. The site's
name stands nowhere in a dump: a passport (`source.toml`) beside the files gives it, and with it
comments find their posts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pmdiscourse.ingest.markup import fragment_text
from pmdiscourse.ingest.readers.xml_stream import plain_name
from pmdiscourse.ingest.records import Notice, Record, Refused

_WRITING = {"", "1", "2"}  # PostTypeId: question, answer; the others are wikis and elections
_ROBOT = "-1"  # the user "Community", whose posts are automatic


def read_posts(elements: Iterator[Any]) -> Iterator[Record | Refused]:
    """Yield questions and answers; tag wikis, elections and the like are dropped as "action"."""
    for element in elements:
        if plain_name(element) != "row":
            yield _no_row(element)
            continue
        row = element.attrib
        kind = row.get("PostTypeId", "")
        parent = row.get("ParentId", "")
        question = f"post {parent}" if parent else ""
        text, quoted = fragment_text(row.get("Body", ""), drop_quotes=bool(parent))
        key = _key("post", row)
        yield Record(
            number=0, key=key, own_id=key, text=text, title=row.get("Title", ""), quoted=quoted,
            parent_key=question, thread_key=question, author=_author(row, "Owner"),
            published=row.get("CreationDate", ""), kind="comment" if parent else "essay",
            drop=_drop(row, "Owner") or ("" if kind in _WRITING else "action"),
        )  # fmt: skip


def read_comments(elements: Iterator[Any]) -> Iterator[Record | Refused | Notice]:
    """Yield comments. Their texts are Markdown, not HTML; they name their posts by number."""
    for element in elements:
        if plain_name(element) != "row":
            yield _no_row(element)
            continue
        row = element.attrib
        key = _key("comment", row)
        post = row.get("PostId", "")
        yield Record(
            number=0, key=key, own_id=key, text=row.get("Text", ""), kind="comment",
            parent_key=f"post {post}" if post else "", author=_author(row, ""),
            published=row.get("CreationDate", ""), drop=_drop(row, ""),
        )  # fmt: skip
    what = "comments of a Stack Exchange dump name their posts by number, not their site"
    todo = "put a source.toml with a title or url beside Posts.xml and Comments.xml to join them"
    yield Notice(0, what, todo)


def _key(what: str, row: Any) -> str:
    """Name a row so that post 5 is not comment 5."""
    return f"{what} {row['Id']}" if row.get("Id") else ""


def _author(row: Any, prefix: str) -> str:
    user = row.get(f"{prefix}UserId", "")
    name = row.get(f"{prefix}DisplayName", "") or row.get("UserDisplayName", "")
    return f"user {user}" if user else name


def _drop(row: Any, prefix: str) -> str:
    if row.get("DeletionDate"):
        return "deleted"
    return "bot" if row.get(f"{prefix}UserId") == _ROBOT else ""


def _no_row(element: Any) -> Refused:
    reason = f"an element <{plain_name(element)[:80]}> where a <row> is expected"
    return Refused(0, reason, "look at this place of the dump")
