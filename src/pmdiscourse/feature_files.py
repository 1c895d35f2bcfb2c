"""Figures of texts that may not be shared: which columns the files have, and that no text is in.

Every cell has to match the pattern of its column before anything is written, and again when it is
read. No pattern lets two words through.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.errors import DiscourseError, invalid, unknown
from pmdiscourse.store import write_atomic

PASSAGES, FACTS = "passages.csv", "features.json"
HELD_OUT, HELD_OUT_FACTS = "held_out.csv", "held_out.json"
_BEGIN = 200  # bytes by which a file is known
DECIMALS = 4  # of scores; tags were set before rounding
_COUNT, _HASH = r"\d{1,7}", r"([0-9a-f]{20}(-\d{1,6})?)?"
COLUMNS = {
    "essay": _COUNT,
    "kind": "essay|comment",
    "post": _COUNT,
    "position": _COUNT,
    "n_words": _COUNT,
    "post_id": _HASH,
    "passage_id": _HASH,
}
BY_THEME = {"score": r"([01]\.\d{4})?", "tagged": "[01]?", "coded": "[01]?"}
_VALUE = re.compile(r"[\w.+-]{0,64}", re.ASCII)  # a name, a version, a hash


def column_pattern(column: str, themes: Sequence[str]) -> str:
    """Return what a cell of a column may hold.

    Parameters
    ----------
    column : str
        One of `COLUMNS`, or one of `BY_THEME`, an underscore and a theme.
    themes : sequence of str
        Themes of the codebook.

    Raises
    ------
    DiscourseError
        If there is no such column.

    Examples
    --------
    >>> column_pattern("tagged_blame", ["blame"])
    '[01]?'
    """
    known = COLUMNS | {f"{what}_{t}": held for t in themes for what, held in BY_THEME.items()}
    if column not in known:
        raise unknown("column of the figures", got=column, known=known)
    return known[column]


def check_rows(rows: Sequence[Sequence[str]], themes: Sequence[str], name: str) -> None:
    """Check that a table holds figures only.

    Parameters
    ----------
    rows : sequence of sequence of str
        The heading, then the cells as they stand in the file.
    themes : sequence of str
        Themes of the codebook.
    name : str
        Name of the file, for errors.

    Raises
    ------
    DiscourseError
        If a column is not allowed, a row has another length, or a cell holds anything else than its
        column allows. The cell is not repeated: it may be text of others.
    """
    if not rows:
        raise DiscourseError(f"{name} has no heading; make it again")
    patterns = [column_pattern(column, themes) for column in rows[0]]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(patterns):
            raise DiscourseError(f"{name}, line {number}: {len(patterns)} cells are needed")
        for column, pattern, cell in zip(rows[0], patterns, row, strict=True):
            if not re.fullmatch(pattern, cell, re.ASCII):
                raise DiscourseError(
                    f"{name}, line {number}: column {column!r} holds something else than figures; "
                    "nothing but numbers, kinds and hashes may be written here"
                )


def check_facts(facts: Mapping[str, Any], name: str) -> None:
    """Check that no value of the facts, and no key, has a space or more than 64 characters.

    Raises
    ------
    DiscourseError
        If one has; it is not repeated.
    """
    for text in _strings(facts):
        if not _VALUE.fullmatch(text):
            raise DiscourseError(f"{name} may hold names, versions, hashes and numbers only")


def _strings(value: Any) -> Iterator[str]:
    """Yield every string in nested lists and dictionaries."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def write_figures(
    directory: Path, name: str, frame: pd.DataFrame, *, themes: Sequence[str]
) -> None:
    """Write a table of figures as CSV, after checking every cell.

    Parameters
    ----------
    directory : Path
        Folder; made if needed.
    name : str
        `PASSAGES` or `HELD_OUT`.
    frame : DataFrame
        Columns as in `COLUMNS` and `BY_THEME`; missing values become empty cells, booleans 0 and 1.
    themes : sequence of str
        Themes of the codebook.

    Raises
    ------
    DiscourseError
        As in `check_rows`; then nothing is written.
    """
    rows = [list(map(str, frame.columns))]
    rows += [[_cell(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    check_rows(rows, themes, name)
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    write_atomic(directory / name, buffer.getvalue())


def _cell(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, float):
        return f"{value:.{DECIMALS}f}"
    return str(int(value)) if pd.api.types.is_bool(value) else str(value)


def require_own(directory: Path) -> None:
    """Refuse a folder in which figures would overwrite files that are none.

    Parameters
    ----------
    directory : Path
        Folder for the figures; it need not be there.

    Raises
    ------
    DiscourseError
        If it is no folder, or holds ``passages.csv`` or ``features.json`` of something else.
    """
    if directory.exists() and not directory.is_dir():
        raise invalid(str(directory), got="a file", allowed="a folder to write the figures into")
    for name, column in ((PASSAGES, "essay,kind,post,position"), (FACTS, "{")):
        path = directory / name
        if not path.exists():
            continue
        begin = path.read_bytes()[:_BEGIN].decode("utf-8", "replace") if path.is_file() else ""
        if not begin.startswith(column) or (name == FACTS and '"format"' not in begin):
            raise DiscourseError(
                f"{path} holds no figures of texts and would be overwritten; move it away, or name "
                "another folder with --out"
            )


def write_facts(directory: Path, name: str, facts: Mapping[str, Any]) -> None:
    """Write how figures were made as JSON, after checking every value."""
    check_facts(facts, name)
    write_atomic(directory / name, json.dumps(facts, indent=1) + "\n")


def read_facts(directory: str | Path, name: str = FACTS) -> dict[str, Any]:
    """Read how figures were made.

    Raises
    ------
    DiscourseError
        If the file is missing, or is not one of this project.
    """
    path = Path(directory) / name
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DiscourseError(f"{path} cannot be read: {error}. {_mend(directory)}") from error
    if not isinstance(facts, dict) or not isinstance(facts.get("themes"), dict):
        raise DiscourseError(f"{path} does not tell of figures. {_mend(directory)}")
    check_facts(facts, name)
    return facts


def read_figures(directory: str | Path, name: str = PASSAGES) -> pd.DataFrame:
    """Read a table of figures.

    Parameters
    ----------
    directory : str or Path
        Folder that `pmdiscourse features` wrote.
    name : str, default=PASSAGES
        `PASSAGES` or `HELD_OUT`.

    Returns
    -------
    DataFrame
        Counts as int64, scores as float64, tagged and coded as boolean (missing where a passage was
        not scored or not coded), kinds and hashes as str.

    Raises
    ------
    DiscourseError
        If a file is missing, or holds anything else than figures.
    """
    themes = list(read_facts(directory)["themes"])
    path = Path(directory) / name
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines(), strict=True))
    except (OSError, ValueError, csv.Error) as error:
        raise DiscourseError(f"{path} cannot be read: {error}. {_mend(directory)}") from error
    check_rows(rows, themes, name)
    frame = pd.DataFrame(rows[1:], columns=rows[0], dtype="str")
    if len(set(rows[0])) < len(rows[0]):
        raise invalid(f"heading of {name}", got=rows[0], allowed="each column once")
    for column in frame.columns:
        pattern = column_pattern(str(column), themes)
        if pattern == _COUNT:
            frame[column] = frame[column].astype("int64")
        elif pattern == BY_THEME["score"]:
            frame[column] = pd.to_numeric(frame[column].replace("", None))
        elif pattern == BY_THEME["tagged"]:
            values = {"1": True, "0": False}
            frame[column] = frame[column].map(values).astype("boolean")
    return frame


def _mend(directory: str | Path) -> str:
    return f"Make it with: pmdiscourse features RAW --out {directory}"
