"""Readers: one module a family of raw formats, and the registry that names the formats.

A new format is one function and one line in `FORMATS` (in `jsons.SHAPES` or `xml.ROOTS` if it is a
kind of JSON or XML). What a document is shows in its content; its name decides only between formats
that look alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.readers.jsonl import read_jsonl
from pmdiscourse.ingest.readers.pages import read_flattened
from pmdiscourse.ingest.readers.tabular import read_tabular
from pmdiscourse.ingest.readers.web import read_html
from pmdiscourse.ingest.records import Notice, Record, Refused, UnreadableError

Reader = Callable[[Document], Iterable[Record | Refused | Notice]]


@dataclass(frozen=True)
class Format:
    """A raw format: its name, the endings it goes by, how its content shows, and its reader.

    Parameters
    ----------
    name : str
        For people.
    endings : tuple of str
        With dot, lower case.
    shows : callable or None
        Takes a document, tells from its head whether it has this format; None if the content alone
        cannot tell: then the ending decides.
    read : callable
        The reader.
    """

    name: str
    endings: tuple[str, ...]
    shows: Callable[[Document], bool] | None
    read: Reader


_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S
)


def _is_html(document: Document) -> bool:
    return _HTML.match(document.head_text) is not None


# The first format whose content shows wins, else the first with the ending.
FORMATS: tuple[Format, ...] = (
    Format("HTML page", (".html", ".htm"), _is_html, read_html),
    Format("JSON lines", (".jsonl", ".ndjson"), None, read_jsonl),
    Format("table", (".csv", ".tsv"), None, read_tabular),
    Format("text", (".txt", ".text", ".md"), None, read_flattened),
)
ENDINGS = tuple(ending for known in FORMATS for ending in known.endings)


def find_format(document: Document) -> Format:
    """Return the format of a document.

    Raises
    ------
    DiscourseError
        If neither its content nor its ending is known.
    """
    if not document.head.strip():
        raise UnreadableError("empty file", "scrape it again, or remove it")
    for known in FORMATS:
        if known.shows and known.shows(document):
            return known
    for known in FORMATS:
        if document.ending in known.endings:
            return known
    raise UnreadableError(
        f"no reader for {document.ending or 'a file without ending'}",
        f"save it as one of {', '.join(ENDINGS)}, or remove it",
    )
