"""Flattened pages: give every line of a copied page one role, and keep the evidence for it.

A page is head (navigation, title, byline), essay, and tail (furniture, comments). Chrome is looked
for at the edges: a label such as "Next" is furniture only where nothing but furniture follows.
"""

from __future__ import annotations

import re
from itertools import groupby, pairwise

from pmdiscourse.ingest import cues
from pmdiscourse.ingest.head import read_head
from pmdiscourse.ingest.lines import Line, chrome_cue, is_prose
from pmdiscourse.ingest.passages import count_words
from pmdiscourse.ingest.repair import spaces
from pmdiscourse.ingest.tail import Tail

_REPLY_POINTS = 2.0  # one clear sign that a reader speaks to the author, or several faint ones
_MAX_HEADING_WORDS = 10
_CLEAR_POINTS = 3.0
_MIN_ESSAY_SHARE = 0.35  # of the words before the first comment that nothing announces
_MIN_ESSAY_LINES = 3
_MIN_BOX_LINES = 3  # furniture by their wording, in a row; one or two words may be a heading
_MIN_SPOKEN_LINES = 2
_YOU = re.compile(r"\byou(?:r|rs|rself)?\b", re.IGNORECASE)
_ADDRESSED_SHARE = 0.045  # of the words are "you" or "your"; plain essays stay below
_ABOUT_YOU = (
    "tells what the author did",
    "asks the author",
    "wishes the author",
    "points at a part of the post",
)
_WRAP_WIDTHS = (50, 90)  # characters; mail and terminals break lines at 65 to 80
_MIN_WRAPPED = 6  # line breaks inside sentences, before a page counts as hard-wrapped


def read_page(text: str) -> list[Line]:
    r"""Give every line of a flattened page its role.

    Parameters
    ----------
    text : str
        Repaired text of the page (`repair_page`), line breaks in place.

    Returns
    -------
    list of Line
        One for each line, in order; roles are title, byline, body, chrome, comment or blank.

    Examples
    --------
    >>> page = "On scope\n\nWe cut the scope twice, and the date still moved.\n\nShare"
    >>> [line.role for line in read_page(page)]
    ['title', 'blank', 'body', 'blank', 'chrome']
    """
    physical = [Line(n, spaces(raw)) for n, raw in enumerate(text.split("\n"), start=1)]
    lines = _unwrap(physical) if _is_wrapped(physical) else physical
    _mark_blocks(lines)
    filled = [line for line in lines if line.text]
    start = read_head(filled)
    tail = Tail(filled)
    end = tail.find(start)
    _mark_boxes(filled[start:end])
    if not tail.read(end):
        bylines = [line.text for line in filled if line.role == "byline"]
        author = next((name for text in bylines if (name := cues.byline_name(text))), "")
        _read_unmarked_comments([line for line in filled[:end] if line.role == "body"], author)
    return [part for line in lines for part in line.parts()]


def _mark_blocks(lines: list[Line]) -> None:
    """Mark blank lines, and count the runs of lines between them."""
    for block, (filled, run) in enumerate(groupby(lines, key=lambda line: bool(line.text))):
        members = list(run)
        for line in members:
            line.block, line.block_size = block, len(members)
            if not filled:
                line.become("blank")


def _mark_boxes(essay: list[Line]) -> None:
    """Mark subscribe boxes and advertisements that stand between paragraphs."""
    for cued, run in groupby(essay, key=lambda line: bool(chrome_cue(line.text))):
        members = list(run)
        for line in members:
            spoken = any(cues.is_notice(m.text) or " " in m.text for m in members)
            box = cued and len(members) >= (_MIN_SPOKEN_LINES if spoken else _MIN_BOX_LINES)
            if line.role == "body" and (box or cues.is_inner_notice(line.text)):
                line.become("chrome", "box between paragraphs")


def _is_wrapped(lines: list[Line]) -> bool:
    """Tell whether paragraphs are broken at a fixed width: sentences run over line breaks."""
    pairs = [(a.text, b.text) for a, b in pairwise(lines) if a.text and b.text]
    low, high = _WRAP_WIDTHS
    broken = [
        low <= len(a) <= high and not a.endswith((".", "!", "?", ":", "”", '"')) for a, _ in pairs
    ]
    running = sum(broken)
    return running >= _MIN_WRAPPED and running >= 0.6 * len(pairs)


def _unwrap(lines: list[Line]) -> list[Line]:
    """Join the lines of each paragraph of a hard-wrapped page."""
    joined: list[Line] = []
    for filled, run in groupby(lines, key=lambda line: bool(line.text)):
        members = list(run)
        if not filled:
            joined += members
            continue
        first = members[0]
        first.text = " ".join(line.text for line in members)
        first.wrapped = members[1:]
        joined.append(first)
    return joined


def _read_unmarked_comments(body: list[Line], author: str) -> None:
    """Find comments that follow an essay with nothing between: readers speak to the author."""
    points = []
    letter, words, spoken = _is_letter(body), 0, 0
    for line in body:
        score, names = cues.reply_points(line.text, author=author)
        if letter:
            score = score if "praises the post" in names else 0.0
        elif spoken > _ADDRESSED_SHARE * words:  # so far the essay itself spoke to "you"
            score -= sum(1.0 for name in names if name in _ABOUT_YOU)
        points.append((score, names))
        words += len(line.text.split())
        spoken += len(_YOU.findall(line.text))
    start = _first_reply(body, [score for score, _ in points])
    if start is None:
        return
    for number, i in enumerate(range(start, len(body)), start=1):
        body[i].become("comment", *(points[i][1] or ("after a reader's reply",)), comment=number)


def _is_heading(text: str, points: float) -> bool:
    """Tell whether a line is a heading of the essay: then no reader's comment stands above it."""
    marks = text.endswith((".", "!")) or any(mark in text for mark in ("!", "?", ":)", ". "))
    return (
        count_words(text) < _MAX_HEADING_WORDS and points < 1 and not is_prose(text) and not marks
    )


def _is_letter(body: list[Line]) -> bool:
    """Tell whether an essay is a letter or answers one: it thanks and agrees by its nature."""
    opening = [line.text.lower() for line in body[:6]]
    called = any(text.endswith((",", ":")) and count_words(text) <= 6 for text in opening)
    return called or any(text.startswith(("dear ", "q:", "question:")) for text in opening)


def _first_reply(body: list[Line], points: list[float]) -> int | None:
    """Return the first line of the body that is a reader's, if any.

    It shows a clear sign, at least a third of the words stand before it, no heading comes after
    it, and half of the lines after it show a sign too, a quarter if its own could not be clearer.
    """
    words = [count_words(line.text) for line in body]
    for i in range(_MIN_ESSAY_LINES, len(body)):
        if points[i] < _REPLY_POINTS or sum(words[:i]) < _MIN_ESSAY_SHARE * sum(words):
            continue
        later = points[i:]
        signs = sum(point >= 1 for point in later)
        wanted = 0.25 if points[i] >= _CLEAR_POINTS else 0.5
        heading = any(_is_heading(body[j].text, points[j]) for j in range(i + 1, len(body)))
        if (signs >= wanted * len(later) or len(later) <= 2) and not heading:
            return i
    return None
