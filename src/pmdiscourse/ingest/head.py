"""The head of a flattened page: navigation, title, byline."""

from __future__ import annotations

from pmdiscourse.ingest import cues
from pmdiscourse.ingest.lines import Line, chrome_cue, is_prose, is_short
from pmdiscourse.ingest.passages import count_words

_MAX_TITLE_WORDS = 35
_STANDFIRST_LINES = 3  # a byline stands right below the sentence that sums an essay up
_MAX_SITE_NAME_WORDS = 4  # a longer line above the menu is the title itself
_BANNER_LINES = 15
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
    found = [_cue(line.text) for line in filled[:head]]
    title = _find_title(filled, found, paragraph)
    for i, cue in enumerate(found):
        line = filled[i]
        if i == title:
            line.become("title", "first line that is no furniture")
        elif cue:
            if title is not None or all(found[:i]):
                line.become("byline" if cue in ("byline", "tag line") else "chrome", cue)
        elif title is None:
            continue
        elif i < title:
            line.become("chrome", "before the title")
        elif "byline" in found[max(i - 1, 0) : i + 2] and cues.is_name(line.text):
            line.become("byline", "name beside a byline")
        elif line.text == filled[title].text:
            line.become("chrome", "title again")
    for line in filled[head : head + _STANDFIRST_LINES]:
        if title is not None and not is_prose(line.text) and cues.byline(line.text) == "byline":
            line.become("byline", "byline below a standfirst")
    return next((i for i in range(head) if filled[i].role == "body"), head)


def _find_end(filled: list[Line]) -> int:
    """Return the first line that is a paragraph of the essay."""
    for i, line in enumerate(filled):
        if not is_prose(line.text) or cues.is_notice(line.text) or cues.byline(line.text):
            continue
        open_end = not line.text.endswith((".", ":", ";", "”", '"'))
        above = any(not _cue(before.text) and before.block_size == 1 for before in filled[:i])
        below = i + 1 < len(filled) and cues.byline(filled[i + 1].text)
        if open_end and not above and (line.block_size == 1 or below) and _may_be_title(line):
            continue
        return i
    return len(filled)


def _end_of_banner(filled: list[Line], head: int) -> int:
    """Return where the title stands under a banner that reads like a paragraph (cookies), or 0.

    One paragraph, then two or more buttons, then a byline: the paragraph was no essay.
    """
    top = filled[head + 1 : head + _BANNER_LINES]
    for i, line in enumerate(top):
        if is_prose(line.text) and not cues.is_notice(line.text):
            return 0
        if cues.byline(line.text) == "byline":
            buttons = sum(bool(chrome_cue(above.text)) for above in top[:i])
            return head + 1 + i if buttons >= 2 else 0
    return 0


def _cue(text: str) -> str:
    if not any(character.isalpha() for character in text):
        return "no words"
    return cues.byline(text) or chrome_cue(text)


def _find_title(filled: list[Line], found: list[str], head: int) -> int | None:
    """Return the index of the title: the first line below the navigation that may be one."""
    menu = {line.block for line in filled[: len(found)] if _in_menu(filled, found, line.block)}
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
    if below and count_words(filled[title].text) <= _MAX_SITE_NAME_WORDS:
        title = below[0]
        label, rest = count_words(filled[title].text) <= 2, below[1:]
        if navigation and label and rest and count_words(filled[rest[0]].text) >= 4:
            title = rest[0]  # the post's category stands between the menu and the title
    if title + 1 >= len(filled) or _has_sentence(filled, found, title, head):
        return None
    return title


def _has_sentence(filled: list[Line], found: list[str], title: int, head: int) -> bool:
    """Tell whether a line above a would-be title is too long for a site name: then it is text."""
    above = (filled[i].text for i in range(min(title, head)) if not found[i])
    return any(count_words(text) > _MAX_CLOSED_TITLE_WORDS for text in above)


def _in_menu(filled: list[Line], found: list[str], block: int) -> bool:
    """Tell whether a block is a menu: two or more short lines, and a line on its own below."""
    members = [j for j in range(len(found)) if filled[j].block == block]
    short = [j for j in members if is_short(filled[j].text) or found[j] == "navigation"]
    bylines = [j for j in members if found[j] in ("byline", "tag line")]
    below = [j for j in range(members[-1] + 1, len(found)) if not found[j]]
    return (
        len(members) >= 2
        and len(short) * 3 >= len(members) * 2
        and not bylines
        and any(filled[j].block_size == 1 or found[j + 1 : j + 2] == ["byline"] for j in below)
    )


def _may_be_title(line: Line) -> bool:
    words = count_words(line.text)
    several = len(cues.sentences(line.text)) > 1 and words > _MAX_CLOSED_TITLE_WORDS
    if words > _MAX_TITLE_WORDS or several:
        return False
    if line.text.endswith((".", ",", ";", ":")):
        return words <= _MAX_CLOSED_TITLE_WORDS and line.block_size == 1
    return True
