"""XML in a stream: no entities, no DTD, no network, no silent recovery; memory stays flat.

Three faults that are common in exports and have one meaning only are mended before the parser sees
them, and counted: control characters (which XML forbids), bytes of another encoding, and HTML's
names of characters (``&nbsp;``). On any other fault the parser stops.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html import escape
from html.entities import html5
from typing import Any

from lxml import etree

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.records import UnreadableError

_CHUNK_BYTES = 65_536
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9_.:-]{2,40})""")
_LEGACY = re.compile(r"iso8859|cp125|cp932|cp949|koi8|gb|big5|euc|shift|mac")
_ESCAPED = re.compile("[\udc80-\udcff]+")
_MISC = re.compile(r"\s+|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[(.*?)\]\s*)?>", re.DOTALL | re.IGNORECASE)
_CONTROLS = bytes({*range(32)} - {9, 10, 13})
_NON_CHARACTERS = re.compile(b"\xef\xbf[\xbe\xbf]")
# References to characters that XML forbids, and HTML's names; in decimal from 0 to 65535.
_REFERENCE = re.compile(
    rb"&(?:#(?:x0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]|[dD][89a-fA-F][0-9a-fA-F]{2}|[fF]{3}[eEfF])"
    rb"|0*(?:[0-8]|1[124-9]|2\d|3[01]|5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d"
    rb"|5734[0-3]|6553[45]));|(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31};))"
)
_LONGEST_REFERENCE = 40
# Namespaces by the prefix they go by in specifications; the version in WordPress' own differs.
_NAMESPACES = (
    (re.compile(r"wordpress\.org/export/[\d.]*/?excerpt"), "excerpt:"),
    (re.compile(r"wordpress\.org/export/"), "wp:"),
    (re.compile(r"purl\.org/rss/1\.0/modules/content"), "content:"),
    (re.compile(r"purl\.org/dc/"), "dc:"),
    (re.compile(r"purl\.org/syndication/thread"), "thr:"),
)


class XmlStream:
    """The elements of an XML document, one after another.

    Parameters
    ----------
    document : Document

    Attributes
    ----------
    mended : int
        Characters and bytes that XML forbids, left out or read as Windows-1252 so far.
    unknown : int
        References to entities that nobody declares, kept as they are written so far.
    """

    def __init__(self, document: Document) -> None:
        self.mended = 0
        self.unknown = 0
        self._document = document

    def elements(self, level: int) -> Iterator[Any]:
        """Yield every element that ends at a level, cleared as soon as the next is taken.

        Parameters
        ----------
        level : int
            1: children of the root, and so on; 0: the root where it opens, and nothing else.

        Raises
        ------
        lxml.etree.XMLSyntaxError
            Where the document stops to be well-formed; whole elements before that are yielded.
        DiscourseError
            If it declares entities, or an element is larger than `max_document_bytes`.
        """
        parser = _parser()
        here = held = 0
        for chunk in self._chunks():
            held += len(chunk)
            self._check_size(held)
            fault = _feed(parser, chunk)
            for event, element in parser.read_events() if _are_whole(fault) else ():
                if event == "end":
                    here -= 1
                if here == level and event == ("end" if level else "start"):
                    yield element
                    if not level:
                        return
                    _clear(element)
                    held = 0
                if event == "start":
                    here += 1
            if fault:
                raise fault
        parser.close()

    def _check_size(self, held: int) -> None:
        limit = self._document.settings.max_document_bytes
        if held > limit + 2 * _CHUNK_BYTES:
            raise DiscourseError(f"more than max_document_bytes ({limit}) in one element")

    def _chunks(self) -> Iterator[bytes]:
        """Yield the document in UTF-8, mended; its lines keep their numbers."""
        rest = b""
        for text in self._texts():
            data = self._without_controls(text)
            data = rest + data
            cut = data.rfind(b"&", max(0, len(data) - _LONGEST_REFERENCE))
            cut = len(data) if cut < 0 or b";" in data[cut:] else cut
            rest = data[cut:]
            yield _REFERENCE.sub(self._resolve, data[:cut])
        yield rest

    def _texts(self) -> Iterator[str]:
        encoding = _encoding(self._document.head)
        self._document.encodings.add(encoding)
        errors = "replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
        decoder = codecs.getincrementaldecoder(encoding)(errors)
        with self._document.opener() as stream:
            yield _without_prolog(decoder.decode(stream.read(_CHUNK_BYTES)))
            while data := stream.read(_CHUNK_BYTES):
                yield decoder.decode(data)
        yield decoder.decode(b"", final=True)

    def _without_controls(self, text: str) -> bytes:
        try:
            data = text.encode("utf-8")
        except UnicodeEncodeError:  # bytes of another encoding
            text, count = _ESCAPED.subn(_as_windows, text)
            self.mended += count
            data = text.encode("utf-8", "replace")
        kept = data.translate(None, _CONTROLS)
        kept, count = _NON_CHARACTERS.subn(b"", kept)
        self.mended += len(data) - len(kept) - 2 * count
        return kept

    def _resolve(self, found: re.Match[bytes]) -> bytes:
        if found[1] is None:
            self.mended += 1
            return b""
        characters = html5.get(found[1].decode("ascii"))
        if characters is None:
            self.unknown += 1
            return b"&amp;" + found[1]
        return "".join(f"&#{ord(character)};" for character in characters).encode("ascii")


def head_text(head: bytes) -> str:
    """Return a document's first bytes as text, in the encoding that they show or declare."""
    return head.decode(_encoding(head), "ignore")


def plain_name(element: Any) -> str:
    """Return an element's name with the usual prefix of its namespace; without in the root's own.

    >>> feed = etree.fromstring('<a:feed xmlns:a="http://www.w3.org/2005/Atom"/>')
    >>> plain_name(feed)
    'feed'
    """
    if element.tag[0] != "{":
        return str(element.tag)  # also "wp:comment" where the namespace is not declared
    space, _, name = element.tag[1:].rpartition("}")
    if element.getroottree().getroot().tag.startswith("{" + space + "}"):
        return str(name)
    known = next((prefix for pattern, prefix in _NAMESPACES if pattern.search(space)), None)
    prefix = known or (f"{element.prefix}:" if element.prefix else "")
    return f"{prefix}{name}"


def inner_text(element: Any) -> str:
    """Return what stands in an element; markup that was not escaped comes as markup."""
    if not len(element):
        return element.text or ""
    inside = [etree.tostring(child, encoding="unicode") for child in element]
    return escape(element.text or "", quote=False) + "".join(inside)


def child_texts(element: Any) -> dict[str, str]:
    """Return the texts of an element's children by plain name; the first that is filled wins."""
    texts: dict[str, str] = {}
    for child in element:
        name = plain_name(child)
        if not texts.get(name):
            texts[name] = inner_text(child).strip()
    return texts


def _parser() -> Any:
    return etree.XMLPullParser(
        events=("start", "end"), encoding="utf-8", resolve_entities=False, no_network=True,
        load_dtd=False, recover=False, huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _feed(parser: Any, chunk: bytes) -> etree.XMLSyntaxError | None:
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        return error
    return None


def _are_whole(fault: etree.XMLSyntaxError | None) -> bool:
    """Tell whether elements are as written: past one of its size limits the parser goes on."""
    return fault is None or "limit exceeded" not in str(fault)


def _clear(element: Any) -> None:
    element.clear()
    parent = element.getparent()
    while element.getprevious() is not None:
        del parent[0]


def _encoding(head: bytes) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    declared = _DECLARED.search(head[:1024])
    try:
        name = codecs.lookup(declared[1].decode("ascii")).name if declared else "utf-8"
    except LookupError:
        return "utf-8"
    return name if _LEGACY.match(name) and not _is_utf8(head) else "utf-8"


def _is_utf8(head: bytes) -> bool:
    """Tell whether it is UTF-8, whatever is declared: nothing else is valid UTF-8 by chance."""
    if head.isascii():
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _as_windows(found: re.Match[str]) -> str:
    return found[0].encode("utf-8", "surrogateescape").decode("cp1252", "replace")


def _without_prolog(text: str) -> str:
    """Take declaration and document type away: nothing the readers need stands there."""
    end = 0
    while found := _MISC.match(text, end):
        end = found.end()
    if text[end : end + 9].upper() == "<!DOCTYPE":
        found = _DOCTYPE.match(text, end)
        if found is None or "<!ENTITY" in (found[1] or "") or "%" in (found[1] or ""):
            reason = "the XML declares entities of its own, as bombs and file thieves do"
            raise UnreadableError(reason, "take the document type away, or save its text as .txt")
        end = found.end()
    return "\n" * text.count("\n", 0, end) + text[end:]
