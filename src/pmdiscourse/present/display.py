"""What notebook cells show: figures with alternative text, escaped tables, paragraphs and quotes.

Scraped text never becomes markup: every function here escapes what it is given.
"""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from matplotlib.figure import Figure

from pmdiscourse.errors import invalid
from pmdiscourse.present.frames import require_columns
from pmdiscourse.present.wording import label, percent

MIN_ALT = 12  # characters; a shorter alternative text cannot tell what a figure shows
_DPI = 200
_MOST_ROWS = 500
_LONG = 40  # characters from which on a column needs room on a phone
_SHARES = ("share", "estimate", "_low", "_high")  # endings of columns that hold shares


def show(figure: Figure, *, alt: str, caption: str, data: pd.DataFrame) -> None:
    """Show a figure with its alternative text, its caption and the table it was drawn from.

    Parameters
    ----------
    figure : Figure
        The figure; it is closed afterwards.
    alt : str
        What the figure shows, in words and numbers, for people who do not see it; 12 characters
        or more. Use the `describe_*` function that belongs to the plot.
    caption : str
        One line under the figure.
    data : DataFrame
        The plotted frame, shown folded under the figure.

    Raises
    ------
    DiscourseError
        If `alt` or `caption` is too short to say anything.
    """
    for what, words in (("alt", alt), ("caption", caption)):
        if len(words.strip()) < MIN_ALT:
            raise invalid(what, got=words, allowed=f"{MIN_ALT} characters or more")
    metadata = {"image/png": {"alt": alt, "caption": caption, "width": 560}}
    bundle = {"image/png": render_png(figure), "text/plain": alt}
    plt.close(figure)
    _display(bundle, metadata)
    folded = (
        "<details><summary>The numbers behind this figure</summary>"
        f"{table_html(data, caption=f'Numbers: {caption}')}</details>"
    )
    _display_html(folded, alt)


def render_png(figure: Figure) -> bytes:
    """Render a figure as PNG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None}, facecolor="white")
    return buffer.getvalue()


def png_text(png: bytes) -> str:
    """Return a PNG as base64 text, as notebooks hold it."""
    return base64.b64encode(png).decode("ascii")


def table(frame: pd.DataFrame, *, caption: str) -> None:
    """Show a table, escaped, with its caption; more than 500 rows are cut, and that is said."""
    _display_html(table_html(frame, caption=caption), f"Table: {caption}")


def paragraph(text: str) -> None:
    """Show a paragraph of computed prose, escaped; only `code` in backticks is set apart."""
    _display_html(f"<p>{prose_html(text)}</p>", text)


def prose_html(text: str) -> str:
    """Escape prose and set what stands in backticks as code.

    Examples
    --------
    >>> prose_html("Run `ls` <now>")
    'Run <code>ls</code> &lt;now&gt;'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


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


def quotes(frame: pd.DataFrame, *, title: str) -> None:
    """Show passages as quotes with the evidence marked; authors are never named.

    Parameters
    ----------
    frame : DataFrame
        Rows with text, evidence, kind, source and published_at, e.g. from
        `representative_passages`, and remark if there is something to say of each. That there are
        no rows is told in a sentence.
    title : str
        Heading above them, e.g. the theme's title.
    """
    columns = ["text", "evidence", "kind", "source", "published_at"]
    require_columns(frame, columns, "quotes")
    items = [f"<h3>{escape(title)}</h3>"]
    if frame.empty:
        items.append("<p>No passage to quote.</p>")
    for row in frame.to_dict("records"):
        dated = "undated" if pd.isna(row["published_at"]) else f"{row['published_at']:%Y-%m-%d}"
        remark = f" · {row['remark']}" if "remark" in row else ""
        origin = f"{row['kind']} · {row['source']} · {dated}{remark}"
        items.append(
            f"<blockquote><p>{quote(row['text'], row['evidence'])}</p>"
            f'<p class="origin">{escape(origin)}</p></blockquote>'
        )
    _display_html("".join(items), "\n\n".join([title, *frame["text"]]))


def table_html(frame: pd.DataFrame, *, caption: str) -> str:
    """Return a table as escaped HTML with a caption and scoped headings."""
    shown = frame.head(_MOST_ROWS)
    if len(shown) < len(frame):
        caption = f"{caption} (first {len(shown):,} of {len(frame):,} rows)"
    columns = [str(column) for column in shown.columns]
    rows = [
        [_format(column, value) for column, value in zip(columns, values, strict=True)]
        for values in shown.itertuples(index=False, name=None)
    ]
    looks = [
        _look(frame[column], [row[place] for row in rows])
        for place, column in enumerate(shown.columns)
    ]
    heads = "".join(
        f'<th scope="col"{look}>{escape(label(column))}</th>'
        for column, look in zip(columns, looks, strict=True)
    )
    body = "".join(f"<tr>{_cells(row, looks)}</tr>" for row in rows)
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _look(values: pd.Series, written: list[str]) -> str:
    """Return the class of a column: numbers none, text left, long text wide enough to read."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        return ""
    is_long = any(len(text) > _LONG for text in written)
    return ' class="text long"' if is_long else ' class="text"'


def _cells(row: list[str], looks: list[str]) -> str:
    """Return the cells of one row; the first names the row."""
    cells = []
    for place, (text, look) in enumerate(zip(row, looks, strict=True)):
        tag, scope = ("th", ' scope="row"') if place == 0 else ("td", "")
        cells.append(f"<{tag}{scope}{look}>{escape(text)}</{tag}>")
    return "".join(cells)


def _format(column: str, value: Any) -> str:
    """Write one value for people: shares in percent, other fractions with three decimals."""
    missing = value is None or value is pd.NaT or value is pd.NA
    if missing or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return percent(value) if column.endswith(_SHARES) else f"{value:,.3f}"
    if column.endswith("theme"):
        return label(str(value))
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:,}" if isinstance(value, int) and column != "year" else str(value)


def _display_html(html: str, plain: str) -> None:
    """Display HTML that this module has escaped."""
    _display({"text/html": html, "text/plain": plain}, {})


def _display(bundle: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Send a bundle to the notebook; outside of one, print its plain text."""
    if InteractiveShell.initialized():
        display(bundle, raw=True, metadata=metadata)  # type: ignore[no-untyped-call]
    else:
        print(bundle["text/plain"])
