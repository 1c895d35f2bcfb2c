"""One raw document, a file or a member of an archive, as bytes, text or lines, within limits."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import BinaryIO

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.decode import Decoded, decode
from pmdiscourse.ingest.records import Refused, UnreadableError
from pmdiscourse.settings import Settings

_HEAD_BYTES = 65_536
_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Document:
    """One raw document as the readers see it.

    Parameters
    ----------
    name : str
        Path below the raw folder; members of an archive are ``archive.zip/member.html``.
    opener : callable
        Returns a fresh binary stream from the document's start; decompressed, never the network.
    size : int
        Bytes of the raw file (packed, if it is packed).
    settings : Settings
        Limits.
    columns : mapping of str to str, default={}
        The passport's column mapping: our field name to the name in the file.
    encodings : set of str
        Filled while the document is read: the encodings that were met.
    """

    name: str
    opener: Callable[[], BinaryIO]
    size: int
    settings: Settings
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    encodings: set[str] = field(default_factory=set)

    @classmethod
    def of_bytes(cls, name: str, data: bytes, settings: Settings | None = None) -> Document:
        """Return a document that lies in memory.

        >>> Document.of_bytes("a.TXT", b"Hello").ending
        '.txt'
        """
        return cls(name, lambda: io.BytesIO(data), len(data), settings or Settings())

    @classmethod
    def of_file(
        cls, name: str, path: Path, settings: Settings, columns: Mapping[str, str]
    ) -> Document:
        """Return a document that is a file."""
        return cls(name, lambda: path.open("rb"), path.stat().st_size, settings, columns)

    @cached_property
    def ending(self) -> str:
        """Ending of the name with its dot, lower case; "" if there is none."""
        return PurePosixPath(self.name).suffix.lower()

    @cached_property
    def head(self) -> bytes:
        """The first 64 KiB, or all of a smaller document."""
        with self.opener() as stream:
            return stream.read(_HEAD_BYTES)

    @cached_property
    def head_text(self) -> str:
        """The head as text, as far as it can be read; without a byte order mark."""
        for mark, encoding in zip(_WIDE, ("utf-32", "utf-32", "utf-16", "utf-16"), strict=True):
            if self.head.startswith(mark):
                return self.head.decode(encoding, "ignore")
        return self.head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")

    @cached_property
    def decoded(self) -> Decoded:
        """The whole document as text; for formats that must be held whole.

        Raises
        ------
        DiscourseError
            If it is larger than `max_document_bytes`, empty or not text.
        """
        decoded = decode(self.data())
        self.encodings.add(decoded.encoding)
        return decoded

    @property
    def text(self) -> str:
        """The text of `decoded`."""
        return self.decoded.text

    def data(self) -> bytes:
        """Return all bytes of the document, at most `max_document_bytes`."""
        limit = self.settings.max_document_bytes
        with self.opener() as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            reason = f"more than max_document_bytes ({limit}) that must be held whole"
            raise UnreadableError(reason, "split it, save it as JSON lines, or raise the setting")
        if not data.strip():
            raise UnreadableError("empty file", "scrape it again, or remove it")
        return data

    def lines(self) -> Iterator[tuple[int, str] | Refused]:
        """Yield the document line by line, with 1-based numbers; memory holds one line.

        Each line keeps its line break. Lines are decoded on their own, so that one line in another
        encoding damages no other. A line over `max_document_bytes` or of no encoding is refused.
        """
        if self.head.startswith(_WIDE):
            yield from self._wide_lines()
            return
        limit = self.settings.max_document_bytes
        with self.opener() as stream:
            for number, raw in enumerate(_long_lines(stream, limit), start=1):
                line = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
                if len(line) > limit:
                    reason = f"a line of more than max_document_bytes ({limit})"
                    yield Refused(number, reason, "split it, or raise the setting")
                    continue
                try:
                    text = line.decode("utf-8")
                    self.encodings.add("utf-8")
                    yield number, text
                except UnicodeDecodeError:
                    yield self._decode_line(number, line)

    def _wide_lines(self) -> Iterator[tuple[int, str]]:
        """Yield lines of UTF-16 or UTF-32, which cannot be cut at bytes."""
        yield from enumerate(self.text.splitlines(keepends=True), start=1)

    @cached_property
    def _legacy(self) -> str:
        """The encoding of lines that are not UTF-8: told by all such lines of the head together."""
        damaged = [line for line in self.head.split(b"\n")[:-1] if not _is_utf8(line)]
        try:
            return decode(b"\n".join(damaged)).encoding if damaged else "cp1252"
        except DiscourseError:
            return "cp1252"  # the web's commonest after UTF-8

    def _decode_line(self, number: int, line: bytes) -> tuple[int, str] | Refused:
        try:
            decoded = Decoded(line.decode(self._legacy), self._legacy, "detected")
        except (UnicodeDecodeError, LookupError):
            try:
                decoded = decode(line)
            except DiscourseError as error:
                return Refused(number, str(error), "save the file as UTF-8")
        self.encodings.add(decoded.encoding)
        return number, decoded.text


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _long_lines(stream: BinaryIO, limit: int) -> Iterator[bytes]:
    """Yield lines; of one over the limit its start, one byte longer than the limit."""
    while line := stream.readline(limit + 1):
        yield line
        while len(line) > limit and not line.endswith(b"\n"):
            line = stream.readline(limit + 1)  # the rest is passed over in pieces
            if len(line) <= limit:
                break
