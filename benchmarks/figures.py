"""Figures of cross-validated scores: average precision and F1 with intervals, and their means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score

from pmdiscourse.measure.evaluate import evaluate

DRAWS = 1000


def theme_figures(
    frame: pd.DataFrame, scores: Any, tagged: Any, names: Sequence[str]
) -> pd.DataFrame:
    """Return the figures of `evaluate` per theme; documents are drawn with replacement."""
    ids = [f"row {i}" for i in range(len(frame))]
    passages = pd.DataFrame({"passage_id": ids, "thread_id": frame["doc_id"].to_numpy()})
    parts = [
        pd.DataFrame({"passage_id": ids, "theme": name, "score": s, "tagged": t, "present": y})
        for name, s, t, y in zip(names, scores.T, tagged.T, frame[names].to_numpy().T, strict=True)
    ]
    long = pd.concat(parts, ignore_index=True).astype({"present": "boolean"})
    result = evaluate(long.drop(columns="present"), long, passages=passages, n_draws=DRAWS)
    return result.set_index("theme")


def draw_documents(frame: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return how often each passage counts in each bootstrap draw of documents."""
    _, number = np.unique(frame["doc_id"].to_numpy(str), return_inverse=True)
    n = int(number.max()) + 1
    times = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=DRAWS)
    return np.asarray(times[:, number])


def mean_precision(present: Any, scores: Any, weights: Any = None) -> float:
    """Return average precision, mean over themes."""
    themes = range(present.shape[1])
    return float(
        np.mean(
            [
                average_precision_score(present[:, j], scores[:, j], sample_weight=weights)
                for j in themes
            ]
        )
    )


def mean_f1(present: Any, tagged: Any, weights: Any = None) -> float:
    """Return F1, mean over themes."""
    w = np.ones(len(present)) if weights is None else weights
    hits = w @ (present & tagged)
    return float(np.mean(2 * hits / np.maximum(w @ present + w @ tagged, 1e-12)))


def mean_figures(present: Any, scores: Any, tagged: Any, draws: Any) -> dict[str, list[float]]:
    """Return the means over themes: value, standard error, low and high end of 95 %."""
    result = {}
    usable = draws[(draws @ present > 0).all(axis=1)]
    for name, value, drawn in (
        (
            "average_precision",
            mean_precision(present, scores),
            [mean_precision(present, scores, w) for w in usable[:300]],
        ),
        ("f1", mean_f1(present, tagged), [mean_f1(present, tagged, w) for w in usable]),
    ):
        low, high = np.percentile(drawn, [2.5, 97.5])
        error = float(np.std(drawn, ddof=1))
        result[name] = [round(float(x), 4) for x in (value, error, low, high)]
    return result


def natural_shares(frame: pd.DataFrame, tagged: Any, names: Sequence[str]) -> pd.DataFrame:
    """Return tagged and true share at the natural base rate: rows drawn with a known chance."""
    drawn = frame["inclusion"].notna().to_numpy()
    weights = 1 / frame["inclusion"].to_numpy()[drawn]
    present = frame[names].to_numpy()[drawn]
    return pd.DataFrame(
        {
            "tagged_share": np.average(tagged[drawn], axis=0, weights=weights),
            "true_share": np.average(present, axis=0, weights=weights),
            "n": int(drawn.sum()),
            "n_positive": present.sum(axis=0),
        },
        index=list(names),
    )
