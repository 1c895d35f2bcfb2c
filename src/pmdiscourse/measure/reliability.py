"""Reliability: whether passages that score 10 % carry the theme in one case of ten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from pmdiscourse.errors import invalid
from pmdiscourse.measure.intervals import Floats, estimate_weighted_share

# Themes are rare, so most scores lie under .03 and thresholds under .2: about a factor of three
# from one edge to the next. Fixed, so that curves of two runs can be laid over each other.
EDGES = (0.0, 0.01, 0.03, 0.1, 0.3, 0.6, 1.0)
MIN_N = 10  # with fewer passages an interval spans most of 0 to 1
COLUMNS = ("low", "high", "n", "mean_score", "share", "share_low", "share_high")


def measure_reliability(
    scores: Any,
    present: Any,
    *,
    weights: Any = None,
    clusters: Any = None,
    edges: Sequence[float] = EDGES,
    min_n: int = MIN_N,
) -> pd.DataFrame:
    """Compare scores with the share of passages that carry the theme, bin by bin.

    Parameters
    ----------
    scores : array-like of shape (n,)
        Scores of one theme, 0 to 1; out of fold if the model learned from these passages.
    present : array-like of bool of shape (n,)
        Whether coders found the theme; no missing values.
    weights : array-like of shape (n,) or None, default=None
        What each passage stands for, above 0, e.g. one over its inclusion probability; None weighs
        all alike.
    clusters : array-like of shape (n,) or None, default=None
        The thread or document of each passage; None takes passages as independent.
    edges : sequence of float, default=(0, .01, .03, .1, .3, .6, 1)
        Ends of the bins, rising from 0 to 1. A bin holds its lower end, the last both.
    min_n : int, default=10
        A bin with fewer passages is joined with the next lower one, the lowest with the next
        higher one; bins without any are left out. 1 or more.

    Returns
    -------
    DataFrame
        One row per bin, rising: low and high (ends of the bin), n (passages), mean_score, share
        (that carry the theme; both weighted), share_low and share_high (its 95 % interval). Empty
        without passages.

    Raises
    ------
    DiscourseError
        If lengths differ, a score is not from 0 to 1, present is missing somewhere, a weight is
        not above 0, or edges or min_n are not usable.

    References
    ----------
    Murphy and Winkler (1977), Reliability of subjective probability forecasts of precipitation and
    temperature, Applied Statistics 26. Interval: `estimate_weighted_share`.

    Examples
    --------
    >>> bins = measure_reliability([0.02] * 30 + [0.7] * 10, [0] * 30 + [1] * 8 + [0] * 2)
    >>> bins[["low", "high", "n", "mean_score", "share"]].round(2).values.tolist()
    [[0.01, 0.03, 30.0, 0.02, 0.0], [0.6, 1.0, 10.0, 0.7, 0.8]]
    """
    if min_n < 1:
        raise invalid("min_n", got=min_n, allowed="1 or more")
    score, held, weight, cluster = _check(scores, present, weights, clusters)
    rows = []
    for low, high in _join_bins(score, _check_edges(edges), min_n):
        inside = (score >= low) & ((score < high) | (high == 1))
        share, share_low, share_high = estimate_weighted_share(
            held, weights=weight, clusters=cluster, among=inside
        )
        mean = float(np.average(score[inside], weights=weight[inside]))
        rows.append((low, high, int(inside.sum()), mean, share, share_low, share_high))
    types: dict[str, Any] = dict.fromkeys(COLUMNS, "float64") | {"n": "int64"}
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(types)


def _join_bins(score: Floats, edges: Floats, min_n: int) -> list[tuple[float, float]]:
    """Return the ends of the bins, rising; from the top, thin ones go to the next lower one."""
    counts, _ = np.histogram(score, bins=edges)  # the last bin holds its upper end too
    bins: list[tuple[float, float]] = []
    n, top = 0, 1.0
    for count, low, high in zip(counts[::-1], edges[-2::-1], edges[:0:-1], strict=True):
        top = float(high) if n == 0 else top
        n += int(count)
        if n >= min_n:
            bins.append((float(low), top))
            n = 0
    if n:  # what is left at the bottom goes to the bin above it
        top = bins.pop()[1] if bins else top
        bins.append((0.0, top))
    return bins[::-1]


def _check_edges(edges: Sequence[float]) -> Floats:
    ends = np.asarray(edges, dtype=np.float64)
    rising = ends.ndim == 1 and len(ends) > 1 and bool((np.diff(ends) > 0).all())
    if not rising or ends[0] != 0 or ends[-1] != 1:
        raise invalid("edges", got=list(edges), allowed="numbers that rise from 0 to 1")
    return ends


def _check(
    scores: Any, present: Any, weights: Any, clusters: Any
) -> tuple[Floats, Any, Floats, Any]:
    """Return the arrays, checked."""
    score = np.asarray(scores, dtype=np.float64)
    n = len(score)
    weight = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    cluster = np.arange(n) if clusters is None else np.asarray(clusters)
    if pd.isna(present).any():
        hint = "Leave passages out that nobody decided."
        raise invalid("present", got="a missing value", allowed="True or False", hint=hint)
    held = np.asarray(present, dtype=bool)
    for name, values in (("present", held), ("weights", weight), ("clusters", cluster)):
        if len(values) != n:
            raise invalid(name, got=f"{len(values)} values", allowed=f"{n}, one for each score")
    if not ((score >= 0) & (score <= 1)).all():
        wrong = score[~((score >= 0) & (score <= 1))][0]
        raise invalid("scores", got=float(wrong), allowed="from 0 to 1")
    if not ((weight > 0) & np.isfinite(weight)).all():
        wrong = weight[~((weight > 0) & np.isfinite(weight))][0]
        raise invalid("weights", got=float(wrong), allowed="above 0")
    return score, held, weight, cluster
