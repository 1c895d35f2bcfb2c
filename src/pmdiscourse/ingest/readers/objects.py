"""JSON objects of no known site to rows: nested fields, nested replies, lists inside wrappers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pmdiscourse.ingest.readers.fields import Row
from pmdiscourse.ingest.readers.json_values import is_filled, scalar
from pmdiscourse.ingest.readers.names import DROP_NAMES, place, squash
from pmdiscourse.ingest.records import Refused

# Lists of an object that hold the replies to it.
_REPLIES = {
    *("comments", "replies", "children", "answers", "responses", "posts", "messages", "thread"),
    *("kommentare", "antworten", "commentaires", "comentarios", "commenti"),
}
_MAX_PARTS = 3  # levels of a nested field: {"created": {"$date": {"$numberLong": "1700000000000"}}}
_KINDS = {list: "list without objects", str: "text or number", bool: "boolean", type(None): "null"}
_ERRORS = {"error", "errors", "errormessage", "errorid"}


def unwrap(value: dict[str, Any]) -> list[Any]:
    """Return what a wrapper holds: its lists of objects, and objects that hold some.

    An object without words of its own is a wrapper if it holds lists of objects, or nothing but
    objects (posts by their ids). Of any other object: nothing.

    >>> unwrap({"count": "1", "data": {"items": [{"text": "We ship."}]}})
    [{'items': [{'text': 'We ship.'}]}]
    >>> unwrap({"text": "We ship.", "tags": [{"name": "dates"}]})
    []
    """
    if _has_words(flatten(value)) or _is_error(flatten(value)):
        return []
    if value and all(isinstance(inner, dict) for inner in value.values()):
        return list(value.values())
    return [
        inner
        for name, inner in value.items()
        if squash(name) not in _ERRORS
        and (
            (isinstance(inner, list) and any(isinstance(item, dict) for item in inner))
            or (isinstance(inner, dict) and _holds_objects(inner))
        )
    ]


def read_object(value: Any, numbers: Iterator[int]) -> Iterator[Row | Refused]:
    """Yield a row for an object and for each reply nested in it.

    Parameters
    ----------
    value : any
        An object is a row. So is a sentence in a list; anything else is refused.
    numbers : iterator of int
        Numbers of the rows.

    Yields
    ------
    Row or Refused
        A row stands before its replies. An error message of a site is refused.
    """
    waiting: list[tuple[Any, int]] = [(value, 0)]  # walked without recursion: trees can be deep
    while waiting:
        node, inside = waiting.pop()
        if isinstance(node, list) and any(may_be_record(item) for item in node):
            waiting += [(item, inside) for item in reversed(node)]
        elif isinstance(node, dict):
            number = next(numbers)
            pairs = flatten(node)
            if _is_error(pairs):
                yield _error(number, pairs)
                continue
            yield Row(number, pairs, inside)
            waiting += [(found, number) for found in reversed(_replies(node))]
        elif isinstance(node, str) and may_be_record(node):
            yield Row(next(numbers), [("text", node)], inside)
        elif is_filled(node) or not inside:
            reason = f"a JSON {_KINDS[type(node)]}, no object"
            reason += f": {node[:40]}" if isinstance(node, str) else ""
            yield Refused(next(numbers), reason, "write one object a record, with a field text")


def flatten(value: dict[str, Any]) -> list[tuple[str, str]]:
    r"""Return names and texts of an object's fields; those of nested objects joined by dots.

    A list of texts is one text, a line each; other lists, null and false count as missing.

    >>> flatten({"id": "7", "author": {"name": "Ana"}, "body": ["We ship.", "Often."]})
    [('id', '7'), ('author.name', 'Ana'), ('body', 'We ship.\nOften.')]
    """
    found: list[tuple[str, str]] = []
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    while waiting:
        name, node, depth = waiting.pop()
        if isinstance(node, dict):
            if depth < _MAX_PARTS:
                inner = [(f"{name}.{key}" if name else key, node[key], depth + 1) for key in node]
                waiting += reversed(inner)
        elif isinstance(node, list):
            texts = [item for item in node if isinstance(item, str)]
            if texts and len(texts) == len(node) and squash(name) not in _REPLIES:
                found.append((name, "\n".join(texts)))
        elif node is True:
            found.append((name, "true" if squash(name) in DROP_NAMES else ""))
        else:
            found.append((name, scalar(node)))
    return found


def _has_words(pairs: list[tuple[str, str]]) -> bool:
    return any(
        text.strip() and place(squash(name)).field in ("text", "title") for name, text in pairs
    )


def _is_error(pairs: list[tuple[str, str]]) -> bool:
    """Tell whether an object is an error message: it names one, and no promised field is filled."""
    filled = [squash(name) for name, text in pairs if text.strip()]
    if not any(name.partition(".")[0] in _ERRORS for name in filled):
        return False
    places = [place(name) for name in filled]
    return not any(known.field in ("text", "title") and not known.guessed for known in places)


def _holds_objects(node: dict[str, Any]) -> bool:
    return any(
        isinstance(item, dict)
        for inner in node.values()
        for item in (inner if isinstance(inner, list) else [inner])
    )


def _replies(node: dict[str, Any]) -> list[Any]:
    """Return the lists of replies in an object; {"comments": {"data": [...]}} too."""
    lists = []
    for name, inner in node.items():
        if squash(name) in _REPLIES:
            held = list(inner.values()) if isinstance(inner, dict) else [inner]
            lists += [each for each in held if isinstance(each, list)]
    return [each for each in lists if any(may_be_record(item) for item in each)]


def may_be_record(item: Any) -> bool:
    """Tell whether an item of a list is an object, a list or a sentence."""
    return isinstance(item, dict | list) or (isinstance(item, str) and " " in item.strip())


def _error(number: int, pairs: list[tuple[str, str]]) -> Refused:
    said = next((text for name, text in pairs if "message" in name.lower() and text), "")
    reason = f"an error message of the site, no post: {said[:80]}".rstrip(": ")
    return Refused(number, reason, "scrape it again")
