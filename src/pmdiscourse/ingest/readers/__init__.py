"""Readers: one function a family of raw formats, and the registry that names them.

A new format is one function and one line in `READERS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import PurePath

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.readers.jsonl import read_jsonl
from pmdiscourse.ingest.readers.pages import read_flattened
from pmdiscourse.ingest.readers.tabular import read_tabular
from pmdiscourse.ingest.readers.web import read_html
from pmdiscourse.ingest.records import Record, Refused

Reader = Callable[[str], Iterable[Record | Refused]]

READERS: dict[str, Reader] = {
    ".txt": read_flattened,
    ".text": read_flattened,
    ".md": read_flattened,
    ".html": read_html,
    ".htm": read_html,
    ".csv": read_tabular,
    ".tsv": read_tabular,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
}
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S
)


def find_reader(name: str, text: str) -> Reader:
    """Return the reader of a file.

    Parameters
    ----------
    name : str
        File name; its ending chooses the reader.
    text : str
        Decoded text; a page that starts as HTML is read as HTML whatever its name.

    Raises
    ------
    DiscourseError
        If no reader knows the ending.
    """
    ending = PurePath(name).suffix.lower()
    if ending not in READERS:
        raise DiscourseError(f"no reader for {ending or 'a file without ending'}")
    return read_html if _HTML.match(text) else READERS[ending]
