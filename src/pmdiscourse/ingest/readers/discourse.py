"""Discourse forums: a topic with its posts, and lists of the latest posts, as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pmdiscourse.ingest.markdown import markdown_text
from pmdiscourse.ingest.markup import fragment_text
from pmdiscourse.ingest.readers.json_values import flag_at, object_at, objects_at, scalar, text_at
from pmdiscourse.ingest.records import Notice, Record, Refused

_SMALL_ACTION = "3"  # Post.types of Discourse: 1 regular, 2 moderator, 3 small action, 4 whisper
_QUOTE = re.compile(r"\[quote(?:=[^\]\n]{0,300})?\]((?:(?!\[/?quote).){0,20000})\[/quote\]", re.S)
_QUOTE_MARK = re.compile(r"\[/?quote(?:=[^\]\n]{0,300})?\]")
_AVATAR = re.compile(r"/user_avatar/([\w.-]+\.[a-z]{2,})/", re.IGNORECASE)


def is_topic(value: dict[str, Any]) -> bool:
    """Tell whether an object is a topic, or a part of one: `post_stream.posts`."""
    return isinstance(object_at(value, "post_stream").get("posts"), list)


def is_latest(value: dict[str, Any]) -> bool:
    """Tell whether an object is a list of the latest posts."""
    return isinstance(value.get("latest_posts"), list)


def is_post(value: dict[str, Any]) -> bool:
    """Tell whether an object is one post."""
    return "post_number" in value and ("cooked" in value or "raw" in value)


def read_topic(
    value: dict[str, Any], numbers: Iterator[int]
) -> Iterator[Record | Refused | Notice]:
    """Yield the posts of a topic; a notice if the topic has more of them than it holds here.

    Parameters
    ----------
    value : dict
        `post_stream.posts` holds the first posts, `post_stream.stream` the ids of all.
    numbers : iterator of int
        Numbers of the records.

    References
    ----------
    docs.discourse.org, operation getTopic.
    """
    stream = object_at(value, "post_stream")
    posts = objects_at(stream, "posts")
    site = _site(posts)
    for post in posts:
        yield _record(post, next(numbers), topic=value, site=site)
    ids = stream.get("stream")
    held = {text_at(post, "id") for post in posts}
    missing = {scalar(each) for each in ids if scalar(each)} - held if isinstance(ids, list) else ()
    if missing:
        what = f"{len(missing)} posts of topic {text_at(value, 'id')} are not in this file"
        yield Notice(0, what, "fetch them by id from /t/ID/posts.json, if no other file has them")


def read_latest(value: dict[str, Any], numbers: Iterator[int]) -> Iterator[Record | Refused]:
    """Yield the posts of a list of the latest posts (operation listPosts)."""
    posts = objects_at(value, "latest_posts")
    site = _site(posts)
    for post in posts:
        yield _record(post, next(numbers), topic={}, site=site)


def read_post(value: dict[str, Any], numbers: Iterator[int]) -> Iterator[Record | Refused]:
    """Yield one post (operation getPost)."""
    yield _record(value, next(numbers), topic={}, site=_site([value]))


def _record(
    post: dict[str, Any], number: int, *, topic: dict[str, Any], site: str
) -> Record | Refused:
    place = text_at(post, "post_number")
    in_topic = text_at(post, "topic_id") or text_at(topic, "id")
    is_first = place == "1"
    root = f"{in_topic}/1" if in_topic else ""
    reply_to = text_at(post, "reply_to_post_number")
    text, quoted = _text(post, drop_quotes=not is_first)
    title = text_at(topic, "title") or text_at(post, "topic_title") if is_first else ""
    drop = _drop(post)
    if not text.strip() and not title.strip() and not drop:
        return Refused(number, f"post {place} has no text", "scrape it again, or remove it")
    return Record(
        number=number,
        text=text,
        title=title,
        key=f"{in_topic}/{place}",
        parent_key="" if is_first else f"{in_topic}/{reply_to}" if reply_to else root,
        thread_key="" if is_first else root,
        own_id=f"{in_topic}/{place}" if in_topic and place else "",
        author=text_at(post, "username", "name"),
        published=text_at(post, "created_at"),
        site=site,
        kind="essay" if is_first else "comment",
        drop=drop,
        quoted=quoted,
    )


def _text(post: dict[str, Any], *, drop_quotes: bool) -> tuple[str, int]:
    """Return the text of a post; the quotes of a reply are others' words and left out."""
    cooked = text_at(post, "cooked")
    if cooked:
        return fragment_text(cooked, drop_quotes=drop_quotes)
    raw = text_at(post, "raw")
    own, quotes = _QUOTE.subn("", raw)
    while _QUOTE.search(own):  # quotes in quotes, from the inside out
        own, more = _QUOTE.subn("", own)
        quotes += more
    if not drop_quotes or not own.strip():
        own, quotes = _QUOTE_MARK.sub("", raw), 0
    text, quoted = markdown_text(own, drop_quotes=drop_quotes)
    return text, quoted + quotes


def _drop(post: dict[str, Any]) -> str:
    if text_at(post, "post_type") == _SMALL_ACTION:
        return "action"
    if flag_at(post, "user_deleted") or text_at(post, "deleted_at") or flag_at(post, "hidden"):
        return "deleted"
    is_system = text_at(post, "user_id").startswith("-")  # system and discobot have negative ids
    return "bot" if is_system or text_at(post, "username") == "discobot" else ""


def _site(posts: list[dict[str, Any]]) -> str:
    """Return the forum's host, which stands in the address of uploaded avatars; "" if unknown."""
    found = (_AVATAR.search(text_at(post, "avatar_template")) for post in posts)
    return next((match[1].lower() for match in found if match), "")
