"""Share of words: how much of what is written goes to each topic, with its uncertainty.

References
----------
Davison and Hinkley (1997), Bootstrap Methods and their Application, section 3.8 (resampling of
whole clusters, here threads).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

N_DRAWS = 1000
# With fewer clusters percentile intervals are far too short (Cameron, Gelbach and Miller 2008).
MIN_THREADS_FOR_INTERVAL = 10
_CHUNK = 50  # draws at a time: memory stays flat over many threads


def share_of_words(
    thread_words: Array, names: Sequence[str], *, n_themes: int, random_state: int
) -> pd.DataFrame:
    """Return the share of words of each topic, with a 95 % interval over threads.

    Parameters
    ----------
    thread_words : ndarray of shape (n_threads, n_topics)
        Counted words of each topic in each thread.
    names : list of str
        Names of the topics.
    n_themes : int
        How many of them are themes.
    random_state : int
        Seed of the draws.

    Returns
    -------
    DataFrame
        topic, kind, share_of_words, share_low, share_high (NaN under 10 threads), n_threads (with
        a word of the topic or more).
    """
    low = high = np.full(len(names), np.nan)
    if len(thread_words) >= MIN_THREADS_FOR_INTERVAL:
        low, high = np.quantile(_draw(thread_words, random_state), [0.025, 0.975], axis=0)
    return pd.DataFrame(
        {
            "topic": list(names),
            "kind": np.where(np.arange(len(names)) < n_themes, "theme", "other"),
            "share_of_words": _divide(thread_words.sum(axis=0)),
            "share_low": low,
            "share_high": high,
            "n_threads": (thread_words >= 1).sum(axis=0),
        }
    )


def _draw(thread_words: Array, random_state: int) -> Array:
    """Draw threads with replacement; return the shares of each draw."""
    rng = np.random.default_rng(random_state)
    n_threads = len(thread_words)
    # The draws must not depend on the order of the rows.
    thread_words = thread_words[np.lexsort(thread_words.round(9).T)]
    chances = np.full(n_threads, 1 / n_threads)
    draws = [
        rng.multinomial(n_threads, chances, size=_CHUNK) @ thread_words
        for _ in range(N_DRAWS // _CHUNK)
    ]
    return _divide(np.vstack(draws))


def _divide(words: Array) -> Array:
    """Divide by the sum of the last axis; no words give shares of 0."""
    total = words.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(words, total, out=np.zeros_like(words), where=total > 0))
