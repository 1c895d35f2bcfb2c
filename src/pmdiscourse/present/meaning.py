"""What the numbers of the overview mean, and what they do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pmdiscourse.present.frames import select_shares
from pmdiscourse.present.label_words import came_late
from pmdiscourse.present.prevalence_words import tell_posts
from pmdiscourse.present.taggers import Proxy, name_tagger

_ESTIMATED = (
    "These are estimates for the posts described below, as good as the labels behind them. They "
    "are not about product managers in general."
)
_TAGGED = (
    "This is what the software found by itself; {unknown}. It is about the posts described below, "
    "not about product managers in general."
)
_NOT_KNOWN = "how much it missed or got wrong is not known"
_NOT_ESTIMATED = "how much it missed or got wrong is not estimated for all of these posts"
_MISSES = (
    "A tagged share does not mean",
    "that this share of passages truly carries the theme. The model misses some and wrongly "
    "tags others; only passages labelled by people can tell how many.",
)
_NOT_ALL = (
    "No number here tells",
    "what product managers in general think. Posts that were scraped are no random sample of "
    "anything, and people write when something is wrong.",
)
_SEVERAL = ("A passage can carry several themes", "or none, so the shares do not add up to 100%.")


def tell_first(prevalence: pd.DataFrame, manifest: Mapping[str, Any]) -> str:
    """Say in two sentences what the headline rests on.

    Parameters
    ----------
    prevalence : DataFrame
        Prevalence table of the run.
    manifest : mapping
        Its ``run.json``.
    """
    if select_shares(prevalence)["estimate"].notna().any() or tell_posts(prevalence):
        return _ESTIMATED
    return _TAGGED.format(unknown=_NOT_ESTIMATED if came_late(manifest) else _NOT_KNOWN)


def tell_meaning(prevalence: pd.DataFrame, *, proxy: Proxy) -> list[tuple[str, str]]:
    """Say what estimates and tagged shares mean and do not mean, as far as this run has them.

    Parameters
    ----------
    prevalence : DataFrame
        Prevalence table of the run.
    proxy : mapping or None
        ``proxy`` of its ``run.json``.

    Returns
    -------
    list of (start, rest)
        Sentences, their first words apart.
    """
    whole, by_kind = select_shares(prevalence), prevalence[prevalence["by"] == "kind"]
    several = whole["theme"].nunique() > 1
    compared = ["between themes"] if several else []
    if by_kind.loc[by_kind["n"] > 0, "group"].nunique() > 1:
        compared.append("between essays and comments")
    told = f"{', or '.join(compared)}{',' if len(compared) > 1 else ''} are"
    units = ["these posts"] if tell_posts(prevalence) else []
    if whole["estimate"].notna().any():
        units.append("the passages of these posts")
    differences = (
        "Differences",
        f"{told} not tested here. Where bands or intervals overlap, do not read an order into "
        "them.",
    )
    return [
        *([_tell_estimate(units[-1])] if units else []),
        _tell_tagged(whole, proxy),
        _MISSES,
        _NOT_ALL,
        *([differences] if compared else []),
        *([_SEVERAL] if several else []),
    ]


def _tell_estimate(what: str) -> tuple[str, str]:
    """Say what an estimate means for passages or posts."""
    told = (
        f"going by the labels that people made, about this share of {what} carries the theme. "
        "The interval tells how far off that may be; the labels are taken to be right."
    )
    return "An estimate means:", told


def _tell_tagged(whole: pd.DataFrame, proxy: Proxy) -> tuple[str, str]:
    """Say what a tagged share means; only the model's are the same for everybody."""
    taggers = list(dict.fromkeys(name_tagger(theme, proxy) for theme in whole["theme"]))
    told = (
        f"in these posts, {' or '.join(taggers) or 'the model'} found the theme in this share of "
        "the passages."
    )
    if not proxy:
        told += " Anyone who runs the same posts through the same version gets the same numbers."
    return "A tagged share means:", told
