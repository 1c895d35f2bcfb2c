"""CSV files that spreadsheets open without harm: label sheets and what belongs to them."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from pmdiscourse.codebook import Codebook
from pmdiscourse.csv_cells import UNWRITABLE, safe_text
from pmdiscourse.errors import DiscourseError
from pmdiscourse.store import write_atomic

# What stands left and right of the themes; context is for the coder and not read back.
BEFORE = ("passage_id", "coder")
CONTEXT = ("before", "after")
NOTE = "note"
CODEBOOK_COLUMNS = ("theme", "definition", "include", "exclude")
ANSWERS = ("1", "0", "?")
# Excel cuts a cell at 32,767 characters; a longer text goes on in the next column.
MAX_CELL = 32_000
# "5-May" or "10 am" become dates and times; nothing longer than this does.
_LONGEST_DATE = 30
_LIKE_A_DATE = re.compile(
    r"\b(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|"
    r"oct(ober)?|nov(ember)?|dec(ember)?)\b|\d\s?[ap]m\b",
    re.IGNORECASE,
)
# What spreadsheets make of an answer: 1.0 or 1,00 in a cell formatted as a number, TRUE in one
# formatted as a truth value, '1 in one formatted as text.
_NUMBER = re.compile(r"'?([01])(?:[.,]0+)?")
_TRUTH = {"true": "1", "false": "0"}
# The mark of UTF-8, where a program took the file for the character set of Western Windows.
_GARBLED_MARK = "\ufeff".encode().decode("cp1252")


def safe_cell(text: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would run or turn into a number.

    As `safe_text`, but what would become a number, a date or a truth value is kept as text too.

    Examples
    --------
    >>> safe_cell("=1+1"), safe_cell("12e4"), safe_cell("We shipped.")
    ("'=1+1", "'12e4", 'We shipped.')
    """
    text = UNWRITABLE.sub(" ", text)
    if text in ANSWERS:
        return text  # what a coder wrote, when a sheet is written anew
    return f"'{text}" if _is_number(text) else safe_text(text)


def plain_cell(cell: str) -> str:
    """Take off the apostrophe that `safe_cell` put before a cell.

    Examples
    --------
    >>> plain_cell("'=1+1"), plain_cell("'Tis late")
    ('=1+1', "'Tis late")
    """
    bare = cell.removeprefix("'")
    return bare if safe_cell(bare) == cell else cell


def plain_answer(cell: str) -> str:
    """Read an answer as a coder meant it, whatever a spreadsheet made of it.

    Examples
    --------
    >>> [plain_answer(cell) for cell in ("1.0", "0,00", "TRUE", "'1", "?", "2")]
    ['1', '0', '1', '1', '?', '2']
    """
    number = _NUMBER.fullmatch(cell)
    return number[1] if number else _TRUTH.get(cell.casefold(), cell.removeprefix("'"))


def _is_number(text: str) -> bool:
    """Tell whether a spreadsheet may take a text for a number, a date, a time or a truth value."""
    try:
        float(text)
    except ValueError:
        if not any(map(str.isdigit, text)):
            return text.casefold() in _TRUTH
        dated = len(text) <= _LONGEST_DATE and _LIKE_A_DATE.search(text) is not None
        return dated or not any(map(str.isalpha, text))
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


def write_sheet(path: Path, texts: pd.DataFrame, *, themes: Sequence[str], coder: str) -> None:
    """Write a sheet to fill in: no score, no stratum, an empty cell for every theme.

    Parameters
    ----------
    path : Path
        The CSV file.
    texts : DataFrame
        before, text and after, strings; indexed by passage_id, in the order of the rows. A text
        of more than 32,000 characters goes on in columns ``text 2``, ``text 3`` ...
    themes : sequence of str
        Theme names.
    coder : str
        Who will fill it in.
    """
    empty = dict.fromkeys([*themes, NOTE], "")
    rows = [
        {"passage_id": str(passage), "coder": coder, **seen, **empty}
        for passage, seen in texts.to_dict("index").items()
    ]
    write_rows(path, rows, columns=sheet_columns(themes))


def sheet_columns(themes: Sequence[str]) -> list[str]:
    """Name the columns of a label sheet."""
    return [*BEFORE, CONTEXT[0], "text", CONTEXT[1], *themes, NOTE]


def write_rows(path: Path, rows: Sequence[Mapping[str, str]], *, columns: Sequence[str]) -> None:
    """Write rows of a sheet; the column ``text`` becomes as many as the longest text needs."""
    longest = max((len(row["text"]) for row in rows), default=0)
    place, parts = columns.index("text"), text_columns(-(-longest // MAX_CELL))
    header = [*columns[:place], *parts, *columns[place + 1 :]]
    cut = [
        row | dict(zip(parts, _cut(row["text"], len(parts)), strict=True))
        for row in map(dict, rows)
    ]
    write_csv(path, header, [[row[name] for name in header] for row in cut])


def text_columns(n: int) -> list[str]:
    """Name the columns of a text that fills n cells.

    Examples
    --------
    >>> text_columns(3)
    ['text', 'text 2', 'text 3']
    """
    return ["text", *(f"text {number}" for number in range(2, n + 1))]


def _cut(text: str, n: int) -> list[str]:
    return [text[number * MAX_CELL : (number + 1) * MAX_CELL] for number in range(n)]


def write_codebook(path: Path, codebook: Codebook) -> None:
    """Write what a coder needs to know of each theme."""
    write_csv(path, CODEBOOK_COLUMNS, codebook_rows(codebook))


def codebook_rows(codebook: Codebook) -> list[list[str]]:
    """Return a row with `CODEBOOK_COLUMNS` for each theme."""
    return [
        [theme.name, theme.definition, "; ".join(theme.include), "; ".join(theme.exclude)]
        for theme in codebook.themes
    ]


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
    header = "".join(text.splitlines()[:1])
    if _GARBLED_MARK in header:
        raise DiscourseError(
            f"{path} was opened as another character set than UTF-8 and saved with garbled "
            "letters; open the sheet as it was written, with the character set Unicode (UTF-8), "
            "and copy the answers there"
        )
    delimiter = max(",;\t", key=header.count)
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
