"""How the shipped weights are learned, and how well that does on documents not seen.

The procedure (`learn`) has an inner cross-validation in which calibration and thresholds are
chosen. To measure it, the whole procedure runs once for each of five outer folds without that
fold's documents (`cross_validate`), so nothing is chosen on what it is scored on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from best_training import BestSentences
from scipy import optimize, sparse
from sklearn.linear_model import LogisticRegression
from training_data import Data, Rows, fit_views, weigh

from pmdiscourse.measure.features import View
from pmdiscourse.measure.linear import DECIMALS, Floats, fit_weights, sigmoid
from pmdiscourse.measure.views import columns_of, scales_of


@dataclass(frozen=True)
class Learned:
    """What one run of the procedure gives.

    Parameters
    ----------
    features : matrix of shape (n_texts, n_features)
        Features of all texts, scaled by nothing.
    coef, intercept : ndarray
        Calibrated weights by theme.
    thresholds : ndarray of shape (n_themes,)
        Scores at or above which a text is tagged.
    terms, idf, pairs, pair_idf : list
        What the views learned.
    """

    features: Any
    coef: Floats
    intercept: Floats
    thresholds: Floats
    views: Mapping[str, View]

    def score(self, rows: Rows) -> Floats:
        """Return scores of some texts."""
        log_odds = self.features[rows] @ self.coef.T + self.intercept
        return np.asarray(np.round(sigmoid(log_odds), DECIMALS))


def learn(data: Data, train: Rows) -> Learned:
    """Run the procedure on some rows: views, weights, calibration, thresholds."""
    fit_views(data, train)
    parts = {
        name: data.fixed[name] if name in data.fixed else view.matrix(data.texts)
        for name, view in data.views.items()
    }
    features, scales = sparse.hstack(list(parts.values())).tocsr(), scales_of(data.views)
    scaled = (features @ sparse.diags_array(scales)).tocsr()
    n_themes = data.present.shape[1]
    coef, intercept = np.zeros((n_themes, len(scales))), np.zeros(n_themes)
    thresholds = np.zeros(n_themes)
    best = BestSentences(data, train)
    for theme in range(n_themes):
        columns = columns_of(data.views, theme)
        speaking, present = scaled[:, columns], data.present[:, theme]
        real = train[data.labelled[train]]
        held_out = score_held_out(speaking, present, data, train)
        share = best.learn(theme, held_out)
        held_out = held_out + share * best.held_out
        slope, shift, natural = calibrate(held_out, present[real], data.inclusion[real])
        weights, start = fit_weights(speaking[train], present[train], weigh(data, train))
        coef[theme, columns] = slope * weights * scales[columns]
        coef[theme, best.column(theme)] = slope * share
        intercept[theme] = slope * start + shift + natural
        cut = best_cut(sigmoid(slope * held_out + shift))
        log_odds = np.log(cut / (1 - cut)) + natural
        thresholds[theme] = np.round(sigmoid(log_odds), DECIMALS)
    if best.sentences is not None:
        parts["sentence"] = best.restore(parts["sentence"])
        features = sparse.hstack(list(parts.values())).tocsr()
    return Learned(features, coef, intercept, thresholds, dict(data.views))


def score_held_out(
    features: Any, present: npt.NDArray[np.bool_], data: Data, train: Rows
) -> Floats:
    """Return cross-validated log odds of the labelled rows of ``train``, in their order."""
    fold = data.fold[train]
    scores = np.zeros(len(train))
    for k in np.unique(fold[fold >= 0]):
        rows = train[fold != k]
        coef, intercept = fit_weights(features[rows], present[rows], weigh(data, rows))
        scores[fold == k] = features[train[fold == k]] @ coef + intercept
    return scores[fold >= 0]


def calibrate(
    log_odds: Floats, present: npt.NDArray[np.bool_], inclusion: Floats
) -> tuple[float, float, float]:
    """Return slope and shift among the labelled, and the further shift to the natural base rate.

    Slope and shift: Platt (1999), Probabilistic outputs for support vector machines. The natural
    base rate is the mean of the labels drawn with a known chance, each weighing one over it
    (Horvitz and Thompson 1952); the second shift makes the mean score of the same rows equal it.
    """
    model = LogisticRegression(C=1e6, tol=1e-10, max_iter=1000)
    model.fit(log_odds[:, None], present)
    slope, shift = float(model.coef_[0, 0]), float(model.intercept_[0])
    drawn = ~np.isnan(inclusion)
    weights = 1 / inclusion[drawn]
    if not present[drawn].any():
        return slope, shift, 0.0
    rate = np.average(present[drawn], weights=weights)
    inner = slope * log_odds[drawn] + shift

    def excess(more: float) -> float:
        return float(np.average(sigmoid(inner + more), weights=weights) - rate)

    return slope, shift, float(optimize.brentq(excess, -20, 20, xtol=1e-10))


def best_cut(probabilities: Floats) -> float:
    """Return the probability from which on tagging gives the highest expected F1.

    Expected F1 of the k likeliest is 2 * (sum of their probabilities) / (k + sum of all): Lipton,
    Elkan and Narayanaswamy (2014), Optimal thresholding of classifiers to maximize F1 measure.
    """
    ordered = np.sort(probabilities)[::-1]
    gain = 2 * np.cumsum(ordered) / (np.arange(1, len(ordered) + 1) + ordered.sum())
    return float(ordered[int(np.argmax(gain))])


def cross_validate(
    data: Data, use: npt.NDArray[np.bool_] | None = None
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return scores and tags of the labelled passages, each from a run without its fold.

    ``use`` says which texts may be learned from; None lets all.
    """
    usable = np.ones(len(data.texts), dtype=bool) if use is None else use
    n = int(data.labelled.sum())
    scores = np.zeros((n, data.present.shape[1]))
    tagged = np.zeros(scores.shape, dtype=bool)
    for k in range(int(data.fold.max()) + 1):
        rows = np.flatnonzero(data.fold == k)
        learned = learn(data, np.flatnonzero((data.fold != k) & usable))
        scores[rows] = learned.score(rows)
        tagged[rows] = scores[rows] >= learned.thresholds
    return scores, tagged
