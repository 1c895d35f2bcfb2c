"""The tail of a flattened page: furniture, and comments that a heading or headers announce."""

from __future__ import annotations

import re
from itertools import takewhile
from math import inf

from pmdiscourse.ingest import cues, headers
from pmdiscourse.ingest.dates import DATE
from pmdiscourse.ingest.lines import Line, is_short

_MAX_FURNITURE_SHARE = 0.35  # author boxes and teasers are a small part of the words of a page
_MIN_OPENING_LINES, _MIN_OPENING_WORDS = 2, 80  # no tail before an essay has begun
_MAX_FURNITURE_RUN = 2  # paragraphs: an author box or a teaser, then a label comes again
_PARAGRAPH_WORDS = 25  # messages of an interface are shorter
_HEADER_LINES = 4  # name, job title, time and a button stand around one comment
_INITIAL = re.compile(r"\b[A-Z]\.$")  # "Ana S." is no sentence
_OPENERS = ("marker", "legal", "form", "notice")  # what follows is furniture at any length


class Tail:
    """What each line of a page shows, looked at once, and what follows from it for the tail.

    Parameters
    ----------
    filled : list of Line
        The lines of a page that are not blank.
    author : str, default=""
        Name in the byline.
    """

    def __init__(self, filled: list[Line], *, author: str = "") -> None:
        self.filled = filled
        self.cues = [line.cue for line in filled]
        short = [len(line.text) <= headers.MAX_LENGTH for line in filled]
        self.names = [
            s and headers.is_name(line.text) for s, line in zip(short, filled, strict=True)
        ]
        self.times = [
            s and headers.has_time(line.text) for s, line in zip(short, filled, strict=True)
        ]
        self.remarks = [
            line.words > 3 and bool(headers.signed_remark(line.text)) for line in filled
        ]
        self.leads = [s and self._leads_quote(i) for i, s in enumerate(short)]
        signed = [
            s and not self.leads[i] and (self.times[i] or bool(headers.says(filled[i].text)))
            for i, s in enumerate(short)
        ]
        self.headers, self.signs = [False] * len(filled), signed[:]
        for i, line in enumerate(filled):
            above = short[i] and not self.leads[i] and self._stands_above_time(i)
            self.signs[i] = signed[i] or above
            self.headers[i] = self.signs[i] or cues.is_button(line.text)
        self.signed_below = _count_below(signed)
        self.prose_below = _count_below([line.prose for line in filled])
        self._mark_author_box(author)

    def find(self, start: int) -> int:
        """Return the first line from which everything is explained as furniture or comments.

        Parameters
        ----------
        start : int
            Where the essay starts.

        Returns
        -------
        int
            The number of lines if the page ends with its essay.
        """
        first = self._end_of_opening(start)
        explained = self._explained()
        # the tail is explained as a whole: looked for from the last paragraph of the essay upward
        for i in range(first, len(self.filled)):
            if (self.cues[i] or self.headers[i] or self.remarks[i]) and explained[i]:
                short = takewhile(self._may_join, range(i - 1, first - 1, -1))
                return min(short, default=i)
        return len(self.filled)

    def read(self, end: int) -> bool:
        """Give roles to the lines from `end` on; return whether there are comments among them."""
        state, number, fresh = "furniture", 0, True
        marked = sum(self.headers[end:]) >= 2
        for i in range(end, len(self.filled)):
            line, cue = self.filled[i], self.cues[i]
            if self.remarks[i]:
                number, fresh = number + 1, True
                line.become("comment", "signed at its end", comment=number)
            elif self._opens_comments(i):
                state, fresh = "comments", True
                line.become("chrome", "comment header" if self.headers[i] else "comments heading")
            elif state == "comments" and (self.headers[i] or self._is_name_alone(i)):
                fresh = fresh or not self._ends_quotation(i)
                line.become("chrome", "comment header")
            elif cue:
                state = "furniture" if cue in ("marker", "legal", "paging") else state
                fresh = fresh or not self._ends_quotation(i)
                line.become("chrome", cue)
            elif state == "comments" and self._is_comment_text(i, marked=marked, fresh=fresh):
                number += fresh or not marked
                fresh = False
                line.become("comment", "under a comments heading", comment=number)
            else:
                line.become("chrome", "among furniture")
        return number > 0

    def _ends_quotation(self, i: int) -> bool:
        """Tell whether a button stands right below quoted lines: "Click to expand"."""
        return not self.signs[i] and self.filled[i - 1].text.startswith(">")

    def _mark_author_box(self, author: str) -> None:
        """Mark what tells of the author in the third person, with the name above it or in it."""
        first = author.split(maxsplit=1)[0] if " " in author else ""
        for i in range(len(self.filled) if first else 0):
            text = self.filled[i].text
            below = self.filled[i + 1].text if i + 1 < len(self.filled) else ""
            box = text == author and below.startswith(f"{first} ")
            if not self.cues[i] and (box or headers.is_biography(text, author)):
                self.cues[i] = "marker"

    def _leads_quote(self, i: int) -> bool:
        """Tell whether a line names the writer of quoted lines that stand right below it."""
        below = self.filled[i + 1].text if i + 1 < len(self.filled) else ""
        return below.startswith(">") and headers.leads_quote(self.filled[i].text)

    def _end_of_opening(self, start: int) -> int:
        """Return the first line that may belong to the tail.

        Buttons, counts and a byline also stand between a standfirst and the first paragraphs; a
        page that ends within its opening has a tail all the same.
        """
        prose, words = 0, 0
        for i in range(start, len(self.filled)):
            begun = prose > 1 or words >= _PARAGRAPH_WORDS
            if begun and self.signs[i] and self._opens_comments(i):  # a short post in a forum
                return self._first_paragraph(start) + 1
            if self.filled[i].prose:
                prose, words = prose + 1, words + self.filled[i].words
            if prose >= _MIN_OPENING_LINES and words >= _MIN_OPENING_WORDS:
                return i + 1
        return self._first_paragraph(start) + 1

    def _first_paragraph(self, start: int) -> int:
        first = (i for i in range(start, len(self.filled)) if self.filled[i].prose)
        return next(first, start - 1)

    def _stands_above_time(self, i: int) -> bool:
        """Tell whether a line is a name, or a job under one, right above the time of a comment."""
        line = self.filled[i]
        below = self.times[i + 1] if i + 1 < len(self.filled) else False
        if below and headers.says_something(line.text):
            return True
        if not self.names[i] and (line.words > 8 or line.text.endswith((".", "!", "?", ":"))):
            return False
        for j in range(i + 1, min(i + _HEADER_LINES, len(self.filled))):
            if self.times[j]:
                return headers.may_sign(line.text) or (i > 0 and self.headers[i - 1])
            if self.filled[j].prose or self.filled[j].text.endswith((".", "!", "?")):
                return False
        return False

    def _explained(self) -> list[bool]:
        """Tell for each line whether from it on all is furniture, its company, or under comments.

        Read from the end of the page. What is kept is how many words without a cue of their own
        would be furniture: under labels none may be, after a message of the interface only short
        lines, after a marker up to `_MAX_FURNITURE_RUN` paragraphs in a row.
        """
        limit = _MAX_FURNITURE_SHARE * sum(line.words for line in self.filled)
        labels, messages, furniture = 0.0, 0.0, [0.0] * (_MAX_FURNITURE_RUN + 1)
        explained = []
        for i in reversed(range(len(self.filled))):
            line, cue = self.filled[i], self.cues[i]
            if self.remarks[i] or self._opens_comments(i):
                labels, messages, furniture = 0.0, 0.0, [0.0] * len(furniture)
            elif cue:
                alone = line.words == 1 and i + 1 < len(self.filled) and self.filled[i + 1].prose
                messages = furniture[0] if cue in _OPENERS[:3] and not alone else messages
                labels = messages if cue in _OPENERS and not alone else labels
                furniture = [furniture[0]] * len(furniture)
            elif line.prose:
                long = line.words >= _PARAGRAPH_WORDS and not cues.starts_as_notice(line.text)
                labels, messages = inf, inf if long else messages + line.words
                furniture = [words + line.words for words in furniture[long:]] + [inf] * long
            explained.append(labels <= limit)
        return explained[::-1]

    def _opens_comments(self, i: int) -> bool:
        """Tell whether comments start here: a heading with some under it, or a comment's header."""
        below = range(i + 1, min(i + 1 + _HEADER_LINES, len(self.filled)))
        if self.cues[i] == "comments":
            text = self.filled[i].text
            if cues.none_yet(text):
                return False
            numbered = " " in text or any(character.isdigit() for character in text)
            reader = len(below) and cues.reply_points(self.filled[i + 1].text)[0] >= 2
            signed = any(self.headers[j] for j in below[:2])
            return bool(numbered or reader or not self.prose_below[i + 1] or signed)
        # one name and time prove nothing; a second one further down does
        text_below = any(not self.headers[j] for j in below)
        if DATE.fullmatch(self.filled[i].text) and not (i and self.headers[i - 1]):
            return False  # the dates of a diary have nobody's name
        return self.signs[i] and self.signed_below[i] >= 2 and text_below

    def _is_comment_text(self, i: int, *, marked: bool, fresh: bool) -> bool:
        """Tell whether a line under comments is a comment's: not a button, and where one is due."""
        line = self.filled[i]
        if not any(character.isalnum() for character in line.text):
            return False
        if self.names[i] and self.cues[i - 1] == "button" and _INITIAL.search(line.text):
            return False
        closed = line.text.endswith((".", "!", "?")) or line.text.startswith(">") or self.leads[i]
        if line.prose or closed or cues.reply_points(line.text)[0] > 0:
            return True
        if is_short(line.text) or not marked:
            return False
        return not fresh or self.headers[i - 1]

    def _is_name_alone(self, i: int) -> bool:
        """Tell whether a line under comments is a name right above a comment without any time."""
        line = self.filled[i]
        below = i + 1 < len(self.filled) and self.filled[i + 1].prose
        return self.names[i] and line.words <= 3 and below

    def _may_join(self, i: int) -> bool:
        """Tell whether a line right above the tail is furniture: a button of no known label."""
        line = self.filled[i]
        signature = self.names[i] and self.filled[i - 1].text.endswith(",")  # "Yours, Ana"
        return line.role == "body" and not signature and (bool(line.cue) or is_short(line.text))


def _count_below(flags: list[bool]) -> list[int]:
    """Return how many flags are set from each place to the end; one more place for the end."""
    counts = [0]
    for flag in reversed(flags):
        counts.append(counts[-1] + flag)
    return counts[::-1]
