"""The numbers behind the seeded topic model: start and updates.

References
----------
Lee and Seung (2001), Algorithms for non-negative matrix factorization. Ding, Li and Peng (2008),
On the equivalence between non-negative matrix factorization and probabilistic latent semantic
indexing. Boutsidis and Gallopoulos (2008), SVD based initialization.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

Array = NDArray[np.float64]

N_ITERATIONS = 60
# Words' worth of belief that a passage is about something else: keeps one stray word of a theme
# from filling a short passage.
RESIDUAL_PRIOR_WORDS = 12.0
THEME_PRIOR_WORDS = 0.02
TEXTS_PER_RESIDUAL = 5


def residual_start(counts: sp.csr_matrix, n_residual: int, random_state: int) -> Array:
    """Start residual topics from the corpus as a whole and its main directions."""
    n_texts, n_terms = counts.shape
    n_rows = max(1, min(n_residual, n_texts // TEXTS_PER_RESIDUAL, n_terms - 1))
    everything = np.asarray(counts.sum(axis=0)).ravel()
    start = [everything / everything.sum()]
    if n_rows > 1:
        # The first direction is the corpus as a whole again: it is left out. Arpack converges to
        # rounding error, so the seed of its start vector changes nothing that matters.
        svd = TruncatedSVD(n_rows, algorithm="arpack", random_state=random_state)
        for direction in svd.fit(normalize(counts)).components_[1:]:
            halves = np.clip(direction, 0, None), np.clip(-direction, 0, None)
            half = max(halves, key=lambda part: float(np.square(part).sum()))
            start.append(half / half.sum() + 0.1 * start[0])  # no term is ruled out for good
    return np.asarray(normalize(np.vstack(start), norm="l1"))


def factorise(
    counts: sp.csr_matrix, start: Array, *, n_themes: int, learn: bool = False
) -> tuple[Array, Array]:
    """Return shares (n_texts, n_topics) and topics (n_topics, n_terms) after the updates.

    Theme rows never change; residual rows change if ``learn``. The prior is in force during the
    updates and left out of the last one: the result is a share of words.
    """
    counts = sp.csr_matrix(counts)
    topics = start.copy()
    n_texts, n_topics = counts.shape[0], len(topics)
    text_of = np.repeat(np.arange(n_texts), np.diff(counts.indptr))
    prior = np.full(n_topics, THEME_PRIOR_WORDS)
    prior[n_themes:] = RESIDUAL_PRIOR_WORDS / max(1, n_topics - n_themes)
    shares = np.full((n_texts, n_topics), 1 / n_topics)
    for iteration in range(N_ITERATIONS):
        expected = np.zeros(counts.nnz)
        for topic in range(n_topics):
            expected += shares[text_of, topic] * topics[topic, counts.indices]
        ratios = counts.data / np.maximum(expected, np.finfo(float).tiny)
        quotient = sp.csr_matrix((ratios, counts.indices, counts.indptr), shape=counts.shape)
        words = shares * (quotient @ topics.T)
        if learn:
            updated = topics[n_themes:] * (quotient.T @ shares[:, n_themes:]).T
            topics[n_themes:] = normalize(updated, norm="l1")
        last = iteration == N_ITERATIONS - 1
        shares = normalize(words if last else words + prior, norm="l1")
    return shares, topics


def left_over(counts: sp.csr_matrix, rows: Array) -> sp.csr_matrix:
    """Return the part of each count that the theme rows leave to words at large.

    Residual topics are learned from this part only. Learned from all words, they would learn the
    themes anew, and take the words of the themes the more there are of them.
    """
    counts = sp.csr_matrix(counts)
    everything = np.asarray(counts.sum(axis=0)).ravel()
    topics = np.vstack([rows, everything / everything.sum()])
    shares, _ = factorise(counts, topics, n_themes=len(rows))
    text_of = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    expected = np.zeros(counts.nnz)
    for weights, column in zip(topics, shares.T, strict=True):
        expected += column[text_of] * weights[counts.indices]
    at_large = shares[text_of, -1] * topics[-1, counts.indices]
    kept = counts.data * at_large / np.maximum(expected, np.finfo(float).tiny)
    return sp.csr_matrix((kept, counts.indices, counts.indptr), shape=counts.shape)
