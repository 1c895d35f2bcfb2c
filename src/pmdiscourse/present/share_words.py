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
from pmdiscourse.present.label_words import NOT_LABELLED
from pmdiscourse.present.taggers import Proxy, name_tagger, tell_by_tagger
from pmdiscourse.present.wording import join_words, label, percent, percent_range, plural

Row = dict[str, Any]
# The wider interval first: it is the one to show where there is room for one only.
DISCOURSE, CORPUS = "posts like these", "these posts"
_SCOPES = {"discourse": DISCOURSE, "corpus": CORPUS}
NO_BAND = "too few passages for a band"
NO_TAGS = "nothing tagged, no band"
_FEWEST = 20  # passages; under it no estimate is made (`measure.planning`)
_MOST_DRAWN = 100  # labels that a first estimate takes (`measure.planning`)
_DRAW = "pmdiscourse label draw"


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


def tell_shares(
    rows: pd.DataFrame,
    *,
    name: Callable[[str], str] = label,
    proxy: Proxy = None,
    start: str = "",
    unused: str = "",
) -> str:
    """Answer how often the themes appear, in a few sentences.

    Parameters
    ----------
    rows : DataFrame
        Rows of the prevalence table, one a theme (`select_shares`).
    name : callable, default=label
        Turns the name of a theme into its title.
    proxy : dict or None, default=None
        ``proxy`` of ``run.json``: whose tags these are.
    start : str, default=""
        How the first sentence begins; "" stands for ``Of n passages``.
    unused : str, default=""
        Why labels that are there give no estimate, as from `tell_unused`.

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
    of_all = f"Of {plural(max(row['n'] for row in known), known[0].get('unit', 'passage'))}"
    told = [_tell_estimates(estimated, start or of_all, name)] if estimated else []
    if tagged:
        of_these = of_all if told else start or of_all
        parts = tell_by_tagger(
            {
                row["theme"]: f"{name(row['theme'])} in {percent(row['tagged_share'])}"
                for row in tagged
            },
            proxy,
        )
        told.append(f"{of_these}, {parts}. {_tell_unchecked(tagged, unused)}")
    return " ".join(told)


def _tell_estimates(rows: list[Row], start: str, name: Callable[[str], str]) -> str:
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
    among = " among posts" if rows[0].get("unit") == "post" else ""
    return (
        f"{start}, people labelled {counts}. By their labels, the estimated prevalence{among} is: "
        f"{join_words(parts)}.{brackets}"
    )


def _tell_unchecked(rows: list[Row], unused: str) -> str:
    """Say why tagged shares are not the prevalence."""
    alone = len(rows) == 1
    told = f"{'This is a tagged share' if alone else 'These are tagged shares'}, not the prevalence"
    if unused:
        return f"{told}. {unused}"
    if any(row["n_labels"] for row in rows):
        return f"{told}: there are too few labels for an estimate."
    return f"{told}: no labels made by people went into {'it' if alone else 'them'}."


def tell_no_plan(overall: pd.DataFrame, *, lack: str = "") -> str:
    """Say why no number of further labels can be planned, and what would change that.

    Parameters
    ----------
    overall : DataFrame
        Rows of the prevalence table, one a theme. Where their notes say what to draw already, it is
        not said again.
    lack : str, default=""
        Why there is no estimate, as from `tell_no_estimate`.
    """
    if len(overall) and (overall["n_labels"] >= overall["n"]).all():
        return "Every passage is labelled: for these posts there is nothing left to learn."
    n = int(overall["n"].max()) if len(overall) else 0
    if n < _FEWEST:
        return "These posts are too few for a plan: their passages can all be read."
    if lack and (lack != NOT_LABELLED or overall["note"].str.contains(_DRAW).any()):
        return f"Nothing can be planned without an estimate. {lack}"
    n_drawn = min(_MOST_DRAWN, n)
    told = f"Label {n_drawn} passages (`{_DRAW} DIR --n {n_drawn}`) to plan this."
    return f"{lack} {told}".strip()


def tell_key(rows: pd.DataFrame, *, proxy: Proxy = None) -> str:
    """Say what dot and line of `plot_prevalence` are for these rows, and what they leave open.

    Parameters
    ----------
    rows : DataFrame
        Rows of the prevalence table, one a theme.
    proxy : dict or None, default=None
        ``proxy`` of ``run.json``: whose tags these are.

    Returns
    -------
    str
        Sentences.
    """
    estimated = [row for row in records(rows) if has_estimate(row)]
    unit = _unit(rows)
    taggers = dict.fromkeys(name_tagger(theme, proxy) for theme in rows["theme"])
    tagged = f"the share of {unit}s that {' or '.join(taggers) or 'the model'} tagged"
    if not estimated:
        return f"The dot is {tagged}. {_tell_band(rows)}"
    scopes = list(dict.fromkeys(one[2] for row in estimated for one in find_intervals(row)))
    line = f"the line is its 95% interval for {' or '.join(scopes)}"
    if len(scopes) > 1:
        line = f"the lines are its 95% intervals, the thin one for {DISCOURSE}, the thick one for "
        line += CORPUS
    told = (
        f"The dot is the estimated prevalence, the share of {unit}s that truly carry the theme; "
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
        return f"Tagged share of {_unit(rows)}s by theme{band}."
    among = " among posts" if _unit(rows) == "post" else ""
    if n_estimated == len(rows):
        return f"Estimated prevalence{among} by theme with its 95% interval, and the tagged share."
    return (
        f"Estimated prevalence{among} by theme with its 95% interval where labels suffice, else "
        f"tagged share{band}."
    )


def _unit(rows: pd.DataFrame) -> str:
    """Return what these rows count."""
    return str(rows["unit"].iloc[0]) if "unit" in rows and len(rows) else "passage"
