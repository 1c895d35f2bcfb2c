"""Field names that CSV and JSONL rows use, and one row to one record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pmdiscourse.ingest.records import Record, Refused

# First name that a row fills wins. README shows this table.
FIELDS: dict[str, tuple[str, ...]] = {
    "text": ("text", "body", "content", "selftext"),
    "title": ("title",),
    "own_id": ("name", "id", "post_id", "comment_id"),
    "parent": ("parent_id", "parent", "reply_to"),
    "thread": ("link_id", "thread_id", "thread"),
    "author": ("author", "username", "user"),
    "published": ("published_at", "created_utc", "created_at", "date"),
    "site": ("subreddit", "site", "source"),
    "kind": ("kind", "type"),
}
TEXT_FIELDS = FIELDS["text"]


def row_to_record(row: Mapping[str, str], number: int) -> Record | Refused:
    """Turn a row into a record.

    Parameters
    ----------
    row : mapping of str to str
        Lower-case field names and their values.
    number : int
        1-based number of the row in its file.

    Returns
    -------
    Record or Refused
        Refused if the row has neither text nor title.
    """
    found = {field: _first(row, names) for field, names in FIELDS.items()}
    if not found["text"].strip() and not found["title"].strip():
        return Refused(number, "no text and no title", "fill one of: " + ", ".join(TEXT_FIELDS))
    kind = found["kind"].lower()
    # reddit writes t3_ before a post's id and t1_ before a comment's
    own_id = (
        found["own_id"]
        if _is_reddit_name(found["own_id"])
        else _first(row, ("id",)) or found["own_id"]
    )
    is_comment = own_id.startswith("t1_") or bool(found["parent"])
    return Record(
        number=number,
        text=found["text"],
        title=found["title"],
        key=bare_id(own_id) or f"row {number}",
        parent_key=bare_id(found["parent"]),
        thread_key=bare_id(found["thread"]),
        own_id=bare_id(own_id),
        author=found["author"],
        published=found["published"],
        site=found["site"],
        kind=kind if kind in ("essay", "comment") else ("comment" if is_comment else "essay"),
    )


def first_filled(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join fields to a row; of several with one name the first that is filled wins.

    >>> first_filled([("text", ""), ("text", "a"), ("text", "b")])
    {'text': 'a'}
    """
    row: dict[str, str] = {}
    for name, value in pairs:
        if not row.get(name, "").strip():
            row[name] = value
    return row


def bare_id(value: str) -> str:
    """Return an id without reddit's type prefix, so that "t3_ab" and "ab" are one post.

    >>> bare_id("t3_ab12"), bare_id("41")
    ('ab12', '41')
    """
    return value[3:] if _is_reddit_name(value) else value


def _is_reddit_name(value: str) -> bool:
    return len(value) > 3 and value[0] == "t" and value[1].isdigit() and value[2] == "_"


def _first(row: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((row[name].strip() for name in names if row.get(name, "").strip()), "")
