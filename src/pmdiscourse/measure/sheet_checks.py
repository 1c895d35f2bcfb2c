"""Reading filled sheets back: every cell is checked, every fault named by row and column."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from pmdiscourse.errors import DiscourseError, invalid, unknown
from pmdiscourse.measure.decisions import ROLES
from pmdiscourse.measure.sheets import (
    BEFORE,
    CONTEXT,
    NOTE,
    plain_answer,
    plain_cell,
    read_rows,
    text_sha256,
)

PRESENT = {"1": True, "0": False, "?": None}
_TEXT = re.compile(r"text( \d+)?")
_SHOWN_FAULTS = 10
Row = dict[str, str]


@dataclass(frozen=True)
class Drawn:
    """What a sheet may hold.

    Parameters
    ----------
    hashes : mapping of str to str
        Hash of each drawn passage's text (`text_sha256`) by passage_id; "" is not compared.
    themes : sequence of str
        Theme names.
    elsewhere : mapping of str to str, default={}
        Sheet that a passage of another wave or coder belongs to, for the wording of the fault.
    coded : collection of (passage_id, theme, coder), default=()
        What these coders may not code again: a second reading takes another person.
    """

    hashes: Mapping[str, str]
    themes: Sequence[str]
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    coded: Collection[tuple[str, str, str]] = ()


def read_sheet(path: Path, drawn: Drawn, *, whole: bool = True, role: str = "") -> pd.DataFrame:
    """Read a filled sheet and check every cell.

    Parameters
    ----------
    path : Path
        The CSV file.
    drawn : Drawn
        What it may hold.
    whole : bool, default=True
        Whether each drawn passage must have a row.
    role : str, default=""
        Added to the coders' names; see `pmdiscourse.measure.decisions`.

    Returns
    -------
    DataFrame
        passage_id, theme, coder, present (nullable boolean) for every cell that is filled.

    Raises
    ------
    DiscourseError
        Naming row and column of each fault, ten at most.
    """
    needed = [*BEFORE, "text", *drawn.themes]
    rows, faults = open_sheet(path, needed=needed, answers=drawn.themes)
    labels = []
    seen: dict[tuple[str, str], int] = {}
    for number, row in rows:
        first = seen.setdefault((row["passage_id"], row["coder"]), number)
        if first != number:
            faults.append(
                f"row {number}, column 'passage_id': {row['passage_id']} stands in row {first} too"
            )
        faults.extend(f"row {number}, {fault}" for fault in _row_faults(row, drawn))
        filled = [theme for theme in drawn.themes if row[theme]]
        coder = row["coder"] + role
        labels += [(row["passage_id"], theme, coder, PRESENT.get(row[theme])) for theme in filled]
    if whole:
        faults += _missing_rows(drawn.hashes, {passage for passage, _ in seen})
    raise_faults(path, faults)
    frame = pd.DataFrame(labels, columns=["passage_id", "theme", "coder", "present"])
    return frame.astype({"passage_id": str, "theme": str, "coder": str, "present": "boolean"})


def open_sheet(
    path: Path,
    *,
    needed: Sequence[str],
    answers: Sequence[str] = (),
    extra: Sequence[str] = (*CONTEXT, NOTE),
) -> tuple[list[tuple[int, Row]], list[str]]:
    """Read the rows of a sheet as dictionaries.

    Parameters
    ----------
    path : Path
        The CSV file.
    needed : sequence of str
        Columns it must have. What the columns ``text``, ``text 2`` ... hold is joined.
    answers : sequence of str, default=()
        Those that hold answers (`plain_answer`).
    extra : sequence of str
        Columns it may lack.

    Returns
    -------
    tuple
        The rows with their number in the spreadsheet, and the faults of their shape.

    Raises
    ------
    DiscourseError
        If the file cannot be read or its header is not usable.
    """
    columns, rows = read_rows(path)
    _check_columns(path, columns, needed, extra)
    texts = [name for name in columns if _TEXT.fullmatch(name)]
    kept, faults = [], []
    for number, cells in rows:
        if len(cells) > len(columns):
            faults.append(f"row {number}: {len(cells)} cells, the header has {len(columns)}")
            continue
        row = dict.fromkeys([*needed, *extra], "")
        read = dict(itertools.zip_longest(columns, cells, fillvalue=""))
        row |= {
            name: (plain_answer if name in answers else plain_cell)(cell)
            for name, cell in read.items()
        }
        row["text"] = "".join(row[name] for name in texts)
        kept.append((number, row))
    return kept, faults


def raise_faults(path: Path, faults: Sequence[str]) -> None:
    """Raise an error that lists the faults of a file, if there are any.

    Raises
    ------
    DiscourseError
        With ten faults at most.
    """
    if not faults:
        return
    more = len(faults) - _SHOWN_FAULTS
    listed = [*faults[:_SHOWN_FAULTS], *([f"and {more} more"] if more > 0 else [])]
    raise DiscourseError(f"{path} is not usable:\n  " + "\n  ".join(listed))


def place_faults(row: Row, drawn: Drawn) -> Iterator[str]:
    """Name what is wrong with the passage of a row and with who coded it."""
    passage = row["passage_id"]
    if passage in drawn.elsewhere and passage not in drawn.hashes:
        yield f"column 'passage_id': {passage!r} belongs to {drawn.elsewhere[passage]}"
    elif passage not in drawn.hashes:
        yield (
            f"column 'passage_id': {passage!r} was not drawn for this sheet (did a spreadsheet "
            "change it? Copy it from the design file beside the sheet)"
        )
    elif drawn.hashes[passage] and text_sha256(row["text"]) != drawn.hashes[passage]:
        yield "column 'text': the passage was edited; undo that, and write into 'note' instead"
    if row["coder"].endswith(ROLES):
        yield f"column 'coder': {row['coder']!r} ends like a part that is added; leave that out"


def value_fault(column: str, value: str) -> str:
    """Name what is wrong with an answer, "" if nothing."""
    if not value or value in PRESENT:
        return ""
    allowed = "1 (present), 0 (absent), ? (unsure) or nothing"
    return f"column {column!r}: got {value!r}, allowed are {allowed}"


def _row_faults(row: Row, drawn: Drawn) -> Iterator[str]:
    """Name what is wrong in one row of a label sheet."""
    yield from place_faults(row, drawn)
    if not row["coder"] and any(row[theme] for theme in drawn.themes):
        yield "column 'coder': empty; write who coded this row"
    for theme in drawn.themes:
        if row[theme] and (row["passage_id"], theme, row["coder"]) in drawn.coded:
            yield (
                f"column 'coder': {row['coder']} coded {theme!r} of this passage before; another "
                "person must read it again"
            )
    yield from filter(None, (value_fault(theme, row[theme]) for theme in drawn.themes))


def _check_columns(
    path: Path, columns: list[str], needed: Sequence[str], extra: Sequence[str]
) -> None:
    wanted = [*needed, *extra]
    for column in columns:
        if column not in wanted and not _TEXT.fullmatch(column):
            raise unknown(f"{path}: column", got=column, known=wanted)
    missing = [column for column in needed if column not in columns]
    if missing or len(set(columns)) < len(columns):
        raise invalid(
            f"{path}: header",
            got=columns,
            allowed=f"each of {', '.join(wanted)} once",
            hint=f"Missing: {', '.join(missing)}." if missing else "",
        )


def _missing_rows(hashes: Mapping[str, str], seen: Collection[str]) -> list[str]:
    """Name drawn passages without a row: leaving hard cases out would bend the estimate."""
    missing = [passage for passage in hashes if passage not in seen]
    if not missing:
        return []
    return [
        f"{len(missing)} drawn passages have no row, first {missing[0]}; put the rows back, "
        "their cells may stay empty"
    ]
