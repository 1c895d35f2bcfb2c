"""The sampling frame of the label sample: which passages can be drawn, and how many from where.

A frame is a DataFrame with one row for each passage (or post) that can be drawn: passage_id,
stratum, wave (the wave that drew it, 0 if none did) and first_wave (the wave that could draw it
first).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.strata import assign_strata
from pmdiscourse.tables import KINDS, require_columns

# Up to this many passages all are worth labelling: the corpus interval then is a point.
CENSUS = 600
MIN_PER_STRATUM = 5
# Fewer passages than this that came after a draw are one stratum: five would cost 25 labels.
MIN_TO_CUT = 100
FRAME_COLUMNS = ("passage_id", "stratum", "wave", "first_wave")


def extend_frame(scores: pd.DataFrame, *, earlier: pd.DataFrame | None, wave: int) -> pd.DataFrame:
    """Return the frame of a wave: what earlier waves left, and what came since as new strata.

    What is left of a stratum after passages went is still a simple random sample of what is left,
    so it stays. A passage that no earlier draw could have drawn gets a stratum of its own wave.

    Parameters
    ----------
    scores : DataFrame
        passage_id, theme, score, kind.
    earlier : DataFrame or None
        Frame of the last wave; None before the first.
    wave : int
        Number of the wave to be drawn, 1 or more.

    Returns
    -------
    DataFrame
        Frame of every scored passage, by passage_id.
    """
    if earlier is None:
        strata = assign_strata(scores, kinds=_kinds(scores))
        frame = strata.rename_axis("passage_id").reset_index()
        return frame.assign(wave=0, first_wave=wave)[list(FRAME_COLUMNS)]
    require_columns("earlier", earlier, FRAME_COLUMNS)
    kept = earlier[earlier["passage_id"].isin(scores["passage_id"])]
    came = scores[~scores["passage_id"].isin(kept["passage_id"])]
    if came.empty:
        return _ordered(kept)
    apart = all(map(kind_of, earlier["stratum"]))
    new = _new_strata(came, apart=apart, wave=wave)
    return _ordered(pd.concat([kept, new.assign(wave=0, first_wave=wave)]))


def _new_strata(came: pd.DataFrame, *, apart: bool, wave: int) -> pd.DataFrame:
    """Cut what came since; kinds apart where they were apart before, so that each keeps half."""
    parts = [("", came)]
    if apart:
        parts = [(f"{kind}-", part) for kind, part in came.groupby("kind")]
    new = []
    for kind, part in parts:
        strata = assign_strata(part)
        if len(strata) < MIN_TO_CUT:
            strata = pd.Series("1", index=strata.index)
        new.append((f"{kind}w{wave}-" + strata).rename("stratum"))
    return pd.concat(new).rename_axis("passage_id").reset_index()


def kind_of(stratum: str) -> str:
    """Return the kind of post that a stratum holds, "" if it holds any.

    Examples
    --------
    >>> kind_of("essay-w2-1"), kind_of("w2-1")
    ('essay', '')
    """
    kind = stratum.partition("-")[0]
    return kind if kind in KINDS else ""


def take(frame: pd.DataFrame, *, n: int, random: np.random.Generator) -> pd.DataFrame:
    """Draw further passages from every stratum, without replacement.

    Parameters
    ----------
    frame : DataFrame
        As from `extend_frame`.
    n : int
        Passages to draw. A frame of 600 or fewer is drawn whole, n of them first.
    random : Generator
        Draws and shuffles.

    Returns
    -------
    DataFrame
        passage_id, stratum, inclusion_probability: drawn now or earlier, over all, in the stratum.

    Raises
    ------
    DiscourseError
        If every passage is drawn already.
    """
    waiting = frame[frame["wave"] == 0]
    if waiting.empty:
        raise DiscourseError(
            "everything scored is drawn already, so nothing is left to draw: label further rows of "
            "the sheets there are, or add posts and run again"
        )
    size = frame["stratum"].value_counts().sort_index()
    before = frame.loc[frame["wave"] > 0, "stratum"].value_counts()
    before = before.reindex(size.index, fill_value=0)
    # One random order inside each stratum: every start of it is a simple random sample.
    order = [
        random.permutation(waiting.loc[waiting["stratum"] == name, "passage_id"].to_numpy(object))
        for name in size.index
    ]
    further = _share_out(size, before, n)
    rows = random.permutation(np.concatenate([o[:k] for o, k in zip(order, further, strict=True)]))
    chance = (before + further) / size
    if len(frame) <= CENSUS:
        rest = np.concatenate([o[k:] for o, k in zip(order, further, strict=True)])
        rows, chance[:] = np.concatenate([rows, random.permutation(rest)]), 1.0
    drawn = pd.DataFrame({"passage_id": rows.astype(str)})
    strata = frame.set_index("passage_id")["stratum"]
    drawn["stratum"] = drawn["passage_id"].map(strata).astype(str)
    return drawn.assign(inclusion_probability=drawn["stratum"].map(chance).astype(float))


def _share_out(size: pd.Series, before: pd.Series, n: int) -> NDArray[np.int64]:
    """Return how many to draw from each stratum; half each where the kinds are apart."""
    kinds = np.array([kind_of(str(name)) for name in size.index])
    further = np.zeros(len(size), dtype=np.int64)
    names = sorted(set(kinds))
    if "" in names or len(names) != len(KINDS):
        kinds, names = np.full(len(size), "all"), ["all"]
    held, drawn = size.to_numpy(dtype=np.int64), before.to_numpy(dtype=np.int64)
    left = {name: int((held - drawn)[kinds == name].sum()) for name in names}
    budgets = [(n + number) // len(names) for number in range(len(names))]
    for number, name in enumerate(names):
        inside = kinds == name
        # What one kind is too small for goes to the other.
        spare = sum(max(0, budgets[k] - left[other]) for k, other in enumerate(names))
        budget = budgets[number] + (spare if left[name] > budgets[number] else 0)
        further[inside] = allocate(held[inside], budget, drawn=drawn[inside]) - drawn[inside]
    return further


def allocate(
    size: NDArray[np.integer[Any]], n: int, *, drawn: NDArray[np.integer[Any]] | None = None
) -> NDArray[np.int64]:
    """Share n labels among strata: near proportional to the root of their size.

    Parameters
    ----------
    size : ndarray of shape (n_strata,)
        Passages in each stratum, 1 or more.
    n : int
        Further labels; more than there are passages left means all.
    drawn : ndarray of shape (n_strata,) or None, default=None
        What earlier waves drew from each stratum; None means nothing.

    Returns
    -------
    ndarray of shape (n_strata,)
        Passages drawn over all waves: whole numbers, each at least 5 and what was drawn, at most
        the size. They add up to n more than before if that allows it.

    Examples
    --------
    >>> allocate(np.array([20, 40, 90, 250, 600]), 100).tolist()
    [7, 10, 16, 26, 41]
    >>> allocate(np.array([20, 600, 30]), 20, drawn=np.array([7, 41, 0])).tolist()
    [9, 48, 11]
    """
    before = np.zeros(len(size), dtype=np.int64) if drawn is None else drawn.astype(np.int64)
    total: NDArray[np.int64] = np.maximum(np.minimum(size, MIN_PER_STRATUM), before)
    while total.sum() < min(before.sum() + n, size.sum()):
        claim = np.where(total < size, np.sqrt(size) / (total + 0.5), 0.0)
        total[np.argmax(claim)] += 1
    return total


def _kinds(scores: pd.DataFrame) -> pd.Series:
    return scores.drop_duplicates("passage_id").set_index("passage_id")["kind"]


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[list(FRAME_COLUMNS)].sort_values("passage_id", ignore_index=True)
