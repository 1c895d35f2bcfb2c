"""Bytes to text: byte order mark, UTF-8, declared encoding, else detected."""

from __future__ import annotations

import codecs
import contextlib
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

from pmdiscourse.errors import DiscourseError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?([A-Za-z0-9_.:-]{2,40})""")
_LEGACY = re.compile(r"(?:iso8859|cp125|cp932|cp949|koi8|gb|big5|euc|shift|mac)")
_SNIFF_BYTES = 4096  # a declaration stands in the head of a file; more would find quoted ones
_CONTROL = bytes(byte for byte in range(32) if byte not in b"\t\n\r\x0b\x0c\x1b")
_MAX_CONTROL_SHARE = 0.02  # text has next to no control characters; file formats are full of them

_SHORT_BYTES, _FEW_FOREIGN = 300, 0.3  # text in other scripts is mostly bytes above 127
_EVEN = 0.05  # coherence of guesses that differ by less says nothing


@dataclass(frozen=True)
class Decoded:
    """Text, the encoding it was read with, and how that encoding was known."""

    text: str
    encoding: str
    known_by: str


def decode(data: bytes) -> Decoded:
    r"""Decode a raw file.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    Decoded
        ``known_by`` is one of "byte order mark", "declared", "utf-8", "detected".

    Raises
    ------
    DiscourseError
        If the bytes are not text in any encoding.

    Examples
    --------
    >>> decode("café".encode("utf-8"))
    Decoded(text='café', encoding='utf-8', known_by='utf-8')
    >>> decode(b"\xef\xbb\xbfhello").known_by
    'byte order mark'
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data, encoding, "byte order mark")
    if b"\x00" in data or _control_share(data) > _MAX_CONTROL_SHARE:
        raise DiscourseError("not text: it holds NUL or control bytes, as pictures and archives do")
    try:
        return _strict(data, "utf-8", "utf-8")  # no other encoding is valid UTF-8 by chance
    except DiscourseError:
        return _declared(data) or _detect(data)


def _declared(data: bytes) -> Decoded | None:
    """Follow the declaration of a page, if it names a legacy encoding that fits the bytes."""
    found = _DECLARED.search(data[:_SNIFF_BYTES]) if data.lstrip().startswith(b"<") else None
    if not found:
        return None
    try:
        name = codecs.lookup(found[1].decode("ascii")).name
        return _strict(data, name, "declared") if _LEGACY.match(name) else None
    except (LookupError, DiscourseError):
        return None  # declarations are often wrong; the bytes decide


def _detect(data: bytes) -> Decoded:
    """Guess the encoding; of equally good guesses cp1252, the web's commonest after UTF-8."""
    foreign = sum(byte > 127 for byte in data) / len(data)
    if len(data) < _SHORT_BYTES and foreign < _FEW_FOREIGN:  # too little for a detector
        with contextlib.suppress(DiscourseError):
            return _strict(data, "cp1252", "detected")
    matches = list(from_bytes(data))
    if not matches:
        raise DiscourseError("not text in any known encoding; save it as UTF-8")
    best = matches[0]
    for match in matches:
        even = match.chaos <= best.chaos and match.coherence >= best.coherence - _EVEN
        if even and "cp1252" in (match.encoding, *match.could_be_from_charset):
            return Decoded(data.decode("cp1252"), "cp1252", "detected")
    return Decoded(str(best), best.encoding, "detected")


def _strict(data: bytes, encoding: str, known_by: str) -> Decoded:
    try:
        return Decoded(data.decode(encoding), encoding, known_by)
    except (UnicodeDecodeError, UnicodeError) as error:
        raise DiscourseError(f"not valid {encoding}: {error}") from error


def _control_share(data: bytes) -> float:
    sample = data[:65536]
    return 1 - len(sample.translate(None, _CONTROL)) / max(len(sample), 1)
