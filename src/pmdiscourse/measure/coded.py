"""What the majority of coders said of each passage and theme, beside the scores."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pmdiscourse.errors import invalid, unknown
from pmdiscourse.measure.decisions import decide
from pmdiscourse.measure.strata import assign_strata
from pmdiscourse.tables import check_present, require_columns

CHANCE = "inclusion_probability"


def is_weighted(labels: pd.DataFrame) -> bool:
    """Tell whether every label has a chance of being drawn, so that it stands for others."""
    return CHANCE in labels.columns and len(labels) > 0 and bool(labels[CHANCE].notna().all())


def join_labels(
    scores: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    passages: pd.DataFrame,
    design: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Join what the majority of coders said with scores and threads; arguments as in `evaluate`.

    Returns
    -------
    DataFrame
        One row per passage and theme that is decided, in their order: passage_id, theme, agreed
        (share of the coders, above .5), present, stratum, weight, thread_id, and the other columns
        of scores, missing where a passage has no score.

    Raises
    ------
    DiscourseError
        As in `evaluate`.
    """
    _check(scores, labels, passages)
    coded = _code(labels, scores, design)
    joined = coded.merge(scores, on=["passage_id", "theme"], how="left", validate="one_to_one")
    threads = passages[["passage_id", "thread_id"]]
    joined = joined.merge(threads, on="passage_id", validate="many_to_one")
    return joined.sort_values(["passage_id", "theme"], ignore_index=True)


def _code(labels: pd.DataFrame, scores: pd.DataFrame, design: pd.DataFrame | None) -> pd.DataFrame:
    """Return what the majority of coders said of a passage and theme, and its weight."""
    weighted = is_weighted(labels)
    if "coder" in labels.columns:
        labels = decide(labels)
    sure = labels.dropna(subset=["present"])
    sure = sure.assign(weight=1 / sure[CHANCE].astype(float) if weighted else 1.0)
    if "stratum" not in sure.columns:
        sure["stratum"] = ""
    columns = {
        "agreed": ("present", "mean"),
        "weight": ("weight", "max"),
        "stratum": ("stratum", "max"),
    }
    coded = sure.groupby(["passage_id", "theme"]).agg(**columns).reset_index()
    share = coded["agreed"].astype(float)
    coded = coded.assign(present=share > 0.5, agreed=share.where(share > 0.5, 1 - share))
    coded = coded[share != 0.5]
    if weighted and (design is not None or bool((labels[CHANCE] == 1).all())):
        # Labelling may stop early: what a theme has labels of is a sample from each stratum.
        size = coded["stratum"].astype(str).map(_strata(scores, design).value_counts())
        labelled = coded.groupby(["theme", "stratum"])["passage_id"].transform("size")
        coded["weight"] = (size / labelled).fillna(coded["weight"])
    return coded


def _strata(scores: pd.DataFrame, design: pd.DataFrame | None) -> pd.Series:
    """Return the stratum of every scored passage that could be drawn."""
    if design is None:
        return assign_strata(scores)
    require_columns("design", design, ["passage_id", "stratum"])
    kept = design[design["passage_id"].isin(scores["passage_id"])]
    return kept["stratum"].astype(str)


def _check(scores: Any, labels: Any, passages: Any) -> None:
    """Check the frames where they enter."""
    needed = {
        "scores": (scores, ["passage_id", "theme", "score", "tagged"]),
        "labels": (labels, ["passage_id", "theme", "present"]),
        "passages": (passages, ["passage_id", "thread_id"]),
    }
    for name, (frame, columns) in needed.items():
        require_columns(name, frame, columns)
    check_present(labels)
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
