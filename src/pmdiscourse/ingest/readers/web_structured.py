"""What a page says of itself in JSON-LD: article, dates, comments (schema.org)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from pmdiscourse.ingest.markup import fragment_text
from pmdiscourse.ingest.records import Record

_POSTS = re.compile(r"(?:Article|BlogPosting|Posting|Question|Report|QAPage|WebPage|Review)$")
_POST_TEXTS = ("articleBody", "text")
_ANSWERS = ("comment", "acceptedAnswer", "suggestedAnswer")
_MAX_OBJECTS = 200_000


@dataclass
class Structured:
    """The article of a page in its own words.

    Parameters
    ----------
    title, author, published, text : str
        "" if the page does not say.
    n_comments : int
        How many comments it counts; 0 if it does not say.
    comments : list of dict
        schema.org objects of its comments, each with the key "_parent": index in the list or -1.
    """

    title: str = ""
    author: str = ""
    published: str = ""
    text: str = ""
    n_comments: int = 0
    comments: list[dict[str, Any]] = field(default_factory=list)


def read_structured(tree: LexborHTMLParser) -> Structured:
    """Read the JSON-LD of a page; what is broken in it counts as absent.

    Parameters
    ----------
    tree : LexborHTMLParser
        The page.

    Returns
    -------
    Structured
    """
    found = Structured()
    for post in _posts(tree):
        found.title = found.title or _text(post.get("headline") or post.get("name"))
        found.author = found.author or _name(post.get("author") or post.get("creator"))
        found.published = found.published or _text(
            post.get("datePublished") or post.get("dateCreated")
        )
        found.text = found.text or next((_text(post[n]) for n in _POST_TEXTS if post.get(n)), "")
        found.n_comments = max(found.n_comments, _count(post))
        if not found.comments:
            found.comments = _comments(post)
    return found


def structured_records(found: Structured, *, parent_key: str, site: str) -> Iterator[Record]:
    """Yield a record for each comment that stands in the JSON-LD, numbered from 2 on."""
    for place, comment in enumerate(found.comments):
        above = comment["_parent"]
        yield Record(
            number=place + 2,
            key=f"comment {place + 1}",
            parent_key=parent_key if above < 0 else f"comment {above + 1}",
            text=fragment_text(_text(comment.get("text")), drop_quotes=True)[0],
            kind="comment",
            author=_name(comment.get("author") or comment.get("creator")),
            published=_text(comment.get("dateCreated") or comment.get("datePublished")),
            site=site,
        )


def _posts(tree: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    for script in tree.css("script[type*='ld+json']"):
        try:
            stack = [json.loads(script.text().strip().strip(";"), strict=False)]
        except (ValueError, RecursionError):
            continue
        for _ in range(_MAX_OBJECTS):
            if not stack:
                break
            value = stack.pop()
            if isinstance(value, list):
                stack.extend(reversed(value))
            elif isinstance(value, dict):
                if any(_POSTS.search(kind) for kind in _kinds(value)):
                    yield value
                stack.extend(value[n] for n in ("@graph", "mainEntity") if value.get(n))


def _kinds(value: dict[str, Any]) -> list[str]:
    kinds = value.get("@type")
    several = kinds if isinstance(kinds, list) else [kinds]
    return [kind for kind in several if isinstance(kind, str)]


def _comments(post: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the comments below a post, parents before their replies."""
    found: list[dict[str, Any]] = []
    stack = [(child, -1) for child in reversed(_children(post))]
    while stack and len(found) < _MAX_OBJECTS:
        comment, above = stack.pop()
        if not _text(comment.get("text")).strip():
            continue
        found.append(comment | {"_parent": above})
        place = len(found) - 1
        stack.extend((child, place) for child in reversed(_children(comment)))
    return found


def _children(value: dict[str, Any]) -> list[dict[str, Any]]:
    children = [value[name] for name in _ANSWERS if value.get(name)]
    flat = [one for child in children for one in (child if isinstance(child, list) else [child])]
    return [one for one in flat if isinstance(one, dict)]


def _count(post: dict[str, Any]) -> int:
    counts = [post.get("commentCount"), post.get("answerCount")]
    statistics = post.get("interactionStatistic")
    for one in statistics if isinstance(statistics, list) else [statistics]:
        if isinstance(one, dict) and "CommentAction" in str(one.get("interactionType")):
            counts.append(one.get("userInteractionCount"))
    return max((int(str(n)) for n in counts if re.fullmatch(r"\d{1,7}", str(n))), default=0)


def _name(value: Any) -> str:
    value = value[0] if isinstance(value, list) and value else value
    return _text(value.get("name")) if isinstance(value, dict) else _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
