"""The raw files of a folder, each under a name that can be shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.passport import PASSPORT, Passport, find_passport

_HIDDEN = (".", "~")


def raw_files(path: str | Path) -> dict[str, tuple[Path, Passport]]:
    """Return every raw file by its shown name, in the order of the names, with its passport.

    Parameters
    ----------
    path : str or Path
        File or folder. Hidden files and passports (`source.toml`) are no raw files; links to
        folders are returned, but not followed.

    Raises
    ------
    DiscourseError
        If `path` does not exist, or a passport is broken.
    """
    if not str(path).strip():
        raise DiscourseError("no raw path was given; name a raw file or a folder of them")
    root = Path(path)
    if root.is_file():
        return {_shown(Path(root.name)): (root, find_passport(root, root.parent, {}))}
    if not root.is_dir():
        state = "is no regular file" if root.exists() else "does not exist"
        raise DiscourseError(f"{root} {state}; name a raw file or a folder of them")
    passports: dict[Path, Passport] = {}
    found = {
        _shown(file.relative_to(root)): (file, find_passport(file, root, passports))
        for file in _walk(root)
    }
    return dict(sorted(found.items()))


def _walk(root: Path) -> Iterator[Path]:
    """Yield files, without recursion: folders can be nested deeper than Python's stack."""
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            yield folder  # no file: it is told and set aside like one that cannot be read
            continue
        for entry in entries:
            if entry.name.startswith(_HIDDEN) or entry.name == PASSPORT:
                continue
            if entry.is_dir(follow_symlinks=False):
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
