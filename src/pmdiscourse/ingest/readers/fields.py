"""Rows of a table or of JSON objects to records: known columns, and columns guessed aloud."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import NamedTuple

from pmdiscourse.ingest.markup import fragment_text
from pmdiscourse.ingest.readers.names import (
    COMMENT_NAMES,
    DROP_NAMES,
    FIELDS,
    STATUSES,
    Place,
    place,
    squash,
)
from pmdiscourse.ingest.records import Notice, Record, Refused

TEXT_FIELDS = FIELDS["text"]
_SAMPLE = 100  # rows that are looked at before a column is guessed
_TEXT_WORDS = 4  # mean words of a column that may be guessed to be the text
_PROSE_WORDS = 8  # mean words of a column that a person should know is not read
_NOTHING = {"0", "-1", "null", "none", "nan", "false"}
_YES = {"true", "1", "yes"}
_REDDIT_NAME = re.compile(r"t\d_\w")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_EXPONENT = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,2}")
_MARKUP = re.compile(
    r"</?(?:p|br|div|span|a|b|i|em|strong|ul|ol|li|blockquote|h[1-6]|pre|code|table|img|u)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ESCAPED_MARKUP = re.compile(r"&lt;/(?:p|div|li|blockquote)&gt;|&lt;br ?/?&gt;", re.IGNORECASE)


class Row(NamedTuple):
    """One row as read: its number, its fields, and the number of the row it stands in (0: none)."""

    number: int
    pairs: list[tuple[str, str]]
    inside: int = 0


Item = Row | Record | Refused | Notice


def read_rows(
    items: Iterable[Item], columns: Mapping[str, str], *, called: str = "the fields are"
) -> Iterator[Record | Refused | Notice]:
    """Turn the rows of one file into records; what is no row passes through.

    Parameters
    ----------
    items : iterable of Row, Record, Refused or Notice
        Of one file, in order; a row stands before those inside it.
    columns : mapping of str to str
        The passport's mapping: our field (a key of `names.FIELDS`, or any name listed there) to the
        name in the file, in any case; empty to guess.
    called : str, default="the fields are"
        How the reason of a refusal calls the names.

    Yields
    ------
    Record, Refused or Notice
        Refused with number 0 ends the file: no column can be the text, or a mapped one is missing.
        The last notices name the columns that were guessed.
    """
    items = iter(items)
    first = list(islice(items, _SAMPLE))
    rows = [item for item in first if isinstance(item, Row)]
    reader = _RowReader(rows, columns)
    refused = reader.refused(called) if rows else None
    if refused and (columns or not any(isinstance(item, Record) for item in first)):
        yield from (item for item in first if not isinstance(item, Row))
        yield refused
        return
    for item in chain(first, items):
        yield reader.record(item) if isinstance(item, Row) else item
    yield from reader.notices()


def row_to_record(
    found: Mapping[str, str], number: int, *, drop: str = "", inside: str = ""
) -> Record | Refused:
    """Turn the fields of a row into a record.

    Parameters
    ----------
    found : mapping of str to str
        Values by our field names, the keys of `names.FIELDS`.
    number : int
        1-based number of the row in its file.
    drop : str, default=""
        Why the row itself says that it is no post.
    inside : str, default=""
        Key of the row it stands in: its parent, if it names no other.

    Returns
    -------
    Record or Refused
        Refused if the row has neither text nor title and was not deleted.
    """
    text, title = plain(found.get("text", "")), plain(found.get("title", ""))
    if not text.strip() and not title.strip() and not drop:
        return Refused(number, "no text and no title", "fill one of: " + ", ".join(TEXT_FIELDS))
    own_id, parent, thread = reddit_ids(
        found.get("id", ""), found.get("parent", ""), found.get("thread", "")
    )
    kind = found.get("kind", "").lower()
    is_comment = bool(parent or inside) or own_id.startswith("t1_")
    return Record(
        number=number,
        text=text,
        title=title,
        key=own_id or f"row {number}",
        parent_key=parent or inside,
        thread_key=thread,
        own_id=own_id,
        author=found.get("author", ""),
        published=seconds(found.get("time", "")),
        site=found.get("site", ""),
        kind=kind if kind in ("essay", "comment") else ("comment" if is_comment else "essay"),
        drop=drop,
    )


def reddit_ids(own_id: str, parent: str, thread: str) -> tuple[str, str, str]:
    """Return ids without the prefix of reddit's posts; its comments keep or get theirs.

    reddit counts posts (t3_) and comments (t1_) apart, so t1_ab and t3_ab are two things, and rows
    of comments often give their own id without prefix, their parent's with it.

    >>> reddit_ids("cd", "t1_ab", "t3_ab"), reddit_ids("t3_ab", "", ""), reddit_ids("7", "3", "")
    (('t1_cd', 't1_ab', 'ab'), ('ab', '', ''), ('7', '3', ''))
    """
    is_reply = _REDDIT_NAME.match(parent) or _REDDIT_NAME.match(thread)
    if own_id and is_reply and not _REDDIT_NAME.match(own_id):
        own_id = f"t1_{own_id}"
    return own_id.removeprefix("t3_"), parent.removeprefix("t3_"), thread.removeprefix("t3_")


def plain(text: str) -> str:
    r"""Return a text without markup, if it is HTML; else as it is.

    >>> plain("<p>We ship.</p><p>Often.</p>"), plain("if a < b and <product> is late")
    ('We ship.\nOften.', 'if a < b and <product> is late')
    """
    if "<" not in text and _ESCAPED_MARKUP.search(text):
        for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
            text = text.replace(entity, letter)
    return fragment_text(text)[0] if "<" in text and _MARKUP.search(text) else text


def seconds(time: str) -> str:
    """Return a time as given; epoch seconds with an exponent as a plain number.

    >>> seconds("1.7e9"), seconds("2024-03-01")
    ('1700000000', '2024-03-01')
    """
    return f"{float(time):.0f}" if _EXPONENT.fullmatch(time.strip()) else time


class _RowReader:
    """Reads the rows of one file: knows its columns, keeps count of what it guessed."""

    def __init__(self, rows: list[Row], columns: Mapping[str, str]) -> None:
        self._shown = {squash(name): name for row in rows for name, _ in row.pairs}
        self._columns = columns
        self._mapped = {squash(name): _our_field(ours) for ours, name in columns.items()}
        words = _mean_words(rows)
        self._prose = {name for name, mean in words.items() if mean >= _PROSE_WORDS}
        self._guess = "" if columns else _longest(words)
        ids = {value for row in rows for name, value in row.pairs if place(squash(name))[0] == "id"}
        self._nothing = _NOTHING - ids
        posts = [v for row in rows for name, v in row.pairs if squash(name) == "postid" and v]
        self._posts_repeat = len(set(posts)) < len(posts)
        self._guessed: dict[str, Counter[str]] = {}
        self._read: set[str] = set()
        self._clashes: Counter[str] = Counter()
        self._keys: dict[int, str] = {}

    def refused(self, called: str) -> Refused | None:
        """Return why the file cannot be read at all, None if it can."""
        names = ", ".join(self._shown.values())[:300] or "none"
        for ours, name in self._columns.items():
            if not _our_field(ours):
                reason = f"source.toml maps {ours!r}, which is no field of ours"
                return Refused(0, reason, f"the fields are: {', '.join(FIELDS)}")
            if squash(name) not in self._shown:
                reason = f"source.toml maps {ours} to {name!r}; {called}: {names}"
                return Refused(0, reason, "correct the name under [columns] in source.toml")
        known = {self._place(name).field for name in self._shown}
        if self._guess or known & {"text", "title"}:
            return None
        todo = f"name a column one of: {', '.join(TEXT_FIELDS)}"
        todo += '; or write under [columns] in source.toml: text = "its name"'
        return Refused(0, f"no text column; {called}: {names}", todo)

    def record(self, row: Row) -> Record | Refused:
        """Turn a row into a record; refused if it has neither text nor title."""
        fields = self._joined(row.pairs)
        found, names = self._found(fields)
        for field, name in names.items():
            self._read.add(name)
            if self._place(name).guessed:
                self._guessed.setdefault(field, Counter())[self._shown[name]] += 1
        if not self._mapped:
            found |= self._ids(fields, found)
        if found.get("parent", "").lower() in self._nothing:
            del found["parent"]
        if names.get("text") in COMMENT_NAMES and "kind" not in found:
            found["kind"] = "comment"
        if not row.inside:
            self._keys.clear()
        above = self._keys.get(row.inside, "")
        record = row_to_record(found, row.number, drop=_drop(fields), inside=above)
        if isinstance(record, Record):
            self._keys[row.number] = record.key
        return record

    def notices(self) -> Iterator[Notice]:
        """Yield what a person should know: columns guessed or not read, fields that stood twice."""
        told = [f"{field} from {_listed(names)}" for field, names in self._guessed.items()]
        left = [
            self._shown[name]
            for name in sorted(self._prose - self._read)
            if not name.endswith("html") and self._place(name).field != "title"
        ]
        told = [f"guessed: {'; '.join(told)}"] if told else []
        told += [f"not read, though it holds sentences: {_listed(Counter(left))}"] if left else []
        if told and self._read:
            todo = 'if this is wrong, write under [columns] in source.toml, e.g. text = "its name"'
            yield Notice(0, "; ".join(told), todo)
        if self._clashes:
            what = f"{self._clashes.total()} times a field stands twice, filled differently"
            todo = "the first that is filled was read; mend the file if it is wrong"
            yield Notice(0, f"{what}: {_listed(self._clashes)}", todo)

    def _place(self, name: str) -> Place:
        if self._mapped:
            mapped = self._mapped.get(name, "")
            known = place(name)
            is_free = known.field not in self._mapped.values()
            return Place(mapped, 0, False) if mapped or not is_free else known
        known = place(name)
        return Place("text", 100_000, True) if name == self._guess and not known.field else known

    def _joined(self, pairs: list[tuple[str, str]]) -> dict[str, str]:
        """Join fields to a row; of several with one name the first that is filled wins."""
        fields: dict[str, str] = {}
        for name, value in pairs:
            key = squash(name)
            if not fields.get(key, "").strip():
                fields[key] = value
            elif value.strip() and value != fields[key]:
                self._clashes[name] += 1
            self._shown.setdefault(key, name)
        return fields

    def _found(self, fields: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return value and column of each of our fields: the earliest believed that is filled."""
        best: dict[str, tuple[int, str]] = {}
        for name, value in fields.items():
            field, rank, guessed = self._place(name)
            if not field or not value.strip():
                continue
            if guessed and field == "text" and not _is_words(value):
                continue  # a column "comment" may hold a number or an address
            if field not in best or rank < best[field][0]:
                best[field] = (rank, name)
        names = {field: name for field, (_, name) in best.items()}
        return {field: fields[name].strip() for field, name in names.items()}, names

    def _ids(self, fields: dict[str, str], found: dict[str, str]) -> dict[str, str]:
        """Return the ids of a row: reddit's full name, or a comment's beside its post's.

        Comments and posts are counted apart, so comment 5 is not post 5.
        """
        if _REDDIT_NAME.match(fields.get("name", "")):
            return {"id": fields["name"].strip()} | (
                {"author": ""} if found.get("author") == fields["name"].strip() else {}
            )
        post, comment = fields.get("postid", "").strip(), fields.get("commentid", "").strip()
        if post and self._posts_repeat:
            comment = comment or fields.get("id", "").strip()
        if not post or not comment or _REDDIT_NAME.match(found.get("parent", "")):
            return {}
        parent = found.get("parent", "")
        is_reply = parent and parent.lower() not in _NOTHING and parent != post
        return {
            "id": f"comment {comment}",
            "parent": f"comment {parent}" if is_reply else post,
            "thread": found.get("thread", post),
        }


def _our_field(ours: str) -> str:
    """Return which of our fields a name of the passport means: "text", but "body" too."""
    return ours.lower() if ours.lower() in FIELDS else place(squash(ours)).field


def _drop(fields: Mapping[str, str]) -> str:
    for name, reason in DROP_NAMES.items():
        value = fields.get(name, "").strip().lower()
        if value in _YES or (name == "deletedat" and value and value not in _NOTHING):
            return reason
    return STATUSES.get(fields.get("status", "").strip().lower(), "")


def _is_words(value: str) -> bool:
    return any(letter.isalpha() for letter in value) and not _ADDRESS.fullmatch(value.strip())


def _mean_words(rows: list[Row]) -> dict[str, float]:
    """Return the mean number of words a filled cell of each column."""
    words: dict[str, list[int]] = {}
    for row in rows:
        for name, value in row.pairs:
            if _is_words(value):
                words.setdefault(squash(name), []).append(len(value.split()))
    return {name: sum(counts) / len(counts) for name, counts in words.items()}


def _longest(words: Mapping[str, float]) -> str:
    """Return the unknown column of the longest prose, "" if a known one holds text or none does."""
    if any(place(name).field == "text" for name in words):
        return ""
    unknown = [name for name in words if not place(name).field and words[name] >= _TEXT_WORDS]
    return max(unknown, key=lambda name: words[name], default="")


def _listed(names: Counter[str]) -> str:
    shown = ", ".join(repr(name) for name, _ in names.most_common(5))
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")
