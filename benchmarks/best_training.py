"""The part of the training that learns which sentence of a passage shows a theme."""

from __future__ import annotations

from typing import Any

import numpy as np
from best_sentences import learn_sentences, value_best
from scipy import sparse
from training_data import Data, Rows, weigh

from pmdiscourse.measure.linear import Floats
from pmdiscourse.measure.sentence_view import SentenceView

BEST = 0.35  # what the best sentence counts beside the whole passage; of .2, .35 and .5 the best


class BestSentences:
    """The part of the procedure that learns which sentence shows a theme; nothing without encoder.

    Parameters
    ----------
    data : Data
        All texts.
    train : ndarray
        Rows to learn from.
    """

    def __init__(self, data: Data, train: Rows) -> None:
        self.data, self.train = data, train
        self.sentences = data.sentences if "sentence" in data.views else None
        self.held_out = np.zeros(int(data.labelled[train].sum()))
        shape = data.present.shape[1]
        width = 0 if self.sentences is None else self.sentences.features.shape[1]
        self.coef, self.intercept = np.zeros((shape, width)), np.zeros(shape)

    def learn(self, theme: int, linear: Floats) -> float:
        """Learn a theme's detector; return how its values count beside cross-validated log odds."""
        if self.sentences is None:
            return 0.0
        data, fold = self.data, self.data.fold[self.train]
        present, weights = data.present[:, theme], weigh(data, np.arange(len(data.texts)))
        held_out = np.zeros(len(self.train))
        for k in np.unique(fold[fold >= 0]):
            rows = self.train[fold != k]
            learned = learn_sentences(self.sentences, present, weights, rows)
            held_out[fold == k] = value_best(self.sentences, *learned)[self.train[fold == k]]
        self.held_out = held_out[fold >= 0]
        learned = learn_sentences(self.sentences, present, weights, self.train)
        self.coef[theme], self.intercept[theme] = learned
        return BEST / (1 - BEST) * float(linear.std())

    def column(self, theme: int) -> Rows:
        """Return the column of a theme's best sentence among all features."""
        if self.sentences is None:
            return np.zeros(0, dtype=np.int64)
        first = 0
        for name, view in self.data.views.items():
            if name == "sentence":
                break
            first += len(view.themes)
        return np.array([first + self.coef.shape[1] + theme])

    def restore(self, features: Any) -> Any:
        """Give the view its detectors; return its features with the values of best sentences."""
        assert self.sentences is not None
        view = self.data.views["sentence"]
        assert isinstance(view, SentenceView)
        view.restore(self.coef.copy(), self.intercept.copy())
        values = [
            value_best(self.sentences, coef, intercept)
            for coef, intercept in zip(self.coef, self.intercept, strict=True)
        ]
        return sparse.hstack([features[:, : self.coef.shape[1]], np.array(values).T]).tocsr()
