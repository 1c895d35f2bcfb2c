"""Which themes stand together in one passage, and how often chance alone would put them there."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pmdiscourse.present.frames import count_pairs, records
from pmdiscourse.present.plots import style
from pmdiscourse.present.wording import label, plural

_MOST_PAIRS = 15


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
        One row for each pair, the 15 most frequent. An upright tick marks the number expected if
        the two tags were independent of each other, the grey line where chance alone would put it
        95 times in 100, as in `count_pairs`.
    """
    every = count_pairs(data)
    pairs, choice = every.head(_MOST_PAIRS), _tell_choice(every)
    why = _why_no_pairs(pairs)
    heads = [(_break_pair(pair), _count(pair)) for pair in records(pairs)]
    laid = style.lay_rows(heads, row=0.55, tall=0.78, weight="normal")
    inches = (1.7 if choice else 1.3) + laid.inches
    ax = style.make_axes(ax, height=style.NOTE_HEIGHT if why else inches)
    if why:
        return style.note(ax, why)
    for place, head, pair in zip(laid.places, laid.heads, records(pairs), strict=True):
        style.write_row(ax, place - 0.2, *head, below=laid.below, weight="normal")
        chance = [pair["n_low"], pair["n_high"]]
        ax.plot(chance, [place] * 2, color=style.BAND, lw=8, solid_capstyle="butt", clip_on=False)
        ax.plot(pair["n_expected"], place, "|", color=style.INK, ms=11, mew=2, clip_on=False)
        ax.plot(pair["n_both"], place, "o", color=style.BLUE, ms=7, clip_on=False)
    ax.set_xlim(0, 1.05 * max(float(pairs[["n_both", "n_high"]].max().max()), 1.0))
    ax.set_ylim(laid.places[-1] + 0.5, -0.8)
    ax.set_yticks([])
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.grid(axis="x", color=style.GRID, lw=0.8)
    ax.set_axisbelow(True)
    _label_pairs(ax, int(pairs["n"].iloc[0]), choice)
    return ax


def _label_pairs(ax: Axes, n: int, choice: str) -> None:
    """Say what dot, tick and line are, and which pairs are left out."""
    key = f"dot: passages with both, of {plural(n, 'passage')}\n"
    key += "tick: expected if the tags were independent,\ngrey line: chance alone, 95 times in 100"
    if choice:
        key += "\n" + choice.replace(" (", "\n(")
    style.label_axis(ax, key)


def describe_cooccurrence(data: pd.DataFrame) -> str:
    """Say in words what `plot_cooccurrence` draws."""
    every = count_pairs(data)
    pairs = every.head(_MOST_PAIRS)
    if why := _why_no_pairs(pairs):
        return f"No pairs of themes to draw: {why}."
    parts = [f"{_pair(pair)} {_count(pair)}" for pair in records(pairs)]
    n = plural(int(pairs["n"].iloc[0]), "passage")
    shown = f", {choice}" if (choice := _tell_choice(every)) else ""
    return f"Dot plot of passages tagged with two themes, of {n}{shown}: {'; '.join(parts)}."


def _pair(pair: dict[str, Any]) -> str:
    return f"{label(pair['theme'])} + {label(pair['other_theme'])}"


def _break_pair(pair: dict[str, Any]) -> str:
    """Write both themes in one line, or each on its own if they have no room in one."""
    if "\n" not in (whole := style.break_lines(_pair(pair))):
        return whole
    plus = " +"
    first = style.break_lines(label(pair["theme"]), style.ROOM - style.text_width(plus), lines=2)
    return f"{first}{plus}\n{style.break_lines(label(pair['other_theme']), lines=2)}"


def _tell_choice(every: pd.DataFrame) -> str:
    """Say which pairs are drawn, "" if all are."""
    if len(every) <= _MOST_PAIRS:
        return ""
    last, left_out = every["n_both"].iloc[_MOST_PAIRS - 1 : _MOST_PAIRS + 1]
    told = f"the {_MOST_PAIRS} of {len(every):,} pairs with most passages"
    return f"{told} (of equal pairs, the first by name)" if last == left_out else told


def _count(pair: dict[str, Any]) -> str:
    chance = f"{pair['n_low']:,} to {pair['n_high']:,}"
    return f"{pair['n_both']:,} (chance {pair['n_expected']:,.1f}, {chance})"


def _why_no_pairs(pairs: pd.DataFrame) -> str:
    """Say why there is nothing to draw, "" if there is."""
    if pairs.empty:
        return "a pair needs two themes"
    return (
        ""
        if pairs[["n_both", "n_high"]].to_numpy().any()
        else "no passage carries two themes, nor would one by chance"
    )
