"""The tail of a flattened page: furniture, and comments that a heading or headers announce."""

from __future__ import annotations

from itertools import takewhile

from pmdiscourse.ingest import cues
from pmdiscourse.ingest.lines import Line, chrome_cue, is_prose, is_short
from pmdiscourse.ingest.passages import count_words

_MAX_FURNITURE_SHARE = 0.35  # author boxes and teasers are a small part of the words of a page
_MIN_OPENING_LINES, _MIN_OPENING_WORDS = 2, 80  # no tail before an essay has begun
_MAX_FURNITURE_RUN = 2  # paragraphs: an author box or a teaser, then a label comes again
_PARAGRAPH_WORDS = 25  # messages of an interface are shorter
_HEADER_LINES = 4  # name, job title, time and a button stand around one comment
_OPENERS = ("marker", "legal", "form", "notice")  # what follows is furniture at any length


class Tail:
    """What each line of a page shows, looked at once, and what follows from it for the tail.

    Parameters
    ----------
    filled : list of Line
        The lines of a page that are not blank.
    """

    def __init__(self, filled: list[Line]) -> None:
        texts = [line.text for line in filled]
        self.filled = filled
        self.cues = [chrome_cue(text) for text in texts]
        self.prose = [is_prose(text) for text in texts]
        self.words = [count_words(text) for text in texts]
        self.names = [cues.is_name(text) for text in texts]
        self.times = [cues.has_time(text) for text in texts]
        self.headers = [False] * len(filled)
        for i, text in enumerate(texts):
            self.headers[i] = cues.is_comment_header(text) or self._stands_above_time(i)
        signed = [
            time or bool(cues.says(text)) for time, text in zip(self.times, texts, strict=True)
        ]
        self.signed_below = _count_below(signed)
        self.prose_below = _count_below(self.prose)

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
        # the tail is explained as a whole: looked for from the last paragraph of the essay upward
        for i in range(first, len(self.filled)):
            if (self.cues[i] or self.headers[i]) and self._explains(i):
                short = takewhile(self._may_join, range(i - 1, first - 1, -1))
                return min(short, default=i)
        return len(self.filled)

    def read(self, end: int) -> bool:
        """Give roles to the lines from `end` on; return whether there are comments among them."""
        state, number, fresh = "furniture", 0, True
        marked = sum(self.headers[end:]) >= 2
        for i in range(end, len(self.filled)):
            line, cue = self.filled[i], self.cues[i]
            if self._opens_comments(i):
                state, fresh = "comments", True
                line.become("chrome", "comment header" if self.headers[i] else "comments heading")
            elif state == "comments" and (self.headers[i] or self._is_name_alone(i)):
                fresh = True
                line.become("chrome", "comment header")
            elif cue:
                state = "furniture" if cue in ("marker", "legal", "paging") else state
                fresh = True
                line.become("chrome", cue)
            elif state == "comments" and self._is_comment_text(i, marked=marked, fresh=fresh):
                number += fresh or not marked
                fresh = False
                line.become("comment", "under a comments heading", comment=number)
            else:
                line.become("chrome", "among furniture")
        return number > 0

    def _end_of_opening(self, start: int) -> int:
        """Return the first line that may belong to the tail.

        Buttons, counts and a byline also stand between a standfirst and the first paragraphs; a
        page that ends within its opening has a tail all the same.
        """
        prose, words = 0, 0
        for i in range(start, len(self.filled)):
            if self.prose[i]:
                prose, words = prose + 1, words + self.words[i]
            if prose >= _MIN_OPENING_LINES and words >= _MIN_OPENING_WORDS:
                return i + 1
        first = (i for i in range(start, len(self.filled)) if self.prose[i])
        return next(first, start - 1) + 1

    def _stands_above_time(self, i: int) -> bool:
        """Tell whether a line is a name, or a job under one, right above the time of a comment."""
        text = self.filled[i].text
        if not self.names[i] and (self.words[i] > 8 or text.endswith((".", "!", "?", ":"))):
            return False
        for j in range(i + 1, min(i + _HEADER_LINES, len(self.filled))):
            if self.times[j]:
                return self.names[i] or (i > 0 and self.headers[i - 1])
            if self.prose[j] or self.filled[j].text.endswith((".", "!", "?")):
                return False
        return False

    def _explains(self, start: int) -> bool:
        """Tell whether every line from `start` on is furniture, its company, or under comments."""
        state, furniture_words, run = "labels", 0, 0
        for i in range(start, len(self.filled)):
            cue = self.cues[i]
            if self._opens_comments(i):
                state = "comments"
            elif cue in _OPENERS and state != "comments":
                state = "furniture"
            elif not cue and self.prose[i] and state != "comments":
                run += self.words[i] >= _PARAGRAPH_WORDS
                if state == "labels" or run > _MAX_FURNITURE_RUN:
                    return False
                furniture_words += self.words[i]
            run = 0 if cue else run
        return furniture_words <= _MAX_FURNITURE_SHARE * sum(self.words)

    def _opens_comments(self, i: int) -> bool:
        """Tell whether comments start here: a heading with some under it, or a comment's header."""
        below = range(i + 1, min(i + 1 + _HEADER_LINES, len(self.filled)))
        if self.cues[i] == "comments":
            text = self.filled[i].text
            numbered = " " in text or any(character.isdigit() for character in text)
            reader = len(below) and cues.reply_points(self.filled[i + 1].text)[0] >= 2
            headers = any(self.headers[j] for j in below[:2])
            return bool(numbered or reader or not self.prose_below[i + 1] or headers)
        # one name and time prove nothing; a second one further down does
        text_below = any(not self.headers[j] for j in below)
        return self.headers[i] and self.signed_below[i] >= 2 and text_below

    def _is_comment_text(self, i: int, *, marked: bool, fresh: bool) -> bool:
        """Tell whether a line under comments is a comment's: not a button, and where one is due."""
        text = self.filled[i].text
        if not any(character.isalnum() for character in text):
            return False
        if self.prose[i] or text.endswith((".", "!", "?")) or cues.reply_points(text)[0] > 0:
            return True
        if is_short(text) or not marked:
            return False
        return not fresh or self.headers[i - 1]

    def _is_name_alone(self, i: int) -> bool:
        """Tell whether a line under comments is a name right above a comment without any time."""
        name = self.names[i] and self.words[i] <= 3
        return name and i + 1 < len(self.filled) and self.prose[i + 1]

    def _may_join(self, i: int) -> bool:
        """Tell whether a line right above the tail is furniture: a button of no known label."""
        return self.filled[i].role == "body" and is_short(self.filled[i].text)


def _count_below(flags: list[bool]) -> list[int]:
    """Return how many flags are set from each place to the end; one more place for the end."""
    counts = [0]
    for flag in reversed(flags):
        counts.append(counts[-1] + flag)
    return counts[::-1]
