"""What is counted: passages, or whole posts, each with its group and thread."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmdiscourse.errors import invalid, unknown
from pmdiscourse.measure.planning import MIN_LABELS
from pmdiscourse.measure.prevalence_notes import count
from pmdiscourse.measure.strata import LabelledSample, match_labels, rank_posts
from pmdiscourse.tables import PASSAGES, UNITS, check_table

PERIODS = ("year", "quarter", "month")
PERIOD = "period"


def join_units(
    scores: pd.DataFrame, passages: pd.DataFrame, *, by: str | None = None, period: str = "year"
) -> dict[str, pd.DataFrame]:
    """Put thread and group beside the scores of passages and of posts.

    Parameters
    ----------
    scores, passages : DataFrame
        Tables ``scores`` and ``passages``.
    by : str or None, default=None
        Column of passages that groups, or ``"period"``; None puts all into one group.
    period : {"year", "quarter", "month"}, default="year"
        How published_at is cut if by is "period".

    Returns
    -------
    dict of str to DataFrame
        For "passage" and "post": passage_id (of a post its post_id), theme, score, tagged,
        thread_id, kind, group (missing without a date if by is "period"); by theme and
        passage_id. A post is tagged if any of its passages is, its score is the highest of
        theirs, and it belongs to the group of its first passage.

    Raises
    ------
    DiscourseError
        If a table is not usable, by or period is unknown, or a scored passage is.
    """
    scores = check_table("scores", scores)
    passages = check_table("passages", passages)
    lost = scores.loc[~_is_in(scores["passage_id"], passages["passage_id"]), "passage_id"]
    if len(lost):
        raise invalid(
            "scores",
            got=f"{len(lost)} scored passages that passages lacks, first {lost.iloc[0]}",
            allowed="scores of these passages",
            hint="Give the scores and the passages of the same run.",
        )
    context = passages[["passage_id", "thread_id", "kind"]]
    context = context.assign(group=_groups(passages, by, period))
    joined = scores.drop(columns="evidence").merge(context, on="passage_id", validate="many_to_one")
    first = passages.assign(group=context["group"]).sort_values(["post_id", "position"])
    of_post = first.drop_duplicates("post_id").set_index("post_id")["group"]
    posts = rank_posts(scores, passages)
    posts["group"] = posts["passage_id"].map(of_post)
    frames = {"passage": joined, "post": posts}
    return {u: f.sort_values(["theme", "passage_id"], kind="stable") for u, f in frames.items()}


def match_units(
    labels: pd.DataFrame,
    units: dict[str, pd.DataFrame],
    *,
    passages: pd.DataFrame,
    design: pd.DataFrame | None,
) -> dict[str, dict[str, LabelledSample]]:
    """Join labels of drawn passages, or of drawn posts, to all scores.

    Parameters
    ----------
    labels : DataFrame
        As in `match_labels`; passage_id holds the post_id where whole posts were drawn. A column
        unit ("passage" or "post") says which; without it the ids do.
    units : dict of str to DataFrame
        As from `join_units`.
    passages : DataFrame
        Table ``passages``.
    design : DataFrame or None
        As in `match_labels`.

    Returns
    -------
    dict of str to dict
        For each unit the `LabelledSample` of each labelled theme, in the order of the rows of its
        theme in units; empty if no such unit was drawn.

    Raises
    ------
    DiscourseError
        If labels are not a drawn sample.
    """
    said = _split(labels, passages)
    plan = {} if design is None else _split(design, passages)
    matched: dict[str, dict[str, LabelledSample]] = {}
    for unit, frame in units.items():
        if said[unit].empty and (unit == "post" or not labels.empty):
            matched[unit] = {}
            continue
        drawn = plan.get(unit)
        drawn = None if drawn is None or drawn.empty else drawn
        matched[unit] = match_labels(said[unit], frame, drawn)
    return matched


def lack_labels(sample: LabelledSample, *, unit: str = "passage") -> str:
    """Name what keeps labels from giving any estimate; empty if nothing.

    Parameters
    ----------
    sample : LabelledSample
        Labels of one theme.
    unit : {"passage", "post"}, default="passage"
        What they are of.

    Returns
    -------
    str
        Under 100 labels (or all), or a stratum with under two: its spread is then unknown.
    """
    labelled = ~np.isnan(sample.present)
    n_labels, wanted = int(labelled.sum()), min(MIN_LABELS, len(labelled))
    if n_labels < wanted:
        are = "is" if n_labels == 1 else "are"
        return f"{count(n_labels, unit)} {are} labelled, {wanted} are needed"
    size, drawn = _count_strata(sample)
    thin = np.flatnonzero(drawn < np.minimum(2, size))
    if not len(thin):
        return ""
    has = count(int(drawn[thin[0]]), "label")
    return f"a stratum of {count(int(size[thin[0]]), unit)} has {has}"


def count_missing(sample: LabelledSample) -> int:
    """Count the labels that `lack_labels` asks for, by number and by stratum."""
    size, drawn = _count_strata(sample)
    thin = int(np.maximum(np.minimum(2, size) - drawn, 0).sum())
    return max(thin, min(MIN_LABELS, int(size.sum())) - int(drawn.sum()))


def _count_strata(sample: LabelledSample) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many each stratum holds, and how many of them are labelled."""
    size = np.bincount(sample.strata)
    labelled = ~np.isnan(sample.present)
    return size, np.bincount(sample.strata[labelled], minlength=len(size))


def _groups(passages: pd.DataFrame, by: str | None, period: str) -> pd.Series:
    """Return the group of each passage."""
    if by is None:
        return pd.Series("all", index=passages.index)
    if by == PERIOD:
        return _periods(passages["published_at"], period)
    if by not in PASSAGES.names:
        known = [*PASSAGES.names, PERIOD]
        raise unknown("column 'by' of passages", got=str(by), known=known)
    return passages[by].astype(object).where(passages[by].notna(), "unknown").astype(str)


def _periods(published: pd.Series, period: str) -> pd.Series:
    """Name the year, quarter or month of each time, in UTC: 2024, 2024-Q1, 2024-03."""
    if period not in PERIODS:
        raise unknown("period", got=str(period), known=PERIODS)
    named = published.dt.strftime("%Y-%m" if period == "month" else "%Y")
    if period == "quarter":
        named = named + "-Q" + published.dt.quarter.astype("Int64").astype("string")
    groups: pd.Series = named.astype(object).where(published.notna(), None)
    return groups


def _split(table: pd.DataFrame, passages: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Split labels or a design by the unit that was drawn."""
    if "unit" in table.columns:
        other = table.loc[~table["unit"].isin(UNITS), "unit"]
        if len(other):
            raise unknown("unit", got=str(other.iloc[0]), known=UNITS)
        is_post = table["unit"] == "post"
    elif "passage_id" in table.columns:
        drawn = table["passage_id"]
        is_post = ~_is_in(drawn, passages["passage_id"]) & _is_in(drawn, passages["post_id"])
    else:
        is_post = pd.Series(False, index=table.index)  # told where the columns are checked
    return {"passage": table[~is_post], "post": table[is_post]}


def _is_in(ids: pd.Series, known: pd.Series) -> pd.Series:
    """Tell which ids are known; as objects, for which pandas has a fast path."""
    return ids.astype(object).isin(known.astype(object))
