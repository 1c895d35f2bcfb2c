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
from typing import NamedTuple

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
class Outcomes:
    """What each passage counts as once the labels have put the model's scores right.

    Parameters
    ----------
    present : ndarray of shape (n_passages,)
        1 or 0 where labelled, NaN elsewhere.
    strata : ndarray of shape (n_passages,)
        Stratum number 0..H-1.
    expected : ndarray of shape (n_passages,)
        What the tuned score expects, right on average in every stratum.
    values : ndarray of shape (n_passages,)
        Pseudo-outcomes: expected, corrected by the labels in inverse proportion to their chance.
        Their mean is the estimate, over all passages or over a group.
    tuning : float
        Lambda, the trust in the score, 0 (none: labels only) to 2.
    """

    present: Array
    strata: NDArray[np.int64]
    expected: Array
    values: Array
    tuning: float


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
    label_variance, thread_variance : float
        Variance of the estimate from drawing labels, and from threads; before smoothing.
    """

    estimate: float
    corpus: tuple[float, float]
    discourse: tuple[float, float]
    labels_saved: float
    label_variance: float
    thread_variance: float


def estimate_share(
    present: Array, scores: Array, *, strata: NDArray[np.int64], threads: NDArray[np.int64]
) -> ShareEstimate:
    """Estimate the share of passages that carry a theme.

    Parameters
    ----------
    present, scores, strata : ndarray of shape (n_passages,)
        As in `predict_outcomes`.
    threads : ndarray of shape (n_passages,)
        Thread of each passage; two threads or more.

    Returns
    -------
    ShareEstimate
        As from `estimate_mean` over all passages.
    """
    return estimate_mean(predict_outcomes(present, scores, strata=strata), threads=threads)


def predict_outcomes(present: Array, scores: Array, *, strata: NDArray[np.int64]) -> Outcomes:
    """Turn scores and labels into pseudo-outcomes.

    Parameters
    ----------
    present : ndarray of shape (n_passages,)
        1 or 0 where labelled, NaN elsewhere.
    scores : ndarray of shape (n_passages,)
        Model's scores, 0 to 1, of labelled and unlabelled passages; frozen before the draw.
    strata : ndarray of shape (n_passages,)
        Stratum number 0..H-1. Labels are a simple random sample inside each; each stratum needs
        two labels, or one if it holds but one passage.

    Returns
    -------
    Outcomes
        The order of rows matters only through the folds of the recalibration (labelled row i is
        in fold i modulo 5): give them in a canonical order.

    References
    ----------
    Egami, Hinck, Stewart and Wei (2023), equation 4.
    """
    seen = ~np.isnan(present)
    label, inside = present[seen], strata[seen]
    size, drawn = np.bincount(strata).astype(float), np.bincount(inside).astype(float)
    fraction = drawn / size  # f_h
    cost = (size / size.sum()) ** 2 * (1 - fraction) / drawn  # c_h
    score = _recalibrate(present, scores, importance=(1 / fraction)[strata])
    tuning = _tune(label, score[seen], inside, drawn, cost)
    score = score * tuning  # lambda g
    expected = score + _means(label - score[seen], inside, drawn)[strata]
    values = expected.copy()
    values[seen] += (label - expected[seen]) / fraction[inside]
    return Outcomes(present, strata, expected, values, tuning)


def estimate_mean(
    outcomes: Outcomes,
    *,
    threads: NDArray[np.int64],
    inside: NDArray[np.bool_] | None = None,
) -> ShareEstimate:
    """Estimate the share in all passages or in a group of them.

    Parameters
    ----------
    outcomes : Outcomes
        As from `predict_outcomes`, of all passages.
    threads : ndarray of shape (n_passages,)
        Thread of each passage; two threads or more in the group.
    inside : ndarray of bool of shape (n_passages,) or None, default=None
        The group; None means all. A group needs labels, but not in every stratum.

    Returns
    -------
    ShareEstimate
        A group's share is the mean of its pseudo-outcomes: a difference estimator of a domain
        whose size is known (Särndal, Swensson and Wretman 1992, Model Assisted Survey Sampling,
        sections 6.3 and 10.3). For the variance, labels outside the group count as zero residuals.
    """
    group = np.ones(len(outcomes.values), dtype=bool) if inside is None else inside
    n = int(group.sum())
    seen = ~np.isnan(outcomes.present)
    stratum, label = outcomes.strata[seen], outcomes.present[seen]
    size, drawn = np.bincount(outcomes.strata).astype(float), np.bincount(stratum).astype(float)
    fraction = drawn / size
    rest = np.where(group[seen], label - outcomes.expected[seen], 0.0)
    cost = (size / n) ** 2 * (1 - fraction) / drawn
    variance = float(cost @ _covariances(rest, rest, stratum, drawn))
    # What was labelled is known: the group holds at least these positives and these negatives.
    known = label[group[seen]]
    least, most = float(known.sum()) / n, (n - float((1 - known).sum())) / n
    values = (outcomes.present if len(known) == n else outcomes.values)[group]
    estimate = min(max(float(values.mean()), least), most)
    clustered = max(variance, _cluster_variance(values, threads[group]))
    smoothing = _smooth(outcomes, group, fraction)
    ends = [
        _ends(estimate + smoothing.pull, spread + smoothing.extra, known, possible)
        for spread, possible in zip((variance, clustered), smoothing.possible, strict=True)
    ]
    return ShareEstimate(
        estimate=estimate,
        corpus=(min(max(ends[0][0], least), most), min(max(ends[0][1], least), most)),
        discourse=ends[1],
        labels_saved=_labels_saved(estimate, variance, len(known) / n, len(known)),
        label_variance=variance,
        thread_variance=clustered,
    )


def _ends(centre: float, variance: float, known: Array, possible: float) -> tuple[float, float]:
    """Return the interval; labels that are all alike say little of what they did not meet."""
    low, high = _beta_interval(centre, variance)
    if not known.any():
        return 0.0, max(high, possible)
    if known.all():
        return min(low, 1 - possible), 1.0
    return low, high


class _Smoothing(NamedTuple):
    """What Jeffreys smoothing adds to centre and variance, and what unlike labels may still be.

    The last holds two shares that labels all alike leave possible: of these passages, where a
    stratum labelled whole leaves nothing, and of passages like these.
    """

    pull: float
    extra: float
    possible: tuple[float, float]


def _smooth(outcomes: Outcomes, group: NDArray[np.bool_], fraction: Array) -> _Smoothing:
    """Spread half a positive and half a negative label over the strata of a group."""
    strata, label = outcomes.strata[group], outcomes.present[group]
    seen, n_strata = ~np.isnan(label), len(fraction)
    held = np.bincount(strata, minlength=n_strata).astype(float)  # passages of the group
    coded = np.bincount(strata[seen], minlength=n_strata).astype(float)  # labels of the group
    weight, partly = held / held.sum(), (held > 0) * (1 - fraction)
    share = _means(outcomes.expected[group], strata, np.maximum(held, 1))
    # A group may have passages but no label in a stratum: then the expected share stands in.
    positive = np.where(
        coded > 0, _means(label[seen], strata[seen], np.maximum(coded, 1)), np.clip(share, 0, 1)
    )
    half = 0.5 / np.count_nonzero(held)
    # Of one label: a group that is labelled whole speaks for itself alone.
    worth = np.where(coded < held, np.minimum(1 / fraction, held), 1.0) / held.sum()
    extra = float(partly @ (worth**2 * half * ((1 - share) ** 2 + share**2)))
    labels = np.maximum(coded, fraction * held)
    pull = float(partly @ (weight * half * (1 - 2 * positive) / (labels + 2 * half)))
    possible = np.where(coded > 0, 1 - _TAIL ** (1 / np.maximum(coded, 1)), 1.0)
    unlike = weight * possible
    return _Smoothing(pull, extra, (float(np.max(unlike * (coded < held))), float(np.max(unlike))))


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
        if not len(train):  # one label in all
            continue
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
    number = np.unique(threads, return_inverse=True)[1]
    sums = np.bincount(number, weights=outcome - outcome.mean())
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
