"""Label sheets as CSV files that spreadsheets open without harm, and reading them back."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from pmdiscourse.codebook import Codebook
from pmdiscourse.errors import DiscourseError, invalid, unknown
from pmdiscourse.store import write_atomic

PRESENT = {"1": True, "0": False, "?": None}
BEFORE = ("passage_id", "coder", "text")
AFTER = ("note",)
# OWASP, CSV Injection: a cell that starts so is run as a formula by Excel and LibreOffice.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SHOWN_FAULTS = 10


def safe_cell(text: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would run or turn into a number.

    Examples
    --------
    >>> safe_cell("=1+1"), safe_cell("12e4"), safe_cell("We shipped.")
    ("'=1+1", "'12e4", 'We shipped.')
    """
    return f"'{text}" if text.startswith(_FORMULA) or _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def text_sha256(text: str) -> str:
    """Hash the letters and digits of a text: spacing, quotes and apostrophes may change.

    Examples
    --------
    >>> text_sha256("'=We  shipped") == text_sha256("=We shipped.")
    True
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return hashlib.sha256("".join(filter(str.isalnum, folded)).encode("utf-8")).hexdigest()


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a CSV file for people: cells made safe, and a mark that lets Excel see UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    write_atomic(path, buffer.getvalue().encode("utf-8-sig"))


def write_sheet(path: Path, texts: pd.Series, *, themes: Sequence[str], coder: str) -> None:
    """Write a sheet to fill in: no score, no stratum, an empty cell for every theme.

    Parameters
    ----------
    path : Path
        The CSV file.
    texts : Series
        Text of each passage by passage_id, in the order of the rows.
    themes : sequence of str
        Theme names.
    coder : str
        Who will fill it in.
    """
    empty = [""] * (len(themes) + len(AFTER))
    rows = [[str(passage), coder, str(text), *empty] for passage, text in texts.items()]
    write_csv(path, [*BEFORE, *themes, *AFTER], rows)


def write_codebook(path: Path, codebook: Codebook) -> None:
    """Write what a coder needs to know of each theme."""
    rows = [
        [theme.name, theme.definition, "; ".join(theme.include), "; ".join(theme.exclude)]
        for theme in codebook.themes
    ]
    write_csv(path, ["theme", "definition", "include", "exclude"], rows)


def read_rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Read a CSV file that a spreadsheet may have saved.

    Parameters
    ----------
    path : Path
        UTF-8, with or without the mark; cells set apart by commas, semicolons or tabs.

    Returns
    -------
    tuple
        The column names, and the rows that are not empty with their number in the spreadsheet
        (the header is row 1). Empty cells at the end of a row are dropped.

    Raises
    ------
    DiscourseError
        If the file is missing, not UTF-8 or not CSV.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise DiscourseError(
            f"{path} does not exist; draw passages with `pmdiscourse label draw DIR`"
        ) from error
    except UnicodeDecodeError as error:
        raise DiscourseError(
            f"{path} is no CSV file in UTF-8; save it again as 'CSV UTF-8' (Excel) or as "
            "'Text CSV' with the character set Unicode (UTF-8) (LibreOffice)"
        ) from error
    header = text.splitlines()[:1]
    delimiter = max(",;\t", key="".join(header).count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [_trimmed(row) for row in reader]
    except csv.Error as error:
        raise DiscourseError(
            f"{path} cannot be read as CSV near line {reader.line_num}: {error}"
        ) from error
    filled = [(number, row) for number, row in enumerate(rows, start=1) if row]
    return (filled[0][1], filled[1:]) if filled else ([], [])


def _trimmed(row: list[str]) -> list[str]:
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def read_sheet(path: Path, known: pd.Series, themes: Sequence[str]) -> pd.DataFrame:
    """Read a filled sheet and check every cell.

    Parameters
    ----------
    path : Path
        The CSV file.
    known : Series
        Hash of each drawn passage's text (`text_sha256`) by passage_id; "" is not compared.
    themes : sequence of str
        Theme names.

    Returns
    -------
    DataFrame
        passage_id, theme, coder, present (nullable boolean) for every cell that is filled.

    Raises
    ------
    DiscourseError
        Naming row and column of each fault, ten at most.
    """
    columns, rows = read_rows(path)
    _check_columns(path, columns, themes)
    hashes = {str(passage): str(value) for passage, value in known.items()}
    labels, faults = [], []
    seen: dict[tuple[str, str], int] = {}
    for number, cells in rows:
        if len(cells) > len(columns):
            faults.append(f"row {number}: {len(cells)} cells, the header has {len(columns)}")
            continue
        row = dict(itertools.zip_longest(columns, cells, fillvalue=""))
        row |= {name: row[name].removeprefix("'") for name in ("passage_id", "coder")}
        first = seen.setdefault((row["passage_id"], row["coder"]), number)
        if first != number:
            faults.append(
                f"row {number}, column 'passage_id': {row['passage_id']} stands in row {first} too"
            )
        faults.extend(f"row {number}, {fault}" for fault in _row_faults(row, hashes, themes))
        filled = [theme for theme in themes if row[theme]]
        labels += [
            (row["passage_id"], theme, row["coder"], PRESENT.get(row[theme])) for theme in filled
        ]
    faults += _missing_rows(hashes, {passage for passage, _ in seen})
    if faults:
        more = len(faults) - _SHOWN_FAULTS
        listed = faults[:_SHOWN_FAULTS] + ([f"and {more} more"] if more > 0 else [])
        raise DiscourseError(f"{path} is not usable:\n  " + "\n  ".join(listed))
    frame = pd.DataFrame(labels, columns=["passage_id", "theme", "coder", "present"])
    return frame.astype({"passage_id": str, "theme": str, "coder": str, "present": "boolean"})


def _check_columns(path: Path, columns: list[str], themes: Sequence[str]) -> None:
    wanted = [*BEFORE, *themes, *AFTER]
    for column in columns:
        if column not in wanted:
            raise unknown(f"{path}: column", got=column, known=wanted)
    missing = [column for column in wanted if column not in (*columns, *AFTER)]
    if missing or len(set(columns)) < len(columns):
        raise invalid(
            f"{path}: header",
            got=columns,
            allowed=f"each of {', '.join(wanted)} once",
            hint=f"Missing: {', '.join(missing)}." if missing else "",
        )


def _row_faults(
    row: dict[str, str], hashes: dict[str, str], themes: Sequence[str]
) -> Iterator[str]:
    """Name what is wrong in one row."""
    passage = row["passage_id"]
    if passage not in hashes:
        yield (
            f"column 'passage_id': {passage!r} was not drawn for this sheet (did a spreadsheet "
            "change it? Copy it from the design file beside the sheet)"
        )
    elif hashes[passage] and text_sha256(row["text"]) != hashes[passage]:
        yield "column 'text': the passage was edited; undo that, and write into 'note' instead"
    if not row["coder"] and any(row[theme] for theme in themes):
        yield "column 'coder': empty; write who coded this row"
    for theme in themes:
        if row[theme] and row[theme] not in PRESENT:
            yield (
                f"column {theme!r}: got {row[theme]!r}, allowed are 1 (present), 0 (absent), "
                "? (unsure) or nothing"
            )


def _missing_rows(hashes: dict[str, str], seen: set[str]) -> list[str]:
    """Name drawn passages without a row: leaving hard cases out would bend the estimate."""
    missing = [passage for passage in hashes if passage not in seen]
    if not missing:
        return []
    return [
        f"{len(missing)} drawn passages have no row, first {missing[0]}; put the rows back, "
        "their cells may stay empty"
    ]
