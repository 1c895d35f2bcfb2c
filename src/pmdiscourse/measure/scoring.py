"""Themes of passages: the scores table, its evidence, and the passages that show a theme best."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pmdiscourse.codebook import load_codebook
from pmdiscourse.errors import invalid, unknown
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.tables import check_table, empty_table, require_columns

MAX_SPANS = 8
_UNDETERMINED = "und"  # too short to tell the language; mostly comments, so they stay in


def score_passages(passages: pd.DataFrame, model: ThemeModel) -> pd.DataFrame:
    """Score every passage for every theme.

    Parameters
    ----------
    passages : DataFrame
        With columns passage_id, language and text. Passages in another language than the
        codebook's are left out (``"und"``, undetermined, stays in); the caller tells how many.
    model : ThemeModel
        Fitted.

    Returns
    -------
    DataFrame
        The table ``scores``. Evidence holds at most the 8 spans with the highest positive weight,
        for scores of at least half the theme's threshold; it is empty below.

    Raises
    ------
    DiscourseError
        If a column is missing or a passage stands twice.
    NotFittedError
        If the model is not fitted.
    """
    require_columns("passages", passages, ["passage_id", "language", "text"])
    codebook = load_codebook() if model.codebook is None else model.codebook
    kept = passages[passages["language"].isin([codebook.language, _UNDETERMINED])]
    if kept.empty:
        return empty_table("scores")
    texts = kept["text"].tolist()
    scores = model.transform(texts)
    rows: list[dict[str, Any]] = []
    for passage, text, row in zip(kept["passage_id"], texts, scores, strict=True):
        spans = model.explain(text) if (row >= model.thresholds_ / 2).any() else []
        for theme, score, threshold in zip(model.theme_names_, row, model.thresholds_, strict=True):
            evidence = strongest_spans(spans, theme) if score >= threshold / 2 else []
            rows.append(
                {
                    "passage_id": passage,
                    "theme": theme,
                    "score": float(score),
                    "tagged": bool(score >= threshold),
                    "evidence": evidence,
                }
            )
    return check_table("scores", pd.DataFrame(rows))


def strongest_spans(spans: list[dict[str, Any]], theme: str) -> list[dict[str, Any]]:
    """Return at most 8 spans of a theme with positive weight, strongest first.

    Parameters
    ----------
    spans : list of dict
        As from `ThemeModel.explain`.
    theme : str
        Theme name.

    Returns
    -------
    list of dict
        ``{"start", "end", "view", "weight"}``, weights in log odds rounded to 6 decimals.
    """
    chosen = [s for s in spans if s["theme"] == theme and round(s["weight"], 6) > 0][:MAX_SPANS]
    return [
        {"start": s["start"], "end": s["end"], "view": s["view"], "weight": round(s["weight"], 6)}
        for s in chosen
    ]


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
