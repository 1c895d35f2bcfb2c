"""What a raw file is by its first bytes: an archive, or something that holds no plain text."""

from __future__ import annotations

import re
import tarfile

_SAVE_TEXT = "open it, save its text as .txt, and use that"
_UNPACK = "unpack it and use the files inside"
_NO_POST = "remove it, or type its words into a .txt"

_ARCHIVES: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
)
_BZ2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # BZh and a digit alone can begin a text
# Offset, bytes, what it is, what to do; from the file(1) database.
_FOREIGN: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"%PDF-", "a PDF document", _SAVE_TEXT),
    (0, b"{\\rtf", "a rich text (RTF) document", _SAVE_TEXT),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document", _SAVE_TEXT),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive, which is not read", _UNPACK),
    (0, b"Rar!\x1a\x07", "a RAR archive, which is not read", _UNPACK),
    (0, b"\x04\x22\x4d\x18", "an LZ4 file, which is not read", _UNPACK),
    (0, b"\x1f\x9d", "a compress (.Z) file, which is not read", _UNPACK),
    (0, b"LZIP", "an lzip file, which is not read", _UNPACK),
    (0, b"MSCF\x00\x00", "a cabinet archive, which is not read", _UNPACK),
    (0, b"\x89PNG\r\n\x1a\n", "a picture (PNG)", _NO_POST),
    (0, b"\xff\xd8\xff", "a picture (JPEG)", _NO_POST),
    (0, b"GIF87a", "a picture (GIF)", _NO_POST),
    (0, b"GIF89a", "a picture (GIF)", _NO_POST),
    (8, b"WEBP", "a picture (WebP)", _NO_POST),
    (0, b"II*\x00", "a picture (TIFF)", _NO_POST),
    (0, b"MM\x00*", "a picture (TIFF)", _NO_POST),
    (0, b"\x00\x00\x01\x00", "a picture (icon)", _NO_POST),
    (0, b"wOFF", "a font", "remove it"),
    (0, b"wOF2", "a font", "remove it"),
    (0, b"ID3", "a sound file", "use its transcript as .txt"),
    (0, b"OggS", "a sound file", "use its transcript as .txt"),
    (8, b"WAVE", "a sound file", "use its transcript as .txt"),
    (4, b"ftyp", "a video or picture file", "use its transcript as .txt"),
    (0, b"\x1a\x45\xdf\xa3", "a video file", "use its transcript as .txt"),
    (0, b"WARC/1.", "a web archive (WARC), which is not read", "extract its pages as .html"),
    (0, b"SQLite format 3\x00", "a SQLite database", "export its tables as .csv"),
    (0, b"PAR1", "a Parquet table", "export it as .csv or .jsonl"),
    (0, b"\x80\x04\x95", "a Python pickle, which is never loaded", "export it as .csv or .jsonl"),
    (0, b"bplist00", "a binary property list", "save its text as .txt"),
)
# Office files are zip archives; a member's name tells them.
_OFFICE: tuple[tuple[str, str], ...] = (
    ("word/document.xml", "a Word document (.docx)"),
    ("xl/workbook.xml", "an Excel workbook (.xlsx)"),
    ("xl/workbook.bin", "an Excel workbook (.xlsb)"),
    ("ppt/presentation.xml", "a PowerPoint presentation (.pptx)"),
    ("META-INF/container.xml", "an electronic book (.epub)"),
    ("META-INF/manifest.xml", "an OpenDocument file (.odt, .ods)"),
    ("META-INF/MANIFEST.MF", "a Java program"),
    ("Index/Document.iwa", "a Pages or Numbers document"),
    ("AndroidManifest.xml", "an Android program"),
)
# A page saved with its pictures (MHTML, RFC 2557): headers of a mail, then parts.
_MHTML = re.compile(
    rb"\s*(?:from|subject|date|mime-version|content-type|snapshot-content-location)\s*:.{0,4000}?"
    rb"multipart/related",
    re.IGNORECASE | re.DOTALL,
)
_SKIPPABLE = range(0x50, 0x60)  # Zstandard: a frame of other data before the first


def archive_kind(head: bytes, ending: str) -> str:
    r"""Return how a file is packed, by its first bytes.

    Parameters
    ----------
    head : bytes
        At least 512 bytes, or the whole file.
    ending : str
        With dot; decides for nothing but old or empty tar files, which have no signature.

    Returns
    -------
    {"gz", "bz2", "xz", "zst", "zip", "tar", "mhtml", ""}

    Examples
    --------
    >>> archive_kind(b"PK\x03\x04...", ".txt"), archive_kind(b"PK is short for...", ".zip")
    ('zip', '')
    """
    for signature, kind in _ARCHIVES:
        if head.startswith(signature):
            return kind if kind != "bz2" or head[4:10] in _BZ2_BLOCKS else ""
    if head[1:4] == b"\x2a\x4d\x18" and head[0] in _SKIPPABLE:
        return "zst"
    if _MHTML.match(head[:8192]) and b"\nmime-version" in b"\n" + head[:8192].lower():
        return "mhtml"
    return "tar" if _is_tar(head, ending) else ""


def foreign_kind(head: bytes) -> tuple[str, str] | None:
    """Return what a file without plain text is and what to do about it; None if it may be text.

    Examples
    --------
    >>> foreign_kind(b"%PDF-1.7")
    ('a PDF document', 'open it, save its text as .txt, and use that')
    """
    for offset, signature, what, todo in _FOREIGN:
        if head[offset : offset + len(signature)] == signature and _binary(head, signature):
            return what, todo
    return None


def office_kind(names: list[str]) -> str:
    """Return which Office file or program a zip archive is; "" if none.

    Examples
    --------
    >>> office_kind(["[Content_Types].xml", "word/document.xml"])
    'a Word document (.docx)'
    """
    held = set(names)
    return next((what for name, what in _OFFICE if name in held), "")


def _binary(head: bytes, signature: bytes) -> bool:
    """Tell whether a signature of plain letters stands in a binary file, not in a text."""
    if not signature.isalnum() or signature.startswith((b"GIF8", b"bplist")):
        return True
    return b"\x00" in head[:512]


def _is_tar(head: bytes, ending: str) -> bool:
    if head[257:262] == b"ustar":
        return True
    if ending == ".tar" and len(head) >= 512 and not head.strip(b"\x00"):
        return True  # an empty one
    if len(head) < 512 or b"\x00" not in head[:512]:
        return False
    try:
        tarfile.TarInfo.frombuf(head[:512], "utf-8", "surrogateescape")  # its checksum fits
    except (tarfile.HeaderError, ValueError):
        return False
    return True
