"""Where the numbers of a report come from: raw files, settings, versions, the state of the code."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pmdiscourse.run_id import find_run_id

Table = tuple[str, list[tuple[str, ...]]]
MANY_FILES = 12  # from here on the list of raw files is closed
_MOST_FILES = 50
_PROJECT = Path(__file__).parents[3]
_CODE = ("src", "notebooks")  # what a page depends on; other files of the project do not


def describe_run(manifest: Mapping[str, Any], *, names: bool = True) -> list[Table]:
    """Return the provenance tables: inputs by hash, and what the run was made with.

    Parameters
    ----------
    manifest : mapping
        ``run.json`` of a run.
    names : bool, default=True
        False numbers the raw files instead: a copied page is often named after its title.

    Returns
    -------
    list of (caption, rows)
        The first row is the heading. No clock time and no path outside RAW is told.
    """
    inputs = manifest.get("inputs", [])
    files = [
        (
            _file_name(str(one.get("file", "")), number, names=names),
            f"{one.get('records', 0):,}",
            str(one.get("sha256", "")),
        )
        for number, one in enumerate(inputs[:_MOST_FILES], start=1)
    ]
    if len(inputs) > _MOST_FILES:
        files.append((f"and {len(inputs) - _MOST_FILES:,} more, listed in run.json", "", ""))
    made = [("run", find_run_id(manifest)), ("commit of the software", find_commit())]
    for part in ("codebook", "model", "labels", "proxy", "settings", "versions"):
        made += _flatten(part, manifest.get(part, {}))
    return [
        ("Raw files", [("file", "records", "SHA-256"), *files]),
        ("What the run was made with", [("what", "value"), *made]),
    ]


def _file_name(name: str, number: int, *, names: bool) -> str:
    """Return the name of a raw file, or its number and ending."""
    return name if names else f"file {number}{PurePosixPath(name).suffix}"


def _flatten(what: str, value: Any) -> Iterator[tuple[str, str]]:
    """Turn a value of the manifest into rows of two texts."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if key != "reason":  # why labels were not used may name a folder
                yield from _flatten(f"{what} {key}".replace("_", " "), one)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for row in value:
            first, *rest = (_plain(one) for one in row.values())
            yield f"{what} {first}".replace("_", " "), ", ".join(rest)
    else:
        yield what, _plain(value)


def _plain(value: Any) -> str:
    """Write a value of the manifest; of a folder only its name, for paths tell who ran it."""
    if isinstance(value, str):
        return Path(value).name if "/" in value or "\\" in value else value or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def find_commit(folder: Path = _PROJECT) -> str:
    """Return the commit that the software runs from, and whether its code was changed since.

    Parameters
    ----------
    folder : Path
        Folder of the project; by default the one that this module lies in.

    Returns
    -------
    str
        ``"0123...: as committed"``, ``"0123... with changes since"``, or that it is no checkout.
    """
    if not (folder / ".git").exists():  # an installed copy must not name somebody else's commit
        return "not known: not run from a git checkout"
    commit = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--", *_CODE)
    if commit is None or changes is None:
        return "not known: git did not answer"
    return f"{commit} with changes since" if changes else f"{commit}, as committed"


def _git(folder: Path, *arguments: str) -> str | None:
    """Ask git something without changing anything; None if it does not answer."""
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
