"""What a page says of labels: those that wait for another person, those that give no estimate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pmdiscourse.present.wording import plural

NOT_LABELLED = "No passage is labelled yet."


def tell_waiting(manifest: Mapping[str, Any]) -> list[str]:
    """Say how many labels of a run await a second reading or a decision.

    Parameters
    ----------
    manifest : Mapping
        ``run.json`` of the run.

    Returns
    -------
    list of str
        Up to two sentences; empty if nothing waits, or no label is used.

    Examples
    --------
    >>> tell_waiting({"labels": {"used": True, "awaiting_second_reading": 2}})[0]
    '2 positive labels await a second reading by another person; until then they count as present.'
    """
    labels = manifest.get("labels", {})
    if not labels.get("used"):
        return []
    told = []
    if n := labels.get("awaiting_second_reading", 0):
        await_, they = ("awaits", "it counts") if n == 1 else ("await", "they count")
        told.append(
            f"{plural(n, 'positive label')} {await_} a second reading by another person; until "
            f"then {they} as present."
        )
    if n := labels.get("awaiting_adjudication", 0):
        told.append(
            f"{plural(n, 'disagreement')} of coders {'awaits' if n == 1 else 'await'} a decision; "
            "until then the majority counts, and a tie as absent."
        )
    return told


def are_of_posts(manifest: Mapping[str, Any]) -> bool:
    """Tell whether the labels of a run are of whole posts, not of passages."""
    return bool(manifest.get("labels", {}).get("unit") == "post")


def came_late(manifest: Mapping[str, Any]) -> bool:
    """Tell whether labels are not used because posts came after they were drawn."""
    labels = manifest.get("labels", {})
    return bool(labels.get("n_late")) and not labels.get("used")


def tell_unused(manifest: Mapping[str, Any], prevalence: pd.DataFrame) -> str:
    """Say why labels that are there give no estimate of passages.

    Parameters
    ----------
    manifest : Mapping
        ``run.json`` of the run.
    prevalence : DataFrame
        Its prevalence table, for the number of passages or posts that labels were drawn from.

    Returns
    -------
    str
        A sentence; "" if there are no labels, or they are used for passages.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": ["passage", "post"], "n": [226, 107]})
    >>> tell_unused({"labels": {"used": False, "n_late": 1, "unit": "post"}}, rows)[:62]
    'People labelled posts of this corpus, but 1 of 107 came after '
    """
    labels = manifest.get("labels", {})
    if came_late(manifest):
        unit, n_late = labels.get("unit", "passage"), labels["n_late"]
        n = int(prevalence.loc[prevalence["unit"] == unit, "n"].max())
        has = "has" if n_late == 1 else "have"
        return (
            f"People labelled {unit}s of this corpus, but {n_late:,} of {n:,} came after that "
            f"draw and {has} no label yet, so no estimate is made."
        )
    if labels.get("reason"):
        return (
            "There are labels, but they did not fit this run and were not used; run.json tells why."
        )
    if labels.get("used") and are_of_posts(manifest):
        return "The labels are of whole posts, so there is no estimate for passages."
    return ""


def tell_no_estimate(manifest: Mapping[str, Any], prevalence: pd.DataFrame) -> str:
    """Say why passages have no estimate, or none of every theme: labels unused, too few or none.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": ["passage"], "n": [226], "n_labels": [0]})
    >>> tell_no_estimate({}, rows), tell_no_estimate({}, rows.assign(n_labels=9))
    ('No passage is labelled yet.', 'There are too few labels yet.')
    """
    if unused := tell_unused(manifest, prevalence):
        return unused
    of_passages = prevalence[prevalence["unit"] == "passage"]
    some = bool(of_passages["n_labels"].gt(0).any())
    return "There are too few labels yet." if some else NOT_LABELLED
