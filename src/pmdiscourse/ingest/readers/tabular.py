"""CSV and TSV: a header row, then one post a row. Every row is read, or refused by its number."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator

from pmdiscourse.ingest.readers.fields import FIELDS, TEXT_FIELDS, row_to_record
from pmdiscourse.ingest.records import Record, Refused

_DELIMITERS = ",;\t|"


def read_tabular(text: str) -> Iterator[Record | Refused]:
    """Yield a record for each row.

    Parameters
    ----------
    text : str
        Decoded text of the file; the delimiter is the commonest of comma, semicolon, tab and bar
        in the header.

    Yields
    ------
    Record or Refused
        A row with too few or too many fields is refused, not padded.
    """
    csv.field_size_limit(sys.maxsize)  # essays are longer than the module's 131 072 characters
    header_line = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=header_line.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [name.strip().lower() for name in next(rows, [])]
    if not set(header) & (set(TEXT_FIELDS) | set(FIELDS["title"])):
        yield Refused(
            0,
            f"no text column; the header is: {', '.join(header)[:200]}",
            "name a column one of: " + ", ".join(TEXT_FIELDS),
        )
        return
    number = 0
    try:
        for number, row in enumerate((row for row in rows if row), start=1):
            if len(row) != len(header):
                yield Refused(
                    number,
                    f"{len(row)} fields where the header has {len(header)}",
                    "check quotes and delimiters of this row",
                )
            else:
                yield row_to_record(dict(zip(header, row, strict=True)), number)
    except csv.Error as error:
        yield Refused(number + 1, f"not readable as CSV: {error}", "check quotes from this row on")
