"""WordPress: posts, pages and comments as its REST interface gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pmdiscourse.ingest.markup import fragment_text
from pmdiscourse.ingest.readers.json_values import flag_at, host_at, object_at, objects_at, text_at
from pmdiscourse.ingest.records import Record, Refused

_DROP = {
    **{"spam": "spam", "trash": "deleted", "hold": "removed", "unapproved": "removed"},
    **{"draft": "draft", "auto-draft": "draft", "pending": "draft", "future": "draft"},
    **{"private": "draft"},
}
_ACTIONS = {"pingback", "trackback"}


def is_post(value: dict[str, Any]) -> bool:
    """Tell whether an object is a post, a page or a comment: `content.rendered` and a date."""
    content = object_at(value, "content")
    is_content = "rendered" in content or "protected" in content
    dated = {"date", "date_gmt"} & value.keys()
    return is_content and bool(dated) and "id" in value


def read_post(value: dict[str, Any], numbers: Iterator[int]) -> Iterator[Record | Refused]:
    """Yield the record of a post, a page or a comment.

    Parameters
    ----------
    value : dict
        Only a comment has `post`, the id of what it stands under; its `parent` is 0 or a comment.
        `date_gmt` is UTC without saying so.
    numbers : iterator of int
        Numbers of the records.

    References
    ----------
    developer.wordpress.org/rest-api/reference, pages Posts and Comments.
    """
    number = next(numbers)
    is_comment = "post" in value
    html = text_at(object_at(value, "content"), "rendered", "raw")
    text, quoted = fragment_text(html, drop_quotes=is_comment)
    text = text if text.strip() else _rendered(value, "excerpt")
    title = _rendered(value, "title")
    drop = _drop(value)
    if flag_at(object_at(value, "content"), "protected") and not html and not drop:
        yield Refused(number, "behind a password: the scrape holds no text", "remove it")
    elif not text.strip() and not title.strip() and not drop:
        yield Refused(number, "no text and no title", "scrape it again, or remove it")
    else:
        own_id, parent, thread = _ids(value, is_comment=is_comment)
        yield Record(
            number=number,
            text=text,
            title=title,
            key=own_id,
            parent_key=parent,
            thread_key=thread,
            own_id=own_id,
            author=_author(value),
            published=_time(value),
            site=host_at(value, "link"),
            kind="comment" if is_comment else "essay",
            drop=drop,
            quoted=quoted,
        )


def _ids(value: dict[str, Any], *, is_comment: bool) -> tuple[str, str, str]:
    """Return own id, parent and thread: comments are counted apart from posts."""
    own_id, post = text_at(value, "id"), f"post {text_at(value, 'post')}"
    if not is_comment:
        return f"post {own_id}", "", ""
    parent = text_at(value, "parent")
    return f"comment {own_id}", f"comment {parent}" if parent not in ("", "0") else post, post


def _drop(value: dict[str, Any]) -> str:
    if text_at(value, "type") in _ACTIONS:
        return "action"
    return _DROP.get(text_at(value, "status"), "")


def _rendered(value: dict[str, Any], name: str) -> str:
    return fragment_text(text_at(object_at(value, name), "rendered", "raw"))[0]


def _author(value: dict[str, Any]) -> str:
    """Return the name of the author; posts give a number, and the name only when it is embedded."""
    embedded = objects_at(object_at(value, "_embedded"), "author")
    return text_at(value, "author_name") or (text_at(embedded[0], "name") if embedded else "")


def _time(value: dict[str, Any]) -> str:
    in_utc = text_at(value, "date_gmt")
    return f"{in_utc}Z" if "T" in in_utc and in_utc[-1:].isdigit() else text_at(value, "date")
