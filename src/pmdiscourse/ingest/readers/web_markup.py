"""The table of selectors: how site software marks its comments. No decisions, those are in use."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

TABLE = "comment_markup.toml"


@dataclass(frozen=True)
class Software:
    """A row of the table; the columns are described at its top."""

    name: str
    needs: tuple[str, ...]
    item: str
    text: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    own_id: tuple[str, ...] = ()
    parent: str = ""
    depth: tuple[str, ...] = ()
    sequence: bool = False
    forum: bool = False
    inside: bool = False
    item_id: str = ""
    by_name: bool = False
    post: str = ""
    title: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()
    site: tuple[str, ...] = ()


@dataclass(frozen=True)
class Markup:
    """The whole table: what holds for all software, and a row for each."""

    software: tuple[Software, ...]
    walls: dict[str, re.Pattern[str]]
    text: tuple[str, ...]
    wide_text: tuple[str, ...]
    author: tuple[str, ...]
    date: tuple[str, ...]
    parent_attributes: tuple[str, ...]
    section: str
    weak_section: str
    no_section: str
    elsewhere: str
    furniture: str
    replies: str
    reply_to: str
    deleted: str
    removed: str
    awaiting: str
    action: str
    deleted_words: tuple[str, ...]
    removed_words: tuple[str, ...]
    interface_words: tuple[str, ...]
    article: str
    hosted: str
    more: str


@cache
def load_markup() -> Markup:
    """Load the table that comes with the package."""
    raw = tomllib.loads(resources.files(__package__).joinpath(TABLE).read_text("utf-8"))
    rows = [
        Software(**{name: _plain(Software, name, value) for name, value in row.items()})
        for row in raw["software"]
    ]
    general = {name: _plain(Markup, name, value) for name, value in raw["general"].items()}
    walls = {kind: re.compile("|".join(p), re.IGNORECASE) for kind, p in raw["walls"].items()}
    return Markup(software=tuple(rows), walls=walls, **general)


def _plain(kind: type, name: str, value: Any) -> Any:
    """Return a list as the tuple, or as the one selector, that the field asks for."""
    if not isinstance(value, list):
        return value
    return ", ".join(value) if kind.__annotations__.get(name) == "str" else tuple(value)
