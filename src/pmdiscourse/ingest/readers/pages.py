"""Flattened pages: text copied or scraped from a web page, chrome and comments included."""

from __future__ import annotations

from collections.abc import Iterator

from pmdiscourse.ingest import cues
from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.lines import Line
from pmdiscourse.ingest.page import read_page
from pmdiscourse.ingest.records import LineRole, Record, Refused
from pmdiscourse.ingest.repair import repair_page


def read_flattened(document: Document) -> Iterator[Record | Refused]:
    """Yield the essay of a flattened page, then its comments, in their order on the page.

    Parameters
    ----------
    document : Document
        The file.

    Yields
    ------
    Record
        The essay has key "essay"; its comments name it as parent.
    """
    text = document.text
    lines = read_page(repair_page(text))
    body = "\n".join(line.text for line in lines if line.role == "body")
    title = next((line.text for line in lines if line.role == "title"), "")
    bylines = [line.text for line in lines if line.role == "byline"]
    numbers = sorted({line.comment for line in lines if line.comment})
    if not body and not title and not numbers:
        yield Refused(0, "no text: nothing but site furniture or white space", "scrape it again")
        return
    yield Record(
        number=1, key="essay", text=body, title=title, kind="essay",
        author=_author(bylines), published=_date(bylines), lines=_roles(lines),
    )  # fmt: skip
    for number in numbers:
        name, when = _comment_header(lines, number)
        yield Record(
            number=number + 1,
            key=f"comment {number}",
            parent_key="essay",
            text="\n".join(line.text for line in lines if line.comment == number),
            kind="comment",
            author=name,
            published=when,
        )


def _roles(lines: list[Line]) -> tuple[LineRole, ...]:
    return tuple(
        LineRole(line.number, line.role, tuple(line.evidence))
        for line in lines
        if line.role not in ("body", "blank")
    )


def _author(bylines: list[str]) -> str:
    return next((name for text in bylines if (name := cues.byline_name(text))), "")


def _date(texts: list[str]) -> str:
    return next((found[0] for text in texts if (found := cues.DATE.search(text))), "")


def _comment_header(lines: list[Line], number: int) -> tuple[str, str]:
    """Return name and date from the header lines right above a comment, '' where there is none."""
    first = next(i for i, line in enumerate(lines) if line.comment == number)
    above: list[str] = []
    for line in reversed(lines[:first]):
        if line.role == "chrome" and len(above) < 4:
            above.append(line.text)
        elif line.role != "blank":
            break
    for text in above:
        if (says := cues.says(text)) or cues.is_name(text):
            return says or text, _date(above)
        lead = cues.NAME.match(text)
        if lead and cues.is_comment_header(text) and not cues.DATE.match(text):
            return lead[0], _date(above)
    return "", _date(above)
