"""Archives: every member read or told, nothing written, no bomb unpacked."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import subprocess
import sys
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.archives import unpack
from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.members import harmless_name
from pmdiscourse.ingest.records import Notice, Refused
from pmdiscourse.settings import Settings

TEXT = b"The date moved again, and nobody wrote down who had asked for it.\n"
LINES = b"".join(b"%d: %s" % (number, TEXT) for number in range(30_000))
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
}
Told = tuple[dict[str, bytes | str], list[Refused], list[Notice]]


def make_zip(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # duplicate names are meant
        with zipfile.ZipFile(data, "w", method) as archive:
            for name, content in members:
                archive.writestr(name, content)
    return data.getvalue()


def make_tar(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in members:
            header = tarfile.TarInfo(name)
            header.size, header.type, header.linkname = len(content), kind, "elsewhere"
            archive.addfile(header, io.BytesIO(content))
    return data.getvalue()


def walk(name: str, data: bytes, **settings: int) -> Told:
    """Return what the members hold (or their fault), what was refused, and the notices."""
    read: dict[str, bytes | str] = {}
    refused: list[Refused] = []
    notices: list[Notice] = []
    for found in unpack(Document.of_bytes(name, data, Settings(**settings))):
        if isinstance(found, Refused):
            refused.append(found)
        elif isinstance(found, Notice):
            notices.append(found)
        else:
            assert found.name not in read
            read[found.name] = content(found)
    return read, refused, notices


def content(document: Document) -> bytes | str:
    assert document.head is not None
    parts = []
    try:
        with document.opener() as stream:
            while part := stream.read(100_000):
                parts.append(part)
    except DiscourseError as error:
        return str(error)
    return b"".join(parts)


def test_anything_else_is_itself() -> None:
    for data in (TEXT, b"", b"PK is short", b"BZh9 is typed", b"LZIP it", b"ID3 was a tag", b"MZ"):
        document = Document.of_bytes("posts.zip", data)
        assert list(unpack(document)) == [document]


@pytest.mark.parametrize("kind", PACK)
def test_compressed_streams(kind: str) -> None:
    data = PACK[kind](LINES) + PACK[kind](TEXT)  # several streams after another
    assert walk(f"dump.jsonl.{kind}", data) == (
        {f"dump.jsonl.{kind}/dump.jsonl": LINES + TEXT}, [], [],
    )  # fmt: skip
    assert list(walk("nameless", data)[0]) == ["nameless/nameless"]


def test_frames_of_other_data_and_long_windows() -> None:
    other = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
    values = zstandard.ZstdCompressionParameters.from_level(1, window_log=27, enable_ldm=True)
    long = zstandard.ZstdCompressor(compression_params=values).compressobj()
    data = other + long.compress(LINES) + long.flush() + other
    assert walk("dump.zst", data)[0] == {"dump.zst/dump": LINES}


@pytest.mark.parametrize("kind", PACK)
def test_a_torn_stream_gives_what_comes_before(kind: str) -> None:
    data = PACK[kind](LINES)
    for cut in (len(data) - 3, len(data) - 1000):
        (found,) = unpack(Document.of_bytes(f"dump.jsonl.{kind}", data[:cut]))
        assert isinstance(found, Document)
        lines: list[tuple[int, str] | Refused] = []
        with pytest.raises(DiscourseError, match="break off"):
            lines.extend(found.lines())
        assert len(lines) > 10_000 or kind == "bz2"  # its blocks are 900 kB
        assert "".join(line[1] for line in lines).encode() in LINES


@pytest.mark.parametrize("kind", PACK)
def test_damage_is_told(kind: str) -> None:
    data = bytearray(PACK[kind](LINES))
    data[len(data) // 2] ^= 0xFF
    ((told,),) = (walk(f"dump.{kind}", bytes(data))[0].values(),)
    assert isinstance(told, str)
    assert "damaged" in told or "break off" in told


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_a_small_file_with_debris_at_its_end_shows_its_head(kind: str) -> None:
    (found,) = unpack(Document.of_bytes(f"a.txt.{kind}", PACK[kind](TEXT) + b"debris"))
    assert isinstance(found, Document)
    assert found.head == TEXT
    with pytest.raises(DiscourseError, match="damaged"):
        found.data()


@pytest.mark.parametrize(
    "start", [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"\xfd7zXZ\x00"]
)
def test_nothing_but_a_signature_is_refused(start: bytes) -> None:
    read, refused, _ = walk("a.gz", start)
    assert not read
    assert [found.number for found in refused] == [0]


def test_members_of_a_zip() -> None:
    members = {
        "folder/": b"", "folder/a.txt": TEXT, "__MACOSX/folder/._a.txt": b"x", ".DS_Store": b"x",
        "folder/.hidden.txt": TEXT, ".git/config": b"x", "Thumbs.db": b"x", "~$draft.txt": b"x",
        "b.html": b"<p>", "empty.txt": b"", "source.toml": b"title = 'x'",
    }  # fmt: skip
    read, refused, notices = walk("s.zip", make_zip(*members.items()))
    assert read == {"s.zip/folder/a.txt": TEXT, "s.zip/b.html": b"<p>", "s.zip/empty.txt": b""}
    assert not refused
    assert [notice.what for notice in notices] == [
        "s.zip/source.toml: a passport inside an archive is not read"
    ]


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_names_are_harmless_unique_and_told(make: Callable[..., bytes], tmp_path: Path) -> None:
    names = [
        "../../x.txt",
        "/etc/y.txt",
        "C:\\z\\z.txt",
        "a (2).txt",
        "a.txt",
        "a.txt",
        "n\nl\u202e.txt",
        "..",
    ]
    os.chdir(tmp_path)
    read, refused, notices = walk("s", make(*((name, TEXT) for name in names)))
    assert set(read) == {
        "s/x.txt", "s/etc/y.txt", "s/z/z.txt", "s/a.txt", "s/a (2).txt", "s/a (3).txt",
        "s/n\\x0al\\u202e.txt", "s/member 8",
    }  # fmt: skip
    assert not refused
    assert [notice.number for notice in notices] == [1, 2, 3, 8]
    assert not list(tmp_path.iterdir())


def test_a_tar_name_of_no_encoding() -> None:
    data = make_tar(("caf\udce9.txt", TEXT))
    assert list(walk("s.tar", data)[0]) == ["s.tar/caf\\udce9.txt"]


@given(st.text(max_size=40))
def test_harmless_names(raw: str) -> None:
    name, _ = harmless_name(raw)
    assert name.isprintable() or not name.isascii()
    assert ".." not in name.split("/")
    assert not name.startswith("/")
    name.encode("utf-8")


def test_members_that_cannot_be_read_are_told_by_name() -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(link, "/etc/hostname")
        archive.writestr("bzip2.txt", TEXT, zipfile.ZIP_BZIP2)
        archive.writestr("locked.txt", TEXT)
        archive.writestr("a.png", b"\x89PNG\r\n\x1a\n...")
        archive.writestr("a.pdf", b"%PDF-1.7")
        archive.writestr("good.txt", TEXT)
    packed = bytearray(data.getvalue())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[[n for n in range(len(packed)) if packed.startswith(signature, n)][2] + offset] |= 1
    read, refused, _ = walk("s.zip", bytes(packed))
    assert read == {"s.zip/good.txt": TEXT}
    reasons = ["link.txt: a link", "bzip2", "locked.txt: encrypted", "picture (PNG)", "PDF"]
    assert [found.number for found in refused] == [1, 2, 3, 4, 5]
    for found, reason in zip(refused, reasons, strict=True):
        assert reason in found.reason


def test_links_and_devices_in_a_tar_are_refused() -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        read, refused, _ = walk("s.tar", make_tar(("a.txt", b""), kind=kind))
        assert not read
        assert [found.number for found in refused] == [1]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (make_zip(("[Content_Types].xml", b""), ("word/document.xml", b"x")), "Word"),
        (make_zip(("mimetype", b""), ("META-INF/container.xml", b"x")), "book"),
        (make_zip(("content.xml", b""), ("META-INF/manifest.xml", b"x")), "OpenDocument"),
        (b"%PDF-1.4\n", "PDF"), (b"\xff\xd8\xff\xe0", "JPEG"), (b"SQLite format 3\x00", "SQLite"),
        (b"7z\xbc\xaf\x27\x1c\x00", "7-Zip"), (b"{\\rtf1 x}", "RTF"), (b"Rar!\x1a\x07\x00", "RAR"),
        (make_zip(), "no file inside"), (make_tar(), "no file inside"),
        (make_zip(("folder/", b"")), "no file inside"), (make_zip((".x", b"x")), "no file inside"),
    ],
)  # fmt: skip
def test_files_without_posts_are_refused_as_what_they_are(data: bytes, what: str) -> None:
    read, (refused,), _ = walk("a.txt" if data[:5] != b"\x00" * 5 else "a.tar", data)
    assert not read
    assert refused.number == 0
    assert what in refused.reason
    assert refused.what_to_do


@pytest.mark.parametrize("kind", PACK)
def test_tars_in_streams(kind: str) -> None:
    tar = make_tar(("a.txt", TEXT), ("b.jsonl", LINES), ("c.txt", TEXT))
    expected = {"a.txt": TEXT, "b.jsonl": LINES, "c.txt": TEXT}
    for limit in (50_000_000, 100_000):  # members in memory, or read again up to their place
        read, refused, _ = walk(f"s.tar.{kind}", PACK[kind](tar), max_document_bytes=limit)
        assert {name.rpartition("/")[2]: data for name, data in read.items()} == expected
        assert not refused


@pytest.mark.parametrize("cut", [512, 700, 1024, 1300, 1536, 200_000])
def test_a_torn_tar_is_told_at_every_place(cut: int) -> None:
    tar = make_tar(("a.txt", TEXT), ("b.txt", LINES), ("c.txt", TEXT))
    read, refused, _ = walk("s.tar", tar[:cut])
    assert list(read.values()) == ([TEXT] if cut >= 700 else [])
    (torn,) = refused
    assert "break" in torn.reason


def test_a_damaged_tar_header_is_told() -> None:
    tar = bytearray(make_tar(("a.txt", TEXT), ("b.txt", TEXT), ("c.txt", TEXT)))
    tar[1024 + 150] ^= 0xFF
    read, refused, _ = walk("s.tar", bytes(tar))
    assert list(read) == ["s.tar/a.txt"]
    assert "damaged" in refused[0].reason


def test_a_tar_header_that_claims_gigabytes_is_refused() -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 8_000_000_000
    read, (refused,), _ = walk("s.tar", header.tobuf() + bytes(100_000))
    assert not read
    assert "8000000000 bytes" in refused.reason


def test_torn_and_damaged_zips() -> None:
    data = make_zip(("a.txt", LINES), ("b.txt", TEXT))
    _, (torn,), _ = walk("s.zip", data[:-40])
    assert "breaks off" in torn.reason
    crc = bytearray(make_zip(("a.txt", TEXT), ("b.txt", TEXT), method=zipfile.ZIP_STORED))
    crc[crc.index(b"moved")] ^= 0x01
    read, refused, _ = walk("s.zip", bytes(crc))
    assert read == {"s.zip/b.txt": TEXT}
    assert refused[0].number == 1
    assert "s.zip/a.txt: the packed data are damaged" in refused[0].reason


def test_archives_in_archives_up_to_three() -> None:
    data = make_zip(("a.txt", TEXT))
    names = []
    for layer in range(4):
        read, refused, _ = walk("s.zip", make_zip(("good.txt", TEXT), (f"{layer}.zip", data)))
        assert read.pop("s.zip/good.txt") == TEXT
        names.append((list(read), [found.reason for found in refused]))
        data = make_zip((f"{layer}.zip", data))
    assert names[0] == (["s.zip/0.zip/a.txt"], [])
    assert names[1] == (["s.zip/1.zip/0.zip/a.txt"], [])
    assert not names[2][0]
    assert "inside 3 others" in names[2][1][0]
    assert "inside 3 others" in names[3][1][0]


def test_one_broken_member_archive_does_not_stop_the_others() -> None:
    broken = make_zip(("a.txt", TEXT))[:-10]
    data = make_zip(("broken.zip", broken), ("torn.txt.gz", gzip.compress(TEXT)[:-9]), ("c", TEXT))
    read, refused, _ = walk("s.zip", data)
    assert read["s.zip/c"] == TEXT
    assert len(refused) + sum(isinstance(told, str) for told in read.values()) == 2


BOMBS: dict[str, Callable[[], bytes]] = {
    **{f"{kind}": (lambda kind=kind: PACK[kind](bytes(40_000_000))) for kind in PACK},
    "zip": lambda: make_zip(("a.txt", bytes(40_000_000))),
    "zip of many": lambda: make_zip(*((f"{n}.txt", bytes(3_000_000)) for n in range(40))),
    "nested": lambda: make_zip(
        *((f"{n}.zip", make_zip(("a.txt", bytes(9_000_000)))) for n in range(40))
    ),
    "gz in gz": lambda: gzip.compress(gzip.compress(bytes(40_000_000))),
    "overlapping": lambda: overlapping(make_zip(("a.txt", bytes(3_000_000))), 500),
}


def overlapping(data: bytes, times: int) -> bytes:
    """Return a zip whose directory names one member many times."""
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry, tail = data[start:end], bytearray(data[end:])
    tail[8:10] = tail[10:12] = times.to_bytes(2, "little")
    tail[12:16] = (len(entry) * times).to_bytes(4, "little")
    return data[:start] + entry * times + bytes(tail)


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_stopped(name: str) -> None:
    data = BOMBS[name]()
    read, refused, _ = walk("a", data)
    unpacked = sum(len(told) for told in read.values() if isinstance(told, bytes))
    reasons = [told for told in read.values() if isinstance(told, str)]
    reasons += [found.reason for found in refused]
    assert any("max_expansion" in reason for reason in reasons)
    assert unpacked <= max(10_000_000, 200 * len(data))
    assert len(reasons) < 5


def test_what_compresses_well_but_honestly_is_read() -> None:
    assert walk("a.gz", gzip.compress(bytes(9_000_000)))[0] == {"a.gz/a": bytes(9_000_000)}
    wide = {"max_expansion": 100_000}
    assert len(walk("a.gz", gzip.compress(bytes(20_000_000)), **wide)[0]["a.gz/a"]) == 20_000_000


def test_a_bomb_costs_no_memory() -> None:
    program = """
import sys
from peak_memory import peak_kilobytes
from pmdiscourse.ingest.archives import unpack
from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.members import harmless_name
before = peak_kilobytes()
for found in unpack(Document.of_bytes("a", sys.stdin.buffer.read())):
    try:
        for line in found.lines(): pass
        sys.exit("no error")
    except ValueError as error:
        assert "max_expansion" in str(error)
print(peak_kilobytes() - before)
"""
    for kind in ("gz", "zst"):
        done = subprocess.run(
            [sys.executable, "-c", program], input=PACK[kind](b"1 line\n" * 8_000_000),
            capture_output=True, check=True, cwd=Path(__file__).parent,
        )  # fmt: skip
        assert int(done.stdout) < 40_000, "kilobytes"


def test_many_members() -> None:
    data = make_zip(*((f"{n}.txt", b"%d" % n) for n in range(20_000)))
    read, refused, _ = walk("s.zip", data)
    assert len(read) == 20_000
    assert not refused


MHTML = b"""From: <Saved by a browser>\r
Snapshot-Content-Location: https://example.org/owning\r
Subject: Owning it\r
MIME-Version: 1.0\r
Content-Type: multipart/related; type="text/html"; boundary="----x"\r
\r
------x\r
Content-Type: text/html; charset=windows-1252\r
Content-Transfer-Encoding: quoted-printable\r
\r
<html><body><p>We =93own=94 the d=\r
ate.</p></body></html>\r
------x\r
Content-Type: image/png\r
Content-Transfer-Encoding: base64\r
\r
iVBORw0KGgo=\r
------x\r
Content-Type: text/html\r
\r
<p>A frame</p>\r
------x--\r
"""


def test_saved_pages() -> None:
    read, refused, notices = walk("owning.mhtml", MHTML)
    page = "\ufeff<html><body><p>We “own” the date.</p></body></html>\r\n".encode()
    assert {name: data.strip() for name, data in read.items()} == {
        "owning.mhtml/page.html": page.strip()
    }
    assert not refused
    assert [notice.what for notice in notices] == [
        "owning.mhtml: frames inside of the saved page: 1"
    ]
    pictures = MHTML.replace(b"text/html;", b"text/css;").replace(b"text/html\r", b"text/css\r")
    assert "no file inside" in walk("owning.mhtml", pictures)[1][0].reason
    mail = b"From: Ana\nTo: Ben\n\nA multipart/related question.\n"
    assert list(walk("mail.txt", mail)[0]) == ["mail.txt"]
