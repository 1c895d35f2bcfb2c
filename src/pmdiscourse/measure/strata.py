"""Score strata of the label sample, and the labels that belong to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmdiscourse.errors import DiscourseError, invalid, unknown
from pmdiscourse.measure.decisions import decide
from pmdiscourse.tables import KINDS, check_present, require_columns

# Cuts of the ranked passages: the top 2, 6, 15 and 40 % and the rest. Rare themes sit at the top.
CUTS = (0.02, 0.06, 0.15, 0.40, 1.0)
# Kinds of post with this many passages each are stratified separately.
SEPARATE = 600
LABEL_COLUMNS = (
    "passage_id",
    "theme",
    "coder",
    "present",
    "wave",
    "stratum",
    "inclusion_probability",
)


@dataclass(frozen=True)
class LabelledSample:
    """All scored passages of one theme with what the coders said of some; rows by passage_id.

    Parameters
    ----------
    present : ndarray of shape (n_passages,)
        1, 0, or NaN without a label.
    unsure : ndarray of shape (n_passages,)
        Whether a label is missing or tied; present is 0 there.
    scores, strata, threads : ndarray of shape (n_passages,)
        Score; number of the stratum and of the thread.
    """

    present: NDArray[np.float64]
    unsure: NDArray[np.bool_]
    scores: NDArray[np.float64]
    strata: NDArray[np.int64]
    threads: NDArray[np.int64]


def assign_strata(scores: pd.DataFrame, *, kinds: pd.Series | None = None) -> pd.Series:
    """Cut the scored passages into strata by their best rank over the themes.

    Parameters
    ----------
    scores : DataFrame
        passage_id, theme, score.
    kinds : Series or None, default=None
        Kind of post by passage_id. Where both kinds have 600 passages or more each is ranked and
        cut by itself, so that they can be compared. None ranks all together.

    Returns
    -------
    Series
        Stratum "1" (the top 2 %) to "5" (the lower 60 %), or "essay-1" to "comment-5", indexed by
        passage_id in order. Cuts are rounded to whole passages; a small corpus may leave strata
        empty.

    Examples
    --------
    >>> frame = pd.DataFrame({"passage_id": list("abcde"), "theme": "blame",
    ...                       "score": [0.1, 0.9, 0.2, 0.3, 0.0]})
    >>> assign_strata(frame).to_dict()
    {'a': '5', 'b': '3', 'c': '5', 'd': '4', 'e': '5'}
    """
    if kinds is not None:
        size = kinds.loc[scores["passage_id"].unique()].value_counts()
        if len(size) == len(KINDS) and size.min() >= SEPARATE:
            of_row = scores["passage_id"].map(kinds)
            apart = [f"{kind}-" + assign_strata(scores[of_row == kind]) for kind in KINDS]
            return pd.concat(apart).sort_index().rename("stratum")
    wide = scores.pivot(index="passage_id", columns="theme", values="score").sort_index()
    best = wide.rank(ascending=False, method="min").min(axis=1)
    order = np.argsort(best.to_numpy(), kind="stable")  # ties: by passage_id
    edges = np.round(np.asarray(CUTS) * len(wide))
    stratum = np.empty(len(wide), dtype=object)
    stratum[order] = [str(s + 1) for s in np.searchsorted(edges, np.arange(len(wide)), "right")]
    return pd.Series(stratum, index=wide.index, name="stratum", dtype="str")


def rank_posts(scores: pd.DataFrame, passages: pd.DataFrame) -> pd.DataFrame:
    """Give every post the best score of its passages: a post carries what one of them carries.

    Parameters
    ----------
    scores, passages : DataFrame
        Tables ``scores`` and ``passages``; passages must hold every scored one.

    Returns
    -------
    DataFrame
        passage_id (here the post_id), theme, score, tagged, thread_id, kind; by post and theme.
    """
    context = passages[["passage_id", "post_id", "thread_id", "kind"]]
    joined = scores[["passage_id", "theme", "score", "tagged"]].merge(context, on="passage_id")
    columns = {
        "score": ("score", "max"),
        "tagged": ("tagged", "any"),
        "thread_id": ("thread_id", "first"),
        "kind": ("kind", "first"),
    }
    posts = joined.groupby(["post_id", "theme"]).agg(**columns).reset_index()
    return posts.rename(columns={"post_id": "passage_id"})


def strata_now(scores: pd.DataFrame) -> pd.Series:
    """Assign strata as a first draw does: kinds apart where the frame tells them."""
    if "kind" not in scores.columns:
        return assign_strata(scores)
    kinds = scores.drop_duplicates("passage_id").set_index("passage_id")["kind"]
    return assign_strata(scores, kinds=kinds)


def match_labels(
    labels: pd.DataFrame, scores: pd.DataFrame, design: pd.DataFrame | None
) -> dict[str, LabelledSample]:
    """Join labels of a drawn sample to all scores, theme by theme.

    Parameters
    ----------
    labels : DataFrame
        passage_id, theme, coder, present, wave, stratum, inclusion_probability.
    scores : DataFrame
        passage_id, theme, score, thread_id, and kind if strata are to be recomputed as drawn.
    design : DataFrame or None
        passage_id and stratum of every scored passage; None recomputes the strata.

    Returns
    -------
    dict of str to LabelledSample
        One per labelled theme.

    Raises
    ------
    DiscourseError
        If labels are not a drawn sample of these passages.
    """
    _check_labels(labels, scores)
    strata = strata_now(scores) if design is None else _design_strata(design, scores)
    expected = strata.reindex(labels["passage_id"]).to_numpy()
    wrong = expected != labels["stratum"].astype(str).to_numpy()
    if wrong.any():
        first = labels.loc[wrong].iloc[0]
        raise invalid(
            "labels, column 'stratum'",
            got=f"{first['stratum']} for {first['passage_id']} ({wrong.sum()} such rows)",
            allowed=f"the stratum the scores give ({expected[wrong][0]})",
            hint="The scores changed after the draw: give the design of the draw, or draw again.",
        )
    return {
        str(theme): _sample(rows, scores[scores["theme"] == theme], strata)
        for theme, rows in decide(labels).groupby("theme")
    }


def _check_labels(labels: pd.DataFrame, scores: pd.DataFrame) -> None:
    """Require the columns, known themes and passages, and a known chance of being drawn."""
    if labels.get("inclusion_probability", pd.Series([np.nan])).isna().any():
        raise DiscourseError(
            "labels have no inclusion_probability: passages that were not drawn at random cannot "
            "estimate a prevalence. Draw a sample with `pmdiscourse label draw` and label that; "
            "`evaluate` can use the labels you have."
        )
    require_columns("labels", labels, LABEL_COLUMNS)
    check_present(labels)
    for theme in labels["theme"].unique():
        if theme not in set(scores["theme"]):
            raise unknown("theme of labels", got=str(theme), known=sorted(set(scores["theme"])))
    lost = labels.loc[~labels["passage_id"].isin(scores["passage_id"]), "passage_id"]
    if len(lost):
        raise invalid(
            "labels",
            got=f"{lost.nunique()} passages without a score, first {lost.iloc[0]}",
            allowed="labels of scored passages",
            hint="Score the passages that were labelled, or leave these labels out.",
        )
    _check_draw(labels)


def _check_draw(labels: pd.DataFrame) -> None:
    """Require one usable chance for each wave and stratum, and one label per coder."""
    chance = labels["inclusion_probability"]
    if not chance.between(0, 1, inclusive="right").all():
        raise invalid("inclusion_probability", got=chance.min(), allowed="above 0 and up to 1")
    if labels.groupby(["wave", "stratum"])["inclusion_probability"].nunique().gt(1).any():
        raise invalid(
            "inclusion_probability",
            got="several in a stratum",
            allowed="one for each wave and stratum",
        )
    repeated = labels.duplicated(["passage_id", "theme", "coder"])
    if repeated.any():
        raise invalid(
            "labels",
            got=labels[repeated].iloc[0]["passage_id"] + " twice by one coder",
            allowed="one label per passage, theme and coder",
        )


def _design_strata(design: pd.DataFrame, scores: pd.DataFrame) -> pd.Series:
    """Read the strata of the draw; a design of the drawn passages alone must fit the scores."""
    if not {"passage_id", "stratum"} <= set(design.columns):
        raise invalid(
            "design", got=list(design.columns), allowed="a frame with passage_id and stratum"
        )
    strata = design.drop_duplicates("passage_id").set_index("passage_id")["stratum"].astype(str)
    lost = set(scores["passage_id"]) - set(strata.index)
    if lost:
        recomputed = strata_now(scores)
        drawn = strata.index.intersection(recomputed.index)
        if len(drawn) == len(strata) and (recomputed[drawn] == strata[drawn]).all():
            return recomputed
        raise invalid(
            "design",
            got=f"{len(lost)} scored passages without a stratum",
            allowed="the stratum of every scored passage at the time of the draw, or a design "
            "of the drawn passages whose strata the scores still give",
            hint="The scores changed after the draw: draw again.",
        )
    return strata


def _sample(labels: pd.DataFrame, scores: pd.DataFrame, strata: pd.Series) -> LabelledSample:
    """Make one theme's arrays: majority of the coders, a tie or no answer is unsure."""
    scores = scores.sort_values("passage_id", ignore_index=True)
    said = labels["present"].astype("boolean").map({True: 1.0, False: -1.0}).fillna(0.0)
    balance = said.astype("float64").groupby(labels["passage_id"]).sum()
    majority = np.sign(balance.reindex(scores["passage_id"]).to_numpy("float64"))
    present = np.where(np.isnan(majority), np.nan, (majority > 0).astype(float))
    return LabelledSample(
        present=present,
        unsure=majority == 0,
        scores=scores["score"].to_numpy(float),
        strata=np.unique(strata.reindex(scores["passage_id"]).to_numpy(str), return_inverse=True)[
            1
        ],
        threads=np.unique(scores["thread_id"].to_numpy(str), return_inverse=True)[1],
    )
