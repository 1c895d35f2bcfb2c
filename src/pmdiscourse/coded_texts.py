"""What coders found in passages, from files that name a passage by its text or its id."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.errors import DiscourseError, invalid
from pmdiscourse.ingest.identity import letters_and_digits
from pmdiscourse.store import sha256

_VALUES = {"1": True, "0": False, "true": True, "false": False, "": None, "?": None}


@dataclass(frozen=True)
class Coded:
    """Rows of a file of coded passages.

    Parameters
    ----------
    rows : list of dict
        passage_id, text (one of them may be empty) and a value by theme: True, False or None.
    sha256 : str
        Hash of the file.
    """

    rows: list[dict[str, Any]]
    sha256: str


def read_coded(path: str | Path, themes: Sequence[str]) -> Coded:
    """Read what coders found.

    Parameters
    ----------
    path : str or Path
        JSON lines (``.jsonl``, ``.ndjson``) or CSV. Each row has ``text`` or ``passage_id``, and
        for one theme or more a column of its name: 1 present, 0 absent, ``?`` or nothing unsure.
        Other columns are ignored.
    themes : sequence of str
        Themes of the codebook.

    Returns
    -------
    Coded

    Raises
    ------
    DiscourseError
        If the file cannot be read, a row names no passage, no theme has a column, or a value is
        something else.
    """
    file = Path(path)
    try:
        content = file.read_bytes()
        text = content.decode("utf-8-sig")
        lines = file.suffix.lower() in (".jsonl", ".ndjson")
        raw = _read_lines(text) if lines else _read_csv(text)
    except (OSError, ValueError, csv.Error, RecursionError) as error:
        raise DiscourseError(
            f"labels {path} cannot be read: {error}. Give JSON lines (.jsonl) or CSV in UTF-8."
        ) from error
    held = [theme for theme in themes if any(theme in row for _, row in raw)]
    if not held:
        raise invalid(
            f"labels {path}", got=f"{len(raw)} rows without a theme",
            allowed=f"rows with one of: {', '.join(themes)}",
        )  # fmt: skip
    rows = [_read_row(row, held, f"labels {path}, line {line}") for line, row in raw]
    return Coded(rows, sha256(content))


def _read_lines(text: str) -> list[tuple[int, Mapping[str, Any]]]:
    numbered = enumerate(text.split("\n"), start=1)
    rows = [(number, json.loads(line)) for number, line in numbered if line.strip()]
    for number, row in rows:
        if not isinstance(row, dict):
            raise ValueError(f"line {number} is no JSON object")
    return rows


def _read_csv(text: str) -> list[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    return [(reader.line_num, row) for row in reader]


def _read_row(row: Mapping[str, Any], themes: Sequence[str], where: str) -> dict[str, Any]:
    """Return id, text and values of one row."""
    named = {"passage_id": str(row.get("passage_id") or ""), "text": row.get("text") or ""}
    if not any(named.values()) or not isinstance(named["text"], str):
        raise DiscourseError(f"{where}: text or passage_id is needed")
    values = {}
    for theme in themes:
        value = row.get(theme)
        written = "" if value is None else str(value).strip().lower()
        if written not in _VALUES:
            raise invalid(f"{where}, {theme!r}", got=value, allowed="1, 0, ? or nothing")
        values[theme] = _VALUES[written]
    return named | values


def join_coded(
    coded: Coded, passages: pd.DataFrame, themes: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Give passages what coders found, by id or else by letters and digits of the text.

    Parameters
    ----------
    coded : Coded
        As from `read_coded`.
    passages : DataFrame
        The table ``passages``.
    themes : sequence of str
        Themes of the codebook.

    Returns
    -------
    tuple of (DataFrame, dict)
        passage_id and a column ``coded_`` and theme (boolean, may be missing) for every passage;
        and the counts: rows, rows_matched, passages_coded, passages_not_coded and
        passages_in_dispute (rows that contradict each other: their value is left out).
    """
    by_id = {name: name for name in passages["passage_id"]}
    by_text: dict[str, list[str]] = {}
    for name, text in zip(passages["passage_id"], passages["text"], strict=True):
        by_text.setdefault(letters_and_digits(text), []).append(name)
    said: dict[str, dict[str, set[bool]]] = {}
    n_matched = 0
    for row in coded.rows:
        own = by_id.get(row["passage_id"])
        names = [own] if own else by_text.get(letters_and_digits(row["text"]) or " ", [])
        n_matched += bool(names)
        for name in names:
            for theme in themes:
                values = said.setdefault(name, {}).setdefault(theme, set())
                if row.get(theme) is not None:
                    values.add(row[theme])
    frame = pd.DataFrame({"passage_id": passages["passage_id"]})
    for theme in themes:
        found = [said.get(name, {}).get(theme, set()) for name in frame["passage_id"]]
        frame[f"coded_{theme}"] = pd.array(
            [next(iter(values)) if len(values) == 1 else pd.NA for values in found], dtype="boolean"
        )
    dispute = sum(any(len(v) > 1 for v in values.values()) for values in said.values())
    return frame, {
        "rows": len(coded.rows),
        "rows_matched": n_matched,
        "passages_coded": len(said),
        "passages_not_coded": len(passages) - len(said),
        "passages_in_dispute": dispute,
    }
