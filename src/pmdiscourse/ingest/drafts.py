"""One record becomes one row: cleaned, masked, measured, hashed for whatever links posts."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pmdiscourse.ingest.identity import content_id, letters_and_digits, pseudonym
from pmdiscourse.ingest.language import detect_language
from pmdiscourse.ingest.origins import pack_offsets
from pmdiscourse.ingest.passages import count_words
from pmdiscourse.ingest.passport import Passport
from pmdiscourse.ingest.person_names import mask_person_names
from pmdiscourse.ingest.privacy import mask_personal
from pmdiscourse.ingest.records import NO_AUTHOR, Record, drop_reason, parse_time
from pmdiscourse.ingest.repair import clean_text
from pmdiscourse.ingest.shingles import fingerprint

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SHOWN_CHARACTERS = 80  # of a dropped post


class Draft(NamedTuple):
    """A row of the working table, why it is dropped ("" if it is not), and what was masked."""

    keys: dict[str, Any]
    texts: tuple[Any, ...]
    dropped: str
    masked: Counter[str]


def make_draft(
    record: Record, *, document: str, passport: Passport, key: bytes, names_model: str = ""
) -> Draft | None:
    """Turn a record into a row.

    Parameters
    ----------
    record : Record
        As a reader found it.
    document : str
        Name of the document: the space in which the record's keys are unique.
    passport : Passport
        Of the raw folder; its address or title names the source where the record does not.
    key : bytes
        Key of the pseudonyms; empty keeps the names as scraped.
    names_model : str, default=""
        spaCy model that finds names of people to be masked; "" masks none.

    Returns
    -------
    Draft or None
        None if the record holds no letter and no digit.
    """
    title = _one_line(record.title)
    text = "\n".join(line for line in clean_text(record.text).split("\n") if line) or title
    letters = letters_and_digits(text)
    dropped = drop_reason(record)
    if not letters and not dropped:
        return None
    masked_text, counts = _mask(text, names_model)
    masked_title, title_counts = _mask(title, names_model)
    time = parse_time(record.published)
    keys = {
        "dropped": int(bool(dropped)),
        "n_words": count_words(masked_text),
        "time": (time - _EPOCH) // _MICROSECOND if time else None,
        "time_given": int(bool(record.published.strip())),
        **_links(record, document, passport, letters),
        "letters": content_id(letters),
        "sample": None if dropped else fingerprint(text).tobytes(),
    }
    raw = record.raw or (record.text if record.text.strip() else record.title)
    texts = (
        document,
        record.number,
        "comment" if record.parent_key else (record.kind or "essay"),
        mask_personal(_one_line(record.site)).text or passport.title or "unnamed source",
        _author(record.author, key),
        masked_title or None,
        masked_text,
        "und" if dropped else detect_language(text),
        None if dropped else pack_offsets(raw, masked_text, start=record.raw_start),
    )
    return Draft(keys, texts, dropped, counts + title_counts)


def _mask(text: str, names_model: str) -> tuple[str, Counter[str]]:
    masked = mask_personal(text)
    if not names_model:
        return masked.text, Counter(masked.counts)
    named = mask_person_names(masked.text, model=names_model)
    return named.text, Counter(masked.counts) + Counter(named.counts)


def _links(record: Record, document: str, passport: Passport, letters: str) -> dict[str, Any]:
    """Return the hashes by which a post is found, and finds its parent and its thread."""
    source = record.site or passport.url or passport.title
    parent, own_id = record.parent_key, record.own_id
    # "1" stands everywhere: where the record does not name its site, the text decides too
    own = content_id("own", source, own_id, *([] if record.site else [letters])) if own_id else None
    outside = record.thread_key or parent
    return {
        "near": _short_hash(document, record.key),
        "near_parent": _short_hash(document, parent) if parent else None,
        "far": _short_hash(source, own_id) if source and own_id else None,
        "far_parent": _short_hash(source, parent) if source and parent else None,
        "own": own,
        # the thread's name if its root is not in the corpus, and if this post is the root
        "outside": content_id("own", source, outside) if outside else None,
        "parent_name": parent,
    }


def _short_hash(*parts: str) -> int:
    """Hash names to the 64 bits of an SQLite integer."""
    data = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big", signed=True)


def _author(name: str, key: bytes) -> str | None:
    author = _one_line(name)
    if not author or author.lower() in NO_AUTHOR:
        return None
    return pseudonym(author, key) if key else author


def _one_line(text: str) -> str:
    return " ".join(clean_text(text).split()) if text else ""


def shown(text: str) -> str:
    """Return the start of a text that was dropped, masked, on one line."""
    return " ".join(mask_personal(clean_text(text))[0].split())[:_SHOWN_CHARACTERS]
