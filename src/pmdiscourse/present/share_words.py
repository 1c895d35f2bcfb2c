"""How rows of the prevalence table read: an estimate with its interval, or a tagged share.

A row is an estimate where labels gave one. Every other row is a tagged share, with the sensitivity
band if there were enough passages for it. Page, figures and notebook take their words from here, so
they never say two things of one row.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

from pmdiscourse.present.frames import records
from pmdiscourse.present.wording import join_words, label, percent, percent_range, plural

Row = dict[str, Any]
# The wider interval first: it is the one to show where there is room for one only.
DISCOURSE, CORPUS = "posts like these", "these posts"
_SCOPES = {"discourse": DISCOURSE, "corpus": CORPUS}
NO_BAND = "too few passages for a band"
NO_TAGS = "nothing tagged, no band"


def has_estimate(row: Row) -> bool:
    """Tell whether labels gave this row an estimate."""
    return not math.isnan(float(row["estimate"]))


def find_intervals(row: Row) -> list[tuple[float, float, str]]:
    """Return the 95% intervals of a row: (low, high, which posts they are for), the widest first.

    Parameters
    ----------
    row : dict
        Row of the prevalence table.

    Returns
    -------
    list of tuple
        Ends are shares from 0 to 1. Empty without an estimate.
    """
    if not has_estimate(row):
        return []
    ends = [(row[f"{kind}_low"], row[f"{kind}_high"], scope) for kind, scope in _SCOPES.items()]
    return [(float(low), float(high), scope) for low, high, scope in ends if not math.isnan(low)]


def tell_range(row: Row) -> str:
    """Say how far off the share of a row may be: its intervals or its band, or why there is none.

    Examples
    --------
    >>> row = {"estimate": 0.1, "corpus_low": 0.05, "corpus_high": 0.2,
    ...        "discourse_low": float("nan"), "discourse_high": float("nan")}
    >>> tell_range(row)
    '5.0% to 20.0% (95% interval for these posts)'
    >>> tell_range({"estimate": float("nan"), "band_low": 0.01, "band_high": 0.2})
    '1.0% to 20.0% (sensitivity band)'
    """
    told = [
        f"{percent_range(low, high)} (95% interval for {scope})"
        for low, high, scope in find_intervals(row)
    ]
    if has_estimate(row):
        return "; ".join(told) or "no interval"
    if math.isnan(row["band_low"]):
        return NO_BAND if row["tagged_share"] else NO_TAGS
    return f"{percent_range(row['band_low'], row['band_high'])} (sensitivity band)"


def tell_count(row: Row) -> str:
    """Say how many were tagged: ``"9 of 30"``."""
    return f"{round(row['tagged_share'] * row['n']):,} of {row['n']:,}"


def tell_row(row: Row) -> str:
    """Say one share with its uncertainty and size."""
    if math.isnan(row["tagged_share"]):
        return "no value (nothing to count)"
    tagged = f"{percent(row['tagged_share'])}, {tell_count(row)}"
    if has_estimate(row):
        within = "".join(
            f"95% interval for {scope} {percent_range(low, high)}; "
            for low, high, scope in find_intervals(row)
        )
        return f"prevalence {percent(row['estimate'])} ({within}tagged {tagged})"
    ends = percent_range(row["band_low"], row["band_high"])
    band = "" if math.isnan(row["band_low"]) else f"; sensitivity band {ends}"
    return f"{percent(row['tagged_share'])} tagged ({tell_count(row)}{band})"


def tell_shares(rows: pd.DataFrame, *, name: Callable[[str], str] = label) -> str:
    """Answer how often the themes appear, in a few sentences.

    Parameters
    ----------
    rows : DataFrame
        Rows of the prevalence table, one a theme (`select_shares`).
    name : callable, default=label
        Turns the name of a theme into its title.

    Returns
    -------
    str
        Estimates with their intervals first, then the shares that are only tagged.
    """
    known = [row for row in records(rows) if not math.isnan(row["tagged_share"])]
    if not known:
        return "No passage could be scored, so no theme has a share."
    estimated = [row for row in known if has_estimate(row)]
    tagged = [row for row in known if not has_estimate(row)]
    n = plural(max(row["n"] for row in known), "passage")
    told = []
    if estimated:
        told.append(_tell_estimates(estimated, n, name))
    if tagged:
        parts = join_words(
            [f"{name(row['theme'])} in {percent(row['tagged_share'])}" for row in tagged]
        )
        told.append(f"Of {n}, the model tagged {parts}. {_tell_unchecked(tagged)}")
    return " ".join(told)


def _tell_estimates(rows: list[Row], n: str, name: Callable[[str], str]) -> str:
    """Tell estimates, each with the interval that is drawn."""
    parts = []
    for row in rows:
        drawn = find_intervals(row)[:1]
        within = "".join(f" ({percent_range(low, high)})" for low, high, _ in drawn)
        parts.append(f"{name(row['theme'])} in {percent(row['estimate'])}{within}")
    scopes = list(dict.fromkeys(one[2] for row in rows for one in find_intervals(row)[:1]))
    brackets = f" In brackets: 95% interval for {' or '.join(scopes)}." if scopes else ""
    labelled = sorted({row["n_labels"] for row in rows})
    counts = " to ".join(f"{number:,}" for number in dict.fromkeys((labelled[0], labelled[-1])))
    return (
        f"Of {n}, people labelled {counts}. By their labels, the estimated prevalence is: "
        f"{join_words(parts)}.{brackets}"
    )


def _tell_unchecked(rows: list[Row]) -> str:
    """Say why tagged shares are not the prevalence."""
    alone = len(rows) == 1
    which = "This is a tagged share" if alone else "These are tagged shares"
    if any(row["n_labels"] for row in rows):
        return f"{which}, not the prevalence: there are too few labels for an estimate."
    these = "it" if alone else "them"
    return f"{which}, not the prevalence: no labels made by people went into {these}."


def tell_no_plan(overall: pd.DataFrame) -> str:
    """Say why no number of further labels can be planned: none, or no more, passages to label."""
    if len(overall) and (overall["n_labels"] >= overall["n"]).all():
        return "Every passage is labelled: for these posts there is nothing left to learn."
    return "Label 100 passages (`pmdiscourse label draw DIR --n 100`) to plan this."


def tell_key(rows: pd.DataFrame) -> str:
    """Say what dot and line of `plot_prevalence` are for these rows, and what they leave open.

    Parameters
    ----------
    rows : DataFrame
        Rows of the prevalence table, one a theme.

    Returns
    -------
    str
        Sentences.
    """
    estimated = [row for row in records(rows) if has_estimate(row)]
    tagged = "the share of passages that the model tagged"
    if not estimated:
        return f"The dot is {tagged}. {_tell_band(rows)}"
    scopes = list(dict.fromkeys(one[2] for row in estimated for one in find_intervals(row)))
    line = f"the line is its 95% interval for {' or '.join(scopes)}"
    if len(scopes) > 1:
        line = f"the lines are its 95% intervals, the thin one for {DISCOURSE}, the thick one for "
        line += CORPUS
    told = (
        "The dot is the estimated prevalence, the share of passages that truly carry the theme; "
        f"{line}. The hollow diamond is {tagged}."
    )
    if len(estimated) == len(rows):
        return told
    return f"{told} A theme with too few labels has the diamond alone. {_tell_band(rows)}"


def _tell_band(rows: pd.DataFrame) -> str:
    """Say what the band is, or that there is none."""
    if rows["band_low"].isna().all():
        if rows["tagged_share"].eq(0).all():
            return "Nothing was tagged, so there is no sensitivity band."
        return "There are too few passages for a sensitivity band."
    line = "wide line" if rows["estimate"].notna().any() else "line"
    return (
        f"The {line} is the sensitivity band: where the prevalence may lie if the model "
        "finds 50-95% of the true passages and wrongly tags 0.5-5% of the others. These are "
        "assumptions: the band is no confidence interval, and it holds no sampling error. A model "
        "that finds fewer than half puts the prevalence above the band."
    )


def tell_caption(rows: pd.DataFrame) -> str:
    """Name what `plot_prevalence` draws of these rows, as a caption."""
    n_estimated = int(rows["estimate"].notna().sum())
    band = "" if rows["band_low"].isna().all() else " with the sensitivity band"
    if not n_estimated:
        return f"Tagged share of passages by theme{band}."
    if n_estimated == len(rows):
        return "Estimated prevalence by theme with its 95% interval, and the tagged share."
    return (
        "Estimated prevalence by theme with its 95% interval where labels suffice, else "
        f"tagged share{band}."
    )
