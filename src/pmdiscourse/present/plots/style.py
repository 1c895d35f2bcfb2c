"""The one look of all figures: size, type, colours, and labels that hostile text cannot break.

A figure is 5.2 inches wide with text of 10.5 points and more, so that on a 390 px phone it is still
10 px high; more rows make it taller, never wider. Colours: Okabe and Ito,
https://jfly.uni-koeln.de/color/ ("Color Universal Design").
"""

from __future__ import annotations

import unicodedata
from functools import cache

import matplotlib.pyplot as plt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

WIDTH = 5.2
TEXT = 12.0
SMALL = 10.5
INK = "#1b1f24"
MUTED = "#57606a"
GRID = "#d0d7de"
BAND = "#b8c4d0"
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
SHADES = "Blues"


def make_axes(ax: Axes | None, *, height: float, width: float = WIDTH) -> Axes:
    """Return the axes to draw on, new ones of this height in inches if none are given."""
    if ax is None:
        figure = plt.figure(figsize=(width, height), layout="constrained")
        ax = figure.add_subplot()
    elif not isinstance(ax, Axes):
        raise TypeError(f"ax must be matplotlib Axes or None, got {type(ax).__name__}")
    ax.tick_params(labelsize=TEXT, colors=INK, length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    return ax


def detached_figure(height: float) -> Figure:
    """Return an empty figure that no window and no pyplot knows about."""
    return Figure(figsize=(WIDTH, height), layout="constrained")


def label_axis(ax: Axes, text: str) -> None:
    """Write the unit under the horizontal axis, left-aligned."""
    ax.set_xlabel(text, fontsize=SMALL, color=MUTED, loc="left", parse_math=False)


def note(ax: Axes, text: str) -> Axes:
    """Say on empty axes why there is nothing to see."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.text(
        0.5, 0.5, text, ha="center", va="center", fontsize=TEXT, color=MUTED,
        transform=ax.transAxes, parse_math=False, wrap=True,
    )  # fmt: skip
    return ax


@cache
def _drawable() -> frozenset[int]:
    """Code points that the figures' font can draw."""
    path = font_manager.findfont("DejaVu Sans")
    return frozenset(font_manager.get_font(path).get_charmap())


def fit(text: str, tail: str, width: float) -> str:
    """Cut scraped text so that it and its tail fit into a width in inches, in figure text.

    Examples
    --------
    >>> fit("W" * 40, " (2)", 2.0).count("W") < 12 < fit("i" * 40, " (2)", 2.0).count("i")
    True
    """
    font, letters = FontProperties(size=TEXT), TextToPath()
    for length in range(60, 1, -1):
        line = short(text, length) + tail
        # Paths are measured at 72 dots an inch.
        if letters.get_text_width_height_descent(line, font, ismath=False)[0] <= 72 * width:
            break
    return line


def short(text: str, length: int = 34) -> str:
    r"""Make scraped text fit for a label: one line, drawable characters, at most `length` long.

    Examples
    --------
    >>> short("Two  lines\nof a title", 13)
    'Two lines of…'
    """
    line = " ".join(unicodedata.normalize("NFC", text).split())
    known = _drawable()
    shown = "".join(letter if ord(letter) in known else "\N{WHITE SQUARE}" for letter in line)
    return shown if len(shown) <= length else shown[: length - 1].rstrip() + "…"
