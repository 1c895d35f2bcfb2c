"""The one look of all figures: size, type, colours, and labels that hostile text cannot break.

A figure is 5.2 inches wide with text of 10.5 points and more, so that on a 390 px phone it is still
10 px high; more rows make it taller, never wider. Colours: Okabe and Ito,
https://jfly.uni-koeln.de/color/ ("Color Universal Design").
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable
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
# Seven colours and twelve marks: 84 themes before both repeat.
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "<", ">", "p", "h", "*")
SHADES = "Blues"
NOTE_HEIGHT = 0.8  # inches of a figure that only says why there is nothing to draw
ROOM = 4.7  # inches for the words of a row, where no tick labels stand beside the axes
_GAP = 0.15  # inches between a name and its figures


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
    for length in range(60, 1, -1):
        line = short(text, length) + tail
        if text_width(line) <= width:
            break
    return line


def text_width(text: str, *, size: float = TEXT, weight: str = "normal") -> float:
    """Measure a line of figure text in inches.

    Examples
    --------
    >>> text_width("blame") < text_width("blame", weight="bold") < text_width("who is to blame")
    True
    """
    font = FontProperties(size=size, weight=weight)
    # Paths are measured at 72 dots an inch.
    return float(TextToPath().get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def needs_two_lines(
    rows: Iterable[tuple[str, str]], *, room: float = ROOM, weight: str = "bold"
) -> bool:
    """Tell whether any name is too long to stand in one line with its figures.

    Parameters
    ----------
    rows : iterable of (str, str)
        Names, and the figures in words that stand right of them.
    room : float, default=ROOM
        Inches for both.
    weight : str, default="bold"
        Of the names.

    Examples
    --------
    >>> needs_two_lines([("blame", "3.2%")])
    False
    >>> needs_two_lines([("a theme with a name that does not end so soon", "3.2%, n = 20")])
    True
    """
    return any(
        text_width(name, weight=weight) + _GAP + text_width(told, size=SMALL) > room
        for name, told in rows
    )


def write_row(
    ax: Axes, place: float, name: str, told: str, *, two_lines: bool = False, weight: str = "bold"
) -> None:
    """Write a name on the left and its figures on the right, or below it on a second line."""
    whole = ax.get_yaxis_transform()
    ax.annotate(
        name, (0, place), xycoords=whole, xytext=(0, 1.35 * SMALL if two_lines else 0),
        textcoords="offset points", va="bottom", fontsize=TEXT, weight=weight, color=INK,
        parse_math=False, annotation_clip=False,
    )  # fmt: skip
    ax.text(
        0 if two_lines else 1, place, told, transform=whole, ha="left" if two_lines else "right",
        va="bottom", fontsize=SMALL, color=MUTED, parse_math=False,
    )  # fmt: skip


def wrap(text: str, letters: int, *, lines: int = 2) -> str:
    r"""Break a name into lines of so many letters; what is longer is cut.

    Examples
    --------
    >>> wrap("remote work and meetings", 12), wrap("blame", 12)
    ('remote work\nand meetings', 'blame')
    """
    wrapped = textwrap.wrap(text, letters, max_lines=lines, placeholder="…")
    return "\n".join(wrapped)


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
