"""How good the scores are: precision, recall, F1 and average precision against human labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmdiscourse.errors import invalid, unknown
from pmdiscourse.measure.strata import assign_strata
from pmdiscourse.tables import require_columns

CHANCE = "inclusion_probability"
METRICS = ("average_precision", "precision", "recall", "f1")
FEW_POSITIVES = 10  # under this an interval of a metric says little; the row says so
Floats = npt.NDArray[np.float64]


def evaluate(
    scores: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    passages: pd.DataFrame,
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
    n_draws : int, default=1000
        Bootstrap draws of whole threads; 1 or more.
    random_state : int, default=0
        Seed of the draws.

    Returns
    -------
    DataFrame
        One row per theme of scores, in their order: theme, n (labelled passages with a score),
        n_threads, n_positive, n_unscored (labelled passages without a score), weighted (whether
        the metrics weigh labels by their chance of being drawn; counts never do), and for each of
        average_precision, precision, recall and f1 the value from 0 to 1 with the ends of its 95 %
        interval in ``_low`` and ``_high``; note. Missing where the labels do not define it.

    Raises
    ------
    DiscourseError
        If a column is missing, a label names an unknown theme or passage, an inclusion
        probability is not usable, or n_draws is below 1.

    References
    ----------
    Average precision without interpolation, as in scikit-learn. Weights: Horvitz and Thompson
    (1952), A generalization of sampling without replacement from a finite universe. Percentile
    bootstrap over clusters: Davison and Hinkley (1997), Bootstrap Methods and their Application,
    section 3.8.
    """
    _check(scores, labels, passages, n_draws)
    weighted = CHANCE in labels.columns and bool(labels[CHANCE].notna().all())
    coded = _code(labels, scores, weighted)
    joined = coded.merge(scores, on=["passage_id", "theme"], how="left", validate="one_to_one")
    threads = passages[["passage_id", "thread_id"]]
    joined = joined.merge(threads, on="passage_id", validate="many_to_one")
    joined = joined.sort_values(["passage_id", "theme"])
    rows = []
    for theme in dict.fromkeys(scores["theme"]):
        part = joined[joined["theme"] == theme]
        scored = part[part["score"].notna()]
        row = {"theme": theme} | _evaluate_theme(scored, n_draws, random_state)
        rows.append(row | {"n_unscored": len(part) - len(scored), "weighted": weighted})
    columns = ["theme", "n", "n_threads", "n_positive", "n_unscored", "weighted"]
    columns += [name + end for name in METRICS for end in ("", "_low", "_high")]
    return pd.DataFrame(rows)[[*columns, "note"]]


def _code(labels: pd.DataFrame, scores: pd.DataFrame, weighted: bool) -> pd.DataFrame:
    """Return what the majority of coders said of a passage and theme, and its weight."""
    sure = labels.dropna(subset=["present"])
    sure = sure.assign(weight=1 / sure[CHANCE].astype(float) if weighted else 1.0)
    if "stratum" not in sure.columns:
        sure["stratum"] = ""
    columns = {
        "share": ("present", "mean"),
        "weight": ("weight", "max"),
        "stratum": ("stratum", "max"),
    }
    coded = sure.groupby(["passage_id", "theme"]).agg(**columns).reset_index()
    coded = coded[coded["share"].astype(float) != 0.5]
    coded = coded.assign(present=lambda f: f["share"].astype(float) > 0.5)
    whole = weighted and bool((labels[CHANCE] == 1).all())
    if whole and labels["passage_id"].nunique() < scores["passage_id"].nunique():
        # Labelling may stop early: what is labelled then is a sample from each stratum.
        size = coded["stratum"].astype(str).map(assign_strata(scores).value_counts())
        labelled = coded.groupby(["theme", "stratum"])["passage_id"].transform("size")
        coded["weight"] = (size / labelled).fillna(1.0)
    return coded


def _evaluate_theme(part: pd.DataFrame, n_draws: int, random_state: int) -> dict[str, Any]:
    """Return the figures of one theme."""
    part = part.sort_values("score", ascending=False, kind="stable")
    present = part["present"].to_numpy(dtype=float)
    score = part["score"].to_numpy(dtype=float)
    tagged = part["tagged"].to_numpy(dtype=float)
    thread = np.unique(part["thread_id"].to_numpy(dtype=str), return_inverse=True)[1]
    n_threads = int(thread.max()) + 1 if len(thread) else 0
    row: dict[str, Any] = {
        "n": len(part),
        "n_threads": n_threads,
        "n_positive": int(present.sum()),
        "note": f"fewer than {FEW_POSITIVES} positives" if present.sum() < FEW_POSITIVES else "",
    }
    weight = part["weight"].to_numpy(dtype=float)
    point = _metrics(weight[None, :], present, score, tagged)
    draws = point
    if n_threads:
        random = np.random.default_rng(random_state)
        times = random.multinomial(n_threads, np.full(n_threads, 1 / n_threads), size=n_draws)
        draws = _metrics(times[:, thread] * weight, present, score, tagged)
    for name, value, drawn in zip(METRICS, point[:, 0], draws, strict=True):
        defined = drawn[~np.isnan(drawn)]
        low, high = np.percentile(defined, [2.5, 97.5]) if len(defined) else (np.nan, np.nan)
        row |= {name: value, f"{name}_low": low, f"{name}_high": high}
    return row


def _metrics(weights: Floats, present: Floats, score: Floats, tagged: Floats) -> Floats:
    """Return the metrics for every row of weights.

    ``weights`` has the shape (n_draws, n): how often each passage was drawn, times what it stands
    for. Passages are in falling order of score. The result has the shape (4, n_draws).
    """
    positives = weights * present
    n_positive = positives.sum(axis=1)
    true_tagged = positives @ tagged
    n_tagged = weights @ tagged
    last_of_tie = np.flatnonzero(np.append(np.diff(score) != 0, np.ones(min(1, len(score)))))
    hits = np.cumsum(positives, axis=1)[:, last_of_tie]
    seen = np.cumsum(weights, axis=1)[:, last_of_tie]
    steps = np.diff(hits, axis=1, prepend=0.0)
    average = _ratio((steps * _ratio(hits, seen, empty=0.0)).sum(axis=1), n_positive)
    return np.array(
        [
            average,
            _ratio(true_tagged, n_tagged),
            _ratio(true_tagged, n_positive),
            _ratio(2 * true_tagged, n_tagged + n_positive),
        ]
    )


def _ratio(above: Floats, below: Floats, empty: float = np.nan) -> Floats:
    """Divide; ``empty`` where there is nothing to divide by."""
    result: Floats = np.full(np.shape(above), empty)
    np.divide(above, below, out=result, where=below > 0)
    return result


def _check(scores: Any, labels: Any, passages: Any, n_draws: int) -> None:
    """Check the frames where they enter."""
    needed = {
        "scores": (scores, ["passage_id", "theme", "score", "tagged"]),
        "labels": (labels, ["passage_id", "theme", "present"]),
        "passages": (passages, ["passage_id", "thread_id"]),
    }
    for name, (frame, columns) in needed.items():
        require_columns(name, frame, columns)
    if n_draws < 1:
        raise invalid("n_draws", got=n_draws, allowed="1 or more")
    known = list(dict.fromkeys(scores["theme"]))
    for theme in sorted(set(labels["theme"]) - set(known)):
        raise unknown("theme of labels", got=theme, known=known)
    strange = sorted(set(labels["passage_id"]) - set(passages["passage_id"]))
    if strange:
        hint = "Were the labels drawn from another run?"
        raise invalid(
            "passage_id of labels", got=strange[0], allowed="an id of passages", hint=hint
        )
    if CHANCE in labels.columns:
        chance = labels[CHANCE].dropna()
        if not chance.between(0, 1, inclusive="right").all():
            raise invalid(CHANCE, got=chance.min(), allowed="above 0 and up to 1")
        if chance.groupby(labels["passage_id"]).nunique().gt(1).any():
            raise invalid(CHANCE, got="several for a passage", allowed="one for each passage")
