"""Learn which sentence of a passage shows a theme, from labels of whole passages.

Multiple-instance learning with soft choices, after Andrews, Tsochantaridis and Hofmann (2002): at
first every sentence of a positive passage counts alike; then each counts as likely as the last
round found it to be the one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from pmdiscourse.measure.encoder import Encoder
from pmdiscourse.measure.linear import Floats
from pmdiscourse.measure.sentence_view import SentenceView

ROUNDS = 3
C = 30.0  # of 3 and 30 the one with the higher mean average precision
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sentences:
    """Features of all sentences of all texts.

    Parameters
    ----------
    features : matrix of shape (n_sentences, n_features)
        E.g. their vectors.
    owner : ndarray of shape (n_sentences,)
        Number of the text of each, rising.
    n_texts : int
        Texts; one may have no sentence.
    """

    features: Any
    owner: Rows
    n_texts: int

    def best(self, values: Floats) -> Floats:
        """Return the highest value of a sentence of each text, -inf without one."""
        best = np.full(self.n_texts, -np.inf)
        np.maximum.at(best, self.owner, values)
        return best

    def total(self, values: Floats) -> Floats:
        """Return the sum over the sentences of each text."""
        return np.bincount(self.owner, weights=values, minlength=self.n_texts)


def encode_sentences(view: SentenceView, texts: Sequence[str]) -> Sentences:
    """Encode the sentences of texts."""
    vectors = [view.encode(text)[1] for text in texts]
    owner = np.repeat(np.arange(len(texts)), [len(one) for one in vectors])
    return Sentences(np.vstack(vectors), owner, len(texts))


class Remembering:
    """An encoder that keeps what it has encoded: training sees the same sentences again and again.

    Parameters
    ----------
    encoder : Encoder
        What makes the vectors.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Floats] = {}
        self.name, self.width = encoder.name, encoder.width

    def encode(self, sentences: Sequence[str]) -> Floats:
        """Return the vectors of sentences."""
        new = [sentence for sentence in sentences if sentence not in self._known]
        self._known.update(zip(new, self._encoder.encode(new), strict=True))
        return np.array([self._known[sentence] for sentence in sentences])


def learn_sentences(
    sentences: Sentences,
    present: npt.NDArray[np.bool_],
    weights: Floats,
    train: Rows,
    *,
    model: LogisticRegression | None = None,
) -> tuple[Floats, float]:
    """Learn a detector of sentences from some texts.

    Parameters
    ----------
    sentences : Sentences
        Sentences of all texts.
    present : ndarray of bool of shape (n_texts,)
        Whether a text carries the theme.
    weights : ndarray of shape (n_texts,)
        What a text counts.
    train : ndarray
        Rows of the texts to learn from.
    model : LogisticRegression or None, default=None
        What learns; None takes exact steps, for a few hundred features.

    Returns
    -------
    tuple of ndarray of shape (n_features,) and float
        Weights and intercept, scaled so that the best sentences of these texts have mean 0 and
        standard deviation 1.
    """
    owner = sentences.owner
    known = np.isin(owner, train)
    features, positive = sentences.features[known], present[owner[known]]
    share = np.where(present, 1 / np.maximum(np.bincount(owner, minlength=len(present)), 1), 1)
    counts = share[owner]
    if model is None:  # exact steps, so that the result does not hang on where they stop
        model = LogisticRegression(C=C, solver="newton-cholesky", max_iter=200)
    for _ in range(ROUNDS):
        model.fit(features, positive, sample_weight=(counts * weights[owner])[known])
        values = model.decision_function(sentences.features)
        best = sentences.best(values)
        likely = np.exp(values - best[owner])
        counts = np.where(present[owner], likely / sentences.total(likely)[owner], 1.0)
    reached = best[train][np.isfinite(best[train])]
    centre, spread = float(reached.mean()), float(reached.std())
    return model.coef_[0] / spread, (float(model.intercept_[0]) - centre) / spread


def value_best(sentences: Sentences, coef: Floats, intercept: float) -> Floats:
    """Return the value of each text's best sentence, 0 at least, as `SentenceView` has it."""
    return np.maximum(sentences.best(sentences.features @ coef + intercept), 0)
