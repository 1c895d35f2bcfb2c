"""Why tagged share and prevalence differ, and what further labels would give."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pmdiscourse.present.change_words import points
from pmdiscourse.present.frames import records, require_columns
from pmdiscourse.present.plots import style
from pmdiscourse.present.wording import join_words, label, percent, percent_range

_COLUMNS = ["theme", "tagged_share", "false_hits", "misses", "estimate"]
_STEPS = ("tagged", "wrongly tagged", "missed", "prevalence")
_NO_LABELS = "labels are needed to tell why the shares differ"
_NO_CURVE = "no estimate to plan from"


def plot_correction(
    data: pd.DataFrame, *, intervals: pd.DataFrame | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the way from the tagged share to the prevalence, theme by theme.

    From the share that the model tagged, what it tagged wrongly is taken off, and what it missed
    is put on; what is left is the prevalence.

    Parameters
    ----------
    data : DataFrame
        As from `split_correction`: theme, tagged_share, false_hits, misses, estimate.
    intervals : DataFrame or None, default=None
        Prevalence table rows of the same themes, for the 95 % interval of these posts.
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
    rows = records(require_columns(data, _COLUMNS, "correction"))
    ax = style.make_axes(ax, height=0.9 + 1.75 * max(len(rows), 1))
    if not rows:
        return style.note(ax, _NO_LABELS)
    ends = {} if intervals is None else _ends(intervals)
    tops = [max(row["tagged_share"], row["estimate"]) for row in rows]
    tops += [high for theme, (_, high) in ends.items() if theme in set(data["theme"])]
    top = 100 * max(*tops, 0.01)
    places: list[float] = []
    for number, row in enumerate(rows):
        first = number * 5.2
        places += [first + step for step in range(4)]
        _draw_steps(ax, first, row, ends.get(row["theme"]), top)
    ax.set_xlim(0, 1.42 * top)
    ax.set_ylim(places[-1] + 0.6, -1.6)
    ax.set_yticks(places, list(_STEPS) * len(rows))
    ax.tick_params(axis="y", labelsize=style.SMALL)
    _percent_axis(ax)
    line = "\nline: 95% interval for these posts" if ends else ""
    style.label_axis(ax, f"share of passages, changes in points{line}")
    return ax


def describe_correction(data: pd.DataFrame) -> str:
    """Say in words what `plot_correction` draws."""
    rows = records(require_columns(data, _COLUMNS, "correction"))
    if not rows:
        return f"No steps to draw: {_NO_LABELS}."
    parts = [
        f"{label(row['theme'])}: tagged {percent(row['tagged_share'])}, wrongly tagged "
        f"{points(-row['false_hits'])} points, missed {points(row['misses'])} points, prevalence "
        f"{percent(row['estimate'])}"
        for row in rows
    ]
    return f"Steps from the tagged share to the prevalence. {'; '.join(parts)}."


def _ends(intervals: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return the corpus interval of each theme that has one."""
    known = intervals[intervals["corpus_low"].notna()]
    return {str(row["theme"]): (row["corpus_low"], row["corpus_high"]) for row in records(known)}


def _draw_steps(
    ax: Axes,
    first: float,
    row: dict[str, float | str],
    ends: tuple[float, float] | None,
    top: float,
) -> None:
    """Draw the four steps of one theme below its name."""
    share, false, missed, estimate = (100 * float(row[name]) for name in _COLUMNS[1:])
    whole, hits = ax.get_yaxis_transform(), share - false
    within = f" ({percent_range(*ends)})" if ends else ""
    ax.text(
        0, first - 0.65, label(str(row["theme"])), transform=whole, va="bottom", weight="bold",
        fontsize=style.TEXT, color=style.INK, parse_math=False,
    )  # fmt: skip
    ax.text(
        1, first - 0.65, f"{percent(estimate / 100)}{within}", transform=whole, ha="right",
        va="bottom", fontsize=style.SMALL, color=style.MUTED, parse_math=False,
    )  # fmt: skip
    ax.vlines([share, hits], [first, first + 1], [first + 1, first + 2], color=style.GRID, lw=1)
    ax.vlines(estimate, first + 2, first + 3, color=style.GRID, lw=1)
    for step, start, stop, colour in (
        (1, share, hits, style.VERMILION), (2, hits, estimate, style.GREEN),
    ):  # fmt: skip
        ax.barh(first + step, stop - start, left=start, height=0.55, color=colour)
    ax.plot(share, first, "D", mfc="white", mec=style.MUTED, ms=7, clip_on=False)
    if ends:
        ax.plot([100 * end for end in ends], [first + 3] * 2, color=style.BLUE, lw=2.5)
    ax.plot(estimate, first + 3, "o", color=style.BLUE, ms=8, clip_on=False)
    told = [percent(share / 100), points(-false / 100), points(missed / 100)]
    last = max(estimate, 100 * ends[1] if ends else 0)
    rights = [share, max(share, hits), max(hits, estimate), last]
    for step, text in enumerate([*told, percent(estimate / 100)]):
        ax.text(
            rights[step] + 0.05 * top, first + step, text, va="center", fontsize=style.SMALL,
            color=style.INK, parse_math=False,
        )  # fmt: skip


def _percent_axis(ax: Axes) -> None:
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}%"))
    ax.grid(axis="x", color=style.GRID, lw=0.8)
    ax.set_axisbelow(True)


def plot_effort(data: pd.DataFrame, *, wanted: float = 0.02, ax: Axes | None = None) -> Axes:
    """Draw how the interval for these posts narrows with the number of labels.

    Parameters
    ----------
    data : DataFrame
        As from `plan_effort`: theme, n_labels, half_width, reached.
    wanted : float, default=0.02
        Half-width to mark with a line, 0 to 1: 0.02 means +-2 points.
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
    ax = style.make_axes(ax, height=3.2 + 0.12 * len(themes))
    if not themes:
        return style.note(ax, _NO_CURVE)
    top = 110 * float(data["half_width"].max())
    curves = {
        theme: data[(data["theme"] == theme) & ~data["reached"].astype(bool)] for theme in themes
    }
    themes.sort(key=lambda theme: -curves[theme]["half_width"].iloc[-1])
    finals = [100 * float(curves[theme]["half_width"].iloc[-1]) for theme in themes]
    for number, (theme, place) in enumerate(zip(themes, _spread(finals, top), strict=True)):
        _draw_curve(ax, number, data[data["theme"] == theme], place)
    ax.axhline(100 * wanted, color=style.MUTED, lw=1, ls="--")
    ax.text(
        0.5, 100 * wanted, f"±{100 * wanted:g} points", transform=ax.get_yaxis_transform(),
        va="bottom", ha="center", fontsize=style.SMALL, color=style.MUTED,
    )  # fmt: skip
    ax.set_ylim(0, max(top, 130 * wanted))
    ax.set_xlim(0, float(data["n_labels"].max()))
    _label_effort(ax)
    return ax


def _draw_curve(ax: Axes, number: int, rows: pd.DataFrame, place: float) -> None:
    """Draw one theme: the planned curve, what this run reached, and its name beside."""
    colour, marker = style.COLOURS[number % 7], style.MARKERS[number % 7]
    reached = rows["reached"].astype(bool)
    curve, now = rows[~reached], rows[reached]
    ax.plot(curve["n_labels"], 100 * curve["half_width"], color=colour, lw=2)
    ax.plot(
        now["n_labels"], 100 * now["half_width"], marker, color=colour, ms=8, mec="white", zorder=3
    )
    whole = ax.get_yaxis_transform()
    ax.plot(1.03, place, marker, color=colour, ms=7, transform=whole, clip_on=False)
    ax.text(
        1.06, place, style.short(label(rows["theme"].iloc[0]), 18), transform=whole, va="center",
        fontsize=style.SMALL, color=style.INK, parse_math=False,
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
            f"{label(theme)} {_width(now['half_width'])} with {int(now['n_labels']):,} labels, by "
            f"the planning formula {_width(last['half_width'])} with {int(last['n_labels']):,}"
        )
    if not parts:
        return f"Nothing to draw: {_NO_CURVE}."
    return (
        f"Half-width of the 95% interval for these posts by number of labels: {join_words(parts)}. "
        f"A line marks {_width(wanted)}."
    )


def _width(half_width: float) -> str:
    return f"±{100 * half_width:.1f} points"


def _spread(values: list[float], top: float) -> list[float]:
    """Move falling values apart so that labels beside them do not overlap."""
    gap, placed = 0.075 * top, np.array(values, dtype=float)
    for _ in range(100):
        close = np.flatnonzero(placed[:-1] - placed[1:] < gap - 1e-9)
        if not len(close):
            break
        for upper in close:
            middle = (placed[upper] + placed[upper + 1]) / 2
            placed[upper], placed[upper + 1] = middle + gap / 2, middle - gap / 2
    return [float(value) for value in placed - min(0.0, placed.min() - gap / 2)]
