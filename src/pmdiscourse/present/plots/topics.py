"""Topics: the terms that go with each, whether a theme's topic took, and the share of words."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pmdiscourse.errors import invalid
from pmdiscourse.present.frames import records, require_columns
from pmdiscourse.present.plots import style
from pmdiscourse.present.wording import join_words, label, percent, percent_range

N_TERMS = 6
_HEAD = 4.0  # inches for the name of a topic and its verdict in one line
_TERM = 2.6  # for a term
_KINDS = ["theme", "other"]
_COLUMNS = ["topic", "kind", "rank", "term", "weight", "is_seed"]


def plot_topics(
    data: pd.DataFrame,
    *,
    verdicts: pd.DataFrame | None = None,
    kind: str = "theme",
    ax: Axes | None = None,
) -> Axes:
    """Draw the strongest terms of each topic.

    Parameters
    ----------
    data : DataFrame
        Top terms of a topic model (``TopicModel.top_terms()``).
    verdicts : DataFrame or None, default=None
        Whether each topic took (``TopicModel.verdicts()``); a theme without terms is known from
        here only.
    kind : {"theme", "other"}, default="theme"
        Topics of the codebook's themes, or the residual topics.
    ax : Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    Axes
        Six terms a topic; filled dots are terms that are no seed terms of the codebook.

    Raises
    ------
    DiscourseError
        If a column is missing or the kind is another.
    """
    blocks = _blocks(data, verdicts, kind)
    heads = [style.break_lines(_heading(block[0], kind), weight="bold") for block in blocks]
    told = [(head, block[1]) for head, block in zip(heads, blocks, strict=True)]
    below = style.needs_two_lines(told, room=_HEAD)
    n_rows = sum(2.0 + below + len(terms) for _, _, terms in blocks)
    n_rows += sum(head.count("\n") for head in heads)
    ax = style.make_axes(ax, height=0.9 + 0.24 * n_rows if blocks else style.NOTE_HEIGHT)
    if not blocks:
        return style.note(ax, "too few passages: no term goes with a topic")
    place = 0.0
    for head, (_, verdict, terms) in zip(heads, blocks, strict=True):
        place += head.count("\n")
        _write_head(ax, place + 0.4, head, verdict, below=below)
        place += below
        for number, term in enumerate(records(terms), start=1):
            _draw_term(ax, place + number, term)
        place += 2.0 + len(terms)
    ax.set_xlim(left=0)
    ax.set_ylim(place - 0.7, -0.8)
    ax.set_yticks([])
    ax.xaxis.set_major_locator(MaxNLocator(4, min_n_ticks=3))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}%"))
    ax.axvline(0, color=style.GRID, lw=0.8)
    key = "\nfilled: new, hollow: a seed term of the codebook" if kind == "theme" else ""
    style.label_axis(ax, f"weight of the term: its part of the topic's words{key}")
    return ax


def _write_head(ax: Axes, place: float, head: str, verdict: str, *, below: bool) -> None:
    """Write the name of a topic, and its verdict beside or below it."""
    whole = ax.get_yaxis_transform()
    ax.text(
        0, place, head, transform=whole, va="bottom", weight="bold", fontsize=style.TEXT,
        color=style.INK, parse_math=False,
    )  # fmt: skip
    ax.text(
        0 if below else 1, place + below, verdict, transform=whole, va="bottom",
        ha="left" if below else "right", fontsize=style.TEXT, color=style.INK,
    )  # fmt: skip


def _heading(name: str, kind: str) -> str:
    """Return the name of a topic; the terms in that of a residual topic stand below it anyway."""
    return label(name) if kind == "theme" else name.partition(" (")[0]


def describe_topics(
    data: pd.DataFrame, *, verdicts: pd.DataFrame | None = None, kind: str = "theme"
) -> str:
    """Say in words what `plot_topics` draws."""
    parts = []
    for name, verdict, terms in _blocks(data, verdicts, kind):
        said = join_words(list(terms["term"])) or "no terms"
        parts.append(f"{label(name)}{f' ({verdict})' if verdict else ''}: {said}")
    return f"Dot plot of the strongest terms by {kind} topic. {'; '.join(parts) or 'No topic'}."


def plot_topic_shares(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the share of words of each topic.

    Parameters
    ----------
    data : DataFrame
        Shares of words (``TopicModel.share_of_words()``).
    ax : Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    Axes
        A dot a topic, filled for themes and hollow for residual topics; the line is the 95 %
        interval over threads, if there are enough of them.

    Raises
    ------
    DiscourseError
        If a column is missing.
    """
    rows = _share_rows(data)
    heads = [(style.break_lines(label(row["topic"])), _tell_share(row)) for row in rows]
    laid = style.lay_rows(heads, row=0.62, tall=0.85, weight="normal")
    drawn = any(row["share_of_words"] for row in rows)
    ax = style.make_axes(ax, height=0.9 + laid.inches if drawn else style.NOTE_HEIGHT)
    if not drawn:
        return style.note(ax, "too few passages: no topic has a share of words")
    for place, head, row in zip(laid.places, laid.heads, rows, strict=True):
        style.write_row(ax, place - 0.2, *head, below=laid.below, weight="normal")
        _draw_share(ax, place, row)
    ax.set_xlim(left=0)
    ax.set_ylim(laid.places[-1] + 0.5, -0.8)
    ax.set_yticks([])
    ax.xaxis.set_major_locator(MaxNLocator(4, min_n_ticks=3))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}%"))
    ax.grid(axis="x", color=style.GRID, lw=0.8)
    style.label_axis(
        ax, f"share of words (filled: theme, hollow: other topic)\n{_interval_words(rows)}"
    )
    return ax


def describe_topic_shares(data: pd.DataFrame) -> str:
    """Say in words what `plot_topic_shares` draws."""
    rows = _share_rows(data)
    told = "; ".join(f"{label(row['topic'])} {_tell_share(row)}" for row in rows)
    return f"Dot plot of each topic's share of words, {_interval_words(rows)}. {told}."


def _share_rows(data: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of the table of shares, in its order."""
    columns = ["topic", "kind", "share_of_words", "share_low", "share_high"]
    require_columns(data, columns, "shares of words")
    return records(data)


def _interval_words(rows: list[dict[str, Any]]) -> str:
    """Say what the lines are, or why there are none."""
    known = any(not math.isnan(row["share_low"]) for row in rows)
    return "line: 95% interval over threads" if known else "too few threads for an interval"


def _tell_share(row: dict[str, Any]) -> str:
    """Write a share with its interval."""
    share = percent(row["share_of_words"])
    if math.isnan(row["share_low"]):
        return share
    return f"{share} ({percent_range(row['share_low'], row['share_high'])})"


def _draw_share(ax: Axes, place: float, row: dict[str, Any]) -> None:
    """Draw one share: its interval and a dot."""
    is_theme = row["kind"] == "theme"
    ax.plot([row["share_low"], row["share_high"]], [place, place], color=style.BAND, lw=4, zorder=1)
    face = style.BLUE if is_theme else "white"
    ax.plot(
        row["share_of_words"], place, "o", mfc=face, mec=style.BLUE, ms=7, clip_on=False, zorder=3
    )


def _blocks(
    data: pd.DataFrame, verdicts: pd.DataFrame | None, kind: str
) -> list[tuple[str, str, pd.DataFrame]]:
    """Return name, verdict and terms of each topic of a kind."""
    require_columns(data, _COLUMNS, "top terms")
    if kind not in _KINDS:
        raise invalid("kind", got=kind, allowed=f"one of {_KINDS}")
    themes = data[data["kind"] == kind]
    took: dict[str, bool] = {}
    if verdicts is not None and kind == "theme":
        require_columns(verdicts, ["theme", "took"], "verdicts")
        took = dict(zip(verdicts["theme"], verdicts["took"], strict=True))
    blocks = []
    for name in list(took) or list(dict.fromkeys(themes["topic"])):
        terms = themes[themes["topic"] == name].sort_values("rank").head(N_TERMS)
        verdict = ("took" if took[name] else "did not take") if name in took else ""
        blocks.append((name, verdict, terms))
    return blocks


def _draw_term(ax: Axes, place: float, term: dict[str, Any]) -> None:
    """Draw one term: a stem, a dot and the word beside it."""
    weight, word, is_seed = term["weight"], term["term"], term["is_seed"]
    ax.plot([0, weight], [place, place], color=style.BAND, lw=2, zorder=1)
    face = "white" if is_seed else style.BLUE
    ax.plot(weight, place, "o", mfc=face, mec=style.BLUE, ms=7, clip_on=False)
    ax.annotate(
        style.fit(word, "", _TERM), (weight, place), xytext=(8, 0), textcoords="offset points",
        va="center", fontsize=style.TEXT, color=style.INK, parse_math=False,
    )  # fmt: skip
