"""The files of a wave: the sheets that its draw wrote must be there, and none that look like them.

Nothing is read from a sheet that was renamed, moved or saved as a spreadsheet's own file. Unless
that is said, the labels of its coder would be missing without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.decisions import SECOND_READING, is_role
from pmdiscourse.measure.designs import read_design, themes_beside
from pmdiscourse.measure.label_tables import find_waves
from pmdiscourse.measure.sheets import BEFORE, read_rows

SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods", ".numbers")
ADJUDICATION_SHEET = "adjudication.csv"
_OF_THE_DRAW = ("codebook.csv", "design.csv", "strata.csv", "post-strata.csv", ADJUDICATION_SHEET)
_SECOND = "second-reading-"
_HIDDEN = (".", "~")  # locks of programs that have a file open


def find_sheets(wave: Path) -> list[Path]:
    """Return the label sheets of a wave, as its design names them.

    Parameters
    ----------
    wave : Path
        Folder of the wave.

    Returns
    -------
    list of Path
        ``sheet-1.csv``, ``sheet-2.csv`` ...

    Raises
    ------
    DiscourseError
        Naming each sheet that is not there, each that is no sheet of this draw, and each file of a
        spreadsheet program that stands for a sheet without an answer.
    """
    sheets = _drawn_sheets(wave)
    missing = [path.name for path in sheets if not path.is_file()]
    faults = [
        *_name_missing(wave, missing),
        *_name_strays(wave, sheets, missing),
        *_name_unsaved(wave, sheets),
    ]
    if faults:
        raise DiscourseError(
            f"nothing was read or written: the sheets in {wave} are not those of its draw:\n  "
            + "\n  ".join(faults)
        )
    return sheets


def find_unread(wave: Path) -> list[Path]:
    """Return the files of spreadsheet programs in a wave; only CSV files are read."""
    return [path for path in _visible(wave) if path.suffix.lower() in SPREADSHEETS]


def check_numbers(labels: Path) -> list[Path]:
    """Return the folders of the waves, in order; none may be missing before the last.

    Raises
    ------
    DiscourseError
        Naming the folders that are not there.
    """
    waves = find_waves(labels)
    last = int(waves[-1].name.removeprefix("wave-")) if waves else 0
    there = {path.name for path in waves}
    missing = [name for number in range(1, last) if (name := f"wave-{number}") not in there]
    if missing:
        raise DiscourseError(
            f"{', '.join(missing)} of {labels} is not there, and its labels would be lost: put it "
            "back, or take it from a copy"
        )
    return waves


def check_repeats(parts: Sequence[tuple[Path, pd.DataFrame]]) -> None:
    """Require that no two sheets hold what one coder says of one passage and theme.

    Parameters
    ----------
    parts : sequence of (Path, DataFrame)
        Each sheet and its passage_id, theme, coder.

    Raises
    ------
    DiscourseError
        Naming both sheets and what to do.
    """
    seen: dict[tuple[str, str, str], Path] = {}
    for path, part in parts:
        second = is_role(part["coder"], SECOND_READING).any()
        for cell in zip(part["passage_id"], part["theme"], part["coder"], strict=True):
            first = seen.setdefault(cell, path)
            if first == path:
                continue
            passage, theme, coder = cell
            told = (
                f"{first.name} and {path.name} in {path.parent} both hold what "
                f"{coder.removesuffix(SECOND_READING)!r} says of {theme!r} in passage {passage}"
            )
            advice = (
                "keep one of the two there and move the other away"
                if second
                else "give each coder another name in column 'coder'"
            )
            raise DiscourseError(f"{told}; {advice}. Nothing was written")


def _drawn_sheets(wave: Path) -> list[Path]:
    design = read_design(wave / "sheet-1.csv")
    sheets = design.get("sheets", pd.Series("1", index=design.index))
    numbers = {number for told in sheets for number in told.split()}
    ordered = sorted(numbers, key=lambda number: (len(number), number))
    return [wave / f"sheet-{number}.csv" for number in ordered]


def _visible(wave: Path) -> list[Path]:
    found = (path for path in wave.iterdir() if path.is_file())
    return sorted(path for path in found if not path.name.startswith(_HIDDEN))


def _name_missing(wave: Path, missing: list[str]) -> Iterator[str]:
    unread = {path.stem.casefold(): path.name for path in find_unread(wave)}
    for name in missing:
        saved = unread.get(name.removesuffix(".csv"))
        if saved:
            yield (
                f"{name} of {wave.name} is not there, but {saved} is: open that and save it as CSV "
                f"UTF-8 as {name}"
            )
        else:
            yield (
                f"{name} of {wave.name} is not there: put it back (the draw wrote it), under that "
                "name, or take it from a copy"
            )


def _name_strays(wave: Path, sheets: list[Path], missing: list[str]) -> Iterator[str]:
    """Name CSV files that look like a sheet and are none that is read."""
    known = {*_OF_THE_DRAW, *(path.name for path in sheets)}
    for path in _visible(wave):
        if path.suffix.lower() != ".csv" or path.name in known or path.name.startswith(_SECOND):
            continue
        columns = _header(path)
        if not set(BEFORE) <= set(columns) and not path.name.casefold().startswith("sheet"):
            continue
        former = " or ".join(_former_names(path, sheets, missing, columns))
        advice = f"if it was {former}, give it that name again; if not, move" if former else "move"
        yield (
            f"{path.name} is no sheet of this draw and is not read: {advice} it away, out of "
            f"{wave.name}"
        )


def _former_names(
    path: Path, sheets: list[Path], missing: list[str], columns: list[str]
) -> list[str]:
    """Return names that are free and that a file may have had."""
    if "said" in columns:
        names = [ADJUDICATION_SHEET]
    elif missing or path.name.casefold().startswith("sheet"):
        names = missing
    else:
        names = _second_readings(sheets)
    return [name for name in names if not path.with_name(name).is_file()]


def _second_readings(sheets: list[Path]) -> list[str]:
    return [f"{_SECOND}{path.stem.removeprefix('sheet-')}.csv" for path in sheets]


def _name_unsaved(wave: Path, sheets: list[Path]) -> Iterator[str]:
    """Name spreadsheet files beside a sheet without an answer: the answers may be in there."""
    others = [wave / name for name in (*_second_readings(sheets), ADJUDICATION_SHEET)]
    for path in find_unread(wave):
        for sheet in [*sheets, *others]:
            if path.stem.casefold() != sheet.stem or (sheet in sheets and not sheet.is_file()):
                continue
            if not sheet.is_file() or not _holds_answers(sheet):
                yield (
                    f"{sheet.name} holds no answer, and {path.name} beside it is not read: open "
                    f"that and save it as CSV UTF-8 as {sheet.name}, or move it away"
                )


def _header(path: Path) -> list[str]:
    try:
        return read_rows(path)[0]
    except DiscourseError:
        return []


def _holds_answers(sheet: Path) -> bool:
    columns, rows = read_rows(sheet)
    answers = [*themes_beside(sheet), "present"]
    places = [place for place, name in enumerate(columns) if name in answers]
    return any(place < len(row) and row[place] for _, row in rows for place in places)
