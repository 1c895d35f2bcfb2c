"""Sheets that follow a first reading: positives to read again, disagreements to decide.

``label read`` writes them beside the sheets of a wave and reads them when they are filled:
``second-reading-K.csv`` looks like a label sheet, for the coder of sheet K or another who has not
seen the passage; ``adjudication.csv`` has a row for each disputed passage and theme. What people
wrote into them is never dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from pmdiscourse.measure.decisions import ADJUDICATION, SECOND_READING, find_waiting, independent
from pmdiscourse.measure.designs import find_drawn, read_design, themes_beside
from pmdiscourse.measure.sheet_checks import (
    PRESENT,
    Drawn,
    Row,
    open_sheet,
    place_faults,
    raise_faults,
    read_sheet,
    value_fault,
)
from pmdiscourse.measure.sheets import BEFORE, NOTE, sheet_columns, write_rows

DECISION_COLUMNS = ("passage_id", "theme", "coder", "text", "said", "present", NOTE)
SECOND_READER = "second-reader"


@dataclass(frozen=True)
class WaveSheets:
    """The sheets of a wave as coders filled them.

    Parameters
    ----------
    folder : Path
        Folder of the wave.
    drawn : Drawn
        All its passages.
    labels : DataFrame
        passage_id, theme, coder, present: first readings, second ones, decisions.
    rows : dict of str to dict
        before, text and after of each passage.
    coders : list of str
        Who filled sheet 1, 2 ...; "" if nobody yet.
    """

    folder: Path
    drawn: Drawn
    labels: pd.DataFrame
    rows: dict[str, Row]
    coders: list[str]


def read_wave(folder: Path) -> WaveSheets:
    """Read every sheet of a wave.

    Raises
    ------
    DiscourseError
        Naming row and column of each fault of a sheet.
    """
    sheets = sorted(folder.glob("sheet-*.csv"), key=lambda path: (len(path.name), path.name))
    themes, design = themes_beside(sheets[0]), read_design(sheets[0])
    drawn = replace(find_drawn(folder / "all.csv", design, themes), elsewhere={})
    parts, coders = [], []
    rows: dict[str, Row] = {}
    for sheet in sheets:
        part = read_sheet(sheet, find_drawn(sheet, design, themes))
        parts.append(part)
        coders.append(str(part["coder"].iloc[0]) if len(part) else "")
        opened, _ = open_sheet(sheet, needed=[*BEFORE, "text", *themes], answers=themes)
        rows |= {row["passage_id"]: row for _, row in opened}
    first = pd.concat(parts, ignore_index=True)
    coded = set(zip(first["passage_id"], first["theme"], first["coder"], strict=True))
    again = replace(drawn, coded=coded)
    for path in sorted(folder.glob("second-reading-*.csv")):
        parts.append(read_sheet(path, again, whole=False, role=SECOND_READING))
    labels = pd.concat(parts, ignore_index=True)
    labels = pd.concat([labels, _read_decisions(folder, drawn, labels)], ignore_index=True)
    return WaveSheets(folder, drawn, labels, rows, coders)


def write_second_readings(wave: WaveSheets) -> dict[Path, int]:
    """Write the positives that one person read into the sheets of others.

    A row asks for every theme, so that the reader cannot tell which one was found. A passage that
    two coders have in their sheets is left to them.

    Returns
    -------
    dict of Path to int
        Sheets and the rows that wait in them.
    """
    waiting = find_waiting(wave.labels).second_reading
    design = read_design(wave.folder / "sheet-1.csv").set_index("passage_id")["sheets"]
    waiting = waiting[~waiting["passage_id"].map(design).str.contains(" ")]
    n_sheets, told = len(wave.coders), {}
    reader = waiting["passage_id"].map(design).astype(int) % n_sheets + 1
    for number in range(1, n_sheets + 1):
        path = wave.folder / f"second-reading-{number}.csv"
        passages = list(dict.fromkeys(waiting.loc[reader == number, "passage_id"]))
        coder = wave.coders[number - 1] if n_sheets > 1 else SECOND_READER
        empty = dict.fromkeys(wave.drawn.themes, "") | {NOTE: "", "coder": coder or SECOND_READER}
        # By hash, so that no order tells which theme was found.
        rows = [
            wave.rows[name] | empty for name in sorted(passages, key=wave.drawn.hashes.__getitem__)
        ]
        columns = sheet_columns(wave.drawn.themes)
        _refresh(path, rows, columns, key=["passage_id"], answers=wave.drawn.themes)
        if passages:
            told[path] = len(passages)
    return told


def write_disagreements(wave: WaveSheets) -> dict[Path, int]:
    """Write what coders disagree on into ``adjudication.csv``, with what each of them said.

    Returns
    -------
    dict of Path to int
        The sheet and the rows that wait in it; empty if none does.
    """
    disputed = find_waiting(wave.labels).adjudication
    path = wave.folder / "adjudication.csv"
    code = wave.labels["present"].map({True: "1", False: "0"}).fillna("?").astype(str)
    said = wave.labels["coder"] + ": " + code
    cells = said.groupby([wave.labels["passage_id"], wave.labels["theme"]]).agg("; ".join)
    rows = [
        wave.rows[passage]
        | {"theme": theme, "coder": "", "said": cells[passage, theme], "present": "", NOTE: ""}
        for passage, theme in disputed.itertuples(index=False)
    ]
    _refresh(path, rows, DECISION_COLUMNS, key=["passage_id", "theme"], answers=["present"])
    return {path: len(rows)} if rows else {}


def _refresh(
    path: Path,
    rows: Sequence[Mapping[str, str]],
    columns: Sequence[str],
    *,
    key: Sequence[str],
    answers: Sequence[str],
) -> None:
    """Bring a sheet up to date: what is filled stays, what no longer waits goes, the new comes."""
    opened = open_sheet(path, needed=columns, answers=answers)[0] if path.exists() else []
    there = [row for _, row in opened]
    kept = [row for row in there if any(row[name] for name in answers)]
    filled = {tuple(row[name] for name in key) for row in kept}
    wanted = [*kept, *(row for row in rows if tuple(row[name] for name in key) not in filled)]
    keys = [{tuple(row[name] for name in key) for row in some} for some in (there, wanted)]
    if keys[0] != keys[1]:
        write_rows(path, wanted, columns=columns)


def _read_decisions(folder: Path, drawn: Drawn, labels: pd.DataFrame) -> pd.DataFrame:
    """Read the decisions; one on what coders have come to agree on is passed over."""
    path = folder / "adjudication.csv"
    empty = labels.head(0)
    if not path.exists():
        return empty
    rows, faults = open_sheet(path, needed=DECISION_COLUMNS, answers=["present"], extra=())
    decided, seen = [], dict[tuple[str, str], int]()
    for number, row in rows:
        cell = (row["passage_id"], row["theme"])
        found = list(place_faults(row, drawn))
        first = seen.setdefault(cell, number)
        if first != number:
            found.append(f"column 'theme': {cell[1]} of {cell[0]} stands in row {first} too")
        if row["theme"] not in drawn.themes:
            found.append(f"column 'theme': got {row['theme']!r}, no theme of the codebook")
        if row["present"] and not row["coder"]:
            found.append("column 'coder': empty; write who decided")
        found.append(value_fault("present", row["present"]))
        faults += [f"row {number}, {fault}" for fault in found if fault]
        if row["present"]:
            decided.append((*cell, row["coder"] + ADJUDICATION, PRESENT.get(row["present"])))
    raise_faults(path, faults)
    disputed = pd.MultiIndex.from_frame(find_waiting(labels).adjudication)
    frame = pd.DataFrame(decided, columns=list(empty.columns)).astype(empty.dtypes.to_dict())
    return frame[pd.MultiIndex.from_frame(frame[["passage_id", "theme"]]).isin(disputed)]


def repeats(labels: pd.DataFrame) -> str:
    """Return a coder who labelled a passage and theme in two sheets, "" if none did."""
    first = independent(labels)
    twice = first.duplicated(["passage_id", "theme", "coder"])
    return str(first.loc[twice, "coder"].iloc[0]) if twice.any() else ""
