"""Files as scrapes leave them: torn, wrongly encoded, hostile. Each with what must become of it.

`WORD` stands in every text that a person wrote. Of every file something must be told: a post, or a
record set aside. More is asked where it is clear what is right.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import tarfile
import zipfile
from typing import NamedTuple

import zstandard

from faults import invent

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(range(256)) * 8
TEXT = "\n\n".join(invent(seed) for seed in range(3))
SECRET = "root:x:0:0"  # what an external entity would fetch


class BadFile(NamedTuple):
    """A file, what must be found in its posts, and how many rows must tell of it at least.

    Parameters
    ----------
    name : str
        Below the raw folder.
    content : bytes
        What it holds.
    keeps : tuple of str, default=()
        Words that must stand in the texts of its posts.
    told : int, default=0
        Fewest records set aside.
    or_told : bool, default=False
        True if setting the file aside is as good as keeping the words.
    """

    name: str
    content: bytes
    keeps: tuple[str, ...] = ()
    told: int = 0
    or_told: bool = False


def _marked(*words: str) -> str:
    return "\n\n".join(f"{invent(len(word))} We called it {word}." for word in words)


def _line(word: str, **more: object) -> str:
    return json.dumps({"id": word, "body": _marked(word)} | more)


def _zip(members: dict[str, bytes | str], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _encrypted_zip() -> bytes:
    """Set the flag of encryption where zip files have it (APPNOTE 4.3.7 and 4.3.12)."""
    data = bytearray(_zip({"notes.txt": TEXT}))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + place] |= 1
    return bytes(data)


def _tar(members: dict[str, bytes], *, link: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo("link.txt")
            member.type, member.linkname = tarfile.SYMTYPE, link
            archive.addfile(member)
    return buffer.getvalue()


def _encodings() -> list[BadFile]:
    curly = f"{_marked('legacyword')} The “naïve” café – a façade."
    mixed = [_marked("firstword").encode(), "Ein “größerer” Plan für später.".encode("cp1252"),
             _marked("lastword").encode()]  # fmt: skip
    text = _marked("wideword")
    return [
        BadFile("cp1252.txt", curly.encode("cp1252"), ("legacyword", "façade")),
        BadFile("mixed.txt", b"\n\n".join(mixed), ("firstword", "lastword")),
        BadFile("utf16.txt", text.encode("utf-16"), ("wideword",)),
        BadFile("utf32.txt", text.encode("utf-32"), ("wideword",)),
        BadFile("utf16-no-mark.txt", text.encode("utf-16-le"), ("wideword",), or_told=True),
        BadFile("utf8-mark.txt", text.encode("utf-8-sig"), ("wideword",)),
        BadFile("mark.csv", f"body\n{invent(1)} markword\n".encode("utf-8-sig"), ("markword",)),
        BadFile("mark.jsonl", b"\xef\xbb\xbf" + _line("marksword").encode(), ("marksword",)),
        BadFile("utf16.jsonl", _line("widerow").encode("utf-16"), ("widerow",), or_told=True),
        BadFile("cut-character.txt", (text + " é").encode()[:-1], ("wideword",)),
        BadFile("carriage.txt", text.replace("\n", "\r").encode(), ("wideword",)),
        BadFile("nul.txt", (text + "\x00\x00").encode(), ("wideword",), or_told=True),
        BadFile("nul.jsonl", b"\x00\n" + _line("nulrow").encode(), ("nulrow",), or_told=True),
        BadFile("half.jsonl", b'{"body": "a \\ud800 halfword %s"}' % invent(2).encode(),
                ("halfword",)),
    ]  # fmt: skip


def _no_text() -> list[BadFile]:
    noise = random.Random(0).randbytes(5000)
    contents = {
        "empty.txt": b"", "blank.txt": b" \n\t\r\n", "no-break.txt": "\u00a0\n\u200b".encode(),
        "noise.txt": noise, "picture.txt": PNG, "picture.png": PNG, "noise.csv": noise,
        "noise.html": noise, "noise.jsonl": noise, "noise.json": noise, "noise.xml": noise,
        "empty.csv": b"", "empty.jsonl": b"", "empty.json": b"", "empty.html": b"",
        "empty.xml": b"", "empty.zip": b"", "paper.pdf": b"%PDF-1.7\n" + noise,
        "table.sqlite": b"SQLite format 3\x00" + bytes(4000), "signs.txt": b"?!\n---\n",
        "furniture.txt": b"Share\n\nSubscribe",
    }  # fmt: skip
    return [BadFile(name, content, told=1) for name, content in contents.items()]


def _json() -> list[BadFile]:
    rows = [_line("rowone"), _line("rowtwo")]
    deep = '{"body": ' + "[" * 100_000 + "]" * 100_000 + "}"
    long_number = f'{{"id": {"9" * 5000}, "body": "{invent(3)} numberword"}}'
    twice = f'{{"body": "{invent(4)} onceword", "body": "{invent(5)} twiceword"}}'
    return [
        BadFile("torn.json", f"[{rows[0]}, {rows[1][:-9]}".encode(), told=1),
        BadFile("torn.jsonl", "\n".join([*rows, rows[0][:-9]]).encode(), ("rowone", "rowtwo"), 1),
        BadFile("torn-first.jsonl", "\n".join([rows[0][:-9], *rows]).encode(), ("rowtwo",), 1),
        BadFile("deep.json", deep.encode(), told=1),
        BadFile("deep.jsonl", f"{deep}\n{rows[0]}".encode(), ("rowone",), 1),
        BadFile("many-digits.jsonl", f"{long_number}\n{rows[0]}".encode(), ("rowone",)),
        BadFile("many-digits.json", f"[{long_number}]".encode(), ("numberword",), or_told=True),
        BadFile("nan.jsonl", f'{{"body": "x", "score": NaN}}\n{rows[0]}'.encode(), ("rowone",)),
        BadFile("two-names.jsonl", twice.encode(), ("onceword",), or_told=True),
        BadFile("no-objects.jsonl", b'[1, 2]\n3\n"four"\nnull\n', told=1),
        BadFile("no-text.jsonl", b'{}\n{"body": null}\n{"body": ""}\n{"score": 1}\n', told=1),
        BadFile("unknown.json", b'{"a": {"b": [1, 2, 3]}}', told=1),
        BadFile("number.json", b"12", told=1),
        BadFile("back-to-back.json", "".join(rows).encode(), ("rowone",), or_told=True),
        BadFile("no-json.json", TEXT.encode(), ("Note",), or_told=True),
    ]


def _tables() -> list[BadFile]:
    cell = invent(6)
    ragged = f"text,author\n{cell} wholeone,a\nonly one\n{cell},b,c,d\n{cell} wholetwo,e\n"
    formulas = f'"=1+1 {cell} sumword"\n"=cmd|\' /C calc\'!A0 {cell} cmdword"\n@{cell} atword\n'
    return [
        BadFile("ragged.csv", ragged.encode(), ("wholeone", "wholetwo"), 1),
        BadFile("open-quote.csv", f'text\n{cell} closed\n"{cell} open\nnext\n'.encode(), (), 1),
        BadFile("nul.csv", f"text\n{cell} beforenul\n\x00\n".encode(), ("beforenul",), 0, True),
        BadFile("long-cell.csv", f'text\n"{cell * 3000} endword"\n'.encode(), ("endword",)),
        BadFile("no-names.csv", b"1,2\n3,4\n", told=1),
        BadFile("names-only.csv", b"text,author\n", told=1),
        BadFile("formulas.csv", f"text\n{formulas}".encode(), ("sumword", "cmdword", "atword")),
        BadFile("semicolons.csv", f"text;author\n{cell} semiword;a\n".encode(), ("semiword",)),
        BadFile("carriage.csv", f"text\r{cell} carriageword\r".encode(), ("carriageword",)),
        BadFile("twice.csv", f"text,text\n{cell} leftword,\n".encode(), ("leftword",)),
        BadFile("tabs.csv", f"text\tauthor\n{cell} tabword\ta\n".encode(), ("tabword",)),
    ]


def _pages() -> list[BadFile]:
    head = "<!doctype html><html><head><title>On dates</title></head><body>"
    text = f"<p>{invent(7, 12)} pageword</p>"
    nested = head + "<div>" * 20_000 + text + "</div>" * 20_000
    scripts = f"{head}<script>var a = 'scriptword';</script><style>p {{}}</style></body></html>"
    return [
        BadFile("nested.html", nested.encode(), ("pageword",), or_told=True),
        BadFile(
            "open-tags.html", (head + "<b><i>" * 50_000 + text).encode(), ("pageword",), 0, True
        ),
        BadFile(
            "torn.html", f"{head}<article>{text}<p>And the next one wa".encode(), ("pageword",)
        ),
        BadFile("torn-tag.html", f"{head}{text}<div class='com".encode(), ("pageword",)),
        BadFile("no-body.html", f"{head}</body></html>".encode(), told=1),
        BadFile("scripts.html", scripts.encode(), told=1),
        BadFile("nul.html", f"{head}<p\x00>{text}".encode(), ("pageword",), or_told=True),
        BadFile("page.txt", f"{head}{text}</body></html>".encode(), ("pageword",)),
    ]


def _xml() -> list[BadFile]:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE posts [<!ENTITY l0 "ha">{laughs}]><posts>&l9;</posts>'
    flat = f'<!DOCTYPE posts [<!ENTITY a "{"a" * 50_000}">]><posts>{"&a;" * 50_000}</posts>'
    fetch = '<!DOCTYPE posts [<!ENTITY f SYSTEM "file:///etc/passwd">]><posts><row Id="1" '
    row = f'<row Id="1" PostTypeId="1" Title="On dates" Body="&lt;p&gt;{invent(8)} xmlword" />'
    torn = f'<?xml version="1.0"?><posts>{row}<row Id="2" PostTypeId="1" Bo'
    return [
        BadFile("bomb.xml", bomb.encode(), told=1),
        BadFile("flat-bomb.xml", flat.encode(), told=1),
        BadFile("fetch.xml", f'{fetch} PostTypeId="1" Body="x" />&f;</posts>'.encode()),
        BadFile("torn.xml", torn.encode(), told=1),
        BadFile("unknown.xml", b"<?xml version='1.0'?><invoice><total>3</total></invoice>", told=1),
        BadFile("no-xml.xml", TEXT.encode(), ("Note",), or_told=True),
        BadFile("unknown-entity.xml", f"<posts>{row}&unknown;</posts>".encode(), ("xmlword",)),
    ]


def _packed() -> list[BadFile]:
    note = _marked("packedword").encode()
    zeros = bytes(60_000_000)
    inner = _zip({"inner.txt": _marked("innerword")})
    office = {"[Content_Types].xml": "<Types/>", "word/document.xml": "<w:document/>"}
    line = _line("zstword").encode()
    outside = {"../../outside.txt": _marked("outsideword"), "/etc/absolute.txt": note}
    big = zstandard.compress(line + b"\n" + line)
    return [
        BadFile("notes.zip", _zip({"a.txt": note, "b/c.txt": TEXT}), ("packedword", "Note")),
        BadFile("bomb.zip", _zip({"bomb.txt": zeros}), told=1),
        BadFile("bomb.txt.gz", gzip.compress(zeros), told=1),
        BadFile("bomb.jsonl.zst", zstandard.compress(zeros), told=1),
        BadFile("outside.zip", _zip(outside), ("outsideword",), or_told=True),
        BadFile("encrypted.zip", _encrypted_zip(), told=1),
        BadFile("nested.zip", _zip({"inner.zip": inner}), ("innerword",), or_told=True),
        BadFile("torn.zip", _zip({"one.txt": note})[:-30], told=1),
        BadFile("nothing.zip", _zip({}), told=1),
        BadFile("letter.docx", _zip(office), told=1),
        BadFile("text.zip", TEXT.encode(), ("Note",), or_told=True),
        BadFile("pictures.zip", _zip({"a.png": PNG, "b.txt": note}), ("packedword",), 1),
        BadFile("note.txt.gz", gzip.compress(note), ("packedword",)),
        BadFile("note.txt.bz2", bz2.compress(note), ("packedword",), or_told=True),
        BadFile("note.txt.xz", lzma.compress(note), ("packedword",), or_told=True),
        BadFile("torn.txt.gz", gzip.compress(random.Random(1).randbytes(999).hex().encode())[:-99],
                told=1),
        BadFile("posts.jsonl.zst", zstandard.compress(line), ("zstword",)),
        BadFile("torn.jsonl.zst", big[:-5], told=1),
        BadFile("notes.tar", _tar({"a.txt": note}), ("packedword",), or_told=True),
        BadFile("links.tar", _tar({"a.txt": note}, link="/etc/passwd"), told=1),
        BadFile("no-ending", TEXT.encode(), ("Note",), or_told=True),
        BadFile("unknown.xyz", TEXT.encode(), ("Note",), or_told=True),
    ]  # fmt: skip


def bad_files() -> list[BadFile]:
    """Return all of them; names are unique, and so are texts (a note of its number stands in)."""
    groups = (_encodings, _no_text, _json, _tables, _pages, _xml, _packed)
    return [bad for group in groups for bad in group()]
