"""Archives and packed files become the documents inside; nothing is ever written to disk."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.members import (
    StrictHeader,
    harmless_name,
    is_hidden,
    part_of,
    saved_page,
    unreadable,
)
from pmdiscourse.ingest.passport import PASSPORT
from pmdiscourse.ingest.records import Notice, Refused, UnreadableError
from pmdiscourse.ingest.signatures import archive_kind, foreign_kind, office_kind
from pmdiscourse.ingest.streams import (
    FAULTS,
    Budget,
    Tally,
    damage,
    open_counted,
    open_packed,
)

_MAX_LAYERS = 3  # an archive in an archive is common, e.g. dumps.zip/posts.tar.gz; more is not
_PACKED_ENDING = re.compile(r"\.(gz|gzip|bz2|xz|zst|zstd)$", re.IGNORECASE)
_TAR_ENDING = re.compile(r"\.(tgz|tbz2?|txz|tzst)$", re.IGNORECASE)
_UNPACK = "unpack it with another program and use the files inside"
_HEAD_BYTES = 65_536

Found = Document | Refused | Notice


def unpack(document: Document) -> Iterator[Found]:
    """Yield the documents inside an archive or packed file; of any other document, itself.

    Read are gzip, bzip2, xz, Zstandard, zip, tar and MHTML, known by their first bytes, up to
    three layers deep. Members are opened lazily and decompressed as they are read: read each one
    before taking the next.

    Left out without a word, as in a raw folder: directories, hidden members (their own name or
    that of a directory begins with "." or "~") and the debris of desktops (`__MACOSX`,
    `Thumbs.db`, `desktop.ini`).

    Parameters
    ----------
    document : Document
        A raw file. Its settings limit the growth (`max_expansion`) and what is held in memory
        (`max_document_bytes`: archives inside archives, members of a tar).

    Yields
    ------
    Document
        ``archive.zip/member.html``. Names are made harmless and unique.
    Refused
        A member, or the whole file, that cannot be read: numbered by the members' order, 0 if the
        file is no archive at all (a picture, an Office document).
    Notice
        A passport inside, or a member's name that points outside of the archive.
    """
    yield from _Unpacker(document).walk(document, 0)


class _Member(Document):
    """A document whose first bytes show even if it breaks off among them."""

    @cached_property
    def head(self) -> bytes:
        head = b""
        try:
            with self.opener() as stream:
                while len(head) < _HEAD_BYTES and (
                    data := _read_some(stream, _HEAD_BYTES - len(head))
                ):
                    head += data
        except DiscourseError:
            if not head:
                raise
        return head


class _Unpacker:
    """Walks through one raw file: a budget, a number for every member, names given once."""

    def __init__(self, document: Document) -> None:
        self._settings = document.settings
        self._columns = document.columns
        self._budget = Budget(document.size, document.settings)
        self._names: Counter[str] = Counter()
        self._number = 0

    def walk(self, document: Document, layer: int) -> Iterator[Found]:
        """Yield a document, or what is inside."""
        try:
            head = document.head
        except DiscourseError as error:
            yield self._refuse(document, layer, *_told(error))
            return
        kind = archive_kind(head, document.ending)
        if foreign := foreign_kind(head) if not kind else None:
            yield self._refuse(document, layer, *foreign)
        elif not kind:
            yield document
        elif layer == _MAX_LAYERS:
            reason = f"an archive inside {_MAX_LAYERS} others"
            yield self._refuse(document, layer, reason, _UNPACK)
        else:
            yield from self._open(kind, document, layer)

    def _open(self, kind: str, document: Document, layer: int) -> Iterator[Found]:
        openers = {"zip": self._zip, "tar": self._tar, "mhtml": self._mhtml}
        found = False
        try:
            inside = openers[kind](document, layer) if kind in openers else None
            for member in inside or self._single(kind, document, layer):
                found = True
                yield member
            if not found:
                yield self._refuse(document, layer, "an archive with no file inside", "remove it")
        except FAULTS as error:
            yield self._refuse(document, layer, *_told(damage(error)), after=found)

    def _single(self, kind: str, document: Document, layer: int) -> Iterator[Found]:
        outer = PurePosixPath(document.name).name
        inner = _TAR_ENDING.sub(".tar", _PACKED_ENDING.sub("", outer))
        tally = Tally(self._budget)
        yield from self.walk(
            self._document(
                f"{document.name}/{inner}",
                lambda: open_counted(lambda: open_packed(kind, document.opener()), tally),
                document.size,
            ),
            layer + 1,
        )

    def _zip(self, document: Document, layer: int) -> Iterator[Found]:
        # a zip is read from its end: inside of another archive it must be held
        with (
            document.opener() if layer == 0 else io.BytesIO(document.data()) as source,
            zipfile.ZipFile(source) as archive,
        ):
            if what := office_kind(archive.namelist()):
                todo = "open it, save its text as .txt or its table as .csv, and use that"
                yield self._refuse(document, layer, what, todo)
                return
            for member in archive.infolist():
                if member.filename.endswith(("/", "\\")) or is_hidden(member.filename):
                    continue
                name = yield from self._name(document, member.filename)
                if not name:
                    continue
                if why := unreadable(member):
                    yield self._refuse_member(name, why, _UNPACK)
                    continue
                opener = _zip_opener(archive, member, Tally(self._budget))
                inside = self._document(name, opener, member.compress_size)
                yield from self.walk(inside, layer + 1)

    def _tar(self, document: Document, layer: int) -> Iterator[Found]:
        with (
            document.opener() as source,
            tarfile.open(fileobj=source, mode="r|", tarinfo=StrictHeader) as archive,
        ):
            while (member := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined]  # all would be held
                if member.isdir() or is_hidden(member.name):
                    continue
                name = yield from self._name(document, member.name)
                if not name:
                    continue
                if not member.isreg() or member.issparse():
                    yield self._refuse_member(name, "a link, device or file with holes", _UNPACK)
                    continue
                opener = self._tar_opener(document, archive, member)
                yield from self.walk(self._document(name, opener, member.size), layer + 1)

    def _mhtml(self, document: Document, layer: int) -> Iterator[Found]:
        page, frames = saved_page(document.data())
        if page is not None:
            name = f"{document.name}/page.html"
            inside = self._document(name, lambda: io.BytesIO(page), len(page))
            yield from self.walk(inside, layer + 1)
        if frames:
            what = f"{document.name}: frames inside of the saved page: {frames}"
            yield Notice(self._number, what, "save them as pages of their own if they are wanted")

    def _tar_opener(
        self, document: Document, archive: tarfile.TarFile, member: tarfile.TarInfo
    ) -> Callable[[], BinaryIO]:
        """Hold a member, or, if it is large, read the archive again up to it."""
        if member.size <= self._settings.max_document_bytes:
            stream = archive.extractfile(member)
            data = stream.read() if stream else b""
            return lambda: io.BytesIO(data)
        return lambda: part_of(document.opener(), member.offset_data, member.size)

    def _document(self, name: str, opener: Callable[[], BinaryIO], size: int) -> Document:
        return _Member(name, opener, size, self._settings, self._columns)

    def _name(self, document: Document, raw: str) -> Generator[Found, None, str]:
        """Count a member and return its shown name; "" if it is told and done with."""
        self._number += 1
        self._budget.check()
        name, pointed_outside = harmless_name(raw)
        name = name or f"member {self._number}"
        if PurePosixPath(name).name == PASSPORT:
            what = f"{document.name}/{name}: a passport inside an archive is not read"
            yield Notice(self._number, what, "put it beside the archive")
            return ""
        if pointed_outside:
            what = f"a member's name points outside of the archive; it is read as {name}"
            yield Notice(self._number, what, "nothing was written; ask who packed it")
        return self._unique(f"{document.name}/{name}")

    def _unique(self, name: str) -> str:
        """Return a name that no other member has: the second a.txt is "a (2).txt"."""
        path = PurePosixPath(name)
        shown = name
        while shown in self._names:
            self._names[name] += 1
            shown = str(path.with_name(f"{path.stem} ({self._names[name]}){path.suffix}"))
        self._names[shown] = 1
        return shown

    def _refuse_member(self, name: str, reason: str, todo: str) -> Refused:
        return Refused(self._number, f"{name}: {reason}", todo)

    def _refuse(
        self, document: Document, layer: int, reason: str, todo: str, *, after: bool = False
    ) -> Refused:
        """Refuse a file under number 0, a member under its own, the rest under the next."""
        if layer:
            self._number += after
            return self._refuse_member(document.name, reason, todo)
        self._number += after
        return Refused(self._number if after else 0, reason, todo)


def _told(error: DiscourseError) -> tuple[str, str]:
    return str(error), error.what_to_do if isinstance(error, UnreadableError) else _UNPACK


def _read_some(stream: Any, size: int) -> bytes:
    """Return what one step of decompression gives; none at the end."""
    return bytes(stream.read1(size))


def _zip_opener(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, tally: Tally
) -> Callable[[], BinaryIO]:
    return lambda: open_counted(lambda: archive.open(member), tally)
