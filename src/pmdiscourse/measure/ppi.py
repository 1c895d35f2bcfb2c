"""Prediction-powered estimate of one share from a stratified labelled sample and all scores.

Stratified, power-tuned prediction-powered inference (PPI++) on a cross-fitted recalibrated score,
with a Beta interval that Jeffreys smoothing keeps honest for rare themes, and a variance clustered
by thread for what holds beyond these posts.

References
----------
Angelopoulos, Duchi and Zrnic (2023), PPI++, arXiv 2311.01453. Fisch et al. (2024), Stratified
prediction-powered inference, arXiv 2406.04291. Egami, Hinck, Stewart and Wei (2023), Design-based
supervised learning, arXiv 2306.04746, equation 4. Korn and Graubard (1998), Confidence intervals
for proportions with small expected number of positive counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

Array = NDArray[np.float64]

LEVEL = 0.95
N_FOLDS = 5
MAX_LAMBDA = 2.0
_TAIL = (1 - LEVEL) / 2


@dataclass(frozen=True)
class ShareEstimate:
    """An estimated share with its intervals.

    Parameters
    ----------
    estimate : float
        0 to 1.
    corpus : tuple of float
        95 % interval for the share in these passages.
    discourse : tuple of float
        95 % interval for passages of threads like these.
    labels_saved : float
        Variance of a simple random sample of as many labels over the variance reached; NaN if
        one of them is 0.
    """

    estimate: float
    corpus: tuple[float, float]
    discourse: tuple[float, float]
    labels_saved: float


def estimate_share(
    present: Array, scores: Array, *, strata: NDArray[np.int64], threads: NDArray[np.int64]
) -> ShareEstimate:
    """Estimate the share of passages that carry a theme.

    Parameters
    ----------
    present : ndarray of shape (n_passages,)
        1 or 0 where labelled, NaN elsewhere.
    scores : ndarray of shape (n_passages,)
        Model's scores, 0 to 1, of labelled and unlabelled passages; frozen before the draw.
    strata : ndarray of shape (n_passages,)
        Stratum number 0..H-1. Labels are a simple random sample inside each; each stratum needs
        two labels, or one if it holds but one passage.
    threads : ndarray of shape (n_passages,)
        Thread number 0..D-1; two threads or more.

    Returns
    -------
    ShareEstimate
        The order of rows matters only through the folds of the recalibration (labelled row i is
        in fold i modulo 5): give them in a canonical order.
    """
    seen = ~np.isnan(present)
    label, inside = present[seen], strata[seen]
    size, drawn = np.bincount(strata).astype(float), np.bincount(inside).astype(float)
    weight, fraction = size / size.sum(), drawn / size  # W_h, f_h
    cost = weight**2 * (1 - fraction) / drawn  # c_h
    score = _recalibrate(present, scores, importance=(1 / fraction)[strata])
    score = score * _tune(label, score[seen], inside, drawn, cost)  # lambda g
    rest = label - score[seen]
    offset = _means(rest, inside, drawn)
    share = _means(score, strata, size) + offset  # of each stratum
    estimate = float(weight @ share)
    variance = float(cost @ _covariances(rest, rest, inside, drawn))

    # Pseudo-outcomes: what the model says, put right where a label says otherwise.
    outcome = score + offset[strata]
    outcome[seen] += (label - outcome[seen]) / fraction[inside]
    clustered = max(variance, _cluster_variance(outcome, threads))

    # Jeffreys: half a positive and half a negative label, spread over the strata.
    half = 0.5 / len(size)
    extra = float((cost / drawn) @ (half * ((1 - share) ** 2 + share**2)))
    pull = half * (1 - 2 * _means(label, inside, drawn)) / (drawn + 2 * half)
    centre = estimate + float(weight @ ((1 - fraction) * pull))
    corpus = _beta_interval(centre, variance + extra)
    discourse = _beta_interval(centre, clustered + extra)
    # What was labelled is known: the corpus holds at least these positives and these negatives.
    least, most = label.sum() / len(present), 1 - (1 - label).sum() / len(present)
    corpus = max(corpus[0], float(least)), min(corpus[1], float(most))
    if not label.any():
        ceiling = float(np.max(weight * (1 - _TAIL ** (1 / drawn)) * (fraction < 1)))
        corpus = 0.0, max(corpus[1], ceiling)
        discourse = 0.0, max(discourse[1], ceiling)
    return ShareEstimate(
        estimate=min(1.0, max(0.0, estimate)),
        corpus=corpus,
        discourse=discourse,
        labels_saved=_labels_saved(estimate, variance, len(label) / len(present), len(label)),
    )


def _recalibrate(present: Array, scores: Array, *, importance: Array) -> Array:
    """Turn scores into probabilities by weighted ridge logistic regression, cross-fitted.

    A labelled passage gets the value of the fold that has not seen its label, any other the mean
    of the folds: a score that knows the label would make the interval too short.
    """
    feature = logit(np.clip(scores, 1e-6, 1 - 1e-6))[:, None]
    labelled = np.flatnonzero(~np.isnan(present))
    fold = np.arange(len(labelled)) % N_FOLDS
    values = np.zeros((N_FOLDS, len(present)))
    for number in range(N_FOLDS):
        train = labelled[fold != number]
        weight = importance[train] / importance[train].mean()
        if len(np.unique(present[train])) < 2:
            values[number] = np.average(present[train], weights=weight)
            continue
        model = LogisticRegression(solver="newton-cholesky")
        model.fit(feature[train], present[train], sample_weight=weight)
        values[number] = expit(model.decision_function(feature))
    recalibrated = np.asarray(values.mean(axis=0))
    recalibrated[labelled] = values[fold, labelled]
    return recalibrated


def _tune(
    label: Array, score: Array, strata: NDArray[np.int64], drawn: Array, cost: Array
) -> float:
    """Return lambda, the trust in the score that makes the variance least, 0 to 2."""
    spread = float(cost @ _covariances(score, score, strata, drawn))
    if spread <= 0:
        return 0.0
    return float(np.clip(cost @ _covariances(label, score, strata, drawn) / spread, 0, MAX_LAMBDA))


def _means(values: Array, strata: NDArray[np.int64], size: Array) -> Array:
    """Return the mean of each stratum."""
    return np.asarray(np.bincount(strata, weights=values, minlength=len(size)) / size)


def _covariances(left: Array, right: Array, strata: NDArray[np.int64], size: Array) -> Array:
    """Return the sample covariance of each stratum; 0 for one row."""
    left = left - _means(left, strata, size)[strata]
    right = right - _means(right, strata, size)[strata]
    return np.asarray(_means(left * right, strata, size) * size / np.maximum(size - 1, 1))


def _cluster_variance(outcome: Array, threads: NDArray[np.int64]) -> float:
    """Return the variance of a mean of clustered values, widened for few threads."""
    sums = np.bincount(threads, weights=outcome - outcome.mean())
    n_threads = len(sums)
    if n_threads < 2:
        return float("inf")
    few = stats.t.ppf(1 - _TAIL, n_threads - 1) / stats.norm.ppf(1 - _TAIL)
    return float(n_threads / (n_threads - 1) * np.sum(sums**2) / len(outcome) ** 2 * few**2)


def _beta_interval(centre: float, variance: float) -> tuple[float, float]:
    """Return the quantiles of the Beta distribution with this mean and variance."""
    centre = min(1.0, max(0.0, centre))
    if variance <= 0:
        return centre, centre
    if variance >= centre * (1 - centre):  # no Beta is that wide: nothing is known
        return 0.0, 1.0
    size = centre * (1 - centre) / variance - 1
    low, high = stats.beta.ppf([_TAIL, 1 - _TAIL], centre * size, (1 - centre) * size)
    return float(low), float(high)


def _labels_saved(estimate: float, variance: float, fraction: float, n_labels: int) -> float:
    """Compare with the variance of a simple random sample of as many human labels."""
    random_sample = estimate * (1 - estimate) / n_labels * (1 - fraction)
    return random_sample / variance if variance > 0 and random_sample > 0 else float("nan")
