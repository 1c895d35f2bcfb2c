"""Why tagged share and prevalence differ."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pmdiscourse.present.change_words import points
from pmdiscourse.present.frames import records, require_columns
from pmdiscourse.present.plots import style
from pmdiscourse.present.wording import label, percent, percent_range, plural

_COLUMNS = [
    "theme", "tagged_share", "false_hits", "misses", "estimate", "n_false_hits", "n_misses",
    "false_hits_low", "false_hits_high", "misses_low", "misses_high",
]  # fmt: skip
_STEPS = ("tagged", "wrongly tagged", "missed", "prevalence")
_ROOM = 3.7  # inches beside the names of the steps
_NO_LABELS = "labels are needed to tell why the shares differ"


def plot_correction(
    data: pd.DataFrame, *, intervals: pd.DataFrame | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the way from the tagged share to the prevalence, theme by theme.

    From the share that the model tagged, what it tagged wrongly is taken off, and what it missed
    is put on; what is left is the prevalence.

    Parameters
    ----------
    data : DataFrame
        As from `split_correction`.
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
    rows = _largest_first(data)
    ends = {} if intervals is None else _ends(intervals)
    heads = [_head(row, ends.get(row["theme"])) for row in rows]
    laid = style.lay_rows(heads, row=1.75, tall=2.0, room=_ROOM)
    ax = style.make_axes(ax, height=1.1 + laid.inches if rows else style.NOTE_HEIGHT)
    if not rows:
        return style.note(ax, _NO_LABELS)
    tops = [max(row["tagged_share"], row["estimate"]) for row in rows]
    tops += [end for row in rows for end in _reach(row)]
    tops += [high for theme, (_, high) in ends.items() if theme in set(data["theme"])]
    top = 100 * max(*tops, 0.01)
    places: list[float] = []
    for number, row in enumerate(rows):
        first = laid.places[number] * 5.2
        places += [first + step for step in range(4)]
        style.write_row(ax, first - 0.65, *laid.heads[number], below=laid.below)
        _draw_steps(ax, first, row, ends.get(row["theme"]), top)
    ax.set_xlim(0, 1.62 * top)
    ax.set_ylim(places[-1] + 0.6, -1.6)
    ax.set_yticks(places, list(_STEPS) * len(rows))
    ax.tick_params(axis="y", labelsize=style.SMALL)
    _percent_axis(ax)
    key = "share of passages, changes in points\nlabels: labelled passages that show it"
    style.label_axis(ax, f"{key}\nlines: 95% intervals for these posts")
    return ax


def describe_correction(data: pd.DataFrame) -> str:
    """Say in words what `plot_correction` draws."""
    rows = _largest_first(data)
    if not rows:
        return f"No steps to draw: {_NO_LABELS}."
    parts = [
        f"{label(row['theme'])}: tagged {percent(row['tagged_share'])}, wrongly tagged "
        f"{points(-row['false_hits'])} points ({_within(row, 'false_hits', -1)}), missed "
        f"{points(row['misses'])} points ({_within(row, 'misses', 1)}), prevalence "
        f"{percent(row['estimate'])}"
        for row in rows
    ]
    return f"Steps from the tagged share to the prevalence. {'; '.join(parts)}."


def _within(row: dict[str, Any], name: str, sign: int) -> str:
    """Say between which changes a step lies, and how many labels show it."""
    low, high = sorted(sign * row[f"{name}_{end}"] for end in ("low", "high"))
    return f"{points(low)} to {points(high)}; {plural(row[f'n_{name}'], 'label')}"


def _reach(row: dict[str, Any]) -> tuple[float, float, float, float]:
    """Return where the lines of both steps end: two for what is taken off, two for what is added.

    A step begins where the one above ends, so its line says how far it may go from there.
    """
    share = row["tagged_share"]
    hits = share - row["false_hits"]
    return (
        share - row["false_hits_high"], share - row["false_hits_low"],
        hits + row["misses_low"], hits + row["misses_high"],
    )  # fmt: skip


def _largest_first(data: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows in the order of the figure of the shares."""
    frame = require_columns(data, _COLUMNS, "correction")
    return records(frame.sort_values("estimate", ascending=False, kind="stable"))


def _head(row: dict[str, Any], ends: tuple[float, float] | None) -> tuple[str, str]:
    """Return the name of a theme, and its estimate with the interval."""
    within = f" ({percent_range(*ends)})" if ends else ""
    name = style.break_lines(label(str(row["theme"])), _ROOM, weight="bold")
    return name, f"{percent(row['estimate'])}{within}"


def _ends(intervals: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return the corpus interval of each theme that has one."""
    known = intervals[intervals["corpus_low"].notna()]
    return {str(row["theme"]): (row["corpus_low"], row["corpus_high"]) for row in records(known)}


def _draw_steps(
    ax: Axes,
    first: float,
    row: dict[str, Any],
    ends: tuple[float, float] | None,
    top: float,
) -> None:
    """Draw the four steps of one theme below its name."""
    share, false, missed, estimate = (100 * float(row[name]) for name in _COLUMNS[1:5])
    hits = share - false
    ax.vlines([share, hits], [first, first + 1], [first + 1, first + 2], color=style.GRID, lw=1)
    ax.vlines(estimate, first + 2, first + 3, color=style.GRID, lw=1)
    for step, start, stop, colour in (
        (1, share, hits, style.VERMILION), (2, hits, estimate, style.GREEN),
    ):  # fmt: skip
        ax.barh(first + step, stop - start, left=start, height=0.55, color=colour)
    reach = [100 * end for end in _reach(row)]
    for step, line in ((1, reach[:2]), (2, reach[2:])):
        ax.plot(line, [first + step] * 2, color=style.INK, lw=1.5)
    ax.plot(share, first, "D", mfc="white", mec=style.MUTED, ms=7, clip_on=False)
    if ends:
        ax.plot([100 * end for end in ends], [first + 3] * 2, color=style.BLUE, lw=2.5)
    ax.plot(estimate, first + 3, "o", color=style.BLUE, ms=8, clip_on=False)
    counts = [f", {plural(int(row[name]), 'label')}" for name in _COLUMNS[5:7]]
    told = [percent(share / 100), points(-false / 100) + counts[0]]
    told.append(points(missed / 100) + counts[1])
    last = max(estimate, 100 * ends[1] if ends else 0)
    rights = [share, max(share, hits, *reach[:2]), max(hits, estimate, *reach[2:]), last]
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
