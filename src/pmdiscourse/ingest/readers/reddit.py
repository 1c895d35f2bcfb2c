"""reddit: listings and comment trees as its site gives them, and the flat rows of its archives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pmdiscourse.ingest.markdown import markdown_text, resolve_entities
from pmdiscourse.ingest.markup import fragment_text
from pmdiscourse.ingest.readers.fields import reddit_ids, seconds
from pmdiscourse.ingest.readers.json_values import flag_at, object_at, text_at
from pmdiscourse.ingest.records import Notice, Record, Refused

_KINDS = {"Listing", "more", "t1", "t2", "t3", "t4", "t5", "t6"}
_BOT = re.compile(r"bot$|modteam$", re.IGNORECASE)


def is_listing(value: dict[str, Any]) -> bool:
    """Tell whether an object is a thing of reddit's site: ``{"kind": ..., "data": {...}}``."""
    return text_at(value, "kind") in _KINDS and isinstance(value.get("data"), dict)


def is_row(value: dict[str, Any]) -> bool:
    """Tell whether an object is a row of Pushshift or Arctic Shift, or of a tool that writes such.

    Known by fields that are reddit's alone: `selftext` of a post; `link_id` of a comment.
    """
    if "selftext" in value:
        return "title" in value
    is_comment = "body" in value and ("link_id" in value or "subreddit" in value)
    is_link = "title" in value and "subreddit" in value and "num_comments" in value
    return is_comment or (is_link and not text_at(value, "text", "content", "body"))


def read_listing(
    value: dict[str, Any], numbers: Iterator[int]
) -> Iterator[Record | Refused | Notice]:
    """Yield the posts and comments of a listing or of a comment tree, in reading order.

    Parameters
    ----------
    value : dict
        A listing, a post or a comment. `replies` is "" or a listing. `more` stands for comments
        that the scrape does not hold: they are counted and told.
    numbers : iterator of int
        Numbers of the records.

    References
    ----------
    reddit's API documentation, types Listing, t1, t3, more.
    """
    more = 0
    number = 0
    waiting: list[Any] = [value]  # walked without recursion: replies can be thousands deep
    while waiting:
        thing = waiting.pop()
        kind = thing.get("kind") if isinstance(thing, dict) else None
        data = object_at(thing, "data") if isinstance(thing, dict) else {}
        if kind == "Listing":
            children = data.get("children")
            waiting += reversed(children if isinstance(children, list) else [])
            if text_at(data, "after"):
                what = f"the listing goes on after {text_at(data, 'after')}"
                yield Notice(number, what, "scrape its next page, if that is not here")
            continue
        if kind == "more":
            count = text_at(data, "count")
            more += max(1, int(count[:9]) if count.isdigit() else 0)
            continue
        number = next(numbers)
        if kind not in ("t1", "t3"):
            yield Refused(number, f"a thing of kind {str(kind)[:20]!r}, no post", "remove it")
            continue
        yield _record(data, number, is_comment=kind == "t1")
        replies = data.get("replies")
        if isinstance(replies, dict):
            waiting.append(replies)
    if more:
        what = f"at least {more} more comments are not in this scrape"
        yield Notice(number, what, "load all comments before saving, e.g. replace_more of PRAW")


def read_row(value: dict[str, Any], numbers: Iterator[int]) -> Iterator[Record | Refused]:
    """Yield the record of a flat row.

    Parameters
    ----------
    value : dict
        `created_utc` may be a text or a number; `removal_type` and `_meta.was_deleted_later` say
        that the post was withdrawn after it was archived.
    numbers : iterator of int
        Numbers of the records.

    References
    ----------
    github.com/ArthurHeitmann/arctic_shift, file_content_explanations.md and schemas.
    """
    is_comment = "selftext" not in value and "body" in value and not text_at(value, "title")
    record = _record(value, next(numbers), is_comment=is_comment)
    if record.text.strip() or record.title.strip() or record.drop:
        yield record
    else:
        yield Refused(record.number, "no text and no title", "remove it")


def _record(data: dict[str, Any], number: int, *, is_comment: bool) -> Record:
    own_id = text_at(data, "name", "id").strip()
    if own_id and not re.match(r"t\d_", own_id):
        own_id = f"t{1 if is_comment else 3}_{text_at(data, 'id').strip() or own_id}"
    own_id, parent, thread = reddit_ids(
        own_id, text_at(data, "parent_id").strip(), text_at(data, "link_id").strip()
    )
    raw = text_at(data, "body") if is_comment else text_at(data, "selftext", "body")
    html = text_at(data, "body_html" if is_comment else "selftext_html")
    if raw or not html:
        text, quoted = markdown_text(raw, drop_quotes=is_comment)
    else:
        text, quoted = fragment_text(resolve_entities(html), drop_quotes=is_comment)
    return Record(
        number=number,
        text=text,
        title="" if is_comment else resolve_entities(text_at(data, "title")),
        key=own_id or f"record {number}",
        parent_key=(parent or thread) if is_comment else "",
        thread_key=thread if is_comment else "",
        own_id=own_id,
        author=text_at(data, "author", "username", "user"),
        # `created` is in no known time zone; the other names are those of tools that write rows
        published=seconds(text_at(data, "created_utc", "created_at", "published_at", "date")),
        site=_place(text_at(data, "subreddit")),
        kind="comment" if is_comment else "essay",
        drop=_drop(data, raw),
        quoted=quoted,
    )


def _place(subreddit: str) -> str:
    """Return the subreddit; a person's own page is called u_NAME, and that is no name to keep."""
    return "reddit profile" if subreddit.lower().startswith("u_") else subreddit


def _drop(data: dict[str, Any], raw: str) -> str:
    """Return why reddit or its archive says that this is no post to keep, "" if it does not."""
    meta = object_at(data, "_meta")
    why = text_at(meta, "removal_type") or text_at(data, "removal_type", "removed_by_category")
    later = flag_at(meta, "was_deleted_later")
    restored = flag_at(meta, "was_initially_deleted") and not later
    author = text_at(data, "author")
    stuck = flag_at(data, "stickied") and text_at(data, "distinguished") == "moderator"
    body = raw.strip().lower()
    by_author = why.lower() in ("deleted", "author", "user")
    reasons = {
        "deleted": body == "[deleted]" or (later and not why) or (by_author and not restored),
        "removed": body == "[removed]" or (why and not restored) or flag_at(data, "removed"),
        "spam": flag_at(data, "spam"),
        "bot": author.lower() == "automoderator" or (stuck and _BOT.search(author)),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")
