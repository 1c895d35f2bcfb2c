"""Records of many files become one table of posts: ids, threads, parents, duplicates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from pmdiscourse.ingest.identity import content_id, letters_and_digits, numbered, pseudonym
from pmdiscourse.ingest.language import detect_language
from pmdiscourse.ingest.passages import count_words
from pmdiscourse.ingest.passport import Passport
from pmdiscourse.ingest.records import Record, parse_time
from pmdiscourse.ingest.repair import clean_text
from pmdiscourse.tables import check_table, empty_table

_MIN_DUPLICATE_WORDS = 10  # shorter texts ("So true, thank you") are written twice by chance


@dataclass(frozen=True)
class Found:
    """A record, the file it stands in, and whether it was dropped (kept here for its thread)."""

    record: Record
    passport: Passport
    raw_file: str
    raw_sha256: str
    dropped: bool = False


@dataclass
class _Draft:
    """A post on its way: cleaned, then linked, then named."""

    found: Found
    title: str
    text: str
    time: datetime | None
    base_id: str = ""
    post_id: str = ""
    thread_id: str = ""
    parent: _Draft | None = None

    @property
    def letters(self) -> str:
        return letters_and_digits(self.text)


def assemble_posts(found: list[Found], *, key: bytes) -> pd.DataFrame:
    """Build the table posts.

    Parameters
    ----------
    found : list of Found
        Records in any order of files.
    key : bytes
        Key of the pseudonyms; empty keeps the names as scraped.

    Returns
    -------
    DataFrame
        Table posts; duplicates are rows with `duplicate_of`.
    """
    drafts = [_draft(item) for item in found]
    drafts.sort(key=lambda draft: (draft.found.raw_file, draft.found.record.number))
    _link(drafts)
    for draft in drafts:
        _name(draft)
    kept = [draft for draft in drafts if not draft.found.dropped]
    for draft, post_id in zip(kept, numbered([d.base_id for d in kept]), strict=True):
        draft.post_id = post_id
    duplicates = _duplicates(kept)
    rows = [_row(draft, duplicates.get(draft.post_id), key) for draft in kept]
    return check_table("posts", pd.DataFrame(rows) if rows else empty_table("posts"))


def _draft(item: Found) -> _Draft:
    record = item.record
    title = " ".join(clean_text(record.title).split())
    text = "\n".join(line for line in clean_text(record.text).split("\n") if line)
    return _Draft(item, title, text or title, parse_time(record.published))


def _link(drafts: list[_Draft]) -> None:
    """Find each record's parent: in its own file first, else by the source's id in any file."""
    by_file: dict[tuple[str, str], _Draft] = {}
    anywhere: dict[tuple[str, str], _Draft] = {}
    for draft in drafts:
        record = draft.found.record
        by_file.setdefault((draft.found.raw_file, record.key), draft)
        if record.own_id:
            anywhere.setdefault((record.site, record.own_id), draft)
    for draft in drafts:
        record = draft.found.record
        if record.parent_key:
            near = by_file.get((draft.found.raw_file, record.parent_key))
            parent = near or anywhere.get((record.site, record.parent_key))
            draft.parent = parent if parent is not draft else None


def _name(draft: _Draft) -> None:
    """Give a draft its thread and its id; the id of the parent comes first."""
    if draft.base_id:
        return
    chain, seen = draft, {id(draft)}
    while (
        chain.parent and id(chain.parent) not in seen
    ):  # a loop of parents is broken where it closes
        seen.add(id(chain.parent))
        chain = chain.parent
    draft.thread_id = _thread(chain)
    draft.base_id = _base_id(draft)


def _thread(root: _Draft) -> str:
    record = root.found.record
    outside = record.thread_key or record.parent_key  # the root of the thread is not in the corpus
    if outside and record.own_id:
        return content_id("own", record.site, outside)
    if record.own_id:
        return content_id("own", record.site, record.own_id)
    return content_id("thread", root.letters)


def _base_id(draft: _Draft) -> str:
    record = draft.found.record
    if record.own_id:
        return content_id("own", record.site, record.own_id)
    parent = draft.parent.letters if draft.parent else record.parent_key
    time = draft.time.isoformat() if draft.time else ""
    return content_id(draft.thread_id, parent, time, draft.letters)


def _duplicates(drafts: list[_Draft]) -> dict[str, str]:
    """Map post_id of a post that was scraped or posted before to the post that is kept."""
    groups: dict[str, list[_Draft]] = {}
    for draft in drafts:
        again = draft.post_id != draft.base_id
        if count_words(draft.text) >= _MIN_DUPLICATE_WORDS or again:
            groups.setdefault(draft.letters, []).append(draft)
    links: dict[str, str] = {}
    for group in groups.values():
        group.sort(key=_age)
        links |= {draft.post_id: group[0].post_id for draft in group[1:]}
    return links


def _age(draft: _Draft) -> tuple[bool, str, str]:
    """Order posts of one text: the earliest known time first, then by id."""
    return (draft.time is None, draft.time.isoformat() if draft.time else "", draft.post_id)


def _row(draft: _Draft, duplicate_of: str | None, key: bytes) -> dict[str, object]:
    record = draft.found.record
    parent = draft.parent if draft.parent and not draft.parent.found.dropped else None
    author = record.author.strip()
    if author and key:
        author = pseudonym(author, key)
    return {
        "post_id": draft.post_id,
        "thread_id": draft.thread_id,
        "parent_id": parent.post_id if parent else None,
        "kind": "comment" if record.parent_key else (record.kind or "essay"),
        "source": record.site or draft.found.passport.title or "unnamed source",
        "author": author or None,
        "published_at": draft.time,
        "title": draft.title or None,
        "text": draft.text,
        "language": detect_language(draft.text),
        "n_words": count_words(draft.text),
        "raw_file": draft.found.raw_file,
        "raw_sha256": draft.found.raw_sha256,
        "duplicate_of": duplicate_of,
    }
