"""Whether labels still hold for posts that came after they were drawn.

Two checks, a weak one that always can be made and a strong one that needs labels of new posts:

- `check_drift` compares scores alone. It sees that new posts differ, not that the scores mean
  something else in them.
- `check_transfer` compares what labels and scores together say: is a passage with the same score
  as likely to carry the theme in new posts as in those the first labels came from?
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from statsmodels.regression.linear_model import WLS

from pmdiscourse.measure.coded import join_labels
from pmdiscourse.tables import check_table

Array = NDArray[np.float64]
# Chance of a false alarm over all themes together (Bonferroni).
ALARM = 0.05
# A smaller distance is left alone, however sure: a tenth of the passages lie elsewhere.
MIN_DISTANCE = 0.1
# Counts under which nothing is compared: those of every other comparison of groups.
MIN_THREADS = 20
MIN_LABELS = 50
MIN_POSITIVE = 5
# The top three strata of the draw: the passages where rare themes are looked for.
TOP_SHARE = 0.15


def check_drift(
    scores: pd.DataFrame, *, passages: pd.DataFrame, new_passages: Collection[str]
) -> pd.DataFrame:
    """Tell whether the scores of new passages lie elsewhere than those labels were drawn from.

    Parameters
    ----------
    scores : DataFrame
        Table ``scores``, all made by one model.
    passages : DataFrame
        Table ``passages``, for the threads.
    new_passages : collection of str
        passage_id of the scored passages that could not be drawn; all others could.

    Returns
    -------
    DataFrame
        A row per theme: theme, n_threads (of passages that could be drawn), n_new_threads, n_new
        (passages), top_share and new_top_share (share of passages at or above the score that the
        top 15 % reached at the draw, 0 to 1), distance (0 to 1), critical (the distance that
        chance may reach), drifted (nullable boolean, missing under 20 threads on either side) and
        note. No rows without new passages.

    Raises
    ------
    DiscourseError
        If a table is not usable.

    References
    ----------
    Kolmogorov-Smirnov distance, the largest difference between two cumulative shares. Critical
    value sqrt(-ln(a / 2) / 2) * sqrt(1 / m + 1 / n), Smirnov (1948), Table for estimating the
    goodness of fit of empirical distributions, with threads for m and n, because passages of a
    thread are alike; so it may miss a drift but seldom cries wolf. a = .05 over the number of
    themes. From 0.1 on only: in a large corpus any difference is sure, and most do not matter.
    """
    scores = check_table("scores", scores)
    new = scores["passage_id"].isin(set(new_passages))
    if not new.any():
        return pd.DataFrame(columns=["theme", "drifted", "note"])
    thread = scores["passage_id"].map(passages.set_index("passage_id")["thread_id"])
    n_new, n_old = thread[new].nunique(), thread[~new].nunique()
    themes = list(dict.fromkeys(scores["theme"]))
    rate = np.sqrt(-np.log(ALARM / len(themes) / 2) / 2)
    critical = float(rate * np.sqrt(1 / max(n_old, 1) + 1 / n_new))
    rows = []
    for theme in themes:
        of_theme = scores["theme"] == theme
        old_scores, new_scores = (scores.loc[of_theme & side, "score"] for side in (~new, new))
        row: dict[str, Any] = {"theme": theme, "n_threads": n_old, "n_new_threads": n_new}
        row |= _compare_scores(old_scores.to_numpy(float), new_scores.to_numpy(float))
        enough = min(n_old, n_new) >= MIN_THREADS
        drifted = row["distance"] > max(critical, MIN_DISTANCE) if enough else None
        row |= {"critical": critical, "drifted": drifted}
        rows.append(row | {"note": _drift_note(row)})
    return pd.DataFrame(rows).astype({"drifted": "boolean"})


def _compare_scores(old: Array, new: Array) -> dict[str, Any]:
    """Compare where the scores of old and new passages lie."""
    row: dict[str, Any] = {"n_new": len(new), "top_share": np.nan, "new_top_share": np.nan}
    if not len(old):
        return row | {"distance": np.nan}
    top = np.quantile(old, 1 - TOP_SHARE)
    row |= {"top_share": float((old >= top).mean()), "new_top_share": float((new >= top).mean())}
    return row | {"distance": float(stats.ks_2samp(old, new).statistic)}


def _drift_note(row: dict[str, Any]) -> str:
    """Say in words what was found."""
    if row["drifted"] is None:
        return (
            f"Too few threads to tell whether new posts differ ({row['n_threads']} before, "
            f"{row['n_new_threads']} new; {MIN_THREADS} each are needed)."
        )
    if row["drifted"]:
        return (
            f"New posts drift from where labels were drawn: {row['new_top_share']:.1%} of their "
            f"passages score as high as the top {row['top_share']:.1%} did then. Draw a further "
            "wave with `pmdiscourse label draw DIR`."
        )
    return "No drift of the scores is seen; scores alone cannot show more."


def check_transfer(
    scores: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    passages: pd.DataFrame,
    new_passages: Collection[str],
    design: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Tell whether scores mean in new posts what they meant where the first labels were drawn.

    A logistic regression of label on score is fitted to the old labels. If they transfer, it also
    tells how many of the new labels are positive, up to chance.

    Parameters
    ----------
    scores, labels, passages, design : DataFrame
        As in `evaluate`; labels of all waves.
    new_passages : collection of str
        passage_id of passages that came after the first draw.

    Returns
    -------
    DataFrame
        A row per labelled theme: theme, n_old and n_new (labelled passages), expected (share of
        new passages that old labels make one expect, 0 to 1), observed (share by the new labels),
        difference (observed - expected, against the same for the old labels), low and high (its
        interval), holds (nullable boolean: whether the interval has 0 in it; missing where there
        are too few labels, positives or threads) and note.

    Raises
    ------
    DiscourseError
        As in `evaluate`.

    References
    ----------
    Weighted regression of the residuals on a dummy for new, with thread-clustered standard errors
    and the t distribution (statsmodels). Labels weigh 1 / inclusion_probability. The interval is
    one of level 1 - .05 / number of themes, so that all hold together in 95 of 100 cases.
    """
    joined = join_labels(scores, labels, passages=passages, design=design)
    joined = joined[joined["score"].notna()]
    new = joined["passage_id"].isin(set(new_passages))
    themes = list(dict.fromkeys(joined["theme"]))
    rows = []
    for theme in themes:
        part = joined[joined["theme"] == theme]
        row = _compare_labels(part, new[part.index].to_numpy(), ALARM / len(themes))
        rows.append({"theme": theme} | row)
    columns = ["theme", "n_old", "n_new", "expected", "observed", "difference", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "holds", "note"]).astype({"holds": "boolean"})


def _compare_labels(part: pd.DataFrame, new: NDArray[np.bool_], alarm: float) -> dict[str, Any]:
    """Compare the labels of one theme with what the old ones make one expect."""
    row: dict[str, Any] = {"n_old": int((~new).sum()), "n_new": int(new.sum())}
    lack = _lack(part, new)
    if lack:
        return row | {"note": lack}
    present, weight = (part[name].to_numpy(float) for name in ("present", "weight"))
    feature = logit(np.clip(part["score"].to_numpy(float), 1e-6, 1 - 1e-6))[:, None]
    model = LogisticRegression(solver="newton-cholesky")
    model.fit(feature[~new], present[~new], sample_weight=weight[~new] / weight[~new].mean())
    expected = model.predict_proba(feature)[:, 1]
    threads = np.unique(part["thread_id"].to_numpy(str), return_inverse=True)[1]
    dummy = np.column_stack([np.ones(len(new)), new])
    fit = WLS(present - expected, dummy, weights=weight).fit(
        cov_type="cluster", cov_kwds={"groups": threads}, use_t=True
    )
    low, high = fit.conf_int(alpha=alarm)[1]
    row |= {"expected": float(np.average(expected[new], weights=weight[new]))}
    row |= {"observed": float(np.average(present[new], weights=weight[new]))}
    row |= {"difference": float(fit.params[1]), "low": float(low), "high": float(high)}
    row["holds"] = bool(low <= 0 <= high)
    return row | {"note": _transfer_note(row)}


def _lack(part: pd.DataFrame, new: NDArray[np.bool_]) -> str:
    """Name what keeps old and new labels from being compared; empty if nothing."""
    if not new.any():
        return (
            "No new post has a label, so nothing can tell whether the old labels hold for new "
            "posts. Draw a further wave with `pmdiscourse label draw DIR`."
        )
    for side, name in ((~new, "old"), (new, "new")):
        chosen = part[side]
        counts = {
            "labels": (len(chosen), MIN_LABELS),
            "positive labels": (int(chosen["present"].sum()), MIN_POSITIVE),
            "threads": (chosen["thread_id"].nunique(), MIN_THREADS),
        }
        for what, (n, least) in counts.items():
            if n < least:
                return f"Too few to compare: {n} {what} of {name} posts, {least} are needed."
    return ""


def _transfer_note(row: dict[str, Any]) -> str:
    """Say in words what was found."""
    told = (
        f"in new posts {row['observed']:.1%} of the passages carry the theme by their labels, "
        f"{row['expected']:.1%} were to be expected from the old ones (difference "
        f"{100 * row['difference']:+.1f} points, {100 * row['low']:+.1f} to "
        f"{100 * row['high']:+.1f})"
    )
    if row["holds"]:
        return f"The old labels hold as far as can be seen: {told}."
    return (
        f"The old labels do not hold for new posts: {told}. Scores mean something else there: "
        "estimate with labels of both, and never with the old ones alone."
    )
