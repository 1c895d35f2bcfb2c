"""Prevalence: how often a theme truly appears, or, without labels, only how often it is tagged."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmdiscourse.errors import invalid, unknown
from pmdiscourse.measure.ppi import ShareEstimate, estimate_share
from pmdiscourse.measure.strata import LabelledSample, match_labels
from pmdiscourse.tables import PASSAGES, check_table, empty_table

# Corners of the sensitivity band: assumptions, not measurements.
SENSITIVITIES = (0.5, 0.95)
FALSE_POSITIVE_RATES = (0.005, 0.05)
# Below these counts nothing is said beyond the posts at hand.
MIN_UNITS = 20
MIN_THREADS = 20
MIN_LABELS = 100

TAGGED_ONLY = "tagged share, no labels used"
ESTIMATED = "stratified PPI++ on cross-fitted recalibrated scores, Beta interval"


def estimate_prevalence(
    scores: pd.DataFrame,
    labels: pd.DataFrame | None = None,
    *,
    passages: pd.DataFrame,
    by: str | None = None,
    design: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Estimate how often each theme appears.

    Without labels the rows hold the tagged share, which is not the prevalence, and for passages a
    sensitivity band. With labels from a drawn sample the overall passage rows hold the estimate
    with its two intervals: corpus (these posts) and discourse (posts like these, clustered by
    thread). Every other row stays a tagged share.

    Parameters
    ----------
    scores : DataFrame
        Table ``scores``. Only scored passages count.
    labels : DataFrame or None, default=None
        passage_id, theme, coder, present (nullable boolean), wave, stratum,
        inclusion_probability, as `read_labels` returns them. Where coders disagree, the majority
        counts; ties and missing answers are unsure: counted as absent, and told.
    passages : DataFrame
        Table ``passages``; it must hold every scored passage.
    by : str or None, default=None
        Column of passages that groups, e.g. ``"kind"`` or ``"source"``; None gives the overall
        rows. A missing value becomes the group "unknown".
    design : DataFrame or None, default=None
        passage_id and stratum of every scored passage at the time of the draw; None recomputes
        the strata from the scores.

    Returns
    -------
    DataFrame
        Table ``prevalence``: a row per unit (passage, post), group and theme. A post is tagged if
        any of its passages is.

    Raises
    ------
    DiscourseError
        If a table is not usable, by is no column of passages, a scored or labelled passage is
        unknown, labels have no inclusion probability, or a label's stratum is not the one that
        the scores give.

    References
    ----------
    Rogan and Gladen (1978), Estimating prevalence from the results of a screening test. For the
    estimate with labels see `pmdiscourse.measure.ppi`.

    Examples
    --------
    >>> estimate_prevalence(empty_table("scores"), passages=empty_table("passages")).empty
    True
    """
    joined = _join(scores, passages, by)
    if joined.empty:
        return empty_table("prevalence")
    rows = [
        _tagged_row(group, theme=str(theme), unit=unit, by=by, value=str(value))
        for (theme, value), group in joined.groupby(["theme", "group"], observed=True)
        for unit in ("passage", "post")
    ]
    if labels is not None:
        samples = match_labels(labels, joined, design)
        rows = [
            _estimated_row(row, samples.get(str(row["theme"])))
            if by is None and row["unit"] == "passage"
            else row
            for row in rows
        ]
    return check_table("prevalence", pd.DataFrame(rows))


def sensitivity_band(tagged_share: float) -> tuple[float, float]:
    """Return the prevalences that a tagged share is compatible with, under assumed error rates.

    Rogan and Gladen's (1978) estimator (tagged - false positives) / (sensitivity - false
    positives) at the corners of sensitivity 0.5 to 0.95 and false-positive rate 0.005 to 0.05,
    clipped to 0 and 1. It is monotone in both rates, so the corners bound it.

    Parameters
    ----------
    tagged_share : float
        0 to 1.

    Returns
    -------
    tuple of float
        Lower and upper end, 0 to 1.

    Examples
    --------
    >>> low, high = sensitivity_band(0.1)
    >>> round(low, 4), round(high, 4)
    (0.0556, 0.1919)
    """
    corners = [
        min(1.0, max(0.0, (tagged_share - wrong) / (found - wrong)))
        for found, wrong in itertools.product(SENSITIVITIES, FALSE_POSITIVE_RATES)
    ]
    return min(corners), max(corners)


def _join(scores: pd.DataFrame, passages: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Put post, thread and group beside each score."""
    scores = check_table("scores", scores)
    passages = check_table("passages", passages)
    if by is not None and by not in PASSAGES.names:
        raise unknown("column 'by' of passages", got=str(by), known=PASSAGES.names)
    lost = scores.loc[~scores["passage_id"].isin(passages["passage_id"]), "passage_id"]
    if len(lost):
        raise invalid(
            "scores",
            got=f"{len(lost)} scored passages that passages lacks, first {lost.iloc[0]}",
            allowed="scores of these passages",
            hint="Give the scores and the passages of the same run.",
        )
    context = passages[["passage_id", "post_id", "thread_id"]].assign(
        group="all"
        if by is None
        else passages[by].astype(object).where(passages[by].notna(), "unknown").astype(str)
    )
    return scores.drop(columns="evidence").merge(context, on="passage_id", validate="many_to_one")


def _tagged_row(
    group: pd.DataFrame, *, theme: str, unit: str, by: str | None, value: str
) -> dict[str, object]:
    """Count what the model tags; estimate and intervals stay missing."""
    tagged = group["tagged"] if unit == "passage" else group.groupby("post_id")["tagged"].any()
    share, n, n_threads = float(tagged.mean()), len(tagged), group["thread_id"].nunique()
    row: dict[str, object] = dict.fromkeys(empty_table("prevalence").columns)
    row |= {"theme": theme, "unit": unit, "by": by or "all", "group": value, "period": "all"}
    row |= {"n": n, "n_threads": n_threads, "n_labels": 0, "n_positive": 0, "tagged_share": share}
    if unit == "passage":
        if n >= MIN_UNITS and share > 0:  # a band of 0 to 0 would read as certainty
            row["band_low"], row["band_high"] = sensitivity_band(share)
        if by is None:
            row["labels_needed"] = min(MIN_LABELS, n)
    return row | {"method": TAGGED_ONLY, "note": _tagged_note(row)}


def _tagged_note(row: dict[str, object]) -> str:
    """Say what the tagged share is and is not."""
    share, unit = f"{row['tagged_share']:.1%}", row["unit"]
    note = f"Tagged share: {share} of {unit}s were tagged by the model. This is not the prevalence."
    if unit == "post":
        note += " A post counts as tagged if any of its passages is."
    elif row["by"] == "all" and row["band_low"] is not None:
        note += (
            " If the tagger finds 50-95% of true passages and wrongly tags 0.5-5% of others - "
            "assumptions, not measurements - the prevalence lies between "
            f"{row['band_low']:.1%} and {row['band_high']:.1%}. Label {MIN_LABELS} passages "
            f"(`pmdiscourse label draw DIR --n {MIN_LABELS}`) to get an estimate."
        )
    elif not row["tagged_share"]:
        note += " Nothing was tagged: no sensitivity band can tell how rare the theme is."
    if row["by"] != "all":
        note += " No comparison between groups is claimed."
    return note + _small_note(row)


def _small_note(row: dict[str, object]) -> str:
    """Warn when there are too few units or threads to speak of others."""
    n, n_threads = int(str(row["n"])), int(str(row["n_threads"]))
    if n >= MIN_UNITS and n_threads >= MIN_THREADS:
        return ""
    counted = f"{n} {row['unit']}{'s' if n != 1 else ''}"
    threads = f"{n_threads} thread{'s' if n_threads != 1 else ''}"
    note = f" Only {counted} in {threads}: nothing can be said beyond these posts."
    few = row["unit"] == "passage" and n < MIN_UNITS
    return note + (" Too few for a sensitivity band." if few else "")


def _estimated_row(row: dict[str, object], sample: LabelledSample | None) -> dict[str, object]:
    """Put the estimate into a row, or say what is missing for one."""
    if sample is None:
        return row | {"note": f"{row['note']} This theme has no labels."}
    n_labels, n = int((~np.isnan(sample.present)).sum()), len(sample.present)
    row = row | {"n_labels": n_labels, "n_positive": int(np.nansum(sample.present))}
    wanted = min(MIN_LABELS, n)
    row["labels_needed"] = max(0, wanted - n_labels)
    lack = _lack(sample, n_labels, wanted)
    if lack:
        return row | {"note": f"{row['note']} No estimate yet: {lack}."}
    result = _estimate(sample, sample.present)
    row |= {"band_low": None, "band_high": None, "estimate": result.estimate, "method": ESTIMATED}
    row |= {"corpus_low": result.corpus[0], "corpus_high": result.corpus[1]}
    row["labels_saved"] = result.labels_saved
    if int(str(row["n_threads"])) >= MIN_THREADS:
        row |= {"discourse_low": result.discourse[0], "discourse_high": result.discourse[1]}
    return row | {"note": _estimated_note(row, sample)}


def _estimate(sample: LabelledSample, present: NDArray[np.float64]) -> ShareEstimate:
    return estimate_share(present, sample.scores, strata=sample.strata, threads=sample.threads)


def _lack(sample: LabelledSample, n_labels: int, wanted: int) -> str:
    """Name what keeps the labels from giving an estimate; empty if nothing."""
    if n_labels < wanted:
        return f"{n_labels} passages are labelled, {wanted} are needed"
    size = np.bincount(sample.strata)
    drawn = np.bincount(sample.strata[~np.isnan(sample.present)], minlength=len(size))
    thin = np.flatnonzero(drawn < np.minimum(2, size))
    return f"a stratum of {size[thin[0]]} passages has {drawn[thin[0]]} labels" if len(thin) else ""


def _estimated_note(row: dict[str, object], sample: LabelledSample) -> str:
    """Say what the estimate covers."""
    note = (
        f"Estimated from {row['n_labels']} labelled passages, {row['n_positive']} of them "
        "positive. The corpus interval holds for these posts only"
    )
    if row.get("discourse_low") is None:
        note += f"; under {MIN_THREADS} threads there is no interval for posts like these."
    else:
        note += (
            "; the discourse interval covers differences between threads, not how they were chosen."
        )
    if not row["n_positive"]:
        note += " The theme was not observed."
    if sample.unsure.any():
        as_present = _estimate(sample, np.where(sample.unsure, 1.0, sample.present)).estimate
        note += (
            f" {sample.unsure.sum()} unsure labels count as absent; as present they would give "
            f"{as_present:.1%}."
        )
    return note
