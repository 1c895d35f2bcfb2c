"""How often: tagged shares (or, with labels, prevalence estimates) by theme, group and period."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pmdiscourse.present.frames import records, require_columns, select_shares
from pmdiscourse.present.plots import style
from pmdiscourse.present.share_words import (
    Row,
    find_intervals,
    has_estimate,
    tell_count,
    tell_row,
)
from pmdiscourse.present.wording import join_words, label, percent, percent_range, plural

_ROW = 0.66  # inches for one share with its label above it
_GROUP_COLUMNS = ["theme", "unit", "by", "group", "n", "tagged_share", "band_low", "band_high"]
_KEY = {
    "tagged": "dot: tagged by the model, line: sensitivity band",
    "estimate": "dot: estimate, line: 95% interval for {scope}\ndiamond: tagged by the model",
    "mixed": "dot: estimate, line: 95% interval for {scope}\n"
    "diamond: tagged by the model, wide line: sensitivity band",
}


def plot_prevalence(data: pd.DataFrame, *, unit: str = "passage", ax: Axes | None = None) -> Axes:
    """Draw how often each theme appears over all posts.

    A dot is the tagged share, the line behind it the sensitivity band. With human labels the dot
    is the prevalence estimate, the line its 95 % interval (for posts like these if there is one,
    else for these posts; the figure says which), and a hollow diamond the tagged share. A theme
    that has no estimate beside others that do has the diamond and the band.

    Parameters
    ----------
    data : DataFrame
        Prevalence table.
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
        If `data` has no rows for this unit over all posts.
    """
    rows = select_shares(data, unit=unit)
    ax = style.make_axes(ax, height=prevalence_height(rows))
    if rows.empty:
        return style.note(ax, "no passage could be scored")
    labelled = bool(rows["estimate"].notna().any())
    for place, row in enumerate(records(rows)):
        _draw_share(
            ax, place, row, name=label(row["theme"]), colour=style.BLUE, marker="o",
            beside_estimates=labelled,
        )  # fmt: skip
    _finish_shares(ax, len(rows), rows, unit)
    return ax


def prevalence_height(rows: pd.DataFrame) -> float:
    """Return the height of `plot_prevalence` in inches; with estimates its key has more lines."""
    return (1.35 if rows["estimate"].notna().any() else 1.0) + _ROW * len(rows)


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
    themes, groups = list(dict.fromkeys(rows["theme"])), sorted(set(rows["group"]), reverse=True)
    ax = style.make_axes(ax, height=0.9 + 0.35 * len(themes) + 0.5 * len(themes) * len(groups))
    if rows.empty:
        return style.note(ax, "no passage could be scored")
    place, labelled = 0.0, bool(rows["estimate"].notna().any())
    for theme in themes:
        ax.text(
            0, place - 0.25, label(theme), transform=ax.get_yaxis_transform(), va="bottom",
            fontsize=style.TEXT, weight="bold", color=style.INK, parse_math=False,
        )  # fmt: skip
        place += 0.7
        for number, group in enumerate(groups):
            found = rows[(rows["theme"] == theme) & (rows["group"] == group)]
            if len(found):
                _draw_share(
                    ax, place, records(found)[0], name=style.short(label(group), 16),
                    weight="normal", colour=style.COLOURS[number % 7],
                    marker=style.MARKERS[number % 7], beside_estimates=labelled,
                )  # fmt: skip
            place += 1
    _finish_shares(ax, place, rows, unit)
    return ax


def plot_trend(data: pd.DataFrame, *, unit: str = "passage", ax: Axes | None = None) -> Axes:
    """Draw the tagged share of each theme by period, with its sensitivity band.

    Parameters
    ----------
    data : DataFrame
        Prevalence table with rows for periods.
    unit : {"passage", "post"}, default="passage"
        What is counted.
    ax : Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    Axes
        One step below the other for each theme, all on one scale, so that bands never overlap.
    """
    rows = _select_periods(data, unit)
    periods, themes = sorted(set(rows["period"])), sorted(set(rows["theme"]))
    ax = style.make_axes(ax, height=0.9 + 1.1 * max(len(themes), 1))
    if rows.empty:
        return style.note(ax, "no dated periods to compare")
    top = max(float(np.nanmax(rows[["band_high", "tagged_share"]].to_numpy(), initial=0.01)), 0.01)
    x_of = {period: number for number, period in enumerate(periods)}
    for place, theme in enumerate(themes):
        floor = float(len(themes) - 1 - place)
        line = rows[rows["theme"] == theme].sort_values("period")
        x = [x_of[period] for period in line["period"]]
        scaled = {c: floor + 0.7 * line[c] / top for c in ("tagged_share", "band_low", "band_high")}
        ax.axhline(floor, color=style.GRID, lw=0.8)
        ax.vlines(x, scaled["band_low"], scaled["band_high"], color=style.BAND, lw=7)
        ax.plot(x, scaled["tagged_share"], "o-", color=style.BLUE, ms=5)
        last = records(line)[-1]
        ax.text(
            0, floor + 0.82,
            f"{label(theme)}: {percent(last['tagged_share'])} in {last['period']}",
            transform=ax.get_yaxis_transform(), fontsize=style.TEXT, parse_math=False,
        )  # fmt: skip
    ax.set_xticks(range(len(periods)), periods, rotation=45 if len(periods) > 6 else 0)
    ax.set_yticks([])
    ax.set_ylim(-0.05, len(themes) + 0.05)
    style.label_axis(ax, f"share of {unit}s; every row goes from 0 to {percent(top)} (band: line)")
    return ax


def describe_prevalence(data: pd.DataFrame, *, unit: str = "passage") -> str:
    """Say in words what `plot_prevalence` draws.

    Returns
    -------
    str
        Alternative text, every number computed from `data`.
    """
    rows = select_shares(data, unit=unit)
    if rows.empty:
        return "No shares to draw: no passage could be scored."
    n = int(rows["n"].max())
    parts = [f"{label(row['theme'])} {tell_row(row)}" for row in records(rows)]
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


def describe_trend(data: pd.DataFrame, *, unit: str = "passage") -> str:
    """Say in words what `plot_trend` draws."""
    rows = _select_periods(data, unit)
    parts = []
    for theme in sorted(set(rows["theme"])):
        line = rows[rows["theme"] == theme].sort_values("period")
        first, *_, last = [*records(line)[:1], *records(line)]
        parts.append(
            f"{label(theme)} {percent(first['tagged_share'])} in {first['period']} and "
            f"{percent(last['tagged_share'])} in {last['period']}"
        )
    told = "; ".join(parts) or "no dated periods to compare"
    return f"Tagged share of {unit}s by period: {told}."


def _select_periods(data: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return the rows for periods over all groups."""
    require_columns(data, [*_GROUP_COLUMNS, "period"], "prevalence")
    rows = data[(data["unit"] == unit) & (data["period"] != "all") & (data["by"] == "all")]
    return rows[rows["tagged_share"].notna()]


def _draw_share(
    ax: Axes, place: float, row: Row, *, name: str, colour: str, marker: str,
    weight: str = "bold", beside_estimates: bool = False,
) -> None:  # fmt: skip
    """Draw one row: name and figures in words above, line and dot below."""
    whole = ax.get_yaxis_transform()
    ax.text(
        0, place - 0.2, name, transform=whole, va="bottom", fontsize=style.TEXT, weight=weight,
        color=style.INK, parse_math=False,
    )  # fmt: skip
    ax.text(
        1, place - 0.2, _on_figure(row), transform=whole, ha="right", va="bottom",
        fontsize=style.SMALL, color=style.MUTED, parse_math=False,
    )  # fmt: skip
    if math.isnan(row["tagged_share"]):
        return
    if has_estimate(row):
        for low, high, _ in find_intervals(row)[:1]:
            ax.plot([100 * low, 100 * high], [place, place], color=colour, lw=2.5, clip_on=False)
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
    drawn = [find_intervals(row)[:1] for row in records(rows)]
    ends = [high for one in drawn for _, high, _ in one]
    shares = rows[["tagged_share", "band_high", "estimate"]].to_numpy(dtype=float)
    top = min(100.0, max(1.0, 105 * float(np.nanmax([*shares.ravel(), *ends], initial=0.0))))
    ax.set_xlim(0, top)
    ax.set_ylim(places - 0.5, -0.8)
    ax.set_yticks([])
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}%"))
    ax.grid(axis="x", color=style.GRID, lw=0.8)
    ax.set_axisbelow(True)
    n_estimated = int(rows["estimate"].notna().sum())
    if rows["band_high"].isna().all() and not n_estimated:
        style.label_axis(ax, f"share of {unit}s that the model tagged")
        return
    scopes = dict.fromkeys(scope for one in drawn for _, _, scope in one)
    kind = "mixed" if n_estimated < len(rows) else "estimate"
    key = _KEY[kind if n_estimated else "tagged"].format(scope=" or ".join(scopes))
    style.label_axis(ax, f"share of {unit}s\n{key}")
