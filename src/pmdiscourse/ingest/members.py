"""Members of archives: their names made harmless, what cannot be read, and strict reading."""

from __future__ import annotations

import contextlib
import io
import re
import stat
import tarfile
import zipfile
from email import message_from_bytes
from typing import IO, Any, BinaryIO

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.streams import damage

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NAME_LENGTH = 255
_HIDDEN = re.compile(r"^(?:[.~].*|__MACOSX|thumbs\.db|desktop\.ini)$", re.IGNORECASE)
_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz", 99: "AES"}
_PAX_BYTES = 1_000_000  # the longest honest header of a tar member


def harmless_name(raw: str) -> tuple[str, bool]:
    r"""Return a member's name without ways out of the archive, and whether it had one.

    Examples
    --------
    >>> harmless_name("../../etc/a.txt"), harmless_name("C:\\notes\\b.txt")
    (('etc/a.txt', True), ('notes/b.txt', True))
    >>> harmless_name("a\nb.txt")
    ('a\\x0ab.txt', False)
    """
    parts = raw.replace("\\", "/").split("/")
    drive = re.fullmatch("[A-Za-z]:", parts[0]) is not None
    kept = [part for part in parts[drive:] if part not in ("", ".", "..")]
    name = _UNPRINTABLE.sub(_escape, "/".join(kept))
    outside = drive or parts[0] == "" or ".." in parts
    return name[-_NAME_LENGTH:], outside


def is_hidden(raw: str) -> bool:
    """Tell whether a member or its directory is hidden, or the debris of a desktop."""
    parts = raw.replace("\\", "/").split("/")
    return any(_HIDDEN.match(part) for part in parts if part not in ("", ".", ".."))


def unreadable(member: zipfile.ZipInfo) -> str:
    """Return why a member of a zip cannot be read; "" if it can."""
    if member.flag_bits & 0x1:
        return "encrypted with a password"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a link"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        method = _METHODS.get(member.compress_type, f"number {member.compress_type}")
        return f"packed by the method {method}; read are deflate and none"
    return ""


def saved_page(data: bytes) -> tuple[bytes | None, int]:
    """Return the page of a MHTML file, and how many frames it has beside it.

    Its pictures and styles are no posts. The page is in UTF-8, if its encoding is known.
    """
    message = message_from_bytes(data)
    parts = [part for part in message.walk() if part.get_content_type() == "text/html"]
    if not parts:
        return None, 0
    page = parts[0].get_payload(decode=True)
    page = page if isinstance(page, bytes) else b""
    with contextlib.suppress(LookupError, UnicodeDecodeError):
        page = page.decode(parts[0].get_content_charset("utf-8")).encode("utf-8-sig")
    return page, len(parts) - 1


class StrictHeader(tarfile.TarInfo):
    """A tar header that tells damage; the library takes it for the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> StrictHeader:
        """Read a header, as the library does, but raise on damage."""
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if len(buf) == tarfile.BLOCKSIZE and not buf.strip(b"\x00"):
                raise  # the mark of the end
            raise DiscourseError(f"the archive breaks off or is damaged here: {error}") from error
        if not header.isfile() and header.size > _PAX_BYTES:
            raise DiscourseError(f"a header of {header.size} bytes")
        return header


def part_of(stream: IO[bytes], start: int, size: int) -> BinaryIO:
    """Return a part of a stream as a stream; what stands before it is read and passed over."""
    while start:
        start -= len(stream.read(min(start, 1 << 20))) or start
    return io.BufferedReader(_Part(stream, size))


class _Part(io.RawIOBase):
    """The next bytes of a stream, no more; closing it closes the stream."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(min(len(buffer), self._left))
        if not data and self._left:
            raise damage(EOFError())
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
