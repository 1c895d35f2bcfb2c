"""Checks of a codebook's files; every error names file, line and field."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmdiscourse import toml_lines
from pmdiscourse.errors import DiscourseError, invalid, unknown

Keys = tuple[str | int, ...]
_SAVE = "Save the file as UTF-8."


@dataclass(frozen=True)
class Place:
    """An entry of a file, and how to find its line.

    Parameters
    ----------
    file : Path
        The file.
    find : callable
        Gives the line of an entry; asked only when there is an error to tell.
    keys : tuple of str or int, default=()
        Where the entry stands in the file.
    label : str, default=""
        What people call it, e.g. ``"theme 'pests': "``.
    """

    file: Path
    find: Callable[[Keys], int]
    keys: Keys = ()
    label: str = ""

    def inside(self, *keys: str | int, label: str) -> Place:
        """Return the place of an entry inside this one."""
        return dataclasses.replace(self, keys=self.keys + keys, label=f"{label}: ")

    def at(self, *keys: str | int) -> str:
        """Return the words that begin an error: file, line and entry."""
        return f"{self.file}, line {self.find(self.keys + keys)}: {self.label}"


def read_utf8(file: Path) -> str:
    """Read a text file; a byte order mark is passed over, any kind of line end is a line end.

    Raises
    ------
    DiscourseError
        If it cannot be read or is not UTF-8.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DiscourseError(f"{file} cannot be read: {error.strerror or error}") from error
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DiscourseError(f"{file}, line 1: cannot be read: it is UTF-16. {_SAVE}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise DiscourseError(
            f"{file}, line {line}: cannot be read: the byte 0x{byte:02x} is not UTF-8. {_SAVE}"
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_toml(file: Path) -> tuple[dict[str, Any], Place]:
    """Read a TOML file.

    Raises
    ------
    DiscourseError
        If it cannot be read, or is no TOML.
    """
    text = read_utf8(file)
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        line, what = toml_lines.tell_syntax_error(text, error)
        raise DiscourseError(f"{file}, line {line}: {what}") from error
    return content, Place(file, toml_lines.TomlLines(text).find)


def read_json(line: str, place: Place) -> Any:
    """Read one line of JSON.

    Raises
    ------
    DiscourseError
        If it is no JSON, or a key stands in it twice.
    """
    try:
        return json.loads(line, object_pairs_hook=lambda pairs: _each_once(pairs, place))
    except json.JSONDecodeError as error:
        what = f"{error.msg} (column {error.colno})"
        raise DiscourseError(f"{place.at()}this is no JSON: {what}") from error
    except RecursionError as error:
        raise DiscourseError(f"{place.at()}this is no JSON: nested too deeply") from error


def _each_once(pairs: list[tuple[str, Any]], place: Place) -> dict[str, Any]:
    for key, times in Counter(key for key, _ in pairs).items():
        if times > 1:
            raise invalid(f"{place.at()}key {key!r}", got=f"{times} of it", allowed="one")
    return dict(pairs)


def check_keys(entry: Any, kinds: Mapping[str, type], place: Place) -> None:
    """Require exactly these keys, with these types."""
    if not isinstance(entry, dict):
        raise invalid(f"{place.at()}the entry", got=entry, allowed=f"a table with {list(kinds)}")
    for key in entry:
        if key not in kinds:
            raise unknown(f"{place.at(key)}key", got=key, known=kinds)
    names: dict[type, str] = {str: "a text", list: "a list", dict: "a table"}
    for key, kind in kinds.items():
        if key not in entry:
            raise invalid(f"{place.at()}key {key!r}", got="nothing", allowed=names[kind])
        if not isinstance(entry[key], kind):
            raise invalid(f"{place.at(key)}key {key!r}", got=entry[key], allowed=names[kind])


def check_text(value: str, key: str, place: Place) -> None:
    """Require a text that is not empty and that can be written as UTF-8."""
    if not value.strip():
        raise invalid(f"{place.at(key)}{key}", got=value, allowed="a text that is not empty")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        hint = "Write the character itself instead of its escape."
        raise invalid(
            f"{place.at(key)}{key}", got=value, allowed="whole characters", hint=hint
        ) from error


def check_texts(values: Any, key: str, place: Place) -> tuple[str, ...]:
    """Require a list of texts, each once; case and spacing do not make two of one."""
    if not isinstance(values, list):
        raise invalid(f"{place.at(key)}{key}", got=values, allowed="a list of texts")
    seen: set[str] = set()
    for number, value in enumerate(values):
        fault = "" if isinstance(value, str) and value.strip() else "texts that are not empty"
        if not fault and fold(value) in seen:
            fault = "texts, each once"
        if fault:
            raise invalid(f"{place.at(key, number)}{key}", got=value, allowed=fault)
        seen.add(fold(value))
    return tuple(values)


def fold(text: str) -> str:
    """Return a text in lower case with single spaces, to compare by.

    Examples
    --------
    >>> fold(" Product  Owner ")
    'product owner'
    """
    return " ".join(text.casefold().split())
