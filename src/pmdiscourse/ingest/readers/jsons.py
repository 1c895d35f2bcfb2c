"""JSON and JSON lines: one value after the other, each read by the first shape that knows it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from io import TextIOWrapper
from itertools import count, islice
from typing import Any, NamedTuple

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.readers import discourse, ghost, hackernews, reddit, wordpress_rest
from pmdiscourse.ingest.readers import stackexchange_api as stack
from pmdiscourse.ingest.readers.fields import Item, Row, read_rows
from pmdiscourse.ingest.readers.json_values import JsonDecoder, JsonText
from pmdiscourse.ingest.readers.names import squash
from pmdiscourse.ingest.readers.objects import may_be_record, read_object, unwrap
from pmdiscourse.ingest.records import Notice, Record, Refused

_FIRST_LINES = 100  # lines that tell JSON lines from one JSON value
_PLACES = 1_000_000_000  # records of line 3 that holds several: 3_000_000_001, 3_000_000_002, ...
_BEGINS = re.compile(r"[\ufeff\s]*(?:\[\s*)*\{\s*(?:\"|\}\s*$)")
_BLANK = "\ufeff \t\r\n"
_TOO_LARGE = "save it as JSON lines, or raise the setting"
_TORN = "scrape it again; what stands before this place is read"


class Shape(NamedTuple):
    """A kind of JSON object that is known: its name, how it is recognised, how it is read."""

    name: str
    recognise: Callable[[dict[str, Any]], bool]
    read: Callable[[dict[str, Any], Iterator[int]], Iterable[Item]]


# The first that recognises an object reads it; what none knows is a row, or a wrapper of rows.
SHAPES: tuple[Shape, ...] = (
    Shape("reddit listing", reddit.is_listing, reddit.read_listing),
    Shape("reddit row", reddit.is_row, reddit.read_row),
    Shape("Hacker News item", hackernews.is_item, hackernews.read_item),
    Shape("Hacker News tree", hackernews.is_tree, hackernews.read_tree),
    Shape("Hacker News search", hackernews.is_search, hackernews.read_search),
    Shape("Hacker News hit", hackernews.is_hit, hackernews.read_hit),
    Shape("Discourse topic", discourse.is_topic, discourse.read_topic),
    Shape("Discourse latest posts", discourse.is_latest, discourse.read_latest),
    Shape("Discourse post", discourse.is_post, discourse.read_post),
    Shape("Stack Exchange response", stack.is_response, stack.read_response),
    Shape("Stack Exchange item", stack.is_item, stack.read_item),
    Shape("WordPress post or comment", wordpress_rest.is_post, wordpress_rest.read_post),
    Shape("Ghost export", ghost.is_export, ghost.read_export),
)


def is_json(document: Document) -> bool:
    """Tell whether a document begins as a JSON object, or as an array of objects, does."""
    return _BEGINS.match(document.head_text) is not None


def read_json(document: Document) -> Iterator[Record | Refused | Notice]:
    """Yield the records of a JSON document or of JSON lines.

    Which of the two it is, its lines tell, not its name. Both are streamed: lines one by one, a
    top-level array element by element.

    Parameters
    ----------
    document : Document
        The file. Its `columns` name the fields of objects of no known site.

    Yields
    ------
    Record, Refused or Notice
        Records of JSON lines have the number of their line; if a line holds several, line times
        1,000,000,000 plus their place in it, and a notice says so. Records of a document are
        counted. A torn line is refused; where a document is torn, the rest of it is refused.
    """
    decoder = JsonDecoder(document.settings.max_depth)
    read = _from_lines if _is_lines(document) else _from_text
    items = read(document, decoder, frozenset(squash(name) for name in document.columns.values()))
    told = False
    for item in read_rows(items, document.columns):
        told = told or not isinstance(item, Notice)
        yield item
    if not told:
        yield Refused(0, "JSON without a single post", "remove it, or scrape it again")
    yield from decoder.notices()


def find_shape(value: dict[str, Any], mapped: Collection[str] = ()) -> Shape | None:
    """Return the shape that knows an object.

    Parameters
    ----------
    value : dict
        A JSON object, or a row of a table.
    mapped : collection of str, default=()
        Squashed names of fields that the passport maps: an object that has one is a plain row.
    """
    if mapped and any(squash(name) in mapped for name in value):
        return None
    return next((shape for shape in SHAPES if shape.recognise(value)), None)


def read_value(value: Any, numbers: Iterator[int], mapped: Collection[str] = ()) -> Iterator[Item]:
    """Yield the records, or the rows still to be understood, of one JSON value.

    Parameters
    ----------
    value : any
        As `JsonDecoder` gives it: numbers are text.
    numbers : iterator of int
        Numbers of the records.
    mapped : collection of str, default=()
        As in `find_shape`.
    """
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list) and any(may_be_record(item) for item in node):
            waiting += reversed(node)
            continue
        shape = find_shape(node, mapped) if isinstance(node, dict) else None
        if shape:
            yield from shape.read(node, numbers)
        elif isinstance(node, dict) and (inner := unwrap(node)):
            waiting += reversed(inner)
        else:
            yield from read_object(node, numbers)


def _is_lines(document: Document) -> bool:
    """Tell whether a document is one value a line, not one value or array over many lines."""
    lines = [
        "" if isinstance(line, Refused) else line[1].strip()
        for line in islice(_filled_lines(document), _FIRST_LINES)
    ]
    if len(lines) < 2:
        return False
    whole = [_is_whole(line) for line in lines]
    if whole[0]:
        return True
    return lines[0] not in ("[", "{") and sum(whole) * 2 >= len(whole)


def _filled_lines(document: Document) -> Iterator[tuple[int, str] | Refused]:
    return (line for line in document.lines() if isinstance(line, Refused) or line[1].strip(_BLANK))


def _is_whole(line: str) -> bool:
    try:
        json.loads(line, strict=False, parse_int=str)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _from_lines(
    document: Document, decoder: JsonDecoder, mapped: Collection[str]
) -> Iterator[Item]:
    several = False
    for line in _filled_lines(document):
        if isinstance(line, Refused):
            yield line
            continue
        number, text = line
        items = _of_line(text.strip(_BLANK), decoder, mapped)
        records = [item for item in items if not isinstance(item, Notice)]
        if len(records) > 1 and not several:
            several = True
            what = f"line {number} holds {len(records)} records: their numbers are the line times"
            yield Notice(number, f"{what} {_PLACES:,} plus their place in it", "nothing to do")
        for item in items:
            yield _renumbered(item, number, several=len(records) > 1)


def _of_line(text: str, decoder: JsonDecoder, mapped: Collection[str]) -> list[Item]:
    """Return what the values of a line give: one, or several that no line break parts."""
    items: list[Item] = []
    numbers = count(1)
    at = 0
    while at < len(text):
        try:
            value, at, wrong = decoder.value(text, at)
        except ValueError as error:
            wrong, at = _reason(error), len(text)
        if wrong:
            todo = "mend or remove this line"
            items.append(Refused(next(numbers), f"not readable as JSON: {wrong}", todo))
        else:
            items += read_value(value, numbers, mapped)
        while at < len(text) and text[at].isspace():
            at += 1
    return items


def _renumbered(item: Item, line: int, *, several: bool) -> Item:
    """Give an item the number of its line, and its place in it if there are several."""
    if isinstance(item, Row):
        inside = line * _PLACES + item.inside if item.inside else 0
        return Row(line * _PLACES + item.number if several else line, item.pairs, inside)
    if isinstance(item, Notice) or not several:
        return replace(item, number=line)
    return replace(item, number=line * _PLACES + item.number)


def _from_text(document: Document, decoder: JsonDecoder, mapped: Collection[str]) -> Iterator[Item]:
    numbers = count(1)
    last = 0
    limit = document.settings.max_document_bytes
    text = JsonText(_chunks(document), decoder, max_length=limit)
    try:
        for value, wrong in text.values():
            if wrong:
                last = next(numbers)
                todo = _TOO_LARGE if "max_" in wrong else "mend or remove this object"
                yield Refused(last, f"not readable as JSON: {wrong}", todo)
                continue
            for item in read_value(value, numbers, mapped):
                last = last if isinstance(item, Notice) else item.number
                yield item
    except ValueError as error:
        where = f"from here on (after record {last}) " if last else ""
        reason = f"{where}not readable as JSON: {_reason(error, text.passed)}"
        todo = _TOO_LARGE if "max_" in reason else _TORN
        yield Refused(last + 1 if last else 0, reason, todo)


def _chunks(document: Document) -> Iterator[str]:
    """Yield the text of a document: whole if it may be held whole, else in pieces of UTF-8."""
    try:
        document.data()
    except DiscourseError:
        if not document.head.strip():
            raise
    else:
        yield document.text
        return
    with document.opener() as stream, TextIOWrapper(stream, "utf-8-sig", newline="") as reader:
        while chunk := reader.read(1 << 20):
            yield chunk


def _reason(error: ValueError, passed: int = 0) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (character {passed + error.pos + 1})"
    return str(error)
