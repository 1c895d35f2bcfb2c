"""Quoted passages as HTML: escaped, with their evidence marked, and never with an author's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

import pandas as pd

from pmdiscourse.errors import invalid
from pmdiscourse.present.frames import records, require_columns

# The outputs of a notebook hold its quotes in this form too; pages link them to their appendix.
QUOTES = "application/vnd.pmdiscourse.quotes+json"
_COLUMNS = ["text", "evidence", "kind", "source", "published_at"]
# Characters of a passage that are quoted; a wall of text without a full stop is cut.
_MOST = 2_000
_LEAD = 200  # characters kept before the evidence where a passage is cut
NOTHING = "<p>No passage to quote.</p>"

Item = Mapping[str, Any]


def quote(text: str, evidence: Iterable[Mapping[str, Any]] = ()) -> str:
    """Escape a quoted text and mark its evidence.

    Parameters
    ----------
    text : str
        The passage.
    evidence : iterable of mapping, default=()
        Spans with ``start`` and ``end`` in characters of `text`; they may overlap.

    Returns
    -------
    str
        HTML with ``<mark>`` around the evidence.

    Raises
    ------
    DiscourseError
        If a span does not lie inside the text.

    Examples
    --------
    >>> quote("Blame <me> & us", [{"start": 0, "end": 5}])
    '<mark>Blame</mark> &lt;me&gt; &amp; us'
    """
    spans = sorted((int(span["start"]), int(span["end"])) for span in evidence)
    parts, place = [], 0
    for start, end in spans:
        if not 0 <= start <= end <= len(text):
            raise invalid("evidence", got=(start, end), allowed=f"a span inside 0 to {len(text)}")
        if end <= place:
            continue
        parts.append(escape(text[place : max(start, place)]))
        parts.append(f"<mark>{escape(text[max(start, place) : end])}</mark>")
        place = end
    return "".join([*parts, escape(text[place:])]).replace("</mark><mark>", "")


def quote_items(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Take from a frame what a quote shows, as plain values that JSON can hold.

    Parameters
    ----------
    frame : DataFrame
        Rows with text, evidence, kind, source and published_at; remark if there is something to
        say of each, passage_id, and before and after (`add_context`) for the appendix.

    Returns
    -------
    list of dict
        key, text, evidence (start, end), origin, before, after. Authors are left behind.

    Raises
    ------
    DiscourseError
        If a column is missing.
    """
    require_columns(frame, _COLUMNS, "quotes")
    return [_item(row) for row in records(frame)]


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    """Take one quote from its row."""
    dated = "undated" if pd.isna(row["published_at"]) else f"{row['published_at']:%Y-%m-%d}"
    remark = f" · {row['remark']}" if "remark" in row else ""
    spans = [(int(span["start"]), int(span["end"])) for span in row["evidence"]]
    text, spans = _cut(str(row["text"]), spans)
    return {
        "key": str(row.get("passage_id", row["text"])),
        "text": text,
        "evidence": [{"start": start, "end": end} for start, end in spans],
        "origin": f"{row['kind']} · {row['source']} · {dated}",
        "remark": remark,
        "before": str(row.get("before", "")),
        "after": str(row.get("after", "")),
    }


def _cut(text: str, spans: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """Cut a very long passage to the part around its first evidence."""
    if len(text) <= _MOST:
        return text, spans
    first = min((start for start, _ in spans), default=0)
    start = max(0, min(first - _LEAD, len(text) - _MOST))
    end = start + _MOST
    lead = "… " if start else ""
    shift = start - len(lead)
    inside = [(max(one, start) - shift, min(two, end) - shift) for one, two in spans if one < end]
    tail = " …" if end < len(text) else ""
    return lead + text[start:end] + tail, [pair for pair in inside if pair[0] < pair[1]]


def quotes_html(items: Iterable[Item], *, link: Callable[[Item], str] | None = None) -> str:
    """Return quotes, each with where it comes from.

    Parameters
    ----------
    items : iterable of mapping
        As `quote_items` gives them.
    link : callable or None, default=None
        Gives the HTML that stands after the origin of an item.

    Returns
    -------
    str
        Escaped HTML.
    """
    return "".join(
        f"<blockquote><p>{quote(item['text'], item['evidence'])}</p>"
        f'<p class="origin">{escape(item["origin"] + item["remark"])}'
        f"{link(item) if link else ''}</p></blockquote>"
        for item in items
    )
