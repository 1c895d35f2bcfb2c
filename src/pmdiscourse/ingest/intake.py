"""Raw files into the working table: each record a post, or set aside with its reason."""

from __future__ import annotations

import hashlib
import lzma
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml.etree import LxmlError
from tqdm import tqdm
from zstandard import ZstdError

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.archives import unpack
from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.drafts import make_draft, shown
from pmdiscourse.ingest.limits import time_limit
from pmdiscourse.ingest.passport import Passport
from pmdiscourse.ingest.readers import find_format
from pmdiscourse.ingest.records import Notice, Record, Refused, UnreadableError
from pmdiscourse.ingest.worktable import FileWriter, WorkTable
from pmdiscourse.settings import Settings

# What parsers and file systems raise on broken input; anything else is a fault of this program.
_BROKEN = (
    *(LxmlError, ZstdError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, EOFError, OSError),
    *(ValueError, RecursionError, MemoryError, OverflowError),
)
_SETTLED_NANOSECONDS = 100_000_000  # a file changed within this time of its reading is read again


class Intake:
    """Reads raw files into a working table.

    Parameters
    ----------
    table : WorkTable
        Filled.
    settings : Settings
        Limits.
    key : bytes
        Key of the pseudonyms; empty keeps the names as scraped.
    """

    def __init__(self, table: WorkTable, *, settings: Settings, key: bytes) -> None:
        self._table = table
        self._settings = settings
        self._key = key

    def read(
        self, files: dict[str, tuple[Path, Passport]], *, progress: bool = False
    ) -> dict[str, int]:
        """Bring the working table up to date with the raw files.

        Parameters
        ----------
        files : dict of str to (Path, Passport)
            Every raw file by its shown name.
        progress : bool, default=False
            Show a progress bar on a terminal.

        Returns
        -------
        dict of str to int
            How many files were ``new``, ``changed``, ``unchanged`` (not read again), ``removed``.
        """
        held = self._table.signatures()
        told = Counter(new=0, changed=0, removed=0, unchanged=0)
        for name in held.keys() - files.keys():
            with self._table.connection:
                self._table.forget(name)
            told["removed"] += 1
        bar = tqdm(files.items(), desc="reading", unit="file", disable=None if progress else True)
        for name, (path, passport) in bar:
            described = passport.as_dict()
            signature = _signature(path)
            if signature and held.get(name) == (signature, described):
                told["unchanged"] += 1
                continue
            told["changed" if name in held else "new"] += 1
            with self._table.new_file(name, described) as writer:
                self._read_file(name, path, passport, writer)
                writer.signature = signature if signature == _signature(path) else ""
        return dict(told)

    def _read_file(self, name: str, path: Path, passport: Passport, writer: FileWriter) -> None:
        writer.facts = {"file": name, "bytes": 0, "sha256": "", "masked": {}, "quoted": 0}
        try:
            writer.facts |= _fingerprint(path, self._settings)
            raw = Document.of_file(name, path, self._settings, passport.columns)
            for document in unpack(raw):
                if isinstance(document, Refused):
                    _set_aside(writer, name, document)
                else:
                    self._read_document(document, passport, writer)
        except _BROKEN as error:
            _set_aside(writer, name, _refuse(error, 0))
        writer.facts["records"] = writer.n_records

    def _read_document(self, document: Document, passport: Passport, writer: FileWriter) -> None:
        last = 0
        records: Iterator[Record | Refused | Notice] = iter(())
        try:
            with time_limit(self._settings.max_document_seconds):
                known = find_format(document)
            records = iter(known.read(document))
            while (record := self._next(records)) is not None:
                last = record.number
                self._take(record, document, passport, writer)
        except _BROKEN as error:
            _set_aside(writer, document.name, _refuse(error, last))
        writer.facts["encodings"] = sorted(
            {*writer.facts.get("encodings", []), *document.encodings}
        )

    def _next(
        self, records: Iterator[Record | Refused | Notice]
    ) -> Record | Refused | Notice | None:
        with time_limit(self._settings.max_document_seconds):
            return next(records, None)

    def _take(
        self, record: Record | Refused | Notice, document: Document, passport: Passport,
        writer: FileWriter,
    ) -> None:  # fmt: skip
        if not isinstance(record, Record):
            _set_aside(writer, document.name, record)
            return
        try:
            with time_limit(self._settings.max_document_seconds):
                draft = make_draft(record, document=document.name, passport=passport, key=self._key)
        except _BROKEN as error:
            refused = Refused(record.number, _reason(error), "look at this record, or remove it")
            _set_aside(writer, document.name, refused)
            return
        if draft is None:
            refused = Refused(record.number, "no letter and no digit", "remove it")
            _set_aside(writer, document.name, refused)
            return
        writer.add_post(draft.keys, draft.texts)
        if draft.dropped:
            text = shown(record.text)
            writer.add_aside("dropped", document.name, record.number, draft.dropped, text)
        writer.add_lines(document.name, record.lines)
        writer.facts["quoted"] += record.quoted
        writer.facts["masked"] = Counter(writer.facts["masked"]) + draft.masked


def _set_aside(writer: FileWriter, document: str, record: Refused | Notice) -> None:
    if isinstance(record, Notice):
        writer.add_aside("notice", document, record.number, record.what, record.what_to_do)
    else:
        writer.add_aside("quarantined", document, record.number, record.reason, record.what_to_do)


def _refuse(error: BaseException, last: int) -> Refused:
    """Say what became of a document that could not be read to its end."""
    if isinstance(error, UnreadableError) and not last:
        return Refused(0, str(error), error.what_to_do)
    if last:
        return Refused(
            last + 1,
            f"not read from here on: {_reason(error)}",
            f"what comes before (up to record {last}) is in; mend the rest and run again",
        )
    return Refused(0, _reason(error), "save its text as .txt, or remove it")


def _reason(error: BaseException) -> str:
    if isinstance(error, DiscourseError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return f"not readable: {type(error).__name__}: {str(error)[:200]}"


def _signature(path: Path) -> str:
    """Describe a file's state without reading it; "" if it cannot be told, or changed just now."""
    try:
        state = path.stat()
    except OSError:
        return ""
    if time.time_ns() - state.st_mtime_ns < _SETTLED_NANOSECONDS:
        return ""
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}"


def _fingerprint(path: Path, settings: Settings) -> dict[str, Any]:
    """Return size and SHA-256 of a raw file, if it is one that may be read."""
    if path.is_dir():
        if path.is_symlink():
            raise UnreadableError("a link to a folder: not followed", "put the folder itself here")
        raise UnreadableError("a folder that cannot be listed", "get the right to read it")
    if not path.is_file():
        reason = "not a regular file: a pipe, a device, a socket or a broken link"
        raise UnreadableError(reason, "put the file itself here, or remove this")
    size = path.stat().st_size
    if size > settings.max_file_bytes:
        reason = f"{size} bytes, more than max_file_bytes {settings.max_file_bytes}"
        raise UnreadableError(reason, "split it, or raise the setting")
    with path.open("rb") as stream:
        return {"bytes": size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}
