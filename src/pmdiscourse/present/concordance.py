"""Concordance: every place where a pattern occurs, with the words around it."""

from __future__ import annotations

import re

import pandas as pd

from pmdiscourse.errors import DiscourseError, invalid
from pmdiscourse.present.frames import require_columns

COLUMNS = ["post_id", "left", "match", "right"]


def kwic(posts: pd.DataFrame, pattern: str, *, window: int = 60) -> pd.DataFrame:
    r"""List the keyword in context.

    Parameters
    ----------
    posts : DataFrame
        Posts table; only post_id and text are used.
    pattern : str
        Regular expression in Python's notation, case ignored, e.g. ``r"\bblam\w*"``; a plain word
        is a pattern too.
    window : int, default=60
        Characters of context on each side, 0 or more.

    Returns
    -------
    DataFrame
        post_id, left, match, right; one row for each match that is not empty, in the order of
        `posts` and of the text. Line breaks are shown as spaces, so that ``left + match + right``
        is one line.

    Raises
    ------
    DiscourseError
        If the pattern is empty or no regular expression, or the window is negative.

    Examples
    --------
    >>> posts = pd.DataFrame({"post_id": ["a"], "text": ["They blame us, and we blame them."]})
    >>> kwic(posts, "blame", window=5)["left"].tolist()
    ['They ', 'd we ']
    """
    require_columns(posts, ["post_id", "text"], "posts")
    if type(window) is not int or window < 0:
        raise invalid("window", got=window, allowed="a whole number of characters from 0 on")
    compiled = _compile(pattern)
    rows = [
        (post_id, *_context(text, match, window))
        for post_id, text in zip(posts["post_id"], posts["text"], strict=True)
        for match in compiled.finditer(text)
        if match.group()
    ]
    return pd.DataFrame(rows, columns=COLUMNS, dtype="str")


def _compile(pattern: str) -> re.Pattern[str]:
    """Compile a pattern or say what is wrong with it."""
    if not pattern:
        raise invalid("pattern", got=pattern, allowed="a word or a regular expression")
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise DiscourseError(
            f"pattern {pattern!r} is no regular expression: {error}. Put a backslash before a "
            f"sign that is meant literally, for instance {re.escape(pattern)!r}."
        ) from error


def _context(text: str, match: re.Match[str], window: int) -> tuple[str, str, str]:
    """Cut one match with its context out of a text."""
    start, end = match.span()
    parts = text[max(0, start - window) : start], text[start:end], text[end : end + window]
    left, middle, right = (re.sub(r"\s", " ", part) for part in parts)
    return left, middle, right
