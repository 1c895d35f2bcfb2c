"""What labelled passages must hold before anything is measured on them, in clear words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from labelled import N_FOLDS, assign_folds, read_labelled

from pmdiscourse.codebook import Codebook
from pmdiscourse.errors import DiscourseError, invalid

KINDS = ("essay", "comment", "transcript")
MIN_FOLDS = 2  # what is learned without a fold needs documents, and positives, in another one


def read_checked(paths: Sequence[Path], codebook: Codebook) -> pd.DataFrame:
    """Return labelled passages as `read_labelled` does, in an order that no file decides.

    Raises
    ------
    DiscourseError
        If a file cannot be read, a line lacks a field or has an unusable one, or there are too few
        documents or positives to learn without a fold.
    """
    for path in paths:
        check_file(path, codebook.names)
    frame = read_labelled(paths, codebook.names)
    frame = frame.sort_values(["doc_id", "text"], kind="stable", ignore_index=True)
    check_folds(frame, assign_folds(frame), codebook.names)
    return frame


def check_file(path: Path, names: Sequence[str]) -> None:
    """Check every line of a file."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        hint = "Give JSON lines files with text, doc_id and a 0/1 field for each theme."
        raise DiscourseError(f"labels {path} cannot be read: {error}. {hint}") from error
    if not any(lines):
        raise invalid(f"labels {path}", got="no line", allowed="one passage or more")
    for number, line in enumerate(lines, start=1):
        if line:
            check_line(line, f"labels {path}, line {number}", names)


def check_line(line: str, where: str, names: Sequence[str]) -> None:
    """Check the fields of one passage."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise DiscourseError(f"{where} is no JSON: {error}. Mend or remove it.") from error
    if not isinstance(record, dict):
        raise invalid(where, got=record, allowed="an object with fields")
    missing = [field for field in ("text", "doc_id", *names) if field not in record]
    if missing:
        raise invalid(where, got=f"no {', '.join(missing)}", allowed="text, doc_id, all themes")
    _check_fields(record, where, names)


def _check_fields(record: Mapping[str, Any], where: str, names: Sequence[str]) -> None:
    for field in ("text", "doc_id"):
        value = record[field]
        if not isinstance(value, str) or not value.strip():
            raise invalid(f"{field} of {where}", got=value, allowed="a text that is not empty")
    for name in names:
        if not isinstance(record[name], int) or record[name] not in (0, 1):
            raise invalid(f"{name} of {where}", got=record[name], allowed="0 or 1")
    if (kind := record.get("kind") or "essay") not in KINDS:
        raise invalid(f"kind of {where}", got=kind, allowed=f"one of {list(KINDS)}")
    chance = record.get("inclusion")
    if chance is not None and not (isinstance(chance, (int, float)) and 0 < chance <= 1):
        allowed = "a chance above 0 and up to 1, or none"
        raise invalid(f"inclusion of {where}", got=chance, allowed=allowed)


def check_folds(frame: pd.DataFrame, fold: npt.NDArray[np.int64], names: Sequence[str]) -> None:
    """Check that every theme has positives outside every fold."""
    rows_of = {"documents": np.ones(len(frame), dtype=bool)}
    rows_of |= {f"positives of theme {name!r}": frame[name].to_numpy(bool) for name in names}
    for what, rows in rows_of.items():
        found = len(np.unique(fold[rows]))
        if found < MIN_FOLDS:
            raise DiscourseError(
                f"{what} stand in {found} of {N_FOLDS} folds by document; {MIN_FOLDS} or more are "
                "needed, so that what is scored was not learned from. Label more documents."
            )
