"""The raw files of a folder, each under a name that can be shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.passport import PASSPORT, Passport, find_passport

_HIDDEN = (".", "~")
_HOUSEKEEPING = {".git", ".gitkeep", ".gitignore", ".DS_Store", ".ipynb_checkpoints"}


class RawFiles(NamedTuple):
    """Every raw file with its passport by its shown name, and how many hidden ones there are."""

    files: dict[str, tuple[Path, Passport]]
    n_hidden: int


def raw_files(path: str | Path) -> RawFiles:
    """Return the raw files of a folder in the order of their names.

    Parameters
    ----------
    path : str or Path
        File or folder. Hidden files and passports (`source.toml`) are no raw files; hidden files
        and folders are counted, but for those of git and file managers. Links to folders are
        returned, but not followed.

    Raises
    ------
    DiscourseError
        If `path` does not exist, or a passport is broken.
    """
    if not str(path).strip():
        raise DiscourseError("no raw path was given; name a raw file or a folder of them")
    root = Path(path)
    if root.is_file():
        one = {_shown(Path(root.name)): (root, find_passport(root, root.parent, {}))}
        return RawFiles(one, 0)
    if not root.is_dir():
        state = "is no regular file" if root.exists() else "does not exist"
        raise DiscourseError(f"{root} {state}; name a raw file or a folder of them")
    passports: dict[Path, Passport] = {}
    hidden: list[str] = []
    found = {
        _shown(file.relative_to(root)): (file, find_passport(file, root, passports))
        for file in _walk(root, hidden)
    }
    return RawFiles(dict(sorted(found.items())), len(hidden))


def _walk(root: Path, hidden: list[str]) -> Iterator[Path]:
    """Yield files and note hidden ones; no recursion: folders nest deeper than Python's stack."""
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            yield folder  # no file: it is told and set aside like one that cannot be read
            continue
        for entry in entries:
            if entry.name.startswith(_HIDDEN):
                hidden += [] if entry.name in _HOUSEKEEPING else [entry.name]
            elif entry.name == PASSPORT:
                continue
            elif entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            else:
                yield Path(entry.path)


def _shown(path: Path) -> str:
    r"""Return a path as text that can be written, whatever bytes its name holds.

    No two files are shown alike: a backslash in a name is doubled.

    >>> _shown(Path("a\udcff.txt")), _shown(Path("a\\xff.txt"))
    ('a\\xff.txt', 'a\\\\xff.txt')
    """
    name = path.as_posix().replace("\\", "\\\\")
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
