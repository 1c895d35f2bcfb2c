"""What notebook cells show: figures with alternative text, escaped tables, paragraphs and quotes.

Scraped text never becomes markup: every function here escapes what it is given.
"""

from __future__ import annotations

import base64
import io
import math
import re
from html import escape
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image

from pmdiscourse.errors import invalid
from pmdiscourse.present.data_files import csv_text
from pmdiscourse.present.quotation import NOTHING, QUOTES, quote_items, quotes_html
from pmdiscourse.present.wording import label, percent

MIN_ALT = 12  # characters; a shorter alternative text cannot tell what a figure shows
_DPI = 200
_WIDTH = 560  # pixels of a figure in a notebook
_MOST_ROWS = 500
_LONG = 40  # characters from which on a column needs room on a phone
# Columns that hold shares, by the ends and the beginning of their names
_SHARES = ("share", "estimate", "_low", "_high")
_SHARE_OF = "share_of_"


def show(
    figure: Figure,
    *,
    alt: str,
    caption: str,
    data: pd.DataFrame,
    numbers: pd.DataFrame | None = None,
) -> None:
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
    numbers : DataFrame or None, default=None
        What the CSV file beside the report holds, unrounded, if `data` words it; None takes `data`.

    Raises
    ------
    DiscourseError
        If `alt` or `caption` is too short to say anything.
    """
    for what, words in (("alt", alt), ("caption", caption)):
        if len(words.strip()) < MIN_ALT:
            raise invalid(what, got=words, allowed=f"{MIN_ALT} characters or more")
    metadata = {"image/png": {"alt": alt, "caption": caption, "width": _WIDTH}}
    png = render_png(figure)
    plt.close(figure)
    # JupyterLab heeds no alternative text of a PNG, so it gets the image as HTML too.
    image = (
        f'<img src="data:image/png;base64,{png_text(png)}" alt="{escape(alt)}" width="{_WIDTH}">'
    )
    bundle = {"image/png": png, "text/html": image, "text/plain": alt}
    _display(bundle, metadata)
    folded = (
        "<details><summary>The numbers behind this figure</summary>"
        f"{table_html(data, caption=f'Numbers: {caption}')}</details>"
    )
    _display_table(folded, alt, caption=caption, numbers=data if numbers is None else numbers)


def render_png(figure: Figure) -> bytes:
    """Render a figure as PNG of 256 colours; the same figure gives the same bytes.

    A page with many figures is mailed: a palette makes them a third as large, and no eye sees it.
    """
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=_DPI, metadata={"Software": None}, facecolor="white")
    with Image.open(drawn) as image:
        palette = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        palette.save(small, format="PNG", optimize=True)
    return small.getvalue()


def png_text(png: bytes) -> str:
    """Return a PNG as base64 text, as notebooks hold it."""
    return base64.b64encode(png).decode("ascii")


def table(frame: pd.DataFrame, *, caption: str, numbers: pd.DataFrame | None = None) -> None:
    """Show a table, escaped, with its caption; more than 500 rows are cut, and that is said.

    Parameters
    ----------
    frame : DataFrame
        What is shown.
    caption : str
        One line above it.
    numbers : DataFrame or None, default=None
        What the CSV file beside the report holds, unrounded and uncut, if `frame` words it; None
        takes `frame`.
    """
    _display_table(
        table_html(frame, caption=caption),
        f"Table: {caption}",
        caption=caption,
        numbers=frame if numbers is None else numbers,
    )


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


def quotes(frame: pd.DataFrame, *, title: str) -> None:
    """Show passages as quotes with the evidence marked; authors are never named.

    Parameters
    ----------
    frame : DataFrame
        Rows with text, evidence, kind, source and published_at, e.g. from
        `representative_passages`, and remark if there is something to say of each. With passage_id
        and the columns of `add_context`, the appendix of the HTML report shows each passage once,
        with a sentence either side. That there are no rows is told in a sentence.
    title : str
        Heading above them, e.g. the theme's title.
    """
    items = quote_items(frame)
    bundle = {
        "text/html": f"<h3>{escape(title)}</h3>{quotes_html(items) or NOTHING}",
        "text/plain": "\n\n".join([title, *(item["text"] for item in items)]),
        QUOTES: {"title": title, "items": items},
    }
    _display(bundle, {})


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
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    if isinstance(value, float):
        is_share = column.endswith(_SHARES) or column.startswith(_SHARE_OF)
        return percent(value) if is_share else f"{value:,.3f}"
    if column.endswith("theme"):
        return label(str(value))
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:,}" if isinstance(value, int) and column != "year" else str(value)


def _display_table(html: str, plain: str, *, caption: str, numbers: pd.DataFrame) -> None:
    """Display a table with its frame as CSV, which the report writes beside its pages."""
    bundle = {"text/html": html, "text/csv": csv_text(numbers), "text/plain": plain}
    _display(bundle, {"text/csv": {"caption": caption}})


def _display_html(html: str, plain: str) -> None:
    """Display HTML that this module has escaped."""
    _display({"text/html": html, "text/plain": plain}, {})


def _display(bundle: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Send a bundle to the notebook; outside of one, print its plain text."""
    if InteractiveShell.initialized():
        display(bundle, raw=True, metadata=metadata)  # type: ignore[no-untyped-call]
    else:
        print(bundle["text/plain"])
