"""Who wrote what, and when: names, bylines, headers and signatures of comments, quotes."""

from __future__ import annotations

import re

from pmdiscourse.ingest.cues import SEPARATORS, bylines, label, says_pattern
from pmdiscourse.ingest.dates import CLOCK, DATE, is_date, search_time

_NAME_WORD = r"[A-ZÀ-ÖØ-Þ][\w'’.-]*"
NAME = re.compile(
    rf"{_NAME_WORD}(?:\s+(?:(?:van|von|de|da|del|der|al|bin|la|le|di|dos)\s+)*{_NAME_WORD}){{0,3}}"
)
_HANDLE = re.compile(r"@[\w.-]+@[\w.-]+|@?(?=[\w.-]*[\d_@.-]|[a-z]+[A-Z])[\w-][\w.-]{2,24}")
_NO_NAMES = re.compile(
    r"\b(?:i|you|he|she|it|we|they|this|that|these|those|the|an?|and|but|or|so|if|as|what|when|where"
    r"|why|how|who|which|my|your|our|their|his|her|its|no|not|yes)\b",
    re.IGNORECASE,
)
_LOOSE_NAME = re.compile(r"@?\w[\w.'’-]*(?: [\w.'’-]+){0,2}")
_ASIDE = re.compile(r"\s*\([^()]{1,30}\)$")  # (she/her), (author)
_DEGREES = re.compile(  # ", PhD"
    r"(?<=\w\s)([A-ZÀ-ÖØ-Þ][\w'’.-]+)(?:,\s[A-Z][A-Za-z.®-]{1,7}){1,3}$"
)
_SCORES = re.compile(r"\[[–−+\-S]\]|[-−]?\b[\d,.]+k? points?\b|\*$", re.IGNORECASE)
_FILLERS = re.compile(
    r"(?:^|(?<=\s))(?:at|on|by|edited|author|op|posted|submitted|post|asked|answered|replied|quote"
    r"|commented|modified|updated|from|reply #\d+|re|beitrag|um|uhr|am|im|von|door|om|le|à|par|el"
    r"|a las|por|às|em|il|alle|ore|da)(?=\s|:|$):?",
    re.IGNORECASE,
)
_SAYS_SOMETHING = re.compile(rf"{NAME.pattern} [^\W\d_A-Z]{{3,12}}\s?:")
MAX_LENGTH = 120  # characters of a line that stands around a comment
_MAX_SIGNATURE = 85
_BIOGRAPHY = re.compile(
    r",? (?:is|was|has|leads?|works?|writes?|runs?|lives?|spent|builds?|teaches|coaches|helps)\b"
)
_SPEAKER = re.compile(rf"(?P<name>{NAME.pattern}):\s+(?P<text>\S.*)", re.DOTALL)
_QUOTE_LEAD = re.compile(
    r"quot(?:e|ing) from:?\s.+|.{2,40}\s(?:wrote|said|schrieb|a écrit)\s?:"
    r"|(?:on|am|le|el|il|op|em)\s.{4,60}\s"
    r"(?:wrote|schrieb.{0,40}|a écrit|escribió|escreveu|ha scritto|schreef.{0,40})\s?:",
    re.IGNORECASE,
)
_TAG_LINE = re.compile(r"^(?:[·•]\s*\S|#\w|tags?:|in\s+[A-Z]).{0,100}$", re.IGNORECASE)
_BY = re.compile(r"(?:.{0,45}\b)?(?:by|von|par|por|da|door):?\s+(?=[A-ZÀ-ÖØ-Þ])", re.IGNORECASE)
_PIECES = re.compile(rf"{SEPARATORS.pattern}|,\s*")


def is_name(text: str) -> bool:
    """Tell whether a line could be a person's name or handle and nothing else.

    >>> is_name("Ana de Souza (she/her)"), is_name("ana_k"), is_name("The wrong problem")
    (True, True, False)
    """
    if len(text) > 90 or is_date(text):
        return False
    bare = _DEGREES.sub(r"\1", _ASIDE.sub("", text)).strip()
    if _NO_NAMES.search(bare):
        return False
    return len(bare) <= 50 and bool(NAME.fullmatch(bare) or _HANDLE.fullmatch(bare))


def may_sign(text: str) -> bool:
    """Tell whether a line could sign a comment where one is due: a name, or any single word.

    >>> may_sign("tinwhistle"), may_sign("anything goes"), may_sign("however,")
    (True, False, False)
    """
    if is_date(text):
        return False
    return is_name(text) or bool(
        len(text) <= 30 and re.fullmatch(r"@?\w[\w.-]*\w", text) and not _NO_NAMES.search(text)
    )


def says(text: str) -> str:
    """Return the name in a header such as "Ana says:", '' if the line is none.

    >>> says("Ana de Souza says:"), says("What I said"), says("Ana left.")
    ('Ana de Souza', '', '')
    >>> says("bruno v. disse:")
    'bruno v.'
    """
    match = says_pattern().fullmatch(text) if len(text) <= MAX_LENGTH else None
    if not match:
        return ""
    name: str = match["name"] or match["other"]
    marked = match["mark"] or match["other"]
    loose = marked and _LOOSE_NAME.fullmatch(name) and not _NO_NAMES.search(name)
    return name if len(name) > 1 and (loose or is_name(name)) else ""


def says_something(text: str) -> bool:
    """Tell whether a line is a name and a verb of whatever language: "Ignacy Wilk pisze:".

    >>> says_something("Ignacy Wilk pisze:"), says_something("What I said:")
    (True, False)
    """
    return bool(_SAYS_SOMETHING.fullmatch(text)) and is_name(text.rstrip(" :").rsplit(" ", 1)[0])


def leads_quote(text: str) -> bool:
    """Tell whether a line names the writer of the quoted lines below it.

    >>> leads_quote("On 3 May Jane wrote:"), leads_quote("Quote from: jane"), leads_quote("I wrote")
    (True, True, False)
    """
    return len(text) <= MAX_LENGTH and bool(_QUOTE_LEAD.fullmatch(text))


def signed_remark(text: str) -> tuple[str, str, str] | None:
    """Return text, name and time of a remark that is signed at its end, else None.

    >>> signed_remark("Who decides? – Hal Mar 4, 2021 at 8:02")
    ('Who decides?', 'Hal', 'Mar 4, 2021 at 8:02')
    """
    dash = max(text.rfind(f" {dash} ") for dash in "–—-")
    signature = text[dash + 3 :]
    when = DATE.search(signature) if dash > 0 and len(signature) <= _MAX_SIGNATURE else None
    if not when or not has_time(signature):
        return None
    name = signature[: when.start()].strip(" ,·")
    return (text[:dash], name, signature[when.start() :]) if may_sign(name) else None


def speaker(text: str) -> tuple[str, str] | None:
    """Return name and words of a line "Name: words", else None.

    >>> speaker("Ana Souza: Not in my team."), speaker("In short: no.")
    (('Ana Souza', 'Not in my team.'), None)
    """
    match = _SPEAKER.fullmatch(text)
    return (match["name"], match["text"]) if match and is_name(match["name"]) else None


def is_biography(text: str, author: str) -> bool:
    """Tell whether a line tells of the author in the third person, as the box below an essay does.

    >>> is_biography("Ana Souza leads product at a bank.", "Ana Souza")
    True
    """
    return text.startswith(f"{author} ") and bool(_BIOGRAPHY.match(text[len(author) :]))


def byline(text: str) -> str:
    """Return 'byline' or 'tag line' if a line under a title is one, or ''.

    >>> byline("By Ana Souza"), byline("March 3, 2024 · 6 min read"), byline("By then it was late.")
    ('byline', 'byline', '')
    """
    if len(text) > 140 or leads_quote(text):
        return ""
    when = search_time(text)
    if text.endswith(".") and len(text.split()) > 5 and not when:
        return ""
    rest = text[: when.start()] + text[when.end() :] if when else ""
    few_more = when and (has_time(text) or (DATE.match(when[0]) and len(rest.split()) <= 8))
    if few_more or bylines().fullmatch(text):
        return "byline"
    return "tag line" if _TAG_LINE.match(text) else ""


def byline_name(text: str) -> str:
    """Return the author's name in a byline, '' if there is none.

    >>> byline_name("By Ana de Souza · March 3, 2024"), byline_name("6 min read")
    ('Ana de Souza', '')
    """
    start = _BY.match(text)
    name = NAME.match(text[start.end() :]) if start else None
    if name:
        return name[0]
    if label(text):
        return ""
    return signer(text) or (text if is_name(text) and not DATE.match(text) else "")


def has_time(text: str) -> bool:
    """Tell whether a line is a time, alone or beside a name: "Ana, March 3 at 5:10 pm".

    >>> has_time("Post by kettle » Sat Jun 12, 2021 9:41 pm"), has_time("kettle 8 hours ago | next")
    (True, True)
    """
    beside = _beside_time(text)
    return beside is not None and all(may_sign(piece) or label(piece) for piece in beside)


def signer(text: str) -> str:
    """Return the name beside a time, '' if there is none.

    >>> signer("Post by kettle » Sat Jun 12, 2021 9:41 pm"), signer("answered Mar 4, 2021")
    ('kettle', '')
    """
    beside = [piece for piece in _beside_time(text) or [] if not label(piece)]
    return beside[0] if len(beside) == 1 and may_sign(beside[0]) else ""


def _beside_time(text: str) -> list[str] | None:
    """Return what stands beside a time, without clock and filling words; None if it is none."""
    if len(text) > MAX_LENGTH or text.endswith(("!", "?")):
        return None
    text = _SCORES.sub(" ", text)
    when = search_time(text)
    if not when:
        return None
    rest = CLOCK.sub(" ", text[: when.start()] + " | " + text[when.end() :])
    pieces = [piece.strip(" ,@()-#") for piece in _PIECES.split(rest)]
    bare = [_FILLERS.sub("", piece).strip(" ,:#") for piece in pieces]
    return [piece for piece in bare if len(piece) > 1]
