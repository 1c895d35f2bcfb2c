"""Stack Exchange: questions, answers and comments as the API gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pmdiscourse.ingest.markdown import markdown_text, resolve_entities
from pmdiscourse.ingest.markup import fragment_text
from pmdiscourse.ingest.readers.fields import seconds
from pmdiscourse.ingest.readers.json_values import flag_at, host_at, object_at, objects_at, text_at
from pmdiscourse.ingest.records import Notice, Record, Refused

_IDS = {"question_id", "answer_id", "comment_id", "post_id"}


def is_response(value: dict[str, Any]) -> bool:
    """Tell whether an object is an answer of the API: `items` and its bookkeeping."""
    items = value.get("items")
    wrapper = {"has_more", "quota_remaining", "quota_max"} & value.keys()
    return isinstance(items, list) and bool(
        wrapper or any(is_item(item) for item in objects_at(value, "items"))
    )


def is_item(value: dict[str, Any]) -> bool:
    """Tell whether an object is one question, answer or comment."""
    theirs = {"content_license", "last_activity_date", "is_answered", "is_accepted"} & value.keys()
    is_theirs = isinstance(value.get("owner"), dict) or bool(theirs)
    return is_theirs and "creation_date" in value and bool(_IDS & value.keys())


def read_response(
    value: dict[str, Any], numbers: Iterator[int]
) -> Iterator[Record | Refused | Notice]:
    """Yield the items of an answer of the API; a notice if there are more.

    Parameters
    ----------
    value : dict
        `has_more` tells of further pages; questions hold `answers` and `comments` if the filter of
        the call asked for them, and `body` only then.
    numbers : iterator of int
        Numbers of the records.

    References
    ----------
    api.stackexchange.com/docs: wrapper object, types question, answer, comment.
    """
    items = objects_at(value, "items")
    site = next((host for item in items if (host := host_at(item, "link"))), "")
    for item in items:
        yield from _read(item, numbers, site)
    if flag_at(value, "has_more"):
        yield Notice(0, "the site has more pages of this answer", "fetch them, if not here")


def read_item(value: dict[str, Any], numbers: Iterator[int]) -> Iterator[Record | Refused]:
    """Yield one item and what is nested in it."""
    yield from _read(value, numbers, host_at(value, "link"))


def _read(value: dict[str, Any], numbers: Iterator[int], site: str) -> Iterator[Record | Refused]:
    waiting = [(value, "", "")]
    while waiting:
        item, above, thread = waiting.pop()
        record = _record(item, next(numbers), site=site, above=above, thread=thread)
        yield record
        own_id = _own_id(item)
        root = _post(item, "question_id") or thread
        inner = [*objects_at(item, "comments"), *objects_at(item, "answers")]
        waiting += [(each, own_id, root) for each in reversed(inner)]


def _record(
    item: dict[str, Any], number: int, *, site: str, above: str, thread: str
) -> Record | Refused:
    is_comment = "comment_id" in item
    is_answer = not is_comment and ("answer_id" in item or text_at(item, "post_type") == "answer")
    is_reply = is_comment or is_answer
    html = text_at(item, "body")
    if html:
        text, quoted = fragment_text(html, drop_quotes=is_reply)
    else:
        text, quoted = markdown_text(text_at(item, "body_markdown"), drop_quotes=is_reply)
    title = "" if is_reply else resolve_entities(text_at(item, "title"))
    if not text.strip() and not title.strip():
        todo = "fetch it again with a filter that holds body, e.g. filter=withbody"
        return Refused(number, "no text: the API leaves body out unless it is asked for", todo)
    parent = text_at(item, "post_id" if is_comment else "question_id") if is_reply else ""
    question = thread or _post(item, "question_id")
    return Record(
        number=number,
        text=text,
        title=title,
        key=_own_id(item) or f"record {number}",
        parent_key=f"post {parent}" if parent else above,
        thread_key=question if is_reply else "",
        own_id=_own_id(item),
        author=resolve_entities(text_at(object_at(item, "owner"), "display_name")),
        published=seconds(text_at(item, "creation_date")),
        site=host_at(item, "link") or site,
        kind="comment" if is_reply else "essay",
        quoted=quoted,
    )


def _post(item: dict[str, Any], name: str) -> str:
    number = text_at(item, name)
    return f"post {number}" if number else ""


def _own_id(item: dict[str, Any]) -> str:
    """Return the name of an item: questions and answers are counted together, comments apart."""
    comment = text_at(item, "comment_id")
    names = ("answer_id", "question_id", "post_id")
    own = (post for name in names if (post := _post(item, name)))
    return f"comment {comment}" if comment else next(own, "")
