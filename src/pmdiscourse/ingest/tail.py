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


def find_tail(filled: list[Line], start: int) -> int:
    """Return the first line from which everything is explained as furniture or comments.

    Parameters
    ----------
    filled : list of Line
        The lines of a page that are not blank.
    start : int
        Where the essay starts.

    Returns
    -------
    int
        ``len(filled)`` if the page ends with its essay.
    """
    first = _end_of_opening(filled, start)
    for i in range(first, len(filled)):
        cued = chrome_cue(filled[i].text) or is_header(filled, i)
        if cued and _explained(filled, i):
            short = takewhile(lambda j: _may_join(filled, j), range(i - 1, first - 1, -1))
            return min(short, default=i)
    return len(filled)


def _end_of_opening(filled: list[Line], start: int) -> int:
    """Return the first line that may belong to the tail.

    Buttons, counts and a byline also stand between a standfirst and the first paragraphs; a page
    that ends within its opening has a tail all the same.
    """
    prose, words = 0, 0
    for i in range(start, len(filled)):
        if is_prose(filled[i].text):
            prose, words = prose + 1, words + count_words(filled[i].text)
        if prose >= _MIN_OPENING_LINES and words >= _MIN_OPENING_WORDS:
            return i + 1
    first = (i for i in range(start, len(filled)) if is_prose(filled[i].text))
    return next(first, start - 1) + 1


def is_header(filled: list[Line], i: int) -> bool:
    """Tell whether a line belongs to the head or foot of a comment: name, job, time, buttons."""
    text = filled[i].text
    if cues.is_comment_header(text):
        return True
    if not cues.is_name(text) and (count_words(text) > 8 or text.endswith((".", "!", "?", ":"))):
        return False
    for line in filled[i + 1 : i + _HEADER_LINES]:
        if cues.has_time(line.text):
            return cues.is_name(text) or is_header(filled, i - 1) if i else cues.is_name(text)
        if is_prose(line.text) or line.text.endswith((".", "!", "?")):
            return False
    return False


def read_tail(filled: list[Line], end: int) -> bool:
    """Give roles to the lines from `end` on; return whether there are comments among them."""
    state, number, fresh = "furniture", 0, True
    headers = [is_header(filled, i) for i in range(len(filled))]
    marked = sum(headers[end:]) >= 2
    for i in range(end, len(filled)):
        line, cue = filled[i], chrome_cue(filled[i].text)
        if _opens_comments(filled, i):
            state, fresh = "comments", True
            line.become("chrome", "comment header" if headers[i] else "comments heading")
        elif state == "comments" and (headers[i] or _is_name_alone(filled, i)):
            fresh = True
            line.become("chrome", "comment header")
        elif cue:
            state = "furniture" if cue in ("marker", "legal", "paging") else state
            fresh = True
            line.become("chrome", cue)
        elif state == "comments" and _is_comment_text(filled, i, marked=marked, fresh=fresh):
            number += fresh or not marked
            fresh = False
            line.become("comment", "under a comments heading", comment=number)
        else:
            line.become("chrome", "among furniture")
    return number > 0


def _explained(filled: list[Line], start: int) -> bool:
    """Tell whether every line from `start` on is furniture, its company, or under comments."""
    state, furniture_words, run = "labels", 0, 0
    total = sum(count_words(line.text) for line in filled)
    for i in range(start, len(filled)):
        text, cue = filled[i].text, chrome_cue(filled[i].text)
        if _opens_comments(filled, i):
            state = "comments"
        elif cue in _OPENERS and state != "comments":
            state = "furniture"
        elif not cue and is_prose(text) and state != "comments":
            run += count_words(text) >= _PARAGRAPH_WORDS
            if state == "labels" or run > _MAX_FURNITURE_RUN:
                return False
            furniture_words += count_words(text)
        run = 0 if cue else run
    return furniture_words <= _MAX_FURNITURE_SHARE * total


def _opens_comments(filled: list[Line], i: int) -> bool:
    """Tell whether comments start here: a heading with comments under it, or a comment's header."""
    below = range(i + 1, min(i + 1 + _HEADER_LINES, len(filled)))
    if cues.label(filled[i].text) == "comments":
        numbered = " " in filled[i].text or any(c.isdigit() for c in filled[i].text)
        near = below[:2]
        reader = i + 1 < len(filled) and cues.reply_points(filled[i + 1].text)[0] >= 2
        nothing = not any(is_prose(line.text) for line in filled[i + 1 :])
        return numbered or reader or nothing or any(is_header(filled, j) for j in near)
    if not is_header(filled, i):
        return False
    # one name and date prove nothing; a second header further down does
    signed = [line for line in filled[i:] if cues.says(line.text) or cues.has_time(line.text)]
    return len(signed) >= 2 and any(not is_header(filled, j) for j in below)


def _is_comment_text(filled: list[Line], i: int, *, marked: bool, fresh: bool) -> bool:
    """Tell whether a line under comments is a comment's: not a button, and where one is due."""
    text = filled[i].text
    if not any(character.isalnum() for character in text):
        return False
    if is_prose(text) or text.endswith((".", "!", "?")) or cues.reply_points(text)[0] > 0:
        return True
    if is_short(text) or not marked:
        return False
    return not fresh or is_header(filled, i - 1)


def _is_name_alone(filled: list[Line], i: int) -> bool:
    """Tell whether a line under comments is a name right above a comment without any time."""
    name = cues.is_name(filled[i].text) and count_words(filled[i].text) <= 3
    return name and i + 1 < len(filled) and is_prose(filled[i + 1].text)


def _may_join(filled: list[Line], i: int) -> bool:
    """Tell whether a line right above the tail is furniture too: a button without a known label."""
    return filled[i].role == "body" and is_short(filled[i].text)
