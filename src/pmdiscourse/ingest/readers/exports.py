"""What writers take along from Medium and Substack: their own posts, a page or fragment each.

Medium: one page a post, marked up as h-entry (https://microformats.org/wiki/h-entry), drafts and
own responses among them. Substack: `posts.csv`, which lists the posts, and their bodies as
`posts/NUMBER.NAME.html`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.markup import node_text, parse_html
from pmdiscourse.ingest.records import Notice, Record, Refused

_SUBSTACK_COLUMNS = {"post_id", "post_date", "is_published", "type", "title"}


def is_medium(document: Document) -> bool:
    """Tell whether a document is a page of a Medium export."""
    head = document.head_text
    return '"h-entry"' in head and 'data-field="body"' in document.text


def read_medium(document: Document) -> Iterator[Record | Refused]:
    """Yield the post of a page. Without a date it is a draft; without a heading, a response."""
    page = parse_html(document.text)
    body = page.css_first('section[data-field="body"]')
    if body is None:
        yield Refused(1, "a Medium page without a body", "export it again")
        return
    headings = body.css(".graf--title")
    text, quoted = node_text([body], skip=frozenset(node.mem_id for node in headings))
    title = _text_of(page, ".p-name")
    time = page.css_first("time.dt-published")
    is_response = not headings and text.startswith(title.rstrip("….")[:40])
    yield Record(
        number=1, key="essay", text=text, quoted=quoted, title="" if is_response else title,
        author=_text_of(page, ".p-author"), site="medium.com",
        own_id=_attribute_of(page, "a.p-canonical", "href"),
        published=(time.attributes.get("datetime") or "") if time else "",
        kind="comment" if is_response else "essay", drop="" if time else "draft",
    )  # fmt: skip


def is_substack_index(document: Document) -> bool:
    """Tell whether a document is the list of posts of a Substack export."""
    first = document.head_text.split("\n", 1)[0].strip().split(",")
    return set(first) >= _SUBSTACK_COLUMNS


def read_substack_index(document: Document) -> Iterator[Notice]:
    """Yield no record: the bodies are pages beside the list, and are read as such."""
    rows = list(csv.DictReader(io.StringIO(document.text, newline="")))
    drafts = [row for row in rows if (row["is_published"] or "").strip().lower() != "true"]
    what = f"a list of {len(rows)} posts; their texts are read from posts/*.html, without dates"
    yield Notice(0, what, "nothing to do, if these files are here too")
    if drafts:
        names = ", ".join(str(row["post_id"])[:60] for row in drafts[:20])
        what = f"{len(drafts)} of them were never published, but cannot be told from the others"
        yield Notice(0, f"{what}: {names}", "remove their pages if they should not count")


def _text_of(page: LexborHTMLParser, selector: str) -> str:
    node = page.css_first(selector)
    return " ".join(node_text([node])[0].split()) if node else ""


def _attribute_of(page: LexborHTMLParser, selector: str, name: str) -> str:
    node = page.css_first(selector)
    return (node.attributes.get(name) or "") if node else ""
