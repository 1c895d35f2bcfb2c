"""How far tags can be trusted: quality against labels, and whether scores hold what they say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pmdiscourse.present.frames import records, require_columns
from pmdiscourse.present.plots import style
from pmdiscourse.present.wording import (
    join_words,
    label,
    percent,
    percent_interval,
    plural,
)

QUALITY = ("precision", "recall", "f1")
_NAMES = {
    "precision": "precision: tags that are right",
    "recall": "recall: passages that are found",
    "f1": "F1: both in one",
}
_BINS = ["theme", "n", "mean_score", "share", "share_low", "share_high"]
_TICKS = (0.0, 0.1, 0.5, 1.0)
_ROW, _HEAD, _GAP = 0.8, 0.6, 0.2  # steps down the vertical axis
_PANEL = 2.8  # inches of a row of panels, two lines of a name included
_NAME = 1.85  # inches for a line of a name over a panel
_INCHES = 0.62  # for one such step of 1


def plot_quality(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw precision, recall and F1 of every theme with their 95 % intervals.

    Parameters
    ----------
    data : DataFrame
        One row a theme: theme, n_positive, and precision, recall and f1 with ``_low`` and
        ``_high``, as from `evaluate`.
    ax : Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    Axes

    Raises
    ------
    DiscourseError
        If a column is missing.
    """
    _require_quality(data)
    step = _HEAD + _GAP + _ROW * len(QUALITY)
    heads = [
        style.break_lines(
            f"{label(row['theme'])} ({plural(row['n_positive'], 'positive')})",
            weight="bold",
        )
        for row in records(data)
    ]  # fmt: skip
    inches = 0.9 + _INCHES * step * len(data)
    inches += style.LINE * sum(head.count("\n") for head in heads)
    ax = style.make_axes(ax, height=style.NOTE_HEIGHT if data.empty else inches)
    if data.empty:
        return style.note(ax, "nothing was measured")
    whole, place = ax.get_yaxis_transform(), 0.0
    for head, row in zip(heads, records(data), strict=True):
        place += head.count("\n") * style.LINE / _INCHES
        ax.text(
            0, place + 0.16, head, transform=whole, va="bottom", fontsize=style.TEXT,
            weight="bold", color=style.INK, parse_math=False,
        )  # fmt: skip
        place += _HEAD
        for number, metric in enumerate(QUALITY):
            _draw_metric(ax, place, row, metric, number)
            place += _ROW
        place += _GAP
    ax.set_xlim(0, 100)
    ax.set_ylim(place - 0.2, -0.4)
    ax.set_yticks([])
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}%"))
    ax.grid(axis="x", color=style.GRID, lw=0.8)
    ax.set_axisbelow(True)
    style.label_axis(ax, "dot: value, line: 95% interval")
    return ax


def describe_quality(data: pd.DataFrame, *, of: str) -> str:
    """Say in words what `plot_quality` draws.

    Parameters
    ----------
    data : DataFrame
        As for `plot_quality`.
    of : str
        What was measured, e.g. ``"tags on the labelled passages"``.

    Returns
    -------
    str
        Alternative text, every number computed from `data`.
    """
    _require_quality(data)
    parts = []
    for row in records(data):
        told = [f"{_NAMES[metric].partition(':')[0]} {_tell(row, metric)}" for metric in QUALITY]
        count = plural(row["n_positive"], "positive")
        parts.append(f"{label(row['theme'])} ({count}): {join_words(told)}")
    what = "; ".join(parts) or "nothing was measured"
    return f"Dot plot of the quality of {of}, with 95% intervals. {what}."


def plot_reliability(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the reliability curve of every theme, two panels beside each other.

    Parameters
    ----------
    data : DataFrame
        One row a bin: theme, n, mean_score, share, share_low and share_high, as from
        `measure_reliability`.
    ax : Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    Axes
        Holds an inset for each theme. Both of its scales follow the square root, since most
        scores are small: a straight line through the origin stays one.

    Raises
    ------
    DiscourseError
        If a column is missing.
    """
    require_columns(data, _BINS, "reliability")
    themes = list(dict.fromkeys(data["theme"]))
    names = [style.break_lines(label(str(theme)), _NAME, lines=4) for theme in themes]
    further = max((name.count("\n") for name in names), default=0)
    panel = _PANEL + 1.15 * style.LINE * max(0, further - 1)
    n_rows = max(math.ceil(len(themes) / 2), 1)
    ax = style.make_axes(ax, height=0.9 + panel * n_rows if themes else style.NOTE_HEIGHT)
    if not themes:
        return style.note(ax, "no scores with labels")
    ax.set_xticks([])
    ax.set_yticks([])
    for place, theme in enumerate(themes):
        left, top = place % 2, place // 2
        foot = 1 - (top + 1 - 0.12 * _PANEL / panel) / n_rows
        box = (0.11 + 0.5 * left, foot, 0.36, 0.64 * _PANEL / panel / n_rows)
        _draw_curve(ax.inset_axes(box), names[place], data[data["theme"] == theme])
    style.label_axis(
        ax,
        "across: mean score, up: share that carries the theme, with its\n"
        "95% interval; a score that holds what it says lies on the grey\n"
        "line, a diamond does not",
    )
    return ax


def describe_reliability(data: pd.DataFrame, *, of: str) -> str:
    """Say in words what `plot_reliability` draws.

    Parameters
    ----------
    data : DataFrame
        As for `plot_reliability`.
    of : str
        Which scores, e.g. ``"scores of the labelled passages"``.

    Returns
    -------
    str
        Alternative text, every number computed from `data`.
    """
    require_columns(data, _BINS, "reliability")
    parts = []
    for theme in dict.fromkeys(data["theme"]):
        rows = records(data[data["theme"] == theme])
        told = [
            f"mean score {percent(row['mean_score'])}, carried by {_tell(row, 'share')} of "
            f"{row['n']:,}"
            for row in rows
        ]
        held = f"on the line in {sum(map(holds, rows))} of {plural(len(rows), 'bin')}"
        parts.append(f"{label(theme)}, {held}: {'; '.join(told)}")
    what = ". ".join(parts) or "No scores with labels"
    return f"Reliability curves of {of}. {what}."


def holds(row: dict[str, Any]) -> bool:
    """Tell whether the interval of a bin's share holds its mean score."""
    return bool(row["share_low"] <= row["mean_score"] <= row["share_high"])


def _require_quality(data: pd.DataFrame) -> None:
    ends = [f"{metric}{end}" for metric in QUALITY for end in ("", "_low", "_high")]
    require_columns(data, ["theme", "n_positive", *ends], "quality")


def _tell(row: dict[str, Any], name: str) -> str:
    """Write a value with its interval."""
    return percent_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])


def _draw_metric(ax: Axes, place: float, row: dict[str, Any], metric: str, number: int) -> None:
    """Draw one row: name and value in words above, line and dot below."""
    whole = ax.get_yaxis_transform()
    words: Sequence[tuple[float, str, str]] = (
        (0, "left", _NAMES[metric]),
        (1, "right", _tell(row, metric)),
    )
    for x, side, said in words:
        ax.text(
            x, place - 0.05, said, transform=whole, ha=side, va="center", fontsize=style.SMALL,
            color=style.INK if side == "left" else style.MUTED, parse_math=False,
        )  # fmt: skip
    if math.isnan(row[metric]):
        return
    colour, marker = style.COLOURS[number], style.MARKERS[number]
    ends = [100 * row[f"{metric}_low"], 100 * row[f"{metric}_high"]]
    ax.plot(ends, [place + 0.3] * 2, color=colour, lw=2.5, clip_on=False)
    ax.plot(100 * row[metric], place + 0.3, marker, color=colour, ms=7, clip_on=False)


def _draw_curve(ax: Axes, name: str, bins: pd.DataFrame) -> None:
    """Draw the curve of one theme."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for scale in (ax.set_xscale, ax.set_yscale):
        scale("function", functions=(lambda x: np.sqrt(np.maximum(x, 0)), np.square))
    ax.plot([0, 1], [0, 1], color=style.BAND, lw=2, zorder=0)
    ax.plot(bins["mean_score"], bins["share"], color=style.BLUE, lw=1, zorder=1)
    for row in records(bins):
        held = holds(row)
        colour = style.BLUE if held else style.VERMILION
        x = row["mean_score"]
        ax.plot([x, x], [row["share_low"], row["share_high"]], color=colour, lw=2, clip_on=False)
        ax.plot(x, row["share"], "o" if held else "D", color=colour, ms=6, clip_on=False)
    ax.set_title(
        f"{name}\nn = {int(bins['n'].sum()):,}", loc="left",
        fontsize=style.TEXT, color=style.INK, parse_math=False,
    )  # fmt: skip
    names = [f"{100 * tick:g}%" for tick in _TICKS]
    ax.set_xticks(_TICKS, names, fontsize=style.SMALL, color=style.INK)
    ax.set_yticks(_TICKS, names, fontsize=style.SMALL, color=style.INK)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
