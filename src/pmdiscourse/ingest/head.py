"""The head of a flattened page: navigation, title, byline."""

from __future__ import annotations

from itertools import groupby

from pmdiscourse.ingest import cues, headers
from pmdiscourse.ingest.dates import DATE
from pmdiscourse.ingest.lines import Line, is_short

_MAX_TITLE_WORDS = 35
_STANDFIRST_LINES = 4  # a byline stands right below the sentence that sums an essay up
_MAX_SITE_NAME_WORDS = 4  # a longer line above the menu is the title itself
_MAX_MENU_WORDS = 6
_BANNER_LINES = 15
_DIARY_ENTRIES = 2
_PROFILE_LINES = 3  # a job title or a button stands between a name and a date
_MAX_CLOSED_TITLE_WORDS = 8  # "Stop shipping." is a title, a longer full sentence is a paragraph


def read_head(filled: list[Line]) -> int:
    """Give roles to the lines above the first paragraph, and return where the essay starts.

    Parameters
    ----------
    filled : list of Line
        The lines of a page that are not blank.

    Returns
    -------
    int
        Index of the first line that is neither furniture, title nor byline.
    """
    paragraph = _find_end(filled)
    head = max(paragraph, _end_of_banner(filled, paragraph))
    found = [line.head_cue for line in filled[:head]]
    title = _find_title(filled, found, paragraph)
    text = found.index("") if "" in found else head  # no title, and text above: all is essay
    for i, cue in enumerate(found):
        line = filled[i]
        if i == title:
            line.become("title", "first line that is no furniture")
        elif cue:
            if title is not None or i <= text:
                line.become("byline" if cue in ("byline", "tag line") else "chrome", cue)
        elif title is None:
            continue
        elif i < title:
            line.become("chrome", "before the title")
        elif _names_author(filled, found, i):
            line.become("byline", "name beside a byline")
        elif line.text == filled[title].text:
            line.become("chrome", "title again")
    diary = _is_diary(filled[head:])
    for line in filled[head : head + _STANDFIRST_LINES]:
        if title is None or line.prose or headers.byline(line.text) != "byline":
            continue
        if not (diary and DATE.fullmatch(line.text)):
            line.become("byline", "byline below a standfirst")
    return next((i for i in range(head) if filled[i].role == "body"), head)


def _is_diary(essay: list[Line]) -> bool:
    """Tell whether dates on lines of their own are headings: prose above and below each."""
    entries = sum(
        not line.prose and above.prose and below.prose and bool(DATE.fullmatch(line.text))
        for above, line, below in zip(essay, essay[1:], essay[2:], strict=False)
    )
    return entries >= _DIARY_ENTRIES


def _names_author(filled: list[Line], found: list[str], i: int) -> bool:
    """Tell whether a line below the title is a name: beside a byline, or above a profile."""
    beside = found[max(i - 1, 0) : i + 1 + _PROFILE_LINES]
    if "byline" in beside and headers.is_name(filled[i].text):
        return True
    return "button" in found[i + 1 : i + 3] and headers.may_sign(filled[i].text)


def _find_end(filled: list[Line]) -> int:
    """Return the first line that is a paragraph of the essay."""
    above = False  # a line on its own that is no furniture: the title
    for i, line in enumerate(filled):
        if i:
            above = above or (filled[i - 1].block_size == 1 and not filled[i - 1].head_cue)
        if not line.prose or cues.is_notice(line.text) or headers.byline(line.text):
            continue
        open_end = not line.text.endswith((".", ":", ";", "”", '"'))
        below = i + 1 < len(filled) and headers.byline(filled[i + 1].text)
        asks = line.text.endswith("?") and i + 1 < len(filled) and not filled[i + 1].prose
        alone = line.block_size == 1 or below or asks
        if open_end and not above and alone and _may_be_title(line):
            continue
        return i
    return len(filled)


def _end_of_banner(filled: list[Line], head: int) -> int:
    """Return where the title stands under a banner that reads like a paragraph (cookies), or 0.

    One paragraph, then two or more buttons, then a byline: the paragraph was no essay.
    """
    top = filled[head + 1 : head + _BANNER_LINES]
    for i, line in enumerate(top):
        if line.prose and not cues.is_notice(line.text):
            return 0
        if headers.byline(line.text) == "byline":
            buttons = sum(bool(above.cue) for above in top[:i])
            return head + 1 + i if buttons >= 2 else 0
    return 0


def _find_title(filled: list[Line], found: list[str], head: int) -> int | None:
    """Return the index of the title: the first line below the navigation that may be one."""
    menu = _menus(filled[: len(found)], found)
    candidates = [
        i
        for i, cue in enumerate(found)
        if not cue and _may_be_title(filled[i]) and filled[i].block not in menu
    ]
    if not candidates:
        return None
    navigation = [
        i for i, cue in enumerate(found) if cue == "navigation" or filled[i].block in menu
    ]
    title = candidates[0]
    below = [i for i in candidates if i > max(navigation, default=-1)]
    if below and filled[title].words <= _MAX_SITE_NAME_WORDS:
        title = below[0]
        label, rest = filled[title].words <= 2, below[1:]
        if navigation and label and rest and filled[rest[0]].words >= 4:
            title = rest[0]  # the post's category stands between the menu and the title
    if title + 1 >= len(filled) or _has_sentence(filled, found, title, head):
        return None
    return title


def _has_sentence(filled: list[Line], found: list[str], title: int, head: int) -> bool:
    """Tell whether a line above a would-be title is too long for a site name: then it is text."""
    above = (filled[i] for i in range(min(title, head)) if not found[i])
    return any(line.words > _MAX_CLOSED_TITLE_WORDS for line in above)


def _menus(top: list[Line], found: list[str]) -> set[int]:
    """Return the blocks that are menus: two or more short lines, and a line on its own below."""
    stands_alone = [
        not found[i] and (line.block_size == 1 or found[i + 1 : i + 2] == ["byline"])
        for i, line in enumerate(top)
    ]
    last = max((i for i, alone in enumerate(stands_alone) if alone), default=-1)
    menus = set()
    for block, run in groupby(range(len(top)), key=lambda i: top[i].block):
        members = list(run)
        short = [i for i in members if is_short(top[i].text) or found[i] == "navigation"]
        bylines = any(found[i] in ("byline", "tag line") for i in members)
        asks = any(top[i].words > _MAX_MENU_WORDS and top[i].text.endswith("?") for i in members)
        enough = len(members) >= 2 and len(short) * 3 >= len(members) * 2 and not asks
        if enough and not bylines and last > members[-1]:
            menus.add(block)
    return menus


def _may_be_title(line: Line) -> bool:
    words = line.words
    several = len(cues.sentences(line.text)) > 1 and words > _MAX_CLOSED_TITLE_WORDS
    if words > _MAX_TITLE_WORDS or several:
        return False
    if line.text.endswith((".", ",", ";", ":")):
        return words <= _MAX_CLOSED_TITLE_WORDS and line.block_size == 1
    return True
