"""How many labels, threads and positives a claim needs."""

from __future__ import annotations

import math

from scipy import stats

from pmdiscourse.errors import invalid

LEVEL = 0.95
# Below these counts nothing is estimated, or nothing is said beyond the posts at hand. They come
# from simulation: under them the intervals missed more often than they say, or the tests found
# next to nothing.
MIN_UNITS = 20
MIN_THREADS = 20
MIN_THREADS_TREND = 30
MIN_LABELS = 100
MIN_LABELS_GROUP = 50
MIN_POSITIVES = 5
MIN_PERIODS = 3
# Labels drawn by score strata are worth at least this many random ones, before it is measured.
PLANNED_SAVING = 2.0
HALF_WIDTH = 0.02


def labels_needed(
    share: float,
    *,
    half_width: float,
    n_passages: int,
    n_labels: int = 0,
    labels_saved: float = PLANNED_SAVING,
) -> int:
    """Plan how many more labels give a corpus interval of the wanted width.

    Parameters
    ----------
    share : float
        Prevalence to plan for: the estimate, or the tagged share before there is one; 0 to 1.
    half_width : float
        Wanted half-width of the 95 % corpus interval: 0.02 for +-2 points; above 0, below 0.5.
    n_passages : int
        Passages of the corpus or group; 1 or more.
    n_labels : int, default=0
        Labels there are.
    labels_saved : float, default=2.0
        Factor against a random human sample, as in table ``prevalence``; above 0. The default is
        cautious; about 100 labels tell the true factor.

    Returns
    -------
    int
        Labels still needed; 0 if there are enough, at most the passages that have none.

    Raises
    ------
    DiscourseError
        If a number is out of range.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 4.4, with the correction for a finite population:
    1 / n = labels_saved * half_width^2 / (z^2 * share * (1 - share)) + 1 / n_passages. A label
    that saves others divides the variance: Angelopoulos, Duchi and Zrnic (2023), arXiv 2311.01453.

    Examples
    --------
    >>> labels_needed(0.05, half_width=0.02, n_passages=4000)
    216
    >>> labels_needed(0.05, half_width=0.02, n_passages=4000, n_labels=200)
    16
    """
    _check(share, n_passages, n_labels, labels_saved)
    if not 0 < half_width < 0.5:
        raise invalid(
            "half_width", got=half_width, allowed="above 0 and below 0.5; 0.02 is 2 points"
        )
    if share in (0, 1):
        return 0
    endless = _spread(share) / (labels_saved * half_width**2)
    wanted = 1 / (1 / endless + 1 / n_passages)
    return max(0, math.ceil(wanted - 1e-9) - n_labels)


def expected_half_width(
    share: float, *, n_labels: int, n_passages: int, labels_saved: float = PLANNED_SAVING
) -> float:
    """Plan how wide the 95 % corpus interval gets: the inverse of `labels_needed`.

    Parameters
    ----------
    share, n_passages, labels_saved
        As in `labels_needed`.
    n_labels : int
        Labels; 1 to n_passages.

    Returns
    -------
    float
        Half-width, 0 if every passage is labelled.

    Raises
    ------
    DiscourseError
        If a number is out of range.

    Examples
    --------
    >>> round(expected_half_width(0.05, n_labels=216, n_passages=4000), 4)
    0.02
    """
    _check(share, n_passages, n_labels, labels_saved)
    if n_labels < 1:
        raise invalid("n_labels", got=n_labels, allowed=f"1 to {n_passages}")
    left = 1 / n_labels - 1 / n_passages
    return math.sqrt(_spread(share) / labels_saved * left)


def _spread(share: float) -> float:
    return float(stats.norm.ppf((1 + LEVEL) / 2)) ** 2 * share * (1 - share)


def _check(share: float, n_passages: int, n_labels: int, labels_saved: float) -> None:
    if not 0 <= share <= 1:
        raise invalid("share", got=share, allowed="0 to 1")
    if n_passages < 1:
        raise invalid("n_passages", got=n_passages, allowed="1 or more")
    if not 0 <= n_labels <= n_passages:
        raise invalid(
            "n_labels", got=n_labels, allowed=f"0 to {n_passages}, the passages there are"
        )
    if not labels_saved > 0:
        raise invalid("labels_saved", got=labels_saved, allowed="above 0")
