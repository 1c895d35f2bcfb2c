"""XML dumps: every kind against its expected records; what is broken or hostile is told."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.corpus import ingest
from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.readers.wxr import strip_shortcodes
from pmdiscourse.ingest.readers.xml import is_xml, read_xml
from pmdiscourse.ingest.records import Notice, Record, Refused
from pmdiscourse.settings import Settings

CASES = Path(__file__).parent / "cases" / "formats" / "xml"
ROW = '<row Id="{0}" PostTypeId="1" Body="&lt;p&gt;Who owns date {0}?&lt;/p&gt;"/>\n'
ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ship it "}">' for n in range(10))


def read(data: bytes | str, settings: Settings | None = None) -> list[Record | Refused | Notice]:
    data = data.encode() if isinstance(data, str) else data
    return list(read_xml(Document.of_bytes("dump.xml", data, settings)))


def posts(*numbers: int) -> str:
    return f"<posts>\n{''.join(ROW.format(number) for number in numbers)}</posts>"


def texts(found: list[Record | Refused | Notice]) -> list[str]:
    return [record.text for record in found if isinstance(record, Record)]


def as_case(found: Record | Refused | Notice) -> dict[str, Any]:
    if isinstance(found, Notice):
        return {"notice": found.what}
    values = dataclasses.asdict(found)
    return {
        key: value for key, value in values.items() if value not in ("", 0, ()) or key == "text"
    }


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.glob("*.json")))
def test_kinds(name: str) -> None:
    data = (CASES / f"{name}.xml").read_bytes()
    assert is_xml(Document.of_bytes("nameless", data))
    expected = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    expected = [{"text": ""} | case if "notice" not in case else case for case in expected]
    assert [as_case(found) for found in read(data)] == expected


def test_older_wordpress_and_undeclared_prefixes_read_the_same() -> None:
    data = (CASES / "wordpress.xml").read_bytes()
    expected = read(data)
    assert read(data.replace(b"export/1.2/", b"export/1.0/")) == expected
    declared = b'\txmlns:wp="http://wordpress.org/export/1.2/"\n'
    assert declared in data
    *found, notice = read(data.replace(declared, b""))
    assert found == expected
    assert isinstance(notice, Notice)
    assert "prefix wp" in notice.what


def test_no_address_leaves_the_reader() -> None:
    for name in ("wordpress", "disqus", "feed_rss", "feed_atom"):
        shown = repr(read((CASES / f"{name}.xml").read_bytes()))
        assert not any(part in shown for part in ("@", "192.0.2."))


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16"), ("utf-32", "utf-32"), ("cp1252", "windows-1252"),
        ("latin-1", "ISO-8859-1"), ("utf-8", "utf-16"), ("utf-8", "no-such-thing"),
        ("utf-8", "iso-8859-1"), ("gb18030", "gb18030"),
    ],
)  # fmt: skip
def test_encodings(encoding: str, declared: str) -> None:
    text = f'<?xml version="1.1" encoding="{declared}"?>{posts(1)}'.replace("owns", "ownsé")
    document = Document.of_bytes("dump.xml", text.encode(encoding))
    assert is_xml(document)
    assert texts(list(read_xml(document))) == ["Who ownsé date 1?"]
    assert document.encodings


def test_forbidden_characters_are_left_out_and_counted() -> None:
    bad = 'Body="a&#x1;b\x02c&#31;d\ufffe&#xD83D;&#55357;e\x7ff&#x9;g&#10;h&#65533;"'
    *found, notice = read(f'<posts><row Id="1" {bad}/>{ROW.format(2)}</posts>')
    assert texts(found) == ["abcde\x7ff\tg\nh\ufffd", "Who owns date 2?"]
    assert isinstance(notice, Notice)
    assert notice.what.endswith(": 6")


def test_bytes_of_another_encoding_are_read_and_counted() -> None:
    *found, notice = read(posts(1).replace("owns", "“owns”").encode("cp1252"))
    assert texts(found) == ["Who “owns” date 1?"]
    assert isinstance(notice, Notice)
    assert notice.what.endswith(": 2")


def test_names_of_html_characters_need_no_document_type() -> None:
    start = (
        '\n\n<!DOCTYPE rss PUBLIC "-//X//EN" "http://example.org/none.dtd">\n<rss><channel><item>'
    )
    found = read(f"{start}<title>A&nbsp;caf&eacute; &mine;</title></item></channel></rss>")
    assert [record.title for record in found if isinstance(record, Record)] == ["A\xa0café &mine;"]


@pytest.mark.parametrize(
    ("rest", "line", "reason"),
    [
        ('<row Id="3', 4, "no XML"),
        ('<row Id="3"/>', 4, "breaks off"),
        ('<row Id="3"></posts>', 4, "no XML"),
        ('<row Id="3" Body="R&D"/></posts>', 4, "no XML"),
        ("</posts>\njunk", 5, "no XML"),
        ("</posts>\n<posts>" + ROW.format(3) + "</posts>", 5, "no XML"),
        ('<row Id="3" Body="' + "a" * 11_000_000 + '"/>' + ROW.format(4), 4, "10 MB"),
        ("<a>" * 300 + "</a>" * 300, 4, "deeper than 256"),
    ],
)
def test_what_comes_before_a_tear_is_kept(rest: str, line: int, reason: str) -> None:
    found = read(posts(1, 2).removesuffix("</posts>") + rest)
    whole = [record for record in found if isinstance(record, Record)]
    assert texts(found)[:2] == ["Who owns date 1?", "Who owns date 2?"]
    refused = found[-1]
    assert isinstance(refused, Refused)
    assert refused.number == len(whole) + 1
    assert reason in refused.reason
    assert f"line {line}" in refused.reason
    assert len(whole) <= 3


@pytest.mark.parametrize(
    ("document_type", "use"),
    [
        (f"<!DOCTYPE posts [{ENTITIES}]>", "&e9;"),
        (f'<!DOCTYPE posts [<!ENTITY e "{"a" * 60_000}">]>', "&e;" * 20_000),
        ('<!DOCTYPE posts [<!ENTITY e SYSTEM "file:///etc/hostname">]>', "&e;"),
        ('<!DOCTYPE posts [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>', ""),
        ("<!DOCTYPE posts [<!ENTITY e 'x'>", ""),
    ],
    ids=["billion laughs", "quadratic", "file", "parameter entity", "no end"],
)  # fmt: skip
@pytest.mark.parametrize("place", ["attribute", "text"])
def test_entities_are_refused_by_their_declaration(
    document_type: str, use: str, place: str
) -> None:
    body = f'<row Id="1" Body="{use}"/>' if place == "attribute" else f"<row>{use}</row>"
    document = Document.of_bytes("a.txt", f"{document_type}<posts>{body}</posts>".encode())
    assert is_xml(document)
    with pytest.raises(DiscourseError, match="declares entities"):
        list(read_xml(document))


def test_entities_declared_far_down_are_refused_too() -> None:
    late = f"<!--{'x' * 70_000}--><!DOCTYPE posts [{ENTITIES}]>"
    assert [type(found) for found in read(f"{late}<posts><row Body='&e9;'/></posts>")] == [Refused]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ('<?xml version="1.0"?><svg/>', "<svg>"),
        ('<?xml version="1.0"?><users><row Id="1"/></users>', "users: no posts"),
        ('<?xml version="1.0"?>', "no XML"),
        ('<rss version="2.0"><channel><title>Empty</title></channel></rss>', "without a post"),
        ('<posts><row Id="1"/><post/></posts>', "<post> where a <row>"),
    ],
)
def test_what_holds_no_post_is_refused_by_name(data: str, reason: str) -> None:
    refused = read(data)[-1]
    assert isinstance(refused, Refused)
    assert reason in refused.reason


def test_an_element_over_the_limit_is_refused() -> None:
    item = f"<item>{'<p>Slipped again.</p>' * 30_000}</item>"
    with pytest.raises(DiscourseError, match="max_document_bytes"):
        read(
            f"<rss><channel><item><title>A</title></item>{item}</channel></rss>",
            Settings(max_document_bytes=100_000),
        )


@pytest.mark.parametrize(
    "text", ["[sic]", "[1]", "[Update: we moved]", "[...]", "[x", "[[gallery]]"]
)
def test_brackets_of_people_stay(text: str) -> None:
    assert strip_shortcodes(f"A date {text} slipped.") == f"A date {text} slipped."


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ('[embed width="3"]https://example.org[/embed]', "https://example.org"),
        ("[vc_row][vc_column_text]Ours[/vc_column_text][/vc_row]", "Ours"),
        ("[box]Mine[/box] and [sic]", "Mine and [sic]"),
        ("[button url=https://example.org size='big' /]", ""),
    ],
)
def test_shortcodes_go(text: str, stripped: str) -> None:
    assert strip_shortcodes(text) == stripped


@given(st.text(alphabet="[]/ab= \"'\n_1"))
def test_stripping_shortcodes_keeps_letters_outside_of_brackets(text: str) -> None:
    assert strip_shortcodes(text.replace("[", "(")) == text.replace("[", "(")
    assert len(strip_shortcodes(text)) <= len(text)


MEMORY = """
import io, sys
from peak_memory import peak_kilobytes
from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.readers.xml import read_xml
from pmdiscourse.settings import Settings
row = '<row Id="1" PostTypeId="1" Body="' + "a date slipped " * 200 + '"/>\\n'
block = row.encode() * 1000
class Dump(io.RawIOBase):
    left, rest = int(sys.argv[1]), b"<posts>"
    def readable(self): return True
    def readinto(self, buffer):
        if not self.rest and self.left:
            self.left -= 1
            self.rest = block if self.left else b"</posts>"
        part, self.rest = self.rest[:len(buffer)], self.rest[len(buffer):]
        buffer[:len(part)] = part
        return len(part)
document = Document("Posts.xml", lambda: io.BufferedReader(Dump()), 0, Settings())
n = sum(1 for _ in read_xml(document))
print(n, peak_kilobytes())
"""


def test_memory_stays_flat() -> None:
    peaks = []
    for blocks in (2, 22):  # 3 and 60 MB
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(blocks)],
            capture_output=True, text=True, check=True, cwd=Path(__file__).parent,
        )  # fmt: skip
        count, peak = map(int, done.stdout.split())
        assert count == 1000 * (blocks - 1)
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 10_000, "kilobytes"


def test_an_entity_that_nobody_declares_is_kept_and_told(tmp_path: Path) -> None:
    feed = "<rss><channel><item><title>Dates</title><description>We moved &such; a date again."
    (tmp_path / "feed.xml").write_text(f"{feed}</description></item></channel></rss>")
    ingested = ingest(tmp_path)
    assert ingested.posts["text"].item() == "We moved &such; a date again."
    assert "kept as written: 1" in ingested.notices["what"].item()
