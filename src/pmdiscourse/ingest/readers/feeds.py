"""RSS and Atom feeds: posts, and comments where the feed marks them as such.

Fields from RSS 2.0 (https://www.rssboard.org/rss-specification), RSS 1.0 with its modules content
and dc, Atom (RFC 4287) with threads (RFC 4685), and Blogger's export, which is an Atom feed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pmdiscourse.ingest.markup import fragment_text
from pmdiscourse.ingest.readers.xml_stream import child_texts, inner_text, plain_name
from pmdiscourse.ingest.records import Notice, Record

_TEXTS = ("content:encoded", "content", "description", "summary")
_DATES = ("pubDate", "published", "issued", "dc:date", "updated", "modified")
_IDS = ("guid", "id", "link")
_CUT = re.compile(r"\[(?:…|\.\.\.)\]\W{0,9}$")
_FURNITURE = ("The post ", (" appeared first on ", " first appeared on "))  # WordPress, last line
_COMMENT = re.compile(r"^(.+?)/?#comment-\d+$")
_MAIL_AND_NAME = re.compile(r"^\S+@\S+\s+\((.+)\)$")
_BLOGGER_KIND = "/blogger/2008/kind#"


def read_feed(elements: Iterator[Any]) -> Iterator[Record | Notice]:
    """Yield the items of a feed."""
    site = ""
    cut = 0
    for element in elements:
        match plain_name(element):
            case "item" | "entry":
                record = _read_item(element, site)
                cut += _CUT.search(record.text) is not None
                yield record
            case "link":
                site = site or site_name(element.text or _href(element))
            case "channel":
                site = site_name(child_texts(element).get("link", ""))
    if cut:
        what = f"{cut} posts of the feed are summaries, cut by the site"
        yield Notice(0, what, "scrape their pages for the whole texts")


def site_name(url: str) -> str:
    """Return the place that an address names: host and path, without scheme and "www".

    >>> site_name("https://www.example.org/blog/"), site_name("no address")
    ('example.org/blog', '')
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    return f"{host}{parts.path}".rstrip("/") if host else ""


def _read_item(item: Any, site: str) -> Record:
    fields = child_texts(item)
    fields["link"] = _link(item) or fields.get("link", "")
    key = next((fields[name] for name in _IDS if fields.get(name)), "")
    parent = _parent(item, key)
    html = next((fields[name] for name in _TEXTS if fields.get(name)), "")
    text, quoted = fragment_text(html, drop_quotes=bool(parent))
    return Record(
        number=0, key=key, own_id=key, text=_without_furniture(text), quoted=quoted, site=site,
        title="" if parent else fragment_text(fields.get("title", ""))[0],
        parent_key=parent, thread_key=parent, author=_author(item, fields), drop=_drop(item),
        published=next((fields[name] for name in _DATES if fields.get(name)), ""),
        kind="comment" if parent else "essay",
    )  # fmt: skip


def _without_furniture(text: str) -> str:
    above, _, last = text.rpartition("\n")
    start, middles = _FURNITURE
    return above if last.startswith(start) and any(part in last for part in middles) else text


def _parent(item: Any, key: str) -> str:
    """Return the post that an item comments on: named by it, or by WordPress' kind of id."""
    for child in item:
        if plain_name(child) == "thr:in-reply-to":
            return child.get("ref") or child.get("href") or ""
    found = _COMMENT.match(key)
    return found[1] if found else ""


def _link(item: Any) -> str:
    """Return the address in an Atom link; RSS writes it as text."""
    links = [child for child in item if plain_name(child) == "link" and _href(child)]
    return next((_href(link) for link in links if link.get("rel", "alternate") == "alternate"), "")


def _href(element: Any) -> str:
    return element.get("href") or ""


def _author(item: Any, fields: dict[str, str]) -> str:
    for child in item:
        if plain_name(child) == "author" and len(child):
            return child_texts(child).get("name", "")
    author = fields.get("dc:creator") or fields.get("author", "")
    found = _MAIL_AND_NAME.match(author)
    return found[1] if found else author


def _drop(item: Any) -> str:
    """Return why an entry of a Blogger export is no published writing."""
    terms = [child.get("term") or "" for child in item if plain_name(child) == "category"]
    kind = next((term for term in terms if _BLOGGER_KIND in term), "post")
    if not kind.endswith(("post", "page", "comment")):
        return "action"
    controls = [child for child in item if plain_name(child).endswith("control")]
    drafts = [inner_text(draft) for control in controls for draft in control]
    return "draft" if "yes" in drafts else ""
