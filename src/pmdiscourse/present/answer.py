"""What the overview says of the themes: the answer, a table, what it means, the words used."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from pmdiscourse.codebook import Codebook
from pmdiscourse.present.display import prose_html
from pmdiscourse.present.frames import records, select_shares
from pmdiscourse.present.share_words import (
    Row,
    has_estimate,
    tell_caption,
    tell_key,
    tell_range,
    tell_shares,
)
from pmdiscourse.present.wording import label, percent

_KINDS = {"essay": "essays", "comment": "comments"}
GLOSSARY = [
    ("Theme", "An idea that the codebook defines, with what counts and what does not."),
    ("Passage", "One paragraph, list item, note or speaker turn: what is counted."),
    ("Thread", "An essay and all comments under it."),
    ("Tagged share", "The share of passages in which the model found the theme."),
    (
        "Prevalence",
        "The share of passages that truly carry the theme. Only passages that people have "
        "labelled can tell it; where there are too few of them, the tagged share stands alone.",
    ),
    (
        "Interval",
        "A 95% interval: where the prevalence lies, as far as the labels can tell; in 95 of 100 "
        "such draws of passages to label it holds the true share. The interval for these posts "
        "(corpus interval) allows for the passages that nobody labelled. The interval for posts "
        "like these (discourse interval) allows for differences between threads too; a corpus of "
        "few threads has none. Neither allows for wrong labels or for how the posts were chosen.",
    ),
    (
        "Sensitivity band",
        "The range in which the prevalence lies if the model finds 50-95% of the true passages "
        "and wrongly tags 0.5-5% of the others. These are assumptions, not measurements.",
    ),
    (
        "Positive labels",
        "How many of the labelled passages carry the theme. Passages that look promising are drawn "
        "more often, so this is no estimate of the prevalence.",
    ),
    (
        "Labels saved",
        "How many times as many labels a plain random sample would need for the same precision.",
    ),
]
_ESTIMATED = (
    "An estimate means:",
    "going by the labels that people made, about this share of the passages of these posts carries "
    "the theme. The interval tells how far off that may be; the labels are taken to be right.",
)
_TAGGED = (
    "A tagged share means:",
    "in these posts, the model found words of the theme in this share of the passages. Anyone who "
    "runs the same posts through the same version gets the same numbers.",
)
_CAVEATS = [
    (
        "A tagged share does not mean",
        "that this share of passages truly carries the theme. The model misses some and wrongly "
        "tags others; only passages labelled by people can tell how many.",
    ),
    (
        "No number here tells",
        "what product managers in general think. Posts that were scraped are no random sample of "
        "anything, and people write when something is wrong.",
    ),
    (
        "Differences",
        "between themes, or between essays and comments, are not tested here. Where bands or "
        "intervals overlap, do not read an order into them.",
    ),
    (
        "A passage can carry several themes",
        "or none, so the shares do not add up to 100%.",
    ),
]


def describe_themes(prevalence: pd.DataFrame, codebook: Codebook) -> dict[str, Any]:
    """Return what the overview says of the themes.

    Parameters
    ----------
    prevalence : DataFrame
        Prevalence table of the run.
    codebook : Codebook
        That of the run, for titles, definitions and order.

    Returns
    -------
    dict
        headline, themes_title, question, caption, heads and rows of the table, themes (title,
        definition, sentence), meaning, glossary.
    """
    whole = select_shares(prevalence)
    shares = _find_shares(prevalence)
    names = codebook.names + sorted(set(whole["theme"]) - set(codebook.names))
    n_estimated = int(whole["estimate"].notna().sum())
    labelled = bool((whole["n_labels"] > 0).any())
    meaning = [*([_ESTIMATED] if n_estimated else []), _TAGGED, *_CAVEATS]
    return {
        "headline": tell_shares(whole, name=lambda name: find_title(name, codebook)),
        "themes_title": "How often each theme " + ("appears" if n_estimated else "was tagged"),
        "question": f"How often do the themes appear? {tell_key(whole)}",
        "caption": tell_caption(whole),
        "heads": _heads(labelled=labelled),
        "rows": [_cells(shares, codebook, name, labelled=labelled) for name in names],
        "themes": [_theme(shares.get(("all", name)), codebook, name) for name in names],
        "meaning": meaning,
        "glossary": GLOSSARY,
    }


def find_title(name: str, codebook: Codebook) -> str:
    """Return the title of a theme; one that the codebook does not hold keeps its name."""
    return codebook.theme(name).title if name in codebook.names else label(name)


def _find_shares(prevalence: pd.DataFrame) -> dict[tuple[str, str], Row]:
    """Return the shares of passages over all periods, by (group, theme)."""
    of_passages = (prevalence["unit"] == "passage") & (prevalence["period"] == "all")
    rows = prevalence[of_passages & prevalence["by"].isin(["all", "kind"])]
    return {(row["group"], row["theme"]): row for row in records(rows)}


def _theme(row: Row | None, codebook: Codebook, name: str) -> dict[str, Any]:
    """Return what the page says of one theme in words."""
    return {
        "title": find_title(name, codebook),
        "definition": codebook.theme(name).definition if name in codebook.names else "",
        "sentence": Markup(prose_html(row["note"] if row else "No passage could be scored.")),
    }


def _heads(*, labelled: bool) -> list[str]:
    """Return the headings of the table."""
    groups = [f"tagged, {name}" for name in ("all", *_KINDS.values())]
    if not labelled:
        return ["theme", groups[0], "range", *groups[1:]]
    return ["theme", "estimate", "range", *groups, "positive labels", "labels saved"]


def _cells(
    shares: dict[tuple[str, str], Row], codebook: Codebook, name: str, *, labelled: bool
) -> list[str]:
    """Return one row of the table, under `_heads`."""
    row = shares.get(("all", name))
    title = find_title(name, codebook)
    tagged = [_share(shares.get((group, name))) for group in ("all", *_KINDS)]
    within = tell_range(row) if row else "none"
    if not labelled:
        return [title, tagged[0], within, *tagged[1:]]
    estimate = percent(row["estimate"]) if row and has_estimate(row) else "none yet"
    positive = (
        f"{row['n_positive']:,} of {row['n_labels']:,}" if row and row["n_labels"] else "none"
    )
    saved = row["labels_saved"] if row else math.nan
    times = "none" if math.isnan(saved) else f"{saved:.1f} times"
    return [title, estimate, within, *tagged, positive, times]


def _share(row: Row | None) -> str:
    """Write a tagged share with what it was counted of."""
    if row is None or math.isnan(row["tagged_share"]):
        return "none"
    share = row["tagged_share"]
    return f"{percent(share)} ({round(share * row['n']):,}/{row['n']:,})"
