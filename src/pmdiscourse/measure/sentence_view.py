"""What an encoder sees of a text: its sentences on the whole, and the best one for each theme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pmdiscourse.measure.encoder import Encoder
from pmdiscourse.measure.features import Parts, normalize
from pmdiscourse.measure.sentences import split_sentences

MIN_WORDS = 5  # shorter sentences are joined to the next
Floats = npt.NDArray[np.float64]


class SentenceView:
    """Mean of the vectors of a text's sentences, of unit length, and its best sentence per theme.

    A passage carries a theme if one of its sentences does. A detector of sentences, learned from
    passages whose telling sentence nobody marked (multiple-instance learning), gives each sentence
    a value; a theme's last column is that of its best sentence. Without such detectors, as for
    themes learned from the example bank, these columns are 0.

    Parameters
    ----------
    encoder : Encoder
        What makes the vectors.
    n_themes : int
        Themes of the codebook.

    References
    ----------
    Andrews, Tsochantaridis and Hofmann (2002), Support vector machines for multiple-instance
    learning.
    """

    name = "sentence"

    def __init__(self, encoder: Encoder, n_themes: int) -> None:
        self.encoder = encoder
        self.themes = np.concatenate([np.full(encoder.width, -1), np.arange(n_themes)])
        self.coef = np.zeros((n_themes, encoder.width))
        self.intercept = np.zeros(n_themes)

    def fit(self, texts: Sequence[str]) -> SentenceView:  # noqa: ARG002
        """Return self: the encoder comes learned."""
        return self

    def restore(self, coef: Floats, intercept: Floats) -> SentenceView:
        """Take detectors of sentences: weights (n_themes, width) and intercepts."""
        self.coef, self.intercept = coef, intercept
        return self

    def encode(self, text: str) -> tuple[list[tuple[int, int]], Floats]:
        """Return the sentences of a text and their vectors, of shape (n_sentences, width)."""
        plain = normalize(text)
        spans = list(split_sentences(plain, min_words=MIN_WORDS))
        vectors = self.encoder.encode([plain[start:end] for start, end in spans])
        return spans, vectors.reshape(len(spans), self.encoder.width)

    def parts(self, text: str) -> Parts:
        """Return the sentences of a text and what each contributes."""
        spans, vectors = self.encode(text)
        length = float(np.linalg.norm(vectors.sum(axis=0))) or 1.0
        return Parts(spans, sparse.csr_matrix(np.hstack([vectors / length, self._best(vectors)])))

    def _best(self, vectors: Floats) -> Floats:
        """Return the value of each theme's best sentence in its row, 0 elsewhere and below 0."""
        values = vectors @ self.coef.T + self.intercept
        best = np.zeros(values.shape)
        if len(vectors):
            rows, columns = values.argmax(axis=0), np.arange(values.shape[1])
            best[rows, columns] = np.maximum(values[rows, columns], 0)
        return best

    def matrix(self, texts: Sequence[str]) -> Any:
        """Return features, a sparse matrix of shape (n_texts, width + n_themes)."""
        sums = [np.asarray(self.parts(text).rows.sum(axis=0)).ravel() for text in texts]
        return sparse.csr_matrix(np.array(sums).reshape(len(texts), len(self.themes)))
