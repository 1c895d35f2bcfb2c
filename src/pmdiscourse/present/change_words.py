"""How changes between runs, and proxies, read: in print, on the page and in notebooks.

The rows are those of ``run.json``: numbers, and None where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from pmdiscourse.present.label_words import are_of_posts, came_late
from pmdiscourse.present.wording import join_words, label, percent, plural

Row = Mapping[str, Any]
# Labels that are not used for posts that came late say this with the number to draw.
_NEXT_WAVE = " Draw a further wave with `pmdiscourse label draw DIR`."
_SCOPES = {"discourse": "posts like these", "corpus": "these posts"}


def points(share: float) -> str:
    """Format a difference of shares in percentage points, with its sign.

    Examples
    --------
    >>> points(0.0123), points(-0.2), points(0.0)
    ('+1.2', '-20.0', '0.0')
    """
    told = f"{100 * share:+.1f}"
    return "0.0" if told in ("+0.0", "-0.0") else told


def tell_difference(row: Row) -> str:
    """Say how the prevalence of a theme changed, with the intervals of the difference.

    Parameters
    ----------
    row : mapping
        Row of ``changed.estimates`` in ``run.json``.

    Returns
    -------
    str
        The reason if there is no difference.

    Examples
    --------
    >>> tell_difference({"before": 0.1, "now": 0.2, "difference": 0.1, "corpus_low": 0.05,
    ...                  "corpus_high": 0.15, "discourse_low": None, "discourse_high": None})
    'prevalence 10.0% before, 20.0% now: +10.0 points (95% interval for these posts +5.0 to +15.0)'
    """
    if row["difference"] is None:
        return str(row["note"])
    if row["difference"] == row["corpus_low"] == row["corpus_high"] == 0:
        return f"prevalence {percent(row['now'])}, unchanged"
    within = "; ".join(
        f"95% interval for {scope} {points(row[f'{name}_low'])} to {points(row[f'{name}_high'])}"
        for name, scope in _SCOPES.items()
        if row[f"{name}_low"] is not None
    )
    return (
        f"prevalence {percent(row['before'])} before, {percent(row['now'])} now: "
        f"{points(row['difference'])} points{f' ({within})' if within else ''}"
    )


def tell_saved(row: Row, *, of_posts: bool = False) -> str:
    """Say what a proxy saved, beside what the theme model would have.

    Parameters
    ----------
    row : mapping
        Row of ``proxy_rows`` in ``run.json``; it is of passages.
    of_posts : bool, default=False
        Whether labels are of whole posts: then these rows cannot tell what the proxy saved.

    Examples
    --------
    >>> tell_saved({"tagged_share": 0.1, "model_tagged_share": 0.2, "estimate": 0.12,
    ...             "labels_saved": 4.0, "model_labels_saved": 2.0})
    'tags 10.0% (theme model 20.0%); saves labels 4.0 times (theme model 2.0 times)'
    >>> tell_saved({"tagged_share": 0.1, "model_tagged_share": 0.2, "estimate": None,
    ...             "labels_saved": None, "model_labels_saved": None})
    'tags 10.0% (theme model 20.0%); without an estimate it saves nothing yet'
    """
    tags = f"tags {percent(row['tagged_share'])} (theme model {percent(row['model_tagged_share'])})"
    if row["labels_saved"] is None and of_posts:
        return f"{tags}, of passages"
    if row["labels_saved"] is None:
        return f"{tags}; without an estimate it saves nothing yet"
    ours = row["model_labels_saved"]
    beside = "" if ours is None else f" (theme model {ours:.1f} times)"
    return f"{tags}; saves labels {row['labels_saved']:.1f} times{beside}"


def tell_proxy(manifest: Row, *, name: Callable[[str], str] = label) -> list[str]:
    """Say which scores stood in for the theme model, and what they saved.

    Parameters
    ----------
    manifest : mapping
        ``run.json`` of a run.
    name : callable, default=label
        Turns the name of a theme into its title.

    Returns
    -------
    list of str
        Sentences; empty without a proxy.
    """
    proxy = manifest.get("proxy")
    if not proxy:
        return []
    themes = join_words([name(theme) for theme in proxy["themes"]])
    told = (
        f"Proxy: the scores of {proxy['file']} stand in for the theme model's in the estimates of "
        f"{themes}. Labels put right what these scores get wrong, as long as their tagger has "
        "not seen the labels."
    )
    rows = manifest.get("proxy_rows", [])
    of_posts = are_of_posts(manifest)
    return [told, *(f"{name(row['theme'])}: {tell_saved(row, of_posts=of_posts)}" for row in rows)]


def tell_checks(manifest: Row, *, name: Callable[[str], str] = label) -> list[str]:
    """Say whether labels hold for posts that came after they were drawn; what is alike, once.

    Parameters
    ----------
    manifest : mapping
        ``run.json`` of a run.
    name : callable, default=label
        Turns the name of a theme into its title.

    Returns
    -------
    list of str
        Sentences; empty without labels, or without posts that came after them.

    Examples
    --------
    >>> alike = {"drift": [{"theme": name, "note": "No drift."} for name in ("blame", "pay_gap")]}
    >>> tell_checks({"label_checks": alike})
    ['Labels and new posts, blame and pay gap: No drift.']
    """
    told = []
    for rows in manifest.get("label_checks", {}).values():
        themes = dict[str, list[str]]()
        for row in rows:
            note = row["note"].replace(_NEXT_WAVE, "") if came_late(manifest) else row["note"]
            themes.setdefault(note, []).append(name(row["theme"]))
        told += [
            f"Labels and new posts, {join_words(names)}: {note}" for note, names in themes.items()
        ]
    return told


def tell_changes(manifest: Row, *, name: Callable[[str], str] = label) -> list[str]:
    """Say what changed since the last run that differed.

    Parameters
    ----------
    manifest : mapping
        ``run.json`` of a run.
    name : callable, default=label
        Turns the name of a theme into its title.

    Returns
    -------
    list of str
        Sentences; that there is no earlier run to compare with is one too.
    """
    changed = manifest.get("changed")
    if not changed:
        return ["This is the first run in its folder: there is nothing to compare it with."]
    told = [
        f"Since the last run that differed (in {join_words(changed['differs_in'])}), "
        f"{plural(changed['posts_added'], 'post')} came in and {changed['posts_gone']:,} went."
    ]
    return told + tell_estimates(changed, name=name) + tell_checks(manifest, name=name)


def tell_estimates(changed: Row, *, name: Callable[[str], str] = label) -> list[str]:
    """Say how the prevalence of each theme changed, and what to know of the intervals.

    Parameters
    ----------
    changed : mapping
        ``changed`` of ``run.json``.
    name : callable, default=label
        Turns the name of a theme into its title.

    Returns
    -------
    list of str
        Empty if no earlier run has an estimate.
    """
    estimates = changed.get("estimates", [])
    rows = [row for row in estimates if row["difference"] is not None]
    moved = dict.fromkeys(row["note"] for row in rows if row["corpus_low"] != row["corpus_high"])
    told = [*(f"{name(row['theme'])}: {tell_difference(row)}" for row in rows), *moved]
    lost = [
        f"{name(row['theme'])} {percent(row['before'])}"
        for row in estimates
        if row["now"] is None and row["before"] is not None
    ]
    return told + ([f"Estimated before, without an estimate now: {join_words(lost)}."] * bool(lost))


def word_differences(frame: pd.DataFrame) -> pd.DataFrame:
    """Write tested differences for a narrow table.

    Parameters
    ----------
    frame : DataFrame
        As from `compare_groups` or `estimate_trend`: theme, by, group, reference, difference, low,
        high, p_adjusted, note; shares from -1 to 1.

    Returns
    -------
    DataFrame
        theme, compared (group against reference, or period to period), points (difference with its
        95 % interval), p (adjusted), note.
    """
    ends = zip(frame["difference"], frame["low"], frame["high"], strict=True)
    pairs = zip(frame["group"], frame["reference"], frame["by"], strict=True)
    told = {
        "theme": frame["theme"],
        "compared": [
            f"{other} to {one}" if by == "period" else f"{one} against {other}"
            for one, other, by in pairs
        ],
        "points": [
            "none" if pd.isna(d) else f"{points(d)} ({points(low)} to {points(high)})"
            for d, low, high in ends
        ],
        "p": ["none" if pd.isna(p) else f"{p:.3f}" for p in frame["p_adjusted"]],
        "note": frame["note"],
    }
    return pd.DataFrame(told)
