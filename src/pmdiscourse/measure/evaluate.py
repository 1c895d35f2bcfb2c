"""How good the scores are: precision, recall, F1 and average precision against human labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmdiscourse.errors import invalid
from pmdiscourse.measure.coded import is_weighted, join_labels
from pmdiscourse.measure.intervals import Floats, estimate_weighted_share

METRICS = ("average_precision", "precision", "recall", "f1")
FEW_POSITIVES = 10  # under this an interval of a metric says little; the row says so


def evaluate(
    scores: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    passages: pd.DataFrame,
    design: pd.DataFrame | None = None,
    n_draws: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Compare scores with labels, theme by theme.

    Labels of `draw_sample` lie mostly where the scores are high. With their inclusion
    probabilities each counts for the passages it was drawn from, and the figures are those of the
    whole corpus; without, they are those of the labelled passages only. Average precision of a
    weighted sample leans high while labels are few; the other metrics do not.

    Parameters
    ----------
    scores : DataFrame
        The table ``scores``.
    labels : DataFrame
        Long: passage_id, theme, present (nullable boolean). Of several coders the majority
        counts; ties and missing values are left out. If inclusion_probability (above 0 and up to
        1) is there and complete, a label weighs 1 / inclusion_probability. If a corpus was drawn
        whole but not all of it is labelled, the weight is the size of the stratum over the labels
        in it (column stratum).
    passages : DataFrame
        The table ``passages``: it says which thread a passage stands in.
    design : DataFrame or None, default=None
        passage_id and stratum of every passage that could be drawn, as the draw keeps them; None
        recomputes the strata from the scores.
    n_draws : int, default=1000
        Bootstrap draws of whole threads, for average precision; 1 or more.
    random_state : int, default=0
        Seed of the draws.

    Returns
    -------
    DataFrame
        One row per theme of scores, in their order: theme, n (labelled passages with a score),
        n_threads, n_positive, n_tagged, n_hits (tagged positives), n_unscored (labelled passages
        without a score), weighted (whether the metrics weigh labels by their chance of being
        drawn; counts never do), and for each of average_precision, precision, recall and f1 the
        value from 0 to 1 with the ends of its 95 % interval in ``_low`` and ``_high``; note.
        Missing where the labels do not define it: recall without a positive, precision without
        a tag.

    Raises
    ------
    DiscourseError
        If a column is missing, a label names an unknown theme or passage, an inclusion
        probability is not usable, or n_draws is below 1.

    References
    ----------
    Average precision without interpolation, as in scikit-learn; percentile bootstrap over threads:
    Davison and Hinkley (1997), Bootstrap Methods and their Application, section 3.8. Weights:
    Horvitz and Thompson (1952), A generalization of sampling without replacement from a finite
    universe. Precision, recall and the Jaccard index J (hits among passages tagged or positive;
    F1 = 2 J / (1 + J)) are shares: their intervals, clustered by thread, are those of Korn and
    Graubard (1998), `estimate_weighted_share`, which no run of hits shrinks to a point.
    """
    if n_draws < 1:
        raise invalid("n_draws", got=n_draws, allowed="1 or more")
    joined = join_labels(scores, labels, passages=passages, design=design)
    rows = []
    for theme in dict.fromkeys(scores["theme"]):
        part = joined[joined["theme"] == theme]
        scored = part[part["score"].notna()]
        row = {"theme": theme} | _evaluate_theme(scored, n_draws, random_state)
        row |= {"n_unscored": len(part) - len(scored), "weighted": is_weighted(labels)}
        rows.append(row)
    columns = ["theme", "n", "n_threads", "n_positive", "n_tagged", "n_hits", "n_unscored"]
    columns += ["weighted", *(name + end for name in METRICS for end in ("", "_low", "_high"))]
    return pd.DataFrame(rows)[[*columns, "note"]]


def _evaluate_theme(part: pd.DataFrame, n_draws: int, random_state: int) -> dict[str, Any]:
    """Return the figures of one theme."""
    part = part.sort_values("score", ascending=False, kind="stable")
    present = part["present"].to_numpy(dtype=bool)
    tagged = part["tagged"].to_numpy(dtype=bool)
    weight = part["weight"].to_numpy(dtype=float)
    thread = np.unique(part["thread_id"].to_numpy(dtype=str), return_inverse=True)[1]
    shares = {
        "precision": (present, tagged),
        "recall": (tagged, present),
        "f1": (present & tagged, present | tagged),
    }
    row: dict[str, Any] = {
        "n": len(part),
        "n_threads": int(thread.max()) + 1 if len(thread) else 0,
        "n_positive": int(present.sum()),
        "n_tagged": int(tagged.sum()),
        "n_hits": int((present & tagged).sum()),
        "note": f"fewer than {FEW_POSITIVES} positives" if present.sum() < FEW_POSITIVES else "",
    }
    drawn = _draw_precision(part, thread, weight, n_draws, random_state)
    row |= _name_ends("average_precision", drawn)
    for name, (counted, among) in shares.items():
        ends = estimate_weighted_share(counted, weights=weight, clusters=thread, among=among)
        # F1 is 2 J / (1 + J) with Jaccard's J, a share, so its ends are those of J.
        row |= _name_ends(name, [2 * j / (1 + j) for j in ends] if name == "f1" else ends)
    return row


def _name_ends(name: str, values: Sequence[float]) -> dict[str, float]:
    """Name a value and the ends of its interval."""
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def _draw_precision(
    part: pd.DataFrame, thread: npt.NDArray[np.intp], weight: Floats, n_draws: int, seed: int
) -> tuple[float, float, float]:
    """Return average precision and its percentiles over draws of threads."""
    if part.empty:
        return (np.nan, np.nan, np.nan)
    present, score = (part[name].to_numpy(dtype=float) for name in ("present", "score"))
    point = _average_precision(weight[None, :], present, score)
    n_threads = int(thread.max()) + 1
    random = np.random.default_rng(seed)
    times = random.multinomial(n_threads, np.full(n_threads, 1 / n_threads), size=n_draws)
    drawn = _average_precision(times[:, thread] * weight, present, score)
    defined = drawn[~np.isnan(drawn)]
    if not len(defined):
        return (float(point[0]), np.nan, np.nan)
    low, high = np.percentile(defined, [2.5, 97.5])
    return (float(point[0]), float(low), float(high))


def _average_precision(weights: Floats, present: Floats, score: Floats) -> Floats:
    """Return average precision for every row of weights, shape (n_draws, n).

    Passages are in falling order of score; a weight is how often a passage was drawn, times what
    it stands for.
    """
    positives = weights * present
    last_of_tie = np.flatnonzero(np.append(np.diff(score) != 0, True))
    hits = np.cumsum(positives, axis=1)[:, last_of_tie]
    seen = np.cumsum(weights, axis=1)[:, last_of_tie]
    steps = np.diff(hits, axis=1, prepend=0.0)
    above = (steps * _ratio(hits, seen, empty=0.0)).sum(axis=1)
    return _ratio(above, positives.sum(axis=1), empty=np.nan)


def _ratio(above: Floats, below: Floats, *, empty: float) -> Floats:
    """Divide; ``empty`` where there is nothing to divide by."""
    result: Floats = np.full(np.shape(above), empty)
    np.divide(above, below, out=result, where=below > 0)
    return result
