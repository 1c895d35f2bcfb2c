"""From the codebook to the fixed rows of the topic model: what each theme sounds like."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from pmdiscourse.codebook import Codebook

Array = NDArray[np.float64]

SEED_PART = 0.5  # part of a theme row that its seed terms hold; its examples hold the rest


def carries(book: Codebook) -> NDArray[np.bool_]:
    """Return which example carries which theme, of shape (n_examples, n_themes)."""
    rows = [[name in example.themes for name in book.names] for example in book.examples]
    return np.asarray(rows, dtype=bool).reshape(len(book.examples), len(book.names))


def seed_terms(
    book: Codebook, name: str, vectorizer: CountVectorizer, *, whole: bool = False
) -> set[str]:
    """Return the one- and two-word terms that the seeds of a theme consist of.

    A seed that is mostly stop words gives none. With ``whole``, the words of a longer seed are
    left out: "harvard" and "business school" but not "school".
    """
    analyse = vectorizer.build_analyzer()
    terms: set[str] = set()
    for seed in book.theme(name).seeds:
        parts = analyse(seed)
        pairs = [term for term in parts if " " in term]
        n_left = len(parts) - len(pairs)
        # Without its stop words "what is a product manager" would stand for something else.
        if 2 * n_left > len(seed.split()):
            terms.update(pairs if whole and pairs else parts)
    return terms


def theme_rows(book: Codebook, vectorizer: CountVectorizer, used: NDArray[np.bool_]) -> Array:
    """Build the fixed rows: seed terms, and what a theme's examples say more often than others."""
    seeds = np.zeros((len(book.names), len(vectorizer.vocabulary_)))
    for theme, name in enumerate(book.names):
        for term in seed_terms(book, name, vectorizer):
            if term in vectorizer.vocabulary_:
                seeds[theme, vectorizer.vocabulary_[term]] = 1.0
    seeds = np.asarray(normalize(seeds, norm="l1"))
    chosen = [example.text for example, use in zip(book.examples, used, strict=True) if use]
    if not chosen:
        return seeds
    present = (vectorizer.transform(chosen) > 0).astype(float)
    carried = carries(book)[used].astype(float)
    with_theme = normalize(carried.T, norm="l1") @ present
    without = normalize(1 - carried.T, norm="l1") @ present
    learned = normalize(np.clip(with_theme - without, 0, None), norm="l1")
    return np.asarray(normalize(SEED_PART * seeds + (1 - SEED_PART) * learned, norm="l1"))
