"""What the overview says of the themes: answer, figures in a table, their meaning, the words used."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from pmdiscourse.codebook import Codebook
from pmdiscourse.present.display import prose_html
from pmdiscourse.present.frames import records
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
        headline, question, themes_title, caption, heads and rows of the table, themes (title,
        definition, sentence), meaning and glossary.
    """
    shares = _find_shares(prevalence)
    names = [theme for _, group, theme in shares if group == "all"]
    names = codebook.names + [name for name in names if name not in codebook.names]
    whole = prevalence[_is_whole(prevalence)]
    estimated = bool(whole["estimate"].notna().any())
    rows = [_cells(shares, codebook, name, labelled=_is_labelled(whole)) for name in names]
    return {
        "headline": tell_shares(_sorted(whole), name=lambda name: find_title(name, codebook)),
        "themes_title": "How often each theme appears" if estimated else "How often each theme "
        "was tagged",
        "question": f"How often do the themes appear? {tell_key(whole)}",
        "caption": tell_caption(whole),
        "heads": _heads(labelled=_is_labelled(whole)),
        "rows": rows,
        "themes": [_theme(shares.get(("all", "all", name)), codebook, name) for name in names],
        "meaning": [*([_ESTIMATED] if estimated else []), _TAGGED, *_CAVEATS],
        "glossary": GLOSSARY,
    }
