"""From the codebook to the fixed rows of the topic model: what each theme sounds like."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from pmdiscourse.codebook import Codebook
from pmdiscourse.measure.terms import find_terms_in, write_seed

Array = NDArray[np.float64]

SEED_PART = 0.5  # part of a theme row that its seed terms hold; its examples hold the rest


def carries(book: Codebook) -> NDArray[np.bool_]:
    """Return which example carries which theme, of shape (n_examples, n_themes)."""
    rows = [[name in example.themes for name in book.names] for example in book.examples]
    return np.asarray(rows, dtype=bool).reshape(len(book.examples), len(book.names))


def seed_terms(book: Codebook, name: str) -> set[str]:
    """Return the seed terms of a theme as they are counted: "harvard", "business school"."""
    return {write_seed(seed) for seed in book.theme(name).seeds} - {""}


def row_terms(book: Codebook, name: str) -> set[str]:
    """Return the seed terms of a theme with the words and pairs that they consist of.

    "business school" gives "school" too. A seed that is mostly stop words gives no parts: without
    them "what is a product manager" would stand for something else.
    """
    terms = seed_terms(book, name)
    for seed in sorted(terms):
        parts = find_terms_in(seed, {})
        n_words = sum(" " not in part for part in parts)
        if 2 * n_words > len(seed.split()):
            terms.update(parts)
    return terms


def theme_rows(book: Codebook, vectorizer: CountVectorizer, used: NDArray[np.bool_]) -> Array:
    """Build the fixed rows: seed terms, and what a theme's examples say more often than others.

    Parameters
    ----------
    book : Codebook
        Themes, seed terms and examples.
    vectorizer : CountVectorizer
        Knows the terms of the corpus.
    used : ndarray of shape (n_examples,)
        The examples to learn from; the others are held out.

    Returns
    -------
    ndarray of shape (n_themes, n_terms)
        A row sums to 1, or to 0 if no term of the theme stands in the corpus.
    """
    seeds = np.zeros((len(book.names), len(vectorizer.vocabulary_)))
    for theme, name in enumerate(book.names):
        for term in row_terms(book, name):
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
