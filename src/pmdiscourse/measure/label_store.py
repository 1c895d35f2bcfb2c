"""Labels of a run: ``DIR/labels`` holds the sheets of each draw and the labels read from them.

- ``wave-1/sheet-1.csv``: a sheet for each coder;
- ``wave-1/codebook.csv``: what the themes mean, for the coders;
- ``wave-1/design.csv``: how the passages were drawn, not for the coders;
- ``wave-1/strata.csv``: the stratum of every passage that could be drawn;
- ``wave-1/draw.json``: what was asked of the draw;
- ``labels.csv``: what ``pmdiscourse label read`` found in the sheets.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.codebook import load_codebook
from pmdiscourse.errors import DiscourseError, NothingUsableError, invalid
from pmdiscourse.measure.labels import draw_sample, drawn_texts, read_labels, write_design
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.measure.sheets import write_codebook, write_sheet
from pmdiscourse.measure.strata import LABEL_COLUMNS, assign_strata
from pmdiscourse.store import read_manifest, read_table, sha256, write_atomic

MAX_CODERS = 20
_WAVE = "wave-1"
_TYPES: dict[str, str] = {
    "passage_id": "str",
    "theme": "str",
    "coder": "str",
    "present": "boolean",
    "wave": "int64",
    "stratum": "str",
}


def draw_wave(
    directory: str | Path, *, n: int, n_coders: int = 1, random_state: int = 0
) -> dict[str, Any]:
    """Draw passages of a run and write a sheet for each coder.

    Parameters
    ----------
    directory : str or Path
        Folder of a finished run (DIR).
    n : int
        Passages to draw; see `draw_sample`.
    n_coders : int, default=1
        Sheets to write, all with the same rows; 1 to 20.
    random_state : int, default=0
        Seed of the draw.

    Returns
    -------
    dict
        folder (Path), n_scored and n_drawn.

    Raises
    ------
    DiscourseError
        If the run has no scores, passages are drawn already, the codebook is not that of the run,
        or a number is out of range.
    """
    folder = Path(directory) / "labels" / _WAVE
    if folder.exists():
        raise DiscourseError(
            f"{folder} exists: its sheets may hold labels. Fill them in and run `pmdiscourse label "
            f"read {directory}`; to draw anew, move {folder.parent} away first"
        )
    if not 1 <= n_coders <= MAX_CODERS:
        raise invalid("coders", got=n_coders, allowed=f"1 to {MAX_CODERS}, a sheet for each")
    scores, passages = read_table(directory, "scores"), read_table(directory, "passages")
    manifest = read_manifest(directory)
    copy = Path(directory) / "codebook"  # what the run used, wherever it came from
    codebook = load_codebook(copy if copy.is_dir() else None)
    if codebook.sha256 != manifest["codebook"]["sha256"]:
        raise DiscourseError(
            f"the codebook changed since the run; first `pmdiscourse run RAW --out {directory}`"
        )
    design = draw_sample(passages, scores, n=n, random_state=random_state)
    texts = drawn_texts(design, passages)
    strata = assign_strata(scores).reset_index()
    asked = {"n": n, "random_state": random_state, "model": manifest["model"]["hash"]}
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Written aside, then renamed: a wave is there whole or not at all.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".draw.") as aside:
        new = Path(aside) / _WAVE
        for number in range(1, n_coders + 1):
            path = new / f"sheet-{number}.csv"
            write_sheet(path, texts, themes=codebook.names, coder=f"coder-{number}")
        write_codebook(new / "codebook.csv", codebook)
        write_design(new / "design.csv", design, texts)
        write_atomic(new / "strata.csv", strata.to_csv(index=False, lineterminator="\n"))
        write_atomic(new / "draw.json", json.dumps(asked, indent=1) + "\n")
        new.rename(folder)
    return {"folder": folder, "n_scored": len(strata), "n_drawn": len(design)}


def read_waves(directory: str | Path) -> pd.DataFrame:
    """Check the sheets of a run and write what they hold to ``DIR/labels/labels.csv``.

    Returns
    -------
    DataFrame
        As from `read_labels`, all sheets together.

    Raises
    ------
    NothingUsableError
        If no cell is filled yet; labels read before stay as they are.
    DiscourseError
        If nothing was drawn, a sheet has faults, or two sheets name the same coder.
    """
    folder = Path(directory) / "labels"
    sheets = sorted(folder.glob("wave-*/sheet-*.csv"))
    if not sheets:
        raise DiscourseError(
            f"{folder} holds no label sheet; draw with `pmdiscourse label draw {directory}`"
        )
    labels = pd.concat([read_labels(sheet) for sheet in sheets], ignore_index=True)
    if labels.empty:
        raise NothingUsableError(
            f"no label in {len(sheets)} sheets of {folder} yet: write 1, 0 or ? below the themes"
        )
    repeated = labels.duplicated(["passage_id", "theme", "coder"])
    if repeated.any():
        raise DiscourseError(
            f"coder {labels.loc[repeated, 'coder'].iloc[0]!r} labelled a passage in two sheets of "
            f"{folder}; give each coder another name in column 'coder'"
        )
    labels = labels.sort_values(["passage_id", "theme", "coder"], ignore_index=True)
    write_atomic(folder / "labels.csv", labels.to_csv(index=False, lineterminator="\n"))
    return labels


def estimate_run(
    directory: Path, scores: pd.DataFrame, passages: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Estimate the overall prevalence with the labels of a run, if there are any that fit.

    Parameters
    ----------
    directory : Path
        Folder of the run (DIR).
    scores, passages : DataFrame
        Tables ``scores`` and ``passages`` of the run.

    Returns
    -------
    DataFrame
        Table ``prevalence``, overall rows.
    dict
        What the manifest tells of the labels: used, n_labels (labels of scored passages), sha256
        (of labels.csv) and, if they are there but not used, reason.
    """
    path = directory / "labels" / "labels.csv"
    told: dict[str, Any] = {"used": False, "n_labels": 0, "sha256": ""}
    if path.is_file():
        content = path.read_bytes()
        told["sha256"] = sha256(content)
        try:
            strata = _read_csv(path.parent / _WAVE / "strata.csv", ["passage_id", "stratum"])
            labels = _read_csv(path, list(LABEL_COLUMNS))
            labels = _fitting(labels, strata, scores)
            table = estimate_prevalence(scores, labels, passages=passages, design=strata)
        except DiscourseError as error:
            told["reason"] = str(error)
        else:
            return table, told | {"used": True, "n_labels": len(labels)}
    return estimate_prevalence(scores, passages=passages), told


def _fitting(labels: pd.DataFrame, strata: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return the labels of passages that are still there.

    What is left of a stratum after passages went is still a simple random sample of what is left;
    a passage that came later had no chance of being drawn.
    """
    scored = set(scores["passage_id"])
    late = len(scored - set(strata["passage_id"]))
    if late:
        raise DiscourseError(
            f"{late} of {len(scored)} scored passages came after the draw, so the labels do not "
            "speak for them; move DIR/labels away and draw again, or run on the earlier posts"
        )
    kept = labels[labels["passage_id"].isin(scored)]
    if kept.empty:
        raise DiscourseError("none of the labelled passages is left; draw again")
    return kept.reset_index(drop=True)


def _read_csv(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read a file that this module wrote."""
    try:
        return pd.read_csv(
            path,
            usecols=columns,
            dtype={column: _TYPES[column] for column in columns if column in _TYPES},
            converters={"inclusion_probability": float},  # exact, as it was written
            keep_default_na=False,
            na_values={"present": [""]},
        )[columns]
    except (OSError, ValueError) as error:
        raise DiscourseError(
            f"{path.name} of the labels cannot be read: {error}; `pmdiscourse label read DIR` "
            "writes labels.csv anew, the files of a draw come only from a copy"
        ) from error
