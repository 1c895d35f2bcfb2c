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
from pmdiscourse.ingest.drafts import Draft, make_draft, shown
from pmdiscourse.ingest.limits import TookTooLongError, time_limit
from pmdiscourse.ingest.passport import Passport
from pmdiscourse.ingest.privacy import mask_personal
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
            signature, settled = _signature(path)
            if settled and held.get(name) == (signature, described):
                told["unchanged"] += 1
                continue
            told["changed" if name in held else "new"] += 1
            with self._table.new_file(name, described) as writer:
                self._read_file(name, path, passport, writer)
                if signature != _signature(path)[0]:
                    what = "changed while it was read: old and new may be mixed"
                    writer.add_aside("notice", name, 0, what, "run again: it is read anew")
                elif settled and writer.lasting:
                    writer.signature = signature
        return dict(told)

    def _read_file(self, name: str, path: Path, passport: Passport, writer: FileWriter) -> None:
        writer.facts = {"file": name, "bytes": 0, "sha256": "", "masked": {}, "quoted": 0}
        try:
            writer.facts |= _fingerprint(path, self._settings)
            raw = Document.of_file(name, path, self._settings, passport.columns)
            for document in unpack(raw):
                if isinstance(document, Document):
                    self._read_document(document, passport, writer)
                else:
                    _set_aside(writer, name, document)
        except _BROKEN as error:
            _set_fault_aside(writer, name, error, 0)
        writer.facts["records"] = writer.n_records

    def _read_document(self, document: Document, passport: Passport, writer: FileWriter) -> None:
        last = 0
        records: Iterator[Record | Refused | Notice] = iter(())
        try:
            with time_limit(self._settings.max_document_seconds):
                known = find_format(document)
            records = iter(known.read(document))
            while (found := self._next(records, document.name, passport, writer)) is not None:
                if isinstance(found, tuple):
                    last = found[0].number
                    _take(*found, document.name, writer)
                else:
                    last = found.number
                    _set_aside(writer, document.name, found)
        except _BROKEN as error:
            _set_fault_aside(writer, document.name, error, last)
        writer.facts["encodings"] = sorted(
            {*writer.facts.get("encodings", []), *document.encodings}
        )

    def _next(
        self, records: Iterator[Record | Refused | Notice], document: str, passport: Passport,
        writer: FileWriter,
    ) -> tuple[Record, Draft] | Refused | Notice | None:  # fmt: skip
        """Read the next record and make its draft, within the seconds that it may take."""
        with time_limit(self._settings.max_document_seconds):
            record = next(records, None)
            if not isinstance(record, Record):
                return record
            try:
                draft = make_draft(
                    record, document=document, passport=passport, key=self._key,
                    names_model=self._settings.names_model if self._settings.mask_names else "",
                )  # fmt: skip
            except _BROKEN as error:
                writer.lasting &= not _may_pass(error)
                what_to_do = "look at this record, or remove it"
                return Refused(record.number, _reason(error), what_to_do)
            if draft is None:
                return Refused(record.number, "no letter and no digit", "remove it")
            return record, draft


def _take(record: Record, draft: Draft, document: str, writer: FileWriter) -> None:
    writer.add_post(draft.keys, draft.texts)
    if draft.dropped:
        text = shown(record.text)
        writer.add_aside("dropped", document, record.number, draft.dropped, text)
    writer.add_lines(document, record.lines)
    writer.facts["quoted"] += record.quoted
    if draft.masked:
        writer.facts["masked"] = Counter(writer.facts["masked"]) + draft.masked


def _set_aside(writer: FileWriter, document: str, record: Refused | Notice) -> None:
    """Keep a reason or a notice; what a parser says of a text may quote it, so it is masked too."""
    if isinstance(record, Notice):
        what, why = "notice", record.what
    else:
        what, why = "quarantined", record.reason
    why = mask_personal(why).text
    writer.add_aside(what, document, record.number, why, record.what_to_do)


def _set_fault_aside(writer: FileWriter, document: str, error: Exception, last: int) -> None:
    writer.lasting &= not _may_pass(error)
    _set_aside(writer, document, _refuse(error, last))


def _may_pass(error: Exception) -> bool:
    """Tell whether a fault may lie in the machine, not in the file: then the file is tried again.

    A missing right, too little memory, a slow moment; parsers set no number of the system's.
    """
    of_the_system = isinstance(error, OSError) and error.errno is not None
    return of_the_system or isinstance(error, MemoryError | TookTooLongError)


def _refuse(error: Exception, last: int) -> Refused:
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


def _reason(error: Exception) -> str:
    if isinstance(error, DiscourseError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return f"not readable: {type(error).__name__}: {str(error)[:200]}"


def _signature(path: Path) -> tuple[str, bool]:
    """Describe a file's state without reading it, and tell whether it has settled.

    What cannot be told has not; nor has a file that changed so short ago that a change right after
    the reading could leave the same times.
    """
    try:
        state = path.stat()
    except OSError:
        return "", False
    settled = time.time_ns() - state.st_mtime_ns >= _SETTLED_NANOSECONDS
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}", settled


def _fingerprint(path: Path, settings: Settings) -> dict[str, Any]:
    """Return size and SHA-256 of a raw file, if it is one that may be read."""
    if path.is_dir():
        if path.is_symlink():
            raise UnreadableError("a link to a folder: not followed", "put the folder itself here")
        raise UnreadableError("a folder that cannot be listed", "get the right to read it")
    if not path.is_symlink() and not path.exists():
        raise UnreadableError("removed since the folder was listed", "run again")
    if not path.is_file():
        reason = "not a regular file: a pipe, a device, a socket or a broken link"
        raise UnreadableError(reason, "put the file itself here, or remove this")
    size = path.stat().st_size
    if size > settings.max_file_bytes:
        reason = f"{size} bytes, more than max_file_bytes {settings.max_file_bytes}"
        raise UnreadableError(reason, "split it, or raise the setting")
    with path.open("rb") as stream:
        return {"bytes": size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}
