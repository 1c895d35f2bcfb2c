"""Labels of a run: ``DIR/labels`` holds the sheets of each draw and the labels read from them.

- ``wave-1/sheet-1.csv``: a sheet for each coder;
- ``wave-1/codebook.csv``: what the themes mean, for the coders;
- ``wave-1/second-reading-1.csv``, ``wave-1/adjudication.csv``: written when labels are read;
- ``wave-1/design.csv``: how the passages were drawn, not for the coders;
- ``wave-1/strata.csv``: stratum, wave and frozen scores of every passage that could be drawn by
  then (``post-strata.csv`` where posts were drawn);
- ``wave-1/draw.json``: what was asked of the draw;
- ``wave-2/...``: the same for a further draw;
- ``labels.csv``: what ``pmdiscourse label read`` found in the sheets of all waves;
- ``labels-by-hand.csv``: what somebody had written as ``labels.csv``, put aside and not used.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError, NothingUsableError, invalid
from pmdiscourse.measure.designs import read_design, share_rows, write_design
from pmdiscourse.measure.label_import import set_aside_by_hand
from pmdiscourse.measure.label_tables import load_design, of_frame, unit_of
from pmdiscourse.measure.labels import (
    draw_sample,
    drawn_texts,
    join_design,
    record_draw,
    scored_units,
)
from pmdiscourse.measure.rereading import (
    count_other_sheets,
    read_wave,
    write_disagreements,
    write_second_readings,
)
from pmdiscourse.measure.sheets import write_codebook, write_sheet
from pmdiscourse.measure.wave_files import check_numbers, find_unread
from pmdiscourse.store import read_manifest, read_table, write_atomic

MAX_CODERS = 20


@dataclass(frozen=True)
class ReadLabels:
    """What reading the sheets of a run gave.

    Parameters
    ----------
    labels : DataFrame
        As from `read_labels`, all sheets and waves together.
    second_reading : dict of Path to int
        Sheets with positives that another person has yet to read, and how many rows wait.
    adjudication : dict of Path to int
        Sheets with disagreements that somebody has yet to decide, and how many rows wait.
    other_sheet : dict of Path to int, default={}
        Label sheets with cells that are empty where the other coder of the row found the theme,
        and how many such cells wait.
    unread : list of Path, default=[]
        Files of spreadsheet programs beside the sheets: only CSV files are read.
    set_aside : Path or None, default=None
        Where labels made by hand are now, if ``labels.csv`` held such.
    """

    labels: pd.DataFrame
    second_reading: dict[Path, int]
    adjudication: dict[Path, int]
    other_sheet: dict[Path, int] = field(default_factory=dict)
    unread: list[Path] = field(default_factory=list)
    set_aside: Path | None = None


def draw_wave(
    directory: str | Path,
    *,
    n: int,
    n_coders: int = 1,
    random_state: int = 0,
    unit: str = "passage",
) -> dict[str, Any]:
    """Draw passages or posts of a run and write a sheet for each coder.

    With two coders or more a fifth of the rows stands in the sheets of two, the others in one. A
    further draw extends the earlier ones; see `draw_sample`.

    Parameters
    ----------
    directory : str or Path
        Folder of a finished run (DIR).
    n : int
        Passages or posts to draw; see `draw_sample`.
    n_coders : int, default=1
        Sheets to write; 1 to 20.
    random_state : int, default=0
        Seed of the draw.
    unit : {"passage", "post"}, default="passage"
        What is drawn; the same in every wave of a run.

    Returns
    -------
    dict
        folder (Path), wave, n_scored, n_drawn, n_twice (rows in two sheets), n_new (scored since
        the last draw) and n_gone (drawn earlier, no longer scored).

    Raises
    ------
    DiscourseError
        If the run has no scores, the last draw has no labels yet, everything is drawn, the
        codebook is not that of the run, or a number is out of range.
    """
    labels = Path(directory) / "labels"
    number = _next_number(labels, unit=unit, directory=directory)
    if not 1 <= n_coders <= MAX_CODERS:
        raise invalid("coders", got=n_coders, allowed=f"1 to {MAX_CODERS}, a sheet for each")
    scores, passages = read_table(directory, "scores"), read_table(directory, "passages")
    manifest = read_manifest(directory)
    codebook = _codebook_of(Path(directory), manifest["codebook"]["sha256"])
    frozen = load_design(directory)[0] if number > 1 else None
    design = draw_sample(
        passages, scores, n=n, random_state=random_state, unit=unit, earlier=frozen
    )
    frame = record_draw(passages, scores, design, unit=unit, earlier=frozen)
    strata = _freeze(frame, scored_units(passages, scores, unit=unit), frozen)
    posts = read_table(directory, "posts") if unit == "post" else None
    texts = drawn_texts(design, passages, posts=posts)
    asked = {"unit": unit, "n": n, "random_state": random_state, "model": manifest["model"]["hash"]}
    shared = share_rows(len(design), n_coders=n_coders)
    labels.mkdir(parents=True, exist_ok=True)
    # Written aside, then renamed: a wave is there whole or not at all.
    with tempfile.TemporaryDirectory(dir=labels, prefix=".draw.") as aside:
        new = Path(aside) / f"wave-{number}"
        _write_sheets(new, texts, shared, codebook)
        write_design(new / "design.csv", design, texts["text"], shared=shared)
        name = "post-strata.csv" if unit == "post" else "strata.csv"
        write_atomic(new / name, strata.to_csv(index=False, lineterminator="\n"))
        write_atomic(new / "draw.json", json.dumps(asked, indent=1) + "\n")
        new.rename(labels / new.name)
    n_twice = sum(len(sheets) > 1 for sheets in shared)
    told = {"folder": labels / f"wave-{number}", "wave": number, "n_twice": n_twice}
    return told | {"n_drawn": len(design)} | _count(frame, frozen, number)


def _next_number(labels: Path, *, unit: str, directory: str | Path) -> int:
    """Return the number of the next wave; the last one must have labels of the same unit."""
    waves = check_numbers(labels)
    if not waves:
        return 1
    folder = waves[-1]
    if unit_of(folder) != unit:
        raise invalid(
            "unit",
            got=unit,
            allowed=f"{unit_of(folder)!r}, which the earlier waves in {labels} drew",
            hint=f"To draw another unit, move {labels} away first.",
        )
    if read_wave(folder).labels.empty:
        raise DiscourseError(
            f"{folder} waits: its sheets may hold labels, and none was read. Fill them in and run "
            f"`pmdiscourse label read {directory}` before a further draw; to draw anew, move "
            f"{labels} away first"
        )
    return int(folder.name.removeprefix("wave-")) + 1


def _codebook_of(directory: Path, digest: str) -> Codebook:
    """Load what the run used, wherever it came from."""
    copy = directory / "codebook"
    codebook = load_codebook(copy if copy.is_dir() else None)
    if codebook.sha256 != digest:
        raise DiscourseError(
            f"the codebook changed since the run; first `pmdiscourse run RAW --out {directory}`"
        )
    return codebook


def _write_sheets(
    folder: Path, texts: pd.DataFrame, shared: list[list[int]], codebook: Codebook
) -> None:
    write_codebook(folder / "codebook.csv", codebook)
    for number in sorted({number for numbers in shared for number in numbers}):
        own = texts[[number in numbers for numbers in shared]]
        path = folder / f"sheet-{number}.csv"
        write_sheet(path, own, themes=codebook.names, coder=f"coder-{number}")


def _freeze(frame: pd.DataFrame, units: pd.DataFrame, frozen: pd.DataFrame | None) -> pd.DataFrame:
    """Put beside each stratum the scores that gave it: those at the time of its first draw."""
    wide = units.pivot(index="passage_id", columns="theme", values="score").add_prefix("score ")
    now = frame.merge(wide.reset_index(), on="passage_id")
    if frozen is None:
        return now
    then = frozen.set_index("passage_id").filter(like="score ")
    now = now.set_index("passage_id")
    for column in then.columns.intersection(now.columns):
        now[column] = then[column].reindex(now.index).fillna(now[column])
    return now.reset_index()


def _count(frame: pd.DataFrame, frozen: pd.DataFrame | None, wave: int) -> dict[str, int]:
    """Count what could be drawn, what came since the last draw, and what was drawn and went."""
    n_new = n_gone = 0
    if frozen is not None:
        drawn = frozen.loc[frozen["wave"] > 0, "passage_id"]
        n_new = int((frame["first_wave"] == wave).sum())
        n_gone = int((~drawn.isin(frame["passage_id"])).sum())
    return {"n_scored": len(frame), "n_new": n_new, "n_gone": n_gone}


def read_waves(directory: str | Path) -> ReadLabels:
    """Check the sheets of a run and write what they hold to ``DIR/labels/labels.csv``.

    Positives that one person read go to sheets for a second reading, disagreements to a sheet for
    adjudication; both are read when they are filled. A ``labels.csv`` made by hand is put aside.

    Returns
    -------
    ReadLabels
        The labels, and what waits.

    Raises
    ------
    NothingUsableError
        If no cell is filled yet; labels read before stay as they are.
    DiscourseError
        If nothing was drawn, a sheet is not there, is none of its draw or has faults, or two
        sheets hold the same labels. Nothing is written then.
    """
    folder = Path(directory) / "labels"
    waves = check_numbers(folder)
    if not waves:
        raise DiscourseError(
            f"{folder} holds no label sheet; draw with `pmdiscourse label draw {directory}`"
        )
    # Everything is checked before anything is written.
    read = [read_wave(wave) for wave in waves]
    if not any(len(wave.labels) for wave in read):
        n_sheets = sum(len(wave.coders) for wave in read)
        raise NothingUsableError(
            f"no label in {n_sheets} sheets of {folder} yet: write 1, 0 or ? below the themes"
        )
    joined = [join_design(wave.labels, read_design(wave.folder / "sheet-1.csv")) for wave in read]
    labels = _over_waves(pd.concat(joined, ignore_index=True), load_design(directory)[0])
    found = ReadLabels(labels, {}, {}, set_aside=set_aside_by_hand(folder))
    for wave in read:
        found.second_reading.update(write_second_readings(wave))
        found.adjudication.update(write_disagreements(wave))
        found.other_sheet.update(count_other_sheets(wave))
        found.unread.extend(find_unread(wave.folder))
    write_atomic(folder / "labels.csv", labels.to_csv(index=False, lineterminator="\n"))
    return found


def _over_waves(labels: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Give each label the chance that all waves with labels gave its stratum together.

    Of passages that went and came back only what was drawn since counts; sheets keep the rest.
    """
    gone = ~labels["passage_id"].isin(frame["passage_id"])
    labels = labels[gone | of_frame(labels, frame)]
    drawn = frame["wave"].isin(labels["wave"].unique())
    chance = labels["stratum"].map(drawn.groupby(frame["stratum"]).mean())
    known = chance.where(chance > 0, labels["inclusion_probability"])
    labels = labels.assign(inclusion_probability=known.astype("float64"))
    return labels.sort_values(["passage_id", "theme", "coder"], ignore_index=True)
