"""Methods side by side on the same labelled passages: figures, intervals, paired differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from figures import draw_documents

from pmdiscourse.measure.evaluate import FEW_POSITIVES
from pmdiscourse.measure.linear import choose_threshold

Floats = npt.NDArray[np.float64]
Tags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scored:
    """What one method says of the labelled passages.

    Parameters
    ----------
    name : str
        The method.
    scores : ndarray of shape (n_passages, n_themes)
        Scores, of any scale.
    tagged : ndarray of bool of shape (n_passages, n_themes)
        Themes that it tags.
    seconds : float
        Processor time of fitting and scoring.
    """

    name: str
    scores: Floats
    tagged: Tags
    seconds: float


def tag_out_of_fold(scores: Floats, present: Tags, fold: npt.NDArray[np.int64]) -> Tags:
    """Tag by thresholds that give the highest F1 on the other folds; nothing else is learned."""
    tagged = np.zeros(scores.shape, dtype=bool)
    for k in np.unique(fold):
        inside = fold == k
        for theme in range(scores.shape[1]):
            known = present[~inside, theme]
            cut = choose_threshold(scores[~inside, theme], known, base_rate=float(known.mean()))
            tagged[inside, theme] = scores[inside, theme] >= cut
    return tagged


def average_precision(present: Tags, scored: Scored, theme: int, times: Floats) -> Floats:
    """Return average precision (as scikit-learn's) of every draw; missing without positives.

    ``times`` of shape (n_draws, n_passages) says how often each passage was drawn. All draws are
    done at once, which scikit-learn's function cannot do.
    """
    scores = scored.scores[:, theme]
    order = np.argsort(-scores, kind="stable")
    last_of_tie = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    drawn = times[:, order]
    hits = np.cumsum(drawn * present[order, theme], axis=1)[:, last_of_tie]
    seen = np.cumsum(drawn, axis=1)[:, last_of_tie]
    steps = np.diff(hits, axis=1, prepend=0.0)
    return _divide((steps * hits / np.maximum(seen, 1)).sum(axis=1), hits[:, -1])


def f1(present: Tags, scored: Scored, theme: int, times: Floats) -> Floats:
    """Return F1 of every draw; missing without positives."""
    true, tagged = present[:, theme], scored.tagged[:, theme]
    n_positive, n_tagged = times @ true, times @ tagged
    value = _divide(2 * (times @ (true & tagged)), n_positive + n_tagged)
    return np.where(n_positive > 0, value, np.nan)


METRICS: dict[str, Callable[[Tags, Scored, int, Floats], Floats]] = {
    "average precision": average_precision,
    "F1": f1,
}


def _divide(above: Floats, below: Floats) -> Floats:
    result: Floats = np.full(len(above), np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result


def tables(frame: pd.DataFrame, names: Sequence[str], methods: Sequence[Scored]) -> Iterator[str]:
    """Yield Markdown tables of both metrics, for all passages and for each kind.

    Intervals (95 %) and differences to the first method are over the same 1,000 draws of whole
    documents with replacement. A theme with fewer than 10 positives is "too few", and so is then
    the mean.
    """
    everything = np.ones(len(frame), dtype=bool)
    parts = {"passages": everything}
    parts |= {f"{kind}s": (frame["kind"] == kind).to_numpy() for kind in sorted(set(frame["kind"]))}
    for label, rows in parts.items():
        part = frame[rows]
        present = part[list(names)].to_numpy(bool)
        n_positive = present.sum(axis=0)
        head = f"{len(part):,} {label} of {part['doc_id'].nunique()} documents"
        if (n_positive < FEW_POSITIVES).all():
            counts = ", ".join(f"{name} {n}" for name, n in zip(names, n_positive, strict=True))
            yield f"{head}: too few positives ({counts})"
            continue
        chosen = [Scored(m.name, m.scores[rows], m.tagged[rows], m.seconds) for m in methods]
        times = np.vstack([np.ones(len(part)), draw_documents(part)]).astype(float)
        for metric in METRICS:
            yield f"{head}, {metric}\n\n{_table(metric, present, names, chosen, times)}"


def _table(
    metric: str, present: Tags, names: Sequence[str], methods: Sequence[Scored], times: Floats
) -> str:
    """Return one table; the first row of ``times`` counts every passage once."""
    n_positive = present.sum(axis=0)
    shown = [f"{name} ({n})" for name, n in zip(names, n_positive, strict=True)]
    lines = ["| " + " | ".join(["", "mean", "difference to the first", *shown, "seconds"]) + " |"]
    lines += ["|---" * (len(names) + 4) + "|"]
    first: Floats | None = None
    for method in methods:
        drawn = np.array([METRICS[metric](present, method, j, times) for j in range(len(names))])
        drawn[n_positive < FEW_POSITIVES] = np.nan
        mean = drawn.mean(axis=0)
        difference = "" if first is None else show(mean - first, sign="+")
        first = mean if first is None else first
        cells = [show(mean), difference, *map(show, drawn), f"{method.seconds:.1f}"]
        lines.append("| " + " | ".join([method.name, *cells]) + " |")
    return "\n".join(lines)


def show(drawn: Floats, sign: str = "") -> str:
    """Return the value, which stands first, and the ends of its 95 % interval."""
    known = drawn[1:][~np.isnan(drawn[1:])]
    if np.isnan(drawn[0]) or not len(known):
        return "too few"
    low, high = np.percentile(known, [2.5, 97.5])
    return f"{drawn[0]:{sign}.3f} [{low:{sign}.2f}, {high:{sign}.2f}]"
