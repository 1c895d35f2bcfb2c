"""The one look of all figures: size, type, colours, and labels that hostile text cannot break.

A figure is 5.2 inches wide with text of 10.5 points and more, so that on a 390 px phone it is still
10 px high; more rows make it taller, never wider. Colours: Okabe and Ito,
https://jfly.uni-koeln.de/color/ ("Color Universal Design").
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache
from itertools import accumulate
from typing import NamedTuple

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
LINE = 0.2  # inches that a further line of a name takes
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
    heads: Iterable[tuple[str, str]], *, room: float = ROOM, weight: str = "bold"
) -> bool:
    r"""Tell whether any name is too long to stand in one line with its figures.

    Parameters
    ----------
    heads : iterable of (str, str)
        Names, broken by `break_lines` to `room`, and the figures in words that belong to them.
    room : float, default=ROOM
        Inches for both.
    weight : str, default="bold"
        Of the names.

    Examples
    --------
    >>> needs_two_lines([("blame", "3.2%")]), needs_two_lines([("two\nlines", "3.2%")])
    (False, True)
    >>> needs_two_lines([("a theme with a name that does not end so soon", "3.2%, n = 20")])
    True
    """
    return any(
        "\n" in name or text_width(name, weight=weight) + _GAP + text_width(told, size=SMALL) > room
        for name, told in heads
    )


class Rows(NamedTuple):
    """Where rows with a name above them go, on an axis whose unit is one row.

    Attributes
    ----------
    heads : list of (str, str)
        Names, broken into lines, and the figures in words that belong to them.
    places : list of float
        Of the rows; further lines of a name push its row down.
    below : bool
        Whether the figures stand below the names and not beside them.
    inches : float
        Height of all rows.
    """

    heads: list[tuple[str, str]]
    places: list[float]
    below: bool
    inches: float


def lay_rows(
    heads: Iterable[tuple[str, str]],
    *,
    row: float,
    tall: float,
    room: float = ROOM,
    weight: str = "bold",
) -> Rows:
    r"""Find places for rows; all have their figures below the name if one has no room beside it.

    Parameters
    ----------
    heads : iterable of (str, str)
        Names, broken by `break_lines` to `room`, and the figures in words that stand right of them.
    row, tall : float
        Inches of a row with its figures beside the name, and below it.
    room : float, default=ROOM
        Inches for both.
    weight : str, default="bold"
        Of the names.

    Examples
    --------
    >>> lay_rows([("blame", "3.2%")], row=0.6, tall=0.9).below
    False
    >>> lay_rows([("blame", "3.2%"), ("two\nlines", "1%")], row=0.6, tall=1.0).places
    [0.0, 1.2]
    """
    heads = list(heads)
    below = needs_two_lines(heads, room=room, weight=weight)
    height = tall if below else row
    places = stack([name for name, _ in heads], height)
    return Rows(heads, places, below, height * (places[-1] + 1) if places else 0.0)


def stack(names: Iterable[str], height: float) -> list[float]:
    r"""Return the places of rows of this height in inches, each below all lines of its name.

    Examples
    --------
    >>> stack(["blame", "two\nlines", "identity"], 0.4)
    [0.0, 1.5, 2.5]
    """
    further = accumulate(name.count("\n") * LINE / height for name in names)
    return [number + push for number, push in enumerate(further)]


def write_row(
    ax: Axes, place: float, name: str, told: str, *, below: bool = False, weight: str = "bold"
) -> None:
    """Write a name on the left and its figures on the right, or below it on a line of their own."""
    whole = ax.get_yaxis_transform()
    ax.annotate(
        name, (0, place), xycoords=whole, xytext=(0, 1.35 * SMALL if below else 0),
        textcoords="offset points", va="bottom", fontsize=TEXT, weight=weight, color=INK,
        parse_math=False, annotation_clip=False,
    )  # fmt: skip
    ax.text(
        0 if below else 1, place, told, transform=whole, ha="left" if below else "right",
        va="bottom", fontsize=SMALL, color=MUTED, parse_math=False,
    )  # fmt: skip


def break_lines(
    text: str, width: float = ROOM, *, size: float = TEXT, weight: str = "normal", lines: int = 3
) -> str:
    r"""Break a name into lines that fit a width; an ellipsis stands for what is left over.

    Parameters
    ----------
    text : str
        Any text; a word too long for a line is broken.
    width : float, default=ROOM
        Inches.
    size, weight : float and str
        Of the letters.
    lines : int, default=3
        How many at most.

    Examples
    --------
    >>> break_lines("remote work and meetings", 1.3), break_lines("blame", 1.3)
    ('remote work\nand meetings', 'blame')
    >>> break_lines("remote work and meetings", 1.3, lines=1)
    'remote work…'
    """
    broken: list[str] = []
    rest = tidy(text)
    while rest:
        fits = _count_fitting(rest, width, size, weight)
        if fits < len(rest) and len(broken) == lines - 1:
            room = width - text_width("…", size=size, weight=weight)
            fits = _count_fitting(rest, room, size, weight)
            return "\n".join([*broken, rest[:fits].rstrip() + "…"])
        space = rest.rfind(" ", 0, fits + 1) if fits < len(rest) else -1
        end = space if space > 0 else fits
        broken.append(rest[:end])
        rest = rest[end:].lstrip()
    return "\n".join(broken)


def _count_fitting(text: str, width: float, size: float, weight: str) -> int:
    """Count the letters of a text that fit into a width: one at least."""
    numbers = range(1, len(text) + 1)
    fits = bisect_right(
        numbers, width, key=lambda n: text_width(text[:n], size=size, weight=weight)
    )
    return max(fits, 1)


def tidy(text: str) -> str:
    """Return scraped text as one line of characters that the figures' font can draw."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    known = _drawable()
    return "".join(letter if ord(letter) in known else "\N{WHITE SQUARE}" for letter in line)


def short(text: str, length: int = 34) -> str:
    r"""Make scraped text fit for a label: one line, drawable characters, at most `length` long.

    Examples
    --------
    >>> short("Two  lines\nof a title", 13)
    'Two lines of…'
    """
    shown = tidy(text)
    return shown if len(shown) <= length else shown[: length - 1].rstrip() + "…"
