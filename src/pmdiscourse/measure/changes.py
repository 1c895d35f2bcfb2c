"""What changed between two runs: prevalence before and now, with the interval of the difference."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from pmdiscourse.tables import check_table

Interval = tuple[float, float]
_SCOPES = ("corpus", "discourse")
# Two estimates that agree in all of these rest on the same labels and scores.
_FIGURES = ("n", "n_labels", "n_positive", "tagged_share", "estimate", "corpus_low", "corpus_high")
_CONSERVATIVE = (
    "The interval takes the two estimates for independent. Where they share labels or posts it is "
    "wider than it need be."
)


def compare_prevalence(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Compare the prevalence of two runs, theme by theme.

    Parameters
    ----------
    before, now : DataFrame
        Tables ``prevalence`` of an earlier and a later run, or rows of them.

    Returns
    -------
    DataFrame
        A row for each theme of `now`, in order: theme, tagged_before and tagged_now (tagged
        shares), before and now (estimates), difference (now - before, -1 to 1), corpus_low and
        corpus_high (95 % interval of the difference between these posts and those), discourse_low
        and discourse_high (the same for posts like these), and note. Missing where a run has no
        estimate or no such interval.

    Notes
    -----
    An interval that leaves out 0 shows a change. The corpus interval answers "did the share in the
    posts at hand change?", which a few new posts can bring about; only the discourse interval
    speaks of posts like these. Neither is a test between groups of posts: for that see
    `pmdiscourse.measure.comparisons`.

    References
    ----------
    Zou and Donner (2008), Construction of confidence limits about effect measures: a general
    approach, Statistics in Medicine 27, 1693-1702 (MOVER), with a correlation of 0. Two runs share
    labels and threads, with weights that are never negative, so their estimates vary together and
    the difference varies less than that: the interval is conservative.

    Examples
    --------
    >>> from pmdiscourse.tables import empty_table
    >>> compare_prevalence(empty_table("prevalence"), empty_table("prevalence")).empty
    True
    """
    then = {str(row["theme"]): row for row in _overall(before)}
    rows = [_compare(then.get(str(row["theme"])), row) for row in _overall(now)]
    columns = ["theme", "tagged_before", "tagged_now", "before", "now", "difference"]
    columns += [f"{scope}_{end}" for scope in _SCOPES for end in ("low", "high")]
    return pd.DataFrame(rows, columns=[*columns, "note"])


def difference_interval(
    before: float, before_ends: Interval, now: float, now_ends: Interval
) -> Interval:
    """Return the interval of now - before from the intervals of both (MOVER, independent).

    Parameters
    ----------
    before, now : float
        Estimates, 0 to 1.
    before_ends, now_ends : tuple of float
        Ends of their intervals, at the same level.

    Returns
    -------
    tuple of float
        Ends, -1 to 1; of that level.

    Examples
    --------
    >>> low, high = difference_interval(0.10, (0.07, 0.13), 0.20, (0.16, 0.24))
    >>> round(low, 4), round(high, 4)  # 0.10 -+ sqrt(0.03**2 + 0.04**2)
    (0.05, 0.15)
    """
    # A smoothed interval may leave out its own estimate; no distance is then negative.
    down = math.hypot(max(0.0, now - now_ends[0]), max(0.0, before_ends[1] - before))
    up = math.hypot(max(0.0, now_ends[1] - now), max(0.0, before - before_ends[0]))
    difference = now - before
    return max(-1.0, difference - down), min(1.0, difference + up)


def _overall(prevalence: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of passages over all groups and periods."""
    table = check_table("prevalence", prevalence)
    chosen = (table["unit"] == "passage") & (table["by"] == "all") & (table["period"] == "all")
    return [{str(k): v for k, v in row.items()} for row in table[chosen].to_dict("records")]


def _compare(before: dict[str, Any] | None, now: dict[str, Any]) -> dict[str, Any]:
    """Compare one theme."""
    row: dict[str, Any] = {"theme": now["theme"], "tagged_now": now["tagged_share"]}
    row |= {"now": now["estimate"], "note": _why_not(before, now)}
    if before is None:
        return row
    row |= {"tagged_before": before["tagged_share"], "before": before["estimate"]}
    if row["note"]:
        return row
    row["difference"] = now["estimate"] - before["estimate"]
    if all(before[name] == now[name] for name in _FIGURES):
        none = {f"{scope}_{end}": 0.0 for scope in _SCOPES for end in ("low", "high")}
        return row | none | {"note": "Nothing changed that this estimate rests on."}
    for scope in _SCOPES:
        ends = [(one[f"{scope}_low"], one[f"{scope}_high"]) for one in (before, now)]
        if not any(math.isnan(end) for pair in ends for end in pair):
            found = difference_interval(before["estimate"], ends[0], now["estimate"], ends[1])
            row[f"{scope}_low"], row[f"{scope}_high"] = found
    return row | {"note": _CONSERVATIVE}


def _why_not(before: dict[str, Any] | None, now: dict[str, Any]) -> str:
    """Say why there is no difference of estimates; empty if there is one."""
    if before is None:
        return "No earlier run has an estimate of this theme."
    if math.isnan(now["estimate"]) and math.isnan(before["estimate"]):
        return "Neither run has an estimate: tagged shares alone say little about a change."
    if math.isnan(before["estimate"]):
        return "The earlier run had no estimate, so there is no difference of estimates."
    if math.isnan(now["estimate"]):
        return "This run has no estimate, so there is no difference of estimates."
    return ""
