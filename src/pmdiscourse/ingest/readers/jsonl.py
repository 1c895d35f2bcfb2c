"""JSON lines: one object a line. A torn line is refused by its number, the others are read."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.readers.fields import first_filled, row_to_record
from pmdiscourse.ingest.records import Record, Refused


def read_jsonl(document: Document) -> Iterator[Record | Refused]:
    """Yield a record for each line.

    Parameters
    ----------
    document : Document
        The file; empty lines are passed over.

    Yields
    ------
    Record or Refused
    """
    text = document.text
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, object_pairs_hook=_row, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            yield Refused(number, f"not readable as JSON: {error}", "mend or remove this line")
            continue
        if not isinstance(row, dict):
            yield Refused(number, f"a JSON {type(row).__name__}", "write one object a line")
            continue
        yield row_to_record(row, number)


def _row(pairs: list[tuple[str, object]]) -> dict[str, str]:
    return first_filled((name.lower(), _as_text(value)) for name, value in pairs)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON value")


def _as_text(value: object) -> str:
    """Return a scalar as text; objects, lists, null and false count as missing."""
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return ""
    return str(value)
