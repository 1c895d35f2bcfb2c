"""Cleaning of one text: named pure steps, str to str, repeated until nothing changes.

The habit is ftfy's (`fix_and_explain`): cleaning returns the text and can name the steps that
changed it. Typographic quotes stay as written, so quotes in a report are quotes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

import ftfy
from ftfy import fixes
from ftfy.badness import is_bad

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Zero-width space, word joiner, BOM, soft hyphen, bidi marks: they carry no letter and split words.
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
# Joiners are needed inside emoji and Indic words; between or beside ASCII they are debris.
_JOINERS = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])")
# Control characters, non-characters, and halves of characters that JSON can smuggle in.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\x80-\x9f\ufffe\uffff\ud800-\udfff]")
# Beside ASCII the marks of typeset prose: no rule of `ftfy.badness` is about these alone.
_UNUSUAL = re.compile("[^\n -~‘’“”–—…•]")
_UNTIDY = ("  ", " \n", "\n ", "\n\n\n")
_ESCAPED_AGAIN = re.compile(r"&(?:amp;)+(?=#?\w{1,31};)")
_ENTITY = re.compile(r"&#?\w")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")


def line_breaks(text: str) -> str:
    r"""Write every kind of line break as ``\n``.

    >>> line_breaks("a\r\nb\u2028c")
    'a\nb\nc'
    """
    return _BREAKS.sub("\n", text)


def entities(text: str) -> str:
    """Resolve HTML entities, escaped once or more, unless the text holds markup.

    >>> entities("R&amp;D"), entities("R&amp;amp;D")
    ('R&D', 'R&D')
    """
    if "<" in text or "&" not in text:
        return text
    return str(fixes.unescape_html(_ESCAPED_AGAIN.sub("&", text)))


def mojibake(text: str) -> str:
    """Repair text that was decoded with the wrong encoding (ftfy).

    >>> mojibake("itâ€™s")
    'it’s'
    """
    # ftfy mends what it finds bad, and that never lies in a line of usual characters, but its end
    # may stand before it
    unusual = "\n".join(line if _UNUSUAL.search(line) else line[-1:] for line in text.split("\n"))
    return str(ftfy.fix_encoding(text)) if is_bad(unusual) else text


def invisible(text: str) -> str:
    r"""Remove characters that cannot be seen and are no space; joiners inside words stay.

    >>> invisible("pro\u00adduct\u200b")
    'product'
    """
    if not _UNUSUAL.search(text):
        return text
    return _CONTROL.sub("", _JOINERS.sub("", _INVISIBLE.sub("", text)))


def spaces(text: str) -> str:
    r"""Write every run of spaces inside a line as one, none at its ends; at most one empty line.

    >>> spaces(" a\u00a0 b \n\n\n\nc")
    'a b\n\nc'
    """
    if is_tidy(text):
        return text
    lines = [
        line if is_tidy(line) else _SPACES.sub(" ", line).strip(" ") for line in text.split("\n")
    ]
    return re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def is_tidy(text: str) -> bool:
    r"""Tell whether a text has nothing but usual characters, and single spaces inside its lines.

    >>> is_tidy("“No,” we said."), is_tidy("Two  spaces"), is_tidy("tab\there")
    (True, False, False)
    """
    edges = text[:1] + text[-1:]
    untidy = edges.strip() != edges or any(run in text for run in _UNTIDY)
    return not untidy and not _UNUSUAL.search(text)


def composition(text: str) -> str:
    r"""Compose letters and accents (Unicode NFC).

    >>> composition("cafe\u0301") == "caf\u00e9"
    True
    """
    return unicodedata.normalize("NFC", text)


STEPS: tuple[Callable[[str], str], ...] = (
    line_breaks,
    entities,
    mojibake,
    invisible,
    spaces,
    composition,
)
_LINE_STEPS = tuple(step for step in STEPS if step is not spaces)
_MAX_ROUNDS = 1000  # entities can hide mojibake and the other way round; real text needs two


class CleaningStep(NamedTuple):
    """One step that changed the text, and the text after it."""

    name: str
    text: str


def explain_cleaning(text: str) -> list[CleaningStep]:
    """Clean a text and say which steps changed it.

    Parameters
    ----------
    text : str
        Raw text.

    Returns
    -------
    list of CleaningStep
        In order; empty if the text was clean. The last one holds the cleaned text.

    Examples
    --------
    >>> explain_cleaning("itâ€™s")
    [CleaningStep(name='mojibake', text='it’s')]
    """
    return _apply(text, STEPS)


def clean_text(text: str) -> str:
    """Clean a text: line breaks, entities, mojibake, invisible characters, spaces, NFC.

    Parameters
    ----------
    text : str
        Raw text.

    Returns
    -------
    str
        Cleaned text; cleaning it again changes nothing.

    Raises
    ------
    TypeError
        If `text` is not a str.

    Examples
    --------
    >>> clean_text("  We\u00a0don’t\u200b know. ")
    'We don’t know.'
    """
    steps = _apply(text, STEPS)
    return steps[-1].text if steps else text


def repair_page(text: str) -> str:
    """Clean a page, but keep every line in its place: line numbers stay those of the file."""
    steps = _apply(text, _LINE_STEPS)
    return steps[-1].text if steps else text


def _apply(text: str, steps: tuple[Callable[[str], str], ...]) -> list[CleaningStep]:
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, got {type(text).__name__}")
    done: list[CleaningStep] = []
    if is_tidy(text) and not _ENTITY.search(text):
        return done  # no step would change it
    for _ in range(_MAX_ROUNDS):
        before = text
        for step in steps:
            after = step(text)
            if after != text:
                done.append(CleaningStep(step.__name__, after))
                text = after
        if text == before:
            break
    return done
