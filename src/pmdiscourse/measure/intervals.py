"""Weighted shares with intervals that hold for few, weighted and clustered observations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

LEVEL = 0.95
Floats = NDArray[np.float64]


def estimate_weighted_share(
    counted: Any, *, weights: Any, clusters: Any, among: Any = None
) -> tuple[float, float, float]:
    """Estimate a share with its 95 % interval.

    Unlike a bootstrap, the interval has a width when none or all of the observations count: none
    of five found is no proof that there are none.

    Parameters
    ----------
    counted : array-like of bool of shape (n,)
        What the share is of.
    weights : array-like of shape (n,)
        What each observation stands for, above 0.
    clusters : array-like of shape (n,)
        What observations were drawn together in, e.g. threads.
    among : array-like of bool of shape (n,) or None, default=None
        The observations that the share is taken among; None takes all. Others tell of clusters
        that could have held some.

    Returns
    -------
    tuple of float
        Share and ends of the interval, 0 to 1; NaN if there is nothing to take a share among.

    References
    ----------
    Horvitz and Thompson (1952) for the weights. Korn and Graubard (1998), Confidence intervals for
    proportions with small expected number of positive counts estimated from survey data, Survey
    Methodology 24: a Clopper-Pearson interval for the effective number of observations, p (1 - p)
    over the linearised variance between clusters, adjusted for its degrees of freedom and never
    more than n. Where that variance is 0 or unknown the effective number is that of the clusters,
    (sum of their weights)^2 / sum of their squares: Kish (1965), Survey Sampling, section 11.7.

    Examples
    --------
    >>> share = estimate_weighted_share([0, 0, 0, 0], weights=[1] * 4, clusters=[1, 2, 3, 4])
    >>> [round(end, 3) for end in share]
    [0.0, 0.0, 0.602]
    """
    held = np.asarray(counted, dtype=bool)
    chosen = np.ones(len(held), dtype=bool) if among is None else np.asarray(among, dtype=bool)
    weight = np.asarray(weights, dtype=np.float64) * chosen
    if not chosen.any():
        return float("nan"), float("nan"), float("nan")
    share = float(weight @ held / weight.sum())
    _, cluster = np.unique(np.asarray(clusters), return_inverse=True)
    n_effective = _effective_size(held, weight, cluster, share)
    low, high = _clopper_pearson(share * n_effective, n_effective)
    return share, min(low, share), max(high, share)


def _effective_size(
    held: NDArray[np.bool_], weight: Floats, cluster: NDArray[np.intp], share: float
) -> float:
    """Return how many independent observations tell as much."""
    n = int((weight > 0).sum())
    n_clusters = int(cluster.max()) + 1
    sizes = np.bincount(cluster, weights=weight)
    fallback = float(sizes.sum() ** 2 / (sizes**2).sum())
    if n_clusters < 2 or held[weight > 0].all() or not held[weight > 0].any():
        return fallback
    residuals = np.bincount(cluster, weights=weight * (held - share)) / weight.sum()
    variance = n_clusters / (n_clusters - 1) * float((residuals**2).sum())
    if variance <= 0:
        return fallback
    # With one cluster in this domain the variance would rest on nothing.
    degrees = max(int((sizes > 0).sum()) - 1, 1)
    tail = (1 + LEVEL) / 2
    adjusted = (stats.t.ppf(tail, max(n - 1, 1)) / stats.t.ppf(tail, degrees)) ** 2
    return min(float(n), share * (1 - share) / variance * float(adjusted))


def _clopper_pearson(count: float, n: float) -> tuple[float, float]:
    """Return the exact interval of a binomial share, also for a count that is not whole."""
    tail = (1 - LEVEL) / 2
    low = float(stats.beta.ppf(tail, count, n - count + 1)) if count > 0 else 0.0
    high = float(stats.beta.ppf(1 - tail, count + 1, n - count)) if count < n else 1.0
    return low, high
