"""Where: themes by thread and along a post."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from pmdiscourse.present.frames import count_by_place, count_by_thread, records
from pmdiscourse.present.plots import style
from pmdiscourse.present.wording import label, percent, plural

_NO_TAGS = "no passage is tagged"
_PLACE = 0.75  # inches of a row of places
_TURNED = 1.9  # inches for a line of a name that stands upright
_MOST_LINES = 4  # of a name that does not
_LINE = 0.17  # inches of a line
_PARTS = {1: "first", 2: "second", 3: "middle", 4: "fourth", 5: "last"}


def plot_threads(
    data: pd.DataFrame, *, posts: pd.DataFrame | None = None, ax: Axes | None = None
) -> Axes:
    """Draw tagged passages by thread and theme as a table of shades.

    Parameters
    ----------
    data : DataFrame
        Scores joined with passages (`join_scores`).
    posts : DataFrame or None, default=None
        Posts table, for the titles; None numbers the threads.
    ax : Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    Axes
        A cell holds the number of tagged passages; its shade is their share in the thread.
    """
    counts = count_by_thread(data, posts)
    threads, themes = counts.drop_duplicates("thread_id"), sorted(set(counts["theme"]))
    if not counts["n_tagged"].sum():
        return style.note(style.make_axes(ax, height=style.NOTE_HEIGHT), _NO_TAGS)
    heads, inches, turned = _heads(themes)
    ax = style.make_axes(ax, height=0.9 + inches + 0.62 * len(threads))
    shape = (len(threads), len(themes))
    share = counts["tagged_share"].to_numpy(dtype=float).reshape(shape)
    words = counts["n_tagged"].astype(str).to_numpy(dtype=object).reshape(shape)
    names = [
        style.fit(name, f" ({plural(n, 'passage')})", style.WIDTH - 0.3)
        for name, n in zip(threads["thread"], threads["n"], strict=True)
    ]
    _draw_cells(ax, share, words, names, heads)
    if turned:
        ax.tick_params(axis="x", labelrotation=90)
    style.label_axis(
        ax, f"number: tagged passages\nshade: share of the thread's passages ({_scale(share)})"
    )
    return ax


def describe_threads(data: pd.DataFrame, *, posts: pd.DataFrame | None = None) -> str:
    """Say in words what `plot_threads` draws."""
    counts = count_by_thread(data, posts)
    n_threads, n_all = counts["thread_id"].nunique(), data["thread_id"].nunique()
    if not counts["n_tagged"].sum():
        return f"No table of threads: {_NO_TAGS}."
    parts = []
    for theme, rows in counts.groupby("theme", sort=True):
        n_with = int((rows["n_tagged"] > 0).sum())
        top = max(records(rows), key=itemgetter("n_tagged"))
        most = f", most {top['n_tagged']} of {top['n']} passages in one thread" if n_with else ""
        parts.append(f"{label(str(theme))} in {n_with} of {plural(n_threads, 'thread')}{most}")
    shown = f"{n_threads} of {plural(n_all, 'thread')}"
    return f"Table of tagged passages by thread and theme, {shown}: {'; '.join(parts)}."


def plot_dispersion(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw where in a post each theme falls.

    Parameters
    ----------
    data : DataFrame
        Scores joined with passages.
    ax : Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    Axes
        Themes by fifths of a post; a cell holds tagged passages of all passages there. Posts with
        fewer than five passages have no fifths and are left out.
    """
    counts = count_by_place(data)
    themes = sorted(set(counts["theme"]))
    why = _why_no_places(counts)
    names = [style.break_lines(label(theme)) for theme in themes]
    places = style.stack(names, _PLACE)
    ax = style.make_axes(ax, height=style.NOTE_HEIGHT if why else 1.3 + _PLACE * (places[-1] + 1))
    if why:
        return style.note(ax, why)
    shape = (len(themes), len(_PARTS))
    share = counts["tagged_share"].to_numpy(dtype=float).reshape(shape)
    words = np.array(
        [
            f"{percent(row['tagged_share'])}\n{row['n_tagged']:,}/{row['n']:,}"
            for row in records(counts)
        ],
        dtype=object,
    ).reshape(shape)
    columns = [f"{name}\nfifth" if name in ("first", "last") else name for name in _PARTS.values()]
    _draw_cells(ax, share, words, names, columns, places=places)
    style.label_axis(
        ax, f"tagged share of the passages in each part of a post\nshade: {_scale(share)}"
    )
    return ax


def describe_dispersion(data: pd.DataFrame) -> str:
    """Say in words what `plot_dispersion` draws."""
    counts = count_by_place(data)
    n_passages = int(counts.groupby("theme")["n"].sum().max()) if len(counts) else 0
    if why := _why_no_places(counts):
        return f"No table of places: {why}."
    parts = []
    for theme, rows in counts.groupby("theme", sort=True):
        if not rows["n_tagged"].sum():
            parts.append(f"{label(str(theme))} nowhere")
            continue
        top = max(records(rows[rows["n"] > 0]), key=itemgetter("tagged_share"))
        share = f"{percent(top['tagged_share'])}, {top['n_tagged']:,} of {top['n']:,}"
        parts.append(f"{label(str(theme))} most in the {_PARTS[top['part']]} fifth ({share})")
    n = plural(n_passages, "passage")
    return f"Table of tagged shares by place in the post, {n}: {'; '.join(parts)}."


def _why_no_places(counts: pd.DataFrame) -> str:
    """Say why there is nothing to draw, "" if there is."""
    if not counts["n"].sum():
        return "no post has five passages or more"
    return "" if counts["n_tagged"].sum() else _NO_TAGS


def _heads(themes: list[str]) -> tuple[list[str], float, bool]:
    """Return the names over the columns, the inches they take, and whether they stand upright."""
    column = 0.95 * style.WIDTH / len(themes)
    stacked = [label(theme).replace(" ", "\n") for theme in themes]
    words = [word for name in stacked for word in name.split("\n")]
    n_lines = max(name.count("\n") + 1 for name in stacked)
    if n_lines <= _MOST_LINES and max(map(_width, words)) < column:
        return stacked, _LINE * n_lines, False
    n_lines = max(1, int(column / _LINE))
    names = [
        style.break_lines(label(theme), _TURNED, size=style.SMALL, lines=n_lines)
        for theme in themes
    ]
    return names, max(_width(line) for name in names for line in name.split("\n")), True


def _width(text: str) -> float:
    return style.text_width(text, size=style.SMALL)


def _scale(share: NDArray[Any]) -> str:
    """Tell the two ends of the shade."""
    top = float(np.nanmax(share, initial=0.0))
    return f"white 0%, darkest {percent(top)}" if top else "all 0%"


def _draw_cells(
    ax: Axes, share: NDArray[Any], words: NDArray[Any], rows: list[str], columns: list[str],
    *, places: list[float] | None = None,
) -> None:  # fmt: skip
    """Draw a table of shades; each row has its name on a line of its own above the cells."""
    places = places or style.stack(rows, _PLACE)
    top = max(float(np.nanmax(share, initial=0.0)), 1e-9)
    shades = matplotlib.colormaps[style.SHADES]
    for row, column in np.ndindex(share.shape):
        depth = 0.0 if np.isnan(share[row, column]) else 0.85 * share[row, column] / top
        face = shades(depth) if depth else "white"
        ax.fill_between(
            [column - 0.48, column + 0.48], places[row] - 0.12, places[row] + 0.45,
            facecolor=face, edgecolor=style.GRID, lw=0.8,
        )  # fmt: skip
        ax.text(
            column, places[row] + 0.165, str(words[row, column]), ha="center", va="center",
            fontsize=style.SMALL, color="white" if depth > 0.5 else style.INK, linespacing=1.1,
            parse_math=False,
        )  # fmt: skip
    for place, name in zip(places, rows, strict=True):
        ax.text(
            -0.48, place - 0.16, name, va="bottom", fontsize=style.TEXT, color=style.INK,
            parse_math=False, in_layout=False,
        )  # fmt: skip
    ax.set_xlim(-0.5, len(columns) - 0.5)
    ax.set_ylim(places[-1] + 0.5, -0.6)
    ax.set_yticks([])
    ax.set_xticks(range(len(columns)), columns, fontsize=style.SMALL)
    ax.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
