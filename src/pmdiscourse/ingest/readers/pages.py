"""Flattened pages: text copied or scraped from a web page, chrome and comments included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from pmdiscourse.ingest import cues, headers
from pmdiscourse.ingest.dates import find_date
from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.lines import Line
from pmdiscourse.ingest.offsets import Offsets, align
from pmdiscourse.ingest.page import read_page
from pmdiscourse.ingest.readers.front_matter import FrontMatter, read_front_matter
from pmdiscourse.ingest.readers.markdown_file import markdown_lines
from pmdiscourse.ingest.records import LineRole, Notice, Record, Refused
from pmdiscourse.ingest.repair import repair_page

_MARKDOWN = (".md", ".markdown")
_MAX_HEADER_LINES = 6  # above a comment: name, job, posts, joined, time, "Re: title"


@dataclass(frozen=True)
class _Page:
    """Lines with their roles, and where each stands in the file.

    Parameters
    ----------
    lines : list of Line
        One for each line of `repaired`.
    starts : list of int
        Where each line starts in `repaired`.
    text, repaired : str
        The file, and what was read.
    offsets : Offsets
        Leads from `repaired` to `text`.
    """

    lines: list[Line]
    starts: list[int]
    text: str
    offsets: Offsets

    def raw(self, part: list[Line]) -> tuple[str, int]:
        """Return the stretch of the file from the first to the last of some lines; its start."""
        if not part:
            return "", 0
        first, last = (self.starts[line.number - 1] for line in (part[0], part[-1]))
        end = self.starts[part[-1].number] - 1 if part[-1].number < len(self.starts) else None
        end = self.offsets.cleaned_length if end is None else max(end, last)
        start, stop = self.offsets.raw_span(first, end)
        return self.text[start:stop], start


def read_flattened(document: Document) -> Iterator[Record | Refused | Notice]:
    """Yield the essay of a flattened page, then its comments, in their order on the page.

    Front matter above the text gives title, author, date and site; the marks of a Markdown file
    are left out.

    Parameters
    ----------
    document : Document
        The file.

    Yields
    ------
    Record
        The essay has key "essay"; its comments name it as parent. Quoted lines (``>``) of a comment
        are left out and counted, unless nothing else is left of it.
    Notice
        If what looks like front matter could not be read: it is read as text.
    """
    matter = read_front_matter(document.text)
    if matter.problem:
        yield Notice(1, f"front matter read as text: {matter.problem}", "mend or remove it")
    page = _read(document, matter)
    lines = page.lines
    body = [line for line in lines if line.role == "body"]
    title = next((line.text for line in lines if line.role == "title"), "")
    bylines = [line.text for line in lines if line.role == "byline"]
    numbers = sorted({line.comment for line in lines if line.comment})
    if not body and not title and not numbers and not matter.fields.get("title"):
        yield Refused(0, "no text: nothing but site furniture or white space", "scrape it again")
        return
    raw, raw_start = page.raw([line for line in body if line.text])
    yield Record(
        number=1,
        key="essay",
        text="\n".join(line.text for line in body),
        title=matter.fields.get("title", title),
        kind="essay",
        author=matter.fields.get("author") or _author(bylines),
        published=matter.fields.get("published") or _date(bylines),
        own_id=matter.fields.get("url", ""),
        site=matter.fields.get("site", ""),
        drop="draft" if matter.draft else "",
        lines=_roles(lines),
        raw=raw,
        raw_start=raw_start,
    )
    comments = {number: [line for line in lines if line.comment == number] for number in numbers}
    named = _all_named(list(comments.values()))
    for number, members in comments.items():
        yield _comment(page, number, members, named=named)


def _read(document: Document, matter: FrontMatter) -> _Page:
    """Read the lines of a file; those of its front matter are empty, so that numbers stay."""
    text = document.text
    above = "\n".join(text.split("\n", matter.lines)[: matter.lines])
    own = "\n" * matter.lines + text[len(above) + 1 :] if matter.lines else text
    if document.ending in _MARKDOWN:
        own = markdown_lines(own)
    repaired = repair_page(own)
    lines = read_page(repaired)
    title = matter.fields.get("title")
    for line in lines:
        if title and line.text == title and line.role == "body":
            line.become("title", "title in the front matter")
    starts = [0, *accumulate(len(line) + 1 for line in repaired.split("\n"))][:-1]
    return _Page(lines, starts, text, align(text, repaired))


def _comment(page: _Page, number: int, members: list[Line], *, named: bool) -> Record:
    own, quoted = _without_quotes(members)
    texts = [line.text for line in own]
    author, published = _comment_header(page.lines, members)
    if signed := headers.signed_remark(texts[-1]):
        texts[-1], author, published = signed[0], signed[1], find_date(signed[2])
    elif named and (spoken := headers.speaker(texts[0])):
        author, texts[0] = spoken
    raw, raw_start = page.raw(own)
    return Record(
        number=number + 1,
        key=f"comment {number}",
        parent_key="essay",
        text="\n".join(texts),
        kind="comment",
        author=author,
        published=published,
        quoted=quoted,
        raw=raw,
        raw_start=raw_start,
    )


def _without_quotes(members: list[Line]) -> tuple[list[Line], int]:
    """Return the lines of a comment that quote nobody, and the number of those that do."""
    quotes = [line.text.startswith(">") for line in members]
    leads = [
        below and headers.leads_quote(line.text)
        for line, below in zip(members, [*quotes[1:], False], strict=True)
    ]
    own = [
        line
        for line, quote, lead in zip(members, quotes, leads, strict=True)
        if not quote and not lead
    ]
    return (own, len(members) - len(own)) if own else (members, 0)


def _all_named(comments: list[list[Line]]) -> bool:
    """Tell whether every comment begins with its writer: "Ana: Not in my team."."""
    first = [headers.speaker(members[0].text) for members in comments]
    return len(first) > 1 and all(first)


def _roles(lines: list[Line]) -> tuple[LineRole, ...]:
    return tuple(
        LineRole(line.number, line.role, tuple(line.evidence))
        for line in lines
        if line.role not in ("body", "blank")
    )


def _author(bylines: list[str]) -> str:
    return next((name for text in bylines if (name := headers.byline_name(text))), "")


def _date(texts: list[str]) -> str:
    """Return the first date that is no part of a profile ("Joined: ...")."""
    dated = (find_date(text) for text in texts if not cues.is_button(text))
    return next((found for found in dated if found), "")


def _comment_header(lines: list[Line], members: list[Line]) -> tuple[str, str]:
    """Return name and date from the lines around a comment, '' where there is none.

    The name stands at the top of the lines above the comment, the date below it or, as on Blogger,
    right after the comment.
    """
    above: list[str] = []
    for line in reversed(lines[: members[0].number - 1]):
        if line.role == "chrome" and len(above) < _MAX_HEADER_LINES:
            above.insert(0, line.text)
        elif line.role != "blank":
            break
    names = [_writer(text) for text in above]
    place = next((i for i, name in enumerate(names) if name), -1)
    if place < 0:
        place = next((i for i, text in enumerate(above) if _is_handle(text)), -1)
    name = (names[place] or above[place]) if place >= 0 else ""
    below = next((line for line in lines[members[-1].number :] if line.role != "blank"), None)
    after = (
        [below.text] if below and below.role == "chrome" and headers.has_time(below.text) else []
    )
    return name, _date(above[max(place, 0) :]) or _date(after)


def _writer(text: str) -> str:
    if cues.label(text):
        return ""
    return headers.says(text) or (text if headers.is_name(text) else headers.signer(text))


def _is_handle(text: str) -> bool:
    return headers.may_sign(text) and not cues.label(text)
