"""Themes of passages and posts: the scores table, and the passages that show a theme best."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.utils.validation import check_is_fitted

from pmdiscourse.codebook import load_codebook
from pmdiscourse.errors import invalid, unknown
from pmdiscourse.measure.evidence import strongest_spans
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.tables import check_table, empty_table, require_columns

_UNDETERMINED = "und"  # too short to tell the language; mostly comments, so they stay in


def score_passages(
    passages: pd.DataFrame, model: ThemeModel, *, n_jobs: int | None = None
) -> pd.DataFrame:
    """Score every passage for every theme.

    Parameters
    ----------
    passages : DataFrame
        With columns passage_id, language and text. Passages in another language than the
        codebook's are left out (``"und"``, undetermined, stays in); the caller tells how many.
    model : ThemeModel
        Fitted.
    n_jobs : int or None, default=None
        Processes, as in scikit-learn: None is one unless a `joblib.parallel_config` says more, -1
        one a core. The scores are the same however many.

    Returns
    -------
    DataFrame
        The table ``scores``. Evidence holds what `pmdiscourse.measure.evidence.strongest_spans`
        gives, for scores of at least half the theme's threshold; it is empty below, and where
        nothing but stop words made the score.

    Raises
    ------
    DiscourseError
        If a column is missing or a passage stands twice.
    NotFittedError
        If the model is not fitted.
    """
    require_columns("passages", passages, ["passage_id", "language", "text"])
    check_is_fitted(model)
    codebook = load_codebook() if model.codebook is None else model.codebook
    kept = passages[passages["language"].isin([codebook.language, _UNDETERMINED])]
    if kept.empty:
        return empty_table("scores")
    ids, texts = kept["passage_id"].tolist(), kept["text"].tolist()
    size = -(-len(ids) // effective_n_jobs(n_jobs))  # one piece a job: each loads the model once
    pieces = [slice(first, first + size) for first in range(0, len(ids), size)]
    found = Parallel(n_jobs=n_jobs)(delayed(_score)(model, ids[p], texts[p]) for p in pieces)
    return check_table("scores", pd.DataFrame([row for rows in found for row in rows]))


def _score(model: ThemeModel, ids: list[str], texts: list[str]) -> list[dict[str, Any]]:
    """Return the rows of the table ``scores`` for some passages."""
    rows: list[dict[str, Any]] = []
    scores = np.asarray(model.transform(texts))  # a frame, where scikit-learn is set to give one
    for passage, text, row in zip(ids, texts, scores, strict=True):
        spans = model.explain(text) if (row >= model.thresholds_ / 2).any() else []
        for theme, score, threshold in zip(model.theme_names_, row, model.thresholds_, strict=True):
            shown = score >= threshold / 2
            rows.append(
                {
                    "passage_id": passage,
                    "theme": theme,
                    "score": float(score),
                    "tagged": bool(score >= threshold),
                    "evidence": strongest_spans(text, spans, theme) if shown else [],
                }
            )
    return rows


def score_posts(scores: pd.DataFrame, passages: pd.DataFrame) -> pd.DataFrame:
    """Score every post for every theme: as high as its highest passage.

    So a post is tagged if any of its passages is, the rule by which `estimate_prevalence` counts
    posts. No probability that passages show the theme independently is assumed (as in "noisy or"),
    which would rise with every further passage; yet a long post has more passages to be tagged by.

    Parameters
    ----------
    scores : DataFrame
        The table ``scores``.
    passages : DataFrame
        The table ``passages``, or its columns passage_id and post_id.

    Returns
    -------
    DataFrame
        A row per post and theme, in this order: post_id, theme, score (0 to 1), tagged, n_passages
        (scored ones) and n_tagged. Posts without a scored passage (of other languages) are left
        out.

    Raises
    ------
    DiscourseError
        If a table is not usable, a passage stands twice, or scores has passages that passages
        lacks.
    """
    scores = check_table("scores", scores)
    require_columns("passages", passages, ["passage_id", "post_id"])
    repeated = passages["passage_id"].duplicated()
    if repeated.any():
        got = passages.loc[repeated, "passage_id"].iloc[0]
        raise invalid("passage_id of passages", got=got, allowed="each passage once")
    posts = scores["passage_id"].map(passages.set_index("passage_id")["post_id"])
    if posts.isna().any():
        raise invalid(
            "scores",
            got=f"{int(posts.isna().sum())} rows of passages that passages lacks",
            allowed="scores of these passages",
            hint="Give the scores and the passages of the same run.",
        )
    groups = scores.assign(post_id=posts).groupby(["post_id", "theme"])
    return groups.agg(
        score=("score", "max"),
        tagged=("tagged", "any"),
        n_passages=("tagged", "size"),
        n_tagged=("tagged", "sum"),
    ).reset_index()


def representative_passages(
    scores: pd.DataFrame, passages: pd.DataFrame, *, theme: str | None = None, n: int = 5
) -> pd.DataFrame:
    """Return the passages that show a theme, or each theme, best.

    Parameters
    ----------
    scores : DataFrame
        The table ``scores``.
    passages : DataFrame
        The table ``passages``.
    theme : str or None, default=None
        Theme name; None takes all themes of scores, in alphabetical order.
    n : int, default=5
        How many of each theme at most; 1 or more.

    Returns
    -------
    DataFrame
        The columns of passages, then score, tagged and evidence; highest scores first, one of
        each thread before a second of any thread. For all themes the column theme stands before
        score.

    Raises
    ------
    DiscourseError
        If the theme is not in scores, a column is missing or n is below 1.
    """
    columns = ["passage_id", "theme", "score", "tagged", "evidence"]
    require_columns("scores", scores, columns)
    require_columns("passages", passages, ["passage_id", "thread_id"])
    if n < 1:
        raise invalid("n", got=n, allowed="1 or more")
    known = sorted(set(scores["theme"]))
    if theme is not None and theme not in known:
        raise unknown("theme", got=theme, known=known)
    chosen = scores.loc[scores["theme"].isin(known if theme is None else [theme]), columns]
    joined = passages.merge(chosen, on="passage_id", validate="one_to_many")
    joined = joined.sort_values(["score", "passage_id"], ascending=[False, True])
    rank = joined.groupby(["theme", "thread_id"]).cumcount().rename("rank")
    order = joined.assign(rank=rank).sort_values(
        ["theme", "rank", "score"], ascending=[True, True, False], kind="stable"
    )
    best = order.groupby("theme").head(n).reset_index(drop=True)
    return best.drop(columns=["rank"] if theme is None else ["rank", "theme"])
