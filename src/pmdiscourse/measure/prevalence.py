"""Prevalence: how often a theme truly appears, or, without labels, only how often it is tagged."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmdiscourse.measure import prevalence_notes as notes
from pmdiscourse.measure.agreement import judge_themes
from pmdiscourse.measure.decisions import count_waiting
from pmdiscourse.measure.planning import (
    HALF_WIDTH,
    MIN_LABELS,
    MIN_LABELS_GROUP,
    MIN_THREADS,
    MIN_UNITS,
    PLANNED_SAVING,
    labels_needed,
)
from pmdiscourse.measure.ppi import Outcomes, estimate_mean, predict_outcomes
from pmdiscourse.measure.strata import LabelledSample
from pmdiscourse.measure.units import PERIOD, count_missing, join_units, lack_labels, match_units
from pmdiscourse.tables import check_table, empty_table

# Corners of the sensitivity band: assumptions, not measurements.
SENSITIVITIES = (0.5, 0.95)
FALSE_POSITIVE_RATES = (0.005, 0.05)

TAGGED_ONLY = "tagged share, no labels used"
ESTIMATED = "stratified PPI++ on cross-fitted recalibrated scores, Beta interval"

Row = dict[str, Any]


def estimate_prevalence(
    scores: pd.DataFrame,
    labels: pd.DataFrame | None = None,
    *,
    passages: pd.DataFrame,
    by: str | None = None,
    design: pd.DataFrame | None = None,
    period: str = "year",
    half_width: float = HALF_WIDTH,
) -> pd.DataFrame:
    """Estimate how often each theme appears, overall, by group or by period.

    Without labels the rows hold the tagged share, which is not the prevalence, and for passages a
    sensitivity band. With labels from a drawn sample the rows of the unit that was drawn hold the
    estimate with its two intervals: corpus (these posts) and discourse (posts like these,
    clustered by thread). Rows of the other unit stay tagged shares: that a passage shows a theme
    tells nothing of the rest of its post.

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
        Column of passages that groups, e.g. ``"kind"`` or ``"source"``; ``"period"`` gives a row
        for each period; None gives the overall rows. A missing value becomes the group "unknown";
        passages without a date are in no period.
    design : DataFrame or None, default=None
        passage_id and stratum of every scored passage at the time of the draw; None recomputes
        the strata from the scores.
    period : {"year", "quarter", "month"}, default="year"
        Length of a period.
    half_width : float, default=0.02
        What labels_needed plans for: 0.02 means +-2 points; above 0, below 0.5.

    Returns
    -------
    DataFrame
        Table ``prevalence``: a row per unit (passage, post), group or period, and theme. A post is
        tagged if any of its passages is. A row without enough labels (100, or 50 in a group) has
        no estimate, one of under 20 threads no discourse interval; the note says so. labels_needed
        is what the first estimate takes and, once there is one, what +-half_width takes.

    Raises
    ------
    DiscourseError
        If a table is not usable, by is no column of passages, a scored or labelled passage is
        unknown, labels have no inclusion probability, or a label's stratum is not the one that
        the scores give.

    References
    ----------
    Rogan and Gladen (1978), Estimating prevalence from the results of a screening test. For the
    estimate with labels see `pmdiscourse.measure.ppi`, for groups `estimate_mean` there.

    Examples
    --------
    >>> estimate_prevalence(empty_table("scores"), passages=empty_table("passages")).empty
    True
    """
    units = join_units(scores, passages, by=by, period=period)
    if units["passage"].empty:
        return empty_table("prevalence")
    samples = (
        None if labels is None else match_units(labels, units, passages=passages, design=design)
    )
    rows: list[Row] = []
    for unit, frame in units.items():
        told = {} if labels is None else _tell_coders(labels, frame["passage_id"], unit)
        for theme, part in frame.groupby("theme"):
            tagged = {
                str(group): _tagged_row(members, theme=str(theme), unit=unit, by=by)
                for group, members in part.groupby("group", observed=True)
            }
            if samples is None:
                rows += tagged.values()
            elif not samples[unit] and any(samples.values()):
                rows += [
                    r | {"note": r["note"].replace(notes.ADVICE, "") + notes.note_other_unit(r)}
                    for r in tagged.values()
                ]
            else:
                groups = part["group"].to_numpy(object)
                made = _estimated_rows(tagged, samples[unit].get(str(theme)), groups, half_width)
                rows += notes.add_to_estimates(made, told.get(str(theme), ""))
    if not rows:  # no passage has a date
        return empty_table("prevalence")
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


def _tagged_row(members: pd.DataFrame, *, theme: str, unit: str, by: str | None) -> Row:
    """Count what the model tags; estimate and intervals stay missing."""
    value = str(members["group"].iloc[0])
    share, n = float(members["tagged"].mean()), len(members)
    place = {"by": by or "all", "group": value, "period": "all"}
    if by == PERIOD:
        place = {"by": "all", "group": "all", "period": value}
    row: Row = dict.fromkeys(empty_table("prevalence").columns)
    row |= {"theme": theme, "unit": unit, **place, "n": n, "tagged_share": share}
    row |= {"n_threads": members["thread_id"].nunique(), "n_labels": 0, "n_positive": 0}
    if unit == "passage":
        # from no more tags than the tagger may err by, a band of 0 to 0 would read as certainty
        if n >= MIN_UNITS and share > min(FALSE_POSITIVE_RATES):
            row["band_low"], row["band_high"] = sensitivity_band(share)
        if by is None:
            row["labels_needed"] = min(MIN_LABELS, n)
    return row | {"method": TAGGED_ONLY, "note": notes.note_tagged(row)}


def _tell_coders(labels: pd.DataFrame, units: pd.Series, unit: str) -> dict[str, str]:
    """Say how far coders agree on each theme, and what still waits for one of them."""
    labels = labels[labels["passage_id"].isin(units)]
    waiting = count_waiting(labels)
    return {
        theme: notes.note_agreement(found, unit=unit)
        + notes.note_waiting(*waiting.get(theme, (0, 0)))
        for theme, found in judge_themes(labels).items()
    }


def _estimated_rows(
    tagged: dict[str, Row],
    sample: LabelledSample | None,
    groups: NDArray[np.object_],
    half_width: float,
) -> list[Row]:
    """Put estimates into the rows of one theme, or say what is missing for them."""
    if sample is None:
        return [r | {"note": f"{r['note']} This theme has no labels."} for r in tagged.values()]
    if not tagged:  # no passage has a date
        return []
    lack = lack_labels(sample, unit=next(iter(tagged.values()))["unit"])
    fit = None if lack else _fit(sample)
    rows = []
    for group, row in tagged.items():
        inside = groups == group
        present = sample.present[inside]
        n_labels, n_positive = int((~np.isnan(present)).sum()), int(np.nansum(present))
        row |= {"n_labels": n_labels, "n_positive": n_positive}
        row["note"] = notes.note_tagged(row)
        wanted = min(MIN_LABELS if notes.is_overall(row) else MIN_LABELS_GROUP, row["n"])
        row["labels_needed"] = max(0, wanted - n_labels)
        if fit is None:
            row["labels_needed"] = max(row["labels_needed"], count_missing(sample))
            row["note"] += notes.note_lack(lack)
        elif n_labels < wanted:
            row["note"] += notes.note_few_labels(row, wanted)
        else:
            row.update(_estimate_group(row, fit, inside, half_width))
        rows.append(row)
    return rows


@dataclass(frozen=True)
class _Fit:
    """One theme's pseudo-outcomes, also with every unsure label as present."""

    sample: LabelledSample
    outcomes: Outcomes
    most: Outcomes


def _fit(sample: LabelledSample) -> _Fit:
    outcomes = predict_outcomes(sample.present, sample.scores, strata=sample.strata)
    if not sample.unsure.any():
        return _Fit(sample, outcomes, outcomes)
    most = np.where(sample.unsure, 1.0, sample.present)
    return _Fit(sample, outcomes, predict_outcomes(most, sample.scores, strata=sample.strata))


def _estimate_group(row: Row, fit: _Fit, inside: NDArray[np.bool_], half_width: float) -> Row:
    """Return the cells of a row that the estimate fills."""
    sample = fit.sample
    result = estimate_mean(fit.outcomes, threads=sample.threads, inside=inside)
    cells: Row = {"band_low": None, "band_high": None, "method": ESTIMATED}
    cells |= {"estimate": result.estimate, "labels_saved": result.labels_saved}
    cells |= {"corpus_low": result.corpus[0], "corpus_high": result.corpus[1]}
    if row["n_threads"] >= MIN_THREADS:
        cells |= {"discourse_low": result.discourse[0], "discourse_high": result.discourse[1]}
    # A theme that was not observed is planned for as often as it may be.
    cells["labels_needed"] = labels_needed(
        result.estimate if row["n_positive"] else result.corpus[1],
        half_width=half_width,
        n_passages=row["n"],
        n_labels=row["n_labels"],
        labels_saved=result.labels_saved if result.labels_saved > 0 else PLANNED_SAVING,
    )
    extremes = ""
    if n_unsure := int(sample.unsure[inside].sum()):
        most = estimate_mean(fit.most, threads=sample.threads, inside=inside).estimate
        extremes = notes.note_unsure(n_unsure, most)
    coded = np.unique(sample.strata[inside & ~np.isnan(sample.present)])
    n_unlabelled = int((inside & ~np.isin(sample.strata, coded)).sum())
    cells["note"] = notes.note_estimate(
        row | cells, half_width=half_width, n_unlabelled=n_unlabelled, extremes=extremes
    )
    return cells
