"""CSV and TSV: a header row, then one post a row. Every row is read, or refused by its number."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator

from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.readers.fields import (
    FIELDS,
    TEXT_FIELDS,
    first_filled,
    row_to_record,
)
from pmdiscourse.ingest.records import Record, Refused

_DELIMITERS = ",;\t|"
_NAME_A_COLUMN = "name a column one of: " + ", ".join(TEXT_FIELDS)


def read_tabular(document: Document) -> Iterator[Record | Refused]:
    """Yield a record for each row.

    Parameters
    ----------
    document : Document
        The file; the delimiter is the commonest of comma, semicolon, tab and bar
        in the header.

    Yields
    ------
    Record or Refused
        A row with too few or too many fields is refused, not padded.
    """
    text = document.text
    csv.field_size_limit(sys.maxsize)  # essays are longer than the module's 131 072 characters
    text = text.lstrip("\r\n")
    delimiter = max(_DELIMITERS, key=text.split("\n", 1)[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [name.strip().lower() for name in next(rows, [])]
    if not set(header) & (set(TEXT_FIELDS) | set(FIELDS["title"])):
        known = all(re.fullmatch(r"[\w .-]{1,30}", name) for name in header)
        names = ", ".join(header)[:200] if known else f"{len(header)} fields, no names of columns"
        yield Refused(0, f"no text column; the header is: {names}", _NAME_A_COLUMN)
        return
    records = list(_read_rows(rows, header))
    if not records:
        yield Refused(0, "a header and no rows", "export it again, or remove it")
    elif _ends_in_quotes(text, delimiter):
        number = len(records)
        records[-1] = Refused(number, "a quote opens here and never closes", "close the quote")
    yield from records


def _read_rows(rows: Iterator[list[str]], header: list[str]) -> Iterator[Record | Refused]:
    number = 0
    try:
        for number, row in enumerate((row for row in rows if row), start=1):
            if len(row) != len(header):
                reason = f"{len(row)} fields where the header has {len(header)}"
                yield Refused(number, reason, "check quotes and delimiters of this row")
            else:
                yield row_to_record(first_filled(zip(header, row, strict=True)), number)
    except csv.Error as error:
        yield Refused(number + 1, f"not readable as CSV: {error}", "check quotes from this row on")


def _ends_in_quotes(text: str, delimiter: str) -> bool:
    """Tell whether the file ends inside quotes: its last row has swallowed all rows below."""
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False
