"""Do groups differ, does a theme come or go: tests on what the labels have put right.

Tagged shares must not be compared: where the tagger errs more, it tags more, and a test of tagged
shares finds that. Regression on pseudo-outcomes (`pmdiscourse.measure.ppi`), with standard errors
clustered by thread, compares what is truly there.

References
----------
Egami, Hinck, Stewart and Wei (2023), Design-based supervised learning, arXiv 2306.04746, for
regression on pseudo-outcomes. Liang and Zeger (1986), Longitudinal data analysis using generalized
linear models, for the clustered covariance; statsmodels computes it, with t on threads - 1 degrees
of freedom. Holm (1979), A simple sequentially rejective multiple test procedure. Benjamini and
Hochberg (1995), Controlling the false discovery rate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.multitest import multipletests

from pmdiscourse.errors import DiscourseError, unknown
from pmdiscourse.measure.planning import (
    LEVEL,
    MIN_LABELS,
    MIN_LABELS_GROUP,
    MIN_PERIODS,
    MIN_POSITIVES,
    MIN_THREADS,
    MIN_THREADS_TREND,
)
from pmdiscourse.measure.ppi import predict_outcomes
from pmdiscourse.measure.units import PERIOD, join_units, lack_labels, match_units
from pmdiscourse.tables import UNITS

METHOD = "regression on pseudo-outcomes, standard errors clustered by thread"
PLANNED, EXPLORATORY = "planned", "exploratory"
FIGURES = ("difference", "low", "high", "simultaneous_low", "simultaneous_high", "p_value")
_COUNTS = ("n", "n_threads", "n_labels", "n_positive")
_COLUMNS = ["theme", "unit", "by", "group", "reference", *_COUNTS, *FIGURES, "p_adjusted"]
_PER_YEAR = {"year": 1, "quarter": 4, "month": 12}
_DRAW_MORE = "draw more labels with `pmdiscourse label draw`, or add posts"
_ADD_POSTS = "add posts, for labels bring no further threads"


def compare_groups(
    scores: pd.DataFrame,
    labels: pd.DataFrame | None,
    *,
    passages: pd.DataFrame,
    by: str = "kind",
    reference: str | None = None,
    planned: bool = False,
    design: pd.DataFrame | None = None,
    period: str = "year",
    unit: str = "passage",
) -> pd.DataFrame:
    """Compare the prevalence of each theme in every group with that in a reference group.

    Parameters
    ----------
    scores, labels, passages, design, period
        As in `estimate_prevalence`; labels are needed.
    by : str, default="kind"
        Column of passages, or ``"period"``.
    reference : str or None, default=None
        Group that the others are compared with; None takes the first by name.
    planned : bool, default=False
        True only if exactly these comparisons were decided on before the labels were seen. They
        are then adjusted by Holm's method; others are exploratory, adjusted by Benjamini and
        Hochberg's, and so marked.
    unit : {"passage", "post"}, default="passage"
        What the labels are of.

    Returns
    -------
    DataFrame
        A row for each theme and group but the reference: theme, unit, by, group, reference; n,
        n_threads, n_labels and n_positive of the smaller of the two; difference (group minus
        reference, -1 to 1), low and high (95 % interval), simultaneous_low and simultaneous_high
        (all of them hold together with 95 %: Bonferroni), p_value, p_adjusted (over all rows),
        adjustment, plan (planned or exploratory), method, note. A row with under 20 threads, 50
        labels or 5 positive labels in one of its groups has no figures; its note says what to do.

    Raises
    ------
    DiscourseError
        If there are no labels, or as in `estimate_prevalence`; if reference is no group.
    """
    frames = _outcomes(scores, labels, passages, design, by=by, period=period, unit=unit)
    rows: list[dict[str, Any]] = []
    for theme, frame in frames.items():
        groups = sorted(frame["group"].dropna().unique())
        if reference is not None and reference not in groups:
            raise unknown("reference group", got=str(reference), known=groups)
        base = groups[0] if reference is None else reference
        for group in groups:
            if group != base:
                place = {"theme": theme, "unit": unit, "by": by, "group": group, "reference": base}
                rows.append(place | _compare_pair(frame, group, base))
    return _finish(rows, planned=planned)


def estimate_trend(
    scores: pd.DataFrame,
    labels: pd.DataFrame | None,
    *,
    passages: pd.DataFrame,
    period: str = "quarter",
    planned: bool = False,
    design: pd.DataFrame | None = None,
    unit: str = "passage",
) -> pd.DataFrame:
    """Estimate by how much the prevalence of each theme changes in a year.

    Parameters
    ----------
    scores, labels, passages, design
        As in `estimate_prevalence`; labels are needed.
    period : {"year", "quarter", "month"}, default="quarter"
        Time goes by in steps of this length; passages without a date are left out.
    planned, unit
        As in `compare_groups`.

    Returns
    -------
    DataFrame
        A row for each theme, with the columns of `compare_groups`: by is "period", group the last
        and reference the first period, difference the change of the share per year along a
        straight line. A theme has no figures with under 3 periods, 30 threads, 100 labels or 5
        positive labels; its note says what to do.

    Raises
    ------
    DiscourseError
        As in `compare_groups`.
    """
    frames = _outcomes(scores, labels, passages, design, by=PERIOD, period=period, unit=unit)
    rows = []
    for theme, frame in frames.items():
        dated = frame[frame["group"].notna()]
        periods = sorted(dated["group"].unique()) or [""]
        place = {"theme": theme, "unit": unit, "by": PERIOD}
        place |= {"group": periods[-1], "reference": periods[0]}
        rows.append(place | _fit_trend(dated, period))
    return _finish(rows, planned=planned)


def _outcomes(
    scores: pd.DataFrame,
    labels: pd.DataFrame | None,
    passages: pd.DataFrame,
    design: pd.DataFrame | None,
    **options: str,
) -> dict[str, pd.DataFrame]:
    """Return thread_id, group, present and outcome of every unit, by theme.

    Where the labels allow no estimate, outcome is missing and the frame's attrs tell the lack.
    """
    unit = options.pop("unit")
    if unit not in UNITS:
        raise unknown("unit", got=unit, known=UNITS)
    if labels is None:
        raise DiscourseError(
            "a comparison needs labels: tagged shares also differ where the model errs "
            f"differently. Draw with `pmdiscourse label draw DIR --n {MIN_LABELS}` and label that"
        )
    units = join_units(scores, passages, **options)
    samples = match_units(labels, units, passages=passages, design=design)[unit]
    frames = {}
    for theme, part in units[unit].groupby("theme"):
        frame = part[["thread_id", "group"]].reset_index(drop=True)
        sample = samples.get(str(theme))
        lack = (
            f"this theme has no labels of {unit}s"
            if sample is None
            else lack_labels(sample, unit=unit)
        )
        frame["present"] = np.nan if sample is None else sample.present
        frame["outcome"] = np.nan
        if sample is not None and not lack:
            fitted = predict_outcomes(sample.present, sample.scores, strata=sample.strata)
            frame["outcome"] = fitted.values
        frame.attrs["lack"] = lack
        frames[str(theme)] = frame
    return frames


def _compare_pair(frame: pd.DataFrame, group: str, base: str) -> dict[str, Any]:
    """Return counts and figures of one group against the reference."""
    pair = frame[frame["group"].isin([group, base])]
    counts = [_count(part) for _, part in pair.groupby("group")]
    least = {name: min(found[name] for found in counts) for name in _COUNTS}
    needed = {"n_threads": MIN_THREADS, "n_labels": MIN_LABELS_GROUP, "n_positive": MIN_POSITIVES}
    lack = frame.attrs["lack"] or _lack(least, needed, "in one of the two groups")
    if lack:
        enough = least["n_threads"] >= MIN_THREADS
        return least | {"note": f"Too few to compare: {lack}; {_advise(enough)}."}
    is_group = (pair["group"] == group).to_numpy(float)
    return least | _regress(pair, is_group) | {"note": ""}


def _fit_trend(dated: pd.DataFrame, period: str) -> dict[str, Any]:
    """Return counts and figures of one theme over time."""
    counts = _count(dated)
    needed = {
        "n_threads": MIN_THREADS_TREND,
        "n_labels": MIN_LABELS,
        "n_positive": MIN_POSITIVES,
    }
    n_periods = dated["group"].nunique()
    lack = dated.attrs["lack"] or _lack(counts, needed, "with a date")
    if not lack and n_periods < MIN_PERIODS:
        lack = f"periods: {n_periods} ({MIN_PERIODS} needed)"
    if lack:
        enough = counts["n_threads"] >= MIN_THREADS_TREND and n_periods >= MIN_PERIODS
        return counts | {"note": f"Too few for a trend: {lack}; {_advise(enough)}."}
    years = dated["group"].map(_position(period)).to_numpy(float) / _PER_YEAR[period]
    return counts | _regress(dated, years - years.min()) | {"note": "Change per year."}


def _advise(enough: bool) -> str:
    """Say what to do next: labels help where there are threads and periods enough."""
    return _DRAW_MORE if enough else _ADD_POSTS


def _position(period: str) -> Callable[[str], int]:
    """Return the function that numbers periods in steps of one."""

    def number(name: str) -> int:
        year, _, part = name.replace("Q", "").partition("-")
        return int(year) * _PER_YEAR[period] + int(part or 1)

    return number


def _count(part: pd.DataFrame) -> dict[str, int]:
    return {
        "n": len(part),
        "n_threads": int(part["thread_id"].nunique()),
        "n_labels": int(part["present"].notna().sum()),
        "n_positive": int(part["present"].sum()),
    }


def _lack(counts: dict[str, int], needed: dict[str, int], where: str) -> str:
    """Name what there is too little of; empty if nothing."""
    names = {"n_threads": "threads", "n_labels": "labels", "n_positive": "positive labels"}
    lacks = [f"{counts[k]} {names[k]} ({n} needed)" for k, n in needed.items() if counts[k] < n]
    return f"{', '.join(lacks)} {where}" if lacks else ""


def _regress(frame: pd.DataFrame, x: Any) -> dict[str, Any]:
    """Return the slope of the outcome on x, and what the multiple intervals need later."""
    design = np.column_stack([np.ones(len(x)), x])
    threads = np.unique(frame["thread_id"].to_numpy(str), return_inverse=True)[1]
    model = OLS(frame["outcome"].to_numpy(float), design)
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": threads}, use_t=True)
    low, high = fitted.conf_int(alpha=1 - LEVEL)[1]
    return {
        "difference": float(fitted.params[1]),
        "low": float(low),
        "high": float(high),
        "p_value": float(fitted.pvalues[1]),
        "interval": lambda alpha: fitted.conf_int(alpha=alpha)[1],
    }


def _finish(rows: list[dict[str, Any]], *, planned: bool) -> pd.DataFrame:
    """Adjust for the number of tests and put the columns in order."""
    tested = [row for row in rows if "p_value" in row]
    method, name = ("holm", "Holm") if planned else ("fdr_bh", "Benjamini-Hochberg")
    if tested:
        adjusted = multipletests([row["p_value"] for row in tested], method=method)[1]
        for row, p_adjusted in zip(tested, adjusted, strict=True):
            ends = row.pop("interval")((1 - LEVEL) / len(tested))
            row |= dict(zip(FIGURES[3:5], map(float, ends), strict=True))
            row["p_adjusted"] = float(p_adjusted)
    frame = pd.DataFrame(rows, columns=[*_COLUMNS, "note"])
    figures = [*FIGURES, "p_adjusted"]
    frame[figures] = frame[figures].astype(float)
    frame.insert(len(_COLUMNS), "adjustment", name)
    frame.insert(len(_COLUMNS) + 1, "plan", PLANNED if planned else EXPLORATORY)
    frame.insert(len(_COLUMNS) + 2, "method", METHOD)
    order = ["theme", "unit", "by", "group", "reference"]
    return frame.sort_values(order, ignore_index=True)
