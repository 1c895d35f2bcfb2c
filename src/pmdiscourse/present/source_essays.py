"""The source essays by figures: what a notebook counts, and when it belongs in the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.errors import DiscourseError
from pmdiscourse.feature_files import (
    BY_THEME,
    FACTS,
    HELD_OUT,
    HELD_OUT_FACTS,
    PASSAGES,
    read_facts,
    read_figures,
)
from pmdiscourse.store import MANIFEST, read_manifest, read_table, sha256

_PLACE = ["essay", "kind", "post", "position", "n_words"]


@dataclass(frozen=True)
class SourceEssays:
    """Figures of some texts.

    Parameters
    ----------
    rows : DataFrame
        One row a passage and theme: essay, kind, post, position, n_words, thread_id, passage_id,
        theme, score, tagged and coded (boolean, may be missing).
    facts : dict
        How they were made.
    held_out : bool
        Whether score and tag come from weights that were learned without these texts.
    hashes : dict of str to str
        SHA-256 of each file that the figures come from.
    """

    rows: pd.DataFrame
    facts: dict[str, Any]
    held_out: bool
    hashes: dict[str, str]

    @property
    def coded(self) -> bool:
        """Whether coders read any of the passages."""
        return bool(self.rows["coded"].notna().any())


def load_source_essays(directory: str | Path) -> SourceEssays:
    """Load the figures of a folder that `pmdiscourse features` wrote.

    Scores and tags of ``held_out.csv`` take the place of those of the shipped weights if they are
    of the same passages and the same codebook.

    Parameters
    ----------
    directory : str or Path
        Folder with ``passages.csv`` and ``features.json``.

    Returns
    -------
    SourceEssays

    Raises
    ------
    DiscourseError
        If a file is missing, or holds anything else than figures.
    """
    folder = Path(directory)
    wide, facts = read_figures(folder), read_facts(folder)
    if "passage_id" not in wide:  # figures may be shared without hashes
        places = zip(wide["essay"], wide["post"], wide["position"], strict=True)
        wide["passage_id"] = [f"{essay}-{post}-{place}" for essay, post, place in places]
    used = [PASSAGES, FACTS]
    held_out = _load_held_out(folder, wide, facts)
    if held_out is not None:
        wide = wide.drop(columns=held_out.columns.drop("passage_id")).merge(held_out)
        used += [HELD_OUT, HELD_OUT_FACTS]
    hashes = {name: sha256((folder / name).read_bytes()) for name in used}
    return SourceEssays(_lengthen(wide, facts), facts, held_out is not None, hashes)


def _load_held_out(folder: Path, wide: pd.DataFrame, facts: dict[str, Any]) -> pd.DataFrame | None:
    """Return held-out scores and tags, None if there are none for these passages."""
    if not (folder / HELD_OUT).is_file():
        return None
    same = read_facts(folder, HELD_OUT_FACTS).get("codebook") == facts["codebook"]
    held_out = read_figures(folder, HELD_OUT)
    return held_out if same and set(held_out["passage_id"]) == set(wide["passage_id"]) else None


def _lengthen(wide: pd.DataFrame, facts: dict[str, Any]) -> pd.DataFrame:
    """Return a row for each passage and theme."""
    parts = []
    for theme in facts["themes"]:
        part = wide[[*_PLACE, "passage_id"]].assign(theme=theme, thread_id=wide["essay"].map(str))
        for what in BY_THEME:
            column = f"{what}_{theme}"
            part[what] = wide.get(column)
        parts.append(part)
    rows = pd.concat(parts, ignore_index=True)
    kinds = {"score": "float64", "tagged": "boolean", "coded": "boolean"}
    return rows.astype(kinds)


def count_essays(rows: pd.DataFrame, by: str = "essay") -> pd.DataFrame:
    """Count tagged and coded passages by theme and essay, or another column.

    Parameters
    ----------
    rows : DataFrame
        Rows of `SourceEssays`, or some of them.
    by : str, default="essay"
        What to count by beside the theme; ``"theme"`` alone counts over all.

    Returns
    -------
    DataFrame
        theme, the column `by`, n (passages), n_coded, n_tagged, coded_share and tagged_share (of
        the passages that were coded, and scored; missing if none was). Themes in their order.
    """
    keys = list(dict.fromkeys(["theme", by]))
    groups = rows.groupby(keys, sort=False)
    counts = groups.agg(
        n=("tagged", "size"), n_coded=("coded", "sum"), n_tagged=("tagged", "sum"),
        coded_share=("coded", "mean"), tagged_share=("tagged", "mean"),
    ).reset_index()  # fmt: skip
    shares = dict.fromkeys(["coded_share", "tagged_share"], "float64")
    return counts.astype({"n_coded": "int64", "n_tagged": "int64"} | shares)


def count_mistakes(quality: pd.DataFrame) -> pd.DataFrame:
    """Count hits, misses and false hits.

    Parameters
    ----------
    quality : DataFrame
        As from `pmdiscourse.measure.evaluate.evaluate`.

    Returns
    -------
    DataFrame
        theme, n_coded, hits, misses, false_hits, then recall and precision with ``_low`` and
        ``_high``, and note.
    """
    counts = pd.DataFrame(
        {
            "theme": quality["theme"],
            "n_coded": quality["n_positive"],
            "hits": quality["n_hits"],
            "misses": quality["n_positive"] - quality["n_hits"],
            "false_hits": quality["n_tagged"] - quality["n_hits"],
        }
    )
    metrics = [f"{name}{end}" for name in ("recall", "precision") for end in ("", "_low", "_high")]
    return counts.join(quality[[*metrics, "note"]])


def find_quotable(directory: str | Path, essays: SourceEssays) -> pd.DataFrame:
    """Return the tagged passages of a run that are passages of the source essays.

    Parameters
    ----------
    directory : str or Path
        Folder of a run.
    essays : SourceEssays
        As from `load_source_essays`.

    Returns
    -------
    DataFrame
        Columns of passages and scores, by theme and place; empty if the run holds none of them,
        or there is no run yet.

    Raises
    ------
    DiscourseError
        If the run is damaged.
    """
    if not (Path(directory) / MANIFEST).is_file():
        return pd.DataFrame()
    places = essays.rows[["passage_id", "essay", "post", "theme"]]
    scores = read_table(directory, "scores")
    joined = scores.merge(read_table(directory, "passages"), on="passage_id").merge(places)
    tagged = joined[joined["tagged"]]
    order = ["theme", "essay", "post", "position"]
    tagged = tagged.sort_values(order, kind="stable", ignore_index=True)
    return tagged.assign(remark=[f"source essay {number}" for number in tagged["essay"]])


def why_left_out(directory: str | Path, figures: str | Path) -> str:
    """Say why the notebook of the source essays does not belong in a report; "" if it does.

    It is part of the project's own report only: that on the invented sample, or on posts that hold
    one of the source essays.

    Parameters
    ----------
    directory : str or Path
        Folder of the run (DIR).
    figures : str or Path
        Folder with the figures of the source essays.

    Returns
    -------
    str
        One sentence, or nothing.

    Raises
    ------
    DiscourseError
        If `directory` holds no finished run.
    """
    manifest = read_manifest(directory)
    try:
        rows, facts = read_figures(figures), read_facts(figures)
    except DiscourseError as error:
        return f"the figures of the source essays cannot be used: {error}"
    if manifest.get("corpus", {}).get("synthetic"):
        return ""
    read = {entry["sha256"] for entry in manifest.get("inputs", [])}
    if read & {entry["sha256"] for entry in facts["inputs"]}:
        return ""
    if "post_id" in rows and set(rows["post_id"]) & set(read_table(directory, "posts")["post_id"]):
        return ""
    return "it is about the project's source essays, and these posts hold none of them"
