"""Records of many files become one table of posts."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from pmdiscourse.ingest.identity import pseudonym
from pmdiscourse.ingest.language import detect_language
from pmdiscourse.ingest.passages import count_words
from pmdiscourse.ingest.records import NO_AUTHOR, parse_time
from pmdiscourse.ingest.repair import clean_text
from pmdiscourse.ingest.threads import Draft, Found, link_and_name
from pmdiscourse.tables import check_table, empty_table

_MIN_DUPLICATE_WORDS = 10  # shorter texts ("So true, thank you") are written twice by chance


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
    link_and_name(drafts)
    kept = [draft for draft in drafts if not draft.found.dropped]
    duplicates = _duplicates(kept)
    rows = [_row(draft, duplicates.get(draft.post_id), key) for draft in kept]
    return check_table("posts", pd.DataFrame(rows) if rows else empty_table("posts"))


def _draft(item: Found) -> Draft:
    record = item.record
    title = _one_line(record.title)
    text = "\n".join(line for line in clean_text(record.text).split("\n") if line)
    return Draft(item, title, text or title, parse_time(record.published))


def _one_line(text: str) -> str:
    return " ".join(clean_text(text).split())


def _duplicates(drafts: list[Draft]) -> dict[str, str]:
    """Map post_id of a post that was scraped or posted before to the post that is kept."""
    groups: dict[str, list[Draft]] = {}
    same_id = Counter(draft.base_id for draft in drafts)
    for draft in drafts:
        if count_words(draft.text) >= _MIN_DUPLICATE_WORDS:
            groups.setdefault(draft.letters, []).append(draft)
        elif same_id[draft.base_id] > 1:
            groups.setdefault(draft.base_id, []).append(draft)
    links: dict[str, str] = {}
    for group in groups.values():
        group.sort(key=_age)
        links |= {draft.post_id: group[0].post_id for draft in group[1:]}
    return links


def _age(draft: Draft) -> tuple[bool, str, str]:
    """Order posts of one text: the earliest known time first, then by id."""
    return (draft.time is None, draft.time.isoformat() if draft.time else "", draft.post_id)


def _row(draft: Draft, duplicate_of: str | None, key: bytes) -> dict[str, object]:
    record = draft.found.record
    parent = draft.parent if draft.parent and not draft.parent.found.dropped else None
    author = _one_line(record.author)
    if author.lower() in NO_AUTHOR:
        author = ""
    if author and key:
        author = pseudonym(author, key)
    return {
        "post_id": draft.post_id,
        "thread_id": draft.thread_id,
        "parent_id": parent.post_id if parent else None,
        "kind": "comment" if record.parent_key else (record.kind or "essay"),
        "source": _one_line(record.site) or draft.found.passport.title or "unnamed source",
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
