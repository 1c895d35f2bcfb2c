"""Vocabulary: the terms that go with each theme in the corpus, and whether the topic took."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from pmdiscourse.present.frames import records, require_columns
from pmdiscourse.present.plots import style
from pmdiscourse.present.wording import join_words, label

N_TERMS = 6
_COLUMNS = ["topic", "kind", "rank", "term", "weight", "is_seed"]


def plot_topics(
    data: pd.DataFrame, *, verdicts: pd.DataFrame | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the strongest terms of each theme's topic.

    Parameters
    ----------
    data : DataFrame
        Top terms of a topic model (``TopicModel.top_terms()``).
    verdicts : DataFrame or None, default=None
        Whether each topic took (``TopicModel.verdicts()``); a theme without terms is known from
        here only.
    ax : Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    Axes
        Six terms a theme; filled dots are words that the codebook's seed terms do not hold.
    """
    blocks = _blocks(data, verdicts)
    n_rows = sum(2.0 + len(terms) for _, _, terms in blocks)
    ax = style.make_axes(ax, height=0.7 + 0.24 * max(n_rows, 3.0))
    if not blocks:
        return style.note(ax, "no theme has a topic")
    whole, place = ax.get_yaxis_transform(), 0.0
    for name, verdict, terms in blocks:
        ax.text(
            0, place, label(name), transform=whole, va="center", weight="bold",
            fontsize=style.TEXT, color=style.INK, parse_math=False,
        )  # fmt: skip
        ax.text(
            1, place, verdict, transform=whole, ha="right", va="center",
            fontsize=style.TEXT, color=style.INK,
        )  # fmt: skip
        for number, term in enumerate(records(terms), start=1):
            _draw_term(ax, place + number, term)
        place += 2.0 + len(terms)
    ax.set_xlim(left=0)
    ax.set_ylim(place - 0.7, -0.8)
    ax.set_yticks([])
    ax.set_xticks([0], ["0"])
    ax.axvline(0, color=style.GRID, lw=0.8)
    style.label_axis(ax, "weight of the term (filled: new, hollow: a seed term of the codebook)")
    return ax


def describe_topics(data: pd.DataFrame, *, verdicts: pd.DataFrame | None = None) -> str:
    """Say in words what `plot_topics` draws."""
    parts = []
    for name, verdict, terms in _blocks(data, verdicts):
        said = join_words(list(terms["term"])) or "no terms"
        parts.append(f"{label(name)}{f' ({verdict})' if verdict else ''}: {said}")
    return f"Dot plot of the strongest terms by theme. {'; '.join(parts) or 'No theme'}."


def _blocks(
    data: pd.DataFrame, verdicts: pd.DataFrame | None
) -> list[tuple[str, str, pd.DataFrame]]:
    """Return name, verdict and terms of each theme."""
    require_columns(data, _COLUMNS, "top terms")
    themes = data[data["kind"] == "theme"]
    took: dict[str, bool] = {}
    if verdicts is not None:
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
        style.short(word, 28), (weight, place), xytext=(8, 0), textcoords="offset points",
        va="center", fontsize=style.TEXT, color=style.INK, parse_math=False,
    )  # fmt: skip
