"""How often over time: estimates where labels gave them, else tagged shares, by period."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pmdiscourse.present.frames import records, require_columns
from pmdiscourse.present.plots import style
from pmdiscourse.present.share_words import has_estimate, tell_row
from pmdiscourse.present.wording import join_words, label, percent, plural

_NEEDED = ["theme", "unit", "by", "group", "n", "tagged_share", "band_low", "band_high", "estimate"]
_ENDS = ["discourse_low", "discourse_high", "corpus_low", "corpus_high"]
_STEP = 1.2  # inches for a theme with its name on one line
_MANY = 6  # periods from which on their names are turned


def plot_trend(data: pd.DataFrame, *, unit: str = "passage", ax: Axes | None = None) -> Axes:
    """Draw how often each theme appears by period.

    Without labels: the tagged share with its sensitivity band. Where labels gave an estimate: the
    estimate with both 95 % intervals (thin for posts like these, thick for these posts), and a
    hollow diamond for the tagged share.

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
    periods, themes = sorted(set(rows["period"])), _order_themes(rows)
    heads = [_head(rows, theme) for theme in themes]
    step = _STEP + style.LINE * max((head.count("\n") for head in heads), default=0)
    ax = style.make_axes(ax, height=1.4 + step * len(themes) if themes else style.NOTE_HEIGHT)
    if rows.empty:
        return style.note(ax, "no dated periods to compare")
    shares = rows[["band_high", "tagged_share", "estimate", "corpus_high", "discourse_high"]]
    top = max(float(np.nanmax(shares.to_numpy(dtype=float), initial=0.01)), 0.01)
    high = _STEP / step  # of a theme's step: what is left beside the further lines of names
    estimated = bool(rows["estimate"].notna().any())
    x_of = {period: number for number, period in enumerate(periods)}
    for place, theme in enumerate(themes):
        floor = float(len(themes) - 1 - place)
        line = rows[rows["theme"] == theme].sort_values("period")
        x = np.array([x_of[period] for period in line["period"]])
        ax.axhline(floor, color=style.GRID, lw=0.8)
        _draw_line(ax, x, line, floor, 0.64 * high / top, beside_estimates=estimated)
        ax.text(
            0, floor + 0.75 * high, heads[place], transform=ax.get_yaxis_transform(),
            fontsize=style.TEXT, parse_math=False, in_layout=False,
        )  # fmt: skip
    ax.set_xticks(range(len(periods)), periods, rotation=45 if len(periods) > _MANY else 0)
    ax.set_yticks([])
    ax.set_ylim(-0.05, len(themes) - 0.05)
    key = "dot: estimate, lines: 95% interval, thin for posts like these,\nthick for these posts; "
    key += "diamond: tagged share"
    if rows.loc[rows["estimate"].isna(), "band_low"].notna().any():
        key += ",\nwide line: sensitivity band"
    scale = f"share of {unit}s; every row goes from 0 to {percent(top)}\n{_tell_sizes(rows, unit)}"
    plain = "dot: tagged share, line: sensitivity band"
    style.label_axis(ax, f"{scale}\n{key if estimated else plain}")
    return ax


def _head(rows: pd.DataFrame, theme: str) -> str:
    """Return the name of a theme with its last share, in as many lines as it takes."""
    last = records(rows[rows["theme"] == theme].sort_values("period"))[-1]
    known = has_estimate(last)
    tagged = "" if known or rows["estimate"].isna().all() else " tagged"
    share = percent(last["estimate"] if known else last["tagged_share"])
    told = f"{label(theme)}: {share}{tagged} in {last['period']}"
    return style.break_lines(told, style.WIDTH - 0.3)


def _order_themes(rows: pd.DataFrame) -> list[str]:
    """Return the themes, the one that is largest on average first, as on the other figures."""
    shown = rows["estimate"].fillna(rows["tagged_share"]).groupby(rows["theme"]).mean()
    return [str(theme) for theme in shown.sort_values(ascending=False, kind="stable").index]


def _tell_sizes(rows: pd.DataFrame, unit: str) -> str:
    """Say how many passages or posts a period holds."""
    least, most = int(rows["n"].min()), int(rows["n"].max())
    return f"a period holds {'' if least == most else f'{least:,} to '}{plural(most, unit)}"


def _draw_line(
    ax: Axes,
    x: np.ndarray[tuple[int], np.dtype[np.int64]],
    line: pd.DataFrame,
    floor: float,
    scale: float,
    *,
    beside_estimates: bool,
) -> None:
    """Draw the shares of one theme, from left to right."""
    known = line["estimate"].notna().to_numpy()
    band, low, high, narrow_low, narrow_high = (
        floor + scale * line[name].to_numpy(dtype=float) for name in ("band_low", *_ENDS)
    )
    ax.vlines(
        x[~known], band[~known], (floor + scale * line["band_high"])[~known], color=style.BAND, lw=7
    )
    ax.vlines(x, low, high, color=style.BLUE, lw=1.5)
    ax.vlines(x, narrow_low, narrow_high, color=style.BLUE, lw=4)
    tagged = floor + scale * line["tagged_share"].to_numpy(dtype=float)
    if beside_estimates:
        ax.plot(x, tagged, "D", mfc="white", mec=style.MUTED, ms=5)
        ax.plot(x[known], (floor + scale * line["estimate"])[known], "o-", color=style.BLUE, ms=6)
    else:
        ax.plot(x, tagged, "o-", color=style.BLUE, ms=5)


def describe_trend(data: pd.DataFrame, *, unit: str = "passage") -> str:
    """Say in words what `plot_trend` draws: first, highest and last period of each theme."""
    rows = _select_periods(data, unit)
    parts = []
    for theme in _order_themes(rows):
        line = rows[rows["theme"] == theme].sort_values("period")
        top = int(line["estimate"].fillna(line["tagged_share"]).to_numpy().argmax())
        steps = records(line.iloc[sorted({0, top, len(line) - 1})])
        if line["estimate"].isna().all():
            told = [f"{percent(row['tagged_share'])} in {row['period']}" for row in steps]
        else:
            told = [f"{row['period']} {tell_row(row)}" for row in steps]
        parts.append(f"{label(theme)} {join_words(told)}")
    if not parts:
        return f"Share of {unit}s by period: no dated periods to compare."
    kind = "Tagged share" if rows["estimate"].isna().all() else "Share"
    return f"{kind} of {unit}s by period, {_tell_sizes(rows, unit)}: {'; '.join(parts)}."


def _select_periods(data: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return the rows for periods over all groups."""
    require_columns(data, [*_NEEDED, *_ENDS, "period"], "prevalence")
    rows = data[(data["unit"] == unit) & (data["period"] != "all") & (data["by"] == "all")]
    return rows[rows["tagged_share"].notna()]
