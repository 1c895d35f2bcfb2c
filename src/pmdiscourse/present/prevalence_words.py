"""What overview and notebook tell of the whole prevalence table: the answer, periods, numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from pmdiscourse.present.change_words import tell_proxy
from pmdiscourse.present.frames import records, select_shares
from pmdiscourse.present.label_words import came_late, tell_unused, tell_waiting
from pmdiscourse.present.share_words import Row, tell_shares
from pmdiscourse.present.taggers import Proxy, name_tagger, tell_by_tagger
from pmdiscourse.present.wording import join_words, label, plural

FEW = 30  # passages under which a percentage says more than is known
_NUMBERS = ["theme", "group", "period", "n", "estimate", "corpus_low", "corpus_high"]
_NUMBERS += ["discourse_low", "discourse_high", "tagged_share", "band_low", "band_high"]
_LABELS = ["n_labels", "n_positive", "labels_saved"]
_LEAST = 20  # passages of a period whose share is drawn, as for a sensitivity band
_MANY_UNREAD = 0.1  # share of passages that nobody scored; above it the answer begins with them


def tell_headline(
    prevalence: pd.DataFrame, manifest: Mapping[str, Any], *, name: Callable[[str], str] = label
) -> str:
    """Answer how often the themes appear; of few passages in counts, and what was not read first.

    Parameters
    ----------
    prevalence : DataFrame
        Prevalence table of the run.
    manifest : mapping
        Its ``run.json``.
    name : callable, default=label
        Turns the name of a theme into its title.

    Returns
    -------
    str
        Estimates first, those of whole posts too if posts are labelled; then tagged shares, and
        why labels that are there give no estimate.
    """
    whole, proxy = select_shares(prevalence), manifest.get("proxy")
    unused, start = tell_unused(manifest, prevalence), _start(manifest)
    told = tell_posts(prevalence, name=name)
    if whole["estimate"].notna().any():
        return " ".join([*told, tell_shares(whole, name=name, proxy=proxy, start=start)])
    counted = _tell_counts(whole, name=name, proxy=proxy, start=start)
    if counted:
        return " ".join(filter(None, [*told, counted, unused]))
    told.append(tell_shares(whole, name=name, proxy=proxy, start=start, unused=unused))
    if came_late(manifest):
        told.append("On the labels that there are, page 04 measures how good the tags are.")
    return " ".join(told)


def tell_opening(prevalence: pd.DataFrame, manifest: Mapping[str, Any]) -> list[str]:
    """Return the answer, then whose scores a proxy replaced and which labels wait for people."""
    headline = tell_headline(prevalence, manifest)
    return [headline, *tell_proxy(manifest), *tell_waiting(manifest)]


def tell_posts(prevalence: pd.DataFrame, *, name: Callable[[str], str] = label) -> list[str]:
    """Tell the estimates of whole posts in one string; none if no posts are labelled.

    Parameters
    ----------
    prevalence : DataFrame
        Prevalence table of the run.
    name : callable, default=label
        Turns the name of a theme into its title.
    """
    of_posts = prevalence[prevalence["unit"] == "post"]
    rows = select_shares(of_posts, unit="post")
    known = rows[rows["estimate"].notna()]
    return [tell_shares(known, name=name)] if len(known) else []


def _start(manifest: Mapping[str, Any]) -> str:
    """Begin with the passages that were not scored, where they are many; else ""."""
    counts = manifest.get("counts", {})
    n, unread = counts.get("passages", 0), counts.get("passages_other_language", 0)
    if unread <= _MANY_UNREAD * n or unread == n:
        return ""
    was = "is in another language and was" if unread == 1 else "are in other languages and were"
    return f"Of {plural(n, 'passage')}, {unread:,} {was} not looked at; of the other {n - unread:,}"


def _tell_counts(
    whole: pd.DataFrame, *, name: Callable[[str], str], proxy: Proxy, start: str
) -> str:
    """Tell tags in counts where a percentage would say too much, or nothing was tagged; else ""."""
    rows = [row for row in records(whole) if not math.isnan(row["tagged_share"])]
    found = {row["theme"]: _count(row) for row in rows}
    n = max((row["n"] for row in rows), default=0)
    if not rows or (n >= FEW and any(found.values())):
        return ""
    start = start or f"Of {plural(n, 'passage')}"
    if not any(found.values()):
        taggers = list(dict.fromkeys(name_tagger(theme, proxy) for theme in found))
        they, titles = "they" if len(taggers) > 1 else "it", [name(theme) for theme in found]
        return (
            f"{start}, {join_words(taggers)} tagged none with a theme; {they} looked for "
            f"{join_words(titles)}. That is no proof that there is none."
        )
    parts = {theme: f"{n:,} with {name(theme)}" for theme, n in found.items() if n}
    return (
        f"{start}, {tell_by_tagger(parts, proxy)}. So few passages show how a report looks; they "
        "cannot tell how often a theme appears."
    )


def _count(row: Row) -> int:
    return round(float(row["tagged_share"]) * int(row["n"]))


def select_periods(prevalence: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Select the periods whose shares of passages can be drawn: those of 20 passages or more.

    Parameters
    ----------
    prevalence : DataFrame
        Prevalence table of the run.

    Returns
    -------
    tuple of (DataFrame, str)
        Rows of passages by period, none if fewer than two periods are left; and what was left out
        in a sentence, "" if nothing was.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": "passage", "period": ["2022", "2023", "2024"]})
    >>> kept, told = select_periods(rows.assign(n=[40, 3, 50]))
    >>> kept["period"].tolist(), told
    (['2022', '2024'], '1 period of under 20 passages is left out.')
    """
    dated = prevalence[prevalence["period"].ne("all") & prevalence["unit"].eq("passage")]
    sizes = dated.groupby("period")["n"].max()
    small = sizes.index[sizes < _LEAST]
    kept = dated[~dated["period"].isin(small)]
    if len(sizes) < 2:
        told = "The posts have no two periods with a date, so nothing can be said over time."
        return dated.head(0), told
    if kept["period"].nunique() < 2:
        told = f"Fewer than two periods hold {_LEAST} passages, so nothing can be said over time."
        return dated.head(0), told
    is_left = "is" if len(small) == 1 else "are"
    told = f"{plural(len(small), 'period')} of under {_LEAST} passages {is_left} left out."
    return kept, told if len(small) else ""


def list_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Select the columns to show under a figure of shares; those that say nothing are left out.

    Parameters
    ----------
    rows : DataFrame
        Rows of the prevalence table.

    Returns
    -------
    DataFrame
        theme, group or period unless there is but one, n, then shares with their ends; the numbers
        of labels if there are any.
    """
    kept = rows[_NUMBERS + (_LABELS if rows["n_labels"].any() else [])]
    alone = [name for name in ("group", "period") if rows[name].eq("all").all()]
    return kept.drop(columns=alone).dropna(axis="columns", how="all")
