"""JSON text to values: numbers stay text, any depth, value by value, and what stands in a value."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from pmdiscourse.ingest.records import Notice

_CHUNK = 1 << 20
_CUT = 16  # characters of the longest thing that a cut can make look wrong: an escaped surrogate
_LEVELS = 5  # of JSON in one reply of a reddit tree: {"data": {"replies": {"data": {"children": [
_TOKEN = re.compile(
    r'[ \t\r\n]*("[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]'
    r"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)",
    re.DOTALL,
)
_RECURSIVE = 20_000  # no recursive decoder reads deeper than that
_SPACE = re.compile(r"[ \t\r\n]*")
_LITERALS = {"true": True, "false": False, "null": None}


class JsonDecoder:
    """Decodes the JSON values of one file, and counts names that stand twice in an object.

    Numbers come as text, so that one of 5,000 digits is no error. Control characters inside strings
    are let through: scrapers leave line breaks there, and what is meant is sure.

    Parameters
    ----------
    max_depth : int
        More nested replies raise ValueError. A reply takes up to five levels of JSON (reddit's do).

    Notes
    -----
    The standard library's decoder is recursive and gives up below a depth of 1,000; a chain of
    replies goes deeper. Then a decoder with a stack of its own reads the value.
    """

    def __init__(self, max_depth: int) -> None:
        self.repeats: Counter[str] = Counter()
        self._max_levels = max_depth * _LEVELS
        self._seen: list[str] = []
        self._constants: list[str] = []
        self._decoder = json.JSONDecoder(
            strict=False,
            parse_int=str,
            parse_float=str,
            parse_constant=self._constants.append,
            object_pairs_hook=self._object,
        )

    def value(self, text: str, start: int = 0) -> tuple[Any, int, str]:
        """Decode the value at `start`.

        Returns
        -------
        tuple
            The value, where it ends, and "" or what makes it invalid though its end is known
            (NaN and Infinity are no JSON values).

        Raises
        ------
        ValueError
            If no complete value stands there.
        """
        self._seen.clear()
        self._constants.clear()
        try:
            value, end = self._decoder.raw_decode(text, start)
        except RecursionError:
            self._seen.clear()
            value, end = self._deep(text, start)
        self.repeats.update(self._seen)
        wrong = f"{self._constants[0]} is no JSON value" if self._constants else ""
        if self._max_levels < _RECURSIVE and _is_deeper(value, self._max_levels):
            wrong = self._too_deep()
        return value, end, wrong

    def notices(self) -> Iterator[Notice]:
        """Yield a notice if names stood twice with different values."""
        if self.repeats:
            names = ", ".join(repr(name) for name, _ in self.repeats.most_common(5))
            what = f"{self.repeats.total()} times a field stands twice, filled differently: {names}"
            yield Notice(0, what, "the first that is filled was read; mend the file if it is wrong")

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Join fields to an object; of several with one name the first that is filled wins."""
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        found = {}
        for name, value in pairs:
            if not is_filled(found.get(name)):
                found[name] = value
            elif is_filled(value) and not _same(value, found[name]):
                self._seen.append(name)
        return found

    def _deep(self, text: str, start: int) -> tuple[Any, int]:
        """Decode a value with a stack instead of recursion."""
        open_: list[tuple[str, list[Any]]] = []  # bracket, and values or (name, value) pairs
        names: list[str] = []
        wants = "value"
        at = start
        while True:
            token = _TOKEN.match(text, at)
            if not token:
                raise json.JSONDecodeError("Expecting value", text, at)
            mark, at = token[1], token.end()
            if mark in "{[" and wants in ("value", "first value"):
                if len(open_) == self._max_levels:
                    raise ValueError(self._too_deep())
                open_.append((mark, []))
                wants = "first name" if mark == "{" else "first value"
                continue
            if mark == ":" and wants == "colon":
                wants = "value"
                continue
            if mark == "," and wants == "comma":
                wants = "name" if open_[-1][0] == "{" else "value"
                continue
            if mark[0] == '"' and wants in ("name", "first name"):
                names.append(json.loads(mark, strict=False))
                wants = "colon"
                continue
            value = self._closed(mark, wants, open_)
            if value is _NOTHING:
                raise json.JSONDecodeError(f"Expecting {wants}", text, token.start(1))
            if not open_:
                return value, at
            bracket, inside = open_[-1]
            inside.append((names.pop(), value) if bracket == "{" else value)
            wants = "comma"

    def _too_deep(self) -> str:
        return f"nested deeper than max_depth ({self._max_levels // _LEVELS} replies)"

    def _closed(self, mark: str, wants: str, open_: list[tuple[str, list[Any]]]) -> Any:
        """Return the value that a token ends, _NOTHING if it ends none."""
        if mark in "}]" and open_ and open_[-1][0] == ("{" if mark == "}" else "["):
            if wants in ("comma", "first name" if mark == "}" else "first value"):
                bracket, inside = open_.pop()
                return self._object(inside) if bracket == "{" else inside
            return _NOTHING
        if wants not in ("value", "first value") or mark in "{}[]:,":
            return _NOTHING
        if mark[0] == '"':
            return json.loads(mark, strict=False)
        return _LITERALS.get(mark, mark)


_NOTHING = object()


class JsonText:
    """A JSON document as chunks of text; values are taken off one by one.

    The elements of a top-level array are values of their own, so that a dump of any size is read
    with one element in memory.

    Parameters
    ----------
    chunks : iterable of str
        The document.
    decoder : JsonDecoder
        What decodes the values.
    max_length : int
        A longer value raises ValueError.
    """

    def __init__(self, chunks: Iterable[str], decoder: JsonDecoder, *, max_length: int) -> None:
        self._chunks = iter(chunks)
        self._decoder = decoder
        self._max_length = max_length
        self.passed = 0  # characters before the text that is held
        self._text = ""
        self._at = 0

    def values(self) -> Iterator[tuple[Any, str]]:
        """Yield each value, and what makes it invalid ("" if nothing does).

        Raises
        ------
        ValueError
            Where the document is torn or is no JSON; what came before is sure.
        """
        while mark := self._next_mark():
            if mark != "[":
                yield self._value()
                continue
            self._at += 1
            while (mark := self._next_mark()) != "]":
                yield self._value()
                mark = self._next_mark()
                if mark == ",":
                    self._at += 1
                elif mark != "]":
                    raise json.JSONDecodeError("Expecting ',' or ']'", self._text, self._at)
            self._at += 1

    def _next_mark(self) -> str:
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_on():
                return ""

    def _value(self) -> tuple[Any, str]:
        too_long = f"one JSON value of more than max_document_bytes ({self._max_length})"
        while True:
            try:
                value, end, wrong = self._decoder.value(self._text, self._at)
            except ValueError as error:
                if _is_certain(error, len(self._text)):
                    raise
                if len(self._text) - self._at > self._max_length:
                    raise ValueError(too_long) from None
                if not self._read_on():
                    raise
                continue
            if end - self._at > self._max_length:
                value, wrong = None, too_long
            self._at = end
            return value, wrong

    def _read_on(self) -> bool:
        """Add as much text as is held, so that a long value is tried few times."""
        parts = [self._text[self._at :]]
        wanted = max(len(parts[0]), _CHUNK)
        while wanted > 0 and (chunk := next(self._chunks, "")):
            parts.append(chunk)
            wanted -= len(chunk)
        if len(parts) == 1:
            return False
        self.passed += self._at
        self._text, self._at = "".join(parts), 0
        return True


def _is_certain(error: ValueError, length: int) -> bool:
    """Tell whether more text cannot mend an error: it does not stand where the text is cut."""
    if not isinstance(error, json.JSONDecodeError) or error.msg.startswith("Unterminated"):
        return False
    return error.pos < length - _CUT


def _is_deeper(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return any(isinstance(node, dict | list) for node in level)


def is_filled(value: Any) -> bool:
    """Tell whether a value says anything: no null, no empty text, no empty list or object."""
    return value is not None and value not in ("", [], {})


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except RecursionError:  # too deep to compare
        return False


def scalar(value: Any) -> str:
    """Return a string or number as text; objects, lists, null, true and false as ''."""
    return value if isinstance(value, str) else ""


def text_at(value: dict[str, Any], *names: str) -> str:
    """Return the first of the named fields that holds a filled string or number, else ''.

    >>> text_at({"a": None, "b": " x "}, "a", "b")
    ' x '
    """
    return next((text for name in names if (text := scalar(value.get(name))).strip()), "")


def object_at(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object in a field; an empty one if there is none."""
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}


def objects_at(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects of the list in a field."""
    inner = value.get(name)
    return [item for item in inner if isinstance(item, dict)] if isinstance(inner, list) else []


def flag_at(value: dict[str, Any], name: str) -> bool:
    """Tell whether a field says yes: true, 1 or "true"."""
    inner = value.get(name)
    return inner is True or scalar(inner).strip().lower() in ("true", "1", "yes")


def host_at(value: dict[str, Any], name: str) -> str:
    """Return the host of the address in a field, without "www."; "" if there is none.

    >>> host_at({"link": "https://www.example.org/?p=5"}, "link")
    'example.org'
    """
    try:
        return (urlsplit(scalar(value.get(name))).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
