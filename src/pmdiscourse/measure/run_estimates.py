"""The prevalence table of a run: by group and period, with the labels and the proxy that fit it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.drift import check_drift, check_transfer
from pmdiscourse.measure.label_tables import LATE_TO_DRAW, UsableLabels, usable_labels
from pmdiscourse.measure.planning import MIN_LABELS_GROUP
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.measure.prevalence_notes import ADVICE, BY_MODEL, is_overall
from pmdiscourse.store import read_manifest, read_parts, read_table
from pmdiscourse.tables import check_table

# More sources than this are no comparison that a reader can follow.
MAX_SOURCES = 8
# Up to so many years a trend is told by the quarter.
MAX_YEARS_OF_QUARTERS = 3
_COMPARED = ("tagged_share", "estimate", "labels_saved")


@dataclass(frozen=True)
class RunEstimates:
    """What a run estimates, and what it tells of it.

    Parameters
    ----------
    prevalence : DataFrame
        Table ``prevalence``: overall, by kind, by source if there are 2 to 8, and by period.
    labels : dict
        What the manifest tells of the labels.
    proxy_rows : list of dict
        For each theme of the proxy its tagged share, estimate and labels_saved, and those of the
        theme model with ``model_`` before them; empty without a proxy.
    label_checks : dict
        ``drift`` and ``transfer``, rows of `check_drift` and `check_transfer`; empty without labels
        or without new posts.
    """

    prevalence: pd.DataFrame
    labels: dict[str, Any]
    proxy_rows: list[dict[str, Any]]
    label_checks: dict[str, Any]


def estimate_tables(
    directory: Path,
    scores: pd.DataFrame,
    passages: pd.DataFrame,
    *,
    proxy: pd.DataFrame | None = None,
    proxy_themes: Collection[str] = (),
    posts: Callable[[], pd.DataFrame] | None = None,
) -> RunEstimates:
    """Estimate everything that a run tells of the themes.

    Parameters
    ----------
    directory : Path
        Folder of the run (DIR), for its labels.
    scores, passages : DataFrame
        Tables ``scores`` (of the theme model) and ``passages`` of the run.
    proxy : DataFrame or None, default=None
        Table ``scores`` as from `use_proxy`; None takes the model's scores.
    proxy_themes : collection of str, default=()
        Themes that it has scores of its own for.
    posts : callable or None, default=None
        Gives table ``posts`` of the run; see `usable_labels`.

    Returns
    -------
    RunEstimates
    """
    usable = usable_labels(directory, scores, passages, posts=posts)
    labels, told = usable.labels, dict(usable.told)
    design = None if labels is None else usable.design
    chosen = scores if proxy is None else proxy
    checks: dict[str, Any] = {}
    try:
        prevalence = _estimate_all(chosen, labels, design, passages)
        checks = _check_labels(usable, scores, passages)
    except DiscourseError as error:
        told |= {"used": False, "reason": str(error)}
        labels = design = None
        prevalence = _estimate_all(chosen, None, None, passages)
    if told.get("reason"):
        prevalence = _tell_unused(prevalence, told)
    rows = []
    if proxy is not None:
        of_proxy = prevalence["theme"].isin(proxy_themes)
        told_by = prevalence["note"].str.replace(BY_MODEL, "by the proxy", regex=False)
        prevalence["note"] = prevalence["note"].mask(of_proxy, told_by)
        model = estimate_prevalence(scores, labels, passages=passages, design=design)
        rows = _compare_proxy(prevalence, model, proxy_themes)
    return RunEstimates(prevalence, told, rows, checks)


def read_estimate_scores(directory: str | Path) -> pd.DataFrame:
    """Read the scores that the estimates of a run were made with: the proxy's if it had one.

    Returns
    -------
    DataFrame
        Table ``scores``.

    Raises
    ------
    DiscourseError
        If the folder holds no finished run with scores.
    """
    proxy = read_manifest(directory).get("proxy")
    if not proxy:
        return read_table(directory, "scores")
    return read_parts(Path(directory) / "proxy", "scores", [proxy["part"]])


def _estimate_all(
    scores: pd.DataFrame,
    labels: pd.DataFrame | None,
    design: pd.DataFrame | None,
    passages: pd.DataFrame,
) -> pd.DataFrame:
    """Return the rows over all passages and by kind, source and period."""
    estimate = partial(
        estimate_prevalence,
        scores,
        labels,
        passages=passages,
        design=design if labels is not None else None,
    )
    scored = passages[passages["passage_id"].isin(scores["passage_id"])]
    tables = [estimate(), estimate(by="kind")]
    if 2 <= scored["source"].nunique() <= MAX_SOURCES:
        tables.append(estimate(by="source"))
    if scored["published_at"].notna().any():
        period = _choose_period(scored["published_at"].dropna(), labels)
        tables.append(estimate(by="period", period=period))
    return check_table("prevalence", pd.concat(tables, ignore_index=True))


def _tell_unused(prevalence: pd.DataFrame, told: dict[str, Any]) -> pd.DataFrame:
    """Say why labels that are there are not used, in place of the advice to draw a first sample."""
    why = " No estimate: the labels do not fit this run; run.json tells why."
    if n_late := told.get("n_late", 0):
        why = f" No estimate: {told['reason']}."
        n_late = min(LATE_TO_DRAW, n_late)
    rows = as_rows(prevalence)
    for row in rows:
        if is_overall(row) and row["unit"] == told.get("unit", "passage"):
            row["note"] = row["note"].replace(ADVICE, "") + why
            row["labels_needed"] = n_late or row["labels_needed"]
    return check_table("prevalence", pd.DataFrame(rows, columns=prevalence.columns))


def _choose_period(published: pd.Series, labels: pd.DataFrame | None) -> str:
    """Return "quarter" for a few years, if labels are enough for most quarters; else "year"."""
    years = published.dt.year.max() - published.dt.year.min() + 1
    n_labelled = MIN_LABELS_GROUP * 4 * years if labels is None else labels["passage_id"].nunique()
    enough = n_labelled >= MIN_LABELS_GROUP * 4 * years
    return "quarter" if years <= MAX_YEARS_OF_QUARTERS and enough else "year"


def _compare_proxy(
    prevalence: pd.DataFrame, model: pd.DataFrame, themes: Collection[str]
) -> list[dict[str, Any]]:
    """Put what the proxy gives beside what the theme model would have given."""
    keys = ["theme", "unit", "by", "period"]
    both = prevalence.merge(model, on=keys, suffixes=("", "_model"))
    chosen = both[(both["unit"] == "passage") & both["theme"].isin(themes)]
    return [
        {"theme": row["theme"]}
        | {name: _or_none(row[name]) for name in _COMPARED}
        | {f"model_{name}": _or_none(row[f"{name}_model"]) for name in _COMPARED}
        for row in chosen.to_dict("records")
    ]


def _check_labels(
    usable: UsableLabels, scores: pd.DataFrame, passages: pd.DataFrame
) -> dict[str, Any]:
    """Tell whether labels hold for posts that came after them; empty if there are none."""
    if usable.design is None or usable.drawn.empty or usable.told["unit"] != "passage":
        return {}
    design = usable.design[usable.design["passage_id"].isin(scores["passage_id"])]
    first = design["first_wave"]
    late = design.loc[first == 0, "passage_id"].tolist()
    after_first = design.loc[first != first[first > 0].min(), "passage_id"].tolist()
    checks = {"drift": check_drift(scores, passages=passages, new_passages=late)}
    if after_first:
        checks["transfer"] = check_transfer(
            scores, usable.drawn, passages=passages, new_passages=after_first, design=design
        )
    return {name: as_rows(frame) for name, frame in checks.items() if len(frame)}


def as_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as the manifest holds them: None where there is no value."""
    return [
        {str(name): _or_none(value) for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _or_none(value: Any) -> Any:
    return None if pd.isna(value) else value
