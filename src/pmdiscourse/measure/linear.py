"""The linear heart of the theme model: weights, calibration and thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve

from pmdiscourse.measure.features import View
from pmdiscourse.measure.views import join_matrices

# Inverse strength of the ridge penalty: of 1, 3 and 10 the one with the highest mean average
# precision in grouped cross-validation, by less than its standard error.
C = 3.0
DECIMALS = 6  # scores are rounded before they meet a threshold, so that no last bit decides
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Detectors:
    """Linear detectors of some themes over the same views.

    Parameters
    ----------
    names : tuple of str
        The themes.
    views : mapping of str to View
        Fitted views.
    coef : ndarray of shape (n_themes, n_features)
        Weights of the features of all views side by side.
    intercept : ndarray of shape (n_themes,)
        What a score starts from, in log odds.
    """

    names: tuple[str, ...]
    views: Mapping[str, View]
    coef: Floats
    intercept: Floats

    def log_odds(self, texts: Sequence[str]) -> Floats:
        """Return log odds of shape (n_texts, n_themes)."""
        return np.asarray(join_matrices(self.views, texts) @ self.coef.T + self.intercept)

    def spans(self, text: str) -> list[dict[str, Any]]:
        """Return spans with the weight they add to the log odds of a theme; zeros are left out."""
        found: list[dict[str, Any]] = []
        first = 0
        for view in self.views.values():
            parts = view.parts(text)
            width = parts.rows.shape[1]
            weights = parts.rows @ self.coef[:, first : first + width].T
            first += width
            found += [
                {"start": s, "end": e, "view": view.name, "weight": float(weight), "theme": theme}
                for (s, e), row in zip(parts.spans, weights, strict=True)
                for theme, weight in zip(self.names, row, strict=True)
                if weight
            ]
        return found


def sigmoid(log_odds: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)) without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * log_odds)))


def fit_weights(
    features: Any, present: npt.NDArray[np.bool_], weights: Floats | None = None
) -> tuple[Floats, float]:
    """Fit a ridge-penalised logistic regression; the tight tolerance makes machines agree.

    Parameters
    ----------
    features : sparse matrix of shape (n_texts, n_features)
        Scaled features.
    present : ndarray of bool of shape (n_texts,)
        Whether a text carries the theme.
    weights : ndarray of shape (n_texts,) or None, default=None
        What a text counts; None counts each once.

    Returns
    -------
    tuple of ndarray and float
        Weights of the features and intercept.
    """
    model = LogisticRegression(C=C, solver="liblinear", tol=1e-8, max_iter=1000, random_state=0)
    model.fit(features, present, sample_weight=weights)
    return model.coef_[0], float(model.intercept_[0])


def choose_threshold(scores: Floats, present: npt.NDArray[np.bool_], *, base_rate: float) -> float:
    """Return the score at or above which a text is tagged: the highest F1 at a base rate.

    Parameters
    ----------
    scores : ndarray of shape (n_texts,)
        Out-of-fold scores.
    present : ndarray of bool of shape (n_texts,)
        Whether a text carries the theme.
    base_rate : float
        Share of texts that carry the theme, to which the texts are weighted.
    """
    share = present.mean()
    weights = np.where(present, base_rate / share, (1 - base_rate) / (1 - share))
    precision, recall, cuts = precision_recall_curve(present, scores, sample_weight=weights)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(cuts[int(np.argmax(f1[:-1]))])
