"""Passages that show a topic best, with its terms marked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Words' worth of an average passage that is mixed in: 20 words that are all about a topic show it
# better than two.
AVERAGE_WORDS = 12.0


def rank_passages(shares: Array, n_words: Array) -> Array:
    """Return how well each passage shows each topic.

    Parameters
    ----------
    shares : ndarray of shape (n_texts, n_topics)
        Share of each topic in the words of each passage.
    n_words : ndarray of shape (n_texts,)
        Counted words of each passage.

    Returns
    -------
    ndarray of shape (n_texts, n_topics)
        The share with 12 words of an average passage mixed in, 0 to 1.
    """
    words = n_words[:, np.newaxis]
    return np.asarray(
        (shares * words + AVERAGE_WORDS * shares.mean(axis=0)) / (words + AVERAGE_WORDS)
    )


def choose_passages(passages: pd.DataFrame, merit: Array, share: Array, n: int) -> pd.DataFrame:
    """Choose the passages that show one topic best, one of each thread before a second of any.

    Parameters
    ----------
    passages : DataFrame
        With columns thread_id and text.
    merit : ndarray of shape (n_texts,)
        How well each shows the topic.
    share : ndarray of shape (n_texts,)
        The topic's share of its words; passages with none are left out.
    n : int
        How many at most.

    Returns
    -------
    DataFrame
        The columns of passages and share_of_words, best first. A text is shown once.
    """
    # Rounded so that noise in the last digits cannot swap two passages.
    ranked = passages.assign(share_of_words=share, merit=merit.round(9))
    ranked = ranked[share > 0].sort_values(["merit", "text"], ascending=[False, True])
    ranked = ranked.drop_duplicates("text")
    turn = ranked.groupby("thread_id").cumcount()
    best = ranked.assign(turn=turn).sort_values("turn", kind="stable").head(n)
    return best.drop(columns=["turn", "merit"]).reset_index(drop=True)


def mark_terms(text: str, terms: Iterable[str]) -> list[dict[str, Any]]:
    """Return where terms stand in a passage, in the form of the evidence of scores.

    Examples
    --------
    >>> mark_terms("The Head of Product's head", ["head of product"])
    [{'start': 4, 'end': 19, 'view': 'topic', 'weight': 0.0}]
    """
    found = {match.span() for term in terms for match in _pattern(term).finditer(text)}
    return [
        {"start": start, "end": end, "view": "topic", "weight": 0.0} for start, end in sorted(found)
    ]


def _pattern(term: str) -> re.Pattern[str]:
    """Build the pattern of a term: words by any gap of spaces and hyphens, whole words only."""
    words = [re.escape(word).replace("'", "['’]") for word in term.split()]
    return re.compile(r"(?<!\w)" + r"[\s-]+".join(words) + r"(?!\w)", re.IGNORECASE)
