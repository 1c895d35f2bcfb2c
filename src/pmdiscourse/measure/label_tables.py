"""What a run can use of its labels: the label table, the frozen design, and what became of both."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.decisions import find_waiting
from pmdiscourse.measure.sampling import FRAME_COLUMNS
from pmdiscourse.measure.sheets import text_sha256
from pmdiscourse.measure.strata import LABEL_COLUMNS
from pmdiscourse.store import read_table, sha256

# Stratum of what came after the last draw: no label speaks for it.
LATE = "new"
CHANCE = "inclusion_probability"
LATE_TO_DRAW = 50  # at most, of what came after the last draw: a start
_TYPES: dict[str, str] = {
    "passage_id": "str",
    "theme": "str",
    "coder": "str",
    "present": "boolean",
    "wave": "int64",
    "first_wave": "int64",
    "stratum": "str",
    "text_sha256": "str",
}


@dataclass(frozen=True)
class UsableLabels:
    """Labels of a run and the design they were drawn by.

    Parameters
    ----------
    labels : DataFrame or None
        Labels of what is still scored, over all waves; None where no estimate can be made.
    design : DataFrame or None
        passage_id, stratum, wave (that drew it, 0 if none did), first_wave (whose draw could draw
        it first), frozen scores as ``score THEME``; a row for each scored passage. What came after
        the last draw has stratum "new" and first_wave 0. None without a draw.
    drawn : DataFrame
        The labels that fit the design, even where labels is None.
    told : dict
        What the manifest tells: used, n_labels (labels that are used), sha256 (of labels.csv) and,
        if there is such a file, unit, waves, n_late (scored after the last draw), n_gone (labelled,
        no longer scored, or whole posts whose text has changed), other_themes (that were labelled
        and are not scored), awaiting_second_reading and awaiting_adjudication (passages x themes)
        and, where labels are there but not used, reason.
    """

    labels: pd.DataFrame | None
    design: pd.DataFrame | None
    drawn: pd.DataFrame
    told: dict[str, Any]


def find_waves(labels: Path) -> list[Path]:
    """Return the folders of the waves in order of their number."""
    found = [path for path in labels.glob("wave-*") if path.name.removeprefix("wave-").isdecimal()]
    return sorted(found, key=lambda path: int(path.name.removeprefix("wave-")))


def unit_of(wave: Path) -> str:
    """Return what a wave drew, "passage" or "post"."""
    try:
        return str(json.loads((wave / "draw.json").read_bytes()).get("unit", "passage"))
    except (OSError, ValueError) as error:
        raise DiscourseError(
            f"{wave / 'draw.json'} cannot be read: {error}; take it from a copy"
        ) from error


def load_design(directory: str | Path) -> tuple[pd.DataFrame, str]:
    """Load the frozen design of a run, as the last wave left it.

    Parameters
    ----------
    directory : str or Path
        Folder of the run (DIR).

    Returns
    -------
    tuple of (DataFrame, str)
        passage_id (of a post: its post_id), stratum, wave, first_wave and ``score THEME`` for
        everything that could be drawn; and the unit, "passage" or "post".

    Raises
    ------
    DiscourseError
        If nothing was drawn, or the files of the draw cannot be read.
    """
    waves = find_waves(Path(directory) / "labels")
    if not waves:
        raise DiscourseError(
            f"{Path(directory) / 'labels'} holds no draw; draw with `pmdiscourse label draw "
            f"{directory}`"
        )
    unit = unit_of(waves[-1])
    path = waves[-1] / ("post-strata.csv" if unit == "post" else "strata.csv")
    return _read_csv(path, list(FRAME_COLUMNS)), unit


def usable_labels(
    directory: str | Path,
    scores: pd.DataFrame,
    passages: pd.DataFrame,
    *,
    posts: Callable[[], pd.DataFrame] | None = None,
) -> UsableLabels:
    """Find what a run can use of its labels. The values of the scores do not matter.

    Parameters
    ----------
    directory : str or Path
        Folder of the run (DIR).
    scores, passages : DataFrame
        Tables ``scores`` and ``passages`` of the run.
    posts : callable or None, default=None
        Gives table ``posts``, asked for where posts were drawn; None reads that of the last run.

    Returns
    -------
    UsableLabels
        Files that cannot be used never raise: told has the reason.
    """
    path = Path(directory) / "labels" / "labels.csv"
    told: dict[str, Any] = {"used": False, "n_labels": 0, "sha256": ""}
    nothing = pd.DataFrame(columns=list(LABEL_COLUMNS))
    if not path.is_file():
        return UsableLabels(None, None, nothing, told)
    told["sha256"] = sha256(path.read_bytes())
    try:
        labels = _read_labels(path)
        frame, unit = load_design(directory)
    except DiscourseError as error:
        return UsableLabels(None, None, nothing, told | {"reason": str(error)})
    scored = _scored(scores, passages, unit)
    kept = labels["passage_id"].isin(scored) & of_frame(labels, frame)
    if unit == "post":
        texts = posts() if posts else read_table(directory, "posts")
        kept &= ~labels["passage_id"].isin(_changed_posts(path.parent, texts))
    known = labels["theme"].isin(scores["theme"])
    told["other_themes"] = sorted(labels.loc[kept & ~known, "theme"].unique())
    drawn = labels[kept & known].reset_index(drop=True)
    design, n_late = _add_late(frame[frame["passage_id"].isin(scored)], scored)
    waiting = find_waiting(drawn)
    told |= {
        "unit": unit,
        "waves": sorted(int(wave) for wave in drawn["wave"].unique()),
        "n_late": n_late,
        "n_gone": labels["passage_id"].nunique() - labels.loc[kept, "passage_id"].nunique(),
        "awaiting_second_reading": len(waiting.second_reading),
        "awaiting_adjudication": len(waiting.adjudication),
    }
    if reason := _reason(drawn, n_late, len(scored), unit):
        return UsableLabels(None, design, drawn, told | {"reason": reason})
    return UsableLabels(drawn, design, drawn, told | {"used": True, "n_labels": len(drawn)})


def of_frame(labels: pd.DataFrame, frame: pd.DataFrame) -> pd.Series:
    """Tell which labels were drawn from the stratum that holds their passage now.

    What went for a wave and came back is new: it may be drawn again, and the label that it had
    before speaks for a stratum that it has left.
    """
    stratum = frame.set_index("passage_id")["stratum"].astype(str)
    return labels["stratum"].astype(str).eq(labels["passage_id"].map(stratum))


def _scored(scores: pd.DataFrame, passages: pd.DataFrame, unit: str) -> set[str]:
    """Return the ids of what is scored."""
    scored = set(scores["passage_id"])
    if unit == "passage":
        return scored
    return set(passages.loc[passages["passage_id"].isin(scored), "post_id"])


def _changed_posts(labels: Path, posts: pd.DataFrame) -> set[str]:
    """Find drawn posts whose text is not the one that was drawn: ids outlive an edit."""
    changed, texts = set[str](), posts.set_index("post_id")["text"]
    for wave in find_waves(labels):
        if not (wave / "design.csv").is_file():
            continue
        drawn = _read_csv(wave / "design.csv", ["passage_id", "text_sha256"])
        was = drawn.set_index("passage_id")["text_sha256"]
        now = texts.reindex(was.index).dropna().map(text_sha256)
        changed |= set(now.index[now.ne(was.reindex(now.index))])
    return changed


def _add_late(design: pd.DataFrame, scored: set[str]) -> tuple[pd.DataFrame, int]:
    """Add what came after the last draw as a stratum that no label speaks for."""
    late = sorted(scored - set(design["passage_id"]))
    if not late:
        return design.reset_index(drop=True), 0
    rows = pd.DataFrame({"passage_id": late, "stratum": LATE, "wave": 0, "first_wave": 0})
    return pd.concat([design, rows], ignore_index=True), len(late)


def _reason(drawn: pd.DataFrame, n_late: int, n_scored: int, unit: str) -> str:
    """Say why the labels cannot estimate, "" if they can."""
    if n_late:
        return (
            f"{n_late} of {n_scored} scored {unit}s came after the draw, so no label speaks for "
            "them. The labels stay valid: draw a further wave with `pmdiscourse label draw DIR "
            f"--n {min(LATE_TO_DRAW, n_late)}`, fill in its sheets, `pmdiscourse label read DIR`, "
            "and run again"
        )
    return "" if len(drawn) else f"none of the labelled {unit}s is left; draw again"


def _read_labels(path: Path) -> pd.DataFrame:
    """Read labels.csv; one made by hand has no chance of being drawn."""
    try:
        columns = pd.read_csv(path, nrows=0).columns
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if {"passage_id", "theme", "present"} <= set(columns) and CHANCE not in columns:
        raise DiscourseError(
            "labels.csv has no inclusion_probability: passages that were not drawn at random "
            "cannot estimate a prevalence. Draw a sample with `pmdiscourse label draw DIR` and "
            "label that; the labels you have still show how good the tags are"
        )
    return _read_csv(path, list(LABEL_COLUMNS))[list(LABEL_COLUMNS)]


def _read_csv(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read a file that this package wrote."""
    try:
        header = pd.read_csv(path, nrows=0).columns
        missing = [column for column in columns if column not in header]
        if missing:
            raise ValueError(f"columns {', '.join(missing)} are missing")
        numbers = [name for name in header if name == CHANCE or name.startswith("score ")]
        frame = pd.read_csv(
            path,
            dtype=_TYPES,
            converters=dict.fromkeys(numbers, float),  # exact, as it was written
            keep_default_na=False,
            na_values={"present": [""]},
        )
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return frame


def _unreadable(path: Path, error: Exception) -> DiscourseError:
    return DiscourseError(
        f"{path.name} of the labels cannot be read: {error}; `pmdiscourse label read DIR` "
        "writes labels.csv anew, the files of a draw come only from a copy"
    )
