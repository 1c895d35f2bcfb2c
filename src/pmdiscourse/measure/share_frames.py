"""Small frames that explain an estimate: what the labels put right, and what more would give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmdiscourse.measure.planning import expected_half_width
from pmdiscourse.measure.ppi import Outcomes, estimate_mean, predict_outcomes
from pmdiscourse.measure.strata import LabelledSample
from pmdiscourse.measure.units import join_units, lack_labels, match_units
from pmdiscourse.tables import check_table

_STEPS = 40  # points of a curve: smooth enough for a figure
_CORRECTION = (
    "theme", "tagged_share", "false_hits", "misses", "estimate", "false_hits_low",
    "false_hits_high", "misses_low", "misses_high", "n_false_hits", "n_misses",
)  # fmt: skip


def split_correction(
    scores: pd.DataFrame,
    labels: pd.DataFrame | None,
    *,
    passages: pd.DataFrame,
    design: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Split what lies between tagged share and prevalence into false hits and misses.

    Parameters
    ----------
    scores, labels, passages, design
        As in `estimate_prevalence`.

    Returns
    -------
    DataFrame
        A row for each theme whose passages have labels enough for an estimate: theme,
        tagged_share, false_hits (share of all passages that are tagged but do not carry the
        theme), misses (that carry it but are not tagged), estimate, false_hits_low,
        false_hits_high, misses_low and misses_high (95 % intervals for these posts), n_false_hits
        and n_misses (the labelled passages behind them). tagged_share - false_hits + misses =
        estimate, exactly.

    Raises
    ------
    DiscourseError
        As in `estimate_prevalence`.

    Notes
    -----
    The prevalence is the mean of the pseudo-outcomes over all passages. Their sum over the tagged
    ones alone, divided by all passages, is the share of hits (held between what the labels leave
    possible): what the tagged share has beyond it are false hits, what the prevalence has beyond
    it are misses. The intervals are those of the tagged passages and of the others as two groups
    (`estimate_mean`), as shares of all passages.

    References
    ----------
    Egami, Hinck, Stewart and Wei (2023), Design-based supervised learning, arXiv 2306.04746,
    equation 4, for the pseudo-outcomes.
    """
    rows = []
    if labels is not None:
        units = join_units(scores, passages)
        samples = match_units(labels, units, passages=passages, design=design)["passage"]
        for theme, part in units["passage"].groupby("theme"):
            sample = samples.get(str(theme))
            if sample is None or lack_labels(sample):
                continue
            steps = _split(sample, part["tagged"].to_numpy(bool))
            rows.append({"theme": str(theme)} | steps)
    return pd.DataFrame(rows, columns=list(_CORRECTION))


def _split(sample: LabelledSample, tagged: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the steps of one theme, with their intervals and labels."""
    outcomes = predict_outcomes(sample.present, sample.scores, strata=sample.strata)
    share = float(tagged.mean())
    estimate = estimate_mean(outcomes, threads=sample.threads).estimate
    carried, absent = sample.present == 1, sample.present == 0
    least = (tagged & carried).mean(), estimate - (~tagged & ~absent).mean()
    most = (tagged & ~absent).mean(), estimate - (~tagged & carried).mean()
    # What was labelled is known: hits and misses are at least those that were seen.
    hits = float(min(max((outcomes.values * tagged).mean(), *least), *most))
    hits_low, hits_high = _ends(outcomes, tagged, sample.threads)
    misses_low, misses_high = _ends(outcomes, ~tagged, sample.threads)
    return {
        "tagged_share": share,
        "false_hits": share - hits,
        "misses": estimate - hits,
        "estimate": estimate,
        "false_hits_low": min(share - hits_high, share - hits),
        "false_hits_high": max(share - hits_low, share - hits),
        "misses_low": min(misses_low, estimate - hits),
        "misses_high": max(misses_high, estimate - hits),
        "n_false_hits": int((tagged & absent).sum()),
        "n_misses": int((~tagged & carried).sum()),
    }


def _ends(
    outcomes: Outcomes, group: NDArray[np.bool_], threads: NDArray[np.int64]
) -> tuple[float, float]:
    """Return the interval of the passages of a group that carry the theme, as share of all."""
    if np.isnan(outcomes.present[group]).all():  # no label: all or none of them may
        return 0.0, float(group.mean())
    low, high = estimate_mean(outcomes, threads=threads, inside=group).corpus
    return float(low * group.mean()), float(high * group.mean())


def plan_effort(prevalence: pd.DataFrame) -> pd.DataFrame:
    """Plan how wide the interval for these posts gets with more or fewer labels.

    Parameters
    ----------
    prevalence : DataFrame
        Table ``prevalence``.

    Returns
    -------
    DataFrame
        theme, n_labels, half_width (0 to 1) and reached, for each theme with an estimate: the
        curve of `expected_half_width` from 50 labels (or fewer, if there are fewer) to four times
        as many as there are, and one row with reached True: the half-width that the labels gave.
        It may lie off the curve, which knows nothing of smoothing and rounds to no whole label.
        Themes whose labels_saved is missing (all passages are labelled) have no rows.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 4.4; see `expected_half_width`.
    """
    table = check_table("prevalence", prevalence)
    whole = (table["unit"] == "passage") & (table["by"] == "all") & (table["period"] == "all")
    known = table[whole & table["estimate"].between(0, 1, "neither")]
    frames = []
    for row in known[known["labels_saved"].gt(0)].to_dict("records"):
        n_labels, n = int(row["n_labels"]), int(row["n"])
        ends = min(50, n_labels), min(n, 4 * n_labels)
        counts = np.unique(np.geomspace(*ends, num=_STEPS).round().astype(int))
        widths = [
            expected_half_width(
                row["estimate"], n_labels=int(k), n_passages=n, labels_saved=row["labels_saved"]
            )
            for k in counts
        ]
        curve = pd.DataFrame({"n_labels": counts, "half_width": widths, "reached": False})
        reached = (row["corpus_high"] - row["corpus_low"]) / 2
        curve.loc[len(curve)] = [n_labels, reached, True]
        frames.append(curve.assign(theme=row["theme"]))
    columns = ["theme", "n_labels", "half_width", "reached"]
    return (
        pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
    )
