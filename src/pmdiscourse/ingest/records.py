"""What readers hand over: records in the source's own words, and records that are set aside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import pandas as pd

from pmdiscourse.errors import DiscourseError

NO_AUTHOR = {"[deleted]", "[removed]", "deleted", "none", "null", "nan"}
_DELETED = {"[deleted]", "[deleted by user]", "[entfernt]", "<deleted>"}
_REMOVED = re.compile(r"^\[ ?removed(?: by [\w ]+)? ?\]$", re.IGNORECASE)
_BOTS = {"automoderator"}
_BOT_WORDS = "i am a bot, and this action was performed automatically"
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_NUMERIC_DATE = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-]((?:19|20)\d\d)")
_MOST_SECONDS = 1e11  # the year 5138
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?")
_FIRST_YEAR, _LAST_YEAR = 1990, 2100  # outside of it a number is no publication date


class LineRole(NamedTuple):
    """What a line of a flattened page was read as, by which cues; without its text."""

    line: int
    role: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Record:
    """One piece of writing as a reader found it.

    Parameters
    ----------
    number : int
        1-based: row, line, or place in the page.
    text, title : str
        Raw, not cleaned yet.
    key, parent_key, thread_key : str
        Names of this record, its parent and the root of its thread inside the file; "" if none.
    own_id : str
        The source's own id, "" if there is none.
    author, published, site, kind : str
        As scraped; "" if missing. `kind` is "", "essay" or "comment".
    lines : tuple of LineRole
        Of a flattened page, on its first record: every line that is no body text, and why.
    drop : str, default=""
        Why the source itself says that this is no post to keep: "deleted", "removed", "spam",
        "bot", "action", "draft"; "" if it does not.
    quoted : int, default=0
        Quoted lines of others that the reader left out of `text`.
    raw : str, default=""
        The stretch of the document that `text` was taken from; "" means `text` itself.
    raw_start : int, default=0
        Where `raw` starts in the document.
    """

    number: int
    text: str
    title: str = ""
    key: str = ""
    parent_key: str = ""
    thread_key: str = ""
    own_id: str = ""
    author: str = ""
    published: str = ""
    site: str = ""
    kind: str = ""
    lines: tuple[LineRole, ...] = ()
    drop: str = ""
    quoted: int = 0
    raw: str = ""
    raw_start: int = 0


@dataclass(frozen=True)
class Notice:
    """What a reader did or could not see that a person should know: nothing is lost by it.

    E.g. guessed columns, or replies that the scrape does not hold ("more" nodes).
    """

    number: int
    what: str
    what_to_do: str


class UnreadableError(DiscourseError):
    """A whole document that cannot be read, and what to do about it."""

    def __init__(self, reason: str, what_to_do: str) -> None:
        super().__init__(reason)
        self.what_to_do = what_to_do


@dataclass(frozen=True)
class Refused:
    """A record, or a whole file (number 0), set aside for a reason that a person can act on."""

    number: int
    reason: str
    what_to_do: str


def drop_reason(record: Record) -> str:
    """Return why a record is no writing of a person: deleted, removed or bot; '' if it is.

    >>> drop_reason(Record(number=1, text="[removed]"))
    'removed'
    """
    if record.drop:
        return record.drop
    text = record.text.strip()
    if text.lower() in _DELETED:
        return "deleted"
    if _REMOVED.match(text):
        return "removed"
    if record.author.strip().lower() in _BOTS or _BOT_WORDS in text.lower():
        return "bot"
    return ""


def parse_time(value: str) -> datetime | None:
    """Read a publication time: an epoch number, ISO 8601, or words with a year.

    Epochs may be in seconds, milli-, micro- or nanoseconds.

    None if it is unclear: no year, outside 1990 to 2100, or day and month could be exchanged.

    >>> parse_time("1700000000").isoformat(), parse_time("March 3, 2024").isoformat()
    ('2023-11-14T22:13:20+00:00', '2024-03-03T00:00:00+00:00')
    >>> parse_time("31/12/2023").isoformat()
    '2023-12-31T00:00:00+00:00'
    >>> [parse_time(unclear) for unclear in ("last week", "10:30", "03/04/2023", "99999999999")]
    [None, None, None, None]
    """
    value = value.strip()
    try:
        if re.fullmatch(r"\d{9,19}(?:\.\d+)?", value):
            time = datetime.fromtimestamp(_seconds(float(value)), tz=UTC)
        elif parts := _NUMERIC_DATE.fullmatch(value):
            time = _from_parts(*map(int, parts.groups()))
        elif _ISO.fullmatch(value):  # the commonest, and fifty times faster than what follows
            time = _as_utc(datetime.fromisoformat(value))
        elif _YEAR.search(value) and len(value) <= 60:
            time = pd.to_datetime(value, utc=True).to_pydatetime()
        else:
            return None
    except (ValueError, OverflowError, TypeError):
        return None
    return time if _FIRST_YEAR <= time.year <= _LAST_YEAR else None


def _seconds(epoch: float) -> float:
    """Return epoch seconds of a number of seconds, milli-, micro- or nanoseconds."""
    while epoch > _MOST_SECONDS:
        epoch /= 1000
    return epoch


def _as_utc(time: datetime) -> datetime:
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _from_parts(one: int, two: int, year: int) -> datetime:
    """Read a numeric date whose order only a number above 12 can tell."""
    if one == two or one > 12:
        return datetime(year, two, one, tzinfo=UTC)
    if two > 12:
        return datetime(year, one, two, tzinfo=UTC)
    raise ValueError("day and month could be exchanged")
