"""Publication times as web pages write them: in attributes, and in words of several languages."""

from __future__ import annotations

import re
from functools import cache

from selectolax.lexbor import LexborNode

from pmdiscourse.ingest.records import parse_time

# In the order of trust; epochs and ISO times stand in the first ones, words in titles.
_ATTRIBUTES = (
    *("datetime", "content", "data-utime", "data-time", "data-timestamp", "ts", "data-date"),
    "title",
)
# English, German, French, Spanish, Portuguese, Italian, Dutch, Polish: names or their starts.
_MONTHS = (
    "january jan januar jänner janvier enero janeiro gennaio januari styczeń stycznia ene gen",
    "february feb februar février febrero fevereiro febbraio februari luty lutego févr fév fev",
    "march mar märz mär mrz mars marzo março maart marzec marca",
    "april apr avril abril aprile kwiecień kwietnia avr abr",
    "may mai mayo maio maggio mei maj maja mag",
    "june jun juni juin junio junho giugno czerwiec czerwca giu",
    "july jul juli juillet julio julho luglio lipiec lipca juil lug",
    "august aug août aout agosto augustus sierpień sierpnia ago",
    "september sep sept septembre septiembre setembro settembre wrzesień września set",
    "october oct oktober okt octobre octubre outubro ottobre październik października out ott",
    "november nov novembre noviembre novembro listopad listopada",
    "december dec dezember dez décembre diciembre dezembro dicembre grudzień grudnia déc dic",
)
_CLOCK = (
    r"(?:\D{1,12}?(?P<hour>\d{1,2})[:h.](?P<minute>\d\d)(?::\d\d)?"
    r"(?:\s*(?P<half>[ap])\.?m\b)?)?"
)
_WORDS = re.compile(
    rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|ª)?\.?\s+(?:de\s+|of\s+)?(?P<month>[^\W\d_]+)\.?"
    rf"|(?P<month2>[^\W\d_]+)\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)"
    rf",?\s+(?:de\s+|del\s+)?(?P<year>(?:19|20)\d\d)(?!\d){_CLOCK}",
    re.IGNORECASE,
)
_STAMP = re.compile(
    r"(?<!\d)(?:19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\s?[+-]\d\d:?\d\d)?"
)
_ISO = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)[-/](?P<month>\d\d?)[-/](?P<day>\d\d?)(?!\d)" + _CLOCK, re.I
)
_DIGITS = re.compile(
    r"(?<![\d.])(?P<one>\d{1,2})(?P<mark>[./-])\s?(?P<two>\d{1,2})(?P=mark)\s?"
    r"(?P<year>(?:19|20)\d\d)(?!\d)" + _CLOCK,
    re.IGNORECASE,
)
_MONTH_FIRST = ("en-us", "en_us", "en-ph")
_DAY_FIRST = ("en-", "en_", "de", "fr", "es", "it", "pt", "nl", "pl", "da", "nb", "no", "fi", "cs")


def node_time(node: LexborNode, *, language: str = "") -> str:
    """Return the time that an element shows: of an attribute, else of its words; "" if none.

    Parameters
    ----------
    node : LexborNode
        E.g. a `time` element, or a link whose words are a date.
    language : str, default=""
        Of the page; decides which of two numbers is the day.

    Returns
    -------
    str
        As `read_time`.
    """
    attributes = node.attributes
    for name in _ATTRIBUTES:
        value = (attributes.get(name) or "").strip()
        if value and (found := read_time(value, language=language)):
            return found
    return read_time(node.text(separator=" "), language=language)


def read_time(words: str, *, language: str = "") -> str:
    """Find the time that some words hold.

    Parameters
    ----------
    words : str
        A time that `pmdiscourse.ingest.records.parse_time` reads, or a short text with a date.
    language : str, default=""
        Language tag of the page. Dates in numbers with dots have the day first in every language;
        with strokes it is told by the language, or by a number above 12.

    Returns
    -------
    str
        ISO 8601 without zone (read as UTC), or `words` if they are a time as they are; "" if there
        is none, or if day and month could be exchanged.

    Examples
    --------
    >>> read_time("Kommentar von Ida am 2. März 2012 um 10:15 Uhr")
    '2012-03-02T10:15'
    >>> read_time("March 2nd, 2012 at 9:05 pm"), read_time("02.03.2012")
    ('2012-03-02T21:05', '2012-03-02')
    >>> read_time("2 days ago"), read_time("02/03/2012"), read_time("02/03/2012", language="fr")
    ('', '', '2012-03-02')
    """
    words = " ".join(words.split())
    if len(words) > 300:
        return ""
    if found := _STAMP.search(words):
        return found[0]
    if found := _ISO.search(words):
        return _iso(found, found["year"], int(found["month"]), int(found["day"]))
    for found in _WORDS.finditer(words):
        month = _months().get((found["month"] or found["month2"]).lower().rstrip("."))
        if month:
            return _iso(found, found["year"], month, int(found["day"] or found["day2"]))
    if found := _DIGITS.search(words):
        return _numeric(found, language.lower())
    return words if parse_time(words) else ""


@cache
def _months() -> dict[str, int]:
    return {name: n for n, names in enumerate(_MONTHS, start=1) for name in names.split()}


def _numeric(found: re.Match[str], language: str) -> str:
    one, two = int(found["one"]), int(found["two"])
    day_first = found["mark"] == "." or one > 12
    month_first = language.startswith(_MONTH_FIRST) or two > 12
    if not day_first and not month_first and not language.startswith(_DAY_FIRST) and one != two:
        return ""
    day, month = (two, one) if month_first and not day_first else (one, two)
    return _iso(found, found["year"], month, day)


def _iso(found: re.Match[str], year: str, month: int, day: int) -> str:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return ""
    date = f"{year}-{month:02d}-{day:02d}"
    if not found["hour"] or int(found["hour"]) > 23 or int(found["minute"]) > 59:
        return date
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    return f"{date}T{hour:02d}:{found['minute']}"
