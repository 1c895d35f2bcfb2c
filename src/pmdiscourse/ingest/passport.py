"""The passport of a raw folder: `source.toml`, what the files are and where they come from."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pmdiscourse.errors import DiscourseError, invalid, unknown

PASSPORT = "source.toml"


@dataclass(frozen=True, kw_only=True)
class Passport:
    """What `source.toml` may say; every field is optional.

    Parameters
    ----------
    title : str, default=""
        Name of the source, shown in reports.
    author : str, default=""
        Who wrote or collected it.
    description : str, default=""
        One or two sentences.
    licence : str, default=""
        SPDX name or words.
    url : str, default=""
        Where it was scraped.
    date : date, default=None
        When it was scraped or written.
    language : str, default=""
        Main language, ISO 639-1.
    synthetic : bool, default=False
        True for invented texts: reports carry a banner, and they are never mixed with real ones.
    columns : dict of str to str, default={}
        Table ``[columns]``: our field (text, title, id, author, published_at, ...) = the column's
        name in the files, for tables and JSON rows whose names are not known.
    """

    title: str = ""
    author: str = ""
    description: str = ""
    licence: str = ""
    url: str = ""
    date: date | None = None
    language: str = ""
    synthetic: bool = False
    columns: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the passport as a dictionary that JSON can hold."""
        values = asdict(self)
        return values | {"date": self.date.isoformat() if self.date else ""}


def read_passport(path: Path) -> Passport:
    """Read a passport.

    Raises
    ------
    DiscourseError
        If the file is not TOML, or holds an unknown name or a wrong type.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise DiscourseError(f"passport {path} cannot be read: {error}; mend it") from error
    defaults = asdict(Passport())
    for name, value in values.items():
        if name not in defaults:
            raise unknown(f"{path}: field", got=name, known=defaults)
        wanted = date if name == "date" else type(defaults[name])
        if type(value) is not wanted:
            raise invalid(f"{path}: field {name!r}", got=value, allowed=f"a {wanted.__name__}")
        if isinstance(value, dict) and not all(isinstance(v, str) for v in value.values()):
            raise invalid(f"{path}: table [columns]", got=value, allowed='names, as text = "Body"')
    return Passport(**values)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be entered: its files are told when they are read
        return False


def find_passport(file: Path, raw: Path, cache: dict[Path, Passport]) -> Passport:
    """Return the nearest passport at or above a file, not above the raw folder."""
    folder = file.parent
    while True:
        path = folder / PASSPORT
        if path not in cache and _is_file(path):
            cache[path] = read_passport(path)
        if path in cache:
            return cache[path]
        if folder == raw or raw not in folder.parents:
            return Passport()
        folder = folder.parent
