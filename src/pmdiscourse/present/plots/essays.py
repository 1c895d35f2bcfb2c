"""A few essays, read whole: how often each theme is in each, and where."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pmdiscourse.present.frames import records, require_columns
from pmdiscourse.present.plots import style
from pmdiscourse.present.source_essays import count_essays
from pmdiscourse.present.wording import join_words, label, plural

_ROW, _HEAD, _GAP = 0.3, 0.42, 0.12  # inches: a row, the line above a block, the space below it
_NAME, _LINE = 2.0, 0.15  # inches: width of a theme's name beside its row, a further line of it
_NEEDED = ["essay", "kind", "post", "position", "theme", "tagged", "coded"]


def plot_essays(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how often each theme is in each essay: what coders found, and what the model tagged.

    Every passage was read, so there is no interval to draw.

    Parameters
    ----------
    data : DataFrame
        Rows of `SourceEssays`: one a passage and theme.
    ax : Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    Axes
        A block for each theme, a row for each essay: a dot for the coded share, a hollow diamond
        for the tagged share, and the counts beside them.
    """
    counts = count_essays(require_columns(data, _NEEDED, "data"))
    blocks = [
        (style.break_lines(label(str(theme)), weight="bold"), records(rows))
        for theme, rows in counts.groupby("theme", sort=False)
    ]
    further = style.LINE * sum(head.count("\n") for head, _ in blocks)
    ax = style.make_axes(ax, height=0.9 + further + _height([len(rows) for _, rows in blocks]))
    if counts.empty:
        return style.note(ax, "no passages")
    coded = bool(data["coded"].notna().any())
    place, ticks, names = 0.0, [], []
    for head, rows in blocks:
        place = _write_head(ax, place, head)
        for row in rows:
            _draw_row(ax, place, row, coded=coded)
            ticks.append(place)
            names.append(f"essay {row['essay']}")
            place += _ROW
        place += _GAP
    _finish(ax, place, ticks, names)
    ax.tick_params(axis="y", pad=10)  # room for a mark at 0
    ax.set_xlim(0, 100)
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}%"))
    ax.grid(axis="x", color=style.GRID, lw=0.8)
    style.label_axis(ax, f"share of the essay's passages\n{_key(coded=coded)}")
    return ax


def describe_essays(data: pd.DataFrame) -> str:
    """Say in words what `plot_essays` draws."""
    counts = count_essays(require_columns(data, _NEEDED, "data"))
    coded = bool(data["coded"].notna().any())
    parts = []
    for theme, rows in counts.groupby("theme", sort=False):
        told = [f"essay {row['essay']} {_count(row, coded=coded)}" for row in records(rows)]
        parts.append(f"{label(str(theme)).capitalize()}: {'; '.join(told)}")
    n = plural(int(counts["essay"].nunique()), "essay")
    return f"Dot plot of passages with each theme in {n}. {'. '.join(parts)}."


def plot_places(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw where in each essay each theme falls.

    Parameters
    ----------
    data : DataFrame
        Rows of `SourceEssays`, those of essays without their comments.
    ax : Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    Axes
        A block for each essay, a row for each theme, a square for each passage from first to
        last: a dot where coders found the theme, a hollow diamond where the model tagged it.
    """
    require_columns(data, _NEEDED, "data")
    blocks = list(data.groupby("essay", sort=True))
    themes = {
        str(theme): style.break_lines(label(str(theme)), _NAME, size=style.SMALL)
        for theme in dict.fromkeys(data["theme"])
    }
    row = _ROW + _LINE * max((name.count("\n") for name in themes.values()), default=0)
    ax = style.make_axes(ax, height=0.8 + _height([len(themes)] * len(blocks), row))
    if data.empty:
        return style.note(ax, "no passages")
    place, ticks, names = 0.0, [], []
    for essay, rows in blocks:
        n = plural(int(rows["passage_id"].nunique()), "passage")
        place = _write_head(ax, place, f"essay {essay} ({n})") + (row - _ROW) / 2
        for theme, passages in rows.groupby("theme", sort=False):
            _draw_lane(ax, place, passages)
            ticks.append(place)
            names.append(themes[str(theme)])
            place += row
        place += _GAP - (row - _ROW) / 2
    _finish(ax, place, ticks, names)
    longest = int(data.groupby("essay")["passage_id"].nunique().max())
    ax.set_xlim(0.4, longest + 0.6)
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
    coded = bool(data["coded"].notna().any())
    style.label_axis(ax, f"passage of the essay, from the first on\n{_key(coded=coded)}")
    return ax


def describe_places(data: pd.DataFrame) -> str:
    """Say in words what `plot_places` draws."""
    require_columns(data, _NEEDED, "data")
    coded = bool(data["coded"].notna().any())
    column, done = ("coded", "coded") if coded else ("tagged", "tagged")
    parts = []
    for essay, rows in data.groupby("essay", sort=True):
        n = rows["passage_id"].nunique()
        told = []
        for theme, passages in rows.groupby("theme", sort=False):
            places = _ranks(passages)[passages[column].fillna(False).to_numpy(dtype=bool)]
            if len(places):
                told.append(f"{label(str(theme))} in {join_words([str(p) for p in places])}")
        parts.append(f"essay {essay} (passages 1 to {n}): {join_words(told) or 'none'}")
    return f"Passages {done} with each theme, by place in the essay. {'; '.join(parts)}."


def _height(sizes: list[int], row: float = _ROW) -> float:
    return sum(_HEAD + _GAP + row * size for size in sizes)


def _key(*, coded: bool) -> str:
    tagged = "hollow diamond: tagged by the model"
    return f"dot: found by coders\n{tagged}" if coded else tagged


def _write_head(ax: Axes, place: float, text: str) -> float:
    """Write the name of a block over its rows and return where the first row is."""
    place += style.LINE * text.count("\n")
    ax.annotate(
        text, (0, place + 0.1), xycoords=("figure fraction", "data"), va="bottom",
        fontsize=style.TEXT, weight="bold", color=style.INK, parse_math=False,
        annotation_clip=False,
    )  # fmt: skip
    return place + _HEAD - 0.08


def _draw_row(ax: Axes, place: float, row: dict[str, Any], *, coded: bool) -> None:
    """Draw the shares of one essay and write the counts to the right."""
    shares = [100 * row["tagged_share"], 100 * row["coded_share"]]
    ax.plot(shares, [place, place], color=style.BAND, lw=2, zorder=1)
    _mark(ax, [shares[1]], place, [shares[0]])
    ax.text(
        1.04, place, _count(row, coded=coded), transform=ax.get_yaxis_transform(), va="center",
        fontsize=style.SMALL, color=style.MUTED, parse_math=False,
    )  # fmt: skip


def _draw_lane(ax: Axes, place: float, passages: pd.DataFrame) -> None:
    """Draw the passages of one essay for one theme."""
    ranks = _ranks(passages)
    coded, tagged = (passages[c].fillna(False).to_numpy(dtype=bool) for c in ("coded", "tagged"))
    ax.plot(ranks, [place] * len(ranks), "s", color=style.GRID, ms=9, mew=0, alpha=0.55)
    _mark(ax, ranks[coded], place, ranks[tagged])


def _mark(ax: Axes, coded: Any, place: float, tagged: Any) -> None:
    """Draw dots and, around them, hollow diamonds."""
    dot: dict[str, Any] = {"marker": "o", "color": style.BLUE, "ms": 7, "zorder": 3}
    diamond = {"marker": "D", "mfc": "none", "mec": style.VERMILION, "mew": 1.6, "ms": 10}
    for places, look in ((coded, dot), (tagged, diamond | {"zorder": 4})):
        if len(places):  # marks without a place would be laid out at the figure's corner
            ax.plot(places, [place] * len(places), ls="", clip_on=False, **look)


def _ranks(passages: pd.DataFrame) -> Any:
    """Return the place of each passage in its essay, from 1 on."""
    return passages["position"].rank(method="first").astype(int).to_numpy()


def _count(row: dict[str, Any], *, coded: bool) -> str:
    tagged = f"{row['n_tagged']} tagged of {row['n']}"
    return f"{row['n_coded']} coded, {tagged}" if coded else tagged


def _finish(ax: Axes, place: float, ticks: list[float], names: list[str]) -> None:
    """Set the vertical axis."""
    ax.set_ylim(place - _GAP, -0.2)
    ax.set_yticks(ticks, names, fontsize=style.SMALL)
    ax.set_axisbelow(True)
