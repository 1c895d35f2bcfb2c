"""Small tables made from the long ones: what the figures draw and what is folded under them."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError, invalid
from pmdiscourse.present.wording import percent_interval


def join_scores(scores: pd.DataFrame, passages: pd.DataFrame) -> pd.DataFrame:
    """Join scores with the passages they belong to.

    Parameters
    ----------
    scores : DataFrame
        Scores table, one row for each passage and theme.
    passages : DataFrame
        Passages table; passages without scores (other languages) are left out.

    Returns
    -------
    DataFrame
        The columns of both, one row for each row of `scores`, in its order.

    Raises
    ------
    DiscourseError
        If a score belongs to a passage that is not in `passages`.
    """
    lost = ~scores["passage_id"].isin(passages["passage_id"])
    if lost.any():
        raise invalid(
            "scores",
            got=scores.loc[lost, "passage_id"].iloc[0],
            allowed="passage_id of the passages table",
            hint="Take both tables from the same run.",
        )
    return scores.merge(passages, on="passage_id", how="left", validate="many_to_one")


def require_columns(frame: pd.DataFrame, columns: list[str], what: str) -> pd.DataFrame:
    """Return the frame if it has these columns.

    Raises
    ------
    DiscourseError
        If a column is missing.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise invalid(what, got=list(frame.columns), allowed=f"a frame with {missing} too")
    return frame


def count_reasons(directory: str | Path, name: str) -> pd.DataFrame:
    """Count why records were left out.

    Parameters
    ----------
    directory : str or Path
        Folder of a run.
    name : {"dropped", "quarantine"}
        Which list: ``dropped.jsonl`` or ``quarantine.jsonl``.

    Returns
    -------
    DataFrame
        reason, n; most frequent first. Empty if nothing was left out.

    Raises
    ------
    DiscourseError
        If the list is missing or cannot be read.
    """
    path = Path(directory) / f"{name}.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        counts = Counter(str(json.loads(line)["reason"]) for line in lines)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DiscourseError(f"{path.name} cannot be read: {error!r}; run again") from error
    rows = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return pd.DataFrame(rows, columns=["reason", "n"])


def load_run_codebook(directory: str | Path) -> Codebook:
    """Load the copy of the codebook that a run was made with.

    Parameters
    ----------
    directory : str or Path
        Folder of a run. One without ``codebook/`` (from before runs kept a copy) gives the codebook
        that comes with the package.

    Returns
    -------
    Codebook

    Raises
    ------
    DiscourseError
        If the copy is not usable.
    """
    folder = Path(directory) / "codebook"
    return load_codebook(folder if folder.is_dir() else None)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as dictionaries, in order."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def select_shares(
    prevalence: pd.DataFrame, *, by: str = "all", unit: str = "passage"
) -> pd.DataFrame:
    """Select the rows of the prevalence table that count one unit, grouped by one column.

    Parameters
    ----------
    prevalence : DataFrame
        Prevalence table.
    by : str, default="all"
        ``all`` or a column that the run grouped by, e.g. ``kind``.
    unit : {"passage", "post"}, default="passage"
        What is counted.

    Returns
    -------
    DataFrame
        Rows over all periods, the largest share first (the estimate where there is one, else the
        tagged share), rows without a share last.

    Raises
    ------
    DiscourseError
        If the table has rows, but none of these.
    """
    needed = ["unit", "by", "period", "theme", "tagged_share", "estimate"]
    require_columns(prevalence, needed, "prevalence")
    whole = prevalence[prevalence["period"] == "all"]
    rows = whole[(whole["unit"] == unit) & (whole["by"] == by)]
    if rows.empty and len(prevalence):
        known = sorted(set(zip(whole["unit"], whole["by"], strict=True)))
        raise DiscourseError(
            f"prevalence has no rows for unit {unit!r} by {by!r}; it has (unit, by): {known}"
        )
    shown = rows["estimate"].fillna(rows["tagged_share"])
    return (
        rows.assign(shown=shown)
        .sort_values(["shown", "theme"], ascending=[False, True], kind="stable", ignore_index=True)
        .drop(columns="shown")
    )


def count_by_thread(
    joined: pd.DataFrame, posts: pd.DataFrame | None = None, *, most: int = 20
) -> pd.DataFrame:
    """Count tagged passages by thread and theme.

    Parameters
    ----------
    joined : DataFrame
        Scores joined with passages (`join_scores`).
    posts : DataFrame or None, default=None
        Posts table, for the titles; None numbers the threads instead.
    most : int, default=20
        Only this many threads, those with the most passages.

    Returns
    -------
    DataFrame
        thread_id, thread (title or number), theme, n (passages scored), n_tagged, tagged_share.
    """
    counts = (
        joined.groupby(["thread_id", "theme"], sort=True)["tagged"]
        .agg(n="size", n_tagged="sum")
        .reset_index()
    )
    sizes = counts.groupby("thread_id", sort=True)["n"].max()
    largest = sizes.sort_values(ascending=False, kind="stable").index[:most]
    rank = {thread: number for number, thread in enumerate(largest, start=1)}
    counts = counts[counts["thread_id"].isin(rank)].copy()
    titles = {} if posts is None else _titles(posts)
    counts["rank"] = counts["thread_id"].map(rank)
    counts["thread"] = [
        titles.get(thread) or f"thread {rank[thread]}" for thread in counts["thread_id"]
    ]
    counts["tagged_share"] = counts["n_tagged"] / counts["n"]
    columns = ["thread_id", "thread", "theme", "n", "n_tagged", "tagged_share"]
    return counts.sort_values(["rank", "theme"], ignore_index=True)[columns]


def _titles(posts: pd.DataFrame) -> dict[str, str]:
    """Return the title of each thread that has one."""
    titled = posts[posts["title"].notna() & (posts["kind"] == "essay")]
    first = titled.drop_duplicates("thread_id")
    return dict(zip(first["thread_id"], first["title"], strict=True))


def count_pairs(joined: pd.DataFrame) -> pd.DataFrame:
    """Count passages that carry two themes at once.

    Parameters
    ----------
    joined : DataFrame
        Scores joined with passages, or the scores table itself.

    Returns
    -------
    DataFrame
        theme, other_theme, n_both, n_expected (if the two tags were independent of each other:
        n_theme * n_other / n), n_low and n_high (where 95 % of such counts would lie), n
        (passages). Most frequent pair first.

    Notes
    -----
    With both numbers of tags given, a count of independent tags is hypergeometric. Passages of one
    thread are not independent of each other, so the true range is somewhat wider.

    References
    ----------
    Agresti (2013), Categorical Data Analysis, 3rd edition, section 3.5: Fisher's exact test.
    """
    wide = joined.pivot(index="passage_id", columns="theme", values="tagged")
    tagged = wide.astype("boolean").fillna(False).astype(bool)
    n = len(tagged)
    n_tagged = {theme: int(tagged[theme].sum()) for theme in tagged.columns}
    rows = []
    for first, second in combinations(tagged.columns, 2):
        one, other = n_tagged[first], n_tagged[second]
        low, high = hypergeom.interval(0.95, n, one, other)
        rows.append(
            {
                "theme": first,
                "other_theme": second,
                "n_both": int((tagged[first] & tagged[second]).sum()),
                "n_expected": one * other / n,
                "n_low": int(low),
                "n_high": int(high),
                "n": n,
            }
        )
    columns = ["theme", "other_theme", "n_both", "n_expected", "n_low", "n_high", "n"]
    pairs = pd.DataFrame(rows, columns=columns)
    return pairs.sort_values(
        ["n_both", "theme", "other_theme"], ascending=[False, True, True], ignore_index=True
    )


def count_by_place(joined: pd.DataFrame, *, parts: int = 5) -> pd.DataFrame:
    """Count tagged passages by theme and place in the post.

    Parameters
    ----------
    joined : DataFrame
        Scores joined with passages.
    parts : int, default=5
        Each post is cut into this many equal parts by its passages; posts with fewer passages
        have no such places and are left out.

    Returns
    -------
    DataFrame
        theme, part (1 is the start of the post), n, n_tagged, tagged_share; a theme has a row for
        every part, also when nothing was tagged.
    """
    sizes = joined.groupby("post_id")["passage_id"].nunique()
    long = joined[joined["post_id"].isin(sizes.index[sizes >= parts])]
    size = long["post_id"].map(sizes).to_numpy(dtype=np.int64)
    order = long.groupby(["post_id", "theme"])["position"].rank(method="first").to_numpy() - 1
    part = (order * parts // np.maximum(size, 1)).astype(np.int64) + 1
    counts = (
        long.assign(part=part).groupby(["theme", "part"])["tagged"].agg(n="size", n_tagged="sum")
    )
    every = pd.MultiIndex.from_product(
        [sorted(set(joined["theme"])), range(1, parts + 1)], names=["theme", "part"]
    )
    filled = counts.reindex(every, fill_value=0).reset_index()
    filled["n_tagged"] = filled["n_tagged"].astype(np.int64)
    filled["tagged_share"] = filled["n_tagged"] / filled["n"].where(filled["n"] > 0)
    return filled


def word_intervals(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Write shares and the ends of their intervals into one column each, for narrow tables.

    Parameters
    ----------
    frame : DataFrame
        With columns ``name``, ``name_low`` and ``name_high`` for each of the names.
    names : list of str
        What to write.

    Returns
    -------
    DataFrame
        The frame with text like ``"36.0% (17.6% to 55.0%)"`` in ``name``, without the ends.
    """
    told = frame.copy()
    for name in names:
        ends = zip(frame[name], frame[f"{name}_low"], frame[f"{name}_high"], strict=True)
        told[name] = [percent_interval(*end) for end in ends]
    return told.drop(columns=[name + end for name in names for end in ("_low", "_high")])
