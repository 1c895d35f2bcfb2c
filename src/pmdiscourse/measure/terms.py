"""Which words and pairs of words the topic model counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

# A term must stand in this many passages and threads, or the slip or the name in a single post
# could become a topic. A name that several threads mention still can.
MIN_PASSAGES = 5
MIN_THREADS = 2
# The tokeniser leaves "don" of "don't" and "ve" of "we've".
_VERBS = [
    "are",
    "could",
    "did",
    "do",
    "does",
    "had",
    "has",
    "have",
    "is",
    "should",
    "was",
    "were",
    "would",
]
COUNTED: dict[str, Any] = {
    "ngram_range": (1, 2),
    "stop_words": sorted(ENGLISH_STOP_WORDS.union(["ll", "ve"], [f"{verb}n" for verb in _VERBS])),
}


def find_terms(texts: list[str], threads: list[str]) -> NDArray[np.object_]:
    """Return the terms that stand in enough passages and threads, in alphabetical order."""
    counter = CountVectorizer(**COUNTED, min_df=MIN_PASSAGES)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # scikit-learn refuses to find nothing
        return np.array([], dtype=object)
    n_threads = np.asarray(((thread_membership(threads) @ counts) > 0).sum(axis=0)).ravel()
    return np.asarray(counter.get_feature_names_out()[n_threads >= MIN_THREADS])


def thread_membership(threads: list[str]) -> sp.csr_matrix:
    """Return which passage stands in which thread, of shape (n_threads, n_texts)."""
    numbers = {thread: number for number, thread in enumerate(sorted(set(threads)))}
    rows = [numbers[thread] for thread in threads]
    ones = np.ones(len(threads))
    return sp.csr_matrix((ones, (rows, range(len(threads)))), shape=(len(numbers), len(threads)))
