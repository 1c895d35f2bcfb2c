"""How often: tagged shares (or, with labels, prevalence estimates) by theme and group."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from pmdiscourse.present.frames import records, select_shares
from pmdiscourse.present.plots import style
from pmdiscourse.present.share_words import (
    CORPUS,
    DISCOURSE,
    Row,
    find_intervals,
    has_estimate,
    tell_count,
    tell_row,
)
from pmdiscourse.present.wording import join_words, label, percent, percent_range, plural

_ROW = 0.66  # inches for one share with its words above it
_TALL = 0.9  # with its words on two lines
_GROUP, _GROUP_TALL = 0.5, 0.7  # the same for one group
_THIN = {DISCOURSE: "thin", CORPUS: "thick"}
_KEY = {
    "tagged": "dot: tagged share, line: sensitivity band",
    "estimate": "dot: estimate, {lines}\ndiamond: tagged share",
    "mixed": "dot: estimate, {lines}\ndiamond: tagged share, wide line: sensitivity band",
}


def plot_prevalence(
    data: pd.DataFrame,
    *,
    unit: str = "passage",
    name: Callable[[str], str] = label,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often each theme appears over all posts.

    A dot is the tagged share, the line behind it the sensitivity band. With human labels the dot
    is the prevalence estimate, the lines its 95 % intervals (thin for posts like these if there is
    one, thick for these posts; the figure says which), and a hollow diamond the tagged share. A
    theme that has no estimate beside others that do has the diamond and the band.

    Parameters
    ----------
    data : DataFrame
        Prevalence table.
    unit : {"passage", "post"}, default="passage"
        What is counted.
    name : callable, default=label
        Turns the name of a theme into what is written, e.g. its title in the codebook.
    ax : Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    Axes

    Raises
    ------
    DiscourseError
        If `data` has no rows for this unit over all posts.
    """
    rows = select_shares(data, unit=unit)
    ax = style.make_axes(ax, height=prevalence_height(rows, name=name))
    if rows.empty:
        return style.note(ax, "no passage could be scored")
    laid, labelled = _lay_themes(rows, name), bool(rows["estimate"].notna().any())
    for number, row in enumerate(records(rows)):
        style.write_row(ax, laid.places[number] - 0.2, *laid.heads[number], below=laid.below)
        _draw_share(
            ax, laid.places[number], row, colour=style.BLUE, marker="o", beside_estimates=labelled
        )
    _finish_shares(ax, laid.places[-1] + 1, rows, unit)
    return ax


def prevalence_height(rows: pd.DataFrame, *, name: Callable[[str], str] = label) -> float:
    """Return the height of `plot_prevalence` in inches; with estimates its key has more lines.

    Parameters
    ----------
    rows : DataFrame
        What is drawn, one row a theme (`select_shares`).
    name : callable, default=label
        As for `plot_prevalence`: a name that takes more lines makes the figure taller.
    """
    if rows.empty:
        return style.NOTE_HEIGHT
    key = 1.55 if rows["estimate"].notna().any() else 1.0
    return key + _lay_themes(rows, name).inches


def _lay_themes(rows: pd.DataFrame, name: Callable[[str], str]) -> style.Rows:
    """Find places for the themes."""
    heads = [
        (style.break_lines(name(row["theme"]), weight="bold"), _on_figure(row))
        for row in records(rows)
    ]
    return style.lay_rows(heads, row=_ROW, tall=_TALL)


def plot_groups(
    data: pd.DataFrame, *, by: str = "kind", unit: str = "passage", ax: Axes | None = None
) -> Axes:
    """Draw how often each theme appears in each group, e.g. in essays and in comments.

    Parameters
    ----------
    data : DataFrame
        Prevalence table with rows grouped by `by`.
    by : str, default="kind"
        The column that groups.
    unit : {"passage", "post"}, default="passage"
        What is counted.
    ax : Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    Axes

    Raises
    ------
    DiscourseError
        If `data` has no such rows.
    """
    rows = select_shares(data, by=by, unit=unit)
    heads = {t: style.break_lines(label(t), weight="bold") for t in dict.fromkeys(rows["theme"])}
    groups = sorted(set(rows["group"]), reverse=True)
    names = {group: style.break_lines(label(group)) for group in groups}
    told = [(names[row["group"]], _on_figure(row)) for row in records(rows)]
    below = style.needs_two_lines(told, weight="normal")
    inches = _GROUP_TALL if below else _GROUP
    places, end = _place_groups(heads, names, inches)
    ax = style.make_axes(ax, height=style.NOTE_HEIGHT if rows.empty else 1.3 + inches * end)
    if rows.empty:
        return style.note(ax, "no passage could be scored")
    for theme, head in heads.items():
        ax.text(
            0, places[theme, None] - 0.25, head, transform=ax.get_yaxis_transform(), va="bottom",
            fontsize=style.TEXT, weight="bold", color=style.INK, parse_math=False,
        )  # fmt: skip
    labelled = bool(rows["estimate"].notna().any())
    for row, words in zip(records(rows), told, strict=True):
        place, number = places[row["theme"], row["group"]], groups.index(row["group"])
        style.write_row(ax, place - 0.2, *words, below=below, weight="normal")
        _draw_share(
            ax, place, row, colour=style.COLOURS[number % 7], marker=style.MARKERS[number % 12],
            beside_estimates=labelled,
        )  # fmt: skip
    _finish_shares(ax, end, rows, unit)
    return ax


def _place_groups(
    heads: dict[str, str], names: dict[str, str], inches: float
) -> tuple[dict[tuple[str, str | None], float], float]:
    """Return the places of each theme (theme, None) and its groups (theme, group), and the end."""
    places: dict[tuple[str, str | None], float] = {}
    place = 0.0
    for theme, head in heads.items():
        place += head.count("\n") * style.LINE / inches
        places[theme, None] = place
        place += 1 - 0.15 / inches
        for group, name in names.items():
            place += name.count("\n") * style.LINE / inches
            places[theme, group] = place
            place += 1
    return places, place


def describe_prevalence(
    data: pd.DataFrame, *, unit: str = "passage", name: Callable[[str], str] = label
) -> str:
    """Say in words what `plot_prevalence` draws.

    Parameters
    ----------
    data, unit, name
        As for `plot_prevalence`.

    Returns
    -------
    str
        Alternative text, every number computed from `data`.
    """
    rows = select_shares(data, unit=unit)
    if rows.empty:
        return "No shares to draw: no passage could be scored."
    n = int(rows["n"].max())
    parts = [f"{name(row['theme'])} {tell_row(row)}" for row in records(rows)]
    return f"Dot plot of the share of {plural(n, unit)} by theme: {'; '.join(parts)}."


def describe_groups(data: pd.DataFrame, *, by: str = "kind", unit: str = "passage") -> str:
    """Say in words what `plot_groups` draws."""
    rows = select_shares(data, by=by, unit=unit)
    if rows.empty:
        return f"No shares to draw by {label(by)}: no passage could be scored."
    parts = []
    for theme in dict.fromkeys(rows["theme"]):
        found = rows[rows["theme"] == theme].sort_values("group", ascending=False)
        groups = [f"{label(row['group'])} {tell_row(row)}" for row in records(found)]
        parts.append(f"{label(theme)}: {join_words(groups)}")
    return f"Dot plot of the share of {unit}s by theme and {label(by)}. {'; '.join(parts)}."


def _draw_share(
    ax: Axes, place: float, row: Row, *, colour: str, marker: str, beside_estimates: bool
) -> None:
    """Draw line and dot of one share."""
    if math.isnan(row["tagged_share"]):
        return
    if has_estimate(row):
        for low, high, scope in find_intervals(row):
            ax.plot(
                [100 * low, 100 * high], [place, place], color=colour, clip_on=False,
                lw=4 if scope == CORPUS else 1.5, solid_capstyle="butt",
            )  # fmt: skip
        ax.plot(100 * row["estimate"], place, marker, color=colour, ms=8, clip_on=False)
    else:
        band = [100 * row["band_low"], 100 * row["band_high"]]
        ax.plot(band, [place, place], color=style.BAND, lw=8, solid_capstyle="butt")
    if beside_estimates:
        ax.plot(
            100 * row["tagged_share"], place, "D", mfc="white", mec=style.MUTED, ms=5,
            clip_on=False,
        )  # fmt: skip
    elif not has_estimate(row):
        ax.plot(100 * row["tagged_share"], place, marker, color=colour, ms=8, clip_on=False)


def _on_figure(row: Row) -> str:
    """Write one share on the figure."""
    if math.isnan(row["tagged_share"]):
        return "no value, n = 0"
    if has_estimate(row):
        within = [f" ({percent_range(low, high)})" for low, high, _ in find_intervals(row)[:1]]
        return f"{percent(row['estimate'])}{''.join(within)}, n = {row['n']:,}"
    return f"{percent(row['tagged_share'])} tagged, {tell_count(row)}"


def _finish_shares(ax: Axes, places: float, rows: pd.DataFrame, unit: str) -> None:
    """Set the scale and say what dot and line are."""
    drawn = [find_intervals(row) for row in records(rows)]
    ends = [high for one in drawn for _, high, _ in one]
    shares = rows[["tagged_share", "band_high", "estimate"]].to_numpy(dtype=float)
    top = min(100.0, max(1.0, 105 * float(np.nanmax([*shares.ravel(), *ends], initial=0.0))))
    ax.set_xlim(0, top)
    ax.set_ylim(places - 0.5, -0.8)
    ax.set_yticks([])
    # Without any tag there is nothing to measure off: no scale that pretends to one.
    ax.xaxis.set_major_locator(MaxNLocator(5) if np.nansum(shares) else FixedLocator([0]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}%"))
    ax.grid(axis="x", color=style.GRID, lw=0.8)
    ax.set_axisbelow(True)
    n_estimated = int(rows["estimate"].notna().sum())
    if rows["band_high"].isna().all() and not n_estimated:
        style.label_axis(ax, f"share of {unit}s that the model tagged")
        return
    scopes = dict.fromkeys(scope for one in drawn for _, _, scope in one)
    lines = "line: 95% interval for " + " or ".join(scopes)
    if len(scopes) > 1:
        lines = "lines: 95% interval,\n" + ", ".join(f"{_THIN[s]} for {s}" for s in scopes)
    kind = "mixed" if n_estimated < len(rows) else "estimate"
    key = _KEY[kind if n_estimated else "tagged"].format(lines=lines)
    style.label_axis(ax, f"share of {unit}s\n{key}")
