"""Where: themes by thread, together in one passage, and along a post."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from pmdiscourse.present.frames import count_by_place, count_by_thread, count_pairs, records
from pmdiscourse.present.plots import style
from pmdiscourse.present.wording import label, percent, plural

_MOST_PAIRS = 15
_PARTS = {1: "first fifth", 2: "second", 3: "middle", 4: "fourth", 5: "last fifth"}


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
    threads = counts.drop_duplicates("thread_id")
    ax = style.make_axes(ax, height=1.3 + 0.62 * max(len(threads), 1))
    if counts.empty:
        return style.note(ax, "no scored passages")
    themes = sorted(set(counts["theme"]))
    shape = (len(threads), len(themes))
    share = counts["tagged_share"].to_numpy(dtype=float).reshape(shape)
    words = counts["n_tagged"].astype(str).to_numpy(dtype=object).reshape(shape)
    names = [
        style.fit(name, f" ({plural(n, 'passage')})", style.WIDTH - 0.3)
        for name, n in zip(threads["thread"], threads["n"], strict=True)
    ]
    _draw_cells(ax, share, words, names, [label(theme).replace(" ", "\n") for theme in themes])
    style.label_axis(
        ax, f"number: tagged passages\nshade: share of the thread's passages ({_scale(share)})"
    )
    return ax


def describe_threads(data: pd.DataFrame, *, posts: pd.DataFrame | None = None) -> str:
    """Say in words what `plot_threads` draws."""
    counts = count_by_thread(data, posts)
    n_threads, n_all = counts["thread_id"].nunique(), data["thread_id"].nunique()
    parts = []
    for theme, rows in counts.groupby("theme", sort=True):
        n_with = int((rows["n_tagged"] > 0).sum())
        top = max(records(rows), key=itemgetter("n_tagged"))
        most = f", most {top['n_tagged']} of {top['n']} passages in one thread" if n_with else ""
        parts.append(f"{label(str(theme))} in {n_with} of {plural(n_threads, 'thread')}{most}")
    shown = f"{n_threads} of {plural(n_all, 'thread')}"
    return f"Table of tagged passages by thread and theme, {shown}: {'; '.join(parts)}."


def plot_cooccurrence(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how many passages carry two themes at once.

    Parameters
    ----------
    data : DataFrame
        Scores joined with passages, or the scores table itself.
    ax : Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    Axes
        One row for each pair, the 15 most frequent; an upright tick marks the number expected if
        the two tags were independent of each other.
    """
    pairs = count_pairs(data).head(_MOST_PAIRS)
    ax = style.make_axes(ax, height=0.9 + 0.5 * max(len(pairs), 1))
    if pairs.empty:
        return style.note(ax, "a pair needs two themes")
    whole = ax.get_yaxis_transform()
    for place, pair in enumerate(records(pairs)):
        ax.text(
            0, place - 0.18, _pair(pair), transform=whole, va="bottom",
            fontsize=style.TEXT, color=style.INK, parse_math=False,
        )  # fmt: skip
        ax.text(
            1, place - 0.18, _count(pair), ha="right",
            va="bottom", transform=whole, fontsize=style.SMALL, color=style.MUTED,
        )  # fmt: skip
        ax.plot([0, pair["n_both"]], [place, place], color=style.BAND, lw=2, zorder=1)
        ax.plot(pair["n_expected"], place, "|", color=style.INK, ms=13, mew=2, clip_on=False)
        ax.plot(pair["n_both"], place, "o", color=style.BLUE, ms=8, clip_on=False)
    ax.set_xlim(0, 1.05 * max(float(pairs[["n_both", "n_expected"]].max().max()), 1.0))
    ax.set_ylim(len(pairs) - 0.5, -0.8)
    ax.set_yticks([])
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.grid(axis="x", color=style.GRID, lw=0.8)
    ax.set_axisbelow(True)
    style.label_axis(ax, f"passages with both, of {pairs['n'].iloc[0]:,} (tick: if independent)")
    return ax


def describe_cooccurrence(data: pd.DataFrame) -> str:
    """Say in words what `plot_cooccurrence` draws."""
    pairs = count_pairs(data).head(_MOST_PAIRS)
    if pairs.empty:
        return "No pairs of themes: a pair needs two themes."
    parts = [f"{_pair(pair)} {_count(pair)}" for pair in records(pairs)]
    n = plural(int(pairs["n"].iloc[0]), "passage")
    return f"Dot plot of passages tagged with two themes, of {n}: {'; '.join(parts)}."


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
    ax = style.make_axes(ax, height=1.3 + 0.75 * max(len(themes), 1))
    if not counts["n"].sum():
        return style.note(ax, "no post has five passages or more")
    shape = (len(themes), len(_PARTS))
    share = counts["tagged_share"].to_numpy(dtype=float).reshape(shape)
    words = np.array(
        [
            f"{percent(row['tagged_share'])}\n{row['n_tagged']:,}/{row['n']:,}"
            for row in records(counts)
        ],
        dtype=object,
    ).reshape(shape)
    columns = [name.replace(" ", "\n") for name in _PARTS.values()]
    _draw_cells(ax, share, words, [label(theme) for theme in themes], columns)
    style.label_axis(
        ax, f"tagged share of the passages in each part of a post\nshade: {_scale(share)}"
    )
    return ax


def describe_dispersion(data: pd.DataFrame) -> str:
    """Say in words what `plot_dispersion` draws."""
    counts = count_by_place(data)
    n_passages = int(counts.groupby("theme")["n"].sum().max()) if len(counts) else 0
    if not n_passages:
        return "No figure of places: no post has five passages or more."
    parts = []
    for theme, rows in counts.groupby("theme", sort=True):
        if not rows["n_tagged"].sum():
            parts.append(f"{label(str(theme))} nowhere")
            continue
        top = max(records(rows[rows["n"] > 0]), key=itemgetter("tagged_share"))
        share = f"{percent(top['tagged_share'])}, {top['n_tagged']:,} of {top['n']:,}"
        parts.append(f"{label(str(theme))} most in the {_PARTS[top['part']]} part ({share})")
    n = plural(n_passages, "passage")
    return f"Table of tagged shares by place in the post, {n}: {'; '.join(parts)}."


def _pair(pair: dict[str, Any]) -> str:
    return f"{label(pair['theme'])} + {label(pair['other_theme'])}"


def _count(pair: dict[str, Any]) -> str:
    return f"{pair['n_both']:,} (expected {pair['n_expected']:,.1f})"


def _scale(share: NDArray[Any]) -> str:
    """Tell the two ends of the shade."""
    top = float(np.nanmax(share, initial=0.0))
    return f"white 0%, darkest {percent(top)}" if top else "all 0%"


def _draw_cells(
    ax: Axes, share: NDArray[Any], words: NDArray[Any], rows: list[str], columns: list[str]
) -> None:
    """Draw a table of shades; each row has its name on a line of its own above the cells."""
    top = max(float(np.nanmax(share, initial=0.0)), 1e-9)
    shades = matplotlib.colormaps[style.SHADES]
    for row, column in np.ndindex(share.shape):
        depth = 0.0 if np.isnan(share[row, column]) else 0.85 * share[row, column] / top
        face = shades(depth) if depth else "white"
        ax.fill_between(
            [column - 0.48, column + 0.48], row - 0.12, row + 0.45, facecolor=face,
            edgecolor=style.GRID, lw=0.8,
        )  # fmt: skip
        ax.text(
            column, row + 0.165, str(words[row, column]), ha="center", va="center", linespacing=1.1,
            fontsize=style.SMALL, color="white" if depth > 0.5 else style.INK, parse_math=False,
        )  # fmt: skip
    for row, name in enumerate(rows):
        ax.text(
            -0.48, row - 0.16, name, va="bottom", fontsize=style.TEXT, color=style.INK,
            parse_math=False, in_layout=False,
        )  # fmt: skip
    ax.set_xlim(-0.5, len(columns) - 0.5)
    ax.set_ylim(len(rows) - 0.5, -0.6)
    ax.set_yticks([])
    ax.set_xticks(range(len(columns)), columns, fontsize=style.SMALL)
    ax.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
