"""CSV and TSV: a header row, then one post a row. Every row is read, or refused by its number."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.readers.fields import Item, Row, read_rows
from pmdiscourse.ingest.readers.jsons import find_shape
from pmdiscourse.ingest.readers.names import place, squash
from pmdiscourse.ingest.records import Notice, Record, Refused

_DELIMITERS = ",;\t|"
_EXCEL = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_CARRIAGE = re.compile(r"(?<=\r)(?!\n)")
_NAME = re.compile(r"[\w .:/()#-]{1,40}")


def read_tabular(document: Document) -> Iterator[Record | Refused | Notice]:
    """Yield a record for each row.

    Parameters
    ----------
    document : Document
        The file, streamed. Comma, semicolon, tab or bar: the delimiter with which the header has
        most known names and most of the first rows as many fields as the header; Excel's line
        ``sep=;`` is followed.

    Yields
    ------
    Record, Refused or Notice
        Rows are numbered from 1 below the header. A row with too few or too many fields is refused,
        not padded; so is one with a line that cannot be decoded, and one whose quote never closes.
    """
    table = _Table(document)
    known = any(place(squash(name)).field in ("text", "title") for name in table.header)
    if table.lines.damage:
        yield Refused(0, f"the header: {table.lines.damage.reason}", "save the file as UTF-8")
    elif known or document.columns or _are_names(table.header):
        seen = False
        for item in read_rows(table.items(), document.columns, called="the header is"):
            seen = seen or not isinstance(item, Notice)
            yield item
        if not seen:
            yield Refused(0, "a header and no rows", "export it again, or remove it")
    else:
        reason = f"no text column; the header is: {len(table.header)} fields, no names of columns"
        yield Refused(0, reason, "write the names of the columns into the first row")


def is_table(document: Document) -> bool:
    r"""Tell whether a document that is not called a table is one, by its header alone.

    >>> is_table(Document.of_bytes("scrape.txt", b"id;author;body\n1;Ana;We shipped it."))
    True
    >>> is_table(Document.of_bytes("essay.txt", b"Title, body and date: what a form asks for"))
    False
    """
    lines = document.head_text.lstrip("\ufeff").splitlines()[:2]
    if len(lines) < 2:
        return False
    delimiter = max(_DELIMITERS, key=lines[0].count)
    names = [squash(name.strip(' "')) for name in lines[0].split(delimiter)]
    fields = [place(name).field for name in names if name]
    return (
        "text" in fields
        and len(set(filter(None, fields))) >= 2  # one word may stand in any line
        and all(name and _NAME.fullmatch(name) for name in names)
        and lines[1].count(delimiter) > 0
    )


def _are_names(header: list[str]) -> bool:
    """Tell whether a first row can be names of columns: short, and no number among them."""
    return all(_NAME.fullmatch(name) and not name.isdigit() for name in header if name)


class _Lines:
    """The lines of a document for `csv.reader`, and those that the present row took.

    A line that cannot be read damages the row that it stands in; between rows it is one.
    """

    def __init__(self, document: Document) -> None:
        self.taken: list[str] = []
        self.damage: Refused | None = None
        self.ended = False
        self._lines = document.lines()
        self._waiting: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while not self._waiting:
            line = next(self._lines, None)
            if line is None:
                self.ended = True
                raise StopIteration
            if not isinstance(line, Refused):
                self._waiting = _CARRIAGE.split(line[1])[::-1]  # old Mac files end lines with \r
            elif self.taken:
                self.damage = line
            else:
                self.damage = line
                self._waiting = ["\n"]
        self.taken.append(self._waiting.pop())
        return self.taken[-1]

    def start_row(self) -> None:
        """Forget the lines of the row before."""
        self.taken, self.damage = [], None

    def give_back(self) -> None:
        """Give the lines of the present row back, but the first."""
        self.ended = False
        self._waiting += self.taken[:0:-1]


class _Table:
    """The rows of one file, as they come."""

    def __init__(self, document: Document) -> None:
        # essays are longer than the module's 131 072 characters; the limit has no other place
        csv.field_size_limit(document.settings.max_document_bytes)
        self.lines = _Lines(document)
        self._dialect = _sniff(document.head_text)
        self._rows = csv.reader(self.lines, **self._dialect)
        self.header = self._read_header()
        self._mapped = frozenset(squash(name) for name in document.columns.values())
        self._left_out: Counter[str] = Counter()

    def _read_header(self) -> list[str]:
        for row in self._rows:
            text = "".join(self.lines.taken).strip()
            if self.lines.damage or (text and not _EXCEL.fullmatch(text)):
                return [name.strip().strip("\ufeff") for name in row]
            self.lines.start_row()
        return []

    def items(self) -> Iterator[Item]:
        """Yield what each row gives, then what a person should know of the table."""
        for name, times in Counter(filter(None, map(squash, self.header))).items():
            if times > 1:
                what = f"{times} columns are called {name!r}"
                yield Notice(0, what, "the first that is filled is read; rename the others")
        numbers = count(1)
        while True:
            self.lines.start_row()
            try:
                row = next(self._rows, None)
            except csv.Error as error:  # a field over the limit: go on below the line it began in
                self._read_on_below()
                todo = "check the quotes of this row: perhaps one opens and never closes"
                yield Refused(next(numbers), f"not readable as CSV: {error}", todo)
                continue
            if row is None:
                break
            yield from self._row(row, numbers)
        for what, times in self._left_out.items():
            yield Notice(0, f"{times} {what} left out", "nothing to do")

    def _row(self, row: list[str], numbers: Iterator[int]) -> Iterator[Item]:
        width, lines = len(self.header), len(self.lines.taken)
        if self.lines.damage:
            yield Refused(next(numbers), self.lines.damage.reason, self.lines.damage.what_to_do)
        elif (self.lines.ended or lines > 1) and (reason := self._open_quote()):
            below = "are read as rows of their own" if self._give_back() else "are not read"
            told = f"; the {lines - 1} lines below it {below}" if lines > 1 else ""
            yield Refused(next(numbers), reason, f"close the quote{told}")
        elif not row:
            return
        elif not any(field.strip() for field in row):
            self._left_out["empty rows"] += 1
        elif [field.strip() for field in row] == self.header:
            self._left_out["rows that repeat the header"] += 1
        elif len(row) < width or any(field.strip() for field in row[width:]):
            over = f" (over {lines} lines)" if lines > 1 else ""
            reason = f"{len(row)} fields where the header has {width}{over}"
            yield Refused(next(numbers), reason, "check quotes and delimiters of this row")
        else:
            pairs = list(zip(self.header, row, strict=False))
            shape = find_shape(dict(reversed(pairs)), self._mapped)
            if shape:
                yield from shape.read(dict(reversed(pairs)), numbers)
            else:
                yield Row(next(numbers), pairs)

    def _open_quote(self) -> str:
        """Tell how the quote of a row of several lines is broken; "" if it is not."""
        if self.lines.ended:  # the reader asked for more in the midst of the row
            return "a quote opens here and never closes"
        try:
            for _ in csv.reader(self.lines.taken, strict=True, **self._dialect):
                pass
        except csv.Error:
            return "a quote opens here and closes in the midst of a line below"
        return ""

    def _give_back(self) -> bool:
        """Let the lines below the first be read as rows, if that is what they are.

        They are if each fits a header of three fields or more: in two, prose fits by chance.
        """
        try:
            below = list(csv.reader(self.lines.taken[1:], strict=True, **self._dialect))
        except csv.Error:
            return False
        fits = bool(below) and all(len(row) == len(self.header) for row in below if row)
        if fits and len(self.header) > 2:
            self._read_on_below()
            return True
        return False

    def _read_on_below(self) -> None:
        self.lines.give_back()
        self._rows = csv.reader(self.lines, **self._dialect)


def _sniff(head: str) -> dict[str, Any]:
    """Return how a table is written: its delimiter, and how quotes stand inside of quotes."""
    lines = _CARRIAGE.sub("\n", head.lstrip("\ufeff\r\n")).split("\n")
    lines = lines[:-1] if len(lines) > 2 else lines  # the last may be cut
    if lines and (excel := _EXCEL.fullmatch(lines[0])):
        return {"delimiter": excel[1]}
    ways: list[dict[str, Any]] = [{}]
    if '\\"' in head:
        ways.append({"escapechar": "\\", "doublequote": False})
    dialects = [{"delimiter": mark} | way for mark in _DELIMITERS for way in ways]
    dialects.append({"delimiter": "\t", "quoting": csv.QUOTE_NONE})
    return max(dialects, key=lambda dialect: _fit(lines, dialect))


def _fit(lines: list[str], dialect: dict[str, Any]) -> tuple[int, bool, float, int]:
    """Return known names of the header, order of quotes, share of rows that fit it, its width."""
    read: list[list[str]] = []
    try:
        read += filter(None, csv.reader(lines, **dialect))
        for _ in csv.reader(lines, strict=True, **dialect):
            pass
        in_order = True
    except csv.Error as error:
        in_order = "unexpected end" in str(error)  # the sample may be cut there
    header, *rows = read or [[]]
    known = len({place(squash(name)).field for name in header} - {""})
    share = sum(len(row) == len(header) for row in rows) / max(len(rows), 1)
    return known, in_order, share, len(header)
