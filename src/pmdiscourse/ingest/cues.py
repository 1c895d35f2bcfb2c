"""Cues: what the wording of one line shows about its role. No decisions, those are in `page`.

The patterns are data, in `cues.toml`: what blog software prints on every site, and how readers
talk to an author; none names a particular page.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
DATE = re.compile(
    rf"\b(?:{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+(?:19|20)\d\d|\s+['’]\d\d)?|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?\s+{MONTH}(?:,?\s+(?:19|20)\d\d|\s+['’]\d\d)?|"
    rf"{MONTH}\s+(?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d|\d{{1,2}}[./]\d{{1,2}}[./](?:19|20)?\d\d)\b",
    re.IGNORECASE,
)
_AGO = re.compile(
    r"\b(?:\d+|an?|a few)\s*(?:[smhdwy]|mo|yr|min|(?:minute|hour|day|week|month|year)s?)\s+ago\b"
    r"|^(?:yesterday|just now)$|(?:^|[·•]\s*)\d+\s?(?:[smhdwy]|mo|yr)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b(?:at\s+)?\d{1,2}[:.]\d\d(?::\d\d)?\s*(?:[ap]\.?m\.?)?(?:\s*(?:utc|gmt|[a-z]{2,4}t))?\b",
    re.I,
)
_NAME_WORD = r"[A-ZÀ-ÖØ-Þ][\w'’.-]*"
NAME = re.compile(
    rf"{_NAME_WORD}(?:\s+(?:(?:van|von|de|da|del|der|al|bin|la|le|di|dos)\s+)*{_NAME_WORD}){{0,3}}"
)
_HANDLE = re.compile(r"@?(?=[\w.-]*[\d_@.-]|[a-z]+[A-Z])[\w-][\w.-]{2,24}")
_NO_NAMES = re.compile(
    r"\b(?:i|you|he|she|it|we|they|this|that|these|those|the|an?|and|but|or|so|if|as|what|when|where"
    r"|why|how|who|which|my|your|our|their|his|her|its|no|not|yes)\b",
    re.IGNORECASE,
)
_PRONOUNS = re.compile(r"\s*\((?:she|he|they)[/\w ]*\)", re.IGNORECASE)
_SAYS = re.compile(
    r"^(?P<name>.{2,50}?)\s+(?:says|said|wrote|writes|replied|replies|commented|responded)"
    r"(?:\s(?:on|at)\s.{0,40})?\s*(?::|\.\.\.|…)?$"
)
_TAG_LINE = re.compile(r"^(?:[·•]\s*\S|#\w|tags?:|in\s+[A-Z]).{0,100}$", re.IGNORECASE)
_BY = re.compile(r"(?:.{0,20}\b)?by:?\s+", re.IGNORECASE)
_SEPARATORS = re.compile(r"\s*[|·•∙/»›>–—▪]\s*|\s{2,}|\t+")
_CRUMBS = re.compile(r"\s*[>›»/]\s*|:\s+")  # Home > Blog > Careers
_PIECES = re.compile(rf"{_SEPARATORS.pattern}|,\s*")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+")
_QUOTED = re.compile(r"“[^”]{1,400}”|\"[^\"]{1,400}\"|^\s*>.*$", re.MULTILINE)
_OPENING = 240  # characters; readers say in their first sentences to whom they speak


@cache
def _cues() -> dict[str, Any]:
    """Load and compile `cues.toml`."""
    raw = tomllib.loads(resources.files(__package__).joinpath("cues.toml").read_text("utf-8"))

    def whole(patterns: list[str]) -> re.Pattern[str]:
        return re.compile("(?:" + "|".join(patterns) + ")", re.IGNORECASE | re.DOTALL)

    return {
        "labels": {family: whole(cue["patterns"]) for family, cue in raw["labels"].items()},
        "notices": whole(raw["notices"]["patterns"]),
        "inner_notices": whole(raw["inner_notices"]["patterns"]),
        "bylines": re.compile("(?:" + "|".join(raw["bylines"]["patterns"]) + ")"),
        "replies": [
            (cue["name"], cue["points"], re.compile(cue["pattern"], re.IGNORECASE))
            for cue in raw["replies"]
        ],
    }


def sentences(text: str) -> list[str]:
    """Split a line at sentence ends; enough for the short sentences of an interface."""
    return [part for part in _SENTENCE_END.split(text) if part.strip()]


def label(text: str) -> str:
    """Return the family of labels that a whole line belongs to, or ''.

    >>> label("← Previous Post"), label("Home | Blog | About"), label("Next we changed the plan")
    ('paging', 'navigation', '')
    """
    if len(text) > 200:
        return ""
    families: dict[str, re.Pattern[str]] = _cues()["labels"]
    bare = text.strip("•·|-–—*→←»«›‹>< ").rstrip(":").strip()
    for family, pattern in families.items():
        if pattern.fullmatch(text) or (bare and pattern.fullmatch(bare)):
            return family
    if _CRUMBS.search(text) and families["navigation"].fullmatch(_CRUMBS.split(text)[0].strip()):
        return "navigation"
    pieces = [piece for piece in _SEPARATORS.split(text) if piece]
    if len(pieces) > 1 and len(text) < 160:
        found = [family for piece in pieces if (family := label(piece))]
        if len(found) * 2 > len(pieces):
            return found[0]
    words = text.split()
    if 2 < len(words) <= 12 and all(families["navigation"].fullmatch(word) for word in words):
        return "navigation"
    return ""


def is_notice(text: str) -> bool:
    """Tell whether a line is spoken by the site's interface.

    Every sentence is a notice, or has at most four words and stands beside one.

    >>> is_notice("Great! Next, complete checkout."), is_notice("We sent it.")
    (True, False)
    """
    pattern = _cues()["notices"]
    parts = sentences(text)
    cued = [bool(pattern.fullmatch(part)) for part in parts]
    short = [len(part.split()) <= 4 for part in parts]
    return any(cued) and all(c or s for c, s in zip(cued, short, strict=True))


def is_inner_notice(text: str) -> bool:
    """Tell whether a line between paragraphs is furniture: a subscribe box, an advertisement."""
    return bool(_cues()["inner_notices"].fullmatch(text))


def is_name(text: str) -> bool:
    """Tell whether a line could be a person's name or handle and nothing else.

    >>> is_name("Ana de Souza (she/her)"), is_name("ana_k"), is_name("The wrong problem")
    (True, True, False)
    """
    bare = _PRONOUNS.sub("", text).strip()
    if _NO_NAMES.search(bare):
        return False
    return len(bare) <= 50 and bool(NAME.fullmatch(bare) or _HANDLE.fullmatch(bare))


def says(text: str) -> str:
    """Return the name in a header such as "Ana says:", '' if the line is none.

    >>> says("Ana de Souza says:"), says("What I said"), says("Ana left.")
    ('Ana de Souza', '', '')
    """
    match = _SAYS.match(text)
    return match["name"] if match and is_name(match["name"]) and len(match["name"]) > 1 else ""


def byline(text: str) -> str:
    """Return 'byline' or 'tag line' if a line under a title is one, or ''.

    >>> byline("By Ana Souza"), byline("March 3, 2024 · 6 min read"), byline("By then it was late.")
    ('byline', 'byline', '')
    """
    if len(text) > 140 or (text.endswith(".") and len(text.split()) > 5 and not DATE.search(text)):
        return ""
    if _cues()["bylines"].fullmatch(text) or (
        DATE.search(text) and len(DATE.sub("", text).split()) <= 8
    ):
        return "byline"
    return "tag line" if _TAG_LINE.match(text) else ""


def byline_name(text: str) -> str:
    """Return the author's name in a byline, '' if there is none.

    >>> byline_name("By Ana de Souza · March 3, 2024"), byline_name("6 min read")
    ('Ana de Souza', '')
    """
    start = _BY.match(text)
    name = NAME.match(text[start.end() :]) if start else NAME.match(text)
    return name[0] if name and not DATE.match(text) and (start or is_name(name[0])) else ""


def is_comment_header(text: str) -> bool:
    """Tell whether a line stands around a comment: who wrote it and when, or its buttons.

    >>> [is_comment_header(t) for t in ("Ana says:", "Ana · 3 days ago", "Reply", "In May I left")]
    [True, True, True, False]
    """
    if says(text):
        return True
    if len(text) > 120 or text.endswith((".", "!", "?")):
        return False
    return bool(_cues()["labels"]["button"].fullmatch(text)) or has_time(text)


def has_time(text: str) -> bool:
    """Tell whether a line is a time, alone or beside a name: "Ana, March 3 at 5:10 pm"."""
    when = DATE.search(text) or _AGO.search(text)
    if not when or len(text) > 120:
        return False
    rest = _CLOCK.sub(" ", text[: when.start()] + " | " + text[when.end() :])
    pieces = [piece.strip(" ,@()-") for piece in _PIECES.split(rest)]
    fillers = ("", "at", "on", "by", "edited", "author", "posted", "posted on", "posted by")
    left = [piece for piece in pieces if piece.lower() not in fillers and not label(piece)]
    return all(is_name(re.sub(r"(?i)^(?:by|posted by)\s+|[,\s]+(?:on|at)$", "", p)) for p in left)


def reply_points(text: str, *, author: str = "") -> tuple[float, tuple[str, ...]]:
    """Weigh what in a paragraph is a reader speaking to the author; quoted words do not count.

    Parameters
    ----------
    text : str
        A paragraph.
    author : str, default=""
        Name of the author, if the page has a byline: being called by name is a sign.

    Returns
    -------
    points : float
        Sum of the weights of the cues; 2 or more is a reader.
    names : tuple of str
        The cues found.

    Examples
    --------
    >>> reply_points("Couldn't agree more.")
    (1.5, ('agrees or disagrees',))
    """
    opening = _QUOTED.sub(" ", text)[:_OPENING].strip()
    found = [(name, points) for name, points, cue in _cues()["replies"] if cue.search(opening)]
    first = author.split(maxsplit=1)[0].lower() if author else ""
    if first and re.match(rf"(?:\w+ )?@?{re.escape(first)}\b\s*[,:!.–—-]", opening.lower()):
        found.append(("calls the author by name", 2.0))
    return sum(points for _, points in found), tuple(name for name, _ in found)
