"""What counts where coders differ: second readings, adjudication, and what still waits for them.

The table ``labels`` has no column for the part that a coder played, so the coder's name ends with
it: ``Ana``, ``Ben (second reading)``, ``Cleo (adjudication)``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

SECOND_READING = " (second reading)"
ADJUDICATION = " (adjudication)"
ROLES = (SECOND_READING, ADJUDICATION)
_CELL = ["passage_id", "theme"]


@dataclass(frozen=True)
class Waiting:
    """Cells of passage and theme that people have yet to look at.

    Parameters
    ----------
    second_reading : DataFrame
        passage_id, theme, coder: said to be present by one coder, read by nobody else.
    adjudication : DataFrame
        passage_id, theme: coders differ, and nobody decided.
    other_sheet : DataFrame
        passage_id, theme, coder: said to be present by one of two coders who both have the passage
        in their sheets; the other has not answered yet. Nobody else needs to read it.
    """

    second_reading: pd.DataFrame
    adjudication: pd.DataFrame
    other_sheet: pd.DataFrame


def is_role(coders: pd.Series, role: str) -> pd.Series:
    """Tell which coders played that part."""
    return coders.astype(str).str.endswith(role)


def independent(labels: pd.DataFrame) -> pd.DataFrame:
    """Return the first readings: only these tell how far coders agree.

    What is read a second time was picked because one coder found the theme, and who decides has
    seen what the coders said.
    """
    coders = labels["coder"]
    return labels[~(is_role(coders, SECOND_READING) | is_role(coders, ADJUDICATION))]


def decide(labels: pd.DataFrame) -> pd.DataFrame:
    """Let an adjudication stand for everything that was said of its passage and theme.

    Parameters
    ----------
    labels : DataFrame
        passage_id, theme, coder, and what else labels have.

    Returns
    -------
    DataFrame
        The rows that count; the majority of them is what the passage carries.

    Examples
    --------
    >>> frame = pd.DataFrame({"passage_id": ["a", "a", "a", "b"], "theme": "blame",
    ...                       "coder": ["Ana", "Ben", "Cleo (adjudication)", "Ana"]})
    >>> decide(frame)["coder"].tolist()
    ['Cleo (adjudication)', 'Ana']
    """
    decides = is_role(labels["coder"], ADJUDICATION)
    if not decides.any():
        return labels
    decided = pd.MultiIndex.from_frame(labels.loc[decides, _CELL])
    return labels[decides | ~pd.MultiIndex.from_frame(labels[_CELL]).isin(decided)]


def find_waiting(labels: pd.DataFrame, *, in_two: Collection[str] = ()) -> Waiting:
    """Find the positives that nobody read twice, and the disagreements that nobody decided.

    Every positive is read twice because a false one costs most: coders who are wrong on 1 % of
    passages make three of a theme that 0.5 % carry. Unsure against present or absent is a
    disagreement too.

    Parameters
    ----------
    labels : DataFrame
        passage_id, theme, coder, present (nullable boolean).
    in_two : collection of str, default=()
        Passages that stand in the sheets of two coders (`drawn_for_two`). Without them everything
        that one coder found counts as waiting for a second reading: the sum of both is the same.

    Returns
    -------
    Waiting
        By passage and theme.

    Examples
    --------
    >>> frame = pd.DataFrame({"passage_id": ["a", "b"], "theme": "blame",
    ...                       "coder": "Ana", "present": [True, True]})
    >>> waiting = find_waiting(frame, in_two={"b"})
    >>> waiting.second_reading["passage_id"].tolist(), waiting.other_sheet["passage_id"].tolist()
    (['a'], ['b'])
    """
    open_cells = _undecided(labels)
    code = open_cells["present"].astype("boolean").map({True: "1", False: "0"}).fillna("?")
    cells = open_cells.assign(code=code.astype(str)).groupby(_CELL)
    told = cells.agg(n=("code", "size"), codes=("code", "nunique"), code=("code", "first"))
    told["coder"] = cells["coder"].first()
    once = told[(told["n"] == 1) & (told["code"] == "1")].reset_index()
    differ = told[told["codes"] > 1].reset_index()
    shared = once["passage_id"].isin(list(in_two))
    once = once[[*_CELL, "coder"]]
    return Waiting(once[~shared], differ[_CELL], once[shared])


def count_waiting(labels: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Count, for each theme, the positives to read again and the disagreements to decide.

    Parameters
    ----------
    labels : DataFrame
        As in `find_waiting`.

    Returns
    -------
    dict of str to tuple of int
        By theme; a theme for which nothing waits may be missing.

    Examples
    --------
    >>> frame = pd.DataFrame({"passage_id": ["a", "b", "b"], "theme": "blame",
    ...                       "coder": ["Ana", "Ana", "Ben"], "present": [True, True, False]})
    >>> count_waiting(frame)
    {'blame': (1, 1)}
    """
    waiting = find_waiting(labels)
    again, differ = (
        frame["theme"].value_counts() for frame in (waiting.second_reading, waiting.adjudication)
    )
    themes = sorted({str(theme) for theme in (*again.index, *differ.index)})
    return {theme: (int(again.get(theme, 0)), int(differ.get(theme, 0))) for theme in themes}


def _undecided(labels: pd.DataFrame) -> pd.DataFrame:
    kept = decide(labels)
    return kept[~is_role(kept["coder"], ADJUDICATION)]
