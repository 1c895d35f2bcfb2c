"""One line of a flattened page, its role, and the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from pmdiscourse.ingest import cues, headers
from pmdiscourse.ingest.passages import count_words

ROLES = ("title", "byline", "body", "chrome", "comment", "blank")
_MIN_PROSE_WORDS = 8  # a sentence of fewer words may be a heading, a title or a button
_LONG_WORDS = 25  # no label, title or menu entry is that long


@dataclass
class Line:
    """One line of a page, or one paragraph of a hard-wrapped page.

    Parameters
    ----------
    number : int
        1-based line number in the raw file.
    text : str
        The line without spaces at its ends; "" for a blank one.
    role : str, default="body"
        One of `ROLES`.
    evidence : list of str
        Names of the cues that decided the role.
    comment : int, default=0
        1, 2, ... for the lines of the first, second ... comment.
    block, block_size : int
        Number and size of the run of lines, without a blank one between them, it stands in.
    wrapped : list of Line
        The further physical lines of a hard-wrapped paragraph.
    """

    number: int
    text: str
    role: str = "body"
    evidence: list[str] = field(default_factory=list)
    comment: int = 0
    block: int = 0
    block_size: int = 1
    wrapped: list[Line] = field(default_factory=list)

    @cached_property
    def cue(self) -> str:
        """Name of the cue that makes the line furniture by its wording, or ''."""
        return chrome_cue(self.text)

    @cached_property
    def head_cue(self) -> str:
        """Name of the cue that makes the line no essay above its first paragraph, or ''."""
        if not any(character.isalpha() for character in self.text):
            return "byline" if headers.has_time(self.text) else "no words"
        return headers.byline(self.text) or self.cue

    @cached_property
    def words(self) -> int:
        """Number of words."""
        return count_words(self.text)

    @cached_property
    def prose(self) -> bool:
        """Whether the line is a paragraph, see `is_prose`."""
        return _is_prose(self.text, self.words)

    def become(self, role: str, *evidence: str, comment: int = 0) -> None:
        """Set the role and add to the evidence."""
        self.role, self.comment = role, comment
        self.evidence += [name for name in evidence if name and name not in self.evidence]

    def parts(self) -> list[Line]:
        """Return the line, and after it its further physical lines, emptied, in its role."""
        for line in self.wrapped:
            line.text = ""
            line.become(self.role, *self.evidence, comment=self.comment)
        return [self, *self.wrapped]


def is_prose(text: str) -> bool:
    """Tell whether a line is a paragraph: a full sentence, or longer than any label.

    >>> is_prose("We shipped it, and nobody in sales came to the review."), is_prose("Next steps")
    (True, False)
    """
    return _is_prose(text, count_words(text))


def _is_prose(text: str, words: int) -> bool:
    closed = text.rstrip("\"'”’)*_ ").endswith((".", "!", "?", "…", ":", ";"))
    return words >= _LONG_WORDS or (words >= _MIN_PROSE_WORDS and closed)


def is_short(text: str) -> bool:
    """Tell whether a line has the shape of a button, menu entry or teaser: few words, no full stop.

    >>> is_short("Older entries"), is_short("We left."), is_short("• one bullet")
    (True, False, False)
    """
    bullet = text.startswith(("•", "-", "*", "–", "·"))
    return count_words(text) <= 4 and not bullet and not text.endswith((".", "!", "?", ":", "…"))


def chrome_cue(text: str) -> str:
    """Return the name of the cue that makes a line furniture by its wording, or ''."""
    if cues.is_inner_notice(text):
        return "inner notice"
    return cues.label(text) or ("notice" if cues.is_notice(text) else "")
