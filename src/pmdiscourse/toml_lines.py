"""Where the entries of a TOML file stand: tomllib gives values, but not their lines.

A TOML file is a row of statements (a table's header, or a key and its value), and each is a small
TOML file of its own. So lines are taken until they parse: that is where a statement ends.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]  # keys and numbers, e.g. ("themes", 1, "seeds", 7)
_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
_KEY = re.compile(r"\s*([\w.\"'-]+)\s*=")


class TomlLines:
    """The lines of a TOML text.

    Parameters
    ----------
    text : str
        A whole TOML file.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._statements: dict[Path, tuple[int, str]] = {}

    def find(self, path: Path) -> int:
        r"""Return the line of an entry, or of the nearest one around it; the first line is 1.

        Examples
        --------
        >>> lines = TomlLines('a = 1\n\n[[themes]]\nseeds = [\n  "one",\n  "two",\n]')
        >>> lines.find(("themes", 0, "seeds", 1)), lines.find(("themes", 0, "title"))
        (6, 3)
        """
        if not self._statements:
            self._read()
        for length in range(len(path), 0, -1):
            if path[:length] in self._statements:
                line, statement = self._statements[path[:length]]
                rest = path[length:]
                return line + (_skip_items(statement, rest[0]) if rest else 0)
        return 1

    def _read(self) -> None:
        """Note every statement under its path."""
        table: Path = ()
        n_tables: dict[Path, int] = {}
        for line, statement in split_statements(self._text):
            keys = _keys_of(tomllib.loads(statement))
            if statement.lstrip().startswith("[["):
                n_tables[keys] = n_tables.get(keys, -1) + 1
                table = (*keys, n_tables[keys])
            elif statement.lstrip().startswith("["):
                table = keys
            path = table if statement.lstrip().startswith("[") else table + keys
            for length in range(len(path), 0, -1):
                self._statements.setdefault(path[:length], (line, statement))


def split_statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, statement) for every statement; one that is no TOML is the last."""
    lines = text.split("\n")
    start = 0
    while start < len(lines):
        end = next(
            (n for n in range(start + 1, len(lines) + 1) if _parses("\n".join(lines[start:n]))),
            len(lines),
        )
        yield start + 1, "\n".join(lines[start:end])
        start = end


def tell_syntax_error(text: str, error: Exception) -> tuple[int, str]:
    """Return the line of a syntax error, and what is wrong with which key.

    Parameters
    ----------
    text : str
        The file.
    error : Exception
        What tomllib raised.
    """
    what = str(error)
    place = _LINE.search(what)
    line = int(place[1]) if place and place[1] else text.rstrip().count("\n") + 1
    what = _LINE.sub("", what)
    for start, statement in split_statements(text):
        key = _KEY.match(statement)
        if key and not _parses(statement):
            begins = "" if start == line else f" (it begins in line {start})"
            return line, f"key '{key[1]}'{begins} is no TOML: {what}"
    return line, f"this is no TOML: {what}"


def _parses(text: str) -> bool:
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _keys_of(content: Any) -> Path:
    """Return the keys that a statement names, from the outermost on."""
    keys: list[str | int] = []
    while isinstance(content, dict) and content:
        key, content = next(iter(content.items()))
        keys.append(key)
    return tuple(keys)


def _skip_items(statement: str, number: str | int) -> int:
    """Return how many lines below its key an item of an array stands."""
    lines = statement.split("\n")
    if not isinstance(number, int):
        return 0
    for end in range(1, len(lines)):
        try:
            items: Any = tomllib.loads("\n".join(lines[:end]) + "\n]")
        except (ValueError, RecursionError):
            continue  # in the middle of an item
        while isinstance(items, dict):
            items = next(iter(items.values()), ())
        if len(items) > number:
            return end - 1
    return len(lines) - 1
