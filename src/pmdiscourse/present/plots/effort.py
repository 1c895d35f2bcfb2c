"""What further labels would give: the width of the interval by their number."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pmdiscourse.present.frames import require_columns
from pmdiscourse.present.plots import style
from pmdiscourse.present.wording import join_words, label, plural

_NO_CURVE = "no estimate to plan from"
_NAME = 1.6  # inches for a line of a name beside the curves
_LINE = 0.16  # for its height
_FOOT = 1.0  # for what stands below the axes


def plot_effort(data: pd.DataFrame, *, wanted: float = 0.02, ax: Axes | None = None) -> Axes:
    """Draw how the interval for these posts narrows with the number of labels.

    Parameters
    ----------
    data : DataFrame
        As from `plan_effort`: theme, n_labels, half_width, reached.
    wanted : float, default=0.02
        Half-width to mark with a line, 0 to 1: 0.02 means ±2 points.
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
    data = require_columns(data, ["theme", "n_labels", "half_width", "reached"], "effort")
    themes = list(dict.fromkeys(data["theme"]))
    names = {
        theme: style.break_lines(label(theme), _NAME, size=style.SMALL, lines=4) for theme in themes
    }
    n_lines = max((name.count("\n") + 1 for name in names.values()), default=1)
    inches = max(3.2 + 0.16 * len(themes), _FOOT + (0.1 + _LINE * n_lines) * len(themes))
    ax = style.make_axes(ax, height=inches if themes else style.NOTE_HEIGHT)
    if not themes:
        return style.note(ax, _NO_CURVE)
    top = 110 * float(data["half_width"].max())
    curves = {
        theme: data[(data["theme"] == theme) & ~data["reached"].astype(bool)] for theme in themes
    }
    themes.sort(key=lambda theme: -curves[theme]["half_width"].iloc[-1])
    # in shares of the height: as much as the lines of a name take
    gap = top * (0.075 if n_lines == 1 else (0.1 + _LINE * n_lines) / (inches - _FOOT))
    finals = [100 * float(curves[theme]["half_width"].iloc[-1]) for theme in themes]
    for number, (theme, place) in enumerate(zip(themes, _spread(finals, gap), strict=True)):
        _draw_curve(ax, number, data[data["theme"] == theme], place, names[theme])
    ax.axhline(100 * wanted, color=style.MUTED, lw=1, ls="--")
    ax.text(
        0.5, 100 * wanted, f"±{100 * wanted:g} points", transform=ax.get_yaxis_transform(),
        va="center", ha="center", fontsize=style.SMALL, color=style.MUTED,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip
    ax.set_ylim(0, max(top, 130 * wanted))
    ax.set_xlim(0, float(data["n_labels"].max()))
    _label_effort(ax)
    return ax


def _draw_curve(ax: Axes, number: int, rows: pd.DataFrame, place: float, name: str) -> None:
    """Draw one theme: the planned curve, what this run reached, and its name beside."""
    colour, marker = style.COLOURS[number % 7], style.MARKERS[number % 12]
    reached = rows["reached"].astype(bool)
    curve, now = rows[~reached], rows[reached]
    ax.plot(curve["n_labels"], 100 * curve["half_width"], color=colour, lw=2)
    ax.plot(
        now["n_labels"], 100 * now["half_width"], marker, color=colour, ms=8, mec="white", zorder=3
    )
    whole = ax.get_yaxis_transform()
    ax.plot(1.03, place, marker, color=colour, ms=7, transform=whole, clip_on=False)
    ax.text(
        1.06, place, name, transform=whole, va="center", fontsize=style.SMALL, color=style.INK,
        parse_math=False, linespacing=1.0,
    )  # fmt: skip


def _label_effort(ax: Axes) -> None:
    """Set ticks and grid, and say what mark and line are."""
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"±{value:g}"))
    ax.grid(color=style.GRID, lw=0.8)
    ax.set_axisbelow(True)
    style.label_axis(
        ax, "labelled passages; up: half-width of the interval, points\n"
        "mark: this run, line: by the planning formula",
    )  # fmt: skip


def describe_effort(data: pd.DataFrame, *, wanted: float = 0.02) -> str:
    """Say in words what `plot_effort` draws."""
    data = require_columns(data, ["theme", "n_labels", "half_width", "reached"], "effort")
    parts = []
    for theme in dict.fromkeys(data["theme"]):
        rows = data[data["theme"] == theme]
        now, last = (rows[rows["reached"].astype(bool) == side].iloc[-1] for side in (True, False))
        parts.append(
            f"{label(theme)} {_width(now['half_width'])} with "
            f"{plural(int(now['n_labels']), 'label')}, by the planning formula "
            f"{_width(last['half_width'])} with {int(last['n_labels']):,}"
        )
    if not parts:
        return f"Nothing to draw: {_NO_CURVE}."
    return (
        f"Half-width of the 95% interval for these posts by number of labels: {join_words(parts)}. "
        f"A line marks {_width(wanted)}."
    )


def _width(half_width: float) -> str:
    return f"±{100 * half_width:.1f} points"


def _spread(values: list[float], gap: float) -> list[float]:
    """Move falling values apart so that labels beside them do not overlap."""
    placed = np.array(values, dtype=float)
    for _ in range(100):
        close = np.flatnonzero(placed[:-1] - placed[1:] < gap - 1e-9)
        if not len(close):
            break
        for upper in close:
            middle = (placed[upper] + placed[upper + 1]) / 2
            placed[upper], placed[upper + 1] = middle + gap / 2, middle - gap / 2
    return [float(value) for value in placed - min(0.0, placed.min() - gap / 2)]
