"""What the notes of table ``prevalence`` say, so that no number stands without its meaning."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pmdiscourse.measure.agreement import RELIABLE, TENTATIVE, Judgement
from pmdiscourse.measure.planning import (
    MIN_LABELS,
    MIN_POSITIVES,
    MIN_THREADS,
    MIN_UNITS,
)

Row = Mapping[str, Any]

DRAW = "`pmdiscourse label draw DIR --n {n}`"
BY_MODEL = "by the model"
ADVICE = f" Label {MIN_LABELS} passages ({DRAW.format(n=MIN_LABELS)}) to get an estimate."


def is_overall(row: Row) -> bool:
    """Tell whether a row is over all groups and periods."""
    return bool(row["by"] == "all" and row["period"] == "all")


def count(n: int, noun: str) -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> count(1, "thread"), count(1200, "passage")
    ('1 thread', '1,200 passages')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def note_tagged(row: Row) -> str:
    """Say what the tagged share is and is not."""
    share, unit = f"{row['tagged_share']:.1%}", row["unit"]
    note = f"Tagged share: {share} of {unit}s were tagged {BY_MODEL}. This is not the prevalence."
    if unit == "post":
        note += " A post counts as tagged if any of its passages is."
    elif is_overall(row) and row["band_low"] is not None:
        note += (
            " If the tagger finds 50-95% of true passages and wrongly tags 0.5-5% of others - "
            "assumptions, not measurements - the prevalence lies between "
            f"{row['band_low']:.1%} and {row['band_high']:.1%}."
        )
        note += "" if row["n_labels"] else ADVICE
    elif not row["tagged_share"]:
        note += " Nothing was tagged: no sensitivity band can tell how rare the theme is."
    elif row["n"] >= MIN_UNITS and row["band_low"] is None:
        note += (
            " So little was tagged that all of it may be wrong: no sensitivity band can tell how "
            "rare the theme is."
        )
    if not is_overall(row):
        groups = "groups" if row["period"] == "all" else "periods"
        note += f" No comparison between {groups} is claimed."
    return note + _note_few_units(row)


def note_other_unit(row: Row) -> str:
    """Say why a row has no estimate although there are labels: of the other unit."""
    if row["unit"] == "post":
        return (
            " No estimate: the labels are of passages, and nobody read the whole post; draw posts "
            "(`pmdiscourse label draw --unit post`) in a folder of its own to get one."
        )
    return " No estimate: the labels are of whole posts, so posts alone have one."


def note_lack(lack: str) -> str:
    """Say what is missing for an estimate."""
    return f" No estimate yet: {lack}."


def note_few_labels(row: Row, wanted: int) -> str:
    """Say that a group has too few labels of its own."""
    return note_lack(
        f"{count(row['n_labels'], row['unit'])}{_place(row)} "
        f"{'is' if row['n_labels'] == 1 else 'are'} labelled, {wanted} are needed: draw more"
    )


def note_estimate(row: Row, *, half_width: float, n_unlabelled: int, extremes: str) -> str:
    """Say what an estimate covers and what more labels would give.

    Parameters
    ----------
    row : Mapping
        Row of table ``prevalence`` with its estimate.
    half_width : float
        What labels_needed plans for.
    n_unlabelled : int
        Units in strata in which no label belongs to the group.
    extremes : str
        What unsure labels would change; may be empty.
    """
    whole = is_overall(row)
    place = _place(row)
    noun = f"labelled {row['unit']}"
    note = (
        f"Estimated from {count(row['n_labels'], noun)}{place}, "
        f"{row['n_positive']} of them positive. "
    )
    if row["discourse_low"] is None:
        note += (
            "The interval is for these posts only: under "
            f"{MIN_THREADS} threads there is no interval for posts like these."
        )
    else:
        note += (
            "The interval for these posts (corpus) says nothing of others; the one for posts like "
            "these (discourse) covers differences between threads, not how they were chosen."
        )
    if not row["n_positive"]:
        note += " The theme was not observed."
    if not whole:
        note += _note_comparison(row)
    if n_unlabelled:
        note += (
            f" No label of its own speaks for {count(n_unlabelled, row['unit'])}{place}, in strata "
            "where all labels fell outside: there the estimate rests on the model and on others."
        )
    return note + extremes + _note_planning(row, half_width)


def add_to_estimates(rows: list[dict[str, Any]], told: str) -> list[dict[str, Any]]:
    """Add to the note of a theme's overall row; rows without an estimate stay as they are."""
    for row in rows:
        if is_overall(row) and row["estimate"] is not None:
            row["note"] += told
    return rows


def note_agreement(found: Judgement, *, unit: str = "passage") -> str:
    """Say how far coders agree: no estimate is better than the labels behind it.

    Examples
    --------
    >>> note_agreement(Judgement(44, "not reliable", 0.6543, 0.4213, 0.8512))
    ' Coders agree with alpha 0.65 (0.42 to 0.85) on 44 passages that two coded: not reliable.'
    """
    if not found.n_double:
        return " Nothing was coded by two people: how far coders agree is not known."
    on = f"on {count(found.n_double, unit)} that two coded"
    if math.isnan(found.alpha):
        return f" Coders gave one and the same code {on}: alpha is not defined."
    alpha = f"{found.alpha:.2f} ({found.alpha_low:.2f} to {found.alpha_high:.2f})"
    least = next((least for least in (RELIABLE, TENTATIVE) if found.alpha >= least), -math.inf)
    unsure = f"; the interval reaches below {least:g}" if found.alpha_low < least else ""
    return f" Coders agree with alpha {alpha} {on}: {found.verdict}{unsure}."


def note_unsure(n: int, most: float) -> str:
    """Say what unsure labels count as, and what they would change."""
    counts, they = ("counts", "it") if n == 1 else ("count", "they")
    return (
        f" {count(n, 'unsure label')} {counts} as absent; as present {they} would give {most:.1%}."
    )


def note_waiting(second_reading: int, adjudication: int) -> str:
    """Say which labels wait for another person, and what counts until then.

    Examples
    --------
    >>> note_waiting(1, 0)
    ' 1 positive label awaits a second reading, and counts as present until then.'
    """
    note = ""
    if second_reading:
        awaits, counts = ("awaits", "counts") if second_reading == 1 else ("await", "count")
        note += (
            f" {count(second_reading, 'positive label')} {awaits} a second reading, and {counts} "
            "as present until then."
        )
    if adjudication:
        awaits = "awaits" if adjudication == 1 else "await"
        note += (
            f" {count(adjudication, 'disagreement')} of coders {awaits} a decision: until then "
            "the majority counts, and a tie as absent."
        )
    return note


def _place(row: Row) -> str:
    """Name the place of a row after a noun."""
    if is_overall(row):
        return ""
    return " of this period" if row["period"] != "all" else " of this group"


def _note_comparison(row: Row) -> str:
    """Warn when a group is too small to be compared."""
    lacks = [
        f"{row[name]} {what}, {least} are needed"
        for name, what, least in (
            ("n_positive", "positive labels", MIN_POSITIVES),
            ("n_threads", "threads", MIN_THREADS),
        )
        if row[name] < least
    ]
    if not lacks:
        return ""
    return f" Too few to compare with others ({'; '.join(lacks)}): draw more labels or add posts."


def _note_planning(row: Row, half_width: float) -> str:
    """Say how many labels the wanted width still takes."""
    needed, points = int(row["labels_needed"]), f"{100 * half_width:g}"
    if not needed:
        return ""
    more = count(needed, "more label")
    return f" About {more} would narrow the interval for these posts to ±{points} points."


def _note_few_units(row: Row) -> str:
    """Warn when there are too few units or threads to speak of others."""
    n, n_threads = row["n"], row["n_threads"]
    if n >= MIN_UNITS and n_threads >= MIN_THREADS:
        return ""
    note = (
        f" Only {count(n, row['unit'])} in {count(n_threads, 'thread')}: nothing can be said "
        "beyond these posts."
    )
    few = row["unit"] == "passage" and n < MIN_UNITS
    return note + (" Too few for a sensitivity band." if few else "")
