"""Records become threads: parents found, loops cut, ids made from content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from pmdiscourse.ingest.identity import content_id, letters_and_digits, numbered
from pmdiscourse.ingest.passport import Passport
from pmdiscourse.ingest.records import Record


@dataclass(frozen=True)
class Found:
    """A record, the file it stands in, and whether it was dropped (kept here for its thread)."""

    record: Record
    passport: Passport
    raw_file: str
    raw_sha256: str
    dropped: bool = False


@dataclass
class Draft:
    """A post on its way: cleaned, then linked, then named."""

    found: Found
    title: str
    text: str
    time: datetime | None
    base_id: str = ""
    post_id: str = ""
    thread_id: str = ""
    parent: Draft | None = None

    @cached_property
    def letters(self) -> str:
        """Letters and digits of the text: what makes two texts the same."""
        return letters_and_digits(self.text)

    @property
    def source(self) -> str:
        """Name of the place whose ids the record has; "" if neither record nor passport tells."""
        passport = self.found.passport
        return self.found.record.site or passport.url or passport.title


def link_and_name(drafts: list[Draft]) -> None:
    """Find every draft's parent and give it its thread and its id.

    Parameters
    ----------
    drafts : list of Draft
        All records of a corpus, dropped ones too, in any order of files.
    """
    _link(drafts)
    _cut_loops(drafts)
    roots: dict[int, Draft] = {}
    for draft in drafts:
        draft.thread_id = _thread(_root(draft, roots))
        draft.base_id = _base_id(draft)
    _tell_apart(drafts)
    # identical ones get a counter; which of them gets which is told by nothing but the file's name
    drafts.sort(key=lambda d: (d.base_id, d.found.raw_file, d.found.record.number))
    for draft, post_id in zip(drafts, numbered([d.base_id for d in drafts]), strict=True):
        draft.post_id = post_id


def _link(drafts: list[Draft]) -> None:
    """Find parents in the same file, else by the source's own id in any file of that source."""
    by_file: dict[tuple[str, str], Draft] = {}
    anywhere: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        record = draft.found.record
        by_file.setdefault((draft.found.raw_file, record.key), draft)
        if record.own_id and draft.source:
            anywhere.setdefault((draft.source, record.own_id), draft)
    for draft in drafts:
        key = draft.found.record.parent_key
        near = by_file.get((draft.found.raw_file, key))
        draft.parent = (near or anywhere.get((draft.source, key))) if key else None


def _cut_loops(drafts: list[Draft]) -> None:
    """Cut every loop of parents where it closes, each post looked at once."""
    clear: set[int] = set()
    for draft in drafts:
        way: set[int] = set()
        here: Draft | None = draft
        while here and id(here) not in clear:
            way.add(id(here))
            if here.parent and id(here.parent) in way:
                here.parent = None
            here = here.parent
        clear |= way


def _root(draft: Draft, roots: dict[int, Draft]) -> Draft:
    """Return the root of a thread; found once for every post on the way."""
    way = []
    while draft.parent and id(draft) not in roots:
        way.append(id(draft))
        draft = draft.parent
    root = roots.get(id(draft), draft)
    roots |= dict.fromkeys(way, root)
    return root


def _thread(root: Draft) -> str:
    record = root.found.record
    outside = record.thread_key or record.parent_key  # the thread's root is not in the corpus
    if outside:
        return content_id("own", root.source, outside)
    return _own_id(root) if record.own_id else content_id("thread", root.letters)


def _own_id(draft: Draft) -> str:
    """Hash the source's id; where the source is unknown, the text too: "1" stands everywhere."""
    own_id = draft.found.record.own_id
    return content_id("own", draft.source, own_id, *([] if draft.source else [draft.letters]))


def _base_id(draft: Draft) -> str:
    if draft.found.record.own_id:
        return _own_id(draft)
    parent = draft.parent.letters if draft.parent else draft.found.record.parent_key
    time = draft.time.isoformat() if draft.time else ""
    return content_id(draft.thread_id, parent, time, draft.letters)


def _tell_apart(drafts: list[Draft]) -> None:
    """Where one id of a source stands for different texts, let the texts decide too."""
    texts: dict[str, set[str]] = {}
    for draft in drafts:
        texts.setdefault(draft.base_id, set()).add(draft.letters)
    for draft in drafts:
        if len(texts[draft.base_id]) > 1:
            draft.base_id = content_id(draft.base_id, draft.letters)
