"""Cues: what the wording of one line shows about its role. No decisions, those are in `page`.

The patterns are data, in `cues.toml`: what blog software prints on every site, and how readers
talk to an author; none names a particular page.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from pmdiscourse.ingest.dates import is_date

_NONE = re.compile(r"(?:0|no|keine?|aucune?|ningún|nenhum|nessun|geen)\b", re.IGNORECASE)
_SAYS = (
    r"(?P<name>.{2,50}?)\s+(?:says|said|wrote|writes|replied|replies|commented|responded)"
    r"(?:\s(?:on|at)\s.{0,40})?\s*(?P<mark>:|\.\.\.|…)?"
)
SEPARATORS = re.compile(r"\s*[|·•∙/»›>–—▪«]\s*|\s{2,}|\t+")
_CRUMBS = re.compile(r"\s*[>›»/‹]\s*|:\s+")  # Home > Blog > Careers
_TWO_LABELS = re.compile(r" (?=[A-ZÀ-ÖØ-Þ])")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+")
_QUOTED = re.compile(r"“[^”]{1,400}”|\"[^\"]{1,400}\"|^\s*>.*$", re.MULTILINE)
_MENU_PIECES = 5  # labels in one line: a menu, whatever they say
_OPENING = 240  # characters; readers say in their first sentences to whom they speak


@cache
def _cues() -> dict[str, Any]:
    """Load and compile `cues.toml`.

    Labels and notices are matched in lower case, which is several times as fast as ignoring case.
    """
    raw = tomllib.loads(resources.files(__package__).joinpath("cues.toml").read_text("utf-8"))
    languages = list(raw["languages"].values())

    def merged(family: str, patterns: list[str]) -> str:
        return "|".join([*patterns, *(p for cues in languages for p in cues.get(family, []))])

    labels = {family: merged(family, cue["patterns"]) for family, cue in raw["labels"].items()}
    says = "|".join(word for cues in languages for word in cues["says"])
    return {
        # the name of the group that matches is the family
        "labels": re.compile("|".join(f"(?P<{f}>{p})" for f, p in labels.items()), re.DOTALL),
        "navigation": re.compile(labels["navigation"]),
        "button": re.compile(labels["button"]),
        "notices": re.compile(merged("notices", raw["notices"]["patterns"]), re.DOTALL),
        "inner_notices": re.compile(merged("inner_notices", raw["inner_notices"]["patterns"])),
        "bylines": re.compile(merged("bylines", raw["bylines"]["patterns"])),
        "says": re.compile(rf"{_SAYS}|(?P<other>.{{2,50}}?)\s+(?:{says})\s*(?::|\.\.\.|…)"),
        "replies": [
            (
                cue["name"],
                cue["points"],
                cue.get("needs", []),
                _finder(cue),
            )
            for cue in raw["replies"]
        ],
    }


def _finder(cue: dict[str, Any]) -> Callable[[str], re.Match[str] | None]:
    pattern = re.compile(cue["pattern"])
    return pattern.match if cue.get("start") else pattern.search


def says_pattern() -> re.Pattern[str]:
    """Return the pattern of headers such as "Ana says:"; groups name or other, and mark."""
    pattern: re.Pattern[str] = _cues()["says"]
    return pattern


def bylines() -> re.Pattern[str]:
    """Return the pattern of lines under a title that name an author or a time to read."""
    pattern: re.Pattern[str] = _cues()["bylines"]
    return pattern


def sentences(text: str) -> list[str]:
    """Split a line at sentence ends; enough for the short sentences of an interface."""
    return [part for part in _SENTENCE_END.split(text) if part.strip()]


def label(text: str) -> str:
    """Return the family of labels that a whole line belongs to, or ''.

    >>> label("← Previous Post"), label("Home | Blog | About"), label("Next we changed the plan")
    ('paging', 'navigation', '')
    >>> label("Alle Kommentare anzeigen"), label("Rispondi Elimina")
    ('paging', 'button')
    """
    if len(text) > 200 or is_date(text):
        return ""
    family = _one_label(text)
    if family or len(text) > 160:
        return family
    navigation = _cues()["navigation"]
    crumbs = _CRUMBS.split(text.lower(), maxsplit=1)
    if len(crumbs) > 1 and navigation.fullmatch(crumbs[0].strip()):
        return "navigation"
    pieces = [piece for piece in SEPARATORS.split(text) if piece]
    if len(pieces) > 1:
        found = [family for piece in pieces if (family := label(piece))]
        if len(found) * 2 > len(pieces):
            return "navigation" if len(found) == len(pieces) >= _MENU_PIECES else found[0]
    words = text.lower().split()
    if 2 < len(words) <= 12 and all(navigation.fullmatch(word) for word in words):
        return "navigation"
    return _two_labels(text) if len(words) <= 8 else ""


def _one_label(text: str) -> str:
    found = _cues()["labels"].fullmatch(text.lower())
    if not found and (bare := text.strip("•·|-–—*→←»«›‹>< ").rstrip(": ")) != text:
        found = _cues()["labels"].fullmatch(bare.lower())
    return str(found.lastgroup) if found else ""


def _two_labels(text: str) -> str:
    """Return the family of the first of two buttons that were copied into one line."""
    for gap in _TWO_LABELS.finditer(text):
        family = _one_label(text[: gap.start()])
        if family and _one_label(text[gap.end() :]):
            return family
    return ""


def is_notice(text: str) -> bool:
    """Tell whether a line is spoken by the site's interface.

    Every sentence is a notice, or has at most four words and stands beside one.

    >>> is_notice("Great! Next, complete checkout."), is_notice("We sent it.")
    (True, False)
    """
    pattern, any_cued, rest = _cues()["notices"], False, text.strip()
    while rest:
        part, _, rest = _first_sentence(rest)
        cued = bool(pattern.fullmatch(part.lower()))
        if not cued and len(part.split()) > 4:
            return False
        any_cued = any_cued or cued
    return any_cued


def _first_sentence(text: str) -> tuple[str, str, str]:
    end = _SENTENCE_END.search(text)
    return (text[: end.start()], end[0], text[end.end() :]) if end else (text, "", "")


def none_yet(text: str) -> bool:
    """Tell whether a heading says that there are no comments.

    >>> none_yet("0 comments"), none_yet("Keine Kommentare"), none_yet("10 comments")
    (True, True, False)
    """
    return bool(_NONE.match(text))


def starts_as_notice(text: str) -> bool:
    """Tell whether the first sentence of a line is spoken by the site's interface."""
    return bool(_cues()["notices"].fullmatch(_first_sentence(text)[0].lower()))


def is_inner_notice(text: str) -> bool:
    """Tell whether a line between paragraphs is furniture: a subscribe box, an advertisement."""
    return bool(_cues()["inner_notices"].fullmatch(text.lower()))


def is_button(text: str) -> bool:
    """Tell whether a line is a button or a count that stands around a comment.

    >>> is_button("Reply"), is_button("12 likes"), is_button("In May I left")
    (True, True, False)
    """
    if len(text) > 120 or text.endswith((".", "!", "?")) or is_date(text):
        return False
    return bool(_cues()["button"].fullmatch(text.lower()))


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
    opening = _QUOTED.sub(" ", text[: 4 * _OPENING])[:_OPENING].strip().lower()
    found = [
        (name, points)
        for name, points, needs, find in _cues()["replies"]
        if (not needs or any(word in opening for word in needs)) and find(opening)
    ]
    first = author.split(maxsplit=1)[0].lower() if author else ""
    if first and re.match(rf"(?:\w+ )?@?{re.escape(first)}\b\s*[,:!.–—-]", opening):
        found.append(("calls the author by name", 2.0))
    return sum(points for _, points in found), tuple(name for name, _ in found)
