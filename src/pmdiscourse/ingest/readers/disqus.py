"""Disqus exports: the comments of a site. The essays are not in the file; threads name them.

Fields from Disqus' own schema, https://disqus.com/api/schemas/1.0/disqus.xsd. E-mail addresses and
IPs of commenters never leave this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pmdiscourse.ingest.markup import fragment_text
from pmdiscourse.ingest.readers.feeds import site_name
from pmdiscourse.ingest.readers.xml_stream import child_texts, plain_name
from pmdiscourse.ingest.records import Notice, Record


def read_disqus(elements: Iterator[Any]) -> Iterator[Record | Notice]:
    """Yield every comment; a thread that carries a text of its own is an essay."""
    sites: dict[str, str] = {}
    comments = 0
    for element in elements:
        name = plain_name(element)
        if name == "thread":
            fields = child_texts(element)
            host = site_name(fields.get("link", "")).partition("/")[0]
            sites[_id(element)] = host or fields.get("forum", "")
            if fields.get("message"):
                yield _read_thread(element, fields, sites[_id(element)])
        elif name == "post":
            comments += 1
            yield _read_post(element, sites)
    if comments:
        what = f"{comments} comments in {len(sites)} threads; a Disqus export holds no essays"
        yield Notice(0, what, "add the pages themselves if their texts are wanted")


def _read_thread(element: Any, fields: dict[str, str], site: str) -> Record:
    key = _thread_key(_id(element))
    return Record(
        number=0, key=key, own_id=key, text=fragment_text(fields["message"])[0], site=site,
        title=fragment_text(fields.get("title", ""))[0], kind="essay", author=_author(element),
        published=fields.get("createdAt", ""),
        drop="deleted" if fields.get("isDeleted") == "true" else "",
    )  # fmt: skip


def _read_post(element: Any, sites: dict[str, str]) -> Record:
    fields = child_texts(element)
    links = {plain_name(child): _id(child) for child in element}
    thread = links.get("thread", "")
    key = f"comment {_id(element)}" if _id(element) else ""
    parent = f"comment {links['parent']}" if links.get("parent") else _thread_key(thread)
    text, quoted = fragment_text(fields.get("message", ""), drop_quotes=True)
    spam = "spam" if fields.get("isSpam") == "true" else ""
    return Record(
        number=0, key=key, own_id=key, text=text, quoted=quoted, kind="comment",
        parent_key=parent, thread_key=_thread_key(thread), author=_author(element),
        published=fields.get("createdAt", ""), site=sites.get(thread, ""),
        drop=spam or ("deleted" if fields.get("isDeleted") == "true" else ""),
    )  # fmt: skip


def _thread_key(thread: str) -> str:
    return f"thread {thread}" if thread else ""


def _id(element: Any) -> str:
    """Return the id attribute, which has a namespace of its own."""
    for name, value in element.attrib.items():
        if name.rpartition("}")[2].rpartition(":")[2] == "id":
            return str(value).strip()
    return ""


def _author(element: Any) -> str:
    found = next((child for child in element if plain_name(child) == "author"), None)
    fields = child_texts(found) if found is not None else {}
    return fields.get("username") or fields.get("name", "")
