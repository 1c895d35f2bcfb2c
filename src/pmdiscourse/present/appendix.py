"""The appendix of a page: each quoted passage once, with a sentence either side, and links back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import pandas as pd

from pmdiscourse.errors import invalid
from pmdiscourse.present.frames import require_columns
from pmdiscourse.present.quotation import NOTHING, Item, quote, quotes_html
from pmdiscourse.present.wording import plural

MOST_PASSAGES = 200  # different passages that one page quotes: a report is no copy of the posts
# Of all quotes and passages of a page: with its figures it stays under 2 MB, to be mailed, also in
# scripts of four bytes a letter.
MOST_BYTES = 1_400_000
_MOST_CHARACTERS = 300  # of a neighbouring sentence
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+")


def add_context(frame: pd.DataFrame, posts: pd.DataFrame) -> pd.DataFrame:
    r"""Add the sentence before and the sentence after each passage.

    Parameters
    ----------
    frame : DataFrame
        Passages with post_id, start, end and text, e.g. from `representative_passages`.
    posts : DataFrame
        Posts table of the same run; only post_id and text are used.

    Returns
    -------
    DataFrame
        The frame with the columns before and after; empty where the post begins or ends. A
        sentence of more than 300 characters is cut.

    Raises
    ------
    DiscourseError
        If a column is missing, or a passage does not stand in its post.

    Examples
    --------
    >>> posts = pd.DataFrame({"post_id": ["a"], "text": ["One. Two.\nThe passage.\nFour. Five."]})
    >>> frame = pd.DataFrame(
    ...     {"post_id": ["a"], "start": [10], "end": [22], "text": ["The passage."]}
    ... )
    >>> add_context(frame, posts)[["before", "after"]].values.tolist()
    [['Two.', 'Four.']]
    """
    require_columns(frame, ["post_id", "start", "end", "text"], "quoted passages")
    require_columns(posts, ["post_id", "text"], "posts")
    needed = posts[posts["post_id"].isin(frame["post_id"])]
    texts = dict(zip(needed["post_id"], needed["text"], strict=True))
    before, after = [], []
    columns = (frame[name] for name in ("post_id", "start", "end", "text"))
    for post, start, end, text in zip(*columns, strict=True):
        whole = texts.get(post, "")
        if whole[start:end] != text:
            raise invalid(
                "a quoted passage",
                got=text,
                allowed=f"the characters {start} to {end} of post {post}",
                hint="Take passages and posts from the same run.",
            )
        before.append(_last_sentence(whole[:start]))
        after.append(_first_sentence(whole[end:]))
    return frame.assign(
        before=pd.Series(before, index=frame.index, dtype="str"),
        after=pd.Series(after, index=frame.index, dtype="str"),
    )


def _last_sentence(text: str) -> str:
    """Return the last sentence of what stands before a passage."""
    line = text.rstrip().rpartition("\n")[2]
    sentence = _SENTENCE_END.split(line)[-1].strip()
    if len(sentence) <= _MOST_CHARACTERS:
        return sentence
    return f"… {sentence[-_MOST_CHARACTERS:].lstrip()}"


def _first_sentence(text: str) -> str:
    """Return the first sentence of what stands after a passage."""
    line = text.lstrip().partition("\n")[0]
    found = _SENTENCE_END.search(line)
    sentence = line[: found.end()].strip() if found else line.strip()
    if len(sentence) <= _MOST_CHARACTERS:
        return sentence
    return f"{sentence[:_MOST_CHARACTERS].rstrip()} …"


@dataclass
class _Entry:
    """A quoted passage with the places where it is quoted."""

    item: dict[str, Any]
    places: list[tuple[int, str]]


@dataclass
class Appendix:
    """The passages that one page quotes, in the order in which they come up.

    Parameters
    ----------
    allowed : bool, default=True
        False shows no quote at all, whatever a notebook gives.
    """

    allowed: bool = True
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _n_quotes: int = 0
    _n_bytes: int = 0

    def quote(self, title: str, items: Sequence[Item], *, heading: bool = True) -> str:
        """Show quotes under a heading, each with a link to its passage in the appendix.

        Parameters
        ----------
        title : str
            Heading above them.
        items : sequence of mapping
            As `quote_items` gives them.
        heading : bool, default=True
            False leaves the heading to the caller; the links back name it all the same.

        Returns
        -------
        str
            Escaped HTML. Passages beyond 200 of a page, or beyond the 1.4 MB that its quotes may
            take, are left out, and that is said.
        """
        if not self.allowed:
            return ""
        known = [item for item in items if self._take(item)]
        told = f"<h3>{escape(title)}</h3>" if heading else ""
        told += quotes_html(known, link=lambda item: self._link(item, title))
        left_out = len(items) - len(known)
        if left_out:
            more = plural(left_out, "further passage")
            verb = "is" if left_out == 1 else "are"
            told += (
                f"<p>{more} {verb} not quoted: a page quotes {MOST_PASSAGES} at most, and fewer "
                "where they are long.</p>"
            )
        return told if items else told + NOTHING

    def _take(self, item: Item) -> bool:
        """Put a passage into the appendix, once; tell whether it is there."""
        entry = self._entries.get(item["key"])
        n_bytes = _count_bytes(item, times=1 if entry else 2)
        if self._n_bytes + n_bytes > MOST_BYTES:
            return False
        if entry is None and len(self._entries) == MOST_PASSAGES:
            return False
        self._n_bytes += n_bytes
        if entry is not None:
            if entry.item["text"] == item["text"]:  # evidence fits the cut that it was made for
                entry.item["evidence"] = [*entry.item["evidence"], *item["evidence"]]
            return True
        self._entries[item["key"]] = _Entry(dict(item), [])
        return True

    def _link(self, item: Item, title: str) -> str:
        """Return the link from a quote to its passage, and remember the way back."""
        self._n_quotes += 1
        self._entries[item["key"]].places.append((self._n_quotes, title))
        number = list(self._entries).index(item["key"]) + 1
        return (
            f' · <a id="quote-{self._n_quotes}" href="#passage-{number}">'
            f"passage {number} in context</a>"
        )

    def html(self) -> str:
        """Return the entries; empty without a quote."""
        entries = enumerate(self._entries.values(), start=1)
        return "".join(_entry_html(number, entry) for number, entry in entries)


def _count_bytes(item: Item, *, times: int) -> int:
    """Return how much a quote adds to the page; with its passage it stands there twice."""
    around = escape(item["before"] + item["after"]) if times > 1 else ""
    return len((quote(item["text"], item["evidence"]) * times + around).encode())


def _entry_html(number: int, entry: _Entry) -> str:
    """Return one passage with a sentence either side and the links back to its quotes."""
    item: Mapping[str, Any] = entry.item
    around = [
        f'<span class="muted">{escape(item[side])}</span>' if item[side] else ""
        for side in ("before", "after")
    ]
    said = " ".join(filter(None, [around[0], quote(item["text"], item["evidence"]), around[1]]))
    back = ", ".join(
        f'<a href="#quote-{place}">{escape(title)} (quote {place})</a>'
        for place, title in entry.places
    )
    return (
        f'<div class="passage" id="passage-{number}" tabindex="-1"><p>{said}</p>'
        f'<p class="origin">Passage {number} · {escape(item["origin"])} · '
        f"back to {back}</p></div>"
    )
