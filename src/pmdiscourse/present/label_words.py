"""What a page says of labels that still wait for another person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmdiscourse.present.wording import plural


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
