"""Sheets that follow a first reading: positives to read again, disagreements to decide.

``label read`` writes them beside the sheets of a wave and reads them when they are filled:
``second-reading-K.csv`` looks like a label sheet, for the coder of sheet K or another who has not
seen the passage; ``adjudication.csv`` has a row for each disputed passage and theme. What people
wrote into them is never dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from pmdiscourse.measure.decisions import ADJUDICATION, SECOND_READING, Waiting, find_waiting
from pmdiscourse.measure.designs import drawn_for_two, find_drawn, read_design, themes_beside
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
from pmdiscourse.measure.wave_files import ADJUDICATION_SHEET, check_repeats, find_sheets

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
    first : dict of Path to DataFrame
        The label sheets, and of `labels` what each of them holds.
    """

    folder: Path
    drawn: Drawn
    labels: pd.DataFrame
    rows: dict[str, Row]
    coders: list[str]
    first: dict[Path, pd.DataFrame]


def read_wave(folder: Path) -> WaveSheets:
    """Read every sheet of a wave.

    Raises
    ------
    DiscourseError
        Naming row and column of each fault of a sheet, sheets that are not there or are none of
        this draw, and two sheets that hold the same labels.
    """
    sheets = find_sheets(folder)
    themes, design = themes_beside(sheets[0]), read_design(sheets[0])
    drawn = replace(find_drawn(folder / "all.csv", design, themes), elsewhere={})
    parts: dict[Path, pd.DataFrame] = {}
    rows: dict[str, Row] = {}
    for sheet in sheets:
        parts[sheet] = read_sheet(sheet, find_drawn(sheet, design, themes))
        opened, _ = open_sheet(sheet, needed=[*BEFORE, "text", *themes], answers=themes)
        rows |= {row["passage_id"]: row for _, row in opened}
    coders = [str(part["coder"].iloc[0]) if len(part) else "" for part in parts.values()]
    first = pd.concat(parts.values(), ignore_index=True)
    coded = set(zip(first["passage_id"], first["theme"], first["coder"], strict=True))
    again = replace(drawn, coded=coded)
    seconds = sorted(folder.glob("second-reading-*.csv"), key=lambda path: (len(path.name), path))
    read = parts | {
        path: read_sheet(path, again, whole=False, role=SECOND_READING) for path in seconds
    }
    check_repeats(list(read.items()))
    labels = pd.concat(read.values(), ignore_index=True)
    labels = pd.concat([labels, _read_decisions(folder, drawn, labels)], ignore_index=True)
    return WaveSheets(folder, drawn, labels, rows, coders, parts)


def find_open(wave: WaveSheets) -> Waiting:
    """Find what waits in a wave; what two coders have in their sheets waits for the other one."""
    design = read_design(wave.folder / "sheet-1.csv")
    return find_waiting(wave.labels, in_two=drawn_for_two(design))


def count_other_sheets(wave: WaveSheets) -> dict[Path, int]:
    """Count, by sheet, the cells without an answer in which the coder of another found a theme.

    Returns
    -------
    dict of Path to int
        Each such cell counts once, for the first sheet that it is empty in.
    """
    waiting = set(find_open(wave).other_sheet[["passage_id", "theme"]].itertuples(index=False))
    told: dict[Path, int] = {}
    for sheet, part in wave.first.items():
        own = find_drawn(sheet, read_design(sheet), list(wave.drawn.themes)).hashes
        answered = set(zip(part["passage_id"], part["theme"], strict=True))
        empty = {cell for cell in waiting if cell[0] in own and cell not in answered}
        told |= {sheet: len(empty)} if empty else {}
        waiting -= empty
    return told


def write_second_readings(wave: WaveSheets) -> dict[Path, int]:
    """Write the positives that one person read into the sheets of others.

    A row asks for every theme, so that the reader cannot tell which one was found. A passage that
    two coders have in their sheets is left to them.

    Returns
    -------
    dict of Path to int
        Sheets and the rows that wait in them.
    """
    waiting = find_open(wave).second_reading
    design = read_design(wave.folder / "sheet-1.csv").set_index("passage_id")["sheets"]
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
        given = {*wave.coders, *(f"coder-{k}" for k in range(1, n_sheets + 1)), SECOND_READER}
        _refresh(path, rows, columns, key=["passage_id"], answers=wave.drawn.themes, given=given)
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
    path = wave.folder / ADJUDICATION_SHEET
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
    given: Collection[str] = (),
) -> None:
    """Bring a sheet up to date: what people wrote stays, what no longer waits goes, the new comes.

    Names in column coder that the package writes itself (given) are not what people wrote.
    """
    opened = open_sheet(path, needed=columns, answers=answers)[0] if path.exists() else []
    there = [row for _, row in opened]
    answered = {_pick(row, key) for row in there if any(_pick(row, answers))}
    fresh = {_pick(row, key): row for row in rows if _pick(row, key) not in answered}
    wanted: list[Mapping[str, str]] = []
    for row in there:
        own = {NOTE: row[NOTE]} | ({} if row["coder"] in given else {"coder": row["coder"]})
        if any(_pick(row, answers)):
            wanted.append(row)
        elif _pick(row, key) in fresh:
            wanted.append({**fresh.pop(_pick(row, key)), **own})
        elif any(own.values()):
            wanted.append(row)
    wanted += fresh.values()
    if {_pick(row, key) for row in there} != {_pick(row, key) for row in wanted}:
        write_rows(path, wanted, columns=columns)


def _pick(row: Mapping[str, str], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(row[name] for name in names)


def _read_decisions(folder: Path, drawn: Drawn, labels: pd.DataFrame) -> pd.DataFrame:
    """Read the decisions; one on what coders have come to agree on is passed over."""
    path = folder / ADJUDICATION_SHEET
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
