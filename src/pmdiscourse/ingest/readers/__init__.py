"""Readers: one module a family of raw formats, and the registry that names the formats.

A new format is one function and one line in `FORMATS` (in `jsons.SHAPES` or `xml.ROOTS` if it is a
kind of JSON or XML). What a document is shows in its content; its name decides only between formats
that look alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.readers.exports import (
    is_medium,
    is_substack_index,
    read_medium,
    read_substack_index,
)
from pmdiscourse.ingest.readers.jsons import is_json, read_json
from pmdiscourse.ingest.readers.pages import read_flattened
from pmdiscourse.ingest.readers.tabular import is_table, read_tabular
from pmdiscourse.ingest.readers.web import is_html, read_html
from pmdiscourse.ingest.readers.xml import is_xml, read_xml
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


# The first format whose content shows wins, else the first with the ending.
FORMATS: tuple[Format, ...] = (
    Format("Medium export", (), is_medium, read_medium),
    Format("HTML page", (".html", ".htm"), is_html, read_html),
    Format("XML dump", (".xml", ".rss", ".atom"), is_xml, read_xml),
    Format("JSON", (".json", ".jsonl", ".ndjson"), is_json, read_json),
    Format("Substack list", (), is_substack_index, read_substack_index),
    Format("table", (".csv", ".tsv"), is_table, read_tabular),
    Format("text", (".txt", ".text", ".md", ".markdown", ""), None, read_flattened),
)
ENDINGS = tuple(ending for known in FORMATS for ending in known.endings if ending)


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
        f"no reader for {document.ending}",
        f"save it as one of {', '.join(ENDINGS)}, or remove it",
    )
