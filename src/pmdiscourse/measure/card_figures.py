"""The card of the shipped weights as frames: what was measured out of fold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pmdiscourse.measure.evaluate import METRICS
from pmdiscourse.measure.reliability import COLUMNS

ENDS = ("", "_low", "_high")
MEANS = ("average_precision", "f1")
KINDS = {"mean": "all", "of essays": "essays", "of transcripts": "transcripts"}
KINDS |= {"of comments": "comments"}


def card_themes(card: Mapping[str, Any], *, path: str | None = None) -> pd.DataFrame:
    """Return the out-of-fold figures of every theme.

    Parameters
    ----------
    card : mapping
        As from `load_card`.
    path : str or None, default=None
        One path of the card, e.g. ``"plain"``; None takes all.

    Returns
    -------
    DataFrame
        path, theme, n_positive, and each of average_precision, precision, recall and f1 with the
        ends of its 95 % interval in ``_low`` and ``_high``; tagged_share and true_share at the
        natural base rate.
    """
    rows = [
        {"path": name, "theme": theme, "n_positive": row["n_positive"]}
        | {metric + end: row[metric][at] for metric in METRICS for at, end in enumerate(ENDS)}
        | {share: row[share] for share in ("tagged_share", "true_share")}
        for name in card["paths"]
        if path in (None, name)
        for theme, row in card["figures"][name]["themes"].items()
    ]
    return pd.DataFrame(rows)


def card_kinds(card: Mapping[str, Any]) -> pd.DataFrame:
    """Return the means over the themes: for all passages, essays, transcripts and comments.

    Returns
    -------
    DataFrame
        path, kind, n (passages), n_positive (fewest and most of a theme, as text), and
        average_precision and f1 with the ends of their 95 % intervals, missing where there are too
        few positives; note says so.
    """
    rows = []
    for path in card["paths"]:
        figures = card["figures"][path]
        themes = [row["n_positive"] for row in figures["themes"].values()]
        for key, kind in KINDS.items():
            if key not in figures:
                continue
            row = figures[key]
            positives = row.get("n_positive", themes)
            told: dict[str, Any] = {"path": path, "kind": kind}
            told["n"] = row.get("n", card["n_passages"])
            told["positives_of_a_theme"] = f"{min(positives)} to {max(positives)}"
            for metric in MEANS:
                # value, standard error, low, high
                value = row.get(metric, [float("nan")] * 4)
                told |= dict(
                    zip([metric + end for end in ENDS], [value[0], *value[-2:]], strict=True)
                )
            rows.append(told | {"note": "" if "f1" in row else "too few positives"})
    return pd.DataFrame(rows)


def card_reliability(card: Mapping[str, Any], path: str) -> pd.DataFrame:
    """Return the reliability bins of the out-of-fold scores.

    Returns
    -------
    DataFrame
        theme, then the columns of `measure_reliability`; empty if the card holds none.
    """
    themes = card["figures"].get(path, {}).get("reliability", {})
    rows = [{"theme": theme} | row for theme, bins in themes.items() for row in bins]
    return pd.DataFrame(rows, columns=["theme", *COLUMNS])
