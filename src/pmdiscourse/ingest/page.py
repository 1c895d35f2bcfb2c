"""Flattened pages: give every line of a copied page one role, and keep the evidence for it.

A page is head (navigation, title, byline), essay, and tail (furniture, comments). Chrome is looked
for at the edges: a label such as "Next" is furniture only where nothing but furniture follows.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import accumulate, dropwhile, groupby, pairwise

from pmdiscourse.ingest import cues, headers
from pmdiscourse.ingest.head import read_head
from pmdiscourse.ingest.lines import Line
from pmdiscourse.ingest.repair import spaces
from pmdiscourse.ingest.tail import Tail

_REPLY_POINTS = 2.0  # one clear sign that a reader speaks to the author, or several faint ones
_MAX_HEADING_WORDS = 10
_CLEAR_POINTS = 3.0
_FAINT_POINTS, _MIN_FAINT = 1.5, 2  # two fainter signs right above a clear one
_MAX_ANSWERS = 3  # answers without a sign, between the essay's last question and a clear reply
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
    bylines = [line.text for line in filled if line.role == "byline"]
    author = next((name for text in bylines if (name := headers.byline_name(text))), "")
    tail = Tail(filled, author=author)
    end = tail.find(start)
    _mark_boxes(filled[start:end])
    _mark_contents(filled[:end])
    if not tail.read(end):
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


def _mark_contents(filled: list[Line]) -> None:
    """Mark a list of the essay's own headings: each comes again below."""
    last = {line.text: i for i, line in enumerate(filled)}
    listing: Line | None = None
    for i, line in enumerate(filled):
        if line.cue == "contents":
            listing = line
        elif line.prose or last[line.text] == i or line.role == "title":
            listing = None
        elif listing:
            listing.become("chrome", "contents")
            line.become("chrome", "table of contents")


def _mark_boxes(essay: list[Line]) -> None:
    """Mark subscribe boxes and advertisements that stand between paragraphs."""
    _mark_teasers(essay)
    for cued, run in groupby(essay, key=lambda line: bool(line.cue)):
        if not cued:
            continue
        members = list(run)
        spoken = any(cues.is_notice(line.text) or " " in line.text for line in members)
        box = len(members) >= (_MIN_SPOKEN_LINES if spoken else _MIN_BOX_LINES)
        for line in members:
            if line.role == "body" and (box or line.cue == "inner notice"):
                line.become("chrome", "box between paragraphs")


def _mark_teasers(essay: list[Line]) -> None:
    """Mark titles of other posts between paragraphs: under a marker, with their bylines."""
    for prose, run in groupby(essay, key=lambda line: line.prose):
        members = list(run)
        box = list(dropwhile(lambda m: m.cue != "marker" or headers.byline(m.text), members))
        if not prose and any(headers.byline(line.text) == "byline" for line in box[1:]):
            for line in box:
                line.become("chrome", "other posts between paragraphs")


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
    letter = _is_letter(body)
    words = [0, *accumulate(line.words for line in body)]
    spoken = [0, *accumulate(len(_YOU.findall(line.text)) for line in body)]
    first = bisect_left(words, _MIN_ESSAY_SHARE * words[-1], lo=min(_MIN_ESSAY_LINES, len(body)))
    points = [0.0] * len(body)
    names: list[tuple[str, ...]] = [()] * len(body)
    for i in range(first, len(body)):
        score, found = cues.reply_points(body[i].text, author=author)
        if letter:
            score = score if "praises the post" in found else 0.0
        elif spoken[i] > _ADDRESSED_SHARE * words[i]:  # so far the essay itself spoke to "you"
            score -= sum(1.0 for name in found if name in _ABOUT_YOU)
        points[i], names[i] = score, found
    start = _first_reply(body, points, first)
    if start is None:
        return
    start = _earlier_replies(body, points, first, start)
    for number, i in enumerate(range(start, len(body)), start=1):
        body[i].become("comment", *(names[i] or ("after a reader's reply",)), comment=number)


def _is_heading(line: Line, points: float) -> bool:
    """Tell whether a line is a heading of the essay: then no reader's comment stands above it."""
    text = line.text
    marks = text.endswith((".", "!")) or any(mark in text for mark in ("!", "?", ":)", ". "))
    return line.words < _MAX_HEADING_WORDS and points < 1 and not line.prose and not marks


def _is_letter(body: list[Line]) -> bool:
    """Tell whether an essay is a letter or answers one: it thanks and agrees by its nature."""
    called = any(line.text.endswith((",", ":")) and line.words <= 6 for line in body[:6])
    opening = [line.text.lower() for line in body[:6]]
    return called or any(text.startswith(("dear ", "q:", "question:")) for text in opening)


def _first_reply(body: list[Line], points: list[float], first: int) -> int | None:
    """Return the first line of the body that is a reader's, if any.

    It shows a clear sign, at least a third of the words stand before it, no heading comes after
    it, and half of the lines after it show a sign too, a quarter if its own could not be clearer.
    """
    headings = [i for i in range(first, len(body)) if _is_heading(body[i], points[i])]
    last_heading = headings[-1] if headings else -1
    signs = sum(point >= 1 for point in points[first:])
    for i in range(first, len(body)):
        if points[i] >= _REPLY_POINTS and i >= last_heading:
            wanted = 0.25 if points[i] >= _CLEAR_POINTS else 0.5
            later = len(body) - i
            if signs >= wanted * later or later <= 2:
                return i
        signs -= points[i] >= 1
    return None


def _earlier_replies(body: list[Line], points: list[float], first: int, start: int) -> int:
    """Return where the replies start: fainter ones may stand above the first clear one.

    They follow each other without a gap, or follow a question that the essay asks its readers.
    """
    faint = start
    while faint > first and points[faint - 1] >= _FAINT_POINTS:
        faint -= 1
    invited = (
        i
        for i in range(max(first, start - _MAX_ANSWERS), start)
        if _asks_readers(body[i - 1].text) and not any(line.words < 8 for line in body[i:start])
    )
    return min(faint if start - faint >= _MIN_FAINT else start, next(invited, start))


def _asks_readers(text: str) -> bool:
    """Tell whether a paragraph ends with a question to the readers.

    >>> _asks_readers("It went wrong. How do you do it?"), _asks_readers("Why? I left.")
    (True, False)
    """
    end = cues.sentences(text)[-2:]
    return any(part.endswith("?") and _YOU.search(part) for part in end)
